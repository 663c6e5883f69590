//! Reading certificates.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt;
use std::sync::Arc;

use der::asn1::ObjectIdentifier;

use crate::algorithm::SignatureAlgorithm;
use crate::decode::{Decoder, Malformed, only};
use crate::encode::{SEQUENCE, context_primitive};
use crate::extension::{Extensions, KeyUsage};
use crate::key::{BadSignature, KeyFault, PublicKey, sha256};
use crate::name::{self, DistinguishedName, HolderContent};
use crate::oid;
use crate::pem::{self, NotPem};
use crate::serial::Serial;

/// An X.509 v3 certificate, read strictly: every extension we know decoded, none twice (THREATS P2). Its signature is
/// **not** checked by reading it; see [`Certificate::verify_signed_by`]. Cheap to clone. Equal when the DER is.
#[derive(Clone)]
pub struct Certificate(Arc<Read>);

struct Read {
    der: Vec<u8>,
    content: Content,
    signature: Vec<u8>,
    fingerprint: [u8; 32],
    /// Where the TBSCertificate lies in `der`.
    tbs: std::ops::Range<usize>,
}

impl Certificate {
    /// Reads the DER of one certificate.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateFault> {
        Self::read(der, Serial::decode)
    }

    /// Reads the DER of a certificate that is only to be checked: as [`Certificate::parse`] does, but also one whose serial
    /// number is zero or negative (RFC 5280 §4.1.2.2).
    pub fn parse_foreign(der: &[u8]) -> Result<Self, CertificateFault> {
        Self::read(der, Serial::decode_foreign)
    }

    fn read(der: &[u8], serial: ReadSerial) -> Result<Self, CertificateFault> {
        let what = "certificate";
        let outer = only(der, SEQUENCE, what)?;
        let mut fields = outer.content();
        let tbs = fields.tagged(SEQUENCE, what)?.whole;
        let algorithm = SignatureAlgorithm::decode(&mut fields)?;
        let signature = fields.bits(what)?;
        fields.finish(what)?;
        let content = Content::read(tbs, serial)?;
        // RFC 5280 §4.1.1.2: both say the same.
        if content.signature_algorithm != algorithm {
            return Err(CertificateFault::AlgorithmsDiffer);
        }
        let start = der.len() - outer.value.len();
        Ok(Self(Arc::new(Read {
            der: der.to_vec(),
            signature: signature.to_vec(),
            fingerprint: sha256(der),
            tbs: start..start + tbs.len(),
            content,
        })))
    }

    /// Reads the first "CERTIFICATE" of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self, CertificateFault> {
        Self::parse(&pem::decode(text, PEM_LABEL)?)
    }

    /// The certificate as PEM.
    pub fn to_pem(&self) -> String {
        pem::encode(PEM_LABEL, self.der())
    }

    /// The DER, exactly as read.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the DER.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.0.fingerprint
    }

    /// The serial number.
    pub fn serial(&self) -> Serial {
        self.content().serial
    }

    /// Who issued it. `Display` is RFC 4514; [`DistinguishedName::readable`] is for people.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.content().issuer
    }

    /// Whom it is about, in the issuer's Latin letters; for Japanese see [`Certificate::holder`].
    pub fn subject(&self) -> &DistinguishedName {
        &self.content().subject
    }

    /// First second of validity, unix seconds.
    pub fn not_before(&self) -> i64 {
        self.content().not_before
    }

    /// Last second of validity, unix seconds, inclusive.
    pub fn not_after(&self) -> i64 {
        self.content().not_after
    }

    /// Whether `at` (unix seconds) lies within the validity, both ends inclusive (THREATS R12).
    pub fn is_valid_at(&self, at: i64) -> bool {
        (self.not_before()..=self.not_after()).contains(&at)
    }

    /// The certified key.
    pub fn public_key(&self) -> &PublicKey {
        &self.content().public_key
    }

    /// What the key may be used for; `None` if the certificate does not say.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions().key_usage
    }

    /// The purposes of the extendedKeyUsage; empty if there is none.
    pub fn extended_key_usage(&self) -> &[ObjectIdentifier] {
        &self.extensions().extended_key_usage
    }

    /// Whether it may sign OCSP answers for its issuer (id-kp-OCSPSigning).
    pub fn is_ocsp_responder(&self) -> bool {
        self.extended_key_usage().contains(&oid::KP_OCSP_SIGNING)
    }

    /// Whether it is a CA's (basicConstraints cA).
    pub fn is_ca(&self) -> bool {
        self.extensions()
            .basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }

    /// The certificate policies.
    pub fn policies(&self) -> &[ObjectIdentifier] {
        &self.extensions().policies
    }

    /// What it says about its holder, in Japanese and in Latin letters (DOMAIN §3.3 S3). What it does not say is `None`;
    /// a certificate with no text at all gives `None`.
    pub fn holder(&self) -> Option<HolderContent> {
        name::holder_content(self.subject(), self.extensions().alternative.as_ref())
    }

    /// The addresses of the CRLs that may carry it.
    pub fn crl_urls(&self) -> &[String] {
        &self.extensions().crl_urls
    }

    /// The addresses of the delta CRLs that may carry it (freshestCRL).
    pub fn delta_urls(&self) -> &[String] {
        &self.extensions().delta_urls
    }

    /// The addresses of the OCSP responders that know it.
    pub fn ocsp_urls(&self) -> &[String] {
        &self.extensions().ocsp_urls
    }

    /// The addresses of its issuer's certificate.
    pub fn issuer_urls(&self) -> &[String] {
        &self.extensions().issuer_urls
    }

    /// subjectKeyIdentifier
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.extensions().subject_key_identifier.as_deref()
    }

    /// The keyIdentifier of the authorityKeyIdentifier.
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.extensions().authority_key_identifier.as_deref()
    }

    /// The to-be-signed bytes, as they stand in the DER.
    pub fn to_be_signed(&self) -> &[u8] {
        self.0.der.get(self.0.tbs.clone()).unwrap_or_default()
    }

    /// The signature algorithm.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.content().signature_algorithm
    }

    /// Whether `issuer` signed this: its subject is our issuer byte for byte, the key identifiers agree where both are
    /// given, it is a CA that may sign certificates, and the signature verifies with its key.
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), NotSignedBy> {
        if self.issuer() != issuer.subject() {
            return Err(NotSignedBy::Name);
        }
        if let (Some(wanted), Some(found)) = (self.authority_key_identifier(), issuer.subject_key_identifier())
            && wanted != found
        {
            return Err(NotSignedBy::KeyIdentifier);
        }
        if !issuer.may_issue() {
            return Err(NotSignedBy::NotAnIssuer);
        }
        issuer
            .public_key()
            .verify(self.signature_algorithm(), self.to_be_signed(), &self.0.signature)?;
        Ok(())
    }

    /// Whether this key made the signature over it, whoever holds the key.
    pub(crate) fn is_signed_with(&self, key: &PublicKey) -> bool {
        key.verify(self.signature_algorithm(), self.to_be_signed(), &self.0.signature)
            .is_ok()
    }

    /// Whether subject and issuer are one name (RFC 5280 §6.1: self-issued).
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject().matches(self.issuer())
    }

    /// Whether it is a CA that may sign certificates.
    pub(crate) fn may_issue(&self) -> bool {
        self.is_ca()
            && self
                .key_usage()
                .is_none_or(|usage| usage.allows(KeyUsage::KEY_CERT_SIGN))
    }

    pub(crate) fn content(&self) -> &Content {
        &self.0.content
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.content().extensions
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, serial {})", self.subject(), self.serial())
    }
}

