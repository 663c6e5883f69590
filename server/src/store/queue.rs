//! What waits for officers, and what they have done: lists and counts. Cases decide; this only shows where they stand.

use casework::characters::half_width;
use casework::identity::{Authority, CertificateId, OfficerId, Serial};
use casework::number::Number;
use casework::time::Instant;

use super::Store;
use super::case::corrupt;
use super::database::{Connection, Row, Statement, Value, statements, values};
use super::receipt::read_number;
use crate::fault::Fault;

/// A case as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// Which case.
    pub case: [u8; 16],
    /// The noun of its procedure.
    pub procedure: String,
    /// At which office.
    pub office: String,
    /// 受付番号, once there is one.
    pub number: Option<Number>,
    /// 申込者氏名
    pub name: String,
    /// The holder of the certificate that it is about; empty where the certificate names none.
    pub holder: String,
    /// That holder's organisation; empty where the certificate names none.
    pub company: String,
    /// The key of the reason, where there is one.
    pub ground: Option<String>,
    /// The word for the case's state.
    pub state: String,
    /// Where officers find it.
    pub shelf: Shelf,
    /// Since when it stands there.
    pub since: Instant,
    /// The end of the card that it replaces, where that is the order in which it is looked at, and `i64::MAX` where it replaces
    /// none; 0 where that is not the order.
    pub due: Instant,
    /// The officer who entered it, if one did.
    pub entered_by: Option<OfficerId>,
    /// The officer who has it, or had it until [`QueueRow::claimed_until`].
    pub claimed_by: Option<OfficerId>,
    /// Until when.
    pub claimed_until: Option<Instant>,
    /// The certificate that it is about.
    pub certificate: Option<CertificateId>,
    /// How many commits the case has seen.
    pub version: i64,
}

/// Where a case stands for officers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// 承認待ち
    Waiting,
    /// 入力中 and 差戻し: whoever enters is to go on.
    Drafts,
    /// 完了: nothing is to be done any more.
    Done,
}

/// Which cases are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueQuery {
    /// Of which office.
    pub office: String,
    /// Which of them.
    pub show: Show,
    /// A whole 受付番号, wherever its case stands; or a part of a name of applicant, holder or organisation.
    pub search: Option<String>,
    /// After this one: the last of the page before.
    pub after: Option<QueuePlace>,
    /// So many at most, 200 at the very most.
    pub limit: u32,
}

/// Which cases of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// What waits for approval, by the end of the card that it is about and then the oldest first.
    Waiting,
    /// What this officer has taken, oldest first; [`QueueRow::claimed_until`] tells whether it still holds.
    Mine(OfficerId),
    /// What is being entered or was given back, oldest first.
    Drafts,
    /// What is done, latest first.
    Done,
    /// All of them, latest first.
    All,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// As [`QueueRow::due`], in the list of what waits; 0 in the others.
    pub due: Instant,
    /// Since when the case there stands on its shelf.
    pub since: Instant,
    /// Which case.
    pub case: [u8; 16],
}

/// How much there is to do at an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueCounts {
    /// So many wait for approval.
    pub waiting: i64,
    /// The oldest of them waits since then.
    pub oldest: Option<Instant>,
    /// So many of them are taken by an officer at this moment.
    pub claimed: i64,
    /// So many are being entered or were given back.
    pub drafts: i64,
}

impl QueueRow {
    /// Where it stands in its list.
    pub const fn place(&self) -> QueuePlace {
        QueuePlace {
            due: self.due,
            since: self.since,
            case: self.case,
        }
    }
}

impl Shelf {
    const ALL: [Self; 3] = [Self::Waiting, Self::Drafts, Self::Done];

    const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Drafts => "drafts",
            Self::Done => "done",
        }
    }
}

impl Store {
    /// A page of a list.
    pub async fn queue(&self, query: &QueueQuery) -> Result<Vec<QueueRow>, Fault> {
        let mut connection = self.reader().await?;
        let office = query.office.as_str();
        let search = query.search.as_deref().map(str::trim).filter(|said| !said.is_empty());
        if let Some(number) = search.and_then(Number::parse) {
            let rows = connection.few(NUMBER, values![office, &number.to_string()]).await?;
            return rows.iter().map(read).collect();
        }
        // No name holds a NUL, and PostgreSQL takes none for a text (A36).
        if search.is_some_and(|said| said.contains('\0')) {
            return Ok(Vec::new());
        }
        let named = search.map(folded);
        let limit = i64::from(query.limit.min(LONGEST_PAGE));
        // Before every place, or after every one.
        let (due, since, case) = match (query.after, query.show) {
            (Some(place), _) => (place.due.0, place.since.0, place.case.to_vec()),
            (None, Show::Waiting | Show::Mine(_) | Show::Drafts) => (i64::MIN, i64::MIN, Vec::new()),
            (None, Show::Done | Show::All) => (i64::MAX, i64::MAX, vec![0xff; 17]),
        };
        let words = named.as_deref();
        let rows = match query.show {
            Show::Waiting => {
                let all = values![office, Shelf::Waiting.key(), since, &case, limit, due];
                narrowed(&mut connection, [DUE, DUE_NAMED], all, words).await?
            }
            Show::Drafts => {
                let all = values![office, Shelf::Drafts.key(), since, &case, limit];
                narrowed(&mut connection, [OLDEST, OLDEST_NAMED], all, words).await?
            }
            Show::Done => {
                let all = values![office, Shelf::Done.key(), since, &case, limit];
                narrowed(&mut connection, [LATEST, LATEST_NAMED], all, words).await?
            }
            Show::Mine(officer) => {
                let all = values![office, &officer.0, since, &case, limit];
                narrowed(&mut connection, [CLAIMED, CLAIMED_NAMED], all, words).await?
            }
            Show::All => {
                let all = values![office, since, &case, limit];
                narrowed(&mut connection, [EVERY, EVERY_NAMED], all, words).await?
            }
        };
        rows.iter().map(read).collect()
    }

