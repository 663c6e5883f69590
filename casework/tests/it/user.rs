//! Accounts of the people who log in for an organisation.

use casework::evidence::{Asserted, PasswordChosen, PasswordKnown};
use casework::identity::{Digest, OrganisationId};
use casework::officer::Role;
use casework::time::Instant;
use casework::user::{
    Account, Attempt, By, Case, Command, Decision, Errand, Event, Facts, Letter, LoginId, Policy, Tries, Typed, Way,
    Write, decide,
};
use casework::{Answer, Refusal};
use proptest::prelude::*;

use crate::office::{jiro, kanri};

#[test]
fn an_invited_person_chooses_a_password_and_logs_in() {
    let invited = step(&Case::New, &invite(LINK), &by_administrator()).unwrap();
    assert_eq!(invited.errands, [Errand::Mail(Letter::Invited)]);
    assert_eq!(invited.writes, [Write::Register, Write::Administers(kanri().id)]);
    let accepted = step(&invited.next, &accept(LINK), &nobody()).unwrap();
    assert_eq!(accepted.errands, [Errand::Mail(Letter::Accepted)]);
    let decision = step(&accepted.next, &right(), &nobody()).unwrap();
    assert_eq!(decision.event, Event::LoggedIn { by: Way::Password });
    assert!(decision.errands.is_empty(), "nobody is written to for every login");
}

#[test]
fn a22_an_account_that_is_invited_again_stays_its_persons() {
    let changed = |change: fn(&mut Account)| {
        let Command::Invite { mut account, token } = invite(ANOTHER_LINK) else {
            panic!("it is an invitation")
        };
        change(&mut account);
        Command::Invite { account, token }
    };
    let another_id = changed(|account| account.login = LoginId::typed("tsukan02").unwrap());
    let another_company = changed(|account| account.organisation = OrganisationId([4; 16]));
    for case in [invited(), active()] {
        for command in [&another_id, &another_company] {
            let refused = step(&case, command, &by_administrator()).unwrap_err();
            assert_eq!(refused, Refusal::Stale);
        }
        let again = step(&case, &invite(ANOTHER_LINK), &by_administrator()).unwrap();
        assert_eq!(again.event, Event::Invited, "the control");
    }
}

#[test]
fn a44_a_link_works_once_in_time_and_only_the_last_one_that_was_sent() {
    let invited = invited();
    let late = NOW.plus_seconds(POLICY.invitation_for + 1);
    let refused = |case: &Case, command: &Command, now| decide(case, command, &nobody(), &POLICY, now).unwrap_err();
    assert_eq!(refused(&invited, &accept(LINK), late), Refusal::LinkSpent);
    assert_eq!(refused(&invited, &accept(ANOTHER_LINK), NOW), Refusal::LinkSpent);
    assert_eq!(
        refused(&active(), &accept(LINK), NOW),
        Refusal::LinkSpent,
        "it was used"
    );
    let again = step(&invited, &invite(ANOTHER_LINK), &by_administrator()).unwrap().next;
    assert_eq!(refused(&again, &accept(LINK), NOW), Refusal::LinkSpent);
    assert!(step(&again, &accept(ANOTHER_LINK), &nobody()).is_ok());

    let asked = step(&active(), &ask(LINK), &nobody()).unwrap();
    assert_eq!(asked.errands, [Errand::Mail(Letter::Reset)]);
    let late = NOW.plus_seconds(POLICY.reset_for + 1);
    assert_eq!(refused(&asked.next, &reset(LINK), late), Refusal::LinkSpent);
    assert_eq!(refused(&asked.next, &reset(ANOTHER_LINK), NOW), Refusal::LinkSpent);
    assert_eq!(
        refused(&active(), &reset(LINK), NOW),
        Refusal::LinkSpent,
        "none was asked for"
    );
    let done = step(&asked.next, &reset(LINK), &nobody()).unwrap().next;
    assert_eq!(refused(&done, &reset(LINK), NOW), Refusal::LinkSpent, "it was used");
    let refused = refused(
        &asked.next,
        &ask(ANOTHER_LINK),
        NOW.plus_seconds(POLICY.reset_every - 1),
    );
    let until = NOW.plus_seconds(POLICY.reset_every);
    assert_eq!(
        refused,
        Refusal::LinkSent { until },
        "a mailbox is not filled by who knows an ID"
    );
    let later = decide(&asked.next, &ask(ANOTHER_LINK), &nobody(), &POLICY, until)
        .unwrap()
        .next;
    assert_eq!(
        decide(&later, &reset(LINK), &nobody(), &POLICY, until).unwrap_err(),
        Refusal::LinkSpent,
        "the later link voids the earlier"
    );
}

