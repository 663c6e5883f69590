//! The test of a certificate: one request over TLS, in which the key signs where it lives.
//!
//! Everything here blocks, since a token and a card do.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::algorithm::Algorithm;
use pki::{SignFault, Signer};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::time_provider::TimeProvider;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error, SignatureAlgorithm, SignatureScheme,
    StreamOwned,
};
use wire::acquisition::{Issued, Tested};

use super::leaf;
use super::place::Living;
use crate::clock::Clock;
use crate::origin::Origin;

/// An `https` address on a portal's own host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    path: String,
}

impl Address {
    /// Reads an address; one that leads elsewhere than to the portal's host is none: nobody learns from here which
    /// certificates this computer has.
    pub(crate) fn parse(text: &str, portal: &Origin) -> Option<Self> {
        let url = reqwest::Url::parse(text).ok()?;
        let own = reqwest::Url::parse(portal.as_str()).ok()?;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let same = url.host_str()? == own.host_str()?;
        (url.scheme() == "https" && bare && same).then_some(())?;
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(query);
        }
        Some(Self {
            host: url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default()?,
            path,
        })
    }
}

/// Fetches the address once, and says how it went. Where no test is wanted, that too.
pub(super) fn test(issued: &Issued, living: &Arc<dyn Living>, clock: &Clock) -> Tested {
    let Some(wanted) = &issued.test else {
        return Tested::Untested;
    };
    let Ok(own) = leaf(issued) else {
        return Tested::Server;
    };
    let now = clock.now();
    // The certificate is some seconds old, and two clocks are never quite the same.
    if now + SKEW < own.not_before() {
        return Tested::Clock;
    }
    if now > own.not_after() {
        return Tested::Expired;
    }
    // The portal's host was compared when the step was taken.
    let Ok(url) = reqwest::Url::parse(&wanted.address) else {
        return Tested::Server;
    };
    let origin = url.origin().ascii_serialization().parse();
    let Some(address) = origin.ok().and_then(|origin| Address::parse(&wanted.address, &origin)) else {
        return Tested::Server;
    };
    let shown = Arc::new(Shown::of(issued, living));
    let tried = configured(&wanted.anchors, &shown, clock).and_then(|config| ask(&address, config));
    let outcome = judge(tried, &shown);
    tracing::info!(?outcome, host = address.host, "a certificate was tested");
    outcome
}

/// What came of one request.
enum Failed {
    Unreached,
    Tls(Error),
    /// The connection was cut after it had begun.
    Cut,
    /// What came back is no HTTP.
    Unintelligible,
}

fn judge(tried: Result<u16, Failed>, shown: &Shown) -> Tested {
    let asked = shown.asked.load(Ordering::Relaxed);
    if shown.failed.load(Ordering::Relaxed) {
        return Tested::Key;
    }
    match tried {
        Ok(status) => answered(status, asked),
        Err(Failed::Tls(fault)) => broken(&fault, asked),
        // Some servers cut the line where others say what they do not like.
        Err(Failed::Cut) if asked => Tested::Refused,
        Err(Failed::Cut | Failed::Unreached) => Tested::NoConnection,
        Err(Failed::Unintelligible) => Tested::Server,
    }
}

fn answered(status: u16, asked: bool) -> Tested {
    match status {
        100..400 if asked => Tested::Passed,
        // What servers say to a certificate that they do not like, if they say it in HTTP (nginx: 400, 495, 496).
        400 | 401 | 403 | 495 | 496 if asked => Tested::Refused,
        _ => Tested::Server,
    }
}

fn broken(fault: &Error, asked: bool) -> Tested {
    match fault {
        Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => Tested::Clock,
        Error::InvalidCertificate(_) => Tested::ServerUntrusted,
        Error::AlertReceived(alert) if asked => match alert {
            // Ours is within its time here, so one of the two clocks is wrong.
            AlertDescription::CertificateExpired => Tested::Clock,
            AlertDescription::InternalError | AlertDescription::ProtocolVersion => Tested::Server,
            _ => Tested::Refused,
        },
        _ => Tested::Server,
    }
}

