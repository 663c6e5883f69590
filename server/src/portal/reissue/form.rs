//! 申込担当者 as a form: its fields with what was typed, and what is wrong with them (DOMAIN §6.4).

use casework::applicant::{Field, Form};
use casework::application::Complaint;
use serde::{Deserialize, Serialize};
use wire::code::Code;

use crate::catalogue::{Message, Words};
use crate::portal::form::Need;
use crate::portal::organisation::SeatPost;
use crate::portal::refusal;

/// What was typed, and whether it was sent for checking.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Typed {
    pub(super) sent: bool,
    surname: String,
    given: String,
    surname_kana: String,
    given_kana: String,
    department: String,
    title: String,
    phone: String,
    fax: String,
    mail: String,
    mail_again: String,
}

/// The form with its complaints.
pub(super) struct FormView {
    pub(super) fields: Vec<FieldView>,
}

/// A field.
pub(super) struct FieldView {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) help: Option<String>,
    pub(super) value: String,
    pub(super) need: Need,
    pub(super) error: Option<Message>,
    /// The type of the input, the keyboard for it, and what a browser may fill in.
    pub(super) kind: &'static str,
    pub(super) mode: &'static str,
    pub(super) complete: &'static str,
    pub(super) most: &'static str,
}

impl Typed {
    pub(super) fn of(post: &SeatPost, sent: bool) -> Self {
        let typed = |name| post.field(name).to_owned();
        Self {
            sent,
            surname: typed("surname"),
            given: typed("given"),
            surname_kana: typed("surname_kana"),
            given_kana: typed("given_kana"),
            department: typed("department"),
            title: typed("title"),
            phone: typed("phone"),
            fax: typed("fax"),
            mail: typed("mail"),
            mail_again: typed("mail_again"),
        }
    }

    pub(super) fn form(self) -> Form {
        Form {
            surname: self.surname,
            given: self.given,
            surname_kana: self.surname_kana,
            given_kana: self.given_kana,
            department: self.department,
            title: self.title,
            phone: self.phone,
            fax: self.fax,
            mail: self.mail,
            mail_again: self.mail_again,
        }
    }
}

impl FormView {
    pub(super) fn new(words: Words, form: &Form, complaints: &[(Field, Complaint)]) -> Self {
        let view = |field: Field| {
            let (name, need, value) = named(field, form);
            let (kind, mode, complete, most) = kind(field);
            let label = words.say(label(field));
            let complaint = complaints.iter().find(|(about, _)| *about == field);
            FieldView {
                name,
                help: Some(words.say(&format!("reissue-help-{}", name.replace('_', "-")))),
                value: value.to_owned(),
                need,
                error: complaint.map(|(_, complaint)| complained(words, field, &label, *complaint)),
                kind,
                mode,
                complete,
                most,
                label,
            }
        };
        Self {
            fields: FIELDS.into_iter().map(view).collect(),
        }
    }

    pub(super) fn wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }
}

impl FieldView {
    /// The ids of what describes the field, for `aria-describedby`: the error first.
    pub(super) fn described(&self) -> Option<String> {
        let error = self.error.as_ref().map(|_| format!("error-{}", self.name));
        let help = self.help.as_ref().map(|_| format!("help-{}", self.name));
        match (error, help) {
            (Some(error), Some(help)) => Some(format!("{error} {help}")),
            (error, help) => error.or(help),
        }
    }
}

/// E-TEL has the words of the telephone; the fax has its own.
fn complained(words: Words, field: Field, label: &str, complaint: Complaint) -> Message {
    let message = refusal::complained(words, label, complaint, "");
    if field == Field::Fax && message.code == Code::Tel {
        return Message {
            happened: words.say("reissue-fax-wrong"),
            ..message
        };
    }
    message
}

/// The key of a field's label.
pub(super) const fn label(field: Field) -> &'static str {
    match field {
        Field::Surname => "contract-surname",
        Field::Given => "contract-given",
        Field::SurnameKana => "contract-surname-kana",
        Field::GivenKana => "contract-given-kana",
        Field::Department => "contract-department",
        Field::Title => "contract-title",
        Field::Phone => "contract-phone",
        Field::Fax => "contract-fax",
        Field::Mail => "reissue-mail",
        Field::MailAgain => "reissue-mail-again",
    }
}

fn named(field: Field, form: &Form) -> (&'static str, Need, &str) {
    match field {
        Field::Surname => ("surname", Need::Always, &form.surname),
        Field::Given => ("given", Need::Always, &form.given),
        Field::SurnameKana => ("surname_kana", Need::Always, &form.surname_kana),
        Field::GivenKana => ("given_kana", Need::Always, &form.given_kana),
        Field::Department => ("department", Need::Never, &form.department),
        Field::Title => ("title", Need::Never, &form.title),
        Field::Phone => ("phone", Need::Always, &form.phone),
        Field::Fax => ("fax", Need::Never, &form.fax),
        Field::Mail => ("mail", Need::Always, &form.mail),
        Field::MailAgain => ("mail_again", Need::Always, &form.mail_again),
    }
}

/// Type, keyboard, what a browser may fill in, and how much it lets be typed: more than is taken, so that it is told.
const fn kind(field: Field) -> (&'static str, &'static str, &'static str, &'static str) {
    match field {
        Field::Surname => ("text", "text", "family-name", "80"),
        Field::Given => ("text", "text", "given-name", "80"),
        Field::Department => ("text", "text", "off", "160"),
        Field::Title => ("text", "text", "organization-title", "80"),
        Field::SurnameKana | Field::GivenKana => ("text", "text", "off", "80"),
        Field::Phone => ("text", "tel", "tel-national", "40"),
        Field::Fax => ("text", "tel", "off", "40"),
        // Full-width letters are converted, which a field of the type `email` would not let be sent.
        Field::Mail => ("text", "email", "email", "300"),
        Field::MailAgain => ("text", "email", "off", "300"),
    }
}

/// Every field, in the order of the screen.
const FIELDS: [Field; 10] = [
    Field::Surname,
    Field::Given,
    Field::SurnameKana,
    Field::GivenKana,
    Field::Department,
    Field::Title,
    Field::Phone,
    Field::Fax,
    Field::Mail,
    Field::MailAgain,
];
