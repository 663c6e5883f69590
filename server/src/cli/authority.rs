//! `kagimori ca`.

use std::path::PathBuf;
use std::process::ExitCode;

use casework::certificate::{Reason, Shard};
use casework::identity::Serial;
use casework::time::Instant;
use clap::{Args, Subcommand, ValueEnum};
use pki::ObjectIdentifier;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::name::AuthorityName;
use pki::profile::Validity;
use serde_json::{Value, json};

use super::file::{self, Content};
use super::{CliFault, Operator, actor, operator_name, time};
use crate::authority::crl::Period;
use crate::authority::holder::CardOrder;
use crate::authority::issue::{CardUse, NewAuthority, Order, Registrar, Wanted, id_of};
use crate::authority::{Authority, AuthorityFault, certificates, checked_name};
use crate::desk::CaseId;
use crate::desk::certificate::{Command, Issuance};
use crate::store::CertificateRow;

#[derive(Subcommand)]
pub(super) enum Ca {
    /// Create an authority: a key, encrypted at rest, and its certificate
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),
    /// Issue a certificate from a PKCS#10 request
    #[command(after_help = ISSUE_EXAMPLES)]
    Issue(Issue),
    /// Take in certificates that the authority issued elsewhere, so that their status is answered here
    #[command(after_help = "Example:\n  kagimori ca import --ca mihon old/*.cer")]
    Import(Import),
    /// Revoke a certificate, for good
    #[command(after_help = REVOKE_EXAMPLES)]
    Revoke(Revoke),
    /// Publish the authority's revocation lists now
    #[command(after_help = "Examples:\n  kagimori ca crl --ca mihon\n  kagimori ca crl --ca mihon --out lists")]
    Crl(Crl),
    /// The authorities
    #[command(after_help = "Example:\n  kagimori ca list --json")]
    List,
    /// An authority, or one of its certificates
    #[command(
        after_help = "Examples:\n  kagimori ca show --ca mihon\n  kagimori ca show --ca mihon --serial 4711 --pem"
    )]
    Show(Show),
}

#[derive(Args)]
pub(super) struct Create {
    /// Its name in addresses and commands: a-z, 0-9, -
    #[arg(long)]
    name: String,
    /// root, or issuing with --parent
    #[arg(long, value_enum)]
    profile: AuthorityProfile,
    /// The authority that certifies it
    #[arg(long)]
    parent: Option<String>,
    /// p256, p384, rsa-2048, rsa-3072, rsa-4096, ed25519, ml-dsa-44, ml-dsa-65 or ml-dsa-87
    #[arg(long)]
    algorithm: Algorithm,
    /// The organisation in its certificate; its name, if not given
    #[arg(long, value_name = "TEXT")]
    organisation: Option<String>,
    /// The common name in its certificate; its name, if not given
    #[arg(long, value_name = "TEXT")]
    common_name: Option<String>,
    /// A unit of the organisation, in place of a common name (repeatable): as authorities of citizens' cards are named
    #[arg(long, value_name = "TEXT", conflicts_with = "common_name")]
    unit: Vec<String>,
    /// Years of 365 days for which it is valid; 20 for a root, 10 for an issuing authority
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=30))]
    years: Option<u32>,
    /// A policy under which it issues (repeatable)
    #[arg(long, value_name = "OID", default_value = DOCUMENTATION_POLICY)]
    policy: Vec<ObjectIdentifier>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AuthorityProfile {
    Root,
    Issuing,
}

#[derive(Args)]
pub(super) struct Issue {
    /// Which authority
    #[arg(long)]
    ca: String,
    /// As what
    #[arg(long, value_enum)]
    profile: CertificateProfile,
    /// The request, PEM or DER; only its key is taken
    #[arg(long, value_name = "FILE")]
    csr: PathBuf,
    /// For whom: holder, organisation, term and price (needed for a card)
    #[arg(long, value_name = "FILE")]
    holder: Option<PathBuf>,
    /// Where the certificate goes, in PEM; standard output, if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CertificateProfile {
    AuthorityCardAuthentication,
    AuthorityCardSignature,
    OcspResponder,
}

