//! Certificates on their way to a signature: built, linted, signed, checked. Each step takes the one before by value, so
//! none can be left out (DESIGN §3.9, THREATS I2, R13, A51).

use crate::algorithm::SignatureAlgorithm;
use crate::certificate::{Certificate, Content};
use crate::encode::Encoder;
use crate::extension::{self, Criticality, KeyUsage};
use crate::key::PublicKey;
use crate::lint::{self, Findings};
use crate::name::issuer_alternative;
use crate::oid;
use crate::profile::{Card, Profile, ProfileFault, Publication, Validity};
use crate::serial::Serial;
use crate::signer::{SignFault, Signer, sign_as};

/// A certificate's content, built from a profile and not yet looked at.
#[derive(Debug)]
pub struct Tbs {
    der: Vec<u8>,
    issuer: IssuingKey,
}

/// Something whose to-be-signed bytes passed every lint. Only what is `Linted` can be signed.
#[derive(Debug)]
pub struct Linted<T>(T);

/// A signed certificate whose signature was verified with its issuer's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued(Certificate);

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub enum Issuer<'a> {
    /// The subject itself: roots.
    Itself,
    /// The CA with this certificate.
    Authority(&'a Certificate),
}

#[derive(Clone, Debug)]
struct IssuingKey {
    key: PublicKey,
    certificate: Option<Certificate>,
}

impl Tbs {
    /// Builds the content. `serial` is fresh ([`Serial::from_random`]); of a request only its public key is taken, and
    /// only after its proof of possession (THREATS A32, A33).
    pub fn new(
        profile: &Profile,
        serial: Serial,
        issuer: Issuer<'_>,
        subject_key: &PublicKey,
        validity: Validity,
    ) -> Result<Self, ProfileFault> {
        let issuing = match (profile, issuer) {
            (Profile::Root { .. }, Issuer::Itself) => IssuingKey {
                key: subject_key.clone(),
                certificate: None,
            },
            (Profile::Root { .. }, _) | (_, Issuer::Itself) => return Err(ProfileFault::Issuer),
            (_, Issuer::Authority(certificate)) => {
                check_issuer(profile, certificate, subject_key, validity)?;
                IssuingKey {
                    key: certificate.public_key().clone(),
                    certificate: Some(certificate.clone()),
                }
            }
        };
        let subject = Encoder::der(|subject| match profile {
            Profile::Root { name }
            | Profile::Issuing { name, .. }
            | Profile::OcspResponder { name }
            | Profile::VisualSigner { name, .. }
            | Profile::Enrolment { name, .. } => name.encode(subject),
            Profile::CitizenSignature { resident, .. } => resident.encode(subject),
            Profile::CitizenAuthentication { number, .. } => number.encode(subject),
            Profile::Terminal(terminal) => terminal.name.encode(subject),
            Profile::AuthorityAuthentication(card) | Profile::AuthoritySignature(card) => card.encode_subject(subject),
        });
        let algorithm = issuing.key.algorithm().signature();
        let der = Encoder::der(|tbs| {
            tbs.sequence(|tbs| {
                tbs.context(0, |version| version.unsigned(&[2]));
                serial.encode(tbs);
                algorithm.encode(tbs);
                tbs.raw(
                    issuing
                        .certificate
                        .as_ref()
                        .map_or(&subject, |certificate| certificate.subject().der()),
                );
                tbs.sequence(|ends| {
                    ends.time(validity.not_before());
                    ends.time(validity.not_after());
                });
                tbs.raw(&subject);
                tbs.raw(subject_key.spki_der());
                tbs.context(3, |explicit| {
                    explicit.sequence(|extensions| encode_extensions(extensions, profile, subject_key, &issuing));
                });
            });
        });
        Ok(Self { der, issuer: issuing })
    }

    /// Looks at the bytes as a relying party would. A finding of warning or worse stops the certificate here.
    pub fn lint(self) -> Result<Linted<Self>, Findings> {
        let content = Content::parse(&self.der).map_err(|fault| Findings::unreadable(&fault))?;
        let mut findings = lint::content(&content);
        lint::issuance(
            &content,
            self.issuer.certificate.as_ref(),
            &self.issuer.key,
            &mut findings,
        );
        findings.none_worse_than_notice()?;
        Ok(Linted(self))
    }
}

