//! Lints over a certificate's content.

use der::asn1::ObjectIdentifier;

use super::{Findings, citizen};
use crate::algorithm::Algorithm;
use crate::certificate::{Certificate, Content};
use crate::decode::Decoder;
use crate::encode::GENERALIZED_TIME;
use crate::extension::KeyUsage;
use crate::key::PublicKey;
use crate::name::upper_bound;
use crate::oid;
use crate::time::GENERALIZED_FROM;

/// What can be said of a certificate by itself.
pub(crate) fn content(content: &Content) -> Findings {
    let mut findings = Findings::default();
    serial(content, &mut findings);
    validity(content, &mut findings);
    names(content, &mut findings);
    key_identifiers(content, &mut findings);
    usages(content, &mut findings);
    criticality(content, &mut findings);
    status(content, &mut findings);
    citizen::content(content, &mut findings);
    findings
}

/// What can be said when the issuer is known: the rules that stand between a profile and a CA key.
pub(crate) fn issuance(content: &Content, issuer: Option<&Certificate>, key: &PublicKey, findings: &mut Findings) {
    if content.signature_algorithm != key.algorithm().signature() {
        findings.error(
            "I-ALG",
            "the signature algorithm is not the one with which the issuer's key signs",
        );
    }
    match issuer {
        Some(issuer) => {
            if content.issuer != *issuer.subject() {
                findings.error(
                    "I-NAME",
                    "the issuer is not, byte for byte, the subject of the issuer's certificate (RFC 5280 §4.1.2.4)",
                );
            }
            if content.extensions.authority_key_identifier.as_deref() != issuer.subject_key_identifier() {
                findings.error(
                    "I-AKI",
                    "the authority key identifier is not the issuer's subject key identifier",
                );
            }
            if content.not_before < issuer.not_before() || content.not_after > issuer.not_after() {
                findings.error("I-VALIDITY", "valid outside the validity of the issuer's certificate");
            }
        }
        None if content.issuer != content.subject => findings.error("I-SELF", "issued by itself under another name"),
        None => {}
    }
    if content.serial.as_bytes().len() != 20 {
        findings.error(
            "I-SERIAL",
            "the serial number does not have the 20 octets with which we issue (THREATS R1)",
        );
    }
    // A profile writes these and nothing else; anything else did not come from a profile (THREATS A32).
    for (kind, _) in content
        .extensions
        .present
        .iter()
        .filter(|(kind, _)| !ISSUED.contains(kind))
    {
        findings.error("I-EXTENSION", format!("extension {kind} belongs to no profile"));
    }
    // What a citizen signs with is under another law, and ends with a birthday.
    if !is_ca(content) && !citizen::is_one(content) && content.not_after - content.not_before >= FIVE_YEARS {
        findings.error(
            "I-FIVE-YEARS",
            "valid for more than five years (電子署名法施行規則6条4号)",
        );
    }
}

fn serial(content: &Content, findings: &mut Findings) {
    if content.serial.as_bytes().len() < 8 {
        findings.warning("C-SERIAL", "the serial number has fewer than 64 bits (BR 7.1.2)");
    }
}

fn validity(content: &Content, findings: &mut Findings) {
    if content.not_after < content.not_before {
        findings.error("C-VALIDITY", "notAfter lies before notBefore");
    }
    let mut ends = match Decoder::new(&content.validity_der).sequence("validity") {
        Ok(ends) => ends,
        Err(fault) => return findings.error("C-TIME", fault.to_string()),
    };
    for unix in [content.not_before, content.not_after] {
        let generalized = ends.any("validity").is_ok_and(|end| end.tag == GENERALIZED_TIME);
        if generalized != (unix >= GENERALIZED_FROM) {
            findings.error(
                "C-TIME",
                "UTCTime stands through 2049 and GeneralizedTime from 2050 (RFC 5280 §4.1.2.5)",
            );
        }
    }
}

