//! What a decision on a reservation says and does.

use super::state::{Card, Doubt, Identification};
use crate::evidence::Comparison;
use crate::identity::{CardNumber, Digest, KioskId, OfficerId};
use crate::number::Number;
use crate::time::Instant;

/// What the audit says. No PIN, no password and no picture stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A reservation was begun with this card.
    Asked {
        /// 手続きの流れ that was read.
        flow: Digest,
        /// 利用規約 that were agreed to.
        terms: Digest,
    },
    /// The card has signed: its holder knows the four digits.
    Proved,
    /// A face was not like the one on the card.
    Unlike {
        /// How like it was.
        comparison: Comparison,
        /// So many times in a row.
        times: u8,
    },
    /// A clerk began to look at who stands at the counter.
    Identifying {
        /// Who looks at what.
        identification: Identification,
    },
    /// 事前予約が完了
    Reserved {
        /// 受付番号
        number: Number,
        /// The last instant.
        until: Instant,
        /// How like the face was, where one was compared.
        comparison: Option<Comparison>,
        /// Who looked, where somebody did.
        officer: Option<OfficerId>,
    },
    /// 取消
    Cancelled,
    /// A later one stands in its place.
    Replaced,
    /// The card was set at a kiosk.
    Visited {
        /// Which.
        kiosk: KioskId,
    },
    /// The card may be written from here on.
    Announced {
        /// At which kiosk.
        kiosk: KioskId,
        /// Where the card's counter stood.
        counter: u32,
    },
    /// The card has confirmed it.
    Used {
        /// Which kiosk told.
        kiosk: KioskId,
        /// Where the card's counter stood before.
        counter: u32,
    },
    /// The card answered as no card of ours does.
    Halted {
        /// At which kiosk.
        kiosk: KioskId,
        /// What was wrong.
        why: Doubt,
        /// Where the card's counter stood.
        counter: u32,
    },
    /// Its end is near, and that was written.
    Reminded,
    /// Its end is near, and no kiosk is left for it.
    Unreminded,
    /// 期限切れ, and that was written.
    Lapsed,
}

/// Must be true the moment the decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// This case is the one in which faces are compared with the card's. Unique per card.
    Open {
        /// Which card.
        card: Card,
    },
    /// This case is the card's reservation. Unique per card. It is not [`Write::Open`] any more.
    Reserve {
        /// Which card.
        card: Card,
    },
    /// This case is neither any more, and time brings nothing to it.
    Release {
        /// Which card.
        card: Card,
    },
    /// The card's counter as it was confirmed. It must have stood at `from`.
    Count {
        /// Which card.
        card: CardNumber,
        /// Before.
        from: u32,
        /// From here on.
        to: u32,
    },
    /// Time brings the next letter then; `None`: none any more.
    Wake {
        /// When.
        at: Option<Instant>,
    },
}

/// May be a little late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// A letter to whoever left an address for it. At most once for each reservation and letter.
    Mail(Letter),
    /// An operator is told that a card answered as none of ours does.
    Alarm {
        /// Which card.
        card: CardNumber,
        /// What was wrong.
        why: Doubt,
    },
}

/// The letters of this procedure (DOMAIN §7.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// 予約完了
    Reserved,
    /// 期限1時間前
    Ending,
    /// 完了
    Completed,
    /// 期限切れ
    Expired,
}

impl Letter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reserved, Self::Ending, Self::Completed, Self::Expired];
}
