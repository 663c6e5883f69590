//! 論理端末 in the store: what a customer has, which application holds it, and what its grants made; the same on both
//! databases.

use casework::identity::{Authority, CertificateId, Fingerprint, GrantId, OrganisationId, ReissueId, Serial};
use casework::number::Number;
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::{Day, Instant};
use server::store::{
    AwaitedMorning, CaseRow, Clash, Commit, Document, ImportedTerminals, NewEvent, NewGrant, NewTerminal,
    NewTerminalCertificate, OccupiedTerminals, Write,
};
use wire::office::Language;

use crate::house::{House, on_both};

on_both! {
    async fn terminals_come_from_a_list_and_keep_the_code_of_their_latest_grant(house: House) {
        let mut list: Vec<NewTerminal> = ["11110A", "11110B"].map(|name| listed(name, Some(b"from the list"))).to_vec();
        let first = import(&house, &list).await;
        assert_eq!(first, ImportedTerminals { added: 2, ..ImportedTerminals::default() });
        assert_eq!(import(&house, &list).await, ImportedTerminals { same: 2, ..ImportedTerminals::default() });
        open(&house, 1, "11110A", 1, None).await.unwrap();
        list[0].organisation = OrganisationId([2; 16]);
        assert_eq!(import(&house, &list).await, ImportedTerminals { changed: 1, same: 1, ..ImportedTerminals::default() });
        let row = house.store().terminal(OFFICE, terminal("11110A")).await.unwrap().unwrap();
        assert_eq!((row.organisation, row.code.as_deref()), (OrganisationId([2; 16]), Some(&b"code 1"[..])));
        assert_eq!(row.grant, Some(GrantId([1; 16])));
        assert!(!format!("{row:?} {:?}", list[0]).contains("code"), "no code in a log");
        let names = |rows: Vec<server::store::TerminalRow>| rows.iter().map(|row| row.terminal.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(house.store().terminals_of(OWNER).await.unwrap()), ["11110B"]);
        assert_eq!(house.store().terminal("elsewhere", terminal("11110A")).await.unwrap(), None);
    }

    async fn i02_an_application_opens_one_grant_for_each_terminal_behind_the_one_that_was_decided_upon(house: House) {
        import(&house, &["11110A", "11110B"].map(|name| listed(name, None))).await;
        open(&house, 1, "11110A", 1, None).await.unwrap();
        // The same application again, under another case: another node that did not see the first.
        assert_eq!(open(&house, 2, "11110A", 1, Some(1)).await, Err(Clash::Moved));
        // Two applications that were decided upon before either was committed: one wins.
        open(&house, 3, "11110A", 2, Some(1)).await.unwrap();
        assert_eq!(open(&house, 4, "11110A", 3, Some(1)).await, Err(Clash::Moved));
        open(&house, 5, "11110B", 1, None).await.unwrap();
        assert_eq!(open(&house, 6, "11110C", 1, None).await, Err(Clash::Moved), "no such terminal");
        let mut granted = house.store().grants_of(&[1; 16]).await.unwrap();
        granted.sort();
        assert_eq!(granted, [(terminal("11110A"), GrantId([1; 16])), (terminal("11110B"), GrantId([5; 16]))]);
    }

    async fn g_s3_a_terminal_is_in_one_open_application(house: House) {
        let occupy = |case, names: &[&str], number| {
            let terminals = names.iter().map(|name| terminal(name)).collect();
            let occupied = OccupiedTerminals { office: OFFICE.to_owned(), terminals, number: Number::from_random([number; 8]) };
            commit(&house, case, 0, vec![Write::OccupyTerminals(occupied)])
        };
        occupy(1, &["11110A", "11110B"], 1).await.unwrap();
        assert_eq!(occupy(2, &["11110C", "11110B"], 2).await, Err(Clash::Moved));
        let about = |name| { let store = house.store().clone(); async move { store.application_for(OFFICE, terminal(name)).await.unwrap() } };
        assert_eq!(about("11110B").await, Some(([1; 16], Number::from_random([1; 8]))));
        assert_eq!(about("11110C").await, None, "all of it or nothing");
        // A correction lets go of what it does not name any more.
        let corrected = OccupiedTerminals { office: OFFICE.to_owned(), terminals: vec![terminal("11110C")], number: Number::from_random([1; 8]) };
        commit(&house, 1, 1, vec![Write::OccupyTerminals(corrected)]).await.unwrap();
        assert_eq!(about("11110B").await, None);
        commit(&house, 1, 2, vec![Write::VacateTerminals]).await.unwrap();
        assert_eq!(about("11110C").await, None);
    }

    async fn r307_an_application_is_awaited_from_its_day_on_until_it_is_done(house: House) {
        let wait = |case, day| {
            let awaited = AwaitedMorning { office: OFFICE.to_owned(), day: Day(day) };
            commit(&house, case, 0, vec![Write::AwaitMorning(awaited)])
        };
        for (case, day) in [(2, 101), (1, 100), (3, 102)] {
            wait(case, day).await.unwrap();
        }
        let listed = |today, last| { let store = house.store().clone(); async move {
            let rows = store.mornings(Day(today), last).await.unwrap();
            rows.into_iter().map(|(day, case, office)| { assert_eq!(office, OFFICE); (day.0, case[0]) }).collect::<Vec<_>>()
        }};
        assert_eq!(listed(99, None).await, []);
        assert_eq!(listed(101, None).await, [(100, 1), (101, 2)]);
        assert_eq!(listed(101, Some((Day(100), [1; 16]))).await, [(101, 2)]);
        commit(&house, 1, 1, vec![Write::MorningDone]).await.unwrap();
        assert_eq!(listed(110, None).await, [(101, 2), (102, 3)]);
    }

    async fn r303_a_certificate_of_a_terminal_is_kept_once_works_once_and_time_finds_its_grant(house: House) {
        import(&house, &[listed("11110A", None)]).await;
        open(&house, 1, "11110A", 1, None).await.unwrap();
        let certify = || Write::CertifyTerminal(NewTerminalCertificate {
            office: OFFICE.to_owned(),
            terminal: terminal("11110A"),
            certificate: certificate(9),
            fingerprint: Fingerprint([9; 32]),
            validity: (Instant(1_000), Instant(2_000)),
        });
        let wake = Write::WakeGrant { at: Some(Instant(1_500)) };
        commit(&house, 1, 1, vec![certify(), wake]).await.unwrap();
        assert_eq!(commit(&house, 1, 2, vec![certify()]).await, Err(Clash::Moved));
        let kept = house.store().terminal_certificate(Fingerprint([9; 32])).await.unwrap().unwrap();
        assert_eq!((kept.grant, kept.installed, kept.revoked), (GrantId([1; 16]), None, None));
        assert!(kept.live(Instant(2_000)).is_some() && kept.live(Instant(2_001)).is_none());
        let install = || Write::InstallTerminal { certificate: certificate(9), at: Instant(1_200) };
        commit(&house, 1, 2, vec![install()]).await.unwrap();
        assert_eq!(commit(&house, 1, 3, vec![install()]).await, Err(Clash::Moved));
        let all = house.store().certificates_of_terminal(OFFICE, terminal("11110A")).await.unwrap();
        assert_eq!(all.iter().map(|row| row.installed).collect::<Vec<_>>(), [Some(Instant(1_200))]);
        let waking = |now| { let store = house.store().clone(); async move { store.waking_grants(Instant(now), None).await.unwrap() } };
        assert_eq!(waking(1_499).await, []);
        assert_eq!(waking(1_500).await, [(Instant(1_500), [1; 16])]);
        commit(&house, 1, 3, vec![Write::SuspendTerminal, Write::WakeGrant { at: None }]).await.unwrap();
        assert_eq!(waking(9_000).await, []);
        assert!(house.store().terminal(OFFICE, terminal("11110A")).await.unwrap().unwrap().suspended);
        // The next grant lifts it, and the one before cannot suspend it any more.
        open(&house, 2, "11110A", 2, Some(1)).await.unwrap();
        commit(&house, 1, 4, vec![Write::SuspendTerminal]).await.unwrap();
        assert!(!house.store().terminal(OFFICE, terminal("11110A")).await.unwrap().unwrap().suspended);
    }
}

