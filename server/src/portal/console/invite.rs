//! 招待: its form, and the page that shows the code once.

use axum::http::StatusCode;
use axum::response::Response;
use casework::application::Complaint;
use casework::characters;
use casework::identity::{Company, PersonNumber};
use casework::officer::{Account, Roles};
use wire::code::Code;
use wire::office::Language;

use super::frame::Tab;
use super::officers::{boxes, roles_of, roles_said};
use super::seat::{Seat, SeatPost};
use super::view;
use crate::catalogue::Message;
use crate::portal::page::render;
use crate::portal::{date, refusal};

/// What was typed, with what is wrong with it.
#[derive(Clone, Default)]
pub(super) struct Form {
    name: String,
    person: String,
    company: String,
    mail: String,
    roles: Roles,
    pub(super) language: Language,
    errors: Vec<(&'static str, Message)>,
}

impl Form {
    pub(super) fn empty(company: String, language: Language) -> Self {
        Self {
            company,
            language,
            ..Self::default()
        }
    }

    pub(super) fn of(post: &SeatPost) -> Self {
        let typed = |name| post.field(name).trim().to_owned();
        Self {
            name: typed("name"),
            person: typed("person"),
            company: typed("company"),
            mail: typed("mail"),
            roles: roles_of(post),
            language: Language::from_tag(post.field("language")).unwrap_or_default(),
            errors: Vec::new(),
        }
    }

    /// The account, or the form once more with its complaints.
    pub(super) fn checked(&self, seat: &Seat) -> Result<Account, Box<Self>> {
        let mut form = self.clone();
        let words = seat.visit.words;
        let fields = [
            ("name", &self.name, 60),
            ("person", &self.person, 20),
            ("company", &self.company, 60),
            ("mail", &self.mail, 254),
        ];
        for (name, value, most) in fields {
            if let Some(complaint) = complaint(name, value, most) {
                let label = words.say(&format!("desk-officer-{name}"));
                form.errors
                    .push((name, refusal::complained(words, &label, complaint, "")));
            }
        }
        if self.roles.is_empty() {
            let label = words.say("desk-officer-roles");
            form.errors
                .push(("roles", words.message(Code::Req, &[("field", &label)])));
        }
        if !form.errors.is_empty() {
            return Err(Box::new(form));
        }
        Ok(Account {
            person: PersonNumber(form.person),
            name: form.name,
            company: Company(form.company),
            roles: form.roles,
            mail: form.mail,
        })
    }

    pub(super) fn page(self, seat: &Seat, id: &str, status: StatusCode) -> Response {
        let page = seat.frame(Tab::Officers);
        let field = |name: &'static str, kind, value: String, most| view::TextField {
            label: page.t(&format!("desk-officer-{name}")),
            help: page.t(&format!("desk-help-{name}")),
            error: self.error(name),
            name,
            kind,
            value,
            most,
        };
        let fields = vec![
            field("name", "text", self.name.clone(), 60),
            field("person", "text", self.person.clone(), 20),
            field("company", "text", self.company.clone(), 60),
            field("mail", "email", self.mail.clone(), 254),
        ];
        let view = view::Invite {
            roles: boxes(page.words, self.roles),
            roles_error: self.error("roles"),
            english: self.language == Language::En,
            wrong: !self.errors.is_empty(),
            id: id.to_owned(),
            fields,
            page,
        };
        render(status, &view)
    }

    fn error(&self, name: &str) -> Option<Message> {
        self.errors
            .iter()
            .find_map(|(about, message)| (*about == name).then(|| message.clone()))
    }
}

/// The code, once: the store has its digest alone.
pub(super) fn code_page(seat: &Seat, account: &Account, code: &str) -> Response {
    let page = seat.frame(Tab::Officers);
    let until = seat.visit.now.plus_seconds(seat.office.officers.policy.invitation_for);
    let address = format!("{}/console/{}/enrol", seat.visit.portal.site().origin, seat.office.id);
    let view = view::Invitation {
        facts: vec![
            page.fact("desk-officer-name", &account.name),
            page.fact("desk-officer-roles", roles_said(page.words, account.roles)),
            page.fact("desk-code-address", address),
            page.fact("desk-code-until", date::minute(page.words, until)),
        ],
        code: code.to_owned(),
        page,
    };
    seat.render(&view)
}

fn complaint(name: &str, value: &str, most: usize) -> Option<Complaint> {
    if value.is_empty() {
        Some(Complaint::Empty)
    } else if let Some(character) = characters::forbidden(value) {
        Some(Complaint::Character { character })
    } else if characters::count(value) > most {
        Some(Complaint::TooLong { most })
    } else if name == "mail" && !characters::mailable(value) {
        Some(Complaint::MailForm)
    } else {
        None
    }
}
