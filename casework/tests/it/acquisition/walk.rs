//! Random walks: whatever is asked of a terminal's grants, in whatever order, under whichever policy, the same things hold.

use std::collections::{BTreeMap, BTreeSet};

use casework::acquisition::{Case, Codes, Command, Facts, Former, Issuance, Issued, Live, Policy, Write};
use casework::evidence::{Authenticated, Requested};
use casework::identity::{CertificateId, Digest, Fingerprint, IssuanceId};
use casework::time::Instant;
use proptest::prelude::*;

use super::{at, certificate, date, facts, held, policy};
use crate::reissue::{due, terminal};

/// What may happen to one terminal.
#[derive(Clone, Debug)]
enum Step {
    /// Another application's morning has come: the terminal gets another grant.
    Open,
    /// Codes are tried at one of its grants.
    Acquire {
        grant: usize,
        right: bool,
        key: u8,
    },
    /// What was begun is signed and bound, and the case is told; or a crash keeps it from that.
    Make {
        grant: usize,
        told: bool,
    },
    Renew {
        grant: usize,
        key: u8,
    },
    Install {
        grant: usize,
    },
    Wake {
        grant: usize,
    },
    Wait {
        days: u8,
    },
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn i02_each_grant_makes_one_certificate_and_a_knownnever_has_a_third_that_counts(
        steps in prop::collection::vec(step(), 1..60),
        former in prop_oneof![Just(Former::UntilInstalled), Just(Former::AtOnce), Just(Former::AfterDays(7))],
    ) {
        walk(&steps, former)?;
    }
}

/// The control: a straight walk makes certificates, and supersedes the one before.
#[test]
fn a_straight_walk_gets_two_certificates_and_one_counts() {
    let acquire = |grant| Step::Acquire {
        grant,
        right: true,
        key: 1 + u8::try_from(grant).unwrap(),
    };
    let terminal = walk(
        &[
            Step::Open,
            acquire(0),
            Step::Make { grant: 0, told: true },
            Step::Install { grant: 0 },
            Step::Open,
            acquire(1),
            Step::Make { grant: 1, told: true },
            Step::Install { grant: 1 },
        ],
        Former::UntilInstalled,
    )
    .unwrap();
    assert_eq!((terminal.made.len(), terminal.revoked.len()), (2, 1));
}

/// What the store would know of the terminal.
#[derive(Default)]
struct Known {
    cases: Vec<Case>,
    /// What an authority has made, by the case of its issuance.
    made: BTreeMap<[u8; 16], Issued>,
    live: BTreeMap<CertificateId, (Live, Instant)>,
    revoked: BTreeSet<CertificateId>,
    issuances: u8,
}

impl Known {
    fn facts(&self, grant: usize, codes: Option<Codes>, now: Instant) -> Facts {
        let case = &self.cases[grant];
        let making = case.making().and_then(|making| self.made.get(&making.issuance.0));
        let gone = case.held().filter(|held| self.revoked.contains(&held.certificate));
        Facts {
            codes,
            latest: grant + 1 == self.cases.len(),
            live: self
                .live
                .values()
                .filter(|(live, until)| now <= *until && !self.revoked.contains(&live.certificate))
                .map(|(live, _)| live.clone())
                .collect(),
            revoked: gone.map(|_| now),
            issuance: making.map_or(Issuance::Nothing, |issued| Issuance::Bound(issued.clone())),
            ..facts()
        }
    }
}

fn walk(steps: &[Step], former: Former) -> Result<Known, TestCaseError> {
    let policy = Policy { former, ..policy() };
    let mut known = Known::default();
    let mut now = due().1;
    for step in steps {
        let (grant, command, codes) = match step {
            Step::Wait { days } => {
                now = now.plus_seconds(i64::from(*days) * 86_400);
                continue;
            }
            Step::Open => {
                known.cases.push(Case::New);
                (known.cases.len() - 1, Command::Open { due: due().0 }, None)
            }
            Step::Make { grant, told } => {
                let Some(grant) = known.cases.len().checked_sub(1).map(|last| (*grant).min(last)) else {
                    continue;
                };
                make(&mut known, grant, now);
                if !told {
                    continue;
                }
                (grant, Command::Bind, None)
            }
            Step::Acquire { grant, right, key } => {
                let Some(last) = known.cases.len().checked_sub(1) else {
                    continue;
                };
                let codes = if *right { Codes::Right } else { Codes::Wrong };
                let command = Command::Acquire {
                    request: Ok(Requested::verified(key_of(*key), terminal("11110A"), now)),
                    issuance: issuance(&mut known),
                };
                ((*grant).min(last), command, Some(codes))
            }
            Step::Renew { grant, key } => {
                let Some(last) = known.cases.len().checked_sub(1) else {
                    continue;
                };
                let grant = (*grant).min(last);
                let Some(held) = held(&known.cases[grant]) else {
                    continue;
                };
                let by = Authenticated::verified(held.fingerprint, now);
                let request = Ok(Requested::verified(key_of(*key), terminal("11110A"), now));
                let issuance = issuance(&mut known);
                (grant, Command::Renew { by, request, issuance }, None)
            }
            Step::Install { grant } => {
                let Some(last) = known.cases.len().checked_sub(1) else {
                    continue;
                };
                let grant = (*grant).min(last);
                let Some(held) = held(&known.cases[grant]) else {
                    continue;
                };
                let by = Authenticated::verified(held.fingerprint, now);
                (grant, Command::Install { by }, None)
            }
            Step::Wake { grant } => {
                let Some(last) = known.cases.len().checked_sub(1) else {
                    continue;
                };
                ((*grant).min(last), Command::Wake, None)
            }
        };
        perform(&mut known, grant, &command, codes, &policy, now)?;
    }
    Ok(known)
}

