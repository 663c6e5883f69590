//! The list of offices, an office's own page (S0), and the switch of the language.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use wire::office::{Language, OfficeTiles, Offices, Tile};

use crate::catalogue;
use crate::portal::page::render;
use crate::portal::visit::{Stop, Visit, read_form};
use crate::portal::{Portal, bidding, language, organisation, pin_reset, view};

/// `GET /`
pub(crate) async fn offices(visit: Visit) -> Result<Response, Stop> {
    let offices = visit.portal.offices();
    let page = visit.page();
    Ok(render(StatusCode::OK, &view::Offices { page, offices }))
}

/// `GET /{office}`
pub(crate) async fn office(visit: Visit) -> Result<Response, Stop> {
    let office = visit.office()?;
    if office.terminals().is_ok() {
        return organisation::menu(organisation::Seat::take(visit).await?).await;
    }
    if office.bidding().is_ok() {
        return bidding::menu(visit).await;
    }
    if office.citizen().is_ok() {
        return pin_reset::menu(visit);
    }
    let page = visit.page();
    Ok(render(StatusCode::OK, &view::Menu { page, office }))
}

/// `GET /api/v1/offices`: what the agent's start page shows.
pub(crate) fn tiles(portal: &Portal) -> Offices {
    let offices = portal
        .offices()
        .iter()
        .map(|office| OfficeTiles {
            office: office.wire(),
            procedures: office
                .authority()
                .map(|_| Tile {
                    procedure: "revocation".to_owned(),
                    title: catalogue::both("tile-revocation"),
                    path: format!("/{}/revocation", office.id),
                })
                .into_iter()
                .collect(),
        })
        .collect();
    Offices { offices }
}

/// `POST /language`: remembers the choice and leads back to the page it was made on.
pub(crate) async fn language(visit: Visit, request: Request) -> Result<Response, Stop> {
    let (parts, body) = request.into_parts();
    let fields = read_form(&visit, parts, body).await?;
    let field = |name: &str| {
        fields
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value.as_str()))
    };
    let chosen = field("language").and_then(Language::from_tag).unwrap_or_default();
    let back = field("back").filter(|path| is_ours(path)).unwrap_or("/");
    let cookie = language::remember(chosen, visit.portal.site().secure());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(back)).into_response())
}

/// Whatever else was asked for.
pub(crate) async fn nothing(visit: Visit) -> Stop {
    visit.not_found()
}

/// A path on this origin and nothing that a browser could take for another one.
pub(crate) fn is_ours(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"/-._?=&%+".contains(&octet))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn the_way_back_leads_to_no_other_place() {
        assert!(is_ours("/mihon-ca/revocation/done"));
        assert!(is_ours("/mihon-ca/revocation/ended?accepted=yes"));
        assert!(is_ours("/console/mihon-ca/queue?search=%E9%BB%92+1"));
        for path in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: a=b",
            "/a?b=https://evil.example#",
        ] {
            assert!(!is_ours(path), "{path:?}");
        }
    }
}
