//! ICカード利用部署情報 as a form: its fields with what was typed, and what is wrong with them.

use casework::application::Complaint;
use casework::registration::{Contact, Field, Form};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Message, Words};
use crate::portal::form::Need;
use crate::portal::page::{Fact, Page};
use crate::portal::refusal;
use crate::portal::visit::Post;
use crate::print::printable;

/// What was typed, kept in the session until it is taken, and whether it was sent for checking.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) sent: bool,
    department: String,
    name: String,
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

impl Draft {
    pub(super) fn of(post: &Post, sent: bool) -> Self {
        let typed = |name| post.field(name).to_owned();
        Self {
            sent,
            department: typed("department"),
            name: typed("name"),
            phone: typed("phone"),
            fax: typed("fax"),
            mail: typed("mail"),
            mail_again: typed("mail_again"),
        }
    }

    pub(super) fn form(&self) -> Form {
        let draft = self.clone();
        Form {
            department: draft.department,
            name: draft.name,
            phone: draft.phone,
            fax: draft.fax,
            mail: draft.mail,
            mail_again: draft.mail_again,
        }
    }
}

impl FormView {
    pub(super) fn new(words: Words, form: &Form, complaints: &[(Field, Complaint)]) -> Self {
        let view = |field: Field| {
            let (name, need, value) = named(field, form);
            let (kind, mode, complete, most) = typed(field);
            let label = words.say(&label(field));
            let complaint = complaints.iter().find(|(about, _)| *about == field);
            FieldView {
                name,
                help: Some(words.say(&format!("registration-help-{}", name.replace('_', "-")))),
                value,
                need,
                error: complaint.map(|(_, complaint)| refusal::complained(words, &label, *complaint, "")),
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

/// The rules of the form, and that every character can be printed on the receipt (A39).
pub(crate) fn check(form: &Form) -> Result<Contact, Vec<(Field, Complaint)>> {
    let checked = form.check();
    let mut complaints = checked.as_ref().err().cloned().unwrap_or_default();
    let texts = [
        (Field::Department, form.department.as_str()),
        (Field::Name, form.name.as_str()),
    ];
    for (field, text) in texts {
        if complaints.iter().all(|(about, _)| *about != field)
            && let Err(character) = printable(text)
        {
            complaints.push((field, Complaint::Character { character }));
        }
    }
    match checked {
        Ok(contact) if complaints.is_empty() => Ok(contact),
        _ => {
            complaints.sort_by_key(|(field, _)| *field);
            Err(complaints)
        }
    }
}

/// What was entered, or is registered, line by line.
pub(crate) fn contact(page: &Page, contact: &Contact) -> Vec<Fact> {
    let Contact {
        department,
        name,
        phone,
        fax,
        mail,
    } = contact;
    let fax = fax.clone().unwrap_or_else(|| page.t("not-entered"));
    vec![
        page.fact(&label(Field::Department), department),
        page.fact(&label(Field::Name), name),
        page.fact(&label(Field::Phone), phone),
        page.fact(&label(Field::Fax), fax),
        page.fact(&label(Field::Mail), mail),
    ]
}

/// A field's name, and the key of its label.
pub(crate) fn field(field: Field) -> (&'static str, String) {
    (named(field, &Form::default()).0, label(field))
}

fn label(field: Field) -> String {
    let (name, ..) = named(field, &Form::default());
    format!("registration-field-{}", name.replace('_', "-"))
}

fn named(field: Field, form: &Form) -> (&'static str, Need, String) {
    let (name, need, value) = match field {
        Field::Department => ("department", Need::Always, &form.department),
        Field::Name => ("name", Need::Always, &form.name),
        Field::Phone => ("phone", Need::Always, &form.phone),
        Field::Fax => ("fax", Need::Never, &form.fax),
        Field::Mail => ("mail", Need::Always, &form.mail),
        Field::MailAgain => ("mail_again", Need::Always, &form.mail_again),
    };
    (name, need, value.clone())
}

/// How a browser helps with typing. The lengths bound what is sent; what is too long is said by the rules.
const fn typed(field: Field) -> (&'static str, &'static str, &'static str, &'static str) {
    match field {
        Field::Department => ("text", "text", "off", "400"),
        Field::Name => ("text", "text", "name", "400"),
        Field::Phone => ("text", "tel", "tel-national", "40"),
        Field::Fax => ("text", "tel", "off", "40"),
        Field::Mail | Field::MailAgain => ("email", "email", "email", "300"),
    }
}

/// Every field, in the order of the screen.
const FIELDS: [Field; 6] = [
    Field::Department,
    Field::Name,
    Field::Phone,
    Field::Fax,
    Field::Mail,
    Field::MailAgain,
];
