//! After a restore: the revocations that the database has forgotten, from the journals and from the published lists.
//!
//! Both are lower bounds of what the world was told (THREATS A28). What they tell and the database lacks is entered with
//! the same rows that a decision writes (case, revoked row, audit line, errand), all of it in one transaction. Numbers of
//! the revocation sequence are the journal's own, so that database and journal agree line by line afterwards, and the
//! lists count on from the last one that was published.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casework::certificate::Shard;
use casework::identity::{Authority, CertificateId, Digest, Serial};
use casework::time::Instant;
use pki::certificate::Certificate;
use pki::crl::{Crl, CrlNumber};
use serde::Serialize;

use super::database::{Connection, Database, statements, values};
use super::errand::{self, NewErrand};
use super::event::{self, NewEvent};
use super::rights::{self, Voided};
use super::{Behind, Errand, OpenFault, StoreAddress, audit, case, certificate, follow, migration, status, writer};
use crate::audit::heads::{FILE as HEADS, HeadsFault};
use crate::authority::issue::shard_of;
use crate::chance::Chance;
use crate::fault::{Bug, Fault};
use crate::journal::{Chain, Entry};

/// What is known beside the database.
pub struct Bounds {
    /// Every journal's lines, with where they were read.
    pub journals: Vec<(String, Vec<Entry>)>,
    /// Published lists, as DER, with where they were read.
    pub lists: Vec<(String, Vec<u8>)>,
    /// The last head of the audit that this node signed: how many events there were, and the root.
    pub head: Option<(u64, [u8; 32])>,
    /// Whether the journal of this database is lost: the lists alone are the bound, and a new journal begins.
    pub journal: JournalIs,
    /// Into how many shards new certificates are spread: where a certificate's own row is lost, it tells its shard.
    pub shards: u32,
}

/// What became of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalIs {
    /// It is there.
    Kept,
    /// It is gone, and the operator has said so.
    Lost,
}

/// What was entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The last number of the revocation sequence that the database had.
    pub before: i64,
    /// The last one that it has now.
    pub now: i64,
    /// Revocations of the journals that were missing.
    pub from_journal: usize,
    /// Revocations that stood on a published list only.
    pub from_lists: usize,
    /// Of all these, the certificates that the database does not know: issued after the backup, revoked for good.
    pub without_certificate: Vec<CertificateId>,
    /// Lists whose number the database had not reached.
    pub lists: usize,
    /// How many audit events were signed for and are lost; 0 where the database has them all.
    pub events_lost: u64,
    /// What may have been taken away by an event that is lost, and therefore is nobody's any more.
    pub voided: Voided,
    /// Authorities of which there are lists or revocations and no key: made after the backup, or never here.
    pub unknown_authorities: Vec<String>,
}

/// Enters what is missing; nothing, if nothing is. Nobody may serve the database meanwhile.
pub async fn replay(
    address: &StoreAddress,
    bounds: &Bounds,
    actor: &str,
    (now, chance): (Instant, &Chance),
) -> Result<Replayed, OpenFault> {
    let database = Database::open_existing(address).await?;
    migration::migrate(&database).await?;
    let mut connection = database.writer().await?;
    writer::begin(&mut connection).await?;
    let done = Replay::enter(&mut connection, bounds, actor, (now, chance)).await;
    let done = match done {
        Ok(done) => connection
            .command("COMMIT")
            .await
            .map(|()| done)
            .map_err(OpenFault::from),
        Err(fault) => Err(fault),
    };
    match done {
        Ok(_) => drop(connection),
        // Closing it undoes what was begun.
        Err(_) => connection.hang_up(),
    }
    database.close().await;
    done
}

/// The keys of the nodes whose journals this database has known.
pub(crate) async fn journal_keys(address: &StoreAddress) -> Result<Vec<[u8; 32]>, OpenFault> {
    let database = Database::open_existing(address).await?;
    migration::migrate(&database).await?;
    let mut connection = database.reader().await?;
    let rows = connection.rows(KEYS, values![]).await?;
    let keys = rows.iter().map(|row| row.octets("key")).collect::<Result<_, Fault>>();
    drop(connection);
    database.close().await;
    Ok(keys?)
}

