//! A house at work with its office, its officers and their cards, and a program that calls it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::identity::{Authority, CertificateId, Company, OfficerId, PersonNumber, Serial};
use casework::officer::{Account, Role};
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use serde_json::{Value, json};
use server::api::token::Wanted;
use server::authority::holder::{CardOrder, EXAMPLE};
use server::authority::issue::{CardUse, Order, Wanted as Certified};
use server::config::Serves;
use server::desk::officer::{Command, OfficerAccount, invitation_code, invitation_digest};
use server::desk::{Actor, CaseId, Desk};
use server::office::{AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE};
use server::portal::{Limits, Portal, Site, router};
use wire::api::Scope;
use wire::office::Language;

use crate::house::Place;
use crate::node::{Answer, Node, exchange};

pub(crate) const OFFICE: &str = "mihon-ca";
/// Cards that were made.
static COUNT: AtomicU32 = AtomicU32::new(0);

pub(crate) const ALL: [Scope; 12] = Scope::ALL;

/// The house, with its portal at an address of its own.
pub(crate) struct Stand {
    pub(crate) node: Node,
    pub(crate) address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

/// A card with its keys in hand.
pub(crate) struct Card {
    pub(crate) authentication: Certificate,
    pub(crate) authentication_key: SoftwareKey,
    pub(crate) signature: Certificate,
    pub(crate) signature_key: SoftwareKey,
}

/// A program of an officer.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

/// An officer with a card and a program.
pub(crate) struct Officer {
    pub(crate) id: OfficerId,
    pub(crate) card: Card,
    pub(crate) program: Program,
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::at(Place::on_sqlite(), Limits::default()).await
    }

