//! 失効申込情報, the fields of screen S4 (DOMAIN §3.4).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::certificate::Reason;
use crate::time::{Day, Instant};

impl Form {
    /// Checks every field, so that all complaints come at once, in the order of the screen.
    ///
    /// `applicant` is the holder's name as the certificate has it, `not_before` the beginning of its validity.
    pub fn check(
        &self,
        applicant: &str,
        not_before: Instant,
        now: Instant,
    ) -> Result<Application, Vec<(Field, Complaint)>> {
        let mut complaints = Complaints(Vec::new());
        let ground = complaints.hear(Field::Reason, self.ground());
        let detail = complaints.hear(Field::ReasonDetail, check::remark(&self.reason_detail));
        let event_day = complaints.hear(Field::EventDate, self.event_day(ground, not_before, now));
        let applicant = complaints.hear(Field::ApplicantName, check::as_certified(applicant));
        let kana = complaints.hear(Field::ApplicantKana, check::reading(&self.applicant_kana));
        let phone = complaints.hear(Field::Phone, check::telephone(&self.phone));
        let mail = complaints.hear(Field::Mail, check::mail(&self.mail));
        complaints.hear(Field::MailAgain, self.same_mail());
        let bank = complaints.hear(Field::Bank, check::full_width(&self.bank, 40));
        let branch = complaints.hear(Field::Branch, check::full_width(&self.branch, 40));
        let kind = complaints.hear(Field::AccountType, self.account_kind());
        let number = complaints.hear(Field::AccountNumber, check::account_number(&self.account_number));
        let holder = complaints.hear(Field::AccountHolder, check::account_holder(&self.account_holder));
        let new_issue = complaints.hear(Field::NewIssue, self.wishes_new_issue());

        let application = || {
            Some(Application {
                ground: ground?,
                detail: detail?,
                event_day: event_day?,
                applicant: applicant?,
                kana: kana?,
                phone: phone?,
                mail: mail?,
                account: Account {
                    bank: bank?,
                    branch: branch?,
                    kind: kind?,
                    number: number?,
                    holder: holder?,
                },
                new_issue: new_issue?,
            })
        };
        // A field has its value exactly where nothing was said against it.
        match application() {
            Some(application) if complaints.0.is_empty() => Ok(application),
            _ => Err(complaints.0),
        }
    }

    fn ground(&self) -> Result<Ground, Complaint> {
        if self.reason.is_empty() {
            return Err(Complaint::Empty);
        }
        let ground = Ground::from_key(&self.reason).ok_or(Complaint::NotOffered)?;
        ground.online().then_some(ground).ok_or(Complaint::PaperOnly)
    }

    fn event_day(&self, ground: Option<Ground>, not_before: Instant, now: Instant) -> Result<Option<Day>, Complaint> {
        check::event_day(&self.event_date, ground, not_before, now)
    }

    fn same_mail(&self) -> Result<(), Complaint> {
        check::filled(&self.mail_again)?;
        (self.mail == self.mail_again)
            .then_some(())
            .ok_or(Complaint::MailsDiffer)
    }

    fn account_kind(&self) -> Result<AccountKind, Complaint> {
        check::account_kind(&self.account_type)
    }

    fn wishes_new_issue(&self) -> Result<Option<NewIssue>, Complaint> {
        match self.new_issue.as_str() {
            "" => Ok(None),
            "yes" => Ok(Some(NewIssue::Yes)),
            "no" => Ok(Some(NewIssue::No)),
            _ => Err(Complaint::NotOffered),
        }
    }
}

/// A checked application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// 失効理由
    pub ground: Ground,
    /// 失効理由の補足
    pub detail: Option<String>,
    /// 事由発生日
    pub event_day: Option<Day>,
    /// 申込者氏名, as on the certificate.
    pub applicant: String,
    /// 申込者氏名(フリガナ)
    pub kana: String,
    /// 連絡先電話番号, digits.
    pub phone: String,
    /// メールアドレス
    pub mail: String,
    /// お振込み口座
    pub account: Account,
    /// 発行申込の同時申込
    pub new_issue: Option<NewIssue>,
}