#[test]
fn r16_a_wrong_password_counts_and_who_typed_too_many_waits_longer_each_time() {
    let mut case = active();
    for failed in 1..=POLICY.free_tries {
        let decision = step(&case, &WRONG, &nobody()).unwrap();
        assert_eq!(decision.answer, Answer::Refused(Refusal::WrongLogin));
        assert_eq!(decision.event, Event::WrongPassword { failed });
        let told: &[Errand] = if failed == POLICY.free_tries {
            &[Errand::Mail(Letter::LockedOut)]
        } else {
            &[]
        };
        assert_eq!(decision.errands, told);
        case = decision.next;
    }
    let until = NOW.plus_seconds(60);
    let locked = Refusal::LockedOut { until: Some(until) };
    assert_eq!(
        step(&case, &right(), &nobody()).unwrap_err(),
        locked,
        "the right one is not looked at either"
    );
    assert_eq!(
        step(&case, &WRONG, &nobody()).unwrap_err(),
        locked,
        "and a wrong one does not count"
    );
    let change = Command::ChangePassword {
        typed: Typed::Wrong,
        password: PasswordChosen::judged(ANOTHER_PASSWORD),
    };
    assert_eq!(
        step(&case, &change, &own()).unwrap_err(),
        locked,
        "wherever it is typed"
    );
    let later = decide(&case, &WRONG, &nobody(), &POLICY, until).unwrap().next;
    let until = until.plus_seconds(120);
    assert_eq!(
        decide(&later, &right(), &nobody(), &POLICY, until.plus_seconds(-1)).unwrap_err(),
        Refusal::LockedOut { until: Some(until) }
    );
    let in_again = decide(&later, &right(), &nobody(), &POLICY, until).unwrap().next;
    assert_eq!(
        tries(&in_again),
        Tries::default(),
        "a right password forgets the wrong ones"
    );
    let waits: Vec<i64> = (0..14).map(|failed| POLICY.wait(failed)).collect();
    assert_eq!(
        waits,
        [0, 0, 0, 0, 0, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]
    );
}

#[test]
fn r22_after_a_hundred_wrong_passwords_in_a_row_the_password_is_worth_nothing_until_it_is_reset() {
    let (mut case, mut now) = (step(&active(), &add(PASSKEY), &own()).unwrap().next, NOW);
    for _ in 0..POLICY.most_tries {
        case = decide(&case, &WRONG, &nobody(), &POLICY, now).unwrap().next;
        now = now.plus_seconds(POLICY.longest_wait);
    }
    let never = now.plus_seconds(100 * 365 * 86_400);
    for command in [right(), WRONG] {
        assert_eq!(
            decide(&case, &command, &nobody(), &POLICY, never).unwrap_err(),
            Refusal::LockedOut { until: None }
        );
    }
    assert!(
        decide(&case, &by_passkey(), &nobody(), &POLICY, now).is_ok(),
        "a passkey cannot be guessed and is not locked out"
    );
    let asked = decide(&case, &ask(LINK), &nobody(), &POLICY, now).unwrap().next;
    let done = decide(&asked, &reset(LINK), &nobody(), &POLICY, now).unwrap().next;
    assert!(decide(&done, &right_with(ANOTHER_PASSWORD), &nobody(), &POLICY, now).is_ok());
}

