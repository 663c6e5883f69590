//! The counter: two officers, and a paper that one enters and the other decides on.

use axum::Router;
use axum::http::StatusCode;
use casework::officer::Role;
use casework::time::Date;

use super::seat::{DESK, Seated, agent, seated};
use crate::house::{House, TestCard};
use crate::portal::browser::{Answered, Browser, portal};

/// An office with one who enters and one who approves.
pub(crate) struct Counter {
    pub(crate) house: House,
    pub(crate) router: Router,
    pub(crate) entry: Seated,
    pub(crate) approval: Seated,
}

impl Counter {
    pub(crate) async fn open() -> Self {
        Self::of(House::on_sqlite().await).await
    }

    pub(crate) async fn of(house: House) -> Self {
        Self::with(house, &[Role::Entry], &[Role::Approval]).await
    }

    pub(crate) async fn with(house: House, first: &[Role], second: &[Role]) -> Self {
        let router = portal(&house);
        let entry = seated(&house, &router, "1", first).await;
        let approval = seated(&house, &router, "2", second).await;
        Self {
            house,
            router,
            entry,
            approval,
        }
    }

    /// A holder's card. It expires on a day of its own: cards of one name are told apart by that.
    pub(crate) async fn holder(&self, day: u8) -> TestCard {
        let year = 2027;
        self.house.card_until(Date { year, month: 6, day }).await
    }

    /// The path of a new draft about this card.
    pub(crate) async fn begin(&mut self, card: &TestCard) -> String {
        begin(&mut self.entry.browser, card).await
    }

    /// The path of the form's confirm page, with this form.
    pub(crate) async fn entered(&mut self, card: &TestCard, fields: &[(&str, &str)]) -> String {
        let path = self.begin(card).await;
        let answered = self.send(&path, fields, "next", &[("a.jpg", &jpeg())]).await;
        assert_eq!(answered.location(), format!("{path}/confirm"), "{}", answered.text());
        path
    }

    /// Sends the form of a draft.
    pub(crate) async fn send(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        go: &str,
        files: &[(&str, &[u8])],
    ) -> Answered {
        let page = self.entry.browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let version = page.hidden("version");
        let mut all = fields.to_vec();
        all.extend([("go", go), ("version", version.as_str())]);
        self.entry.browser.post_parts(path, &all, files).await
    }

    /// A paper that waits for its second person; the case's path.
    pub(crate) async fn waiting(&mut self, card: &TestCard, fields: &[(&str, &str)]) -> String {
        let path = self.entered(card, fields).await;
        let Self {
            house, router, entry, ..
        } = self;
        let answered = submit(house, router, entry, &path).await;
        let location = answered.location();
        let (case, notice) = location.split_once('?').unwrap();
        assert_eq!(notice, "notice=submitted");
        case.to_owned()
    }

    /// The approving officer takes it.
    pub(crate) async fn take(&mut self, case: &str) {
        let taken = act(&mut self.approval.browser, case, "claim").await;
        assert_eq!(taken.location(), format!("{case}?notice=claimed"), "{}", taken.text());
    }

    /// The approving officer decides and signs: the answer of the way back.
    pub(crate) async fn decide(&mut self, case: &str, fields: &[(&str, &str)]) -> Answered {
        let way = self.sign_decision(case, fields).await;
        self.approval.browser.get(&way).await
    }

    /// The way back from the agent, signed.
    pub(crate) async fn sign_decision(&mut self, case: &str, fields: &[(&str, &str)]) -> String {
        let Self {
            house,
            router,
            approval,
            ..
        } = self;
        sign_decision(house, router, approval, case, fields).await
    }
}

