//! What is held at an ordering body, decided from its page (DOMAIN §5.4, §5.6; THREATS A17, A20, A22, A24).

use axum::Router;
use axum::http::StatusCode;
use casework::officer::Role;
use server::desk::officer::{Command as Account, OfficerAccount, invitation_code, invitation_digest};
use server::desk::registration::Command as Register;
use server::desk::renewal::Command;
use server::desk::{Actor, CaseId};
use server::office::BIDDING_REVIEW_EXAMPLE;
use server::office::Office;
use server::portal::{Portal, Site, router};
use wire::office::Language;

use crate::hall::{CITY, COMPANY, HOLDER_NAME, Hall};
use crate::house::{HOLDER, House, TestCard};
use crate::office::account;
use crate::portal::browser::{Agent, Answered, Browser, ORIGIN};

const SHI: &str = "/console/mihon-shi";

struct Room {
    hall: Hall,
    router: Router,
    old: TestCard,
    new: TestCard,
    /// The path of a renewal that is held.
    case: String,
}

/// An officer who is logged in.
pub(crate) struct Clerk {
    pub(crate) browser: Browser,
    card: TestCard,
}

impl Clerk {
    /// An officer of the ordering body with these roles, enrolled and logged in.
    pub(crate) async fn enrolled(hall: &Hall, router: &Router, person: &str, company: &str, roles: &[Role]) -> Self {
        let (desk, name) = (&hall.desk, format!("職員 {person}"));
        let case: CaseId<OfficerAccount> = desk.new_case();
        let code = invitation_code(desk.chance());
        let invite = Account::Invite {
            office: hall.review.id.clone(),
            language: Language::Ja,
            account: Box::new(account(person, &name, company, roles)),
            code: invitation_digest(&code),
        };
        let operator = Actor::Operator { name: "test" };
        desk.perform(&operator, case, &invite).await.unwrap();
        let card = hall.house.officers_card(&name).await;
        let mut browser = Browser::new(router);
        browser.get(&format!("{SHI}/enrol")).await;
        let answered = browser.post(&format!("{SHI}/enrol"), &[("code", &code)]).await;
        let code = agent(router, &answered).present(&card).await;
        let home = browser.get(&format!("{SHI}/enrol/return?code={code}")).await;
        assert_eq!(home.location(), SHI, "{}", home.text());
        Self { browser, card }
    }

    /// The decision's button on a case's page, and the way back from the agent with the signature.
    pub(crate) async fn way(&mut self, hall: &Hall, router: &Router, case: &str, fields: &[(&str, &str)]) -> String {
        let asked = self.press(hall, case, fields).await;
        assert_eq!(asked.location(), format!("{SHI}/card"), "{}", asked.text());
        self.browser.get(&format!("{SHI}/card")).await;
        let led = self.browser.post(&format!("{SHI}/card"), &[]).await;
        let code = agent(router, &led).sign(&hall.house, &self.card).await;
        format!("{case}/decide/return?code={code}")
    }

    /// How many commits the case has seen, as a page of now has it.
    async fn version(&self, hall: &Hall, case: &str) -> String {
        let row = hall.store().queue_row(id(case)).await.unwrap().unwrap();
        row.version.to_string()
    }

    /// What the decision's button answers.
    async fn press(&mut self, hall: &Hall, case: &str, fields: &[(&str, &str)]) -> Answered {
        self.browser.get(case).await;
        let version = self.version(hall, case).await;
        let mut all = fields.to_vec();
        all.push(("version", version.as_str()));
        self.browser.post(&format!("{case}/decide"), &all).await
    }
}

/// An ordering body with a renewal that is held: the register has another glyph of the company's holder, and another name.
async fn room(persons: &str) -> Room {
    let mut hall = Hall::of(House::on_sqlite().await);
    if persons == "two" {
        let two = BIDDING_REVIEW_EXAMPLE.replacen("\npersons = 1", "\npersons = 2", 1);
        assert_ne!(two, BIDDING_REVIEW_EXAMPLE);
        hall.review = Office::from_toml(&two).unwrap();
        hall.desk = hall.beside(hall.store().clone());
    }
    let office = hall.review.clone();
    hall.list(&office, COMPANY, HOLDER_NAME).await;
    let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
    let registration = hall.register(&office, &old).await;
    hall.list(&office, COMPANY, "高橋 次郎").await;
    let (case, _) = hall.renew(&office, registration, [&old, &new]).await;
    let router = router(Portal::new(hall.desk.clone(), Site::at(ORIGIN)).unwrap());
    Room {
        case: format!("{SHI}/cases/{case}"),
        hall,
        router,
        old,
        new,
    }
}

