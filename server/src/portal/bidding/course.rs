//! What 登録 and ICカード更新 have in common as courses of pages: one case of the session, a card request at its beginning and
//! one for the signature, the way back from both, and the ways out.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::identity::{Digest, Fingerprint};
use casework::number::Number;
use casework::time::Instant;
use std::sync::Arc;
use wire::card_request::{SamePin, Step};
use wire::code::Code;

use super::held::Followed;
use super::seat::{self, Glance, glance};
use super::status::{self, Unfinished};
use crate::catalogue::both;
use crate::desk::evidence::Signature;
use crate::desk::{Actor, CaseId, Done, Failure, Procedure, Standing};
use crate::fault::{Bug, Fault};
use crate::office::{Bidding, Office};
use crate::portal::ask::Ask;
use crate::portal::card_request::{told, told_before};
use crate::portal::page::Page;
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, Visitor, hashed};
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{Portal, date, receipt};
use crate::print::bidder::Receipt;
use crate::print::revocation::Print;
use crate::store::{CardRequestRow, CardRequestState};

/// A procedure as a course of pages below `/{office}/{NOUN}`.
pub(crate) trait Course: Procedure {
    /// What was proved when a case began.
    type Opened;
    /// The page that follows request 1.
    const FIRST: &'static str;
    /// The note that counts prints.
    const PRINTED: &'static str;
    /// What else the session notes of a case, forgotten with it.
    const NOTES: &'static [&'static str];
    /// Where somebody who is logged in goes on who stops, below `/{office}`.
    const LEFT: &'static str;

    /// What was proved, once it was.
    fn opened(case: &Self::Case) -> Option<&Self::Opened>;

    /// The text that is out for signature.
    fn out(case: &Self::Case) -> Option<Out>;

    /// The page of the step that is due. `None` where no case goes on.
    fn due(case: &Self::Case) -> Option<&'static str>;

    /// Where it stands, as 申込状況の確認 tells it of a case of which no text is out.
    fn unfinished(case: &Self::Case) -> Standstill;

    /// What ends a case that was not sent off.
    fn abandon() -> Self::Command;

    /// Request 1 was answered: the case begins.
    fn begun(visit: &Visit, row: &CardRequestRow) -> impl Future<Output = Result<Response, Stop>> + Send;

    /// Request 2 was answered: what was signed is verified and done.
    fn signed(visit: &Visit, row: &CardRequestRow) -> impl Future<Output = Result<Response, Stop>> + Send;

    /// What is printed of it, in the language of the page; `None` of what was not applied for.
    fn receipt(
        portal: &Portal,
        page: &Page,
        office: &Office,
        standing: &Standing<Self>,
        print: Print,
    ) -> impl Future<Output = Result<Option<Receipt>, Fault>> + Send;
}

/// A text that is out for signature.
pub(crate) struct Out {
    pub(crate) text: Digest,
    /// The card that is to sign it.
    pub(crate) card: Fingerprint,
    pub(crate) until: Instant,
}

/// Where a case stands of which no text is out.
pub(crate) enum Standstill {
    /// In this step, as the texts name it.
    In(&'static str),
    /// It was applied for, under this number.
    Done(Number),
    /// Nothing goes on.
    Nowhere,
}

/// The case of a session, as it stands.
pub(crate) struct Current<P: Procedure> {
    pub(crate) office: Arc<Office>,
    pub(crate) bidding: Arc<Bidding>,
    pub(crate) standing: Standing<P>,
}

impl<P: Course> Current<P> {
    /// The session's case at this office, if a card was shown for one.
    pub(crate) async fn noted(visit: &Visit) -> Result<Option<Self>, Stop> {
        let (office, bidding) = visit.ordering_body()?;
        let noted = visit.session()?.noted(&office.id, P::NOUN);
        let Some(id) = noted.and_then(|fact| fact.value.parse().ok()) else {
            return Ok(None);
        };
        let standing = visit.portal.desk().standing(id).await;
        let standing = standing.map_err(|fault| visit.fault(&fault))?;
        Ok(Some(Self {
            office,
            bidding,
            standing,
        }))
    }

    /// The same, where the page has nothing to say without one.
    pub(crate) async fn of(visit: &Visit) -> Result<Self, Stop> {
        let current = Self::noted(visit).await?;
        current
            .filter(|current| P::opened(&current.standing.case).is_some())
            .ok_or_else(|| visit.stale())
    }

