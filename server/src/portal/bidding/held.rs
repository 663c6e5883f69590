//! An application that is held, as its applicant follows it: what is waited for, what a 差戻し wants, why it was denied
//! (DOMAIN §5.3, §5.4). The same page for 登録, 変更 and ICカード更新; who may see it is each procedure's own question.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use casework::application::Complaint;
use casework::characters;
use casework::identity::Fingerprint;
use casework::number::Number;
use casework::review::{Reason, Stage};
use casework::time::Instant;
use std::sync::Arc;

use super::beside::Beside;
use super::seat::Seat;
use crate::catalogue::{Message, Words};
use crate::desk::registration::Registration;
use crate::desk::renewal::Renewal;
use crate::desk::{CaseId, Procedure, Standing};
use crate::fault::Fault;
use crate::office::{Office, ReasonUse};
use crate::portal::page::{Fact, Page, render};
use crate::portal::receipt::check_code;
use crate::portal::visit::{Stop, Visit};
use crate::portal::{Portal, date, refusal};

/// A procedure whose applications may be held. The keys of its texts, and its addresses, begin with its noun.
pub(crate) trait Followed: Procedure {
    /// What was applied for, once it was.
    fn application(case: &Self::Case) -> Option<Application<'_>>;
}

/// An application, as its page tells it.
pub(crate) struct Application<'a> {
    /// The card that its applicant has in use.
    pub(crate) card: Fingerprint,
    pub(crate) number: Number,
    pub(crate) at: Instant,
    /// The answer to a 差戻し.
    pub(crate) answer: Option<&'a str>,
    pub(crate) stage: Stage<'a>,
}

impl Followed for Renewal {
    fn application(case: &Self::Case) -> Option<Application<'_>> {
        let (submitted, stage) = (case.submitted()?, case.stage()?);
        Some(Application {
            card: submitted.opened.from,
            number: submitted.number,
            at: submitted.at,
            answer: submitted.answer.as_deref(),
            stage,
        })
    }
}

impl Followed for Registration {
    fn application(case: &Self::Case) -> Option<Application<'_>> {
        let (submitted, stage) = (case.submitted()?, case.stage()?);
        Some(Application {
            card: submitted.opened.card,
            number: submitted.number,
            at: submitted.at,
            answer: submitted.answer.as_deref(),
            stage,
        })
    }
}

impl Application<'_> {
    /// The word for where it stands, in the keys of texts.
    pub(crate) fn word(&self) -> &'static str {
        match self.stage {
            Stage::Held(review) if review.claim.is_some() => "claimed",
            Stage::Held(_) => "held",
            Stage::Returned { .. } => "returned",
            Stage::Done => "done",
            Stage::Denied(_) => "denied",
            Stage::Withdrawn => "withdrawn",
            Stage::Lapsed => "lapsed",
        }
    }

    /// Nobody has decided it.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Held(_) | Stage::Returned { .. })
    }
}

/// Why an application was given back or denied, in the office's own words.
pub(crate) struct Because {
    pub(crate) title: String,
    pub(crate) words: String,
    pub(crate) remark: Option<String>,
    pub(crate) remark_lang: Option<&'static str>,
}

/// Why it was, if it was.
pub(crate) fn because(page: &Page, office: &Office, stage: Stage<'_>) -> Option<Because> {
    let (reason, used_for, title): (&Reason, _, _) = match stage {
        Stage::Returned { reason, .. } => (reason, ReasonUse::Return, "bidder-case-reason"),
        Stage::Denied(reason) => (reason, ReasonUse::Deny, "bidder-case-reason-denied"),
        Stage::Held(_) | Stage::Done | Stage::Withdrawn | Stage::Lapsed => return None,
    };
    Some(Because::of(page, office, (reason, used_for), title))
}

impl Because {
    /// Of a reason that was given, under a title of these keys.
    pub(crate) fn of(page: &Page, office: &Office, (reason, used_for): (&Reason, ReasonUse), title: &str) -> Self {
        let saved = office.reason(&reason.key, used_for);
        let remark = reason.remark.as_deref();
        Self {
            title: page.t(title),
            words: saved.map_or_else(|| reason.key.clone(), |saved| page.text(&saved.words).to_owned()),
            remark_lang: remark.and_then(|remark| page.tongue(remark)),
            remark: remark.map(str::to_owned),
        }
    }
}

/// 手続き中の申請
#[derive(Template)]
#[template(path = "bidding/held.html")]
struct Held {
    page: Page,
    office: Arc<Office>,
    noun: &'static str,
    title: String,
    word: &'static str,
    says: String,
    notes: Vec<String>,
    number: String,
    facts: Vec<Fact>,
    because: Option<Because>,
    /// Until when a 差戻し must be answered.
    until: Option<String>,
    compared: Vec<Beside>,
    open: bool,
    /// It may be corrected and signed anew.
    correct: bool,
    remark: String,
    error: Option<Message>,
    version: String,
}

/// 取下げの確認
#[derive(Template)]
#[template(path = "bidding/withdraw.html")]
struct Withdraw {
    page: Page,
    office: Arc<Office>,
    noun: &'static str,
    note: String,
    number: String,
    version: String,
}

/// What a procedure's own page says beside what all say.
pub(crate) struct Own {
    /// What holds meanwhile, or from now on.
    pub(crate) notes: Vec<String>,
    pub(crate) compared: Vec<Beside>,
    pub(crate) correct: bool,
}

/// An answer that was typed, and what is wrong with it.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) remark: String,
    pub(crate) error: Option<Message>,
}

