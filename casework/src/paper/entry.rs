//! 失効届, what an officer copies from the paper (DOMAIN §3.1, R003).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

pub use crate::application::Complaint;
use crate::application::{Account, Ground, check};
use crate::identity::{CertificateId, Digest};
use crate::time::{Date, Day, Instant};

impl Form {
    /// Checks every field, so that all complaints come at once, in the order of the screen.
    ///
    /// `not_before` is the beginning of the certificate's validity, `within` how many months old an enclosure may be.
    pub fn check(
        &self,
        certificate: CertificateId,
        files: Vec<File>,
        not_before: Instant,
        within: u8,
        now: Instant,
    ) -> Result<Entry, Vec<(Field, Complaint)>> {
        let mut complaints = Vec::new();
        let mut hear = |field, complaint| complaints.push((field, complaint));
        macro_rules! heard {
            ($field:expr, $checked:expr) => {
                $checked.map_err(|complaint| hear($field, complaint)).ok()
            };
        }
        let received = heard!(Field::Received, self.received(now));
        let applicant = heard!(Field::Applicant, self.applicant());
        let ground = heard!(Field::Reason, self.ground(applicant));
        let detail = heard!(Field::ReasonDetail, check::remark(&self.reason_detail));
        let event_day = heard!(Field::EventDate, self.event_day(ground, not_before, now));
        let name = heard!(Field::Name, check::text(&self.name, 60));
        let kana = heard!(Field::Kana, check::reading(&self.kana));
        let postal_code = heard!(Field::PostalCode, self.postal_code());
        let address = heard!(Field::Address, check::text(&self.address, 200));
        let phone = heard!(Field::Phone, check::telephone(&self.phone));
        let mail = heard!(Field::Mail, self.mail());
        let enclosures = heard!(Field::Enclosures, self.enclosures(applicant, ground, received, within));
        let account = self.account(&mut |field, complaint| hear(field, complaint));
        if files.is_empty() {
            hear(Field::Files, Complaint::Empty);
        } else if files.len() > FILES {
            hear(Field::Files, Complaint::TooLong { most: FILES });
        }
        let entry = || {
            Some(Entry {
                certificate,
                received: received?,
                applicant: applicant?,
                ground: ground?,
                detail: detail?,
                event_day: event_day?,
                name: name?,
                kana: kana?,
                postal_code: postal_code?,
                address: address?,
                phone: phone?,
                mail: mail?,
                enclosures: enclosures?,
                account,
                files,
            })
        };
        // A field has its value exactly where nothing was said against it.
        match entry() {
            Some(entry) if complaints.is_empty() => Ok(entry),
            _ => Err(complaints),
        }
    }

    fn received(&self, now: Instant) -> Result<Day, Complaint> {
        if self.received.is_empty() {
            return Err(Complaint::Empty);
        }
        let day = Date::from_iso(&self.received).ok_or(Complaint::NoSuchDate)?.as_day();
        if day > now.day() {
            Err(Complaint::Future)
        } else {
            Ok(day)
        }
    }

    fn applicant(&self) -> Result<Applicant, Complaint> {
        if self.applicant.is_empty() {
            return Err(Complaint::Empty);
        }
        Applicant::from_key(&self.applicant).ok_or(Complaint::NotOffered)
    }

    fn ground(&self, applicant: Option<Applicant>) -> Result<Ground, Complaint> {
        if self.reason.is_empty() {
            return Err(Complaint::Empty);
        }
        let ground = Ground::from_key(&self.reason).ok_or(Complaint::NotOffered)?;
        match applicant {
            Some(applicant) if !applicant.may_say(ground) => Err(Complaint::NotOffered),
            _ => Ok(ground),
        }
    }

    fn event_day(&self, ground: Option<Ground>, not_before: Instant, now: Instant) -> Result<Option<Day>, Complaint> {
        check::event_day(&self.event_date, ground, not_before, now)
    }

    fn postal_code(&self) -> Result<String, Complaint> {
        let digits: String = self.postal_code.chars().filter(|character| *character != '-').collect();
        if digits.is_empty() {
            return Err(Complaint::Empty);
        }
        (digits.len() == 7 && digits.bytes().all(|octet| octet.is_ascii_digit()))
            .then_some(digits)
            .ok_or(Complaint::HalfWidthDigits)
    }

    fn mail(&self) -> Result<Option<String>, Complaint> {
        if self.mail.is_empty() {
            return Ok(None);
        }
        check::mail(&self.mail).map(Some)
    }

