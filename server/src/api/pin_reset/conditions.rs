//! What an office says before anybody shows a card.

use wire::pin_reset::{Conditions, Hours, Maintenance, Reading};

use super::super::answer::Given;
use super::super::call::Call;
use super::super::input::Nothing;
use super::super::problem::No;
use crate::office::Document;

pub(super) async fn read(call: Call, _: Nothing) -> Result<Given<Conditions>, No> {
    let office = call.office()?;
    let citizen = office.citizen()?;
    let now = call.now;
    let hours = &citizen.kiosk;
    let maintenance = citizen.maintenance.iter().filter(|time| now < time.until);
    Ok(Given::new(Conditions {
        office: office.wire(),
        contact: office.contact.clone(),
        now_ms: now.0.saturating_mul(1_000),
        flow: reading(&citizen.flow),
        terms: reading(&citizen.terms),
        tries: citizen.tries,
        kiosk: Hours {
            opens: hours.opens,
            closes: hours.closes,
            open: hours.open(now),
            // Kiosks that never work are said to stay as they are for a day.
            until: hours.change(now).unwrap_or(now.plus_seconds(86_400)).0,
        },
        maintenance: maintenance
            .map(|time| Maintenance {
                from: time.from.0,
                until: time.until.0,
                says: time.says.clone(),
            })
            .collect(),
        reserved_for: u32::try_from(citizen.reserved_for).unwrap_or(u32::MAX),
        warned_before: u32::try_from(citizen.warned_before).unwrap_or(u32::MAX),
        attempts: citizen.attempts,
        places: citizen.places.clone(),
    }))
}

fn reading(document: &Document) -> Reading {
    Reading {
        version: document.version.clone(),
        text: document.text.clone(),
        digest: document.digest().to_string(),
    }
}