    /// With other budgets, for whoever asks very often on purpose.
    pub(crate) async fn at(place: Place, limits: Limits) -> Self {
        let node = Node::start(place).await;
        for id in [OFFICE, "other-ca"] {
            let text = AUTHORITY_EXAMPLE
                .replacen("id = \"mihon-ca\"", &format!("id = \"{id}\""), 1)
                .replacen("[\"mihon-issuing\"]", "[\"mihon\"]", 1);
            let store = node.running().desk().store();
            store
                .load_office(id, &text, node.running().desk().clock().now())
                .await
                .unwrap();
        }
        node.running().desk().reopen().await.unwrap().unwrap();
        let address = node.running().address(Serves::Portal).unwrap();
        if limits == Limits::default() {
            let serving = tokio::spawn(async {});
            return Self { node, address, serving };
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Site {
            limits,
            ..Site::at(&format!("http://{address}"))
        };
        let portal = Portal::new(node.running().desk().clone(), site).unwrap();
        let service = router(portal).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { node, address, serving }
    }

    /// Budgets that nobody spends.
    pub(crate) fn generous() -> Limits {
        let many = NonZeroU32::new(1_000_000).unwrap();
        Limits {
            strangers: many,
            session: many,
            card_request: many,
            token: many,
            look_up: many,
        }
    }

    pub(crate) fn desk(&self) -> &Desk {
        self.node.running().desk()
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A card of a holder with this name, at another company than the officers'.
    pub(crate) async fn card(&self, name: &str) -> Card {
        // No two holders have one name in Latin letters, and both halves of a card expire at the same moment.
        let letters = (0..4).map(|place| (COUNT.load(Ordering::Relaxed) >> (4 * place)) & 15);
        let letters: String = letters
            .map(|digit| char::from(b'a' + u8::try_from(digit).unwrap()))
            .collect();
        COUNT.fetch_add(1, Ordering::Relaxed);
        let romaji = format!("MIHON T{letters}");
        let from = server::clock::Instant(self.node.now());
        let make = async |kind: CardUse| {
            let key = SoftwareKey::generate(Algorithm::P256).unwrap();
            let text = EXAMPLE
                .replacen("鍵守 太郎", name, 1)
                .replacen("KAGIMORI Taro", &romaji, 1);
            let order = CardOrder::parse(&text, Path::new("holder.toml")).unwrap();
            let registrar = self.node.running().registrar();
            let mihon = registrar.authority("mihon").await.unwrap();
            let order = Order {
                validity: order.term.validity(from).unwrap(),
                purchase: order.purchase,
                wanted: Certified::Card(kind, Box::new(order)),
                key: key.public_key().clone(),
            };
            let actor = Actor::Operator { name: "test" };
            (registrar.issue(&actor, &mihon, &order).await.unwrap(), key)
        };
        let (authentication, authentication_key) = make(CardUse::Authentication).await;
        let (signature, signature_key) = make(CardUse::Signature).await;
        Card {
            authentication,
            authentication_key,
            signature,
            signature_key,
        }
    }

    /// An officer with these roles: invited by the operator, enrolled by the API, with a token for everything.
    pub(crate) async fn officer(&self, office: &str, person: &str, name: &str, roles: &[Role]) -> Officer {
        let (id, code) = self.invite(office, person, name, roles).await;
        let card = self.enrol(office, &code, name).await;
        let program = self.program(office, id, &ALL, 90).await;
        Officer { id, card, program }
    }

    /// Whoever holds this code enrols a new card.
    pub(crate) async fn enrol(&self, office: &str, code: &str, name: &str) -> Card {
        let card = self.card(name).await;
        let program = self.stranger();
        let body = card.shown(&json!({ "code": code }), false);
        let told = program
            .post(&format!("/offices/{office}/enrolment/challenge"), &body)
            .await;
        let told = told.json(200);
        let proof = card.answers(&told["challenge"]);
        let body = card.shown(&json!({ "code": code, "proof": proof }), true);
        let enrolled = program
            .post(&format!("/offices/{office}/enrolment"), &body)
            .await
            .json(200);
        assert_eq!(enrolled["state"], "active");
        card
    }

    pub(crate) async fn invite(&self, office: &str, person: &str, name: &str, roles: &[Role]) -> (OfficerId, String) {
        let code = invitation_code(self.desk().chance());
        let account: CaseId<OfficerAccount> = self.desk().new_case();
        let command = Command::Invite {
            office: office.to_owned(),
            language: Language::Ja,
            account: Box::new(Account {
                person: PersonNumber(person.to_owned()),
                name: name.to_owned(),
                company: Company("見本認証局株式会社".to_owned()),
                roles: roles.iter().copied().collect(),
                mail: format!("{person}@ca.example"),
            }),
            code: invitation_digest(&code),
        };
        let actor = Actor::Operator { name: "test" };
        self.desk().perform(&actor, account, &command).await.unwrap();
        (OfficerId(account.octets()), code)
    }

    /// A program with a token of its own.
    pub(crate) async fn program(&self, office: &str, officer: OfficerId, scopes: &[Scope], days: i64) -> Program {
        let wanted = Wanted {
            officer,
            office: office.to_owned(),
            label: "test".to_owned(),
            scopes: scopes.to_vec(),
            expires_at: self.desk().clock().now().plus_seconds(days * 86_400),
        };
        let made = self
            .desk()
            .make_token(&Actor::Operator { name: "test" }, wanted)
            .await
            .unwrap();
        Program {
            address: self.address,
            token: made.secret,
        }
    }

    pub(crate) fn stranger(&self) -> Program {
        Program {
            address: self.address,
            token: String::new(),
        }
    }
}

impl Card {
    /// Its certificates, beside what else is said.
    pub(crate) fn shown(&self, more: &Value, both: bool) -> Value {
        let mut body = more.clone();
        body["authentication"] = json!(URL_SAFE_NO_PAD.encode(self.authentication.der()));
        if both {
            body["signature"] = json!(URL_SAFE_NO_PAD.encode(self.signature.der()));
        }
        body
    }

    pub(crate) fn answers(&self, challenge: &Value) -> String {
        let message = URL_SAFE_NO_PAD.decode(challenge["message"].as_str().unwrap()).unwrap();
        URL_SAFE_NO_PAD.encode(self.authentication_key.sign(&message).unwrap())
    }

    /// The signed text, as the API takes it.
    pub(crate) fn signs(&self, to_sign: &Value, at: i64) -> Value {
        let text = to_sign["text"].as_str().unwrap();
        let cms = pki::cms::sign(text.as_bytes(), &self.signature, &self.signature_key, at).unwrap();
        json!({ "cms": URL_SAFE_NO_PAD.encode(cms) })
    }

    pub(crate) fn id(&self) -> CertificateId {
        id_of(&self.signature)
    }

    pub(crate) fn authentication_id(&self) -> CertificateId {
        id_of(&self.authentication)
    }
}

impl Program {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &[], Some(body)).await
    }

    /// Nothing but the address.
    pub(crate) async fn tell(&self, path: &str) -> Answer {
        self.call("POST", path, &[], None).await
    }

    /// Relying on what was seen.
    pub(crate) async fn seen(&self, method: &str, path: &str, version: &Value, body: &Value) -> Answer {
        let tag = format!("\"{version}\"");
        self.call(method, path, &[("if-match", &tag)], Some(body)).await
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let octets = body.map(|body| body.to_string().into_bytes());
        let kind = [("content-type", "application/json")];
        let headers: Vec<_> = headers
            .iter()
            .copied()
            .chain(kind.into_iter().filter(|_| body.is_some()))
            .collect();
        self.send(method, path, &headers, &octets.unwrap_or_default()).await
    }

