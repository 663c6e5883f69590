//! Writing a PKCS #12 file (PFX, RFC 7292): a private key, its certificate and the chain above it, behind one password.
//!
//! Key and certificates are each encrypted with PBES2 (PBKDF2-HMAC-SHA-256, AES-256-CBC); over both stands an HMAC-SHA-256
//! whose key comes from the password by PKCS #12's own derivation (RFC 7292 §B.2) with SHA-256. That is what OpenSSL 3 writes
//! by itself and what Windows writes as "AES256-SHA256": Windows 10 1709 and Server 2019 read it, older ones do not. PBMAC1
//! (RFC 9579) would be the sounder integrity, but neither OpenSSL before 3.4 nor Windows opens it.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod derivation;
mod password;

pub use password::{Password, PasswordFault};

use aws_lc_rs::hmac;
use der::Encode as _;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2;

use crate::certificate::Certificate;
use crate::encode::{BMP_STRING, Encoder, OCTET_STRING, SET, context_primitive};
use crate::key::{KeyFault, SoftwareKey, sha1};
use crate::oid;
use crate::signer::Signer as _;

/// What goes into the file.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The private key.
    pub key: &'a SoftwareKey,
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// The certificates above it, as far as whoever imports the file shall have them.
    pub chain: &'a [Certificate],
    /// The name under which stores show key and certificate (friendlyName); may be Japanese.
    pub friendly_name: &'a str,
}

/// What makes two files of one key and one password differ: fresh for every file, from a cryptographic source.
#[derive(Clone, Copy)]
pub struct Chance(pub [u8; 80]);

impl Contents<'_> {
    /// The DER of the file. Nothing of the private key is in it in clear, nor left in memory.
    pub fn seal(&self, password: &Password, chance: Chance) -> Result<Vec<u8>, Pkcs12Fault> {
        if self.key.public_key() != self.certificate.public_key() {
            return Err(Pkcs12Fault::AnotherKey);
        }
        let name = friendly_name(self.friendly_name)?;
        let [key_salt, key_iv, chain_salt, chain_iv, mac_salt] = chance.parts();
        // Ties key and certificate together; by custom the SHA-1 of the certificate, as any unique octets would do.
        let local_key_id = sha1(self.certificate.der());

        let plain = self.key.to_pkcs8()?;
        let info = PrivateKeyInfoRef::try_from(plain.as_slice()).map_err(|_| KeyFault::Library)?;
        let shrouded = info
            .encrypt_with_params(scheme(&key_salt, key_iv)?, password.as_utf8())
            .map_err(|_| KeyFault::Library)?;
        let keys = Encoder::der(|contents| {
            contents.sequence(|contents| {
                contents.sequence(|bag| {
                    bag.oid(oid::PKCS8_SHROUDED_KEY_BAG);
                    bag.context(0, |value| value.raw(shrouded.as_bytes()));
                    attributes(bag, Some(&name), Some(&local_key_id));
                });
            });
        });
        let certificates = Encoder::der(|contents| {
            contents.sequence(|contents| {
                certificate_bag(contents, self.certificate, Some(&name), Some(&local_key_id));
                for certificate in self.chain {
                    certificate_bag(contents, certificate, None, None);
                }
            });
        });
        let certificate_scheme = scheme(&chain_salt, chain_iv)?;
        let sealed = certificate_scheme
            .encrypt(password.as_utf8(), &certificates)
            .map_err(|_| KeyFault::Library)?;
        let scheme_der = certificate_scheme.to_der().map_err(|_| KeyFault::Library)?;
        let safe = Encoder::der(|safe| {
            safe.sequence(|safe| {
                encrypted_data(safe, &scheme_der, &sealed);
                data(safe, &keys);
            });
        });
        let mac_key = derivation::mac_key(password, &mac_salt, ITERATIONS);
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, mac_key.as_slice()), &safe);
        Ok(Encoder::der(|pfx| {
            pfx.sequence(|pfx| {
                pfx.unsigned(&[3]);
                data(pfx, &safe);
                pfx.sequence(|mac_data| {
                    mac_data.sequence(|digest_info| {
                        digest_info.sequence(|algorithm| {
                            algorithm.oid(oid::SHA256);
                            // Readers of PKCS #12 are older than RFC 5754; all of them know the NULL.
                            algorithm.null();
                        });
                        digest_info.octets(mac.as_ref());
                    });
                    mac_data.octets(&mac_salt);
                    mac_data.unsigned(&ITERATIONS.to_be_bytes());
                });
            });
        }))
    }
}

