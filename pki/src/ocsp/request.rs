//! OCSP requests, by POST and by GET.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificate::Certificate;
use crate::decode::{Decoder, Malformed, only};
use crate::encode::{Encoder, INTEGER, SEQUENCE, context_constructed};
use crate::extension::{self, Criticality};
use crate::key::{sha1, sha256};
use crate::oid;
use crate::serial::Serial;

/// A request that may be answered (RFC 6960 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    ids: Vec<CertId>,
    nonce: Option<Nonce>,
}

impl Request {
    /// The most octets a request may have. Read no more than these from a network.
    pub const MOST_OCTETS: usize = 16 * 1024;

    /// The most certificates one request may ask for: each costs a lookup and room in the answer (THREATS A34).
    pub const MOST_CERTIFICATES: usize = 32;

    /// Reads the DER. A signature on the request is read past: nothing here depends on who asks.
    pub fn parse(der: &[u8]) -> Result<Self, RequestFault> {
        let what = "OCSP request";
        if der.len() > Self::MOST_OCTETS {
            return Err(RequestFault::TooLarge);
        }
        let mut outer = only(der, SEQUENCE, what)?.content();
        let mut tbs = outer.sequence(what)?;
        outer.optional(context_constructed(0), what)?;
        outer.finish(what)?;

        if let Some(mut version) = tbs.context(0, what)?
            && version.small(what)? != 0
        {
            return Err(Malformed(what).into());
        }
        tbs.optional(context_constructed(1), what)?;
        let mut list = tbs.sequence(what)?;
        let mut ids = Vec::with_capacity(1);
        while !list.is_empty() {
            if ids.len() == Self::MOST_CERTIFICATES {
                return Err(RequestFault::TooLarge);
            }
            let mut single = list.sequence(what)?;
            ids.push(CertId::decode(&mut single)?);
            if let Some(mut explicit) = single.context(0, what)? {
                refuse_critical(&mut explicit)?;
            }
            single.finish(what)?;
        }
        if ids.is_empty() {
            return Err(Malformed(what).into());
        }
        let nonce = match tbs.context(2, what)? {
            Some(mut explicit) => request_extensions(&mut explicit)?,
            None => None,
        };
        tbs.finish(what)?;
        Ok(Self { ids, nonce })
    }

    /// Reads what stands behind the responder's address in a GET: base64 of the DER, percent-encoded or not (RFC 6960 §A.1).
    /// A bare `+`, `/` or `=` is taken as it stands, as many clients send it; missing padding is not (RFC 4648 §3.2).
    pub fn from_get(path: &str) -> Result<Self, RequestFault> {
        if path.len() > Self::MOST_OCTETS {
            return Err(RequestFault::TooLarge);
        }
        let text = percent_decoded(path).ok_or(Malformed("percent-encoding"))?;
        let der = STANDARD.decode(text).map_err(|_| Malformed("base64"))?;
        Self::parse(&der)
    }

    /// A request for these certificates, of version 1 and unsigned.
    pub fn new(ids: Vec<CertId>, nonce: Option<Nonce>) -> Self {
        Self { ids, nonce }
    }

    /// The DER.
    pub fn to_der(&self) -> Vec<u8> {
        Encoder::der(|request| {
            request.sequence(|request| {
                request.sequence(|tbs| {
                    tbs.sequence(|list| {
                        self.ids
                            .iter()
                            .for_each(|id| list.sequence(|single| single.raw(id.der())));
                    });
                    if let Some(nonce) = &self.nonce {
                        tbs.context(2, |explicit| {
                            explicit.sequence(|extensions| {
                                extension::put(extensions, oid::OCSP_NONCE, Criticality::Plain, |value| {
                                    value.octets(nonce.as_bytes());
                                });
                            });
                        });
                    }
                });
            });
        })
    }

    /// Which certificates are asked for; at least one.
    pub fn ids(&self) -> &[CertId] {
        &self.ids
    }

    /// What the answer must repeat.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// Whether a pre-signed answer will do: one certificate, no nonce (RFC 5019 §2.1).
    pub fn takes_presigned(&self) -> Option<&CertId> {
        match self.ids.as_slice() {
            [id] if self.nonce.is_none() => Some(id),
            _ => None,
        }
    }
}

/// A request cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Answer `malformedRequest`.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Too many octets or certificates. Answer `malformedRequest`.
    #[error("the OCSP request is too large")]
    TooLarge,
    /// A nonce of none or more than 128 octets (RFC 9654 §2.1). Answer `malformedRequest`.
    #[error("the nonce must have 1 to 128 octets")]
    Nonce,
}

