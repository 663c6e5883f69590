//! Citizens' cards: both certificates, what is printed on the card, the keys that unlock it, and the register that says which
//! certificates belong to which number.
//!
//! The card makes its keys and its number; of its requests only the keys are taken (A32). Whoever makes a card twice, by a
//! crash or by hand, gets the same certificates: what was certified for a card's key is what that card has.

mod person;

use std::sync::Arc;

pub use casework::identity::CardNumber;
use casework::identity::{Authority as Name, Fingerprint};
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::{CertificateRequest, Demands, KeyHistory, NotAdmitted, RequestFault, Subject};
use pki::key::SoftwareKey;
use pki::name::{AuthorityName, NameFault, SubjectNumber};
use pki::profile::Validity;
use pki::{ObjectIdentifier, SignFault, Signer as _};
use zeroize::Zeroizing;

use super::issue::{Order, Registrar, Wanted, id_of};
use super::{Authority, AuthorityFault};
use crate::desk::Actor;
use crate::face::visual;
use crate::office::Office;
use crate::store::{CitizenCardRow, Clash, KeyPurpose, NewEvent};
use crate::unblock::{CardKeys, KeyVersion, UnblockFault};
pub use person::{EXAMPLE, Person};

/// A card that waits for its certificates.
#[derive(Clone, Debug)]
pub struct NewCard {
    /// The number that it has made.
    pub number: CardNumber,
    /// Of the key for 利用者証明.
    pub authentication: CertificateRequest,
    /// Of the key for 署名.
    pub signature: CertificateRequest,
}

/// Everything that goes onto a card. The keys and the face are for the card alone.
pub struct Personalised {
    /// カード番号
    pub number: CardNumber,
    /// 利用者証明用電子証明書
    pub authentication: Certificate,
    /// 署名用電子証明書
    pub signature: Certificate,
    /// Of the authority of each, in the same order.
    pub issuers: [Certificate; 2],
    /// EF 0002 of the 券面 application.
    pub visual: Zeroizing<Vec<u8>>,
    /// Who signed it: an office names it under `visual_signers`.
    pub visual_signer: Certificate,
    /// 照合番号B, as it is printed.
    pub number_b: Zeroizing<String>,
    /// Under which version of the master key the unblock keys were made.
    pub key_version: KeyVersion,
    /// The unblock keys, with their references.
    pub keys: CardKeys,
}

/// Signs what is printed on cards.
pub struct VisualSigner {
    /// Its certificate.
    pub certificate: Certificate,
    key: Arc<SoftwareKey>,
}

/// The two certificates of a citizen's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Authentication,
    Signature,
}

/// A citizen's card is not made.
#[derive(Debug, thiserror::Error)]
pub enum CitizenFault {
    /// A request is none.
    #[error("the card's request for {0} cannot be read: {1}")]
    Request(&'static str, RequestFault),
    /// A request is for something that is not certified here.
    #[error("the card's request for {0} is not taken: {1}")]
    NotAdmitted(&'static str, NotAdmitted),
    /// Both requests are for one key.
    #[error("both requests of the card are for the same key")]
    OneKey,
    /// No authority of the office issues it.
    #[error(
        "no authority of the office {office} may issue under the policy {policy}; make one with `kagimori ca create \
         --policy {policy}` and name it under `authorities` in the office's file"
    )]
    NoAuthority {
        /// Which office.
        office: String,
        /// The certificate's policy.
        policy: ObjectIdentifier,
    },
    /// Another card has it.
    #[error("another card has the number {0}, or its keys belong to a card of another number")]
    Taken(CardNumber),
    /// The face is no picture that fits onto a card.
    #[error("the face wants to be a picture in JPEG or JPEG 2000 of at most {0} octets")]
    Face(usize),
    /// A name cannot stand in a certificate.
    #[error(transparent)]
    Name(#[from] NameFault),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    /// The keys that unlock.
    #[error(transparent)]
    Unblock(#[from] UnblockFault),
    /// What is printed was not signed.
    #[error("what is printed on the card was not signed: {0}")]
    Sign(#[from] SignFault),
}

impl From<crate::fault::Fault> for CitizenFault {
    fn from(fault: crate::fault::Fault) -> Self {
        Self::Authority(fault.into())
    }
}

impl Use {
    const fn word(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Signature => "signature",
        }
    }

    /// What the profile writes, and what an authority's own certificate must allow (DOMAIN §11.3).
    const fn policy(self) -> ObjectIdentifier {
        match self {
            Self::Authentication => CITIZENS_AUTHENTICATION,
            Self::Signature => CITIZENS_SIGNATURE,
        }
    }

    const fn profile_name(self) -> &'static str {
        match self {
            Self::Authentication => CITIZEN_AUTHENTICATION,
            Self::Signature => CITIZEN_SIGNATURE,
        }
    }

    fn wanted(self, person: &Person, number: SubjectNumber) -> Result<Wanted, NameFault> {
        Ok(match self {
            Self::Authentication => Wanted::CitizenAuthentication(number),
            Self::Signature => Wanted::CitizenSignature(person.resident(number)?, Box::new(person.citizen.clone())),
        })
    }
}

impl NewCard {
    /// Reads a card's requests (DER): possession of both keys is proved.
    pub fn read(number: CardNumber, authentication: &[u8], signature: &[u8]) -> Result<Self, CitizenFault> {
        let read = |of: Use, der: &[u8]| {
            let request = CertificateRequest::parse(der).map_err(|fault| CitizenFault::Request(of.word(), fault))?;
            let demands = Demands {
                algorithms: &[Algorithm::Rsa2048],
                subject: Subject::OfProfile,
                // The authority asks by itself, in the commit that intends (A33).
                history: KeyHistory::New,
                may_keep_key: false,
            };
            let admitted = request.admit(&demands);
            admitted.map_err(|no| CitizenFault::NotAdmitted(of.word(), no))?;
            Ok::<_, CitizenFault>(request)
        };
        let card = Self {
            number,
            authentication: read(Use::Authentication, authentication)?,
            signature: read(Use::Signature, signature)?,
        };
        if card.authentication.public_key() == card.signature.public_key() {
            return Err(CitizenFault::OneKey);
        }
        Ok(card)
    }

