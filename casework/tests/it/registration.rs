//! 登録 and 変更: who may be registered with which card, and what the form takes.

use casework::Refusal;
use casework::application::Complaint;
use casework::evidence::{Possession, Presented, ProvedCompany};
use casework::identity::{Company, Fingerprint, RegistrationId};
use casework::number::Number;
use casework::officer::Officer;
use casework::register::BusinessNumber;
use casework::registration::{
    Case, Command, Decision, Errand, Facts, Field, Form, Kind, Letter, Policy, ReviewPolicy, Write, decide,
};
use casework::review::{Parties, Reason, Stage, Verdict};

use crate::office::{HOLDERS_COMPANY, insider, jiro, kanri, saburo};
use crate::renewal::{bound, matching, now, one, other, review as renewal_policy, unknown};
use crate::{CARD, TEXT};

#[test]
fn r201_a_company_that_proved_itself_is_registered_with_its_card() {
    let decision = go(&awaiting(), &confirmed(CARD), &facts()).unwrap();
    let Case::Registered { submitted, .. } = &decision.next else {
        panic!("{:?}", decision.next)
    };
    assert_eq!(
        decision.writes,
        [
            Write::Number { number: NUMBER },
            Write::Register {
                business: business(),
                card: CARD,
                contact: submitted.contact.clone(),
                at: now(),
            },
            Write::Queue,
        ]
    );
    assert_eq!(decision.errands, [Errand::Mail(Letter::Completed)]);
}

#[test]
fn nobody_enters_a_contact_for_a_company_before_it_proved_itself() {
    assert_eq!(
        go(&entering(), &entered(), &facts()).unwrap_err(),
        Refusal::CompanyUnproven
    );
}

#[test]
fn r112_a_card_is_registered_once_and_never_again() {
    for until in [None, Some(now())] {
        let known = Facts {
            card: bound(until),
            ..facts()
        };
        for case in [Case::New, reviewing(), awaiting()] {
            for command in [opened(Kind::New), asked(), confirmed(CARD)] {
                if let Err(refusal) = go(&case, &command, &known) {
                    assert!(matches!(refusal, Refusal::CardRegistered | Refusal::Stale));
                } else {
                    panic!("{command:?} in {case:?}");
                }
            }
        }
    }
}

#[test]
fn a_change_is_made_with_the_card_that_the_registration_has() {
    let kind = Kind::Change {
        registration: crate::renewal::REGISTRATION,
    };
    let registered = Facts {
        card: bound(None),
        business: Some(business()),
        ..facts()
    };
    let case = go(&Case::New, &opened(kind), &registered).unwrap().next;
    assert_eq!(
        case.business(),
        Some(&business()),
        "it proved itself when it was registered"
    );
    assert_eq!(go(&case, &proved(), &registered).unwrap_err(), Refusal::Stale);
    let case = go(&case, &entered(), &registered).unwrap().next;
    let case = go(&case, &asked(), &registered).unwrap().next;
    let decision = go(&case, &confirmed(CARD), &registered).unwrap();
    assert!(
        decision
            .writes
            .iter()
            .any(|write| matches!(write, Write::Change { .. }))
    );
    for (card, refusal) in [
        (unknown(), Refusal::CardNotRegistered),
        (bound(Some(now())), Refusal::CardRenewed { since: now() }),
    ] {
        let other = Facts {
            card,
            ..registered.clone()
        };
        assert_eq!(go(&Case::New, &opened(kind), &other).unwrap_err(), refusal);
        assert_eq!(go(&case, &confirmed(CARD), &other).unwrap_err(), refusal, "G-T2");
    }
    let elsewhere = Kind::Change {
        registration: RegistrationId([1; 16]),
    };
    assert_eq!(
        go(&Case::New, &opened(elsewhere), &registered).unwrap_err(),
        Refusal::AnotherCard
    );
}

