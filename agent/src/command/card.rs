//! `card list|show|verify-pin|change-pin|sign`.

use std::path::PathBuf;

use agent::Clock;
use anyhow::Context as _;
use card::jpki::{self, Jpki};
use card::piv::Piv;
use card::reader::{CardState, Readers};
use card::{CardFault, LastTryConsent, TriesLeft};
use clap::{Args, Subcommand};
use pki::certificate::Certificate;
use pki::cms::Draft;
use serde::Serialize;

use super::pin::{NEW_PIN, PIN, PinFrom};
use super::say;

#[derive(Subcommand)]
pub(crate) enum Card {
    /// Lists the readers and what is in them
    #[command(after_help = "Example:\n  kagimori-agent card list --json")]
    List(List),
    /// Shows what the card tells without a PIN
    #[command(after_help = "Example:\n  kagimori-agent card show --reader 'ACS ACR39U 00 00'")]
    Show(Show),
    /// Checks the PIN; a wrong one spends a try
    #[command(
        after_help = "Examples:\n  kagimori-agent card verify-pin\n  kagimori-agent card verify-pin --pin-fd 3 3< pin.txt"
    )]
    VerifyPin(WithPin),
    /// Replaces the PIN (the new one: second line of --pin-fd, KAGIMORI_NEW_PIN, or a prompt)
    #[command(after_help = "Example:\n  kagimori-agent card change-pin")]
    ChangePin(WithPin),
    /// Signs a file with the signature key, as detached CMS beside it
    #[command(
        after_help = "Examples:\n  kagimori-agent card sign application.txt\n  openssl cms -verify -binary -inform DER -in application.txt.p7s -content application.txt -CAfile root.pem"
    )]
    Sign(Sign),
}

#[derive(Args)]
pub(crate) struct List {
    /// Writes JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    which: Which,
    /// Writes JSON
    #[arg(long)]
    json: bool,
}

/// Which card.
#[derive(Args)]
struct Which {
    /// The reader's name, as `card list` shows it; needed where more than one card is inserted
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
}

#[derive(Args)]
pub(crate) struct WithPin {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    pin: PinFrom,
    /// Spends the last try if it must be; a wrong PIN then locks the card
    #[arg(long)]
    last_try: bool,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// What is signed
    file: PathBuf,
    /// Where the signature goes; FILE.p7s if not said
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    card: WithPin,
}

#[derive(Serialize)]
struct ReaderLine {
    reader: String,
    card: &'static str,
}

#[derive(Serialize)]
struct CardLine {
    reader: String,
    identifier: String,
    pin: PinLine,
    authentication: CertificateLine,
    signature: CertificateLine,
}

/// A citizen's card. Its signature certificate is told to who knows the password alone.
#[derive(Serialize)]
struct CitizenLine {
    reader: String,
    label: String,
    /// `None` on a card whose password no issuer of ours sets anew.
    number: Option<String>,
    key_version: Option<u8>,
    passwords_set: Option<u32>,
    pin: PinLine,
    password: PinLine,
    authentication: CertificateLine,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum PinLine {
    TriesLeft(u8),
    Unknown,
    Locked,
}

#[derive(Serialize)]
struct CertificateLine {
    subject: String,
    issuer: String,
    serial: String,
    not_before: i64,
    not_after: i64,
    sha256: String,
}

impl Card {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let readers = Readers::pcsc().map_err(advised)?;
        match self {
            Self::List(list) => list.run(&readers),
            Self::Show(show) => show.run(&readers),
            Self::VerifyPin(asked) => {
                let mut card = asked.which.open(&readers)?.1;
                let pin = asked.pin.open()?.pin(PIN, "PIN: ", card.pin_rule())?;
                card.verify(&pin, asked.consent()).map_err(advised)?;
                say("The PIN is right.");
                Ok(())
            }
            Self::ChangePin(asked) => {
                let mut card = asked.which.open(&readers)?.1;
                let rule = card.pin_rule();
                let mut pins = asked.pin.open()?;
                let current = pins.pin(PIN, "Present PIN: ", rule)?;
                let new = pins.pin(NEW_PIN, "New PIN: ", rule)?;
                card.change_pin(&current, &new, asked.consent()).map_err(advised)?;
                say("The PIN is changed.");
                Ok(())
            }
            Self::Sign(sign) => sign.run(&readers),
        }
    }
}