#[test]
fn a45_every_password_ends_the_sessions_of_the_one_before() {
    let active = active();
    let change = Command::ChangePassword {
        typed: Typed::Right(PasswordKnown::verified(PASSWORD, NOW)),
        password: PasswordChosen::judged(ANOTHER_PASSWORD),
    };
    let changed = step(&active, &change, &own()).unwrap();
    assert_eq!(changed.errands, [Errand::Mail(Letter::PasswordChanged)]);
    let asked = step(&active, &ask(LINK), &nobody()).unwrap().next;
    let reset = step(&asked, &reset(LINK), &nobody()).unwrap().next;
    let invited = step(&active, &invite(LINK), &by_administrator()).unwrap().next;
    let accepted = step(&invited, &accept(LINK), &nobody()).unwrap().next;
    let blocked = step(&active, &Command::Block, &by_administrator()).unwrap().next;
    let back = step(&blocked, &invite(LINK), &by_administrator()).unwrap().next;
    let back = step(&back, &accept(LINK), &nobody()).unwrap().next;
    for case in [&changed.next, &reset, &accepted, &back] {
        assert_eq!(case.generation(), active.generation() + 1, "{case:?}");
    }
    assert_eq!(
        step(&changed.next, &right(), &nobody()).unwrap().answer,
        Answer::Refused(Refusal::WrongLogin),
        "what was verified against the hash of before proves nothing"
    );
    assert_eq!(
        step(&active, &change, &nobody()).unwrap_err(),
        Refusal::WrongLogin,
        "a password is changed by the account itself"
    );
}

#[test]
fn a55_whoever_is_not_let_in_is_refused_in_one_way() {
    let blocked = step(&active(), &Command::Block, &by_administrator()).unwrap().next;
    for case in [Case::New, invited(), blocked] {
        for command in [right(), WRONG, by_passkey(), ask(LINK)] {
            assert_eq!(step(&case, &command, &nobody()).unwrap_err(), Refusal::WrongLogin);
        }
    }
    assert_eq!(
        step(&active(), &by_passkey(), &nobody()).unwrap_err(),
        Refusal::WrongLogin
    );
}

#[test]
fn the_end_of_a_contract_is_told_to_who_knows_the_password_and_to_nobody_else() {
    let ended = Facts {
        in_force: false,
        ..nobody()
    };
    assert_eq!(step(&active(), &right(), &ended).unwrap_err(), Refusal::ContractEnded);
    let wrong = step(&active(), &WRONG, &ended).unwrap();
    assert_eq!(wrong.answer, Answer::Refused(Refusal::WrongLogin));
    assert_eq!(
        step(&invited(), &accept(LINK), &ended).unwrap_err(),
        Refusal::ContractEnded
    );
    let invited_there = Facts {
        in_force: false,
        ..by_administrator()
    };
    assert_eq!(
        step(&Case::New, &invite(LINK), &invited_there).unwrap_err(),
        Refusal::ContractEnded
    );
}

#[test]
fn accounts_are_looked_after_by_administrators_alone_and_an_id_is_one_accounts() {
    let correct = Command::Correct {
        name: "通関 次郎".into(),
        mail: "jiro@boeki.example".into(),
    };
    for command in [invite(ANOTHER_LINK), correct, Command::Block] {
        let refused = |by| step(&active(), &command, &facts(by)).unwrap_err();
        let role = Role::Administration;
        assert_eq!(refused(By::Own), Refusal::NotAnOfficer);
        assert_eq!(refused(By::Nobody), Refusal::NotAnOfficer);
        assert_eq!(refused(By::Officer(jiro())), Refusal::NoRole { role });
        assert!(step(&active(), &command, &by_administrator()).is_ok());
    }
    let taken = Facts {
        taken: true,
        ..by_administrator()
    };
    assert_eq!(
        step(&Case::New, &invite(LINK), &taken).unwrap_err(),
        Refusal::LoginTaken
    );
    for (typed, id) in [
        ("TSUKAN01", Some("tsukan01")),
        (" ｔｓｕｋａｎ０１ ", Some("tsukan01")),
        ("t.s-k_1", Some("t.s-k_1")),
        ("tsu", None),
        ("-tsukan", None),
        ("tsukan 01", None),
        ("通関太郎", None),
        ("tsukan@boeki", None),
    ] {
        assert_eq!(LoginId::typed(typed).as_ref().map(LoginId::as_str), id, "{typed:?}");
    }
}

