//! デジタル証明書の取得: who gets a certificate for a terminal, until when, and what becomes of the one before it.

mod walk;

use casework::acquisition::{
    Case, Codes, Command, Decision, Errand, Event, Facts, Flaw, Former, Held, Issuance, Issued, Letter, Live, Policy,
    Validity, Write, decide,
};
use casework::evidence::{Authenticated, Requested};
use casework::identity::{Authority, CertificateId, Digest, Fingerprint, IssuanceId, Serial};
use casework::time::{Date, Day, Instant};
use casework::{Answer, Refusal};

use crate::reissue::{ORGANISATION, OTHER_ORGANISATION, due, terminal};
use crate::{clock, day};

#[test]
fn r308_a_grant_can_be_acquired_for_two_months_to_the_end_of_the_day() {
    let (_, begins) = due();
    let opened = open();
    let last = clock(day(2027, 1, 24), 23, 59, 59);
    assert_eq!(opened.grant().unwrap().until, last);
    assert_eq!(begins.day(), date(2026, 11, 24));
    assert!(at(&opened, &acquire(KEY), &right(), &policy(), last).is_ok());
    let late = at(&opened, &acquire(KEY), &right(), &policy(), last.plus_seconds(1));
    assert_eq!(late.unwrap_err(), Refusal::GrantOver { at: last });
    let suspended = at(&opened, &Command::Wake, &facts(), &policy(), last.plus_seconds(1)).unwrap();
    assert!(matches!(suspended.next, Case::Suspended { .. }));
    assert_eq!(
        suspended.errands,
        [Errand::Mail(Letter::Suspended { last: last.day() })]
    );
    assert!(suspended.writes.contains(&Write::Suspend {
        terminal: terminal("11110A")
    }));
    let over = at(
        &suspended.next,
        &acquire(KEY),
        &right(),
        &policy(),
        last.plus_seconds(2),
    );
    assert_eq!(over.unwrap_err(), Refusal::GrantOver { at: last });
}

#[test]
fn a20_a_terminal_that_is_not_the_customers_any_more_gets_no_grant() {
    let (due, begins) = due();
    for owner in [None, Some(OTHER_ORGANISATION)] {
        let lost = Facts { owner, ..facts() };
        assert_eq!(
            at(&Case::New, &Command::Open { due }, &lost, &policy(), begins).unwrap_err(),
            Refusal::NoSuchTerminal {
                terminal: terminal("11110A")
            }
        );
    }
}

#[test]
fn s3_8_a_wrong_code_counts_and_five_of_them_are_followed_by_a_pause() {
    let mut case = open();
    for times in 1..=5 {
        let decision = at(&case, &acquire(KEY), &wrong(), &policy(), now()).unwrap();
        assert_eq!(decision.answer, Answer::Refused(Refusal::WrongCodes));
        assert_eq!(decision.event, Event::Wrong { times });
        case = decision.next;
    }
    let until = now().plus_seconds(1_800);
    for facts in [right(), wrong()] {
        let blocked = at(&case, &acquire(KEY), &facts, &policy(), until);
        assert_eq!(
            blocked.unwrap_err(),
            Refusal::CodesBlocked { until },
            "whatever is tried"
        );
    }
    // Each pause is twice as long as the one before it, and a right code ends the count.
    let after = until.plus_seconds(1);
    for _ in 6..=10 {
        case = at(&case, &acquire(KEY), &wrong(), &policy(), after).unwrap().next;
    }
    let until = after.plus_seconds(3_600);
    let blocked = at(&case, &acquire(KEY), &right(), &policy(), until);
    assert_eq!(blocked.unwrap_err(), Refusal::CodesBlocked { until });
    let begun = at(&case, &acquire(KEY), &right(), &policy(), until.plus_seconds(1)).unwrap();
    assert!(matches!(begun.next, Case::Issuing { tries, .. } if tries.wrong == 0));
}

#[test]
fn s3_8_a_wrong_code_counts_whatever_came_with_it() {
    let flawed = Command::Acquire {
        request: Err(Flaw::Unreadable),
        issuance: ISSUANCE,
    };
    let decision = at(&open(), &flawed, &wrong(), &policy(), now()).unwrap();
    assert_eq!(decision.answer, Answer::Refused(Refusal::WrongCodes));
    let none = Facts { codes: None, ..facts() };
    let decision = at(&open(), &acquire(KEY), &none, &policy(), now()).unwrap();
    assert_eq!(
        decision.answer,
        Answer::Refused(Refusal::WrongCodes),
        "none are wrong ones"
    );
}

