//! What an enrolled kiosk asks. Its signature was verified before any of this (RFC 9421).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::identity::{CardNumber, Fingerprint};
use casework::pin_reset::{Card, Told};
use wire::pin_reset::{Announce, Announced, CardStanding, Confirmed, Report, SetCard as Set, Visit};

use super::super::answer::Given;
use super::super::call::Call;
use super::super::input::Sent;
use super::super::problem::No;
use super::super::revocation::octets;
use super::to_sign;
use crate::desk::evidence::sha256;
use crate::desk::pin_reset::{Carried, PinReset, SetCard, Visited, refused, visit_of};
use crate::desk::{CaseId, Standing};

pub(super) async fn set(call: Call, Sent(set): Sent<Set>) -> Result<Given<Visit>, No> {
    let (office, kiosk) = (call.office()?, call.kiosk()?);
    let certificate = Fingerprint(sha256(&octets("/certificate", &set.certificate)?).0);
    let card = Card {
        number: number(&set.standing)?,
        authentication: certificate,
    };
    let set_card = SetCard {
        kiosk: kiosk.id,
        place: &kiosk.place,
        language: set.language,
        told: told(card, &set.standing)?,
        receipt: receipt(&set.standing)?,
    };
    Ok(Given::new(match call.desk().set_card(&office, &set_card).await? {
        Visited::Reserved {
            id,
            until,
            text,
            signed_until,
        } => Visit::Reserved {
            id: id.to_string(),
            until: until.0,
            to_sign: to_sign(text, set.language, certificate, signed_until),
        },
        Visited::Confirmed { at } => Visit::Confirmed { at: at.0 },
    }))
}

pub(super) async fn announce(call: Call, Sent(announce): Sent<Announce>) -> Result<Given<Announced>, No> {
    let (office, kiosk) = (call.office()?, call.kiosk()?.id);
    let standing = here(&call).await?;
    let told = told(known(&call, &announce.standing).await?, &announce.standing)?;
    let receipt = receipt(&announce.standing)?;
    let challenge = exactly("/challenge", &announce.challenge)?;
    let cms = octets("/cms", &announce.cms)?;
    let card = standing.case.card().ok_or_else(No::stale)?;
    let visit = visit_of(&standing.case).ok_or_else(|| No::from(refused(&standing.case)))?;
    let signature = call
        .desk()
        .possession_of(standing.id, visit.text, card.authentication, cms)
        .await;
    let signature = signature.map_err(|no| No::unproven(&no, &office, ""))?;
    let announced = call
        .desk()
        .announce_pin_reset(&office, standing.id, (kiosk, told, receipt), signature, challenge)
        .await?;
    Ok(Given::new(Announced {
        host_random: URL_SAFE_NO_PAD.encode(announced.host_random),
        cryptogram: URL_SAFE_NO_PAD.encode(announced.cryptogram),
        until: announced.until.0,
    }))
}

pub(super) async fn report(call: Call, Sent(report): Sent<Report>) -> Result<Given<Confirmed>, No> {
    let kiosk = call.kiosk()?.id;
    let standing = here(&call).await?;
    let told = told(known(&call, &report.standing).await?, &report.standing)?;
    let answer = report.card_cryptogram.as_deref();
    let carried = Carried {
        receipt: receipt(&report.standing)?,
        answer: answer.map(|answer| exactly("/card_cryptogram", answer)).transpose()?,
    };
    let at = call
        .desk()
        .report_pin_reset(standing.id, (kiosk, told), &carried)
        .await?;
    Ok(Given::new(Confirmed { at: at.0 }))
}

/// A case of this office; another one is not there (A17).
async fn here(call: &Call) -> Result<Standing<PinReset>, No> {
    let (office, case) = (call.office()?, call.id("case")?);
    let row = call.store().pin_reset(case).await?;
    row.filter(|row| row.office == office.id).ok_or_else(No::not_found)?;
    Ok(call.desk().standing(CaseId::from_octets(case)).await?)
}

/// The card of this number, as it was issued.
async fn known(call: &Call, standing: &CardStanding) -> Result<Card, No> {
    let number = number(standing)?;
    let row = call.store().citizen_card(number).await?;
    let row = row.ok_or(Refusal::UnknownCard)?;
    Ok(Card {
        number,
        authentication: row.fingerprint,
    })
}

fn told(card: Card, standing: &CardStanding) -> Result<Told, No> {
    if standing.counter > MOST_COUNTED {
        return Err(No::malformed("/standing/counter", "a card counts to 16777215"));
    }
    Ok(Told {
        card,
        key_version: standing.key_version,
        counter: standing.counter,
    })
}

fn number(standing: &CardStanding) -> Result<CardNumber, No> {
    CardNumber::parse(&standing.number)
        .ok_or_else(|| No::malformed("/standing/number", "it is not sixteen digits that check each other"))
}

fn receipt(standing: &CardStanding) -> Result<Option<[u8; 19]>, No> {
    let receipt = standing.receipt.as_deref();
    receipt.map(|receipt| exactly("/standing/receipt", receipt)).transpose()
}

pub(super) fn exactly<const N: usize>(pointer: &str, text: &str) -> Result<[u8; N], No> {
    let found = octets(pointer, text)?;
    let wrong = |_| No::malformed(pointer, &format!("it is not {N} octets"));
    found.try_into().map_err(wrong)
}

/// Three octets.
const MOST_COUNTED: u32 = 0xff_ffff;
