//! Reading lists, and the guard before one replaces another.

use super::{CrlNumber, Revoked, Scope};
use crate::algorithm::SignatureAlgorithm;
use crate::certificate::{Certificate, NotSignedBy};
use crate::decode::{Decoder, Malformed, only};
use crate::encode::{GENERALIZED_TIME, INTEGER, SEQUENCE, UTC_TIME, context_primitive};
use crate::extension::path::PointName;
use crate::extension::{self, Extension, KeyUsage};
use crate::key::sha256;
use crate::name::DistinguishedName;
use crate::oid;
use crate::reason::ReasonCode;
use crate::serial::Serial;
use crate::time::Civil;

/// A complete, direct CRL that was read and indexed once. Its signature is not checked by reading it; see
/// [`Crl::verify_signed_by`].
#[derive(Clone)]
pub struct Crl {
    der: Vec<u8>,
    tbs: std::ops::Range<usize>,
    signature: Vec<u8>,
    content: Content,
    /// In ascending order of serial.
    entries: Vec<Revoked>,
    fingerprint: [u8; 32],
}

impl Crl {
    /// Reads the DER of one CertificateList. Indirect and delta lists are refused: they are not what they look like.
    pub fn parse(der: &[u8]) -> Result<Self, CrlParseFault> {
        let what = "certificate revocation list";
        let outer = only(der, SEQUENCE, what)?;
        let mut fields = outer.content();
        let tbs = fields.tagged(SEQUENCE, what)?.whole;
        let algorithm = SignatureAlgorithm::decode(&mut fields)?;
        let signature = fields.bits(what)?.to_vec();
        fields.finish(what)?;
        let mut entries = Vec::with_capacity(tbs.len() / USUAL_ENTRY);
        let content = Content::parse(tbs, |revoked| entries.push(revoked))?;
        if !content.traits.sorted {
            entries.sort_by_key(|revoked| revoked.serial);
            if entries
                .windows(2)
                .any(|pair| matches!(pair, [one, next] if one.serial == next.serial))
            {
                return Err(Malformed("a serial number stands twice").into());
            }
        }
        if content.signature_algorithm != algorithm {
            return Err(CrlParseFault::AlgorithmsDiffer);
        }
        let start = der.len() - outer.value.len();
        Ok(Self {
            tbs: start..start + tbs.len(),
            der: der.to_vec(),
            signature,
            content,
            entries,
            fingerprint: sha256(der),
        })
    }

    /// The DER, exactly as read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the DER: its entity tag.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    /// Whose list it is.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.content.issuer
    }

    /// Its number; `None` for a foreign list without one, or with one beyond 128 bits.
    pub fn number(&self) -> Option<CrlNumber> {
        self.content.number
    }

    /// From when it speaks, unix seconds.
    pub fn this_update(&self) -> i64 {
        self.content.this_update
    }

    /// When the next one is due, unix seconds.
    pub fn next_update(&self) -> Option<i64> {
        self.content.next_update
    }

    /// The addresses of its issuing distribution point; empty if it is not a shard.
    pub fn distribution_point(&self) -> &[String] {
        &self.content.distribution_point
    }

    /// Which certificates it speaks of.
    pub fn scope(&self) -> Scope {
        self.content.scope
    }

    /// The entry of this certificate.
    pub fn lookup(&self, serial: &Serial) -> Option<&Revoked> {
        let entries = &self.entries;
        entries
            .binary_search_by(|revoked| revoked.serial.cmp(serial))
            .ok()
            .and_then(|place| entries.get(place))
    }

    /// The entries, in ascending order of serial.
    pub fn entries(&self) -> &[Revoked] {
        &self.entries
    }

    /// Whether `issuer` signed this list and may sign lists.
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), NotSignedBy> {
        if self.issuer() != issuer.subject() {
            return Err(NotSignedBy::Name);
        }
        if let (Some(wanted), Some(found)) = (&self.content.authority_key_identifier, issuer.subject_key_identifier())
            && wanted != found
        {
            return Err(NotSignedBy::KeyIdentifier);
        }
        if issuer
            .key_usage()
            .is_some_and(|usage| !usage.allows(KeyUsage::CRL_SIGN))
        {
            return Err(NotSignedBy::NotAnIssuer);
        }
        let tbs = self.der.get(self.tbs.clone()).unwrap_or_default();
        issuer
            .public_key()
            .verify(self.content.signature_algorithm, tbs, &self.signature)?;
        Ok(())
    }
}

impl std::fmt::Debug for Crl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Crl({}, {} entries)", self.issuer(), self.entries().len())
    }
}

