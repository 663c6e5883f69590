//! What the two cards sign before anything is shown: one nonce, one registration, both cards (DESIGN, part 4).
//!
//! The current card signs before the swap, when nobody knows yet which card comes next; the new card signs the same nonce
//! and names both. Together they prove that whoever renews holds both, at one reader, for this registration. Nothing
//! changes before 更新, and both texts say so.

use casework::identity::{Fingerprint, RegistrationId};
use casework::time::Instant;
use wire::office::Language;

use crate::desk::bidder::CardFace;
use crate::desk::text::{Mark, Page, Words};
use crate::office::Office;

/// A ceremony that is about to begin. Its nonce is drawn once, and both texts hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    registration: RegistrationId,
    mark: String,
}

/// What a text of a ceremony says, read back from its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// At which office, by its id.
    pub office: String,
    /// Which registration.
    pub registration: RegistrationId,
    /// The nonce.
    pub mark: String,
    /// 現在使用しているICカード
    pub from: Fingerprint,
    /// 新規に使用するICカード, in the new card's text alone.
    pub to: Option<Fingerprint>,
}

impl Ceremony {
    /// With a nonce of these random octets.
    pub(in crate::desk) fn of(registration: RegistrationId, random: [u8; 10]) -> Self {
        Self {
            registration,
            mark: Mark::from_random(random).to_string(),
        }
    }

    /// The ceremony that the current card's text began, for the new card's text.
    pub fn begun_by(said: &Said) -> Self {
        Self {
            registration: said.registration,
            mark: said.mark.clone(),
        }
    }

    /// What the current card signs, before the swap.
    pub fn old_text(&self, office: &Office, from: &CardFace, language: Language, at: Instant) -> String {
        let words = Words { language };
        let mut page = self.begin(office, &words, at);
        card(&words, &mut page, from_label(&words), from);
        page.gap();
        page.heading(words.of(
            "この利用者登録を、次に同じ照合記号に署名するICカードへ更新する手続きを始めます。",
            "I begin to renew this registration to the IC card that signs the same mark next.",
        ));
        nothing_changes(&words, &mut page);
        page.0
    }

    /// What the new card signs.
    pub fn new_text(
        &self,
        office: &Office,
        (from, to): (Fingerprint, &CardFace),
        language: Language,
        at: Instant,
    ) -> String {
        let words = Words { language };
        let mut page = self.begin(office, &words, at);
        page.line(from_label(&words), &from.to_string());
        card(&words, &mut page, to_label(&words), to);
        page.gap();
        page.heading(words.of(
            "この利用者登録を、現在使用しているICカードから、新規に使用するICカードへ更新する手続きを始めます。",
            "I begin to renew this registration from the current IC card to the new one.",
        ));
        nothing_changes(&words, &mut page);
        page.0
    }

    fn begin(&self, office: &Office, words: &Words, at: Instant) -> Page {
        let mut page = Page::default();
        page.heading(words.of("ICカード更新の開始", "Beginning of an IC card renewal"));
        page.line(
            words.of("発注機関", "Ordering body"),
            office.name.in_language(words.language),
        );
        page.line(office_label(words), &office.id);
        page.line(words.of("作成日時", "Written"), &words.moment(at));
        page.line(mark_label(words), &self.mark);
        page.line(registration_label(words), &crate::desk::hex(&self.registration.0));
        page.gap();
        page
    }
}

impl Said {
    /// What a text of ours says; `None` for any other. Each label stands in it once.
    pub fn read(text: &str) -> Option<Self> {
        [Language::Ja, Language::En]
            .into_iter()
            .find_map(|language| Self::read_in(text, &Words { language }))
    }

    fn read_in(text: &str, words: &Words) -> Option<Self> {
        let said = |label: &str| {
            let mut values = text
                .lines()
                .filter_map(|line| line.strip_prefix(label)?.strip_prefix(' '));
            let value = values.next()?;
            values.next().is_none().then_some(value)
        };
        let card = |label: &str| said(label).and_then(octets::<32>).map(Fingerprint);
        Some(Self {
            office: said(office_label(words))?.to_owned(),
            registration: RegistrationId(octets::<16>(said(registration_label(words))?)?),
            mark: said(mark_label(words))?.to_owned(),
            from: card(from_label(words))?,
            to: card(to_label(words)),
        })
    }
}

fn card(words: &Words, page: &mut Page, label: &str, face: &CardFace) {
    page.line(label, &face.card.to_string());
    page.line(words.of("証明書シリアル番号", "Serial number"), &face.serial);
    page.line(words.of("証明書発行者", "Issuer"), &face.issuer);
}

fn nothing_changes(words: &Words, page: &mut Page) {
    page.heading(words.of(
        "「更新」ボタンを押すまでは、何も変わりません。",
        "Nothing changes before “Renew” is pressed.",
    ));
}

fn office_label(words: &Words) -> &'static str {
    words.of("発注機関の識別子", "Ordering body's id")
}

fn mark_label(words: &Words) -> &'static str {
    words.of("照合記号", "Mark")
}

fn registration_label(words: &Words) -> &'static str {
    words.of("利用者登録の識別値", "Registration")
}

fn from_label(words: &Words) -> &'static str {
    words.of("現在使用しているICカード（SHA-256）", "Current IC card (SHA-256)")
}

fn to_label(words: &Words) -> &'static str {
    words.of("新規に使用するICカード（SHA-256）", "New IC card (SHA-256)")
}

fn octets<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut octets = [0; N];
    if text.len() != N * 2 || !text.is_ascii() {
        return None;
    }
    for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(octets)
}
