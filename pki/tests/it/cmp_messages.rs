//! CMP messages one by one: round trips, and everything that must not pass.

use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::cmp::{
    Asked, Asks, Body, CertificateStatus, CmpFault, Disposition, Failure, MacParameters, Message, Nonce, Protector,
    Request, Revocation, Secret, TransactionId, Version,
};
use pki::cms::Digest;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use pki::reason::ReasonCode;
use proptest::prelude::*;

use crate::cmp_client::{Client, cheap, confirm, parts, remac, replace, replace_octets};
use crate::cmp_door::{Door, SECRET};
use crate::judge::{Desk, hex, octets, openssl, tlv};
use crate::made::{self, Ca, Draft};

#[test]
fn r19_a_certificate_is_asked_for_granted_and_confirmed_under_either_mac() {
    let parameters = [cheap(1), MacParameters::new(octets("pbmac1", 1))];
    for parameters in parameters {
        let mut door = Door::new();
        let mut client = Client::new(1);
        client.parameters = parameters;
        let certificate = client.enrol(&mut door);
        assert_eq!(certificate.public_key(), client.key.public_key());
        assert!(door.valid.is_empty(), "not valid before it is confirmed");
        let (answer, fault) = door.serve(&client.send(&confirm(&certificate)));
        assert_eq!(fault, None);
        let answer = Message::parse(&answer).unwrap().verify_secret(&client.secret).unwrap();
        assert!(matches!(answer.body(), Ok(Body::Confirmed)));
        assert_eq!(door.valid, [certificate]);
    }
}

#[test]
fn r19_what_the_holder_refuses_is_revoked() {
    let refusals: [fn(&Certificate) -> Body; 2] = [
        |_| Body::Confirm(None),
        |certificate| {
            let why = Disposition::rejected(Failure::BadCertTemplate, "another name");
            Body::Confirm(Some(CertificateStatus::of(0, certificate, Some(why))))
        },
    ];
    for refusal in refusals {
        let mut door = Door::new();
        let mut client = Client::new(1);
        let certificate = client.enrol(&mut door);
        let (_, fault) = door.serve(&client.send(&refusal(&certificate)));
        assert_eq!((fault, door.valid.len()), (None, 0));
        assert_eq!(door.revoked, [certificate]);
    }
}

#[test]
fn r19_a_first_message_with_one_thing_wrong_is_refused_for_that_thing() {
    let mut door = Door::new();
    let refused = |door: &mut Door, count: u64, change: &dyn Fn(&mut Client)| {
        let mut client = Client::new(count);
        change(&mut client);
        let (_, fault) = door.serve(&client.send(&client.request()));
        fault.map(|fault| (fault.failure(), fault))
    };
    let some = |fault: CmpFault, failure| Some((failure, fault));
    assert_eq!(refused(&mut door, 1, &|_| ()), None, "the control must pass");
    assert_eq!(
        refused(&mut door, 1, &|client| client.nonce = octets::<16>("other", 1).into()),
        some(CmpFault::RecipientNonce, Failure::BadRecipientNonce),
        "an open transaction takes its confirmation only"
    );
    assert_eq!(
        refused(&mut door, 2, &|client| client.secret = Secret::new(b"ABCDE00001-NACCT")),
        some(CmpFault::Mac, Failure::BadMessageCheck)
    );
    assert_eq!(
        refused(&mut door, 3, &|client| client.reference = b"NAC11110B".to_vec()),
        some(CmpFault::Mac, Failure::BadMessageCheck)
    );
    assert_eq!(
        refused(&mut door, 4, &|client| client.answers =
            Some(octets::<16>("none", 1).into())),
        some(CmpFault::RecipientNonce, Failure::BadRecipientNonce)
    );
    for far in [-310, 310] {
        assert_eq!(
            refused(&mut door, 5, &|client| client.time += far),
            some(CmpFault::Time, Failure::BadTime)
        );
    }
    for iterations in [1, 99, 100_001, u32::MAX] {
        assert_eq!(iterations_refused(iterations), CmpFault::Iterations, "{iterations}");
    }
    let client = Client::new(6);
    let body = client.request();
    let bare = client.outgoing(&body).protect(Protector::Nothing).unwrap();
    assert_eq!(door.serve(&bare).1, Some(CmpFault::NoProtection));
    assert_eq!(CmpFault::NoProtection.failure(), Failure::BadMessageCheck);
    // A stranger's signature, and an update without a certificate.
    assert_eq!(
        door.serve(&client.send_signed(&body, &client.name)).1,
        Some(CmpFault::OtherProtection)
    );
    let request = Request::new(client.name.subject(), &client.key, None).unwrap();
    let update = Body::Request(Asks::Update, Box::new(request));
    assert_eq!(door.serve(&client.send(&update)).1, Some(CmpFault::OtherProtection));
    assert_eq!(door.serve(&vec![0x30; 65 * 1024]).1, Some(CmpFault::TooLarge));
    assert_eq!(door.valid.len(), 0);
}

