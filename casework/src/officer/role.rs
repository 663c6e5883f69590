//! 権限: what an officer may do.

/// What an officer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 受付: enters applications.
    Entry,
    /// 承認: decides on them.
    Approval,
    /// 監査: reads everything, changes nothing.
    Audit,
    /// 管理: accounts, offices, claims.
    Administration,
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Roles(u8);

impl Role {
    /// All of them, in the order of the screen.
    pub const ALL: [Self; 4] = [Self::Entry, Self::Approval, Self::Audit, Self::Administration];

    /// The name under which forms, rows and catalogues know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Approval => "approval",
            Self::Audit => "audit",
            Self::Administration => "administration",
        }
    }

    /// The role of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Roles {
    /// Whether it holds this one.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Every role that it holds.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }

    /// Whether it holds none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | role.bit()))
    }
}
