//! What a program must not get, however it asks.

use casework::officer::Role;
use serde_json::{Value, json};

use super::stand::{OFFICE, Program, Stand, entry, form};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a17_nothing_of_another_office_or_another_officer_s_program_is_there() {
    let stand = Stand::new().await;
    let roles = [Role::Entry, Role::Approval, Role::Administration, Role::Audit];
    let own = stand.officer(OFFICE, "1001", "見本 花子", &roles).await;
    let colleague = stand.officer(OFFICE, "1002", "見本 次郎", &roles).await;
    let foreign = stand.officer("other-ca", "2001", "見本 三郎", &roles).await;
    let (case, paper, file) = begun(&stand, &own.program).await;
    let officer = super::stand::named(&own.id);
    let fill = |path: &str, office: &str| {
        path.replace("{office}", office)
            .replace("{case}", if path.contains("/revocations") { &case } else { &paper })
            .replace("{officer}", &officer)
            .replace("{digest}", &file)
    };
    let described: Value = serde_json::from_str(&server::api::description()).unwrap();
    let (mut walked, mut mine) = (0, 0);
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"][0]["token"].is_null() {
                continue;
            }
            walked += 1;
            let method = method.to_uppercase();
            let headers = [("if-match", "\"1\"")];
            let body = (method != "GET").then(|| json!({}));
            // Its own address with another office's token, and the own office's with the other's ids.
            foreign
                .program
                .call(&method, &fill(path, OFFICE), &headers, body.as_ref())
                .await
                .problem(404, "E-NOT-FOUND");
            if path.contains("{case}") || path.contains("{officer}") {
                let moved = foreign
                    .program
                    .call(&method, &fill(path, "other-ca"), &headers, body.as_ref())
                    .await;
                assert!([400, 404].contains(&moved.status), "{method} {path}: {}", moved.status);
            }
            if path.contains("/revocations/{case}") {
                let moved = colleague
                    .program
                    .call(&method, &fill(path, OFFICE), &headers, body.as_ref())
                    .await;
                assert!([400, 404].contains(&moved.status), "{method} {path}: {}", moved.status);
            }
            if method == "GET" {
                let status = own.program.get(&fill(path, OFFICE)).await.status;
                // The receipt of what is not accepted yet is not there for its owner either.
                mine += u32::from(status == 200);
                // What an ordering body has is not there at an authority; `bidder.rs` walks it.
                let elsewhere = ["/registrations/", "/renewals/", "/held/"];
                let elsewhere = status == 404 && elsewhere.iter().any(|noun| path.contains(noun));
                assert!(
                    status == 200 || path.contains("receipt") || elsewhere,
                    "{path}: {status}"
                );
            }
        }
    }
    assert!(
        walked > 25 && mine > 7,
        "control: {walked} operations, {mine} answered to their owner"
    );
}

