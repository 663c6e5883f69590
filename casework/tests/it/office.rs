//! Officers for the tests of what is decided before officers.

use casework::identity::{Company, Fingerprint, OfficerId, PersonNumber};
use casework::officer::{Officer, Role, Roles};
use casework::review::{OwnCompany, Persons, Rule};

/// Enters, and may approve what others entered.
pub(crate) fn hanako() -> Officer {
    officer(1, "1001", OFFICE, [Role::Entry, Role::Approval])
}

/// The same person, under a second account with a second card.
pub(crate) fn hanako_again() -> Officer {
    officer(2, "1001", OFFICE, [Role::Entry, Role::Approval])
}

/// Approves.
pub(crate) fn jiro() -> Officer {
    officer(3, "1002", OFFICE, [Role::Approval])
}

/// Approves too, and enters.
pub(crate) fn saburo() -> Officer {
    officer(4, "1003", OFFICE, [Role::Approval, Role::Entry])
}

/// Looks after accounts and claims, and decides nothing.
pub(crate) fn kanri() -> Officer {
    officer(5, "1004", OFFICE, [Role::Administration])
}

/// Works for the company whose certificate it is.
pub(crate) fn insider() -> Officer {
    officer(6, "1005", HOLDERS_COMPANY, [Role::Entry, Role::Approval])
}

pub(crate) fn everybody() -> [Officer; 6] {
    [hanako(), hanako_again(), jiro(), saburo(), kanri(), insider()]
}

fn officer(mark: u8, person: &str, company: &str, roles: impl IntoIterator<Item = Role>) -> Officer {
    Officer {
        id: OfficerId([mark; 16]),
        person: PersonNumber(person.into()),
        company: Company(company.into()),
        card: Fingerprint([0xa0 | mark; 32]),
        roles: roles.into_iter().collect::<Roles>(),
    }
}

pub(crate) const fn rule() -> Rule {
    Rule {
        persons: Persons::Two,
        claim_for: 1_800,
        signature_within: 900,
        own_company: OwnCompany::Refused,
    }
}

pub(crate) const OFFICE: &str = "認証局株式会社";
pub(crate) const HOLDERS_COMPANY: &str = "7000012050002";
