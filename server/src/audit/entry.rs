//! What stands in the log: one commitment of 32 octets for each event, which tells nothing without its salt.

use casework::time::Instant;

use super::tree::{self, Hash};

/// What is hashed to a commitment. Every part but the last has a fixed length.
pub fn committed(salt: &[u8; 16], sequence: i64, at: Instant, case: &[u8; 16], document: &str) -> Vec<u8> {
    parts(salt, &sequence.to_be_bytes(), &at.0.to_be_bytes(), case, document).concat()
}

/// The commitment to an event: SHA-256 over [`committed`].
pub fn commitment(salt: &[u8; 16], sequence: i64, at: Instant, case: &[u8; 16], document: &str) -> Hash {
    tree::sha256(&parts(
        salt,
        &sequence.to_be_bytes(),
        &at.0.to_be_bytes(),
        case,
        document,
    ))
}

fn parts<'a>(
    salt: &'a [u8; 16],
    sequence: &'a [u8; 8],
    at: &'a [u8; 8],
    case: &'a [u8; 16],
    document: &'a str,
) -> [&'a [u8]; 6] {
    [LABEL, salt, sequence, at, case, document.as_bytes()]
}

const LABEL: &[u8] = b"\0KAGIMORI event 1\0";
