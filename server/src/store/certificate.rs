//! Certificates of our authorities: recorded before they are signed, bound after.

use casework::certificate::{Case, Intent, KeyUse, Profile, Reason, Shard};
use casework::identity::{Authority, CertificateId, Digest, Fingerprint, Serial};
use casework::refund::Purchase;
use casework::time::Instant;
use pki::certificate::{Bearer, Certificate};
use pki::reason::ReasonCode;
use serde::{Deserialize, Serialize};

use super::case::{self, corrupt};
use super::database::{Connection, Row, statements, values};
use super::{Clash, Store, holder};
use crate::fault::{Bug, Fault};

/// A certificate as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// Its issuer and serial number.
    pub certificate: CertificateId,
    /// The case of its issuance.
    pub case: [u8; 16],
    /// The key of its profile.
    pub profile: String,
    /// Fixed for its life.
    pub shard: Shard,
    /// First instant of validity.
    pub not_before: Instant,
    /// Last instant of validity.
    pub not_after: Instant,
    /// The octets that were, or will be, signed.
    pub tbs: Vec<u8>,
    /// What was paid for it.
    pub purchase: Option<Purchase>,
    /// The certificate, once it is bound.
    pub der: Option<Vec<u8>>,
    /// Its fingerprint, once it is bound.
    pub fingerprint: Option<Fingerprint>,
}

/// A bound certificate, for whoever answers for its status.
#[derive(Clone, Debug)]
pub(crate) struct IssuedRow {
    pub(crate) certificate: CertificateId,
    pub(crate) sequence: i64,
    pub(crate) not_after: Instant,
}

impl Store {
    /// A certificate by issuer and serial number, bound or only intended.
    pub async fn certificate(&self, certificate: &CertificateId) -> Result<Option<CertificateRow>, Fault> {
        row(&mut self.reader().await?, certificate).await
    }

