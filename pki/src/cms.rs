//! Detached CMS signatures (RFC 5652) with signing time and the signer's certificate bound in (ESS, RFC 5035): made in two
//! steps, so that a card can sign, and verified strictly. Also certificates alone, as EST hands them out.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod certs_only;

pub use certs_only::{CertsOnlyFault, certificates_only, read_certificates_only};

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use der::asn1::ObjectIdentifier;

use crate::algorithm::{Algorithm, SignatureAlgorithm};
use crate::certificate::Certificate;
use crate::decode::{Decoder, Element, Malformed, only};
use crate::encode::{Encoder, OCTET_STRING, SEQUENCE, SET, context_constructed};
use crate::key::BadSignature;
use crate::oid;
use crate::serial::Serial;
use crate::signer::{SignFault, Signer, sign_as};

/// Hash of the content, and of the signed attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Digest {
    /// The digest that goes with a key: the one its signature algorithm uses; SHA-512 for Ed25519 (RFC 8419 §3.1) and ML-DSA (RFC 9882 §3.3).
    pub fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::P256 | Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => Self::Sha256,
            Algorithm::P384 => Self::Sha384,
            Algorithm::Ed25519 | Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => Self::Sha512,
        }
    }

    pub(crate) fn hash(self, content: &[u8]) -> digest::Digest {
        digest::digest(
            match self {
                Self::Sha256 => &SHA256,
                Self::Sha384 => &SHA384,
                Self::Sha512 => &SHA512,
            },
            content,
        )
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// Parameters absent (RFC 5754 §2).
    pub(crate) fn encode(self, encoder: &mut Encoder) {
        encoder.sequence(|identifier| identifier.oid(self.oid()));
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let what = "digest algorithm";
        let mut identifier = decoder.sequence(what)?;
        let kind = identifier.oid(what)?;
        if !identifier.is_empty() {
            identifier.null(what)?;
        }
        identifier.finish(what)?;
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|digest| digest.oid() == kind)
            .ok_or(Malformed("digest algorithm not supported"))
    }
}

/// A signature that waits for its signature octets: everything is fixed but these.
#[derive(Clone, Debug)]
pub struct Draft {
    signer: Certificate,
    digest: Digest,
    /// SignedAttributes as a SET OF, which is what is signed (RFC 5652 §5.4).
    attributes: Vec<u8>,
}

impl Draft {
    /// A signature of `content` by the holder of `signer`, at `signing_time` (unix seconds).
    pub fn new(content: &[u8], signer: &Certificate, signing_time: i64) -> Self {
        let digest = Digest::of(signer.public_key().algorithm());
        let attributes = vec![
            attribute(oid::CONTENT_TYPE, |value| value.oid(oid::ID_DATA)),
            attribute(oid::SIGNING_TIME, |value| value.time(signing_time)),
            attribute(oid::MESSAGE_DIGEST, |value| value.octets(digest.hash(content).as_ref())),
            attribute(oid::SIGNING_CERTIFICATE_V2, |value| signing_certificate(value, signer)),
        ];
        Self {
            signer: signer.clone(),
            digest,
            attributes: Encoder::der(|set| set.set_of(SET, attributes)),
        }
    }

    /// The message for the signer's key: the DER of the SignedAttributes. A card that signs hashes is given its hash
    /// ([`Self::digest`]).
    pub fn to_be_signed(&self) -> &[u8] {
        &self.attributes
    }

    /// With which hash the signature is made.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The hash of [`Self::to_be_signed`]: what a card that only signs hashes is given.
    pub fn hash_to_be_signed(&self) -> Vec<u8> {
        self.digest.hash(&self.attributes).as_ref().to_vec()
    }

    /// Puts the signature in, after verifying it with the certificate's key: a wrong card never gets further than this.
    pub fn finish(self, signature: &[u8]) -> Result<Vec<u8>, BadSignature> {
        let algorithm = self.signer.public_key().algorithm().signature();
        self.signer
            .public_key()
            .verify(algorithm, &self.attributes, signature)?;
        Ok(self.encode(algorithm, signature))
    }

    fn encode(&self, algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
        Encoder::der(|content_info| {
            content_info.sequence(|content_info| {
                content_info.oid(oid::ID_SIGNED_DATA);
                content_info.context(0, |explicit| {
                    explicit.sequence(|signed_data| {
                        signed_data.unsigned(&[1]);
                        signed_data.set(|digests| self.digest.encode(digests));
                        signed_data.sequence(|encapsulated| encapsulated.oid(oid::ID_DATA));
                        signed_data.context(0, |certificates| certificates.raw(self.signer.der()));
                        signed_data
                            .set(|signers| signers.sequence(|signer| self.signer_info(signer, algorithm, signature)));
                    });
                });
            });
        })
    }

