//! Lints over a CRL's content.

use super::Findings;
use crate::crl::list::Content;

pub(crate) fn content(list: &Content) -> Findings {
    let mut findings = Findings::default();
    if list.issuer().is_empty() {
        findings.error("L-ISSUER", "the issuer is empty (RFC 5280 §5.1.2.3)");
    }
    match list.interval() {
        (_, None) => findings.error("L-NEXT", "no nextUpdate (RFC 5280 §5.1.2.5)"),
        (this, Some(next)) if next <= this => findings.error("L-NEXT", "nextUpdate does not lie after thisUpdate"),
        (this, Some(next)) if next - this > TEN_DAYS => {
            findings.notice(
                "L-NEXT-LATE",
                "nextUpdate lies more than ten days after thisUpdate (BR 4.9.7, for leaf certificates)",
            );
        }
        _ => {}
    }
    if list.number().is_none() {
        findings.error("L-NUMBER", "no CRL number, or one that is too great (RFC 5280 §5.2.3)");
    }
    if !list.has_authority_key_identifier() {
        findings.error("L-AKI", "no authority key identifier (RFC 5280 §5.2.1)");
    }
    let traits = &list.traits;
    if list.is_shard() && traits.point_not_critical {
        findings.error(
            "L-IDP",
            "the issuing distribution point is not critical (RFC 5280 §5.2.5)",
        );
    }
    if traits.wrong_time_type {
        findings.error(
            "L-TIME",
            "UTCTime stands through 2049 and GeneralizedTime from 2050 (RFC 5280 §5.1.2.4)",
        );
    }
    if traits.written_unspecified {
        findings.warning(
            "L-UNSPECIFIED",
            "the reason \"unspecified\" is written; it should be left out (RFC 5280 §5.3.1)",
        );
    }
    if traits.hold {
        findings.warning("L-HOLD", "certificateHold or removeFromCRL (BR 4.9.7)");
    }
    if traits.entry_after_list {
        findings.error("L-FUTURE", "an entry was revoked after thisUpdate");
    }
    if !traits.sorted {
        findings.notice("L-ORDER", "the entries are not in ascending order of serial");
    }
    findings
}

const TEN_DAYS: i64 = 10 * 86_400;
