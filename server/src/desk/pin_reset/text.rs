//! What a citizen's card signs: that somebody who knows its four digits reserves, and that it is set at a kiosk. And what a
//! clerk's card signs: who stood at the counter.

use casework::identity::{CardNumber, Digest};
use casework::number::Number;
use casework::pin_reset::Document;
use casework::time::Instant;
use wire::office::Language;

use crate::desk::officer::Acting;
use crate::desk::text::{Mark, Page, Words, person_label};
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

/// What a clerk signs.
pub(super) struct Looking<'t> {
    pub(super) office: &'t Office,
    pub(super) officer: &'t Acting,
    pub(super) card: CardNumber,
    pub(super) document: Document,
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

impl Looking<'_> {
    pub(super) fn write(&self, language: Language) -> String {
        let words = Words { language };
        let mut page = Page::default();
        page.heading(words.of(
            "署名用暗証番号の再設定 窓口での本人確認",
            "At a counter: who asks for a new password for signatures",
        ));
        page.gap();
        page.line(words.of("窓口", "Office"), self.office.name.in_language(language));
        page.line(words.of("職員", "Officer"), &self.officer.name);
        page.line(person_label(&words), &self.officer.officer.person.0);
        page.line(words.of("カード番号", "Card number"), &self.card.to_string());
        let (ja, en) = document(self.document);
        page.line(words.of("本人確認書類", "Document looked at"), words.of(ja, en));
        page.gap();
        page.heading(words.of(
            "窓口に来た人がこのカードの名義人本人であることを、カードと上記の書類で確認しました。",
            "I have looked at the card and at the document above: the person at the counter is the card's holder.",
        ));
        page.heading(words.of(
            "このカードの署名用暗証番号を、期限までキオスク端末で再設定できるようにします。",
            "From now until the deadline a new password for signatures may be set for this card at a kiosk.",
        ));
        page.gap();
        finished(page, &words, self.at, self.mark)
    }
}

/// What was looked at. The words stand here, since a text of years ago must not change with a catalogue.
const fn document(document: Document) -> (&'static str, &'static str) {
    match document {
        Document::CardItself => ("マイナンバーカードの顔写真", "the photograph on the card itself"),
        Document::DrivingLicence => ("運転免許証", "driving licence"),
        Document::Passport => ("旅券", "passport"),
        Document::ResidenceCard => ("在留カード", "residence card"),
        Document::OtherWithPicture => (
            "その他の官公署の顔写真付き身分証明書",
            "another official document with a photograph",
        ),
    }
}

fn finished(mut page: Page, words: &Words, at: Instant, mark: Mark) -> String {
    page.line(words.of("日時", "Time"), &words.moment(at));
    page.line(words.of("識別符号", "Mark"), &mark.to_string());
    page.0
}
