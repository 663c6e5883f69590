//! To the agent and back: what is wanted, what is said to the agent's answers, and what came of them.

use axum::extract::Path;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::acquisition::Flaw;
use casework::identity::GrantId;
use wire::acquisition::{Issued, KeyKind, Place, Tested, Wanted};
use wire::card_request::{Answer, SamePin, Step};
use wire::code::Code;

use super::{Standing, slug, view};
use crate::catalogue::{Message, both};
use crate::desk::acquisition::{Acquisition, Codes};
use crate::desk::{Actor, CaseId, Failure, Procedure as _};
use crate::fault::{Bug, Fault};
use crate::portal::ask::Ask;
use crate::portal::card_request::{Onward, Stands, said_before};
use crate::portal::organisation::{Seat, SeatPost};
use crate::portal::page::Page;
use crate::portal::purpose::Purpose;
use crate::portal::session::hashed;
use crate::portal::visit::Stop;
use crate::store::{CardRequestRow, CardRequestState};

/// What is known of the session's last request for a terminal.
#[derive(Default)]
pub(super) struct Asked {
    /// It waits for an agent.
    pub(super) waiting: Option<CardRequestRow>,
    pub(super) came: Option<Came>,
}

/// What came of a request.
pub(super) enum Came {
    Installed { place: Place, tested: Tested },
    Cancelled,
    Refused(Message),
}

