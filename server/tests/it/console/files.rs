//! Scanned papers: what is taken, what is refused without losing the rest, and how it is handed out (A47).

use axum::http::{StatusCode, header};

use super::counter::{Counter, PAPER, jpeg};
use super::seat::DESK;

#[tokio::test]
async fn a47_what_is_handed_out_is_a_picture_of_our_own_to_be_saved_and_nothing_of_what_came_beside_it() {
    let mut counter = Counter::open().await;
    let card = counter.holder(1).await;
    let path = counter.begin(&card).await;
    let beside = b"<html><script>alert(1)</script>PK\x03\x04";
    let polyglot = [jpeg(), beside.to_vec()].concat();
    let kept = counter
        .send(&path, PAPER, "files", &[("../../evil.html", &polyglot)])
        .await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text());
    assert!(!kept.says("evil.html"), "a file's name is nothing to us");
    let text = kept.text();
    let scan = format!(
        "{path}/scans/{}",
        text.split_once("/scans/").unwrap().1.split_once('"').unwrap().0
    );
    let file = counter.entry.browser.get(&scan).await;
    let is = |name: header::HeaderName| file.headers[name].to_str().unwrap().to_owned();
    assert_eq!(is(header::CONTENT_TYPE), "image/jpeg");
    assert!(is(header::CONTENT_DISPOSITION).starts_with("attachment; filename=\""));
    assert_eq!(is(header::CONTENT_SECURITY_POLICY), "default-src 'none'; sandbox");
    assert_eq!(is(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(is(header::CACHE_CONTROL), "no-store");
    assert!(file.octets.starts_with(&[0xff, 0xd8]) && file.octets.ends_with(&[0xff, 0xd9]));
    let holds = |part: &[u8]| file.octets.windows(part.len()).any(|window| window == part);
    assert!(!holds(b"<script") && !holds(b"PK\x03\x04"));
}

#[tokio::test]
async fn a47_what_is_no_picture_is_refused_by_name_of_the_fault_and_the_form_stays() {
    let mut counter = Counter::open().await;
    let card = counter.holder(1).await;
    let path = counter.begin(&card).await;
    let cut = jpeg()[..jpeg().len() / 2].to_vec();
    let long = vec![0xff_u8; 50 << 20];
    let corpus: [(&str, &[u8], &str); 6] = [
        ("a.pdf", b"%PDF-1.7", "E-FILE-TYPE"),
        (
            "a.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "E-FILE-TYPE",
        ),
        ("a.zip", b"PK\x03\x04", "E-FILE-TYPE"),
        ("cut.jpg", &cut, "E-FILE-DAMAGED"),
        ("long.jpg", &long, "E-SIZE"),
        ("bomb.png", &bomb(), "E-SIZE"),
    ];
    for (name, octets, code) in corpus {
        let answered = counter
            .send(&path, PAPER, "next", &[("good.jpg", &jpeg()), (name, octets)])
            .await;
        assert_eq!(answered.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        answered.must_say(code);
        answered.must_say("選んだ2番目のファイル");
        for typed in ["電車の中で紛失", "takahashi@example.jp", "1枚目の写し"] {
            answered.must_say(typed);
        }
        assert!(!answered.says("2枚目の写し"), "the same good picture stays one");
    }
    let done = counter.send(&path, PAPER, "next", &[]).await;
    assert_eq!(done.location(), format!("{path}/confirm"), "{}", done.text());
}

#[tokio::test]
async fn ten_files_are_enough_and_one_can_be_taken_out_again() {
    let mut counter = Counter::open().await;
    let card = counter.holder(1).await;
    let path = counter.begin(&card).await;
    let pictures: Vec<Vec<u8>> = (0..11).map(shade).collect();
    let files: Vec<(&str, &[u8])> = pictures.iter().map(|octets| ("a.png", octets.as_slice())).collect();
    let answered = counter.send(&path, PAPER, "files", &files).await;
    assert_eq!(answered.status, StatusCode::UNPROCESSABLE_ENTITY);
    answered.must_say("E-LEN");
    answered.must_say("10枚目の写し");
    let text = answered.text();
    let first = text
        .split_once("name=\"remove\" value=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let mut fields = PAPER.to_vec();
    fields.push(("remove", &first));
    let answered = counter.send(&path, &fields, "files", &[]).await;
    assert!(answered.says("9枚目の写し") && !answered.says("10枚目の写し"));
}

#[tokio::test]
async fn a47_a_picture_that_was_taken_out_is_kept_nowhere() {
    let mut counter = Counter::open().await;
    let card = counter.holder(1).await;
    let path = counter.begin(&card).await;
    let (wrong, right) = (shade(1), shade(2));
    let files: [(&str, &[u8]); 2] = [("wrong.png", &wrong), ("right.png", &right)];
    let kept = counter.send(&path, PAPER, "files", &files).await.text();
    let scans: Vec<&str> = kept
        .split("/scans/")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0)
        .collect();
    assert_eq!(scans.len(), 2);
    let mut fields = PAPER.to_vec();
    fields.push(("remove", scans[0]));
    counter.send(&path, &fields, "files", &[]).await;
    let mut status = async |scan: &str| counter.entry.browser.get(&format!("{path}/scans/{scan}")).await.status;
    assert_eq!(status(scans[0]).await, StatusCode::NOT_FOUND);
    assert_eq!(status(scans[1]).await, StatusCode::OK, "the control");
}

#[tokio::test]
async fn a45_an_upload_of_another_place_or_session_is_not_taken() {
    let mut counter = Counter::open().await;
    let card = counter.holder(1).await;
    let path = counter.begin(&card).await;
    counter.entry.browser.get(&path).await;
    let mut other = counter.entry.browser.clone();
    let forged = [("csrf", "0"), ("name", "mallory")];
    let answered = other.post_parts(&path, &forged, &[("a.jpg", &jpeg())]).await;
    assert_eq!(answered.status, StatusCode::CONFLICT);
    let wrong = other
        .post_as(&path, &[("csrf", "x")], &[("origin", "https://evil.example")])
        .await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    // Not multipart at all.
    let csrf = counter.entry.browser.csrf().to_owned();
    let plain = counter.entry.browser.post(&path, &[("csrf", &csrf)]).await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST);
    let page = counter.entry.browser.get(&path).await;
    assert!(!page.says("mallory"));
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        counter
            .entry
            .browser
            .get(&format!("{DESK}/paper"))
            .await
            .status
            .is_success()
    );
}

/// 30,000 × 30,000 white pixels, said in the head of a short file.
fn bomb() -> Vec<u8> {
    let mut octets = shade(0);
    octets[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    octets[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
    let sum = !octets[12..29].iter().fold(u32::MAX, |sum, octet| {
        (0..8).fold(sum ^ u32::from(*octet), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    });
    octets[29..33].copy_from_slice(&sum.to_be_bytes());
    octets
}

fn shade(grey: u8) -> Vec<u8> {
    let mut octets = std::io::Cursor::new(Vec::new());
    let picture = image::GrayImage::from_pixel(9, 9, image::Luma([grey]));
    picture.write_to(&mut octets, image::ImageFormat::Png).unwrap();
    octets.into_inner()
}
