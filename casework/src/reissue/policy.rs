//! What an office chooses for reissues, and what is said before 登録. Closed days and how far ahead a day may lie (A15, A17)
//! are the calendar's; there is no hour after which a day of application counts as the next one (A16).

use alloc::vec::Vec;

use super::state::{Cause, Wish};
use crate::acquisition::window;
use crate::review::Rule;
use crate::terminal::Terminal;
use crate::time::Instant;

/// What an office may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How it is reviewed.
    pub rule: Rule,
    /// From this second of the desired day on its terminals are done (R307).
    pub morning_from: u32,
    /// So many terminals may stand in one application.
    pub most_terminals: usize,
    /// Whether その他の理由 wants words (A21).
    pub words_for_other: bool,
    /// So many days before its end a certificate can be renewed by the terminal itself (R303), which is then said.
    pub renewable_for_days: u16,
}

impl Policy {
    /// As DOMAIN decided it, where an office says nothing else than who decides: R303, R307, A21. The completion goes out well
    /// before noon.
    pub const fn reviewed_by(rule: Rule) -> Self {
        Self {
            rule,
            morning_from: 6 * 3_600,
            most_terminals: 100,
            words_for_other: true,
            renewable_for_days: 28,
        }
    }
}

/// What is to be said before 登録, and does not hinder it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// W-STILLVALID: 有効期限切れ is the reason, and it has not expired.
    StillValid {
        /// Which terminal.
        terminal: Terminal,
        /// The last instant of its certificate.
        until: Instant,
        /// 更新（再取得）で足りる可能性: the terminal can renew it by itself now.
        renewable: bool,
    },
}

/// What is to be said on the confirmation page, in the order of the terminals. `certificates` are those that count now, with
/// their last instants.
pub fn warnings(wish: &Wish, certificates: &[(Terminal, Instant)], policy: &Policy, now: Instant) -> Vec<Warning> {
    if wish.cause != Cause::Expired {
        return Vec::new();
    }
    let of = |terminal: &Terminal| certificates.iter().find(|(known, _)| known == terminal);
    let valid = wish.terminals.iter().filter_map(of).filter(|(_, until)| now <= *until);
    valid
        .map(|(terminal, until)| Warning::StillValid {
            terminal: *terminal,
            until: *until,
            renewable: window(*until, policy.renewable_for_days).contains(&now.day()),
        })
        .collect()
}
