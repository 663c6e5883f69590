//! デジタル証明書の再発行: what is taken, who may change it until when, and what the morning does (DOMAIN §6).

use casework::applicant::{Applicant, Form};
use casework::calendar::DesiredDay;
use casework::evidence::Possession;
use casework::identity::{Company, Digest, GrantId, OrganisationId, ReissueId};
use casework::number::Number;
use casework::officer::Officer;
use casework::reissue::{
    Case, Cause, Command, Decision, Errand, Event, Facts, Letter, Policy, Progress, Step, Trouble, Warning, Wish,
    Write, decide, morning, warnings,
};
use casework::review::{Parties, Persons, Reason, Rule, Verdict};
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::{Date, Day, Instant};
use casework::{Answer, Refusal};

use crate::calendar::year_end_closed;
use crate::office::{HOLDERS_COMPANY, insider, jiro, kanri, rule, saburo};
use crate::{TEXT, clock, day};

#[test]
fn s6_6_an_application_takes_its_terminals_and_writes_to_the_applicant() {
    let decision = step(&drafted(), &apply()).unwrap();
    assert_eq!(
        decision.writes,
        [
            Write::Number { number: NUMBER },
            Write::Occupy { terminals: terminals() },
            Write::Queue
        ]
    );
    assert_eq!(decision.errands, [Errand::Mail(Letter::Received)]);
    assert!(matches!(decision.next, Case::Received { .. }));
}

#[test]
fn r305_a16_the_day_counts_on_the_day_of_registration_and_not_of_the_form() {
    // Chosen on Friday evening for Tuesday; registered after midnight: the day was checked for Friday.
    let late = clock(day(2026, 11, 21), 0, 1, 0);
    let refused = at(&drafted(), &apply(), &facts(), &policy(), late);
    assert_eq!(refused.unwrap_err(), Refusal::DayGone);
    let again = Command::Apply {
        day: wished(date(2026, 11, 24), late.day()),
        content: CONTENT,
        number: NUMBER,
    };
    assert!(at(&drafted(), &again, &facts(), &policy(), late).is_ok());
    let another_day = Command::Apply {
        day: wished(date(2026, 11, 25), now().day()),
        content: CONTENT,
        number: NUMBER,
    };
    assert_eq!(step(&drafted(), &another_day).unwrap_err(), Refusal::DayGone);
}

#[test]
fn e_term_dup_a_terminal_in_an_open_application_is_refused_by_name_and_number() {
    let open = Facts {
        open: vec![(terminal("11110B"), OTHER_NUMBER)],
        ..facts()
    };
    let taken = Refusal::TerminalTaken {
        terminal: terminal("11110B"),
        number: OTHER_NUMBER,
    };
    assert_eq!(at(&entered(), &choose(), &open, &policy(), now()).unwrap_err(), taken);
    assert_eq!(
        at(&drafted(), &apply(), &open, &policy(), now()).unwrap_err(),
        taken,
        "two tabs"
    );
}

#[test]
fn a17_terminals_of_others_none_and_too_many_are_refused() {
    let strange = Facts {
        known: vec![
            (terminal("11110A"), ORGANISATION),
            (terminal("11110B"), OTHER_ORGANISATION),
        ],
        ..facts()
    };
    assert_eq!(
        at(&entered(), &choose(), &strange, &policy(), now()).unwrap_err(),
        Refusal::NoSuchTerminal {
            terminal: terminal("11110B")
        }
    );
    let of = |terminals| Command::Choose {
        day: friday_wish(),
        cause: Cause::Exchanged,
        terminals,
    };
    assert_eq!(step(&entered(), &of(Vec::new())).unwrap_err(), Refusal::NoTerminal);
    let one = Policy {
        most_terminals: 1,
        ..policy()
    };
    assert_eq!(
        at(&entered(), &choose(), &facts(), &one, now()).unwrap_err(),
        Refusal::TooMany { most: 1 }
    );
    let twice = vec![terminal("11110A"), terminal("11110A")];
    assert_eq!(step(&entered(), &of(twice)).unwrap_err(), Refusal::Stale);
}

