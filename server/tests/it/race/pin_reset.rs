//! Two kiosks that set one password at once: one has the cryptogram, one card is written, and one report closes it (A11, A14).

use std::collections::BTreeMap;
use std::sync::Arc;

use casework::identity::KioskId;
use casework::pin_reset::Case;
use server::desk::pin_reset::{Cryptogram, Visited};
use server::desk::{Desk, Failure};
use tokio::task::JoinSet;

use super::{LANES, times};
use crate::city::{ANOTHER, Citizen, City, KIOSK};
use crate::house::{House, on_both};

on_both! {
    async fn a11_of_two_kiosks_at_once_one_sets_the_password(house: House) {
        races(City::of(house).await, times()).await;
    }
}

#[expect(clippy::print_stdout, reason = "who won how often is read in the log")]
async fn races(city: City, times: usize) {
    let desks = Arc::new([city.desk.clone(), city.beside().await]);
    let city = Arc::new(city);
    let mut lanes = JoinSet::new();
    for number in 0..LANES {
        let (city, desks) = (Arc::clone(&city), Arc::clone(&desks));
        lanes.spawn(async move {
            let citizen = city.citizen(&format!("{:015}", number + 1)).await;
            let mut wins = Vec::new();
            for _ in (number..times).step_by(LANES) {
                wins.push(race(&city, &desks, &citizen).await);
            }
            wins
        });
    }
    let mut wins = BTreeMap::new();
    for winner in lanes.join_all().await.into_iter().flatten() {
        *wins.entry(winner).or_insert(0) += 1;
    }
    println!("{times} races: {wins:?}");
    assert_eq!(wins.values().sum::<usize>(), times);
    assert!(
        wins.contains_key("one") && wins.contains_key("the other"),
        "neither is always the first: {wins:?}"
    );
    crate::invariant::hold(&city.house).await;
}

async fn race(city: &City, desks: &[Desk; 2], citizen: &Citizen) -> &'static str {
    let held = city.reserve(citizen).await;
    let before = city.counted(citizen).await;
    let challenge = citizen.challenge();
    let (one, other) = tokio::join!(
        at_kiosk(city, &desks[0], citizen, KIOSK, challenge),
        at_kiosk(city, &desks[1], citizen, ANOTHER, challenge),
    );
    let (winner, cryptogram) = match (one, other) {
        (Some(cryptogram), None) => ("one", cryptogram),
        (None, Some(cryptogram)) => ("the other", cryptogram),
        (one, other) => panic!("{} and {}", one.is_some(), other.is_some()),
    };
    let answer = citizen.resets(&cryptogram).unwrap();
    let (first, second) = tokio::join!(
        city.report_at(&desks[0], citizen, (KIOSK, held.id), Some(answer)),
        city.report_at(&desks[1], citizen, (ANOTHER, held.id), None),
    );
    assert_eq!(first.unwrap(), second.unwrap(), "both are told the same");
    assert_eq!(city.counted(citizen).await, before + 1);
    assert!(matches!(city.case(held.id).await, Case::Used { .. }));
    let events = city.house.store().events(held.id.octets()).await.unwrap();
    for name in ["announced", "used"] {
        let told = events
            .iter()
            .filter(|event| event.name == name && event.refusal.is_none());
        assert_eq!(told.count(), 1, "{name}");
    }
    winner
}

/// Set and announced: the cryptogram, where this kiosk has it.
async fn at_kiosk(
    city: &City,
    desk: &Desk,
    citizen: &Citizen,
    kiosk: KioskId,
    challenge: [u8; 16],
) -> Option<Cryptogram> {
    loop {
        let id = match city.set_at(desk, citizen, kiosk).await {
            Ok(Visited::Reserved { id, .. }) => id,
            Ok(Visited::Confirmed { .. }) => panic!("nothing was written"),
            Err(Failure::Refused(_)) => return None,
            // Whoever loses a race four times in a row asks again, as the kiosk does.
            Err(Failure::Fault(_)) => continue,
        };
        let text = city.to_sign(id).await?;
        match city.announce_at(desk, citizen, (kiosk, id, text), challenge).await {
            Ok(cryptogram) => return Some(cryptogram),
            Err(Failure::Refused(_)) => return None,
            Err(Failure::Fault(_)) => {}
        }
    }
}
