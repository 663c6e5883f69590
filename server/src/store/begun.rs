//! Applications of holders that a program began: whose program it is, and what was read before the card was shown.

use casework::identity::{Digest, OfficerId};
use casework::time::Instant;
use wire::office::Language;

use super::Store;
use super::case::corrupt;
use super::database::{statements, values};
use crate::fault::Fault;

/// An application that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BegunRow {
    /// Which case it is, or will be.
    pub(crate) case: [u8; 16],
    /// Whose program.
    pub(crate) officer: OfficerId,
    /// At which office.
    pub(crate) office: String,
    /// In which language.
    pub(crate) language: Language,
    /// 手続きの流れ, as it was read.
    pub(crate) flow: Digest,
    /// 利用規約, as it was read.
    pub(crate) terms: Digest,
    /// What the card is to answer.
    pub(crate) nonce: [u8; 32],
    /// When.
    pub(crate) at: Instant,
}

/// A registration or a renewal at an ordering body that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BegunWithCard {
    /// Which case it is, or will be.
    pub(crate) case: [u8; 16],
    /// Whose program.
    pub(crate) officer: OfficerId,
    /// At which office.
    pub(crate) office: String,
    /// The noun of its procedure.
    pub(crate) procedure: String,
    /// Whether it is 変更, and not 登録.
    pub(crate) change: bool,
    /// In which language.
    pub(crate) language: Language,
    /// Of which follows what the cards are to answer.
    pub(crate) nonce: [u8; 32],
    /// When.
    pub(crate) at: Instant,
}

impl Store {
    /// Begins one. What is there under this id stays.
    pub(crate) async fn begin_by_program(&self, row: BegunRow) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row = values![
                        &row.case,
                        &row.officer.0,
                        &row.office,
                        row.language.tag(),
                        &row.flow.0,
                        &row.terms.0,
                        &row.nonce,
                        row.at.0,
                    ];
                    connection.execute(BEGIN, row).await.map(drop)
                })
            })
            .await
    }

    /// One of them.
    pub(crate) async fn begun_by_program(&self, case: [u8; 16]) -> Result<Option<BegunRow>, Fault> {
        let Some(row) = self.reader().await?.row(LOAD, values![&case]).await? else {
            return Ok(None);
        };
        let language: String = row.column("language")?;
        Ok(Some(BegunRow {
            case: row.octets("case_id")?,
            officer: OfficerId(row.octets("officer")?),
            office: row.column("office")?,
            language: Language::from_tag(&language).ok_or_else(|| corrupt("a language", &language))?,
            flow: Digest(row.octets("flow")?),
            terms: Digest(row.octets("terms")?),
            nonce: row.octets("nonce")?,
            at: Instant(row.column("at")?),
        }))
    }

    /// Begins a registration or a renewal. What is there under this id stays.
    pub(crate) async fn begin_with_card(&self, row: BegunWithCard) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row = values![
                        &row.case,
                        &row.officer.0,
                        &row.office,
                        &row.procedure,
                        i64::from(row.change),
                        row.language.tag(),
                        &row.nonce,
                        row.at.0,
                    ];
                    connection.execute(BEGIN_WITH_CARD, row).await.map(drop)
                })
            })
            .await
    }

    /// One of them.
    pub(crate) async fn begun_with_card(&self, case: [u8; 16]) -> Result<Option<BegunWithCard>, Fault> {
        let Some(row) = self.reader().await?.row(LOAD_WITH_CARD, values![&case]).await? else {
            return Ok(None);
        };
        let language: String = row.column("language")?;
        Ok(Some(BegunWithCard {
            case: row.octets("case_id")?,
            officer: OfficerId(row.octets("officer")?),
            office: row.column("office")?,
            procedure: row.column("procedure")?,
            change: row.column::<i64>("change")? != 0,
            language: Language::from_tag(&language).ok_or_else(|| corrupt("a language", &language))?,
            nonce: row.octets("nonce")?,
            at: Instant(row.column("at")?),
        }))
    }

    /// Forgets those that were begun before and never became a case.
    pub(crate) async fn forget_begun(&self, before: Instant) -> Result<u64, Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let one = connection.execute(FORGET, values![before.0]).await?;
                    let other = connection.execute(FORGET_WITH_CARD, values![before.0]).await?;
                    Ok(one + other)
                })
            })
            .await
    }
}

statements! {
    BEGIN = "INSERT INTO begun (case_id, officer, office, language, flow, terms, nonce, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    LOAD = "SELECT case_id, officer, office, language, flow, terms, nonce, at FROM begun WHERE case_id = $1";
    FORGET = "DELETE FROM begun WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM office_case WHERE office_case.id = begun.case_id)";
    BEGIN_WITH_CARD = "INSERT INTO begun_with_card (case_id, officer, office, procedure, change, language, nonce, at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    LOAD_WITH_CARD = "SELECT case_id, officer, office, procedure, change, language, nonce, at FROM begun_with_card
                      WHERE case_id = $1";
    FORGET_WITH_CARD = "DELETE FROM begun_with_card WHERE at < $1
                        AND NOT EXISTS (SELECT 1 FROM office_case WHERE office_case.id = begun_with_card.case_id)";
}
