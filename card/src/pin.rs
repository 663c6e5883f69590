//! PINs: parsed before a card sees them, wiped when dropped, and never printable.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::ops::RangeInclusive;

use zeroize::Zeroizing;

/// A PIN in memory, whose form was checked and which is wiped when dropped.
///
/// It cannot be printed, cloned or serialised; each of these does not compile:
///
/// ```compile_fail,E0277
/// fn printed(pin: card::Pin) -> String { format!("{pin:?}") }
/// ```
/// ```compile_fail,E0277
/// fn displayed(pin: card::Pin) -> String { format!("{pin}") }
/// ```
/// ```compile_fail,E0599
/// fn doubled(pin: &card::Pin) -> card::Pin { pin.clone() }
/// ```
/// ```compile_fail,E0277
/// fn sent(pin: &card::Pin) -> String { serde_json::to_string(pin).unwrap() }
/// ```
///
/// while a PIN as such does:
///
/// ```
/// let pin = card::Pin::parse("123456".to_owned(), &card::PinRule::PIV);
/// assert!(pin.is_ok());
/// ```
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes what the holder typed. The text is wiped, whatever the outcome.
    ///
    /// A wrong format is told here, before any card is asked, so that it never spends a try (G-P6).
    pub fn parse(text: String, rule: &PinRule) -> Result<Self, PinFormat> {
        let text = Zeroizing::new(text);
        if text.is_empty() {
            return Err(PinFormat::Empty);
        }
        if !text.chars().all(|c| rule.characters.contain(c)) {
            return Err(PinFormat::Characters);
        }
        // Every permitted character is ASCII, so bytes are characters from here on.
        if text.len() < usize::from(rule.shortest) {
            return Err(PinFormat::TooShort { least: rule.shortest });
        }
        if text.len() > usize::from(rule.longest) {
            return Err(PinFormat::TooLong { most: rule.longest });
        }
        Ok(Self(text))
    }

    /// Whether it has so many characters, digits alone where `digits` says so: what an issuer says of its cards' PINs. Nothing
    /// else is told of it.
    pub fn is_of_form(&self, characters: RangeInclusive<usize>, digits: bool) -> bool {
        characters.contains(&self.0.len()) && (!digits || self.0.bytes().all(|octet| octet.is_ascii_digit()))
    }

    /// The PIN as a PKCS#11 module wants it; whoever takes it wipes it.
    pub(crate) fn text(&self) -> String {
        self.0.as_str().to_owned()
    }

    /// The PIN as the card wants it, filled up as the rule says.
    pub(crate) fn block(&self, rule: PinRule) -> Secret {
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(rule.longest)));
        bytes.extend_from_slice(self.0.as_bytes());
        if let Padding::Filled(fill) = rule.padding {
            bytes.resize(usize::from(rule.longest), fill);
        }
        Secret(bytes)
    }
}

/// What a PIN of some card looks like. A property of the card's profile (G-P4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinRule {
    /// Fewest characters.
    pub shortest: u8,
    /// Most characters.
    pub longest: u8,
    /// Which characters.
    pub characters: Characters,
    /// How it is filled up on the way to the card.
    pub padding: Padding,
}

impl PinRule {
    /// PIV: six to eight digits, filled with `FF` to eight bytes (SP 800-73-4 part 2 §2.4.3).
    pub const PIV: Self = Self {
        shortest: 6,
        longest: 8,
        characters: Characters::Digits,
        padding: Padding::Filled(0xFF),
    };
    /// 利用者証明用暗証番号 of a citizen's card: four digits, sent as typed.
    pub const JPKI_AUTHENTICATION: Self = Self {
        shortest: 4,
        longest: 4,
        characters: Characters::Digits,
        padding: Padding::None,
    };
    /// The PUK of a PIV card, typed as eight digits.
    pub const PIV_PUK: Self = Self {
        shortest: 8,
        longest: 8,
        characters: Characters::Digits,
        padding: Padding::Filled(0xFF),
    };
}

/// The characters a PIN may have; half-width only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// `0`–`9`.
    Digits,
    /// Printable ASCII without the space.
    Printable,
}

impl Characters {
    fn contain(self, c: char) -> bool {
        match self {
            Self::Digits => c.is_ascii_digit(),
            Self::Printable => c.is_ascii_graphic(),
        }
    }
}

/// How a PIN is filled up to the length of the card's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Sent as typed.
    None,
    /// Filled with this byte up to the longest length.
    Filled(u8),
}

/// Why what was typed cannot be a PIN of this card. No try was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinFormat {
    /// Nothing was typed.
    #[error("no PIN was entered")]
    Empty,
    /// Fewer characters than the rule's least.
    #[error("the PIN has fewer than {least} characters")]
    TooShort {
        /// The least number of characters.
        least: u8,
    },
    /// More characters than the rule's most.
    #[error("the PIN has more than {most} characters")]
    TooLong {
        /// The largest number of characters.
        most: u8,
    },
    /// A character that such a PIN cannot have; full-width digits are among them.
    #[error("the PIN has a character that this card does not know")]
    Characters,
    /// The card itself refused the form; it spent no try.
    #[error("the card does not take a PIN of this form")]
    Refused,
}

/// How many wrong PINs a card still forgives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriesLeft {
    /// This many; one means that the next wrong PIN blocks.
    Known(u8),
    /// The card does not say, or its PIN is verified at this moment.
    Unknown,
    /// None: the PIN is blocked.
    Blocked,
}

/// The holder has read that the next wrong PIN blocks the card, and wants to try nevertheless (G-P3).
///
/// Made only where that warning was shown and answered.
#[derive(Debug)]
pub struct LastTryConsent(());

impl LastTryConsent {
    /// The holder saw the last-try warning and chose to continue.
    pub fn given_by_holder() -> Self {
        Self(())
    }
}

/// Reference data on its way to a card: bytes that are wiped when dropped and compared in constant time.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub(crate) fn from_slice(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
