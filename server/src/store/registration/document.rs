//! The case of a 登録 or 変更 as its row's document.

use casework::identity::{Digest, Fingerprint, RegistrationId};
use casework::names::{Class, Comparison, Difference, Passage};
use casework::register::{Compared, Numbers, Person};
use casework::registration::{Approvals, Case, Contact, Correction, Kind, Opened, Out, Submitted};
use casework::time::Instant;
use serde::{Deserialize, Serialize};

use super::read_business;
use crate::fault::Fault;
use crate::store::case::{self, Hex, new_is_not_stored};
use crate::store::receipt::read_number;
use crate::store::review::{ApprovalRow, ReasonRow, ReviewRow, approval_row, reason_row, review_row};

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Entering {
            opened,
            business,
            draft,
        } => Document::Entering {
            opened: opened_row(opened),
            business: business.as_ref().map(ToString::to_string),
            draft: draft.as_deref().map(contact_row),
        },
        Case::Reviewing {
            opened,
            business,
            contact,
        } => Document::Reviewing {
            opened: opened_row(opened),
            business: business.to_string(),
            contact: contact_row(contact),
        },
        Case::Awaiting {
            opened,
            business,
            contact,
            text,
            until,
        } => Document::Awaiting {
            opened: opened_row(opened),
            business: business.to_string(),
            contact: contact_row(contact),
            text: Hex::of(&text.0),
            until: until.0,
        },
        Case::Held { submitted, review } => Document::Held {
            submitted: submitted_row(submitted),
            review: review_row(review),
        },
        Case::Returned {
            submitted,
            reason,
            by,
            until,
            correction,
        } => Document::Returned {
            submitted: submitted_row(submitted),
            reason: reason_row(reason),
            by: approval_row(by),
            until: until.0,
            correction: correction.as_ref().map(correction_row),
        },
        Case::Registered {
            submitted,
            approvals,
            at,
        } => Document::Registered {
            submitted: submitted_row(submitted),
            approvals: approvals.as_deref().map(ApprovalsRow::of),
            at: at.0,
        },
        Case::Denied { submitted, reason, by } => Document::Denied {
            submitted: submitted_row(submitted),
            reason: reason_row(reason),
            by: approval_row(by),
        },
        Case::Withdrawn { submitted, at } => Document::Withdrawn {
            submitted: submitted_row(submitted),
            at: at.0,
        },
        Case::Lapsed { submitted, at } => Document::Lapsed {
            submitted: submitted_row(submitted),
            at: at.0,
        },
        Case::Abandoned { at } => Document::Abandoned { at: at.0 },
    };
    case::Document::of(state(case), &document)
}

