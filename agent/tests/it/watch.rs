//! A watched card: its portal hears that it is there, and at once that it is gone (A15).

use std::time::{Duration, Instant};

use wire::card_request::{Watch, WatchReport};

use crate::bench::{Bench, Browser, PIN, card, to_pin};
use crate::portal::{Heard, Mood, Portal};

/// Logs in with a card that is to be watched.
async fn log_in(portal: &Portal, bench: &Bench, every: u32) {
    let browser = Browser::new(bench);
    let id = portal.ask_login("one");
    portal.tamper(&id, |request| request.watch = Some(Watch { every }));
    let page = to_pin(&browser, portal, &id).await;
    assert!(reports(portal).is_empty(), "nothing is reported before it is done");
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some(), "{}", back.html);
}

fn reports(portal: &Portal) -> Vec<WatchReport> {
    portal
        .heard()
        .into_iter()
        .filter_map(|heard| match heard {
            Heard::Watched(report) => Some(report),
            _ => None,
        })
        .collect()
}

/// Waits until so many reports have arrived.
async fn until(portal: &Portal, enough: usize) -> Vec<WatchReport> {
    for _ in 0..400 {
        let heard = reports(portal);
        if heard.len() >= enough {
            return heard;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{:?}", reports(portal));
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_a_card_that_is_taken_out_is_reported_within_a_second_and_once() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    log_in(&portal, &bench, 1).await;
    let heard = until(&portal, 2).await;
    assert!(heard.iter().all(|report| *report == WatchReport::Present), "{heard:?}");
    // Another card that comes and goes is nobody's business.
    bench.drawer.insert(2, card().0);
    bench.drawer.eject(2);
    let before = until(&portal, heard.len() + 1).await;
    assert!(!before.contains(&WatchReport::Gone), "{before:?}");
    let gone = Instant::now();
    let taken = bench.drawer.eject(1).unwrap();
    while !reports(&portal).contains(&WatchReport::Gone) {
        assert!(gone.elapsed() < Duration::from_secs(1), "{:?}", reports(&portal));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Back in the reader it is another stay: the session that ended stays ended.
    bench.drawer.insert(1, taken);
    let heard = reports(&portal).len();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(reports(&portal).len(), heard);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_wants_to_hear_no_more_is_not_called_again() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    log_in(&portal, &bench, 1).await;
    until(&portal, 1).await;
    portal.mood(Mood {
        deaf: true,
        ..Mood::default()
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    portal.mood(Mood::default());
    let heard = reports(&portal);
    bench.drawer.eject(1);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(reports(&portal), heard);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_agent_is_silence() {
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    bench.drawer.insert(1, card().0);
    log_in(&portal, &bench, 1).await;
    until(&portal, 1).await;
    bench.end().await;
    let heard = reports(&portal).len();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(reports(&portal).len(), heard);
}
