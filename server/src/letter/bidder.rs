//! Letters to bidders about registrations and renewals (DOMAIN §4.5, §5.5). Their subjects are the source documents' own.

use casework::number::Number;
use casework::renewal::ReviewPolicy;
use casework::time::Instant;
use casework::{registration, renewal};
use wire::office::{Language, Text};

use super::{Letter, Page, one_line};
use crate::catalogue::Words;
use crate::portal::date;

/// What these letters tell: names of fields that differ and not what stands in them, the end of a serial number and not
/// all of it. Mail is read on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bidder {
    /// In which the application was made.
    pub language: Language,
    /// Who writes.
    pub office: Text,
    /// Whom to ask; may have several lines.
    pub contact: Text,
    /// 商号又は名称
    pub company: String,
    /// 受付番号
    pub number: Number,
    /// When it was received or decided.
    pub at: Instant,
    /// What the office does when names differ.
    pub review: ReviewPolicy,
    /// Which names differ.
    pub differs: Differs,
    /// Glyphs in which names differ and that were taken for the same, with their code points.
    pub variants: Vec<(String, String)>,
    /// The end of the card that it is about or that stays, where there is one that stays.
    pub old_until: Option<Instant>,
    /// 証明書シリアル番号 of the card that is to be used from then on, its last eight digits.
    pub serial_end: String,
    /// 証明書有効期限 of that card.
    pub new_until: Instant,
    /// Why it was denied or given back, and what the officer added.
    pub reason: Option<(String, Option<String>)>,
    /// Until when a 差戻し is to be answered.
    pub answer_until: Option<Instant>,
    /// The page that tells what became of it: its address alone, never the check code.
    pub page: Option<String>,
}

/// Which names differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differs {
    /// 商号又は名称
    pub company: Alike,
    /// 代表者氏名
    pub person: Alike,
}

/// Whether two names pass for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// They do.
    Same,
    /// They do not.
    Other,
}

impl Bidder {
    /// A letter about a renewal.
    pub fn renewal(&self, which: renewal::Letter) -> Letter {
        use renewal::Letter::{Approved, Completed, Denied, Held, Lapsed, Returned, Withdrawn};
        let key = match (which, self.review) {
            (Completed, ReviewPolicy::None) => "letter-renewal-completed-core",
            (Completed, ReviewPolicy::OnMismatch { .. }) => "letter-renewal-completed",
            (Held, _) => "letter-renewal-held",
            (Approved, _) => "letter-renewal-approved",
            (Denied, _) => "letter-renewal-denied",
            (Returned, _) => "letter-renewal-returned",
            (Withdrawn, _) => "letter-renewal-withdrawn",
            (Lapsed, _) => "letter-renewal-lapsed",
        };
        match which {
            Held => self.held(key),
            Approved => self.plain(key, "letter-bidder-approved-at"),
            Completed => self.completed(key),
            Denied => self.denied(key),
            Returned => self.returned(key),
            Withdrawn | Lapsed => self.plain(key, "letter-bidder-at"),
        }
    }

    /// A letter about a registration or its change.
    pub fn registration(&self, which: registration::Letter) -> Letter {
        use registration::Letter::{Approved, Completed, Denied, Held, Lapsed, Returned, Withdrawn};
        match which {
            Held => self.held("letter-registration-held"),
            Approved => self.plain("letter-registration-approved", "letter-bidder-approved-at"),
            Completed => self.completed("letter-registration-completed"),
            Denied => self.denied("letter-registration-denied"),
            Returned => self.returned("letter-registration-returned"),
            Withdrawn => self.plain("letter-registration-withdrawn", "letter-bidder-at"),
            Lapsed => self.plain("letter-registration-lapsed", "letter-bidder-at"),
        }
    }

    fn held(&self, key: &str) -> Letter {
        let mut page = self.begin(key, "letter-accepted-at");
        let Differs { company, person } = self.differs;
        page.paragraph("letter-bidder-differs", &[]);
        for (alike, key) in [
            (company, "letter-bidder-differs-company"),
            (person, "letter-bidder-differs-person"),
        ] {
            if alike == Alike::Other {
                page.line(key, &[]);
            }
        }
        page.paragraph(&format!("{key}-next"), &[]);
        if let Some(until) = self.old_until {
            page.line(
                "letter-bidder-old-until",
                &[("date", &date::day(page.words, until.day()))],
            );
        }
        self.end(page, key)
    }

    fn completed(&self, key: &str) -> Letter {
        let mut page = self.begin(key, "letter-bidder-completed-at");
        page.line("letter-bidder-serial", &[("serial", &self.serial_end)]);
        page.line(
            "letter-bidder-until",
            &[("date", &date::day(page.words, self.new_until.day()))],
        );
        if !self.variants.is_empty() {
            page.paragraph("letter-bidder-variants", &[]);
            for (register, card) in &self.variants {
                let pair = [("register", register.as_str()), ("card", card.as_str())];
                page.line("letter-bidder-variant", &pair);
            }
        }
        page.paragraph(&format!("{key}-next"), &[]);
        self.end(page, key)
    }

    fn denied(&self, key: &str) -> Letter {
        let mut page = self.begin(key, "letter-bidder-at");
        self.why(&mut page);
        page.paragraph(&format!("{key}-next"), &[]);
        page.paragraph("letter-bidder-denied-check", &[]);
        page.paragraph("letter-bidder-denied-cure", &[]);
        self.end(page, key)
    }

    fn returned(&self, key: &str) -> Letter {
        let mut page = self.begin(key, "letter-bidder-at");
        self.why(&mut page);
        page.paragraph(&format!("{key}-next"), &[]);
        if let Some(until) = self.answer_until {
            page.line(
                "letter-bidder-answer-until",
                &[("time", &date::minute(page.words, until))],
            );
        }
        self.end(page, key)
    }

    fn plain(&self, key: &str, at: &str) -> Letter {
        let mut page = self.begin(key, at);
        page.paragraph(&format!("{key}-next"), &[]);
        self.end(page, key)
    }

    fn why(&self, page: &mut Page) {
        let Some((reason, remark)) = &self.reason else { return };
        page.paragraph("letter-bidder-why", &[]);
        page.write(&one_line(reason));
        if let Some(remark) = remark {
            page.write(&one_line(remark));
        }
    }

    fn begin(&self, key: &str, at: &str) -> Page {
        let words = Words::of(self.language);
        let mut page = Page {
            words,
            text: String::new(),
        };
        page.line("letter-bidder-name", &[("company", &one_line(&self.company))]);
        if self.language == Language::Ja {
            let office = one_line(self.office.in_language(self.language));
            page.paragraph("letter-office", &[("office", &office)]);
        }
        page.paragraph(&format!("{key}-what"), &[]);
        page.gap();
        page.line("letter-number", &[("number", &self.number.to_string())]);
        page.line(at, &[("time", &date::minute(words, self.at))]);
        page
    }

    fn end(&self, mut page: Page, key: &str) -> Letter {
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
            subject: page.words.say(&format!("{key}-subject")),
            body: page.text,
        }
    }
}
