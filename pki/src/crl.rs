//! Certificate revocation lists, in shards: built while the entries stream by, signed once, read with an index.
//!
//! A list is written into one buffer, from the middle outwards: entries are appended as they come, then head, signature and
//! frame are put around them without moving them. The peak of memory is the list itself (53 MB for a million entries).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub(crate) mod list;

pub use list::{Crl, CrlParseFault, NotPublishable, never_smaller, publishable};

use std::fmt;

use crate::certificate::Certificate;
use crate::encode::{Encoder, GENERALIZED_TIME, INTEGER, Length, SEQUENCE, UTC_TIME, context_primitive};
use crate::extension::{self, Criticality, KeyUsage};
use crate::key::PublicKey;
use crate::lint::{self, Findings};
use crate::reason::ReasonCode;
use crate::serial::Serial;
use crate::signer::{SignFault, Signer, sign_as};
use crate::tbs::Linted;
use crate::{oid, time};

/// One entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Which certificate.
    pub serial: Serial,
    /// When it was revoked, unix seconds.
    pub at: i64,
    /// Why; `None` is "unspecified", which is written by leaving the reason out (THREATS R4).
    pub reason: Option<ReasonCode>,
    /// Since when the key may have been compromised, unix seconds (RFC 5280 §5.3.2).
    pub invalidity_date: Option<i64>,
}

/// A CRL's number (RFC 5280 §5.2.3). A new one comes only [`CrlNumber::after`] another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlNumber(u128);

impl CrlNumber {
    /// The first of a shard.
    pub const FIRST: Self = Self(1);

    /// The next number; greater than `previous` whatever happens.
    pub fn after(previous: Self) -> Self {
        // 2^128 lists do not happen; if they did, the list would be refused as not newer.
        Self(previous.0.saturating_add(1))
    }

    /// A number that was recorded before.
    pub fn recorded(number: u64) -> Self {
        Self(u128::from(number))
    }

    /// The number, for the record; `None` for foreign lists that count beyond 64 bits.
    pub fn to_u64(self) -> Option<u64> {
        u64::try_from(self.0).ok()
    }
}

impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which certificates of its issuer a list speaks of (RFC 5280 §5.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// onlyContainsUserCerts
    Users,
    /// onlyContainsCACerts
    Authorities,
    /// Both kinds.
    All,
}

/// Everything in a list but its entries.
#[derive(Clone, Debug)]
pub struct CrlPlan<'a> {
    /// The CA whose certificates are revoked and whose key signs.
    pub issuer: &'a Certificate,
    /// Its number.
    pub number: CrlNumber,
    /// From when it speaks, unix seconds.
    pub this_update: i64,
    /// When the next one will be there at the latest, unix seconds.
    pub next_update: i64,
    /// The shard's address, byte for byte as it stands in the distribution points of its certificates. `None`: the list is
    /// not a shard but whole within its scope, as a root's list of CAs is.
    pub distribution_point: Option<&'a str>,
    /// Which certificates it speaks of.
    pub scope: Scope,
}

