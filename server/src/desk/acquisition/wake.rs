//! What only time brings to grants: reminders, the end of an overlap, 未取得停止. Run now and then, on any node, on several at
//! once: what one has done is done for the others.

use super::{Acquisition, Command};
use crate::desk::{Desk, Woken};
use crate::fault::Fault;

impl Desk {
    /// Does what time has brought to the grants by now; says to how many.
    pub async fn wake_grants(&self) -> Result<usize, Fault> {
        let now = self.clock().now();
        let (mut woken, mut last) = (Woken::default(), None);
        while woken.may_go_on() {
            let page = self.store().waking_grants(now, last).await?;
            let Some(end) = page.last() else { break };
            last = Some(*end);
            self.wake::<Acquisition>(&page, &Command::Wake, &mut woken).await?;
        }
        woken.done()
    }
}
