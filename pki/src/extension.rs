//! Certificate extensions: read strictly, written once per profile.
//!
//! Every extension we know is decoded when a certificate is read, critical or not; one that does not decode, or stands
//! twice, makes the certificate unreadable (THREATS P2).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub(crate) mod path;

use der::asn1::ObjectIdentifier;

use crate::decode::{Decoder, Malformed, only};
use crate::encode::{Encoder, SEQUENCE, context_constructed, context_primitive};
use crate::general_name::GeneralNames;
use crate::name::DistinguishedName;
use crate::oid;
use path::{DistributionPoint, NameConstraints, PointName, PolicyConstraints};

/// What a key may be used for (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(pub(crate) u16);

impl KeyUsage {
    /// digitalSignature (0)
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 0);
    /// nonRepudiation, also called contentCommitment (1)
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// keyEncipherment (2)
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// dataEncipherment (3)
    pub(crate) const DATA_ENCIPHERMENT: Self = Self(1 << 3);
    /// keyAgreement (4)
    pub(crate) const KEY_AGREEMENT: Self = Self(1 << 4);
    /// keyCertSign (5)
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// cRLSign (6)
    pub const CRL_SIGN: Self = Self(1 << 6);
    /// encipherOnly (7)
    pub(crate) const ENCIPHER_ONLY: Self = Self(1 << 7);
    /// decipherOnly (8)
    pub(crate) const DECIPHER_ONLY: Self = Self(1 << 8);

    /// Both usages.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every usage of `wanted` is allowed.
    pub const fn allows(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

/// basicConstraints (RFC 5280 §4.2.1.9)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u32>,
}

/// The extensions of a certificate, decoded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions {
    /// Every extension's identifier and whether it is critical, in order.
    pub(crate) present: Vec<(ObjectIdentifier, bool)>,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Vec<ObjectIdentifier>,
    pub(crate) subject_key_identifier: Option<Vec<u8>>,
    pub(crate) authority_key_identifier: Option<Vec<u8>>,
    pub(crate) policies: Vec<ObjectIdentifier>,
    pub(crate) policy_mappings: Vec<(ObjectIdentifier, ObjectIdentifier)>,
    pub(crate) policy_constraints: PolicyConstraints,
    pub(crate) inhibit_any_policy: Option<u32>,
    pub(crate) name_constraints: Option<Box<NameConstraints>>,
    /// subjectAltName
    pub(crate) alternatives: GeneralNames,
    /// The first directoryName of the subjectAltName.
    pub(crate) alternative: Option<DistinguishedName>,
    pub(crate) distribution_points: Vec<DistributionPoint>,
    pub(crate) crl_urls: Vec<String>,
    pub(crate) delta_urls: Vec<String>,
    pub(crate) ocsp_urls: Vec<String>,
    pub(crate) issuer_urls: Vec<String>,
    /// Critical extensions that this crate does not process: whoever checks a certificate refuses it (RFC 5280 §4.2).
    pub(crate) unprocessed_critical: Vec<ObjectIdentifier>,
}

