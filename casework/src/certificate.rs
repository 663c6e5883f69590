//! 発行: how an authority of ours gives out a certificate, in two commits (DESIGN, part 3.9), and how its operator
//! takes one back.
//!
//! The intent is stored before the key signs, so that every signature belongs to a row that stands (I2). A crash
//! between the two commits leaves the case at [`Case::Intended`]: the same octets are signed again, and nothing was
//! released before.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::evidence::Signed;
use crate::identity::{CertificateId, Digest, Fingerprint};
use crate::refund::Purchase;
use crate::time::Instant;
use crate::{Answer, Refusal};

/// What this procedure decides.
pub type Decision = crate::Decision<Case, Event, Write, Errand>;

/// Decides one command. Pure and total: time is `now`, and everything else it needs stands in its arguments.
pub fn decide(
    case: &Case,
    command: &Command,
    facts: &Facts,
    policy: &Policy,
    now: Instant,
) -> Result<Decision, Refusal> {
    use Case::{Intended, Issued, New, Revoked};
    use Command::{Bind, Import, Intend, Revoke};
    match (case, command) {
        (New, Intend { intent, octets }) => {
            if let Some(key) = facts.key {
                return Err(Refusal::UsedKey { key }); // A33
            }
            intent.issuable(facts, policy, now)?;
            Ok(Decision {
                next: Intended { intent: intent.clone() },
                event: Event::Intended {
                    certificate: intent.certificate.clone(),
                    tbs: intent.tbs,
                    profile: intent.profile.clone(),
                },
                writes: vec![Write::Intend {
                    intent: intent.clone(),
                    octets: octets.clone(),
                }],
                errands: Vec::new(),
                answer: Answer::Done,
            })
        }
        (Intended { intent }, Bind { signed, der }) => {
            // Signing with another key or over other octets is what the intent exists to catch.
            if signed.tbs() != intent.tbs {
                return Err(Refusal::AnotherText);
            }
            let fingerprint = signed.certificate();
            Ok(Decision {
                next: Issued {
                    intent: intent.clone(),
                    fingerprint,
                    at: now,
                },
                event: Event::Issued {
                    certificate: intent.certificate.clone(),
                    fingerprint,
                },
                writes: vec![Write::Issue {
                    intent: intent.clone(),
                    fingerprint,
                    der: der.clone(),
                }],
                errands: Vec::new(),
                answer: Answer::Done,
            })
        }
        (
            New,
            Import {
                intent,
                octets,
                signed,
                der,
            },
        ) => {
            intent.issuable(facts, policy, now)?;
            let write = Write::Import {
                intent: intent.clone(),
                octets: octets.clone(),
                fingerprint: signed.certificate(),
                der: der.clone(),
            };
            imported(intent, intent, *signed, write, now)
        }
        (
            Intended { intent: begun },
            Import {
                intent, signed, der, ..
            },
        ) => {
            let write = Write::Issue {
                intent: begun.clone(),
                fingerprint: signed.certificate(),
                der: der.clone(),
            };
            imported(begun, intent, *signed, write, now)
        }
        // Two certificates of one serial number: the one that is on record stays.
        (Issued { .. } | Revoked { .. }, Import { .. }) => Err(Refusal::AnotherText),
        (
            Issued {
                intent, fingerprint, ..
            },
            Revoke { reason },
        ) => {
            facts.not_revoked()?;
            let (_, not_after) = intent.validity;
            if now > not_after {
                return Err(Refusal::Expired { at: not_after }); // R007
            }
            let certificate = intent.certificate.clone();
            Ok(Decision {
                next: Revoked {
                    intent: intent.clone(),
                    fingerprint: *fingerprint,
                    reason: *reason,
                    at: now,
                },
                event: Event::Revoked {
                    certificate: certificate.clone(),
                    fingerprint: *fingerprint,
                    reason: *reason,
                },
                writes: vec![Write::Revoke {
                    certificate: certificate.clone(),
                    reason: *reason,
                    at: now,
                }],
                errands: vec![Errand::PublishCrl { certificate }],
                answer: Answer::Done,
            })
        }
        (Revoked { at, .. }, Revoke { .. }) => Err(Refusal::AlreadyRevoked { at: *at }),
        (New, Bind { .. } | Revoke { .. })
        | (Intended { .. }, Intend { .. } | Revoke { .. })
        | (Issued { .. } | Revoked { .. }, Intend { .. } | Bind { .. }) => Err(Refusal::Stale),
    }
}

