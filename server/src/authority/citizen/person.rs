//! For whom a citizen's card is made: the file behind `kagimori card issue --person`.

use std::path::Path;

use casework::identity::CardNumber;
use casework::time::{Date, Instant};
use pki::certificate::Certificate;
use pki::name::{BirthDate, Citizen, NameFault, Resident, Sex, SubjectNumber, Substituted};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::order::{self, OrderFault, Written};
use crate::chance::Chance;
use crate::face::visual::Printed;

/// A person's file, checked.
#[derive(Clone)]
pub struct Person {
    pub(super) citizen: Citizen,
    birth: Date,
    prefecture: String,
    municipality: String,
    sex: Sex,
    expires: Option<Date>,
    code: Option<Zeroizing<String>>,
}

impl Person {
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
        let day = Date::from_iso(&file.birth).ok_or_else(|| wrong("birth", DAYS))?;
        let birth = BirthDate::new(day.year.into(), day.month.into(), day.day.into());
        let birth = birth.ok_or_else(|| wrong("birth", DAYS))?;
        let sex = match file.sex.as_str() {
            "male" => Sex::Male,
            "female" => Sex::Female,
            "unknown" => Sex::Unknown,
            _ => return Err(wrong("sex", "`sex` is male, female or unknown")),
        };
        let expires = file
            .expires
            .as_deref()
            .map(|text| Date::from_iso(text).ok_or_else(|| wrong("expires", DAYS)));
        let four_digits = |code: &String| code.len() == 4 && code.bytes().all(|octet| octet.is_ascii_digit());
        if file.code.as_ref().is_some_and(|code| !four_digits(code)) {
            return Err(wrong("code", "`code` has four digits"));
        }
        let citizen = Citizen::new(
            Substituted::name(&file.name, file.name_places.as_deref()).map_err(name)?,
            Substituted::address(&file.address, file.address_places.as_deref()).map_err(name)?,
            sex,
            birth,
        );
        let person = Self {
            citizen,
            birth: day,
            prefecture: file.prefecture,
            municipality: file.municipality,
            sex,
            expires: expires.transpose()?,
            code: file.code.map(Zeroizing::new),
        };
        person.resident(SubjectNumber::from_random([0; 16])).map_err(name)?;
        Ok(person)
    }

    pub(super) fn resident(&self, number: SubjectNumber) -> Result<Resident, NameFault> {
        Resident::new(&self.prefecture, &self.municipality, number)
    }

    /// What is printed on this person's card.
    pub(super) fn printed(&self, number: CardNumber, signature: &Certificate, chance: &Chance) -> Printed {
        // A card is sold for two of its certificates' lives: ten years.
        let certified = Instant(signature.not_after()).day().date();
        let ends = Date {
            year: certified.year + 5,
            ..certified
        };
        let code = self.code.clone().unwrap_or_else(|| {
            let drawn = u32::from_be_bytes(chance.octets());
            Zeroizing::new(format!("{:04}", drawn % 10_000))
        });
        Printed {
            number,
            birth: self.birth,
            // 9 where it is not told.
            sex: match self.sex {
                Sex::Male => "1",
                Sex::Female => "2",
                Sex::Unknown => "9",
            },
            expires: self.expires.unwrap_or(ends),
            code,
        }
    }
}

/// Nothing of a person stands in a log.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(..)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    name_places: Option<String>,
    birth: String,
    sex: String,
    prefecture: String,
    municipality: String,
    address: String,
    address_places: Option<String>,
    expires: Option<String>,
    code: Option<String>,
}

/// An example file, for `--help` and the documentation.
pub const EXAMPLE: &str = r#"name = "見本 太郎"
# name_places = "01000"       # 代替文字の使用位置: a 1 for each character that stands in for another
birth = "1990-04-01"
sex = "male"                  # male, female or unknown
prefecture = "東京都"
municipality = "見本区"
address = "東京都見本区見本一丁目1番1号"
# expires = "2036-04-01"      # of the card; five years after its certificates, if not given
# code = "1234"               # セキュリティコード; drawn, if not given
"#;

const DAYS: &str = "write a day as \"1990-04-01\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_persons_file_and_a_wrong_one_is_refused_with_its_line() {
        let parse = |text: &str| Person::parse(text, Path::new("person.toml"));
        let person = parse(EXAMPLE).unwrap();
        assert_eq!(format!("{person:?}"), "Person(..)");
        for (from, to, line, word) in [
            ("birth = \"1990-04-01\"", "birth = \"1990-02-30\"", 3, "write a day"),
            ("sex = \"male\"  ", "sex = \"m\"  ", 4, "male, female"),
            ("prefecture =", "province =", 5, "unknown key"),
            ("# code = \"1234\"", "code = \"12345\"", 9, "four digits"),
        ] {
            let broken = EXAMPLE.replacen(from, to, 1);
            assert_ne!(broken, EXAMPLE);
            let said = parse(&broken).unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("person.toml, line {line}: ")) && said.contains(word),
                "{said}"
            );
        }
        let places = EXAMPLE.replace("# name_places = \"01000\"", "name_places = \"010\"");
        assert!(parse(&places).unwrap_err().to_string().contains("a 0 or a 1 for each"));
    }
}
