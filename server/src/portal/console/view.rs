//! The console's pages as their templates take them.

use askama::Template;
use std::sync::Arc;

use super::frame::Frame;
use crate::catalogue::Message;
use crate::office::Office;
use crate::portal::page::Page;

/// `/console`
#[derive(Template)]
#[template(path = "console/offices.html")]
pub(super) struct Offices {
    pub(super) page: Page,
    pub(super) offices: Arc<[Arc<Office>]>,
}

#[derive(Template)]
#[template(path = "console/problem.html")]
pub(super) struct Problem {
    pub(super) page: Frame,
    pub(super) message: Message,
}

/// The account cannot act any more.
#[derive(Template)]
#[template(path = "console/out.html")]
pub(super) struct Out {
    pub(super) page: Frame,
    pub(super) why: String,
    pub(super) message: Message,
}

#[derive(Template)]
#[template(path = "console/login.html")]
pub(super) struct LogIn {
    pub(super) page: Frame,
    pub(super) notice: Option<String>,
    /// The page that was asked for, empty where none was.
    pub(super) to: String,
    pub(super) link: Option<String>,
    /// What a passkey signs.
    pub(super) challenge: String,
    /// The relying party's id.
    pub(super) party: String,
}

#[derive(Template)]
#[template(path = "console/ended.html")]
pub(super) struct Ended {
    pub(super) page: Frame,
}

#[derive(Template)]
#[template(path = "console/enrol.html")]
pub(super) struct Enrol {
    pub(super) page: Frame,
    pub(super) cancelled: bool,
    pub(super) link: Option<String>,
    pub(super) error: Option<Message>,
}

/// Before an officer's card signs.
#[derive(Template)]
#[template(path = "console/card.html")]
pub(super) struct Card {
    pub(super) page: Frame,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) text_lang: Option<&'static str>,
    pub(super) cancelled: bool,
    pub(super) until: String,
    pub(super) link: Option<String>,
    pub(super) back: String,
}
