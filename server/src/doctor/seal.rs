//! The key that seals 認証コード2: without it no code can be shown, and none is taken.

use super::{Finding, State, What};
use crate::authority::computed;
use crate::config::Config;
use crate::desk::acquisition::sealed_for;
use crate::fault::Fault;
use crate::seal::Seal;
use crate::store::Store;

/// Nothing, where there are no sealed codes and no key: a house without a service centre has neither.
pub(super) async fn examine(config: &Config, store: &Store) -> Result<Vec<Finding>, Fault> {
    let (kept, codes) = (store.sealing_key().await?, store.sealed_codes().await?);
    let wrong = |says: &str, next: &str| vec![Finding::of(What::Seal, ABOUT, State::Failure, says, next)];
    let Some(kept) = kept else {
        return Ok(if codes.is_empty() {
            Vec::new()
        } else {
            wrong(
                "it is missing, and terminals have codes that it has sealed: none of them can be shown or is taken",
                RESTORE,
            )
        });
    };
    let passphrase = match config.keys.passphrase.read() {
        Ok(passphrase) => passphrase,
        Err(why) => {
            return Ok(wrong(
                &format!("the passphrase that opens it is not there: {why}"),
                PASSPHRASE,
            ));
        }
    };
    let Some(seal) = computed(move || Seal::opened(&kept, &passphrase)).await? else {
        return Ok(wrong(
            "it does not open: the passphrase is another one, or the key was changed",
            PASSPHRASE,
        ));
    };
    let opens = |(of, code): &(String, Vec<u8>)| seal.open(of, code).is_some();
    let sealed: Vec<_> = codes
        .into_iter()
        .filter_map(|row| Some((sealed_for(&row.office, row.terminal), row.code?)))
        .collect();
    Ok(if sealed.iter().all(opens) {
        vec![Finding::ok(
            What::Seal,
            ABOUT,
            "it opens, and with it the codes of terminals",
        )]
    } else {
        wrong(
            "it opens, and not what it should have sealed: it is another key, or codes were changed",
            RESTORE,
        )
    })
}

const ABOUT: &str = "the key that seals 認証コード2";
const PASSPHRASE: &str =
    "give [keys] passphrase what it was when the key was made: it is that of the authorities' keys";
const RESTORE: &str = "bring back the row of the table sealing_key from a backup of the database; where there is none, each terminal \
                       needs a new application, whose grant has a new code";
