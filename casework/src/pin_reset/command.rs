//! What is asked of a reservation.

use super::state::{Card, Document, Doubt};
use crate::evidence::{FaceMatched, FaceUnlike, Informed, Possession, Receipted};
use crate::identity::{Digest, KioskId};
use crate::number::Number;

/// What can be asked of a reservation. Chance is an argument: texts hold nonces, and tokens come by their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 「同意して進む」, and a card was read.
    Ask {
        /// Both texts were read.
        informed: Informed,
        /// What the card is to sign.
        text: Digest,
    },
    /// The card has signed after its four digits.
    Prove {
        /// That it has.
        possession: Possession,
        /// Of the token for the first picture.
        shot: Digest,
    },
    /// A picture was compared with the one on the card.
    Compare {
        /// Of the token that it came with.
        shot: Digest,
        /// How like they were.
        compared: Result<FaceMatched, FaceUnlike>,
        /// Of the token for the next one.
        next: Digest,
        /// 受付番号, if it comes to that.
        number: Number,
    },
    /// A clerk has somebody before them.
    Identify {
        /// What the clerk looks at.
        document: Document,
        /// What the clerk is to sign.
        text: Digest,
    },
    /// The clerk has signed.
    Admit {
        /// That the clerk's card has.
        possession: Possession,
        /// 受付番号
        number: Number,
    },
    /// 「予約を取り消す」
    Cancel,
    /// A later case of the card stands in this one's place.
    Replace,
    /// The card was set at a kiosk.
    Visit {
        /// Which.
        kiosk: KioskId,
        /// What the card tells.
        told: Told,
        /// What the card is to sign.
        text: Digest,
    },
    /// 「設定する」: the card is about to be written.
    Announce {
        /// At which kiosk.
        kiosk: KioskId,
        /// That the card has signed the visit's text.
        possession: Possession,
        /// What the card tells.
        told: Told,
        /// What the card asks.
        challenge: [u8; 16],
        /// What we ask.
        host_random: [u8; 16],
    },
    /// The card says that it is done.
    Report {
        /// Which kiosk tells.
        kiosk: KioskId,
        /// What the card tells.
        told: Told,
        /// Its receipt.
        receipt: Receipted,
    },
    /// The card answered as no card of ours does.
    Doubt {
        /// At which kiosk.
        kiosk: KioskId,
        /// What the card tells.
        told: Told,
        /// What was wrong.
        why: Doubt,
    },
    /// What only time brings.
    Wake,
}

/// What a card tells of itself without a key. Whether it is true, its receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which card it says it is.
    pub card: Card,
    /// The version of the key that its keys come from.
    pub key_version: u8,
    /// Where its counter stands.
    pub counter: u32,
}
