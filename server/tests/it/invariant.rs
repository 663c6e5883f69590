//! The invariants of THREATS as predicates over the database, asked in SQL of their own and not by way of the store.

use pki::certificate::Certificate;
use server::desk::{Actor, CaseId, Desk, Done, Failure, Procedure};
use server::store::{Audit, EventRow, Store, StoreAddress};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use std::path::Path;

use crate::house::House;

/// Every predicate holds.
pub(crate) async fn hold(house: &House) {
    assert_eq!(broken(house.store(), &house.place.address).await, Vec::<String>::new());
}

/// The predicates that do not hold, by their sentences.
pub(crate) async fn broken(store: &Store, address: &StoreAddress) -> Vec<String> {
    let mut broken = Vec::new();
    let mut asked = Asked::open(address).await;
    for (sentence, violations) in PREDICATES {
        if asked.count(violations).await != 0 {
            broken.push((*sentence).to_owned());
        }
    }
    if !matches!(store.audit(None).await, Ok(Audit::Whole { .. })) {
        broken.push(AUDIT.to_owned());
    }
    for (tbs, der) in asked.signed().await {
        let certificate = Certificate::parse(&der).unwrap();
        if certificate.to_be_signed() != tbs {
            broken.push(SIGNED.to_owned());
        }
    }
    broken
}

/// Asks the desk, as everybody does, and sees that what it did or refused left its event (R15, DOMAIN §2.5): each commit
/// one that tells the state before and after, each refusal one that names the rule. Every test that changes a case of any
/// procedure asks through this.
pub(crate) async fn told<P: Procedure>(
    desk: &Desk,
    actor: &Actor<'_>,
    case: CaseId<P>,
    command: &P::Command,
) -> Result<Done<P>, Failure> {
    let events = async || desk.store().events(case.octets()).await;
    let (Ok(before), Ok(known)) = (desk.standing(case).await, events().await) else {
        // A storage that fails on purpose answers nothing.
        return desk.perform(actor, case, command).await;
    };
    let outcome = desk.perform(actor, case, command).await;
    let Ok(mut all) = events().await else { return outcome };
    let new = all.split_off(known.len());
    let says = |event: &EventRow, name: &str| {
        let document: serde_json::Value = serde_json::from_str(&event.document).unwrap();
        document[name].as_str().unwrap_or_default().to_owned()
    };
    match &outcome {
        // A repeated submit is answered again, and nothing was done.
        Ok(done) if done.version == before.version => {}
        Ok(done) => {
            let after = P::state(&done.case);
            assert!(
                new.iter()
                    .any(|event| says(event, "after") == after && says(event, "procedure") == P::NOUN),
                "{command:?} left no event: {new:?}"
            );
        }
        Err(Failure::Refused(refusal)) => assert!(
            new.iter().any(|event| event.name == P::word(command)
                && event.refusal.as_deref().is_some_and(|rule| !rule.is_empty())
                && says(event, "before") == says(event, "after")),
            "{command:?} was refused by {refusal:?}, and no event says so: {new:?}"
        ),
        Err(Failure::Fault(_)) => {}
    }
    outcome
}

/// Changes the database behind the product's back.
pub(crate) async fn tamper(address: &StoreAddress, sql: &str) {
    match address {
        StoreAddress::Sqlite(path) => sqlite(path).execute_batch(sql).unwrap(),
        StoreAddress::Postgres(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
        }
    }
}

/// A number that the database is asked for.
pub(crate) async fn count(address: &StoreAddress, sql: &str) -> i64 {
    Asked::open(address).await.count(sql).await
}

/// The database as others open it.
enum Asked {
    Sqlite(rusqlite::Connection),
    Postgres(PgConnection),
}

impl Asked {
    async fn open(address: &StoreAddress) -> Self {
        match address {
            StoreAddress::Sqlite(path) => Self::Sqlite(sqlite(path)),
            StoreAddress::Postgres(url) => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    async fn count(&mut self, sql: &str) -> i64 {
        match self {
            Self::Sqlite(connection) => connection.query_row(sql, (), |row| row.get(0)).unwrap(),
            Self::Postgres(connection) => sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
                .fetch_one(connection)
                .await
                .unwrap(),
        }
    }

    /// What was intended and what was signed, of every bound certificate.
    async fn signed(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let sql = "SELECT tbs, der FROM certificate WHERE der IS NOT NULL";
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).unwrap();
                let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(sql).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
        }
    }
}

