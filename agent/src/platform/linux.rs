//! Linux: `/proc/net/tcp` tells the user of every socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use super::Peer;

pub(super) fn peer(local: SocketAddr, peer: SocketAddr) -> io::Result<Peer> {
    use std::os::unix::fs::MetadataExt as _;
    // The owner of our own /proc entry is the effective user of this process.
    let own = std::fs::metadata("/proc/self")?.uid();
    let tables = match peer.ip() {
        // A browser's dual-stack socket stands in tcp6 with a mapped address.
        IpAddr::V4(_) => &["/proc/net/tcp", "/proc/net/tcp6"][..],
        IpAddr::V6(_) => &["/proc/net/tcp6"][..],
    };
    for table in tables {
        let text = match std::fs::read_to_string(table) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => return Err(cause),
        };
        if let Some(owner) = owner(&text, peer, local) {
            return Ok(if owner == own { Peer::OwnUser } else { Peer::Stranger });
        }
    }
    Ok(Peer::Stranger)
}

pub(super) fn config_dir() -> Option<PathBuf> {
    std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")))
}

pub(super) fn browser(address: &str) -> Command {
    let mut command = Command::new("xdg-open");
    command.arg(address);
    command
}

/// The user of the established socket from `local` to `remote`, as proc(5) lists it.
fn owner(table: &str, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        let (this, that) = (columns.nth(1)?, columns.next()?);
        let state = columns.next()?;
        let owner = columns.nth(3)?.parse().ok()?;
        let same = address(this)? == plain(local) && address(that)? == plain(remote);
        (same && state == ESTABLISHED).then_some(owner)
    })
}

/// `0100007F:1F90`: the address in words of four octets, each in the machine's order; the port as a number.
fn address(text: &str) -> Option<(IpAddr, u16)> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut octets = Vec::with_capacity(16);
    for at in (0..host.len()).step_by(8) {
        let word = u32::from_str_radix(host.get(at..at + 8)?, 16).ok()?;
        octets.extend_from_slice(&word.to_ne_bytes());
    }
    let ip = if let Ok(v4) = <[u8; 4]>::try_from(octets.as_slice()) {
        IpAddr::V4(Ipv4Addr::from(v4))
    } else {
        Ipv6Addr::from(<[u8; 16]>::try_from(octets.as_slice()).ok()?).to_canonical()
    };
    Some((ip, port))
}

fn plain(address: SocketAddr) -> (IpAddr, u16) {
    (address.ip().to_canonical(), address.port())
}

const ESTABLISHED: &str = "01";

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a04_a_socket_of_ones_own_is_known_on_both_loopbacks() {
        for loopback in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(loopback) else {
                continue; // A machine without IPv6.
            };
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, address) = listener.accept().unwrap();
            let seen = peer(server.local_addr().unwrap(), address).unwrap();
            assert_eq!(seen, Peer::OwnUser, "{loopback}");
        }
    }

    #[test]
    fn a04_a_socket_that_is_in_no_table_is_a_strangers() {
        let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
        assert_eq!(peer(nobody, nobody).unwrap(), Peer::Stranger);
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a04_the_owner_is_read_from_the_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:60F1 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0\n\
            1: 0100007F:C350 0100007F:60F1 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0\n\
            2: 0100007F:C351 0100007F:60F1 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n";
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(owner(table, at(50000), at(24817)), Some(1001));
        // TIME_WAIT belongs to nobody, and a listener is no peer.
        assert_eq!(owner(table, at(50001), at(24817)), None);
        assert_eq!(owner(table, at(24817), at(0)), None);
        let mapped = "x\n 0: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:60F1 01 0:0 0:0 0 1002 0 2\n";
        assert_eq!(owner(mapped, at(50000), at(24817)), Some(1002));
    }
}
