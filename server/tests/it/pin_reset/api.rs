//! The same by its API: an app with the key of its reservation, and a kiosk that signs each request.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use casework::identity::KioskId;
use casework::time::Instant;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use server::desk::Actor;
use server::desk::evidence::sha256;
use server::desk::pin_reset::Cryptogram;
use server::face::made;
use server::kiosk::id_of;
use server::office::CITIZEN_EXAMPLE;
use server::portal::{Portal, Site, router};
use tower::ServiceExt as _;

use crate::city::{Citizen, City, Held, at};
use crate::house::{House, TestCard, on_both};
use crate::portal::browser::ORIGIN;

on_both! {
    async fn an_app_reserves_and_a_kiosk_sets_the_password(house: House) {
        let stand = Stand::of(house).await;
        let citizen = stand.city.citizen("000000000000001").await;
        let (status, said) = stand.get("/conditions", None).await;
        assert_eq!((status, &said["attempts"], &said["kiosk"]["opens"]), (200, &json!(5), &json!(23_400)));
        assert_eq!(said["now_ms"].as_i64().unwrap() / 1_000 / 100, stand.city.now().0 / 100);
        let (id, key, held) = stand.reserved(&citizen).await;
        let (status, said) = stand.get(&format!("/reservations/{id}"), Some(&key)).await;
        assert_eq!((status, &said["state"]["state"]), (200, &json!("reserved")), "{said}");
        assert!(said["number"].is_string() && said["state"]["usable"][0]["from"].is_i64(), "{said}");
        let kiosk = stand.kiosk().await;
        let set = json!({ "language": "en", "certificate": encoded(citizen.card.authentication.der()), "standing": standing(&citizen) });
        let (status, visit) = stand.asks(&kiosk, "/visits", &set).await;
        assert_eq!((status, &visit["visit"], &visit["id"]), (200, &json!("reserved"), &json!(id)), "{visit}");
        let text = visit["to_sign"]["text"].as_str().unwrap();
        let announce = json!({
            "cms": encoded(&citizen.cms(text, stand.city.now())),
            "standing": standing(&citizen),
            "challenge": encoded(&citizen.challenge()),
        });
        let (status, announced) = stand.asks(&kiosk, &format!("/visits/{id}/announce"), &announce).await;
        assert_eq!(status, 200, "{announced}");
        assert_eq!(stand.asks(&kiosk, &format!("/visits/{id}/announce"), &announce).await, (200, announced.clone()), "A14");
        assert_eq!(stand.get(&format!("/reservations/{id}"), Some(&key)).await.1["state"]["state"], "unconfirmed");
        let answer = citizen.resets(&cryptogram(&announced)).unwrap();
        let report = json!({ "standing": standing(&citizen), "card_cryptogram": encoded(&answer) });
        let (status, confirmed) = stand.asks(&kiosk, &format!("/visits/{id}/report"), &report).await;
        assert_eq!(status, 200, "{confirmed}");
        assert_eq!(stand.asks(&kiosk, &format!("/visits/{id}/report"), &report).await, (200, confirmed));
        assert_eq!(stand.get(&format!("/reservations/{id}"), Some(&key)).await.1["state"]["state"], "used");
        let (status, no) = stand.asks(&kiosk, "/visits", &set).await;
        assert_eq!(status, 409, "{no}");
        // What stands there is neither a key of a card nor the app's.
        let kept = stand.city.case(held.id).await;
        assert!(!format!("{kept:?}").contains(&key));
    }

    async fn r410_a_kiosk_is_told_the_hours_of_its_own_office_and_when_to_count_down(house: House) {
        let text = CITIZEN_EXAMPLE
            .replacen("opens = \"06:30\"", "opens = \"09:00\"", 1)
            .replacen("closes = \"23:00\"", "closes = \"17:30\"", 1)
            .replacen("warn_minutes = 10", "warn_minutes = 5", 1);
        let stand = Stand::with(house, &text).await;
        stand.city.house.it_is(at(20, (12, 0, 0)));
        let citizen = stand.city.citizen("000000000000001").await;
        stand.reserved(&citizen).await;
        let kiosk = stand.kiosk().await;
        let set = json!({ "language": "ja", "certificate": encoded(citizen.card.authentication.der()), "standing": standing(&citizen) });
        stand.city.house.it_is(at(20, (17, 29, 58)));
        let (_, said) = stand.get("/conditions", None).await;
        assert_eq!((&said["warned_before"], &said["kiosk"]["open"]), (&json!(300), &json!(true)), "{said}");
        assert_eq!(stand.asks(&kiosk, "/visits", &set).await.0, 200);
        stand.city.house.it_is(at(20, (17, 30, 0)));
        let (status, no) = stand.asks(&kiosk, "/visits", &set).await;
        assert_eq!((status, &no["code"]), (409, &json!("E-KIOSK-CLOSED")), "{no}");
        assert!(no["detail"]["ja"].as_str().unwrap().contains("9:00～17:30"), "{no}");
        assert!(no["detail"]["en"].as_str().unwrap().contains("from 9:00 to 17:30"), "{no}");
    }

    async fn an_address_for_letters_is_one_that_can_be_written_to(house: House) {
        let stand = Stand::of(house).await;
        let citizen = stand.city.citizen("000000000000001").await;
        let (_, said) = stand.get("/conditions", None).await;
        let mut ask = json!({
            "language": "ja",
            "flow": said["flow"]["digest"],
            "terms": said["terms"]["digest"],
            "certificate": encoded(citizen.card.authentication.der()),
        });
        let long = format!("taro@{}example.jp", "a.".repeat(120));
        for wrong in ["", "taro", "taro@example", "太郎@example.jp", "taro@example.jp\r\nBcc: x@example.jp", " taro@example.jp", &long] {
            ask["mail"] = json!(wrong);
            let (status, no) = stand.post("/reservations", None, &ask).await;
            assert_eq!((status, &no["code"], &no["errors"][0]["pointer"]), (422, &json!("E-MAIL-FORMAT"), &json!("/mail")), "{no}");
        }
        let rows = "SELECT COUNT(*) FROM pin_reset";
        assert_eq!(crate::invariant::count(&stand.city.house.place.address, rows).await, 0);
        ask["mail"] = json!("taro@example.jp");
        let (status, begun) = stand.post("/reservations", None, &ask).await;
        assert_eq!(status, 201, "{begun}");
        let kept = "SELECT COUNT(*) FROM pin_reset WHERE mail = 'taro@example.jp'";
        assert_eq!(crate::invariant::count(&stand.city.house.place.address, kept).await, 1);
    }

    async fn a17_with_another_key_there_is_nothing(house: House) {
        let stand = Stand::of(house).await;
        let (one, other) = (stand.city.citizen("000000000000001").await, stand.city.citizen("000000000000002").await);
        let ((mine, key, _), (theirs, other_key, _)) = (stand.reserved(&one).await, stand.reserved(&other).await);
        for (id, key) in [(&theirs, &key), (&mine, &other_key), (&"a".repeat(26), &key), (&"..".to_owned(), &key)] {
            assert_eq!(stand.get(&format!("/reservations/{id}"), Some(key)).await.0, 404, "{id}");
            assert_eq!(stand.post(&format!("/reservations/{id}/cancel"), Some(key), &Value::Null).await.0, 404);
        }
        assert_eq!(stand.get(&format!("/reservations/{mine}"), None).await.0, 401);
        assert_eq!(stand.get(&format!("/reservations/{mine}"), Some(&key)).await.0, 200, "the control");
        assert_eq!(stand.post(&format!("/reservations/{mine}/cancel"), Some(&key), &Value::Null).await.0, 200);
        // At another kind of office there is nothing of it.
        let request = Request::get("/api/v1/offices/mihon-ca/pin-resets/conditions").body(Body::empty()).unwrap();
        assert_eq!(stand.send(request).await.0, 404);
    }

    async fn r412_an_unlike_face_is_counted_once_for_each_picture(house: House) {
        let (stand, signer) = Stand::comparing(house, "1").await;
        let citizen = stand.city.citizen("000000000000001").await;
        let (id, key) = stand.proved(&citizen).await;
        let state = async || stand.get(&format!("/reservations/{id}"), Some(&key)).await.1["state"].clone();
        let before = state().await;
        let visual = visual(&citizen, &signer, stand.city.now(), &portrait());
        let taken = json!({ "shot": before["shot"], "visual": encoded(&visual), "picture": encoded(&picture(1)) });
        let post = async |body: &Value| stand.post(&format!("/reservations/{id}/capture"), Some(&key), body).await;
        for _ in 0..2 {
            let (status, no) = post(&taken).await;
            assert_eq!((status, &no["code"]), (422, &json!("E-FACE-FAIL")), "{no}");
            assert_eq!(state().await["left"], 4, "counted once");
        }
        // What is no picture, an empty room, another's card and another's signature are counted as nothing.
        let other = stand.city.citizen("000000000000002").await;
        let shot = state().await["shot"].clone();
        for (visual, picture, code) in [
            (visual.clone(), b"no picture".to_vec(), "E-PICTURE"),
            (visual.clone(), made::capture(&[], 7).unwrap(), "E-FACE-NONE"),
            (self::visual(&other, &signer, stand.city.now(), &portrait()), picture(1), "E-CARD-CHANGED"),
            (self::visual(&citizen, &citizen.card, stand.city.now(), &portrait()), picture(1), "E-VISUAL"),
        ] {
            let (_, no) = post(&json!({ "shot": shot, "visual": encoded(&visual), "picture": encoded(&picture) })).await;
            assert_eq!(no["code"], code, "{no}");
            assert_eq!(state().await["left"], 4, "{code}");
        }
    }

    async fn r412_a_face_that_is_like_the_cards_reserves_and_no_picture_stays(house: House) {
        let (stand, signer) = Stand::comparing(house, "0.001").await;
        let citizen = stand.city.citizen("000000000000001").await;
        let (id, key) = stand.proved(&citizen).await;
        let shot = stand.get(&format!("/reservations/{id}"), Some(&key)).await.1["state"]["shot"].clone();
        let visual = encoded(&visual(&citizen, &signer, stand.city.now(), &portrait()));
        let taken = json!({ "shot": shot, "visual": visual, "picture": encoded(&picture(1)) });
        let path = format!("/reservations/{id}/capture");
        let (status, said) = stand.post(&path, Some(&key), &taken).await;
        assert_eq!((status, &said["state"]["state"]), (200, &json!("reserved")), "{said}");
        assert_eq!(stand.post(&path, Some(&key), &taken).await, (200, said), "A14");
        let address = &stand.city.house.place.address;
        let events = crate::invariant::count(address, "SELECT COUNT(*) FROM event WHERE document LIKE '%\"provider\"%lbph%'").await;
        assert_eq!(events, 1, "who compared, and how like they were");
        let long = "SELECT COUNT(*) FROM evidence WHERE LENGTH(content) >= 5000";
        assert_eq!(crate::invariant::count(address, long).await, 0, "texts and signatures, no picture");
        let kept = "SELECT COUNT(*) FROM evidence";
        assert!(crate::invariant::count(address, kept).await > 0, "the control");
    }

    async fn a16_a_kiosk_that_is_unknown_or_revoked_is_not_heard(house: House) {
        let stand = Stand::of(house).await;
        let citizen = stand.city.citizen("000000000000001").await;
        stand.reserved(&citizen).await;
        let set = json!({ "language": "ja", "certificate": encoded(citizen.card.authentication.der()), "standing": standing(&citizen) });
        let kiosk = stand.kiosk().await;
        assert_eq!(stand.asks(&TestKiosk::new(), "/visits", &set).await.0, 401);
        assert_eq!(stand.asks(&kiosk, "/visits", &set).await.0, 200, "the control");
        let row = stand.city.house.store().kiosk(kiosk.id()).await.unwrap().unwrap();
        stand.city.desk.revoke_kiosk(&OPERATOR, row).await.unwrap();
        let (status, no) = stand.asks(&kiosk, "/visits", &set).await;
        assert_eq!((status, &no["code"]), (401, &json!("E-KIOSK")));
        assert_eq!(stand.post("/visits", None, &set).await.0, 401, "without a signature");
    }
}

