//! ICカード利用部署情報: whom the office writes to (DOMAIN §5.2 R201; widths as §6.4 says: convert, do not refuse).

use alloc::string::String;
use alloc::vec::Vec;

use crate::application::Complaint;
use crate::width;

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
        let department = heard!(Field::Department, width::full(&self.department, 40));
        let name = heard!(Field::Name, width::full(&self.name, 40));
        let phone = heard!(Field::Phone, width::telephone(&self.phone));
        let fax = heard!(Field::Fax, width::optional(&self.fax, width::telephone));
        let mail = heard!(Field::Mail, width::mail(&self.mail));
        heard!(Field::MailAgain, width::same_mail(&self.mail, &self.mail_again));
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
