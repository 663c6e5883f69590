//! The counter of a city in the console: a clerk looks a card up, looks at a person, signs; and a kiosk takes the card.

use axum::Router;
use axum::http::StatusCode;
use casework::Refusal;
use casework::officer::Role;
use casework::pin_reset::Case;
use server::chance::Chance;
use server::desk::Desk;
use server::office::Office;
use wire::card_request::{CardRequest, Verdict};

use super::seat::{DESK, Seated, agent, seated};
use crate::city::{Asker, Citizen, City, KIOSK, counter_open, reserved};
use crate::grant::certifying;
use crate::house::{House, office, on_both};
use crate::pin_reset::refused;
use crate::portal::browser::{Agent, Answered, portal, signed};

/// A city whose desk is where the tests' officers are.
pub(crate) async fn city(mut house: House, text: &str) -> City {
    let office = Office::from_toml(&text.replacen("id = \"mihon-city\"", "id = \"mihon-ca\"", 1)).unwrap();
    let (store, clock) = (house.store().clone(), house.desk.clock().clone());
    let desk = Desk::new(store, clock, Chance::system(), vec![office.clone()]);
    house.desk = desk.certifying(certifying(&house.place.data));
    house.desk.unblock().await.unwrap();
    let desk = house.desk.clone();
    City {
        house,
        asker: Asker { desk, office },
    }
}

struct AtCounter {
    city: City,
    router: Router,
    clerk: Seated,
    citizen: Citizen,
}

impl AtCounter {
    async fn of(house: House) -> Self {
        Self::with(house, &counter_open()).await
    }

    async fn with(house: House, text: &str) -> Self {
        let city = city(house, text).await;
        let router = portal(&city.house);
        let clerk = seated(&city.house, &router, "1", &[Role::Entry]).await;
        let citizen = city.citizen("000000000000001").await;
        Self {
            city,
            router,
            clerk,
            citizen,
        }
    }

    /// Its authority revokes the citizen's card.
    async fn revokes(&mut self) {
        let (store, clock) = (self.city.desk.store().clone(), self.city.desk.clock().clone());
        self.city.house.desk = Desk::new(store, clock, Chance::system(), vec![office()]);
        self.city.house.revoke(&self.citizen.card).await;
        self.city.house.desk = self.city.desk.clone();
    }

