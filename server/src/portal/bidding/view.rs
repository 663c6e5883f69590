//! The pages as their templates take them.

use askama::Template;
use std::sync::Arc;

use super::held::Note;
use crate::office::{Bidding, Block, Office};
use crate::portal::page::{Fact, Page};

/// A0
#[derive(Template)]
#[template(path = "bidding/menu.html")]
pub(super) struct Menu {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) bidding: Arc<Bidding>,
}

/// ご利用にあたって
#[derive(Template)]
#[template(path = "bidding/guide.html")]
pub(super) struct Guide<'a> {
    pub(super) page: Page,
    pub(super) version: String,
    pub(super) blocks: Vec<Block<'a>>,
}

/// ログイン
#[derive(Template)]
#[template(path = "bidding/login.html")]
pub(super) struct LogIn {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) notice: Option<String>,
    pub(super) to: String,
    pub(super) until: String,
    pub(super) link: Option<String>,
}

/// The page after the login.
#[derive(Template)]
#[template(path = "bidding/ended.html")]
pub(super) struct Ended {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) why: String,
    /// An application was completed, after which every browser is to be closed (G-S6).
    pub(super) done: bool,
}

/// 利用者情報
#[derive(Template)]
#[template(path = "bidding/account.html")]
pub(super) struct Account {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    /// The last application that was held: it is not decided, or nothing came of it.
    pub(super) last: Option<Note>,
    /// The card ends soon.
    pub(super) soon: Option<String>,
    pub(super) company: Vec<Fact>,
    pub(super) contact: Vec<Fact>,
    pub(super) card: Vec<Fact>,
}
