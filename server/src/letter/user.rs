//! Letters to organisations' people about their accounts. Two of them carry a link; none carries a password or an ID.

use casework::time::Instant;
use casework::user::Letter as Which;
use wire::office::{Language, Text};

use super::{Letter, Page, one_line};
use crate::catalogue::Words;
use crate::portal::date;

/// What the letters to users tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// That of the account.
    pub language: Language,
    /// Who writes.
    pub office: Text,
    /// Whom to ask; may have several lines.
    pub contact: Text,
    /// 会社名
    pub company: String,
    /// 事業所名
    pub place: String,
    /// To whom.
    pub name: String,
    /// The address of the link, and until when it holds.
    pub link: Option<(String, Instant)>,
    /// When it was decided.
    pub at: Instant,
}

impl User {
    /// One of the letters.
    pub fn letter(&self, which: Which) -> Letter {
        let key = match which {
            Which::Invited => "letter-user-invited",
            Which::Accepted => "letter-user-accepted",
            Which::PasswordChanged => "letter-user-password",
            Which::Reset => "letter-user-reset",
            Which::LockedOut => "letter-user-locked",
            Which::PasskeysChanged => "letter-user-passkeys",
            Which::Corrected => "letter-user-corrected",
            Which::Blocked => "letter-user-blocked",
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
        page.line("letter-officer-at", &[("time", &date::minute(words, self.at))]);
        if let Some((link, until)) = &self.link {
            page.gap();
            page.write(link);
            page.line("letter-user-until", &[("time", &date::minute(words, *until))]);
        }
        page.paragraph(&format!("{key}-next"), &[]);
        page.paragraph("letter-user-mistaken", &[]);
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
