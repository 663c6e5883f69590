//! What a company's people see of another company: nothing, by whatever identifier and route (THREATS A17). Each with its
//! control: the owner is there by the same one.

use axum::Router;
use axum::http::StatusCode;
use casework::reissue::Case;
use casework::review::Verdict;
use server::desk::CaseId;
use server::desk::reissue::Reissue;
use server::errand::mail::{Mail, Mailer, Sending};
use server::office::TERMINALS_EXAMPLE;
use server::portal::{Portal, Site, router};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::{CENTRE, plain, sign_in};
use crate::centre::PASSWORD;
use crate::errand::runner;
use crate::examination::{CENTRE as STAFF, Counter, choose, day, verdict_with};
use crate::house::{House, noon};
use crate::portal::browser::{Answered, Browser, ORIGIN};

/// Every route of the customers' pages that an identifier stands in, with what a browser sends there: below which path, and
/// of what.
const TABLE: [Row; 14] = [
    ("GET", "", "/news/{id}", Of::News),
    ("GET", "/applications", "/{case}", Of::Sent),
    ("GET", "/applications", "/{case}/withdraw", Of::Sent),
    ("POST", "/applications", "/{case}/withdraw", Of::Sent),
    ("GET", "/reissue", "/{case}", Of::Draft),
    ("GET", "/reissue", "/{case}/contact", Of::Draft),
    ("POST", "/reissue", "/{case}/contact", Of::Draft),
    ("GET", "/reissue", "/{case}/terminals", Of::Draft),
    ("POST", "/reissue", "/{case}/terminals", Of::Draft),
    ("GET", "/reissue", "/{case}/confirm", Of::Draft),
    ("GET", "/reissue", "/{case}/done", Of::Sent),
    ("GET", "/acquisition", "/{terminal}", Of::Terminal),
    ("POST", "/acquisition", "/{terminal}/code", Of::Terminal),
    ("POST", "/acquisition", "/{terminal}/begin", Of::Terminal),
];
/// And the one by which an application is sent off, which can be tried once.
const LAST: Row = ("POST", "/reissue", "/{case}/confirm", Of::Draft);

/// How, below which path, by which route, and of what.
type Row = (&'static str, &'static str, &'static str, Of);

/// What an identifier is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    News,
    Sent,
    Draft,
    Terminal,
}

/// Two companies at one centre. The first has an application that was given back, a draft, a terminal that waits for its
/// certificate, and news; the other has a terminal.
struct Companies {
    counter: Counter,
    router: Router,
    returned: CaseId<Reissue>,
    draft: CaseId<Reissue>,
    news: String,
    /// By which one would know the first company's things anywhere.
    marks: Vec<String>,
}

impl Companies {
    async fn at_one_centre() -> Self {
        let counter = Counter::of(House::on_sqlite().await).await;
        let by = counter.officer("2001", STAFF).await;
        let reissued = counter.approved(&by, &["11110A"]).await;
        counter.house().it_is(noon(2026, 11, 24));
        counter.centre.desk.keep_mornings().await.unwrap();
        let returned = counter.applied_for(day(2026, 11, 26), &["11110B"]).await;
        let verdict = verdict_with("applicant", Verdict::Return);
        counter.decide(&by, returned, verdict).await.unwrap();
        let draft = counter.begun().await;
        let wish = choose(day(2026, 11, 27), &["11110C"]);
        counter.apply(draft, wish).await.unwrap();
        let other = counter.centre.contract("K-002").await;
        counter.give(other, &["33330A"]).await;
        counter.centre.person(other, "kaiun001").await;
        let news = counter.store().news(counter.organisation, 10).await.unwrap();
        let mut marks: Vec<String> = ["11110A", "11110B", "11110C", "花子", "tuukan-hanako@boeki.example"]
            .map(str::to_owned)
            .into();
        for case in [reissued, returned] {
            let case = counter.look(case).await;
            marks.push(case.submitted().unwrap().number.to_string());
        }
        Self {
            router: router(Portal::new(counter.centre.desk.clone(), Site::at(ORIGIN)).unwrap()),
            news: format!("{:032x}", u128::from_be_bytes(news[0].id)),
            counter,
            returned,
            draft,
            marks,
        }
    }

    async fn person(&self, login: &str) -> Browser {
        let mut browser = Browser::new(&self.router);
        assert_eq!(sign_in(&mut browser, login, PASSWORD).await.location(), CENTRE);
        browser
    }

