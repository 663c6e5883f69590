//! Revocation lists of other CAs: complete, delta, indirect, of some reasons only (RFC 5280 §5).
//!
//! [`crate::crl::Crl`] is the list as we publish it, and refuses the rest; this one is read to be asked about a certificate.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::algorithm::SignatureAlgorithm;
use crate::certificate::Certificate;
use crate::decode::{Decoder, Malformed, only};
use crate::encode::{GENERALIZED_TIME, OBJECT_IDENTIFIER, SEQUENCE, UTC_TIME, context_primitive};
use crate::extension::path::{PointName, reason_flags};
use crate::extension::{self, Extension, KeyUsage};
use crate::general_name::GeneralNames;
use crate::key::PublicKey;
use crate::name::DistinguishedName;
use crate::oid;
use crate::reason::ReasonCode;
use crate::serial::Serial;

/// A list that was read and indexed once. Its signature is not checked by reading it. Cheap to clone: keep it as long as it
/// is current, since it remembers with which key it was verified.
#[derive(Clone)]
pub struct RevocationList(Arc<Read>);

struct Read {
    der: Vec<u8>,
    tbs: Range<usize>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    issuer: DistinguishedName,
    this_update: i64,
    next_update: Option<i64>,
    content: Content,
    /// In ascending order of serial; several of one serial where an indirect list speaks of several issuers.
    entries: Vec<Entry>,
    /// Whose certificates the entries of an indirect list are; the list's issuer is the first.
    certificate_issuers: Vec<DistinguishedName>,
    /// The fingerprint of the key with which the signature was found good.
    verified_with: OnceLock<[u8; 32]>,
}

/// What the extensions of a list say.
#[derive(Default)]
struct Content {
    number: Option<Number>,
    /// The number of the complete list on which a delta stands.
    base: Option<Number>,
    key_identifier: Option<Vec<u8>>,
    scope: Scope,
    /// The octets of the issuing distribution point.
    scope_der: Vec<u8>,
    /// An extension that must be understood, of the list or of an entry, and is not: then it says nothing (RFC 5280 §5.2, 5.3).
    unprocessed: Option<String>,
}

/// issuingDistributionPoint (RFC 5280 §5.2.5)
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) point: Option<PointName>,
    pub(super) users: bool,
    pub(super) authorities: bool,
    pub(super) attributes: bool,
    pub(super) indirect: bool,
    pub(super) reasons: Option<u16>,
}

/// A CRL number of at most twenty octets (RFC 5280 §5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number([u8; 20]);

/// What a list says of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    serial: Serial,
    /// Whose certificate, as place in `certificate_issuers`.
    issuer: u32,
    pub(super) at: i64,
    code: u8,
}

/// An entry's weight: the heavier counts where two lists, or two entries, differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// removeFromCRL: a hold was lifted, or the certificate expired.
    Removed,
    /// certificateHold
    Held,
    /// Revoked for good.
    Final,
}

impl RevocationList {
    /// Reads the DER of one CertificateList.
    pub fn parse(der: &[u8]) -> Result<Self, Malformed> {
        let what = "certificate revocation list";
        let outer = only(der, SEQUENCE, what)?;
        let mut fields = outer.content();
        let tbs = fields.tagged(SEQUENCE, what)?.whole;
        let algorithm = SignatureAlgorithm::decode(&mut fields)?;
        let signature = fields.bits(what)?.to_vec();
        fields.finish(what)?;

        let mut fields = only(tbs, SEQUENCE, what)?.content();
        let version = match fields.optional(crate::encode::INTEGER, what)? {
            Some(version) => version.unsigned(what)?,
            None => &[],
        };
        if !matches!(version, [] | [1]) {
            return Err(Malformed("version of a list"));
        }
        // RFC 5280 §5.1.1.2: both say the same.
        if SignatureAlgorithm::decode(&mut fields)? != algorithm {
            return Err(Malformed("the list names two different signature algorithms"));
        }
        let issuer = DistinguishedName::decode(&mut fields)?;
        let this_update = fields.time("this update")?;
        let next_update = match fields.clone().any("next update") {
            Ok(next) if next.tag == UTC_TIME || next.tag == GENERALIZED_TIME => Some(fields.time("next update")?),
            _ => None,
        };
        let mut content = Content::default();
        let mut entries = Entries::of(&issuer);
        let revoked = fields.optional(SEQUENCE, "revoked certificates")?;
        if let Some(mut explicit) = fields.context(0, what)? {
            for extension in extension::split(&mut explicit, "list extensions")? {
                content.take(&extension)?;
            }
            explicit.finish(what)?;
        }
        fields.finish(what)?;
        if let Some(revoked) = revoked {
            entries.read(revoked.content(), &mut content)?;
        }
        let start = der.len() - outer.value.len();
        Ok(Self(Arc::new(Read {
            tbs: start..start + tbs.len(),
            der: der.to_vec(),
            algorithm,
            signature,
            issuer,
            this_update,
            next_update,
            content,
            entries: entries.sorted,
            certificate_issuers: entries.issuers,
            verified_with: OnceLock::new(),
        })))
    }

