//! What is held at an ordering body, by officers' programs: 担当, 承認, 否認 and 差戻し of registrations and renewals. The text is
//! signed by the officer's card, as in the console; a token alone decides nothing (A24).

use axum::http::Method;
use casework::identity::Digest;
use casework::registration as registering;
use casework::renewal as renewing;
use casework::review::{Reason, Review, Verdict};
use casework::time::Instant;
use std::sync::Arc;
use wire::api::{Scope, SignedText};
use wire::held::Held as Told;
use wire::office::Language;
use wire::paper::{self as said, Ask, Reassign};

use super::answer::Given;
use super::bidder::{self, no};
use super::call::{Call, officer_id, written};
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::No;
use super::revocation::octets;
use crate::desk::evidence::{self, Signature};
use crate::desk::registration::Registration;
use crate::desk::renewal::Renewal;
use crate::desk::{CaseId, Procedure, Standing};
use crate::fault::{Bug, Fault};
use crate::office::{Office, ReasonUse};
use crate::portal::console::Reviewed;

pub(super) fn operations() -> Vec<Operation> {
    let write = |operation: Operation| operation.scope(Scope::CaseWrite);
    vec![
        Operation::new(
            (Method::GET, "/offices/{office}/held/{case}"),
            (
                "readHeld",
                "A registration or a renewal that is held, or was: 名簿, 旧カード and 新カード, and who has it",
            ),
            read,
        )
        .scope(Scope::CaseRead),
        write(Operation::new(
            (Method::POST, "/offices/{office}/held/{case}/claim"),
            ("claimHeld", "The token's officer takes it"),
            claim,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/held/{case}/release"),
            ("releaseHeld", "The token's officer puts it back"),
            release,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/held/{case}/reassign"),
            ("reassignHeld", "An administrator hands it to another officer"),
            reassign,
        )),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/held/{case}/ask"),
                (
                    "askForHeldDecision",
                    "The text of a decision goes out for the deciding officer's signature",
                ),
                ask,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::POST, "/offices/{office}/held/{case}/decide"),
            ("decideHeld", "The deciding officer's card has signed it"),
            decide,
        )),
    ]
}

/// A case of this office, of either procedure.
enum Here {
    Registration(Case<Registration>),
    Renewal(Case<Renewal>),
}

struct Case<P: Procedure> {
    office: Arc<Office>,
    standing: Standing<P>,
}

/// What is done to either.
enum Wish {
    Claim,
    Release,
    Reassign(casework::identity::OfficerId),
    Ask(Verdict, Language),
    Decide(SignedText),
}

/// What both procedures have.
struct Alike<'a> {
    number: casework::number::Number,
    at: Instant,
    compared: Option<&'a casework::register::Compared>,
    answer: Option<&'a String>,
    reason: Option<(&'a Reason, ReasonUse, Option<Instant>)>,
}

impl Here {
    /// That of another office is not there, and neither is one that nobody applied for (A17).
    async fn of(call: &Call) -> Result<Self, No> {
        let (office, id) = (call.office()?, call.id("case")?);
        // The row tells which procedure's it is, and whether there is one.
        let row = call.store().queue_row(id).await?;
        let row = row.filter(|row| row.office == office.id).ok_or_else(No::not_found)?;
        match row.procedure.as_str() {
            Registration::NOUN => Ok(Self::Registration(Case {
                standing: call.desk().standing(CaseId::from_octets(id)).await?,
                office,
            })),
            Renewal::NOUN => Ok(Self::Renewal(Case {
                standing: call.desk().standing(CaseId::from_octets(id)).await?,
                office,
            })),
            _ => Err(No::not_found()),
        }
    }

    async fn perform(self, call: &Call, wish: Wish) -> Result<Given<Told>, No> {
        match self {
            Self::Registration(case) => case.perform(call, wish).await?.told_registration(call).await,
            Self::Renewal(case) => case.perform(call, wish).await?.told_renewal(call).await,
        }
    }

    async fn told(&self, call: &Call) -> Result<Given<Told>, No> {
        match self {
            Self::Registration(case) => case.told_registration(call).await,
            Self::Renewal(case) => case.told_renewal(call).await,
        }
    }
}

