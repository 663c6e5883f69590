//! ICカード更新 by program: what a company's pages do, with a program that holds both cards as the agent does. Whoever is to be
//! logged in on a page shows the current card's signature here, over the text of the ceremony.

use axum::http::{Method, StatusCode};
use casework::identity::{Fingerprint, RegistrationId};
use casework::renewal::{Case, Opened, Submitted};
use casework::{Refusal, characters};
use wire::api::{CardProved, CardShown, Challenge, Scope, SignedText, Wanted};
use wire::bidder::{BidderReceipt, Reply};
use wire::card_request::PERSON_LENGTH;
use wire::code::Code;
use wire::office::Language;
use wire::renewal::{
    AskRenewal, CardsShown, CardsSigned, CeremonyTexts, OpenBid, Renewal as Told, RenewalState as State, Warning,
};

use super::answer::{File, Given, Pdf};
use super::bidder::{self, Own, no, refused, refused_of};
use super::call::Call;
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::No;
use super::revocation::octets;
use crate::catalogue::Words;
use crate::desk::bidder::renewal_policy;
use crate::desk::card::ShownCard;
use crate::desk::evidence;
use crate::desk::renewal::{Command, Confirmation, Renewal};
use crate::desk::{Desk, Failure, Procedure as _};
use crate::office::ReasonUse;
use crate::portal::bidding::Whose;
use crate::portal::receipt::check_code;
use crate::portal::renewal::{confirm as page, done};
use crate::print::revocation::Print;
use crate::store::CardRow;

pub(super) fn operations() -> Vec<Operation> {
    let write = |operation: Operation| operation.scope(Scope::RenewalWrite);
    vec![
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/renewals"),
                ("beginRenewal", "ICカード更新: both cards are to be shown next"),
                begin,
            )
            .succeeds_with(StatusCode::CREATED),
        ),
        write(Operation::new(
            (Method::GET, "/offices/{office}/renewals/{case}"),
            ("readRenewal", "A renewal, as it stands"),
            read,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/renewals/{case}/cards"),
            (
                "showCardsToRenew",
                "Whether the office would renew the one card to the other, and what each is to sign. The current card may be \
                 shown alone first",
            ),
            show,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/renewals/{case}/ceremony"),
            (
                "proveCardsToRenew",
                "Both cards have signed their texts: everything is shown, and nothing has changed",
            ),
            prove,
        )),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/renewals/{case}/ask"),
                (
                    "askForRenewalText",
                    "「更新」: everything that was seen is confirmed, and the text goes out for the new card's signature",
                ),
                ask,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::POST, "/offices/{office}/renewals/{case}/back"),
            ("backToConfirmation", "The text can be signed no more, and 更新 writes it anew"),
            back,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/renewals/{case}/confirm"),
            (
                "confirmRenewal",
                "The new card has signed the text: in force at once, or held for review",
            ),
            confirm,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/renewals/{case}/abandon"),
            ("abandonRenewal", "It is given up before it is signed"),
            abandon,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/renewals/{case}/card"),
            (
                "showCurrentCard",
                "What the authentication key of the current card is to sign for `withdraw` and `answer`",
            ),
            show_current,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/renewals/{case}/withdraw"),
            ("withdrawRenewal", "取下げ of what is held, by the current card"),
            withdraw,
        )),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/renewals/{case}/answer"),
                (
                    "answerRenewal",
                    "The company's answer to a 差戻し, by the current card",
                ),
                answer,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::GET, "/offices/{office}/renewals/{case}/receipt"),
            ("readRenewalReceipt", "What was applied for, with its check code"),
            receipt,
        )),
        write(Operation::new(
            (Method::GET, "/offices/{office}/renewals/{case}/receipt.pdf"),
            (
                "printRenewalReceipt",
                "The same as PDF, in the language of the application",
            ),
            print,
        )),
    ]
}

impl Own<Renewal> {
    async fn told_now(self, call: &Call) -> Result<Given<Told>, No> {
        self.again(call).await?.told(call).await
    }