    /// The DER, exactly as read.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Who issued it.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.0.issuer
    }

    /// From when it speaks, unix seconds.
    pub fn this_update(&self) -> i64 {
        self.0.this_update
    }

    /// When the next one is due, unix seconds.
    pub fn next_update(&self) -> Option<i64> {
        self.0.next_update
    }

    /// Whether it is a delta, which says nothing without a complete list.
    pub fn is_delta(&self) -> bool {
        self.0.content.base.is_some()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// Whether it speaks at this moment (unix seconds), both ends inclusive. One that does not say until when never does.
    pub fn is_current_at(&self, at: i64) -> bool {
        self.this_update() <= at && self.next_update().is_some_and(|until| at <= until)
    }

    /// Whether `issuer` itself signed it and may sign lists. Found once, it costs nothing to be asked again.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let names_another = |own: &[u8]| issuer.subject_key_identifier().is_some_and(|other| other != own);
        self.issuer().matches(issuer.subject())
            && !self.key_identifier().is_some_and(names_another)
            && issuer.key_usage().is_none_or(|usage| usage.allows(KeyUsage::CRL_SIGN))
            && self.is_signed_with(issuer.public_key())
    }

    /// Whether it goes back behind another one, by number or by time. One without a number goes back behind one that has it.
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.this_update() < other.this_update() || self.number() < other.number()
    }

    pub(super) fn number(&self) -> Option<Number> {
        self.0.content.number
    }

    pub(super) fn base(&self) -> Option<Number> {
        self.0.content.base
    }

    pub(super) fn key_identifier(&self) -> Option<&[u8]> {
        self.0.content.key_identifier.as_deref()
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.0.content.scope
    }

    /// Whether both are of one issuer and speak of the same certificates and reasons.
    pub(super) fn has_scope_of(&self, other: &Self) -> bool {
        self.0.content.scope_der == other.0.content.scope_der && self.issuer().matches(other.issuer())
    }

    /// The extension that must be understood and is not.
    pub(super) fn unprocessed(&self) -> Option<&str> {
        self.0.content.unprocessed.as_deref()
    }

    /// Whether `key` signed it.
    pub(super) fn is_signed_with(&self, key: &PublicKey) -> bool {
        let fingerprint = key.fingerprint();
        if self.0.verified_with.get() == Some(&fingerprint) {
            return true;
        }
        let tbs = self.0.der.get(self.0.tbs.clone()).unwrap_or_default();
        let good = key.verify(self.0.algorithm, tbs, &self.0.signature).is_ok();
        if good {
            // Where two threads meet, either key is right.
            let _ = self.0.verified_with.set(fingerprint);
        }
        good
    }

    /// Whether it is known already to be signed by this key, so that asking costs nothing.
    pub(super) fn was_verified_with(&self, key: &PublicKey) -> bool {
        self.0.verified_with.get() == Some(&key.fingerprint())
    }

    /// The entry of the certificate that `issuer` issued under this serial; the heaviest if there are several.
    pub(super) fn entry(&self, issuer: &DistinguishedName, serial: &Serial) -> Option<Entry> {
        let entries = &self.0.entries;
        let first = entries.partition_point(|entry| entry.serial < *serial);
        entries
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|entry| entry.serial == *serial)
            .filter(|entry| self.certificate_issuer(**entry).is_some_and(|own| own.matches(issuer)))
            .max_by_key(|entry| entry.weight())
            .copied()
    }

    fn certificate_issuer(&self, entry: Entry) -> Option<&DistinguishedName> {
        self.0.certificate_issuers.get(entry.issuer as usize)
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_delta() { "delta, " } else { "" };
        write!(f, "RevocationList({}, {kind}{} entries)", self.issuer(), self.len())
    }
}

impl Number {
    fn decode(value: &[u8]) -> Result<Self, Malformed> {
        let what = "CRL number";
        let mut decoder = Decoder::new(value);
        let octets = decoder.unsigned(what)?;
        decoder.finish(what)?;
        let mut number = [0; 20];
        let place = number.len().checked_sub(octets.len()).ok_or(Malformed(what))?;
        number.get_mut(place..).ok_or(Malformed(what))?.copy_from_slice(octets);
        Ok(Self(number))
    }
}

impl Entry {
    pub(super) fn weight(&self) -> Weight {
        match self.code {
            REMOVE_FROM_CRL => Weight::Removed,
            CERTIFICATE_HOLD => Weight::Held,
            _ => Weight::Final,
        }
    }

    pub(super) fn reason(&self) -> Option<ReasonCode> {
        ReasonCode::from_code(self.code)
    }
}

impl Content {
    fn take(&mut self, extension: &Extension<'_>) -> Result<(), Malformed> {
        let Extension { kind, critical, value } = *extension;
        if kind == oid::CRL_NUMBER {
            self.number = Some(Number::decode(value)?);
        } else if kind == oid::DELTA_CRL_INDICATOR {
            self.base = Some(Number::decode(value)?);
        } else if kind == oid::AUTHORITY_KEY_IDENTIFIER {
            self.key_identifier = extension::authority_key_identifier(value)?;
        } else if kind == oid::ISSUING_DISTRIBUTION_POINT {
            self.scope = Scope::decode(value)?;
            self.scope_der = value.to_vec();
        } else if critical {
            self.unprocessed = Some(kind.to_string());
        }
        Ok(())
    }
}