/// The case that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Entering {
            opened,
            business,
            draft,
        } => Case::Entering {
            opened: opened.read()?,
            business: business.map(|business| read_business(&business)).transpose()?,
            draft: draft.map(|draft| Box::new(draft.read())),
        },
        Document::Reviewing {
            opened,
            business,
            contact,
        } => Case::Reviewing {
            opened: opened.read()?,
            business: read_business(&business)?,
            contact: Box::new(contact.read()),
        },
        Document::Awaiting {
            opened,
            business,
            contact,
            text,
            until,
        } => Case::Awaiting {
            opened: opened.read()?,
            business: read_business(&business)?,
            contact: Box::new(contact.read()),
            text: Digest(text.octets()?),
            until: Instant(until),
        },
        Document::Held { submitted, review } => Case::Held {
            submitted: Box::new(submitted.read()?),
            review: review.read()?,
        },
        Document::Returned {
            submitted,
            reason,
            by,
            until,
            correction,
        } => Case::Returned {
            submitted: Box::new(submitted.read()?),
            reason: Box::new(reason.read()),
            by: by.read()?,
            until: Instant(until),
            correction: correction.map(CorrectionRow::read).transpose()?,
        },
        Document::Registered {
            submitted,
            approvals,
            at,
        } => Case::Registered {
            submitted: Box::new(submitted.read()?),
            approvals: approvals.map(ApprovalsRow::read).transpose()?,
            at: Instant(at),
        },
        Document::Denied { submitted, reason, by } => Case::Denied {
            submitted: Box::new(submitted.read()?),
            reason: Box::new(reason.read()),
            by: by.read()?,
        },
        Document::Withdrawn { submitted, at } => Case::Withdrawn {
            submitted: Box::new(submitted.read()?),
            at: Instant(at),
        },
        Document::Lapsed { submitted, at } => Case::Lapsed {
            submitted: Box::new(submitted.read()?),
            at: Instant(at),
        },
        Document::Abandoned { at } => Case::Abandoned { at: Instant(at) },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Entering { .. } => "entering",
        Case::Reviewing { .. } => "reviewing",
        Case::Awaiting { .. } => "awaiting",
        Case::Held { .. } => "held",
        Case::Returned { .. } => "returned",
        Case::Registered { .. } => "registered",
        Case::Denied { .. } => "denied",
        Case::Withdrawn { .. } => "withdrawn",
        Case::Lapsed { .. } => "lapsed",
        Case::Abandoned { .. } => "abandoned",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Entering {
        opened: OpenedRow,
        business: Option<String>,
        draft: Option<ContactRow>,
    },
    Reviewing {
        opened: OpenedRow,
        business: String,
        contact: ContactRow,
    },
    Awaiting {
        opened: OpenedRow,
        business: String,
        contact: ContactRow,
        text: Hex,
        until: i64,
    },
    Held {
        submitted: SubmittedRow,
        review: ReviewRow,
    },
    Returned {
        submitted: SubmittedRow,
        reason: ReasonRow,
        by: ApprovalRow,
        until: i64,
        correction: Option<CorrectionRow>,
    },
    Registered {
        submitted: SubmittedRow,
        approvals: Option<ApprovalsRow>,
        at: i64,
    },
    Denied {
        submitted: SubmittedRow,
        reason: ReasonRow,
        by: ApprovalRow,
    },
    Withdrawn {
        submitted: SubmittedRow,
        at: i64,
    },
    Lapsed {
        submitted: SubmittedRow,
        at: i64,
    },
    Abandoned {
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct OpenedRow {
    /// Of the registration to be changed; none for a new one.
    registration: Option<Hex>,
    card: Hex,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct ContactRow {
    department: String,
    name: String,
    phone: String,
    fax: Option<String>,
    mail: String,
}

/// What is corrected of what was given back, and the page that is out for signature.
#[derive(Serialize, Deserialize)]
struct CorrectionRow {
    contact: ContactRow,
    out: Option<(Hex, i64)>,
}

#[derive(Serialize, Deserialize)]
struct SubmittedRow {
    opened: OpenedRow,
    business: String,
    contact: ContactRow,
    compared: Option<ComparedRow>,
    table: u32,
    text: Hex,
    content: Hex,
    number: String,
    at: i64,
    answer: Option<String>,
}

/// Who approved what had been held.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct ApprovalsRow {
    first: Option<ApprovalRow>,
    last: ApprovalRow,
}

/// A card compared with the register.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct ComparedRow {
    company: ComparisonRow,
    person: ComparisonRow,
    against: PersonRow,
    numbers: NumbersRow,
}

#[derive(Serialize, Deserialize)]
struct ComparisonRow {
    class: ClassRow,
    differences: Vec<DifferenceRow>,
}

