//! The child: the write path as the product walks it, on one thread, so that its calls come in one order.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use casework::identity::Fingerprint;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::revocation::{Command, Revocation};
use server::desk::{CaseId, Desk, evidence};
use server::store::StoreAddress;

use crate::house::{HOLDER, House, Place, office};

/// What the child is to do, by environment and by a file of applications that wait.
pub(crate) struct Child {
    pub(crate) address: String,
    pub(crate) data: PathBuf,
    pub(crate) ahead: i64,
}

/// An application that waits for its signature, and the signature.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) case: CaseId<Revocation>,
    pub(crate) card: Fingerprint,
    pub(crate) text: String,
    pub(crate) cms: Vec<u8>,
}

const ADDRESS: &str = "DURABILITY_CHILD_ADDRESS";
const DATA: &str = "DURABILITY_CHILD_DATA";
const AHEAD: &str = "DURABILITY_CHILD_AHEAD";
const APPLICATIONS: &str = "applications";

impl Child {
    pub(crate) fn from_environment() -> Option<Self> {
        Some(Self {
            address: std::env::var(ADDRESS).ok()?,
            data: std::env::var_os(DATA)?.into(),
            ahead: std::env::var(AHEAD).ok()?.parse().ok()?,
        })
    }

    /// For the command that starts it.
    pub(crate) fn environment(&self) -> [(&'static str, std::ffi::OsString); 3] {
        [
            (ADDRESS, self.address.clone().into()),
            (DATA, self.data.clone().into()),
            (AHEAD, self.ahead.to_string().into()),
        ]
    }

    pub(crate) fn run(self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let address: StoreAddress = self.address.parse().unwrap();
            let store = Place::lasting(address, &self.data).open().await.unwrap();
            let clock = Clock::shifted(Arc::new(AtomicI64::new(self.ahead)));
            let desk = Desk::new(store, clock, Chance::system(), vec![office()]);
            let confirms: Vec<_> = Waiting::read(&self.data)
                .into_iter()
                .map(|waiting| confirm(desk.clone(), waiting))
                .collect();
            say("begin");
            // Whoever started it may want to change something first.
            let mut go = String::new();
            std::io::stdin().lock().read_line(&mut go).unwrap();
            // At once, so that they share a transaction.
            let tasks: Vec<_> = confirms.into_iter().map(tokio::spawn).collect();
            for task in tasks {
                task.await.unwrap();
            }
            say("end");
        });
        // Nothing is tidied up: a killed process does not either.
        std::process::exit(0);
    }
}

async fn confirm(desk: Desk, waiting: Waiting) {
    let Waiting { case, card, text, cms } = waiting;
    let signature = evidence::possession(cms, &text, card, desk.clock().now()).unwrap();
    match desk.perform(&HOLDER, case, &Command::Confirm(signature)).await {
        Ok(_) => say(&format!("acknowledged {case}")),
        Err(failure) => say(&format!("failed {case} {failure}")),
    }
}

/// One call for one line.
fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

impl Waiting {
    /// So many applications wait at this house from now on.
    pub(crate) async fn prepare(house: &House, count: usize) -> Vec<Self> {
        let mut applications = Vec::new();
        for _ in 0..count {
            let card = house.card().await;
            let (case, text) = house.ask(&card).await;
            let cms = card.cms(&text, house.now());
            applications.push(Self {
                case,
                card: card.subject.card,
                text,
                cms,
            });
        }
        let rows: Vec<_> = applications
            .iter()
            .map(|waiting| {
                (
                    waiting.case.to_string(),
                    waiting.card.0,
                    waiting.text.clone(),
                    waiting.cms.clone(),
                )
            })
            .collect();
        std::fs::write(house.place.data.join(APPLICATIONS), serde_json::to_vec(&rows).unwrap()).unwrap();
        applications
    }

    fn read(data: &std::path::Path) -> Vec<Self> {
        let rows: Vec<(String, [u8; 32], String, Vec<u8>)> =
            serde_json::from_slice(&std::fs::read(data.join(APPLICATIONS)).unwrap()).unwrap();
        rows.into_iter()
            .map(|(case, card, text, cms)| Self {
                case: case.parse().unwrap(),
                card: Fingerprint(card),
                text,
                cms,
            })
            .collect()
    }
}