    /// How much there is to do.
    pub async fn queue_counts(&self, office: &str, now: Instant) -> Result<QueueCounts, Fault> {
        let mut connection = self.reader().await?;
        let missing = || corrupt("the queue", "it cannot be counted");
        let [waiting, drafts] = [Shelf::Waiting, Shelf::Drafts].map(Shelf::key);
        let on_shelf = connection
            .searched(COUNT, values![office, waiting])
            .await?
            .ok_or_else(missing)?;
        let taken = connection.searched(COUNT_CLAIMED, values![office, now.0]).await?;
        let entering = connection
            .searched(COUNT, values![office, drafts])
            .await?
            .ok_or_else(missing)?;
        Ok(QueueCounts {
            waiting: on_shelf.column("cases")?,
            oldest: on_shelf.column::<Option<i64>>("oldest")?.map(Instant),
            claimed: taken.ok_or_else(missing)?.column("cases")?,
            drafts: entering.column("cases")?,
        })
    }

    /// The row of one case.
    pub async fn queue_row(&self, case: [u8; 16]) -> Result<Option<QueueRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&case]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The cases about a certificate, latest first.
    pub async fn queue_of_certificate(&self, certificate: &CertificateId) -> Result<Vec<QueueRow>, Fault> {
        let (authority, serial) = (certificate.authority.0.as_str(), certificate.serial.octets());
        let rows = self
            .reader()
            .await?
            .rows(OF_CERTIFICATE, values![authority, serial])
            .await?;
        rows.iter().map(read).collect()
    }
}

/// The row says what the case says.
pub(crate) async fn place(connection: &mut Connection, row: &QueueRow) -> Result<(), Fault> {
    let searched = [&row.name, &row.holder, &row.company]
        .map(|words| folded(words))
        .join("\n");
    let number = row.number.map(|number| number.to_string());
    let certificate = row.certificate.as_ref();
    connection
        .execute(
            PLACE,
            values![
                &row.case,
                &row.procedure,
                &row.office,
                row.shelf.key(),
                row.since.0,
                &searched,
                number.as_deref(),
                &row.name,
                &row.holder,
                &row.company,
                row.ground.as_deref(),
                &row.state,
                row.entered_by.as_ref().map(|officer| officer.0.as_slice()),
                row.claimed_by.as_ref().map(|officer| officer.0.as_slice()),
                row.claimed_until.map(|until| until.0),
                certificate.map(|certificate| certificate.authority.0.as_str()),
                certificate.map(|certificate| certificate.serial.octets().as_slice()),
                row.version,
                row.due.0,
            ],
        )
        .await
        .map(drop)
}

