//! The card's end of vpcd's wire: each message both ways is a big-endian length and as many bytes; connecting inserts, closing removes.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use socket2::SockRef;

use crate::card::Card;

/// At which command the card leaves the reader, before it has answered.
pub(crate) struct Leaving {
    instruction: u8,
    count: u32,
}

impl Leaving {
    /// `87` or `87:2`.
    pub(crate) fn at(text: &str) -> Result<Self, String> {
        let (instruction, count) = text.split_once(':').unwrap_or((text, "1"));
        let read = || {
            Some((
                u8::from_str_radix(instruction, 16).ok()?,
                count.parse().ok().filter(|count| *count > 0)?,
            ))
        };
        let (instruction, count) = read().ok_or(format!("{text} is no instruction"))?;
        Ok(Self { instruction, count })
    }

    /// Whether it is now; the links of a chain count as the one command they are.
    fn is_now(&mut self, apdu: &[u8]) -> bool {
        if matches!(apdu, [class, instruction, ..] if class & 0x10 == 0 && *instruction == self.instruction) {
            self.count -= 1;
        }
        self.count == 0
    }
}

/// Inserts the card into the reader that listens there, and answers until the reader ends the connection or the card leaves.
pub(crate) fn insert(reader: &str, card: &mut Card, mut leaving: Option<Leaving>) -> io::Result<()> {
    let stream = TcpStream::connect(reader)?;
    stream.set_nodelay(true)?;
    let mut more = true;
    while more {
        more = card.powered(|conversation| {
            while let Some(message) = read(&stream)? {
                match message.as_slice() {
                    [POWER_OFF | POWER_ON | RESET] => return Ok(true),
                    [GET_ATR] => write(&stream, &atr())?,
                    apdu if leaving.as_mut().is_some_and(|leaving| leaving.is_now(apdu)) => return Ok(false),
                    apdu => write(&stream, &conversation.respond(apdu))?,
                }
            }
            Ok::<_, io::Error>(false)
        })?;
    }
    Ok(())
}

/// `None` when the reader has closed the connection.
fn read(mut stream: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    // Debian's vpcd sends length and body apart, and the second waits for our acknowledgement of the first.
    SockRef::from(stream).set_tcp_quickack(true)?;
    match stream.read_exact(&mut length) {
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    SockRef::from(stream).set_tcp_quickack(true)?;
    stream.read_exact(&mut message)?;
    Ok(Some(message))
}

fn write(mut stream: &TcpStream, answer: &[u8]) -> io::Result<()> {
    let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), answer].concat())
}

/// T=1 alone, historical bytes `80` and a name, and the check octet that T=1 wants (ISO 7816-3 §8.2).
fn atr() -> Vec<u8> {
    let mut atr = vec![0x3B, 0x80 | (1 + NAME.len() as u8), 0x80, 0x01, 0x80];
    atr.extend_from_slice(NAME);
    let check = atr.iter().skip(1).fold(0, |sum, octet| sum ^ octet);
    atr.push(check);
    atr
}

const NAME: &[u8] = b"\x5AIndep.PIV";

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const RESET: u8 = 0x02;
const GET_ATR: u8 = 0x04;
