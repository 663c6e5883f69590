//! What is past its time: marked, taken back, erased.

use casework::time::Instant;
use serde_json::Value as Json;

use super::Store;
use super::audit;
use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use super::event::{self, NewEvent};
use crate::fault::Fault;
use crate::retention::Kind;

/// Something whose certificate has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What it is.
    pub kind: Kind,
    /// The case, or the authority and the serial number.
    pub id: Vec<u8>,
    /// The end of the certificate.
    pub expires: Instant,
    /// Until when it is kept.
    pub kept_until: Instant,
}

/// A mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// What it is.
    pub kind: Kind,
    /// The case, or the authority and the serial number.
    pub id: Vec<u8>,
    /// The end of the certificate.
    pub expires: Instant,
    /// When it was marked.
    pub marked_at: Instant,
    /// When it may be erased; `None`: it was taken back.
    pub erase_at: Option<Instant>,
}

/// What was erased with one mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Documents of cases, certificates and events.
    pub documents: u64,
    /// Texts, signatures, files.
    pub evidence: u64,
}

impl Store {
    /// Everything about a certificate that had ended at `before`, marked by nobody. Whoever asks applies the rule.
    pub async fn past_their_time(&self, before: Instant) -> Result<Vec<Candidate>, Fault> {
        let mut connection = self.reader().await?;
        let mut found = Vec::new();
        for row in connection.rows(ENDED_CERTIFICATES, values![before.0]).await? {
            let authority: String = row.column("authority")?;
            let expires = Instant(row.column("not_after")?);
            found.push(candidate(
                Kind::Certificate,
                certificate_id(&authority, &row.octets("serial")?),
                expires,
            ));
        }
        for row in connection.rows(APPLICATIONS, values![before.0]).await? {
            let id: [u8; 16] = row.octets("id")?;
            if let Some(expires) = expiry(&mut connection, &row).await? {
                found.push(candidate(Kind::Application, id.to_vec(), expires));
            }
        }
        found.extend(audited(&mut connection, before).await?);
        let marked: std::collections::BTreeSet<_> = self
            .tombstones()
            .await?
            .into_iter()
            .map(|mark| (mark.kind, mark.id))
            .collect();
        let erased = connection.rows(ERASED, values![]).await?;
        let erased = erased.iter().map(|row| Ok((kind(row)?, row.column::<Vec<u8>>("id")?)));
        let erased = erased.collect::<Result<std::collections::BTreeSet<_>, Fault>>()?;
        found.retain(|candidate| {
            let key = (candidate.kind, candidate.id.clone());
            // What is told of a case after its events were erased is past its time in its turn.
            !marked.contains(&key) && (candidate.kind == Kind::Audit || !erased.contains(&key))
        });
        Ok(found)
    }

    /// The marks whose things are still there.
    pub async fn tombstones(&self) -> Result<Vec<Tombstone>, Fault> {
        let rows = self.reader().await?.rows(MARKS, values![]).await?;
        rows.iter()
            .map(|row| {
                let erase_at: i64 = row.column("erase_at")?;
                Ok(Tombstone {
                    kind: kind(row)?,
                    id: row.column("id")?,
                    expires: Instant(row.column("expires")?),
                    marked_at: Instant(row.column("marked_at")?),
                    erase_at: (erase_at != HELD).then_some(Instant(erase_at)),
                })
            })
            .collect()
    }

