//! What officers do to an application before them, the same for every procedure that has it as one of its commands.

use casework::Refusal;
use casework::evidence::Possession;
use casework::identity::OfficerId;
use casework::officer::Officer;
use casework::review::{Parties, Review, Verdict};
use wire::office::Language;

use super::evidence::Signature;
use super::officer::Acting;
use super::{Actor, CaseId, Desk, Failure, Procedure};
use crate::fault::Fault;
use crate::office::Office;

/// One step of an examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Examine {
    /// 担当する
    Claim,
    /// 担当を外れる
    Release,
    /// An administrator hands it to another officer.
    Reassign {
        /// To this one.
        to: OfficerId,
    },
    /// 承認, 不承認 or 差戻し: the text goes out for the officer's signature.
    Propose {
        /// What is to be decided.
        verdict: Verdict,
        /// In which language the text is written.
        language: Language,
    },
    /// The officer's card has signed it. The same signed text again finds the same decision.
    Decide(Signature),
}

impl Examine {
    /// The word for it in the audit.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Release => "release",
            Self::Reassign { .. } => "reassign",
            Self::Propose { .. } => "propose",
            Self::Decide(_) => "decide",
        }
    }
}

/// Who examines, as it is at this moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Examiner {
    /// The officer who acts, if the account is active and at this office.
    pub(super) acting: Option<Acting>,
    /// To whom it is handed, if that account is.
    pub(super) hand_to: Option<Officer>,
    /// The first approval as its kept signature proves it now (A25).
    pub(super) first: Option<Possession>,
}

impl Examiner {
    /// The officer who acts, as the rules see one.
    pub(super) fn officer(&self) -> Option<Officer> {
        self.acting.as_ref().map(|acting| acting.officer.clone())
    }
}

impl Desk {
    /// Who examines a case by this step. `before` is what officers have before them, where its content is still the one that
    /// they approve.
    pub(super) async fn examiner<P: Procedure>(
        &self,
        (actor, office): (&Actor<'_>, &Office),
        case: CaseId<P>,
        step: Option<&Examine>,
        before: Option<&Review>,
    ) -> Result<Examiner, Fault> {
        let hand_to = match step {
            Some(Examine::Reassign { to }) => self.acting(*to).await?.filter(|acting| acting.office == office.id),
            _ => None,
        };
        let first = match (step, before) {
            (Some(Examine::Decide(_)), Some(review)) => self.first_approval(office, case.octets(), review).await?,
            _ => None,
        };
        Ok(Examiner {
            acting: self.acting_at(actor, &office.id).await?,
            hand_to: hand_to.map(|acting| acting.officer),
            first,
        })
    }

    /// Adds to those whom an application is about the officer whose own program sent it off.
    pub(super) async fn with_program<P: Procedure>(
        &self,
        mut parties: Parties,
        case: CaseId<P>,
    ) -> Result<Parties, Fault> {
        parties.persons.extend(self.program_of(case.octets()).await?);
        Ok(parties)
    }

    /// The signature of a decision, where it is over a text that was written for this officer.
    pub(super) async fn signed_decision<P: Procedure>(
        &self,
        case: CaseId<P>,
        signature: &Signature,
        examiner: &Examiner,
    ) -> Result<Possession, Failure> {
        let signed = signature.possession();
        self.own_text(case, &signed, examiner.acting.as_ref()).await?;
        Ok(signed)
    }
}

/// What was out for signature, where there is nothing to sign: the rules refuse it for that.
pub(super) const fn nothing_to_decide() -> Failure {
    Failure::Refused(Refusal::Stale)
}
