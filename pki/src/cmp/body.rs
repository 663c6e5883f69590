//! PKIBody (RFC 9810 §5.1.2, §5.3): what a message says.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::failure::Disposition;
use super::fault::CmpFault;
use super::request::{Request, Revocation, certificate_id, put_small_signed, read_certificate_id, small_signed};
use crate::certificate::Certificate;
use crate::cms::Digest;
use crate::csr::CertificateRequest;
use crate::decode::{Decoder, Element, Malformed};
use crate::encode::{Encoder, INTEGER, OCTET_STRING, SEQUENCE, context_constructed};
use crate::name::DistinguishedName;
use crate::serial::Serial;

/// What a message says.
#[derive(Clone, Debug)]
pub enum Body {
    /// ir, cr, kur: a certificate is asked for.
    Request(Asks, Box<Request>),
    /// p10cr: the same by a PKCS #10 request, answered with cp.
    Pkcs10(Box<CertificateRequest>),
    /// ip, cp, kup: the answer.
    Response(Asks, Granted),
    /// rr: a certificate is to be revoked.
    Revocation(Revocation),
    /// rp: the answer; which certificate it was about where it was granted.
    Revoked(Disposition, Option<(DistinguishedName, Serial)>),
    /// certConf: what the holder says of the certificate that was granted. An empty one refuses everything (§5.3.18).
    Confirm(Option<CertificateStatus>),
    /// pkiconf: the end of the transaction.
    Confirmed,
    /// error
    Error(ErrorContent),
}

/// Which of the three requests it is, and their answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The first certificate of a holder: ir, ip.
    Initial,
    /// One more: cr, cp.
    Another,
    /// In place of one that he holds: kur, kup.
    Update,
}

/// CertRepMessage with one CertResponse.
#[derive(Clone, Debug)]
pub struct Granted {
    /// certReqId of the request.
    pub id: i32,
    /// Whether it was granted.
    pub status: Disposition,
    /// The certificate, if it was.
    pub certificate: Option<Certificate>,
    /// caPubs: anchors, which only an ip under a shared secret makes trustworthy.
    pub anchors: Vec<Certificate>,
}

/// CertStatus
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateStatus {
    /// certHash
    pub hash: Vec<u8>,
    /// certReqId
    pub id: i32,
    /// Whether the holder takes it; he does if he does not say.
    pub status: Option<Disposition>,
    /// hashAlg (RFC 9480 §2.10), where the certificate's signature algorithm has no hash of its own.
    pub digest: Option<Digest>,
}

/// ErrorMsgContent
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorContent {
    /// What was wrong.
    pub status: Disposition,
}

impl CertificateStatus {
    /// The holder takes this certificate, or refuses it.
    pub fn of(id: i32, certificate: &Certificate, status: Option<Disposition>) -> Self {
        let (digest, is_said) = digest_of(certificate);
        Self {
            hash: digest.hash(certificate.der()).as_ref().to_vec(),
            id,
            status,
            digest: is_said.then_some(digest),
        }
    }

    /// Whether it is about this certificate (RFC 9810 §5.3.18).
    pub fn is_of(&self, certificate: &Certificate) -> bool {
        let digest = self.digest.unwrap_or(digest_of(certificate).0);
        digest.hash(certificate.der()).as_ref() == self.hash
    }

    /// Whether the holder takes the certificate.
    pub fn is_taken(&self) -> bool {
        self.status.as_ref().is_none_or(|status| status.status.is_granted())
    }
}

/// The hash of the certificate's signature; Ed25519 and ML-DSA have none of their own, and SHA-512 is said (RFC 9481 §3.3).
fn digest_of(certificate: &Certificate) -> (Digest, bool) {
    use crate::algorithm::SignatureAlgorithm::{
        EcdsaSha256, EcdsaSha384, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaSha256, RsaSha384, RsaSha512,
    };
    match certificate.signature_algorithm() {
        EcdsaSha256 | RsaSha256 => (Digest::Sha256, false),
        EcdsaSha384 | RsaSha384 => (Digest::Sha384, false),
        RsaSha512 => (Digest::Sha512, false),
        Ed25519 | MlDsa44 | MlDsa65 | MlDsa87 => (Digest::Sha512, true),
    }
}

