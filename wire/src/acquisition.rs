//! デジタル証明書の取得: what a portal wants made on a terminal, and what became of it.
//!
//! Two steps of a card request: [`Step::Acquire`](crate::card_request::Step::Acquire) makes a key where it shall live and asks
//! for its certificate, [`Step::Install`](crate::card_request::Step::Install) brings the certificate to the key and tests both.
//! The private key is never in any message.
//!
//! A request may be lost at every point. What is wanted under one [`Wanted::mark`] is made once: a later request with that mark
//! finds the same key, sends the same certificate request, and is answered with the same certificate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A key and a certificate, as a portal wants them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wanted {
    /// Names the grant, at this portal: 16 to 64 characters of base64url. It is no secret, and no code stands in it.
    pub mark: String,
    /// What the key and its file are called: the terminal. 1 to 32 half-width letters, digits and `-`.
    pub label: String,
    /// The subject of the certificate request: the DER of a distinguished name, base64url.
    pub subject: String,
    /// The kinds of key that are certified, the best one first.
    pub keys: Vec<KeyKind>,
    /// Where the key may live, the best place first.
    pub places: Vec<Place>,
}

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA of 2048 bits.
    Rsa2048,
}

/// Where a key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A PKCS#11 token; made there and never outside of it.
    Token,
    /// A PIV card in a reader; made there and never outside of it.
    Card,
    /// A PKCS#12 file under a password that the person chose.
    File,
}

/// A certificate that was issued, on its way to its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issued {
    /// The certificate and those above it, each DER in base64url, each issued by the next one. The root need not be there.
    pub chain: Vec<String>,
    /// How the certificate is tested; not at all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
}

/// A request over TLS that shows the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Test {
    /// An `https` address on the portal's own host, at whichever port. It is fetched once; any status below 400 is success.
    pub address: String,
    /// Certificates, DER in base64url, that the server's certificate may lead to beside those that this computer trusts. They
    /// are believed for this one connection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<String>,
}

/// What became of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tested {
    /// The server took the certificate.
    Passed,
    /// No test was wanted.
    Untested,
    /// The server was not reached.
    NoConnection,
    /// This computer does not trust the server.
    ServerUntrusted,
    /// The clock of this computer is wrong, as far as certificates tell.
    Clock,
    /// The certificate has expired.
    Expired,
    /// The server refused the certificate.
    Refused,
    /// The server did not ask for a certificate, or answered with an error that is not of it.
    Server,
    /// The key did not sign: its token or card was taken out, or failed.
    Key,
}
