//! What only an issuer of citizens' cards (市区町村) has: how a reservation is made, when kiosks work, and its texts.

mod face;

use casework::pin_reset::{Hours, Policy};
use casework::time::{Date, Instant};
use pki::certificate::Certificate;
use serde::Deserialize;
use wire::office::Text;
use wire::pin_reset::CardTries;

use super::bidding::is_link;
use super::row::{Document as DocumentRow, Words};
use super::{Document, OfficeError};
use crate::face::Choice;
use face::FaceRow;

/// What only an issuer of citizens' cards has (source document 004).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citizen {
    /// Seconds for which a reservation counts, the last one included (R411).
    pub reserved_for: i64,
    /// Seconds within which the card proves itself and the face is compared.
    pub session_for: i64,
    /// So many seconds before its end a reservation is said to end soon, and before they close the kiosks count down.
    pub warned_before: i64,
    /// How often a face is compared before there is a pause.
    pub attempts: u8,
    /// For how long there is one, in seconds.
    pub pause: i64,
    /// Whether a clerk at a counter can stand in for the face.
    pub counter: bool,
    /// キオスク端末で手続可能な時間, in Japan.
    pub kiosk: Hours,
    /// When nothing is reserved, in order (R409).
    pub maintenance: Vec<Maintenance>,
    /// Where kiosks are.
    pub places: Option<String>,
    /// After how many wrong entries in a row the locks of a card close.
    pub tries: CardTries,
    /// Who signs the faces on the cards.
    pub visual_signers: Vec<Certificate>,
    /// Who compares faces; where nobody does, the counter is the only way to a reservation.
    pub face: Option<Choice>,
    /// 手続きの流れ
    pub flow: Document,
    /// 利用規約
    pub terms: Document,
}

/// A time in which nothing is reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// The first second of it.
    pub from: Instant,
    /// The first second after it.
    pub until: Instant,
    /// What is done.
    pub says: Text,
}

