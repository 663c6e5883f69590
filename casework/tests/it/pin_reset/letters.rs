//! 予約完了, 期限1時間前, 完了, 期限切れ: which letters go, when, and to nobody who did not ask for them (DOMAIN §7.5).

use casework::Refusal;
use casework::pin_reset::{Case, Command, Errand, Event, Facts, Letter, Letters, Write, decide};
use casework::time::Instant;

use super::made::*;
use crate::{clock, day};

/// A decision's letters, and when time brings the next one.
type Told = (Vec<Letter>, Option<Option<Instant>>);

fn told(decision: &casework::pin_reset::Decision) -> Told {
    let letters = decision.errands.iter().filter_map(|errand| match errand {
        Errand::Mail(letter) => Some(*letter),
        Errand::Alarm { .. } => None,
    });
    let wakes = decision.writes.iter().find_map(|write| match write {
        Write::Wake { at } => Some(*at),
        Write::Open { .. } | Write::Reserve { .. } | Write::Release { .. } | Write::Count { .. } => None,
    });
    (letters.collect(), wakes)
}

fn wanted(next: Option<Instant>) -> Facts {
    Facts {
        letters: Letters::Wanted { next },
        ..facts()
    }
}

/// Somebody who wants letters reserves at this instant: the reservation, and when time brings the next letter.
fn reserves(at: Instant) -> (Case, Instant) {
    let decision = decide(&proved_at(at), &compare(S1, 900, S2), &wanted(None), &policy(), at).unwrap();
    let (letters, wakes) = told(&decision);
    assert_eq!(letters, [Letter::Reserved]);
    (decision.next, wakes.unwrap().unwrap())
}

fn wakes(case: &Case, next: Instant, at: Instant) -> Result<(Event, Told), Refusal> {
    let decision = decide(case, &Command::Wake, &wanted(Some(next)), &policy(), at)?;
    assert_eq!(decision.next, *case, "a letter changes nothing");
    let told = told(&decision);
    Ok((decision.event, told))
}

#[test]
fn a_reservation_that_nobody_uses_is_written_of_three_times() {
    let since = now();
    let until = since.plus_seconds(86_400);
    let (reserved, first) = reserves(since);
    assert_eq!(first, until.plus_seconds(-3_600), "an hour before the end");
    assert_eq!(wakes(&reserved, first, first.plus_seconds(-1)), Err(Refusal::Stale));
    let over = until.plus_seconds(1);
    let ending = (Event::Reminded, (vec![Letter::Ending], Some(Some(over))));
    assert_eq!(wakes(&reserved, first, first), Ok(ending.clone()));
    assert_eq!(wakes(&reserved, first, until), Ok(ending), "late, and still in time");
    assert_eq!(wakes(&reserved, over, until), Err(Refusal::Stale));
    let expired = (Event::Lapsed, (vec![Letter::Expired], Some(None)));
    assert_eq!(wakes(&reserved, over, over), Ok(expired.clone()));
    // Where nobody was awake for the hour, its letter is none.
    assert_eq!(wakes(&reserved, first, over), Ok(expired));
    let done = decide(&reserved, &Command::Wake, &wanted(None), &policy(), over);
    assert_eq!(done.err(), Some(Refusal::Stale), "once");
}

#[test]
fn the_reminder_comes_an_hour_before_the_last_kiosk_closes() {
    // To 6:00 of the next day: after 23:00 there is none.
    let since = clock(day(2026, 11, 24), 6, 0, 0);
    let (reserved, first) = reserves(since);
    assert_eq!(first, clock(day(2026, 11, 24), 22, 0, 0));
    let night = clock(day(2026, 11, 24), 23, 0, 0);
    let over = since.plus_seconds(86_401);
    let (event, told) = wakes(&reserved, first, night).unwrap();
    assert_eq!((event, told), (Event::Unreminded, (vec![], Some(Some(over)))));
    assert_eq!(
        wakes(&reserved, first, night.plus_seconds(-1)).unwrap().0,
        Event::Reminded
    );
}

#[test]
fn a_reservation_of_an_hour_or_less_is_not_reminded_of() {
    let since = now();
    for (reserved_for, reminded) in [(3_600, false), (3_601, true), (7_200, true)] {
        let policy = casework::pin_reset::Policy {
            reserved_for,
            ..policy()
        };
        let decision = decide(&proved_at(since), &compare(S1, 900, S2), &wanted(None), &policy, since).unwrap();
        let until = since.plus_seconds(reserved_for);
        let first = if reminded {
            until.plus_seconds(-3_600)
        } else {
            until.plus_seconds(1)
        };
        assert_eq!(told(&decision).1, Some(Some(first)), "{reserved_for}");
    }
    // A day long, and a kiosk is open for half an hour of it.
    let late = clock(day(2026, 11, 24), 22, 30, 0);
    let mut policy = policy();
    policy.hours.closed = vec![day(2026, 11, 25).day()];
    let decision = decide(&proved_at(late), &compare(S1, 900, S2), &wanted(None), &policy, late).unwrap();
    assert_eq!(told(&decision).1, Some(Some(late.plus_seconds(86_401))));
}

#[test]
fn the_cards_own_word_is_told_and_nothing_else_is() {
    let facts = wanted(None);
    let at = |case: &Case, command: &Command| decide(case, command, &facts, &policy(), now()).unwrap();
    assert_eq!(told(&at(&announced(), &report(KIOSK, C1))).0, [Letter::Completed]);
    let replaced = at(&announced(), &Command::Replace);
    assert_eq!(told(&at(&replaced.next, &report(KIOSK, C1))).0, [Letter::Completed]);
    for (case, command) in [
        (Case::New, ask()),
        (asked(), prove()),
        (proved(), compare(S1, 100, S2)),
        (reserved(), Command::Cancel),
        (reserved(), Command::Replace),
        (announced(), Command::Replace),
        (reserved(), visit(KIOSK)),
        (visited(), announce(KIOSK, C1)),
        (announced(), doubt()),
    ] {
        assert_eq!(told(&at(&case, &command)), (vec![], None), "{command:?}");
    }
}

#[test]
fn nobody_is_written_to_who_left_no_address() {
    let (reserved, first) = reserves(now());
    for (case, command) in [(proved(), compare(S1, 900, S2)), (announced(), report(KIOSK, C1))] {
        assert_eq!(told(&step(&case, &command, now()).unwrap()), (vec![], None));
    }
    assert_eq!(step(&reserved, &Command::Wake, first).err(), Some(Refusal::Stale));
}

#[test]
fn time_brings_nothing_to_what_is_no_unused_reservation() {
    let late = now().plus_seconds(200_000);
    for (name, case) in cases() {
        let outcome = decide(&case, &Command::Wake, &wanted(Some(now())), &policy(), late);
        assert_eq!(outcome.is_ok(), name == "Reserved", "{name}");
    }
}