/// A list that was published, verified with its authority's certificate.
struct Known {
    authority: Authority,
    shard: Shard,
    number: i64,
    list: Crl,
}

struct Replay<'c> {
    connection: &'c mut Connection,
    case: [u8; 16],
    actor: String,
    now: Instant,
    chance: &'c Chance,
    shards: u32,
    /// notAfter of each authority: no certificate of it lives longer.
    ends: BTreeMap<Authority, Instant>,
    /// Of every certificate on a published list, the shard.
    listed: BTreeMap<CertificateId, (Shard, Option<i64>)>,
    done: Replayed,
    touched: BTreeMap<(Authority, Shard), CertificateId>,
}

impl<'c> Replay<'c> {
    async fn enter(
        connection: &'c mut Connection,
        bounds: &Bounds,
        actor: &str,
        (now, chance): (Instant, &'c Chance),
    ) -> Result<Replayed, OpenFault> {
        let before = status::last(connection).await?;
        let ends = authorities(connection).await?;
        let mut replay = Replay {
            connection,
            case: chance.octets(),
            actor: actor.to_owned(),
            now,
            chance,
            shards: bounds.shards,
            ends: ends
                .iter()
                .map(|(name, own)| (name.clone(), Instant(own.not_after())))
                .collect(),
            listed: BTreeMap::new(),
            done: Replayed {
                before,
                now: before,
                ..Replayed::default()
            },
            touched: BTreeMap::new(),
        };
        let known = replay.lists(&bounds.lists, &ends)?;
        let lost = replay.compare_audit(bounds.head).await?;
        if let Some((place, journal)) = longest(&bounds.journals)? {
            replay.compare(place, journal).await?;
            for entry in journal.iter().filter(|entry| entry.sequence > before) {
                replay.revoke(entry, Source::Journal).await?;
            }
        }
        for list in &known {
            replay.list(list).await?;
        }
        if bounds.journal == JournalIs::Lost {
            replay.connection.execute(FORGET_JOURNALS, values![]).await?;
        }
        if lost.is_some() || bounds.journal == JournalIs::Lost {
            replay.done.voided = rights::void(replay.connection, actor, (now, chance)).await?;
        }
        let is_new = replay.done.now > before || replay.done.lists > 0;
        if is_new || lost.is_some() || bounds.journal == JournalIs::Lost {
            replay.record(bounds.journal, lost).await?;
        }
        Ok(replay.done)
    }

    /// The lists that can be believed, with what stands on them.
    fn lists(
        &mut self,
        given: &[(String, Vec<u8>)],
        ends: &BTreeMap<Authority, Certificate>,
    ) -> Result<Vec<Known>, OpenFault> {
        let mut known = Vec::new();
        for (place, der) in given {
            let unusable = |why: &dyn std::fmt::Display| {
                OpenFault::Fault(Fault::Corrupt {
                    what: "a published list",
                    why: format!("{place}: {why}"),
                })
            };
            let list = Crl::parse(der).map_err(|why| unusable(&why))?;
            let issuer = ends.iter().find(|(_, own)| own.subject() == list.issuer());
            let Some((authority, issuer)) = issuer else {
                self.done.unknown_authorities.push(list.issuer().readable());
                continue;
            };
            list.verify_signed_by(issuer).map_err(|why| unusable(&why))?;
            let number = list.number().and_then(CrlNumber::to_u64);
            let number = number
                .and_then(|number| i64::try_from(number).ok())
                .ok_or_else(|| unusable(&"it has no number"))?;
            let shard = list
                .distribution_point()
                .iter()
                .find_map(|url| shard_in(url, authority));
            let shard = shard.ok_or_else(|| unusable(&"it names no address of ours"))?;
            for entry in list.entries() {
                if let Some(serial) = Serial::from_octets(entry.serial.as_bytes()) {
                    let id = CertificateId {
                        authority: authority.clone(),
                        serial,
                    };
                    self.listed.insert(id, (shard, entry.invalidity_date));
                }
            }
            known.push(Known {
                authority: authority.clone(),
                shard,
                number,
                list,
            });
        }
        Ok(known)
    }

    /// The signed head that the database has not got: its audit goes on without those events, and says so.
    async fn compare_audit(&mut self, head: Option<(u64, [u8; 32])>) -> Result<Option<(u64, [u8; 32])>, OpenFault> {
        let size = audit::planted(self.connection).await?.size();
        let Some((signed, root)) = head else { return Ok(None) };
        if audit::root_at(self.connection, signed).await? == Some(root) {
            return Ok(None);
        }
        // A database that is long enough and says something else was not restored but changed.
        if size >= signed {
            let path = HEADS.into();
            return Err(HeadsFault::Forked { path, signed }.into());
        }
        self.done.events_lost = signed - size;
        Ok(Some((signed, root)))
    }

    /// What both know must be the same; otherwise it is not this journal's database.
    async fn compare(&mut self, place: &str, journal: &[Entry]) -> Result<(), OpenFault> {
        let mut chain = Chain::default();
        loop {
            let rows = status::after(self.connection, chain.sequence()).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                let after = chain.sequence();
                let own = follow::entry(&row);
                chain = chain.after(&own).ok_or(Behind::Gap { after })?;
                let line = usize::try_from(after).ok().and_then(|line| journal.get(line));
                match line {
                    Some(line) if *line != own => return Err(Behind::Differs { path: place.to_owned() }.into()),
                    Some(_) => {}
                    None => return Ok(()),
                }
            }
        }
    }

