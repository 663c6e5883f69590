//! A clerk at a counter beside everybody who can be faster: a face, a colleague, the own hand once more, a kiosk. Whoever wins,
//! the card has one reservation, and what was opened before it is put aside (G-S3).

use std::collections::BTreeMap;
use std::sync::Arc;

use casework::officer::Role;
use casework::pin_reset::Case;
use server::desk::pin_reset::{Cryptogram, Identified, PinReset};
use server::desk::{CaseId, Desk, Failure};
use tokio::task::JoinSet;

use super::{LANES, times};
use crate::city::{Citizen, City, KIOSK, reserved};
use crate::house::{House, on_both};
use crate::invariant;
use crate::office::TestOfficer;

on_both! {
    async fn g_s3_whoever_is_faster_than_a_clerk_the_card_has_one_reservation(house: House) {
        races(City::with_counter(house).await, times() / RIVALS.len()).await;
    }
}

/// Who else is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rival {
    Face,
    Colleague,
    OwnHand,
    Kiosk,
}

const RIVALS: [Rival; 4] = [Rival::Face, Rival::Colleague, Rival::OwnHand, Rival::Kiosk];

struct Lane {
    city: Arc<City>,
    desks: Arc<[Desk; 2]>,
    citizen: Citizen,
    clerks: [TestOfficer; 2],
}

#[expect(clippy::print_stdout, reason = "who won how often is read in the log")]
async fn races(city: City, rounds: usize) {
    let desks = Arc::new([city.desk.clone(), city.beside().await]);
    let city = Arc::new(city);
    let mut lanes = JoinSet::new();
    for number in 0..LANES {
        let lane = Lane {
            citizen: city.citizen(&format!("{:015}", number + 1)).await,
            clerks: [
                city.clerk(&format!("{number}1"), &[Role::Entry]).await,
                city.clerk(&format!("{number}2"), &[Role::Entry]).await,
            ],
            city: Arc::clone(&city),
            desks: Arc::clone(&desks),
        };
        lanes.spawn(async move {
            let mut ends = Vec::new();
            for _ in (number..rounds).step_by(LANES) {
                for rival in RIVALS {
                    ends.push((rival, lane.race(rival).await));
                }
            }
            ends
        });
    }
    let mut ends = BTreeMap::new();
    for end in lanes.join_all().await.into_iter().flatten() {
        *ends.entry(end).or_insert(0) += 1;
    }
    println!("{} races: {ends:?}", rounds * RIVALS.len());
    assert_eq!(ends.values().sum::<usize>(), rounds * RIVALS.len());
    for rival in [Rival::Face, Rival::Colleague] {
        for last in ["clerk", "rival"] {
            assert!(
                ends.contains_key(&(rival, last)),
                "neither is always the last: {ends:?}"
            );
        }
    }
    let places = invariant::count(
        &city.house.place.address,
        "SELECT COUNT(*) FROM reserved_card WHERE place = 'reserved'",
    )
    .await;
    assert!(usize::try_from(places).unwrap() <= LANES, "{places}");
    invariant::hold(&city.house).await;
}

