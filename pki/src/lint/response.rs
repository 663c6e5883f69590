//! Lints over an OCSP response.

use super::Findings;
use crate::ocsp::{HashAlgorithm, Response};
use crate::oid;

pub(crate) fn content(response: &Response) -> Findings {
    let mut findings = Findings::default();
    let Response::Basic(basic) = response else {
        return findings;
    };
    for single in basic.singles() {
        match single.next_update {
            None => findings.warning("O-NEXT", "no nextUpdate: the answer never ends (RFC 5019 §2.2.4)"),
            Some(next) if next < single.this_update => findings.error("O-NEXT", "nextUpdate lies before thisUpdate"),
            Some(next) if next - single.this_update > TEN_DAYS => {
                findings.warning("O-NEXT-LATE", "valid for more than ten days (BR 4.9.10)");
            }
            Some(_) => {}
        }
        if basic.produced_at() < single.this_update {
            findings.error("O-PRODUCED", "producedAt lies before thisUpdate");
        }
        if single.id.hash_algorithm().is_none() {
            findings.warning(
                "O-HASH",
                format!(
                    "the CertID is of neither {:?} nor {:?}",
                    HashAlgorithm::Sha1,
                    HashAlgorithm::Sha256
                ),
            );
        }
    }
    for certificate in basic.certificates() {
        if certificate.is_ocsp_responder() && !certificate.extensions().has(oid::OCSP_NOCHECK) {
            findings.warning(
                "O-NOCHECK",
                "the responder's certificate has no id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1)",
            );
        }
    }
    findings
}

const TEN_DAYS: i64 = 10 * 86_400;
