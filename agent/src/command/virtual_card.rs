//! `virtual-card`: a card in software, for demonstrations and tests.

use std::path::{Path, PathBuf};

use agent::Clock;
use agent::virtual_card::{self as cards, Blank, Keys, NewCard, Plugged, Storage, Tries};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use zeroize::Zeroizing;

use super::pin::{PIN, PinFrom};
use super::{complain, say};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXAMPLES)]
pub(crate) struct VirtualCard {
    #[command(subcommand)]
    make: Option<Make>,
    /// The kind of card
    #[arg(long, value_enum, required = true)]
    kind: Option<Kind>,
    /// The card's file: its memory, with its keys; an example card is made where there is none
    #[arg(long, value_name = "FILE", required = true)]
    state: Option<PathBuf>,
    /// The kind of both keys, where the card is made
    #[arg(long, value_enum, default_value_t = KeyKind::P256)]
    algorithm: KeyKind,
    #[command(flatten)]
    pin: PinFrom,
    /// Where vpcd listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:35963")]
    vpcd: String,
}

#[derive(Subcommand)]
enum Make {
    /// Makes a card with keys of its own, and writes a certificate request for each
    New(New),
    /// Puts certificates on a card that waits for them
    Load(Load),
}

#[derive(Args)]
struct NewBlank {
    /// The kind of card
    #[arg(long, value_enum)]
    kind: Kind,
    /// The card's file: its memory, with its keys
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The kind of both keys, where the card is made
    #[arg(long, value_enum, default_value_t = KeyKind::P256)]
    algorithm: KeyKind,
    #[command(flatten)]
    pin: PinFrom,
}

#[derive(Args)]
struct New {
    #[command(flatten)]
    blank: NewBlank,
    /// Directory for authentication.csr and signature.csr
    #[arg(long, value_name = "DIR")]
    csr: PathBuf,
}

#[derive(Args)]
struct Load {
    /// The card's file
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Certificates, PEM or DER, in any order
    #[arg(required = true, value_name = "CERT")]
    certificates: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// A PIV card with ten PIN tries, as certification authorities issue for electronic bidding
    Piv,
}

#[derive(Clone, Copy, ValueEnum)]
enum KeyKind {
    P256,
    P384,
    #[value(name = "rsa-2048")]
    Rsa2048,
}

impl VirtualCard {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match (self.make, self.kind, self.state) {
            (Some(Make::New(new)), _, _) => new.run(),
            (Some(Make::Load(load)), _, _) => load.run(),
            (None, Some(kind), Some(state)) => {
                let blank = NewBlank {
                    kind,
                    state,
                    algorithm: self.algorithm,
                    pin: self.pin,
                };
                plug(blank, &self.vpcd).await
            }
            // The parser asks for both where no subcommand is named.
            (None, _, _) => bail!("say --kind and --state, or new, or load"),
        }
    }
}

/// Stays in the reader until it is interrupted or the reader ends.
async fn plug(blank: NewBlank, vpcd: &str) -> anyhow::Result<()> {
    let card = if blank.state.exists() {
        cards::VirtualCard::open(&blank.state)
            .with_context(|| format!("{} cannot be put into the reader", blank.state.display()))?
    } else {
        let secrets = blank.secrets()?;
        let card = cards::example(blank.design(&secrets), Clock::system().now())?;
        complain(&format!("made an example card in {}", blank.state.display()));
        card
    };
    let mut plugged = Plugged::insert(vpcd, card)
        .with_context(|| format!("no vpcd listens on {vpcd}; start pcscd with vpcd first"))?;
    complain("the card is in the reader; Ctrl-C takes it out");
    let waited = tokio::task::spawn_blocking(move || plugged.wait());
    tokio::select! {
        ended = waited => ended?.context("the reader broke the connection off"),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            // The blocking wait cannot be cancelled; closing the process closes the connection, which is the removal.
            std::process::exit(0)
        }
    }
}

impl New {
    fn run(self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.csr).with_context(|| format!("{} cannot be made", self.csr.display()))?;
        let secrets = self.blank.secrets()?;
        let blank = Blank::begin(self.blank.design(&secrets))?;
        let requests = blank.requests()?;
        for (name, der) in [
            ("authentication.csr", &requests.authentication),
            ("signature.csr", &requests.signature),
        ] {
            let path = self.csr.join(name);
            let pem = CertificateRequest::parse(der)?.to_pem();
            std::fs::write(&path, pem).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        say(&format!(
            "Card {} is in {}; its requests are in {}. Load its certificates next.",
            blank.identifier(),
            self.blank.state.display(),
            self.csr.display()
        ));
        Ok(())
    }
}

impl Load {
    fn run(self) -> anyhow::Result<()> {
        let ders: Vec<Vec<u8>> = self
            .certificates
            .iter()
            .map(|path| certificate(path))
            .collect::<anyhow::Result<_>>()?;
        let given: Vec<&[u8]> = ders.iter().map(Vec::as_slice).collect();
        let card = Blank::reopen(&self.state)
            .with_context(|| format!("{} takes no certificates", self.state.display()))?
            .load(&given)?;
        say(&format!("Card {} has its certificates.", card.identifier()));
        Ok(())
    }
}

impl NewBlank {
    fn secrets(&self) -> anyhow::Result<(Zeroizing<String>, Zeroizing<String>)> {
        let Kind::Piv = self.kind;
        let pin = self.pin.open()?.text(PIN, "PIN of the new card: ")?;
        Ok((pin, cards::random_puk()))
    }

    fn design<'a>(&self, (pin, puk): &'a (Zeroizing<String>, Zeroizing<String>)) -> NewCard<'a> {
        NewCard {
            storage: Storage::File(self.state.clone()),
            tries: Tries::AUTHORITY,
            keys: match self.algorithm {
                KeyKind::P256 => Keys::P256,
                KeyKind::P384 => Keys::P384,
                KeyKind::Rsa2048 => Keys::Rsa2048,
            },
            pin,
            puk,
        }
    }
}

fn certificate(path: &Path) -> anyhow::Result<Vec<u8>> {
    let octets = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let read = match std::str::from_utf8(&octets) {
        Ok(text) if text.contains("-----BEGIN") => Certificate::from_pem(text),
        _ => Certificate::parse(&octets),
    };
    let certificate = read.with_context(|| format!("{} is no certificate", path.display()))?;
    Ok(certificate.der().to_vec())
}

const EXAMPLES: &str = "Examples:
  kagimori-agent virtual-card --kind piv --state card.json
  kagimori-agent virtual-card new --kind piv --state card.json --csr requests
  kagimori-agent virtual-card load --state card.json authentication.pem signature.pem

The PIN of a new card comes from --pin-fd N, KAGIMORI_PIN or a prompt; a card that is there keeps its own.";
