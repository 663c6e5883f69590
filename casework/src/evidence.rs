//! Values for checks that were made (DESIGN, part 3.2 and 3.10).
//!
//! Each says what it proves; `decide` compares it with the case. The constructors are called in
//! `server/src/desk/evidence.rs` only, which `xtask tidy` checks.

use alloc::string::String;

use crate::identity::{CardNumber, Digest, Fingerprint, RegistrationId};
use crate::register::BusinessNumber;
use crate::terminal::Terminal;
use crate::time::Instant;

/// Both texts of the first gate were opened in this session, in these versions (DOMAIN §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Informed {
    flow: Digest,
    terms: Digest,
    at: Instant,
}

/// The card with this signature certificate answered our challenge with its authentication key, and both of its
/// certificates verified: chain, validity and status (DOMAIN §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    card: Fingerprint,
    at: Instant,
}

/// This card signed this very text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possession {
    card: Fingerprint,
    text: Digest,
    at: Instant,
}

/// A passkey of an account answered our challenge, for our origin, with the user verified (WebAuthn Level 3 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asserted {
    credential: Digest,
    at: Instant,
}

/// The password behind this hash was typed. The hash is named by its digest, so that one that was replaced meanwhile
/// proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordKnown {
    hash: Digest,
    at: Instant,
}

/// A password that [`crate::password::judge`] takes was chosen, and this is what is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordChosen {
    hash: Digest,
}

/// A key of ours signed these to-be-signed octets: the certificate was parsed again, its octets compared and its
/// signature verified (DESIGN, part 3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    tbs: Digest,
    certificate: Fingerprint,
}

/// Two cards were read at one reader, one after the other, for one renewal: the current card signed what is to happen,
/// and the new card signed the same over the same nonce, naming both (DESIGN, part 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBoth {
    registration: RegistrationId,
    from: Fingerprint,
    to: Fingerprint,
    texts: (Digest, Digest),
    at: Instant,
}

/// A company showed that it is the one in the register, by the secret that the office gave to it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedCompany {
    business: BusinessNumber,
    at: Instant,
}

/// A request for a certificate (PKCS#10) is signed by the key that it names; the key is of a kind that is taken and known to
/// nobody else; it names this terminal as its subject, and asks for nothing that a terminal does not get (A32, A33).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    key: Digest,
    terminal: Terminal,
    at: Instant,
}

/// A terminal showed in a TLS handshake, or by signing its message, that it has the key of this certificate. Whether the
/// certificate is on record, counts and is this terminal's are facts of whoever decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authenticated {
    certificate: Fingerprint,
    at: Instant,
}

/// How like two faces are, and who says so. Scores are in thousandths: 1,000 is the same picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How like they are.
    pub score: u16,
    /// The least score that is taken for one person.
    pub threshold: u16,
    /// Who compared them.
    pub provider: String,
    /// Which version of it.
    pub version: String,
}

/// A face that was taken is like the picture that the issuer signed for this card (R412). Neither picture is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaceMatched {
    card: CardNumber,
    comparison: Comparison,
    at: Instant,
}

/// A face that was taken is not like the picture that the issuer signed for this card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaceUnlike {
    card: CardNumber,
    comparison: Comparison,
    at: Instant,
}

/// The card's own receipt: it set its signature password when its counter stood there, after the cryptogram that was made for
/// this challenge. It verified with a key that this card alone has beside us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipted {
    card: CardNumber,
    counter: u32,
    challenge: [u8; 16],
}

impl Informed {
    /// Both were opened, the later one at `at`.
    pub const fn opened(flow: Digest, terms: Digest, at: Instant) -> Self {
        Self { flow, terms, at }
    }

    /// Version hash of the 手続きの流れ that was opened.
    pub const fn flow(&self) -> Digest {
        self.flow
    }

    /// Version hash of the 利用規約 that was opened.
    pub const fn terms(&self) -> Digest {
        self.terms
    }

    /// When the second of the two was opened.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl Presented {
    /// The challenge was answered at `at`.
    pub const fn verified(card: Fingerprint, at: Instant) -> Self {
        Self { card, at }
    }

    /// The signature certificate on the card.
    pub const fn card(&self) -> Fingerprint {
        self.card
    }

    /// When the challenge was answered.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl Possession {
    /// The signature over `text` verified at `at`.
    pub const fn verified(card: Fingerprint, text: Digest, at: Instant) -> Self {
        Self { card, text, at }
    }

    /// The signature certificate that verified.
    pub const fn card(&self) -> Fingerprint {
        self.card
    }