impl Lane {
    /// Whose reservation stands in the end.
    async fn race(&self, rival: Rival) -> &'static str {
        let Self {
            city,
            citizen,
            clerks: [clerk, colleague],
            ..
        } = self;
        let [one, other] = &*self.desks;
        let identified = city.identify(clerk, citizen).await.unwrap();
        let id = identified.id;
        match rival {
            Rival::Face => {
                let held = city.begin(citizen).await.unwrap();
                city.prove(citizen, &held).await.unwrap();
                let (admitted, matched) = tokio::join!(self.admits(one, clerk, &identified), async {
                    loop {
                        match city.face(citizen, &held, 900).await {
                            Ok(case) => return case,
                            Err(Failure::Fault(_)) => {}
                            Err(no) => panic!("{no}"),
                        }
                    }
                });
                assert_ne!(
                    admitted.reservation().unwrap().number,
                    matched.reservation().unwrap().number
                );
                self.last(id, held.id).await
            }
            Rival::Colleague => {
                let second = city.identify(colleague, citizen).await.unwrap();
                tokio::join!(
                    self.admits(one, clerk, &identified),
                    self.admits(other, colleague, &second)
                );
                self.last(id, second.id).await
            }
            Rival::OwnHand => {
                let (first, again) = tokio::join!(
                    self.admits(one, clerk, &identified),
                    self.admits(other, clerk, &identified)
                );
                assert_eq!(first.reservation(), again.reservation(), "twice sent is once done");
                let events = city.house.store().events(id.octets()).await.unwrap();
                let reserved = events
                    .iter()
                    .filter(|event| event.name == "reserved" && event.refusal.is_none());
                assert_eq!(reserved.count(), 1);
                assert_eq!(self.live().await, id);
                "clerk"
            }
            Rival::Kiosk => self.beside_a_kiosk(&identified).await,
        }
    }

    /// The card stands at a kiosk with its earlier reservation. Either the kiosk has its cryptogram, and the card's receipt closes
    /// the earlier one however late, or it has not, and nothing was written.
    async fn beside_a_kiosk(&self, identified: &Identified) -> &'static str {
        let Self {
            city,
            citizen,
            clerks: [clerk, _],
            ..
        } = self;
        let [one, other] = &*self.desks;
        let held = city.reserve(citizen).await;
        let before = city.counted(citizen).await;
        assert_eq!(reserved(city.set(citizen, KIOSK).await), held.id);
        let challenge = citizen.challenge();
        let (_, cryptogram) = tokio::join!(
            self.admits(one, clerk, identified),
            self.announces(other, held.id, challenge)
        );
        assert!(matches!(city.case(held.id).await, Case::Replaced { .. }));
        assert_eq!(self.live().await, identified.id);
        let Some(cryptogram) = cryptogram else {
            assert_eq!(city.counted(citizen).await, before);
            return "clerk";
        };
        let answer = citizen.resets(&cryptogram).unwrap();
        city.report(citizen, (KIOSK, held.id), Some(answer)).await.unwrap();
        assert!(matches!(city.case(held.id).await, Case::Used { .. }));
        assert_eq!(city.counted(citizen).await, before + 1);
        // What the clerk opened counts from where the card stands now.
        assert_eq!(reserved(city.set(citizen, KIOSK).await), identified.id);
        "rival"
    }

    async fn admits(&self, desk: &Desk, clerk: &TestOfficer, identified: &Identified) -> Case {
        loop {
            match self.city.admit_at(desk, clerk, identified).await {
                Ok(case) => return case,
                // Whoever loses a race four times in a row asks again, as the browser does.
                Err(Failure::Fault(_)) => {}
                Err(no) => panic!("{no}"),
            }
        }
    }

    async fn announces(&self, desk: &Desk, id: CaseId<PinReset>, challenge: [u8; 16]) -> Option<Cryptogram> {
        // `None` where it was put aside before the kiosk has asked.
        let text = self.city.to_sign(id).await?;
        match self
            .city
            .announce_at(desk, &self.citizen, (KIOSK, id, text), challenge)
            .await
        {
            Ok(cryptogram) => Some(cryptogram),
            Err(Failure::Refused(_)) => None,
            Err(fault) => panic!("{fault}"),
        }
    }

    async fn live(&self) -> CaseId<PinReset> {
        let cases = self
            .city
            .house
            .store()
            .cases_of_card(self.citizen.number)
            .await
            .unwrap();
        CaseId::from_octets(cases.reserved.unwrap())
    }

    /// Which of the two stands, and the other one is put aside.
    async fn last(&self, clerks: CaseId<PinReset>, rivals: CaseId<PinReset>) -> &'static str {
        let live = self.live().await;
        let (beaten, who) = if live == clerks {
            (rivals, "clerk")
        } else {
            (clerks, "rival")
        };
        assert!(matches!(self.city.case(live).await, Case::Reserved { .. }));
        assert!(matches!(self.city.case(beaten).await, Case::Replaced { .. }));
        who
    }
}
