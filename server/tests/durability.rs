//! Kills the server at every point of the write path and finds every acknowledged revocation.
//!
//! This program starts itself as a child. The child opens a store with applications that wait for their signature, prints
//! `begin`, confirms one of them or three at once, and prints each as it is acknowledged. Between the child and its C library
//! stands `durability/disk.c`, a disk that keeps only what was synced. A first run notes every call that leaves the process:
//! that is the list of points. Then the child is killed before each of them in turn; what was not synced is taken away; the
//! store is opened as on any start; and every acknowledged revocation must be there, with every invariant.
//!
//! The same is done to the morning of a reissue: whatever a kill leaves of it, the next run leaves each terminal with one grant
//! and the applicant with one letter, under one Message-ID. So it is with what follows: an acquisition, a renewal by the
//! terminal itself until the new certificate works, what time brings to grants until its letters are out, and a reset of a citizen's
//! signature password until the card has said that it is done. On PostgreSQL, where a reset has the most points, each run takes
//! one of seven and `./test long` takes all.
//!
//! The list is exact: every run must come to its point by the very calls that the list names before it. For that the child
//! draws the same numbers in every run, its clock stands still so that nothing is done at intervals, its keys are open before
//! its store is, a connection stands and PostgreSQL is heard when its answer is there as a whole (`durability/postgres.c`),
//! and three confirms are given to SQLite's writer together.
//!
//! Between two calls that leave the process nothing outside of it changes, so this covers every `await` of the path: each
//! of them lies between two points. To PostgreSQL each question has three: before it is sent, while its answer is awaited, and
//! when it is there. The awaits are listed too, from the source, so that a new one is seen.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test program without a harness"
)]

#[path = "durability/acquisition.rs"]
mod acquisition;
#[path = "durability/awaits.rs"]
mod awaits;
#[path = "it/centre.rs"]
mod centre;
#[allow(dead_code, reason = "the other test program uses the rest")]
#[path = "it/city.rs"]
mod city;
#[path = "durability/cluster.rs"]
mod cluster;
#[path = "durability/commit.rs"]
mod commit;
#[path = "durability/disk.rs"]
mod disk;
#[path = "durability/ends.rs"]
mod ends;
#[path = "it/examination.rs"]
mod examination;
#[path = "it/grant.rs"]
mod grant;
#[allow(unused_imports, unused_macros, reason = "the other test program uses the rest")]
#[path = "it/house.rs"]
mod house;
#[allow(dead_code, reason = "the other test program uses the rest")]
#[path = "it/invariant.rs"]
mod invariant;
#[path = "durability/keys.rs"]
mod keys;
#[path = "durability/kill.rs"]
mod kill;
#[path = "durability/morning.rs"]
mod morning;
#[path = "it/office.rs"]
mod office;
#[path = "durability/path.rs"]
mod path;
#[path = "durability/pin_reset.rs"]
mod pin_reset;
#[path = "durability/relay.rs"]
mod relay;
#[path = "durability/renewal.rs"]
mod renewal;
#[path = "durability/wake.rs"]
mod wake;

