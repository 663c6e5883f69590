//! TLS of a listener: rustls, one certificate chain, HTTP/1.1.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::StartFault;
use crate::config::Tls;

/// Reads both files and checks that they belong together.
pub(super) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, StartFault> {
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|fault| unreadable(&tls.certificate, &fault))?;
    if chain.is_empty() {
        return Err(wrong(&tls.certificate, "it holds no certificate in PEM".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|fault| unreadable(&tls.key, &fault))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|fault| wrong(&tls.certificate, fault.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|fault| {
            wrong(
                &tls.key,
                format!("it does not fit {}: {fault}", tls.certificate.display()),
            )
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn unreadable(path: &Path, fault: &pem::Error) -> StartFault {
    let reason = match fault {
        pem::Error::Io(fault) => fault.to_string(),
        pem::Error::NoItemsFound => "it holds nothing of the kind in PEM".to_owned(),
        other => other.to_string(),
    };
    wrong(path, reason)
}

fn wrong(path: &Path, reason: String) -> StartFault {
    StartFault::Tls {
        file: path.to_owned(),
        reason,
    }
}
