//! 取得: the rights to certificates of terminals, and the certificates that came of them.

mod document;

use casework::acquisition::Live;
use casework::identity::{Authority, CertificateId, Fingerprint, GrantId, ReissueId, Serial};
use casework::terminal::Terminal;
use casework::time::Instant;

use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::terminal::{key, read_terminal};
use super::{Clash, Store};
use crate::fault::Fault;

pub(crate) use document::{from_document, state, to_document};

/// A right to be opened: from this commit on the terminal has these codes and no other ones.
#[derive(Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// At which office.
    pub office: String,
    /// For which terminal.
    pub terminal: Terminal,
    /// By which application: once for each terminal.
    pub application: ReissueId,
    /// The last instant at which its codes are taken.
    pub until: Instant,
    /// The grant that was the terminal's latest when it was decided.
    pub before: Option<GrantId>,
    /// 認証コード2, sealed.
    pub code: Vec<u8>,
}

/// A certificate of a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTerminalCertificate {
    /// At which office.
    pub office: String,
    /// Of which terminal.
    pub terminal: Terminal,
    /// Which certificate.
    pub certificate: CertificateId,
    /// Of the certificate.
    pub fingerprint: Fingerprint,
    /// First and last instant of validity.
    pub validity: (Instant, Instant),
}

/// A terminal's certificate as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalCertificateRow {
    /// At which office.
    pub office: String,
    /// Of which terminal.
    pub terminal: Terminal,
    /// By which grant.
    pub grant: GrantId,
    /// Which certificate.
    pub certificate: CertificateId,
    /// Of the certificate.
    pub fingerprint: Fingerprint,
    /// First and last instant of validity.
    pub validity: (Instant, Instant),
    /// When the terminal got it.
    pub since: Instant,
    /// Since when the terminal is known to work with it.
    pub installed: Option<Instant>,
    /// Since when it is revoked.
    pub revoked: Option<Instant>,
}

impl Store {
    /// Every certificate that a terminal ever got here, the latest first.
    pub async fn certificates_of_terminal(
        &self,
        office: &str,
        terminal: Terminal,
    ) -> Result<Vec<TerminalCertificateRow>, Fault> {
        let [division, device, name] = key(terminal);
        let values = values![office, &division, &device, &name];
        let rows = self.reader().await?.few(OF_TERMINAL, values).await?;
        rows.iter().map(read).collect()
    }

