//! デジタル証明書の再発行 through the real store: from the draft to the end of the examination, and every refusal on the way.

use casework::Refusal;
use casework::reissue::{Case, Step, Trouble};
use casework::review::Verdict;
use casework::time::Day;
use server::desk::examine::Examine;
use server::desk::reissue::{Command, Reissue};
use server::desk::{Actor, Done, Failure};
use server::store::Shelf;

use crate::examination::{CENTRE, Counter, applicant, choose, day, of, terminal, verdict_with};
use crate::house::{HOLDER, House, noon, on_both};
use crate::invariant;

on_both! {
    async fn r306_two_terminals_are_applied_for_examined_and_wait_for_their_morning(house: House) {
        let counter = Counter::of(house).await;
        let case = counter.applied(&["11110A", "11110B"]).await;
        let Case::Received { submitted, draft: None, .. } = counter.look(case).await else { panic!("受付") };
        let receipt = counter.store().receipt(case.octets()).await.unwrap().unwrap();
        assert_eq!(receipt.number, submitted.number);
        assert_eq!(counter.letters(case).await, ["ReissueLetter(Received)"]);
        let row = counter.store().queue_row(case.octets()).await.unwrap().unwrap();
        assert_eq!((row.shelf, row.state.as_str(), row.company.as_str()), (Shelf::Waiting, "received", "見本通関商事株式会社"));
        assert_eq!((row.name.as_str(), row.due), ("通関　花子", day(2026, 11, 24).begins().plus_seconds(6 * 3_600)));
        let again = counter.apply(case, Command::Apply).await.unwrap();
        assert_eq!((again.version, again.case.submitted().unwrap().number), (4, submitted.number), "G-S2");
        let offered = counter.centre.desk.terminals_offered(&counter.centre.office.id, counter.organisation, counter.now()).await.unwrap();
        let open: Vec<_> = offered.iter().map(|one| one.open.map(|(_, number)| number)).collect();
        assert_eq!(open, [Some(submitted.number), Some(submitted.number), None], "再発行申込中");
        assert_eq!(offered[0].valid_until, Some(day(2026, 11, 30).ends()));

        let by = counter.officer("2001", CENTRE).await;
        let text = counter.propose(&by, case, Verdict::Approve).await;
        for part in ["会社名 見本通関商事株式会社", "氏名 通関　花子", "再発行希望日 2026年11月24日(火)", "論理端末 海上 webNACCS 11110A (", "決定 承認（審査終了）"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(matches!(counter.look(case).await, Case::Examining { .. }), "審査中");
        let decide = || Examine::Decide(by.card.sign(&text, counter.now()));
        let done = counter.examine(&by, case, decide()).await.unwrap();
        let Case::Approved { progress, .. } = &done.case else { panic!("{:?}", done.case) };
        assert!(progress.iter().all(|one| one.step == Step::Waiting) && progress.len() == 2);
        let again = counter.examine(&by, case, decide()).await.unwrap();
        assert_eq!(again.version, done.version, "G-S2: the same signature again is answered and does nothing");
        let mornings = |today| { let store = counter.store().clone(); async move { store.mornings(today, None).await.unwrap().len() } };
        assert_eq!((mornings(day(2026, 11, 23)).await, mornings(day(2026, 11, 24)).await), (0, 1));
        assert_eq!(counter.news().await, ["reissue-examined"]);
        let row = counter.store().queue_row(case.octets()).await.unwrap().unwrap();
        assert_eq!((row.shelf, row.state.as_str()), (Shelf::Done, "approved"));
        assert_eq!(refused(counter.apply(case, Command::Withdraw).await), Refusal::Stale, "審査終了: it waits for the date");
        invariant::hold(counter.house()).await;
    }

    async fn s6_6_what_is_given_back_is_corrected_and_a_passed_day_chosen_anew(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.applied(&["11110A", "11110B"]).await;
        counter.decide(&by, case, verdict_with("applicant", Verdict::Return)).await.unwrap();
        let Case::Returned { submitted: before, .. } = counter.look(case).await else { panic!("確認事項あり") };
        assert_eq!(counter.news().await, ["reissue-returned"]);
        assert_eq!(refused(counter.examine(&by, case, Examine::Claim).await), Refusal::Stale, "it is the applicant's");
        counter.house().it_is(noon(2026, 11, 24));
        assert_eq!(refused(counter.apply(case, Command::Correct).await), Refusal::DayGone, "R305");
        assert_eq!(refused(counter.apply(case, choose(day(2026, 11, 24), &["11110A"])).await), Refusal::DayGone);
        counter.apply(case, choose(day(2026, 11, 25), &["11110A", "11110C"])).await.unwrap();
        let mut corrected = applicant();
        corrected.department = Some("第二営業部".into());
        counter.apply(case, Command::Enter(Box::new(corrected))).await.unwrap();
        let done = counter.apply(case, Command::Correct).await.unwrap();
        let Case::Received { submitted, .. } = &done.case else { panic!("{:?}", done.case) };
        assert_eq!(submitted.number, before.number, "under its number");
        assert_ne!(submitted.content, before.content, "A23");
        let again = counter.apply(case, Command::Correct).await.unwrap();
        assert_eq!(again.version, done.version, "G-S2");
        let open = |name| { let store = counter.store().clone(); let office = counter.centre.office.id.clone(); async move {
            store.application_for(&office, terminal(name)).await.unwrap().is_some()
        }};
        assert_eq!((open("11110A").await, open("11110B").await, open("11110C").await), (true, false, true));
        counter.decide(&by, case, verdict_with("applicant", Verdict::Return)).await.unwrap();
        assert_eq!(
            counter.letters(case).await,
            ["ReissueLetter(Received)", "ReissueLetter(Returned)", "ReissueLetter(Returned)"],
            "each return is told"
        );
        invariant::hold(counter.house()).await;
    }

    async fn s6_6_a_withdrawn_or_denied_application_is_over_and_its_terminals_are_free(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.applied(&["11110A"]).await;
        let text = counter.propose(&by, case, Verdict::Approve).await;
        assert_eq!(refused(counter.apply(case, Command::Withdraw).await), Refusal::UnderReview, "until the review starts");
        counter.examine(&by, case, Examine::Release).await.unwrap();
        counter.apply(case, Command::Withdraw).await.unwrap();
        let decide = Examine::Decide(by.card.sign(&text, counter.now()));
        assert_eq!(refused(counter.examine(&by, case, decide).await), Refusal::Stale, "a decision on a withdrawn application");
        counter.apply(case, Command::Withdraw).await.unwrap();
        assert_eq!(counter.letters(case).await, ["ReissueLetter(Received)", "ReissueLetter(Withdrawn)"]);
        let next = counter.applied(&["11110A"]).await;
        let done = counter.decide(&by, next, verdict_with("not_needed", Verdict::Deny)).await.unwrap();
        assert!(matches!(done.case, Case::Denied { .. }));
        assert_eq!(counter.letters(next).await, ["ReissueLetter(Denied)", "ReissueLetter(Received)"]);
        assert_eq!(counter.news().await, ["reissue-denied"]);
        counter.applied(&["11110A"]).await;
        invariant::hold(counter.house()).await;
    }

    async fn s6_8_what_cannot_be_applied_for_is_refused(house: House) {
        let counter = Counter::of(house).await;
        let other = counter.centre.contract("K-002").await;
        counter.give(other, &["22220A"]).await;
        let stranger = of(counter.centre.person(other, "tsukan02").await);
        let case = counter.begun().await;
        let chosen = async |on: Day, names: &[&str]| counter.apply(case, choose(on, names)).await.map_err(told);
        for wrong in [day(2026, 11, 19), day(2026, 11, 20), day(2026, 11, 21), day(2026, 11, 23), day(2027, 1, 20), day(2031, 1, 6)] {
            assert_eq!(chosen(wrong, &["11110A"]).await.err(), Some(Refusal::DayGone), "{wrong:?}");
        }
        let first = day(2026, 11, 24);
        assert_eq!(chosen(first, &[]).await.err(), Some(Refusal::NoTerminal), "E-TERM-NONE");
        assert_eq!(chosen(first, &["11110A", "11110A"]).await.err(), Some(Refusal::Stale), "twice in one form");
        assert_eq!(chosen(first, &["22220A"]).await.err(), Some(Refusal::NoSuchTerminal { terminal: terminal("22220A") }), "A17");
        assert_eq!(refused(counter.apply(case, Command::Apply).await), Refusal::Stale, "no terminals were entered");
        let taken = counter.applied(&["11110B"]).await;
        let number = counter.look(taken).await.submitted().unwrap().number;
        let no = Refusal::TerminalTaken { terminal: terminal("11110B"), number };
        assert_eq!(chosen(first, &["11110A", "11110B"]).await.err(), Some(no), "E-TERM-DUP");
        chosen(first, &["11110A"]).await.unwrap();
        for command in [Command::Apply, choose(first, &["22220A"]), Command::Enter(Box::new(applicant())), Command::Abandon] {
            assert_eq!(refused(counter.ask(&stranger, case, command).await), Refusal::NotYours, "A17");
        }
        assert_eq!(refused(counter.ask(&HOLDER, counter.centre.desk.new_case(), counter.opening()).await), Refusal::NotYours);
        assert_eq!(refused(counter.ask(&stranger, taken, Command::Withdraw).await), Refusal::NotYours);
        counter.house().it_is(noon(2026, 11, 25));
        assert_eq!(refused(counter.apply(case, Command::Apply).await), Refusal::DayGone, "midnight lay between");
        assert_eq!(refused(counter.apply(taken, Command::Grant { troubles: Vec::new() }).await), Refusal::Stale);
        invariant::hold(counter.house()).await;
    }

    async fn g_s3_of_two_tabs_that_send_off_one_terminal_one_wins(house: House) {
        let counter = Counter::of(house).await;
        let mut tabs = Vec::new();
        for _ in 0..2 {
            let case = counter.begun().await;
            counter.apply(case, choose(day(2026, 11, 24), &["11110A"])).await.unwrap();
            tabs.push(case);
        }
        let both = tokio::join!(counter.apply(tabs[0], Command::Apply), counter.apply(tabs[1], Command::Apply));
        let lost: Vec<_> = [both.0, both.1].into_iter().filter_map(Result::err).map(told).collect();
        assert!(matches!(lost.as_slice(), [Refusal::TerminalTaken { .. }]), "{lost:?}");
        // The same one twice at once is one application.
        let case = counter.begun().await;
        counter.apply(case, choose(day(2026, 11, 24), &["11110B"])).await.unwrap();
        let desk = &counter.centre.desk;
        let actor = counter.actor();
        let both = tokio::join!(desk.perform(&actor, case, &Command::Apply), desk.perform(&actor, case, &Command::Apply));
        let number = |done: Done<Reissue>| done.case.submitted().unwrap().number;
        assert_eq!(number(both.0.unwrap()), number(both.1.unwrap()), "G-S2");
        invariant::hold(counter.house()).await;
    }

    async fn a22_a25_two_persons_approve_and_a_row_that_was_changed_proves_nothing(house: House) {
        let counter = Counter::of_two(house).await;
        let (one, other) = (counter.officer("2001", CENTRE).await, counter.officer("2002", CENTRE).await);
        let insider = counter.officer("2003", "見本通関商事株式会社").await;
        let case = counter.applied(&["11110A"]).await;
        assert_eq!(refused(counter.examine(&insider, case, Examine::Claim).await), Refusal::OwnApplication);
        let text = counter.propose(&one, case, Verdict::Approve).await;
        let decide = || Examine::Decide(one.card.sign(&text, counter.now()));
        let done = counter.examine(&one, case, decide()).await.unwrap();
        assert!(matches!(&done.case, Case::Examining { review, .. } if review.first.is_some()));
        let again = counter.examine(&one, case, decide()).await.unwrap();
        assert_eq!(again.version, done.version, "G-S2");
        assert_eq!(refused(counter.examine(&one, case, Examine::Claim).await), Refusal::SamePerson);
        assert_eq!(refused(counter.apply(case, Command::Withdraw).await), Refusal::UnderReview);
        let text = counter.propose(&other, case, Verdict::Approve).await;
        let forged = "UPDATE office_case SET document = REPLACE(document, '花子', '太郎') WHERE procedure = 'reissue'";
        invariant::tamper(&counter.house().place.address, forged).await;
        let decide = Examine::Decide(other.card.sign(&text, counter.now()));
        assert_eq!(refused(counter.examine(&other, case, decide.clone()).await), Refusal::Unproven, "A25");
        let undone = "UPDATE office_case SET document = REPLACE(document, '太郎', '花子') WHERE procedure = 'reissue'";
        invariant::tamper(&counter.house().place.address, undone).await;
        let done = counter.examine(&other, case, decide).await.unwrap();
        let Case::Approved { approvals, .. } = &done.case else { panic!("{:?}", done.case) };
        assert!(approvals.first.is_some());
        invariant::hold(counter.house()).await;
    }

    async fn of_two_officers_one_has_it_until_it_is_put_back_or_handed_over(house: House) {
        let counter = Counter::of(house).await;
        let (one, other) = (counter.officer("2001", CENTRE).await, counter.officer("2002", CENTRE).await);
        let case = counter.applied(&["11110A"]).await;
        counter.examine(&one, case, Examine::Claim).await.unwrap();
        assert!(matches!(refused(counter.examine(&other, case, Examine::Claim).await), Refusal::Claimed { .. }));
        counter.examine(&other, case, Examine::Reassign { to: other.id }).await.unwrap();
        assert!(matches!(refused(counter.examine(&one, case, Examine::Release).await), Refusal::Claimed { .. }));
        let empty = verdict_with("", Verdict::Deny);
        let propose = Examine::Propose { verdict: empty, language: wire::office::Language::Ja };
        assert_eq!(refused(counter.examine(&other, case, propose).await), Refusal::NoReason);
        let done = counter.examine(&other, case, Examine::Release).await.unwrap();
        assert!(matches!(done.case, Case::Received { .. }), "受付 again");
        // A terminal that went to another customer meanwhile is not approved.
        counter.give(counter.centre.contract("K-002").await, &["11110A"]).await;
        counter.examine(&one, case, Examine::Claim).await.unwrap();
        let approve = Examine::Propose { verdict: Verdict::Approve, language: wire::office::Language::Ja };
        assert!(matches!(refused(counter.examine(&one, case, approve).await), Refusal::NoSuchTerminal { .. }));
    }

    async fn a_draft_that_nobody_came_back_for_is_given_up_after_a_day(house: House) {
        let counter = Counter::of(house).await;
        let (draft, sent) = (counter.begun().await, counter.applied(&["11110A"]).await);
        let idle = std::time::Duration::from_mins(15);
        let given_up = async |hours: i64| {
            counter.house().it_is(counter.now().plus_seconds(hours * 3_600));
            counter.centre.desk.abandon_unfinished(idle).await.unwrap()
        };
        assert_eq!(given_up(23).await, 0, "whoever logs in again goes on");
        assert_eq!(given_up(2).await, 1);
        assert!(matches!(counter.look(draft).await, Case::Abandoned { .. }));
        assert!(matches!(counter.look(sent).await, Case::Received { .. }), "what was sent off is never given up");
        let events = counter.store().events(draft.octets()).await.unwrap();
        assert!(!format!("{events:?}").contains("花子"), "the audit names nobody");
        assert_eq!(given_up(48).await, 0);
    }

    async fn r307_what_the_morning_could_not_do_stands_before_officers(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.approved(&by, &["11110A", "11110B"]).await;
        let grant = |trouble| Command::Grant { troubles: vec![(terminal("11110A"), trouble)] };
        assert_eq!(refused(counter.ask(&Actor::System, case, grant(Trouble::Failed)).await), Refusal::Stale, "not before its day");
        counter.house().it_is(noon(2026, 11, 24));
        counter.ask(&Actor::System, case, grant(Trouble::Failed)).await.unwrap();
        assert_eq!(refused(counter.ask(&Actor::System, case, grant(Trouble::Failed)).await), Refusal::Stale, "told once");
        let row = counter.store().queue_row(case.octets()).await.unwrap().unwrap();
        assert_eq!((row.shelf, row.state.as_str()), (Shelf::Waiting, "approved"));
        counter.ask(&Actor::System, case, grant(Trouble::Gone)).await.unwrap();
        assert_eq!(counter.letters(case).await, ["ReissueLetter(Received)"], "the mail waits for all terminals");
        invariant::hold(counter.house()).await;
    }
}

fn refused(outcome: Result<Done<Reissue>, Failure>) -> Refusal {
    told(outcome.err().unwrap())
}

fn told(failure: Failure) -> Refusal {
    match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Fault(fault) => panic!("{fault}"),
    }
}
