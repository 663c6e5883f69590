//! What lets a kiosk set a new signature PIN on a card of ours: profile A, ISO MUTUAL AUTHENTICATE with a key of the card.
//!
//! The house has one master key for each version. A card's own keys are derived from it, its number and the key's reference,
//! by SP 800-108r1 in counter mode with AES-CMAC. What the server answers is over one card, one PIN, one counter, one
//! challenge and one random number, and good for nothing else; no key leaves but at personalisation.
//!
//! Everything that another kind of card would need stands behind [`Unblock`]: an exchange in, octets for the card out, and a
//! proof of the card to be judged (docs/why.md).

mod master;

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU8;
use std::sync::Arc;

use aws_lc_rs::cmac::{self, AES_256};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use casework::identity::CardNumber;
use zeroize::Zeroizing;

use crate::fault::{Bug, Fault};
pub(crate) use master::Master;

/// The version of a master key, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyVersion(NonZeroU8);

impl KeyVersion {
    /// The first one.
    pub const FIRST: Self = Self(NonZeroU8::MIN);

    /// As a card tells it; 0 is none.
    pub const fn new(version: u8) -> Option<Self> {
        match NonZeroU8::new(version) {
            Some(version) => Some(Self(version)),
            None => None,
        }
    }

    /// As a card tells it.
    pub const fn get(self) -> u8 {
        self.0.get()
    }

    /// The one after it.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    pub(crate) fn read(column: i64) -> Result<Self, Fault> {
        let version = u8::try_from(column).ok().and_then(Self::new);
        version.ok_or_else(|| Fault::Corrupt {
            what: "the version of a key",
            why: column.to_string(),
        })
    }
}

impl fmt::Display for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One time that a card is asked to let its signature PIN be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Which card.
    pub card: CardNumber,
    /// Under which version its keys were made.
    pub key_version: KeyVersion,
    /// Its unblock counter as it stands before; three octets on the card.
    pub counter: u32,
    /// What the card drew.
    pub challenge: [u8; 16],
    /// What the server drew.
    pub host_random: [u8; 16],
}

/// The master keys of all versions, open. It shows nothing of them.
#[derive(Clone)]
pub struct Unblock {
    masters: Arc<BTreeMap<KeyVersion, Master>>,
}

/// The keys of one card, each with the reference that it has there.
pub type CardKeys = [(u8, Zeroizing<[u8; 32]>); 2];

/// Nothing can be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnblockFault {
    /// No card of ours has keys of that version.
    #[error("there is no master key of version {0}")]
    UnknownVersion(KeyVersion),
    /// No card counts so far.
    #[error("an unblock counter has three octets, and {0} has more")]
    Counter(u32),
    /// It is our fault.
    #[error(transparent)]
    Bug(#[from] Bug),
}

impl Unblock {
    pub(crate) fn new(masters: BTreeMap<KeyVersion, Master>) -> Self {
        Self {
            masters: Arc::new(masters),
        }
    }

    /// Under which version cards are issued: the last one. Those before it go on to count.
    pub fn issues(&self) -> Option<KeyVersion> {
        self.masters.last_key_value().map(|(version, _)| *version)
    }

    /// What the card wants to hear.
    pub fn answer(&self, exchange: &Exchange) -> Result<[u8; 16], UnblockFault> {
        self.cryptogram(HOST, exchange)
    }

    /// Whether this is what the card itself says to it. In constant time.
    pub fn confirms(&self, cryptogram: &[u8; 16], exchange: &Exchange) -> Result<bool, UnblockFault> {
        let right = self.cryptogram(CARD, exchange)?;
        Ok(verify_slices_are_equal(&right, cryptogram).is_ok())
    }

    /// Whether this is the card's receipt for the PIN that was set by this exchange. In constant time.
    pub fn receipt_is_of(&self, receipt: &[u8; 19], exchange: &Exchange) -> Result<bool, UnblockFault> {
        let right = [&counter(exchange)?[..], &self.cryptogram(RECEIPT, exchange)?].concat();
        Ok(verify_slices_are_equal(&right, receipt).is_ok())
    }

    /// The keys of a card that is being made.
    pub fn card_keys(&self, card: CardNumber, version: KeyVersion) -> Result<CardKeys, UnblockFault> {
        let key = |reference| Ok::<_, UnblockFault>((reference, self.card_key(card, version, reference)?));
        Ok([key(AUTHENTICATION_KEY)?, key(SIGNATURE_KEY)?])
    }

