//! Letters about a reservation of a new 署名用暗証番号 (DOMAIN §7.5), to the address that was left for them. Mail is read on its
//! way: no name, no number of a card, no PIN and no link stands in them.

use casework::number::Number;
use casework::pin_reset::{Letter as Which, Span};
use casework::time::Instant;
use wire::office::{Language, Text};

use super::{Letter, Page, one_line};
use crate::catalogue::Words;
use crate::portal::date;

/// What these letters tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinReset {
    /// In which the reservation was made.
    pub language: Language,
    /// Who writes.
    pub office: Text,
    /// Whom to ask; may have several lines.
    pub contact: Text,
    /// 受付番号
    pub number: Number,
    /// Its last instant.
    pub until: Instant,
    /// When a kiosk can be used from here on.
    pub usable: Vec<Span>,
    /// When what is told of happened.
    pub at: Instant,
}

impl PinReset {
    /// One of the letters.
    pub fn letter(&self, which: Which) -> Letter {
        let key = match which {
            Which::Reserved => "letter-reset-reserved",
            Which::Ending => "letter-reset-ending",
            Which::Completed => "letter-reset-completed",
            Which::Expired => "letter-reset-expired",
        };
        let words = Words::of(self.language);
        let mut page = Page {
            words,
            text: String::new(),
        };
        if self.language == Language::Ja {
            page.line("letter-reset-to", &[]);
            let office = one_line(self.office.in_language(self.language));
            page.paragraph("letter-office", &[("office", &office)]);
        }
        page.paragraph(&format!("{key}-what"), &[]);
        page.gap();
        page.line("letter-reset-number", &[("number", &self.number.to_string())]);
        match which {
            Which::Completed => page.line("letter-reset-at", &[("time", &date::minute(words, self.at))]),
            Which::Reserved | Which::Ending | Which::Expired => {
                page.line("letter-reset-until", &[("time", &date::minute(words, self.until))]);
            }
        }
        if matches!(which, Which::Reserved | Which::Ending) {
            page.line("letter-reset-usable", &[]);
            for span in &self.usable {
                let span = [
                    ("from", date::minute(words, span.from)),
                    ("until", date::minute(words, span.until)),
                ];
                page.line(
                    "letter-reset-span",
                    &span.each_ref().map(|(name, time)| (*name, time.as_str())),
                );
            }
        }
        page.paragraph(&format!("{key}-next"), &[]);
        page.paragraph("letter-reset-pin", &[]);
        page.paragraph("letter-reset-mistaken", &[]);
        page.paragraph("letter-contact", &[]);
        for line in self.contact.in_language(self.language).lines() {
            page.write(&one_line(line));
        }
        page.paragraph("letter-sender", &[]);
        Letter {
            subject: words.say(&format!("{key}-subject")),
            body: page.text,
        }
    }
}
