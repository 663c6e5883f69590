//! 窓口での本人確認: a clerk with a citizen before them looks the card up, chooses the document that they look at, and signs that;
//! the reservation then counts as after a face match (source document 004, DOMAIN §7).
//!
//! What is typed is kept in the session: another language, a signature that was given up or a look elsewhere costs nothing. A
//! card's number stands in no address.

mod card;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::Refusal;
use casework::characters::half_width;
use casework::identity::CardNumber;
use casework::officer::Role;
use casework::pin_reset::{Case, Document, Proof, Reservation};
use wire::code::Code;

use self::card::{Found, HaltedView, grouped};
use super::case::Officers;
use super::{Brought, Frame, Seat, SeatPost, Tab, Wish};
use crate::catalogue::{Message, Words, both};
use crate::desk::pin_reset::{AtCounter, PinReset};
use crate::desk::{CaseId, Failure, Procedure as _};
use crate::office::Citizen;
use crate::portal::page::{Fact, render};
use crate::portal::purpose::Purpose;
use crate::portal::visit::Stop;
use crate::portal::{Portal, date, refusal};

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/counter", get(page).post(look))
        .route("/counter/confirm", get(confirm).post(ask))
        .route("/counter/{case}", get(opened))
        .route("/counter/{case}/return", get(returned))
}

#[derive(Template)]
#[template(path = "console/counter.html")]
struct Counter {
    page: Frame,
    /// The number as it was typed.
    typed: String,
    error: Option<Message>,
    found: Option<Found>,
    /// Whether the office lets its clerks open reservations.
    open: bool,
    halted: Vec<HaltedView>,
}

#[derive(Template)]
#[template(path = "console/counter-confirm.html")]
struct Confirm {
    page: Frame,
    cancelled: bool,
    notice: Option<Message>,
    facts: Vec<Fact>,
    /// What the card had reserved, and will not have any more.
    replaced: Option<String>,
    hours: String,
    card: String,
    document: &'static str,
}

#[derive(Template)]
#[template(path = "console/counter-opened.html")]
struct Opened {
    page: Frame,
    notice: bool,
    /// Whether a kiosk takes it now.
    counts: bool,
    state: String,
    number: String,
    slip: Vec<Fact>,
    usable: Vec<String>,
    places: Option<String>,
    office: Vec<Fact>,
}

/// What was typed and chosen.
#[derive(Default)]
struct Typed {
    card: String,
    document: String,
}

impl Typed {
    fn sent(post: &SeatPost) -> Self {
        let line = |name| {
            let shown = post.field(name).chars().filter(|character| !character.is_control());
            shown.take(LONGEST).collect()
        };
        Self {
            card: line("card"),
            document: line("document"),
        }
    }

    fn kept(seat: &Seat) -> Self {
        let kept = seat.session().noted(&seat.office.id, TYPED);
        let (card, document) = kept.and_then(|fact| fact.value.split_once('\n')).unwrap_or_default();
        Self {
            card: card.to_owned(),
            document: document.to_owned(),
        }
    }

    async fn keep(&self, seat: &Seat) -> Result<(), Stop> {
        let value = format!("{}\n{}", self.card, self.document);
        let noted = seat
            .visit
            .portal
            .note(seat.session(), &seat.office.id, TYPED, value, seat.visit.now);
        noted.await.map_err(|fault| seat.fault(&fault))
    }

    /// As people write it: in groups, with hyphens, in full width.
    fn number(&self) -> Option<CardNumber> {
        let plain = self.card.chars().map(half_width);
        let plain: String = plain
            .filter(|character| !character.is_whitespace() && *character != '-')
            .collect();
        CardNumber::parse(&plain)
    }

    fn document(&self) -> Option<Document> {
        Document::from_key(&self.document)
    }
}

/// `GET …/counter`
async fn page(seat: Seat) -> Result<Response, Stop> {
    let citizen = clerk(&seat)?;
    show(&seat, &citizen, &Typed::kept(&seat), false).await
}

/// 「カードを調べる」, then 「確認へ進む」.
async fn look(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let citizen = clerk(seat)?;
    let typed = Typed::sent(&post);
    typed.keep(seat).await?;
    // Whoever changes the number sees that card first.
    let goes_on = post.field("go") == "next"
        && typed
            .number()
            .is_some_and(|number| number.to_string() == post.field("shown"));
    if goes_on && typed.document().is_some() && ready(seat, &citizen, &typed).await?.is_some() {
        return Ok(seat.to("/counter/confirm"));
    }
    show(seat, &citizen, &typed, goes_on).await
}

/// `GET …/counter/confirm`
async fn confirm(seat: Seat) -> Result<Response, Stop> {
    let citizen = clerk(&seat)?;
    preview(&seat, &citizen, &Typed::kept(&seat), None).await
}

