//! The ceremony at the reader: what is said to each card before its PIN is asked for, and the texts that can only be
//! written once a card was shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::identity::Fingerprint;
use casework::time::Instant;
use wire::card_request::{CardRequest, Step};
use wire::office::Language;

use crate::catalogue::both;
use crate::desk::Failure;
use crate::desk::card::ShownCard;
use crate::desk::renewal::Said;
use crate::fault::{Bug, Fault};
use crate::portal::card_request::{Onward, Stands};

/// The steps of request 1: A1 with the current card, A2 with the new one. `begun` is what the current card signs, where it
/// is known before the card is shown.
pub(super) fn steps(begun: Option<(String, Fingerprint)>, language: Language, at: Instant) -> Vec<Step> {
    let first = match begun {
        Some((text, card)) => sign("renewal-request-sign-old", text, card, (language, at)),
        None => unwritten("renewal-request-sign-old", language, at),
    };
    vec![
        Step::Present {
            says: both("renewal-request-old"),
        },
        first,
        Step::Swap {
            says: both("renewal-request-new"),
        },
        Step::Present {
            says: both("renewal-request-new"),
        },
        unwritten("renewal-request-sign-new", language, at),
    ]
}

/// R110 to R114 at the reader: a card that will not do costs nobody a PIN, and nothing is written.
pub(crate) async fn says(stands: Stands<'_>) -> Result<Onward, Fault> {
    let Some(shown) = stands.shown.and_then(|shown| shown.bidder()) else {
        return Ok(Onward::GO);
    };
    let judged = match stands.answers.len() {
        FIRST_SHOWN => current_card(&stands, shown).await,
        SECOND_SHOWN => new_card(&stands, shown).await,
        _ => Err(Failure::Fault(Bug("a ceremony shows two cards".to_owned()).into())),
    };
    match judged {
        Ok(onward) => Ok(onward),
        Err(Failure::Refused(no)) => Ok(Onward::no(&no, true)),
        Err(Failure::Fault(fault)) => Err(fault),
    }
}

async fn current_card(stands: &Stands<'_>, shown: &ShownCard) -> Result<Onward, Failure> {
    let (desk, office) = (stands.portal.desk(), stands.office);
    // Whoever is logged in renews the card of the login.
    let begun = text_of(stands.request, FIRST_TEXT).and_then(Said::read);
    let own = begun.as_ref().map(|said| said.registration);
    let registration = desk.current_card(office, shown, own).await?;
    let card = shown.card().card;
    if begun.as_ref().is_some_and(|said| said.from != card) {
        return Err(Failure::Refused(Refusal::AnotherCard));
    }
    not_open(stands, card).await?;
    if begun.is_some() {
        return Ok(Onward::GO);
    }
    let language = stands.request.language;
    let text = desk.begin_ceremony(office, registration, shown, language);
    let at = stands.portal.clock().now();
    Ok(Onward::Go {
        next: Some(sign("renewal-request-sign-old", text, card, (language, at))),
        pin: None,
    })
}

async fn new_card(stands: &Stands<'_>, shown: &ShownCard) -> Result<Onward, Failure> {
    let (desk, office) = (stands.portal.desk(), stands.office);
    let unwritten = || Failure::Fault(Bug("the current card's text was written".to_owned()).into());
    let old_text = text_of(stands.request, FIRST_TEXT).ok_or_else(unwritten)?;
    let said = Said::read(old_text).ok_or_else(unwritten)?;
    let card = shown.card().card;
    desk.new_card(office, said.from, shown).await?;
    not_open(stands, card).await?;
    let language = stands.request.language;
    let text = desk
        .ceremony_continued(office, old_text, shown, language)
        .ok_or_else(unwritten)?;
    let at = stands.portal.clock().now();
    Ok(Onward::Go {
        next: Some(sign("renewal-request-sign-new", text, card, (language, at))),
        pin: None,
    })
}

/// One open application about a card (G-S3). The desk asks again when the case begins.
async fn not_open(stands: &Stands<'_>, card: Fingerprint) -> Result<(), Failure> {
    let open = stands.portal.store().application_about(&stands.office.id, card).await?;
    open.map_or(Ok(()), |(_, number)| {
        Err(Failure::Refused(Refusal::AlreadyApplied { number }))
    })
}

fn sign(says: &str, text: String, card: Fingerprint, (language, at): (Language, Instant)) -> Step {
    Step::Sign {
        says: both(says),
        text: Some(text),
        language,
        certificate: Some(URL_SAFE_NO_PAD.encode(card.0)),
        at: at.0,
        person: says == NEW,
    }
}

fn unwritten(says: &str, language: Language, at: Instant) -> Step {
    Step::Sign {
        says: both(says),
        text: None,
        language,
        certificate: None,
        at: at.0,
        person: says == NEW,
    }
}

fn text_of(request: &CardRequest, step: usize) -> Option<&str> {
    match request.steps.get(step) {
        Some(Step::Sign { text, .. }) => text.as_deref(),
        _ => None,
    }
}

/// 担当者 is asked for beside the new card's PIN alone (A3).
const NEW: &str = "renewal-request-sign-new";
/// The step whose text the current card signs.
const FIRST_TEXT: usize = 1;
/// Answers when the current card was shown, and when the new one was.
const FIRST_SHOWN: usize = 1;
const SECOND_SHOWN: usize = 4;
