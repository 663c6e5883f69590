//! The master keys of unblocking: without its own no card's signature PIN can be set at a kiosk.

use super::{Finding, State, What};
use crate::authority::computed;
use crate::config::Config;
use crate::fault::Fault;
use crate::store::Store;
use crate::unblock::Master;

/// Nothing, where there is no key and no card: a house that issues no citizen's card has neither.
pub(super) async fn examine(config: &Config, store: &Store) -> Result<Vec<Finding>, Fault> {
    let wrong = |says: String, next: &str| vec![Finding::of(What::Unblock, ABOUT, State::Failure, says, next)];
    if let Some(version) = store.missing_unblock_key().await? {
        let says = format!(
            "version {version} is missing, and cards were issued under it: their signature PIN cannot be set at a kiosk"
        );
        return Ok(wrong(says, RESTORE));
    }
    let kept = store.unblock_keys().await?;
    let Some((last, _)) = kept.last().cloned() else {
        return Ok(Vec::new());
    };
    let passphrase = match config.keys.passphrase.read() {
        Ok(passphrase) => passphrase,
        Err(why) => {
            let says = format!("the passphrase that opens them is not there: {why}");
            return Ok(wrong(says, PASSPHRASE));
        }
    };
    let closed = computed(move || {
        let opens = |sealed: &[u8]| Master::opened(sealed, &passphrase).is_some();
        kept.into_iter().find(|(_, sealed)| !opens(sealed))
    });
    Ok(if let Some((version, _)) = closed.await? {
        let says = format!("version {version} does not open: the passphrase is another one, or the key was changed");
        wrong(says, PASSPHRASE)
    } else {
        let says = format!("they open; cards are issued under version {last}");
        vec![Finding::ok(What::Unblock, ABOUT, says)]
    })
}

const ABOUT: &str = "the master keys of unblocking";
const PASSPHRASE: &str =
    "give [keys] passphrase what it was when the keys were made: it is that of the authorities' keys";
const RESTORE: &str = "bring back the row of the table unblock_key from a backup of the database; where there is none, those \
                       cards have to be replaced";
