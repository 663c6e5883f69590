//! What a card request may ask beside one card: another card in its place, and to hear when a card has left.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use server::store::{CardRequestRow, CardRequestState, SessionRow};
use wire::card_request::{Answer, CardRequest, PinAfter, SamePin, Step, Verdict, Watch, WatchReport};
use wire::code::Code;
use wire::office::{Language, Office, Text};

use super::browser::{Agent, portal, presented};
use crate::house::House;

/// Seconds between two reports.
const EVERY: i64 = 5;

/// A session with a request for these steps, its card watched from then on.
struct Asked {
    agent: Agent,
    session: [u8; 32],
}

impl Asked {
    async fn of(house: &House, steps: Vec<Step>) -> Self {
        let chance = house.desk.chance();
        let session: [u8; 32] = chance.octets();
        let row = SessionRow {
            token: session,
            mark: chance.octets(),
            csrf: chance.octets(),
            began_at: house.now(),
            seen_at: house.now(),
        };
        house.store().begin_session(row).await.unwrap();
        let agent = Self::in_session(house, session, steps).await;
        Self { agent, session }
    }

    async fn in_session(house: &House, session: [u8; 32], steps: Vec<Step>) -> Agent {
        let (id, nonce): ([u8; 16], [u8; 32]) = (house.desk.chance().octets(), house.desk.chance().octets());
        let request = CardRequest {
            protocol: wire::PROTOCOL,
            id: URL_SAFE_NO_PAD.encode(id),
            session_mark: "mark".to_owned(),
            office: Office {
                id: "mihon-ca".to_owned(),
                name: both("見本認証局"),
            },
            procedure: "officer".to_owned(),
            title: both("ログイン"),
            language: Language::Ja,
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            pin: wire::card_request::PinRule {
                min: 6,
                max: 8,
                digits: true,
                tries: 10,
            },
            pin_after: PinAfter::Kept,
            same_pin: SamePin::Off,
            watch: u32::try_from(EVERY).ok().map(|every| Watch { every }),
            steps,
            answered: 0,
            return_to: "/".to_owned(),
            expires_at: house.now().0 + 600,
        };
        let row = CardRequestRow {
            id,
            session,
            office: "mihon-ca".to_owned(),
            procedure: request.procedure.clone(),
            purpose: "login".to_owned(),
            case: None,
            nonce,
            document: serde_json::to_string(&request).unwrap(),
            agent_key: None,
            answered: 0,
            state: CardRequestState::Open,
            outcome: None,
            made_at: house.now(),
            expires_at: house.now().plus_seconds(600),
        };
        house.store().make_card_request(row).await.unwrap();
        let agent = Agent::new(&portal(house), &request.id);
        agent.claim().await.unwrap();
        agent
    }

    async fn noted(&self, house: &House) -> Option<String> {
        let facts = house.store().session_facts(self.session).await.unwrap();
        let fact = facts.into_iter().find(|fact| fact.name == "mihon-ca/watch")?;
        fact.value.split(' ').next().map(str::to_owned)
    }

    async fn present(&self, house: &House) {
        let card = house.card().await;
        let verdict = self.agent.answer(0, &presented(&card)).await.unwrap();
        assert!(matches!(verdict, Verdict::Done { .. }), "{verdict:?}");
    }
}

fn both(text: &str) -> Text {
    Text {
        ja: text.to_owned(),
        en: text.to_owned(),
    }
}

fn present() -> Step {
    Step::Present { says: both("挿入") }
}

#[tokio::test]
async fn a15_a_watched_card_is_heard_of_until_it_is_gone() {
    let house = House::on_sqlite().await;
    let asked = Asked::of(&house, vec![present()]).await;
    let early = asked.agent.report(WatchReport::Present).await;
    assert_eq!(early.unwrap_err(), 410, "nothing was proved yet");
    asked.present(&house).await;
    assert_eq!(
        asked.noted(&house).await.as_deref(),
        Some("present"),
        "silence counts from here"
    );
    for _ in 0..3 {
        house.it_is(house.now().plus_seconds(EVERY));
        asked.agent.report(WatchReport::Present).await.unwrap();
    }
    // Long after the request's own time.
    for _ in 0..42 {
        // The clock goes on meanwhile, so this is one report less than silence.
        house.it_is(house.now().plus_seconds(2 * EVERY));
        asked.agent.report(WatchReport::Present).await.unwrap();
    }
    let stranger = Agent::new(&portal(&house), asked.agent.id());
    assert_eq!(stranger.report(WatchReport::Gone).await.unwrap_err(), 409);
    assert_eq!(asked.noted(&house).await.as_deref(), Some("present"));
    asked.agent.report(WatchReport::Gone).await.unwrap();
    assert_eq!(asked.noted(&house).await.as_deref(), Some("gone"));
    assert_eq!(
        asked.agent.report(WatchReport::Present).await.unwrap_err(),
        410,
        "gone is gone"
    );
}

#[tokio::test]
async fn a15_who_was_silent_for_three_reports_is_heard_no_more() {
    let house = House::on_sqlite().await;
    let asked = Asked::of(&house, vec![present()]).await;
    asked.present(&house).await;
    house.it_is(house.now().plus_seconds(3 * EVERY + 1));
    assert_eq!(asked.agent.report(WatchReport::Present).await.unwrap_err(), 410);
}

#[tokio::test]
async fn a_watch_ends_with_its_session_and_with_the_next_watch_of_it() {
    let house = House::on_sqlite().await;
    let asked = Asked::of(&house, vec![present()]).await;
    asked.present(&house).await;
    let renewed = Asked {
        agent: Asked::in_session(&house, asked.session, vec![present()]).await,
        session: asked.session,
    };
    asked.agent.report(WatchReport::Present).await.unwrap();
    renewed.present(&house).await;
    assert_eq!(
        asked.agent.report(WatchReport::Gone).await.unwrap_err(),
        410,
        "the old card may go"
    );
    assert_eq!(asked.noted(&house).await.as_deref(), Some("present"));
    renewed.agent.report(WatchReport::Present).await.unwrap();
    house.store().end_session(asked.session).await.unwrap();
    assert_eq!(renewed.agent.report(WatchReport::Present).await.unwrap_err(), 410);
    assert_eq!(asked.noted(&house).await, None);
}

#[tokio::test]
async fn a_swap_is_a_step_between_two_cards() {
    let house = House::on_sqlite().await;
    let swap = Step::Swap {
        says: both("差し替え")
    };
    let asked = Asked::of(&house, vec![present(), swap, present()]).await;
    let (one, two) = (house.card().await, house.card().await);
    assert_eq!(asked.agent.answer(0, &presented(&one)).await.unwrap(), Verdict::GO);
    let wrong = asked.agent.answer(1, &presented(&two)).await.unwrap_err();
    assert_eq!(wrong.code, Code::Stale, "a step has its own answer");
    assert_eq!(asked.agent.answer(1, &Answer::Swapped).await.unwrap(), Verdict::GO);
    assert_eq!(
        asked.agent.answer(1, &Answer::Swapped).await.unwrap(),
        Verdict::GO,
        "its verdict was lost"
    );
    let done = asked.agent.answer(2, &presented(&two)).await.unwrap();
    assert!(matches!(done, Verdict::Done { .. }), "{done:?}");
}
