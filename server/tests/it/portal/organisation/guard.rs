//! What the pages of a centre do not let through (THREATS A17, A45, A48, A55, R16, R22).

use axum::http::StatusCode;
use casework::user::Letter;
use server::chance::Chance;
use server::desk::Desk;
use server::desk::user::Command;
use server::office::{Office, TERMINALS_EXAMPLE};
use server::portal::{Limits, Portal, Site, router};
use std::num::NonZeroU32;
use std::time::{Duration, Instant as Moment};

use super::{CENTRE, DOORS, FORMS, PAGES, Stand, plain, sign_in};
use crate::centre::{Centre, PASSWORD, refused};
use crate::house::HOLDER;
use crate::office::OPERATOR;
use crate::portal::browser::{Browser, ORIGIN};

#[tokio::test]
async fn a17_no_page_is_shown_and_no_form_is_taken_without_a_login() {
    let stand = Stand::new().await;
    for page in PAGES.into_iter().chain(["/news/00000000000000000000000000000000"]) {
        let answered = stand.browser().get(&format!("{CENTRE}{page}")).await;
        assert!(answered.location().starts_with(&format!("{CENTRE}/sign-in")), "{page}");
    }
    for form in FORMS {
        let mut stranger = stand.browser();
        stranger.get(&format!("{CENTRE}/sign-in")).await;
        let answered = stranger.post(&format!("{CENTRE}{form}"), &[]).await;
        assert_eq!(answered.location(), format!("{CENTRE}/sign-in"), "{form}");
    }
    let mut browser = stand.seated().await;
    for id in ["0".repeat(32), "1".to_owned(), "..".to_owned()] {
        let answered = browser.get(&format!("{CENTRE}/news/{id}")).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{id}");
    }
}

#[tokio::test]
async fn a17_a_person_of_one_centre_is_nobody_at_another_one() {
    let Stand { centre, .. } = Stand::new().await;
    let other = Office::from_toml(&TERMINALS_EXAMPLE.replacen("mihon-center", "other-center", 1)).unwrap();
    let (store, clock) = (centre.store().clone(), centre.house.desk.clock().clone());
    let desk = Desk::new(store, clock, Chance::system(), vec![centre.office.clone(), other]);
    let both = router(Portal::new(desk, Site::at(ORIGIN)).unwrap());
    let mut browser = Browser::new(&both);
    assert_eq!(sign_in(&mut browser, "tsukan01", PASSWORD).await.location(), CENTRE);
    for page in PAGES {
        let led = browser.get(&format!("/other-center{page}")).await;
        assert!(led.location().starts_with("/other-center/sign-in"), "{page}");
    }
    let mut stranger = Browser::new(&both);
    stranger.get("/other-center/sign-in").await;
    let fields = [("login", "tsukan01"), ("password", PASSWORD)];
    let answered = stranger.post("/other-center/sign-in", &fields).await;
    assert_eq!(answered.status, StatusCode::FORBIDDEN);
    answered.must_say("E-LOGIN");
    // What only a centre has is nowhere else.
    for page in ["/sign-in", "/password", "/passkeys", "/forgotten", "/link?token=AAAA"] {
        let answered = Browser::new(&both).get(&format!("/mihon-ca{page}")).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{page}");
    }
}

#[tokio::test]
async fn a45_no_form_of_another_place_session_or_login_is_taken() {
    let stand = Stand::new().await;
    let ours = [("origin", ORIGIN), ("sec-fetch-site", "same-origin")];
    let mut stranger = stand.browser();
    stranger.get(&format!("{CENTRE}/sign-in")).await;
    let theirs = stranger.csrf().to_owned();
    let mut browser = stand.seated().await;
    browser.get(CENTRE).await;
    let mut waiting = stand.browser();
    waiting.get(&format!("{CENTRE}/sign-in")).await;
    let forms = FORMS.map(|form| (form, &browser));
    let doors = DOORS.map(|door| (door, &waiting));
    for (form, browser) in forms.into_iter().chain(doors) {
        let path = format!("{CENTRE}{form}");
        let post = async |csrf: &str, headers: &[(&str, &str)]| {
            let fields = [("login", "tsukan01"), ("password", PASSWORD), ("csrf", csrf)];
            browser.clone().post_as(&path, &fields, headers).await
        };
        for headers in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
        ] {
            let answered = post(browser.csrf(), headers).await;
            assert_eq!(answered.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            answered.must_say("E-ORIGIN");
        }
        for wrong in ["", &theirs, &"0".repeat(64)] {
            let answered = post(wrong, &ours).await;
            assert_eq!(answered.status, StatusCode::CONFLICT, "{path} {wrong:?}");
            answered.must_say("E-STALE");
        }
    }
    let taken = browser.post(&format!("{CENTRE}/stay"), &[]).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT, "the control");
}

