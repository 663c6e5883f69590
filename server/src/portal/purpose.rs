//! What a card request is for.

use crate::store::CardRequestRow;

/// Which of the procedure's two requests this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Request 1: the card is shown and proves itself (S2).
    Open,
    /// Request 2: the card signs the text (S5).
    Confirm,
}

impl Purpose {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirm => "confirm",
        }
    }

    pub(crate) fn of(row: &CardRequestRow) -> Option<Self> {
        [Self::Open, Self::Confirm]
            .into_iter()
            .find(|purpose| purpose.key() == row.purpose)
    }
}
