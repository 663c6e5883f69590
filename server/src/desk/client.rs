//! From what kind of address somebody asks: all that the audit keeps of it (DOMAIN §2.5).

use std::fmt;
use std::net::IpAddr;

/// The class of an address. Behind a reverse proxy it is the proxy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// This machine.
    Loopback,
    /// A network of somebody's own (RFC 1918, RFC 3927, RFC 4193, RFC 6598).
    Private,
    /// The Internet, by its version 4.
    PublicV4,
    /// The Internet, by its version 6.
    PublicV6,
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            address if address.is_loopback() => Self::Loopback,
            IpAddr::V4(v4) => {
                let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
                if v4.is_private() || v4.is_link_local() || shared {
                    Self::Private
                } else {
                    Self::PublicV4
                }
            }
            IpAddr::V6(v6) if v6.is_unique_local() || v6.is_unicast_link_local() => Self::Private,
            IpAddr::V6(_) => Self::PublicV6,
        }
    }
}

/// As the audit says it.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::PublicV4 => "public v4",
            Self::PublicV6 => "public v6",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_by_its_class_alone() {
        for (address, class) in [
            ("127.0.0.1", "loopback"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "loopback"),
            ("10.1.2.3", "private"),
            ("100.64.0.1", "private"),
            ("100.128.0.1", "public v4"),
            ("::ffff:192.168.0.1", "private"),
            ("fd00::1", "private"),
            ("fe80::1", "private"),
            ("203.0.113.7", "public v4"),
            ("2001:db8::7", "public v6"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(Client::from(address).to_string(), class, "{address}");
        }
    }
}
