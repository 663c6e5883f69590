//! What officers do to an application, whichever procedure it is of: one flow of claims and signed decisions.

use casework::identity::OfficerId;
use casework::review::{Approval, Review, Verdict};
use casework::{paper as by_paper, registration as registering, reissue as reissuing, renewal as renewing};
use wire::office::Language;

use crate::desk::Procedure;
use crate::desk::evidence::Signature;
use crate::desk::examine::Examine;
use crate::desk::paper::{Command as OfPaper, Paper};
use crate::desk::registration::{Command as OfRegistration, Registration};
use crate::desk::reissue::{Command as OfReissue, Reissue};
use crate::desk::renewal::{Command as OfRenewal, Renewal};

/// A procedure that officers decide on.
pub(crate) trait Reviewed: Procedure {
    /// The key of the agent's heading over the text of a decision.
    const TITLE: &'static str;
    /// Whether the form of the decision stands on the page of the case, and not on one of its own.
    const ON_THE_CASE: bool;

    /// Who has it, while it waits for officers.
    fn review(case: &Self::Case) -> Option<&Review>;
    /// Whose word ended it, or gave it back.
    fn decided(case: &Self::Case) -> Option<&Approval>;
    /// 担当する
    fn claim() -> Self::Command;
    /// 担当を外れる
    fn release() -> Self::Command;
    /// An administrator hands it to this officer.
    fn reassign(to: OfficerId) -> Self::Command;
    /// The text of a decision goes out for signature.
    fn ask(verdict: Verdict, language: Language) -> Self::Command;
    /// It was signed.
    fn decide(signature: Signature) -> Self::Command;
}

impl Reviewed for Paper {
    const TITLE: &'static str = "case-sign-decision";
    const ON_THE_CASE: bool = false;

    fn review(case: &by_paper::Case) -> Option<&Review> {
        match case {
            by_paper::Case::Waiting { review, .. } => Some(review),
            _ => None,
        }
    }

    fn decided(case: &by_paper::Case) -> Option<&Approval> {
        match case {
            by_paper::Case::Returned { by, .. } | by_paper::Case::Denied { by, .. } => Some(by),
            by_paper::Case::Revoked { last, .. } => Some(last),
            _ => None,
        }
    }

    fn claim() -> OfPaper {
        OfPaper::Claim
    }

    fn release() -> OfPaper {
        OfPaper::Release
    }

    fn reassign(to: OfficerId) -> OfPaper {
        OfPaper::Reassign { to }
    }

    fn ask(verdict: Verdict, language: Language) -> OfPaper {
        OfPaper::Ask { verdict, language }
    }

    fn decide(signature: Signature) -> OfPaper {
        OfPaper::Decide(signature)
    }
}

impl Reviewed for Renewal {
    const TITLE: &'static str = "held-sign-renewal";
    const ON_THE_CASE: bool = true;

    fn review(case: &renewing::Case) -> Option<&Review> {
        match case {
            renewing::Case::Held { review, .. } => Some(review),
            _ => None,
        }
    }

    fn decided(case: &renewing::Case) -> Option<&Approval> {
        match case {
            renewing::Case::Returned { by, .. } | renewing::Case::Denied { by, .. } => Some(by),
            renewing::Case::Renewed { approvals, .. } => approvals.as_ref().map(|approvals| &approvals.last),
            _ => None,
        }
    }

    fn claim() -> OfRenewal {
        OfRenewal::Claim
    }

    fn release() -> OfRenewal {
        OfRenewal::Release
    }

    fn reassign(to: OfficerId) -> OfRenewal {
        OfRenewal::Reassign { to }
    }

    fn ask(verdict: Verdict, language: Language) -> OfRenewal {
        OfRenewal::Propose { verdict, language }
    }

    fn decide(signature: Signature) -> OfRenewal {
        OfRenewal::Decide(signature)
    }
}

impl Reviewed for Registration {
    const TITLE: &'static str = "held-sign-registration";
    const ON_THE_CASE: bool = true;

    fn review(case: &registering::Case) -> Option<&Review> {
        match case {
            registering::Case::Held { review, .. } => Some(review),
            _ => None,
        }
    }

    fn decided(case: &registering::Case) -> Option<&Approval> {
        match case {
            registering::Case::Returned { by, .. } | registering::Case::Denied { by, .. } => Some(by),
            registering::Case::Registered { approvals, .. } => approvals.as_ref().map(|approvals| &approvals.last),
            _ => None,
        }
    }

    fn claim() -> OfRegistration {
        OfRegistration::Claim
    }

    fn release() -> OfRegistration {
        OfRegistration::Release
    }

    fn reassign(to: OfficerId) -> OfRegistration {
        OfRegistration::Reassign { to }
    }

    fn ask(verdict: Verdict, language: Language) -> OfRegistration {
        OfRegistration::Propose { verdict, language }
    }

    fn decide(signature: Signature) -> OfRegistration {
        OfRegistration::Decide(signature)
    }
}

impl Reviewed for Reissue {
    const TITLE: &'static str = "examined-sign";
    const ON_THE_CASE: bool = true;

    fn review(case: &reissuing::Case) -> Option<&Review> {
        case.review()
    }

    fn decided(case: &reissuing::Case) -> Option<&Approval> {
        match case {
            reissuing::Case::Returned { by, .. } | reissuing::Case::Denied { by, .. } => Some(by),
            reissuing::Case::Approved { approvals, .. } | reissuing::Case::Reissued { approvals, .. } => {
                Some(&approvals.last)
            }
            _ => None,
        }
    }

    fn claim() -> OfReissue {
        OfReissue::Examine(Examine::Claim)
    }

    fn release() -> OfReissue {
        OfReissue::Examine(Examine::Release)
    }

    fn reassign(to: OfficerId) -> OfReissue {
        OfReissue::Examine(Examine::Reassign { to })
    }

    fn ask(verdict: Verdict, language: Language) -> OfReissue {
        OfReissue::Examine(Examine::Propose { verdict, language })
    }

    fn decide(signature: Signature) -> OfReissue {
        OfReissue::Examine(Examine::Decide(signature))
    }
}
