//! デジタル証明書の取得 in the portal of a service centre: the terminals of a customer with their codes and grants, what to know
//! before, the way to the agent and back, and what came of it (DOMAIN §6.6, R302, R303, R308).
//!
//! The key is made where the agent is. What the agent brings is judged while it waits, since the certificate has to come with
//! the verdict: here, and here alone, an answer of the agent lets the desk act before the browser is back. It acts for the
//! person whose session asked, who is looked at anew.

mod agent;
mod guide;
mod terminals;
mod view;

use axum::Router;
use axum::routing::{get, post};
use casework::acquisition::{self, Case, window};
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::Instant;

pub(crate) use agent::says;

use crate::desk::CaseId;
use crate::desk::acquisition::Acquisition;
use crate::portal::Portal;
use crate::portal::organisation::Seat;
use crate::portal::visit::Stop;
use crate::store::TerminalRow;

/// Below `/{office}/acquisition`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(terminals::all))
        .route("/return", get(agent::returned))
        .route("/guide", get(guide::all))
        .route("/guide/{system}/{browser}", get(guide::one))
        .route("/{terminal}", get(terminals::one))
        .route("/{terminal}/code", post(terminals::show_code))
        .route("/{terminal}/begin", post(agent::begin))
}

/// A terminal of the customer who is logged in, and its latest grant.
struct Standing {
    row: TerminalRow,
    /// [`Case::New`] where there is none.
    case: Case,
}

/// What can be done with a terminal now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No grant was ever opened here; a certificate of before may be there.
    None,
    /// 取得可能
    Ready,
    /// The codes were given, and the certificate did not arrive.
    Begun,
    /// 取得済
    Acquired,
    /// 取得済, and in the days in which it can be renewed.
    Renewable,
    /// 有効期限切れ
    Lapsed,
    /// 未取得停止
    Suspended,
    /// Another grant has taken its place.
    Replaced,
}

impl State {
    /// Its texts are `acquisition-state-{word}` and `acquisition-says-{word}`.
    const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ready => "ready",
            Self::Begun => "begun",
            Self::Acquired => "acquired",
            Self::Renewable => "renewable",
            Self::Lapsed => "lapsed",
            Self::Suspended => "suspended",
            Self::Replaced => "replaced",
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::Acquired => "tag ok",
            Self::Ready | Self::Begun | Self::Renewable => "tag var",
            Self::Lapsed | Self::Suspended => "tag ng",
            Self::None | Self::Replaced => "tag",
        }
    }
}

impl Standing {
    fn state(&self, policy: &acquisition::Policy, now: Instant) -> State {
        if self.row.suspended {
            return State::Suspended;
        }
        let certified = |until: Instant| {
            if now > until {
                State::Lapsed
            } else if window(until, policy.renewable_for_days).contains(&now.day()) {
                State::Renewable
            } else {
                State::Acquired
            }
        };
        match &self.case {
            Case::New => self.row.valid_until.map_or(State::None, certified),
            // Time has passed it, and whatever tells so has not come yet.
            Case::Open { grant, .. } if now > grant.until => State::Suspended,
            Case::Open { .. } => State::Ready,
            Case::Issuing { .. } => State::Begun,
            Case::Acquired { held, .. } | Case::Renewing { held, .. } => certified(held.validity.1),
            Case::Suspended { .. } => State::Suspended,
            Case::Replaced { .. } => State::Replaced,
        }
    }

    /// The last instant of the certificate that counts.
    fn valid_until(&self) -> Option<Instant> {
        match &self.case {
            Case::New => self.row.valid_until,
            case => case.held().map(|held| held.validity.1),
        }
    }

    /// Whether the codes can be used now: for a certificate, or for the one that was made of them once more.
    fn is_open(&self, now: Instant) -> bool {
        let Some(grant) = self.case.grant() else { return false };
        let fits = match &self.case {
            Case::Open { .. } | Case::Issuing { .. } => true,
            // What was renewed came of no code.
            Case::Acquired { held, .. } => held.renewed_from.is_none(),
            Case::New | Case::Renewing { .. } | Case::Suspended { .. } | Case::Replaced { .. } => false,
        };
        fits && now <= grant.until && !self.row.suspended
    }
}

impl Seat {
    /// A terminal of the customer by its part of the address. Somebody else's is not there (A17).
    async fn terminal(&self, slug: &str) -> Result<Standing, Stop> {
        let terminal = from_slug(slug).ok_or_else(|| self.visit.not_found())?;
        let row = self.visit.portal.store().terminal(&self.office.id, terminal).await;
        let row = row
            .map_err(|fault| self.visit.fault(&fault))?
            .filter(|row| row.organisation == self.present.organisation.id)
            .ok_or_else(|| self.visit.not_found())?;
        self.standing_of(row).await
    }

    async fn standing_of(&self, row: TerminalRow) -> Result<Standing, Stop> {
        let case = match row.grant {
            None => Case::New,
            Some(grant) => {
                let case: CaseId<Acquisition> = CaseId::from_octets(grant.0);
                let case = self.visit.portal.desk().look(case).await;
                case.map_err(|fault| self.visit.fault(&fault))?
            }
        };
        Ok(Standing { row, case })
    }
}

/// As it stands in addresses: `sea-webnaccs-11110A`.
fn slug(terminal: Terminal) -> String {
    let Terminal { division, device, name } = terminal;
    format!("{}-{}-{name}", division.key(), device.key())
}

fn from_slug(slug: &str) -> Option<Terminal> {
    let mut parts = slug.split('-');
    let (division, device, name) = (parts.next()?, parts.next()?, parts.next()?);
    let terminal = Terminal {
        division: Division::ALL.into_iter().find(|known| known.key() == division)?,
        device: Device::ALL.into_iter().find(|known| known.key() == device)?,
        name: TerminalName::parse(name)?,
    };
    // One terminal, one address.
    (self::slug(terminal) == slug).then_some(terminal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_one_address() {
        let terminal = from_slug("sea-webnaccs-11110A").unwrap();
        assert_eq!(slug(terminal), "sea-webnaccs-11110A");
        for other in [
            "sea-webnaccs-11110a",
            "sea-webnaccs-11110",
            "sea-webnaccs-11110A-x",
            "sea-webnaccs-１１１１０Ａ",
            "land-webnaccs-11110A",
            "guide",
            "",
        ] {
            assert_eq!(from_slug(other), None, "{other}");
        }
    }
}
