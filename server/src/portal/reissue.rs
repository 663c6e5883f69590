//! デジタル証明書の再発行 for a customer's person (DOMAIN §6.3, N1 to N6): guidance, 申込担当者, 論理端末, confirmation, 登録完了,
//! and 申込内容の確認 with 修正 and 取り下げ.
//!
//! Which application a page is of stands in its address: two tabs are two applications, and Back leads to a page that still
//! says what it is of. Each page is a GET without effect; each step is a POST that ends in a redirect (G-S4).

mod applications;
mod confirm;
mod contact;
mod done;
mod form;
mod guide;
mod kept;
mod shown;
mod terminals;
mod view;
mod withdraw;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use casework::reissue::{Case, Draft, Policy};
use wire::code::Code;
use wire::office::Language;

use crate::desk::reissue::{Command, OfferedTerminal, Reissue, reissue_policy};
use crate::desk::{CaseId, Done, Failure, Standing};
use crate::fault::Bug;
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::visit::Stop;
use crate::portal::{Portal, language};

/// Below `/{office}/reissue`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(guide::page).post(guide::open))
        .route("/{case}", get(guide::again))
        .route("/{case}/contact", get(contact::page).post(contact::enter))
        .route("/{case}/terminals", get(terminals::page).post(terminals::choose))
        .route("/{case}/confirm", get(confirm::page).post(confirm::send))
        .route("/{case}/done", get(done::page))
}

/// Below `/{office}/applications`.
pub(crate) fn applications() -> Router<Portal> {
    Router::new()
        .route("/", get(applications::list))
        .route("/{case}", get(applications::page))
        .route("/{case}/withdraw", get(withdraw::page).post(withdraw::withdraw))
}

/// An application of the customer who is logged in.
struct Current {
    standing: Standing<Reissue>,
}

impl Current {
    /// That of an address. Another customer's is not there (A17).
    async fn of(seat: &Seat, id: &str) -> Result<Self, Stop> {
        let id: CaseId<Reissue> = id.parse().map_err(|_| seat.visit.not_found())?;
        let standing = seat.visit.portal.desk().standing(id).await;
        let standing = standing.map_err(|fault| seat.visit.fault(&fault))?;
        let here = standing
            .place
            .as_ref()
            .is_some_and(|place| place.office == seat.office.id);
        match standing.case.opened() {
            Some(opened) if here && opened.organisation == seat.present.organisation.id => Ok(Self { standing }),
            // It was given up; what it was of is not kept.
            None if matches!(standing.case, Case::Abandoned { .. }) => Err(stale(seat)),
            Some(_) | None => Err(seat.visit.not_found()),
        }
    }

    fn id(&self) -> CaseId<Reissue> {
        self.standing.id
    }

    fn case(&self) -> &Case {
        &self.standing.case
    }

    /// What is entered or corrected. Where nothing can be any more, its page says what became of it.
    fn draft(&self, seat: &Seat) -> Result<Draft, Stop> {
        self.case().draft().ok_or_else(|| self.followed(seat))
    }

    /// To the page on which it is followed.
    fn followed(&self, seat: &Seat) -> Stop {
        seat.to(&format!("/applications/{}", self.id())).into()
    }

    /// To another of its pages.
    fn to(&self, seat: &Seat, page: &str) -> Response {
        seat.to(&format!("/reissue/{}{page}", self.id()))
    }

    /// Whether it was sent off before, and is corrected.
    fn is_sent(&self) -> bool {
        self.case().submitted().is_some()
    }

    async fn perform(&self, seat: &Seat, command: &Command) -> Result<Done<Reissue>, Failure> {
        perform(seat, self.id(), command).await
    }
}

async fn perform(seat: &Seat, case: CaseId<Reissue>, command: &Command) -> Result<Done<Reissue>, Failure> {
    seat.visit.portal.desk().perform(&seat.actor(), case, command).await
}

/// The rules of this centre.
fn policy(seat: &Seat) -> Result<Policy, Stop> {
    reissue_policy(&seat.office).ok_or_else(|| seat.visit.not_found())
}

/// The terminals that this customer has.
async fn offered(seat: &Seat) -> Result<Vec<OfferedTerminal>, Stop> {
    let desk = seat.visit.portal.desk();
    let offered = desk
        .terminals_offered(&seat.office.id, seat.present.organisation.id, seat.visit.now)
        .await;
    offered.map_err(|fault| seat.visit.fault(&fault))
}

/// The page was made of something that has gone on.
fn stale(seat: &Seat) -> Stop {
    seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[])
}

fn bug(seat: &Seat, why: &str) -> Stop {
    seat.visit.fault(&Bug(why.to_owned()).into())
}

/// Where a switch of the language leads to, once what was typed is kept.
fn chosen_language(post: &SeatPost) -> Option<Language> {
    Some(post.field("language"))
        .filter(|tag| !tag.is_empty())
        .and_then(Language::from_tag)
}

fn in_language(seat: &Seat, chosen: Language, page: Response) -> Response {
    let cookie = language::remember(chosen, seat.visit.portal.site().secure());
    ([(header::SET_COOKIE, cookie)], page).into_response()
}
