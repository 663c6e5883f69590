//! Our authorities: what they sign, what they refuse to sign, and what a crash or a restored copy cannot undo.

use std::path::Path;

use casework::Refusal;
use casework::certificate::{Intent, KeyUse, Profile as ProfileKey, Reason, Shard};
use casework::identity::Authority as Name;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use pki::ocsp::Status;
use pki::profile::{Card, Profile, Publication, Validity};
use pki::tbs::{Issuer, Tbs};
use server::authority::AuthorityFault;
use server::authority::holder::{CardOrder, EXAMPLE};
use server::chance::Chance;
use server::clock::Instant;
use server::desk::certificate::{Command, Issuance};
use server::desk::{Actor, CaseId, evidence};
use server::serve::{Roles, StartFault};

use crate::node::{Node, get, id_of, on_both_stores, run};

on_both_stores! {
    async fn i02_what_a_crash_left_between_intent_and_signature_is_signed_once_and_as_intended(place: Place) {
        let node = Node::start(place).await;
        let (registrar, store) = (node.running().registrar(), node.running().desk().store());
        let mihon = registrar.authority("mihon").await.unwrap();
        let order = holder(EXAMPLE);
        let address = node.config.validation.url.clone() + "/crl/mihon/0.crl";
        let publication = Publication::new(&address, None, None).unwrap();
        let card = Card::new(order.holder, order.organisation, publication, mihon.certificate().policies()[0]);
        let validity = Validity::of_days(node.now(), 300).unwrap();
        let serial = pki::serial::Serial::from_random(Chance::system().octets());
        let key = SoftwareKey::generate(Algorithm::P256).unwrap();
        let issuer = Issuer::Authority(mihon.certificate());
        let linted = Tbs::new(&Profile::AuthoritySignature(card), serial, issuer, key.public_key(), validity).unwrap().lint().unwrap();
        let octets = linted.to_be_signed().to_vec();
        let case: CaseId<Issuance> = registrar.desk().new_case();
        let id = casework::identity::CertificateId {
            authority: Name("mihon".to_owned()),
            serial: casework::identity::Serial::from_octets(serial.as_bytes()).unwrap(),
        };
        let intent = Intent {
            certificate: id.clone(),
            tbs: evidence::sha256(&octets),
            profile: ProfileKey("authority-card-signature".to_owned()),
            shard: Shard(0),
            validity: (Instant(validity.not_before()), Instant(validity.not_after())),
            purchase: None,
        };
        let until = Some(Instant(mihon.certificate().not_after()));
        let command = Command::Intend { intent: Box::new(intent), octets: octets.clone(), issuer_until: until, longest: 400 * 86_400 };
        registrar.desk().perform(&Actor::System, case, &command).await.unwrap();
        // Here the process dies. Nothing of it was released.
        assert_eq!(node.ocsp(&serial).await, Status::Unknown, "an intent is no certificate");
        let refused = node.issue_for(&key, holder(EXAMPLE)).await.err().unwrap();
        assert!(matches!(refused, AuthorityFault::UsedKey(KeyUse::BeingCertified)), "{refused}");
        let left = store.intended_certificates().await.unwrap();
        assert_eq!(left.len(), 1);
        registrar.resume(&left[0]).await.unwrap();
        registrar.resume(&left[0]).await.unwrap();
        let row = store.certificate(&id).await.unwrap().unwrap();
        let certificate = pki::certificate::Certificate::parse(&row.der.unwrap()).unwrap();
        assert_eq!(certificate.to_be_signed(), octets, "the same octets");
        certificate.verify_signed_by(mihon.certificate()).unwrap();
        assert_eq!(node.ocsp(&serial).await, Status::Good);
        assert!(store.intended_certificates().await.unwrap().is_empty());
    }

    async fn a33_of_two_that_certify_one_key_at_once_one_is_refused(place: Place) {
        let node = Node::start(place).await;
        let store = node.running().desk().store();
        for round in 0..10 {
            let key = SoftwareKey::generate(Algorithm::P256).unwrap();
            let other = another_holder();
            let (one, two) = tokio::join!(node.issue_for(&key, holder(EXAMPLE)), node.issue_for(&key, holder(&other)));
            let (certificate, refused) = match (one, two) {
                (Ok(issued), Err(refused)) | (Err(refused), Ok(issued)) => (issued.certificate, refused),
                (one, two) => panic!("round {round}: {:?}, {:?}", one.err(), two.err()),
            };
            assert!(matches!(refused, AuthorityFault::UsedKey(KeyUse::OfAnother)), "{refused}");
            let rows = store.certificates_of_key(&key.public_key().fingerprint()).await.unwrap();
            assert_eq!(rows.len(), 1, "of the refused one nothing is on record");
            assert_eq!(rows[0].der.as_deref(), Some(certificate.der()));
        }
        assert_eq!(store.intended_certificates().await.unwrap(), [], "and nothing waits for its signature");
    }

    async fn what_is_imported_is_imported_whole_and_once(place: Place) {
        let elsewhere = Node::start(crate::house::Place::on_sqlite()).await;
        let (one, two) = (elsewhere.issue().await.certificate, elsewhere.issue().await.certificate);
        let mihon = elsewhere.running().registrar().authority("mihon").await.unwrap();
        elsewhere.advance(3_600);
        let early = elsewhere.issue().await.certificate;
        let node = Node::start(place).await;
        let (registrar, store) = (node.running().registrar(), node.running().desk().store());
        let row = async |certificate| store.certificate(&id_of("mihon", certificate)).await.unwrap();
        let all = [one.clone(), two.clone(), early.clone()];
        let refused = registrar.import(&Actor::System, &mihon, &all).await.unwrap_err();
        assert!(matches!(refused, AuthorityFault::Refused(Refusal::NotYetValid { .. })), "{refused}");
        assert_eq!((row(&one).await, row(&two).await, row(&early).await), (None, None, None), "all or nothing");
        for _ in 0..2 {
            let twice = [one.clone(), one.clone()];
            assert_eq!(registrar.import(&Actor::System, &mihon, &twice).await.unwrap().len(), 1);
        }
        registrar.import(&Actor::System, &mihon, &[one.clone(), two.clone()]).await.unwrap();
        for certificate in [&one, &two] {
            let row = row(certificate).await.unwrap();
            assert_eq!(row.der.as_deref(), Some(certificate.der()));
            let case: CaseId<Issuance> = CaseId::from_octets(row.case);
            let standing = registrar.desk().standing(case).await.unwrap();
            assert_eq!(standing.version, 1, "one commit, and none when it is repeated");
            assert_eq!(node.ocsp(&certificate.serial()).await, Status::Good);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a32_of_a_request_only_the_key_is_taken() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let directory = tempfile::tempdir().unwrap();
    let asked = [
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "card.csr",
        "-subj",
        "/C=US/O=Evil/CN=root",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=keyCertSign,cRLSign",
        "-addext",
        "extendedKeyUsage=OCSPSigning",
    ];
    assert_eq!(run("openssl", &asked, directory.path()).0, 0);
    let pem = std::fs::read_to_string(directory.path().join("card.csr")).unwrap();
    let request = CertificateRequest::from_pem(&pem).unwrap();
    let registrar = node.running().registrar();
    let mihon = registrar.authority("mihon").await.unwrap();
    let order = holder(EXAMPLE);
    let wanted =
        server::authority::issue::Wanted::Card(server::authority::issue::CardUse::Signature, Box::new(order.clone()));
    let order = server::authority::issue::Order {
        wanted,
        key: request.public_key().clone(),
        validity: order.term.validity(Instant(node.now())).unwrap(),
        purchase: None,
    };
    let certificate = registrar.issue(&Actor::System, &mihon, &order).await.unwrap();
    assert!(!certificate.is_ca() && !certificate.is_ocsp_responder());
    let subject = "CN=KAGIMORI Taro,2.5.4.97=NTRJP-7000012050002,O=Mihon Kensetsu Co.\\, Ltd.,C=JP";
    assert_eq!(certificate.subject().to_string(), subject);
    // Of a changed request the proof of possession fails, and so does everything.
    let mut der = request.der().to_vec();
    let last = der.len() - 1;
    der[last] ^= 1;
    assert!(CertificateRequest::parse(&der).is_err(), "a33");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a33_a_key_speaks_for_one_holder_and_never_after_it_was_compromised() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let first = node.issue_for(&key, holder(EXAMPLE)).await.unwrap();
    let refused = node.issue_for(&key, holder(&another_holder())).await.err().unwrap();
    assert!(matches!(refused, AuthorityFault::UsedKey(_)), "{refused}");
    node.issue_for(&key, holder(EXAMPLE))
        .await
        .expect("control: the same holder may");
    node.revoke(&first, Reason::KeyCompromise).await;
    let refused = node.issue_for(&key, holder(EXAMPLE)).await.err().unwrap();
    assert!(refused.to_string().contains("compromised"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r01_serials_are_long_random_and_never_twice_and_r12_validity_is_inclusive() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let mut serials = Vec::new();
    for _ in 0..20 {
        let certificate = node.issue().await.certificate;
        assert_eq!(certificate.serial().as_bytes().len(), 20);
        // 1年+30日 ends with the last second of a day in Japan.
        assert_eq!((certificate.not_after() + 1 + 9 * 3_600) % 86_400, 0);
        serials.push(certificate.serial());
    }
    serials.sort_unstable();
    serials.dedup();
    assert_eq!(serials.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a28_a_database_that_forgot_what_was_published_is_not_served() {
    let mut node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    node.stop().await;
    let data = node.config.data_dir.clone();
    let database = data.join("kagimori.db");
    let copy = std::fs::read(&database).unwrap();
    node.serve(Roles::all()).await.expect("control: nothing is wrong yet");
    let registrar = node.running().registrar().clone();
    let mihon = registrar.authority("mihon").await.unwrap();
    let period = server::authority::crl::Period {
        lives: std::time::Duration::from_hours(96),
        every: std::time::Duration::from_hours(24),
    };
    for _ in 0..2 {
        registrar.publish(&mihon, Shard(0), period).await.unwrap();
    }
    let url = issued.certificate.crl_urls()[0].clone();
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    assert_eq!(
        get(
            node.validation(),
            url.strip_prefix(&node.config.validation.url).unwrap()
        )
        .await
        .status,
        200
    );
    drop((registrar, mihon));
    node.stop().await;
    for aside in ["kagimori.db-wal", "kagimori.db-shm"] {
        let _ = std::fs::remove_file(data.join(aside));
    }
    std::fs::write(&database, copy).unwrap();
    let fault = node.serve(Roles::all()).await.unwrap_err();
    assert!(matches!(fault, StartFault::OlderThanPublished { .. }), "{fault}");
    assert!(fault.to_string().contains("restore a later backup"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a31_a_clock_that_was_set_back_makes_no_older_list() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    let (before, _) = node.crl_of(&issued.certificate).await;
    node.advance(-7_200);
    let registrar = node.running().registrar();
    let mihon = registrar.authority("mihon").await.unwrap();
    let period = server::authority::crl::Period {
        lives: std::time::Duration::from_hours(96),
        every: std::time::Duration::from_hours(24),
    };
    for shard in registrar.shards_of(mihon.name()).await.unwrap() {
        registrar.publish(&mihon, shard, period).await.unwrap();
    }
    let row = node
        .running()
        .desk()
        .store()
        .certificate(&id_of("mihon", &issued.certificate))
        .await
        .unwrap()
        .unwrap();
    let (_, der) = node
        .running()
        .desk()
        .store()
        .published_crl(mihon.name(), row.shard)
        .await
        .unwrap()
        .unwrap();
    let after = pki::crl::Crl::parse(&der).unwrap();
    assert!(after.number() > before.number() && after.this_update() >= before.this_update());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_whose_key_does_not_open_holds_up_no_other() {
    let mut node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    let mihon = node.certificate_of("mihon").await;
    let store = node.running().desk().store().clone();
    for (name, certificate) in [("a-broken", mihon.der().to_vec()), ("b-broken", vec![0x30, 0])] {
        let row = server::store::KeyRow {
            id: Chance::system().octets(),
            authority: Name(name.to_owned()),
            purpose: server::store::KeyPurpose::Authority,
            algorithm: Algorithm::P256.to_string(),
            pem: "no key".to_owned(),
            certificate: Some(certificate),
            made_at: Instant(0),
        };
        store.keep_key(row).await.unwrap();
    }
    node.stop().await;
    let days = 86_400;
    node.advance(6 * days);
    node.serve(Roles::all()).await.expect("it starts without them");
    assert_eq!(node.ocsp(&issued.certificate.serial()).await, Status::Good);
    let (list, _) = node.crl_of(&issued.certificate).await;
    assert!(
        list.next_update().unwrap() > node.now(),
        "and publishes what was overdue"
    );
    node.revoke(&issued, Reason::Superseded).await;
    assert!(matches!(
        node.ocsp(&issued.certificate.serial()).await,
        Status::Revoked { .. }
    ));
    node.stop().await;
    std::fs::write(node.config.data_dir.join("passphrase"), "wrong\n").unwrap();
    let said = node.serve(Roles::all()).await.unwrap_err().to_string();
    assert!(
        said.contains("passphrase"),
        "where none opens it does not start: {said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i02_an_import_that_a_crash_broke_off_is_not_signed_again_and_can_be_finished() {
    let elsewhere = Node::start(crate::house::Place::on_sqlite()).await;
    let foreign = elsewhere.issue().await.certificate;
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let (registrar, store) = (node.running().registrar(), node.running().desk().store());
    let mihon = elsewhere.running().registrar().authority("mihon").await.unwrap();
    let id = id_of("mihon", &foreign);
    let octets = foreign.to_be_signed().to_vec();
    let intent = Intent {
        certificate: id.clone(),
        tbs: evidence::sha256(&octets),
        profile: ProfileKey("imported".to_owned()),
        shard: Shard(0),
        validity: (Instant(foreign.not_before()), Instant(foreign.not_after())),
        purchase: None,
    };
    let command = Command::Intend {
        intent: Box::new(intent),
        octets,
        issuer_until: Some(Instant(mihon.certificate().not_after())),
        longest: foreign.not_after() - foreign.not_before() + 1,
    };
    let case: CaseId<Issuance> = registrar.desk().new_case();
    registrar.desk().perform(&Actor::System, case, &command).await.unwrap();
    // Here the process dies.
    let left = store.intended_certificates().await.unwrap();
    assert_eq!(left.len(), 1);
    registrar.resume(&left[0]).await.unwrap();
    assert_eq!(
        store.certificate(&id).await.unwrap().unwrap().der,
        None,
        "nothing of ours"
    );
    registrar
        .import(&Actor::System, &mihon, std::slice::from_ref(&foreign))
        .await
        .unwrap();
    let row = store.certificate(&id).await.unwrap().unwrap();
    assert_eq!(
        row.der.as_deref(),
        Some(foreign.der()),
        "the one that was signed elsewhere"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i02_an_authority_that_a_crash_broke_off_gets_the_certificate_that_was_begun() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let (registrar, store) = (node.running().registrar(), node.running().desk().store());
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let name = Name("neu".to_owned());
    let row = server::store::KeyRow {
        id: Chance::system().octets(),
        authority: name.clone(),
        purpose: server::store::KeyPurpose::Authority,
        algorithm: Algorithm::P256.to_string(),
        pem: key
            .to_encrypted_pem(b"correct horse", Chance::system().octets())
            .unwrap(),
        certificate: None,
        made_at: Instant(0),
    };
    store.keep_key(row).await.unwrap();
    let subject = pki::name::AuthorityName::new("新認証局", "Neu").unwrap();
    let validity = Validity::of_days(node.now(), 300).unwrap();
    let serial = pki::serial::Serial::from_random(Chance::system().octets());
    let root = Profile::Root { name: subject.clone() };
    let linted = Tbs::new(&root, serial, Issuer::Itself, key.public_key(), validity)
        .unwrap()
        .lint()
        .unwrap();
    let octets = linted.to_be_signed().to_vec();
    let intent = Intent {
        certificate: casework::identity::CertificateId {
            authority: name.clone(),
            serial: casework::identity::Serial::from_octets(serial.as_bytes()).unwrap(),
        },
        tbs: evidence::sha256(&octets),
        profile: ProfileKey("root".to_owned()),
        shard: Shard(0),
        validity: (Instant(validity.not_before()), Instant(validity.not_after())),
        purchase: None,
    };
    let command = Command::Intend {
        intent: Box::new(intent),
        octets: octets.clone(),
        issuer_until: None,
        longest: 400 * 86_400,
    };
    let case: CaseId<Issuance> = registrar.desk().new_case();
    registrar.desk().perform(&Actor::System, case, &command).await.unwrap();
    // Here the process dies; the operator gives the command again.
    let new = server::authority::issue::NewAuthority {
        name: name.clone(),
        algorithm: Algorithm::P256,
        parent: None,
        subject,
        policies: Vec::new(),
        validity,
    };
    let made = registrar.create(&Actor::System, new).await.unwrap();
    assert_eq!(made.certificate().to_be_signed(), octets, "no second one");
    let rows = store
        .certificates_of_key(&key.public_key().fingerprint())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        registrar.authority("neu").await.unwrap().certificate(),
        made.certificate()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a31_a_list_that_was_begun_by_a_clock_ahead_and_never_came_out_blocks_no_other() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    let (registrar, store) = (node.running().registrar(), node.running().desk().store());
    let mihon = registrar.authority("mihon").await.unwrap();
    let shard = store
        .certificate(&id_of("mihon", &issued.certificate))
        .await
        .unwrap()
        .unwrap()
        .shard;
    let (published, _) = store.published_crl(mihon.name(), shard).await.unwrap().unwrap();
    let begun = server::store::CrlRow {
        this_update: published.this_update.plus_seconds(3_600),
        next_update: published.next_update.plus_seconds(3_600),
        digest: None,
        ..published
    };
    store.begin_crl(begun).await.unwrap();
    // Here the process dies, and the clock is put right.
    node.revoke(&issued, Reason::Superseded).await;
    registrar.publish(&mihon, shard, PERIOD).await.unwrap();
    let (_, der) = store.published_crl(mihon.name(), shard).await.unwrap().unwrap();
    let list = pki::crl::Crl::parse(&der).unwrap();
    assert!(
        list.lookup(&issued.certificate.serial()).is_some(),
        "it stands on the list"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r05_a_revocation_stands_on_a_list_whatever_the_clock_said_before() {
    let node = Node::start(crate::house::Place::on_sqlite()).await;
    let issued = node.issue().await;
    let (registrar, store) = (node.running().registrar(), node.running().desk().store());
    let mihon = registrar.authority("mihon").await.unwrap();
    let shard = store
        .certificate(&id_of("mihon", &issued.certificate))
        .await
        .unwrap()
        .unwrap()
        .shard;
    let two_years = 2 * 366 * 86_400;
    node.advance(two_years);
    registrar.publish(&mihon, shard, PERIOD).await.unwrap();
    node.advance(-two_years);
    node.revoke(&issued, Reason::KeyCompromise).await;
    registrar.publish(&mihon, shard, PERIOD).await.unwrap();
    let (_, der) = store.published_crl(mihon.name(), shard).await.unwrap().unwrap();
    let list = pki::crl::Crl::parse(&der).unwrap();
    assert!(list.lookup(&issued.certificate.serial()).is_some());
}

const PERIOD: server::authority::crl::Period = server::authority::crl::Period {
    lives: std::time::Duration::from_hours(96),
    every: std::time::Duration::from_hours(24),
};

fn another_holder() -> String {
    EXAMPLE
        .replace("鍵守 太郎", "鍵守 花子")
        .replace("KAGIMORI Taro", "KAGIMORI Hanako")
}

fn holder(text: &str) -> CardOrder {
    CardOrder::parse(text, Path::new("holder.toml")).unwrap()
}
