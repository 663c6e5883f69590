//! Passkeys, as far as this house needs them (WebAuthn Level 3): registering one without attestation, and verifying an
//! assertion with the user verified. ES256, EdDSA with Ed25519, and RS256.
//!
//! Everything is read strictly: a form that is not exactly what an authenticator of the standard sends is nothing.

mod cbor;

use aws_lc_rs::{constant_time, digest, signature};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use cbor::{Item, Reader};

/// Who asks, and what was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Our origin, as browsers write it.
    pub origin: &'a str,
    /// The challenge as it stood on the page: base64url of 32 random octets.
    pub challenge: &'a str,
}

/// What a browser sends of a passkey that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    client: Vec<u8>,
    attestation: Vec<u8>,
}

/// A passkey that was made for us: its public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The credential id.
    pub id: Vec<u8>,
    /// Its public key as COSE_Key (RFC 9052 §7).
    pub public_key: Vec<u8>,
    /// The signature counter.
    pub counter: u32,
}

/// What a browser sends of a passkey that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    credential: Vec<u8>,
    client: Vec<u8>,
    authenticator: Vec<u8>,
    signature: Vec<u8>,
    user: Vec<u8>,
}

/// What was sent proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    /// It is not what the standard says.
    #[error("{0} is not well formed")]
    Form(&'static str),
    /// It answers something else, or somebody else.
    #[error("{0} is not the one that was asked for")]
    Other(&'static str),
    /// Nobody touched the authenticator, or it did not verify who did.
    #[error("the user was not verified")]
    Unverified,
    /// A key of another kind than was asked for.
    #[error("the key is of no kind that is taken")]
    Key,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

/// The relying party's id: the host of our origin (§5.1.2).
pub fn party(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    // A port follows the last colon; the host of an origin that serves passkeys is a name, never an address in brackets.
    host.split_once(':').map_or(host, |(host, _)| host)
}

impl Registration {
    /// From the fields of a form; `None` if one of them is missing or no base64url.
    pub fn read<'a>(field: impl Fn(&'static str) -> &'a str) -> Option<Self> {
        Some(Self {
            client: decoded(field("client_data"))?,
            attestation: decoded(field("attestation"))?,
        })
    }

    /// The passkey, if it was made now and for us (§7.1). No attestation was asked for, and none is looked at: which
    /// make the authenticator is decides nothing here.
    pub fn verify(&self, asked: Asked<'_>) -> Result<Credential, NotProven> {
        check_client(&self.client, "webauthn.create", asked)?;
        let wrong = NotProven::Form("the attestation object");
        let mut reader = Reader::new(&self.attestation);
        let (mut format, mut statement, mut authenticator) = (None, false, None);
        for _ in 0..reader.map().ok_or(wrong)? {
            match reader.text().ok_or(wrong)? {
                "fmt" if format.is_none() => format = Some(reader.text().ok_or(wrong)?),
                "attStmt" if !statement => {
                    reader.skip_map().ok_or(wrong)?;
                    statement = true;
                }
                "authData" if authenticator.is_none() => authenticator = Some(reader.octets().ok_or(wrong)?),
                _ => return Err(wrong),
            }
        }
        if !reader.is_at_end() || format.is_none() || !statement {
            return Err(wrong);
        }
        let data = Authenticator::read(authenticator.ok_or(wrong)?, asked)?;
        let (id, public_key) = data.credential.ok_or(NotProven::Form("the authenticator data"))?;
        PublicKey::read(public_key)?;
        Ok(Credential {
            id: id.to_vec(),
            public_key: public_key.to_vec(),
            counter: data.counter,
        })
    }
}

impl Assertion {
    /// From the fields of a form; `None` if one of them is missing or no base64url.
    pub fn read<'a>(field: impl Fn(&'static str) -> &'a str) -> Option<Self> {
        Some(Self {
            credential: decoded(field("credential"))?,
            client: decoded(field("client_data"))?,
            authenticator: decoded(field("authenticator_data"))?,
            signature: decoded(field("signature"))?,
            user: decoded(field("user"))?,
        })
    }

    /// The credential id that it claims.
    pub fn credential(&self) -> &[u8] {
        &self.credential
    }

    /// The counter, if this public key has signed our challenge for us, with its `user` verified (§7.2).
    pub fn verify(&self, public_key: &[u8], user: &[u8], asked: Asked<'_>) -> Result<u32, NotProven> {
        check_client(&self.client, "webauthn.get", asked)?;
        if self.user != user {
            return Err(NotProven::Other("the user handle"));
        }
        let data = Authenticator::read(&self.authenticator, asked)?;
        if data.credential.is_some() {
            return Err(NotProven::Form("the authenticator data"));
        }
        let mut signed = self.authenticator.clone();
        signed.extend_from_slice(digest::digest(&digest::SHA256, &self.client).as_ref());
        PublicKey::read(public_key)?.verify(&signed, &self.signature)?;
        Ok(data.counter)
    }
}

/// The client data as the standard's serialisation has it (§5.8.1). Later members are allowed by it.
#[derive(Deserialize)]
struct Client {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top_origin: Option<String>,
}