    /// A bound certificate by the SHA-256 of its DER.
    pub async fn certificate_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<CertificateRow>, Fault> {
        let mut connection = self.reader().await?;
        connection
            .row(BY_FINGERPRINT, values![&fingerprint.0])
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// What stands against certifying the key in these to-be-signed octets (THREATS A33).
    pub(crate) async fn key_use(&self, to_be_signed: &[u8]) -> Result<Option<KeyUse>, Fault> {
        key_use(&mut self.reader().await?, &bearer(to_be_signed)?).await
    }

    /// The same for a key and the name that it would be certified under.
    pub(crate) async fn key_use_by(&self, asked: &Bearer) -> Result<Option<KeyUse>, Fault> {
        key_use(&mut self.reader().await?, asked).await
    }

    /// Certificates of a public key, by the SHA-256 of its SubjectPublicKeyInfo, bound or only intended.
    pub async fn certificates_of_key(&self, key: &[u8; 32]) -> Result<Vec<CertificateRow>, Fault> {
        self.reader()
            .await?
            .few(OF_KEY, values![key])
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Bound certificates of an authority, the latest first; `before` is the sequence of the last one seen.
    pub async fn certificates(
        &self,
        authority: &Authority,
        before: Option<i64>,
    ) -> Result<Vec<(i64, CertificateRow)>, Fault> {
        let mut connection = self.reader().await?;
        let before = before.unwrap_or(i64::MAX);
        let rows = connection.rows(LIST, values![authority.0.as_str(), before]).await?;
        rows.iter()
            .map(|row| Ok((row.column("sequence")?, read(row)?)))
            .collect()
    }

    /// What was intended and never bound: a crash came between, and the same octets are to be signed (DESIGN §3.9).
    pub async fn intended_certificates(&self) -> Result<Vec<CertificateRow>, Fault> {
        let mut connection = self.reader().await?;
        connection.rows(INTENDED, values![]).await?.iter().map(read).collect()
    }
}

pub(crate) async fn row(
    connection: &mut Connection,
    certificate: &CertificateId,
) -> Result<Option<CertificateRow>, Fault> {
    let authority = certificate.authority.0.as_str();
    let row = connection
        .row(BY_ID, values![authority, certificate.serial.octets()])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Records what will be signed, unless something stands against its key. Transactions that write are one sequence on both
/// databases: nobody else's key comes between the look and the row.
pub(crate) async fn intend(
    connection: &mut Connection,
    case: &[u8; 16],
    intent: &Intent,
    octets: &[u8],
    at: Instant,
) -> Result<(), Clash> {
    let bearer = bearer(octets)?;
    if key_use(connection, &bearer).await?.is_some() {
        return Err(Clash::Moved);
    }
    record(connection, case, intent, octets, &bearer, at).await
}

/// Records and binds what was signed elsewhere.
pub(crate) async fn import(
    connection: &mut Connection,
    case: &[u8; 16],
    intent: &Intent,
    octets: &[u8],
    fingerprint: Fingerprint,
    der: &[u8],
    at: Instant,
) -> Result<(), Clash> {
    record(connection, case, intent, octets, &bearer(octets)?, at).await?;
    issue(connection, intent, fingerprint, der, at).await
}

/// Unique per issuer and serial number.
async fn record(
    connection: &mut Connection,
    case: &[u8; 16],
    intent: &Intent,
    octets: &[u8],
    bearer: &Bearer,
    at: Instant,
) -> Result<(), Clash> {
    let (not_before, not_after) = intent.validity;
    let inserted = connection
        .execute(
            INTEND,
            values![
                intent.certificate.authority.0.as_str(),
                intent.certificate.serial.octets(),
                case,
                intent.profile.0.as_str(),
                i64::from(intent.shard.0),
                not_before.0,
                not_after.0,
                octets,
                at.0,
                intent.purchase.map(|purchase| i64::from(purchase.price)),
                &bearer.public_key.fingerprint(),
            ],
        )
        .await?;
    if inserted == 1 { Ok(()) } else { Err(Clash::Serial) }
}

async fn key_use(connection: &mut Connection, asked: &Bearer) -> Result<Option<KeyUse>, Fault> {
    let key = asked.public_key.fingerprint();
    let compromised = i64::from(ReasonCode::KeyCompromise.code());
    if connection.row(COMPROMISED, values![&key, compromised]).await?.is_some() {
        return Ok(Some(KeyUse::Compromised));
    }
    let mut being_certified = false;
    for row in connection.few(OF_KEY, values![&key]).await? {
        let row = read(&row)?;
        if bearer(&row.tbs)? != *asked {
            return Ok(Some(KeyUse::OfAnother));
        }
        being_certified |= row.der.is_none();
    }
    Ok(being_certified.then_some(KeyUse::BeingCertified))
}

fn bearer(to_be_signed: &[u8]) -> Result<Bearer, Fault> {
    Bearer::of_to_be_signed(to_be_signed).map_err(|fault| corrupt("a certificate to be signed", fault))
}

/// Binds the signed octets. From here on it is `good`.
pub(crate) async fn issue(
    connection: &mut Connection,
    intent: &Intent,
    fingerprint: Fingerprint,
    der: &[u8],
    at: Instant,
) -> Result<(), Clash> {
    let authority = intent.certificate.authority.0.as_str();
    let serial = intent.certificate.serial.octets();
    let certificate = Certificate::parse(der).map_err(|fault| corrupt("a signed certificate", fault))?;
    let key = certificate.public_key().fingerprint();
    let bound = connection
        .execute(ISSUE, values![authority, serial, der, &fingerprint.0, at.0, &key])
        .await?;
    if bound != 1 {
        return Err(Fault::Bug(Bug(format!("{:?} is bound without being intended", intent.certificate))).into());
    }
    connection.execute(COUNT, values![]).await?;
    holder::name(connection, &intent.certificate, &certificate).await?;
    Ok(())
}

/// Bound certificates that follow `sequence`, in order, a bounded number of them.
pub(crate) async fn issued_after(connection: &mut Connection, sequence: i64) -> Result<Vec<IssuedRow>, Fault> {
    let rows = connection.rows(AFTER, values![sequence]).await?;
    rows.iter()
        .map(|row| {
            Ok(IssuedRow {
                certificate: read_id(row)?,
                sequence: row.column("sequence")?,
                not_after: Instant(row.column("not_after")?),
            })
        })
        .collect()
}

/// The number of the last bound certificate.
pub(crate) async fn last_issued(connection: &mut Connection) -> Result<i64, Fault> {
    let row = connection.row(LAST, values![]).await?;
    row.map_or(Ok(0), |row| row.column("value"))
}

pub(crate) fn read_id(row: &Row) -> Result<CertificateId, Fault> {
    let serial: [u8; 20] = row.octets("serial")?;
    Ok(CertificateId {
        authority: Authority(row.column("authority")?),
        serial: Serial::from_octets(&serial).ok_or_else(|| corrupt("serial", "zero"))?,
    })
}

pub(crate) fn read_shard(row: &Row) -> Result<Shard, Fault> {
    let shard: i64 = row.column("shard")?;
    u32::try_from(shard).map(Shard).map_err(|_| corrupt("shard", shard))
}

statements! {
    BY_ID = "SELECT authority, serial, case_id, profile, shard, not_before, not_after, tbs, price, der, fingerprint
             FROM certificate WHERE authority = $1 AND serial = $2";
    BY_FINGERPRINT =
        "SELECT authority, serial, case_id, profile, shard, not_before, not_after, tbs, price, der, fingerprint
         FROM certificate WHERE fingerprint = $1";
    OF_KEY = "SELECT authority, serial, case_id, profile, shard, not_before, not_after, tbs, price, der, fingerprint
              FROM certificate WHERE public_key = $1";
    COMPROMISED = "SELECT s.sequence FROM certificate k JOIN status s ON s.authority = k.authority AND s.serial = k.serial
                   WHERE k.public_key = $1 AND s.reason = $2 LIMIT 1";
    LIST = "SELECT authority, serial, case_id, profile, shard, not_before, not_after, tbs, price, der, fingerprint, sequence
            FROM certificate WHERE authority = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT 100";
    INTENDED = "SELECT authority, serial, case_id, profile, shard, not_before, not_after, tbs, price, der, fingerprint
                FROM certificate WHERE sequence IS NULL ORDER BY intended_at LIMIT 1000";
    INTEND = "INSERT INTO certificate
                (authority, serial, case_id, profile, shard, not_before, not_after, tbs, intended_at, price, public_key)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (authority, serial) DO NOTHING";
    ISSUE = "UPDATE certificate SET der = $3, fingerprint = $4, issued_at = $5, public_key = $6,
                sequence = (SELECT value + 1 FROM counter WHERE name = 'issued')
             WHERE authority = $1 AND serial = $2 AND sequence IS NULL";
    COUNT = "UPDATE counter SET value = value + 1 WHERE name = 'issued'";
    AFTER = "SELECT authority, serial, sequence, not_after FROM certificate
             WHERE sequence > $1 ORDER BY sequence LIMIT 4096";
    LAST = "SELECT value FROM counter WHERE name = 'issued'";
}

fn read(row: &Row) -> Result<CertificateRow, Fault> {
    let price: Option<i64> = row.column("price")?;
    let fingerprint: Option<Vec<u8>> = row.column("fingerprint")?;
    Ok(CertificateRow {
        certificate: read_id(row)?,
        case: row.octets("case_id")?,
        profile: row.column("profile")?,
        shard: read_shard(row)?,
        not_before: Instant(row.column("not_before")?),
        not_after: Instant(row.column("not_after")?),
        tbs: row.column("tbs")?,
        purchase: price
            .map(|price| {
                u32::try_from(price)
                    .map(|price| Purchase { price })
                    .map_err(|_| corrupt("price", price))
            })
            .transpose()?,
        der: row.column("der")?,
        fingerprint: fingerprint
            .map(|octets| {
                octets
                    .try_into()
                    .map(Fingerprint)
                    .map_err(|_| corrupt("fingerprint", "not 32 octets"))
            })
            .transpose()?,
    })
}

/// The case of an issuance as its row's document.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Intended {
        intent: IntentRow,
    },
    Issued {
        intent: IntentRow,
        fingerprint: case::Hex,
        at: i64,
    },
    Revoked {
        intent: IntentRow,
        fingerprint: case::Hex,
        reason: String,
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct IntentRow {
    authority: String,
    serial: case::Hex,
    tbs: case::Hex,
    profile: String,
    shard: u32,
    not_before: i64,
    not_after: i64,
    price: Option<u32>,
}

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(case::new_is_not_stored()),
        Case::Intended { intent } => Document::Intended {
            intent: intent_row(intent),
        },
        Case::Issued {
            intent,
            fingerprint,
            at,
        } => Document::Issued {
            intent: intent_row(intent),
            fingerprint: case::Hex::of(&fingerprint.0),
            at: at.0,
        },
        Case::Revoked {
            intent,
            fingerprint,
            reason,
            at,
        } => Document::Revoked {
            intent: intent_row(intent),
            fingerprint: case::Hex::of(&fingerprint.0),
            reason: reason_key(*reason).to_owned(),
            at: at.0,
        },
    };
    case::Document::of(state(case), &document)
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Intended { .. } => "intended",
        Case::Issued { .. } => "issued",
        Case::Revoked { .. } => "revoked",
    }
}