#[tokio::test]
async fn a45_a_cookie_from_before_the_login_is_nobodys_behind_it() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    browser.get(&format!("{CENTRE}/sign-in")).await;
    let planted = browser.cookie();
    let fields = [("login", "tsukan01"), ("password", PASSWORD)];
    let answered = browser.post(&format!("{CENTRE}/sign-in"), &fields).await;
    assert_eq!(answered.location(), CENTRE);
    assert_ne!(browser.cookie(), planted);
    let mut attacker = stand.browser().with_cookie(&planted);
    for page in PAGES {
        let led = attacker.get(&format!("{CENTRE}{page}")).await;
        assert!(led.location().starts_with(&format!("{CENTRE}/sign-in")), "{page}");
    }
    assert_eq!(browser.get(CENTRE).await.status, StatusCode::OK, "the control");
    // And one from behind the login is nobody's after it.
    let behind = browser.cookie();
    browser.post(&format!("{CENTRE}/sign-out"), &[]).await;
    let led = stand.browser().with_cookie(&behind).get(CENTRE).await;
    assert_eq!(led.location(), format!("{CENTRE}/sign-in"));
}

#[tokio::test]
async fn a55_nobody_learns_from_a_login_which_ids_there_are() {
    let stand = Stand::new().await;
    let centre = &stand.centre;
    centre.invite(stand.organisation, "invited1").await.unwrap();
    let blocked = centre.person(stand.organisation, "blocked1").await;
    refused(centre.ask(&OPERATOR, blocked, &Command::Block).await).unwrap();
    locked_out(centre, stand.organisation, "locked01").await;
    let mut said: Option<(StatusCode, String)> = None;
    for (login, password) in [
        ("nobody99", PASSWORD),
        ("no such form of an ID", PASSWORD),
        ("", ""),
        ("tsukan01", "not this one at all"),
        ("invited1", PASSWORD),
        ("blocked1", PASSWORD),
        ("locked01", PASSWORD),
    ] {
        let mut browser = stand.browser();
        browser.get(&format!("{CENTRE}/sign-in")).await;
        let began = Moment::now();
        let fields = [("login", login), ("password", password)];
        let answered = browser.post(&format!("{CENTRE}/sign-in"), &fields).await;
        assert!(began.elapsed() >= NO_SOONER, "{login}: {:?}", began.elapsed());
        answered.must_say("E-LOGIN");
        let told = (answered.status, plain(&answered));
        assert_eq!(said.get_or_insert_with(|| told.clone()), &told, "{login}");
    }
    assert_eq!(
        sign_in(&mut stand.browser(), "tsukan01", PASSWORD).await.location(),
        CENTRE,
        "the control"
    );
}

#[tokio::test]
async fn a55_a_wrong_password_takes_as_long_for_an_id_that_does_not_exist() {
    let stand = Stand::new().await;
    let centre = &stand.centre;
    let terminals = centre.terminals();
    let row = centre.store().user(stand.user).await.unwrap();
    // Below the floor that the page waits for: the work itself. The better half of each, so that a pause of the machine
    // counts for neither.
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..8 {
        for (row, took) in [row.as_ref(), None].into_iter().zip(&mut took) {
            let began = Moment::now();
            centre.desk.typed(terminals, row, "not this one at all").await.unwrap();
            took.push(began.elapsed());
        }
    }
    let [known, unknown] = took.map(|mut took| {
        took.sort_unstable();
        took.iter().take(4).sum::<Duration>().as_secs_f64()
    });
    let ratio = known / unknown;
    assert!((0.5..2.0).contains(&ratio), "{known} s against {unknown} s");
}

