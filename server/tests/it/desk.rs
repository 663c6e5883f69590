//! The desk: every path of a 失効申込 through the real store, and every way in which it is refused.

use std::sync::{Arc, Mutex};

use casework::Refusal;
use casework::application::Application;
use casework::revocation::{Case, Letter};
use casework::time::Date;
use server::desk::evidence;
use server::desk::revocation::{Command, Revocation};
use server::desk::{Actor, CaseId, Desk, Failure};
use server::store::{Committed, Errand, EvidenceKind};
use wire::office::Language;

use crate::house::{HOLDER, House, application, digest, noon, on_both};
use crate::invariant;

on_both! {
    async fn an_application_is_accepted_and_the_certificate_revoked_in_one_decision(house: House) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let card = house.card().await;
        let heard = Arc::clone(&told);
        house.store().follow(move |committed| heard.lock().unwrap().push(committed.clone())).await.unwrap();
        assert_eq!(told.lock().unwrap().len(), 2, "both certificates of the card are known from the beginning on");

        let (case, text) = house.ask(&card).await;
        let signature = card.sign(&text, house.now());
        let done = house.perform(case, Command::Confirm(signature.clone())).await.unwrap();

        let Case::Revoked { number, text: signed, at, .. } = done.case else { panic!("{:?}", done.case) };
        assert_eq!(signed, digest(&text));
        let (status, by) = house.store().status(card.certificate()).await.unwrap().unwrap();
        assert_eq!((status.revoked_at, by), (at, Some(number)));
        for certificate in [card.certificate(), &card.subject.authentication] {
            let revoked = Committed::Revoked { certificate: certificate.clone(), at, reason: status.reason };
            assert!(told.lock().unwrap().contains(&revoked), "the subscribers knew before the acknowledgement");
        }
        let receipt = house.store().receipt(case.octets()).await.unwrap().unwrap();
        assert_eq!((receipt.number, receipt.given_at), (number, at));
        assert_eq!(house.store().receipt_by_number(number).await.unwrap(), Some(receipt));
        let kept = house.store().evidence(case.octets(), EvidenceKind::Signature, signed).await.unwrap();
        assert_eq!(kept.as_deref(), Some(signature.cms()));
        let by = pki::cms::verify(&kept.unwrap(), text.as_bytes()).unwrap();
        assert_eq!(by.certificate, card.signature, "the evidence alone proves who signed what");
        let events: Vec<_> =
            house.store().events(case.octets()).await.unwrap().into_iter().map(|event| event.name).collect();
        assert_eq!(events, ["opened", "entered", "asked", "revoked"]);
        invariant::hold(&house).await;
    }

    async fn the_outbox_holds_every_letter_once(house: House) {
        let card = house.card().await;
        let (case, _) = house.revoke(&card).await;
        let mut errands = Vec::new();
        while let Some(errand) = house
            .store()
            .take_errand("test", house.now(), std::time::Duration::from_mins(1))
            .await
            .unwrap()
        {
            assert_eq!(errand.case, case.octets());
            house.store().finish_errand(errand.id, house.now()).await.unwrap();
            errands.push(errand.errand);
        }
        for expected in [
            Errand::PublishCrl { certificate: card.certificate().clone() },
            Errand::PublishCrl { certificate: card.subject.authentication.clone() },
            Errand::RevocationLetter(Letter::Accepted),
            Errand::RevocationLetter(Letter::Revoked),
            Errand::RevocationLetter(Letter::Refund),
        ] {
            assert_eq!(errands.iter().filter(|errand| **errand == expected).count(), 1, "{expected:?}");
        }
        assert_eq!(errands.len(), 5);
    }

    async fn a19_a_repeated_confirm_gets_the_same_receipt(house: House) {
        let card = house.card().await;
        let (case, text) = house.ask(&card).await;
        let confirm = Command::Confirm(card.sign(&text, house.now()));
        let first = house.perform(case, confirm.clone()).await.unwrap();
        let again = house.perform(case, confirm).await.unwrap();
        assert_eq!(first, again);
        let signed_again = Command::Confirm(card.sign(&text, house.now()));
        assert_eq!(house.perform(case, signed_again).await.unwrap(), first, "the text is the token, not its signature");
        assert_eq!(house.store().events(case.octets()).await.unwrap().len(), 4, "nothing was done twice");
        invariant::hold(&house).await;
    }

    async fn a19_fifty_clicks_on_one_confirm_make_one_application(house: House) {
        let card = house.card().await;
        let (case, text) = house.ask(&card).await;
        let confirm = Arc::new(Command::Confirm(card.sign(&text, house.now())));
        let clicks: Vec<_> = (0..50).map(|_| tokio::spawn(click(house.desk.clone(), case, Arc::clone(&confirm)))).collect();
        let mut numbers = Vec::new();
        for answer in clicks {
            match answer.await.unwrap() {
                Ok(number) => numbers.push(number),
                Err(failure) => panic!("{failure}"),
            }
        }
        numbers.dedup();
        assert_eq!(numbers.len(), 1);
        invariant::hold(&house).await;
    }

    async fn a21_of_two_cases_for_one_certificate_one_wins_and_the_other_is_told_its_number(house: House) {
        let card = house.card().await;
        for _ in 0..5 {
            let card = house.card_until(Date { year: 2027, month: 6, day: 30 }).await;
            let (one, first) = house.ask(&card).await;
            let (other, second) = house.ask(&card).await;
            let (first, second) = (card.sign(&first, house.now()), card.sign(&second, house.now()));
            let first = tokio::spawn(click(house.desk.clone(), one, Arc::new(Command::Confirm(first))));
            let second = tokio::spawn(click(house.desk.clone(), other, Arc::new(Command::Confirm(second))));
            match (first.await.unwrap(), second.await.unwrap()) {
                (Ok(number), Err(Failure::Refused(Refusal::AlreadyApplied { number: told })))
                | (Err(Failure::Refused(Refusal::AlreadyApplied { number: told })), Ok(number)) => assert_eq!(number, told),
                outcome => panic!("{outcome:?}"),
            }
        }
        assert!(house.store().status(card.certificate()).await.unwrap().is_none(), "an untouched card stays good");
        invariant::hold(&house).await;
    }

    async fn a_second_tab_cannot_edit_what_is_being_signed(house: House) {
        let card = house.card().await;
        let (case, text) = house.ask(&card).await;
        let other = Command::Enter(Box::new(Application { phone: "0398765432".to_owned(), ..application() }));
        assert_refused(house.perform(case, other).await, Refusal::Stale);
        let again = Command::Ask { language: Language::Ja };
        assert_refused(house.perform(case, again).await, Refusal::Stale);
        // It may go back; then what was out for signature is worth nothing.
        house.perform(case, Command::Edit).await.unwrap();
        let late = Command::Confirm(card.sign(&text, house.now()));
        assert_refused(house.perform(case, late).await, Refusal::Stale);
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
        let names: Vec<_> = house
            .store()
            .events(case.octets())
            .await
            .unwrap()
            .into_iter()
            .map(|event| (event.name, event.refusal))
            .collect();
        let stale = Some("stale".to_owned());
        assert_eq!(
            names[3..],
            [
                ("enter".to_owned(), stale.clone()),
                ("ask".to_owned(), stale.clone()),
                ("edited".to_owned(), None),
                ("confirm".to_owned(), stale)
            ],
            "every refusal leaves its line"
        );
        invariant::hold(&house).await;
    }

    async fn the_text_of_another_asking_is_refused(house: House) {
        let card = house.card().await;
        let (case, first) = house.ask(&card).await;
        house.perform(case, Command::Edit).await.unwrap();
        house.perform(case, Command::Enter(Box::new(application()))).await.unwrap();
        house.perform(case, Command::Ask { language: Language::Ja }).await.unwrap();
        let old = Command::Confirm(card.sign(&first, house.now()));
        assert_refused(house.perform(case, old).await, Refusal::AnotherText);
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
    }

    async fn a05_a_card_swapped_before_the_confirm_is_refused(house: House) {
        let (card, other) = (house.card().await, house.card().await);
        let (case, text) = house.ask(&card).await;
        let swapped = Command::Confirm(other.sign(&text, house.now()));
        assert_refused(house.perform(case, swapped).await, Refusal::AnotherCard);
        let forged = evidence::possession(other.cms(&text, house.now()), &text, card.subject.card, house.now());
        assert_eq!(forged, Err(evidence::Unproven::AnotherCard));
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
    }

    async fn the_last_day_is_looked_at_again_at_the_confirm(house: House) {
        let card = house.card_until(Date { year: 2026, month: 12, day: 31 }).await;
        house.it_is(Date { year: 2026, month: 12, day: 1 }.as_day().ends().plus_seconds(-120));
        let (case, text) = house.ask(&card).await;
        let signed = card.sign(&text, house.now());
        house.it_is(Date { year: 2026, month: 12, day: 2 }.as_day().begins().plus_seconds(60));
        let last = Date { year: 2026, month: 12, day: 1 }.as_day();
        assert_refused(house.perform(case, Command::Confirm(signed)).await, Refusal::Late { last });
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
    }

    async fn a_signature_that_comes_too_late_is_refused(house: House) {
        let card = house.card().await;
        let (case, text) = house.ask(&card).await;
        house.it_is(house.now().plus_seconds(31 * 60));
        let late = Command::Confirm(card.sign(&text, house.now()));
        assert_refused(house.perform(case, late).await, Refusal::Lapsed);
    }

    async fn what_cannot_be_revoked_cannot_be_opened(house: House) {
        let card = house.card_until(Date { year: 2026, month: 12, day: 31 }).await;
        let case = house.desk.new_case();
        house.it_is(noon(2025, 11, 1));
        let from = casework::time::Instant(card.signature.not_before());
        assert_refused(house.perform(case, house.opening(&card)).await, Refusal::NotYetValid { from });
        house.it_is(noon(2026, 12, 2));
        let last = Date { year: 2026, month: 12, day: 1 }.as_day();
        assert_refused(house.perform(case, house.opening(&card)).await, Refusal::Late { last });
        house.it_is(noon(2027, 1, 1));
        let at = casework::time::Instant(card.signature.not_after());
        assert_refused(house.perform(case, house.opening(&card)).await, Refusal::Expired { at });
        house.it_is(noon(2026, 11, 20));
        let (_, done) = house.revoke(&card).await;
        let Case::Revoked { number, .. } = done.case else { panic!() };
        assert_refused(house.perform(case, house.opening(&card)).await, Refusal::AlreadyApplied { number });
        assert_eq!(house.desk.look(case).await.unwrap(), Case::New, "none of it left a case");
        assert_eq!(house.store().events(case.octets()).await.unwrap().len(), 4, "all of it left a line");
        invariant::hold(&house).await;
    }

    async fn a_gate_that_was_opened_in_another_version_is_refused(house: House) {
        let card = house.card().await;
        let Command::Open { office, language, presented, subject, .. } = house.opening(&card) else { unreachable!() };
        let informed = evidence::informed(digest("another flow"), digest("another text"), house.now());
        let open = Command::Open { office, language, informed, presented, subject };
        assert_refused(house.perform(house.desk.new_case(), open).await, Refusal::NotInformed);
    }

    async fn a_case_that_never_began_is_stale(house: House) {
        assert_refused(house.perform(house.desk.new_case(), Command::Abandon).await, Refusal::Stale);
    }

    async fn an_abandoned_case_stays_abandoned(house: House) {
        let card = house.card().await;
        let (case, text) = house.ask(&card).await;
        house.perform(case, Command::Abandon).await.unwrap();
        let late = Command::Confirm(card.sign(&text, house.now()));
        assert_refused(house.perform(case, late).await, Refusal::Stale);
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
        invariant::hold(&house).await;
    }

    async fn a_client_that_hangs_up_cancels_nothing(house: House) {
        let card = house.card().await;
        let (case, text) = house.ask(&card).await;
        let confirm = Command::Confirm(card.sign(&text, house.now()));
        let desk = house.desk.clone();
        // The request's future is polled until its commit is on the way, and dropped there.
        let request = tokio::spawn(async move { desk.perform(&HOLDER, case, &confirm).await });
        let begun = std::time::Instant::now();
        while house.store().status(card.certificate()).await.unwrap().is_none() {
            assert!(begun.elapsed().as_secs() < 20);
            tokio::task::yield_now().await;
        }
        request.abort();
        let found = house.desk.look(case).await.unwrap();
        assert!(matches!(found, Case::Revoked { .. }), "{found:?}");
        invariant::hold(&house).await;
    }

    async fn the_text_says_everything_that_was_shown(house: House) {
        let card = house.card().await;
        let (case, text) = house.ask(&card).await;
        for said in [
            "失効申込書",
            "見本",
            "髙橋 一郎",
            "Takahashi Ichiro",
            "1-2-3 Kanda, Chiyoda-ku, Tokyo",
            "株式会社テスト工務店",
            "東京都千代田区神田1-2-3",
            "7000012050002",
            &card.signature.serial().to_string(),
            &card.subject.card.to_string(),
            "2027年12月31日(金) 23時59分59秒",
            "利用者の使用停止",
            "人事異動",
            "タカハシ　イチロウ",
            "0312345678",
            "takahashi@example.jp",
            "みずほ銀行",
            "本店",
            "普通",
            "1234567",
            "ﾀｶﾊｼ ｲﾁﾛｳ",
            "円",
            "この申込は、送信した時から訂正も取消もできません。",
        ] {
            assert!(text.contains(said), "{said} is missing in\n{text}");
        }
        assert!(text.ends_with('\n') && !text.contains('\r') && !text.starts_with('\u{feff}'));
        house.perform(case, Command::Edit).await.unwrap();
        house.perform(case, Command::Enter(Box::new(application()))).await.unwrap();
        let done = house.perform(case, Command::Ask { language: Language::En }).await.unwrap();
        let english = house.text(case, &done.case).await;
        assert!(english.contains("neither corrected nor withdrawn") && english.contains("髙橋 一郎"), "{english}");
        assert_eq!(english.lines().count(), text.lines().count(), "both languages say the same lines");
    }

    async fn a_value_cannot_forge_a_line_of_the_text(house: House) {
        let card = house.card().await;
        let case = house.open(&card).await;
        let detail = Some("理由\n失効理由 利用者の死亡\r\n受付番号 1".to_owned());
        house.perform(case, Command::Enter(Box::new(Application { detail, ..application() }))).await.unwrap();
        let done = house.perform(case, Command::Ask { language: Language::Ja }).await.unwrap();
        let text = house.text(case, &done.case).await;
        assert_eq!(text.lines().filter(|line| line.starts_with("失効理由 ")).count(), 1, "{text}");
        assert!(text.contains(" 理由失効理由 利用者の死亡受付番号 1\n"), "{text}");
    }

    async fn a_shown_card_is_accepted_only_as_it_was_issued(house: House) {
        let (card, other) = (house.card().await, house.card().await);
        let office = crate::house::office();
        let shown = house.desk.shown(&office, card.authentication.der(), card.signature.der()).await.unwrap();
        assert_eq!(shown.subject(), &card.subject);
        let swapped = house.desk.shown(&office, card.signature.der(), card.authentication.der()).await;
        assert_eq!(swapped.unwrap_err().code(), wire::code::Code::CertChain, "an authentication key does not sign");
        let (stranger, linted) = {
            let key = pki::key::SoftwareKey::generate(pki::algorithm::Algorithm::P256).unwrap();
            let validity = pki::profile::Validity::of_days(noon(2026, 1, 1).0, 365).unwrap();
            let profile = pki::profile::Profile::AuthoritySignature(crate::house::card_content());
            house.authority.draft(&profile, &key, validity)
        };
        let unrecorded = linted.sign(&house.authority.key).unwrap();
        let refused =
            house.desk.shown(&office, card.authentication.der(), unrecorded.certificate().der()).await.unwrap_err();
        assert_eq!(refused, evidence::Unproven::NotOnRecord, "{stranger:?} was signed by our key, and never issued");
        house.revoke(&other).await;
        let revoked = house.desk.shown(&office, other.authentication.der(), other.signature.der()).await.unwrap_err();
        assert!(matches!(revoked, evidence::Unproven::Revoked { .. }), "{revoked:?}");
        house.it_is(noon(2028, 1, 1));
        let expired = house.desk.shown(&office, card.authentication.der(), card.signature.der()).await.unwrap_err();
        assert_eq!(expired.code(), wire::code::Code::CertExpired);
    }
}

async fn click(
    desk: Desk,
    case: CaseId<Revocation>,
    confirm: Arc<Command>,
) -> Result<casework::number::Number, Failure> {
    match desk
        .perform(&Actor::Holder { session: [9; 16] }, case, &confirm)
        .await?
        .case
    {
        Case::Revoked { number, .. } => Ok(number),
        case => panic!("{case:?}"),
    }
}

fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Failure>, expected: Refusal) {
    match outcome {
        Err(Failure::Refused(refusal)) => assert_eq!(refusal, expected),
        outcome => panic!("{outcome:?} instead of {expected:?}"),
    }
}
