//! One row for each case of any procedure, and the one way to change it: compare and swap on its version, with
//! everything that the decision said, in one transaction.

use casework::time::Instant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use wire::office::Language;

use super::acquisition::{self, NewGrant, NewTerminalCertificate};
use super::card::{self, CardRow};
use super::certificate as certificate_row;
use super::citizen_card::{self, CountedCard};
use super::database::{Connection, statements, values};
use super::errand::{self, NewErrand};
use super::event::{self, NewEvent};
use super::evidence::{self, NewEvidence};
use super::news::{self, NewNews};
use super::officer::{self, Registered};
use super::organisation::{self, OrganisationRow};
use super::passkey::{self, PasskeyRow};
use super::pin_reset::{self, PinResetWrite};
use super::queue::{self, QueueRow};
use super::receipt::{self, NewReceipt};
use super::registration::{self, NewBinding, NewContact, NewRegistration, Occupied};
use super::reissue::{self, AwaitedMorning, OccupiedTerminals};
use super::status::{self, NewStatus};
use super::user::{self, RegisteredUser};
use super::{Clash, Store};
use crate::fault::{Bug, Fault};
use casework::certificate::Intent;
use casework::identity::{CertificateId, Fingerprint, OfficerId, OrganisationId};

/// A case as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// Random, never used twice.
    pub id: [u8; 16],
    /// The noun of its procedure.
    pub procedure: String,
    /// The office, or the authority where an authority is at work for itself.
    pub office: String,
    /// The language of its texts and letters.
    pub language: Language,
    /// How many commits it has seen.
    pub version: i64,
    /// The state's word and the state itself.
    pub document: Document,
}

/// A state as a row holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The state's word, for lists and counts.
    pub state: String,
    /// The state, as JSON.
    pub text: String,
}

/// A decision to be committed, all of it or nothing.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The case with its next state. `version` is the one that was decided upon; 0 for a case that is not stored yet.
    pub case: CaseRow,
    /// When it was decided.
    pub at: Instant,
    /// What the audit says.
    pub event: NewEvent,
    /// What must be true at once.
    pub writes: Vec<Write>,
    /// What may be a little late.
    pub errands: Vec<NewErrand>,
    /// What is kept as evidence.
    pub evidence: Vec<NewEvidence>,
}

/// What must be true the moment the decision is.
#[derive(Clone, Debug)]
pub enum Write {
    /// The revoked row.
    Revoke(NewStatus),
    /// The receipt, under a number that nobody has.
    Receipt(NewReceipt),
    /// This account is an administrator of this office at this moment.
    Administers {
        /// Which office.
        office: String,
        /// Which account.
        by: OfficerId,
    },
    /// The account's row in the register, with a card that no other account has.
    Register(Registered),
    /// A passkey more.
    Passkey(PasskeyRow),
    /// The contract's row in the list, under a number that no other contract has.
    Organisation(Box<OrganisationRow>),
    /// The row of a user's account in the list, under an ID that no other account has.
    User(Box<RegisteredUser>),
    /// An organisation is told.
    News(NewNews),
    /// Where officers find the case.
    Queue(QueueRow),
    /// A card as it was read.
    Card(CardRow),
    /// A registration with its first card.
    Registration(NewRegistration),
    /// Another contact of a registration.
    Contact(NewContact),
    /// Another card of a registration: the switch.
    Bind(NewBinding),
    /// A card is in an application that is not decided.
    Occupy(Occupied),
    /// The cards of this case are not any more.
    Vacate,
    /// Terminals are in an application that is open.
    OccupyTerminals(OccupiedTerminals),
    /// The terminals of this case are not any more.
    VacateTerminals,
    /// This organisation has applied for it, and follows it.
    Follow(OrganisationId),
    /// The morning of a day looks at this case.
    AwaitMorning(AwaitedMorning),
    /// No morning looks at this case any more.
    MorningDone,
    /// A terminal's right to a certificate: this case.
    OpenGrant(NewGrant),
    /// A terminal has a certificate, by this case.
    CertifyTerminal(NewTerminalCertificate),
    /// A terminal works with its certificate.
    InstallTerminal {
        /// Which certificate.
        certificate: CertificateId,
        /// Since when.
        at: Instant,
    },
    /// 未取得停止 of the terminal whose latest grant this case is.
    SuspendTerminal,
    /// When time has something to do with this grant next.
    WakeGrant {
        /// Then, if ever.
        at: Option<Instant>,
    },
    /// The unblock counter of a citizen's card, if it still stands where it was seen.
    CountCard(CountedCard),
    /// What becomes of a citizen's card and its reservation.
    PinReset(PinResetWrite),
    /// What an authority is about to sign.
    Intend {
        /// Of the certificate.
        intent: Box<Intent>,
        /// To be signed.
        octets: Vec<u8>,
    },
    /// What an authority signed before, elsewhere.
    Import {
        /// Of the certificate.
        intent: Box<Intent>,
        /// Signed.
        octets: Vec<u8>,
        /// Of the certificate.
        fingerprint: Fingerprint,
        /// The certificate.
        der: Vec<u8>,
    },
    /// What an authority signed.
    Issue {
        /// Of the certificate.
        intent: Box<Intent>,
        /// Of the certificate.
        fingerprint: Fingerprint,
        /// The certificate.
        der: Vec<u8>,
    },
}