pub(super) struct Stand {
    pub(super) city: City,
    router: Router,
}

impl Stand {
    async fn of(house: House) -> Self {
        Self::with(house, CITIZEN_EXAMPLE).await
    }

    /// Where the office is this one.
    async fn with(house: House, text: &str) -> Self {
        let city = City::with(house, text).await;
        let router = router(Portal::new(city.desk.clone(), Site::at(ORIGIN)).unwrap());
        Self { city, router }
    }

    /// Where faces are compared, and this many are like; with whoever signs the pictures on the cards.
    async fn comparing(house: House, threshold: &str) -> (Self, TestCard) {
        Self::with_faces(house, &format!("provider = \"lbph\"\nthreshold = {threshold}\n")).await
    }

    /// Where this stands under `[citizen.face]`.
    pub(super) async fn with_faces(house: House, chosen: &str) -> (Self, TestCard) {
        let signer = house.card().await;
        let pem = signer.signature.to_pem();
        let face = format!("[citizen.face]\n{chosen}[citizen.flow]\n");
        let text = CITIZEN_EXAMPLE
            .replacen("visual_signers = []", &format!("visual_signers = ['''\n{pem}''']"), 1)
            .replacen("[citizen.flow]\n", &face, 1);
        let city = City::with(house, &text).await;
        let router = router(Portal::new(city.desk.clone(), Site::at(ORIGIN)).unwrap());
        (Self { city, router }, signer)
    }

