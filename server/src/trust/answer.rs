//! OCSP answers about single certificates: asked when needed, kept for a while.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

use casework::identity::Fingerprint;
use casework::time::Instant;
use pki::certificate::Certificate;
use pki::ocsp::{ErrorResponse, HashAlgorithm, IssuerId, Nonce, NotAcceptable, Request, Response, Status};
use pki::serial::Serial;
use tokio::sync::OwnedMutexGuard;

use super::slot::Slot;
use super::{AHEAD, PinnedIssuer, Trust, Why};

/// What a responder said, verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: Status,
    this_update: i64,
    /// Until when it may be relied upon.
    pub(super) until: Instant,
    fetched_at: Instant,
}

/// The answers that are kept, the oldest question first.
#[derive(Default)]
pub(super) struct Answers {
    kept: HashMap<About, Arc<Slot<Answer>>>,
    order: VecDeque<About>,
}

/// Of which certificate.
type About = (Fingerprint, Serial);

/// Who is asked about what.
struct Question {
    issuer: Certificate,
    name: String,
    url: String,
    serial: Serial,
}

impl Trust {
    /// What the responder says of this certificate.
    pub(super) async fn answer(
        &self,
        issuer: &PinnedIssuer,
        certificate: &Certificate,
        url: &str,
        now: Instant,
    ) -> Result<Arc<Answer>, Why> {
        let slot = self.answer_slot(
            (Fingerprint(issuer.certificate.fingerprint()), certificate.serial()),
            now,
        );
        if let Some(answer) = self.fresh(&slot, now) {
            return Ok(answer);
        }
        let turn = slot.turn().await;
        // Whoever waited takes what the one before found.
        let now = self.now();
        if let Some(answer) = self.fresh(&slot, now) {
            return Ok(answer);
        }
        let since = now.plus_seconds(-self.seconds().retry);
        let failed = slot.failed_after(since).or_else(|| self.silent_after(url, since));
        if let Some(why) = failed {
            return self.still_valid(&slot, now).ok_or(why);
        }
        let question = Question {
            issuer: issuer.certificate.clone(),
            name: issuer.name.clone(),
            url: url.to_owned(),
            serial: certificate.serial(),
        };
        // A task of its own: a visitor who goes cancels nothing that others wait for.
        tokio::spawn(self.clone().put(question, slot, turn))
            .await
            .unwrap_or_else(|fault| Err(Why::Failed(fault.to_string())))
    }

    /// What is kept of this certificate, without asking anybody.
    pub(super) fn known(&self, issuer: &PinnedIssuer, certificate: &Certificate, now: Instant) -> Option<Arc<Answer>> {
        let about = (Fingerprint(issuer.certificate.fingerprint()), certificate.serial());
        let slot = {
            let answers = self.answers().lock().unwrap_or_else(PoisonError::into_inner);
            answers.kept.get(&about).cloned()?
        };
        self.still_valid(&slot, now)
    }

    async fn put(
        self,
        question: Question,
        slot: Arc<Slot<Answer>>,
        turn: OwnedMutexGuard<()>,
    ) -> Result<Arc<Answer>, Why> {
        let found = self.asked(&question, slot.kept().as_deref()).await;
        let now = self.now();
        self.counted(&question.name, "ocsp", found.as_ref().err());
        let result = match found {
            Ok(answer) => {
                let answer = Arc::new(answer);
                slot.keep(Arc::clone(&answer));
                Ok(answer)
            }
            Err(why) => {
                tracing::warn!(issuer = question.name, url = question.url, %why, "the issuer's responder was of no use");
                if why.is_of_the_place() {
                    self.is_silent(&question.url, now, &why);
                }
                slot.fail(now, why.clone());
                self.still_valid(&slot, now).ok_or(why)
            }
        };
        drop(turn);
        result
    }