/// Made by hand, since nothing of ours writes such a thing.
fn iterations_refused(iterations: u32) -> CmpFault {
    let client = Client::new(9);
    let der = client.send(&client.request());
    // INTEGER 100 in the parameters.
    let at = der.windows(3).position(|three| three == [2, 1, 100]).unwrap();
    let octets = [&[0], &iterations.to_be_bytes()[..]].concat();
    // Without the zeros that DER leaves out.
    let from = octets.windows(2).position(|two| two[0] != 0 || two[1] >= 0x80);
    let count = from.map_or(&octets[4..], |from| &octets[from..]);
    let der = replace(&der, at..at + 3, &tlv(2, count));
    match Message::parse(&der).map(|message| message.protection().cloned()) {
        Ok(Err(fault)) | Err(fault) => fault,
        Ok(Ok(protection)) => panic!("{protection:?}"),
    }
}

#[test]
fn r19_a_confirmation_with_one_thing_wrong_is_refused_for_that_thing_and_the_transaction_waits_on() {
    let mut door = Door::new();
    let mut client = Client::new(1);
    let asked = client.send(&client.request());
    let first_nonce = client.nonce.clone();
    let certificate = client.enrol(&mut door);
    let good = client.send(&confirm(&certificate));

    let refuse = |door: &mut Door, der: &[u8]| door.serve(der).1.map(|fault| (fault.failure(), fault));
    // Replay of the request: its recipNonce is not that of our answer.
    assert_eq!(
        refuse(&mut door, &asked),
        Some((Failure::BadRecipientNonce, CmpFault::RecipientNonce))
    );
    let right = (client.nonce.clone(), client.answers.clone(), client.transaction.clone());
    client.answers = Some(octets::<16>("wrong", 1).into());
    assert_eq!(
        refuse(&mut door, &client.send(&confirm(&certificate))),
        Some((Failure::BadRecipientNonce, CmpFault::RecipientNonce))
    );
    client.answers = None;
    assert_eq!(
        refuse(&mut door, &client.send(&confirm(&certificate))),
        Some((Failure::BadRecipientNonce, CmpFault::RecipientNonce))
    );
    client.answers = right.1.clone();
    for stale in [first_nonce, right.1.clone().unwrap()] {
        client.nonce = stale;
        assert_eq!(
            refuse(&mut door, &client.send(&confirm(&certificate))),
            Some((Failure::BadSenderNonce, CmpFault::SenderNonce))
        );
    }
    client.nonce = right.0.clone();
    client.transaction = octets::<16>("another transaction", 1).to_vec().try_into().unwrap();
    assert_eq!(
        refuse(&mut door, &client.send(&confirm(&certificate))),
        // As a first message it has a nonce too many.
        Some((Failure::BadRecipientNonce, CmpFault::RecipientNonce))
    );
    client.transaction = right.2.clone();
    let other = door.desk.clone();
    assert_eq!(
        refuse(&mut door, &client.send(&confirm(&other))),
        Some((Failure::BadCertId, CmpFault::CertificateHash))
    );
    let wrong_id = Body::Confirm(Some(CertificateStatus::of(1, &certificate, None)));
    assert_eq!(
        refuse(&mut door, &client.send(&wrong_id)),
        Some((Failure::BadCertId, CmpFault::CertificateHash))
    );
    client.secret = Secret::new(b"wrong");
    assert_eq!(
        refuse(&mut door, &client.send(&confirm(&certificate))),
        Some((Failure::BadMessageCheck, CmpFault::Mac))
    );
    client.secret = Secret::new(SECRET);
    let body = confirm(&certificate);
    let bare = client.outgoing(&body).protect(Protector::Nothing).unwrap();
    assert_eq!(
        refuse(&mut door, &bare),
        Some((Failure::BadMessageCheck, CmpFault::NoProtection))
    );
    assert_eq!(
        refuse(&mut door, &client.send(&Body::Confirmed)),
        Some((Failure::BadRequest, CmpFault::Body))
    );
    assert!(door.valid.is_empty() && door.revoked.is_empty());
    // Nothing of all that did any harm.
    assert_eq!(refuse(&mut door, &good), None);
    assert_eq!(door.valid, [certificate]);
    // And once it is over, neither message can be sent again.
    assert_eq!(
        refuse(&mut door, &asked),
        Some((Failure::TransactionIdInUse, CmpFault::TransactionIdInUse))
    );
    assert!(refuse(&mut door, &good).is_some());
    assert_eq!(door.valid.len(), 1);
}

