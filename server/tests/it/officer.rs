//! Officers' accounts through the real store: who is let in, who acts at this moment, and who is out.

use casework::Refusal;
use casework::evidence::{Asserted, Presented};
use casework::identity::OfficerId;
use casework::officer::{Case, Proof, Role, Roles};
use server::desk::evidence::sha256;
use server::desk::officer::{Command, NewPasskey, OfficerAccount, dormant, invitation_code, invitation_digest};
use server::desk::{Actor, CaseId, Desk, Failure};
use server::store::{Clash, Commit, Errand, NewEvent, OfficerRow, OfficerState, Store, Write};

use crate::held::Held;
use crate::house::{House, on_both};
use crate::office::{CODE, HOLDER, OFFICE_COMPANY, OPERATOR, TestOfficer, account, invitation};

on_both! {
    async fn an_invited_officer_enrols_logs_in_and_acts(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry, Role::Approval]).await;
        let acting = house.desk.acting(hanako.id).await.unwrap().unwrap();
        assert_eq!((acting.name.as_str(), acting.office.as_str()), ("見本 花子", "mihon-ca"));
        assert_eq!(acting.officer.card, hanako.card.subject.card);
        house.it_is(house.now().plus_seconds(3_600));
        house.ask_account(hanako.account(), &HOLDER, &log_in(&house, &hanako)).await.unwrap();
        let row = house.store().officer_by_card(hanako.card.subject.card).await.unwrap().unwrap();
        let seen = house.store().officers("mihon-ca").await.unwrap();
        assert_eq!(seen, std::slice::from_ref(&row));
        let OfficerState::Active { seen, .. } = row.state else { panic!("{row:?}") };
        assert!(house.now().0 - seen.0 < 60, "the last login");
        let events: Vec<_> = house.store().events(hanako.id.0).await.unwrap().into_iter().map(|event| event.name).collect();
        assert_eq!(events, ["invited", "enrolled", "logged_in"]);
        crate::invariant::hold(&house).await;
    }

    async fn a_code_is_taken_however_it_is_typed_and_once(house: House) {
        let account = account("1001", "見本 花子", OFFICE_COMPANY, &[Role::Entry]);
        let card = house.officers_card("見本 花子").await;
        let id = house.invite(&account).await;
        let mut enrolment = house.enrolment("見本花子", &card);
        enrolment.code = invitation_digest("abcde fghjk lmnpq rstux");
        let wrong = Command::Enrol(Box::new(enrolment.clone()));
        assert_refused(house.ask_account(id, &HOLDER, &wrong).await, Refusal::WrongCode);
        enrolment.code = invitation_digest("abcde fghjk lmnpq rstuv");
        let right = Command::Enrol(Box::new(enrolment));
        let first = house.ask_account(id, &HOLDER, &right).await.unwrap();
        assert_eq!(house.ask_account(id, &HOLDER, &right).await.unwrap(), first, "sent twice it is one enrolment");
        let drawn = invitation_code(house.desk.chance());
        assert_eq!((drawn.len(), drawn.matches('-').count()), (23, 3), "{drawn}");
    }

    async fn a_card_belongs_to_one_account_even_when_two_enrol_it_at_once(house: House) {
        let name = "見本 花子";
        let card = house.officers_card(name).await;
        let accounts = [account("1001", name, OFFICE_COMPANY, &[Role::Entry]), account("1002", name, OFFICE_COMPANY, &[Role::Approval])];
        let mut running = Vec::new();
        for account in &accounts {
            let id = house.invite(account).await;
            let enrol = Command::Enrol(Box::new(house.enrolment(name, &card)));
            let desk = house.desk.clone();
            running.push(tokio::spawn(async move { desk.perform(&HOLDER, id, &enrol).await.map(drop) }));
        }
        let mut outcomes = Vec::new();
        for one in running {
            outcomes.push(one.await.unwrap());
        }
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert!(outcomes.contains(&Err(Failure::Refused(Refusal::CardTaken))), "{outcomes:?}");
    }

    async fn r16_a_blocked_officer_is_out_at_the_next_request(house: House) {
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let card = house.card().await;
        let case = house.desk.new_case();
        house.do_paper(&hanako, case, &house.entering(&card)).await.unwrap();
        house.ask_account(hanako.account(), &boss.actor(), &Command::Block).await.unwrap();
        assert_eq!(house.desk.acting(hanako.id).await.unwrap(), None);
        let again = house.do_paper(&hanako, case, &house.entering_as(&card, &crate::office::form())).await;
        assert_refused(again, Refusal::NotAnOfficer);
        assert_refused(house.ask_account(hanako.account(), &HOLDER, &log_in(&house, &hanako)).await, Refusal::NotAnOfficer);
        assert_refused(house.ask_account(boss.account(), &hanako.actor(), &Command::Block).await, Refusal::NotAnOfficer);
        let refused: Vec<_> = house.store().events(case.octets()).await.unwrap().into_iter().filter_map(|event| event.refusal).collect();
        assert_eq!(refused, ["not_an_officer"], "it leaves its line");
        house.ask_account(hanako.account(), &boss.actor(), &Command::Unblock).await.unwrap();
        assert!(house.desk.acting(hanako.id).await.unwrap().is_some());
        house.ask_account(hanako.account(), &boss.actor(), &Command::Block).await.unwrap();
        let mut letters = Vec::new();
        while let Some(errand) = house.store().take_errand("test", house.now(), std::time::Duration::from_mins(1)).await.unwrap() {
            letters.extend((errand.case == hanako.id.0).then_some(errand.errand));
        }
        let blocked = Errand::OfficerLetter(casework::officer::Letter::Blocked);
        assert_eq!(letters.iter().filter(|letter| **letter == blocked).count(), 2, "told each time: {letters:?}");
        crate::invariant::hold(&house).await;
    }

    async fn a22_an_account_that_acted_stays_its_persons(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let another = invitation(&account("1009", "見本 五郎", OFFICE_COMPANY, &[Role::Entry]), CODE);
        let again = invitation(&account("1001", "見本 花子", OFFICE_COMPANY, &[Role::Entry]), CODE);
        for _ in 0..2 {
            let refused = house.ask_account(hanako.account(), &boss.actor(), &another).await;
            assert_refused(refused, Refusal::Stale);
            // Nor by way of an invitation of its own person.
            house.ask_account(hanako.account(), &boss.actor(), &again).await.unwrap();
        }
        // Who was never enrolled did nothing yet: what was mistyped is put right.
        let fresh = house.invite(&account("1002", "見本 次郎", OFFICE_COMPANY, &[Role::Entry])).await;
        house.ask_account(fresh, &boss.actor(), &another).await.unwrap();
    }

    async fn r16_an_officer_whose_card_is_revoked_or_expired_acts_no_more(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let jiro = house.officer("1002", "見本 次郎", &[Role::Entry]).await;
        let passkey = passkey(1);
        house.ask_account(hanako.account(), &hanako.actor(), &Command::AddPasskey(passkey.clone())).await.unwrap();
        house.revoke(&hanako.card).await;
        assert_eq!(house.desk.acting(hanako.id).await.unwrap(), None);
        assert!(house.desk.acting(jiro.id).await.unwrap().is_some());
        let by_passkey = Command::LogIn(Proof::Passkey(Asserted::verified(sha256(&passkey.credential), house.now())));
        assert_refused(house.ask_account(hanako.account(), &HOLDER, &by_passkey).await, Refusal::NotAnOfficer);
        house.it_is(casework::time::Instant(jiro.card.signature.not_after()).plus_seconds(1));
        assert_eq!(house.desk.acting(jiro.id).await.unwrap(), None);
    }

    async fn r16_accounts_without_a_login_for_ninety_days_are_reported(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let jiro = house.officer("1002", "見本 次郎", &[Role::Entry]).await;
        let late = house.invite(&account("1003", "見本 三郎", OFFICE_COMPANY, &[Role::Audit])).await;
        let policy = crate::house::office().officers.policy;
        let asleep = async |house: &House| {
            let rows = house.store().officers("mihon-ca").await.unwrap();
            let mut ids: Vec<OfficerId> = dormant(&rows, &policy, house.now()).map(|row| row.id).collect();
            ids.sort();
            ids
        };
        assert!(asleep(&house).await.is_empty());
        house.it_is(house.now().plus_seconds(89 * 86_400));
        house.ask_account(jiro.account(), &HOLDER, &log_in(&house, &jiro)).await.unwrap();
        house.it_is(house.now().plus_seconds(2 * 86_400));
        let mut expected = [hanako.id, OfficerId(late.octets())];
        expected.sort();
        assert_eq!(asleep(&house).await, expected);
    }

    async fn a21_of_two_administrators_who_unseat_each_other_at_once_one_wins_and_the_other_is_told(house: House) {
        let elsewhere = tempfile::tempdir().unwrap();
        let second = Store::open_beside(&house.place.address, elsewhere.path(), house.desk.chance()).await.unwrap();
        let office = vec![crate::house::office()];
        let nodes = [house.desk.clone(), Desk::new(second, house.desk.clock().clone(), house.desk.chance().clone(), office)];
        let entry: Roles = [Role::Entry].into_iter().collect();
        for (command, told) in [
            (Command::Block, Refusal::NotAnOfficer),
            (Command::Assign { roles: entry }, Refusal::NoRole { role: Role::Administration }),
        ] {
            let both = [house.officer("1000", "見本 管理", &[Role::Administration]).await, house.officer("1001", "見本 花子", &[Role::Administration]).await];
            // Both decide while nobody can commit: each of them sees the other as an administrator.
            let mut held = Held::take(&house.place.address).await;
            let mut running = Vec::new();
            for (asks, desk) in nodes.iter().enumerate() {
                let (desk, by, of, command) = (desk.clone(), both[asks].actor(), both[1 - asks].account(), command.clone());
                running.push(tokio::spawn(async move { desk.perform(&by, of, &command).await.map(drop) }));
            }
            held.until_waiting(2).await;
            held.end().await;
            let mut outcomes = Vec::new();
            for one in running {
                outcomes.push(one.await.unwrap());
            }
            let loser = outcomes.iter().position(|outcome| *outcome == Err(Failure::Refused(told))).unwrap_or_else(|| panic!("{outcomes:?}"));
            assert_eq!(outcomes[1 - loser], Ok(()));
            assert_eq!(administrators(&house).await, [both[1 - loser].id]);
            let refused = house.store().events(both[1 - loser].id.0).await.unwrap().pop().unwrap().refusal;
            assert!(refused.is_some(), "what the loser asked for leaves its line");
            house.ask_account(both[1 - loser].account(), &OPERATOR, &Command::Block).await.unwrap();
            assert_eq!(administrators(&house).await, [], "the operator may end the last one");
        }
        crate::invariant::hold(&house).await;
    }

    async fn a21_what_an_administrator_decided_is_not_committed_once_they_are_none(house: House) {
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let commit = async |writes: Vec<Write>| {
            let case = house.store().case(hanako.id.0).await.unwrap().unwrap();
            let state = case.document.state.clone();
            let event = NewEvent { procedure: "officer", name: "assigned", actor: boss.actor().to_string(), states: (state.clone(), state), refusal: None, details: Vec::new(), salt: house.desk.chance().octets() };
            house.store().commit(vec![Commit { case, at: house.now(), event, writes, errands: Vec::new(), evidence: Vec::new() }]).await
        };
        let administers = |by: &TestOfficer, office: &str| vec![Write::Administers { office: office.to_owned(), by: by.id }];
        assert_eq!(commit(administers(&boss, "mihon-ca")).await, Ok(()));
        assert_eq!(commit(administers(&boss, "other-ca")).await, Err(Clash::Moved));
        assert_eq!(commit(administers(&hanako, "mihon-ca")).await, Err(Clash::Moved));
        house.ask_account(boss.account(), &OPERATOR, &Command::Block).await.unwrap();
        assert_eq!(commit(administers(&boss, "mihon-ca")).await, Err(Clash::Moved));
        assert_eq!(commit(Vec::new()).await, Ok(()), "it is this write that fails");
    }

    async fn an_administrator_looks_after_others_and_nobody_after_the_own_account(house: House) {
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let roles: Roles = [Role::Entry, Role::Approval].into_iter().collect();
        let assign = Command::Assign { roles };
        assert_refused(house.ask_account(boss.account(), &boss.actor(), &Command::Block).await, Refusal::OwnAccount);
        assert_refused(house.ask_account(hanako.account(), &hanako.actor(), &assign).await, Refusal::OwnAccount);
        let no_role = Refusal::NoRole { role: Role::Administration };
        assert_refused(house.ask_account(boss.account(), &hanako.actor(), &Command::Block).await, no_role);
        house.ask_account(hanako.account(), &boss.actor(), &assign).await.unwrap();
        assert_eq!(house.desk.acting(hanako.id).await.unwrap().unwrap().officer.roles, roles, "from the next request on");
        let by_token = Actor::Program { id: hanako.id, token: [1; 16] };
        let add = Command::AddPasskey(passkey(1));
        assert_refused(house.ask_account(hanako.account(), &by_token, &add).await, Refusal::NotAnOfficer);
        let new = account("1005", "見本 五郎", OFFICE_COMPANY, &[Role::Audit]);
        let invited = house.ask_account(house.desk.new_case(), &boss.actor(), &invitation(&new, CODE)).await.unwrap();
        assert!(matches!(invited.case, Case::Invited { .. }));
    }

    async fn a_passkey_logs_in_to_one_account_and_goes_with_a_block(house: House) {
        let boss = house.officer("1000", "見本 管理", &[Role::Administration]).await;
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let key = passkey(7);
        let add = Command::AddPasskey(key.clone());
        house.ask_account(hanako.account(), &hanako.actor(), &add).await.unwrap();
        house.ask_account(hanako.account(), &hanako.actor(), &add).await.unwrap();
        assert_refused(house.ask_account(boss.account(), &boss.actor(), &add).await, Refusal::CardTaken);
        let row = house.store().passkey(&key.credential).await.unwrap().unwrap();
        assert_eq!((row.owner, row.counter, row.used_at), (hanako.id.0, 3, None));
        house.store().use_passkey(key.credential.clone(), 9, house.now()).await.unwrap();
        house.store().use_passkey(key.credential.clone(), 4, house.now()).await.unwrap();
        let row = house.store().passkey(&key.credential).await.unwrap().unwrap();
        assert_eq!(row.counter, 9, "a counter does not go back");
        let by_passkey = Command::LogIn(Proof::Passkey(Asserted::verified(row.digest, house.now())));
        house.ask_account(hanako.account(), &HOLDER, &by_passkey).await.unwrap();
        house.ask_account(hanako.account(), &boss.actor(), &Command::Block).await.unwrap();
        assert_eq!(house.store().passkeys(hanako.id.0).await.unwrap(), []);
        house.ask_account(hanako.account(), &boss.actor(), &Command::Unblock).await.unwrap();
        assert_refused(house.ask_account(hanako.account(), &HOLDER, &by_passkey).await, Refusal::AnotherCard);
    }

    async fn an_officer_of_another_office_is_nobody_here(house: House) {
        let boss = house.officer("1000", "見本 管理", &[Role::Administration, Role::Entry]).await;
        let other = server::office::AUTHORITY_EXAMPLE.replacen("id = \"mihon-ca\"", "id = \"other-ca\"", 1);
        let offices = vec![crate::house::office(), server::office::Office::from_toml(&other).unwrap()];
        let desk = Desk::new(house.store().clone(), house.desk.clock().clone(), house.desk.chance().clone(), offices);
        let account = account("2001", "別所 太郎", OFFICE_COMPANY, &[Role::Entry]);
        let Command::Invite { language, account, code, .. } = invitation(&account, CODE) else { unreachable!() };
        let elsewhere = Command::Invite { office: "other-ca".to_owned(), language, account, code };
        let case: CaseId<OfficerAccount> = desk.new_case();
        assert_refused(desk.perform(&boss.actor(), case, &elsewhere).await, Refusal::NotAnOfficer);
        desk.perform(&OPERATOR, case, &elsewhere).await.unwrap();
        assert_refused(desk.perform(&boss.actor(), case, &Command::Block).await, Refusal::NotAnOfficer);
    }
}