impl Linted<Tbs> {
    /// Takes up an intent that was recorded before a crash: the same bytes are linted again and can be signed again, so that
    /// no second certificate comes of one decision (DESIGN §3.9).
    pub fn resume(to_be_signed: &[u8], issuer: Issuer<'_>) -> Result<Self, Findings> {
        let content = Content::parse(to_be_signed).map_err(|fault| Findings::unreadable(&fault))?;
        let issuing = match issuer {
            Issuer::Itself => IssuingKey {
                key: content.public_key,
                certificate: None,
            },
            Issuer::Authority(certificate) => IssuingKey {
                key: certificate.public_key().clone(),
                certificate: Some(certificate.clone()),
            },
        };
        Tbs {
            der: to_be_signed.to_vec(),
            issuer: issuing,
        }
        .lint()
    }

    /// The bytes to be recorded as intent before [`Linted::sign`].
    pub fn to_be_signed(&self) -> &[u8] {
        &self.0.der
    }

    /// Signs, and verifies the answer with the issuer's public key before anything is released (THREATS A51).
    pub fn sign(self, signer: &dyn Signer) -> Result<Issued, SignFault> {
        let Tbs { der, issuer } = self.0;
        let signature = sign_as(&issuer.key, signer, &der)?;
        let signed = seal(&der, issuer.key.algorithm().signature(), &signature);
        let certificate = Certificate::parse(&signed)
            .map_err(|fault| SignFault::Failed(format!("the signed certificate cannot be read: {fault}")))?;
        Ok(Issued(certificate))
    }
}

impl<T> Linted<T> {
    /// The one way in: whoever calls it has linted. Private to the crate.
    pub(crate) fn passed(linted: T) -> Self {
        Self(linted)
    }

    pub(crate) fn inner(&self) -> &T {
        &self.0
    }

    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl Issued {
    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }

    /// The certificate, by value.
    pub fn into_certificate(self) -> Certificate {
        self.0
    }
}

/// SEQUENCE { tbs, algorithm, BIT STRING signature }: the frame of certificates, CRLs, requests and OCSP answers.
pub(crate) fn seal(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::with_capacity(tbs.len() + signature.len() + 40);
    encoder.sequence(|signed| {
        signed.raw(tbs);
        algorithm.encode(signed);
        signed.bits(signature);
    });
    encoder.finish()
}

fn check_issuer(
    profile: &Profile,
    issuer: &Certificate,
    subject_key: &PublicKey,
    validity: Validity,
) -> Result<(), ProfileFault> {
    let path_length = issuer
        .extensions()
        .basic_constraints
        .and_then(|constraints| constraints.path_length);
    let issues_authorities = path_length != Some(0);
    if !issuer.may_issue() || matches!(profile, Profile::Issuing { .. }) && !issues_authorities {
        return Err(ProfileFault::NotAnIssuer);
    }
    if issuer.public_key() == subject_key {
        return Err(ProfileFault::IssuersKey);
    }
    if validity.not_before() < issuer.not_before() || validity.not_after() > issuer.not_after() {
        return Err(ProfileFault::OutlivesIssuer);
    }
    Ok(())
}

fn encode_extensions(extensions: &mut Encoder, profile: &Profile, subject_key: &PublicKey, issuing: &IssuingKey) {
    let issuer_key_id = match &issuing.certificate {
        Some(certificate) => certificate
            .subject_key_identifier()
            .map_or_else(|| certificate.public_key().sha1_id().to_vec(), <[u8]>::to_vec),
        None => issuing.key.sha1_id().to_vec(),
    };
    extension::put(extensions, oid::AUTHORITY_KEY_IDENTIFIER, Criticality::Plain, |value| {
        value.sequence(|identifier| identifier.primitive(crate::encode::context_primitive(0), &issuer_key_id));
    });
    extension::put(extensions, oid::SUBJECT_KEY_IDENTIFIER, Criticality::Plain, |value| {
        value.octets(&subject_key.sha1_id());
    });
    match profile {
        Profile::Root { .. } => {
            put_authority(extensions, None);
        }
        Profile::Issuing {
            publication, policies, ..
        } => {
            put_authority(extensions, Some(0));
            put_policies(extensions, policies);
            put_publication(extensions, publication);
        }
        Profile::OcspResponder { .. } => {
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE);
            put_purpose(extensions, oid::KP_OCSP_SIGNING);
            extension::put(extensions, oid::OCSP_NOCHECK, Criticality::Plain, Encoder::null);
        }
        Profile::AuthorityAuthentication(card) => {
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE);
            put_purpose(extensions, oid::KP_CLIENT_AUTH);
            put_card(extensions, card);
        }
        Profile::AuthoritySignature(card) => {
            // Both bits, as JPKI's 署名用 has them (DOMAIN §11.3); no purpose, so that every kind of document may be signed.
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION));
            put_card(extensions, card);
        }
        Profile::Terminal(terminal) => {
            // It logs in over TLS, and signs nothing else: no contentCommitment, no key encipherment.
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE);
            put_purpose(extensions, oid::KP_CLIENT_AUTH);
            put_policies(extensions, terminal.policy.as_slice());
            put_publication(extensions, &terminal.publication);
        }
        Profile::CitizenSignature {
            citizen, publication, ..
        } => {
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION));
            put_policies(extensions, &[oid::CITIZEN_SIGNATURE_TEST]);
            extension::put(extensions, oid::SUBJECT_ALT_NAME, Criticality::Plain, |value| {
                value.sequence(|names| citizen.encode_names(names));
            });
            put_issuer_alternative(extensions);
            put_publication(extensions, publication);
        }
        Profile::CitizenAuthentication { publication, .. } => {
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE);
            put_policies(extensions, &[oid::CITIZEN_AUTHENTICATION]);
            put_issuer_alternative(extensions);
            put_publication(extensions, publication);
        }
        Profile::VisualSigner { publication, .. } => {
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE);
            put_purpose(extensions, oid::KP_VISUAL);
            put_publication(extensions, publication);
        }
        Profile::Enrolment { publication, .. } => {
            put_key_usage(extensions, KeyUsage::DIGITAL_SIGNATURE);
            put_purpose(extensions, oid::KP_CMC_CA);
            put_publication(extensions, publication);
        }
    }
}