    fn request(&self, of: Use) -> &CertificateRequest {
        match of {
            Use::Authentication => &self.authentication,
            Use::Signature => &self.signature,
        }
    }
}

impl Registrar {
    /// Makes a card of this office for a person: issues both certificates, signs what is printed, and registers the card. The
    /// same card again has the same certificates and keys; what is printed is signed anew.
    pub async fn citizen_card(
        &self,
        actor: &Actor<'_>,
        office: &Office,
        card: &NewCard,
        person: &Person,
        face: &[u8],
    ) -> Result<Personalised, CitizenFault> {
        if !visual::fits(face) {
            return Err(CitizenFault::Face(visual::MOST_FACE));
        }
        let authorities = [
            self.citizens_authority(office, Use::Authentication).await?,
            self.citizens_authority(office, Use::Signature).await?,
        ];
        let known = self.desk.store().citizen_card(card.number).await?;
        let unblock = self
            .keyring
            .unblock(self.desk.store(), self.desk.clock(), self.desk.chance())
            .await?;
        let issues = unblock.issues().unwrap_or(KeyVersion::FIRST);
        let key_version = known.as_ref().map_or(issues, |known| known.key_version);
        let [authentication_by, signature_by] = &authorities;
        let begun = self
            .citizens_certificate(authentication_by, card, Use::Authentication)
            .await?;
        // A number that another card has is told before anything is issued.
        if let Some(known) = &known
            && begun.as_ref().map(|begun| Fingerprint(begun.fingerprint())) != Some(known.fingerprint)
        {
            return Err(CitizenFault::Taken(card.number));
        }
        let authentication = match begun {
            Some(begun) => begun,
            None => {
                self.citizens_issue(actor, authentication_by, card, person, Use::Authentication)
                    .await?
            }
        };
        let signature = match self.citizens_certificate(signature_by, card, Use::Signature).await? {
            Some(begun) => begun,
            None => {
                self.citizens_issue(actor, signature_by, card, person, Use::Signature)
                    .await?
            }
        };
        let row = CitizenCardRow {
            number: card.number,
            office: office.id.clone(),
            key_version,
            authentication: id_of(authentication_by.name(), authentication.serial().as_bytes()),
            fingerprint: Fingerprint(authentication.fingerprint()),
            signature: id_of(signature_by.name(), signature.serial().as_bytes()),
            counter: 0,
            issued_at: self.desk.clock().now(),
        };
        let event = self.citizens_event(actor, &row);
        match self.desk.store().register_citizen_card(row, event).await {
            Ok(()) => {}
            Err(Clash::Fault(fault)) => return Err(fault.into()),
            Err(_) => return Err(CitizenFault::Taken(card.number)),
        }
        let signer = self.visual_signer(signature_by).await?;
        let now = self.desk.clock().now();
        let printed = person.printed(card.number, &signature, self.desk.chance());
        Ok(Personalised {
            number: card.number,
            visual: printed.signed(face, &signer.certificate, &*signer.key, now)?,
            visual_signer: signer.certificate,
            number_b: printed.number_b(),
            issuers: [authentication_by, signature_by].map(|authority| authority.certificate().clone()),
            authentication,
            signature,
            key_version,
            keys: unblock.card_keys(card.number, key_version)?,
        })
    }

