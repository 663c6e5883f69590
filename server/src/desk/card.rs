//! A holder's card at an ordering body: what it shows, and what it is worth at this moment.

use casework::card::{Card, Standing};
use casework::identity::{Authority, CertificateId, Fingerprint, Serial};
use casework::time::Instant;
use pki::KeyUsage;
use pki::certificate::Certificate;
use pki::validation::{ChainFault, Fault as PathFault, Invalid};

use super::Desk;
use super::evidence::Unproven;
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::trust::Verdict;

/// The two certificates of one card, accepted at this moment. That they are those of the card at hand is only proved when it
/// answers a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCard {
    card: Card,
    authentication: Certificate,
    signature: Certificate,
    until: Instant,
}

impl ShownCard {
    /// What the certificates say.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The certificate that answers challenges.
    pub fn authentication(&self) -> &Certificate {
        &self.authentication
    }

    /// The certificate that signs, and stands for the card.
    pub fn signature(&self) -> &Certificate {
        &self.signature
    }

    /// What it is worth: accepted, or it would not be shown.
    pub fn standing(&self) -> Standing {
        Standing::Accepted { until: self.until }
    }
}

impl Desk {
    /// Checks the certificates that a card shows, in the order of DOMAIN §2.3: form, issuer, use, validity and status, of
    /// both, and that they are of one card.
    pub async fn card_shown(
        &self,
        office: &Office,
        authentication: &[u8],
        signature: &[u8],
    ) -> Result<ShownCard, Unproven> {
        let read = |der| Certificate::parse(der).map_err(|why| Unproven::Unreadable(why.to_string()));
        let (authentication, signature) = (read(authentication)?, read(signature)?);
        let (login_issuer, login_until) = self
            .card_certificate(office, &authentication, KeyUsage::DIGITAL_SIGNATURE)
            .await?;
        let usage = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION);
        let (issuer, until) = self.card_certificate(office, &signature, usage).await?;
        // Two certificates that the agent did not read from one card are no card: one holder, one key of one issuer, two
        // keys of the card.
        if authentication.subject() != signature.subject()
            || login_issuer.subject() != issuer.subject()
            || login_issuer.public_key() != issuer.public_key()
            || authentication.public_key() == signature.public_key()
        {
            return Err(Unproven::NotOneCard);
        }
        Ok(ShownCard {
            card: read_card(&authentication, &signature, &issuer)?,
            authentication,
            signature,
            until: login_until.min(until),
        })
    }

    /// What a pair of certificates that was taken before is worth at this moment.
    pub async fn standing_of(
        &self,
        office: &Office,
        authentication: &[u8],
        signature: &[u8],
    ) -> Result<Standing, Fault> {
        match self.card_shown(office, authentication, signature).await {
            Ok(shown) => Ok(shown.standing()),
            Err(no) => worth(no),
        }
    }

    /// What one certificate of our own record is worth at this moment.
    pub(super) async fn standing_of_one(
        &self,
        issuers: &[(Authority, Certificate)],
        certificate: &CertificateId,
        usage: KeyUsage,
    ) -> Result<Standing, Fault> {
        match self.accepted_of(issuers, certificate, usage).await {
            Ok(certificate) => Ok(Standing::Accepted {
                until: self
                    .clock()
                    .now()
                    .plus_seconds(A_DECISION)
                    .min(Instant(certificate.not_after())),
            }),
            Err(no) => worth(no),
        }
    }

    /// One certificate of a card: its issuer as it is pinned, and until when what was found out may be relied upon.
    async fn card_certificate(
        &self,
        office: &Office,
        certificate: &Certificate,
        usage: KeyUsage,
    ) -> Result<(Certificate, Instant), Unproven> {
        let now = self.clock().now();
        let own_until = now.plus_seconds(A_DECISION).min(Instant(certificate.not_after()));
        // Those of that name alone: each is an anchor of its own, and none speaks for another (THREATS P1).
        let named = office
            .issuers()
            .iter()
            .filter(|issuer| issuer.certificate.subject().matches(certificate.issuer()));
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for issuer in named {
            // What became of our own cards is asked of our own record, however the office lists us.
            match self.trust().own(&issuer.certificate).await? {
                Some(authority) => own.push((authority, issuer.certificate.clone())),
                None => others.push(issuer),
            }
        }
        if !others.is_empty() {
            match self.trust().check(&others, certificate, usage).await {
                Verdict::Valid { issuer, until } => return Ok((issuer, until)),
                Verdict::Invalid(invalid) if invalid.fault == PathFault::Issuer => {}
                Verdict::Invalid(invalid) => return Err(refused(*invalid)),
                Verdict::Undetermined(why) => return Err(Unproven::Undetermined(why)),
            }
        }
        own.extend(self.issuers(office).await?);
        let (_, issuer) = self.accepted(&own, certificate, usage, now).await?;
        Ok((issuer, own_until))
    }
}

