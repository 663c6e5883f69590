//! Citizens' cards as they are made: both certificates, what is printed, the keys that unlock them.

use std::path::Path;
use std::sync::Arc;

use casework::identity::{CardNumber, Fingerprint};
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use server::authority::citizen::{CitizenFault, EXAMPLE, NewCard, Person, Personalised};
use server::authority::issue::Registrar;
use server::chance::Chance;
use server::desk::Actor;
use server::office::{CITIZEN_EXAMPLE, Office};
use server::unblock::KeyVersion;

use crate::citizen_card::keyring;
use crate::grant::certifying;
use crate::house::{House, on_both};
use crate::invariant::{self, count};

on_both! {
    async fn r403_a_card_is_made_once_and_again_it_is_the_same_card(house: House) {
        let issuer = Issuer::of(&house).await;
        let card = Keys::new();
        let made = issuer.make(&card, NUMBER).await.unwrap();
        for (certificate, of, ca) in [(&made.authentication, &card.authentication, &made.issuers[0]), (&made.signature, &card.signature, &made.issuers[1])] {
            assert_eq!(certificate.public_key(), of.public_key());
            certificate.verify_signed_by(ca).unwrap();
            assert_eq!(pki::lint::certificate(certificate.der()).to_string(), "");
        }
        let row = house.store().citizen_card(number()).await.unwrap().unwrap();
        assert_eq!((row.office.as_str(), row.counter, row.key_version), (issuer.office.id.as_str(), 0, KeyVersion::FIRST));
        assert_eq!(row.fingerprint, Fingerprint(made.authentication.fingerprint()));
        // What the card will say to the server's cryptogram is made with the very key that it was given.
        assert_eq!(made.keys.each_ref().map(|(reference, _)| *reference), [0x91, 0x92]);
        let (store, clock) = (house.store(), house.desk.clock());
        keyring(&house.place).renew_unblock(store, clock, &Chance::system()).await.unwrap();
        let again = issuer.make(&card, NUMBER).await.unwrap();
        assert_eq!((&again.authentication, &again.signature), (&made.authentication, &made.signature));
        assert_eq!((again.key_version, &again.keys), (made.key_version, &made.keys), "under the version that it was issued with");
        assert_eq!(count(&house.place.address, "SELECT COUNT(*) FROM citizen_card").await, 1);
        let next = issuer.make(&Keys::new(), "0000000000000018").await.unwrap();
        assert_eq!(next.key_version, KeyVersion::new(2).unwrap());
        assert_eq!(next.visual_signer, made.visual_signer);
        assert_ne!(next.keys, made.keys);
        invariant::hold(&house).await;
    }

    async fn a33_a_card_whose_number_or_keys_are_anothers_is_not_made(house: House) {
        let issuer = Issuer::of(&house).await;
        let card = Keys::new();
        issuer.make(&card, NUMBER).await.unwrap();
        let certificates = async || count(&house.place.address, "SELECT COUNT(*) FROM certificate").await;
        let before = certificates().await;
        let other = Keys::new();
        assert!(matches!(issuer.make(&other, NUMBER).await, Err(CitizenFault::Taken(_))), "its number");
        assert_eq!(certificates().await, before, "nothing was issued");
        assert!(matches!(issuer.make(&card, "0000000000000018").await, Err(CitizenFault::Taken(_))), "its keys");
        let swapped = Keys { authentication: card.signature.clone(), signature: card.authentication.clone() };
        assert!(issuer.make(&swapped, "0000000000000026").await.is_err(), "its keys, the one for the other");
        let half = Keys { authentication: other.authentication.clone(), signature: card.signature.clone() };
        assert!(issuer.make(&half, "0000000000000026").await.is_err(), "one of its keys");
        assert!(house.store().citizen_card(CardNumber::parse("0000000000000026").unwrap()).await.unwrap().is_none());
    }

    async fn the_face_of_a_card_is_signed_with_its_number(house: House) {
        let issuer = Issuer::of(&house).await;
        let made = issuer.make(&Keys::new(), NUMBER).await.unwrap();
        let mut fields = fields(&made.visual);
        let tags: Vec<u8> = fields.iter().map(|(tag, _, _)| *tag).collect();
        assert_eq!(tags, [0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a]);
        assert_eq!(fields[0].1, NUMBER.as_bytes());
        assert_eq!((fields[1].1.as_slice(), fields[2].1.as_slice(), fields[6].1.as_slice()), (&b"19900401"[..], &b"1"[..], FACE));
        let code = std::str::from_utf8(&fields[9].1).unwrap();
        let year = std::str::from_utf8(&fields[8].1[..4]).unwrap();
        assert_eq!(*made.number_b, format!("900401{year}{code}"));
        let (_, signature, _) = fields.remove(7);
        let content: Vec<u8> = fields.iter().flat_map(|(_, _, whole)| whole.clone()).collect();
        let by = pki::cms::verify(&signature, &content).unwrap();
        assert_eq!(by.certificate, made.visual_signer);
        let mut other = content;
        other[4] ^= 1;
        assert!(pki::cms::verify(&signature, &other).is_err(), "the control: another number");
    }

    async fn a32_requests_for_anything_else_are_not_certified(house: House) {
        let issuer = Issuer::of(&house).await;
        let card = Keys::new();
        let of = |key: &SoftwareKey| CertificateRequest::new("card", key).unwrap().der().to_vec();
        let read = |one: &[u8], other: &[u8]| NewCard::read(number(), one, other);
        let (one, other) = (of(&card.authentication), of(&card.signature));
        assert!(read(&one, &other).is_ok(), "the control");
        assert!(matches!(read(&one, &one), Err(CitizenFault::OneKey)));
        for algorithm in [Algorithm::P256, Algorithm::Rsa3072] {
            let key = SoftwareKey::generate(algorithm).unwrap();
            assert!(matches!(read(&one, &of(&key)), Err(CitizenFault::NotAdmitted("signature", _))));
        }
        let mut broken = other.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert!(matches!(read(&one, &broken), Err(CitizenFault::Request("signature", _))), "no proof of possession");
        let (new, person) = (read(&one, &other).unwrap(), person());
        let face = issuer.registrar.citizen_card(&OPERATOR, &issuer.office, &new, &person, b"GIF89a");
        assert!(matches!(face.await, Err(CitizenFault::Face(_))));
        // An office one of whose authorities may issue only half of a card.
        let half = Office { authorities: issuer.office.authorities[..1].to_vec(), ..issuer.office.clone() };
        let asked = issuer.registrar.citizen_card(&OPERATOR, &half, &new, &person, FACE);
        assert!(matches!(asked.await, Err(CitizenFault::NoAuthority { .. })));
    }
}

