//! DER in: a strict reader over a borrowed slice. It allocates nothing, recurses nowhere and reads each octet once.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;

use crate::encode::{
    BIT_STRING, BOOLEAN, ENUMERATED, GENERALIZED_TIME, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET,
    UTC_TIME, context_constructed,
};
use crate::time::Civil;

/// The bytes are not the DER that was expected. Says what was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid DER: {0}")]
pub struct Malformed(pub(crate) &'static str);

/// What remains to be read.
#[derive(Clone, Copy)]
pub(crate) struct Decoder<'a>(&'a [u8]);

/// One element: its tag, its content, and itself with tag and length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(der: &'a [u8]) -> Self {
        Self(der)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What has not been read yet.
    #[inline]
    pub(crate) fn remaining(&self) -> &'a [u8] {
        self.0
    }

    /// Nothing may follow what was read.
    pub(crate) fn finish(self, what: &'static str) -> Result<(), Malformed> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Malformed(what))
        }
    }

    /// The next element. Long-form tags, indefinite and non-minimal lengths are refused (X.690 §10.1);
    /// a length beyond the input is refused before anything is done with it.
    #[inline]
    pub(crate) fn any(&mut self, what: &'static str) -> Result<Element<'a>, Malformed> {
        let start = self.0;
        let (tag, first, rest) = match start {
            [tag, first, rest @ ..] if tag & 0x1f != 0x1f => (*tag, *first, rest),
            _ => return Err(Malformed(what)),
        };
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (octets, rest) = rest
                    .split_at_checked(usize::from(first & 0x07))
                    .ok_or(Malformed(what))?;
                // At most four octets: `usize` has 32 bits at least wherever this runs.
                let length = octets
                    .iter()
                    .fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
                if length < 0x80 || octets.first() == Some(&0) {
                    return Err(Malformed(what));
                }
                (length, rest)
            }
            _ => return Err(Malformed(what)),
        };
        let (value, after) = rest.split_at_checked(length).ok_or(Malformed(what))?;
        let whole = start.get(..start.len() - after.len()).ok_or(Malformed(what))?;
        self.0 = after;
        Ok(Element { tag, value, whole })
    }

    /// The next element, which must have this tag.
    #[inline]
    pub(crate) fn tagged(&mut self, tag: u8, what: &'static str) -> Result<Element<'a>, Malformed> {
        let element = self.any(what)?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(Malformed(what))
        }
    }

    /// The next element if it has this tag.
    #[inline]
    pub(crate) fn optional(&mut self, tag: u8, what: &'static str) -> Result<Option<Element<'a>>, Malformed> {
        match self.0.first() {
            Some(next) if *next == tag => self.any(what).map(Some),
            _ => Ok(None),
        }
    }

    #[inline]
    pub(crate) fn sequence(&mut self, what: &'static str) -> Result<Self, Malformed> {
        Ok(self.tagged(SEQUENCE, what)?.content())
    }

    pub(crate) fn set(&mut self, what: &'static str) -> Result<Self, Malformed> {
        Ok(self.tagged(SET, what)?.content())
    }

    pub(crate) fn context(&mut self, number: u8, what: &'static str) -> Result<Option<Self>, Malformed> {
        Ok(self.optional(context_constructed(number), what)?.map(Element::content))
    }

    pub(crate) fn oid(&mut self, what: &'static str) -> Result<ObjectIdentifier, Malformed> {
        self.tagged(OBJECT_IDENTIFIER, what)?.oid(what)
    }

    #[inline]
    pub(crate) fn octets(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        Ok(self.tagged(OCTET_STRING, what)?.value)
    }

    /// A BIT STRING of whole octets.
    pub(crate) fn bits(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        match self.tagged(BIT_STRING, what)?.value {
            [0, octets @ ..] => Ok(octets),
            _ => Err(Malformed(what)),
        }
    }

    /// A named-bit list of at most sixteen bits; bit 0 comes back as the lowest bit. Trailing zeros are not DER.
    pub(crate) fn named_bits(&mut self, what: &'static str) -> Result<u16, Malformed> {
        let (unused, high, low) = match self.tagged(BIT_STRING, what)?.value {
            [0] => return Ok(0),
            [unused, high] => (*unused, *high, 0),
            [unused, high, low] => (*unused, *high, *low),
            _ => return Err(Malformed(what)),
        };
        let last = if low == 0 { high } else { low };
        if u32::from(unused) != last.trailing_zeros() || last == 0 {
            return Err(Malformed(what));
        }
        Ok(u16::from_be_bytes([high, low]).reverse_bits())
    }

    /// BOOLEAN DEFAULT FALSE: absent is false, and an encoded FALSE is not DER.
    #[inline]
    pub(crate) fn yes(&mut self, what: &'static str) -> Result<bool, Malformed> {
        match self.optional(BOOLEAN, what)? {
            None => Ok(false),
            Some(Element { value: [0xff], .. }) => Ok(true),
            Some(_) => Err(Malformed(what)),
        }
    }

    /// A non-negative INTEGER, minimal, without its sign octet. Zero is the empty slice.
    #[inline]
    pub(crate) fn unsigned(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        self.tagged(INTEGER, what)?.unsigned(what)
    }

    /// A non-negative INTEGER that must fit 32 bits.
    pub(crate) fn small(&mut self, what: &'static str) -> Result<u32, Malformed> {
        let octets = self.unsigned(what)?;
        if octets.len() > 4 {
            return Err(Malformed(what));
        }
        Ok(octets.iter().fold(0, |value, octet| value << 8 | u32::from(*octet)))
    }

    #[inline]
    pub(crate) fn enumerated(&mut self, what: &'static str) -> Result<u8, Malformed> {
        match self.tagged(ENUMERATED, what)?.value {
            [value @ 0..=0x7f] => Ok(*value),
            _ => Err(Malformed(what)),
        }
    }

    pub(crate) fn null(&mut self, what: &'static str) -> Result<(), Malformed> {
        match self.tagged(NULL, what)?.value {
            [] => Ok(()),
            _ => Err(Malformed(what)),
        }
    }

    /// UTCTime or GeneralizedTime.
    #[inline]
    pub(crate) fn time(&mut self, what: &'static str) -> Result<i64, Malformed> {
        self.any(what)?.time(what)
    }

    pub(crate) fn generalized_time(&mut self, what: &'static str) -> Result<i64, Malformed> {
        self.tagged(GENERALIZED_TIME, what)?.time(what)
    }
}

