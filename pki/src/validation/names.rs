//! Names of hosts, mailboxes and addresses: whether one lies in a subtree, and whether a certificate bears a wanted one.
//!
//! Each subtree is asked twice, differently: "does the name lie in it, whatever it stands for?" where it permits, and "may it?"
//! where it excludes. A wildcard stands for many names, a malformed one for any.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::net::IpAddr;

use super::WantedName;
use crate::certificate::Certificate;
use crate::decode::only;
use crate::encode::UTF8_STRING;
use crate::general_name::GeneralName;
use crate::oid;

/// A host's name: labels of letters, digits, `-` and `_`; without a wildcard.
pub(super) struct Host<'a>(&'a str);

impl<'a> Host<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
        };
        (text.len() <= 253 && text.split('.').all(is_label)).then_some(Self(text))
    }

    /// The host of a URI with an authority; none if that is an address.
    pub(super) fn of_uri(uri: &'a str) -> Option<Self> {
        let (_, rest) = uri.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
            Some(_) => return None,
            None => host,
        };
        // The last label of a name is never a number (RFC 1123 §2.1): this would be an address.
        let last = host.rsplit('.').next()?;
        if last.bytes().all(|digit| digit.is_ascii_digit()) || last.starts_with("0x") {
            return None;
        }
        Self::read(host)
    }

    /// A base names one host, or with a leading dot all below it; nothing at all names every host.
    pub(super) fn is_within(&self, base: &str) -> bool {
        base.is_empty()
            || if base.starts_with('.') {
                is_below(self.0, base)
            } else {
                self.0.eq_ignore_ascii_case(base)
            }
    }
}

/// Whether a dNSName lies in a subtree as a whole.
pub(super) fn dns_is_within(name: &str) -> impl Fn(&&str) -> bool {
    let readable = Host::read(name.strip_prefix("*.").unwrap_or(name)).is_some();
    move |base| {
        // A wildcard under `base` stands for names under `base`, and for none other.
        readable && (base.is_empty() || is_below(name, base) || name.eq_ignore_ascii_case(base))
    }
}

/// Whether a dNSName, or a name that its wildcard stands for, may lie in a subtree.
pub(super) fn dns_may_be_within(name: &str) -> impl Fn(&&str) -> bool {
    let parent = name.strip_prefix("*.");
    let readable = Host::read(parent.unwrap_or(name)).is_some();
    move |base| {
        let base = base.strip_prefix('.').unwrap_or(base);
        let within = |name: &str| base.is_empty() || is_below(name, base) || name.eq_ignore_ascii_case(base);
        // A wildcard reaches down into a subtree that lies below it.
        !readable || within(name) || parent.is_some_and(|parent| within(parent) || is_below(base, parent))
    }
}

/// Whether a mailbox lies in a subtree: one mailbox, those of one host, or those of the hosts below a domain.
pub(super) fn mail_is_within(address: &str) -> impl Fn(&&str) -> bool {
    let parts = mailbox(address);
    move |base| {
        let Some((local, host)) = &parts else { return false };
        match base.rsplit_once('@') {
            Some((wanted, at)) => *local == wanted && host.0.eq_ignore_ascii_case(at),
            None => host.is_within(base),
        }
    }
}

/// Whether a mailbox may lie in a subtree: hosts may take the local part in any case, and quoting hides which one it is.
pub(super) fn mail_may_be_within(address: &str) -> impl Fn(&&str) -> bool {
    let parts = mailbox(address);
    move |base| {
        let Some((local, host)) = &parts else { return true };
        match base.rsplit_once('@') {
            Some((wanted, at)) => {
                let quoted = local.contains(['"', '\\']) || wanted.contains(['"', '\\']);
                host.0.eq_ignore_ascii_case(at) && (quoted || local.eq_ignore_ascii_case(wanted))
            }
            None => host.is_within(base),
        }
    }
}

/// Whether an address lies in a network, which is an address and a mask.
pub(super) fn ip_is_within(address: &[u8], network: &[u8]) -> bool {
    let (base, mask) = network.split_at(network.len() / 2);
    let masked = |octets: &[u8]| -> Vec<u8> { octets.iter().zip(mask).map(|(octet, mask)| octet & mask).collect() };
    address.len() == base.len() && masked(address) == masked(base)
}

