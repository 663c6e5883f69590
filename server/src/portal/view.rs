//! The pages as their templates take them.

use askama::Template;
use std::sync::Arc;

use crate::catalogue::Message;
use crate::office::{Block, Office};
use crate::portal::form::FormView;
use crate::portal::page::{Fact, Page, Step};

#[derive(Template)]
#[template(path = "offices.html")]
pub(crate) struct Offices {
    pub(crate) page: Page,
    pub(crate) offices: Arc<[Arc<Office>]>,
}

/// S0
#[derive(Template)]
#[template(path = "office.html")]
pub(crate) struct Menu {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
}

/// S1
#[derive(Template)]
#[template(path = "start.html")]
pub(crate) struct Start {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
    pub(crate) notice: Option<Message>,
    pub(crate) days: String,
    pub(crate) musts: [Must; 2],
    pub(crate) ready: bool,
}

/// A text that must be read, on S1.
pub(crate) struct Must {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) open: String,
    pub(crate) path: &'static str,
    pub(crate) read: bool,
}

/// W1, W2
#[derive(Template)]
#[template(path = "document.html")]
pub(crate) struct Document<'a> {
    pub(crate) page: Page,
    pub(crate) title: String,
    pub(crate) path: &'static str,
    pub(crate) version: &'a str,
    pub(crate) blocks: Vec<Block<'a>>,
    pub(crate) hash: String,
    pub(crate) keep: bool,
    pub(crate) print: bool,
}

/// S2, and the same before the signature.
#[derive(Template)]
#[template(path = "card.html")]
pub(crate) struct Card {
    pub(crate) page: Page,
    pub(crate) stages: Vec<Step>,
    pub(crate) title: String,
    pub(crate) lead: String,
    /// What to do with the card.
    pub(crate) says: String,
    /// Where the form leads that opens the agent.
    pub(crate) action: String,
    pub(crate) cancelled: bool,
    pub(crate) back: String,
    pub(crate) back_label: String,
    pub(crate) until: String,
    pub(crate) link: Option<String>,
}

/// S3
#[derive(Template)]
#[template(path = "certificate.html")]
pub(crate) struct Certificate {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
    pub(crate) deadline: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) touched: Vec<Touched>,
}

/// An ordering body at which something would be touched: its open bids by day, title and id.
pub(crate) struct Touched {
    pub(crate) office: String,
    pub(crate) bids: Vec<(String, String, String)>,
}

/// S4
#[derive(Template)]
#[template(path = "application.html")]
pub(crate) struct Application {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
    pub(crate) deadline: String,
    pub(crate) case: String,
    pub(crate) form: FormView,
}

/// 記入例
#[derive(Template)]
#[template(path = "example.html")]
pub(crate) struct Example {
    pub(crate) page: Page,
    pub(crate) facts: Vec<Fact>,
}

/// S5
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct Confirm {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
    pub(crate) notice: Option<Message>,
    pub(crate) unchecked: bool,
    /// It was out for signature too long.
    pub(crate) lapsed: bool,
    pub(crate) deadline: String,
    pub(crate) certificate: Vec<Fact>,
    pub(crate) touched: Vec<Touched>,
    pub(crate) application: Vec<Fact>,
    pub(crate) refund: String,
    pub(crate) fee: String,
    /// While it is out for signature.
    pub(crate) text: Option<String>,
    pub(crate) text_lang: Option<&'static str>,
    pub(crate) version: String,
}

/// S6
#[derive(Template)]
#[template(path = "done.html")]
pub(crate) struct Done {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
    pub(crate) number: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) visible: Vec<Fact>,
    pub(crate) mail: String,
}

/// W3
#[derive(Template)]
#[template(path = "print.html")]
pub(crate) struct Print {
    pub(crate) page: Page,
    pub(crate) title: String,
    pub(crate) head: String,
    pub(crate) head_facts: Vec<Fact>,
    pub(crate) mark: Option<String>,
    pub(crate) sections: Vec<(String, Vec<Fact>)>,
    pub(crate) notes: Vec<String>,
    pub(crate) text: String,
    pub(crate) text_lang: Option<&'static str>,
}

/// 申込状況の確認
#[derive(Template)]
#[template(path = "status.html")]
pub(crate) struct Status {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
    pub(crate) state: Standing,
}

/// Where the session's application stands.
pub(crate) enum Standing {
    None,
    Open { says: String, path: String, go: String },
    Signed { until: String },
    Accepted { number: String },
}

/// 終了
#[derive(Template)]
#[template(path = "ended.html")]
pub(crate) struct Ended {
    pub(crate) page: Page,
    pub(crate) office: Arc<Office>,
    pub(crate) accepted: bool,
}

#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct Problem {
    pub(crate) page: Page,
    pub(crate) message: Message,
    pub(crate) paper: bool,
}

/// The receipt's look-up.
#[derive(Template)]
#[template(path = "lookup.html")]
pub(crate) struct LookUp {
    pub(crate) page: Page,
    pub(crate) error: Option<Message>,
    /// The number of the address, if it is one.
    pub(crate) number: String,
    /// The same as the address had it.
    pub(crate) asked: String,
}

/// What became of it.
#[derive(Template)]
#[template(path = "looked-up.html")]
pub(crate) struct LookedUp {
    /// Whether there is a list to wait for.
    pub(crate) revoked: bool,
    pub(crate) page: Page,
    pub(crate) says: String,
    pub(crate) number: String,
    pub(crate) facts: Vec<Fact>,
}