#[test]
fn r204_a_registration_is_held_by_the_same_rule_as_a_renewal() {
    assert!(matches!(held(), Case::Held { .. }));
    let decision = officer(&proposed(&Verdict::Approve), &decided(), &jiro()).unwrap();
    assert!(matches!(
        decision.writes[..],
        [Write::Vacate, Write::Register { .. }, Write::Queue]
    ));
    assert_eq!(
        decision.errands,
        [Errand::Mail(Letter::Approved), Errand::Mail(Letter::Completed)]
    );
    let core = Policy {
        review: ReviewPolicy::None,
        ..policy()
    };
    let differing = Facts {
        compared: Some(other()),
        ..facts()
    };
    let decision = decide(&awaiting(), &confirmed(CARD), &differing, &core, now()).unwrap();
    assert!(matches!(decision.next, Case::Registered { .. }), "R116");
    assert_eq!(
        officer(&held(), &Command::Claim, &insider()).unwrap_err(),
        Refusal::OwnApplication
    );
}

#[test]
fn the_form_writes_wide_what_is_wide_and_narrow_what_is_narrow() {
    let contact = Form {
        department: "第一営業部営業第3課".into(),
        name: "ﾆｭｳｻﾂ ﾊﾅｺ".into(),
        phone: "０３１２３４５６７８".into(),
        fax: String::new(),
        mail: " hanako@test.example ".into(),
        mail_again: "hanako@test.example".into(),
    }
    .check()
    .unwrap();
    assert_eq!(
        (
            contact.department.as_str(),
            contact.name.as_str(),
            contact.phone.as_str()
        ),
        ("第一営業部営業第３課", "ニュウサツ　ハナコ", "0312345678")
    );
    assert_eq!((contact.fax, contact.mail.as_str()), (None, "hanako@test.example"));
    let voiced = Form {
        department: "ﾃﾞｽｸ ﾊﾟﾋﾟﾌﾞ".into(),
        ..form()
    };
    assert_eq!(voiced.check().unwrap().department, "デスク　パピブ");
}

#[test]
fn the_form_says_what_is_wrong_field_by_field() {
    let complaints = Form::default().check().unwrap_err();
    let fields: Vec<Field> = complaints.iter().map(|(field, _)| *field).collect();
    assert_eq!(
        fields,
        [
            Field::Department,
            Field::Name,
            Field::Phone,
            Field::Mail,
            Field::MailAgain
        ]
    );
    let wrong = |form: Form| form.check().unwrap_err()[0];
    for phone in ["03-1234-5678", "123456789", "1312345678"] {
        assert_eq!(
            wrong(Form {
                phone: phone.into(),
                ..form()
            }),
            (Field::Phone, Complaint::Telephone),
            "{phone}"
        );
    }
    let differing = Form {
        mail_again: "hanako@test.example.jp".into(),
        ..form()
    };
    assert_eq!(wrong(differing), (Field::MailAgain, Complaint::MailsDiffer));
    let emoji = Form {
        name: "花子\u{1f600}".into(),
        ..form()
    };
    assert_eq!(
        wrong(emoji),
        (Field::Name, Complaint::Character { character: '\u{1f600}' })
    );
}

