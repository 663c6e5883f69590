//! What we issue, as typed data. A profile leaves nothing to a request but the public key (THREATS A32).

use der::asn1::ObjectIdentifier;

use crate::encode::Encoder;
use crate::name::{
    self, AuthorityName, BirthDate, Citizen, Holder, NameFault, Organisation, Resident, SubjectNumber, TerminalName,
};
use crate::time::{self, DAY};

/// A kind of certificate, with everything in it that is not the key, the serial, the time or the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A self-signed anchor.
    Root {
        /// Its subject and issuer.
        name: AuthorityName,
    },
    /// A CA that issues certificates of holders and of responders, but no further CA (pathLenConstraint 0).
    Issuing {
        /// Its subject.
        name: AuthorityName,
        /// Where its own status is published by the CA above it.
        publication: Publication,
        /// The policies it may issue under. Empty is "no policy".
        policies: Vec<ObjectIdentifier>,
    },
    /// A delegated OCSP responder (RFC 6960 §4.2.2.2), with id-pkix-ocsp-nocheck: it lives short instead of being revoked.
    OcspResponder {
        /// Its subject.
        name: AuthorityName,
    },
    /// The authority card's certificate for login.
    AuthorityAuthentication(Card),
    /// The authority card's certificate for signing documents.
    AuthoritySignature(Card),
    /// A terminal's certificate for TLS client authentication (DOMAIN §11.4).
    Terminal(Terminal),
    /// A citizen's 署名用電子証明書 (DOMAIN §11.3).
    CitizenSignature {
        /// Its subject.
        resident: Resident,
        /// The four data of the person.
        citizen: Box<Citizen>,
        /// Where its status is found.
        publication: Publication,
    },
    /// A citizen's 利用者証明用電子証明書: it says nothing of a person.
    CitizenAuthentication {
        /// Its subject.
        number: SubjectNumber,
        /// Where its status is found.
        publication: Publication,
    },
    /// Signs what is printed on citizens' cards, their pictures among it.
    VisualSigner {
        /// Its subject.
        name: AuthorityName,
        /// Where its status is found.
        publication: Publication,
    },
    /// Signs what an enrolment door answers by CMP, in the CA's name (RFC 9810 §4.5: id-kp-cmcCA).
    Enrolment {
        /// Its subject.
        name: AuthorityName,
        /// Where its status is found.
        publication: Publication,
    },
}

/// What a terminal's certificate says beside its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Which terminal.
    pub name: TerminalName,
    /// `crl` names the shard that will carry this certificate for all its life.
    pub publication: Publication,
    /// The policy that it is issued under, where its authority has one.
    pub policy: Option<ObjectIdentifier>,
}

/// What both certificates of an authority card have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    holder: Holder,
    organisation: Organisation,
    holder_number: Option<String>,
    publication: Publication,
    policy: ObjectIdentifier,
}

impl Card {
    /// `publication` names the CRL shard that will carry this certificate for all its life.
    pub fn new(holder: Holder, organisation: Organisation, publication: Publication, policy: ObjectIdentifier) -> Self {
        Self {
            holder,
            organisation,
            holder_number: None,
            publication,
            policy,
        }
    }

    /// Adds a number (X.520 serialNumber) that keeps two holders of one romaji name and organisation apart.
    pub fn with_holder_number(mut self, number: &str) -> Result<Self, NameFault> {
        self.holder_number = Some(name::holder_number(number)?);
        Ok(self)
    }

    /// Who holds the card.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// To whom the holder belongs.
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    pub(crate) fn publication(&self) -> &Publication {
        &self.publication
    }

    pub(crate) fn policy(&self) -> ObjectIdentifier {
        self.policy
    }

    pub(crate) fn encode_subject(&self, encoder: &mut Encoder) {
        name::card_subject(encoder, &self.holder, &self.organisation, self.holder_number.as_deref());
    }

    pub(crate) fn encode_alternative(&self, encoder: &mut Encoder) {
        name::card_alternative(encoder, &self.holder, &self.organisation);
    }
}

/// Where a certificate's status and its issuer's certificate are found. Plain HTTP addresses: a relying party cannot check
/// TLS with the very PKI whose status it asks for (RFC 5280 §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    crl: String,
    ocsp: Option<String>,
    issuer: Option<String>,
}

impl Publication {
    /// `crl` is the shard's address (it never changes for an issued certificate); `ocsp` the responder's; `issuer` that of
    /// the issuer's certificate in DER.
    pub fn new(crl: &str, ocsp: Option<&str>, issuer: Option<&str>) -> Result<Self, ProfileFault> {
        Ok(Self {
            crl: address(crl)?,
            ocsp: ocsp.map(address).transpose()?,
            issuer: issuer.map(address).transpose()?,
        })
    }

