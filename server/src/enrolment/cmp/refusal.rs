//! What the desk says no to, in CMP's words (RFC 9810 §5.2.3).

use casework::Refusal;
use casework::acquisition::Flaw;
use pki::cmp::{Disposition, Failure as Bit};

use crate::desk::Failure;
use crate::enrolment::est::{flawed, said};

pub(super) fn status(failure: &Failure) -> Disposition {
    let refusal = match failure {
        Failure::Refused(refusal) => *refusal,
        Failure::Fault(fault) => {
            tracing::error!(%fault, "an enrolment failed");
            return Disposition::rejected(Bit::SystemFailure, "this could not be done now; try again");
        }
    };
    let bit = match refusal {
        Refusal::WrongCodes => Bit::BadMessageCheck,
        Refusal::AnotherKey => Bit::DuplicateCertReq,
        Refusal::AlreadyRevoked { .. } => Bit::CertRevoked,
        Refusal::NotYours => Bit::SignerNotTrusted,
        Refusal::WrongRequest { flaw } => {
            return Disposition::rejected(of_flaw(flaw), flawed(flaw));
        }
        _ => Bit::NotAuthorized,
    };
    Disposition::rejected(bit, &said(refusal).1)
}

const fn of_flaw(flaw: Flaw) -> Bit {
    match flaw {
        Flaw::Unreadable => Bit::BadDataFormat,
        Flaw::Signature => Bit::BadPop,
        Flaw::WeakKey | Flaw::Subject => Bit::BadCertTemplate,
        Flaw::KnownKey => Bit::NotAuthorized,
        Flaw::Authority => Bit::UnacceptedExtension,
    }
}
