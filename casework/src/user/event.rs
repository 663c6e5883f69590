//! What is told, written and done of an account.

use crate::identity::{Digest, OfficerId};

/// What the audit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// 招待
    Invited,
    /// The first password was chosen.
    Accepted,
    /// ログイン
    LoggedIn {
        /// By what.
        by: Way,
    },
    /// A wrong password.
    WrongPassword {
        /// So many in a row by now.
        failed: u32,
    },
    /// パスワードの変更
    PasswordChanged,
    /// 再設定 was asked for.
    ResetAsked,
    /// パスワードの再設定
    PasswordReset,
    /// A passkey more.
    PasskeyAdded {
        /// Which.
        credential: Digest,
    },
    /// A passkey less.
    PasskeyRemoved {
        /// Which.
        credential: Digest,
    },
    /// Name or address were corrected.
    Corrected,
    /// 停止
    Blocked,
}

/// How a person logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By ID and password.
    Password,
    /// By a passkey.
    Passkey,
}

/// Must be true the moment the decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Whoever asked is an administrator still, or the transaction fails and it is decided again (A21).
    Administers(OfficerId),
    /// The list of accounts says what the case says. An ID stands there once; a taken one fails the transaction.
    Register,
}

/// May be a little late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// To the account's address.
    Mail(Letter),
}

/// The letters to users. [`Letter::Invited`] and [`Letter::Reset`] carry a link; no letter carries a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    /// 利用者登録のご案内, with a link.
    Invited,
    /// 利用者登録完了のお知らせ
    Accepted,
    /// パスワード変更のお知らせ
    PasswordChanged,
    /// パスワード再設定のご案内, with a link.
    Reset,
    /// ログインの一時停止のお知らせ
    LockedOut,
    /// パスキー変更のお知らせ
    PasskeysChanged,
    /// 登録内容変更のお知らせ
    Corrected,
    /// 利用停止のお知らせ
    Blocked,
}

impl Letter {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Invited,
        Self::Accepted,
        Self::PasswordChanged,
        Self::Reset,
        Self::LockedOut,
        Self::PasskeysChanged,
        Self::Corrected,
        Self::Blocked,
    ];

    /// Whether it carries a link.
    pub const fn has_link(self) -> bool {
        matches!(self, Self::Invited | Self::Reset)
    }
}
