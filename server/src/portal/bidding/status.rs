//! 申込状況の確認: what was begun in this session, to be continued or given up. The same page for 登録, 変更 and ICカード更新.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

use crate::office::Office;
use crate::portal::page::{Page, render};

/// Where what was begun in this session stands.
pub(crate) enum Unfinished {
    None,
    Open { says: String, path: String },
    Signed { until: String },
    Done { number: String },
}

#[derive(Template)]
#[template(path = "bidding/status.html")]
struct Status {
    page: Page,
    office: Arc<Office>,
    /// Of the procedure, as its addresses begin.
    noun: &'static str,
    state: Unfinished,
}

/// The page.
pub(crate) fn show(page: Page, office: Arc<Office>, noun: &'static str, state: Unfinished) -> Response {
    let view = Status {
        page,
        office,
        noun,
        state,
    };
    render(StatusCode::OK, &view)
}
