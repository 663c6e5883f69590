//! Letters of the paper route: to the applicant, by mail or on paper.

use casework::application::Ground;
use casework::identity::Serial;
use casework::number::{CheckCode, Number};
use casework::paper::Letter as Which;
use casework::refund::Refund;
use casework::time::Instant;
use std::fmt;
use wire::office::{Language, Text};

use super::{Letter, Page, one_line};
use crate::catalogue::Words;
use crate::portal::date;
use crate::portal::fact::grouped;

/// What the letters of the paper route tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// In which the letters are wanted.
    pub language: Language,
    /// Who writes.
    pub office: Text,
    /// Whom to ask; may have several lines.
    pub contact: Text,
    /// 申込者氏名
    pub applicant: String,
    /// 受付番号
    pub number: Number,
    /// When it was received, revoked or denied.
    pub at: Instant,
    /// 失効理由
    pub ground: Ground,
    /// 発行者, readable.
    pub issuer: String,
    /// シリアル番号, of the signature certificate.
    pub serial: Serial,
    /// シリアル番号, of the card's other certificate.
    pub authentication: Option<Serial>,
    /// The estimate, where a refund is asked for.
    pub refund: Option<Refund>,
    /// Why it was denied, and what the officer added.
    pub reason: Option<(String, Option<String>)>,
    /// With what the applicant looks up what became of it. The letter of receipt tells it: on this route it is the receipt.
    pub look_up: Option<LookUp>,
    /// How it goes.
    pub way: Way,
}

/// How an application is looked up.
#[derive(Clone, PartialEq, Eq)]
pub struct LookUp {
    /// 確認コード
    pub check_code: CheckCode,
    /// The page that asks for it, where it is known. The code stands in no address (A18).
    pub page: Option<String>,
}

/// Nothing: the code is told in the letter alone.
impl fmt::Debug for LookUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LookUp")
    }
}

/// How a letter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By mail, from an address that nobody reads.
    Mail,
    /// On paper.
    Post,
}

impl Paper {
    /// One of the three letters.
    pub fn letter(&self, which: Which) -> Letter {
        let key = match which {
            Which::Received => "letter-paper-received",
            Which::Revoked => "letter-paper-revoked",
            Which::Denied => "letter-paper-denied",
        };
        let words = Words::of(self.language);
        let mut page = Page {
            words,
            text: String::new(),
        };
        page.line("letter-name", &[("applicant", &one_line(&self.applicant))]);
        if self.language == Language::Ja {
            let office = one_line(self.office.in_language(self.language));
            page.paragraph("letter-office", &[("office", &office)]);
        }
        page.paragraph(&format!("{key}-what"), &[]);
        page.gap();
        page.line("letter-number", &[("number", &self.number.to_string())]);
        match which {
            Which::Received => page.line("letter-accepted-at", &[("time", &date::minute(words, self.at))]),
            Which::Revoked => page.line("letter-revoked-at", &[("time", &date::second(words, self.at))]),
            Which::Denied => page.line("letter-paper-denied-at", &[("time", &date::minute(words, self.at))]),
        }
        let ground = words.say(&format!("reason-{}", self.ground.key()));
        page.line("letter-reason", &[("reason", &ground)]);
        page.line("letter-issuer", &[("issuer", &one_line(&self.issuer))]);
        page.line("letter-serial-signature", &[("serial", &self.serial.to_string())]);
        if let Some(serial) = self.authentication {
            page.line("letter-serial-authentication", &[("serial", &serial.to_string())]);
        }
        match which {
            Which::Received => {
                page.paragraph("letter-paper-received-next", &[]);
                self.look_up(&mut page);
            }
            Which::Revoked => {
                page.paragraph("certificates-both-revoked", &[]);
                page.paragraph("letter-revoked-delay", &[]);
                page.paragraph("letter-revoked-next", &[]);
                self.refund(&mut page);
            }
            Which::Denied => {
                if let Some((reason, remark)) = &self.reason {
                    page.paragraph("letter-paper-denied-why", &[]);
                    page.write(&one_line(reason));
                    if let Some(remark) = remark {
                        page.write(&one_line(remark));
                    }
                }
                page.paragraph("letter-paper-denied-next", &[]);
            }
        }
        page.paragraph("letter-mistaken", &[]);
        page.paragraph("letter-contact", &[]);
        for line in self.contact.in_language(self.language).lines() {
            page.write(&one_line(line));
        }
        if self.way == Way::Mail {
            page.paragraph("letter-sender", &[]);
        }
        Letter {
            subject: words.say_with(&format!("{key}-subject"), &[("number", &self.number.to_string())]),
            body: page.text,
        }
    }

    fn look_up(&self, page: &mut Page) {
        let Some(LookUp {
            check_code,
            page: address,
        }) = &self.look_up
        else {
            return;
        };
        page.paragraph("letter-paper-look-up", &[]);
        page.line("letter-check-code", &[("code", &check_code.to_string())]);
        if let Some(address) = address {
            page.write(address);
        }
    }

    fn refund(&self, page: &mut Page) {
        match self.refund {
            Some(Refund::Estimate { yen }) => {
                page.paragraph("letter-refund-amount", &[("amount", &grouped(yen))]);
                page.line("letter-refund-next", &[]);
            }
            Some(Refund::None) => page.paragraph("letter-no-refund-what", &[]),
            Some(Refund::Unknown) => page.paragraph("letter-refund-later-next", &[]),
            None => {}
        }
    }
}
