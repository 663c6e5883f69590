//! Issuance in two commits.

use casework::Refusal;
use casework::certificate::{
    Case, Command, Decision, Errand, Event, Facts, Intent, KeyUse, Policy, Profile, Reason, Shard, Write, decide,
};
use casework::evidence::Signed;
use casework::identity::{Digest, Fingerprint};
use casework::refund::Purchase;
use casework::time::Instant;

use crate::revocation::number;
use crate::{CARD, TEXT, certificate, day};

#[test]
fn i2_the_intent_is_written_before_anything_can_be_bound() {
    let now = day(2026, 6, 1);
    let intended = step(&Case::New, &intend(now), now).unwrap();
    assert_eq!(
        intended.writes,
        [Write::Intend {
            intent: intent(now),
            octets: OCTETS.into(),
        }]
    );
    assert_eq!(step(&Case::New, &bind(TEXT), now).unwrap_err(), Refusal::Stale);
    let issued = step(&intended.next, &bind(TEXT), now).unwrap();
    assert_eq!(
        issued.writes,
        [Write::Issue {
            intent: intent(now),
            fingerprint: CARD,
            der: DER.into(),
        }]
    );
    assert_eq!(
        issued.event,
        Event::Issued {
            certificate: certificate(),
            fingerprint: CARD,
        }
    );
    assert!(issued.errands.is_empty());
}

#[test]
fn a_signature_over_other_octets_than_the_intended_ones_is_not_bound() {
    let now = day(2026, 6, 1);
    let intended = step(&Case::New, &intend(now), now).unwrap().next;
    assert_eq!(
        step(&intended, &bind(OTHER_TEXT), now).unwrap_err(),
        Refusal::AnotherText
    );
}

#[test]
fn a_second_intent_or_a_second_binding_is_stale() {
    let now = day(2026, 6, 1);
    let [_, intended, issued, revoked] = cases(now).map(|(_, case)| case);
    for (case, command) in [
        (&intended, intend(now)),
        (&issued, bind(TEXT)),
        (&issued, intend(now)),
        (&revoked, bind(TEXT)),
    ] {
        assert_eq!(step(case, &command, now).unwrap_err(), Refusal::Stale);
    }
}

#[test]
fn a31_no_validity_begins_in_the_future_exceeds_the_profile_or_outlives_the_issuer() {
    let now = day(2026, 6, 1);
    let (begin, end) = (now, now.plus_seconds(LONGEST - 1));
    let asked = |validity, issuer_until| {
        let intend = Command::Intend {
            intent: Box::new(Intent {
                validity,
                ..*intent(now)
            }),
            octets: OCTETS.into(),
        };
        let facts = Facts {
            issuer_until,
            revoked: None,
            key: None,
        };
        decide(&Case::New, &intend, &facts, &POLICY, now).map(|_| ())
    };
    assert_eq!(asked((begin, end), None), Ok(()));
    assert_eq!(asked((begin, end), Some(end)), Ok(()));
    assert_eq!(
        asked((begin.plus_seconds(1), end), None),
        Err(Refusal::NotYetValid {
            from: begin.plus_seconds(1)
        })
    );
    let outside = |until| Err(Refusal::ValidityOutside { until });
    assert_eq!(asked((begin, end.plus_seconds(1)), None), outside(end));
    let sooner = end.plus_seconds(-1);
    assert_eq!(asked((begin, end), Some(sooner)), outside(sooner));
    assert_eq!(asked((begin, begin.plus_seconds(-1)), None), outside(end));
}

#[test]
fn the_operator_revokes_once_and_not_after_the_holder_did_nor_after_expiry() {
    let now = day(2026, 6, 1);
    let [_, _, issued, revoked] = cases(now).map(|(_, case)| case);
    let revoke = Command::Revoke {
        reason: Reason::KeyCompromise,
    };
    let decision = step(&issued, &revoke, now).unwrap();
    assert_eq!(
        decision.writes,
        [Write::Revoke {
            certificate: certificate(),
            reason: Reason::KeyCompromise,
            at: now,
        }]
    );
    assert_eq!(
        decision.errands,
        [Errand::PublishCrl {
            certificate: certificate()
        }]
    );
    assert_eq!(
        step(&revoked, &revoke, now).unwrap_err(),
        Refusal::AlreadyRevoked { at: now }
    );
    for (revoked, refusal) in [
        ((now, None), Refusal::AlreadyRevoked { at: now }),
        ((now, Some(number())), Refusal::AlreadyApplied { number: number() }),
    ] {
        let facts = Facts {
            issuer_until: None,
            revoked: Some(revoked),
            key: None,
        };
        assert_eq!(decide(&issued, &revoke, &facts, &POLICY, now).unwrap_err(), refusal);
    }
    let (_, end) = intent(now).validity;
    assert!(step(&issued, &revoke, end).is_ok());
    assert_eq!(
        step(&issued, &revoke, end.plus_seconds(1)).unwrap_err(),
        Refusal::Expired { at: end }
    );
}

