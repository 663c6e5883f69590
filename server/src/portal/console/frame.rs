//! The frame of an officer's page: who is logged in, and where one can go.

use casework::officer::{Role, Roles};
use std::ops::Deref;
use std::sync::Arc;

use crate::desk::officer::Acting;
use crate::office::Office;
use crate::portal::page::Page;

/// The frame. Templates use it as every page's.
pub(crate) struct Frame {
    page: Page,
    pub(crate) office: Arc<Office>,
    seated: Option<Seated>,
}

/// Who is logged in.
struct Seated {
    name: String,
    roles: Roles,
    tab: Tab,
}

/// A part of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// 審査の一覧
    Queue,
    /// 書面の入力
    Paper,
    /// 窓口での本人確認
    Counter,
    /// 入札参加資格者名簿
    Register,
    /// 営業日
    Calendar,
    /// 契約者
    Organisations,
    /// 職員
    Officers,
    /// 窓口の設定
    Office,
    /// 監査記録
    Audit,
    /// ご自身のアカウント
    Own,
}

/// A link of the navigation.
pub(crate) struct Link {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) current: bool,
}

impl Frame {
    pub(super) fn seated(page: Page, office: &Arc<Office>, acting: &Acting, tab: Tab) -> Self {
        Self {
            page,
            office: Arc::clone(office),
            seated: Some(Seated {
                name: acting.name.clone(),
                roles: acting.officer.roles,
                tab,
            }),
        }
    }

    /// Of a page before the login, or after it.
    pub(super) fn open(page: Page, office: &Arc<Office>) -> Self {
        Self {
            page,
            office: Arc::clone(office),
            seated: None,
        }
    }

    /// `/console/{office}`
    pub(crate) fn base(&self) -> String {
        format!("/console/{}", self.office.id)
    }

    /// The officer's name, while somebody is logged in.
    pub(crate) fn officer(&self) -> Option<&str> {
        self.seated.as_ref().map(|seated| seated.name.as_str())
    }

    /// Whether the officer has this role.
    pub(crate) fn may(&self, role: Role) -> bool {
        self.seated.as_ref().is_some_and(|seated| seated.roles.contains(role))
    }

    /// Whether the officer looks after accounts and the office.
    pub(crate) fn administers(&self) -> bool {
        self.may(Role::Administration)
    }

    /// Below [`Frame::base`]: what this officer is here for.
    pub(crate) fn first(&self) -> &'static str {
        self.tabs().next().map_or(Tab::Own.path(), Tab::path)
    }

    /// Where this officer can go. What a role does not open is not shown; the server asks again all the same.
    pub(crate) fn links(&self) -> Vec<Link> {
        let Some(seated) = &self.seated else {
            return Vec::new();
        };
        self.tabs()
            .map(|tab| Link {
                path: format!("{}{}", self.base(), tab.path()),
                name: self.t(&format!("desk-tab-{}", tab.key())),
                current: tab == seated.tab,
            })
            .collect()
    }

    fn tabs(&self) -> impl Iterator<Item = Tab> {
        Tab::ALL
            .into_iter()
            .filter(|tab| self.office.offers(tab.key()))
            .filter(|tab| tab.needs().is_none_or(|roles| roles.iter().any(|role| self.may(*role))))
    }
}

impl Deref for Frame {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Tab {
    const ALL: [Self; 10] = [
        Self::Queue,
        Self::Paper,
        Self::Counter,
        Self::Register,
        Self::Calendar,
        Self::Organisations,
        Self::Officers,
        Self::Office,
        Self::Audit,
        Self::Own,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Paper => "paper",
            Self::Counter => "counter",
            Self::Register => "register",
            Self::Calendar => "calendar",
            Self::Organisations => "organisations",
            Self::Officers => "officers",
            Self::Office => "office",
            Self::Audit => "audit",
            Self::Own => "own",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Queue => "/queue",
            Self::Paper => "/paper",
            Self::Counter => "/counter",
            Self::Register => "/register",
            Self::Calendar => "/calendar",
            Self::Organisations => "/organisations",
            Self::Officers => "/officers",
            Self::Office => "/office",
            Self::Audit => "/audit",
            Self::Own => "/own",
        }
    }

    /// One of these roles; `None` where everybody may look.
    const fn needs(self) -> Option<&'static [Role]> {
        match self {
            Self::Queue | Self::Register | Self::Calendar | Self::Own => None,
            Self::Paper | Self::Counter => Some(&[Role::Entry]),
            Self::Organisations | Self::Officers | Self::Office => Some(&[Role::Administration, Role::Audit]),
            Self::Audit => Some(&[Role::Audit, Role::Administration]),
        }
    }
}
