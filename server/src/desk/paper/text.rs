//! The texts that officers sign: what the paper says, and what was decided on it; and the content that both quote.
//!
//! As in the online application's text the words stand here, since a text of years ago must not change with a catalogue.

use casework::identity::{CertificateId, Digest};
use casework::number::Number;
use casework::paper::{Applicant, Document, Entry};
use casework::review::Verdict;
use casework::time::{Day, Instant};
use pki::certificate::Certificate;
use wire::office::Language;

use super::Paper;
use crate::desk::CaseId;
use crate::desk::officer::Acting;
use crate::desk::text::{Mark, Page, Words, content_label, person_label};
use crate::fault::{Bug, Fault};
use crate::office::{Office, ReasonUse};

/// What both texts say.
pub(super) struct PaperText<'a> {
    pub(super) office: &'a Office,
    pub(super) officer: &'a Acting,
    pub(super) certificate: &'a Certificate,
    /// The other certificates of the card, which go with it.
    pub(super) others: &'a [CertificateId],
    pub(super) entry: &'a Entry,
    pub(super) content: Digest,
    pub(super) number: Option<Number>,
    pub(super) mark: Mark,
    pub(super) at: Instant,
}

/// Everything that was entered, as its digest counts: one field in one line, each value as a JSON string, what was not
/// entered without a line. It begins with the case, so that no other application has this content.
pub(super) fn content(case: CaseId<Paper>, entry: &Entry) -> Result<String, Fault> {
    let mut lines = vec!["KAGIMORI paper 1".to_owned(), format!("case {case}")];
    let mut say = |key: &str, value: &str| -> Result<(), Fault> {
        let value = serde_json::to_string(value).map_err(|why| Fault::Bug(Bug(why.to_string())))?;
        lines.push(format!("{key} {value}"));
        Ok(())
    };
    let day = |day: Day| day.date().to_string();
    say("authority", &entry.certificate.authority.0)?;
    say("serial", &entry.certificate.serial.to_string())?;
    say("received", &day(entry.received))?;
    say("applicant", entry.applicant.key())?;
    say("reason", entry.ground.key())?;
    if let Some(detail) = &entry.detail {
        say("reason_detail", detail)?;
    }
    if let Some(event_day) = entry.event_day {
        say("event_date", &day(event_day))?;
    }
    say("name", &entry.name)?;
    say("kana", &entry.kana)?;
    say("postal_code", &entry.postal_code)?;
    say("address", &entry.address)?;
    say("phone", &entry.phone)?;
    if let Some(mail) = &entry.mail {
        say("mail", mail)?;
    }
    for enclosure in &entry.enclosures {
        say("enclosure", enclosure.document.key())?;
        if let Some(issued) = enclosure.issued {
            say("enclosure_issued", &day(issued))?;
        }
    }
    if let Some(account) = &entry.account {
        say("bank", &account.bank)?;
        say("branch", &account.branch)?;
        say("account_type", account.kind.key())?;
        say("account_number", &account.number)?;
        say("account_holder", &account.holder)?;
    }
    for file in &entry.files {
        say("file", &file.digest.to_string())?;
        say("file_size", &file.size.to_string())?;
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

impl PaperText<'_> {
    /// The entering officer's.
    pub(super) fn entry_in(&self, language: Language) -> String {
        let words = Words { language };
        let mut page = self.begin(
            &words,
            words.of("書面による失効申込の入力", "Entry of an application on paper"),
        );
        self.paper(&words, &mut page);
        page.gap();
        page.heading(words.of(
            "上記の内容は、提出された書面と一致します。必要な書類を確認しました。",
            "The above agrees with the papers that were handed in. I have checked the documents that are needed.",
        ));
        page.heading(words.of(
            "別の職員が承認すると、ICカードに入っている認証用と署名用の電子証明書は、両方とも失効します。",
            "Once another officer approves it, both certificates on the IC card will be revoked: the one for \
             authentication and the one for signatures.",
        ));
        page.0
    }

    /// The deciding officer's.
    pub(super) fn decision_in(&self, verdict: &Verdict, language: Language) -> String {
        let words = Words { language };
        let mut page = self.begin(
            &words,
            words.of("書面による失効申込の決定", "Decision on an application on paper"),
        );
        page.heading(words.of("申込", "Application"));
        page.line(words.of("申込者氏名", "Applicant"), &self.entry.name);
        page.line(words.of("失効理由", "Reason"), words.ground(self.entry.ground));
        page.gap();
        page.heading(words.of("決定", "Decision"));
        let (decided, reason) = match verdict {
            Verdict::Approve => (
                words.of(
                    "承認（電子証明書を失効させる）",
                    "Approved (the certificates are revoked)",
                ),
                None,
            ),
            Verdict::Deny(reason) => (words.of("否認", "Denied"), Some((reason, ReasonUse::Deny))),
            Verdict::Return(reason) => (
                words.of("差戻し", "Given back to be completed"),
                Some((reason, ReasonUse::Return)),
            ),
        };
        page.line(words.of("決定", "Decision"), decided);
        if let Some((reason, used_for)) = reason {
            page.reason(&words, self.office, reason, used_for);
        }
        page.gap();
        page.heading(words.of(
            "上記の内容と添付書類を確認し、上記のとおり決定します。",
            "I have examined the content above and its enclosures, and decide as stated.",
        ));
        if matches!(verdict, Verdict::Approve) {
            page.heading(words.of(
                "ICカードに入っている認証用と署名用の電子証明書は、両方とも直ちに失効し、元に戻すことはできません。",
                "Both certificates on the IC card are revoked at once, the one for authentication and the one for \
                 signatures. This cannot be undone.",
            ));
        }
        page.0
    }

    fn begin(&self, words: &Words, title: &str) -> Page {
        let mut page = Page::default();
        page.heading(title);
        page.line(words.of("窓口", "Office"), self.office.name.in_language(words.language));
        page.line(words.of("作成日時", "Written"), &words.moment(self.at));
        page.line(words.of("照合記号", "Mark"), &self.mark.to_string());
        page.line(words.of("職員", "Officer"), &self.officer.name);
        page.line(person_label(words), &self.officer.officer.person.0);
        if let Some(number) = self.number {
            page.line(words.of("受付番号", "Receipt number"), &number.to_string());
        }
        page.line(content_label(words), &self.content.to_string());
        page.gap();
        self.certificates(words, &mut page);
        page.gap();
        page
    }

    fn certificates(&self, words: &Words, page: &mut Page) {
        page.heading(words.of("失効する電子証明書", "Certificates to be revoked"));
        let holder = self.certificate.holder().unwrap_or_default();
        page.field(words.of("利用者氏名", "Holder"), holder.name.as_deref());
        page.field(words.of("商号・名称", "Organisation"), holder.organisation.as_deref());
        page.field(
            words.of("法人番号", "Corporate number"),
            holder.corporate_number.as_deref(),
        );
        page.line(
            words.of("シリアル番号（署名用）", "Serial number (signature)"),
            &self.certificate.serial().to_string(),
        );
        for other in self.others {
            page.line(
                words.of("シリアル番号（認証用）", "Serial number (authentication)"),
                &other.serial.to_string(),
            );
        }
        page.line(words.of("発行者", "Issuer"), &self.certificate.issuer().readable());
        page.line(
            words.of("有効期間の終わり", "Valid until"),
            &words.moment(Instant(self.certificate.not_after())),
        );
        page.line(
            words.of(
                "SHA-256 フィンガープリント（署名用）",
                "SHA-256 fingerprint (signature)",
            ),
            &Digest(self.certificate.fingerprint()).to_string(),
        );
    }

    fn paper(&self, words: &Words, page: &mut Page) {
        let entry = self.entry;
        let none = words.of("（入力なし）", "(nothing entered)");
        page.heading(words.of("申込内容", "Application"));
        page.line(words.of("受付日", "Received"), &words.day(entry.received));
        page.line(
            words.of("申込者の区分", "Applying as"),
            applicant(words, entry.applicant),
        );
        page.line(words.of("失効理由", "Reason"), words.ground(entry.ground));
        page.line(
            words.of("失効理由の補足", "Reason in detail"),
            entry.detail.as_deref().unwrap_or(none),
        );
        let day = entry.event_day.map_or_else(|| none.to_owned(), |day| words.day(day));
        page.line(words.of("事由発生日", "Date of event"), &day);
        page.line(words.of("申込者氏名", "Applicant"), &entry.name);
        page.line(words.of("申込者氏名（フリガナ）", "Applicant in kana"), &entry.kana);
        page.line(words.of("郵便番号", "Postal code"), &entry.postal_code);
        page.line(words.of("住所", "Address"), &entry.address);
        page.line(words.of("連絡先電話番号", "Telephone"), &entry.phone);
        page.line(
            words.of("メールアドレス", "E-mail"),
            entry.mail.as_deref().unwrap_or(none),
        );
        match &entry.account {
            None => page.line(
                words.of("お振込み口座", "Bank account"),
                words.of("（返金の申込なし）", "(no refund applied for)"),
            ),
            Some(account) => page.account(words, account),
        }
        page.gap();
        page.heading(words.of("確認した書類", "Documents that were checked"));
        for enclosure in &entry.enclosures {
            let issued = enclosure
                .issued
                .map_or_else(|| words.of("確認済み", "checked").to_owned(), |day| words.day(day));
            page.line(document(words, enclosure.document), &issued);
        }
        for file in &entry.files {
            page.line(
                words.of("写しの識別値（SHA-256）", "Digest of a copy (SHA-256)"),
                &file.digest.to_string(),
            );
        }
    }
}

const fn applicant(words: &Words, applicant: Applicant) -> &'static str {
    match applicant {
        Applicant::Holder => words.of("利用者本人", "The holder"),
        Applicant::Representative => words.of("企業等の代表者", "A representative of the organisation"),
        Applicant::ThirdParty => words.of("第三者", "A third party"),
    }
}

const fn document(words: &Words, document: Document) -> &'static str {
    match document {
        Document::Notice => words.of("失効届（実印の押印）", "Form with the registered seal"),
        Document::SealCertificate => words.of("印鑑登録証明書", "Certificate of the registered seal"),
        Document::ResidentRecord => words.of("住民票の写し", "Copy of the resident record"),
        Document::FamilyRegister => words.of("戸籍謄本・抄本", "Extract of the family register"),
        Document::CompanyRegister => words.of("登記事項証明書", "Extract of the company register"),
        Document::PublicProof => words.of(
            "死亡または破産を証する公的書類",
            "Public proof of the death or the bankruptcy",
        ),
    }
}
