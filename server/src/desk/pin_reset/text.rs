//! What a citizen's card signs: that somebody who knows its four digits reserves, and that it is set at a kiosk.

use casework::identity::{CardNumber, Digest};
use casework::number::Number;
use casework::time::Instant;
use wire::office::Language;

use crate::desk::text::{Mark, Page, Words};
use crate::office::Office;

/// What is signed to reserve.
pub(super) struct Reserving<'t> {
    pub(super) office: &'t Office,
    pub(super) card: CardNumber,
    pub(super) read: (Digest, Digest),
    pub(super) at: Instant,
    pub(super) mark: Mark,
}

/// What is signed at a kiosk.
pub(super) struct Setting<'t> {
    pub(super) office: &'t Office,
    pub(super) card: CardNumber,
    pub(super) number: Number,
    pub(super) place: &'t str,
    pub(super) at: Instant,
    pub(super) mark: Mark,
}

impl Reserving<'_> {
    pub(super) fn write(&self, language: Language) -> String {
        let words = Words { language };
        let mut page = Page::default();
        page.heading(words.of(
            "署名用暗証番号の再設定 事前予約",
            "Reservation: a new password for signatures",
        ));
        page.gap();
        page.line(words.of("窓口", "Office"), self.office.name.in_language(language));
        page.line(words.of("カード番号", "Card number"), &self.card.to_string());
        let (flow, terms) = self.read;
        page.line(
            words.of("手続きの流れの識別値（SHA-256）", "Digest of how it works (SHA-256)"),
            &flow.to_string(),
        );
        page.line(
            words.of("利用規約の識別値（SHA-256）", "Digest of the terms of use (SHA-256)"),
            &terms.to_string(),
        );
        finished(page, &words, self.at, self.mark)
    }
}

impl Setting<'_> {
    pub(super) fn write(&self, language: Language) -> String {
        let words = Words { language };
        let mut page = Page::default();
        page.heading(words.of(
            "署名用暗証番号の再設定 キオスク端末",
            "At a kiosk: a new password for signatures",
        ));
        page.gap();
        page.line(words.of("窓口", "Office"), self.office.name.in_language(language));
        page.line(words.of("カード番号", "Card number"), &self.card.to_string());
        page.line(words.of("受付番号", "Receipt number"), &self.number.to_string());
        page.line(words.of("キオスク端末", "Kiosk"), self.place);
        finished(page, &words, self.at, self.mark)
    }
}

fn finished(mut page: Page, words: &Words, at: Instant, mark: Mark) -> String {
    page.line(words.of("日時", "Time"), &words.moment(at));
    page.line(words.of("識別符号", "Mark"), &mark.to_string());
    page.0
}
