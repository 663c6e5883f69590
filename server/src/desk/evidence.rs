//! Where a check becomes a value: the only caller of the constructors of `casework::evidence` (DESIGN, part 3.10).

use aws_lc_rs::digest;
use casework::acquisition::Flaw;
use casework::evidence::{
    Asserted, Authenticated, Comparison, FaceMatched, FaceUnlike, Informed, PasswordChosen, PasswordKnown, Possession,
    Presented, ProvedCompany, ReadBoth, Receipted, Requested, Signed,
};
use casework::identity::{Authority, CardNumber, CertificateId, Digest, Fingerprint, Serial};
use casework::password;
use casework::register::BusinessNumber;
use casework::review::Approval;
use casework::revocation::Subject;
use casework::terminal::Terminal;
use casework::time::Instant;
use casework::user::Typed;
use pki::KeyUsage;
use pki::certificate::Certificate;
use pki::cmp::{Authentic, By};
use pki::csr::KeyHistory;
use pki::name::TerminalName;
use pki::tbs::Issued;
use pki::validation::{self, ChainFault, Invalid};
use wire::card_request::{CardRequest, authentication_message};
use wire::code::Code;

use super::Desk;
use super::acquisition::Request;
use super::card::ShownCard;
use super::renewal::Said;
use super::user::NewPassword;
use crate::enrolment::Peer;
use crate::fault::Fault;
use crate::office::{Office, Terminals};
use crate::store::{EvidenceKind, KeyPurpose, NewEvidence, PasskeyRow, Proof, Proved, UserRow};
use crate::trust::Why;
use crate::unblock::{Exchange, Unblock, UnblockFault};
use crate::webauthn::{Asked, Assertion, NotProven};

/// The certificates of a card, checked in the order of DOMAIN §2.3 before any PIN is asked. That they are those of the
/// card at hand is only proved by [`presented`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    authentication: Certificate,
    signature: Certificate,
    subject: Subject,
}

/// A text that a card has signed, with the signature as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    possession: Possession,
    cms: Vec<u8>,
}

/// Two cards have signed the texts of one ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BothRead {
    read: ReadBoth,
    texts: [String; 2],
    signatures: [Vec<u8>; 2],
}

/// Whether a company is the one in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompanyProof {
    /// It is.
    Proved(ProvedCompany),
    /// It is one whose qualification does not count today: it stands in the register, and cannot be registered.
    Unqualified,
    /// Number and secret do not belong together, whichever of them is wrong.
    No,
    /// There were too many tries: none is looked at before this.
    Later {
        /// Until when.
        until: Instant,
    },
}

/// What was sent proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It is not a certificate, or not one that can be read strictly.
    #[error("the card's certificate cannot be read: {0}")]
    Unreadable(String),
    /// The two certificates are not of one card.
    #[error("the two certificates are not of the same card")]
    NotOneCard,
    /// It is not accepted here, or not now.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// Its path does not hold: a constraint or a policy of its issuer, or what it may be used for.
    #[error("the path does not hold: {0}")]
    Path(Box<Invalid>),
    /// It was signed by our key and is on no record: never accepted (fail closed).
    #[error("the certificate is not on record")]
    NotOnRecord,
    /// It is revoked.
    #[error("the certificate is revoked")]
    Revoked {
        /// Since when.
        at: Instant,
    },
    /// The signature does not verify, or is over something else.
    #[error("the signature does not fit what was asked: {0}")]
    Signature(String),
    /// It was signed by another card than the one that began.
    #[error("another card signed")]
    AnotherCard,
    /// Whether it is revoked could not be found out; that is neither valid nor invalid (I7).
    #[error("whether the certificate is revoked could not be found out: {0}")]
    Undetermined(Why),
    /// It could not be checked, and that is neither valid nor invalid (I7).
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Shown {
    /// The certificate that will sign, and that procedure 000 revokes.
    pub fn signature(&self) -> &Certificate {
        &self.signature
    }

    /// The certificate that answers the challenge.
    pub fn authentication(&self) -> &Certificate {
        &self.authentication
    }

    /// What is to be revoked.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
}

impl Signature {
    /// What it proves.
    pub fn possession(&self) -> Possession {
        self.possession
    }

    /// The detached CMS.
    pub fn cms(&self) -> &[u8] {
        &self.cms
    }