#[test]
fn an_account_has_so_many_passkeys_and_each_once() {
    let mut case = active();
    for mark in [1, 2, 2, 3] {
        case = step(&case, &add(Digest([mark; 32])), &own()).unwrap().next;
    }
    let one_more = add(Digest([4; 32]));
    let most = POLICY.passkeys;
    assert_eq!(step(&case, &one_more, &own()).unwrap_err(), Refusal::TooMany { most });
    assert_eq!(
        step(&active(), &one_more, &by_administrator()).unwrap_err(),
        Refusal::WrongLogin
    );
    let removed = Command::RemovePasskey {
        credential: Digest([2; 32]),
    };
    let case = step(&case, &removed, &own()).unwrap().next;
    assert!(step(&case, &one_more, &own()).is_ok());
}

#[test]
fn r22_a_passkey_is_added_by_whoever_knows_the_password_and_wrong_ones_count() {
    let wrong = Command::AddPasskey {
        typed: Typed::Wrong,
        credential: PASSKEY,
    };
    let mut case = active();
    for _ in 0..POLICY.free_tries {
        let decision = step(&case, &wrong, &own()).unwrap();
        assert_eq!(decision.answer, Answer::Refused(Refusal::WrongLogin));
        case = decision.next;
    }
    let as_at_the_login = step(&case, &add(PASSKEY), &own()).unwrap_err();
    assert!(matches!(as_at_the_login, Refusal::LockedOut { .. }));
    let nothing_added = step(&case, &by_passkey(), &nobody()).unwrap_err();
    assert_eq!(nothing_added, Refusal::WrongLogin);
    let control = step(&active(), &add(PASSKEY), &own()).unwrap().next;
    assert!(step(&control, &by_passkey(), &nobody()).is_ok());
}

/// What may happen to an account. A mark names a password, a link or a passkey.
#[derive(Clone, Debug)]
enum Step {
    Invite { link: u8 },
    Accept { link: u8, password: u8 },
    LogIn { password: u8 },
    Change { from: u8, to: u8 },
    Ask { link: u8 },
    Reset { link: u8, password: u8 },
    Block,
    Wait { seconds: i64 },
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever is sent in whatever order: only the password that was chosen last through a live link or with the one
    /// before opens the account, tries are never more than the waiting allows, and the generation never goes back.
    #[test]
    fn only_the_last_password_opens_an_account_and_tries_are_bounded(steps in prop::collection::vec(any_step(), 1..60)) {
        walk(&steps)?;
    }
}

/// The control of the walk: it does get in.
#[test]
fn a_straight_walk_logs_in() {
    let steps = [
        Step::Invite { link: 1 },
        Step::Accept { link: 1, password: 1 },
        Step::LogIn { password: 2 },
        Step::LogIn { password: 1 },
        Step::Change { from: 1, to: 2 },
        Step::LogIn { password: 2 },
        Step::Ask { link: 2 },
        Step::Reset { link: 2, password: 3 },
        Step::LogIn { password: 3 },
    ];
    assert_eq!(walk(&steps).unwrap(), 3);
}

