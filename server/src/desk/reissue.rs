//! デジタル証明書の再発行 at the desk: the application, what officers decide on, and the morning of its day.
//!
//! For pages: [`Desk::terminals_offered`] are the rows from which terminals are chosen; the case itself holds what was entered
//! so far, so that either part can be gone back to.

mod content;
mod morning;
mod offered;
mod propose;
mod text;

use casework::applicant::Applicant;
use casework::reissue::{Case, Cause, Event, Policy, Trouble};
use casework::terminal::Terminal;
use casework::time::{Day, Instant};
use wire::office::Language;

pub use offered::OfferedTerminal;

use super::examine::Examine;
use super::{Actor, Desk, Failure, Procedure, Proposal, Standing};
use crate::fault::Fault;
use crate::office::Office;
use crate::store::{self, Document};

/// The procedure 003, to the morning of the desired day. A case's octets are its
/// [`ReissueId`](casework::identity::ReissueId).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reissue;

/// What the applicant, officers and the morning do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 申込担当者入力へ進む: a draft is begun.
    Open {
        /// At which office.
        office: String,
        /// In which language its letters will be.
        language: Language,
    },
    /// 申込担当者, checked.
    Enter(Box<Applicant>),
    /// 論理端末: the day is checked against the office's calendar, today.
    Choose {
        /// 再発行希望日
        day: Day,
        /// 再発行理由
        cause: Cause,
        /// 再発行を希望する論理端末
        terminals: Vec<Terminal>,
    },
    /// 申込内容を登録する. Sent again it finds the same receipt.
    Apply,
    /// 修正: what was sent off is sent off anew, under its number.
    Correct,
    /// The draft is given up, or nobody came back for it.
    Abandon,
    /// 取り下げ
    Withdraw,
    /// What officers do.
    Examine(Examine),
    /// The morning has been at its terminals.
    Grant {
        /// What came to nothing.
        troubles: Vec<(Terminal, Trouble)>,
    },
}

/// The rules of reissues at an office, if it is a service centre.
pub fn reissue_policy(office: &Office) -> Option<Policy> {
    let terminals = office.terminals().ok()?;
    Some(Policy {
        morning_from: terminals.reissue.morning_from,
        most_terminals: terminals.reissue.most_terminals,
        words_for_other: terminals.reissue.words_for_other,
        ..Policy::reviewed_by(office.review.rule)
    })
}

impl Procedure for Reissue {
    const NOUN: &'static str = "reissue";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::reissue_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Open { .. } => "open",
            Command::Enter(_) => "enter",
            Command::Choose { .. } => "choose",
            Command::Apply => "apply",
            Command::Correct => "correct",
            Command::Abandon => "abandon",
            Command::Withdraw => "withdraw",
            Command::Examine(step) => step.word(),
            Command::Grant { .. } => "grant",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::reissue_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::reissue_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            // Whatever has become of it since: it was applied for, under its number (G-S2).
            (_, Command::Apply) => case.submitted().is_some(),
            (Case::Received { draft: None, .. }, Command::Correct)
            | (Case::Withdrawn { .. }, Command::Withdraw)
            | (Case::Abandoned { .. }, Command::Abandon)
            // Another node was at all of its terminals.
            | (Case::Reissued { .. }, Command::Grant { .. }) => true,
            (Case::Denied { by, .. } | Case::Returned { by, .. }, Command::Examine(Examine::Decide(signature))) => {
                signature.is_of(by.text, by.card)
            }
            (
                Case::Approved { approvals, .. } | Case::Reissued { approvals, .. },
                Command::Examine(Examine::Decide(signature)),
            ) => {
                let mut all = approvals.first.iter().chain([&approvals.last]);
                all.any(|by| signature.is_of(by.text, by.card))
            }
            (Case::Examining { review, .. }, Command::Examine(Examine::Decide(signature))) => {
                review.first.as_ref().is_some_and(|by| signature.is_of(by.text, by.card))
            }
            _ => false,
        }
    }

    /// Whose it is, by its random id.
    fn about(case: &Case, _: &Command) -> Vec<(&'static str, String)> {
        case.opened()
            .map(|opened| ("organisation", super::hex(&opened.organisation.0)))
            .into_iter()
            .collect()
    }

    async fn propose(
        desk: &Desk,
        actor: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        // Its texts and facts are many; whoever asks for it shall not carry them about.
        Box::pin(propose::propose(desk, actor, standing, command, now)).await
    }
}

/// What the audit says of an event: digests, numbers, days and terminals, never a name.
fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    let named = |terminals: &[Terminal]| {
        let terminals: Vec<String> = terminals.iter().copied().map(offered::named).collect();
        ("terminals", terminals.join(", "))
    };
    match event {
        Event::Opened { organisation } => ("opened", vec![("organisation", super::hex(&organisation.0))]),
        Event::Entered => ("entered", Vec::new()),
        Event::Chosen { terminals } => ("chosen", vec![("count", terminals.to_string())]),
        Event::Applied {
            number,
            content,
            day,
            terminals,
        } => ("applied", sent(*number, *content, *day, named(terminals))),
        Event::Corrected {
            number,
            content,
            day,
            terminals,
        } => ("corrected", sent(*number, *content, *day, named(terminals))),
        Event::Abandoned => ("abandoned", Vec::new()),
        Event::Claimed { .. } => ("claimed", Vec::new()),
        Event::Released { .. } => ("released", Vec::new()),
        Event::Reassigned { by: _, to } => ("reassigned", vec![("officer", super::hex(&to.0))]),
        Event::Proposed { by: _, text } => ("proposed", vec![("text", text.to_string())]),
        Event::Seconded { by: _, text } => ("seconded", vec![("text", text.to_string())]),
        Event::Approved { by: _, text, number } => (
            "accepted",
            vec![("text", text.to_string()), ("number", number.to_string())],
        ),
        Event::Denied {
            by: _,
            text,
            reason,
            number,
        } => ("denied", ruled(*text, reason, *number)),
        Event::Returned {
            by: _,
            text,
            reason,
            number,
        } => ("returned", ruled(*text, reason, *number)),
        Event::Withdrawn { number } => ("withdrawn", vec![("number", number.to_string())]),
        Event::Progressed {
            number,
            opened,
            troubled,
        } => (
            "progressed",
            vec![
                ("number", number.to_string()),
                ("opened", opened.to_string()),
                ("troubled", troubled.to_string()),
            ],
        ),
        Event::Reissued { number, terminals } => (
            "reissued",
            vec![("number", number.to_string()), ("opened", terminals.to_string())],
        ),
    }
}

fn sent(
    number: casework::number::Number,
    content: casework::identity::Digest,
    day: Day,
    terminals: (&'static str, String),
) -> Vec<(&'static str, String)> {
    vec![
        ("number", number.to_string()),
        ("content", content.to_string()),
        ("day", day.date().to_string()),
        terminals,
    ]
}

fn ruled(
    text: casework::identity::Digest,
    reason: &str,
    number: casework::number::Number,
) -> Vec<(&'static str, String)> {
    vec![
        ("text", text.to_string()),
        ("reason", reason.to_owned()),
        ("number", number.to_string()),
    ]
}
