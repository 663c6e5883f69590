//! Both ways to a revocation, by program alone.

use casework::officer::Role;
use pki::ocsp::Status;
use serde_json::json;

use super::stand::{OFFICE, Stand, entry, form};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_s_program_revokes_a_card_and_reads_its_receipt() {
    let stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let (program, card) = (&officer.program, stand.card("鍵守 太郎").await);
    let texts = stand
        .stranger()
        .get(&format!("/offices/{OFFICE}/texts"))
        .await
        .json(200);
    let base = format!("/offices/{OFFICE}/revocations");
    let wrong = json!({ "language": "ja", "flow": "0".repeat(64), "terms": texts["terms"]["digest"] });
    program.post(&base, &wrong).await.problem(409, "E-GATE-1");
    let read = json!({ "language": "ja", "flow": texts["flow"]["digest"], "terms": texts["terms"]["digest"] });
    let begun = program.post(&base, &read).await;
    let case = begun
        .header("location")
        .unwrap()
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    let begun = begun.json(201);
    assert_eq!(begun["state"], "begun");

    let challenge = program
        .post(&format!("{case}/card"), &card.shown(&json!({}), true))
        .await
        .json(200);
    let proof = json!({ "proof": card.answers(&challenge) });
    let other = stand.card("鍵守 次郎").await;
    let foreign = json!({ "proof": other.answers(&challenge) });
    let refused = program
        .post(&format!("{case}/presence"), &card.shown(&foreign, true))
        .await;
    refused.problem(409, "E-SIGNATURE");
    let opened = program
        .post(&format!("{case}/presence"), &card.shown(&proof, true))
        .await
        .json(200);
    assert_eq!(opened["certificate"]["holder"], "鍵守 太郎");

    let mut bad = form();
    bad["phone"] = json!("１２");
    bad["mail_again"] = json!("jiro@example.jp");
    let wrong = program.post(&format!("{case}/check"), &bad).await.problem(422, "E-TEL");
    let places: Vec<_> = wrong["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["pointer"])
        .collect();
    assert_eq!(places, ["/phone", "/mail_again"]);
    assert_eq!(
        program.post(&format!("{case}/check"), &form()).await.json(200)["complete"],
        true
    );

    let reviewing = program
        .call("PUT", &format!("{case}/application"), &[], Some(&form()))
        .await
        .json(200);
    let ask = json!({ "language": "ja" });
    program.post(&format!("{case}/ask"), &ask).await.problem(428, "E-STALE");
    program
        .seen("POST", &format!("{case}/ask"), &opened["version"], &ask)
        .await
        .problem(412, "E-STALE");
    let asked = program
        .seen("POST", &format!("{case}/ask"), &reviewing["version"], &ask)
        .await
        .json(200);

    let now = stand.node.now();
    let foreign = other.signs(&asked["to_sign"], now);
    program
        .post(&format!("{case}/confirm"), &foreign)
        .await
        .problem(409, "E-CARD-CHANGED");
    let serial = card.signature.serial();
    assert!(matches!(stand.node.ocsp(&serial).await, Status::Good));
    let signed = card.signs(&asked["to_sign"], now);
    let done = program.post(&format!("{case}/confirm"), &signed).await.json(200);
    assert!(matches!(stand.node.ocsp(&serial).await, Status::Revoked { .. }));
    assert!(matches!(
        stand.node.ocsp(&card.authentication.serial()).await,
        Status::Revoked { .. }
    ));
    // A14: the answer was lost, and the program sends it again.
    assert_eq!(
        program.post(&format!("{case}/confirm"), &signed).await.json(200)["number"],
        done["number"]
    );

    let receipt = program.get(&format!("{case}/receipt")).await.json(200);
    assert_eq!(receipt["number"], done["number"]);
    let pdf = program.get(&format!("{case}/receipt.pdf")).await;
    assert_eq!((pdf.status, &pdf.body[..5]), (200, b"%PDF-".as_slice()));
    let path = format!("/receipts/{}", receipt["number"].as_str().unwrap());
    let held = stand
        .stranger()
        .post(&path, &json!({ "check_code": receipt["check_code"] }))
        .await
        .json(200);
    assert_eq!(held["state"], "revoked");
    assert_eq!(held["revoked_at"], receipt["accepted_at"]);

    // What the console shows of it, a colleague's program reads too: what was revoked, and what the holder entered.
    let colleague = stand.officer(OFFICE, "1002", "見本 次郎", &[Role::Approval]).await;
    let id = case.rsplit('/').next().unwrap();
    let told = colleague
        .program
        .get(&format!("/offices/{OFFICE}/cases/{id}"))
        .await
        .json(200);
    assert_eq!(
        (&told["procedure"], &told["state"], &told["number"]),
        (&json!("revocation"), &json!("revoked"), &done["number"])
    );
    assert_eq!(told["certificate"]["serial"], card.id().serial.to_string());
    assert_eq!(told["certificate"]["holder"], "鍵守 太郎");
    let mut entered = form();
    let typed = entered.as_object_mut().unwrap();
    typed.remove("mail_again");
    for (name, value) in [
        ("applicant", json!("鍵守 太郎")),
        ("event_date", json!(null)),
        ("new_issue", json!(null)),
    ] {
        typed.insert(name.to_owned(), value);
    }
    assert_eq!(told["application"], entered);
    let listed = colleague
        .program
        .get(&format!("/offices/{OFFICE}/queue?show=all"))
        .await
        .json(200);
    assert!(
        listed["cases"][0].get("application").is_none(),
        "lists show no form: {listed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paper_is_refused_to_the_same_person_approved_by_the_second_and_revoked_by_program_alone() {
    let stand = Stand::new().await;
    let first = stand
        .officer(OFFICE, "1001", "見本 花子", &[Role::Entry, Role::Approval])
        .await;
    // The same person under a second account, with a second card.
    let again = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Approval]).await;
    let second = stand.officer(OFFICE, "1002", "見本 次郎", &[Role::Approval]).await;
    let card = stand.card("鍵守 太郎").await;
    let serial = card.signature.serial();
    let now = stand.node.now();
    let mut incomplete = entry(&card, now);
    incomplete["form"]["phone"] = json!("");
    incomplete["form"]["enclosures"] = json!([{ "document": "notice" }]);
    incomplete["scans"][0]["content"] = json!("AAAA");
    let base = format!("/offices/{OFFICE}/papers");
    let wrong = first.program.post(&base, &incomplete).await.problem(422, "E-FILE-TYPE");
    let codes: Vec<_> = wrong["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["code"])
        .collect();
    assert!(
        codes.contains(&&json!("E-REQ")) && codes.contains(&&json!("E-ENCLOSED")),
        "{codes:?}"
    );

    let entered = first.program.post(&base, &entry(&card, now)).await;
    let case = entered
        .header("location")
        .unwrap()
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    let entered = entered.json(201);
    let file = entered["entry"]["files"][0]["digest"].as_str().unwrap();
    let kept = second.program.get(&format!("{case}/files/{file}")).await;
    assert_eq!((kept.status, kept.header("content-type")), (200, Some("image/png")));
    assert!(kept.header("content-disposition").unwrap().starts_with("attachment"));

    let ask = json!({ "language": "ja" });
    let presented = first
        .program
        .seen("POST", &format!("{case}/present"), &entered["version"], &ask)
        .await
        .json(200);
    // A24: a token and another card's signature submit nothing.
    let foreign = second.card.signs(&presented["to_sign"], now);
    first
        .program
        .post(&format!("{case}/submit"), &foreign)
        .await
        .problem(409, "E-CARD-CHANGED");
    let signed = first.card.signs(&presented["to_sign"], now);
    let waiting = first.program.post(&format!("{case}/submit"), &signed).await.json(200);
    assert_eq!(waiting["state"], "waiting");

    let queue = second.program.get(&format!("/offices/{OFFICE}/queue")).await.json(200);
    assert_eq!(queue["cases"][0]["number"], waiting["number"]);
    let counts = second
        .program
        .get(&format!("/offices/{OFFICE}/queue/counts"))
        .await
        .json(200);
    assert_eq!(counts["waiting"], 1);

    for same in [&first, &again] {
        same.program
            .tell(&format!("{case}/claim"))
            .await
            .problem(403, "E-SAME-PERSON");
    }
    let claimed = second.program.tell(&format!("{case}/claim")).await.json(200);
    let verdict = json!({ "language": "ja", "verdict": "approve" });
    let asked = second
        .program
        .seen("POST", &format!("{case}/ask"), &claimed["version"], &verdict)
        .await
        .json(200);
    // A24: neither no signature, nor the colleague's, nor the first approval once more decides.
    second
        .program
        .post(&format!("{case}/decide"), &json!({ "cms": "AAAA" }))
        .await
        .problem(409, "E-SIGNATURE");
    let colleague = first.card.signs(&asked["to_sign"], now);
    second
        .program
        .post(&format!("{case}/decide"), &colleague)
        .await
        .problem(409, "E-CARD-CHANGED");
    second
        .program
        .post(&format!("{case}/decide"), &signed)
        .await
        .problem(409, "E-SIGNATURE");
    first
        .program
        .post(&format!("{case}/decide"), &colleague)
        .await
        .problem(403, "E-SAME-PERSON");
    assert!(matches!(stand.node.ocsp(&serial).await, Status::Good));

    let decision = second.card.signs(&asked["to_sign"], now);
    let revoked = second
        .program
        .post(&format!("{case}/decide"), &decision)
        .await
        .json(200);
    assert_eq!(revoked["state"], "revoked");
    assert!(matches!(stand.node.ocsp(&serial).await, Status::Revoked { .. }));
    let again = second
        .program
        .post(&format!("{case}/decide"), &decision)
        .await
        .json(200);
    assert_eq!(
        again["version"], revoked["version"],
        "the same decision again changes nothing"
    );
    let history = second
        .program
        .get(&format!("{}/history", case.replace("papers", "cases")))
        .await
        .json(200);
    let events: Vec<_> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["event"])
        .collect();
    assert!(
        events.contains(&&json!("entered")) && events.contains(&&json!("revoked")),
        "{events:?}"
    );
    let actors = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["actor"].as_str().unwrap());
    assert!(actors.into_iter().all(|actor| actor.starts_with("program ")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_are_invited_enrolled_and_blocked_and_the_office_is_replaced_by_program() {
    let stand = Stand::new().await;
    let chief = stand
        .officer(OFFICE, "1001", "見本 花子", &[Role::Administration])
        .await;
    let base = format!("/offices/{OFFICE}/officers");
    let person = json!({ "person": "1002", "name": "見本 次郎", "company": "見本認証局株式会社", "roles": ["approval"],
                         "mail": "1002@ca.example", "language": "ja" });
    let key = [("idempotency-key", "invite-1002")];
    let invited = chief.program.call("POST", &base, &key, Some(&person)).await.json(201);
    let repeated = chief.program.call("POST", &base, &key, Some(&person)).await.json(201);
    assert_eq!(
        invited, repeated,
        "the code that was lost on the way is told again, and is the same"
    );
    let list = chief.program.get(&base).await.json(200);
    assert_eq!(list["officers"].as_array().unwrap().len(), 2);

    // Whoever holds the code and another person's card is not let in.
    let (card, other) = (stand.card("見本 次郎").await, stand.card("見本 三郎").await);
    let enrol = format!("/offices/{OFFICE}/enrolment");
    let code = json!({ "code": invited["code"] });
    for (card, status) in [(&other, 403), (&card, 200)] {
        let program = stand.stranger();
        let told = program
            .post(&format!("{enrol}/challenge"), &card.shown(&code, false))
            .await
            .json(200);
        let proved = json!({ "code": invited["code"], "proof": card.answers(&told["challenge"]) });
        let enrolled = program.post(&enrol, &card.shown(&proved, true)).await;
        assert_eq!(enrolled.status, status);
    }
    let one = format!("{base}/{}", invited["id"].as_str().unwrap());
    let roles = json!({ "roles": ["entry", "approval"] });
    assert_eq!(
        chief
            .program
            .call("PUT", &format!("{one}/roles"), &[], Some(&roles))
            .await
            .status,
        204
    );
    let own = format!("{base}/{}/block", super::stand::named(&chief.id));
    chief.program.tell(&own).await.problem(403, "E-OFFICER");
    assert_eq!(chief.program.tell(&format!("{one}/block")).await.status, 204);
    assert_eq!(chief.program.tell(&format!("{one}/unblock")).await.status, 204);

    let path = format!("/offices/{OFFICE}/file");
    let file = chief.program.get(&path).await.json(200);
    let text = file["document"].as_str().unwrap();
    let changed = json!({ "document": text.replacen("ヘルプデスク", "相談窓口", 1) });
    chief
        .program
        .seen("PUT", &path, &json!(99), &changed)
        .await
        .problem(412, "E-STALE");
    let foreign = json!({ "document": text.replacen("[\"mihon\"]", "[\"root\"]", 1) });
    chief
        .program
        .seen("PUT", &path, &file["version"], &foreign)
        .await
        .problem(400, "E-MALFORMED");
    let replaced = chief
        .program
        .seen("PUT", &path, &file["version"], &changed)
        .await
        .json(200);
    assert_eq!(
        replaced["version"].as_i64(),
        file["version"].as_i64().map(|version| version + 1)
    );
}
