//! An application's pages: whose they are, and what stands on them.

use axum::http::StatusCode;
use casework::officer::Role;
use server::chance::Chance;
use server::desk::officer::{Command, OfficerAccount, invitation_code, invitation_digest};
use server::desk::{Actor, CaseId, Desk};
use server::office::{AUTHORITY_EXAMPLE, Office};
use wire::office::Language;

use super::counter::{Counter, PAPER, jpeg, paper_with};
use super::seat::{account, agent};
use crate::house::{House, office};
use crate::portal::browser::{Browser, portal};

const OTHER: &str = "/console/other-ca";

#[tokio::test]
async fn a17_no_page_and_no_form_of_a_case_is_there_for_another_offices_officer_or_a_holder() {
    let mut counter = Counter::open().await;
    let two = Office::from_toml(&AUTHORITY_EXAMPLE.replacen("mihon-ca", "other-ca", 1)).unwrap();
    let desk = &counter.house.desk;
    counter.house.desk = Desk::new(
        desk.store().clone(),
        desk.clock().clone(),
        Chance::system(),
        vec![office(), two],
    );
    counter.router = portal(&counter.house);
    let card = counter.holder(1).await;
    let case = counter.waiting(&card, PAPER).await;
    let path = case.replace("/cases/", "/paper/");
    let page = counter.entry.browser.get(&case).await.text();
    let file = page
        .split_once("/files/")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let draft = counter.begin(&card).await;
    counter.send(&draft, PAPER, "keep", &[("a.jpg", &jpeg())]).await;
    let page = counter.entry.browser.get(&draft).await.text();
    let scan = page
        .split_once("/scans/")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let pages = [
        (case.clone(), true),
        (format!("{case}/print"), true),
        (format!("{case}/files/{file}"), true),
        (path.clone(), true),
        (draft.clone(), true),
        (format!("{draft}/scans/{scan}"), true),
        (format!("{case}/claim"), false),
        (format!("{case}/decide"), false),
        (format!("{path}/confirm"), false),
        (format!("{path}/return"), false),
        (format!("{case}/decide/return"), false),
    ];
    let forms = [
        format!("{case}/claim"),
        format!("{case}/release"),
        format!("{case}/reassign"),
        format!("{case}/withdraw"),
        format!("{case}/decide"),
        format!("{path}/confirm"),
        format!("{path}/drop"),
    ];
    let all = [Role::Entry, Role::Approval, Role::Administration, Role::Audit];
    let mut stranger = other_officer(&counter.house, &counter.router, &all).await;
    let mut holder = Browser::new(&counter.router);
    holder.reach_certificate(&card).await;
    for (page, is_ours) in &pages {
        if *is_ours {
            assert_eq!(
                counter.entry.browser.get(page).await.status,
                StatusCode::OK,
                "the control: {page}"
            );
        }
        let theirs = page.replace("/console/mihon-ca", OTHER);
        assert_eq!(stranger.get(&theirs).await.status, StatusCode::NOT_FOUND, "{theirs}");
        assert!(stranger.get(page).await.location().contains("/login"), "{page}");
        assert!(holder.get(page).await.location().contains("/login"), "{page}");
    }
    stranger.get(&format!("{OTHER}/own")).await;
    for form in &forms {
        let theirs = form.replace("/console/mihon-ca", OTHER);
        let answered = stranger.post(&theirs, &[("version", "3"), ("to", "0")]).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{theirs}");
        assert!(holder.post(form, &[]).await.location().contains("/login"), "{form}");
    }
    let answered = stranger
        .post_parts(&draft.replace("/console/mihon-ca", OTHER), PAPER, &[])
        .await;
    assert_eq!(answered.status, StatusCode::NOT_FOUND);
    // Nor in their list, and ids that are none are not there.
    let list = stranger.get(&format!("{OTHER}/queue?show=all")).await;
    assert!(!list.says("髙橋　一郎"));
    let csv = stranger.get(&format!("{OTHER}/queue.csv?show=all")).await;
    assert!(!csv.says("髙橋"), "{}", csv.text());
    for id in ["0".repeat(26), "z".repeat(26), "1".to_owned(), "..%2Fown".to_owned()] {
        for kind in ["cases", "paper"] {
            let answered = counter
                .entry
                .browser
                .get(&format!("/console/mihon-ca/{kind}/{id}"))
                .await;
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{kind}/{id}");
        }
    }
}

