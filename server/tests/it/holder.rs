//! A certificate is found by its holder's name, also one that was bound before names were kept.

use server::store::StoreAddress;

use crate::api::stand::Stand;
use crate::house::{House, Place, on_both};
use crate::invariant::{count, tamper};

on_both! {
    async fn the_holders_of_a_database_from_before_are_entered_in_batches_that_a_restart_goes_on_with(house: House) {
        house.card().await;
        assert_eq!(house.store().certificates_of_holder(NAME).await.unwrap().len(), 2);
        assert!(!house.store().name_holders().await.unwrap(), "a new database has nothing to enter");
        let stopped = house.stop().await;
        let address = stopped.address().clone();
        tamper(&address, &copies(&address)).await;
        tamper(&address, BEFORE).await;
        let house = stopped.start_after(|| ()).await.unwrap();
        assert_eq!(named(&address).await, 0);
        assert_eq!(house.store().certificates_of_holder(NAME).await.unwrap(), [], "control: nobody is found before");
        assert!(house.store().name_holders().await.unwrap());
        assert_eq!(named(&address).await, 500);
        // What is bound meanwhile is named as ever.
        house.card().await;
        let house = house.restart().await.unwrap();
        while house.store().name_holders().await.unwrap() {}
        assert_eq!(named(&address).await, 1_204);
        assert_eq!(count(&address, "SELECT COUNT(*) FROM certificate WHERE der IS NOT NULL").await, 1_204);
        assert!(!house.store().name_holders().await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_on_a_database_from_before_finds_its_holders() {
    let place = Place::on_sqlite();
    let address = place.address.clone();
    let mut stand = Stand::at(place, server::portal::Limits::default()).await;
    stand.card("鍵守 太郎").await;
    stand.node.stop().await;
    tamper(&address, BEFORE).await;
    assert_eq!(named(&address).await, 0);
    stand.node.serve(server::serve::Roles::all()).await.unwrap();
    let found = stand.desk().store().certificates_of_holder("鍵守太郎").await.unwrap();
    assert_eq!(found.len(), 2);
}

async fn named(address: &StoreAddress) -> i64 {
    count(address, "SELECT COUNT(*) FROM certificate_holder").await
}

/// Twelve hundred bound certificates more, under serial numbers of their own.
fn copies(address: &StoreAddress) -> String {
    let serial = match address {
        StoreAddress::Sqlite(_) => "CAST(printf('%020d', n) AS BLOB)",
        StoreAddress::Postgres(_) => "convert_to(lpad(n::text, 20, '0'), 'UTF8')",
    };
    format!(
        "WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < 1200)
         INSERT INTO certificate (authority, serial, case_id, profile, shard, not_before, not_after, tbs, intended_at, der,
            public_key, sequence, issued_at)
         SELECT authority, {serial}, case_id, profile, shard, not_before, not_after, tbs, intended_at, der, public_key,
            2 + n, issued_at FROM certificate, copies WHERE sequence = 1;
         UPDATE counter SET value = 1202 WHERE name = 'issued'"
    )
}

/// As a version left it that kept no names.
const BEFORE: &str = "DELETE FROM certificate_holder; DELETE FROM counter WHERE name = 'unnamed';
    DELETE FROM _sqlx_migrations WHERE version = 9";
/// The holder of the cards of a [`House`].
const NAME: &str = "髙橋一郎";
