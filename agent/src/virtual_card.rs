//! Virtual cards for demonstrations and tests: made here, certified by whoever reads the requests, put into a drawer or into vpcd.
//!
//! The card makes its keys and signs; the requests and example certificates are built here, where both `card` and `pki` are known.

mod citizen;

use std::path::Path;

pub use citizen::{BlankCitizen, EXAMPLE_PRINTED, NewCitizen, Printed, example_citizen};

use card::certificate::KeyKind;
use card::jpki::PasswordFormat;
use card::piv::{Piv, Signature, Summary};
use card::virtual_card::{Design, Personalisation};
use card::{Pin, PinFormat, PinRule};

use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::cms::Draft;
use pki::csr::CertificateRequest;
use pki::key::{KeyFault, PublicKey, SoftwareKey};
use pki::name::{AuthorityName, Holder, NameFault, Organisation};
use pki::profile::{Card, Profile, ProfileFault, Publication, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use pki::{ObjectIdentifier, SignFault, Signer};
use zeroize::Zeroizing;

pub use card::CardFault;
pub use card::TriesLeft;
pub use card::drawer::Drawer;
pub use card::piv::{CardIdentifier, Slot};
pub use card::reader::{CardState, ReaderState, Readers};
pub use card::virtual_card::{CardFileFault, Fault, Profile as Tries, Storage, UnblockKeys, VirtualCard};
pub use card::vpcd::Plugged;

/// What a new card shall be.
pub struct NewCard<'a> {
    /// Where it is kept; nothing that is there is overwritten.
    pub storage: Storage,
    /// How many tries it forgives.
    pub tries: Tries,
    /// The kind of both keys.
    pub keys: Keys,
    /// Its PIN, six to eight digits. Wiped by whoever owns it.
    pub pin: &'a str,
    /// Its PUK, eight digits.
    pub puk: &'a str,
}

/// The kind of a card's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// RSA, 2048 bits.
    Rsa2048,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

/// A card with keys, which waits for its certificates.
pub struct Blank(Personalisation);

/// The certificate requests of a card, DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    /// For the authentication key (9A).
    pub authentication: Vec<u8>,
    /// For the signature key (9C).
    pub signature: Vec<u8>,
}

