//! An acquisition as it is killed: two transactions with a signature between them, and what the same codes get afterwards.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use casework::acquisition::Case;
use casework::identity::Fingerprint;
use pki::csr::CertificateRequest;
use server::authority::issue::Certifying;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::acquisition::{Acquisition, Codes};
use server::desk::{CaseId, Desk};
use server::store::{OpenFault, Store, StoreAddress};

use crate::disk::Outcome;
use crate::grant::{self, terminal};
use crate::house::{HOLDER, House, Place};
use crate::invariant;
use crate::keys::office;
use crate::path::{Child, say};

/// The codes of the terminal, and the request of its key.
const FILE: &str = "grant";

/// Whether it is an acquisition that waits there.
pub(crate) fn waits(data: &Path) -> bool {
    data.join(FILE).exists()
}

/// One terminal with a grant, and a request that nobody has sent yet.
pub(crate) async fn prepare(house: &House) {
    let clock = house.desk.clock().clone();
    let desk = desk(
        house.store(),
        clock,
        Chance::system(),
        grant::certifying(&house.place.data),
    );
    let second = granted(&desk).await;
    let request = CertificateRequest::new(&terminal().first_code(), &grant::key()).unwrap();
    let kept = (second, request.der().to_vec());
    std::fs::write(house.place.data.join(FILE), serde_json::to_vec(&kept).unwrap()).unwrap();
}

/// A terminal has a grant: its 認証コード2.
pub(crate) async fn granted(desk: &Desk) -> String {
    let office = office();
    grant::import(desk, &office).await;
    grant::open(desk, &office, 1, terminal()).await;
    let second = desk.second_code(&office.id, terminal()).await.unwrap();
    second.unwrap().to_string()
}

/// What the child does once it may.
pub(crate) fn begin(
    store: Store,
    keys: Certifying,
    data: &Path,
    ahead: i64,
) -> impl Future<Output = ()> + Send + use<> {
    let clock = Clock::shifted(Arc::new(AtomicI64::new(ahead)));
    let desk = desk(&store, clock, Chance::seeded(1), keys);
    let (codes, request) = kept(data);
    let office = office();
    async move {
        match desk.acquire(&HOLDER, &office, terminal(), &codes, &request).await {
            Ok(certificate) => say(&format!("acknowledged {}", Fingerprint(certificate.fingerprint()))),
            Err(failure) => say(&format!("failed {failure}")),
        }
    }
}

/// Opens what is left as any start does: the same codes and key get the certificate, of which there is one; the one that was
/// acknowledged, if it was.
pub(crate) async fn opened(child: &Child, outcome: &Outcome) -> Result<(Vec<String>, Vec<String>), OpenFault> {
    let address: StoreAddress = child.address.parse().unwrap();
    let store = Place::lasting(address.clone(), Path::new(&child.data)).open().await?;
    let clock = Clock::shifted(Arc::new(AtomicI64::new(child.ahead)));
    let desk = desk(&store, clock, Chance::system(), grant::certifying(&child.data));
    let (codes, request) = kept(&child.data);
    let office = office();
    let mut missing = Vec::new();
    for _ in 0..2 {
        let again = desk
            .acquire(&HOLDER, &office, terminal(), &codes, &request)
            .await
            .unwrap();
        let fingerprint = Fingerprint(again.fingerprint()).to_string();
        missing.extend(
            outcome
                .acknowledged
                .iter()
                .filter(|told| **told != fingerprint)
                .cloned(),
        );
    }
    let mut broken = invariant::broken(&store, &address).await;
    let grants = store.grants_of(&[1; 16]).await.unwrap();
    let made = store.certificates_of_terminal(&office.id, terminal()).await.unwrap();
    let intended = store.intended_certificates().await.unwrap();
    if (grants.len(), made.len(), intended.len()) != (1, 1, 0) {
        broken.push(format!("{grants:?} made {made:?} and left {intended:?}"));
    }
    for (_, grant) in grants {
        let case: CaseId<Acquisition> = CaseId::from_octets(grant.0);
        let case = desk.look(case).await.unwrap();
        if !matches!(case, Case::Acquired { .. }) {
            broken.push(format!("{case:?}"));
        }
    }
    store.close().await;
    Ok((missing, broken))
}

pub(crate) fn desk(store: &Store, clock: Clock, chance: Chance, keys: Certifying) -> Desk {
    Desk::new(store.clone(), clock, chance, vec![crate::house::office(), office()]).certifying(keys)
}

fn kept(data: &Path) -> (Codes, Vec<u8>) {
    let (second, request): (String, Vec<u8>) =
        serde_json::from_slice(&std::fs::read(data.join(FILE)).unwrap()).unwrap();
    let codes = Codes::typed(&terminal().first_code(), &second, terminal().third_code());
    (codes, request)
}
