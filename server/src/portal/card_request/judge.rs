//! Whether an answer of a card stands, and what its procedure says to it.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::identity::Fingerprint;
use casework::time::Instant;
use pki::certificate::Certificate;
use std::future::ready;
use std::pin::Pin;
use wire::card_request::{Answer, CardRequest, PERSON_LENGTH, PinRule, Step, Verdict};
use wire::code::Code;

use super::{Said, decoded, refused, told};
use crate::desk::Procedure as _;
use crate::desk::acquisition::Acquisition;
use crate::desk::card::ShownCard;
use crate::desk::evidence::{Shown, Unproven};
use crate::desk::registration::Registration;
use crate::desk::renewal::Renewal;
use crate::desk::revocation::Revocation;
use crate::fault::Fault;
use crate::office::Office;
use crate::portal::bidding::{self, Whose, login};
use crate::portal::session::hashed;
use crate::portal::{Portal, acquisition, refusal, registration, renewal};
use crate::store::CardRequestRow;

/// What is said to an answer.
pub(crate) enum Onward {
    /// It stands.
    Go {
        /// Stands in place of the following step from now on: a text that could not be written before this answer.
        next: Option<Step>,
        /// How the PIN of the card looks that is asked from now on.
        pin: Option<PinRule>,
    },
    /// It does not, and nothing of it is kept. Always [`Verdict::Refused`].
    No(Verdict),
}

/// An answer that stands by itself, as its procedure sees it.
pub(crate) struct Stands<'a> {
    pub(crate) portal: &'a Portal,
    pub(crate) office: &'a Office,
    pub(crate) row: &'a CardRequestRow,
    /// As it is kept, texts that were written late among its steps.
    pub(crate) request: &'a CardRequest,
    /// The answers so far, in the order of their steps; this one is the last.
    pub(crate) answers: &'a [Answer],
    /// To [`Step::Present`]: the certificates, checked.
    pub(crate) shown: Option<&'a Certificates>,
}

/// The certificates of a card, checked as the procedure that asked has it: an authority and its officers take the cards of
/// this house, an ordering body takes a bidder's card of every issuer that it accepts.
pub(crate) enum Certificates {
    /// Of this house's record.
    Own(Box<Shown>),
    /// A bidder's.
    Bidder(Box<ShownCard>),
}

impl Certificates {
    pub(crate) const fn own(&self) -> Option<&Shown> {
        match self {
            Self::Own(shown) => Some(shown),
            Self::Bidder(_) => None,
        }
    }

    pub(crate) const fn bidder(&self) -> Option<&ShownCard> {
        match self {
            Self::Bidder(shown) => Some(shown),
            Self::Own(_) => None,
        }
    }
}

/// What a procedure says to an answer that stands by itself, before the card is asked anything more. It changes nothing:
/// the desk decides when the browser is back.
type Says = for<'a> fn(Stands<'a>) -> Pin<Box<dyn Future<Output = Result<Onward, Fault>> + Send + 'a>>;

impl Onward {
    /// The following step as it stands.
    pub(crate) const GO: Self = Self::Go { next: None, pin: None };

    /// The desk's no; another card may be tried where `again` says so.
    pub(crate) fn no(refusal: &Refusal, again: bool) -> Self {
        Self::No(refused(|words| refusal::refused(words, refusal).1, again))
    }

    /// No, and what it is that nobody's rules say.
    pub(crate) fn told(code: Code) -> Self {
        Self::No(refused(|words| words.message(code, &[]), false))
    }
}

impl Onward {
    /// What to do about a refusal is another thing at an ordering body.
    fn at(self, office: &Office, whose: Whose) -> Self {
        match self {
            Self::No(verdict) if office.bidding().is_ok() => Self::No(bidding::advised_at_agent(whose, verdict)),
            onward => onward,
        }
    }
}