/// Why a virtual card could not be made.
#[derive(Debug, thiserror::Error)]
pub enum VirtualCardFault {
    /// The card or its file.
    #[error(transparent)]
    Card(#[from] CardFileFault),
    /// The PIN or PUK has not the form of one.
    #[error("the PIN needs six to eight digits and the PUK eight: {0}")]
    Pin(#[from] PinFormat),
    /// The four-digit PIN of a citizen's card has not its form.
    #[error("the PIN of a citizen's card has four digits: {0}")]
    FourDigits(PinFormat),
    /// The signature password has not its form.
    #[error("the signature password has 6 to 16 letters and digits")]
    Password(#[from] PasswordFormat),
    /// One of the given files is no certificate.
    #[error("a certificate cannot be read: {0}")]
    Certificate(String),
    /// No certificate was given for this key.
    #[error("no certificate was given for the card's {0:?} key")]
    Missing(Slot),
    /// The certificate of the authority behind another one was not given.
    #[error("the certificate of the authority that signed the {0:?} certificate was not given")]
    MissingAuthority(Slot),
    /// The card in the reader.
    #[error(transparent)]
    Reader(#[from] CardFault),
    /// The card's certificate, or a signature that does not fit it.
    #[error("the card's signature cannot be made: {0}")]
    Signature(String),
    /// A key.
    #[error("a key of the card cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// A signature.
    #[error("the card did not sign its request: {0}")]
    Sign(#[from] SignFault),
    /// A name of the example card.
    #[error(transparent)]
    Name(#[from] NameFault),
    /// A certificate of the example card.
    #[error(transparent)]
    Profile(#[from] ProfileFault),
    /// The example's certificate would break a rule.
    #[error("the example certificate is not clean: {0}")]
    Lint(String),
}

impl Blank {
    /// Makes a card with keys of its own.
    pub fn begin(new: NewCard<'_>) -> Result<Self, VirtualCardFault> {
        let kind = match new.keys {
            Keys::Rsa2048 => KeyKind::Rsa2048,
            Keys::P256 => KeyKind::P256,
            Keys::P384 => KeyKind::P384,
        };
        let design = Design {
            profile: new.tries,
            authentication: kind,
            signature: kind,
            pin: Pin::parse(new.pin.to_owned(), &PinRule::PIV)?,
            puk: Pin::parse(new.puk.to_owned(), &PinRule::PIV_PUK)?,
        };
        Ok(Self(Personalisation::begin(new.storage, &design)?))
    }

    /// Takes up a card that has its keys in `state` and no certificates yet.
    pub fn reopen(state: &Path) -> Result<Self, VirtualCardFault> {
        Ok(Self(Personalisation::reopen(state)?))
    }

    /// The card's own number.
    pub fn identifier(&self) -> CardIdentifier {
        self.0.identifier()
    }

    /// A PKCS#10 request for each key, signed by that key.
    pub fn requests(&self) -> Result<Requests, VirtualCardFault> {
        let request = |slot, use_of_key: &str| {
            let sign = |message: &[u8]| self.0.sign(slot, message);
            let signer = SlotKey::new(&self.0.public_key(slot)?, &sign)?;
            let name = format!("{use_of_key} {}", self.identifier());
            Ok::<_, VirtualCardFault>(CertificateRequest::new(&name, &signer)?.der().to_vec())
        };
        Ok(Requests {
            authentication: request(Slot::Authentication, "authentication")?,
            signature: request(Slot::Signature, "signature")?,
        })
    }

    /// Puts the certificates (DER, in any order) on the card: each goes to the slot whose key it certifies.
    pub fn load(self, certificates: &[&[u8]]) -> Result<VirtualCard, VirtualCardFault> {
        Ok(self.0.load(certificates)?)
    }
}

/// A card in a reader and the hand of its holder, who knows the PIN: it answers without a page what a portal asks.
///
/// For examples that are made before anybody can stand at a page.
pub struct Hand {
    card: Piv,
    holds: Summary,
    pin: Pin,
}

impl Hand {
    /// At the one card in these readers.
    pub fn at(readers: &Readers, pin: &str) -> Result<Self, VirtualCardFault> {
        let mut card = readers.open(&readers.only_card()?.name).and_then(Piv::open)?;
        let pin = Pin::parse(pin.to_owned(), &card.pin_rule())?;
        Ok(Self {
            holds: card.summary()?,
            card,
            pin,
        })
    }

    /// Both certificates, DER, authentication first.
    pub fn certificates(&self) -> [&[u8]; 2] {
        [self.holds.authentication.der(), self.holds.signature.der()]
    }

    /// The authentication key's signature of a message.
    pub fn authenticate(&mut self, message: &[u8]) -> Result<Vec<u8>, VirtualCardFault> {
        let expected = self.holds.authentication.fingerprint();
        Ok(self.card.authenticate(&expected, &self.pin, None, message)?.bytes)
    }

    /// The signature key's signature of a text, as detached CMS. `at` is the signing time, Unix seconds.
    pub fn sign(&mut self, text: &str, at: i64) -> Result<Vec<u8>, VirtualCardFault> {
        let unsigned = |why: &dyn std::fmt::Display| VirtualCardFault::Signature(why.to_string());
        let signer = Certificate::parse(self.holds.signature.der()).map_err(|why| unsigned(&why))?;
        let draft = Draft::new(text.as_bytes(), &signer, at);
        let expected = self.holds.signature.fingerprint();
        let signature = self
            .card
            .sign_with_signature_key(&expected, &self.pin, None, draft.to_be_signed())?;
        draft.finish(&signature.bytes).map_err(|why| unsigned(&why))
    }
}

/// The signature certificate, DER; `None` on a card without one.
pub fn certificate(card: &VirtualCard) -> Option<Vec<u8>> {
    Some(card.certificate(Slot::Signature)?.der().to_vec())
}

/// The last second of the signature certificate's validity, Unix seconds; `None` on a card without one.
pub fn not_after(card: &VirtualCard) -> Option<i64> {
    let certificate = card.certificate(Slot::Signature)?;
    Some(Certificate::parse(certificate.der()).ok()?.not_after())
}

/// A whole card with example names and certificates of an authority that exists for this call only.
///
/// `now` is the beginning of its validity, Unix seconds; it lasts 1,095 days.
pub fn example(new: NewCard<'_>, now: i64) -> Result<VirtualCard, VirtualCardFault> {
    let authority = SoftwareKey::generate(Algorithm::P256)?;
    let root = issue(
        &Profile::Root {
            name: AuthorityName::new("Example Authority", "Example Root CA")?,
        },
        Issuer::Itself,
        authority.public_key(),
        Validity::of_days(now, 3_650)?,
        &authority,
    )?;
    let blank = Blank::begin(new)?;
    let card = Card::new(
        Holder::new("見本　太郎", "MIHON TARO", None)?,
        Organisation::new(
            "株式会社見本",
            "MIHON CO., LTD.",
            "東京都千代田区霞が関一丁目１番１号",
            None,
        )?,
        Publication::new("http://ca.example.jp/crl/example/0.crl", None, None)?,
        EXAMPLE_POLICY,
    );
    let mut certificates = Vec::with_capacity(2);
    for (slot, profile) in [
        (Slot::Authentication, Profile::AuthorityAuthentication(card.clone())),
        (Slot::Signature, Profile::AuthoritySignature(card)),
    ] {
        let key = PublicKey::from_spki_der(&blank.0.public_key(slot)?)?;
        let validity = Validity::of_days(now, 1_095)?;
        let certificate = issue(&profile, Issuer::Authority(&root), &key, validity, &authority)?;
        certificates.push(certificate.der().to_vec());
    }
    let given: Vec<&[u8]> = certificates.iter().map(Vec::as_slice).collect();
    blank.load(&given)
}

fn issue(
    profile: &Profile,
    issuer: Issuer<'_>,
    key: &PublicKey,
    validity: Validity,
    signer: &SoftwareKey,
) -> Result<Certificate, VirtualCardFault> {
    let serial = Serial::from_random(crate::chance::octets());
    let linted = Tbs::new(profile, serial, issuer, key, validity)?
        .lint()
        .map_err(|findings| VirtualCardFault::Lint(findings.to_string()))?;
    Ok(linted.sign(signer)?.into_certificate())
}

/// One key of a card that has no certificates yet, as the maker of a request sees it.
struct SlotKey<'a> {
    key: PublicKey,
    sign: &'a (dyn Fn(&[u8]) -> Result<Signature, CardFileFault> + Sync),
}

impl<'a> SlotKey<'a> {
    fn new(
        public_key: &[u8],
        sign: &'a (dyn Fn(&[u8]) -> Result<Signature, CardFileFault> + Sync),
    ) -> Result<Self, VirtualCardFault> {
        let key = PublicKey::from_spki_der(public_key)?;
        Ok(Self { key, sign })
    }
}

impl Signer for SlotKey<'_> {
    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        (self.sign)(message)
            .map(|signature| signature.bytes)
            .map_err(|fault| SignFault::Failed(fault.to_string()))
    }
}

/// A PUK of random digits for a card whose owner needs none to remember.
pub fn random_puk() -> Zeroizing<String> {
    let drawn = crate::chance::octets::<8>();
    // A slight bias of the digits is no matter for an example card.
    Zeroizing::new(drawn.iter().map(|octet| char::from(b'0' + octet % 10)).collect())
}

/// Under the enterprise number for examples in documents (RFC 5612).
const EXAMPLE_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1");

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewCard<'static> {
        NewCard {
            storage: Storage::Memory,
            tries: Tries::AUTHORITY,
            keys: Keys::P256,
            pin: "123456",
            puk: "12345678",
        }
    }

    #[test]
    fn the_requests_prove_possession_and_are_for_two_keys() {
        let requests = Blank::begin(new()).unwrap().requests().unwrap();
        let one = CertificateRequest::parse(&requests.authentication).unwrap();
        let other = CertificateRequest::parse(&requests.signature).unwrap();
        assert_ne!(one.public_key(), other.public_key());
    }

    #[test]
    fn the_example_card_is_whole() {
        let card = example(new(), 1_700_000_000).unwrap();
        let held = Certificate::parse(card.certificate(Slot::Signature).unwrap().der())
            .unwrap()
            .holder()
            .unwrap();
        assert_eq!(held.name.as_deref(), Some("見本　太郎"));
        assert_eq!(card.tries_left(), TriesLeft::Known(10));
    }

    #[test]
    fn a_hand_at_the_reader_signs_a_text_that_cms_accepts_and_no_other() {
        let (drawer, readers) = Drawer::new(1);
        drawer.insert(1, example(new(), 1_700_000_000).unwrap());
        let mut hand = Hand::at(&readers, "123456").unwrap();
        let cms = hand.sign("承認", 1_700_000_100).unwrap();
        let by = pki::cms::verify(&cms, "承認".as_bytes()).unwrap();
        assert_eq!(by.certificate.der(), hand.certificates()[1]);
        pki::cms::verify(&cms, "否認".as_bytes()).unwrap_err();
    }

    #[test]
    fn a_wrong_pin_spends_a_try_and_signs_nothing() {
        let (drawer, readers) = Drawer::new(1);
        drawer.insert(1, example(new(), 1_700_000_000).unwrap());
        let mut hand = Hand::at(&readers, "654321").unwrap();
        hand.authenticate(b"challenge").unwrap_err();
        assert_eq!(drawer.card(1, |card| card.tries_left()), Some(TriesLeft::Known(9)));
    }
}
