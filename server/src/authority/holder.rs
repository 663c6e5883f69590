//! For whom a card is issued: the file behind `kagimori ca issue --holder`.
//!
//! What stands in a certificate comes from here and from the profile; of a request only its key is taken (THREATS A32).

use std::path::Path;

use casework::refund::Purchase;
use casework::time::{Date, Instant};
use pki::ObjectIdentifier;
use pki::name::{CorporateNumber, Holder, Organisation};
use pki::profile::{CardTerm, ProfileFault, Validity};
use serde::Deserialize;

use super::order::{self, OrderFault, Written};

/// A holder's file, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardOrder {
    /// The person.
    pub holder: Holder,
    /// To whom the person belongs.
    pub organisation: Organisation,
    /// Tells apart two holders of one name.
    pub holder_number: Option<String>,
    /// The certificate policy; `None` takes the authority's own.
    pub policy: Option<ObjectIdentifier>,
    /// What is paid, for the refund.
    pub purchase: Option<Purchase>,
    /// For how long.
    pub term: Term,
}

/// For how long a card is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// As sold (DOMAIN §11.1), from the moment of issuance.
    Sold(CardTerm),
    /// From the beginning of one day in Japan to the end of another.
    Days {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
    },
}

impl CardOrder {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, OrderFault> {
        Self::parse(&order::text(path)?, path)
    }

    /// Checks a text; `path` is the name its faults carry.
    pub fn parse(text: &str, path: &Path) -> Result<Self, OrderFault> {
        let written = Written::new(text, path);
        let file: File = written.row()?;
        let wrong = |key, reason| written.wrong(key, reason);
        let name = |reason| written.name(reason);
        let term = match (&file.term, &file.from, &file.until) {
            (Some(term), None, None) => Term::Sold(term_of(term).ok_or_else(|| wrong("term", TERMS))?),
            (None, Some(from), Some(until)) => Term::Days {
                from: Date::from_iso(from).ok_or_else(|| wrong("from", DAYS))?,
                until: Date::from_iso(until).ok_or_else(|| wrong("until", DAYS))?,
            },
            _ => return Err(wrong("term", "write `term`, or `from` and `until`")),
        };
        let policy = file.policy.map(|policy| {
            policy
                .parse()
                .map_err(|_| wrong("policy", "write a dotted OID, as \"1.2.392.1\""))
        });
        let number = file
            .organisation
            .corporate_number
            .map(|digits| digits.parse::<CorporateNumber>());
        Ok(Self {
            holder: Holder::new(
                &file.holder.name,
                &file.holder.name_romaji,
                file.holder.address_romaji.as_deref(),
            )
            .map_err(name)?,
            organisation: Organisation::new(
                &file.organisation.name,
                &file.organisation.name_romaji,
                &file.organisation.address,
                number.transpose().map_err(name)?,
            )
            .map_err(name)?,
            holder_number: file.holder.number,
            policy: policy.transpose()?,
            purchase: file.purchase.map(|purchase| Purchase { price: purchase.price }),
            term,
        })
    }
}

impl Term {
    /// The validity of a card that is issued `now`.
    pub fn validity(self, now: Instant) -> Result<Validity, ProfileFault> {
        match self {
            Self::Sold(term) => Validity::of_card(now.0, term),
            Self::Days { from, until } => Validity::between(from.as_day().begins().0, until.as_day().ends().0),
        }
    }
}

/// Both ways of writing it: as it is sold, and in ASCII.
fn term_of(text: &str) -> Option<CardTerm> {
    Some(match text {
        "1年+30日" | "1y+30d" => CardTerm::OneYear,
        "2年+30日" | "2y+30d" => CardTerm::TwoYears,
        "3年+30日" | "3y+30d" => CardTerm::ThreeYears,
        "4年+30日" | "4y+30d" => CardTerm::FourYears,
        "5年" | "5y" => CardTerm::FiveYears,
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    term: Option<String>,
    from: Option<String>,
    until: Option<String>,
    policy: Option<String>,
    holder: HolderTable,
    organisation: OrganisationTable,
    purchase: Option<PurchaseTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolderTable {
    name: String,
    name_romaji: String,
    address_romaji: Option<String>,
    number: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationTable {
    name: String,
    name_romaji: String,
    address: String,
    corporate_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurchaseTable {
    price: u32,
}

/// An example file, for `--help` and the documentation.
pub const EXAMPLE: &str = r#"term = "1年+30日"          # 1年+30日 to 4年+30日, 5年; or: from = "2026-04-01", until = "2027-04-30"

[holder]
name = "鍵守 太郎"
name_romaji = "KAGIMORI Taro"

[organisation]
name = "見本建設株式会社"
name_romaji = "Mihon Kensetsu Co., Ltd."
address = "東京都千代田区霞が関一丁目1番1号"
corporate_number = "7000012050002"

[purchase]
price = 28600              # yen; the refund is computed from it
"#;

const TERMS: &str = "`term` is one of \"1年+30日\", \"2年+30日\", \"3年+30日\", \"4年+30日\", \"5年\"";
const DAYS: &str = "write a day as \"2026-04-01\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_holders_file_and_a_wrong_one_is_refused_with_its_line() {
        let parse = |text: &str| CardOrder::parse(text, Path::new("holder.toml"));
        let order = parse(EXAMPLE).unwrap();
        assert_eq!(order.term, Term::Sold(CardTerm::OneYear));
        assert_eq!(order.purchase, Some(Purchase { price: 28_600 }));
        for (from, to, line, word) in [
            ("1年+30日\"  ", "6年\"  ", 1, "5年"),
            ("name_romaji = \"KAG", "name_rumaji = \"KAG", 5, "unknown key"),
            ("price = 28600", "price = \"28600\"", 14, "invalid type"),
        ] {
            let broken = EXAMPLE.replacen(from, to, 1);
            assert_ne!(broken, EXAMPLE);
            let said = parse(&broken).unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("holder.toml, line {line}: ")) && said.contains(word),
                "{said}"
            );
        }
        let said = parse(&EXAMPLE.replace("7000012050002", "7000012050003"))
            .unwrap_err()
            .to_string();
        assert!(said.contains("check digit"), "{said}");
    }
}
