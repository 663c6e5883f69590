//! ICカード利用部署情報 and 連絡先: the page of the form.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use casework::registration::{Case, Contact, Form};
use wire::office::Language;

use super::form::{Draft, FormView, check};
use super::view;
use super::{Current, DRAFT, STAGES, to};
use crate::desk::registration::Command;
use crate::fault::Bug;
use crate::portal::bidding::course::{framed, perform};
use crate::portal::bidding::fact;
use crate::portal::language;
use crate::portal::page::render;
use crate::portal::visit::{Post, Stop, Visit};

/// What was typed and not taken is here again, with what is wrong with it.
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let current = Current::of(&visit).await?;
    let (business, entered) = match &current.standing.case {
        Case::Entering {
            business: Some(business),
            draft,
            ..
        } => (business, draft.as_deref().map(Form::from)),
        Case::Reviewing { business, contact, .. } => (business, Some(Form::from(&**contact))),
        Case::Returned {
            submitted, correction, ..
        } => {
            let contact = correction.as_ref().map_or(&submitted.contact, |one| &one.contact);
            (&submitted.business, Some(Form::from(&**contact)))
        }
        _ => return current.elsewhere(&visit),
    };
    let draft = draft(&visit, &current)?;
    let sent = draft.as_ref().is_some_and(|draft| draft.sent);
    let form = match draft.map(|draft| draft.form()).or(entered) {
        Some(form) => form,
        None => registered(&visit, &current).await?.unwrap_or_default(),
    };
    let complaints = if sent { check(&form).err() } else { None };
    let entry = visit.portal.desk().entry(&current.office.id, business).await;
    let entry = entry.map_err(|fault| visit.fault(&fault))?;
    let view = view::Entry {
        stages: page.stages(STAGES, &3),
        company: fact::company(&page, &current.bidding, business, entry.as_ref()),
        case: current.id().to_string(),
        form: FormView::new(page.words, &form, &complaints.unwrap_or_default()),
        office: current.office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「入力内容を確認する」, or the switch of the language, which keeps what was typed.
pub(super) async fn enter(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = Current::of(visit).await?;
    match &current.standing.case {
        Case::Entering { business: Some(_), .. } | Case::Reviewing { .. } | Case::Returned { .. } => {}
        _ => return current.elsewhere(visit),
    }
    // A page that was made for another card must not fill in this one's registration.
    if post.field("case") != current.id().to_string() {
        return Err(visit.stale());
    }
    if post.field("go") == "keep" {
        keep(visit, &current, &Draft::of(&post, false)).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let chosen = Some(post.field("language"))
        .filter(|tag| !tag.is_empty())
        .and_then(Language::from_tag);
    if let Some(chosen) = chosen {
        keep(visit, &current, &Draft::of(&post, false)).await?;
        let cookie = language::remember(chosen, visit.portal.site().secure());
        return Ok(([(header::SET_COOKIE, cookie)], to(visit, "/form")?).into_response());
    }
    let draft = Draft::of(&post, true);
    match check(&draft.form()) {
        Err(_) => {
            keep(visit, &current, &draft).await?;
            to(visit, "/form#errors")
        }
        Ok(contact) => {
            let done = perform(visit, current.id(), &Command::Enter(Box::new(contact))).await?;
            done.map_err(|failure| visit.failed(&failure))?;
            let forgotten = visit.portal.forget(visit.session()?, &current.office.id, DRAFT).await;
            forgotten.map_err(|fault| visit.fault(&fault))?;
            to(visit, "/confirm")
        }
    }
}

/// What is registered already, of which a change begins.
async fn registered(visit: &Visit, current: &Current) -> Result<Option<Form>, Stop> {
    Ok(before(visit, current).await?.as_ref().map(Form::from))
}

/// The contact before a change.
pub(super) async fn before(visit: &Visit, current: &Current) -> Result<Option<Contact>, Stop> {
    let casework::registration::Kind::Change { registration } = current.opened(visit)?.kind else {
        return Ok(None);
    };
    let row = visit.portal.store().registration(registration).await;
    Ok(row.map_err(|fault| visit.fault(&fault))?.map(|row| row.contact))
}

fn draft(visit: &Visit, current: &Current) -> Result<Option<Draft>, Stop> {
    let noted = visit.session()?.noted(&current.office.id, DRAFT);
    // A draft of an earlier version of this program is not worth an error.
    Ok(noted.and_then(|fact| serde_json::from_str(&fact.value).ok()))
}

async fn keep(visit: &Visit, current: &Current, draft: &Draft) -> Result<(), Stop> {
    let text = serde_json::to_string(draft).map_err(|why| visit.fault(&Bug(why.to_string()).into()))?;
    let noted = visit
        .portal
        .note(visit.session()?, &current.office.id, DRAFT, text, visit.now)
        .await;
    noted.map_err(|fault| visit.fault(&fault))
}
