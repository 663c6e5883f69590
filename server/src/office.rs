//! An office (窓口) as data: who it is, what it offers, its policy, its accepted issuers and its texts (DESIGN, part 1).
//!
//! Policy is configured here, flow is not. The operator writes one TOML file for each office; [`Office::from_toml`]
//! refuses unknown keys and names the line.

mod acquisition;
mod authority;
mod bidding;
pub mod calendar;
mod citizen;
pub mod edit;
mod review;
mod row;
mod terminals;

use aws_lc_rs::digest;
use casework::identity::{self, Digest};
use serde::Deserialize;
use std::sync::Arc;
use wire::card_request::PinRule;
use wire::office::{Language, Text};

use crate::fault::Fault;
use crate::trust::PinnedIssuer;
pub use authority::{Authority, Revocation};
pub use bidding::{Bidding, Links, ReviewPolicy, Variant};
pub use calendar::Calendar;
pub use citizen::{Citizen, Maintenance};
pub use review::{Officers, ReasonUse, Review, SavedReason};
use row::Words;
pub use terminals::{Elsewhere, HelpDesk, Reissues, Terminals, Work};

/// One office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Path segment under which its pages live.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// What kind of organisation it is, with what only that kind has.
    pub desk: DeskKind,
    /// The authorities of this house whose cards it takes, by their names in the configuration.
    pub authorities: Vec<identity::Authority>,
    /// Under which name and address it writes letters.
    pub sender: Sender,
    /// Where a person turns when nothing else helps.
    pub contact: Text,
    /// Its cards.
    pub card: Card,
    /// When it is closed.
    pub calendar: Calendar,
    /// How applications before officers are reviewed.
    pub review: Review,
    /// Its officers.
    pub officers: Officers,
}

/// The kinds of organisation (DESIGN, part 1). Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskKind {
    /// 認証局
    Authority(Arc<Authority>),
    /// 発注機関
    Bidding(Arc<Bidding>),
    /// センター
    Terminals(Arc<Terminals>),
    /// 市区町村
    Citizen(Arc<Citizen>),
}

/// What was asked for is no matter of this kind of organisation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the office {office} is no {wanted}")]
pub struct NotOffered {
    office: String,
    wanted: &'static str,
}

/// Who signs the letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Display name.
    pub name: Text,
    /// Mail address, send-only.
    pub address: String,
}

/// The cards of this office's issuers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What people call it, for example 「見本ICカード」.
    pub name: Text,
    /// How its PIN looks.
    pub pin: PinRule,
}

/// A text that people read before they decide. Its version hash is what the gate and the audit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// For example 「2026年4月1日版」.
    pub version: Text,
    /// The text: `# ` begins a heading, `- ` an item, an empty line ends a paragraph.
    pub text: Text,
}

/// A piece of a [`Document`] as it is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// A heading.
    Heading(&'a str),
    /// Running text, its lines.
    Paragraph(Vec<&'a str>),
    /// Items of a list.
    List(Vec<&'a str>),
}

/// Why an office's file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// Not TOML, an unknown key, a missing one or a wrong type; the text names line and key.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A value that cannot be.
    #[error("`{key}`: {why}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What is wrong and what is allowed.
        why: String,
    },
}

impl Office {
    /// Reads an office's file.
    pub fn from_toml(text: &str) -> Result<Self, OfficeError> {
        toml::from_str::<row::Office>(text)?.checked()
    }

    /// The office as the agent shows it.
    pub fn wire(&self) -> wire::office::Office {
        wire::office::Office {
            id: self.id.clone(),
            name: self.name.clone(),
        }
    }

    /// The issuers of others whose cards it takes.
    pub fn issuers(&self) -> &[PinnedIssuer] {
        match &self.desk {
            DeskKind::Bidding(bidding) => &bidding.issuers,
            DeskKind::Authority(_) | DeskKind::Terminals(_) | DeskKind::Citizen(_) => &[],
        }
    }

    /// Whether certificates of this authority are taken here.
    pub fn accepts(&self, authority: &identity::Authority) -> bool {
        self.authorities.contains(authority)
    }

