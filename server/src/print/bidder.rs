//! The receipts of 利用者登録 and ICカード更新: everything of the result page and of what was confirmed (DOMAIN §2.6, §4.7), on
//! the page for printing and as PDF alike.

use casework::identity::Digest;
use casework::number::Number;
use casework::time::Instant;
use wire::office::{Language, Text};

use super::revocation::Print;
use super::{Fact, Section, Sheet, Unprinted};
use crate::catalogue::Words;
use crate::portal::date;

/// What the receipt tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Of the receipt's words; values stay as they are.
    pub language: Language,
    /// The ordering body.
    pub office: Text,
    /// The key of the sheet's title.
    pub title: &'static str,
    /// The company.
    pub applicant: String,
    /// 受付番号
    pub number: Number,
    /// Of the text that was signed.
    pub text: Digest,
    /// What became of it, under its own heading.
    pub result: Section,
    /// The company, the cards, what was entered.
    pub content: Vec<Section>,
    /// What the reader should know.
    pub lead: String,
    /// When this sheet is printed.
    pub printed_at: Instant,
    /// Whether it was printed before.
    pub print: Print,
}

impl Receipt {
    /// The receipt as a PDF.
    pub fn pdf(&self) -> Result<Vec<u8>, Unprinted> {
        self.sheet().pdf()
    }

    /// The receipt as a sheet.
    pub fn sheet(&self) -> Sheet {
        let words = Words::of(self.language);
        let fact = |key: &str, value: String| Fact {
            label: words.say(key),
            value,
        };
        let mut result = self.result.clone();
        result.facts.push(fact("receipt-text", self.text.to_string()));
        let mut sections = vec![result];
        sections.extend(self.content.iter().cloned());
        Sheet {
            language: self.language,
            at: self.printed_at,
            title: words.say(self.title),
            head: self.office.in_language(self.language).to_owned(),
            head_facts: vec![
                fact("registration-done-number", self.number.to_string()),
                fact("registration-print-applicant", self.applicant.clone()),
                fact("print-at", date::minute(words, self.printed_at)),
            ],
            mark: match self.print {
                Print::First => None,
                Print::Again => Some(words.say("print-reprint")),
            },
            sections,
            notes: vec![self.lead.clone()],
        }
    }
}
