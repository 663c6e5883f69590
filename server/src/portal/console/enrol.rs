//! カード登録: the invited person shows the code of the invitation and the card, and is logged in.

use axum::http::StatusCode;
use axum::response::Response;
use casework::Refusal;
use casework::identity::Digest;
use casework::officer::{Card, Case, Enrolment};
use wire::code::Code;

use super::frame::Frame;
use super::login::{Back, ask_card, begin, came_back, open_link, take_seat, with_cookie};
use super::seat::returned as brought_back;
use super::view;
use crate::catalogue::Message;
use crate::desk::officer::{Command, OfficerAccount, invitation_digest};
use crate::desk::{Actor, CaseId};
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::card_request::told;
use crate::portal::page::render;
use crate::portal::purpose::Purpose;
use crate::portal::session::hex;
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{fact, refusal};
use crate::store::OfficerState;

/// `GET /console/{office}/enrol`
pub(super) async fn page(visit: Visit) -> Result<Response, Stop> {
    let office = visit.office()?;
    let begun = begin(&visit).await?;
    let session = match &begun {
        Some((session, _)) => session,
        None => visit.session()?,
    };
    let frame = Frame::open(visit.page_with(Some(session.csrf())), &office);
    let view = view::Enrol {
        cancelled: visit.asked("notice") == Some("cancelled"),
        link: open_link(&visit, session, &office, Purpose::Enrol).await?,
        error: None,
        page: frame,
    };
    Ok(with_cookie(begun, render(StatusCode::OK, &view)))
}

/// The code is the right one: now the card is asked. What is kept of it in the session is its digest.
pub(super) async fn ask(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, session) = (visit.office()?, visit.session()?);
    let digest = invitation_digest(post.field("code"));
    let error = match invited(visit, &office, digest).await? {
        Some((_, until)) if visit.now <= until => None,
        Some(_) => Some(Refusal::InvitationLapsed),
        None => Some(Refusal::WrongCode),
    };
    if let Some(refusal) = error {
        let (status, message) = refusal::refused(visit.words, &refusal);
        return Ok(again(visit, &office, status, message));
    }
    let noted = visit
        .portal
        .note(session, &office.id, CODE, hex(&digest.0), visit.now)
        .await;
    noted.map_err(|fault| visit.fault(&fault))?;
    let row = ask_card(visit, session, &office, Purpose::Enrol, "enrol").await?;
    Ok(visit.portal.lead_to_agent(&row))
}

/// The way back from the agent, with the card's proof.
pub(super) async fn returned(visit: Visit) -> Result<Response, Stop> {
    let (office, session) = (visit.office()?, visit.session_or_former()?);
    let row = brought_back(&visit, session, &office).await?;
    if let Back::There(response) = came_back(&visit, session, &office, &row, Purpose::Enrol, "enrol").await? {
        return Ok(response);
    }
    let stale = || visit.problem(StatusCode::CONFLICT, Code::Stale, &[]);
    let code = session
        .noted(&office.id, CODE)
        .and_then(|fact| crate::portal::session::unhex(&fact.value))
        .map(Digest)
        .ok_or_else(stale)?;
    let answered = visit.portal.answered_presence(&office, &row).await;
    let (shown, presented) = answered.map_err(|unproven| {
        let message = told(visit.words, &unproven, &office.name, "");
        visit.told(StatusCode::CONFLICT, message)
    })?;
    let Some((account, _)) = invited(&visit, &office, code).await? else {
        return Err(visit.refused(&Refusal::WrongCode));
    };
    let subject = shown.subject();
    let enrolment = Enrolment {
        code,
        presented,
        card: Card {
            card: subject.card,
            certificate: subject.certificate.clone(),
            authentication: subject.authentication.clone(),
        },
        holder: fact::applicant(shown.signature()),
    };
    let actor = Actor::Holder {
        session: session.row.mark,
    };
    let command = Command::Enrol(Box::new(enrolment));
    let enrolled = visit.portal.desk().perform(&actor, account, &command).await;
    enrolled.map_err(|failure| visit.failed(&failure))?;
    let forgotten = visit.portal.forget(session, &office.id, CODE).await;
    forgotten.map_err(|fault| visit.fault(&fault))?;
    let officer = casework::identity::OfficerId(account.octets());
    take_seat(&visit, session, &office, officer, &row).await
}

/// The account that waits for this code here, and until when. An office has some dozens of accounts, and few that wait.
async fn invited(
    visit: &Visit,
    office: &Office,
    digest: Digest,
) -> Result<Option<(CaseId<OfficerAccount>, casework::time::Instant)>, Stop> {
    let looked = async {
        for row in visit.portal.store().officers(&office.id).await? {
            if !matches!(row.state, OfficerState::Invited { .. }) {
                continue;
            }
            let account = CaseId::from_octets(row.id.0);
            if let Case::Invited { code, until, .. } = visit.portal.desk().look::<OfficerAccount>(account).await?
                && code == digest
            {
                return Ok(Some((account, until)));
            }
        }
        Ok(None)
    };
    looked.await.map_err(|fault: Fault| visit.fault(&fault))
}

/// The page once more, with what was wrong at the field. The code is not shown again.
fn again(visit: &Visit, office: &std::sync::Arc<Office>, status: StatusCode, message: Message) -> Response {
    let view = view::Enrol {
        cancelled: false,
        link: None,
        error: Some(message),
        page: Frame::open(visit.page(), office),
    };
    render(status, &view)
}

/// The note that holds the digest of the code that was typed.
const CODE: &str = "officer-code";
