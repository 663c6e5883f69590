//! The console's pages as their templates take them.

use askama::Template;
use std::sync::Arc;
use wire::office::Language;

use super::difference::Line;
use super::frame::Frame;
use crate::catalogue::Message;
use crate::office::{Block, Document, Office};
use crate::portal::page::{Fact, Page};
use crate::portal::passkey;

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

/// ご自身の設定
#[derive(Template)]
#[template(path = "console/own.html")]
pub(super) struct Own {
    pub(super) page: Frame,
    pub(super) error: Option<Message>,
    pub(super) saved: bool,
    pub(super) facts: Vec<Fact>,
    pub(super) passkeys: Vec<passkey::Line>,
    pub(super) challenge: String,
    pub(super) party: String,
    /// The account, as the authenticator keeps it.
    pub(super) user: String,
    pub(super) name: String,
    /// The credential ids that are registered already.
    pub(super) known: String,
}

/// 職員の一覧
#[derive(Template)]
#[template(path = "console/officers.html")]
pub(super) struct Officers {
    pub(super) page: Frame,
    pub(super) rows: Vec<OfficerLine>,
    pub(super) any_dormant: bool,
    pub(super) dormant: String,
}

pub(super) struct OfficerLine {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) person: String,
    pub(super) company: String,
    pub(super) roles: String,
    pub(super) state: String,
    pub(super) tag: &'static str,
    pub(super) seen: String,
    pub(super) dormant: bool,
}

/// 職員
#[derive(Template)]
#[template(path = "console/officer.html")]
pub(super) struct Officer {
    pub(super) page: Frame,
    pub(super) title: String,
    pub(super) id: String,
    pub(super) saved: bool,
    pub(super) facts: Vec<Fact>,
    pub(super) roles: Vec<RoleBox>,
    pub(super) roles_error: Option<Message>,
    pub(super) state_error: Option<Message>,
    pub(super) may: bool,
    pub(super) own: bool,
    pub(super) blocked: bool,
    pub(super) unblockable: bool,
}

pub(super) struct RoleBox {
    pub(super) key: &'static str,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) ticked: bool,
}

/// 停止と停止の解除の確認
#[derive(Template)]
#[template(path = "console/confirm.html")]
pub(super) struct ConfirmAccount {
    pub(super) page: Frame,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) go: String,
    pub(super) facts: Vec<Fact>,
    pub(super) id: String,
    pub(super) act: &'static str,
    pub(super) danger: bool,
}

/// 招待
#[derive(Template)]
#[template(path = "console/invite.html")]
pub(super) struct Invite {
    pub(super) page: Frame,
    pub(super) id: String,
    pub(super) wrong: bool,
    pub(super) fields: Vec<TextField>,
    pub(super) roles: Vec<RoleBox>,
    pub(super) roles_error: Option<Message>,
    pub(super) english: bool,
}

pub(super) struct TextField {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) most: usize,
    pub(super) error: Option<Message>,
}

/// 登録コード
#[derive(Template)]
#[template(path = "console/code.html")]
pub(super) struct Invitation {
    pub(super) page: Frame,
    pub(super) code: String,
    pub(super) facts: Vec<Fact>,
}

/// 窓口の設定
#[derive(Template)]
#[template(path = "console/office.html")]
pub(super) struct OfficePage {
    pub(super) page: Frame,
    pub(super) saved: bool,
    pub(super) version: String,
    pub(super) changed: String,
    pub(super) facts: Vec<Fact>,
    pub(super) documents: Vec<OfficeDocument>,
    /// Whether it compares faces.
    pub(super) compares: bool,
}

/// One of the office's texts, in both languages.
pub(super) struct OfficeDocument {
    pub(super) title: String,
    pub(super) hash: String,
    pub(super) document: Document,
}

impl OfficeDocument {
    fn japanese(&self) -> Vec<Block<'_>> {
        self.document.blocks(Language::Ja)
    }

    fn english(&self) -> Vec<Block<'_>> {
        self.document.blocks(Language::En)
    }
}

