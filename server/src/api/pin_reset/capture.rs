//! A picture is taken: it is compared outside of any transaction, and dropped before anything is decided.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::pin_reset::{Case, Policy, Proof, Tries};
use wire::code::Code;
use wire::pin_reset::{Capture, LONGEST_PICTURE, Reservation};
use zeroize::Zeroizing;

use super::super::answer::Given;
use super::super::call::Call;
use super::super::input::Sent;
use super::super::problem::No;
use super::super::revocation::octets;
use super::Own;
use super::kiosk::exactly;
use crate::desk::pin_reset::{Pictures, Shot, Uncompared};
use crate::face::NotCompared;

/// A picture and the card's visual file, as base64 in JSON.
pub(super) const MOST: usize = 6 << 20;

pub(super) async fn take(call: Call, Sent(capture): Sent<Capture>) -> Result<Given<Reservation>, No> {
    let own = Own::of(&call).await?;
    let shot = Shot(exactly("/shot", &capture.shot)?).digest();
    let card = match &own.case {
        Case::Proved { tries, spent, .. } if *spent == Some(shot) => return Err(counted(*tries, &own.policy).into()),
        Case::Proved { tries, until, .. } if tries.paused_until.is_none() && call.now > *until => {
            return Err(Refusal::Lapsed.into());
        }
        Case::Proved {
            card,
            shot: awaited,
            tries,
            ..
        } if *awaited == shot => match tries.paused_until.filter(|until| call.now < *until) {
            Some(until) => return Err(Refusal::FacePaused { until }.into()),
            None => card.number,
        },
        // The answer was lost: it was this very picture.
        case if taken(case, shot) => return Ok(own.told(case, call.now)),
        _ => return Err(No::stale()),
    };
    let pictures = Pictures {
        visual: Zeroizing::new(octets("/visual", &capture.visual)?),
        capture: Zeroizing::new(octets("/picture", &capture.picture)?),
    };
    drop(capture);
    if pictures.capture.len() > LONGEST_PICTURE {
        return Err(No::of(StatusCode::UNPROCESSABLE_ENTITY, Code::Picture, &[]));
    }
    let question = URL_SAFE_NO_PAD.encode(call.draw::<16>("question"));
    let compared = call.desk().compare_pictures(&own.office, card, pictures, &question);
    let compared = compared.await.map_err(no)?;
    let case = call.desk().compare_face(own.id, &own.key, shot, compared).await?;
    Ok(own.told(&case, call.now))
}

fn taken(case: &Case, shot: casework::identity::Digest) -> bool {
    let (Case::Reserved { reservation, .. } | Case::Announced { reservation, .. }) = case else {
        return false;
    };
    matches!(&reservation.proof, Proof::Face { shot: kept, .. } if *kept == shot)
}

/// As it was said when it was counted.
fn counted(tries: Tries, policy: &Policy) -> Refusal {
    match tries.paused_until {
        Some(until) => Refusal::FacePaused { until },
        None => Refusal::FaceUnlike {
            left: policy.attempts.saturating_sub(tries.unlike),
        },
    }
}

/// Nothing is counted, and whoever holds the card is told what can be done.
fn no(why: Uncompared) -> No {
    match &why {
        // The operator's to look at: nobody can reserve until it works.
        Uncompared::NotCompared(NotCompared::Down { .. } | NotCompared::Bug(_)) | Uncompared::Unusable(_) => {
            tracing::warn!(%why, "faces were not compared");
        }
        _ => tracing::info!(%why, "faces were not compared"),
    }
    let (status, code) = match why {
        Uncompared::Fault(fault) => return fault.into(),
        Uncompared::Visual(_) | Uncompared::OnCard(_) | Uncompared::NotCompared(NotCompared::CardFace) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Code::Visual)
        }
        Uncompared::AnotherCard => (StatusCode::CONFLICT, Code::CardChanged),
        Uncompared::Capture(_) => (StatusCode::UNPROCESSABLE_ENTITY, Code::Picture),
        Uncompared::NotCompared(NotCompared::NoFace | NotCompared::Several) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Code::FaceNone)
        }
        Uncompared::NotCompared(NotCompared::Down { .. } | NotCompared::Bug(_))
        | Uncompared::Unusable(_)
        | Uncompared::Nobody => (StatusCode::SERVICE_UNAVAILABLE, Code::FaceDown),
    };
    No::of(status, code, &[])
}
