//! macOS. Written, not tested.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use super::Peer;

/// Without privileges lsof(8) lists the sockets of its own user only, so a hit is a socket of our own.
pub(super) fn peer(local: SocketAddr, peer: SocketAddr) -> io::Result<Peer> {
    let pair = format!("{peer}->{local}");
    let listed = Command::new("/usr/sbin/lsof")
        .args(["-nP", "-Fn", "-sTCP:ESTABLISHED"])
        .arg(format!("-iTCP:{}", peer.port()))
        .output()?;
    let own = listed
        .stdout
        .split(|octet| *octet == b'\n')
        .any(|line| line.strip_prefix(b"n") == Some(pair.as_bytes()));
    Ok(if own { Peer::OwnUser } else { Peer::Stranger })
}

pub(super) fn config_dir() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join("Library/Application Support"))
}

pub(super) fn browser(address: &str) -> Command {
    let mut command = Command::new("/usr/bin/open");
    command.arg(address);
    command
}