    fn signer_info(&self, signer: &mut Encoder, algorithm: SignatureAlgorithm, signature: &[u8]) {
        signer.unsigned(&[1]);
        signer.sequence(|id| {
            id.raw(self.signer.issuer().der());
            self.signer.serial().encode(id);
        });
        self.digest.encode(signer);
        // [0] IMPLICIT: the SET's content under another tag.
        let mut set = Decoder::new(&self.attributes);
        if let Ok(content) = set.any("signed attributes") {
            signer.context(0, |attributes| attributes.raw(content.value));
        }
        algorithm.encode(signer);
        signer.octets(signature);
    }
}

/// Signs with a key at hand: both steps in one.
pub fn sign(
    content: &[u8],
    certificate: &Certificate,
    signer: &dyn Signer,
    signing_time: i64,
) -> Result<Vec<u8>, SignFault> {
    let draft = Draft::new(content, certificate, signing_time);
    let signature = sign_as(certificate.public_key(), signer, draft.to_be_signed())?;
    draft.finish(&signature).map_err(|_| SignFault::BadSignature)
}

/// Who signed, and when he says he did. Whether his certificate is to be believed is another question
/// ([`crate::validation`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// The certificate that was bound in.
    pub certificate: Certificate,
    /// The signer's own statement, unix seconds.
    pub signing_time: i64,
}

/// Verifies a detached signature over `content`. Strict: exactly one signer, named by issuer and serial, his certificate
/// inside; signed attributes contentType, messageDigest, signingTime and signingCertificateV2, each once, each with one value;
/// no content inside.
pub fn verify(der: &[u8], content: &[u8]) -> Result<SignedBy, CmsFault> {
    if der.len() > MOST_OCTETS {
        return Err(Malformed("CMS: too large").into());
    }
    let what = "CMS signed data";
    let mut outer = only(der, SEQUENCE, what)?.content();
    if outer.oid(what)? != oid::ID_SIGNED_DATA {
        return Err(CmsFault::NotSignedData);
    }
    let mut explicit = outer.context(0, what)?.ok_or(Malformed(what))?;
    outer.finish(what)?;
    let mut signed_data = explicit.sequence(what)?;
    explicit.finish(what)?;

    if signed_data.small(what)? != 1 {
        return Err(Malformed("CMS version").into());
    }
    let mut digests = signed_data.set(what)?;
    let mut encapsulated = signed_data.sequence(what)?;
    if encapsulated.oid(what)? != oid::ID_DATA {
        return Err(CmsFault::ContentType);
    }
    if !encapsulated.is_empty() {
        return Err(CmsFault::NotDetached);
    }
    let mut certificates = signed_data.context(0, what)?.ok_or(CmsFault::NoCertificate)?;
    signed_data.optional(context_constructed(1), what)?;
    let mut signers = signed_data.set(what)?;
    signed_data.finish(what)?;

    let signer = SignerInfo::decode(&mut signers)?;
    if !signers.is_empty() {
        return Err(CmsFault::NotOneSigner);
    }
    if Digest::decode(&mut digests)? != signer.digest || !digests.is_empty() {
        return Err(CmsFault::Digest);
    }
    let certificate = signer.find(&mut certificates)?;
    let attributes = Attributes::decode(signer.attributes)?;
    if attributes.content_type != oid::ID_DATA {
        return Err(CmsFault::ContentType);
    }
    if attributes.message_digest != signer.digest.hash(content).as_ref() {
        return Err(CmsFault::AnotherContent);
    }
    attributes.check_signing_certificate(&certificate)?;
    if !signer.algorithm_fits_digest() {
        return Err(CmsFault::Digest);
    }
    // What was signed is the SET OF, not the [0] that stands in the message (RFC 5652 §5.4).
    let message = Encoder::der(|set| set.primitive(SET, signer.attributes.value));
    certificate
        .public_key()
        .verify(signer.algorithm, &message, signer.signature)?;
    Ok(SignedBy {
        certificate,
        signing_time: attributes.signing_time,
    })
}

