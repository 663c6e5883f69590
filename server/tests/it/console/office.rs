//! The office's texts and policy, changed by an administrator.

use axum::http::StatusCode;
use casework::officer::Role;
use server::office::edit::Edited;
use server::office::{AUTHORITY_EXAMPLE, CITIZEN_EXAMPLE};

use super::seat::{DESK, Seated, seated};
use crate::house::House;
use crate::portal::browser::{Browser, portal};

/// The whole form as it stands, with some values changed.
fn form(document: &str, version: &str, changed: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let edited = Edited::read(document).unwrap();
    let mut fields: Vec<(&'static str, String)> = edited
        .places()
        .iter()
        .map(|place| {
            let new = changed.iter().find(|(path, _)| *path == place.path);
            (
                place.path,
                new.map_or_else(|| edited.value(place), |(_, value)| (*value).to_owned()),
            )
        })
        .collect();
    fields.push(("version", version.to_owned()));
    fields
}

async fn post(officer: &mut Seated, path: &str, fields: &[(&'static str, String)]) -> crate::portal::browser::Answered {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    officer.browser.post(&format!("{DESK}/office/{path}"), &fields).await
}

async fn house() -> House {
    let house = House::on_sqlite().await;
    house
        .store()
        .load_office("mihon-ca", AUTHORITY_EXAMPLE, house.now())
        .await
        .unwrap();
    house
}

#[tokio::test]
async fn a_changed_office_is_previewed_saved_and_open_at_once() {
    let house = house().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    let page = officer.browser.get(&format!("{DESK}/office")).await;
    page.must_say("第1版");
    let edit = officer.browser.get(&format!("{DESK}/office/edit")).await;
    assert_eq!(edit.hidden("version"), "1");
    let new = [
        ("contact.ja", "新しいお問い合わせ先"),
        ("revocation.refund.fee", "8000"),
        ("revocation.terms.version.ja", "2027年1月1日版"),
    ];
    let fields = form(AUTHORITY_EXAMPLE, "1", &new);
    let preview = post(&mut officer, "edit", &fields).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text());
    for words in [
        "新しいお問い合わせ先",
        "<del>",
        "<ins>",
        "8000",
        "2027年1月1日版",
        "id=\"save\"",
    ] {
        preview.must_say(words);
    }
    let holder = Browser::new(&router).get("/mihon-ca").await;
    assert!(!holder.says("新しいお問い合わせ先"), "a preview changes nothing");
    let saved = post(&mut officer, "save", &fields).await;
    assert_eq!(
        saved.location(),
        format!("{DESK}/office?notice=saved"),
        "{}",
        saved.text()
    );
    officer.browser.follow(saved).await.must_say("第2版");
    Browser::new(&router)
        .get("/mihon-ca")
        .await
        .must_say("新しいお問い合わせ先");
    let office = house.desk.office("mihon-ca").unwrap();
    assert_eq!(office.authority().unwrap().revocation.policy.refund.fee, 8_000);
    let history = officer.browser.get(&format!("{DESK}/office/history")).await;
    history.must_say("運用者");
    history.must_say("髙橋 一郎");
    let second = officer.browser.get(&format!("{DESK}/office/history/2")).await;
    second.must_say("fee = 8000");
    second.must_say("fee = 7000");
    let case = server::store::OfficeChange::case("mihon-ca");
    let events = house.store().events(case).await.unwrap();
    assert_eq!(events.len(), 1);
    assert!(events[0].actor.starts_with("officer "), "{}", events[0].actor);
}

#[tokio::test]
async fn a_text_of_ten_thousand_characters_is_taken_and_one_without_end_is_not() {
    let house = house().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    officer.browser.get(&format!("{DESK}/office/edit")).await;
    let long = "失効".repeat(5_000);
    let fields = form(AUTHORITY_EXAMPLE, "1", &[("revocation.terms.text.ja", &long)]);
    assert_eq!(post(&mut officer, "edit", &fields).await.status, StatusCode::OK);
    let endless = "失効".repeat(50_000);
    let fields = form(AUTHORITY_EXAMPLE, "1", &[("revocation.terms.text.ja", &endless)]);
    let refused = post(&mut officer, "edit", &fields).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    refused.must_say("512 KiB");
}

#[tokio::test]
async fn of_two_who_change_the_same_version_one_is_told() {
    let house = house().await;
    let router = portal(&house);
    let mut first = seated(&house, &router, "1", &[Role::Administration]).await;
    let mut second = seated(&house, &router, "2", &[Role::Administration]).await;
    for officer in [&mut first, &mut second] {
        officer.browser.get(&format!("{DESK}/office/edit")).await;
    }
    let one = form(AUTHORITY_EXAMPLE, "1", &[("contact.ja", "甲")]);
    let two = form(AUTHORITY_EXAMPLE, "1", &[("contact.ja", "乙")]);
    assert_eq!(post(&mut first, "save", &one).await.status, StatusCode::SEE_OTHER);
    let late = post(&mut second, "save", &two).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    late.must_say("E-STALE");
    assert_eq!(house.desk.office("mihon-ca").unwrap().contact.ja, "甲");
}

#[tokio::test]
async fn a_value_that_cannot_be_stands_at_its_field_and_nothing_is_saved() {
    let house = house().await;
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    officer.browser.get(&format!("{DESK}/office/edit")).await;
    let wrong = form(
        AUTHORITY_EXAMPLE,
        "1",
        &[
            ("contact.ja", "甲\u{202e}"),
            ("revocation.refund.unit", "0"),
            ("revocation.flow.text.ja", ""),
            ("name.en", "kept as typed"),
        ],
    );
    for path in ["edit", "save"] {
        let answered = post(&mut officer, path, &wrong).await;
        assert_eq!(answered.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        for words in [
            "error-contact-ja",
            "error-revocation-refund-unit",
            "error-revocation-flow-text-ja",
            "kept as typed",
        ] {
            answered.must_say(words);
        }
        assert!(!answered.says("error-name-en"));
    }
    assert_eq!(house.store().offices().await.unwrap()[0].version, 1);
}

/// What an auditor sees at a glance: the newest head as it lies outside the database, and whether both tell one story.
#[tokio::test]
async fn the_audit_page_shows_the_newest_signed_head_and_whether_its_copy_agrees() {
    let house = house().await;
    let router = portal(&house);
    for _ in 0..40 {
        crate::audit::many(&house, 1).await;
    }
    let mut auditor = seated(&house, &router, "1", &[Role::Audit]).await;
    let head = house.store().signed_head().await.unwrap().unwrap();
    let tree = house.store().audit_tree().await.unwrap();
    assert_eq!((head.size, head.root, head.agrees), (tree.size(), tree.root(), true));
    let page = auditor.browser.get(&format!("{DESK}/audit")).await;
    let root = casework::identity::Digest(head.root).to_string();
    assert!(page.says(&root) && page.says(&head.size.to_string()), "{}", page.text());
    assert!(page.says("データベースと一致しています"), "{}", page.text());
    let sql = format!("UPDATE event SET head = leaf WHERE sequence = {}", head.size);
    crate::invariant::tamper(&house.place.address, &sql).await;
    let page = auditor.browser.get(&format!("{DESK}/audit")).await;
    assert!(
        page.says("データベースと一致しません") && page.says(&root),
        "{}",
        page.text()
    );
    let file = house.place.data.join(server::audit::heads::FILE);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.len() > 4_096, "the control: more than the end of it was there");
    std::fs::write(&file, text.replace(&format!("\n{}\n", head.size), "\n999\n")).unwrap();
    let page = auditor.browser.get(&format!("{DESK}/audit")).await;
    assert!(page.says("読めません") && !page.says(&root), "{}", page.text());
}

#[tokio::test]
async fn who_audits_reads_the_office_and_changes_nothing() {
    let house = house().await;
    let router = portal(&house);
    let mut auditor = seated(&house, &router, "1", &[Role::Audit]).await;
    let page = auditor.browser.get(&format!("{DESK}/office")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.says("id=\"edit\""));
    assert_eq!(
        auditor.browser.get(&format!("{DESK}/office/edit")).await.status,
        StatusCode::FORBIDDEN
    );
    let fields = form(AUTHORITY_EXAMPLE, "1", &[("contact.ja", "甲")]);
    for path in ["edit", "save"] {
        let answered = post(&mut auditor, path, &fields).await;
        assert_eq!(answered.status, StatusCode::FORBIDDEN, "{path}");
        answered.must_say("E-ROLE");
    }
    let mut clerk = seated(&house, &router, "2", &[Role::Entry, Role::Approval]).await;
    for page in ["office", "office/history", "audit"] {
        let answered = clerk.browser.get(&format!("{DESK}/{page}")).await;
        assert_eq!(answered.status, StatusCode::FORBIDDEN, "{page}");
    }
}

#[tokio::test]
async fn a_node_opens_what_another_one_changed() {
    let house = house().await;
    let follower = tokio::spawn(house.desk.clone().follow_offices());
    let document = AUTHORITY_EXAMPLE.replace("signature_within_minutes = 30", "signature_within_minutes = 31");
    assert_ne!(document, AUTHORITY_EXAMPLE);
    house
        .store()
        .load_office("mihon-ca", &document, house.now())
        .await
        .unwrap();
    let opened = async {
        while house
            .desk
            .office("mihon-ca")
            .unwrap()
            .authority()
            .unwrap()
            .revocation
            .policy
            .signature_within
            != 31 * 60
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), opened)
        .await
        .unwrap();
    follower.abort();
}

#[tokio::test]
async fn no_officer_changes_how_faces_are_compared_and_the_page_says_who_does() {
    let house = House::on_sqlite().await;
    let text = CITIZEN_EXAMPLE
        .replacen("id = \"mihon-city\"", "id = \"mihon-ca\"", 1)
        .replacen("[citizen.flow]\n", FACE, 1);
    house.store().load_office("mihon-ca", &text, house.now()).await.unwrap();
    house.desk.reopen().await.unwrap().unwrap();
    let router = portal(&house);
    let mut officer = seated(&house, &router, "1", &[Role::Administration]).await;
    let page = officer.browser.get(&format!("{DESK}/office")).await;
    page.must_say("kagimori office load");
    page.must_say("窓口の職員は変更できません");
    assert!(!page.says("⟦"), "{}", page.text());
    let edit = officer.browser.get(&format!("{DESK}/office/edit")).await;
    for name in [
        "citizen.face",
        "attempts",
        "pause_minutes",
        "visual_signers",
        "citizen.counter",
    ] {
        assert!(!edit.says(name), "{name}");
    }
    // Whoever writes the form by hand changes what is on it and nothing else.
    let mut fields = form(&text, "1", &[("contact.ja", "新しい窓口")]);
    let by_hand = [
        ("citizen.face.provider", "lbph"),
        ("citizen.face.threshold", "0.001"),
        ("citizen.pause_minutes", "1"),
        ("citizen.counter", "true"),
    ];
    fields.extend(by_hand.map(|(name, value)| (name, value.to_owned())));
    let saved = post(&mut officer, "save", &fields).await;
    assert_eq!(
        saved.location(),
        format!("{DESK}/office?notice=saved"),
        "{}",
        saved.text()
    );
    let office = house.desk.office("mihon-ca").unwrap();
    let citizen = office.citizen().unwrap();
    assert_eq!(office.contact.ja, "新しい窓口", "the control");
    assert_eq!(citizen.face.as_ref().unwrap().threshold, 800);
    assert_eq!((citizen.pause, citizen.counter), (1_800, false));
}

const FACE: &str =
    "[citizen.face]\nprovider = \"http\"\nthreshold = 0.8\nurl = \"https://faces.example/\"\n[citizen.flow]\n";
