//! Two persons at an ordering body: what is held becomes true by the second one's approval, and by no other way.

use casework::Refusal;
use casework::registration;
use casework::renewal::Case;
use casework::review::{Reason, Verdict};
use server::desk::registration::{Command as Register, Registration};
use server::desk::renewal::{Command, Renewal};
use server::desk::{CaseId, Done, Failure};
use wire::office::Language;

use crate::hall::{CITY, COMPANY, HOLDER_NAME, Hall};
use crate::house::{HOLDER, House, TestCard, on_both};
use crate::invariant;
use crate::office::{HOLDERS_COMPANY, TestOfficer};

on_both! {
    async fn dual_one_officers_approval_of_a_held_renewal_is_not_enough(house: House) {
        let hall = Hall::of_two(house);
        let (old, new, case) = held(&hall).await;
        let one = hall.officer(&hall.review, "2001", CITY).await;
        let again = hall.officer(&hall.review, "２００１", CITY).await;
        let other = hall.officer(&hall.review, "2002", CITY).await;
        for own in [HOLDERS_COMPANY, "７００００１２０５０００２", "株式会社 テスト工務店", "別の会社株式会社"] {
            let insider = hall.officer(&hall.review, "3001", own).await;
            assert_eq!(refused(hall.ask(&insider.actor(), case, &Command::Claim).await), Refusal::OwnApplication, "{own}");
        }
        let text = hall.propose(&one, case, Verdict::Approve).await;
        let first = Command::Decide(one.card.sign(&text, hall.now()));
        let done = hall.ask(&one.actor(), case, &first).await.unwrap();
        let Case::Held { review, .. } = &done.case else { panic!("{:?}", done.case) };
        assert_eq!(review.first.as_ref().map(|first| first.officer), Some(one.id));
        assert!(review.claim.is_none(), "it waits for somebody else");
        assert_eq!(in_use(&hall, &old).await, Some(true), "nothing has changed");
        assert_eq!(in_use(&hall, &new).await, None);
        // The same officer, the same person under another account, and the first approval once more.
        for same in [&one, &again] {
            assert_eq!(refused(hall.ask(&same.actor(), case, &Command::Claim).await), Refusal::SamePerson);
        }
        assert!(hall.ask(&one.actor(), case, &first).await.is_err());
        assert!(hall.ask(&other.actor(), case, &first).await.is_err(), "another's approval is not one's own");
        assert_eq!(in_use(&hall, &new).await, None);
        let done = hall.decide(&other, case, Verdict::Approve).await.unwrap();
        let Case::Renewed { approvals: Some(approvals), .. } = &done.case else { panic!("{:?}", done.case) };
        let by = (approvals.first.as_ref().map(|first| first.officer), approvals.last.officer);
        assert_eq!(by, (Some(one.id), other.id));
        assert_eq!(in_use(&hall, &old).await, Some(false));
        assert_eq!(in_use(&hall, &new).await, Some(true));
        let letters = hall.letters(case.octets()).await;
        assert_eq!(letters, ["RenewalLetter(Approved)", "RenewalLetter(Completed)", "RenewalLetter(Held)"], "told once");
        invariant::hold(&hall.house).await;
    }

    async fn dual_a_first_approval_ends_with_what_it_was_of(house: House) {
        let hall = Hall::of_two(house);
        let (old, new, case) = held(&hall).await;
        let one = hall.officer(&hall.review, "2001", CITY).await;
        let other = hall.officer(&hall.review, "2002", CITY).await;
        hall.decide(&one, case, Verdict::Approve).await.unwrap();
        let reason = Box::new(Reason { key: "register_first".to_owned(), remark: None });
        hall.decide(&other, case, Verdict::Return(reason)).await.unwrap();
        let answer = Command::Answer { by: old.subject.card, remark: "変更届を提出しました。".to_owned() };
        let done = hall.ask(&HOLDER, case, &answer).await.unwrap();
        let Case::Held { review, .. } = &done.case else { panic!("{:?}", done.case) };
        assert!(review.first.is_none(), "what was approved is not what is decided upon now");
        let done = hall.decide(&other, case, Verdict::Approve).await.unwrap();
        assert!(matches!(done.case, Case::Held { .. }), "one approval again");
        assert_eq!(in_use(&hall, &new).await, None);
        let done = hall.decide(&one, case, Verdict::Approve).await.unwrap();
        assert!(matches!(done.case, Case::Renewed { .. }));
        invariant::hold(&hall.house).await;
    }

    async fn dual_a_denial_needs_one_person_and_leaves_everything_as_it_was(house: House) {
        let hall = Hall::of_two(house);
        let (old, new, case) = held(&hall).await;
        let one = hall.officer(&hall.review, "2001", CITY).await;
        let other = hall.officer(&hall.review, "2002", CITY).await;
        hall.decide(&one, case, Verdict::Approve).await.unwrap();
        let reason = Box::new(Reason { key: "not_the_person".to_owned(), remark: None });
        let done = hall.decide(&other, case, Verdict::Deny(reason)).await.unwrap();
        assert!(matches!(done.case, Case::Denied { .. }));
        assert_eq!((in_use(&hall, &old).await, in_use(&hall, &new).await), (Some(true), None));
        invariant::hold(&hall.house).await;
    }

    async fn dual_a_held_registration_needs_two_persons_too(house: House) {
        let hall = Hall::of_two(house);
        let office = hall.review.clone();
        hall.list(&office, "別の会社株式会社", HOLDER_NAME).await;
        let card = hall.card_until(2028, 1, 31).await;
        let (case, text) = hall.registering(&office, &card).await;
        let confirm = Register::Confirm(card.sign(&text, hall.now()));
        hall.ask(&HOLDER, case, &confirm).await.unwrap();
        let one = hall.officer(&office, "2001", CITY).await;
        let other = hall.officer(&office, "2002", CITY).await;
        let insider = hall.officer(&office, "3001", HOLDERS_COMPANY).await;
        assert_eq!(refused(hall.ask(&insider.actor(), case, &Register::Claim).await), Refusal::OwnApplication);
        let done = approve(&hall, &one, case).await.unwrap();
        assert!(matches!(done.case, registration::Case::Held { .. }));
        assert_eq!(in_use(&hall, &card).await, None);
        assert_eq!(refused(hall.ask(&one.actor(), case, &Register::Claim).await), Refusal::SamePerson);
        let done = approve(&hall, &other, case).await.unwrap();
        assert!(matches!(done.case, registration::Case::Registered { approvals: Some(_), .. }));
        assert_eq!(in_use(&hall, &card).await, Some(true));
        invariant::hold(&hall.house).await;
    }
}

