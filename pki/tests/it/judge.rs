//! OpenSSL as a judge, and the folder for pkilint.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use pki::algorithm::Algorithm;

/// A folder of files for one question to OpenSSL.
pub(crate) struct Desk(tempfile::TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file in a temporary folder");
        path.to_str().expect("an ASCII path").to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file that OpenSSL wrote")
    }
}

/// The algorithms that Debian 12's OpenSSL knows; of ML-DSA Python's `cryptography` is the judge.
pub(crate) const OPENSSL_KNOWS: [Algorithm; 6] = [
    Algorithm::P256,
    Algorithm::P384,
    Algorithm::Rsa2048,
    Algorithm::Rsa3072,
    Algorithm::Rsa4096,
    Algorithm::Ed25519,
];

/// What a command said.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) accepted: bool,
    pub(crate) text: String,
}

impl Verdict {
    #[track_caller]
    pub(crate) fn accepts(&self, words: &str) {
        assert!(
            self.accepted && self.text.contains(words),
            "wanted acceptance with {words:?}, got {self:#?}"
        );
    }

    #[track_caller]
    pub(crate) fn refuses(&self, words: &str) {
        assert!(
            !self.accepted && self.text.contains(words),
            "wanted refusal with {words:?}, got {self:#?}"
        );
    }
}

pub(crate) fn openssl<S: AsRef<str>>(arguments: &[S]) -> Verdict {
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let output = Command::new("openssl")
        .args(&arguments)
        .output()
        .expect("openssl is installed");
    let text = [output.stdout, output.stderr].concat();
    Verdict {
        accepted: output.status.success(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

/// Keeps what was made for pkilint, named by its hash, if it is wanted.
pub(crate) fn keep(kind: &str, der: &[u8]) {
    let Some(root) = std::env::var_os("KAGIMORI_DER_DIR") else {
        return;
    };
    let folder = Path::new(&root).join(kind);
    std::fs::create_dir_all(&folder).expect("KAGIMORI_DER_DIR can be written");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    std::fs::write(folder.join(hex(hash.as_ref()) + ".der"), der).expect("KAGIMORI_DER_DIR can be written");
}

/// The machine's time: `openssl ocsp` knows no other.
#[expect(
    clippy::disallowed_methods,
    reason = "the foreign judge compares with the machine's clock"
)]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

/// Octets that look random and are the same in every run.
pub(crate) fn octets<const N: usize>(label: &str, count: u64) -> [u8; N] {
    let mut octets = [0; N];
    for (block, chunk) in octets.chunks_mut(32).enumerate() {
        let seed = format!("{label} {count} {block}");
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, seed.as_bytes());
        chunk.copy_from_slice(&hash.as_ref()[..chunk.len()]);
    }
    octets
}

/// The DER of one element, written without this crate's help.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("less than 4 GiB").to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![tag, length[3]],
        0x80..0x100 => vec![tag, 0x81, length[3]],
        0x100..0x1_0000 => vec![tag, 0x82, length[2], length[3]],
        _ => vec![tag, 0x83, length[1], length[2], length[3]],
    };
    [header, content.to_vec()].concat()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(octets: &[u8]) -> String {
    let digits = octets.iter().flat_map(|octet| [octet >> 4, octet & 0x0f]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