    /// Whether it is this card's over this text. A text holds a mark that was drawn for it alone, so its digest is the
    /// one-time token of a submit (G-S2).
    pub(super) fn is_of(&self, text: Digest, card: Fingerprint) -> bool {
        self.possession.text() == text && self.possession.card() == card
    }

    /// As it is kept beside its text.
    pub(super) fn kept(&self) -> NewEvidence {
        NewEvidence {
            kind: EvidenceKind::Signature,
            digest: self.possession.text(),
            content: self.cms.clone(),
        }
    }
}

impl BothRead {
    /// What it proves.
    pub fn read(&self) -> &ReadBoth {
        &self.read
    }

    /// Both texts and both signatures, as they are kept.
    pub(super) fn kept(&self) -> Vec<NewEvidence> {
        let mut kept = Vec::new();
        for (text, signature) in self.texts.iter().zip(&self.signatures) {
            let text = to_be_signed(text.clone());
            let signature = NewEvidence {
                kind: EvidenceKind::Signature,
                digest: text.digest,
                content: signature.clone(),
            };
            kept.extend([text, signature]);
        }
        kept
    }
}

impl Unproven {
    /// The message that the person gets.
    pub fn code(&self) -> Code {
        match self {
            Self::Unreadable(_) | Self::NotOneCard | Self::Path(_) => Code::CertChain,
            Self::Chain(fault) => match fault {
                ChainFault::Issuer => Code::CertIssuer,
                ChainFault::NotYetValid { .. } => Code::CertNotyet,
                ChainFault::Expired { .. } => Code::CertExpired,
                ChainFault::IsAuthority
                | ChainFault::KeyUsage
                | ChainFault::UnprocessedCritical(_)
                | ChainFault::IssuerNotValid => Code::CertChain,
            },
            Self::NotOnRecord | Self::Undetermined(_) | Self::Fault(_) => Code::CertUnknown,
            Self::Revoked { .. } => Code::CertRevoked,
            Self::Signature(_) => Code::Signature,
            Self::AnotherCard => Code::CardChanged,
        }
    }
}

/// A text that goes out for signature, as it is kept until then and after.
pub(super) fn to_be_signed(text: String) -> NewEvidence {
    let content = text.into_bytes();
    NewEvidence {
        kind: EvidenceKind::Text,
        digest: sha256(&content),
        content,
    }
}

/// Both texts were opened in this session, the later one at `at`.
pub const fn informed(flow: Digest, terms: Digest, at: Instant) -> Informed {
    Informed::opened(flow, terms, at)
}

/// The certificate was signed as it was intended: [`Issued`] exists only after `pki` parsed it again, compared its octets
/// and verified its signature.
pub fn signed(issued: &Issued) -> Signed {
    let certificate = issued.certificate();
    Signed::verified(
        sha256(certificate.to_be_signed()),
        Fingerprint(certificate.fingerprint()),
    )
}

/// A request whose sender has its key, as its parsing has shown, can be certified for this terminal.
pub(crate) fn requested(
    request: &Request,
    name: &TerminalName,
    terminal: Terminal,
    history: KeyHistory,
    at: Instant,
) -> Result<Requested, Flaw> {
    request.admitted(name, history)?;
    let key = Digest(request.public_key().fingerprint());
    Ok(Requested::verified(key, terminal, at))
}

/// The other end of a TLS connection has the key of this certificate: the handshake verified its signature.
pub fn by_tls(peer: &Peer, at: Instant) -> Authenticated {
    Authenticated::verified(Fingerprint(peer.certificate().fingerprint()), at)
}

/// A message was signed by the key of this certificate. `None` where something else protects it.
pub fn by_cmp(message: &Authentic, at: Instant) -> Option<Authenticated> {
    match message.by() {
        By::Signature { certificate } => Some(Authenticated::verified(Fingerprint(certificate.fingerprint()), at)),
        By::Secret { .. } => None,
    }
}

/// The key of this certificate has signed a message that nobody could know before.
pub(super) fn by_key(
    certificate: &Certificate,
    message: &[u8; 32],
    signature: &[u8],
    at: Instant,
) -> Result<Authenticated, Unproven> {
    let key = certificate.public_key();
    key.verify(key.algorithm().signature(), message, signature)
        .map_err(|why| Unproven::Signature(why.to_string()))?;
    Ok(Authenticated::verified(Fingerprint(certificate.fingerprint()), at))
}