/// The path of a new draft about this card.
pub(crate) async fn begin(browser: &mut Browser, card: &TestCard) -> String {
    let new = format!("{DESK}/paper/new");
    assert_eq!(browser.get(&new).await.status, StatusCode::OK);
    let serial = card.certificate().serial.to_string();
    let found = browser.post(&new, &[("search", &serial)]).await;
    let authority = found.hidden("authority");
    let chosen = found.text();
    let (_, rest) = chosen
        .split_once("name=\"serial\" value=\"")
        .expect("a certificate was found");
    let serial = rest.split_once('"').unwrap().0;
    let begun = browser
        .post(&new, &[("authority", &authority), ("serial", serial)])
        .await;
    begun.location()
}

/// A button of a case's page.
pub(crate) async fn act(browser: &mut Browser, case: &str, button: &str) -> Answered {
    let version = version(browser, case).await;
    browser
        .post(&format!("{case}/{button}"), &[("version", &version)])
        .await
}

pub(crate) async fn version(browser: &mut Browser, case: &str) -> String {
    let page = browser.get(case).await;
    page.find_hidden("version").unwrap_or_default()
}

/// Signs what was entered.
pub(crate) async fn submit(house: &House, router: &Router, officer: &mut Seated, path: &str) -> Answered {
    let confirm = officer.browser.get(&format!("{path}/confirm")).await;
    let version = confirm.hidden("version");
    let asked = officer
        .browser
        .post(&format!("{path}/confirm"), &[("version", &version)])
        .await;
    assert_eq!(asked.location(), format!("{DESK}/card"), "{}", asked.text());
    let code = signed(house, router, officer).await;
    officer.browser.get(&format!("{path}/return?code={code}")).await
}

pub(crate) async fn sign_decision(
    house: &House,
    router: &Router,
    officer: &mut Seated,
    case: &str,
    fields: &[(&str, &str)],
) -> String {
    let page = officer.browser.get(&format!("{case}/decide")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let version = page.hidden("version");
    let mut all = fields.to_vec();
    all.extend([("go", "sign"), ("version", version.as_str())]);
    let asked = officer.browser.post(&format!("{case}/decide"), &all).await;
    assert_eq!(asked.location(), format!("{DESK}/card"), "{}", asked.text());
    let code = signed(house, router, officer).await;
    format!("{case}/decide/return?code={code}")
}

/// What the card at the agent signs; the code for the way back.
async fn signed(house: &House, router: &Router, officer: &mut Seated) -> String {
    officer.browser.get(&format!("{DESK}/card")).await;
    let led = officer.browser.post(&format!("{DESK}/card"), &[]).await;
    agent(router, &led).sign(house, &officer.card).await
}

/// A picture as a scanner makes it.
pub(crate) fn jpeg() -> Vec<u8> {
    let mut octets = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(40, 56, |x, y| {
        image::Rgb([x * 6, y * 4, 128].map(|shade: u32| shade.to_le_bytes()[0]))
    });
    picture.write_to(&mut octets, image::ImageFormat::Jpeg).unwrap();
    octets.into_inner()
}

/// A form without a fault.
pub(crate) const PAPER: &[(&str, &str)] = &[
    ("received", "2026-11-19"),
    ("applicant", "holder"),
    ("reason", "lost"),
    ("reason_detail", "電車の中で紛失"),
    ("event_date", "2026-11-15"),
    ("name", "髙橋　一郎"),
    ("kana", "タカハシ　イチロウ"),
    ("postal_code", "100-0001"),
    ("address", "東京都千代田区千代田1-1"),
    ("phone", "0312345678"),
    ("mail", "takahashi@example.jp"),
    ("language", "ja"),
    ("enclosure", "notice"),
    ("enclosure", "seal_certificate"),
    ("issued_seal_certificate", "2026-10-20"),
    ("bank", ""),
    ("branch", ""),
    ("account_number", ""),
    ("account_holder", ""),
];

/// The form with some fields changed.
pub(crate) fn paper_with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    PAPER
        .iter()
        .map(|(name, value)| {
            let changed = changes.iter().find(|(changed, _)| changed == name);
            changed.copied().unwrap_or((*name, *value))
        })
        .collect()
}
