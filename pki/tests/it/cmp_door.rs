//! A small enrolment door over the pure layer, for the tests: it certifies whatever is asked for in the right way, and keeps
//! what a real one keeps.

use std::collections::HashMap;

use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::cmp::{
    Asks, Authentic, Awaiting, Body, By, CmpFault, Confirmation, Disposition, ErrorContent, Granted, Message, Nonce,
    Opened, Outgoing, Party, Protection, Protector, Secret, Seen, TransactionId,
};
use pki::csr::{Demands, KeyHistory, Subject};
use pki::key::{PublicKey, SoftwareKey};

use crate::judge::{now, octets};
use crate::made::{self, Ca, DAY, Draft};

/// 認証コード1
pub(crate) const REFERENCE: &[u8] = b"NAC11110A";
/// 認証コード2 - 認証コード3
pub(crate) const SECRET: &[u8] = b"ABCDE00001-NACCS";

pub(crate) struct Door {
    pub(crate) ca: Ca,
    /// Signs answers to whom has a certificate.
    pub(crate) desk: Certificate,
    desk_key: SoftwareKey,
    waiting: HashMap<TransactionId, Awaiting>,
    seen: Vec<TransactionId>,
    /// Confirmed, implicitly or by certConf, and not revoked.
    pub(crate) valid: Vec<Certificate>,
    pub(crate) revoked: Vec<Certificate>,
    /// Why messages were refused.
    pub(crate) faults: Vec<CmpFault>,
    count: u64,
    serial: u8,
}

impl Door {
    pub(crate) fn new() -> Self {
        let ca = Ca::root(&current(Draft::authority("CA")));
        let desk_key = made::key();
        let desk = ca.issue(&current(Draft::holder("Enrolment")), &desk_key);
        Self {
            ca,
            desk,
            desk_key,
            waiting: HashMap::new(),
            seen: Vec::new(),
            valid: Vec::new(),
            revoked: Vec::new(),
            faults: Vec::new(),
            count: 0,
            serial: 20,
        }
    }

    /// The answer to whatever was sent, and why it was refused, if it was.
    pub(crate) fn serve(&mut self, der: &[u8]) -> (Vec<u8>, Option<CmpFault>) {
        let message = match Message::parse(der) {
            Ok(message) => message,
            Err(fault) => {
                // There is no header to answer to.
                return (Vec::new(), Some(fault));
            }
        };
        let header = message.header().clone();
        match self.decide(message) {
            Ok(answer) => (answer, None),
            Err(fault) => {
                self.faults.push(fault.clone());
                let body = Body::Error(ErrorContent { status: fault.status() });
                let nonce = self.nonce();
                let outgoing = Outgoing {
                    version: header.version,
                    sender: Party::of(self.ca.certificate.subject()),
                    recipient: header.sender,
                    time: now(),
                    transaction: header.transaction.unwrap_or_else(|| vec![0; 16].try_into().unwrap()),
                    sender_nonce: nonce,
                    recipient_nonce: header.sender_nonce,
                    implicit_confirm: false,
                    body: &body,
                    certificates: &[],
                };
                // Signed, so that also who came with a wrong secret can believe it.
                let with = Protector::Signature {
                    signer: &self.desk_key,
                    certificate: &self.desk,
                };
                (outgoing.protect(with).unwrap(), Some(fault))
            }
        }
    }

