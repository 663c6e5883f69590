//! What is walked twice, given up, lost on the way, or done in the wrong order: it does what it says and no more.

use axum::http::StatusCode;
use casework::time::Date;
use wire::card_request::{Step, Verdict};
use wire::code::Code;

use super::browser::{Answered, Browser, FORM, OFFICE, form_with, portal, presented};
use crate::house::House;

#[tokio::test]
async fn who_gives_up_after_signing_is_not_revoked_for() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.reach_signature(&card).await;
    // The portal has the signature; its verdict was lost, and the agent offers to stop.
    agent.sign(&house, &card).await;
    let code = agent.cancel().await.code;
    assert_eq!(agent.cancel().await.code, code, "a lost answer can be asked for again");
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    assert_eq!(answered.location(), format!("{OFFICE}/card?notice=cancelled"));
    browser.follow(answered).await.must_say("id=\"notice\"");
    assert!(!browser.get(&format!("{OFFICE}/status")).await.says("署名済み"));
    assert!(house.store().status(card.certificate()).await.unwrap().is_none());
    // The control: the same walk without giving up.
    let code = browser.reach_agent().await.sign(&house, &card).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    assert_eq!(answered.location(), format!("{OFFICE}/done"));
    assert!(house.store().status(card.certificate()).await.unwrap().is_some());
}

#[tokio::test]
async fn who_came_back_cannot_be_told_that_it_was_given_up() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let router = portal(&house);
    let mut browser = Browser::new(&router);
    let agent = browser.reach_signature(&card).await;
    let code = agent.sign(&house, &card).await;
    browser.get(&format!("{OFFICE}/return?code={code}")).await;
    assert_eq!(agent.try_cancel().await.unwrap_err().code, Code::Stale);
}

#[tokio::test]
async fn the_first_way_back_can_be_walked_twice_at_once_and_after_a_lost_answer() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let code = browser.begin().await.present(&card).await;
    let back = format!("{OFFICE}/return?code={code}");
    let lost = browser.clone();
    let ways = (0..4).map(|_| {
        let (mut browser, back) = (browser.clone(), back.clone());
        tokio::spawn(async move {
            let answered = browser.get(&back).await;
            (answered.location(), browser.cookie())
        })
    });
    let mut cookies = Vec::new();
    for way in ways.collect::<Vec<_>>() {
        let (location, cookie) = way.await.unwrap();
        assert_eq!(location, format!("{OFFICE}/certificate"));
        cookies.push(cookie);
    }
    cookies.dedup();
    assert_eq!(cookies.len(), 1, "all were given the same token");
    assert_ne!(cookies[0], lost.cookie(), "a45: and another one than before");
    // A minute later at most, with the cookie from before.
    let mut late = lost.clone();
    house.it_is(house.now().plus_seconds(59));
    let answered = late.get(&back).await;
    late.follow(answered).await.must_say("髙橋 一郎");
    assert_eq!(late.cookie(), cookies[0]);
    // It opens nothing else, and after the minute nothing at all; a cookie that may be right by now is left alone.
    let mut old = lost.clone();
    assert_eq!(
        old.get(&format!("{OFFICE}/certificate")).await.status,
        StatusCode::CONFLICT
    );
    house.it_is(house.now().plus_seconds(2));
    let answered = old.get(&back).await;
    answered.must_say("E-TIMEOUT");
    assert_eq!(old.cookie(), lost.cookie());
}

#[tokio::test]
async fn an_agent_that_was_started_again_gets_a_request_that_it_can_take() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.begin().await;
    agent.claim().await.unwrap();
    let code = browser.reach_agent().await.present(&card).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    browser.follow(answered).await;
    let confirm = browser.enter(FORM).await;
    browser.confirm(&confirm).await.claim().await.unwrap();
    browser.reach_agent().await.sign(&house, &card).await;
}

#[tokio::test]
async fn a_text_that_lapsed_leads_back_to_where_it_can_be_made_anew() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_signature(&card).await;
    for _ in 0..3 {
        house.it_is(house.now().plus_seconds(10 * 60 + 1));
        browser.get("/mihon-ca").await;
    }
    let confirm = format!("{OFFICE}/confirm");
    assert_eq!(browser.get(&format!("{OFFICE}/card")).await.location(), confirm);
    assert_eq!(browser.post(&format!("{OFFICE}/card"), &[]).await.location(), confirm);
    browser
        .get(&format!("{OFFICE}/status"))
        .await
        .must_say(&format!("href=\"{confirm}\""));
    let page = browser.get(&confirm).await;
    page.must_say("id=\"lapsed\"");
    assert!(!page.says(&format!("href=\"{OFFICE}/card\"")));
    let answered = browser.post(&format!("{OFFICE}/edit"), &[]).await;
    browser.follow(answered).await;
    let confirm = browser.enter(FORM).await;
    browser.confirm(&confirm).await.sign(&house, &card).await;
}

