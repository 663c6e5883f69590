//! 書面による失効申込手続き, as a holder finds it (R003).

use axum::http::{StatusCode, header};

use super::browser::{Browser, portal};
use crate::house::House;

const PAPER: &str = "/mihon-ca/paper";

#[tokio::test]
async fn applicant_and_reason_lead_to_the_list_of_what_is_enclosed() {
    let house = House::on_sqlite().await;
    let mut holder = Browser::new(&portal(&house));
    let page = holder.get(PAPER).await;
    assert!(
        !page.says("id=\"list\"") && !page.says("id=\"fill\""),
        "nothing is chosen yet"
    );
    let page = holder
        .get(&format!("{PAPER}?applicant=holder&reason=content_changed"))
        .await;
    for words in [
        "失効届（実印の押印）",
        "印鑑登録証明書",
        "住民票の写しまたは戸籍謄本・抄本",
        "発行から3か月以内",
    ] {
        page.must_say(words);
    }
    let page = holder.get(&format!("{PAPER}?applicant=holder&reason=death")).await;
    page.must_say("この申込者は、この理由では申し込めません");
    assert!(!page.says("id=\"fill\""));
    for query in ["applicant=x&reason=y", "applicant=%00", "reason=lost"] {
        assert_eq!(
            holder.get(&format!("{PAPER}?{query}")).await.status,
            StatusCode::OK,
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_form_is_filled_in_to_be_printed_and_saved_and_nothing_of_it_is_kept() {
    let house = House::on_sqlite().await;
    let mut holder = Browser::new(&portal(&house));
    let fields = [
        ("applicant", "holder"),
        ("reason", "lost"),
        ("holder", "髙橋　一郎"),
        ("address", "東京都千代田区1-1"),
        ("name", "<b>髙橋</b>"),
    ];
    let print = holder.post(&format!("{PAPER}/notice"), &fields).await;
    assert_eq!(print.status, StatusCode::OK, "{}", print.text());
    for words in [
        "失効届",
        "髙橋　一郎",
        "東京都千代田区1-1",
        "実印",
        "ICカードまたはPINの紛失・盗難",
    ] {
        print.must_say(words);
    }
    assert!(!print.says("<b>髙橋"));
    let mut saved = fields.to_vec();
    saved.push(("go", "pdf"));
    let pdf = holder.post(&format!("{PAPER}/notice"), &saved).await;
    assert_eq!(pdf.headers[header::CONTENT_TYPE], "application/pdf", "{}", pdf.text());
    assert!(pdf.octets.starts_with(b"%PDF-"));
    let english = Browser::in_english(&portal(&house))
        .post(&format!("{PAPER}/notice"), &saved)
        .await;
    assert_eq!(
        english.headers[header::CONTENT_TYPE],
        "application/pdf",
        "{}",
        english.text()
    );
    let page = holder.get(PAPER).await;
    assert!(!page.says("髙橋"), "nothing of it is kept");
}

#[tokio::test]
async fn a36_a39_what_cannot_be_printed_is_named_at_its_field_and_the_rest_stays() {
    let house = House::on_sqlite().await;
    let mut holder = Browser::new(&portal(&house));
    for (value, code) in [
        ("a\u{202e}b", "U+202E"),
        ("a\u{0}b", "U+0000"),
        ("金　한별", "E-CHAR"),
        (&"長".repeat(201), "E-LEN"),
    ] {
        let fields = [
            ("applicant", "holder"),
            ("reason", "lost"),
            ("name", value),
            ("address", "東京都千代田区1-1"),
        ];
        let refused = holder.post(&format!("{PAPER}/notice"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{value:?}");
        refused.must_say(code);
        refused.must_say("<a href=\"#name\">");
        refused.must_say("東京都千代田区1-1");
    }
}