/// The text of a SmtpUTF8Mailbox.
pub(super) fn utf8_mailbox(der: &[u8]) -> Option<&str> {
    std::str::from_utf8(only(der, UTF8_STRING, "mailbox").ok()?.value).ok()
}

/// Whether the subjectAltName of a certificate bears a name (RFC 9525 §6, RFC 9598 §5). Its subject is not looked at.
pub(super) fn bears(certificate: &Certificate, wanted: &WantedName) -> bool {
    certificate
        .extensions()
        .alternatives
        .iter()
        .any(|name| match (wanted, name) {
            (WantedName::Host(wanted), GeneralName::Dns(name)) => {
                is_host(name, wanted.strip_suffix('.').unwrap_or(wanted))
            }
            (WantedName::Address(IpAddr::V4(wanted)), GeneralName::Ip(name)) => wanted.octets() == name,
            (WantedName::Address(IpAddr::V6(wanted)), GeneralName::Ip(name)) => wanted.octets() == name,
            (WantedName::Mailbox(wanted), GeneralName::Mail(name)) => is_mailbox(name, wanted),
            (WantedName::Mailbox(wanted), GeneralName::Other(kind, value)) if kind == oid::SMTP_UTF8_MAILBOX => {
                utf8_mailbox(value).is_some_and(|name| is_mailbox(name, wanted))
            }
            _ => false,
        })
}

/// A name as a message shows it.
pub(super) fn shown(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::Mail(text) | GeneralName::Dns(text) | GeneralName::Uri(text) => text.escape_default().to_string(),
        GeneralName::Directory(name) => name.to_string(),
        GeneralName::Ip(octets) => match (<[u8; 4]>::try_from(*octets), <[u8; 16]>::try_from(*octets)) {
            (Ok(four), _) => IpAddr::from(four).to_string(),
            (_, Ok(sixteen)) => IpAddr::from(sixteen).to_string(),
            _ => octets.iter().fold(String::new(), |mut text, octet| {
                let _ = write!(text, "{octet:02x}");
                text
            }),
        },
        GeneralName::Other(kind, _) => format!("of the kind {kind}"),
        GeneralName::Unknown(tag) => format!("of the form with tag {}", tag & 0x1f),
    }
}

/// Whether `name` is `base` with at least one label before it; `base` may begin with the dot.
fn is_below(name: &str, base: &str) -> bool {
    let base = base.strip_prefix('.').unwrap_or(base);
    let Some(cut) = name.len().checked_sub(base.len() + 1).filter(|cut| *cut > 0) else {
        return false;
    };
    name.is_char_boundary(cut)
        && name
            .get(cut..)
            .and_then(|end| end.strip_prefix('.'))
            .is_some_and(|end| end.eq_ignore_ascii_case(base))
}

fn mailbox(address: &str) -> Option<(&str, Host<'_>)> {
    let (local, host) = address.rsplit_once('@')?;
    Some((Some(local).filter(|local| !local.is_empty())?, Host::read(host)?))
}

/// Whether a dNSName stands for a host: the same, or a wildcard for exactly its leftmost label under at least two others.
fn is_host(name: &str, wanted: &str) -> bool {
    if Host::read(wanted).is_none() {
        return false;
    }
    match (name.strip_prefix("*."), wanted.split_once('.')) {
        (Some(parent), Some((_, rest))) => parent.contains('.') && parent.eq_ignore_ascii_case(rest),
        (Some(_), None) => false,
        (None, _) => name.eq_ignore_ascii_case(wanted),
    }
}

fn is_mailbox(name: &str, wanted: &str) -> bool {
    match (name.rsplit_once('@'), wanted.rsplit_once('@')) {
        (Some((own, host)), Some((local, at))) => own == local && host.eq_ignore_ascii_case(at),
        _ => false,
    }
}

/// ::ffff:0:0/96
pub(super) const IPV4_MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