    fn decide(&mut self, message: Message) -> Result<Vec<u8>, CmpFault> {
        let authentic = match message.protection()?.clone() {
            Protection::Mac(_) if message.header().sender_key_id.as_deref() == Some(REFERENCE) => {
                message.verify_secret(&Secret::new(SECRET))?
            }
            Protection::Mac(_) => return Err(CmpFault::Mac),
            Protection::Signature(_) => {
                let first = message.certificates().first().ok_or(CmpFault::OtherProtection)?;
                let held = self.valid.iter().find(|held| *held == first);
                let held = held.cloned().ok_or(CmpFault::OtherProtection)?;
                message.verify_signature(&held)?
            }
        };
        let id = authentic.header().transaction.clone().ok_or(CmpFault::TransactionId)?;
        if let Some(waiting) = self.waiting.get(&id).cloned() {
            let confirmation = waiting.confirm(&authentic, now(), 300)?;
            self.waiting.remove(&id);
            let opened = match confirmation {
                Confirmation::Taken(opened) => {
                    self.valid.push(waiting.certificate);
                    opened
                }
                Confirmation::Refused(opened, _) => {
                    self.revoked.push(waiting.certificate);
                    opened
                }
            };
            let nonce = self.nonce();
            return Ok(self.reply(&opened, &authentic, &Body::Confirmed, nonce, false));
        }
        let seen = if self.seen.contains(&id) {
            Seen::Before
        } else {
            Seen::New
        };
        let opened = Opened::by(&authentic, seen, now(), 300)?;
        self.seen.push(id.clone());
        let by_secret = matches!(authentic.by(), By::Secret { .. });
        match authentic.body()? {
            Body::Request(asks, request) => {
                // A first certificate for a secret, an update for who has one.
                if by_secret == (asks == Asks::Update) {
                    return Err(CmpFault::OtherProtection);
                }
                let held = match authentic.by() {
                    By::Signature { certificate } => Some(certificate.clone()),
                    By::Secret { .. } => None,
                };
                if let (Some(held), Some((issuer, serial))) = (&held, request.old_certificate())
                    && (issuer != held.issuer() || *serial != held.serial())
                {
                    return Err(CmpFault::OtherProtection);
                }
                let demands = Demands {
                    algorithms: &Algorithm::ALL,
                    subject: held.as_ref().map_or(Subject::OfProfile, Subject::Renewed),
                    history: KeyHistory::New,
                    may_keep_key: false,
                };
                let admitted = request.admit(&demands)?;
                let certificate = self.certify(request.subject().der(), admitted.public_key());
                Ok(self.grant(&opened, &authentic, asks, request.id(), certificate))
            }
            Body::Pkcs10(request) => {
                let certificate = self.certify(request.subject().der(), request.public_key());
                Ok(self.grant(&opened, &authentic, Asks::Another, -1, certificate))
            }
            Body::Revocation(revocation) => {
                let By::Signature { certificate } = authentic.by() else {
                    return Err(CmpFault::OtherProtection);
                };
                if &revocation.issuer != certificate.issuer() || revocation.serial != certificate.serial() {
                    return Err(CmpFault::OtherProtection);
                }
                self.valid.retain(|held| held != certificate);
                self.revoked.push(certificate.clone());
                let about = (revocation.issuer, revocation.serial);
                let body = Body::Revoked(Disposition::accepted(), Some(about));
                let nonce = self.nonce();
                Ok(self.reply(&opened, &authentic, &body, nonce, false))
            }
            _ => Err(CmpFault::Body),
        }
    }

    fn certify(&mut self, subject: &[u8], key: &PublicKey) -> Certificate {
        self.serial += 1;
        let mut draft = current(Draft::holder("")).serial(self.serial);
        draft.subject = subject.to_vec();
        let der = draft.der(self.ca.name(), key.spki_der(), &self.ca.key);
        Certificate::parse(&der).unwrap()
    }

    fn grant(&mut self, opened: &Opened, asked: &Authentic, asks: Asks, id: i32, certificate: Certificate) -> Vec<u8> {
        let body = Body::Response(
            asks,
            Granted {
                id,
                status: Disposition::accepted(),
                certificate: Some(certificate.clone()),
                anchors: vec![self.ca.certificate.clone()],
            },
        );
        let nonce = self.nonce();
        if opened.asks_implicit_confirm() {
            self.valid.push(certificate);
        } else {
            let awaiting = opened.awaiting(nonce.clone(), id, certificate);
            self.waiting.insert(opened.transaction().clone(), awaiting);
        }
        self.reply(opened, asked, &body, nonce, true)
    }

    fn reply(&mut self, opened: &Opened, asked: &Authentic, body: &Body, nonce: Nonce, implicit: bool) -> Vec<u8> {
        self.count += 1;
        let salt = octets("salt", self.count);
        let secret = Secret::new(SECRET);
        let from = match asked.by() {
            By::Secret { .. } => self.ca.certificate.subject(),
            By::Signature { .. } => self.desk.subject(),
        };
        let outgoing = opened.answer(body, from, nonce, now(), implicit, &[]);
        let protection = asked.header().protection.clone();
        match (asked.by(), protection) {
            (By::Secret { reference }, Some(Ok(Protection::Mac(parameters)))) => {
                let parameters = parameters.with_salt(salt);
                outgoing.protect(Protector::Secret {
                    secret: &secret,
                    reference,
                    parameters: &parameters,
                })
            }
            _ => outgoing.protect(Protector::Signature {
                signer: &self.desk_key,
                certificate: &self.desk,
            }),
        }
        .unwrap()
    }

    fn nonce(&mut self) -> Nonce {
        self.count += 1;
        octets::<16>("nonce", self.count).into()
    }
}

/// Valid by the machine's clock, as OpenSSL looks at it.
pub(crate) fn current(mut draft: Draft) -> Draft {
    draft.not_before = now() - DAY;
    draft.not_after = now() + DAY;
    draft
}