/// Who can let others in, by the register.
async fn administrators(house: &House) -> Vec<OfficerId> {
    let rows = house.store().officers("mihon-ca").await.unwrap();
    let administers = |row: &&OfficerRow| {
        matches!(row.state, OfficerState::Active { .. }) && row.account.roles.contains(Role::Administration)
    };
    rows.iter().filter(administers).map(|row| row.id).collect()
}

#[test]
fn an_operator_invites_lists_and_blocks_by_command() {
    let desk = crate::operator::Desk::new();
    desk.done(&["office", "load", "office.toml"]);
    let invite = [
        "officer",
        "invite",
        "--office",
        "mihon-ca",
        "--person",
        "1001",
        "--name",
        "見本 花子",
        "--role",
        "entry",
        "--role",
        "administration",
        "--mail",
        "hanako@ca.example",
    ];
    let (status, said) = desk.kagimori(&invite);
    assert!(status == 64 && said.contains("--company"), "{said}");
    let invited = desk.json(&[&invite[..], &["--company", "7000012050002"]].concat());
    let (account, code) = (invited["account"].as_str().unwrap(), invited["code"].as_str().unwrap());
    assert_eq!((account.len(), code.len()), (26, 23));
    assert!(
        invited["address"]
            .as_str()
            .unwrap()
            .ends_with("/console/mihon-ca/enrol"),
        "{invited}"
    );
    let list = desk.json(&["officer", "list", "--office", "mihon-ca"]);
    assert_eq!(
        list["officers"][0]["roles"],
        serde_json::json!(["entry", "administration"])
    );
    assert!(!list.to_string().contains(code), "the code is shown once");
    desk.done(&["officer", "block", account]);
    let said = desk.done(&["officer", "list", "--office", "mihon-ca"]);
    assert!(said.contains("blocked") && said.contains("1001"), "{said}");
    let (status, said) = desk.kagimori(&["officer", "unblock", account]);
    assert!(
        status == 1 && said.contains("officer list"),
        "no card was enrolled: {said}"
    );
    let (status, said) = desk.kagimori(&["officer", "list", "--office", "nowhere"]);
    assert!(status == 1 && said.contains("office list"), "{said}");
}

fn log_in(house: &House, officer: &TestOfficer) -> Command {
    Command::LogIn(Proof::Card(Presented::verified(officer.card.subject.card, house.now())))
}

fn passkey(mark: u8) -> NewPasskey {
    NewPasskey {
        credential: vec![mark; 32],
        public_key: vec![mark; 77],
        counter: 3,
        label: "机のかぎ".to_owned(),
    }
}

fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Failure>, expected: Refusal) {
    match outcome {
        Err(Failure::Refused(refusal)) => assert_eq!(refusal, expected),
        outcome => panic!("{outcome:?} instead of {expected:?}"),
    }
}
