//! The four digits, what is printed on the card and the new password are nowhere but in the card (A9).

use crate::bench::Shown;
use crate::kiosk::to_insert;
use crate::screens::{FOUR, NEW, OLD, Stand, citizens_card, is_at};
use crate::traces::{faces, listen};

/// A secret as it could stand in a log, a page or an address. Four digits alone stand in any clock: they count where something
/// names them.
fn traces(secret: &str) -> Vec<String> {
    let escaped = secret.bytes().fold(String::new(), |mut text, octet| {
        use std::fmt::Write as _;
        write!(text, "%{octet:02X}").unwrap();
        text
    });
    let mut traces = faces(secret);
    if secret.len() <= 4 {
        traces.remove(0);
        traces.extend(["=", "\"", ">", ":", " "].map(|before| format!("{before}{secret}")));
    }
    traces.push(escaped);
    traces
}

/// What a page and its address show.
fn shown(pages: &[Shown]) -> String {
    pages.iter().fold(String::new(), |text, page| {
        text + &page.html + &format!("{:?}{:?}", page.location, page.headers)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a09_no_digit_number_or_password_of_a_reset_is_logged_shown_sent_or_kept() {
    let log = listen();
    let mut pages = Vec::new();

    let app = Stand::app().await;
    app.drawer.insert(1, citizens_card());
    let page = app.browser.until("/", "name=\"agreed\"").await;
    pages.push(app.browser.submit(&page, "/agree", &[("agreed", "yes")]).await);
    let page = app.browser.until("/", "data-ready=\"true\"").await;
    pages.push(app.does(&page, "/card", &[("pin", "9517")]).await);
    let page = app.does(pages.last().unwrap(), "/card", &[("pin", FOUR)]).await;
    pages.push(
        app.does(
            &page,
            "/number",
            &[("birth", "19900412"), ("expiry", "2031"), ("code", "4828")],
        )
        .await,
    );
    let page = pages.last().unwrap();
    pages.push(
        app.does(
            page,
            "/number",
            &[("birth", "19900412"), ("expiry", "2031"), ("code", "4827")],
        )
        .await,
    );
    assert!(is_at(pages.last().unwrap(), "face"));

    let kiosk = Stand::kiosk().await;
    to_insert(&kiosk).await;
    kiosk.drawer.insert(1, citizens_card());
    let page = kiosk.at("pin").await;
    pages.push(kiosk.does(&page, "/pin", &[("pin", "9517")]).await);
    pages.push(kiosk.does(pages.last().unwrap(), "/pin", &[("pin", FOUR)]).await);
    pages.push(kiosk.browser.submit(pages.last().unwrap(), "/next", &[]).await);
    let wrong = format!("{NEW}TOOLONG");
    pages.push(
        kiosk
            .browser
            .submit(pages.last().unwrap(), "/password", &[("password", &wrong)])
            .await,
    );
    pages.push(
        kiosk
            .browser
            .submit(pages.last().unwrap(), "/password", &[("password", NEW)])
            .await,
    );
    pages.push(kiosk.does(pages.last().unwrap(), "/again", &[("password", NEW)]).await);
    assert!(is_at(pages.last().unwrap(), "done"), "{}", pages.last().unwrap().html);

    let told: Vec<u8> = [&app, &kiosk].map(|stand| stand.desk.book().octets.clone()).concat();
    let places = [
        ("the log", log.text()),
        ("a page", shown(&pages)),
        ("what the server heard", String::from_utf8_lossy(&told).into_owned()),
        ("the agent's directory", app.kept() + &kiosk.kept()),
    ];
    for (place, text) in &places {
        assert!(
            *place == "the agent's directory" || text.len() > 1_000,
            "{place} was looked at"
        );
        for secret in [NEW, OLD, FOUR, "9517", "4827", "4828"] {
            for trace in traces(secret) {
                assert!(!text.contains(&trace), "{trace:?} stands in {place}");
            }
        }
    }
    assert!(places[3].1.contains("PRIVATE KEY"), "the directory is read");
    // The control: what is logged on purpose is found by the same search.
    for secret in [NEW, FOUR] {
        tracing::trace!("password={secret}");
        assert!(traces(secret).iter().any(|trace| log.text().contains(trace)));
    }
}