    /// Who signs what is printed on cards, under this authority. It is made when it is wanted first, and when the one before
    /// has a month left; each has to be named by the offices that take pictures from cards.
    pub async fn visual_signer(&self, authority: &Authority) -> Result<VisualSigner, AuthorityFault> {
        let now = self.desk.clock().now();
        let end = authority.certificate().not_after();
        for row in self.desk.store().keys().await? {
            let own = row.purpose == KeyPurpose::VisualSigner && row.authority == *authority.name();
            let Some(der) = row.certificate.as_deref().filter(|_| own) else {
                continue;
            };
            let certificate = Certificate::parse(der)?;
            if certificate.not_after() >= (now.0 + RENEWED_BEFORE).min(end) {
                let key = self.keyring.key(&row).await?;
                return Ok(VisualSigner { certificate, key });
            }
        }
        let (id, key) = self
            .new_key(authority.name(), KeyPurpose::VisualSigner, Algorithm::P256)
            .await?;
        let name = AuthorityName::new(ORGANISATION, &format!("{} visual", authority.name().0))?;
        let order = Order {
            wanted: Wanted::VisualSigner(name),
            key: key.public_key().clone(),
            validity: Validity::between(now.0, (now.0 + LIVES - 1).min(end))?,
            purchase: None,
        };
        let certificate = self.issue(&Actor::System, authority, &order).await?;
        self.desk.store().certify_key(id, certificate.der().to_vec()).await?;
        Ok(VisualSigner { certificate, key })
    }

    /// The authority of the office that may issue this: the one whose own certificate allows the policy.
    async fn citizens_authority(&self, office: &Office, of: Use) -> Result<Authority, CitizenFault> {
        for Name(name) in &office.authorities {
            let authority = self.keyring.authority(self.desk.store(), name).await?;
            if authority.certificate().policies().contains(&of.policy()) {
                return Ok(authority);
            }
        }
        Err(CitizenFault::NoAuthority {
            office: office.id.clone(),
            policy: of.policy(),
        })
    }

    /// What was certified for this key before: bound, or only intended and now signed.
    async fn citizens_certificate(
        &self,
        authority: &Authority,
        card: &NewCard,
        of: Use,
    ) -> Result<Option<Certificate>, CitizenFault> {
        let key = card.request(of).public_key().fingerprint();
        let rows = async || self.desk.store().certificates_of_key(&key).await;
        for row in rows().await?.iter().filter(|row| row.der.is_none()) {
            self.resume(row).await?;
        }
        let profile = of.profile_name();
        let rows = rows().await?;
        let own = rows
            .iter()
            .find(|row| row.certificate.authority == *authority.name() && row.profile == profile);
        let der = own.and_then(|row| row.der.as_deref());
        Ok(der.map(Certificate::parse).transpose().map_err(AuthorityFault::from)?)
    }

    async fn citizens_issue(
        &self,
        actor: &Actor<'_>,
        authority: &Authority,
        card: &NewCard,
        person: &Person,
        of: Use,
    ) -> Result<Certificate, CitizenFault> {
        let number = SubjectNumber::from_random(self.desk.chance().octets());
        let now = self.desk.clock().now();
        let validity = Validity::of_citizen(now.0, person.citizen.birth()).map_err(AuthorityFault::from)?;
        let order = Order {
            wanted: of.wanted(person, number)?,
            key: card.request(of).public_key().clone(),
            validity,
            purchase: None,
        };
        Ok(self.issue(actor, authority, &order).await?)
    }

    fn citizens_event(&self, actor: &Actor<'_>, row: &CitizenCardRow) -> NewEvent {
        NewEvent {
            procedure: "citizen_card",
            name: "issued",
            actor: actor.to_string(),
            states: ("new".to_owned(), "issued".to_owned()),
            refusal: None,
            details: vec![
                ("office", row.office.clone()),
                ("card", row.number.to_string()),
                ("key_version", row.key_version.to_string()),
                ("authority", row.authentication.authority.0.clone()),
                ("serial", row.authentication.serial.to_string()),
                ("fingerprint", row.fingerprint.to_string()),
                ("signature_authority", row.signature.authority.0.clone()),
                ("signature_serial", row.signature.serial.to_string()),
            ],
            salt: self.desk.chance().octets(),
        }
    }
}

/// The policies under which a citizen logs in, and signs as a test (DOMAIN §11.3).
pub(super) const CITIZENS_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.3.30");
pub(super) const CITIZENS_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.20");

/// The names of both profiles, in the record.
pub(super) const CITIZEN_AUTHENTICATION: &str = "citizen-card-authentication";
pub(super) const CITIZEN_SIGNATURE: &str = "citizen-card-signature";

/// Two years of 365 days.
const LIVES: i64 = 2 * 365 * 86_400;
const RENEWED_BEFORE: i64 = 30 * 86_400;
const ORGANISATION: &str = "Kagimori";
