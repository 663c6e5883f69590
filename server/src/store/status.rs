//! The revoked row. A certificate is revoked when it is here, and nothing ever takes it away.

use casework::certificate::Shard;
use casework::identity::CertificateId;
use casework::number::Number;
use casework::time::Instant;
use pki::reason::ReasonCode;

use super::database::{Connection, Row, statements, values};
use super::{Clash, case, certificate};
use crate::fault::{Bug, Fault};

/// A revocation to be made true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStatus {
    /// Which certificate.
    pub certificate: CertificateId,
    /// Why; `None` is `unspecified`.
    pub reason: Option<ReasonCode>,
    /// Since when.
    pub revoked_at: Instant,
    /// invalidityDate, where the applicant named a day.
    pub invalid_from: Option<Instant>,
}

/// A revocation that is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRow {
    /// Which certificate.
    pub certificate: CertificateId,
    /// Its number in the order of commits, from 1, without gaps.
    pub sequence: i64,
    /// The shard of the certificate, as fixed at issuance.
    pub shard: Shard,
    /// Why; `None` is `unspecified`.
    pub reason: Option<ReasonCode>,
    /// Since when.
    pub revoked_at: Instant,
    /// invalidityDate, where the applicant named a day.
    pub invalid_from: Option<Instant>,
    /// Until when the certificate would have been valid: it stays on the list at least so long (R5).
    pub not_after: Instant,
}

/// Makes it true. Unique per certificate, whoever revokes: the second one clashes.
pub(crate) async fn revoke(connection: &mut Connection, case: &[u8; 16], status: &NewStatus) -> Result<(), Clash> {
    let row = certificate::row(connection, &status.certificate)
        .await?
        .ok_or_else(|| {
            Fault::Bug(Bug(format!(
                "{:?} is to be revoked and was never issued",
                status.certificate
            )))
        })?;
    let authority = status.certificate.authority.0.as_str();
    let serial = status.certificate.serial.octets();
    let inserted = connection
        .execute(
            REVOKE,
            values![
                authority,
                serial,
                case,
                i64::from(row.shard.0),
                status.reason.map_or(0, |reason| i64::from(reason.code())),
                status.revoked_at.0,
                status.invalid_from.map(|at| at.0),
                row.not_after.0,
            ],
        )
        .await?;
    if inserted == 0 {
        return Err(Clash::Revoked);
    }
    // The baton makes every transaction that writes wait for the one before: the numbers follow the commits.
    connection.execute(COUNT, values![]).await?;
    Ok(())
}

/// Since when it is revoked, and by which application, if any.
pub(crate) async fn of(
    connection: &mut Connection,
    certificate: &CertificateId,
) -> Result<Option<(StatusRow, Option<Number>)>, Fault> {
    let authority = certificate.authority.0.as_str();
    let Some(row) = connection
        .row(OF, values![authority, certificate.serial.octets()])
        .await?
    else {
        return Ok(None);
    };
    let number: Option<String> = row.column("number")?;
    let number = number.map(|number| super::receipt::read_number(&number)).transpose()?;
    Ok(Some((read(&row)?, number)))
}

/// The revocations that follow `sequence`, in order, a bounded number of them.
pub(crate) async fn after(connection: &mut Connection, sequence: i64) -> Result<Vec<StatusRow>, Fault> {
    connection
        .rows(AFTER, values![sequence])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The revocations of one shard that follow `sequence`, in order, a bounded number of them.
pub(crate) async fn of_shard(
    connection: &mut Connection,
    authority: &str,
    shard: Shard,
    sequence: i64,
) -> Result<Vec<StatusRow>, Fault> {
    connection
        .rows(OF_SHARD, values![authority, i64::from(shard.0), sequence])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The number of the last revocation.
pub(crate) async fn last(connection: &mut Connection) -> Result<i64, Fault> {
    let row = connection.row(LAST, values![]).await?;
    row.map_or(Ok(0), |row| row.column("value"))
}

/// The number of the last revocation, and the one with this number, if it is there.
pub(crate) async fn last_and(connection: &mut Connection, sequence: i64) -> Result<(i64, Option<StatusRow>), Fault> {
    let Some(row) = connection.row(LAST_AND, values![sequence]).await? else {
        return Ok((0, None));
    };
    let there = row.column::<Option<i64>>("sequence")?.is_some();
    Ok((row.column("value")?, there.then(|| read(&row)).transpose()?))
}

statements! {
    REVOKE = "INSERT INTO status
                (authority, serial, sequence, case_id, shard, reason, revoked_at, invalid_from, not_after)
              VALUES ($1, $2, (SELECT value + 1 FROM counter WHERE name = 'revoked'), $3, $4, $5, $6, $7, $8)
              ON CONFLICT (authority, serial) DO NOTHING";
    COUNT = "UPDATE counter SET value = value + 1 WHERE name = 'revoked'";
    OF = "SELECT s.authority, s.serial, s.sequence, s.shard, s.reason, s.revoked_at, s.invalid_from, s.not_after, r.number
          FROM status s LEFT JOIN receipt r ON r.case_id = s.case_id WHERE s.authority = $1 AND s.serial = $2";
    AFTER = "SELECT authority, serial, sequence, shard, reason, revoked_at, invalid_from, not_after
             FROM status WHERE sequence > $1 ORDER BY sequence LIMIT 4096";
    OF_SHARD = "SELECT authority, serial, sequence, shard, reason, revoked_at, invalid_from, not_after
                FROM status WHERE authority = $1 AND shard = $2 AND sequence > $3 ORDER BY sequence LIMIT 4096";
    LAST_AND = "SELECT c.value, s.authority, s.serial, s.sequence, s.shard, s.reason, s.revoked_at, s.invalid_from,
                  s.not_after
                FROM counter c LEFT JOIN status s ON s.sequence = $1 WHERE c.name = 'revoked'";
    LAST = "SELECT value FROM counter WHERE name = 'revoked'";
}

fn read(row: &Row) -> Result<StatusRow, Fault> {
    let reason: i64 = row.column("reason")?;
    Ok(StatusRow {
        certificate: certificate::read_id(row)?,
        sequence: row.column("sequence")?,
        shard: certificate::read_shard(row)?,
        reason: match reason {
            0 => None,
            code => Some(
                u8::try_from(code)
                    .ok()
                    .and_then(ReasonCode::from_code)
                    .ok_or_else(|| case::corrupt("reason", code))?,
            ),
        },
        revoked_at: Instant(row.column("revoked_at")?),
        invalid_from: row.column::<Option<i64>>("invalid_from")?.map(Instant),
        not_after: Instant(row.column("not_after")?),
    })
}
