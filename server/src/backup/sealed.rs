//! The encryption of a backup: the age format, version 1, with a passphrase (<https://age-encryption.org/v1>, C2SP `age`).
//!
//! A public format, so that `age -d` opens a backup on a machine where this program is not. The passphrase gives a key by
//! scrypt, that key wraps the file's own, and the content is ChaCha20-Poly1305 in the STREAM construction: chunks of
//! 64 KiB, each authenticated with its number, the last one marked, so that a chunk that is changed, moved, left out or
//! cut off is found when it is read and before any of it is believed.

use std::io::{self, BufRead, Read, Write};

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use zeroize::Zeroizing;

use crate::chance::Chance;

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// It is no backup, or its first lines are torn.
    #[error("it is not an age file with a passphrase")]
    NotSealed,
    /// Opening it would take more memory than this program gives.
    #[error("its scrypt work factor of {0} is more than {MOST_WORK}; it was not written by this program")]
    Work(u8),
    /// The passphrase is another one, or the first lines were changed.
    #[error("the passphrase does not open it")]
    Passphrase,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unread(#[from] io::Error),
}

/// Encrypts what is written to it. [`Sealer::finish`] writes the last chunk; without it the file is a torn one.
pub struct Sealer<W> {
    to: W,
    chunks: Chunks,
    held: Vec<u8>,
}

/// Decrypts. A read returns only octets that were authenticated; [`io::ErrorKind::InvalidData`] says that the rest is
/// not as it was written, [`io::ErrorKind::UnexpectedEof`] that it was cut.
pub struct Opener<R> {
    from: R,
    chunks: Chunks,
    held: Vec<u8>,
    read: usize,
    ended: bool,
}

/// The key of a content and the number of its next chunk.
struct Chunks {
    key: LessSafeKey,
    number: u64,
}

impl<W: Write> Sealer<W> {
    /// Writes the head of a file that this passphrase opens.
    pub fn new(mut to: W, passphrase: &[u8], chance: &Chance) -> io::Result<Self> {
        let file_key = Zeroizing::new(chance.octets::<16>());
        let salt: [u8; 16] = chance.octets();
        let wrap = key_of(&*wrapping_key(passphrase, &salt, WORK).ok_or_else(defect)?)?;
        let mut body = file_key.to_vec();
        // One key wraps one file key, ever: the salt is fresh.
        wrap.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut body)
            .map_err(|_| defect())?;
        let mut head = format!(
            "{VERSION}\n-> scrypt {} {WORK}\n{}\n---",
            BASE64.encode(salt),
            BASE64.encode(&body)
        );
        let mac = hmac::sign(&head_key(&file_key)?, head.as_bytes());
        head.push(' ');
        head.push_str(&BASE64.encode(mac.as_ref()));
        head.push('\n');
        let nonce: [u8; 16] = chance.octets();
        to.write_all(head.as_bytes())?;
        to.write_all(&nonce)?;
        Ok(Self {
            to,
            chunks: Chunks::new(&file_key, &nonce)?,
            held: Vec::with_capacity(CHUNK + TAG),
        })
    }

    /// Writes the last chunk and gives back what was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.chunks.seal(&mut self.held, Place::Last)?;
        self.to.write_all(&self.held)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        // A full chunk waits for one more octet: only then is it known not to be the last.
        if self.held.len() == CHUNK && !octets.is_empty() {
            self.chunks.seal(&mut self.held, Place::Inner)?;
            self.to.write_all(&self.held)?;
            self.held.clear();
        }
        let taken = octets.len().min(CHUNK - self.held.len());
        self.held.extend_from_slice(octets.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl<R: BufRead> Opener<R> {
    /// Reads the head and opens it.
    pub fn new(mut from: R, passphrase: &[u8]) -> Result<Self, Unopened> {
        let version = line(&mut from)?;
        let stanza = line(&mut from)?;
        let body = line(&mut from)?;
        let last = line(&mut from)?;
        if version != VERSION {
            return Err(Unopened::NotSealed);
        }
        let mut words = stanza.strip_prefix("-> scrypt ").ok_or(Unopened::NotSealed)?.split(' ');
        let (Some(salt), Some(work), None) = (words.next(), words.next(), words.next()) else {
            return Err(Unopened::NotSealed);
        };
        let salt = decoded(salt)
            .filter(|salt| salt.len() == 16)
            .ok_or(Unopened::NotSealed)?;
        let work: u8 = work.parse().map_err(|_| Unopened::NotSealed)?;
        if work > MOST_WORK {
            return Err(Unopened::Work(work));
        }
        let mac = last.strip_prefix("--- ").and_then(decoded).ok_or(Unopened::NotSealed)?;
        let mut wrapped = Zeroizing::new(decoded(&body).ok_or(Unopened::NotSealed)?);
        let wrap = key_of(&*wrapping_key(passphrase, &salt, work).ok_or(Unopened::NotSealed)?)?;
        let file_key: [u8; 16] = wrap
            .open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut wrapped)
            .ok()
            .and_then(|key| (&*key).try_into().ok())
            .ok_or(Unopened::Passphrase)?;
        let file_key = Zeroizing::new(file_key);
        let head = format!("{version}\n{stanza}\n{body}\n---");
        hmac::verify(&head_key(&file_key)?, head.as_bytes(), &mac).map_err(|_| Unopened::Passphrase)?;
        let mut nonce = [0; 16];
        from.read_exact(&mut nonce)?;
        Ok(Self {
            from,
            chunks: Chunks::new(&file_key, &nonce)?,
            held: Vec::new(),
            read: 0,
            ended: false,
        })
    }

    /// The next chunk into `held`.
    fn chunk(&mut self) -> io::Result<()> {
        let mut chunk = Vec::with_capacity(CHUNK + TAG);
        self.from.by_ref().take((CHUNK + TAG) as u64).read_to_end(&mut chunk)?;
        let place = if self.from.fill_buf()?.is_empty() {
            Place::Last
        } else {
            Place::Inner
        };
        // Cut at the end of a chunk, the last that is left is no last one, and its tag says so.
        self.chunks.open(&mut chunk, place)?;
        if chunk.is_empty() && self.chunks.number > 1 {
            return Err(changed());
        }
        self.ended = place == Place::Last;
        (self.held, self.read) = (chunk, 0);
        Ok(())
    }
}