    /// R003: the form with the registered seal always, and what proves the rest; certificates of an office are no older
    /// than so many months on the day on which the paper arrived.
    fn enclosures(
        &self,
        applicant: Option<Applicant>,
        ground: Option<Ground>,
        received: Option<Day>,
        within: u8,
    ) -> Result<Vec<Enclosure>, Complaint> {
        let mut enclosures = Vec::new();
        for (document, issued) in &self.enclosures {
            let document = Document::from_key(document).ok_or(Complaint::NotOffered)?;
            let issued = match (document.dated(), issued.as_str()) {
                (false, _) => None,
                (true, "") => return Err(Complaint::Empty),
                (true, date) => Some(Date::from_iso(date).ok_or(Complaint::NoSuchDate)?.as_day()),
            };
            if let (Some(issued), Some(received)) = (issued, received) {
                if issued > received {
                    return Err(Complaint::Future);
                }
                if issued.date().months_until(received.date()) >= u32::from(within)
                    && months_later(issued, within).is_none_or(|last| received > last)
                {
                    return Err(Complaint::TooOld { months: within });
                }
            }
            enclosures.push(Enclosure { document, issued });
        }
        let has = |document| {
            enclosures
                .iter()
                .any(|enclosure: &Enclosure| enclosure.document == document)
        };
        if let (Some(applicant), Some(ground)) = (applicant, ground)
            && !applicant
                .must_enclose(ground)
                .iter()
                .all(|any| any.iter().any(|document| has(*document)))
        {
            return Err(Complaint::Missing);
        }
        Ok(enclosures)
    }

    fn account(&self, hear: &mut dyn FnMut(Field, Complaint)) -> Option<Box<Account>> {
        let said = [
            &self.bank,
            &self.branch,
            &self.account_type,
            &self.account_number,
            &self.account_holder,
        ];
        if said.iter().all(|field| field.is_empty()) {
            return None; // no refund is asked for
        }
        let account = check::account(
            &self.bank,
            &self.branch,
            &self.account_type,
            &self.account_number,
            &self.account_holder,
        );
        account
            .map(Box::new)
            .map_err(|complaint| hear(Field::Account, complaint))
            .ok()
    }
}

/// The last day on which a paper of that day may arrive: the same day of the month, or the month's last (民法143条).
fn months_later(issued: Day, months: u8) -> Option<Day> {
    let date = issued.date();
    let count = i32::from(date.month) - 1 + i32::from(months);
    let (year, month) = (date.year + count / 12, u8::try_from(count % 12 + 1).ok()?);
    (0..=3_u8)
        .find_map(|less| Date::new(year, month, date.day.checked_sub(less)?))
        .map(Date::as_day)
}

/// A checked entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The signature certificate that the paper names.
    pub certificate: CertificateId,
    /// 受付日: the day on which the paper arrived.
    pub received: Day,
    /// 申込者の区分
    pub applicant: Applicant,
    /// 失効理由
    pub ground: Ground,
    /// 失効理由の補足
    pub detail: Option<String>,
    /// 事由発生日
    pub event_day: Option<Day>,
    /// 申込者氏名
    pub name: String,
    /// 申込者氏名(フリガナ)
    pub kana: String,
    /// 郵便番号, seven digits.
    pub postal_code: String,
    /// 住所
    pub address: String,
    /// 連絡先電話番号, digits.
    pub phone: String,
    /// メールアドレス, if there is one: letters are posted otherwise.
    pub mail: Option<String>,
    /// 添付書類
    pub enclosures: Vec<Enclosure>,
    /// お振込み口座, where a refund is asked for.
    pub account: Option<Box<Account>>,
    /// The scanned papers.
    pub files: Vec<File>,
}

/// A paper that was enclosed and looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// What it is.
    pub document: Document,
    /// When it was issued, where that counts.
    pub issued: Option<Day>,
}

/// A scanned paper as it is kept: made anew from what was sent (A47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Of the octets that are kept.
    pub digest: Digest,
    /// So many octets.
    pub size: u32,
}

/// Who applies (DOMAIN §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Applicant {
    /// 利用者本人
    Holder,
    /// 企業等の代表者
    Representative,
    /// 第三者, in case of death or bankruptcy, with public proof.
    ThirdParty,
}

