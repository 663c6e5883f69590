//! What only time brings to reservations: a letter an hour before the end, and one at the end. Run now and then, on any node, on
//! several at once: what one has done is done for the others.

use super::{Command, PinReset};
use crate::desk::{Desk, Woken};
use crate::fault::Fault;

impl Desk {
    /// Does what time has brought to the reservations by now, and forgets where letters went that are all through; says of how
    /// many reservations it wrote.
    pub async fn wake_reservations(&self) -> Result<usize, Fault> {
        let now = self.clock().now();
        let (mut woken, mut last) = (Woken::default(), None);
        while woken.may_go_on() {
            let page = self.store().waking_reservations(now, last).await?;
            let Some(end) = page.last() else { break };
            last = Some(*end);
            self.wake::<PinReset>(&page, &Command::Wake, &mut woken).await?;
        }
        self.store().forget_addresses(now).await?;
        woken.done()
    }
}