/// A renewal that is held: the register names another company.
async fn held(hall: &Hall) -> (TestCard, TestCard, CaseId<Renewal>) {
    let office = &hall.review;
    hall.list(office, COMPANY, HOLDER_NAME).await;
    let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
    let registration = hall.register(office, &old).await;
    hall.list(office, "別の会社株式会社", HOLDER_NAME).await;
    let (case, done) = hall.renew(office, registration, [&old, &new]).await;
    assert!(matches!(done.case, Case::Held { .. }), "{:?}", done.case);
    (old, new, case)
}

/// Whether the card is the one of its registration; nothing where it never was.
async fn in_use(hall: &Hall, card: &TestCard) -> Option<bool> {
    let row = hall
        .store()
        .registration_of_card(&hall.review.id, card.subject.card)
        .await;
    row.unwrap().map(|row| row.binding.until.is_none())
}

async fn approve(hall: &Hall, by: &TestOfficer, case: CaseId<Registration>) -> Result<Done<Registration>, Failure> {
    hall.ask(&by.actor(), case, &Register::Claim).await.unwrap();
    let propose = Register::Propose {
        verdict: Verdict::Approve,
        language: Language::Ja,
    };
    let done = hall.ask(&by.actor(), case, &propose).await.unwrap();
    let registration::Case::Held { review, .. } = done.case else {
        panic!("{:?}", done.case)
    };
    let asked = review.claim.unwrap().asked.unwrap().text;
    let text = hall.store().text(case.octets(), asked).await.unwrap().unwrap();
    hall.ask(&by.actor(), case, &Register::Decide(by.card.sign(&text, hall.now())))
        .await
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> Refusal {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}