impl Citizen {
    /// What the rules ask of it.
    pub fn policy(&self) -> Policy {
        Policy {
            reserved_for: self.reserved_for,
            hours: self.kiosk.clone(),
            maintenance: self.maintenance.iter().map(|time| (time.from, time.until)).collect(),
            session: self.session_for,
            attempts: self.attempts,
            pause: self.pause,
            counter: self.counter,
            ..Policy::default()
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CitizenRow {
    #[serde(default = "a_day")]
    reserved_hours: u16,
    #[serde(default = "half_an_hour")]
    session_minutes: u16,
    #[serde(default = "ten_minutes")]
    warn_minutes: u16,
    #[serde(default = "five")]
    attempts: u8,
    #[serde(default = "half_an_hour")]
    pause_minutes: u16,
    #[serde(default)]
    counter: bool,
    places: Option<String>,
    #[serde(default)]
    visual_signers: Vec<String>,
    face: Option<FaceRow>,
    #[serde(default)]
    tries: TriesRow,
    #[serde(default)]
    kiosk: KioskRow,
    #[serde(default)]
    maintenance: Vec<MaintenanceRow>,
    flow: DocumentRow,
    terms: DocumentRow,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TriesRow {
    authentication: u8,
    signature: u8,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KioskRow {
    opens: String,
    closes: String,
    closed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaintenanceRow {
    from: String,
    until: String,
    says: Words,
}

/// As the law's cards are (G-P4).
impl Default for TriesRow {
    fn default() -> Self {
        Self {
            authentication: 3,
            signature: 5,
        }
    }
}

/// R410
impl Default for KioskRow {
    fn default() -> Self {
        Self {
            opens: "06:30".to_owned(),
            closes: "23:00".to_owned(),
            closed: Vec::new(),
        }
    }
}

impl CitizenRow {
    pub(super) fn checked(self) -> Result<Citizen, OfficeError> {
        for (key, fits, why) in [
            (
                "citizen.reserved_hours",
                (1..=72).contains(&self.reserved_hours),
                "wanted: 1 to 72",
            ),
            (
                "citizen.session_minutes",
                (5..=120).contains(&self.session_minutes),
                "wanted: 5 to 120",
            ),
            ("citizen.warn_minutes", self.warn_minutes <= 60, "wanted: 0 to 60"),
            ("citizen.attempts", (1..=10).contains(&self.attempts), "wanted: 1 to 10"),
            (
                "citizen.pause_minutes",
                (1..=1_440).contains(&self.pause_minutes),
                "wanted: 1 to 1440",
            ),
            (
                "citizen.tries",
                [self.tries.authentication, self.tries.signature]
                    .iter()
                    .all(|tries| (1..=15).contains(tries)),
                "wanted: 1 to 15",
            ),
            (
                "citizen.places",
                self.places.as_deref().is_none_or(is_link),
                "wanted: an address that begins with https:// or http://",
            ),
        ] {
            if !fits {
                return refuse(key, why);
            }
        }
        let minutes = |minutes: u16| i64::from(minutes) * 60;
        Ok(Citizen {
            reserved_for: i64::from(self.reserved_hours) * 3_600,
            session_for: minutes(self.session_minutes),
            warned_before: minutes(self.warn_minutes),
            attempts: self.attempts,
            pause: minutes(self.pause_minutes),
            counter: self.counter,
            kiosk: self.kiosk.checked()?,
            maintenance: maintained(self.maintenance)?,
            places: self.places,
            tries: CardTries {
                authentication: self.tries.authentication,
                signature: self.tries.signature,
            },
            visual_signers: signers(&self.visual_signers)?,
            face: self.face.map(FaceRow::checked).transpose()?,
            flow: self.flow.into(),
            terms: self.terms.into(),
        })
    }
}

impl KioskRow {
    fn checked(self) -> Result<Hours, OfficeError> {
        let (Some(opens), Some(closes)) = (second_of_day(&self.opens), second_of_day(&self.closes)) else {
            return refuse(
                "citizen.kiosk",
                "wanted: opens and closes as \"06:30\", to \"24:00\" at most",
            );
        };
        if opens >= closes {
            return refuse("citizen.kiosk", "wanted: opens before closes, on the same day");
        }
        let mut closed = Vec::new();
        for text in &self.closed {
            let Some(date) = Date::from_iso(text) else {
                return refuse("citizen.kiosk.closed", "wanted: days as \"2026-12-31\"");
            };
            closed.push(date.as_day());
        }
        closed.sort_unstable();
        closed.dedup();
        Ok(Hours { opens, closes, closed })
    }
}

fn maintained(rows: Vec<MaintenanceRow>) -> Result<Vec<Maintenance>, OfficeError> {
    let mut times = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(from), Some(until)) = (Instant::from_rfc3339(&row.from), Instant::from_rfc3339(&row.until)) else {
            return refuse(
                "citizen.maintenance",
                "wanted: from and until as \"2026-12-01T01:00:00+09:00\"",
            );
        };
        if from >= until {
            return refuse("citizen.maintenance", "wanted: from before until");
        }
        if [&row.says.ja, &row.says.en]
            .into_iter()
            .any(|words| words.trim().is_empty())
        {
            return refuse("citizen.maintenance.says", "wanted: a sentence in each language");
        }
        times.push(Maintenance {
            from,
            until,
            says: row.says.into(),
        });
    }
    times.sort_by_key(|time| time.from);
    Ok(times)
}

fn signers(pems: &[String]) -> Result<Vec<Certificate>, OfficeError> {
    pems.iter()
        .map(|pem| {
            Certificate::from_pem(pem).map_err(|why| OfficeError::Value {
                key: "citizen.visual_signers",
                why: format!("wanted: certificates in PEM; {why}"),
            })
        })
        .collect()
}

/// `06:30`, and `24:00` for the end of the day.
fn second_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str, most: u32| {
        let number = (digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit()))
            .then(|| digits.parse::<u32>().ok())?;
        number.filter(|number| *number <= most)
    };
    let second = two(hours, 24)? * 3_600 + two(minutes, 59)? * 60;
    (second <= 86_400).then_some(second)
}

fn a_day() -> u16 {
    24
}

fn half_an_hour() -> u16 {
    30
}

fn ten_minutes() -> u16 {
    10
}

fn five() -> u8 {
    5
}

fn refuse<T>(key: &'static str, why: &str) -> Result<T, OfficeError> {
    Err(OfficeError::Value {
        key,
        why: why.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{CITIZEN_EXAMPLE, Office};

    #[test]
    fn the_example_says_what_source_document_004_says() {
        let office = Office::from_toml(CITIZEN_EXAMPLE).unwrap();
        let citizen = office.citizen().unwrap();
        assert_eq!((citizen.reserved_for, citizen.session_for), (86_400, 1_800));
        assert_eq!(
            (citizen.attempts, citizen.pause, citizen.warned_before),
            (5, 1_800, 600)
        );
        assert_eq!((citizen.kiosk.opens, citizen.kiosk.closes), (23_400, 82_800));
        assert_eq!((citizen.tries.authentication, citizen.tries.signature), (3, 5));
        assert!(citizen.kiosk.closed.is_empty() && citizen.maintenance.is_empty() && !citizen.counter);
        assert!(office.offers("pin-reset") && office.offers("pin-resets") && !office.offers("reissue"));
    }

    #[test]
    fn what_the_example_says_of_itself_is_what_is_usual() {
        let cut = CITIZEN_EXAMPLE.find("# Everything from here").unwrap();
        let texts = CITIZEN_EXAMPLE.find("[citizen.flow]\n").unwrap();
        let short = format!("{}{}", &CITIZEN_EXAMPLE[..cut], &CITIZEN_EXAMPLE[texts..]);
        let usual = Office::from_toml(&short).unwrap();
        let said = Office::from_toml(CITIZEN_EXAMPLE).unwrap();
        assert_ne!(usual, said, "it has a page of places");
        let without_places = CITIZEN_EXAMPLE.replacen("\nplaces = ", "\n# places = ", 1);
        assert_eq!(usual, Office::from_toml(&without_places).unwrap());
    }

    #[test]
    fn maintenance_and_closed_days_are_kept_in_order() {
        let with = "[[citizen.maintenance]]\nfrom = \"2026-12-02T01:00:00+09:00\"\nuntil = \"2026-12-02T03:00:00+09:00\"\n\
                    says = { ja = \"後\", en = \"later\" }\n[[citizen.maintenance]]\nfrom = \"2026-12-01T01:00:00+09:00\"\n\
                    until = \"2026-12-01T03:00:00+09:00\"\nsays = { ja = \"先\", en = \"earlier\" }\n[citizen.flow]\n";
        let text = CITIZEN_EXAMPLE.replacen("[citizen.flow]\n", with, 1).replacen(
            "closed = []",
            "closed = [\"2027-01-02\", \"2026-12-31\", \"2027-01-02\"]",
            1,
        );
        let office = Office::from_toml(&text).unwrap();
        let citizen = office.citizen().unwrap();
        let said: Vec<_> = citizen.maintenance.iter().map(|time| time.says.en.as_str()).collect();
        assert_eq!(said, ["earlier", "later"]);
        assert_eq!(citizen.maintenance.first().unwrap().from, Instant(1_796_054_400));
        let days: Vec<_> = citizen.kiosk.closed.iter().map(|day| day.date().to_string()).collect();
        assert_eq!(days, ["2026-12-31", "2027-01-02"]);
    }

    #[test]
    fn a_value_that_cannot_be_is_refused_by_its_key() {
        for (key, from, to) in [
            ("citizen.reserved_hours", "reserved_hours = 24", "reserved_hours = 0"),
            ("citizen.session_minutes", "session_minutes = 30", "session_minutes = 4"),
            ("citizen.attempts", "attempts = 5", "attempts = 0"),
            ("citizen.pause_minutes", "pause_minutes = 30", "pause_minutes = 0"),
            ("citizen.warn_minutes", "warn_minutes = 10", "warn_minutes = 61"),
            ("citizen.tries", "signature = 5", "signature = 16"),
            ("citizen.kiosk", "opens = \"06:30\"", "opens = \"6:30\""),
            ("citizen.kiosk", "closes = \"23:00\"", "closes = \"24:01\""),
            ("citizen.kiosk", "closes = \"23:00\"", "closes = \"06:30\""),
            ("citizen.kiosk.closed", "closed = []", "closed = [\"12-31\"]"),
            ("citizen.places", "places = \"https://", "places = \"javascript:"),
            (
                "citizen.visual_signers",
                "visual_signers = []",
                "visual_signers = [\"甲\"]",
            ),
            ("desk", "desk = \"citizen\"", "desk = \"terminals\""),
        ] {
            let text = CITIZEN_EXAMPLE.replacen(from, to, 1);
            assert_ne!(text, CITIZEN_EXAMPLE, "{from}");
            let wrong = Office::from_toml(&text).unwrap_err().to_string();
            assert!(wrong.contains(key), "{key}: {wrong}");
        }
    }
}
