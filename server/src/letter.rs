//! Letters to holders: subject and plain text, in the holder's language (DOMAIN §3.5). What happened comes first, then
//! what to do, then whom to ask.

pub mod acquisition;
pub mod bidder;
pub mod officer;
pub mod paper;
pub mod pin_reset;
pub mod reissue;
pub mod user;

use casework::application::{Ground, NewIssue};
use casework::characters;
use casework::identity::Serial;
use casework::number::Number;
use casework::refund::{Purchase, Refund, Terms};
use casework::revocation;
use casework::time::Instant;
use wire::office::{Language, Text};

use crate::catalogue::Words;
use crate::desk::revocation::Authentication;
use crate::portal::date;
use crate::portal::fact::{grouped, serial_of};

/// A letter, ready to be put into an envelope. The subject is one line; the body's lines end with LF and are far
/// shorter than the 998 octets of RFC 5322 §2.1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Holds no value but a receipt number, so nobody can write into the head of a mail (A40).
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// What the letters of procedure 000 tell. The account and the check code are not among it: mail is read on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// In which the application was made.
    pub language: Language,
    /// Who writes.
    pub office: Text,
    /// Whom to ask; may have several lines.
    pub contact: Text,
    /// 申込者氏名
    pub applicant: String,
    /// 受付番号
    pub number: Number,
    /// The page that tells what became of the application: its address alone, never the check code.
    pub page: Option<String>,
    /// 受付日時 and 失効日時.
    pub accepted_at: Instant,
    /// 失効理由
    pub ground: Ground,
    /// 発行者, readable.
    pub issuer: String,
    /// シリアル番号, of the signature certificate.
    pub serial: Serial,
    /// The card's other certificate.
    pub authentication: Authentication,
    /// What was paid, if it is on record.
    pub purchase: Option<Purchase>,
    /// The estimate that was shown and accepted.
    pub refund: Refund,
    /// By which terms.
    pub terms: Terms,
    /// Whether a new certificate is applied for at the same time.
    pub new_issue: Option<NewIssue>,
}

impl Revocation {
    /// One of the three letters.
    pub fn letter(&self, which: revocation::Letter) -> Letter {
        match which {
            revocation::Letter::Accepted => self.accepted(),
            revocation::Letter::Revoked => self.revoked(),
            revocation::Letter::Refund => match self.refund {
                Refund::Estimate { yen } => self.refund(yen),
                Refund::None => self.no_refund(),
                Refund::Unknown => self.refund_later(),
            },
        }
    }

    /// 失効申込受付のお知らせ
    fn accepted(&self) -> Letter {
        let mut page = self.begin("letter-accepted-what");
        page.line("letter-number", &[("number", &self.number.to_string())]);
        page.line(
            "letter-accepted-at",
            &[("time", &date::minute(page.words, self.accepted_at))],
        );
        let reason = page.words.say(&format!("reason-{}", self.ground.key()));
        page.line("letter-reason", &[("reason", &reason)]);
        self.certificate(&mut page);
        page.paragraph("certificates-both", &[]);
        page.paragraph("letter-accepted-final", &[]);
        page.paragraph("letter-accepted-next", &[]);
        self.end(page, "letter-accepted-subject")
    }

    /// 電子証明書失効完了のお知らせ
    fn revoked(&self) -> Letter {
        let mut page = self.begin("letter-revoked-what");
        page.line("letter-number", &[("number", &self.number.to_string())]);
        page.line(
            "letter-revoked-at",
            &[("time", &date::second(page.words, self.accepted_at))],
        );
        self.certificate(&mut page);
        page.paragraph("certificates-both-revoked", &[]);
        page.paragraph("letter-revoked-delay", &[]);
        page.paragraph("letter-revoked-next", &[]);
        self.end(page, "letter-revoked-subject")
    }

