//! 顔認証: how often, and of whom.

use casework::evidence::{FaceMatched, FaceUnlike};
use casework::identity::Digest;
use casework::pin_reset::{Case, Command, Event, Facts, Proof, Tries, decide};
use casework::{Answer, Refusal};

use super::made::*;

#[test]
fn five_unlike_faces_are_followed_by_a_pause_that_a_new_session_does_not_shorten() {
    let mut case = proved();
    let tokens: Vec<Digest> = (20..27).map(|mark| Digest([mark; 32])).collect();
    let mut shot = S1;
    for times in 1..=5_u8 {
        let next = tokens[usize::from(times)];
        let command = compare(shot, 100, next);
        let decision = step(&case, &command, now()).unwrap();
        let left = 5 - times;
        let until = now().plus_seconds(1_800);
        let told = match left {
            0 => Refusal::FacePaused { until },
            left => Refusal::FaceUnlike { left },
        };
        assert_eq!(decision.answer, Answer::Refused(told));
        assert!(matches!(decision.event, Event::Unlike { times: counted, .. } if counted == times));
        case = decision.next;
        // The same picture again is answered again and counted once.
        assert_eq!(step(&case, &command, now()).unwrap_err(), told);
        shot = next;
    }
    let Case::Proved { tries, .. } = case else { panic!() };
    let until = tries.paused_until.unwrap();
    let paused = Facts { tries, ..facts() };
    for (at, over) in [(until.plus_seconds(-1), false), (until, true)] {
        let refused = (!over).then_some(Refusal::FacePaused { until });
        assert_eq!(decide(&Case::New, &ask(), &paused, &policy(), at).err(), refused);
        assert_eq!(decide(&asked_at(at), &prove(), &paused, &policy(), at).err(), refused);
    }
    // Three of one session count in the next one.
    let three = Tries {
        unlike: 3,
        paused_until: None,
    };
    let facts = Facts {
        tries: three,
        ..facts()
    };
    let next = decide(&asked(), &prove(), &facts, &policy(), now()).unwrap().next;
    let fourth = step(&next, &compare(S1, 100, S2), now()).unwrap();
    assert_eq!(fourth.answer, Answer::Refused(Refusal::FaceUnlike { left: 1 }));
}

#[test]
fn a_picture_of_an_earlier_token_or_of_another_cards_face_is_not_taken() {
    let stale = step(&proved(), &compare(S2, 900, S1), now());
    assert_eq!(stale.unwrap_err(), Refusal::Stale);
    let command = Command::Compare {
        shot: S1,
        compared: FaceMatched::compared(other().number, comparison(900), now()),
        next: S2,
        number: number(),
    };
    assert_eq!(step(&proved(), &command, now()).unwrap_err(), Refusal::AnotherCard);
    assert!(
        FaceMatched::compared(card().number, comparison(500), now()).is_ok(),
        "the threshold is enough"
    );
    let unlike: FaceUnlike = FaceMatched::compared(card().number, comparison(499), now()).unwrap_err();
    assert_eq!(unlike.comparison().score, 499);
}

#[test]
fn r412_the_score_and_who_measured_it_stay_with_the_reservation() {
    let reserved = reserved();
    let Proof::Face { comparison, shot } = &reserved.reservation().unwrap().proof else {
        panic!("a face opened it")
    };
    assert_eq!(
        (comparison.score, comparison.provider.as_str(), *shot),
        (900, "lbph", S1)
    );
}
