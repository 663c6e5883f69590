//! 署名用暗証番号の初期化: who may reserve, until when it counts, and what a card's counter and receipt say.

mod face;
mod hours;
mod letters;
mod made;
mod walk;

use made::*;
pub(crate) use made::{at_the_office, cases, commands};

use casework::card::Standing;
use casework::evidence::{Possession, Receipted};
use casework::identity::CardNumber;
use casework::officer::Officer;
use casework::pin_reset::{
    Case, Command, Document, Doubt, Errand, Event, Facts, Known, MOST_ANNOUNCEMENTS, Policy, Proof, Told, Write, decide,
};
use casework::{Answer, Refusal};

use crate::office::{hanako, jiro};
use crate::{clock, day};

#[test]
fn r411_a_reservation_counts_for_24_hours_and_the_last_instant_is_included() {
    let since = now();
    let reserved = reserved();
    let until = since.plus_seconds(86_400);
    assert_eq!(reserved.reservation().unwrap().until, until);
    for (at, counts) in [
        (until.plus_seconds(-1), true),
        (until, true),
        (until.plus_seconds(1), false),
    ] {
        for command in [visit(KIOSK), Command::Cancel] {
            let outcome = step(&reserved, &command, at);
            let refused = Refusal::ReservationExpired { at: until };
            assert_eq!(outcome.err(), (!counts).then_some(refused), "{command:?} at {at}");
        }
    }
}

#[test]
fn a22_the_time_is_judged_again_where_the_card_is_about_to_be_written() {
    let until = reserved().reservation().unwrap().until;
    let last = until.plus_seconds(-30);
    let visited = step(&reserved(), &visit(KIOSK), last).unwrap().next;
    assert!(step(&visited, &announce(KIOSK, C1), until).is_ok());
    assert_eq!(
        step(&visited, &announce(KIOSK, C1), until.plus_seconds(1)).unwrap_err(),
        Refusal::ReservationExpired { at: until }
    );
}

#[test]
fn r410_a_kiosk_sets_no_card_and_writes_none_outside_its_hours() {
    let reserved = reserved_at(clock(day(2026, 11, 20), 23, 30, 0));
    let next = day(2026, 11, 21);
    let closed = Refusal::KioskClosed {
        opens: 23_400,
        closes: 82_800,
    };
    for (at, open) in [
        (clock(next, 6, 29, 59), false),
        (clock(next, 6, 30, 0), true),
        (clock(next, 22, 59, 59), true),
        (clock(next, 23, 0, 0), false),
    ] {
        let refused = (!open).then_some(closed);
        assert_eq!(step(&reserved, &visit(KIOSK), at).err(), refused, "{at}");
    }
    let visited = step(&reserved, &visit(KIOSK), clock(next, 22, 55, 0)).unwrap().next;
    assert!(step(&visited, &announce(KIOSK, C1), clock(next, 22, 59, 59)).is_ok());
    let late = step(&visited, &announce(KIOSK, C1), clock(next, 23, 0, 0));
    assert_eq!(late.unwrap_err(), closed);
}

#[test]
fn a13_what_was_announced_is_reported_after_hours_and_after_its_time_and_by_another_kiosk() {
    let announced = announced();
    let until = announced.reservation().unwrap().until;
    for at in [
        clock(now(), 13, 59, 0),
        until.plus_seconds(1),
        until.plus_seconds(40 * 86_400),
    ] {
        let used = step(&announced, &report(OTHER_KIOSK, C1), at).unwrap();
        assert!(
            matches!(
                used.next,
                Case::Used {
                    told_by: OTHER_KIOSK,
                    ..
                }
            ),
            "{at}"
        );
        let counted = Write::Count {
            card: card().number,
            from: 4,
            to: 5,
        };
        assert_eq!(used.writes, [counted, Write::Release { card: card() }]);
    }
}

#[test]
fn r407_a_second_use_is_refused_however_it_comes() {
    let used = used();
    for command in [
        visit(KIOSK),
        announce(KIOSK, C2),
        report(KIOSK, C1),
        Command::Cancel,
        Command::Replace,
    ] {
        assert_eq!(
            step(&used, &command, now()).unwrap_err(),
            Refusal::ReservationUsed,
            "{command:?}"
        );
    }
}

#[test]
fn a11_while_a_cryptogram_can_be_used_no_other_kiosk_gets_one() {
    let announced = announced();
    let busy = Err(Refusal::AtAnotherKiosk);
    for seconds in [0, 59, 60] {
        let at = now().plus_seconds(seconds);
        assert_eq!(step(&announced, &visit(OTHER_KIOSK), at).map(|_| ()), busy);
        assert_eq!(step(&announced, &announce(OTHER_KIOSK, C2), at).map(|_| ()), busy);
    }
    let at = now().plus_seconds(61);
    let visited = step(&announced, &visit(OTHER_KIOSK), at).unwrap().next;
    assert!(step(&visited, &announce(OTHER_KIOSK, C2), at).is_ok());
    // The kiosk that the card left has only the earlier visit.
    assert_eq!(step(&visited, &announce(KIOSK, C2), at).map(|_| ()), busy);
}

