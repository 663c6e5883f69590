//! Conversations with cards, written down and played back.
//!
//! A script is a text of one step per line; what follows `#` is a remark:
//!
//! ```text
//! begin
//! > 00 A4 04 00 09 A0 00 00 03 08 00 00 10 00 00   # SELECT PIV
//! < 61 03 4F 01 00 90 00
//! > 00 20 00 80 08 ** ** ** ** ** ** ** **         # VERIFY; a PIN is never written down
//! < 63 C9
//! end reset
//! ```
//!
//! `! removed`, `! mute`, `! busy`, `! gone` or `! service down` in place of an answer is a fault of the transport.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    apdu::{Apdu, Parsed, Response, instruction},
    transport::{CardAfter, Transport, TransportFault},
};

/// A card that plays a script. Anything but the script's next step is answered with [`TransportFault::Reader`]`(`[`OFF_SCRIPT`]`)`.
pub struct RecordedCard {
    steps: VecDeque<Step>,
    left: Arc<Mutex<usize>>,
}

/// Tells from outside how much of a script is left to play.
pub struct Progress(Arc<Mutex<usize>>);

/// The fault of a conversation that left its script.
pub const OFF_SCRIPT: u32 = 0x5C21_0000;

impl RecordedCard {
    /// Reads a script; an error names the line.
    pub fn parse(script: &str) -> Result<(Self, Progress), ScriptFault> {
        let mut steps = VecDeque::new();
        for (index, line) in script.lines().enumerate() {
            let text = line.split('#').next().unwrap_or_default().trim();
            if !text.is_empty() {
                steps.push_back(Step::parse(text).ok_or(ScriptFault { line: index + 1 })?);
            }
        }
        let left = Arc::new(Mutex::new(steps.len()));
        Ok((
            Self {
                steps,
                left: Arc::clone(&left),
            },
            Progress(left),
        ))
    }

    fn next(&mut self) -> Option<Step> {
        let step = self.steps.pop_front();
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = self.steps.len();
        step
    }
}

