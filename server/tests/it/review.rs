//! Who decides: what officers, and whoever writes into the database, try against the second person.

use casework::Refusal;
use casework::officer::Role;
use casework::paper::{Case, Form};
use casework::review::Verdict;
use server::desk::officer::Command as Ask;
use server::desk::paper::{Command, Paper};
use server::desk::{CaseId, Failure};
use server::store::StoreAddress;

use crate::house::{House, on_both};
use crate::invariant;
use crate::office::{CODE, HOLDER, HOLDERS_COMPANY, OFFICE_COMPANY, OPERATOR, TestOfficer, account, form, invitation};

on_both! {
    async fn a21_of_two_officers_at_once_one_has_it_and_the_other_is_told(house: House) {
        let [hanako, jiro, saburo] = three(&house).await;
        for _ in 0..3 {
            let card = house.card().await;
            let case = house.submit(&hanako, &card).await;
            let claim = |officer: &TestOfficer| {
                let (desk, actor) = (house.desk.clone(), officer.actor());
                tokio::spawn(async move { desk.perform(&actor, case, &Command::Claim).await.map(drop) })
            };
            let (one, other) = (claim(&jiro), claim(&saburo));
            match (one.await.unwrap(), other.await.unwrap()) {
                (Ok(()), Err(Failure::Refused(Refusal::Claimed { until })))
                | (Err(Failure::Refused(Refusal::Claimed { until })), Ok(())) => assert!(until > house.now()),
                outcome => panic!("{outcome:?}"),
            }
        }
        invariant::hold(&house).await;
    }

    async fn a21_a_decision_that_comes_after_another_officer_took_over_is_refused(house: House) {
        let [hanako, jiro, saburo] = three(&house).await;
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let card = house.card().await;
        let case = house.submit(&hanako, &card).await;
        let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
        house.do_paper(&boss, case, &Command::Reassign { to: saburo.id }).await.unwrap();
        let late = Command::Decide(jiro.card.sign(&text, house.now()));
        let refused = house.do_paper(&jiro, case, &late).await;
        assert!(matches!(refused, Err(Failure::Refused(Refusal::Claimed { .. }))), "{refused:?}");
        house.decide(&saburo, case, Verdict::Approve).await.unwrap();
        invariant::hold(&house).await;
    }

    async fn a22_the_same_person_under_a_second_account_is_refused(house: House) {
        let [hanako, ..] = three(&house).await;
        let again = house.officer("1001", "見本 花子", &[Role::Approval]).await;
        assert_ne!(again.card.subject.card, hanako.card.subject.card, "another account with another card");
        let case = house.submit(&hanako, &house.card().await).await;
        for officer in [&hanako, &again] {
            assert_refused(house.do_paper(officer, case, &Command::Claim).await, Refusal::SamePerson);
        }
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let handed = house.do_paper(&boss, case, &Command::Reassign { to: again.id }).await;
        assert_refused(handed, Refusal::SamePerson);
    }

    async fn a22_nobody_enters_or_decides_for_the_own_company_or_the_own_card(house: House) {
        let [hanako, jiro, saburo] = three(&house).await;
        let both = [Role::Entry, Role::Approval];
        let by_number = house.officer_of(account("1007", "内部 一", HOLDERS_COMPANY, &both)).await;
        let by_name = house.officer_of(account("1008", "内部 二", "株式会社テスト工務店", &both)).await;
        let card = house.card().await;
        let case = house.submit(&hanako, &card).await;
        for insider in [&by_number, &by_name] {
            assert_refused(house.do_paper(insider, case, &Command::Claim).await, Refusal::OwnApplication);
            let own = house.desk.new_case();
            house.do_paper(insider, own, &house.entering(&card)).await.unwrap();
            let present = Command::Present { language: wire::office::Language::Ja };
            assert_refused(house.do_paper(insider, own, &present).await, Refusal::OwnApplication);
        }
        // Where an organisation looks after its own cards its officers decide, and still not on their own.
        let toml = server::office::AUTHORITY_EXAMPLE.replacen("own_company = \"refused\"", "own_company = \"taken\"", 1);
        let offices = vec![server::office::Office::from_toml(&toml).unwrap()];
        let desk = server::desk::Desk::new(
            house.store().clone(), house.desk.clock().clone(), house.desk.chance().clone(), offices,
        );
        desk.perform(&by_name.actor(), case, &Command::Claim).await.unwrap();
        let mut house = house;
        house.desk = desk;
        let own = house.submit(&hanako, &jiro.card).await;
        assert_refused(house.do_paper(&jiro, own, &Command::Claim).await, Refusal::OwnApplication);
        let again = house.officer("1002", "見本 次郎", &[Role::Approval]).await;
        assert_refused(house.do_paper(&again, own, &Command::Claim).await, Refusal::OwnApplication);
        house.do_paper(&saburo, own, &Command::Claim).await.unwrap();
    }

    async fn a22_a_card_that_an_officer_had_before_is_the_officers_own(house: House) {
        let mut house = house;
        let toml = server::office::AUTHORITY_EXAMPLE.replacen("own_company = \"refused\"", "own_company = \"taken\"", 1);
        let offices = vec![server::office::Office::from_toml(&toml).unwrap()];
        house.desk = server::desk::Desk::new(
            house.store().clone(), house.desk.clock().clone(), house.desk.chance().clone(), offices,
        );
        let [hanako, jiro, saburo] = three(&house).await;
        // The card is lost; the officer is invited again, and enrols a new one.
        let theirs = account("1002", "見本 次郎", OFFICE_COMPANY, &[Role::Entry, Role::Approval]);
        house.ask_account(jiro.account(), &OPERATOR, &invitation(&theirs, CODE)).await.unwrap();
        let new = house.officers_card("見本 次郎").await;
        let enrol = house.enrolment("見本 次郎", &new);
        house.ask_account(jiro.account(), &HOLDER, &Ask::Enrol(Box::new(enrol))).await.unwrap();
        let TestOfficer { id, card: lost } = jiro;
        let jiro = TestOfficer { id, card: new };
        let case = house.submit(&hanako, &lost).await;
        assert_refused(house.do_paper(&jiro, case, &Command::Claim).await, Refusal::OwnApplication);
        let own = house.desk.new_case();
        house.do_paper(&jiro, own, &house.entering(&lost)).await.unwrap();
        let present = Command::Present { language: wire::office::Language::Ja };
        assert_refused(house.do_paper(&jiro, own, &present).await, Refusal::OwnApplication);
        house.decide(&saburo, case, Verdict::Approve).await.unwrap();
    }

    async fn a23_an_edit_voids_the_first_approval(house: House) {
        let [hanako, jiro, _] = three(&house).await;
        let card = house.card().await;
        let (case, first) = house.present(&hanako, &card).await;
        house.do_paper(&hanako, case, &Command::Submit(hanako.card.sign(&first, house.now()))).await.unwrap();
        let changed = Form { name: "代表　花子".to_owned(), ..form() };
        house.do_paper(&hanako, case, &house.entering_as(&card, &changed)).await.unwrap();
        assert_refused(house.do_paper(&jiro, case, &Command::Claim).await, Refusal::Stale);
        house.present_again(&hanako, case).await;
        let old = Command::Submit(hanako.card.sign(&first, house.now()));
        assert_refused(house.do_paper(&hanako, case, &old).await, Refusal::AnotherText);
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
    }

    async fn a24_the_approval_of_a_colleague_or_the_first_one_sent_again_approves_nothing(house: House) {
        let [hanako, jiro, saburo] = three(&house).await;
        let card = house.card().await;
        let (case, first) = house.present(&hanako, &card).await;
        let submit = hanako.card.sign(&first, house.now());
        house.do_paper(&hanako, case, &Command::Submit(submit.clone())).await.unwrap();
        let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
        let colleagues = Command::Decide(saburo.card.sign(&text, house.now()));
        assert_refused(house.do_paper(&jiro, case, &colleagues).await, Refusal::AnotherCard);
        assert_refused(house.do_paper(&jiro, case, &Command::Decide(submit.clone())).await, Refusal::AnotherCard);
        assert_refused(house.do_paper(&hanako, case, &Command::Decide(submit)).await, Refusal::SamePerson);
        // What the second person signed for another application fits no other one either.
        let other = house.submit(&hanako, &house.card().await).await;
        house.ask_decision(&jiro, other, Verdict::Approve).await;
        let elsewhere = Command::Decide(jiro.card.sign(&text, house.now()));
        assert_refused(house.do_paper(&jiro, other, &elsewhere).await, Refusal::AnotherText);
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
        house.do_paper(&jiro, case, &Command::Decide(jiro.card.sign(&text, house.now()))).await.unwrap();
        assert!(house.store().status(card.certificate()).await.unwrap().is_some(), "the right one does");
    }

    async fn who_was_shown_a_text_signs_it(house: House) {
        let [hanako, _, saburo] = three(&house).await;
        let card = house.card().await;
        let (case, text) = house.present(&hanako, &card).await;
        let by_another = Command::Submit(saburo.card.sign(&text, house.now()));
        assert_refused(house.do_paper(&saburo, case, &by_another).await, Refusal::AnotherText);
    }

    async fn a25_a_first_approval_without_its_signature_is_refused(house: House) {
        let [hanako, jiro, _] = three(&house).await;
        for sql in [
            "DELETE FROM evidence WHERE kind = 'signature' AND digest = (SELECT digest FROM evidence WHERE kind = 'signature')",
            "UPDATE evidence SET content = {other} WHERE kind = 'signature'",
            "UPDATE evidence SET content = {other} WHERE kind = 'text'",
            "UPDATE evidence SET content = {other} WHERE kind = 'file'",
            "UPDATE office_case SET document = REPLACE(document, '代表　太郎', '別人　太郎') WHERE procedure = 'paper'",
            "UPDATE office_case SET document = REPLACE(document, '\"person\":\"1001\"', '\"person\":\"1009\"') WHERE procedure = 'paper'",
        ] {
            let card = house.card().await;
            let case = house.submit(&hanako, &card).await;
            let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
            let other = match house.place.address {
                StoreAddress::Sqlite(_) => "x'41'",
                StoreAddress::Postgres(_) => "decode('41', 'hex')",
            };
            let sql = sql.replace("{other}", other).replace("WHERE kind", &format!("WHERE case_id = {} AND kind", octets(&house, case)))
                .replace("WHERE procedure", &format!("WHERE id = {} AND procedure", octets(&house, case)));
            invariant::tamper(&house.place.address, &sql).await;
            let decide = Command::Decide(jiro.card.sign(&text, house.now()));
            assert_refused(house.do_paper(&jiro, case, &decide).await, Refusal::Unproven);
            assert!(house.store().status(card.certificate()).await.unwrap().is_none(), "{sql}");
        }
    }

    async fn a25_an_approved_row_that_was_written_by_hand_is_refused(house: House) {
        let [hanako, jiro, _] = three(&house).await;
        // A real first approval of one application, copied with its text and its signature under another one that
        // nobody signed: whoever writes into the database can do as much.
        let genuine = house.submit(&hanako, &house.card().await).await;
        let card = house.card().await;
        let victim = house.desk.new_case();
        house.do_paper(&hanako, victim, &house.entering(&card)).await.unwrap();
        let Case::Drafting { content, .. } = house.desk.look(victim).await.unwrap() else { panic!() };
        let Case::Waiting { review, .. } = house.desk.look(genuine).await.unwrap() else { panic!() };
        let from = house.store().case(genuine.octets()).await.unwrap().unwrap().document.text;
        let own = house.store().case(victim.octets()).await.unwrap().unwrap().document.text;
        let (from, own): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&from).unwrap(), serde_json::from_str(&own).unwrap());
        let mut forged = from.clone();
        forged["entry"] = own["entry"].clone();
        let forged = forged.to_string().replace(&review.content.to_string(), &content.to_string());
        let sql = format!(
            "UPDATE office_case SET state = 'waiting', document = '{}' WHERE id = {to};
             INSERT INTO evidence (case_id, kind, digest, content, kept_at)
                SELECT {to}, kind, digest, content, kept_at FROM evidence
                WHERE case_id = {from} AND kind IN ('text', 'signature')",
            forged.replace('\'', "''"),
            to = octets(&house, victim),
            from = octets(&house, genuine),
        );
        invariant::tamper(&house.place.address, &sql).await;
        assert!(matches!(house.desk.look(victim).await.unwrap(), Case::Waiting { .. }), "it looks like any other");
        assert_refused(house.decide(&jiro, victim, Verdict::Approve).await, Refusal::Unproven);
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
        house.decide(&jiro, genuine, Verdict::Approve).await.unwrap();
    }

    async fn a20_what_was_revoked_while_the_second_person_looked_is_told(house: House) {
        let [hanako, jiro, _] = three(&house).await;
        let card = house.card().await;
        let case = house.submit(&hanako, &card).await;
        let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
        let (_, online) = house.revoke(&card).await;
        let casework::revocation::Case::Revoked { number, .. } = online.case else { panic!() };
        let decide = Command::Decide(jiro.card.sign(&text, house.now()));
        assert_refused(house.do_paper(&jiro, case, &decide).await, Refusal::AlreadyApplied { number });
        invariant::hold(&house).await;
    }

    async fn a20_paper_and_online_at_the_same_moment_revoke_once(house: House) {
        let [hanako, jiro, _] = three(&house).await;
        for _ in 0..3 {
            let card = house.card().await;
            let case = house.submit(&hanako, &card).await;
            let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
            let (online, shown) = house.ask(&card).await;
            let decide = Command::Decide(jiro.card.sign(&text, house.now()));
            let confirm = server::desk::revocation::Command::Confirm(card.sign(&shown, house.now()));
            let (desk, actor) = (house.desk.clone(), jiro.actor());
            let on_paper = tokio::spawn(async move { desk.perform(&actor, case, &decide).await.map(|done| done.case.number()) });
            let desk = house.desk.clone();
            let by_card = tokio::spawn(async move {
                desk.perform(&crate::house::HOLDER, online, &confirm).await.map(|done| match done.case {
                    casework::revocation::Case::Revoked { number, .. } => Some(number),
                    _ => None,
                })
            });
            match (on_paper.await.unwrap(), by_card.await.unwrap()) {
                (Ok(Some(number)), Err(Failure::Refused(Refusal::AlreadyApplied { number: told })))
                | (Err(Failure::Refused(Refusal::AlreadyApplied { number: told })), Ok(Some(number))) => assert_eq!(number, told),
                outcome => panic!("{outcome:?}"),
            }
        }
        invariant::hold(&house).await;
    }

    async fn r16_an_officers_card_that_is_revoked_in_the_middle_signs_nothing(house: House) {
        let [hanako, jiro, saburo] = three(&house).await;
        let card = house.card().await;
        let case = house.submit(&hanako, &card).await;
        let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
        house.revoke(&jiro.card).await;
        let decide = Command::Decide(jiro.card.sign(&text, house.now()));
        assert_refused(house.do_paper(&jiro, case, &decide).await, Refusal::NotAnOfficer);
        // The first person's card, too: its approval counts for nothing from then on.
        house.it_is(house.now().plus_seconds(3_600));
        house.revoke(&hanako.card).await;
        assert_refused(house.decide(&saburo, case, Verdict::Approve).await, Refusal::Unproven);
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
        let denied = house.decide(&saburo, case, Verdict::Return(Box::new(casework::review::Reason {
            key: "papers_missing".to_owned(),
            remark: None,
        }))).await;
        denied.unwrap();
    }

    async fn a_claim_ends_by_itself_and_another_officer_goes_on(house: House) {
        let [hanako, jiro, saburo] = three(&house).await;
        let case = house.submit(&hanako, &house.card().await).await;
        let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
        house.it_is(house.now().plus_seconds(31 * 60));
        let late = Command::Decide(jiro.card.sign(&text, house.now()));
        assert_refused(house.do_paper(&jiro, case, &late).await, Refusal::NotClaimed);
        house.decide(&saburo, case, Verdict::Approve).await.unwrap();
    }
}

async fn three(house: &House) -> [TestOfficer; 3] {
    [
        house.officer("1001", "見本 花子", &[Role::Entry, Role::Approval]).await,
        house.officer("1002", "見本 次郎", &[Role::Approval]).await,
        house
            .officer_of(account(
                "1003",
                "見本 三郎",
                OFFICE_COMPANY,
                &[Role::Approval, Role::Entry],
            ))
            .await,
    ]
}

/// A case's id as this database writes octets.
fn octets(house: &House, case: CaseId<Paper>) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(case.octets()));
    match house.place.address {
        StoreAddress::Sqlite(_) => format!("x'{hex}'"),
        StoreAddress::Postgres(_) => format!("decode('{hex}', 'hex')"),
    }
}

fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Failure>, expected: Refusal) {
    match outcome {
        Err(Failure::Refused(refusal)) => assert_eq!(refusal, expected),
        outcome => panic!("{outcome:?} instead of {expected:?}"),
    }
}