impl CrlPlan<'_> {
    /// Begins the list. `expected` entries (a guess is enough) decide how much memory is taken at once.
    pub fn begin(&self, expected: usize) -> Result<Entries, CrlFault> {
        if self.this_update < time::FIRST || self.next_update > time::LAST || self.next_update <= self.this_update {
            return Err(CrlFault::Times);
        }
        if !self
            .issuer
            .key_usage()
            .is_none_or(|usage| usage.allows(KeyUsage::CRL_SIGN))
            || !self.issuer.is_ca()
        {
            return Err(CrlFault::NotAnIssuer);
        }
        let head = self.head();
        let extensions = self.extensions();
        let room = head.len() + FRAME;
        let mut buffer =
            Vec::with_capacity(room + expected * USUAL_ENTRY + LONGEST_ENTRY + extensions.len() + LONGEST_SIGNATURE);
        buffer.resize(room, 0);
        Ok(Entries {
            buffer,
            room,
            head,
            extensions,
            issuer_key: self.issuer.public_key().clone(),
            this_update: self.this_update,
            last: None,
            count: 0,
        })
    }

    /// version, signature, issuer, thisUpdate, nextUpdate
    fn head(&self) -> Vec<u8> {
        Encoder::der(|head| {
            head.unsigned(&[1]);
            self.issuer.public_key().algorithm().signature().encode(head);
            head.raw(self.issuer.subject().der());
            head.time(self.this_update);
            head.time(self.next_update);
        })
    }

    fn extensions(&self) -> Vec<u8> {
        let key_id = self
            .issuer
            .subject_key_identifier()
            .map_or_else(|| self.issuer.public_key().sha1_id().to_vec(), <[u8]>::to_vec);
        Encoder::der(|tbs| {
            tbs.context(0, |explicit| {
                explicit.sequence(|extensions| {
                    extension::put(extensions, oid::AUTHORITY_KEY_IDENTIFIER, Criticality::Plain, |value| {
                        value.sequence(|identifier| identifier.primitive(context_primitive(0), &key_id));
                    });
                    extension::put(extensions, oid::CRL_NUMBER, Criticality::Plain, |value| {
                        value.unsigned(&self.number.0.to_be_bytes());
                    });
                    if self.distribution_point.is_none() && self.scope == Scope::All {
                        return;
                    }
                    // Critical, so that nobody takes one shard for the whole (RFC 5280 §5.2.5).
                    extension::put(
                        extensions,
                        oid::ISSUING_DISTRIBUTION_POINT,
                        Criticality::Critical,
                        |value| {
                            value.sequence(|point| {
                                if let Some(url) = self.distribution_point {
                                    extension::put_distribution_point_name(point, url);
                                }
                                match self.scope {
                                    Scope::Users => point.primitive(context_primitive(1), &[0xff]),
                                    Scope::Authorities => point.primitive(context_primitive(2), &[0xff]),
                                    Scope::All => {}
                                }
                            });
                        },
                    );
                });
            });
        })
    }
}

/// A list that is taking entries.
pub struct Entries {
    /// Room for frame and head, then the entries.
    buffer: Vec<u8>,
    room: usize,
    head: Vec<u8>,
    extensions: Vec<u8>,
    issuer_key: PublicKey,
    this_update: i64,
    last: Option<Serial>,
    count: usize,
}

impl Entries {
    /// Adds an entry. Serials come in strictly ascending order ([`Serial`]'s `Ord`; in SQL by length, then by octets): so
    /// none can stand twice. No entry may be younger than the list.
    pub fn push(&mut self, revoked: &Revoked) -> Result<(), CrlFault> {
        if self.last.is_some_and(|last| last >= revoked.serial) {
            return Err(CrlFault::Order { serial: revoked.serial });
        }
        if revoked.at > self.this_update || revoked.at < time::FIRST {
            return Err(CrlFault::Future { serial: revoked.serial });
        }
        self.last = Some(revoked.serial);
        self.count += 1;
        encode_entry(&mut self.buffer, revoked);
        Ok(())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Closes the list.
    pub fn finish(self) -> TbsCrl {
        let Self {
            mut buffer,
            room,
            head,
            extensions,
            issuer_key,
            count,
            ..
        } = self;
        let mut start = room;
        if count > 0 {
            // revokedCertificates is left out when nothing is revoked (RFC 5280 §5.1.2.6).
            let content = buffer.len() - room;
            put_before(&mut buffer, &mut start, &header(SEQUENCE, content));
        }
        buffer.extend_from_slice(&extensions);
        put_before(&mut buffer, &mut start, &head);
        let content = buffer.len() - start;
        put_before(&mut buffer, &mut start, &header(SEQUENCE, content));
        TbsCrl {
            buffer,
            start,
            issuer_key,
        }
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entries({} so far)", self.count)
    }
}

/// A list's content, complete and not yet looked at.
pub struct TbsCrl {
    buffer: Vec<u8>,
    /// Where the TBSCertList begins in `buffer`.
    start: usize,
    issuer_key: PublicKey,
}

impl TbsCrl {
    /// A list of these entries, in ascending order of serial.
    pub fn new(plan: &CrlPlan<'_>, entries: impl IntoIterator<Item = Revoked>) -> Result<Self, CrlFault> {
        let entries = entries.into_iter();
        let mut list = plan.begin(entries.size_hint().0)?;
        entries.into_iter().try_for_each(|revoked| list.push(&revoked))?;
        Ok(list.finish())
    }

