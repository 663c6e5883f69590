//! Letters to 申込担当者 about a reissue (DOMAIN §6.6). The subjects are the source document's own; its last letter is the
//! completion's, in its words (A20).

use casework::number::Number;
use casework::reissue::Letter as Which;
use casework::terminal::Terminal;
use casework::time::{Day, Instant};
use wire::office::{Language, Text};

use super::{Letter, Page, one_line};
use crate::catalogue::Words;
use crate::portal::date;

/// What these letters tell. No 認証コード2 is among it: mail is read on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reissue {
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
    /// 氏名 of 申込担当者.
    pub name: String,
    /// 申込受付番号
    pub number: Number,
    /// 申込受付年月日
    pub received: Instant,
    /// When it was queued: decided, given back, withdrawn.
    pub at: Instant,
    /// 再発行希望日
    pub day: Day,
    /// The terminals that were chosen.
    pub terminals: Vec<Terminal>,
    /// Why it was denied or given back, and what the officer added.
    pub reason: Option<(String, Option<String>)>,
    /// The centre's own first page.
    pub page: Option<String>,
}

impl Reissue {
    /// One of the letters.
    pub fn letter(&self, which: Which) -> Letter {
        match which {
            Which::Received => self.written("letter-reissue-received", true, None),
            Which::Completed => self.completed(),
            Which::Returned => self.written("letter-reissue-returned", true, Some("letter-bidder-at")),
            Which::Denied => self.written("letter-reissue-denied", false, Some("letter-bidder-at")),
            Which::Withdrawn => self.written("letter-reissue-withdrawn", false, Some("letter-bidder-at")),
        }
    }

    /// デジタル証明書再発行申込確認完了のお知らせ, in the form of the source document.
    fn completed(&self) -> Letter {
        let key = "letter-reissue-completed";
        let mut page = self.begin();
        page.paragraph("letter-reissue-thanks", &self.office());
        page.paragraph("letter-reissue-completed-what", &[]);
        page.line("letter-reissue-completed-next", &[]);
        self.application(&mut page);
        self.terminals(&mut page, "letter-reissue-completed-terminals");
        page.paragraph("letter-reissue-completed-acquire", &[]);
        page.paragraph("letter-reissue-see", &[]);
        self.menu(&mut page);
        self.end(page, key)
    }

    fn written(&self, key: &str, wished: bool, at: Option<&str>) -> Letter {
        let mut page = self.begin();
        page.paragraph(&format!("{key}-what"), &[]);
        self.application(&mut page);
        if let Some(at) = at {
            page.line(at, &[("time", &date::minute(page.words, self.at))]);
        }
        if wished {
            page.line("letter-reissue-day", &[("date", &date::day(page.words, self.day))]);
        }
        self.terminals(&mut page, "letter-reissue-terminals");
        if let Some((reason, remark)) = &self.reason {
            page.paragraph("letter-bidder-why", &[]);
            page.write(&one_line(reason));
            if let Some(remark) = remark {
                page.write(&one_line(remark));
            }
        }
        page.paragraph(&format!("{key}-next"), &[]);
        self.menu(&mut page);
        self.end(page, key)
    }

    fn begin(&self) -> Page {
        let mut page = Page {
            words: Words::of(self.language),
            text: String::new(),
        };
        page.write(&format!("{} {}", one_line(&self.company), one_line(&self.place)));
        page.line("letter-name", &[("applicant", &one_line(&self.name))]);
        page.paragraph("letter-reissue-office", &self.office());
        page
    }

    fn office(&self) -> [(&str, &str); 1] {
        [("office", self.office.in_language(self.language))]
    }

    fn application(&self, page: &mut Page) {
        let received = date::day(page.words, self.received.day());
        page.paragraph("letter-reissue-received-on", &[("date", &received)]);
        page.paragraph("letter-reissue-number", &[("number", &self.number.to_string())]);
    }

    fn terminals(&self, page: &mut Page, heading: &str) {
        page.paragraph(heading, &[]);
        for terminal in &self.terminals {
            let division = page.words.say(&format!("division-{}", terminal.division.key()));
            page.write(&format!("{division} {} {}", terminal.device.label(), terminal.name));
        }
    }

    /// Where it is followed: the centre's address, and the entry of its menu.
    fn menu(&self, page: &mut Page) {
        if let Some(address) = &self.page {
            page.gap();
            page.write(address);
        }
        page.paragraph("letter-reissue-menu", &[]);
    }

    fn end(&self, mut page: Page, key: &str) -> Letter {
        page.paragraph("letter-reissue-notes", &[]);
        page.paragraph("letter-reissue-automatic", &[]);
        page.paragraph("letter-contact", &[]);
        for line in self.contact.in_language(self.language).lines() {
            page.write(&one_line(line));
        }
        Letter {
            subject: page.words.say(&format!("{key}-subject")),
            body: page.text,
        }
    }
}