/// The case that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Intended { intent } => Case::Intended {
            intent: Box::new(intent.read()?),
        },
        Document::Issued {
            intent,
            fingerprint,
            at,
        } => Case::Issued {
            intent: Box::new(intent.read()?),
            fingerprint: Fingerprint(fingerprint.octets()?),
            at: Instant(at),
        },
        Document::Revoked {
            intent,
            fingerprint,
            reason,
            at,
        } => Case::Revoked {
            intent: Box::new(intent.read()?),
            fingerprint: Fingerprint(fingerprint.octets()?),
            reason: read_reason(&reason)?,
            at: Instant(at),
        },
    })
}

impl IntentRow {
    fn read(self) -> Result<Intent, Fault> {
        Ok(Intent {
            certificate: CertificateId {
                authority: Authority(self.authority),
                serial: Serial::from_octets(&self.serial.octets::<20>()?).ok_or_else(|| corrupt("serial", "zero"))?,
            },
            tbs: Digest(self.tbs.octets()?),
            profile: Profile(self.profile),
            shard: Shard(self.shard),
            validity: (Instant(self.not_before), Instant(self.not_after)),
            purchase: self.price.map(|price| Purchase { price }),
        })
    }
}

fn intent_row(intent: &Intent) -> IntentRow {
    let (not_before, not_after) = intent.validity;
    IntentRow {
        authority: intent.certificate.authority.0.clone(),
        serial: case::Hex::of(intent.certificate.serial.octets()),
        tbs: case::Hex::of(&intent.tbs.0),
        profile: intent.profile.0.clone(),
        shard: intent.shard.0,
        not_before: not_before.0,
        not_after: not_after.0,
        price: intent.purchase.map(|purchase| purchase.price),
    }
}

/// The word for a reason in documents and in the audit.
pub(crate) const fn reason_key(reason: Reason) -> &'static str {
    match reason {
        Reason::Unspecified => "unspecified",
        Reason::KeyCompromise => "key_compromise",
        Reason::CaCompromise => "ca_compromise",
        Reason::AffiliationChanged => "affiliation_changed",
        Reason::Superseded => "superseded",
        Reason::CessationOfOperation => "cessation_of_operation",
        Reason::PrivilegeWithdrawn => "privilege_withdrawn",
    }
}

fn read_reason(key: &str) -> Result<Reason, Fault> {
    [
        Reason::Unspecified,
        Reason::KeyCompromise,
        Reason::CaCompromise,
        Reason::AffiliationChanged,
        Reason::Superseded,
        Reason::CessationOfOperation,
        Reason::PrivilegeWithdrawn,
    ]
    .into_iter()
    .find(|reason| reason_key(*reason) == key)
    .ok_or_else(|| corrupt("reason", key))
}
