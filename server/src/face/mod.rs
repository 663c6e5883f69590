//! Faces: the picture that a card's issuer signed and the one that was just taken, compared and dropped (DESIGN, part 4;
//! docs/face-match.md).
//!
//! [`visual`] proves the card's picture, [`picture`] decodes both within bounds, and [`FaceMatch`] says how like they are. What
//! stays is the answer: score, threshold, provider and version. Neither picture is logged, kept, or part of any message.

mod choice;
mod http;
mod jpeg2000;
mod lbph;
mod located;
pub mod made;
#[cfg(feature = "onnx")]
mod onnx;
pub mod picture;
pub mod visual;

use casework::evidence::Comparison;
use std::fmt;

pub use choice::{Choice, Model, Order, Provider};
use picture::Picture;

use crate::fault::Bug;

/// Who compares faces: one of the five seams, closed, since a provider is code and not configuration.
///
/// Contract: an answer is about these two pictures and no others, and is given once. Nothing is kept by it, and a comparison
/// may be made any number of times, by any number of threads. What it cannot do within its time it does not do later.
pub struct FaceMatch(Comparer);

enum Comparer {
    Lbph {
        threshold: u16,
    },
    Http(Box<http::Vendor>),
    #[cfg(feature = "onnx")]
    Onnx(std::sync::Arc<onnx::Network>),
}

/// Two faces were not compared. No reason counts as an unlike face.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCompared {
    /// There is no face in what was taken: it is to be taken again.
    #[error("no face is seen")]
    NoFace,
    /// There are several: whose is it?
    #[error("several faces are seen")]
    Several,
    /// No face is found on the card, and will not be the next time either: the counter.
    #[error("no face is found in the card's picture")]
    CardFace,
    /// The provider cannot be reached, is too slow, or answers what cannot be understood. Not the person's fault.
    #[error("faces cannot be compared now: {why}")]
    Down {
        /// For the operator; nothing that the provider wrote is in it.
        why: String,
    },
    /// It is our fault.
    #[error(transparent)]
    Bug(#[from] Bug),
}

/// A provider that cannot be used as it is configured. The server does not start with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("faces cannot be compared as `[citizen.face]` says: {0}")]
pub struct Unusable(pub(crate) String);

impl FaceMatch {
    /// Opens what an office has chosen: reads models and compares their digests, reads keys. Nobody is asked yet.
    pub fn open(choice: &Choice) -> Result<Self, Unusable> {
        let threshold = choice.threshold;
        Ok(Self(match &choice.provider {
            Provider::Lbph => Comparer::Lbph { threshold },
            Provider::Http { url, token, trust } => Comparer::Http(Box::new(http::Vendor::open(
                url,
                token.as_deref(),
                trust.as_deref(),
                threshold,
            )?)),
            #[cfg(feature = "onnx")]
            Provider::Onnx { embedding, detector } => Comparer::Onnx(std::sync::Arc::new(onnx::Network::open(
                embedding,
                detector.as_ref(),
                threshold,
            )?)),
            #[cfg(not(feature = "onnx"))]
            Provider::Onnx { .. } => {
                return Err(Unusable("this program was built without the feature `onnx`".to_owned()));
            }
        }))
    }

    /// How like the two faces are. Both pictures are gone when this is done. `request` names the question to a vendor, who may
    /// keep it; it is nothing by which a person is known.
    pub async fn compare(&self, card: Picture, capture: Picture, request: &str) -> Result<Comparison, NotCompared> {
        match &self.0 {
            Comparer::Lbph { threshold } => {
                let threshold = *threshold;
                let score = away(move || lbph::compare(&card, &capture)).await?;
                Ok(Comparison {
                    score,
                    threshold,
                    provider: "lbph".to_owned(),
                    version: lbph::VERSION.to_owned(),
                })
            }
            Comparer::Http(vendor) => vendor.compare(card, capture, request).await,
            #[cfg(feature = "onnx")]
            Comparer::Onnx(network) => {
                let network = std::sync::Arc::clone(network);
                away(move || network.compare(&card, &capture)).await
            }
        }
    }
}

/// Its provider, and nothing of it.
impl fmt::Debug for FaceMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Comparer::Lbph { .. } => "FaceMatch(lbph)",
            Comparer::Http(_) => "FaceMatch(http)",
            #[cfg(feature = "onnx")]
            Comparer::Onnx(_) => "FaceMatch(onnx)",
        })
    }
}

/// Work for a processor, away from whoever serves others; two at a time in the whole process. What takes too long keeps its
/// turn until it is done.
async fn away<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NotCompared> + Send + 'static,
) -> Result<T, NotCompared> {
    let turn = TURN.acquire().await.map_err(|why| Bug(why.to_string()))?;
    let work = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    match tokio::time::timeout(WITHIN, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(ended)) => Err(Bug(ended.to_string()).into()),
        Err(_) => Err(NotCompared::Down {
            why: format!("the comparison took more than {} seconds", WITHIN.as_secs()),
        }),
    }
}

/// The one face in what was taken.
fn only_one<T>(found: Vec<T>) -> Result<T, NotCompared> {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(NotCompared::NoFace),
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(NotCompared::Several),
    }
}

/// As the audit has it: thousandths, rounded down, so that no rounding makes two faces alike. What is no number is unlike.
fn thousandths(score: f32) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped before, and NaN is 0"
    )]
    let thousandths = (score.clamp(0.0, 1.0) * 1_000.0) as u16;
    thousandths
}

/// For how long two faces may be compared.
pub const WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

static TURN: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);