/// 「ICカードで署名する」. What is signed is what the page showed.
async fn ask(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let citizen = clerk(seat)?;
    let typed = Typed::sent(&post);
    typed.keep(seat).await?;
    let (Some(card), Some(document)) = (typed.number(), typed.document()) else {
        return Ok(seat.to("/counter"));
    };
    let office = (&*seat.office, seat.visit.words.language());
    let desk = seat.visit.portal.desk();
    let asked = desk.identify_holder(office, &seat.actor(), (card, document)).await;
    let asked = match asked {
        Ok(asked) => asked,
        Err(Failure::Refused(no)) => return preview(seat, &citizen, &typed, Some(&no)).await,
        Err(failure) => return Err(seat.failed(&failure)),
    };
    seat.ask(Wish {
        case: asked.id.octets(),
        procedure: PinReset::NOUN,
        purpose: Purpose::Submit,
        title: both("counter-sign-title"),
        text: asked.text,
        return_to: format!("/counter/{}/return", asked.id),
        back: format!("/console/{}/counter/confirm", seat.office.id),
        until: asked.until,
    })
    .await?;
    Ok(seat.to("/card"))
}

/// The way back from the agent.
async fn returned(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let citizen = clerk(&seat)?;
    let id: CaseId<PinReset> = case.parse().map_err(|_| seat.visit.not_found())?;
    match seat.brought(Purpose::Submit).await? {
        Brought::GivenUp => Ok(seat.to("/counter/confirm?notice=cancelled")),
        Brought::Signed { case, signature } if case == id.octets() => {
            let desk = seat.visit.portal.desk();
            match desk.admit_holder(&seat.actor(), id, signature).await {
                Ok(_) => {}
                // The way back, walked again when the card has been at a kiosk, leads to what became of it.
                Err(Failure::Refused(Refusal::Stale)) => return Ok(seat.to(&format!("/counter/{id}"))),
                Err(Failure::Refused(no)) => return preview(&seat, &citizen, &Typed::kept(&seat), Some(&no)).await,
                Err(failure) => return Err(seat.failed(&failure)),
            }
            let forgotten = seat.visit.portal.forget(seat.session(), &seat.office.id, TYPED).await;
            forgotten.map_err(|fault| seat.fault(&fault))?;
            Ok(seat.to(&format!("/counter/{id}?notice=opened")))
        }
        Brought::Signed { .. } => Err(seat.visit.not_found()),
    }
}

/// `GET …/counter/{case}`: what the citizen takes along, and what became of it.
async fn opened(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let citizen = clerk(&seat)?;
    let id: CaseId<PinReset> = case.parse().map_err(|_| seat.visit.not_found())?;
    let known = seat.visit.portal.store().pin_reset(id.octets()).await;
    let known = known.map_err(|fault| seat.fault(&fault))?;
    // A case of another office, and one that an app has the key of, are not here.
    known
        .filter(|row| row.office == seat.office.id && row.key.is_none())
        .ok_or_else(|| seat.visit.not_found())?;
    let case = seat.visit.portal.desk().look(id).await;
    let case = case.map_err(|fault| seat.fault(&fault))?;
    let Some(reservation) = case.reservation() else {
        return Ok(seat.to("/counter/confirm"));
    };
    let page = seat.frame(Tab::Counter);
    let until = date::minute(page.words, reservation.until);
    let number = reservation.number.to_string();
    let view = Opened {
        notice: seat.visit.asked("notice") == Some("opened"),
        counts: matches!(case, Case::Reserved { .. }) && seat.visit.now <= reservation.until,
        state: card::state(&page, &case, seat.visit.now),
        slip: vec![
            page.fact("counter-office", page.text(&seat.office.name)),
            page.fact("counter-number", &number),
            page.fact("counter-until", until),
        ],
        usable: usable(page.words, &citizen, reservation),
        places: citizen.places.clone(),
        office: office_facts(&seat, &page, reservation).await?,
        number,
        page,
    };
    Ok(seat.render(&view))
}

/// Who may, where there is such a counter.
fn clerk(seat: &Seat) -> Result<std::sync::Arc<Citizen>, Stop> {
    let citizen = seat.office.citizen().map_err(|_| seat.visit.not_found())?.clone();
    seat.must(Role::Entry)?;
    Ok(citizen)
}

async fn at_counter(seat: &Seat, card: CardNumber) -> Result<Option<AtCounter>, Stop> {
    let known = seat.visit.portal.desk().at_counter(&seat.office, card).await;
    known.map_err(|fault| seat.fault(&fault))
}

/// The card, where a clerk can open a reservation for it now.
async fn ready(seat: &Seat, citizen: &Citizen, typed: &Typed) -> Result<Option<AtCounter>, Stop> {
    let Some(number) = typed.number() else { return Ok(None) };
    let known = at_counter(seat, number).await?;
    Ok(known.filter(|known| citizen.counter && card::refusal(known, citizen, seat.visit.now).is_none()))
}

