//! A reissue, examined from its page by the keyboard's own means: links, fields and buttons of one page (DOMAIN §6.6; THREATS
//! A17, A22, A24).

use axum::Router;
use axum::http::StatusCode;
use casework::officer::Role;
use casework::reissue::Case;
use server::desk::officer::{Command as Account, OfficerAccount, invitation_code, invitation_digest};
use server::desk::reissue::{Command, Reissue};
use server::desk::{Actor, CaseId};
use server::portal::{Portal, Site, router};
use wire::office::Language;

use crate::examination::{CENTRE, Counter};
use crate::house::{House, TestCard};
use crate::office::account;
use crate::portal::browser::{Agent, Answered, Browser, ORIGIN};

const DESK: &str = "/console/mihon-center";

pub(super) struct Room {
    pub(super) counter: Counter,
    router: Router,
    case: CaseId<Reissue>,
    /// Its page.
    path: String,
}

/// An officer who is logged in.
pub(super) struct Examiner {
    pub(super) browser: Browser,
    card: TestCard,
}

pub(super) async fn room(persons: &str) -> Room {
    let house = House::on_sqlite().await;
    let counter = if persons == "two" {
        Counter::of_two(house).await
    } else {
        Counter::of(house).await
    };
    let case = counter.applied(&["11110A", "11110B"]).await;
    let router = router(Portal::new(counter.centre.desk.clone(), Site::at(ORIGIN)).unwrap());
    Room {
        path: format!("{DESK}/cases/{case}"),
        counter,
        router,
        case,
    }
}

impl Room {
    pub(super) async fn examiner(&self, person: &str, company: &str, roles: &[Role]) -> Examiner {
        let (desk, name) = (&self.counter.centre.desk, format!("職員 {person}"));
        let case: CaseId<OfficerAccount> = desk.new_case();
        let code = invitation_code(desk.chance());
        let invite = Account::Invite {
            office: self.counter.centre.office.id.clone(),
            language: Language::Ja,
            account: Box::new(account(person, &name, company, roles)),
            code: invitation_digest(&code),
        };
        let operator = Actor::Operator { name: "test" };
        desk.perform(&operator, case, &invite).await.unwrap();
        let card = self.counter.house().officers_card(&name).await;
        let mut browser = Browser::new(&self.router);
        browser.get(&format!("{DESK}/enrol")).await;
        let answered = browser.post(&format!("{DESK}/enrol"), &[("code", &code)]).await;
        let code = self.agent(&answered).present(&card).await;
        let home = browser.get(&format!("{DESK}/enrol/return?code={code}")).await;
        assert_eq!(home.location(), DESK, "{}", home.text());
        Examiner { browser, card }
    }

    async fn approver(&self, person: &str) -> Examiner {
        self.examiner(person, CENTRE, &[Role::Approval]).await
    }

    fn agent(&self, answered: &Answered) -> Agent {
        let location = answered.location();
        let (_, id) = location.split_once("&id=").expect("the agent's address");
        Agent::new(&self.router, id)
    }

    /// What a button of the page answers.
    async fn press(&self, by: &mut Examiner, act: &str, fields: &[(&str, &str)]) -> Answered {
        by.browser.get(&self.path).await;
        let row = self
            .counter
            .store()
            .queue_row(self.case.octets())
            .await
            .unwrap()
            .unwrap();
        let version = row.version.to_string();
        let mut all = fields.to_vec();
        all.push(("version", version.as_str()));
        by.browser.post(&format!("{}/{act}", self.path), &all).await
    }

    /// The decision's button, and the way back from the agent with the signature.
    async fn way(&self, by: &mut Examiner, fields: &[(&str, &str)]) -> String {
        let asked = self.press(by, "decide", fields).await;
        assert_eq!(asked.location(), format!("{DESK}/card"), "{}", asked.text());
        by.browser.get(&format!("{DESK}/card")).await;
        let led = by.browser.post(&format!("{DESK}/card"), &[]).await;
        let code = self.agent(&led).sign(self.counter.house(), &by.card).await;
        format!("{}/decide/return?code={code}", self.path)
    }

    /// Decided and signed: the page then.
    async fn decide(&self, by: &mut Examiner, fields: &[(&str, &str)]) -> Answered {
        let way = self.way(by, fields).await;
        let answered = by.browser.get(&way).await;
        let decided = format!("{}?notice=decided", self.path);
        assert_eq!(answered.location(), decided, "{}", answered.text());
        by.browser.follow(answered).await
    }
}

