//! The pages as their templates take them.

use askama::Template;
use std::sync::Arc;

use super::bids::Bid;
use super::rows::Block;
use crate::catalogue::Message;
use crate::office::Office;
use crate::portal::bidding::beside::Beside;
use crate::portal::bidding::held::Because;
use crate::portal::page::{Fact, Page, Step};

/// ICカード更新
#[derive(Template)]
#[template(path = "renewal/start.html")]
pub(super) struct Start {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    /// Something was begun in this session; beginning again leaves it.
    pub(super) unfinished: bool,
    /// The last day of the card that somebody is logged in with.
    pub(super) until: Option<String>,
    /// The other offices that know this card.
    pub(super) elsewhere: Vec<String>,
    /// The open bids that are known of this card.
    pub(super) bids: Vec<Bid>,
    pub(super) reviews: bool,
}

/// 電子証明書更新確認
#[derive(Template)]
#[template(path = "renewal/confirm.html")]
pub(super) struct Confirm {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) blocks: [Block; 2],
    /// 取得者住所 stays on the screen.
    pub(super) hides: bool,
    pub(super) compared: Vec<Beside>,
    pub(super) warnings: Vec<Message>,
    /// It will be held for review.
    pub(super) held: bool,
    /// 担当者
    pub(super) person: Option<String>,
    pub(super) elsewhere: Vec<String>,
    pub(super) bids: Vec<Bid>,
    /// W-OLDER wants a tick.
    pub(super) older: bool,
    /// And it was not there.
    pub(super) unticked: bool,
    pub(super) reviews: bool,
    /// It was out for signature too long.
    pub(super) lapsed: bool,
    /// While it is out for signature.
    pub(super) text: Option<String>,
    pub(super) text_lang: Option<&'static str>,
    pub(super) version: String,
}

/// 更新結果
#[derive(Template)]
#[template(path = "renewal/done.html")]
pub(super) struct Done {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) state: &'static str,
    pub(super) because: Option<Because>,
    pub(super) renewed: bool,
    /// I-HELD
    pub(super) held: Option<Message>,
    /// Until when the current card can be used meanwhile.
    pub(super) usable: Option<String>,
    pub(super) number: String,
    pub(super) facts: Vec<Fact>,
    pub(super) old: Vec<Fact>,
    pub(super) new: Vec<Fact>,
}
