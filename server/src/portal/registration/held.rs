//! A registration, or a change of one, that was held: how it stands, 取下げ, the answer to a 差戻し, its correction, and why
//! it was denied (DOMAIN §5.3, §5.4).
//!
//! A change is followed after the login. With the card of a new registration nobody can log in yet: whoever shows it at 登録
//! once more finds the application of it, and this session stands for it from then on.

use axum::response::{IntoResponse as _, Redirect, Response};
use casework::identity::Fingerprint;
use casework::review::Stage;

use super::{Current, to};
use crate::desk::Standing;
use crate::desk::registration::{Command, Registration};
use crate::office::Office;
use crate::portal::bidding::beside;
use crate::portal::bidding::course::{note_case, perform};
use crate::portal::bidding::held::{self, Application, Because, Followed as _, Own, Typed};
use crate::portal::bidding::seat::{Glance, Seat, glance};
use crate::portal::page::Page;
use crate::portal::visit::{Post, Stop, Visit};

/// `GET /{office}/registration/case`
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let glance = glance(visit).await?;
    let current = current(&glance).await?;
    shown(&glance, &current, Typed::default()).await
}

/// 「申請を取り下げる」
pub(super) async fn sure(visit: Visit) -> Result<Response, Stop> {
    let glance = glance(visit).await?;
    let current = current(&glance).await?;
    held::sure(glance.visit(), framed(&glance), &current.office, &current.standing)
}

/// 「取り下げる」
pub(super) async fn withdraw(post: Post) -> Result<Response, Stop> {
    let glance = glance(post.visit).await?;
    let current = current(&glance).await?;
    let by = current.opened(glance.visit())?.card;
    act(glance.visit(), &current, &Command::Withdraw { by }).await?;
    to(glance.visit(), "/done")
}

/// The answer to a 差戻し, in words.
pub(super) async fn answer(post: Post) -> Result<Response, Stop> {
    let (version, remark) = (post.field("version").to_owned(), post.field("remark").to_owned());
    let glance = glance(post.visit).await?;
    let visit = glance.visit();
    let current = current(&glance).await?;
    // What was read is what this page showed.
    if version != current.standing.version.to_string() {
        return Err(visit.stale());
    }
    let typed = held::typed(visit.words, &remark);
    if typed.error.is_some() {
        return shown(&glance, &current, typed).await;
    }
    let by = current.opened(visit)?.card;
    let remark = typed.remark;
    act(visit, &current, &Command::Answer { by, remark }).await?;
    to(visit, "/case")
}

/// 「修正する」: the form again, with what was sent off; it is signed anew.
pub(super) async fn correct(post: Post) -> Result<Response, Stop> {
    let glance = glance(post.visit).await?;
    let visit = glance.visit();
    let current = current(&glance).await?;
    if !matches!(current.standing.case.stage(), Some(Stage::Returned { .. })) {
        return to(visit, "/case");
    }
    note_case(visit, visit.session()?, &current.office, current.id()).await?;
    to(visit, "/form")
}

/// The application that is open about a card that was shown just now.
pub(super) async fn open_about(
    visit: &Visit,
    office: &Office,
    card: Fingerprint,
) -> Result<Option<Standing<Registration>>, Stop> {
    let found = held::about::<Registration>(&visit.portal, office, card).await;
    let found = found.map_err(|fault| visit.fault(&fault))?;
    Ok(found
        .filter(|standing| Registration::application(&standing.case).is_some_and(|application| application.is_open())))
}

/// Why the last application with this card was denied.
pub(super) async fn denied_before(
    visit: &Visit,
    page: &Page,
    current: &Current,
) -> Result<Option<(String, Because)>, Stop> {
    let card = current.opened(visit)?.card;
    let found = held::about::<Registration>(&visit.portal, &current.office, card).await;
    let found = found.map_err(|fault| visit.fault(&fault))?;
    let denied = found
        .as_ref()
        .and_then(|standing| Registration::application(&standing.case));
    Ok(denied
        .filter(|application| matches!(application.stage, Stage::Denied(_)))
        .and_then(|application| {
            let because = held::because(page, &current.office, application.stage)?;
            Some((application.number.to_string(), because))
        }))
}

/// The session's own application while it is open, else the last one about the card that somebody is logged in with.
async fn current(glance: &Glance) -> Result<Current, Stop> {
    let visit = glance.visit();
    let own = match visit.session() {
        Ok(_) => Current::noted(visit).await?,
        Err(_) => None,
    };
    let sent = own.filter(|current| current.standing.case.submitted().is_some());
    let is_open = |current: &Current| {
        let application = Registration::application(&current.standing.case);
        application.is_some_and(|application| application.is_open())
    };
    let Some(seat) = glance.seat() else {
        let office = visit.office()?;
        let to_login = format!("/{0}/login?to=/{0}/registration/case", office.id);
        return sent.ok_or_else(|| Redirect::to(&to_login).into_response().into());
    };
    let sent = match sent {
        Some(current) if is_open(&current) => return Ok(current),
        sent => sent,
    };
    let found = held::about(&visit.portal, &seat.office, seat.card.card).await;
    match found.map_err(|fault| visit.fault(&fault))? {
        Some(standing) => Ok(Current {
            office: seat.office.clone(),
            bidding: seat.bidding.clone(),
            standing,
        }),
        None => sent.ok_or_else(|| visit.not_found()),
    }
}

/// The session shows from then on what became of the case.
async fn act(visit: &Visit, current: &Current, command: &Command) -> Result<(), Stop> {
    note_case(visit, visit.session()?, &current.office, current.id()).await?;
    let done = perform(visit, current.id(), command).await?;
    done.map(drop).map_err(|failure| visit.failed(&failure))
}

fn framed(glance: &Glance) -> Page {
    glance.seat().map_or_else(|| glance.visit().page(), Seat::page)
}

async fn shown(glance: &Glance, current: &Current, typed: Typed) -> Result<Response, Stop> {
    let (visit, page) = (glance.visit(), framed(glance));
    let card = super::shown(visit, current).await?;
    let entry = match current.standing.case.business() {
        Some(business) => visit.portal.desk().entry(&current.office.id, business).await,
        None => Ok(None),
    };
    let entry = entry.map_err(|fault| visit.fault(&fault))?;
    let compared = entry.as_ref().map(|entry| card.compared(entry));
    let application = Registration::application(&current.standing.case);
    let returned = application
        .as_ref()
        .is_some_and(|application| matches!(application.stage, Stage::Returned { .. }));
    let own = Own {
        notes: application
            .as_ref()
            .map(|application| lead(&page, current, application))
            .into_iter()
            .collect(),
        compared: beside::names(&page, &current.bidding, (entry.as_ref(), compared.as_ref()), &card),
        correct: returned,
    };
    held::show(visit, page, &current.office, &current.standing, (own, typed)).await
}

/// What holds meanwhile, or from now on.
pub(super) fn lead(page: &Page, current: &Current, application: &Application<'_>) -> String {
    page.t(&lead_key(application, current.is_change()))
}

/// Its key: what a change leaves as it is, a new registration does not have.
pub(crate) fn lead_key(application: &Application<'_>, change: bool) -> String {
    let change = if change { "-change" } else { "" };
    match application.stage {
        Stage::Held(_) => format!("registration-done-lead-held{change}"),
        Stage::Done => format!("registration-done-lead{change}"),
        Stage::Returned { .. } | Stage::Denied(_) | Stage::Withdrawn | Stage::Lapsed => {
            format!("registration-done-lead-{}{change}", application.word())
        }
    }
}