#[test]
fn a17_nobody_but_the_customer_sees_or_changes_it() {
    let stranger = Facts {
        by: Some(OTHER_ORGANISATION),
        ..facts()
    };
    for case in [drafted(), received(), returned()] {
        for command in [
            Command::Enter(contact()),
            choose(),
            apply(),
            correct(),
            Command::Withdraw,
        ] {
            let refused = at(&case, &command, &stranger, &policy(), now()).unwrap_err();
            assert!(matches!(refused, Refusal::NotYours | Refusal::Stale), "{refused:?}");
        }
    }
}

#[test]
fn s6_6_an_applicant_corrects_and_withdraws_until_an_officer_has_it() {
    let corrected = step(&step(&received(), &choose()).unwrap().next, &correct()).unwrap();
    assert_eq!(
        corrected.writes,
        [Write::Occupy { terminals: terminals() }, Write::Queue]
    );
    for command in [Command::Enter(contact()), choose(), correct(), Command::Withdraw] {
        assert_eq!(step(&claimed(), &command).unwrap_err(), Refusal::UnderReview);
        let later = now().plus_seconds(rule().claim_for + 1);
        let given_up = at(&claimed(), &command, &facts(), &policy(), later);
        assert_ne!(given_up.err(), Some(Refusal::UnderReview), "the claim ran out");
    }
    let withdrawn = step(&received(), &Command::Withdraw).unwrap();
    assert_eq!(withdrawn.writes, [Write::Vacate, Write::Queue]);
    assert_eq!(withdrawn.errands, [Errand::Mail(Letter::Withdrawn)]);
    // The examiner's decision on it comes too late.
    for command in [Command::Claim, propose(Verdict::Approve), decided()] {
        assert_eq!(officer(&withdrawn.next, &command, &jiro()).unwrap_err(), Refusal::Stale);
    }
}

#[test]
fn s6_6_a_return_is_corrected_with_a_day_that_has_not_passed() {
    let late = day(2026, 11, 24);
    let unchanged = Command::Correct {
        day: wished(date(2026, 11, 25), late.day()),
        content: CONTENT,
    };
    assert_eq!(
        at(&returned(), &unchanged, &facts(), &policy(), late).unwrap_err(),
        Refusal::DayGone,
        "11-24 is not among what was chosen for today"
    );
    let anew = Command::Choose {
        day: wished(date(2026, 11, 25), late.day()),
        cause: Cause::Expired,
        terminals: terminals(),
    };
    let chosen = at(&returned(), &anew, &facts(), &policy(), late).unwrap().next;
    let sent = at(&chosen, &unchanged, &facts(), &policy(), late).unwrap();
    let Case::Received { submitted, review, .. } = &sent.next else {
        panic!("{:?}", sent.next)
    };
    assert_eq!((submitted.number, submitted.wish.day), (NUMBER, date(2026, 11, 25)));
    assert_eq!((&review.first, &review.claim), (&None, &None), "A23: looked at anew");
}

#[test]
fn a22_a24_nobody_decides_for_the_own_company_and_a_denial_says_why() {
    assert_eq!(
        officer(&received(), &Command::Claim, &insider()).unwrap_err(),
        Refusal::OwnApplication
    );
    let nothing = Reason {
        key: String::new(),
        remark: None,
    };
    let denial = propose(Verdict::Deny(Box::new(nothing)));
    assert_eq!(officer(&claimed(), &denial, &jiro()).unwrap_err(), Refusal::NoReason);
    let denied = officer(&proposed(Verdict::Deny(Box::new(reason()))), &decided(), &jiro()).unwrap();
    assert_eq!(denied.errands, [Errand::Mail(Letter::Denied)]);
    assert_eq!(denied.writes, [Write::Vacate, Write::Queue]);
}

