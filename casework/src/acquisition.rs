//! デジタル証明書の取得: from a grant to a certificate that works on its terminal, and its renewals (R302, R303, R308).
//!
//! A grant is spent by its codes and a key, in one decision; from then on the same codes with the same key fetch the same
//! certificate, and with another key nothing. The certificate itself is made in a case of its own
//! ([`certificate`](crate::certificate)), which this one names before it begins: a crash finds it again. Every door, page or
//! protocol, comes here.

mod command;
mod event;
mod policy;
mod state;

use alloc::vec;
use alloc::vec::Vec;

pub use command::{Codes, Command, Facts, Flaw, Issuance, Issued, Live};
pub use event::{Errand, Event, Letter, Write};
pub use policy::{Former, Policy, Validity, window};
pub use state::{Case, Grant, Held, Making, Tries};

use crate::evidence::Requested;
use crate::identity::{CertificateId, IssuanceId};
use crate::time::Instant;
use crate::{Answer, Refusal};

/// What this procedure decides.
pub type Decision = crate::Decision<Case, Event, Write, Errand>;

/// Decides one command. Pure and total: time is `now`, and everything else it needs stands in its arguments.
pub fn decide(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    let decision = change(case, command, facts, policy, now)?;
    Ok(decision.waking(policy))
}