impl List {
    fn run(self, readers: &Readers) -> anyhow::Result<()> {
        let lines: Vec<ReaderLine> = readers
            .list()
            .map_err(advised)?
            .into_iter()
            .map(|reader| ReaderLine {
                card: match reader.card {
                    CardState::Absent => "empty",
                    CardState::Mute => "mute",
                    CardState::Present(_) => "card",
                },
                reader: reader.name,
            })
            .collect();
        if self.json {
            say(&serde_json::to_string_pretty(&lines)?);
        } else if lines.is_empty() {
            say("No reader is connected.");
        } else {
            for line in lines {
                say(&format!("{:<6} {}", line.card, line.reader));
            }
        }
        Ok(())
    }
}

impl Show {
    fn run(self, readers: &Readers) -> anyhow::Result<()> {
        let reader = self.which.reader(readers)?;
        let open = || readers.open(&reader);
        let mut card = match open().and_then(Piv::open) {
            Err(CardFault::WrongType) => {
                let told = open().and_then(Jpki::open).and_then(|mut card| card.summary());
                return self.citizen(reader, &told.map_err(advised)?);
            }
            opened => opened.map_err(advised)?,
        };
        let told = card.summary().map_err(advised)?;
        let line = CardLine {
            reader,
            identifier: told.identifier.to_string(),
            pin: PinLine::of(told.tries_left),
            authentication: CertificateLine::of(told.authentication.der())?,
            signature: CertificateLine::of(told.signature.der())?,
        };
        if self.json {
            say(&serde_json::to_string_pretty(&line)?);
            return Ok(());
        }
        say(&format!(
            "reader          {}\ncard            {}\nPIN             {}",
            line.reader, line.identifier, line.pin
        ));
        for (name, certificate) in [("authentication", &line.authentication), ("signature", &line.signature)] {
            certificate.show(name);
        }
        Ok(())
    }

    fn citizen(&self, reader: String, told: &jpki::Summary) -> anyhow::Result<()> {
        let standing = told.standing;
        let line = CitizenLine {
            reader,
            label: told.label.clone(),
            number: standing.map(|standing| standing.number.to_string()),
            key_version: standing.map(|standing| standing.key_version),
            passwords_set: standing.map(|standing| standing.counter),
            pin: PinLine::of(told.authentication_tries),
            password: PinLine::of(told.signature_tries),
            authentication: CertificateLine::of(told.authentication.der())?,
        };
        if self.json {
            say(&serde_json::to_string_pretty(&line)?);
            return Ok(());
        }
        let number = line.number.as_deref().unwrap_or("unknown");
        say(&format!(
            "reader          {}\ncitizen's card  {number}\nPIN             {}\npassword        {}",
            line.reader, line.pin, line.password
        ));
        line.authentication.show("authentication");
        Ok(())
    }
}

impl PinLine {
    fn of(left: TriesLeft) -> Self {
        match left {
            TriesLeft::Known(left) => Self::TriesLeft(left),
            TriesLeft::Unknown => Self::Unknown,
            TriesLeft::Blocked => Self::Locked,
        }
    }
}

impl std::fmt::Display for PinLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TriesLeft(left) => write!(f, "{left} tries left"),
            Self::Unknown => f.write_str("tries left unknown"),
            Self::Locked => f.write_str("locked"),
        }
    }
}

impl CertificateLine {
    fn show(&self, name: &str) {
        say(&format!(
            "{name:<15} {}\n                serial {}\n                issued by {}",
            self.subject, self.serial, self.issuer
        ));
    }

