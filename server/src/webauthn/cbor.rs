//! CBOR as authenticators write it: the canonical form of CTAP2 (§8), which is a small part of RFC 8949. What is longer
//! than it need be, of no stated length, or nested deeply is refused.

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Integer(i64),
    Octets(&'a [u8]),
    Text(&'a str),
    /// An array, a map or a simple value, which no caller looks into.
    Other,
}

/// Reads one value after another. `None` means: not of this form; nothing is read after that.
pub(super) struct Reader<'a> {
    octets: &'a [u8],
    place: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { octets, place: 0 }
    }

    /// How many octets were read.
    pub(super) const fn place(&self) -> usize {
        self.place
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.place == self.octets.len()
    }

    /// A map begins: how many pairs it has.
    pub(super) fn map(&mut self) -> Option<usize> {
        match self.head()? {
            (MAP, pairs) => self.fitting(pairs),
            _ => None,
        }
    }

    pub(super) fn integer(&mut self) -> Option<i64> {
        match self.item()? {
            Item::Integer(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        match self.item()? {
            Item::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn octets(&mut self) -> Option<&'a [u8]> {
        match self.item()? {
            Item::Octets(octets) => Some(octets),
            _ => None,
        }
    }

    pub(super) fn item(&mut self) -> Option<Item<'a>> {
        self.nested(DEEPEST)
    }

    /// Reads over a map, whatever it holds.
    pub(super) fn skip_map(&mut self) -> Option<()> {
        (self.octets.get(self.place)? >> 5 == MAP).then_some(())?;
        self.item().map(drop)
    }

    fn nested(&mut self, deeper: usize) -> Option<Item<'a>> {
        let (kind, value) = self.head()?;
        Some(match kind {
            POSITIVE => Item::Integer(i64::try_from(value).ok()?),
            NEGATIVE => Item::Integer(-1 - i64::try_from(value).ok()?),
            OCTETS => Item::Octets(self.take(value)?),
            TEXT => Item::Text(std::str::from_utf8(self.take(value)?).ok()?),
            ARRAY | MAP => {
                let deeper = deeper.checked_sub(1)?;
                let items = self.fitting(value)? * if kind == MAP { 2 } else { 1 };
                for _ in 0..items {
                    self.nested(deeper)?;
                }
                Item::Other
            }
            // false, true and null; no floating point, no tag.
            SIMPLE if (20..=22).contains(&value) => Item::Other,
            _ => return None,
        })
    }

    /// Kind and argument of the next value (RFC 8949 §3), in the shortest form.
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.octets.get(self.place)?;
        self.place += 1;
        let kind = first >> 5;
        let length = match first & 31 {
            small @ 0..=23 => return Some((kind, u64::from(small))),
            power @ 24..=27 if kind != SIMPLE => 1_usize << (power - 24),
            _ => return None,
        };
        let value = self.take(u64::try_from(length).ok()?)?;
        let value = value.iter().fold(0, |value, octet| value << 8 | u64::from(*octet));
        let least = match length {
            1 => 24,
            length => 1_u64 << (4 * length),
        };
        (value >= least).then_some((kind, value))
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let end = self.place.checked_add(usize::try_from(length).ok()?)?;
        let octets = self.octets.get(self.place..end)?;
        self.place = end;
        Some(octets)
    }

    /// So many values can still follow: each has one octet at least.
    fn fitting(&self, count: u64) -> Option<usize> {
        let count = usize::try_from(count).ok()?;
        (count <= self.octets.len() - self.place).then_some(count)
    }
}

const POSITIVE: u8 = 0;
const NEGATIVE: u8 = 1;
const OCTETS: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const SIMPLE: u8 = 7;
/// CTAP2 §8 allows four.
const DEEPEST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_is_read_and_no_other() {
        let read = |octets: &[u8]| {
            let mut reader = Reader::new(octets);
            let item = reader.item().map(|item| format!("{item:?}"));
            item.filter(|_| reader.is_at_end())
        };
        assert_eq!(read(&[0x17]).as_deref(), Some("Integer(23)"));
        assert_eq!(read(&[0x18, 24]).as_deref(), Some("Integer(24)"));
        assert_eq!(read(&[0x39, 1, 0]).as_deref(), Some("Integer(-257)"));
        assert_eq!(read(&[0x63, b'f', b'm', b't']).as_deref(), Some("Text(\"fmt\")"));
        assert_eq!(read(&[0xa1, 0x61, b'a', 0x80]).as_deref(), Some("Other"));
        for wrong in [
            &[][..],
            // Longer than need be.
            &[0x18, 23],
            &[0x19, 0, 255],
            &[0x1a, 0, 0, 255, 255],
            // Of no stated length, a tag, a float.
            &[0xbf, 0xff],
            &[0xc0, 0x00],
            &[0xf9, 0, 0],
            // Cut short, and more announced than can follow.
            &[0x42, 1],
            &[0xa1, 0x00],
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            // No UTF-8.
            &[0x61, 0xff],
            // Too deep.
            &[0x81, 0x81, 0x81, 0x81, 0x81, 0x00],
        ] {
            assert_eq!(read(wrong), None, "{wrong:02x?}");
        }
    }
}