    /// The identifier of the first company's own, and one that is nobody's.
    fn ids(&self, of: Of) -> [String; 2] {
        let nobody = self.counter.centre.desk.new_case::<Reissue>().to_string();
        match of {
            Of::News => [self.news.clone(), "0".repeat(32)],
            Of::Sent => [self.returned.to_string(), nobody],
            Of::Draft => [self.draft.to_string(), nobody],
            Of::Terminal => ["sea-webnaccs-11110A".to_owned(), "sea-webnaccs-99990A".to_owned()],
        }
    }

    async fn asks(&self, browser: &mut Browser, (method, below, route, _): Row, id: &str) -> Answered {
        let (from, to) = route.split_once('{').unwrap();
        let (_, to) = to.split_once('}').unwrap();
        let path = format!("{CENTRE}{below}{from}{id}{to}");
        if method == "GET" {
            return browser.get(&path).await;
        }
        // Whatever page was shown last, its token is the session's.
        browser.get(CENTRE).await;
        let version = self.counter.centre.desk.standing(self.draft).await.unwrap().version;
        let fields = [
            ("day", "20261127"),
            ("cause", "expired"),
            ("version", &version.to_string()),
            ("corrects", "no"),
        ];
        browser.post(&path, &fields).await
    }

    /// What the page says of the first company.
    fn told(&self, page: &Answered) -> Vec<&String> {
        self.marks.iter().filter(|mark| page.says(mark)).collect()
    }
}

#[tokio::test]
async fn a17_nothing_of_a_company_is_there_for_another_one_by_any_route_and_any_identifier() {
    let companies = Companies::at_one_centre().await;
    let mut other = companies.person("kaiun001").await;
    for row in TABLE.into_iter().chain([LAST]) {
        let (method, below, route, of) = row;
        let [theirs, nobodys] = companies.ids(of);
        let answered = companies.asks(&mut other, row, &theirs).await;
        let name = format!("{method} {below}{route}");
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{name}: {}", answered.text());
        let nothing = companies.asks(&mut other, row, &nobodys).await;
        // What was asked for stands in the page's own address, and nothing else is told of it.
        assert_eq!(
            plain(&answered).replace(&theirs, ""),
            plain(&nothing).replace(&nobodys, ""),
            "{name}"
        );
    }
    let Case::Returned { draft: None, .. } = companies.counter.look(companies.returned).await else {
        panic!("nobody else has touched it")
    };
    // The control: the owner is there by each of them.
    let mut owner = companies.person("tsukan01").await;
    let last = TABLE
        .iter()
        .position(|row| row.0 == "POST" && row.2 == "/{case}/withdraw");
    let (withdraws, others): (Vec<_>, Vec<_>) = TABLE.iter().enumerate().partition(|(at, _)| Some(*at) == last);
    for (_, row) in others.into_iter().chain(withdraws) {
        let (method, below, route, of) = row;
        let [own, _] = companies.ids(*of);
        let answered = companies.asks(&mut owner, *row, &own).await;
        assert_ne!(answered.status, StatusCode::NOT_FOUND, "{method} {below}{route}");
        assert!(
            !answered.status.is_server_error(),
            "{method} {below}{route}: {}",
            answered.text()
        );
    }
    let Case::Withdrawn { .. } = companies.counter.look(companies.returned).await else {
        panic!("the owner withdrew it")
    };
}

#[tokio::test]
async fn a17_no_list_of_a_company_has_anything_of_another_one() {
    let companies = Companies::at_one_centre().await;
    let before = format!("/applications?before={}", companies.returned);
    let pages = ["", "/applications", &before, "/acquisition", "/contract", "/reissue"];
    let mut told = BTreeSet::new();
    for page in pages {
        let page = format!("{CENTRE}{page}");
        let shown = companies.person("kaiun001").await.get(&page).await;
        assert_eq!(companies.told(&shown), Vec::<&String>::new(), "{page}");
        let own = companies.person("tsukan01").await.get(&page).await;
        assert_eq!(own.status, StatusCode::OK, "{page}");
        told.extend(companies.told(&own).into_iter().cloned());
    }
    for mark in ["11110A", "11110B", "11110C"] {
        assert!(told.contains(mark), "the control: the owner sees {mark}: {told:?}");
    }
    // A receipt number alone tells a stranger nothing.
    let mut other = companies.person("kaiun001").await;
    for number in companies
        .marks
        .iter()
        .filter(|mark| mark.len() > 10 && !mark.contains('@'))
    {
        let page = other.get(&format!("/receipt/{number}")).await;
        let told = companies.told(&page);
        assert!(told.iter().all(|mark| *mark == number), "{told:?}");
    }
}

