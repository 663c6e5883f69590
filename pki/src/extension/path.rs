//! The extensions that only the validation of a path reads: policies, constraints, distribution points.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;

use super::list;
use crate::decode::{Decoder, Malformed, only};
use crate::encode::{INTEGER, SEQUENCE, SET, context_constructed, context_primitive};
use crate::general_name::{GeneralName, GeneralNames};
use crate::name::DistinguishedName;
use crate::oid;

/// policyConstraints (RFC 5280 §4.2.1.11)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyConstraints {
    pub(crate) require_explicit: Option<u32>,
    pub(crate) inhibit_mapping: Option<u32>,
}

/// nameConstraints (RFC 5280 §4.2.1.10): the bases of the subtrees; `minimum` and `maximum` are not used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameConstraints {
    pub(crate) permitted: Subtrees,
    pub(crate) excluded: Subtrees,
}

/// `GeneralSubtrees`, checked when read and decoded again by each walk.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Subtrees(Vec<u8>);

impl Subtrees {
    fn decode(content: &[u8]) -> Result<Self, Malformed> {
        let what = "name constraints";
        let mut subtrees = Decoder::new(content);
        loop {
            let mut fields = subtrees.sequence(what)?;
            base(&mut fields)?;
            // RFC 5280 §4.2.1.10: minimum is zero, hence absent in DER, and maximum absent.
            fields.finish(what)?;
            if subtrees.is_empty() {
                return Ok(Self(content.to_vec()));
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = GeneralName<'_>> {
        let mut subtrees = Decoder::new(&self.0);
        std::iter::from_fn(move || base(&mut subtrees.sequence("name constraints").ok()?).ok())
    }
}

impl std::fmt::Debug for Subtrees {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn base<'a>(fields: &mut Decoder<'a>) -> Result<GeneralName<'a>, Malformed> {
    let what = "name constraints";
    let element = fields.any(what)?;
    let base = GeneralName::decode(element)?;
    if let GeneralName::Ip(address) = base
        && !is_network(address)
    {
        return Err(Malformed("network of a name constraint"));
    }
    Ok(base)
}

/// An address and a mask of the same length whose ones stand before its zeros (RFC 4632).
fn is_network(octets: &[u8]) -> bool {
    if !matches!(octets.len(), 8 | 32) {
        return false;
    }
    let (_, mask) = octets.split_at(octets.len() / 2);
    let zeros = mask.iter().fold(0_u128, |bits, octet| bits << 8 | u128::from(!octet));
    zeros & zeros.wrapping_add(1) == 0
}

/// One of cRLDistributionPoints or freshestCRL (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DistributionPoint {
    pub(crate) name: Option<PointName>,
    /// Named bits of ReasonFlags; `None`: every reason.
    pub(crate) reasons: Option<u16>,
    /// cRLIssuer
    pub(crate) issuer: Option<GeneralNames>,
}

/// DistributionPointName
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PointName {
    Full(GeneralNames),
    /// The content of the RelativeDistinguishedName that follows the CRL issuer's name.
    Relative(Vec<u8>),
}

impl PointName {
    /// Reads DistributionPointName.
    pub(crate) fn decode(name: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let what = "distribution point name";
        let read = if let Some(names) = name.context(0, what)? {
            Self::Full(GeneralNames::of_content(names.remaining(), what)?)
        } else {
            let relative = name.tagged(context_constructed(1), what)?.value;
            // It must make a name of some issuer; of the empty one here.
            below(&[], relative)?;
            Self::Relative(relative.to_vec())
        };
        (*name).finish(what)?;
        Ok(read)
    }

    /// The addresses in it.
    pub(crate) fn uris(&self) -> Vec<String> {
        match self {
            Self::Full(names) => names.uris().map(str::to_owned).collect(),
            Self::Relative(_) => Vec::new(),
        }
    }

    /// Whether one name stands in both, each seen from its CRL issuer.
    pub(crate) fn meets(&self, issuer: &DistinguishedName, other: &Self, other_issuer: &DistinguishedName) -> bool {
        match (self, other) {
            (Self::Full(own), Self::Full(others)) => own.iter().any(|name| {
                others.iter().any(|other| match (&name, &other) {
                    (GeneralName::Directory(name), GeneralName::Directory(other)) => name.matches(other),
                    // x400Address and its like cannot be compared here.
                    (GeneralName::Unknown(_), _) => false,
                    (name, other) => name == other,
                })
            }),
            (Self::Relative(relative), Self::Full(names)) => stands_in(names, issuer, relative),
            (Self::Full(names), Self::Relative(relative)) => stands_in(names, other_issuer, relative),
            (Self::Relative(own), Self::Relative(others)) => {
                match (below(issuer.der(), own), below(other_issuer.der(), others)) {
                    (Ok(own), Ok(others)) => own.matches(&others),
                    _ => false,
                }
            }
        }
    }

    /// Whether a directory name stands in it.
    pub(crate) fn is(&self, issuer: &DistinguishedName, name: &DistinguishedName) -> bool {
        match self {
            Self::Full(names) => names.directories().any(|own| own.matches(name)),
            Self::Relative(relative) => below(issuer.der(), relative).is_ok_and(|own| own.matches(name)),
        }
    }
}

fn stands_in(names: &GeneralNames, issuer: &DistinguishedName, relative: &[u8]) -> bool {
    below(issuer.der(), relative).is_ok_and(|own| names.directories().any(|name| name.matches(&own)))
}

