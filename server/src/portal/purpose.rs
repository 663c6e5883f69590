//! What a card request is for.

use wire::card_request::PinAfter;

use crate::store::CardRequestRow;

/// Which of the requests that the pages make this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Request 1 of a holder: the card is shown and proves itself (S2).
    Open,
    /// Request 2 of a holder: the card signs the text (S5).
    Confirm,
    /// A bidder's card proves itself, to log in.
    Enter,
    /// デジタル証明書の取得: no card is asked, but a key is made where the agent is.
    Acquire,
    /// An officer's card proves itself.
    LogIn,
    /// The card of somebody who was invited proves itself.
    Enrol,
    /// An officer signs what was entered from paper, or whom they have looked at.
    Submit,
    /// An officer signs a decision.
    Decide,
}

impl Purpose {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirm => "confirm",
            Self::Enter => "enter",
            Self::Acquire => "acquire",
            Self::LogIn => "login",
            Self::Enrol => "enrol",
            Self::Submit => "submit",
            Self::Decide => "decide",
        }
    }

    pub(crate) fn of(row: &CardRequestRow) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.key() == row.purpose)
    }

    /// Only between the requests of a holder is something still to be asked of the card; an officer is asked for the
    /// PIN each time (DESIGN, part 4).
    pub(crate) const fn pin_after(self) -> PinAfter {
        match self {
            Self::Open | Self::Enter => PinAfter::Kept,
            Self::Confirm | Self::Acquire | Self::LogIn | Self::Enrol | Self::Submit | Self::Decide => PinAfter::Wiped,
        }
    }

    const ALL: [Self; 8] = [
        Self::Open,
        Self::Confirm,
        Self::Enter,
        Self::Acquire,
        Self::LogIn,
        Self::Enrol,
        Self::Submit,
        Self::Decide,
    ];
}