fn configured(anchors: &[String], shown: &Arc<Shown>, clock: &Clock) -> Result<ClientConfig, Failed> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let anchors: Vec<CertificateDer<'static>> = anchors
        .iter()
        .filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .map(CertificateDer::from)
        .collect();
    let trusted = rustls_platform_verifier::Verifier::new_with_extra_roots(anchors, Arc::clone(&provider))
        .map_err(Failed::Tls)?;
    let config = ClientConfig::builder_with_details(provider, Arc::new(Time(clock.clone())))
        .with_safe_default_protocol_versions()
        .map_err(Failed::Tls)?
        .dangerous()
        // Not less than is usual, but the system's own verifier with some anchors more.
        .with_custom_certificate_verifier(Arc::new(trusted))
        .with_client_cert_resolver(Arc::clone(shown) as Arc<dyn ResolvesClientCert>);
    Ok(config)
}

fn ask(address: &Address, config: ClientConfig) -> Result<u16, Failed> {
    let name = ServerName::try_from(address.host.clone()).map_err(|_| Failed::Unreached)?;
    let socket = connect(address)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(Failed::Tls)?;
    let mut line = StreamOwned::new(connection, socket);
    let written = write!(
        line,
        "GET {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: kagimori-agent/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        address.path,
        address.host,
        address.port,
        env!("CARGO_PKG_VERSION")
    );
    written.and_then(|()| line.flush()).map_err(broke)?;
    let mut head = Vec::new();
    let mut part = [0; 512];
    // TLS 1.3 has a client's certificate judged after the client's handshake is over: the refusal comes here.
    while !head.windows(2).any(|two| two == b"\r\n") {
        match line.read(&mut part) {
            Ok(0) => return Err(Failed::Cut),
            Ok(read) => head.extend_from_slice(part.get(..read).unwrap_or_default()),
            Err(cause) => return Err(broke(cause)),
        }
        if head.len() > LONGEST_HEAD {
            return Err(Failed::Unintelligible);
        }
    }
    status(&head).ok_or(Failed::Unintelligible)
}

fn connect(address: &Address) -> Result<TcpStream, Failed> {
    let found = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(|_| Failed::Unreached)?;
    for socket in found {
        let Ok(line) = TcpStream::connect_timeout(&socket, CONNECT) else {
            continue;
        };
        let bounded = line
            .set_read_timeout(Some(ANSWER))
            .and_then(|()| line.set_write_timeout(Some(ANSWER)));
        if bounded.is_ok() {
            return Ok(line);
        }
    }
    Err(Failed::Unreached)
}

fn broke(cause: io::Error) -> Failed {
    let told = cause.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match (told, cause.kind()) {
        (Some(fault), _) => Failed::Tls(fault.clone()),
        (None, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => Failed::Unreached,
        (None, _) => Failed::Cut,
    }
}

/// The number in `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|octet| *octet == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next()?.starts_with("HTTP/1.").then_some(())?;
    let number = words.next()?;
    (number.len() == 3).then(|| number.parse().ok()).flatten()
}

/// The certificate as it is shown to the server, and whether it was asked for.
#[derive(Debug)]
struct Shown {
    certified: Arc<CertifiedKey>,
    asked: AtomicBool,
    failed: Arc<AtomicBool>,
}