/// お振込み口座
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// 金融機関名
    pub bank: String,
    /// 支店名
    pub branch: String,
    /// 預金種目
    pub kind: AccountKind,
    /// 口座番号, seven digits.
    pub number: String,
    /// 口座名義, half-width katakana as a transfer wants it.
    pub holder: String,
}

/// 預金種目
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// 普通
    Ordinary,
    /// 当座
    Current,
}

/// 発行申込の同時申込
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewIssue {
    /// はい: the refund is set off against the new price.
    Yes,
    /// いいえ
    No,
}

/// 失効理由, in the applicant's words rather than RFC 5280's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ground {
    /// 秘密鍵の危殆化またはそのおそれ
    KeyCompromise,
    /// 電子証明書記載事項の変更
    ContentChanged,
    /// 利用者が当該企業等に属さないこととなった
    LeftOrganisation,
    /// 利用者の使用停止
    UseStopped,
    /// 企業等の倒産等
    Bankruptcy,
    /// ICカードまたはPINの紛失・盗難, on paper only (R001).
    Lost,
    /// ICカードの破損, while it still reads.
    Damaged,
    /// 利用者の死亡, never by the holder.
    Death,
}

/// The form as it was sent, character for character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// 失効理由, the key of a [`Ground`].
    pub reason: String,
    /// 失効理由の補足
    pub reason_detail: String,
    /// 事由発生日, `YYYY-MM-DD`.
    pub event_date: String,
    /// 申込者氏名(フリガナ)
    pub applicant_kana: String,
    /// 連絡先電話番号
    pub phone: String,
    /// メールアドレス
    pub mail: String,
    /// メールアドレス(確認)
    pub mail_again: String,
    /// 金融機関名
    pub bank: String,
    /// 支店名
    pub branch: String,
    /// 預金種目, `ordinary` or `current`.
    pub account_type: String,
    /// 口座番号
    pub account_number: String,
    /// 口座名義(カナ)
    pub account_holder: String,
    /// 発行申込の同時申込, `yes`, `no` or empty.
    pub new_issue: String,
}

/// A field of the form, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 失効理由
    Reason,
    /// 失効理由の補足
    ReasonDetail,
    /// 事由発生日
    EventDate,
    /// 申込者氏名
    ApplicantName,
    /// 申込者氏名(フリガナ)
    ApplicantKana,
    /// 連絡先電話番号
    Phone,
    /// メールアドレス
    Mail,
    /// メールアドレス(確認)
    MailAgain,
    /// 金融機関名
    Bank,
    /// 支店名
    Branch,
    /// 預金種目
    AccountType,
    /// 口座番号
    AccountNumber,
    /// 口座名義(カナ)
    AccountHolder,
    /// 発行申込の同時申込
    NewIssue,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// E-REQ
    Empty,
    /// E-LEN, in characters as a reader counts them (IVS = 1).
    TooLong {
        /// The most that is taken.
        most: usize,
    },
    /// E-CHAR
    Character {
        /// The first one that cannot be used.
        character: char,
    },
    /// E-WIDTH-ZEN
    FullWidth,
    /// E-WIDTH-HAN
    HalfWidthDigits,
    /// E-KANA
    Katakana,
    /// E-TEL
    Telephone,
    /// E-MAIL-FORMAT
    MailForm,
    /// E-MAIL-DIFF
    MailsDiffer,
    /// E-DATE-INVALID
    NoSuchDate,
    /// E-DATE-FUTURE
    Future,
    /// E-DATE-EARLY
    BeforeValidity,
    /// E-CHOICE
    NotOffered,
    /// E-ONLINE: on paper only (R001).
    PaperOnly,
    /// E-ENCLOSED: what this applicant must enclose for this reason is not among it (R003).
    Missing,
    /// E-OLD: a certificate of an office is older than it may be (R003).
    TooOld {
        /// The months it may be old.
        months: u8,
    },
}

/// 「修正する」 shows the form again as it was checked.
impl From<&Application> for Form {
    fn from(application: &Application) -> Self {
        let Application {
            ground,
            detail,
            event_day,
            applicant: _,
            kana,
            phone,
            mail,
            account,
            new_issue,
        } = application;
        Self {
            reason: ground.key().into(),
            reason_detail: detail.clone().unwrap_or_default(),
            event_date: event_day.map(|day| day.date().to_string()).unwrap_or_default(),
            applicant_kana: kana.clone(),
            phone: phone.clone(),
            mail: mail.clone(),
            mail_again: mail.clone(),
            bank: account.bank.clone(),
            branch: account.branch.clone(),
            account_type: account.kind.key().into(),
            account_number: account.number.clone(),
            account_holder: account.holder.clone(),
            new_issue: new_issue.map(NewIssue::key).unwrap_or_default().into(),
        }
    }
}