/// It was signed before, elsewhere: intended and bound are one moment here.
fn imported(
    on_record: &Intent,
    intent: &Intent,
    signed: Signed,
    write: Write,
    now: Instant,
) -> Result<Decision, Refusal> {
    if signed.tbs() != intent.tbs || on_record.tbs != intent.tbs {
        return Err(Refusal::AnotherText);
    }
    let fingerprint = signed.certificate();
    Ok(Decision {
        next: Case::Issued {
            intent: Box::new(on_record.clone()),
            fingerprint,
            at: now,
        },
        event: Event::Imported {
            certificate: on_record.certificate.clone(),
            fingerprint,
        },
        writes: vec![write],
        errands: Vec::new(),
        answer: Answer::Done,
    })
}

/// A certificate's life on the authority's side. A revocation that the holder applied for (procedure 000) leaves it at
/// [`Case::Issued`]; [`Facts::revoked`] then tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// Nothing is stored yet.
    New,
    /// What will be signed is on record, linted; nothing is released yet.
    Intended {
        /// What will be signed.
        intent: Box<Intent>,
    },
    /// It was signed as intended and may be handed out.
    Issued {
        /// What was signed.
        intent: Box<Intent>,
        /// Of the certificate.
        fingerprint: Fingerprint,
        /// 発行日時
        at: Instant,
    },
    /// The operator revoked it.
    Revoked {
        /// What was signed.
        intent: Box<Intent>,
        /// Of the certificate.
        fingerprint: Fingerprint,
        /// Why.
        reason: Reason,
        /// 失効日時
        at: Instant,
    },
}

/// What the authority is about to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its issuer and serial number.
    pub certificate: CertificateId,
    /// The digest of the to-be-signed octets.
    pub tbs: Digest,
    /// The key of its profile.
    pub profile: Profile,
    /// The part of the revocation list that its distribution point names, fixed for its life.
    pub shard: Shard,
    /// First and last instant of validity.
    pub validity: (Instant, Instant),
    /// What is paid for it, if it is known: the refund is computed from it later.
    pub purchase: Option<Purchase>,
}

/// The key of a certificate profile, as the profiles name themselves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Profile(pub String);

/// A part of an authority's revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u32);

/// Why a certificate is revoked, as revocation lists say it (RFC 5280 §5.3.1). `certificateHold` and `removeFromCRL`
/// are not offered: a revocation is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not said; the entry then carries no reason (RFC 5280 §5.3.1).
    Unspecified,
    /// The private key is known to others, or may be.
    KeyCompromise,
    /// The private key of an authority is known to others, or may be.
    CaCompromise,
    /// What it says of its holder is no longer true.
    AffiliationChanged,
    /// Another certificate stands in its place.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// The right that it certifies was withdrawn.
    PrivilegeWithdrawn,
}

/// What the authority does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// First commit: this will be signed.
    Intend {
        /// What.
        intent: Box<Intent>,
        /// The to-be-signed octets, linted.
        octets: Vec<u8>,
    },
    /// Second commit: it was signed.
    Bind {
        /// The proof that it was these octets and this key.
        signed: Signed,
        /// The certificate.
        der: Vec<u8>,
    },
    /// It was signed elsewhere, before: its status is answered here from now on.
    Import {
        /// What was signed.
        intent: Box<Intent>,
        /// The octets that were signed.
        octets: Vec<u8>,
        /// The proof that it was the authority's key.
        signed: Signed,
        /// The certificate.
        der: Vec<u8>,
    },
    /// The operator revokes it.
    Revoke {
        /// Why.
        reason: Reason,
    },
}