/// An office with the authorities of its citizens' cards.
struct Issuer {
    registrar: Registrar,
    office: Office,
}

/// The keys of a card.
struct Keys {
    authentication: Arc<SoftwareKey>,
    signature: Arc<SoftwareKey>,
}

impl Issuer {
    async fn of(house: &House) -> Self {
        let registrar = certifying(&house.place.data).registrar(&house.desk);
        let authorities = registrar.example_citizens_authorities("city").await.unwrap();
        let office = Office::from_toml(CITIZEN_EXAMPLE).unwrap();
        let office = Office {
            authorities: authorities.iter().map(|authority| authority.name().clone()).collect(),
            ..office
        };
        Self { registrar, office }
    }

    async fn make(&self, card: &Keys, number: &str) -> Result<Personalised, CitizenFault> {
        let request = |key: &SoftwareKey| CertificateRequest::new("card", key).unwrap().der().to_vec();
        let number = CardNumber::parse(number).unwrap();
        let card = NewCard::read(number, &request(&card.authentication), &request(&card.signature))?;
        let person = person();
        let made = self
            .registrar
            .citizen_card(&OPERATOR, &self.office, &card, &person, FACE);
        made.await
    }
}

impl Keys {
    fn new() -> Self {
        let key = || Arc::new(SoftwareKey::generate(Algorithm::Rsa2048).unwrap());
        Self {
            authentication: key(),
            signature: key(),
        }
    }
}

fn person() -> Person {
    Person::parse(EXAMPLE, Path::new("person.toml")).unwrap()
}

fn number() -> CardNumber {
    CardNumber::parse(NUMBER).unwrap()
}

/// Tag, value and whole of each field of a visual file.
fn fields(file: &[u8]) -> Vec<(u8, Vec<u8>, Vec<u8>)> {
    let length = |octets: &[u8]| match octets[0] {
        0x82 => (usize::from(u16::from_be_bytes([octets[1], octets[2]])), 3),
        0x81 => (usize::from(octets[1]), 2),
        short => (usize::from(short), 1),
    };
    assert_eq!(file[..2], [0xff, 0x20]);
    let (all, head) = length(&file[2..]);
    assert_eq!(file.len(), 2 + head + all);
    let (mut rest, mut fields) = (&file[2 + head..], Vec::new());
    while !rest.is_empty() {
        assert_eq!(rest[0], 0xdf);
        let (count, head) = length(&rest[2..]);
        let (whole, after) = rest.split_at(2 + head + count);
        fields.push((whole[1], whole[2 + head..].to_vec(), whole.to_vec()));
        rest = after;
    }
    fields
}

const OPERATOR: Actor<'static> = Actor::Operator { name: "test" };
const NUMBER: &str = "1234567890123452";
/// As every JPEG begins.
const FACE: &[u8] = b"\xff\xd8\xff\xe0 a face";