    /// What was signed.
    pub const fn text(&self) -> Digest {
        self.text
    }

    /// When the signature was verified.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl Asserted {
    /// The assertion verified at `at`.
    pub const fn verified(credential: Digest, at: Instant) -> Self {
        Self { credential, at }
    }

    /// SHA-256 of the credential id.
    pub const fn credential(&self) -> Digest {
        self.credential
    }

    /// When it verified.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl PasswordKnown {
    /// It was typed at `at`.
    pub const fn verified(hash: Digest, at: Instant) -> Self {
        Self { hash, at }
    }

    /// SHA-256 of the hash as it is kept.
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// When.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl PasswordChosen {
    /// It was judged, and hashed to this.
    pub const fn judged(hash: Digest) -> Self {
        Self { hash }
    }

    /// SHA-256 of the hash as it is kept.
    pub const fn hash(&self) -> Digest {
        self.hash
    }
}

impl Signed {
    /// The certificate with this fingerprint holds the octets of this digest and verified.
    pub const fn verified(tbs: Digest, certificate: Fingerprint) -> Self {
        Self { tbs, certificate }
    }

    /// Of the to-be-signed octets.
    pub const fn tbs(&self) -> Digest {
        self.tbs
    }

    /// Of the certificate.
    pub const fn certificate(&self) -> Fingerprint {
        self.certificate
    }
}

impl ReadBoth {
    /// Both signatures verified at `at`, over texts that hold one nonce and name this registration and both cards.
    pub const fn verified(
        registration: RegistrationId,
        from: Fingerprint,
        to: Fingerprint,
        texts: (Digest, Digest),
        at: Instant,
    ) -> Self {
        Self {
            registration,
            from,
            to,
            texts,
            at,
        }
    }

    /// Which registration is to be renewed.
    pub const fn registration(&self) -> RegistrationId {
        self.registration
    }

    /// The card that it has.
    pub const fn from(&self) -> Fingerprint {
        self.from
    }

    /// The card that it is to have.
    pub const fn to(&self) -> Fingerprint {
        self.to
    }

    /// What the one signed, and what the other.
    pub const fn texts(&self) -> (Digest, Digest) {
        self.texts
    }

    /// When the later signature was verified.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl Requested {
    /// The request was verified at `at`.
    pub const fn verified(key: Digest, terminal: Terminal, at: Instant) -> Self {
        Self { key, terminal, at }
    }

    /// SHA-256 of the public key.
    pub const fn key(&self) -> Digest {
        self.key
    }

    /// For which terminal.
    pub const fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// When.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl Authenticated {
    /// The key was used at `at`.
    pub const fn verified(certificate: Fingerprint, at: Instant) -> Self {
        Self { certificate, at }
    }

    /// The terminal's certificate.
    pub const fn certificate(&self) -> Fingerprint {
        self.certificate
    }

    /// When.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl FaceMatched {
    /// Both pictures were compared at `at`; the picture of the card verified as its issuer's.
    pub fn compared(card: CardNumber, comparison: Comparison, at: Instant) -> Result<Self, FaceUnlike> {
        if comparison.score < comparison.threshold {
            return Err(FaceUnlike { card, comparison, at });
        }
        Ok(Self { card, comparison, at })
    }

    /// Whose picture it is.
    pub const fn card(&self) -> CardNumber {
        self.card
    }

    /// How like they are.
    pub const fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// When.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl FaceUnlike {
    /// Whose picture it is.
    pub const fn card(&self) -> CardNumber {
        self.card
    }

    /// How like they are.
    pub const fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// When.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

impl Receipted {
    /// The receipt of this card, over this counter and this challenge, verified.
    pub const fn verified(card: CardNumber, counter: u32, challenge: [u8; 16]) -> Self {
        Self {
            card,
            counter,
            challenge,
        }
    }

    /// Whose receipt it is.
    pub const fn card(&self) -> CardNumber {
        self.card
    }

    /// What was announced: the card counts one more since.
    pub const fn counter(&self) -> u32 {
        self.counter
    }

    /// The card's challenge.
    pub const fn challenge(&self) -> [u8; 16] {
        self.challenge
    }
}

impl ProvedCompany {
    /// The secret of the entry under this number was told at `at`.
    pub const fn verified(business: BusinessNumber, at: Instant) -> Self {
        Self { business, at }
    }

    /// The entry's number.
    pub const fn business(&self) -> &BusinessNumber {
        &self.business
    }

    /// When.
    pub const fn at(&self) -> Instant {
        self.at
    }
}
