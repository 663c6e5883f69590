//! What the holder is told about the cards and the open bids before 更新 (DOMAIN §4.1 R106, §4.4, §8.3; THREATS I7).

use casework::register::BusinessNumber;
use casework::time::Day;
use server::store::{BidRow, BidderOf, NewEvent};
use wire::card_request::Verdict;
use wire::code::Code;

use super::{at_login, begin, date, new_card, reach_confirm, refusal, show_new, show_old};
use crate::house::House;
use crate::portal::bidder::{KEN, NUMBER, Registered, SHI, log_in, registered};
use crate::portal::browser::Browser;
use crate::portal::made::card_of;

/// What is to be done about a refusal.
fn next(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Refused { next, .. } => &next.ja,
        verdict => panic!("{verdict:?}"),
    }
}

#[tokio::test]
async fn a_new_card_that_will_not_do_is_advised_as_one_and_the_old_one_as_registered() {
    let registered = registered(SHI).await;
    let Registered { house, router, card } = &registered;
    let expired = house.card_until(date(2026, 6, 30)).await;
    let revoked = new_card(house).await;
    house.revoke(&revoked).await;
    for (bad, says) in [
        (&expired, "有効な新しいICカードを挿入してください"),
        (&revoked, "有効な新しいICカードを挿入してください"),
    ] {
        let mut browser = Browser::new(router);
        let agent = begin(router, &mut browser, SHI, card).await;
        let verdict = show_new(&agent, house, card, bad).await;
        assert!(next(&verdict).starts_with(says), "{verdict:?}");
        // Whoever gives up is told the same on the page.
        let code = agent.cancel().await.code;
        let told = browser.get(&format!("{SHI}/renewal/return?code={code}")).await;
        told.must_say(says);
        assert!(!told.says("「登録」から"));
    }
    // A new card that is revoked after it was shown: 更新 tells it in the same words, and nothing has changed.
    let new = new_card(house).await;
    let mut browser = Browser::new(router);
    let confirm = reach_confirm(&registered, &mut browser, SHI, &new).await;
    house.revoke(&new).await;
    let version = confirm.hidden("version");
    let answered = browser
        .post(&format!("{SHI}/renewal/confirm"), &[("version", &version)])
        .await;
    answered.must_say("E-CERT-REVOKED");
    answered.must_say("有効な新しいICカードを挿入してください");
    assert_eq!(at_login(router, SHI, card).await, None);
    // The control: of the registered card the advice is 登録.
    house.revoke(card).await;
    let agent = begin(router, &mut Browser::new(router), SHI, card).await;
    let verdict = show_old(&agent, card).await;
    assert_eq!(refusal(&verdict), Some(Code::CertRevoked));
    assert!(next(&verdict).contains("「登録」から新規に利用者登録"), "{verdict:?}");
}

#[tokio::test]
async fn i7_a_card_whose_status_cannot_be_found_out_is_told_so_and_nothing_is_stored() {
    let registered = registered(SHI).await;
    let Registered { house, router, card } = &registered;
    // Of our own authority, and on no record: neither good nor revoked.
    let unknown = card_of(&house.authority, None, "髙橋 一郎").await;
    let mut browser = Browser::new(router);
    let agent = begin(router, &mut browser, SHI, card).await;
    let verdict = show_new(&agent, house, card, &unknown).await;
    assert_eq!(refusal(&verdict), Some(Code::CertUnknown));
    assert!(
        next(&verdict).starts_with("しばらくしてからやり直してください"),
        "{verdict:?}"
    );
    let code = agent.cancel().await.code;
    let told = browser.get(&format!("{SHI}/renewal/return?code={code}")).await;
    for words in [
        "E-CERT-UNKNOWN",
        "失効情報を確認できないため、手続きを続けられません",
        "登録の内容は変わっていません",
    ] {
        told.must_say(words);
    }
    let kept = house.store().card(unknown.subject.card).await.unwrap();
    assert_eq!(kept, None, "as neither is it stored");
    browser
        .get(&format!("{SHI}/renewal/status"))
        .await
        .must_say("この画面で行っている手続きはありません");
    assert_eq!(at_login(router, SHI, card).await, None);
}

/// A bidding system tells open bids.
async fn tell(house: &House, office: &str, bids: Vec<BidRow>) {
    let event = NewEvent {
        procedure: "office",
        name: "bids_told",
        actor: "test".to_owned(),
        states: (String::new(), String::new()),
        refusal: None,
        details: Vec::new(),
        salt: [0; 16],
    };
    let told = house.store().tell_bids(office, "ebid", bids, event, house.now()).await;
    assert!(told.unwrap());
}

#[tokio::test]
async fn w_bid_open_bids_are_told_before_the_cards_and_before_the_signature() {
    for office in [KEN, SHI] {
        let registered = registered(office).await;
        let Registered { house, router, card } = &registered;
        let bid = |id: &str, opens_on: Day, bidder| BidRow {
            id: id.to_owned(),
            title: format!("橋梁補修工事{id}"),
            opens_on,
            bidder,
        };
        let last = date(2027, 12, 31).as_day();
        let own = || BidderOf::Card(card.subject.card);
        let bids = vec![
            bid("A-1", last.plus(-30), own()),
            bid("A-2", last, own()),
            bid(
                "A-3",
                last.plus(1),
                BidderOf::Number(BusinessNumber::parse(NUMBER).unwrap()),
            ),
            bid("A-4", last, BidderOf::Number(BusinessNumber::parse("Z-1").unwrap())),
        ];
        tell(house, office.trim_start_matches('/'), bids).await;
        let mut browser = Browser::new(router);
        if office == KEN {
            log_in(router, &mut browser, office, card).await;
            let start = browser.get(&format!("{office}/renewal")).await;
            start.must_say("橋梁補修工事A-3");
            start.must_say("現在のカードの有効期限後");
        }
        let new = new_card(house).await;
        let confirm = reach_confirm(&registered, &mut Browser::new(router), office, &new).await;
        for words in [
            "橋梁補修工事A-1",
            "橋梁補修工事A-2",
            "橋梁補修工事A-3",
            "W-BID",
            "開札日（2028/01/01）",
        ] {
            confirm.must_say(words);
        }
        assert!(!confirm.says("橋梁補修工事A-4"), "another company's");
        assert_eq!(
            confirm.text().matches("W-BID").count(),
            1,
            "only what is opened after the card's end"
        );
        assert!(
            !confirm.says("署名する文面"),
            "it is said before there is anything to sign"
        );
    }
}