    /// The revoked row of one line, and its own line in the audit.
    async fn revoke(&mut self, entry: &Entry, source: Source) -> Result<(), OpenFault> {
        let id = &entry.certificate;
        let own = certificate::row(self.connection, id).await?;
        let listed = self.listed.get(id);
        let shard = own.as_ref().map(|row| row.shard).or(listed.map(|(shard, _)| *shard));
        let shard = shard.unwrap_or_else(|| shard_of(id, self.shards));
        let end = own
            .as_ref()
            .map(|row| row.not_after)
            .or_else(|| self.ends.get(&id.authority).copied());
        // Of an authority whose certificate is lost too, nothing says when the entry may leave the list: it stays.
        let end = end.unwrap_or(NEVER);
        let invalid_from = listed.and_then(|(_, date)| *date);
        let inserted = self
            .connection
            .execute(
                REVOKE,
                values![
                    id.authority.0.as_str(),
                    id.serial.octets(),
                    entry.sequence,
                    &self.case,
                    i64::from(shard.0),
                    i64::from(entry.reason),
                    entry.at.0,
                    invalid_from,
                    end.0,
                ],
            )
            .await?;
        if inserted == 0 {
            let path = format!(
                "that revokes {} of {} as number {}",
                id.serial, id.authority.0, entry.sequence
            );
            return Err(Behind::Differs { path }.into());
        }
        if own.is_none() {
            self.done.without_certificate.push(id.clone());
        }
        if !self.ends.contains_key(&id.authority) && !self.done.unknown_authorities.contains(&id.authority.0) {
            self.done.unknown_authorities.push(id.authority.0.clone());
        }
        match source {
            Source::Journal => self.done.from_journal += 1,
            Source::List => self.done.from_lists += 1,
        }
        self.done.now = entry.sequence;
        self.touched
            .entry((id.authority.clone(), shard))
            .or_insert_with(|| id.clone());
        let details = vec![
            ("authority", id.authority.0.clone()),
            ("serial", id.serial.to_string()),
            ("sequence", entry.sequence.to_string()),
            ("reason", entry.reason.to_string()),
            ("revoked_at", entry.at.0.to_string()),
            ("source", source.word().to_owned()),
        ];
        self.tell("replayed", details).await
    }