impl Extensions {
    /// Reads `Extensions`, the content of `[3]`.
    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut extensions = Self::default();
        for extension in split(decoder, "certificate extensions")? {
            extensions.take(extension)?;
        }
        Ok(extensions)
    }

    pub(crate) fn has(&self, kind: ObjectIdentifier) -> bool {
        self.criticality(kind).is_some()
    }

    pub(crate) fn criticality(&self, kind: ObjectIdentifier) -> Option<bool> {
        self.present
            .iter()
            .find(|(present, _)| *present == kind)
            .map(|(_, critical)| *critical)
    }

    /// Extensions that constrain the path as a whole, for those checks that look at each certificate by itself.
    pub(crate) fn constrains(&self) -> impl Iterator<Item = ObjectIdentifier> {
        let kinds = [
            oid::NAME_CONSTRAINTS,
            oid::POLICY_MAPPINGS,
            oid::POLICY_CONSTRAINTS,
            oid::INHIBIT_ANY_POLICY,
        ];
        kinds.into_iter().filter(|kind| self.criticality(*kind) == Some(true))
    }

    fn take(&mut self, Extension { kind, critical, value }: Extension<'_>) -> Result<(), Malformed> {
        self.present.push((kind, critical));
        if kind == oid::BASIC_CONSTRAINTS {
            self.basic_constraints = Some(basic_constraints(value)?);
        } else if kind == oid::KEY_USAGE {
            let mut decoder = Decoder::new(value);
            let usage = KeyUsage(decoder.named_bits("key usage")?);
            decoder.finish("key usage")?;
            self.key_usage = Some(usage);
        } else if kind == oid::EXTENDED_KEY_USAGE {
            self.extended_key_usage = list(value, "extended key usage", |usages| usages.oid("extended key usage"))?;
        } else if kind == oid::SUBJECT_KEY_IDENTIFIER {
            let mut decoder = Decoder::new(value);
            let identifier = decoder.octets("subject key identifier")?;
            decoder.finish("subject key identifier")?;
            self.subject_key_identifier = Some(identifier.to_vec());
        } else if kind == oid::AUTHORITY_KEY_IDENTIFIER {
            self.authority_key_identifier = authority_key_identifier(value)?;
        } else if kind == oid::CERTIFICATE_POLICIES {
            self.policies = path::policies(value)?;
        } else if kind == oid::POLICY_MAPPINGS {
            self.policy_mappings = path::policy_mappings(value)?;
        } else if kind == oid::POLICY_CONSTRAINTS {
            self.policy_constraints = path::policy_constraints(value)?;
        } else if kind == oid::INHIBIT_ANY_POLICY {
            self.inhibit_any_policy = Some(path::inhibit_any_policy(value)?);
        } else if kind == oid::NAME_CONSTRAINTS {
            self.name_constraints = Some(Box::new(path::name_constraints(value)?));
        } else if kind == oid::SUBJECT_ALT_NAME {
            self.alternatives = GeneralNames::from_der(value, "subject alternative name")?;
            self.alternative = self.alternatives.directories().next();
        } else if kind == oid::CRL_DISTRIBUTION_POINTS {
            self.distribution_points = path::distribution_points(value)?;
            self.crl_urls = urls(&self.distribution_points);
        } else if kind == oid::FRESHEST_CRL {
            self.delta_urls = urls(&path::distribution_points(value)?);
        } else if kind == oid::AUTHORITY_INFO_ACCESS {
            (self.ocsp_urls, self.issuer_urls) = information_access(value)?;
        } else if kind == oid::OCSP_NOCHECK || kind == oid::NO_REV_AVAIL {
            let mut decoder = Decoder::new(value);
            decoder.null("empty extension")?;
            decoder.finish("empty extension")?;
        } else {
            // Whatever it is, RFC 5280 §4.2 has it hold the DER of one value.
            let mut unknown = Decoder::new(value);
            unknown.any("value of an extension")?;
            unknown.finish("value of an extension")?;
            if critical {
                self.unprocessed_critical.push(kind);
            }
        }
        Ok(())
    }
}

/// One extension, its value not yet decoded.
pub(crate) struct Extension<'a> {
    pub(crate) kind: ObjectIdentifier,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// Reads `Extensions`: not empty, none twice, not more than anyone has ever needed.
pub(crate) fn split<'a>(decoder: &mut Decoder<'a>, what: &'static str) -> Result<Vec<Extension<'a>>, Malformed> {
    let mut sequence = decoder.sequence(what)?;
    let mut extensions: Vec<Extension<'a>> = Vec::new();
    loop {
        let mut fields = sequence.sequence(what)?;
        let kind = fields.oid(what)?;
        let critical = fields.yes(what)?;
        let value = fields.octets(what)?;
        fields.finish(what)?;
        if extensions.iter().any(|extension| extension.kind == kind) || extensions.len() == MOST_EXTENSIONS {
            return Err(Malformed("extension given twice, or too many of them"));
        }
        extensions.push(Extension { kind, critical, value });
        if sequence.is_empty() {
            return Ok(extensions);
        }
    }
}