#[test]
fn a22_where_two_persons_decide_one_is_not_enough() {
    let two = Policy {
        rule: Rule {
            persons: Persons::Two,
            ..rule()
        },
        ..policy()
    };
    let go = |case: &Case, command: &Command, by: &Officer, first: Option<Possession>| {
        let facts = Facts {
            first,
            officer: Some(by.clone()),
            ..facts()
        };
        at(case, command, &facts, &two, now()).map(|decision| decision.next)
    };
    let case = go(&received(), &Command::Claim, &jiro(), None).unwrap();
    let case = go(&case, &propose(Verdict::Approve), &jiro(), None).unwrap();
    let case = go(&case, &decided(), &jiro(), None).unwrap();
    assert!(matches!(case, Case::Examining { .. }), "審査中 until the second one");
    assert_eq!(
        go(&case, &Command::Claim, &jiro(), None).unwrap_err(),
        Refusal::SamePerson
    );
    assert_eq!(step(&case, &Command::Withdraw).unwrap_err(), Refusal::UnderReview);
    let case = go(&case, &Command::Claim, &saburo(), None).unwrap();
    let case = go(&case, &propose(Verdict::Approve), &saburo(), None).unwrap();
    let signed = Command::Decide {
        signed: Possession::verified(saburo().card, TEXT, now()),
    };
    assert_eq!(go(&case, &signed, &saburo(), None).unwrap_err(), Refusal::Unproven);
    let first = Some(Possession::verified(jiro().card, TEXT, now()));
    assert!(matches!(
        go(&case, &signed, &saburo(), first).unwrap(),
        Case::Approved { .. }
    ));
}

#[test]
fn a20_a_terminal_that_the_contract_lost_meanwhile_is_not_approved() {
    let lost = Facts {
        known: vec![(terminal("11110A"), ORGANISATION)],
        officer: Some(jiro()),
        ..facts()
    };
    let refusal = Refusal::NoSuchTerminal {
        terminal: terminal("11110B"),
    };
    let approve = proposed(Verdict::Approve);
    assert_eq!(at(&approve, &decided(), &lost, &policy(), now()).unwrap_err(), refusal);
    let propose = propose(Verdict::Approve);
    assert_eq!(at(&claimed(), &propose, &lost, &policy(), now()).unwrap_err(), refusal);
}

#[test]
fn r307_nothing_is_due_before_the_morning_of_the_desired_date() {
    let approved = approved();
    let begins = morning(date(2026, 11, 24), &policy());
    assert_eq!(begins, clock(day(2026, 11, 24), 6, 0, 0));
    assert_eq!(approved.due(APPLICATION, &policy(), begins.plus_seconds(-1)), []);
    let due = approved.due(APPLICATION, &policy(), begins);
    assert_eq!(
        due.iter().map(casework::reissue::Due::terminal).collect::<Vec<_>>(),
        terminals()
    );
    let early = granting(&approved, &[grant_a(), grant_b()], &[], begins.plus_seconds(-1));
    assert_eq!(early.unwrap_err(), Refusal::Stale);
}

#[test]
fn r307_the_completion_goes_out_once_when_the_last_terminal_is_done_and_a_failure_is_seen_and_tried_again() {
    let begins = morning(date(2026, 11, 24), &policy());
    let half = granting(
        &approved(),
        &[grant_a()],
        &[(terminal("11110B"), Trouble::Failed)],
        begins,
    )
    .unwrap();
    assert_eq!(half.errands, []);
    assert_eq!(
        progress(&half.next),
        [
            Step::Opened(grant_a().1),
            Step::Troubled {
                trouble: Trouble::Failed,
                since: begins
            }
        ]
    );
    // The next round: the same trouble changes nothing, and the first terminal is not due again.
    let again = begins.plus_seconds(60);
    let left = half.next.due(APPLICATION, &policy(), again);
    assert_eq!(
        left.iter().map(casework::reissue::Due::terminal).collect::<Vec<_>>(),
        [terminal("11110B")]
    );
    let same = granting(
        &half.next,
        &[grant_a()],
        &[(terminal("11110B"), Trouble::Failed)],
        again,
    );
    assert_eq!(same.unwrap_err(), Refusal::Stale);
    let whole = granting(&half.next, &[grant_a(), grant_b()], &[], again).unwrap();
    assert_eq!(whole.errands, [Errand::Mail(Letter::Completed)]);
    assert_eq!(whole.writes, [Write::Vacate, Write::Done, Write::Queue]);
    assert!(matches!(&whole.event, Event::Reissued { terminals: 2, .. }));
    let twice = granting(&whole.next, &[grant_a(), grant_b()], &[], again);
    assert_eq!(twice.unwrap_err(), Refusal::Stale);
}

