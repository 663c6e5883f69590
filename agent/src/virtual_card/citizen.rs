//! Virtual cards of citizens: what their issuer gets of them, and an example with an issuer that exists for one call only.

use std::path::Path;

use card::jpki::{AuthenticationPin, CardNumber, SignaturePassword};
use card::piv::Slot;
use card::tlv;
use card::virtual_card::{CitizenDesign, CitizenPersonalisation, Issue, Storage, UnblockKeys, VirtualCard};

use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::cms::Draft;
use pki::csr::CertificateRequest;
use pki::key::{PublicKey, SoftwareKey};
use pki::name::{AuthorityName, BirthDate, Citizen, Resident, Sex, SubjectNumber, Substituted};
use pki::profile::{Profile, ProfileFault, Publication, Validity};
use pki::tbs::Issuer;

use super::{Requests, SlotKey, VirtualCardFault, issue};

/// What a new citizen's card shall be.
pub struct NewCitizen<'a> {
    /// Where it is kept; nothing that is there is overwritten.
    pub storage: Storage,
    /// 利用者証明用暗証番号, four digits. Wiped by whoever owns it.
    pub pin: &'a str,
    /// 署名用暗証番号, 6 to 16 letters and digits.
    pub password: &'a str,
}

/// A citizen's card with number and keys, which waits for what its issuer makes.
pub struct BlankCitizen(CitizenPersonalisation);

impl BlankCitizen {
    /// Makes a card with a number and keys of its own.
    pub fn begin(new: NewCitizen<'_>) -> Result<Self, VirtualCardFault> {
        let design = CitizenDesign {
            authentication: AuthenticationPin::parse(new.pin.to_owned()).map_err(VirtualCardFault::FourDigits)?,
            signature: SignaturePassword::parse(new.password.to_owned())?,
            flaw: None,
        };
        Ok(Self(CitizenPersonalisation::begin(new.storage, &design)?))
    }

    /// Takes up a card that has its keys in `state` and no certificates yet.
    pub fn reopen(state: &Path) -> Result<Self, VirtualCardFault> {
        Ok(Self(CitizenPersonalisation::reopen(state)?))
    }

    /// カード番号
    pub fn number(&self) -> CardNumber {
        self.0.number()
    }

    /// A PKCS#10 request for each key, signed by that key.
    pub fn requests(&self) -> Result<Requests, VirtualCardFault> {
        let request = |slot, use_of_key: &str| {
            let sign = |message: &[u8]| self.0.sign(slot, message);
            let signer = SlotKey::new(&self.0.public_key(slot)?, &sign)?;
            let name = format!("{use_of_key} {}", self.number());
            Ok::<_, VirtualCardFault>(CertificateRequest::new(&name, &signer)?.der().to_vec())
        };
        Ok(Requests {
            authentication: request(Slot::Authentication, "authentication")?,
            signature: request(Slot::Signature, "signature")?,
        })
    }

    /// Puts on the card what its issuer made: four certificates (DER, in any order), those of the two keys and of the
    /// authorities that signed them; the face of the card; and the keys that let its password be set.
    pub fn load(
        self,
        certificates: &[&[u8]],
        visual: &[u8],
        unblock: UnblockKeys,
    ) -> Result<VirtualCard, VirtualCardFault> {
        let given = certificates
            .iter()
            .map(|der| Certificate::parse(der).map_err(|why| VirtualCardFault::Certificate(why.to_string())))
            .collect::<Result<Vec<_>, _>>()?;
        let of_key = |slot| {
            let key = self.0.public_key(slot)?;
            let found = given
                .iter()
                .find(|certificate| certificate.public_key().spki_der() == key);
            found.ok_or(VirtualCardFault::Missing(slot))
        };
        let authority_of = |certificate: &Certificate, slot| {
            let found = given
                .iter()
                .find(|authority| authority.is_ca() && certificate.verify_signed_by(authority).is_ok());
            found.ok_or(VirtualCardFault::MissingAuthority(slot))
        };
        let authentication = of_key(Slot::Authentication)?;
        let signature = of_key(Slot::Signature)?;
        Ok(self.0.load(Issue {
            authentication: authentication.der(),
            authentication_authority: authority_of(authentication, Slot::Authentication)?.der(),
            signature: signature.der(),
            signature_authority: authority_of(signature, Slot::Signature)?.der(),
            visual,
            unblock,
        })?)
    }
}

