//! BER-TLV as PIV has it and DER as PKCS#10 has it: the same bytes, as far as either is needed here.

/// One element.
pub(crate) fn element(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = tag.to_vec();
    match value.len() {
        short @ 0..=0x7F => bytes.push(short as u8),
        one @ 0x80..=0xFF => bytes.extend([0x81, one as u8]),
        two => bytes.extend([0x82, (two >> 8) as u8, two as u8]),
    }
    bytes.extend_from_slice(value);
    bytes
}

/// Several pieces in a row.
pub(crate) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The value of the first element with that tag (of one or two bytes) at the top of `bytes`.
pub(crate) fn find<'a>(bytes: &'a [u8], tag: &[u8]) -> Option<&'a [u8]> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let wide = rest[0] & 0x1F == 0x1F;
        let (own, after) = rest.split_at_checked(if wide { 2 } else { 1 })?;
        let (length, after) = match *after {
            [short @ 0..=0x7F, ref after @ ..] => (usize::from(short), after),
            [0x81, one, ref after @ ..] => (usize::from(one), after),
            [0x82, high, low, ref after @ ..] => (usize::from(u16::from_be_bytes([high, low])), after),
            _ => return None,
        };
        let (value, after) = after.split_at_checked(length)?;
        if own == tag {
            return Some(value);
        }
        rest = after;
    }
    None
}