    /// Looks at the bytes as a relying party would.
    pub fn lint(self) -> Result<Linted<Self>, Findings> {
        let content = list::Content::parse(self.bytes(), |_| {}).map_err(|fault| Findings::unreadable(&fault))?;
        let mut findings = lint::list_content(&content);
        if content.signature_algorithm() != self.issuer_key.algorithm().signature() {
            findings.error(
                "I-ALG",
                "the signature algorithm is not the one with which the issuer's key signs",
            );
        }
        findings.none_worse_than_notice()?;
        Ok(Linted::passed(self))
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}

impl fmt::Debug for TbsCrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TbsCrl({} octets)", self.bytes().len())
    }
}

impl Linted<TbsCrl> {
    /// Takes up an intent that was recorded before a crash.
    pub fn resume(to_be_signed: &[u8], issuer: &Certificate) -> Result<Self, Findings> {
        let mut buffer = vec![0; FRAME];
        buffer.extend_from_slice(to_be_signed);
        TbsCrl {
            buffer,
            start: FRAME,
            issuer_key: issuer.public_key().clone(),
        }
        .lint()
    }

    /// The bytes to be recorded as intent before [`Linted::sign`].
    pub fn to_be_signed(&self) -> &[u8] {
        self.inner().bytes()
    }

    /// Signs once, and verifies the answer with the issuer's public key before anything is released (THREATS A51).
    pub fn sign(self, signer: &dyn Signer) -> Result<IssuedCrl, SignFault> {
        let TbsCrl {
            mut buffer,
            mut start,
            issuer_key,
        } = self.into_inner();
        let signature = sign_as(&issuer_key, signer, buffer.get(start..).unwrap_or_default())?;
        buffer.extend_from_slice(&Encoder::der(|tail| {
            issuer_key.algorithm().signature().encode(tail);
            tail.bits(&signature);
        }));
        let content = buffer.len() - start;
        put_before(&mut buffer, &mut start, &header(SEQUENCE, content));
        Ok(IssuedCrl { buffer, start })
    }
}

/// A signed list whose signature was verified with its issuer's public key.
pub struct IssuedCrl {
    buffer: Vec<u8>,
    start: usize,
}

impl IssuedCrl {
    /// The DER of the CertificateList.
    pub fn der(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Writes the DER to a file or a socket, without another copy.
    pub fn write_to(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        out.write_all(self.der())
    }
}

impl fmt::Debug for IssuedCrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedCrl({} octets)", self.der().len())
    }
}

/// A list cannot be built as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlFault {
    /// An entry does not follow the one before.
    #[error("serial {serial} stands twice or does not come in ascending order")]
    Order {
        /// The entry.
        serial: Serial,
    },
    /// An entry is younger than the list.
    #[error("serial {serial} would be revoked after the list's thisUpdate")]
    Future {
        /// The entry.
        serial: Serial,
    },
    /// thisUpdate and nextUpdate do not make an interval.
    #[error("nextUpdate does not lie after thisUpdate, or outside the years 1950 to 9999")]
    Times,
    /// The certificate is not one of a CA that signs lists.
    #[error("the issuer's certificate does not allow it to sign lists")]
    NotAnIssuer,
}