    /// Marks them, all of them or none, and says how many were new.
    pub async fn mark(
        &self,
        marked: Vec<(Candidate, [u8; 16])>,
        actor: &str,
        (now, erase_at): (Instant, Instant),
    ) -> Result<usize, Fault> {
        let actor = actor.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let mut new = 0;
                    for (candidate, salt) in &marked {
                        let Candidate {
                            kind,
                            id,
                            expires,
                            kept_until,
                        } = candidate;
                        let mark = values![kind.word(), id, kind.rule(), expires.0, kept_until.0, now.0, erase_at.0];
                        if connection.execute(MARK, mark).await? == 1 {
                            new += 1;
                            let mut details = about(*kind, id, *expires);
                            details.push(("kept_until", kept_until.0.to_string()));
                            details.push(("erase_at", erase_at.0.to_string()));
                            tell(connection, "marked", &actor, details, (now, *salt)).await?;
                        }
                    }
                    Ok(new)
                })
            })
            .await
    }

    /// The mark goes, the thing stays; it may be marked again.
    pub async fn unmark(&self, mark: &Tombstone, actor: &str, now: Instant, salt: [u8; 16]) -> Result<bool, Fault> {
        self.change(UNMARK, "unmarked", mark, actor, (now, salt)).await
    }

    /// It is taken back: it stays, and is not marked again before it is let go.
    pub async fn hold(&self, mark: &Tombstone, actor: &str, now: Instant, salt: [u8; 16]) -> Result<bool, Fault> {
        self.change(HOLD, "held", mark, actor, (now, salt)).await
    }

    async fn change(
        &self,
        statement: super::database::Statement,
        name: &'static str,
        mark: &Tombstone,
        actor: &str,
        (now, salt): (Instant, [u8; 16]),
    ) -> Result<bool, Fault> {
        let (mark, actor) = (mark.clone(), actor.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let changed = connection
                        .execute(statement, values![mark.kind.word(), &mark.id])
                        .await?;
                    if changed == 1 {
                        let details = about(mark.kind, &mark.id, mark.expires);
                        tell(connection, name, &actor, details, (now, salt)).await?;
                    }
                    Ok(changed == 1)
                })
            })
            .await
    }

    /// Erases the content of one marked thing, for good, and says in the audit that it did. `None` if something happened to
    /// the thing since it was marked: then the mark is dropped.
    pub async fn erase(
        &self,
        mark: &Tombstone,
        actor: &str,
        now: Instant,
        salt: [u8; 16],
    ) -> Result<Option<Gone>, Fault> {
        let (mark, actor) = (mark.clone(), actor.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let mut gone = Gone::default();
                    let mut details = about(mark.kind, &mark.id, mark.expires);
                    if mark.kind == Kind::Audit
                        && connection
                            .row(YOUNGER, values![&mark.id, mark.expires.0])
                            .await?
                            .is_some()
                    {
                        connection.execute(UNMARK, values![mark.kind.word(), &mark.id]).await?;
                        tell(connection, "unmarked", &actor, details, (now, salt)).await?;
                        return Ok(None);
                    }
                    // Taken back, or erased by another node, in between.
                    if connection
                        .execute(ERASE, values![mark.kind.word(), &mark.id, now.0])
                        .await?
                        == 0
                    {
                        return Ok(Some(gone));
                    }
                    match mark.kind {
                        Kind::Application => {
                            gone.documents = connection.execute(ERASE_CASE, values![&mark.id]).await?;
                            gone.evidence = connection.execute(ERASE_EVIDENCE, values![&mark.id]).await?;
                            for statement in [
                                ERASE_RECEIPT,
                                ERASE_LETTERS,
                                ERASE_QUEUE,
                                ERASE_FOLLOWED,
                                ERASE_DECIDED,
                                ERASE_RESET,
                                ERASE_ERRANDS,
                            ] {
                                connection.execute(statement, values![&mark.id]).await?;
                            }
                        }
                        Kind::Audit => {
                            let rows = connection.rows(KEPT_EVENTS, values![&mark.id]).await?;
                            let numbers = rows.iter().map(|row| Ok(row.column::<i64>("sequence")?.to_string()));
                            let numbers = numbers.collect::<Result<Vec<_>, Fault>>()?;
                            gone.documents = numbers.len() as u64;
                            details.push(("events", numbers.join(" ")));
                        }
                        Kind::Certificate => {
                            let (authority, serial) = parts(&mark.id)?;
                            gone.documents = connection
                                .execute(ERASE_CERTIFICATE, values![authority, serial, NOTHING])
                                .await?;
                            connection.execute(ERASE_HOLDER, values![authority, serial]).await?;
                        }
                    }
                    details.push(("rule", mark.kind.rule().to_owned()));
                    details.push(("documents", gone.documents.to_string()));
                    details.push(("evidence", gone.evidence.to_string()));
                    tell(connection, "erased", &actor, details, (now, salt)).await?;
                    if mark.kind == Kind::Audit {
                        // The number of what was just told.
                        let told = audit::number(audit::frontier(connection).await?.size())?;
                        connection
                            .execute(ERASE_EVENTS, values![&mark.id, NOTHING, told])
                            .await?;
                    }
                    Ok(Some(gone))
                })
            })
            .await
    }
}

