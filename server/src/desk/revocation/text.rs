//! The text that the holder signs.

use casework::application::{Application, NewIssue};
use casework::refund::{Refund, Terms};
use casework::revocation::Opened;
use casework::time::Instant;
use pki::certificate::Certificate;
use wire::office::Language;

use super::Authentication;
use crate::desk::text::{Mark, Page, Words};
use crate::office::Office;
use crate::portal::fact::grouped;

/// Everything that goes into it.
pub(super) struct Text<'a> {
    pub(super) office: &'a Office,
    pub(super) opened: &'a Opened,
    pub(super) certificate: &'a Certificate,
    pub(super) authentication: &'a Authentication,
    pub(super) application: &'a Application,
    pub(super) refund: Refund,
    pub(super) terms: &'a Terms,
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
        let holder = self.certificate.holder().unwrap_or_default();
        page.field(words.of("利用者氏名", "Holder"), holder.name.as_deref());
        page.field(
            words.of("利用者氏名（ローマ字）", "Holder in Latin letters"),
            holder.name_romaji.as_deref(),
        );
        page.field(
            words.of("自宅住所（ローマ字）", "Home address in Latin letters"),
            holder.address_romaji.as_deref(),
        );
        page.field(words.of("商号・名称", "Organisation"), holder.organisation.as_deref());
        page.field(
            words.of("商号・名称（ローマ字）", "Organisation in Latin letters"),
            holder.organisation_romaji.as_deref(),
        );
        page.field(
            words.of("本店住所", "Address of the organisation"),
            holder.organisation_address.as_deref(),
        );
        page.field(
            words.of("法人番号", "Corporate number"),
            holder.corporate_number.as_deref(),
        );
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
        page.account(words, account);
        let wish = match new_issue {
            Some(NewIssue::Yes) => words.of("はい", "Yes"),
            Some(NewIssue::No) => words.of("いいえ", "No"),
            None => none,
        };
        page.line(
            words.of("発行申込の同時申込", "New card applied for at the same time"),
            wish,
        );
        page.line(
            words.of("返金額の目安", "Estimated refund"),
            &words.refund(self.refund, self.terms),
        );
    }
}

impl Words {
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
}
