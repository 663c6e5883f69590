//! 署名用暗証番号の再設定: which case a card has, and by whose key an app acts for it. Nothing of a face stands here, and no
//! PIN.

mod document;

use casework::identity::CardNumber;
use casework::time::Instant;

use super::database::{Connection, Row, statements, values};
use super::{Clash, Store};
use crate::fault::Fault;

pub(crate) use document::{from_document, state, to_document};

/// A case of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct PinResetRow {
    /// Which case.
    pub case: [u8; 16],
    /// At which office.
    pub office: String,
    /// Of which card.
    pub card: CardNumber,
    /// SHA-256 of the key with which an app acts for it; none where a clerk at a counter began it.
    pub key: Option<[u8; 32]>,
    /// Where letters go, if its holder wanted any and they are not all through.
    pub letters: Option<LettersRow>,
}

/// Where letters about a reservation go.
#[derive(Clone, PartialEq, Eq)]
pub struct LettersRow {
    /// The address.
    pub mail: String,
    /// It is forgotten after that.
    pub until: Instant,
    /// When time brings the next letter.
    pub next: Option<Instant>,
}

/// The cases that a card has now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CardCases {
    /// In which faces are compared.
    pub open: Option<[u8; 16]>,
    /// That is its reservation.
    pub reserved: Option<[u8; 16]>,
}

/// A card that answered as no card of ours does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaltedCard {
    /// In which case.
    pub case: [u8; 16],
    /// Which card.
    pub card: CardNumber,
    /// When.
    pub at: Instant,
}

/// What a card can have one case for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardPlace {
    /// Faces are compared in it.
    Open,
    /// It is the card's reservation.
    Reserved,
}

/// What becomes of a card and its case.
#[derive(Clone, PartialEq, Eq)]
pub enum PinResetWrite {
    /// The case begins.
    Begin(PinResetRow),
    /// The card's one case for this; for nothing else any more.
    Hold {
        /// Which card.
        card: CardNumber,
        /// For what.
        place: CardPlace,
    },
    /// It is the card's case for nothing any more, and time brings nothing to it.
    Release {
        /// Where its letters go is forgotten after that.
        until: Instant,
    },
    /// Time brings the next letter then, if any more.
    Wake {
        /// When.
        at: Option<Instant>,
        /// Where its letters go is forgotten after that.
        until: Instant,
    },
    /// The card may confirm what was announced in it.
    Announced,
    /// It may not any more.
    Settled,
}

impl Store {
    /// The case of an app's key.
    pub async fn pin_reset(&self, case: [u8; 16]) -> Result<Option<PinResetRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&case]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The cases that a card has now.
    pub async fn cases_of_card(&self, card: CardNumber) -> Result<CardCases, Fault> {
        let rows = self
            .reader()
            .await?
            .few(PLACES, values![card.to_string().as_str()])
            .await?;
        let mut cases = CardCases::default();
        for row in &rows {
            let case = Some(row.octets("case_id")?);
            match row.column::<String>("place")?.as_str() {
                OPEN => cases.open = case,
                _ => cases.reserved = case,
            }
        }
        Ok(cases)
    }

    /// The cases in which something was announced that the card has not confirmed, the latest first.
    pub async fn announced_of_card(&self, card: CardNumber) -> Result<Vec<[u8; 16]>, Fault> {
        let rows = self
            .reader()
            .await?
            .few(ANNOUNCED_OF, values![card.to_string().as_str()])
            .await?;
        rows.iter().map(|row| row.octets("case_id")).collect()
    }

    /// The last case of a card that came to an end at a kiosk.
    pub async fn settled_of_card(&self, card: CardNumber) -> Result<Option<[u8; 16]>, Fault> {
        let card = card.to_string();
        let row = self.reader().await?.row(SETTLED_OF, values![card.as_str()]).await?;
        row.map(|row| row.octets("case_id")).transpose()
    }

    /// The cases to which time brings a letter by now, in order, behind this one; 64 at most.
    pub async fn waking_reservations(
        &self,
        now: Instant,
        behind: Option<(Instant, [u8; 16])>,
    ) -> Result<Vec<(Instant, [u8; 16])>, Fault> {
        let (at, case) = behind.map_or((i64::MIN, [0; 16]), |(at, case)| (at.0, case));
        let rows = self.reader().await?.rows(WAKING, values![now.0, at, &case]).await?;
        rows.iter()
            .map(|row| Ok((Instant(row.column("wakes_at")?), row.octets("case_id")?)))
            .collect()
    }

    /// Forgets where letters went whose time is over; says of how many reservations.
    pub async fn forget_addresses(&self, now: Instant) -> Result<u64, Fault> {
        let over = self.reader().await?.searched(KEPT_TOO_LONG, values![now.0]).await?;
        if over.is_none() {
            return Ok(0);
        }
        self.writer
            .write(move |connection| Box::pin(async move { connection.execute(FORGET, values![now.0]).await }))
            .await
    }

    /// How many cards answered as no card of ours does, since then.
    pub async fn halted_pin_resets(&self, since: Instant) -> Result<i64, Fault> {
        let row = self.reader().await?.searched(HALTED, values![since.0]).await?;
        row.map_or(Ok(0), |row| row.column("halted"))
    }
}

