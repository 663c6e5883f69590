//! What card and server do for a reservation. Each piece is a task of its own: a browser that hangs up cancels nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::jpki::{AuthenticationPin, PrintedNumber};
use card::{CardFault, LastTryConsent, TriesLeft};
use wire::api::SignedText;
use wire::code::Code;
use wire::pin_reset::{AskReservation, Capture, Conditions, Reservation, ReservationBegun, ReservationState};
use zeroize::Zeroizing;

use super::{Agreed, App, Held, Stage, Typed, Unsent, Visual};
use crate::pin_reset::citizen::{self, CitizenCard};
use crate::pin_reset::desk::ReservationKey;
use crate::pin_reset::told::Notice;
use crate::portal::PortalFault;
use crate::words::Words;

/// What the office says, asked again after a while.
pub(super) async fn conditions(app: &App) -> Result<Arc<Conditions>, Notice> {
    let now = app.clock.now();
    if let Some((at, known)) = &app.screen.look().conditions
        && (*at..*at + FRESH).contains(&now)
    {
        return Ok(Arc::clone(known));
    }
    let told = Arc::new(app.desk.conditions().await?);
    // Nobody waits for it: the page that asked shows it.
    app.screen.look().conditions = Some((now, Arc::clone(&told)));
    Ok(told)
}

/// The card proves itself with its four digits: asked for only after the server has agreed to the card.
pub(super) async fn prove(
    app: Arc<App>,
    agreed: Agreed,
    card: Arc<CitizenCard>,
    pin: AuthenticationPin,
    consent: Option<LastTryConsent>,
    words: Words,
) {
    let mut agreed = agreed;
    let signed = match sign(&app, &mut agreed, &card, pin, consent, words).await {
        Ok(signed) => signed,
        Err(notice) => {
            let stage = match &notice {
                // The texts are others now: they are read again.
                Notice::Server(problem) if problem.code == Code::GateTexts || problem.code == Code::GateChecked => {
                    app.screen.look().conditions = None;
                    Stage::Terms
                }
                // What was typed there stands there still.
                Notice::Server(problem) if problem.code == Code::MailFormat => Stage::Terms,
                _ => Stage::Card(agreed),
            };
            return app.screen.change(|state| state.stand(stage, Some(notice)));
        }
    };
    send_proof(&app, card, signed).await;
}

async fn sign(
    app: &App,
    agreed: &mut Agreed,
    card: &Arc<CitizenCard>,
    pin: AuthenticationPin,
    consent: Option<LastTryConsent>,
    words: Words,
) -> Result<String, Notice> {
    match citizen::tries_left(&app.cards, card).await? {
        TriesLeft::Blocked => return Err(CardFault::AuthenticationPinBlocked.into()),
        TriesLeft::Known(1) if consent.is_none() => return Err(CardFault::LastTry.into()),
        TriesLeft::Known(_) | TriesLeft::Unknown => {}
    }
    let begun = begun(app, agreed, card, words).await?;
    if !card.is_named_by(&begun.to_sign) {
        return Err(CardFault::Changed.into());
    }
    let cms = citizen::sign(&app.cards, card, pin, consent, &begun.to_sign, app.now()).await?;
    Ok(URL_SAFE_NO_PAD.encode(cms))
}

/// A reservation of this card that was begun and still waits for its signature, or a new one.
async fn begun(
    app: &App,
    agreed: &mut Agreed,
    card: &Arc<CitizenCard>,
    words: Words,
) -> Result<Arc<ReservationBegun>, Notice> {
    let enough = app.now().saturating_add(SIGNING);
    if let Some((of, begun)) = &agreed.begun
        && of.certificate() == card.certificate()
        && begun.to_sign.until > enough
    {
        return Ok(Arc::clone(begun));
    }
    let ask = AskReservation {
        language: words.language(),
        flow: agreed.flow.clone(),
        terms: agreed.terms.clone(),
        certificate: card.certificate(),
        mail: agreed.mail.clone(),
    };
    // One whose answer was lost lapses unused; asking once more makes another.
    let begun = match app.desk.ask(&ask).await {
        Err(PortalFault::Broken) => app.desk.ask(&ask).await,
        told => told,
    };
    let begun = Arc::new(begun?);
    agreed.begun = Some((Arc::clone(card), Arc::clone(&begun)));
    let held = Held {
        key: Arc::new(ReservationKey(begun.key.clone())),
        reservation: Reservation {
            id: begun.id.clone(),
            office: String::new(),
            number: None,
            state: ReservationState::Asked {
                until: begun.to_sign.until,
            },
        },
        at: app.now(),
    };
    app.screen.look().going = Some(held);
    Ok(begun)
}

