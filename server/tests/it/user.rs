//! Organisations and their people's accounts through the real store: who is let in, who is out, and what is kept.

use casework::user::{Case, Typed};
use casework::{Answer, Refusal};
use server::desk::organisation::{Command as Ask, Organisation};
use server::desk::user::{Command, LinkToken, is_dormant};
use server::desk::{Actor, CaseId, Failure};
use server::fault::Fault;
use server::store::{Category, Errand, UserState};

use crate::centre::{Centre, PASSWORD, contract, refused};
use crate::house::{HOLDER, House, on_both};
use crate::office::OPERATOR;

on_both! {
    async fn an_invited_person_chooses_a_password_and_is_present_until_the_contract_ends(house: House) {
        let centre = Centre::of(house);
        let organisation = centre.contract("K-001").await;
        let (user, token) = centre.invite(organisation, "tsukan01").await.unwrap();
        assert_eq!(centre.log_in("tsukan01", PASSWORD).await, Err(Refusal::WrongLogin), "there is no password yet");
        centre.accept(user, token.clone(), PASSWORD).await.unwrap();
        assert_eq!(centre.log_in("ＴＳＵＫＡＮ０１", PASSWORD).await, Ok(user), "however the ID was typed");
        assert_eq!(centre.log_in("tsukan01", "しずかな いりえの かもめ 四わ").await, Err(Refusal::WrongLogin));
        let generation = centre.case(user).await.generation();
        let present = centre.desk.present(user, generation).await.unwrap().unwrap();
        assert_eq!(present.organisation.contract, contract("K-001"));
        assert_eq!(centre.desk.present(user, generation + 1).await.unwrap(), None);
        let case: CaseId<Organisation> = CaseId::from_octets(organisation.0);
        centre.desk.perform(&OPERATOR, case, &Ask::End).await.unwrap();
        assert_eq!(centre.desk.present(user, generation).await.unwrap(), None, "from the next request on");
        assert_eq!(centre.log_in("tsukan01", PASSWORD).await, Err(Refusal::ContractEnded));
        crate::invariant::hold(&centre.house).await;
    }

    async fn an_id_and_a_contract_number_stand_once_even_when_two_take_them_at_once(house: House) {
        let centre = Centre::of(house);
        let organisation = centre.contract("K-001").await;
        let another: CaseId<Organisation> = centre.desk.new_case();
        let conclude = Ask::Conclude {
            office: centre.office.id.clone(),
            language: wire::office::Language::Ja,
            contract: Box::new(contract("ｋ-００１")),
        };
        let outcome = centre.desk.perform(&OPERATOR, another, &conclude).await;
        assert!(matches!(outcome, Err(Failure::Refused(Refusal::ContractTaken))), "{outcome:?}");
        let both = tokio::join!(centre.invite(organisation, "tsukan01"), centre.invite(organisation, "TSUKAN01"));
        assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
        assert_eq!(centre.store().users(organisation).await.unwrap().len(), 1);
    }

    async fn r16_wrong_passwords_are_counted_one_by_one_even_when_many_are_typed_at_once(house: House) {
        let centre = Centre::of(house);
        let organisation = centre.contract("K-001").await;
        let user = centre.person(organisation, "tsukan01").await;
        let wrong = Command::LogIn(casework::user::Attempt::Password(Typed::Wrong));
        let tries = (0..8).map(|_| centre.ask(&HOLDER, user, &wrong));
        let mut told = 0;
        for outcome in futures(tries.collect()).await {
            match outcome {
                Ok(done) => {
                    assert_eq!(done.answer, Answer::Refused(Refusal::WrongLogin));
                    told += 1;
                }
                // Whoever finds too many others at it is told nothing of the password.
                Err(Failure::Refused(Refusal::LockedOut { .. }) | Failure::Fault(Fault::Contended)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        let Case::Active { login, .. } = centre.case(user).await else { panic!("it is active") };
        assert_eq!(login.tries.failed, told, "each that was told is counted");
        assert!((1..=5).contains(&told), "{:?}", login.tries);
        while centre.log_in("tsukan01", "not this one at all").await == Err(Refusal::WrongLogin) {}
        assert!(matches!(centre.log_in("tsukan01", PASSWORD).await, Err(Refusal::LockedOut { .. })));
        centre.house.it_is(centre.house.now().plus_seconds(61));
        assert_eq!(centre.log_in("tsukan01", PASSWORD).await, Ok(user));
    }

    async fn a_reset_ends_the_sessions_of_before_and_its_link_is_gone_with_the_letter(house: House) {
        let centre = Centre::of(house);
        let organisation = centre.contract("K-001").await;
        let user = centre.person(organisation, "tsukan01").await;
        let generation = centre.case(user).await.generation();
        let token = LinkToken::new(centre.desk.chance());
        refused(centre.ask(&HOLDER, user, &Command::AskReset { token: token.clone() }).await).unwrap();
        let password = centre.desk.choose(centre.terminals(), "nkq7v-t2xw9-mfr3c", &[]).await.unwrap().unwrap();
        let reset = Command::Reset { token: token.clone(), password };
        refused(centre.ask(&HOLDER, user, &reset).await).unwrap();
        refused(centre.ask(&HOLDER, user, &reset).await).unwrap();
        assert_eq!(centre.desk.present(user, generation).await.unwrap(), None);
        assert_eq!(centre.log_in("tsukan01", PASSWORD).await, Err(Refusal::WrongLogin));
        assert_eq!(centre.log_in("tsukan01", "nkq7v-t2xw9-mfr3c").await, Ok(user));
        let mut links = 0;
        let later = centre.house.now().plus_seconds(60);
        while let Some(errand) = centre.store().take_errand("test", later, std::time::Duration::from_mins(1)).await.unwrap() {
            let Errand::UserLetter(letter) = &errand.errand else { continue };
            assert_eq!(letter.token.is_some(), letter.letter.has_link());
            links += usize::from(letter.token.is_some());
            assert!(!format!("{errand:?}").contains(&token.text(user)), "no log has it");
            centre.store().finish_errand(errand.id, later).await.unwrap();
            let kept = centre.store().errands_of(errand.case).await.unwrap();
            let (same, _) = kept.iter().find(|(row, _)| row.id == errand.id).unwrap();
            assert!(matches!(&same.errand, Errand::UserLetter(letter) if letter.token.is_none()), "it is not kept");
        }
        assert_eq!(links, 2, "the invitation's and the reset's");
    }

    async fn r16_an_account_that_nobody_uses_and_an_invitation_that_ran_out_are_marked(house: House) {
        let centre = Centre::of(house);
        let organisation = centre.contract("K-001").await;
        centre.person(organisation, "tsukan01").await;
        centre.invite(organisation, "tsukan02").await.unwrap();
        let policy = centre.terminals().users;
        let asleep = async || {
            let rows = centre.store().users(organisation).await.unwrap();
            rows.iter().map(|row| is_dormant(row, &policy, centre.house.now())).collect::<Vec<_>>()
        };
        assert_eq!(asleep().await, [false, false]);
        centre.house.it_is(centre.house.now().plus_seconds(8 * 86_400));
        assert_eq!(asleep().await, [false, true]);
        centre.house.it_is(centre.house.now().plus_seconds(83 * 86_400));
        assert_eq!(asleep().await, [true, true]);
        centre.log_in("tsukan01", PASSWORD).await.unwrap();
        assert_eq!(asleep().await, [false, true]);
    }

    async fn a55_nobody_learns_from_the_audit_or_the_list_what_was_typed(house: House) {
        let centre = Centre::of(house);
        let organisation = centre.contract("K-001").await;
        let user = centre.person(organisation, "tsukan01").await;
        centre.log_in("nobody99", PASSWORD).await.unwrap_err();
        let events = centre.store().events(user.0).await.unwrap();
        let told = format!("{events:?}");
        for secret in [PASSWORD, "tsukan01", "通関", "taro@", "argon2"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
        let row = centre.store().user(user).await.unwrap().unwrap();
        assert!(row.password.as_ref().unwrap().as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!format!("{row:?}").contains("argon2"), "{row:?}");
        let own = Actor::User { id: user, session: [1; 16] };
        assert_eq!(own.to_string(), format!("user {:032x} {}", u128::from_be_bytes(user.0), "01".repeat(16)));
        refused(centre.ask(&OPERATOR, user, &Command::Block).await).unwrap();
        let row = centre.store().user(user).await.unwrap().unwrap();
        assert_eq!((row.state, row.password), (UserState::Blocked, None));
        assert!(centre.store().news(organisation, 10).await.unwrap().is_empty());
        assert_eq!(Category::Certificate.key(), "certificate");
    }
}

/// All of them at once.
async fn futures<T>(all: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
