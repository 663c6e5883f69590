//! 申込担当者: who applies in a company's name, and whom the centre writes to (DOMAIN §6.4). A contract has one, with which an
//! application begins.

use alloc::string::String;
use alloc::vec::Vec;

use crate::application::Complaint;
use crate::{characters, width};

/// 申込担当者, checked, each field in its width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// 氏名, 姓
    pub surname: String,
    /// 氏名, 名
    pub given: String,
    /// 氏名(フリガナ), 姓
    pub surname_kana: String,
    /// 氏名(フリガナ), 名
    pub given_kana: String,
    /// 所属部課名
    pub department: Option<String>,
    /// 役職名
    pub title: Option<String>,
    /// 電話番号, digits.
    pub phone: String,
    /// FAX番号, digits.
    pub fax: Option<String>,
    /// E-mailアドレス
    pub mail: String,
}

/// The form as it was sent, character for character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// 氏名, 姓
    pub surname: String,
    /// 氏名, 名
    pub given: String,
    /// 氏名(フリガナ), 姓
    pub surname_kana: String,
    /// 氏名(フリガナ), 名
    pub given_kana: String,
    /// 所属部課名
    pub department: String,
    /// 役職名
    pub title: String,
    /// 電話番号
    pub phone: String,
    /// FAX番号
    pub fax: String,
    /// E-mailアドレス 登録用
    pub mail: String,
    /// E-mailアドレス 確認用
    pub mail_again: String,
}

/// A field of the form, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 氏名 姓
    Surname,
    /// 氏名 名
    Given,
    /// 氏名(フリガナ) 姓
    SurnameKana,
    /// 氏名(フリガナ) 名
    GivenKana,
    /// 所属部課名
    Department,
    /// 役職名
    Title,
    /// 電話番号
    Phone,
    /// FAX番号
    Fax,
    /// E-mailアドレス 登録用
    Mail,
    /// E-mailアドレス 確認用
    MailAgain,
}

impl Form {
    /// Checks every field, so that all complaints come at once, in the order of the screen.
    pub fn check(&self) -> Result<Applicant, Vec<(Field, Complaint)>> {
        let mut complaints = Vec::new();
        macro_rules! heard {
            ($field:expr, $checked:expr) => {
                $checked
                    .map_err(|complaint| complaints.push(($field, complaint)))
                    .ok()
            };
        }
        let name = |text: &str| width::full(text, 20);
        let kana = |text: &str| width::katakana(text, 20);
        let surname = heard!(Field::Surname, name(&self.surname));
        let given = heard!(Field::Given, name(&self.given));
        let surname_kana = heard!(Field::SurnameKana, kana(&self.surname_kana));
        let given_kana = heard!(Field::GivenKana, kana(&self.given_kana));
        let department = heard!(
            Field::Department,
            width::optional(&self.department, |text| width::full(text, 40))
        );
        let title = heard!(Field::Title, width::optional(&self.title, name));
        let phone = heard!(Field::Phone, width::telephone(&self.phone));
        let fax = heard!(Field::Fax, width::optional(&self.fax, width::telephone));
        let mail = heard!(Field::Mail, width::mail(&self.mail));
        heard!(Field::MailAgain, width::same_mail(&self.mail, &self.mail_again));
        let applicant = || {
            Some(Applicant {
                surname: surname?,
                given: given?,
                surname_kana: surname_kana?,
                given_kana: given_kana?,
                department: department?,
                title: title?,
                phone: phone?,
                fax: fax?,
                mail: mail?,
            })
        };
        // A field has its value exactly where nothing was said against it.
        match applicant() {
            Some(applicant) if complaints.is_empty() => Ok(applicant),
            _ => Err(complaints),
        }
    }
}

impl Applicant {
    /// The fields with a character outside JIS X 0213, and which: no error, but other machines may not show it.
    pub fn rare(&self) -> Vec<(Field, char)> {
        let texts = [
            (Field::Surname, Some(&self.surname)),
            (Field::Given, Some(&self.given)),
            (Field::Department, self.department.as_ref()),
            (Field::Title, self.title.as_ref()),
        ];
        let rare = |(field, text): (Field, Option<&String>)| Some((field, characters::outside_jis_x_0213(text?)?));
        texts.into_iter().filter_map(rare).collect()
    }
}

/// What was checked is shown again when somebody goes back, and a contract's person is the form's first content.
impl From<&Applicant> for Form {
    fn from(applicant: &Applicant) -> Self {
        let Applicant {
            surname,
            given,
            surname_kana,
            given_kana,
            department,
            title,
            phone,
            fax,
            mail,
        } = applicant;
        Self {
            surname: surname.clone(),
            given: given.clone(),
            surname_kana: surname_kana.clone(),
            given_kana: given_kana.clone(),
            department: department.clone().unwrap_or_default(),
            title: title.clone().unwrap_or_default(),
            phone: phone.clone(),
            fax: fax.clone().unwrap_or_default(),
            mail: mail.clone(),
            mail_again: mail.clone(),
        }
    }
}