/// A signature was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmsFault {
    /// Not DER, or not of the shape that [`verify`] wants.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Another kind of CMS.
    #[error("not CMS signed data")]
    NotSignedData,
    /// The content is inside; it must be the text that was shown.
    #[error("the signature carries a content of its own")]
    NotDetached,
    /// Not the type `data`, or two types that differ.
    #[error("the content type is not data")]
    ContentType,
    /// None, or several.
    #[error("there is not exactly one signer")]
    NotOneSigner,
    /// The signer's certificate is not inside.
    #[error("the signer's certificate is not included")]
    NoCertificate,
    /// A signed attribute is missing, stands twice, or has several values.
    #[error("the signed attributes are not exactly those that are wanted: {0}")]
    Attributes(&'static str),
    /// Digest algorithms that differ or do not go with the signature.
    #[error("the digest algorithms do not agree")]
    Digest,
    /// The signature is of another text.
    #[error("the signature is of another content")]
    AnotherContent,
    /// The certificate was exchanged.
    #[error("the signature names another certificate")]
    AnotherCertificate,
    /// The signature does not verify.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

struct SignerInfo<'a> {
    issuer: &'a [u8],
    serial: Serial,
    digest: Digest,
    attributes: Element<'a>,
    algorithm: SignatureAlgorithm,
    signature: &'a [u8],
}

impl<'a> SignerInfo<'a> {
    fn decode(signers: &mut Decoder<'a>) -> Result<Self, CmsFault> {
        let what = "signer info";
        if signers.is_empty() {
            return Err(CmsFault::NotOneSigner);
        }
        let mut fields = signers.sequence(what)?;
        // Version 1 goes with issuer and serial; 3 would be a key identifier (RFC 5652 §5.3).
        if fields.small(what)? != 1 {
            return Err(Malformed("signer not named by issuer and serial").into());
        }
        let mut id = fields.sequence(what)?;
        let issuer = id.tagged(SEQUENCE, what)?.whole;
        let serial = Serial::from_bytes(id.unsigned(what)?).map_err(|_| Malformed("serial number"))?;
        id.finish(what)?;
        let digest = Digest::decode(&mut fields)?;
        let attributes = fields
            .optional(context_constructed(0), what)?
            .ok_or(CmsFault::Attributes("there are none"))?;
        let algorithm = signature_algorithm(&mut fields, digest)?;
        let signature = fields.octets(what)?;
        // Unsigned attributes prove nothing; a time-stamp in them may be judged by whoever knows how.
        fields.optional(context_constructed(1), what)?;
        fields.finish(what)?;
        Ok(Self {
            issuer,
            serial,
            digest,
            attributes,
            algorithm,
            signature,
        })
    }

    /// The signer's certificate among those inside.
    fn find(&self, certificates: &mut Decoder<'_>) -> Result<Certificate, CmsFault> {
        let mut found = None;
        let mut count = 0;
        while !certificates.is_empty() {
            count += 1;
            if count > MOST_CERTIFICATES {
                return Err(Malformed("CMS: too many certificates").into());
            }
            let element = certificates.any("certificate in CMS")?;
            // Other members of the chain may be of any kind; only the signer's is read.
            if let Ok(certificate) = Certificate::parse(element.whole)
                && certificate.issuer().der() == self.issuer
                && certificate.serial() == self.serial
            {
                found = Some(certificate);
            }
        }
        found.ok_or(CmsFault::NoCertificate)
    }

    fn algorithm_fits_digest(&self) -> bool {
        let wanted = match self.algorithm {
            SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::RsaSha256 => Digest::Sha256,
            SignatureAlgorithm::EcdsaSha384 | SignatureAlgorithm::RsaSha384 => Digest::Sha384,
            SignatureAlgorithm::RsaSha512
            | SignatureAlgorithm::Ed25519
            | SignatureAlgorithm::MlDsa44
            | SignatureAlgorithm::MlDsa65
            | SignatureAlgorithm::MlDsa87 => Digest::Sha512,
        };
        self.digest == wanted
    }
}

#[derive(Clone, Copy)]
struct Attributes<'a> {
    content_type: ObjectIdentifier,
    message_digest: &'a [u8],
    signing_time: i64,
    signing_certificate: Element<'a>,
}

