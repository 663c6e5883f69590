//! Letters about the digital certificates of terminals (R303, R308): what time brings. No code stands in them.

use casework::acquisition::Letter as Which;
use casework::number::Number;
use casework::terminal::Terminal;
use casework::time::Day;
use wire::office::{Language, Text};

use super::{Letter, Page, one_line};
use crate::catalogue::Words;
use crate::portal::date;

/// What these letters tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquisition {
    /// In which the application was made.
    pub language: Language,
    /// Who writes.
    pub office: Text,
    /// Whom to ask; may have several lines.
    pub contact: Text,
    /// 会社名
    pub company: String,
    /// 事業所名
    pub place: String,
    /// 申込担当者
    pub name: String,
    /// 申込受付番号
    pub number: Number,
    /// 論理端末
    pub terminal: Terminal,
    /// The last day of the codes.
    pub until: Day,
    /// Where it is acquired and looked up, where that is known.
    pub page: Option<String>,
}

impl Acquisition {
    /// One of the letters.
    pub fn letter(&self, which: Which) -> Letter {
        let key = match which {
            Which::Unacquired { .. } => "letter-acquisition-unacquired",
            Which::Expiring { .. } => "letter-acquisition-expiring",
            Which::Suspended { .. } => "letter-acquisition-suspended",
        };
        let last = match which {
            Which::Unacquired { .. } => self.until,
            Which::Expiring { last, .. } | Which::Suspended { last } => last,
        };
        let words = Words::of(self.language);
        let mut page = Page {
            words,
            text: String::new(),
        };
        page.write(&format!("{} {}", one_line(&self.company), one_line(&self.place)));
        page.line("letter-name", &[("applicant", &one_line(&self.name))]);
        if self.language == Language::Ja {
            let office = one_line(self.office.in_language(self.language));
            page.paragraph("letter-office", &[("office", &office)]);
        }
        page.paragraph(&format!("{key}-what"), &[]);
        page.gap();
        page.line("letter-acquisition-number", &[("number", &self.number.to_string())]);
        let Terminal { division, device, name } = self.terminal;
        page.line(
            "letter-acquisition-terminal",
            &[
                (
                    "division",
                    &words.say(&format!("letter-acquisition-division-{}", division.key())),
                ),
                ("device", device.label()),
                ("name", &name.to_string()),
            ],
        );
        page.line(&format!("{key}-last"), &[("date", &date::day(words, last))]);
        if let Which::Unacquired { days } | Which::Expiring { days, .. } = which {
            page.line("letter-acquisition-days", &[("days", &days.to_string())]);
        }
        page.paragraph(&format!("{key}-next"), &[]);
        if let Some(address) = &self.page {
            page.gap();
            page.write(address);
        }
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
