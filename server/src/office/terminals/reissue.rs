//! How a service centre's reissues go: when the morning begins, and what an application may hold (R307, A21).

use serde::Deserialize;

use super::refuse;
use crate::office::OfficeError;

/// What a service centre chooses for reissues. Who decides stands in its review, its days in its calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reissues {
    /// From this second of the desired day on its terminals are done.
    pub morning_from: u32,
    /// So many terminals may stand in one application.
    pub most_terminals: usize,
    /// Whether その他の理由 wants words.
    pub words_for_other: bool,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReissuesRow {
    morning_from_hour: u32,
    most_terminals: usize,
    words_for_other: bool,
}

impl Default for ReissuesRow {
    fn default() -> Self {
        Self {
            morning_from_hour: 6,
            most_terminals: 100,
            words_for_other: true,
        }
    }
}

impl ReissuesRow {
    pub(super) fn checked(&self) -> Result<Reissues, OfficeError> {
        // The mail goes out before noon (R307), and what could not be done at once has some hours.
        if self.morning_from_hour > 10 {
            return refuse("terminals.reissue.morning_from_hour", "wanted: 0 to 10");
        }
        if !(1..=1_000).contains(&self.most_terminals) {
            return refuse("terminals.reissue.most_terminals", "wanted: 1 to 1000");
        }
        Ok(Reissues {
            morning_from: self.morning_from_hour * 3_600,
            most_terminals: self.most_terminals,
            words_for_other: self.words_for_other,
        })
    }
}
