//! A key on a token, and the conversation in which it is made and used.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::{
    digest::{SHA256, SHA384, digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
        UnparsedPublicKey, VerificationAlgorithm,
    },
};
use cryptoki::{
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsPssParams},
    },
    object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};

use super::{TokenFault, turn::Turn};
use crate::{
    certificate::{Certificate, KeyKind, P256_ALGORITHM, P384_ALGORITHM, RSA_ALGORITHM},
    tlv,
};

/// A token's user, logged in. Ends with a logout when it and all its keys are dropped. Cheap to clone.
#[derive(Clone)]
pub struct Opened(Arc<Conversation>);

struct Conversation {
    session: Mutex<Session>,
    /// Let go after the logout: fields are dropped in their order, and [`Drop`] comes before.
    _turn: Turn,
}

/// By this a key, its public half and its certificate belong together on a token (CKA_ID).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyId(pub [u8; 20]);

/// A private key that never leaves its token.
#[derive(Clone)]
pub struct TokenKey {
    opened: Opened,
    id: KeyId,
    handle: ObjectHandle,
    kind: KeyKind,
    public_key: Vec<u8>,
}

impl Opened {
    pub(super) fn new(session: Session, turn: Turn) -> Self {
        Self(Arc::new(Conversation {
            session: Mutex::new(session),
            _turn: turn,
        }))
    }

    /// The key of this name, if there is one.
    pub fn key(&self, id: &KeyId) -> Result<Option<TokenKey>, TokenFault> {
        let session = self.session();
        let named = |class| session.find_objects(&[Attribute::Class(class), Attribute::Id(id.0.to_vec())]);
        let Some(handle) = named(ObjectClass::PRIVATE_KEY)?.into_iter().next() else {
            return Ok(None);
        };
        let public = named(ObjectClass::PUBLIC_KEY)?.into_iter().next();
        let public_key = public_key(&session, public.ok_or(TokenFault::AnotherKey)?)?;
        let kind = KeyKind::of(&public_key).map_err(|_| TokenFault::AnotherKey)?;
        Ok(Some(TokenKey {
            opened: self.clone(),
            id: id.clone(),
            handle,
            kind,
            public_key,
        }))
    }

    /// Makes a key on the token, or takes the one that was made under this name before: there is never a second one.
    pub fn make(&self, id: &KeyId, label: &str, kind: KeyKind) -> Result<TokenKey, TokenFault> {
        if let Some(made) = self.key(id)? {
            return Ok(made);
        }
        {
            let session = self.session();
            let (id, label) = (id.0.to_vec(), label.as_bytes().to_vec());
            let (mechanism, parameters) = generation(kind);
            let mut public = vec![
                Attribute::Token(true),
                Attribute::Private(false),
                Attribute::Verify(true),
                Attribute::Id(id.clone()),
                Attribute::Label(label.clone()),
            ];
            public.extend(parameters);
            let private = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
                Attribute::Id(id),
                Attribute::Label(label),
            ];
            session.generate_key_pair(&mechanism, &public, &private)?;
        }
        self.key(id)?.ok_or(TokenFault::AnotherKey)
    }

    /// The certificate of this name, DER, if there is one.
    pub fn certificate(&self, id: &KeyId) -> Result<Option<Vec<u8>>, TokenFault> {
        let session = self.session();
        for object in session.find_objects(&certificates(id))? {
            for attribute in session.get_attributes(object, &[AttributeType::Value])? {
                if let Attribute::Value(der) = attribute {
                    return Ok(Some(der));
                }
            }
        }
        Ok(None)
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        // A panic leaves at worst an operation begun, which the module then says.
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let session = self.session.get_mut().unwrap_or_else(PoisonError::into_inner);
        // A token that was pulled has forgotten the login by itself.
        let _ = session.logout();
    }
}

impl TokenKey {
    /// Its SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Which kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether the token says of it what it was made to be: sensitive, never extractable, made there.
    pub fn is_confined(&self) -> Result<bool, TokenFault> {
        let wanted = [
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::NeverExtractable,
            AttributeType::Local,
        ];
        let told = self.opened.session().get_attributes(self.handle, &wanted)?;
        let says = |wanted: Attribute| told.contains(&wanted);
        Ok(says(Attribute::Sensitive(true))
            && says(Attribute::Extractable(false))
            && says(Attribute::NeverExtractable(true))
            && says(Attribute::Local(true)))
    }

