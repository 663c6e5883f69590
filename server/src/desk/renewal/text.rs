//! The page that the new card signs at 更新: everything that was shown, both cards, every warning.

use casework::register::Entry;
use casework::renewal::{Opened, ReviewPolicy, Warning};
use casework::time::Instant;
use wire::office::Language;

use super::rows::rows;
use crate::desk::bidder::CardFace;
use crate::desk::text::{Mark, Page, Words};
use crate::office::Office;

/// Everything that goes into it.
pub(super) struct Text<'a> {
    pub(super) office: &'a Office,
    pub(super) review: ReviewPolicy,
    pub(super) opened: &'a Opened,
    pub(super) entry: Option<&'a Entry>,
    pub(super) old: &'a CardFace,
    pub(super) new: &'a CardFace,
    pub(super) warnings: &'a [Warning],
    pub(super) mark: Mark,
    pub(super) at: Instant,
}

impl Text<'_> {
    pub(super) fn written_in(&self, language: Language) -> String {
        let words = Words { language };
        let mut page = Page::default();
        page.heading(words.of("電子証明書更新確認", "Confirmation of the certificate renewal"));
        page.line(
            words.of("発注機関", "Ordering body"),
            self.office.name.in_language(language),
        );
        page.line(words.of("作成日時", "Written"), &words.moment(self.at));
        page.line(words.of("照合記号", "Mark"), &self.mark.to_string());
        page.line(
            words.of("利用者登録の識別値", "Registration"),
            &crate::desk::hex(&self.opened.registration.0),
        );
        if let Some(person) = &self.opened.person {
            page.line(words.of("担当者", "Person in charge"), person);
        }
        page.gap();
        self.card(
            &words,
            &mut page,
            words.of("現在使用しているICカード", "Current IC card"),
            self.old,
        );
        self.card(
            &words,
            &mut page,
            words.of("新規に使用するICカード", "New IC card"),
            self.new,
        );
        if !self.warnings.is_empty() {
            page.heading(words.of("確認した注意事項", "Remarks that were shown"));
            for warning in self.warnings {
                page.heading(&words.warning(*warning));
            }
            page.gap();
        }
        let (company_ja, company_en) = match self.review {
            ReviewPolicy::None => (
                "新規に使用するICカードの企業名称とICカード企業名称が御社の企業名称であることを確認しました。",
                "I have checked that both company names of the new IC card are those of my company.",
            ),
            ReviewPolicy::OnMismatch { .. } => (
                "新規に使用するICカードの取得者商号又は名称とICカード取得者商号又は名称が御社の商号又は名称であることを確認しました。",
                "I have checked that both company names of the new IC card are those of my company.",
            ),
        };
        page.heading(words.of(company_ja, company_en));
        page.heading(words.of(
            "上記のとおりICカードの更新を申し込みます。",
            "I apply for the renewal of the IC card as stated above.",
        ));
        page.heading(match self.review {
            ReviewPolicy::None => words.of(
                "更新した時から、現在使用しているICカードではログインできません。",
                "From the moment of the renewal nobody can log in with the current IC card.",
            ),
            ReviewPolicy::OnMismatch { .. } => words.of(
                "名簿の情報と一致しない場合は、審査が終わるまで現在のICカードを使用します。更新した時から、現在使用しているICカードではログインできません。",
                "If the register says something else, the current IC card stays in use until the review is over. From \
                 the moment of the renewal nobody can log in with it.",
            ),
        });
        page.0
    }

    fn card(&self, words: &Words, page: &mut Page, title: &str, face: &CardFace) {
        page.heading(title);
        for row in rows(self.review, self.entry, face, words.language) {
            page.line(row.label, &row.value);
        }
        page.line(
            words.of("SHA-256 フィンガープリント", "SHA-256 fingerprint"),
            &face.card.to_string(),
        );
        page.gap();
    }
}

impl Words {
    fn warning(&self, warning: Warning) -> String {
        match (warning, self.language) {
            (Warning::Older { new, old }, Language::Ja) => format!(
                "新しいICカードの有効期限（{}）は現在のカード（{}）より前です。",
                self.day(new.day()),
                self.day(old.day())
            ),
            (Warning::Older { new, old }, Language::En) => format!(
                "The new IC card is valid until {}, which is before the current card ends ({}).",
                self.day(new.day()),
                self.day(old.day())
            ),
            (Warning::Early { days }, Language::Ja) => {
                format!("現在のICカードはあと{days}日有効です。更新すると現在のカードは使用できなくなります。")
            }
            (Warning::Early { days }, Language::En) => {
                format!("The current IC card is valid for {days} more days. Once renewed, it cannot be used any more.")
            }
            (Warning::Bid { opening }, Language::Ja) => {
                format!(
                    "開札日（{}）が現在のカードの有効期限後となる入札があります。",
                    self.day(opening)
                )
            }
            (Warning::Bid { opening }, Language::En) => format!(
                "A bid will be opened on {}, after the current card has expired.",
                self.day(opening)
            ),
            (Warning::Name, Language::Ja) => "ICカードの企業名称が登録の企業名称と異なります。".to_owned(),
            (Warning::Name, Language::En) => "The company on the IC card differs from the registered one.".to_owned(),
        }
    }
}
