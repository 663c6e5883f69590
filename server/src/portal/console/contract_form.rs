//! The forms of a contract, of an invitation for it and of the correction of a user.

use axum::http::StatusCode;
use axum::response::Response;
use casework::application::Complaint;
use casework::characters;
use casework::organisation::{Contract, ContractNumber, Field, Form as ContactForm};
use casework::user::LoginId;
use wire::code::Code;
use wire::office::Language;

use super::frame::{Frame, Tab};
use super::organisations::login_of;
use super::seat::{Seat, SeatPost};
use super::view;
use crate::catalogue::Message;
use crate::portal::page::render;
use crate::portal::refusal;
use crate::portal::session::hex;
use crate::store::UserRow;

/// A contract as it was typed, with what is wrong with it.
#[derive(Clone, Default)]
pub(super) struct Form {
    number: String,
    company: String,
    office: String,
    contact: ContactForm,
    errors: Vec<(&'static str, Message)>,
}

/// An invitation as it was typed.
#[derive(Clone, Default)]
pub(super) struct Invitation {
    login: String,
    name: String,
    mail: String,
    pub(super) language: Language,
    errors: Vec<(&'static str, Message)>,
}

/// What is corrected of a user, as it was typed.
#[derive(Clone, Default)]
pub(super) struct Correction {
    name: String,
    mail: String,
    errors: Vec<(&'static str, Message)>,
}

impl Form {
    pub(super) fn of(post: &SeatPost) -> Self {
        let typed = |name| post.field(name).to_owned();
        Self {
            number: typed("number"),
            company: typed("company"),
            office: typed("office"),
            contact: ContactForm {
                surname: typed("surname"),
                given: typed("given"),
                surname_kana: typed("surname_kana"),
                given_kana: typed("given_kana"),
                department: typed("department"),
                title: typed("title"),
                phone: typed("phone"),
                fax: typed("fax"),
                mail: typed("mail"),
                // An administrator copies it from the contract and does not type it twice.
                mail_again: typed("mail"),
            },
            errors: Vec::new(),
        }
    }

    /// The contract, or nothing and the complaints.
    pub(super) fn checked(&mut self, seat: &Seat) -> Option<Contract> {
        let words = seat.visit.words;
        let number = ContractNumber::typed(&self.number);
        if number.is_none() {
            let message = words.message(Code::Malformed, &[("why", &words.say("desk-contract-number-help"))]);
            self.complain("number", message);
        }
        for (name, value) in [("company", self.company.clone()), ("office", self.office.clone())] {
            if let Some(complaint) = complaint(&value, 60) {
                let label = words.say(&format!("contract-{name}"));
                self.complain(name, refusal::complained(words, &label, complaint, ""));
            }
        }
        let contact = self.contact.check().map_err(|complaints| {
            for (field, complaint) in complaints {
                let (name, label) = named(field);
                if field != Field::MailAgain {
                    self.complain(name, refusal::complained(words, &words.say(label), complaint, ""));
                }
            }
        });
        match (number, contact) {
            (Some(number), Ok(contact)) if self.errors.is_empty() => Some(Contract {
                number,
                company: self.company.trim().to_owned(),
                office: self.office.trim().to_owned(),
                contact,
            }),
            _ => None,
        }
    }

    pub(super) fn complain(&mut self, name: &'static str, message: Message) {
        self.errors.push((name, message));
    }

    /// `there` is the path below `/organisations`, and the contract's id.
    pub(super) fn page(&self, seat: &Seat, (path, id): (&str, &str), status: StatusCode) -> Response {
        let page = seat.frame(Tab::Organisations);
        let contact = &self.contact;
        let values = [
            ("number", "contract-number", &self.number),
            ("company", "contract-company", &self.company),
            ("office", "contract-office", &self.office),
            ("surname", "contract-surname", &contact.surname),
            ("given", "contract-given", &contact.given),
            ("surname_kana", "contract-surname-kana", &contact.surname_kana),
            ("given_kana", "contract-given-kana", &contact.given_kana),
            ("department", "contract-department", &contact.department),
            ("title", "contract-title", &contact.title),
            ("phone", "contract-phone", &contact.phone),
            ("fax", "contract-fax", &contact.fax),
            ("mail", "contract-mail", &contact.mail),
        ];
        let view = view::ContractForm {
            fields: values
                .into_iter()
                .map(|(name, label, value)| field(&page, name, label, value, &self.errors))
                .collect(),
            path: path.to_owned(),
            id: id.to_owned(),
            page,
        };
        render(status, &view)
    }
}

impl From<&Contract> for Form {
    fn from(contract: &Contract) -> Self {
        Self {
            number: contract.number.to_string(),
            company: contract.company.clone(),
            office: contract.office.clone(),
            contact: ContactForm::from(&contract.contact),
            errors: Vec::new(),
        }
    }
}

impl Invitation {
    pub(super) fn in_language(language: Language) -> Self {
        Self {
            language,
            ..Self::default()
        }
    }

