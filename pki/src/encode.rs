//! DER out: one growing buffer, written as the ASN.1 module reads.

use der::asn1::ObjectIdentifier;

use crate::time::{Civil, GENERALIZED_FROM};

/// Writes DER. Lengths of constructed values are filled in when their content is known.
#[derive(Default)]
pub(crate) struct Encoder(Vec<u8>);

impl Encoder {
    pub(crate) fn with_capacity(octets: usize) -> Self {
        Self(Vec::with_capacity(octets))
    }

    /// The DER of what `content` writes.
    pub(crate) fn der(content: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut encoder = Self::default();
        content(&mut encoder);
        encoder.0
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn constructed(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.0.push(tag);
        let start = self.0.len();
        content(self);
        let length = Length::of(self.0.len() - start);
        self.0.splice(start..start, length.octets().iter().copied());
    }

    pub(crate) fn sequence(&mut self, content: impl FnOnce(&mut Self)) {
        self.constructed(SEQUENCE, content);
    }

    pub(crate) fn set(&mut self, content: impl FnOnce(&mut Self)) {
        self.constructed(SET, content);
    }

    /// `[number] EXPLICIT`, or `[number] IMPLICIT` of something constructed.
    pub(crate) fn context(&mut self, number: u8, content: impl FnOnce(&mut Self)) {
        self.constructed(context_constructed(number), content);
    }

    /// A SET OF: DER sorts the encodings of its elements (X.690 §11.6).
    pub(crate) fn set_of(&mut self, tag: u8, mut elements: Vec<Vec<u8>>) {
        elements.sort();
        self.constructed(tag, |set| elements.iter().for_each(|element| set.raw(element)));
    }

    /// An OCTET STRING that holds the DER of what `content` writes.
    pub(crate) fn octets_of(&mut self, content: impl FnOnce(&mut Self)) {
        self.constructed(OCTET_STRING, content);
    }

    pub(crate) fn raw(&mut self, der: &[u8]) {
        self.0.extend_from_slice(der);
    }

    pub(crate) fn primitive(&mut self, tag: u8, value: &[u8]) {
        self.0.push(tag);
        self.raw(Length::of(value.len()).octets());
        self.raw(value);
    }

    pub(crate) fn oid(&mut self, oid: ObjectIdentifier) {
        self.primitive(OBJECT_IDENTIFIER, oid.as_bytes());
    }

    pub(crate) fn null(&mut self) {
        self.primitive(NULL, &[]);
    }

    pub(crate) fn octets(&mut self, value: &[u8]) {
        self.primitive(OCTET_STRING, value);
    }

    pub(crate) fn utf8(&mut self, text: &str) {
        self.primitive(UTF8_STRING, text.as_bytes());
    }

    pub(crate) fn printable(&mut self, text: &str) {
        self.primitive(PRINTABLE_STRING, text.as_bytes());
    }

    /// BOOLEAN TRUE; FALSE is a DEFAULT wherever this crate writes one, and so is left out.
    pub(crate) fn yes(&mut self) {
        self.primitive(BOOLEAN, &[0xff]);
    }

    pub(crate) fn enumerated(&mut self, value: u8) {
        self.primitive(ENUMERATED, &[value]);
    }

    /// A non-negative INTEGER from big-endian octets of any length.
    pub(crate) fn unsigned(&mut self, big_endian: &[u8]) {
        let leading = big_endian.iter().take_while(|octet| **octet == 0).count();
        let magnitude = big_endian.get(leading..).unwrap_or_default();
        let sign_octet = magnitude.first().is_none_or(|first| *first >= 0x80);
        self.0.push(INTEGER);
        self.raw(Length::of(magnitude.len() + usize::from(sign_octet)).octets());
        if sign_octet {
            self.0.push(0);
        }
        self.raw(magnitude);
    }

    /// A BIT STRING of whole octets.
    pub(crate) fn bits(&mut self, value: &[u8]) {
        self.0.push(BIT_STRING);
        self.raw(Length::of(value.len() + 1).octets());
        self.0.push(0);
        self.raw(value);
    }

    /// A named-bit list; bit 0 is the lowest bit of `bits`. Trailing zero bits are left out (X.690 §11.2.2).
    pub(crate) fn named_bits(&mut self, bits: u16) {
        let [high, low] = bits.reverse_bits().to_be_bytes();
        let octets: &[u8] = match (high, low) {
            (0, 0) => &[],
            (_, 0) => &[high],
            _ => &[high, low],
        };
        // The last octet is not zero, so this is at most seven.
        let unused = octets.last().map_or(0, |last| last.trailing_zeros().to_be_bytes()[3]);
        self.0.push(BIT_STRING);
        self.raw(Length::of(octets.len() + 1).octets());
        self.0.push(unused);
        self.raw(octets);
    }

    /// UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
    pub(crate) fn time(&mut self, unix: i64) {
        let digits = Civil::of(unix).digits();
        // `digits` is YYYYMMDDHHMMSSZ; UTCTime leaves the century out.
        match digits.split_at(2) {
            (_, short) if unix < GENERALIZED_FROM => self.primitive(UTC_TIME, short),
            _ => self.primitive(GENERALIZED_TIME, &digits),
        }
    }

    pub(crate) fn generalized_time(&mut self, unix: i64) {
        self.primitive(GENERALIZED_TIME, &Civil::of(unix).digits());
    }
}

/// The length octets of a definite, minimal length (X.690 §10.1).
pub(crate) struct Length {
    octets: [u8; 5],
    count: u8,
}

impl Length {
    pub(crate) fn of(length: usize) -> Self {
        // Nothing this crate writes comes near 4 GiB: a CRL of that size would hold 80 million entries.
        let wide = u32::try_from(length).unwrap_or(u32::MAX);
        let [a, b, c, d] = wide.to_be_bytes();
        let (octets, count) = match wide {
            0..0x80 => ([d, 0, 0, 0, 0], 1),
            0x80..0x100 => ([0x81, d, 0, 0, 0], 2),
            0x100..0x1_0000 => ([0x82, c, d, 0, 0], 3),
            0x1_0000..0x100_0000 => ([0x83, b, c, d, 0], 4),
            _ => ([0x84, a, b, c, d], 5),
        };
        Self { octets, count }
    }

    pub(crate) fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.count)).unwrap_or_default()
    }
}

pub(crate) const fn context_constructed(number: u8) -> u8 {
    0xa0 | number
}

pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const TELETEX_STRING: u8 = 0x14;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const BMP_STRING: u8 = 0x1e;
