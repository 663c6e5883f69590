//! 署名用暗証番号の再設定 at the desk: a reservation by an app, and a kiosk that announces, and reports what the card says.
//!
//! An app asks [`Desk::begin_pin_reset`], [`Desk::prove_pin_reset`], [`Desk::compare_pictures`], [`Desk::compare_face`] and [`Desk::cancel_pin_reset`]; a
//! kiosk asks [`Desk::set_card`], [`Desk::announce_pin_reset`] and [`Desk::report_pin_reset`]; a clerk at a counter asks
//! [`Desk::at_counter`], [`Desk::identify_holder`] and [`Desk::admit_holder`].

mod counter;
mod face;
mod heard;
mod propose;
mod reserve;
mod text;
mod visit;
mod wake;

use casework::evidence::{FaceMatched, FaceUnlike, Informed, Receipted};
use casework::identity::{CardNumber, Digest, KioskId};
use casework::pin_reset::{Announcement, Case, Document as Shown, Doubt, Event, Policy, Proof, Told};
use casework::time::Instant;
use casework::{Answer, Refusal};
use wire::office::Language;

pub use counter::{AtCounter, Identified};
pub(super) use face::Faces;
pub use face::{Pictures, Uncompared};
pub use heard::Carried;
pub use reserve::{BegunReset, Shot};
pub(crate) use visit::visit_of;
pub use visit::{Cryptogram, SetCard, Visited};

use super::evidence::{Signature, sha256};
use super::{Actor, Desk, Done, Failure, Procedure, Proposal, Standing};
use crate::fault::Fault;
use crate::office::Office;
use crate::store::{self, Document};

/// The procedure of resets of signature passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinReset;

/// What is asked of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 「同意して進む」, and a card was read.
    Ask {
        /// At which office.
        office: String,
        /// The language of what is signed.
        language: Language,
        /// Which card.
        card: CardNumber,
        /// Both texts were read.
        informed: Informed,
        /// What the card is to sign.
        text: String,
        /// SHA-256 of the key with which the app acts.
        key: Digest,
        /// Where letters about it go, if any are wanted.
        mail: Option<String>,
    },
    /// The card has signed after its four digits.
    Prove {
        /// That it has.
        signature: Box<Signature>,
        /// Of the token for the first picture.
        shot: Digest,
    },
    /// A picture was compared with the one on the card.
    Compare {
        /// Of the token that it came with.
        shot: Digest,
        /// How like they were.
        compared: Box<Result<FaceMatched, FaceUnlike>>,
        /// Of the token for the next one.
        next: Digest,
    },
    /// A clerk has somebody before them.
    Identify {
        /// At which office.
        office: String,
        /// The language of what is signed.
        language: Language,
        /// Which card.
        card: CardNumber,
        /// What the clerk looks at.
        document: Shown,
        /// What the clerk's card is to sign.
        text: String,
    },
    /// The clerk's card has signed.
    Admit(Box<Signature>),
    /// 「予約を取り消す」
    Cancel,
    /// A later case of the card stands in this one's place.
    Replace,
    /// The card was set at a kiosk.
    Visit {
        /// At which office.
        office: String,
        /// The language of what is signed there.
        language: Language,
        /// Which kiosk.
        kiosk: KioskId,
        /// What the card tells.
        told: Told,
        /// What the card is to sign.
        text: String,
    },
    /// 「設定する」
    Announce {
        /// At which kiosk.
        kiosk: KioskId,
        /// That the card has signed the visit's text.
        signature: Box<Signature>,
        /// What the card tells.
        told: Told,
        /// What the card asks.
        challenge: [u8; 16],
        /// What we ask.
        host_random: [u8; 16],
    },
    /// The card says that it is done.
    Report {
        /// Which kiosk tells.
        kiosk: KioskId,
        /// What the card tells.
        told: Told,
        /// Its receipt.
        receipt: Receipted,
    },
    /// The card answered as no card of ours does.
    Doubt {
        /// At which kiosk.
        kiosk: KioskId,
        /// What the card tells.
        told: Told,
        /// What was wrong.
        why: Doubt,
    },
    /// What only time brings.
    Wake,
}

