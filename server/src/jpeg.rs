//! What a decoder of JPEG forgives and we do not.

/// Whether a JPEG has its end (T.81 annex B): from segment to segment, so that a preview inside of one does not count. A
/// decoder paints grey what is missing; a picture of which half is missing is none.
pub(crate) fn ends(octets: &[u8]) -> bool {
    let mut at = 2;
    while let Some(found) = octets
        .get(at..)
        .and_then(|rest| rest.iter().position(|octet| *octet == 0xff))
    {
        at += found;
        while octets.get(at) == Some(&0xff) {
            at += 1;
        }
        let Some(marker) = octets.get(at) else { return false };
        at += 1;
        match marker {
            0xd9 => return true,
            // Stuffed octets and restarts inside of the picture have no length.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            _ => {
                let Some([high, low]) = octets.get(at..at + 2) else {
                    return false;
                };
                at += usize::from(u16::from_be_bytes([*high, *low])).max(2);
            }
        }
    }
    false
}