#[derive(Args)]
pub(super) struct Import {
    /// Which authority
    #[arg(long)]
    ca: String,
    /// The certificates, PEM or DER
    #[arg(required = true)]
    certificates: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Revoke {
    /// Which authority
    #[arg(long)]
    ca: String,
    /// The serial number, in decimal or, after 0x, in hexadecimal
    #[arg(long, value_parser = serial)]
    serial: Serial,
    /// Why: unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation or
    /// privilegeWithdrawn
    #[arg(long, value_parser = reason)]
    reason: Reason,
}

#[derive(Args)]
pub(super) struct Crl {
    /// Which authority
    #[arg(long)]
    ca: String,
    /// Write the lists there too, as NAME-SHARD.crl
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Show {
    /// Which authority
    #[arg(long)]
    ca: String,
    /// One of its certificates instead of its own
    #[arg(long, value_parser = serial)]
    serial: Option<Serial>,
    /// The certificate itself
    #[arg(long)]
    pem: bool,
}

impl Ca {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        match self {
            Self::Create(create) => create.run(operator).await,
            Self::Issue(issue) => issue.run(operator).await,
            Self::Import(import) => import.run(operator).await,
            Self::Revoke(revoke) => revoke.run(operator).await,
            Self::Crl(crl) => crl.run(operator).await,
            Self::List => list(operator).await,
            Self::Show(show) => show.run(operator).await,
        }
    }
}

impl Create {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let name = checked_name(&self.name)?;
        let parent = match (self.profile, &self.parent) {
            (AuthorityProfile::Root, None) => None,
            (AuthorityProfile::Issuing, Some(parent)) => Some(parent.clone()),
            (AuthorityProfile::Root, Some(_)) => return Err(CliFault::Usage("a root has no --parent".to_owned())),
            (AuthorityProfile::Issuing, None) => {
                return Err(CliFault::Usage(
                    "an issuing authority needs --parent, the name of the one that certifies it".to_owned(),
                ));
            }
        };
        let part = |given: &Option<String>| given.clone().unwrap_or_else(|| self.name.clone());
        let organisation = part(&self.organisation);
        let subject = if self.unit.is_empty() {
            AuthorityName::new(&organisation, &part(&self.common_name))
        } else {
            AuthorityName::of_units(&organisation, &self.unit)
        };
        let subject = subject.map_err(AuthorityFault::from)?;
        let (_, registrar) = operator.registrar().await?;
        let parent = match parent {
            Some(parent) => Some(registrar.keyring.authority(registrar.desk.store(), &parent).await?),
            None => None,
        };
        let now = registrar.desk.clock().now();
        let years = self
            .years
            .unwrap_or(if self.profile == AuthorityProfile::Root { 20 } else { 10 });
        let end = now.0 + i64::from(years) * 365 * 86_400 - 1;
        let end = parent
            .as_ref()
            .map_or(end, |parent| end.min(parent.certificate().not_after()));
        let new = NewAuthority {
            name,
            algorithm: self.algorithm,
            parent,
            subject,
            policies: self.policy,
            validity: Validity::between(now.0, end).map_err(AuthorityFault::from)?,
        };
        let by = operator_name();
        let authority = registrar.create(&actor(&by), new).await?;
        registrar.desk.store().close().await;
        let text = format!("created {}\n{}", self.name, described(authority.certificate()));
        let mut value = about(authority.certificate());
        add(&mut value, "name", &self.name);
        operator.tell(&text, &value)
    }
}

