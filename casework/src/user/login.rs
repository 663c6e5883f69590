//! How a person logs in: the ID, the password with its tries, the passkeys, and the links that were sent.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Account, Case, Policy, Typed};
use crate::Refusal;
use crate::identity::Digest;
use crate::time::Instant;

/// 利用者ID. Letters are small, whatever was typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginId(String);

/// How a person logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// SHA-256 of the password's hash; the hash itself stands in the list of accounts.
    pub password: Digest,
    /// SHA-256 of the credential id of each passkey.
    pub passkeys: Vec<Digest>,
    /// What was typed wrong since the last right password.
    pub tries: Tries,
    /// 再設定: what a link that was sent opens.
    pub reset: Option<Link>,
    /// The last login, or the first password.
    pub seen: Instant,
}

/// Wrong passwords one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub failed: u32,
    /// When the last one was typed.
    pub last: Option<Instant>,
}

/// A link that was sent by mail. It works once and for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of its token.
    pub token: Digest,
    /// When it was sent.
    pub sent: Instant,
    /// After this it is worth nothing.
    pub until: Instant,
}

impl Login {
    /// Until when no password is looked at; `Some(None)` where it must be reset.
    pub fn locked_out(&self, policy: &Policy, now: Instant) -> Option<Option<Instant>> {
        if self.tries.failed >= policy.most_tries {
            return Some(None);
        }
        let until = self.tries.last?.plus_seconds(policy.wait(self.tries.failed));
        (now < until).then_some(Some(until))
    }

    /// Whether the right password was typed, while one is looked at. A try that is not looked at does not count: nobody is
    /// kept out for longer than by the tries that were.
    pub(super) fn knows(&self, typed: Typed, policy: &Policy, now: Instant) -> Result<bool, Refusal> {
        if let Some(until) = self.locked_out(policy, now) {
            return Err(Refusal::LockedOut { until });
        }
        Ok(match typed {
            // The password was changed while it was verified.
            Typed::Right(known) => known.hash() == self.password,
            Typed::Wrong => false,
        })
    }

    /// With another password whoever was locked out is not, and every link and session of before is void.
    pub(super) fn with_password(&self, account: &Account, generation: u32, password: Digest) -> Case {
        Case::Active {
            account: Box::new(account.clone()),
            login: Box::new(Self {
                password,
                tries: Tries::default(),
                reset: None,
                ..self.clone()
            }),
            generation: generation.saturating_add(1),
        }
    }
}

impl Link {
    pub(super) fn new(token: Digest, sent: Instant, holds: i64) -> Self {
        Self {
            token,
            sent,
            until: sent.plus_seconds(holds),
        }
    }

    pub(super) fn opens(&self, token: &Digest, now: Instant) -> Result<(), Refusal> {
        (self.token == *token && now <= self.until)
            .then_some(())
            .ok_or(Refusal::LinkSpent)
    }
}

impl LoginId {
    /// 4 to 32 of `a–z`, `0–9`, `.`, `-` and `_`, beginning with a letter or a digit. What was typed wide or in capitals is
    /// taken as it was meant.
    pub fn typed(text: &str) -> Option<Self> {
        let id: String = text
            .trim()
            .chars()
            .map(|character| crate::characters::half_width(character).to_ascii_lowercase())
            .collect();
        let fits = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b".-_".contains(&octet);
        ((4..=32).contains(&id.len())
            && id.bytes().all(fits)
            && id.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric()))
        .then_some(Self(id))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