fn perform(
    known: &mut Known,
    grant: usize,
    command: &Command,
    codes: Option<Codes>,
    policy: &Policy,
    now: Instant,
) -> Result<(), TestCaseError> {
    let facts = known.facts(grant, codes, now);
    let before = known.cases[grant].clone();
    let Ok(decision) = at(&before, command, &facts, policy, now) else {
        return Ok(());
    };
    for write in &decision.writes {
        match write {
            Write::Certify {
                certificate, validity, ..
            } => {
                let live = Live {
                    certificate: certificate.clone(),
                    since: now,
                    installed: false,
                };
                let twice = known.live.insert(certificate.clone(), (live, validity.1));
                prop_assert!(twice.is_none(), "a certificate is the terminal's once");
            }
            Write::Supersede { certificate, .. } => {
                prop_assert!(known.revoked.insert(certificate.clone()), "revoked once");
            }
            Write::Install { certificate, .. } => {
                if let Some((live, _)) = known.live.get_mut(certificate) {
                    live.installed = true;
                }
            }
            Write::Open { .. } | Write::Suspend { .. } | Write::Wake { .. } => {}
        }
    }
    // Codes make one certificate, whatever is sent with them.
    if let (Some(making), Command::Acquire { .. }) = (before.making(), command) {
        prop_assert_eq!(decision.next.making(), Some(making));
    }
    if matches!(command, Command::Acquire { .. }) {
        prop_assert!(
            codes == Some(Codes::Right) || decision.next.making() == before.making(),
            "a wrong code begins nothing"
        );
        let begun = decision.next.making() != before.making();
        prop_assert!(!begun || matches!(before, Case::Open { .. }), "{before:?}");
    }
    prop_assert!(
        !matches!(before, Case::Suspended { .. } | Case::Replaced { .. }),
        "an end is an end"
    );
    known.cases[grant] = decision.next;
    let counting = known.facts(grant, None, now).live.len();
    prop_assert!(
        counting <= 2,
        "{counting} certificates count after {command:?} in {before:?}"
    );
    Ok(())
}

/// An authority signs what was begun, once.
fn make(known: &mut Known, grant: usize, now: Instant) {
    let Some(making) = known.cases[grant].making().copied() else {
        return;
    };
    let mark = u8::try_from(known.made.len() + 1).unwrap();
    known.made.entry(making.issuance.0).or_insert(Issued {
        key: making.key,
        certificate: certificate(mark),
        fingerprint: Fingerprint([mark; 32]),
        validity: (now, making.until),
    });
}

fn issuance(known: &mut Known) -> IssuanceId {
    known.issuances += 1;
    IssuanceId([known.issuances; 16])
}

fn key_of(key: u8) -> Digest {
    Digest([key; 32])
}

fn step() -> impl Strategy<Value = Step> {
    let grant = || 0_usize..3;
    prop_oneof![
        2 => Just(Step::Open),
        6 => (grant(), prop::bool::weighted(0.8), 1_u8..4).prop_map(|(grant, right, key)| Step::Acquire { grant, right, key }),
        6 => (grant(), prop::bool::weighted(0.8)).prop_map(|(grant, told)| Step::Make { grant, told }),
        3 => (grant(), 1_u8..6).prop_map(|(grant, key)| Step::Renew { grant, key }),
        3 => grant().prop_map(|grant| Step::Install { grant }),
        3 => grant().prop_map(|grant| Step::Wake { grant }),
        3 => (0_u8..180).prop_map(|days| Step::Wait { days }),
    ]
}

#[test]
fn the_walk_begins_on_the_desired_date() {
    assert_eq!(due().1.day(), date(2026, 11, 24));
}