impl Room {
    /// An officer with these roles, enrolled and logged in.
    async fn clerk(&self, person: &str, company: &str, roles: &[Role]) -> Clerk {
        Clerk::enrolled(&self.hall, &self.router, person, company, roles).await
    }

    async fn approver(&self, person: &str) -> Clerk {
        self.clerk(person, CITY, &[Role::Approval]).await
    }

    /// What the decision's button answers.
    async fn press(&self, clerk: &mut Clerk, fields: &[(&str, &str)]) -> Answered {
        clerk.press(&self.hall, &self.case, fields).await
    }

    /// The button, and the way back from the agent with the signature.
    async fn way(&self, clerk: &mut Clerk, fields: &[(&str, &str)]) -> String {
        clerk.way(&self.hall, &self.router, &self.case, fields).await
    }

    /// Decided and signed: the page then.
    async fn decide(&self, clerk: &mut Clerk, fields: &[(&str, &str)]) -> Answered {
        let way = self.way(clerk, fields).await;
        let answered = clerk.browser.get(&way).await;
        assert_eq!(
            answered.location(),
            format!("{}?notice=decided", self.case),
            "{}",
            answered.text()
        );
        clerk.browser.follow(answered).await
    }
}

fn agent(router: &Router, answered: &Answered) -> Agent {
    let location = answered.location();
    let (_, id) = location.split_once("&id=").expect("the agent's address");
    Agent::new(router, id)
}

#[tokio::test]
async fn s5_6_the_list_and_the_page_say_what_differs_and_what_the_applicant_sees() {
    let room = room("one").await;
    let mut clerk = room.approver("2001").await;
    let list = clerk.browser.get(&format!("{SHI}/queue")).await;
    for words in [
        "商号又は名称",
        "業者番号",
        "差異（商号／氏名）",
        "旧カード期限",
        "一致 / 不一致",
        "2027/01/31",
        "1234567",
        "保留・審査待ち",
    ] {
        list.must_say(words);
    }
    let page = clerk.browser.get(&room.case).await;
    for words in [
        "ICカード更新申請",
        "名簿",
        "旧カード",
        "新カード",
        "<code class=\"points\">高 U+9AD8</code>",
        "<code class=\"points\">髙 U+9AD9</code>",
        "新カードの現在の状態",
        "有効（",
        "<mark>高</mark>",
        "<mark>髙</mark>",
        "不一致",
        "申請者の画面には今、こう出ています",
        "まだ何も変わっていません",
        ">承認</button>",
        ">差戻し</button>",
        ">否認</button>",
    ] {
        page.must_say(words);
    }
    // Each code point stands with its own character: one of the register, the same one of both cards.
    let text = page.text();
    let row = text
        .split("代表者氏名</th>")
        .nth(1)
        .unwrap()
        .split("</tr>")
        .next()
        .unwrap();
    let cells: Vec<&str> = row.split("<td").skip(1).collect();
    assert_eq!(cells.len(), 4, "{row}");
    let holds = |cell: &str, point: &str| cell.contains(&format!("<code class=\"points\">{point}</code>"));
    assert!(
        holds(cells[0], "高 U+9AD8") && holds(cells[1], "髙 U+9AD9") && holds(cells[2], "髙 U+9AD9"),
        "{row}"
    );
    assert!(!cells[3].contains("<code"), "判定 has its word alone: {row}");
    // The same list as a file, with the same columns.
    let file = clerk.browser.get(&format!("{SHI}/queue.csv?show=all")).await;
    let file = file.text();
    let mut lines = file.trim_start_matches('\u{feff}').lines();
    assert_eq!(
        lines.next().unwrap(),
        "\"受付番号\",\"受付日時\",\"商号又は名称\",\"業者番号\",\"差異（商号／氏名）\",\"旧カード期限\",\"状態\",\"担当\",\"待ち時間\""
    );
    let held = lines.find(|line| line.contains("保留・審査待ち")).unwrap_or_default();
    for words in ["\"1234567\"", "\"一致 / 不一致\"", "\"2027/01/31\""] {
        assert!(held.contains(words), "{file}");
    }
    assert!(!page.says("⟦") && !list.says("⟦"), "every word is there");
    let mut english = Browser::in_english(&room.router).with_cookie(&clerk.browser.cookie());
    english.get(&room.case).await.must_say("What the applicant sees now");
}