    /// What only a certification authority has.
    pub fn authority(&self) -> Result<&Arc<Authority>, NotOffered> {
        match &self.desk {
            DeskKind::Authority(authority) => Ok(authority),
            _ => Err(self.no("certification authority")),
        }
    }

    /// What only an ordering body has.
    pub fn bidding(&self) -> Result<&Arc<Bidding>, NotOffered> {
        match &self.desk {
            DeskKind::Bidding(bidding) => Ok(bidding),
            _ => Err(self.no("ordering body")),
        }
    }

    /// What only a service centre has.
    pub fn terminals(&self) -> Result<&Arc<Terminals>, NotOffered> {
        match &self.desk {
            DeskKind::Terminals(terminals) => Ok(terminals),
            _ => Err(self.no("service centre")),
        }
    }

    /// What only an issuer of citizens' cards has.
    pub fn citizen(&self) -> Result<&Arc<Citizen>, NotOffered> {
        match &self.desk {
            DeskKind::Citizen(citizen) => Ok(citizen),
            _ => Err(self.no("issuer of citizens' cards")),
        }
    }

    /// Whether a noun of an address is a matter of this kind of organisation: what belongs to none is everybody's.
    pub fn offers(&self, noun: &str) -> bool {
        match noun {
            "revocation" | "revocations" | "paper" | "papers" | "texts" => self.authority().is_ok(),
            "registration" | "registrations" | "renewal" | "renewals" | "register" | "bids" | "held" => {
                self.bidding().is_ok()
            }
            "organisations" | "reissue" | "applications" | "acquisition" => self.terminals().is_ok(),
            "pin-reset" | "pin-resets" | "counter" => self.citizen().is_ok(),
            // Nothing waits for an officer there: what a clerk opens is opened at once.
            "queue" | "queue.csv" => self.citizen().is_err(),
            _ => true,
        }
    }

    /// The catalogue's words for what can be done here.
    pub(crate) fn kind_words(&self) -> &'static str {
        match self.desk {
            DeskKind::Authority(_) => "offices-authority",
            DeskKind::Bidding(_) => "offices-bidding",
            DeskKind::Terminals(_) => "offices-terminals",
            DeskKind::Citizen(_) => "offices-citizen",
        }
    }

    /// The texts that people read here, by their names in the catalogues.
    pub fn documents(&self) -> Vec<(&'static str, &Document)> {
        match &self.desk {
            DeskKind::Authority(authority) => {
                let Revocation { flow, terms, paper, .. } = &authority.revocation;
                vec![("flow", flow), ("terms", terms), ("paper", paper)]
            }
            DeskKind::Bidding(bidding) => vec![("guide", &bidding.guide)],
            DeskKind::Terminals(_) => Vec::new(),
            DeskKind::Citizen(citizen) => vec![("flow", &citizen.flow), ("terms", &citizen.terms)],
        }
    }

    fn no(&self, wanted: &'static str) -> NotOffered {
        NotOffered {
            office: self.id.clone(),
            wanted,
        }
    }
}

impl DeskKind {
    /// As the office's file says it.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Authority(_) => "authority",
            Self::Bidding(_) => "bidding",
            Self::Terminals(_) => "terminals",
            Self::Citizen(_) => "citizen",
        }
    }
}

/// A row speaks of something that its office does not have.
impl From<NotOffered> for Fault {
    fn from(no: NotOffered) -> Self {
        Self::Corrupt {
            what: "an office",
            why: no.to_string(),
        }
    }
}