impl Issue {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let request = CertificateRequest::parse(&file::der(&self.csr, Content::Request)?)
            .map_err(|fault| CliFault::file(&self.csr, &fault))?;
        let (_, registrar) = operator.registrar().await?;
        let issuer = registrar.keyring.authority(registrar.desk.store(), &self.ca).await?;
        let order = self.order(&issuer, request, registrar.desk.clock().now())?;
        let by = operator_name();
        let certificate = registrar.issue(&actor(&by), &issuer, &order).await?;
        registrar.desk.store().close().await;
        let pem = certificate.to_pem();
        let text = match &self.out {
            Some(path) => {
                file::write(path, pem.as_bytes())?;
                format!("issued {}\n{}", path.display(), described(&certificate))
            }
            None => pem.clone(),
        };
        let mut value = about(&certificate);
        add(&mut value, "pem", &pem);
        operator.tell(&text, &value)
    }

    fn order(&self, issuer: &Authority, request: CertificateRequest, now: Instant) -> Result<Order, CliFault> {
        let key = request.public_key().clone();
        let purpose = match self.profile {
            CertificateProfile::AuthorityCardAuthentication => CardUse::Authentication,
            CertificateProfile::AuthorityCardSignature => CardUse::Signature,
            CertificateProfile::OcspResponder => {
                let organisation = request.subject().to_string();
                let name = AuthorityName::new(&issuer.name().0, &organisation).map_err(AuthorityFault::from)?;
                let end = (now.0 + RESPONDER_DAYS * 86_400 - 1).min(issuer.certificate().not_after());
                let validity = Validity::between(now.0, end).map_err(AuthorityFault::from)?;
                return Ok(Order {
                    wanted: Wanted::Responder(name),
                    key,
                    validity,
                    purchase: None,
                });
            }
        };
        let Some(path) = &self.holder else {
            return Err(CliFault::Usage(
                "a card needs --holder FILE; `kagimori ca issue --help` shows one".to_owned(),
            ));
        };
        let holder = CardOrder::read(path)?;
        let validity = holder.term.validity(now).map_err(AuthorityFault::from)?;
        let purchase = holder.purchase;
        Ok(Order {
            wanted: Wanted::Card(purpose, Box::new(holder)),
            key,
            validity,
            purchase,
        })
    }
}

impl Import {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        // All are read before any is taken in.
        let read = self
            .certificates
            .iter()
            .map(|path| Ok((path, file::certificate(path)?)));
        let read = read.collect::<Result<Vec<_>, CliFault>>()?;
        let (_, registrar) = operator.registrar().await?;
        let issuer = registrar.keyring.authority(registrar.desk.store(), &self.ca).await?;
        for (path, certificate) in &read {
            certificate
                .verify_signed_by(issuer.certificate())
                .map_err(|fault| CliFault::file(path, &fault))?;
        }
        let by = operator_name();
        let certificates: Vec<Certificate> = read.iter().map(|(_, certificate)| certificate.clone()).collect();
        let taken_in = registrar.import(&actor(&by), &issuer, &certificates).await?.len();
        registrar.desk.store().close().await;
        operator.tell(
            &format!("imported {taken_in} certificates of {}", self.ca),
            &json!({ "imported": taken_in }),
        )
    }
}

impl Revoke {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let (_, registrar) = operator.registrar().await?;
        let row = find(&registrar, &self.ca, &self.serial).await?;
        let by = operator_name();
        let case = CaseId::<Issuance>::from_octets(row.case);
        let command = Command::Revoke { reason: self.reason };
        registrar
            .desk
            .perform(&actor(&by), case, &command)
            .await
            .map_err(AuthorityFault::from)?;
        let status = registrar.desk.store().status(&row.certificate).await?;
        registrar.desk.store().close().await;
        let at = status.map_or_else(String::new, |(status, _)| time::shown(status.revoked_at));
        let text = format!(
            "revoked {} of {} at {at}; a running server answers so within a second",
            self.serial, self.ca
        );
        operator.tell(
            &text,
            &json!({ "authority": self.ca, "serial": self.serial.to_string(), "revoked_at": at }),
        )
    }
}

