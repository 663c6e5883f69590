//! デジタル証明書の取得: a key is made where it shall live, its certificate is brought to it, and both are tested.
//!
//! What is wanted under one mark of one portal is made once. The record of it is written before the key is made, and both are
//! found again after a page was closed, the agent was killed or an answer was lost; the person gives PIN or password once more,
//! and it goes on from there.

pub(crate) mod file;
pub(crate) mod place;
mod record;
mod test;
pub(crate) mod token;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::name::DistinguishedName;
use wire::acquisition::{Issued, Tested, Wanted};
use wire::card_request::{Answer, Step};
use wire::code::Code;

use crate::local::Local;
use crate::origin::Origin;
use crate::visit::{Notice, Stage, Visit};
use crate::work;

pub(crate) use place::{Living, Place, PlaceFault, Secret};
pub(crate) use record::{Mark, Record};
pub(crate) use test::Address;

/// How far an acquisition is in one visit, beside what is recorded of it.
#[derive(Default)]
pub(crate) struct Acquiring {
    /// Where the person wants the key; what is recorded is stronger.
    pub(crate) chosen: Option<Place>,
    /// A test that failed, until it is made again.
    pub(crate) failed: Option<Tested>,
}

/// What was installed, for the last page.
#[derive(Clone)]
pub(crate) struct Done {
    pub(crate) place: Place,
    pub(crate) certificate: Certificate,
    pub(crate) tested: Tested,
    /// Where the browser belongs.
    pub(crate) back: String,
}

/// What the present step wants: the key, and its certificate once it is there.
pub(crate) struct Task {
    pub(crate) wanted: Wanted,
    pub(crate) issued: Option<Issued>,
    pub(crate) mark: Mark,
}

impl Task {
    /// The task of a visit whose step is one of the two.
    pub(crate) fn of(visit: &Visit) -> Option<Self> {
        let state = visit.look();
        let at = usize::try_from(state.asked.answered).ok()?;
        let before = at.checked_sub(1).and_then(|at| state.asked.steps.get(at));
        let (wanted, issued) = match (state.asked.step()?, before) {
            (Step::Acquire { wanted, .. }, _) => (wanted.clone(), None),
            (Step::Install { issued, .. }, Some(Step::Acquire { wanted, .. })) => (wanted.clone(), issued.clone()),
            _ => return None,
        };
        Some(Self {
            mark: Mark::of(&visit.portal, &wanted.mark),
            wanted,
            issued,
        })
    }
}

/// Makes what is to be made, brings what has come, and tests it. Whatever is done already is not done again.
pub(crate) async fn go_on(local: Arc<Local>, visit: Arc<Visit>, place: Place, secret: Secret) {
    let Some(task) = Task::of(&visit) else {
        visit.change(|state| state.stage = Stage::Over(Code::Fault));
        return;
    };
    let stage = match advance(&local, &visit, task, place, secret).await {
        Ok(stage) => stage,
        Err(fault) => {
            tracing::info!(code = %fault.code(), "an acquisition stopped");
            visit.change(|state| state.notice = Some(Notice::Place(fault)));
            Stage::Holder
        }
    };
    visit.change(|state| state.stage = stage);
}

/// The test failed, and the person goes back to the portal with what there is.
pub(crate) async fn leave(local: Arc<Local>, visit: Arc<Visit>) {
    let answer = Task::of(&visit).and_then(|task| {
        let record = Record::read(&local.home, &task.mark).ok()??;
        let certificate = leaf(task.issued.as_ref()?).ok()?;
        let tested = visit.look().acquiring.failed?;
        Some(installed(&certificate, &record.place, tested))
    });
    match answer {
        Some(answer) => work::send(&local, &visit, answer).await,
        None => visit.change(|state| state.stage = Stage::Over(Code::Fault)),
    }
}

