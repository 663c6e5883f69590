//! `kagimori kiosk`: which kiosks may ask, and which may not any more.

use std::path::PathBuf;
use std::process::ExitCode;

use casework::characters;
use casework::identity::KioskId;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::office::Language;

use super::{CliFault, Operator, actor, operator_name};
use crate::catalogue::Words;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::desk::kiosk::NotEnrolled;
use crate::desk::{Desk, offices};
use crate::kiosk;
use crate::portal::date;
use crate::store::KioskRow;

#[derive(Subcommand)]
pub(super) enum Kiosk {
    /// Let a kiosk of an office ask, by its public key
    #[command(after_help = EXAMPLES)]
    Enroll(Enroll),
    /// The kiosks
    #[command(after_help = EXAMPLES)]
    List {
        /// Of this office alone
        #[arg(long)]
        office: Option<String>,
    },
    /// Hear a kiosk no more, from its next request on and for good
    #[command(after_help = EXAMPLES)]
    Revoke {
        /// The kiosk, as `kiosk list` names it
        id: String,
    },
}

#[derive(Args)]
pub(super) struct Enroll {
    /// For which office it works
    #[arg(long)]
    office: String,
    /// Where it stands, in words that find it
    #[arg(long)]
    place: String,
    /// Its public key, as `kagimori-agent kiosk --enrol` wrote it: PEM or DER
    file: PathBuf,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori kiosk enroll --office mihon-city --place '見本市役所 1階ロビー' kiosk.pub
  kagimori kiosk list --office mihon-city --json
  kagimori kiosk revoke 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Compare the id with the fingerprint that the kiosk shows before it works. A revoked key is never enrolled again: the kiosk
makes a new one.";

impl Kiosk {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let config = operator.configuration()?;
        let store = operator.store(&config).await?;
        let opened = offices::read(&store.offices().await?).map_err(|why| CliFault::Refused(why.to_string()))?;
        let desk = Desk::new(store, Clock::system(), Chance::system(), opened);
        let done = match self {
            Self::Enroll(enroll) => enroll.run(operator, &desk).await,
            Self::List { office } => list(operator, &desk, office.as_deref()).await,
            Self::Revoke { id } => revoke(operator, &desk, &id).await,
        };
        desk.store().close().await;
        done
    }
}

impl Enroll {
    async fn run(self, operator: &Operator, desk: &Desk) -> Result<ExitCode, CliFault> {
        if desk.office(&self.office).is_none() {
            return Err(CliFault::Refused(format!(
                "there is no office {}; `kagimori office list` shows those that are loaded",
                self.office
            )));
        }
        let place = self.place.trim();
        if place.is_empty() || characters::forbidden(place).is_some() || characters::count(place) > LONGEST {
            return Err(CliFault::Usage(format!(
                "--place wants 1 to {LONGEST} characters in one line"
            )));
        }
        let octets = std::fs::read(&self.file).map_err(|fault| CliFault::file(&self.file, &fault))?;
        let key = kiosk::public_key(octets);
        let name = operator_name();
        let kiosk = match desk.enrol_kiosk(&actor(&name), (&self.office, place), key).await {
            Ok(kiosk) => kiosk,
            Err(NotEnrolled::Fault(fault)) => return Err(fault.into()),
            Err(why @ NotEnrolled::Key) => return Err(CliFault::file(&self.file, &why)),
            Err(why @ NotEnrolled::Known(_)) => return Err(CliFault::Refused(why.to_string())),
        };
        let said = format!(
            "kiosk {}\nit may ask from now on, for {} at {place}",
            kiosk.id, kiosk.office
        );
        operator.tell(&said, &told(&kiosk))
    }
}

async fn list(operator: &Operator, desk: &Desk, office: Option<&str>) -> Result<ExitCode, CliFault> {
    let all = desk.store().kiosks().await?.into_iter();
    let rows: Vec<_> = all
        .filter(|row| office.is_none_or(|office| row.office == office))
        .collect();
    let words = Words::of(Language::En);
    let line = |row: &KioskRow| {
        let (state, since) = match row.revoked_at {
            Some(at) => ("revoked", at),
            None => ("enrolled", row.enrolled_at),
        };
        format!(
            "{}  {state} {}  {}  {}",
            row.id,
            date::minute(words, since),
            row.office,
            row.place
        )
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("there is no kiosk yet; enrol one with `kagimori kiosk enroll`".to_owned());
    }
    let value: Vec<Value> = rows.iter().map(told).collect();
    operator.tell(&lines.join("\n"), &json!({ "kiosks": value }))
}

async fn revoke(operator: &Operator, desk: &Desk, id: &str) -> Result<ExitCode, CliFault> {
    let wanted: KioskId = kiosk::id(id)
        .ok_or_else(|| CliFault::Usage("a kiosk's id has 64 digits and small letters a to f".to_owned()))?;
    let row = desk.store().kiosk(wanted).await?;
    let row = row.ok_or_else(|| {
        CliFault::Refused(format!(
            "there is no kiosk {wanted}; `kagimori kiosk list` shows those there are"
        ))
    })?;
    let name = operator_name();
    let now = desk.revoke_kiosk(&actor(&name), row).await?;
    let said = if now {
        "the kiosk is not heard any more"
    } else {
        "the kiosk was revoked before"
    };
    operator.tell(
        said,
        &json!({ "kiosk": wanted.to_string(), "state": "revoked", "changed": now }),
    )
}

fn told(row: &KioskRow) -> Value {
    json!({
        "kiosk": row.id.to_string(),
        "office": row.office,
        "place": row.place,
        "state": if row.revoked_at.is_some() { "revoked" } else { "enrolled" },
        "enrolled_at": row.enrolled_at.0,
        "enrolled_by": row.enrolled_by,
        "revoked_at": row.revoked_at.map(|at| at.0),
    })
}

/// Characters of a place.
const LONGEST: usize = 60;
