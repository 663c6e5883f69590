//! The reservation app as a person meets it: from both texts to the deadline, and every refusal on the way.

use card::TriesLeft;
use card::piv::Slot;
use wire::code::Code;
use wire::pin_reset::{Maintenance, ReservationState};

use crate::bench::{BEGIN, Shown};
use crate::desk::{Heard, Mood, both};
use crate::screens::{FOUR, Stand, citizens_card, is_at};

const PRINTED: [(&str, &str); 3] = [("birth", "19900412"), ("expiry", "2031"), ("code", "4827")];

/// Agrees, with a card in the reader.
async fn to_card(stand: &Stand) -> Shown {
    stand.drawer.insert(1, citizens_card());
    let page = stand.browser.until("/", "name=\"agreed\"").await;
    stand.browser.submit(&page, "/agree", &[("agreed", "yes")]).await;
    stand.browser.until("/", "data-ready=\"true\"").await
}

async fn to_number(stand: &Stand) -> Shown {
    let page = to_card(stand).await;
    let page = stand.does(&page, "/card", &[("pin", FOUR)]).await;
    assert!(is_at(&page, "number"), "{}", page.html);
    page
}

async fn to_face(stand: &Stand) -> Shown {
    let page = to_number(stand).await;
    let page = stand.does(&page, "/number", &PRINTED).await;
    assert!(is_at(&page, "face"), "{}", page.html);
    page
}

fn token_of(page: &Shown) -> String {
    let token = page.html.split("data-token=\"").nth(1).unwrap();
    token.split('"').next().unwrap().to_owned()
}

