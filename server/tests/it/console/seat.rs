//! Officers with cards and browsers, as the tests need them.

use axum::Router;
use axum::http::StatusCode;
use casework::identity::{Company, OfficerId, PersonNumber};
use casework::officer::{Account, Role};
use server::desk::officer::{Command, OfficerAccount, invitation_code, invitation_digest};
use server::desk::{Actor, CaseId};
use wire::office::Language;

use crate::house::{House, TestCard};
use crate::portal::browser::{Agent, Answered, Browser};

pub(crate) const DESK: &str = "/console/mihon-ca";

/// An officer who is logged in.
pub(crate) struct Seated {
    pub(crate) browser: Browser,
    pub(crate) card: TestCard,
    pub(crate) id: OfficerId,
}

impl Seated {
    /// The account as addresses name it.
    pub(crate) fn hex(&self) -> String {
        hex(self.id)
    }
}

pub(crate) fn hex(id: OfficerId) -> String {
    format!("{:032x}", u128::from_be_bytes(id.0))
}

pub(crate) fn account(person: &str, roles: &[Role]) -> Account {
    Account {
        person: PersonNumber(person.to_owned()),
        // As the test cards have it.
        name: "髙橋 一郎".to_owned(),
        company: Company("1000000000001".to_owned()),
        roles: roles.iter().copied().collect(),
        mail: format!("officer-{person}@ca.example"),
    }
}

/// The operator invites; the account and its code.
pub(crate) async fn invited(house: &House, person: &str, roles: &[Role]) -> (OfficerId, String) {
    let case: CaseId<OfficerAccount> = house.desk.new_case();
    let code = invitation_code(house.desk.chance());
    let command = Command::Invite {
        office: "mihon-ca".to_owned(),
        language: Language::Ja,
        account: Box::new(account(person, roles)),
        code: invitation_digest(&code),
    };
    house
        .desk
        .perform(&Actor::Operator { name: "test" }, case, &command)
        .await
        .unwrap();
    (OfficerId(case.octets()), code)
}

/// An officer with these roles, enrolled and logged in.
pub(crate) async fn seated(house: &House, router: &Router, person: &str, roles: &[Role]) -> Seated {
    let (id, code) = invited(house, person, roles).await;
    let card = house.officers_card("髙橋 一郎").await;
    let mut browser = Browser::new(router);
    let home = enrol(&mut browser, router, &code, &card).await;
    assert_eq!(home.location(), DESK, "{}", home.text());
    Seated { browser, card, id }
}

/// From the code to the answer of the way back.
pub(crate) async fn enrol(browser: &mut Browser, router: &Router, code: &str, card: &TestCard) -> Answered {
    assert_eq!(browser.get(&format!("{DESK}/enrol")).await.status, StatusCode::OK);
    let answered = browser.post(&format!("{DESK}/enrol"), &[("code", code)]).await;
    let code = agent(router, &answered).present(card).await;
    browser.get(&format!("{DESK}/enrol/return?code={code}")).await
}

/// The answer of the way back from the agent, with this card.
pub(crate) async fn log_in(browser: &mut Browser, router: &Router, card: &TestCard) -> Answered {
    let page = browser.get(&format!("{DESK}/login")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let way = way_back(browser, router, card, "").await;
    browser.get(&way).await
}

/// The address to which the agent sends the browser back.
pub(crate) async fn way_back(browser: &mut Browser, router: &Router, card: &TestCard, to: &str) -> String {
    let answered = browser.post(&format!("{DESK}/login"), &[("to", to)]).await;
    let code = agent(router, &answered).present(card).await;
    format!("{DESK}/login/return?code={code}")
}

/// The agent to which a browser was led.
pub(crate) fn agent(router: &Router, answered: &Answered) -> Agent {
    let location = answered.location();
    let id = location
        .strip_prefix("http://127.0.0.1:24817/request?portal=https%3A%2F%2Fca.example.jp&id=")
        .unwrap_or_else(|| panic!("{location} is not the agent's address: {}", answered.text()));
    Agent::new(router, id)
}
