//! ICカード更新 at the desk: the ceremony's texts, the facts, the page to be signed, and what is kept of it.
//!
//! For pages: [`Desk::current_card`] and [`Desk::new_card`] say at the reader whether a card will do, before its PIN is
//! asked for; [`Desk::begin_ceremony`] and [`Desk::ceremony_continued`] write what the two cards sign;
//! `evidence::read_both` makes of it what [`Command::Open`] wants; [`Desk::confirmation`] is the page of 更新.

mod ceremony;
mod propose;
mod rows;
mod text;

use casework::Refusal;
use casework::identity::{Fingerprint, OfficerId, RegistrationId};
use casework::register::{Compared, Entry};
use casework::renewal::{self, Case, Event, Opened, Warning, warnings};
use casework::review::Verdict;
use casework::time::{Day, Instant};
use wire::office::Language;

pub use ceremony::{Ceremony, Said};
pub use rows::{Item, Row, rows};

use super::bidder::{CardFace, face, renewal_policy};
use super::card::ShownCard;
use super::consequence::Touched;
use super::evidence::{BothRead, Signature};
use super::{Actor, Desk, Failure, Procedure, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::{self, CardRow, Document};

/// The procedures 001 and 002.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal;

/// What holder and officers do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Both cards were read, and have signed.
    Open {
        /// At which office.
        office: String,
        /// In which language.
        language: Language,
        /// What they signed.
        both: Box<BothRead>,
        /// The cards as they were read, the current one first.
        cards: Box<[CardRow; 2]>,
        /// 担当者, where the PIN dialog was told one: at most 20 characters.
        person: Option<String>,
    },
    /// 「更新」: the page is written, in this language, and goes out for the new card's signature.
    /// [`Store::text`](crate::store::Store::text) has it then, under the digest that the case names.
    Ask {
        /// In which it is written, and in which the letters will be.
        language: Language,
    },
    /// 「戻る」
    Back,
    /// The new card has signed it. The same signed text again finds the same receipt.
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
        /// The card that the company is logged in with.
        by: Fingerprint,
    },
    /// The company's answer to a 差戻し: one line of at most 400 characters.
    Answer {
        /// The card that the company is logged in with.
        by: Fingerprint,
        /// What it says.
        remark: String,
    },
    /// The time for an answer is over.
    Lapse,
}

/// 電子証明書更新確認: what is shown before 更新, and what is signed by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// What was proved.
    pub opened: Opened,
    /// 現在使用しているICカード
    pub old: CardFace,
    /// 新規に使用するICカード
    pub new: CardFace,
    /// The company's entry, where it has one that counts today.
    pub entry: Option<Entry>,
    /// The new card beside it.
    pub compared: Option<Compared>,
    /// The offices that know the current card, and its open bids.
    pub touched: Vec<Touched>,
    /// What is to be said, in the order of the page.
    pub warnings: Vec<Warning>,
}

impl Desk {
    /// A1: whether the card at the reader is one that can be renewed here, and its registration. `logged_in` is the
    /// registration that the company is logged in with, where it is: another card than its own is refused.
    pub async fn current_card(
        &self,
        office: &Office,
        shown: &ShownCard,
        logged_in: Option<RegistrationId>,
    ) -> Result<RegistrationId, Failure> {
        let known = self.card_known(office, &CardRow::from(shown)).await?;
        let now = self.clock().now();
        let registration = renewal::current_card(known, now).map_err(Failure::Refused)?;
        match logged_in {
            Some(own) if own != registration => Err(Failure::Refused(Refusal::AnotherCard)),
            _ => Ok(registration),
        }
    }

    /// A2: whether the card at the reader is one that can take the current one's place.
    pub async fn new_card(&self, office: &Office, from: Fingerprint, shown: &ShownCard) -> Result<(), Failure> {
        let known = self.card_known(office, &CardRow::from(shown)).await?;
        renewal::new_card(from, shown.card().card, known, self.clock().now()).map_err(Failure::Refused)
    }

    /// The text that the current card signs, with a fresh nonce.
    pub fn begin_ceremony(
        &self,
        office: &Office,
        registration: RegistrationId,
        from: &ShownCard,
        language: Language,
    ) -> String {
        let ceremony = Ceremony::of(registration, self.chance().octets());
        let face = CardFace::of(from.signature());
        ceremony.old_text(office, &face, language, self.clock().now())
    }