async fn tell(
    connection: &mut Connection,
    name: &'static str,
    actor: &str,
    details: Vec<(&'static str, String)>,
    (now, salt): (Instant, [u8; 16]),
) -> Result<(), Fault> {
    let event = NewEvent {
        procedure: "retention",
        name,
        actor: actor.to_owned(),
        states: (String::new(), String::new()),
        refusal: None,
        details,
        salt,
    };
    // Of no case: what is told of a case goes with it, and this stays.
    event::append(connection, &[0; 16], &event, now).await
}

/// Named by a digest: what is erased is not named in the clear by the line that says so.
fn about(kind: Kind, id: &[u8], expires: Instant) -> Vec<(&'static str, String)> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, id);
    let mut octets = [0; 32];
    octets.copy_from_slice(digest.as_ref());
    vec![
        ("kind", kind.word().to_owned()),
        ("id", casework::identity::Digest(octets).to_string()),
        ("expired_at", expires.0.to_string()),
    ]
}

/// The cases of holders of which the audit has told nothing since `before`, and still tells something.
async fn audited(connection: &mut Connection, before: Instant) -> Result<Vec<Candidate>, Fault> {
    let mut found = Vec::new();
    for row in connection.rows(AUDITED, values![before.0]).await? {
        let id: [u8; 16] = row.octets("id")?;
        // Its certificates', or what was known of them when the application was erased.
        let known = ["issued", "not_after", "erased"].map(|column| row.column::<Option<i64>>(column));
        let known = known
            .into_iter()
            .collect::<Result<Vec<_>, Fault>>()?
            .into_iter()
            .flatten()
            .max();
        let ended = match known {
            Some(at) => Some(Instant(at)),
            None => expiry(connection, &row).await?,
        };
        if let Some(ended) = ended {
            let last = Instant(row.column("changed_at")?);
            found.push(candidate(Kind::Audit, id.to_vec(), ended.max(last)));
        }
    }
    Ok(found)
}

/// The end of the certificate that a case is about: by its revoked row, or by the certificate that its document names.
async fn expiry(connection: &mut Connection, row: &Row) -> Result<Option<Instant>, Fault> {
    if let Some(at) = row.column::<Option<i64>>("not_after")? {
        return Ok(Some(Instant(at)));
    }
    // A refused command to a case that never was leaves no document.
    let document: Option<String> = row.column("document")?;
    let document = document.map_or(Ok(Json::Null), |text| serde_json::from_str(&text));
    let document: Json = document.map_err(|why| corrupt("a case", why))?;
    let named = document.get("opened").unwrap_or(&document);
    if let (Some(authority), Some(serial)) = (text(named, "authority"), text(named, "serial").and_then(octets)) {
        let found = connection.row(END_OF, values![authority, &serial]).await?;
        return found.map(|row| Ok(Instant(row.column("not_after")?))).transpose();
    }
    // It names none any more: no card of ours lives longer than that from then on.
    let changed: i64 = row.column("changed_at")?;
    Ok(Some(Instant(changed).plus_seconds(LONGEST_CARD)))
}

fn text<'v>(value: &'v Json, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}

fn candidate(kind: Kind, id: Vec<u8>, expires: Instant) -> Candidate {
    Candidate {
        kind,
        id,
        expires,
        kept_until: expires,
    }
}

fn certificate_id(authority: &str, serial: &[u8; 20]) -> Vec<u8> {
    [authority.as_bytes(), &[0], serial.as_slice()].concat()
}

fn parts(id: &[u8]) -> Result<(&str, &[u8]), Fault> {
    let wrong = || corrupt("a tombstone", "it names no certificate");
    let (rest, serial) = id.split_last_chunk::<20>().ok_or_else(wrong)?;
    let authority = rest.strip_suffix(&[0]).ok_or_else(wrong)?;
    Ok((std::str::from_utf8(authority).map_err(|_| wrong())?, serial.as_slice()))
}

fn kind(row: &Row) -> Result<Kind, Fault> {
    let word: String = row.column("kind")?;
    Kind::of(&word).ok_or_else(|| corrupt("a tombstone", word))
}

