//! Whether it is known which days are holidays, for as long ahead as somebody can wish for a day.

use casework::calendar::Status;
use casework::time::Instant;

use super::{Finding, State, What};
use crate::desk::offices;
use crate::fault::Fault;
use crate::store::Store;

pub(super) async fn examine(store: &Store, now: Instant) -> Result<Vec<Finding>, Fault> {
    let Ok(offices) = offices::read(&store.offices().await?) else {
        // A node does not start on them, and says so.
        return Ok(Vec::new());
    };
    let ahead = offices.iter().map(|office| office.calendar.days_ahead).max();
    let ahead = i32::from(ahead.unwrap_or(0).max(SOONEST)) + MARGIN;
    let today = now.day();
    let (year, until) = (today.date().year, today.plus(ahead));
    let holidays = store.holidays(year..=year + 3).await?;
    let ends = holidays.ends(today);
    let next = "download https://www8.cao.go.jp/chosei/shukujitsu/syukujitsu.csv and run `kagimori import holidays` on it; the \
                days of the year that follows are announced in February";
    let finding = |state, says: String| Finding::of(What::Calendar, "holidays", state, says, next);
    Ok(vec![if ends <= today {
        let says = format!("the holidays of {year} are not known: no day is open, and none can be wished for");
        finding(State::Failure, says)
    } else if ends <= until {
        let last = ends.plus(-1).date();
        finding(
            State::Warning,
            format!(
                "holidays are known until {last} alone, and days can be wished for until {}",
                until.date()
            ),
        )
    } else if let Some((forecast, _)) = holidays
        .years()
        .find(|(year, status)| *status == Status::Forecast && *year <= until.date().year)
    {
        finding(
            State::Warning,
            format!("the holidays of {forecast} are a forecast (見込み), and days of that year can be wished for"),
        )
    } else {
        let last = ends.plus(-1).date();
        Finding::ok(What::Calendar, "holidays", format!("holidays are known until {last}"))
    }])
}

/// Days ahead for which it matters, whatever the offices say (A17).
const SOONEST: u16 = 60;
/// Days more, so that there is time to do it.
const MARGIN: i32 = 30;