/// 「取得を始める」: the browser is led to the agent. Each time a fresh request: the grant's mark leads the agent to the same key.
pub(super) async fn begin(Path((_, slug)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let visit = &seat.visit;
    let standing = seat.terminal(&slug).await?;
    let Some(grant) = standing.row.grant.filter(|_| standing.is_open(visit.now)) else {
        // The page says why there is nothing to begin.
        return Ok(seat.to(&format!("/acquisition/{slug}")));
    };
    let terminal = standing.row.terminal;
    let name = visit.portal.desk().terminal_name(&seat.office, terminal).await;
    let name = name.map_err(|failure| visit.failed(&failure))?;
    let wanted = Wanted {
        mark: mark(grant),
        label: terminal.first_code(),
        subject: URL_SAFE_NO_PAD.encode(name.distinguished().der()),
        keys: vec![KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048],
        places: PLACES.to_vec(),
    };
    let ask = Ask {
        office: &seat.office,
        procedure: Acquisition::NOUN,
        purpose: Purpose::Acquire,
        case: Some(grant.0),
        title: both("acquisition-request-title"),
        language: visit.words.language(),
        same_pin: SamePin::Off,
        watch: None,
        steps: vec![
            Step::Acquire {
                says: both("acquisition-request-acquire"),
                wanted,
            },
            install(None),
        ],
        return_to: format!("/{}/acquisition/return", seat.office.id),
        until: visit.now.plus_seconds(WITHIN),
    };
    let row = visit.portal.ask_card(seat.session(), ask).await;
    let row = row.map_err(|fault| visit.fault(&fault))?;
    Ok(visit.portal.lead_to_agent(&row))
}

/// `GET /{office}/acquisition/return`: the way back from the agent, which may be walked again. What there was to do was done
/// while the agent waited.
pub(super) async fn returned(seat: Seat) -> Result<Response, Stop> {
    let visit = &seat.visit;
    let code = visit.asked("code").unwrap_or_default();
    let store = visit.portal.store();
    let row = store
        .return_card_request(seat.session().row.token, hashed(code.as_bytes()))
        .await;
    let row = row
        .map_err(|fault| visit.fault(&fault))?
        .filter(|row| row.office == seat.office.id && Purpose::of(row) == Some(Purpose::Acquire))
        .filter(|row| row.state != CardRequestState::Open)
        .ok_or_else(|| visit.not_found())?;
    if row.state == CardRequestState::Done {
        let closed = store.close_card_request(row.id).await;
        closed.map_err(|fault| visit.fault(&fault))?;
    }
    let case: CaseId<Acquisition> = CaseId::from_octets(row.case.ok_or_else(|| visit.not_found())?);
    let case = visit.portal.desk().look(case).await;
    let case = case.map_err(|fault| visit.fault(&fault))?;
    let grant = case.grant().ok_or_else(|| visit.not_found())?;
    Ok(seat.to(&format!("/acquisition/{}", slug(grant.terminal))))
}

/// The session's last request, if it is of this terminal's grant.
pub(super) async fn asked_last(seat: &Seat, standing: &Standing) -> Result<Asked, Stop> {
    let visit = &seat.visit;
    let fault = |fault: Fault| visit.fault(&fault);
    let row = visit.portal.card_request_of(seat.session(), &seat.office).await;
    let row = row
        .map_err(fault)?
        .filter(|row| Purpose::of(row) == Some(Purpose::Acquire))
        .filter(|row| row.case.is_some() && row.case == standing.row.grant.map(|grant| grant.0));
    let Some(row) = row else {
        return Ok(Asked::default());
    };
    if row.is_unclaimed() {
        return Ok(Asked {
            waiting: Some(row),
            came: None,
        });
    }
    let came = if row.is_answered() {
        let answers = visit.portal.answers(&row).await.map_err(fault)?;
        answers.into_iter().find_map(|answer| match answer {
            Answer::Installed { place, tested, .. } => Some(Came::Installed { place, tested }),
            _ => None,
        })
    } else if row.state == CardRequestState::Cancelled {
        Some(said_before(visit.words, &row).map_or(Came::Cancelled, Came::Refused))
    } else {
        None
    };
    Ok(Asked { waiting: None, came })
}

impl Came {
    pub(super) fn told(self, page: &Page) -> view::Came {
        match self {
            Self::Installed { place, tested } => {
                let message = test_code(tested).map(|code| page.message(code, &[]));
                let says = page.t(match tested {
                    Tested::Passed => "acquisition-result-passed",
                    Tested::Untested => "acquisition-result-untested",
                    _ => "acquisition-result-failed",
                });
                let place = page.t(match place {
                    Place::Token => "acquisition-place-token",
                    Place::Card => "acquisition-place-card",
                    Place::File => "acquisition-place-file",
                });
                view::Came {
                    says,
                    place: Some(place),
                    installed: message.is_none(),
                    message,
                }
            }
            Self::Cancelled => view::Came {
                says: page.t("acquisition-result-cancelled"),
                place: None,
                message: None,
                installed: false,
            },
            Self::Refused(message) => view::Came {
                says: page.t("acquisition-result-refused"),
                place: None,
                message: Some(message),
                installed: false,
            },
        }
    }
}

/// What is said to the agent's answers.
pub(crate) async fn says(stands: Stands<'_>) -> Result<Onward, Fault> {
    let stale = || Ok(Onward::no(&Refusal::Stale, false));
    match (stands.request.steps.as_slice(), stands.answers) {
        ([Step::Acquire { wanted, .. }, Step::Install { .. }], [Answer::Requested { csr, place }]) => {
            if !wanted.places.contains(place) {
                return stale();
            }
            requested(&stands, csr).await
        }
        (
            [
                _,
                Step::Install {
                    issued: Some(issued), ..
                },
            ],
            [
                Answer::Requested { place: first, .. },
                Answer::Installed {
                    certificate,
                    place,
                    tested,
                },
            ],
        ) => {
            if first != place || fingerprint(issued) != Some(certificate.clone()) {
                return stale();
            }
            stands.portal.note_installed(stands.row, *place, *tested).await?;
            Ok(Onward::GO)
        }
        _ => stale(),
    }
}

/// The key is made: its certificate, or the one that was made for it before.
async fn requested(stands: &Stands<'_>, csr: &str) -> Result<Onward, Fault> {
    let Stands {
        portal, office, row, ..
    } = stands;
    let desk = portal.desk();
    // Whoever was blocked or logged out since asks for nothing any more.
    let Some(seated) = portal.seated(row.session, office).await? else {
        return Ok(Onward::told(Code::Timeout));
    };
    let Ok(csr) = URL_SAFE_NO_PAD.decode(csr) else {
        let flaw = Flaw::Unreadable;
        return Ok(Onward::no(&Refusal::WrongRequest { flaw }, false));
    };
    let id = row
        .case
        .ok_or_else(|| Bug("what is acquired has its grant".to_owned()))?;
    let case: CaseId<Acquisition> = CaseId::from_octets(id);
    let case = desk.look(case).await?;
    let own = case
        .grant()
        .filter(|grant| grant.organisation == seated.present.organisation.id);
    let Some(terminal) = own.map(|grant| grant.terminal) else {
        return Ok(Onward::no(&Refusal::Stale, false));
    };
    let latest = portal.store().terminal(&office.id, terminal).await?;
    let second = desk.second_code(&office.id, terminal).await?;
    let (Some(_), Some(second)) = (latest.filter(|row| row.grant == Some(GrantId(id))), second) else {
        return Ok(Onward::no(&Refusal::GrantReplaced, false));
    };
    let codes = Codes::typed(&terminal.first_code(), &second, terminal.third_code());
    let actor = Actor::User {
        id: seated.present.id,
        session: seated.mark,
    };
    let certificate = match desk.acquire(&actor, office, terminal, &codes, &csr).await {
        Ok(certificate) => certificate,
        Err(Failure::Refused(no)) => return Ok(Onward::no(&no, false)),
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    let above = match desk.terminals_chain(office).await {
        Ok(above) => above,
        Err(Failure::Refused(no)) => return Ok(Onward::no(&no, false)),
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    // Whoever is to trust the root has it from elsewhere.
    let below_root = above.iter().filter(|above| above.issuer() != above.subject());
    let chain = std::iter::once(&certificate).chain(below_root);
    let issued = Issued {
        chain: chain
            .map(|certificate| URL_SAFE_NO_PAD.encode(certificate.der()))
            .collect(),
        test: portal.site().installed.clone(),
    };
    Ok(Onward::Go {
        next: Some(install(Some(issued))),
        pin: None,
    })
}

fn install(issued: Option<Issued>) -> Step {
    Step::Install {
        says: both("acquisition-request-install"),
        issued,
    }
}

/// SHA-256 of the certificate, as an agent names it.
fn fingerprint(issued: &Issued) -> Option<String> {
    let der = URL_SAFE_NO_PAD.decode(issued.chain.first()?).ok()?;
    Some(URL_SAFE_NO_PAD.encode(hashed(&der)))
}

/// The grant, by which an agent knows its key again.
fn mark(grant: GrantId) -> String {
    URL_SAFE_NO_PAD.encode(grant.0)
}

/// What a failed test is called.
const fn test_code(tested: Tested) -> Option<Code> {
    match tested {
        Tested::Passed | Tested::Untested => None,
        Tested::NoConnection => Some(Code::TestConnect),
        Tested::ServerUntrusted => Some(Code::TestTrust),
        Tested::Clock => Some(Code::TestClock),
        Tested::Expired => Some(Code::TestExpired),
        Tested::Refused => Some(Code::TestRefused),
        Tested::Server => Some(Code::TestServer),
        Tested::Key => Some(Code::TestKey),
    }
}

/// Seconds for an acquisition at the agent, as long as a session waits for its browser.
const WITHIN: i64 = 15 * 60;
/// The best one first.
const PLACES: [Place; 2] = [Place::Token, Place::File];
