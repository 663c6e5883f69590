//! A bidder's program at an ordering body: 登録, 変更 and ICカード更新 from the first call to the receipt, with
//! cards' own signatures and no page.

mod held;

use casework::officer::Role;
use casework::register::{BusinessNumber, Entry};
use serde_json::{Value, json};
use server::desk::{Actor, evidence};
use server::office::{BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE};
use server::register::Line;
use server::store::registration_password;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use wire::api::Scope;

use super::stand::{Card, OFFICE, Program, Stand};

const KEN: &str = "mihon-ken";
const SHI: &str = "mihon-shi";
const NUMBER: &str = "A-1001";
const PASSWORD: &str = "toroku-yo-password";
/// As the cards of a stand have it (`server::authority::holder::EXAMPLE`).
const COMPANY: &str = "見本建設株式会社";

/// A stand with both ordering bodies and the company in both registers.
async fn hall() -> Stand {
    let stand = Stand::new().await;
    let now = stand.desk().clock().now();
    for (office, example) in [(KEN, BIDDING_CORE_EXAMPLE), (SHI, BIDDING_REVIEW_EXAMPLE)] {
        let text = example.replacen("[\"mihon-issuing\"]", "[\"mihon\"]", 1);
        stand.desk().store().load_office(office, &text, now).await.unwrap();
    }
    stand.desk().reopen().await.unwrap().unwrap();
    for office in [KEN, SHI] {
        list(&stand, office, COMPANY, "鍵守　太郎").await;
    }
    stand
}

async fn list(stand: &Stand, office: &str, name: &str, representative: &str) {
    enlist(stand, office, name, representative, None).await;
}

async fn enlist(stand: &Stand, office: &str, name: &str, representative: &str, password: Option<String>) {
    let today = stand.desk().clock().now().day();
    let entry = Entry {
        number: BusinessNumber::parse(NUMBER).unwrap(),
        name: name.to_owned(),
        name_kana: "ミホンケンセツ".to_owned(),
        address: "東京都千代田区霞が関一丁目1番1号".to_owned(),
        representative: representative.to_owned(),
        delegate: None,
        corporate_number: None,
        valid: (today.plus(-30), today.plus(300)),
    };
    let line = Line { entry, password };
    let (file, done) = (evidence::sha256(b"a list"), Arc::new(AtomicUsize::new(0)));
    let actor = Actor::Operator { name: "test" };
    let imported = stand
        .desk()
        .import_register(&actor, office, vec![line], (false, file), done);
    imported.await.unwrap();
}

/// The code of a letter, with which the company proves itself.
async fn code(stand: &Stand, office: &str) -> String {
    let number = BusinessNumber::parse(NUMBER).unwrap();
    let actor = Actor::Operator { name: "test" };
    let given = stand.desk().give_letter_code(&actor, office, &number).await;
    given.unwrap().unwrap().0.written()
}

fn contact() -> Value {
    json!({
        "department": "営業部",
        "name": "入札　花子",
        "phone": "0312345678",
        "mail": "hanako@example.jp",
        "mail_again": "hanako@example.jp",
    })
}

fn located(begun: &crate::node::Answer) -> String {
    let place = begun.header("location").unwrap();
    place.strip_prefix("/api/v1").unwrap().to_owned()
}

/// The card answers what the case asks of it at this moment.
async fn proof(program: &Program, case: &str, card: &Card) -> Value {
    let shown = card.shown(&json!({}), true);
    let challenge = program.post(&format!("{case}/card"), &shown).await.json(200);
    card.shown(&json!({ "proof": card.answers(&challenge) }), true)
}

