//! Who may do what by program: every operation with a scope, by every role and by another office, against one table (A17).
//! Each token has every scope: what is refused here is refused for its account's sake (A24).

use std::collections::BTreeSet;

use casework::officer::Role;
use serde_json::{Value, json};

use super::stand::{OFFICE, Officer, Stand, entry, form, named};
use crate::node::Answer;

/// The operation, and the roles that it is for: 受付 (E), 承認 (A), 監査 (U), 管理 (D). In the order of a day.
const TABLE: &[(&str, &str)] = &[
    ("beginRevocation", "EAUD"),
    ("readRevocation", "EAUD"),
    ("showCard", "EAUD"),
    ("proveCard", "EAUD"),
    ("checkForm", "EAUD"),
    ("enterForm", "EAUD"),
    ("editForm", "EAUD"),
    ("askForText", "EAUD"),
    ("confirmRevocation", "EAUD"),
    ("abandonRevocation", "EAUD"),
    ("readReceipt", "EAUD"),
    ("printReceipt", "EAUD"),
    ("enterPaper", "E"),
    ("readPaper", "EAUD"),
    ("changePaper", "E"),
    ("presentPaper", "E"),
    ("submitPaper", "E"),
    ("listCases", "EAUD"),
    ("countCases", "EAUD"),
    ("readCase", "EAUD"),
    ("readHistory", "EAUD"),
    ("readFile", "EAUD"),
    ("claimPaper", "A"),
    ("releasePaper", "A"),
    ("reassignPaper", "D"),
    ("askForDecision", "A"),
    ("decidePaper", "A"),
    ("withdrawPaper", "E"),
    ("listOfficers", "UD"),
    ("inviteOfficer", "D"),
    ("assignRoles", "D"),
    ("blockOfficer", "D"),
    ("unblockOfficer", "D"),
    ("readOfficeFile", "UD"),
    ("replaceOfficeFile", "D"),
    ("listTokens", "EAUD"),
    ("makeToken", "EAUD"),
    ("revokeToken", "EAUD"),
];
/// What an authority does not have: an ordering body's desk has tests of its own (`bid.rs`, `bidder.rs`).
const ELSEWHERE: [&str; 35] = [
    "tellBids",
    "beginRegistration",
    "readRegistration",
    "showCardToRegister",
    "proveCardToRegister",
    "proveCompany",
    "checkContact",
    "enterContact",
    "editContact",
    "askForRegistrationText",
    "confirmRegistration",
    "abandonRegistration",
    "withdrawRegistration",
    "answerRegistration",
    "readRegistrationReceipt",
    "printRegistrationReceipt",
    "beginRenewal",
    "readRenewal",
    "showCardsToRenew",
    "proveCardsToRenew",
    "askForRenewalText",
    "backToConfirmation",
    "confirmRenewal",
    "abandonRenewal",
    "showCurrentCard",
    "withdrawRenewal",
    "answerRenewal",
    "readRenewalReceipt",
    "printRenewalReceipt",
    "readHeld",
    "claimHeld",
    "releaseHeld",
    "reassignHeld",
    "askForHeldDecision",
    "decideHeld",
];
const ROLES: [(char, Role); 4] = [
    ('E', Role::Entry),
    ('A', Role::Approval),
    ('U', Role::Audit),
    ('D', Role::Administration),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a17_every_operation_is_there_for_the_roles_of_the_table_and_for_nobody_else() {
    let stand = Stand::at(crate::house::Place::on_sqlite(), Stand::generous()).await;
    let mut officers = Vec::new();
    for (count, (letter, role)) in ROLES.into_iter().enumerate() {
        let name = ["見本 花子", "見本 次郎", "見本 三郎", "見本 四郎"][count];
        officers.push((
            letter,
            stand.officer(OFFICE, &format!("100{count}"), name, &[role]).await,
        ));
    }
    let foreign = stand
        .officer("other-ca", "2001", "見本 五郎", &ROLES.map(|(_, role)| role))
        .await;
    let spare = stand.officer(OFFICE, "1009", "見本 六郎", &[Role::Entry]).await;
    let card = stand.card("鍵守 太郎").await;
    let described: Value = serde_json::from_str(&server::api::description()).unwrap();
    let place = Place {
        stand: &stand,
        spare: named(&spare.id),
        approver: named(&officers[1].1.id),
        entry: entry(&card, stand.node.now()),
    };
    let mut paper = String::new();
    for (operation, roles) in TABLE {
        let (method, path) = address(&described, operation);
        // Whoever is not to do it first.
        officers.sort_by_key(|(letter, _)| roles.contains(*letter));
        for (letter, officer) in &officers {
            let before = place.state(&paper).await;
            let answer = place
                .ask(officer, operation, &method, &fill(&path, OFFICE, &paper, &place))
                .await;
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            let name = format!("{operation} by {letter}: {} {said}", answer.status);
            if roles.contains(*letter) {
                assert!(!said.contains("E-ROLE"), "{name}");
                assert!(answer.status < 500, "{name}");
            } else if *operation == "submitPaper" {
                // The text names whoever presented it, which is asked before the role.
                assert!((400..500).contains(&answer.status), "{name}");
            } else {
                answer.problem(403, "E-ROLE");
            }
            if *operation == "enterPaper" && answer.status == 201 {
                let entered = answer.json(201);
                paper = entered["id"].as_str().unwrap().to_owned();
            }
            let is_done = (200..300).contains(&answer.status);
            assert!(
                is_done || place.state(&paper).await == before,
                "{name} changed something"
            );
            assert!(
                is_done || roles.len() != 1 || !roles.contains(*letter),
                "the control: {name}"
            );
        }
        for office in [OFFICE, "other-ca"] {
            if office == "other-ca" && !path.contains("{case}") && !path.contains("{officer}") {
                continue;
            }
            let path = fill(&path, office, &paper, &place);
            let answer = place.ask(&foreign, operation, &method, &path).await;
            answer.problem(404, "E-NOT-FOUND");
        }
    }
}

#[test]
fn a17_the_table_has_every_operation_with_a_scope() {
    let described: Value = serde_json::from_str(&server::api::description()).unwrap();
    let scoped: BTreeSet<&str> = operations(&described)
        .filter(|(_, _, operation)| !operation["security"][0]["token"].is_null())
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    let table: BTreeSet<&str> = TABLE.iter().map(|(operation, _)| *operation).chain(ELSEWHERE).collect();
    assert_eq!(scoped, table);
}

/// What the calls are made of.
struct Place<'a> {
    stand: &'a Stand,
    spare: String,
    approver: String,
    entry: Value,
}

