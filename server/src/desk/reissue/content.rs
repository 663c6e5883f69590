//! What is decided upon: all that was sent off, one value in a line, as its digest names it.

use casework::applicant::Applicant;
use casework::identity::OrganisationId;
use casework::number::Number;
use casework::reissue::{Cause, Submitted, Wish};
use serde_json::Value;
use std::fmt::Write as _;

use super::Reissue;
use crate::desk::CaseId;
use crate::desk::evidence::sha256;
use crate::store::{EvidenceKind, NewEvidence};

/// What was sent off, and by whom.
pub(super) struct Content<'a> {
    pub(super) case: CaseId<Reissue>,
    pub(super) organisation: OrganisationId,
    pub(super) number: Number,
    pub(super) contact: &'a Applicant,
    pub(super) wish: &'a Wish,
}

impl<'a> Content<'a> {
    /// Of a case as it stands.
    pub(super) const fn of(case: CaseId<Reissue>, submitted: &'a Submitted) -> Self {
        Self {
            case,
            organisation: submitted.opened.organisation,
            number: submitted.number,
            contact: &submitted.contact,
            wish: &submitted.wish,
        }
    }

    /// As it is kept; its digest is what is decided upon.
    pub(super) fn kept(&self) -> NewEvidence {
        let content = self.written().into_bytes();
        NewEvidence {
            kind: EvidenceKind::Content,
            digest: sha256(&content),
            content,
        }
    }

    /// A string stands in its line as JSON: one that holds a line's end forges none.
    fn written(&self) -> String {
        let Applicant {
            surname,
            given,
            surname_kana,
            given_kana,
            department,
            title,
            phone,
            fax,
            mail,
        } = self.contact;
        let text = |text: &str| Value::from(text).to_string();
        let optional = |text: &Option<String>| Value::from(text.as_deref()).to_string();
        let cause = match &self.wish.cause {
            cause @ (Cause::Expired | Cause::Exchanged) => cause.key().to_owned(),
            cause @ Cause::Other(words) => format!("{} {}", cause.key(), optional(words)),
        };
        let mut written = format!(
            "KAGIMORI reissue 1\ncase {}\norganisation {}\nnumber {}\n",
            crate::desk::hex(&self.case.octets()),
            crate::desk::hex(&self.organisation.0),
            self.number
        );
        for (name, value) in [
            ("surname", text(surname)),
            ("given", text(given)),
            ("surname_kana", text(surname_kana)),
            ("given_kana", text(given_kana)),
            ("department", optional(department)),
            ("title", optional(title)),
            ("phone", text(phone)),
            ("fax", optional(fax)),
            ("mail", text(mail)),
            ("day", self.wish.day.date().to_string()),
            ("cause", cause),
        ] {
            // Writing to a string does not fail.
            let _ = writeln!(written, "{name} {value}");
        }
        for terminal in &self.wish.terminals {
            let _ = writeln!(written, "terminal {}", super::offered::named(*terminal));
        }
        written
    }
}
