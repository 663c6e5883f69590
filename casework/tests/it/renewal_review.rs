//! ICカード更新 that is held: who decides, what still holds, and how it ends (DOMAIN §5.3, §5.4).

use casework::evidence::Possession;
use casework::identity::{Digest, Fingerprint};
use casework::officer::Officer;
use casework::renewal::{Case, Command, Errand, Event, Facts, Known, Letter, Policy, Write};
use casework::review::{Persons, Reason, Rule, Verdict};
use casework::{Answer, Refusal};

use crate::office::{insider, jiro, rule, saburo};
use crate::renewal::{
    ANSWERED, FIRST_TEXT, REGISTRATION, SECOND_TEXT, answer, at, back, bound, by, commands, decided, deny, facts, held,
    now, officer, proposed, reason, review, step, unfit, unknown, withdrawn,
};
use crate::{ANOTHER_CARD, CARD, TEXT};

#[test]
fn s5_3_an_approval_binds_at_that_moment_and_sends_both_letters() {
    let decision = officer(&proposed(&Verdict::Approve), &decided(), &jiro()).unwrap();
    assert_eq!(
        decision.writes,
        [
            Write::Bind {
                registration: REGISTRATION,
                from: CARD,
                to: ANOTHER_CARD,
                at: now(),
            },
            Write::Vacate,
            Write::Queue,
        ]
    );
    assert_eq!(
        decision.errands,
        [Errand::Mail(Letter::Approved), Errand::Mail(Letter::Completed)]
    );
}

#[test]
fn s5_3_the_current_card_may_expire_while_it_is_held() {
    for (standing, _) in unfit() {
        let from = Known {
            standing,
            ..bound(None)
        };
        let expired = by(Facts { from, ..facts() }, &jiro());
        let decision = at(&proposed(&Verdict::Approve), &decided(), &expired, &review(), now()).unwrap();
        assert!(matches!(decision.next, Case::Renewed { .. }));
    }
}

#[test]
fn a20_a_new_card_that_was_revoked_meanwhile_is_not_approved_and_the_case_stays_held() {
    for (standing, refusal) in unfit() {
        if refusal == Refusal::Undetermined {
            continue;
        }
        let to = Known { standing, ..unknown() };
        let unfit = by(Facts { to, ..facts() }, &jiro());
        let decision = at(&proposed(&Verdict::Approve), &decided(), &unfit, &review(), now()).unwrap();
        assert_eq!(decision.answer, Answer::Refused(Refusal::UnfitCard { standing }));
        assert_eq!(
            (&decision.writes[..], &decision.errands[..]),
            (&[Write::Queue][..], &[][..])
        );
        let Case::Held { review: left, .. } = &decision.next else {
            panic!("{:?}", decision.next)
        };
        assert_eq!(left.claim.as_ref().unwrap().asked, None, "the text is void");
        let deny = Command::Propose {
            verdict: Verdict::Deny(Box::new(reason())),
            text: FIRST_TEXT,
        };
        assert!(
            at(&decision.next, &deny, &unfit, &review(), now()).is_ok(),
            "it can be denied"
        );
        let approve = Command::Propose {
            verdict: Verdict::Approve,
            text: FIRST_TEXT,
        };
        assert_eq!(
            at(&decision.next, &approve, &unfit, &review(), now()).unwrap_err(),
            Refusal::UnfitCard { standing }
        );
    }
}

#[test]
fn a21_i04_one_decision_ends_it_and_every_later_one_is_stale() {
    let ends = [
        officer(&proposed(&Verdict::Approve), &decided(), &jiro()).unwrap().next,
        officer(&proposed(&deny()), &decided(), &jiro()).unwrap().next,
        step(&held(), &withdrawn()).unwrap().next,
    ];
    for end in ends {
        for (name, command, by) in commands() {
            assert_eq!(officer(&end, &command, &by).unwrap_err(), Refusal::Stale, "{name}");
        }
    }
}

#[test]
fn i04_the_applicant_does_not_decide_and_nobody_decides_for_the_own_company() {
    let own_card = Officer {
        card: ANOTHER_CARD,
        ..saburo()
    };
    for own in [insider(), own_card] {
        assert_eq!(
            officer(&held(), &Command::Claim, &own).unwrap_err(),
            Refusal::OwnApplication
        );
    }
    let nobody = Facts {
        officer: None,
        ..facts()
    };
    assert_eq!(
        at(&held(), &Command::Claim, &nobody, &review(), now()).unwrap_err(),
        Refusal::NotAnOfficer
    );
}

