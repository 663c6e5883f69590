//! The work between two pages: the card's part, and the portal's answer to it.
//!
//! Each piece runs as a task of its own: a browser that hangs up cancels nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::{CardFault, LastTryConsent, Pin, TriesLeft};
use pki::certificate::Certificate;
use pki::cms::Draft;
use wire::card_request::{Answer, PinAfter, PinRule, SAME_PIN_TRIES, SamePin, Step, Verdict, authentication_message};
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
    pub(crate) spends: Spends,
    /// 担当者, where it was offered and something was entered.
    pub(crate) person: Option<String>,
}

/// Which tries a PIN may spend.
#[derive(Debug)]
pub(crate) enum Spends {
    /// Any but the last one, and that only where the warning was shown and answered (G-P3).
    Typed(Option<LastTryConsent>),
    /// It is another card's: one of at least [`SAME_PIN_TRIES`] (DOMAIN §4.6).
    OneOfSeveral,
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

/// Another card stands in the place of the one before: the portal is told, and sees its certificates.
pub(crate) async fn swap(local: Arc<Local>, visit: Arc<Visit>, card: Arc<ShownCard>) {
    let stage = deliver(&local, &visit, Answer::Swapped).await;
    let presents = visit.change(|state| {
        let presents = matches!(stage, Stage::Holder) && matches!(state.asked.step(), Some(Step::Present { .. }));
        if !presents {
            state.stage = stage;
        }
        presents
    });
    if presents {
        present(local, visit, card).await;
    }
}

/// Lets the card sign what the step asks for.
pub(crate) async fn prove(local: Arc<Local>, visit: Arc<Visit>, consent: Consent) {
    let Some(mut task) = Task::of(&visit, &consent.card) else {
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
    let is_tried = matches!(consent.spends, Spends::OneOfSeveral);
    let asked = tokio::task::spawn_blocking(move || match consent.spends {
        Spends::Typed(last_try) => cards.sign(&card, key, &pin, last_try, &message),
        Spends::OneOfSeveral => cards.sign_sparing(&card, &pin, SAME_PIN_TRIES, &message),
    })
    .await;
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
            // The swap is over: what was carried for it is of no more use.
            local.kept.put_down(&visit.id);
            // Had the card left before the PIN was kept, nobody else would wipe it.
            local.kept.look(&local.cards.seen());
            task.person = consent.person;
            match task.answer(signature.bytes) {
                Some(answer) => send(&local, &visit, answer).await,
                None => visit.change(|state| state.stage = Stage::Over(Code::Signature)),
            }
        }
        Err(fault) => {
            drop(consent.pin);
            if is_tried {
                refused_itself(&local, &visit, &consent.card, fault).await;
            } else {
                said_no(&local, &visit, fault).await;
            }
        }
    }
}

/// Sends an answer, or the same one again.
pub(crate) async fn send(local: &Local, visit: &Visit, answer: Answer) {
    let stage = deliver(local, visit, answer).await;
    visit.change(|state| state.stage = stage);
}