/// Walks, and counts the logins by password.
fn walk(steps: &[Step]) -> Result<usize, TestCaseError> {
    let (mut case, mut now, mut logins) = (Case::New, NOW, 0);
    // What a bystander would keep: the password in force, and when passwords were looked at in vain since the last right one.
    let (mut password, mut looked_at) = (None, Vec::<Instant>::new());
    for step in steps {
        let typed = |mark: u8| match password {
            Some(known) if known == mark => Typed::Right(PasswordKnown::verified(Digest([mark; 32]), now)),
            _ => Typed::Wrong,
        };
        let chosen = |mark: &u8| PasswordChosen::judged(Digest([*mark; 32]));
        let (command, facts) = match step {
            Step::Wait { seconds } => {
                now = now.plus_seconds(*seconds);
                continue;
            }
            Step::Invite { link } => (invite(Digest([*link; 32])), by_administrator()),
            Step::Accept { link, password } => {
                let (token, password) = (Digest([*link; 32]), chosen(password));
                (Command::Accept { token, password }, nobody())
            }
            Step::LogIn { password } => (Command::LogIn(Attempt::Password(typed(*password))), nobody()),
            Step::Change { from, to } => {
                let (typed, password) = (typed(*from), chosen(to));
                (Command::ChangePassword { typed, password }, own())
            }
            Step::Ask { link } => (ask(Digest([*link; 32])), nobody()),
            Step::Reset { link, password } => {
                let (token, password) = (Digest([*link; 32]), chosen(password));
                (Command::Reset { token, password }, nobody())
            }
            Step::Block => (Command::Block, by_administrator()),
        };
        let Ok(decision) = decide(&case, &command, &facts, &POLICY, now) else {
            continue;
        };
        prop_assert!(decision.next.generation() >= case.generation());
        match (&decision.event, step) {
            (Event::LoggedIn { .. }, Step::LogIn { password: typed }) => {
                prop_assert_eq!(password, Some(*typed));
                looked_at.clear();
                logins += 1;
            }
            (Event::WrongPassword { failed }, _) => {
                looked_at.push(now);
                prop_assert_eq!(usize::try_from(*failed).unwrap(), looked_at.len());
                if let [.., before, last] = looked_at.as_slice() {
                    prop_assert!(
                        last.0 - before.0 >= POLICY.wait(failed - 1),
                        "after {} there is a waiting",
                        failed - 1
                    );
                }
            }
            (
                Event::Accepted | Event::PasswordReset,
                Step::Accept { password: chosen, .. } | Step::Reset { password: chosen, .. },
            )
            | (Event::PasswordChanged, Step::Change { to: chosen, .. }) => {
                prop_assert!(decision.next.generation() > case.generation());
                password = Some(*chosen);
                looked_at.clear();
            }
            (Event::Invited | Event::Blocked, _) => {
                password = None;
                looked_at.clear();
            }
            _ => {}
        }
        case = decision.next;
    }
    Ok(logins)
}