    pub(crate) fn id(&self) -> CaseId<P> {
        self.standing.id
    }

    /// What was proved when the case began. [`Current::of`] gives no case that has none.
    pub(crate) fn opened(&self, visit: &Visit) -> Result<&P::Opened, Stop> {
        P::opened(&self.standing.case).ok_or_else(|| visit.stale())
    }

    /// A text is out for signature.
    pub(crate) fn is_out(&self) -> bool {
        P::out(&self.standing.case).is_some()
    }

    /// The text went out for signature, and can no longer be signed.
    pub(crate) fn lapsed(&self, now: Instant) -> bool {
        P::out(&self.standing.case).is_some_and(|out| now > out.until)
    }

    /// Something was begun in this session and is not over.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.due().is_some_and(|page| page != "/done")
    }

    /// The page of the step that is due. `None` where no case goes on.
    pub(crate) fn due(&self) -> Option<&'static str> {
        P::due(&self.standing.case)
    }

    /// Whoever stands elsewhere in the procedure is led to the step that is due.
    pub(crate) fn elsewhere<T>(&self, visit: &Visit) -> Result<T, Stop> {
        Err(match self.due() {
            Some(page) => to::<P>(visit, page)?.into(),
            None => visit.stale(),
        })
    }

    /// The text that the case names.
    pub(crate) async fn written(&self, visit: &Visit, digest: Digest) -> Result<String, Stop> {
        let text = visit.portal.store().text(self.id().octets(), digest).await;
        let missing = || Fault::from(Bug(format!("the text {digest} was asked for and is not kept")));
        text.and_then(|text| text.ok_or_else(missing))
            .map_err(|fault| visit.fault(&fault))
    }

    /// The request for the signature: the one that waits for an agent, or a fresh one over the same text.
    pub(crate) async fn signature_request(&self, visit: &Visit) -> Result<CardRequestRow, Stop> {
        let session = visit.session()?;
        let Some(out) = P::out(&self.standing.case) else {
            return Err(visit.stale());
        };
        if self.lapsed(visit.now) {
            return Err(to::<P>(visit, "/confirm")?.into());
        }
        let last = request_of::<P>(visit, session, &self.office).await?;
        if let Some(row) = last.filter(|row| Purpose::of(row) == Some(Purpose::Confirm)) {
            if row.is_unclaimed() {
                return Ok(row);
            }
            // Signed, and the browser never came back with it: 「続ける／やめる」.
            if row.is_answered() {
                return Err(to::<P>(visit, "/status")?.into());
            }
        }
        let place = self.standing.place.as_ref();
        let language = place.map(|place| place.language).unwrap_or_default();
        let step = Step::Sign {
            says: both(&format!("{}-request-sign", P::NOUN)),
            text: Some(self.written(visit, out.text).await?),
            language,
            certificate: Some(URL_SAFE_NO_PAD.encode(out.card.0)),
            at: visit.now.0,
            person: false,
        };
        let ask = Ask {
            office: &self.office,
            procedure: P::NOUN,
            purpose: Purpose::Confirm,
            case: Some(self.id().octets()),
            title: both(&format!("{}-request-title", P::NOUN)),
            language,
            same_pin: SamePin::Off,
            watch: None,
            steps: vec![step],
            return_to: format!("/{}/{}/return", self.office.id, P::NOUN),
            until: out.until,
        };
        let asked = visit.portal.ask_card(session, ask).await;
        asked.map_err(|fault| visit.fault(&fault))
    }

    /// What was asked for at the agent is asked for no more.
    pub(crate) async fn withdraw_request(&self, visit: &Visit) -> Result<(), Stop> {
        let session = visit.session()?;
        let withdrawn = visit.portal.withdraw_card_request(session, &self.office).await;
        withdrawn.map_err(|fault| visit.fault(&fault))
    }

    /// The signature that a request brought back, taken out of it once. Who gave up at the agent has signed nothing, and
    /// what is done cannot be given up any more: the request's row decides.
    pub(crate) async fn signature(&self, visit: &Visit, row: &CardRequestRow) -> Result<Signature, Stop> {
        if row.case != Some(self.id().octets()) {
            return Err(visit.not_found());
        }
        let signature = visit.portal.answered_signature(row).await.map_err(|unproven| {
            let message = told(visit.words, &unproven, &self.office.name, "");
            visit.told(StatusCode::CONFLICT, message)
        })?;
        let returned = visit.portal.store().close_card_request(row.id).await;
        if !returned.map_err(|fault| visit.fault(&fault))? {
            return Err(to::<P>(visit, "/card?notice=cancelled")?.into());
        }
        Ok(signature)
    }

    /// What is printed of it, and whether for the first time.
    pub(crate) async fn receipt(&self, visit: &Visit) -> Result<Receipt, Stop> {
        let print = if self.printed(visit)? > 1 {
            Print::Again
        } else {
            Print::First
        };
        let receipt = P::receipt(&visit.portal, &visit.page(), &self.office, &self.standing, print).await;
        receipt
            .map_err(|fault| visit.fault(&fault))?
            .ok_or_else(|| visit.stale())
    }

    fn printed(&self, visit: &Visit) -> Result<u32, Stop> {
        let noted = visit.session()?.noted(&self.office.id, P::PRINTED);
        Ok(noted.and_then(|fact| fact.value.parse().ok()).unwrap_or_default())
    }

    /// The case goes no further. Where it had ended already, that is just as well.
    pub(crate) async fn give_up(&self, visit: &Visit) -> Result<(), Stop> {
        match perform(visit, self.id(), &P::abandon()).await? {
            Ok(_) | Err(Failure::Refused(_)) => Ok(()),
            Err(Failure::Fault(fault)) => Err(visit.fault(&fault)),
        }
    }
}