    /// 返金のお知らせ
    fn refund(&self, yen: u32) -> Letter {
        let mut page = self.begin("letter-refund-what");
        page.line("letter-number", &[("number", &self.number.to_string())]);
        self.certificate(&mut page);
        if let Some(Purchase { price }) = self.purchase {
            page.line("letter-price", &[("amount", &grouped(price))]);
        }
        page.line("letter-fee", &[("amount", &grouped(self.terms.fee))]);
        page.line("letter-refund-amount", &[("amount", &grouped(yen))]);
        page.paragraph("letter-refund-how", &[("unit", &grouped(self.terms.unit))]);
        page.paragraph("letter-refund-next", &[]);
        if self.new_issue == Some(NewIssue::Yes) {
            page.paragraph("letter-refund-setoff", &[]);
        }
        self.end(page, "letter-refund-subject")
    }

    /// 返金なしのお知らせ
    fn no_refund(&self) -> Letter {
        let mut page = self.begin("letter-no-refund-what");
        page.line("letter-number", &[("number", &self.number.to_string())]);
        self.certificate(&mut page);
        page.paragraph("letter-no-refund-why", &[("minimum", &grouped(self.terms.minimum))]);
        page.paragraph("letter-no-refund-next", &[]);
        self.end(page, "letter-no-refund-subject")
    }

    /// 返金のお知らせ, where the price is not on record.
    fn refund_later(&self) -> Letter {
        let mut page = self.begin("letter-refund-later-what");
        page.line("letter-number", &[("number", &self.number.to_string())]);
        self.certificate(&mut page);
        page.paragraph("letter-refund-later-next", &[]);
        self.end(page, "letter-refund-later-subject")
    }

    fn begin(&self, what: &str) -> Page {
        let mut page = Page {
            words: Words::of(self.language),
            text: String::new(),
        };
        page.line("letter-name", &[("applicant", &one_line(&self.applicant))]);
        // Who writes stands at the sender and at the foot; only a Japanese letter greets with it.
        if self.language == Language::Ja {
            let office = one_line(self.office.in_language(self.language));
            page.paragraph("letter-office", &[("office", &office)]);
        }
        page.paragraph(what, &[]);
        page.gap();
        page
    }

    fn certificate(&self, page: &mut Page) {
        page.line("letter-issuer", &[("issuer", &one_line(&self.issuer))]);
        page.line("letter-serial-signature", &[("serial", &self.serial.to_string())]);
        let authentication = serial_of(page.words, &self.authentication);
        page.line("letter-serial-authentication", &[("serial", &authentication)]);
    }

    fn end(&self, mut page: Page, subject: &str) -> Letter {
        if let Some(address) = &self.page {
            page.paragraph("letter-receipt", &[]);
            page.write(address);
        }
        page.paragraph("letter-mistaken", &[]);
        page.paragraph("letter-contact", &[]);
        for line in self.contact.in_language(self.language).lines() {
            page.write(&one_line(line));
        }
        page.paragraph("letter-sender", &[]);
        Letter {
            subject: page.words.say_with(subject, &[("number", &self.number.to_string())]),
            body: page.text,
        }
    }
}

/// A letter being written.
struct Page {
    words: Words,
    text: String,
}

impl Page {
    fn paragraph(&mut self, key: &str, values: &[(&str, &str)]) {
        self.gap();
        self.line(key, values);
    }

    fn line(&mut self, key: &str, values: &[(&str, &str)]) {
        let line = self.words.say_with(key, values);
        self.write(&line);
    }

    fn write(&mut self, line: &str) {
        self.text.push_str(line);
        self.gap();
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }
}

/// Values were checked when they came in; one that still holds a line end or a bidirectional control, such as a foreign
/// issuer's name, shows � there instead of forging a line (A36).
fn one_line(value: &str) -> String {
    value
        .chars()
        .map(|character| {
            let alone = characters::forbidden(character.encode_utf8(&mut [0; 4])).is_some();
            let selector = matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
            if alone && !selector { '\u{fffd}' } else { character }
        })
        .collect()
}
