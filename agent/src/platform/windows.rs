//! Windows. Written, not tested.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use super::Peer;

/// Every logon has a session of its own: the process at the other end must belong to ours.
/// The user name of a foreign process would need administrator's rights, its session does not.
pub(super) fn peer(local: SocketAddr, peer: SocketAddr) -> io::Result<Peer> {
    let script = format!(
        "$c = Get-NetTCPConnection -State Established -LocalAddress '{}' -LocalPort {} -RemoteAddress '{}' -RemotePort {}; \
         (Get-Process -Id $c.OwningProcess).SessionId -eq (Get-Process -Id {}).SessionId",
        peer.ip(),
        peer.port(),
        local.ip(),
        local.port(),
        std::process::id(),
    );
    let told = Command::new("powershell.exe")
        .args(["-NoProfile", "-NonInteractive", "-Command", &script])
        .output()?;
    Ok(if told.status.success() && told.stdout.trim_ascii() == b"True" {
        Peer::OwnUser
    } else {
        Peer::Stranger
    })
}

pub(super) fn config_dir() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(PathBuf::from)
}

pub(super) fn browser(address: &str) -> Command {
    let mut command = Command::new("rundll32.exe");
    command.args(["url.dll,FileProtocolHandler", address]);
    command
}
