//! What every part of `/api/v1` shares: scopes, signatures that are asked for, and lists in pages.
//!
//! Binary values are base64url without padding, digests lower-case hexadecimal, ids 26 small letters and digits, serial
//! numbers decimal, times Unix seconds, days `YYYY-MM-DD`. An unknown field is refused.

use crate::office::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Scope {
    /// 失効申込 for holders whose card the program has.
    #[serde(rename = "revocation:write")]
    RevocationWrite,
    /// 利用者登録 for companies whose card the program has.
    #[serde(rename = "registration:write")]
    RegistrationWrite,
    /// ICカード更新 for companies whose cards the program has.
    #[serde(rename = "renewal:write")]
    RenewalWrite,
    /// The queue, cases, their history and files.
    #[serde(rename = "case:read")]
    CaseRead,
    /// Applications on paper and what is held: entry, claims, decisions.
    #[serde(rename = "case:write")]
    CaseWrite,
    /// The office's officers.
    #[serde(rename = "officer:read")]
    OfficerRead,
    /// Invitations, roles, blocking.
    #[serde(rename = "officer:write")]
    OfficerWrite,
    /// The office's own file.
    #[serde(rename = "office:read")]
    OfficeRead,
    /// Replacing it.
    #[serde(rename = "office:write")]
    OfficeWrite,
    /// The officer's own tokens.
    #[serde(rename = "token:read")]
    TokenRead,
    /// Making and revoking them: none of other scopes, none that lives longer.
    #[serde(rename = "token:write")]
    TokenWrite,
    /// Telling an ordering body's open bids.
    #[serde(rename = "bid:write")]
    BidWrite,
}

/// A text that a card is to sign, as detached CMS over its UTF-8 octets with contentType, messageDigest, signingTime and
/// signingCertificateV2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToSign {
    /// Exactly what is signed; lines end with LF.
    pub text: String,
    /// SHA-256 of it.
    pub digest: String,
    /// The language that it is written in.
    pub language: Language,
    /// SHA-256 of the signature certificate that must sign, base64url.
    pub certificate: String,
    /// After this the signature comes too late.
    pub until: i64,
}

/// A text was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// DER of the CMS SignedData without the content.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 20_000))]
    pub cms: String,
}

/// In which language a text is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The text's.
    pub language: Language,
}

/// The card at hand, by both certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardShown {
    /// DER of the certificate of the authentication key (PIV 9A).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub authentication: String,
    /// DER of the certificate of the signature key (PIV 9C).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub signature: String,
}

/// The card at hand, proved: its authentication key has signed the challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardProved {
    /// DER of the certificate of the authentication key (PIV 9A).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub authentication: String,
    /// DER of the certificate of the signature key (PIV 9C).
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 8_000))]
    pub signature: String,
    /// Signature over the challenge's message: PKCS#1 v1.5 with SHA-256, or ECDSA (DER) with SHA-256 on P-256 and SHA-384
    /// on P-384.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"), length(max = 2_000))]
    pub proof: String,
}

/// What the card's authentication key is to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// The octets: `KAGIMORI card authentication 1` and NUL; then origin, office, procedure, id, nonce (the last two in
    /// base64url) and the SHA-256 of the authentication certificate, each after its length in four octets. A program that
    /// trusts nobody builds them itself and compares.
    pub message: String,
    /// The nonce in it.
    pub nonce: String,
}

/// A certificate of a card, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardCertificate {
    /// The authority that issued it.
    pub authority: String,
    /// Serial number of the signature certificate.
    pub serial: String,
    /// Serial number of the card's authentication certificate; it goes with the other one.
    pub authentication_serial: Option<String>,
    /// The issuer's name.
    pub issuer: String,
    /// 利用者氏名(漢字)
    pub holder: Option<String>,
    /// 利用者氏名(ローマ字)
    pub holder_romaji: Option<String>,
    /// 商号・名称
    pub organisation: Option<String>,
    /// 法人番号
    pub corporate_number: Option<String>,
    /// Begin of its validity.
    pub not_before: i64,
    /// End of its validity.
    pub not_after: i64,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::RevocationWrite,
        Self::RegistrationWrite,
        Self::RenewalWrite,
        Self::CaseRead,
        Self::CaseWrite,
        Self::OfficerRead,
        Self::OfficerWrite,
        Self::OfficeRead,
        Self::OfficeWrite,
        Self::TokenRead,
        Self::TokenWrite,
        Self::BidWrite,
    ];

    /// Its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::RevocationWrite => "revocation:write",
            Self::RegistrationWrite => "registration:write",
            Self::RenewalWrite => "renewal:write",
            Self::CaseRead => "case:read",
            Self::CaseWrite => "case:write",
            Self::OfficerRead => "officer:read",
            Self::OfficerWrite => "officer:write",
            Self::OfficeRead => "office:read",
            Self::OfficeWrite => "office:write",
            Self::TokenRead => "token:read",
            Self::TokenWrite => "token:write",
            Self::BidWrite => "bid:write",
        }
    }

    /// The scope of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.key() == key)
    }
}