impl Visit {
    /// E-STALE: the page belongs to something that has gone on.
    pub(crate) fn stale(&self) -> Stop {
        self.problem(StatusCode::CONFLICT, Code::Stale, &[])
    }
}

pub(crate) async fn perform<P: Procedure>(
    visit: &Visit,
    case: CaseId<P>,
    command: &P::Command,
) -> Result<Result<Done<P>, Failure>, Stop> {
    let actor = Actor::Holder {
        session: visit.session()?.row.mark,
    };
    Ok(visit.portal.desk().perform(&actor, case, command).await)
}

/// To another page of the procedure.
pub(crate) fn to<P: Procedure>(visit: &Visit, page: &str) -> Result<Response, Stop> {
    let office = visit.office()?;
    Ok(Redirect::to(&format!("/{}/{}{page}", office.id, P::NOUN)).into_response())
}

/// The frame of a page, which tells who is logged in.
pub(crate) async fn framed(visit: Visit) -> Result<(Visit, Page), Stop> {
    Ok(match glance(visit).await? {
        Glance::Seated(seat) => {
            let page = seat.page();
            (seat.visit, page)
        }
        Glance::Nobody(visit) => {
            let page = visit.page();
            (*visit, page)
        }
    })
}

/// The way back from the agent, for both requests. It needs the session that began, and may be walked again: also by a
/// browser that was on its way twice, or that never saw the first answer.
pub(crate) async fn back<P: Course>(visit: Visit) -> Result<Response, Stop> {
    let (office, _) = visit.ordering_body()?;
    let session = visit.session_or_former()?;
    let code = visit.asked("code").unwrap_or_default();
    let row = visit
        .portal
        .store()
        .return_card_request(session.row.token, hashed(code.as_bytes()))
        .await
        .map_err(|fault| visit.fault(&fault))?
        .filter(|row| row.office == office.id && row.procedure == P::NOUN)
        .ok_or_else(|| visit.not_found())?;
    if let Visitor::Former(session) = &visit.visitor {
        // The token changes with request 1 alone: it was brought back, and what was to follow did not arrive.
        let cookie = visit.portal.rotated(session);
        return match Purpose::of(&row) {
            Some(Purpose::Open) if row.is_answered() => {
                Ok(([(header::SET_COOKIE, cookie)], to::<P>(&visit, P::FIRST)?).into_response())
            }
            _ => Err(visit.not_found()),
        };
    }
    match (row.state, Purpose::of(&row)) {
        (CardRequestState::Cancelled, Some(_)) => match told_before(&visit, &row) {
            Some(problem) => Err(problem),
            None => to::<P>(&visit, "/card?notice=cancelled"),
        },
        (CardRequestState::Done | CardRequestState::Returned, Some(Purpose::Open)) => P::begun(&visit, &row).await,
        (CardRequestState::Done | CardRequestState::Returned, Some(Purpose::Confirm)) => P::signed(&visit, &row).await,
        _ => Err(visit.not_found()),
    }
}

