//! ML-DSA as key of authorities, responders and holders (RFC 9881). Debian 12's OpenSSL does not know it: what is made here is
//! kept for Python's `cryptography`, which is a judge of the whole folder.

use pki::Signer;
use pki::algorithm::Algorithm;
use pki::crl::{CrlNumber, Revoked};
use pki::csr::CertificateRequest;
use pki::key::{KeyFault, PublicKey, SoftwareKey};
use pki::lint;
use pki::ocsp::{HashAlgorithm, Response, Status, Times};
use pki::profile::Profile;
use pki::reason::ReasonCode;

use crate::authority::{DAY, authority, card_content};
use crate::judge::{keep, tlv};

const ML_DSA: [Algorithm; 3] = [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87];

#[test]
fn a_whole_authority_of_ml_dsa_issues_revokes_and_answers() {
    for algorithm in ML_DSA {
        let authority = authority(algorithm);
        let key = SoftwareKey::generate(algorithm).unwrap();
        let card = authority.card(&Profile::AuthoritySignature(card_content()), key.public_key());
        assert_eq!(card.public_key().algorithm(), algorithm);
        assert_eq!(lint::certificate(card.der()).to_string(), "");
        for (one, issuer) in [
            (&card, &authority.issuing),
            (&authority.responder, &authority.issuing),
            (&authority.issuing, &authority.root),
            (&authority.root, &authority.root),
        ] {
            assert!(one.verify_signed_by(issuer).is_ok(), "{algorithm}");
        }
        let namesake = crate::authority::authority(Algorithm::P256);
        assert_eq!(card.issuer(), namesake.issuing.subject());
        assert!(
            card.verify_signed_by(&namesake.issuing).is_err(),
            "control: {algorithm}"
        );
        let entry = Revoked {
            serial: card.serial(),
            at: authority.now - 5,
            reason: Some(ReasonCode::KeyCompromise),
            invalidity_date: None,
        };
        let list = authority.list(CrlNumber::FIRST, [entry]);
        assert_eq!(list.entries(), [entry]);
        let responder = authority.responder();
        let id = responder.issuer().cert_id(&card.serial(), HashAlgorithm::Sha256);
        let revoked = Status::Revoked {
            at: authority.now - 5,
            reason: Some(ReasonCode::KeyCompromise),
        };
        let times = Times {
            produced_at: authority.now,
            this_update: authority.now,
            next_update: authority.now + DAY,
        };
        for status in [Status::Good, revoked] {
            let answer = responder.presigned(&id, status, times).unwrap();
            keep("ocsp", &answer);
            let Ok(Response::Basic(basic)) = Response::parse(&answer) else {
                panic!("no signed answer");
            };
            assert_eq!(
                basic.status_of(&card.serial(), &authority.issuing, authority.now),
                Ok(status)
            );
        }
        let request = CertificateRequest::new("ml-dsa", &key).unwrap();
        assert_eq!(
            CertificateRequest::parse(request.der()).unwrap().public_key(),
            key.public_key()
        );
        let mut spoilt = request.der().to_vec();
        let last = spoilt.len() - 1;
        spoilt[last] ^= 1;
        assert!(CertificateRequest::parse(&spoilt).is_err(), "control");
    }
}

#[test]
fn r10_parameters_beside_the_name_of_ml_dsa_are_refused() {
    for algorithm in ML_DSA {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let spki = key.public_key().spki_der();
        assert!(PublicKey::from_spki_der(spki).is_ok(), "control");
        let name = algorithm.signature().oid();
        let name = tlv(0x06, name.as_bytes());
        let bits = tlv(0x03, &[&[0], key.public_key().key_bits()].concat());
        let whole = |identifier: &[u8]| tlv(0x30, &[tlv(0x30, identifier), bits.clone()].concat());
        assert_eq!(whole(&name), spki, "control: written by hand, it is the same");
        let with_null = whole(&[name.clone(), vec![0x05, 0x00]].concat());
        assert!(matches!(
            PublicKey::from_spki_der(&with_null),
            Err(KeyFault::Malformed(_))
        ));
    }
}

#[test]
fn r10_a_key_of_another_length_is_no_ml_dsa_key() {
    for algorithm in ML_DSA {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let name = tlv(0x30, &tlv(0x06, algorithm.signature().oid().as_bytes()));
        for cut in [0, 1, 31, key.public_key().key_bits().len() - 1] {
            let bits = tlv(0x03, &[&[0], &key.public_key().key_bits()[..cut]].concat());
            let spki = tlv(0x30, &[name.clone(), bits].concat());
            assert!(
                matches!(PublicKey::from_spki_der(&spki), Err(KeyFault::Weak(_))),
                "{algorithm} {cut}"
            );
        }
    }
}