impl<P: Reviewed> Case<P> {
    async fn perform(self, call: &Call, wish: Wish) -> Result<Self, No> {
        let command = match wish {
            Wish::Claim => P::claim(),
            Wish::Release => P::release(),
            Wish::Reassign(to) => P::reassign(to),
            Wish::Ask(verdict, language) => P::ask(verdict, language),
            Wish::Decide(signed) => P::decide(self.signed(call, &signed).await?),
        };
        call.is_seen(self.standing.version)?;
        let actor = call.actor()?;
        let done = call.desk().perform(&actor, self.standing.id, &command).await;
        if let casework::Answer::Refused(refusal) = done.map_err(no)?.answer {
            // Counted, and the case stays as it was: the new card will not do any more (DOMAIN §5.4).
            return Err(bidder::refused(&refusal));
        }
        let standing = call.desk().standing(self.standing.id).await?;
        Ok(Self { standing, ..self })
    }

    /// The signature of the token's officer over the text that is out, or over the one that decided it.
    async fn signed(&self, call: &Call, signed: &SignedText) -> Result<Signature, No> {
        let card = call.acting()?.officer.card;
        let cms = octets("/cms", &signed.cms)?;
        let asked = self
            .asked()
            .map(|(text, _)| text)
            .or_else(|| P::decided(&self.standing.case).map(|by| by.text));
        let text = asked.ok_or_else(No::stale)?;
        let written = call.store().text(self.standing.id.octets(), text).await?;
        let written = written.ok_or_else(No::stale)?;
        let signature = evidence::possession(cms, &written, card, call.now);
        signature.map_err(|why| No::unproven(&why, &self.office, ""))
    }

    fn review(&self) -> Option<&Review> {
        P::review(&self.standing.case)
    }

    fn asked(&self) -> Option<(Digest, Instant)> {
        let asked = self.review()?.claim.as_ref()?.asked.as_ref()?;
        Some((asked.text, asked.until))
    }

    /// What both procedures tell alike.
    async fn begin(&self, call: &Call, alike: Alike<'_>, new: wire::bidder::BidderCard) -> Result<Told, No> {
        let claim = self.review().and_then(|review| review.standing_claim(call.now));
        let to_sign = match self.asked().filter(|_| claim.is_some()) {
            Some((text, until)) => {
                let written = call.store().text(self.standing.id.octets(), text).await?;
                let written = written.ok_or_else(|| Fault::Bug(Bug(format!("the text {text} is not kept"))))?;
                // Its first line tells the language that it was asked for in.
                let language = if written.lines().next().is_some_and(str::is_ascii) {
                    Language::En
                } else {
                    Language::Ja
                };
                Some(bidder::to_sign(written, language, call.acting()?.officer.card, until))
            }
            None => None,
        };
        let review = self.review();
        Ok(Told {
            id: self.standing.id.to_string(),
            office: self.office.id.clone(),
            procedure: P::NOUN.to_owned(),
            state: P::state(&self.standing.case).to_owned(),
            version: self.standing.version,
            number: alike.number.to_string(),
            accepted_at: alike.at.0,
            business: None,
            listed: None,
            old: None,
            new,
            compared: alike.compared.map(bidder::compared),
            person: None,
            contact: None,
            answer: alike.answer.cloned(),
            content: review.map(|review| review.content.to_string()),
            to_sign,
            first_by: review
                .and_then(|review| review.first.as_ref())
                .map(|first| written(first.officer.0)),
            claimed_by: claim.map(|claim| written(claim.by.0)),
            claimed_until: claim.map(|claim| claim.until.0),
            decided_by: P::decided(&self.standing.case).map(|by| written(by.officer.0)),
            because: alike
                .reason
                .map(|(reason, used_for, until)| self.office.because(reason, used_for, until)),
        })
    }
}

