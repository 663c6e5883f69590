//! Issuing: built, linted, recorded, signed, compared, bound (DESIGN §3.9).

use std::collections::HashMap;
use std::sync::Arc;

use casework::Refusal;
use casework::certificate::{Intent, Profile as ProfileKey, Shard};
use casework::identity::{Authority as Name, CertificateId, Digest, Serial};
use casework::refund::Purchase;
use casework::time::Instant;
use pki::ObjectIdentifier;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::{PublicKey, SoftwareKey};
use pki::name::{AuthorityName, Citizen, Resident, SubjectNumber, TerminalName};
use pki::profile::{Card, Profile, Publication, Terminal, Validity};
use pki::tbs::{Issuer, Linted, Tbs};

use super::address::Addresses;
use super::citizen::{CITIZEN_AUTHENTICATION, CITIZEN_SIGNATURE};
use super::holder::CardOrder;
use super::keyring::Keyring;
use super::{Authority, AuthorityFault, computed};
use crate::desk::certificate::{Command, Issuance};
use crate::desk::{Actor, CaseId, Desk, Failure, evidence};
use crate::store::{CertificateRow, KeyPurpose, KeyRow};

/// Issues for all our authorities. Cheap to clone.
#[derive(Clone)]
pub struct Registrar {
    pub(crate) desk: Desk,
    pub(crate) keyring: Keyring,
    pub(crate) addresses: Addresses,
    /// New certificates are spread over so many CRL shards.
    pub(crate) shards: u32,
}

/// What a desk certifies terminals with. Cheap to clone; it shows nothing of a key.
#[derive(Clone)]
pub struct Certifying {
    pub(crate) keyring: Keyring,
    pub(crate) addresses: Addresses,
    pub(crate) shards: u32,
}

impl std::fmt::Debug for Certifying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certifying(..)")
    }
}

/// What is to be certified.
pub struct Order {
    /// As what.
    pub wanted: Wanted,
    /// Whose possession was proved, or which we made.
    pub key: PublicKey,
    /// For how long.
    pub validity: Validity,
    /// What is paid for it.
    pub purchase: Option<Purchase>,
}

/// As what a key is certified. The addresses are not asked: they follow from the authority.
pub enum Wanted {
    /// A self-signed anchor.
    Root(AuthorityName),
    /// A CA for holders and responders.
    Issuing {
        /// Its name.
        name: AuthorityName,
        /// The policies under which it may issue.
        policies: Vec<ObjectIdentifier>,
    },
    /// A delegated OCSP responder.
    Responder(AuthorityName),
    /// One certificate of an authority card.
    Card(CardUse, Box<CardOrder>),
    /// A terminal's certificate.
    Terminal(TerminalName),
    /// A citizen's 利用者証明用電子証明書.
    CitizenAuthentication(SubjectNumber),
    /// A citizen's 署名用電子証明書.
    CitizenSignature(Resident, Box<Citizen>),
    /// Who signs what is printed on citizens' cards.
    VisualSigner(AuthorityName),
    /// Who signs what an enrolment door answers by CMP.
    Enrolment(AuthorityName),
}

/// A certificate that may be signed: nothing of it is on record yet.
pub(crate) struct Prepared {
    pub(crate) id: CertificateId,
    /// The first commit.
    pub(crate) intend: Command,
    pub(crate) linted: Linted<Tbs>,
}

/// The two certificates of an authority card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardUse {
    /// Login.
    Authentication,
    /// Documents.
    Signature,
}

