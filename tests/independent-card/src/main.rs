//! Nitrokey's PIV application as a card in a reader of pcscd, beside which our own virtual card is not the only proof.
//!
//! `new` makes a card with keys of its own and writes a certificate request for each, `load` puts the certificates on it,
//! `insert` plugs it into vpcd and stays there with it. `KAGIMORI_PIN` is the PIN that a new card gets.

mod apdu;
mod card;
mod dispatch;
mod host;
mod request;
mod tlv;
mod vpcd;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use card::Card;
use host::{Algorithm, Slot};
use vpcd::Leaving;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), Box<dyn Error>> {
    let (command, rest) = words.split_first().ok_or("say what is to be done")?;
    let options = Options::read(rest)?;
    match command.as_str() {
        "new" => new(&options),
        "load" => load(&options),
        "insert" => insert(&options),
        _ => Err(format!("{command} is no command").into()),
    }
}

/// A card with keys of its own; nothing that is there is overwritten.
fn new(options: &Options) -> Result<(), Box<dyn Error>> {
    let state = options.path("--state")?;
    if state.exists() {
        return Err(format!("{} is there already", state.display()).into());
    }
    let folder = options.path("--csr")?;
    let algorithm = options
        .get("--algorithm")
        .map_or(Ok(Algorithm::Rsa2048), Algorithm::named)?;
    let pin = std::env::var("KAGIMORI_PIN").unwrap_or_else(|_| host::PIN.to_owned());
    std::fs::create_dir_all(&state)?;
    std::fs::create_dir_all(&folder)?;
    let requests = Card::on_files(&state).powered(|conversation| {
        let mut host = host::Host::select(conversation)?;
        if pin != host::PIN {
            host.change_pin(host::PIN, &pin)?;
        }
        host.prove_management_key()?;
        let mut requests = Vec::new();
        for slot in Slot::BOTH {
            let key = host.generate(slot, algorithm)?;
            let der = request::made(&mut host, slot, &key, &pin)?;
            requests.push((slot, der));
        }
        Ok::<_, host::Refused>(requests)
    })?;
    for (slot, der) in requests {
        std::fs::write(folder.join(format!("{}.csr", slot.word())), der)?;
    }
    println!("The card has its keys; its requests are in {}.", folder.display());
    Ok(())
}

/// The certificates, each into its slot.
fn load(options: &Options) -> Result<(), Box<dyn Error>> {
    let state = options.path("--state")?;
    let mut certificates = Vec::new();
    for slot in Slot::BOTH {
        certificates.push((slot, certificate(&options.path(&format!("--{}", slot.word()))?)?));
    }
    Card::on_files(&state).powered(|conversation| {
        let mut host = host::Host::select(conversation)?;
        host.prove_management_key()?;
        certificates
            .iter()
            .try_for_each(|(slot, der)| host.put_certificate(*slot, der))
    })?;
    println!("The card has its certificates.");
    Ok(())
}

/// Into the reader, until pcscd or a signal ends it.
fn insert(options: &Options) -> Result<(), Box<dyn Error>> {
    let state = options.path("--state")?;
    let reader = options.get("--vpcd").unwrap_or("127.0.0.1:35963");
    let leaving = options.get("--leaves-at").map(Leaving::at).transpose()?;
    if !state.is_dir() {
        return Err(format!("{} is no card", state.display()).into());
    }
    Ok(vpcd::insert(reader, &mut Card::on_files(&state), leaving)?)
}

/// DER, or the first certificate of a PEM file.
fn certificate(path: &PathBuf) -> Result<Vec<u8>, Box<dyn Error>> {
    use base64::Engine as _;
    let octets = std::fs::read(path).map_err(|cause| format!("{}: {cause}", path.display()))?;
    let text = match std::str::from_utf8(&octets) {
        Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => text,
        _ => return Ok(octets),
    };
    let body: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    Ok(base64::engine::general_purpose::STANDARD.decode(body)?)
}

/// `--name value`, and nothing else.
struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    fn read(words: &'a [String]) -> Result<Self, String> {
        words
            .chunks(2)
            .map(|pair| match pair {
                [name, value] if name.starts_with("--") => Ok((name.as_str(), value.as_str())),
                _ => Err(format!("{} has no value", pair.join(" "))),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    fn path(&self, name: &str) -> Result<PathBuf, String> {
        self.get(name).map(PathBuf::from).ok_or(format!("{name} is missing"))
    }
}

const USAGE: &str = "usage:
  independent-card new --state DIR --csr DIR [--algorithm rsa-2048|p256|p384]
  independent-card load --state DIR --authentication FILE --signature FILE
  independent-card insert --state DIR [--vpcd HOST:PORT] [--leaves-at INS[:COUNT]]

--leaves-at 87 takes the card out of the reader when the first GENERAL AUTHENTICATE comes, 87:2 at the second, before it is answered.";