    async fn asked(&self, question: &Question, kept: Option<&Answer>) -> Result<Answer, Why> {
        let id = IssuerId::of(&question.issuer);
        let nonce = Nonce::new(&self.octets::<32>()).map_err(|why| Why::Failed(why.to_string()))?;
        let request = Request::new(
            vec![id.cert_id(&question.serial, HashAlgorithm::Sha1)],
            Some(nonce.clone()),
        );
        let octets = self.fetcher().answer(&question.url, request.to_der()).await?;
        let now = self.now();
        let basic = match Response::parse(&octets).map_err(|why| Why::Unreadable(why.to_string()))? {
            Response::Basic(basic) => basic,
            Response::Error(error) => return Err(Why::Refused(error_word(error))),
        };
        // A responder that signs ahead repeats no nonce (RFC 5019 §4); one that repeats another's answers somebody else.
        if basic.nonce().is_some_and(|repeated| *repeated != nonce) {
            return Err(Why::Foreign("it repeats another nonce".to_owned()));
        }
        // It may be a little younger than our clock.
        let status = basic
            .status_of(&question.serial, &question.issuer, now.0)
            .or_else(|_| basic.status_of(&question.serial, &question.issuer, now.0 + AHEAD))
            .map_err(|why| match why {
                NotAcceptable::Silent => Why::Silent,
                NotAcceptable::Stale => Why::Stale,
                why => Why::Foreign(why.to_string()),
            })?;
        let single = basic
            .singles()
            .iter()
            .find(|single| id.serial_of(&single.id) == Some(question.serial))
            .ok_or(Why::Silent)?;
        if status == Status::Unknown {
            return Err(Why::Unknown);
        }
        if kept.is_some_and(|kept| single.this_update < kept.this_update) {
            return Err(Why::Older);
        }
        let seconds = self.seconds();
        // Without a nextUpdate there is always newer information: it is good for one look, and none of yesterday's is.
        let ends = single.next_update.unwrap_or(single.this_update + seconds.look_again);
        let until = Instant(ends.min(single.this_update + seconds.at_most));
        if until < now {
            return Err(Why::Stale);
        }
        Ok(Answer {
            status,
            this_update: single.this_update,
            until,
            fetched_at: now,
        })
    }

    /// Good enough not to ask again.
    fn fresh(&self, slot: &Slot<Answer>, now: Instant) -> Option<Arc<Answer>> {
        self.still_valid(slot, now)
            .filter(|answer| now.0 - answer.fetched_at.0 < self.seconds().look_again)
    }

    #[expect(clippy::unused_self, reason = "read as its neighbours are")]
    fn still_valid(&self, slot: &Slot<Answer>, now: Instant) -> Option<Arc<Answer>> {
        slot.kept()
            .filter(|answer| answer.this_update <= now.0 + AHEAD && now <= answer.until)
    }

    fn answer_slot(&self, about: About, now: Instant) -> Arc<Slot<Answer>> {
        let mut answers = self.answers().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = answers.kept.get(&about) {
            return Arc::clone(slot);
        }
        if answers.order.len() >= MOST_ANSWERS
            && let Some(oldest) = answers.order.pop_front()
        {
            answers.kept.remove(&oldest);
        }
        let slot = Arc::new(Slot::new(now));
        answers.kept.insert(about, Arc::clone(&slot));
        answers.order.push_back(about);
        slot
    }

    fn silent_after(&self, url: &str, since: Instant) -> Option<Why> {
        let silent = self.silent().lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(url).and_then(|(at, why)| (*at > since).then(|| why.clone()))
    }

    fn is_silent(&self, url: &str, at: Instant, why: &Why) {
        let mut silent = self.silent().lock().unwrap_or_else(PoisonError::into_inner);
        let since = at.plus_seconds(-self.seconds().retry);
        silent.retain(|_, (at, _)| *at > since);
        silent.insert(url.to_owned(), (at, why.clone()));
    }
}

const fn error_word(error: ErrorResponse) -> &'static str {
    match error {
        ErrorResponse::MalformedRequest => "malformedRequest",
        ErrorResponse::InternalError => "internalError",
        ErrorResponse::TryLater => "tryLater",
        ErrorResponse::Unauthorized => "unauthorized",
    }
}

/// About 200 octets each.
const MOST_ANSWERS: usize = 100_000;