impl Store {
    /// A case by its id.
    pub async fn case(&self, id: [u8; 16]) -> Result<Option<CaseRow>, Fault> {
        let mut connection = self.reader().await?;
        let Some(row) = connection.row(LOAD, values![&id]).await? else {
            return Ok(None);
        };
        Ok(Some(CaseRow {
            id,
            procedure: row.column("procedure")?,
            office: row.column("office")?,
            language: read_language(&row.column::<String>("language")?)?,
            version: row.column("version")?,
            document: Document {
                state: row.column("state")?,
                text: row.column("document")?,
            },
        }))
    }

    /// Some of the cases that were not sent off, that nothing has changed since `before`, and that no session holds, or that
    /// are drafts and lie since before `drafts`; with their procedure and when they were changed last, the oldest first,
    /// behind `last`.
    pub(crate) async fn unfinished_cases(
        &self,
        (before, drafts): (Instant, Instant),
        last: Option<(Instant, [u8; 16])>,
    ) -> Result<Vec<(Instant, [u8; 16], String)>, Fault> {
        let (at, id) = last.unwrap_or((Instant(i64::MIN), [0; 16]));
        let mut connection = self.reader().await?;
        let rows = connection
            .rows(UNFINISHED, values![before.0, at.0, &id, drafts.0])
            .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    Instant(row.column("changed_at")?),
                    row.octets("id")?,
                    row.column("procedure")?,
                ))
            })
            .collect()
    }

    /// Some of the cases that were given back to their applicant before `before` and were not answered, with their
    /// procedure; behind `last`.
    pub(crate) async fn unanswered_cases(
        &self,
        before: Instant,
        last: Option<(Instant, [u8; 16])>,
    ) -> Result<Vec<(Instant, [u8; 16], String)>, Fault> {
        let (at, id) = last.unwrap_or((Instant(i64::MIN), [0; 16]));
        let mut connection = self.reader().await?;
        let rows = connection.rows(UNANSWERED, values![before.0, at.0, &id]).await?;
        rows.iter()
            .map(|row| {
                Ok((
                    Instant(row.column("changed_at")?),
                    row.octets("id")?,
                    row.column("procedure")?,
                ))
            })
            .collect()
    }

    /// Commits decisions, all of them or none. Returns when they are durable, journalled and served; a [`Clash`] left no
    /// trace.
    pub async fn commit(&self, commits: Vec<Commit>) -> Result<(), Clash> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    for commit in &commits {
                        run(connection, commit).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn run(connection: &mut Connection, commit: &Commit) -> Result<(), Clash> {
    let Commit {
        case,
        at,
        event,
        writes,
        errands,
        evidence,
    } = commit;
    let document = &case.document;
    let language = case.language.tag();
    let touched = if case.version == 0 {
        connection
            .execute(
                INSERT,
                values![
                    &case.id,
                    &case.procedure,
                    &case.office,
                    language,
                    &document.state,
                    &document.text,
                    at.0
                ],
            )
            .await?
    } else {
        connection
            .execute(
                SWAP,
                values![&case.id, case.version, &document.state, &document.text, language, at.0],
            )
            .await?
    };
    if touched == 0 {
        return Err(Clash::Moved);
    }
    for write in writes {
        match write {
            Write::Revoke(new) => status::revoke(connection, &case.id, new).await?,
            Write::Receipt(new) => receipt::give(connection, &case.id, new, *at).await?,
            Write::Administers { office, by } => officer::administers(connection, office, *by).await?,
            Write::Register(new) => officer::register(connection, new, *at).await?,
            Write::Passkey(new) => passkey::add(connection, new).await?,
            Write::Organisation(row) => organisation::register(connection, row).await?,
            Write::User(new) => user::register(connection, new).await?,
            Write::News(new) => news::tell(connection, &case.id, new, *at).await?,
            Write::Queue(row) => queue::place(connection, row).await?,
            Write::Card(row) => card::keep(connection, row, *at).await?,
            Write::Registration(new) => registration::register(connection, new, *at).await?,
            Write::Contact(new) => registration::change(connection, new, *at).await?,
            Write::Bind(new) => registration::bind(connection, new, *at).await?,
            Write::Occupy(new) => registration::occupy(connection, &case.id, new).await?,
            Write::Vacate => registration::vacate(connection, &case.id).await?,
            Write::OccupyTerminals(new) => reissue::occupy(connection, &case.id, new).await?,
            Write::Follow(organisation) => reissue::follow(connection, &case.id, *organisation, *at).await?,
            Write::VacateTerminals => reissue::vacate(connection, &case.id).await?,
            Write::AwaitMorning(new) => reissue::wait(connection, &case.id, new).await?,
            Write::MorningDone => reissue::done(connection, &case.id).await?,
            Write::OpenGrant(new) => acquisition::open(connection, &case.id, new, *at).await?,
            Write::CertifyTerminal(new) => acquisition::certify(connection, &case.id, new, *at).await?,
            Write::InstallTerminal { certificate, at } => acquisition::install(connection, certificate, *at).await?,
            Write::SuspendTerminal => acquisition::suspend(connection, &case.id, *at).await?,
            Write::WakeGrant { at } => acquisition::wake(connection, &case.id, *at).await?,
            Write::CountCard(counted) => citizen_card::count(connection, counted).await?,
            Write::PinReset(new) => pin_reset::write(connection, &case.id, new, *at).await?,
            Write::Intend { intent, octets } => {
                certificate_row::intend(connection, &case.id, intent, octets, *at).await?;
            }
            Write::Import {
                intent,
                octets,
                fingerprint,
                der,
            } => {
                certificate_row::import(connection, &case.id, intent, octets, *fingerprint, der, *at).await?;
            }
            Write::Issue {
                intent,
                fingerprint,
                der,
            } => {
                certificate_row::issue(connection, intent, *fingerprint, der, *at).await?;
            }
        }
    }
    for new in evidence {
        evidence::keep(connection, &case.id, new, *at).await?;
    }
    for new in errands {
        errand::queue(connection, &case.id, new, *at).await?;
    }
    event::append(connection, &case.id, event, *at).await?;
    Ok(())
}

statements! {
    LOAD = "SELECT procedure, office, language, version, state, document FROM office_case WHERE id = $1";
    INSERT = "INSERT INTO office_case (id, procedure, office, language, version, state, document, opened_at, changed_at)
              VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $7) ON CONFLICT (id) DO NOTHING";
    // A case begins with a card request, whose session stays known as long as it lives.
    UNFINISHED = "SELECT id, changed_at, procedure FROM office_case
                  WHERE state IN ('drafting', 'entering', 'reviewing', 'confirming', 'awaiting') AND changed_at < $1
                    AND (changed_at > $2 OR (changed_at = $2 AND id > $3))
                    AND (procedure IN ('revocation', 'registration', 'renewal')
                         OR (procedure = 'reissue' AND changed_at < $4))
                    AND NOT EXISTS (SELECT 1 FROM card_request r JOIN session s ON s.token = r.session
                                    WHERE r.case_id = office_case.id)
                  ORDER BY changed_at, id LIMIT 64";
    UNANSWERED = "SELECT id, changed_at, procedure FROM office_case
                  WHERE state = 'returned' AND procedure IN ('registration', 'renewal') AND changed_at < $1
                    AND (changed_at > $2 OR (changed_at = $2 AND id > $3))
                  ORDER BY changed_at, id LIMIT 64";
    SWAP = "UPDATE office_case SET version = version + 1, state = $3, document = $4, language = $5, changed_at = $6
            WHERE id = $1 AND version = $2";
}