    async fn told(&self, call: &Call) -> Result<Given<Told>, No> {
        let case = &self.standing.case;
        let (mut to_sign, mut because, mut renewed_at) = (None, None, None);
        let state = match case {
            Case::New => State::Begun,
            Case::Confirming { .. } => State::Confirming,
            Case::Awaiting { opened, text, until } => {
                to_sign = Some(self.to_sign(call, *text, opened.to, *until).await?);
                State::Awaiting
            }
            Case::Held { .. } => State::Held,
            Case::Returned { reason, until, .. } => {
                because = Some((reason, ReasonUse::Return, Some(*until)));
                State::Returned
            }
            Case::Renewed { at, .. } => {
                renewed_at = Some(at.0);
                State::Renewed
            }
            Case::Denied { reason, .. } => {
                because = Some((reason, ReasonUse::Deny, None));
                State::Denied
            }
            Case::Withdrawn { .. } => State::Withdrawn,
            Case::Lapsed { .. } => State::Lapsed,
            Case::Abandoned { .. } => State::Abandoned,
        };
        let version = self.standing.version;
        let submitted = case.submitted();
        let mut told = Told {
            id: self.standing.id.to_string(),
            office: self.office.id.clone(),
            state,
            version,
            current: None,
            new: None,
            person: None,
            listed: None,
            compared: None,
            will_be_held: None,
            warnings: Vec::new(),
            bids: Vec::new(),
            to_sign,
            receipt: submitted.map(|submitted| submitted.number.to_string()),
            renewed_at,
            because: because.map(|(reason, used_for, until)| self.office.because(reason, used_for, until)),
            answer: submitted.and_then(|submitted| submitted.answer.clone()),
        };
        if let Some(opened) = case.opened() {
            let confirmation = call.desk().confirmation(&self.office, opened).await?;
            tell_cards(&mut told, &confirmation, submitted);
            if submitted.is_none() {
                self.tell_before(&mut told, &confirmation)?;
            }
        }
        Ok(Given::seen(told, version))
    }

    /// What is read before 更新.
    fn tell_before(&self, told: &mut Told, confirmation: &Confirmation) -> Result<(), No> {
        let policy = renewal_policy(&self.office).ok_or_else(No::not_found)?;
        let held = policy.review.holds(confirmation.compared.as_ref());
        told.will_be_held = Some(held);
        let said = |language| page::warnings(Words::of(language), confirmation, held);
        let both_said = said(Language::Ja).into_iter().zip(said(Language::En));
        told.warnings = both_said
            .map(|(ja, en)| Warning {
                code: ja.code,
                detail: wire::office::Text {
                    ja: ja.line(Language::Ja),
                    en: en.line(Language::En),
                },
            })
            .collect();
        let last = confirmation.old.valid.1.day();
        let touched = confirmation.touched.iter();
        let mut bids: Vec<_> = touched
            .flat_map(|touched| touched.bids.iter().map(move |bid| (&touched.office.id, bid)))
            .collect();
        bids.sort_by_key(|(_, bid)| bid.opens_on);
        told.bids = bids
            .into_iter()
            .map(|(office, bid)| OpenBid {
                office: office.clone(),
                id: bid.id.clone(),
                title: bid.title.clone(),
                opens_on: bid.opens_on.date().to_string(),
                after_card: bid.opens_on > last,
            })
            .collect();
        Ok(())
    }

    fn submitted(&self) -> Result<&Submitted, No> {
        self.standing.case.submitted().ok_or_else(No::not_found)
    }

    /// R110 to R114 at the reader: a card that will not do costs nobody a PIN.
    async fn judged(&self, call: &Call, current: &ShownCard, new: Option<&ShownCard>) -> Result<RegistrationId, No> {
        let registration = call
            .desk()
            .current_card(&self.office, current, None)
            .await
            .map_err(no)?;
        let from = current.card().card;
        self.not_open(call, from).await?;
        if let Some(new) = new {
            let judged = call.desk().new_card(&self.office, from, new).await;
            judged.map_err(|failure| match failure {
                Failure::Refused(refusal) => refused_of(Whose::New, &refusal),
                fault @ Failure::Fault(_) => no(fault),
            })?;
            self.not_open(call, new.card().card).await?;
        }
        Ok(registration)
    }

    /// One open application about a card (G-S3). The desk asks again when the case begins.
    async fn not_open(&self, call: &Call, card: Fingerprint) -> Result<(), No> {
        let open = call.store().application_about(&self.office.id, card).await?;
        open.map_or(Ok(()), |(_, number)| Err(refused(&Refusal::AlreadyApplied { number })))
    }

