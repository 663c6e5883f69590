//! 失効申込, procedure 000, screen by screen (DOMAIN §3.3).
//!
//! Each page is a GET without effect; each step is a POST that ends in a redirect, so that Back and Reload are harmless
//! (G-S4). The two texts and the way back from the agent are the only GETs that note something.

pub(crate) mod application;
mod confirm;
mod start;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use casework::Refusal;
use casework::revocation::{Case, Opened};
use casework::time::{Day, Instant};
use pki::certificate::Certificate;
use std::sync::Arc;
use wire::card_request::Step;
use wire::code::Code;

use crate::catalogue::both;
use crate::desk::revocation::{Authentication, Command, Revocation};
use crate::desk::{Actor, CaseId, Done, Failure, Procedure as _, Standing};
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::card_request::{told, told_before};
use crate::portal::page::render;
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor, hashed};
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{Portal, date, fact, receipt, view};
use crate::store::{CardRequestRow, CardRequestState};

/// Below `/{office}/revocation`.
pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(start::page))
        .route("/flow", get(start::flow))
        .route("/terms", get(start::terms))
        .route("/agree", get(onward).post(start::agree))
        .route("/card", get(card).post(to_agent))
        .route("/return", get(back))
        .route("/certificate", get(certificate))
        .route("/application", get(application::page).post(application::enter))
        .route("/example", get(application::example))
        .route("/confirm", get(confirm::page).post(confirm::ask))
        .route("/edit", get(onward).post(confirm::edit))
        .route("/done", get(receipt::page))
        .route("/done/print", get(receipt::sheet).post(receipt::print))
        .route("/done/receipt.pdf", get(receipt::pdf))
        .route("/status", get(status).post(choose))
        .route("/stay", get(onward).post(stay))
        .route("/quit", get(onward).post(quit))
        .route("/ended", get(ended))
}

/// The case of a session, as it stands.
pub(crate) struct Current {
    pub(crate) office: Arc<Office>,
    pub(crate) standing: Standing<Revocation>,
}

impl Current {
    pub(crate) fn id(&self) -> CaseId<Revocation> {
        self.standing.id
    }

    /// The text went out for signature, and can no longer be signed.
    pub(crate) fn lapsed(&self, now: Instant) -> bool {
        matches!(&self.standing.case, Case::Awaiting { until, .. } if now > *until)
    }

    /// What was proved when the case began; `None` where it did not, or was given up.
    pub(crate) fn opened(&self) -> Option<&Opened> {
        match &self.standing.case {
            Case::New | Case::Abandoned { .. } => None,
            Case::Entering { opened, .. }
            | Case::Reviewing { opened, .. }
            | Case::Awaiting { opened, .. }
            | Case::Revoked { opened, .. } => Some(opened),
        }
    }
}

impl Visit {
    /// The session's case at this office, if a card was shown.
    pub(crate) async fn case(&self) -> Result<Option<Current>, Stop> {
        let (office, session) = (self.office()?, self.session()?);
        let Some(id) = case_of(session, &office) else {
            return Ok(None);
        };
        let standing = self
            .portal
            .desk()
            .standing(id)
            .await
            .map_err(|fault| self.fault(&fault))?;
        Ok(Some(Current { office, standing }))
    }

    /// The same, where the page has nothing to say without one.
    pub(crate) async fn current(&self) -> Result<Current, Stop> {
        let current = self.case().await?;
        current
            .filter(|current| current.opened().is_some())
            .ok_or_else(|| self.problem(StatusCode::CONFLICT, Code::Stale, &[]))
    }

    pub(crate) async fn perform(
        &self,
        case: CaseId<Revocation>,
        command: &Command,
    ) -> Result<Result<Done<Revocation>, Failure>, Stop> {
        let actor = Actor::Holder {
            session: self.session()?.row.mark,
        };
        Ok(self.portal.desk().perform(&actor, case, command).await)
    }

    /// The certificate that is to be revoked, as we issued it.
    pub(crate) async fn certificate_of(&self, opened: &Opened) -> Result<Certificate, Stop> {
        let certificate = receipt::certificate(&self.portal, &opened.subject.certificate).await;
        certificate.map_err(|fault| self.fault(&fault))
    }

    /// The card's other certificate, as it stood before `at`.
    pub(crate) async fn authentication_of(&self, opened: &Opened, at: Instant) -> Result<Authentication, Stop> {
        let authentication = self.portal.desk().authentication(&opened.subject, at).await;
        authentication.map_err(|fault| self.fault(&fault))
    }
}

