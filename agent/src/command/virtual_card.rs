//! `virtual-card`: a card in software, for demonstrations and tests.

use std::path::{Path, PathBuf};

use agent::Clock;
use agent::virtual_card::{
    self as cards, Blank, BlankCitizen, EXAMPLE_PRINTED, Keys, NewCard, NewCitizen, Plugged, Storage, Tries,
    UnblockKeys,
};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use zeroize::Zeroizing;

use super::pin::{PASSWORD, PIN, PinFrom};
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
    /// The kind of both keys of a PIV card, where the card is made; a citizen's card has RSA keys
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
    /// The kind of both keys of a PIV card, where the card is made; a citizen's card has RSA keys
    #[arg(long, value_enum, default_value_t = KeyKind::P256)]
    algorithm: KeyKind,
    #[command(flatten)]
    pin: PinFrom,
}

#[derive(Args)]
struct New {
    #[command(flatten)]
    blank: NewBlank,
    /// Directory for authentication.csr and signature.csr, and for card.json with the number of a citizen's card
    #[arg(long, value_name = "DIR")]
    csr: PathBuf,
}

#[derive(Args)]
struct Load {
    /// The card's file
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Certificates, PEM or DER, in any order; for a citizen's card also those of its authorities
    #[arg(required = true, value_name = "CERT")]
    certificates: Vec<PathBuf>,
    /// A citizen's card: the file of its face, which its issuer made
    #[arg(long, value_name = "FILE", requires = "unblock_keys")]
    visual: Option<PathBuf>,
    /// A citizen's card: the file of keys that let its password be set anew
    #[arg(long, value_name = "FILE", requires = "visual")]
    unblock_keys: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// A PIV card with ten PIN tries, as certification authorities issue for electronic bidding
    Piv,
    /// A citizen's card (マイナンバーカード) with 公的個人認証, 券面 and the application that sets a forgotten password anew
    Jpki,
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
        let now = Clock::system().now();
        let card = match blank.kind {
            Kind::Piv => cards::example(blank.design(&blank.secrets()?), now)?,
            Kind::Jpki => example_citizen(&blank, now)?,
        };
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

/// An example whose PINs everybody knows, unless they are said.
fn example_citizen(blank: &NewBlank, now: i64) -> anyhow::Result<cards::VirtualCard> {
    let (pin, password) = if blank.pin.is_given() {
        blank.citizen_secrets()?
    } else {
        (
            Zeroizing::new(EXAMPLE_PIN.to_owned()),
            Zeroizing::new(EXAMPLE_PASSWORD.to_owned()),
        )
    };
    let new = NewCitizen {
        storage: Storage::File(blank.state.clone()),
        pin: &pin,
        password: &password,
    };
    let card = cards::example_citizen(new, now)?;
    if !blank.pin.is_given() {
        complain(&format!("PIN {EXAMPLE_PIN}, signature password {EXAMPLE_PASSWORD}"));
    }
    complain(&format!(
        "printed on it: birth {}, valid until {}, security code {}",
        EXAMPLE_PRINTED.birth, EXAMPLE_PRINTED.expiry, EXAMPLE_PRINTED.code
    ));
    Ok(card)
}

impl New {
    fn run(self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.csr).with_context(|| format!("{} cannot be made", self.csr.display()))?;
        let (requests, name) = match self.blank.kind {
            Kind::Piv => {
                let blank = Blank::begin(self.blank.design(&self.blank.secrets()?))?;
                (blank.requests()?, blank.identifier().to_string())
            }
            Kind::Jpki => {
                let (pin, password) = self.blank.citizen_secrets()?;
                let blank = BlankCitizen::begin(NewCitizen {
                    storage: Storage::File(self.blank.state.clone()),
                    pin: &pin,
                    password: &password,
                })?;
                let number = blank.number().to_string();
                let path = self.csr.join("card.json");
                let told = serde_json::to_string_pretty(&serde_json::json!({ "number": number }))?;
                std::fs::write(&path, told + "\n").with_context(|| format!("{} cannot be written", path.display()))?;
                (blank.requests()?, number)
            }
        };
        for (name, der) in [
            ("authentication.csr", &requests.authentication),
            ("signature.csr", &requests.signature),
        ] {
            let path = self.csr.join(name);
            let pem = CertificateRequest::parse(der)?.to_pem();
            std::fs::write(&path, pem).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        say(&format!(
            "Card {name} is in {}; its requests are in {}. Load its certificates next.",
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
        let refused = || format!("{} takes no certificates", self.state.display());
        let name = if let (Some(visual), Some(keys)) = (&self.visual, &self.unblock_keys) {
            let octets = std::fs::read(visual).with_context(|| format!("{} cannot be read", visual.display()))?;
            let text = std::fs::read_to_string(keys).with_context(|| format!("{} cannot be read", keys.display()))?;
            let keys = UnblockKeys::parse(&Zeroizing::new(text))?;
            let blank = BlankCitizen::reopen(&self.state).with_context(refused)?;
            let number = blank.number().to_string();
            blank.load(&given, &octets, keys)?;
            number
        } else {
            let blank = match Blank::reopen(&self.state) {
                Err(_) if BlankCitizen::reopen(&self.state).is_ok() => bail!(
                    "{} is a citizen's card: say --visual and --unblock-keys too, with the files that its issuer made",
                    self.state.display()
                ),
                blank => blank.with_context(refused)?,
            };
            blank.load(&given)?.identifier().to_string()
        };
        say(&format!("Card {name} has its certificates."));
        Ok(())
    }
}

impl NewBlank {
    fn secrets(&self) -> anyhow::Result<(Zeroizing<String>, Zeroizing<String>)> {
        let pin = self.pin.open()?.text(PIN, "PIN of the new card: ")?;
        Ok((pin, cards::random_puk()))
    }

    /// The four digits and the signature password.
    fn citizen_secrets(&self) -> anyhow::Result<(Zeroizing<String>, Zeroizing<String>)> {
        let mut pins = self.pin.open()?;
        let pin = pins.text(PIN, "Four-digit PIN of the new card: ")?;
        let password = pins.text(PASSWORD, "Signature password of the new card: ")?;
        Ok((pin, password))
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
  kagimori-agent virtual-card --kind jpki --state citizen.json
  kagimori-agent virtual-card new --kind jpki --state citizen.json --csr requests
  kagimori-agent virtual-card load --state citizen.json --visual made/visual.bin --unblock-keys made/unblock.key made/*.cer

The PIN of a new card comes from --pin-fd N, KAGIMORI_PIN or a prompt; a card that is there keeps its own.
A citizen's card has two: four digits, and the signature password from the second line of --pin-fd,
KAGIMORI_PASSWORD or a prompt. An example card whose PINs are not said has known ones, and tells them.";

const EXAMPLE_PIN: &str = "1234";
const EXAMPLE_PASSWORD: &str = "ABC123";
