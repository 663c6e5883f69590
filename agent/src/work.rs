//! The work between two pages: the card's part, and the portal's answer to it.
//!
//! Each piece runs as a task of its own: a browser that hangs up cancels nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::{CardFault, LastTryConsent, Pin, TriesLeft};
use pki::certificate::Certificate;
use pki::cms::Draft;
use wire::card_request::{Answer, PinAfter, Step, Verdict, authentication_message};
use wire::code::Code;
use wire::office::Text;

use crate::asked::Asked;
use crate::cards::{Key, ShownCard};
use crate::local::Local;
use crate::portal::PortalFault;
use crate::visit::{Again, Notice, Stage, Visit};

/// What the holder gave for one signature.
pub(crate) struct Consent {
    /// The card that the page showed.
    pub(crate) card: Arc<ShownCard>,
    pub(crate) pin: Arc<Pin>,
    /// Given only where the warning was shown and answered (G-P3).
    pub(crate) last_try: Option<LastTryConsent>,
}

/// Shows the portal the certificates of the chosen card. No PIN is involved.
pub(crate) async fn present(local: Arc<Local>, visit: Arc<Visit>, card: Arc<ShownCard>) {
    let answer = Answer::Presented {
        authentication: URL_SAFE_NO_PAD.encode(card.authentication.der()),
        signature: URL_SAFE_NO_PAD.encode(card.signature.der()),
    };
    visit.change(|state| state.card = Some(card));
    send(&local, &visit, answer).await;
}

/// Lets the card sign what the step asks for.
pub(crate) async fn prove(local: Arc<Local>, visit: Arc<Visit>, consent: Consent) {
    let Some(task) = Task::of(&visit, &consent.card) else {
        visit.change(|state| state.stage = Stage::Over(Code::CertChain));
        return;
    };
    let (cards, card, pin) = (
        Arc::clone(&local.cards),
        Arc::clone(&consent.card),
        Arc::clone(&consent.pin),
    );
    let message = task.message();
    let key = task.key();
    let asked = tokio::task::spawn_blocking(move || cards.sign(&card, key, &pin, consent.last_try, &message)).await;
    // The task ends without an outcome only by a panic, which is ours.
    let Ok(outcome) = asked else {
        local.kept.wipe();
        visit.change(|state| state.stage = Stage::Over(Code::Fault));
        return;
    };
    match outcome {
        Ok(signature) => {
            let now = local.clock.now();
            local.kept.keep(visit.session(), &consent.card, consent.pin, now);
            // Had the card left before the PIN was kept, nobody else would wipe it.
            local.kept.look(&local.cards.seen());
            match task.answer(signature.bytes) {
                Some(answer) => send(&local, &visit, answer).await,
                None => visit.change(|state| state.stage = Stage::Over(Code::Signature)),
            }
        }
        Err(fault) => {
            drop(consent.pin);
            said_no(&local, &visit, fault).await;
        }
    }
}

/// Sends an answer, or the same one again.
pub(crate) async fn send(local: &Local, visit: &Visit, answer: Answer) {
    let (id, step) = {
        let state = visit.look();
        (state.asked.id.clone(), state.asked.answered)
    };
    let verdict = local.lines.answer(&visit.portal, &id, &visit.key, step, &answer).await;
    let stage = match verdict {
        Ok(Verdict::Go) => visit.change(|state| {
            state.asked.next();
            // After the last step only `done` makes sense.
            state.asked.step().map_or(Stage::Over(Code::Fault), |_| Stage::Holder)
        }),
        Ok(Verdict::Done { code }) => {
            if visit.look().asked.pin_after == PinAfter::Wiped {
                local.kept.end(&visit.session());
            }
            Stage::Back(visit.look().asked.way_back(&visit.portal, Some(&code)))
        }
        Ok(Verdict::Refused {
            code,
            message,
            next,
            again,
        }) => refused(code, message, next, again),
        Ok(Verdict::Noted) => Stage::Holder,
        Err(PortalFault::Unreachable | PortalFault::Broken) => Stage::Unsent(answer),
        // The agent has its own words for every code.
        Err(PortalFault::Said(problem)) => Stage::Over(problem.code),
        Err(fault @ (PortalFault::TooLong | PortalFault::Unintelligible)) => {
            tracing::warn!(portal = %visit.portal, %fault, "an answer was not taken");
            Stage::Over(Code::Fault)
        }
    };
    visit.change(|state| state.stage = stage);
}

