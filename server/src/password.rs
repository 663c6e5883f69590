//! Passwords as they are kept: Argon2id, off the threads that serve, and so many at once.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use std::fmt;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::fault::{Bug, Fault};
use crate::office::Work;

/// A password's hash with its salt and parameters (PHC string). It is no password, and is shown nowhere all the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Phc(String);

/// Where passwords are hashed. A flood of them waits here, with the memory of some at once, and holds nothing else up.
#[derive(Clone, Debug)]
pub(crate) struct Mill(Arc<Semaphore>);

impl Phc {
    /// As a row has it.
    pub(crate) fn kept(phc: String) -> Self {
        Self(phc)
    }

    /// For a row.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phc(..)")
    }
}

impl Mill {
    /// As many at once as there are processors, whatever their memory.
    pub(crate) fn new() -> Self {
        let at_once = available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(at_once)))
    }

    /// Hashes a password anew.
    pub(crate) async fn hash(&self, password: Zeroizing<String>, work: Work, chance: &Chance) -> Result<Phc, Fault> {
        let salt: [u8; 16] = chance.octets();
        self.grind(move || {
            let hash = argon2(work)?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| Phc(hash.to_string())).map_err(bug)
        })
        .await?
    }

    /// Whether this is the password behind the hash. Where there is none, the same work is done for nothing: how long it
    /// takes tells nobody whether there is an account (A55).
    pub(crate) async fn verify(
        &self,
        password: Zeroizing<String>,
        kept: Option<Phc>,
        work: Work,
    ) -> Result<bool, Fault> {
        self.grind(move || {
            let Some(Phc(kept)) = kept else {
                let wasted = argon2(work)?.hash_password_with_salt(password.as_bytes(), &[0; 16]);
                return wasted.map(|_| false).map_err(bug);
            };
            let kept = PasswordHash::new(&kept).map_err(bug)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &kept).is_ok())
        })
        .await?
    }

    async fn grind<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let permit = self.permit().await?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        })
        .await
        .map_err(bug)
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let waited = tokio::time::timeout(LONGEST, Arc::clone(&self.0).acquire_owned()).await;
        waited.map_err(|_| Fault::Contended)?.map_err(bug)
    }
}

fn argon2(work: Work) -> Result<Argon2<'static>, Fault> {
    let params = Params::new(work.memory, work.passes, LANES, None).map_err(bug)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn bug(why: impl ToString) -> Fault {
    Fault::Bug(Bug(why.to_string()))
}

const LANES: u32 = 1;
/// Longer than anybody waits for a page.
const LONGEST: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work {
        memory: 19 * 1_024,
        passes: 2,
    };

    fn typed(password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    #[tokio::test]
    async fn a_hash_says_how_it_was_made_and_fits_its_own_password_alone() {
        let (mill, chance) = (Mill::new(), Chance::seeded(1));
        let phc = mill.hash(typed("かもめ walks home 7"), WORK, &chance).await.unwrap();
        assert!(
            phc.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            phc.as_str()
        );
        let fits = async |password, kept| mill.verify(typed(password), kept, WORK).await.unwrap();
        assert!(fits("かもめ walks home 7", Some(phc.clone())).await);
        assert!(!fits("かもめ walks home 8", Some(phc.clone())).await);
        assert!(!fits("かもめ walks home 7", None).await);
        let again = mill.hash(typed("かもめ walks home 7"), WORK, &chance).await.unwrap();
        assert_ne!(again, phc, "each has a salt of its own");
        assert_eq!(format!("{phc:?}"), "Phc(..)");
    }
}
