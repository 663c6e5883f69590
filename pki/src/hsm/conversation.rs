//! One worker's session with the token: opened when it is needed, opened anew when it broke.

use std::collections::HashMap;

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use der::Encode as _;

use super::{HsmFault, KeyId, PinSource, Place, TokenName};
use crate::algorithm::Algorithm;
use crate::decode::only;
use crate::encode::{Encoder, OCTET_STRING};
use crate::key::{PublicKey, spki};
use crate::oid;

/// Where a worker works.
pub(super) struct Conversation {
    module: Pkcs11,
    place: Place,
    pin: PinSource,
    open: Option<Open>,
}

/// A session in which the user is logged in.
pub(super) struct Open {
    session: Session,
    handles: HashMap<KeyId, ObjectHandle>,
}

impl Conversation {
    pub(super) fn new(module: Pkcs11, place: Place, pin: PinSource) -> Self {
        Self {
            module,
            place,
            pin,
            open: None,
        }
    }

    /// Does it; in a new session, once, if the old one broke.
    pub(super) fn attempt<T>(&mut self, work: &dyn Fn(&mut Open) -> Result<T, HsmFault>) -> Result<T, HsmFault> {
        let had_one = self.open.is_some();
        match self.once(work) {
            Err(HsmFault::Lost(_)) if had_one => self.once(work),
            done => done,
        }
    }

    fn once<T>(&mut self, work: &dyn Fn(&mut Open) -> Result<T, HsmFault>) -> Result<T, HsmFault> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        let done = work(&mut open);
        if !matches!(done, Err(HsmFault::Lost(_))) {
            self.open = Some(open);
        }
        done
    }

    fn begin(&self) -> Result<Open, HsmFault> {
        let slot = self.slot()?;
        let session = self.module.open_rw_session(slot)?;
        self.pin.tried(|pin| {
            // A login is of the whole process and token: the first worker's serves all.
            match session.login(UserType::User, Some(&AuthPin::from(pin))) {
                Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
                Err(cause) => Err(cause.into()),
            }
        })?;
        Ok(Open {
            session,
            handles: HashMap::new(),
        })
    }

    fn slot(&self) -> Result<Slot, HsmFault> {
        let mut found = None;
        for slot in self.module.get_slots_with_token()? {
            let told = match self.module.get_token_info(slot) {
                Ok(told) => told,
                // It left between the two questions.
                Err(Error::Pkcs11(RvError::TokenNotPresent | RvError::DeviceRemoved, _)) => continue,
                Err(cause) => return Err(cause.into()),
            };
            if self.place.token.fits(&name(&told)) && found.replace(slot).is_some() {
                return Err(HsmFault::Tokens(self.place.token.to_string()));
            }
        }
        found.ok_or_else(|| HsmFault::NoToken(self.place.token.to_string()))
    }

    /// What the token tells of itself.
    pub(super) fn told(&self) -> Result<TokenName, HsmFault> {
        Ok(name(&self.module.get_token_info(self.slot()?)?))
    }
}

