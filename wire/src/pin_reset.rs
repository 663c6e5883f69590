//! 署名用暗証番号の初期化・再設定 (source document 004): what the reservation app and the kiosk say to the server.
//!
//! The app is whatever a holder has in hand: our reference on a PC, or a phone app built on the same calls. It needs no token
//! of an officer; the case's own `key` stands in `Authorization: Bearer` after the first call. A kiosk signs each of its
//! requests with its enrolled key (RFC 9421). No PIN, no password and no key of a card is in any of them; the picture of a face
//! is in one, is compared and is dropped.

use crate::api::ToSign;
use crate::office::{Language, Office, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an office says of this procedure before anybody shows a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Whose cards they are.
    pub office: Office,
    /// Where a person turns when nothing else helps.
    pub contact: Text,
    /// The server's clock, in milliseconds since 1970: the one that counts (G-T2). A kiosk shows this time and no other.
    pub now_ms: i64,
    /// 手続きの流れ
    pub flow: Reading,
    /// 利用規約
    pub terms: Reading,
    /// How the office's cards look: 利用者証明用暗証番号 and 署名用暗証番号.
    pub tries: CardTries,
    /// キオスク端末で手続可能な時間
    pub kiosk: Hours,
    /// When no reservation is taken, though it is day and night in principle (R409); those that are over are not told.
    pub maintenance: Vec<Maintenance>,
    /// For how long a reservation counts, in seconds (R411).
    pub reserved_for: u32,
    /// So many seconds before its end a reservation is said to end soon, and before they close the kiosks count down.
    #[schemars(range(max = 3_600))]
    pub warned_before: u32,
    /// How often a face is compared before there is a pause.
    pub attempts: u8,
    /// Where kiosks are, if the office has a page of them.
    pub places: Option<String>,
}

/// A text that is read before something is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Its version, as people name it.
    pub version: Text,
    /// The text: `# ` begins a heading, `- ` an item, an empty line ends a paragraph.
    pub text: Text,
    /// SHA-256 of it, lower-case hexadecimal: what is sent back to say that it was read.
    pub digest: String,
}

/// After how many wrong entries in a row each lock of a card closes (R25 of THREATS).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardTries {
    /// 利用者証明用暗証番号
    pub authentication: u8,
    /// 署名用暗証番号
    pub signature: u8,
}

/// When kiosks work: every day from `opens` to before `closes`, seconds of the day in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// 6:30 is 23,400.
    pub opens: u32,
    /// 23:00 is 82,800; not included.
    pub closes: u32,
    /// Whether kiosks work at this moment; a closed day is closed all day.
    pub open: bool,
    /// When that changes next.
    pub until: i64,
}

/// A time in which nothing is reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// From this instant on.
    pub from: i64,
    /// Until then, not included.
    pub until: i64,
    /// What is done.
    pub says: Text,
}

/// STEP 1 begins: the texts were read, and this card was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskReservation {
    /// In which language the text to be signed is written, and the letters.
    pub language: Language,
    /// [`Reading::digest`] of the 手続きの流れ.
    pub flow: String,
    /// [`Reading::digest`] of the 利用規約 that were agreed to.
    pub terms: String,
    /// DER of the 利用者証明用 certificate.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub certificate: String,
    /// Where letters about this reservation go, from the moment it counts: 予約完了, 期限1時間前, 完了, 期限切れ. It is kept for a
    /// week after the reservation's end. Nobody who leaves none is written to.
    #[schemars(length(max = 254))]
    pub mail: Option<String>,
}

/// A reservation was begun; the card is to prove itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationBegun {
    /// Its case.
    pub id: String,
    /// Whoever has it acts for this reservation, and for no other; shown once.
    pub key: String,
    /// What the card's authentication key signs, after the four digits. `certificate` names it.
    pub to_sign: ToSign,
}

/// A face was taken, and is to be compared with the one on the card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// [`ReservationState::Proved::shot`]: one picture is taken for one.
    pub shot: String,
    /// The card's visual file with its signature, base64url (docs/formats.md): EF 0002 of the 券面 application.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 43_690))]
    pub visual: String,
    /// The picture that was taken, JPEG, base64url.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 5_600_000))]
    pub picture: String,
}

