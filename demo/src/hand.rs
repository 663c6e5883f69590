//! A card in its holder's hand, while the demo makes what has happened before it begins.

use crate::story::Story;
use agent::virtual_card::{Drawer, Hand, VirtualCard, VirtualCardFault};
use anyhow::Result;
use server::clock::Instant;
use server::desk::example::ExampleCard;
use std::path::Path;

/// A card at a reader of its own, its PIN verified.
pub(crate) struct Held(Hand);

impl Held {
    /// The card of this story.
    pub(crate) fn with(cards: &Path, story: Story) -> Result<Self> {
        let (drawer, readers) = Drawer::new(1);
        drawer.insert(1, open(cards, story)?);
        Ok(Self(Hand::at(&readers, story.pin)?))
    }
}

impl ExampleCard for Held {
    type Fault = VirtualCardFault;

    fn certificates(&self) -> [Vec<u8>; 2] {
        self.0.certificates().map(<[u8]>::to_vec)
    }

    fn authenticate(&mut self, message: &[u8]) -> Result<Vec<u8>, VirtualCardFault> {
        self.0.authenticate(message)
    }

    fn sign(&mut self, text: &str, at: Instant) -> Result<Vec<u8>, VirtualCardFault> {
        self.0.sign(text, at.0)
    }
}

/// The card of this story, as it lies in the drawer.
pub(crate) fn open(cards: &Path, story: Story) -> Result<VirtualCard> {
    Ok(VirtualCard::open(&cards.join(story.id).with_extension("json"))?)
}
