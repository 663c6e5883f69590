//! 失効申込情報 as a form (S4): its fields with what was typed, and what is wrong with them.

use casework::application::{AccountKind, Complaint, Field, Form, Ground, NewIssue};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Message, Words};
use crate::portal::refusal;
use crate::portal::visit::Post;

/// What was typed, kept in the session until it is taken, and whether it was sent for checking.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) sent: bool,
    reason: String,
    reason_detail: String,
    event_date: String,
    applicant_kana: String,
    phone: String,
    mail: String,
    mail_again: String,
    bank: String,
    branch: String,
    account_type: String,
    account_number: String,
    account_holder: String,
    new_issue: String,
}

/// The form with its complaints.
pub(crate) struct FormView {
    pub(crate) fields: Vec<FieldView>,
}

/// A field.
#[derive(Clone)]
pub(crate) struct FieldView {
    pub(crate) field: Field,
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
    pub(crate) value: String,
    pub(crate) need: Need,
    pub(crate) error: Option<Message>,
    pub(crate) choices: Vec<Choice>,
}

/// A choice of a field.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) value: &'static str,
    pub(crate) label: String,
    pub(crate) chosen: bool,
    /// It is offered on paper only, and is shown so that nobody looks for it in vain.
    pub(crate) paper: bool,
}

/// Whether a field must be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Always,
    Sometimes,
    Never,
}

impl Draft {
    pub(crate) fn of(post: &Post, sent: bool) -> Self {
        let typed = |name| post.field(name).to_owned();
        // Spaces around what is no text come from pasting; a text stays as it was typed.
        let trimmed = |name| post.field(name).trim().to_owned();
        Self {
            sent,
            reason: typed("reason"),
            reason_detail: typed("reason_detail"),
            event_date: trimmed("event_date"),
            applicant_kana: typed("applicant_kana"),
            phone: trimmed("phone"),
            mail: trimmed("mail"),
            mail_again: trimmed("mail_again"),
            bank: typed("bank"),
            branch: typed("branch"),
            account_type: typed("account_type"),
            account_number: trimmed("account_number"),
            account_holder: typed("account_holder"),
            new_issue: typed("new_issue"),
        }
    }

    pub(crate) fn form(&self) -> Form {
        let draft = self.clone();
        Form {
            reason: draft.reason,
            reason_detail: draft.reason_detail,
            event_date: draft.event_date,
            applicant_kana: draft.applicant_kana,
            phone: draft.phone,
            mail: draft.mail,
            mail_again: draft.mail_again,
            bank: draft.bank,
            branch: draft.branch,
            account_type: draft.account_type,
            account_number: draft.account_number,
            account_holder: draft.account_holder,
            new_issue: draft.new_issue,
        }
    }
}

impl FormView {
    /// `earliest` is the first day that an event may have, in words.
    pub(crate) fn new(
        words: Words,
        form: &Form,
        applicant: &str,
        complaints: &[(Field, Complaint)],
        earliest: &str,
    ) -> Self {
        let fields = FIELDS
            .into_iter()
            .map(|field| {
                let (name, need) = named(field);
                let label = words.say(&format!("field-{}", name.replace('_', "-")));
                let error = complaints
                    .iter()
                    .find(|(about, _)| *about == field)
                    .map(|(_, complaint)| complained(words, field, &label, *complaint, earliest));
                FieldView {
                    field,
                    name,
                    help: helped(field).then(|| words.say(&format!("help-{}", name.replace('_', "-")))),
                    value: value(field, form, applicant).to_owned(),
                    need,
                    error,
                    choices: choices(field, words, form),
                    label,
                }
            })
            .collect();
        Self { fields }
    }

    pub(crate) fn wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }

    fn one(&self, field: Field) -> &FieldView {
        // `new` makes one view for each of `FIELDS`.
        self.fields
            .iter()
            .find(|view| view.field == field)
            .unwrap_or_else(|| unreachable!("every field is there"))
    }

    pub(crate) fn reason(&self) -> &FieldView {
        self.one(Field::Reason)
    }

    pub(crate) fn reason_detail(&self) -> &FieldView {
        self.one(Field::ReasonDetail)
    }

    pub(crate) fn event_date(&self) -> &FieldView {
        self.one(Field::EventDate)
    }

    pub(crate) fn applicant_name(&self) -> &FieldView {
        self.one(Field::ApplicantName)
    }

    pub(crate) fn applicant_kana(&self) -> &FieldView {
        self.one(Field::ApplicantKana)
    }

    pub(crate) fn phone(&self) -> &FieldView {
        self.one(Field::Phone)
    }

    pub(crate) fn mail(&self) -> &FieldView {
        self.one(Field::Mail)
    }

    pub(crate) fn mail_again(&self) -> &FieldView {
        self.one(Field::MailAgain)
    }

    pub(crate) fn bank(&self) -> &FieldView {
        self.one(Field::Bank)
    }

    pub(crate) fn branch(&self) -> &FieldView {
        self.one(Field::Branch)
    }

    pub(crate) fn account_type(&self) -> &FieldView {
        self.one(Field::AccountType)
    }

    pub(crate) fn account_number(&self) -> &FieldView {
        self.one(Field::AccountNumber)
    }

    pub(crate) fn account_holder(&self) -> &FieldView {
        self.one(Field::AccountHolder)
    }

    pub(crate) fn new_issue(&self) -> &FieldView {
        self.one(Field::NewIssue)
    }
}