#[test]
fn w_stillvalid_is_said_of_a_certificate_that_has_not_expired_and_no_error() {
    let wish = |cause| Wish {
        day: date(2026, 11, 24),
        cause,
        terminals: terminals(),
    };
    let far = clock(day(2027, 4, 20), 23, 59, 59);
    let near = clock(day(2026, 12, 18), 23, 59, 59);
    let certificates = [(terminal("11110A"), far), (terminal("11110B"), near)];
    let said = warnings(&wish(Cause::Expired), &certificates, &policy(), now());
    let still = |terminal, until, renewable| Warning::StillValid {
        terminal,
        until,
        renewable,
    };
    assert_eq!(
        said,
        [
            still(terminal("11110A"), far, false),
            still(terminal("11110B"), near, true)
        ]
    );
    assert_eq!(warnings(&wish(Cause::Exchanged), &certificates, &policy(), now()), []);
    let past = [(terminal("11110A"), now().plus_seconds(-1))];
    assert_eq!(warnings(&wish(Cause::Expired), &past, &policy(), now()), []);
}

fn grant_a() -> (Terminal, GrantId) {
    (terminal("11110A"), GrantId([0x51; 16]))
}

fn grant_b() -> (Terminal, GrantId) {
    (terminal("11110B"), GrantId([0x52; 16]))
}

fn progress(case: &Case) -> Vec<Step> {
    let Case::Approved { progress, .. } = case else {
        panic!("{case:?}")
    };
    progress.iter().map(|Progress { step, .. }| *step).collect()
}

fn granting(
    case: &Case,
    granted: &[(Terminal, GrantId)],
    troubles: &[(Terminal, Trouble)],
    now: Instant,
) -> Result<Decision, Refusal> {
    let facts = Facts {
        by: None,
        granted: granted.to_vec(),
        ..facts()
    };
    let troubles = troubles.to_vec();
    at(case, &Command::Grant { troubles }, &facts, &policy(), now)
}

pub(crate) fn step(case: &Case, command: &Command) -> Result<Decision, Refusal> {
    at(case, command, &facts(), &policy(), now())
}

pub(crate) fn officer(case: &Case, command: &Command, by: &Officer) -> Result<Decision, Refusal> {
    let facts = Facts {
        officer: Some(by.clone()),
        hand_to: Some(saburo()),
        ..facts()
    };
    at(case, command, &facts, &policy(), now())
}

fn at(case: &Case, command: &Command, facts: &Facts, policy: &Policy, now: Instant) -> Result<Decision, Refusal> {
    let decided = decide(case, command, facts, policy, now);
    assert_eq!(
        decided,
        decide(case, command, facts, policy, now),
        "it speaks for itself"
    );
    if let Ok(decision) = &decided {
        assert_eq!(decision.answer, Answer::Done);
    }
    decided
}

/// Every state, for the table of authority.
pub(crate) fn cases() -> Vec<(&'static str, Case)> {
    let begins = morning(date(2026, 11, 24), &policy());
    let reissued = granting(&approved(), &[grant_a(), grant_b()], &[], begins)
        .unwrap()
        .next;
    let denied = officer(&proposed(Verdict::Deny(Box::new(reason()))), &decided(), &jiro());
    vec![
        ("new", Case::New),
        ("drafting", drafted()),
        ("received", received()),
        ("examining", claimed()),
        ("returned", returned()),
        ("approved", approved()),
        ("reissued", reissued),
        ("denied", denied.unwrap().next),
        ("withdrawn", step(&received(), &Command::Withdraw).unwrap().next),
        ("abandoned", step(&drafted(), &Command::Abandon).unwrap().next),
    ]
}

/// Every command, and who gives it.
pub(crate) fn commands() -> Vec<(&'static str, Command, Officer)> {
    let nobody = jiro;
    vec![
        ("open", Command::Open, nobody()),
        ("enter", Command::Enter(contact()), nobody()),
        ("choose", choose(), nobody()),
        ("apply", apply(), nobody()),
        ("correct", correct(), nobody()),
        ("abandon", Command::Abandon, nobody()),
        ("withdraw", Command::Withdraw, nobody()),
        ("claim", Command::Claim, jiro()),
        ("release", Command::Release, jiro()),
        ("reassign", Command::Reassign, kanri()),
        ("propose", propose(Verdict::Approve), jiro()),
        ("decide", decided(), jiro()),
        ("grant", Command::Grant { troubles: Vec::new() }, nobody()),
    ]
}

fn entered() -> Case {
    let opened = step(&Case::New, &Command::Open).unwrap().next;
    step(&opened, &Command::Enter(contact())).unwrap().next
}

