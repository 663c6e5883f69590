//! The door at which terminals get their certificates speaks TLS: with an authority of the demo's own, for loopback alone.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::path::Path;

/// The listener's certificate, and above it the authority's.
pub(crate) const CERTIFICATE: &str = "enrolment.pem";
/// The listener's key.
pub(crate) const KEY: &str = "enrolment.key";
/// The authority's certificate alone, for programs that want a file with what they shall trust.
const AUTHORITY: &str = "enrolment-authority.pem";

/// Makes the listener's files, where there are none.
pub(crate) fn made(folder: &Path) -> Result<()> {
    if folder.join(KEY).exists() {
        return Ok(());
    }
    let key = KeyPair::generate().context("a key of the door's authority")?;
    let mut authority = named("Kagimori Demo")?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let above = authority.self_signed(&key).context("the door's authority")?.pem();
    let issuer = Issuer::new(authority, key);

    let key = KeyPair::generate().context("a key of the door")?;
    let mut door = named("127.0.0.1")?;
    door.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let own = door.signed_by(&key, &issuer).context("the door's certificate")?.pem();

    write(folder, AUTHORITY, &above)?;
    write(folder, CERTIFICATE, &format!("{own}{above}"))?;
    // The last one: where it is, the others are.
    write(folder, KEY, &key.serialize_pem())
}

/// Valid for longer than the demo's clock can go.
fn named(name: &str) -> Result<CertificateParams> {
    let hosts = ["127.0.0.1", "localhost"].map(String::from);
    let mut params = CertificateParams::new(hosts).context("the door's names")?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2120, 1, 1);
    Ok(params)
}

fn write(folder: &Path, name: &str, pem: &str) -> Result<()> {
    std::fs::write(folder.join(name), pem).with_context(|| format!("{name} cannot be written"))
}