/// The name of `issuer`, given as DER or as nothing at all, with one RelativeDistinguishedName after it.
fn below(issuer: &[u8], relative: &[u8]) -> Result<DistinguishedName, Malformed> {
    let what = "name relative to a CRL issuer";
    let above = match issuer {
        [] => &[][..],
        der => only(der, SEQUENCE, what)?.value,
    };
    DistinguishedName::from_der(&crate::encode::Encoder::der(|name| {
        name.sequence(|rdns| {
            rdns.raw(above);
            rdns.constructed(SET, |rdn| rdn.raw(relative));
        });
    }))
}

/// Reads certificatePolicies: none twice (RFC 5280 §4.2.1.4).
pub(crate) fn policies(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Malformed> {
    let what = "certificate policies";
    let policies = list(value, what, |policies| {
        let mut policy = policies.sequence(what)?;
        let kind = policy.oid(what)?;
        // The qualifiers are for people; they decide nothing here.
        policy.optional(SEQUENCE, what)?;
        policy.finish(what)?;
        Ok(kind)
    })?;
    let mut sorted: Vec<_> = policies.iter().map(ObjectIdentifier::as_bytes).collect();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| matches!(pair, [one, next] if one == next)) {
        return Err(Malformed("certificate policy given twice"));
    }
    Ok(policies)
}

/// Reads policyMappings: pairs of the issuer's and the subject's policy (RFC 5280 §4.2.1.5).
pub(crate) fn policy_mappings(value: &[u8]) -> Result<Vec<(ObjectIdentifier, ObjectIdentifier)>, Malformed> {
    let what = "policy mappings";
    list(value, what, |mappings| {
        let mut mapping = mappings.sequence(what)?;
        let pair = (mapping.oid(what)?, mapping.oid(what)?);
        mapping.finish(what)?;
        Ok(pair)
    })
}

pub(crate) fn policy_constraints(value: &[u8]) -> Result<PolicyConstraints, Malformed> {
    let what = "policy constraints";
    let mut fields = only(value, SEQUENCE, what)?.content();
    let constraints = PolicyConstraints {
        require_explicit: skip_certificates(&mut fields, 0)?,
        inhibit_mapping: skip_certificates(&mut fields, 1)?,
    };
    fields.finish(what)?;
    if constraints == PolicyConstraints::default() {
        // RFC 5280 §4.2.1.11: never an empty sequence.
        return Err(Malformed(what));
    }
    Ok(constraints)
}

pub(crate) fn inhibit_any_policy(value: &[u8]) -> Result<u32, Malformed> {
    let what = "inhibit any policy";
    let element = only(value, INTEGER, what)?;
    Ok(saturating(element.unsigned(what)?))
}

pub(crate) fn name_constraints(value: &[u8]) -> Result<NameConstraints, Malformed> {
    let what = "name constraints";
    let mut fields = only(value, SEQUENCE, what)?.content();
    let mut subtrees = |number| match fields.context(number, what)? {
        Some(subtrees) => Subtrees::decode(subtrees.remaining()).map(Some),
        None => Ok(None),
    };
    let (permitted, excluded) = (subtrees(0)?, subtrees(1)?);
    fields.finish(what)?;
    if permitted.is_none() && excluded.is_none() {
        return Err(Malformed(what));
    }
    Ok(NameConstraints {
        permitted: permitted.unwrap_or_default(),
        excluded: excluded.unwrap_or_default(),
    })
}

/// Reads CRLDistributionPoints, which freshestCRL is too.
pub(crate) fn distribution_points(value: &[u8]) -> Result<Vec<DistributionPoint>, Malformed> {
    let what = "CRL distribution points";
    list(value, what, |points| {
        let mut point = points.sequence(what)?;
        let name = match point.context(0, what)? {
            Some(mut name) => Some(PointName::decode(&mut name)?),
            None => None,
        };
        let reasons = match point.optional(context_primitive(1), what)? {
            Some(reasons) => Some(reason_flags(reasons.value)?),
            None => None,
        };
        let issuer = match point.context(2, what)? {
            Some(names) => Some(GeneralNames::of_content(names.remaining(), what)?),
            None => None,
        };
        point.finish(what)?;
        // RFC 5280 §4.2.1.13: reasons alone are no point.
        if name.is_none() && issuer.is_none() {
            return Err(Malformed(what));
        }
        Ok(DistributionPoint { name, reasons, issuer })
    })
}

/// ReasonFlags, the content of its BIT STRING; bit 0 is the lowest.
pub(crate) fn reason_flags(content: &[u8]) -> Result<u16, Malformed> {
    let bits = crate::encode::Encoder::der(|bits| bits.primitive(crate::encode::BIT_STRING, content));
    Decoder::new(&bits).named_bits("reason flags")
}

/// Whether one of the purposes allows a wanted one (RFC 5280 §4.2.1.12).
pub(crate) fn allows_purpose(purposes: &[ObjectIdentifier], wanted: ObjectIdentifier) -> bool {
    purposes.is_empty() || purposes.contains(&wanted) || purposes.contains(&oid::ANY_PURPOSE)
}

fn skip_certificates(fields: &mut Decoder<'_>, number: u8) -> Result<Option<u32>, Malformed> {
    let what = "policy constraints";
    match fields.optional(context_primitive(number), what)? {
        Some(element) => Ok(Some(saturating(element.unsigned(what)?))),
        None => Ok(None),
    }
}

/// A number of certificates; no path is as long as what does not fit.
fn saturating(octets: &[u8]) -> u32 {
    if octets.len() > 4 {
        return u32::MAX;
    }
    octets.iter().fold(0, |value, octet| value << 8 | u32::from(*octet))
}
