//! 署名用暗証番号の再設定: what an app and a kiosk ask (source document 004).
//!
//! An app has the key of its reservation, and a kiosk its own. Whatever either asks again, because the answer was lost, is
//! answered as it was.

mod capture;
mod conditions;
mod kiosk;

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::application;
use casework::characters::mailable;
use casework::identity::Fingerprint;
use casework::pin_reset::{Case, Policy};
use casework::time::Instant;
use std::sync::Arc;
use wire::api::{SignedText, ToSign};
use wire::office::Language;
use wire::pin_reset::{AskReservation, Reservation, ReservationBegun, ReservationState, Span};
use wire::problem::Complaint;

use super::answer::Given;
use super::call::Call;
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::{No, both};
use super::revocation::{digest, octets};
use crate::catalogue::Words;
use crate::desk::CaseId;
use crate::desk::evidence::{informed, sha256};
use crate::desk::pin_reset::{PinReset, Shot};
use crate::office::Office;
use crate::portal::refusal::complained;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::GET, "/offices/{office}/pin-resets/conditions"),
            (
                "readPinResetConditions",
                "What is read before a card is shown: both texts, hours, maintenance and the server's clock",
            ),
            conditions::read,
        ),
        Operation::new(
            (Method::POST, "/offices/{office}/pin-resets/reservations"),
            (
                "beginReservation",
                "Both texts were read in these versions, and this card was read; its key acts for it from here on",
            ),
            begin,
        )
        .succeeds_with(StatusCode::CREATED),
        Operation::new(
            (Method::GET, "/offices/{office}/pin-resets/reservations/{case}"),
            ("readReservation", "A reservation, as it stands"),
            read,
        )
        .by_case_key(),
        Operation::new(
            (Method::POST, "/offices/{office}/pin-resets/reservations/{case}/proof"),
            ("proveReservation", "The card has signed after its four digits"),
            prove,
        )
        .by_case_key(),
        Operation::new(
            (Method::POST, "/offices/{office}/pin-resets/reservations/{case}/capture"),
            (
                "compareFace",
                "A face was taken: it is compared with the one on the card, and neither picture is kept. The same picture again \
                 has the same answer",
            ),
            capture::take,
        )
        .by_case_key()
        .up_to(capture::MOST),
        Operation::new(
            (Method::POST, "/offices/{office}/pin-resets/reservations/{case}/cancel"),
            ("cancelReservation", "It is given up"),
            cancel,
        )
        .by_case_key(),
        Operation::new(
            (Method::POST, "/offices/{office}/pin-resets/visits"),
            (
                "setCard",
                "A card was set: whether it has a reservation that counts, or its receipt says that it is done",
            ),
            kiosk::set,
        )
        .kiosk(),
        Operation::new(
            (Method::POST, "/offices/{office}/pin-resets/visits/{case}/announce"),
            (
                "announceReset",
                "The new password was typed twice: it is written down that the card may have it from here on, and then \
                 answered what the card wants to hear",
            ),
            kiosk::announce,
        )
        .kiosk(),
        Operation::new(
            (Method::POST, "/offices/{office}/pin-resets/visits/{case}/report"),
            (
                "reportReset",
                "The card says that it is done; any kiosk may tell, and it is never too late",
            ),
            kiosk::report,
        )
        .kiosk(),
    ]
}

/// A reservation, by whoever has its key.
struct Own {
    office: Arc<Office>,
    policy: Policy,
    id: CaseId<PinReset>,
    key: String,
    case: Case,
}

impl Own {
    /// Whoever has another key finds nothing, whether or not there is something (A17).
    async fn of(call: &Call) -> Result<Self, No> {
        let (office, case) = (call.office()?, call.id("case")?);
        let row = call.store().pin_reset(case).await?;
        let row = row.filter(|row| row.office == office.id);
        let key = call.case_key(row.and_then(|row| row.key))?;
        let id = CaseId::from_octets(case);
        Ok(Self {
            policy: office.citizen()?.policy(),
            case: call.desk().look(id).await?,
            office,
            id,
            key,
        })
    }

    fn told(&self, case: &Case, now: Instant) -> Given<Reservation> {
        Given::new(Reservation {
            id: self.id.to_string(),
            office: self.office.id.clone(),
            number: case.reservation().map(|reservation| reservation.number.to_string()),
            state: self.state(case, now),
        })
    }