/// What is enclosed (R003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Document {
    /// 失効届 with the registered seal.
    Notice,
    /// 印鑑登録証明書 of the person who signs.
    SealCertificate,
    /// 住民票の写し
    ResidentRecord,
    /// 戸籍謄本・抄本
    FamilyRegister,
    /// 登記事項証明書
    CompanyRegister,
    /// 死亡または破産を証する公的書類
    PublicProof,
}

/// The form as it was sent, character for character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// 受付日, `YYYY-MM-DD`.
    pub received: String,
    /// The key of an [`Applicant`].
    pub applicant: String,
    /// The key of a [`Ground`].
    pub reason: String,
    /// 失効理由の補足
    pub reason_detail: String,
    /// 事由発生日, `YYYY-MM-DD`.
    pub event_date: String,
    /// 申込者氏名
    pub name: String,
    /// 申込者氏名(フリガナ)
    pub kana: String,
    /// 郵便番号, with or without a hyphen.
    pub postal_code: String,
    /// 住所
    pub address: String,
    /// 連絡先電話番号
    pub phone: String,
    /// メールアドレス
    pub mail: String,
    /// Key of a [`Document`] and its day of issue, `YYYY-MM-DD`, for each one that was ticked.
    pub enclosures: Vec<(String, String)>,
    /// 金融機関名
    pub bank: String,
    /// 支店名
    pub branch: String,
    /// 預金種目
    pub account_type: String,
    /// 口座番号
    pub account_number: String,
    /// 口座名義(カナ)
    pub account_holder: String,
}

/// A field of the form, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 受付日
    Received,
    /// 申込者の区分
    Applicant,
    /// 失効理由
    Reason,
    /// 失効理由の補足
    ReasonDetail,
    /// 事由発生日
    EventDate,
    /// 申込者氏名
    Name,
    /// 申込者氏名(フリガナ)
    Kana,
    /// 郵便番号
    PostalCode,
    /// 住所
    Address,
    /// 連絡先電話番号
    Phone,
    /// メールアドレス
    Mail,
    /// 添付書類
    Enclosures,
    /// お振込み口座
    Account,
    /// The scanned papers.
    Files,
}

impl Applicant {
    /// All of them, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Holder, Self::Representative, Self::ThirdParty];

    /// The name under which forms, rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Representative => "representative",
            Self::ThirdParty => "third_party",
        }
    }

    /// The applicant of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|applicant| applicant.key() == key)
    }

    /// Whether this applicant may apply for this reason.
    pub const fn may_say(self, ground: Ground) -> bool {
        match self {
            Self::Holder => !matches!(ground, Ground::Death),
            Self::Representative => true,
            Self::ThirdParty => matches!(ground, Ground::Death | Ground::Bankruptcy),
        }
    }

    /// What has to be enclosed: one of each.
    pub const fn must_enclose(self, ground: Ground) -> &'static [&'static [Document]] {
        use Document::{CompanyRegister, FamilyRegister, Notice, PublicProof, ResidentRecord, SealCertificate};
        match (self, ground) {
            (Self::ThirdParty, _) => &[&[Notice], &[PublicProof]],
            (Self::Representative, Ground::Death) => &[&[Notice], &[SealCertificate], &[PublicProof, FamilyRegister]],
            (Self::Holder, Ground::ContentChanged) => &[
                &[Notice],
                &[SealCertificate],
                &[ResidentRecord, FamilyRegister, CompanyRegister],
            ],
            (Self::Holder | Self::Representative, _) => &[&[Notice], &[SealCertificate]],
        }
    }
}

impl Document {
    /// All of them, in the order of the screen.
    pub const ALL: [Self; 6] = [
        Self::Notice,
        Self::SealCertificate,
        Self::ResidentRecord,
        Self::FamilyRegister,
        Self::CompanyRegister,
        Self::PublicProof,
    ];

    /// The name under which forms, rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::SealCertificate => "seal_certificate",
            Self::ResidentRecord => "resident_record",
            Self::FamilyRegister => "family_register",
            Self::CompanyRegister => "company_register",
            Self::PublicProof => "public_proof",
        }
    }

    /// The document of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|document| document.key() == key)
    }

    /// Whether its day of issue counts.
    pub const fn dated(self) -> bool {
        match self {
            Self::Notice | Self::PublicProof => false,
            Self::SealCertificate | Self::ResidentRecord | Self::FamilyRegister | Self::CompanyRegister => true,
        }
    }
}

/// The most files of one entry.
pub const FILES: usize = 10;
