//! A passkey's authenticator without a screen.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::browser::{Answered, ORIGIN};
use crate::house::digest;

/// An authenticator with one passkey.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    credential: Vec<u8>,
    counter: u32,
    /// What it says of its user.
    pub(crate) flags: u8,
}

pub(crate) const PRESENT_AND_VERIFIED: u8 = 0b101;

impl Authenticator {
    pub(crate) fn new(credential: &str) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            credential: credential.as_bytes().to_vec(),
            counter: 0,
            flags: PRESENT_AND_VERIFIED,
        }
    }

    fn client(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#).into_bytes()
    }

    fn data(&self, party: &str, attested: bool) -> Vec<u8> {
        let mut data = digest(party).0.to_vec();
        data.push(self.flags | if attested { 1 << 6 } else { 0 });
        data.extend_from_slice(&self.counter.to_be_bytes());
        if attested {
            data.extend_from_slice(&[0; 16]);
            data.extend_from_slice(&u16::try_from(self.credential.len()).unwrap().to_be_bytes());
            data.extend_from_slice(&self.credential);
            let point = self.key.public_key().as_ref();
            data.extend_from_slice(&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
            data.extend_from_slice(&point[1..33]);
            data.extend_from_slice(&[0x22, 0x58, 32]);
            data.extend_from_slice(&point[33..65]);
        }
        data
    }

    /// The fields of a form that registers it.
    pub(crate) fn registration(&self, challenge: &str) -> Vec<(&'static str, String)> {
        let data = self.data("ca.example.jp", true);
        let mut object = vec![0xa3, 0x63, b'f', b'm', b't', 0x64, b'n', b'o', b'n', b'e'];
        object.extend_from_slice(&[0x67, b'a', b't', b't', b'S', b't', b'm', b't', 0xa0]);
        object.extend_from_slice(&[0x68, b'a', b'u', b't', b'h', b'D', b'a', b't', b'a', 0x58]);
        object.push(u8::try_from(data.len()).unwrap());
        object.extend_from_slice(&data);
        vec![
            ("label", "執務室".to_owned()),
            (
                "client_data",
                URL_SAFE_NO_PAD.encode(Self::client("webauthn.create", challenge, ORIGIN)),
            ),
            ("attestation", URL_SAFE_NO_PAD.encode(object)),
        ]
    }

    /// The fields of a form that logs in with it.
    pub(crate) fn assertion(&mut self, challenge: &str, origin: &str, user: [u8; 16]) -> Vec<(&'static str, String)> {
        self.counter += 1;
        let party = origin.strip_prefix("https://").unwrap();
        let (client, data) = (Self::client("webauthn.get", challenge, origin), self.data(party, false));
        let mut signed = data.clone();
        signed.extend_from_slice(&server::desk::evidence::sha256(&client).0);
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        vec![
            ("credential", URL_SAFE_NO_PAD.encode(&self.credential)),
            ("client_data", URL_SAFE_NO_PAD.encode(client)),
            ("authenticator_data", URL_SAFE_NO_PAD.encode(data)),
            ("signature", URL_SAFE_NO_PAD.encode(signature)),
            ("user", URL_SAFE_NO_PAD.encode(user)),
        ]
    }
}

/// The challenge of a page.
pub(crate) fn challenge(page: &Answered) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("data-challenge=\"").expect("a challenge");
    rest.split('"').next().unwrap().to_owned()
}
