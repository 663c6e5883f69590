//! Two desks on one PostgreSQL decide the same case at once (A21, I4): exactly one wins, there is one audit decision, and
//! one row of the outbox for each letter.

use std::collections::BTreeMap;

use casework::identity::RegistrationId;
use casework::renewal::Case;
use casework::review::{Reason, Verdict};
use server::chance::Chance;
use server::desk::renewal::{Command, Renewal};
use server::desk::{Actor, CaseId, Desk, Failure};
use server::store::{CaseRow, Clash, Commit, Document, NewEvent, Store};

use crate::hall::{CITY, COMPANY, HOLDER_NAME, Hall};
use crate::house::{HOLDER, House, TestCard};
use crate::office::TestOfficer;

mod on_postgres {
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a21_two_nodes_that_decide_one_case_at_once_decide_it_once() {
        super::races(500).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    #[ignore = "ten thousand races take long: ./test long"]
    async fn a21_ten_thousand_races_of_two_nodes_each_decide_once() {
        super::races(10_000).await;
    }

    /// The control: where the version is not compared, the same look finds a double decision.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn without_the_comparison_of_versions_a_case_is_decided_twice() {
        super::decided_twice().await;
    }
}

#[expect(clippy::print_stdout, reason = "who won how often is read in the log")]
async fn races(times: usize) {
    let mut race = Race::begin().await;
    let mut wins = BTreeMap::new();
    for turn in 0..times {
        let winner = race.run(turn).await;
        *wins.entry(winner).or_insert(0) += 1;
    }
    println!("{times} races: {wins:?}");
    assert_eq!(wins.values().sum::<usize>(), times);
    crate::invariant::hold(&race.hall.house).await;
    race.second.store().close().await;
}

/// Two nodes, and a company whose renewals are held.
struct Race {
    hall: Hall,
    second: Desk,
    by: TestOfficer,
    registration: RegistrationId,
    old: TestCard,
    new: TestCard,
    /// Held for its end: the second node's journal lies there.
    data: tempfile::TempDir,
}

impl Race {
    async fn begin() -> Self {
        let hall = Hall::of(House::on_postgres().await);
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(&hall.house.place.address, data.path(), &Chance::system())
            .await
            .unwrap();
        let second = hall.beside(store);
        let office = hall.review.clone();
        hall.list(&office, COMPANY, HOLDER_NAME).await;
        let old = hall.card_until(2027, 1, 31).await;
        let registration = hall.register(&office, &old).await;
        hall.list(&office, "別の会社株式会社", HOLDER_NAME).await;
        let new = hall.card_until(2028, 1, 31).await;
        let by = hall.officer(&office, "2001", CITY).await;
        Self {
            hall,
            second,
            by,
            registration,
            old,
            new,
            data,
        }
    }

    /// One case, and two nodes that end it at once: the officer's decision, and the company's withdrawal or the same
    /// decision again. Says who won.
    async fn run(&mut self, turn: usize) -> &'static str {
        let office = self.hall.review.clone();
        let (case, done) = self
            .hall
            .renew(&office, self.registration, [&self.old, &self.new])
            .await;
        assert!(matches!(done.case, Case::Held { .. }), "{:?}", done.case);
        let verdict = if turn.is_multiple_of(10) {
            Verdict::Approve
        } else {
            Verdict::Deny(Box::new(Reason {
                key: "not_the_company".to_owned(),
                remark: None,
            }))
        };
        let text = self.hall.propose(&self.by, case, verdict).await;
        let decide = Command::Decide(self.by.card.sign(&text, self.hall.now()));
        let withdraw = Command::Withdraw {
            by: self.old.subject.card,
        };
        let officer = self.by.actor();
        let (one, other): ((&Actor<'_>, &Command), (&Actor<'_>, &Command)) = if turn % 3 == 2 {
            ((&officer, &decide), (&officer, &decide))
        } else {
            ((&officer, &decide), (&HOLDER, &withdraw))
        };
        // Each node is the first one in turn.
        let nodes = if turn.is_multiple_of(2) {
            (&self.hall.desk, &self.second)
        } else {
            (&self.second, &self.hall.desk)
        };
        let outcomes = tokio::join!(
            nodes.0.perform(one.0, case, one.1),
            nodes.1.perform(other.0, case, other.1)
        );
        let ends = decisions(&self.hall, case).await;
        assert_eq!(ends.len(), 1, "one audit decision: {ends:?}, {outcomes:?}");
        let won = match (&outcomes.0, &outcomes.1) {
            (Ok(first), Ok(again)) => {
                assert_eq!(first.version, again.version, "the same decision twice is one");
                assert_eq!(turn % 3, 2, "both did something: {outcomes:?}");
                "both, as one"
            }
            (Ok(_), Err(Failure::Refused(_))) => "the decision",
            (Err(Failure::Refused(_)), Ok(_)) => "the withdrawal",
            neither => panic!("nobody won: {neither:?}"),
        };
        let letters = self.hall.letters(case.octets()).await;
        let standing = self.hall.desk.look(case).await.unwrap();
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
        assert_eq!(letters, expected, "one row for each letter");
        let row = self
            .hall
            .store()
            .registration(self.registration)
            .await
            .unwrap()
            .unwrap();
        if let Case::Renewed { .. } = standing {
            assert_eq!(row.card, self.new.subject.card);
            let next = self.hall.card_until(2028, 1, 31).await;
            self.old = std::mem::replace(&mut self.new, next);
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
    let race = Race::begin().await;
    let hall = &race.hall;
    let (case, _) = hall
        .renew(&hall.review, race.registration, [&race.old, &race.new])
        .await;
    let seen = hall.desk.standing(case).await.unwrap();
    let deny = Verdict::Deny(Box::new(Reason {
        key: "not_the_company".to_owned(),
        remark: None,
    }));
    hall.decide(&race.by, case, deny).await.unwrap();
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
    assert_eq!(decisions(hall, case).await.len(), 1);
    // Whoever compares nothing commits upon whatever version stands there.
    race.second.store().commit(vec![withdrawal(now.version)]).await.unwrap();
    assert_eq!(decisions(hall, case).await, ["denied", "withdrawn"], "found");
    race.second.store().close().await;
    drop(race.data);
}
