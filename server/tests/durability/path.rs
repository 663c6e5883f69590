//! The child: the write path as the product walks it, so that its calls come in one order and are the same in every run.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use casework::identity::Fingerprint;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::revocation::{Command, Revocation};
use server::desk::{CaseId, Desk, evidence};
use server::store::Store;

use crate::acquisition;
use crate::ends;
use crate::house::{HOLDER, House, Place, office};
use crate::keys;
use crate::morning;
use crate::{pin_reset, renewal, wake};

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

/// What is done once it may begin.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

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
        let place = Place::lasting(self.address.parse().unwrap(), &self.data);
        // By a store of their own: keys are opened on other threads, and what is done meanwhile depends on the time of day.
        let keys = one_thread().block_on(keys::opened(&place));
        let runtime = one_thread();
        let (desk, confirms) = runtime.block_on(async {
            let store = place.open().await.unwrap();
            // The writer's first round is done before, and there is no other: the clock stands still.
            store.follows().changed().await.unwrap();
            let clock = Clock::shifted(Arc::new(AtomicI64::new(self.ahead)));
            // The same numbers in every run fall on the same pages.
            let desk = Desk::new(store, clock, Chance::seeded(1), vec![office()]);
            if acquisition::waits(&self.data) {
                let own = desk.store().clone();
                let acquire = acquisition::begin(own, keys, &self.data, self.ahead);
                return (desk, vec![Box::pin(acquire) as Work]);
            }
            if morning::waits(&self.data) {
                let own = desk.store().clone();
                let morning = morning::begin(own, keys, &self.data, self.ahead);
                return (desk, vec![Box::pin(morning) as Work]);
            }
            if renewal::waits(&self.data) {
                let own = desk.store().clone();
                let renew = renewal::begin(own, keys, &self.data, self.ahead);
                return (desk, vec![Box::pin(renew) as Work]);
            }
            if wake::waits(&self.data) {
                let own = desk.store().clone();
                let wake = wake::begin(own, &keys, self.ahead);
                return (desk, vec![Box::pin(wake) as Work]);
            }
            if pin_reset::waits(&self.data) {
                let own = desk.store().clone();
                let reset = pin_reset::begin(own, keys, &self.data, self.ahead).await;
                return (desk, vec![Box::pin(reset) as Work]);
            }
            if ends::waits(&self.data) {
                let own = desk.store().clone();
                let ends = ends::begin(own, keys, &self.data, self.ahead).await;
                return (desk, vec![Box::pin(ends) as Work]);
            }
            let waiting = Waiting::read(&self.data);
            for each in &waiting {
                desk.look(each.case).await.unwrap();
            }
            let confirms: Vec<_> = waiting
                .into_iter()
                .map(|waiting| Box::pin(confirm(desk.clone(), waiting)) as Work)
                .collect();
            (desk, confirms)
        });
        say("begin");
        // Whoever started it may want to change something first.
        let mut go = String::new();
        std::io::stdin().lock().read_line(&mut go).unwrap();
        // At once, so that they share transactions.
        let tasks = if self.address.starts_with("sqlite:") {
            gathered(desk.store(), confirms)
        } else {
            confirms.into_iter().map(|confirm| runtime.spawn(confirm)).collect()
        };
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        say("end");
        // Nothing is tidied up: a killed process does not either.
        std::process::exit(0);
    }
}

/// Begins them, one after the other, while the writer stands still: when this returns each of them waits for it, and it
/// finds all of them. It has a thread of its own, so that otherwise it would depend on the time of day who shares a
/// transaction with whom.
fn gathered(
    store: &Store,
    confirms: Vec<impl Future<Output = ()> + Send + 'static>,
) -> Vec<tokio::task::JoinHandle<()>> {
    let runtime = one_thread();
    let handle = runtime.handle().clone();
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    // A follower hears first of what is there already: the writer waits for as long as it thinks about that.
    let store = store.clone();
    let thinks = move |_: &_| {
        // An error is the word to go on.
        let _ = told.recv();
    };
    handle.spawn(async move { store.follow(thinks).await.unwrap() });
    while_others_are_busy();
    let tasks = confirms
        .into_iter()
        .map(|confirm| {
            let task = handle.spawn(confirm);
            while_others_are_busy();
            task
        })
        .collect();
    drop(go_on);
    tasks
}

/// Returns when no other thread of this process has run between two looks at them, and all of them sleep: what they wait for
/// can only come from this one.
fn while_others_are_busy() {
    let own = std::fs::read_link("/proc/thread-self").unwrap();
    let look = || -> Vec<String> {
        let mut threads: Vec<_> = std::fs::read_dir("/proc/self/task")
            .unwrap()
            .map(|thread| thread.unwrap().path())
            .filter(|thread| thread.file_name() != own.file_name())
            .map(|thread| std::fs::read_to_string(thread.join("status")).unwrap_or_default())
            .map(|status| {
                let lines = status.lines();
                lines
                    .filter(|line| {
                        ["Pid:", "State:", "voluntary", "nonvoluntary"]
                            .iter()
                            .any(|name| line.starts_with(name))
                    })
                    .collect()
            })
            .collect();
        threads.sort();
        threads
    };
    let mut before = look();
    loop {
        #[expect(clippy::disallowed_methods, reason = "there is no event: this waits for all of them")]
        std::thread::sleep(Duration::from_millis(1));
        let now = look();
        if now == before && now.iter().all(|thread| thread.contains("S (sleeping)")) {
            return;
        }
        before = now;
    }
}

fn one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
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
pub(crate) fn say(line: &str) {
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
