//! Which addresses are asked. What is fetched stands in certificates, and whoever writes a certificate does not choose where
//! in our network a request goes.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A part of the address space: `10.0.0.0/8`, `127.0.0.1`, `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Not an address with how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wanted: an address and how many of its bits count, as \"10.0.0.0/8\" or \"fd00::/8\"")]
pub struct NotANetwork;

impl Network {
    /// Whether the address lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let bits = u32::from(own) ^ u32::from(other);
                bits.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let bits = u128::from(own) ^ u128::from(other);
                bits.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(whole), str::parse).map_err(|_| NotANetwork)?;
        if prefix > whole {
            return Err(NotANetwork);
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Whether an address may be asked: one of the public network, or of those that the operator names.
pub(super) fn may_be_asked(address: IpAddr, private: &[Network]) -> bool {
    let address = address.to_canonical();
    is_public(address) || private.iter().any(|network| network.holds(address))
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// What the registry of special-purpose addresses (RFC 6890) does not keep for itself.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(a, 0 | 10 | 127 | 224..=255)
        || matches!(
            (a, b),
            (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168) | (198, 18 | 19)
        )
        || matches!(
            (a, b, c),
            (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113)
        );
    !special
}

/// Global unicast, and none of the ranges in it that carry an IPv4 address or are kept for examples and tests.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = (0x2000..=0x3fff).contains(&a);
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_inside_is_not_public_however_it_is_written() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
        ] {
            assert!(!may_be_asked(address.parse().unwrap(), &[]), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "203.0.112.1",
            "2400:4000::1",
            "2606:4700::1",
        ] {
            assert!(may_be_asked(address.parse().unwrap(), &[]), "{address}");
        }
    }

    #[test]
    fn the_operator_names_what_may_be_asked_inside() {
        let private: Vec<Network> = ["10.20.0.0/16", "127.0.0.1", "fd00:1::/32"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        for (address, asked) in [
            ("10.20.255.1", true),
            ("10.21.0.1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("::ffff:10.20.0.1", true),
            ("fd00:1::9", true),
            ("fd00:2::9", false),
        ] {
            assert_eq!(may_be_asked(address.parse().unwrap(), &private), asked, "{address}");
        }
        for text in ["10.0.0.0/33", "::/129", "10.0.0/8", "ten", "10.0.0.0/", ""] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!(
            "0.0.0.0/0"
                .parse::<Network>()
                .unwrap()
                .holds("8.8.8.8".parse().unwrap())
        );
    }
}
