//! Keys in an HSM: SoftHSM, and a module before it that is late, repeats itself, spoils its answers and loses its session.
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where what it takes for granted does not hold"
)]

mod soft;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::hsm::{Hsm, HsmFault, KeyId, KeyUri, Place, TokenName, UriFault};
use pki::key::SoftwareKey;
use pki::name::AuthorityName;
use pki::profile::{Profile, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use pki::{SignFault, Signer};

use soft::{PIN, alone, open};

const MADE_THERE: [Algorithm; 6] = [
    Algorithm::P256,
    Algorithm::P384,
    Algorithm::Rsa2048,
    Algorithm::Rsa3072,
    Algorithm::Rsa4096,
    Algorithm::Ed25519,
];

fn id(text: &str) -> KeyId {
    KeyId::new(text.as_bytes()).unwrap()
}

/// A root's own certificate, signed by this key for that one.
fn root(signer: &dyn Signer, key: &dyn Signer) -> Result<Certificate, SignFault> {
    let name = AuthorityName::new("鍵守認証局", "HSM Root").unwrap();
    let validity = Validity::of_days(1_790_000_000, 365).unwrap();
    let profile = Profile::Root { name };
    let serial = Serial::from_random([0x5a; 20]);
    let tbs = Tbs::new(&profile, serial, Issuer::Itself, key.public_key(), validity).unwrap();
    Ok(tbs.lint().unwrap().sign(signer)?.into_certificate())
}

#[test]
fn every_kind_of_key_is_made_found_again_and_signs_what_its_certificate_confirms() {
    alone(
        "every_kind_of_key_is_made_found_again_and_signs_what_its_certificate_confirms",
        |soft| {
            let hsm = open(&soft.place()).unwrap();
            for algorithm in MADE_THERE {
                let id = id(algorithm.as_str());
                let key = hsm.make(&id, "ca", algorithm).unwrap();
                assert_eq!(key.algorithm(), algorithm);
                assert_eq!(hsm.make(&id, "ca", algorithm).unwrap().public_key(), key.public_key());
                assert!(key.is_confined().unwrap(), "{algorithm}");
                let found = hsm.find(&id).unwrap().unwrap();
                let certificate = root(&found, &key).unwrap();
                assert!(certificate.verify_signed_by(&certificate).is_ok(), "{algorithm}");
                let signature = key.sign(b"message").unwrap();
                let verify = |message| key.public_key().verify(algorithm.signature(), message, &signature);
                assert_eq!((verify(b"message").is_ok(), verify(b"massage").is_ok()), (true, false));
                assert_eq!(
                    key.sign_hash(b"short").map(|signed| signed.is_err()),
                    match algorithm {
                        Algorithm::Ed25519 => None,
                        _ => Some(true),
                    }
                );
            }
            assert_eq!(hsm.labelled("ca").unwrap().len(), MADE_THERE.len());
            assert_eq!(hsm.labelled("another").unwrap(), []);
            assert!(hsm.find(&id("nothing")).unwrap().is_none());
        },
    );
}

#[test]
fn a_key_of_another_kind_in_its_place_is_not_taken_and_a_kind_that_is_not_made_there_is_said() {
    alone(
        "a_key_of_another_kind_in_its_place_is_not_taken_and_a_kind_that_is_not_made_there_is_said",
        |soft| {
            let hsm = open(&soft.place()).unwrap();
            hsm.make(&id("ca"), "ca", Algorithm::P256).unwrap();
            assert_eq!(
                hsm.make(&id("ca"), "ca", Algorithm::P384).map(drop),
                Err(HsmFault::AnotherKey)
            );
            let unsupported = hsm.make(&id("pq"), "ca", Algorithm::MlDsa65).map(drop);
            assert!(matches!(unsupported, Err(HsmFault::Unsupported(_))), "{unsupported:?}");
        },
    );
}

#[test]
fn a51_a_key_that_was_put_in_the_place_of_the_known_one_signs_nothing() {
    alone(
        "a51_a_key_that_was_put_in_the_place_of_the_known_one_signs_nothing",
        |soft| {
            let (one, other) = (open(&soft.place()).unwrap(), open(&soft.place()).unwrap());
            let key = one.make(&id("ca"), "ca", Algorithm::P256).unwrap();
            assert!(key.sign(b"control").is_ok());
            one.destroy(&id("ca")).unwrap();
            one.destroy(&id("ca")).unwrap();
            let gone = other.holding(&id("ca"), key.public_key().clone()).sign(b"message");
            assert!(matches!(gone, Err(SignFault::Failed(_))), "{gone:?}");
            one.make(&id("ca"), "ca", Algorithm::P256).unwrap();
            let swapped = other.holding(&id("ca"), key.public_key().clone());
            assert_eq!(swapped.sign(b"message"), Err(SignFault::AnotherKey));
            assert_eq!(root(&swapped, &key).map(drop), Err(SignFault::AnotherKey));
        },
    );
}

#[test]
fn a51_garbage_and_yesterdays_signature_are_never_released() {
    alone("a51_garbage_and_yesterdays_signature_are_never_released", |soft| {
        let hsm = open(&soft.contrary()).unwrap();
        for algorithm in [Algorithm::P256, Algorithm::Rsa2048] {
            soft.mood("honest");
            let key = hsm.make(&id(algorithm.as_str()), "ca", algorithm).unwrap();
            assert!(root(&key, &key).is_ok(), "control");
            for mood in ["garbage", "twice"] {
                soft.mood("honest");
                key.sign(b"what is given once more").unwrap();
                soft.mood(mood);
                assert_eq!(root(&key, &key).map(drop), Err(SignFault::BadSignature), "{mood}");
            }
            soft.mood("honest");
            assert!(root(&key, &key).is_ok(), "control");
        }
    });
}

#[test]
fn a51_a_late_answer_is_told_in_time_and_never_given_to_who_asks_next() {
    alone(
        "a51_a_late_answer_is_told_in_time_and_never_given_to_who_asks_next",
        |soft| {
            let limit = Duration::from_millis(600);
            let place = Place {
                sessions: 1,
                ..soft.contrary()
            };
            let key = open(&place).unwrap().make(&id("ca"), "ca", Algorithm::P256).unwrap();
            let hsm = open(&Place { limit, ..place }).unwrap();
            let key = hsm.holding(&id("ca"), key.public_key().clone());
            soft.mood("late 2000");
            let begun = Instant::now();
            let late = key.sign(b"one");
            assert_eq!(late, Err(HsmFault::Late(limit).into()));
            assert!(begun.elapsed() < Duration::from_millis(1900), "{:?}", begun.elapsed());
            soft.mood("honest");
            // Its only worker is still busy with the first question; whoever waits long enough gets an answer to his own.
            let answered = (0..20).find_map(|_| key.sign(b"two").ok()).unwrap();
            let verify = |message| key.public_key().verify(Algorithm::P256.signature(), message, &answered);
            assert_eq!((verify(b"two").is_ok(), verify(b"one").is_ok()), (true, false));
        },
    );
}

#[test]
fn a_session_that_broke_is_opened_anew_and_a_removed_device_is_said() {
    alone(
        "a_session_that_broke_is_opened_anew_and_a_removed_device_is_said",
        |soft| {
            let hsm = open(&soft.contrary()).unwrap();
            let key = hsm.make(&id("ca"), "ca", Algorithm::P256).unwrap();
            key.sign(b"control").unwrap();
            soft.mood("lost");
            key.sign(b"goes on in a new session").unwrap();
            soft.mood("gone");
            let gone = key.sign(b"message");
            assert!(
                matches!(&gone, Err(SignFault::Failed(text)) if text.contains("broke")),
                "{gone:?}"
            );
            soft.mood("honest");
            key.sign(b"back again").unwrap();
        },
    );
}

#[test]
fn many_threads_sign_side_by_side_each_its_own_message() {
    alone("many_threads_sign_side_by_side_each_its_own_message", |soft| {
        let hsm = open(&Place {
            sessions: 4,
            ..soft.place()
        })
        .unwrap();
        let key = hsm.make(&id("ca"), "ca", Algorithm::P256).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8_u8 {
                let key = &key;
                scope.spawn(move || {
                    for count in 0..50_u8 {
                        let message = [thread, count];
                        let signature = key.sign(&message).unwrap();
                        let verified = key
                            .public_key()
                            .verify(Algorithm::P256.signature(), &message, &signature);
                        assert!(verified.is_ok(), "{message:?}");
                    }
                });
            }
        });
    });
}

