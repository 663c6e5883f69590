//! Citizens' cards at the desk: the keys that unlock their signature PIN.

use super::acquisition::unable;
use super::{Desk, Failure};
use crate::fault::{Bug, Fault};
use crate::unblock::Unblock;

impl Desk {
    /// What unlocks the signature PIN of cards here.
    pub async fn unblock(&self) -> Result<Unblock, Fault> {
        let no_keys = || Fault::Bug(Bug("this desk has no keys of unblocking".to_owned()));
        let certifying = self.certifying.as_ref().ok_or_else(no_keys)?;
        let unblock = certifying.keyring.unblock(self.store(), self.clock(), self.chance());
        unblock.await.map_err(|fault| match unable(fault) {
            Failure::Fault(fault) => fault,
            Failure::Refused(_) => no_keys(),
        })
    }
}
