//! Who may do what: every route of the console, by every role, by another office and by nobody, against one table (A17).

use axum::Router;
use axum::http::{StatusCode, header};
use casework::officer::Role;
use server::chance::Chance;
use server::desk::officer::OfficerAccount;
use server::desk::paper::Paper;
use server::desk::{Actor, CaseId, Desk};
use server::office::{AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE, Office, TERMINALS_EXAMPLE};
use std::collections::BTreeSet;
use std::path::Path;

use super::case::other_officer;
use super::counter::{Counter, PAPER};
use super::seat::{DESK, hex, invited, seated};
use crate::centre::Centre;
use crate::house::{House, office};
use crate::portal::browser::{Answered, Browser, portal};

/// Method, path below `/console/{office}`, and the roles that it is for: 受付 (E), 承認 (A), 監査 (U), 管理 (D). `-` stands
/// for what is there before a login. In the order of a day: each line finds what the one before left.
const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/login", "-"),
    ("POST", "/login", "-"),
    ("GET", "/login/return", "-"),
    ("POST", "/login/passkey", "-"),
    ("GET", "/ended", "-"),
    ("GET", "/enrol", "-"),
    ("POST", "/enrol", "-"),
    ("GET", "/enrol/return", "-"),
    ("GET", "/", "EAUD"),
    ("GET", "/card", "EAUD"),
    ("POST", "/card", "EAUD"),
    ("POST", "/stay", "EAUD"),
    ("GET", "/own", "EAUD"),
    ("POST", "/own/passkey", "EAUD"),
    ("POST", "/own/passkey/remove", "EAUD"),
    ("GET", "/own/tokens", "EAUD"),
    ("POST", "/own/tokens", "EAUD"),
    ("POST", "/own/tokens/revoke", "EAUD"),
    ("GET", "/queue", "EAUD"),
    ("GET", "/queue.csv", "EAUD"),
    ("GET", "/cases/{case}", "EAUD"),
    ("GET", "/cases/{case}/print", "EAUD"),
    ("GET", "/cases/{case}/files/{digest}", "EAUD"),
    ("GET", "/cases/{case}/claim", "EAUD"),
    ("GET", "/cases/{case}/release", "EAUD"),
    ("GET", "/cases/{case}/reassign", "EAUD"),
    ("GET", "/cases/{case}/withdraw", "EAUD"),
    ("POST", "/cases/{case}/claim", "A"),
    ("POST", "/cases/{case}/reassign", "D"),
    ("GET", "/cases/{case}/decide", "A"),
    ("POST", "/cases/{case}/decide", "A"),
    ("GET", "/cases/{case}/decide/return", "A"),
    ("POST", "/cases/{case}/release", "A"),
    ("GET", "/letters", "EAUD"),
    ("GET", "/letters/{letter}", "EAUD"),
    ("POST", "/letters/{letter}/posted", "EA"),
    ("GET", "/paper", "E"),
    ("GET", "/paper/new", "E"),
    ("POST", "/paper/new", "E"),
    ("GET", "/paper/{case}", "E"),
    ("POST", "/paper/{case}", "E"),
    ("POST", "/paper/{case}/drop", "E"),
    ("GET", "/paper/{case}/scans/{digest}", "E"),
    ("GET", "/paper/{case}/confirm", "E"),
    ("POST", "/paper/{case}/confirm", "E"),
    ("GET", "/paper/{case}/return", "E"),
    ("POST", "/cases/{case}/withdraw", "E"),
    ("GET", "/calendar", "EAUD"),
    ("GET", "/calendar/close", "D"),
    ("POST", "/calendar/close", "D"),
    ("GET", "/calendar/open", "D"),
    ("POST", "/calendar/open", "D"),
    ("GET", "/officers", "UD"),
    ("GET", "/officers/{id}", "UD"),
    ("GET", "/officers/invite", "D"),
    ("POST", "/officers/invite", "D"),
    ("POST", "/officers/{id}/roles", "D"),
    ("GET", "/officers/{id}/invite", "D"),
    ("POST", "/officers/{id}/invite", "D"),
    ("GET", "/officers/{id}/block", "D"),
    ("POST", "/officers/{id}/block", "D"),
    ("GET", "/officers/{id}/unblock", "D"),
    ("POST", "/officers/{id}/unblock", "D"),
    ("GET", "/office", "UD"),
    ("GET", "/office/edit", "D"),
    ("POST", "/office/edit", "D"),
    ("POST", "/office/save", "D"),
    ("GET", "/office/history", "UD"),
    ("GET", "/office/history/{version}", "UD"),
    ("GET", "/audit", "UD"),
    ("POST", "/logout", "EAUD"),
];
/// The same of what only the desk of an ordering body has.
const BIDDING: &[(&str, &str, &str)] = &[
    ("GET", "/register", "EAUD"),
    ("GET", "/register/{number}", "EAUD"),
    ("GET", "/register/{number}/edit", "E"),
    ("POST", "/register/{number}/edit", "E"),
    ("GET", "/register/{number}/letter-code", "E"),
    ("POST", "/register/{number}/letter-code", "E"),
];
/// The same of what only the desk of a service centre has.
const CENTRE: &[(&str, &str, &str)] = &[
    ("GET", "/organisations", "UD"),
    ("GET", "/organisations/new", "D"),
    ("POST", "/organisations/new", "D"),
    ("GET", "/organisations/{id}", "UD"),
    ("GET", "/organisations/{id}/edit", "D"),
    ("POST", "/organisations/{id}/edit", "D"),
    ("POST", "/organisations/{id}/users", "D"),
    ("POST", "/organisations/{id}/users/{user}/invite", "D"),
    ("GET", "/organisations/{id}/users/{user}/edit", "D"),
    ("POST", "/organisations/{id}/users/{user}/edit", "D"),
    ("POST", "/organisations/{id}/users/{user}/block", "D"),
    ("POST", "/organisations/{id}/end", "D"),
];
/// The same of what only the desk of a city has.
const CITY: &[(&str, &str, &str)] = &[
    ("GET", "/counter", "E"),
    ("POST", "/counter", "E"),
    ("GET", "/counter/confirm", "E"),
    ("POST", "/counter/confirm", "E"),
    ("GET", "/counter/{case}/return", "E"),
    ("GET", "/counter/{case}", "E"),
];
const ROLES: [(char, Role); 4] = [
    ('E', Role::Entry),
    ('A', Role::Approval),
    ('U', Role::Audit),
    ('D', Role::Administration),
];