fn drafted() -> Case {
    step(&entered(), &choose()).unwrap().next
}

fn received() -> Case {
    step(&drafted(), &apply()).unwrap().next
}

fn claimed() -> Case {
    officer(&received(), &Command::Claim, &jiro()).unwrap().next
}

fn proposed(verdict: Verdict) -> Case {
    officer(&claimed(), &propose(verdict), &jiro()).unwrap().next
}

fn returned() -> Case {
    officer(&proposed(Verdict::Return(Box::new(reason()))), &decided(), &jiro())
        .unwrap()
        .next
}

pub(crate) fn approved() -> Case {
    officer(&proposed(Verdict::Approve), &decided(), &jiro()).unwrap().next
}

fn choose() -> Command {
    Command::Choose {
        day: friday_wish(),
        cause: Cause::Expired,
        terminals: terminals(),
    }
}

fn apply() -> Command {
    Command::Apply {
        day: friday_wish(),
        content: CONTENT,
        number: NUMBER,
    }
}

fn correct() -> Command {
    Command::Correct {
        day: friday_wish(),
        content: Digest([0x61; 32]),
    }
}

fn propose(verdict: Verdict) -> Command {
    Command::Propose { verdict, text: TEXT }
}

fn decided() -> Command {
    Command::Decide {
        signed: Possession::verified(jiro().card, TEXT, now()),
    }
}

fn reason() -> Reason {
    Reason {
        key: "terminal".into(),
        remark: Some("端末名をご確認ください。".into()),
    }
}

fn form() -> Form {
    Form {
        surname: "通関".into(),
        given: "太郎".into(),
        surname_kana: "つうかん".into(),
        given_kana: "ﾀﾛｳ".into(),
        department: "第一営業部営業第3課".into(),
        title: "課長".into(),
        phone: "０３０１２３４５６７".into(),
        fax: String::new(),
        mail: "taro.tsukan@example.jp".into(),
        mail_again: " taro.tsukan@example.jp".into(),
    }
}

fn contact() -> Box<Applicant> {
    Box::new(form().check().unwrap())
}

fn facts() -> Facts {
    Facts {
        by: Some(ORGANISATION),
        officer: None,
        hand_to: None,
        parties: Parties {
            companies: vec![Company(HOLDERS_COMPANY.into())],
            ..Parties::default()
        },
        first: None,
        known: terminals()
            .into_iter()
            .map(|terminal| (terminal, ORGANISATION))
            .collect(),
        open: Vec::new(),
        granted: Vec::new(),
    }
}

pub(crate) fn policy() -> Policy {
    Policy::reviewed_by(Rule {
        persons: Persons::One,
        ..rule()
    })
}

/// A Friday before a Monday that is a holiday.
fn now() -> Instant {
    clock(day(2026, 11, 20), 18, 0, 0)
}

fn friday_wish() -> DesiredDay {
    wished(date(2026, 11, 24), now().day())
}

fn wished(day: Day, applied_on: Day) -> DesiredDay {
    year_end_closed().desired_day(day, applied_on).unwrap()
}

pub(crate) fn date(year: i32, month: u8, day: u8) -> Day {
    Date::new(year, month, day).unwrap().as_day()
}

pub(crate) fn terminals() -> Vec<Terminal> {
    vec![terminal("11110A"), terminal("11110B")]
}

pub(crate) fn terminal(name: &str) -> Terminal {
    Terminal {
        division: Division::Sea,
        device: Device::WebNaccs,
        name: TerminalName::parse(name).unwrap(),
    }
}

/// What is due of the approved application in the morning of its day.
pub(crate) fn due() -> (casework::reissue::Due, Instant) {
    let begins = morning(date(2026, 11, 24), &policy());
    let due = approved().due(APPLICATION, &policy(), begins);
    (due[0], begins)
}

pub(crate) const ORGANISATION: OrganisationId = OrganisationId([0x31; 16]);
pub(crate) const OTHER_ORGANISATION: OrganisationId = OrganisationId([0x32; 16]);
const APPLICATION: ReissueId = ReissueId([0x41; 16]);
const CONTENT: Digest = Digest([0x60; 32]);
const NUMBER: Number = Number::from_random([1; 8]);
const OTHER_NUMBER: Number = Number::from_random([2; 8]);