    pub(super) fn of(post: &SeatPost) -> Self {
        let typed = |name| post.field(name).trim().to_owned();
        Self {
            login: typed("login"),
            name: typed("name"),
            mail: typed("mail"),
            language: Language::from_tag(post.field("language")).unwrap_or_default(),
            errors: Vec::new(),
        }
    }

    pub(super) fn checked(&mut self, seat: &Seat) -> Option<(LoginId, String, String)> {
        let words = seat.visit.words;
        let login = login_of(&self.login);
        if login.is_none() {
            let message = words.message(Code::Malformed, &[("why", &words.say("desk-user-login-help"))]);
            self.complain("login", message);
        }
        self.errors.extend(wrong_person(seat, &self.name, &self.mail));
        login
            .filter(|_| self.errors.is_empty())
            .map(|login| (login, self.name.clone(), self.mail.clone()))
    }

    pub(super) fn complain(&mut self, name: &'static str, message: Message) {
        self.errors.push((name, message));
    }

    pub(super) fn fields(&self, page: &Frame) -> Vec<view::Typed> {
        [
            ("login", "desk-user-login", &self.login),
            ("name", "desk-user-name", &self.name),
            ("mail", "desk-user-mail", &self.mail),
        ]
        .into_iter()
        .map(|(name, label, value)| field(page, name, label, value, &self.errors))
        .collect()
    }
}

impl Correction {
    pub(super) fn of(post: &SeatPost) -> Self {
        let typed = |name| post.field(name).trim().to_owned();
        Self {
            name: typed("name"),
            mail: typed("mail"),
            errors: Vec::new(),
        }
    }

    /// Name and address, or nothing and the complaints.
    pub(super) fn checked(&mut self, seat: &Seat) -> Option<(String, String)> {
        self.errors = wrong_person(seat, &self.name, &self.mail);
        self.errors.is_empty().then(|| (self.name.clone(), self.mail.clone()))
    }

    pub(super) fn page(&self, seat: &Seat, organisation: &str, row: &UserRow, status: StatusCode) -> Response {
        let page = seat.frame(Tab::Organisations);
        let values = [
            ("name", "desk-user-name", &self.name),
            ("mail", "desk-user-mail", &self.mail),
        ];
        let fields = values
            .into_iter()
            .map(|(name, label, value)| field(&page, name, label, value, &self.errors));
        let view = view::UserForm {
            fields: fields.collect(),
            login: page.fact("desk-user-login", row.account.login.to_string()),
            id: organisation.to_owned(),
            user: hex(&row.id.0),
            page,
        };
        render(status, &view)
    }
}

impl From<&UserRow> for Correction {
    fn from(row: &UserRow) -> Self {
        Self {
            name: row.account.name.clone(),
            mail: row.account.mail.clone(),
            errors: Vec::new(),
        }
    }
}

/// What is wrong with a person's name and address.
fn wrong_person(seat: &Seat, name: &str, mail: &str) -> Vec<(&'static str, Message)> {
    let unmailable = || (!characters::mailable(mail)).then_some(Complaint::MailForm);
    let wrong = [
        ("name", complaint(name, 60)),
        ("mail", complaint(mail, 254).or_else(unmailable)),
    ];
    let words = seat.visit.words;
    let told = |(name, wrong): (&'static str, Option<Complaint>)| {
        let label = words.say(&format!("desk-user-{name}"));
        wrong.map(|complaint| (name, refusal::complained(words, &label, complaint, "")))
    };
    wrong.into_iter().filter_map(told).collect()
}

fn field(
    page: &Frame,
    name: &'static str,
    label: &str,
    value: &str,
    errors: &[(&'static str, Message)],
) -> view::Typed {
    view::Typed {
        name,
        label: page.t(label),
        value: value.to_owned(),
        required: !matches!(name, "department" | "title" | "fax"),
        error: errors
            .iter()
            .find_map(|(about, message)| (*about == name).then(|| message.clone())),
    }
}

const fn named(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Surname => ("surname", "contract-surname"),
        Field::Given => ("given", "contract-given"),
        Field::SurnameKana => ("surname_kana", "contract-surname-kana"),
        Field::GivenKana => ("given_kana", "contract-given-kana"),
        Field::Department => ("department", "contract-department"),
        Field::Title => ("title", "contract-title"),
        Field::Phone => ("phone", "contract-phone"),
        Field::Fax => ("fax", "contract-fax"),
        Field::Mail | Field::MailAgain => ("mail", "contract-mail"),
    }
}

fn complaint(value: &str, most: usize) -> Option<Complaint> {
    if value.trim().is_empty() {
        Some(Complaint::Empty)
    } else if let Some(character) = characters::forbidden(value) {
        Some(Complaint::Character { character })
    } else if characters::count(value.trim()) > most {
        Some(Complaint::TooLong { most })
    } else {
        None
    }
}
