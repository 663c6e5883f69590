//! The seam to a card, and the exclusive transaction in which every conversation runs.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use crate::{
    apdu::{Apdu, Command, Length, Response, StatusWord},
    fault::{CardFault, ProtocolFault},
};

/// One inserted card.
///
/// A transport is bound to the insertion for which it was opened: once that card has left the reader, every method answers [`TransportFault::Removed`], even if the same card is back.
/// So whoever holds a transport can never talk to another card by mistake (A05).
///
/// Waiting is bounded: a method returns within about ten seconds, also when the card is silent ([`TransportFault::Mute`]) or another program holds it ([`TransportFault::Busy`]).
/// After a fault in `transmit` it is unknown whether the card did what was asked.
pub trait Transport: Send {
    /// Sends one APDU and waits for its answer. An implementation never logs the bytes: they may hold a PIN.
    fn transmit(&mut self, apdu: &Apdu) -> Result<Response, TransportFault>;

    /// Begins an exclusive transaction: until [`Transport::end`], no other program or thread talks to this card (A08).
    /// Not reentrant.
    fn begin(&mut self) -> Result<(), TransportFault>;

    /// Ends the transaction. Without one it does nothing.
    fn end(&mut self, after: CardAfter) -> Result<(), TransportFault>;
}

/// What becomes of the card when a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardAfter {
    /// Its state stays.
    Left,
    /// It is reset, so that no verified PIN is left for the next program (A08).
    Reset,
}

/// Why no answer came. None of these spends a try (G-P6), unless a VERIFY was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportFault {
    /// The card of this transport is no longer in the reader.
    #[error("the card was removed")]
    Removed,
    /// The card does not answer.
    #[error("the card does not answer")]
    Mute,
    /// Another program holds the card.
    #[error("another program is using the card")]
    Busy,
    /// The reader is gone.
    #[error("the reader was disconnected")]
    Gone,
    /// The card service of the system has ended.
    #[error("the card service has ended")]
    ServiceDown,
    /// The answer is no response APDU, or the reader reported this code of its own.
    #[error("the reader reported {0:#010X}")]
    Reader(u32),
}

/// An exclusive transaction; dropped unfinished, it resets the card.
pub(crate) struct Exclusive<'t> {
    transport: &'t mut dyn Transport,
    length: Length,
    open: bool,
}

impl<'t> Exclusive<'t> {
    pub(crate) fn begin(transport: &'t mut dyn Transport, length: Length) -> Result<Self, CardFault> {
        transport.begin()?;
        Ok(Self {
            transport,
            length,
            open: true,
        })
    }

    /// Sends a command, chained if need be, and collects the whole answer (ISO 7816-4 §5.3.3, §5.3.4).
    ///
    /// The status of the answer is judged by the caller; `61xx` and `6Cxx` are dealt with here.
    pub(crate) fn exchange(&mut self, command: &Command) -> Result<Response, CardFault> {
        self.send(&command.apdus(self.length))
    }

    /// The same for a command that is already encoded: one APDU, or a chain.
    pub(crate) fn send(&mut self, apdus: &[Apdu]) -> Result<Response, CardFault> {
        // `apdus` makes at least one.
        let (last, links) = apdus.split_last().ok_or(ProtocolFault::Answer)?;
        for link in links {
            let answer = self.transport.transmit(link)?;
            if answer.status != StatusWord::Success {
                return Ok(answer);
            }
        }
        let mut answer = self.transport.transmit(last)?;
        if let StatusWord::WrongExpected(exact) = answer.status {
            // The card did nothing yet but name the length it wants (§5.1, table 5): the same command with it.
            let again = last.expecting(exact).ok_or(ProtocolFault::Answer)?;
            answer = self.transport.transmit(&again)?;
        }
        while let StatusWord::MoreData(left) = answer.status {
            let more = Command::GetResponse {
                expected: u32::from(left),
            };
            for apdu in more.apdus(Length::Short) {
                let rest = self.transport.transmit(&apdu)?;
                if rest.data.is_empty() && matches!(rest.status, StatusWord::MoreData(_)) {
                    return Err(ProtocolFault::Endless.into());
                }
                answer.data.extend(rest.data);
                answer.status = rest.status;
            }
            if answer.data.len() > LONGEST_ANSWER {
                return Err(ProtocolFault::Endless.into());
            }
        }
        Ok(answer)
    }

    /// Ends it in good order.
    pub(crate) fn finish(mut self, after: CardAfter) -> Result<(), CardFault> {
        self.open = false;
        Ok(self.transport.end(after)?)
    }
}

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        if self.open {
            // Left early, by an error: that error is what the caller hears; a card that cannot be reset is gone.
            let _ = self.transport.end(CardAfter::Reset);
        }
    }
}

/// No PIV object is longer (SP 800-73-4 part 1, table 7 allows 12,704 bytes); more is a card that does not stop.
const LONGEST_ANSWER: usize = 1 << 17;