/// Octets by which a client knows that an answer is fresh: 1 to 128 of them (RFC 9654 §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// The octets of a nonce.
    pub fn new(octets: &[u8]) -> Result<Self, RequestFault> {
        if (1..=128).contains(&octets.len()) {
            Ok(Self(octets.to_vec()))
        } else {
            Err(RequestFault::Nonce)
        }
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// With which hash a CertID names its issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-1, which every client still sends by default. It identifies, it protects nothing.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// Names a certificate by its issuer's hashes and its serial. Answers repeat it octet by octet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertId {
    der: Vec<u8>,
    /// `None`: a hash algorithm that we do not know; such an id names nobody here.
    algorithm: Option<HashAlgorithm>,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    /// `None`: an integer that is no serial; such an id names nothing.
    serial: Option<Serial>,
}

impl CertId {
    /// The DER of the CertID.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// With which hash it names its issuer, if we know that hash.
    pub fn hash_algorithm(&self) -> Option<HashAlgorithm> {
        self.algorithm
    }

    /// The serial; whose, only [`IssuerId::serial_of`] tells.
    pub fn serial(&self) -> Option<Serial> {
        self.serial
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let what = "CertID";
        let element = decoder.tagged(SEQUENCE, what)?;
        let mut fields = element.content();
        let mut identifier = fields.sequence(what)?;
        let algorithm = match identifier.oid(what)? {
            oid if oid == oid::SHA1 => Some(HashAlgorithm::Sha1),
            oid if oid == oid::SHA256 => Some(HashAlgorithm::Sha256),
            _ => None,
        };
        if !identifier.is_empty() {
            identifier.any(what)?;
        }
        identifier.finish(what)?;
        let (name_hash, key_hash) = (fields.octets(what)?, fields.octets(what)?);
        let serial = fields.tagged(INTEGER, what)?;
        fields.finish(what)?;
        Ok(Self {
            der: element.whole.to_vec(),
            algorithm,
            name_hash: name_hash.to_vec(),
            key_hash: key_hash.to_vec(),
            serial: serial
                .unsigned(what)
                .ok()
                .and_then(|octets| Serial::from_bytes(octets).ok()),
        })
    }
}

/// An issuer as CertIDs name it: the hashes of its name and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerId {
    sha1: [[u8; 20]; 2],
    sha256: [[u8; 32]; 2],
}

impl IssuerId {
    /// The hashes of this CA.
    pub fn of(issuer: &Certificate) -> Self {
        let (name, key) = (issuer.subject().der(), issuer.public_key().key_bits());
        Self {
            sha1: [sha1(name), sha1(key)],
            sha256: [sha256(name), sha256(key)],
        }
    }

    /// The serial, if the id names a certificate of this issuer.
    pub fn serial_of(&self, id: &CertId) -> Option<Serial> {
        let ([name, key], [name256, key256]) = (&self.sha1, &self.sha256);
        let ours = match id.algorithm? {
            HashAlgorithm::Sha1 => id.name_hash == name && id.key_hash == key,
            HashAlgorithm::Sha256 => id.name_hash == name256 && id.key_hash == key256,
        };
        if ours { id.serial } else { None }
    }

    /// The id of one of its certificates, as OpenSSL writes it (with NULL parameters).
    pub fn cert_id(&self, serial: &Serial, algorithm: HashAlgorithm) -> CertId {
        let ([name, key], [name256, key256]) = (&self.sha1, &self.sha256);
        let (oid, name_hash, key_hash) = match algorithm {
            HashAlgorithm::Sha1 => (oid::SHA1, name.to_vec(), key.to_vec()),
            HashAlgorithm::Sha256 => (oid::SHA256, name256.to_vec(), key256.to_vec()),
        };
        let der = Encoder::der(|id| {
            id.sequence(|id| {
                id.sequence(|identifier| {
                    identifier.oid(oid);
                    identifier.null();
                });
                id.octets(&name_hash);
                id.octets(&key_hash);
                serial.encode(id);
            });
        });
        CertId {
            der,
            algorithm: Some(algorithm),
            name_hash,
            key_hash,
            serial: Some(*serial),
        }
    }
}

/// The nonce among the extensions of a request; unknown ones are passed over unless critical.
fn request_extensions(explicit: &mut Decoder<'_>) -> Result<Option<Nonce>, RequestFault> {
    let what = "extensions of an OCSP request";
    let mut nonce = None;
    for extension in extension::split(explicit, what)? {
        if extension.kind == oid::OCSP_NONCE {
            let mut value = Decoder::new(extension.value);
            let octets = value.octets("nonce")?;
            value.finish("nonce")?;
            nonce = Some(Nonce::new(octets)?);
        } else if extension.critical {
            return Err(Malformed(what).into());
        }
    }
    (*explicit).finish(what)?;
    Ok(nonce)
}

fn refuse_critical(explicit: &mut Decoder<'_>) -> Result<(), Malformed> {
    let what = "extensions of a single OCSP request";
    if extension::split(explicit, what)?
        .iter()
        .any(|extension| extension.critical)
    {
        return Err(Malformed(what));
    }
    (*explicit).finish(what)
}

fn percent_decoded(path: &str) -> Option<Vec<u8>> {
    let mut octets = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'%' => hex_digit(octets.next()?)? << 4 | hex_digit(octets.next()?)?,
            plain => plain,
        });
    }
    Some(decoded)
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