/// What the audit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was decided to sign.
    Intended {
        /// Under this number.
        certificate: CertificateId,
        /// These octets.
        tbs: Digest,
        /// By this profile.
        profile: Profile,
    },
    /// It was signed and bound.
    Issued {
        /// Under this number.
        certificate: CertificateId,
        /// With this fingerprint.
        fingerprint: Fingerprint,
    },
    /// It was signed elsewhere and taken in.
    Imported {
        /// Under this number.
        certificate: CertificateId,
        /// With this fingerprint.
        fingerprint: Fingerprint,
    },
    /// The operator revoked it.
    Revoked {
        /// This number.
        certificate: CertificateId,
        /// With this fingerprint.
        fingerprint: Fingerprint,
        /// For this reason.
        reason: Reason,
    },
}

/// Must be true the moment the decision is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The intent's row. Unique per issuer and serial number: a second one fails the transaction, as does
    /// [`Facts::key`] if by now it is another than the one that was decided upon.
    Intend {
        /// What will be signed.
        intent: Box<Intent>,
        /// The octets, so that a crash can sign no others.
        octets: Vec<u8>,
    },
    /// The certificate's row: from here on OCSP answers `good`.
    Issue {
        /// What was signed.
        intent: Box<Intent>,
        /// Of the certificate.
        fingerprint: Fingerprint,
        /// The certificate.
        der: Vec<u8>,
    },
    /// The row of a certificate that was signed elsewhere, whole.
    Import {
        /// What was signed.
        intent: Box<Intent>,
        /// The octets that were signed.
        octets: Vec<u8>,
        /// Of the certificate.
        fingerprint: Fingerprint,
        /// The certificate.
        der: Vec<u8>,
    },
    /// The revoked row. Unique per certificate, whoever revokes.
    Revoke {
        /// Which certificate.
        certificate: CertificateId,
        /// Why.
        reason: Reason,
        /// Since when.
        at: Instant,
    },
}

/// May be a little late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// The shard that holds this certificate.
    PublishCrl {
        /// Which certificate.
        certificate: CertificateId,
    },
}

/// What the store knows at the moment of the decision. `revoked` is guarded by the unique row of [`Write::Revoke`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The last instant of the issuing authority's own certificate; `None` where a root signs itself.
    pub issuer_until: Option<Instant>,
    /// Since when it is revoked, and by which application, if any.
    pub revoked: Option<(Instant, Option<crate::number::Number>)>,
    /// What stands against certifying the key that is asked for; guarded by [`Write::Intend`].
    pub key: Option<KeyUse>,
}

/// Why a public key is not certified (THREATS A33). The same holder may have a second certificate for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// A certificate for it was revoked because the key was compromised.
    Compromised,
    /// It is certified for someone else, or about to be.
    OfAnother,
    /// It is about to be signed for this very holder.
    BeingCertified,
}

/// What an authority may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The longest validity it gives, in seconds.
    pub longest: i64,
}

impl Intent {
    /// A31: validity begins now or before, is no longer than the profile allows, and ends with the issuer's at the
    /// latest.
    fn issuable(&self, facts: &Facts, policy: &Policy, now: Instant) -> Result<(), Refusal> {
        let (not_before, not_after) = self.validity;
        if not_before > now {
            return Err(Refusal::NotYetValid { from: not_before });
        }
        // RFC 5280 §4.1.2.5: both ends count.
        let longest = not_before.plus_seconds(policy.longest).plus_seconds(-1);
        let until = facts.issuer_until.map_or(longest, |issuer| issuer.min(longest));
        if not_after > until || not_after < not_before {
            return Err(Refusal::ValidityOutside { until });
        }
        Ok(())
    }
}

impl Facts {
    fn not_revoked(&self) -> Result<(), Refusal> {
        match self.revoked {
            Some((_, Some(number))) => Err(Refusal::AlreadyApplied { number }),
            Some((at, None)) => Err(Refusal::AlreadyRevoked { at }),
            None => Ok(()),
        }
    }
}
