//! An application as its row's document.

use casework::applicant::Applicant;
use casework::identity::{Digest, GrantId, OrganisationId};
use casework::reissue::{Case, Cause, Draft, Opened, Progress, Step, Submitted, Trouble, Wish};
use casework::time::{Day, Instant};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::store::case::{self, Hex, new_is_not_stored};
use crate::store::receipt::read_number;
use crate::store::registration::ApprovalsRow;
use crate::store::review::{ApprovalRow, ReasonRow, ReviewRow, approval_row, reason_row, review_row};
use crate::store::terminal::TerminalDocument;

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Drafting { opened, draft } => Document::Drafting {
            opened: opened_row(*opened),
            draft: draft_row(draft),
        },
        Case::Received {
            submitted,
            review,
            draft,
        } => Document::Received {
            submitted: submitted_row(submitted),
            review: review_row(review),
            draft: draft.as_deref().map(draft_row),
        },
        Case::Examining { submitted, review } => Document::Examining {
            submitted: submitted_row(submitted),
            review: review_row(review),
        },
        Case::Returned {
            submitted,
            reason,
            by,
            draft,
        } => Document::Returned {
            submitted: submitted_row(submitted),
            reason: reason_row(reason),
            by: approval_row(by),
            draft: draft.as_deref().map(draft_row),
        },
        Case::Approved {
            submitted,
            approvals,
            progress,
        } => Document::Approved {
            submitted: submitted_row(submitted),
            approvals: ApprovalsRow::of(approvals),
            progress: progress.iter().map(progress_row).collect(),
        },
        Case::Reissued {
            submitted,
            approvals,
            grants,
            at,
        } => Document::Reissued {
            submitted: submitted_row(submitted),
            approvals: ApprovalsRow::of(approvals),
            grants: grants
                .iter()
                .map(|(terminal, grant)| (TerminalDocument::of(*terminal), Hex::of(&grant.0)))
                .collect(),
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
        Case::Abandoned { at } => Document::Abandoned { at: at.0 },
    };
    case::Document::of(state(case), &document)
}