#[test]
fn a32_a33_a_request_that_cannot_be_certified_spends_no_code() {
    for flaw in [
        Flaw::Unreadable,
        Flaw::Signature,
        Flaw::WeakKey,
        Flaw::KnownKey,
        Flaw::Subject,
        Flaw::Authority,
    ] {
        let command = Command::Acquire {
            request: Err(flaw),
            issuance: ISSUANCE,
        };
        let refused = at(&open(), &command, &right(), &policy(), now());
        assert_eq!(refused.unwrap_err(), Refusal::WrongRequest { flaw });
    }
    let elsewhere = Command::Acquire {
        request: Ok(Requested::verified(KEY, terminal("11110B"), now())),
        issuance: ISSUANCE,
    };
    assert_eq!(
        at(&open(), &elsewhere, &right(), &policy(), now()).unwrap_err(),
        Refusal::WrongRequest { flaw: Flaw::Subject }
    );
}

#[test]
fn i02_the_same_code_and_key_fetch_the_same_certificate_and_another_key_fetches_none() {
    for case in [issuing(), acquired()] {
        let again = at(&case, &acquire(KEY), &right(), &policy(), now()).unwrap();
        assert_eq!(again.event, Event::Repeated { key: KEY });
        assert_eq!(
            (&again.next.making(), &again.next.held()),
            (&case.making(), &case.held())
        );
        let other = at(&case, &acquire(OTHER_KEY), &right(), &policy(), now());
        assert_eq!(other.unwrap_err(), Refusal::AnotherKey);
    }
}

#[test]
fn a19_a_certificate_ends_with_the_same_day_a_year_later() {
    for (year, month, of, end) in [(2026, 4, 20, (2027, 4, 20)), (2028, 2, 29, (2029, 2, 28))] {
        let now = clock(day(year, month, of), 9, 30, 0);
        let until = Validity::Months(12).until(now);
        assert_eq!(until, clock(day(end.0, end.1, end.2), 23, 59, 59));
    }
    assert_eq!(
        Validity::Until(date(2030, 3, 31)).until(now()),
        clock(day(2030, 3, 31), 23, 59, 59)
    );
    let Case::Issuing { making, .. } = issuing() else {
        panic!()
    };
    assert_eq!(making.until, clock(day(2027, 11, 25), 23, 59, 59));
}

#[test]
fn former_the_old_certificate_goes_when_the_new_one_works_at_once_or_after_an_overlap() {
    let old = live(9, now().plus_seconds(-9_000), true);
    let gone = vec![old.certificate.clone()];
    let others = Facts {
        live: vec![old.clone()],
        ..facts()
    };
    let under = |former| Policy { former, ..policy() };
    let (due, begins) = due();
    let opened = |former| at(&Case::New, &Command::Open { due }, &others, &under(former), begins).unwrap();
    assert_eq!(superseded(&opened(Former::AtOnce)), gone);
    assert_eq!(superseded(&opened(Former::UntilInstalled)), []);
    assert_eq!(superseded(&opened(Former::AfterDays(7))), []);

    let bound = Facts {
        live: vec![old.clone()],
        ..bound(1, KEY)
    };
    for former in [Former::UntilInstalled, Former::AfterDays(7)] {
        let acquired = at(&issuing(), &Command::Bind, &bound, &under(former), now()).unwrap();
        assert_eq!(superseded(&acquired), [], "{former:?}");
        let both = Facts {
            live: vec![old.clone(), live(1, now(), false)],
            ..facts()
        };
        let installed = at(&acquired.next, &install(1), &both, &under(former), now()).unwrap();
        let overlap = now().day().plus(7).ends();
        match former {
            Former::UntilInstalled => assert_eq!(superseded(&installed), gone),
            Former::AtOnce | Former::AfterDays(_) => {
                assert_eq!(superseded(&installed), []);
                let early = at(&installed.next, &Command::Wake, &both, &under(former), overlap);
                assert_eq!(early.unwrap_err(), Refusal::Stale);
                let over = at(
                    &installed.next,
                    &Command::Wake,
                    &both,
                    &under(former),
                    overlap.plus_seconds(1),
                );
                assert_eq!(superseded(&over.unwrap()), gone);
            }
        }
    }
}