impl Wanted {
    /// The name of its profile, in commands and in the record.
    pub fn profile_name(&self) -> &'static str {
        match self {
            Self::Root(_) => "root",
            Self::Issuing { .. } => "issuing",
            Self::Responder(_) => "ocsp-responder",
            Self::Card(CardUse::Authentication, _) => "authority-card-authentication",
            Self::Card(CardUse::Signature, _) => "authority-card-signature",
            Self::Terminal(_) => "terminal",
            Self::CitizenAuthentication(_) => CITIZEN_AUTHENTICATION,
            Self::CitizenSignature(..) => CITIZEN_SIGNATURE,
            Self::VisualSigner(_) => "visual-signer",
            Self::Enrolment(_) => "enrolment",
        }
    }

    /// The longest validity of the profile, in seconds. An authority card's is that of 電子署名法施行規則6条4号: five years.
    fn longest(&self) -> i64 {
        const DAY: i64 = 86_400;
        match self {
            Self::Root(_) | Self::Issuing { .. } => 30 * 366 * DAY,
            Self::Responder(_) | Self::Enrolment(_) => 31 * DAY,
            // R310: for as long as the system lives that the terminal works with.
            Self::Card(..) | Self::Terminal(_) | Self::VisualSigner(_) => (5 * 365 + 2) * DAY,
            // To the end of the fifth birthday after the day of issue, which may be a birthday itself.
            Self::CitizenAuthentication(_) | Self::CitizenSignature(..) => (5 * 365 + 3) * DAY,
        }
    }

    fn profile(&self, publication: Publication, issuer: Option<&Certificate>) -> Result<Profile, AuthorityFault> {
        Ok(match self {
            Self::Root(name) => Profile::Root { name: name.clone() },
            Self::Issuing { name, policies } => Profile::Issuing {
                name: name.clone(),
                publication,
                policies: policies.clone(),
            },
            Self::Responder(name) => Profile::OcspResponder { name: name.clone() },
            Self::Enrolment(name) => Profile::Enrolment {
                name: name.clone(),
                publication,
            },
            Self::Terminal(name) => Profile::Terminal(Terminal {
                name: name.clone(),
                publication,
                policy: issuer.and_then(|issuer| issuer.policies().first().copied()),
            }),
            Self::CitizenAuthentication(number) => Profile::CitizenAuthentication {
                number: number.clone(),
                publication,
            },
            Self::CitizenSignature(resident, citizen) => Profile::CitizenSignature {
                resident: resident.clone(),
                citizen: citizen.clone(),
                publication,
            },
            Self::VisualSigner(name) => Profile::VisualSigner {
                name: name.clone(),
                publication,
            },
            Self::Card(purpose, order) => {
                let of_issuer = issuer.and_then(|issuer| issuer.policies().first().copied());
                let policy = order.policy.or(of_issuer).ok_or(AuthorityFault::NoPolicy)?;
                let mut card = Card::new(order.holder.clone(), order.organisation.clone(), publication, policy);
                if let Some(number) = &order.holder_number {
                    card = card.with_holder_number(number)?;
                }
                match purpose {
                    CardUse::Authentication => Profile::AuthorityAuthentication(card),
                    CardUse::Signature => Profile::AuthoritySignature(card),
                }
            }
        })
    }
}

/// A new authority.
pub struct NewAuthority {
    /// Its name in addresses.
    pub name: Name,
    /// The algorithm of its key.
    pub algorithm: Algorithm,
    /// Who issues its certificate; `None` makes a root.
    pub parent: Option<Authority>,
    /// Its name in certificates.
    pub subject: AuthorityName,
    /// The policies under which it may issue; a root has none.
    pub policies: Vec<ObjectIdentifier>,
    /// For how long.
    pub validity: Validity,
}

impl Certifying {
    /// With the keys of `keyring`, published at `addresses` in so many parts.
    pub fn new(keyring: Keyring, addresses: Addresses, shards: u32) -> Self {
        Self {
            keyring,
            addresses,
            shards,
        }
    }

    /// Who issues with it, through this desk.
    pub fn registrar(&self, desk: &Desk) -> Registrar {
        Registrar {
            desk: desk.clone(),
            keyring: self.keyring.clone(),
            addresses: self.addresses.clone(),
            shards: self.shards,
        }
    }
}

