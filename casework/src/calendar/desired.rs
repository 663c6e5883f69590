//! 再発行希望日: a day that an applicant wishes for (R305, §6.2).

use super::{Calendar, Closed, NoData, Status};
use crate::time::Day;

/// A day that can be wished for by somebody who applies on a certain day. [`Calendar::desired_day`] alone makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesiredDay {
    day: Day,
    applied_on: Day,
    status: Status,
}

/// Why a day cannot be wished for. Each names what the message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongDay<'a> {
    /// E-DATE-PAST
    Past,
    /// E-DATE-SAMEDAY
    SameDay {
        /// 翌営業日
        first: Day,
    },
    /// E-DATE-CLOSED
    Closed {
        /// Why.
        why: Closed<'a>,
        /// The first day that can be wished for.
        first: Day,
    },
    /// E-DATE-FAR
    Far {
        /// The last day that can be wished for; the last one of the period where all its days are closed.
        last: Day,
    },
    /// The calendar knows nothing of that year, so nobody can say whether the day is open.
    NoData(NoData),
}

impl Calendar {
    /// Checks a day that is wished for by somebody who applies on `applied_on`, the day of 登録 in Japan (A16): the next
    /// business day or a later one, open, and not too far ahead (A17).
    pub fn desired_day(&self, wanted: Day, applied_on: Day) -> Result<DesiredDay, WrongDay<'_>> {
        if wanted < applied_on {
            return Err(WrongDay::Past);
        }
        if wanted > self.farthest(applied_on) {
            return Err(WrongDay::Far {
                last: self.last_desired_day(applied_on),
            });
        }
        let first = self.next_business_day(applied_on)?;
        if wanted == applied_on {
            return Err(WrongDay::SameDay { first });
        }
        if let Some(why) = self.closed(wanted)? {
            return Err(WrongDay::Closed { why, first });
        }
        // An open day after the day of application is the next business day, or lies behind it.
        Ok(DesiredDay {
            day: wanted,
            applied_on,
            status: self.status(wanted)?,
        })
    }

    /// Every day that can be wished for by somebody who applies on that day, in order; it ends where the data does.
    pub fn desired_days(&self, applied_on: Day) -> impl Iterator<Item = DesiredDay> {
        (1..=self.farthest(applied_on).0 - applied_on.0)
            .filter_map(move |ahead| self.desired_day(applied_on.plus(ahead), applied_on).ok())
    }

    fn farthest(&self, applied_on: Day) -> Day {
        applied_on.plus(i32::from(self.closures.days_ahead))
    }

    fn last_desired_day(&self, applied_on: Day) -> Day {
        let farthest = self.farthest(applied_on);
        let mut day = farthest;
        while day > applied_on {
            if self.is_closed(day) == Ok(false) {
                return day;
            }
            day = day.plus(-1);
        }
        farthest
    }
}

impl DesiredDay {
    /// The day.
    pub const fn day(self) -> Day {
        self.day
    }

    /// For which day of application it was checked: on another one it counts for nothing.
    pub const fn applied_on(self) -> Day {
        self.applied_on
    }

    /// Whether the holidays around it are certain.
    pub const fn status(self) -> Status {
        self.status
    }
}

impl From<NoData> for WrongDay<'_> {
    fn from(no_data: NoData) -> Self {
        Self::NoData(no_data)
    }
}