#[tokio::test]
async fn s5_4_an_approval_from_the_page_alone_switches_the_cards() {
    let room = room("one").await;
    let mut clerk = room.approver("2001").await;
    let page = room.decide(&mut clerk, &[("verdict", "approve")]).await;
    for words in ["更新完了", "新カードを使用できます", "職員 2001"] {
        page.must_say(words);
    }
    let store = room.hall.store();
    let row = store
        .registration_of_card(&room.hall.review.id, room.old.subject.card)
        .await;
    assert!(row.unwrap().unwrap().binding.until.is_some(), "更新済(使用不可)");
    let row = store
        .registration_of_card(&room.hall.review.id, room.new.subject.card)
        .await;
    assert!(row.unwrap().unwrap().binding.until.is_none());
    let over = room.press(&mut clerk, &[("verdict", "approve")]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn s5_4_a_denial_and_a_return_say_why() {
    let room = room("one").await;
    let mut clerk = room.approver("2001").await;
    for verdict in ["deny", "return"] {
        let no = room.press(&mut clerk, &[("verdict", verdict)]).await;
        assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY, "{verdict}");
        no.must_say(&format!("href=\"#{verdict}\""));
    }
    let long = "あ".repeat(401);
    let no = room
        .press(&mut clerk, &[("verdict", "approve"), ("remark", &long)])
        .await;
    assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY);
    let chosen = [
        ("verdict", "return"),
        ("return", "register_first"),
        ("remark", "変更届をお願いします。"),
    ];
    let page = room.decide(&mut clerk, &chosen).await;
    for words in ["差戻し", "変更届が必要です", "変更届をお願いします。", "回答の期限"] {
        page.must_say(words);
    }
    let id: CaseId<server::desk::renewal::Renewal> = room.case.rsplit_once('/').unwrap().1.parse().unwrap();
    let answer = Command::Answer {
        by: room.old.subject.card,
        remark: "提出しました。".to_owned(),
    };
    room.hall.ask(&HOLDER, id, &answer).await.unwrap();
    clerk.browser.get(&room.case).await.must_say("提出しました。");
    let page = room
        .decide(&mut clerk, &[("verdict", "deny"), ("deny", "not_the_person")])
        .await;
    page.must_say("否認（ICカードの取得者が、代表者でも受任者でもありません。）");
    let row = room
        .hall
        .store()
        .registration_of_card(&room.hall.review.id, room.old.subject.card)
        .await;
    assert!(
        row.unwrap().unwrap().binding.until.is_none(),
        "the old card still works"
    );
}

#[tokio::test]
async fn a_claim_keeps_others_out_until_it_is_given_up_or_over() {
    let room = room("one").await;
    let (mut one, mut other) = (room.approver("2001").await, room.approver("2002").await);
    let version = one.browser.get(&room.case).await.hidden("version");
    let taken = one
        .browser
        .post(&format!("{}/claim", room.case), &[("version", version.as_str())])
        .await;
    one.browser.follow(taken).await.must_say("審査中");
    let page = other.browser.get(&room.case).await;
    page.must_say("職員 2001");
    assert!(!page.says("id=\"approve\""));
    let no = room.press(&mut other, &[("verdict", "approve")]).await;
    assert_eq!(no.status, StatusCode::CONFLICT, "{}", no.text());
    let version = one.browser.get(&room.case).await.hidden("version");
    let released = one
        .browser
        .post(&format!("{}/release", room.case), &[("version", version.as_str())])
        .await;
    one.browser
        .follow(released)
        .await
        .must_say("保留のまま、担当を外れました。");
    room.decide(&mut other, &[("verdict", "approve")])
        .await
        .must_say("更新完了");
}

#[tokio::test]
async fn a22_two_different_persons_approve_where_the_office_wants_two() {
    let room = room("two").await;
    let (mut one, mut other) = (room.approver("2001").await, room.approver("2002").await);
    let page = room.decide(&mut one, &[("verdict", "approve")]).await;
    page.must_say("2人目の承認を待っています");
    page.must_say("id=\"not\"");
    assert!(!page.says("id=\"approve\""));
    room.decide(&mut other, &[("verdict", "approve")])
        .await
        .must_say("更新完了");
}