    /// What the cards sign, the same for the same cards: it was begun with these random octets, at that moment.
    fn texts(&self, registration: RegistrationId, current: &ShownCard, new: Option<&ShownCard>) -> [Option<String>; 2] {
        let mut random = [0; 10];
        for (octet, drawn) in random.iter_mut().zip(self.begun.nonce) {
            *octet = drawn;
        }
        let written = (self.begun.language, self.begun.at);
        let (old, new) = Desk::ceremony_texts(&self.office, registration, (current, new), random, written);
        [Some(old), new]
    }

    async fn card(&self, call: &Call, place: &str, authentication: &str, signature: &str) -> Result<ShownCard, No> {
        let read = |part: &str, text: &str| octets(&format!("/{place}/{part}"), text);
        let (authentication, signature) = (read("authentication", authentication)?, read("signature", signature)?);
        let shown = call.desk().card_shown(&self.office, &authentication, &signature).await;
        let whose = if place == "new" { Whose::New } else { Whose::Registered };
        shown.map_err(|why| self.unproven_of(whose, &why, &super::revocation::issuer(&signature)))
    }
}

fn tell_cards(told: &mut Told, confirmation: &Confirmation, submitted: Option<&Submitted>) {
    told.current = Some(bidder::card(&confirmation.old));
    told.new = Some(bidder::card(&confirmation.new));
    told.person.clone_from(&confirmation.opened.person);
    told.listed = confirmation.entry.as_ref().map(bidder::listed);
    // As it was compared when it was applied for; before that, as it would be now.
    let compared = match submitted {
        Some(submitted) => submitted.compared.as_ref(),
        None => confirmation.compared.as_ref(),
    };
    told.compared = compared.map(bidder::compared);
}

async fn begin(call: Call, Sent(wanted): Sent<Wanted>) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::begin(&call, wanted.language, false).await?;
    let location = own.location();
    Ok(own.told(&call).await?.at(location))
}

async fn read(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Own::<Renewal>::of(&call).await?.told(&call).await
}

async fn show(call: Call, Sent(cards): Sent<CardsShown>) -> Result<Given<CeremonyTexts>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    if own.standing.case != Case::New {
        return Err(No::stale());
    }
    own.is_fresh(&call)?;
    let CardsShown { current, new } = cards;
    let current = own
        .card(&call, "current", &current.authentication, &current.signature)
        .await?;
    let new = match new {
        Some(new) => Some(own.card(&call, "new", &new.authentication, &new.signature).await?),
        None => None,
    };
    let registration = own.judged(&call, &current, new.as_ref()).await?;
    let until = own.begun.at.plus_seconds(own.office.bidding()?.signature_within);
    let text = |text: String, card: &ShownCard| bidder::to_sign(text, own.begun.language, card.card().card, until);
    let [old_text, new_text] = own.texts(registration, &current, new.as_ref());
    Ok(Given::new(CeremonyTexts {
        current: text(old_text.unwrap_or_default(), &current),
        new: new_text.zip(new.as_ref()).map(|(written, card)| text(written, card)),
    }))
}

async fn prove(call: Call, Sent(cards): Sent<CardsSigned>) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    if own.standing.case != Case::New {
        // The answer was lost: the same program gets it again, by reading it.
        return Err(No::stale());
    }
    own.is_fresh(&call)?;
    let CardsSigned { current, new, person } = cards;
    if person.as_deref().is_some_and(|person| !is_person(person)) {
        return Err(No::malformed("/person", "one line of 1 to 20 characters"));
    }
    let from = own
        .card(&call, "current", &current.authentication, &current.signature)
        .await?;
    let to = own.card(&call, "new", &new.authentication, &new.signature).await?;
    let registration = own.judged(&call, &from, Some(&to)).await?;
    let texts = own.texts(registration, &from, Some(&to)).map(Option::unwrap_or_default);
    let signatures = [octets("/current/cms", &current.cms)?, octets("/new/cms", &new.cms)?];
    let signed = evidence::read_both(&own.office, texts, signatures, call.now);
    let signed = signed.map_err(|why| own.unproven(&why, ""))?;
    let command = Command::Open {
        office: own.office.id.clone(),
        language: own.begun.language,
        both: Box::new(signed),
        cards: Box::new([CardRow::from(&from), CardRow::from(&to)]),
        person,
    };
    own.perform(&call, &command).await?;
    own.told_now(&call).await
}