impl Document {
    /// A state and its row's struct.
    pub(crate) fn of(state: &str, document: &impl Serialize) -> Result<Self, Fault> {
        let text = serde_json::to_string(document).map_err(|why| Fault::Bug(Bug(why.to_string())))?;
        Ok(Self {
            state: state.to_owned(),
            text,
        })
    }
}

/// Reads a document of ours.
pub(crate) fn parse<T: DeserializeOwned>(document: &str) -> Result<T, Fault> {
    serde_json::from_str(document).map_err(|why| corrupt("document", why))
}

pub(crate) fn corrupt(what: &'static str, why: impl ToString) -> Fault {
    Fault::Corrupt {
        what,
        why: why.to_string(),
    }
}

pub(crate) fn new_is_not_stored() -> Fault {
    Fault::Bug(Bug("a case that nothing was decided about is not stored".to_owned()))
}

pub(crate) fn read_language(tag: &str) -> Result<Language, Fault> {
    Language::from_tag(tag).ok_or_else(|| corrupt("language", tag))
}

/// Octets in a document.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hex(String);

impl Hex {
    pub(crate) fn of(octets: &[u8]) -> Self {
        Self(
            octets
                .iter()
                .fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
                    // Writing to a string does not fail.
                    let _ = write!(text, "{octet:02x}");
                    text
                }),
        )
    }

    pub(crate) fn octets<const N: usize>(&self) -> Result<[u8; N], Fault> {
        let wrong = || corrupt("document", format!("{:?} is not {N} octets", self.0));
        let mut octets = [0; N];
        if self.0.len() != N * 2 || !self.0.is_ascii() {
            return Err(wrong());
        }
        for (octet, pair) in octets.iter_mut().zip(self.0.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(octets)
    }
}