/// A revocation that was begun, a paper that was entered, and its file.
async fn begun(stand: &Stand, program: &Program) -> (String, String, String) {
    let texts = stand
        .stranger()
        .get(&format!("/offices/{OFFICE}/texts"))
        .await
        .json(200);
    let read = json!({ "language": "ja", "flow": texts["flow"]["digest"], "terms": texts["terms"]["digest"] });
    let begun = program
        .post(&format!("/offices/{OFFICE}/revocations"), &read)
        .await
        .json(201);
    let card = stand.card("鍵守 太郎").await;
    let paper = entry(&card, stand.node.now());
    let paper = program
        .post(&format!("/offices/{OFFICE}/papers"), &paper)
        .await
        .json(201);
    let said = |value: &Value| value.as_str().unwrap().to_owned();
    (
        said(&begun["id"]),
        said(&paper["id"]),
        said(&paper["entry"]["files"][0]["digest"]),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a14_a_repeated_request_has_one_effect_and_one_answer_also_after_a_restart() {
    let mut stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let card = stand.card("鍵守 太郎").await;
    let (path, body) = (format!("/offices/{OFFICE}/papers"), entry(&card, stand.node.now()));
    let key = [("idempotency-key", "\"a-key\"")];
    // A19: twice at once is once.
    let (left, right) = tokio::join!(
        officer.program.call("POST", &path, &key, Some(&body)),
        officer.program.call("POST", &path, &key, Some(&body)),
    );
    let mut ids: Vec<_> = [&left, &right]
        .into_iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.json(201)["id"].clone())
        .collect();
    assert!(!ids.is_empty());
    for answer in [left, right] {
        assert!([201, 409].contains(&answer.status), "{}", answer.status);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    stand.node.stop().await;
    stand.node.serve(server::serve::Roles::all()).await.unwrap();
    let later = officer.program.call("POST", &path, &key, Some(&body)).await;
    assert!(later.header("location").is_some() && later.header("etag").is_some());
    assert_eq!(later.json(201)["id"], ids[0]);
    let mut other = body.clone();
    other["form"]["phone"] = json!("0399999999");
    officer
        .program
        .call("POST", &path, &key, Some(&other))
        .await
        .problem(422, "E-IDEMPOTENCY");
    let drafts = officer
        .program
        .get(&format!("/offices/{OFFICE}/queue?show=all"))
        .await
        .json(200);
    let seen = drafts["cases"].as_array().unwrap().len();
    assert!(seen <= 1, "one effect: {drafts}");
    let without = officer.program.post(&path, &body).await.json(201);
    assert_ne!(without["id"], ids[0], "control: without the key it is another one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a34_bodies_have_bounds_and_whatever_is_wrong_is_told_as_a_problem_with_its_place() {
    let stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let program = &officer.program;
    let check = format!("/offices/{OFFICE}/revocations");
    let json = [("content-type", "application/json")];
    let large = vec![b' '; 65 << 10];
    program.send("POST", &check, &json, &large).await.problem(413, "E-SIZE");
    program
        .send("POST", &check, &[("content-type", "text/xml")], b"<a/>")
        .await
        .problem(415, "E-MALFORMED");
    program
        .send("POST", &check, &[], b"{}")
        .await
        .problem(415, "E-MALFORMED");
    let xml = [("accept", "application/xml")];
    program
        .call("GET", "/offices", &xml, None)
        .await
        .problem(406, "E-MALFORMED");
    let none = stand.stranger().call("DELETE", "/offices", &[], None).await;
    none.problem(405, "E-MALFORMED");
    assert_eq!(none.header("allow"), Some("GET,HEAD"));
    stand.stranger().get("/nothing/here").await.problem(404, "E-NOT-FOUND");

    for (text, pointer) in [
        ("{", ""),
        ("[]", ""),
        (r#"{"language":"fr","flow":"0","terms":"0"}"#, "/language"),
        (r#"{"language":"ja","flow":"0","terms":"0","more":1}"#, "/more"),
        (r#"{"language":"ja","flow":1,"terms":"0"}"#, "/flow"),
        (r#"{"language":"ja","flow":"0","flow":"0","terms":"0"}"#, ""),
    ] {
        let told = program
            .send("POST", &check, &json, text.as_bytes())
            .await
            .problem(400, "E-MALFORMED");
        assert_eq!(told["errors"][0]["pointer"], pointer, "{text}: {told}");
    }
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    program
        .send("POST", &check, &json, deep.as_bytes())
        .await
        .problem(400, "E-MALFORMED");
    for query in [
        "show=x",
        "limit=0",
        "limit=999",
        "cursor=x",
        "limit=1&limit=2",
        "other=1",
        "search=%ff",
    ] {
        let path = format!("/offices/{OFFICE}/queue?{query}");
        let narrow = stand.program(OFFICE, officer.id, &super::stand::ALL, 1).await;
        narrow.get(&path).await.problem(400, "E-MALFORMED");
    }
    // A36: PostgreSQL takes no NUL for a text; it is no authority's name on any store.
    let mut forged = entry(&stand.card("鍵守 太郎").await, stand.node.now());
    forged["certificate"]["authority"] = json!("mihon\u{0}");
    let told = program.post(&format!("/offices/{OFFICE}/papers"), &forged).await;
    let told = told.problem(400, "E-MALFORMED");
    assert_eq!(told["errors"][0]["pointer"], "/certificate/authority");
    // A form that is understood and wrong is another thing.
    let unknown = format!("{check}/{}/check", "0".repeat(26));
    program.post(&unknown, &form()).await.problem(404, "E-NOT-FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_read_page_by_page_and_each_case_stands_on_one_page() {
    let stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let program = &officer.program;
    let mut made = Vec::new();
    for _ in 0..5 {
        let card = stand.card("鍵守 太郎").await;
        let paper = program
            .post(&format!("/offices/{OFFICE}/papers"), &entry(&card, stand.node.now()))
            .await
            .json(201);
        let path = format!("/offices/{OFFICE}/papers/{}", paper["id"].as_str().unwrap());
        let ask = json!({ "language": "en" });
        let presented = program
            .seen("POST", &format!("{path}/present"), &paper["version"], &ask)
            .await
            .json(200);
        let signed = officer.card.signs(&presented["to_sign"], stand.node.now());
        made.push(program.post(&format!("{path}/submit"), &signed).await.json(200)["id"].clone());
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = program
            .get(&format!("/offices/{OFFICE}/queue?limit=2{cursor}"))
            .await
            .json(200);
        seen.extend(page["cases"].as_array().unwrap().iter().map(|case| case["id"].clone()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let key = |id: &Value| id.as_str().unwrap().to_owned();
    seen.sort_by_key(key);
    made.sort_by_key(key);
    assert_eq!(seen, made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a24_a_program_changes_no_rule_that_protects_the_office_from_its_own_administrators() {
    let stand = Stand::new().await;
    let chief = stand
        .officer(OFFICE, "1000", "見本 太郎", &[Role::Administration])
        .await;
    let path = format!("/offices/{OFFICE}/file");
    let file = chief.program.get(&path).await.json(200);
    let text = file["document"].as_str().unwrap();
    let replace = async |from: &str, to: &str| {
        let document = text.replacen(from, to, 1);
        assert_ne!(document, text, "{from}");
        let body = json!({ "document": document });
        chief.program.seen("PUT", &path, &file["version"], &body).await
    };
    for (from, to) in [
        ("persons = 2", "persons = 1"),
        ("own_company = \"refused\"", "own_company = \"taken\""),
        ("passkeys = 5", "passkeys = 20"),
        ("[\"mihon\"]", "[\"mihon\", \"root\"]"),
        ("tries = ", "tries = 1"),
        ("key = \"not_entitled\"", "key = \"not_wanted\""),
    ] {
        replace(from, to).await.problem(400, "E-MALFORMED");
    }
    // What the console's form takes is bounded as there.
    for (from, to) in [("claim_minutes = 30", "claim_minutes = 0"), ("ヘルプデスク", "\\u202E")] {
        replace(from, to).await.problem(400, "E-MALFORMED");
    }
    assert_eq!(chief.program.get(&path).await.json(200)["version"], file["version"]);
    replace("claim_minutes = 30", "claim_minutes = 20").await.json(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a47_more_scans_than_a_paper_has_are_refused_before_any_of_the_rest_is_unpacked() {
    let stand = Stand::new().await;
    let officer = stand.officer(OFFICE, "1001", "見本 花子", &[Role::Entry]).await;
    let card = stand.card("鍵守 太郎").await;
    let path = format!("/offices/{OFFICE}/papers");
    let mut body = entry(&card, stand.node.now());
    let good = body["scans"][0].clone();
    body["scans"] = json!(vec![good; 10]);
    let rest = (0..500).map(|_| json!({ "content": "AAAA" }));
    body["scans"].as_array_mut().unwrap().extend(rest);
    let told = officer.program.post(&path, &body).await.problem(422, "E-LEN");
    let errors = told["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "what is no picture was not looked at: {told}");
    assert_eq!(errors[0]["pointer"], "/scans");
    body["scans"].as_array_mut().unwrap().truncate(11);
    body["scans"].as_array_mut().unwrap().remove(0);
    officer.program.post(&path, &body).await.problem(422, "E-FILE-TYPE");
    body["scans"].as_array_mut().unwrap().truncate(9);
    officer.program.post(&path, &body).await.json(201);
}
