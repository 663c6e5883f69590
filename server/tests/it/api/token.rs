//! Tokens: whose they are, what for, and until when.

use casework::officer::Role;
use serde_json::json;
use server::desk::Actor;
use server::desk::CaseId;
use server::desk::officer::{Command, OfficerAccount, invitation_digest};
use wire::api::Scope;

use super::stand::{OFFICE, Program, Stand, form};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_scope_does_nothing_and_none_at_all_is_told_how_to_come_back() {
    let stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let path = format!("/offices/{OFFICE}/queue");
    let narrow = stand.program(OFFICE, officer.id, &[Scope::CaseRead], 1).await;
    assert_eq!(narrow.get(&path).await.status, 200);
    let refused = narrow.post(&format!("/offices/{OFFICE}/papers"), &form()).await;
    refused.problem(403, "E-SCOPE");
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .contains("scope=\"case:write\"")
    );
    let none = stand.stranger().get(&path).await;
    none.problem(401, "E-TOKEN");
    assert_eq!(none.header("www-authenticate"), Some("Bearer realm=\"kagimori\""));
    let forged = Program {
        token: format!("{}x", narrow.token),
        ..narrow.clone()
    };
    forged.get(&path).await.problem(401, "E-TOKEN");
    let basic = [("authorization", "Basic YTpi")];
    stand
        .stranger()
        .call("GET", &path, &basic, None)
        .await
        .problem(401, "E-TOKEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_ends_with_its_time_its_revocation_and_its_account() {
    let stand = Stand::new().await;
    let path = format!("/offices/{OFFICE}/queue");
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Approval]).await;
    let short = stand.program(OFFICE, officer.id, &[Scope::CaseRead], 1).await;
    let gone = stand.program(OFFICE, officer.id, &[Scope::CaseRead], 30).await;
    assert_eq!(
        (short.get(&path).await.status, gone.get(&path).await.status),
        (200, 200)
    );
    let rows = stand.desk().store().tokens(OFFICE).await.unwrap();
    let later = stand.node.now() + 20 * 86_400;
    let row = rows
        .into_iter()
        .find(|row| (later..later + 20 * 86_400).contains(&row.expires_at.0))
        .unwrap();
    let operator = Actor::Operator { name: "test" };
    assert!(stand.desk().revoke_token(&operator, row.clone()).await.unwrap());
    assert!(
        !stand.desk().revoke_token(&operator, row).await.unwrap(),
        "once is enough"
    );
    gone.get(&path).await.problem(401, "E-TOKEN");
    assert_eq!(short.get(&path).await.status, 200);
    assert_eq!(officer.program.get(&path).await.status, 200);
    let account: CaseId<OfficerAccount> = CaseId::from_octets(officer.id.0);
    stand.desk().perform(&operator, account, &Command::Block).await.unwrap();
    officer.program.get(&path).await.problem(401, "E-TOKEN");
    stand
        .desk()
        .perform(&operator, account, &Command::Unblock)
        .await
        .unwrap();
    officer.program.get(&path).await.problem(401, "E-TOKEN");
    let short = stand.program(OFFICE, officer.id, &[Scope::CaseRead], 1).await;
    let anew = stand.program(OFFICE, officer.id, &[Scope::CaseRead], 30).await;
    assert_eq!(
        (short.get(&path).await.status, anew.get(&path).await.status),
        (200, 200)
    );
    stand.node.advance(2 * 86_400);
    short.get(&path).await.problem(401, "E-TOKEN");
    gone.get(&path).await.problem(401, "E-TOKEN");
    assert_eq!(anew.get(&path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r16_no_token_of_before_comes_back_with_an_account_that_was_blocked_or_invited_again() {
    let stand = Stand::new().await;
    let path = format!("/offices/{OFFICE}/queue");
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Approval]).await;
    let account: CaseId<OfficerAccount> = CaseId::from_octets(officer.id.0);
    let operator = Actor::Operator { name: "test" };
    let perform = async |command: Command| stand.desk().perform(&operator, account, &command).await.unwrap();
    perform(Command::Block).await;
    perform(Command::Unblock).await;
    officer.program.get(&path).await.problem(401, "E-TOKEN");
    let stolen = stand.program(OFFICE, officer.id, &[Scope::CaseRead], 30).await;
    assert_eq!(stolen.get(&path).await.status, 200, "control: the account works");
    let done = stand.desk().look(account).await.unwrap();
    let again = Command::Invite {
        office: OFFICE.to_owned(),
        language: wire::office::Language::Ja,
        account: Box::new(done.account().unwrap().clone()),
        code: invitation_digest("AAAAA-AAAAA-AAAAA-AAAAA"),
    };
    perform(again).await;
    stand.enrol(OFFICE, "AAAAA-AAAAA-AAAAA-AAAAA", "見本 花子").await;
    stolen.get(&path).await.problem(401, "E-TOKEN");
    let tokens = stand.desk().store().tokens(OFFICE).await.unwrap();
    assert!(tokens.iter().all(|token| token.revoked_at.is_some()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a24_a_token_works_for_no_more_than_its_account_may_do() {
    let stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Audit]).await;
    let program = &officer.program;
    program
        .post(
            &format!("/offices/{OFFICE}/papers"),
            &json!({ "language": "ja", "certificate": { "authority": "mihon", "serial": "1" }, "form": {} }),
        )
        .await
        .problem(403, "E-ROLE");
    let person = json!({ "person": "1", "name": "a", "roles": ["entry"], "mail": "a@ca.example", "language": "ja" });
    program
        .post(&format!("/offices/{OFFICE}/officers"), &person)
        .await
        .problem(403, "E-ROLE");
    assert_eq!(program.get(&format!("/offices/{OFFICE}/officers")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officers_program_makes_lists_and_revokes_the_own_tokens_and_no_colleagues() {
    let stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let colleague = stand.officer(OFFICE, "1002", "見本 次郎", &[Role::Entry]).await;
    let (tokens, queue) = (format!("/offices/{OFFICE}/tokens"), format!("/offices/{OFFICE}/queue"));
    let wanted = json!({ "label": "受付スキャナー", "scopes": ["case:read"], "days": 7 });
    let key = [("idempotency-key", "make")];
    let told = officer
        .program
        .call("POST", &tokens, &key, Some(&wanted))
        .await
        .json(201);
    let again = officer
        .program
        .call("POST", &tokens, &key, Some(&wanted))
        .await
        .json(201);
    assert_eq!(again, told, "sent twice it is one token, told alike");
    let made = Program {
        token: told["token"].as_str().unwrap().to_owned(),
        ..officer.program.clone()
    };
    assert_eq!(made.get(&queue).await.status, 200);
    made.get(&tokens).await.problem(403, "E-SCOPE");
    let list = officer.program.get(&tokens).await.json(200);
    // Both were made in one second, in whichever order.
    let find = |list: &serde_json::Value| {
        let tokens = list["tokens"].as_array().unwrap();
        assert_eq!(tokens.len(), 2, "that of the program, and the new one");
        tokens.iter().find(|token| token["id"] == told["id"]).unwrap().clone()
    };
    assert_eq!(find(&list)["label"], "受付スキャナー");
    assert!(!list.to_string().contains(&made.token), "it is told once");
    let revoke = format!("{tokens}/{}/revoke", told["id"].as_str().unwrap());
    colleague.program.tell(&revoke).await.problem(404, "E-NOT-FOUND");
    assert_eq!(made.get(&queue).await.status, 200);
    assert_eq!(officer.program.tell(&revoke).await.status, 204);
    made.get(&queue).await.problem(401, "E-TOKEN");
    let list = officer.program.get(&tokens).await.json(200);
    assert!(find(&list)["revoked_at"].is_i64(), "{list}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a24_a_token_makes_none_that_is_more_than_itself_or_lasts_longer() {
    let stand = Stand::new().await;
    let officer = stand
        .officer(OFFICE, "1001", "見本 花子", &[Role::Administration])
        .await;
    let tokens = format!("/offices/{OFFICE}/tokens");
    let narrow = stand
        .program(OFFICE, officer.id, &[Scope::TokenWrite, Scope::CaseRead], 1)
        .await;
    let ask = |scope: &str, days: i64| json!({ "label": "x", "scopes": [scope], "days": days });
    narrow
        .post(&tokens, &ask("office:write", 1))
        .await
        .problem(403, "E-SCOPE");
    officer.program.post(&tokens, &ask("office:write", 1)).await.json(201);
    let short = narrow.post(&tokens, &ask("case:read", 366)).await.json(201);
    let long = officer.program.post(&tokens, &ask("case:read", 80)).await.json(201);
    let ends = |told: &serde_json::Value| told["expires_at"].as_i64().unwrap();
    assert!(ends(&short) <= stand.node.now() + 86_400, "{short}");
    assert!(ends(&long) > stand.node.now() + 79 * 86_400, "control: {long}");
    let wrong = json!({ "label": " ", "scopes": [] });
    let told = officer.program.post(&tokens, &wrong).await.problem(422, "E-REQ");
    let places: Vec<_> = told["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["pointer"])
        .collect();
    assert_eq!(places, ["/label", "/scopes"]);
    officer
        .program
        .post(&tokens, &ask("case:read", 367))
        .await
        .problem(400, "E-MALFORMED");
    // The account has one of its program, the narrow one, and three that were made.
    for _ in 5..20 {
        officer.program.post(&tokens, &ask("case:read", 1)).await.json(201);
    }
    officer
        .program
        .post(&tokens, &ask("case:read", 1))
        .await
        .problem(409, "E-MANY");
    stand.node.advance(2 * 86_400);
    officer.program.post(&tokens, &ask("case:read", 1)).await.json(201);
}
