//! 書面による失効申込: entered by one, approved by another, whatever is tried.

use casework::Refusal;
use casework::application::{Complaint, Ground};
use casework::evidence::Possession;
use casework::identity::{Company, Digest, Fingerprint};
use casework::number::Number;
use casework::officer::Officer;
use casework::paper::{
    Applicant, Case, Command, Decision, Entry, Errand, Facts, Field, File, Form, Letter, Policy, Write, decide,
};
use casework::review::{Parties, Reason, Verdict};
use casework::time::Instant;

use crate::office::{HOLDERS_COMPANY, hanako, hanako_again, insider, jiro, kanri, rule, saburo};
use crate::{CARD, TEXT, certificate, day, login};

#[test]
fn an_application_on_paper_is_approved_by_a_second_person_and_both_certificates_go() {
    let decision = step(&asked(&Verdict::Approve), &decided(), &jiro()).unwrap();
    let revoke = |certificate| Write::Revoke {
        certificate,
        ground: Ground::Lost,
        at: now(),
        event_day: Some(now().day().plus(-3)),
    };
    assert_eq!(decision.writes, [revoke(certificate()), revoke(login()), Write::Queue]);
    assert_eq!(
        decision.errands,
        [
            Errand::PublishCrl {
                certificate: certificate()
            },
            Errand::PublishCrl { certificate: login() },
            Errand::Write(Letter::Revoked)
        ]
    );
    let Case::Revoked {
        first: Some(first),
        last,
        number,
        ..
    } = decision.next
    else {
        panic!("{:?}", decision.next)
    };
    assert_ne!(first.person, last.person);
    assert_eq!((first.content, last.content, number), (CONTENT, CONTENT, NUMBER));
}

#[test]
fn a20_what_was_revoked_or_expired_meanwhile_is_not_revoked_again() {
    let asked = asked(&Verdict::Approve);
    let elsewhere = Facts {
        revoked: Some((now(), None)),
        ..facts(&jiro())
    };
    assert_eq!(
        at(&asked, &decided(), &elsewhere, now()).unwrap_err(),
        Refusal::AlreadyRevoked { at: now() }
    );
    let online = Facts {
        revoked: Some((now(), Some(NUMBER))),
        ..facts(&jiro())
    };
    assert_eq!(
        at(&asked, &decided(), &online, now()).unwrap_err(),
        Refusal::AlreadyApplied { number: NUMBER }
    );
    let expired = Facts {
        validity: Some((now().plus_seconds(-9), now().plus_seconds(-1))),
        ..facts(&jiro())
    };
    assert!(matches!(
        at(&asked, &decided(), &expired, now()),
        Err(Refusal::Expired { .. })
    ));
    let alone = Facts {
        others: Vec::new(),
        ..facts(&jiro())
    };
    let decision = at(&asked, &decided(), &alone, now()).unwrap();
    assert_eq!(decision.writes.len(), 2, "the other half was revoked before");
}

#[test]
fn r003_reasons_and_the_last_thirty_days_are_allowed_on_paper() {
    for ground in Ground::ALL {
        let entry = Entry { ground, ..entry() };
        let enter = Command::Enter {
            entry: Box::new(entry),
            content: CONTENT,
        };
        let last_day = Facts {
            validity: Some((day(2021, 6, 1), now().plus_seconds(3_600))),
            ..facts(&hanako())
        };
        assert!(at(&Case::New, &enter, &last_day, now()).is_ok(), "{ground:?}");
    }
}