/// What the paths' names stand for.
struct Ids {
    desk: Desk,
    case: String,
    digest: String,
    account: String,
    approver: String,
}

impl Ids {
    fn fill(&self, desk: &str, path: &str) -> String {
        let path = path
            .replace("{case}", &self.case)
            .replace("{digest}", &self.digest)
            .replace("{letter}", &self.case)
            .replace("{id}", &self.account)
            .replace("{number}", "100-1")
            .replace("{version}", "1");
        format!("{desk}{}", if path == "/" { "" } else { &path })
    }
}

#[tokio::test]
async fn a17_every_route_of_the_console_is_there_for_the_roles_of_the_table_and_for_nobody_else() {
    let mut counter = two_offices().await;
    let (case, digest) = waiting(&mut counter).await;
    let Counter { house, router, .. } = counter;
    let mut seats = Vec::new();
    for (person, (letter, role)) in ["1", "2", "3", "4"].iter().zip(ROLES) {
        seats.push((letter, seated(&house, &router, person, &[role]).await));
    }
    let all = ROLES.map(|(_, role)| role);
    let mut foreign = other_officer(&house, &router, &all).await;
    let (spare, _) = invited(&house, "6", &[Role::Entry]).await;
    let ids = Ids {
        desk: house.desk.clone(),
        case,
        digest,
        account: hex(spare),
        approver: CaseId::<OfficerAccount>::from_octets(seats[1].1.id.0).to_string(),
    };
    let mut shown = 0;
    for (method, path, roles) in TABLE.iter().filter(|(_, _, roles)| *roles != "-") {
        let here = ids.fill(DESK, path);
        let name = format!("{method} {path}");
        // Whoever is not to do it first: what was done by then would be another answer.
        seats.sort_by_key(|(letter, _)| roles.contains(*letter));
        for (letter, seat) in &mut seats {
            let answered = ask(&mut seat.browser, DESK, &ids, method, &here).await;
            assert!(is_dressed(&answered), "{name} by {letter}: {:?}", answered.headers);
            let refused = answered.status == StatusCode::FORBIDDEN && answered.says("E-ROLE");
            assert_eq!(
                !refused,
                roles.contains(*letter),
                "{name} by {letter}: {}",
                answered.status
            );
            assert!(
                answered.status.as_u16() < 500,
                "{name} by {letter}: {}",
                answered.text()
            );
            assert!(!at_login(&answered), "{name} by {letter} was taken for a stranger");
            shown += u32::from(*method == "GET" && answered.status == StatusCode::OK);
        }
        let strangers = [foreign.clone(), at_the_door(&router).await];
        for mut stranger in strangers {
            assert!(
                at_login(&ask(&mut stranger, DESK, &ids, method, &here).await),
                "{name} by a stranger"
            );
        }
        if path.contains("{case}") || path.contains("{id}") || path.contains("{letter}") {
            let there = ids.fill("/console/other-ca", path);
            let answered = ask(&mut foreign, "/console/other-ca", &ids, method, &there).await;
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{name} of another office");
        }
    }
    assert!(
        shown > 45,
        "the control: {shown} pages were shown to those they are for"
    );
}

