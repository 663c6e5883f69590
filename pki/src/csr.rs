//! Certificate requests (PKCS #10, RFC 2986): a public key, and the proof that whoever sends it holds the private one.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use crate::algorithm::SignatureAlgorithm;
use crate::decode::{Malformed, only};
use crate::encode::{Encoder, SEQUENCE, context_constructed};
use crate::key::{BadSignature, KeyFault, PublicKey};
use crate::name::DistinguishedName;
use crate::pem::{self, NotPem};
use crate::signer::{SignFault, Signer, sign_as};
use crate::tbs::seal;

/// A request whose proof of possession was verified: there is no other way to have one (THREATS A33).
///
/// Names and extensions that a request asks for are kept for people to read; a profile takes only the key (A32).
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    der: Vec<u8>,
    subject: DistinguishedName,
    public_key: PublicKey,
}

impl CertificateRequest {
    /// Reads the DER and verifies the request's signature with the key in it.
    pub fn parse(der: &[u8]) -> Result<Self, RequestFault> {
        let what = "certificate request";
        if der.len() > MOST_OCTETS {
            return Err(Malformed(what).into());
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
        content.optional(context_constructed(0), what)?;
        content.finish(what)?;
        public_key.verify(algorithm, info.whole, signature)?;
        Ok(Self {
            der: der.to_vec(),
            subject,
            public_key,
        })
    }

    /// Reads the first "CERTIFICATE REQUEST" of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self, RequestFault> {
        Self::parse(&pem::decode(text, PEM_LABEL)?)
    }

    /// Makes a request for the signer's key. `common_name` only says to people which request this is.
    pub fn new(common_name: &str, signer: &dyn Signer) -> Result<Self, SignFault> {
        let info = Encoder::der(|info| {
            info.sequence(|info| {
                info.unsigned(&[]);
                crate::name::common_name_only(info, common_name);
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
}

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
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
}

const PEM_LABEL: &str = "CERTIFICATE REQUEST";

/// A request with an RSA-4096 key and generous names takes some 2 kB.
const MOST_OCTETS: usize = 64 * 1024;
