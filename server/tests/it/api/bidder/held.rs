//! What is held at an ordering body, applied for and decided by programs alone.

use casework::officer::Role;
use serde_json::{Value, json};
use wire::api::Scope;

use super::{KEN, NUMBER, SHI, hall, is_in_use, list, located, proof, register, renew};
use crate::api::stand::{Officer, Stand, named};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_that_differs_is_held_withdrawn_returned_answered_and_approved_by_programs_alone() {
    let stand = hall().await;
    let applicant = stand
        .officer(SHI, "1001", "見本 花子", &[Role::Entry, Role::Approval])
        .await;
    let decider = stand.officer(SHI, "1002", "見本 次郎", &[Role::Approval]).await;
    let program = &applicant.program;
    let (old, new) = (stand.card("鍵守 太郎").await, stand.card("鍵守 太郎").await);
    register(&stand, program, SHI, &old).await;
    list(&stand, SHI, "別の会社株式会社", "鍵守　太郎").await;

    // Held, and withdrawn by the current card, which alone may (DOMAIN §5.3).
    let (case, done) = renew(&stand, program, SHI, [&old, &new]).await;
    assert_eq!(
        (&done["state"], &done["compared"]["company"]["class"]),
        (&json!("held"), &json!("mismatch"))
    );
    assert_eq!(is_in_use(program, SHI, &old).await, Ok(()), "the current card goes on");
    let wanted = json!({ "language": "ja" });
    let second = located(&program.post(&format!("/offices/{SHI}/renewals"), &wanted).await);
    let shown = json!({ "current": old.shown(&json!({}), true) });
    let refused = program.post(&format!("{second}/cards"), &shown).await;
    refused.problem(409, "E-DUP"); // one application about a card, G-S3
    let stranger = proof(program, &case, &new).await;
    let refused = program.post(&format!("{case}/withdraw"), &stranger).await;
    refused.problem(409, "E-CARD-CHANGED");
    let proved = proof(program, &case, &old).await;
    let withdrawn = program.post(&format!("{case}/withdraw"), &proved).await.json(200);
    assert_eq!(withdrawn["state"], "withdrawn");
    assert_eq!(is_in_use(program, SHI, &old).await, Ok(()), "nothing has changed");
    assert_eq!(is_in_use(program, SHI, &new).await, Err("E-CARD-NOTREG".to_owned()));
    // A proof is worth nothing for the next state of the case.
    let late = program.post(&format!("{case}/withdraw"), &proved).await;
    late.problem(409, "E-SIGNATURE");

    let (case, done) = renew(&stand, program, SHI, [&old, &new]).await;
    let held = format!("/offices/{SHI}/held/{}", done["id"].as_str().unwrap());
    // What an officer's program sent off, that officer does not decide.
    program.tell(&format!("{held}/claim")).await.problem(403, "E-OWN");
    let read = decider.program.get(&held).await.json(200);
    assert_eq!(
        (&read["procedure"], &read["number"]),
        (&json!("renewal"), &done["receipt"])
    );
    assert_eq!(read["old"]["serial"], old.signature.serial().to_string());
    assert_eq!(
        (&read["listed"]["name"], &read["business"]),
        (&json!("別の会社株式会社"), &json!(NUMBER))
    );
    let give_back = json!({ "language": "ja", "verdict": "return", "reason": "register_first", "remark": "変更届をお出しください。" });
    let returned = decide(&stand, &decider, &held, &give_back).await;
    assert_eq!(
        (&returned["state"], &returned["because"]["key"]),
        (&json!("returned"), &json!("register_first"))
    );
    let told = program.get(&case).await.json(200);
    assert_eq!(
        (&told["state"], &told["because"]["remark"]),
        (&json!("returned"), &json!("変更届をお出しください。"))
    );
    let mut reply = proof(program, &case, &old).await;
    reply["remark"] = json!("変更届を\n提出しました。");
    let path = format!("{case}/answer");
    let answered = program.seen("POST", &path, &told["version"], &reply).await.json(200);
    assert_eq!(
        (&answered["state"], &answered["answer"]),
        (&json!("held"), &json!("変更届を 提出しました。"))
    );

    let approved = decide(
        &stand,
        &decider,
        &held,
        &json!({ "language": "en", "verdict": "approve" }),
    )
    .await;
    assert_eq!(
        (&approved["state"], &approved["answer"]),
        (&json!("renewed"), &answered["answer"])
    );
    assert_eq!(approved["decided_by"], named(&decider.id));
    assert_eq!(program.get(&case).await.json(200)["state"], "renewed");
    assert_eq!(is_in_use(program, SHI, &new).await, Ok(()));
    assert_eq!(is_in_use(program, SHI, &old).await, Err("E-CARD-RENEWED".to_owned()));
}

