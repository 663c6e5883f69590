//! Users of a centre's customers at the console: what an administrator corrects of them.

use axum::http::StatusCode;
use casework::officer::Role;
use casework::user::Case;
use server::desk::user::Command;

use super::examined::room;
use crate::centre::PASSWORD;
use crate::examination::CENTRE;
use crate::office::OPERATOR;

#[tokio::test]
async fn name_and_address_of_a_user_are_corrected_the_person_is_told_and_the_password_stays() {
    let room = room("one").await;
    let (counter, centre) = (&room.counter, &room.counter.centre);
    let mut officer = room.examiner("3001", CENTRE, &[Role::Administration]).await;
    let hex = |octets: [u8; 16]| format!("{:032x}", u128::from_be_bytes(octets));
    let contract = format!("/console/mihon-center/organisations/{}", hex(counter.organisation.0));
    let edit = format!("{contract}/users/{}/edit", hex(counter.user.0));
    let page = officer.browser.get(&contract).await;
    page.must_say(&format!("href=\"{edit}\""));
    let page = officer.browser.get(&edit).await;
    for words in ["tsukan01", "value=\"通関 太郎\"", "value=\"taro@boeki.example\""] {
        page.must_say(words);
    }
    for (name, mail, wrong) in [
        ("", "taro@boeki.example", "name"),
        ("通関 太郎", "taro", "mail"),
        ("通関 太郎", "taro@boeki.example\r\nBcc: all@boeki.example", "mail"),
        ("通関 太郎", "taro@boeki.example, jiro@boeki.example", "mail"),
    ] {
        let page = officer.browser.post(&edit, &[("name", name), ("mail", mail)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {mail}");
        page.must_say(&format!("id=\"error-{wrong}\""));
    }
    let Case::Active { account, .. } = centre.case(counter.user).await else {
        panic!("active")
    };
    assert_eq!(account.mail, "taro@boeki.example", "the control: nothing was taken");
    let right = [("name", "通関 次郎"), ("mail", "jiro@boeki.example")];
    let saved = officer.browser.post(&edit, &right).await;
    assert_eq!(saved.location(), format!("{contract}?notice=saved"), "{}", saved.text());
    let page = officer.browser.follow(saved).await;
    for words in ["tsukan01", "通関 次郎", "jiro@boeki.example"] {
        page.must_say(words);
    }
    assert!(!page.says("taro@boeki.example"));
    let minute = std::time::Duration::from_mins(1);
    let mut letters = Vec::new();
    while let Some(errand) = counter
        .store()
        .take_errand("test", counter.now(), minute)
        .await
        .unwrap()
    {
        if errand.case == counter.user.0 {
            letters.push(format!("{:?}", errand.errand));
        }
    }
    assert!(letters.last().unwrap().contains("Corrected"), "{letters:?}");
    assert_eq!(centre.log_in("tsukan01", PASSWORD).await.unwrap(), counter.user);
    // Of another contract it is nobody's, and whoever is blocked is invited anew instead.
    let other = centre.contract("K-002").await;
    let elsewhere = format!(
        "/console/mihon-center/organisations/{}/users/{}/edit",
        hex(other.0),
        hex(counter.user.0)
    );
    assert_eq!(officer.browser.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        officer.browser.post(&elsewhere, &right).await.status,
        StatusCode::NOT_FOUND
    );
    centre.ask(&OPERATOR, counter.user, &Command::Block).await.unwrap();
    assert!(!officer.browser.get(&contract).await.says(&edit));
    assert_eq!(officer.browser.post(&edit, &right).await.status, StatusCode::CONFLICT);
}