/// A list must not go out in place of the one before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPublishable {
    /// Someone else's list, or a broken signature.
    #[error("the list is not the issuer's: {0}")]
    Signature(#[from] NotSignedBy),
    /// Its number is not greater.
    #[error("the list's number is not greater than that of the published one")]
    Number,
    /// It speaks of an earlier moment.
    #[error("the list is older than the published one")]
    Older,
    /// Another shard's list, or one of another scope.
    #[error("the list is another shard's")]
    Shard,
    /// It lies in the future or is stale already.
    #[error("now does not lie between thisUpdate and nextUpdate")]
    NotNow,
    /// An entry is missing although its certificate has not been on a list after its expiry.
    #[error("serial {serial} would disappear before it was on a list beyond its expiry")]
    Smaller {
        /// The entry.
        serial: Serial,
    },
}

/// The whole check before a list is published (THREATS R5, I6, and the incidents beside them): it is the issuer's and this
/// shard's, newer in number and time than `previous`, current at `now`, and not smaller except by expiry.
/// `not_after` tells when a certificate expires (`None`: not known, so its entry must stay).
pub fn publishable(
    next: &Crl,
    issuer: &Certificate,
    previous: Option<&Crl>,
    now: i64,
    not_after: impl Fn(&Serial) -> Option<i64>,
) -> Result<(), NotPublishable> {
    next.verify_signed_by(issuer)?;
    if now < next.this_update() || next.next_update().is_none_or(|due| now > due) {
        return Err(NotPublishable::NotNow);
    }
    let Some(previous) = previous else { return Ok(()) };
    if next.distribution_point() != previous.distribution_point() || next.scope() != previous.scope() {
        return Err(NotPublishable::Shard);
    }
    if next.number() <= previous.number() {
        return Err(NotPublishable::Number);
    }
    if next.this_update() < previous.this_update() {
        return Err(NotPublishable::Older);
    }
    never_smaller(previous, next, not_after)
}

/// Entries may leave only after they stood on a list made after their certificate's expiry: everything in `previous` that is
/// not in `next` must have expired before `previous.this_update` (THREATS R5, RFC 5280 §3.3).
pub fn never_smaller(
    previous: &Crl,
    next: &Crl,
    not_after: impl Fn(&Serial) -> Option<i64>,
) -> Result<(), NotPublishable> {
    // Both are sorted: one walk over the two.
    let mut kept = next.entries().iter().map(|revoked| revoked.serial).peekable();
    for Revoked { serial, .. } in previous.entries() {
        while kept.next_if(|other| other < serial).is_some() {}
        let stays = kept.peek() == Some(serial);
        let was_listed_beyond_expiry = || not_after(serial).is_some_and(|expiry| expiry < previous.this_update());
        if !stays && !was_listed_beyond_expiry() {
            return Err(NotPublishable::Smaller { serial: *serial });
        }
    }
    Ok(())
}

/// What a TBSCertList says.
#[derive(Clone)]
pub(crate) struct Content {
    signature_algorithm: SignatureAlgorithm,
    issuer: DistinguishedName,
    this_update: i64,
    next_update: Option<i64>,
    number: Option<CrlNumber>,
    authority_key_identifier: Option<Vec<u8>>,
    distribution_point: Vec<String>,
    scope: Scope,
    /// What the lint wants to know and nobody else.
    pub(crate) traits: Traits,
}

/// Properties of the encoding that are not errors of reading.
#[derive(Clone, Default)]
pub(crate) struct Traits {
    pub(crate) sorted: bool,
    pub(crate) written_unspecified: bool,
    pub(crate) hold: bool,
    pub(crate) wrong_time_type: bool,
    pub(crate) point_not_critical: bool,
    pub(crate) entry_after_list: bool,
}