#[tokio::test]
async fn an_online_application_is_shown_and_nothing_of_it_is_decided() {
    let mut counter = Counter::open().await;
    let card = counter.holder(1).await;
    let (id, _) = counter.house.revoke(&card).await;
    let path = format!("/console/mihon-ca/cases/{id}");
    let page = counter.approval.browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    for words in ["失効完了", "みずほ銀行", "に失効", "経過"] {
        page.must_say(words);
    }
    for button in ["id=\"take\"", "id=\"decide\"", "id=\"correct\""] {
        assert!(!page.says(button));
    }
    assert_eq!(
        counter.approval.browser.get(&format!("{path}/decide")).await.status,
        StatusCode::NOT_FOUND
    );
    let paper = path.replace("/cases/", "/paper/");
    assert_eq!(counter.entry.browser.get(&paper).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        counter.entry.browser.get(&format!("{path}/print")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn who_wants_the_same_certificate_is_told_of_the_other_case() {
    let mut counter = Counter::open().await;
    let card = counter.holder(1).await;
    let first = counter.waiting(&card, PAPER).await;
    let second = counter.entered(&card, PAPER).await;
    let confirm = counter.entry.browser.get(&format!("{second}/confirm")).await;
    confirm.must_say("同じ電子証明書のほかの申込");
    confirm.must_say(first.rsplit_once('/').unwrap().1);
}

#[tokio::test]
async fn an_estimate_stands_only_where_the_paper_asks_for_a_refund() {
    let mut counter = Counter::open().await;
    let mut asking = paper_with(&[
        ("bank", "みずほ銀行"),
        ("branch", "本店"),
        ("account_number", "1234567"),
        ("account_holder", "タカハシイチロウ"),
    ]);
    asking.push(("account_type", "ordinary"));
    for (day, fields, estimated) in [(1, PAPER, false), (2, asking.as_slice(), true)] {
        let card = counter.holder(day).await;
        let case = counter.waiting(&card, fields).await;
        counter.take(&case).await;
        let decided = counter.decide(&case, &[("verdict", "approve")]).await;
        let page = counter.approval.browser.follow(decided).await;
        page.must_say("失効の反映");
        assert_eq!(page.says("返金額の目安"), estimated, "{}", page.text());
        assert_eq!(page.says("（返金の申込なし）"), !estimated);
        page.must_say("100-0001");
    }
}

/// An officer of the other office, logged in there.
pub(super) async fn other_officer(house: &House, router: &axum::Router, roles: &[Role]) -> Browser {
    let case: CaseId<OfficerAccount> = house.desk.new_case();
    let code = invitation_code(house.desk.chance());
    let command = Command::Invite {
        office: "other-ca".to_owned(),
        language: Language::Ja,
        account: Box::new(account("9", roles)),
        code: invitation_digest(&code),
    };
    let operator = Actor::Operator { name: "test" };
    house.desk.perform(&operator, case, &command).await.unwrap();
    let card = house.card().await;
    let mut browser = Browser::new(router);
    browser.get(&format!("{OTHER}/enrol")).await;
    let answered = browser.post(&format!("{OTHER}/enrol"), &[("code", &code)]).await;
    let code = agent(router, &answered).present(&card).await;
    let home = browser.get(&format!("{OTHER}/enrol/return?code={code}")).await;
    assert_eq!(home.location(), OTHER, "{}", home.text());
    browser
}