fn change(case: &Case, command: &Command, facts: &Facts, policy: &Policy, now: Instant) -> Result<Decision, Refusal> {
    use Case::{Acquired, Issuing, New, Open, Renewing, Replaced, Suspended};
    use Command::{Acquire, Bind, Install, Renew, Wake};
    match (case, command) {
        (New, Command::Open { due }) => {
            if facts.owner != Some(due.organisation()) {
                return Err(Refusal::NoSuchTerminal {
                    terminal: due.terminal(),
                });
            }
            let grant = Grant {
                application: due.application(),
                number: due.number(),
                organisation: due.organisation(),
                terminal: due.terminal(),
                opened_at: now,
                until: now.day().plus_months(policy.acquired_within_months).ends(),
            };
            let next = Open {
                grant,
                tries: Tries::default(),
                reminded: None,
            };
            let event = Event::Opened {
                number: grant.number,
                until: grant.until,
            };
            let open = Write::Open {
                terminal: grant.terminal,
                until: grant.until,
            };
            let mut decision = quiet(next, event);
            decision.writes.push(open);
            if policy.former == Former::AtOnce {
                decision.supersede(facts.live.iter().map(|live| &live.certificate), now);
            }
            Ok(decision)
        }
        (
            Open { grant, tries, .. }
            | Issuing { grant, tries, .. }
            | Acquired { grant, tries, .. }
            | Renewing { grant, tries, .. },
            Acquire { request, issuance },
        ) => {
            if let Some(until) = tries.blocked_until.filter(|until| now <= *until) {
                return Err(Refusal::CodesBlocked { until });
            }
            if facts.codes != Some(Codes::Right) {
                let tries = tries.and_another(policy, now);
                return Ok(Decision {
                    answer: Answer::Refused(Refusal::WrongCodes),
                    ..quiet(case.having(tries), Event::Wrong { times: tries.wrong })
                });
            }
            if now > grant.until {
                return Err(Refusal::GrantOver { at: grant.until });
            }
            if !facts.latest {
                return Err(Refusal::GrantReplaced);
            }
            let request = fit(request, grant)?;
            let begun = match case {
                Open { .. } => None,
                Issuing { making, .. } => Some(making.key),
                // What was renewed came of no code.
                Acquired { held, .. } | Renewing { held, .. } if held.renewed_from.is_none() => Some(held.key),
                _ => return Err(Refusal::AnotherKey),
            };
            match begun {
                Some(key) if key == request.key() => Ok(quiet(case.having(Tries::default()), Event::Repeated { key })),
                Some(_) => Err(Refusal::AnotherKey),
                None => {
                    let making = making(request, *issuance, policy, now);
                    let next = Issuing {
                        grant: *grant,
                        tries: Tries::default(),
                        making,
                    };
                    let event = Event::Begun {
                        key: making.key,
                        issuance: *issuance,
                    };
                    Ok(quiet(next, event))
                }
            }
        }
        (Issuing { grant, tries, making }, Bind) => facts.bound(*grant, *tries, making, None, policy, now),
        (
            Renewing {
                grant,
                tries,
                held,
                making,
            },
            Bind,
        ) => facts.bound(*grant, *tries, making, Some(held), policy, now),
        (Acquired { grant, tries, held }, Renew { by, request, issuance }) => {
            if Some(by.certificate()) == held.renewed_from {
                // The answer was lost on its way: the certificate before asks for the one that it was renewed to.
                let request = fit(request, grant)?;
                return if request.key() == held.key {
                    Ok(quiet(case.clone(), Event::Repeated { key: held.key }))
                } else {
                    Err(Refusal::AnotherKey)
                };
            }
            if by.certificate() != held.fingerprint {
                return Err(Refusal::NotYours);
            }
            facts.renewable(held, policy, now)?;
            let request = fit(request, grant)?;
            if request.key() == held.key {
                return Err(Refusal::AnotherKey); // the same key again is no new one
            }
            let making = making(request, *issuance, policy, now);
            let mut decision = quiet(
                Renewing {
                    grant: *grant,
                    tries: *tries,
                    held: held.working(now),
                    making,
                },
                Event::Renewing {
                    key: making.key,
                    issuance: *issuance,
                    by: held.fingerprint,
                },
            );
            // It has just shown that it works.
            decision.install(held, facts, policy, now);
            Ok(decision)
        }
        (
            Renewing {
                grant, held, making, ..
            },
            Renew { by, request, .. },
        ) => {
            if by.certificate() != held.fingerprint {
                return Err(Refusal::NotYours);
            }
            let request = fit(request, grant)?;
            if request.key() != making.key {
                return Err(Refusal::AnotherKey);
            }
            Ok(quiet(case.clone(), Event::Repeated { key: making.key }))
        }
        (Acquired { grant, tries, held }, Install { by }) => {
            if by.certificate() != held.fingerprint {
                return Err(Refusal::NotYours);
            }
            if held.installed.is_some() {
                return Err(Refusal::Stale);
            }
            let next = Acquired {
                grant: *grant,
                tries: *tries,
                held: held.working(now),
            };
            let mut decision = quiet(
                next,
                Event::Installed {
                    fingerprint: held.fingerprint,
                },
            );
            decision.install(held, facts, policy, now);
            Ok(decision)
        }
        (Open { grant, tries, reminded }, Wake) => {
            if !facts.latest {
                return Ok(replaced(grant, now));
            }
            if now > grant.until {
                return Ok(suspended(grant, grant.until, now));
            }
            let days = policy.due_reminder(grant.until, *reminded, now).ok_or(Refusal::Stale)?;
            let next = Open {
                grant: *grant,
                tries: *tries,
                reminded: Some(days),
            };
            Ok(reminding(next, days, Letter::Unacquired { days }))
        }
        // Its codes are spent, and nothing was made of them in all the time that they had.
        (Issuing { grant, .. }, Wake) => match &facts.issuance {
            Issuance::Nothing if now > grant.until => Ok(suspended(grant, grant.until, now)),
            Issuance::Bound(_) => change(case, &Bind, facts, policy, now),
            Issuance::Nothing | Issuance::Intended => Err(Refusal::Stale),
        },
        (Renewing { grant, tries, held, .. }, Wake) => match &facts.issuance {
            Issuance::Bound(_) => change(case, &Bind, facts, policy, now),
            Issuance::Nothing if now > held.validity.1 => Ok(quiet(
                Acquired {
                    grant: *grant,
                    tries: *tries,
                    held: held.clone(),
                },
                Event::Unrenewed,
            )),
            Issuance::Nothing | Issuance::Intended => Err(Refusal::Stale),
        },
        (Acquired { grant, tries, held }, Wake) => {
            let keeping = |held| Acquired {
                grant: *grant,
                tries: *tries,
                held,
            };
            if held.overlap.is_some_and(|until| now > until) {
                let held_on = Held {
                    overlap: None,
                    ..held.clone()
                };
                let mut decision = quiet(keeping(held_on), Event::Retired);
                decision.supersede(facts.others(&held.certificate), now);
                return Ok(decision);
            }
            if !facts.latest && held.overlap.is_none() {
                return Ok(replaced(grant, now));
            }
            let end = held.suspended_at(policy);
            if now > end {
                return Ok(suspended(grant, end, now));
            }
            let until = held.validity.1;
            let days = policy.due_reminder(until, held.reminded, now).ok_or(Refusal::Stale)?;
            let reminded = Held {
                reminded: Some(days),
                ..held.clone()
            };
            if facts.revoked.is_some() || now > until {
                return Ok(quiet(keeping(reminded), Event::Unreminded));
            }
            let letter = Letter::Expiring {
                days,
                last: until.day(),
            };
            Ok(reminding(keeping(reminded), days, letter))
        }
        (New, Acquire { .. } | Bind | Renew { .. } | Install { .. } | Wake)
        | (Open { .. }, Command::Open { .. } | Bind | Renew { .. } | Install { .. })
        | (Issuing { .. }, Command::Open { .. } | Renew { .. } | Install { .. })
        | (Acquired { .. }, Command::Open { .. } | Bind)
        | (Renewing { .. }, Command::Open { .. } | Install { .. })
        | (Suspended { .. } | Replaced { .. }, Command::Open { .. } | Bind | Renew { .. } | Install { .. } | Wake) => {
            Err(Refusal::Stale)
        }
        // Whoever has the right codes of before is told why they are not taken.
        (Suspended { grant, .. }, Acquire { .. }) => Err(Refusal::GrantOver { at: grant.until }),
        (Replaced { .. }, Acquire { .. }) => Err(Refusal::GrantReplaced),
    }
}

