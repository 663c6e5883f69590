//! The page that the card signs at 登録 and 変更.

use casework::register::{BusinessNumber, Entry};
use casework::registration::{Contact, Kind, Opened, ReviewPolicy};
use casework::time::Instant;
use wire::office::Language;

use crate::desk::bidder::CardFace;
use crate::desk::renewal::rows;
use crate::desk::text::{Mark, Page, Words};
use crate::office::Office;

/// Everything that goes into it.
pub(super) struct Text<'a> {
    pub(super) office: &'a Office,
    pub(super) review: ReviewPolicy,
    pub(super) opened: &'a Opened,
    pub(super) business: &'a BusinessNumber,
    pub(super) entry: Option<&'a Entry>,
    pub(super) face: &'a CardFace,
    pub(super) contact: &'a Contact,
    pub(super) mark: Mark,
    pub(super) at: Instant,
}

impl Text<'_> {
    pub(super) fn written_in(&self, language: Language) -> String {
        let words = Words { language };
        let mut page = Page::default();
        page.heading(match self.opened.kind {
            Kind::New => words.of("利用者登録申請書", "Application for registration"),
            Kind::Change { .. } => words.of("利用者登録変更申請書", "Application for a change of the registration"),
        });
        page.line(
            words.of("発注機関", "Ordering body"),
            self.office.name.in_language(language),
        );
        page.line(words.of("作成日時", "Written"), &words.moment(self.at));
        page.line(words.of("照合記号", "Mark"), &self.mark.to_string());
        page.line(words.of("登録番号", "Registration number"), self.business.as_str());
        page.gap();
        page.heading(words.of("使用するICカード", "IC card"));
        for row in rows(self.review, self.entry, self.face, language) {
            page.line(row.label, &row.value);
        }
        page.line(
            words.of("SHA-256 フィンガープリント", "SHA-256 fingerprint"),
            &self.face.card.to_string(),
        );
        page.gap();
        page.heading(words.of("連絡先", "Contact"));
        for (label, value) in contact_rows(&words, self.contact) {
            page.line(&label, &value);
        }
        page.gap();
        page.heading(match self.opened.kind {
            Kind::New => words.of(
                "上記のとおり利用者登録を申請します。",
                "I apply for the registration as stated above.",
            ),
            Kind::Change { .. } => words.of(
                "上記のとおり利用者登録の変更を申請します。",
                "I apply for the change of the registration as stated above.",
            ),
        });
        if let ReviewPolicy::OnMismatch { .. } = self.review {
            page.heading(words.of(
                "名簿の情報と一致しない場合は、審査が終わってから登録されます。",
                "If the register says something else, it takes effect once the review is over.",
            ));
        }
        page.0
    }
}

/// Whom to write to, as rows.
pub(super) fn contact_rows(words: &Words, contact: &Contact) -> Vec<(String, String)> {
    let none = words.of("（入力なし）", "(nothing entered)").to_owned();
    let row = |ja, en, value: &str| (words.of(ja, en).to_owned(), value.to_owned());
    vec![
        row("部署名", "Department", &contact.department),
        row("連絡先氏名", "Contact", &contact.name),
        row("連絡先電話番号", "Telephone", &contact.phone),
        (
            words.of("連絡先FAX番号", "Fax").to_owned(),
            contact.fax.clone().unwrap_or(none),
        ),
        row("連絡先メールアドレス", "E-mail", &contact.mail),
    ]
}
