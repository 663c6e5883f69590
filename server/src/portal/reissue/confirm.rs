//! N4, 証明書再発行申込 入力確認, and 「申込内容を登録する」.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::Refusal;
use casework::reissue::{Case, Warning, warnings};
use wire::code::Code;

use super::{Current, form, guide, offered, policy, shown, stale, terminals, view};
use crate::catalogue::Message;
use crate::desk::Failure;
use crate::desk::reissue::Command;
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::page::{Page, render};
use crate::portal::visit::Stop;
use crate::portal::{date, refusal};

/// Everything that was entered. What cannot be applied for today any more is told where it was chosen.
pub(super) async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let current = Current::of(&seat, &case).await?;
    let draft = current.draft(&seat)?;
    let Some(contact) = draft.contact else {
        return Ok(current.to(&seat, "/contact"));
    };
    let Some(wish) = draft.wish else {
        return Ok(current.to(&seat, "/terminals"));
    };
    let page = seat.page();
    if !terminals::holds(&seat, &current, &page, &wish).await? {
        return Ok(seat.to(&format!("/reissue/{case}/terminals?check=1#errors")));
    }
    let offered = offered(&seat).await?;
    let valid: Vec<_> = offered
        .iter()
        .filter_map(|one| Some((one.terminal, one.valid_until?)))
        .collect();
    let warnings = warnings(&wish, &valid, &policy(&seat)?, seat.visit.now);
    let rare = contact.rare().into_iter().map(|(field, character)| {
        let (label, character) = (page.t(form::label(field)), character.to_string());
        let values = [("field", label.as_str()), ("character", &character)];
        page.words.say_with("reissue-rare", &values)
    });
    let view = view::Confirm {
        stages: page.stages(view::STAGES, &4),
        contact: shown::contact(&page, &contact),
        wish: shown::wish(&page, &wish),
        lines: shown::lines(&page, &wish.terminals, &offered),
        warnings: warnings.iter().map(|warning| told(&page, warning)).collect(),
        rare: rare.collect(),
        corrects: current.is_sent(),
        version: current.standing.version.to_string(),
        case,
        office: seat.office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「申込内容を登録する」: decided with everything checked again at this moment (G-T2). A second click finds the same receipt
/// (G-S2).
pub(super) async fn send(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let current = Current::of(seat, &case).await?;
    let corrects = post.field("corrects") == "yes";
    let done = if corrects { "/done?notice=corrected" } else { "/done" };
    match current.case() {
        Case::Drafting { .. } if corrects => return Err(stale(seat)),
        Case::Drafting { .. } => {}
        // A second click, or Back and once more: it was sent off.
        _ if !corrects => return Ok(current.to(seat, done)),
        Case::Received { draft: None, .. } => return Ok(current.to(seat, done)),
        Case::Received { .. } | Case::Returned { .. } => {}
        Case::Examining { .. } => return Err(seat.visit.refused(&Refusal::UnderReview)),
        _ => return Err(current.followed(seat)),
    }
    // What was read is what that page showed; another tab may have changed it since.
    if post.field("version") != current.standing.version.to_string() {
        return Err(stale(seat));
    }
    let command = if corrects { Command::Correct } else { Command::Apply };
    match current.perform(seat, &command).await {
        Ok(_) => {}
        // Another application was sent off with the terminal in it meanwhile: from another tab, or by a colleague.
        Err(Failure::Refused(no @ Refusal::TerminalTaken { .. })) => {
            let (status, message) = refusal::refused(seat.visit.words, &no);
            let message = Message {
                code: Code::Dup,
                ..message
            };
            return Err(seat.visit.told_as_it_is(status, message));
        }
        Err(Failure::Refused(no)) if terminals::at_its_field(no) => {
            return Ok(seat.to(&format!("/reissue/{case}/terminals?check=1#errors")));
        }
        Err(failure) => return Err(seat.visit.failed(&failure)),
    }
    let portal = &seat.visit.portal;
    let forgotten = portal.forget(seat.session(), &seat.office.id, guide::BEGUN).await;
    forgotten.map_err(|fault| seat.visit.fault(&fault))?;
    Ok(current.to(seat, done))
}

fn told(page: &Page, warning: &Warning) -> view::Warned {
    let Warning::StillValid {
        terminal,
        until,
        renewable,
    } = warning;
    let (name, date) = (terminal.name.to_string(), date::day(page.words, until.day()));
    view::Warned {
        message: page.message(Code::WarnStillValid, &[("terminal", &name), ("date", &date)]),
        renewable: *renewable,
    }
}
