//! What an office may choose about its officers and their decisions. A file that says nothing of it gets what stands here.

use casework::identity::Company;
use casework::officer;
use casework::review::{OwnCompany, Persons, Reason, Rule};
use casework::time::Instant;
use serde::Deserialize;
use wire::bidder::Because;
use wire::office::Text;

use super::{NotOffered, Office, OfficeError, Words};

/// How applications before officers are reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Persons, claims and signatures.
    pub rule: Rule,
    /// The saved reasons, in the order of the screen.
    pub reasons: Vec<SavedReason>,
}

/// A reason that officers choose instead of writing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedReason {
    /// Its name in decisions and in the audit.
    pub key: String,
    /// What the applicant reads.
    pub words: Text,
    /// When it is offered.
    pub used_for: ReasonUse,
}

/// When a saved reason is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonUse {
    /// 否認
    Deny,
    /// 差戻し
    Return,
}

/// The office's own officers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officers {
    /// For whom they work, where an invitation does not say.
    pub company: Option<Company>,
    /// Invitations, passkeys and dormant accounts.
    pub policy: officer::Policy,
}

impl Office {
    /// The saved reason of this name, if it is offered for this.
    pub fn reason(&self, key: &str, used_for: ReasonUse) -> Option<&SavedReason> {
        self.review
            .reasons
            .iter()
            .find(|reason| reason.key == key && reason.used_for == used_for)
    }

    /// Why something was denied or given back, as its applicant is told.
    pub(crate) fn because(&self, reason: &Reason, used_for: ReasonUse, until: Option<Instant>) -> Because {
        Because {
            key: reason.key.clone(),
            says: self.reason_in_words(reason, used_for),
            remark: reason.remark.clone(),
            until: until.map(|until| until.0),
        }
    }

    /// A reason's saved words; its key where the office has forgotten it.
    pub(crate) fn reason_in_words(&self, reason: &Reason, used_for: ReasonUse) -> Text {
        let key = || Text {
            ja: reason.key.clone(),
            en: reason.key.clone(),
        };
        self.reason(&reason.key, used_for)
            .map_or_else(key, |saved| saved.words.clone())
    }