statements! {
    ENDED_CERTIFICATES = "SELECT authority, serial, not_after FROM certificate
                          WHERE sequence IS NOT NULL AND not_after <= $1 ORDER BY not_after";
    // Those of authorities' own acts hold no person. Nobody applies after the end of the certificate.
    APPLICATIONS = "SELECT c.id, c.document, c.changed_at, MAX(s.not_after) AS not_after
                    FROM office_case c LEFT JOIN status s ON s.case_id = c.id
                    WHERE c.procedure NOT IN ('certificate', 'restore', 'officer', 'organisation', 'user') AND c.changed_at <= $1
                    GROUP BY c.id, c.document, c.changed_at ORDER BY c.changed_at";
    END_OF = "SELECT not_after FROM certificate WHERE authority = $1 AND serial = $2";
    MARKS = "SELECT kind, id, expires, marked_at, erase_at FROM tombstone WHERE erased_at IS NULL ORDER BY erase_at, kind, id";
    ERASED = "SELECT kind, id FROM tombstone WHERE erased_at IS NOT NULL";
    // Those of holders; what an authority, an operator or an officer did for the house is not about a certificate's holder.
    AUDITED = "SELECT e.id, e.changed_at, c.document, MAX(s.not_after) AS not_after, MAX(i.not_after) AS issued,
                      MAX(t.expires) AS erased
               FROM (SELECT case_id AS id, MAX(at) AS changed_at FROM event
                     WHERE erased_by IS NULL AND (document LIKE '{\"procedure\":\"revocation\",%'
                         OR document LIKE '{\"procedure\":\"paper\",%' OR document LIKE '{\"procedure\":\"registration\",%'
                         OR document LIKE '{\"procedure\":\"reissue\",%'
                         OR document LIKE '{\"procedure\":\"renewal\",%' OR document LIKE '{\"procedure\":\"certificate\",%'
                         OR document LIKE '{\"procedure\":\"acquisition\",%'
                         OR document LIKE '{\"procedure\":\"pin_reset\",%')
                     GROUP BY case_id HAVING MAX(at) <= $1) e
               LEFT JOIN office_case c ON c.id = e.id
               LEFT JOIN status s ON s.case_id = e.id
               LEFT JOIN certificate i ON i.case_id = e.id
               LEFT JOIN tombstone t ON t.kind = 'application' AND t.id = e.id AND t.erased_at IS NOT NULL
               GROUP BY e.id, e.changed_at, c.document ORDER BY e.changed_at, e.id";
    YOUNGER = "SELECT 1 AS one FROM event WHERE case_id = $1 AND erased_by IS NULL AND at > $2 LIMIT 1";
    KEPT_EVENTS = "SELECT sequence FROM event WHERE case_id = $1 AND erased_by IS NULL ORDER BY sequence";
    ERASE_EVENTS = "UPDATE event SET document = '', salt = $2, erased_by = $3 WHERE case_id = $1 AND erased_by IS NULL";
    // One that was erased is there again where something was told of a case afterwards.
    MARK = "INSERT INTO tombstone (kind, id, rule, expires, kept_until, marked_at, erase_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, id) DO UPDATE SET expires = excluded.expires,
                kept_until = excluded.kept_until, marked_at = excluded.marked_at, erase_at = excluded.erase_at,
                erased_at = NULL
            WHERE tombstone.erased_at IS NOT NULL";
    UNMARK = "DELETE FROM tombstone WHERE kind = $1 AND id = $2 AND erased_at IS NULL";
    HOLD = "UPDATE tombstone SET erase_at = 253402300799 WHERE kind = $1 AND id = $2 AND erased_at IS NULL
                AND erase_at <> 253402300799";
    ERASE = "UPDATE tombstone SET erased_at = $3 WHERE kind = $1 AND id = $2 AND erased_at IS NULL AND erase_at <= $3";
    ERASE_CASE = "UPDATE office_case SET document = '{\"state\":\"erased\"}' WHERE id = $1";
    ERASE_EVIDENCE = "DELETE FROM evidence WHERE case_id = $1";
    ERASE_RECEIPT = "UPDATE receipt SET check_code = '' WHERE case_id = $1";
    ERASE_LETTERS = "DELETE FROM letter WHERE case_id = $1";
    // A letter that was never sent cannot be written any more either.
    ERASE_ERRANDS = "DELETE FROM errand WHERE case_id = $1";
    ERASE_HOLDER = "DELETE FROM certificate_holder WHERE authority = $1 AND serial = $2";
    ERASE_QUEUE = "DELETE FROM queue WHERE case_id = $1";
    // A list names nothing that cannot be opened.
    ERASE_FOLLOWED = "DELETE FROM organisation_application WHERE case_id = $1";
    ERASE_DECIDED = "DELETE FROM decided_card WHERE case_id = $1";
    ERASE_RESET = "DELETE FROM pin_reset WHERE case_id = $1";
    ERASE_CERTIFICATE = "UPDATE certificate SET der = $3, tbs = $3 WHERE authority = $1 AND serial = $2";
}

const NOTHING: &[u8] = &[];

/// `erase_at` of what was taken back: the last second that a certificate can name.
const HELD: i64 = 253_402_300_799;

/// Five years and two days, the longest that a card is valid (電子署名法施行規則6条4号), in seconds.
const LONGEST_CARD: i64 = (5 * 365 + 2) * 86_400;
