//! Two `kagimori serve` on one PostgreSQL decide the same case at once (A21, I4): exactly one wins, there is one audit
//! decision, and one row of the outbox for each letter.

mod counter;
mod node;
mod pin_reset;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use casework::identity::RegistrationId;
use casework::officer::Role;
use casework::renewal::Case;
use casework::review::{Reason, Verdict};
use pki::profile::Validity;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::CaseId;
use server::desk::renewal::Renewal;
use server::portal::{Limits, Portal, Site, router};
use server::store::{CaseRow, Clash, Commit, Document, NewEvent, Store};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use self::node::Node;
use crate::console::held::Clerk;
use crate::hall::{CITY, COMPANY, HOLDER_NAME, Hall};
use crate::house::{HOLDER, House, TestCard};
use crate::portal::bidder::{SHI, log_in};
use crate::portal::browser::{Answered, Browser, ORIGIN};

/// Companies whose cases are decided side by side: what one waits for, the others use.
const LANES: usize = 4;

mod on_postgres {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a21_two_nodes_that_decide_one_case_at_once_decide_it_once() {
        super::races(super::times()).await;
    }

    /// The control: where the version is not compared, the same look finds a double decision.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn without_the_comparison_of_versions_a_case_is_decided_twice() {
        super::decided_twice().await;
    }
}

/// Five hundred races, or as many as `KAGIMORI_RACES` says: `./test long` has ten thousand.
fn times() -> usize {
    std::env::var("KAGIMORI_RACES").map_or(500, |times| times.parse().expect("KAGIMORI_RACES is a number"))
}

#[expect(clippy::print_stdout, reason = "who won how often is read in the log")]
async fn races(times: usize) {
    let course = Arc::new(Course::begin().await);
    let mut ready = Vec::new();
    for number in 0..LANES {
        ready.push(Lane::begin(Arc::clone(&course), number).await);
    }
    // Registered as what the register says, held from now on: it says something else.
    let (hall, office) = (&course.hall, &course.hall.review);
    hall.list(office, "別の会社株式会社", HOLDER_NAME).await;
    let mut lanes = JoinSet::new();
    for (number, mut lane) in ready.into_iter().enumerate() {
        lanes.spawn(async move {
            let mut wins = Vec::new();
            for turn in (number..times).step_by(LANES) {
                wins.push(lane.run(turn).await);
            }
            wins
        });
    }
    let mut wins = BTreeMap::new();
    for winner in lanes.join_all().await.into_iter().flatten() {
        *wins.entry(winner).or_insert(0) += 1;
    }
    println!("{times} races: {wins:?}");
    assert_eq!(wins.values().sum::<usize>(), times);
    for who in ["the decision", "the withdrawal"] {
        assert!(wins.contains_key(who), "neither is always the first: {wins:?}");
    }
    crate::invariant::hold(&course.hall.house).await;
}

/// Two nodes as processes, and beside them the test's own portal, which leads everybody to the start.
struct Course {
    hall: Hall,
    nodes: [Node; 2],
    router: Router,
    outbox: Mutex<BTreeMap<[u8; 16], Vec<String>>>,
}

impl Course {
    async fn begin() -> Self {
        let house = House::on_postgres().await;
        // The processes know no other time.
        house.it_is(Clock::system().now());
        let hall = Hall::of(house);
        let nodes = Node::pair(&hall).await;
        let often = NonZeroU32::MAX;
        let limits = Limits {
            strangers: often,
            session: often,
            card_request: often,
            token: often,
            look_up: often,
        };
        let site = Site {
            limits,
            ..Site::at(ORIGIN)
        };
        let router = router(Portal::new(hall.desk.clone(), site).unwrap());
        Self {
            hall,
            nodes,
            router,
            outbox: Mutex::default(),
        }
    }

