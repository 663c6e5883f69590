//! A journal that is only read: of this node, of another one, or of a node that is no more.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::{Chain, Entry, FILE, JournalFault, KEY_FILE, LONGEST_LINE, parse, signed};

/// Every whole line of a journal: a file, or the one in a data directory. Each must follow from the one before, and the
/// last must be signed by one of these keys or by the one that lies beside the file.
pub fn lines(place: &Path, keys: &[[u8; 32]]) -> Result<Vec<Entry>, JournalFault> {
    let path = if place.is_dir() {
        place.join(FILE)
    } else {
        place.to_owned()
    };
    let unreadable = |why: std::io::Error| JournalFault::Unreadable {
        path: path.clone(),
        why: why.to_string(),
    };
    let mut reader = BufReader::new(File::open(&path).map_err(unreadable)?);
    let (mut entries, mut end, mut last, mut text) = (Vec::new(), Chain::default(), Vec::new(), Vec::new());
    loop {
        text.clear();
        let line = entries.len() + 1;
        reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut text)
            .map_err(unreadable)?;
        // What a crash cut off in the middle of a line was never acknowledged.
        let Some((b'\n', content)) = text.split_last() else {
            break;
        };
        let changed = |why| JournalFault::Changed {
            path: path.clone(),
            line,
            why,
        };
        let (entry, head, signature) = parse(content).ok_or_else(|| changed("is not a line of it"))?;
        end = end
            .after(&entry)
            .ok_or_else(|| changed("has another number than the next"))?;
        if end.head() != head {
            return Err(changed("does not follow from the lines before it"));
        }
        last = signature;
        entries.push(entry);
    }
    let beside = path.parent().and_then(key_in);
    let is_signed = beside.iter().chain(keys).any(|key| {
        UnparsedPublicKey::new(&ED25519, key)
            .verify(&signed(&end.head()), &last)
            .is_ok()
    });
    if entries.is_empty() || is_signed {
        Ok(entries)
    } else {
        Err(JournalFault::Changed {
            line: entries.len(),
            path,
            why: "is signed neither by the key beside it nor by a node that the database knows",
        })
    }
}

fn key_in(directory: &Path) -> Option<[u8; 32]> {
    let seed = zeroize::Zeroizing::new(std::fs::read(directory.join(KEY_FILE)).ok()?);
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
    pair.public_key().as_ref().try_into().ok()
}
