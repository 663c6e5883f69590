//! デジタル証明書の再発行 in the browser (DOMAIN §6.3 to §6.5, §6.8): N1 to N6, on both databases.

use axum::http::StatusCode;
use casework::reissue::{Case, Cause};
use casework::review::Verdict;
use server::desk::CaseId;
use server::desk::reissue::Reissue;
use server::portal::{Portal, Site, router};

use super::browser::{Answered, Browser, ORIGIN};
use crate::centre::PASSWORD;
use crate::examination::{CENTRE, Counter, day, terminal, verdict_with};
use crate::house::{House, noon, on_both};
use crate::invariant;

const HERE: &str = "/mihon-center/reissue";
const LIST: &str = "/mihon-center/applications";
/// 申込担当者 as somebody types it who does not mind widths.
const TYPED: [(&str, &str); 10] = [
    ("surname", "通関"),
    ("given", "Hanako"),
    ("surname_kana", "つうかん"),
    ("given_kana", "ﾊﾅｺ"),
    ("department", "第一営業部営業第3課"),
    ("title", ""),
    ("phone", "０３０１２３４５６７"),
    ("fax", ""),
    ("mail", "hanako@boeki.example"),
    ("mail_again", " hanako@boeki.example "),
];
const A: (&str, &str) = ("terminal-sea-webnaccs-11110A", "yes");
const B: (&str, &str) = ("terminal-sea-webnaccs-11110B", "yes");

async fn logged_in(counter: &Counter, login: &str) -> Browser {
    let portal = Portal::new(counter.centre.desk.clone(), Site::at(ORIGIN)).unwrap();
    let mut browser = Browser::new(&router(portal));
    browser.get("/mihon-center/sign-in").await;
    let fields = [("login", login), ("password", PASSWORD)];
    let answered = browser.post("/mihon-center/sign-in", &fields).await;
    let menu = browser.follow(answered).await;
    menu.must_say("href=\"/mihon-center/reissue\"");
    menu.must_say("href=\"/mihon-center/applications\"");
    browser
}

/// N1, and its button: the address of the application.
async fn begun(browser: &mut Browser) -> String {
    let guide = browser.get(HERE).await;
    let case = guide.hidden("case");
    let answered = browser.post(HERE, &[("case", &case)]).await;
    assert_eq!(answered.location(), format!("{HERE}/{case}/contact"));
    format!("{HERE}/{case}")
}

/// To N4, with these terminals on that day.
async fn confirming(browser: &mut Browser, on: &str, terminals: &[(&str, &str)]) -> (String, Answered) {
    let at = begun(browser).await;
    browser.get(&format!("{at}/contact")).await;
    let answered = browser.post(&format!("{at}/contact"), &TYPED).await;
    assert_eq!(answered.location(), format!("{at}/terminals"), "{}", answered.text());
    browser.follow(answered).await;
    let confirm = chosen(browser, &at, on, terminals).await;
    (at, confirm)
}

async fn chosen(browser: &mut Browser, at: &str, on: &str, terminals: &[(&str, &str)]) -> Answered {
    let fields: Vec<_> = [("day", on), ("cause", "expired")]
        .into_iter()
        .chain(terminals.iter().copied())
        .collect();
    let answered = browser.post(&format!("{at}/terminals"), &fields).await;
    assert_eq!(answered.location(), format!("{at}/confirm"));
    browser.follow(answered).await
}

/// 「申込内容を登録する」 on a page as it was shown.
async fn sent(browser: &mut Browser, at: &str, confirm: &Answered) -> Answered {
    let (version, corrects) = (confirm.hidden("version"), confirm.hidden("corrects"));
    let fields = [("version", version.as_str()), ("corrects", corrects.as_str())];
    browser.post(&format!("{at}/confirm"), &fields).await
}

fn case_of(at: &str) -> CaseId<Reissue> {
    at.rsplit('/').next().unwrap().parse().unwrap()
}

