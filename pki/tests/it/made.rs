//! Certificates, lists and answers with any content, written octet by octet without the crate's own encoder: what other CAs, and
//! those who attack, may send.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::ocsp::{BasicResponse, Response};
use pki::validation::{Anchors, Inputs, Outcome, Question, Revocation, RevocationList, validate};
use pki::{ObjectIdentifier, Signer};

use crate::judge::tlv;

/// 2027-01-15T08:00:00Z: everything here is made around it.
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const DAY: i64 = 86_400;

/// A certificate that is still being written.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) serial: u8,
    pub(crate) subject: Vec<u8>,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Draft {
    /// Of a holder.
    pub(crate) fn holder(name: &str) -> Self {
        Self {
            serial: 7,
            subject: common_name(name),
            not_before: NOW - DAY,
            not_after: NOW + DAY,
            extensions: vec![key_usage(&[0])],
        }
    }

    /// Of a CA that may sign certificates and lists.
    pub(crate) fn authority(name: &str) -> Self {
        Self {
            extensions: vec![basic_constraints(None), key_usage(&[5, 6])],
            ..Self::holder(name)
        }
    }

    pub(crate) fn serial(mut self, serial: u8) -> Self {
        self.serial = serial;
        self
    }

    /// One more extension.
    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// One extension in place of those of its kind.
    pub(crate) fn instead(mut self, extension: Vec<u8>) -> Self {
        // SEQUENCE, length, then the identifier of five octets (2.5.29.x).
        self.extensions.retain(|other| other[2..7] != extension[2..7]);
        self.with(extension)
    }

    pub(crate) fn der(&self, issuer: &[u8], spki: &[u8], signer: &SoftwareKey) -> Vec<u8> {
        let mut tbs = vec![
            tlv(0xa0, &[2, 1, 2]),
            tlv(2, &[self.serial]),
            algorithm(signer),
            issuer.to_vec(),
            tlv(0x30, &[time(self.not_before), time(self.not_after)].concat()),
            self.subject.clone(),
            spki.to_vec(),
        ];
        if !self.extensions.is_empty() {
            tbs.push(tlv(0xa3, &tlv(0x30, &self.extensions.concat())));
        }
        signed(&tbs.concat(), signer)
    }
}

/// A CA: its certificate and its key.
pub(crate) struct Ca {
    pub(crate) certificate: Certificate,
    pub(crate) key: SoftwareKey,
}

impl Ca {
    /// With a certificate by itself.
    pub(crate) fn root(draft: &Draft) -> Self {
        let key = key();
        let der = draft.der(&draft.subject, key.public_key().spki_der(), &key);
        Self {
            certificate: Certificate::parse(&der).unwrap(),
            key,
        }
    }

    pub(crate) fn name(&self) -> &[u8] {
        self.certificate.subject().der()
    }

    /// Another CA below this one.
    pub(crate) fn authority(&self, draft: &Draft) -> Self {
        let key = key();
        Self {
            certificate: self.issue(draft, &key),
            key,
        }
    }

    /// A certificate for a key.
    pub(crate) fn issue(&self, draft: &Draft, key: &SoftwareKey) -> Certificate {
        Certificate::parse(&draft.der(self.name(), key.public_key().spki_der(), &self.key)).unwrap()
    }

    /// A holder's certificate with a key of its own.
    pub(crate) fn holder(&self, draft: &Draft) -> Certificate {
        self.issue(draft, &key())
    }

    /// A list of this CA, signed with its key.
    pub(crate) fn list(&self, list: &List) -> RevocationList {
        list.signed(self.name(), &self.key)
    }
}

/// A list that is still being written.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) number: u8,
    pub(crate) this_update: i64,
    pub(crate) next_update: i64,
    /// Serial and reason.
    pub(crate) entries: Vec<(u8, u8)>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl List {
    /// Current, and a day older for each number less.
    pub(crate) fn new(number: u8, entries: &[(u8, u8)]) -> Self {
        Self {
            number,
            this_update: NOW - DAY * i64::from(100 - number),
            next_update: NOW + DAY,
            entries: entries.to_vec(),
            extensions: Vec::new(),
        }
    }

    /// A delta on a complete list.
    pub(crate) fn delta(number: u8, base: u8, entries: &[(u8, u8)]) -> Self {
        Self::new(number, entries).with(extension(&[0x55, 0x1d, 27], true, &tlv(2, &[base])))
    }

    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(crate) fn signed(&self, issuer: &[u8], signer: &SoftwareKey) -> RevocationList {
        let entry = |(serial, reason): &(u8, u8)| {
            let reason = extension(&[0x55, 0x1d, 21], false, &tlv(0x0a, &[*reason]));
            tlv(
                0x30,
                &[tlv(2, &[*serial]), time(self.this_update - DAY), tlv(0x30, &reason)].concat(),
            )
        };
        let number = extension(&[0x55, 0x1d, 20], false, &tlv(2, &[self.number]));
        let extensions = [number, self.extensions.concat()].concat();
        let mut tbs = vec![
            tlv(2, &[1]),
            algorithm(signer),
            issuer.to_vec(),
            time(self.this_update),
            time(self.next_update),
        ];
        if !self.entries.is_empty() {
            tbs.push(tlv(0x30, &self.entries.iter().flat_map(entry).collect::<Vec<u8>>()));
        }
        tbs.push(tlv(0xa0, &tlv(0x30, &extensions)));
        RevocationList::parse(&signed(&tbs.concat(), signer)).unwrap()
    }
}