    fn state(&self, case: &Case, now: Instant) -> ReservationState {
        let usable = |since: Instant, until: Instant| {
            let spans = self.policy.hours.usable(since, until);
            let span = |span: &casework::pin_reset::Span| Span {
                from: span.from.0,
                until: span.until.0,
            };
            spans.iter().map(span).collect()
        };
        match case {
            Case::New => ReservationState::Asked { until: now.0 },
            Case::Asked { until, .. } | Case::Identifying { until, .. } => ReservationState::Asked { until: until.0 },
            Case::Proved {
                tries, spent, until, ..
            } => match tries.paused_until {
                Some(paused) if now < paused => ReservationState::Paused { until: paused.0 },
                paused => {
                    // A pause that is over begins anew.
                    let unlike = paused.map_or(tries.unlike, |_| 0);
                    ReservationState::Proved {
                        shot: shot_text(Shot::after(&self.key, self.id, *spent)),
                        left: self.policy.attempts.saturating_sub(unlike),
                        until: until.0,
                    }
                }
            },
            Case::Reserved { reservation, .. } if now > reservation.until => ReservationState::Expired {
                at: reservation.until.0,
            },
            Case::Reserved { reservation, .. } => ReservationState::Reserved {
                since: reservation.since.0,
                until: reservation.until.0,
                usable: usable(reservation.since, reservation.until),
            },
            Case::Announced { reservation, .. } => ReservationState::Unconfirmed {
                until: reservation.until.0,
                usable: usable(reservation.since, reservation.until),
            },
            Case::Used { at, .. } => ReservationState::Used { at: at.0 },
            Case::Cancelled { at, .. } => ReservationState::Cancelled { at: at.0 },
            Case::Replaced { at, .. } => ReservationState::Replaced { at: at.0 },
            Case::Halted { at, .. } => ReservationState::Halted { at: at.0 },
        }
    }
}

async fn begin(call: Call, Sent(asked): Sent<AskReservation>) -> Result<Given<ReservationBegun>, No> {
    let office = call.office()?;
    let read = (digest(&asked.flow), digest(&asked.terms));
    let (Some(flow), Some(terms)) = read else {
        return Err(casework::Refusal::NotInformed.into());
    };
    let certificate = octets("/certificate", &asked.certificate)?;
    let certificate = Fingerprint(sha256(&certificate).0);
    let mail = asked.mail.map(address).transpose()?;
    let key = URL_SAFE_NO_PAD.encode(call.draw::<32>("key"));
    let informed = informed(flow, terms, call.now);
    let begun = call
        .desk()
        .begin_pin_reset(&office, asked.language, informed, (certificate, &key, mail))
        .await?;
    let id = begun.id.to_string();
    let location = format!("/offices/{}/pin-resets/reservations/{id}", office.id);
    let to_sign = to_sign(begun.text, asked.language, begun.certificate, begun.until);
    Ok(Given::new(ReservationBegun { id, key, to_sign }).at(location))
}

/// An address for letters, as forms have it.
fn address(mail: String) -> Result<String, No> {
    if mail.len() <= LONGEST_ADDRESS && mailable(&mail) {
        return Ok(mail);
    }
    let wrong = application::Complaint::MailForm;
    let message = |words: Words| complained(words, &words.say("pin-reset-mail"), wrong, "");
    Err(No::complaints(vec![Complaint {
        pointer: "/mail".to_owned(),
        code: message(Words::of(Language::En)).code,
        detail: both(message),
    }]))
}

async fn read(call: Call, _: Nothing) -> Result<Given<Reservation>, No> {
    let own = Own::of(&call).await?;
    Ok(own.told(&own.case, call.now))
}

async fn prove(call: Call, Sent(signed): Sent<SignedText>) -> Result<Given<Reservation>, No> {
    let own = Own::of(&call).await?;
    let cms = octets("/cms", &signed.cms)?;
    let (card, text) = match &own.case {
        Case::Asked { card, text, .. } => (*card, *text),
        // The answer was lost: it is the same as long as no picture was taken.
        Case::Proved { spent: None, .. } => return Ok(own.told(&own.case, call.now)),
        _ => return Err(No::stale()),
    };
    let signature = call.desk().possession_of(own.id, text, card.authentication, cms).await;
    let signature = signature.map_err(|no| No::unproven(&no, &own.office, ""))?;
    let case = call
        .desk()
        .prove_pin_reset(own.id, &own.key, card.number, signature)
        .await?;
    Ok(own.told(&case, call.now))
}

async fn cancel(call: Call, _: Nothing) -> Result<Given<Reservation>, No> {
    let own = Own::of(&call).await?;
    let case = call.desk().cancel_pin_reset(own.id, &own.key).await?;
    Ok(own.told(&case, call.now))
}

fn shot_text(shot: Shot) -> String {
    URL_SAFE_NO_PAD.encode(shot.0)
}

fn to_sign(text: String, language: Language, certificate: Fingerprint, until: Instant) -> ToSign {
    ToSign {
        digest: sha256(text.as_bytes()).to_string(),
        text,
        language,
        certificate: URL_SAFE_NO_PAD.encode(certificate.0),
        until: until.0,
    }
}

/// RFC 5321 §4.5.3.1.3: a path of 256 octets, of which two are its angle brackets.
const LONGEST_ADDRESS: usize = 254;