    fn cryptogram(&self, domain: u8, exchange: &Exchange) -> Result<[u8; 16], UnblockFault> {
        let key = self.card_key(exchange.card, exchange.key_version, SIGNATURE_KEY)?;
        let said = [
            &[domain][..],
            exchange.card.octets(),
            &[SIGNATURE_PIN],
            &counter(exchange)?,
            &exchange.challenge,
            &exchange.host_random,
        ]
        .concat();
        Ok(cmac(&key, &said)?)
    }

    /// SP 800-108r1 §4.1: two blocks of AES-CMAC make the 256 bits.
    fn card_key(
        &self,
        card: CardNumber,
        version: KeyVersion,
        reference: u8,
    ) -> Result<Zeroizing<[u8; 32]>, UnblockFault> {
        let master = self.masters.get(&version);
        let master = master.ok_or(UnblockFault::UnknownVersion(version))?;
        let mut key = Zeroizing::new([0; 32]);
        for (block, count) in key.chunks_exact_mut(16).zip(1_u16..) {
            let said = [
                &count.to_be_bytes()[..],
                LABEL,
                &[0],
                card.octets(),
                &[version.get(), reference],
                &BITS.to_be_bytes(),
            ]
            .concat();
            block.copy_from_slice(&*Zeroizing::new(cmac(master.octets(), &said)?));
        }
        Ok(key)
    }
}

impl fmt::Debug for Unblock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unblock(..)")
    }
}

fn counter(exchange: &Exchange) -> Result<[u8; 3], UnblockFault> {
    match exchange.counter.to_be_bytes() {
        [0, counter @ ..] => Ok(counter),
        _ => Err(UnblockFault::Counter(exchange.counter)),
    }
}

fn cmac(key: &[u8; 32], said: &[u8]) -> Result<[u8; 16], Bug> {
    let defect = || Bug("AES-CMAC takes a key of 32 octets".to_owned());
    let key = cmac::Key::new(AES_256, key).map_err(|_| defect())?;
    let tag = cmac::sign(&key, said).map_err(|_| defect())?;
    tag.as_ref().try_into().map_err(|_| defect())
}

