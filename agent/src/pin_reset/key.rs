//! A kiosk's own key: made where the kiosk stands, and the signature under each of its requests (RFC 9421, RFC 9530).

use std::path::PathBuf;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::pem;
use zeroize::Zeroizing;

use crate::home::{Home, HomeFault};

/// The key that an enrolled kiosk signs with. Its private half is in memory and in one file that only its user can read.
pub(crate) struct KioskKey {
    pair: EcdsaKeyPair,
    /// SHA-256 of the public key, lower-case hexadecimal.
    id: String,
}

/// What is to be told to the operator, so that the kiosk may work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The file with the public key.
    pub public_key: PathBuf,
    /// SHA-256 of the public key, lower-case hexadecimal.
    pub fingerprint: String,
}

/// The headers under which a request is signed.
pub(crate) struct SignedHeaders {
    pub(crate) digest: String,
    pub(crate) input: String,
    pub(crate) signature: String,
}

/// Makes the kiosk's key where there is none yet, and writes its public half beside it. Safe to repeat.
pub fn enrol(home: &Home) -> Result<Enrolment, HomeFault> {
    let key = if let Some(key) = KioskKey::read(home)? {
        key
    } else {
        // aws-lc fails here only when the operating system has no randomness left to give.
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| home.unreadable(PRIVATE))?;
        home.keep(PRIVATE, &Zeroizing::new(pem::encode(PRIVATE_LABEL, made.as_ref())))?;
        KioskKey::read(home)?.ok_or_else(|| home.unreadable(PRIVATE))?
    };
    let spki = key.spki().ok_or_else(|| home.unreadable(PRIVATE))?;
    home.keep(PUBLIC, &pem::encode("PUBLIC KEY", &spki))?;
    Ok(Enrolment {
        public_key: home.dir().join(PUBLIC),
        fingerprint: key.id,
    })
}

impl KioskKey {
    /// The kiosk's key, where it was made.
    pub(crate) fn read(home: &Home) -> Result<Option<Self>, HomeFault> {
        let Some(text) = home.kept(PRIVATE)?.map(Zeroizing::new) else {
            return Ok(None);
        };
        let unreadable = || home.unreadable(PRIVATE);
        let der = Zeroizing::new(pem::decode(&text, PRIVATE_LABEL).map_err(|_| unreadable())?);
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).map_err(|_| unreadable())?;
        let mut key = Self {
            pair,
            id: String::new(),
        };
        key.id = hexadecimal(digest(&SHA256, &key.spki().ok_or_else(unreadable)?).as_ref());
        Ok(Some(key))
    }

    /// Signs method, address and content of a request, as made at `created`.
    pub(crate) fn sign(&self, method: &str, address: &str, body: &[u8], created: i64) -> SignedHeaders {
        let digest = format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, body)));
        let parameters = format!(
            "(\"@method\" \"@target-uri\" \"content-digest\");created={created};keyid=\"{}\";alg=\"ecdsa-p256-sha256\"",
            self.id
        );
        let base = format!(
            "\"@method\": {method}\n\"@target-uri\": {address}\n\"content-digest\": {digest}\n\"@signature-params\": \
             {parameters}"
        );
        let signature = self
            .pair
            .sign(&SystemRandom::new(), base.as_bytes())
            // As of randomness elsewhere: without it nothing may go on.
            .expect("the operating system gives randomness");
        SignedHeaders {
            digest,
            input: format!("{LABEL}={parameters}"),
            signature: format!("{LABEL}=:{}:", STANDARD.encode(signature.as_ref())),
        }
    }

    fn spki(&self) -> Option<Vec<u8>> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().ok()?;
        Some(der.as_ref().to_vec())
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// The label of our signature among others (RFC 9421 §4).
const LABEL: &str = "kagimori";
const PRIVATE: &str = "kiosk.key";
const PUBLIC: &str = "kiosk.pub";
const PRIVATE_LABEL: &str = "PRIVATE KEY";

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn a_request_is_signed_as_rfc_9421_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path());
        assert!(KioskKey::read(&home).unwrap().is_none());
        let enrolled = enrol(&home).unwrap();
        let key = KioskKey::read(&home).unwrap().unwrap();
        assert_eq!(enrolled.fingerprint, key.id);
        let signed = key.sign("POST", "https://a.example/b", b"{\"hello\": \"world\"}", 1_618_884_473);
        // RFC 9530 Appendix D gives this digest of this content.
        assert_eq!(signed.digest, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
        let parameters = signed.input.strip_prefix("kagimori=").unwrap();
        let base = format!(
            "\"@method\": POST\n\"@target-uri\": https://a.example/b\n\"content-digest\": {}\n\"@signature-params\": {parameters}",
            signed.digest
        );
        let told = signed
            .signature
            .strip_prefix("kagimori=:")
            .unwrap()
            .strip_suffix(':')
            .unwrap();
        let signature = STANDARD.decode(told).unwrap();
        assert_eq!(signature.len(), 64);
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.spki().unwrap());
        public.verify(base.as_bytes(), &signature).unwrap();
        // The control: another address is not what was signed.
        public
            .verify(base.replace("/b", "/c").as_bytes(), &signature)
            .unwrap_err();
    }

    #[cfg(unix)]
    #[test]
    fn a_kiosk_keeps_its_key_to_itself_and_keeps_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path());
        let first = enrol(&home).unwrap();
        assert_eq!(enrol(&home).unwrap(), first);
        let mode = std::fs::metadata(dir.path().join(PRIVATE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let public = std::fs::read_to_string(&first.public_key).unwrap();
        let der = pem::decode(&public, "PUBLIC KEY").unwrap();
        assert_eq!(hexadecimal(digest(&SHA256, &der).as_ref()), first.fingerprint);
        std::fs::write(dir.path().join(PRIVATE), "no key").unwrap();
        assert!(KioskKey::read(&home).is_err() && enrol(&home).is_err());
    }
}
