//! CRMF (RFC 4211): what is asked for, with the proof that the sender holds the key; and what is to be revoked.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::num::NonZeroU8;

use super::fault::CmpFault;
use crate::algorithm::SignatureAlgorithm;
use crate::csr::{Admitted, Demands, Wanted};
use crate::decode::{Decoder, Element, Malformed};
use crate::encode::{ENUMERATED, Encoder, INTEGER, SEQUENCE, context_constructed, context_primitive};
use crate::extension::{self, Extensions};
use crate::general_name::GeneralName;
use crate::key::PublicKey;
use crate::name::DistinguishedName;
use crate::oid;
use crate::reason::ReasonCode;
use crate::serial::Serial;
use crate::signer::{SignFault, Signer, sign_as};

/// A request for a certificate whose proof of possession was verified (THREATS A33).
#[derive(Clone, Debug)]
pub struct Request {
    id: i32,
    public_key: PublicKey,
    subject: DistinguishedName,
    extensions: Extensions,
    old_certificate: Option<(DistinguishedName, Serial)>,
    /// The DER of the CertReqMsg.
    der: Vec<u8>,
}

impl Request {
    /// Asks for a certificate of the signer's key under this name. `old` is the certificate that is updated (kur).
    pub fn new(
        subject: &DistinguishedName,
        signer: &dyn Signer,
        old: Option<(&DistinguishedName, Serial)>,
    ) -> Result<Self, SignFault> {
        let key = signer.public_key();
        let asked = Encoder::der(|request| {
            request.sequence(|request| {
                request.unsigned(&[]);
                request.sequence(|template| {
                    template.context(5, |name| name.raw(subject.der()));
                    // [6] IMPLICIT: the content of the SubjectPublicKeyInfo under another tag.
                    if let Ok(spki) = Decoder::new(key.spki_der()).tagged(SEQUENCE, "key") {
                        template.context(6, |public_key| public_key.raw(spki.value));
                    }
                });
                if let Some((issuer, serial)) = old {
                    request.sequence(|controls| {
                        controls.sequence(|control| {
                            control.oid(oid::CMP_OLD_CERTIFICATE);
                            certificate_id(control, issuer, serial);
                        });
                    });
                }
            });
        });
        let signature = sign_as(key, signer, &asked)?;
        let der = Encoder::der(|message| {
            message.sequence(|message| {
                message.raw(&asked);
                message.context(1, |proof| {
                    key.algorithm().signature().encode(proof);
                    proof.bits(&signature);
                });
            });
        });
        Self::decode(&mut Decoder::new(&der))
            .map_err(|fault| SignFault::Failed(format!("the request cannot be read back: {fault}")))
    }

    /// Reads a CertReqMsg and verifies the signature over its CertRequest with the key that it asks for (RFC 4211 §4.1).
    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, CmpFault> {
        let what = "certificate request message";
        let whole = decoder.tagged(SEQUENCE, what)?;
        let mut message = whole.content();
        let asked = message.tagged(SEQUENCE, what)?;
        let mut fields = asked.content();
        let id = small_signed(fields.tagged(INTEGER, what)?)?;
        let template = Template::decode(&mut fields)?;
        let mut old_certificate = None;
        if !fields.is_empty() {
            let mut controls = fields.sequence(what)?;
            while !controls.is_empty() {
                let mut control = controls.sequence(what)?;
                if control.oid(what)? == oid::CMP_OLD_CERTIFICATE {
                    old_certificate = Some(read_certificate_id(&mut control)?);
                } else {
                    control.any(what)?;
                }
                control.finish(what)?;
            }
        }
        fields.finish(what)?;
        let subject = template.subject.ok_or(CmpFault::NoSubject)?;
        let public_key = template.public_key.ok_or(CmpFault::NoKey)?;

        let proof = message
            .optional(context_constructed(1), what)?
            .ok_or(CmpFault::Possession)?;
        let mut proof = proof.content();
        // poposkInput has no place where the template has both subject and key.
        if proof.optional(context_constructed(0), what)?.is_some() {
            return Err(CmpFault::Possession);
        }
        let algorithm = SignatureAlgorithm::decode(&mut proof).map_err(|_| CmpFault::Possession)?;
        let signature = proof.bits(what)?;
        proof.finish(what)?;
        // regInfo
        message.optional(SEQUENCE, what)?;
        message.finish(what)?;
        public_key
            .verify(algorithm, asked.whole, signature)
            .map_err(|_| CmpFault::Possession)?;
        Ok(Self {
            id,
            public_key,
            subject,
            extensions: template.extensions,
            old_certificate,
            der: whole.whole.to_vec(),
        })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// certReqId, which the answer repeats.
    pub fn id(&self) -> i32 {
        self.id
    }

    /// The key, whose possession is proved.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The name that is asked for.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// Issuer and serial of the certificate that is updated, if the request names one (oldCertID).
    pub fn old_certificate(&self) -> Option<&(DistinguishedName, Serial)> {
        self.old_certificate.as_ref()
    }

    /// Whether the request fulfils what the door demands.
    pub fn admit(&self, demands: &Demands<'_>) -> Result<Admitted, CmpFault> {
        let wanted = Wanted {
            subject: &self.subject,
            public_key: &self.public_key,
            extensions: &self.extensions,
            others: &[],
        };
        Ok(wanted.admit(demands)?)
    }
}

/// Which certificate shall be revoked, and why (RevDetails).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Its issuer.
    pub issuer: DistinguishedName,
    /// Its serial number.
    pub serial: Serial,
    /// The reason; `None` where there is none, or `unspecified`.
    pub reason: Option<ReasonCode>,
}