#[test]
fn a11_of_two_kiosks_that_set_the_card_the_later_one_goes_on() {
    let visited = step(&reserved(), &visit(KIOSK), now()).unwrap().next;
    let visited = step(&visited, &visit(OTHER_KIOSK), now()).unwrap().next;
    let first = step(&visited, &announce(KIOSK, C1), now());
    assert_eq!(first.unwrap_err(), Refusal::AtAnotherKiosk);
    assert!(step(&visited, &announce(OTHER_KIOSK, C1), now()).is_ok());
}

#[test]
fn a_challenge_is_answered_once() {
    let announced = announced();
    assert_eq!(
        step(&announced, &announce(KIOSK, C1), now()).unwrap_err(),
        Refusal::Lapsed
    );
    assert!(step(&announced, &announce(KIOSK, C2), now()).is_ok());
}

#[test]
fn a_reservation_is_announced_so_many_times_and_no_more() {
    let mut case = announced();
    for nonce in 2..=MOST_ANNOUNCEMENTS {
        let challenge = [u8::try_from(nonce).unwrap(); 16];
        case = step(&case, &announce(KIOSK, challenge), now()).unwrap().next;
    }
    assert_eq!(case.announcements().len(), MOST_ANNOUNCEMENTS);
    let most = MOST_ANNOUNCEMENTS;
    assert_eq!(
        step(&case, &announce(KIOSK, [99; 16]), now()).unwrap_err(),
        Refusal::TooMany { most }
    );
    // Any of them closes the case.
    assert!(matches!(
        step(&case, &report(KIOSK, C1), now()).unwrap().next,
        Case::Used { .. }
    ));
}

#[test]
fn a_receipt_of_another_card_counter_or_challenge_closes_nothing() {
    let announced = announced();
    for receipt in [
        Receipted::verified(other().number, 4, C1),
        Receipted::verified(card().number, 3, C1),
        Receipted::verified(card().number, 4, C2),
    ] {
        let command = Command::Report {
            kiosk: KIOSK,
            told: told(5),
            receipt,
        };
        assert_eq!(
            step(&announced, &command, now()).unwrap_err(),
            Refusal::AnotherReservedCard
        );
    }
    let command = Command::Report {
        kiosk: KIOSK,
        told: told(6),
        receipt: Receipted::verified(card().number, 4, C1),
    };
    let halted = step(&announced, &command, now()).unwrap();
    assert_eq!(halted.answer, Answer::Refused(Refusal::Halted), "a counter that leapt");
}

#[test]
fn a_counter_that_cannot_be_halts_the_reservation_and_tells_an_operator() {
    for case in [reserved(), announced()] {
        for counter in [3, 5, 6, 0] {
            let command = Command::Visit {
                kiosk: KIOSK,
                told: told(counter),
                text: VISIT,
            };
            let halted = step(&case, &command, now()).unwrap();
            assert_eq!(halted.answer, Answer::Refused(Refusal::Halted));
            let alarm = Errand::Alarm {
                card: card().number,
                why: Doubt::Counter,
            };
            assert_eq!(halted.errands, [alarm]);
            let after = step(&halted.next, &visit(KIOSK), now());
            assert_eq!(after.unwrap_err(), Refusal::Halted, "and stays so");
        }
    }
}

#[test]
fn a15_another_card_than_the_reserved_one_is_refused_and_changes_nothing() {
    let told = Told {
        card: other(),
        ..told(4)
    };
    let command = Command::Visit {
        kiosk: KIOSK,
        told,
        text: VISIT,
    };
    assert_eq!(
        step(&reserved(), &command, now()).unwrap_err(),
        Refusal::AnotherReservedCard
    );
    let visited = visited();
    let by_other = Possession::verified(other().authentication, VISIT, now());
    let command = with_possession(by_other);
    assert_eq!(step(&visited, &command, now()).unwrap_err(), Refusal::AnotherCard);
    let of_other = Possession::verified(card().authentication, ASKED, now());
    let command = with_possession(of_other);
    assert_eq!(step(&visited, &command, now()).unwrap_err(), Refusal::AnotherText);
    assert!(step(&visited, &announce(KIOSK, C1), now()).is_ok(), "the control");
}