    async fn get(&mut self, path: &str) -> Answered {
        self.clerk.browser.get(&format!("{DESK}{path}")).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answered {
        self.clerk.browser.post(&format!("{DESK}{path}"), fields).await
    }

    async fn looks_up(&mut self, card: &str) -> Answered {
        self.get("/counter").await;
        self.post("/counter", &[("card", card), ("go", "find")]).await
    }

    /// To the page that is confirmed, with this document.
    async fn chooses(&mut self, document: &str) -> Answered {
        let card = self.citizen.number.to_string();
        self.looks_up(&card).await;
        let fields = [
            ("card", &*card),
            ("shown", &card),
            ("document", document),
            ("go", "next"),
        ];
        let answered = self.post("/counter", &fields).await;
        assert_eq!(
            answered.location(),
            format!("{DESK}/counter/confirm"),
            "{}",
            answered.text()
        );
        self.get("/counter/confirm").await
    }

    /// 「ICカードで署名する」, to the agent.
    async fn asks(&mut self, confirm: &Answered) -> Agent {
        let (card, document) = (confirm.hidden("card"), confirm.hidden("document"));
        let asked = self
            .post("/counter/confirm", &[("card", &card), ("document", &document)])
            .await;
        assert_eq!(asked.location(), format!("{DESK}/card"), "{}", asked.text());
        self.get("/card").await.must_say(&card);
        let led = self.post("/card", &[]).await;
        agent(&self.router, &led)
    }

    /// The clerk's card signs what was claimed; the code for the way back.
    async fn signs(&self, agent: &Agent, request: &CardRequest) -> String {
        match agent
            .answer(0, &signed(&self.city.house, request, &self.clerk.card))
            .await
            .unwrap()
        {
            Verdict::Done { code } => code,
            verdict => panic!("{verdict:?}"),
        }
    }
}

on_both! {
    async fn a_clerk_opens_a_reservation_and_a_kiosk_takes_the_card(house: House) {
        let mut at = AtCounter::of(house).await;
        assert_eq!(at.get("").await.location(), format!("{DESK}/counter"), "what a clerk is there for");
        let page = at.get("/counter").await;
        for said in ["窓口での本人確認", "カード番号", "中止されたカードはありません"] {
            page.must_say(said);
        }
        let number = at.citizen.number.to_string();
        // As it is printed, and as a Japanese keyboard writes it.
        let wide: String = number.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap()).collect();
        let found = at.looks_up(&format!("{} {}-{}　{}", &wide[..12], &wide[12..24], &number[8..12], &number[12..])).await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.text());
        for said in ["署名用電子証明書", "有効", "運転免許証", "書類の番号は記録しません", "数字4桁"] {
            found.must_say(said);
        }
        assert_eq!(found.hidden("shown"), number);
        // No document is chosen: said there, and the number stays.
        let missing = at.post("/counter", &[("card", &number), ("shown", &number), ("go", "next")]).await;
        assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
        missing.must_say("E-REQ");
        missing.must_say(&format!("value=\"{number}\""));
        let confirm = at.chooses("driving_licence").await;
        confirm.must_say("運転免許証");
        assert_eq!(refused(at.city.set(&at.citizen, KIOSK).await), Refusal::NoReservation);
        let agent = at.asks(&confirm).await;
        let request = agent.claim().await.unwrap();
        assert_eq!(request.procedure, "pin_reset");
        let way = request.return_to.clone();
        let code = at.signs(&agent, &request).await;
        let opened = at.clerk.browser.get(&format!("{way}?code={code}")).await;
        let path = way.strip_suffix("/return").unwrap().to_owned();
        assert_eq!(opened.location(), format!("{path}?notice=opened"), "{}", opened.text());
        let page = at.clerk.browser.get(&opened.location()).await;
        for said in ["事前予約が完了しました", "期限", "11月20日", "11月21日", "暗証番号を書かないでください", "髙橋 一郎", "data-print"] {
            page.must_say(said);
        }
        // The way back once more: the same page, and one reservation.
        let again = at.clerk.browser.get(&format!("{way}?code={code}")).await;
        assert_eq!(again.location(), format!("{path}?notice=opened"));
        let id = reserved(at.city.set(&at.citizen, KIOSK).await);
        assert_eq!(path, format!("{DESK}/counter/{id}"));
        // What was typed is gone with it, and the other language says the same.
        assert!(!at.get("/counter").await.says(&number));
        at.clerk.browser.post("/language", &[("language", "en"), ("back", &path)]).await;
        let page = at.clerk.browser.get(&path).await;
        for said in ["Your reservation is complete", "Driving licence", "Do not write the password"] {
            page.must_say(said);
        }
        let (set, answer) = at.city.written(&at.citizen, KIOSK).await;
        at.city.report(&at.citizen, (KIOSK, set), Some(answer)).await.unwrap();
        let page = at.clerk.browser.get(&path).await;
        page.must_say("used (");
        assert!(!page.says("Your reservation is complete"), "what is over is not handed out");
        crate::invariant::hold(&at.city.house).await;
    }

    async fn a_signature_that_was_given_up_leaves_everything_typed(house: House) {
        let mut at = AtCounter::of(house).await;
        let confirm = at.chooses("passport").await;
        let agent = at.asks(&confirm).await;
        let request = agent.claim().await.unwrap();
        let code = agent.cancel().await.code;
        let back = at.clerk.browser.get(&format!("{}?code={code}", request.return_to)).await;
        assert_eq!(back.location(), format!("{DESK}/counter/confirm?notice=cancelled"));
        let confirm = at.clerk.browser.get(&back.location()).await;
        confirm.must_say("旅券");
        assert_eq!(confirm.hidden("card"), at.citizen.number.to_string());
        let page = at.get("/counter").await;
        page.must_say(&at.citizen.number.to_string());
        page.must_say("value=\"passport\" checked");
        // The control: from there it goes on.
        let agent = at.asks(&confirm).await;
        let request = agent.claim().await.unwrap();
        let code = at.signs(&agent, &request).await;
        at.clerk.browser.get(&format!("{}?code={code}", request.return_to)).await.location();
        reserved(at.city.set(&at.citizen, KIOSK).await);
    }

    async fn what_cannot_be_opened_says_why_in_both_languages_and_keeps_what_was_typed(house: House) {
        let mut at = AtCounter::of(house).await;
        for language in ["ja", "en"] {
            let en = language == "en";
            at.clerk.browser.post("/language", &[("language", language), ("back", "/")]).await;
            for (typed, code, said) in [
                ("", "E-REQ", if en { "Card number" } else { "カード番号" }),
                ("4111 1111 1111 1112", "E-NUMBER-FORMAT", if en { "sixteen digits" } else { "16桁の数字" }),
                ("123456789012", "E-NUMBER-FORMAT", if en { "sixteen digits" } else { "16桁の数字" }),
                ("4111111111111111", "E-CARD-TYPE", if en { "No card of this number" } else { "見つかりません" }),
            ] {
                let page = at.looks_up(typed).await;
                assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
                for words in [code, said, &format!("value=\"{typed}\"")] {
                    page.must_say(words);
                }
                assert!(!page.says("id=\"next\""));
            }
        }
        at.clerk.browser.post("/language", &[("language", "ja"), ("back", "/")]).await;
        // Another number than the one that was shown is shown first.
        let other = at.city.citizen("000000000000002").await.number.to_string();
        let shown = at.citizen.number.to_string();
        let fields = [("card", &*other), ("shown", &shown), ("document", "passport"), ("go", "next")];
        let page = at.post("/counter", &fields).await;
        assert_eq!((page.status, page.hidden("shown")), (StatusCode::OK, other));
        // A pause of the app is told, and stops nothing.
        let held = at.city.begin(&at.citizen).await.unwrap();
        at.city.prove(&at.citizen, &held).await.unwrap();
        for _ in 0..5 {
            refused(at.city.face(&at.citizen, &held, 100).await);
        }
        let page = at.looks_up(&shown).await;
        page.must_say("休止中");
        page.must_say("id=\"next\"");
        // A reservation is told, and that it will not count any more.
        let citizen = at.city.citizen("000000000000003").await;
        at.city.reserve(&citizen).await;
        at.citizen = citizen;
        let confirm = at.chooses("card_itself").await;
        confirm.must_say("id=\"replaces\"");
        // Revoked, even on the page where it is confirmed.
        at.revokes().await;
        let fields = [("card", confirm.hidden("card")), ("document", confirm.hidden("document"))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answered = at.post("/counter/confirm", &fields).await;
        assert_eq!(answered.location(), format!("{DESK}/counter"));
        let page = at.clerk.browser.follow(answered).await;
        page.must_say("id=\"cannot\"");
        page.must_say("E-CERT-REVOKED");
        page.must_say("失効済み");
        assert!(!page.says("id=\"next\""));
    }

    async fn a_halted_card_is_listed_with_why_and_what_to_do(house: House) {
        let mut at = AtCounter::of(house).await;
        assert!(!at.get("/counter").await.says("点検を依頼"), "the control");
        let held = at.city.reserve(&at.citizen).await;
        at.citizen.counts(5);
        assert_eq!(refused(at.city.set(&at.citizen, KIOSK).await), Refusal::Halted);
        let page = at.get("/counter").await;
        for said in ["点検を依頼", "登録されている回数と合いません", &held.id.to_string()] {
            page.must_say(said);
        }
        let number = at.citizen.number.to_string();
        let page = at.looks_up(&number).await;
        page.must_say("id=\"was-halted\"");
        page.must_say("id=\"next\"");
    }

    async fn where_the_office_has_no_counter_a_card_is_looked_up_and_nothing_is_opened(house: House) {
        let mut at = AtCounter::with(house, server::office::CITIZEN_EXAMPLE).await;
        let number = at.citizen.number.to_string();
        let page = at.looks_up(&number).await;
        page.must_say("id=\"off\"");
        page.must_say("有効");
        assert!(!page.says("id=\"next\""));
        let fields = [("card", number.as_str()), ("document", "passport")];
        let answered = at.post("/counter/confirm", &fields).await;
        assert_eq!(answered.location(), format!("{DESK}/counter"));
        assert_eq!(refused(at.city.set(&at.citizen, KIOSK).await), Refusal::NoReservation);
    }

    async fn a17_a_reservation_of_an_app_and_what_does_not_exist_are_not_at_the_counter(house: House) {
        let mut at = AtCounter::of(house).await;
        let held = at.city.reserve(&at.citizen).await;
        for nothing in [held.id.to_string(), "a".repeat(26), "..%2f".to_owned()] {
            assert_eq!(at.get(&format!("/counter/{nothing}")).await.status, StatusCode::NOT_FOUND, "{nothing}");
            let way = at.get(&format!("/counter/{nothing}/return?code=AAAA")).await;
            assert_eq!(way.status, StatusCode::NOT_FOUND, "{nothing}");
        }
        let confirm = at.chooses("passport").await;
        let agent = at.asks(&confirm).await;
        let request = agent.claim().await.unwrap();
        let code = at.signs(&agent, &request).await;
        // A colleague with the code of this clerk's session has nothing.
        let mut colleague = seated(&at.city.house, &at.router, "2", &[Role::Entry]).await;
        let stolen = colleague.browser.get(&format!("{}?code={code}", request.return_to)).await;
        assert_eq!(stolen.status, StatusCode::NOT_FOUND);
        assert!(matches!(at.city.case(held.id).await, Case::Reserved { .. }));
        at.clerk.browser.get(&format!("{}?code={code}", request.return_to)).await.location();
        assert!(matches!(at.city.case(held.id).await, Case::Replaced { .. }), "the control");
        // A colleague may look at what was opened.
        let path = request.return_to.strip_suffix("/return").unwrap();
        assert_eq!(colleague.browser.get(path).await.status, StatusCode::OK);
    }
}
