//! PEM (RFC 7468): strict inside the markers, indifferent to text around them.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The text holds no PEM of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no PEM block \"-----BEGIN {0}-----\" that can be read")]
pub struct NotPem(pub(crate) &'static str);

/// The DER of the first block with this label.
pub fn decode(text: &str, label: &'static str) -> Result<Vec<u8>, NotPem> {
    let (_, after) = text
        .split_once(&format!("-----BEGIN {label}-----"))
        .ok_or(NotPem(label))?;
    let (body, _) = after
        .split_once(&format!("-----END {label}-----"))
        .ok_or(NotPem(label))?;
    let compact: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(compact).map_err(|_| NotPem(label))
}

/// The DER of every block with this label, in their order; there is at least one.
pub fn decode_all(text: &str, label: &'static str) -> Result<Vec<Vec<u8>>, NotPem> {
    let end = format!("-----END {label}-----");
    let mut blocks = vec![decode(text, label)?];
    let mut rest = text.split_once(&end).map_or("", |(_, rest)| rest);
    while rest.contains(&format!("-----BEGIN {label}-----")) {
        blocks.push(decode(rest, label)?);
        rest = rest.split_once(&end).map_or("", |(_, rest)| rest);
    }
    Ok(blocks)
}

/// A block with this label, lines of 64 characters.
pub fn encode(label: &str, der: &[u8]) -> String {
    let mut body = STANDARD.encode(der);
    // From the end, so that what was inserted moves nothing that is still to come.
    for line in (1..=(body.len().saturating_sub(1)) / 64).rev() {
        body.insert(line * 64, '\n');
    }
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