    /// The card has signed: id and key.
    pub(super) async fn proved(&self, citizen: &Citizen) -> (String, String) {
        let (_, said) = self.get("/conditions", None).await;
        let ask = json!({
            "language": "ja",
            "flow": said["flow"]["digest"],
            "terms": said["terms"]["digest"],
            "certificate": encoded(citizen.card.authentication.der()),
        });
        let (status, begun) = self.post("/reservations", None, &ask).await;
        assert_eq!(status, 201, "{begun}");
        let of = |name: &str| begun[name].as_str().unwrap().to_owned();
        let (id, key) = (of("id"), of("key"));
        let text = begun["to_sign"]["text"].as_str().unwrap();
        let signed = json!({ "cms": encoded(&citizen.cms(text, self.city.now())) });
        let proof = format!("/reservations/{id}/proof");
        let (status, proved) = self.post(&proof, Some(&key), &signed).await;
        assert_eq!(
            (status, &proved["state"]["state"], &proved["state"]["left"]),
            (200, &json!("proved"), &json!(5)),
            "{proved}"
        );
        assert_eq!(self.post(&proof, Some(&key), &signed).await, (200, proved), "A14");
        (id, key)
    }

    /// STEP 1 by the API; the face is compared by the desk. The id, the key, and both as the desk knows them.
    async fn reserved(&self, citizen: &Citizen) -> (String, String, Held) {
        let (id, key) = self.proved(citizen).await;
        let held = Held {
            id: id.parse().unwrap(),
            key: key.clone(),
        };
        self.city.face(citizen, &held, 900).await.unwrap();
        (id, key, held)
    }

