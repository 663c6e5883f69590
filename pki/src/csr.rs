//! Certificate requests (PKCS #10, RFC 2986): a public key, and the proof that whoever sends it holds the private one.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod admission;
mod attributes;

pub(crate) use admission::Wanted;
pub use admission::{Admitted, Demands, KeyHistory, NotAdmitted, Subject};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::algorithm::SignatureAlgorithm;
use crate::decode::{Malformed, only};
use crate::encode::{Encoder, SEQUENCE, context_constructed};
use crate::key::{BadSignature, KeyFault, PublicKey};
use crate::name::DistinguishedName;
use crate::pem::{self, NotPem};
use crate::signer::{SignFault, Signer, sign_as};
use crate::tbs::seal;
use attributes::Asked;

/// A request whose proof of possession was verified: there is no other way to have one (THREATS A33).
///
/// Names and extensions that a request asks for are kept for people to read and for [`CertificateRequest::admit`] to compare;
/// a profile takes only the key (A32).
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    der: Vec<u8>,
    subject: DistinguishedName,
    public_key: PublicKey,
    asked: Asked,
}

impl CertificateRequest {
    /// Reads the DER and verifies the request's signature with the key in it.
    pub fn parse(der: &[u8]) -> Result<Self, RequestFault> {
        let what = "certificate request";
        if der.len() > MOST_OCTETS {
            return Err(RequestFault::TooLarge);
        }
        let mut fields = only(der, SEQUENCE, what)?.content();
        let info = fields.tagged(SEQUENCE, what)?;
        let algorithm = SignatureAlgorithm::decode(&mut fields)?;
        let signature = fields.bits(what)?;
        fields.finish(what)?;

        let mut content = info.content();
        if content.small(what)? != 0 {
            return Err(Malformed(what).into());
        }
        let subject = DistinguishedName::decode(&mut content)?;
        let public_key = PublicKey::from_spki_der(content.tagged(SEQUENCE, what)?.whole)?;
        // RFC 2986 §4.1 has the attributes stand there, empty or not; some clients leave an empty set out.
        let asked = match content.optional(context_constructed(0), what)? {
            Some(attributes) => Asked::decode(attributes)?,
            None => Asked::default(),
        };
        content.finish(what)?;
        public_key.verify(algorithm, info.whole, signature)?;
        Ok(Self {
            der: der.to_vec(),
            subject,
            public_key,
            asked,
        })
    }

    /// Reads the first "CERTIFICATE REQUEST" of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self, RequestFault> {
        Self::parse(&pem::decode(text, PEM_LABEL)?)
    }

    /// Reads the body of an EST request (RFC 7030 §4.2.1, RFC 8951 §3): base64 of the DER, broken into lines as the sender
    /// likes. PEM is the same between two lines of markers, and is taken too.
    pub fn from_est(body: &[u8]) -> Result<Self, RequestFault> {
        if body.len() > MOST_OCTETS / 3 * 4 {
            return Err(RequestFault::TooLarge);
        }
        let text = std::str::from_utf8(body).map_err(|_| RequestFault::NotBase64)?;
        if text.contains("-----BEGIN ") {
            return Self::from_pem(text);
        }
        let compact: String = text.split_ascii_whitespace().collect();
        let der = STANDARD.decode(compact).map_err(|_| RequestFault::NotBase64)?;
        Self::parse(&der)
    }

    /// Makes a request for the signer's key. `common_name` only says to people which request this is.
    pub fn new(common_name: &str, signer: &dyn Signer) -> Result<Self, SignFault> {
        Self::made(|info| crate::name::common_name_only(info, common_name), signer)
    }

    /// Makes a request for the signer's key, under the name that somebody else wants to read in it.
    pub fn for_subject(subject: &DistinguishedName, signer: &dyn Signer) -> Result<Self, SignFault> {
        Self::made(|info| info.raw(subject.der()), signer)
    }

    fn made(subject: impl FnOnce(&mut Encoder), signer: &dyn Signer) -> Result<Self, SignFault> {
        let info = Encoder::der(|info| {
            info.sequence(|info| {
                info.unsigned(&[]);
                subject(info);
                info.raw(signer.public_key().spki_der());
                info.context(0, |_no_attributes| {});
            });
        });
        let signature = sign_as(signer.public_key(), signer, &info)?;
        let der = seal(&info, signer.algorithm().signature(), &signature);
        Self::parse(&der).map_err(|fault| SignFault::Failed(format!("the request cannot be read back: {fault}")))
    }

    /// The DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM.
    pub fn to_pem(&self) -> String {
        pem::encode(PEM_LABEL, &self.der)
    }

    /// The name that the request asks for.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The key, whose possession is proved.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The challengePassword attribute (RFC 2985 §5.4.1). An EST client puts the tls-unique of its connection there (RFC 7030
    /// §3.5). TLS 1.3 has no such value, so that nobody is refused for it nor let in by it.
    pub fn challenge_password(&self) -> Option<&str> {
        self.asked.challenge_password.as_deref()
    }
}

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Longer than any request has reason to be; it was not looked at.
    #[error("the request is larger than {MOST_OCTETS} octets")]
    TooLarge,
    /// Not DER, or not a request.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The key is not one we certify.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// Whoever sends the request does not show that he holds the private key.
    #[error("no proof of possession: {0}")]
    Possession(#[from] BadSignature),
    /// Not PEM.
    #[error(transparent)]
    NotPem(#[from] NotPem),
    /// Not base64.
    #[error("the request is not base64")]
    NotBase64,
}

const PEM_LABEL: &str = "CERTIFICATE REQUEST";

/// A request with an RSA-4096 key and generous names takes some 2 kB.
const MOST_OCTETS: usize = 64 * 1024;
