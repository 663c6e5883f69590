//! Whether a certificate comes from an issuer we accept.
//!
//! Issuers are pinned: given as certificates, compared by DER, found by key identifier and proved by signature, never by a
//! printed name (DOMAIN §2.3, 2; THREATS P1).

use crate::certificate::Certificate;
use crate::extension::KeyUsage;
use der::asn1::ObjectIdentifier;

/// A certificate and those above it, each verified: leaf first, a self-signed or directly pinned issuer last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(Vec<Certificate>);

impl Chain {
    /// The certificates, leaf first.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// Who issued the leaf.
    pub fn issuer(&self) -> Option<&Certificate> {
        self.0.get(1)
    }
}

/// A certificate is not accepted. In the order in which DOMAIN §2.3 checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// No accepted issuer signed it.
    #[error("no accepted issuer signed the certificate")]
    Issuer,
    /// A CA's certificate where a holder's is wanted.
    #[error("the certificate is one of a CA")]
    IsAuthority,
    /// Its key may not be used for this.
    #[error("the certificate's key usage does not allow this use")]
    KeyUsage,
    /// A critical extension that we do not process (RFC 5280 §4.2).
    #[error("the certificate has a critical extension {0} that is not processed here")]
    UnprocessedCritical(ObjectIdentifier),
    /// Its validity has not begun; unix seconds.
    #[error("the certificate is not valid before {not_before}")]
    NotYetValid {
        /// First second of validity.
        not_before: i64,
    },
    /// Its validity has ended; unix seconds.
    #[error("the certificate was valid until {not_after}")]
    Expired {
        /// Last second of validity.
        not_after: i64,
    },
    /// The certificate of the issuer is not valid at this time.
    #[error("the issuer's certificate is not valid at this time")]
    IssuerNotValid,
}

/// Checks `leaf` against the `pinned` issuers and anchors at a moment (unix seconds), for a `wanted` key usage. Revocation is
/// another question.
///
/// The chain ends at the first pinned certificate that no other pinned one signed. Several pinned certificates may share one
/// name and even one key identifier (DOMAIN §11.3: generations of a CA under one DN); the signature decides among them.
pub fn issued_by(leaf: &Certificate, pinned: &[Certificate], wanted: KeyUsage, at: i64) -> Result<Chain, ChainFault> {
    // First the signature, then what the certificate says: a forged one teaches nothing (THREATS P3).
    let mut chain = vec![leaf.clone()];
    let mut issuers_valid = true;
    let mut current = leaf;
    while chain.len() <= LONGEST_CHAIN {
        let above = candidates(current, pinned, &chain);
        // A valid issuer is preferred to an expired one of the same name and key.
        let Some(issuer) = above.iter().find(|issuer| issuer.is_valid_at(at)).or(above.first()) else {
            break;
        };
        issuers_valid &= issuer.is_valid_at(at) && path_length_allows(issuer, chain.len() - 1);
        chain.push((*issuer).clone());
        current = issuer;
    }
    if chain.len() < 2 || chain.len() > LONGEST_CHAIN {
        return Err(ChainFault::Issuer);
    }
    if leaf.is_ca() {
        return Err(ChainFault::IsAuthority);
    }
    if !leaf.key_usage().is_some_and(|usage| usage.allows(wanted)) {
        return Err(ChainFault::KeyUsage);
    }
    // Nor are constraints processed here, which hold for the path as a whole: see `validate`.
    let unprocessed = |certificate: &Certificate| {
        let extensions = certificate.extensions();
        let first = extensions.unprocessed_critical.first().copied();
        first.or_else(|| extensions.constrains().next())
    };
    if let Some(kind) = chain.iter().find_map(unprocessed) {
        return Err(ChainFault::UnprocessedCritical(kind));
    }
    if at < leaf.not_before() {
        return Err(ChainFault::NotYetValid {
            not_before: leaf.not_before(),
        });
    }
    if at > leaf.not_after() {
        return Err(ChainFault::Expired {
            not_after: leaf.not_after(),
        });
    }
    if !issuers_valid {
        return Err(ChainFault::IssuerNotValid);
    }
    Ok(Chain(chain))
}

/// The pinned certificates that signed `certificate` and are not in the chain yet.
fn candidates<'a>(certificate: &Certificate, pinned: &'a [Certificate], chain: &[Certificate]) -> Vec<&'a Certificate> {
    pinned
        .iter()
        .filter(|issuer| !chain.contains(issuer) && certificate.verify_signed_by(issuer).is_ok())
        .collect()
}

/// RFC 5280 §4.2.1.9: how many intermediate CAs may stand between this one and the leaf.
fn path_length_allows(issuer: &Certificate, intermediates: usize) -> bool {
    let allowed = issuer
        .extensions()
        .basic_constraints
        .and_then(|constraints| constraints.path_length);
    allowed.is_none_or(|allowed| intermediates <= usize::try_from(allowed).unwrap_or(usize::MAX))
}

/// Leaf, three CAs and an anchor: more than any of the card hierarchies has.
const LONGEST_CHAIN: usize = 5;