#[test]
fn former_never_a_third_one_counts() {
    let works = live(7, now().plus_seconds(-9_000), true);
    let never_worked = live(8, now().plus_seconds(-60), false);
    let bound = Facts {
        live: vec![works, never_worked.clone()],
        ..bound(1, KEY)
    };
    let acquired = at(&issuing(), &Command::Bind, &bound, &policy(), now()).unwrap();
    assert_eq!(
        superseded(&acquired),
        [never_worked.certificate],
        "the one that works stays"
    );
}

#[test]
fn r303_a_terminal_renews_from_28_days_before_the_end_to_the_end_and_no_day_else() {
    let until = clock(day(2027, 11, 25), 23, 59, 59);
    let first = day(2027, 10, 28);
    for (now, outcome) in [
        (
            first.plus_seconds(-1),
            Err(Refusal::TooEarly {
                from: date(2027, 10, 28),
            }),
        ),
        (first, Ok(())),
        (until, Ok(())),
        (until.plus_seconds(1), Err(Refusal::Expired { at: until })),
    ] {
        let renewed = at(&working(), &renew(1, OTHER_KEY), &facts(), &policy(), now);
        assert_eq!(renewed.map(drop), outcome, "{now}");
    }
}

#[test]
fn r303_only_the_certificate_that_counts_renews_and_not_one_that_is_revoked_or_replaced() {
    let now = day(2027, 11, 1);
    let stranger = at(&working(), &renew(3, OTHER_KEY), &facts(), &policy(), now);
    assert_eq!(stranger.unwrap_err(), Refusal::NotYours);
    let revoked = Facts {
        revoked: Some(now),
        ..facts()
    };
    assert_eq!(
        at(&working(), &renew(1, OTHER_KEY), &revoked, &policy(), now).unwrap_err(),
        Refusal::AlreadyRevoked { at: now }
    );
    let replaced = Facts {
        latest: false,
        ..facts()
    };
    assert_eq!(
        at(&working(), &renew(1, OTHER_KEY), &replaced, &policy(), now).unwrap_err(),
        Refusal::GrantReplaced
    );
    let same = at(&working(), &renew(1, KEY), &facts(), &policy(), now);
    assert_eq!(same.unwrap_err(), Refusal::AnotherKey, "the same key is no new one");
}

#[test]
fn r303_a_renewal_whose_answer_was_lost_fetches_the_same_certificate() {
    let now = day(2027, 11, 1);
    let renewing = at(&working(), &renew(1, OTHER_KEY), &facts(), &policy(), now)
        .unwrap()
        .next;
    let again = at(&renewing, &renew(1, OTHER_KEY), &facts(), &policy(), now).unwrap();
    assert_eq!(again.next, renewing);
    let third = at(&renewing, &renew(1, THIRD_KEY), &facts(), &policy(), now);
    assert_eq!(third.unwrap_err(), Refusal::AnotherKey);
    let renewed = at(&renewing, &Command::Bind, &bound(2, OTHER_KEY), &policy(), now).unwrap();
    assert!(matches!(renewed.event, Event::Renewed { .. }));
    let again = at(&renewed.next, &renew(1, OTHER_KEY), &facts(), &policy(), now).unwrap();
    assert_eq!(again.event, Event::Repeated { key: OTHER_KEY });
    let third = at(&renewed.next, &renew(1, THIRD_KEY), &facts(), &policy(), now);
    assert_eq!(third.unwrap_err(), Refusal::AnotherKey);
    let by_code = at(&renewed.next, &acquire(OTHER_KEY), &right(), &policy(), now);
    assert!(by_code.is_err(), "a code has made one certificate");
}