fn check_client(octets: &[u8], kind: &str, asked: Asked<'_>) -> Result<(), NotProven> {
    let client: Client = serde_json::from_slice(octets).map_err(|_| NotProven::Form("the client data"))?;
    if client.kind != kind {
        return Err(NotProven::Other("the type"));
    }
    let challenge = (client.challenge.as_bytes(), asked.challenge.as_bytes());
    if constant_time::verify_slices_are_equal(challenge.0, challenge.1).is_err() {
        return Err(NotProven::Other("the challenge"));
    }
    // No page of another place holds ours (frame-ancestors 'none'), so none of them asks in our name either.
    if client.origin != asked.origin || client.cross_origin || client.top_origin.is_some() {
        return Err(NotProven::Other("the origin"));
    }
    Ok(())
}

/// What the authenticator says (§6.1).
struct Authenticator<'a> {
    counter: u32,
    /// Credential id and public key, where they are attested.
    credential: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Authenticator<'a> {
    fn read(octets: &'a [u8], asked: Asked<'_>) -> Result<Self, NotProven> {
        let wrong = NotProven::Form("the authenticator data");
        let (party_hash, rest) = octets.split_at_checked(32).ok_or(wrong)?;
        let (&flags, rest) = rest.split_first().ok_or(wrong)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(wrong)?;
        if party_hash != digest::digest(&digest::SHA256, party(asked.origin).as_bytes()).as_ref() {
            return Err(NotProven::Other("the relying party"));
        }
        if flags & PRESENT == 0 || flags & VERIFIED == 0 {
            return Err(NotProven::Unverified);
        }
        // What cannot be copied cannot have been copied (§6.1.3).
        if flags & MAY_BE_COPIED == 0 && flags & IS_COPIED != 0 {
            return Err(wrong);
        }
        let mut credential = None;
        if flags & ATTESTED != 0 {
            // Which make it is (16 octets) is not looked at.
            let (_, after) = rest.split_at_checked(16).ok_or(wrong)?;
            let (length, after) = after.split_first_chunk::<2>().ok_or(wrong)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if length == 0 || length > LONGEST_ID {
                return Err(wrong);
            }
            let (id, after) = after.split_at_checked(length).ok_or(wrong)?;
            let mut reader = Reader::new(after);
            reader.skip_map().ok_or(wrong)?;
            let (key, after) = after.split_at_checked(reader.place()).ok_or(wrong)?;
            credential = Some((id, key));
            rest = after;
        }
        if flags & EXTENDED != 0 {
            let mut reader = Reader::new(rest);
            reader.skip_map().ok_or(wrong)?;
            rest = rest.get(reader.place()..).ok_or(wrong)?;
        }
        if !rest.is_empty() {
            return Err(wrong);
        }
        Ok(Self {
            counter: u32::from_be_bytes(*counter),
            credential,
        })
    }
}

/// A public key of a kind that is taken (RFC 9053).
enum PublicKey<'a> {
    /// ES256: both coordinates on P-256.
    P256 { x: &'a [u8], y: &'a [u8] },
    /// EdDSA with Ed25519.
    Ed25519 { x: &'a [u8] },
    /// RS256: modulus and exponent.
    Rsa { n: &'a [u8], e: &'a [u8] },
}

impl<'a> PublicKey<'a> {
    fn read(octets: &'a [u8]) -> Result<Self, NotProven> {
        let wrong = NotProven::Form("the public key");
        let mut reader = Reader::new(octets);
        let mut members: Vec<(i64, Item<'a>)> = Vec::new();
        for _ in 0..reader.map().ok_or(wrong)? {
            let key = reader.integer().ok_or(wrong)?;
            if members.iter().any(|(known, _)| *known == key) {
                return Err(wrong);
            }
            members.push((key, reader.item().ok_or(wrong)?));
        }
        if !reader.is_at_end() {
            return Err(wrong);
        }
        members.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
        // kty, alg, and what the kind of key has: nothing less and nothing more.
        match members.as_slice() {
            [
                (3, Item::Integer(-7)),
                (1, Item::Integer(2)),
                (-1, Item::Integer(1)),
                (-2, Item::Octets(x)),
                (-3, Item::Octets(y)),
            ] if x.len() == 32 && y.len() == 32 => Ok(Self::P256 { x, y }),
            [
                (3, Item::Integer(-8)),
                (1, Item::Integer(1)),
                (-1, Item::Integer(6)),
                (-2, Item::Octets(x)),
            ] if x.len() == 32 => Ok(Self::Ed25519 { x }),
            [
                (3, Item::Integer(-257)),
                (1, Item::Integer(3)),
                (-1, Item::Octets(n)),
                (-2, Item::Octets(e)),
            ] if (256..=512).contains(&n.len()) && n.first().is_some_and(|octet| *octet != 0) && *e == [1, 0, 1] => {
                Ok(Self::Rsa { n, e })
            }
            _ => Err(NotProven::Key),
        }
    }

    fn verify(&self, message: &[u8], signed: &[u8]) -> Result<(), NotProven> {
        let verified = match self {
            Self::P256 { x, y } => {
                let point = [&[4], *x, *y].concat();
                signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point).verify(message, signed)
            }
            Self::Ed25519 { x } => signature::UnparsedPublicKey::new(&signature::ED25519, x).verify(message, signed),
            Self::Rsa { n, e } => signature::RsaPublicKeyComponents { n, e }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                message,
                signed,
            ),
        };
        verified.map_err(|_| NotProven::Signature)
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
    (!octets.is_empty()).then_some(octets)
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const MAY_BE_COPIED: u8 = 1 << 3;
const IS_COPIED: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;
/// §4, "credential ID".
const LONGEST_ID: usize = 1_023;

#[cfg(test)]
#[path = "webauthn/webauthn_test.rs"]
mod tests;