#[test]
fn r19_no_bit_of_a_message_can_be_changed_under_a_mac() {
    let client = Client::new(1);
    let der = client.send(&client.request());
    let verify = |der: &[u8]| Message::parse(der).and_then(|message| message.verify_secret(&client.secret));
    assert!(verify(&der).is_ok(), "the control must pass");
    for place in 0..der.len() {
        for bit in 0..8 {
            let mut changed = der.clone();
            changed[place] ^= 1 << bit;
            assert!(verify(&changed).is_err(), "octet {place}, bit {bit}");
        }
    }
    for length in 0..der.len() {
        assert!(verify(&der[..length]).is_err(), "{length} octets");
    }
    assert!(verify(&[der.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn r19_no_octet_of_a_message_can_be_changed_under_a_signature() {
    let mut door = Door::new();
    let mut client = Client::new(1);
    let held = client.enrol(&mut door);
    let revocation = Body::Revocation(Revocation {
        issuer: held.issuer().clone(),
        serial: held.serial(),
        reason: Some(ReasonCode::Superseded),
    });
    let der = client.send_signed(&revocation, &held);
    let verify = |der: &[u8]| Message::parse(der).and_then(|message| message.verify_signature(&held));
    let seen = verify(&der).unwrap();
    assert!(matches!(
        seen.body(),
        Ok(Body::Revocation(Revocation {
            reason: Some(ReasonCode::Superseded),
            ..
        }))
    ));
    assert_eq!(seen.certificates(), std::slice::from_ref(&held));
    // extraCerts, of which the certificate is the last: nothing protects them, and nothing is believed of them.
    let extra = der.len() - held.der().len();
    for place in 0..extra {
        for mask in [1, 0x80] {
            let mut changed = der.clone();
            changed[place] ^= mask;
            assert!(verify(&changed).is_err(), "octet {place}");
        }
    }
    let other = door.desk.clone();
    let message = Message::parse(&der).unwrap();
    assert!(matches!(
        message.clone().verify_signature(&other),
        Err(CmpFault::Signature(_))
    ));
    assert_eq!(
        message.verify_secret(&client.secret).unwrap_err(),
        CmpFault::OtherProtection
    );
    // The right key under another's name.
    let named = Ca::root(&Draft::authority("CA")).issue(&Draft::holder("NAC002"), &client.key);
    let forged = Message::parse(&der).unwrap().verify_signature(&named);
    assert_eq!(forged.unwrap_err(), CmpFault::OtherProtection);
}

#[test]
fn a33_a_request_by_crmf_proves_possession_of_its_very_key() {
    let client = Client::new(1);
    let der = client.send(&client.request());
    let other = made::key();
    let (own, others) = (client.key.public_key().key_bits(), other.public_key().key_bits());
    let request = Request::new(client.name.subject(), &client.key, None).unwrap();
    for algorithm in [Algorithm::Rsa2048, Algorithm::P384, Algorithm::Ed25519] {
        let key = SoftwareKey::generate(algorithm).unwrap();
        assert_eq!(
            Request::new(client.name.subject(), &key, None).unwrap().public_key(),
            key.public_key()
        );
    }
    assert_eq!(request.public_key(), client.key.public_key());
    // Protected anew with another's key in the template.
    let at = der.windows(65).position(|window| window == own).unwrap();
    let stolen = remac(&replace_octets(&der, at, others), &client);
    let authentic = Message::parse(&stolen).unwrap().verify_secret(&client.secret).unwrap();
    assert_eq!(authentic.body().unwrap_err(), CmpFault::Possession);
    assert_eq!(CmpFault::Possession.failure(), Failure::BadPop);
}

#[test]
fn r19_pbmac1_is_what_openssl_s_pbkdf2_and_hmac_make_of_it() {
    let mut client = Client::new(1);
    let salt: [u8; 16] = octets("pbmac1", 7);
    client.parameters = MacParameters::new(salt);
    let der = client.send(&client.request());
    let (protected, end) = parts(&der);
    let desk = Desk::new();
    let secret = format!("hexpass:{}", hex(SECRET));
    let salt = format!("hexsalt:{}", hex(&salt));
    let derived = openssl(&[
        "kdf",
        "-keylen",
        "32",
        "-kdfopt",
        "digest:SHA256",
        "-kdfopt",
        &secret,
        "-kdfopt",
        &salt,
        "-kdfopt",
        "iter:20000",
        "PBKDF2",
    ]);
    derived.accepts(":");
    let key = format!("hexkey:{}", derived.text.trim().replace(':', ""));
    let file = desk.file("protected.der", &protected);
    let seen = openssl(&["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key, &file]);
    // [0], BIT STRING, no unused bits, then the MAC.
    seen.accepts(&hex(&der[end + 5..end + 37]));
}

#[test]
fn r19_ed25519_says_its_hash_and_speaks_version_three() {
    let root = crate::authority::authority(Algorithm::Ed25519);
    let card = &root.responder;
    let status = CertificateStatus::of(0, card, None);
    assert_eq!(status.digest, Some(Digest::Sha512));
    assert!(status.is_of(card) && !status.is_of(&root.issuing));
    let client = Client::new(1);
    let der = client.send(&Body::Confirm(Some(status.clone())));
    let read = Message::parse(&der).unwrap();
    assert_eq!(read.header().version, Version::Three);
    let read = read.verify_secret(&client.secret).unwrap();
    assert!(matches!(read.body(), Ok(Body::Confirm(Some(read))) if read == status));
    assert_eq!(CertificateStatus::of(0, &client.name, None).digest, None);
}

#[test]
fn every_body_comes_back_as_it_was_written() {
    let client = Client::new(1);
    let held = &client.name;
    let request = CertificateRequest::new("NAC001", &client.key).unwrap();
    let status = Disposition {
        status: pki::cmp::Status::GrantedWithMods,
        text: vec!["変更しました".to_owned(), "changed".to_owned()],
        failures: vec![],
    };
    let about = (held.issuer().clone(), held.serial());
    let update = Request::new(held.subject(), &client.key, Some((held.issuer(), held.serial()))).unwrap();
    assert_eq!(update.old_certificate(), Some(&about));
    let granted = |certificate: Option<&Certificate>, status| pki::cmp::Granted {
        id: 0,
        status,
        certificate: certificate.cloned(),
        anchors: vec![held.clone()],
    };
    let no = Disposition::rejected(Failure::DuplicateCertReq, "同じ鍵");
    let revocation = |reason| Revocation {
        issuer: held.issuer().clone(),
        serial: held.serial(),
        reason,
    };
    let mut bodies = vec![
        client.request(),
        Body::Request(Asks::Update, Box::new(update)),
        Body::Pkcs10(Box::new(request)),
        Body::Response(Asks::Update, granted(Some(held), status.clone())),
        Body::Response(Asks::Another, granted(None, no.clone())),
        Body::Revocation(revocation(None)),
        Body::Revoked(status, Some(about)),
        Body::Revoked(no.clone(), None),
        confirm(held),
        Body::Confirm(None),
        Body::Confirmed,
    ];
    bodies.extend(ReasonCode::ALL.map(|reason| Body::Revocation(revocation(Some(reason)))));
    bodies.extend(Failure::ALL.map(|failure| {
        let status = Disposition::rejected(failure, "");
        Body::Error(pki::cmp::ErrorContent { status })
    }));
    for body in bodies {
        let der = client.send(&body);
        let read = Message::parse(&der).unwrap().verify_secret(&client.secret).unwrap();
        assert_eq!(format!("{:?}", read.body().unwrap()), format!("{body:?}"));
    }
}

#[test]
fn r19_a_client_takes_only_the_answer_to_its_own_question() {
    let mut door = Door::new();
    let client = Client::new(1);
    let (answer, _) = door.serve(&client.send(&client.request()));
    let answer = Message::parse(&answer).unwrap().verify_secret(&client.secret).unwrap();
    let asked = Asked {
        transaction: client.transaction.clone(),
        nonce: client.nonce.clone(),
    };
    let nonce = asked.answered(&answer).unwrap();
    assert_eq!(Some(&nonce), answer.header().sender_nonce.as_ref());
    let elsewhere = Asked {
        transaction: octets::<16>("elsewhere", 1).to_vec().try_into().unwrap(),
        ..asked.clone()
    };
    assert_eq!(elsewhere.answered(&answer), Err(CmpFault::NoSuchTransaction));
    let earlier = Asked {
        nonce: octets::<16>("earlier", 1).into(),
        ..asked.clone()
    };
    assert_eq!(earlier.answered(&answer), Err(CmpFault::RecipientNonce));
    // Our own question, sent back to us.
    let mut mirror = Client::new(1);
    mirror.answers = Some(mirror.nonce.clone());
    let mirrored = Message::parse(&mirror.send(&Body::Confirmed)).unwrap();
    let mirrored = mirrored.verify_secret(&client.secret).unwrap();
    assert_eq!(asked.answered(&mirrored), Err(CmpFault::SenderNonce));
    for short in [0, 15, 65] {
        assert_eq!(TransactionId::try_from(vec![1; short]), Err(CmpFault::TransactionId));
        assert_eq!(Nonce::try_from(vec![1; short]), Err(CmpFault::SenderNonce));
    }
}

#[test]
fn a_secret_never_prints_itself() {
    assert_eq!(format!("{:?}", Secret::new(SECRET)), "Secret(..)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a46_damaged_messages_never_panic_wherever_the_damage_is(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        static GOOD: std::sync::OnceLock<(Vec<u8>, Client)> = std::sync::OnceLock::new();
        let (good, client) = GOOD.get_or_init(|| {
            let client = Client::new(1);
            (client.send(&client.request()), client)
        });
        let mut der = good.clone();
        for (place, octet) in damage {
            let place = place.index(der.len());
            der[place] = octet;
        }
        let _ = Message::parse(&der).map(|message| message.verify_secret(&client.secret).is_ok());
        // Behind the MAC too: as whoever knows the secret may send it.
        if Message::parse(&der).is_ok() {
            let (_, end) = parts(&der);
            if end <= der.len() && let Ok(message) = Message::parse(&remac(&der, client)) {
                let _ = message.verify_secret(&client.secret).map(|message| message.body().is_ok());
            }
        }
        der.truncate(cut.index(der.len()));
        let _ = Message::parse(&der).is_ok();
    }
}
