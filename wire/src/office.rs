//! Who asks: an office (窓口), and what it offers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text in both languages of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// 日本語
    pub ja: String,
    /// English
    pub en: String,
}

/// The language a page, a signed text or a mail is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// 日本語
    #[default]
    Ja,
    /// English
    En,
}

/// An office as it names itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Office {
    /// The path segment under which its pages live.
    pub id: String,
    /// Its name.
    pub name: Text,
}

/// Answer of `GET /api/v1/offices`: what the agent's start page shows as tiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offices {
    /// All offices of the portal, in the operator's order.
    pub offices: Vec<OfficeTiles>,
}

/// One office with the procedures that a card holder can begin there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfficeTiles {
    /// The office.
    #[serde(flatten)]
    pub office: Office,
    /// Its procedures, the most asked-for first.
    pub procedures: Vec<Tile>,
}

/// A procedure to begin, as a tile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tile {
    /// Its noun, for example `revocation`.
    pub procedure: String,
    /// 「失効申込」
    pub title: Text,
    /// The absolute path on the portal's origin where it begins.
    pub path: String,
}

impl Text {
    /// The text in one language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

impl Language {
    /// The BCP 47 tag, as it stands in `lang="…"`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// Reads a BCP 47 tag; only the primary subtag counts.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()? {
            primary if primary.eq_ignore_ascii_case("ja") => Some(Self::Ja),
            primary if primary.eq_ignore_ascii_case("en") => Some(Self::En),
            _ => None,
        }
    }
}