#[tokio::test]
async fn r16_too_many_wrong_passwords_lead_to_a_waiting_of_which_the_account_is_told() {
    let stand = Stand::new().await;
    for _ in 0..5 {
        let answered = sign_in(&mut stand.browser(), "tsukan01", "not this one at all").await;
        assert_eq!(answered.status, StatusCode::FORBIDDEN);
    }
    sign_in(&mut stand.browser(), "tsukan01", PASSWORD)
        .await
        .must_say("E-LOGIN");
    assert_eq!(stand.letters(Letter::LockedOut).await, 1);
    stand.wait(61);
    sign_in(&mut stand.browser(), "tsukan01", "not this one at all").await;
    // The waiting has doubled.
    stand.wait(61);
    sign_in(&mut stand.browser(), "tsukan01", PASSWORD)
        .await
        .must_say("E-LOGIN");
    stand.wait(60);
    assert_eq!(
        sign_in(&mut stand.browser(), "tsukan01", PASSWORD).await.location(),
        CENTRE
    );
    assert_eq!(stand.letters(Letter::LockedOut).await, 1, "told once");
}

#[tokio::test]
async fn r22_a_session_ends_after_a_while_without_a_request_and_after_half_a_day_however_busy() {
    let stand = Stand::new().await;
    let mut browser = stand.seated().await;
    stand.wait(14 * 60);
    assert_eq!(browser.get(CENTRE).await.status, StatusCode::OK);
    stand.wait(16 * 60);
    let led = browser.get(&format!("{CENTRE}/contract")).await;
    assert_eq!(led.location(), format!("{CENTRE}/sign-in?to={CENTRE}/contract"));
    browser.follow(led).await.must_say("しばらく操作がなかったため");
    let mut browser = stand.seated().await;
    let began = stand.now();
    while stand.now() < began.plus_seconds(12 * 3_600 - 840) {
        stand.wait(600);
        assert_eq!(browser.get(CENTRE).await.status, StatusCode::OK);
    }
    stand.wait(840);
    assert_eq!(browser.get(CENTRE).await.location(), format!("{CENTRE}/sign-in"));
}

#[tokio::test]
async fn a48_neither_one_address_nor_many_guess_their_way_into_an_account() {
    let limits = Limits {
        look_up: NonZeroU32::new(3).unwrap(),
        ..Limits::default()
    };
    let stand = Stand::at(Site {
        limits,
        ..Site::at(ORIGIN)
    })
    .await;
    for login in ["tsukan01", "nobody99"] {
        // Many addresses, one ID.
        for address in 1..=3 {
            let mut browser = stand.browser().from([192, 0, 2, address]);
            let answered = sign_in(&mut browser, login, "not this one at all").await;
            assert_eq!(answered.status, StatusCode::FORBIDDEN, "{login} {address}");
        }
        let mut browser = stand.browser().from([192, 0, 2, 4]);
        let answered = sign_in(&mut browser, login, PASSWORD).await;
        assert_eq!(answered.status, StatusCode::TOO_MANY_REQUESTS, "{login}");
    }
    // One address, many IDs.
    let mut refused = 0;
    for number in 0..6 {
        let mut browser = stand.browser().from([198, 51, 100, 7]);
        let answered = sign_in(&mut browser, &format!("guess-{number}"), PASSWORD).await;
        refused += usize::from(answered.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 2, "{refused} of 6");
    // The control: whoever has an ID of their own and an address of their own is not held up.
    stand.centre.person(stand.organisation, "tsukan02").await;
    let mut browser = stand.browser().from([203, 0, 113, 9]);
    assert_eq!(sign_in(&mut browser, "tsukan02", PASSWORD).await.location(), CENTRE);
}

async fn locked_out(centre: &Centre, organisation: casework::identity::OrganisationId, login: &str) {
    let user = centre.person(organisation, login).await;
    let wrong = Command::LogIn(casework::user::Attempt::Password(casework::user::Typed::Wrong));
    for _ in 0..5 {
        refused(centre.ask(&HOLDER, user, &wrong).await).unwrap_err();
    }
}

/// What the pages wait for.
const NO_SOONER: Duration = Duration::from_millis(400);
