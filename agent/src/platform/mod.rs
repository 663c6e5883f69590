//! What differs between systems: whose socket it is, where settings live, how a browser is opened.
//!
//! Linux is built and tested; Windows and macOS are written and untested.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
use macos as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Who holds the other end of a loopback connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The user that runs the agent.
    OwnUser,
    /// Somebody else, or nobody any more.
    Stranger,
}

/// Whose socket `peer` is, seen from our socket `local`. May block for as long as the system takes to tell.
pub(crate) fn peer(local: SocketAddr, peer: SocketAddr) -> io::Result<Peer> {
    system::peer(local, peer)
}

/// Where the user's programs keep their settings.
pub(crate) fn config_dir() -> Option<PathBuf> {
    system::config_dir()
}

/// Opens a page in the user's browser.
pub fn open_in_browser(address: &str) -> io::Result<()> {
    let status = system::browser(address)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other("the browser could not be opened"))
    }
}
