//! Plugs a virtual card into vpcd, the virtual reader of the real pcscd.
//!
//! Connecting is inserting, closing is removing. Each message both ways is a big-endian length and as many bytes; a message of one byte is about power or asks for the ATR, any other is an APDU.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use zeroize::Zeroizing;

use crate::virtual_card::{Answer, VirtualCard};

/// A card in a virtual reader of pcscd. Dropped, it is removed.
pub struct Plugged {
    stream: TcpStream,
    card: Arc<Mutex<VirtualCard>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Plugged {
    /// Inserts the card into the reader that listens at `reader` (35963 for the first slot of an unchanged vpcd).
    pub fn insert(reader: impl ToSocketAddrs, card: VirtualCard) -> io::Result<Self> {
        let stream = TcpStream::connect(reader)?;
        stream.set_nodelay(true)?;
        let card = Arc::new(Mutex::new(card));
        let (served, serving) = (stream.try_clone()?, Arc::clone(&card));
        let thread = std::thread::Builder::new()
            .name("vpcd".to_owned())
            .spawn(move || serve(&served, &serving))?;
        Ok(Self {
            stream,
            card,
            thread: Some(thread),
        })
    }

    /// Looks at or changes the card while it is in the reader.
    pub fn card<T>(&self, f: impl FnOnce(&mut VirtualCard) -> T) -> T {
        f(&mut self.card.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the reader has ended the connection: pcscd stopped, or a fault pulled the card.
    pub fn wait(&mut self) -> io::Result<()> {
        match self.thread.take() {
            Some(thread) => thread
                .join()
                .map_err(|_| io::Error::other("the card's thread panicked"))?,
            None => Ok(()),
        }
    }

    /// Removes the card.
    pub fn eject(self) {
        drop(self);
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        // Already closed by the reader: then it is out anyway.
        let _ = self.stream.shutdown(Shutdown::Both);
        let _ = self.wait();
        self.card(VirtualCard::reset);
    }
}

fn serve(mut stream: &TcpStream, card: &Mutex<VirtualCard>) -> io::Result<()> {
    while let Some(message) = read_message(stream)? {
        let mut card = card.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match message.as_slice() {
            [POWER_OFF | POWER_ON | RESET] => {
                card.reset();
                continue;
            }
            [GET_ATR] => Answer::Response(card.atr().to_vec()),
            command => card.respond(command),
        };
        let Answer::Response(bytes) = answer else {
            // A reader whose card is silent sees it leave: this protocol has no other way to say so.
            return stream.shutdown(Shutdown::Both);
        };
        let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
        // In one piece: two would wait for each other's acknowledgement, 50 ms per APDU.
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend(bytes);
        stream.write_all(&framed)?;
    }
    Ok(())
}

/// `None` when the reader has closed the connection.
fn read_message(mut stream: &TcpStream) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0; 2];
    acknowledge_at_once(stream)?;
    match stream.read_exact(&mut length) {
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut message = Zeroizing::new(vec![0; usize::from(u16::from_be_bytes(length))]);
    acknowledge_at_once(stream)?;
    stream.read_exact(&mut message)?;
    Ok(Some(message))
}

/// vpcd before its commit 76e2679 sends length and body apart, and the second waits for our acknowledgement of the first; the kernel forgets the wish, so it is told before each read.
#[cfg(target_os = "linux")]
fn acknowledge_at_once(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_quickack(true)
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) -> io::Result<()> {
    Ok(())
}

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const RESET: u8 = 0x02;
const GET_ATR: u8 = 0x04;