/// As others open it: what it refers to must be there.
fn sqlite(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

pub(crate) const AUDIT: &str = "I5 the audit is one whole chain";
pub(crate) const SIGNED: &str = "I2 what was signed is what was intended";

/// Each sentence, and the query that counts what speaks against it.
pub(crate) const PREDICATES: &[(&str, &str)] = &[
    (
        "I1 the revocation sequence has no gap",
        "SELECT COUNT(*) FROM counter WHERE name = 'revoked' AND (value <> (SELECT COUNT(*) FROM status)
            OR value <> (SELECT COALESCE(MAX(sequence), 0) FROM status))",
    ),
    (
        "I1 every accepted application has its revoked row",
        "SELECT COUNT(*) FROM office_case c WHERE c.state = 'revoked'
            AND NOT EXISTS (SELECT 1 FROM status s WHERE s.case_id = c.id)",
    ),
    (
        "I1 every receipt is of a revocation, or of what an office took",
        "SELECT COUNT(*) FROM receipt r WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.case_id = r.case_id)
            AND NOT EXISTS (SELECT 1 FROM office_case c WHERE c.id = r.case_id AND c.procedure IN ('paper', 'registration', 'renewal', 'reissue', 'pin_reset'))",
    ),
    (
        "A14 a citizen's card counts as often as a reset of it was confirmed",
        "SELECT COUNT(*) FROM citizen_card k WHERE k.counter <> (SELECT COUNT(*) FROM pin_reset p
            JOIN office_case c ON c.id = p.case_id WHERE p.card = k.number AND c.state = 'used')",
    ),
    (
        "G-S3 what holds a card's place is a case of that card that stands there",
        "SELECT COUNT(*) FROM reserved_card r WHERE NOT EXISTS (SELECT 1 FROM pin_reset p JOIN office_case c ON c.id = p.case_id
            WHERE p.case_id = r.case_id AND p.card = r.card AND (r.place = 'open' AND c.state = 'proved'
                OR r.place = 'reserved' AND c.state IN ('reserved', 'announced')))",
    ),
    (
        "I2 every revoked row was authorised by a case",
        "SELECT COUNT(*) FROM status s WHERE NOT EXISTS
            (SELECT 1 FROM office_case c WHERE c.id = s.case_id AND c.state = 'revoked')
         AND NOT EXISTS
            (SELECT 1 FROM terminal_grant g JOIN terminal_certificate t ON t.office = g.office AND t.division = g.division
                 AND t.device = g.device AND t.name = g.name
             WHERE g.id = s.case_id AND s.reason = 4 AND t.authority = s.authority AND t.serial = s.serial)",
    ),
    (
        "I2 every bound certificate was intended by a case, and no unbound one has a signature",
        "SELECT COUNT(*) FROM certificate k WHERE (k.der IS NULL) <> (k.sequence IS NULL) OR NOT EXISTS
            (SELECT 1 FROM office_case c WHERE c.id = k.case_id
                AND c.state IN ('intended', 'issued', 'revoked') AND (c.state = 'intended') = (k.der IS NULL))",
    ),
    (
        "I4 every accepted application has its signature, its text and its receipt",
        "SELECT COUNT(*) FROM office_case c WHERE c.procedure = 'revocation' AND c.state = 'revoked' AND
            (NOT EXISTS (SELECT 1 FROM receipt r WHERE r.case_id = c.id)
             OR NOT EXISTS (SELECT 1 FROM evidence s JOIN evidence t ON t.case_id = s.case_id AND t.digest = s.digest
                            WHERE s.case_id = c.id AND s.kind = 'signature' AND t.kind = 'text'))",
    ),
    (
        "I4 what was revoked on paper has its content, its files and the signatures of two",
        "SELECT COUNT(*) FROM office_case c WHERE c.procedure = 'paper' AND c.state = 'revoked' AND
            (NOT EXISTS (SELECT 1 FROM evidence e WHERE e.case_id = c.id AND e.kind = 'content')
             OR NOT EXISTS (SELECT 1 FROM evidence e WHERE e.case_id = c.id AND e.kind = 'file')
             OR (SELECT COUNT(*) FROM evidence s JOIN evidence t ON t.case_id = s.case_id AND t.digest = s.digest
                 WHERE s.case_id = c.id AND s.kind = 'signature' AND t.kind = 'text') < 2)",
    ),
    (
        "I4 the queue says what the cases say",
        "SELECT COUNT(*) FROM queue q WHERE NOT EXISTS
            (SELECT 1 FROM office_case c WHERE c.id = q.case_id AND c.state = q.state AND c.version = q.version)",
    ),
    (
        "I4 every accepted application queued each of its letters once",
        "SELECT COUNT(*) FROM office_case c WHERE c.procedure = 'revocation' AND c.state = 'revoked' AND
            (SELECT COUNT(*) FROM errand e WHERE e.case_id = c.id AND e.name IN ('accepted', 'revoked', 'refund')) <> 3",
    ),
    (
        "I4 a case is decided once",
        "SELECT COUNT(*) FROM (SELECT case_id FROM event WHERE document LIKE '%\"event\":\"revoked\"%'
            GROUP BY case_id HAVING COUNT(*) > 1) twice",
    ),
    (
        "I4 a renewal is decided once",
        "SELECT COUNT(*) FROM (SELECT case_id FROM event WHERE document LIKE '{\"procedure\":\"renewal\",%' AND
                (document LIKE '%\"event\":\"renewed\"%' OR document LIKE '%\"event\":\"denied\"%'
                 OR document LIKE '%\"event\":\"withdrawn\"%' OR document LIKE '%\"event\":\"lapsed\"%')
            GROUP BY case_id HAVING COUNT(*) > 1) twice",
    ),
    (
        "I4 a registration has one card, and every other one that it had is replaced",
        "SELECT COUNT(*) FROM registration r WHERE
            (SELECT COUNT(*) FROM registered_card b WHERE b.registration = r.id AND b.until_at IS NULL
                AND b.card = r.card AND b.office = r.office) <> 1
            OR (SELECT COUNT(*) FROM registered_card b WHERE b.registration = r.id AND b.until_at IS NULL) <> 1",
    ),
    (
        "I4 a renewal that is held or given back has its two cards to itself, and no other case has any",
        "SELECT COUNT(*) FROM office_case c WHERE c.procedure = 'renewal' AND
            (SELECT COUNT(*) FROM occupied_card o WHERE o.case_id = c.id)
            <> CASE WHEN c.state IN ('held', 'returned') THEN 2 ELSE 0 END",
    ),
    (
        "I4 a reissue that is open has its terminals to itself, and no other case has any",
        "SELECT COUNT(*) FROM office_case c WHERE c.procedure = 'reissue' AND
            ((SELECT COUNT(*) FROM occupied_terminal o WHERE o.case_id = c.id) > 0)
            <> (c.state IN ('received', 'examining', 'returned', 'approved'))",
    ),
    (
        "I4 the mornings that are awaited are those of approved reissues",
        "SELECT COUNT(*) FROM office_case c WHERE c.procedure = 'reissue' AND
            (EXISTS (SELECT 1 FROM awaited_morning m WHERE m.case_id = c.id)) <> (c.state = 'approved')",
    ),
    (
        "I4 a reissue is decided once and done once",
        "SELECT COUNT(*) FROM (SELECT case_id FROM event WHERE document LIKE '{\"procedure\":\"reissue\",%' AND
                (document LIKE '%\"event\":\"accepted\"%' OR document LIKE '%\"event\":\"denied\"%'
                 OR document LIKE '%\"event\":\"withdrawn\"%') GROUP BY case_id HAVING COUNT(*) > 1) twice",
    ),
    (
        "I2 a reissue that is done has one grant for each of its terminals, and one letter that says so",
        "SELECT COUNT(*) FROM office_case c WHERE c.procedure = 'reissue' AND
            ((SELECT COUNT(*) FROM errand e WHERE e.case_id = c.id AND e.name = 'reissue_completed')
                <> CASE WHEN c.state = 'reissued' THEN 1 ELSE 0 END
             OR (c.state = 'reissued' AND NOT EXISTS (SELECT 1 FROM terminal_grant g WHERE g.application = c.id)))",
    ),
    (
        "I6 lists never go back",
        "SELECT COUNT(*) FROM crl a JOIN crl b ON b.authority = a.authority AND b.shard = a.shard AND b.number > a.number
            WHERE a.sequence > b.sequence OR a.this_update > b.this_update",
    ),
    (
        "I6 no list is made from a revocation that never was",
        "SELECT COUNT(*) FROM crl WHERE sequence > (SELECT value FROM counter WHERE name = 'revoked')",
    ),
];