#[test]
fn s5_4_what_was_given_back_is_corrected_and_signed_anew_under_its_number() {
    let returned = Verdict::Return(Box::new(reason()));
    let returned = officer(&proposed(&returned), &decided(), &jiro()).unwrap().next;
    let out = corrected(&returned);
    assert!(
        matches!(out.stage(), Some(Stage::Returned { .. })),
        "it is not sent off yet"
    );
    let decision = officer(&out, &confirmed(CARD), &jiro()).unwrap();
    let (Case::Held { submitted, review }, Case::Returned { submitted: before, .. }) = (&decision.next, &returned)
    else {
        panic!("{:?}", decision.next)
    };
    assert_eq!((submitted.number, submitted.at), (before.number, before.at));
    assert_eq!((review.content, &review.first, &review.claim), (TEXT, &None, &None));
    assert_eq!(decision.writes, [Write::Queue], "its card is in it as before");
    // Another card, another text, or too late: it stays given back.
    assert_eq!(
        officer(&out, &confirmed(Fingerprint([8; 32])), &jiro()).unwrap_err(),
        Refusal::AnotherCard
    );
    let late = now().plus_seconds(policy().signature_within + 1);
    let lapsed = decide(&out, &confirmed(CARD), &facts(), &policy(), late);
    assert_eq!(lapsed.unwrap_err(), Refusal::Lapsed);
    let over = now().day().plus(15).ends();
    for command in [entered(), asked(), confirmed(CARD)] {
        let case = if command == asked() {
            go(&returned, &entered(), &facts()).unwrap().next
        } else {
            out.clone()
        };
        let lapsed = decide(&case, &command, &facts(), &policy(), over);
        assert_eq!(lapsed.unwrap_err(), Refusal::Lapsed, "{command:?}");
    }
    // 「修正する」 voids what was out.
    let edited = go(&out, &Command::Edit, &facts()).unwrap().next;
    assert_eq!(edited.out(), None);
    assert_eq!(go(&edited, &confirmed(CARD), &facts()).unwrap_err(), Refusal::Stale);
}

#[test]
fn a_qualification_that_ended_after_the_proof_registers_nobody_under_either_policy() {
    let over = Facts {
        compared: None,
        ..facts()
    };
    for review in [ReviewPolicy::None, policy().review] {
        let policy = Policy { review, ..policy() };
        for (case, command) in [
            (go(&entering(), &proved(), &facts()).unwrap().next, entered()),
            (reviewing(), asked()),
            (awaiting(), confirmed(CARD)),
        ] {
            let refused = decide(&case, &command, &over, &policy, now());
            assert_eq!(refused.unwrap_err(), Refusal::Unqualified, "{command:?}");
            // The control: a day on which it counts.
            assert!(decide(&case, &command, &facts(), &policy, now()).is_ok());
        }
    }
}

