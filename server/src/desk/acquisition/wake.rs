//! What only time brings to grants: reminders, the end of an overlap, 未取得停止. Run now and then, on any node, on several at
//! once: what one has done is done for the others.

use super::{Acquisition, Command};
use crate::desk::{Actor, CaseId, Desk, Failure};
use crate::fault::Fault;

impl Desk {
    /// Does what time has brought to the grants by now; says to how many.
    ///
    /// A grant that does not read holds up no other one; it is the fault that is returned at the end.
    pub async fn wake_grants(&self) -> Result<usize, Fault> {
        let now = self.clock().now();
        let (mut done, mut seen, mut last, mut broken) = (0, 0, None, None);
        while seen < MOST {
            let page = self.store().waking_grants(now, last).await?;
            let Some(end) = page.last() else { break };
            (seen, last) = (seen + page.len(), Some(*end));
            for (_, grant) in page {
                let case: CaseId<Acquisition> = CaseId::from_octets(grant);
                match Box::pin(self.perform(&Actor::System, case, &Command::Wake)).await {
                    Ok(_) => done += 1,
                    // Somebody was faster, or a certificate is being made at this moment.
                    Err(Failure::Refused(_) | Failure::Fault(Fault::Contended)) => {}
                    Err(Failure::Fault(fault @ (Fault::Corrupt { .. } | Fault::Bug(_)))) => {
                        broken = broken.or(Some(fault));
                    }
                    Err(Failure::Fault(fault)) => return Err(fault),
                }
            }
        }
        broken.map_or(Ok(done), Err)
    }
}

/// So many are looked at in one go; the rest comes with the next.
const MOST: usize = 4_096;
