//! A list of terminals: whose they are, what becomes of their codes, and as an operator imports them; the same on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use casework::identity::Digest;
use casework::terminal::{Device, Division, Terminal, TerminalName};
use server::desk::Actor;
use server::office::TERMINALS_EXAMPLE;
use server::seal::Seal;
use server::store::{ImportedTerminals, OfficeChange};
use server::terminal;

use crate::centre::Centre;
use crate::house::{House, on_both};
use crate::operator::Desk;

const HEADER: &str = "契約番号,区分,利用機器区分,論理端末名,認証コード2,発行日,有効期限";

fn list(lines: &[&str]) -> String {
    [&[HEADER], lines].concat().join("\r\n")
}

async fn import(centre: &Centre, seal: &Seal, text: &str) -> (ImportedTerminals, Vec<String>) {
    let sheet = terminal::read(text.as_bytes()).unwrap();
    assert_eq!(sheet.bad, []);
    let assigned = centre.desk.assigned(&centre.office.id, sheet.lines).await.unwrap();
    let bad = assigned.bad.iter().map(ToString::to_string).collect();
    let (count, done) = (assigned.lines.len(), Arc::new(AtomicUsize::new(0)));
    let file = (seal, Digest([7; 32]));
    let importing = centre.desk.import_terminals(
        &Actor::Operator { name: "test" },
        &centre.office.id,
        assigned.lines,
        file,
        Arc::clone(&done),
    );
    let imported = importing.await.unwrap();
    assert_eq!(done.load(Ordering::Relaxed), count, "progress");
    (imported, bad)
}

on_both! {
    async fn a54_a_list_gives_customers_their_terminals_and_its_codes_lie_sealed(house: House) {
        let centre = Centre::of(house);
        let (one, other) = (centre.contract("K-001").await, centre.contract("K-002").await);
        let seal = Seal::new(&[7; 32]).unwrap();
        let text = list(&[
            "k-001,海上,webNACCS,11110A,ABCDE00001,2026/4/20,2027/4/20",
            "K-002,航空,netNACCS,22220A,,,",
            "K-009,海上,webNACCS,11110C,ABCDE00003,,",
        ]);
        let (imported, bad) = import(&centre, &seal, &text).await;
        assert_eq!(imported, ImportedTerminals { added: 2, ..ImportedTerminals::default() });
        assert_eq!(bad, ["line 4, 契約番号: the centre has no contract of this number that is in force"]);
        let rows = centre.store().terminals_of(one).await.unwrap();
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        let sealed = row.code.as_deref().unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"ABCDE"), "sealed");
        let bound = format!("{} sea webnaccs 11110A", centre.office.id);
        assert_eq!(seal.open(&bound, sealed).unwrap().as_slice(), b"ABCDE00001");
        assert!(seal.open(&bound.replace("11110A", "11110B"), sealed).is_none(), "bound to its terminal");
        assert_eq!(centre.store().terminals_of(other).await.unwrap()[0].code, None);
        let (again, _) = import(&centre, &seal, &text).await;
        assert_eq!(again, ImportedTerminals { same: 2, ..ImportedTerminals::default() }, "the same file again changes nothing");
        let moved = list(&["K-002,海上,webNACCS,11110A,ZZZZZ00009,2026/4/20,2027/4/20"]);
        let (moved, _) = import(&centre, &seal, &moved).await;
        assert_eq!(moved, ImportedTerminals { changed: 1, ..ImportedTerminals::default() });
        let terminal = Terminal {
            division: Division::Sea,
            device: Device::WebNaccs,
            name: TerminalName::parse("11110A").unwrap(),
        };
        let row = centre.store().terminal(&centre.office.id, terminal).await.unwrap().unwrap();
        assert_eq!(row.organisation, other);
        assert_eq!(seal.open(&bound, row.code.as_deref().unwrap()).unwrap().as_slice(), b"ABCDE00001", "it keeps its code");
        let events = centre.store().events(OfficeChange::case(&centre.office.id)).await.unwrap();
        let told: Vec<_> = events.iter().filter(|event| event.name == "terminals_imported").collect();
        assert_eq!(told.len(), 2, "what changed nothing is no event");
        assert!(told[0].document.contains("\"added\":\"2\"") && told[0].document.contains(&"07".repeat(32)), "{}", told[0].document);
        assert!(!told[0].document.contains("ABCDE"));
    }
}

#[test]
fn every_bad_line_of_a_list_is_named_and_nothing_of_it_is_imported() {
    let desk = Desk::new();
    desk.write("center.toml", TERMINALS_EXAMPLE);
    desk.done(&["office", "load", "center.toml"]);
    desk.write(
        "terminals.csv",
        &list(&[
            "K-001,陸上,webNACCS,11110A,ABCDE00001,,",
            "K-001,海上,webNACCS,11110A,,2026/4/20,",
        ]),
    );
    let (status, said) = desk.kagimori(&["import", "terminals", "terminals.csv"]);
    assert_eq!(status, 1, "{said}");
    for words in [
        "terminals.csv: line 2, 区分: wanted: 海上 or 航空",
        "nothing was imported",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(
        said.contains("line 3, 有効期限: a certificate has a first day and a last day"),
        "{said}"
    );
    assert!(!said.contains("ABCDE"), "{said}");
    desk.write("unknown.csv", &list(&["K-001,海上,webNACCS,11110A,ABCDE00001,,"]));
    let (status, told) = desk.kagimori(&[
        "import",
        "terminals",
        "unknown.csv",
        "--office",
        "mihon-center",
        "--json",
    ]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    assert_eq!(
        (status, &told["imported"], &told["bad"][0]["line"]),
        (1, &serde_json::json!(false), &serde_json::json!(2)),
        "{told}"
    );
    desk.write("other.csv", "number,what\n1,2\n");
    let (status, said) = desk.kagimori(&["import", "terminals", "other.csv"]);
    assert_eq!(status, 1);
    assert!(said.contains("契約番号, 区分"), "{said}");
    let (status, said) = desk.kagimori(&["import", "terminals", "unknown.csv", "--office", "mihon-ca"]);
    assert_eq!(status, 1);
    assert!(said.contains("no service centre mihon-ca"), "{said}");
}
