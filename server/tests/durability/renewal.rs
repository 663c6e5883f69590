//! A renewal by the terminal itself as it is killed, and the first word that the terminal works with what came of it: two
//! transactions with a signature between them, and a third that supersedes the certificate before.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use casework::evidence::Authenticated;
use casework::identity::Fingerprint;
use pki::csr::CertificateRequest;
use server::authority::issue::Certifying;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::Desk;
use server::desk::acquisition::{Codes, Request};
use server::store::{Errand, OpenFault, Store, StoreAddress};

use crate::acquisition;
use crate::disk::Outcome;
use crate::grant::{self, terminal};
use crate::house::{HOLDER, House, Place, noon};
use crate::invariant;
use crate::keys::office;
use crate::path::{Child, say};

/// The certificate that the terminal has, and the request of its next key.
const FILE: &str = "renewal";
/// What the child says of the third transaction.
const WORKS: &str = "works";

/// Whether it is a renewal that waits there.
pub(crate) fn waits(data: &Path) -> bool {
    data.join(FILE).exists()
}

/// A terminal that works with its certificate, on the first day on which it may renew it.
pub(crate) async fn prepare(house: &House) {
    let (clock, keys) = (house.desk.clock().clone(), grant::certifying(&house.place.data));
    let desk = acquisition::desk(house.store(), clock, Chance::system(), keys);
    let second = acquisition::granted(&desk).await;
    let codes = Codes::typed(&terminal().first_code(), &second, terminal().third_code());
    let request = || CertificateRequest::new(&terminal().first_code(), &grant::key()).unwrap();
    let (office, asked) = (office(), request());
    let acquired = desk.acquire(&HOLDER, &office, terminal(), &codes, asked.der());
    let first = Fingerprint(acquired.await.unwrap().fingerprint());
    desk.installed(shown(&desk, first)).await.unwrap();
    house.it_is(noon(2027, 10, 23));
    let kept = (first.0, request().der().to_vec());
    std::fs::write(house.place.data.join(FILE), serde_json::to_vec(&kept).unwrap()).unwrap();
}

/// What the child does once it may.
pub(crate) fn begin(
    store: Store,
    keys: Certifying,
    data: &Path,
    ahead: i64,
) -> impl Future<Output = ()> + Send + use<> {
    let clock = Clock::shifted(Arc::new(AtomicI64::new(ahead)));
    let desk = acquisition::desk(&store, clock, Chance::seeded(1), keys);
    let (first, request) = kept(data);
    async move {
        let renewed = match desk.renew_terminal(shown(&desk, first), Ok(&request)).await {
            Ok(renewed) => Fingerprint(renewed.fingerprint()),
            Err(failure) => return say(&format!("failed {failure}")),
        };
        say(&format!("acknowledged {renewed}"));
        match desk.installed(shown(&desk, renewed)).await {
            Ok(()) => say(&format!("acknowledged {WORKS}")),
            Err(failure) => say(&format!("failed {failure}")),
        }
    }
}

/// Opens what is left as any start does: until the terminal works with the new certificate the one before fetches it again,
/// and from then on one of them counts.
pub(crate) async fn opened(child: &Child, outcome: &Outcome) -> Result<(Vec<String>, Vec<String>), OpenFault> {
    let address: StoreAddress = child.address.parse().unwrap();
    let store = Place::lasting(address.clone(), Path::new(&child.data)).open().await?;
    let clock = Clock::shifted(Arc::new(AtomicI64::new(child.ahead)));
    let desk = acquisition::desk(&store, clock, Chance::system(), grant::certifying(&child.data));
    let (first, request) = kept(&child.data);
    let mut broken = invariant::broken(&store, &address).await;
    let (found, works) = (counting(&desk).await, |counting: &[Fingerprint]| {
        !counting.contains(&first)
    });
    let mut missing: Vec<_> = outcome
        .acknowledged
        .iter()
        .filter(|told| match told.as_str() {
            WORKS => !works(&found),
            renewed => !found.iter().any(|counts| counts.to_string() == *renewed),
        })
        .cloned()
        .collect();
    if !works(&found) {
        for _ in 0..2 {
            let renewed = desk.renew_terminal(shown(&desk, first), Ok(&request)).await.unwrap();
            let renewed = Fingerprint(renewed.fingerprint());
            let told = outcome.acknowledged.first();
            missing.extend(told.filter(|told| **told != renewed.to_string()).cloned());
        }
    }
    let both = counting(&desk).await;
    let renewed = both.iter().copied().find(|counts| *counts != first).unwrap();
    for _ in 0..2 {
        desk.installed(shown(&desk, renewed)).await.unwrap();
    }
    let one = counting(&desk).await;
    if found.len() > 2 || both.len() != if works(&found) { 1 } else { 2 } || one != [renewed] {
        broken.push(format!("{found:?} became {both:?} and {one:?}"));
    }
    let made = store.certificates_of_terminal(&office().id, terminal()).await.unwrap();
    let intended = store.intended_certificates().await.unwrap();
    let grant = made[0].grant.0;
    let events = store.events(grant).await.unwrap();
    let done = |name| {
        let named = |event: &&server::store::EventRow| event.name == name && event.refusal.is_none();
        events.iter().filter(named).count()
    };
    let lists = store.errands_of(grant).await.unwrap();
    let lists = lists
        .iter()
        .filter(|(row, _)| matches!(row.errand, Errand::PublishCrl { .. }));
    let once = (
        made.len(),
        intended.len(),
        done("renewed"),
        done("installed"),
        lists.count(),
    );
    if once != (2, 0, 1, 2, 1) {
        broken.push(format!(
            "certificates, intents, renewals, words that one works, errands of lists: {once:?}"
        ));
    }
    broken.extend(invariant::broken(&store, &address).await);
    store.close().await;
    Ok((missing, broken))
}

/// The terminal's certificates that count now.
async fn counting(desk: &Desk) -> Vec<Fingerprint> {
    let all = desk.store().certificates_of_terminal(&office().id, terminal()).await;
    let now = desk.clock().now();
    let live = all.unwrap().into_iter().filter(|row| row.live(now).is_some());
    live.map(|row| row.fingerprint).collect()
}

/// The terminal used the key of this certificate just now.
fn shown(desk: &Desk, certificate: Fingerprint) -> Authenticated {
    Authenticated::verified(certificate, desk.clock().now())
}

fn kept(data: &Path) -> (Fingerprint, Request) {
    let (first, request): ([u8; 32], Vec<u8>) =
        serde_json::from_slice(&std::fs::read(data.join(FILE)).unwrap()).unwrap();
    (Fingerprint(first), Request::read(&request).unwrap())
}
