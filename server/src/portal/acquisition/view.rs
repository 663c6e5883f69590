//! The pages as their templates take them.

use std::sync::Arc;

use askama::Template;
use zeroize::Zeroizing;

use crate::catalogue::Message;
use crate::office::Office;
use crate::portal::page::{Fact, Page, Step};

/// The terminals of the customer.
#[derive(Template)]
#[template(path = "acquisition/terminals.html")]
pub(super) struct Terminals {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) lines: Vec<Line>,
}

/// A terminal in the list. 認証コード2 is not part of it.
pub(super) struct Line {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) division: &'static str,
    pub(super) device: &'static str,
    pub(super) first: String,
    pub(super) third: &'static str,
    pub(super) state: String,
    pub(super) tag: &'static str,
    pub(super) until: String,
    pub(super) valid: String,
}

/// One terminal.
#[derive(Template)]
#[template(path = "acquisition/terminal.html")]
pub(super) struct OneTerminal {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) stages: Vec<Step>,
    /// The state's word, and what it says.
    pub(super) word: &'static str,
    pub(super) tag: &'static str,
    pub(super) state: String,
    pub(super) says: String,
    pub(super) facts: Vec<Fact>,
    pub(super) first: String,
    pub(super) third: &'static str,
    pub(super) has_code: bool,
    /// 認証コード2, where it was asked for.
    pub(super) code: Option<Zeroizing<String>>,
    /// What the button says, where there is something to begin or to go on with.
    pub(super) go: Option<String>,
    /// It was acquired already.
    pub(super) again: bool,
    pub(super) link: Option<String>,
    /// Until when it may be opened by the link.
    pub(super) until: Option<String>,
    /// What came of the last request.
    pub(super) came: Option<Came>,
}

/// What came of an acquisition, as the agent told it.
pub(super) struct Came {
    pub(super) says: String,
    /// Where the key lives.
    pub(super) place: Option<String>,
    pub(super) message: Option<Message>,
    pub(super) installed: bool,
}
