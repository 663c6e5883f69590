//! The file's shape, private: nothing but the file is promised.

use super::authority::RevocationRow;
use super::bidding::{BiddingRow, IssuerRow};
use super::calendar::CalendarRow;
use super::citizen::CitizenRow;
use super::review::{OfficersRow, ReasonRow, ReviewRow};
use super::terminals::TerminalsRow;
use super::{Arc, Authority, Deserialize, DeskKind, OfficeError, PinRule, RESERVED, Text, identity};

/// A text in both languages, with a slip of the key refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) ja: String,
    pub(super) en: String,
}

impl From<Words> for Text {
    fn from(words: Words) -> Self {
        Self {
            ja: words.ja,
            en: words.en,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Office {
    id: String,
    name: Words,
    desk: Desk,
    #[serde(default)]
    authorities: Vec<String>,
    sender: Sender,
    contact: Words,
    card: Card,
    calendar: Option<CalendarRow>,
    revocation: Option<RevocationRow>,
    bidding: Option<BiddingRow>,
    terminals: Option<TerminalsRow>,
    citizen: Option<CitizenRow>,
    #[serde(default)]
    issuer: Vec<IssuerRow>,
    #[serde(default)]
    review: ReviewRow,
    #[serde(default)]
    officer: OfficersRow,
    reason: Option<Vec<ReasonRow>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Desk {
    Authority,
    Bidding,
    Terminals,
    Citizen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sender {
    name: Words,
    address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    name: Words,
    pin: Pin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    min: u8,
    max: u8,
    digits: bool,
    tries: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    version: Words,
    text: Words,
}

impl Office {
    pub(super) fn checked(self) -> Result<super::Office, OfficeError> {
        let refuse = |key, why: String| Err(OfficeError::Value { key, why });
        let fits = |octet: &u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || *octet == b'-';
        if self.id.is_empty() || self.id.len() > 40 || !self.id.as_bytes().iter().all(fits) {
            return refuse(
                "id",
                "an office's id has 1 to 40 characters of a–z, 0–9 and `-`".to_owned(),
            );
        }
        if RESERVED.contains(&self.id.as_str()) {
            return refuse("id", format!("`{}` is a path of the house itself", self.id));
        }
        if self.authorities.is_empty() && self.issuer.is_empty() {
            return refuse("authorities", "name at least one accepted authority".to_owned());
        }
        if self.card.pin.min == 0 || self.card.pin.min > self.card.pin.max || self.card.pin.tries == 0 {
            return refuse("card.pin", "wanted: 1 ≤ min ≤ max, and at least one try".to_owned());
        }
        if self.sender.address.split_once('@').is_none_or(|(local, domain)| {
            local.is_empty() || domain.is_empty() || self.sender.address.chars().any(|c| c.is_control() || c == ' ')
        }) {
            return refuse("sender.address", "wanted: a mail address".to_owned());
        }
        let enclosed = self.review.enclosed_within_months;
        let desk = match (self.desk, self.revocation, self.bidding, self.terminals, self.citizen) {
            (Desk::Authority, Some(revocation), None, None, None) => {
                if !self.issuer.is_empty() {
                    return refuse("issuer", "an authority takes its own cards alone".to_owned());
                }
                DeskKind::Authority(Arc::new(Authority {
                    revocation: revocation.checked()?,
                    enclosed_within: super::review::enclosed_within(enclosed)?,
                }))
            }
            (Desk::Bidding, None, Some(bidding), None, None) => {
                if enclosed.is_some() {
                    return refuse(
                        "review.enclosed_within_months",
                        "nothing is enclosed at an ordering body".to_owned(),
                    );
                }
                DeskKind::Bidding(Arc::new(bidding.checked(self.issuer)?))
            }
            (Desk::Terminals, None, None, Some(terminals), None) => {
                if enclosed.is_some() {
                    return refuse(
                        "review.enclosed_within_months",
                        "nothing is enclosed at a service centre".to_owned(),
                    );
                }
                if !self.issuer.is_empty() {
                    return refuse("issuer", "a service centre takes its own certificates alone".to_owned());
                }
                DeskKind::Terminals(Arc::new(terminals.checked()?))
            }
            (Desk::Citizen, None, None, None, Some(citizen)) => {
                if enclosed.is_some() {
                    return refuse(
                        "review.enclosed_within_months",
                        "nothing is enclosed at an issuer of citizens' cards".to_owned(),
                    );
                }
                if !self.issuer.is_empty() {
                    return refuse(
                        "issuer",
                        "an issuer of citizens' cards takes its own cards alone".to_owned(),
                    );
                }
                DeskKind::Citizen(Arc::new(citizen.checked()?))
            }
            (desk, ..) => {
                let table = match desk {
                    Desk::Authority => "an authority's file has [revocation]",
                    Desk::Bidding => "an ordering body's file has [bidding]",
                    Desk::Terminals => "a service centre's file has [terminals]",
                    Desk::Citizen => "the file of an issuer of citizens' cards has [citizen]",
                };
                return refuse("desk", format!("{table}, and no table of another kind of organisation"));
            }
        };
        Ok(super::Office {
            id: self.id,
            name: self.name.into(),
            desk,
            authorities: self.authorities.into_iter().map(identity::Authority).collect(),
            sender: super::Sender {
                name: self.sender.name.into(),
                address: self.sender.address,
            },
            contact: self.contact.into(),
            card: super::Card {
                name: self.card.name.into(),
                pin: PinRule {
                    min: self.card.pin.min,
                    max: self.card.pin.max,
                    digits: self.card.pin.digits,
                    tries: self.card.pin.tries,
                },
            },
            calendar: self.calendar.map(CalendarRow::checked).transpose()?.unwrap_or_default(),
            review: self.review.checked(self.reason)?,
            officers: self.officer.checked()?,
        })
    }
}

impl From<Document> for super::Document {
    fn from(document: Document) -> Self {
        Self {
            version: document.version.into(),
            text: document.text.into(),
        }
    }
}
