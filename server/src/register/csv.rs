//! Records of a CSV file (RFC 4180), each with the line on which it begins.
//!
//! In both encodings the octets of comma, quotation mark and line end are never part of another character's where they are
//! looked at: UTF-8 has none below 0x80, and of Shift_JIS every second octet is skipped with its first.

use super::{Encoding, Why};

/// A record.
pub(crate) struct Record {
    /// The line on which it begins, from 1.
    pub(crate) line: usize,
    pub(crate) values: Vec<String>,
    /// Why its values cannot be used.
    pub(crate) wrong: Option<Why>,
}

/// The records of a file, blank lines left out.
pub(crate) fn records(octets: &[u8], encoding: Encoding) -> impl Iterator<Item = Record> {
    Records {
        rest: octets,
        line: 1,
        encoding,
    }
}

/// UTF-8 if it is that, with a mark or without; else Shift_JIS if its header can be read so. `is_header` says whether a first
/// record is one; what is neither is named.
pub(crate) fn encoding_of(
    octets: &[u8],
    is_header: impl Fn(&[String]) -> bool,
) -> Result<(Encoding, &[u8]), &'static str> {
    if let Some(rest) = octets.strip_prefix(b"\xef\xbb\xbf") {
        return Ok((Encoding::Utf8, rest));
    }
    for (mark, name) in [
        (&b"\xff\xfe"[..], "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
        (b"PK\x03\x04", "a workbook"),
    ] {
        if octets.starts_with(mark) {
            return Err(name);
        }
    }
    if std::str::from_utf8(octets).is_ok() {
        return Ok((Encoding::Utf8, octets));
    }
    // A wrong octet somewhere does not make a file of UTF-8 one of Shift_JIS: the header decides.
    let reads = |encoding| {
        let header = records(octets, encoding).next();
        header.is_some_and(|header| header.wrong.is_none() && is_header(&header.values))
    };
    if reads(Encoding::Utf8) {
        Ok((Encoding::Utf8, octets))
    } else if encoding_rs::SHIFT_JIS.decode_without_bom_handling(octets).1 && !reads(Encoding::ShiftJis) {
        Err("neither")
    } else {
        Ok((Encoding::ShiftJis, octets))
    }
}

struct Records<'a> {
    rest: &'a [u8],
    line: usize,
    encoding: Encoding,
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        // A file that another program closed ends with a line end, and some end with more.
        loop {
            match self.rest {
                [b'\n', rest @ ..] => {
                    self.rest = rest;
                    self.line += 1;
                }
                [b'\r', rest @ ..] => self.rest = rest,
                [] => return None,
                _ => return Some(self.record()),
            }
        }
    }
}

impl Records<'_> {
    fn record(&mut self) -> Record {
        let line = self.line;
        let (mut values, mut wrong) = (Vec::new(), None);
        loop {
            let (octets, ended, misquoted) = self.value();
            if misquoted {
                wrong = wrong.or(Some(Why::Quotes));
            }
            match decoded(&octets, self.encoding) {
                Ok(value) => values.push(value),
                Err(why) => wrong = wrong.or(Some(why)),
            }
            if ended {
                return Record { line, values, wrong };
            }
        }
    }

    /// The octets of one value, whether the record ends with it, and whether its quotation marks are wrong.
    fn value(&mut self) -> (Vec<u8>, bool, bool) {
        let mut value = Vec::new();
        let quoted = self.rest.first() == Some(&b'"');
        if quoted {
            self.skip(1);
        }
        let (mut within, mut misquoted) = (quoted, false);
        while let Some(&octet) = self.rest.first() {
            if self.is_first_of_two(octet) {
                value.extend(self.rest.iter().take(2));
                self.skip(2);
                continue;
            }
            self.skip(1);
            match octet {
                b'"' if within && self.rest.first() == Some(&b'"') => {
                    value.push(octet);
                    self.skip(1);
                }
                b'"' if within => within = false,
                b'"' => misquoted = true,
                b',' if !within => return (value, false, misquoted),
                b'\n' if !within => {
                    self.line += 1;
                    if value.last() == Some(&b'\r') {
                        value.pop();
                    }
                    return (value, true, misquoted);
                }
                b'\n' => {
                    self.line += 1;
                    value.push(octet);
                }
                // What follows a closed value up to the comma is not part of it.
                _ if quoted && !within => misquoted |= octet != b'\r',
                _ => value.push(octet),
            }
        }
        (value, true, misquoted || within)
    }

    fn is_first_of_two(&self, octet: u8) -> bool {
        // JIS X 0208 in its shifted form; a line end is never a second octet.
        self.encoding == Encoding::ShiftJis
            && matches!(octet, 0x81..=0x9f | 0xe0..=0xfc)
            && self.rest.get(1).is_some_and(|second| *second >= 0x40)
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

fn decoded(octets: &[u8], encoding: Encoding) -> Result<String, Why> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(octets)
            .map(str::to_owned)
            .map_err(|_| Why::Octets("UTF-8")),
        Encoding::ShiftJis => encoding_rs::SHIFT_JIS
            .decode_without_bom_handling_and_without_replacement(octets)
            .map(std::borrow::Cow::into_owned)
            .ok_or(Why::Octets("Shift_JIS")),
    }
}