    /// What stands on a list and nowhere else, and the list itself as the last one of its shard.
    async fn list(&mut self, known: &Known) -> Result<(), OpenFault> {
        let Known {
            authority,
            shard,
            number,
            list,
        } = known;
        for entry in list.entries() {
            let Some(serial) = Serial::from_octets(entry.serial.as_bytes()) else {
                continue;
            };
            let id = CertificateId {
                authority: authority.clone(),
                serial,
            };
            if status::of(self.connection, &id).await?.is_none() {
                let entry = Entry {
                    sequence: self.done.now + 1,
                    certificate: id,
                    at: Instant(entry.at),
                    reason: entry.reason.map_or(0, pki::reason::ReasonCode::code),
                };
                self.revoke(&entry, Source::List).await?;
            }
        }
        let last = self.connection.row(LAST_LIST, values![authority.0.as_str()]).await?;
        let last: i64 = last.map_or(Ok(None), |row| row.column("number"))?.unwrap_or(0);
        let has = self
            .connection
            .row(LIST, values![authority.0.as_str(), *number])
            .await?
            .map(|row| row.column::<Option<Vec<u8>>>("digest"))
            .transpose()?;
        if matches!(has, Some(Some(_))) || (has.is_none() && *number < last) {
            return Ok(());
        }
        let sequence = self.made_from(known).await?;
        let entries = i64::try_from(list.entries().len()).unwrap_or(i64::MAX);
        let this_update = list.this_update();
        let next_update = list.next_update().unwrap_or(this_update);
        let digest = list.fingerprint();
        self.connection
            .execute(
                KEEP_LIST,
                values![
                    authority.0.as_str(),
                    i64::from(shard.0),
                    *number,
                    sequence,
                    this_update,
                    next_update,
                    entries,
                    &digest,
                    list.der(),
                ],
            )
            .await?;
        self.done.lists += 1;
        Ok(())
    }

    /// The revocation up to which a list surely counts: the one before the first that is not on it.
    async fn made_from(&mut self, known: &Known) -> Result<i64, OpenFault> {
        // A list has a serial number without the zeros in front.
        let entries = known.list.entries().iter();
        let on: BTreeSet<&[u8]> = entries.map(|entry| trimmed(entry.serial.as_bytes())).collect();
        let name = known.authority.0.as_str();
        let row = self
            .connection
            .row(MADE_FROM, values![name, i64::from(known.shard.0)])
            .await?;
        let mut counted = row.map_or(Ok(None), |row| row.column("sequence"))?.unwrap_or(0);
        loop {
            let rows = status::of_shard(self.connection, name, known.shard, counted).await?;
            if rows.is_empty() {
                return Ok(self.done.now);
            }
            for row in rows {
                if !on.contains(trimmed(row.certificate.serial.octets())) {
                    return Ok(row.sequence - 1);
                }
                counted = row.sequence;
            }
        }
    }

    /// The case behind the revoked rows, the counter, and new lists for every shard that was touched.
    async fn record(&mut self, journal: JournalIs, lost: Option<(u64, [u8; 32])>) -> Result<(), OpenFault> {
        let Replayed { before, now, .. } = self.done;
        if now > before {
            let document = case::Document::of("revoked", &CaseDocument { before, now })?;
            self.connection
                .execute(
                    KEEP_CASE,
                    values![&self.case, PROCEDURE, &document.state, &document.text, self.now.0],
                )
                .await?;
            self.connection.execute(COUNT, values![now]).await?;
        }
        for certificate in std::mem::take(&mut self.touched).into_values() {
            let new = NewErrand {
                id: self.chance.octets(),
                errand: Errand::PublishCrl { certificate },
            };
            errand::queue(self.connection, &self.case, &new, self.now).await?;
        }
        let mut details = vec![
            ("before", before.to_string()),
            ("now", now.to_string()),
            ("lists", self.done.lists.to_string()),
            ("journal_lost", (journal == JournalIs::Lost).to_string()),
            ("accounts_blocked", self.done.voided.accounts.to_string()),
            ("tokens_revoked", self.done.voided.tokens.to_string()),
        ];
        // Auditors who have that head learn here, under a later one, why the log goes on without it.
        if let Some((size, root)) = lost {
            details.push(("lost_head_size", size.to_string()));
            details.push(("lost_head_root", Digest(root).to_string()));
        }
        self.tell("restored", details).await
    }

