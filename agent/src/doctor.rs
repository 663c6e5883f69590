//! What is wrong with reader, card, middleware or settings, and what to do about it.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use card::piv::Piv;
use card::reader::{CardState, ReaderState, Readers};
use card::{CardFault, TriesLeft};

use crate::home::Home;
use crate::portal::Lines;
use crate::tokens::{Tries, look};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// How it is.
    pub health: Health,
    /// What was found, in one sentence.
    pub found: String,
    /// What to do; empty where there is nothing to do.
    pub remedy: &'static str,
}

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Well,
    /// Not needed at this moment, or only missing for now.
    Missing,
    /// Broken: cards cannot be used until it is mended.
    Ill,
}

impl Finding {
    fn new(subject: impl Into<String>, health: Health, found: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            subject: subject.into(),
            health,
            found: found.into(),
            remedy,
        }
    }
}

/// Looks at everything, in the order in which one thing needs the other. Spends no PIN try.
pub async fn examine(home: &Home, port: u16, readers: Result<Readers, CardFault>) -> Vec<Finding> {
    let cards = tokio::task::spawn_blocking(move || at_the_readers(readers))
        .await
        // It panicked, and says so on standard error by itself.
        .unwrap_or_default();
    let mut findings = cards;
    findings.extend(modules(home).await);
    findings.push(phrase(home));
    findings.extend(portals(home).await);
    findings.push(door(port));
    findings
}

fn at_the_readers(readers: Result<Readers, CardFault>) -> Vec<Finding> {
    let readers = match readers {
        Ok(readers) => readers,
        Err(fault) => return vec![Finding::new("PC/SC", Health::Ill, fault.to_string(), INSTALL)],
    };
    let states = match readers.list() {
        Ok(states) => states,
        Err(fault) => return vec![Finding::new("PC/SC", Health::Ill, fault.to_string(), START)],
    };
    let mut findings = vec![Finding::new("PC/SC", Health::Well, "the service answers", "")];
    if states.is_empty() {
        findings.push(Finding::new(
            "reader",
            Health::Missing,
            "no reader is connected",
            "Plug a card reader in; if it is, see whether the system knows it (pcsc_scan).",
        ));
    }
    findings.extend(states.iter().map(|state| at_one_reader(&readers, state)));
    findings
}

fn at_one_reader(readers: &Readers, state: &ReaderState) -> Finding {
    let subject = format!("reader {}", state.name);
    match &state.card {
        CardState::Absent => Finding::new(subject, Health::Missing, "no card is inserted", ""),
        CardState::Mute => Finding::new(
            subject,
            Health::Ill,
            "the card does not answer",
            "Insert it face up, chip first, and clean its contacts.",
        ),
        CardState::Present(_) => {
            match readers
                .open(&state.name)
                .and_then(Piv::open)
                .and_then(|mut card| card.summary())
            {
                Ok(told) => match told.tries_left {
                    TriesLeft::Blocked => Finding::new(
                        subject,
                        Health::Ill,
                        "the card's PIN is locked",
                        "Unlock it with the tool of the certification authority that issued it.",
                    ),
                    TriesLeft::Known(1) => Finding::new(
                        subject,
                        Health::Ill,
                        "one PIN try is left",
                        "Do not guess: ask the certification authority if you do not know the PIN.",
                    ),
                    TriesLeft::Known(left) => Finding::new(
                        subject,
                        Health::Well,
                        format!("a card that can be used, {left} PIN tries left"),
                        "",
                    ),
                    TriesLeft::Unknown => Finding::new(subject, Health::Well, "a card that can be used", ""),
                },
                Err(CardFault::Busy) => Finding::new(
                    subject,
                    Health::Missing,
                    "another program is using the card",
                    "Close that program or wait until it has finished.",
                ),
                Err(fault) => Finding::new(
                    subject,
                    Health::Ill,
                    fault.to_string(),
                    "Insert the card that belongs to the procedure.",
                ),
            }
        }
    }
}

async fn modules(home: &Home) -> Vec<Finding> {
    let modules = match home.modules() {
        Ok(modules) => modules,
        Err(fault) => return vec![Finding::new("modules", Health::Ill, fault.to_string(), "")],
    };
    let looked = tokio::task::spawn_blocking(move || modules.iter().map(|module| at_a_module(module)).collect());
    // It panicked, and says so on standard error by itself.
    looked.await.unwrap_or_default()
}

fn at_a_module(module: &std::path::Path) -> Finding {
    let subject = format!("module {}", module.display());
    match look(module) {
        Err(fault) => Finding::new(
            subject,
            Health::Ill,
            fault.to_string(),
            "Install the software of the token's maker, or correct the path in the file `modules`.",
        ),
        Ok(tokens) if tokens.is_empty() => Finding::new(subject, Health::Missing, "no token is plugged in", ""),
        Ok(tokens) => {
            let locked = tokens.iter().find(|token| token.tries == Tries::None);
            match locked {
                Some(token) => Finding::new(
                    subject,
                    Health::Ill,
                    format!("the PIN of the token {} is locked", token.label),
                    "Ask whoever issued the token to unlock it.",
                ),
                None => Finding::new(
                    subject,
                    Health::Well,
                    format!("{} tokens that can be used", tokens.len()),
                    "",
                ),
            }
        }
    }
}

fn phrase(home: &Home) -> Finding {
    match home.phrase() {
        Ok(Some(_)) => Finding::new("phrase", Health::Well, "a phrase is chosen", ""),
        Ok(None) => Finding::new(
            "phrase",
            Health::Missing,
            "no phrase is chosen yet",
            "The agent's page asks for one before it first asks a PIN.",
        ),
        Err(fault) => Finding::new("phrase", Health::Ill, fault.to_string(), ""),
    }
}

async fn portals(home: &Home) -> Vec<Finding> {
    let portals = match home.portals() {
        Ok(portals) => portals,
        Err(fault) => return vec![Finding::new("portals", Health::Ill, fault.to_string(), "")],
    };
    if portals.is_empty() {
        return vec![Finding::new(
            "portals",
            Health::Missing,
            "no portal is allowed yet",
            "Allow one: kagimori-agent allow https://…",
        )];
    }
    let lines = match Lines::new() {
        Ok(lines) => lines,
        Err(fault) => {
            return vec![Finding::new(
                "TLS",
                Health::Ill,
                fault.to_string(),
                "Check the system's root certificates.",
            )];
        }
    };
    let mut findings = Vec::with_capacity(portals.len());
    for portal in portals {
        findings.push(match lines.offices(&portal).await {
            Ok(told) => Finding::new(
                portal.as_str(),
                Health::Well,
                format!("answers, {} offices", told.offices.len()),
                "",
            ),
            Err(fault) => Finding::new(
                portal.as_str(),
                Health::Missing,
                fault.to_string(),
                "Check the address, the internet connection and the portal's certificate.",
            ),
        });
    }
    findings
}

fn door(port: u16) -> Finding {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
        Ok(_) => Finding::new("agent", Health::Well, format!("something serves on port {port}"), ""),
        Err(_) => Finding::new(
            "agent",
            Health::Missing,
            format!("nothing serves on port {port}"),
            "Start it: kagimori-agent serve",
        ),
    }
}

const INSTALL: &str = "Install the PC/SC library (Debian: apt install libpcsclite1 pcscd).";
const START: &str = "Start the PC/SC service (Debian: systemctl start pcscd).";
