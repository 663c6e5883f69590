//! What every text to be signed is written with: its mark, its lines, and the words that several have.
//!
//! A text is everything that was shown, in the language in which it was shown. It is written once, kept as evidence and
//! signed as it is: UTF-8 without a mark of byte order, lines that end with LF, values as they were entered. Its words
//! stand here and in the procedures' own texts and not in a catalogue, since a text of years ago must not change with
//! them.

use casework::application::{Account, AccountKind, Ground};
use casework::identity::{Digest, PersonNumber};
use casework::review::Reason;
use casework::time::{Day, Instant, Weekday};
use std::fmt;
use wire::office::Language;

use crate::office::{Office, ReasonUse};

/// What makes a text different from every other one: 80 random bits, shown on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark([u8; 10]);

impl Mark {
    pub(super) const fn from_random(octets: [u8; 10]) -> Self {
        Self(octets)
    }
}

/// Sixteen letters without look-alikes, in groups of four.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self
            .0
            .iter()
            .fold(0_u128, |value, octet| value << 8 | u128::from(*octet));
        for place in (0..16_u32).rev() {
            let letter = ALPHABET
                .get((value >> (place * 5) & 31) as usize)
                .copied()
                .unwrap_or(b'2');
            fmt::Write::write_char(f, char::from(letter))?;
            if place % 4 == 0 && place > 0 {
                fmt::Write::write_char(f, '-')?;
            }
        }
        Ok(())
    }
}

/// Lines that end with LF.
#[derive(Default)]
pub(super) struct Page(pub(super) String);

impl Page {
    pub(super) fn heading(&mut self, words: &str) {
        self.0.push_str(words);
        self.0.push('\n');
    }

    /// A value has one line, as the form does: one that began a line would read as one of ours.
    pub(super) fn line(&mut self, label: &str, value: &str) {
        self.0.push_str(label);
        self.0.push(' ');
        self.0.extend(value.chars().filter(|character| !character.is_control()));
        self.0.push('\n');
    }

    /// What a certificate says, in a line of its own; one without the field has no line for it, as on the screen.
    pub(super) fn field(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.line(label, value);
        }
    }

    /// Where a refund goes.
    pub(super) fn account(&mut self, words: &Words, account: &Account) {
        let kind = match account.kind {
            AccountKind::Ordinary => words.of("普通", "Ordinary"),
            AccountKind::Current => words.of("当座", "Current"),
        };
        self.line(words.of("金融機関名", "Bank"), &account.bank);
        self.line(words.of("支店名", "Branch"), &account.branch);
        self.line(words.of("預金種目", "Account type"), kind);
        self.line(words.of("口座番号", "Account number"), &account.number);
        self.line(words.of("口座名義", "Account holder"), &account.holder);
    }

    /// Why it was denied or given back, in the words that the applicant reads, with the name under which the audit has it.
    pub(super) fn reason(&mut self, words: &Words, office: &Office, reason: &Reason, used_for: ReasonUse) {
        let saved = office.reason(&reason.key, used_for);
        let said = saved.map_or("", |saved| saved.words.in_language(words.language));
        self.line(
            words.of("決定の理由", "Reason of the decision"),
            &format!("{said} ({})", reason.key),
        );
        if let Some(remark) = &reason.remark {
            self.line(words.of("補足", "Remark"), remark);
        }
    }

    pub(super) fn gap(&mut self) {
        self.0.push('\n');
    }
}

/// The words of one language.
pub(super) struct Words {
    pub(super) language: Language,
}

impl Words {
    pub(super) const fn of<'w>(&self, ja: &'w str, en: &'w str) -> &'w str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    pub(super) const fn ground(&self, ground: Ground) -> &'static str {
        match ground {
            Ground::KeyCompromise => self.of(
                "秘密鍵の危殆化またはそのおそれ",
                "The private key is compromised, or may be",
            ),
            Ground::ContentChanged => self.of(
                "電子証明書記載事項の変更（氏名・自宅住所ローマ字・商号・本店住所・法人番号）",
                "Change of what the certificate says (name, home address in Latin letters, organisation, head office, \
                 corporate number)",
            ),
            Ground::LeftOrganisation => self.of(
                "利用者が当該企業等に属さないこととなった",
                "The holder no longer belongs to the organisation",
            ),
            Ground::UseStopped => self.of(
                "利用者の使用停止（名義人の変更・人事異動）",
                "Use by this holder has ended (another holder, transfer)",
            ),
            Ground::Bankruptcy => self.of("企業等の倒産等", "Bankruptcy of the organisation or the like"),
            Ground::Lost => self.of(
                "ICカードまたはPINの紛失・盗難",
                "The IC card or the PIN is lost or stolen",
            ),
            Ground::Damaged => self.of(
                "ICカードの破損（まだ読み取れるもの）",
                "The IC card is damaged (but can still be read)",
            ),
            Ground::Death => self.of("利用者の死亡", "Death of the holder"),
        }
    }

    pub(super) fn day(&self, day: Day) -> String {
        let date = day.date();
        match self.language {
            Language::Ja => {
                let weekday = match day.weekday() {
                    Weekday::Sunday => '日',
                    Weekday::Monday => '月',
                    Weekday::Tuesday => '火',
                    Weekday::Wednesday => '水',
                    Weekday::Thursday => '木',
                    Weekday::Friday => '金',
                    Weekday::Saturday => '土',
                };
                format!("{}年{}月{}日({weekday})", date.year, date.month, date.day)
            }
            Language::En => date.to_string(),
        }
    }

    pub(super) fn moment(&self, at: Instant) -> String {
        let second = at.second_of_day();
        let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
        let day = self.day(at.day());
        match self.language {
            Language::Ja => format!("{day} {hours:02}時{minutes:02}分{seconds:02}秒（日本時間）"),
            Language::En => format!("{day} {hours:02}:{minutes:02}:{seconds:02} (Japan time, UTC+9)"),
        }
    }
}

/// Whether a text is about this content: it has the line that our texts have.
pub(super) fn quotes(text: &str, content: Digest) -> bool {
    has_line(text, content_label, &content.to_string())
}

/// Whether a text was written for this person.
pub(super) fn is_for(text: &str, person: &PersonNumber) -> bool {
    has_line(text, person_label, &person.0)
}

fn has_line(text: &str, label: fn(&Words) -> &'static str, value: &str) -> bool {
    [Language::Ja, Language::En].into_iter().any(|language| {
        let mut page = Page::default();
        page.line(label(&Words { language }), value);
        text.split_inclusive('\n').any(|line| line == page.0)
    })
}

pub(super) fn content_label(words: &Words) -> &'static str {
    words.of("内容の識別値（SHA-256）", "Digest of the content (SHA-256)")
}

pub(super) fn person_label(words: &Words) -> &'static str {
    words.of("職員番号", "Staff number")
}

const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