/// A request that can be certified for this grant's terminal.
fn fit(request: &Result<Requested, Flaw>, grant: &Grant) -> Result<Requested, Refusal> {
    let request = request.map_err(|flaw| Refusal::WrongRequest { flaw })?;
    if request.terminal() != grant.terminal {
        return Err(Refusal::WrongRequest { flaw: Flaw::Subject });
    }
    Ok(request)
}

fn making(request: Requested, issuance: IssuanceId, policy: &Policy, now: Instant) -> Making {
    Making {
        key: request.key(),
        issuance,
        at: now,
        until: policy.validity.until(now),
    }
}

impl Facts {
    /// The terminal's other certificates that count.
    fn others<'a>(&'a self, than: &'a CertificateId) -> impl Iterator<Item = &'a CertificateId> {
        let all = self.live.iter().map(|live| &live.certificate);
        all.filter(move |certificate| *certificate != than)
    }

    /// Of the others, those that nothing is lost with: all but the one that the terminal works with, or the latest where none
    /// is known to work. With that and the new one two certificates count, and never a third.
    fn surplus<'a>(&'a self, than: &'a CertificateId) -> impl Iterator<Item = &'a CertificateId> {
        let others = self.live.iter().filter(move |live| live.certificate != *than);
        let kept = others.max_by_key(|live| (live.installed, live.since));
        self.others(than)
            .filter(move |certificate| kept.is_none_or(|kept| kept.certificate != **certificate))
    }

    /// R303, both ends included; the first that fails is told.
    fn renewable(&self, held: &Held, policy: &Policy, now: Instant) -> Result<(), Refusal> {
        if let Some(at) = self.revoked {
            return Err(Refusal::AlreadyRevoked { at });
        }
        let until = held.validity.1;
        if now > until {
            return Err(Refusal::Expired { at: until });
        }
        if !self.latest {
            return Err(Refusal::GrantReplaced);
        }
        let window = window(until, policy.renewable_for_days);
        if !window.contains(&now.day()) {
            return Err(Refusal::TooEarly { from: *window.start() });
        }
        Ok(())
    }

    /// What was made is the terminal's from here on.
    fn bound(
        &self,
        grant: Grant,
        tries: Tries,
        making: &Making,
        former: Option<&Held>,
        policy: &Policy,
        now: Instant,
    ) -> Result<Decision, Refusal> {
        let Issuance::Bound(issued) = &self.issuance else {
            return Err(Refusal::Stale);
        };
        if issued.key != making.key {
            return Err(Refusal::AnotherKey);
        }
        let certificate = &issued.certificate;
        let certify = Write::Certify {
            terminal: grant.terminal,
            certificate: certificate.clone(),
            fingerprint: issued.fingerprint,
            validity: issued.validity,
        };
        if !self.latest {
            // A later grant was opened while it was being made: nobody gets it.
            let mut decision = replaced(&grant, now);
            decision.writes.push(certify);
            decision.supersede([certificate], now);
            return Ok(decision);
        }
        let overlap = match policy.former {
            Former::AfterDays(days) if self.others(certificate).next().is_some() => {
                Some(now.day().plus(i32::from(days)).ends())
            }
            Former::UntilInstalled | Former::AtOnce | Former::AfterDays(_) => None,
        };
        let event = match former {
            None => Event::Acquired {
                certificate: certificate.clone(),
                fingerprint: issued.fingerprint,
            },
            Some(former) => Event::Renewed {
                certificate: certificate.clone(),
                fingerprint: issued.fingerprint,
                from: former.fingerprint,
            },
        };
        let held = Held {
            key: issued.key,
            issuance: making.issuance,
            certificate: certificate.clone(),
            fingerprint: issued.fingerprint,
            validity: issued.validity,
            at: now,
            renewed_from: former.map(|former| former.fingerprint),
            installed: None,
            overlap,
            reminded: None,
        };
        let mut decision = quiet(Case::Acquired { grant, tries, held }, event);
        decision.writes.push(certify);
        match policy.former {
            Former::AtOnce => decision.supersede(self.others(certificate), now),
            Former::UntilInstalled | Former::AfterDays(_) => decision.supersede(self.surplus(certificate), now),
        }
        Ok(decision)
    }
}