/// The page of an application.
pub(crate) async fn show<P: Followed>(
    visit: &Visit,
    page: Page,
    office: &Arc<Office>,
    standing: &Standing<P>,
    (own, typed): (Own, Typed),
) -> Result<Response, Stop> {
    let application = P::application(&standing.case).ok_or_else(|| visit.not_found())?;
    let code = check_code(&visit.portal, standing.id.octets()).await;
    let code = code.map_err(|fault| visit.fault(&fault))?;
    let mut facts = vec![
        page.fact("registration-done-at", date::second(page.words, application.at)),
        page.fact("receipt-check-code", code.to_string()),
    ];
    facts.extend(application.answer.map(|answer| page.fact("bidder-case-answer", answer)));
    let (noun, word) = (P::NOUN, application.word());
    let status = if typed.error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let view = Held {
        title: page.t(&format!("{noun}-case-title")),
        says: page.t(&format!("bidder-case-{word}")),
        noun,
        word,
        notes: own.notes,
        number: application.number.to_string(),
        facts,
        because: because(&page, office, application.stage),
        until: match application.stage {
            Stage::Returned { until, .. } => Some(date::minute(page.words, until)),
            _ => None,
        },
        compared: own.compared,
        open: application.is_open(),
        correct: own.correct,
        remark: typed.remark,
        error: typed.error,
        version: standing.version.to_string(),
        office: office.clone(),
        page,
    };
    Ok(render(status, &view))
}

/// 取下げ is asked for twice: it cannot be taken back.
pub(crate) fn sure<P: Followed>(
    visit: &Visit,
    page: Page,
    office: &Arc<Office>,
    standing: &Standing<P>,
) -> Result<Response, Stop> {
    let application = P::application(&standing.case).filter(Application::is_open);
    let application = application.ok_or_else(|| visit.not_found())?;
    let view = Withdraw {
        note: page.t(&format!("{}-withdraw-note", P::NOUN)),
        noun: P::NOUN,
        number: application.number.to_string(),
        version: standing.version.to_string(),
        office: office.clone(),
        page,
    };
    Ok(render(StatusCode::OK, &view))
}

/// An answer to a 差戻し as it was typed: one line, what is typed on several becomes one.
pub(crate) fn typed(words: Words, typed: &str) -> Typed {
    let remark = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let error =
        complaint(&remark).map(|complaint| refusal::complained(words, &words.say("bidder-case-answer"), complaint, ""));
    Typed { remark, error }
}

fn complaint(remark: &str) -> Option<Complaint> {
    if remark.is_empty() {
        return Some(Complaint::Empty);
    }
    if characters::count(remark) > LONGEST {
        return Some(Complaint::TooLong { most: LONGEST });
    }
    characters::forbidden(remark).map(|character| Complaint::Character { character })
}

/// The application about a card: the one that is open, or the one that was decided last after it had been held.
pub(crate) async fn about<P: Followed>(
    portal: &Portal,
    office: &Office,
    card: Fingerprint,
) -> Result<Option<Standing<P>>, Fault> {
    let store = portal.store();
    let found = match store.application_about(&office.id, card).await? {
        Some((id, _)) => store.case(id).await?.map(|row| (id, row.procedure)),
        None => store.decided_about(&office.id, card).await?,
    };
    let Some((id, _)) = found.filter(|(_, procedure)| procedure == P::NOUN) else {
        return Ok(None);
    };
    let standing = portal.desk().standing(CaseId::from_octets(id)).await?;
    // The new card of a renewal is nobody's to follow it with.
    let own = P::application(&standing.case).is_some_and(|application| application.card == card);
    Ok(own.then_some(standing))
}

/// What 利用者情報 says of the last application: that it is open, or why nothing has come of it.
pub(crate) struct Note {
    pub(crate) says: String,
    pub(crate) path: String,
}

impl Note {
    /// Of whoever is logged in.
    pub(super) async fn of(seat: &Seat) -> Result<Option<Self>, Stop> {
        let (portal, card) = (&seat.visit.portal, seat.card.card);
        let read = async {
            if let Some(standing) = about::<Renewal>(portal, &seat.office, card).await? {
                return Ok(Self::about(seat, &standing));
            }
            let standing = about::<Registration>(portal, &seat.office, card).await?;
            Ok(standing.and_then(|standing| Self::about(seat, &standing)))
        };
        read.await.map_err(|fault: Fault| seat.visit.fault(&fault))
    }

    fn about<P: Followed>(seat: &Seat, standing: &Standing<P>) -> Option<Self> {
        let application = P::application(&standing.case)?;
        // What was decided before the last change is past.
        let past = application.at < seat.registration.changed_at;
        let word = match application.stage {
            Stage::Held(_) => "open",
            Stage::Returned { .. } => "returned",
            Stage::Denied(_) if !past => "denied",
            Stage::Lapsed if !past => "lapsed",
            Stage::Denied(_) | Stage::Lapsed | Stage::Done | Stage::Withdrawn => return None,
        };
        let words = seat.visit.words;
        let title = words.say(&format!("{}-case-name", P::NOUN));
        let number = application.number.to_string();
        Some(Self {
            says: words.say_with(
                &format!("bidder-case-note-{word}"),
                &[("what", &title), ("number", &number)],
            ),
            path: format!("/{}/{}/case", seat.office.id, P::NOUN),
        })
    }
}

/// Characters of an answer (DOMAIN §5.4).
const LONGEST: usize = 400;