impl FieldView {
    /// The ids of what describes the field, for `aria-describedby`: the error first.
    pub(crate) fn described(&self) -> Option<String> {
        let error = self.error.as_ref().map(|_| format!("error-{}", self.name));
        let help = self.help.as_ref().map(|_| format!("help-{}", self.name));
        match (error, help) {
            (Some(error), Some(help)) => Some(format!("{error} {help}")),
            (error, help) => error.or(help),
        }
    }
}

impl Need {
    pub(crate) const fn always(self) -> bool {
        matches!(self, Self::Always)
    }

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Always => "required",
            Self::Sometimes => "conditional",
            Self::Never => "optional",
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Always => "need",
            Self::Sometimes | Self::Never => "need free",
        }
    }
}

/// A field's name in forms, and whether it must be filled in (DOMAIN §3.4).
pub(crate) const fn named(field: Field) -> (&'static str, Need) {
    match field {
        Field::Reason => ("reason", Need::Always),
        Field::ReasonDetail => ("reason_detail", Need::Never),
        Field::EventDate => ("event_date", Need::Sometimes),
        Field::ApplicantName => ("applicant_name", Need::Always),
        Field::ApplicantKana => ("applicant_kana", Need::Always),
        Field::Phone => ("phone", Need::Always),
        Field::Mail => ("mail", Need::Always),
        Field::MailAgain => ("mail_again", Need::Always),
        Field::Bank => ("bank", Need::Always),
        Field::Branch => ("branch", Need::Always),
        Field::AccountType => ("account_type", Need::Always),
        Field::AccountNumber => ("account_number", Need::Always),
        Field::AccountHolder => ("account_holder", Need::Always),
        Field::NewIssue => ("new_issue", Need::Never),
    }
}

/// The account's holder may be written in either width, so E-KANA has words of its own there; and the applicant's name
/// stands for what the card says, of which its holder can change nothing.
pub(crate) fn complained(words: Words, field: Field, label: &str, complaint: Complaint, earliest: &str) -> Message {
    if matches!((field, complaint), (Field::ApplicantName, Complaint::Character { .. })) {
        return Message {
            next: words.say("card-character-next"),
            ..refusal::complained(words, &words.say("certificate-caption"), complaint, earliest)
        };
    }
    let message = refusal::complained(words, label, complaint, earliest);
    if field == Field::AccountHolder && complaint == Complaint::Katakana {
        Message {
            happened: words.say_with("kana-account-holder", &[("field", label)]),
            next: words.say("kana-account-holder-next"),
            ..message
        }
    } else {
        message
    }
}

const fn helped(field: Field) -> bool {
    !matches!(field, Field::AccountType)
}

fn value<'a>(field: Field, form: &'a Form, applicant: &'a str) -> &'a str {
    match field {
        Field::Reason => &form.reason,
        Field::ReasonDetail => &form.reason_detail,
        Field::EventDate => &form.event_date,
        Field::ApplicantName => applicant,
        Field::ApplicantKana => &form.applicant_kana,
        Field::Phone => &form.phone,
        Field::Mail => &form.mail,
        Field::MailAgain => &form.mail_again,
        Field::Bank => &form.bank,
        Field::Branch => &form.branch,
        Field::AccountType => &form.account_type,
        Field::AccountNumber => &form.account_number,
        Field::AccountHolder => &form.account_holder,
        Field::NewIssue => &form.new_issue,
    }
}

fn choices(field: Field, words: Words, form: &Form) -> Vec<Choice> {
    let choice = |key: &str, value: &'static str, chosen: &str, paper| Choice {
        value,
        label: words.say(&format!("{key}-{value}")),
        chosen: value == chosen,
        paper,
    };
    match field {
        Field::Reason => Ground::ALL
            .into_iter()
            .map(|ground| choice("reason", ground.key(), &form.reason, !ground.online()))
            .collect(),
        Field::AccountType => AccountKind::ALL
            .into_iter()
            .map(|kind| choice("account", kind.key(), &form.account_type, false))
            .collect(),
        Field::NewIssue => NewIssue::ALL
            .into_iter()
            .map(|new| choice("issue", new.key(), &form.new_issue, false))
            .collect(),
        Field::ReasonDetail
        | Field::EventDate
        | Field::ApplicantName
        | Field::ApplicantKana
        | Field::Phone
        | Field::Mail
        | Field::MailAgain
        | Field::Bank
        | Field::Branch
        | Field::AccountNumber
        | Field::AccountHolder => Vec::new(),
    }
}

/// Every field, in the order of the screen.
const FIELDS: [Field; 14] = [
    Field::Reason,
    Field::ReasonDetail,
    Field::EventDate,
    Field::ApplicantName,
    Field::ApplicantKana,
    Field::Phone,
    Field::Mail,
    Field::MailAgain,
    Field::Bank,
    Field::Branch,
    Field::AccountType,
    Field::AccountNumber,
    Field::AccountHolder,
    Field::NewIssue,
];
