//! What ends a reservation or keeps it from beginning, as it is killed: a face that is not the card's, 「予約を取り消す」, a card
//! whose counter stands where it cannot, and one that says no receipt for what it was let do.

use std::path::Path;

use casework::Refusal;
use casework::pin_reset::Case;
use pki::algorithm::Algorithm;
use server::authority::issue::Certifying;
use server::chance::Chance;
use server::desk::pin_reset::{PinReset, Shot};
use server::desk::{CaseId, Failure};
use server::store::{OpenFault, Store, StoreAddress};

use crate::city::{ANOTHER, Asker, Citizen, City, Held, KIOSK};
use crate::disk::Outcome;
use crate::grant;
use crate::house::{House, Place};
use crate::invariant;
use crate::path::{Child, say};
use crate::pin_reset::{Kept, asker, times};

/// The cards, each with its case.
const FILE: &str = "ends";

/// Whether these wait there.
pub(crate) fn waits(data: &Path) -> bool {
    data.join(FILE).exists()
}

/// One card for each end, one step before it.
pub(crate) async fn prepare(house: House) -> House {
    let city = City::of(house).await;
    let mut kept = Vec::new();
    for end in END {
        let card = city.house.card_of(Algorithm::Rsa2048).await;
        let citizen = city.issued(card, end.digits()).await;
        let held = city.begin_with(&citizen, KEY.to_owned()).await.unwrap();
        city.prove(&citizen, &held).await.unwrap();
        if end != End::Unlike {
            city.face(&citizen, &held, 900).await.unwrap();
        }
        if end == End::Receipt {
            city.set(&citizen, KIOSK).await.unwrap();
            let challenge = citizen.challenge();
            city.announce(&citizen, (KIOSK, held.id), challenge).await.unwrap();
        }
        kept.push((Kept::of(&citizen.card), held.id.to_string()));
    }
    std::fs::write(city.house.place.data.join(FILE), serde_json::to_vec(&kept).unwrap()).unwrap();
    city.house
}

/// What the child does once it may.
pub(crate) async fn begin(
    store: Store,
    keys: Certifying,
    data: &Path,
    ahead: i64,
) -> impl Future<Output = ()> + Send + use<> {
    let asker = asker(&store, Chance::seeded(1), keys, ahead);
    let all = kept(&asker, data).await;
    async move {
        for (end, citizen, held) in &all {
            match end.comes(&asker, citizen, held).await {
                Ok(()) => say(&format!("acknowledged {end:?}")),
                Err(failure) => return say(&format!("failed {end:?} {failure}")),
            }
        }
    }
}

/// Opens what is left as any start does, and asks everything again: each end comes once, and nothing was written on a card.
pub(crate) async fn opened(child: &Child, outcome: &Outcome) -> Result<(Vec<String>, Vec<String>), OpenFault> {
    let address: StoreAddress = child.address.parse().unwrap();
    let store = Place::lasting(address.clone(), Path::new(&child.data)).open().await?;
    let asker = asker(&store, Chance::system(), grant::certifying(&child.data), child.ahead);
    let mut broken = invariant::broken(&store, &address).await;
    let mut missing = Vec::new();
    for (end, citizen, held) in kept(&asker, &child.data).await {
        let told = format!("{end:?}");
        if outcome.acknowledged.contains(&told) && !end.has_come(&asker.case(held.id).await) {
            missing.push(told.clone());
        }
        for _ in 0..2 {
            let came = end.comes(&asker, &citizen, &held).await;
            if came.is_err() || !end.has_come(&asker.case(held.id).await) {
                broken.push(format!("{told}: {came:?}"));
            }
        }
        let times = times(&store, held.id, &[end.event(), "used"]).await;
        let counted = asker.counted(&citizen).await;
        if times != [1, 0] || counted != 0 {
            broken.push(format!(
                "{told} came {times:?} times, and the register counts {counted}"
            ));
        }
        match (end, asker.set(&citizen, ANOTHER).await) {
            (End::Unlike | End::Cancelled, Err(Failure::Refused(Refusal::NoReservation)))
            | (End::Counter | End::Receipt, Err(Failure::Refused(Refusal::Halted))) => {}
            (_, outcome) => broken.push(format!("{told}: {:?}", outcome.map(drop))),
        }
        // The holder may go on, or begin anew.
        match end {
            End::Unlike => drop(asker.face(&citizen, &held, 900).await.unwrap()),
            End::Cancelled => drop(asker.reserve(&citizen).await),
            End::Counter | End::Receipt => {}
        }
    }
    let places = invariant::count(&address, "SELECT COUNT(*) FROM reserved_card WHERE place = 'reserved'").await;
    if places != 2 {
        broken.push(format!("{places} cards have a reservation"));
    }
    broken.extend(invariant::broken(&store, &address).await);
    store.close().await;
    Ok((missing, broken))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// Not the card's face.
    Unlike,
    /// 「予約を取り消す」
    Cancelled,
    /// The counter stands where nobody let it go.
    Counter,
    /// It went on, and there is no receipt.
    Receipt,
}

const END: [End; 4] = [End::Unlike, End::Cancelled, End::Counter, End::Receipt];

impl End {
    async fn comes(self, asker: &Asker, citizen: &Citizen, held: &Held) -> Result<(), Failure> {
        match self {
            Self::Unlike => {
                let shot = Shot::after(&held.key, held.id, None).digest();
                match asker.shot(citizen, held, shot, 100).await {
                    Err(Failure::Refused(Refusal::FaceUnlike { .. })) => Ok(()),
                    outcome => outcome.map(drop),
                }
            }
            Self::Cancelled => asker.desk.cancel_pin_reset(held.id, &held.key).await.map(drop),
            Self::Counter | Self::Receipt => {
                citizen.counts(if self == Self::Counter { 7 } else { 1 });
                match asker.set(citizen, KIOSK).await {
                    Err(Failure::Refused(Refusal::Halted)) => Ok(()),
                    outcome => outcome.map(drop),
                }
            }
        }
    }

    fn has_come(self, case: &Case) -> bool {
        match self {
            Self::Unlike => matches!(case, Case::Proved { tries, .. } if tries.unlike == 1),
            Self::Cancelled => matches!(case, Case::Cancelled { .. }),
            Self::Counter | Self::Receipt => matches!(case, Case::Halted { .. }),
        }
    }

    const fn event(self) -> &'static str {
        match self {
            Self::Unlike => "unlike",
            Self::Cancelled => "cancelled",
            Self::Counter | Self::Receipt => "halted",
        }
    }

    const fn digits(self) -> &'static str {
        match self {
            Self::Unlike => "000000000000001",
            Self::Cancelled => "000000000000002",
            Self::Counter => "000000000000003",
            Self::Receipt => "000000000000004",
        }
    }
}

async fn kept(asker: &Asker, data: &Path) -> Vec<(End, Citizen, Held)> {
    let kept: Vec<(Kept, String)> = serde_json::from_slice(&std::fs::read(data.join(FILE)).unwrap()).unwrap();
    let mut all = Vec::new();
    for (end, (card, id)) in END.into_iter().zip(kept) {
        let id: CaseId<PinReset> = id.parse().unwrap();
        let key = KEY.to_owned();
        all.push((end, asker.held(card.card(), end.digits()).await, Held { id, key }));
    }
    all
}

const KEY: &str = "the key of an app";