impl Content {
    /// Reads the DER of a TBSCertList; `each` sees the entries in the order in which they stand. Nothing is kept of them,
    /// so that a list of millions can be looked at without a second copy.
    pub(crate) fn parse(tbs: &[u8], mut each: impl FnMut(Revoked)) -> Result<Self, CrlParseFault> {
        let what = "list content";
        let mut fields = only(tbs, SEQUENCE, what)?.content();
        // Version 2 only: extensions make a list what it is here (RFC 5280 §5.1.2.1).
        if fields.small(what)? != 1 {
            return Err(CrlParseFault::NotVersion2);
        }
        let signature_algorithm = SignatureAlgorithm::decode(&mut fields)?;
        let issuer = DistinguishedName::decode(&mut fields)?;
        let mut traits = Traits::default();
        let this_update = list_time(&mut fields, &mut traits)?;
        let next_update = match fields.clone().any("next update") {
            Ok(next) if next.tag == UTC_TIME || next.tag == GENERALIZED_TIME => {
                Some(list_time(&mut fields, &mut traits)?)
            }
            _ => None,
        };
        traits.sorted = true;
        if let Some(revoked) = fields.optional(SEQUENCE, "revoked certificates")? {
            let mut list = revoked.content();
            let mut last: Option<Serial> = None;
            loop {
                let revoked = entry(&mut list, &mut traits)?;
                traits.sorted &= last.is_none_or(|last| last < revoked.serial);
                traits.entry_after_list |= revoked.at > this_update;
                last = Some(revoked.serial);
                each(revoked);
                if list.is_empty() {
                    break;
                }
            }
        }
        let mut content = Self {
            signature_algorithm,
            issuer,
            this_update,
            next_update,
            number: None,
            authority_key_identifier: None,
            distribution_point: Vec::new(),
            scope: Scope::All,
            traits,
        };
        if let Some(mut explicit) = fields.context(0, what)? {
            for extension in extension::split(&mut explicit, "list extensions")? {
                content.take(&extension)?;
            }
            explicit.finish(what)?;
        }
        fields.finish(what)?;
        Ok(content)
    }

    pub(crate) fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    pub(crate) fn number(&self) -> Option<CrlNumber> {
        self.number
    }

    pub(crate) fn has_authority_key_identifier(&self) -> bool {
        self.authority_key_identifier.is_some()
    }

    pub(crate) fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    pub(crate) fn interval(&self) -> (i64, Option<i64>) {
        (self.this_update, self.next_update)
    }

    pub(crate) fn is_shard(&self) -> bool {
        !self.distribution_point.is_empty()
    }

    fn take(&mut self, extension: &Extension<'_>) -> Result<(), CrlParseFault> {
        let Extension { kind, critical, value } = *extension;
        if kind == oid::CRL_NUMBER {
            let mut decoder = Decoder::new(value);
            let octets = decoder.unsigned("CRL number")?;
            decoder.finish("CRL number")?;
            let number = octets.iter().fold(0, |number, octet| number << 8 | u128::from(*octet));
            self.number = (octets.len() <= 16).then_some(CrlNumber(number));
        } else if kind == oid::AUTHORITY_KEY_IDENTIFIER {
            self.authority_key_identifier = extension::authority_key_identifier(value)?;
        } else if kind == oid::ISSUING_DISTRIBUTION_POINT {
            self.traits.point_not_critical = !critical;
            self.issuing_distribution_point(value)?;
        } else if kind == oid::DELTA_CRL_INDICATOR {
            return Err(CrlParseFault::NotComplete);
        } else if critical {
            return Err(CrlParseFault::UnknownCritical);
        }
        Ok(())
    }

    fn issuing_distribution_point(&mut self, value: &[u8]) -> Result<(), CrlParseFault> {
        let what = "issuing distribution point";
        let mut point = only(value, SEQUENCE, what)?.content();
        if let Some(mut name) = point.context(0, what)? {
            self.distribution_point = PointName::decode(&mut name)?.uris();
        }
        let mut flag = |number| -> Result<bool, Malformed> {
            match point.optional(context_primitive(number), what)?.map(|flag| flag.value) {
                None => Ok(false),
                Some([0xff]) => Ok(true),
                Some(_) => Err(Malformed(what)),
            }
        };
        let (users, authorities) = (flag(1)?, flag(2)?);
        // onlySomeReasons [3], indirectCRL [4], onlyContainsAttributeCerts [5]: lists that must not be taken for complete.
        let partial = flag(3).unwrap_or(true) | flag(4)? | flag(5)?;
        point.finish(what)?;
        self.scope = match (users, authorities, partial) {
            (false, false, false) => Scope::All,
            (true, false, false) => Scope::Users,
            (false, true, false) => Scope::Authorities,
            _ => return Err(CrlParseFault::NotComplete),
        };
        Ok(())
    }
}

/// A list cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlParseFault {
    /// Not DER, not a list, an extension or a serial twice.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A version other than v2.
    #[error("not a version 2 list")]
    NotVersion2,
    /// The two signature algorithms differ.
    #[error("the list names two different signature algorithms")]
    AlgorithmsDiffer,
    /// A delta, an indirect list, or one of some reasons only.
    #[error("not a complete, direct list")]
    NotComplete,
    /// A critical extension that we do not know.
    #[error("the list has a critical extension that is not known here")]
    UnknownCritical,
}