#[tokio::test]
async fn s6_6_the_list_and_the_page_say_who_applies_for_which_terminals_and_day() {
    let room = room("one").await;
    let mut by = room.approver("2001").await;
    let list = by.browser.get(&format!("{DESK}/queue")).await;
    for words in [
        "会社名",
        "事業所名",
        "見本通関商事株式会社",
        "東京事業所",
        "再発行希望日",
        "2026/11/24",
        "受付",
    ] {
        list.must_say(words);
    }
    let page = by.browser.get(&room.path).await;
    for words in [
        "デジタル証明書再発行申込",
        "通関　花子",
        "第一営業部営業第３課",
        "2026年11月24日(火)",
        "端末の入れ替え",
        "海上",
        "webNACCS",
        "11110A",
        "NAC11110B",
        "2025/11/21",
        "2026/11/30",
        "申込内容を登録",
        "契約者の利用者",
        ">承認（審査終了）</button>",
        ">確認事項あり</button>",
        ">不承認</button>",
    ] {
        page.must_say(words);
    }
    assert!(!page.says("⟦") && !list.says("⟦"), "every word is there");
    let file = by.browser.get(&format!("{DESK}/queue.csv?show=all")).await.text();
    let mut lines = file.trim_start_matches('\u{feff}').lines();
    assert_eq!(
        lines.next().unwrap(),
        "\"受付番号\",\"受付日時\",\"会社名\",\"事業所名\",\"申込担当者\",\"再発行希望日\",\"状態\",\"担当\",\"待ち時間\""
    );
    assert!(
        lines.any(|line| line.contains("\"通関　花子\",\"2026/11/24\",\"受付\"")),
        "{file}"
    );
    let mut english = Browser::in_english(&room.router).with_cookie(&by.browser.cookie());
    let english = english.get(&room.path).await;
    english.must_say("Reissue of digital certificates");
    assert!(!english.says("⟦"));
}

#[tokio::test]
async fn s6_6_an_examination_from_the_page_alone_ends_approved_given_back_or_denied() {
    let room = room("one").await;
    let mut by = room.approver("2001").await;
    for verdict in ["deny", "return"] {
        let no = room.press(&mut by, "decide", &[("verdict", verdict)]).await;
        assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY, "{verdict}");
        no.must_say(&format!("href=\"#{verdict}\""));
    }
    let claimed = room.press(&mut by, "claim", &[]).await;
    let page = by.browser.follow(claimed).await;
    for words in ["あなたの担当になりました。", "審査中", "職員 2001"] {
        page.must_say(words);
    }
    let back = [
        ("verdict", "return"),
        ("return", "applicant"),
        ("remark", "部課名をご確認ください。"),
    ];
    let page = room.decide(&mut by, &back).await;
    for words in [
        "確認事項あり",
        "申込担当者に関する項目をご確認ください。",
        "部課名をご確認ください。",
    ] {
        page.must_say(words);
    }
    room.counter.apply(room.case, Command::Correct).await.unwrap();
    let page = room.decide(&mut by, &[("verdict", "approve")]).await;
    for words in ["審査終了", "再発行希望日を待っています", "申込内容を修正して登録"] {
        page.must_say(words);
    }
    assert!(matches!(room.counter.look(room.case).await, Case::Approved { .. }));
    let over = room.press(&mut by, "decide", &[("verdict", "approve")]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_decision_on_a_withdrawn_application_is_refused_and_says_what_happened() {
    let room = room("one").await;
    let mut by = room.approver("2001").await;
    let way = room.way(&mut by, &[("verdict", "deny"), ("deny", "not_needed")]).await;
    room.press(&mut by, "release", &[]).await;
    room.counter.apply(room.case, Command::Withdraw).await.unwrap();
    let late = by.browser.get(&way).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text());
    late.must_say("取下げ");
    assert!(matches!(room.counter.look(room.case).await, Case::Withdrawn { .. }));
}

#[tokio::test]
async fn a22_two_persons_approve_and_the_customers_own_people_decide_nothing() {
    let room = room("two").await;
    let (mut one, mut other) = (room.approver("2001").await, room.approver("2002").await);
    let mut insider = room.examiner("2003", "見本通関商事株式会社", &[Role::Approval]).await;
    let page = insider.browser.get(&room.path).await;
    assert!(
        page.says("id=\"not\"") && !page.says("id=\"decision\""),
        "{}",
        page.text()
    );
    room.decide(&mut one, &[("verdict", "approve")])
        .await
        .must_say("1人目として承認しました。");
    let page = one.browser.get(&room.path).await;
    assert!(
        page.says("id=\"not\"") && !page.says("id=\"decision\""),
        "the same person again"
    );
    room.decide(&mut other, &[("verdict", "approve")])
        .await
        .must_say("審査終了");
    let mut clerk = room.examiner("2004", CENTRE, &[Role::Entry]).await;
    assert!(
        !clerk.browser.get(&room.path).await.says("id=\"decision\""),
        "who enters decides nothing"
    );
}
