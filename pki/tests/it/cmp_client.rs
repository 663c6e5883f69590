//! A CMP client for the tests, about which everything can be made wrong.

use pki::certificate::Certificate;
use pki::cmp::{
    Asked, Asks, Body, CertificateStatus, Disposition, MacParameters, Message, Nonce, Outgoing, Party, Protector,
    Request, Secret, TransactionId, Version,
};
use pki::cms::Digest;
use pki::key::SoftwareKey;

use crate::cmp_door::{Door, REFERENCE, SECRET, current};
use crate::judge::{now, octets, tlv};
use crate::made::{self, Ca, Draft};

/// A client that is about to send: everything about it can be made wrong.
pub(crate) struct Client {
    pub(crate) key: SoftwareKey,
    pub(crate) name: Certificate,
    pub(crate) secret: Secret,
    pub(crate) reference: Vec<u8>,
    pub(crate) parameters: MacParameters,
    pub(crate) version: Version,
    pub(crate) transaction: TransactionId,
    pub(crate) nonce: Nonce,
    pub(crate) answers: Option<Nonce>,
    pub(crate) time: i64,
}

impl Client {
    pub(crate) fn new(count: u64) -> Self {
        let key = made::key();
        let ca = Ca::root(&Draft::authority("elsewhere"));
        Self {
            // Only its subject is used: the name that is asked for.
            name: ca.issue(&current(Draft::holder("NAC001")), &key),
            key,
            secret: Secret::new(SECRET),
            reference: REFERENCE.to_vec(),
            parameters: cheap(count),
            version: Version::Two,
            transaction: octets::<16>("transaction", count).to_vec().try_into().unwrap(),
            nonce: octets::<16>("client", count).into(),
            answers: None,
            time: now(),
        }
    }

    pub(crate) fn request(&self) -> Body {
        let request = Request::new(self.name.subject(), &self.key, None).unwrap();
        Body::Request(Asks::Initial, Box::new(request))
    }

    pub(crate) fn outgoing<'a>(&self, body: &'a Body) -> Outgoing<'a> {
        Outgoing {
            version: self.version,
            sender: Party::of(self.name.subject()),
            recipient: Party::of(self.name.issuer()),
            time: self.time,
            transaction: self.transaction.clone(),
            sender_nonce: self.nonce.clone(),
            recipient_nonce: self.answers.clone(),
            implicit_confirm: false,
            body,
            certificates: &[],
        }
    }

    /// Under the secret.
    pub(crate) fn send(&self, body: &Body) -> Vec<u8> {
        let with = Protector::Secret {
            secret: &self.secret,
            reference: &self.reference,
            parameters: &self.parameters,
        };
        self.outgoing(body).protect(with).unwrap()
    }

    /// Under a certificate.
    pub(crate) fn send_signed(&self, body: &Body, certificate: &Certificate) -> Vec<u8> {
        let with = Protector::Signature {
            signer: &self.key,
            certificate,
        };
        self.outgoing(body).protect(with).unwrap()
    }

    /// Asks, reads the answer as a client must, and gets ready to confirm.
    pub(crate) fn enrol(&mut self, door: &mut Door) -> Certificate {
        let (answer, fault) = door.serve(&self.send(&self.request()));
        assert_eq!(fault, None);
        let answer = Message::parse(&answer).unwrap().verify_secret(&self.secret).unwrap();
        let asked = Asked {
            transaction: self.transaction.clone(),
            nonce: self.nonce.clone(),
        };
        self.answers = Some(asked.answered(&answer).unwrap());
        self.nonce = octets::<16>("confirming", 1).into();
        match answer.body().unwrap() {
            Body::Response(Asks::Initial, granted) => {
                assert_eq!((granted.id, granted.status), (0, Disposition::accepted()));
                granted.certificate.unwrap()
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn confirm(certificate: &Certificate) -> Body {
    Body::Confirm(Some(CertificateStatus::of(0, certificate, None)))
}

/// With the fewest iterations that are taken, since tests make thousands.
pub(crate) fn cheap(count: u64) -> MacParameters {
    MacParameters::PasswordBased {
        salt: octets::<16>("client salt", count).to_vec(),
        hash: Digest::Sha256,
        iterations: 100,
        mac: Digest::Sha256,
    }
}

/// With the lengths of all that encloses it set right.
pub(crate) fn replace(der: &[u8], range: std::ops::Range<usize>, with: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < der.len() {
        let (header, length) = match der[at + 1] {
            0x81 => (3, usize::from(der[at + 2])),
            0x82 => (4, usize::from(der[at + 2]) << 8 | usize::from(der[at + 3])),
            short => (2, usize::from(short)),
        };
        let (start, end) = (at + header, at + header + length);
        if range == (at..end) {
            out.extend_from_slice(with);
        } else if start <= range.start && range.end <= end {
            let inner = replace(&der[start..end], range.start - start..range.end - start, with);
            out.extend(tlv(der[at], &inner));
        } else {
            out.extend_from_slice(&der[at..end]);
        }
        at = end;
    }
    out
}

/// The same length in another's place.
pub(crate) fn replace_octets(der: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut changed = der.to_vec();
    changed[at..at + with.len()].copy_from_slice(with);
    changed
}

/// Header and body of a message in their SEQUENCE, and what stands after them.
pub(crate) fn parts(der: &[u8]) -> (Vec<u8>, usize) {
    let start = if der[1] == 0x82 { 4 } else { 3 };
    let length = |at: usize| match der[at + 1] {
        0x81 => 3 + usize::from(der[at + 2]),
        0x82 => 4 + (usize::from(der[at + 2]) << 8 | usize::from(der[at + 3])),
        short => 2 + usize::from(short),
    };
    let body = start + length(start);
    let end = body + length(body);
    (tlv(0x30, &der[start..end]), end)
}

/// A MAC by another reckoning than the crate's: hash over hash, then HMAC.
pub(crate) fn remac(der: &[u8], client: &Client) -> Vec<u8> {
    use aws_lc_rs::{digest, hmac};
    let MacParameters::PasswordBased { salt, iterations, .. } = &client.parameters else {
        panic!("not this one");
    };
    let (protected, end) = parts(der);
    let mut key = [SECRET, salt].concat();
    for _ in 0..*iterations {
        key = digest::digest(&digest::SHA256, &key).as_ref().to_vec();
    }
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &protected);
    let bits = tlv(3, &[&[0], mac.as_ref()].concat());
    let start = if der[1] == 0x82 { 4 } else { 3 };
    tlv(0x30, &[&der[start..end], &tlv(0xa0, &bits)].concat())
}
