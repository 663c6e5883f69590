//! The morning of an application for two terminals as it is killed: what is left of it, and what the next run makes of that.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use casework::reissue::Case;
use server::authority::issue::Certifying;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::reissue::Reissue;
use server::desk::{CaseId, Desk};
use server::office::{Office, TERMINALS_EXAMPLE};
use server::store::{OpenFault, Store, StoreAddress};

use crate::disk::Outcome;
use crate::examination::{CENTRE, Counter, day};
use crate::grant;
use crate::house::{House, Place, office};
use crate::invariant;
use crate::path::{Child, say};

/// Which application.
const FILE: &str = "morning";

/// Whether it is a morning that waits there.
pub(crate) fn waits(data: &Path) -> bool {
    data.join(FILE).exists()
}

/// Approved, and its morning has come.
pub(crate) async fn prepare(house: House) -> House {
    let counter = Counter::of(house).await;
    let by = counter.officer("2001", CENTRE).await;
    let case = counter.approved(&by, &["11110A", "11110B"]).await;
    counter
        .house()
        .it_is(day(2026, 11, 24).begins().plus_seconds(7 * 3_600));
    let data = counter.house().place.data.clone();
    std::fs::write(data.join(FILE), case.to_string()).unwrap();
    counter.centre.house
}

/// What the child does once it may.
pub(crate) fn begin(
    store: Store,
    keys: Certifying,
    data: &Path,
    ahead: i64,
) -> impl Future<Output = ()> + Send + use<> {
    let clock = Clock::shifted(Arc::new(AtomicI64::new(ahead)));
    let (desk, case) = (desk(&store, clock, Chance::seeded(1), keys), case(data));
    async move {
        match desk.keep_mornings().await {
            Ok(1) => say(&format!("acknowledged {case}")),
            outcome => say(&format!("failed {outcome:?}")),
        }
    }
}

/// Opens what is left as any start does, and does what is left of the morning: there is one grant of each terminal and one
/// letter, whatever the kill left, and what was acknowledged was there before.
pub(crate) async fn opened(child: &Child, outcome: &Outcome) -> Result<(Vec<String>, Vec<String>), OpenFault> {
    let address: StoreAddress = child.address.parse().unwrap();
    let store = Place::lasting(address.clone(), Path::new(&child.data)).open().await?;
    let clock = Clock::shifted(Arc::new(AtomicI64::new(child.ahead)));
    let desk = desk(&store, clock, Chance::system(), grant::certifying(&child.data));
    let id = case(&child.data);
    let is_done = matches!(desk.look(id).await.unwrap(), Case::Reissued { .. });
    let missing: Vec<_> = outcome.acknowledged.iter().filter(|_| !is_done).cloned().collect();
    let mut broken = invariant::broken(&store, &address).await;
    let (letter, before) = (
        completion(&store, id).await,
        store.grants_of(&id.octets()).await.unwrap(),
    );
    let done = desk.keep_mornings().await.unwrap();
    let (told, opened) = (
        completion(&store, id).await,
        store.grants_of(&id.octets()).await.unwrap(),
    );
    if letter.len() != usize::from(is_done) || done != usize::from(!is_done) || opened.len() != 2 || told.len() != 1 {
        broken.push(format!("{before:?} became {opened:?}, {letter:?} became {told:?}"));
    }
    if !before.iter().all(|grant| opened.contains(grant)) || !letter.iter().all(|id| told.contains(id)) {
        broken.push("what was opened and queued stays, under its Message-ID".to_owned());
    }
    if !matches!(desk.look(id).await.unwrap(), Case::Reissued { .. }) {
        broken.push("the next run does what was left".to_owned());
    }
    broken.extend(invariant::broken(&store, &address).await);
    store.close().await;
    Ok((missing, broken))
}

/// The completion's rows in the outbox, by what names them outside.
async fn completion(store: &Store, case: CaseId<Reissue>) -> Vec<[u8; 16]> {
    let rows = store.errands_of(case.octets()).await.unwrap();
    let completed = rows
        .into_iter()
        .filter(|(row, _)| format!("{:?}", row.errand) == "ReissueLetter(Completed)");
    completed.map(|(row, _)| row.id).collect()
}

fn case(data: &Path) -> CaseId<Reissue> {
    std::fs::read_to_string(data.join(FILE)).unwrap().parse().unwrap()
}

fn desk(store: &Store, clock: Clock, chance: Chance, keys: Certifying) -> Desk {
    let offices = vec![office(), Office::from_toml(TERMINALS_EXAMPLE).unwrap()];
    Desk::new(store.clone(), clock, chance, offices).certifying(keys)
}