#[tokio::test]
async fn a22_an_officer_of_the_company_is_told_so_and_decides_nothing() {
    let room = room("one").await;
    let mut own = room.clerk("2001", "7000012050002", &[Role::Approval]).await;
    let page = own.browser.get(&room.case).await;
    page.must_say("E-OWN");
    assert!(!page.says("id=\"approve\"") && !page.says("id=\"take\""));
    let no = room.press(&mut own, &[("verdict", "approve")]).await;
    no.must_say("E-OWN");
    assert_ne!(no.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a20_a_new_card_that_was_revoked_meanwhile_is_told_with_the_reason_and_stays_held() {
    let room = room("one").await;
    let mut clerk = room.approver("2001").await;
    let way = room.way(&mut clerk, &[("verdict", "approve")]).await;
    room.hall.house.revoke(&room.new).await;
    let page = clerk.browser.get(&room.case).await;
    page.must_say("新カードの現在の状態 <span class=\"tag ng\">失効（");
    let no = clerk.browser.get(&way).await;
    for words in ["E-REVIEW-CERT", "失効", "id=\"approve\""] {
        no.must_say(words);
    }
    let again = room.press(&mut clerk, &[("verdict", "approve")]).await;
    again.must_say("E-REVIEW-CERT");
    let page = room
        .decide(&mut clerk, &[("verdict", "deny"), ("deny", "not_the_company")])
        .await;
    page.must_say("否認");
}

#[tokio::test]
async fn a17_what_is_held_is_seen_by_officers_of_its_office_and_decided_by_those_who_approve() {
    let room = room("one").await;
    let mut stranger = Browser::new(&room.router);
    let pages = ["", "/print", "/decide", "/decide/return"];
    let forms = ["/claim", "/release", "/reassign", "/withdraw", "/decide"];
    for page in pages {
        let answered = stranger.get(&format!("{}{page}", room.case)).await;
        assert!(answered.location().contains("/login"), "{page}");
    }
    for (person, role) in [
        ("3001", Role::Entry),
        ("3002", Role::Audit),
        ("3003", Role::Administration),
    ] {
        let mut clerk = room.clerk(person, CITY, &[role]).await;
        let page = clerk.browser.get(&room.case).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.says("id=\"approve\"") && !page.says("id=\"take\""), "{role:?}");
        let version = clerk.version(&room.hall, &room.case).await;
        for form in forms {
            let fields = [("verdict", "approve"), ("version", version.as_str()), ("to", "0")];
            let answered = clerk.browser.post(&format!("{}{form}", room.case), &fields).await;
            assert_ne!(answered.status, StatusCode::SEE_OTHER, "{role:?} {form}");
        }
    }
    let row = room.hall.store().queue_row(id(&room.case)).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.claimed_by), ("held", None));
}

#[tokio::test]
async fn a_held_registration_is_decided_the_same_way() {
    let mut room = room("one").await;
    let office = room.hall.review.clone();
    let card = room.hall.card_until(2029, 1, 31).await;
    let (case, text) = room.hall.registering(&office, &card).await;
    let confirm = Register::Confirm(card.sign(&text, room.hall.now()));
    room.hall.ask(&HOLDER, case, &confirm).await.unwrap();
    room.case = format!("{SHI}/cases/{case}");
    let mut clerk = room.approver("2001").await;
    let list = clerk.browser.get(&format!("{SHI}/queue")).await;
    list.must_say(&case.to_string());
    let page = clerk.browser.get(&room.case).await;
    for words in [
        "利用者登録申請",
        "不一致",
        "承認されるまで、このICカードではログインできません",
        "連絡先氏名",
    ] {
        page.must_say(words);
    }
    room.decide(&mut clerk, &[("verdict", "approve")])
        .await
        .must_say("登録完了");
    let row = room
        .hall
        .store()
        .registration_of_card(&office.id, card.subject.card)
        .await;
    assert!(row.unwrap().is_some());
}

fn id(case: &str) -> [u8; 16] {
    let id: CaseId<server::desk::renewal::Renewal> = case.rsplit_once('/').unwrap().1.parse().unwrap();
    id.octets()
}