/// A registration as far as its text; what the text is signed with is still to come.
async fn registering(stand: &Stand, program: &Program, office: &str, card: &Card) -> (String, Value) {
    let begin = json!({ "kind": "new", "language": "ja" });
    let begun = program.post(&format!("/offices/{office}/registrations"), &begin).await;
    begun.json(201);
    let case = located(&begun);
    let proved = proof(program, &case, card).await;
    let opened = program.post(&format!("{case}/presence"), &proved).await.json(200);
    assert_eq!(
        (&opened["state"], &opened["card"]["company"]),
        (&json!("proving"), &json!(COMPANY))
    );
    let company = json!({ "number": NUMBER, "kind": "code", "secret": code(stand, office).await });
    let known = program.post(&format!("{case}/company"), &company).await.json(200);
    assert_eq!(
        (&known["state"], &known["listed"]["number"]),
        (&json!("entering"), &json!(NUMBER))
    );
    let checked = program.post(&format!("{case}/check"), &contact()).await.json(200);
    assert_eq!(checked["complete"], true);
    let path = format!("{case}/contact");
    let reviewing = program.call("PUT", &path, &[], Some(&contact())).await.json(200);
    assert_eq!(reviewing["state"], "reviewing");
    let ask = json!({ "language": "ja" });
    let path = format!("{case}/ask");
    let asked = program.seen("POST", &path, &reviewing["version"], &ask).await.json(200);
    (case, asked)
}

async fn register(stand: &Stand, program: &Program, office: &str, card: &Card) -> (String, Value) {
    let (case, asked) = registering(stand, program, office, card).await;
    let signed = card.signs(&asked["to_sign"], stand.node.now());
    let done = program.post(&format!("{case}/confirm"), &signed).await.json(200);
    (case, done)
}

/// What both cards sign at the reader, and the page that follows.
async fn opening(stand: &Stand, program: &Program, office: &str, [old, new]: [&Card; 2]) -> (String, Value) {
    let wanted = json!({ "language": "ja" });
    let begun = program.post(&format!("/offices/{office}/renewals"), &wanted).await;
    begun.json(201);
    let case = located(&begun);
    let shown = |card: &Card| card.shown(&json!({}), true);
    let alone = json!({ "current": shown(old) });
    let first = program.post(&format!("{case}/cards"), &alone).await.json(200);
    assert_eq!(first["new"], json!(null), "the new card is not there yet");
    let both = json!({ "current": shown(old), "new": shown(new) });
    let texts = program.post(&format!("{case}/cards"), &both).await.json(200);
    assert_eq!(
        texts["current"], first["current"],
        "the current card may have signed by now"
    );
    let now = stand.node.now();
    let signed = |card: &Card, which: &str| card.shown(&card.signs(&texts[which], now), true);
    let ceremony = json!({ "current": signed(old, "current"), "new": signed(new, "new"), "person": "入札 花子" });
    let confirming = program.post(&format!("{case}/ceremony"), &ceremony).await.json(200);
    assert_eq!(
        (&confirming["state"], &confirming["person"]),
        (&json!("confirming"), &json!("入札 花子"))
    );
    (case, confirming)
}

/// 更新, with the new card.
async fn renew(stand: &Stand, program: &Program, office: &str, cards: [&Card; 2]) -> (String, Value) {
    let (case, confirming) = opening(stand, program, office, cards).await;
    let ask = json!({ "language": "ja" });
    let path = format!("{case}/ask");
    program.post(&path, &ask).await.problem(428, "E-STALE");
    let asked = program
        .seen("POST", &path, &confirming["version"], &ask)
        .await
        .json(200);
    assert_eq!(asked["state"], "awaiting");
    // R117: the new card signs, and no other.
    let foreign = cards[0].signs(&asked["to_sign"], stand.node.now());
    let refused = program.post(&format!("{case}/confirm"), &foreign).await;
    refused.problem(409, "E-CARD-CHANGED");
    let signed = cards[1].signs(&asked["to_sign"], stand.node.now());
    let done = program.post(&format!("{case}/confirm"), &signed).await.json(200);
    // A14: the answer was lost, and the program sends it again.
    let again = program.post(&format!("{case}/confirm"), &signed).await.json(200);
    assert_eq!(
        (&again["receipt"], &again["version"]),
        (&done["receipt"], &done["version"])
    );
    (case, done)
}