async fn show(seat: &Seat, citizen: &Citizen, typed: &Typed, goes_on: bool) -> Result<Response, Stop> {
    let page = seat.frame(Tab::Counter);
    let words = page.words;
    let (mut error, mut found) = (None, None);
    match typed.number() {
        Some(number) => match at_counter(seat, number).await? {
            Some(known) => {
                found = Some(Found::of(
                    &page,
                    citizen,
                    &known,
                    (typed.document(), goes_on),
                    seat.visit.now,
                ));
            }
            None => error = Some(told(words, &Refusal::UnknownCard)),
        },
        None if typed.card.trim().is_empty() && seat.visit.is_page() => {}
        None if typed.card.trim().is_empty() => {
            error = Some(words.message(Code::Req, &[("field", &words.say("counter-card"))]));
        }
        None => {
            error = Some(Message {
                happened: words.say("counter-card-form"),
                next: words.say("counter-card-form-next"),
                code: Code::NumberFormat,
            });
        }
    }
    let wrong = error.is_some() || found.as_ref().is_some_and(|found| found.error.is_some());
    let view = Counter {
        typed: typed.card.clone(),
        error,
        found,
        open: citizen.counter,
        halted: halted(seat, &page).await?,
        page,
    };
    let status = if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render(status, &view))
}

async fn preview(seat: &Seat, citizen: &Citizen, typed: &Typed, no: Option<&Refusal>) -> Result<Response, Stop> {
    let (Some(number), Some(document)) = (typed.number(), typed.document()) else {
        return Ok(seat.to("/counter"));
    };
    let Some(known) = ready(seat, citizen, typed).await? else {
        // The page of the card says why not.
        return Ok(seat.to("/counter"));
    };
    let page = seat.frame(Tab::Counter);
    let refused = no.map(|no| (refusal::refused(page.words, no).0, told(page.words, no)));
    let (status, notice) = refused.map_or((StatusCode::OK, None), |(status, message)| (status, Some(message)));
    let had = known.reserved.as_ref().and_then(Case::reservation);
    let had = had.filter(|reservation| seat.visit.now <= reservation.until);
    let view = Confirm {
        cancelled: seat.visit.asked("notice") == Some("cancelled"),
        notice,
        facts: vec![
            page.fact("counter-card", grouped(number)),
            page.fact(
                "counter-document",
                page.t(&format!("counter-document-{}", document.key())),
            ),
            page.fact("counter-clerk", &seat.acting.name),
        ],
        replaced: had.map(|had| page.t1("counter-replaces", "number", &had.number.to_string())),
        hours: (citizen.reserved_for / 3_600).to_string(),
        card: number.to_string(),
        document: document.key(),
        page,
    };
    Ok(render(status, &view))
}

async fn halted(seat: &Seat, page: &Frame) -> Result<Vec<HaltedView>, Stop> {
    let store = seat.visit.portal.store();
    let rows = store
        .halted_cards(&seat.office.id)
        .await
        .map_err(|fault| seat.fault(&fault))?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let id: CaseId<PinReset> = CaseId::from_octets(row.case);
        let case = seat.visit.portal.desk().look(id).await;
        if let Case::Halted { why, .. } = case.map_err(|fault| seat.fault(&fault))? {
            views.push(HaltedView {
                card: grouped(row.card),
                at: date::minute(page.words, row.at),
                why: page.t(&format!("counter-doubt-{}", why.key())),
                case: id.to_string(),
            });
        }
    }
    Ok(views)
}

/// What stays at the office, and is not printed.
async fn office_facts(seat: &Seat, page: &Frame, reservation: &Reservation) -> Result<Vec<Fact>, Stop> {
    let mut facts = vec![page.fact("counter-card", grouped(reservation.card.number))];
    if let Proof::Counter { identification, .. } = &reservation.proof {
        let document = page.t(&format!("counter-document-{}", identification.document.key()));
        facts.push(page.fact("counter-document", document));
        facts.push(page.fact("counter-clerk", Officers::of(seat).await?.name(identification.officer)));
        facts.push(page.fact("counter-since", date::minute(page.words, reservation.since)));
    }
    Ok(facts)
}

/// When kiosks work until the reservation ends.
fn usable(words: Words, citizen: &Citizen, reservation: &Reservation) -> Vec<String> {
    let spans = citizen.kiosk.usable(reservation.since, reservation.until);
    let said = |span: casework::pin_reset::Span| {
        let until = span.until.min(reservation.until);
        let (from, until) = (date::minute(words, span.from), date::minute(words, until));
        words.say_with("counter-span", &[("from", from.as_str()), ("until", until.as_str())])
    };
    spans.into_iter().map(said).collect()
}

/// A refusal, with what a clerk can do about it.
fn told(words: Words, no: &Refusal) -> Message {
    let (_, message) = refusal::refused(words, no);
    match message.code {
        Code::CardType => Message {
            happened: words.say("counter-unknown"),
            next: words.say("counter-unknown-next"),
            ..message
        },
        Code::CertExpired | Code::CertRevoked | Code::CertNotyet | Code::CertIssuer | Code::CertChain => Message {
            next: words.say("counter-certificate-next"),
            ..message
        },
        Code::Stale => Message {
            next: words.say("counter-stale-next"),
            ..message
        },
        _ => message,
    }
}

/// The note of what was typed.
const TYPED: &str = "counter";
/// Characters of a field.
const LONGEST: usize = 60;