/// What a card is worth that was not accepted.
fn worth(no: Unproven) -> Result<Standing, Fault> {
    Ok(match no {
        Unproven::Chain(ChainFault::NotYetValid { not_before }) => Standing::NotYetValid {
            from: Instant(not_before),
        },
        Unproven::Chain(ChainFault::Expired { not_after }) => Standing::Expired { at: Instant(not_after) },
        Unproven::Chain(ChainFault::Issuer) => Standing::Unaccepted,
        Unproven::Revoked { at } => Standing::Revoked { at },
        Unproven::NotOnRecord | Unproven::Undetermined(_) => Standing::Undetermined,
        Unproven::Chain(
            ChainFault::IsAuthority
            | ChainFault::KeyUsage
            | ChainFault::UnprocessedCritical(_)
            | ChainFault::IssuerNotValid,
        )
        | Unproven::Path(_)
        | Unproven::Unreadable(_)
        | Unproven::NotOneCard => Standing::Broken,
        Unproven::Fault(fault) => return Err(fault),
        why @ (Unproven::Signature(_) | Unproven::AnotherCard) => {
            return Err(Fault::Bug(Bug(format!("nothing was signed, and yet: {why}"))));
        }
    })
}

/// As the rules name what is wrong with a certificate or its path.
fn refused(invalid: Invalid) -> Unproven {
    let is_of_leaf = invalid.is_of_leaf();
    let fault = match invalid.fault {
        PathFault::Revoked { at, .. } | PathFault::Held { at } => return Unproven::Revoked { at: Instant(at) },
        PathFault::Issuer => ChainFault::Issuer,
        PathFault::IsAuthority => ChainFault::IsAuthority,
        PathFault::KeyUsage => ChainFault::KeyUsage,
        PathFault::UnprocessedCritical(kind) => ChainFault::UnprocessedCritical(kind),
        PathFault::NotYetValid { not_before } if is_of_leaf => ChainFault::NotYetValid { not_before },
        PathFault::Expired { not_after } if is_of_leaf => ChainFault::Expired { not_after },
        PathFault::NotYetValid { .. } | PathFault::Expired { .. } => ChainFault::IssuerNotValid,
        PathFault::Purpose(_)
        | PathFault::NotAnAuthority
        | PathFault::PathLength
        | PathFault::NameConstraint(_)
        | PathFault::Policy
        | PathFault::Name(_) => return Unproven::Path(Box::new(invalid)),
    };
    Unproven::Chain(fault)
}

fn read_card(authentication: &Certificate, signature: &Certificate, issuer: &Certificate) -> Result<Card, Unproven> {
    let content = signature.holder().unwrap_or_default();
    let serial = Serial::from_octets(signature.serial().as_bytes())
        .ok_or_else(|| Unproven::Unreadable("it has no serial number".to_owned()))?;
    let either = |own: Option<String>, latin: Option<String>| own.or(latin).unwrap_or_default();
    Ok(Card {
        card: Fingerprint(signature.fingerprint()),
        authentication: Fingerprint(authentication.fingerprint()),
        issuer: Fingerprint(issuer.fingerprint()),
        serial,
        valid: (Instant(signature.not_before()), Instant(signature.not_after())),
        company: either(content.organisation, content.organisation_romaji),
        company_address: content.organisation_address.unwrap_or_default(),
        holder: either(content.name, content.name_romaji),
        holder_address: content.address_romaji.unwrap_or_default(),
        corporate_number: content.corporate_number.unwrap_or_default(),
    })
}

/// Our own record tells of this very instant and is asked anew for every decision: so long may one take.
const A_DECISION: i64 = 60;