impl Revocation {
    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|details| {
            details.sequence(|template| {
                template.primitive(context_primitive(1), &positive(self.serial));
                template.context(3, |issuer| issuer.raw(self.issuer.der()));
            });
            if let Some(reason) = self.reason.and_then(|reason| NonZeroU8::new(reason.code())) {
                details.sequence(|extensions| {
                    extension::put(extensions, oid::REASON_CODE, extension::Criticality::Plain, |value| {
                        value.enumerated(reason.get());
                    });
                });
            }
        });
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, CmpFault> {
        let what = "revocation request";
        let mut fields = decoder.sequence(what)?;
        let template = Template::decode(&mut fields)?;
        let mut reason = None;
        if !fields.is_empty() {
            for extension in extension::split(&mut fields, what)? {
                if extension.kind == oid::REASON_CODE {
                    let mut value = Decoder::new(extension.value);
                    let code = value.tagged(ENUMERATED, what)?.value;
                    value.finish(what)?;
                    reason = match code {
                        [0] => None,
                        [code] => Some(ReasonCode::from_code(*code).ok_or(Malformed("reason of a revocation"))?),
                        _ => return Err(Malformed(what).into()),
                    };
                }
            }
        }
        fields.finish(what)?;
        match (template.issuer, template.serial) {
            (Some(issuer), Some(serial)) => Ok(Self { issuer, serial, reason }),
            _ => Err(Malformed("revocation request without issuer and serial number").into()),
        }
    }
}

/// CertTemplate: all tags implicit but those of names, which are a choice (RFC 4211 §5).
#[derive(Default)]
struct Template {
    serial: Option<Serial>,
    issuer: Option<DistinguishedName>,
    subject: Option<DistinguishedName>,
    public_key: Option<PublicKey>,
    extensions: Extensions,
}

impl Template {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, CmpFault> {
        let what = "certificate template";
        let mut fields = decoder.sequence(what)?;
        let mut template = Self::default();
        fields.optional(context_primitive(0), what)?;
        if let Some(serial) = fields.optional(context_primitive(1), what)? {
            let octets = serial.unsigned("serial number")?;
            template.serial = Some(Serial::from_bytes(octets).map_err(|_| Malformed("serial number"))?);
        }
        // signingAlg and validity are the authority's to choose.
        fields.optional(context_constructed(2), what)?;
        template.issuer = name(&mut fields, 3)?;
        fields.optional(context_constructed(4), what)?;
        template.subject = name(&mut fields, 5)?;
        if let Some(key) = fields.optional(context_constructed(6), what)? {
            let spki = Encoder::der(|spki| spki.constructed(SEQUENCE, |content| content.raw(key.value)));
            template.public_key = Some(PublicKey::from_spki_der(&spki)?);
        }
        // issuerUID and subjectUID: obsolete.
        fields.optional(context_primitive(7), what)?;
        fields.optional(context_primitive(8), what)?;
        if let Some(extensions) = fields.optional(context_constructed(9), what)?
            && !extensions.value.is_empty()
        {
            let der = Encoder::der(|list| list.constructed(SEQUENCE, |content| content.raw(extensions.value)));
            template.extensions = Extensions::decode(&mut Decoder::new(&der))?;
        }
        fields.finish(what)?;
        Ok(template)
    }
}

fn name(fields: &mut Decoder<'_>, number: u8) -> Result<Option<DistinguishedName>, Malformed> {
    let what = "name in a certificate template";
    let Some(mut explicit) = fields.context(number, what)? else {
        return Ok(None);
    };
    let name = DistinguishedName::decode(&mut explicit)?;
    explicit.finish(what)?;
    Ok(Some(name))
}

/// CertId
pub(super) fn certificate_id(encoder: &mut Encoder, issuer: &DistinguishedName, serial: Serial) {
    encoder.sequence(|id| {
        id.context(4, |name| name.raw(issuer.der()));
        serial.encode(id);
    });
}

pub(super) fn read_certificate_id(fields: &mut Decoder<'_>) -> Result<(DistinguishedName, Serial), Malformed> {
    let what = "certificate identifier";
    let mut id = fields.sequence(what)?;
    let GeneralName::Directory(issuer) = GeneralName::decode(id.any(what)?)? else {
        return Err(Malformed(what));
    };
    let serial = Serial::decode(&mut id)?;
    id.finish(what)?;
    Ok((issuer, serial))
}

/// certReqId: 0 of CRMF, −1 of PKCS #10 (RFC 9810 §5.3.4).
pub(super) fn small_signed(element: Element<'_>) -> Result<i32, Malformed> {
    let what = "request identifier";
    match element.value {
        [0xff] => Ok(-1),
        _ => match element.unsigned(what)? {
            octets if octets.len() <= 3 => Ok(octets.iter().fold(0, |id, octet| id << 8 | i32::from(*octet))),
            _ => Err(Malformed(what)),
        },
    }
}

pub(super) fn put_small_signed(encoder: &mut Encoder, value: i32) {
    match u32::try_from(value) {
        Ok(value) => encoder.unsigned(&value.to_be_bytes()),
        Err(_) => encoder.primitive(INTEGER, &[0xff]),
    }
}

/// The content of a positive INTEGER.
fn positive(serial: Serial) -> Vec<u8> {
    let der = Encoder::der(|integer| serial.encode(integer));
    Decoder::new(&der)
        .any("serial number")
        .map(|element| element.value.to_vec())
        .unwrap_or_default()
}
