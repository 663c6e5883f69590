//! ICカード更新 through the real store: the switch, what is held, and what still holds meanwhile.

use casework::Answer;
use casework::Refusal;
use casework::identity::RegistrationId;
use casework::registration::Kind;
use casework::renewal::Case;
use casework::review::{Reason, Verdict};
use server::desk::evidence;
use server::desk::registration::{Command as Register, Registration};
use server::desk::renewal::{Command, Renewal, Said, rows};
use server::desk::{CaseId, Failure};
use server::office::Office;
use server::store::{QueueQuery, Shelf, Show};
use wire::office::Language;

use crate::hall::{CITY, COMPANY, HOLDER_NAME, Hall, business};
use crate::house::{HOLDER, House, TestCard, noon, on_both};
use crate::invariant;
use crate::office::HOLDERS_COMPANY;

on_both! {
    async fn r104_from_the_commit_on_the_old_card_is_refused_and_the_new_one_accepted(house: House) {
        let hall = Hall::of(house);
        for office in [&hall.core, &hall.review] {
            hall.list(office, COMPANY, HOLDER_NAME).await;
            let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
            let registration = hall.register(office, &old).await;
            let (case, done) = hall.renew(office, registration, [&old, &new]).await;
            let Case::Renewed { submitted, at, approvals: None, .. } = &done.case else { panic!("{:?}", done.case) };
            assert_eq!(bound(&hall, office, &old).await, Some((registration, Some(*at))), "更新済(使用不可)");
            assert_eq!(bound(&hall, office, &new).await, Some((registration, None)));
            assert_eq!(hall.store().registration(registration).await.unwrap().unwrap().card, new.subject.card);
            let receipt = hall.store().receipt(case.octets()).await.unwrap().unwrap();
            assert_eq!((receipt.number, submitted.opened.person.as_deref()), (submitted.number, Some("入札　花子")));
            assert_eq!(hall.letters(case.octets()).await, ["RenewalLetter(Completed)"]);
            let again = hall.desk.card_known(office, &hall.row(office, &old).await).await.unwrap();
            assert!(matches!(casework::renewal::current_card(again, hall.now()), Err(Refusal::CardRenewed { .. })));
            let back = hall.renewing(office, registration, [&new, &old]).await;
            assert_eq!(refused(hall.ask::<Renewal>(&HOLDER, hall.desk.new_case(), &back).await), Refusal::CardRegistered, "R112");
        }
        invariant::hold(&hall.house).await;
    }

    async fn s5_3_what_is_held_has_changed_nothing_and_an_approval_switches_both(house: House) {
        let hall = Hall::of(house);
        let (old, new, case, registration) = held(&hall).await;
        let office = &hall.review;
        assert_eq!(bound(&hall, office, &old).await, Some((registration, None)), "the old card still works");
        assert_eq!(bound(&hall, office, &new).await, None, "and the new one does not yet");
        let row = hall.store().queue_row(case.octets()).await.unwrap().unwrap();
        assert_eq!((row.shelf, row.state.as_str(), row.name.as_str()), (Shelf::Waiting, "held", "別の会社株式会社"));
        assert_eq!(hall.letters(case.octets()).await, ["RenewalLetter(Held)"]);
        let by = hall.officer(office, "2001", CITY).await;
        let text = hall.propose(&by, case, Verdict::Approve).await;
        for part in ["[旧] 証明書シリアル番号", "[新] 証明書シリアル番号", "[新] ICカード商号又は名称 株式会社テスト工務店"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let decide = Command::Decide(by.card.sign(&text, hall.now()));
        let done = hall.ask(&by.actor(), case, &decide).await.unwrap();
        assert!(matches!(done.case, Case::Renewed { approvals: Some(_), .. }));
        assert!(bound(&hall, office, &old).await.unwrap().1.is_some());
        assert_eq!(bound(&hall, office, &new).await, Some((registration, None)));
        assert_eq!(
            hall.letters(case.octets()).await,
            ["RenewalLetter(Approved)", "RenewalLetter(Completed)"],
            "both, once each"
        );
        let again = hall.ask(&by.actor(), case, &decide).await.unwrap();
        assert_eq!(again.version, done.version, "G-S2: the same signature again is answered and does nothing");
        assert!(hall.letters(case.octets()).await.is_empty());
        assert_eq!(hall.store().application_about(&office.id, new.subject.card).await.unwrap(), None);
        invariant::hold(&hall.house).await;
    }

    async fn s5_3_a_denied_or_withdrawn_renewal_leaves_the_old_card_and_the_new_one_can_apply_again(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        let (old, new, case, registration) = held(&hall).await;
        let by = hall.officer(&office, "2001", CITY).await;
        let second = hall.renewing(&office, registration, [&old, &new]).await;
        assert!(
            matches!(refused(hall.ask::<Renewal>(&HOLDER, hall.desk.new_case(), &second).await), Refusal::AlreadyApplied { .. }),
            "G-S3"
        );
        let done = hall.decide(&by, case, Verdict::Deny(Box::new(reason("not_the_company")))).await.unwrap();
        assert!(matches!(done.case, Case::Denied { .. }));
        assert_eq!(hall.letters(case.octets()).await, ["RenewalLetter(Denied)", "RenewalLetter(Held)"]);
        let (again, done) = hall.renew(&office, registration, [&old, &new]).await;
        assert!(matches!(done.case, Case::Held { .. }), "the user may apply again");
        let stranger = Command::Withdraw { by: new.subject.card };
        assert_eq!(refused(hall.ask(&HOLDER, again, &stranger).await), Refusal::AnotherCard);
        let text = hall.propose(&by, again, Verdict::Approve).await;
        hall.ask(&HOLDER, again, &Command::Withdraw { by: old.subject.card }).await.unwrap();
        let decide = Command::Decide(by.card.sign(&text, hall.now()));
        assert_eq!(refused(hall.ask(&by.actor(), again, &decide).await), Refusal::Stale, "withdrawn while being decided");
        assert_eq!(bound(&hall, &office, &old).await, Some((registration, None)));
        assert_eq!(bound(&hall, &office, &new).await, None);
        assert_eq!(hall.letters(again.octets()).await, ["RenewalLetter(Held)", "RenewalLetter(Withdrawn)"]);
        invariant::hold(&hall.house).await;
    }

    async fn s5_4_a_returned_renewal_is_answered_and_approved_or_lapses(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        let (old, new, case, registration) = held(&hall).await;
        let by = hall.officer(&office, "2001", CITY).await;
        hall.decide(&by, case, Verdict::Return(Box::new(reason("register_first")))).await.unwrap();
        let answer = Command::Answer { by: old.subject.card, remark: "変更届を提出しました。".to_owned() };
        let done = hall.ask(&HOLDER, case, &answer).await.unwrap();
        assert!(matches!(done.case, Case::Held { .. }));
        hall.decide(&by, case, Verdict::Return(Box::new(reason("contact_us")))).await.unwrap();
        assert_eq!(hall.desk.lapse_unanswered().await.unwrap(), 0, "there is time");
        hall.house.it_is(hall.now().plus_seconds(16 * 86_400));
        assert_eq!(hall.desk.lapse_unanswered().await.unwrap(), 1);
        assert_eq!(hall.desk.lapse_unanswered().await.unwrap(), 0);
        assert_eq!(
            hall.letters(case.octets()).await,
            ["RenewalLetter(Held)", "RenewalLetter(Lapsed)", "RenewalLetter(Returned)", "RenewalLetter(Returned)"],
            "each 差戻し is told"
        );
        assert_eq!(bound(&hall, &office, &old).await, Some((registration, None)));
        assert_eq!(bound(&hall, &office, &new).await, None);
        invariant::hold(&hall.house).await;
    }

    async fn a20_a_new_card_that_was_revoked_while_held_is_not_approved(house: House) {
        let hall = Hall::of(house);
        let (old, new, case, registration) = held(&hall).await;
        let by = hall.officer(&hall.review, "2001", CITY).await;
        let text = hall.propose(&by, case, Verdict::Approve).await;
        hall.house.revoke(&new).await;
        let decide = Command::Decide(by.card.sign(&text, hall.now()));
        let done = hall.ask(&by.actor(), case, &decide).await.unwrap();
        assert!(matches!(done.answer, Answer::Refused(Refusal::UnfitCard { .. })), "E-REVIEW-CERT");
        assert!(matches!(done.case, Case::Held { .. }));
        assert_eq!(bound(&hall, &hall.review, &old).await, Some((registration, None)));
        assert_eq!(bound(&hall, &hall.review, &new).await, None);
        invariant::hold(&hall.house).await;
    }

    async fn s5_3_an_old_card_that_expired_while_held_is_still_replaced(house: House) {
        let hall = Hall::of(house);
        let (old, new, case, registration) = held(&hall).await;
        hall.house.it_is(noon(2027, 2, 1));
        let known = hall.desk.card_known(&hall.review, &hall.store().card(old.subject.card).await.unwrap().unwrap()).await;
        assert!(casework::renewal::current_card(known.unwrap(), hall.now()).is_err(), "it has expired (R201)");
        let by = hall.officer(&hall.review, "2001", CITY).await;
        let done = hall.decide(&by, case, Verdict::Approve).await.unwrap();
        assert!(matches!(done.case, Case::Renewed { .. }));
        assert_eq!(bound(&hall, &hall.review, &new).await, Some((registration, None)));
    }

    async fn a22_nobody_decides_for_the_own_company_and_of_two_officers_one_has_it(house: House) {
        let hall = Hall::of(house);
        let (_, _, case, _) = held(&hall).await;
        let insider = hall.officer(&hall.review, "2001", HOLDERS_COMPANY).await;
        assert_eq!(refused(hall.ask(&insider.actor(), case, &Command::Claim).await), Refusal::OwnApplication);
        let (one, other) = (hall.officer(&hall.review, "2002", CITY).await, hall.officer(&hall.review, "2003", CITY).await);
        hall.ask(&one.actor(), case, &Command::Claim).await.unwrap();
        assert!(matches!(refused(hall.ask(&other.actor(), case, &Command::Claim).await), Refusal::Claimed { .. }));
        let empty = Verdict::Deny(Box::new(reason("")));
        let propose = Command::Propose { verdict: empty, language: Language::Ja };
        assert_eq!(refused(hall.ask(&one.actor(), case, &propose).await), Refusal::NoReason, "officer without reason");
        let elsewhere = hall.officer(&hall.core, "2004", CITY).await;
        assert_eq!(refused(hall.ask(&elsewhere.actor(), case, &Command::Claim).await), Refusal::NotAnOfficer);
    }

    async fn r110_r111_r117_cards_that_are_the_same_swapped_or_exchanged_are_refused(house: House) {
        let hall = Hall::of(house);
        let office = hall.core.clone();
        hall.list(&office, COMPANY, HOLDER_NAME).await;
        let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
        let third = hall.card_until(2028, 2, 29).await;
        let registration = hall.register(&office, &old).await;
        let same = hall.renewing(&office, registration, [&old, &old]).await;
        assert_eq!(refused(hall.ask::<Renewal>(&HOLDER, hall.desk.new_case(), &same).await), Refusal::SameCard);
        let swapped = hall.renewing(&office, registration, [&new, &old]).await;
        assert_eq!(refused(hall.ask::<Renewal>(&HOLDER, hall.desk.new_case(), &swapped).await), Refusal::CardsSwapped);
        let (case, text) = hall.asked(&office, registration, [&old, &new]).await;
        let confirm = Command::Confirm(third.sign(&text, hall.now()));
        assert_eq!(refused(hall.ask(&HOLDER, case, &confirm).await), Refusal::AnotherCard, "E-CARD-CHANGED");
        let stranger = RegistrationId([9; 16]);
        let other = hall.renewing(&office, stranger, [&old, &new]).await;
        assert_eq!(refused(hall.ask::<Renewal>(&HOLDER, hall.desk.new_case(), &other).await), Refusal::AnotherCard);
    }

    async fn g_s3_of_two_renewals_of_one_card_the_later_one_finds_it_replaced(house: House) {
        let hall = Hall::of(house);
        let office = hall.core.clone();
        hall.list(&office, COMPANY, HOLDER_NAME).await;
        let (old, new, third) =
            (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await, hall.card_until(2028, 2, 29).await);
        let registration = hall.register(&office, &old).await;
        let (one, text) = hall.asked(&office, registration, [&old, &new]).await;
        let (other, late) = hall.asked(&office, registration, [&old, &third]).await;
        hall.ask(&HOLDER, one, &Command::Confirm(new.sign(&text, hall.now()))).await.unwrap();
        let confirm = Command::Confirm(third.sign(&late, hall.now()));
        assert!(matches!(refused(hall.ask(&HOLDER, other, &confirm).await), Refusal::CardRenewed { .. }));
        let cards = hall.store().cards_of_registration(registration).await.unwrap();
        assert_eq!(cards.iter().map(|card| card.card).collect::<Vec<_>>(), [old.subject.card, new.subject.card]);
    }

    async fn what_nobody_came_back_for_is_abandoned_and_its_cards_are_free(house: House) {
        let hall = Hall::of(house);
        let office = hall.core.clone();
        hall.list(&office, COMPANY, HOLDER_NAME).await;
        let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
        let registration = hall.register(&office, &old).await;
        let (case, text) = hall.asked(&office, registration, [&old, &new]).await;
        let idle = std::time::Duration::from_mins(15);
        hall.house.it_is(hall.now().plus_seconds(16 * 60));
        assert_eq!(hall.desk.abandon_unfinished(idle).await.unwrap(), 0, "its text has half an hour");
        hall.house.it_is(hall.now().plus_seconds(20 * 60));
        assert_eq!(hall.desk.abandon_unfinished(idle).await.unwrap(), 1);
        let confirm = Command::Confirm(new.sign(&text, hall.now()));
        assert_eq!(refused(hall.ask(&HOLDER, case, &confirm).await), Refusal::Stale);
        let (_, done) = hall.renew(&office, registration, [&old, &new]).await;
        assert!(matches!(done.case, Case::Renewed { .. }));
    }

    async fn the_invariants_of_renewals_notice_their_violations(house: House) {
        let hall = Hall::of(house);
        let (_, _, case, _) = held(&hall).await;
        let place = &hall.house.place.address;
        let broken = async |mutation: &str| {
            invariant::tamper(place, mutation).await;
            invariant::broken(hall.store(), place).await
        };
        invariant::hold(&hall.house).await;
        let sentence = "I4 a renewal that is held or given back has its two cards to itself, and no other case has any";
        let by = hall.officer(&hall.review, "2001", CITY).await;
        hall.decide(&by, case, Verdict::Approve).await.unwrap();
        invariant::hold(&hall.house).await;
        assert_eq!(broken("UPDATE registered_card SET until_at = NULL").await, ["I4 a registration has one card, and every other one that it had is replaced"]);
        let twice = "UPDATE event SET document = REPLACE(document, '\"event\":\"claimed\"', '\"event\":\"denied\"')";
        assert!(broken(twice).await.contains(&"I4 a renewal is decided once".to_owned()));
        assert!(broken("UPDATE office_case SET state = 'held' WHERE procedure = 'renewal'").await.contains(&sentence.to_owned()));
    }

    async fn the_queue_is_sorted_by_the_old_cards_end_and_then_by_age(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        hall.list(&office, COMPANY, HOLDER_NAME).await;
        let ends = [(2027, 3, 1), (2027, 1, 31), (2027, 2, 1)];
        let mut cards = Vec::new();
        for (year, month, day) in ends {
            let old = hall.card_until(year, month, day).await;
            let registration = hall.register(&office, &old).await;
            cards.push((old, registration));
        }
        hall.list(&office, "別の会社株式会社", HOLDER_NAME).await;
        let mut cases = Vec::new();
        for (old, registration) in &cards {
            let new = hall.card_until(2028, 1, 31).await;
            cases.push(hall.renew(&office, *registration, [old, &new]).await.0.octets());
        }
        let query = |after| QueueQuery {
            office: office.id.clone(),
            show: Show::Waiting,
            search: None,
            after,
            limit: 2,
        };
        let first = hall.store().queue(&query(None)).await.unwrap();
        let rest = hall.store().queue(&query(first.last().map(server::store::QueueRow::place))).await.unwrap();
        let found: Vec<_> = first.iter().chain(&rest).map(|row| row.case).collect();
        assert_eq!(found, [cases[1], cases[2], cases[0]]);
        let named = QueueQuery { search: Some("別の会社".to_owned()), limit: 9, ..query(None) };
        assert_eq!(hall.store().queue(&named).await.unwrap().len(), 3);
    }

    async fn a_company_is_registered_changed_and_may_have_several_cards(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        hall.list(&office, COMPANY, HOLDER_NAME).await;
        let (one, other) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
        let registration = hall.register(&office, &one).await;
        hall.register(&office, &other).await;
        assert_eq!(hall.store().registrations(&office.id, &business()).await.unwrap().len(), 2, "R107");
        let again = hall.opening(&office, &one, Kind::New).await;
        assert_eq!(refused(hall.ask::<Registration>(&HOLDER, hall.desk.new_case(), &again).await), Refusal::CardRegistered);
        let case = hall.desk.new_case();
        let open = hall.opening(&office, &one, Kind::Change { registration }).await;
        hall.ask(&HOLDER, case, &open).await.unwrap();
        let (case, text) = hall.filled_in(case).await;
        assert!(text.starts_with("利用者登録変更申請書\n"), "{text}");
        let confirm = Register::Confirm(one.sign(&text, hall.now()));
        hall.ask(&HOLDER, case, &confirm).await.unwrap();
        assert_eq!(hall.letters(case.octets()).await, ["RegistrationLetter(Completed)"]);
        let row = hall.store().registration(registration).await.unwrap().unwrap();
        assert_eq!((row.card, row.contact.department.as_str()), (one.subject.card, "営業部"));
        let known = hall.store().offices_of_card(one.subject.card).await.unwrap();
        assert_eq!(known.len(), 1, "R108: each ordering body for itself");
        invariant::hold(&hall.house).await;
    }

    async fn a_registration_whose_names_differ_is_held_by_the_same_rule(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        hall.list(&office, "別の会社株式会社", HOLDER_NAME).await;
        let card = hall.card_until(2028, 1, 31).await;
        let (case, text) = hall.registering(&office, &card).await;
        let confirm = Register::Confirm(card.sign(&text, hall.now()));
        let done = hall.ask(&HOLDER, case, &confirm).await.unwrap();
        assert!(matches!(done.case, casework::registration::Case::Held { .. }));
        assert_eq!(bound(&hall, &office, &card).await, None);
        let by = hall.officer(&office, "2001", CITY).await;
        hall.ask(&by.actor(), case, &Register::Claim).await.unwrap();
        let propose = Register::Propose { verdict: Verdict::Approve, language: Language::Ja };
        let done = hall.ask(&by.actor(), case, &propose).await.unwrap();
        let casework::registration::Case::Held { review, .. } = done.case else { panic!("{:?}", done.case) };
        let asked = review.claim.unwrap().asked.unwrap().text;
        let text = hall.store().text(case.octets(), asked).await.unwrap().unwrap();
        let decide = Register::Decide(by.card.sign(&text, hall.now()));
        hall.ask(&by.actor(), case, &decide).await.unwrap();
        assert_eq!(bound(&hall, &office, &card).await, Some((RegistrationId(case.octets()), None)));
        assert_eq!(
            hall.letters(case.octets()).await,
            ["RegistrationLetter(Approved)", "RegistrationLetter(Completed)", "RegistrationLetter(Held)"]
        );
        invariant::hold(&hall.house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_cards_sign_one_nonce_for_one_registration_or_nothing_is_proved() {
    let hall = Hall::of(House::on_sqlite().await);
    let office = hall.core.clone();
    hall.list(&office, COMPANY, HOLDER_NAME).await;
    let (old, new, third) = (
        hall.card_until(2027, 1, 31).await,
        hall.card_until(2028, 1, 31).await,
        hall.card_until(2028, 2, 29).await,
    );
    let registration = hall.register(&office, &old).await;
    let shown = async |card: &TestCard| {
        hall.desk
            .card_shown(&office, card.authentication.der(), card.signature.der())
            .await
            .unwrap()
    };
    let (from, to) = (shown(&old).await, shown(&new).await);
    let now = hall.now();
    for language in [Language::Ja, Language::En] {
        let one = hall.desk.begin_ceremony(&office, registration, &from, language);
        let another = hall.desk.begin_ceremony(&office, registration, &from, language);
        let other = hall.desk.ceremony_continued(&office, &one, &to, language).unwrap();
        let said = Said::read(&other).unwrap();
        assert_eq!(
            (said.from, said.to),
            (old.subject.card, Some(new.subject.card)),
            "what is read is what was written"
        );
        let both = |office: &Office, texts: [&str; 2], by: [&TestCard; 2]| {
            let texts = texts.map(str::to_owned);
            let signatures = [by[0].cms(&texts[0], now), by[1].cms(&texts[1], now)];
            evidence::read_both(office, texts, signatures, now)
        };
        assert!(both(&office, [&one, &other], [&old, &new]).is_ok(), "the control");
        assert!(
            both(&office, [&another, &other], [&old, &new]).is_err(),
            "another nonce"
        );
        assert!(
            both(&hall.review, [&one, &other], [&old, &new]).is_err(),
            "another office"
        );
        assert!(
            both(&office, [&other, &one], [&old, &new]).is_err(),
            "the wrong way round"
        );
        for by in [[&new, &new], [&old, &old], [&third, &new], [&old, &third]] {
            assert!(
                both(&office, [&one, &other], by).is_err(),
                "by other cards than they name"
            );
        }
        let longer = format!("{other}照合記号 AAAA\nMark AAAA\n");
        assert!(
            both(&office, [&one, &longer], [&old, &new]).is_err(),
            "a label stands once"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_are_those_of_the_source_documents() {
    let hall = Hall::of(House::on_sqlite().await);
    hall.list(&hall.core, COMPANY, HOLDER_NAME).await;
    let card = hall.card_until(2029, 12, 13).await;
    hall.register(&hall.core, &card).await;
    let face = hall.desk.card_face(card.subject.card).await.unwrap().unwrap();
    let entry = hall.desk.entry(&hall.core.id, &business()).await.unwrap();
    let labels = |office: &Office| -> Vec<&str> {
        let review = server::desk::bidder::renewal_policy(office).unwrap().review;
        rows(review, entry.as_ref(), &face, Language::Ja)
            .iter()
            .map(|row| row.label)
            .collect()
    };
    assert_eq!(
        labels(&hall.core),
        [
            "企業名称",
            "企業住所",
            "ICカード企業名称",
            "ICカード企業住所",
            "ICカード取得者氏名",
            "ICカード取得者住所",
            "証明書シリアル番号",
            "証明書発行者",
            "証明書有効期限"
        ]
    );
    assert_eq!(
        labels(&hall.review),
        [
            "商号又は名称",
            "所在地",
            "ICカード商号又は名称",
            "ICカード取得者氏名",
            "ICカード取得者業者所在地",
            "証明書シリアル番号",
            "証明書発行者",
            "証明書有効期限"
        ]
    );
    let review = server::desk::bidder::renewal_policy(&hall.core).unwrap().review;
    let last = rows(review, entry.as_ref(), &face, Language::Ja).pop().unwrap();
    assert_eq!(last.value, "2029/12/13");
}

/// A renewal that is held at the reviewing office: the register names another company.
async fn held(hall: &Hall) -> (TestCard, TestCard, CaseId<Renewal>, RegistrationId) {
    let office = &hall.review;
    hall.list(office, COMPANY, HOLDER_NAME).await;
    let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
    let registration = hall.register(office, &old).await;
    hall.list(office, "別の会社株式会社", HOLDER_NAME).await;
    let (case, done) = hall.renew(office, registration, [&old, &new]).await;
    assert!(matches!(done.case, Case::Held { .. }), "{:?}", done.case);
    (old, new, case, registration)
}

/// Which registration a card has at an office, and until when.
async fn bound(
    hall: &Hall,
    office: &Office,
    card: &TestCard,
) -> Option<(RegistrationId, Option<casework::time::Instant>)> {
    let row = hall.store().registration_of_card(&office.id, card.subject.card).await;
    row.unwrap().map(|row| (row.id, row.binding.until))
}

fn reason(key: &str) -> Reason {
    Reason {
        key: key.to_owned(),
        remark: None,
    }
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> Refusal {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}