    async fn tell(&mut self, name: &'static str, details: Vec<(&'static str, String)>) -> Result<(), OpenFault> {
        let event = NewEvent {
            procedure: PROCEDURE,
            name,
            actor: self.actor.clone(),
            states: ("new".to_owned(), "revoked".to_owned()),
            refusal: None,
            details,
            salt: self.chance.octets(),
        };
        Ok(event::append(self.connection, &self.case, &event, self.now).await?)
    }
}

/// Where a revocation was found.
#[derive(Clone, Copy)]
enum Source {
    Journal,
    List,
}

impl Source {
    const fn word(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::List => "list",
        }
    }
}

#[derive(Serialize)]
struct CaseDocument {
    before: i64,
    now: i64,
}

/// All journals tell the same story; the longest tells most of it.
fn longest(journals: &[(String, Vec<Entry>)]) -> Result<Option<(&str, &[Entry])>, Behind> {
    let Some((place, longest)) = journals.iter().max_by_key(|(_, journal)| journal.len()) else {
        return Ok(None);
    };
    for (other, journal) in journals {
        if !longest.starts_with(journal) {
            return Err(Behind::Differs {
                path: format!("{other}, nor those of {place}"),
            });
        }
    }
    Ok(Some((place, longest)))
}

/// The authorities with their certificates.
async fn authorities(connection: &mut Connection) -> Result<BTreeMap<Authority, Certificate>, OpenFault> {
    let rows = connection.rows(AUTHORITIES, values![]).await?;
    rows.iter()
        .map(|row| {
            let der: Vec<u8> = row.column("certificate")?;
            let own = Certificate::parse(&der).map_err(|why| Fault::Bug(Bug(why.to_string())))?;
            Ok((Authority(row.column("authority")?), own))
        })
        .collect()
}

/// The shard of a list by the address in it: `…/crl/{authority}/{shard}.crl`.
fn shard_in(url: &str, authority: &Authority) -> Option<Shard> {
    let path = Path::new(url);
    let name = path.parent()?.file_name()?.to_str()?;
    let shard = path.file_name()?.to_str()?.strip_suffix(".crl")?;
    (name == authority.0).then(|| shard.parse().ok().map(Shard)).flatten()
}

fn trimmed(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

statements! {
    KEYS = "SELECT key FROM journal";
    FORGET_JOURNALS = "DELETE FROM journal";
    AUTHORITIES = "SELECT authority, certificate FROM authority_key
                   WHERE purpose = 'authority' AND certificate IS NOT NULL AND retired_at IS NULL";
    REVOKE = "INSERT INTO status
                (authority, serial, sequence, case_id, shard, reason, revoked_at, invalid_from, not_after)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (authority, serial) DO NOTHING";
    COUNT = "UPDATE counter SET value = $1 WHERE name = 'revoked'";
    LAST_LIST = "SELECT MAX(number) AS number FROM crl WHERE authority = $1";
    LIST = "SELECT digest FROM crl WHERE authority = $1 AND number = $2";
    MADE_FROM = "SELECT MAX(sequence) AS sequence FROM crl WHERE authority = $1 AND shard = $2 AND digest IS NOT NULL";
    KEEP_LIST = "INSERT INTO crl (authority, shard, number, sequence, this_update, next_update, entries, digest, der)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (authority, number) DO UPDATE SET sequence = excluded.sequence,
                    this_update = excluded.this_update, next_update = excluded.next_update, entries = excluded.entries,
                    digest = excluded.digest, der = excluded.der";
    KEEP_CASE = "INSERT INTO office_case (id, procedure, office, language, version, state, document, opened_at, changed_at)
                 VALUES ($1, $2, '', 'ja', 1, $3, $4, $5, $5)";
}

/// The noun under which the audit has it.
const PROCEDURE: &str = "restore";

/// The last second that a certificate can name (RFC 5280 §4.1.2.5).
const NEVER: Instant = Instant(253_402_300_799);