#[test]
fn a23_an_edit_voids_the_first_approval_and_waits_while_somebody_decides() {
    let claimed = step(&waiting(), &Command::Claim, &jiro()).unwrap().next;
    let edit = Command::Enter {
        entry: Box::new(entry()),
        content: Digest([0xdd; 32]),
    };
    assert!(matches!(step(&claimed, &edit, &hanako()), Err(Refusal::Claimed { .. })));
    let back = step(&claimed, &Command::Release, &jiro()).unwrap().next;
    let edited = step(&back, &edit, &hanako()).unwrap().next;
    let Case::Drafting { number, asked, .. } = &edited else {
        panic!("{edited:?}")
    };
    assert_eq!(
        (*number, *asked),
        (Some(NUMBER), None),
        "the number stays, the approval does not"
    );
    for refused in [Command::Claim, decided(), submitted()] {
        assert_eq!(
            step(&edited, &refused, &hanako()).unwrap_err(),
            Refusal::Stale,
            "{refused:?}"
        );
    }
    let again = step(&edited, &Command::Present { text: OTHER_TEXT }, &hanako())
        .unwrap()
        .next;
    let old = step(&again, &submitted(), &hanako());
    assert_eq!(
        old.unwrap_err(),
        Refusal::AnotherText,
        "the signature of before is over another text"
    );
}

#[test]
fn a24_the_first_approval_sent_again_is_no_second_one() {
    let asked = asked(&Verdict::Approve);
    let replayed = Command::Decide {
        signed: Possession::verified(hanako().card, FIRST_TEXT, now()),
    };
    assert_eq!(step(&asked, &replayed, &jiro()).unwrap_err(), Refusal::AnotherCard);
    assert_eq!(step(&asked, &replayed, &hanako()).unwrap_err(), Refusal::SamePerson);
}

#[test]
fn a25_an_approved_row_that_nobody_signed_is_refused() {
    let unproven = Facts {
        first: None,
        ..facts(&jiro())
    };
    assert_eq!(
        at(&asked(&Verdict::Approve), &decided(), &unproven, now()).unwrap_err(),
        Refusal::Unproven
    );
}

#[test]
fn a22_who_entered_it_does_not_enter_for_the_own_company_and_does_not_decide() {
    let drafting = step(&Case::New, &entered(), &insider()).unwrap().next;
    let present = Command::Present { text: FIRST_TEXT };
    assert_eq!(
        step(&drafting, &present, &insider()).unwrap_err(),
        Refusal::OwnApplication
    );
    for same in [hanako(), hanako_again()] {
        assert_eq!(
            step(&waiting(), &Command::Claim, &same).unwrap_err(),
            Refusal::SamePerson
        );
    }
}

#[test]
fn what_is_denied_is_an_end_and_what_is_given_back_is_entered_again() {
    let denied = step(&asked(&Verdict::Deny(Box::new(reason()))), &decided(), &jiro()).unwrap();
    assert_eq!(denied.errands, [Errand::Write(Letter::Denied)]);
    assert_eq!(step(&denied.next, &entered(), &hanako()).unwrap_err(), Refusal::Stale);
    let returned = step(&asked(&Verdict::Return(Box::new(reason()))), &decided(), &jiro()).unwrap();
    assert!(
        returned.errands.is_empty(),
        "the office writes to nobody for its own questions"
    );
    let again = step(&returned.next, &entered(), &saburo()).unwrap().next;
    assert_eq!(again.number(), Some(NUMBER));
    let presented = step(&again, &Command::Present { text: FIRST_TEXT }, &saburo())
        .unwrap()
        .next;
    let submit = Command::Submit {
        signed: Possession::verified(saburo().card, FIRST_TEXT, now()),
        number: Number::from_random([5; 8]),
    };
    let submitted = step(&presented, &submit, &saburo()).unwrap();
    assert_eq!(
        submitted.next.number(),
        Some(NUMBER),
        "the number that the applicant knows"
    );
    assert!(submitted.errands.is_empty(), "the applicant was told before");
}

#[test]
fn an_officer_whose_account_does_not_act_does_nothing() {
    let nobody = Facts {
        officer: None,
        ..facts(&jiro())
    };
    for (_, case) in cases() {
        for (name, command, _) in commands() {
            if let Err(refusal) = at(&case, &command, &nobody, now()) {
                assert!(
                    matches!(
                        refusal,
                        Refusal::NotAnOfficer | Refusal::Stale | Refusal::Claimed { .. }
                    ),
                    "{name}"
                );
            } else {
                panic!("{name} was done by nobody in {case:?}");
            }
        }
    }
}