statements! {
    PLACE = "INSERT INTO queue (case_id, procedure, office, shelf, since, searched, number, name, holder, company, ground,
                state, entered_by, claimed_by, claimed_until, authority, serial, version, due)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
             ON CONFLICT (case_id) DO UPDATE SET shelf = $4, since = $5, searched = $6, number = $7, name = $8, holder = $9,
                company = $10, ground = $11, state = $12, entered_by = $13, claimed_by = $14, claimed_until = $15,
                authority = $16, serial = $17, version = $18, due = $19";
    ONE = "SELECT * FROM queue WHERE case_id = $1";
    OF_CERTIFICATE = "SELECT * FROM queue WHERE authority = $1 AND serial = $2 ORDER BY since DESC LIMIT 100";
    NUMBER = "SELECT * FROM queue WHERE number = $2 AND office = $1";
    DUE = "SELECT * FROM queue WHERE office = $1 AND shelf = $2 AND (due, since, case_id) > ($6, $3, $4)
           ORDER BY due, since, case_id LIMIT $5";
    DUE_NAMED = "SELECT * FROM queue WHERE case_id IN
                    (SELECT case_id FROM queue WHERE office = $1 AND shelf = $2 AND (due, since, case_id) > ($6, $3, $4)
                        AND strpos(searched, $7) > 0 ORDER BY due, since, case_id LIMIT $5)
                 ORDER BY due, since, case_id";
    OLDEST = "SELECT * FROM queue WHERE office = $1 AND shelf = $2 AND (since, case_id) > ($3, $4)
              ORDER BY since, case_id LIMIT $5";
    OLDEST_NAMED = "SELECT * FROM queue WHERE case_id IN
                       (SELECT case_id FROM queue WHERE office = $1 AND shelf = $2 AND (since, case_id) > ($3, $4)
                           AND strpos(searched, $6) > 0 ORDER BY since, case_id LIMIT $5)
                    ORDER BY since, case_id";
    LATEST = "SELECT * FROM queue WHERE office = $1 AND shelf = $2 AND (since, case_id) < ($3, $4)
              ORDER BY since DESC, case_id DESC LIMIT $5";
    LATEST_NAMED = "SELECT * FROM queue WHERE case_id IN
                       (SELECT case_id FROM queue WHERE office = $1 AND shelf = $2 AND (since, case_id) < ($3, $4)
                           AND strpos(searched, $6) > 0 ORDER BY since DESC, case_id DESC LIMIT $5)
                    ORDER BY since DESC, case_id DESC";
    EVERY = "SELECT * FROM queue WHERE office = $1 AND (since, case_id) < ($2, $3)
             ORDER BY since DESC, case_id DESC LIMIT $4";
    EVERY_NAMED = "SELECT * FROM queue WHERE case_id IN
                      (SELECT case_id FROM queue WHERE office = $1 AND (since, case_id) < ($2, $3)
                          AND strpos(searched, $5) > 0 ORDER BY since DESC, case_id DESC LIMIT $4)
                   ORDER BY since DESC, case_id DESC";
    CLAIMED = "SELECT * FROM queue WHERE claimed_by = $2 AND office = $1 AND (since, case_id) > ($3, $4)
               ORDER BY since, case_id LIMIT $5";
    CLAIMED_NAMED = "SELECT * FROM queue WHERE claimed_by = $2 AND office = $1 AND (since, case_id) > ($3, $4)
                        AND strpos(searched, $6) > 0 ORDER BY since, case_id LIMIT $5";
    COUNT = "SELECT COUNT(*) AS cases, (SELECT since FROM queue WHERE office = $1 AND shelf = $2 ORDER BY since LIMIT 1) AS oldest
             FROM queue WHERE office = $1 AND shelf = $2";
    COUNT_CLAIMED = "SELECT COUNT(*) AS cases FROM queue WHERE office = $1 AND claimed_until >= $2";
}

/// All of them, or those with these words in a name: the words are the last value.
async fn narrowed(
    connection: &mut Connection,
    [all, named]: [Statement; 2],
    values: &[Value<'_>],
    words: Option<&str>,
) -> Result<Vec<Row>, Fault> {
    match words {
        None => connection.rows(all, values).await,
        Some(words) => {
            let values = [values, values![words]].concat();
            connection.rows(named, &values).await
        }
    }
}

fn read(row: &Row) -> Result<QueueRow, Fault> {
    let shelf: String = row.column("shelf")?;
    let officer = |octets: Option<Vec<u8>>| {
        octets
            .map(|octets| octets.try_into().map(OfficerId))
            .transpose()
            .map_err(|_| corrupt("the queue", "an account has sixteen octets"))
    };
    let certificate = match (
        row.column::<Option<String>>("authority")?,
        row.column::<Option<Vec<u8>>>("serial")?,
    ) {
        (Some(authority), Some(serial)) => Some(CertificateId {
            authority: Authority(authority),
            serial: Serial::from_octets(&serial).ok_or_else(|| corrupt("serial", "zero"))?,
        }),
        _ => None,
    };
    Ok(QueueRow {
        case: row.octets("case_id")?,
        procedure: row.column("procedure")?,
        office: row.column("office")?,
        number: row
            .column::<Option<String>>("number")?
            .map(|number| read_number(&number))
            .transpose()?,
        name: row.column("name")?,
        holder: row.column("holder")?,
        company: row.column("company")?,
        ground: row.column("ground")?,
        state: row.column("state")?,
        shelf: Shelf::ALL
            .into_iter()
            .find(|known| known.key() == shelf)
            .ok_or_else(|| corrupt("shelf", shelf))?,
        since: Instant(row.column("since")?),
        due: Instant(row.column("due")?),
        entered_by: officer(row.column("entered_by")?)?,
        claimed_by: officer(row.column("claimed_by")?)?,
        claimed_until: row.column::<Option<i64>>("claimed_until")?.map(Instant),
        certificate,
        version: row.column("version")?,
    })
}

/// What is searched, as it is compared: without spaces, capitals and full-width letters.
pub(super) fn folded(words: &str) -> String {
    words
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(half_width)
        .flat_map(char::to_lowercase)
        .collect()
}

const LONGEST_PAGE: u32 = 200;

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn a_name_is_found_however_it_is_spaced_and_capitalised() {
        assert_eq!(folded("髙橋　一郎"), folded("髙橋 一郎"));
        assert_eq!(folded("ＡＢＣ Works"), "abcworks");
    }
}