impl Registrar {
    /// The desk through which it records.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The keys with which it signs.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Issues a certificate. It is bound and durable when this returns.
    pub async fn issue(
        &self,
        actor: &Actor<'_>,
        issuer: &Authority,
        order: &Order,
    ) -> Result<Certificate, AuthorityFault> {
        self.certify(
            actor,
            issuer.name(),
            issuer.key.clone(),
            Some(issuer.certificate()),
            order,
        )
        .await
    }

    /// Makes an authority: its key, encrypted at rest before anything is signed with it, and its certificate.
    pub async fn create(&self, actor: &Actor<'_>, new: NewAuthority) -> Result<Authority, AuthorityFault> {
        let row = self
            .desk
            .store()
            .keys()
            .await?
            .into_iter()
            .find(|row| row.authority == new.name);
        let (id, key) = match row {
            Some(KeyRow {
                certificate: Some(_), ..
            }) => return Err(AuthorityFault::Taken(new.name.0)),
            // A crash came between the key and its certificate: it is certified now, or gets the one that was begun.
            Some(row) if row.algorithm == new.algorithm.to_string() => {
                let key = self.keyring.key(&row).await?;
                if let Some(certificate) = self.begun(&key).await? {
                    self.desk
                        .store()
                        .certify_key(row.id, certificate.der().to_vec())
                        .await?;
                    return Ok(Authority {
                        name: new.name,
                        certificate,
                        key,
                    });
                }
                (row.id, key)
            }
            Some(row) => {
                self.desk.store().retire_key(row.id, self.desk.clock().now()).await?;
                self.new_key(&new.name, KeyPurpose::Authority, new.algorithm).await?
            }
            None => self.new_key(&new.name, KeyPurpose::Authority, new.algorithm).await?,
        };
        let wanted = match new.parent {
            None => Wanted::Root(new.subject),
            Some(_) => Wanted::Issuing {
                name: new.subject,
                policies: new.policies,
            },
        };
        let order = Order {
            wanted,
            key: key_of(&key),
            validity: new.validity,
            purchase: None,
        };
        let certificate = match &new.parent {
            None => self.certify(actor, &new.name, Arc::clone(&key), None, &order).await?,
            Some(parent) => self.issue(actor, parent, &order).await?,
        };
        self.desk.store().certify_key(id, certificate.der().to_vec()).await?;
        Ok(Authority {
            name: new.name,
            certificate,
            key,
        })
    }

    /// The certificate of a key that a crash kept from it: bound, or only intended and now signed.
    async fn begun(&self, key: &SoftwareKey) -> Result<Option<Certificate>, AuthorityFault> {
        let fingerprint = key_of(key).fingerprint();
        for row in self.desk.store().certificates_of_key(&fingerprint).await? {
            if row.der.is_none() {
                self.resume(&row).await?;
            }
        }
        let rows = self.desk.store().certificates_of_key(&fingerprint).await?;
        let bound = rows.iter().find_map(|row| row.der.as_deref());
        Ok(bound.map(Certificate::parse).transpose()?)
    }

    /// Signs and binds what a crash left between its two commits: the same octets, so that one decision never makes two
    /// certificates (DESIGN §3.9).
    pub async fn resume(&self, row: &CertificateRow) -> Result<(), AuthorityFault> {
        if row.profile == IMPORTED {
            // The signature over these octets is there already, with whoever imports: ours would be a second certificate
            // of the same serial number.
            return Ok(());
        }
        let authority = &row.certificate.authority;
        let keys = self.desk.store().keys().await?;
        let Some(own) = keys
            .iter()
            .find(|key| key.purpose == KeyPurpose::Authority && key.authority == *authority)
        else {
            tracing::error!(
                authority = authority.0,
                "what was to be signed stays, for its authority has no key"
            );
            return Ok(());
        };
        let certificate = own.certificate.as_deref().map(Certificate::parse).transpose()?;
        let issuer = certificate.as_ref().map_or(Issuer::Itself, Issuer::Authority);
        let linted = Linted::<Tbs>::resume(&row.tbs, issuer)?;
        let key = self.keyring.key(own).await?;
        let case = CaseId::from_octets(row.case);
        let bound = self.bind(&Actor::System, case, &row.certificate, linted, key).await?;
        if certificate.is_none() {
            self.desk.store().certify_key(own.id, bound.der().to_vec()).await?;
        }
        tracing::info!(authority = authority.0, serial = %row.certificate.serial, "signed and bound what a crash had left");
        Ok(())
    }

