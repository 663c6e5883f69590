//! The pages as their templates take them.

use askama::Template;
use std::sync::Arc;

use super::form::FormView;
use crate::catalogue::Message;
use crate::office::Office;
use crate::portal::bidding::held::Because;
use crate::portal::month::Month;
use crate::portal::page::{Fact, Page, Step};

/// N1
#[derive(Template)]
#[template(path = "reissue/guide.html")]
pub(super) struct Guide {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    /// STEP1 to STEP5, each with its words.
    pub(super) steps: Vec<(String, String)>,
    /// The id of the application that the form begins.
    pub(super) fresh: String,
    /// Where one goes on who has begun already.
    pub(super) contact: Option<String>,
    /// 申込情報参照に戻る
    pub(super) back: Option<String>,
    /// Where an unfinished application of this session goes on.
    pub(super) unfinished: Option<String>,
}

/// N2
#[derive(Template)]
#[template(path = "reissue/contact.html")]
pub(super) struct Contact {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) case: String,
    pub(super) form: FormView,
    /// The terminals are chosen, so that one may go back to the confirmation.
    pub(super) chosen: bool,
}

/// N3
#[derive(Template)]
#[template(path = "reissue/terminals.html")]
pub(super) struct Choosing {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) case: String,
    pub(super) day: String,
    /// Between which days one can be chosen.
    pub(super) earliest: Option<String>,
    /// A year of that period of which nobody knows the holidays.
    pub(super) unknown: Option<String>,
    pub(super) months: Vec<Month>,
    pub(super) causes: Vec<Choice>,
    pub(super) words: String,
    pub(super) rows: Vec<Row>,
    pub(super) errors: Vec<(&'static str, Message)>,
    pub(super) day_error: Option<Message>,
    pub(super) cause_error: Option<Message>,
    pub(super) words_error: Option<Message>,
    pub(super) rows_error: Option<Message>,
}

/// N4
#[derive(Template)]
#[template(path = "reissue/confirm.html")]
pub(super) struct Confirm {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) case: String,
    pub(super) contact: Vec<Fact>,
    pub(super) wish: Vec<Fact>,
    pub(super) lines: Vec<Line>,
    pub(super) warnings: Vec<Warned>,
    /// Characters that other machines may not show.
    pub(super) rare: Vec<String>,
    /// It was sent off before.
    pub(super) corrects: bool,
    pub(super) version: String,
}

/// N5
#[derive(Template)]
#[template(path = "reissue/done.html")]
pub(super) struct Sent {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) stages: Vec<Step>,
    pub(super) case: String,
    pub(super) corrected: bool,
    pub(super) number: String,
    pub(super) facts: Vec<Fact>,
    pub(super) contact: Vec<Fact>,
    pub(super) wish: Vec<Fact>,
    pub(super) lines: Vec<Line>,
    pub(super) mail: String,
}

/// N6, the list
#[derive(Template)]
#[template(path = "reissue/applications.html")]
pub(super) struct Applications {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) listed: Vec<Listed>,
    /// The next page of the list.
    pub(super) older: Option<String>,
}

/// N6, one application
#[derive(Template)]
#[template(path = "reissue/application.html")]
pub(super) struct Application {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) case: String,
    /// What was just done on another page.
    pub(super) notice: Option<String>,
    /// 状態, in one word of the keys.
    pub(super) word: &'static str,
    pub(super) says: String,
    pub(super) because: Option<Because>,
    pub(super) number: String,
    pub(super) facts: Vec<Fact>,
    /// It can be corrected and withdrawn.
    pub(super) open: bool,
    /// A correction was begun and not sent off.
    pub(super) unsent: bool,
    pub(super) contact: Vec<Fact>,
    pub(super) wish: Vec<Fact>,
    pub(super) lines: Vec<Line>,
    /// How far each terminal is, once that is known.
    pub(super) progress: Vec<String>,
    pub(super) notices: Vec<Told>,
    pub(super) history: Vec<Told>,
}

/// 取り下げ
#[derive(Template)]
#[template(path = "reissue/withdraw.html")]
pub(super) struct Withdraw {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) case: String,
    pub(super) number: String,
    pub(super) facts: Vec<Fact>,
}

/// 再発行理由
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// A terminal to be chosen.
pub(super) struct Row {
    /// The checkbox's name.
    pub(super) key: String,
    pub(super) line: Line,
    pub(super) chosen: bool,
    /// 再発行申込中: the page of the application that it is in, and its number.
    pub(super) open: Option<(String, String)>,
}

/// A terminal with what its codes and its certificate are called.
pub(super) struct Line {
    pub(super) division: String,
    pub(super) device: &'static str,
    pub(super) name: String,
    pub(super) first_code: String,
    pub(super) third_code: String,
    /// 発行日
    pub(super) issued: String,
    /// 未取得停止
    pub(super) suspended: bool,
    /// Whether there is an 認証コード2 to be masked.
    pub(super) has_code: bool,
}

/// W-STILLVALID
pub(super) struct Warned {
    pub(super) message: Message,
    /// A renewal by the terminal itself may do.
    pub(super) renewable: bool,
}

/// An application in the list.
pub(super) struct Listed {
    pub(super) path: String,
    pub(super) number: String,
    pub(super) applied: String,
    pub(super) day: String,
    pub(super) terminals: String,
    pub(super) word: &'static str,
    pub(super) state: String,
}

/// Something that was told, and when.
pub(super) struct Told {
    pub(super) at: String,
    pub(super) says: String,
}

/// The key of the steps' names.
pub(super) const STAGES: &str = "reissue-stage";