async fn send_proof(app: &App, card: Arc<CitizenCard>, cms: String) {
    let Some((id, key)) = going(app) else { return };
    let signed = SignedText { cms: cms.clone() };
    let mut told = app.desk.prove(&id, &key, &signed).await;
    if let Err(PortalFault::Broken | PortalFault::Unreachable) = told {
        told = app.desk.prove(&id, &key, &signed).await;
    }
    match told {
        Ok(reservation) => arrived(app, reservation, Some(card), None, None),
        Err(PortalFault::Broken | PortalFault::Unreachable) => unsure(app, Unsent::Proof { card, cms }),
        Err(fault) => app.screen.change(|state| state.let_go(Some(fault.into()))),
    }
}

/// The number printed on the card opens its picture.
pub(super) async fn read(
    app: Arc<App>,
    card: Arc<CitizenCard>,
    number: PrintedNumber,
    consent: Option<LastTryConsent>,
    proved: Arc<CitizenCard>,
) {
    let read = citizen::visual(&app.cards, &card, number, consent).await;
    app.screen.change(|state| match read {
        Ok(visual) => {
            state.typed = Typed::default();
            state.stand(Stage::Face(Arc::new(Zeroizing::new(visual))), None);
        }
        Err(fault) => state.stand(Stage::Number(proved), Some(fault.into())),
    });
}

/// A picture is compared with the one on the card.
pub(super) async fn compare(app: Arc<App>, visual: Visual, picture: Zeroizing<Vec<u8>>) {
    let Some((id, key)) = going(&app) else { return };
    let shot = match &app.screen.look().going {
        Some(Held {
            reservation:
                Reservation {
                    state: ReservationState::Proved { shot, .. },
                    ..
                },
            ..
        }) => shot.clone(),
        _ => String::new(),
    };
    let capture = Capture {
        shot: shot.clone(),
        visual: URL_SAFE_NO_PAD.encode(visual.as_slice()),
        picture: URL_SAFE_NO_PAD.encode(picture.as_slice()),
    };
    drop(picture);
    let told = app.desk.compare(&id, &key, &capture).await;
    wipe(capture);
    let notice = match told {
        Ok(reservation) => return arrived(&app, reservation, None, Some(visual), None),
        // Whether it counted is seen from the reservation.
        Err(fault) => Notice::from(fault),
    };
    match app.desk.reservation(&id, &key).await {
        Ok(reservation) => {
            let same = matches!(&reservation.state, ReservationState::Proved { shot: now, .. } if *now == shot);
            let notice = match notice {
                Notice::Server(_) => notice,
                _ if same => Notice::Says("app-picture-lost"),
                _ => Notice::Says("app-looked-up"),
            };
            arrived(&app, reservation, None, Some(visual), Some(notice));
        }
        Err(PortalFault::Said(problem)) => app
            .screen
            .change(|state| state.let_go(Some(Notice::Server(Arc::from(problem))))),
        Err(_) => unsure(&app, Unsent::Capture(visual)),
    }
}