async fn advance(
    local: &Arc<Local>,
    visit: &Arc<Visit>,
    task: Task,
    place: Place,
    secret: Secret,
) -> Result<Stage, PlaceFault> {
    let Task { wanted, issued, mark } = task;
    let mut record = match Record::read(&local.home, &mark)? {
        Some(record) => record,
        None => Record::begin(&local.home, &mark, &visit.portal, &wanted.label, place)?,
    };
    let opening = {
        let (local, record, wanted, mark) = (Arc::clone(local), record.clone(), wanted.clone(), mark.clone());
        blocking(move || place::open(&local, &record, &mark, &wanted, secret))
    };
    let living = opening.await?;
    let issued = if let Some(issued) = issued {
        issued
    } else {
        let csr = if let Some(csr) = &record.csr {
            csr.clone()
        } else {
            let csr = requested(&wanted, Arc::clone(&living)).await?;
            record.csr = Some(csr.clone());
            record.keep(&local.home, &mark)?;
            csr
        };
        let answer = Answer::Requested {
            csr: URL_SAFE_NO_PAD.encode(csr),
            place: record.place.kind(),
        };
        let stage = work::deliver(local, visit, answer).await;
        let next = Task::of(visit).and_then(|task| task.issued);
        match (stage, next) {
            (Stage::Holder, Some(issued)) => issued,
            (Stage::Holder, None) => return Ok(Stage::Over(Code::Fault)),
            (other, _) => return Ok(other),
        }
    };
    let certificate = leaf(&issued)?;
    {
        let (living, issued, label) = (Arc::clone(&living), issued.clone(), wanted.label.clone());
        blocking(move || {
            let chain = chain(&issued)?;
            if chain.first().map(Certificate::public_key) != Some(living.key().public_key()) {
                return Err(PlaceFault::AnotherKey);
            }
            living.install(&label, &chain)
        })
        .await?;
    }
    let tested = {
        let (living, issued, clock) = (Arc::clone(&living), issued.clone(), local.clock.clone());
        blocking(move || Ok(test::test(&issued, &living, &clock))).await?
    };
    drop(living);
    tracing::info!(?tested, "a certificate was installed");
    match tested {
        Tested::Passed | Tested::Untested => {
            let answer = installed(&certificate, &record.place, tested);
            Ok(match work::deliver(local, visit, answer).await {
                Stage::Back(back) => Stage::Installed(Box::new(Done {
                    place: record.place,
                    certificate,
                    tested,
                    back,
                })),
                other => other,
            })
        }
        failed => {
            visit.change(|state| state.acquiring.failed = Some(failed));
            Ok(Stage::Holder)
        }
    }
}

/// The request for a certificate, made once: a second signature would be another request.
async fn requested(wanted: &Wanted, living: Arc<dyn Living>) -> Result<Vec<u8>, PlaceFault> {
    let subject = subject(wanted).ok_or(PlaceFault::Failed("the subject is no name".to_owned()))?;
    blocking(move || {
        CertificateRequest::for_subject(&subject, living.key())
            .map(|request| request.der().to_vec())
            .map_err(|fault| living.fault().unwrap_or(PlaceFault::Failed(fault.to_string())))
    })
    .await
}

/// The subject that the portal wants.
pub(crate) fn subject(wanted: &Wanted) -> Option<DistinguishedName> {
    DistinguishedName::from_der(&URL_SAFE_NO_PAD.decode(&wanted.subject).ok()?).ok()
}

fn chain(issued: &Issued) -> Result<Vec<Certificate>, PlaceFault> {
    let read = |text: &String| {
        let der = URL_SAFE_NO_PAD.decode(text).ok()?;
        Certificate::parse(&der).ok()
    };
    let chain: Option<Vec<_>> = issued.chain.iter().map(read).collect();
    chain.ok_or(PlaceFault::Failed("the certificate cannot be read".to_owned()))
}

/// The certificate itself.
pub(crate) fn leaf(issued: &Issued) -> Result<Certificate, PlaceFault> {
    let first = chain(issued)?.into_iter().next();
    first.ok_or(PlaceFault::Failed("no certificate came".to_owned()))
}

fn installed(certificate: &Certificate, place: &Place, tested: Tested) -> Answer {
    Answer::Installed {
        certificate: URL_SAFE_NO_PAD.encode(certificate.fingerprint()),
        place: place.kind(),
        tested,
    }
}

/// Whether what came with a step can be used: certificates that follow each other, and an address on the portal's own host.
pub(crate) fn is_sound(issued: &Issued, portal: &Origin) -> bool {
    let Ok(chain) = chain(issued) else {
        return false;
    };
    let follows = chain.windows(2).all(|two| match two {
        [lower, upper] => lower.verify_signed_by(upper).is_ok(),
        _ => true,
    });
    let test = issued.test.as_ref();
    (1..=MOST_CERTIFICATES).contains(&chain.len())
        && follows
        && test.is_none_or(|test| {
            test.anchors.len() <= MOST_CERTIFICATES && Address::parse(&test.address, portal).is_some()
        })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PlaceFault> + Send + 'static,
) -> Result<T, PlaceFault> {
    tokio::task::spawn_blocking(work)
        .await
        // It panicked, which is ours.
        .unwrap_or_else(|_| Err(PlaceFault::Failed("the work ended early".to_owned())))
}

const MOST_CERTIFICATES: usize = 8;
