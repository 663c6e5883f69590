//! Where a PIN comes from: a descriptor, the environment, or a prompt. Never an argument, which other users can see.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _};

use anyhow::{Context as _, bail};
use card::{Pin, PinRule};
use clap::Args;
use zeroize::Zeroizing;

/// How the PIN is given.
#[derive(Args)]
pub(crate) struct PinFrom {
    /// Reads the PIN as a line from this file descriptor (else KAGIMORI_PIN, else a prompt)
    #[arg(long, value_name = "N")]
    pin_fd: Option<u32>,
}

/// The PINs of one command, in the order in which it asks.
pub(crate) struct Pins {
    lines: Option<BufReader<File>>,
}

impl PinFrom {
    /// Whether a PIN is said without asking.
    pub(crate) fn is_given(&self) -> bool {
        self.pin_fd.is_some() || std::env::var_os(PIN).is_some()
    }

    pub(crate) fn open(&self) -> anyhow::Result<Pins> {
        let lines = self
            .pin_fd
            .map(|number| {
                File::open(format!("/dev/fd/{number}"))
                    .with_context(|| format!("file descriptor {number} cannot be read"))
            })
            .transpose()?
            .map(BufReader::new);
        Ok(Pins { lines })
    }
}

impl Pins {
    /// The next PIN as text.
    pub(crate) fn text(&mut self, variable: &str, prompt: &str) -> anyhow::Result<Zeroizing<String>> {
        if let Some(lines) = &mut self.lines {
            let mut line = Zeroizing::new(String::new());
            lines
                .read_line(&mut line)
                .context("the PIN cannot be read from the file descriptor")?;
            let length = line.trim_end_matches(['\r', '\n']).len();
            line.truncate(length);
            return Ok(line);
        }
        if let Some(given) = std::env::var_os(variable) {
            let given = given
                .into_string()
                .map_err(|_| anyhow::anyhow!("{variable} is not a PIN"))?;
            return Ok(Zeroizing::new(given));
        }
        if std::io::stdin().is_terminal() {
            return Ok(Zeroizing::new(
                rpassword::prompt_password(prompt).context("the PIN cannot be read from the terminal")?,
            ));
        }
        bail!("no PIN: give it by --pin-fd N or {variable}, or use a terminal")
    }

    /// The next PIN; its form is checked before any card sees it.
    pub(crate) fn pin(&mut self, variable: &str, prompt: &str, rule: PinRule) -> anyhow::Result<Pin> {
        let mut text = self.text(variable, prompt)?;
        Ok(Pin::parse(std::mem::take(&mut *text), &rule)?)
    }
}

/// The variable of the card's present PIN.
pub(crate) const PIN: &str = "KAGIMORI_PIN";
/// The variable of the PIN that replaces it.
pub(crate) const NEW_PIN: &str = "KAGIMORI_NEW_PIN";
/// The variable of a citizen's signature password.
pub(crate) const PASSWORD: &str = "KAGIMORI_PASSWORD";
