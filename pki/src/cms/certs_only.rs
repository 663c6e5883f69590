//! Certificates and nothing else in CMS: what EST answers with (RFC 7030 §4.1.3, §4.2.3; RFC 5751 §3.8, "certs-only").
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::CmsFault;
use crate::certificate::{Certificate, CertificateFault};
use crate::decode::{Malformed, only};
use crate::encode::{Encoder, SEQUENCE, SET, context_constructed};
use crate::oid;

/// The DER of a SignedData that nobody signed and that holds these certificates. They are a set: who reads it finds out by
/// their names and keys which is whose.
pub fn certificates_only<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<u8> {
    let certificates: Vec<Vec<u8>> = certificates.into_iter().map(|one| one.der().to_vec()).collect();
    Encoder::der(|content_info| {
        content_info.sequence(|content_info| {
            content_info.oid(oid::ID_SIGNED_DATA);
            content_info.context(0, |explicit| {
                explicit.sequence(|signed_data| {
                    signed_data.unsigned(&[1]);
                    signed_data.set(|_no_digests| {});
                    signed_data.sequence(|encapsulated| encapsulated.oid(oid::ID_DATA));
                    signed_data.set_of(context_constructed(0), certificates);
                    signed_data.set(|_no_signers| {});
                });
            });
        });
    })
}

/// Reads what [`certificates_only`] wrote, or another's: at least one certificate, each of which can be read, and no signer.
/// That they lie in it proves nothing about any of them.
pub fn read_certificates_only(der: &[u8]) -> Result<Vec<Certificate>, CertsOnlyFault> {
    let what = "CMS of certificates only";
    if der.len() > MOST_OCTETS {
        return Err(Malformed("CMS: too large").into());
    }
    let mut outer = only(der, SEQUENCE, what)?.content();
    if outer.oid(what)? != oid::ID_SIGNED_DATA {
        return Err(CmsFault::NotSignedData.into());
    }
    let mut explicit = outer.context(0, what)?.ok_or(Malformed(what))?;
    outer.finish(what)?;
    let mut signed_data = explicit.sequence(what)?;
    explicit.finish(what)?;
    if signed_data.small(what)? != 1 {
        return Err(Malformed("CMS version").into());
    }
    // Nobody signs, so no digest algorithm has a meaning; some writers name one all the same.
    signed_data.tagged(SET, what)?;
    let mut encapsulated = signed_data.sequence(what)?;
    if encapsulated.oid(what)? != oid::ID_DATA {
        return Err(CmsFault::ContentType.into());
    }
    encapsulated.finish(what)?;
    let mut inside = signed_data.context(0, what)?.ok_or(CmsFault::NoCertificate)?;
    signed_data.optional(context_constructed(1), what)?;
    signed_data.set(what)?.finish(what)?;
    signed_data.finish(what)?;

    let mut certificates = Vec::new();
    while !inside.is_empty() {
        if certificates.len() == MOST_CERTIFICATES {
            return Err(Malformed("CMS: too many certificates").into());
        }
        certificates.push(Certificate::parse(inside.tagged(SEQUENCE, what)?.whole)?);
    }
    if certificates.is_empty() {
        return Err(CmsFault::NoCertificate.into());
    }
    Ok(certificates)
}

/// Not a CMS of certificates only, or one of them cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertsOnlyFault {
    /// Not of that shape.
    #[error(transparent)]
    Cms(#[from] CmsFault),
    /// A certificate in it.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
}

impl From<Malformed> for CertsOnlyFault {
    fn from(fault: Malformed) -> Self {
        Self::Cms(fault.into())
    }
}

const MOST_OCTETS: usize = 256 * 1024;

/// Two chains while one CA takes over from another, with their links.
const MOST_CERTIFICATES: usize = 16;