impl Ground {
    /// Every reason, in the order of the list.
    pub const ALL: [Self; 8] = [
        Self::KeyCompromise,
        Self::ContentChanged,
        Self::LeftOrganisation,
        Self::UseStopped,
        Self::Bankruptcy,
        Self::Lost,
        Self::Damaged,
        Self::Death,
    ];

    /// The name under which forms, rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::KeyCompromise => "key_compromise",
            Self::ContentChanged => "content_changed",
            Self::LeftOrganisation => "left_organisation",
            Self::UseStopped => "use_stopped",
            Self::Bankruptcy => "bankruptcy",
            Self::Lost => "lost",
            Self::Damaged => "damaged",
            Self::Death => "death",
        }
    }

    /// The reason of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.key() == key)
    }

    /// Whether the holder can apply for it online (R001): a lost card cannot sign, nor can the dead. A damaged card
    /// that still reads can.
    pub const fn online(self) -> bool {
        match self {
            Self::KeyCompromise
            | Self::ContentChanged
            | Self::LeftOrganisation
            | Self::UseStopped
            | Self::Bankruptcy
            | Self::Damaged => true,
            Self::Lost | Self::Death => false,
        }
    }

    /// Whether 事由発生日 must be told (△ in DOMAIN §3.4).
    pub const fn needs_event_day(self) -> bool {
        match self {
            Self::KeyCompromise | Self::ContentChanged | Self::LeftOrganisation => true,
            Self::UseStopped | Self::Bankruptcy | Self::Lost | Self::Damaged | Self::Death => false,
        }
    }

    /// What the revocation list says of it (DOMAIN §3.4). A changed record is `affiliationChanged`, which RFC 5280 and
    /// X.509 §9.5.3.1 word as "the subject's name or other information in the certificate has been modified".
    pub const fn reason(self) -> Reason {
        match self {
            Self::KeyCompromise | Self::Lost => Reason::KeyCompromise,
            Self::ContentChanged | Self::LeftOrganisation => Reason::AffiliationChanged,
            Self::UseStopped | Self::Bankruptcy | Self::Death => Reason::CessationOfOperation,
            Self::Damaged => Reason::Superseded,
        }
    }
}

impl AccountKind {
    /// Both, in the order of the screen.
    pub const ALL: [Self; 2] = [Self::Ordinary, Self::Current];

    /// The name under which forms, rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Current => "current",
        }
    }
}

impl NewIssue {
    /// Both, in the order of the screen.
    pub const ALL: [Self; 2] = [Self::Yes, Self::No];

    /// The name under which forms, rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

struct Complaints(Vec<(Field, Complaint)>);

impl Complaints {
    fn hear<T>(&mut self, field: Field, checked: Result<T, Complaint>) -> Option<T> {
        checked.map_err(|complaint| self.0.push((field, complaint))).ok()
    }
}

/// The checks of single fields, which the paper form shares.
pub(crate) mod check {
    use alloc::format;
    use alloc::string::String;

    use super::{Account, AccountKind, Complaint, Ground};
    use crate::characters::{self, Width};
    use crate::time::{Date, Day, Instant};

    /// Blank is empty: a field of spaces says nothing.
    pub(crate) fn filled(text: &str) -> Result<(), Complaint> {
        if let Some(character) = characters::forbidden(text) {
            return Err(Complaint::Character { character });
        }
        if text.trim().is_empty() {
            return Err(Complaint::Empty);
        }
        Ok(())
    }

    pub(crate) fn within(text: &str, most: usize) -> Result<(), Complaint> {
        (characters::count(text) <= most)
            .then_some(())
            .ok_or(Complaint::TooLong { most })
    }

    pub(crate) fn remark(text: &str) -> Result<Option<String>, Complaint> {
        match filled(text) {
            Err(Complaint::Empty) => Ok(None),
            Err(complaint) => Err(complaint),
            Ok(()) => within(text, 200).map(|()| Some(text.into())),
        }
    }

