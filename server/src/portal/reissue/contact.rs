//! N2, 申込担当者入力.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use casework::applicant::Form;

use super::form::{FormView, Typed};
use super::kept::{Of, forget, keep, kept};
use super::{Current, chosen_language, in_language, view};
use crate::desk::reissue::Command;
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::page::render;
use crate::portal::visit::Stop;

/// What was typed and not taken is here again, with what is wrong with it; at first it is what the contract says.
pub(super) async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let current = Current::of(&seat, &case).await?;
    let draft = current.draft(&seat)?;
    let typed: Option<Typed> = kept(&seat, &current, Of::Contact);
    let sent = typed.as_ref().is_some_and(|typed| typed.sent);
    let contract = &seat.present.organisation.contract;
    let form = match (typed, &draft.contact) {
        (Some(typed), _) => typed.form(),
        (None, Some(contact)) => Form::from(&**contact),
        (None, None) => Form::from(&contract.contact),
    };
    let complaints = if sent { form.check().err() } else { None };
    let page = seat.page();
    let view = view::Contact {
        stages: page.stages(view::STAGES, &2),
        form: FormView::new(page.words, &form, &complaints.unwrap_or_default()),
        chosen: draft.wish.is_some(),
        case,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「論理端末の入力へ進む」, 「申込内容確認へ進む」, or the switch of the language, which keeps what was typed.
pub(super) async fn enter(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = Current::of(seat, &case).await?;
    let draft = current.draft(seat)?;
    if post.field("go") == "keep" {
        keep(seat, &current, Of::Contact, &Typed::of(&post, false)).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if let Some(chosen) = chosen_language(&post) {
        keep(seat, &current, Of::Contact, &Typed::of(&post, false)).await?;
        return Ok(in_language(seat, chosen, current.to(seat, "/contact")));
    }
    let typed = Typed::of(&post, true);
    let Ok(contact) = typed.clone().form().check() else {
        keep(seat, &current, Of::Contact, &typed).await?;
        return Ok(seat.to(&format!("/reissue/{case}/contact#errors")));
    };
    // Whoever looks and goes on has changed nothing.
    if draft.contact.as_deref() != Some(&contact) {
        let entered = current.perform(seat, &Command::Enter(Box::new(contact))).await;
        entered.map_err(|failure| seat.visit.failed(&failure))?;
    }
    forget(seat, Of::Contact).await?;
    let confirms = post.field("go") == "confirm" && draft.wish.is_some();
    Ok(current.to(seat, if confirms { "/confirm" } else { "/terminals" }))
}