    async fn kiosk(&self) -> TestKiosk {
        let kiosk = TestKiosk::new();
        let office = (self.city.office.id.as_str(), "テスト店");
        self.city
            .desk
            .enrol_kiosk(&OPERATOR, office, kiosk.public_key())
            .await
            .unwrap();
        kiosk
    }

    pub(super) async fn get(&self, path: &str, key: Option<&str>) -> (u16, Value) {
        let request = Request::get(format!("{BELOW}{path}"));
        let request = match key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        };
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
        let request = Request::post(format!("{BELOW}{path}")).header("content-type", "application/json");
        let request = match key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        };
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    async fn asks(&self, kiosk: &TestKiosk, path: &str, body: &Value) -> (u16, Value) {
        let (path, body) = (format!("{BELOW}{path}"), body.to_string());
        let digest = format!("sha-256=:{}:", STANDARD.encode(sha256(body.as_bytes()).0));
        let parameters = format!(
            "(\"@method\" \"@target-uri\" \"content-digest\");created={};keyid=\"{}\";alg=\"ecdsa-p256-sha256\"",
            self.city.now().0,
            kiosk.id()
        );
        let said = format!(
            "\"@method\": POST\n\"@target-uri\": {ORIGIN}{path}\n\"content-digest\": {digest}\n\"@signature-params\": {parameters}"
        );
        let signature = kiosk.0.sign(&SystemRandom::new(), said.as_bytes()).unwrap();
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("content-digest", digest)
            .header("signature-input", format!("kagimori={parameters}"))
            .header("signature", format!("kagimori=:{}:", STANDARD.encode(signature)))
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> (u16, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let octets = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&octets).unwrap_or_default())
    }
}

