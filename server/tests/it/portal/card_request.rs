//! What a card request asks of a card, and which cards and agents it refuses (DESIGN, part 4).

use casework::time::Date;
use wire::card_request::Verdict;
use wire::code::Code;

use super::browser::{Agent, Browser, OFFICE, authenticated, portal, presented, signed};
use super::made::{card_of, namesake};
use crate::house::House;

#[tokio::test]
async fn a05_another_card_cannot_sign_and_costs_nothing() {
    let house = House::on_sqlite().await;
    let (card, other) = (house.card().await, house.card().await);
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.reach_signature(&card).await;
    let request = agent.claim().await.unwrap();
    match agent.answer(0, &signed(&house, &request, &other)).await.unwrap() {
        Verdict::Refused {
            code, message, next, ..
        } => {
            assert_eq!(code, Code::CardChanged);
            // The agent shows the code beside what happened and what to do.
            for part in [message.ja, message.en, next.ja, next.en] {
                assert!(!part.is_empty() && !part.contains("E-CARD-CHANGED"), "{part}");
            }
        }
        verdict => panic!("{verdict:?}"),
    }
    agent.sign(&house, &card).await;
}

#[tokio::test]
async fn a_wrong_card_is_refused_before_any_pin_is_asked() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let refused_with = async |card: &crate::house::TestCard| {
        let agent = Browser::new(&router).begin().await;
        agent.claim().await.unwrap();
        match agent.answer(0, &presented(card)).await.unwrap() {
            Verdict::Refused {
                code,
                message,
                next,
                again,
            } => {
                assert!(again, "another card may be tried");
                (code, message.ja + &next.ja)
            }
            verdict => panic!("{verdict:?}"),
        }
    };
    let late = house
        .card_until(Date {
            year: 2026,
            month: 12,
            day: 19,
        })
        .await;
    let (code, text) = refused_with(&late).await;
    assert_eq!(code, Code::RevLate);
    assert!(text.contains("2026年11月19日(木) 23:59"), "{text}");

    let expired = house
        .card_until(Date {
            year: 2026,
            month: 11,
            day: 19,
        })
        .await;
    assert_eq!(refused_with(&expired).await.0, Code::CertExpired);

    let revoked = house.card().await;
    let (_, done) = house.revoke(&revoked).await;
    let casework::revocation::Case::Revoked { number, .. } = done.case else {
        panic!()
    };
    let (code, text) = refused_with(&revoked).await;
    assert_eq!(code, Code::Dup);
    assert!(text.contains(&number.to_string()));

    // A name says nothing about who signed, and a signature nothing about what is on record.
    let foreign = card_of(&namesake(), None, "髙橋 一郎").await;
    let (code, text) = refused_with(&foreign).await;
    assert_eq!(code, Code::CertIssuer);
    assert!(text.contains("発行者"), "{text}");
    let unrecorded = card_of(&house.authority, None, "髙橋 一郎").await;
    assert_eq!(refused_with(&unrecorded).await.0, Code::CertUnknown);

    let (one, two) = (house.card().await, house.card().await);
    let agent = Browser::new(&router).begin().await;
    let request = agent.claim().await.unwrap();
    agent.answer(0, &presented(&one)).await.unwrap();
    let verdict = agent.answer(1, &authenticated(&request, &two)).await.unwrap();
    assert!(
        matches!(
            verdict,
            Verdict::Refused {
                code: Code::Signature,
                ..
            }
        ),
        "{verdict:?}"
    );
    // Every one of them is in the audit, by its code and, where a certificate was shown, by its fingerprint alone.
    let audited = async |part: &str| {
        let told = format!(
            "SELECT COUNT(*) FROM event WHERE document LIKE '%\"event\":\"card_refused\"%' AND document LIKE '%{part}%'"
        );
        crate::invariant::count(&house.place.address, &told).await
    };
    for code in [
        Code::RevLate,
        Code::CertExpired,
        Code::Dup,
        Code::CertIssuer,
        Code::CertUnknown,
        Code::Signature,
    ] {
        assert_eq!(audited(&format!("\"refusal\":\"{}\"", code.id())).await, 1, "{code:?}");
    }
    assert_eq!(audited("\"certificate\":\"").await, 5);
    assert_eq!(audited("髙橋").await, 0, "and nobody is named");
}

#[tokio::test]
async fn a_request_that_was_cancelled_can_be_made_again() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let agent = browser.begin().await;
    agent.claim().await.unwrap();
    let code = agent.cancel().await.code;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    browser.follow(answered).await.must_say("何も変わっていません");
    let again = browser.reach_agent().await;
    assert_ne!(again.id(), agent.id());
    let code = again.present(&card).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    browser.follow(answered).await.must_say("髙橋 一郎");
}

#[tokio::test]
async fn two_agents_cannot_share_a_request_and_an_old_one_is_told_to_update() {
    let house = House::on_sqlite().await;
    let router = portal(&house);
    let agent = Browser::new(&router).begin().await;
    let other = Agent::new(&router, agent.id());
    agent.claim().await.unwrap();
    agent.claim().await.unwrap();
    assert_eq!(other.claim().await.unwrap_err().code, Code::Claimed);
    let card = house.card().await;
    assert_eq!(
        other.answer(0, &presented(&card)).await.unwrap_err().code,
        Code::Claimed
    );
    let answer = wire::card_request::Answer::PinFailed { left: Some(9) };
    assert_eq!(agent.answer(0, &answer).await.unwrap(), Verdict::Noted);
    let told = "SELECT COUNT(*) FROM event WHERE document LIKE '%\"event\":\"pin_failed\"%'
                AND document LIKE '%\"left\":\"9\"%' AND document LIKE '%\"client\":\"loopback\"%'";
    let told = crate::invariant::count(&house.place.address, told).await;
    assert_eq!(told, 1, "the tries that are left, and from what kind of address");
    assert_eq!(
        agent.answer(0, &presented(&card)).await.unwrap(),
        Verdict::GO,
        "the step is still open"
    );
}