const LABEL: &[u8] = b"PIN-UNBLOCK";
const BITS: u16 = 256;
/// Of the key that belongs to 利用者証明用暗証番号. Cards have it, and its reset is refused (R405).
const AUTHENTICATION_KEY: u8 = 0x91;
/// Of the key that belongs to 署名用暗証番号.
const SIGNATURE_KEY: u8 = 0x92;
/// 署名用暗証番号
const SIGNATURE_PIN: u8 = 0x82;
/// Who speaks, in front of what is said: no answer can be sent back as another.
const HOST: u8 = 1;
const CARD: u8 = 2;
const RECEIPT: u8 = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By Python's `cryptography` 48.0.0 (`CMAC(AES(key))`), from the text of docs/formats.md alone: master key 00 to 1f,
    /// version 1, counter 7, challenge 10 to 1f, random number 20 to 2f.
    #[test]
    fn a_known_exchange_has_the_cryptograms_that_another_program_computed() {
        let unblock = unblock();
        let exchange = exchange();
        let keys = unblock.card_keys(exchange.card, exchange.key_version).unwrap();
        let hex = crate::portal::session::hex;
        assert_eq!(
            keys.map(|(reference, key)| (reference, hex(&*key))),
            [
                (
                    0x91,
                    "299f89e5092fc8f00d86509483cdbd06d808e909528a8e88be385e6f6919f216".to_owned()
                ),
                (
                    0x92,
                    "3c2c1b51a33b23e34884076b7c5a17c868c26493798776df73a4b4c742fc112f".to_owned()
                ),
            ]
        );
        assert_eq!(
            hex(&unblock.answer(&exchange).unwrap()),
            "0a6ada02ab8037e34954595f5b07f49a"
        );
        let card = 0xf0ad_b114_efda_de34_9928_cc9a_93e3_bfb8_u128.to_be_bytes();
        assert!(unblock.confirms(&card, &exchange).unwrap());
        let mut receipt = [0; 19];
        receipt[2] = 7;
        receipt[3..].copy_from_slice(&0x9737_a83d_6ad5_bb93_77d8_6241_434d_fef7_u128.to_be_bytes());
        assert!(unblock.receipt_is_of(&receipt, &exchange).unwrap());
    }

    #[test]
    fn what_no_card_can_have_is_answered_with_nothing() {
        let unblock = unblock();
        let exchange = exchange();
        let second = KeyVersion::new(2).unwrap();
        let unknown = Err(UnblockFault::UnknownVersion(second));
        let of_second = Exchange {
            key_version: second,
            ..exchange
        };
        assert_eq!(unblock.answer(&of_second), unknown);
        assert!(unblock.card_keys(exchange.card, second).is_err());
        let far = Exchange {
            counter: 1 << 24,
            ..exchange
        };
        assert_eq!(unblock.answer(&far), Err(UnblockFault::Counter(1 << 24)));
        let last = Exchange {
            counter: (1 << 24) - 1,
            ..exchange
        };
        assert!(unblock.answer(&last).is_ok(), "the control");
    }

    #[test]
    fn the_last_version_issues_and_the_ones_before_it_verify() {
        let second = KeyVersion::new(2).unwrap();
        let masters = [(KeyVersion::FIRST, Master::of([1; 32])), (second, Master::of([2; 32]))];
        let unblock = Unblock::new(masters.into());
        assert_eq!(unblock.issues(), Some(second));
        let old = exchange();
        let new = Exchange {
            key_version: second,
            ..old
        };
        assert_ne!(unblock.answer(&old).unwrap(), unblock.answer(&new).unwrap());
        assert_eq!(Unblock::new(BTreeMap::new()).issues(), None);
    }

    proptest! {
        #[test]
        fn a_cryptogram_is_of_one_card_counter_challenge_and_random_number(
            digits in "[0-9]{15}", counter in 0_u32..0xff_ffff, challenge: [u8; 16], host_random: [u8; 16],
            at in 0_usize..16, bit in 0_u32..8,
        ) {
            let unblock = unblock();
            let card = numbered(&digits);
            let one = Exchange { card, key_version: KeyVersion::FIRST, counter, challenge, host_random };
            let flipped = |mut octets: [u8; 16]| { octets[at] ^= 1 << bit; octets };
            let other_card = if digits.starts_with('0') { "100000000000000" } else { "000000000000000" };
            let others = [
                Exchange { card: numbered(other_card), ..one },
                Exchange { counter: counter + 1, ..one },
                Exchange { challenge: flipped(challenge), ..one },
                Exchange { host_random: flipped(host_random), ..one },
            ];
            let answer = unblock.answer(&one).unwrap();
            let says = unblock.cryptogram(CARD, &one).unwrap();
            let receipt = |of: &Exchange| -> [u8; 19] {
                let octets = [&super::counter(of).unwrap()[..], &unblock.cryptogram(RECEIPT, of).unwrap()].concat();
                octets.try_into().unwrap()
            };
            prop_assert!(unblock.confirms(&says, &one).unwrap(), "the control");
            prop_assert!(unblock.receipt_is_of(&receipt(&one), &one).unwrap(), "the control");
            for other in &others {
                prop_assert_ne!(answer, unblock.answer(other).unwrap());
                prop_assert!(!unblock.confirms(&says, other).unwrap());
                prop_assert!(!unblock.receipt_is_of(&receipt(&one), other).unwrap());
            }
            // No reflection: what one side said is never what the other one says.
            prop_assert!(!unblock.confirms(&answer, &one).unwrap());
            prop_assert!(!unblock.confirms(&flipped(says), &one).unwrap());
            // One key for each PIN.
            let keys = unblock.card_keys(card, KeyVersion::FIRST).unwrap();
            prop_assert_ne!(&*keys[0].1, &*keys[1].1);
        }
    }

    /// The number that begins with these fifteen digits.
    fn numbered(digits: &str) -> CardNumber {
        let mut all = (0..10).filter_map(|last| CardNumber::parse(&format!("{digits}{last}")));
        all.next().unwrap()
    }

    fn unblock() -> Unblock {
        let mut octets = [0; 32];
        octets.iter_mut().zip(0..).for_each(|(octet, count)| *octet = count);
        Unblock::new([(KeyVersion::FIRST, Master::of(octets))].into())
    }

    fn exchange() -> Exchange {
        let counted = |from: u8| {
            let mut octets = [0; 16];
            octets.iter_mut().zip(from..).for_each(|(octet, count)| *octet = count);
            octets
        };
        Exchange {
            card: CardNumber::parse("1234567890123452").unwrap(),
            key_version: KeyVersion::FIRST,
            counter: 7,
            challenge: counted(0x10),
            host_random: counted(0x20),
        }
    }
}
