//! What nobody came back for: cases whose session ended before 確定, and texts that were never signed. Both hold what a
//! person typed, and nobody needs it any more.
//!
//! Run now and then, on any node, on several at once: what one has done is done for the others.

use casework::revocation::Case;
use casework::time::Instant;
use std::time::Duration;

use super::paper::Paper;
use super::revocation::{Command, Revocation};
use super::{Actor, CaseId, Desk, Failure, Procedure as _};
use crate::fault::Fault;

impl Desk {
    /// Gives up the cases that no session holds, and that nothing has changed for as long as a session may idle; says how
    /// many. A text that is out for signature has its time first.
    ///
    /// A case that does not read holds up no other one; it is the fault that is returned at the end.
    pub async fn abandon_unfinished(&self, idle: Duration) -> Result<usize, Fault> {
        let before = self.ago(idle);
        let (mut given_up, mut seen, mut last, mut broken) = (0, 0, None, None);
        while seen < MOST {
            let page = self.store.unfinished_cases(before, last).await?;
            let Some(end) = page.last() else { break };
            (seen, last) = (seen + page.len(), Some(*end));
            for (_, case) in page {
                match self.abandon(CaseId::from_octets(case)).await {
                    Ok(Turn::GivenUp) => given_up += 1,
                    Ok(Turn::NotYet) => {}
                    Err(fault @ (Fault::Corrupt { .. } | Fault::Bug(_))) => broken = broken.or(Some(fault)),
                    Err(fault) => return Err(fault),
                }
            }
        }
        broken.map_or(Ok(given_up), Err)
    }

    /// Deletes the texts that went out for signature longer than `kept` ago and were not signed; says how many. Each leaves
    /// its digest in the audit.
    pub async fn forget_unsigned_texts(&self, kept: Duration) -> Result<usize, Fault> {
        let before = self.ago(kept);
        let (mut forgotten, mut seen) = (0, 0);
        while seen < MOST {
            let page = self.store.unsettled_texts(before).await?;
            if page.is_empty() {
                break;
            }
            seen += page.len();
            let (signed, unsigned): (Vec<_>, Vec<_>) = page.into_iter().partition(|text| text.signed);
            if !signed.is_empty() {
                self.store.settle_signed_texts(signed).await?;
            }
            for text in unsigned {
                let details = vec![("text", text.digest.to_string())];
                let row = self.store.case(text.case).await?;
                let event = if row.is_some_and(|row| row.procedure == Paper::NOUN) {
                    let case: CaseId<Paper> = CaseId::from_octets(text.case);
                    self.event_beside(&Actor::System, case, "text_forgotten", details)
                        .await?
                } else {
                    let case: CaseId<Revocation> = CaseId::from_octets(text.case);
                    self.event_beside(&Actor::System, case, "text_forgotten", details)
                        .await?
                };
                let gone = self.store.forget_text(text, event, self.clock.now()).await?;
                forgotten += usize::from(gone);
            }
        }
        Ok(forgotten)
    }

    async fn abandon(&self, case: CaseId<Revocation>) -> Result<Turn, Fault> {
        if let Case::Awaiting { until, .. } = self.look(case).await?
            && self.clock.now() <= until
        {
            return Ok(Turn::NotYet);
        }
        match self.perform(&Actor::System, case, &Command::Abandon).await {
            Ok(_) => Ok(Turn::GivenUp),
            // Somebody was faster.
            Err(Failure::Refused(_) | Failure::Fault(Fault::Contended)) => Ok(Turn::NotYet),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }

    fn ago(&self, age: Duration) -> Instant {
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        Instant(self.clock.now().0.saturating_sub(seconds))
    }
}

/// What became of a case this time.
enum Turn {
    GivenUp,
    NotYet,
}

/// So many are looked at in one go; the rest comes with the next.
const MOST: usize = 1_024;
