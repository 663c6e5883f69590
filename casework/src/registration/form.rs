//! ICカード利用部署情報: whom the office writes to (DOMAIN §5.2 R201; widths as §6.4 says: convert, do not refuse).

use alloc::string::String;
use alloc::vec::Vec;

use crate::application::{Complaint, check};
use crate::characters;

/// Whom the office writes to about a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// 部署名
    pub department: String,
    /// 連絡先氏名
    pub name: String,
    /// 連絡先電話番号, digits.
    pub phone: String,
    /// 連絡先FAX番号, digits.
    pub fax: Option<String>,
    /// 連絡先メールアドレス
    pub mail: String,
}

/// The form as it was sent, character for character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// 部署名
    pub department: String,
    /// 連絡先氏名
    pub name: String,
    /// 連絡先電話番号
    pub phone: String,
    /// 連絡先FAX番号
    pub fax: String,
    /// 連絡先メールアドレス
    pub mail: String,
    /// 連絡先メールアドレス(確認)
    pub mail_again: String,
}

/// A field of the form, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 部署名
    Department,
    /// 連絡先氏名
    Name,
    /// 連絡先電話番号
    Phone,
    /// 連絡先FAX番号
    Fax,
    /// 連絡先メールアドレス
    Mail,
    /// 連絡先メールアドレス(確認)
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
        let department = heard!(Field::Department, wide(&self.department, 40));
        let name = heard!(Field::Name, wide(&self.name, 40));
        let phone = heard!(Field::Phone, telephone(&self.phone));
        let fax = heard!(Field::Fax, optional(&self.fax, telephone));
        let mail = heard!(Field::Mail, check::mail(&address(&self.mail)));
        heard!(Field::MailAgain, self.same_mail());
        let contact = || {
            Some(Contact {
                department: department?,
                name: name?,
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

/// 「修正する」 shows the form again as it was checked.
impl From<&Contact> for Form {
    fn from(contact: &Contact) -> Self {
        let Contact {
            department,
            name,
            phone,
            fax,
            mail,
        } = contact;
        Self {
            department: department.clone(),
            name: name.clone(),
            phone: phone.clone(),
            fax: fax.clone().unwrap_or_default(),
            mail: mail.clone(),
            mail_again: mail.clone(),
        }
    }
}

/// 全角: what was typed narrow is written wide.
pub(crate) fn wide(text: &str, most: usize) -> Result<String, Complaint> {
    check::full_width(&characters::widened(text.trim()), most)
}

/// 半角数字: what was typed wide is written narrow. A hyphen is not taken (E-TEL).
pub(crate) fn telephone(text: &str) -> Result<String, Complaint> {
    let digits: String = text.trim().chars().map(characters::half_width).collect();
    check::telephone(&digits).and_then(|digits| digits.starts_with('0').then_some(digits).ok_or(Complaint::Telephone))
}

pub(crate) fn address(text: &str) -> String {
    text.trim().chars().map(characters::half_width).collect()
}

pub(crate) fn optional(
    text: &str,
    check: impl Fn(&str) -> Result<String, Complaint>,
) -> Result<Option<String>, Complaint> {
    if text.trim().is_empty() {
        Ok(None)
    } else {
        check(text).map(Some)
    }
}