/// The case that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Drafting { opened, draft } => Case::Drafting {
            opened: opened.read()?,
            draft: draft.read()?,
        },
        Document::Received {
            submitted,
            review,
            draft,
        } => Case::Received {
            submitted: submitted.read()?,
            review: review.read()?,
            draft: draft.map(DraftRow::boxed).transpose()?,
        },
        Document::Examining { submitted, review } => Case::Examining {
            submitted: submitted.read()?,
            review: review.read()?,
        },
        Document::Returned {
            submitted,
            reason,
            by,
            draft,
        } => Case::Returned {
            submitted: submitted.read()?,
            reason: Box::new(reason.read()),
            by: by.read()?,
            draft: draft.map(DraftRow::boxed).transpose()?,
        },
        Document::Approved {
            submitted,
            approvals,
            progress,
        } => Case::Approved {
            submitted: submitted.read()?,
            approvals: approvals.read()?,
            progress: progress.into_iter().map(ProgressRow::read).collect::<Result<_, _>>()?,
        },
        Document::Reissued {
            submitted,
            approvals,
            grants,
            at,
        } => Case::Reissued {
            submitted: submitted.read()?,
            approvals: approvals.read()?,
            grants: grants
                .into_iter()
                .map(|(terminal, grant)| Ok((terminal.read()?, GrantId(grant.octets()?))))
                .collect::<Result<_, Fault>>()?,
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
        Document::Abandoned { at } => Case::Abandoned { at: Instant(at) },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Drafting { .. } => "drafting",
        Case::Received { .. } => "received",
        Case::Examining { .. } => "examining",
        Case::Returned { .. } => "returned",
        Case::Approved { .. } => "approved",
        Case::Reissued { .. } => "reissued",
        Case::Denied { .. } => "denied",
        Case::Withdrawn { .. } => "withdrawn",
        Case::Abandoned { .. } => "abandoned",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Drafting {
        opened: OpenedRow,
        draft: DraftRow,
    },
    Received {
        submitted: SubmittedRow,
        review: ReviewRow,
        draft: Option<DraftRow>,
    },
    Examining {
        submitted: SubmittedRow,
        review: ReviewRow,
    },
    Returned {
        submitted: SubmittedRow,
        reason: ReasonRow,
        by: ApprovalRow,
        draft: Option<DraftRow>,
    },
    Approved {
        submitted: SubmittedRow,
        approvals: ApprovalsRow,
        progress: Vec<ProgressRow>,
    },
    Reissued {
        submitted: SubmittedRow,
        approvals: ApprovalsRow,
        grants: Vec<(TerminalDocument, Hex)>,
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
    Abandoned {
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct OpenedRow {
    organisation: Hex,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct DraftRow {
    contact: Option<ApplicantRow>,
    wish: Option<WishRow>,
}

#[derive(Serialize, Deserialize)]
struct ApplicantRow {
    surname: String,
    given: String,
    surname_kana: String,
    given_kana: String,
    department: Option<String>,
    title: Option<String>,
    phone: String,
    fax: Option<String>,
    mail: String,
}

#[derive(Serialize, Deserialize)]
struct WishRow {
    day: i32,
    cause: CauseRow,
    terminals: Vec<TerminalDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CauseRow {
    Expired,
    Exchanged,
    Other(Option<String>),
}

#[derive(Serialize, Deserialize)]
struct SubmittedRow {
    opened: OpenedRow,
    contact: ApplicantRow,
    wish: WishRow,
    content: Hex,
    number: String,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct ProgressRow {
    terminal: TerminalDocument,
    step: StepRow,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StepRow {
    Waiting,
    Troubled { trouble: TroubleRow, since: i64 },
    Opened(Hex),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TroubleRow {
    Gone,
    Failed,
}

fn opened_row(opened: Opened) -> OpenedRow {
    OpenedRow {
        organisation: Hex::of(&opened.organisation.0),
        at: opened.at.0,
    }
}

fn draft_row(draft: &Draft) -> DraftRow {
    DraftRow {
        contact: draft.contact.as_deref().map(applicant_row),
        wish: draft.wish.as_ref().map(wish_row),
    }
}

fn applicant_row(contact: &Applicant) -> ApplicantRow {
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
    } = contact.clone();
    ApplicantRow {
        surname,
        given,
        surname_kana,
        given_kana,
        department,
        title,
        phone,
        fax,
        mail,
    }
}

fn wish_row(wish: &Wish) -> WishRow {
    WishRow {
        day: wish.day.0,
        cause: match &wish.cause {
            Cause::Expired => CauseRow::Expired,
            Cause::Exchanged => CauseRow::Exchanged,
            Cause::Other(words) => CauseRow::Other(words.clone()),
        },
        terminals: wish.terminals.iter().copied().map(TerminalDocument::of).collect(),
    }
}

fn submitted_row(submitted: &Submitted) -> SubmittedRow {
    SubmittedRow {
        opened: opened_row(submitted.opened),
        contact: applicant_row(&submitted.contact),
        wish: wish_row(&submitted.wish),
        content: Hex::of(&submitted.content.0),
        number: submitted.number.to_string(),
        at: submitted.at.0,
    }
}

fn progress_row(progress: &Progress) -> ProgressRow {
    ProgressRow {
        terminal: TerminalDocument::of(progress.terminal),
        step: match progress.step {
            Step::Waiting => StepRow::Waiting,
            Step::Troubled { trouble, since } => StepRow::Troubled {
                trouble: match trouble {
                    Trouble::Gone => TroubleRow::Gone,
                    Trouble::Failed => TroubleRow::Failed,
                },
                since: since.0,
            },
            Step::Opened(grant) => StepRow::Opened(Hex::of(&grant.0)),
        },
    }
}

impl OpenedRow {
    fn read(self) -> Result<Opened, Fault> {
        Ok(Opened {
            organisation: OrganisationId(self.organisation.octets()?),
            at: Instant(self.at),
        })
    }
}

impl DraftRow {
    fn read(self) -> Result<Draft, Fault> {
        Ok(Draft {
            contact: self.contact.map(|contact| Box::new(contact.read())),
            wish: self.wish.map(WishRow::read).transpose()?,
        })
    }

    fn boxed(self) -> Result<Box<Draft>, Fault> {
        self.read().map(Box::new)
    }
}

impl ApplicantRow {
    fn read(self) -> Applicant {
        let Self {
            surname,
            given,
            surname_kana,
            given_kana,
            department,
            title,
            phone,
            fax,
            mail,
        } = self;
        Applicant {
            surname,
            given,
            surname_kana,
            given_kana,
            department,
            title,
            phone,
            fax,
            mail,
        }
    }
}

impl WishRow {
    fn read(self) -> Result<Wish, Fault> {
        Ok(Wish {
            day: Day(self.day),
            cause: match self.cause {
                CauseRow::Expired => Cause::Expired,
                CauseRow::Exchanged => Cause::Exchanged,
                CauseRow::Other(words) => Cause::Other(words),
            },
            terminals: self
                .terminals
                .into_iter()
                .map(TerminalDocument::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl SubmittedRow {
    fn read(self) -> Result<Box<Submitted>, Fault> {
        Ok(Box::new(Submitted {
            opened: self.opened.read()?,
            contact: Box::new(self.contact.read()),
            wish: self.wish.read()?,
            content: Digest(self.content.octets()?),
            number: read_number(&self.number)?,
            at: Instant(self.at),
        }))
    }
}

impl ProgressRow {
    fn read(self) -> Result<Progress, Fault> {
        Ok(Progress {
            terminal: self.terminal.read()?,
            step: match self.step {
                StepRow::Waiting => Step::Waiting,
                StepRow::Troubled { trouble, since } => Step::Troubled {
                    trouble: match trouble {
                        TroubleRow::Gone => Trouble::Gone,
                        TroubleRow::Failed => Trouble::Failed,
                    },
                    since: Instant(since),
                },
                StepRow::Opened(grant) => Step::Opened(GrantId(grant.octets()?)),
            },
        })
    }
}
