//! What only time brings to cases, page by page.

use casework::time::Instant;

use super::{Actor, CaseId, Desk, Failure, Procedure};
use crate::fault::Fault;

/// What came of it so far.
#[derive(Default)]
pub(super) struct Woken {
    done: usize,
    seen: usize,
    broken: Option<Fault>,
}

impl Woken {
    /// So many are looked at in one go; the rest comes with the next.
    pub(super) const fn may_go_on(&self) -> bool {
        self.seen < MOST
    }

    /// To how many something was done.
    ///
    /// A case that does not read holds up no other one; it is the fault that is returned at the end.
    pub(super) fn done(self) -> Result<usize, Fault> {
        self.broken.map_or(Ok(self.done), Err)
    }
}

impl Desk {
    /// Asks it of every case of a page.
    pub(super) async fn wake<P: Procedure>(
        &self,
        page: &[(Instant, [u8; 16])],
        command: &P::Command,
        woken: &mut Woken,
    ) -> Result<(), Fault> {
        woken.seen += page.len();
        for (_, case) in page {
            let case: CaseId<P> = CaseId::from_octets(*case);
            match Box::pin(self.perform(&Actor::System, case, command)).await {
                Ok(_) => woken.done += 1,
                // Somebody was faster, or is at it at this moment.
                Err(Failure::Refused(_) | Failure::Fault(Fault::Contended)) => {}
                Err(Failure::Fault(fault @ (Fault::Corrupt { .. } | Fault::Bug(_)))) => {
                    woken.broken.get_or_insert(fault);
                }
                Err(Failure::Fault(fault)) => return Err(fault),
            }
        }
        Ok(())
    }
}

const MOST: usize = 4_096;
