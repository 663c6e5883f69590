//! Publishing revocation lists: number recorded, entries gathered, linted, signed, guarded, stored, and only then served.

use casework::certificate::Shard;
use casework::identity::Authority as Name;
use casework::time::Instant;
use pki::crl::{Crl, CrlNumber, CrlPlan, Revoked, Scope, TbsCrl, publishable};
use pki::serial::Serial;
use std::collections::HashMap;
use std::time::Duration;

use super::issue::{Registrar, digest};
use super::{Authority, AuthorityFault, computed};
use crate::fault::Fault;
use crate::store::{Clash, CrlRow, StatusRow, Store};

/// From thisUpdate to nextUpdate, and how often at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// From thisUpdate to nextUpdate.
    pub lives: Duration,
    /// A list this old is made anew, changed or not.
    pub every: Duration,
}

impl Registrar {
    /// Makes and publishes the list of a shard now. If another node made a later one meanwhile, that one stands.
    pub async fn publish(&self, authority: &Authority, shard: Shard, period: Period) -> Result<(), AuthorityFault> {
        let name = authority.name();
        // First the sequence, then the entries: a revocation that comes between stands on the next list too.
        let sequence = self.desk.store().last_revocation().await?;
        let previous = self.desk.store().published_crl(name, shard).await?;
        let revocations = revocations(self.desk.store(), name, shard, sequence).await?;
        let now = self.desk.clock().now();
        // Of the lists before, one that was begun and never came out counts too: the next number may not be older.
        let last = self.desk.store().last_crl(name, shard).await?;
        let this_update = begins(now, last.as_ref(), &revocations);
        let next_update = this_update.plus_seconds(i64::try_from(period.lives.as_secs()).unwrap_or(i64::MAX));
        let since = previous.as_ref().map_or(i64::MIN, |(row, _)| row.this_update.0);
        let not_after: HashMap<[u8; 20], i64> = revocations
            .iter()
            .map(|row| (*row.certificate.serial.octets(), row.not_after.0))
            .collect();
        let known = previous.as_ref().map_or(0, |(row, _)| row.sequence);
        // An entry leaves only after it stood on a list made after its certificate's expiry (THREATS R5). One that has
        // stood on none does not leave, whatever the clock said when the list before was made.
        let stays = |row: &StatusRow| row.not_after.0 >= since || row.sequence > known;
        let entries = entries(revocations.into_iter().filter(stays))?;
        let made = CrlRow {
            authority: name.clone(),
            shard,
            number: 0,
            sequence,
            this_update,
            next_update,
            entries: i64::try_from(entries.len()).unwrap_or(i64::MAX),
            digest: None,
        };
        let made = match self.desk.store().begin_crl(made).await {
            Ok(made) => made,
            Err(Clash::Older) => return self.overtaken(name, shard, sequence).await,
            Err(Clash::Fault(fault)) => return Err(fault.into()),
            Err(other) => return Err(Fault::Bug(crate::fault::Bug(other.to_string())).into()),
        };
        let work = Making {
            authority: authority.clone(),
            address: self.addresses.crl(name, shard),
            made: made.clone(),
            entries,
            previous: previous.map(|(_, der)| der),
            not_after,
            now: now.max(this_update),
        };
        let der = computed(move || work.make()).await??;
        self.desk
            .store()
            .publish_crl(name, shard, made.number, digest(&der), der)
            .await?;
        tracing::info!(
            authority = name.0,
            shard = shard.0,
            number = made.number,
            entries = made.entries,
            "a list was published"
        );
        Ok(())
    }

    /// Publishes the list of a shard if it is due: never made, older than `period.every`, or past half of its life.
    pub async fn publish_if_due(
        &self,
        authority: &Authority,
        shard: Shard,
        period: Period,
    ) -> Result<(), AuthorityFault> {
        let last = self.desk.store().last_crl(authority.name(), shard).await?;
        if is_due(last.as_ref(), period, self.desk.clock().now()) {
            self.publish(authority, shard, period).await?;
        }
        Ok(())
    }

    /// Another one began a later list meanwhile. That is as good as ours only if it is out.
    async fn overtaken(&self, name: &Name, shard: Shard, sequence: i64) -> Result<(), AuthorityFault> {
        match self.desk.store().published_crl(name, shard).await? {
            Some((row, _)) if row.sequence >= sequence => Ok(()),
            _ => Err(AuthorityFault::Overtaken),
        }
    }