impl Document {
    /// SHA-256 over version and text in both languages, each length-prefixed: whoever read one language was shown
    /// a version that names both.
    pub fn digest(&self) -> Digest {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"KAGIMORI document 1\0");
        for part in [&self.version.ja, &self.version.en, &self.text.ja, &self.text.en] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut octets = [0; 32];
        octets.copy_from_slice(context.finish().as_ref());
        Digest(octets)
    }

    /// The text laid out.
    pub fn blocks(&self, language: Language) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open = false;
        for line in self.text.in_language(language).lines().map(str::trim_end) {
            if line.is_empty() {
                open = false;
            } else if let Some(heading) = line.strip_prefix("# ") {
                blocks.push(Block::Heading(heading));
                open = false;
            } else if let Some(item) = line.strip_prefix("- ") {
                match blocks.last_mut() {
                    Some(Block::List(items)) if open => items.push(item),
                    _ => blocks.push(Block::List(vec![item])),
                }
                open = true;
            } else {
                match blocks.last_mut() {
                    Some(Block::Paragraph(lines)) if open => lines.push(line),
                    _ => blocks.push(Block::Paragraph(vec![line])),
                }
                open = true;
            }
        }
        blocks
    }
}

/// A commented office file of a certification authority, with every text of procedure 000: what `kagimori init`
/// writes and the demo loads.
pub const AUTHORITY_EXAMPLE: &str = include_str!("../templates/office/authority.toml");
/// A commented office file of an ordering body whose renewals are in force at once (source document 001).
pub const BIDDING_CORE_EXAMPLE: &str = include_str!("../templates/office/bidding-core.toml");
/// The same of one that reviews what does not match its register (source document 002).
pub const BIDDING_REVIEW_EXAMPLE: &str = include_str!("../templates/office/bidding-review.toml");

/// A commented office file of a service centre (source document 003).
pub const TERMINALS_EXAMPLE: &str = include_str!("../templates/office/terminals.toml");

/// A commented office file of an issuer of citizens' cards (source document 004).
pub const CITIZEN_EXAMPLE: &str = include_str!("../templates/office/citizen.toml");

/// Path segments that the house keeps for itself; none of them can be an office's id.
pub const RESERVED: &[&str] = &[
    "ocsp",
    "crl",
    "ca",
    "api",
    "console",
    "receipt",
    "static",
    "language",
    "healthz",
    "readyz",
    "metrics",
    ".well-known",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_an_office() {
        let office = Office::from_toml(AUTHORITY_EXAMPLE).unwrap();
        let revocation = &office.authority().unwrap().revocation;
        assert_eq!(revocation.policy.last_day_before_expiry, 30);
        assert_eq!(revocation.policy.signature_within, 1_800);
        let others = [BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, CITIZEN_EXAMPLE];
        let others = others.map(|text| Office::from_toml(text).unwrap());
        for (_, document) in others.iter().chain([&office]).flat_map(Office::documents) {
            assert!(document.blocks(Language::Ja).len() > 3);
            assert_eq!(
                document.blocks(Language::Ja).len(),
                document.blocks(Language::En).len(),
                "both languages say the same pieces"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_and_line() {
        let error = Office::from_toml(&format!("colour = \"blue\"\n{AUTHORITY_EXAMPLE}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("colour") && error.contains("line 1"), "{error}");
    }

    #[test]
    fn a_path_of_the_house_cannot_be_an_office() {
        let text = AUTHORITY_EXAMPLE.replacen("id = \"mihon-ca\"", "id = \"ocsp\"", 1);
        assert!(Office::from_toml(&text).unwrap_err().to_string().contains("ocsp"));
    }

    #[test]
    fn a_changed_letter_is_another_version() {
        let office = Office::from_toml(AUTHORITY_EXAMPLE).unwrap();
        let terms = &office.authority().unwrap().revocation.terms;
        let mut other = terms.clone();
        other.text.en.push('.');
        assert_ne!(terms.digest(), other.digest());
        assert_eq!(terms.digest(), terms.clone().digest());
    }

    #[test]
    fn a_text_is_laid_out_in_headings_paragraphs_and_lists() {
        let document = Document {
            version: Text {
                ja: String::new(),
                en: String::new(),
            },
            text: Text {
                ja: "# 一\n甲\n乙\n\n- 丙\n- 丁\n\n戊".to_owned(),
                en: String::new(),
            },
        };
        assert_eq!(
            document.blocks(Language::Ja),
            [
                Block::Heading("一"),
                Block::Paragraph(vec!["甲", "乙"]),
                Block::List(vec!["丙", "丁"]),
                Block::Paragraph(vec!["戊"]),
            ]
        );
    }
}