    /// The name stands on the certificate and nobody can retype it here, so its width is left alone: there are holders
    /// with a name in roman letters only.
    pub(crate) fn as_certified(name: &str) -> Result<String, Complaint> {
        filled(name)?;
        within(name, 60)?;
        Ok(name.into())
    }

    pub(crate) fn full_width(text: &str, most: usize) -> Result<String, Complaint> {
        filled(text)?;
        for character in text.chars() {
            match characters::width(character) {
                Width::Full => {}
                Width::Half => return Err(Complaint::FullWidth),
                Width::Neither => return Err(Complaint::Character { character }),
            }
        }
        within(text, most)?;
        Ok(text.into())
    }

    pub(crate) fn reading(text: &str) -> Result<String, Complaint> {
        filled(text)?;
        if !text.chars().all(characters::katakana) {
            return Err(Complaint::Katakana);
        }
        within(text, 60)?;
        Ok(text.into())
    }

    pub(crate) fn telephone(text: &str) -> Result<String, Complaint> {
        filled(text)?;
        let digits = text.bytes().all(|octet| octet.is_ascii_digit());
        (digits && (10..=11).contains(&text.len()))
            .then(|| text.into())
            .ok_or(Complaint::Telephone)
    }

    pub(crate) fn mail(text: &str) -> Result<String, Complaint> {
        filled(text)?;
        // RFC 5321 §4.5.3.1.3: a path of 256 octets, of which two are its angle brackets.
        if text.len() > 254 {
            return Err(Complaint::TooLong { most: 254 });
        }
        characters::mailable(text)
            .then(|| text.into())
            .ok_or(Complaint::MailForm)
    }

    pub(crate) fn account_number(text: &str) -> Result<String, Complaint> {
        filled(text)?;
        if !text.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(Complaint::HalfWidthDigits);
        }
        if text.len() > 7 {
            return Err(Complaint::TooLong { most: 7 });
        }
        Ok(format!("{text:0>7}"))
    }

    /// The length is that of the transfer form, in which a voiced mark takes a place of its own.
    pub(crate) fn account_holder(text: &str) -> Result<String, Complaint> {
        filled(text)?;
        let holder = characters::transfer_kana(text).map_err(|_| Complaint::Katakana)?;
        if !holder.contains(|kana| matches!(kana, 'ｦ' | 'ｱ'..='ﾝ')) {
            return Err(Complaint::Katakana);
        }
        if holder.chars().count() > 48 {
            return Err(Complaint::TooLong { most: 48 });
        }
        Ok(holder)
    }

    /// Any writing, as it stands on the paper.
    pub(crate) fn text(text: &str, most: usize) -> Result<String, Complaint> {
        filled(text)?;
        within(text, most)?;
        Ok(text.into())
    }

    pub(crate) fn event_day(
        text: &str,
        ground: Option<Ground>,
        not_before: Instant,
        now: Instant,
    ) -> Result<Option<Day>, Complaint> {
        if text.is_empty() {
            let needed = ground.is_some_and(Ground::needs_event_day);
            return if needed { Err(Complaint::Empty) } else { Ok(None) };
        }
        let day = Date::from_iso(text).ok_or(Complaint::NoSuchDate)?.as_day();
        if day > now.day() {
            return Err(Complaint::Future);
        }
        if day < not_before.day() {
            return Err(Complaint::BeforeValidity);
        }
        Ok(Some(day))
    }

    pub(crate) fn account_kind(text: &str) -> Result<AccountKind, Complaint> {
        match text {
            "" => Err(Complaint::Empty),
            "ordinary" => Ok(AccountKind::Ordinary),
            "current" => Ok(AccountKind::Current),
            _ => Err(Complaint::NotOffered),
        }
    }

    pub(crate) fn account(
        bank: &str,
        branch: &str,
        kind: &str,
        number: &str,
        holder: &str,
    ) -> Result<Account, Complaint> {
        Ok(Account {
            bank: full_width(bank, 40)?,
            branch: full_width(branch, 40)?,
            kind: account_kind(kind)?,
            number: account_number(number)?,
            holder: account_holder(holder)?,
        })
    }
}