/// The noun of the procedure that asked.
pub(crate) fn noun(row: &CardRequestRow) -> Option<&'static str> {
    procedure(row).map(|(noun, _)| noun)
}

fn procedure(row: &CardRequestRow) -> Option<(&'static str, Option<Says>)> {
    PROCEDURES.into_iter().find(|(noun, _)| *noun == row.procedure)
}

/// The procedures that ask cards, and what they say to an answer.
const PROCEDURES: [(&str, Option<Says>); 9] = [
    (Acquisition::NOUN, Some(|stands| Box::pin(acquisition::says(stands)))),
    (login::NOUN, Some(|stands| Box::pin(login::says(stands)))),
    (Registration::NOUN, Some(|stands| Box::pin(registration::says(stands)))),
    (Renewal::NOUN, Some(|stands| Box::pin(renewal::says(stands)))),
    (
        Revocation::NOUN,
        Some(|stands| Box::pin(ready(Ok(revocation(&stands))))),
    ),
    // An officer's card shows who somebody is, and nothing is applied for with it.
    ("officer", None),
    ("paper", None),
    ("pin_reset", None),
    ("reissue", None),
];

/// Those that ask bidders' cards.
const BIDDERS: [&str; 3] = [login::NOUN, Registration::NOUN, Renewal::NOUN];

/// Whether the office would take an application for this card now, before it costs anybody a PIN. The desk decides again
/// when the browser is back.
fn revocation(stands: &Stands<'_>) -> Onward {
    let (Some(shown), Ok(authority)) = (stands.shown.and_then(Certificates::own), stands.office.authority()) else {
        return Onward::GO;
    };
    let policy = &authority.revocation.policy;
    let last = policy.last_day(Instant(shown.signature().not_after()));
    if stands.portal.clock().now().day() > last {
        return Onward::no(&Refusal::Late { last }, true);
    }
    Onward::GO
}

impl Portal {
    /// What is said to an answer. Nothing is kept of a refused one.
    pub(super) async fn judge(
        &self,
        row: &CardRequestRow,
        request: &CardRequest,
        asked: &Step,
        answer: &Answer,
    ) -> Result<Onward, Said> {
        let office = self
            .office(&row.office)
            .ok_or(Said::of(StatusCode::NOT_FOUND, Code::NotFound))?;
        let mut answers = self.answers(row).await?;
        let whose = whose(row, &answers);
        let mut shown = None;
        let unproven = match (asked, answer) {
            (
                Step::Present { .. },
                Answer::Presented {
                    authentication,
                    signature,
                },
            ) => match self.certificates(row, &office, authentication, signature).await {
                Ok(card) => {
                    shown = Some(card);
                    None
                }
                Err(unproven) => {
                    let no = self.not_shown(row, &office, signature, &unproven).await?;
                    return Ok(no.at(&office, whose));
                }
            },
            (Step::Authenticate { .. }, Answer::Authenticated { signature: proof }) => {
                // The card that was presented last.
                let Some((authentication, signature)) = answers.iter().rev().find_map(|answer| match answer {
                    Answer::Presented {
                        authentication,
                        signature,
                    } => Some((authentication, signature)),
                    _ => None,
                }) else {
                    return Err(Said::of(StatusCode::CONFLICT, Code::Stale));
                };
                if BIDDERS.contains(&row.procedure.as_str()) {
                    self.answers_challenge(row, authentication, proof).err()
                } else {
                    match self.shown(&office, authentication, signature).await {
                        Ok(shown) => self.presented(row, &shown, proof).err(),
                        Err(unproven) => Some(unproven),
                    }
                }
            }
            (
                Step::Sign {
                    text: Some(text),
                    certificate: Some(certificate),
                    person: offered,
                    ..
                },
                Answer::Signed { cms, person },
            ) if is_person(*offered, person.as_deref()) => self.possession(cms, text, certificate).err(),
            // Which card it is, the next step tells; the request and the certificate are judged by their procedure.
            (Step::Swap { .. }, Answer::Swapped)
            | (Step::Acquire { .. }, Answer::Requested { .. })
            | (Step::Install { .. }, Answer::Installed { .. }) => None,
            (
                Step::Present { .. }
                | Step::Authenticate { .. }
                | Step::Sign { .. }
                | Step::Swap { .. }
                | Step::Acquire { .. }
                | Step::Install { .. },
                _,
            ) => {
                return Err(Said::of(StatusCode::BAD_REQUEST, Code::Stale));
            }
        };
        if let Some(unproven) = unproven {
            tracing::info!(%unproven, request = row.purpose, "an answer of a card was not taken");
            let no = refused(|words| told(words, &unproven, &office.name, ""), false);
            return Ok(Onward::No(no).at(&office, whose));
        }
        let Some((_, Some(says))) = procedure(row) else {
            return Ok(Onward::GO);
        };
        answers.push(answer.clone());
        let stands = Stands {
            portal: self,
            office: &office,
            row,
            request,
            answers: &answers,
            shown: shown.as_ref(),
        };
        Ok(says(stands).await?.at(&office, whose))
    }