/// 窓口の設定の変更
#[derive(Template)]
#[template(path = "console/office_form.html")]
pub(super) struct OfficeForm {
    pub(super) page: Frame,
    pub(super) wrong: bool,
    pub(super) version: String,
    pub(super) fields: Vec<OfficeField>,
}

pub(super) struct OfficeField {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) lang: Option<&'static str>,
    pub(super) value: String,
    pub(super) area: bool,
    pub(super) number: bool,
    pub(super) free: bool,
    pub(super) error: Option<Message>,
}

/// 変更の確認
#[derive(Template)]
#[template(path = "console/office_preview.html")]
pub(super) struct OfficePreview {
    pub(super) page: Frame,
    pub(super) version: String,
    pub(super) changes: Vec<Change>,
    /// The texts that change, as they will be shown.
    pub(super) documents: Vec<OfficeDocument>,
    pub(super) values: Vec<(&'static str, String)>,
}

pub(super) struct Change {
    pub(super) label: String,
    pub(super) lang: Option<&'static str>,
    pub(super) lines: Vec<Line>,
}

/// 変更の履歴
#[derive(Template)]
#[template(path = "console/office_history.html")]
pub(super) struct OfficeHistory {
    pub(super) page: Frame,
    pub(super) rows: Vec<VersionLine>,
}

pub(super) struct VersionLine {
    pub(super) version: String,
    pub(super) changed: String,
    pub(super) by: String,
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "console/office_version.html")]
pub(super) struct OfficeVersionPage {
    pub(super) page: Frame,
    pub(super) title: String,
    pub(super) changed: String,
    pub(super) first: bool,
    pub(super) lines: Vec<Line>,
}

/// 監査記録
#[derive(Template)]
#[template(path = "console/audit.html")]
pub(super) struct Audit {
    pub(super) page: Frame,
    pub(super) head: Option<AuditHead>,
    /// What is said of the copy outside the database.
    pub(super) copy: &'static str,
}

/// The newest signed head.
pub(super) struct AuditHead {
    pub(super) size: u64,
    pub(super) root: String,
    pub(super) at: String,
}

/// 契約者
#[derive(Template)]
#[template(path = "console/organisations.html")]
pub(super) struct Organisations {
    pub(super) page: Frame,
    pub(super) rows: Vec<OrganisationLine>,
}

pub(super) struct OrganisationLine {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) company: String,
    pub(super) place: String,
    pub(super) state: String,
    pub(super) tag: &'static str,
}

/// A contract with its people.
#[derive(Template)]
#[template(path = "console/organisation.html")]
pub(super) struct OrganisationPage {
    pub(super) page: Frame,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) notice: Option<String>,
    pub(super) error: Option<Message>,
    pub(super) company: Vec<Fact>,
    pub(super) contact: Vec<Fact>,
    pub(super) users: Vec<UserLine>,
    /// What is said of accounts that nobody uses, where there are any.
    pub(super) dormant: Option<String>,
    pub(super) may: bool,
    pub(super) in_force: bool,
    pub(super) fields: Vec<Typed>,
    /// The id of an account that is invited from here.
    pub(super) user: String,
}

pub(super) struct UserLine {
    pub(super) id: String,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) mail: String,
    pub(super) state: String,
    pub(super) tag: &'static str,
    pub(super) seen: String,
    pub(super) dormant: bool,
    pub(super) blocked: bool,
}

/// The form of a contract.
#[derive(Template)]
#[template(path = "console/contract-form.html")]
pub(super) struct ContractForm {
    pub(super) page: Frame,
    /// Below `/organisations`.
    pub(super) path: String,
    pub(super) id: String,
    pub(super) fields: Vec<Typed>,
}

/// What can be corrected of a user.
#[derive(Template)]
#[template(path = "console/user.html")]
pub(super) struct UserForm {
    pub(super) page: Frame,
    /// The contract's.
    pub(super) id: String,
    pub(super) user: String,
    /// 利用者ID, which stays.
    pub(super) login: Fact,
    pub(super) fields: Vec<Typed>,
}

/// A field with what was typed.
pub(super) struct Typed {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) required: bool,
    pub(super) error: Option<Message>,
}