    /// A card that is valid now and for so many days.
    async fn card(&self, days: i32) -> TestCard {
        let now = self.hall.now();
        let validity = Validity::between(now.0 - 60, now.day().plus(days).ends().0).unwrap();
        let house = &self.hall.house;
        house.authority.card(&house.desk, validity, None).await
    }

    /// The letters that a case has queued.
    async fn letters(&self, case: [u8; 16]) -> Vec<String> {
        let mut outbox = self.outbox.lock().await;
        let (store, minute) = (self.hall.store(), std::time::Duration::from_mins(1));
        while let Some(errand) = store.take_errand("test", self.hall.now(), minute).await.unwrap() {
            store.finish_errand(errand.id, self.hall.now()).await.unwrap();
            let letters = outbox.entry(errand.case).or_default();
            letters.push(format!("{:?}", errand.errand));
        }
        let mut letters = outbox.remove(&case).unwrap_or_default();
        letters.sort();
        letters
    }
}

/// A company whose renewals are held, and the officer who decides them.
struct Lane {
    course: Arc<Course>,
    clerk: Clerk,
    registration: RegistrationId,
    old: TestCard,
    new: TestCard,
    /// The company's browser, logged in with its old card.
    company: Browser,
}

impl Lane {
    async fn begin(course: Arc<Course>, number: usize) -> Self {
        let hall = &course.hall;
        let old = course.card(300).await;
        let new = course.card(600).await;
        hall.list(&hall.review, COMPANY, HOLDER_NAME).await;
        let registration = hall.register(&hall.review, &old).await;
        let person = format!("2{number:03}");
        let clerk = Clerk::enrolled(hall, &course.router, &person, CITY, &[Role::Approval]).await;
        let mut company = Browser::new(&course.router);
        log_in(&course.router, &mut company, SHI, &old).await;
        Self {
            course,
            clerk,
            registration,
            old,
            new,
            company,
        }
    }

    /// One case, and two nodes that end it at once: the officer's decision, and the company's withdrawal or the same
    /// decision again. Says who won.
    async fn run(&mut self, turn: usize) -> &'static str {
        let course = Arc::clone(&self.course);
        let hall = &course.hall;
        let (case, done) = hall
            .renew(&hall.review, self.registration, [&self.old, &self.new])
            .await;
        assert!(matches!(done.case, Case::Held { .. }), "{:?}", done.case);
        let page = format!("/console/mihon-shi/cases/{case}");
        let verdict: &[(&str, &str)] = if turn.is_multiple_of(10) {
            &[("verdict", "approve")]
        } else {
            &[("verdict", "deny"), ("deny", "not_the_company")]
        };
        let way = self.clerk.way(hall, &course.router, &page, verdict).await;
        self.company.get(&format!("{SHI}/renewal/case/withdraw")).await;
        // Each node is the first one in turn.
        let [one, other] = if turn.is_multiple_of(2) { [0, 1] } else { [1, 0] };
        let mut clerk = self.clerk.browser.at(&course.nodes[one].router);
        let twice = turn % 3 == 2;
        let (decided, also) = if twice {
            let mut again = self.clerk.browser.at(&course.nodes[other].router);
            tokio::join!(clerk.get(&way), again.get(&way))
        } else {
            let mut company = self.company.at(&course.nodes[other].router);
            let path = format!("{SHI}/renewal/case/withdraw");
            tokio::join!(clerk.get(&way), company.post(&path, &[]))
        };
        for answered in [&decided, &also] {
            assert!(!answered.status.is_server_error(), "{}", answered.text());
        }
        let ends = decisions(hall, case).await;
        assert_eq!(ends.len(), 1, "one audit decision: {ends:?}");
        let notice = |answered: &Answered| {
            answered.status == StatusCode::SEE_OTHER && answered.location().ends_with("notice=decided")
        };
        let standing = hall.desk.look(case).await.unwrap();
        let expected: &[&str] = match &standing {
            Case::Renewed { .. } => &[
                "RenewalLetter(Approved)",
                "RenewalLetter(Completed)",
                "RenewalLetter(Held)",
            ],
            Case::Denied { .. } => &["RenewalLetter(Denied)", "RenewalLetter(Held)"],
            Case::Withdrawn { .. } => &["RenewalLetter(Held)", "RenewalLetter(Withdrawn)"],
            other => panic!("{other:?}"),
        };
        let won = match &standing {
            Case::Withdrawn { .. } => "the withdrawal",
            _ if twice => "both, as one",
            _ => "the decision",
        };
        assert_eq!(
            notice(&decided) || twice && notice(&also),
            won != "the withdrawal",
            "who won is told so: {won}, {}",
            decided.text()
        );
        assert_eq!(course.letters(case.octets()).await, expected, "one row for each letter");
        let row = hall.store().registration(self.registration).await.unwrap().unwrap();
        if let Case::Renewed { .. } = standing {
            assert_eq!(row.card, self.new.subject.card);
            let next = course.card(600).await;
            self.old = std::mem::replace(&mut self.new, next);
            self.company = Browser::new(&course.router);
            log_in(&course.router, &mut self.company, SHI, &self.old).await;
        } else {
            assert_eq!(row.card, self.old.subject.card);
        }
        won
    }
}