fn put_authority(extensions: &mut Encoder, path_length: Option<u8>) {
    extension::put(extensions, oid::BASIC_CONSTRAINTS, Criticality::Critical, |value| {
        value.sequence(|constraints| {
            constraints.yes();
            if let Some(length) = path_length {
                constraints.unsigned(&[length]);
            }
        });
    });
    put_key_usage(extensions, KeyUsage::KEY_CERT_SIGN.and(KeyUsage::CRL_SIGN));
}

fn put_card(extensions: &mut Encoder, card: &Card) {
    put_policies(extensions, &[card.policy()]);
    extension::put(extensions, oid::SUBJECT_ALT_NAME, Criticality::Plain, |value| {
        value.sequence(|names| names.context(4, |name| card.encode_alternative(name)));
    });
    put_publication(extensions, card.publication());
}

fn put_issuer_alternative(extensions: &mut Encoder) {
    extension::put(extensions, oid::ISSUER_ALT_NAME, Criticality::Plain, |value| {
        value.sequence(|names| names.context(4, issuer_alternative));
    });
}

fn put_key_usage(extensions: &mut Encoder, usage: KeyUsage) {
    extension::put(extensions, oid::KEY_USAGE, Criticality::Critical, |value| {
        value.named_bits(usage.0);
    });
}

fn put_purpose(extensions: &mut Encoder, purpose: der::asn1::ObjectIdentifier) {
    extension::put(extensions, oid::EXTENDED_KEY_USAGE, Criticality::Plain, |value| {
        value.sequence(|purposes| purposes.oid(purpose));
    });
}

fn put_policies(extensions: &mut Encoder, policies: &[der::asn1::ObjectIdentifier]) {
    if policies.is_empty() {
        return;
    }
    extension::put(extensions, oid::CERTIFICATE_POLICIES, Criticality::Plain, |value| {
        value.sequence(|list| {
            for policy in policies {
                list.sequence(|information| information.oid(*policy));
            }
        });
    });
}

fn put_publication(extensions: &mut Encoder, publication: &Publication) {
    extension::put(extensions, oid::CRL_DISTRIBUTION_POINTS, Criticality::Plain, |value| {
        value.sequence(|points| {
            points.sequence(|point| extension::put_distribution_point_name(point, publication.crl()));
        });
    });
    let accesses = [
        (oid::AD_OCSP, publication.ocsp()),
        (oid::AD_CA_ISSUERS, publication.issuer()),
    ];
    if accesses.iter().all(|(_, url)| url.is_none()) {
        return;
    }
    extension::put(extensions, oid::AUTHORITY_INFO_ACCESS, Criticality::Plain, |value| {
        value.sequence(|descriptions| {
            for (method, url) in accesses {
                let Some(url) = url else { continue };
                descriptions.sequence(|description| {
                    description.oid(method);
                    description.primitive(crate::encode::context_primitive(6), url.as_bytes());
                });
            }
        });
    });
}
