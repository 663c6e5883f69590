//! Talks to IC cards, and is the only place where a PIN exists.
//!
//! The one seam is [`Transport`]: a card that takes a command and answers it.
//! Behind it stand real readers ([`pcsc`]), the virtual card in this process ([`drawer`]) and recorded scripts ([`recorded`]); in front of it stand [`piv::Piv`], and [`jpki::Jpki`] for a citizen's card.
//! [`reader::Readers`] is what a program looks at to see which cards are there.
//! [`token`] is the other way to a key: a PKCS#11 module of the token's maker.
//! [`virtual_card`] is a PIV card with real keys, and [`vpcd`] plugs it into the real pcscd.

pub mod apdu;
pub mod certificate;
pub mod drawer;
pub mod fault;
pub mod jpki;
pub mod pcsc;
pub mod pin;
pub mod piv;
pub mod reader;
pub mod recorded;
pub mod tlv;
pub mod token;
pub mod transport;
pub mod virtual_card;
pub mod vpcd;

pub use fault::CardFault;
pub use pin::{LastTryConsent, Pin, PinFormat, PinRule, TriesLeft};
pub use transport::{Transport, TransportFault};
