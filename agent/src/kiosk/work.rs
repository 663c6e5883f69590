//! What card and server do at a kiosk. The person may be gone before it ends: then it has no say on the screen any more.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::jpki::{AuthenticationPin, SignaturePassword, Unblocked};
use card::{CardFault, LastTryConsent, TriesLeft};
use wire::code::Code;
use wire::pin_reset::{Announce, Announced, CardStanding, Report, SetCard, Visit};

use super::{Done, Found, Kiosk, Stage};
use crate::pin_reset::citizen::{self, CitizenCard};
use crate::pin_reset::screen::Turn;
use crate::pin_reset::told::Notice;
use crate::portal::PortalFault;

/// Hears the server's clock and the kiosks' hours again and again.
pub(super) async fn keep_asking(kiosk: &Arc<Kiosk>) {
    loop {
        let told = kiosk.desk.conditions().await;
        let told = told
            .inspect_err(|fault| tracing::info!(%fault, "the server's conditions are not known"))
            .ok()
            .map(Arc::new);
        let wait = if told.is_some() { ASK } else { ASK_AGAIN };
        let changed = {
            let state = kiosk.screen.look();
            let open = |known: Option<&wire::pin_reset::Conditions>| known.map(|known| known.kiosk);
            open(state.conditions.as_deref()) != open(told.as_deref())
        };
        // What the top of the kiosk shows changes with it; nobody who types is disturbed.
        if changed && matches!(kiosk.screen.look().stage, Stage::Top) {
            kiosk.screen.change(|state| state.conditions = told);
        } else if told.is_some() {
            kiosk.screen.look().conditions = told;
        }
        tokio::time::sleep(wait).await;
    }
}

/// A card was set: is there a reservation for it?
pub(super) async fn set(kiosk: Arc<Kiosk>, turn: Turn, card: Arc<CitizenCard>) {
    let told = visit(&kiosk, &card).await;
    kiosk.wake();
    if let Err(Notice::Server(problem)) = &told
        && problem.code == Code::Kiosk
    {
        let refused = (kiosk.clock.now(), Notice::Server(Arc::clone(problem)));
        kiosk.screen.look().refused = Some(refused);
    }
    kiosk.in_turn(turn, |state| match told {
        Ok((standing, Visit::Reserved { id, until, to_sign })) => {
            if let Some(session) = &mut state.session {
                session.reservation = Some(Found {
                    id,
                    until,
                    to_sign,
                    standing,
                });
            }
            state.stand(Stage::Pin, None);
        }
        Ok((_, Visit::Confirmed { at })) => state.stand(Stage::Done(Done::Earlier(at)), None),
        Err(notice) => state.end(Stage::Ended, Some(notice)),
    });
    // Had the card left meanwhile, nobody else would look.
    kiosk.look();
}

async fn visit(kiosk: &Kiosk, card: &Arc<CitizenCard>) -> Result<(CardStanding, Visit), Notice> {
    let key = kiosk.key.as_ref().ok_or(NOT_ENROLLED)?;
    let standing = citizen::standing(&kiosk.cards, card).await?;
    let set = SetCard {
        language: kiosk.screen.look().language.unwrap_or_default(),
        certificate: card.certificate(),
        standing: standing.clone(),
    };
    let visit = kiosk.desk.set(key, &set).await?;
    match &visit {
        // Its four digits are needed, and cannot be had.
        Visit::Reserved { .. } if citizen::tries_left(&kiosk.cards, card).await? == TriesLeft::Blocked => {
            return Err(CardFault::AuthenticationPinBlocked.into());
        }
        Visit::Reserved { to_sign, .. } if !card.is_named_by(to_sign) => return Err(CardFault::Changed.into()),
        _ => {}
    }
    Ok((standing, visit))
}