/// Writes one entry. Lengths are known beforehand and every piece has a fixed size: this is the inner loop of a list of
/// millions.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the longest entry has 82 octets: every length fits the short form"
)]
fn encode_entry(buffer: &mut Vec<u8>, revoked: &Revoked) {
    let serial_len = revoked.serial.encoded_len();
    let date_len = if revoked.at < time::GENERALIZED_FROM { 15 } else { 17 };
    let reason_len = if revoked.reason.is_some() { REASON.len() + 1 } else { 0 };
    let invalidity_len = if revoked.invalidity_date.is_some() {
        INVALIDITY.len() + 15
    } else {
        0
    };
    let extensions_len = reason_len + invalidity_len;
    let content_len = serial_len + date_len + if extensions_len > 0 { extensions_len + 2 } else { 0 };

    let begin = buffer.len();
    buffer.extend_from_slice(&[0; LONGEST_ENTRY]);
    let mut entry = Entry {
        octets: buffer.get_mut(begin..).unwrap_or_default(),
        length: 0,
    };
    entry.put([SEQUENCE, content_len as u8, INTEGER, (serial_len - 2) as u8]);
    if serial_len - 2 > revoked.serial.as_bytes().len() {
        entry.put([0]);
    }
    // All twenty octets are put; what the serial does not use is written over by what follows.
    entry.put(*revoked.serial.octets());
    entry.length -= Serial::MAX - revoked.serial.as_bytes().len();
    let digits = time::Civil::of(revoked.at).digits();
    if date_len == 15 {
        let [_, _, short @ ..] = digits;
        entry.put([UTC_TIME, 13]);
        entry.put::<13>(short);
    } else {
        entry.put([GENERALIZED_TIME, 15]);
        entry.put(digits);
    }
    if extensions_len > 0 {
        entry.put([SEQUENCE, extensions_len as u8]);
    }
    if let Some(reason) = revoked.reason {
        entry.put(REASON);
        entry.put([reason.code()]);
    }
    if let Some(at) = revoked.invalidity_date {
        entry.put(INVALIDITY);
        entry.put(time::Civil::of(at).digits());
    }
    let end = begin + entry.length;
    buffer.truncate(end);
}

/// Room for the longest entry, and how much of it is used.
struct Entry<'a> {
    octets: &'a mut [u8],
    length: usize,
}

impl Entry<'_> {
    #[inline]
    fn put<const N: usize>(&mut self, piece: [u8; N]) {
        // The room is that of the longest entry there can be.
        if let Some(place) = self.octets.get_mut(self.length..self.length + N) {
            place.copy_from_slice(&piece);
            self.length += N;
        }
    }
}

/// Copies `octets` to just before `start`, into the room that was left there.
fn put_before(buffer: &mut [u8], start: &mut usize, octets: &[u8]) {
    let begin = start.saturating_sub(octets.len());
    if let Some(place) = buffer.get_mut(begin..*start) {
        place.copy_from_slice(octets);
        *start = begin;
    }
}

fn header(tag: u8, length: usize) -> Vec<u8> {
    let mut octets = vec![tag];
    octets.extend_from_slice(Length::of(length).octets());
    octets
}

/// Room for three headers of at most six octets.
const FRAME: usize = 18;

/// An entry with a serial of twenty octets and a reason.
const USUAL_ENTRY: usize = 53;

/// SEQUENCE { INTEGER of 20 octets, GeneralizedTime, SEQUENCE { reasonCode, invalidityDate } } has 82 octets; a piece may
/// overhang by the unused part of a serial.
const LONGEST_ENTRY: usize = 112;

/// AlgorithmIdentifier and BIT STRING of an RSA-4096 signature.
const LONGEST_SIGNATURE: usize = 544;

/// Extension reasonCode up to its value: SEQUENCE { 2.5.29.21, OCTET STRING { ENUMERATED …
const REASON: [u8; 11] = [SEQUENCE, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 0x0a, 1];

/// Extension invalidityDate up to its value: SEQUENCE { 2.5.29.24, OCTET STRING { GeneralizedTime …
const INVALIDITY: [u8; 11] = [SEQUENCE, 24, 6, 3, 0x55, 0x1d, 0x18, 4, 17, 0x18, 15];
