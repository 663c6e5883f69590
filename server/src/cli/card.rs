//! `kagimori card`: citizens' cards, and the master key that their unblock keys come from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casework::identity::CardNumber;
use clap::{Args, Subcommand};
use pki::certificate::Certificate;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::file::{self, Content};
use super::{CliFault, Operator, actor, operator_name};
use crate::authority::citizen::{EXAMPLE, NewCard, Person, Personalised};
use crate::portal::session::hex;
use crate::unblock::KeyVersion;

#[derive(Subcommand)]
pub(super) enum Card {
    /// Make a citizen's card: both certificates, what is printed on it, its unblock keys
    #[command(after_help = examples())]
    Issue(Issue),
    /// Make a version more of the master key; cards are issued under it from then on
    #[command(after_help = "Example:\n  kagimori card renew-key")]
    RenewKey,
}

#[derive(Args)]
pub(super) struct Issue {
    /// Which office issues it
    #[arg(long)]
    office: String,
    /// The directory with authentication.csr, signature.csr and card.json, as `kagimori-agent virtual-card new` wrote them
    #[arg(long, value_name = "DIR")]
    csr: PathBuf,
    /// For whom
    #[arg(long, value_name = "FILE")]
    person: PathBuf,
    /// The face that is printed on it: JPEG or JPEG 2000
    #[arg(long, value_name = "FILE")]
    face: PathBuf,
    /// Where everything goes that the card is loaded with
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori card issue --office mihon-city --csr requests --person taro.toml --face taro.jpg --out taro
  kagimori card renew-key";

/// What the agent says of a card that waits for its certificates.
#[derive(Deserialize)]
struct Waiting {
    number: String,
}

impl Card {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        match self {
            Self::Issue(issue) => issue.run(operator).await,
            Self::RenewKey => renew_key(operator).await,
        }
    }
}

impl Issue {
    async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let person = Person::read(&self.person)?;
        let face = std::fs::read(&self.face).map_err(|fault| CliFault::file(&self.face, &fault))?;
        let face = Zeroizing::new(face);
        let request = |name: &str| file::der(&self.csr.join(name), Content::Request);
        let (authentication, signature) = (request("authentication.csr")?, request("signature.csr")?);
        let card = NewCard::read(self.number()?, &authentication, &signature)?;
        let (_, registrar) = operator.registrar().await?;
        let office = registrar.desk.office(&self.office).ok_or_else(|| {
            CliFault::Refused(format!(
                "there is no office {}; `kagimori office list` shows those that are loaded",
                self.office
            ))
        })?;
        let name = operator_name();
        let made = registrar
            .citizen_card(&actor(&name), &office, &card, &person, &face)
            .await;
        registrar.desk.store().close().await;
        let made = made?;
        self.write(&made)?;
        let number_b = &*made.number_b;
        let text = format!(
            "card {}\n照合番号B {number_b}, which is printed on it\nwritten to {}: load the card with it, then destroy \
             unblock.key there\nwhoever takes the picture from the card names visual-signer.cer under `visual_signers` of the \
             office",
            made.number,
            self.out.display()
        );
        let value = json!({
            "card": made.number.to_string(),
            "office": self.office,
            "key_version": made.key_version.get(),
            "authentication": about(&made.authentication),
            "signature": about(&made.signature),
            "number_b": number_b,
            "out": self.out.display().to_string(),
        });
        operator.tell(&text, &value)
    }

    fn number(&self) -> Result<CardNumber, CliFault> {
        let path = self.csr.join("card.json");
        let text = std::fs::read_to_string(&path).map_err(|fault| CliFault::file(&path, &fault))?;
        let waiting: Waiting = serde_json::from_str(&text).map_err(|fault| CliFault::file(&path, &fault))?;
        CardNumber::parse(&waiting.number).ok_or_else(|| {
            CliFault::file(
                &path,
                &"`number` is no card number: sixteen digits, the last one checks them",
            )
        })
    }

    fn write(&self, made: &Personalised) -> Result<(), CliFault> {
        std::fs::create_dir_all(&self.out).map_err(|fault| CliFault::file(&self.out, &fault))?;
        let [authentication_ca, signature_ca] = &made.issuers;
        for (name, certificate) in [
            ("authentication.cer", &made.authentication),
            ("signature.cer", &made.signature),
            ("authentication-ca.cer", authentication_ca),
            ("signature-ca.cer", signature_ca),
            ("visual-signer.cer", &made.visual_signer),
        ] {
            file::write(&self.out.join(name), certificate.to_pem().as_bytes())?;
        }
        secret(&self.out.join("visual.bin"), &made.visual)?;
        secret(&self.out.join("unblock.key"), unblock_key(made).as_bytes())
    }
}

/// A version, and each key under its reference (docs/formats.md).
fn unblock_key(made: &Personalised) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(200));
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}", made.key_version);
    for (reference, key) in &made.keys {
        let _ = writeln!(text, "{reference:02x} {}", *Zeroizing::new(hex(&**key)));
    }
    text
}

/// What only its owner reads; the one that was there goes.
fn secret(path: &Path, octets: &[u8]) -> Result<(), CliFault> {
    match std::fs::remove_file(path) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => return Err(CliFault::file(path, &fault)),
        Ok(()) | Err(_) => {}
    }
    file::write_new_secret(path, octets).map(drop)
}

async fn renew_key(operator: &Operator) -> Result<ExitCode, CliFault> {
    let (_, registrar) = operator.registrar().await?;
    let desk = &registrar.desk;
    let renewed = registrar
        .keyring
        .renew_unblock(desk.store(), desk.clock(), desk.chance())
        .await;
    desk.store().close().await;
    let version = renewed?.issues().map_or(0, KeyVersion::get);
    let text = format!("cards are issued under version {version} of the master key; those before it go on to count");
    operator.tell(&text, &json!({ "key_version": version }))
}

fn about(certificate: &Certificate) -> Value {
    json!({
        "serial": certificate.serial().to_string(),
        "not_after": certificate.not_after(),
        "pem": certificate.to_pem(),
    })
}

fn examples() -> String {
    format!("{EXAMPLES}\n\nA person's file:\n\n{EXAMPLE}")
}
