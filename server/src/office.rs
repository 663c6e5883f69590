//! An office (窓口) as data: who it is, what it offers, its policy, its accepted issuers and its texts (DESIGN, part 1).
//!
//! Policy is configured here, flow is not. The operator writes one TOML file for each office; [`Office::from_toml`]
//! refuses unknown keys and names the line.

pub mod edit;
mod review;

use aws_lc_rs::digest;
use casework::identity::{Authority, Digest};
use casework::refund;
use casework::revocation::Policy;
use serde::Deserialize;
use wire::card_request::PinRule;
use wire::office::{Language, Text};

pub use review::{Officers, ReasonUse, Review, SavedReason};
use row::Words;

/// One office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Path segment under which its pages live.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// What kind of organisation it is.
    pub desk: DeskKind,
    /// The authorities whose cards it takes, by their names in the configuration.
    pub authorities: Vec<Authority>,
    /// Under which name and address it writes letters.
    pub sender: Sender,
    /// Where a person turns when nothing else helps.
    pub contact: Text,
    /// Its cards.
    pub card: Card,
    /// Procedure 000.
    pub revocation: Revocation,
    /// How applications before officers are reviewed.
    pub review: Review,
    /// Its officers.
    pub officers: Officers,
}

/// The kinds of organisation (DESIGN, part 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskKind {
    /// 認証局
    Authority,
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

/// What procedure 000 needs to know of an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Windows and the refund's terms.
    pub policy: Policy,
    /// W1, 手続きの流れ
    pub flow: Document,
    /// W2, 利用規約
    pub terms: Document,
    /// 書面による失効申込手続き (R003)
    pub paper: Document,
    /// What is recorded as paid for a certificate when the issuing order names no price, in yen.
    pub purchase_price: Option<u32>,
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

    /// Whether certificates of this authority are taken here.
    pub fn accepts(&self, authority: &Authority) -> bool {
        self.authorities.contains(authority)
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

/// The file's shape, private: nothing but the file is promised.
mod row {
    use super::review::{OfficersRow, ReasonRow, ReviewRow};
    use super::{Authority, Deserialize, DeskKind, OfficeError, PinRule, Policy, RESERVED, Text, refund};

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
        authorities: Vec<String>,
        sender: Sender,
        contact: Words,
        card: Card,
        revocation: Revocation,
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
    }

    impl From<Desk> for DeskKind {
        fn from(desk: Desk) -> Self {
            match desk {
                Desk::Authority => Self::Authority,
            }
        }
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
    struct Revocation {
        last_day_before_expiry: i32,
        signature_within_minutes: u32,
        refund: Refund,
        purchase_price: Option<u32>,
        flow: Document,
        terms: Document,
        paper: Document,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Refund {
        fee: u32,
        unit: u32,
        minimum: u32,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
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
            if self.authorities.is_empty() {
                return refuse("authorities", "name at least one accepted authority".to_owned());
            }
            if self.card.pin.min == 0 || self.card.pin.min > self.card.pin.max || self.card.pin.tries == 0 {
                return refuse("card.pin", "wanted: 1 ≤ min ≤ max, and at least one try".to_owned());
            }
            if !(0..=3_650).contains(&self.revocation.last_day_before_expiry) {
                return refuse("revocation.last_day_before_expiry", "wanted: 0 to 3650 days".to_owned());
            }
            if !(1..=1_440).contains(&self.revocation.signature_within_minutes) {
                return refuse("revocation.signature_within_minutes", "wanted: 1 to 1440".to_owned());
            }
            if self.sender.address.split_once('@').is_none_or(|(local, domain)| {
                local.is_empty() || domain.is_empty() || self.sender.address.chars().any(|c| c.is_control() || c == ' ')
            }) {
                return refuse("sender.address", "wanted: a mail address".to_owned());
            }
            Ok(super::Office {
                id: self.id,
                name: self.name.into(),
                desk: self.desk.into(),
                authorities: self.authorities.into_iter().map(Authority).collect(),
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
                revocation: super::Revocation {
                    policy: Policy {
                        last_day_before_expiry: self.revocation.last_day_before_expiry,
                        signature_within: i64::from(self.revocation.signature_within_minutes) * 60,
                        refund: refund::Terms {
                            fee: self.revocation.refund.fee,
                            unit: self.revocation.refund.unit,
                            minimum: self.revocation.refund.minimum,
                        },
                    },
                    flow: self.revocation.flow.into(),
                    terms: self.revocation.terms.into(),
                    paper: self.revocation.paper.into(),
                    purchase_price: self.revocation.purchase_price,
                },
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_an_office() {
        let office = Office::from_toml(AUTHORITY_EXAMPLE).unwrap();
        assert_eq!(office.revocation.policy.last_day_before_expiry, 30);
        assert_eq!(office.revocation.policy.signature_within, 1_800);
        for document in [
            &office.revocation.flow,
            &office.revocation.terms,
            &office.revocation.paper,
        ] {
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
        let mut other = office.revocation.terms.clone();
        other.text.en.push('.');
        assert_ne!(office.revocation.terms.digest(), other.digest());
        assert_eq!(
            office.revocation.terms.digest(),
            office.revocation.terms.clone().digest()
        );
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
