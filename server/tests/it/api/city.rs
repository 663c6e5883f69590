//! An issuer of citizens' cards at the stand: two cards that have reservations, and a kiosk that is enrolled.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::evidence::Comparison;
use casework::identity::{CardNumber, Fingerprint};
use casework::officer::Role;
use casework::pin_reset::Told;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use serde_json::{Value, json};
use server::desk::Actor;
use server::desk::evidence::faces_compared;
use server::desk::pin_reset::{SetCard, Shot};
use server::kiosk::id_of;
use server::office::CITIZEN_EXAMPLE;
use server::store::CitizenCardRow;
use server::unblock::KeyVersion;
use wire::office::Language;

use super::stand::{Card, Program, Stand};
use crate::city::reserved;
use crate::house::Place;

const CITY: &str = "mihon-city";

/// A reservation and the key of the app that made it.
pub(super) struct Begun {
    pub(super) id: String,
    pub(super) key: String,
}

impl Stand {
    /// Opens it, where faces are compared by the baseline and those of this card are taken for genuine.
    pub(super) async fn open_city(&self, signer: &Card) {
        let face = "[citizen.face]\nprovider = \"lbph\"\n[citizen.flow]\n";
        let signer = format!("visual_signers = ['''\n{}''']", signer.signature.to_pem());
        let text = CITIZEN_EXAMPLE
            .replacen("[\"mihon-issuing\"]", "[\"mihon\"]", 1)
            .replacen("visual_signers = []", &signer, 1)
            .replacen("closes = \"23:00\"", "closes = \"24:00\"", 1)
            .replacen("opens = \"06:30\"", "opens = \"00:00\"", 1)
            .replacen("[citizen.flow]\n", face, 1);
        let now = self.desk().clock().now();
        self.desk().store().load_office(CITY, &text, now).await.unwrap();
        self.desk().reopen().await.unwrap().unwrap();
        self.desk().unblock().await.unwrap();
    }

    /// A card that it has issued, with this number.
    pub(super) async fn citizens_card(&self, number: &str, name: &str) -> Card {
        let card = self.card(name).await;
        let now = self.desk().clock().now();
        let row = CitizenCardRow {
            number: CardNumber::parse(number).unwrap(),
            office: CITY.to_owned(),
            key_version: KeyVersion::FIRST,
            authentication: card.authentication_id(),
            fingerprint: Fingerprint(card.authentication.fingerprint()),
            signature: card.id(),
            counter: 0,
            issued_at: now,
        };
        let event = crate::city::event(self.desk());
        self.desk().store().register_citizen_card(row, event).await.unwrap();
        card
    }

    /// STEP 1 until the card has proved itself.
    pub(super) async fn proved(&self, card: &Card) -> Begun {
        let app = self.stranger();
        let below = format!("/offices/{CITY}/pin-resets");
        let told = app.get(&format!("{below}/conditions")).await.json(200);
        let ask = json!({
            "language": "ja",
            "flow": told["flow"]["digest"],
            "terms": told["terms"]["digest"],
            "certificate": URL_SAFE_NO_PAD.encode(card.authentication.der()),
        });
        let begun = app.post(&format!("{below}/reservations"), &ask).await.json(201);
        let of = |name: &str| begun[name].as_str().unwrap().to_owned();
        let (id, key) = (of("id"), of("key"));
        let text = begun["to_sign"]["text"].as_str().unwrap();
        let cms = pki::cms::sign(
            text.as_bytes(),
            &card.authentication,
            &card.authentication_key,
            self.node.now(),
        );
        let signed = json!({ "cms": URL_SAFE_NO_PAD.encode(cms.unwrap()) });
        let app = Program {
            token: key.clone(),
            ..app
        };
        let proved = app
            .post(&format!("{below}/reservations/{id}/proof"), &signed)
            .await
            .json(200);
        assert_eq!(proved["state"]["state"], "proved");
        Begun { id, key }
    }

