//! The desk: the one place where a case is changed (DESIGN, part 3).
//!
//! [`Desk::perform`] loads, lets `casework` decide, and commits everything the decision says in one transaction.

pub mod acquisition;
pub mod bidder;
mod both;
pub mod calendar;
pub mod card;
mod case_id;
pub mod certificate;
pub mod citizen_card;
mod client;
pub mod consequence;
mod decision;
pub mod evidence;
pub mod examine;
pub mod example;
pub mod kiosk;
pub mod officer;
pub mod offices;
pub mod organisation;
pub mod paper;
pub mod pin_reset;
mod receipt;
mod register;
pub mod registration;
pub mod reissue;
pub mod renewal;
pub mod revocation;
mod rule;
pub mod terminal;
mod text;
mod unfinished;
pub mod user;
mod wake;

use casework::identity::{GrantId, KioskId, OfficerId, UserId};
use casework::number::Number;
use casework::time::Instant;
use casework::{Answer, Refusal};
use std::fmt;
use std::sync::Arc;
use wire::office::Language;

pub use case_id::{CaseId, NotACaseId};
pub use client::Client;
use offices::Offices;
pub(crate) use rule::rule;
use wake::Woken;

use crate::authority::issue::Certifying;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config;
use crate::fault::{Bug, Fault};
use crate::metrics::Metrics;
use crate::office::Office;
use crate::password::Mill;
use crate::store::{CaseRow, Clash, Commit, Document, Errand, NewErrand, NewEvent, NewEvidence, Store, Write};
use crate::trust::Trust;

/// The desk of all offices. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    store: Store,
    clock: Clock,
    chance: Chance,
    offices: Offices,
    /// From where those ask for whom it works, where that is known.
    client: Option<Client>,
    /// The portal's origin, which letters link to, where that is known.
    origin: Option<Arc<str>>,
    /// What is known of others' certificates.
    trust: Trust,
    /// With what it certifies terminals, where it does.
    certifying: Option<Certifying>,
    /// Where passwords are hashed.
    mill: Mill,
    /// Where faces are compared.
    faces: pin_reset::Faces,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor<'a> {
    /// The holder of a card, in a browser session.
    Holder {
        /// The session's mark, not its token.
        session: [u8; 16],
    },
    /// An officer, in a browser session.
    Officer {
        /// The account.
        id: OfficerId,
        /// The session's mark, not its token.
        session: [u8; 16],
    },
    /// A person of an organisation, in a browser session.
    User {
        /// The account.
        id: UserId,
        /// The session's mark, not its token.
        session: [u8; 16],
    },
    /// A program of an officer, by one of the officer's tokens.
    Program {
        /// The account that the token was given to.
        id: OfficerId,
        /// The token's mark, not the token.
        token: [u8; 16],
    },
    /// Someone who operates this server.
    Operator {
        /// As they are known to it.
        name: &'a str,
    },
    /// A terminal at a door of its own, by its codes or by its certificate.
    Terminal {
        /// Whose right it is.
        grant: GrantId,
    },
    /// An enrolled kiosk.
    Kiosk {
        /// Which one.
        id: KioskId,
    },
    /// The server itself.
    System,
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The rules say no. It was recorded.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What was done, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<P: Procedure> {
    /// The case from here on.
    pub case: P::Case,
    /// What the person is told.
    pub answer: Answer,
    /// How many commits the case has seen.
    pub version: i64,
}

/// A procedure, as the desk needs to know it. Each one is a type without values' worth of difference.
pub trait Procedure: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// Its noun.
    const NOUN: &'static str;
    /// Its states.
    type Case: Clone + Eq + fmt::Debug + Send + Sync;
    /// What can be asked of it.
    type Command: fmt::Debug + Send + Sync;

    /// The case before anything was decided.
    fn new_case() -> Self::Case;

    /// The word for a state.
    fn state(case: &Self::Case) -> &'static str;

    /// The word for a command.
    fn word(command: &Self::Command) -> &'static str;

    /// Reads a case from its row.
    fn read(document: &Document) -> Result<Self::Case, Fault>;

    /// Writes a case for its row.
    fn write(case: &Self::Case) -> Result<Document, Fault>;

    /// Whether exactly this was done before: a repeated submit is answered with what it led to (DESIGN §3.5).
    fn is_done(case: &Self::Case, command: &Self::Command) -> bool;

    /// What the audit says of any command to this case: fingerprints and numbers, never a name.
    fn about(case: &Self::Case, command: &Self::Command) -> Vec<(&'static str, String)>;

    /// Gathers the facts and decides. What it returns is complete; nothing was done yet.
    fn propose(
        desk: &Desk,
        actor: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Self::Command,
        now: Instant,
    ) -> impl Future<Output = Result<Proposal<Self>, Failure>> + Send;
}