#[test]
fn a_wrong_pin_is_tried_once_and_not_again() {
    alone("a_wrong_pin_is_tried_once_and_not_again", |soft| {
        let asked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&asked);
        let refused = Hsm::open(&soft.place(), move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok("wrong-PIN".to_owned().into())
        });
        assert_eq!(refused.map(drop), Err(HsmFault::PinWrong));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let unread = Hsm::open(&soft.place(), || Err("no such file".to_owned()));
        assert_eq!(unread.map(drop), Err(HsmFault::NoPin("no such file".to_owned())));
        assert!(open(&soft.place()).is_ok(), "control");
    });
}

#[test]
fn a_token_is_found_by_its_name_and_two_of_one_name_by_serial_number_alone() {
    alone(
        "a_token_is_found_by_its_name_and_two_of_one_name_by_serial_number_alone",
        |soft| {
            let other = |label: &str| Place {
                token: TokenName {
                    label: Some(label.to_owned()),
                    ..TokenName::default()
                },
                ..soft.place()
            };
            let none = open(&other("another"));
            assert_eq!(
                none.map(drop),
                Err(HsmFault::NoToken("pkcs11:token=another".to_owned()))
            );
            let told = open(&soft.place()).unwrap().token().clone();
            assert_eq!(told.label.as_deref(), Some(soft::TOKEN));
            let by_serial = Place {
                token: TokenName {
                    serial: told.serial.clone(),
                    ..TokenName::default()
                },
                ..soft.place()
            };
            assert_eq!(open(&by_serial).unwrap().token(), &told);
            let nothing = open(&Place {
                module: soft.dir().join("nothing.so"),
                ..soft.place()
            });
            assert!(matches!(nothing, Err(HsmFault::Module { .. })));
            let empty = soft.dir().join("no-module.so");
            std::fs::write(&empty, "no library").unwrap();
            let no_module = open(&Place {
                module: empty,
                ..soft.place()
            });
            assert!(matches!(no_module, Err(HsmFault::Module { .. })));
        },
    );
}

