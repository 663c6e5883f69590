//! placeholder
use crate::{CardFault, Transport, reader::ReaderState};
use std::time::Duration;
#[derive(Clone)]
pub struct PcscReaders(());
impl PcscReaders {
    pub(crate) fn load() -> Result<Self, CardFault> {
        Err(CardFault::PcscDown)
    }
    pub(crate) fn list(&self) -> Result<Vec<ReaderState>, CardFault> {
        Err(CardFault::PcscDown)
    }
    pub(crate) fn wait_change(&self, _: &[ReaderState], _: Duration) -> Result<Vec<ReaderState>, CardFault> {
        Err(CardFault::PcscDown)
    }
    pub(crate) fn wake(&self) {}
    pub(crate) fn open(&self, _: &str) -> Result<Box<dyn Transport>, CardFault> {
        Err(CardFault::PcscDown)
    }
}