impl Crl {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let (config, registrar) = operator.registrar().await?;
        let store = registrar.desk.store().clone();
        let authority = registrar.keyring.authority(&store, &self.ca).await?;
        let period = Period {
            lives: config.validation.crl_lives,
            every: config.validation.crl_every,
        };
        if let Some(directory) = &self.out {
            std::fs::create_dir_all(directory).map_err(|fault| CliFault::file(directory, &fault))?;
        }
        let (mut text, mut lists) = (Vec::new(), Vec::new());
        for shard in registrar.shards_of(authority.name()).await? {
            registrar.publish(&authority, shard, period).await?;
            let Some((row, der)) = store.published_crl(authority.name(), shard).await? else {
                continue;
            };
            let Shard(shard) = shard;
            if let Some(directory) = &self.out {
                file::write(&directory.join(format!("{}-{shard}.crl", self.ca)), &der)?;
            }
            let until = time::shown(row.next_update);
            text.push(format!(
                "{}/{shard}.crl: number {}, {} entries, until {until}",
                self.ca, row.number, row.entries
            ));
            lists.push(json!({ "shard": shard, "number": row.number, "entries": row.entries, "next_update": until }));
        }
        store.close().await;
        operator.tell(&text.join("\n"), &json!({ "authority": self.ca, "lists": lists }))
    }
}

impl Show {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let (_, registrar) = operator.registrar().await?;
        let store = registrar.desk.store().clone();
        let (certificate, status) = if let Some(serial) = &self.serial {
            let row = find(&registrar, &self.ca, serial).await?;
            let status = store.status(&row.certificate).await?;
            let der = row.der.ok_or_else(|| nothing(&self.ca, serial))?;
            (Certificate::parse(&der).map_err(AuthorityFault::from)?, status)
        } else {
            let own = certificates(&store)
                .await?
                .into_iter()
                .find(|(name, _)| name.0 == self.ca);
            (own.ok_or_else(|| AuthorityFault::Unknown(self.ca.clone()))?.1, None)
        };
        store.close().await;
        let mut value = about(&certificate);
        let mut text = if self.pem {
            certificate.to_pem()
        } else {
            described(&certificate)
        };
        if let Some((status, number)) = status {
            let at = time::shown(status.revoked_at);
            add(&mut value, "revoked_at", &at);
            if !self.pem {
                let by = number.map_or_else(String::new, |number| format!(", application {number}"));
                text = format!("{text}\n  revoked   {at}{by}");
            }
        }
        add(&mut value, "pem", &certificate.to_pem());
        operator.tell(&text, &value)
    }
}

async fn list(operator: &Operator) -> Result<ExitCode, CliFault> {
    let config = operator.configuration()?;
    let store = operator.store(&config).await?;
    let all = certificates(&store).await?;
    store.close().await;
    if all.is_empty() {
        return operator.tell(
            "there is no authority yet; `kagimori ca create --help` shows how to make one",
            &json!([]),
        );
    }
    let text: Vec<String> = all
        .iter()
        .map(|(name, own)| format!("{}\n{}", name.0, described(own)))
        .collect();
    let values: Vec<Value> = all
        .iter()
        .map(|(name, own)| {
            let mut value = about(own);
            add(&mut value, "name", &name.0);
            value
        })
        .collect();
    operator.tell(&text.join("\n"), &Value::Array(values))
}

async fn find(registrar: &Registrar, ca: &str, serial: &Serial) -> Result<CertificateRow, CliFault> {
    let id = id_of(&checked_name(ca)?, serial.octets());
    Ok(registrar
        .desk
        .store()
        .certificate(&id)
        .await?
        .ok_or_else(|| nothing(ca, serial))?)
}

fn nothing(ca: &str, serial: &Serial) -> AuthorityFault {
    AuthorityFault::NoCertificate {
        authority: ca.to_owned(),
        serial: serial.to_string(),
    }
}

fn described(certificate: &Certificate) -> String {
    format!(
        "  subject   {}\n  issuer    {}\n  serial    {}\n  valid     {} to {}\n  key       {}",
        certificate.subject(),
        certificate.issuer(),
        certificate.serial(),
        time::shown(Instant(certificate.not_before())),
        time::shown(Instant(certificate.not_after())),
        certificate.public_key().algorithm(),
    )
}