/// A whole citizen's card with an example face, certificates of two authorities that exist for this call only, and unblock keys
/// that nobody knows: no server sets its password. What is printed on it is [`EXAMPLE_PRINTED`].
///
/// `now` is the beginning of its validity, Unix seconds; it lasts until the end of the fifth birthday after it.
pub fn example_citizen(new: NewCitizen<'_>, now: i64) -> Result<VirtualCard, VirtualCardFault> {
    let signs = Root::new("JPKI for digital signature", now)?;
    let authenticates = Root::new("JPKI for user authentication", now)?;
    // The day of EXAMPLE_PRINTED.
    let birth = BirthDate::new(1990, 4, 12).ok_or(ProfileFault::Validity)?;
    let citizen = Citizen::new(
        Substituted::name("見本　花子", None)?,
        Substituted::address("東京都千代田区霞が関一丁目１番１号", None)?,
        Sex::Female,
        birth,
    );
    let validity = Validity::of_citizen(now, birth)?;
    let number = || SubjectNumber::from_random(crate::chance::octets());
    let publication = |shard: &str| Publication::new(&format!("http://ca.example.jp/crl/{shard}/0.crl"), None, None);
    let authentication = Profile::CitizenAuthentication {
        number: number(),
        publication: publication("authentication")?,
    };
    let signature = Profile::CitizenSignature {
        resident: Resident::new("東京都", "千代田区", number())?,
        citizen: Box::new(citizen),
        publication: publication("signature")?,
    };
    let blank = BlankCitizen::begin(new)?;
    let key = |slot| Ok::<_, VirtualCardFault>(PublicKey::from_spki_der(&blank.0.public_key(slot)?)?);
    let certificates = [
        authenticates.issues(&authentication, &key(Slot::Authentication)?, validity)?,
        signs.issues(&signature, &key(Slot::Signature)?, validity)?,
        authenticates.certificate.clone(),
        signs.certificate.clone(),
    ];
    let printer = SoftwareKey::generate(Algorithm::P256)?;
    let prints = Profile::VisualSigner {
        name: AuthorityName::new(EXAMPLE_ORGANISATION, "visual")?,
        publication: publication("visual")?,
    };
    let prints = signs.issues(&prints, printer.public_key(), validity)?;
    let visual = visual(blank.number(), &prints, &printer, now)?;
    let given: Vec<&[u8]> = certificates.iter().map(Certificate::der).collect();
    blank.load(&given, &visual, UnblockKeys::random()?)
}

/// An authority of example cards, one of the test hierarchy (DOMAIN §11.3).
struct Root {
    certificate: Certificate,
    key: SoftwareKey,
}

impl Root {
    fn new(unit: &str, now: i64) -> Result<Self, VirtualCardFault> {
        let key = SoftwareKey::generate(Algorithm::Rsa2048)?;
        let name = AuthorityName::of_units(EXAMPLE_ORGANISATION, &[unit, EXAMPLE_AGENCY])?;
        let validity = Validity::of_days(now, 3_650)?;
        let certificate = issue(
            &Profile::Root { name },
            Issuer::Itself,
            key.public_key(),
            validity,
            &key,
        )?;
        Ok(Self { certificate, key })
    }

    fn issues(&self, profile: &Profile, key: &PublicKey, validity: Validity) -> Result<Certificate, VirtualCardFault> {
        issue(profile, Issuer::Authority(&self.certificate), key, validity, &self.key)
    }
}

/// The face of the example card (docs/formats.md), signed by whoever printed it.
fn visual(
    number: CardNumber,
    prints: &Certificate,
    printer: &SoftwareKey,
    now: i64,
) -> Result<Vec<u8>, VirtualCardFault> {
    let fields = [
        (0xDF21, &number.digits()[..]),
        (0xDF22, EXAMPLE_PRINTED.birth.as_bytes()),
        (0xDF23, b"2"),
        (0xDF24, b""),
        (0xDF25, b""),
        (0xDF26, b""),
        (0xDF27, EXAMPLE_FACE),
        (0xDF29, EXAMPLE_PRINTED.expiry.as_bytes()),
        (0xDF2A, EXAMPLE_PRINTED.code.as_bytes()),
    ]
    .map(|(tag, value)| (tag, tlv::element(tag, value)));
    let signed: Vec<u8> = fields.iter().flat_map(|(_, element)| element.clone()).collect();
    let draft = Draft::new(&signed, prints, now);
    let signature = printer.sign(draft.to_be_signed())?;
    let cms = draft
        .finish(&signature)
        .map_err(|why| VirtualCardFault::Signature(why.to_string()))?;
    let mut face = Vec::new();
    for (tag, element) in fields {
        // The signature stands before the last day.
        if tag == 0xDF29 {
            tlv::push(&mut face, 0xDF28, &cms);
        }
        face.extend(element);
    }
    Ok(tlv::element(0xFF20, &face))
}

/// What is printed on a card, as its holder types it for 照合番号B.
pub struct Printed {
    /// Date of birth, YYYYMMDD.
    pub birth: &'static str,
    /// Last day of the card, YYYYMMDD.
    pub expiry: &'static str,
    /// Security code, four digits.
    pub code: &'static str,
}

/// What is printed on every example card.
pub const EXAMPLE_PRINTED: Printed = Printed {
    birth: "19900412",
    expiry: "20310412",
    code: "4827",
};

/// Whose authorities the example's are, as the test authorities of the public ones are named (DOMAIN §11.3).
const EXAMPLE_ORGANISATION: &str = "JPKI-TEST";
const EXAMPLE_AGENCY: &str = "Japan Agency for Local Authority Information Systems";