/// Of whom a certificate speaks, and with which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The subject.
    pub subject: DistinguishedName,
    /// The holder's name in Japanese letters, where it stands beside the subject.
    pub name: Option<String>,
    /// The key.
    pub public_key: PublicKey,
}

impl Bearer {
    /// Reads the DER of a TBSCertificate, signed or not.
    pub fn of_to_be_signed(tbs: &[u8]) -> Result<Self, CertificateFault> {
        let content = Content::parse(tbs)?;
        let holder = name::holder_content(&content.subject, content.extensions.alternative.as_ref());
        Ok(Self {
            subject: content.subject,
            name: holder.and_then(|holder| holder.name),
            public_key: content.public_key,
        })
    }
}

/// What a TBSCertificate says.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) serial: Serial,
    pub(crate) signature_algorithm: SignatureAlgorithm,
    pub(crate) issuer: DistinguishedName,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    pub(crate) subject: DistinguishedName,
    pub(crate) public_key: PublicKey,
    pub(crate) extensions: Extensions,
    /// The DER of the Validity, for the lint of its time types.
    pub(crate) validity_der: Vec<u8>,
}

impl Content {
    /// Reads the DER of a TBSCertificate.
    pub(crate) fn parse(tbs: &[u8]) -> Result<Self, CertificateFault> {
        Self::read(tbs, Serial::decode)
    }