/// The case of a request: the one that it began already, or a new one.
pub(crate) async fn case_of<P: Procedure>(visit: &Visit, row: &CardRequestRow) -> Result<CaseId<P>, Stop> {
    if let Some(case) = row.case {
        return Ok(CaseId::from_octets(case));
    }
    let case = visit.portal.desk().new_case::<P>();
    let case = visit.portal.store().set_card_request_case(row.id, case.octets()).await;
    Ok(CaseId::from_octets(case.map_err(|fault| visit.fault(&fault))?))
}

/// Begins a case; where two began it at once, the other one did.
pub(crate) async fn begin<P: Procedure>(visit: &Visit, case: CaseId<P>, command: &P::Command) -> Result<(), Stop> {
    match perform(visit, case, command).await? {
        Ok(_) => Ok(()),
        Err(Failure::Refused(Refusal::Stale)) => {
            let began = visit.portal.desk().look(case).await;
            if began.map_err(|fault| visit.fault(&fault))? == P::new_case() {
                return Err(visit.stale());
            }
            Ok(())
        }
        Err(failure) => Err(visit.failed(&failure)),
    }
}

/// Request 1 did what it was for: the session goes on under another token (A45), at this page.
pub(crate) async fn onto(visit: &Visit, row: &CardRequestRow, page: Response) -> Result<Response, Stop> {
    if row.state == CardRequestState::Returned {
        return Ok(page);
    }
    let fault = |fault| visit.fault(&fault);
    let cookie = visit.portal.rotate(visit.session()?, visit.now).await.map_err(fault)?;
    visit.portal.store().close_card_request(row.id).await.map_err(fault)?;
    Ok(([(header::SET_COOKIE, cookie)], page).into_response())
}

/// From here on this is the session's case.
pub(crate) async fn note_case<P: Procedure>(
    visit: &Visit,
    session: &Session,
    office: &Office,
    case: CaseId<P>,
) -> Result<(), Stop> {
    let noted = visit
        .portal
        .note(session, &office.id, P::NOUN, case.to_string(), visit.now)
        .await;
    noted.map_err(|fault| visit.fault(&fault))
}

/// Whoever begins again leaves what was begun before, with everything noted of it.
pub(crate) async fn leave_former<P: Course>(visit: &Visit, session: &Session, office: &Office) -> Result<(), Stop> {
    let Some(former) = Current::<P>::noted(visit).await? else {
        return Ok(());
    };
    former.give_up(visit).await?;
    for name in [P::NOUN, P::PRINTED].iter().chain(P::NOTES) {
        let forgotten = visit.portal.forget(session, &office.id, name).await;
        forgotten.map_err(|fault| visit.fault(&fault))?;
    }
    Ok(())
}

/// 「続ける」 of the idle warning: being seen was all.
pub(crate) async fn stay(_: Post) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// 「閉じる」 and 「やめる」. After something was done the session ends, and the page says what to do before the next login
/// (G-S6); who stops before goes on being logged in.
pub(crate) async fn quit<P: Course>(post: Post) -> Result<Response, Stop> {
    leave::<P>(&post.visit).await
}

async fn leave<P: Course>(visit: &Visit) -> Result<Response, Stop> {
    let (office, _) = visit.ordering_body()?;
    let session = visit.session()?;
    let withdrawn = visit.portal.withdraw_card_request(session, &office).await;
    withdrawn.map_err(|fault| visit.fault(&fault))?;
    let current = Current::<P>::noted(visit).await?;
    let done = current.is_some_and(|current| current.due() == Some("/done"));
    if !done {
        leave_former::<P>(visit, session, &office).await?;
        if seat::logged_in(session, &office).is_some() {
            return Ok(Redirect::to(&format!("/{}{}", office.id, P::LEFT)).into_response());
        }
    }
    let over = visit.portal.store().end_session(session.row.token).await;
    over.map_err(|fault| visit.fault(&fault))?;
    let why = if done { seat::DONE } else { seat::QUIT };
    let page = Redirect::to(&format!("/{}/ended?why={why}", office.id));
    Ok(([(header::SET_COOKIE, visit.portal.cookie().clear())], page).into_response())
}

/// The address of a button, opened as a page (its answer was reloaded, or the language switched): the step that is due.
pub(crate) async fn onward<P: Course>(visit: Visit) -> Result<Response, Stop> {
    if visit.session().is_err() {
        return to::<P>(&visit, "");
    }
    let current = Current::<P>::noted(&visit).await?;
    to::<P>(&visit, current.and_then(|current| current.due()).unwrap_or_default())
}