/// The certificate was signed elsewhere by this issuer's key, as its signature shows.
pub fn signed_before(certificate: &Certificate, issuer: &Certificate) -> Result<Signed, pki::certificate::NotSignedBy> {
    certificate.verify_signed_by(issuer)?;
    Ok(Signed::verified(
        sha256(certificate.to_be_signed()),
        Fingerprint(certificate.fingerprint()),
    ))
}

/// The card answered the challenge of this request with its authentication key, at `at`.
pub fn presented(
    origin: &str,
    request: &CardRequest,
    shown: &Shown,
    signature: &[u8],
    at: Instant,
) -> Result<Presented, Unproven> {
    answered(origin, request, &shown.authentication, signature)?;
    Ok(Presented::verified(shown.subject.card, at))
}

/// The same of a card at an ordering body.
pub fn presented_card(
    origin: &str,
    request: &CardRequest,
    shown: &ShownCard,
    signature: &[u8],
    at: Instant,
) -> Result<Presented, Unproven> {
    answered(origin, request, shown.authentication(), signature)?;
    Ok(Presented::verified(shown.card().card, at))
}

/// Whether the card with this certificate has answered the challenge of a request. What the card is worth was asked when it
/// was presented, and is asked again where something is made of the answer.
pub fn answers(origin: &str, request: &CardRequest, authentication: &[u8], signature: &[u8]) -> Result<(), Unproven> {
    let certificate = Certificate::parse(authentication).map_err(|why| Unproven::Unreadable(why.to_string()))?;
    answered(origin, request, &certificate, signature)
}

fn answered(origin: &str, request: &CardRequest, certificate: &Certificate, signature: &[u8]) -> Result<(), Unproven> {
    let message = authentication_message(origin, request, &certificate.fingerprint());
    let key = certificate.public_key();
    key.verify(key.algorithm().signature(), &message, signature)
        .map_err(|why| Unproven::Signature(why.to_string()))
}

/// The card with this signature certificate has signed exactly this text.
pub fn possession(cms: Vec<u8>, text: &str, card: Fingerprint, at: Instant) -> Result<Signature, Unproven> {
    let by = pki::cms::verify(&cms, text.as_bytes()).map_err(|why| Unproven::Signature(why.to_string()))?;
    if by.certificate.fingerprint() != card.0 {
        return Err(Unproven::AnotherCard);
    }
    Ok(Signature {
        possession: Possession::verified(card, sha256(text.as_bytes()), at),
        cms,
    })
}

/// The picture that its issuer signed for this card and the face that was taken were compared, and are dropped.
pub fn faces_compared(card: CardNumber, comparison: Comparison, at: Instant) -> Result<FaceMatched, FaceUnlike> {
    FaceMatched::compared(card, comparison, at)
}

/// The receipt is this card's, for this exchange and no other. `None` where it is not.
pub fn receipted(
    unblock: &Unblock,
    receipt: &[u8; 19],
    exchange: &Exchange,
) -> Result<Option<Receipted>, UnblockFault> {
    let Exchange {
        card,
        counter,
        challenge,
        ..
    } = *exchange;
    let right = unblock.receipt_is_of(receipt, exchange)?;
    Ok(right.then(|| Receipted::verified(card, counter, challenge)))
}

/// Two cards signed, one after the other, what a ceremony of this office wrote: the texts hold one nonce and one
/// registration, the current card signed the one that names it, and the new card the one that names both.
pub fn read_both(
    office: &Office,
    [old_text, new_text]: [String; 2],
    [old_cms, new_cms]: [Vec<u8>; 2],
    at: Instant,
) -> Result<BothRead, Unproven> {
    let unlike = |why: &str| Unproven::Signature(why.to_owned());
    let said = |text: &str| Said::read(text).ok_or_else(|| unlike("it is no text of a ceremony"));
    let (old, new) = (said(&old_text)?, said(&new_text)?);
    let to = new.to.ok_or_else(|| unlike("the new card's text names no new card"))?;
    if old.to.is_some() || old.office != office.id {
        return Err(unlike("it is another ceremony's text"));
    }
    let same = (&old.office, old.registration, &old.mark, old.from);
    if same != (&new.office, new.registration, &new.mark, new.from) {
        return Err(unlike("the two texts are not of one ceremony"));
    }
    let first = possession(old_cms, &old_text, old.from, at)?;
    let second = possession(new_cms, &new_text, to, at)?;
    let texts = (first.possession.text(), second.possession.text());
    Ok(BothRead {
        read: ReadBoth::verified(old.registration, old.from, to, texts, at),
        texts: [old_text, new_text],
        signatures: [first.cms, second.cms],
    })
}

