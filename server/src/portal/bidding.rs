//! 利用者登録 of an ordering body (発注機関): its menu, the login by card, who is logged in, and what is registered
//! (DOMAIN §4.2, §5.2).

mod account;
pub(crate) mod beside;
pub(crate) mod course;
pub(crate) mod fact;
pub(crate) mod held;
pub(crate) mod login;
mod menu;
pub(crate) mod seat;
pub(crate) mod status;
mod view;

use axum::Router;
use axum::routing::{get, post};
use casework::card::{Binding, Standing};
use casework::identity::Fingerprint;
use std::sync::Arc;
use wire::card_request::Verdict;
use wire::code::Code;

pub(crate) use menu::page as menu;
pub(crate) use seat::{Seat, SeatPost};

use crate::catalogue::{Message, Words, both};
use crate::desk::bidder::CardFace;
use crate::fault::Fault;
use crate::office::{Bidding, Office};
use crate::portal::Portal;
use crate::portal::visit::{Stop, Visit};
use crate::store::RegistrationRow;

/// Below `/{office}`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/login", get(login::page).post(login::ask))
        .route("/login/return", get(login::returned))
        .route("/logout", post(login::log_out))
        .route("/ended", get(login::ended))
        .route("/there", get(seat::there))
        .route("/account", get(account::page))
        .route("/guide", get(menu::guide))
}

impl Visit {
    /// The ordering body of the address. Another kind of office has none of these pages.
    pub(crate) fn ordering_body(&self) -> Result<(Arc<Office>, Arc<Bidding>), Stop> {
        let office = self.office()?;
        let bidding = office.bidding().map_err(|_| self.not_found())?.clone();
        Ok((office, bidding))
    }
}

/// What an office knows of a card, and what the card is worth at this moment.
pub(crate) struct Known {
    pub(crate) registration: Option<RegistrationRow>,
    pub(crate) card: Option<CardFace>,
    pub(crate) standing: Standing,
}

impl Known {
    pub(crate) fn binding(&self) -> Option<Binding> {
        self.registration.as_ref().map(|row| row.binding)
    }
}

/// Looks a card up that was shown before. One that was never kept is none that anybody could be registered with.
pub(crate) async fn known(portal: &Portal, office: &Office, card: Fingerprint) -> Result<Known, Fault> {
    let (store, desk) = (portal.store(), portal.desk());
    let Some(row) = store.card(card).await? else {
        return Ok(Known {
            registration: None,
            card: None,
            standing: Standing::Undetermined,
        });
    };
    Ok(Known {
        registration: store.registration_of_card(&office.id, card).await?,
        card: desk.card_face(card).await?,
        standing: desk
            .standing_of(office, &row.authentication_der, &row.signature_der)
            .await?,
    })
}

/// Which of a company's cards a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The one that it is registered with.
    Registered,
    /// The one that is to take its place: another one may do.
    New,
}

/// What a bidder does about a message, where its words speak of an authority's cards.
pub(crate) fn advised(words: Words, whose: Whose, message: Message) -> Message {
    match advice(whose, message.code) {
        Some(key) => Message {
            next: words.say(key),
            ..message
        },
        None => message,
    }
}

/// The same of what the agent shows.
pub(crate) fn advised_at_agent(whose: Whose, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Refused {
            code, message, again, ..
        } if let Some(key) = advice(whose, code) => Verdict::Refused {
            code,
            message,
            next: both(key),
            again,
        },
        verdict => verdict,
    }
}

/// Which words those are: an expired card is no matter of revocation here. A company whose registered card ended registers
/// anew; whoever holds a new card that will not do needs another one (DOMAIN §5.2, §8.3).
const fn advice(whose: Whose, code: Code) -> Option<&'static str> {
    Some(match (code, whose) {
        (Code::CertExpired, Whose::Registered) => "bidder-next-expired",
        (Code::CertRevoked, Whose::Registered) => "bidder-next-revoked",
        (Code::CertExpired | Code::CertRevoked, Whose::New) => "bidder-next-new-card",
        (code, _) => return advice_of_either(code),
    })
}

const fn advice_of_either(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::CertNotyet => "bidder-next-not-yet",
        Code::CertUnknown => "bidder-next-unknown",
        Code::CertIssuer => "bidder-next-issuer",
        Code::CertChain => "bidder-next-chain",
        Code::Stale => "bidder-next-stale",
        Code::Timeout => "bidder-next-timeout",
        Code::Signature => "bidder-next-signature",
        Code::CardType => "bidder-next-type",
        _ => return None,
    })
}