impl<R: BufRead> Read for Opener<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.read == self.held.len() && !self.ended {
            self.chunk()?;
        }
        let rest = self.held.get(self.read..).unwrap_or_default();
        let length = rest.len().min(to.len());
        to.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.read += length;
        Ok(length)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Inner,
    Last,
}

impl Chunks {
    fn new(file_key: &[u8; 16], nonce: &[u8; 16]) -> io::Result<Self> {
        Ok(Self {
            key: key_of(&*derived(file_key, nonce, b"payload")?)?,
            number: 0,
        })
    }

    fn seal(&mut self, chunk: &mut Vec<u8>, place: Place) -> io::Result<()> {
        let nonce = self.nonce(place);
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), chunk)
            .map_err(|_| defect())
    }

    fn open(&mut self, chunk: &mut Vec<u8>, place: Place) -> io::Result<()> {
        let nonce = self.nonce(place);
        let length = self
            .key
            .open_in_place(nonce, Aad::empty(), chunk)
            .map_err(|_| changed())?
            .len();
        chunk.truncate(length);
        Ok(())
    }

    /// Eleven octets of the chunk's number and one that says whether it is the last: never twice under one key.
    fn nonce(&mut self, place: Place) -> Nonce {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(place == Place::Last);
        self.number += 1;
        Nonce::assume_unique_for_key(nonce)
    }
}

fn wrapping_key(passphrase: &[u8], salt: &[u8], work: u8) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let parameters = scrypt::Params::new(work, 8, 1).ok()?;
    scrypt::scrypt(passphrase, &[LABEL, salt].concat(), &parameters, &mut *key).ok()?;
    Some(key)
}

fn head_key(file_key: &[u8; 16]) -> io::Result<hmac::Key> {
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &*derived(file_key, &[], b"header")?))
}

fn derived(file_key: &[u8; 16], salt: &[u8], purpose: &[u8]) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(file_key)
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|derived| derived.fill(&mut *key))
        .map_err(|_| defect())?;
    Ok(key)
}

fn key_of(octets: &[u8; 32]) -> io::Result<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, octets).map_err(|_| defect())?;
    Ok(LessSafeKey::new(key))
}

/// A line of the head, without its end.
fn line(from: &mut impl BufRead) -> Result<String, Unopened> {
    let mut line = Vec::new();
    from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    let text = line.strip_suffix(b"\n").ok_or(Unopened::NotSealed)?;
    String::from_utf8(text.to_vec()).map_err(|_| Unopened::NotSealed)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it was changed or cut after it was written")
}

fn defect() -> io::Error {
    io::Error::other("the cryptography refuses fixed lengths")
}

const VERSION: &str = "age-encryption.org/v1";
const LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
/// log₂ of scrypt's N: 128 MiB and about a third of a second (OWASP's first choice).
const WORK: u8 = 17;
/// 1 GiB.
const MOST_WORK: u8 = 20;
const CHUNK: usize = 65_536;
const TAG: usize = 16;
const LONGEST_LINE: u64 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(content: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), b"passphrase", &Chance::seeded(1)).unwrap();
        sealer.write_all(content).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(file: &[u8]) -> Result<Vec<u8>, Unopened> {
        let mut content = Vec::new();
        Opener::new(file, b"passphrase")?.read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn what_was_sealed_is_opened_at_every_length_around_a_chunk() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5] {
            let content: Vec<u8> = (0..=250).cycle().take(length).collect();
            assert_eq!(opened(&sealed(&content)).unwrap(), content, "{length}");
        }
    }

    #[test]
    fn a54_what_was_cut_changed_or_opened_by_another_is_refused() {
        let content = vec![7; 2 * CHUNK];
        let file = sealed(&content);
        for cut in [file.len() - 1, file.len() - CHUNK - TAG, file.len() - CHUNK, 300, 40, 0] {
            assert!(opened(&file[..cut]).is_err(), "cut at {cut}");
        }
        for place in [0, 30, 50, 80, 100, 140, 170, 200, 5_000, CHUNK + 400, file.len() - 1] {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(opened(&changed).is_err(), "octet {place}");
        }
        let longer = [file.as_slice(), b"\0"].concat();
        assert!(opened(&longer).is_err());
        assert!(matches!(Opener::new(&*file, b"another"), Err(Unopened::Passphrase)));
        assert!(!file.windows(16).any(|part| part == [7; 16]), "nothing in clear");
        assert!(opened(&file).is_ok());
    }
}
