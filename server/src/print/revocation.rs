//! 失効申込の受領書: the receipt of procedure 000, everything of S3, S4 and S6 (DOMAIN §2.6, §3.3 W3).

use casework::identity::Digest;
use casework::number::{CheckCode, Number};
use casework::time::Instant;
use wire::office::{Language, Text};

use super::{Fact, Section, Sheet, Unprinted};
use crate::catalogue::Words;
use crate::portal::date;

/// What the receipt tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Of the receipt's words; values stay as they are.
    pub language: Language,
    /// Who accepted.
    pub office: Text,
    /// The applicant's name, as on the certificate.
    pub applicant: String,
    /// 受付番号
    pub number: Number,
    /// What only the receipt tells.
    pub check_code: CheckCode,
    /// 受付日時 and 失効日時.
    pub accepted_at: Instant,
    /// Of the text that was signed.
    pub text: Digest,
    /// What the certificate says, as S3 showed it.
    pub certificate: Vec<Fact>,
    /// What was entered and the estimate of the refund, as S5 showed them.
    pub application: Vec<Fact>,
    /// Since when others can see the revocation, as S6 shows it.
    pub visible: Vec<Fact>,
    /// When this sheet is printed.
    pub printed_at: Instant,
    /// Whether it was printed before.
    pub print: Print,
}

/// Which print it is: the content is the same, and the later ones say what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    /// The first.
    First,
    /// 再印刷
    Again,
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
        let moment = date::second(words, self.accepted_at);
        let section = |key: &str, facts: &[Fact]| Section {
            heading: words.say(key),
            facts: facts.to_vec(),
        };
        let accepted = [
            fact("done-number", self.number.to_string()),
            fact("receipt-check-code", self.check_code.to_string()),
            fact("done-at", moment.clone()),
            fact("receipt-revoked-at", moment.clone()),
            fact("receipt-text", self.text.to_string()),
        ];
        let mut sections = vec![
            section("receipt-accepted", &accepted),
            section("certificate-caption", &self.certificate),
            section("confirm-application", &self.application),
        ];
        if !self.visible.is_empty() {
            sections.push(section("done-visible", &self.visible));
        }
        let office = self.office.in_language(self.language);
        let procedure = words.say("tile-revocation");
        let printed = date::minute(words, self.printed_at);
        Sheet {
            language: self.language,
            at: self.printed_at,
            title: words.say("print-title"),
            head: words.say_with("receipt-head", &[("office", office), ("procedure", &procedure)]),
            head_facts: vec![
                fact("print-applicant", self.applicant.clone()),
                fact("done-number", self.number.to_string()),
                fact("done-at", moment),
            ],
            mark: match self.print {
                Print::First => None,
                Print::Again => Some(words.say_with("receipt-again", &[("time", &printed)])),
            },
            sections,
            notes: [
                "certificates-both-revoked",
                "receipt-final",
                "receipt-asking",
                "receipt-estimate",
                "receipt-keep",
            ]
            .map(|key| words.say(key))
            .to_vec(),
        }
    }
}