impl Open {
    /// Makes a key pair under an id that no key has.
    pub(super) fn make(&mut self, id: &KeyId, label: &str, algorithm: Algorithm) -> Result<PublicKey, HsmFault> {
        let (mechanism, of_kind) = generation(algorithm)?;
        let (label, octets) = (label.as_bytes().to_vec(), id.octets().to_vec());
        let mut public = vec![
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::Id(octets.clone()),
            Attribute::Label(label.clone()),
        ];
        public.extend(of_kind);
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Id(octets),
            Attribute::Label(label),
        ];
        let (public, private) = self.session.generate_key_pair(&mechanism, &public, &private)?;
        self.handles.insert(id.clone(), private);
        self.public_key(public)
    }

    /// The public half of the key with this id, if it is there.
    pub(super) fn find(&self, id: &KeyId) -> Result<Option<PublicKey>, HsmFault> {
        if self.one(ObjectClass::PRIVATE_KEY, id)?.is_none() {
            return Ok(None);
        }
        let public = self.one(ObjectClass::PUBLIC_KEY, id)?.ok_or(HsmFault::AnotherKey)?;
        self.public_key(public).map(Some)
    }

    /// The ids of the private keys with this label.
    pub(super) fn labelled(&self, label: &str) -> Result<Vec<KeyId>, HsmFault> {
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Label(label.as_bytes().to_vec()),
        ];
        let mut ids = Vec::new();
        for key in self.session.find_objects(&wanted)? {
            for attribute in self.session.get_attributes(key, &[AttributeType::Id])? {
                if let Attribute::Id(octets) = attribute {
                    ids.extend(KeyId::new(&octets));
                }
            }
        }
        Ok(ids)
    }

    /// Signs a hash, or a whole message where the algorithm wants one. What comes back is as X.509 carries it.
    pub(super) fn sign(&mut self, id: &KeyId, known: &PublicKey, input: &[u8]) -> Result<Vec<u8>, HsmFault> {
        let handle = self.handle(id, known)?;
        let signed = match known.algorithm() {
            Algorithm::P256 | Algorithm::P384 => ecdsa_value(&self.session.sign(&Mechanism::Ecdsa, handle, input)?),
            Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => {
                self.session.sign(&Mechanism::RsaPkcs, handle, &digest_info(input))?
            }
            Algorithm::Ed25519 => {
                let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
                self.session.sign(&pure, handle, input)?
            }
            kind @ (Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87) => {
                return Err(HsmFault::Unsupported(kind.to_string()));
            }
        };
        Ok(signed)
    }

    /// Destroys both halves. It is no fault if they are gone.
    pub(super) fn destroy(&mut self, id: &KeyId) -> Result<(), HsmFault> {
        self.handles.remove(id);
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            if let Some(object) = self.one(class, id)? {
                self.session.destroy_object(object)?;
            }
        }
        Ok(())
    }

    /// Whether the token says of a key what it was made to be: sensitive, never extractable, made there.
    pub(super) fn is_confined(&mut self, id: &KeyId, known: &PublicKey) -> Result<bool, HsmFault> {
        let handle = self.handle(id, known)?;
        let wanted = [
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::NeverExtractable,
            AttributeType::Local,
        ];
        let told = self.session.get_attributes(handle, &wanted)?;
        Ok([
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
            Attribute::Local(true),
        ]
        .iter()
        .all(|wanted| told.contains(wanted)))
    }

    /// The private key of this id, whose public half is the known one. Looked up once in a session.
    fn handle(&mut self, id: &KeyId, known: &PublicKey) -> Result<ObjectHandle, HsmFault> {
        if let Some(handle) = self.handles.get(id) {
            return Ok(*handle);
        }
        let handle = self
            .one(ObjectClass::PRIVATE_KEY, id)?
            .ok_or_else(|| HsmFault::NoKey(id.to_string()))?;
        if self.find(id)?.as_ref() != Some(known) {
            return Err(HsmFault::AnotherKey);
        }
        self.handles.insert(id.clone(), handle);
        Ok(handle)
    }

    fn one(&self, class: ObjectClass, id: &KeyId) -> Result<Option<ObjectHandle>, HsmFault> {
        let wanted = [Attribute::Class(class), Attribute::Id(id.octets().to_vec())];
        match self.session.find_objects(&wanted)?.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(HsmFault::Keys(id.to_string())),
        }
    }

    fn public_key(&self, object: ObjectHandle) -> Result<PublicKey, HsmFault> {
        let wanted = [
            AttributeType::KeyType,
            AttributeType::EcParams,
            AttributeType::EcPoint,
            AttributeType::Modulus,
            AttributeType::PublicExponent,
        ];
        let (mut kind, mut curve, mut point, mut modulus, mut exponent) = (None, None, None, None, None);
        for attribute in self.session.get_attributes(object, &wanted)? {
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
            (Some(KeyType::EC | KeyType::EC_EDWARDS), Some(curve), Some(point), ..) => {
                let algorithm = CURVES
                    .into_iter()
                    .find(|algorithm| parameters(*algorithm) == Some(curve.clone()));
                let algorithm = algorithm.ok_or_else(|| HsmFault::Unsupported("another curve".to_owned()))?;
                // PKCS#11 wants the point in an OCTET STRING; some modules give it bare.
                let bare =
                    only(&point, OCTET_STRING, "point").map_or_else(|_| point.clone(), |inside| inside.value.to_vec());
                (algorithm, bare)
            }
            (Some(KeyType::RSA), _, _, Some(modulus), Some(exponent)) => {
                let key = Encoder::der(|key| {
                    key.sequence(|key| {
                        key.unsigned(&modulus);
                        key.unsigned(&exponent);
                    });
                });
                // Of which size it is, reading tells.
                (Algorithm::Rsa2048, key)
            }
            _ => return Err(HsmFault::Unsupported("another kind of key".to_owned())),
        };
        Ok(PublicKey::from_spki_der(&spki(algorithm, &bits))?)
    }
}