#[tokio::test]
async fn a17_every_route_of_an_ordering_bodys_desk_is_there_for_the_roles_of_the_table_and_for_nobody_else() {
    let mut house = House::on_sqlite().await;
    let text = BIDDING_CORE_EXAMPLE.replacen("mihon-ken", "mihon-ca", 1);
    let (store, clock) = (house.store().clone(), house.desk.clock().clone());
    let offices = vec![Office::from_toml(&text).unwrap()];
    house.desk = Desk::new(store, clock, Chance::system(), offices);
    let csv = "number,name,representative,valid_from,valid_until\n100-1,株式会社A,黒田 一郎,2025-04-01,2027-03-31";
    let sheet = server::register::read(csv.as_bytes()).unwrap();
    let (file, done) = (casework::identity::Digest([0; 32]), std::sync::Arc::default());
    let operator = Actor::Operator { name: "test" };
    let imported = house
        .desk
        .import_register(&operator, "mihon-ca", sheet.lines, (false, file), done)
        .await;
    assert_eq!(imported.unwrap().added, 1);
    let router = portal(&house);
    let mut seats = Vec::new();
    for (person, (letter, role)) in ["1", "2", "3", "4"].iter().zip(ROLES) {
        seats.push((letter, seated(&house, &router, person, &[role]).await));
    }
    for (method, path, roles) in BIDDING {
        let here = format!("{DESK}{}", path.replace("{number}", "100-1"));
        let name = format!("{method} {path}");
        seats.sort_by_key(|(letter, _)| roles.contains(*letter));
        for (letter, seat) in &mut seats {
            let answered = if *method == "GET" {
                seat.browser.get(&here).await
            } else {
                let fields = [
                    ("version", "1"),
                    ("name", "株式会社A"),
                    ("representative", "髙田 花子"),
                    ("valid_from", "2025-04-01"),
                    ("valid_until", "2027-03-31"),
                    ("reason", "変更届"),
                ];
                seat.browser.get(&format!("{DESK}/own")).await;
                seat.browser.post(&here, &fields).await
            };
            assert!(is_dressed(&answered), "{name} by {letter}");
            let refused = answered.status == StatusCode::FORBIDDEN && answered.says("E-ROLE");
            assert_eq!(
                !refused,
                roles.contains(*letter),
                "{name} by {letter}: {}",
                answered.text()
            );
            let done = answered.status == StatusCode::OK || answered.status == StatusCode::SEE_OTHER;
            assert!(refused || done, "the control: {name} by {letter}: {}", answered.text());
        }
        let mut stranger = at_the_door(&router).await;
        assert!(at_login(&stranger.get(&here).await), "{name} by a stranger");
    }
    let (_, entry) = seats.iter_mut().find(|(letter, _)| *letter == 'E').unwrap();
    let page = entry.browser.get(&format!("{DESK}/register/100-1")).await;
    page.must_say("変更届");
    page.must_say("髙田 花子");
    page.must_say("確認コード（");
    entry
        .browser
        .get(&format!("{DESK}/register?search=%EF%BC%A1"))
        .await
        .must_say("100-1");
    for nothing in ["/register/100-2", "/register/%2e%2e", "/paper", "/paper/new"] {
        let answered = entry.browser.get(&format!("{DESK}{nothing}")).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    let wrong = entry
        .browser
        .post(
            &format!("{DESK}/register/100-1/edit"),
            &[
                ("version", "2"),
                ("name", "=cmd"),
                ("valid_from", "2025-02-30"),
                ("delegate", "甲"),
            ],
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.must_say("先頭に「=」");
    wrong.must_say("実在する日付");
    wrong.must_say("受任者の氏名、委任開始日");
}

#[tokio::test]
async fn a17_every_route_of_a_service_centres_desk_is_there_for_the_roles_of_the_table_and_for_nobody_else() {
    let mut house = House::on_sqlite().await;
    let office = Office::from_toml(&TERMINALS_EXAMPLE.replacen("mihon-center", "mihon-ca", 1)).unwrap();
    let (store, clock) = (house.store().clone(), house.desk.clock().clone());
    house.desk = Desk::new(store, clock, Chance::system(), vec![office.clone()]);
    let desk = house.desk.clone();
    let centre = Centre { house, desk, office };
    let organisation = centre.contract("K-001").await;
    let (user, _) = centre.invite(organisation, "tsukan01").await.unwrap();
    let named = |octets: [u8; 16]| format!("{:032x}", u128::from_be_bytes(octets));
    let house = &centre.house;
    let router = portal(house);
    let mut seats = Vec::new();
    for (person, (letter, role)) in ["1", "2", "3", "4"].iter().zip(ROLES) {
        seats.push((letter, seated(house, &router, person, &[role]).await));
    }
    for (method, path, roles) in CENTRE {
        let below = path
            .replace("{id}", &named(organisation.0))
            .replace("{user}", &named(user.0));
        let (here, name) = (format!("{DESK}{below}"), format!("{method} {path}"));
        seats.sort_by_key(|(letter, _)| roles.contains(*letter));
        for (letter, seat) in &mut seats {
            let answered = if *method == "GET" {
                seat.browser.get(&here).await
            } else {
                let fresh = named(Chance::system().octets());
                let fields = [
                    ("id", fresh.as_str()),
                    ("user", &fresh),
                    ("number", if path.ends_with("new") { "K-002" } else { "K-001" }),
                    ("company", "見本通関商事株式会社"),
                    ("office", "大阪事業所"),
                    ("surname", "通関"),
                    ("given", "太郎"),
                    ("surname_kana", "ツウカン"),
                    ("given_kana", "タロウ"),
                    ("phone", "0301234567"),
                    ("mail", "taro@boeki.example"),
                    ("login", "tsukan02"),
                    ("name", "通関 次郎"),
                    ("language", "ja"),
                    ("sure", "yes"),
                ];
                seat.browser.get(&format!("{DESK}/own")).await;
                seat.browser.post(&here, &fields).await
            };
            assert!(is_dressed(&answered), "{name} by {letter}");
            let refused = answered.status == StatusCode::FORBIDDEN && answered.says("E-ROLE");
            assert_eq!(
                !refused,
                roles.contains(*letter),
                "{name} by {letter}: {}",
                answered.text()
            );
            let done = answered.status == StatusCode::OK || answered.status == StatusCode::SEE_OTHER;
            assert!(refused || done, "the control: {name} by {letter}: {}", answered.text());
        }
        let mut stranger = at_the_door(&router).await;
        assert!(
            at_login(&stranger.get(&here).await) || *method == "POST",
            "{name} by a stranger"
        );
    }
    let (_, last) = seats.iter_mut().find(|(letter, _)| *letter == 'D').unwrap();
    let page = last
        .browser
        .get(&format!("{DESK}/organisations/{}", named(organisation.0)))
        .await;
    for words in ["大阪事業所", "tsukan01", "tsukan02", "契約は終了しています"] {
        page.must_say(words);
    }
    for nothing in [
        "/organisations/00000000000000000000000000000001",
        "/organisations/1",
        "/register",
        "/paper",
    ] {
        let answered = last.browser.get(&format!("{DESK}{nothing}")).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    assert_eq!(centre.store().organisations("mihon-ca").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a17_every_route_of_a_citys_counter_is_there_for_its_clerks_and_for_nobody_else() {
    let city = super::citizen::city(House::on_sqlite().await, &crate::city::counter_open()).await;
    let citizen = city.citizen("000000000000001").await;
    let (router, number) = (portal(&city.house), citizen.number.to_string());
    let mut seats = Vec::new();
    for (person, (letter, role)) in ["1", "2", "3", "4"].iter().zip(ROLES) {
        seats.push((letter, seated(&city.house, &router, person, &[role]).await));
    }
    let clerk = seats[0].1.id;
    let actor = Actor::Officer {
        id: clerk,
        session: [0; 16],
    };
    let looked = (citizen.number, casework::pin_reset::Document::Passport);
    let office = (&city.office, wire::office::Language::Ja);
    let case = city
        .desk
        .identify_holder(office, &actor, looked)
        .await
        .unwrap()
        .id
        .to_string();
    for (method, path, roles) in CITY {
        let (here, name) = (
            format!("{DESK}{}", path.replace("{case}", &case)),
            format!("{method} {path}"),
        );
        seats.sort_by_key(|(letter, _)| roles.contains(*letter));
        for (letter, seat) in &mut seats {
            let fields = [
                ("card", number.as_str()),
                ("shown", &number),
                ("document", "passport"),
                ("go", "next"),
            ];
            seat.browser.get(&format!("{DESK}/own")).await;
            let answered = match *method {
                "GET" => seat.browser.get(&here).await,
                _ => seat.browser.post(&here, &fields).await,
            };
            assert!(is_dressed(&answered), "{name} by {letter}");
            let refused = answered.status == StatusCode::FORBIDDEN && answered.says("E-ROLE");
            assert_eq!(
                !refused,
                roles.contains(*letter),
                "{name} by {letter}: {}",
                answered.text()
            );
            // Nobody has brought a signature to the way back.
            let done = answered.status == StatusCode::OK || answered.status == StatusCode::SEE_OTHER;
            assert!(
                refused || done || path.ends_with("/return"),
                "the control: {name} by {letter}: {}",
                answered.text()
            );
        }
        assert!(
            at_login(&at_the_door(&router).await.get(&here).await) || *method == "POST",
            "{name} by a stranger"
        );
    }
}

#[test]
fn a17_the_table_has_every_route_of_the_console() {
    let mut routes = BTreeSet::new();
    read_routes(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/console")),
        &mut routes,
    );
    let table: BTreeSet<_> = TABLE
        .iter()
        .chain(BIDDING)
        .chain(CENTRE)
        .chain(CITY)
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(routes, table);
    assert_eq!(
        table.len(),
        TABLE.len() + BIDDING.len() + CENTRE.len() + CITY.len(),
        "each stands there once"
    );
}

/// The routes as the sources declare them, since a router does not list its own.
fn read_routes(place: &Path, routes: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_routes(&path, routes);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for declared in text.split(".route(").skip(1) {
            let (_, rest) = declared.split_once('"').unwrap();
            let (route, rest) = rest.split_once('"').unwrap();
            let handlers = rest.split(".merge(").next().unwrap().split("\n}").next().unwrap();
            for (method, word) in [("GET", "get("), ("POST", "post(")] {
                if handlers.contains(word) {
                    routes.insert((method.to_owned(), route.to_owned()));
                }
            }
        }
    }
}

/// Two offices; one has a counter.
async fn two_offices() -> Counter {
    let mut house = House::on_sqlite().await;
    let two = AUTHORITY_EXAMPLE.replacen("mihon-ca", "other-ca", 1);
    for (id, text) in [("mihon-ca", AUTHORITY_EXAMPLE), ("other-ca", &two)] {
        house.store().load_office(id, text, house.now()).await.unwrap();
    }
    let (store, clock) = (house.store().clone(), house.desk.clock().clone());
    let offices = vec![office(), Office::from_toml(&two).unwrap()];
    house.desk = Desk::new(store, clock, Chance::system(), offices);
    let router = portal(&house);
    let entry = seated(&house, &router, "7", &[Role::Entry]).await;
    let approval = seated(&house, &router, "8", &[Role::Approval]).await;
    Counter {
        house,
        router,
        entry,
        approval,
    }
}

/// A case that waits for its second person, and a file of it.
async fn waiting(counter: &mut Counter) -> (String, String) {
    let card = counter.holder(1).await;
    let case = counter.waiting(&card, PAPER).await;
    let page = counter.entry.browser.get(&case).await.text();
    let (_, rest) = page.split_once("/files/").unwrap();
    let digest = rest.split_once('"').unwrap().0.to_owned();
    (case.strip_prefix(&format!("{DESK}/cases/")).unwrap().to_owned(), digest)
}

/// A browser at the login page, with a session and nobody in it.
async fn at_the_door(router: &Router) -> Browser {
    let mut browser = Browser::new(router);
    browser.get(&format!("{DESK}/login")).await;
    browser
}

async fn ask(browser: &mut Browser, desk: &str, ids: &Ids, method: &str, path: &str) -> Answered {
    if method == "GET" {
        return browser.get(path).await;
    }
    browser.get(&format!("{desk}/own")).await;
    let case: CaseId<Paper> = ids.case.parse().unwrap();
    let version = ids.desk.standing(case).await.unwrap().version.to_string();
    let fields = [
        ("version", version.as_str()),
        ("to", &ids.approver),
        ("role", "entry"),
        ("verdict", "approve"),
    ];
    if path.contains("/paper/") && !path.ends_with("/new") && !path.ends_with("/drop") && !path.ends_with("/confirm") {
        return browser.post_parts(path, &fields, &[]).await;
    }
    browser.post(path, &fields).await
}

/// Kept by no cache, guessed at by no browser, shown in no other place's frame, and with nothing inline (A37, A45).
fn is_dressed(answered: &Answered) -> bool {
    let says = |name: header::HeaderName, words: &str| {
        let value = answered.headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains(words) && !value.contains("unsafe"))
    };
    let alone = says(header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'")
        || says(header::CONTENT_SECURITY_POLICY, "sandbox");
    alone
        && says(header::CONTENT_SECURITY_POLICY, "default-src 'none'")
        && says(header::CACHE_CONTROL, "no-store")
        && says(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        && says(header::REFERRER_POLICY, "strict-origin-when-cross-origin")
}

fn at_login(answered: &Answered) -> bool {
    answered.status == StatusCode::SEE_OTHER && answered.location().starts_with(&format!("{DESK}/login"))
}