pub(crate) fn cases() -> [(&'static str, Case); 15] {
    let done = |verdict: &Verdict| officer(&proposed(verdict), &decided(), &jiro()).unwrap().next;
    let returned = done(&Verdict::Return(Box::new(reason())));
    let late = now().day().plus(15).ends();
    [
        ("New", Case::New),
        ("Entering", entering()),
        ("Entering+", go(&entering(), &proved(), &facts()).unwrap().next),
        ("Reviewing", reviewing()),
        ("Awaiting", awaiting()),
        ("Held", held()),
        ("Held++", proposed(&Verdict::Approve)),
        ("Returned", returned.clone()),
        ("Returned+", go(&returned, &entered(), &facts()).unwrap().next),
        ("Returned++", corrected(&returned)),
        ("Registered", done(&Verdict::Approve)),
        ("Denied", done(&Verdict::Deny(Box::new(reason())))),
        (
            "Withdrawn",
            go(&held(), &Command::Withdraw { by: CARD }, &facts()).unwrap().next,
        ),
        (
            "Lapsed",
            decide(&returned, &Command::Lapse, &facts(), &policy(), late)
                .unwrap()
                .next,
        ),
        ("Abandoned", go(&entering(), &Command::Abandon, &facts()).unwrap().next),
    ]
}

/// Each with the officer who acts, where it is one.
pub(crate) fn commands() -> [(&'static str, Command, Officer); 15] {
    [
        ("Open", opened(Kind::New), jiro()),
        ("Prove", proved(), jiro()),
        ("Enter", entered(), jiro()),
        ("Edit", Command::Edit, jiro()),
        ("Ask", asked(), jiro()),
        ("Confirm", confirmed(CARD), jiro()),
        ("Abandon", Command::Abandon, jiro()),
        ("Claim", Command::Claim, jiro()),
        ("Release", Command::Release, jiro()),
        ("Reassign", Command::Reassign, kanri()),
        (
            "Propose",
            Command::Propose {
                verdict: Verdict::Approve,
                text: TEXT,
            },
            jiro(),
        ),
        ("Decide", decided(), jiro()),
        ("Withdraw", Command::Withdraw { by: CARD }, jiro()),
        (
            "Answer",
            Command::Answer {
                by: CARD,
                remark: "変更届を提出しました。".into(),
                content: TEXT,
            },
            jiro(),
        ),
        ("Lapse", Command::Lapse, jiro()),
    ]
}

/// Under review, with names that differ.
pub(crate) fn officer(case: &Case, command: &Command, officer: &Officer) -> Result<Decision, Refusal> {
    let facts = Facts {
        officer: Some(officer.clone()),
        compared: Some(other()),
        ..facts()
    };
    go(case, command, &facts)
}

fn go(case: &Case, command: &Command, facts: &Facts) -> Result<Decision, Refusal> {
    decide(case, command, facts, &policy(), now())
}

fn entering() -> Case {
    go(&Case::New, &opened(Kind::New), &facts()).unwrap().next
}

fn reviewing() -> Case {
    let proved = go(&entering(), &proved(), &facts()).unwrap().next;
    go(&proved, &entered(), &facts()).unwrap().next
}

fn awaiting() -> Case {
    go(&reviewing(), &asked(), &facts()).unwrap().next
}

fn held() -> Case {
    officer(&awaiting(), &confirmed(CARD), &jiro()).unwrap().next
}

/// Given back, filled in again, and out for signature.
fn corrected(returned: &Case) -> Case {
    let entered = go(returned, &entered(), &facts()).unwrap().next;
    go(&entered, &asked(), &facts()).unwrap().next
}

fn proposed(verdict: &Verdict) -> Case {
    let claimed = officer(&held(), &Command::Claim, &jiro()).unwrap().next;
    let propose = Command::Propose {
        verdict: verdict.clone(),
        text: TEXT,
    };
    officer(&claimed, &propose, &jiro()).unwrap().next
}

fn opened(kind: Kind) -> Command {
    Command::Open {
        kind,
        presented: Presented::verified(CARD, now()),
    }
}

fn proved() -> Command {
    Command::Prove(ProvedCompany::verified(business(), now()))
}

fn entered() -> Command {
    Command::Enter(Box::new(form().check().unwrap()))
}

fn asked() -> Command {
    Command::Ask { text: TEXT }
}

fn confirmed(card: Fingerprint) -> Command {
    Command::Confirm {
        signed: Possession::verified(card, TEXT, now()),
        number: NUMBER,
    }
}

fn decided() -> Command {
    Command::Decide {
        signed: Possession::verified(jiro().card, TEXT, now()),
    }
}

fn reason() -> Reason {
    Reason {
        key: "name_differs".into(),
        remark: None,
    }
}

fn form() -> Form {
    Form {
        department: "営業部".into(),
        name: "入札　花子".into(),
        phone: "0312345678".into(),
        fax: "0312345679".into(),
        mail: "hanako@test.example".into(),
        mail_again: "hanako@test.example".into(),
    }
}

fn business() -> BusinessNumber {
    BusinessNumber::parse("1234567890").unwrap()
}

fn facts() -> Facts {
    Facts {
        officer: None,
        hand_to: Some(saburo()),
        parties: Parties {
            persons: Vec::new(),
            cards: vec![CARD],
            companies: vec![Company(HOLDERS_COMPANY.into())],
        },
        first: None,
        card: unknown(),
        business: None,
        open: None,
        compared: Some(matching()),
    }
}

fn policy() -> Policy {
    Policy {
        review: renewal_policy().review,
        signature_within: 1_800,
        returned_for_days: 14,
        rule: one(),
    }
}

const NUMBER: Number = Number::from_random([4; 8]);