    /// The CRL shard.
    pub fn crl(&self) -> &str {
        &self.crl
    }

    /// The OCSP responder.
    pub fn ocsp(&self) -> Option<&str> {
        self.ocsp.as_deref()
    }

    /// The issuer's certificate.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }
}

/// From when to when, in unix seconds, **both ends inclusive** (RFC 5280 §4.1.2.5, THREATS R12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    not_before: i64,
    not_after: i64,
}

impl Validity {
    /// `days` days of 86,400 seconds: notAfter = notBefore + days × 86,400 − 1.
    pub fn of_days(not_before: i64, days: u32) -> Result<Self, ProfileFault> {
        Self::between(not_before, not_before.saturating_add(i64::from(days) * DAY - 1))
    }

    /// An authority card's: until 23:59:59 in Japan of the day on which `term` ends (DOMAIN §11.1).
    pub fn of_card(not_before: i64, term: CardTerm) -> Result<Self, ProfileFault> {
        // What lies outside the years of certificates is refused before a calendar sees it.
        Self::between(not_before, not_before)?;
        let (year, month, day) = time::day_in_japan(not_before);
        let anniversary = |years| {
            // A day that the last month lacks is its last day (民法143条2項).
            let last = time::days_in_month(year + years, month);
            time::days_from_civil(year + years, month, day.min(last))
        };
        let last_day = match term {
            CardTerm::OneYear => anniversary(1) + BONUS_DAYS,
            CardTerm::TwoYears => anniversary(2) + BONUS_DAYS,
            CardTerm::ThreeYears => anniversary(3) + BONUS_DAYS,
            CardTerm::FourYears => anniversary(4) + BONUS_DAYS,
            // 電子署名法施行規則6条4号 caps at five years, counted from the very second.
            CardTerm::FiveYears => anniversary(5) - 1,
        };
        Self::between(not_before, time::end_of_day_in_japan(last_day))
    }

    /// A citizen's certificate: until 23:59:59 in Japan of the fifth birthday after the day of issue (DOMAIN §11.3).
    pub fn of_citizen(not_before: i64, birth: BirthDate) -> Result<Self, ProfileFault> {
        // What lies outside the years of certificates is refused before a calendar sees it.
        Self::between(not_before, not_before)?;
        Self::between(not_before, birth.fifth_after(not_before))
    }

    /// Given ends.
    pub fn between(not_before: i64, not_after: i64) -> Result<Self, ProfileFault> {
        if not_before < time::FIRST || not_after > time::LAST || not_after < not_before {
            return Err(ProfileFault::Validity);
        }
        Ok(Self { not_before, not_after })
    }

    /// First second of validity.
    pub fn not_before(self) -> i64 {
        self.not_before
    }

    /// Last second of validity.
    pub fn not_after(self) -> i64 {
        self.not_after
    }
}

/// How long an authority card is sold for: n年+30日, and 5年 (DOMAIN §11.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardTerm {
    /// 1年+30日
    OneYear,
    /// 2年+30日
    TwoYears,
    /// 3年+30日
    ThreeYears,
    /// 4年+30日
    FourYears,
    /// 5年
    FiveYears,
}

/// A certificate cannot be built as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileFault {
    /// A name was refused.
    #[error(transparent)]
    Name(#[from] NameFault),
    /// Ends before it begins, or lies outside the years that certificates can express.
    #[error("the validity ends before it begins, or lies outside the years 1950 to 9999")]
    Validity,
    /// The certificate would outlive its issuer's.
    #[error("the certificate would be valid outside its issuer's validity")]
    OutlivesIssuer,
    /// Only `http://` addresses in ASCII can be published.
    #[error("{0:?} is not an http:// address in ASCII")]
    Address(String),
    /// A root signs itself, everything else is signed by a CA.
    #[error("a root is issued by itself and every other certificate by a CA")]
    Issuer,
    /// The issuer's certificate is not one of a CA that may issue this.
    #[error("the issuer's certificate does not allow it to issue this profile")]
    NotAnIssuer,
    /// A certificate must not certify its issuer's key again (THREATS A33).
    #[error("the subject's key is the issuer's key")]
    IssuersKey,
}

fn address(url: &str) -> Result<String, ProfileFault> {
    let host = url
        .strip_prefix("http://")
        .filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if host.is_some() && url.bytes().all(|octet| octet.is_ascii_graphic()) {
        Ok(url.to_owned())
    } else {
        Err(ProfileFault::Address(url.to_owned()))
    }
}

/// The days beyond the years sold, for the overlap of two cards.
const BONUS_DAYS: i64 = 30;
