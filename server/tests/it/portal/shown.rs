//! What the pages show of a card.

use casework::certificate::Reason;
use server::desk::certificate::{Command, Issuance};
use server::desk::{Actor, CaseId};
use wire::card_request::Step;

use super::browser::{Answered, Browser, FORM, OFFICE, portal};
use super::made::card_of;
use crate::house::{House, TestCard};

#[tokio::test]
async fn what_a_certificate_lacks_has_no_row() {
    let house = House::on_sqlite().await;
    let card = card_of(&house.authority, Some(&house.desk), "TAKAHASHI Ichiro").await;
    let page = Browser::new(&portal(&house)).reach_certificate(&card).await;
    page.must_say("TAKAHASHI Ichiro");
    assert!(!page.says("法人番号") && !page.says("自宅住所"), "{}", page.text());
    let full = Browser::new(&portal(&house))
        .reach_certificate(&house.card().await)
        .await;
    assert!(full.says("法人番号") && full.says("自宅住所"), "the control");
}

#[tokio::test]
async fn the_holder_is_told_of_both_certificates_wherever_the_card_is_shown() {
    for (mut browser, card, house, words) in [
        walker(Browser::new, JAPANESE).await,
        walker(Browser::in_english, ENGLISH).await,
    ] {
        let (signature, authentication) = (card.signature.serial(), card.authentication.serial());
        let both = |page: &Answered| {
            page.must_say(&format!("<dt>{}</dt><dd>{signature}</dd>", words.signature));
            page.must_say(&format!("<dt>{}</dt><dd>{authentication}</dd>", words.authentication));
        };
        let certificate = browser.reach_certificate(&card).await;
        both(&certificate);
        certificate.must_say(words.will);
        let confirm = browser.enter(FORM).await;
        both(&confirm);
        confirm.must_say(words.will);
        let agent = browser.confirm(&confirm).await;
        let request = agent.claim().await.unwrap();
        let [Step::Sign { text, .. }] = request.steps.as_slice() else {
            panic!()
        };
        for line in [
            format!("{} {signature}", words.signature),
            format!("{} {authentication}", words.authentication),
            words.will.to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line:?} is not in {text}");
        }
        let code = agent.sign(&house, &card).await;
        let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
        let done = browser.follow(answered).await;
        both(&done);
        done.must_say(words.were);
        let print = browser.get(&format!("{OFFICE}/done/print")).await;
        both(&print);
        print.must_say(words.were);
    }
}

#[tokio::test]
async fn a_certificate_that_was_revoked_meanwhile_is_said_to_be() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let authentication = &card.subject.authentication;
    assert!(
        !browser.reach_certificate(&card).await.says("失効済み"),
        "the control: both are valid"
    );
    let row = house.store().certificate(authentication).await.unwrap().unwrap();
    let case: CaseId<Issuance> = CaseId::from_octets(row.case);
    let reason = Reason::Superseded;
    house
        .desk
        .perform(&Actor::Operator { name: "ca" }, case, &Command::Revoke { reason })
        .await
        .unwrap();
    house.it_is(house.now().plus_seconds(60));

    let said = format!("{}（2026年", authentication.serial);
    let confirm = browser.enter(FORM).await;
    confirm.must_say(&said);
    confirm.must_say("に失効済み）");
    let agent = browser.confirm(&confirm).await;
    let code = agent.sign(&house, &card).await;
    let answered = browser.get(&format!("{OFFICE}/return?code={code}")).await;
    let done = browser.follow(answered).await;
    done.must_say(&said);
    let print = browser.get(&format!("{OFFICE}/done/print")).await;
    assert_eq!(
        print.text().matches(&said).count(),
        2,
        "as a fact and in the signed text"
    );
}

/// What the pages say of a card's two certificates.
struct Said {
    signature: &'static str,
    authentication: &'static str,
    will: &'static str,
    were: &'static str,
}

async fn walker(browser: fn(&axum::Router) -> Browser, words: Said) -> (Browser, TestCard, House, Said) {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    (browser(&portal(&house)), card, house, words)
}

const JAPANESE: Said = Said {
    signature: "シリアル番号（署名用）",
    authentication: "シリアル番号（認証用）",
    will: "ICカードに入っている認証用と署名用の電子証明書は、両方とも失効します。",
    were: "ICカードに入っている認証用と署名用の電子証明書は、両方とも失効しました。",
};
const ENGLISH: Said = Said {
    signature: "Serial number (signature)",
    authentication: "Serial number (authentication)",
    will: "Both certificates on the IC card will be revoked: the one for authentication and the one for signatures.",
    were: "Both certificates on the IC card have been revoked: the one for authentication and the one for signatures.",
};
