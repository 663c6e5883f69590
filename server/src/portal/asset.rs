//! The style sheet, the scripts and the mark of the house, built into the program.

use aws_lc_rs::digest;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// `GET /static/{name}`
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(asset.tag.as_str());
    let caching = [
        (header::ETAG, asset.tag.as_str()),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::CONTENT_TYPE, asset.kind),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, caching).into_response()
    } else {
        (caching, asset.octets).into_response()
    }
}

/// The address of an asset, with its version, so that a new release is never shown with an old style.
pub(crate) fn path(name: &str) -> String {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => format!("/static/{name}?v={}", asset.version),
        None => format!("/static/{name}"),
    }
}

struct Asset {
    name: &'static str,
    kind: &'static str,
    octets: &'static [u8],
    version: String,
    tag: String,
}

static ASSETS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    [
        asset("kagimori.css", "text/css; charset=utf-8", STYLE.as_bytes()),
        asset(
            "portal.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../static/portal.js"),
        ),
        asset(
            "passkey.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../static/passkey.js"),
        ),
        asset(
            "kagimori.svg",
            "image/svg+xml",
            include_bytes!("../../static/kagimori.svg"),
        ),
        asset(
            "LICENSES",
            "text/plain; charset=utf-8",
            include_bytes!("../../static/LICENSES"),
        ),
    ]
});

/// One sheet of many files: where two rules weigh the same the later one holds, so the order is part of it.
const STYLE: &str = concat!(
    include_str!("../../static/kagimori/tokens.css"),
    include_str!("../../static/kagimori/ground.css"),
    include_str!("../../static/kagimori/frame.css"),
    include_str!("../../static/kagimori/buttons.css"),
    include_str!("../../static/kagimori/notes.css"),
    include_str!("../../static/kagimori/form.css"),
    include_str!("../../static/kagimori/desk.css"),
    include_str!("../../static/kagimori/calendar.css"),
    include_str!("../../static/kagimori/centre.css"),
    include_str!("../../static/kagimori/dialog.css"),
    include_str!("../../static/kagimori/narrow.css"),
    include_str!("../../static/kagimori/queue.css"),
    include_str!("../../static/kagimori/print.css"),
);

fn asset(name: &'static str, kind: &'static str, octets: &'static [u8]) -> Asset {
    let mut version = String::new();
    for octet in digest::digest(&digest::SHA256, octets).as_ref().iter().take(6) {
        // Writing to a string does not fail.
        let _ = write!(version, "{octet:02x}");
    }
    Asset {
        name,
        kind,
        octets,
        tag: format!("\"{version}\""),
        version,
    }
}