#[test]
fn r303_reminders_come_at_28_14_7_and_1_days_and_stop_once_renewed() {
    let mut case = working();
    let mut mails = Vec::new();
    let mut wakes = wake_of(&at(&issuing(), &Command::Bind, &bound(1, KEY), &policy(), now()).unwrap());
    while let Some(then) = wakes {
        let Ok(decision) = at(&case, &Command::Wake, &facts(), &policy(), then) else {
            panic!("{case:?} wakes at {then} for nothing")
        };
        mails.extend(decision.errands.iter().cloned().map(|errand| (then, errand)));
        wakes = wake_of(&decision);
        case = decision.next;
    }
    let last = date(2027, 11, 25);
    let expiring = |days| Errand::Mail(Letter::Expiring { days, last });
    let said: Vec<_> = mails.iter().map(|(_, errand)| errand.clone()).collect();
    let suspended = Errand::Mail(Letter::Suspended {
        last: date(2028, 1, 25),
    });
    assert_eq!(said, [expiring(28), expiring(14), expiring(7), expiring(1), suspended]);
    assert_eq!(mails[0].0, clock(day(2027, 10, 28), 8, 0, 0));

    let seven = clock(day(2027, 11, 18), 8, 0, 0);
    let renewing = at(
        &working(),
        &renew(1, OTHER_KEY),
        &facts(),
        &policy(),
        seven.plus_seconds(-60),
    )
    .unwrap();
    let renewed = at(&renewing.next, &Command::Bind, &bound(2, OTHER_KEY), &policy(), seven).unwrap();
    let silent = at(&renewed.next, &Command::Wake, &facts(), &policy(), seven);
    assert_eq!(silent.unwrap_err(), Refusal::Stale);
    assert_eq!(
        wake_of(&renewed),
        Some(clock(day(2028, 10, 21), 8, 0, 0)),
        "those of the next one"
    );
}

#[test]
fn r308_reminders_that_were_slept_through_are_not_made_up_for() {
    let late = clock(day(2027, 1, 20), 9, 0, 0);
    let decision = at(&open(), &Command::Wake, &facts(), &policy(), late).unwrap();
    assert_eq!(decision.errands, [Errand::Mail(Letter::Unacquired { days: 7 })]);
    let twice = at(&decision.next, &Command::Wake, &facts(), &policy(), late);
    assert_eq!(twice.unwrap_err(), Refusal::Stale);
}

#[test]
fn a_later_grant_stands_in_the_place_of_the_one_before() {
    let replaced = Facts {
        latest: false,
        ..right()
    };
    let refused = at(&open(), &acquire(KEY), &replaced, &policy(), now());
    assert_eq!(refused.unwrap_err(), Refusal::GrantReplaced);
    for case in [open(), working()] {
        let woken = at(&case, &Command::Wake, &replaced, &policy(), now()).unwrap();
        assert!(matches!(woken.next, Case::Replaced { .. }));
    }
    // A certificate that was being made at that moment is nobody's.
    let made = Facts {
        latest: false,
        ..bound(1, KEY)
    };
    let bound = at(&issuing(), &Command::Bind, &made, &policy(), now()).unwrap();
    assert_eq!(superseded(&bound), [certificate(1)]);
    assert!(matches!(bound.next, Case::Replaced { .. }));
}

#[test]
fn a_crash_between_decision_and_certificate_is_found_again() {
    let until = issuing().grant().unwrap().until;
    let nothing = at(&issuing(), &Command::Bind, &facts(), &policy(), now());
    assert_eq!(nothing.unwrap_err(), Refusal::Stale);
    let woken = at(&issuing(), &Command::Wake, &bound(1, KEY), &policy(), now()).unwrap();
    assert!(matches!(woken.next, Case::Acquired { .. }));
    let intended = Facts {
        issuance: Issuance::Intended,
        ..facts()
    };
    let waits = at(&issuing(), &Command::Wake, &intended, &policy(), until.plus_seconds(1));
    assert_eq!(waits.unwrap_err(), Refusal::Stale, "its octets may be signed");
    let given_up = at(&issuing(), &Command::Wake, &facts(), &policy(), until.plus_seconds(1)).unwrap();
    assert!(matches!(given_up.next, Case::Suspended { .. }));
}

fn superseded(decision: &Decision) -> Vec<CertificateId> {
    let of = |write: &Write| match write {
        Write::Supersede { certificate, .. } => Some(certificate.clone()),
        _ => None,
    };
    let all: Vec<_> = decision.writes.iter().filter_map(of).collect();
    let lists = decision
        .errands
        .iter()
        .filter(|errand| matches!(errand, Errand::PublishCrl { .. }));
    assert_eq!(lists.count(), all.len(), "each is on a list soon");
    all
}

fn wake_of(decision: &Decision) -> Option<Instant> {
    let of = |write: &Write| match write {
        Write::Wake { at } => Some(*at),
        _ => None,
    };
    decision.writes.iter().find_map(of).unwrap()
}

pub(crate) fn at(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    let decided = decide(case, command, facts, policy, now);
    assert_eq!(
        decided,
        decide(case, command, facts, policy, now),
        "it speaks for itself"
    );
    decided
}