/// An OCSP answer for a serial of `issuer`, signed by whom `responder` shows, whose certificate lies in it.
pub(crate) fn answer(
    issuer: &Ca,
    serial: u8,
    status: &[u8],
    responder: &Certificate,
    signer: &SoftwareKey,
) -> BasicResponse {
    let hash = |octets: &[u8]| tlv(4, digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref());
    let sha1 = tlv(0x30, &[6, 5, 0x2b, 14, 3, 2, 26, 5, 0]);
    let key_bits = issuer.key.public_key().key_bits();
    let id = tlv(
        0x30,
        &[sha1, hash(issuer.name()), hash(key_bits), tlv(2, &[serial])].concat(),
    );
    let until = tlv(0xa0, &generalized(NOW + DAY));
    let single = tlv(0x30, &[id, status.to_vec(), generalized(NOW - 60), until].concat());
    let data = [
        tlv(0xa1, responder.subject().der()),
        generalized(NOW - 60),
        tlv(0x30, &single),
    ];
    let data = tlv(0x30, &data.concat());
    let signature = signer.sign(&data).unwrap();
    let basic = tlv(
        0x30,
        &[
            data,
            algorithm(signer),
            tlv(3, &[&[0], signature.as_slice()].concat()),
            tlv(0xa0, &tlv(0x30, responder.der())),
        ]
        .concat(),
    );
    let kind = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
    let bytes = tlv(0x30, &[&kind[..], &tlv(4, &basic)].concat());
    let whole = tlv(0x30, &[&[0x0a, 1, 0][..], &tlv(0xa0, &bytes)].concat());
    match Response::parse(&whole).unwrap() {
        Response::Basic(basic) => *basic,
        Response::Error(error) => panic!("{error:?}"),
    }
}

/// The status `good`.
pub(crate) const GOOD: [u8; 2] = [0x80, 0];

/// The status `revoked`, for no reason that is told.
pub(crate) fn revoked() -> Vec<u8> {
    tlv(0xa1, &generalized(NOW - DAY))
}

/// The question at [`NOW`] where revocation is not asked.
pub(crate) fn without_status() -> Question {
    Question {
        revocation: Revocation::NotAsked,
        ..Question::at(NOW)
    }
}

/// The outcome where revocation is not asked.
pub(crate) fn outcome(leaf: &Certificate, anchor: &Ca, intermediates: &[&Ca]) -> Outcome {
    let intermediates: Vec<Certificate> = intermediates.iter().map(|ca| ca.certificate.clone()).collect();
    ask(leaf, &anchor.certificate, &intermediates, &[], &[], &without_status())
}

/// The outcome of any question.
pub(crate) fn ask(
    leaf: &Certificate,
    anchor: &Certificate,
    intermediates: &[Certificate],
    lists: &[RevocationList],
    answers: &[BasicResponse],
    question: &Question,
) -> Outcome {
    let inputs = Inputs {
        intermediates,
        lists,
        answers,
        verified: None,
    };
    validate(leaf, &Anchors::new([anchor.clone()]), inputs, question)
}

/// What an outcome says, as tests compare it: `valid`, or the reason after the result.
pub(crate) fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Valid(_) => "valid".to_owned(),
        Outcome::Invalid(invalid) => format!("invalid: {}", invalid.fault),
        Outcome::Undetermined(undetermined) => format!("undetermined: {}", undetermined.doubt),
    }
}

/// A new key of the kind that is made and checked fastest.
pub(crate) fn key() -> SoftwareKey {
    SoftwareKey::generate(Algorithm::P256).unwrap()
}

pub(crate) fn basic_constraints(path_length: Option<u8>) -> Vec<u8> {
    let length = path_length.map(|length| tlv(2, &[length])).unwrap_or_default();
    let value = tlv(0x30, &[&[1, 1, 0xff][..], &length].concat());
    extension(&[0x55, 0x1d, 19], true, &value)
}

/// By the numbers of the bits.
pub(crate) fn key_usage(bits: &[u8]) -> Vec<u8> {
    let octet = bits.iter().fold(0, |octet, bit| octet | 0x80 >> bit);
    let unused = u8::try_from(u8::trailing_zeros(octet)).unwrap();
    extension(&[0x55, 0x1d, 15], true, &tlv(3, &[unused, octet]))
}

