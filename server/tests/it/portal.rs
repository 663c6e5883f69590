//! The portal, page by page: the whole walk of procedure 000, its gates, and what becomes of everything else that is
//! sent to it.

#![allow(clippy::unwrap_used, reason = "what cannot go on has failed")]

mod acquisition;
mod again;
pub(crate) mod authenticator;
pub(crate) mod bidder;
pub(crate) mod browser;
mod card_request;
mod guard;
mod made;
mod organisation;
mod paper;
mod pin_reset;
mod registration;
mod reissue;
mod renewal;
mod session;
mod shown;
mod walk;
mod watch;