#[test]
fn a22_a25_where_two_persons_decide_the_second_is_another_one_and_the_first_is_proved_anew() {
    let two = Policy {
        rule: Rule {
            persons: Persons::Two,
            ..rule()
        },
        ..review()
    };
    let go = |case: &Case, command: &Command, facts: &Facts| at(case, command, facts, &two, now());
    let first = by(facts(), &jiro());
    let decision = go(&proposed_under(&two, &jiro(), TEXT), &decided(), &first).unwrap();
    assert!(matches!(decision.event, Event::Approved { .. }));
    assert_eq!(
        go(&decision.next, &Command::Claim, &first).unwrap_err(),
        Refusal::SamePerson
    );
    let second = Facts {
        first: Some(Possession::verified(jiro().card, TEXT, now())),
        ..by(facts(), &saburo())
    };
    let claimed = go(&decision.next, &Command::Claim, &second).unwrap().next;
    let propose = Command::Propose {
        verdict: Verdict::Approve,
        text: SECOND_TEXT,
    };
    let asked = go(&claimed, &propose, &second).unwrap().next;
    let sign = Command::Decide {
        signed: Possession::verified(saburo().card, SECOND_TEXT, now()),
    };
    let unproven = Facts {
        first: None,
        ..second.clone()
    };
    assert_eq!(go(&asked, &sign, &unproven).unwrap_err(), Refusal::Unproven);
    let Case::Renewed {
        approvals: Some(approvals),
        ..
    } = go(&asked, &sign, &second).unwrap().next
    else {
        panic!("it is not approved")
    };
    assert_ne!(approvals.first.unwrap().person, approvals.last.person);
}

#[test]
fn a23_an_answer_is_another_content_and_is_looked_at_anew() {
    let returned = officer(&proposed(&back()), &decided(), &jiro()).unwrap();
    assert_eq!(returned.errands, [Errand::Mail(Letter::Returned)]);
    let answered = step(&returned.next, &answer(CARD)).unwrap();
    let Case::Held {
        submitted,
        review: anew,
    } = &answered.next
    else {
        panic!("{:?}", answered.next)
    };
    assert_eq!(
        (anew.content, &anew.first, &anew.claim, submitted.answer.as_deref()),
        (ANSWERED, &None, &None, Some("名簿の変更届を提出しました。"))
    );
    assert_eq!(
        step(&returned.next, &answer(ANOTHER_CARD)).unwrap_err(),
        Refusal::AnotherCard
    );
}

#[test]
fn s5_4_a_return_lapses_with_the_end_of_its_last_day_and_no_sooner() {
    let returned = officer(&proposed(&back()), &decided(), &jiro()).unwrap().next;
    let last = now().day().plus(14).ends();
    let lapse = |now| at(&returned, &Command::Lapse, &facts(), &review(), now);
    assert_eq!(lapse(last).unwrap_err(), Refusal::Stale);
    let lapsed = lapse(last.plus_seconds(1)).unwrap();
    assert_eq!(lapsed.errands, [Errand::Mail(Letter::Lapsed)]);
    assert_eq!(lapsed.writes, [Write::Vacate, Write::Queue]);
    let late = at(&returned, &answer(CARD), &facts(), &review(), last.plus_seconds(1));
    assert_eq!(late.unwrap_err(), Refusal::Lapsed);
}

#[test]
fn s5_4_the_company_withdraws_even_while_an_officer_has_it_and_nobody_else_does() {
    for case in [held(), proposed(&Verdict::Approve)] {
        let withdrawn = step(&case, &withdrawn()).unwrap();
        assert_eq!(withdrawn.writes, [Write::Vacate, Write::Queue]);
        let stranger = Command::Withdraw {
            by: Fingerprint([9; 32]),
        };
        assert_eq!(step(&case, &stranger).unwrap_err(), Refusal::AnotherCard);
    }
}

#[test]
fn s5_4_a_denial_says_why() {
    let claimed = officer(&held(), &Command::Claim, &jiro()).unwrap().next;
    for verdict in [Verdict::Deny, Verdict::Return] {
        let nothing = Reason {
            key: String::new(),
            remark: Some("why not".into()),
        };
        let propose = Command::Propose {
            verdict: verdict(Box::new(nothing)),
            text: TEXT,
        };
        assert_eq!(officer(&claimed, &propose, &jiro()).unwrap_err(), Refusal::NoReason);
    }
    let denied = officer(&proposed(&deny()), &decided(), &jiro()).unwrap();
    assert_eq!(denied.errands, [Errand::Mail(Letter::Denied)]);
}

fn proposed_under(policy: &Policy, officer: &Officer, text: Digest) -> Case {
    let facts = by(facts(), officer);
    let claimed = at(&held(), &Command::Claim, &facts, policy, now()).unwrap().next;
    let verdict = Verdict::Approve;
    at(&claimed, &Command::Propose { verdict, text }, &facts, policy, now())
        .unwrap()
        .next
}
