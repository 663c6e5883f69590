//! Pictures on their way through: what a card's issuer has signed, and what was just taken, are compared and dropped. Nothing of
//! either is kept, logged or part of a command.

use casework::evidence::{FaceMatched, FaceUnlike};
use casework::identity::CardNumber;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::desk::evidence::faces_compared;
use crate::face::picture::{Picture, Source, Spoiled};
use crate::face::visual::{Unfit, Visual};
use crate::face::{Choice, FaceMatch, NotCompared, Unusable};
use crate::fault::{Bug, Fault};
use crate::office::Office;

/// The providers that offices have chosen, each opened once. Cheap to clone.
#[derive(Clone, Default)]
pub(in crate::desk) struct Faces(Arc<Mutex<HashMap<String, Opened>>>);

/// What an office has chosen, and what came of it.
type Opened = (Choice, Arc<FaceMatch>);

/// Two pictures, as they came.
pub struct Pictures {
    /// The card's visual file with its issuer's signature.
    pub visual: Zeroizing<Vec<u8>>,
    /// What was just taken.
    pub capture: Zeroizing<Vec<u8>>,
}

/// Nothing was compared, and nothing is counted.
#[derive(Debug, thiserror::Error)]
pub enum Uncompared {
    /// The card's picture is not one that its issuer has signed.
    #[error("the card's picture: {0}")]
    Visual(#[from] Unfit),
    /// It is another card's.
    #[error("the picture is another card's")]
    AnotherCard,
    /// The card's picture cannot be decoded.
    #[error("the card's picture: {0}")]
    OnCard(Spoiled),
    /// What was taken cannot be decoded.
    #[error("the picture that was taken: {0}")]
    Capture(Spoiled),
    /// There is no one face in it, or nobody compares now.
    #[error(transparent)]
    NotCompared(#[from] NotCompared),
    /// Nobody compares faces at this office: the counter is the only way.
    #[error("nobody compares faces here")]
    Nobody,
    /// The office has chosen a provider that does not work here.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Desk {
    /// Compares the face on a card with the one that was taken. `question` names it to a vendor.
    pub async fn compare_pictures(
        &self,
        office: &Office,
        card: CardNumber,
        pictures: Pictures,
        question: &str,
    ) -> Result<Result<FaceMatched, FaceUnlike>, Uncompared> {
        let citizen = office.citizen().map_err(Fault::from)?;
        let choice = citizen.face.clone().ok_or(Uncompared::Nobody)?;
        let signers = citizen.visual_signers.clone();
        let (faces, id) = (self.faces.clone(), office.id.clone());
        let work = move || -> Result<_, Uncompared> {
            let visual = Visual::read(&pictures.visual, &signers)?;
            if visual.number != card {
                return Err(Uncompared::AnotherCard);
            }
            Ok((faces.of(&id, &choice)?, visual.picture, pictures.capture))
        };
        let done = tokio::task::spawn_blocking(work).await;
        let done = done.map_err(|why| Fault::Bug(Bug(why.to_string())))?;
        let (provider, on_card, capture) = done?;
        let on_card = Picture::of(on_card, Source::Card).await.map_err(Fault::from)?;
        let on_card = on_card.map_err(Uncompared::OnCard)?;
        let capture = Picture::of(capture, Source::Capture).await.map_err(Fault::from)?;
        let capture = capture.map_err(Uncompared::Capture)?;
        let comparison = provider.compare(on_card, capture, question).await?;
        Ok(faces_compared(card, comparison, self.clock().now()))
    }
}

impl Desk {
    /// The first office whose provider cannot be used as it is configured, and why. What can be used is open from here on.
    pub async fn unusable_faces(&self) -> Result<Option<(String, Unusable)>, Bug> {
        let (faces, offices) = (self.faces.clone(), self.offices());
        let look = move || {
            let chosen = offices.iter().filter_map(|office| {
                let choice = office.citizen().ok()?.face.as_ref()?;
                Some((office.id.as_str(), choice))
            });
            let mut opened = chosen.map(|(id, choice)| (id, faces.of(id, choice)));
            opened.find_map(|(id, opened)| Some((id.to_owned(), opened.err()?)))
        };
        // A model is read and hashed whole.
        tokio::task::spawn_blocking(look)
            .await
            .map_err(|why| Bug(why.to_string()))
    }
}

impl Faces {
    fn of(&self, office: &str, choice: &Choice) -> Result<Arc<FaceMatch>, Unusable> {
        // Nothing is left half done under this lock.
        let open = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((chosen, provider)) = open().get(office)
            && chosen == choice
        {
            return Ok(Arc::clone(provider));
        }
        let provider = Arc::new(FaceMatch::open(choice)?);
        open().insert(office.to_owned(), (choice.clone(), Arc::clone(&provider)));
        Ok(provider)
    }
}

impl fmt::Debug for Faces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faces(..)")
    }
}