impl Body {
    /// Whether the message needs version 3: a certConf that says its hash.
    pub(super) fn needs_version_three(&self) -> bool {
        matches!(self, Self::Confirm(Some(status)) if status.digest.is_some())
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::Request(asks, request) => encoder.context(asks.request_tag(), |body| {
                body.sequence(|requests| requests.raw(request.der()));
            }),
            Self::Pkcs10(request) => encoder.context(4, |body| body.raw(request.der())),
            Self::Response(asks, granted) => {
                encoder.context(asks.request_tag() + 1, |body| granted.encode(body));
            }
            Self::Revocation(revocation) => {
                encoder.context(11, |body| body.sequence(|list| revocation.encode(list)));
            }
            Self::Revoked(status, about) => encoder.context(12, |body| {
                body.sequence(|content| {
                    content.sequence(|list| status.encode(list));
                    if let Some((issuer, serial)) = about {
                        content.context(0, |explicit| {
                            explicit.sequence(|ids| certificate_id(ids, issuer, *serial));
                        });
                    }
                });
            }),
            Self::Confirm(status) => encoder.context(24, |body| {
                body.sequence(|list| {
                    if let Some(status) = status {
                        status.encode(list);
                    }
                });
            }),
            Self::Confirmed => encoder.context(19, Encoder::null),
            Self::Error(content) => encoder.context(23, |body| {
                body.sequence(|error| content.status.encode(error));
            }),
        }
    }

    pub(super) fn decode(element: Element<'_>) -> Result<Self, CmpFault> {
        let what = "body of a CMP message";
        let mut content = element.content();
        let asks = [Asks::Initial, Asks::Another, Asks::Update];
        for asks in asks {
            if element.tag == context_constructed(asks.request_tag()) {
                let mut requests = content.sequence(what)?;
                content.finish(what)?;
                let request = Request::decode(&mut requests)?;
                return alone(requests, Self::Request(asks, Box::new(request)));
            }
            if element.tag == context_constructed(asks.request_tag() + 1) {
                let granted = Granted::decode(&mut content)?;
                content.finish(what)?;
                return Ok(Self::Response(asks, granted));
            }
        }
        let body = match element.tag & 0x1f {
            _ if element.tag & 0xe0 != 0xa0 => return Err(Malformed(what).into()),
            4 => {
                let request = content.tagged(SEQUENCE, what)?;
                Self::Pkcs10(Box::new(CertificateRequest::parse(request.whole)?))
            }
            11 => {
                let mut list = content.sequence(what)?;
                let revocation = Revocation::decode(&mut list)?;
                content.finish(what)?;
                return alone(list, Self::Revocation(revocation));
            }
            12 => {
                let mut fields = content.sequence(what)?;
                let mut list = fields.sequence(what)?;
                let status = Disposition::decode(&mut list)?;
                list.finish(what)?;
                let about = match fields.context(0, what)? {
                    Some(mut explicit) => {
                        let mut ids = explicit.sequence(what)?;
                        explicit.finish(what)?;
                        let about = read_certificate_id(&mut ids)?;
                        ids.finish(what)?;
                        Some(about)
                    }
                    None => None,
                };
                // Lists of revoked certificates are found where the certificate says.
                fields.optional(context_constructed(1), what)?;
                fields.finish(what)?;
                Self::Revoked(status, about)
            }
            19 => {
                content.null(what)?;
                Self::Confirmed
            }
            23 => {
                let mut error = content.sequence(what)?;
                let status = Disposition::decode(&mut error)?;
                error.optional(INTEGER, what)?;
                error.optional(SEQUENCE, what)?;
                error.finish(what)?;
                Self::Error(ErrorContent { status })
            }
            24 => {
                let mut list = content.sequence(what)?;
                content.finish(what)?;
                if list.is_empty() {
                    return Ok(Self::Confirm(None));
                }
                let status = CertificateStatus::decode(&mut list)?;
                return alone(list, Self::Confirm(Some(status)));
            }
            _ => return Err(CmpFault::Body),
        };
        content.finish(what)?;
        Ok(body)
    }
}