on_both! {
    async fn a09_the_second_code_is_masked_on_every_page_of_an_application_and_shown_where_it_is_acquired(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        counter.approved(&by, &["11110A"]).await;
        counter.house().it_is(noon(2026, 11, 24));
        counter.centre.desk.keep_mornings().await.unwrap();
        let office = &counter.centre.office.id;
        let second = counter.centre.desk.second_code(office, terminal("11110A")).await.unwrap().unwrap();
        assert_eq!(second.len(), 10);
        let mut browser = logged_in(&counter, "tsukan01").await;
        let (at, confirm) = confirming(&mut browser, "20261126", &[A, B]).await;
        let terminals = browser.get(&format!("{at}/terminals")).await;
        let answered = sent(&mut browser, &at, &confirm).await;
        let done = browser.follow(answered).await;
        let followed = browser.get(&format!("{LIST}/{}", case_of(&at))).await;
        for page in [&terminals, &confirm, &done, &followed] {
            for words in ["NAC11110A", "••••••••••", "NACCS"] {
                page.must_say(words);
            }
            assert!(!page.says(&second), "{}", page.text());
        }
        let masked = |page: &Answered| page.text().matches("••••••••••").count();
        assert_eq!((masked(&confirm), masked(&terminals)), (1, 1), "the others have no code, and nothing is masked there");
        confirm.must_say("ありません");
        let here = "/mihon-center/acquisition/sea-webnaccs-11110A";
        browser.get(here).await;
        browser.post(&format!("{here}/code"), &[]).await.must_say(&second);
    }

    async fn s6_3_n1_to_n6_an_application_is_entered_registered_followed_corrected_and_withdrawn(house: House) {
        let counter = Counter::of(house).await;
        let mut browser = logged_in(&counter, "tsukan01").await;
        let guide = browser.get(HERE).await;
        for words in ["証明書再発行申込 ガイダンス", "STEP1", "STEP5", "申込担当者入力へ進む", "ブラウザの戻るボタンは使用しないでください。"] {
            guide.must_say(words);
        }
        let at = begun(&mut browser).await;
        let contact = browser.get(&format!("{at}/contact")).await;
        for value in ["value=\"太郎\"", "value=\"taro.tsukan@boeki.example\"", "value=\"0301234567\""] {
            contact.must_say(value);
        }
        let answered = browser.post(&format!("{at}/contact"), &TYPED).await;
        let terminals = browser.follow(answered).await;
        for words in ["論理端末 入力", "11110C", "NAC11110A", "2025/11/21", "name=\"pick\" value=\"20261124\"", "勤労感謝の日", "11月24日", "海上"] {
            terminals.must_say(words);
        }
        assert!(!terminals.says("value=\"20261123\""), "a closed day cannot be picked");
        let confirm = chosen(&mut browser, &at, "２０２６１１２４", &[A, B]).await;
        for words in [
            "通関　Ｈａｎａｋｏ", "ツウカン　ハナコ", "第一営業部営業第３課", "<dd>0301234567</dd>", "2026/11/24", "有効期限切れ", "NAC11110B",
            "W-STILLVALID", "更新（再取得）で足りる可能性があります。", "申込内容を登録する",
        ] {
            confirm.must_say(words);
        }
        assert!(!confirm.says("11110C"));
        let answered = sent(&mut browser, &at, &confirm).await;
        assert_eq!(answered.location(), format!("{at}/done"), "{}", answered.text());
        let done = browser.follow(answered).await;
        let Case::Received { submitted, .. } = counter.look(case_of(&at)).await else { panic!("受付") };
        let number = submitted.number.to_string();
        for words in [number.as_str(), "登録完了", "hanako@boeki.example", "data-print"] {
            done.must_say(words);
        }
        let again = sent(&mut browser, &at, &confirm).await;
        assert_eq!(again.location(), format!("{at}/done"), "G-S2: a second click finds the same receipt");
        assert_eq!(counter.letters(case_of(&at)).await, ["ReissueLetter(Received)"]);

        let list = browser.get(LIST).await;
        for words in [number.as_str(), "2026/11/24", "受付"] {
            list.must_say(words);
        }
        let of = format!("{LIST}/{}", case_of(&at));
        let detail = browser.get(&of).await;
        for words in ["修正", "取り下げ", "申込を受け付けました。", &format!("{at}\"")] {
            detail.must_say(words);
        }
        browser.get(&at).await.must_say("申込情報参照に戻る");
        let contact = browser.get(&format!("{at}/contact")).await;
        contact.must_say("value=\"Ｈａｎａｋｏ\"");
        let corrected: Vec<_> = TYPED.iter().map(|(name, value)| (*name, if *name == "title" { "係長" } else { *value })).chain([("go", "confirm")]).collect();
        let answered = browser.post(&format!("{at}/contact"), &corrected).await;
        assert_eq!(answered.location(), format!("{at}/confirm"), "back to the confirmation");
        let confirm = browser.follow(answered).await;
        confirm.must_say("係長");
        browser.get(&of).await.must_say("修正の途中です。");
        let answered = sent(&mut browser, &at, &confirm).await;
        let done = browser.follow(answered).await;
        done.must_say("申込内容の修正を登録しました。");
        done.must_say(&number);
        browser.get(&format!("{of}/withdraw")).await.must_say("元に戻すことはできません");
        for _ in 0..2 {
            let answered = browser.post(&format!("{of}/withdraw"), &[]).await;
            browser.follow(answered).await.must_say("申込を取り下げました。");
        }
        assert!(matches!(counter.look(case_of(&at)).await, Case::Withdrawn { .. }));
        browser.get(LIST).await.must_say("取り下げ");
        for page in [&guide, &contact, &terminals, &confirm, &done, &list, &detail] {
            assert!(!page.says("⟦"), "a text is missing: {}", page.text());
        }
        invariant::hold(counter.house()).await;
    }

    async fn s6_8_every_error_stands_at_its_field_and_nothing_typed_is_lost(house: House) {
        let counter = Counter::of(house).await;
        let mut browser = logged_in(&counter, "tsukan01").await;
        let at = begun(&mut browser).await;
        let path = format!("{at}/contact");
        browser.get(&path).await;
        for (name, value, code) in [
            ("phone", "03-0123-4567", "E-TEL"),
            ("fax", "12345", "FAX番号の形式が正しくありません。"),
            ("surname_kana", "通関", "E-KANA"),
            ("surname", "", "E-REQ"),
            ("title", "課長課長課長課長課長課長課長課長課長課長課長", "E-LEN"),
            ("given", "太\u{200b}郎", "E-CHAR"),
            ("mail", "hanako@boeki.example\r\nBcc: all@evil.example", "E-MAIL"),
            ("mail_again", "other@boeki.example", "E-MAIL-DIFF"),
        ] {
            let typed: Vec<_> = TYPED.iter().map(|(known, usual)| (*known, if *known == name { value } else { *usual })).collect();
            let answered = browser.post(&path, &typed).await;
            assert_eq!(answered.location(), format!("{path}#errors"), "{name}");
            let page = browser.follow(answered).await;
            for words in [code, &format!("id=\"error-{name}\""), &format!("href=\"#{name}\""), "第一営業部営業第3課"] {
                page.must_say(words);
            }
        }
        let answered = browser.post(&path, &TYPED).await;
        let terminals = browser.follow(answered).await;
        assert_eq!(terminals.status, StatusCode::OK);
        let path = format!("{at}/terminals");
        for (on, code) in [
            ("", "E-REQ"), ("2026-11-24", "E-DATE-FORMAT"), ("20261131", "E-DATE-INVALID"), ("20120311", "E-DATE-PAST"),
            ("20261120", "E-DATE-SAMEDAY"), ("20261121", "土曜日"), ("20261123", "勤労感謝の日"), ("20261231", "年末年始"), ("20270301", "E-DATE-FAR"),
        ] {
            let answered = browser.post(&path, &[("day", on), ("cause", "exchanged"), B]).await;
            assert_eq!(answered.location(), format!("{path}#errors"), "{on}");
            let page = browser.follow(answered).await;
            for words in [code, "id=\"error-day\"", "href=\"#day\"", &format!("name=\"day\" value=\"{on}\""), "value=\"exchanged\" checked", "11110B\" value=\"yes\" checked"] {
                page.must_say(words);
            }
        }
        let answered = browser.post(&path, &[("day", "20261124"), ("cause", "other"), ("words", "")]).await;
        let page = browser.follow(answered).await;
        for words in ["id=\"error-words\"", "E-REQ", "id=\"error-terminals\"", "E-TERM-NONE"] {
            page.must_say(words);
        }
        let picked = browser.post(&path, &[("day", ""), ("pick", "20261125"), ("cause", "other"), ("words", "誤操作のため"), A]).await;
        assert_eq!(picked.location(), format!("{path}#day"), "a day is picked without script");
        let page = browser.follow(picked).await;
        for words in ["name=\"day\" value=\"20261125\"", "誤操作のため", "11110A\" value=\"yes\" checked"] {
            page.must_say(words);
        }
        let kept = browser.post(&path, &[("day", "20261126"), ("cause", "other"), ("words", "半角 words"), A, ("go", "keep")]).await;
        assert_eq!(kept.status, StatusCode::NO_CONTENT);
        browser.get(&path).await.must_say("半角 words");
        let answered = browser.post(&path, &[("day", "20261126"), ("cause", "other"), ("words", "半角 words"), A]).await;
        browser.follow(answered).await.must_say("半角　ｗｏｒｄｓ");
        let Case::Drafting { draft, .. } = counter.look(case_of(&at)).await else { panic!("下書き") };
        assert_eq!(draft.wish.unwrap().cause, Cause::Other(Some("半角　ｗｏｒｄｓ".to_owned())));
        let guide = browser.get(HERE).await;
        guide.must_say(&format!("href=\"{at}/confirm\""));
        invariant::hold(counter.house()).await;
    }

    async fn g_s3_a_terminal_that_another_tab_applied_for_is_answered_e_dup_and_back_is_harmless(house: House) {
        let counter = Counter::of(house).await;
        let mut browser = logged_in(&counter, "tsukan01").await;
        let (one, confirm_one) = confirming(&mut browser, "20261124", &[A]).await;
        let (other, confirm_other) = confirming(&mut browser, "20261124", &[A, B]).await;
        assert_ne!(one, other);
        let answered = sent(&mut browser, &one, &confirm_one).await;
        browser.follow(answered).await;
        let number = counter.look(case_of(&one)).await.submitted().unwrap().number.to_string();
        let refused = sent(&mut browser, &other, &confirm_other).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        for words in ["E-DUP", "11110A", number.as_str()] {
            refused.must_say(words);
        }
        // Back to the confirmation leads where it can be put right; the row says in which application the terminal is.
        let answered = browser.get(&format!("{other}/confirm")).await;
        assert_eq!(answered.location(), format!("{other}/terminals?check=1#errors"));
        let page = browser.follow(answered).await;
        for words in ["E-TERM-DUP", "再発行申込中", &format!("{LIST}/{}", case_of(&one))] {
            page.must_say(words);
        }
        assert!(!page.says("name=\"terminal-sea-webnaccs-11110A\""), "it cannot be chosen");
        // Back to the first one's pages: what is not examined yet can be corrected, and nothing was done by looking.
        for page in ["contact", "terminals", "confirm"] {
            assert_eq!(browser.get(&format!("{one}/{page}")).await.status, StatusCode::OK, "{page}");
        }
        let confirm = chosen(&mut browser, &other, "20261124", &[B]).await;
        let answered = sent(&mut browser, &other, &confirm).await;
        assert_eq!(answered.location(), format!("{other}/done"), "{}", answered.text());
        // A page that was read before another tab changed it is out of date.
        let (third, read_before) = confirming(&mut browser, "20261124", &[("terminal-sea-webnaccs-11110C", "yes")]).await;
        chosen(&mut browser, &third, "20261125", &[("terminal-sea-webnaccs-11110C", "yes")]).await;
        let stale = sent(&mut browser, &third, &read_before).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        stale.must_say("E-STALE");
        invariant::hold(counter.house()).await;
    }

    async fn r305_midnight_between_confirmation_and_button_leads_back_to_the_day(house: House) {
        let counter = Counter::of(house).await;
        counter.house().it_is(noon(2026, 11, 23).plus_seconds(43_080));
        let mut browser = logged_in(&counter, "tsukan01").await;
        let (at, confirm) = confirming(&mut browser, "20261124", &[A]).await;
        counter.house().it_is(noon(2026, 11, 23).plus_seconds(43_260));
        let answered = sent(&mut browser, &at, &confirm).await;
        assert_eq!(answered.location(), format!("{at}/terminals?check=1#errors"));
        let page = browser.follow(answered).await;
        for words in ["E-DATE-SAMEDAY", "11月25日", "11110A\" value=\"yes\" checked"] {
            page.must_say(words);
        }
        assert!(matches!(counter.look(case_of(&at)).await, Case::Drafting { .. }));
        let confirm = chosen(&mut browser, &at, "20261125", &[A]).await;
        let answered = sent(&mut browser, &at, &confirm).await;
        browser.follow(answered).await.must_say("登録完了");
        invariant::hold(counter.house()).await;
    }

    async fn s6_6_what_is_to_be_clarified_is_told_and_what_is_examined_or_another_customers_is_closed(house: House) {
        let counter = Counter::of(house).await;
        let by = counter.officer("2001", CENTRE).await;
        let case = counter.applied(&["11110A"]).await;
        let other = counter.centre.contract("K-002").await;
        counter.centre.person(other, "tsukan02").await;
        let mut stranger = logged_in(&counter, "tsukan02").await;
        let pages = [format!("{LIST}/{case}"), format!("{LIST}/{case}/withdraw"), format!("{HERE}/{case}"), format!("{HERE}/{case}/contact"),
            format!("{HERE}/{case}/terminals"), format!("{HERE}/{case}/confirm"), format!("{HERE}/{case}/done")];
        for page in &pages {
            assert_eq!(stranger.get(page).await.status, StatusCode::NOT_FOUND, "A17: {page}");
        }
        stranger.get(HERE).await;
        assert_eq!(stranger.post(&pages[1], &[]).await.status, StatusCode::NOT_FOUND, "A17");
        stranger.get(LIST).await.must_say("申込はありません。");

        let mut browser = logged_in(&counter, "tsukan01").await;
        let before = browser.get(&format!("{HERE}/{case}/confirm")).await;
        let text = counter.propose(&by, case, Verdict::Approve).await;
        assert!(!text.is_empty());
        let detail = browser.get(&format!("{LIST}/{case}")).await;
        detail.must_say("審査中");
        assert!(!detail.says("id=\"correct\"") && !detail.says("id=\"withdraw\""));
        let answered = browser.get(&format!("{HERE}/{case}/contact")).await;
        assert_eq!(answered.location(), format!("{LIST}/{case}"));
        let late = sent(&mut browser, &format!("{HERE}/{case}"), &before).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        late.must_say("E-REVIEWING");
        counter.examine(&by, case, server::desk::examine::Examine::Release).await.unwrap();
        counter.decide(&by, case, verdict_with("applicant", Verdict::Return)).await.unwrap();
        let detail = browser.get(&format!("{LIST}/{case}")).await;
        for words in ["確認事項あり", "id=\"reason\"", "申込内容の修正、または取り下げを行ってください。", "確認事項をお知らせしました。", "id=\"notices\""] {
            detail.must_say(words);
        }
        assert!(matches!(counter.look(case).await, Case::Returned { submitted, .. } if submitted.wish.day == day(2026, 11, 24)));
        invariant::hold(counter.house()).await;
    }
}
