//! BER-TLV as smart cards use it (ISO 7816-4 §6.3, X.690 §8.1): definite lengths, tags of up to three bytes.
//!
//! The reader never allocates and never panics, whatever the bytes.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

/// A tag as its bytes read as one number: `0x53`, `0x7F49`, `0x5FC105`.
pub type Tag = u32;

/// Why bytes are not BER-TLV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlvFault {
    /// The bytes end inside a tag, a length or a value.
    #[error("the TLV is cut short")]
    Truncated,
    /// A tag of more than three bytes.
    #[error("the tag is longer than three bytes")]
    LongTag,
    /// An indefinite length, or one of more than three length bytes.
    #[error("the length is not a definite length of at most three bytes")]
    Length,
    /// The wanted tag is not there.
    #[error("tag {0:X} is missing")]
    Missing(Tag),
}

/// One element: its tag and the bytes of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The tag.
    pub tag: Tag,
    /// The value, without tag and length.
    pub value: &'a [u8],
    /// Tag, length and value together.
    pub whole: &'a [u8],
}

/// The elements of `bytes`, in order; ends after the first fault.
pub fn elements(bytes: &[u8]) -> Elements<'_> {
    Elements { rest: bytes }
}

/// The value of the first element with `tag`.
pub fn find(bytes: &[u8], tag: Tag) -> Result<&[u8], TlvFault> {
    for element in elements(bytes) {
        let element = element?;
        if element.tag == tag {
            return Ok(element.value);
        }
    }
    Err(TlvFault::Missing(tag))
}

/// Splits the first element off `bytes`; the second part is what follows it.
pub fn first(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), TlvFault> {
    let (tag, after_tag) = take_tag(bytes)?;
    let (length, after_length) = take_length(after_tag)?;
    let (value, rest) = after_length.split_at_checked(length).ok_or(TlvFault::Truncated)?;
    let (whole, _) = bytes
        .split_at_checked(bytes.len() - rest.len())
        .ok_or(TlvFault::Truncated)?;
    Ok((Element { tag, value, whole }, rest))
}

/// How long the first element is as a whole, from its first bytes: what its tag and length announce.
pub fn announced(bytes: &[u8]) -> Result<usize, TlvFault> {
    let (_, after_tag) = take_tag(bytes)?;
    let (length, after_length) = take_length(after_tag)?;
    Ok(bytes.len() - after_length.len() + length)
}

/// Appends one element.
///
/// # Panics
/// When `value` is longer than 16 MiB: no card object is.
pub fn push(out: &mut Vec<u8>, tag: Tag, value: &[u8]) {
    push_tag(out, tag);
    let length = u32::try_from(value.len())
        .ok()
        .filter(|length| *length < 1 << 24)
        .expect("a card object is shorter than 16 MiB");
    let [_, high, middle, low] = length.to_be_bytes();
    match length {
        0..=0x7F => out.push(low),
        0x80..=0xFF => out.extend([0x81, low]),
        0x100..=0xFFFF => out.extend([0x82, middle, low]),
        _ => out.extend([0x83, high, middle, low]),
    }
    out.extend_from_slice(value);
}

/// One element as bytes.
pub fn element(tag: Tag, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 7);
    push(&mut out, tag, value);
    out
}

/// The bytes of a tag, as `5C` lists them.
pub fn push_tag(out: &mut Vec<u8>, tag: Tag) {
    let bytes = tag.to_be_bytes();
    let leading = bytes.iter().take(3).take_while(|byte| **byte == 0).count();
    out.extend(bytes.iter().skip(leading));
}

/// See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, TlvFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match first(self.rest) {
            Ok((element, rest)) => {
                self.rest = rest;
                Some(Ok(element))
            }
            Err(fault) => {
                self.rest = &[];
                Some(Err(fault))
            }
        }
    }
}

fn take_tag(bytes: &[u8]) -> Result<(Tag, &[u8]), TlvFault> {
    let (first, mut rest) = bytes.split_first().ok_or(TlvFault::Truncated)?;
    let mut tag = Tag::from(*first);
    if first & 0x1F != 0x1F {
        return Ok((tag, rest));
    }
    for _ in 0..2 {
        let (next, after) = rest.split_first().ok_or(TlvFault::Truncated)?;
        tag = tag << 8 | Tag::from(*next);
        rest = after;
        if next & 0x80 == 0 {
            return Ok((tag, rest));
        }
    }
    // PIV's tags (5FC102 and its kin) have bit 8 set in the middle byte and not in the last, so three bytes always suffice.
    Err(TlvFault::LongTag)
}

fn take_length(bytes: &[u8]) -> Result<(usize, &[u8]), TlvFault> {
    let (first, rest) = bytes.split_first().ok_or(TlvFault::Truncated)?;
    let count = match first {
        0..=0x7F => return Ok((usize::from(*first), rest)),
        0x81..=0x83 => usize::from(first & 0x7F),
        _ => return Err(TlvFault::Length),
    };
    let (length, rest) = rest.split_at_checked(count).ok_or(TlvFault::Truncated)?;
    let length = length.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    Ok((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_tags_of_every_size_are_written_and_read_back() {
        for (tag, size) in [
            (0x53, 0),
            (0x53, 0x7F),
            (0x70, 0x80),
            (0x7F49, 0xFF),
            (0x5F_C105, 0x100),
            (0x5F_C10A, 0xFFFF),
            (0x7E, 0x1_0000),
        ] {
            let value = vec![0xA5; size];
            let bytes = element(tag, &value);
            let (read, rest) = first(&bytes).unwrap();
            assert_eq!((read.tag, read.value, read.whole), (tag, &value[..], &bytes[..]));
            assert!(rest.is_empty());
            let (head, _) = bytes.split_at(bytes.len().min(7));
            assert_eq!(announced(head), Ok(bytes.len()));
        }
    }

    #[test]
    fn what_is_cut_short_or_indefinite_is_refused() {
        assert_eq!(first(&[]), Err(TlvFault::Truncated));
        assert_eq!(first(&[0x53]), Err(TlvFault::Truncated));
        assert_eq!(first(&[0x53, 2, 0]), Err(TlvFault::Truncated));
        assert_eq!(first(&[0x53, 0x82, 1]), Err(TlvFault::Truncated));
        assert_eq!(first(&[0x53, 0x80, 0, 0]), Err(TlvFault::Length));
        assert_eq!(first(&[0x53, 0x84, 0, 0, 0, 0]), Err(TlvFault::Length));
        assert_eq!(first(&[0x5F, 0xC1, 0x85, 0]), Err(TlvFault::LongTag));
        assert_eq!(find(&[0x53, 0], 0x70), Err(TlvFault::Missing(0x70)));
    }
}