#[test]
fn a33_a_key_that_speaks_for_another_certificate_is_not_certified() {
    let now = day(2026, 6, 1);
    for key in [KeyUse::Compromised, KeyUse::OfAnother, KeyUse::BeingCertified] {
        let facts = Facts {
            issuer_until: None,
            revoked: None,
            key: Some(key),
        };
        let refused = decide(&Case::New, &intend(now), &facts, &POLICY, now).unwrap_err();
        assert_eq!(refused, Refusal::UsedKey { key });
        // What another authority's operator signed is on this side of it.
        assert!(decide(&Case::New, &import(now, TEXT), &facts, &POLICY, now).is_ok());
    }
}

#[test]
fn an_import_is_intended_and_issued_in_one_decision() {
    let now = day(2026, 6, 1);
    let [_, (_, intended), (_, issued), (_, revoked)] = cases(now);
    for before in [&Case::New, &intended] {
        let decision = step(before, &import(now, TEXT), now).unwrap();
        assert_eq!(decision.next, issued);
        assert_eq!(decision.writes.len(), 1);
        assert!(matches!(decision.event, Event::Imported { .. }));
        let other = step(before, &import(now, OTHER_TEXT), now).unwrap_err();
        assert_eq!(other, Refusal::AnotherText);
    }
    for on_record in [&issued, &revoked] {
        let refused = step(on_record, &import(now, TEXT), now).unwrap_err();
        assert_eq!(refused, Refusal::AnotherText);
    }
}

pub(crate) fn cases(now: Instant) -> [(&'static str, Case); 4] {
    let intended = step(&Case::New, &intend(now), now).unwrap().next;
    let issued = step(&intended, &bind(TEXT), now).unwrap().next;
    let revoke = Command::Revoke {
        reason: Reason::Superseded,
    };
    let revoked = step(&issued, &revoke, now).unwrap().next;
    [
        ("New", Case::New),
        ("Intended", intended),
        ("Issued", issued),
        ("Revoked", revoked),
    ]
}

pub(crate) fn commands(now: Instant) -> [(&'static str, Command); 4] {
    [
        ("Intend", intend(now)),
        ("Bind", bind(TEXT)),
        ("Import", import(now, TEXT)),
        (
            "Revoke",
            Command::Revoke {
                reason: Reason::Superseded,
            },
        ),
    ]
}

pub(crate) fn step(case: &Case, command: &Command, now: Instant) -> Result<Decision, Refusal> {
    let facts = Facts {
        issuer_until: None,
        revoked: None,
        key: None,
    };
    decide(case, command, &facts, &POLICY, now)
}

fn intent(now: Instant) -> Box<Intent> {
    Box::new(Intent {
        certificate: certificate(),
        tbs: TEXT,
        profile: Profile("authority-signature".into()),
        shard: Shard(3),
        validity: (now, now.plus_seconds(LONGEST - 1)),
        purchase: Some(Purchase { price: 12_600 }),
    })
}

fn intend(now: Instant) -> Command {
    Command::Intend {
        intent: intent(now),
        octets: OCTETS.into(),
    }
}

fn bind(tbs: Digest) -> Command {
    let fingerprint: Fingerprint = CARD;
    Command::Bind {
        signed: Signed::verified(tbs, fingerprint),
        der: DER.into(),
    }
}

fn import(now: Instant, tbs: Digest) -> Command {
    Command::Import {
        intent: intent(now),
        octets: OCTETS.into(),
        signed: Signed::verified(tbs, CARD),
        der: DER.into(),
    }
}

const OTHER_TEXT: Digest = Digest([9; 32]);
const OCTETS: &[u8] = b"to be signed";
const DER: &[u8] = b"signed";
const LONGEST: i64 = 5 * 366 * 86_400;
const POLICY: Policy = Policy { longest: LONGEST };