/// An answer that was lost is looked up.
pub(super) async fn look_up(app: Arc<App>, unsent: Unsent) {
    let held = match unsent {
        Unsent::Cancel => app.screen.look().kept.clone(),
        _ => app.screen.look().going.clone(),
    };
    let Some(held) = held else {
        return app.screen.change(|state| state.let_go(None));
    };
    match (app.desk.reservation(&held.reservation.id, &held.key).await, unsent) {
        (Ok(reservation), Unsent::Proof { card, cms }) => match reservation.state {
            ReservationState::Asked { .. } => send_proof(&app, card, cms).await,
            _ => arrived(&app, reservation, Some(card), None, None),
        },
        (Ok(reservation), Unsent::Capture(visual)) => arrived(&app, reservation, None, Some(visual), None),
        (Ok(reservation), Unsent::Cancel) => keep(&app, reservation, None),
        (Err(PortalFault::Said(problem)), _) => app
            .screen
            .change(|state| state.let_go(Some(Notice::Server(Arc::from(problem))))),
        (Err(_), unsent) => unsure(&app, unsent),
    }
}

/// Takes the reservation back.
pub(super) async fn cancel(app: Arc<App>) {
    let Some(held) = app.screen.look().kept.clone() else {
        return app.screen.change(|state| state.let_go(None));
    };
    match app.desk.cancel(&held.reservation.id, &held.key).await {
        Ok(reservation) => keep(&app, reservation, None),
        Err(PortalFault::Broken) => unsure(&app, Unsent::Cancel),
        Err(fault) => keep(&app, held.reservation, Some(fault.into())),
    }
}

/// The reservation that was made, as it stands now; the last that is known where the server cannot be asked.
pub(super) async fn refresh(app: &App) {
    let Some(held) = app.screen.look().kept.clone() else {
        return;
    };
    let now = app.clock.now();
    if (held.at..held.at + RECENT).contains(&now) {
        return;
    }
    let told = app.desk.reservation(&held.reservation.id, &held.key).await;
    let mut state = app.screen.look();
    match told {
        Ok(reservation) => {
            state.kept = Some(Held {
                reservation,
                at: now,
                ..held
            });
        }
        Err(fault) => state.notice = Some(fault.into()),
    }
}

/// The reservation is where the server says.
fn arrived(
    app: &App,
    reservation: Reservation,
    card: Option<Arc<CitizenCard>>,
    visual: Option<Visual>,
    notice: Option<Notice>,
) {
    if !matches!(
        reservation.state,
        ReservationState::Asked { .. } | ReservationState::Proved { .. } | ReservationState::Paused { .. }
    ) {
        return keep(app, reservation, notice);
    }
    app.screen.change(|state| {
        if let Some(going) = &mut state.going {
            going.reservation = reservation;
        }
        match (visual, card) {
            (Some(visual), _) => state.stand(Stage::Face(visual), notice),
            (None, Some(card)) => state.stand(Stage::Number(card), notice),
            (None, None) => state.let_go(notice),
        }
    });
}

/// It is made, or it is over: nothing that was read from the card stays.
fn keep(app: &App, reservation: Reservation, notice: Option<Notice>) {
    let at = app.clock.now();
    app.screen.change(|state| {
        let held = state.going.take().or_else(|| state.kept.take());
        state.kept = held.map(|held| Held {
            reservation,
            at,
            ..held
        });
        state.stand(Stage::Kept, notice);
    });
}

fn unsure(app: &App, unsent: Unsent) {
    app.screen.change(|state| state.stand(Stage::Unsure(unsent), None));
}

fn going(app: &App) -> Option<(String, Arc<ReservationKey>)> {
    let state = app.screen.look();
    let going = state.going.as_ref()?;
    Some((going.reservation.id.clone(), Arc::clone(&going.key)))
}

/// A face does not lie about in memory.
fn wipe(capture: Capture) {
    let Capture { visual, picture, .. } = capture;
    drop((Zeroizing::new(visual), Zeroizing::new(picture)));
}

/// Seconds for which the conditions are not asked again.
const FRESH: i64 = 30;
/// Seconds for which a reservation is not looked at again.
const RECENT: i64 = 5;
/// Seconds that a signature needs.
const SIGNING: i64 = 30;
