//! A card request (DESIGN, part 4): what a portal asks of a card, and what the card answered.
//!
//! Binary values are base64url without padding. Times are Unix seconds.
//!
//! A request may speak of several cards one after another: [`Step::Swap`] stands between them, and every step belongs to
//! the card that was presented last.

use crate::acquisition::{Issued, Place, Tested, Wanted};
use crate::code::Code;
use crate::office::{Language, Office, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The agent takes the request for itself. The same key may claim again (a reloaded page); another key is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The highest [`crate::PROTOCOL`] that this agent speaks.
    pub protocol: u32,
    /// 32 random octets of the agent, its bearer key for this request.
    pub key: String,
}

/// What is asked of the card, in steps that are answered one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CardRequest {
    /// [`crate::PROTOCOL`] of the portal.
    pub protocol: u32,
    /// The request's id, 16 random octets.
    pub id: String,
    /// Which portal session this belongs to: requests with one mark share a kept PIN. Not the session's cookie.
    pub session_mark: String,
    /// Who asks.
    pub office: Office,
    /// The noun of the procedure, for example `revocation`.
    pub procedure: String,
    /// What this is about, as a heading.
    pub title: Text,
    /// The language in which the person is reading.
    pub language: Language,
    /// 32 random octets, never used twice.
    pub nonce: String,
    /// How the PIN of the card looks that is asked for.
    pub pin: PinRule,
    /// What becomes of the PIN when the request is done.
    pub pin_after: PinAfter,
    /// Whether the PIN of the card before may be tried on the card that is swapped in.
    #[serde(default)]
    pub same_pin: SamePin,
    /// Whether the card is to be watched after [`Verdict::Done`], and how closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watch>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// How many steps have been answered with [`Verdict::Go`] already (a reloaded page goes on there).
    pub answered: u32,
    /// Absolute path on the portal's origin to which the browser returns.
    pub return_to: String,
    /// Until when it may be answered.
    pub expires_at: i64,
}

/// One thing that is asked of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// Show the certificates of the inserted card. No PIN is asked before the portal says go.
    Present {
        /// Which card to insert, and how.
        says: Text,
    },
    /// Prove the card's authentication key over [`authentication_message`].
    Authenticate {
        /// Why the PIN is asked.
        says: Text,
    },
    /// Sign a text with the signature key, as detached CMS over its UTF-8 octets.
    Sign {
        /// What happens when this is signed.
        says: Text,
        /// Exactly what is shown and signed. Absent until the portal can write it, which it does in
        /// [`Verdict::Go`] before the step is reached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The language of `text`.
        language: Language,
        /// SHA-256 of the signature certificate that must sign; the agent compares it before any PIN is asked. Absent as
        /// long as `text` is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate: Option<String>,
        /// The signingTime attribute, the portal's clock.
        at: i64,
        /// Whether the page offers the optional 担当者.
        #[serde(default)]
        person: bool,
    },
    /// The card before is to be taken out and another one inserted, or another one stands in a second reader. The steps
    /// after it are of that card.
    Swap {
        /// Which card to insert, and how.
        says: Text,
    },
    /// Make a key where it shall live, and ask for its certificate. Always followed by [`Step::Install`].
    Acquire {
        /// What the certificate is for.
        says: Text,
        /// What is made.
        wanted: Wanted,
    },
    /// Bring the certificate to the key of the step before, and test both.
    Install {
        /// What to do with it.
        says: Text,
        /// Absent until the certificate is there, which it is in [`Verdict::Go`] before the step is reached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issued: Option<Issued>,
    },
}

/// How a PIN looks; checked by the agent before the card sees it, so that a slip of the keys costs no try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PinRule {
    /// Fewest characters.
    pub min: u8,
    /// Most characters.
    pub max: u8,
    /// Digits only.
    pub digits: bool,
    /// After how many wrong PINs in a row such a card locks.
    pub tries: u8,
}

/// What becomes of the PIN when a request is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PinAfter {
    /// The agent may keep it for the next request of this session, while the card stays in the reader.
    Kept,
    /// Nothing more will be asked of this card: it is wiped at once.
    Wiped,
}