fn names(content: &Content, findings: &mut Findings) {
    if content.issuer.is_empty() {
        findings.error("C-ISSUER", "the issuer is empty (RFC 5280 §4.1.2.4)");
    }
    if content.subject.is_empty() && content.extensions.criticality(oid::SUBJECT_ALT_NAME) != Some(true) {
        findings.error(
            "C-SUBJECT",
            "the subject is empty and no critical subjectAltName stands in for it (RFC 5280 §4.1.2.6)",
        );
    }
    for name in [&content.issuer, &content.subject]
        .into_iter()
        .chain(&content.extensions.alternative)
    {
        for (kind, text) in name.texts() {
            let Some(text) = text else {
                findings.warning("C-NAME-TYPE", format!("attribute {kind} is not text"));
                continue;
            };
            if kind == oid::COUNTRY && (text.len() != 2 || !text.bytes().all(|letter| letter.is_ascii_uppercase())) {
                findings.error("C-COUNTRY", "the country is not a two-letter code in capitals");
            }
            if text.is_empty() || text.trim() != text {
                findings.warning(
                    "C-NAME-SPACE",
                    format!("attribute {kind} is empty or has spaces around it"),
                );
            }
            if upper_bound(kind).is_some_and(|most| text.chars().count() > most) {
                findings.error(
                    "C-NAME-LENGTH",
                    format!("attribute {kind} is longer than its upper bound (RFC 5280 §A.1)"),
                );
            }
        }
    }
}

fn key_identifiers(content: &Content, findings: &mut Findings) {
    let extensions = &content.extensions;
    if extensions.subject_key_identifier.is_none() && is_ca(content) {
        findings.error("C-SKI", "a CA without a subject key identifier (RFC 5280 §4.2.1.2)");
    }
    if extensions.authority_key_identifier.is_none() && content.issuer != content.subject {
        findings.error("C-AKI", "no authority key identifier (RFC 5280 §4.2.1.1)");
    }
}

fn usages(content: &Content, findings: &mut Findings) {
    let extensions = &content.extensions;
    let Some(usage) = extensions.key_usage else {
        if is_ca(content) {
            findings.error("C-KU", "a CA without key usage (RFC 5280 §4.2.1.3)");
        } else {
            findings.warning("C-KU", "no key usage");
        }
        return;
    };
    if usage.0 == 0 {
        findings.error("C-KU-EMPTY", "key usage allows nothing (RFC 5280 §4.2.1.3)");
    }
    let signs_certificates = usage.allows(KeyUsage::KEY_CERT_SIGN);
    if signs_certificates != is_ca(content) {
        findings.error(
            "C-KU-CA",
            "keyCertSign and basicConstraints cA do not agree (RFC 5280 §4.2.1.3, 4.2.1.9)",
        );
    }
    // What a kind of key cannot do, it must not be certified for.
    let beyond = usage.0 & !possible(content.public_key.algorithm());
    if beyond != 0 {
        findings.error(
            "C-KU-KEY",
            "key usage allows what a key of this kind cannot do (RFC 3279 §2.3.1, RFC 5480 §3, RFC 8410 §5, RFC 9881 §5)",
        );
    }
    if !is_ca(content) && usage.allows(KeyUsage::CRL_SIGN) {
        findings.error("C-KU-CRL", "cRLSign in a certificate that is no CA's");
    }
    if extensions
        .basic_constraints
        .is_some_and(|constraints| !constraints.ca && constraints.path_length.is_some())
    {
        findings.error("C-BC-PATH", "a path length without cA (RFC 5280 §4.2.1.9)");
    }
    let responds = extensions.extended_key_usage.contains(&oid::KP_OCSP_SIGNING);
    if responds && !extensions.has(oid::OCSP_NOCHECK) {
        findings.warning(
            "C-NOCHECK",
            "an OCSP responder without id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1)",
        );
    }
    if responds && is_ca(content) {
        findings.error("C-EKU-CA", "a CA that is an OCSP responder");
    }
    let mut policies: Vec<&ObjectIdentifier> = extensions.policies.iter().collect();
    policies.sort();
    if policies
        .windows(2)
        .any(|pair| matches!(pair, [one, next] if one == next))
    {
        findings.error("C-POLICY", "a policy stands twice (RFC 5280 §4.2.1.4)");
    }
}

