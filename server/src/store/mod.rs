//! The store: everything that this house remembers, on SQLite or on PostgreSQL.
//!
//! One noun, one file. Reading goes to the database directly; everything that is written goes through one task
//! (`writer.rs`) that owns the transaction. The store is concrete: there is nothing to put in its place.

mod acquisition;
mod alarm;
mod audit;
mod begun;
mod bid;
mod calendar;
mod card;
mod card_request;
mod case;
mod certificate;
mod citizen_card;
mod crl;
mod database;
mod draft;
mod errand;
mod event;
mod evidence;
mod expiry;
mod follow;
mod holder;
mod idempotency;
mod key;
mod kiosk;
mod letter;
mod migration;
mod news;
mod occupancy;
mod office;
mod officer;
mod organisation;
mod paper;
mod passkey;
mod pin_reset;
mod proof;
mod queue;
mod receipt;
mod register;
mod registration;
mod reissue;
mod renewal;
mod replay;
mod retention;
mod review;
mod revocation;
mod rights;
mod sealing;
mod session;
mod snapshot;
mod sqlite;
mod status;
mod terminal;
mod token;
mod transaction;
mod trust;
mod unblock;
mod user;
mod writer;

use casework::identity::CertificateId;
use casework::number::Number;
use std::path::Path;
use std::sync::Arc;

pub use acquisition::{NewGrant, NewTerminalCertificate, TerminalCertificateRow};
pub(crate) use acquisition::{
    from_document as acquisition_case, state as acquisition_state, to_document as acquisition_document,
};
pub use alarm::{AlarmRow, OperatorMail};
pub use audit::{Content, EventRecord, EvidenceRow, SignedHead};
pub(crate) use begun::{BegunRow, BegunWithCard};
pub use bid::{BidRow, BidderOf};
pub use calendar::HolidaysImported;
pub use card::CardRow;
pub use card_request::{ANSWERED, CardRequestRow, CardRequestState, Claimed};
pub use case::{CaseRow, Commit, Document, Write};
pub use certificate::CertificateRow;
pub(crate) use certificate::{
    from_document as certificate_case, reason_key, state as certificate_state, to_document as certificate_document,
};
pub use citizen_card::{CitizenCardRow, CountedCard};
pub use crl::CrlRow;
use database::{Connection, Database};
pub use database::{NotAStore, StoreAddress};
pub use draft::{DraftKey, DraftRow};
pub use errand::{Errand, ErrandRow, NewErrand, Outbox, UserLetter};
pub(crate) use errand::{
    acquisition_letter_key, letter_key, officer_letter_key, paper_letter_key, pin_reset_letter_key,
    registration_letter_key, reissue_letter_key, renewal_letter_key, user_letter_key,
};
pub use event::{Audit, EventRow, NewEvent};
pub use evidence::{EvidenceKind, NewEvidence};
use follow::Begun;
pub use follow::{Behind, Committed};
pub(crate) use idempotency::Repeat;
pub use key::{KeyPurpose, KeyRow};
pub use kiosk::KioskRow;
pub use letter::LetterRow;
pub(crate) use migration::knows as knows_migration;
pub use news::{Category, NewNews, NewsRow};
pub(crate) use occupancy::occupancy;
pub use office::{OfficeChange, OfficeRow, OfficeVersion};
pub use officer::{OfficerRow, OfficerState, Registered};
pub(crate) use officer::{
    from_document as officer_case, roles_text, state as officer_state, to_document as officer_document,
};
pub use organisation::{HeldTerminal, OrganisationRow};
pub(crate) use organisation::{
    from_document as organisation_case, state as organisation_state, to_document as organisation_document,
};
pub(crate) use paper::{from_document as paper_case, state as paper_state, to_document as paper_document};
pub use passkey::PasskeyRow;
pub use pin_reset::{CardCases, CardPlace, HaltedCard, LettersRow, PinResetRow, PinResetWrite};
pub(crate) use pin_reset::{
    from_document as pin_reset_case, state as pin_reset_state, to_document as pin_reset_document,
};
pub(crate) use proof::is_registration_password;
pub use proof::{LetterCode, Proof, Proved, registration_password};
pub use queue::{QueueCounts, QueuePlace, QueueQuery, QueueRow, Shelf, Show};
pub use receipt::{NewReceipt, ReceiptRow};
pub use register::{Imported, RegisterChange, RegisterRow, RegisterVersion};
pub use registration::{NewBinding, NewContact, NewRegistration, Occupied, RegisteredCard, RegistrationRow};
pub(crate) use registration::{
    from_document as registration_case, state as registration_state, to_document as registration_document,
};
pub use reissue::{AwaitedMorning, OccupiedTerminals};
pub(crate) use reissue::{from_document as reissue_case, state as reissue_state, to_document as reissue_document};
pub(crate) use renewal::{from_document as renewal_case, state as renewal_state, to_document as renewal_document};
pub(crate) use replay::journal_keys;
pub use replay::{Bounds, JournalIs, Replayed, replay};
pub use retention::{Candidate, Gone, Tombstone};
pub(crate) use revocation::{
    from_document as revocation_case, state as revocation_state, to_document as revocation_document,
};
pub use rights::Voided;
pub use session::{SessionFact, SessionRow};
pub(crate) use snapshot::{Loading, Snapshot};
pub use status::{NewStatus, StatusRow};
pub use terminal::{ImportedTerminals, NewTerminal, TerminalRow};
pub use token::TokenRow;
pub(crate) use token::{Making, scopes_text};
pub(crate) use transaction::{Beginning, HandedOut, TransactionRow, TransactionState};
pub use trust::{TrustedListRow, TrustedListTimes};
pub use user::{RegisteredUser, UserRow, UserState};
pub(crate) use user::{from_document as user_case, state as user_state, to_document as user_document};
pub use writer::STORAGE_FAILED;