    async fn certificates(
        &self,
        row: &CardRequestRow,
        office: &Office,
        authentication: &str,
        signature: &str,
    ) -> Result<Certificates, Unproven> {
        if BIDDERS.contains(&row.procedure.as_str()) {
            let shown = self.shown_card(office, authentication, signature).await?;
            Ok(Certificates::Bidder(Box::new(shown)))
        } else {
            let shown = self.shown(office, authentication, signature).await?;
            Ok(Certificates::Own(Box::new(shown)))
        }
    }

    /// What a card is told whose certificates were not taken.
    async fn not_shown(
        &self,
        row: &CardRequestRow,
        office: &Office,
        signature: &str,
        unproven: &Unproven,
    ) -> Result<Onward, Said> {
        if let Unproven::Revoked { .. } = unproven
            && row.procedure == Revocation::NOUN
            && let Some(no) = self.applied_before(signature).await?
        {
            return Ok(Onward::no(&no, true));
        }
        let issuer = decoded(signature)
            .ok()
            .and_then(|der| Certificate::parse(&der).ok())
            .map(|certificate| certificate.issuer().readable())
            .unwrap_or_default();
        tracing::info!(%unproven, request = row.purpose, "a card was not taken");
        let no = refused(|words| told(words, unproven, &office.name, &issuer), true);
        Ok(Onward::No(no))
    }

    /// The receipt number under which this certificate was revoked on application, for E-DUP.
    async fn applied_before(&self, signature: &str) -> Result<Option<Refusal>, Fault> {
        let Ok(der) = URL_SAFE_NO_PAD.decode(signature) else {
            return Ok(None);
        };
        let Some(row) = self
            .store()
            .certificate_by_fingerprint(Fingerprint(hashed(&der)))
            .await?
        else {
            return Ok(None);
        };
        let status = self.store().status(&row.certificate).await?;
        Ok(status
            .and_then(|(_, number)| number)
            .map(|number| Refusal::AlreadyApplied { number }))
    }
}

/// Which of the company's cards the agent shows now: the second one of a ceremony is to be the new one.
fn whose(row: &CardRequestRow, answers: &[Answer]) -> Whose {
    let swapped = answers.iter().any(|answer| matches!(answer, Answer::Swapped));
    if row.procedure == Renewal::NOUN && swapped {
        Whose::New
    } else {
        Whose::Registered
    }
}

/// Whether a 担当者 may stand in an answer: it was offered, and it is one line of some length.
fn is_person(offered: bool, person: Option<&str>) -> bool {
    person.is_none_or(|person| {
        let length = person.chars().count();
        offered && (1..=PERSON_LENGTH).contains(&length) && !person.chars().any(char::is_control)
    })
}
