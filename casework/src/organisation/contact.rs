//! 申込担当者: whom the centre turns to, and who applies (DOMAIN §6.4; convert, do not refuse).

use alloc::string::String;
use alloc::vec::Vec;

use crate::application::{Complaint, check};
use crate::characters;
use crate::registration::form::{address, optional, telephone, wide};

/// A person of an organisation, as §6.4 has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
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
    /// E-mailアドレス, 登録用
    pub mail: String,
    /// E-mailアドレス, 確認用
    pub mail_again: String,
}

/// A field of the form, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 氏名, 姓
    Surname,
    /// 氏名, 名
    Given,
    /// 氏名(フリガナ), 姓
    SurnameKana,
    /// 氏名(フリガナ), 名
    GivenKana,
    /// 所属部課名
    Department,
    /// 役職名
    Title,
    /// 電話番号
    Phone,
    /// FAX番号
    Fax,
    /// E-mailアドレス, 登録用
    Mail,
    /// E-mailアドレス, 確認用
    MailAgain,
}

impl Form {
    /// Checks every field, so that all complaints come at once, in the order of the screen.
    pub fn check(&self) -> Result<Contact, Vec<(Field, Complaint)>> {
        let mut complaints = Vec::new();
        macro_rules! heard {
            ($field:expr, $checked:expr) => {
                $checked
                    .map_err(|complaint| complaints.push(($field, complaint)))
                    .ok()
            };
        }
        let surname = heard!(Field::Surname, wide(&self.surname, 20));
        let given = heard!(Field::Given, wide(&self.given, 20));
        let surname_kana = heard!(Field::SurnameKana, kana(&self.surname_kana));
        let given_kana = heard!(Field::GivenKana, kana(&self.given_kana));
        let department = heard!(Field::Department, optional(&self.department, |text| wide(text, 40)));
        let title = heard!(Field::Title, optional(&self.title, |text| wide(text, 20)));
        let phone = heard!(Field::Phone, telephone(&self.phone));
        let fax = heard!(Field::Fax, optional(&self.fax, telephone));
        let mail = heard!(Field::Mail, check::mail(&address(&self.mail)));
        heard!(Field::MailAgain, self.same_mail());
        let contact = || {
            Some(Contact {
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
        match contact() {
            Some(contact) if complaints.is_empty() => Ok(contact),
            _ => Err(complaints),
        }
    }

    fn same_mail(&self) -> Result<(), Complaint> {
        check::filled(&self.mail_again)?;
        (address(&self.mail) == address(&self.mail_again))
            .then_some(())
            .ok_or(Complaint::MailsDiffer)
    }
}

/// The form begins with what the contract says, and is shown again as it was checked.
impl From<&Contact> for Form {
    fn from(contact: &Contact) -> Self {
        Self {
            surname: contact.surname.clone(),
            given: contact.given.clone(),
            surname_kana: contact.surname_kana.clone(),
            given_kana: contact.given_kana.clone(),
            department: contact.department.clone().unwrap_or_default(),
            title: contact.title.clone().unwrap_or_default(),
            phone: contact.phone.clone(),
            fax: contact.fax.clone().unwrap_or_default(),
            mail: contact.mail.clone(),
            mail_again: contact.mail.clone(),
        }
    }
}

/// 全角カナ: hiragana and what was typed narrow are written as katakana.
fn kana(text: &str) -> Result<String, Complaint> {
    let widened: String = characters::widened(text.trim())
        .chars()
        .map(|character| match character {
            'ぁ'..='ゖ' => char::from_u32(u32::from(character) + 0x60).unwrap_or(character),
            character => character,
        })
        .collect();
    let written = check::full_width(&widened, 20)?;
    written
        .chars()
        .all(characters::katakana)
        .then_some(written)
        .ok_or(Complaint::Katakana)
}