    /// The rules of the paper route.
    pub fn paper_policy(&self) -> Result<casework::paper::Policy, NotOffered> {
        Ok(casework::paper::Policy {
            rule: self.review.rule,
            refund: self.authority()?.revocation.policy.refund,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ReviewRow {
    persons: u8,
    claim_minutes: u32,
    signature_within_minutes: u32,
    own_company: OwnCompanyRow,
    pub(super) enclosed_within_months: Option<u8>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OwnCompanyRow {
    Refused,
    Taken,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonRow {
    key: String,
    ja: String,
    en: String,
    r#for: ReasonUseRow,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReasonUseRow {
    Deny,
    Return,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OfficersRow {
    company: Option<String>,
    invitation_days: u32,
    dormant_days: u32,
    passkeys: usize,
}

impl Default for ReviewRow {
    fn default() -> Self {
        Self {
            persons: 2,
            claim_minutes: 30,
            signature_within_minutes: 30,
            own_company: OwnCompanyRow::Refused,
            enclosed_within_months: None,
        }
    }
}

impl Default for OfficersRow {
    fn default() -> Self {
        Self {
            company: None,
            invitation_days: 7,
            dormant_days: 90,
            passkeys: 5,
        }
    }
}

impl ReviewRow {
    pub(super) fn checked(self, reasons: Option<Vec<ReasonRow>>) -> Result<Review, OfficeError> {
        let persons = match self.persons {
            1 => Persons::One,
            2 => Persons::Two,
            _ => return refuse("review.persons", "wanted: 1 or 2"),
        };
        if !(1..=1_440).contains(&self.claim_minutes) {
            return refuse("review.claim_minutes", "wanted: 1 to 1440");
        }
        if !(1..=1_440).contains(&self.signature_within_minutes) {
            return refuse("review.signature_within_minutes", "wanted: 1 to 1440");
        }
        let reasons = match reasons {
            None => usual_reasons(),
            Some(rows) => {
                let mut reasons: Vec<SavedReason> = Vec::new();
                for row in rows {
                    let fits = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_';
                    if row.key.is_empty() || row.key.len() > 40 || !row.key.bytes().all(fits) {
                        return refuse("reason.key", "wanted: 1 to 40 characters of a–z, 0–9 and `_`");
                    }
                    if reasons.iter().any(|reason| reason.key == row.key) {
                        return refuse("reason.key", &format!("`{}` stands twice", row.key));
                    }
                    if [&row.ja, &row.en]
                        .into_iter()
                        .any(|words| words.trim().is_empty() || words.contains('\n'))
                    {
                        return refuse("reason", &format!("`{}` wants one line in each language", row.key));
                    }
                    reasons.push(row.into());
                }
                reasons
            }
        };
        Ok(Review {
            rule: Rule {
                persons,
                claim_for: i64::from(self.claim_minutes) * 60,
                signature_within: i64::from(self.signature_within_minutes) * 60,
                own_company: match self.own_company {
                    OwnCompanyRow::Refused => OwnCompany::Refused,
                    OwnCompanyRow::Taken => OwnCompany::Taken,
                },
            },
            reasons,
        })
    }
}

impl OfficersRow {
    pub(super) fn checked(self) -> Result<Officers, OfficeError> {
        if !(1..=90).contains(&self.invitation_days) {
            return refuse("officer.invitation_days", "wanted: 1 to 90");
        }
        if !(1..=3_650).contains(&self.dormant_days) {
            return refuse("officer.dormant_days", "wanted: 1 to 3650");
        }
        if !(0..=20).contains(&self.passkeys) {
            return refuse("officer.passkeys", "wanted: 0 to 20");
        }
        if self.company.as_deref().is_some_and(|company| company.trim().is_empty()) {
            return refuse("officer.company", "wanted: a 法人番号 of thirteen digits, or a name");
        }
        Ok(Officers {
            company: self.company.map(|company| Company(company.trim().to_owned())),
            policy: officer::Policy {
                invitation_for: i64::from(self.invitation_days) * DAY,
                passkeys: self.passkeys,
                dormant_after: i64::from(self.dormant_days) * DAY,
            },
        })
    }
}

impl From<ReasonRow> for SavedReason {
    fn from(row: ReasonRow) -> Self {
        Self {
            key: row.key,
            words: Words { ja: row.ja, en: row.en }.into(),
            used_for: match row.r#for {
                ReasonUseRow::Deny => ReasonUse::Deny,
                ReasonUseRow::Return => ReasonUse::Return,
            },
        }
    }
}

/// How old an enclosed certificate of an office may be, in months.
pub(super) fn enclosed_within(said: Option<u8>) -> Result<u8, OfficeError> {
    match said.unwrap_or(3) {
        months @ 1..=120 => Ok(months),
        _ => refuse("review.enclosed_within_months", "wanted: 1 to 120"),
    }
}

/// For an office whose file names none.
fn usual_reasons() -> Vec<SavedReason> {
    let reason = |key: &str, used_for, ja: &str, en: &str| SavedReason {
        key: key.to_owned(),
        words: Text {
            ja: ja.to_owned(),
            en: en.to_owned(),
        },
        used_for,
    };
    vec![
        reason(
            "not_entitled",
            ReasonUse::Deny,
            "申込者が失効を申し込める方であることを確認できませんでした。",
            "We could not confirm that the applicant may apply for the revocation.",
        ),
        reason(
            "another_certificate",
            ReasonUse::Deny,
            "届出に記された電子証明書は、申込者のものではありません。",
            "The certificate named on the form does not belong to the applicant.",
        ),
        reason(
            "papers_missing",
            ReasonUse::Return,
            "添付書類が足りません。",
            "An enclosure is missing.",
        ),
        reason(
            "unreadable",
            ReasonUse::Return,
            "添付書類の写しが読み取れません。",
            "The copy of an enclosure cannot be read.",
        ),
    ]
}

fn refuse<T>(key: &'static str, why: &str) -> Result<T, OfficeError> {
    Err(OfficeError::Value {
        key,
        why: why.to_owned(),
    })
}

/// In seconds.
const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::AUTHORITY_EXAMPLE;

    #[test]
    fn a_file_that_says_nothing_of_officers_goes_on_working() {
        let (before, _) = AUTHORITY_EXAMPLE.split_once("\n[review]").unwrap();
        let (old, example) = (
            Office::from_toml(before).unwrap(),
            Office::from_toml(AUTHORITY_EXAMPLE).unwrap(),
        );
        assert_eq!(old.review, example.review, "the example says what is there without it");
        assert_eq!(old.desk, example.desk);
        assert_eq!(old.officers.policy, example.officers.policy);
    }

    #[test]
    fn a_value_that_cannot_be_is_refused_by_its_key() {
        for (key, from, to) in [
            ("review.persons", "persons = 2", "persons = 3"),
            ("review.claim_minutes", "claim_minutes = 30", "claim_minutes = 0"),
            ("officer.invitation_days", "invitation_days = 7", "invitation_days = 0"),
            ("reason.key", "key = \"unreadable\"", "key = \"papers_missing\""),
        ] {
            let text = AUTHORITY_EXAMPLE.replacen(from, to, 1);
            assert_ne!(text, AUTHORITY_EXAMPLE, "{key}");
            assert!(Office::from_toml(&text).unwrap_err().to_string().contains(key), "{key}");
        }
    }
}