/// A case as it stands in the store.
#[derive(Clone, Debug)]
pub struct Standing<P: Procedure> {
    /// Which one.
    pub id: CaseId<P>,
    /// Its state; the new one where nothing is stored.
    pub case: P::Case,
    /// Where and in which language, once it is stored.
    pub place: Option<Place>,
    /// How many commits it has seen.
    pub version: i64,
}

impl<P: Procedure> Standing<P> {
    /// Where the case is from a command on that names this office and this language, or neither. A case stays at its
    /// office.
    fn place(&self, named: Option<(&str, Language)>) -> Result<Place, Failure> {
        match (&self.place, named) {
            // A case that never began; there is no office whose rule it would be.
            (None, None) => Err(Failure::Refused(Refusal::Stale)),
            (Some(place), Some((office, _))) if office != place.office => Err(Failure::Refused(Refusal::NotAnOfficer)),
            (_, Some((office, language))) => Ok(Place {
                office: office.to_owned(),
                language,
            }),
            (Some(place), None) => Ok(place.clone()),
        }
    }
}

/// Where a case is, and in which language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The office, or the authority where an authority works for itself.
    pub office: String,
    /// Of its texts and letters.
    pub language: Language,
}

/// What was decided.
#[derive(Clone, Debug)]
pub struct Proposal<P: Procedure> {
    /// Where.
    pub place: Place,
    /// The next state.
    pub next: P::Case,
    /// What the person is told.
    pub answer: Answer,
    /// What happened, in one word.
    pub event: &'static str,
    /// What the audit says beside [`Procedure::about`].
    pub details: Vec<(&'static str, String)>,
    /// What must be true at once.
    pub writes: Vec<Write>,
    /// What may be a little late.
    pub errands: Vec<Errand>,
    /// What is kept as evidence.
    pub evidence: Vec<NewEvidence>,
}

impl Desk {
    /// The desk of these offices.
    pub fn new(store: Store, clock: Clock, chance: Chance, offices: Vec<Office>) -> Self {
        let others = (store.clone(), clock.clone(), chance.clone());
        let trust = Trust::new(&config::Trust::default(), others.0, others.1, others.2, Metrics::new());
        Self {
            trust,
            store,
            clock,
            chance,
            offices: Offices::new(offices),
            client: None,
            origin: None,
            certifying: None,
            mill: Mill::new(),
            faces: pin_reset::Faces::default(),
        }
    }

    /// The same desk, whose portal is reached there: `https://ca.example.jp`, no trailing slash.
    pub fn reached_at(self, origin: &str) -> Self {
        Self {
            origin: Some(origin.into()),
            ..self
        }
    }

    /// The same desk, which asks others as this does.
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// The same desk, which certifies terminals with this.
    pub fn certifying(self, certifying: Certifying) -> Self {
        Self {
            certifying: Some(certifying),
            ..self
        }
    }

    /// What it knows of others' certificates.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The page that tells what became of an application, where the portal's origin is known. It asks for the check code,
    /// which stands in no address (A18).
    pub(crate) fn receipt_page(&self, number: Number) -> Option<String> {
        self.origin.as_ref().map(|origin| format!("{origin}/receipt/{number}"))
    }

    /// A page of an office, where the portal's origin is known.
    pub(crate) fn page_of(&self, office: &str, path: &str) -> Option<String> {
        self.origin.as_ref().map(|origin| format!("{origin}/{office}{path}"))
    }

    /// The same desk, for somebody who asks from there: its events say so.
    pub fn asked_from(&self, client: Client) -> Self {
        Self {
            client: Some(client),
            ..self.clone()
        }
    }

    /// Does what `command` asks of `case`, or says why not.
    ///
    /// `Ok` means: durable, journalled, and served by OCSP from this moment on. A repeated submit gets the same answer
    /// again. Whoever loses a race loads and decides again, at most three times; the last decision speaks.
    pub async fn perform<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        case: CaseId<P>,
        command: &P::Command,
    ) -> Result<Done<P>, Failure> {
        let mut done = self.perform_all(actor, &[(case, command)]).await?;
        done.pop()
            .ok_or_else(|| Fault::Bug(Bug("one command has one outcome".to_owned())).into())
    }