/// Which of the two requests the session stands before.
pub(crate) async fn wanted<P: Course>(visit: &Visit) -> Result<Purpose, Stop> {
    match Current::<P>::noted(visit).await? {
        Some(current) if current.is_out() => Ok(Purpose::Confirm),
        Some(current) if current.due().is_some() => Err(to::<P>(visit, "/status")?.into()),
        _ => Ok(Purpose::Open),
    }
}

/// The session's last request of this procedure.
pub(crate) async fn request_of<P: Procedure>(
    visit: &Visit,
    session: &Session,
    office: &Office,
) -> Result<Option<CardRequestRow>, Stop> {
    let row = visit.portal.card_request_of(session, office).await;
    let row = row.map_err(|fault| visit.fault(&fault))?;
    Ok(row.filter(|row| row.procedure == P::NOUN))
}

/// 「印刷する」: the first print is noted, so that the later ones can say what they are.
pub(crate) async fn print<P: Course + Followed>(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    let current = sent_off::<P>(visit).await?;
    let times = current.printed(visit)?.saturating_add(1).to_string();
    let noted = visit
        .portal
        .note(visit.session()?, &current.office.id, P::PRINTED, times, visit.now)
        .await;
    noted.map_err(|fault| visit.fault(&fault))?;
    to::<P>(visit, "/done/print")
}

/// The receipt as PDF.
pub(crate) async fn pdf<P: Course + Followed>(visit: Visit) -> Result<Response, Stop> {
    let current = sent_off::<P>(&visit).await?;
    receipt::send_bidder_pdf(&visit, current.receipt(&visit).await?).await
}

/// The session's case, once it was applied for.
async fn sent_off<P: Course + Followed>(visit: &Visit) -> Result<Current<P>, Stop> {
    let current = Current::<P>::of(visit).await?;
    if P::application(&current.standing.case).is_none() {
        return current.elsewhere(visit);
    }
    Ok(current)
}

/// 申込状況の確認: what was begun in this session, to be continued or given up.
pub(crate) async fn status<P: Course>(visit: Visit) -> Result<Response, Stop> {
    let (visit, page) = framed(visit).await?;
    let (office, _) = visit.ordering_body()?;
    let state = match visit.session() {
        Err(_) => Unfinished::None,
        Ok(_) => unfinished::<P>(&visit).await?,
    };
    Ok(status::show(page, office, P::NOUN, state))
}

async fn unfinished<P: Course>(visit: &Visit) -> Result<Unfinished, Stop> {
    let Some(current) = Current::<P>::noted(visit).await? else {
        return Ok(Unfinished::None);
    };
    let Some(page) = current.due() else {
        return Ok(Unfinished::None);
    };
    let open = |word: &str, page: &str| Unfinished::Open {
        says: visit.words.say(&format!("{}-status-{word}", P::NOUN)),
        path: format!("/{}/{}{page}", current.office.id, P::NOUN),
    };
    if let Some(out) = P::out(&current.standing.case) {
        if current.lapsed(visit.now) {
            return Ok(open("lapsed", page));
        }
        return Ok(match answered::<P>(visit).await? {
            Some(_) => Unfinished::Signed {
                until: date::minute(visit.words, out.until),
            },
            None => open("asked", "/card"),
        });
    }
    Ok(match P::unfinished(&current.standing.case) {
        Standstill::In(word) => open(word, page),
        Standstill::Done(number) => Unfinished::Done {
            number: number.to_string(),
        },
        Standstill::Nowhere => Unfinished::None,
    })
}

/// 「続ける」 for what was signed and never came back, or 「やめる」.
pub(crate) async fn choose<P: Course>(post: Post) -> Result<Response, Stop> {
    let visit = &post.visit;
    if post.field("choice") != "go" {
        return leave::<P>(visit).await;
    }
    match answered::<P>(visit).await? {
        Some(row) => P::signed(visit, &row).await,
        None => to::<P>(visit, "/status"),
    }
}

/// The session's request, if the card has signed it.
async fn answered<P: Course>(visit: &Visit) -> Result<Option<CardRequestRow>, Stop> {
    let office = visit.office()?;
    let row = request_of::<P>(visit, visit.session()?, &office).await?;
    Ok(row.filter(|row| row.is_answered() && Purpose::of(row) == Some(Purpose::Confirm)))
}