/// Every state, for the table of authority.
pub(crate) fn cases() -> Vec<(&'static str, Case)> {
    let end = open().grant().unwrap().until.plus_seconds(1);
    let later = Facts {
        latest: false,
        ..facts()
    };
    let now = day(2027, 11, 1);
    vec![
        ("new", Case::New),
        ("open", open()),
        ("issuing", issuing()),
        ("acquired", acquired()),
        (
            "renewing",
            at(&working(), &renew(1, OTHER_KEY), &facts(), &policy(), now)
                .unwrap()
                .next,
        ),
        (
            "suspended",
            at(&open(), &Command::Wake, &facts(), &policy(), end).unwrap().next,
        ),
        (
            "replaced",
            at(&open(), &Command::Wake, &later, &policy(), now).unwrap().next,
        ),
    ]
}

/// Every command, with what is known when it is given.
pub(crate) fn commands() -> Vec<(&'static str, Command, Facts)> {
    vec![
        ("open", Command::Open { due: due().0 }, facts()),
        ("acquire", acquire(KEY), right()),
        ("bind", Command::Bind, bound(1, KEY)),
        ("renew", renew(1, OTHER_KEY), facts()),
        ("install", install(1), facts()),
        ("wake", Command::Wake, facts()),
    ]
}

pub(crate) fn open() -> Case {
    let (due, begins) = due();
    at(&Case::New, &Command::Open { due }, &facts(), &policy(), begins)
        .unwrap()
        .next
}

fn issuing() -> Case {
    at(&open(), &acquire(KEY), &right(), &policy(), now()).unwrap().next
}

fn acquired() -> Case {
    at(&issuing(), &Command::Bind, &bound(1, KEY), &policy(), now())
        .unwrap()
        .next
}

fn working() -> Case {
    at(&acquired(), &install(1), &facts(), &policy(), now()).unwrap().next
}

fn acquire(key: Digest) -> Command {
    Command::Acquire {
        request: Ok(Requested::verified(key, terminal("11110A"), now())),
        issuance: ISSUANCE,
    }
}

fn renew(by: u8, key: Digest) -> Command {
    Command::Renew {
        by: Authenticated::verified(Fingerprint([by; 32]), now()),
        request: Ok(Requested::verified(key, terminal("11110A"), now())),
        issuance: OTHER_ISSUANCE,
    }
}

fn install(by: u8) -> Command {
    Command::Install {
        by: Authenticated::verified(Fingerprint([by; 32]), now()),
    }
}

fn right() -> Facts {
    Facts {
        codes: Some(Codes::Right),
        ..facts()
    }
}

fn wrong() -> Facts {
    Facts {
        codes: Some(Codes::Wrong),
        ..facts()
    }
}

/// The certificate of this mark was made for this key.
fn bound(mark: u8, key: Digest) -> Facts {
    let until = match mark {
        1 => clock(day(2027, 11, 25), 23, 59, 59),
        _ => clock(day(2028, 11, 18), 23, 59, 59),
    };
    Facts {
        issuance: Issuance::Bound(Issued {
            key,
            certificate: certificate(mark),
            fingerprint: Fingerprint([mark; 32]),
            validity: (now(), until),
        }),
        ..facts()
    }
}

fn live(mark: u8, since: Instant, installed: bool) -> Live {
    Live {
        certificate: certificate(mark),
        since,
        installed,
    }
}

fn certificate(mark: u8) -> CertificateId {
    CertificateId {
        authority: Authority("centre".into()),
        serial: Serial::from_octets(&[mark; 16]).unwrap(),
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        owner: Some(ORGANISATION),
        codes: None,
        latest: true,
        live: Vec::new(),
        revoked: None,
        issuance: Issuance::Nothing,
    }
}

pub(crate) fn policy() -> Policy {
    Policy::default()
}

/// The day after the grant was opened.
fn now() -> Instant {
    clock(day(2026, 11, 25), 10, 0, 0)
}

fn date(year: i32, month: u8, day: u8) -> Day {
    Date::new(year, month, day).unwrap().as_day()
}

/// What the terminal holds.
fn held(case: &Case) -> Option<&Held> {
    case.held()
}

const KEY: Digest = Digest([0x71; 32]);
const OTHER_KEY: Digest = Digest([0x72; 32]);
const THIRD_KEY: Digest = Digest([0x73; 32]);
const ISSUANCE: IssuanceId = IssuanceId([0x81; 16]);
const OTHER_ISSUANCE: IssuanceId = IssuanceId([0x82; 16]);
