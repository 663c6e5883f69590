//! An acquisition as its row's document. No code stands in it.

use casework::acquisition::{Case, Grant, Held, Making, Tries};
use casework::identity::{
    Authority, CertificateId, Digest, Fingerprint, IssuanceId, OrganisationId, ReissueId, Serial,
};
use casework::time::Instant;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::store::case::{self, Hex, corrupt, new_is_not_stored};
use crate::store::receipt::read_number;
use crate::store::terminal::TerminalDocument;

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Open { grant, tries, reminded } => Document::Open {
            grant: grant_row(grant),
            tries: tries_row(*tries),
            reminded: *reminded,
        },
        Case::Issuing { grant, tries, making } => Document::Issuing {
            grant: grant_row(grant),
            tries: tries_row(*tries),
            making: making_row(making),
        },
        Case::Acquired { grant, tries, held } => Document::Acquired {
            grant: grant_row(grant),
            tries: tries_row(*tries),
            held: held_row(held),
        },
        Case::Renewing {
            grant,
            tries,
            held,
            making,
        } => Document::Renewing {
            grant: grant_row(grant),
            tries: tries_row(*tries),
            held: held_row(held),
            making: making_row(making),
        },
        Case::Suspended { grant, at } => Document::Suspended {
            grant: grant_row(grant),
            at: at.0,
        },
        Case::Replaced { grant, at } => Document::Replaced {
            grant: grant_row(grant),
            at: at.0,
        },
    };
    case::Document::of(state(case), &document)
}

/// The case that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Open { grant, tries, reminded } => Case::Open {
            grant: grant.read()?,
            tries: tries.read(),
            reminded,
        },
        Document::Issuing { grant, tries, making } => Case::Issuing {
            grant: grant.read()?,
            tries: tries.read(),
            making: making.read()?,
        },
        Document::Acquired { grant, tries, held } => Case::Acquired {
            grant: grant.read()?,
            tries: tries.read(),
            held: held.read()?,
        },
        Document::Renewing {
            grant,
            tries,
            held,
            making,
        } => Case::Renewing {
            grant: grant.read()?,
            tries: tries.read(),
            held: held.read()?,
            making: making.read()?,
        },
        Document::Suspended { grant, at } => Case::Suspended {
            grant: grant.read()?,
            at: Instant(at),
        },
        Document::Replaced { grant, at } => Case::Replaced {
            grant: grant.read()?,
            at: Instant(at),
        },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Open { .. } => "open",
        Case::Issuing { .. } => "issuing",
        Case::Acquired { .. } => "acquired",
        Case::Renewing { .. } => "renewing",
        Case::Suspended { .. } => "suspended",
        Case::Replaced { .. } => "replaced",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Open {
        grant: GrantRow,
        tries: TriesRow,
        reminded: Option<u16>,
    },
    Issuing {
        grant: GrantRow,
        tries: TriesRow,
        making: MakingRow,
    },
    Acquired {
        grant: GrantRow,
        tries: TriesRow,
        held: HeldRow,
    },
    Renewing {
        grant: GrantRow,
        tries: TriesRow,
        held: HeldRow,
        making: MakingRow,
    },
    Suspended {
        grant: GrantRow,
        at: i64,
    },
    Replaced {
        grant: GrantRow,
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct GrantRow {
    application: Hex,
    number: String,
    organisation: Hex,
    terminal: TerminalDocument,
    opened_at: i64,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct TriesRow {
    wrong: u32,
    blocked_until: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct MakingRow {
    key: Hex,
    issuance: Hex,
    at: i64,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct HeldRow {
    key: Hex,
    issuance: Hex,
    authority: String,
    serial: Hex,
    fingerprint: Hex,
    validity: (i64, i64),
    at: i64,
    renewed_from: Option<Hex>,
    installed: Option<i64>,
    overlap: Option<i64>,
    reminded: Option<u16>,
}

fn grant_row(grant: &Grant) -> GrantRow {
    GrantRow {
        application: Hex::of(&grant.application.0),
        number: grant.number.to_string(),
        organisation: Hex::of(&grant.organisation.0),
        terminal: TerminalDocument::of(grant.terminal),
        opened_at: grant.opened_at.0,
        until: grant.until.0,
    }
}

fn tries_row(tries: Tries) -> TriesRow {
    TriesRow {
        wrong: tries.wrong,
        blocked_until: tries.blocked_until.map(|until| until.0),
    }
}

fn making_row(making: &Making) -> MakingRow {
    MakingRow {
        key: Hex::of(&making.key.0),
        issuance: Hex::of(&making.issuance.0),
        at: making.at.0,
        until: making.until.0,
    }
}

fn held_row(held: &Held) -> HeldRow {
    HeldRow {
        key: Hex::of(&held.key.0),
        issuance: Hex::of(&held.issuance.0),
        authority: held.certificate.authority.0.clone(),
        serial: Hex::of(held.certificate.serial.octets()),
        fingerprint: Hex::of(&held.fingerprint.0),
        validity: (held.validity.0.0, held.validity.1.0),
        at: held.at.0,
        renewed_from: held.renewed_from.map(|from| Hex::of(&from.0)),
        installed: held.installed.map(|at| at.0),
        overlap: held.overlap.map(|until| until.0),
        reminded: held.reminded,
    }
}

impl GrantRow {
    fn read(self) -> Result<Grant, Fault> {
        Ok(Grant {
            application: ReissueId(self.application.octets()?),
            number: read_number(&self.number)?,
            organisation: OrganisationId(self.organisation.octets()?),
            terminal: self.terminal.read()?,
            opened_at: Instant(self.opened_at),
            until: Instant(self.until),
        })
    }
}

impl TriesRow {
    fn read(self) -> Tries {
        Tries {
            wrong: self.wrong,
            blocked_until: self.blocked_until.map(Instant),
        }
    }
}

impl MakingRow {
    fn read(self) -> Result<Making, Fault> {
        Ok(Making {
            key: Digest(self.key.octets()?),
            issuance: IssuanceId(self.issuance.octets()?),
            at: Instant(self.at),
            until: Instant(self.until),
        })
    }
}

impl HeldRow {
    fn read(self) -> Result<Held, Fault> {
        let serial = Serial::from_octets(&self.serial.octets::<20>()?).ok_or_else(|| corrupt("serial", "zero"))?;
        Ok(Held {
            key: Digest(self.key.octets()?),
            issuance: IssuanceId(self.issuance.octets()?),
            certificate: CertificateId {
                authority: Authority(self.authority),
                serial,
            },
            fingerprint: Fingerprint(self.fingerprint.octets()?),
            validity: (Instant(self.validity.0), Instant(self.validity.1)),
            at: Instant(self.at),
            renewed_from: self
                .renewed_from
                .map(|from| from.octets().map(Fingerprint))
                .transpose()?,
            installed: self.installed.map(Instant),
            overlap: self.overlap.map(Instant),
            reminded: self.reminded,
        })
    }
}
