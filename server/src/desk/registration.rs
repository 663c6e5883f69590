//! 利用者登録 at the desk: the facts, the page to be signed, and what is kept of it.
//!
//! For pages: [`Desk::registrable_card`] says at the reader whether a card will do; `evidence::proved_company` makes of a
//! company's secret what [`Command::Prove`] wants.

mod propose;
mod text;

use casework::Refusal;
use casework::card::{fresh, registered};
use casework::evidence::{Presented, ProvedCompany};
use casework::identity::{Digest, Fingerprint, OfficerId};
use casework::number::Number;
use casework::registration::{Case, Contact, Event, Kind};
use casework::review::Verdict;
use casework::time::Instant;
use wire::office::Language;

use super::card::ShownCard;
use super::evidence::Signature;
use super::{Actor, Desk, Failure, Procedure, Proposal, Standing};
use crate::fault::Fault;
use crate::office::Office;
use crate::store::{self, CardRow, Document};

/// 登録 and 変更.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration;

/// What holder and officers do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The card was shown and has answered a challenge.
    Open {
        /// At which office.
        office: String,
        /// In which language.
        language: Language,
        /// 登録 or 変更.
        kind: Kind,
        /// The card.
        presented: Presented,
        /// The card as it was read.
        card: Box<CardRow>,
    },
    /// The company told the secret that it was given for its entry in the register.
    Prove(ProvedCompany),
    /// A checked form.
    Enter(Box<Contact>),
    /// 「修正する」
    Edit,
    /// The page is written, in this language, and goes out for signature. [`Store::text`](crate::store::Store::text) has it
    /// then, under the digest that the case names.
    Ask {
        /// In which it is written, and in which the letters will be.
        language: Language,
    },
    /// The card has signed it. The same signed text again finds the same receipt.
    Confirm(Signature),
    /// 中止
    Abandon,
    /// 担当する
    Claim,
    /// 担当を外れる
    Release,
    /// An administrator hands it to another officer.
    Reassign {
        /// To this one.
        to: OfficerId,
    },
    /// 承認, 否認 or 差戻し: the text goes out for the officer's signature.
    Propose {
        /// What is to be decided.
        verdict: Verdict,
        /// In which language the text is written.
        language: Language,
    },
    /// The officer's card has signed it. The same signed text again finds the same decision.
    Decide(Signature),
    /// 取下げ
    Withdraw {
        /// The card that was shown in this session.
        by: Fingerprint,
    },
    /// The company's answer to a 差戻し: one line of at most 400 characters.
    Answer {
        /// The card that was shown in this session.
        by: Fingerprint,
        /// What it says.
        remark: String,
    },
    /// The time for an answer is over.
    Lapse,
}

impl Desk {
    /// Whether the card at the reader is one that a company may be registered with, or, for a change, the one that it has.
    pub async fn registrable_card(&self, office: &Office, shown: &ShownCard, kind: Kind) -> Result<(), Failure> {
        let known = self.card_known(office, &CardRow::from(shown)).await?;
        let now = self.clock().now();
        match kind {
            Kind::New => fresh(known.binding, known.standing, now).map_err(Failure::Refused),
            Kind::Change { registration } => {
                let own = registered(known.binding, known.standing, now).map_err(Failure::Refused)?;
                if own == registration {
                    Ok(())
                } else {
                    Err(Failure::Refused(Refusal::AnotherCard))
                }
            }
        }
    }
}

impl Procedure for Registration {
    const NOUN: &'static str = "registration";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::registration_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Open { .. } => "open",
            Command::Prove(_) => "prove",
            Command::Enter(_) => "enter",
            Command::Edit => "edit",
            Command::Ask { .. } => "ask",
            Command::Confirm(_) => "confirm",
            Command::Abandon => "abandon",
            Command::Claim => "claim",
            Command::Release => "release",
            Command::Reassign { .. } => "reassign",
            Command::Propose { .. } => "propose",
            Command::Decide(_) => "decide",
            Command::Withdraw { .. } => "withdraw",
            Command::Answer { .. } => "answer",
            Command::Lapse => "lapse",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::registration_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::registration_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            // Whatever has become of it since: it was applied for, under its number.
            (_, Command::Confirm(signature)) => case
                .submitted()
                .is_some_and(|submitted| signature.is_of(submitted.text, submitted.opened.card)),
            (Case::Denied { by, .. } | Case::Returned { by, .. }, Command::Decide(signature)) => {
                signature.is_of(by.text, by.card)
            }
            (
                Case::Registered {
                    approvals: Some(approvals),
                    ..
                },
                Command::Decide(signature),
            ) => signature.is_of(approvals.last.text, approvals.last.card),
            (Case::Withdrawn { .. }, Command::Withdraw { .. })
            | (Case::Abandoned { .. }, Command::Abandon)
            | (Case::Lapsed { .. }, Command::Lapse) => true,
            _ => false,
        }
    }

    fn about(case: &Case, command: &Command) -> Vec<(&'static str, String)> {
        let card = match (case.opened(), command) {
            (Some(opened), _) => opened.card,
            (None, Command::Open { presented, .. }) => presented.card(),
            (None, _) => return Vec::new(),
        };
        vec![("card", card.to_string())]
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

/// What the audit says of an event: digests, fingerprints and numbers, never a name.
fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Opened { .. } => ("opened", Vec::new()),
        Event::Proved => ("proved", Vec::new()),
        Event::Entered => ("entered", Vec::new()),
        Event::Edited => ("edited", Vec::new()),
        Event::Asked { text } => ("asked", vec![("text", text.to_string())]),
        Event::Held { text, number, .. } => ("held", vec![("text", text.to_string()), ("number", number.to_string())]),
        Event::Registered {
            text, number, approved, ..
        } => {
            let mut details = vec![("text", text.to_string()), ("number", number.to_string())];
            details.extend(approved.map(|(_, text)| ("decision", text.to_string())));
            ("registered", details)
        }
        Event::Abandoned { .. } => ("abandoned", Vec::new()),
        Event::Claimed { .. } => ("claimed", Vec::new()),
        Event::Released { .. } => ("released", Vec::new()),
        Event::Reassigned { by: _, to } => ("reassigned", vec![("officer", super::hex(&to.0))]),
        Event::Proposed { by: _, text } => ("proposed", vec![("text", text.to_string())]),
        Event::Approved { by: _, text } => ("approved", vec![("text", text.to_string())]),
        Event::Unfit { by: _, number } => ("unfit", vec![("number", number.to_string())]),
        Event::Denied {
            by: _,
            text,
            reason,
            number,
        } => ("denied", decided(*text, reason, *number)),
        Event::Returned {
            by: _,
            text,
            reason,
            number,
        } => ("returned", decided(*text, reason, *number)),
        Event::Answered { number, content } => (
            "answered",
            vec![("content", content.to_string()), ("number", number.to_string())],
        ),
        Event::Withdrawn { number } => ("withdrawn", vec![("number", number.to_string())]),
        Event::Lapsed { number } => ("lapsed", vec![("number", number.to_string())]),
    }
}

fn decided(text: Digest, reason: &str, number: Number) -> Vec<(&'static str, String)> {
    vec![
        ("text", text.to_string()),
        ("reason", reason.to_owned()),
        ("number", number.to_string()),
    ]
}