/// What the page's script does with a picture.
async fn shoot(stand: &Stand, page: &Shown) -> Shown {
    let shown = stand
        .browser
        .picture("/capture", &token_of(page), b"\xFF\xD8 another face \xFF\xD9")
        .await;
    let shown = stand.browser.settle(shown).await;
    if is_at(&shown, "working") {
        return stand.does(&shown, "/nothing", &[]).await;
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn r402_a_card_four_digits_a_number_and_a_face_make_a_reservation() {
    let stand = Stand::app().await;
    let page = to_face(&stand).await;
    assert!(page.html.contains("残り 5 回"), "{}", page.html);
    let page = shoot(&stand, &page).await;
    assert!(is_at(&page, "kept"), "{}", page.html);
    for told in [
        "事前予約が完了しました",
        "2026年11月25日（水） 10:00",
        "2026年11月24日（火） 10:00～11:00",
        "12345678901",
        "https://mihon-shi.example/kiosks",
    ] {
        assert!(page.html.contains(told), "{told}: {}", page.html);
    }
    // It is closed, seen again, and taken back only after it was asked once more.
    let page = stand.does(&page, "/close", &[]).await;
    let page = stand.does(&page, "/kept", &[]).await;
    let page = stand.does(&page, "/cancel", &[]).await;
    assert!(is_at(&page, "cancel") && stand.desk.count(&Heard::Cancelled) == 0);
    let page = stand.does(&page, "/cancel/yes", &[]).await;
    assert!(
        is_at(&page, "kept") && page.html.contains("取り消されました"),
        "{}",
        page.html
    );
    assert_eq!(stand.desk.count(&Heard::Cancelled), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_before_both_texts_are_agreed_to() {
    let stand = Stand::app().await;
    let page = stand.browser.until("/", "name=\"agreed\"").await;
    let page = stand.browser.submit(&page, "/agree", &[]).await;
    assert!(
        is_at(&page, "terms") && page.html.contains("「同意します」にチェック"),
        "{}",
        page.html
    );
    // A form of a stage that is not this one does nothing.
    let page = stand.does(&page, "/card", &[("pin", FOUR)]).await;
    assert!(is_at(&page, "terms") && stand.desk.count(&Heard::Asked) == 0);
    // Nor does one whose token is spent.
    let body = format!("token={}&agreed=yes", page.hidden("token").unwrap().replace('=', "%3D"));
    let spent = stand.browser.submit(&page, "/agree", &[]).await;
    let origin = stand.browser.base().to_owned();
    stand.browser.post("/agree", &body, Some(&origin)).await;
    assert!(is_at(&stand.browser.open("/").await, "terms"), "{}", spent.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn g_p3_wrong_digits_count_a_wrong_form_does_not_and_the_last_try_wants_consent() {
    let stand = Stand::app().await;
    let page = to_card(&stand).await;
    assert!(page.html.contains("残り 3 回"), "{}", page.html);
    for bad in ["123", "12345", "12a4", "１２３４", ""] {
        let page = stand
            .does(&stand.browser.open("/").await, "/card", &[("pin", bad)])
            .await;
        assert!(page.html.contains("E-PIN-FORMAT"), "{bad}: {}", page.html);
    }
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(3));
    assert_eq!(stand.desk.count(&Heard::Asked), 0);
    for left in [2, 1] {
        let page = stand
            .does(&stand.browser.open("/").await, "/card", &[("pin", "1111")])
            .await;
        assert!(page.html.contains(&format!("残り{left}回")), "{}", page.html);
    }
    // What was begun for this card is gone on with.
    assert_eq!(stand.desk.count(&Heard::Asked), 1);
    let page = stand
        .does(&stand.browser.open("/").await, "/card", &[("pin", "1111")])
        .await;
    assert!(page.html.contains("W-PIN-LAST"), "{}", page.html);
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(1));
    let page = stand
        .does(&page, "/card", &[("pin", "1111"), ("last_try", "yes")])
        .await;
    assert!(page.html.contains("E-PIN-LOCKED-JPKI4"), "{}", page.html);
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Blocked);
    assert_eq!(stand.desk.count(&Heard::Proved), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_on_the_card_has_its_own_counter_and_keeps_what_is_no_secret() {
    let stand = Stand::app().await;
    let page = to_number(&stand).await;
    let page = stand
        .does(
            &page,
            "/number",
            &[("birth", "19900431"), ("expiry", "2031"), ("code", "4827")],
        )
        .await;
    assert!(
        page.html.contains("E-NUMBER-FORMAT") && page.html.contains("value=\"19900431\""),
        "{}",
        page.html
    );
    let page = stand
        .does(
            &page,
            "/number",
            &[("birth", "19900412"), ("expiry", "2031"), ("code", "0000")],
        )
        .await;
    assert!(
        page.html.contains("E-NUMBER-WRONG") && page.html.contains("残り9回"),
        "{}",
        page.html
    );
    assert!(
        page.html.contains("value=\"19900412\"") && !page.html.contains("0000\""),
        "{}",
        page.html
    );
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(3));
    let page = stand.does(&page, "/number", &PRINTED).await;
    assert!(is_at(&page, "face"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_another_card_does_not_go_on_with_the_reservation_of_the_first() {
    let stand = Stand::app().await;
    let page = to_number(&stand).await;
    stand.drawer.eject(1);
    stand.browser.until("/", "E-CARD-NONE").await;
    stand.drawer.insert(1, citizens_card());
    stand.browser.until("/", "data-ready=\"true\"").await;
    let page = stand.does(&page, "/number", &PRINTED).await;
    assert!(page.html.contains("E-CARD-CHANGED"), "{}", page.html);
    // Two cards at once are told, and none is taken.
    stand.drawer.insert(2, citizens_card());
    stand.browser.until("/", "E-CARD-MULTI").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_that_is_unlike_is_said_to_in_the_servers_words_and_too_many_mean_a_pause() {
    let stand = Stand::app().await;
    let mut page = to_face(&stand).await;
    stand.desk.book().faces.extend([Code::FaceFail; 5]);
    for left in (1..5).rev() {
        page = shoot(&stand, &page).await;
        assert!(page.html.contains("窓口の答え E-FACE-FAIL"), "{}", page.html);
        assert!(page.html.contains(&format!("残り {left} 回")), "{}", page.html);
    }
    let page = shoot(&stand, &page).await;
    assert!(
        page.html.contains("2026年11月24日（火） 10:30まで休止"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("id=\"shoot\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_twenty_megabytes_is_refused_with_its_message_and_nothing_is_lost() {
    for octets in [20 << 20, wire::pin_reset::LONGEST_PICTURE + 1] {
        let mut stand = Stand::app().await;
        let token = token_of(&to_face(&stand).await);
        // The answer comes before the whole of it was sent: the page tells.
        let picture = vec![0xFF; octets];
        stand.browser.picture_begun("/capture", &token, &picture).await;
        let page = stand.browser.until("/", "E-SIZE").await;
        assert!(
            is_at(&page, "face") && page.html.contains("残り回数は減っていません"),
            "{}",
            page.html
        );
        assert!(page.html.contains("残り 5 回"), "{}", page.html);
        assert_eq!(stand.desk.count(&Heard::Compared), 0);
        stand.browser.language = "en";
        let page = stand.browser.open("/").await;
        assert!(page.html.contains("No try was spent"), "{}", page.html);
        // The same page goes on, with the same card's picture.
        let page = shoot(&stand, &page).await;
        assert!(is_at(&page, "kept"), "{}", page.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a14_an_answer_that_was_lost_is_looked_up_and_nothing_is_counted_twice() {
    let stand = Stand::app().await;
    // The card's signature arrived, its answer did not.
    stand.desk.mood("prove", Mood::Lost);
    let page = to_face(&stand).await;
    // The picture arrived, its answer did not.
    stand.desk.mood("compare", Mood::Lost);
    let page = shoot(&stand, &page).await;
    assert!(
        is_at(&page, "kept") && stand.desk.count(&Heard::Compared) == 1,
        "{}",
        page.html
    );

    let stand = Stand::app().await;
    let page = to_face(&stand).await;
    // The picture did not arrive, and for a while nothing else does.
    stand.desk.mood("compare", Mood::Deaf);
    stand.desk.mood("look", Mood::Deaf);
    let page = shoot(&stand, &page).await;
    assert!(is_at(&page, "unsure"), "{}", page.html);
    let page = stand.does(&page, "/look", &[]).await;
    assert!(is_at(&page, "face") && page.html.contains("残り 5 回"), "{}", page.html);
    assert!(is_at(&shoot(&stand, &page).await, "kept"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_can_read_is_told_as_a_matter_of_the_reservation() {
    let stand = Stand::app().await;
    let page = to_card(&stand).await;
    stand.desk.mood("ask", Mood::Garbled);
    let page = stand.does(&page, "/card", &[("pin", FOUR)]).await;
    for told in ["E-FAULT", "予約はできていません", "はじめからやり直してください"] {
        assert!(page.html.contains(told), "{told}: {}", page.html);
    }
    assert!(!page.html.contains("申込"), "{}", page.html);
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_for_letters_is_sent_where_one_was_typed_and_asked_for_again_where_it_is_none() {
    let stand = Stand::app().await;
    to_number(&stand).await;
    assert_eq!(stand.desk.book().mail, None, "nobody has to leave one");
    let stand = Stand::app().await;
    stand.drawer.insert(1, citizens_card());
    let page = stand.browser.until("/", "name=\"agreed\"").await;
    assert!(
        page.html.contains("お知らせを受け取るメールアドレス（任意）"),
        "{}",
        page.html
    );
    assert!(page.html.contains("7日後に削除します"), "{}", page.html);
    // Without the tick it stands there still.
    let page = stand.does(&page, "/agree", &[("mail", " taro(at)example.jp ")]).await;
    assert!(
        is_at(&page, "terms") && page.html.contains("value=\"taro(at)example.jp\""),
        "{}",
        page.html
    );
    let wrong = [("mail", "taro(at)example.jp"), ("agreed", "yes")];
    stand.browser.submit(&page, "/agree", &wrong).await;
    let page = stand.browser.until("/", "data-ready=\"true\"").await;
    stand.desk.mood("ask", Mood::No(Code::MailFormat));
    let page = stand.does(&page, "/card", &[("pin", FOUR)]).await;
    assert!(
        is_at(&page, "terms")
            && page.html.contains("E-MAIL-FORMAT")
            && page.html.contains("value=\"taro(at)example.jp\""),
        "{}",
        page.html
    );
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(3));
    let right = [("mail", "taro@example.jp"), ("agreed", "yes")];
    stand.browser.submit(&page, "/agree", &right).await;
    let page = stand.browser.until("/", "data-ready=\"true\"").await;
    let page = stand.does(&page, "/card", &[("pin", FOUR)]).await;
    assert!(is_at(&page, "number"), "{}", page.html);
    assert_eq!(stand.desk.book().mail.as_deref(), Some("taro@example.jp"));
}

#[tokio::test(flavor = "multi_thread")]
async fn r409_maintenance_is_announced_and_bars_the_way_while_it_lasts() {
    let stand = Stand::app().await;
    let closed = Maintenance {
        from: BEGIN + 600,
        until: BEGIN + 1_200,
        says: both("設備の点検", "maintenance"),
    };
    stand.desk.book().maintenance.push(closed);
    let page = stand.browser.until("/", "name=\"agreed\"").await;
    assert!(
        page.html.contains("設備の点検") && page.html.contains("10:10～10:20"),
        "{}",
        page.html
    );
    assert!(page.html.contains("id=\"go\">"), "{}", page.html);
    stand.pass(700);
    assert!(stand.browser.open("/").await.html.contains("id=\"go\" disabled>"));
    stand.pass(600);
    let page = stand.browser.open("/").await;
    assert!(page.html.contains("id=\"go\">") && !page.html.contains("設備の点検"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_said_in_both_languages_and_costs_no_try() {
    let mut stand = Stand::app().await;
    let page = to_card(&stand).await;
    stand.desk.mood("ask", Mood::No(Code::CertRevoked));
    let page = stand.does(&page, "/card", &[("pin", "1111")]).await;
    assert!(
        is_at(&page, "card") && page.html.contains("窓口の答え E-CERT-REVOKED"),
        "{}",
        page.html
    );
    assert_eq!(stand.tries(Slot::Authentication), TriesLeft::Known(3));
    stand.browser.language = "en";
    let page = stand.browser.open("/").await;
    assert!(page.html.contains("The desk says E-CERT-REVOKED"), "{}", page.html);
    stand.browser.submit(&page, "/language", &[("language", "ja")]).await;
    assert!(stand.browser.open("/").await.html.contains("カードの読み取り"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_is_not_finished_lapses_and_takes_with_it_what_was_read() {
    let stand = Stand::app().await;
    to_face(&stand).await;
    stand.desk.book().ahead = 3_600;
    // The server's clock is heard anew when somebody asks; this computer's own has no say.
    stand.pass(40);
    let page = stand.browser.until("/", "data-stage=\"terms\"").await;
    assert!(page.html.contains("時間が過ぎたため"), "{}", page.html);
    let state = stand.desk.book().reservation.clone().unwrap().state;
    assert!(
        matches!(state, ReservationState::Proved { .. }),
        "the server's own rules end it there"
    );
}