impl Store {
    /// The cards of an office that answered as no card of ours does, the latest first; not more than a page has.
    pub async fn halted_cards(&self, office: &str) -> Result<Vec<HaltedCard>, Fault> {
        let rows = self.reader().await?.rows(HALTED_AT, values![office]).await?;
        let read = |row: &Row| {
            Ok(HaltedCard {
                case: row.octets("case_id")?,
                card: document::read_card_number(&row.column::<String>("card")?)?,
                at: Instant(row.column("changed_at")?),
            })
        };
        rows.iter().map(read).collect()
    }
}

/// One case for each card and place; another one clashes.
pub(crate) async fn write(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &PinResetWrite,
    at: Instant,
) -> Result<(), Clash> {
    let touched = match new {
        PinResetWrite::Begin(row) => {
            let card = row.card.to_string();
            let key = row.key.as_ref().map_or(NOBODYS, |key| key.as_slice());
            let letters = row.letters.as_ref();
            let (mail, until) = (letters.map(|to| to.mail.as_str()), letters.map(|to| to.until.0));
            let values = values![case, &row.office, card.as_str(), key, at.0, mail, until];
            connection.execute(BEGIN, values).await?
        }
        PinResetWrite::Hold { card, place } => {
            connection.execute(RELEASE, values![case]).await?;
            let card = card.to_string();
            let values = values![card.as_str(), place.word(), case];
            connection.execute(HOLD, values).await?
        }
        PinResetWrite::Release { until } => {
            connection.execute(RELEASE, values![case]).await?;
            let none: Option<i64> = None;
            connection.execute(WAKE, values![case, none, until.0]).await?;
            return Ok(());
        }
        PinResetWrite::Wake { at, until } => {
            let at = at.map(|at| at.0);
            connection.execute(WAKE, values![case, at, until.0]).await?
        }
        PinResetWrite::Announced => connection.execute(ANNOUNCE, values![case, 1_i64]).await?,
        PinResetWrite::Settled => connection.execute(ANNOUNCE, values![case, 0_i64]).await?,
    };
    if touched == 1 { Ok(()) } else { Err(Clash::Moved) }
}

impl CardPlace {
    const fn word(self) -> &'static str {
        match self {
            Self::Open => OPEN,
            Self::Reserved => "reserved",
        }
    }
}

const OPEN: &str = "open";
/// A column that must not be null, where there is no key.
const NOBODYS: &[u8] = &[];

