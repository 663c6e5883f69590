//! The unblock application: the right to set the signature password, for one command (docs/formats.md).

use aws_lc_rs::{
    cmac::{self, AES_256},
    constant_time::verify_slices_are_equal,
    error::Unspecified,
};

use super::{Application, Flaw, Lock, Turn};
use crate::{
    apdu::{StatusWord, instruction},
    jpki::{COUNTER, KEY_VERSION, NUMBER, RECEIPT, SIGNATURE_REFERENCE, UNBLOCK_KEY},
    tlv::Tag,
    virtual_card::{Fault, chance, conversation::Halt, storage::ReferenceData},
};

/// What a cryptogram of this conversation is made over: card, PIN, counter, the card's random number and the host's.
#[derive(Clone)]
pub(super) struct Right {
    context: Vec<u8>,
}

/// Who says it: the first octet under each cryptogram.
#[derive(Clone, Copy)]
enum Says {
    Host = 1,
    Card = 2,
    Receipt = 3,
}

impl Turn<'_> {
    fn in_unblock(&self) -> Result<(), Halt> {
        if self.volatile.application == Some(Application::Unblock) {
            Ok(())
        } else {
            Err(StatusWord::InstructionNotSupported.into())
        }
    }

    pub(super) fn unblock_object(&self, object: Tag) -> Result<Vec<u8>, Halt> {
        self.in_unblock()?;
        let locks = &self.state.locks;
        match object {
            NUMBER => Ok(self.state.number.digits().to_vec()),
            KEY_VERSION => Ok(vec![self.issued()?.keys.version]),
            COUNTER => Ok(three(locks.counter).to_vec()),
            RECEIPT => Ok(locks.receipt.ok_or(StatusWord::ReferenceNotFound)?.to_vec()),
            _ => Err(StatusWord::ReferenceNotFound.into()),
        }
    }

    pub(super) fn give_challenge(&mut self) -> Result<Vec<u8>, Halt> {
        self.in_unblock()?;
        let challenge: [u8; 16] = chance::random().map_err(|_| StatusWord::NoDiagnosis)?;
        self.volatile.challenge = Some(challenge);
        Ok(challenge.to_vec())
    }

    /// Spends a try of the key, durably, before it compares. The challenge is used up, whatever comes of it.
    pub(super) fn authenticate(&mut self, key: u8, proof: &[u8]) -> Result<Vec<u8>, Halt> {
        self.in_unblock()?;
        let challenge = self.volatile.challenge.take();
        match key {
            UNBLOCK_KEY => {}
            // The key of the four-digit PIN is there and does nothing (R405).
            AUTHENTICATION_UNBLOCK_KEY => return Err(StatusWord::ConditionsNotSatisfied.into()),
            _ => return Err(StatusWord::ReferenceNotFound.into()),
        }
        let left = self
            .state
            .locks
            .unblock_tries
            .checked_sub(1)
            .ok_or(StatusWord::Blocked)?;
        let challenge = challenge.ok_or(StatusWord::ConditionsNotSatisfied)?;
        if self.state.locks.counter == LAST_COUNTER {
            return Err(StatusWord::ConditionsNotSatisfied.into());
        }
        let (host_random, cryptogram) = proof.split_at_checked(16).ok_or(StatusWord::WrongLength)?;
        let right = Right {
            context: [
                &self.state.number.digits()[..],
                &[SIGNATURE_REFERENCE],
                &three(self.state.locks.counter),
                &challenge,
                host_random,
            ]
            .concat(),
        };
        self.remember(|locks| {
            locks.unblock_tries = left;
            Some(())
        })?;
        let expected = self.says(Says::Host, &right)?;
        let is_right = verify_slices_are_equal(cryptogram, &expected).is_ok();
        if !is_right && self.flaw != Some(Flaw::AcceptsAnyCryptogram) {
            return Err(StatusWord::TriesLeft(left).into());
        }
        self.remember(|locks| {
            locks.unblock_tries = UNBLOCK_TRIES;
            Some(())
        })?;
        let said = self.says(Says::Card, &right)?;
        self.volatile.right = Some(right);
        Ok(said.to_vec())
    }

    /// Receipt, counter, password and its tries change together.
    pub(super) fn set_password(&mut self, reference: u8, new: &[u8]) -> Result<Vec<u8>, Halt> {
        self.in_unblock()?;
        match reference {
            SIGNATURE_REFERENCE => {}
            AUTHENTICATION_REFERENCE => return Err(StatusWord::ConditionsNotSatisfied.into()),
            _ => return Err(StatusWord::ReferenceNotFound.into()),
        }
        let right = self.volatile.now.take().ok_or(StatusWord::SecurityStatusNotSatisfied)?;
        if !Lock::Signature.has_form(new) {
            return Err(StatusWord::WrongData.into());
        }
        self.board
            .power_point(Fault::RemovedDuring(instruction::RESET_RETRY_COUNTER))?;
        let counter = self.state.locks.counter;
        let receipt = [&three(counter)[..], &self.says(Says::Receipt, &right)?].concat();
        let receipt = receipt.try_into().map_err(|_| StatusWord::NoDiagnosis)?;
        let most_tries = self.state.locks.signature.most_tries;
        let password = ReferenceData::new(new, most_tries).map_err(|_| StatusWord::MemoryFailure)?;
        self.remember(|locks| {
            locks.receipt = Some(receipt);
            locks.counter = counter + 1;
            locks.signature = password;
            Some(())
        })?;
        Ok(Vec::new())
    }

    fn says(&self, who: Says, right: &Right) -> Result<[u8; 16], Halt> {
        let key = &self.issued()?.keys.signature;
        Ok(mac(key, &[&[who as u8], &right.context[..]].concat()).map_err(|_| StatusWord::NoDiagnosis)?)
    }
}

/// AES-CMAC (SP 800-38B), whole.
fn mac(key: &[u8; 32], message: &[u8]) -> Result<[u8; 16], Unspecified> {
    let tag = cmac::sign(&cmac::Key::new(AES_256, key)?, message)?;
    tag.as_ref().try_into().map_err(|_| Unspecified)
}

/// The counter as the card tells it.
fn three(counter: u32) -> [u8; 3] {
    let [_, high, middle, low] = counter.to_be_bytes();
    [high, middle, low]
}

/// So many wrong cryptograms in a row until the key is blocked.
pub(super) const UNBLOCK_TRIES: u8 = 10;

/// Three octets count no further.
pub(super) const LAST_COUNTER: u32 = 0xFF_FFFF;

const AUTHENTICATION_REFERENCE: u8 = 0x81;
const AUTHENTICATION_UNBLOCK_KEY: u8 = 0x91;