    /// Signs as certificate requests and TLS 1.2 want it: RSA with PKCS#1 v1.5 and SHA-256, ECDSA as DER with the hash of its
    /// curve.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenFault> {
        let (bytes, algorithm): (_, &'static dyn VerificationAlgorithm) = match self.kind {
            KeyKind::Rsa2048 => (
                self.ask(&Mechanism::Sha256RsaPkcs, message)?,
                &RSA_PKCS1_2048_8192_SHA256,
            ),
            // The hash is made here: not every module knows the mechanisms that make it.
            KeyKind::P256 => (
                ecdsa_der(&self.ask(&Mechanism::Ecdsa, digest(&SHA256, message).as_ref())?)?,
                &ECDSA_P256_SHA256_ASN1,
            ),
            KeyKind::P384 => (
                ecdsa_der(&self.ask(&Mechanism::Ecdsa, digest(&SHA384, message).as_ref())?)?,
                &ECDSA_P384_SHA384_ASN1,
            ),
        };
        self.confirmed(algorithm, message, bytes)
    }

    /// Signs with RSA-PSS and SHA-256, as TLS 1.3 wants it of RSA keys (RFC 8446 §4.2.3).
    pub fn sign_pss(&self, message: &[u8]) -> Result<Vec<u8>, TokenFault> {
        if self.kind != KeyKind::Rsa2048 {
            return Err(TokenFault::NotAllowed("PSS is of RSA keys".to_owned()));
        }
        let parameters = PkcsPssParams {
            hash_alg: MechanismType::SHA256,
            mgf: PkcsMgfType::MGF1_SHA256,
            s_len: 32.into(),
        };
        let bytes = self.ask(&Mechanism::Sha256RsaPkcsPss(parameters), message)?;
        self.confirmed(&RSA_PSS_2048_8192_SHA256, message, bytes)
    }

    /// Writes the certificate beside its key, in place of any other of this name. The same one again changes nothing.
    pub fn install(&self, label: &str, der: &[u8]) -> Result<(), TokenFault> {
        let certificate = Certificate::parse(der).map_err(|_| TokenFault::AnotherCertificate)?;
        if certificate.public_key() != self.public_key {
            return Err(TokenFault::AnotherCertificate);
        }
        if self.opened.certificate(&self.id)?.as_deref() == Some(der) {
            return Ok(());
        }
        let session = self.opened.session();
        let before = session.find_objects(&certificates(&self.id))?;
        let [subject, issuer, serial] = names(der).ok_or(TokenFault::AnotherCertificate)?;
        session.create_object(&[
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Id(self.id.0.to_vec()),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Subject(subject),
            Attribute::Issuer(issuer),
            Attribute::SerialNumber(serial),
            Attribute::Value(der.to_vec()),
        ])?;
        // Only now: were the token pulled before, the old one would be gone and no new one there.
        for object in before {
            session.destroy_object(object)?;
        }
        Ok(())
    }

    fn ask(&self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, TokenFault> {
        Ok(self.opened.session().sign(mechanism, self.handle, data)?)
    }

    /// What comes back is judged here: a token may be broken, and nobody else would say so in words.
    fn confirmed(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: Vec<u8>,
    ) -> Result<Vec<u8>, TokenFault> {
        let bits = key_bits(&self.public_key).ok_or(TokenFault::AnotherKey)?;
        UnparsedPublicKey::new(algorithm, bits)
            .verify(message, &signature)
            .map_err(|_| TokenFault::Signature)?;
        Ok(signature)
    }
}

/// What the mechanism of the generation wants to know of the key.
fn generation(kind: KeyKind) -> (Mechanism<'static>, Vec<Attribute>) {
    // CKA_EC_PARAMS is the curve's identifier alone, the last element of the AlgorithmIdentifier.
    let curve = |algorithm: &[u8]| {
        let whole = tlv::first(algorithm).map(|(identifier, _)| identifier.value);
        let curve = whole.and_then(|fields| tlv::first(fields).map(|(_, curve)| curve.to_vec()));
        vec![Attribute::EcParams(curve.unwrap_or_default())]
    };
    match kind {
        KeyKind::Rsa2048 => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![
                Attribute::ModulusBits(2048.into()),
                Attribute::PublicExponent(vec![0x01, 0x00, 0x01]),
            ],
        ),
        KeyKind::P256 => (Mechanism::EccKeyPairGen, curve(P256_ALGORITHM)),
        KeyKind::P384 => (Mechanism::EccKeyPairGen, curve(P384_ALGORITHM)),
    }
}