impl<'a> Element<'a> {
    #[inline]
    pub(crate) fn content(self) -> Decoder<'a> {
        Decoder(self.value)
    }

    pub(crate) fn oid(self, what: &'static str) -> Result<ObjectIdentifier, Malformed> {
        ObjectIdentifier::from_bytes(self.value).map_err(|_| Malformed(what))
    }

    #[inline]
    pub(crate) fn unsigned(self, what: &'static str) -> Result<&'a [u8], Malformed> {
        match self.value {
            [0] => Ok(&[]),
            [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest),
            [1..=0x7f, ..] => Ok(self.value),
            _ => Err(Malformed(what)),
        }
    }

    #[inline]
    pub(crate) fn time(self, what: &'static str) -> Result<i64, Malformed> {
        match (self.tag, self.value.len()) {
            (UTC_TIME, 13) | (GENERALIZED_TIME, 15) => Civil::read(self.value).ok_or(Malformed(what)),
            _ => Err(Malformed(what)),
        }
    }
}

/// Reads one whole structure; nothing may follow it.
pub(crate) fn only<'a>(der: &'a [u8], tag: u8, what: &'static str) -> Result<Element<'a>, Malformed> {
    let mut decoder = Decoder::new(der);
    let element = decoder.tagged(tag, what)?;
    decoder.finish(what)?;
    Ok(element)
}