impl Progress {
    /// How many steps nobody has asked for yet.
    pub fn steps_left(&self) -> usize {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line that is not a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the script is not a step")]
pub struct ScriptFault {
    /// Counted from one.
    pub line: usize,
}

impl Transport for RecordedCard {
    fn transmit(&mut self, apdu: &Apdu) -> Result<Response, TransportFault> {
        match self.next() {
            Some(Step::Command(bytes)) if matches_command(&bytes, apdu.bytes()) => {}
            _ => return Err(TransportFault::Reader(OFF_SCRIPT)),
        }
        match self.next() {
            Some(Step::Answer(bytes)) => Response::parse(&bytes).ok_or(TransportFault::Mute),
            Some(Step::Fault(fault)) => Err(fault),
            _ => Err(TransportFault::Reader(OFF_SCRIPT)),
        }
    }

    fn begin(&mut self) -> Result<(), TransportFault> {
        match self.next() {
            Some(Step::Begin) => Ok(()),
            _ => Err(TransportFault::Reader(OFF_SCRIPT)),
        }
    }

    fn end(&mut self, after: CardAfter) -> Result<(), TransportFault> {
        match self.next() {
            Some(Step::End(written)) if written == after => Ok(()),
            _ => Err(TransportFault::Reader(OFF_SCRIPT)),
        }
    }
}

/// Writes down a conversation while it happens. The data of commands that carry PINs is replaced by `**` before it is kept.
pub struct Recorder {
    card: Box<dyn Transport>,
    script: Arc<Mutex<String>>,
}

/// What a [`Recorder`] has written so far.
#[derive(Clone)]
pub struct Recording(Arc<Mutex<String>>);

impl Recorder {
    /// Listens to a card.
    pub fn new(card: Box<dyn Transport>) -> (Self, Recording) {
        let script = Arc::new(Mutex::new(String::new()));
        (
            Self {
                card,
                script: Arc::clone(&script),
            },
            Recording(script),
        )
    }

    fn write(&self, line: &str) {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.push_str(line);
        script.push('\n');
    }

    fn write_outcome<T>(&self, outcome: &Result<T, TransportFault>) {
        if let Err(fault) = outcome {
            self.write(fault_line(*fault));
        }
    }
}

impl Recording {
    /// The script, which [`RecordedCard::parse`] takes.
    pub fn script(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for Recorder {
    fn transmit(&mut self, apdu: &Apdu) -> Result<Response, TransportFault> {
        self.write(&command_line(apdu));
        let outcome = self.card.transmit(apdu);
        match &outcome {
            Ok(response) => self.write(&line('<', response.to_bytes().into_iter().map(Some))),
            Err(fault) => self.write(fault_line(*fault)),
        }
        outcome
    }

    fn begin(&mut self) -> Result<(), TransportFault> {
        self.write("begin");
        let outcome = self.card.begin();
        self.write_outcome(&outcome);
        outcome
    }

    fn end(&mut self, after: CardAfter) -> Result<(), TransportFault> {
        self.write(match after {
            CardAfter::Left => "end left",
            CardAfter::Reset => "end reset",
        });
        let outcome = self.card.end(after);
        self.write_outcome(&outcome);
        outcome
    }
}

enum Step {
    Begin,
    End(CardAfter),
    /// `None` is a byte that was not written down.
    Command(Vec<Option<u8>>),
    Answer(Vec<u8>),
    Fault(TransportFault),
}

impl Step {
    fn parse(text: &str) -> Option<Self> {
        match text.split_at_checked(1) {
            _ if text == "begin" => Some(Self::Begin),
            _ if text == "end left" => Some(Self::End(CardAfter::Left)),
            _ if text == "end reset" => Some(Self::End(CardAfter::Reset)),
            Some((">", bytes)) => bytes
                .split_whitespace()
                .map(command_byte)
                .collect::<Option<_>>()
                .map(Self::Command),
            Some(("<", bytes)) => bytes
                .split_whitespace()
                .map(byte)
                .collect::<Option<_>>()
                .map(Self::Answer),
            Some(("!", name)) => FAULTS
                .into_iter()
                .find(|(_, written)| written.trim_start_matches("! ") == name.trim())
                .map(|(fault, _)| Self::Fault(fault)),
            _ => None,
        }
    }
}

/// `Some(None)` is a byte that was not written down, `None` a text that is no byte.
#[expect(
    clippy::option_option,
    reason = "two absences that mean different things, for one line"
)]
fn command_byte(text: &str) -> Option<Option<u8>> {
    if text == UNWRITTEN {
        Some(None)
    } else {
        byte(text).map(Some)
    }
}

fn byte(text: &str) -> Option<u8> {
    (text.len() == 2).then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

fn matches_command(script: &[Option<u8>], sent: &[u8]) -> bool {
    script.len() == sent.len()
        && script
            .iter()
            .zip(sent)
            .all(|(written, sent)| written.is_none_or(|byte| byte == *sent))
}

fn command_line(apdu: &Apdu) -> String {
    let carries_pin = instruction::carries_pin(apdu.header().ins);
    let bytes = apdu.bytes();
    let data = Parsed::parse(bytes).map_or(0, |parsed| parsed.data.len());
    // Data stands after header and length bytes, and before Le, of which these commands have none.
    let data_from = if carries_pin { bytes.len() - data } else { bytes.len() };
    line(
        '>',
        bytes
            .iter()
            .enumerate()
            .map(|(at, byte)| (at < data_from).then_some(*byte)),
    )
}

fn line(sign: char, bytes: impl Iterator<Item = Option<u8>>) -> String {
    let mut line = String::from(sign);
    for byte in bytes {
        match byte {
            // Writing to a String cannot fail.
            Some(byte) => _ = write!(line, " {byte:02X}"),
            None => _ = write!(line, " {UNWRITTEN}"),
        }
    }
    line
}

fn fault_line(fault: TransportFault) -> &'static str {
    FAULTS
        .into_iter()
        .find(|(known, _)| *known == fault)
        .map_or("! gone", |(_, line)| line)
}

const UNWRITTEN: &str = "**";

const FAULTS: [(TransportFault, &str); 5] = [
    (TransportFault::Removed, "! removed"),
    (TransportFault::Mute, "! mute"),
    (TransportFault::Busy, "! busy"),
    (TransportFault::Gone, "! gone"),
    (TransportFault::ServiceDown, "! service down"),
];
