//! Which kiosk asks: enrolment, and the signature of each request.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casework::identity::KioskId;
use casework::time::Instant;
use server::desk::Actor;
use server::desk::evidence::sha256;
use server::desk::kiosk::NotEnrolled;
use server::kiosk::{Asked, EnrolledKiosk, NotAKiosk, id_of, signed};

use crate::house::{House, on_both};
use crate::invariant::count;

on_both! {
    async fn a_request_of_an_enrolled_kiosk_is_taken_once_and_again_within_the_minute(house: House) {
        let kiosk = TestKiosk::enrolled(&house, OFFICE).await;
        for shift in [0, -60, 60] {
            let request = kiosk.asks(house.now().plus_seconds(shift), BODY);
            for _ in 0..2 {
                // What it does the second time is the desk's: the same request has one effect.
                assert_eq!(judged(&house, OFFICE, &request).await.unwrap().place, PLACE, "{shift}");
            }
        }
        let other = TestKiosk::enrolled(&house, OFFICE).await;
        assert_ne!(judged(&house, OFFICE, &other.asks(house.now(), BODY)).await.unwrap().id, kiosk.id());
    }

    async fn a16_no_request_is_taken_of_a_kiosk_that_is_unknown_revoked_or_anothers(house: House) {
        let kiosk = TestKiosk::new();
        let request = kiosk.asks(house.now(), BODY);
        assert_eq!(judged(&house, OFFICE, &request).await, Err(NotAKiosk::Unknown(kiosk.id())));
        kiosk.enrol(&house, OFFICE).await.unwrap();
        assert!(judged(&house, OFFICE, &request).await.is_ok(), "the control");
        assert_eq!(judged(&house, "another-city", &request).await, Err(NotAKiosk::Unknown(kiosk.id())));
        let row = house.store().kiosk(kiosk.id()).await.unwrap().unwrap();
        assert!(house.desk.revoke_kiosk(&OPERATOR, row.clone()).await.unwrap());
        assert!(!house.desk.revoke_kiosk(&OPERATOR, row).await.unwrap(), "once");
        assert_eq!(judged(&house, OFFICE, &request).await, Err(NotAKiosk::Revoked(kiosk.id())));
        // A key that was revoked does not come back.
        assert!(matches!(kiosk.enrol(&house, OFFICE).await, Err(NotEnrolled::Known(_))));
        let events = "SELECT COUNT(*) FROM event WHERE document LIKE '%\"kiosk\"%'";
        assert_eq!(count(&house.place.address, events).await, 2, "one line for the enrolment, one for the end");
    }

    async fn a16_a_kiosk_is_one_key_at_one_place(house: House) {
        let kiosk = TestKiosk::enrolled(&house, OFFICE).await;
        kiosk.enrol(&house, OFFICE).await.unwrap();
        assert!(matches!(kiosk.enrol(&house, "another-city").await, Err(NotEnrolled::Known(_))));
        let elsewhere = house.desk.enrol_kiosk(&OPERATOR, (OFFICE, "elsewhere"), kiosk.public_key());
        assert!(matches!(elsewhere.await, Err(NotEnrolled::Known(_))));
        let p384 = pki::key::SoftwareKey::generate(pki::algorithm::Algorithm::P384).unwrap();
        let p384 = pki::Signer::public_key(&p384).spki_der().to_vec();
        for wrong in [Vec::new(), b"no key".to_vec(), p384, [kiosk.public_key(), vec![0]].concat()] {
            assert_eq!(house.desk.enrol_kiosk(&OPERATOR, (OFFICE, PLACE), wrong).await, Err(NotEnrolled::Key));
        }
        assert_eq!(house.store().kiosks().await.unwrap().len(), 1);
    }

    async fn a12_a_signature_counts_for_a_minute_by_the_servers_clock(house: House) {
        let kiosk = TestKiosk::enrolled(&house, OFFICE).await;
        for shift in [-61, 61, -3_600, 3_600] {
            let request = kiosk.asks(house.now().plus_seconds(shift), BODY);
            assert_eq!(judged(&house, OFFICE, &request).await, Err(NotAKiosk::Time(shift)));
        }
    }

    async fn a_request_that_was_changed_after_it_was_signed_is_not_taken(house: House) {
        let kiosk = TestKiosk::enrolled(&house, OFFICE).await;
        let now = house.now();
        let right = || kiosk.asks(now, BODY);
        let refused = async |request: Request, why: NotAKiosk| {
            assert_eq!(judged(&house, OFFICE, &request).await, Err(why));
        };
        let (signature, body) = (NotAKiosk::Signature(kiosk.id()), NotAKiosk::Body(kiosk.id()));
        refused(Request { body: b"{}".to_vec(), ..right() }, body).await;
        refused(Request { method: Method::PUT, ..right() }, signature.clone()).await;
        refused(Request { target: format!("{TARGET}/announce"), ..right() }, signature.clone()).await;
        refused(Request { target: TARGET.replace("https", "http"), ..right() }, signature.clone()).await;
        refused(Request { target: TARGET.replace("ca.example", "other.example"), ..right() }, signature.clone()).await;
        // Another body with its own digest, another time, another kiosk's name: none of it is what was signed.
        let mut other = kiosk.asks(now, b"{}");
        other.headers.insert("signature", right().headers["signature"].clone());
        refused(other, signature.clone()).await;
        let mut later = right();
        let said = later.said("signature-input").replace(&now.0.to_string(), &(now.0 + 1).to_string());
        later.set("signature-input", &said);
        refused(later, signature).await;
        let second = TestKiosk::enrolled(&house, OFFICE).await;
        let mut named = right();
        let said = named.said("signature-input").replace(&kiosk.id().to_string(), &second.id().to_string());
        named.set("signature-input", &said);
        refused(named, NotAKiosk::Signature(second.id())).await;
    }

    async fn a_signature_of_any_other_shape_is_not_taken(house: House) {
        let kiosk = TestKiosk::enrolled(&house, OFFICE).await;
        let right = || kiosk.asks(house.now(), BODY);
        for name in ["signature", "signature-input", "content-digest"] {
            let mut missing = right();
            missing.headers.remove(name);
            assert_eq!(judged(&house, OFFICE, &missing).await, Err(NotAKiosk::Shape(name)));
            let mut twice = right();
            let value = twice.headers[name].clone();
            twice.headers.append(HeaderName::from_static(name), value);
            assert_eq!(judged(&house, OFFICE, &twice).await, Err(NotAKiosk::Shape(name)), "twice");
        }
        for (name, from, to) in [
            // Components: one fewer, another order, one more, one with a parameter.
            ("signature-input", "\"@method\" ", ""),
            ("signature-input", " \"content-digest\"", ""),
            ("signature-input", "\"@method\" \"@target-uri\"", "\"@target-uri\" \"@method\""),
            ("signature-input", "\"content-digest\")", "\"content-digest\" \"date\")"),
            ("signature-input", "\"content-digest\")", "\"content-digest\";req)"),
            // Parameters.
            ("signature-input", "kagimori=", "sig1="),
            ("signature-input", ";created=", ";created=-"),
            ("signature-input", ";created=", ";created=0"),
            ("signature-input", ";created=", ";expires=9;created="),
            ("signature-input", "ecdsa-p256-sha256", "hmac-sha256"),
            ("signature-input", ";alg=\"ecdsa-p256-sha256\"", ""),
            ("signature-input", "sha256\"", "sha256\";nonce=\"1\""),
            ("signature-input", "sha256\"", "sha256\", other=()"),
            ("signature", "kagimori=", "sig1="),
            ("signature", "kagimori=:", "kagimori=:AAAA"),
            ("signature", "kagimori=:", "kagimori="),
            ("content-digest", "sha-256=", "sha-512="),
            ("content-digest", "sha-256=:", "sha-256=:AAAA"),
            ("content-digest", "sha-256=", "md5=:AAAA:, sha-256="),
        ] {
            let mut other = right();
            let said = other.said(name).replacen(from, to, 1);
            assert_ne!(said, other.said(name), "{from}");
            other.set(name, &said);
            assert_eq!(judged(&house, OFFICE, &other).await, Err(NotAKiosk::Shape(name)), "{from} -> {to}");
        }
        let mut large = right();
        let said = large.said("signature-input").replace(&kiosk.id().to_string(), &kiosk.id().to_string().to_uppercase());
        large.set("signature-input", &said);
        assert_eq!(judged(&house, OFFICE, &large).await, Err(NotAKiosk::Shape("signature-input")), "one name for each kiosk");
    }
}