fn criticality(content: &Content, findings: &mut Findings) {
    let extensions = &content.extensions;
    if is_ca(content) && extensions.criticality(oid::BASIC_CONSTRAINTS) == Some(false) {
        findings.error(
            "C-CRITICAL-BC",
            "basicConstraints of a CA is not critical (RFC 5280 §4.2.1.9)",
        );
    }
    if extensions.criticality(oid::KEY_USAGE) == Some(false) {
        findings.warning("C-CRITICAL-KU", "keyUsage is not critical (RFC 5280 §4.2.1.3)");
    }
    for kind in NEVER_CRITICAL
        .into_iter()
        .filter(|kind| extensions.criticality(*kind) == Some(true))
    {
        findings.error(
            "C-CRITICAL",
            format!("extension {kind} is critical and must not be (RFC 5280 §4.2)"),
        );
    }
    for kind in &extensions.unprocessed_critical {
        findings.notice("C-UNKNOWN", format!("critical extension {kind} is not processed here"));
    }
}

fn status(content: &Content, findings: &mut Findings) {
    let extensions = &content.extensions;
    let root = content.issuer == content.subject;
    let tells = !extensions.crl_urls.is_empty() || !extensions.ocsp_urls.is_empty();
    let needs_none = root || extensions.has(oid::OCSP_NOCHECK) || extensions.has(oid::NO_REV_AVAIL);
    if !tells && !needs_none {
        findings.warning("C-STATUS", "tells neither a CRL nor an OCSP responder");
    }
    // RFC 9608 §2.
    if extensions.has(oid::NO_REV_AVAIL) && (tells || is_ca(content)) {
        findings.error(
            "C-NOREVAVAIL",
            "noRevAvail in a CA's certificate, or beside an address of its status (THREATS R9)",
        );
    }
    let addresses = extensions
        .crl_urls
        .iter()
        .chain(&extensions.ocsp_urls)
        .chain(&extensions.issuer_urls);
    for address in addresses.filter(|address| !address.starts_with("http://") && !address.starts_with("ldap://")) {
        findings.warning("C-ADDRESS", format!("{address:?} is not plain HTTP (RFC 5280 §8)"));
    }
}

fn is_ca(content: &Content) -> bool {
    content
        .extensions
        .basic_constraints
        .is_some_and(|constraints| constraints.ca)
}

/// The usages of keyUsage that a key of this kind is made for.
fn possible(algorithm: Algorithm) -> u16 {
    let signs =
        KeyUsage::DIGITAL_SIGNATURE.0 | KeyUsage::NON_REPUDIATION.0 | KeyUsage::KEY_CERT_SIGN.0 | KeyUsage::CRL_SIGN.0;
    let agrees = KeyUsage::KEY_AGREEMENT.0 | KeyUsage::ENCIPHER_ONLY.0 | KeyUsage::DECIPHER_ONLY.0;
    let enciphers = KeyUsage::KEY_ENCIPHERMENT.0 | KeyUsage::DATA_ENCIPHERMENT.0;
    match algorithm {
        Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => signs | enciphers,
        Algorithm::P256 | Algorithm::P384 => signs | agrees,
        Algorithm::Ed25519 | Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => signs,
    }
}

const ISSUED: [ObjectIdentifier; 11] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::CERTIFICATE_POLICIES,
    oid::SUBJECT_ALT_NAME,
    oid::ISSUER_ALT_NAME,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_INFO_ACCESS,
    oid::OCSP_NOCHECK,
];

const NEVER_CRITICAL: [ObjectIdentifier; 5] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_INFO_ACCESS,
    oid::OCSP_NOCHECK,
    oid::NO_REV_AVAIL,
];

/// Five years with two leap days, in seconds.
const FIVE_YEARS: i64 = (5 * 365 + 2) * 86_400;
