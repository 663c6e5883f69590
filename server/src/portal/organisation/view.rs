//! The pages as their templates take them.

use askama::Template;
use std::sync::Arc;

use crate::catalogue::Message;
use crate::office::{Office, Terminals};
use crate::portal::page::{Crumb, Fact, Page};
use crate::portal::passkey;

/// ログイン
#[derive(Template)]
#[template(path = "organisation/login.html")]
pub(super) struct LogIn {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) notice: Option<String>,
    pub(super) error: Option<Message>,
    pub(super) to: String,
    pub(super) desks: Vec<Desk>,
    pub(super) challenge: String,
    pub(super) party: String,
}

/// The page after the session.
#[derive(Template)]
#[template(path = "organisation/out.html")]
pub(super) struct Out {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) why: String,
}

/// パスワードを忘れた方
#[derive(Template)]
#[template(path = "organisation/forgotten.html")]
pub(super) struct Forgotten {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) sent: bool,
}

/// The page behind a link.
#[derive(Template)]
#[template(path = "organisation/link.html")]
pub(super) struct Link {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) title: String,
    pub(super) lead: String,
    /// 利用者ID, which whoever has the link is told here.
    pub(super) login: String,
    pub(super) shortest: String,
    pub(super) token: String,
    pub(super) error: Option<Message>,
}

/// パスワードの変更
#[derive(Template)]
#[template(path = "organisation/password.html")]
pub(super) struct Password {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) shortest: String,
    pub(super) saved: bool,
    pub(super) present_error: Option<Message>,
    pub(super) error: Option<Message>,
    pub(super) crumbs: Vec<Crumb>,
}

/// パスキー
#[derive(Template)]
#[template(path = "organisation/passkeys.html")]
pub(super) struct PasskeysPage {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) saved: bool,
    /// Whether they may be changed without another login.
    pub(super) fresh: bool,
    pub(super) error: Option<Message>,
    pub(super) passkeys: Vec<passkey::Line>,
    pub(super) challenge: String,
    pub(super) party: String,
    /// The account, as the authenticator keeps it.
    pub(super) user: String,
    pub(super) name: String,
    /// The credential ids that are registered already.
    pub(super) known: String,
    pub(super) crumbs: Vec<Crumb>,
}

/// N0
#[derive(Template)]
#[template(path = "organisation/menu.html")]
pub(super) struct Menu {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) terminals: Arc<Terminals>,
    pub(super) news: Vec<NewsLine>,
    pub(super) desks: Vec<Desk>,
}

/// 詳細
#[derive(Template)]
#[template(path = "organisation/news.html")]
pub(super) struct News {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) line: NewsLine,
    pub(super) next: String,
    pub(super) crumbs: Vec<Crumb>,
}

/// 契約内容の確認
#[derive(Template)]
#[template(path = "organisation/contract.html")]
pub(super) struct ContractPage {
    pub(super) page: Page,
    pub(super) office: Arc<Office>,
    pub(super) company: Vec<Fact>,
    pub(super) contact: Vec<Fact>,
    pub(super) terminals: Vec<TerminalLine>,
    pub(super) crumbs: Vec<Crumb>,
}

/// A terminal of the contract, with its certificate.
pub(super) struct TerminalLine {
    /// 区分
    pub(super) division: String,
    /// 利用機器区分
    pub(super) device: &'static str,
    /// 論理端末名
    pub(super) name: String,
    /// 発行日
    pub(super) issued: String,
    /// 有効期限
    pub(super) until: String,
    pub(super) state: String,
    pub(super) tag: &'static str,
}

/// A piece of news.
pub(super) struct NewsLine {
    pub(super) id: String,
    pub(super) day: String,
    pub(super) category: String,
    pub(super) says: String,
    /// 受付番号
    pub(super) number: Option<String>,
}

/// ヘルプデスク
pub(super) struct Desk {
    pub(super) name: String,
    pub(super) phone: Option<String>,
    pub(super) hours: Option<String>,
    pub(super) mail: Option<String>,
}

/// Where customers ask, in the page's language.
pub(super) fn desks(page: &Page, terminals: &Terminals) -> Vec<Desk> {
    let desk = |desk: &crate::office::HelpDesk| Desk {
        name: page.text(&desk.name).to_owned(),
        phone: desk.phone.clone(),
        hours: desk.hours.as_ref().map(|hours| page.text(hours).to_owned()),
        mail: desk.mail.clone(),
    };
    terminals.help_desk.iter().map(desk).collect()
}