    /// Does all of this or nothing, in one transaction; each command is of a case of its own. What was done before is not
    /// done again. As [`Desk::perform`] in everything else.
    pub async fn perform_all<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        commands: &[(CaseId<P>, &P::Command)],
    ) -> Result<Vec<Done<P>>, Failure> {
        let mut unsettled = None;
        for _ in 0..DECISIONS {
            match self.attempt(actor, commands).await {
                Ok(Some(all)) => return Ok(all),
                Ok(None) => {}
                // One more transaction waits for that one to be settled, and journals what it committed: what stands in the
                // case after that is the outcome, and may be acknowledged.
                Err(Failure::Fault(unknown @ Fault::Unknown { .. })) => {
                    self.store.is_ready().await.map_err(|_| unknown.clone())?;
                    unsettled = Some(unknown);
                }
                // What failed after a commit without an answer does not tell how that one ended.
                Err(Failure::Fault(fault)) => return Err(unsettled.unwrap_or(fault).into()),
                Err(refused @ Failure::Refused(_)) => return Err(refused),
            }
        }
        Err(unsettled.unwrap_or(Fault::Contended).into())
    }

    /// Loads, decides and commits once. `None` where another commit was faster: decide again.
    async fn attempt<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        commands: &[(CaseId<P>, &P::Command)],
    ) -> Result<Option<Vec<Done<P>>>, Failure> {
        let (mut all, mut commits) = (Vec::with_capacity(commands.len()), Vec::new());
        for (case, command) in commands {
            let Some((done, commit)) = self.decided(actor, *case, command).await? else {
                return Ok(None);
            };
            all.push(done);
            commits.extend(commit);
        }
        Ok(self.committed(commits).await?.then_some(all))
    }

    /// Loads and decides: what is to be committed, or nothing where it was done before. `None` where the case moved on
    /// meanwhile.
    async fn decided<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        case: CaseId<P>,
        command: &P::Command,
    ) -> Result<Option<(Done<P>, Option<Commit>)>, Failure> {
        let standing = self.standing(case).await?;
        if P::is_done(&standing.case, command) {
            let done = Done {
                case: standing.case,
                answer: Answer::Done,
                version: standing.version,
            };
            return Ok(Some((done, None)));
        }
        let now = self.clock.now();
        let proposal = match P::propose(self, actor, &standing, command, now).await {
            Ok(proposal) => proposal,
            Err(Failure::Refused(refusal)) => {
                // The facts were read after the case. If it moved on meanwhile, they may tell of its own success.
                if self.standing(case).await?.version != standing.version {
                    return Ok(None);
                }
                self.record(actor, &standing, command, refusal, now).await?;
                return Err(Failure::Refused(refusal));
            }
            Err(fault) => return Err(fault),
        };
        let done = Done {
            case: proposal.next.clone(),
            answer: proposal.answer.clone(),
            version: standing.version + 1,
        };
        let commit = self.commit(actor, &standing, command, proposal, now)?;
        Ok(Some((done, Some(commit))))
    }

    /// Commits all of it or nothing; says whether nobody was faster.
    async fn committed(&self, commits: Vec<Commit>) -> Result<bool, Failure> {
        if commits.is_empty() {
            return Ok(true);
        }
        match self.store.commit(commits).await {
            Ok(()) => Ok(true),
            Err(Clash::Fault(Fault::Contended) | Clash::Moved | Clash::Revoked | Clash::Number | Clash::Serial) => {
                Ok(false)
            }
            Err(Clash::Fault(fault)) => Err(Failure::Fault(fault)),
            Err(Clash::Older) => Err(Fault::Bug(Bug("no case makes a list".to_owned())).into()),
        }
    }

    /// The case as it stands.
    pub async fn look<P: Procedure>(&self, case: CaseId<P>) -> Result<P::Case, Fault> {
        Ok(self.standing(case).await?.case)
    }

    /// The case as it stands, with where and in which language it is.
    pub async fn standing<P: Procedure>(&self, id: CaseId<P>) -> Result<Standing<P>, Fault> {
        Ok(match self.store.case(id.octets()).await? {
            None => Standing {
                id,
                case: P::new_case(),
                place: None,
                version: 0,
            },
            Some(row) if row.procedure == P::NOUN => Standing {
                id,
                case: P::read(&row.document)?,
                place: Some(Place {
                    office: row.office,
                    language: row.language,
                }),
                version: row.version,
            },
            Some(row) => {
                let why = format!("{id} is a case of {}, not of {}", row.procedure, P::NOUN);
                return Err(Fault::Corrupt { what: "a case", why });
            }
        })
    }

    /// A fresh id for a case that does not exist yet.
    pub fn new_case<P: Procedure>(&self) -> CaseId<P> {
        CaseId::from_octets(self.chance.octets())
    }

    /// What it remembers.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What time it is here.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where it draws randomness.
    pub fn chance(&self) -> &Chance {
        &self.chance
    }

    fn commit<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        standing: &Standing<P>,
        command: &P::Command,
        proposal: Proposal<P>,
        at: Instant,
    ) -> Result<Commit, Fault> {
        let mut event = self.event(actor, standing, command);
        event.name = proposal.event;
        P::state(&proposal.next).clone_into(&mut event.states.1);
        event.refusal = match proposal.answer {
            Answer::Done => None,
            Answer::Refused(refusal) => Some(rule(refusal).to_owned()),
        };
        event.details.extend(proposal.details);
        let errands = proposal.errands.into_iter();
        Ok(Commit {
            case: CaseRow {
                id: standing.id.octets(),
                procedure: P::NOUN.to_owned(),
                office: proposal.place.office,
                language: proposal.place.language,
                version: standing.version,
                document: P::write(&proposal.next)?,
            },
            at,
            event,
            writes: proposal.writes,
            errands: errands
                .map(|errand| NewErrand {
                    id: self.chance.octets(),
                    errand,
                })
                .collect(),
            evidence: proposal.evidence,
        })
    }

    /// A refusal changes nothing, and leaves its line.
    async fn record<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        standing: &Standing<P>,
        command: &P::Command,
        refusal: Refusal,
        at: Instant,
    ) -> Result<(), Fault> {
        let mut event = self.event(actor, standing, command);
        event.refusal = Some(rule(refusal).to_owned());
        self.store.record(standing.id.octets(), event, at).await
    }

    /// What the audit says of something that changed nothing in its case, and that no command asked for.
    pub(crate) async fn event_beside<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        case: CaseId<P>,
        name: &'static str,
        details: Vec<(&'static str, String)>,
    ) -> Result<NewEvent, Fault> {
        // Its word alone: a case that does not read has its letters too.
        let row = self.store.case(case.octets()).await?;
        let state = row.map_or_else(|| P::state(&P::new_case()).to_owned(), |row| row.document.state);
        Ok(NewEvent {
            procedure: P::NOUN,
            name,
            actor: actor.to_string(),
            states: (state.clone(), state),
            refusal: None,
            details,
            salt: self.chance.octets(),
        })
    }

    fn event<P: Procedure>(&self, actor: &Actor<'_>, standing: &Standing<P>, command: &P::Command) -> NewEvent {
        let state = P::state(&standing.case).to_owned();
        let mut details = P::about(&standing.case, command);
        details.extend(self.client.map(|client| ("client", client.to_string())));
        NewEvent {
            procedure: P::NOUN,
            name: P::word(command),
            actor: actor.to_string(),
            states: (state.clone(), state),
            refusal: None,
            details,
            salt: self.chance.octets(),
        }
    }
}

/// As the audit names them.
impl fmt::Display for Actor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder { session } => write!(f, "holder {}", hex(session)),
            Self::Officer { id, session } => write!(f, "officer {} {}", hex(&id.0), hex(session)),
            Self::User { id, session } => write!(f, "user {} {}", hex(&id.0), hex(session)),
            Self::Program { id, token } => write!(f, "program {} {}", hex(&id.0), hex(token)),
            Self::Operator { name } => write!(f, "operator {name}"),
            Self::Terminal { grant } => write!(f, "terminal {}", hex(&grant.0)),
            Self::Kiosk { id } => write!(f, "kiosk {id}"),
            Self::System => f.write_str("system"),
        }
    }
}

fn hex(octets: &[u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(*octets))
}

/// How many times a decision is made before the desk gives up a race (DESIGN §3.7).
const DECISIONS: usize = 3;