impl Case<Registration> {
    async fn told_registration(&self, call: &Call) -> Result<Given<Told>, No> {
        use registering::Case as State;
        let case = &self.standing.case;
        let submitted = case.submitted().ok_or_else(No::not_found)?;
        let reason = match case {
            State::Returned { reason, until, .. } => Some((&**reason, ReasonUse::Return, Some(*until))),
            State::Denied { reason, .. } => Some((&**reason, ReasonUse::Deny, None)),
            _ => None,
        };
        let alike = Alike {
            number: submitted.number,
            at: submitted.at,
            compared: submitted.compared.as_ref(),
            answer: submitted.answer.as_ref(),
            reason,
        };
        let face = face(call, submitted.opened.card).await?;
        let mut told = self.begin(call, alike, face).await?;
        let entry = call.desk().entry(&self.office.id, &submitted.business).await?;
        told.listed = entry.as_ref().map(bidder::listed);
        told.business = Some(submitted.business.to_string());
        told.contact = Some(bidder::contact(&submitted.contact));
        Ok(Given::seen(told, self.standing.version))
    }
}

impl Case<Renewal> {
    async fn told_renewal(&self, call: &Call) -> Result<Given<Told>, No> {
        use renewing::Case as State;
        let case = &self.standing.case;
        let submitted = case.submitted().ok_or_else(No::not_found)?;
        let reason = match case {
            State::Returned { reason, until, .. } => Some((&**reason, ReasonUse::Return, Some(*until))),
            State::Denied { reason, .. } => Some((&**reason, ReasonUse::Deny, None)),
            _ => None,
        };
        let alike = Alike {
            number: submitted.number,
            at: submitted.at,
            compared: submitted.compared.as_ref(),
            answer: submitted.answer.as_ref(),
            reason,
        };
        let face_of = async |card| face(call, card).await;
        let mut told = self.begin(call, alike, face_of(submitted.opened.to).await?).await?;
        told.old = Some(face_of(submitted.opened.from).await?);
        told.person.clone_from(&submitted.opened.person);
        if let Some(row) = call.store().registration(submitted.opened.registration).await? {
            let entry = call.desk().entry(&self.office.id, &row.business).await?;
            told.listed = entry.as_ref().map(bidder::listed);
            told.business = Some(row.business.to_string());
        }
        Ok(Given::seen(told, self.standing.version))
    }
}

async fn face(call: &Call, card: casework::identity::Fingerprint) -> Result<wire::bidder::BidderCard, No> {
    let face = call.desk().card_face(card).await?;
    let face = face.ok_or_else(|| Fault::Bug(Bug(format!("the card {card} is not kept"))))?;
    Ok(bidder::card(&face))
}

async fn read(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Here::of(&call).await?.told(&call).await
}

async fn claim(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Here::of(&call).await?.perform(&call, Wish::Claim).await
}

async fn release(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Here::of(&call).await?.perform(&call, Wish::Release).await
}

async fn reassign(call: Call, Sent(to): Sent<Reassign>) -> Result<Given<Told>, No> {
    let to = officer_id(&to.to).ok_or_else(|| No::malformed("/to", "it is no account's id"))?;
    Here::of(&call).await?.perform(&call, Wish::Reassign(to)).await
}

async fn ask(call: Call, Sent(ask): Sent<Ask>) -> Result<Given<Told>, No> {
    let (verdict, language) = verdict(ask)?;
    Here::of(&call)
        .await?
        .perform(&call, Wish::Ask(verdict, language))
        .await
}

async fn decide(call: Call, Sent(signed): Sent<SignedText>) -> Result<Given<Told>, No> {
    Here::of(&call).await?.perform(&call, Wish::Decide(signed)).await
}

/// What is to be decided, and in which language its text is written.
pub(super) fn verdict(ask: Ask) -> Result<(Verdict, Language), No> {
    let Ask {
        verdict,
        reason,
        remark,
        language,
    } = ask;
    let reason = || match reason {
        Some(key) => Ok(Box::new(Reason { key, remark })),
        None => Err(No::malformed(
            "/reason",
            "this decision needs one of the office's reasons",
        )),
    };
    let verdict = match verdict {
        said::Verdict::Approve => Verdict::Approve,
        said::Verdict::Deny => Verdict::Deny(reason()?),
        said::Verdict::Return => Verdict::Return(reason()?),
    };
    Ok((verdict, language))
}
