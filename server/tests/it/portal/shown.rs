//! What the pages show of a card.

use super::browser::{Browser, portal};
use super::made::card_of;
use crate::house::House;

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