impl Shown {
    fn of(issued: &Issued, living: &Arc<dyn Living>) -> Self {
        let failed = Arc::new(AtomicBool::new(false));
        let chain = issued
            .chain
            .iter()
            .filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok())
            .map(CertificateDer::from)
            .collect();
        let key = Watched {
            key: living.handshake(),
            failed: Arc::clone(&failed),
        };
        Self {
            certified: Arc::new(CertifiedKey::new(chain, Arc::new(key))),
            asked: AtomicBool::new(false),
            failed,
        }
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _authorities: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Shown also where the server names other authorities: its refusal is what the test is to find.
        self.asked.store(true, Ordering::Relaxed);
        Some(Arc::clone(&self.certified))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Remembers that the key itself failed: in the connection's words that is lost.
#[derive(Debug)]
struct Watched {
    key: Arc<dyn SigningKey>,
    failed: Arc<AtomicBool>,
}

#[derive(Debug)]
struct WatchedSigner {
    signer: Box<dyn rustls::sign::Signer>,
    failed: Arc<AtomicBool>,
}

impl SigningKey for Watched {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        let signer = self.key.choose_scheme(offered)?;
        Some(Box::new(WatchedSigner {
            signer,
            failed: Arc::clone(&self.failed),
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

impl rustls::sign::Signer for WatchedSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.signer
            .sign(message)
            .inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
    }

    fn scheme(&self) -> SignatureScheme {
        self.signer.scheme()
    }
}

/// A key that signs handshakes as well as requests.
pub(super) trait Signs: Signer + 'static {
    /// Whether it signs with RSA-PSS.
    fn signs_pss(&self) -> bool;

    /// Signs with RSA-PSS and SHA-256.
    fn sign_pss(&self, message: &[u8]) -> Result<Vec<u8>, SignFault>;
}

/// A key as rustls wants it.
pub(super) struct Handshake<Key>(pub(super) Arc<Key>);

struct HandshakeSigner<Key> {
    key: Arc<Key>,
    scheme: SignatureScheme,
}

impl<Key: Signs> SigningKey for Handshake<Key> {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        let own: &[SignatureScheme] = match self.0.algorithm() {
            Algorithm::P256 => &[SignatureScheme::ECDSA_NISTP256_SHA256],
            Algorithm::P384 => &[SignatureScheme::ECDSA_NISTP384_SHA384],
            Algorithm::Ed25519 => &[SignatureScheme::ED25519],
            Algorithm::MlDsa44 => &[SignatureScheme::ML_DSA_44],
            Algorithm::MlDsa65 => &[SignatureScheme::ML_DSA_65],
            Algorithm::MlDsa87 => &[SignatureScheme::ML_DSA_87],
            Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 if self.0.signs_pss() => {
                &[SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256]
            }
            Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => &[SignatureScheme::RSA_PKCS1_SHA256],
        };
        let scheme = own.iter().copied().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(HandshakeSigner {
            key: Arc::clone(&self.0),
            scheme,
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.0.algorithm() {
            Algorithm::P256 | Algorithm::P384 => SignatureAlgorithm::ECDSA,
            Algorithm::Ed25519 => SignatureAlgorithm::ED25519,
            Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => SignatureAlgorithm::RSA,
            // Only TLS 1.2 asks, and it has no number for it; 1.3 goes by the scheme alone.
            Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => SignatureAlgorithm::Unknown(u8::MAX),
        }
    }
}

impl<Key: Signs> rustls::sign::Signer for HandshakeSigner<Key> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match self.scheme {
            SignatureScheme::RSA_PSS_SHA256 => self.key.sign_pss(message),
            _ => self.key.sign(message),
        }
        .map_err(|fault| Error::General(fault.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

impl<Key: Signs> fmt::Debug for Handshake<Key> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handshake({:?})", self.0.public_key())
    }
}

impl<Key> fmt::Debug for HandshakeSigner<Key> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandshakeSigner({:?})", self.scheme)
    }
}

/// The agent's clock, for the validity of the server's certificate.
struct Time(Clock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let now = u64::try_from(self.0.now()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(now)))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

/// Seconds.
const SKEW: i64 = 300;
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);
const LONGEST_HEAD: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_leads_to_the_portals_own_host_and_nowhere_else() {
        let portal: Origin = "https://center.example.jp".parse().unwrap();
        let address = Address::parse("https://center.example.jp:8443/acquired?x=1", &portal).unwrap();
        assert_eq!((address.port, address.path.as_str()), (8443, "/acquired?x=1"));
        for elsewhere in [
            "http://center.example.jp/",
            "https://evil.example/",
            "https://center.example.jp.evil.example/",
            "https://center.example.jp@evil.example/",
            "https://user@center.example.jp/",
            "https://127.0.0.1/",
            "ftp://center.example.jp/",
            "center.example.jp",
        ] {
            assert_eq!(Address::parse(elsewhere, &portal), None, "{elsewhere}");
        }
    }

    #[test]
    fn only_a_status_line_has_a_status() {
        assert_eq!(status(b"HTTP/1.1 204 No Content\r\n"), Some(204));
        assert_eq!(status(b"HTTP/1.0 200\r\nX: y"), Some(200));
        for other in [
            "HTTP/2 200\r\n",
            "SSH-2.0-x\r\n",
            "HTTP/1.1 20\r\n",
            "HTTP/1.1 2000 OK\r\n",
            "",
        ] {
            assert_eq!(status(other.as_bytes()), None, "{other}");
        }
    }
}