struct TestKiosk(EcdsaKeyPair);

impl TestKiosk {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn public_key(&self) -> Vec<u8> {
        const HEAD: &[u8] =
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
        [HEAD, self.0.public_key().as_ref()].concat()
    }

    fn id(&self) -> KioskId {
        id_of(&self.public_key()).unwrap()
    }
}

fn standing(citizen: &Citizen) -> Value {
    json!({
        "number": citizen.number.to_string(),
        "key_version": 1,
        "counter": citizen.told().counter,
        "receipt": citizen.receipt().map(|receipt| encoded(&receipt)),
    })
}

fn cryptogram(announced: &Value) -> Cryptogram {
    let octets = |name: &str| {
        let octets = URL_SAFE_NO_PAD.decode(announced[name].as_str().unwrap()).unwrap();
        octets.try_into().unwrap()
    };
    Cryptogram {
        host_random: octets("host_random"),
        cryptogram: octets("cryptogram"),
        until: Instant(announced["until"].as_i64().unwrap()),
    }
}

/// The card's visual file (docs/formats.md), signed by this one's key.
pub(super) fn visual(citizen: &Citizen, signer: &TestCard, at: Instant, face: &[u8]) -> Vec<u8> {
    let field = |tag: u8, value: &[u8]| tlv([0xdf, tag], value);
    let before = [
        field(0x21, citizen.number.octets()),
        field(0x22, b"19800101"),
        field(0x23, b"1"),
        field(0x24, &[]),
        field(0x25, &[0xff]),
        field(0x26, &[]),
        field(0x27, face),
    ]
    .concat();
    let after = [field(0x29, b"20311231"), field(0x2a, b"1234")].concat();
    let content = [before.clone(), after.clone()].concat();
    let cms = pki::cms::sign(&content, &signer.signature, &signer.signature_key, at.0).unwrap();
    tlv([0xff, 0x20], &[before, field(0x28, &cms), after].concat())
}

fn tlv(tag: [u8; 2], value: &[u8]) -> Vec<u8> {
    let [.., high, low] = value.len().to_be_bytes();
    let length = match value.len() {
        0..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&tag[..], &length, value].concat()
}

/// The one on every card here.
fn portrait() -> Vec<u8> {
    made::portrait(1).unwrap()
}

/// What a camera sees of somebody.
pub(super) fn picture(person: u64) -> Vec<u8> {
    made::capture(&[person], 7).unwrap()
}

pub(super) fn encoded(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

const BELOW: &str = "/api/v1/offices/mihon-city/pin-resets";
const OPERATOR: Actor<'static> = Actor::Operator { name: "test" };
