//! The pages as their templates take them.

use askama::Template;
use std::sync::Arc;

use super::confirm::Row;
use super::form::FormView;
use crate::catalogue::Message;
use crate::office::Office;
use crate::portal::bidding::held::Because;
use crate::portal::page::{Fact, Page, Step};

/// 登録
#[derive(Template)]
#[template(path = "registration/start.html")]
pub(super) struct Start {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    /// Something was begun in this session; beginning again leaves it.
    pub(super) unfinished: bool,
}

/// 変更
#[derive(Template)]
#[template(path = "registration/change.html")]
pub(super) struct Change {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) facts: Vec<Fact>,
}

/// 会社の確認
#[derive(Template)]
#[template(path = "registration/prove.html")]
pub(super) struct Prove {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) case: String,
    pub(super) number: String,
    pub(super) error: Option<Message>,
    /// The number of the last application with this card, and why it was denied.
    pub(super) denied: Option<(String, Because)>,
}

/// 入力
#[derive(Template)]
#[template(path = "registration/form.html")]
pub(super) struct Entry {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) company: Vec<Fact>,
    pub(super) case: String,
    pub(super) form: FormView,
}

/// 内容確認
#[derive(Template)]
#[template(path = "registration/confirm.html")]
pub(super) struct Confirm {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) rows: Vec<Row>,
    /// W-NAME
    pub(super) name: Option<Message>,
    /// It will be held for review.
    pub(super) held: bool,
    pub(super) entered: Vec<Fact>,
    /// What is registered now, where it is a change.
    pub(super) before: Vec<Fact>,
    /// It was out for signature too long.
    pub(super) lapsed: bool,
    /// While it is out for signature.
    pub(super) text: Option<String>,
    pub(super) text_lang: Option<&'static str>,
    pub(super) version: String,
}

/// 結果
#[derive(Template)]
#[template(path = "registration/done.html")]
pub(super) struct Done {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) word: &'static str,
    pub(super) because: Option<Because>,
    /// It is not decided, and has a page of its own.
    pub(super) follow: bool,
    pub(super) number: String,
    pub(super) facts: Vec<Fact>,
    pub(super) company: Vec<Fact>,
    pub(super) card: Vec<Fact>,
    pub(super) contact: Vec<Fact>,
    pub(super) mail: String,
}