/// Another card after a refusal: the portal says at which step it goes on.
pub(crate) async fn begin_again(local: Arc<Local>, visit: Arc<Visit>) {
    let id = visit.look().asked.id.clone();
    let told = local.lines.claim(&visit.portal, &id, &visit.key).await;
    let asked = told
        .ok()
        .and_then(|request| Asked::check(request, &id, local.clock.now()).ok());
    visit.change(|state| match asked {
        Some(asked) => {
            state.asked = asked;
            state.card = None;
            state.stage = Stage::Holder;
        }
        None => state.stage = Stage::Over(Code::Fault),
    });
}

/// Gives the request up: nothing is signed, nothing is kept, and the browser goes back.
pub(crate) async fn cancel(local: &Local, visit: &Visit) {
    local.kept.end(&visit.session());
    let id = visit.look().asked.id.clone();
    let stage = match local.lines.cancel(&visit.portal, &id, &visit.key).await {
        Ok(cancelled) => Stage::Back(visit.look().asked.way_back(&visit.portal, Some(&cancelled.code))),
        // The request lapses by itself; the way back shows the site as it was.
        Err(fault) => {
            tracing::info!(portal = %visit.portal, %fault, "the portal was not told of the end");
            Stage::Back(visit.look().asked.way_back(&visit.portal, None))
        }
    };
    visit.change(|state| state.stage = stage);
}

/// The card did not sign. What it said of the PIN counts for the portal's audit, in numbers only.
async fn said_no(local: &Local, visit: &Visit, fault: CardFault) {
    let left = match &fault {
        CardFault::PinWrong {
            left: TriesLeft::Known(left),
        } => Some(Some(*left)),
        CardFault::PinWrong { .. } => Some(None),
        CardFault::PinBlocked => Some(Some(0)),
        _ => None,
    };
    tracing::info!(code = %crate::cards::code(&fault), "the card did not sign");
    if left.is_some() {
        // A PIN that was refused once is never tried again by itself.
        local.kept.wipe();
    }
    visit.change(|state| state.notice = Some(Notice::Card(fault)));
    let Some(left) = left else {
        visit.change(|state| state.stage = Stage::Holder);
        return;
    };
    let (id, step) = {
        let state = visit.look();
        (state.asked.id.clone(), state.asked.answered)
    };
    let told = local
        .lines
        .answer(&visit.portal, &id, &visit.key, step, &Answer::PinFailed { left })
        .await;
    visit.change(|state| {
        state.stage = match told {
            Ok(Verdict::Refused {
                code,
                message,
                next,
                again,
            }) => refused(code, message, next, again),
            // A count that did not arrive keeps nobody from the next try.
            _ => Stage::Holder,
        };
    });
}

/// The portal's no, as it is shown.
fn refused(code: Code, what: Text, next: Text, again: bool) -> Stage {
    let again = if again { Again::Yes } else { Again::No };
    Stage::Refused {
        code,
        what,
        next,
        again,
    }
}

/// What one step wants signed.
enum Task {
    Authentication(Vec<u8>),
    Text(Box<Draft>),
}

impl Task {
    fn of(visit: &Visit, card: &ShownCard) -> Option<Self> {
        let state = visit.look();
        match state.asked.step()? {
            Step::Present { .. } => None,
            Step::Authenticate { .. } => Some(Self::Authentication(authentication_message(
                visit.portal.as_str(),
                &state.asked,
                &card.fingerprint(Key::Authentication),
            ))),
            Step::Sign { text, at, .. } => {
                let signer = Certificate::parse(card.signature.der())
                    .inspect_err(|fault| tracing::info!(%fault, "the certificate is not read"))
                    .ok()?;
                Some(Self::Text(Box::new(Draft::new(text.as_bytes(), &signer, *at))))
            }
        }
    }

    fn key(&self) -> Key {
        match self {
            Self::Authentication(_) => Key::Authentication,
            Self::Text(_) => Key::Signature,
        }
    }

    fn message(&self) -> Vec<u8> {
        match self {
            Self::Authentication(message) => message.clone(),
            Self::Text(draft) => draft.to_be_signed().to_vec(),
        }
    }

    fn answer(self, signature: Vec<u8>) -> Option<Answer> {
        Some(match self {
            Self::Authentication(_) => Answer::Authenticated {
                signature: URL_SAFE_NO_PAD.encode(signature),
            },
            Self::Text(draft) => Answer::Signed {
                cms: URL_SAFE_NO_PAD.encode(draft.finish(&signature).ok()?),
            },
        })
    }
}