impl Scope {
    fn decode(value: &[u8]) -> Result<Self, Malformed> {
        let what = "issuing distribution point";
        let mut fields = only(value, SEQUENCE, what)?.content();
        let point = match fields.context(0, what)? {
            Some(mut name) => Some(PointName::decode(&mut name)?),
            None => None,
        };
        let flag = |fields: &mut Decoder<'_>, number| match fields.optional(context_primitive(number), what)? {
            None => Ok(false),
            Some(flag) if flag.value == [0xff] => Ok(true),
            Some(_) => Err(Malformed(what)),
        };
        let (users, authorities) = (flag(&mut fields, 1)?, flag(&mut fields, 2)?);
        let reasons = match fields.optional(context_primitive(3), what)? {
            Some(reasons) => Some(reason_flags(reasons.value)?),
            None => None,
        };
        let (indirect, attributes) = (flag(&mut fields, 4)?, flag(&mut fields, 5)?);
        fields.finish(what)?;
        Ok(Self {
            point,
            users,
            authorities,
            attributes,
            indirect,
            reasons,
        })
    }
}

/// The entries while they are read.
struct Entries {
    sorted: Vec<Entry>,
    issuers: Vec<DistinguishedName>,
    /// Where each stands in `issuers`: a list from strangers may name another with each entry.
    places: HashMap<DistinguishedName, u32>,
}

impl Entries {
    fn of(issuer: &DistinguishedName) -> Self {
        Self {
            sorted: Vec::new(),
            issuers: vec![issuer.clone()],
            places: HashMap::from([(issuer.clone(), 0)]),
        }
    }

    fn read(&mut self, mut list: Decoder<'_>, content: &mut Content) -> Result<(), Malformed> {
        let what = "list entry";
        self.sorted.reserve(list.remaining().len() / USUAL_ENTRY);
        let mut issuer = 0;
        // An empty sequence is no DER of revokedCertificates, and was written by many.
        while !list.is_empty() {
            let mut fields = list.sequence(what)?;
            let serial = Serial::decode_foreign(&mut fields)?;
            let at = fields.time(what)?;
            let mut code = 0;
            if !fields.is_empty() {
                self.extensions(&mut fields, content, &mut issuer, &mut code)?;
            }
            fields.finish(what)?;
            self.sorted.push(Entry {
                serial,
                issuer,
                at,
                code,
            });
        }
        if !self.sorted.is_sorted_by_key(|entry| entry.serial) {
            self.sorted.sort_by_key(|entry| entry.serial);
        }
        Ok(())
    }

    /// Not `extension::split`: no allocation per entry of a list of millions.
    fn extensions(
        &mut self,
        fields: &mut Decoder<'_>,
        content: &mut Content,
        issuer: &mut u32,
        code: &mut u8,
    ) -> Result<(), Malformed> {
        let what = "extension of a list entry";
        let mut extensions = fields.sequence(what)?;
        let (mut reasons, mut issuers) = (0, 0);
        loop {
            let mut extension = extensions.sequence(what)?;
            let kind = extension.tagged(OBJECT_IDENTIFIER, what)?;
            let critical = extension.yes(what)?;
            let value = extension.octets(what)?;
            extension.finish(what)?;
            if kind.value == oid::REASON_CODE.as_bytes() {
                reasons += 1;
                let mut reason = Decoder::new(value);
                *code = reason.enumerated(what)?;
                reason.finish(what)?;
            } else if kind.value == oid::CERTIFICATE_ISSUER.as_bytes() && content.scope.indirect {
                issuers += 1;
                *issuer = self.issuer(&GeneralNames::from_der(value, what)?)?;
            } else if critical {
                let kind = kind.oid(what)?;
                content.unprocessed.get_or_insert_with(|| kind.to_string());
            }
            if reasons > 1 || issuers > 1 {
                return Err(Malformed(what));
            }
            if extensions.is_empty() {
                return Ok(());
            }
        }
    }

    /// The place of a certificateIssuer, which holds from its entry on (RFC 5280 §5.3.3).
    fn issuer(&mut self, names: &GeneralNames) -> Result<u32, Malformed> {
        let name = names
            .directories()
            .next()
            .ok_or(Malformed("issuer of a certificate in a list"))?;
        if let Some(place) = self.places.get(&name) {
            return Ok(*place);
        }
        let place = u32::try_from(self.issuers.len()).map_err(|_| Malformed("list entry"))?;
        self.issuers.push(name.clone());
        self.places.insert(name, place);
        Ok(place)
    }
}

/// What an entry has in octets, as a guess of how many there are.
const USUAL_ENTRY: usize = 40;

const CERTIFICATE_HOLD: u8 = 6;
const REMOVE_FROM_CRL: u8 = 8;
