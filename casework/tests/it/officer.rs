//! Accounts of officers: invitation, card, roles and blocking.

use casework::Refusal;
use casework::evidence::{Asserted, Presented};
use casework::identity::{Company, Digest, Fingerprint, OfficerId, PersonNumber};
use casework::officer::{
    Account, By, Card, Case, Command, Decision, Enrolment, Errand, Facts, Letter, Policy, Proof, Role, Roles, Write,
    decide,
};
use casework::time::Instant;

use crate::office::{OFFICE, jiro, kanri};
use crate::{ANOTHER_CARD, CARD, certificate, login};

#[test]
fn an_invited_officer_enrols_the_own_card_and_acts() {
    let active = active();
    let officer = active.officer(ID).unwrap();
    assert_eq!((officer.card, officer.person), (CARD, PersonNumber("1001".into())));
    let decision = step(&active, &Command::LogIn(Proof::Card(presented(CARD))), &own()).unwrap();
    assert_eq!(decision.writes, [Write::Register]);
    assert!(decision.errands.is_empty(), "nobody is written to for every login");
    let another = Command::LogIn(Proof::Card(presented(ANOTHER_CARD)));
    assert_eq!(step(&active, &another, &own()).unwrap_err(), Refusal::AnotherCard);
}

#[test]
fn an_enrolment_wants_the_code_in_time_the_shown_card_and_the_invited_person() {
    let invited = invited();
    let refused = |enrolment: Enrolment, facts: &Facts, now: Instant| {
        decide(&invited, &Command::Enrol(Box::new(enrolment)), facts, &POLICY, now).unwrap_err()
    };
    let nobody = facts(By::Nobody);
    let wrong = Enrolment {
        code: Digest([9; 32]),
        ..enrolment()
    };
    assert_eq!(refused(wrong, &nobody, NOW), Refusal::WrongCode);
    let late = NOW.plus_seconds(POLICY.invitation_for + 1);
    assert_eq!(refused(enrolment(), &nobody, late), Refusal::InvitationLapsed);
    let another = Enrolment {
        presented: presented(ANOTHER_CARD),
        ..enrolment()
    };
    assert_eq!(refused(another, &nobody, NOW), Refusal::AnotherCard);
    let stranger = Enrolment {
        holder: "日本 次郎".into(),
        ..enrolment()
    };
    assert_eq!(refused(stranger, &nobody, NOW), Refusal::AnotherHolder);
    let taken = Facts {
        taken: true,
        ..facts(By::Nobody)
    };
    assert_eq!(refused(enrolment(), &taken, NOW), Refusal::CardTaken);
    let spaced = Enrolment {
        holder: "日本花子".into(),
        ..enrolment()
    };
    let enrol = Command::Enrol(Box::new(spaced));
    assert!(
        step(&invited, &enrol, &nobody).is_ok(),
        "a space between the names does not count"
    );
}

#[test]
fn r16_a_blocked_officer_logs_in_neither_by_card_nor_by_passkey() {
    let by_passkey = Command::LogIn(Proof::Passkey(Asserted::verified(PASSKEY, NOW)));
    let add = Command::AddPasskey { credential: PASSKEY };
    let with_passkey = step(&active(), &add, &own()).unwrap().next;
    assert!(step(&with_passkey, &by_passkey, &own()).is_ok(), "it did before");
    let blocked = step(&with_passkey, &Command::Block, &by_administrator()).unwrap();
    assert_eq!(blocked.errands, [Errand::Mail(Letter::Blocked)]);
    let blocked = blocked.next;
    for login in [Command::LogIn(Proof::Card(presented(CARD))), by_passkey.clone()] {
        assert_eq!(step(&blocked, &login, &own()).unwrap_err(), Refusal::NotAnOfficer);
    }
    assert_eq!(blocked.officer(ID), None);
    let again = step(&blocked, &Command::Unblock, &by_administrator()).unwrap().next;
    assert_eq!(
        step(&again, &by_passkey, &own()).unwrap_err(),
        Refusal::AnotherCard,
        "the passkeys of before are gone"
    );
}

#[test]
fn nobody_looks_after_the_own_account_and_only_an_administrator_after_another() {
    let active = active();
    for command in [Command::Block, Command::Assign { roles: all_roles() }, invite(CODE)] {
        let refused = |by| step(&active, &command, &facts(by)).unwrap_err();
        let role = Role::Administration;
        assert_eq!(refused(By::Own), Refusal::OwnAccount);
        assert_eq!(refused(By::Nobody), Refusal::NotAnOfficer);
        assert_eq!(refused(By::Officer(jiro())), Refusal::NoRole { role });
        assert!(step(&active, &command, &by_administrator()).is_ok());
    }
    let passkey = Command::AddPasskey { credential: PASSKEY };
    assert_eq!(
        step(&active, &passkey, &by_administrator()).unwrap_err(),
        Refusal::NotAnOfficer,
        "an administrator gives nobody a way to log in"
    );
}

#[test]
fn the_last_administrator_stays_unless_the_operator_says_otherwise() {
    let active = enrolled([Role::Administration]);
    let no_role = Command::Assign {
        roles: Roles::default(),
    };
    for command in [&Command::Block, &no_role, &invite(CODE)] {
        let alone = |by| Facts {
            other_administrators: 0,
            ..facts(by)
        };
        let colleague = By::Officer(kanri());
        assert_eq!(
            step(&active, command, &alone(colleague)).unwrap_err(),
            Refusal::LastAdministrator
        );
        assert!(step(&active, command, &by_administrator()).is_ok());
        assert!(step(&active, command, &alone(By::Operator)).is_ok());
    }
}