/// This passkey answered the challenge of our page with its officer verified; with the counter that it tells.
pub fn asserted(
    passkey: &PasskeyRow,
    assertion: &Assertion,
    asked: Asked<'_>,
    at: Instant,
) -> Result<(Asserted, u32), NotProven> {
    let counter = assertion.verify(&passkey.public_key, &passkey.owner, asked)?;
    Ok((Asserted::verified(passkey.digest, at), counter))
}

impl Desk {
    /// What was typed as the password of an account, which may be none at all: the answer takes as long (A55).
    pub async fn typed(&self, terminals: &Terminals, user: Option<&UserRow>, password: &str) -> Result<Typed, Fault> {
        let kept = user.and_then(|row| row.password.clone());
        let hash = kept.as_ref().map(|phc| sha256(phc.as_str().as_bytes()));
        let password = password::prepared(password).into();
        let right = self.mill.verify(password, kept, terminals.work).await?;
        Ok(match hash {
            Some(hash) if right => Typed::Right(PasswordKnown::verified(hash, self.clock().now())),
            _ => Typed::Wrong,
        })
    }

    /// A new password, if it is one that somebody about whom these words are known may have.
    pub async fn choose(
        &self,
        terminals: &Terminals,
        password: &str,
        about: &[&str],
    ) -> Result<Result<NewPassword, password::Unfit>, Fault> {
        let password: zeroize::Zeroizing<String> = password::prepared(password).into();
        if let Err(unfit) = password::judge(&password, about, &terminals.password) {
            return Ok(Err(unfit));
        }
        let phc = self.mill.hash(password, terminals.work, self.chance()).await?;
        Ok(Ok(NewPassword {
            chosen: PasswordChosen::judged(sha256(phc.as_str().as_bytes())),
            phc,
        }))
    }

    /// Whether a company knows the secret of its entry in the register of an office. Counted, and slower with each failure.
    pub async fn prove_company(
        &self,
        office: &Office,
        number: &BusinessNumber,
        proof: Proof<'_>,
    ) -> Result<CompanyProof, Fault> {
        let now = self.clock().now();
        Ok(
            match self.store().prove_business(&office.id, number, proof, now).await? {
                Proved::Yes(row) if !row.entry.counts_on(now.day()) => CompanyProof::Unqualified,
                Proved::Yes(row) => CompanyProof::Proved(ProvedCompany::verified(row.entry.number, now)),
                Proved::No => CompanyProof::No,
                Proved::Later { until } => CompanyProof::Later { until },
            },
        )
    }