#[tokio::test]
async fn a17_no_terminal_of_another_company_is_applied_for_and_its_letters_go_to_its_own_people() {
    let companies = Companies::at_one_centre().await;
    let counter = &companies.counter;
    let mut other = companies.person("kaiun001").await;
    let guide = other.get(&format!("{CENTRE}/reissue")).await;
    let case = guide.hidden("case");
    let at = format!("{CENTRE}/reissue/{case}");
    other.post(&format!("{CENTRE}/reissue"), &[("case", &case)]).await;
    let contact = [
        ("surname", "海野"),
        ("given", "渚"),
        ("surname_kana", "ウンノ"),
        ("given_kana", "ナギサ"),
        ("phone", "0451234567"),
        ("mail", "nagisa@kaiun.example"),
        ("mail_again", "nagisa@kaiun.example"),
    ];
    other.post(&format!("{at}/contact"), &contact).await;
    let terminals = other.get(&format!("{at}/terminals")).await;
    terminals.must_say("33330A");
    assert_eq!(companies.told(&terminals), Vec::<&String>::new());
    let wish = |terminal| [("day", "20261130"), ("cause", "expired"), (terminal, "yes")];
    let foreign = wish("terminal-sea-webnaccs-11110C");
    let answered = other.post(&format!("{at}/terminals"), &foreign).await;
    assert_eq!(answered.location(), format!("{at}/terminals#errors"));
    let answered = other.follow(answered).await;
    answered.must_say("E-TERM-NONE");
    assert_eq!(companies.told(&answered), Vec::<&String>::new());
    let own = wish("terminal-sea-webnaccs-33330A");
    let answered = other.post(&format!("{at}/terminals"), &own).await;
    assert_eq!(answered.location(), format!("{at}/confirm"), "the control: its own one");
    let confirm = other.follow(answered).await;
    let (version, corrects) = (confirm.hidden("version"), confirm.hidden("corrects"));
    let fields = [("version", version.as_str()), ("corrects", corrects.as_str())];
    let done = other.post(&format!("{at}/confirm"), &fields).await;
    assert_eq!(done.location(), format!("{at}/done"));
    // Each letter of the house goes to the people of whom it tells.
    let post = Arc::new(Post::default());
    let (store, now) = (counter.store(), counter.now());
    store
        .load_office(&counter.centre.office.id, TERMINALS_EXAMPLE, now)
        .await
        .unwrap();
    let errands = runner(counter.house(), Arc::clone(&post) as Arc<dyn Mailer>).await;
    errands.run_due().await.unwrap();
    let sent = std::mem::take(&mut *post.0.lock().unwrap());
    let about = |mail: &Mail, marks: &[String]| marks.iter().any(|mark| mail.body.contains(mark));
    let firsts: Vec<_> = sent.iter().filter(|mail| about(mail, &companies.marks)).collect();
    let others: Vec<_> = sent.iter().filter(|mail| about(mail, &["33330A".to_owned()])).collect();
    assert!(firsts.len() >= 3 && others.len() == 1, "{sent:?}");
    assert!(
        firsts.iter().all(|mail| mail.to == "tuukan-hanako@boeki.example"),
        "{firsts:?}"
    );
    assert!(
        others.iter().all(|mail| mail.to == "nagisa@kaiun.example"),
        "{others:?}"
    );
}

/// A mail server that takes every mail.
#[derive(Default)]
struct Post(Mutex<Vec<Mail>>);

impl Mailer for Post {
    fn send<'m>(&'m self, mail: &'m Mail) -> Sending<'m> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(async { Ok(()) })
    }
}

/// The table has every route with an identifier; the guides of acquisition are everybody's.
#[test]
fn a17_the_table_has_every_route_of_a_customer_with_an_identifier() {
    let sources = [
        include_str!("../../../../src/portal/organisation.rs"),
        include_str!("../../../../src/portal/reissue.rs"),
        include_str!("../../../../src/portal/acquisition.rs"),
    ];
    let mut routes = BTreeSet::new();
    for part in sources.iter().flat_map(|source| source.split(".route(\"").skip(1)) {
        let (route, rest) = part.split_once('"').unwrap();
        let (handlers, _) = rest.split_once('\n').unwrap();
        for (word, method) in [("get(", "GET"), ("post(", "POST")] {
            if handlers.contains(word) && route.contains('{') && !route.contains("{system}") {
                routes.insert((method, route));
            }
        }
    }
    let table: BTreeSet<_> = TABLE
        .into_iter()
        .chain([LAST])
        .map(|(method, _, route, _)| (method, route))
        .collect();
    assert_eq!(routes, table);
}
