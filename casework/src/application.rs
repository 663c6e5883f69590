//! 失効申込情報, the fields of screen S4 (DOMAIN §3.4).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::time::{Day, Instant};

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
}
