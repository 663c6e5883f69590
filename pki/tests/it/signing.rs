//! Nothing is signed that was not linted, and nothing released that does not verify.

use pki::algorithm::Algorithm;
use pki::key::{PublicKey, SoftwareKey};
use pki::profile::{Profile, ProfileFault, Validity};
use pki::tbs::{Issuer, Linted, Tbs};
use pki::{SignFault, Signer};

use crate::authority::{Authority, DAY, authority, card_content, serial};

/// An HSM that went wrong: answers with `answer` instead of a signature of the message.
struct Faulty<'a> {
    public: &'a PublicKey,
    answer: Result<Vec<u8>, SignFault>,
}

impl Signer for Faulty<'_> {
    fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.public
    }

    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignFault> {
        self.answer.clone()
    }
}

fn linted(authority: &Authority) -> Linted<Tbs> {
    let validity = Validity::of_days(authority.now, 100).unwrap();
    let profile = Profile::AuthoritySignature(card_content());
    let tbs = Tbs::new(
        &profile,
        serial(),
        Issuer::Authority(&authority.issuing),
        authority.responder.public_key(),
        validity,
    );
    tbs.unwrap().lint().unwrap()
}

#[test]
fn a51_another_key_under_the_same_label_signs_nothing() {
    let authority = authority(Algorithm::P256);
    let swapped = SoftwareKey::generate(Algorithm::P256).unwrap();
    assert_eq!(linted(authority).sign(&swapped), Err(SignFault::AnotherKey));
    // Control: the right key signs the same content.
    assert!(linted(authority).sign(&authority.issuing_key).is_ok());
}

#[test]
fn a51_a_signature_of_something_else_is_not_released() {
    let authority = authority(Algorithm::P256);
    let public = authority.issuing_key.public_key();
    let late = authority.issuing_key.sign(b"the answer to the request before").unwrap();
    for answer in [late, Vec::new(), vec![0x30; 70]] {
        let signer = Faulty {
            public,
            answer: Ok(answer),
        };
        assert_eq!(linted(authority).sign(&signer), Err(SignFault::BadSignature));
    }
    let broken = Faulty {
        public,
        answer: Err(SignFault::Failed("session lost".to_owned())),
    };
    assert_eq!(
        linted(authority).sign(&broken),
        Err(SignFault::Failed("session lost".to_owned()))
    );
}

#[test]
fn i2_an_intent_taken_up_after_a_crash_signs_the_same_bytes() {
    let authority = authority(Algorithm::Ed25519);
    let recorded = linted(authority).to_be_signed().to_vec();
    let resume = || Linted::<Tbs>::resume(&recorded, Issuer::Authority(&authority.issuing)).unwrap();
    let first = resume().sign(&authority.issuing_key).unwrap();
    let second = resume().sign(&authority.issuing_key).unwrap();
    assert_eq!(first.certificate().to_be_signed(), recorded);
    // Ed25519 is deterministic: the very same certificate.
    assert_eq!(first, second);
}

#[test]
fn i2_an_intent_that_was_tampered_with_is_not_signed() {
    let authority = authority(Algorithm::P256);
    let recorded = linted(authority).to_be_signed().to_vec();
    let resume = |bytes: &[u8]| Linted::<Tbs>::resume(bytes, Issuer::Authority(&authority.issuing)).map(|_| ());
    assert!(resume(&recorded).is_ok(), "the control must pass");

    // keyUsage digitalSignature+nonRepudiation (06 C0) becomes keyCertSign+cRLSign (01 06).
    let at = recorded
        .windows(4)
        .position(|window| window == [3, 2, 6, 0xc0])
        .unwrap();
    let mut authority_bits = recorded.clone();
    authority_bits[at + 2..at + 4].copy_from_slice(&[1, 0x06]);
    let findings = resume(&authority_bits).unwrap_err();
    assert!(findings.iter().any(|finding| finding.rule == "C-KU-CA"), "{findings}");

    assert!(resume(&recorded[..recorded.len() - 1]).is_err());
    let root = &authority.root;
    let findings = Linted::<Tbs>::resume(&recorded, Issuer::Authority(root)).unwrap_err();
    assert!(findings.iter().any(|finding| finding.rule == "I-NAME"), "{findings}");
}

#[test]
fn a32_a_profile_takes_nothing_but_what_its_issuer_may_give() {
    let authority = authority(Algorithm::P256);
    let key = authority.responder.public_key();
    let validity = Validity::of_days(authority.now, 100).unwrap();
    let name = || pki::name::AuthorityName::new("鍵守", "CA").unwrap();
    let publication = card_content();
    let issuing = Profile::Issuing {
        name: name(),
        publication: pki::profile::Publication::new(crate::authority::SHARD, None, None).unwrap(),
        policies: vec![],
    };
    let card = Profile::AuthoritySignature(publication);
    let build = |profile: &Profile, issuer, key: &PublicKey, validity| {
        Tbs::new(profile, serial(), issuer, key, validity).map(|_| ())
    };
    let below = Issuer::Authority(&authority.issuing);

    assert_eq!(build(&card, below, key, validity), Ok(()), "the control must pass");
    assert_eq!(
        build(&issuing, below, key, validity),
        Err(ProfileFault::NotAnIssuer),
        "pathLenConstraint 0"
    );
    assert_eq!(
        build(&card, Issuer::Authority(&authority.responder), key, validity),
        Err(ProfileFault::NotAnIssuer)
    );
    assert_eq!(build(&card, Issuer::Itself, key, validity), Err(ProfileFault::Issuer));
    assert_eq!(
        build(&Profile::Root { name: name() }, below, key, validity),
        Err(ProfileFault::Issuer)
    );
    assert_eq!(
        build(&card, below, authority.issuing.public_key(), validity),
        Err(ProfileFault::IssuersKey)
    );
    let late = Validity::of_days(authority.now, 4_000).unwrap();
    assert_eq!(build(&card, below, key, late), Err(ProfileFault::OutlivesIssuer));
    let early = Validity::of_days(authority.now - 10 * DAY, 100).unwrap();
    assert_eq!(build(&card, below, key, early), Err(ProfileFault::OutlivesIssuer));
}

#[test]
fn only_plain_http_addresses_are_published() {
    let publish = |url: &str| pki::profile::Publication::new(url, None, None).map(|_| ());
    assert_eq!(publish("http://crl.example/1.crl"), Ok(()));
    for bad in [
        "https://crl.example/1.crl",
        "http://",
        "http:///1.crl",
        "ldap://x",
        "http://例え.jp/1.crl",
        "http://a b/",
        "",
    ] {
        assert_eq!(publish(bad), Err(ProfileFault::Address(bad.to_owned())));
    }
}
