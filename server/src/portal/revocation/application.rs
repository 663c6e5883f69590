//! S4, 失効申込情報入力, and its example.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::application::{Complaint, Field, Form, Ground};
use casework::revocation::Case;
use casework::time::Instant;
use wire::code::Code;
use wire::office::Language;

use super::{Current, Shown, shown};
use crate::desk::revocation::Command;
use crate::fault::Bug;
use crate::portal::form::{Draft, FormView};
use crate::portal::page::{Page, render};
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{date, fact, language, view};
use crate::print::printable;

/// S4. What was typed and not taken is here again, with what is wrong with it.
pub(crate) async fn page(visit: Visit) -> Result<Response, Stop> {
    let current = visit.current().await?;
    let entered = match &current.standing.case {
        Case::Entering { draft, .. } => draft.as_deref().map(Form::from),
        Case::Reviewing { application, .. } => Some(Form::from(&**application)),
        Case::Awaiting { .. } => return visit.to("/confirm"),
        Case::Revoked { .. } => return visit.to("/done"),
        Case::New | Case::Abandoned { .. } => None,
    };
    let shown = shown(&visit, &current).await?;
    let draft = draft(&visit, &current)?;
    let sent = draft.as_ref().is_some_and(|draft| draft.sent);
    let form = draft.map(|draft| draft.form()).or(entered).unwrap_or_default();
    let complaints = if sent {
        check(&visit.page(), &form, &shown).err().unwrap_or_default()
    } else {
        // Nobody shall fill in a form that cannot be taken.
        unprintable_card(&visit.page(), &shown).into_iter().collect()
    };
    let page = visit.page();
    let earliest = date::day(page.words, Instant(shown.certificate.not_before()).day());
    let applicant = fact::applicant(&shown.certificate);
    let view = view::Application {
        deadline: fact::deadline(&page, shown.last),
        case: current.id().to_string(),
        form: FormView::new(page.words, &form, &applicant, &complaints, &earliest),
        office: current.office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「失効申込内容確認へ」, or the switch of the language, which keeps what was typed.
pub(crate) async fn enter(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = visit.current().await?;
    match &current.standing.case {
        Case::Entering { .. } | Case::Reviewing { .. } => {}
        Case::Awaiting { .. } => return visit.to("/confirm"),
        Case::Revoked { .. } => return visit.to("/done"),
        Case::New | Case::Abandoned { .. } => return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[])),
    }
    // A page that was made for another card must not fill in this one's application.
    if post.field("case") != current.id().to_string() {
        return Err(visit.problem(StatusCode::CONFLICT, Code::Stale, &[]));
    }
    // 「戻る」 keeps what was typed, and so does each change of a field where a script runs.
    match post.field("go") {
        "certificate" => {
            keep(visit, &current, &Draft::of(&post, false)).await?;
            return visit.to("/certificate");
        }
        "keep" => {
            keep(visit, &current, &Draft::of(&post, false)).await?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        _ => {}
    }
    let chosen = Some(post.field("language"))
        .filter(|tag| !tag.is_empty())
        .and_then(Language::from_tag);
    if let Some(chosen) = chosen {
        keep(visit, &current, &Draft::of(&post, false)).await?;
        let cookie = language::remember(chosen, visit.portal.site().secure());
        return Ok(([(header::SET_COOKIE, cookie)], visit.to("/application")?).into_response());
    }
    let draft = Draft::of(&post, true);
    let shown = shown(visit, &current).await?;
    match check(&visit.page(), &draft.form(), &shown) {
        Err(_) => {
            keep(visit, &current, &draft).await?;
            visit.to("/application#errors")
        }
        Ok(application) => {
            let done = visit
                .perform(current.id(), &Command::Enter(Box::new(application)))
                .await?;
            done.map_err(|failure| visit.failed(&failure))?;
            let forgotten = visit.portal.forget(visit.session()?, &current.office.id, DRAFT).await;
            forgotten.map_err(|fault| visit.fault(&fault))?;
            visit.to("/confirm")
        }
    }
}

/// 記入例
pub(crate) async fn example(visit: Visit) -> Result<Response, Stop> {
    let page = visit.page();
    let reason = page.t(&format!("reason-{}", Ground::UseStopped.key()));
    let facts = vec![
        page.fact("field-reason", reason),
        page.fact("field-reason-detail", page.t("example-value-detail")),
        page.fact("field-event-date", "2026-11-24"),
        page.fact("field-applicant-name", page.t("example-value-name")),
        page.fact("field-applicant-kana", page.t("example-value-kana")),
        page.fact("field-phone", "0312345678"),
        page.fact("field-mail", "taro.nippon@example.jp"),
        page.fact("field-mail-again", "taro.nippon@example.jp"),
        page.fact("field-bank", page.t("example-value-bank")),
        page.fact("field-branch", page.t("example-value-branch")),
        page.fact("field-account-type", page.t("account-ordinary")),
        page.fact("field-account-number", "1234567"),
        page.fact("field-account-holder", page.t("example-value-holder")),
        page.fact("field-new-issue", page.t("issue-no")),
    ];
    Ok(render(StatusCode::OK, &view::Example { page, facts }))
}

/// The rules of the form, and that every character can be printed on the receipt (A39): what the card says stands there
/// too, and after the irrevocable step it is too late to find out.
pub(crate) fn check(
    page: &Page,
    form: &Form,
    shown: &Shown,
) -> Result<casework::application::Application, Vec<(Field, Complaint)>> {
    let applicant = fact::applicant(&shown.certificate);
    let checked = form.check(&applicant, Instant(shown.certificate.not_before()), page.now);
    let mut complaints = checked.as_ref().err().cloned().unwrap_or_default();
    let typed = [
        (Field::ReasonDetail, form.reason_detail.as_str()),
        (Field::Bank, form.bank.as_str()),
        (Field::Branch, form.branch.as_str()),
    ];
    let typed = typed.into_iter().filter_map(|(field, text)| unprintable(field, text));
    for (field, complaint) in typed.chain(unprintable_card(page, shown)) {
        if complaints.iter().all(|(about, _)| *about != field) {
            complaints.push((field, complaint));
        }
    }
    match checked {
        Ok(application) if complaints.is_empty() => Ok(application),
        _ => {
            complaints.sort_by_key(|(field, _)| *field);
            Err(complaints)
        }
    }
}

/// What the card says stands under the name of its holder.
fn unprintable_card(page: &Page, shown: &Shown) -> Option<(Field, Complaint)> {
    let facts = fact::certificate(page, &shown.certificate, &shown.authentication);
    let applicant = fact::applicant(&shown.certificate);
    let mut texts = facts.iter().map(|fact| fact.value.as_str()).chain([applicant.as_str()]);
    texts.find_map(|text| unprintable(Field::ApplicantName, text))
}

fn unprintable(field: Field, text: &str) -> Option<(Field, Complaint)> {
    let character = printable(text).err()?;
    Some((field, Complaint::Character { character }))
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

/// The note that holds what was typed.
pub(crate) const DRAFT: &str = "draft";
