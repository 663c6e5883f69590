//! TLS of a listener: rustls, one certificate chain, HTTP/1.1.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

use pki::certificate::Certificate;

use super::StartFault;
use crate::config::Tls;

/// Takes whatever certificate of a client its handshake was signed by, or none. Whose it is, and whether it counts, is asked
/// of our record by what the certificate is for: nothing else is believed of it.
#[derive(Debug)]
struct OfTerminals(Arc<CryptoProvider>);

impl ClientCertVerifier for OfTerminals {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Certificate::parse(certificate)
            .map(|_| ClientCertVerified::assertion())
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The certificates that stand above the listener's own in its file, as far as it can be read.
pub(super) fn above(tls: &Tls) -> Vec<CertificateDer<'static>> {
    let chain = CertificateDer::pem_file_iter(&tls.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    chain.unwrap_or_default().into_iter().skip(1).collect()
}

/// Reads both files and checks that they belong together. Where terminals come they are asked for their certificates.
pub(super) fn acceptor(tls: &Tls, for_terminals: bool) -> Result<TlsAcceptor, StartFault> {
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|fault| unreadable(&tls.certificate, &fault))?;
    if chain.is_empty() {
        return Err(wrong(&tls.certificate, "it holds no certificate in PEM".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|fault| unreadable(&tls.key, &fault))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|fault| wrong(&tls.certificate, fault.to_string()))?;
    let config = if for_terminals {
        config.with_client_cert_verifier(Arc::new(OfTerminals(provider)))
    } else {
        config.with_no_client_auth()
    };
    let mut config = config.with_single_cert(chain, key).map_err(|fault| {
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