    fn read(tbs: &[u8], serial: ReadSerial) -> Result<Self, CertificateFault> {
        let what = "certificate content";
        let mut fields = only(tbs, SEQUENCE, what)?.content();
        let version = match fields.context(0, what)? {
            Some(mut version) => {
                let number = version.small(what)?;
                version.finish(what)?;
                number
            }
            None => 0,
        };
        if version != 2 {
            return Err(CertificateFault::NotVersion3);
        }
        let serial = serial(&mut fields)?;
        let signature_algorithm = SignatureAlgorithm::decode(&mut fields)?;
        let issuer = DistinguishedName::decode(&mut fields)?;
        let validity = fields.tagged(SEQUENCE, what)?;
        let mut ends = validity.content();
        let (not_before, not_after) = (ends.time("validity")?, ends.time("validity")?);
        ends.finish("validity")?;
        let subject = DistinguishedName::decode(&mut fields)?;
        let public_key = PublicKey::from_spki_der(fields.tagged(SEQUENCE, what)?.whole)?;
        // issuerUniqueID and subjectUniqueID: obsolete, read past.
        fields.optional(context_primitive(1), what)?;
        fields.optional(context_primitive(2), what)?;
        let extensions = match fields.context(3, what)? {
            Some(mut explicit) => {
                let extensions = Extensions::decode(&mut explicit)?;
                explicit.finish(what)?;
                extensions
            }
            None => Extensions::default(),
        };
        fields.finish(what)?;
        Ok(Self {
            serial,
            signature_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
            validity_der: validity.whole.to_vec(),
        })
    }
}

/// A certificate cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Not DER, not a certificate, an extension twice or undecodable.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A version other than v3.
    #[error("not an X.509 version 3 certificate")]
    NotVersion3,
    /// The two signature algorithms differ (RFC 5280 §4.1.1.2).
    #[error("the certificate names two different signature algorithms")]
    AlgorithmsDiffer,
    /// The key in it is not one we use, or weak.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// Not PEM.
    #[error(transparent)]
    NotPem(#[from] NotPem),
}

/// One certificate did not sign another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSignedBy {
    /// The names differ.
    #[error("the issuer's name is another")]
    Name,
    /// The key identifiers differ: same name, other key.
    #[error("the issuer's key identifier is another")]
    KeyIdentifier,
    /// Not a CA, or its key may not sign certificates.
    #[error("the issuer's certificate is not one of a CA that may sign certificates")]
    NotAnIssuer,
    /// The signature does not verify.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

type ReadSerial = fn(&mut Decoder<'_>) -> Result<Serial, Malformed>;

const PEM_LABEL: &str = "CERTIFICATE";