    /// Takes in certificates that this authority issued elsewhere, all or none, so that their status is answered here. Those
    /// that are here already stay as they are.
    pub async fn import(
        &self,
        actor: &Actor<'_>,
        issuer: &Authority,
        certificates: &[Certificate],
    ) -> Result<Vec<CertificateId>, AuthorityFault> {
        let (mut ids, mut commands) = (Vec::new(), Vec::new());
        let mut seen: HashMap<Serial, &[u8]> = HashMap::new();
        for certificate in certificates {
            let id = id_of(issuer.name(), certificate.serial().as_bytes());
            let other = AuthorityFault::AnotherOfThatNumber {
                authority: id.authority.0.clone(),
                serial: id.serial.to_string(),
            };
            match seen.insert(id.serial, certificate.der()) {
                Some(der) if der == certificate.der() => continue,
                Some(_) => return Err(other),
                None => {}
            }
            let case = match self.desk.store().certificate(&id).await? {
                Some(row) if row.der.as_deref().is_some_and(|der| der != certificate.der()) => return Err(other),
                Some(row) if row.tbs != certificate.to_be_signed() => return Err(other),
                Some(row) => CaseId::from_octets(row.case),
                None => self.desk.new_case::<Issuance>(),
            };
            commands.push((case, self.importing(issuer, certificate, &id)?));
            ids.push(id);
        }
        let commands: Vec<_> = commands.iter().map(|(case, command)| (*case, command)).collect();
        self.desk.perform_all(actor, &commands).await?;
        Ok(ids)
    }

    fn importing(
        &self,
        issuer: &Authority,
        certificate: &Certificate,
        id: &CertificateId,
    ) -> Result<Command, AuthorityFault> {
        let shards = certificate
            .crl_urls()
            .iter()
            .filter_map(|url| self.addresses.shard_of(issuer.name(), url));
        let intent = Intent {
            certificate: id.clone(),
            tbs: digest(certificate.to_be_signed()),
            profile: ProfileKey(IMPORTED.to_owned()),
            shard: shards.into_iter().next().unwrap_or(Shard(0)),
            validity: (Instant(certificate.not_before()), Instant(certificate.not_after())),
            purchase: None,
        };
        Ok(Command::Import {
            intent: Box::new(intent),
            octets: certificate.to_be_signed().to_vec(),
            issuer_until: Instant(issuer.certificate().not_after()),
            signed: evidence::signed_before(certificate, issuer.certificate())?,
            der: certificate.der().to_vec(),
        })
    }

    /// A new key, at rest before it is used.
    pub(crate) async fn new_key(
        &self,
        authority: &Name,
        purpose: KeyPurpose,
        algorithm: Algorithm,
    ) -> Result<([u8; 16], Arc<SoftwareKey>), AuthorityFault> {
        let made = computed(move || SoftwareKey::generate(algorithm)).await?;
        let key = Arc::new(made.map_err(|reason| AuthorityFault::Key {
            authority: authority.0.clone(),
            reason,
        })?);
        let pem = self.keyring.seal(Arc::clone(&key), self.desk.chance().octets()).await?;
        let row = KeyRow {
            id: self.desk.chance().octets(),
            authority: authority.clone(),
            purpose,
            algorithm: algorithm.to_string(),
            pem,
            certificate: None,
            made_at: self.desk.clock().now(),
        };
        let id = row.id;
        self.desk.store().keep_key(row).await?;
        self.keyring.remember(id, Arc::clone(&key));
        Ok((id, key))
    }