use std::process::ExitCode;
use std::time::Instant;

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    ("every_await_of_the_write_path_is_listed", awaits::are_listed),
    (
        "a30_a_disk_that_fails_stops_the_process_before_it_acknowledges",
        kill::a_failing_disk_stops_the_process,
    ),
    (
        "a_kill_at_every_point_on_sqlite_loses_no_acknowledged_revocation",
        kill::at_every_point_on_sqlite,
    ),
    (
        "control_a_disk_that_lies_about_syncs_loses_an_acknowledged_revocation",
        kill::control_on_sqlite,
    ),
    (
        "a_kill_at_every_point_on_postgres_loses_no_acknowledged_revocation",
        kill::at_every_point_on_postgres,
    ),
    (
        "r307_a_kill_at_every_point_of_a_morning_on_sqlite_leaves_one_grant_each_and_one_letter",
        kill::of_a_morning_on_sqlite,
    ),
    (
        "control_a_disk_that_lies_about_syncs_loses_an_acknowledged_morning",
        kill::control_of_a_morning,
    ),
    (
        "r307_a_kill_at_every_point_of_a_morning_on_postgres_leaves_one_grant_each_and_one_letter",
        kill::of_a_morning_on_postgres,
    ),
    (
        "a_kill_at_every_point_of_an_acquisition_on_sqlite_leaves_one_certificate_that_the_same_codes_fetch",
        kill::of_an_acquisition_on_sqlite,
    ),
    (
        "a_kill_at_every_point_of_an_acquisition_on_postgres_leaves_one_certificate_that_the_same_codes_fetch",
        kill::of_an_acquisition_on_postgres,
    ),
    (
        "r303_a_kill_at_every_point_of_a_renewal_on_sqlite_leaves_one_certificate_that_counts_once_it_works",
        kill::of_a_renewal_on_sqlite,
    ),
    (
        "r303_a_kill_at_every_point_of_a_renewal_on_postgres_leaves_one_certificate_that_counts_once_it_works",
        kill::of_a_renewal_on_postgres,
    ),
    (
        "r308_a_kill_at_every_point_while_grants_wake_on_sqlite_leaves_one_letter_each_under_one_message_id",
        kill::of_grants_that_wake_on_sqlite,
    ),
    (
        "r308_a_kill_at_every_point_while_grants_wake_on_postgres_leaves_one_letter_each_under_one_message_id",
        kill::of_grants_that_wake_on_postgres,
    ),
    (
        "a13_a_kill_at_every_point_of_a_reset_on_sqlite_leaves_one_password_and_a_register_that_counts_as_the_card",
        kill::of_a_reset_on_sqlite,
    ),
    (
        "a13_kills_along_a_reset_on_postgres_leave_one_password_and_a_register_that_counts_as_the_card",
        kill::of_a_reset_on_postgres,
    ),
    (
        "a_kill_at_every_point_of_what_ends_a_reservation_on_sqlite_ends_it_once",
        kill::of_ends_of_resets_on_sqlite,
    ),
    (
        "kills_along_what_ends_a_reservation_on_postgres_end_it_once",
        kill::of_ends_of_resets_on_postgres,
    ),
    (
        "a29_a_commit_without_an_answer_is_looked_up_and_never_performed_twice",
        commit::a29_a_commit_without_an_answer_is_looked_up_and_never_performed_twice,
    ),
    (
        "a29_a_killed_postgres_loses_no_acknowledged_revocation",
        kill::of_postgres_itself,
    ),
    (
        "control_a_postgres_that_does_not_sync_loses_an_acknowledged_revocation",
        kill::control_on_postgres,
    ),
];

/// As cargo and nextest want it of a test program without a harness.
fn main() -> ExitCode {
    if let Some(child) = path::Child::from_environment() {
        child.run();
        return ExitCode::SUCCESS;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    if has("--list") {
        // None of them is ignored.
        for (name, _) in TESTS.iter().filter(|_| !has("--ignored")) {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    let chosen: Vec<&Test> = TESTS
        .iter()
        .filter(|(name, _)| !has("--ignored") && wanted(name))
        .collect();
    println!("\nrunning {} tests", chosen.len());
    let mut failed = 0;
    for (name, test) in &chosen {
        let begun = Instant::now();
        let passed = std::panic::catch_unwind(test).is_ok();
        failed += usize::from(!passed);
        let word = if passed { "ok" } else { "FAILED" };
        println!("test {name} ... {word} ({:.1} s)", begun.elapsed().as_secs_f64());
    }
    println!(
        "\ntest result: {}. {} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out\n",
        if failed == 0 { "ok" } else { "FAILED" },
        chosen.len() - failed,
        TESTS.len() - chosen.len(),
    );
    ExitCode::from(u8::from(failed > 0))
}