/// S2, and the hand-over before the signature: the portal does not redirect into the void (DESIGN, part 4).
async fn card(visit: Visit) -> Result<Response, Stop> {
    let (office, session) = (visit.office()?, visit.session()?);
    let purpose = wanted(&visit).await?;
    if purpose == Purpose::Confirm && visit.current().await?.lapsed(visit.now) {
        return visit.to("/confirm");
    }
    let open = visit
        .portal
        .card_request_of(session, &office)
        .await
        .map_err(|fault| visit.fault(&fault))?
        .filter(|row| row.is_unclaimed() && Purpose::of(row) == Some(purpose));
    let page = visit.page();
    let within = visit.authority()?.revocation.policy.signature_within;
    let until = open
        .as_ref()
        .map_or(visit.now.plus_seconds(within), |row| row.expires_at);
    let link = open.as_ref().map(|row| visit.portal.agent_link(row));
    let base = format!("/{}/revocation", office.id);
    let action = format!("{base}/card");
    let (step, suffix, says, back) = if purpose == Purpose::Confirm {
        (4, "-sign", "card-keep", format!("{base}/confirm"))
    } else {
        (2, "", "start-insert", base)
    };
    let view = view::Card {
        stages: page.steps(&step),
        says: page.t(says),
        action,
        title: page.t(&format!("card-title{suffix}")),
        lead: page.t(&format!("card-lead{suffix}")),
        cancelled: visit.asked("notice") == Some("cancelled"),
        back,
        back_label: page.t(&format!("card-back{suffix}")),
        until: date::minute(page.words, until),
        link,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 「署名アプリを開く」: the browser is led to the agent. A request that ran out or was given up is made anew.
async fn to_agent(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let purpose = wanted(visit).await?;
    let row = if purpose == Purpose::Confirm {
        confirm::request(visit, &visit.current().await?).await?
    } else {
        start::request(visit).await?
    };
    Ok(visit.portal.lead_to_agent(&row))
}

/// The way back from the agent, for both requests. It needs the session that began, and may be walked again: also by a
/// browser that was on its way twice, or that never saw the first answer.
async fn back(visit: Visit) -> Result<Response, Stop> {
    let (office, session) = (visit.office()?, visit.session_or_former()?);
    let code = visit.asked("code").unwrap_or_default();
    let row = visit
        .portal
        .store()
        .return_card_request(session.row.token, hashed(code.as_bytes()))
        .await
        .map_err(|fault| visit.fault(&fault))?
        .filter(|row| row.office == office.id && row.procedure == Revocation::NOUN)
        .ok_or_else(|| visit.not_found())?;
    if let Visitor::Former(session) = &visit.visitor {
        // The token changes with request 1 alone: it was brought back, and what was to follow did not arrive.
        let cookie = visit.portal.rotated(session);
        return match Purpose::of(&row) {
            Some(Purpose::Open) if row.is_answered() => {
                Ok(([(header::SET_COOKIE, cookie)], visit.to("/certificate")?).into_response())
            }
            _ => Err(visit.not_found()),
        };
    }
    match (row.state, Purpose::of(&row)) {
        (CardRequestState::Cancelled, Some(_)) => match told_before(&visit, &row) {
            Some(problem) => Err(problem),
            None => visit.to("/card?notice=cancelled"),
        },
        (CardRequestState::Done | CardRequestState::Returned, Some(Purpose::Open)) => opened(&visit, &row).await,
        (CardRequestState::Done | CardRequestState::Returned, Some(Purpose::Confirm)) => {
            confirm::confirmed(&visit, &row).await
        }
        (CardRequestState::Open, _)
        | (
            _,
            None
            | Some(
                Purpose::Enter | Purpose::Acquire | Purpose::LogIn | Purpose::Enrol | Purpose::Submit | Purpose::Decide,
            ),
        ) => Err(visit.not_found()),
    }
}

/// The card has proved itself: the case begins, and the session goes on under another token (A45).
async fn opened(visit: &Visit, row: &CardRequestRow) -> Result<Response, Stop> {
    let (office, session) = (visit.office()?, visit.session()?);
    let fault = |fault: Fault| visit.fault(&fault);
    let store = visit.portal.store();
    let case = if let Some(case) = row.case {
        CaseId::from_octets(case)
    } else {
        let case = visit.portal.desk().new_case::<Revocation>();
        let case = store.set_card_request_case(row.id, case.octets()).await;
        CaseId::from_octets(case.map_err(fault)?)
    };
    if visit.portal.desk().look(case).await.map_err(fault)? == Case::New {
        let Some(informed) = start::informed(session, &office) else {
            return visit.to("?notice=E-GATE-1");
        };
        let (shown, presented) = visit
            .portal
            .answered_presence(&office, row)
            .await
            .map_err(|unproven| visit.told(StatusCode::CONFLICT, told(visit.words, &unproven, &office.name, "")))?;
        let command = Command::Open {
            office: office.id.clone(),
            language: visit.words.language(),
            informed,
            presented,
            subject: shown.subject().clone(),
        };
        match visit.perform(case, &command).await? {
            Ok(_) => {}
            // Walked twice at once: the other one began it.
            Err(Failure::Refused(Refusal::Stale))
                if visit.portal.desk().look(case).await.map_err(fault)? != Case::New => {}
            Err(failure) => return Err(visit.failed(&failure)),
        }
    }
    visit
        .portal
        .note(session, &office.id, CASE, case.to_string(), visit.now)
        .await
        .map_err(fault)?;
    let page = visit.to("/certificate")?;
    if row.state == CardRequestState::Returned {
        return Ok(page);
    }
    let cookie = visit.portal.rotate(session, visit.now).await.map_err(fault)?;
    store.close_card_request(row.id).await.map_err(fault)?;
    Ok(([(header::SET_COOKIE, cookie)], page).into_response())
}

/// S3
async fn certificate(visit: Visit) -> Result<Response, Stop> {
    let current = visit.current().await?;
    if let Case::Revoked { .. } = current.standing.case {
        return visit.to("/done");
    }
    let shown = shown(&visit, &current).await?;
    let page = visit.page();
    let view = view::Certificate {
        deadline: fact::deadline(&page, shown.last),
        facts: fact::certificate(&page, &shown.certificate, &shown.authentication),
        touched: touched(&visit, &current).await?,
        office: current.office,
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// 申込状況の確認: what became of an application whose answer was lost (E-NET-UNKNOWN).
async fn status(visit: Visit) -> Result<Response, Stop> {
    let office = visit.office()?;
    let state = match visit.session() {
        Err(_) => view::Standing::None,
        Ok(session) => standing(&visit, session, &office).await?,
    };
    let page = visit.page();
    Ok(render(StatusCode::OK, &view::Status { page, office, state }))
}

async fn standing(visit: &Visit, session: &Session, office: &Office) -> Result<view::Standing, Stop> {
    let Some(current) = visit.case().await? else {
        return Ok(view::Standing::None);
    };
    let open = |word: &str, path: &str| view::Standing::Open {
        says: visit.words.say(&format!("status-{word}")),
        path: format!("/{}/revocation/{path}", office.id),
        go: visit.words.say(&format!("status-{word}-go")),
    };
    Ok(match &current.standing.case {
        Case::New | Case::Abandoned { .. } => view::Standing::None,
        Case::Entering { .. } => open("entering", "application"),
        Case::Reviewing { .. } => open("reviewing", "confirm"),
        Case::Awaiting { .. } if current.lapsed(visit.now) => open("lapsed", "confirm"),
        Case::Awaiting { until, .. } => match signed(visit, session, office).await? {
            Some(_) => view::Standing::Signed {
                until: date::minute(visit.words, *until),
            },
            _ => open("asked", "card"),
        },
        Case::Revoked { number, .. } => view::Standing::Accepted {
            number: number.to_string(),
        },
    })
}

/// 「続ける／やめる」 for what was signed and never came back.
async fn choose(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, session) = (visit.office()?, visit.session()?);
    if post.field("choice") != "go" {
        return leave(&post).await;
    }
    match signed(visit, session, &office).await? {
        Some(row) => confirm::confirmed(visit, &row).await,
        None => visit.to("/status"),
    }
}

/// 「続ける」 of the idle warning: being seen was all.
async fn stay(_: Post) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// 「終了」 and 取止め
async fn quit(post: Post) -> Result<Response, Stop> {
    leave(&post).await
}

async fn leave(post: &Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let (office, session) = (visit.office()?, visit.session()?);
    let fault = |fault: Fault| visit.fault(&fault);
    visit
        .portal
        .withdraw_card_request(session, &office)
        .await
        .map_err(fault)?;
    let accepted = match visit.case().await? {
        Some(current) if matches!(current.standing.case, Case::Revoked { .. }) => true,
        Some(current) => {
            give_up(visit, &current).await?;
            false
        }
        None => false,
    };
    visit
        .portal
        .store()
        .end_session(session.row.token)
        .await
        .map_err(fault)?;
    let page = visit.to(if accepted { "/ended?accepted=yes" } else { "/ended" })?;
    Ok(([(header::SET_COOKIE, visit.portal.cookie().clear())], page).into_response())
}

/// The address of a button, opened as a page (its answer was reloaded, or the language switched): the step that is due.
async fn onward(visit: Visit) -> Result<Response, Stop> {
    if visit.session().is_err() {
        return visit.to("");
    }
    match visit.case().await?.map(|current| current.standing.case) {
        Some(Case::Entering { .. }) => visit.to("/application"),
        Some(Case::Reviewing { .. } | Case::Awaiting { .. }) => visit.to("/confirm"),
        Some(Case::Revoked { .. }) => visit.to("/done"),
        Some(Case::New | Case::Abandoned { .. }) | None => visit.to(""),
    }
}

/// The page after the session.
async fn ended(visit: Visit) -> Result<Response, Stop> {
    let view = view::Ended {
        page: visit.page(),
        office: visit.office()?,
        accepted: visit.asked("accepted") == Some("yes"),
    };
    Ok(render(StatusCode::OK, &view))
}

/// A case that goes no further. Where it had ended already, that is just as well.
async fn give_up(visit: &Visit, current: &Current) -> Result<(), Stop> {
    match visit.perform(current.id(), &Command::Abandon).await? {
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Fault(fault)) => Err(visit.fault(&fault)),
    }
}

/// Which of the two requests the session stands before.
async fn wanted(visit: &Visit) -> Result<Purpose, Stop> {
    let case = visit.case().await?;
    Ok(match case.as_ref().map(|current| &current.standing.case) {
        Some(Case::Awaiting { .. }) => Purpose::Confirm,
        Some(Case::New | Case::Abandoned { .. }) | None => Purpose::Open,
        Some(Case::Entering { .. } | Case::Reviewing { .. } | Case::Revoked { .. }) => {
            return Err(visit.to("/status")?.into());
        }
    })
}

/// The session's request, if the card has signed it.
async fn signed(visit: &Visit, session: &Session, office: &Office) -> Result<Option<CardRequestRow>, Stop> {
    let row = visit
        .portal
        .card_request_of(session, office)
        .await
        .map_err(|fault| visit.fault(&fault))?;
    Ok(row.filter(|row| row.is_answered() && Purpose::of(row) == Some(Purpose::Confirm)))
}

/// The card that was shown, and until when it can be revoked online.
pub(crate) struct Shown {
    pub(crate) certificate: Certificate,
    pub(crate) authentication: Authentication,
    pub(crate) last: Day,
}

async fn shown(visit: &Visit, current: &Current) -> Result<Shown, Stop> {
    let opened = current
        .opened()
        .ok_or_else(|| visit.problem(StatusCode::CONFLICT, Code::Stale, &[]))?;
    let certificate = visit.certificate_of(opened).await?;
    let authentication = visit.authentication_of(opened, visit.now).await?;
    let until = Instant(certificate.not_after());
    let last = visit.authority()?.revocation.policy.last_day(until);
    Ok(Shown {
        certificate,
        authentication,
        last,
    })
}

/// The ordering bodies that know this card, and its open bids there: they come before the decision.
async fn touched(visit: &Visit, current: &Current) -> Result<Vec<view::Touched>, Stop> {
    let Some(opened) = current.opened() else {
        return Ok(Vec::new());
    };
    let desk = visit.portal.desk();
    let touched = desk
        .touched_by_revocation(&current.office, &opened.subject, visit.now)
        .await;
    let words = visit.words;
    let touched = touched.map_err(|fault| visit.fault(&fault))?.into_iter();
    Ok(touched
        .map(|touched| view::Touched {
            office: touched.office.name.in_language(words.language()).to_owned(),
            bids: touched
                .bids
                .into_iter()
                .map(|bid| (date::day(words, bid.opens_on), bid.title, bid.id))
                .collect(),
        })
        .collect())
}

fn case_of(session: &Session, office: &Office) -> Option<CaseId<Revocation>> {
    session.noted(&office.id, CASE)?.value.parse().ok()
}

/// The steps of request 1.
fn steps_to_open() -> Vec<Step> {
    vec![
        Step::Present {
            says: both("request-present"),
        },
        Step::Authenticate {
            says: both("request-authenticate"),
        },
    ]
}

/// The note that holds the session's case.
pub(crate) const CASE: &str = "case";
