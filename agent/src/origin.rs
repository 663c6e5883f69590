//! The origin of a portal: scheme, host and port, and nothing else.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An origin that may be a portal: HTTPS anywhere, plain HTTP on the loopback only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    text: String,
    reach: Reach,
}

/// How far away a portal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// On this computer.
    Loopback,
    /// Anywhere else.
    Network,
}

/// Why a text is no origin of a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOrigin {
    /// It is not a URL, or says more than scheme, host and port.
    #[error("write the portal as https://host or https://host:port, without a path")]
    Form,
    /// It is neither HTTPS nor on this computer.
    #[error("a portal needs https; plain http is taken for this computer only")]
    Plain,
}

impl Origin {
    /// How far away it is.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// The serialised origin of RFC 6454 §6.2, as it stands in an `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let url = reqwest::Url::parse(text).map_err(|_| NoOrigin::Form)?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host_str().ok_or(NoOrigin::Form)?;
        if !bare {
            return Err(NoOrigin::Form);
        }
        let reach = reach_of(host);
        match (url.scheme(), reach) {
            ("https", _) | ("http", Reach::Loopback) => Ok(Self {
                text: url.origin().ascii_serialization(),
                reach,
            }),
            ("http", Reach::Network) => Err(NoOrigin::Plain),
            _ => Err(NoOrigin::Form),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `localhost` is loopback by name (RFC 6761 §6.3); browsers treat it as one.
fn reach_of(host: &str) -> Reach {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => Reach::Loopback,
        Err(_) if host == "localhost" => Reach::Loopback,
        _ => Reach::Network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_the_loopback_are_origins() {
        for (text, reach) in [
            ("https://ca.example.jp", Reach::Network),
            ("https://ca.example.jp:8443/", Reach::Network),
            ("http://127.0.0.1:8080", Reach::Loopback),
            ("http://[::1]:8080", Reach::Loopback),
            ("http://localhost:8080", Reach::Loopback),
        ] {
            let origin: Origin = text.parse().unwrap();
            assert_eq!(origin.reach(), reach, "{text}");
            assert_eq!(origin.as_str(), text.trim_end_matches('/'));
        }
    }

    #[test]
    fn anything_else_is_no_origin() {
        for text in [
            "http://ca.example.jp",
            "http://127.0.0.1.example.jp",
            "http://localhost.example.jp",
            "https://user@ca.example.jp",
            "https://ca.example.jp/path",
            "https://ca.example.jp/?q",
            "https://ca.example.jp/#f",
            "ftp://127.0.0.1",
            "javascript:alert(1)",
            "ca.example.jp",
            "null",
            "",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