use crate::audit::heads::{Heads, HeadsFault};
use crate::chance::Chance;
use crate::fault::Fault;
use crate::journal::{Journal, JournalFault};

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    writer: writer::Writer,
    /// Where journal and heads lie.
    data: Arc<Path>,
}

/// Why a store is not opened. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The journal beside it is not as this node wrote it.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// Database and journal do not agree.
    #[error(transparent)]
    Behind(#[from] Behind),
    /// The audit and the heads that this node has signed do not agree.
    #[error(transparent)]
    Audit(#[from] HeadsFault),
    /// It is of a later version of this program, or its migrations were changed.
    #[error(
        "the database does not fit this program: {0}. Serve it with the version that served it last, or a later one"
    )]
    Schema(String),
    /// PostgreSQL would acknowledge what is not on its disk.
    #[error("PostgreSQL runs with {setting} = off: a crash would lose what was acknowledged. Switch it on")]
    NotDurable {
        /// Which setting.
        setting: &'static str,
    },
    /// It does not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a commit came to nothing: the database moved on since it was decided upon. Load, and decide again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// Another commit changed this case, or this row, meanwhile.
    #[error("it was changed meanwhile")]
    Moved,
    /// The certificate is revoked already.
    #[error("the certificate is revoked already")]
    Revoked,
    /// The receipt number is taken: draw another one.
    #[error("the receipt number is taken")]
    Number,
    /// The serial number is taken.
    #[error("the serial number is taken")]
    Serial,
    /// A later list of this shard was made.
    #[error("a later list was made")]
    Older,
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Store {
    /// Opens the store, migrates it, and compares it with the journal in `data`; on PostgreSQL every node has its own.
    /// What a crash left between a commit and the journal is entered now. Nothing is served if they do not agree.
    pub async fn open(address: &StoreAddress, data: &Path, chance: &Chance) -> Result<Self, OpenFault> {
        Self::open_with(address, data, chance, Begun::WithTheStore).await
    }

    /// Opens the store beside a running server, for one command: with a journal of its own in `data`, so that what the
    /// command acknowledges is journalled before, too. The server hears of it within its next round.
    pub async fn open_beside(address: &StoreAddress, data: &Path, chance: &Chance) -> Result<Self, OpenFault> {
        Self::open_with(address, data, chance, Begun::AtAnyTime).await
    }

    async fn open_with(address: &StoreAddress, data: &Path, chance: &Chance, begun: Begun) -> Result<Self, OpenFault> {
        let journal = Journal::open(data, chance)?;
        let database = Database::open(address).await?;
        migration::migrate(&database).await?;
        let mut connection = database.writer().await?;
        refuse_unless_durable(&mut connection).await?;
        follow::reconcile(&journal, &mut connection, begun).await?;
        let heads = Heads::open(data, chance)?;
        compare_audit(&heads, &mut connection).await?;
        calendar::ship(&mut connection, &crate::calendar::shipped()).await?;
        let follower = follow::Follower::begin(journal, &mut connection).await?;
        drop(connection);
        let writer = writer::Writer::start(database.clone(), follower, heads)?;
        Ok(Self {
            database,
            writer,
            data: data.into(),
        })
    }

    /// Tells `each` everything that was ever issued and revoked, and from then on every commit before it is
    /// acknowledged, on this node or on another. `each` must not wait.
    pub async fn follow(&self, each: impl FnMut(&Committed) + Send + 'static) -> Result<(), Fault> {
        self.writer.subscribe(Box::new(each)).await
    }

    /// Changes, some times a second, each time everything that was committed anywhere had been told to the followers:
    /// a change that stays out says that this node knows no more than it knew.
    pub fn follows(&self) -> tokio::sync::watch::Receiver<u64> {
        self.writer.follows()
    }

    /// Since when a certificate is revoked, and by which application, if any.
    pub async fn status(&self, certificate: &CertificateId) -> Result<Option<(StatusRow, Option<Number>)>, Fault> {
        status::of(&mut self.reader().await?, certificate).await
    }

    /// Whether the database answers and takes a transaction: what `/readyz` asks.
    pub async fn is_ready(&self) -> Result<(), Fault> {
        self.writer.write(|_| Box::pin(async { Ok(()) })).await
    }

    /// Prepares every statement of this program. A test calls it on both databases.
    pub async fn prepare_all(&self) -> Result<usize, Fault> {
        let mut connection = self.reader().await?;
        let mut prepared = 0;
        for statements in [
            acquisition::STATEMENTS,
            alarm::STATEMENTS,
            audit::STATEMENTS,
            begun::STATEMENTS,
            bid::STATEMENTS,
            calendar::STATEMENTS,
            card::STATEMENTS,
            card_request::STATEMENTS,
            case::STATEMENTS,
            certificate::STATEMENTS,
            citizen_card::STATEMENTS,
            crl::STATEMENTS,
            draft::STATEMENTS,
            errand::STATEMENTS,
            event::STATEMENTS,
            evidence::STATEMENTS,
            expiry::STATEMENTS,
            follow::STATEMENTS,
            holder::STATEMENTS,
            idempotency::STATEMENTS,
            key::STATEMENTS,
            kiosk::STATEMENTS,
            letter::STATEMENTS,
            migration::STATEMENTS,
            news::STATEMENTS,
            occupancy::STATEMENTS,
            office::STATEMENTS,
            officer::STATEMENTS,
            organisation::STATEMENTS,
            passkey::STATEMENTS,
            pin_reset::STATEMENTS,
            queue::STATEMENTS,
            proof::STATEMENTS,
            receipt::STATEMENTS,
            register::STATEMENTS,
            registration::STATEMENTS,
            reissue::STATEMENTS,
            replay::STATEMENTS,
            rights::STATEMENTS,
            retention::STATEMENTS,
            sealing::STATEMENTS,
            session::STATEMENTS,
            snapshot::STATEMENTS,
            status::STATEMENTS,
            terminal::STATEMENTS,
            token::STATEMENTS,
            transaction::STATEMENTS,
            trust::STATEMENTS,
            unblock::STATEMENTS,
            user::STATEMENTS,
            writer::STATEMENTS,
        ] {
            for statement in statements {
                connection.prepare(*statement).await?;
                prepared += 1;
            }
        }
        if matches!(self.database, Database::Postgres(_)) {
            connection.prepare(errand::TAKE_UNLOCKED).await?;
            prepared += 1;
        }
        Ok(prepared)
    }

    /// Finishes what was asked, and lets go of the database and of the journal. Every clone is closed with it.
    pub async fn close(&self) {
        self.writer.close().await;
        self.database.close().await;
    }

    async fn reader(&self) -> Result<Connection, Fault> {
        self.database.reader().await
    }
}

/// The audit's tree is there, and it is the one of which this node signed heads.
async fn compare_audit(heads: &Heads, connection: &mut Connection) -> Result<(), OpenFault> {
    if !audit::is_planted(connection).await? {
        writer::begin(connection).await?;
        audit::planted(connection).await?;
        connection.command("COMMIT").await?;
    }
    Ok(audit::compare(heads, connection).await??)
}

/// The promise of the acknowledgement is worth what the database's own is.
async fn refuse_unless_durable(connection: &mut Connection) -> Result<(), OpenFault> {
    if let Connection::Postgres(_) = connection {
        for (setting, show) in [
            ("fsync", database::Statement("SHOW fsync")),
            ("synchronous_commit", database::Statement("SHOW synchronous_commit")),
        ] {
            let row = connection.row(show, database::values![]).await?;
            let value: Option<String> = row.map(|row| row.column(setting)).transpose()?;
            if value.as_deref() == Some("off") {
                return Err(OpenFault::NotDurable { setting });
            }
        }
    }
    Ok(())
}