fn entry(list: &mut Decoder<'_>, traits: &mut Traits) -> Result<Revoked, CrlParseFault> {
    let what = "list entry";
    if let Some((usual, rest)) = list.remaining().split_first_chunk()
        && let Some((revoked, code)) = usual_entry(usual)
    {
        *list = Decoder::new(rest);
        return Ok(Revoked {
            reason: reason(code, traits),
            ..revoked
        });
    }
    let mut fields = list.sequence(what)?;
    let serial = Serial::from_bytes(fields.unsigned(what)?).map_err(|_| Malformed("serial number"))?;
    let at = list_time(&mut fields, traits)?;
    let mut revoked = Revoked {
        serial,
        at,
        reason: None,
        invalidity_date: None,
    };
    if !fields.is_empty() {
        entry_extensions(&mut fields, &mut revoked, traits)?;
    }
    fields.finish(what)?;
    Ok(revoked)
}

/// An entry as nearly all are, every tag and length at its place; the way through [`entry`] would read the same of it.
/// The reason comes as its code.
#[inline]
fn usual_entry(entry: &[u8; USUAL_ENTRY]) -> Option<(Revoked, u8)> {
    let (head, rest) = entry.split_first_chunk()?;
    let (serial, rest) = rest.split_first_chunk::<{ Serial::MAX }>()?;
    let (time_head, rest) = rest.split_first_chunk()?;
    let (digits, rest) = rest.split_first_chunk::<13>()?;
    let (reason_head, code) = rest.split_first_chunk()?;
    let (&[SEQUENCE, 51, INTEGER, 20], &[UTC_TIME, 13], &REASON_ONLY, &[code @ 0..=0x7f]) =
        (head, time_head, reason_head, code)
    else {
        return None;
    };
    // A serial that needs fewer octets, and a time that is none, are refused on the other way.
    let serial = Serial::from_bytes(serial)
        .ok()
        .filter(|read| read.as_bytes() == serial)?;
    let at = Civil::read(digits)?;
    Some((
        Revoked {
            serial,
            at,
            reason: None,
            invalidity_date: None,
        },
        code,
    ))
}

fn entry_extensions(fields: &mut Decoder<'_>, revoked: &mut Revoked, traits: &mut Traits) -> Result<(), CrlParseFault> {
    let what = "extension of a list entry";
    // Not `extension::split`: no allocation per entry of a list of millions. Two kinds are known; neither may stand twice.
    let mut extensions = fields.sequence(what)?;
    let (mut reasons, mut dates) = (0, 0);
    loop {
        let mut extension = extensions.sequence(what)?;
        let kind = extension.tagged(crate::encode::OBJECT_IDENTIFIER, what)?.value;
        let critical = extension.yes(what)?;
        let mut value = Decoder::new(extension.octets(what)?);
        extension.finish(what)?;
        if kind == oid::REASON_CODE.as_bytes() {
            reasons += 1;
            let code = value.enumerated(what)?;
            value.finish(what)?;
            revoked.reason = reason(code, traits);
        } else if kind == oid::INVALIDITY_DATE.as_bytes() {
            dates += 1;
            revoked.invalidity_date = Some(value.generalized_time(what)?);
            value.finish(what)?;
        } else if critical {
            // Among them certificateIssuer, the mark of an indirect list.
            return Err(CrlParseFault::UnknownCritical);
        }
        if reasons > 1 || dates > 1 {
            return Err(Malformed(what).into());
        }
        if extensions.is_empty() {
            return Ok(());
        }
    }
}

fn reason(code: u8, traits: &mut Traits) -> Option<ReasonCode> {
    traits.written_unspecified |= code == 0;
    traits.hold |= code == 6 || code == 8;
    ReasonCode::from_code(code)
}

fn list_time(fields: &mut Decoder<'_>, traits: &mut Traits) -> Result<i64, Malformed> {
    let element = fields.any("time of a list")?;
    let unix = element.time("time of a list")?;
    let generalized = element.tag == GENERALIZED_TIME;
    traits.wrong_time_type |= generalized != (unix >= crate::time::GENERALIZED_FROM);
    Ok(unix)
}

/// crlEntryExtensions of one reasonCode, up to its value.
const REASON_ONLY: [u8; 13] = [SEQUENCE, 12, SEQUENCE, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 0x0a, 1];

/// SEQUENCE { INTEGER of 20 octets, UTCTime, SEQUENCE { reasonCode } }
const USUAL_ENTRY: usize = 53;
