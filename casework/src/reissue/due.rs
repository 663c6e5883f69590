//! The morning of the desired date (R307): which terminals it opens, and what it has done.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{
    Answer, Approvals, Case, Decision, Errand, Event, Letter, Policy, Progress, Step, Submitted, Trouble, Write, listed,
};
use crate::identity::{GrantId, OrganisationId, ReissueId};
use crate::number::Number;
use crate::terminal::Terminal;
use crate::time::{Day, Instant};

/// A terminal of an approved application whose morning has come. [`Case::due`] alone makes one, and nobody opens a grant
/// without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    application: ReissueId,
    terminal: Terminal,
    organisation: OrganisationId,
    number: Number,
    day: Day,
}

impl Case {
    /// The terminals whose morning has come and that are not done: none before 再発行希望日, its hour included (R307).
    /// `application` is this case.
    pub fn due(&self, application: ReissueId, policy: &Policy, now: Instant) -> Vec<Due> {
        let Self::Approved {
            submitted, progress, ..
        } = self
        else {
            return Vec::new();
        };
        if now < morning(submitted.wish.day, policy) {
            return Vec::new();
        }
        let due = |terminal| Due {
            application,
            terminal,
            organisation: submitted.opened.organisation,
            number: submitted.number,
            day: submitted.wish.day,
        };
        let left = progress.iter().filter(|one| !matches!(one.step, Step::Opened(_)));
        left.map(|one| due(one.terminal)).collect()
    }
}

impl Due {
    /// By which application.
    pub const fn application(&self) -> ReissueId {
        self.application
    }

    /// Which terminal.
    pub const fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// Whose.
    pub const fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// Of the application under this number.
    pub const fn number(&self) -> Number {
        self.number
    }

    /// 再発行希望日
    pub const fn day(&self) -> Day {
        self.day
    }
}

/// When the terminals of that day are done.
pub fn morning(day: Day, policy: &Policy) -> Instant {
    day.begins().plus_seconds(i64::from(policy.morning_from))
}

/// What the morning has changed. What is open stays open; a trouble is dated from when it began.
pub(super) fn further(
    progress: &[Progress],
    granted: &[(Terminal, GrantId)],
    troubles: &[(Terminal, Trouble)],
    now: Instant,
) -> Vec<Progress> {
    let step = |one: &Progress| {
        if let Step::Opened(_) = one.step {
            return one.step;
        }
        if let Some((_, grant)) = granted.iter().find(|(terminal, _)| *terminal == one.terminal) {
            return Step::Opened(*grant);
        }
        match (
            troubles.iter().find(|(terminal, _)| *terminal == one.terminal),
            one.step,
        ) {
            (Some((_, trouble)), Step::Troubled { trouble: known, .. }) if known == *trouble => one.step,
            (Some((_, trouble)), _) => Step::Troubled {
                trouble: *trouble,
                since: now,
            },
            (None, step) => step,
        }
    };
    let all = progress.iter();
    all.map(|one| Progress {
        terminal: one.terminal,
        step: step(one),
    })
    .collect()
}

pub(super) fn progressed(
    submitted: &Submitted,
    approvals: &Approvals,
    progress: Vec<Progress>,
    now: Instant,
) -> Decision {
    let number = submitted.number;
    let opened = |one: &Progress| match one.step {
        Step::Opened(grant) => Some((one.terminal, grant)),
        Step::Waiting | Step::Troubled { .. } => None,
    };
    let grants: Vec<_> = progress.iter().filter_map(opened).collect();
    let (submitted, approvals) = (Box::new(submitted.clone()), Box::new(approvals.clone()));
    if grants.len() == progress.len() {
        let event = Event::Reissued {
            number,
            terminals: grants.len(),
        };
        return Decision {
            event,
            next: Case::Reissued {
                submitted,
                approvals,
                grants,
                at: now,
            },
            writes: vec![Write::Vacate, Write::Done, Write::Queue],
            errands: vec![Errand::Mail(Letter::Completed)],
            answer: Answer::Done,
        };
    }
    let troubled = progress.iter().filter(|one| matches!(one.step, Step::Troubled { .. }));
    let event = Event::Progressed {
        number,
        opened: grants.len(),
        troubled: troubled.count(),
    };
    listed(
        Case::Approved {
            submitted,
            approvals,
            progress,
        },
        event,
    )
}