/// Taken, its text asked for, and signed by the officer's card; the same signature again changes nothing.
async fn decide(stand: &Stand, officer: &Officer, held: &str, verdict: &Value) -> Value {
    let claimed = officer.program.tell(&format!("{held}/claim")).await.json(200);
    let path = format!("{held}/ask");
    let asked = officer
        .program
        .seen("POST", &path, &claimed["version"], verdict)
        .await
        .json(200);
    assert_eq!(asked["to_sign"]["language"], verdict["language"]);
    // A24: a token alone decides nothing.
    let path = format!("{held}/decide");
    officer
        .program
        .post(&path, &json!({ "cms": "AAAA" }))
        .await
        .problem(409, "E-SIGNATURE");
    let signed = officer.card.signs(&asked["to_sign"], stand.node.now());
    let decided = officer.program.post(&path, &signed).await.json(200);
    let again = officer.program.post(&path, &signed).await.json(200);
    assert_eq!(again["version"], decided["version"]);
    decided
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a17_what_is_held_is_decided_by_approvers_of_the_office_alone() {
    let stand = hall().await;
    let applicant = stand.officer(SHI, "1001", "見本 花子", &[Role::Entry]).await;
    let card = stand.card("鍵守 太郎").await;
    list(&stand, SHI, "別の会社株式会社", "鍵守　太郎").await;
    let (_, done) = register(&stand, &applicant.program, SHI, &card).await;
    assert_eq!((&done["state"], &done["kind"]), (&json!("held"), &json!("new")));
    let held = format!("/offices/{SHI}/held/{}", done["id"].as_str().unwrap());
    let approver = stand.officer(SHI, "1002", "見本 次郎", &[Role::Approval]).await;
    let auditor = stand.officer(SHI, "1003", "見本 三郎", &[Role::Audit]).await;
    let chief = stand.officer(SHI, "1004", "見本 四郎", &[Role::Administration]).await;
    let foreign = stand.officer(KEN, "2001", "見本 五郎", &[Role::Approval]).await;
    for other in [&applicant, &auditor, &chief] {
        other.program.get(&held).await.json(200);
        for act in ["claim", "release"] {
            other
                .program
                .tell(&format!("{held}/{act}"))
                .await
                .problem(403, "E-ROLE");
        }
    }
    let to = json!({ "to": named(&approver.id) });
    approver
        .program
        .post(&format!("{held}/reassign"), &to)
        .await
        .problem(403, "E-ROLE");
    foreign.program.get(&held).await.problem(404, "E-NOT-FOUND");
    let there = held.replace(SHI, KEN);
    foreign.program.get(&there).await.problem(404, "E-NOT-FOUND");
    let reading = stand.program(SHI, approver.id, &[Scope::CaseRead], 1).await;
    reading.tell(&format!("{held}/claim")).await.problem(403, "E-SCOPE");
    let handed = chief.program.post(&format!("{held}/reassign"), &to).await.json(200);
    assert_eq!(handed["claimed_by"], named(&approver.id));
    let put_back = approver.program.tell(&format!("{held}/release")).await.json(200);
    assert_eq!(put_back["claimed_by"], json!(null));
    let deny = json!({ "language": "ja", "verdict": "deny" });
    let claimed = approver.program.tell(&format!("{held}/claim")).await.json(200);
    let path = format!("{held}/ask");
    let unsaid = approver.program.seen("POST", &path, &claimed["version"], &deny).await;
    unsaid.problem(400, "E-MALFORMED");
    let put_back = approver.program.tell(&format!("{held}/release")).await;
    put_back.json(200);
    let deny = json!({ "language": "ja", "verdict": "deny", "reason": "not_the_company" });
    let denied = decide(&stand, &approver, &held, &deny).await;
    assert_eq!(
        (&denied["state"], &denied["because"]["key"]),
        (&json!("denied"), &json!("not_the_company"))
    );
}
