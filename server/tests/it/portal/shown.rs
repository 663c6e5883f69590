//! What the pages show of a card.

use casework::certificate::Reason;
use server::desk::certificate::{Command, Issuance};
use server::desk::{Actor, CaseId};
use server::store::CrlRow;
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
async fn a39_a_card_that_no_receipt_can_print_is_refused_before_the_form_is_filled_in() {
    let house = House::on_sqlite().await;
    let card = card_of(&house.authority, Some(&house.desk), "金　한별").await;
    for (mut browser, said) in [
        (
            Browser::new(&portal(&house)),
            "ICカードの内容に使用できない文字「한」（U+D55C）があります。受領書に印刷できないため",
        ),
        (
            Browser::in_english(&portal(&house)),
            "the character “한” (U+D55C), which cannot be used. It cannot be printed on the receipt",
        ),
    ] {
        browser.reach_certificate(&card).await.must_say("金　한별");
        let form = browser.get(&format!("{OFFICE}/application")).await;
        form.must_say(said);
        form.must_say("E-CHAR");
        let sent = browser.enter(FORM).await;
        sent.must_say(said);
        assert!(!sent.says("id=\"final\""), "it did not come to the confirm page");
    }
    let plain = card_of(&house.authority, Some(&house.desk), "金　一").await;
    let mut browser = Browser::new(&portal(&house));
    browser.reach_certificate(&plain).await;
    assert!(!browser.get(&format!("{OFFICE}/application")).await.says("E-CHAR"));
    browser.enter(FORM).await.must_say("id=\"final\"");
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
        let [Step::Sign { text: Some(text), .. }] = request.steps.as_slice() else {
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

#[tokio::test]
async fn the_receipt_names_the_first_list_that_carries_the_certificate_once_it_is_signed_and_served() {
    let house = House::on_sqlite().await;
    let card = house.card().await;
    let mut browser = Browser::new(&portal(&house));
    let waiting = "まもなく公開する次の号に載ります";
    browser.reach_done(&house, &card).await.must_say(waiting);
    let (store, authority) = (house.store(), house.authority.name.clone());
    let (status, _) = store.status(card.certificate()).await.unwrap().unwrap();
    let made = async |sequence| {
        let row = CrlRow {
            authority: authority.clone(),
            shard: status.shard,
            number: 0,
            sequence,
            this_update: house.now(),
            next_update: house.now().plus_seconds(86_400),
            entries: 0,
            digest: None,
        };
        store.begin_crl(row).await.unwrap().number
    };
    let sign = async |number| {
        let der = vec![0x30];
        let digest = server::desk::evidence::sha256(&der);
        store
            .publish_crl(&authority, status.shard, number, digest, der)
            .await
            .unwrap();
    };
    let last = store.last_revocation().await.unwrap();
    sign(made(status.sequence - 1).await).await;
    let unsigned = made(last).await;
    let first = made(last).await;
    let at = house.now();
    let page = async |browser: &mut Browser, seconds| {
        house.it_is(at.plus_seconds(seconds));
        browser.get(&format!("{OFFICE}/done")).await.text()
    };
    assert_eq!(
        page(&mut browser, 60).await.matches(waiting).count(),
        2,
        "one is older, two are not signed"
    );
    sign(first).await;
    assert_eq!(
        page(&mut browser, 1).await.matches(waiting).count(),
        2,
        "not every node serves it yet"
    );
    let said = format!("第{first}号に載りました");
    assert_eq!(page(&mut browser, 2).await.matches(&said).count(), 2);
    sign(made(last).await).await;
    let later = page(&mut browser, 60).await;
    assert_eq!(later.matches(&said).count(), 2, "a later list changes nothing");
    assert!(!later.contains(&format!("第{unsigned}号")));
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
