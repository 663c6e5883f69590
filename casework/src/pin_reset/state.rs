//! The states of a reservation (DOMAIN §7.5).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::Refusal;
use crate::evidence::Comparison;
use crate::identity::{CardNumber, Digest, Fingerprint, KioskId, OfficerId};
use crate::number::Number;
use crate::time::Instant;

/// A reservation's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// カード確認中: the signature of the card is waited for.
    Asked {
        /// Which card.
        card: Card,
        /// What it is to sign.
        text: Digest,
        /// Until then.
        until: Instant,
    },
    /// カード確認済: a face is to be compared.
    Proved {
        /// Which card.
        card: Card,
        /// Which faces were unlike.
        tries: Tries,
        /// Of the token that the next picture comes with.
        shot: Digest,
        /// Of the token that the last one came with.
        spent: Option<Digest>,
        /// Until then.
        until: Instant,
    },
    /// A clerk looks at who stands at the counter, and is to sign that.
    Identifying {
        /// Which card.
        card: Card,
        /// Who looks at what.
        identification: Identification,
        /// What the clerk is to sign.
        text: Digest,
        /// Until then.
        until: Instant,
    },
    /// 予約中, or 期限切れ when its time is over.
    Reserved {
        /// What is reserved.
        reservation: Box<Reservation>,
        /// Where the card was set last.
        visit: Option<Visit>,
    },
    /// 確認要: what may have become of the card, nobody has told yet.
    Announced {
        /// What is reserved.
        reservation: Box<Reservation>,
        /// Every time that it was announced; all with the same counter.
        announcements: Vec<Announcement>,
        /// Where the card was set last.
        visit: Option<Visit>,
    },
    /// 使用済
    Used {
        /// What was reserved.
        reservation: Box<Reservation>,
        /// What the card has confirmed.
        by: Announcement,
        /// Which kiosk told.
        told_by: KioskId,
        /// When.
        at: Instant,
    },
    /// 取消
    Cancelled {
        /// What was reserved.
        reservation: Box<Reservation>,
        /// When.
        at: Instant,
    },
    /// 置換: the card has a later one.
    Replaced {
        /// Which card.
        card: Card,
        /// What was reserved, if it had come so far.
        reservation: Option<Box<Reservation>>,
        /// What the card may still confirm.
        announcements: Vec<Announcement>,
        /// When.
        at: Instant,
    },
    /// The card answered as no card of ours does.
    Halted {
        /// What was reserved.
        reservation: Box<Reservation>,
        /// What was announced.
        announcements: Vec<Announcement>,
        /// What was wrong.
        why: Doubt,
        /// When.
        at: Instant,
    },
}

/// A citizen's card, as a reservation is bound to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    /// カード番号
    pub number: CardNumber,
    /// The 利用者証明用 certificate.
    pub authentication: Fingerprint,
}

/// Faces that were unlike, since the last one that was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub unlike: u8,
    /// None is compared before then.
    pub paused_until: Option<Instant>,
}

/// What a clerk looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identification {
    /// Who looked.
    pub officer: OfficerId,
    /// At what.
    pub document: Document,
}

/// What shows a clerk who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Document {
    /// マイナンバーカードの顔写真
    CardItself,
    /// 運転免許証
    DrivingLicence,
    /// 旅券
    Passport,
    /// 在留カード
    ResidenceCard,
    /// その他の官公署の顔写真付き身分証明書
    OtherWithPicture,
}

/// A reservation that counts for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// 受付番号
    pub number: Number,
    /// For which card.
    pub card: Card,
    /// Since when.
    pub since: Instant,
    /// The last instant; itself counts.
    pub until: Instant,
    /// How it is known that the card's holder asked.
    pub proof: Proof,
}

/// How it is known that the card's holder asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// 顔認証
    Face {
        /// Of the token that the picture came with.
        shot: Digest,
        /// How like it was.
        comparison: Comparison,
    },
    /// At a counter.
    Counter {
        /// Who looked at what.
        identification: Identification,
        /// What was signed.
        text: Digest,
    },
}

/// A card was set at a kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Where.
    pub kiosk: KioskId,
    /// What the card is to sign.
    pub text: Digest,
    /// Until then.
    pub until: Instant,
}

/// It is written down before the card is: from here on the card may have another password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// At which kiosk.
    pub kiosk: KioskId,
    /// The version of the key that the card's keys come from.
    pub key_version: u8,
    /// How often the password had been set so before.
    pub counter: u32,
    /// What the card asked.
    pub challenge: [u8; 16],
    /// What we asked.
    pub host_random: [u8; 16],
    /// When.
    pub at: Instant,
}

/// How a card answered as no card of ours does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// Its counter stands where it cannot.
    Counter,
    /// Its answer to the cryptogram is wrong.
    Answer,
    /// Its receipt is missing or wrong.
    Receipt,
}

impl Case {
    /// Which card it is about, from the moment it was shown.
    pub fn card(&self) -> Option<Card> {
        match self {
            Self::New => None,
            Self::Asked { card, .. }
            | Self::Proved { card, .. }
            | Self::Identifying { card, .. }
            | Self::Replaced { card, .. } => Some(*card),
            Self::Reserved { reservation, .. }
            | Self::Announced { reservation, .. }
            | Self::Used { reservation, .. }
            | Self::Cancelled { reservation, .. }
            | Self::Halted { reservation, .. } => Some(reservation.card),
        }
    }

    /// What is, or was, reserved.
    pub fn reservation(&self) -> Option<&Reservation> {
        match self {
            Self::New | Self::Asked { .. } | Self::Proved { .. } | Self::Identifying { .. } => None,
            Self::Reserved { reservation, .. }
            | Self::Announced { reservation, .. }
            | Self::Used { reservation, .. }
            | Self::Cancelled { reservation, .. }
            | Self::Halted { reservation, .. } => Some(reservation),
            Self::Replaced { reservation, .. } => reservation.as_deref(),
        }
    }

    /// What was announced, and the card has not confirmed.
    pub fn announcements(&self) -> &[Announcement] {
        match self {
            Self::Announced { announcements, .. }
            | Self::Replaced { announcements, .. }
            | Self::Halted { announcements, .. } => announcements,
            Self::New
            | Self::Asked { .. }
            | Self::Proved { .. }
            | Self::Identifying { .. }
            | Self::Reserved { .. }
            | Self::Used { .. }
            | Self::Cancelled { .. } => &[],
        }
    }
}

impl Reservation {
    /// 24時間以内: the last instant itself counts.
    pub(super) fn counts(&self, now: Instant) -> Result<(), Refusal> {
        if now > self.until {
            return Err(Refusal::ReservationExpired { at: self.until });
        }
        Ok(())
    }
}

impl Document {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 5] = [
        Self::CardItself,
        Self::DrivingLicence,
        Self::Passport,
        Self::ResidenceCard,
        Self::OtherWithPicture,
    ];

    /// The name under which forms, rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::CardItself => "card_itself",
            Self::DrivingLicence => "driving_licence",
            Self::Passport => "passport",
            Self::ResidenceCard => "residence_card",
            Self::OtherWithPicture => "other_with_picture",
        }
    }

    /// The document of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|document| document.key() == key)
    }
}

impl Doubt {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Counter, Self::Answer, Self::Receipt];

    /// The name under which rows and the audit know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Answer => "answer",
            Self::Receipt => "receipt",
        }
    }

    /// The doubt of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|doubt| doubt.key() == key)
    }
}