#[tokio::test]
async fn who_gives_up_after_a_refusal_is_told_the_reason_and_the_way_on_paper() {
    let house = House::on_sqlite().await;
    let (december, november) = (
        Date {
            year: 2026,
            month: 12,
            day: 1,
        },
        Date {
            year: 2026,
            month: 11,
            day: 30,
        },
    );
    let card = house.card_until(december).await;
    house.it_is(november.as_day().begins());
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.begin().await;
    agent.claim().await.unwrap();
    let verdict = agent.answer(0, &presented(&card)).await.unwrap();
    assert!(
        matches!(
            verdict,
            Verdict::Refused {
                code: Code::RevLate,
                ..
            }
        ),
        "{verdict:?}"
    );
    let code = agent.cancel().await.code;
    let page = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    page.must_say("E-REV-LATE");
    page.must_say("href=\"/mihon-ca/paper\"");
    // Another card that was taken after it leaves nothing of it.
    let good = house.card().await;
    let agent = browser.reach_agent().await;
    agent.claim().await.unwrap();
    agent.answer(0, &presented(&card)).await.unwrap();
    agent.answer(0, &presented(&good)).await.unwrap();
    let code = agent.cancel().await.code;
    assert_eq!(
        browser.get(&format!("{OFFICE}/return?code={code}")).await.location(),
        format!("{OFFICE}/card?notice=cancelled")
    );
}

#[tokio::test]
async fn the_language_is_switched_on_the_page_where_it_was_asked() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let switch = async |browser: &mut Browser, address: &str| {
        let page = browser.get(address).await;
        let back = page.find_hidden("back");
        if let Some(back) = back {
            let answered = browser.post("/language", &[("language", "ja"), ("back", &back)]).await;
            assert_eq!(answered.location(), address);
        }
    };
    for address in ["/", "/mihon-ca", "/mihon-ca/paper", OFFICE] {
        switch(&mut browser, address).await;
    }
    let ended = format!("{OFFICE}/ended?accepted=yes");
    switch(&mut browser, &ended).await;
    browser.begin().await;
    switch(&mut browser, &format!("{OFFICE}/card?notice=cancelled")).await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_done(&house, &card).await;
    let done = browser.get(&format!("{OFFICE}/done")).await;
    assert_eq!(done.hidden("back"), format!("{OFFICE}/done"));
}

#[tokio::test]
async fn a_button_that_is_opened_as_a_page_leads_to_the_step_that_is_due() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let buttons = ["agree", "edit", "stay", "quit"];
    let lead = async |browser: &mut Browser, due: &str| {
        for button in buttons {
            let answered = browser.get(&format!("{OFFICE}/{button}")).await;
            assert_eq!(answered.location(), format!("{OFFICE}{due}"), "{button}");
        }
    };
    lead(&mut browser, "").await;
    browser.reach_certificate(&card).await;
    lead(&mut browser, "/application").await;
    browser.enter(FORM).await;
    lead(&mut browser, "/confirm").await;
}

#[tokio::test]
async fn what_was_typed_is_kept_on_the_way_back_and_with_each_change() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_certificate(&card).await;
    let address = format!("{OFFICE}/application");
    let form = browser.get(&address).await;
    form.must_say("name=\"go\" value=\"certificate\"");
    assert!(
        !form.says("<textarea"),
        "a remark is one line, as the signed text has it"
    );
    let case = form.hidden("case");
    let sent = |bank: &'static str, go: &'static str| {
        let fields = [("bank", bank), ("mail", "half"), ("case", ""), ("go", go)];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    for (bank, go) in [("みらい銀行", "keep"), ("あさひ銀行", "certificate")] {
        let fields = sent(bank, go);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, if *name == "case" { case.as_str() } else { value.as_str() }))
            .collect();
        let answered = browser.post(&address, &fields).await;
        match go {
            "keep" => assert_eq!(answered.status, StatusCode::NO_CONTENT),
            _ => assert_eq!(answered.location(), format!("{OFFICE}/certificate")),
        }
        let page = browser.get(&address).await;
        page.must_say(bank);
        assert!(!page.says("id=\"errors\""), "nothing was sent for checking");
    }
}

#[tokio::test]
async fn the_text_that_is_signed_has_the_words_of_the_page_that_was_checked() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    for mut browser in [Browser::new(&portal(&house)), Browser::in_english(&portal(&house))] {
        for reason in ["content_changed", "left_organisation", "use_stopped", "damaged"] {
            let mut browser = browser.clone();
            let confirm = browser
                .reach_confirm(
                    &card,
                    &form_with(&[("reason", reason), ("event_date", "2026-11-19"), ("new_issue", "")]),
                )
                .await;
            let shown = values(&confirm);
            let request = browser.confirm(&confirm).await.claim().await.unwrap();
            let [Step::Sign { text: Some(text), .. }] = request.steps.as_slice() else {
                panic!()
            };
            assert!(shown.len() > 18, "{shown:?}");
            let lines: Vec<&str> = text.lines().collect();
            // Days and times are written in full in a text that is to be read in ten years.
            for value in shown.iter().filter(|value| !value.contains("202")) {
                assert!(
                    lines.iter().any(|line| line.ends_with(&format!(" {value}"))),
                    "{value:?} is not in {text}"
                );
            }
        }
        browser.get("/").await;
    }
}

/// The values of the facts on a page, and the refund.
fn values(page: &Answered) -> Vec<String> {
    let text = page.text();
    let plain = |value: &str| value.replace("&#38;", "&").replace("&#39;", "'");
    let facts = text.split("<dd").skip(1).map(|rest| {
        let (_, rest) = rest.split_once('>').unwrap();
        plain(rest.split_once("</dd>").unwrap().0)
    });
    let (_, refund) = text.split_once("<p><b>").unwrap_or_default();
    let refund = refund.split_once("</b>").map(|(value, _)| plain(value));
    facts.chain(refund).collect()
}