async fn ask(call: Call, Sent(asked): Sent<AskRenewal>) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    if let Case::Confirming { opened } = &own.standing.case
        && !asked.older
        && page::is_older(&call.desk().confirmation(&own.office, opened).await?)
    {
        return Err(older(&call, &own, opened).await?);
    }
    let language = asked.language;
    own.perform(&call, &Command::Ask { language }).await?;
    own.told_now(&call).await
}

/// W-OLDER is read before it is agreed to (R115).
async fn older(call: &Call, own: &Own<Renewal>, opened: &Opened) -> Result<No, No> {
    let confirmation = call.desk().confirmation(&own.office, opened).await?;
    let message = |words: Words| {
        let said = page::warnings(words, &confirmation, false).into_iter();
        let found = said.into_iter().find(|message| message.code == Code::WarnOlder);
        found.unwrap_or_else(|| words.message(Code::Stale, &[]))
    };
    Ok(No::told(StatusCode::CONFLICT, message))
}

async fn back(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    own.perform(&call, &Command::Back).await?;
    own.told_now(&call).await
}

async fn confirm(call: Call, Sent(signed): Sent<SignedText>) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    let (text, card) = match &own.standing.case {
        Case::Awaiting { opened, text, .. } => (*text, opened.to),
        // The answer was lost: the same signed text finds the same receipt.
        case => case
            .submitted()
            .map(|submitted| (submitted.text, submitted.opened.to))
            .ok_or_else(No::stale)?,
    };
    let signature = own.signed(&call, &signed.cms, text, card).await?;
    own.perform(&call, &Command::Confirm(signature)).await?;
    own.told_now(&call).await
}

async fn abandon(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    own.perform(&call, &Command::Abandon).await?;
    own.told_now(&call).await
}

async fn show_current(call: Call, Sent(card): Sent<CardShown>) -> Result<Given<Challenge>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    if own.standing.case == Case::New {
        return Err(No::stale());
    }
    let shown = own.shown(&call, &card.authentication, &card.signature).await?;
    Ok(Given::new(own.challenge(&call, &shown)))
}

async fn withdraw(call: Call, Sent(card): Sent<CardProved>) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    let (_, presented) = own.presented(&call, &card).await?;
    own.perform(&call, &Command::Withdraw { by: presented.card() }).await?;
    own.told_now(&call).await
}

async fn answer(call: Call, Sent(reply): Sent<Reply>) -> Result<Given<Told>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    call.is_seen(own.standing.version)?;
    let remark = bidder::remark(&reply)?;
    let (_, presented) = own.presented(&call, &bidder::proved(reply)).await?;
    let by = presented.card();
    own.perform(&call, &Command::Answer { by, remark }).await?;
    own.told_now(&call).await
}

async fn receipt(call: Call, _: Nothing) -> Result<Given<BidderReceipt>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    let submitted = own.submitted()?;
    Ok(Given::new(BidderReceipt {
        number: submitted.number.to_string(),
        check_code: check_code(&call.portal, own.begun.case).await?.to_string(),
        accepted_at: submitted.at.0,
        state: Renewal::state(&own.standing.case).to_owned(),
        done_at: match &own.standing.case {
            Case::Renewed { at, .. } => Some(at.0),
            _ => None,
        },
        text: submitted.text.to_string(),
    }))
}

async fn print(call: Call, _: Nothing) -> Result<File<Pdf>, No> {
    let own: Own<Renewal> = Own::of(&call).await?;
    let page = call.page(&own.office, own.language());
    let receipt = done::receipt(&call.portal, &page, &own.office, &own.standing, Print::First).await?;
    bidder::printed(receipt).await
}

/// 担当者: one line, as the agent takes it.
fn is_person(person: &str) -> bool {
    let length = person.chars().count();
    (1..=PERSON_LENGTH).contains(&length) && !person.trim().is_empty() && characters::forbidden(person).is_none()
}
