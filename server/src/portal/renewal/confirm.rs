//! 電子証明書更新確認 (A4): both cards side by side, every warning, and the text that goes out for the new card's signature.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use casework::renewal::{Case, Warning};
use casework::{Refusal, card};
use wire::code::Code;

use super::{Current, STAGES, bids, rows, to, view};
use crate::catalogue::{Message, Words};
use crate::desk::Failure;
use crate::desk::bidder::renewal_policy;
use crate::desk::renewal::{Command, Confirmation};
use crate::fault::Fault;
use crate::portal::bidding::course::{framed, perform};
use crate::portal::bidding::{Whose, beside, seat};
use crate::portal::date;
use crate::portal::page::render;
use crate::portal::refusal;
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::CardRequestRow;

/// While the text is out for signature it is shown too, and cannot be asked for anew.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let current = Current::of(&visit).await?;
    let text = match &current.standing.case {
        Case::Confirming { .. } => None,
        Case::Awaiting { text, .. } => Some(current.written(&visit, *text).await?),
        _ => return current.elsewhere(&visit),
    };
    let opened = current.opened(&visit)?;
    let confirmation = confirmation(&visit, &current).await?;
    let policy = renewal_policy(&current.office).ok_or_else(|| visit.stale())?;
    let held = policy.review.holds(confirmation.compared.as_ref());
    let older = is_older(&confirmation);
    let reviews = current.bidding.reviews();
    let last = confirmation.old.valid.1.day();
    let consequences = bids::of(&page, &current.office, last, &confirmation.touched);
    let view = view::Confirm {
        stages: page.stages(STAGES, &3),
        hides: !current.bidding.show_holder_address_on_print,
        blocks: rows::blocks(&page, policy.review, &confirmation),
        compared: beside::names(
            &page,
            &current.bidding,
            (confirmation.entry.as_ref(), confirmation.compared.as_ref()),
            &confirmation.new,
        ),
        // What is going to be held is told as that.
        warnings: warnings(page.words, &confirmation, held),
        held,
        person: opened.person.clone(),
        elsewhere: consequences.elsewhere,
        bids: consequences.bids,
        older,
        unticked: visit.asked("notice") == Some("W-OLDER") && older && text.is_none(),
        reviews,
        lapsed: current.lapsed(visit.now),
        text_lang: text.as_deref().and_then(|text| page.tongue(text)),
        text,
        version: current.standing.version.to_string(),
        office: current.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「更新」: the page goes out for the new card's signature.
pub(super) async fn ask(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = Current::of(visit).await?;
    match &current.standing.case {
        Case::Confirming { .. } => {}
        // A second click, or Back and once more: the text is out already, and stays the one that is signed.
        Case::Awaiting { .. } => return to(visit, "/card"),
        _ => return current.elsewhere(visit),
    }
    // What was read is what this page showed; another tab may have changed it since.
    if post.field("version") != current.standing.version.to_string() {
        return Err(visit.stale());
    }
    if is_older(&confirmation(visit, &current).await?) && post.field("older") != "yes" {
        return to(visit, "/confirm?notice=W-OLDER");
    }
    let language = visit.words.language();
    match perform(visit, current.id(), &Command::Ask { language }).await? {
        Ok(_) => {}
        // A double click: the other one was first, and asked for the same.
        Err(Failure::Refused(Refusal::Stale)) if Current::of(visit).await?.is_out() => return to(visit, "/card"),
        Err(failure) => return Err(failed(visit, &current, failure).await),
    }
    Current::of(visit).await?.signature_request(visit).await?;
    to(visit, "/card")
}

/// Back from the signature to the page: nothing can be signed any more, and 更新 writes the page anew.
pub(super) async fn edit(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = Current::of(visit).await?;
    match &current.standing.case {
        Case::Awaiting { .. } => {}
        Case::Confirming { .. } => return to(visit, "/confirm"),
        _ => return current.elsewhere(visit),
    }
    let back = perform(visit, current.id(), &Command::Back).await?;
    back.map_err(|failure| visit.failed(&failure))?;
    current.withdraw_request(visit).await?;
    to(visit, "/confirm")
}

/// 「戻る」: to the screen before (001), or to 利用者登録メニュー (002). What was begun is left; the renewal is begun anew.
pub(super) async fn back(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = Current::of(visit).await?;
    match &current.standing.case {
        Case::Confirming { .. } | Case::Awaiting { .. } => {}
        _ => return current.elsewhere(visit),
    }
    current.withdraw_request(visit).await?;
    current.give_up(visit).await?;
    if current.bidding.reviews() {
        return Ok(Redirect::to(&format!("/{}", current.office.id)).into_response());
    }
    to(visit, "")
}

/// The new card has signed: now it is decided, with everything checked again at this moment (G-T2, R117).
pub(super) async fn confirmed(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let current = Current::of(visit).await?;
    let signature = current.signature(visit, row).await?;
    let confirmed = perform(visit, current.id(), &Command::Confirm(signature)).await?;
    let confirmed = match confirmed {
        Ok(confirmed) => confirmed,
        Err(failure) => return Err(failed(visit, &current, failure).await),
    };
    if let Case::Renewed { .. } = confirmed.case {
        // From this commit on nobody is logged in with the old card (R104, G-S6); the result is all that is left to see.
        let over = seat::unseat(&visit.portal, visit.session()?, &current.office).await;
        over.map_err(|fault| visit.fault(&fault))?;
    }
    to(visit, "/done")
}

pub(super) async fn confirmation(visit: &Visit, current: &Current) -> Result<Confirmation, Stop> {
    let opened = current.opened(visit)?;
    let confirmation = visit.portal.desk().confirmation(&current.office, opened).await;
    confirmation.map_err(|fault| visit.fault(&fault))
}

/// Why it was not done; what became of the new card meanwhile is no matter of 「登録」.
async fn failed(visit: &Visit, current: &Current, failure: Failure) -> Stop {
    let Failure::Refused(no) = &failure else {
        return visit.failed(&failure);
    };
    let told = async {
        let desk = visit.portal.desk();
        let Some(opened) = current.standing.case.opened() else {
            return Ok(Whose::Registered);
        };
        let Some(card) = desk.store().card(opened.to).await? else {
            return Ok(Whose::Registered);
        };
        let known = desk.card_known(&current.office, &card).await?;
        let judged = card::fresh(known.binding, known.standing, visit.now);
        Ok::<_, Fault>(if judged == Err(*no) {
            Whose::New
        } else {
            Whose::Registered
        })
    };
    match told.await {
        Ok(whose) => {
            let (status, message) = refusal::refused(visit.words, no);
            visit.told_of(whose, status, message)
        }
        Err(fault) => visit.fault(&fault),
    }
}

pub(crate) fn is_older(confirmation: &Confirmation) -> bool {
    let older = |warning: &Warning| matches!(warning, Warning::Older { .. });
    confirmation.warnings.iter().any(older)
}

/// What is said before 更新, in the words of the catalogue.
pub(crate) fn warnings(words: Words, confirmation: &Confirmation, held: bool) -> Vec<Message> {
    let said = confirmation.warnings.iter().filter_map(|warning| {
        Some(match warning {
            Warning::Older { new, old } => {
                let (new, old) = (date::slashed(new.day()), date::slashed(old.day()));
                words.message(Code::WarnOlder, &[("new", &new), ("old", &old)])
            }
            Warning::Early { days } => words.message(Code::WarnEarly, &[("days", &days.to_string())]),
            Warning::Bid { opening } => words.message(Code::WarnBid, &[("date", &date::slashed(*opening))]),
            Warning::Name if held => return None,
            Warning::Name => words.message(Code::WarnName, &[]),
        })
    });
    said.collect()
}
