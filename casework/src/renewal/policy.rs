//! What an office chooses for renewals, and what is said before 更新.

use alloc::vec::Vec;

use crate::names::Class;
use crate::register::Compared;
use crate::review::Rule;
use crate::time::{Day, Instant};

/// What an office may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What happens when the names differ.
    pub review: ReviewPolicy,
    /// So many days left on the current card, and more, are worth a word (R103).
    pub early_after_days: i32,
    /// Seconds within which the page must come back signed.
    pub signature_within: i64,
    /// Days within which a 差戻し must be answered.
    pub returned_for_days: i32,
    /// How it is reviewed.
    pub rule: Rule,
}

/// What happens when the names on the new card differ from the register's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewPolicy {
    /// 001: the applicant's eyes are all (R116).
    None,
    /// 002: it is held (R204, R209).
    OnMismatch {
        /// What becomes of names that differ in their glyphs alone.
        variant: Variant,
    },
}

/// What becomes of names that differ in their glyphs alone (DOMAIN §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// They are the same name; the pairs are kept and told.
    Accept,
    /// They are held like others.
    Hold,
}

/// What is to be said before 更新, and does not hinder it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// W-OLDER (R115)
    Older {
        /// The last instant of the new card.
        new: Instant,
        /// The last instant of the current one.
        old: Instant,
    },
    /// W-EARLY (R103)
    Early {
        /// Whole days left on the current card.
        days: i32,
    },
    /// W-BID (R106)
    Bid {
        /// 開札日, after the current card's end.
        opening: Day,
    },
    /// W-NAME (R116)
    Name,
}

/// What is to be said on the confirmation page, in its order. `old` and `new` are the cards' validities, `openings` the
/// days on which the current card's bids are opened.
pub fn warnings(
    (old, new): ((Instant, Instant), (Instant, Instant)),
    openings: &[Day],
    compared: Option<&Compared>,
    policy: &Policy,
    now: Instant,
) -> Vec<Warning> {
    let mut all = Vec::new();
    if new.1 < old.1 {
        all.push(Warning::Older { new: new.1, old: old.1 });
    }
    let days = old.1.day().0 - now.day().0;
    if days >= policy.early_after_days {
        all.push(Warning::Early { days });
    }
    let late = openings.iter().filter(|day| **day > old.1.day());
    all.extend(late.map(|day| Warning::Bid { opening: *day }));
    let company = compared.map_or(Class::NotComparable, |compared| compared.company.class);
    if matches!(company, Class::Mismatch | Class::NotComparable) {
        all.push(Warning::Name);
    }
    all
}

impl ReviewPolicy {
    /// Whether it is held: a mismatch always, a match never (R209).
    pub fn holds(self, compared: Option<&Compared>) -> bool {
        let Self::OnMismatch { variant } = self else {
            return false;
        };
        let passes = |class| match class {
            Class::Match => true,
            Class::Variant => variant == Variant::Accept,
            Class::Mismatch | Class::NotComparable => false,
        };
        !compared.is_some_and(|compared| passes(compared.company.class) && passes(compared.person.class))
    }
}
