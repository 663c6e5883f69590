//! What officers see in their lists, and how they find it.

use casework::officer::Role;
use casework::paper::Form;
use casework::review::Verdict;
use server::desk::CaseId;
use server::desk::paper::{Command, Paper};
use server::store::{QueueQuery, QueueRow, Show};

use crate::house::{House, on_both};
use crate::office::{TestOfficer, form};

on_both! {
    async fn every_case_stands_on_one_shelf_and_the_counters_agree(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry, Role::Approval]).await;
        let jiro = house.officer("1002", "見本 次郎", &[Role::Approval]).await;
        let draft = named(&house, &hanako, "一番").await;
        let waiting = house.submit(&hanako, &house.card().await).await;
        house.it_is(house.now().plus_seconds(60));
        let claimed = house.submit(&hanako, &house.card().await).await;
        house.do_paper(&jiro, claimed, &Command::Claim).await.unwrap();
        let done = house.submit(&hanako, &house.card().await).await;
        house.decide(&jiro, done, Verdict::Approve).await.unwrap();
        house.it_is(house.now().plus_seconds(60));
        let (online, _) = house.revoke(&house.card().await).await;
        let shown = async |show| cases(&house.store().queue(&query(show)).await.unwrap());
        assert_eq!(shown(Show::Waiting).await, [waiting.octets(), claimed.octets()], "oldest first");
        assert_eq!(shown(Show::Mine(jiro.id)).await, [claimed.octets()]);
        assert_eq!(shown(Show::Mine(hanako.id)).await, [[0; 16]; 0]);
        assert_eq!(shown(Show::Drafts).await, [draft.octets()]);
        assert_eq!(shown(Show::Done).await, [online.octets(), done.octets()], "latest first");
        assert_eq!(shown(Show::All).await.len(), 5);
        let counts = house.store().queue_counts("mihon-ca", house.now()).await.unwrap();
        assert_eq!((counts.waiting, counts.claimed, counts.drafts), (2, 1, 1));
        assert_eq!(counts.oldest, Some(house.queued(waiting).await.since));
        house.it_is(house.now().plus_seconds(31 * 60));
        let counts = house.store().queue_counts("mihon-ca", house.now()).await.unwrap();
        assert_eq!((counts.waiting, counts.claimed), (2, 0), "a claim ends by itself");
        let elsewhere = house.store().queue(&QueueQuery { office: "other-ca".to_owned(), ..query(Show::All) }).await.unwrap();
        assert_eq!(elsewhere, []);
        crate::invariant::hold(&house).await;
    }

    async fn a_case_is_found_by_its_number_or_by_a_part_of_a_name(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let ando = named(&house, &hanako, "安藤　Ｋｅｎ").await;
        let percent = named(&house, &hanako, "百％　太郎").await;
        let submitted = house.submit(&hanako, &house.card().await).await;
        let number = house.queued(submitted).await.number.unwrap().to_string();
        let found = async |search: &str| {
            let query = QueueQuery { search: Some(search.to_owned()), ..query(Show::Drafts) };
            cases(&house.store().queue(&query).await.unwrap())
        };
        assert_eq!(found("安藤").await, [ando.octets()]);
        assert_eq!(found("藤 ken").await, [ando.octets()], "however it is spaced and written");
        assert_eq!(found("%").await, [percent.octets()], "a sign stands for itself");
        assert_eq!(found("_").await, [[0; 16]; 0]);
        assert_eq!(found("髙橋一郎").await.len(), 2, "the holder's name finds it too");
        assert_eq!(found("テスト工務店").await.len(), 2, "and the organisation's");
        assert_eq!(found(&number).await, [submitted.octets()], "a number wherever its case stands");
        assert_eq!(found("  ").await.len(), 2, "nothing is no search");
    }

    async fn pages_follow_each_other_without_a_gap(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let mut expected = Vec::new();
        // Some at the same moment.
        for count in 0..7_i64 {
            expected.push(named(&house, &hanako, "頁").await.octets());
            if count % 3 == 0 {
                house.it_is(house.now().plus_seconds(60));
            }
        }
        expected.sort_unstable();
        for show in [Show::Drafts, Show::All] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = house.store().queue(&QueueQuery { after, limit: 3, ..query(show) }).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.place());
                seen.extend(cases(&page));
            }
            seen.sort_unstable();
            assert_eq!(seen, expected, "{show:?}");
        }
    }

    async fn the_other_cases_of_a_certificate_are_seen(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let card = house.card().await;
        let first = house.submit(&hanako, &card).await;
        let (online, _) = house.revoke(&card).await;
        let rows = house.store().queue_of_certificate(card.certificate()).await.unwrap();
        let mut seen = cases(&rows);
        seen.sort_unstable();
        let mut expected = [first.octets(), online.octets()];
        expected.sort_unstable();
        assert_eq!(seen, expected);
    }
}

/// A draft of an applicant of this name.
async fn named(house: &House, by: &TestOfficer, name: &str) -> CaseId<Paper> {
    let form = Form {
        name: name.to_owned(),
        ..form()
    };
    let case = house.desk.new_case();
    let entering = house.entering_as(&house.card().await, &form);
    house.do_paper(by, case, &entering).await.unwrap();
    case
}

fn query(show: Show) -> QueueQuery {
    QueueQuery {
        office: "mihon-ca".to_owned(),
        show,
        search: None,
        after: None,
        limit: 50,
    }
}

fn cases(rows: &[QueueRow]) -> Vec<[u8; 16]> {
    rows.iter().map(|row| row.case).collect()
}