#[derive(Serialize, Deserialize)]
struct DifferenceRow {
    register: (usize, String),
    card: (usize, String),
    variant: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClassRow {
    Match,
    Variant,
    NotComparable,
    Mismatch,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PersonRow {
    Representative,
    Delegate,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NumbersRow {
    Unknown,
    Equal,
    Different,
}

fn correction_row(correction: &Correction) -> CorrectionRow {
    CorrectionRow {
        contact: contact_row(&correction.contact),
        out: correction.out.map(|out| (Hex::of(&out.text.0), out.until.0)),
    }
}

fn opened_row(opened: &Opened) -> OpenedRow {
    OpenedRow {
        registration: match opened.kind {
            Kind::New => None,
            Kind::Change { registration } => Some(Hex::of(&registration.0)),
        },
        card: Hex::of(&opened.card.0),
        at: opened.at.0,
    }
}

fn contact_row(contact: &Contact) -> ContactRow {
    ContactRow {
        department: contact.department.clone(),
        name: contact.name.clone(),
        phone: contact.phone.clone(),
        fax: contact.fax.clone(),
        mail: contact.mail.clone(),
    }
}

fn submitted_row(submitted: &Submitted) -> SubmittedRow {
    SubmittedRow {
        opened: opened_row(&submitted.opened),
        business: submitted.business.to_string(),
        contact: contact_row(&submitted.contact),
        compared: submitted.compared.as_ref().map(compared_row),
        table: submitted.table,
        text: Hex::of(&submitted.text.0),
        content: Hex::of(&submitted.content.0),
        number: submitted.number.to_string(),
        at: submitted.at.0,
        answer: submitted.answer.clone(),
    }
}

/// For a row.
pub(in crate::store) fn compared_row(compared: &Compared) -> ComparedRow {
    ComparedRow {
        company: comparison_row(&compared.company),
        person: comparison_row(&compared.person),
        against: match compared.against {
            Person::Representative => PersonRow::Representative,
            Person::Delegate => PersonRow::Delegate,
        },
        numbers: match compared.numbers {
            Numbers::Unknown => NumbersRow::Unknown,
            Numbers::Equal => NumbersRow::Equal,
            Numbers::Different => NumbersRow::Different,
        },
    }
}

fn comparison_row(comparison: &Comparison) -> ComparisonRow {
    let passage = |passage: &Passage| (passage.at, passage.text.clone());
    ComparisonRow {
        class: match comparison.class {
            Class::Match => ClassRow::Match,
            Class::Variant => ClassRow::Variant,
            Class::NotComparable => ClassRow::NotComparable,
            Class::Mismatch => ClassRow::Mismatch,
        },
        differences: comparison
            .differences
            .iter()
            .map(|difference| DifferenceRow {
                register: passage(&difference.register),
                card: passage(&difference.card),
                variant: difference.variant,
            })
            .collect(),
    }
}

impl OpenedRow {
    fn read(self) -> Result<Opened, Fault> {
        let registration = self
            .registration
            .map(|id| id.octets().map(RegistrationId))
            .transpose()?;
        Ok(Opened {
            kind: registration.map_or(Kind::New, |registration| Kind::Change { registration }),
            card: Fingerprint(self.card.octets()?),
            at: Instant(self.at),
        })
    }
}

impl ContactRow {
    fn read(self) -> Contact {
        Contact {
            department: self.department,
            name: self.name,
            phone: self.phone,
            fax: self.fax,
            mail: self.mail,
        }
    }
}

impl CorrectionRow {
    fn read(self) -> Result<Correction, Fault> {
        let out = self.out.map(|(text, until)| {
            Ok::<_, Fault>(Out {
                text: Digest(text.octets()?),
                until: Instant(until),
            })
        });
        Ok(Correction {
            contact: Box::new(self.contact.read()),
            out: out.transpose()?,
        })
    }
}

impl SubmittedRow {
    fn read(self) -> Result<Submitted, Fault> {
        Ok(Submitted {
            opened: self.opened.read()?,
            business: read_business(&self.business)?,
            contact: Box::new(self.contact.read()),
            compared: self.compared.map(ComparedRow::read),
            table: self.table,
            text: Digest(self.text.octets()?),
            content: Digest(self.content.octets()?),
            number: read_number(&self.number)?,
            at: Instant(self.at),
            answer: self.answer,
        })
    }
}

impl ApprovalsRow {
    /// For a row.
    pub(in crate::store) fn of(approvals: &Approvals) -> Self {
        Self {
            first: approvals.first.as_ref().map(approval_row),
            last: approval_row(&approvals.last),
        }
    }

    /// As it was written.
    pub(in crate::store) fn read(self) -> Result<Box<Approvals>, Fault> {
        Ok(Box::new(Approvals {
            first: self.first.map(ApprovalRow::read).transpose()?,
            last: self.last.read()?,
        }))
    }
}

impl ComparedRow {
    /// As it was written.
    pub(in crate::store) fn read(self) -> Compared {
        Compared {
            company: self.company.read(),
            person: self.person.read(),
            against: match self.against {
                PersonRow::Representative => Person::Representative,
                PersonRow::Delegate => Person::Delegate,
            },
            numbers: match self.numbers {
                NumbersRow::Unknown => Numbers::Unknown,
                NumbersRow::Equal => Numbers::Equal,
                NumbersRow::Different => Numbers::Different,
            },
        }
    }
}

impl ComparisonRow {
    fn read(self) -> Comparison {
        let passage = |(at, text): (usize, String)| Passage { at, text };
        Comparison {
            class: match self.class {
                ClassRow::Match => Class::Match,
                ClassRow::Variant => Class::Variant,
                ClassRow::NotComparable => Class::NotComparable,
                ClassRow::Mismatch => Class::Mismatch,
            },
            differences: self
                .differences
                .into_iter()
                .map(|difference| Difference {
                    register: passage(difference.register),
                    card: passage(difference.card),
                    variant: difference.variant,
                })
                .collect(),
        }
    }
}
