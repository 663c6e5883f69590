//! 申込状況の確認: what was begun in this session, to be continued or given up.

use axum::response::Response;
use casework::registration::Case;

use super::{case, confirm, due, framed, leave, request_of, to};
use crate::desk::Procedure as _;
use crate::desk::registration::Registration;
use crate::portal::bidding::status::{self, Unfinished};
use crate::portal::date;
use crate::portal::purpose::Purpose;
use crate::portal::visit::{Post, Stop, Visit};
use crate::store::CardRequestRow;

/// `GET /{office}/registration/status`
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let (office, _) = visit.ordering_body()?;
    let state = match visit.session() {
        Err(_) => Unfinished::None,
        Ok(_) => state(&visit).await?,
    };
    Ok(status::show(page, office, Registration::NOUN, state))
}

async fn state(visit: &Visit) -> Result<Unfinished, Stop> {
    let Some(current) = case(visit).await? else {
        return Ok(Unfinished::None);
    };
    let Some(page) = due(&current) else {
        return Ok(Unfinished::None);
    };
    let open = |word: &str, page: &str| Unfinished::Open {
        says: visit.words.say(&format!("registration-status-{word}")),
        path: format!("/{}/registration{page}", current.office.id),
    };
    let case = &current.standing.case;
    if let Some(out) = case.out() {
        if current.lapsed(visit.now) {
            return Ok(open("lapsed", page));
        }
        return Ok(match signed(visit).await? {
            Some(_) => Unfinished::Signed {
                until: date::minute(visit.words, out.until),
            },
            None => open("asked", "/card"),
        });
    }
    Ok(match case {
        Case::Entering { business: None, .. } => open("proving", page),
        Case::Entering { .. } => open("entering", page),
        case if case.entered().is_some() => open("reviewing", page),
        case => match case.submitted() {
            Some(submitted) => Unfinished::Done {
                number: submitted.number.to_string(),
            },
            None => Unfinished::None,
        },
    })
}

/// 「続ける」 for what was signed and never came back, or 「やめる」.
pub(super) async fn choose(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    if post.field("choice") != "go" {
        return leave(visit).await;
    }
    match signed(visit).await? {
        Some(row) => confirm::confirmed(visit, &row).await,
        None => to(visit, "/status"),
    }
}

/// The session's request, if the card has signed it.
async fn signed(visit: &Visit) -> Result<Option<CardRequestRow>, Stop> {
    let office = visit.office()?;
    let row = request_of(visit, visit.session()?, &office).await?;
    Ok(row.filter(|row| row.is_answered() && Purpose::of(row) == Some(Purpose::Confirm)))
}