#[test]
fn an_address_is_read_as_it_is_written_and_carries_neither_module_nor_pin() {
    let whole = "pkcs11:token=%E9%8D%B5%E5%AE%88%20CA;serial=0a1b;id=%00%FF;object=root;type=private";
    let uri: KeyUri = whole.parse().unwrap();
    assert_eq!(uri.token.label.as_deref(), Some("鍵守 CA"));
    assert_eq!(uri.id, KeyId::new(&[0, 0xff]));
    assert_eq!(uri.to_string(), whole);
    let refused = |text: &str| text.parse::<KeyUri>().unwrap_err();
    assert_eq!(refused("token=x"), UriFault::NotPkcs11);
    assert_eq!(refused("pkcs11:object=x"), UriFault::NoToken);
    assert_eq!(refused("pkcs11:token=x;token=y"), UriFault::Twice("token".to_owned()));
    assert_eq!(
        refused("pkcs11:token=x;colour=y"),
        UriFault::Unknown("colour".to_owned())
    );
    assert_eq!(refused("pkcs11:token=%4"), UriFault::Percent);
    assert_eq!(refused("pkcs11:token=%FF"), UriFault::Text("token".to_owned()));
    assert_eq!(refused("pkcs11:token=x;id="), UriFault::Id);
    assert_eq!(refused("pkcs11:token=x;type=cert"), UriFault::Type);
    assert_eq!(refused("pkcs11:token=x?module-path=/tmp/evil.so"), UriFault::Module);
    assert_eq!(refused("pkcs11:token=x?pin-value=1234"), UriFault::Pin);
}

#[test]
fn neither_a_key_nor_an_hsm_prints_a_pin() {
    alone("neither_a_key_nor_an_hsm_prints_a_pin", |soft| {
        let hsm = open(&soft.place()).unwrap();
        let key = hsm.make(&id("ca"), "ca", Algorithm::P256).unwrap();
        let printed = format!("{hsm:?} {key:?} {} {:?}", key.uri(), soft.place());
        assert!(printed.contains("token=") && !printed.contains(PIN), "{printed}");
    });
}

#[test]
fn a_key_of_software_beside_it_is_another_key() {
    alone("a_key_of_software_beside_it_is_another_key", |soft| {
        let hsm = open(&soft.place()).unwrap();
        let key = hsm.make(&id("ca"), "ca", Algorithm::P256).unwrap();
        let software = SoftwareKey::generate(Algorithm::P256).unwrap();
        assert_eq!(root(&software, &key).map(drop), Err(SignFault::AnotherKey));
    });
}