    fn of(der: &[u8]) -> anyhow::Result<Self> {
        let certificate = Certificate::parse(der).context("the card's certificate cannot be read")?;
        Ok(Self {
            subject: certificate.subject().readable(),
            issuer: certificate.issuer().readable(),
            serial: certificate.serial().to_string(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            sha256: certificate.fingerprint().iter().fold(String::new(), |mut hex, octet| {
                use std::fmt::Write as _;
                // Writing to a String cannot fail.
                let _ = write!(hex, "{octet:02x}");
                hex
            }),
        })
    }
}

impl Sign {
    fn run(self, readers: &Readers) -> anyhow::Result<()> {
        let content = std::fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        let mut card = self.card.which.open(readers)?.1;
        let told = card.summary().map_err(advised)?;
        let signer = Certificate::parse(told.signature.der()).context("the card's certificate cannot be read")?;
        let draft = Draft::new(&content, &signer, Clock::system().now());
        let pin = self.card.pin.open()?.pin(PIN, "PIN: ", card.pin_rule())?;
        let signature = card
            .sign_with_signature_key(
                &told.signature.fingerprint(),
                &pin,
                self.card.consent(),
                draft.to_be_signed(),
            )
            .map_err(advised)?;
        let cms = draft
            .finish(&signature.bytes)
            .context("the card's signature does not fit its certificate")?;
        let out = self.out.unwrap_or_else(|| {
            let mut name = self.file.into_os_string();
            name.push(".p7s");
            name.into()
        });
        std::fs::write(&out, cms).with_context(|| format!("{} cannot be written", out.display()))?;
        say(&format!("The signature is in {}.", out.display()));
        Ok(())
    }
}

impl WithPin {
    fn consent(&self) -> Option<LastTryConsent> {
        self.last_try.then(LastTryConsent::given_by_holder)
    }
}

impl Which {
    fn reader(&self, readers: &Readers) -> anyhow::Result<String> {
        match &self.reader {
            Some(name) => Ok(name.clone()),
            None => Ok(readers.only_card().map_err(advised)?.name),
        }
    }

    fn open(&self, readers: &Readers) -> anyhow::Result<(String, Piv)> {
        let name = self.reader(readers)?;
        let card = readers.open(&name).and_then(Piv::open).map_err(advised)?;
        Ok((name, card))
    }
}

/// One sentence of what happened and one of what to do.
fn advised(fault: CardFault) -> anyhow::Error {
    let advice = match &fault {
        CardFault::NoReader => "connect one and try again",
        CardFault::NoCard => "insert it face up, chip first",
        CardFault::Unreadable | CardFault::Protocol(_) => "check which way it is inserted and whether it is clean",
        CardFault::WrongType | CardFault::NoCertificate | CardFault::UnknownKey | CardFault::NoUnblock => {
            "insert another card"
        }
        CardFault::Removed | CardFault::Changed | CardFault::RightLost => "insert the first card again and begin anew",
        CardFault::Multiple => "say which reader by --reader NAME",
        CardFault::PcscMissing { .. } => "install it (Debian: apt install libpcsclite1 pcscd)",
        CardFault::PcscDown => "start it (Debian: systemctl start pcscd)",
        CardFault::Busy => "close that program and try again",
        CardFault::PinWrong { left } | CardFault::PrintedNumberWrong { left } | CardFault::RightRefused { left } => {
            return match left {
                TriesLeft::Known(left) => anyhow::anyhow!("{fault}; tries left: {left}"),
                TriesLeft::Unknown | TriesLeft::Blocked => anyhow::anyhow!("{fault}"),
            };
        }
        CardFault::PinBlocked => "unlock it with the tool of the authority that issued it",
        CardFault::AuthenticationPinBlocked
        | CardFault::SignaturePasswordBlocked
        | CardFault::PrintedNumberBlocked
        | CardFault::UnblockKeyBlocked => "go to the municipal office with it",
        CardFault::PasswordRefused => "choose another one of 6 to 16 letters and digits",
        CardFault::FewTries => "type the PIN of this card",
        CardFault::LastTry => "say --last-try if you are sure of the PIN",
        CardFault::PinFormat(_) => "no try was spent",
    };
    anyhow::anyhow!("{fault}; {advice}")
}
