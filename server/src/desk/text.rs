//! The text that the holder signs: everything that was shown, in the language in which it was shown.
//!
//! It is written once, kept as evidence and signed as it is: UTF-8 without a mark, lines that end with LF, values as
//! they were entered. Its words stand here and not in a catalogue, since a text of years ago must not change with them.

use casework::application::{AccountKind, Application, Ground, NewIssue};
use casework::refund::{Refund, Terms};
use casework::revocation::Opened;
use casework::time::{Day, Instant, Weekday};
use pki::certificate::Certificate;
use std::fmt;
use wire::office::Language;

use super::revocation::Authentication;
use crate::office::Office;
use crate::portal::fact::grouped;

/// What makes a text different from every other one: 80 random bits, shown on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark([u8; 10]);

/// Everything that goes into it.
pub(super) struct Text<'a> {
    pub(super) office: &'a Office,
    pub(super) opened: &'a Opened,
    pub(super) certificate: &'a Certificate,
    pub(super) authentication: &'a Authentication,
    pub(super) application: &'a Application,
    pub(super) refund: Refund,
    pub(super) mark: Mark,
    pub(super) at: Instant,
}

impl Text<'_> {
    pub(super) fn written_in(&self, language: Language) -> String {
        let words = Words { language };
        let mut page = Page::default();
        page.heading(words.of("失効申込書", "Application for revocation"));
        page.line(words.of("申込先", "To"), self.office.name.in_language(language));
        page.line(words.of("作成日時", "Written"), &words.moment(self.at));
        page.line(words.of("照合記号", "Mark"), &self.mark.to_string());
        page.gap();

        page.heading(words.of("失効する電子証明書", "Certificates to be revoked"));
        let holder = self.certificate.holder();
        let holder = holder.as_ref();
        let content = [
            (
                words.of("利用者氏名", "Holder"),
                holder.and_then(|holder| holder.name.as_deref()),
            ),
            (
                words.of("利用者氏名（ローマ字）", "Holder in Latin letters"),
                holder.and_then(|holder| holder.name_romaji.as_deref()),
            ),
            (
                words.of("自宅住所（ローマ字）", "Home address in Latin letters"),
                holder.and_then(|holder| holder.address_romaji.as_deref()),
            ),
            (
                words.of("商号・名称", "Organisation"),
                holder.and_then(|holder| holder.organisation.as_deref()),
            ),
            (
                words.of("商号・名称（ローマ字）", "Organisation in Latin letters"),
                holder.and_then(|holder| holder.organisation_romaji.as_deref()),
            ),
            (
                words.of("本店住所", "Address of the organisation"),
                holder.and_then(|holder| holder.organisation_address.as_deref()),
            ),
            (
                words.of("法人番号", "Corporate number"),
                holder.and_then(|holder| holder.corporate_number.as_deref()),
            ),
        ];
        for (label, value) in content {
            // A certificate without the field has no line for it, as on the screen.
            if let Some(value) = value {
                page.line(label, value);
            }
        }
        page.line(
            words.of("シリアル番号（署名用）", "Serial number (signature)"),
            &self.certificate.serial().to_string(),
        );
        page.line(
            words.of("シリアル番号（認証用）", "Serial number (authentication)"),
            &words.authentication(self.authentication),
        );
        page.line(words.of("発行者", "Issuer"), &self.certificate.issuer().readable());
        page.line(
            words.of("有効期間の始め", "Valid from"),
            &words.moment(Instant(self.certificate.not_before())),
        );
        page.line(
            words.of("有効期間の終わり", "Valid until"),
            &words.moment(Instant(self.certificate.not_after())),
        );
        page.line(
            words.of(
                "SHA-256 フィンガープリント（署名用）",
                "SHA-256 fingerprint (signature)",
            ),
            &self.opened.subject.card.to_string(),
        );
        page.gap();

        self.application(&words, &mut page);
        page.gap();

        page.heading(words.of("確認した文書", "Documents that were opened"));
        page.line(
            words.of("手続きの流れ（SHA-256）", "Procedure (SHA-256)"),
            &self.opened.informed.flow().to_string(),
        );
        page.line(
            words.of("利用規約（SHA-256）", "Terms of use (SHA-256)"),
            &self.opened.informed.terms().to_string(),
        );
        page.gap();
        page.heading(words.of(
            "上記の電子証明書の失効を申し込みます。",
            "I apply for the revocation of the certificates above.",
        ));
        page.heading(words.of(
            "ICカードに入っている認証用と署名用の電子証明書は、両方とも失効します。",
            "Both certificates on the IC card will be revoked: the one for authentication and the one for signatures.",
        ));
        page.heading(words.of(
            "この申込は、送信した時から訂正も取消もできません。",
            "From the moment it is sent, this application can be neither corrected nor withdrawn.",
        ));
        page.0
    }

    fn application(&self, words: &Words, page: &mut Page) {
        let Application {
            ground,
            detail,
            event_day,
            applicant,
            kana,
            phone,
            mail,
            account,
            new_issue,
        } = self.application;
        page.heading(words.of("申込内容", "Application"));
        page.line(words.of("失効理由", "Reason"), words.ground(*ground));
        let none = words.of("（入力なし）", "(nothing entered)");
        page.line(
            words.of("失効理由の補足", "Reason in detail"),
            detail.as_deref().unwrap_or(none),
        );
        let day = event_day.map_or_else(|| none.to_owned(), |day| words.day(day));
        page.line(words.of("事由発生日", "Date of event"), &day);
        page.line(words.of("申込者氏名", "Applicant"), applicant);
        page.line(words.of("申込者氏名（フリガナ）", "Applicant in kana"), kana);
        page.line(words.of("連絡先電話番号", "Telephone"), phone);
        page.line(words.of("メールアドレス", "E-mail"), mail);
        page.line(words.of("金融機関名", "Bank"), &account.bank);
        page.line(words.of("支店名", "Branch"), &account.branch);
        let kind = match account.kind {
            AccountKind::Ordinary => words.of("普通", "Ordinary"),
            AccountKind::Current => words.of("当座", "Current"),
        };
        page.line(words.of("預金種目", "Account type"), kind);
        page.line(words.of("口座番号", "Account number"), &account.number);
        page.line(words.of("口座名義", "Account holder"), &account.holder);
        let wish = match new_issue {
            Some(NewIssue::Yes) => words.of("はい", "Yes"),
            Some(NewIssue::No) => words.of("いいえ", "No"),
            None => none,
        };
        page.line(
            words.of("発行申込の同時申込", "New card applied for at the same time"),
            wish,
        );
        let terms = &self.office.revocation.policy.refund;
        page.line(
            words.of("返金額の目安", "Estimated refund"),
            &words.refund(self.refund, terms),
        );
    }
}

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

    fn authentication(&self, authentication: &Authentication) -> String {
        let serial = authentication.serial;
        match (authentication.revoked_before, self.language) {
            (None, _) => serial.to_string(),
            (Some(at), Language::Ja) => format!("{serial}（{} に失効済み）", self.moment(at)),
            (Some(at), Language::En) => format!("{serial} (revoked already, {})", self.moment(at)),
        }
    }

    fn refund(&self, refund: Refund, terms: &Terms) -> String {
        match refund {
            Refund::Estimate { yen } => match self.language {
                Language::Ja => format!("{}円", grouped(yen)),
                Language::En => format!("{} yen", grouped(yen)),
            },
            Refund::None => match self.language {
                Language::Ja => format!(
                    "返金はありません（手数料を差し引いた額が{}円に満たないため）",
                    grouped(terms.minimum)
                ),
                Language::En => format!(
                    "No refund (less than {} yen remain after the fee)",
                    grouped(terms.minimum)
                ),
            },
            Refund::Unknown => self
                .of(
                    "ご購入時の料金の記録がないため、後日お知らせします",
                    "The price paid is not on record; we will tell you later",
                )
                .to_owned(),
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

const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