/// A picture of a face is printed nowhere.
impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Capture(..)")
    }
}

/// The longest picture that is taken, in octets.
pub const LONGEST_PICTURE: usize = 4 << 20;

/// A reservation, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// Its case.
    pub id: String,
    /// At which office.
    pub office: String,
    /// 受付番号, from the moment it counts.
    pub number: Option<String>,
    /// Where it stands.
    pub state: ReservationState,
}

/// Where a reservation stands (DOMAIN §7.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReservationState {
    /// カード確認中: the signature of the card is waited for.
    Asked {
        /// Until then.
        until: i64,
    },
    /// カード確認済: a face is to be compared.
    Proved {
        /// For the next picture, and for that one alone.
        shot: String,
        /// So many are compared before a pause.
        left: u8,
        /// Until then, unless there is a pause.
        until: i64,
    },
    /// Too many faces were unlike: none is compared before then.
    Paused {
        /// From then on.
        until: i64,
    },
    /// 予約中
    Reserved {
        /// Since when.
        since: i64,
        /// The last instant; itself counts (以内).
        until: i64,
        /// When a kiosk can be used, in order: the reserved time cut by the kiosks' hours.
        usable: Vec<Span>,
    },
    /// 確認要: a kiosk began to set the password and has not told how it ended. The same card goes on at any kiosk.
    Unconfirmed {
        /// The last instant.
        until: i64,
        /// When a kiosk can be used.
        usable: Vec<Span>,
    },
    /// 使用済
    Used {
        /// When.
        at: i64,
    },
    /// 期限切れ
    Expired {
        /// The last instant.
        at: i64,
    },
    /// 取消
    Cancelled {
        /// When.
        at: i64,
    },
    /// 置換
    Replaced {
        /// When.
        at: i64,
    },
    /// The card answered as no card of ours does. It is a matter for the counter.
    Halted {
        /// When.
        at: i64,
    },
}

/// From `from` to before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The first second.
    pub from: i64,
    /// The first second after it.
    pub until: i64,
}

/// What the unblock application of a card tells without a key (docs/formats.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardStanding {
    /// カード番号, sixteen digits.
    #[schemars(regex(pattern = r"^[0-9]{16}$"))]
    pub number: String,
    /// The version of the key that its unblock keys come from.
    pub key_version: u8,
    /// How often the signature PIN was set by an unblock.
    #[schemars(range(max = 0xFF_FFFF))]
    pub counter: u32,
    /// The receipt of the last time, 19 octets, where there was one.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 26))]
    pub receipt: Option<String>,
}

/// STEP 2 begins: this card was set at a kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCard {
    /// In which language the text to be signed is written.
    pub language: Language,
    /// DER of the 利用者証明用 certificate.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub certificate: String,
    /// What the card tells of itself.
    pub standing: CardStanding,
}

/// What is known of a card that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "visit", rename_all = "snake_case")]
pub enum Visit {
    /// There is a reservation that counts.
    Reserved {
        /// Its case.
        id: String,
        /// Its last instant.
        until: i64,
        /// What the card's authentication key signs, after the four digits.
        to_sign: ToSign,
    },
    /// An earlier kiosk set the password and could not tell: the card's receipt says so. The new password holds.
    Confirmed {
        /// When it was confirmed.
        at: i64,
    },
}

/// The new password was typed twice; the card has given a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    /// DER of the CMS SignedData over [`Visit::Reserved::to_sign`], without the content.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 20_000))]
    pub cms: String,
    /// What the card tells of itself at this moment.
    pub standing: CardStanding,
    /// The card's challenge, 16 octets.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 22))]
    pub challenge: String,
}

/// It is announced, durably; here is what the card wants to hear. The next command to the card after it is the reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// The server's random number, 16 octets.
    pub host_random: String,
    /// The cryptogram over card, PIN, counter, challenge and random number, 16 octets.
    pub cryptogram: String,
    /// It is not to be used after this.
    pub until: i64,
}

/// The card says that it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What the card tells of itself after the reset.
    pub standing: CardStanding,
    /// The card's answer to the cryptogram, 16 octets; a kiosk that lost its power has it no more.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 22))]
    pub card_cryptogram: Option<String>,
}

/// 暗証番号の再設定完了
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// When.
    pub at: i64,
}
