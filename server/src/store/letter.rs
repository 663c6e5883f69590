//! Letters for which there is no mail address: they wait until an officer has printed them.

use casework::identity::OfficerId;
use casework::time::Instant;
use wire::office::Language;

use super::Store;
use super::case::{corrupt, read_language};
use super::database::{Row, statements, values};
use super::event::{self, NewEvent};
use crate::fault::Fault;

/// A letter to be printed and posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterRow {
    /// That of the errand that wrote it.
    pub id: [u8; 16],
    /// Of which case.
    pub case: [u8; 16],
    /// Of which office.
    pub office: String,
    /// In which language it is written.
    pub language: Language,
    /// 郵便番号, seven digits.
    pub postal_code: String,
    /// 住所
    pub address: String,
    /// To whom.
    pub name: String,
    /// What it is about.
    pub subject: String,
    /// Its lines, each ended with LF.
    pub body: String,
    /// When it was written.
    pub made_at: Instant,
    /// When it was printed, and by whom; `None` while it waits.
    pub printed: Option<(Instant, OfficerId)>,
}

impl Store {
    /// Keeps a letter to be printed. The same one again changes nothing.
    pub async fn keep_letter(&self, letter: LetterRow) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(
                            KEEP,
                            values![
                                &letter.id,
                                &letter.case,
                                &letter.office,
                                letter.language.tag(),
                                &letter.postal_code,
                                &letter.address,
                                &letter.name,
                                &letter.subject,
                                &letter.body,
                                letter.made_at.0,
                            ],
                        )
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// The letters of an office that wait to be printed, oldest first, a hundred at most.
    pub async fn letters_to_print(&self, office: &str) -> Result<Vec<LetterRow>, Fault> {
        let rows = self.reader().await?.rows(WAITING, values![office]).await?;
        rows.iter().map(read).collect()
    }

    /// The letters of a case, oldest first.
    pub async fn letters_of(&self, case: [u8; 16]) -> Result<Vec<LetterRow>, Fault> {
        let rows = self.reader().await?.few(OF_CASE, values![&case]).await?;
        rows.iter().map(read).collect()
    }

    /// A letter.
    pub async fn letter(&self, id: [u8; 16]) -> Result<Option<LetterRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&id]).await?;
        row.as_ref().map(read).transpose()
    }

    /// It was printed; said once, and the audit of its case says it too.
    pub(crate) async fn print_letter(
        &self,
        letter: &LetterRow,
        by: OfficerId,
        now: Instant,
        event: NewEvent,
    ) -> Result<(), Fault> {
        let (id, case) = (letter.id, letter.case);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.execute(PRINTED, values![&id, now.0, &by.0]).await? == 0 {
                        return Ok(());
                    }
                    event::append(connection, &case, &event, now).await
                })
            })
            .await
    }
}

statements! {
    KEEP = "INSERT INTO letter (id, case_id, office, language, postal_code, address, name, subject, body, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING";
    WAITING = "SELECT * FROM letter WHERE office = $1 AND printed_at IS NULL ORDER BY made_at, id LIMIT 100";
    OF_CASE = "SELECT * FROM letter WHERE case_id = $1 ORDER BY made_at, id";
    ONE = "SELECT * FROM letter WHERE id = $1";
    PRINTED = "UPDATE letter SET printed_at = $2, printed_by = $3 WHERE id = $1 AND printed_at IS NULL";
}

fn read(row: &Row) -> Result<LetterRow, Fault> {
    let by = row
        .column::<Option<Vec<u8>>>("printed_by")?
        .map(|octets| octets.try_into().map(OfficerId))
        .transpose()
        .map_err(|_| corrupt("a letter", "an account has sixteen octets"))?;
    let at = row.column::<Option<i64>>("printed_at")?.map(Instant);
    Ok(LetterRow {
        id: row.octets("id")?,
        case: row.octets("case_id")?,
        office: row.column("office")?,
        language: read_language(&row.column::<String>("language")?)?,
        postal_code: row.column("postal_code")?,
        address: row.column("address")?,
        name: row.column("name")?,
        subject: row.column("subject")?,
        body: row.column("body")?,
        made_at: Instant(row.column("made_at")?),
        printed: at.zip(by),
    })
}