#[test]
fn r403_a_card_whose_signature_certificate_is_revoked_or_expired_is_not_helped() {
    let at = now();
    let fit = Standing::Accepted {
        until: at.plus_seconds(1_000_000),
    };
    for (standing, refusal) in [
        (Standing::Revoked { at }, Refusal::AlreadyRevoked { at }),
        (Standing::Expired { at }, Refusal::Expired { at }),
        (Standing::Undetermined, Refusal::Undetermined),
    ] {
        for (authentication, signature) in [(standing, fit), (fit, standing)] {
            let known = Known {
                authentication,
                signature,
                ..known()
            };
            let facts = Facts {
                card: Some(known),
                ..facts()
            };
            for (case, command) in [
                (Case::New, ask()),
                (asked(), prove()),
                (proved(), compare(S1, 900, S2)),
                (reserved(), visit(KIOSK)),
                (visited(), announce(KIOSK, C1)),
            ] {
                assert_eq!(decide(&case, &command, &facts, &policy(), at).unwrap_err(), refusal);
            }
            // What the card has done it has done.
            assert!(decide(&announced(), &report(KIOSK, C1), &facts, &policy(), at).is_ok());
        }
    }
    let unknown = Facts { card: None, ..facts() };
    let refused = decide(&Case::New, &ask(), &unknown, &policy(), at);
    assert_eq!(refused.unwrap_err(), Refusal::UnknownCard);
}

#[test]
fn r409_nothing_is_reserved_during_maintenance_and_a_reservation_goes_on_through_it() {
    let from = now();
    let until = from.plus_seconds(1_200);
    let policy = Policy {
        maintenance: vec![(from, until.plus_seconds(-600)), (until.plus_seconds(-600), until)],
        ..policy()
    };
    let refusal = Refusal::Maintenance { until };
    for (case, command) in [(Case::New, ask()), (asked(), prove()), (proved(), compare(S1, 900, S2))] {
        assert_eq!(decide(&case, &command, &facts(), &policy, from).unwrap_err(), refusal);
        assert!(
            decide(&case, &command, &facts(), &policy, until).is_ok(),
            "its end is not in it"
        );
    }
    assert!(decide(&reserved(), &visit(KIOSK), &facts(), &policy, from).is_ok());
}

#[test]
fn a_later_reservation_stands_in_the_place_of_the_one_before() {
    for case in [proved(), reserved(), announced()] {
        let replaced = step(&case, &Command::Replace, now()).unwrap();
        assert_eq!(replaced.writes, [Write::Release { card: card() }]);
        let again = step(&replaced.next, &visit(KIOSK), now());
        assert_eq!(again.unwrap_err(), Refusal::NoReservation);
    }
    // What it announced may still have been done.
    let replaced = step(&announced(), &Command::Replace, now()).unwrap().next;
    assert!(matches!(
        step(&replaced, &report(KIOSK, C1), now()).unwrap().next,
        Case::Used { .. }
    ));
    let never = step(&reserved(), &Command::Replace, now()).unwrap().next;
    assert_eq!(
        step(&never, &report(KIOSK, C1), now()).unwrap_err(),
        Refusal::AnotherReservedCard
    );
}

#[test]
fn what_was_announced_cannot_be_cancelled() {
    assert!(matches!(
        step(&reserved(), &Command::Cancel, now()).unwrap().next,
        Case::Cancelled { .. }
    ));
    assert_eq!(
        step(&announced(), &Command::Cancel, now()).unwrap_err(),
        Refusal::AtAnotherKiosk
    );
}

#[test]
fn a_clerk_opens_a_reservation_where_the_office_says_so() {
    let identify = Command::Identify {
        document: Document::Passport,
        text: ASKED,
    };
    let clerk = |officer: Officer| Facts {
        officer: Some(officer),
        ..facts()
    };
    let decided = |policy: &Policy, facts: &Facts| decide(&Case::New, &identify, facts, policy, now());
    let counter = Policy {
        counter: true,
        ..policy()
    };
    assert_eq!(decided(&policy(), &clerk(hanako())).unwrap_err(), Refusal::Stale);
    assert_eq!(decided(&counter, &facts()).unwrap_err(), Refusal::NotAnOfficer);
    assert!(matches!(
        decided(&counter, &clerk(jiro())).unwrap_err(),
        Refusal::NoRole { .. }
    ));
    let identifying = decided(&counter, &clerk(hanako())).unwrap().next;
    let admit = |card| Command::Admit {
        possession: Possession::verified(card, ASKED, now()),
        number: number(),
    };
    let by = |officer: Officer, card| decide(&identifying, &admit(card), &clerk(officer), &counter, now());
    let (hanakos, jiros) = (hanako().card, jiro().card);
    assert_eq!(by(hanako(), jiros).unwrap_err(), Refusal::AnotherCard);
    assert!(
        by(crate::office::saburo(), crate::office::saburo().card).is_err(),
        "another clerk"
    );
    let reserved = by(hanako(), hanakos).unwrap();
    assert!(matches!(
        reserved.event,
        Event::Reserved {
            officer: Some(_),
            comparison: None,
            ..
        }
    ));
    assert!(matches!(
        reserved.next.reservation().unwrap().proof,
        Proof::Counter { .. }
    ));
}

#[test]
fn a_card_number_is_sixteen_digits_whose_last_one_fits() {
    assert_eq!(card().number.to_string(), "4111111111111111");
    for wrong in [
        "4111111111111112",
        "411111111111111",
        "41111111111111111",
        "411111111111111x",
        "４111111111111",
        "",
    ] {
        assert_eq!(CardNumber::parse(wrong), None, "{wrong}");
    }
}
