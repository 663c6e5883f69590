//! Which kiosk asks: HTTP Message Signatures (RFC 9421) with the key of an enrolled kiosk, over method, address and body.
//!
//! One shape is taken and no other: our label, our three components in our order, ECDSA over P-256 with SHA-256. A signature
//! counts for a minute by the server's clock; whoever sends it again within that minute says the same thing again, and what a
//! kiosk asks has one effect however often it is asked.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casework::identity::{Digest, KioskId};
use casework::time::Instant;
use pki::algorithm::Algorithm;
use pki::key::PublicKey;

use crate::desk::evidence::sha256;
use crate::fault::Fault;
use crate::store::{KioskRow, Store};

/// A kiosk that was enrolled, works for the office that it asks, and has signed what it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolledKiosk {
    /// Which one.
    pub id: KioskId,
    /// Where it stands, in the operator's words.
    pub place: String,
}

/// A request as it came, before its body is read.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its method.
    pub method: &'a Method,
    /// The whole address: `https://ca.example.jp/api/v1/offices/…`.
    pub target: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
}

/// A request that a kiosk has signed. Its body is still to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    kiosk: EnrolledKiosk,
    body: Digest,
}

/// No kiosk of this office has said that. What is wrong is told to the log, and not to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKiosk {
    /// A header is missing, stands twice, or has another form.
    #[error("{0} is missing, stands twice or has another form")]
    Shape(&'static str),
    /// Its clock, or the way here, differs too much.
    #[error("the signature is of another time, by {0} seconds")]
    Time(i64),
    /// Nobody enrolled it, or for another office.
    #[error("the kiosk {0} is not enrolled here")]
    Unknown(KioskId),
    /// It was enrolled, and is not heard any more.
    #[error("the kiosk {0} was revoked")]
    Revoked(KioskId),
    /// The signature is of something else, or another key's.
    #[error("the signature of the kiosk {0} does not verify")]
    Signature(KioskId),
    /// What came is not what was signed.
    #[error("the body is not the one that the kiosk {0} has signed")]
    Body(KioskId),
    /// It cannot be known.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Verifies a request by a kiosk of this office.
pub async fn signed(store: &Store, office: &str, asked: &Asked<'_>, now: Instant) -> Result<Signed, NotAKiosk> {
    let (digest, body) = body_digest(asked.headers)?;
    let input = one(asked.headers, "signature-input")?;
    let parameters = Parameters::parse(input).ok_or(NotAKiosk::Shape("signature-input"))?;
    let shape = NotAKiosk::Shape("signature");
    let signature = one(asked.headers, "signature")?.strip_prefix("kagimori=");
    let signature: [u8; 64] = signature.and_then(octets).ok_or(shape)?;
    let differs = parameters.created.saturating_sub(now.0);
    if differs.abs() > MOST {
        return Err(NotAKiosk::Time(differs));
    }
    let id = parameters.kiosk;
    let kiosk = store.kiosk(id).await?.filter(|kiosk| kiosk.office == office);
    let kiosk = kiosk.ok_or(NotAKiosk::Unknown(id))?;
    if kiosk.revoked_at.is_some() {
        return Err(NotAKiosk::Revoked(id));
    }
    let said = base(asked, digest, parameters.text);
    let point = kiosk.public_key.get(POINT..).unwrap_or_default();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(said.as_bytes(), &signature)
        .map_err(|_| NotAKiosk::Signature(id))?;
    let KioskRow { id, place, .. } = kiosk;
    let kiosk = EnrolledKiosk { id, place };
    Ok(Signed { kiosk, body })
}

impl Signed {
    /// Who has signed this very body.
    pub fn over(self, body: &[u8]) -> Result<EnrolledKiosk, NotAKiosk> {
        if sha256(body) == self.body {
            Ok(self.kiosk)
        } else {
            Err(NotAKiosk::Body(self.kiosk.id))
        }
    }

    /// Who has signed it.
    pub const fn id(&self) -> KioskId {
        self.kiosk.id
    }
}

/// The public key in a file that a kiosk has written: PEM, or DER as it is.
pub fn public_key(octets: Vec<u8>) -> Vec<u8> {
    let text = std::str::from_utf8(&octets).ok();
    let der = text.and_then(|text| pki::pem::decode(text, "PUBLIC KEY").ok());
    der.unwrap_or(octets)
}

/// The id that a key has, where it is one that a kiosk may have: P-256, its point not compressed.
pub fn id_of(public_key: &[u8]) -> Option<KioskId> {
    let key = PublicKey::from_spki_der(public_key).ok()?;
    let fits = key.algorithm() == Algorithm::P256 && public_key.len() == POINT + 65;
    fits.then(|| KioskId(sha256(public_key).0))
}

/// The octets by which a request names its kiosk, whether or not there is one.
pub(crate) fn claimed(input: &[u8]) -> Option<&[u8]> {
    let parameters = Parameters::parse(std::str::from_utf8(input).ok()?)?;
    let (_, rest) = parameters.text.split_once(";keyid=\"")?;
    rest.as_bytes().get(..64)
}

/// What stands behind `kagimori=` in Signature-Input.
struct Parameters<'a> {
    text: &'a str,
    created: i64,
    kiosk: KioskId,
}

impl<'a> Parameters<'a> {
    fn parse(input: &'a str) -> Option<Self> {
        let text = input.strip_prefix("kagimori=")?;
        let rest = text.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
        let (created, rest) = rest.split_once(";keyid=\"")?;
        let (kiosk, algorithm) = rest.split_once('"')?;
        let number = (1..=12).contains(&created.len()) && created.bytes().all(|octet| octet.is_ascii_digit());
        if !number || created.starts_with('0') || algorithm != ";alg=\"ecdsa-p256-sha256\"" {
            return None;
        }
        Some(Self {
            text,
            created: created.parse().ok()?,
            kiosk: id(kiosk)?,
        })
    }
}

/// As it is written: 64 small letters and digits.
pub fn id(text: &str) -> Option<KioskId> {
    let small = text.len() == 64 && text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    let mut id = [0; 32];
    for (octet, place) in id.iter_mut().zip((0..64).step_by(2)) {
        *octet = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
    }
    small.then_some(KioskId(id))
}

/// RFC 9421 §2.5.
fn base(asked: &Asked<'_>, digest: &str, parameters: &str) -> String {
    let Asked { method, target, .. } = asked;
    format!(
        "\"@method\": {method}\n\"@target-uri\": {target}\n\"content-digest\": {digest}\n\"@signature-params\": {parameters}"
    )
}

/// RFC 9530: the header, and what it says.
fn body_digest(headers: &HeaderMap) -> Result<(&str, Digest), NotAKiosk> {
    let text = one(headers, "content-digest")?;
    let digest = text.strip_prefix("sha-256=").and_then(octets);
    Ok((text, Digest(digest.ok_or(NotAKiosk::Shape("content-digest"))?)))
}

/// The one value of a header.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, NotAKiosk> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (Some(Ok(value)), None) => Ok(value),
        _ => Err(NotAKiosk::Shape(name)),
    }
}

/// A byte sequence (RFC 8941 §3.3.5) of exactly so many octets, written in one way alone.
fn octets<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.strip_prefix(':')?.strip_suffix(':')?;
    STANDARD.decode(text).ok()?.try_into().ok()
}

const COMPONENTS: &str = "(\"@method\" \"@target-uri\" \"content-digest\")";
/// Seconds that `created` may differ from the server's clock.
const MOST: i64 = 60;
/// Where the point begins in the SubjectPublicKeyInfo of P-256 (RFC 5480 §2).
const POINT: usize = 26;