impl Place<'_> {
    /// How the paper and the accounts stand.
    async fn state(&self, paper: &str) -> String {
        let store = self.stand.desk().store();
        let officers = store.officers(OFFICE).await.unwrap();
        let file = store.offices().await.unwrap();
        let case = match paper.parse::<server::desk::CaseId<server::desk::paper::Paper>>() {
            Ok(id) => store.case(id.octets()).await.unwrap().map(|row| row.version),
            Err(_) => None,
        };
        format!(
            "{case:?} {:?} {officers:?}",
            file.iter().map(|row| row.version).collect::<Vec<_>>()
        )
    }

    async fn ask(&self, officer: &Officer, operation: &str, method: &str, path: &str) -> Answer {
        let program = &officer.program;
        let paper = path.split("/papers/").nth(1).and_then(|rest| rest.split('/').next());
        let standing = match paper {
            Some(paper) => {
                let read = program.get(&format!("/offices/{OFFICE}/papers/{paper}")).await;
                serde_json::from_slice(&read.body).unwrap_or_default()
            }
            None => Value::Null,
        };
        let signed = |standing: &Value| {
            if standing["to_sign"].is_null() {
                json!({ "cms": "AAAA" })
            } else {
                officer.card.signs(&standing["to_sign"], self.stand.node.now())
            }
        };
        let file = format!("/offices/{OFFICE}/file");
        let body = match operation {
            "enterPaper" | "changePaper" => self.entry.clone(),
            "presentPaper" | "askForText" => json!({ "language": "ja" }),
            "submitPaper" | "decidePaper" => signed(&standing),
            "confirmRevocation" => json!({ "cms": "AAAA" }),
            "reassignPaper" => json!({ "to": self.approver }),
            "askForDecision" => json!({ "verdict": "return", "reason": "unreadable", "language": "ja" }),
            "beginRevocation" => json!({ "language": "ja", "flow": "0", "terms": "0" }),
            "showCard" => officer.card.shown(&json!({}), true),
            "proveCard" => officer.card.shown(&json!({ "proof": "AAAA" }), true),
            "checkForm" | "enterForm" => form(),
            "inviteOfficer" => json!({
                "person": "1077", "name": "見本 七郎", "company": "見本認証局株式会社", "roles": ["entry"], "mail": "a@ca.example", "language": "ja",
            }),
            "makeToken" => json!({ "label": "夜間の取り込み", "scopes": ["case:read"], "days": 1 }),
            "assignRoles" => json!({ "roles": ["entry", "approval"] }),
            "replaceOfficeFile" => {
                let store = self.stand.desk().store();
                let rows = store.offices().await.unwrap();
                let row = rows.iter().find(|row| row.id == OFFICE).unwrap();
                json!({ "document": row.document.replacen("ヘルプデスク", "相談窓口", 1) })
            }
            _ => return program.call(method, path, &[], None).await,
        };
        let version = if path == file {
            let rows = self.stand.desk().store().offices().await.unwrap();
            json!(rows.iter().find(|row| row.id == OFFICE).unwrap().version)
        } else if standing["version"].is_null() {
            json!(1)
        } else {
            standing["version"].clone()
        };
        match operation {
            "changePaper" | "presentPaper" | "askForDecision" | "askForText" | "replaceOfficeFile" => {
                program.seen(method, path, &version, &body).await
            }
            _ => program.call(method, path, &[], Some(&body)).await,
        }
    }
}

fn fill(path: &str, office: &str, paper: &str, place: &Place<'_>) -> String {
    let digest = server::desk::evidence::sha256(&super::stand::scan()).to_string();
    let nothing = "0".repeat(26);
    let case = if path.contains("/revocations") || paper.is_empty() {
        &nothing
    } else {
        paper
    };
    path.replace("{office}", office)
        .replace("{case}", case)
        .replace("{officer}", &place.spare)
        .replace("{token}", &nothing)
        .replace("{digest}", &digest)
}

fn address(described: &Value, wanted: &str) -> (String, String) {
    let (method, path, _) = operations(described)
        .find(|(_, _, operation)| operation["operationId"] == wanted)
        .unwrap();
    (method.to_uppercase(), path.to_owned())
}

fn operations(described: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = described["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap();
        methods
            .iter()
            .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}