/// Whether one PIN is tried on a second card (DOMAIN §4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SamePin {
    /// Once and silently, if the agent still has it and the card reports at least [`SAME_PIN_TRIES`] tries.
    Auto,
    /// Only when the holder says so on the page.
    Ask,
    /// Never: each card's PIN is asked for.
    #[default]
    Off,
}

/// The fewest tries that a card must report before a PIN is tried on it silently: a failed one then leaves two.
pub const SAME_PIN_TRIES: u8 = 3;

/// After [`Verdict::Done`] the agent goes on telling whether the card that was presented last is still in its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Watch {
    /// Seconds between two reports. Who has not heard for three times as long takes the card to be gone.
    pub every: u32,
}

/// Where the watched card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "card", rename_all = "snake_case")]
pub enum WatchReport {
    /// Still in its reader.
    Present,
    /// It left its reader; said at once, and the last report.
    Gone,
}

/// The longest 担当者, in characters.
pub const PERSON_LENGTH: usize = 20;

/// What the card answered to one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Step::Present`]: both certificates as DER.
    Presented {
        /// Certificate of the authentication key (PIV 9A).
        authentication: String,
        /// Certificate of the signature key (PIV 9C).
        signature: String,
    },
    /// To [`Step::Authenticate`]: a signature by the authentication key.
    Authenticated {
        /// PKCS#1 v1.5 with SHA-256, or ECDSA (DER) with SHA-256 on P-256 and SHA-384 on P-384.
        signature: String,
    },
    /// To [`Step::Sign`]: DER of a CMS SignedData without the content.
    Signed {
        /// The detached signature.
        cms: String,
        /// 担当者, where the step offered it and something was entered; at most [`PERSON_LENGTH`] characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
    },
    /// To [`Step::Swap`]: another card than the one before is there. Which one, the next step tells.
    Swapped,
    /// To [`Step::Acquire`]: the key is made, and here is what it asks for.
    Requested {
        /// PKCS#10, DER.
        csr: String,
        /// Where the key lives.
        place: Place,
    },
    /// To [`Step::Install`]: key and certificate are together.
    Installed {
        /// SHA-256 of the certificate.
        certificate: String,
        /// Where they live.
        place: Place,
        /// What became of the test.
        tested: Tested,
    },
    /// The card said no, and this counts for the audit (numbers only, never what was typed).
    PinFailed {
        /// Tries left as the card tells; `None` where it does not.
        left: Option<u8>,
    },
}

/// What the portal says to an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Go on with the next step.
    Go {
        /// Stands in place of the next step from now on: a text that could only be written once this was answered. A
        /// claim of the same request gives it too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Step>,
        /// How the PIN of the card looks that is asked from now on; as before where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pin: Option<PinRule>,
    },
    /// All steps are answered: send the browser back with this one-time code.
    Done {
        /// For `?code=`.
        code: String,
    },
    /// This card or this answer will not do. Nothing was changed.
    Refused {
        /// The stable code.
        code: Code,
        /// What happened. The code stands beside it, not in it.
        message: Text,
        /// What to do.
        next: Text,
        /// Whether another card may be tried in the same request.
        again: bool,
    },
    /// Noted (a failed PIN); the step is still open.
    Noted,
}

impl Verdict {
    /// Go on with the next step, as it stood.
    pub const GO: Self = Self::Go { next: None, pin: None };
}

/// The request is over without effect; the browser goes back with this code and finds everything as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {
    /// For `?code=`.
    pub code: String,
}

/// The octets that the authentication key signs: typed, length-prefixed and bound to this portal, office,
/// procedure, request and certificate, so that no signature made here means anything elsewhere (A2).
pub fn authentication_message(origin: &str, request: &CardRequest, certificate_sha256: &[u8; 32]) -> Vec<u8> {
    let mut message = Vec::from(*b"KAGIMORI card authentication 1\0");
    for part in [
        origin.as_bytes(),
        request.office.id.as_bytes(),
        request.procedure.as_bytes(),
        request.id.as_bytes(),
        request.nonce.as_bytes(),
        certificate_sha256,
    ] {
        // A part longer than u32 cannot reach here: the portal bounds every field far below it.
        message.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        message.extend_from_slice(part);
    }
    message
}