    /// The shards of now, and those of a time when there were more.
    pub async fn shards_of(&self, authority: &Name) -> Result<Vec<Shard>, AuthorityFault> {
        let mut shards: Vec<Shard> = (0..self.shards.max(1)).map(Shard).collect();
        loop {
            let next = Shard(u32::try_from(shards.len()).unwrap_or(u32::MAX));
            if self.desk.store().last_crl(authority, next).await?.is_none() {
                return Ok(shards);
            }
            shards.push(next);
        }
    }
}

/// Everything that making a list takes, so that it can be done on a thread of its own.
struct Making {
    authority: Authority,
    address: String,
    made: CrlRow,
    entries: Vec<Revoked>,
    previous: Option<Vec<u8>>,
    not_after: HashMap<[u8; 20], i64>,
    now: Instant,
}

impl Making {
    fn make(self) -> Result<Vec<u8>, AuthorityFault> {
        let issuer = self.authority.certificate();
        let plan = CrlPlan {
            issuer,
            number: CrlNumber::recorded(u64::try_from(self.made.number).unwrap_or_default()),
            this_update: self.made.this_update.0,
            next_update: self.made.next_update.0,
            distribution_point: Some(&self.address),
            scope: scope(&self.authority),
        };
        let signed = TbsCrl::new(&plan, self.entries)?
            .lint()?
            .sign(self.authority.signer())?;
        let read = |der: &[u8]| {
            Crl::parse(der).map_err(|fault| Fault::Corrupt {
                what: "a published list",
                why: fault.to_string(),
            })
        };
        let next = read(signed.der())?;
        let previous = self.previous.as_deref().map(read).transpose()?;
        let not_after = |serial: &Serial| {
            let octets = casework::identity::Serial::from_octets(serial.as_bytes())?;
            self.not_after.get(octets.octets()).copied()
        };
        publishable(&next, issuer, previous.as_ref(), self.now.0, not_after)?;
        Ok(signed.der().to_vec())
    }
}

/// A root issues CAs, which stand on its list; an issuing CA holders (RFC 5280 §5.2.5).
fn scope(authority: &Authority) -> Scope {
    if authority.certificate().issuer() == authority.certificate().subject() {
        Scope::Authorities
    } else {
        Scope::Users
    }
}

/// Not before the list before, and not before any entry: a clock that was set back makes no older list (THREATS A31).
fn begins(now: Instant, previous: Option<&CrlRow>, revocations: &[StatusRow]) -> Instant {
    let last = revocations.iter().map(|row| row.revoked_at).max();
    now.max(previous.map_or(now, |row| row.this_update))
        .max(last.unwrap_or(now))
}

fn is_due(last: Option<&CrlRow>, period: Period, now: Instant) -> bool {
    let Some(last) = last else { return true };
    let age = now.0 - last.this_update.0;
    let every = i64::try_from(period.every.as_secs()).unwrap_or(i64::MAX);
    last.digest.is_none() || age >= every || now.0 - last.this_update.0 >= (last.next_update.0 - last.this_update.0) / 2
}

async fn revocations(store: &Store, authority: &Name, shard: Shard, up_to: i64) -> Result<Vec<StatusRow>, Fault> {
    let mut all: Vec<StatusRow> = Vec::new();
    loop {
        let after = all.last().map_or(0, |row| row.sequence);
        let page = store.revocations_of_shard(authority, shard, after).await?;
        let Some(last) = page.last().map(|row| row.sequence) else {
            return Ok(all);
        };
        all.extend(page.into_iter().filter(|row| row.sequence <= up_to));
        if last >= up_to {
            return Ok(all);
        }
    }
}

fn entries(rows: impl Iterator<Item = StatusRow>) -> Result<Vec<Revoked>, Fault> {
    let corrupt = |_| Fault::Corrupt {
        what: "a revoked serial",
        why: "it is no serial".to_owned(),
    };
    let mut entries = rows
        .map(|row| {
            Ok(Revoked {
                serial: Serial::from_bytes(row.certificate.serial.octets()).map_err(corrupt)?,
                at: row.revoked_at.0,
                reason: row.reason,
                invalidity_date: row.invalid_from.map(|at| at.0),
            })
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    entries.sort_unstable_by_key(|entry| entry.serial);
    Ok(entries)
}