pub(crate) fn key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 14], false, &tlv(4, identifier))
}

pub(crate) fn authority_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 35], false, &tlv(0x30, &tlv(0x80, identifier)))
}

pub(crate) fn policies(policies: &[&str]) -> Vec<u8> {
    let each = policies.iter().flat_map(|policy| tlv(0x30, &oid(policy)));
    extension(&[0x55, 0x1d, 32], false, &tlv(0x30, &each.collect::<Vec<u8>>()))
}

pub(crate) fn policy_mappings(mappings: &[(&str, &str)]) -> Vec<u8> {
    let each = mappings
        .iter()
        .flat_map(|(from, to)| tlv(0x30, &[oid(from), oid(to)].concat()));
    extension(&[0x55, 0x1d, 33], true, &tlv(0x30, &each.collect::<Vec<u8>>()))
}

pub(crate) fn require_explicit_policy(after: u8) -> Vec<u8> {
    extension(&[0x55, 0x1d, 36], true, &tlv(0x30, &tlv(0x80, &[after])))
}

/// Names as `dns`, `mail`, `uri`, `ip` and `directory` write them.
pub(crate) fn alternative_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 17], false, &tlv(0x30, &names.concat()))
}

pub(crate) fn name_constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let subtrees = |tag, names: &[Vec<u8>]| {
        let each: Vec<u8> = names.iter().flat_map(|name| tlv(0x30, name)).collect();
        if each.is_empty() { each } else { tlv(tag, &each) }
    };
    let value = [subtrees(0xa0, permitted), subtrees(0xa1, excluded)].concat();
    extension(&[0x55, 0x1d, 30], true, &tlv(0x30, &value))
}

pub(crate) fn dns(name: &str) -> Vec<u8> {
    tlv(0x82, name.as_bytes())
}

pub(crate) fn mail(address: &str) -> Vec<u8> {
    tlv(0x81, address.as_bytes())
}

pub(crate) fn uri(uri: &str) -> Vec<u8> {
    tlv(0x86, uri.as_bytes())
}

pub(crate) fn ip(octets: &[u8]) -> Vec<u8> {
    tlv(0x87, octets)
}

pub(crate) fn directory(name: &[u8]) -> Vec<u8> {
    tlv(0xa4, name)
}

/// extendedKeyUsage of an OCSP responder.
pub(crate) fn answers_ocsp() -> Vec<u8> {
    extension(&[0x55, 0x1d, 37], false, &tlv(0x30, &oid("1.3.6.1.5.5.7.3.9")))
}

/// id-pkix-ocsp-nocheck
pub(crate) fn nocheck() -> Vec<u8> {
    extension(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5], false, &[5, 0])
}

/// A name of one common name, UTF8String.
pub(crate) fn common_name(text: &str) -> Vec<u8> {
    distinguished(&[(3, 0x0c, text)])
}

/// A name of attributes 2.5.4.x, each with its string type.
pub(crate) fn distinguished(attributes: &[(u8, u8, &str)]) -> Vec<u8> {
    let each = attributes.iter().flat_map(|(kind, tag, text)| {
        let value = match tag {
            0x1e => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => text.as_bytes().to_vec(),
        };
        let pair = [&[6, 3, 0x55, 4, *kind][..], &tlv(*tag, &value)].concat();
        tlv(0x31, &tlv(0x30, &pair))
    });
    tlv(0x30, &each.collect::<Vec<u8>>())
}

pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    tlv(6, ObjectIdentifier::new_unwrap(dotted).as_bytes())
}

pub(crate) fn extension(kind: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    tlv(0x30, &[&tlv(6, kind), critical, &tlv(4, value)].concat())
}

/// The to-be-signed content, signed and wrapped.
fn signed(content: &[u8], signer: &SoftwareKey) -> Vec<u8> {
    let tbs = tlv(0x30, content);
    let signature = signer.sign(&tbs).unwrap();
    let bits = tlv(3, &[&[0], signature.as_slice()].concat());
    tlv(0x30, &[tbs, algorithm(signer), bits].concat())
}

/// ecdsa-with-SHA256
fn algorithm(_: &SoftwareKey) -> Vec<u8> {
    tlv(0x30, &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])
}

/// UTCTime.
fn time(unix: i64) -> Vec<u8> {
    tlv(0x17, &digits(unix)[2..])
}

fn generalized(unix: i64) -> Vec<u8> {
    tlv(0x18, &digits(unix))
}

/// `YYYYMMDDHHMMSSZ`, by another reckoning than the crate's: day by day from 1970.
fn digits(unix: i64) -> Vec<u8> {
    let (mut days, second) = (unix / DAY, unix % DAY);
    let mut year = 1970;
    let is_leap = |year: i64| year % 4 == 0;
    while days >= 365 + i64::from(is_leap(year)) {
        days -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [
        31,
        28 + i64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{:02}{hour:02}{minute:02}{second:02}Z", days + 1).into_bytes()
}