    /// Exactly these octets.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], octets: &[u8]) -> Answer {
        let mut head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.address
        );
        if !self.token.is_empty() {
            let _ = write!(head, "authorization: Bearer {}\r\n", self.token);
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", octets.len());
        exchange(self.address, &[head.as_bytes(), octets].concat()).await
    }
}

impl Answer {
    /// The document, with the status that it must have.
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem, with its status and code.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let told = self.json(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(told["code"], code, "{told}");
        assert_eq!(told["status"], status);
        for language in ["ja", "en"] {
            let text = told["detail"][language].as_str().unwrap();
            assert!(
                text.len() > 10 && text.contains(code) && !text.contains(['⟦', '$']),
                "{text}"
            );
        }
        told
    }
}

/// As the record of `mihon` has it.
fn id_of(certificate: &Certificate) -> CertificateId {
    CertificateId {
        authority: Authority("mihon".to_owned()),
        serial: Serial::from_octets(certificate.serial().as_bytes()).unwrap(),
    }
}

/// 失効申込情報 that nothing is wrong with.
pub(crate) fn form() -> Value {
    json!({
        "reason": "use_stopped",
        "reason_detail": "人事異動",
        "applicant_kana": "カギモリ　タロウ",
        "phone": "0312345678",
        "mail": "taro@example.jp",
        "mail_again": "taro@example.jp",
        "bank": "みずほ銀行",
        "branch": "本店",
        "account_type": "ordinary",
        "account_number": "1234567",
        "account_holder": "ｶｷﾞﾓﾘ ﾀﾛｳ",
    })
}

/// 失効届 of the holder of this card, as it was scanned.
pub(crate) fn entry(card: &Card, now: i64) -> Value {
    let day = casework::time::Instant(now).day().date().to_string();
    json!({
        "language": "ja",
        "certificate": { "authority": "mihon", "serial": card.id().serial.to_string() },
        "form": {
            "received": day,
            "applicant": "holder",
            "reason": "use_stopped",
            "name": "鍵守 太郎",
            "kana": "カギモリ　タロウ",
            "postal_code": "100-0013",
            "address": "東京都千代田区霞が関一丁目1番1号",
            "phone": "0312345678",
            "enclosures": [{ "document": "notice" }, { "document": "seal_certificate", "issued": day }],
        },
        "scans": [{ "content": URL_SAFE_NO_PAD.encode(scan()) }],
    })
}

/// A picture of a paper.
pub(crate) fn scan() -> Vec<u8> {
    let picture = image::GrayImage::from_fn(60, 80, |x, y| image::Luma([u8::try_from((x * y) % 256).unwrap()]));
    let mut octets = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut octets, image::ImageFormat::Png).unwrap();
    octets.into_inner()
}

/// An account as addresses name it.
pub(crate) fn named(id: &OfficerId) -> String {
    CaseId::<OfficerAccount>::from_octets(id.0).to_string()
}

/// Alone it is a test. Where `KAGIMORI_STAND` names a file, it says there what there is, and serves until that file is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stand_serves_what_is_described() {
    let stand = Stand::at(Place::on_sqlite(), Stand::generous()).await;
    let roles = [Role::Entry, Role::Approval, Role::Administration, Role::Audit];
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &roles).await;
    let ordering = BIDDING_CORE_EXAMPLE.replacen("[\"mihon-issuing\"]", "[\"mihon\"]", 1);
    let now = stand.desk().clock().now();
    stand
        .desk()
        .store()
        .load_office("mihon-ken", &ordering, now)
        .await
        .unwrap();
    stand.desk().reopen().await.unwrap().unwrap();
    let bidder = stand.officer("mihon-ken", "1002", "見本 次郎", &roles).await;
    let city = stand.city().await;
    assert_eq!(stand.stranger().get("/openapi.json").await.status, 200);
    let Some(told) = std::env::var_os("KAGIMORI_STAND") else {
        return;
    };
    let tokens = (&officer.program.token, &bidder.program.token);
    let there = json!({ "origin": stand.origin(), "token": tokens.0, "bidder_token": tokens.1, "city": city });
    std::fs::write(&told, there.to_string()).unwrap();
    for _ in 0..LONGEST_STAND {
        if !Path::new(&told).exists() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

/// Seconds for which it waits for its end at most.
const LONGEST_STAND: u32 = 300;