    /// The text that the new card signs: over the nonce that is in the current card's text. `None` where that is none of
    /// ours.
    pub fn ceremony_continued(
        &self,
        office: &Office,
        old_text: &str,
        to: &ShownCard,
        language: Language,
    ) -> Option<String> {
        let said = Said::read(old_text)?;
        let face = CardFace::of(to.signature());
        let now = self.clock().now();
        Some(Ceremony::begun_by(&said).new_text(office, (said.from, &face), language, now))
    }

    /// Both texts of a ceremony, of these random octets and of this moment: the same for the same, so that whoever shows
    /// the cards again once they have signed need not have kept them. The new card's is written as soon as it is shown.
    pub(crate) fn ceremony_texts(
        office: &Office,
        registration: RegistrationId,
        (from, to): (&ShownCard, Option<&ShownCard>),
        random: [u8; 10],
        (language, at): (Language, Instant),
    ) -> (String, Option<String>) {
        let ceremony = Ceremony::of(registration, random);
        let (from, to) = (
            CardFace::of(from.signature()),
            to.map(|to| CardFace::of(to.signature())),
        );
        let old = ceremony.old_text(office, &from, language, at);
        let new = to.map(|to| ceremony.new_text(office, (from.card, &to), language, at));
        (old, new)
    }

    /// The page of a renewal that was begun.
    pub async fn confirmation(&self, office: &Office, opened: &Opened) -> Result<Confirmation, Fault> {
        let missing = || Fault::Bug(Bug("a card of a renewal is not kept".to_owned()));
        let current = self.store().card(opened.from).await?.ok_or_else(missing)?;
        let old = face(&current)?;
        let new = self.card_face(opened.to).await?.ok_or_else(missing)?;
        let registration = self.store().registration(opened.registration).await?;
        let business = registration.map(|row| row.business);
        let entry = match &business {
            Some(business) => self.entry(&office.id, business).await?,
            None => None,
        };
        let compared = entry.as_ref().map(|entry| new.compared(entry));
        let policy = renewal_policy(office).ok_or_else(|| Fault::Bug(Bug("no ordering body renews".to_owned())))?;
        let now = self.clock().now();
        let touched = self.touched_by_renewal(&current, now).await?;
        let mut openings: Vec<Day> = touched
            .iter()
            .flat_map(|touched| touched.bids.iter().map(|bid| bid.opens_on))
            .collect();
        openings.sort_unstable();
        openings.dedup();
        Ok(Confirmation {
            touched,
            warnings: warnings((old.valid, new.valid), &openings, compared.as_ref(), &policy, now),
            opened: opened.clone(),
            old,
            new,
            entry,
            compared,
        })
    }
}

impl Procedure for Renewal {
    const NOUN: &'static str = "renewal";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::renewal_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Open { .. } => "open",
            Command::Ask { .. } => "ask",
            Command::Back => "back",
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
        store::renewal_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::renewal_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            // Whatever has become of it since: it was applied for, under its number.
            (_, Command::Confirm(signature)) => case
                .submitted()
                .is_some_and(|submitted| signature.is_of(submitted.text, submitted.opened.to)),
            (Case::Denied { by, .. } | Case::Returned { by, .. }, Command::Decide(signature)) => {
                signature.is_of(by.text, by.card)
            }
            (
                Case::Renewed {
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
        let (from, to) = match (case.opened(), command) {
            (Some(opened), _) => (opened.from, opened.to),
            (None, Command::Open { both, .. }) => (both.read().from(), both.read().to()),
            (None, _) => return Vec::new(),
        };
        vec![("from", from.to_string()), ("to", to.to_string())]
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

/// What the audit says of an event: digests, fingerprints, numbers and code points, never a name.
fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Opened { texts, .. } => (
            "opened",
            vec![("old_text", texts.0.to_string()), ("new_text", texts.1.to_string())],
        ),
        Event::Asked { text } => ("asked", vec![("text", text.to_string())]),
        Event::Back => ("back", Vec::new()),
        Event::Held { text, number, .. } => ("held", vec![("text", text.to_string()), ("number", number.to_string())]),
        Event::Renewed {
            text,
            number,
            approved,
            variants,
            ..
        } => {
            let mut details = vec![("text", text.to_string()), ("number", number.to_string())];
            details.extend(approved.map(|(_, text)| ("decision", text.to_string())));
            let pairs: Vec<String> = variants
                .iter()
                .map(|pair| format!("{} / {}", pair.register.code_points(), pair.card.code_points()))
                .collect();
            if !pairs.is_empty() {
                details.push(("variants", pairs.join(", ")));
            }
            ("renewed", details)
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

fn decided(
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