impl Chance {
    fn parts(self) -> [[u8; 16]; 5] {
        let mut parts = [[0; 16]; 5];
        for (part, octets) in parts.iter_mut().zip(self.0.chunks_exact(16)) {
            part.copy_from_slice(octets);
        }
        parts
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chance(..)")
    }
}

/// A file was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Fault {
    /// The certificate is of another key.
    #[error("the certificate is not of this key")]
    AnotherKey,
    /// The friendlyName has a character that a BMPString cannot hold, or is longer than stores show.
    #[error("the name of the key has a character beyond the basic multilingual plane, or more than {LONGEST_NAME}")]
    FriendlyName,
    /// The key cannot be exported, or the cryptographic library failed.
    #[error(transparent)]
    Key(#[from] KeyFault),
}

fn scheme(salt: &[u8], iv: [u8; 16]) -> Result<pbes2::Parameters, KeyFault> {
    pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, salt, iv).map_err(|_| KeyFault::Library)
}

/// As the UTF-16 of a BMPString, big-endian.
fn friendly_name(name: &str) -> Result<Vec<u8>, Pkcs12Fault> {
    if name.chars().count() > LONGEST_NAME || name.chars().any(|character| u32::from(character) > 0xffff) {
        return Err(Pkcs12Fault::FriendlyName);
    }
    Ok(name.encode_utf16().flat_map(u16::to_be_bytes).collect())
}

/// A ContentInfo of the type `data`.
fn data(encoder: &mut Encoder, content: &[u8]) {
    encoder.sequence(|info| {
        info.oid(oid::ID_DATA);
        info.context(0, |explicit| explicit.octets(content));
    });
}

/// A ContentInfo of the type `encryptedData`, version 0, its content of the type `data`.
fn encrypted_data(encoder: &mut Encoder, parameters: &[u8], sealed: &[u8]) {
    encoder.sequence(|info| {
        info.oid(oid::ID_ENCRYPTED_DATA);
        info.context(0, |explicit| {
            explicit.sequence(|encrypted| {
                encrypted.unsigned(&[]);
                encrypted.sequence(|content| {
                    content.oid(oid::ID_DATA);
                    content.sequence(|algorithm| {
                        algorithm.oid(oid::PBES2);
                        algorithm.raw(parameters);
                    });
                    content.primitive(context_primitive(0), sealed);
                });
            });
        });
    });
}

fn certificate_bag(
    contents: &mut Encoder,
    certificate: &Certificate,
    name: Option<&[u8]>,
    local_key_id: Option<&[u8]>,
) {
    contents.sequence(|bag| {
        bag.oid(oid::CERT_BAG);
        bag.context(0, |value| {
            value.sequence(|value| {
                value.oid(oid::X509_CERTIFICATE);
                value.context(0, |explicit| explicit.octets(certificate.der()));
            });
        });
        attributes(bag, name, local_key_id);
    });
}

fn attributes(bag: &mut Encoder, name: Option<&[u8]>, local_key_id: Option<&[u8]>) {
    let attribute = |kind, tag, value: &[u8]| {
        Encoder::der(|attribute| {
            attribute.sequence(|attribute| {
                attribute.oid(kind);
                attribute.set(|values| values.primitive(tag, value));
            });
        })
    };
    let name = name.filter(|name| !name.is_empty());
    let name = name.map(|name| attribute(oid::FRIENDLY_NAME, BMP_STRING, name));
    let id = local_key_id.map(|id| attribute(oid::LOCAL_KEY_ID, OCTET_STRING, id));
    let attributes: Vec<Vec<u8>> = name.into_iter().chain(id).collect();
    if !attributes.is_empty() {
        bag.set_of(SET, attributes);
    }
}

/// Of each of the three derivations. Whoever guesses passwords takes the cheapest of them, so all have the same; .NET refuses
/// files of more than 600,000 in sum since 2023 (KB5025823).
const ITERATIONS: u32 = 150_000;

/// pkcs-9-ub-friendlyName (RFC 2985 §A).
const LONGEST_NAME: usize = 255;
