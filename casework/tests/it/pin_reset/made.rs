//! One card, two kiosks, and every state that a reservation can be in.

use casework::Refusal;
use casework::card::Standing;
use casework::evidence::{Comparison, FaceMatched, Informed, Possession, Receipted};
use casework::identity::{CardNumber, Digest, Fingerprint, KioskId};
use casework::number::Number;
use casework::pin_reset::{
    Card, Case, Command, Decision, Document, Doubt, Facts, Identification, Known, Letters, Policy, Told, Tries, decide,
};
use casework::time::Instant;

use crate::office::hanako;
use crate::{FLOW, TERMS, clock, day};

/// Every state, by a walk that leads there.
pub(crate) fn cases() -> Vec<(&'static str, Case)> {
    let next = |case: &Case, command: &Command| step(case, command, now()).unwrap().next;
    let identifying = Case::Identifying {
        card: card(),
        identification: Identification {
            officer: hanako().id,
            document: Document::Passport,
        },
        text: ASKED,
        until: now(),
    };
    vec![
        ("New", Case::New),
        ("Asked", asked()),
        ("Proved", proved()),
        ("Identifying", identifying),
        ("Reserved", visited()),
        ("Announced", announced()),
        ("Used", used()),
        ("Cancelled", next(&reserved(), &Command::Cancel)),
        ("Replaced", next(&announced(), &Command::Replace)),
        ("Halted", next(&announced(), &doubt())),
    ]
}

pub(crate) fn commands() -> Vec<(&'static str, Command)> {
    let identify = Command::Identify {
        document: Document::Passport,
        text: ASKED,
    };
    let admit = Command::Admit {
        possession: Possession::verified(hanako().card, ASKED, now()),
        number: number(),
    };
    vec![
        ("Ask", ask()),
        ("Prove", prove()),
        ("Compare", compare(S1, 900, S2)),
        ("Identify", identify),
        ("Admit", admit),
        ("Cancel", Command::Cancel),
        ("Replace", Command::Replace),
        ("Visit", visit(KIOSK)),
        ("Announce", announce(KIOSK, C2)),
        ("Report", report(KIOSK, C1)),
        ("Doubt", doubt()),
        ("Wake", Command::Wake),
    ]
}

/// As the table wants it: at an office with a counter, by a clerk, of somebody who wants letters and is due one.
pub(crate) fn at_the_office(case: &Case, command: &Command) -> Result<Decision, Refusal> {
    let policy = Policy {
        counter: true,
        ..policy()
    };
    let facts = Facts {
        officer: Some(hanako()),
        letters: Letters::Wanted { next: Some(now()) },
        ..facts()
    };
    decide(case, command, &facts, &policy, now())
}

pub(super) fn step(case: &Case, command: &Command, at: Instant) -> Result<Decision, Refusal> {
    decide(case, command, &facts(), &policy(), at)
}

pub(super) fn policy() -> Policy {
    Policy::default()
}

pub(super) fn facts() -> Facts {
    Facts {
        card: Some(known()),
        texts: (FLOW, TERMS),
        tries: Tries::default(),
        officer: None,
        letters: Letters::Unwanted,
    }
}

pub(super) fn known() -> Known {
    let standing = Standing::Accepted {
        until: now().plus_seconds(100 * 86_400),
    };
    Known {
        card: card(),
        authentication: standing,
        signature: standing,
        key_version: 1,
        counter: 4,
    }
}

/// A Tuesday at ten.
pub(super) fn now() -> Instant {
    clock(day(2026, 11, 24), 10, 0, 0)
}

pub(super) fn card() -> Card {
    Card {
        number: CardNumber::parse("4111111111111111").unwrap(),
        authentication: Fingerprint([1; 32]),
    }
}

pub(super) fn other() -> Card {
    Card {
        number: CardNumber::parse("5500005555555559").unwrap(),
        authentication: Fingerprint([2; 32]),
    }
}

pub(super) fn ask() -> Command {
    Command::Ask {
        informed: Informed::opened(FLOW, TERMS, now()),
        text: ASKED,
    }
}

pub(super) fn prove() -> Command {
    Command::Prove {
        possession: Possession::verified(card().authentication, ASKED, now()),
        shot: S1,
    }
}

pub(super) fn compare(shot: Digest, score: u16, next: Digest) -> Command {
    Command::Compare {
        shot,
        compared: FaceMatched::compared(card().number, comparison(score), now()),
        next,
        number: number(),
    }
}

pub(super) fn comparison(score: u16) -> Comparison {
    Comparison {
        score,
        threshold: 500,
        provider: "lbph".into(),
        version: "1".into(),
    }
}

pub(super) fn visit(kiosk: KioskId) -> Command {
    Command::Visit {
        kiosk,
        told: told(4),
        text: VISIT,
    }
}

pub(super) fn announce(kiosk: KioskId, challenge: [u8; 16]) -> Command {
    Command::Announce {
        kiosk,
        possession: Possession::verified(card().authentication, VISIT, now()),
        told: told(4),
        challenge,
        host_random: [9; 16],
    }
}

pub(super) fn with_possession(possession: Possession) -> Command {
    Command::Announce {
        kiosk: KIOSK,
        possession,
        told: told(4),
        challenge: C1,
        host_random: [9; 16],
    }
}

pub(super) fn report(kiosk: KioskId, challenge: [u8; 16]) -> Command {
    Command::Report {
        kiosk,
        told: told(5),
        receipt: Receipted::verified(card().number, 4, challenge),
    }
}

pub(super) fn doubt() -> Command {
    Command::Doubt {
        kiosk: KIOSK,
        told: told(5),
        why: Doubt::Answer,
    }
}

pub(super) fn told(counter: u32) -> Told {
    Told {
        card: card(),
        key_version: 1,
        counter,
    }
}

pub(super) fn asked() -> Case {
    asked_at(now())
}

pub(super) fn asked_at(at: Instant) -> Case {
    step(&Case::New, &ask(), at).unwrap().next
}

pub(super) fn proved() -> Case {
    proved_at(now())
}

pub(super) fn proved_at(at: Instant) -> Case {
    step(&asked_at(at), &prove(), at).unwrap().next
}

pub(super) fn reserved() -> Case {
    reserved_at(now())
}

pub(super) fn reserved_at(at: Instant) -> Case {
    step(&proved_at(at), &compare(S1, 900, S2), at).unwrap().next
}

pub(super) fn visited() -> Case {
    step(&reserved(), &visit(KIOSK), now()).unwrap().next
}

pub(super) fn announced() -> Case {
    step(&visited(), &announce(KIOSK, C1), now()).unwrap().next
}

pub(super) fn used() -> Case {
    step(&announced(), &report(KIOSK, C1), now()).unwrap().next
}

pub(super) fn number() -> Number {
    Number::from_random([7; 8])
}

pub(super) const KIOSK: KioskId = KioskId([0xa1; 32]);
pub(super) const OTHER_KIOSK: KioskId = KioskId([0xa2; 32]);
pub(super) const ASKED: Digest = Digest([10; 32]);
pub(super) const VISIT: Digest = Digest([11; 32]);
pub(super) const S1: Digest = Digest([12; 32]);
pub(super) const S2: Digest = Digest([13; 32]);
pub(super) const C1: [u8; 16] = [1; 16];
pub(super) const C2: [u8; 16] = [2; 16];
