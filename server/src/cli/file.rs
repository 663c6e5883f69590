//! Files of operators: PEM or DER, found out by looking.

use std::io::Write as _;
use std::path::Path;

use pki::certificate::Certificate;

use super::CliFault;

/// What a file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Certificate,
    Request,
    Crl,
    Ocsp,
}

impl Content {
    const ALL: [Self; 4] = [Self::Certificate, Self::Request, Self::Crl, Self::Ocsp];

    fn label(self) -> &'static str {
        match self {
            Self::Certificate => "CERTIFICATE",
            Self::Request => "CERTIFICATE REQUEST",
            Self::Crl => "X509 CRL",
            Self::Ocsp => "OCSP RESPONSE",
        }
    }
}

/// The DER in a file, which may be PEM of this content.
pub(super) fn der(path: &Path, content: Content) -> Result<Vec<u8>, CliFault> {
    let octets = std::fs::read(path).map_err(|fault| CliFault::file(path, &fault))?;
    match pem_of(&octets) {
        None => Ok(octets),
        Some(text) => pki::pem::decode(text, content.label()).map_err(|fault| CliFault::file(path, &fault)),
    }
}

/// The DER in a file, with what its PEM label says it is; `None` where it is DER already.
pub(super) fn any(path: &Path) -> Result<(Vec<u8>, Option<Content>), CliFault> {
    let octets = std::fs::read(path).map_err(|fault| CliFault::file(path, &fault))?;
    let Some(text) = pem_of(&octets) else {
        return Ok((octets, None));
    };
    let labelled = |content: &Content| text.contains(&format!("-----BEGIN {}-----", content.label()));
    match Content::ALL.into_iter().find(labelled) {
        Some(content) => {
            let der = pki::pem::decode(text, content.label()).map_err(|fault| CliFault::file(path, &fault))?;
            Ok((der, Some(content)))
        }
        None => Err(CliFault::file(
            path,
            &"holds no certificate, request, CRL or OCSP answer",
        )),
    }
}

/// A certificate, strictly read.
pub(super) fn certificate(path: &Path) -> Result<Certificate, CliFault> {
    Certificate::parse(&der(path, Content::Certificate)?).map_err(|fault| CliFault::file(path, &fault))
}

/// Every DER in a file of this content: one, or as many PEM blocks as there are. Whether the file could be read at all is
/// another question than whether it holds what it should.
pub(super) fn ders(path: &Path, content: Content) -> Result<Result<Vec<Vec<u8>>, String>, CliFault> {
    let octets = std::fs::read(path).map_err(|fault| CliFault::file(path, &fault))?;
    Ok(match pem_of(&octets) {
        None => Ok(vec![octets]),
        Some(text) => pki::pem::decode_all(text, content.label()).map_err(|fault| fault.to_string()),
    })
}

/// Writes a file whole or not at all: beside it first, then in its place.
pub(super) fn write(path: &Path, octets: &[u8]) -> Result<(), CliFault> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = std::path::PathBuf::from(beside);
    let written = std::fs::File::create(&beside)
        .and_then(|mut file| file.write_all(octets).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|fault| CliFault::file(path, &fault))
}

/// Writes a new file that only its owner can read; an old one stays as it is. Says whether it was written.
pub(super) fn write_new_secret(path: &Path, octets: &[u8]) -> Result<bool, CliFault> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match opened {
        Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(fault) => Err(CliFault::file(path, &fault)),
        Ok(mut file) => {
            let written = file.write_all(octets).and_then(|()| file.sync_all());
            written.map(|()| true).map_err(|fault| CliFault::file(path, &fault))
        }
    }
}

fn pem_of(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets)
        .ok()
        .filter(|text| text.contains("-----BEGIN "))
}