fn any_step() -> impl Strategy<Value = Step> {
    let mark = || 1_u8..4;
    prop_oneof![
        1 => mark().prop_map(|link| Step::Invite { link }),
        2 => (mark(), mark()).prop_map(|(link, password)| Step::Accept { link, password }),
        6 => mark().prop_map(|password| Step::LogIn { password }),
        2 => (mark(), mark()).prop_map(|(from, to)| Step::Change { from, to }),
        1 => mark().prop_map(|link| Step::Ask { link }),
        1 => (mark(), mark()).prop_map(|(link, password)| Step::Reset { link, password }),
        1 => Just(Step::Block),
        3 => (0_i64..5_000).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

pub(crate) fn cases() -> [(&'static str, Case); 5] {
    let mut locked = active();
    for _ in 0..POLICY.free_tries {
        locked = step(&locked, &WRONG, &nobody()).unwrap().next;
    }
    let blocked = step(&active(), &Command::Block, &by_administrator()).unwrap().next;
    [
        ("New", Case::New),
        ("Invited", invited()),
        ("Active", step(&active(), &ask(LINK), &nobody()).unwrap().next),
        ("Locked", locked),
        ("Blocked", blocked),
    ]
}

/// Each with who may ask for it.
pub(crate) fn commands() -> [(&'static str, Command, Facts); 11] {
    let change = Command::ChangePassword {
        typed: Typed::Right(PasswordKnown::verified(PASSWORD, NOW)),
        password: PasswordChosen::judged(ANOTHER_PASSWORD),
    };
    let correct = Command::Correct {
        name: "通関 次郎".into(),
        mail: "jiro@boeki.example".into(),
    };
    [
        ("Invite", invite(LINK), by_administrator()),
        ("Accept", accept(LINK), nobody()),
        ("LogIn", right(), nobody()),
        ("LogIn!", WRONG, nobody()),
        ("ChangePassword", change, own()),
        ("AskReset", ask(LINK), nobody()),
        ("Reset", reset(LINK), nobody()),
        ("AddPasskey", add(PASSKEY), own()),
        ("RemovePasskey", Command::RemovePasskey { credential: PASSKEY }, own()),
        ("Correct", correct, by_administrator()),
        ("Block", Command::Block, by_administrator()),
    ]
}

pub(crate) fn step(case: &Case, command: &Command, facts: &Facts) -> Result<Decision, Refusal> {
    decide(case, command, facts, &POLICY, NOW)
}

fn add(credential: Digest) -> Command {
    Command::AddPasskey {
        typed: Typed::Right(PasswordKnown::verified(PASSWORD, NOW)),
        credential,
    }
}

fn invited() -> Case {
    step(&Case::New, &invite(LINK), &by_administrator()).unwrap().next
}

fn active() -> Case {
    step(&invited(), &accept(LINK), &nobody()).unwrap().next
}

fn invite(token: Digest) -> Command {
    Command::Invite {
        account: Box::new(Account {
            login: LoginId::typed("tsukan01").unwrap(),
            organisation: OrganisationId([3; 16]),
            name: "通関 太郎".into(),
            mail: "taro@boeki.example".into(),
        }),
        token,
    }
}

fn accept(token: Digest) -> Command {
    Command::Accept {
        token,
        password: PasswordChosen::judged(PASSWORD),
    }
}

fn ask(token: Digest) -> Command {
    Command::AskReset { token }
}

fn reset(token: Digest) -> Command {
    Command::Reset {
        token,
        password: PasswordChosen::judged(ANOTHER_PASSWORD),
    }
}

fn right() -> Command {
    right_with(PASSWORD)
}

fn right_with(password: Digest) -> Command {
    Command::LogIn(Attempt::Password(Typed::Right(PasswordKnown::verified(password, NOW))))
}

fn by_passkey() -> Command {
    Command::LogIn(Attempt::Passkey(Asserted::verified(PASSKEY, NOW)))
}

fn tries(case: &Case) -> Tries {
    match case {
        Case::Active { login, .. } => login.tries,
        case => panic!("{case:?} has no tries"),
    }
}

fn facts(by: By) -> Facts {
    Facts {
        by,
        taken: false,
        in_force: true,
    }
}

fn by_administrator() -> Facts {
    facts(By::Officer(kanri()))
}

fn own() -> Facts {
    facts(By::Own)
}

fn nobody() -> Facts {
    facts(By::Nobody)
}

const WRONG: Command = Command::LogIn(Attempt::Password(Typed::Wrong));
/// 2026-06-01 00:00 in Japan.
const NOW: Instant = Instant(1_780_239_600);
const LINK: Digest = Digest([7; 32]);
const ANOTHER_LINK: Digest = Digest([8; 32]);
const PASSWORD: Digest = Digest([4; 32]);
const ANOTHER_PASSWORD: Digest = Digest([5; 32]);
const PASSKEY: Digest = Digest([6; 32]);
const POLICY: Policy = Policy {
    invitation_for: 7 * 86_400,
    reset_for: 1_800,
    reset_every: 300,
    free_tries: 5,
    first_wait: 60,
    longest_wait: 3_600,
    most_tries: 100,
    passkeys: 3,
    dormant_after: 90 * 86_400,
};
