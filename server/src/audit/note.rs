//! Signed heads: checkpoints of C2SP `tlog-checkpoint`, as signed notes of C2SP `signed-note` with Ed25519.

use std::fmt::{self, Write as _};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::tree::{self, Hash};
use crate::chance::Chance;

/// What a head says: the log of this origin had so many entries, and this was its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The name of the log. It is the name of its keys too.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
    /// Further lines, none of them empty.
    pub extensions: Vec<String>,
}

/// A head with one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    head: Head,
    id: [u8; 4],
    signature: [u8; 64],
}

/// A node's key, with which it signs heads.
#[derive(Debug)]
pub struct Key {
    verifier: VerifierKey,
    pair: Ed25519KeyPair,
}

/// What an auditor has of a key: written `name+id+key`, the `vkey` of signed notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

/// Not a signed head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a signed head: {0}")]
pub struct NotANote(&'static str);

/// Not a verifier key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key: it is written name+id+key, as `kagimori audit key` prints it")]
pub struct NotAKey;

/// The name cannot be that of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot name an audit log: a name has no space and no plus sign")]
pub struct NotAName(pub String);

impl Key {
    /// The key in a file; made there under this name, readable by its owner alone, if there is none yet. A key keeps the
    /// name that it was made under.
    pub fn open_or_make(file: &Path, name: &str, chance: &Chance) -> std::io::Result<Self> {
        match Self::open(file) {
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        let seed = Zeroizing::new(chance.octets::<32>());
        let key = Self::from_seed(name, seed.as_slice()).map_err(std::io::Error::other)?;
        let secret = Zeroizing::new([&[ED25519_NOTE], seed.as_slice()].concat());
        let (name, id, secret) = (&key.verifier.name, hex(key.verifier.id()), STANDARD.encode(&*secret));
        let text = Zeroizing::new(format!("{PRIVATE}{name}+{id}+{secret}\n"));
        // Whole or not at all: what a crash leaves beside it is never read.
        let beside = file.with_extension("key.new");
        // What an earlier crash left.
        let _ = std::fs::remove_file(&beside);
        let mut new = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)?;
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        std::fs::rename(&beside, file)?;
        Ok(key)
    }

    /// The key in a file, written as the `PRIVATE+KEY+…` of signed notes.
    pub fn open(file: &Path) -> std::io::Result<Self> {
        let mut text = Zeroizing::new(String::new());
        std::fs::File::open(file)?.take(LONGEST_KEY).read_to_string(&mut text)?;
        let wrong = || std::io::Error::other(format!("{} is not a key of the audit", file.display()));
        let parts = text
            .strip_prefix(PRIVATE)
            .and_then(|rest| rest.strip_suffix('\n'))
            .ok_or_else(wrong)?;
        let (name, id, octets) = parts_of(parts).ok_or_else(wrong)?;
        let octets = Zeroizing::new(octets);
        let seed = octets
            .split_first()
            .filter(|(kind, _)| **kind == ED25519_NOTE)
            .map(|(_, seed)| seed);
        let key = Self::from_seed(name, seed.ok_or_else(wrong)?).map_err(std::io::Error::other)?;
        if key.verifier.id() == id { Ok(key) } else { Err(wrong()) }
    }

    /// What an auditor needs to check its signatures.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a head of its log.
    pub fn sign(&self, size: u64, root: Hash, extensions: Vec<String>) -> Note {
        let head = Head {
            origin: self.verifier.name.clone(),
            size,
            root,
            extensions,
        };
        let signature = self.sign_octets(head.to_string().as_bytes());
        Note {
            head,
            id: self.verifier.id(),
            signature,
        }
    }

    /// Signs what is no head. A head begins with the log's name, which `octets` therefore do not.
    pub(super) fn sign_octets(&self, octets: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(octets).as_ref());
        signature
    }

    fn from_seed(name: &str, seed: &[u8]) -> Result<Self, NotAName> {
        let wrong = || NotAName(name.to_owned());
        if !is_name(name) {
            return Err(wrong());
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| wrong())?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Ok(Self {
            verifier: VerifierKey {
                name: name.to_owned(),
                public,
            },
            pair,
        })
    }
}

impl VerifierKey {
    /// The name of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SubjectPublicKeyInfo of RFC 8410, as PEM: what OpenSSL reads.
    pub fn to_pem(&self) -> String {
        let der = [SPKI.as_slice(), &self.public].concat();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        )
    }

    /// Whether this key signed this head.
    pub fn verifies(&self, note: &Note) -> bool {
        note.id == self.id() && note.head.origin == self.name && {
            let key = UnparsedPublicKey::new(&ED25519, &self.public);
            key.verify(note.head.to_string().as_bytes(), &note.signature).is_ok()
        }
    }

    /// The first four octets of SHA-256 over name and key: a hint, nothing more.
    fn id(&self) -> [u8; 4] {
        let hash = tree::sha256(&[self.name.as_bytes(), b"\n", &[ED25519_NOTE], &self.public]);
        let [a, b, c, d, ..] = hash;
        [a, b, c, d]
    }
}

impl Note {
    /// What it says. It is worth as much as the key that [`VerifierKey::verifies`] it.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The signature alone: 64 octets.
    pub const fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// By the key with this name and id.
    pub const fn key_id(&self) -> [u8; 4] {
        self.id
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signature = STANDARD.encode([self.id.as_slice(), &self.signature].concat());
        write!(f, "{}\n\u{2014} {} {signature}\n", self.head, self.head.origin)
    }
}

impl FromStr for Note {
    type Err = NotANote;