/// The four digits: the card signs, and the PIN is forgotten.
pub(super) async fn prove(kiosk: Arc<Kiosk>, turn: Turn, pin: AuthenticationPin, consent: Option<LastTryConsent>) {
    let (card, to_sign) = {
        let state = kiosk.screen.look();
        let Some(session) = &state.session else { return };
        let Some(found) = &session.reservation else { return };
        (Arc::clone(&session.card), found.to_sign.clone())
    };
    let at = kiosk.desk.now().unwrap_or_else(|| kiosk.clock.now());
    let signed = citizen::sign(&kiosk.cards, &card, pin, consent, &to_sign, at).await;
    kiosk.wake();
    kiosk.in_turn(turn, |state| match signed {
        Ok(cms) => {
            if let Some(session) = &mut state.session {
                session.cms = Some(URL_SAFE_NO_PAD.encode(cms));
            }
            state.stand(Stage::Found, None);
        }
        Err(fault @ (CardFault::PinWrong { .. } | CardFault::LastTry | CardFault::Busy)) => {
            state.stand(Stage::Pin, Some(fault.into()));
        }
        Err(CardFault::Removed) => state.end(Stage::Ended, Some(Notice::Coded(Code::CardRemoved, "kiosk-removed"))),
        Err(fault) => state.end(Stage::Ended, Some(fault.into())),
    });
}

/// How setting the password came out.
enum Outcome {
    Written(Unblocked),
    /// Nothing was written: the server said no, or could not be asked.
    Refused(PortalFault),
    /// Nothing was written: the card is not as it was when it was set.
    Changed,
    Card(CardFault),
}

/// 「設定する」: the server announces, the card takes the new password, and the server is told.
pub(super) async fn reset(kiosk: Arc<Kiosk>, turn: Turn, password: Arc<SignaturePassword>) {
    let (card, found, cms) = {
        let state = kiosk.screen.look();
        let Some(session) = &state.session else { return };
        let (Some(found), Some(cms)) = (&session.reservation, &session.cms) else {
            return;
        };
        (Arc::clone(&session.card), found.clone(), cms.clone())
    };
    let (at, new) = (Arc::clone(&kiosk), Arc::clone(&password));
    let (id, standing) = (found.id.clone(), found.standing.clone());
    let runtime = tokio::runtime::Handle::current();
    let outcome = tokio::task::spawn_blocking(move || {
        // The card is held for this one conversation; between its challenge and the reset nobody else speaks to it.
        let mut jpki = match citizen::open(&at.cards, &card) {
            Ok(jpki) => jpki,
            Err(fault) => return Outcome::Card(fault),
        };
        let unblocking = match jpki.unblock() {
            Ok(unblocking) => unblocking,
            Err(fault) => return Outcome::Card(fault),
        };
        let now = citizen::told(unblocking.standing());
        if now != standing {
            return Outcome::Changed;
        }
        let announce = Announce {
            cms,
            standing: now,
            challenge: URL_SAFE_NO_PAD.encode(unblocking.challenge()),
        };
        let announced = match runtime.block_on(announced(&at, &id, &announce)) {
            Ok(announced) => announced,
            Err(fault) => return Outcome::Refused(fault),
        };
        let (Some(random), Some(cryptogram)) = (sixteen(&announced.host_random), sixteen(&announced.cryptogram)) else {
            return Outcome::Refused(PortalFault::Unintelligible);
        };
        match unblocking.finish(random, cryptogram, &new) {
            Ok(unblocked) => Outcome::Written(unblocked),
            Err(fault) => Outcome::Card(fault),
        }
    })
    .await;
    kiosk.wake();
    // The task ends without an outcome only by a panic, which is ours.
    let Ok(outcome) = outcome else {
        return kiosk.in_turn(turn, |state| state.end(Stage::Ended, Some(Notice::Own(Code::Fault))));
    };
    match outcome {
        Outcome::Written(unblocked) => {
            drop(password);
            tell(&kiosk, turn, &found.id, citizen::report(&unblocked)).await;
        }
        Outcome::Refused(PortalFault::Said(problem)) => kiosk.in_turn(turn, |state| {
            state.end(Stage::Ended, Some(Notice::Server(Arc::from(problem))));
        }),
        Outcome::Refused(_) => kiosk.in_turn(turn, |state| {
            state.stand(Stage::Again(password), Some(Notice::Says("kiosk-announce-lost")));
        }),
        Outcome::Changed => kiosk.in_turn(turn, |state| state.end(Stage::Ended, Some(CardFault::Changed.into()))),
        Outcome::Card(fault) => kiosk.in_turn(turn, |state| match fault {
            CardFault::RightLost | CardFault::Busy => {
                state.stand(Stage::Again(password), Some(Notice::Says("kiosk-once-more")));
            }
            CardFault::PasswordRefused => state.stand(Stage::Password, Some(Notice::Own(Code::PwChar))),
            CardFault::RightRefused { .. } | CardFault::UnblockKeyBlocked | CardFault::NoUnblock => {
                state.end(Stage::Ended, Some(Notice::Says("kiosk-card-refused")));
            }
            // The card itself says the next time which password holds.
            _ => state.end(
                Stage::Ended,
                Some(Notice::Coded(Code::CardRemoved, "kiosk-removed-setting")),
            ),
        }),
    }
}