#[test]
fn a_form_says_what_is_missing_field_by_field() {
    let complaints = check(&Form::default(), Vec::new()).unwrap_err();
    assert!(complaints.is_sorted_by_key(|(field, _)| *field));
    let fields: Vec<Field> = complaints.iter().map(|(field, _)| *field).collect();
    assert_eq!(
        fields,
        [
            Field::Received,
            Field::Applicant,
            Field::Reason,
            Field::Name,
            Field::Kana,
            Field::PostalCode,
            Field::Address,
            Field::Phone,
            Field::Files,
        ]
    );
}

#[test]
fn r003_the_seal_certificate_is_enclosed_and_no_older_than_three_months() {
    let with = |enclosures: &[(&str, &str)]| {
        let form = Form {
            enclosures: enclosures
                .iter()
                .map(|(document, issued)| ((*document).into(), (*issued).into()))
                .collect(),
            ..form()
        };
        check(&form, files()).map(|_| ()).map_err(|complaints| complaints[0])
    };
    assert_eq!(with(&[("notice", "")]), Err((Field::Enclosures, Complaint::Missing)));
    assert_eq!(
        with(&[("notice", ""), ("seal_certificate", "")]),
        Err((Field::Enclosures, Complaint::Empty))
    );
    // The paper arrived on 2026-06-01.
    assert_eq!(
        with(&[("notice", ""), ("seal_certificate", "2026-03-01")]),
        Ok(()),
        "to the day"
    );
    assert_eq!(
        with(&[("notice", ""), ("seal_certificate", "2026-02-28")]),
        Err((Field::Enclosures, Complaint::TooOld { months: 3 }))
    );
    assert_eq!(
        with(&[("notice", ""), ("seal_certificate", "2026-06-02")]),
        Err((Field::Enclosures, Complaint::Future))
    );
}

#[test]
fn a_third_party_applies_for_death_or_bankruptcy_alone() {
    for ground in Ground::ALL {
        let form = Form {
            applicant: Applicant::ThirdParty.key().into(),
            reason: ground.key().into(),
            enclosures: vec![("notice".into(), String::new()), ("public_proof".into(), String::new())],
            ..form()
        };
        let expected = matches!(ground, Ground::Death | Ground::Bankruptcy);
        assert_eq!(check(&form, files()).is_ok(), expected, "{ground:?}");
    }
}