    /// Takes exactly what [`Note`] prints: one signature, by the log itself, and nothing that could be written otherwise.
    fn from_str(text: &str) -> Result<Self, NotANote> {
        let (head, signature) = text.split_once("\n\n").ok_or(NotANote("it has no signature"))?;
        let mut lines = head.split('\n').map(str::to_owned);
        let mut line = || lines.next().ok_or(NotANote("a line is missing"));
        let (origin, size, root) = (line()?, line()?, line()?);
        let head = Head {
            size: size.parse().map_err(|_| NotANote("its size is no number"))?,
            root: octets(&root).ok_or(NotANote("its root is no hash"))?,
            extensions: lines.collect(),
            origin,
        };
        let signature = signature
            .strip_prefix("\u{2014} ")
            .and_then(|rest| rest.strip_prefix(head.origin.as_str())?.strip_prefix(' '))
            .and_then(|rest| octets::<68>(rest.strip_suffix('\n')?))
            .ok_or(NotANote("its signature is no line of the log's own key"))?;
        let note = Self {
            head,
            id: std::array::from_fn(|at| signature[at]),
            signature: std::array::from_fn(|at| signature[at + 4]),
        };
        // Leading zeros, signs, whatever else a parser lets pass.
        if note.to_string() == text && is_name(&note.head.origin) {
            Ok(note)
        } else {
            Err(NotANote("it is written in another way than heads are"))
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ED25519_NOTE], self.public.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, hex(self.id()))
    }
}

impl FromStr for VerifierKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (name, id, octets) = parts_of(text).ok_or(NotAKey)?;
        let (kind, public) = octets.split_first().ok_or(NotAKey)?;
        let key = Self {
            name: name.to_owned(),
            public: public.try_into().map_err(|_| NotAKey)?,
        };
        (*kind == ED25519_NOTE && key.id() == id && is_name(name))
            .then_some(key)
            .ok_or(NotAKey)
    }
}

/// Notes as a file holds them.
pub fn to_text(notes: &[Note]) -> String {
    notes.iter().fold(String::new(), |mut text, note| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{note}");
        text
    })
}

/// Notes, each followed by an empty line, and how many octets of `text` they take. What follows is what a crash left, or
/// nothing.
pub fn notes(text: &str) -> (Vec<&str>, usize) {
    let (mut notes, mut whole) = (Vec::new(), 0);
    // The first empty line ends the head, the second one the note.
    while let Some(rest) = text.get(whole..)
        && let Some(head) = rest.find("\n\n").map(|at| at + 2)
        && let Some(end) = rest
            .get(head..)
            .and_then(|rest| rest.find("\n\n"))
            .map(|at| head + at + 1)
    {
        notes.extend(rest.get(..end));
        whole += end + 1;
    }
    (notes, whole)
}

/// `signed-note`: not empty, no Unicode space, no plus sign.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|character: char| character.is_whitespace() || character == '+')
}

/// `name+id+base64`.
fn parts_of(text: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let number = u32::from_str_radix(id, 16).ok()?.to_be_bytes();
    (hex(number) == id).then_some((name, number, STANDARD.decode(key).ok()?))
}

fn octets<const N: usize>(base64: &str) -> Option<[u8; N]> {
    STANDARD.decode(base64).ok()?.try_into().ok()
}

fn hex(octets: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(octets))
}

const PRIVATE: &str = "PRIVATE+KEY+";
/// The signature type of Ed25519 over the text of a note.
const ED25519_NOTE: u8 = 1;
const LONGEST_KEY: u64 = 4_096;
/// SEQUENCE { SEQUENCE { 1.3.101.112 }, BIT STRING }
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_key_is_written_as_the_notes_of_others_write_it() {
        // The example of golang.org/x/mod/sumdb/note.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key: VerifierKey = text.parse().unwrap();
        assert_eq!((key.name(), key.to_string().as_str()), ("PeterNeumann", text));
        for wrong in [
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "",
            "a+b",
            "a+b+c",
        ] {
            assert_eq!(wrong.parse::<VerifierKey>(), Err(NotAKey));
        }
    }

    #[test]
    fn a_head_that_was_signed_reads_back_and_no_octet_of_it_can_change() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("audit.key");
        let key = Key::open_or_make(&file, "ca.example.jp", &Chance::seeded(1)).unwrap();
        let again = Key::open_or_make(&file, "another.name", &Chance::seeded(2)).unwrap();
        assert_eq!(key.verifier(), again.verifier());
        let note = key.sign(7, [9; 32], vec!["a line".to_owned()]);
        let text = note.to_string();
        assert!(key.verifier().verifies(&text.parse().unwrap()));
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut octets = text.clone().into_bytes();
                octets[at] ^= 1 << bit;
                let read = String::from_utf8(octets)
                    .ok()
                    .and_then(|text| text.parse::<Note>().ok());
                assert!(
                    !read.is_some_and(|note| key.verifier().verifies(&note)),
                    "octet {at}, bit {bit}"
                );
            }
        }
    }

    #[test]
    fn notes_are_taken_apart_and_what_a_crash_left_is_not_one() {
        let key = Key::from_seed("x", &[3; 32]).unwrap();
        let both = [
            key.sign(1, [1; 32], vec![]),
            key.sign(2, [2; 32], vec!["more".to_owned()]),
        ];
        let text = to_text(&both);
        for cut in 0..60 {
            let Some(begun) = text.get(..cut) else { continue };
            let torn = format!("{text}{begun}");
            let (notes, whole) = notes(&torn);
            assert_eq!(
                notes.iter().map(|note| note.parse().unwrap()).collect::<Vec<Note>>(),
                both
            );
            assert_eq!(whole, text.len());
        }
    }
}