async fn announced(kiosk: &Kiosk, id: &str, announce: &Announce) -> Result<Announced, PortalFault> {
    let key = kiosk.key.as_ref().ok_or(PortalFault::Unintelligible)?;
    let asked = kiosk.desk.announce(key, id, announce);
    // A card that waits longer forgets what it asked.
    tokio::time::timeout(ANNOUNCE, asked)
        .await
        .unwrap_or(Err(PortalFault::Broken))
}

/// Tells the server that it is done. The card holds the new password whatever becomes of this; its next visit tells it, too.
async fn tell(kiosk: &Arc<Kiosk>, turn: Turn, id: &str, report: Report) {
    let task = {
        let (kiosk, id) = (Arc::clone(kiosk), id.to_owned());
        tokio::spawn(async move { keep_telling(&kiosk, turn, &id, &report).await })
    };
    if tokio::time::timeout(TELL, task).await.is_err() {
        kiosk.in_turn(turn, |state| state.stand(Stage::Done(Done::Later), None));
    }
}

async fn keep_telling(kiosk: &Arc<Kiosk>, turn: Turn, id: &str, report: &Report) {
    let Some(key) = &kiosk.key else { return };
    let mut wait = FIRST_WAIT;
    while wait <= LAST_WAIT {
        match kiosk.desk.report(key, id, report).await {
            Ok(confirmed) => {
                return kiosk.in_turn(turn, |state| state.stand(Stage::Done(Done::Told(confirmed.at)), None));
            }
            Err(PortalFault::Said(problem)) if problem.status < 500 => {
                tracing::warn!(code = %problem.code, "a report was not taken");
                return kiosk.in_turn(turn, |state| {
                    state.end(Stage::Ended, Some(Notice::Server(Arc::from(problem))));
                });
            }
            Err(fault) => tracing::info!(%fault, "a report did not arrive"),
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    kiosk.in_turn(turn, |state| state.stand(Stage::Done(Done::Later), None));
}

impl Kiosk {
    /// Changes the screen, unless the session that this is for has ended.
    fn in_turn(&self, turn: Turn, change: impl FnOnce(&mut super::State)) {
        self.screen.change(|state| {
            if state.turn == turn {
                change(state);
            }
        });
    }
}

fn sixteen(text: &str) -> Option<[u8; 16]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// A kiosk without a key of its own.
pub(super) const NOT_ENROLLED: Notice = Notice::Coded(Code::Kiosk, "kiosk-not-enrolled");

const ASK: Duration = Duration::from_secs(15);
const ASK_AGAIN: Duration = Duration::from_secs(3);
const ANNOUNCE: Duration = Duration::from_secs(9);
/// A person does not wait longer for what the card already holds.
const TELL: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_mins(8);