#[test]
fn a21_what_an_administrator_does_wants_one_at_the_commit_and_what_the_operator_does_wants_none() {
    let (active, roles) = (active(), all_roles());
    let blocked = step(&active, &Command::Block, &by_administrator()).unwrap().next;
    for (case, command) in [
        (&active, Command::Block),
        (&active, Command::Assign { roles }),
        (&active, invite(CODE)),
        (&blocked, Command::Unblock),
    ] {
        let writes = |facts| step(case, &command, &facts).unwrap().writes;
        assert_eq!(
            writes(by_administrator()),
            [Write::Register, Write::Administers(kanri().id)]
        );
        assert_eq!(writes(facts(By::Operator)), [Write::Register]);
    }
}

#[test]
fn a_second_invitation_voids_the_first_code_and_the_card() {
    let again = step(&active(), &invite(Digest([8; 32])), &by_administrator())
        .unwrap()
        .next;
    assert_eq!(again.officer(ID), None, "the card of before does not act");
    let enrol = Command::Enrol(Box::new(enrolment()));
    assert_eq!(
        step(&again, &enrol, &facts(By::Nobody)).unwrap_err(),
        Refusal::WrongCode
    );
}

#[test]
fn an_account_has_so_many_passkeys_and_each_once() {
    let mut case = active();
    for mark in [1, 2, 2, 3] {
        let credential = Digest([mark; 32]);
        case = step(&case, &Command::AddPasskey { credential }, &own()).unwrap().next;
    }
    let one_more = Command::AddPasskey {
        credential: Digest([4; 32]),
    };
    let most = POLICY.passkeys;
    assert_eq!(step(&case, &one_more, &own()).unwrap_err(), Refusal::TooMany { most });
    let removed = Command::RemovePasskey {
        credential: Digest([2; 32]),
    };
    let case = step(&case, &removed, &own()).unwrap().next;
    assert!(step(&case, &one_more, &own()).is_ok());
}

pub(crate) fn cases() -> [(&'static str, Case); 5] {
    let blocked = |case: &Case| step(case, &Command::Block, &by_administrator()).unwrap().next;
    [
        ("New", Case::New),
        ("Invited", invited()),
        ("Active", active()),
        ("Blocked", blocked(&active())),
        ("Blocked-", blocked(&invited())),
    ]
}

/// Each with who may ask for it.
pub(crate) fn commands() -> [(&'static str, Command, Facts); 8] {
    let nobody = || facts(By::Nobody);
    [
        ("Invite", invite(CODE), by_administrator()),
        ("Enrol", Command::Enrol(Box::new(enrolment())), nobody()),
        ("LogIn", Command::LogIn(Proof::Card(presented(CARD))), nobody()),
        ("AddPasskey", Command::AddPasskey { credential: PASSKEY }, own()),
        ("RemovePasskey", Command::RemovePasskey { credential: PASSKEY }, own()),
        ("Assign", Command::Assign { roles: all_roles() }, by_administrator()),
        ("Block", Command::Block, by_administrator()),
        ("Unblock", Command::Unblock, by_administrator()),
    ]
}

pub(crate) fn step(case: &Case, command: &Command, facts: &Facts) -> Result<Decision, Refusal> {
    decide(case, command, facts, &POLICY, NOW)
}

fn invited() -> Case {
    step(&Case::New, &invite(CODE), &by_administrator()).unwrap().next
}

fn active() -> Case {
    enrolled([Role::Entry, Role::Approval])
}

fn enrolled(roles: impl IntoIterator<Item = Role>) -> Case {
    let invite = Command::Invite {
        account: Box::new(account(roles)),
        code: CODE,
    };
    let invited = step(&Case::New, &invite, &by_administrator()).unwrap().next;
    let enrol = Command::Enrol(Box::new(enrolment()));
    step(&invited, &enrol, &facts(By::Nobody)).unwrap().next
}

fn invite(code: Digest) -> Command {
    Command::Invite {
        account: Box::new(account([Role::Entry, Role::Approval])),
        code,
    }
}

fn account(roles: impl IntoIterator<Item = Role>) -> Account {
    Account {
        person: PersonNumber("1001".into()),
        name: "日本 花子".into(),
        company: Company(OFFICE.into()),
        roles: roles.into_iter().collect(),
        mail: "hanako@ca.example".into(),
    }
}

fn enrolment() -> Enrolment {
    Enrolment {
        code: CODE,
        presented: presented(CARD),
        card: Card {
            card: CARD,
            certificate: certificate(),
            authentication: login(),
        },
        holder: "日本　花子".into(),
    }
}

fn presented(card: Fingerprint) -> Presented {
    Presented::verified(card, NOW)
}

fn facts(by: By) -> Facts {
    Facts {
        by,
        taken: false,
        other_administrators: 1,
    }
}

fn by_administrator() -> Facts {
    facts(By::Officer(kanri()))
}

fn own() -> Facts {
    facts(By::Own)
}

fn all_roles() -> Roles {
    Role::ALL.into_iter().collect()
}

/// 2026-06-01 00:00 in Japan.
const NOW: Instant = Instant(1_780_239_600);
const ID: OfficerId = OfficerId([1; 16]);
const CODE: Digest = Digest([7; 32]);
const PASSKEY: Digest = Digest([6; 32]);
const POLICY: Policy = Policy {
    invitation_for: 7 * 86_400,
    passkeys: 3,
    dormant_after: 90 * 86_400,
};
