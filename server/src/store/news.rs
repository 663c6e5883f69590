//! 新着情報: what an organisation is told on its menu. A decision tells it in its own transaction.

use casework::identity::OrganisationId;
use casework::number::Number;
use casework::time::Instant;

use super::Store;
use super::case::corrupt;
use super::database::{Connection, Row, statements, values};
use crate::fault::Fault;

/// A piece of news to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNews {
    /// Fresh.
    pub id: [u8; 16],
    /// To whom.
    pub organisation: OrganisationId,
    /// Under which heading.
    pub category: Category,
    /// Its words, by what follows `news-` in the catalogues; they may hold `{ $number }`.
    pub words: &'static str,
    /// 受付番号 of what it tells of; the page of its details leads there.
    pub number: Option<Number>,
}

/// A piece of news as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewsRow {
    /// Which one.
    pub id: [u8; 16],
    /// By which case.
    pub case: [u8; 16],
    /// Under which heading.
    pub category: Category,
    /// Its words' key.
    pub words: String,
    /// 受付番号
    pub number: Option<Number>,
    /// When.
    pub at: Instant,
}

/// What a piece of news is about, as the source document names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// 利用申込
    Application,
    /// 証明書発行
    Certificate,
    /// ユーザー情報
    Account,
}

impl Category {
    /// In rows and in the catalogues, behind `news-category-`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Certificate => "certificate",
            Self::Account => "account",
        }
    }

    fn of(key: &str) -> Option<Self> {
        [Self::Application, Self::Certificate, Self::Account]
            .into_iter()
            .find(|known| known.key() == key)
    }
}

impl Store {
    /// The latest news of an organisation, the last one first.
    pub async fn news(&self, organisation: OrganisationId, most: i64) -> Result<Vec<NewsRow>, Fault> {
        let rows = self.reader().await?.few(LATEST, values![&organisation.0, most]).await?;
        rows.iter().map(read).collect()
    }

    /// What an organisation was told of a case, the last one first.
    pub async fn news_of_case(&self, organisation: OrganisationId, case: [u8; 16]) -> Result<Vec<NewsRow>, Fault> {
        let values = values![&organisation.0, &case];
        let rows = self.reader().await?.few(OF_CASE, values).await?;
        rows.iter().map(read).collect()
    }

    /// One piece of it. That of another organisation is not there (A17).
    pub async fn one_news(&self, organisation: OrganisationId, id: [u8; 16]) -> Result<Option<NewsRow>, Fault> {
        let row = self.reader().await?.row(ONE, values![&organisation.0, &id]).await?;
        row.as_ref().map(read).transpose()
    }
}

/// Tells it.
pub(crate) async fn tell(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &NewNews,
    at: Instant,
) -> Result<(), Fault> {
    let number = new.number.map(|number| number.to_string());
    connection
        .execute(
            TELL,
            values![
                &new.id,
                &new.organisation.0,
                case,
                new.category.key(),
                new.words,
                number.as_deref(),
                at.0
            ],
        )
        .await?;
    Ok(())
}

statements! {
    TELL = "INSERT INTO news (id, organisation, case_id, category, words, number, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LATEST = "SELECT id, case_id, category, words, number, at FROM news WHERE organisation = $1
              ORDER BY at DESC, id LIMIT $2";
    OF_CASE = "SELECT id, case_id, category, words, number, at FROM news WHERE case_id = $2 AND organisation = $1
               ORDER BY at DESC, id";
    ONE = "SELECT id, case_id, category, words, number, at FROM news WHERE organisation = $1 AND id = $2";
}

fn read(row: &Row) -> Result<NewsRow, Fault> {
    let category: String = row.column("category")?;
    let number = row.column::<Option<String>>("number")?;
    Ok(NewsRow {
        id: row.octets("id")?,
        case: row.octets("case_id")?,
        category: Category::of(&category).ok_or_else(|| corrupt("news", category))?,
        words: row.column("words")?,
        number: number
            .map(|number| Number::parse(&number).ok_or_else(|| corrupt("news", number)))
            .transpose()?,
        at: Instant(row.column("at")?),
    })
}
