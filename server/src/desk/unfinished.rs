//! What nobody came back for: cases whose session ended before 確定, and texts that were never signed. Both hold what a
//! person typed, and nobody needs it any more.
//!
//! Run now and then, on any node, on several at once: what one has done is done for the others.

use casework::revocation::Case;
use casework::time::Instant;
use casework::{registration, renewal};
use std::time::Duration;

use super::paper::Paper;
use super::registration::{Command as RegistrationCommand, Registration};
use super::reissue::{Command as ReissueCommand, Reissue};
use super::renewal::{Command as RenewalCommand, Renewal};
use super::revocation::{Command, Revocation};
use super::{Actor, CaseId, Desk, Failure, Procedure};
use crate::fault::Fault;
use crate::store::NewEvent;

impl Desk {
    /// Gives up the cases that no session holds, and that nothing has changed for as long as a session may idle; says how
    /// many. A text that is out for signature has its time first.
    ///
    /// A case that does not read holds up no other one; it is the fault that is returned at the end.
    pub async fn abandon_unfinished(&self, idle: Duration) -> Result<usize, Fault> {
        let before = self.ago(idle);
        // No session holds a draft, and none outlasts a day: who comes back after that begins anew.
        let drafts = self.ago(idle.max(DRAFTS_LIE));
        let (mut given_up, mut seen, mut last, mut broken) = (0, 0, None, None);
        while seen < MOST {
            let page = self.store.unfinished_cases((before, drafts), last).await?;
            let Some((at, case, _)) = page.last() else { break };
            (seen, last) = (seen + page.len(), Some((*at, *case)));
            for (_, case, procedure) in page {
                match Box::pin(self.abandon(case, &procedure)).await {
                    Ok(Turn::GivenUp) => given_up += 1,
                    Ok(Turn::NotYet) => {}
                    Err(fault @ (Fault::Corrupt { .. } | Fault::Bug(_))) => broken = broken.or(Some(fault)),
                    Err(fault) => return Err(fault),
                }
            }
        }
        broken.map_or(Ok(given_up), Err)
    }

    /// Lets the applications lapse that were given back to their applicants and not answered in time; says how many.
    pub async fn lapse_unanswered(&self) -> Result<usize, Fault> {
        let before = self.clock.now();
        let (mut lapsed, mut seen, mut last, mut broken) = (0, 0, None, None);
        while seen < MOST {
            let page = self.store.unanswered_cases(before, last).await?;
            let Some((at, case, _)) = page.last() else { break };
            (seen, last) = (seen + page.len(), Some((*at, *case)));
            for (_, case, procedure) in page {
                match Box::pin(self.lapse(case, &procedure)).await {
                    Ok(Turn::GivenUp) => lapsed += 1,
                    Ok(Turn::NotYet) => {}
                    Err(fault @ (Fault::Corrupt { .. } | Fault::Bug(_))) => broken = broken.or(Some(fault)),
                    Err(fault) => return Err(fault),
                }
            }
        }
        broken.map_or(Ok(lapsed), Err)
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
                let procedure = row.map_or(String::new(), |row| row.procedure);
                let event = match procedure.as_str() {
                    Paper::NOUN => self.forgotten::<Paper>(text.case, details).await?,
                    Registration::NOUN => self.forgotten::<Registration>(text.case, details).await?,
                    Reissue::NOUN => self.forgotten::<Reissue>(text.case, details).await?,
                    Renewal::NOUN => self.forgotten::<Renewal>(text.case, details).await?,
                    _ => self.forgotten::<Revocation>(text.case, details).await?,
                };
                let gone = self.store.forget_text(text, event, self.clock.now()).await?;
                forgotten += usize::from(gone);
            }
        }
        Ok(forgotten)
    }

    async fn forgotten<P: Procedure>(
        &self,
        case: [u8; 16],
        details: Vec<(&'static str, String)>,
    ) -> Result<NewEvent, Fault> {
        let case: CaseId<P> = CaseId::from_octets(case);
        self.event_beside(&Actor::System, case, "text_forgotten", details).await
    }

    async fn abandon(&self, case: [u8; 16], procedure: &str) -> Result<Turn, Fault> {
        if procedure == Renewal::NOUN {
            let case: CaseId<Renewal> = CaseId::from_octets(case);
            let until = match self.look(case).await? {
                renewal::Case::Awaiting { until, .. } => Some(until),
                _ => None,
            };
            return self.give_up(case, &RenewalCommand::Abandon, until).await;
        }
        if procedure == Reissue::NOUN {
            let case: CaseId<Reissue> = CaseId::from_octets(case);
            return self.give_up(case, &ReissueCommand::Abandon, None).await;
        }
        if procedure == Registration::NOUN {
            let case: CaseId<Registration> = CaseId::from_octets(case);
            let until = match self.look(case).await? {
                registration::Case::Awaiting { until, .. } => Some(until),
                _ => None,
            };
            return self.give_up(case, &RegistrationCommand::Abandon, until).await;
        }
        let case: CaseId<Revocation> = CaseId::from_octets(case);
        let until = match self.look(case).await? {
            Case::Awaiting { until, .. } => Some(until),
            _ => None,
        };
        self.give_up(case, &Command::Abandon, until).await
    }

    async fn lapse(&self, case: [u8; 16], procedure: &str) -> Result<Turn, Fault> {
        if procedure == Renewal::NOUN {
            let case: CaseId<Renewal> = CaseId::from_octets(case);
            let until = match self.look(case).await? {
                renewal::Case::Returned { until, .. } => Some(until),
                _ => None,
            };
            self.give_up(case, &RenewalCommand::Lapse, until).await
        } else {
            let case: CaseId<Registration> = CaseId::from_octets(case);
            let until = match self.look(case).await? {
                registration::Case::Returned { until, .. } => Some(until),
                _ => None,
            };
            self.give_up(case, &RegistrationCommand::Lapse, until).await
        }
    }

    async fn give_up<P: Procedure>(
        &self,
        case: CaseId<P>,
        command: &P::Command,
        until: Option<Instant>,
    ) -> Result<Turn, Fault> {
        if until.is_some_and(|until| self.clock.now() <= until) {
            return Ok(Turn::NotYet);
        }
        match self.perform(&Actor::System, case, command).await {
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

/// For so long a draft of somebody who logs in by password lies.
const DRAFTS_LIE: Duration = Duration::from_hours(24);