/// Where RFC 9810 allows several of a thing, RFC 9483 has one.
fn alone(rest: Decoder<'_>, body: Body) -> Result<Body, CmpFault> {
    if rest.is_empty() {
        Ok(body)
    } else {
        Err(CmpFault::NotOneRequest)
    }
}

impl Asks {
    fn request_tag(self) -> u8 {
        match self {
            Self::Initial => 0,
            Self::Another => 2,
            Self::Update => 7,
        }
    }
}

impl Granted {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|message| {
            if !self.anchors.is_empty() {
                message.context(1, |explicit| {
                    explicit.sequence(|list| self.anchors.iter().for_each(|anchor| list.raw(anchor.der())));
                });
            }
            message.sequence(|responses| {
                responses.sequence(|response| {
                    put_small_signed(response, self.id);
                    self.status.encode(response);
                    if let Some(certificate) = &self.certificate {
                        response.sequence(|pair| pair.context(0, |explicit| explicit.raw(certificate.der())));
                    }
                });
            });
        });
    }

    fn decode(content: &mut Decoder<'_>) -> Result<Self, CmpFault> {
        let what = "certificate response";
        let mut message = content.sequence(what)?;
        let mut anchors = Vec::new();
        if let Some(mut explicit) = message.context(1, what)? {
            let mut list = explicit.sequence(what)?;
            explicit.finish(what)?;
            while !list.is_empty() {
                if anchors.len() == MOST_ANCHORS {
                    return Err(Malformed(what).into());
                }
                anchors.push(Certificate::parse(list.tagged(SEQUENCE, what)?.whole)?);
            }
        }
        let mut responses = message.sequence(what)?;
        message.finish(what)?;
        let mut response = responses.sequence(what)?;
        if !responses.is_empty() {
            return Err(CmpFault::NotOneRequest);
        }
        let id = small_signed(response.tagged(INTEGER, what)?)?;
        let status = Disposition::decode(&mut response)?;
        let certificate = match response.optional(SEQUENCE, what)? {
            Some(pair) => {
                let mut pair = pair.content();
                // encryptedCert would be for keys that cannot sign.
                let mut explicit = pair.context(0, what)?.ok_or(CmpFault::Body)?;
                let certificate = Certificate::parse(explicit.tagged(SEQUENCE, what)?.whole)?;
                explicit.finish(what)?;
                pair.finish(what)?;
                Some(certificate)
            }
            None => None,
        };
        response.optional(OCTET_STRING, what)?;
        response.finish(what)?;
        if certificate.is_some() != status.status.is_granted() {
            return Err(Malformed("a certificate goes with a grant, and with nothing else").into());
        }
        Ok(Self {
            id,
            status,
            certificate,
            anchors,
        })
    }
}

impl CertificateStatus {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|status| {
            status.octets(&self.hash);
            put_small_signed(status, self.id);
            if let Some(info) = &self.status {
                info.encode(status);
            }
            if let Some(digest) = self.digest {
                status.context(0, |explicit| digest.encode(explicit));
            }
        });
    }

    fn decode(list: &mut Decoder<'_>) -> Result<Self, CmpFault> {
        let what = "certificate confirmation";
        let mut fields = list.sequence(what)?;
        let hash = fields.octets(what)?.to_vec();
        let id = small_signed(fields.tagged(INTEGER, what)?)?;
        let mut status = None;
        if fields.clone().optional(SEQUENCE, what)?.is_some() {
            status = Some(Disposition::decode(&mut fields)?);
        }
        let digest = match fields.context(0, what)? {
            Some(mut explicit) => {
                let digest = Digest::decode(&mut explicit).map_err(|_| CmpFault::Algorithm)?;
                explicit.finish(what)?;
                Some(digest)
            }
            None => None,
        };
        fields.finish(what)?;
        Ok(Self {
            hash,
            id,
            status,
            digest,
        })
    }
}

const MOST_ANCHORS: usize = 16;