/// The events that ended a case.
async fn decisions(hall: &Hall, case: CaseId<Renewal>) -> Vec<String> {
    let events = hall.store().events(case.octets()).await.unwrap();
    events
        .into_iter()
        .filter(|event| event.refusal.is_none())
        .map(|event| event.name)
        .filter(|name| ["renewed", "denied", "withdrawn", "lapsed"].contains(&name.as_str()))
        .collect()
}

async fn decided_twice() {
    let hall = Hall::of(House::on_postgres().await);
    let data = tempfile::tempdir().unwrap();
    let address = &hall.house.place.address;
    let second = Store::open(address, data.path(), &Chance::system()).await.unwrap();
    let office = hall.review.clone();
    hall.list(&office, COMPANY, HOLDER_NAME).await;
    let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
    let registration = hall.register(&office, &old).await;
    hall.list(&office, "別の会社株式会社", HOLDER_NAME).await;
    let by = hall.officer(&office, "2001", CITY).await;
    let (case, _) = hall.renew(&office, registration, [&old, &new]).await;
    let seen = hall.desk.standing(case).await.unwrap();
    let deny = Verdict::Deny(Box::new(Reason {
        key: "not_the_company".to_owned(),
        remark: None,
    }));
    hall.decide(&by, case, deny).await.unwrap();
    let now = hall.desk.standing(case).await.unwrap();
    // Decided upon what was seen before the denial.
    let withdrawal = |version| Commit {
        case: CaseRow {
            id: case.octets(),
            procedure: "renewal".to_owned(),
            office: hall.review.id.clone(),
            language: wire::office::Language::Ja,
            version,
            document: Document {
                state: "withdrawn".to_owned(),
                text: "{\"state\":\"abandoned\",\"at\":0}".to_owned(),
            },
        },
        at: hall.now(),
        event: NewEvent {
            procedure: "renewal",
            name: "withdrawn",
            actor: HOLDER.to_string(),
            states: ("held".to_owned(), "withdrawn".to_owned()),
            refusal: None,
            details: Vec::new(),
            salt: [2; 16],
        },
        writes: Vec::new(),
        errands: Vec::new(),
        evidence: Vec::new(),
    };
    let stale = hall.store().commit(vec![withdrawal(seen.version)]).await;
    assert_eq!(
        stale,
        Err(Clash::Moved),
        "as it is, the later one is told to decide again"
    );
    assert_eq!(decisions(&hall, case).await.len(), 1);
    // Whoever compares nothing commits upon whatever version stands there.
    second.commit(vec![withdrawal(now.version)]).await.unwrap();
    assert_eq!(decisions(&hall, case).await, ["denied", "withdrawn"], "found");
    second.close().await;
}
