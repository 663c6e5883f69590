//! The list: what is on it, how one walks it, and the file of it.

use axum::http::header;
use server::store::StoreAddress;

use super::counter::{Counter, PAPER, paper_with};
use super::seat::DESK;
use crate::house::{House, on_both};
use crate::invariant::tamper;

on_both! {
    async fn the_list_says_how_much_waits_and_since_when_and_what_to_do_when_nothing_does(house: House) {
        let mut counter = Counter::of(house).await;
        let empty = counter.approval.browser.get(&format!("{DESK}/queue")).await;
        empty.must_say("承認待ちの申込はありません");
        empty.must_say("書面が届いたら");
        for show in ["mine", "drafts", "done", "all"] {
            let page = counter.approval.browser.get(&format!("{DESK}/queue?show={show}")).await;
            page.must_say("id=\"empty\"");
        }
        let (one, two) = (counter.holder(1).await, counter.holder(2).await);
        counter.waiting(&one, PAPER).await;
        counter.house.it_is(counter.house.now().plus_seconds(600));
        let case = counter.waiting(&two, PAPER).await;
        let page = counter.approval.browser.get(&format!("{DESK}/queue")).await;
        page.must_say("2件が承認待ち、最も古いものは10分前");
        counter.take(&case).await;
        let page = counter.approval.browser.get(&format!("{DESK}/queue?show=mine")).await;
        page.must_say("うち担当中 1件");
        page.must_say(case.rsplit_once('/').unwrap().1);
    }

    async fn an_application_is_found_by_its_number_from_every_list_and_by_a_part_of_a_name(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, PAPER).await;
        let id = case.rsplit_once('/').unwrap().1.to_owned();
        let page = counter.entry.browser.get(&case).await.text();
        let number = page
            .split_once("<span class=\"nowrap\">")
            .unwrap()
            .1
            .split_once('<')
            .unwrap()
            .0
            .to_owned();
        let plain: String = number.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(plain.len(), 11, "{number}");
        for (show, search) in [
            ("done", plain.as_str()),
            ("waiting", "%E9%AB%99%E6%A9%8B"),
            ("all", "%E4%B8%80%E9%83%8E"),
        ] {
            let found = counter
                .entry
                .browser
                .get(&format!("{DESK}/queue?show={show}&search={search}"))
                .await;
            found.must_say(&id);
        }
        let nothing = counter.entry.browser.get(&format!("{DESK}/queue?search=%25")).await;
        nothing.must_say("見つかりませんでした");
        for query in [
            "show=%FF",
            "after=1-x.2-y",
            "search=%00",
            "show=../..",
            "&&&=",
            "after=9999999999999999999-0",
        ] {
            let page = counter.entry.browser.get(&format!("{DESK}/queue?{query}")).await;
            assert!(page.status.is_success(), "{query}: {}", page.status);
        }
    }

    async fn pages_follow_each_other_without_a_gap_and_a_case_leads_back_to_its_page(house: House) {
        let mut counter = Counter::of(house).await;
        fill(&counter, 120).await;
        let mut seen = std::collections::BTreeSet::new();
        let mut path = format!("{DESK}/queue?show=waiting");
        let mut pages = 0;
        loop {
            let page = counter.approval.browser.get(&path).await;
            let text = page.text();
            for part in text.split("/cases/").skip(1) {
                seen.insert(part[..26].to_owned());
            }
            pages += 1;
            let Some((before, _)) = text.split_once("rel=\"next\"") else {
                break;
            };
            let href = before.rsplit_once("href=\"").unwrap().1.split_once('"').unwrap().0;
            path = href.replace("&#38;", "&").replace("&amp;", "&");
        }
        assert_eq!((pages, seen.len()), (3, 120));
        let last = counter.approval.browser.get(&path).await;
        last.must_say("rel=\"prev\"");
        last.must_say("3ページ目");
    }

    async fn a38_the_file_has_every_page_and_no_formula(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        for (day, name) in (2..).zip(["=1+1", "＝cmd", "+81", "-1", "@x", "\"quoted\",", "'own"]) {
            let card = counter.holder(day).await;
            counter.waiting(&card, &paper_with(&[("name", name)])).await;
        }
        counter.waiting(&card, PAPER).await;
        fill(&counter, 450).await;
        let file = counter
            .approval
            .browser
            .get(&format!("{DESK}/queue.csv?show=all"))
            .await;
        assert_eq!(
            file.headers[header::CONTENT_TYPE],
            "text/csv; charset=utf-8; header=present"
        );
        assert!(
            file.headers[header::CONTENT_DISPOSITION]
                .to_str()
                .unwrap()
                .starts_with("attachment")
        );
        assert!(file.octets.starts_with(b"\xef\xbb\xbf"));
        let text = file.text();
        let records = read(text.trim_start_matches('\u{feff}'));
        assert_eq!(records.len(), 1 + 8 + 450);
        let names: Vec<&str> = records.iter().map(|record| record[2].as_str()).collect();
        for name in ["=1+1", "＝cmd", "+81", "-1", "@x", "'own"] {
            let kept = names.iter().find(|kept| kept.strip_prefix('\'') == Some(name));
            assert!(kept.is_some(), "{name} reads back");
            assert!(!names.contains(&name), "{name} would compute");
        }
        assert!(
            names.contains(&"\"quoted\",") && names.contains(&"髙橋　一郎"),
            "left as they are"
        );
        for cell in records.iter().flatten() {
            let first = cell.chars().find(|letter| !letter.is_whitespace());
            assert!(!first.is_some_and(|letter| "=+-@＝＋－＠".contains(letter)), "{cell}");
        }
    }
}

/// RFC 4180, as far as we write it.
fn read(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('"', true) if letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => record.push(std::mem::take(&mut cell)),
            ('\r', false) => {
                assert_eq!(letters.next(), Some('\n'));
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            (letter, _) => cell.push(letter),
        }
    }
    assert!(cell.is_empty() && record.is_empty(), "the last line ends too");
    records
}

/// Writes lines as the desk would; many of one second, so that a place is told by the case too.
async fn fill(counter: &Counter, count: u16) {
    let lines: Vec<String> = (0..count)
        .map(|place| {
            let since = 1_795_000_000 + u32::from(place / 40);
            let case = match counter.house.place.address {
                StoreAddress::Sqlite(_) => format!("x'07070707070707070707070707{place:06x}'"),
                StoreAddress::Postgres(_) => format!("decode('07070707070707070707070707{place:06x}', 'hex')"),
            };
            format!(
                "({case}, 'paper', 'mihon-ca', 'waiting', {since}, '申込{place}', NULL, \
                 '申込 {place}', '', '株式会社', 'lost', 'waiting', NULL, NULL, NULL, NULL, NULL, 1)"
            )
        })
        .collect();
    let insert = format!(
        "INSERT INTO queue (case_id, procedure, office, shelf, since, searched, number, name, holder, company, ground, \
         state, entered_by, claimed_by, claimed_until, authority, serial, version) VALUES {}",
        lines.join(", ")
    );
    tamper(&counter.house.place.address, &insert).await;
}
