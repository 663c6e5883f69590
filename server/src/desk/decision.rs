//! The text that an officer signs to decide on an application: the same for registrations, renewals and reissues.

use casework::identity::Digest;
use casework::number::Number;
use casework::review::Verdict;
use casework::time::Instant;
use wire::office::Language;

use super::officer::Acting;
use super::text::{Mark, Page, Words, content_label, person_label};
use crate::office::{Office, ReasonUse};

/// What it says.
pub(super) struct DecisionText<'a> {
    pub(super) office: &'a Office,
    pub(super) officer: &'a Acting,
    /// What it is a decision on, in both languages.
    pub(super) title: (&'a str, &'a str),
    /// What follows from an approval, in both languages.
    pub(super) effect: (&'a str, &'a str),
    /// What the verdicts are called, approval, denial and return, in both languages.
    pub(super) verdicts: Verdicts,
    /// What is decided upon, as rows.
    pub(super) about: &'a [(String, String)],
    pub(super) content: Digest,
    pub(super) number: Number,
    pub(super) mark: Mark,
    pub(super) at: Instant,
}

/// What the verdicts are called: approval, denial and return, in both languages.
pub(super) type Verdicts = [(&'static str, &'static str); 3];

/// At an ordering body (DOMAIN §5.4).
pub(super) const HELD: Verdicts = [("承認", "Approved"), ("否認", "Denied"), ("差戻し", "Given back")];

/// At a service centre (DOMAIN §6.6).
pub(super) const EXAMINED: Verdicts = [
    ("承認（審査終了）", "Approved"),
    ("不承認", "Denied"),
    ("確認事項あり", "Given back"),
];

impl DecisionText<'_> {
    /// The text, which names the content, the verdict, the time and a mark drawn for it alone (A24).
    pub(super) fn written_in(&self, verdict: &Verdict, language: Language) -> String {
        let words = Words { language };
        let mut page = Page::default();
        page.heading(words.of(self.title.0, self.title.1));
        page.line(words.of("窓口", "Office"), self.office.name.in_language(language));
        page.line(words.of("作成日時", "Written"), &words.moment(self.at));
        page.line(words.of("照合記号", "Mark"), &self.mark.to_string());
        page.line(words.of("職員", "Officer"), &self.officer.name);
        page.line(person_label(&words), &self.officer.officer.person.0);
        page.line(words.of("受付番号", "Receipt number"), &self.number.to_string());
        page.line(content_label(&words), &self.content.to_string());
        page.gap();
        page.heading(words.of("申請", "Application"));
        for (label, value) in self.about {
            page.line(label, value);
        }
        page.gap();
        let [approved, denied, returned] = self.verdicts;
        let (decided, reason) = match verdict {
            Verdict::Approve => (approved, None),
            Verdict::Deny(reason) => (denied, Some((reason, ReasonUse::Deny))),
            Verdict::Return(reason) => (returned, Some((reason, ReasonUse::Return))),
        };
        page.line(words.of("決定", "Decision"), words.of(decided.0, decided.1));
        if let Some((reason, used_for)) = reason {
            page.reason(&words, self.office, reason, used_for);
        }
        page.gap();
        page.heading(words.of(
            "上記の内容を確認し、上記のとおり決定します。",
            "I have examined the content above and decide as stated.",
        ));
        if matches!(verdict, Verdict::Approve) {
            page.heading(words.of(self.effect.0, self.effect.1));
        }
        page.0
    }
}
