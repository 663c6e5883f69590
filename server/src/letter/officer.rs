//! Letters to officers. None of them carries a code, and none is a link: what they tell is looked at in the console.

use casework::officer::{Letter as Which, Role, Roles};
use casework::time::Instant;
use wire::office::{Language, Text};

use super::{Letter, Page, one_line};
use crate::catalogue::Words;
use crate::portal::date;

/// What the letters to officers tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// That of the account.
    pub language: Language,
    /// Who writes.
    pub office: Text,
    /// Whom to ask; may have several lines.
    pub contact: Text,
    /// To whom.
    pub name: String,
    /// What the account may do.
    pub roles: Roles,
    /// Until when the invitation holds, while it does.
    pub until: Option<Instant>,
    /// When it was decided.
    pub at: Instant,
}

impl Officer {
    /// One of the letters.
    pub fn letter(&self, which: Which) -> Letter {
        let key = match which {
            Which::Invited => "letter-officer-invited",
            Which::Enrolled => "letter-officer-enrolled",
            Which::PasskeysChanged => "letter-officer-passkeys",
            Which::RolesChanged => "letter-officer-roles",
            Which::Blocked => "letter-officer-blocked",
            Which::Unblocked => "letter-officer-unblocked",
        };
        let words = Words::of(self.language);
        let mut page = Page {
            words,
            text: String::new(),
        };
        page.line("letter-name", &[("applicant", &one_line(&self.name))]);
        if self.language == Language::Ja {
            let office = one_line(self.office.in_language(self.language));
            page.paragraph("letter-office", &[("office", &office)]);
        }
        page.paragraph(&format!("{key}-what"), &[]);
        page.gap();
        page.line("letter-officer-at", &[("time", &date::minute(words, self.at))]);
        if matches!(which, Which::Invited | Which::RolesChanged) {
            let roles: Vec<_> = self
                .roles
                .iter()
                .map(|role: Role| words.say(&format!("role-{}", role.key())))
                .collect();
            let none = words.say("letter-officer-no-role");
            let roles = if roles.is_empty() {
                none
            } else {
                roles.join(&words.say("letter-officer-and"))
            };
            page.line("letter-officer-role", &[("roles", &roles)]);
        }
        if let (Which::Invited, Some(until)) = (which, self.until) {
            page.line("letter-officer-until", &[("time", &date::minute(words, until))]);
        }
        page.paragraph(&format!("{key}-next"), &[]);
        page.paragraph("letter-mistaken", &[]);
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