impl<'a> Attributes<'a> {
    fn decode(set: Element<'a>) -> Result<Self, CmsFault> {
        let what = "signed attribute";
        let (mut content_type, mut message_digest, mut signing_time, mut signing_certificate) =
            (None, None, None, None);
        let mut attributes = set.content();
        let mut last: &[u8] = &[];
        while !attributes.is_empty() {
            let attribute = attributes.tagged(SEQUENCE, what)?;
            // DER sorts a SET OF, and only DER is signed (X.690 §11.6).
            if attribute.whole <= last {
                return Err(CmsFault::Attributes("they are not in DER's order"));
            }
            last = attribute.whole;
            let mut fields = attribute.content();
            let kind = fields.oid(what)?;
            let mut values = fields.set(what)?;
            fields.finish(what)?;
            let value = values.any(what)?;
            if !values.is_empty() {
                return Err(CmsFault::Attributes("one has several values"));
            }
            let twice = if kind == oid::CONTENT_TYPE {
                content_type.replace(value.oid(what)?).is_some()
            } else if kind == oid::MESSAGE_DIGEST {
                message_digest
                    .replace(only(value.whole, OCTET_STRING, what)?.value)
                    .is_some()
            } else if kind == oid::SIGNING_TIME {
                signing_time.replace(value.time(what)?).is_some()
            } else if kind == oid::SIGNING_CERTIFICATE_V2 {
                signing_certificate.replace(value).is_some()
            } else {
                // Others may be signed along (S/MIME capabilities…); they change nothing here.
                false
            };
            if twice {
                return Err(CmsFault::Attributes("one stands twice"));
            }
        }
        match (content_type, message_digest, signing_time, signing_certificate) {
            (Some(content_type), Some(message_digest), Some(signing_time), Some(signing_certificate)) => Ok(Self {
                content_type,
                message_digest,
                signing_time,
                signing_certificate,
            }),
            _ => Err(CmsFault::Attributes("one is missing")),
        }
    }

    /// ESSCertIDv2: the first one names the signer's certificate (RFC 5035 §3).
    fn check_signing_certificate(&self, certificate: &Certificate) -> Result<(), CmsFault> {
        let what = "signing certificate";
        let mut fields = only(self.signing_certificate.whole, SEQUENCE, what)?.content();
        let mut ids = fields.sequence(what)?;
        let mut first = ids.sequence(what)?;
        // hashAlgorithm DEFAULT sha256: a SEQUENCE stands before the hash only when it is another.
        let algorithm = match first.clone().any(what)?.tag {
            SEQUENCE => Digest::decode(&mut first)?,
            _ => Digest::Sha256,
        };
        let hash = first.octets(what)?;
        if algorithm.hash(certificate.der()).as_ref() == hash {
            Ok(())
        } else {
            Err(CmsFault::AnotherCertificate)
        }
    }
}

/// In CMS, RSA may also be named by the key's own identifier (RFC 3370 §3.2), as OpenSSL does.
fn signature_algorithm(fields: &mut Decoder<'_>, digest: Digest) -> Result<SignatureAlgorithm, Malformed> {
    let what = "signature algorithm";
    let mut ahead = *fields;
    let mut identifier = ahead.sequence(what)?;
    if identifier.oid(what)? != oid::RSA_ENCRYPTION {
        return SignatureAlgorithm::decode(fields);
    }
    identifier.null(what)?;
    identifier.finish(what)?;
    *fields = ahead;
    Ok(match digest {
        Digest::Sha256 => SignatureAlgorithm::RsaSha256,
        Digest::Sha384 => SignatureAlgorithm::RsaSha384,
        Digest::Sha512 => SignatureAlgorithm::RsaSha512,
    })
}

fn attribute(kind: ObjectIdentifier, value: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    Encoder::der(|attribute| {
        attribute.sequence(|attribute| {
            attribute.oid(kind);
            attribute.set(value);
        });
    })
}

/// SigningCertificateV2 of one ESSCertIDv2: SHA-256 (the default, so not written), issuer and serial.
fn signing_certificate(value: &mut Encoder, certificate: &Certificate) {
    value.sequence(|signing_certificate| {
        signing_certificate.sequence(|ids| {
            ids.sequence(|id| {
                id.octets(&certificate.fingerprint());
                id.sequence(|issuer_serial| {
                    issuer_serial.sequence(|names| names.context(4, |name| name.raw(certificate.issuer().der())));
                    certificate.serial().encode(issuer_serial);
                });
            });
        });
    });
}

/// A signature with a chain of certificates takes some 10 kB.
const MOST_OCTETS: usize = 256 * 1024;
const MOST_CERTIFICATES: usize = 16;
