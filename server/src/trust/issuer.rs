//! An issuer of somebody else's, pinned by its certificate.

use pki::certificate::{Certificate, CertificateFault};

/// An issuer whose cards an office accepts. It is this certificate and no other: a name proves nothing, and two generations
/// of an authority may share one (DOMAIN §11.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedIssuer {
    /// What people call it, for officers and operators.
    pub name: String,
    /// Its certificate.
    pub certificate: Certificate,
    /// Where its revocation lists are fetched, instead of the addresses that its certificates name; empty: from those.
    pub crl: Vec<String>,
    /// Where its OCSP responders are asked, instead of the addresses that its certificates name; empty: those.
    pub ocsp: Vec<String>,
}

/// Why an issuer cannot be accepted. Each says what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIssuer {
    /// Not a certificate in PEM.
    #[error("the certificate cannot be read: {0}; wanted: one certificate in PEM")]
    Unreadable(#[from] CertificateFault),
    /// Not one of a CA.
    #[error("the certificate is not one of a CA; wanted: the certificate of the issuer, not of a holder")]
    NotAnAuthority,
    /// An address that is never fetched.
    #[error("{0:?} is not fetched; wanted: an http address, since what is fetched there carries its own signature")]
    Address(String),
}

impl PinnedIssuer {
    /// From an office's file: a name, a certificate in PEM, and the addresses that are asked instead of its own.
    pub fn new(name: &str, pem: &str, crl: Vec<String>, ocsp: Vec<String>) -> Result<Self, NotAnIssuer> {
        let certificate = Certificate::from_pem(pem)?;
        if !certificate.is_ca() {
            return Err(NotAnIssuer::NotAnAuthority);
        }
        if let Some(url) = crl.iter().chain(&ocsp).find(|url| !is_http(url)) {
            return Err(NotAnIssuer::Address(url.clone()));
        }
        Ok(Self {
            name: name.to_owned(),
            certificate,
            crl,
            ocsp,
        })
    }
}

fn is_http(url: &str) -> bool {
    url.parse::<hyper::Uri>()
        .is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some_and(|host| !host.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_addresses_are_fetched() {
        for url in [
            "http://crl.example.jp/ca.crl",
            "http://192.0.2.1:8080/",
            "http://[2001:db8::1]/x",
        ] {
            assert!(is_http(url), "{url}");
        }
        for url in [
            "https://crl.example.jp/ca.crl",
            "ldap://crl.example.jp/cn=ca",
            "file:///etc/passwd",
            "crl.example.jp",
            "http:///x",
            "",
        ] {
            assert!(!is_http(url), "{url}");
        }
    }
}
