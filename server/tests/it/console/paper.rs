//! A paper, from the search for its certificate to the decision.

use std::sync::Arc;

use axum::http::StatusCode;
use casework::officer::Role;
use server::store::StatusRow;

use super::counter::{Counter, PAPER, act, begin, jpeg, paper_with, submit};
use super::seat::{DESK, seated};
use crate::errand::{PostOffice, runner};
use crate::house::{House, on_both};
use crate::portal::browser::{Browser, escaped};

on_both! {
    async fn a_paper_is_entered_signed_approved_by_another_and_both_certificates_are_revoked(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, PAPER).await;
        let page = counter.entry.browser.get(&case).await;
        for words in [
            "承認待ち",
            "髙橋　一郎",
            "電車の中で紛失",
            "入力に署名し、受付",
            "確認済み（発行日",
            "1枚目の写し",
        ] {
            page.must_say(words);
        }
        counter.take(&case).await;
        let preview = {
            let browser = &mut counter.approval.browser;
            let page = browser.get(&format!("{case}/decide")).await;
            let version = page.hidden("version");
            let fields = [("verdict", "approve"), ("go", "preview"), ("version", version.as_str())];
            browser.post(&format!("{case}/decide"), &fields).await
        };
        preview.must_say("takahashi@example.jp にメールで送ります。");
        preview.must_say("電子証明書失効完了のお知らせ");
        assert!(revoked(&counter, &card).await.is_empty(), "a preview decides nothing");
        let decided = counter.decide(&case, &[("verdict", "approve")]).await;
        assert_eq!(
            decided.location(),
            format!("{case}?notice=decided"),
            "{}",
            decided.text()
        );
        let done = counter.approval.browser.follow(decided).await;
        for words in ["承認しました", "失効完了", "失効の反映", "承認し、失効"] {
            done.must_say(words);
        }
        let subject = &card.subject;
        for serial in [&subject.certificate.serial, &subject.authentication.serial] {
            done.must_say(&serial.to_string());
        }
        assert_eq!(revoked(&counter, &card).await.len(), 2);
    }

    async fn a19_the_same_signature_brought_back_again_finds_the_same_page(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let path = counter.entered(&card, PAPER).await;
        let confirm = counter.entry.browser.get(&format!("{path}/confirm")).await;
        let version = confirm.hidden("version");
        let first = counter
            .entry
            .browser
            .post(&format!("{path}/confirm"), &[("version", &version)])
            .await;
        assert_eq!(first.location(), format!("{DESK}/card"));
        let Counter {
            house, router, entry, ..
        } = &mut counter;
        let submitted = submit(house, router, entry, &path).await;
        let way = submitted.location();
        let case = way.split_once('?').unwrap().0.to_owned();
        counter.take(&case).await;
        let back = counter.sign_decision(&case, &[("verdict", "approve")]).await;
        let one = counter.approval.browser.get(&back).await;
        let outbox = counter.house.store().outbox().await.unwrap();
        let two = counter.approval.browser.get(&back).await;
        assert_eq!(one.location(), two.location());
        assert_eq!(one.location(), format!("{case}?notice=decided"));
        assert_eq!(revoked(&counter, &card).await.len(), 2);
        assert_eq!(counter.house.store().outbox().await.unwrap(), outbox, "no letter twice");
    }

    async fn everything_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let path = counter.begin(&card).await;
        let fields = paper_with(&[
            ("received", "2027-01-01"),
            ("kana", "たかはし"),
            ("postal_code", "12"),
            ("phone", "電話"),
            ("mail", "nobody"),
            ("issued_seal_certificate", "2026-01-01"),
            ("bank", "みずほ銀行"),
            ("address", "東京都\u{202e}千代田区"),
        ]);
        let answered = counter.send(&path, &fields, "next", &[]).await;
        assert_eq!(answered.status, StatusCode::UNPROCESSABLE_ENTITY);
        for code in [
            "E-DATE-FUTURE",
            "E-KANA",
            "E-WIDTH-HAN",
            "E-TEL",
            "E-MAIL-FORMAT",
            "E-CHAR",
            "E-REQ",
            "U+202E",
        ] {
            answered.must_say(code);
        }
        for field in [
            "received",
            "kana",
            "postal_code",
            "phone",
            "mail",
            "address",
            "account",
            "files",
        ] {
            answered.must_say(&format!("<a href=\"#{field}\">"));
            answered.must_say(&format!("id=\"{field}\""));
        }
        // Kept over a reload, and in another browser after another login.
        let again = counter.entry.browser.get(&path).await;
        for typed in ["たかはし", "nobody", "みずほ銀行", "電車の中で紛失"] {
            again.must_say(typed);
        }
        counter
            .entry
            .browser
            .get(&format!("{DESK}/paper"))
            .await
            .must_say(&card.certificate().serial.to_string());
    }

    async fn the_list_of_enclosures_follows_applicant_and_reason_without_script(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let path = counter.begin(&card).await;
        let needed = |text: String, document: &str| {
            let (_, rest) = text.split_once(&format!("value=\"{document}\"")).unwrap();
            let line = rest.split_once("</label>").unwrap().0.to_owned();
            let shown = |mark: &str| {
                let (_, rest) = line.split_once(&format!("data-is=\"{mark}\"")).unwrap();
                !rest.starts_with(" hidden")
            };
            (shown("must"), shown("any"))
        };
        let fields = paper_with(&[("applicant", "third_party"), ("reason", "death")]);
        let answered = counter.send(&path, &fields, "list", &[]).await;
        assert_eq!(answered.status, StatusCode::OK);
        assert_eq!(needed(answered.text(), "public_proof"), (true, false));
        assert_eq!(needed(answered.text(), "seal_certificate"), (false, false));
        let fields = paper_with(&[("reason", "content_changed")]);
        let answered = counter.send(&path, &fields, "list", &[]).await;
        assert_eq!(needed(answered.text(), "resident_record"), (false, true));
        assert_eq!(needed(answered.text(), "notice"), (true, false));
    }

    async fn a22_whoever_entered_it_does_not_approve_it_not_even_under_a_second_account(house: House) {
        let both = [Role::Entry, Role::Approval];
        let mut counter = Counter::with(house, &both, &[Role::Approval]).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, PAPER).await;
        let page = counter.entry.browser.get(&case).await;
        page.must_say("この申込は、あなたには承認できません");
        page.must_say("E-SAME-PERSON");
        assert!(!page.says("id=\"take\""));
        let refused = act(&mut counter.entry.browser, &case, "claim").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        refused.must_say("E-SAME-PERSON");
        // A second account of the same person, with a card of its own.
        let mut second = seated(&counter.house, &counter.router, "1", &both).await;
        let page = second.browser.get(&case).await;
        page.must_say("E-SAME-PERSON");
        let refused = act(&mut second.browser, &case, "claim").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        counter.take(&case).await; // the control: another person
    }

    async fn a23_a_correction_voids_the_first_signature_and_says_so_before(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, PAPER).await;
        let path = case.replace("/cases/", "/paper/");
        counter
            .entry
            .browser
            .get(&path)
            .await
            .must_say("1人目の署名は無効になり");
        let corrected = paper_with(&[("reason", "damaged"), ("event_date", "")]);
        let answered = counter.send(&path, &corrected, "next", &[]).await;
        assert_eq!(
            answered.location(),
            format!("{path}/confirm"),
            "the file is kept: {}",
            answered.text()
        );
        let confirm = counter.entry.browser.follow(answered).await;
        confirm.must_say("前の署名は無効になっており");
        // Nobody can take it until it is signed again.
        let taken = act(&mut counter.approval.browser, &case, "claim").await;
        assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.text());
        let Counter {
            house, router, entry, ..
        } = &mut counter;
        submit(house, router, entry, &path).await;
        counter.take(&case).await;
        counter.decide(&case, &[("verdict", "approve")]).await;
        assert_eq!(revoked(&counter, &card).await.len(), 2);
    }

    async fn a24_a_signature_for_one_case_or_one_verdict_decides_no_other(house: House) {
        let mut counter = Counter::of(house).await;
        let (one, two) = (counter.holder(1).await, counter.holder(2).await);
        let first = counter.waiting(&one, PAPER).await;
        let second = counter.waiting(&two, PAPER).await;
        counter.take(&first).await;
        counter.take(&second).await;
        let way = counter.sign_decision(&first, &[("verdict", "approve")]).await;
        let code = way.split_once("code=").unwrap().1;
        let replayed = counter
            .approval
            .browser
            .get(&format!("{second}/decide/return?code={code}"))
            .await;
        assert_eq!(replayed.status, StatusCode::NOT_FOUND);
        let submitted = second.replace("/cases/", "/paper/");
        let replayed = counter
            .approval
            .browser
            .get(&format!("{submitted}/return?code={code}"))
            .await;
        assert!(matches!(replayed.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND));
        assert!(revoked(&counter, &two).await.is_empty());
        // The officer thinks again: what was signed before is worth nothing any more.
        let other = counter
            .decide(&first, &[("verdict", "return"), ("return", "unreadable")])
            .await;
        assert_eq!(other.location(), format!("{first}?notice=decided"), "{}", other.text());
        let late = counter.approval.browser.get(&way).await;
        assert_ne!(late.status, StatusCode::OK);
        assert!(revoked(&counter, &one).await.is_empty(), "given back, not revoked");
    }

    async fn of_two_officers_at_once_one_wins_and_the_other_is_told(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, PAPER).await;
        let mut other = seated(&counter.house, &counter.router, "3", &[Role::Approval]).await;
        let seen = super::counter::version(&mut other.browser, &case).await;
        counter.take(&case).await;
        let lost = other
            .browser
            .post(&format!("{case}/claim"), &[("version", &seen)])
            .await;
        assert_eq!(lost.status, StatusCode::CONFLICT);
        lost.must_say("表示したあとに、ほかの操作がありました");
        lost.must_say("担当：");
        let way = counter.sign_decision(&case, &[("verdict", "approve")]).await;
        // Handed over while the card was being asked: the first one's signature comes too late.
        let mut chief = seated(&counter.house, &counter.router, "4", &[Role::Administration]).await;
        let page = chief.browser.get(&case).await;
        let version = page.hidden("version");
        let text = page.text();
        let (_, rest) = text.split_once("<select id=\"to\"").unwrap();
        let to = rest
            .split_once("value=\"")
            .unwrap()
            .1
            .split_once('"')
            .unwrap()
            .0
            .to_owned();
        let handed = chief
            .browser
            .post(&format!("{case}/reassign"), &[("version", &version), ("to", &to)])
            .await;
        assert_eq!(
            handed.location(),
            format!("{case}?notice=reassigned"),
            "{}",
            handed.text()
        );
        let late = counter.approval.browser.get(&way).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(
            late.says("E-TAKEN") || late.says("表示したあとに、ほかの操作がありました"),
            "{}",
            late.text()
        );
        assert!(revoked(&counter, &card).await.is_empty());
    }

    async fn who_gives_up_at_the_agent_comes_back_to_the_same_page_and_decides_nothing(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let path = counter.entered(&card, PAPER).await;
        let confirm = counter.entry.browser.get(&format!("{path}/confirm")).await;
        let version = confirm.hidden("version");
        let browser = &mut counter.entry.browser;
        browser.post(&format!("{path}/confirm"), &[("version", &version)]).await;
        browser
            .get(&format!("{DESK}/card"))
            .await
            .must_say("東京都千代田区千代田1-1");
        let led = browser.post(&format!("{DESK}/card"), &[]).await;
        let agent = super::seat::agent(&counter.router, &led);
        agent.claim().await.unwrap();
        let code = agent.cancel().await.code;
        let back = browser.get(&format!("{path}/return?code={code}")).await;
        assert_eq!(back.location(), format!("{path}/confirm?notice=cancelled"));
        browser.follow(back).await.must_say("id=\"notice\"");
    }

    async fn what_is_given_back_is_corrected_and_what_is_denied_tells_the_applicant_why(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, PAPER).await;
        counter.take(&case).await;
        counter
            .decide(
                &case,
                &[
                    ("verdict", "return"),
                    ("return", "papers_missing"),
                    ("remark", "住民票がありません"),
                ],
            )
            .await;
        let path = case.replace("/cases/", "/paper/");
        counter.entry.browser.get(&path).await.must_say("住民票がありません");
        let answered = counter.send(&path, PAPER, "next", &[]).await;
        assert_eq!(answered.location(), format!("{path}/confirm"), "{}", answered.text());
        let Counter {
            house, router, entry, ..
        } = &mut counter;
        submit(house, router, entry, &path).await;
        counter.take(&case).await;
        let page = counter.approval.browser.get(&format!("{case}/decide")).await;
        let version = page.hidden("version");
        let long = "長".repeat(401);
        for (fields, code) in [
            (vec![], "E-REQ"),
            (vec![("verdict", "deny")], "E-REQ"),
            (vec![("verdict", "deny"), ("deny", "unreadable")], "E-REQ"),
            (
                vec![("verdict", "deny"), ("deny", "not_entitled"), ("remark", long.as_str())],
                "E-LEN",
            ),
            (vec![("verdict", "approve"), ("remark", "a\u{0}b")], "E-CHAR"),
        ] {
            let mut all = fields.clone();
            all.extend([("go", "sign"), ("version", version.as_str())]);
            let refused = counter.approval.browser.post(&format!("{case}/decide"), &all).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
            refused.must_say(code);
        }
        let denied = counter
            .decide(
                &case,
                &[
                    ("verdict", "deny"),
                    ("deny", "not_entitled"),
                    ("remark", "印影が異なります"),
                ],
            )
            .await;
        let page = counter.approval.browser.follow(denied).await;
        page.must_say("不受理");
        page.must_say("印影が異なります");
        assert!(revoked(&counter, &card).await.is_empty());
    }

    async fn a_certificate_is_found_by_its_number_in_every_notation_and_by_its_holder(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let subject = &card.subject;
        let hexadecimal = |serial: &casework::identity::Serial| {
            let octets = serial.octets().iter().map(|octet| format!("{octet:02X}"));
            octets.collect::<Vec<_>>().join(":")
        };
        let browser = &mut counter.entry.browser;
        browser.get(&format!("{DESK}/paper/new")).await;
        for search in [
            subject.certificate.serial.to_string(),
            hexadecimal(&subject.certificate.serial),
            // The other half of the card leads to the one that signs.
            subject.authentication.serial.to_string(),
            "髙橋一郎".to_owned(),
            "髙橋　".to_owned(),
        ] {
            let found = browser.post(&format!("{DESK}/paper/new"), &[("search", &search)]).await;
            assert_eq!(found.status, StatusCode::OK);
            found.must_say(&subject.certificate.serial.to_string());
        }
        for search in ["一郎", "1", "%", "_", "' OR 1=1 --", "\u{0}", &"9".repeat(60)] {
            let found = browser.post(&format!("{DESK}/paper/new"), &[("search", search)]).await;
            found.must_say("見つかりませんでした");
        }
        // What was not offered cannot be chosen.
        let zero = "0".repeat(40);
        for serial in [zero.as_str(), "zz", "1"] {
            let chosen = browser
                .post(
                    &format!("{DESK}/paper/new"),
                    &[("authority", "mihon-issuing"), ("serial", serial)],
                )
                .await;
            assert!(chosen.status.is_client_error(), "{serial}");
        }
        let serial = format!("{:040x}", 1);
        for authority in ["other", "mihon-issuing\u{0}"] {
            let forged = counter.entry.browser.post(&format!("{DESK}/paper/new"), &[("authority", authority), ("serial", &serial)]).await;
            assert_eq!(forged.status, StatusCode::NOT_FOUND, "{authority:?}");
        }
    }

    async fn a36_a37_what_is_typed_is_shown_as_text_whatever_it_is(house: House) {
        let mut counter = Counter::of(house).await;
        let names = [
            "=cmd|' /C calc'!A0",
            "<script>alert(1)</script>",
            "Robert'); DROP TABLE queue;--",
            "葛󠄀城　太郎",
            "𠮷野家",
            "100%_髙",
        ];
        for (day, name) in (1..).zip(names) {
            let card = counter.holder(day).await;
            let case = counter.waiting(&card, &paper_with(&[("name", name)])).await;
            let page = counter.entry.browser.get(&case).await;
            assert!(!page.says("<script>alert"));
            let shown = name.replace('<', "&#60;").replace('>', "&#62;").replace('\'', "&#39;");
            page.must_say(&shown);
            let list = counter
                .entry
                .browser
                .get(&format!("{DESK}/queue?search={}", escaped(name)))
                .await;
            list.must_say(case.rsplit_once('/').unwrap().1);
            assert_eq!(
                list.text().matches("<th scope=\"row\">").count(),
                1,
                "{name} finds itself alone"
            );
        }
        let path = counter.begin(&counter.holder(20).await).await;
        for name in ["a\u{0}b", "a\r\nb", "\u{202e}abc", "\u{200b}"] {
            let fields = paper_with(&[("name", name)]);
            let refused = counter.send(&path, &fields, "next", &[("a.jpg", &jpeg())]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
            refused.must_say("<a href=\"#name\">");
        }
    }

    async fn a_role_that_one_does_not_have_opens_nothing(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, PAPER).await;
        let path = case.replace("/cases/", "/paper/");
        for page in [
            format!("{DESK}/paper"),
            format!("{DESK}/paper/new"),
            path.clone(),
            format!("{path}/confirm"),
        ] {
            let answered = counter.approval.browser.get(&page).await;
            assert_eq!(answered.status, StatusCode::FORBIDDEN, "{page}");
            answered.must_say("E-ROLE");
        }
        for button in ["claim", "release"] {
            let answered = act(&mut counter.entry.browser, &case, button).await;
            assert_eq!(answered.status, StatusCode::FORBIDDEN, "{button}");
        }
        let answered = act(&mut counter.approval.browser, &case, "withdraw").await;
        assert_eq!(answered.status, StatusCode::FORBIDDEN);
        // The control: whoever enters may withdraw.
        let answered = act(&mut counter.entry.browser, &case, "withdraw").await;
        assert_eq!(answered.location(), format!("{case}?notice=withdrawn"));
    }

    async fn a_draft_is_nobody_elses(house: House) {
        let mut counter = Counter::with(house, &[Role::Entry], &[Role::Entry]).await;
        let card = counter.holder(1).await;
        let path = counter.begin(&card).await;
        counter.send(&path, PAPER, "keep", &[("a.jpg", &jpeg())]).await;
        let theirs = counter.approval.browser.get(&path).await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        let page = counter.entry.browser.get(&path).await.text();
        let (_, rest) = page.split_once("/scans/").unwrap();
        let scan = format!("{path}/scans/{}", rest.split_once('"').unwrap().0);
        assert_eq!(
            counter.entry.browser.get(&scan).await.status,
            StatusCode::OK,
            "the control"
        );
        assert_eq!(counter.approval.browser.get(&scan).await.status, StatusCode::NOT_FOUND);
        let own = begin(&mut counter.approval.browser, &card).await;
        assert_ne!(own, path);
        let dropped = counter.entry.browser.post(&format!("{path}/drop"), &[]).await;
        assert_eq!(dropped.location(), format!("{DESK}/paper"));
        assert_eq!(counter.entry.browser.get(&path).await.status, StatusCode::NOT_FOUND);
    }

    async fn a_letter_without_an_address_is_printed_and_marked(house: House) {
        let mut counter = Counter::of(house).await;
        let card = counter.holder(1).await;
        let case = counter.waiting(&card, &paper_with(&[("mail", "")])).await;
        counter.take(&case).await;
        let decided = counter.decide(&case, &[("verdict", "approve")]).await;
        assert_eq!(decided.location(), format!("{case}?notice=decided"), "{}", decided.text());
        let list = format!("{DESK}/letters");
        counter.entry.browser.get(&list).await.must_say("id=\"empty\"");
        // Nobody is written to by mail, and what the outbox had to write lies here to be printed.
        let post = PostOffice::open(0).await;
        runner(&counter.house, Arc::new(post.mailer())).await.run_due().await.unwrap();
        assert!(!post.mails.lock().unwrap().iter().any(|mail| mail.contains("takahashi")));
        let text = counter.entry.browser.get(&list).await.text();
        let letters: Vec<_> = text.split(&format!("<a href=\"{list}/")).skip(1).collect();
        assert_eq!(letters.len(), 2, "received, and revoked: {text}");
        let revoked = letters.iter().find(|letter| letter.contains("電子証明書失効完了のお知らせ")).unwrap();
        let path = format!("{list}/{}", revoked.split_once('"').unwrap().0);
        let sheet = counter.entry.browser.get(&path).await;
        for words in ["〒100-0001", "2026年11月20日(金)", "東京都千代田区千代田1-1", "髙橋　一郎 様", "失効させました", &card.certificate().serial.to_string()] {
            sheet.must_say(words);
        }
        assert!(!sheet.says("送信専用"), "a letter on paper can be answered");
        let posted = counter.entry.browser.post(&format!("{path}/posted"), &[]).await;
        assert_eq!(posted.location(), format!("{list}?notice=posted"));
        let left = counter.entry.browser.get(&list).await;
        assert!(!left.says("電子証明書失効完了のお知らせ") && left.says("受付のお知らせ"), "{}", left.text());
        counter.entry.browser.get(&case).await.must_say("通知を印刷し、投函");
        assert_eq!(
            Browser::new(&counter.router).get(&path).await.status,
            StatusCode::SEE_OTHER,
            "not without a login"
        );
    }
}

/// What is revoked of a card.
async fn revoked(counter: &Counter, card: &crate::house::TestCard) -> Vec<StatusRow> {
    let mut revoked = Vec::new();
    for id in [&card.subject.certificate, &card.subject.authentication] {
        if let Some((status, _)) = counter.house.store().status(id).await.unwrap() {
            revoked.push(status);
        }
    }
    revoked
}
