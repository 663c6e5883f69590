//! The paper route through the real store: what is kept, what is revoked, what is written to whom.

use casework::Refusal;
use casework::officer::Role;
use casework::paper::{Case, Form, Letter};
use casework::review::{Reason, Verdict};
use pki::profile::Validity;
use server::desk::paper::{Command, Paper};
use server::desk::{Actor, CaseId, Failure};
use server::store::{Errand, EvidenceKind, Shelf};
use wire::office::Language;

use crate::house::{House, TestAuthority, noon, on_both};
use crate::office::{TestOfficer, form, scan};

on_both! {
    async fn an_application_on_paper_is_entered_approved_by_a_second_person_and_revoked(house: House) {
        let (hanako, jiro) = office_of(&house).await;
        let card = house.card().await;
        let (case, text) = house.present(&hanako, &card).await;
        let row = house.queued(case).await;
        assert_eq!((row.shelf, row.state.as_str(), row.entered_by), (Shelf::Drafts, "drafting", Some(hanako.id)));
        let submit = Command::Submit(hanako.card.sign(&text, house.now()));
        let submitted = house.do_paper(&hanako, case, &submit).await.unwrap();
        assert_eq!(house.do_paper(&hanako, case, &submit).await.unwrap(), submitted, "a19: sent twice it is one");
        let number = submitted.case.number().unwrap();
        let row = house.queued(case).await;
        assert_eq!((row.shelf, row.number, row.version), (Shelf::Waiting, Some(number), submitted.version));
        assert_eq!((row.name.as_str(), row.holder.as_str(), row.company.as_str()), ("代表　太郎", "髙橋 一郎", "株式会社テスト工務店"));
        assert!(house.store().status(card.certificate()).await.unwrap().is_none(), "one person alone revokes nothing");

        let text = house.ask_decision(&jiro, case, Verdict::Approve).await;
        assert_eq!(house.queued(case).await.claimed_by, Some(jiro.id));
        let decide = Command::Decide(jiro.card.sign(&text, house.now()));
        let done = house.do_paper(&jiro, case, &decide).await.unwrap();
        assert_eq!(house.do_paper(&jiro, case, &decide).await.unwrap(), done, "a19: sent twice it is one");
        let Case::Revoked { first: Some(first), last, at, .. } = done.case else { panic!("{:?}", done.case) };
        for certificate in [card.certificate(), &card.subject.authentication] {
            let (status, by) = house.store().status(certificate).await.unwrap().unwrap();
            assert_eq!((status.revoked_at, by), (at, Some(number)), "both certificates of the card");
        }
        for approval in [&first, &last] {
            let kept = house.store().evidence(case.octets(), EvidenceKind::Signature, approval.text).await.unwrap().unwrap();
            let text = house.store().text(case.octets(), approval.text).await.unwrap().unwrap();
            let by = pki::cms::verify(&kept, text.as_bytes()).unwrap();
            assert_eq!(by.certificate.fingerprint(), approval.card.0, "the evidence alone proves who decided");
            assert!(text.contains(&first.content.to_string()), "on what: {text}");
        }
        let content = house.store().evidence(case.octets(), EvidenceKind::Content, first.content).await.unwrap().unwrap();
        assert_eq!(server::desk::evidence::sha256(&content), first.content);
        let file = house.store().evidence(case.octets(), EvidenceKind::File, scan().digest).await.unwrap();
        assert_eq!(file, Some(scan().octets));
        let events: Vec<_> = house.store().events(case.octets()).await.unwrap().into_iter().map(|event| event.name).collect();
        assert_eq!(events, ["entered", "presented", "submitted", "claimed", "asked", "revoked"]);
        let row = house.queued(case).await;
        assert_eq!((row.shelf, row.claimed_by, row.entered_by), (Shelf::Done, None, Some(hanako.id)));
        assert_eq!(house.store().receipt_by_number(number).await.unwrap().unwrap().case, case.octets());
        assert_eq!(letters(&house, case.octets()).await, [Letter::Received, Letter::Revoked]);
        crate::invariant::hold(&house).await;
    }

    async fn what_is_denied_and_what_is_given_back_revoke_nothing(house: House) {
        let (hanako, jiro) = office_of(&house).await;
        let card = house.card().await;
        let case = house.submit(&hanako, &card).await;
        let returned = house.decide(&jiro, case, Verdict::Return(Box::new(reason("papers_missing")))).await.unwrap();
        assert!(matches!(returned.case, Case::Returned { .. }));
        assert_eq!(house.queued(case).await.shelf, Shelf::Drafts);
        let number = returned.case.number();
        house.do_paper(&hanako, case, &house.entering(&card)).await.unwrap();
        let text = house.present_again(&hanako, case).await;
        house.do_paper(&hanako, case, &Command::Submit(hanako.card.sign(&text, house.now()))).await.unwrap();
        let denied = house.decide(&jiro, case, Verdict::Deny(Box::new(reason("not_entitled")))).await.unwrap();
        assert_eq!(denied.case.number(), number, "the number that the applicant knows");
        assert!(matches!(denied.case, Case::Denied { .. }));
        assert!(house.store().status(card.certificate()).await.unwrap().is_none());
        assert_eq!(letters(&house, case.octets()).await, [Letter::Received, Letter::Denied]);
        crate::invariant::hold(&house).await;
    }

    async fn a_reason_is_one_of_the_offices_and_fits_the_decision(house: House) {
        let (hanako, jiro) = office_of(&house).await;
        let card = house.card().await;
        let case = house.submit(&hanako, &card).await;
        house.do_paper(&jiro, case, &Command::Claim).await.unwrap();
        let with_remark = |remark: &str| Box::new(Reason { key: "not_entitled".to_owned(), remark: Some(remark.to_owned()) });
        for verdict in [
            Verdict::Deny(Box::new(reason("papers_missing"))),
            Verdict::Return(Box::new(reason("not_entitled"))),
            Verdict::Deny(Box::new(reason("because"))),
            Verdict::Deny(with_remark(&"長".repeat(401))),
            Verdict::Deny(with_remark("理由\u{202e}")),
        ] {
            let ask = Command::Ask { verdict, language: Language::Ja };
            assert_refused(house.do_paper(&jiro, case, &ask).await, Refusal::Stale);
        }
        let ask = Command::Ask { verdict: Verdict::Deny(with_remark("窓口で確認しました。")), language: Language::En };
        let done = house.do_paper(&jiro, case, &ask).await.unwrap();
        let text = house.asked_text(case, &done.case).await;
        assert!(text.contains("We could not confirm that the applicant") && text.contains("窓口で確認しました。"), "{text}");
    }

    async fn a47_a_file_is_kept_as_what_it_says_it_is_or_not_at_all(house: House) {
        let (hanako, _) = office_of(&house).await;
        let card = house.card().await;
        let Command::Enter { office, language, entry, .. } = house.entering(&card) else { unreachable!() };
        let case = house.desk.new_case();
        let enter = |files| Command::Enter { office: office.clone(), language, entry: entry.clone(), files };
        assert_refused(house.do_paper(&hanako, case, &enter(Vec::new())).await, Refusal::Stale);
        let mut forged = scan();
        forged.octets = b"something else".to_vec();
        assert_refused(house.do_paper(&hanako, case, &enter(vec![forged])).await, Refusal::Stale);
        house.do_paper(&hanako, case, &enter(vec![scan()])).await.unwrap();
        house.do_paper(&hanako, case, &enter(Vec::new())).await.unwrap();
        let kept = house.store().evidence(case.octets(), EvidenceKind::File, scan().digest).await.unwrap();
        assert_eq!(kept, Some(scan().octets), "what is kept need not be sent again");
    }

    async fn the_texts_say_everything_in_both_languages(house: House) {
        let (hanako, jiro) = office_of(&house).await;
        let card = house.card().await;
        let form = Form {
            reason_detail: "電車で鞄ごと".to_owned(),
            bank: "みずほ銀行".to_owned(),
            branch: "本店".to_owned(),
            account_type: "ordinary".to_owned(),
            account_number: "1234567".to_owned(),
            account_holder: "ﾀﾞｲﾋﾖｳ ﾀﾛｳ".to_owned(),
            ..form()
        };
        let case = house.desk.new_case();
        house.do_paper(&hanako, case, &house.entering_as(&card, &form)).await.unwrap();
        let text = house.present_again(&hanako, case).await;
        let (signature, authentication) = (card.signature.serial().to_string(), card.authentication.serial().to_string());
        for said in [
            "書面による失効申込の入力", "見本認証局", "見本 花子", "1001", "髙橋 一郎", "株式会社テスト工務店", "7000012050002",
            &signature, &authentication, &card.subject.card.to_string(), "2026年11月19日(木)", "企業等の代表者", "紛失・盗難", "電車で鞄ごと",
            "2026年11月17日(火)", "代表　太郎", "ダイヒョウ　タロウ", "1010021", "東京都千代田区外神田1-2-3", "0312345678", "daihyo@example.jp",
            "みずほ銀行", "本店", "普通", "1234567", "ﾀﾞｲﾋﾖｳ ﾀﾛｳ", "印鑑登録証明書 2026年11月10日(火)", &scan().digest.to_string(),
        ] {
            assert!(text.contains(said), "{said} is missing in\n{text}");
        }
        let english = Command::Present { language: Language::En };
        let done = house.do_paper(&hanako, case, &english).await.unwrap();
        let Case::Drafting { asked: Some((asked, _)), content, .. } = done.case else { panic!() };
        let english = house.store().text(case.octets(), asked).await.unwrap().unwrap();
        assert_eq!(english.lines().count(), text.lines().count(), "both languages say the same lines:\n{english}");
        assert!(text.contains(&content.to_string()) && english.contains(&content.to_string()));
        house.do_paper(&hanako, case, &Command::Submit(hanako.card.sign(&english, house.now()))).await.unwrap();
        let decision = house.ask_decision(&jiro, case, Verdict::Approve).await;
        let number = house.queued(case).await.number.unwrap().to_string();
        for said in ["承認", "見本 次郎", "1002", &number, &signature, &authentication, &content.to_string(), "代表　太郎"] {
            assert!(decision.contains(said), "{said} is missing in\n{decision}");
        }
    }

    async fn an_application_can_be_taken_back_until_somebody_has_it(house: House) {
        let (hanako, jiro) = office_of(&house).await;
        let card = house.card().await;
        let case = house.submit(&hanako, &card).await;
        house.do_paper(&jiro, case, &Command::Claim).await.unwrap();
        let refused = house.do_paper(&hanako, case, &Command::Withdraw).await;
        assert!(matches!(refused, Err(Failure::Refused(Refusal::Claimed { .. }))), "{refused:?}");
        house.do_paper(&jiro, case, &Command::Release).await.unwrap();
        let done = house.do_paper(&hanako, case, &Command::Withdraw).await.unwrap();
        assert_eq!(done.case.entry(), None, "what the paper said is not in the case any more");
        let row = house.queued(case).await;
        assert_eq!((row.shelf, row.state.as_str()), (Shelf::Done, "withdrawn"));
        crate::invariant::hold(&house).await;
    }

    async fn a_certificate_that_is_revoked_or_was_never_issued_cannot_be_entered(house: House) {
        let (hanako, _) = office_of(&house).await;
        let card = house.card().await;
        let entering = house.entering(&card);
        let (_, done) = house.revoke(&card).await;
        let casework::revocation::Case::Revoked { number, .. } = done.case else { panic!() };
        assert_refused(
            house.do_paper(&hanako, house.desk.new_case(), &entering).await,
            Refusal::AlreadyApplied { number },
        );
        let Command::Enter { office, language, mut entry, files } = entering else { unreachable!() };
        entry.certificate.serial = casework::identity::Serial::from_octets(&[9; 20]).unwrap();
        let unknown = Command::Enter { office, language, entry, files };
        assert_refused(house.do_paper(&hanako, house.desk.new_case(), &unknown).await, Refusal::NeverIssued);
        // The half that only logs in does not stand for a card.
        let Command::Enter { office, language, mut entry, files } = house.entering(&house.card().await) else { unreachable!() };
        entry.certificate = house.card().await.subject.authentication;
        let half = Command::Enter { office, language, entry, files };
        assert_refused(house.do_paper(&hanako, house.desk.new_case(), &half).await, Refusal::NeverIssued);
    }

    async fn a49_the_certificate_of_an_authority_that_the_office_does_not_take_cannot_be_entered(house: House) {
        let (hanako, _) = office_of(&house).await;
        let neighbour = TestAuthority::named(house.store(), "neighbour-issuing").await;
        let validity = Validity::of_days(noon(2025, 11, 21).0, 730).unwrap();
        let theirs = neighbour.card(&house.desk, validity, None).await;
        let refused = house.do_paper(&hanako, house.desk.new_case(), &house.entering(&theirs)).await;
        assert_refused(refused, Refusal::NeverIssued);
        let ours = house.entering(&house.card().await);
        house.do_paper(&hanako, house.desk.new_case(), &ours).await.unwrap();
    }

    async fn the_other_half_is_that_of_the_same_card(house: House) {
        // The same holder, twice: the cards differ in their last day.
        let card = house.card().await;
        let earlier = house.card_until(casework::time::Date { year: 2027, month: 6, day: 30 }).await;
        for card in [&card, &earlier] {
            let halves = house.desk.other_halves(card.certificate()).await.unwrap();
            assert_eq!(halves, std::slice::from_ref(&card.subject.authentication));
        }
        // And twice on one day: the halves follow the order of their issuance.
        let twin = house.card().await;
        assert_eq!(house.desk.other_halves(twin.certificate()).await.unwrap(), std::slice::from_ref(&twin.subject.authentication));
        assert_eq!(house.desk.other_halves(card.certificate()).await.unwrap(), std::slice::from_ref(&card.subject.authentication));
        let (hanako, jiro) = office_of(&house).await;
        let case = house.submit(&hanako, &card).await;
        house.decide(&jiro, case, Verdict::Approve).await.unwrap();
        for untouched in [
            earlier.certificate(),
            &earlier.subject.authentication,
            twin.certificate(),
            &twin.subject.authentication,
        ] {
            assert!(house.store().status(untouched).await.unwrap().is_none(), "the other card stays good");
        }
    }

    async fn nobody_but_an_officer_works_on_paper(house: House) {
        let (hanako, _) = office_of(&house).await;
        let card = house.card().await;
        for actor in [Actor::Holder { session: [1; 16] }, Actor::Operator { name: "root" }, Actor::System] {
            let refused = house.desk.perform(&actor, house.desk.new_case::<Paper>(), &house.entering(&card)).await;
            assert_refused(refused, Refusal::NotAnOfficer);
        }
        let by_token = Actor::Program { id: hanako.id, token: [3; 16] };
        let case: CaseId<Paper> = house.desk.new_case();
        house.desk.perform(&by_token, case, &house.entering(&card)).await.unwrap();
        let events = house.store().events(case.octets()).await.unwrap();
        assert!(events[0].actor.starts_with("program "), "{:?}", events[0].actor);
        assert!(!events[0].document.contains("代表") && !events[0].document.contains("千代田"), "the audit names nobody");
    }
}

async fn office_of(house: &House) -> (TestOfficer, TestOfficer) {
    let hanako = house.officer("1001", "見本 花子", &[Role::Entry, Role::Approval]).await;
    let jiro = house.officer("1002", "見本 次郎", &[Role::Approval]).await;
    (hanako, jiro)
}

/// The letters that a case queued, in their order.
async fn letters(house: &House, case: [u8; 16]) -> Vec<Letter> {
    let mut letters = Vec::new();
    while let Some(errand) = house
        .store()
        .take_errand("test", house.now(), std::time::Duration::from_mins(1))
        .await
        .unwrap()
    {
        if let Errand::PaperLetter(letter) = errand.errand
            && errand.case == case
        {
            letters.push((errand.queued_at, letter));
        }
    }
    letters.sort_by_key(|(queued_at, letter)| (*queued_at, *letter != Letter::Received));
    letters.into_iter().map(|(_, letter)| letter).collect()
}

fn reason(key: &str) -> Reason {
    Reason {
        key: key.to_owned(),
        remark: None,
    }
}

fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Failure>, expected: Refusal) {
    match outcome {
        Err(Failure::Refused(refusal)) => assert_eq!(refusal, expected),
        outcome => panic!("{outcome:?} instead of {expected:?}"),
    }
}