/// Whether the office knows this card as one that can be changed: that is, one that is in use.
async fn is_in_use(program: &Program, office: &str, card: &Card) -> Result<(), String> {
    let begin = json!({ "kind": "change", "language": "ja" });
    let begun = program.post(&format!("/offices/{office}/registrations"), &begin).await;
    let shown = card.shown(&json!({}), true);
    let answer = program.post(&format!("{}/card", located(&begun)), &shown).await;
    match answer.status {
        200 => Ok(()),
        _ => Err(answer.json(409)["code"].as_str().unwrap().to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_s_program_registers_changes_and_renews_its_card_and_reads_every_receipt() {
    let stand = hall().await;
    let officer = stand.officer(KEN, "1001", "見本 花子", &[Role::Entry]).await;
    let program = &officer.program;
    let (old, new) = (stand.card("鍵守 太郎").await, stand.card("鍵守 太郎").await);
    let (case, done) = register(&stand, program, KEN, &old).await;
    assert_eq!(
        (&done["state"], &done["contact"]["mail"]),
        (&json!("registered"), &json!("hanako@example.jp"))
    );
    let receipt = program.get(&format!("{case}/receipt")).await.json(200);
    assert_eq!(
        (&receipt["number"], &receipt["state"]),
        (&done["receipt"], &json!("registered"))
    );
    let pdf = program.get(&format!("{case}/receipt.pdf")).await;
    assert_eq!((pdf.status, &pdf.body[..5]), (200, b"%PDF-".as_slice()));
    assert_eq!(is_in_use(program, KEN, &old).await, Ok(()));

    // 変更: the card that is registered signs, and nobody asks for the company's secret again.
    let begin = json!({ "kind": "change", "language": "en" });
    let begun = program.post(&format!("/offices/{KEN}/registrations"), &begin).await;
    let change = located(&begun);
    let proved = proof(program, &change, &old).await;
    let opened = program.post(&format!("{change}/presence"), &proved).await.json(200);
    assert_eq!(
        (&opened["state"], &opened["before"]["department"]),
        (&json!("entering"), &json!("営業部"))
    );
    let mut other = contact();
    other["department"] = json!("総務部");
    let path = format!("{change}/contact");
    let reviewing = program.call("PUT", &path, &[], Some(&other)).await.json(200);
    let ask = json!({ "language": "en" });
    let path = format!("{change}/ask");
    let asked = program.seen("POST", &path, &reviewing["version"], &ask).await.json(200);
    assert_eq!(asked["to_sign"]["language"], "en");
    let signed = old.signs(&asked["to_sign"], stand.node.now());
    let changed = program.post(&format!("{change}/confirm"), &signed).await.json(200);
    assert_eq!(
        (&changed["state"], &changed["contact"]["department"]),
        (&json!("registered"), &json!("総務部"))
    );

    let (case, confirming) = opening(&stand, program, KEN, [&old, &new]).await;
    assert_eq!(confirming["will_be_held"], false);
    assert_eq!(confirming["compared"]["company"]["class"], "match");
    assert_eq!(confirming["current"]["serial"], old.signature.serial().to_string());
    assert_eq!(confirming["new"]["serial"], new.signature.serial().to_string());
    let codes: Vec<_> = confirming["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes, ["W-EARLY"]);
    program.tell(&format!("{case}/abandon")).await.json(200);
    assert_eq!(is_in_use(program, KEN, &old).await, Ok(()), "nothing has changed");

    let (case, done) = renew(&stand, program, KEN, [&old, &new]).await;
    assert_eq!(done["state"], "renewed");
    assert_eq!(
        is_in_use(program, KEN, &old).await,
        Err("E-CARD-RENEWED".to_owned()),
        "R104"
    );
    assert_eq!(is_in_use(program, KEN, &new).await, Ok(()));
    let receipt = program.get(&format!("{case}/receipt")).await.json(200);
    assert_eq!(receipt["done_at"], done["renewed_at"]);
    let pdf = program.get(&format!("{case}/receipt.pdf")).await;
    assert_eq!((pdf.status, &pdf.body[..5]), (200, b"%PDF-".as_slice()));
    let path = format!("/receipts/{}", receipt["number"].as_str().unwrap());
    let asked = json!({ "check_code": receipt["check_code"] });
    let held = stand.stranger().post(&path, &asked).await.json(200);
    assert_eq!(
        (&held["procedure"], &held["state"]),
        (&json!("renewal"), &json!("renewed"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bidder_s_program_may_not_is_refused_with_its_code() {
    let stand = hall().await;
    let officer = stand.officer(KEN, "1001", "見本 花子", &[Role::Entry]).await;
    let program = &officer.program;
    let (old, new) = (stand.card("鍵守 太郎").await, stand.card("鍵守 太郎").await);
    let base = format!("/offices/{KEN}/registrations");
    let begin = |kind: &str| json!({ "kind": kind, "language": "ja" });
    let case = located(&program.post(&base, &begin("new")).await);
    // A challenge is this card's, of this case.
    let challenge = program
        .post(&format!("{case}/card"), &old.shown(&json!({}), true))
        .await
        .json(200);
    let foreign = old.shown(&json!({ "proof": new.answers(&challenge) }), true);
    program
        .post(&format!("{case}/presence"), &foreign)
        .await
        .problem(409, "E-SIGNATURE");
    let elsewhere = located(&program.post(&base, &begin("new")).await);
    let own = old.shown(&json!({ "proof": old.answers(&challenge) }), true);
    program
        .post(&format!("{elsewhere}/presence"), &own)
        .await
        .problem(409, "E-SIGNATURE");
    let mixed = json!({ "authentication": old.shown(&json!({}), true)["authentication"], "signature": new.shown(&json!({}), true)["signature"] });
    program
        .post(&format!("{case}/card"), &mixed)
        .await
        .problem(409, "E-CERT-CHAIN");
    let nobody = located(&program.post(&base, &begin("change")).await);
    program
        .post(&format!("{nobody}/card"), &old.shown(&json!({}), true))
        .await
        .problem(409, "E-CARD-NOTREG");
    program.post(&format!("{case}/presence"), &own).await.json(200);

    // The company's secret: the same answer whichever is wrong, and later each time (A18, A55).
    let path = format!("{case}/company");
    let secret = |number: &str, secret: &str| json!({ "number": number, "kind": "code", "secret": secret });
    let right = code(&stand, KEN).await;
    let empty = program.post(&path, &secret(" ", "")).await.problem(422, "E-REQ");
    let places: Vec<_> = empty["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["pointer"])
        .collect();
    assert_eq!(places, ["/number", "/secret"]);
    program
        .call("PUT", &format!("{case}/contact"), &[], Some(&contact()))
        .await
        .problem(409, "E-PROVE");
    let wrong = program
        .post(&path, &secret(NUMBER, "another"))
        .await
        .problem(403, "E-PROVE");
    let unknown = program
        .post(&path, &secret("Z-9", &right))
        .await
        .problem(403, "E-PROVE");
    assert_eq!(wrong, unknown);
    for _ in 0..4 {
        program
            .post(&path, &secret(NUMBER, "another"))
            .await
            .problem(403, "E-PROVE");
    }
    let late = program.post(&path, &secret(NUMBER, &right)).await;
    late.problem(429, "E-LIMIT");
    assert!(late.header("retry-after").unwrap().parse::<u32>().unwrap() <= 3_600);
    stand.node.advance(3_600);
    let case = located(&program.post(&base, &begin("new")).await);
    let proved = proof(program, &case, &old).await;
    program.post(&format!("{case}/presence"), &proved).await.json(200);
    let hashed = registration_password(PASSWORD, stand.desk().chance()).unwrap();
    enlist(&stand, KEN, COMPANY, "鍵守　太郎", Some(hashed)).await;
    let password = json!({ "number": NUMBER, "kind": "password", "secret": PASSWORD });
    let known = program.post(&format!("{case}/company"), &password).await;
    known.json(200);

    let mut bad = contact();
    bad["phone"] = json!("12");
    bad["name"] = json!("入札\u{e000}");
    let wrong = program
        .post(&format!("{case}/check"), &bad)
        .await
        .problem(422, "E-CHAR");
    let places: Vec<_> = wrong["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["pointer"])
        .collect();
    assert_eq!(places, ["/name", "/phone"]);
    program
        .get(&format!("{case}/receipt"))
        .await
        .problem(404, "E-NOT-FOUND");
    program
        .get(&format!("{case}/receipt.pdf"))
        .await
        .problem(404, "E-NOT-FOUND");

    // A17: another account's case, another procedure's and another office's are not there.
    let colleague = stand.officer(KEN, "1002", "見本 次郎", &[Role::Entry]).await;
    colleague.program.get(&case).await.problem(404, "E-NOT-FOUND");
    program
        .get(&case.replace("registrations", "renewals"))
        .await
        .problem(404, "E-NOT-FOUND");
    let authority = stand.officer(OFFICE, "1003", "見本 三郎", &[Role::Entry]).await;
    let there = format!("/offices/{OFFICE}/registrations");
    authority
        .program
        .post(&there, &begin("new"))
        .await
        .problem(404, "E-NOT-FOUND");
    let narrow = stand.program(KEN, officer.id, &[Scope::RenewalWrite], 1).await;
    narrow.post(&base, &begin("new")).await.problem(403, "E-SCOPE");
    // Nobody proves a case that waited for longer than a text may.
    let stale = located(&program.post(&base, &begin("new")).await);
    let proved = proof(program, &stale, &new).await;
    stand.node.advance(1_801);
    program
        .post(&format!("{stale}/presence"), &proved)
        .await
        .problem(409, "E-STALE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r110_to_r115_cards_that_will_not_do_are_refused_before_they_sign_anything() {
    let stand = hall().await;
    let officer = stand.officer(KEN, "1001", "見本 花子", &[Role::Entry]).await;
    let program = &officer.program;
    let (old, new) = (stand.card("鍵守 太郎").await, stand.card("鍵守 太郎").await);
    let other = stand.card("鍵守 花子").await;
    for card in [&old, &other] {
        register(&stand, program, KEN, card).await;
    }
    let wanted = json!({ "language": "ja" });
    let base = format!("/offices/{KEN}/renewals");
    let case = located(&program.post(&base, &wanted).await);
    let show = async |current: &Card, new: Option<&Card>| {
        let shown = |card: &Card| card.shown(&json!({}), true);
        let cards = json!({ "current": shown(current), "new": new.map(shown) });
        program.post(&format!("{case}/cards"), &cards).await
    };
    show(&old, Some(&old)).await.problem(409, "E-CARD-SAME");
    show(&new, Some(&old)).await.problem(409, "E-CARD-SWAPPED");
    show(&old, Some(&other)).await.problem(409, "E-CARD-REGISTERED");
    let texts = show(&old, Some(&new)).await.json(200);
    let now = stand.node.now();
    // Each text is the card's own, of this ceremony.
    let signed = |card: &Card, which: &str| card.shown(&card.signs(&texts[which], now), true);
    let path = format!("{case}/ceremony");
    let crossed = json!({ "current": signed(&old, "new"), "new": signed(&new, "current") });
    program.post(&path, &crossed).await.problem(409, "E-SIGNATURE");
    let long = json!({ "current": signed(&old, "current"), "new": signed(&new, "new"), "person": "長".repeat(21) });
    program.post(&path, &long).await.problem(400, "E-MALFORMED");
    let elsewhere = located(&program.post(&base, &wanted).await);
    let good = json!({ "current": signed(&old, "current"), "new": signed(&new, "new") });
    program
        .post(&format!("{elsewhere}/ceremony"), &good)
        .await
        .problem(409, "E-SIGNATURE");
    program.post(&path, &good).await.json(200);
    program.post(&path, &good).await.problem(409, "E-STALE");
    // R115: the new card ends before the current one, and that is read before it is agreed to.
    stand.node.advance(86_400);
    let later = stand.card("鍵守 太郎").await;
    let (_, done) = renew(&stand, program, KEN, [&old, &later]).await;
    assert_eq!(done["state"], "renewed");
    let (case, confirming) = opening(&stand, program, KEN, [&later, &new]).await;
    let path = format!("{case}/ask");
    let unread = program.seen("POST", &path, &confirming["version"], &wanted).await;
    unread.problem(409, "W-OLDER");
    let read = json!({ "language": "ja", "older": true });
    let asked = program
        .seen("POST", &path, &confirming["version"], &read)
        .await
        .json(200);
    let back = program.tell(&format!("{case}/back")).await.json(200);
    assert_eq!(
        (&asked["state"], &back["state"]),
        (&json!("awaiting"), &json!("confirming"))
    );
    let unsigned = new.signs(&asked["to_sign"], stand.node.now());
    program
        .post(&format!("{case}/confirm"), &unsigned)
        .await
        .problem(409, "E-STALE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bidding_system_that_lies_makes_a_notice_and_hinders_nothing() {
    let stand = hall().await;
    let roles = [Role::Entry, Role::Administration];
    let officer = stand.officer(KEN, "1001", "見本 花子", &roles).await;
    let program = &officer.program;
    let (old, new) = (stand.card("鍵守 太郎").await, stand.card("鍵守 太郎").await);
    register(&stand, program, KEN, &old).await;
    let day = |days: i32| stand.desk().clock().now().day().plus(days).date().to_string();
    let bid = |id: &str, days: i32, bidder: Value| json!({ "id": id, "title": "<script>橋梁補修</script>", "opens_on": day(days), "bidder": bidder });
    let card = casework::identity::Fingerprint(old.signature.fingerprint()).to_string();
    let bids = [
        bid("1", 3_600, json!({ "card": card })),
        bid("2", 9, json!({ "number": NUMBER })),
        bid("3", 9, json!({ "number": "Z-9" })),
        bid("4", 9, json!({ "card": "ab".repeat(32) })),
    ];
    let path = format!("/offices/{KEN}/bids");
    let lie = json!({ "system": "ebid", "bids": bids });
    program.call("PUT", &path, &[], Some(&lie)).await.json(200);
    let (case, confirming) = opening(&stand, program, KEN, [&old, &new]).await;
    let told: Vec<_> = confirming["bids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bid| (&bid["id"], &bid["after_card"]))
        .collect();
    assert_eq!(
        told,
        [(&json!("2"), &json!(false)), (&json!("1"), &json!(true))],
        "of this card and this company alone"
    );
    let codes: Vec<_> = confirming["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes, ["W-EARLY", "W-BID"]);
    assert_eq!(confirming["will_be_held"], false, "nobody decides by it");
    program.tell(&format!("{case}/abandon")).await.json(200);
    let (_, done) = renew(&stand, program, KEN, [&old, &new]).await;
    assert_eq!(done["state"], "renewed");
    // Whoever tells for one office tells nothing of a company at another.
    let there = stand.officer(SHI, "1002", "見本 次郎", &roles).await;
    let (one, other) = (stand.card("鍵守 太郎").await, stand.card("鍵守 太郎").await);
    register(&stand, &there.program, SHI, &one).await;
    let (_, confirming) = opening(&stand, &there.program, SHI, [&one, &other]).await;
    assert_eq!(confirming["bids"], json!([]));
    there
        .program
        .call("PUT", &path, &[], Some(&lie))
        .await
        .problem(404, "E-NOT-FOUND");
}