    /// A terminal's certificate by the SHA-256 of its DER.
    pub async fn terminal_certificate(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<TerminalCertificateRow>, Fault> {
        let row = self
            .reader()
            .await?
            .row(BY_FINGERPRINT, values![&fingerprint.0])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Some of the grants that time has something to do with by `now`: the earliest first, behind `last`.
    pub async fn waking_grants(
        &self,
        now: Instant,
        last: Option<(Instant, [u8; 16])>,
    ) -> Result<Vec<(Instant, [u8; 16])>, Fault> {
        let (at, id) = last.unwrap_or((Instant(i64::MIN), [0; 16]));
        let rows = self.reader().await?.rows(WAKING, values![now.0, at.0, &id]).await?;
        rows.iter()
            .map(|row| Ok((Instant(row.column("wakes_at")?), row.octets("id")?)))
            .collect()
    }
}

impl TerminalCertificateRow {
    /// As the rules know a certificate that counts; `None` once it does not.
    pub fn live(&self, now: Instant) -> Option<Live> {
        let counts = self.revoked.is_none() && now <= self.validity.1;
        counts.then(|| Live {
            certificate: self.certificate.clone(),
            since: self.since,
            installed: self.installed.is_some(),
        })
    }
}

/// Once for each terminal of an application, and only behind the grant that was decided upon; else it clashes.
pub(crate) async fn open(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &NewGrant,
    at: Instant,
) -> Result<(), Clash> {
    let [division, device, name] = key(new.terminal);
    let values = values![
        case,
        &new.office,
        &division,
        &device,
        &name,
        &new.application.0,
        new.until.0,
        at.0
    ];
    first(connection.execute(OPEN, values).await?)?;
    let before = new.before.map(|grant| grant.0.to_vec());
    let values = values![
        &new.office,
        &division,
        &device,
        &name,
        case,
        &new.code,
        before.as_deref(),
        at.0
    ];
    first(connection.execute(SET_CODE, values).await?)
}

pub(crate) async fn certify(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &NewTerminalCertificate,
    at: Instant,
) -> Result<(), Clash> {
    let [division, device, name] = key(new.terminal);
    let values = values![
        new.certificate.authority.0.as_str(),
        new.certificate.serial.octets(),
        &new.office,
        &division,
        &device,
        &name,
        case,
        &new.fingerprint.0,
        new.validity.0.0,
        new.validity.1.0,
        at.0
    ];
    first(connection.execute(CERTIFY, values).await?)
}

pub(crate) async fn install(
    connection: &mut Connection,
    certificate: &CertificateId,
    at: Instant,
) -> Result<(), Clash> {
    let values = values![certificate.authority.0.as_str(), certificate.serial.octets(), at.0];
    first(connection.execute(INSTALL, values).await?)
}

/// A terminal that a later grant was opened for is not suspended by the one before.
pub(crate) async fn suspend(connection: &mut Connection, case: &[u8; 16], at: Instant) -> Result<(), Clash> {
    connection.execute(SUSPEND, values![case, at.0]).await?;
    Ok(())
}

pub(crate) async fn wake(connection: &mut Connection, case: &[u8; 16], at: Option<Instant>) -> Result<(), Clash> {
    connection.execute(WAKE, values![case, at.map(|at| at.0)]).await?;
    Ok(())
}

const fn first(touched: u64) -> Result<(), Clash> {
    if touched == 1 { Ok(()) } else { Err(Clash::Moved) }
}

statements! {
    OPEN = "INSERT INTO terminal_grant (id, office, division, device, name, application, until_at, opened_at, wakes_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)
            ON CONFLICT (application, division, device, name) DO NOTHING";
    SET_CODE = "UPDATE terminal SET grant_id = $5, code = $6, suspended = 0, changed_at = $8
                WHERE office = $1 AND division = $2 AND device = $3 AND name = $4
                  AND (grant_id = $7 OR (grant_id IS NULL AND $7 IS NULL))";
    CERTIFY = "INSERT INTO terminal_certificate (authority, serial, office, division, device, name, grant_id, fingerprint,
                  not_before, not_after, since_at, installed_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL) ON CONFLICT (authority, serial) DO NOTHING";
    INSTALL = "UPDATE terminal_certificate SET installed_at = $3
               WHERE authority = $1 AND serial = $2 AND installed_at IS NULL";
    SUSPEND = "UPDATE terminal SET suspended = 1, changed_at = $2 WHERE grant_id = $1";
    WAKE = "UPDATE terminal_grant SET wakes_at = $2 WHERE id = $1";
    WAKING = "SELECT id, wakes_at FROM terminal_grant
              WHERE wakes_at <= $1 AND (wakes_at > $2 OR (wakes_at = $2 AND id > $3)) ORDER BY wakes_at, id LIMIT 64";
    OF_TERMINAL = "SELECT c.*, s.revoked_at FROM terminal_certificate c
                   LEFT JOIN status s ON s.authority = c.authority AND s.serial = c.serial
                   WHERE c.office = $1 AND c.division = $2 AND c.device = $3 AND c.name = $4
                   ORDER BY c.since_at DESC, c.serial";
    BY_FINGERPRINT = "SELECT c.*, s.revoked_at FROM terminal_certificate c
                      LEFT JOIN status s ON s.authority = c.authority AND s.serial = c.serial
                      WHERE c.fingerprint = $1";
}

fn read(row: &Row) -> Result<TerminalCertificateRow, Fault> {
    let serial = Serial::from_octets(&row.octets::<20>("serial")?).ok_or_else(|| corrupt("serial", "zero"))?;
    Ok(TerminalCertificateRow {
        office: row.column("office")?,
        terminal: read_terminal(row)?,
        grant: GrantId(row.octets("grant_id")?),
        certificate: CertificateId {
            authority: Authority(row.column("authority")?),
            serial,
        },
        fingerprint: Fingerprint(row.octets("fingerprint")?),
        validity: (Instant(row.column("not_before")?), Instant(row.column("not_after")?)),
        since: Instant(row.column("since_at")?),
        installed: row.column::<Option<i64>>("installed_at")?.map(Instant),
        revoked: row.column::<Option<i64>>("revoked_at")?.map(Instant),
    })
}

/// A code stands in no log, sealed or not.
impl std::fmt::Debug for NewGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewGrant({} {:?})", self.office, self.terminal)
    }
}