/// Writes one extension.
pub(crate) fn put(
    extensions: &mut Encoder,
    kind: ObjectIdentifier,
    criticality: Criticality,
    value: impl FnOnce(&mut Encoder),
) {
    extensions.sequence(|extension| {
        extension.oid(kind);
        if let Criticality::Critical = criticality {
            extension.yes();
        }
        extension.octets_of(value);
    });
}

/// Whether a reader that does not know an extension must refuse (RFC 5280 §4.2).
#[derive(Clone, Copy)]
pub(crate) enum Criticality {
    Critical,
    Plain,
}

/// DistributionPointName: one URI in fullName.
pub(crate) fn put_distribution_point_name(point: &mut Encoder, url: &str) {
    point.context(0, |name| {
        name.context(0, |full_name| full_name.primitive(context_primitive(6), url.as_bytes()));
    });
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Malformed> {
    let what = "basic constraints";
    let mut fields = only(value, SEQUENCE, what)?.content();
    let ca = fields.yes(what)?;
    let path_length = if fields.is_empty() {
        None
    } else {
        Some(fields.small(what)?)
    };
    fields.finish(what)?;
    Ok(BasicConstraints { ca, path_length })
}

pub(crate) fn authority_key_identifier(value: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let what = "authority key identifier";
    let mut fields = only(value, SEQUENCE, what)?.content();
    let identifier = fields
        .optional(context_primitive(0), what)?
        .map(|element| element.value.to_vec());
    let issuer = fields.optional(context_constructed(1), what)?;
    let serial = fields.optional(context_primitive(2), what)?;
    fields.finish(what)?;
    // RFC 5280 §A.2: issuer and serial stand together or not at all.
    if issuer.is_some() == serial.is_some() {
        Ok(identifier)
    } else {
        Err(Malformed(what))
    }
}

fn urls(points: &[DistributionPoint]) -> Vec<String> {
    let names = points.iter().filter_map(|point| point.name.as_ref());
    names.flat_map(PointName::uris).collect()
}

fn information_access(value: &[u8]) -> Result<(Vec<String>, Vec<String>), Malformed> {
    let what = "authority information access";
    let descriptions = list(value, what, |descriptions| {
        let mut description = descriptions.sequence(what)?;
        let method = description.oid(what)?;
        let location = uri(description.any(what)?)?;
        description.finish(what)?;
        Ok((method, location))
    })?;
    let of = |wanted| {
        descriptions
            .iter()
            .filter(|(method, _)| *method == wanted)
            .filter_map(|(_, location)| location.clone())
            .collect()
    };
    Ok((of(oid::AD_OCSP), of(oid::AD_CA_ISSUERS)))
}

/// The URI of a GeneralName, if it is one.
fn uri(name: crate::decode::Element<'_>) -> Result<Option<String>, Malformed> {
    if name.tag != context_primitive(6) {
        return Ok(None);
    }
    match std::str::from_utf8(name.value) {
        Ok(text) if text.is_ascii() => Ok(Some(text.to_owned())),
        _ => Err(Malformed("uniform resource identifier")),
    }
}

/// A non-empty SEQUENCE OF.
fn list<'a, T>(
    value: &'a [u8],
    what: &'static str,
    mut element: impl FnMut(&mut Decoder<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut sequence = only(value, SEQUENCE, what)?.content();
    let mut elements = vec![element(&mut sequence)?];
    while !sequence.is_empty() {
        elements.push(element(&mut sequence)?);
    }
    Ok(elements)
}

const MOST_EXTENSIONS: usize = 64;