    pub(crate) async fn certify(
        &self,
        actor: &Actor<'_>,
        authority: &Name,
        signer: Arc<SoftwareKey>,
        issuer: Option<&Certificate>,
        order: &Order,
    ) -> Result<Certificate, AuthorityFault> {
        let Prepared { id, intend, linted } = self.prepared(authority, issuer, order)?;
        let case = self.desk.new_case::<Issuance>();
        self.desk.perform(actor, case, &intend).await?;
        self.bind(actor, case, &id, linted, signer).await
    }

    /// Builds and lints what is to be certified, under a fresh serial number.
    pub(crate) fn prepared(
        &self,
        authority: &Name,
        issuer: Option<&Certificate>,
        order: &Order,
    ) -> Result<Prepared, AuthorityFault> {
        let serial = pki::serial::Serial::from_random(self.desk.chance().octets());
        let id = id_of(authority, serial.as_bytes());
        let shard = shard_of(&id, self.shards);
        let publication = Publication::new(
            &self.addresses.crl(authority, shard),
            Some(&self.addresses.ocsp(authority)),
            Some(&self.addresses.certificate(authority)),
        )?;
        let profile = order.wanted.profile(publication, issuer)?;
        let by = issuer.map_or(Issuer::Itself, Issuer::Authority);
        let linted = Tbs::new(&profile, serial, by, &order.key, order.validity)?.lint()?;
        let intent = Intent {
            certificate: id.clone(),
            tbs: digest(linted.to_be_signed()),
            profile: ProfileKey(order.wanted.profile_name().to_owned()),
            shard,
            validity: (
                Instant(order.validity.not_before()),
                Instant(order.validity.not_after()),
            ),
            purchase: order.purchase,
        };
        Ok(Prepared {
            id,
            intend: Command::Intend {
                intent: Box::new(intent),
                octets: linted.to_be_signed().to_vec(),
                issuer_until: issuer.map(|issuer| Instant(issuer.not_after())),
                longest: order.wanted.longest(),
            },
            linted,
        })
    }

    async fn bind(
        &self,
        actor: &Actor<'_>,
        case: CaseId<Issuance>,
        id: &CertificateId,
        linted: Linted<Tbs>,
        signer: Arc<SoftwareKey>,
    ) -> Result<Certificate, AuthorityFault> {
        let issued = computed(move || linted.sign(&*signer)).await??;
        let signed = evidence::signed(&issued);
        let certificate = issued.into_certificate();
        match self
            .desk
            .perform(
                actor,
                case,
                &Command::Bind {
                    signed,
                    der: certificate.der().to_vec(),
                },
            )
            .await
        {
            Ok(_) => Ok(certificate),
            // Another process signed the same octets meanwhile: the certificate that was bound is the one there is.
            Err(Failure::Refused(Refusal::Stale)) => {
                let bound = self.desk.store().certificate(id).await?.and_then(|row| row.der);
                bound.map_or(Err(AuthorityFault::Refused(Refusal::Stale)), |der| {
                    Ok(Certificate::parse(&der)?)
                })
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

/// The profile of what was issued elsewhere, in the record.
pub(crate) const IMPORTED: &str = "imported";

/// The serial is random, so its last octets spread certificates evenly.
pub(crate) fn shard_of(id: &CertificateId, shards: u32) -> Shard {
    let [.., a, b, c, d] = *id.serial.octets();
    Shard(u32::from_be_bytes([a, b, c, d]) % shards.max(1))
}

pub(crate) fn id_of(authority: &Name, serial: &[u8]) -> CertificateId {
    // Serials of the pki crate have 1 to 20 octets and are never zero.
    let serial = Serial::from_octets(serial).expect("a serial is a serial");
    CertificateId {
        authority: authority.clone(),
        serial,
    }
}

pub(crate) fn digest(octets: &[u8]) -> Digest {
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets).as_ref());
    Digest(digest)
}

fn key_of(key: &SoftwareKey) -> PublicKey {
    use pki::Signer as _;
    key.public_key().clone()
}