/// Sends an answer and says where the visit stands by the portal's verdict.
pub(crate) async fn deliver(local: &Local, visit: &Visit, answer: Answer) -> Stage {
    let (id, step) = {
        let state = visit.look();
        (state.asked.id.clone(), state.asked.answered)
    };
    let verdict = local.lines.answer(&visit.portal, &id, &visit.key, step, &answer).await;
    let stage = match verdict {
        Ok(Verdict::Go { next, pin }) => went(local, visit, next, pin),
        Ok(Verdict::Done { code }) => {
            if visit.look().asked.pin_after == PinAfter::Wiped {
                local.kept.end(&visit.session());
            }
            local.watch(visit);
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
    if matches!(stage, Stage::Over(_) | Stage::Refused { again: Again::No, .. }) {
        local.kept.put_down(&visit.id);
    }
    stage
}

/// The portal said go: the next step, with what the portal put in its place.
fn went(local: &Local, visit: &Visit, next: Option<Step>, pin: Option<PinRule>) -> Stage {
    let (went, swaps) = visit.change(|state| {
        if let Some(Step::Swap { .. }) = state.asked.step() {
            state.before = state.card.take();
        }
        let went = state.asked.next(next, pin, &visit.portal);
        state.rule = state.asked.pin.clone();
        let swaps = matches!(state.asked.step(), Some(Step::Swap { .. })) && state.asked.same_pin != SamePin::Off;
        (went, state.card.clone().filter(|_| swaps))
    });
    if let Some(card) = swaps {
        // Before the card may leave its reader, and its PIN with it.
        local.kept.carry(&visit.session(), &visit.id, &card, local.clock.now());
    }
    match went {
        Ok(()) => Stage::Holder,
        Err(unfit) => {
            tracing::warn!(portal = %visit.portal, ?unfit, "the next step was not taken");
            Stage::Over(unfit.code())
        }
    }
}

/// Another card after a refusal: the portal says at which step it goes on.
pub(crate) async fn begin_again(local: Arc<Local>, visit: Arc<Visit>) {
    let id = visit.look().asked.id.clone();
    let told = local.lines.claim(&visit.portal, &id, &visit.key).await;
    let asked = told
        .ok()
        .and_then(|request| Asked::check(request, &id, &visit.portal, local.clock.now()).ok());
    visit.change(|state| match asked {
        Some(asked) => {
            state.rule = asked.pin.clone();
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

/// A PIN that nobody typed for this card did not do: it is asked for, and never tried by itself again.
async fn refused_itself(local: &Local, visit: &Visit, card: &ShownCard, fault: CardFault) {
    let CardFault::PinWrong { left } = fault else {
        if fault == CardFault::FewTries {
            local.kept.put_down(&visit.id);
            visit.change(|state| state.stage = Stage::Holder);
        } else {
            said_no(local, visit, fault).await;
        }
        return;
    };
    local.kept.was_refused(card);
    count(local, visit, Notice::PinDiffers(left), told_left(left)).await;
}

/// The card did not sign. What it said of the PIN counts for the portal's audit, in numbers only.
async fn said_no(local: &Local, visit: &Visit, fault: CardFault) {
    let left = match &fault {
        CardFault::PinWrong { left } => Some(told_left(*left)),
        CardFault::PinBlocked => Some(Some(0)),
        _ => None,
    };
    tracing::info!(code = %crate::cards::code(&fault), "the card did not sign");
    let Some(left) = left else {
        visit.change(|state| {
            state.notice = Some(Notice::Card(fault));
            state.stage = Stage::Holder;
        });
        return;
    };
    // A PIN that was refused once is never tried again by itself.
    local.kept.wipe();
    count(local, visit, Notice::Card(fault), left).await;
}

/// The number of tries as the portal is told it.
fn told_left(left: TriesLeft) -> Option<u8> {
    match left {
        TriesLeft::Known(left) => Some(left),
        TriesLeft::Blocked => Some(0),
        TriesLeft::Unknown => None,
    }
}

/// A try was spent: the portal counts it, and the holder is told.
async fn count(local: &Local, visit: &Visit, notice: Notice, left: Option<u8>) {
    visit.change(|state| state.notice = Some(notice));
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
struct Task {
    what: What,
    /// 担当者, to go with the signature.
    person: Option<String>,
}

enum What {
    Authentication(Vec<u8>),
    Text(Box<Draft>),
}

impl Task {
    fn of(visit: &Visit, card: &ShownCard) -> Option<Self> {
        let state = visit.look();
        let what = match state.asked.step()? {
            Step::Present { .. } | Step::Swap { .. } | Step::Acquire { .. } | Step::Install { .. } => return None,
            Step::Authenticate { .. } => What::Authentication(authentication_message(
                visit.portal.as_str(),
                &state.asked,
                &card.fingerprint(Key::Authentication),
            )),
            Step::Sign { text, at, .. } => {
                let signer = Certificate::parse(card.signature.der())
                    .inspect_err(|fault| tracing::info!(%fault, "the certificate is not read"))
                    .ok()?;
                What::Text(Box::new(Draft::new(text.as_ref()?.as_bytes(), &signer, *at)))
            }
        };
        Some(Self { what, person: None })
    }

    fn key(&self) -> Key {
        match self.what {
            What::Authentication(_) => Key::Authentication,
            What::Text(_) => Key::Signature,
        }
    }

    fn message(&self) -> Vec<u8> {
        match &self.what {
            What::Authentication(message) => message.clone(),
            What::Text(draft) => draft.to_be_signed().to_vec(),
        }
    }

    fn answer(self, signature: Vec<u8>) -> Option<Answer> {
        Some(match self.what {
            What::Authentication(_) => Answer::Authenticated {
                signature: URL_SAFE_NO_PAD.encode(signature),
            },
            What::Text(draft) => Answer::Signed {
                cms: URL_SAFE_NO_PAD.encode(draft.finish(&signature).ok()?),
                person: self.person,
            },
        })
    }
}