fn about(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.serial().to_string(),
        "not_before": time::shown(Instant(certificate.not_before())),
        "not_after": time::shown(Instant(certificate.not_after())),
        "algorithm": certificate.public_key().algorithm().to_string(),
    })
}

fn add(value: &mut Value, key: &str, text: &str) {
    if let Value::Object(fields) = value {
        fields.insert(key.to_owned(), Value::from(text));
    }
}

fn serial(text: &str) -> Result<Serial, String> {
    let wrong = || format!("{text:?} is no serial number; write it in decimal, or in hexadecimal after 0x");
    let octets = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => {
            let digits = digits.replace(':', "");
            let even = if digits.len() % 2 == 1 {
                format!("0{digits}")
            } else {
                digits
            };
            let octets: Option<Vec<u8>> = (0..even.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(even.get(at..at + 2)?, 16).ok())
                .collect();
            octets.ok_or_else(wrong)?
        }
        None => text
            .parse::<pki::serial::Serial>()
            .map_err(|_| wrong())?
            .as_bytes()
            .to_vec(),
    };
    Serial::from_octets(&octets).ok_or_else(wrong)
}

fn reason(text: &str) -> Result<Reason, String> {
    Ok(match text {
        "unspecified" => Reason::Unspecified,
        "keyCompromise" => Reason::KeyCompromise,
        "cACompromise" => Reason::CaCompromise,
        "affiliationChanged" => Reason::AffiliationChanged,
        "superseded" => Reason::Superseded,
        "cessationOfOperation" => Reason::CessationOfOperation,
        "privilegeWithdrawn" => Reason::PrivilegeWithdrawn,
        _ => return Err(format!("{text:?} is no reason; see --help")),
    })
}

/// RFC 5612 reserves this enterprise number for documentation: a deployment gives its own with `--policy`.
const DOCUMENTATION_POLICY: &str = "1.3.6.1.4.1.32473.1";

const RESPONDER_DAYS: i64 = 30;

pub(super) const EXAMPLES: &str = "Examples:
  kagimori ca create --name root --profile root --algorithm p384
  kagimori ca create --name mihon --profile issuing --parent root --algorithm p256
  kagimori ca issue --ca mihon --profile authority-card-signature --csr sign.csr --holder taro.toml --out sign.pem
  kagimori ca revoke --ca mihon --serial 4711 --reason keyCompromise";

const CREATE_EXAMPLES: &str = "Examples:
  kagimori ca create --name root --profile root --algorithm p384 --organisation 見本認証株式会社 --common-name '見本ルート認証局'
  kagimori ca create --name mihon --profile issuing --parent root --algorithm p256 --policy 1.2.392.200000.1.1

The passphrase that encrypts the key is found where `passphrase` under [keys] of the configuration says.";

const ISSUE_EXAMPLES: &str = "Examples:
  kagimori ca issue --ca mihon --profile authority-card-authentication --csr auth.csr --holder taro.toml --out auth.pem
  kagimori ca issue --ca mihon --profile authority-card-signature --csr sign.der --holder taro.toml

A holder's file:
  term = \"1年+30日\"          # 1年+30日 to 4年+30日, 5年; or from = \"2026-04-01\" and until = \"2027-04-30\"
  [holder]
  name = \"鍵守 太郎\"
  name_romaji = \"KAGIMORI Taro\"
  # address_romaji = \"1-1-1 Kasumigaseki, Chiyoda-ku, Tokyo\"
  [organisation]
  name = \"見本建設株式会社\"
  name_romaji = \"Mihon Kensetsu Co., Ltd.\"
  address = \"東京都千代田区霞が関一丁目1番1号\"
  # corporate_number = \"7000012050002\"
  [purchase]
  price = 28600              # yen; the refund is computed from it";

const REVOKE_EXAMPLES: &str = "Examples:
  kagimori ca revoke --ca mihon --serial 4711 --reason keyCompromise
  kagimori ca revoke --ca mihon --serial 0x1267 --reason superseded";