pub(crate) fn cases() -> [(&'static str, Case); 10] {
    let drafting = step(&Case::New, &entered(), &hanako()).unwrap().next;
    let done = |verdict: &Verdict| step(&asked(verdict), &decided(), &jiro()).unwrap().next;
    [
        ("New", Case::New),
        ("Drafting", drafting.clone()),
        ("Drafting+", presented()),
        ("Waiting", waiting()),
        ("Waiting+", step(&waiting(), &Command::Claim, &jiro()).unwrap().next),
        ("Waiting++", asked(&Verdict::Approve)),
        ("Returned", done(&Verdict::Return(Box::new(reason())))),
        ("Revoked", done(&Verdict::Approve)),
        ("Denied", done(&Verdict::Deny(Box::new(reason())))),
        (
            "Withdrawn",
            step(&drafting, &Command::Withdraw, &hanako()).unwrap().next,
        ),
    ]
}

/// Each with the officer who may do it.
pub(crate) fn commands() -> [(&'static str, Command, Officer); 9] {
    [
        ("Enter", entered(), hanako()),
        ("Present", Command::Present { text: FIRST_TEXT }, hanako()),
        ("Submit", submitted(), hanako()),
        ("Claim", Command::Claim, jiro()),
        ("Release", Command::Release, jiro()),
        ("Reassign", Command::Reassign, kanri()),
        (
            "Ask",
            Command::Ask {
                verdict: Verdict::Approve,
                text: TEXT,
            },
            jiro(),
        ),
        ("Decide", decided(), jiro()),
        ("Withdraw", Command::Withdraw, hanako()),
    ]
}

pub(crate) fn step(case: &Case, command: &Command, officer: &Officer) -> Result<Decision, Refusal> {
    at(case, command, &facts(officer), now())
}

pub(crate) fn at(case: &Case, command: &Command, facts: &Facts, now: Instant) -> Result<Decision, Refusal> {
    decide(case, command, facts, &policy(), now)
}

pub(crate) fn facts(officer: &Officer) -> Facts {
    Facts {
        officer: Some(officer.clone()),
        to: Some(saburo()),
        parties: Parties {
            persons: Vec::new(),
            cards: vec![CARD],
            companies: vec![Company(HOLDERS_COMPANY.into())],
        },
        first: Some(Possession::verified(hanako().card, FIRST_TEXT, now())),
        validity: Some((day(2024, 6, 1), day(2029, 6, 1))),
        revoked: None,
        others: vec![login()],
        purchase: None,
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        rule: rule(),
        refund: crate::revocation::policy().refund,
    }
}

pub(crate) fn entry() -> Entry {
    check(&form(), files()).unwrap()
}

fn check(form: &Form, files: Vec<File>) -> Result<Entry, Vec<(Field, Complaint)>> {
    form.check(certificate(), files, day(2024, 6, 1), 3, now())
}

fn form() -> Form {
    Form {
        received: "2026-06-01".into(),
        applicant: Applicant::Representative.key().into(),
        reason: Ground::Lost.key().into(),
        event_date: "2026-05-29".into(),
        name: "日本　太郎".into(),
        kana: "ニッポン　タロウ".into(),
        postal_code: "101-0021".into(),
        address: "東京都千代田区外神田1-2-3".into(),
        phone: "0312345678".into(),
        enclosures: vec![
            ("notice".into(), String::new()),
            ("seal_certificate".into(), "2026-05-20".into()),
        ],
        ..Form::default()
    }
}

fn files() -> Vec<File> {
    vec![File {
        digest: Digest([0xf0; 32]),
        size: 4_096,
    }]
}

fn presented() -> Case {
    let drafting = step(&Case::New, &entered(), &hanako()).unwrap().next;
    step(&drafting, &Command::Present { text: FIRST_TEXT }, &hanako())
        .unwrap()
        .next
}

fn waiting() -> Case {
    step(&presented(), &submitted(), &hanako()).unwrap().next
}

fn asked(verdict: &Verdict) -> Case {
    let claimed = step(&waiting(), &Command::Claim, &jiro()).unwrap().next;
    let ask = Command::Ask {
        verdict: verdict.clone(),
        text: TEXT,
    };
    step(&claimed, &ask, &jiro()).unwrap().next
}

fn entered() -> Command {
    Command::Enter {
        entry: Box::new(entry()),
        content: CONTENT,
    }
}

fn submitted() -> Command {
    Command::Submit {
        signed: signed(hanako().card, FIRST_TEXT),
        number: NUMBER,
    }
}

fn decided() -> Command {
    Command::Decide {
        signed: signed(jiro().card, TEXT),
    }
}

fn signed(card: Fingerprint, text: Digest) -> Possession {
    Possession::verified(card, text, now())
}

fn reason() -> Reason {
    Reason {
        key: "papers_missing".into(),
        remark: None,
    }
}

pub(crate) fn now() -> Instant {
    day(2026, 6, 1).plus_seconds(43_200)
}

const CONTENT: Digest = Digest([0xcc; 32]);
const FIRST_TEXT: Digest = Digest([0xf1; 32]);
const OTHER_TEXT: Digest = Digest([0xf2; 32]);
const NUMBER: Number = Number::from_random([0, 0, 0, 0, 7, 91, 205, 21]);