statements! {
    ONE = "SELECT case_id, office, card, key_hash, mail, mail_until, wakes_at FROM pin_reset WHERE case_id = $1";
    PLACES = "SELECT place, case_id FROM reserved_card WHERE card = $1";
    ANNOUNCED_OF = "SELECT case_id FROM pin_reset WHERE card = $1 AND announced = 1 ORDER BY begun_at DESC LIMIT 16";
    SETTLED_OF = "SELECT p.case_id FROM pin_reset p JOIN office_case c ON c.id = p.case_id
                  WHERE p.card = $1 AND c.state IN ('used', 'halted') ORDER BY c.changed_at DESC LIMIT 1";
    HALTED = "SELECT COUNT(*) AS halted FROM office_case WHERE procedure = 'pin_reset' AND state = 'halted'
              AND changed_at >= $1";
    HALTED_AT = "SELECT p.case_id, p.card, c.changed_at FROM office_case c JOIN pin_reset p ON p.case_id = c.id
                 WHERE c.procedure = 'pin_reset' AND c.state = 'halted' AND p.office = $1
                 ORDER BY c.changed_at DESC, c.id LIMIT 50";
    BEGIN = "INSERT INTO pin_reset (case_id, office, card, key_hash, announced, begun_at, mail, mail_until)
             VALUES ($1, $2, $3, $4, 0, $5, $6, $7) ON CONFLICT (case_id) DO NOTHING";
    RELEASE = "DELETE FROM reserved_card WHERE case_id = $1";
    HOLD = "INSERT INTO reserved_card (card, place, case_id) VALUES ($1, $2, $3) ON CONFLICT (card, place) DO NOTHING";
    // What may be written already is neither reminded of nor told to be over.
    ANNOUNCE = "UPDATE pin_reset SET announced = $2, wakes_at = NULL WHERE case_id = $1";
    WAKE = "UPDATE pin_reset SET wakes_at = $2, mail_until = $3 WHERE case_id = $1 AND mail IS NOT NULL";
    WAKING = "SELECT case_id, wakes_at FROM pin_reset
              WHERE wakes_at <= $1 AND (wakes_at > $2 OR (wakes_at = $2 AND case_id > $3))
              ORDER BY wakes_at, case_id LIMIT 64";
    KEPT_TOO_LONG = "SELECT case_id FROM pin_reset WHERE mail_until < $1 LIMIT 1";
    FORGET = "UPDATE pin_reset SET mail = NULL, mail_until = NULL, wakes_at = NULL WHERE mail_until < $1";
}

fn read(row: &Row) -> Result<PinResetRow, Fault> {
    Ok(PinResetRow {
        case: row.octets("case_id")?,
        office: row.column("office")?,
        card: document::read_card_number(&row.column::<String>("card")?)?,
        key: match row.column::<Vec<u8>>("key_hash")?.as_slice() {
            NOBODYS => None,
            _ => Some(row.octets("key_hash")?),
        },
        letters: letters(row)?,
    })
}

fn letters(row: &Row) -> Result<Option<LettersRow>, Fault> {
    let (mail, until) = (
        row.column::<Option<String>>("mail")?,
        row.column::<Option<i64>>("mail_until")?,
    );
    let next = row.column::<Option<i64>>("wakes_at")?.map(Instant);
    Ok(mail.zip(until).map(|(mail, until)| LettersRow {
        mail,
        until: Instant(until),
        next,
    }))
}

/// Neither a key nor its hash stands in a log, and no address.
impl std::fmt::Debug for PinResetRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PinResetRow({} {})", self.office, self.card)
    }
}

impl std::fmt::Debug for PinResetWrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Begin(row) => row.fmt(f),
            Self::Hold { card, place } => write!(f, "Hold({card} {})", place.word()),
            Self::Release { .. } => f.write_str("Release"),
            Self::Wake { at, .. } => write!(f, "Wake({at:?})"),
            Self::Announced => f.write_str("Announced"),
            Self::Settled => f.write_str("Settled"),
        }
    }
}