const CURVES: [Algorithm; 3] = [Algorithm::P256, Algorithm::P384, Algorithm::Ed25519];

fn name(told: &TokenInfo) -> TokenName {
    let text = |text: &str| Some(text.trim_end().to_owned());
    TokenName {
        label: text(told.label()),
        serial: text(told.serial_number()),
        manufacturer: text(told.manufacturer_id()),
        model: text(told.model()),
    }
}

/// CKA_EC_PARAMS: the name of a curve, DER.
fn parameters(algorithm: Algorithm) -> Option<Vec<u8>> {
    let curve = match algorithm {
        Algorithm::P256 => oid::CURVE_P256,
        Algorithm::P384 => oid::CURVE_P384,
        Algorithm::Ed25519 => oid::ED25519,
        _ => return None,
    };
    curve.to_der().ok()
}

/// What the mechanism of the generation wants to know of the key.
fn generation(algorithm: Algorithm) -> Result<(Mechanism<'static>, Vec<Attribute>), HsmFault> {
    let rsa = |bits: u64| {
        let parameters = vec![
            Attribute::ModulusBits(bits.into()),
            Attribute::PublicExponent(vec![0x01, 0x00, 0x01]),
        ];
        (Mechanism::RsaPkcsKeyPairGen, parameters)
    };
    let curve = parameters(algorithm).map(Attribute::EcParams).into_iter().collect();
    Ok(match algorithm {
        Algorithm::Rsa2048 => rsa(2048),
        Algorithm::Rsa3072 => rsa(3072),
        Algorithm::Rsa4096 => rsa(4096),
        Algorithm::P256 | Algorithm::P384 => (Mechanism::EccKeyPairGen, curve),
        Algorithm::Ed25519 => (Mechanism::EccEdwardsKeyPairGen, curve),
        Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => {
            return Err(HsmFault::Unsupported(algorithm.to_string()));
        }
    })
}

/// `Ecdsa-Sig-Value` of the two numbers that PKCS#11 gives side by side (RFC 3279 §2.2.3). What is no such pair comes out as
/// something that no key confirms.
fn ecdsa_value(plain: &[u8]) -> Vec<u8> {
    let (r, s) = plain.split_at(plain.len() / 2);
    Encoder::der(|value| {
        value.sequence(|value| {
            value.unsigned(r);
            value.unsigned(s);
        });
    })
}

/// `DigestInfo` of SHA-256, the hash with which every RSA key of ours signs (RFC 8017 §9.2).
fn digest_info(hash: &[u8]) -> Vec<u8> {
    Encoder::der(|info| {
        info.sequence(|info| {
            info.sequence(|identifier| {
                identifier.oid(oid::SHA256);
                identifier.null();
            });
            info.octets(hash);
        });
    })
}