    /// STEP 1 whole, and the card set at a kiosk of this key.
    pub(super) async fn visited(&self, card: &Card, number: &str, kiosk: &SoftwareKey) -> Begun {
        let begun = self.proved(card).await;
        let number = CardNumber::parse(number).unwrap();
        let comparison = Comparison {
            score: 900,
            threshold: 600,
            provider: "test".to_owned(),
            version: "1".to_owned(),
        };
        let now = self.desk().clock().now();
        let id = begun.id.parse().unwrap();
        let shot = Shot::after(&begun.key, id, None).digest();
        let compared = faces_compared(number, comparison, now);
        self.desk().compare_face(id, &begun.key, shot, compared).await.unwrap();
        let card = casework::pin_reset::Card {
            number,
            authentication: Fingerprint(card.authentication.fingerprint()),
        };
        let set = SetCard {
            kiosk: id_of(kiosk.public_key().spki_der()).unwrap(),
            place: "stand",
            language: Language::Ja,
            told: Told {
                card,
                key_version: 1,
                counter: 0,
            },
            receipt: None,
        };
        let office = self.desk().office(CITY).unwrap();
        assert_eq!(reserved(self.desk().set_card(&office, &set).await), id);
        begun
    }

    pub(super) async fn enrol_kiosk(&self, kiosk: &SoftwareKey) {
        let operator = Actor::Operator { name: "test" };
        let spki = kiosk.public_key().spki_der().to_vec();
        self.desk().enrol_kiosk(&operator, (CITY, "stand"), spki).await.unwrap();
    }

    /// What a judge needs to ask its operations as an app and a kiosk do.
    pub(super) async fn city(&self) -> Value {
        let signer = self.card("見本 三郎").await;
        self.open_city(&signer).await;
        let kiosk = SoftwareKey::generate(Algorithm::P256).unwrap();
        self.enrol_kiosk(&kiosk).await;
        let mut told = json!({});
        for (what, number) in [("proved", FIRST), ("cancelled", SECOND)] {
            let card = self.citizens_card(number, "見本 四郎").await;
            let begun = self.proved(&card).await;
            told[what] = json!({ "id": begun.id, "key": begun.key });
        }
        let card = self.citizens_card(THIRD, "見本 五郎").await;
        let begun = self.visited(&card, THIRD, &kiosk).await;
        told["visited"] = json!({ "id": begun.id, "key": begun.key });
        told["card"] = json!(URL_SAFE_NO_PAD.encode(card.authentication.der()));
        told["kiosk"] = json!(pki::pem::encode("PRIVATE KEY", &kiosk.to_pkcs8().unwrap()));
        told
    }
}

const FIRST: &str = "0000000000000018";
const SECOND: &str = "0000000000000026";
const THIRD: &str = "0000000000000034";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_of_an_officer_changes_how_faces_are_compared() {
    let stand = Stand::at(Place::on_sqlite(), Stand::generous()).await;
    let signer = stand.card("見本 三郎").await;
    stand.open_city(&signer).await;
    let officer = stand.officer(CITY, "1003", "見本 六郎", &[Role::Administration]).await;
    let path = format!("/offices/{CITY}/file");
    let file = officer.program.get(&path).await.json(200);
    let (document, version) = (file["document"].as_str().unwrap(), &file["version"]);
    for (from, to) in [
        ("provider = \"lbph\"", "provider = \"lbph\"\nthreshold = 0.001"),
        (
            "provider = \"lbph\"",
            "provider = \"http\"\nthreshold = 0.9\nurl = \"https://elsewhere.example/\"",
        ),
        ("attempts = 5", "attempts = 10"),
        ("pause_minutes = 30", "pause_minutes = 1"),
        ("counter = false", "counter = true"),
    ] {
        let changed = document.replacen(from, to, 1);
        assert_ne!(changed, document, "{from}");
        let no = officer
            .program
            .seen("PUT", &path, version, &json!({ "document": changed }))
            .await;
        let said = String::from_utf8(no.body.clone()).unwrap();
        assert!(no.status == 422 || no.status == 400, "{said}");
        assert!(
            said.contains("kagimori office load") && said.contains("citizen.face"),
            "{said}"
        );
    }
    let changed = json!({ "document": document.replacen("session_minutes = 30", "session_minutes = 20", 1) });
    let done = officer.program.seen("PUT", &path, version, &changed).await;
    assert_eq!(done.status, 200, "the control: {}", String::from_utf8_lossy(&done.body));
}