    /// Checks the certificates that a card shows: form, issuer, use, validity and status, of both.
    pub async fn shown(&self, office: &Office, authentication: &[u8], signature: &[u8]) -> Result<Shown, Unproven> {
        let read = |der| Certificate::parse(der).map_err(|why| Unproven::Unreadable(why.to_string()));
        let (authentication, signature) = (read(authentication)?, read(signature)?);
        let now = self.clock().now();
        let issuers = self.issuers(office).await?;
        let (login, _) = self
            .accepted(&issuers, &authentication, KeyUsage::DIGITAL_SIGNATURE, now)
            .await?;
        let (certificate, _) = self
            .accepted(
                &issuers,
                &signature,
                KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION),
                now,
            )
            .await?;
        // One card has one holder and one issuer; two certificates that the agent did not read from one card do not
        // become a subject.
        if authentication.subject() != signature.subject()
            || authentication.issuer() != signature.issuer()
            || authentication.public_key() == signature.public_key()
        {
            return Err(Unproven::NotOneCard);
        }
        let subject = Subject {
            certificate,
            authentication: login,
            card: Fingerprint(signature.fingerprint()),
        };
        Ok(Shown {
            authentication,
            signature,
            subject,
        })
    }

    /// A certificate of our record, if it is accepted at this moment as [`Desk::shown`] accepts it.
    pub(super) async fn accepted_now(
        &self,
        office: &Office,
        certificate: &CertificateId,
        usage: KeyUsage,
    ) -> Result<Certificate, Unproven> {
        self.accepted_of(&self.issuers(office).await?, certificate, usage).await
    }

    /// The same, where the issuers are at hand.
    pub(super) async fn accepted_of(
        &self,
        issuers: &[(Authority, Certificate)],
        certificate: &CertificateId,
        usage: KeyUsage,
    ) -> Result<Certificate, Unproven> {
        let row = self.store().certificate(certificate).await?;
        let der = row.and_then(|row| row.der).ok_or(Unproven::NotOnRecord)?;
        let certificate = Certificate::parse(&der).map_err(|why| Unproven::Unreadable(why.to_string()))?;
        self.accepted(issuers, &certificate, usage, self.clock().now()).await?;
        Ok(certificate)
    }

    /// What an approval's kept text and signature prove at this moment, whatever the rows beside them say (A25): the text,
    /// signed by the card that the approval names, whose certificate is accepted now. `None` where they prove nothing.
    pub(super) async fn proved(
        &self,
        office: &Office,
        case: [u8; 16],
        approval: &Approval,
    ) -> Result<Option<(Possession, String)>, Fault> {
        let text = self.store().text(case, approval.text).await?;
        let cms = self
            .store()
            .evidence(case, EvidenceKind::Signature, approval.text)
            .await?;
        let certificate = self.store().certificate_by_fingerprint(approval.card).await?;
        let (Some(text), Some(cms), Some(certificate)) = (text, cms, certificate) else {
            return Ok(None);
        };
        let usage = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION);
        match self.accepted_now(office, &certificate.certificate, usage).await {
            Ok(_) => {}
            Err(Unproven::Fault(fault)) => return Err(fault),
            Err(_) => return Ok(None),
        }
        Ok(possession(cms, &text, approval.card, approval.at)
            .ok()
            .map(|signature| (signature.possession(), text)))
    }

    /// The authorities whose cards an office takes, with the certificates they are pinned by.
    pub(super) async fn issuers(&self, office: &Office) -> Result<Vec<(Authority, Certificate)>, Fault> {
        let mut issuers = Vec::new();
        for key in self.store().keys().await? {
            if key.purpose == KeyPurpose::Authority
                && office.accepts(&key.authority)
                && let Some(der) = key.certificate
            {
                let certificate = Certificate::parse(&der).map_err(|why| Fault::Corrupt {
                    what: "an authority's certificate",
                    why: why.to_string(),
                })?;
                issuers.push((key.authority, certificate));
            }
        }
        Ok(issuers)
    }

    /// One certificate of ours, if it is accepted at `now`, with its number and the certificate of its issuer.
    pub(super) async fn accepted(
        &self,
        issuers: &[(Authority, Certificate)],
        certificate: &Certificate,
        usage: KeyUsage,
        now: Instant,
    ) -> Result<(CertificateId, Certificate), Unproven> {
        let pinned: Vec<Certificate> = issuers.iter().map(|(_, certificate)| certificate.clone()).collect();
        let chain = validation::issued_by(certificate, &pinned, usage, now.0)?;
        let (id, issuer) = issuers
            .iter()
            .find(|(_, issuer)| Some(issuer) == chain.issuer())
            .and_then(|(authority, issuer)| {
                let serial = Serial::from_octets(certificate.serial().as_bytes())?;
                let authority = authority.clone();
                Some((CertificateId { authority, serial }, issuer.clone()))
            })
            .ok_or(ChainFault::Issuer)?;
        // What the record does not hold exactly was not issued, whoever's key signed it.
        let row = self.store().certificate(&id).await?.ok_or(Unproven::NotOnRecord)?;
        if row.fingerprint != Some(Fingerprint(certificate.fingerprint())) {
            return Err(Unproven::NotOnRecord);
        }
        match self.store().status(&id).await? {
            Some((revoked, _)) => Err(Unproven::Revoked { at: revoked.revoked_at }),
            None => Ok((id, issuer)),
        }
    }
}

/// SHA-256, as evidence names texts and octets.
pub fn sha256(octets: &[u8]) -> Digest {
    let mut whole = [0; 32];
    whole.copy_from_slice(digest::digest(&digest::SHA256, octets).as_ref());
    Digest(whole)
}