impl Held {
    fn working(&self, now: Instant) -> Self {
        Self {
            installed: self.installed.or(Some(now)),
            ..self.clone()
        }
    }

    /// The last instant before an end that nobody renewed suspends the terminal (R308).
    fn suspended_at(&self, policy: &Policy) -> Instant {
        self.validity.1.day().plus_months(policy.suspended_after_months).ends()
    }
}

impl Case {
    /// The same with other tries; ends have none.
    fn having(&self, tried: Tries) -> Self {
        let mut case = self.clone();
        match &mut case {
            Self::Open { tries, .. }
            | Self::Issuing { tries, .. }
            | Self::Acquired { tries, .. }
            | Self::Renewing { tries, .. } => *tries = tried,
            Self::New | Self::Suspended { .. } | Self::Replaced { .. } => {}
        }
        case
    }

    /// When [`Command::Wake`] has something to do.
    fn wakes_at(&self, policy: &Policy) -> Option<Instant> {
        let after = |instant: Instant| instant.plus_seconds(1);
        match self {
            Self::New | Self::Suspended { .. } | Self::Replaced { .. } => None,
            Self::Open { grant, reminded, .. } => {
                let end = after(grant.until);
                Some(
                    policy
                        .next_reminder(grant.until, *reminded)
                        .map_or(end, |at| at.min(end)),
                )
            }
            Self::Issuing { grant, .. } => Some(after(grant.until)),
            Self::Renewing { held, .. } => Some(after(held.validity.1)),
            Self::Acquired { held, .. } => {
                let end = after(held.suspended_at(policy));
                let overlap = held.overlap.map(after);
                let reminder = policy.next_reminder(held.validity.1, held.reminded);
                [overlap, reminder].into_iter().flatten().chain([end]).min()
            }
        }
    }
}

impl Decision {
    fn waking(mut self, policy: &Policy) -> Self {
        self.writes.push(Write::Wake {
            at: self.next.wakes_at(policy),
        });
        self
    }

    fn supersede<'a>(&mut self, certificates: impl IntoIterator<Item = &'a CertificateId>, at: Instant) {
        for certificate in certificates {
            let certificate = certificate.clone();
            self.errands.push(Errand::PublishCrl {
                certificate: certificate.clone(),
            });
            self.writes.push(Write::Supersede { certificate, at });
        }
    }

    /// The terminal works with this certificate: what stood before it goes, where policy waited for that.
    fn install(&mut self, held: &Held, facts: &Facts, policy: &Policy, now: Instant) {
        if held.installed.is_some() {
            return;
        }
        self.writes.push(Write::Install {
            certificate: held.certificate.clone(),
            at: now,
        });
        if policy.former == Former::UntilInstalled {
            self.supersede(facts.others(&held.certificate), now);
        }
    }
}

fn suspended(grant: &Grant, end: Instant, now: Instant) -> Decision {
    Decision {
        writes: vec![Write::Suspend {
            terminal: grant.terminal,
        }],
        errands: vec![Errand::Mail(Letter::Suspended { last: end.day() })],
        ..quiet(Case::Suspended { grant: *grant, at: now }, Event::Suspended)
    }
}

fn replaced(grant: &Grant, now: Instant) -> Decision {
    quiet(Case::Replaced { grant: *grant, at: now }, Event::Replaced)
}

fn reminding(next: Case, days: u16, letter: Letter) -> Decision {
    Decision {
        errands: vec![Errand::Mail(letter)],
        ..quiet(next, Event::Reminded { days })
    }
}

fn quiet(next: Case, event: Event) -> Decision {
    Decision {
        next,
        event,
        writes: Vec::new(),
        errands: Vec::new(),
        answer: Answer::Done,
    }
}
