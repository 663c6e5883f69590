//! Which command does what in which state, written out whole: `tests/output/authority.txt` is read as a diff.

use std::fmt::Write;
use std::path::Path;

use crate::{
    acquisition, certificate, day, officer, organisation, paper, pin_reset, registration, reissue, renewal, revocation,
    user,
};

#[test]
fn every_command_in_every_state_does_what_the_table_says() {
    let now = day(2026, 6, 1);
    let facts = revocation::expiring(day(2026, 12, 31));
    let mut table = String::new();

    writeln!(table, "revocation").unwrap();
    for (state, case) in revocation::cases(&facts, now) {
        for (name, command) in revocation::commands(now) {
            let decided = casework::revocation::decide(&case, &command, &facts, &revocation::policy(), now);
            let outcome = match &decided {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "certificate").unwrap();
    for (state, case) in certificate::cases(now) {
        for (name, command) in certificate::commands(now) {
            let outcome = match certificate::step(&case, &command, now) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "officer").unwrap();
    for (state, case) in officer::cases() {
        for (name, command, facts) in officer::commands() {
            let outcome = match officer::step(&case, &command, &facts) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<13} {outcome}").unwrap();
        }
    }

    writeln!(table, "paper").unwrap();
    for (state, case) in paper::cases() {
        for (name, command, by) in paper::commands() {
            let outcome = match paper::step(&case, &command, &by) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "registration").unwrap();
    for (state, case) in registration::cases() {
        for (name, command, by) in registration::commands() {
            let outcome = match registration::officer(&case, &command, &by) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "renewal").unwrap();
    for (state, case) in renewal::cases() {
        for (name, command, by) in renewal::commands() {
            let outcome = match renewal::officer(&case, &command, &by) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "organisation").unwrap();
    for (state, case) in organisation::cases() {
        for (name, command) in organisation::commands() {
            let outcome = match organisation::step(&case, &command, &organisation::by_administrator()) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "user").unwrap();
    for (state, case) in user::cases() {
        for (name, command, facts) in user::commands() {
            let outcome = match user::step(&case, &command, &facts) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<14} {outcome}").unwrap();
        }
    }

    writeln!(table, "reissue").unwrap();
    for (state, case) in reissue::cases() {
        for (name, command, by) in reissue::commands() {
            let outcome = match reissue::officer(&case, &command, &by) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "acquisition").unwrap();
    let now = day(2027, 1, 10);
    for (state, case) in acquisition::cases() {
        for (name, command, facts) in acquisition::commands() {
            let outcome = match acquisition::at(&case, &command, &facts, &acquisition::policy(), now) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<10} {name:<8} {outcome}").unwrap();
        }
    }

    writeln!(table, "pin_reset").unwrap();
    for (state, case) in pin_reset::cases() {
        for (name, command) in pin_reset::commands() {
            let outcome = match pin_reset::at_the_office(&case, &command) {
                Ok(decision) => format!("-> {}", variant(&decision.next)),
                Err(refusal) => format!("no: {}", variant(&refusal)),
            };
            writeln!(table, "  {state:<11} {name:<8} {outcome}").unwrap();
        }
    }

    let checked_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/authority.txt");
    if std::env::var_os("KAGIMORI_REWRITE").is_some() {
        std::fs::write(&checked_in, &table).unwrap();
    }
    let expected = std::fs::read_to_string(&checked_in).unwrap_or_default();
    assert!(
        table == expected,
        "authority changed; if that is meant, run again with KAGIMORI_REWRITE=1 and review the diff:\n{table}"
    );
}

/// The name of an enum's variant, as its Debug begins.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split(|character: char| !character.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_owned()
}