/// A kiosk with its key in hand.
struct TestKiosk(EcdsaKeyPair);

/// A request as it is sent.
struct Request {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl TestKiosk {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    async fn enrolled(house: &House, office: &str) -> Self {
        let kiosk = Self::new();
        kiosk.enrol(house, office).await.unwrap();
        kiosk
    }

    async fn enrol(&self, house: &House, office: &str) -> Result<(), NotEnrolled> {
        let enrolled = house.desk.enrol_kiosk(&OPERATOR, (office, PLACE), self.public_key());
        enrolled.await.map(drop)
    }

    /// SubjectPublicKeyInfo (RFC 5480 §2).
    fn public_key(&self) -> Vec<u8> {
        const HEAD: &[u8] =
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
        [HEAD, self.0.public_key().as_ref()].concat()
    }

    fn id(&self) -> KioskId {
        id_of(&self.public_key()).unwrap()
    }

    /// RFC 9421 §2.5, written out once more.
    fn asks(&self, at: Instant, body: &[u8]) -> Request {
        let digest = format!("sha-256=:{}:", STANDARD.encode(sha256(body).0));
        let components = "(\"@method\" \"@target-uri\" \"content-digest\")";
        let parameters = format!(
            "{components};created={};keyid=\"{}\";alg=\"ecdsa-p256-sha256\"",
            at.0,
            self.id()
        );
        let said = [
            "\"@method\": POST".to_owned(),
            format!("\"@target-uri\": {TARGET}"),
            format!("\"content-digest\": {digest}"),
            format!("\"@signature-params\": {parameters}"),
        ];
        let signature = self.0.sign(&SystemRandom::new(), said.join("\n").as_bytes()).unwrap();
        let mut request = Request {
            method: Method::POST,
            target: TARGET.to_owned(),
            headers: HeaderMap::new(),
            body: body.to_vec(),
        };
        request.set("content-digest", &digest);
        request.set("signature-input", &format!("kagimori={parameters}"));
        request.set("signature", &format!("kagimori=:{}:", STANDARD.encode(signature)));
        request
    }
}

impl Request {
    fn said(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
    }
}

async fn judged(house: &House, office: &str, request: &Request) -> Result<EnrolledKiosk, NotAKiosk> {
    let asked = Asked {
        method: &request.method,
        target: &request.target,
        headers: &request.headers,
    };
    signed(house.store(), office, &asked, house.now())
        .await?
        .over(&request.body)
}

const OPERATOR: Actor<'static> = Actor::Operator { name: "test" };
const OFFICE: &str = "mihon-city";
const PLACE: &str = "見本市役所 1階ロビー";
const TARGET: &str = "https://ca.example/api/v1/offices/mihon-city/pin-resets/visits";
const BODY: &[u8] = b"{\"language\":\"ja\"}";