async fn import(house: &House, list: &[NewTerminal]) -> ImportedTerminals {
    let event = event(house, "terminals_imported");
    let store = house.store();
    store
        .import_terminals(OFFICE, list.to_vec(), event, house.now())
        .await
        .unwrap()
}

/// Opens a grant of this application, decided upon when `before` was the terminal's latest.
async fn open(house: &House, case: u8, name: &str, application: u8, before: Option<u8>) -> Result<(), Clash> {
    let grant = NewGrant {
        office: OFFICE.to_owned(),
        terminal: terminal(name),
        application: ReissueId([application; 16]),
        until: Instant(5_000),
        before: before.map(|before| GrantId([before; 16])),
        code: format!("code {case}").into_bytes(),
    };
    commit(house, case, 0, vec![Write::OpenGrant(grant)]).await
}

async fn commit(house: &House, case: u8, version: i64, writes: Vec<Write>) -> Result<(), Clash> {
    let commit = Commit {
        case: CaseRow {
            id: [case; 16],
            procedure: "acquisition".to_owned(),
            office: OFFICE.to_owned(),
            language: Language::Ja,
            version,
            document: Document {
                state: "open".to_owned(),
                text: "{}".to_owned(),
            },
        },
        at: house.now(),
        event: event(house, "written"),
        writes,
        errands: Vec::new(),
        evidence: Vec::new(),
    };
    house.store().commit(vec![commit]).await
}

fn event(house: &House, name: &'static str) -> NewEvent {
    NewEvent {
        procedure: "acquisition",
        name,
        actor: "system".to_owned(),
        states: ("new".to_owned(), "open".to_owned()),
        refusal: None,
        details: Vec::new(),
        salt: house.desk.chance().octets(),
    }
}

fn listed(name: &str, code: Option<&[u8]>) -> NewTerminal {
    NewTerminal {
        terminal: terminal(name),
        organisation: OWNER,
        code: code.map(<[u8]>::to_vec),
        issued_on: Some(Day(15_079)),
        valid_until: None,
    }
}

fn terminal(name: &str) -> Terminal {
    Terminal {
        division: Division::Sea,
        device: Device::WebNaccs,
        name: TerminalName::parse(name).unwrap(),
    }
}

fn certificate(mark: u8) -> CertificateId {
    CertificateId {
        authority: Authority("centre".to_owned()),
        serial: Serial::from_octets(&[mark; 20]).unwrap(),
    }
}

const OFFICE: &str = "mihon-centre";
const OWNER: OrganisationId = OrganisationId([1; 16]);
