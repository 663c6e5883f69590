//! The case of an ICカード更新 as its row's document.

use casework::identity::{Digest, Fingerprint, RegistrationId};
use casework::renewal::{Case, Opened, Submitted};
use casework::time::Instant;
use serde::{Deserialize, Serialize};

use super::case::{self, Hex, new_is_not_stored};
use super::receipt::read_number;
use super::registration::{ApprovalsRow, ComparedRow, compared_row};
use super::review::{ApprovalRow, ReasonRow, ReviewRow, approval_row, reason_row, review_row};
use crate::fault::Fault;

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Confirming { opened } => Document::Confirming {
            opened: opened_row(opened),
        },
        Case::Awaiting { opened, text, until } => Document::Awaiting {
            opened: opened_row(opened),
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
        } => Document::Returned {
            submitted: submitted_row(submitted),
            reason: reason_row(reason),
            by: approval_row(by),
            until: until.0,
        },
        Case::Renewed {
            submitted,
            approvals,
            at,
        } => Document::Renewed {
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
        Document::Confirming { opened } => Case::Confirming { opened: opened.read()? },
        Document::Awaiting { opened, text, until } => Case::Awaiting {
            opened: opened.read()?,
            text: Digest(text.octets()?),
            until: Instant(until),
        },
        Document::Held { submitted, review } => Case::Held {
            submitted: submitted.read()?,
            review: review.read()?,
        },
        Document::Returned {
            submitted,
            reason,
            by,
            until,
        } => Case::Returned {
            submitted: submitted.read()?,
            reason: Box::new(reason.read()),
            by: by.read()?,
            until: Instant(until),
        },
        Document::Renewed {
            submitted,
            approvals,
            at,
        } => Case::Renewed {
            submitted: submitted.read()?,
            approvals: approvals.map(ApprovalsRow::read).transpose()?,
            at: Instant(at),
        },
        Document::Denied { submitted, reason, by } => Case::Denied {
            submitted: submitted.read()?,
            reason: Box::new(reason.read()),
            by: by.read()?,
        },
        Document::Withdrawn { submitted, at } => Case::Withdrawn {
            submitted: submitted.read()?,
            at: Instant(at),
        },
        Document::Lapsed { submitted, at } => Case::Lapsed {
            submitted: submitted.read()?,
            at: Instant(at),
        },
        Document::Abandoned { at } => Case::Abandoned { at: Instant(at) },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Confirming { .. } => "confirming",
        Case::Awaiting { .. } => "awaiting",
        Case::Held { .. } => "held",
        Case::Returned { .. } => "returned",
        Case::Renewed { .. } => "renewed",
        Case::Denied { .. } => "denied",
        Case::Withdrawn { .. } => "withdrawn",
        Case::Lapsed { .. } => "lapsed",
        Case::Abandoned { .. } => "abandoned",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Confirming {
        opened: OpenedRow,
    },
    Awaiting {
        opened: OpenedRow,
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
    },
    Renewed {
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
    registration: Hex,
    from: Hex,
    to: Hex,
    texts: (Hex, Hex),
    person: Option<String>,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct SubmittedRow {
    opened: OpenedRow,
    compared: Option<ComparedRow>,
    table: u32,
    text: Hex,
    content: Hex,
    number: String,
    at: i64,
    answer: Option<String>,
}

fn opened_row(opened: &Opened) -> OpenedRow {
    OpenedRow {
        registration: Hex::of(&opened.registration.0),
        from: Hex::of(&opened.from.0),
        to: Hex::of(&opened.to.0),
        texts: (Hex::of(&opened.texts.0.0), Hex::of(&opened.texts.1.0)),
        person: opened.person.clone(),
        at: opened.at.0,
    }
}

fn submitted_row(submitted: &Submitted) -> SubmittedRow {
    SubmittedRow {
        opened: opened_row(&submitted.opened),
        compared: submitted.compared.as_ref().map(compared_row),
        table: submitted.table,
        text: Hex::of(&submitted.text.0),
        content: Hex::of(&submitted.content.0),
        number: submitted.number.to_string(),
        at: submitted.at.0,
        answer: submitted.answer.clone(),
    }
}

impl OpenedRow {
    fn read(self) -> Result<Opened, Fault> {
        Ok(Opened {
            registration: RegistrationId(self.registration.octets()?),
            from: Fingerprint(self.from.octets()?),
            to: Fingerprint(self.to.octets()?),
            texts: (Digest(self.texts.0.octets()?), Digest(self.texts.1.octets()?)),
            person: self.person,
            at: Instant(self.at),
        })
    }
}

impl SubmittedRow {
    fn read(self) -> Result<Box<Submitted>, Fault> {
        Ok(Box::new(Submitted {
            opened: self.opened.read()?,
            compared: self.compared.map(ComparedRow::read),
            table: self.table,
            text: Digest(self.text.octets()?),
            content: Digest(self.content.octets()?),
            number: read_number(&self.number)?,
            at: Instant(self.at),
            answer: self.answer,
        }))
    }
}