impl Procedure for PinReset {
    const NOUN: &'static str = "pin_reset";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::pin_reset_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Ask { .. } => "ask",
            Command::Prove { .. } => "prove",
            Command::Compare { .. } => "compare",
            Command::Identify { .. } => "identify",
            Command::Admit(_) => "admit",
            Command::Cancel => "cancel",
            Command::Replace => "replace",
            Command::Visit { .. } => "visit",
            Command::Announce { .. } => "announce",
            Command::Report { .. } => "report",
            Command::Doubt { .. } => "doubt",
            Command::Wake => "wake",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::pin_reset_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::pin_reset_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            (Case::Proved { shot: kept, spent, .. }, Command::Prove { shot, .. }) => kept == shot && spent.is_none(),
            (
                Case::Reserved { reservation, .. } | Case::Announced { reservation, .. },
                Command::Compare { shot, .. },
            ) => {
                matches!(&reservation.proof, Proof::Face { shot: kept, .. } if kept == shot)
            }
            (Case::Identifying { text, .. }, Command::Identify { text: again, .. }) => {
                *text == sha256(again.as_bytes())
            }
            (Case::Reserved { reservation, .. } | Case::Announced { reservation, .. }, Command::Admit(signature)) => {
                matches!(&reservation.proof, Proof::Counter { text, .. } if *text == signature.possession().text())
            }
            (Case::Cancelled { .. }, Command::Cancel) | (Case::Replaced { .. }, Command::Replace) => true,
            (Case::Announced { .. }, Command::Announce { kiosk, challenge, .. }) => {
                announcement(case, *kiosk, *challenge).is_some()
            }
            (Case::Used { by, .. }, Command::Report { receipt, .. }) => {
                (by.counter, by.challenge) == (receipt.counter(), receipt.challenge())
            }
            _ => false,
        }
    }

    fn about(case: &Case, command: &Command) -> Vec<(&'static str, String)> {
        let card = match (case.card(), command) {
            (Some(card), _) => Some(card.number),
            (None, Command::Ask { card, .. } | Command::Identify { card, .. }) => Some(*card),
            (None, Command::Visit { told, .. }) => Some(told.card.number),
            (None, _) => None,
        };
        card.map(|card| ("card", card.to_string())).into_iter().collect()
    }

    async fn propose(
        desk: &Desk,
        actor: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        Box::pin(propose::propose(desk, actor, standing, command, now)).await
    }
}

/// What the audit says of an event: fingerprints, numbers and how like a face was; never a face.
fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    let compared = |comparison: &casework::evidence::Comparison| {
        vec![
            ("score", comparison.score.to_string()),
            ("threshold", comparison.threshold.to_string()),
            ("provider", comparison.provider.clone()),
            ("version", comparison.version.clone()),
        ]
    };
    match event {
        Event::Asked { flow, terms } => ("asked", vec![("flow", flow.to_string()), ("terms", terms.to_string())]),
        Event::Proved => ("proved", Vec::new()),
        Event::Unlike { comparison, times } => {
            let mut details = compared(comparison);
            details.push(("times", times.to_string()));
            ("unlike", details)
        }
        Event::Identifying { identification } => (
            "identifying",
            vec![
                ("officer", super::hex(&identification.officer.0)),
                ("document", identification.document.key().to_owned()),
            ],
        ),
        Event::Reserved {
            number,
            until,
            comparison,
            officer,
        } => {
            let mut details = vec![("number", number.to_string()), ("until", until.0.to_string())];
            details.extend(comparison.iter().flat_map(compared));
            details.extend(officer.map(|officer| ("officer", super::hex(&officer.0))));
            ("reserved", details)
        }
        Event::Cancelled => ("cancelled", Vec::new()),
        Event::Replaced => ("replaced", Vec::new()),
        Event::Visited { kiosk } => ("visited", vec![("kiosk", kiosk.to_string())]),
        Event::Announced { kiosk, counter } => ("announced", at(*kiosk, *counter)),
        Event::Used { kiosk, counter } => ("used", at(*kiosk, *counter)),
        Event::Reminded => ("reminded", Vec::new()),
        Event::Unreminded => ("unreminded", Vec::new()),
        Event::Lapsed => ("lapsed", Vec::new()),
        Event::Halted { kiosk, why, counter } => {
            let mut details = at(*kiosk, *counter);
            details.push(("why", why.key().to_owned()));
            ("halted", details)
        }
    }
}

fn at(kiosk: KioskId, counter: u32) -> Vec<(&'static str, String)> {
    vec![("kiosk", kiosk.to_string()), ("counter", counter.to_string())]
}

/// What this kiosk announced last, if it was for this challenge.
fn announcement(case: &Case, kiosk: KioskId, challenge: [u8; 16]) -> Option<&Announcement> {
    let last = case.announcements().last()?;
    ((last.kiosk, last.challenge) == (kiosk, challenge)).then_some(last)
}

/// The policy of the office at which a reservation is.
fn policy(office: &Office) -> Result<Policy, Fault> {
    Ok(office.citizen()?.policy())
}

/// What was decided, where it was not a no that was written down.
fn done(done: Done<PinReset>) -> Result<Case, Failure> {
    match done.answer {
        Answer::Done => Ok(done.case),
        Answer::Refused(refusal) => Err(Failure::Refused(refusal)),
    }
}

/// Why nothing goes on at a kiosk with a case in this state.
pub(crate) fn refused(case: &Case) -> Refusal {
    match case {
        Case::Used { .. } => Refusal::ReservationUsed,
        Case::Halted { .. } => Refusal::Halted,
        Case::Reserved { .. } | Case::Announced { .. } => Refusal::Stale,
        Case::New
        | Case::Asked { .. }
        | Case::Proved { .. }
        | Case::Identifying { .. }
        | Case::Cancelled { .. }
        | Case::Replaced { .. } => Refusal::NoReservation,
    }
}

fn not_here(case: &Case) -> Failure {
    Failure::Refused(refused(case))
}