/// SubjectPublicKeyInfo, DER, of a public key object.
fn public_key(session: &Session, object: ObjectHandle) -> Result<Vec<u8>, TokenFault> {
    let wanted = [
        AttributeType::KeyType,
        AttributeType::EcParams,
        AttributeType::EcPoint,
        AttributeType::Modulus,
        AttributeType::PublicExponent,
    ];
    let (mut kind, mut curve, mut point, mut modulus, mut exponent) = (None, None, None, None, None);
    for attribute in session.get_attributes(object, &wanted)? {
        match attribute {
            Attribute::KeyType(told) => kind = Some(told),
            Attribute::EcParams(told) => curve = Some(told),
            Attribute::EcPoint(told) => point = Some(told),
            Attribute::Modulus(told) => modulus = Some(told),
            Attribute::PublicExponent(told) => exponent = Some(told),
            _ => {}
        }
    }
    let (algorithm, bits) = match (kind, curve, point, modulus, exponent) {
        (Some(KeyType::EC), Some(curve), Some(point), ..) => {
            let algorithm = [P256_ALGORITHM, P384_ALGORITHM]
                .into_iter()
                .find(|algorithm| algorithm.ends_with(&curve))
                .ok_or(TokenFault::AnotherKey)?;
            // PKCS#11 wants the point in an OCTET STRING; some modules give it bare, beginning with 04 as well.
            let bare = match tlv::first(&point) {
                Ok((wrapped, [])) if wrapped.tag == 0x04 => wrapped.value.to_vec(),
                _ => point,
            };
            (algorithm, bare)
        }
        (Some(KeyType::RSA), _, _, Some(modulus), Some(exponent)) => {
            let mut numbers = tlv::element(0x02, &positive(&modulus));
            tlv::push(&mut numbers, 0x02, &positive(&exponent));
            (RSA_ALGORITHM, tlv::element(0x30, &numbers))
        }
        _ => return Err(TokenFault::AnotherKey),
    };
    let mut info = algorithm.to_vec();
    let mut string = vec![0];
    string.extend_from_slice(&bits);
    tlv::push(&mut info, 0x03, &string);
    Ok(tlv::element(0x30, &info))
}

/// DER's INTEGER of an unsigned number.
fn positive(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    let digits = number.get(zeros..).unwrap_or_default();
    let sign = digits.first().is_none_or(|first| *first >= 0x80);
    let mut written = if sign { vec![0] } else { Vec::new() };
    written.extend_from_slice(digits);
    written
}

/// `Ecdsa-Sig-Value` of the two numbers that PKCS#11 gives side by side (PKCS#11 §6.3.1, RFC 3279 §2.2.3).
fn ecdsa_der(plain: &[u8]) -> Result<Vec<u8>, TokenFault> {
    let (r, s) = plain.split_at_checked(plain.len() / 2).ok_or(TokenFault::Signature)?;
    let mut numbers = tlv::element(0x02, &positive(r));
    tlv::push(&mut numbers, 0x02, &positive(s));
    Ok(tlv::element(0x30, &numbers))
}

/// The content of the BIT STRING.
fn key_bits(info: &[u8]) -> Option<&[u8]> {
    let (info, _) = tlv::first(info).ok()?;
    let (_, rest) = tlv::first(info.value).ok()?;
    Some(tlv::find(rest, 0x03).ok()?.split_first()?.1)
}

/// Subject, issuer and serial number of a certificate, each DER: what a token's certificate object is found by.
fn names(der: &[u8]) -> Option<[Vec<u8>; 3]> {
    let (certificate, _) = tlv::first(der).ok()?;
    let (tbs, _) = tlv::first(certificate.value).ok()?;
    let fields: Vec<&[u8]> = tlv::elements(tbs.value)
        .filter_map(Result::ok)
        .filter(|field| field.tag != 0xA0)
        .map(|field| field.whole)
        .collect();
    let [serial, _, issuer, _, subject, ..] = fields.as_slice() else {
        return None;
    };
    Some([subject.to_vec(), issuer.to_vec(), serial.to_vec()])
}

fn certificates(id: &KeyId) -> [Attribute; 2] {
    [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::Id(id.0.to_vec())]
}
