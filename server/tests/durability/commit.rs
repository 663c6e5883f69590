//! A COMMIT whose answer never comes.

use server::desk::Failure;
use server::desk::revocation::Command;
use server::fault::Fault;
use server::store::StoreAddress;

use crate::cluster::Cluster;
use crate::house::{House, Place};
use crate::invariant;
use crate::relay::{Loss, Relay};

/// What is lost, and whether anybody comes through for the look-up.
type Scene = (&'static str, Option<Loss>, Afterwards);

#[derive(Clone, Copy, PartialEq)]
enum Afterwards {
    Reached,
    Gone,
}

const SCENES: &[Scene] = &[
    ("control", None, Afterwards::Reached),
    ("cut_before", Some(Loss::CutBefore), Afterwards::Reached),
    ("cut_after", Some(Loss::CutAfter), Afterwards::Reached),
    ("stalled_before", Some(Loss::StallBefore), Afterwards::Reached),
    ("stalled_after", Some(Loss::StallAfter), Afterwards::Reached),
    ("late", Some(Loss::Late), Afterwards::Reached),
    ("cut_before_and_gone", Some(Loss::CutBefore), Afterwards::Gone),
    ("cut_after_and_gone", Some(Loss::CutAfter), Afterwards::Gone),
];

/// How many rows there are of each kind: those of an application that was performed once.
type Rows = Vec<(&'static str, i64)>;

pub(crate) fn a29_a_commit_without_an_answer_is_looked_up_and_never_performed_twice() {
    let cluster = Cluster::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let outcomes: Vec<(&str, Rows)> = runtime.block_on(async {
        let mut playing = Vec::new();
        for scene in SCENES {
            cluster.sql("postgres", &format!("CREATE DATABASE {}", scene.0));
            let (direct, port) = (StoreAddress::Postgres(cluster.url(scene.0)), cluster.port());
            playing.push((scene.0, tokio::spawn(play(*scene, direct, port))));
        }
        let mut outcomes = Vec::new();
        for (name, play) in playing {
            outcomes.push((name, play.await.unwrap()));
        }
        outcomes
    });
    let (_, once) = &outcomes[0];
    assert!(once.iter().all(|(_, rows)| *rows > 0), "the control performs: {once:?}");
    for (name, rows) in &outcomes {
        println!("{name}: {rows:?}");
        assert_eq!(rows, once, "{name}: performed once, no more and no less");
    }
}

async fn play((name, loss, afterwards): Scene, direct: StoreAddress, port: u16) -> Rows {
    let relay = Relay::before(port).await;
    let StoreAddress::Postgres(url) = &direct else {
        unreachable!()
    };
    let relayed = StoreAddress::Postgres(url.replace(&format!(":{port}/"), &format!(":{}/", relay.port)));
    let data = tempfile::tempdir().unwrap();
    let house = House::at(Place::lasting(relayed, data.path())).await;
    let card = house.card().await;
    let (case, text) = house.ask(&card).await;
    let signature = || Command::Confirm(card.sign(&text, house.now()));

    if let Some(loss) = loss {
        relay.lose(loss);
    }
    if afterwards == Afterwards::Gone {
        relay.close();
    }
    let confirmed = house.perform(case, signature()).await;
    assert_eq!(relay.has_struck(), loss.is_some(), "{name}");
    let is_there = invariant::count(&direct, REVOKED).await > 0;
    match (afterwards, confirmed) {
        (Afterwards::Reached, confirmed) => {
            confirmed.unwrap_or_else(|failure| panic!("{name}: it is looked up: {failure}"));
            assert!(is_there, "{name}: it was acknowledged");
        }
        // Nobody can know, and nobody says more than is known.
        (Afterwards::Gone, Err(Failure::Fault(Fault::Unknown { .. }))) => {
            assert_eq!(
                is_there,
                loss == Some(Loss::CutAfter),
                "{name}: the relay does as it says"
            );
        }
        (Afterwards::Gone, confirmed) => panic!("{name}: {confirmed:?}"),
    }

    if loss == Some(Loss::Late) {
        relay.deliver().await;
    }
    relay.open();
    // The holder's second click.
    house.perform(case, signature()).await.unwrap();
    assert!(
        house.store().status(card.certificate()).await.unwrap().is_some(),
        "{name}"
    );
    invariant::hold(&house).await;
    // The journal beside it tells the same story.
    let house = house.restart().await.unwrap();
    assert!(
        house.store().status(card.certificate()).await.unwrap().is_some(),
        "{name}"
    );
    let mut rows = Vec::new();
    for (kind, sql) in COUNTS {
        rows.push((*kind, invariant::count(&direct, sql).await));
    }
    house.stop().await;
    rows
}

const REVOKED: &str = "SELECT count(*) FROM status WHERE revoked_at IS NOT NULL";
const COUNTS: &[(&str, &str)] = &[
    ("revoked", REVOKED),
    ("receipts", "SELECT count(*) FROM receipt"),
    ("errands", "SELECT count(*) FROM errand"),
    ("evidence", "SELECT count(*) FROM evidence"),
    ("events", "SELECT count(*) FROM event"),
];