/// A face that is nobody's: it was drawn.
const EXAMPLE_FACE: &[u8] = include_bytes!("example.jpg");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_card::{Drawer, Readers};
    use card::TriesLeft;
    use card::jpki::{Jpki, PrintedNumber};

    fn new() -> NewCitizen<'static> {
        NewCitizen {
            storage: Storage::Memory,
            pin: "1234",
            password: "ABC123",
        }
    }

    fn at(readers: &Readers) -> Jpki {
        Jpki::open(readers.open(&readers.only_card().unwrap().name).unwrap()).unwrap()
    }

    #[test]
    fn the_example_card_is_whole_and_its_face_is_signed_for_its_number() {
        let (drawer, readers) = Drawer::new(1);
        drawer.insert(1, example_citizen(new(), 1_700_000_000).unwrap());
        let mut card = at(&readers);
        let told = card.summary().unwrap();
        assert_eq!(told.authentication_tries, TriesLeft::Known(3));
        let own = told.authentication.fingerprint();
        let pin = AuthenticationPin::parse("1234".into()).unwrap();
        assert!(card.sign_authentication(&own, &pin, None, b"nonce").is_ok());
        let password = SignaturePassword::parse("abc123".into()).unwrap();
        assert!(card.signature_certificate(&own, &password, None).is_ok());

        let printed = EXAMPLE_PRINTED;
        let number = PrintedNumber::parse(
            printed.birth.into(),
            printed.expiry.get(..4).unwrap().into(),
            printed.code.into(),
        );
        let visual = card.visual_file(&number.unwrap(), None).unwrap();
        let fields: Vec<_> = tlv::elements(tlv::find(&visual, 0xFF20).unwrap())
            .map(Result::unwrap)
            .collect();
        let tags: Vec<_> = fields.iter().map(|field| field.tag).collect();
        assert_eq!(
            tags,
            (0xDF21..=0xDF2A).collect::<Vec<_>>(),
            "in the order of docs/formats.md"
        );
        let signed = |but: u32| {
            let others = fields.iter().filter(|field| field.tag != 0xDF28 && field.tag != but);
            others.flat_map(|field| field.whole.to_vec()).collect::<Vec<u8>>()
        };
        let cms = fields.iter().find(|field| field.tag == 0xDF28).unwrap().value;
        pki::cms::verify(cms, &signed(0)).unwrap();
        pki::cms::verify(cms, &signed(0xDF21)).unwrap_err();
        assert_eq!(fields.first().unwrap().value, told.standing.unwrap().number.digits());
    }

    /// What the lints of citizens' certificates ask is asked of none under another policy, so that it is named here.
    #[test]
    fn the_certificates_of_the_example_card_are_as_citizens_certificates_are() {
        const NOW: i64 = 1_700_000_000;
        let (drawer, readers) = Drawer::new(1);
        drawer.insert(1, example_citizen(new(), NOW).unwrap());
        let mut card = at(&readers);
        let told = card.summary().unwrap();
        let own = told.authentication.fingerprint();
        let password = SignaturePassword::parse("ABC123".into()).unwrap();
        let signature = card.signature_certificate(&own, &password, None).unwrap();
        let says = |certificate: &Certificate, words: &str| {
            let mut windows = certificate.der().windows(words.len());
            windows.any(|window| window == words.as_bytes())
        };
        for (der, policy, unit, of_a_person) in [
            (
                told.authentication.der(),
                "1.2.392.200149.8.5.1.3.30",
                "user authentication",
                false,
            ),
            (signature.der(), "1.2.392.200149.8.5.1.0.20", "digital signature", true),
        ] {
            let certificate = Certificate::parse(der).unwrap();
            let findings = pki::lint::certificate(der);
            assert!(findings.is_empty(), "{findings}");
            assert_eq!(certificate.policies(), [policy.parse().unwrap()]);
            assert_eq!(certificate.public_key().algorithm(), Algorithm::Rsa2048);
            assert!(says(&certificate, &format!("JPKI for {unit}")) && says(&certificate, "公的個人認証サービス"));
            // The end of 12 April 2028 in Japan: the fifth birthday after 15 November 2023.
            assert_eq!(
                (certificate.not_before(), certificate.not_after()),
                (NOW, 1_839_164_399)
            );
            // Its name, and the day that is printed on it, with the digit of 平成.
            for word in ["見本　花子", "419900412", "千代田区"] {
                assert_eq!(says(&certificate, word), of_a_person, "{word}");
            }
        }
    }

    #[test]
    fn the_requests_are_for_two_keys_and_a_card_wants_both_authorities() {
        let blank = BlankCitizen::begin(new()).unwrap();
        let requests = blank.requests().unwrap();
        let one = CertificateRequest::parse(&requests.authentication).unwrap();
        let other = CertificateRequest::parse(&requests.signature).unwrap();
        assert_ne!(one.public_key(), other.public_key());
        let refused = blank.load(&[], b"", UnblockKeys::random().unwrap()).unwrap_err();
        assert!(matches!(refused, VirtualCardFault::Missing(Slot::Authentication)));
        let wrong = BlankCitizen::begin(NewCitizen {
            password: "ABCDEF",
            ..new()
        });
        assert!(matches!(wrong.err(), Some(VirtualCardFault::Password(_))));
    }
}
