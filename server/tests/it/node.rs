//! A node to test: two authorities, real listeners on loopback, and a plain HTTP client that hides nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use casework::certificate::Reason;
use casework::identity::{Authority as Name, CertificateId, Serial};
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::name::AuthorityName;
use pki::ocsp::{HashAlgorithm, IssuerId, Nonce, Request, Response, Status};
use pki::profile::Validity;
use server::authority::holder::{CardOrder, EXAMPLE};
use server::authority::issue::{CardUse, NewAuthority, Order, Wanted};
use server::chance::Chance;
use server::clock::Clock;
use server::config::{Config, Serves};
use server::desk::certificate::{Command as Issue, Issuance};
use server::desk::{Actor, CaseId};
use server::serve::{Roles, Running, Server, StartFault, open, registrar};
use server::store::StoreAddress;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::Place;

/// A test for each store. The PostgreSQL half needs the server that `KAGIMORI_TEST_POSTGRES` names.
macro_rules! on_both_stores {
    ($(async fn $name:ident($place:ident: Place) $body:block)+) => {
        $(async fn $name($place: $crate::house::Place) $body)+

        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::house::Place::on_sqlite()).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::house::Place::on_postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both_stores;

/// A running node and where it stands.
pub(crate) struct Node {
    running: Option<Running>,
    pub(crate) config: Config,
    // Held for its end: its directory is removed then.
    place: Place,
    ahead: Arc<AtomicI64>,
}

/// A card's certificate that was issued by `mihon`.
pub(crate) struct Issued {
    pub(crate) certificate: Certificate,
    pub(crate) case: [u8; 16],
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Node {
    /// With the authorities `root` and `mihon`.
    pub(crate) async fn start(place: Place) -> Self {
        Self::start_with(place, "").await
    }

    /// With more lines in its configuration.
    pub(crate) async fn start_with(place: Place, more: &str) -> Self {
        let config = configuration(&place, more);
        let ahead = Arc::new(AtomicI64::new(0));
        create_authorities(&config, &Clock::shifted(Arc::clone(&ahead))).await;
        let mut node = Self {
            running: None,
            config,
            place,
            ahead,
        };
        node.serve(Roles::all()).await.unwrap();
        node
    }

    pub(crate) async fn serve(&mut self, roles: Roles) -> Result<(), StartFault> {
        let clock = Clock::shifted(Arc::clone(&self.ahead));
        self.running = Some(Server::start(self.config.clone(), roles, clock, Chance::system()).await?);
        Ok(())
    }

    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn validation(&self) -> SocketAddr {
        self.running().address(Serves::Validation).unwrap()
    }

    pub(crate) fn now(&self) -> i64 {
        self.running
            .as_ref()
            .map_or_else(
                || Clock::shifted(Arc::clone(&self.ahead)).now(),
                |running| running.desk().clock().now(),
            )
            .0
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn certificate_of(&self, authority: &str) -> Certificate {
        let answer = get(self.validation(), &format!("/ca/{authority}.cer")).await;
        assert_eq!(answer.status, 200);
        collect("cert", &answer.body);
        Certificate::parse(&answer.body).unwrap()
    }

    /// A signature certificate for a fresh key.
    pub(crate) async fn issue(&self) -> Issued {
        let key = SoftwareKey::generate(Algorithm::P256).unwrap();
        self.issue_for(&key, CardOrder::parse(EXAMPLE, Path::new("holder.toml")).unwrap())
            .await
            .unwrap()
    }

    pub(crate) async fn issue_for(
        &self,
        key: &SoftwareKey,
        holder: CardOrder,
    ) -> Result<Issued, server::authority::AuthorityFault> {
        let registrar = self.running().registrar();
        let mihon = registrar.authority("mihon").await?;
        let validity = holder.term.validity(server::clock::Instant(self.now())).unwrap();
        let purchase = holder.purchase;
        let wanted = Wanted::Card(CardUse::Signature, Box::new(holder));
        let order = Order {
            wanted,
            key: key.public_key().clone(),
            validity,
            purchase,
        };
        let certificate = registrar
            .issue(&Actor::Operator { name: "test" }, &mihon, &order)
            .await?;
        collect("cert", certificate.der());
        let id = id_of("mihon", &certificate);
        let case = registrar.desk().store().certificate(&id).await?.unwrap().case;
        Ok(Issued { certificate, case })
    }

    /// What the operator's command does, in this process: durable and served when it returns.
    pub(crate) async fn revoke(&self, issued: &Issued, reason: Reason) {
        let case = CaseId::<Issuance>::from_octets(issued.case);
        self.running()
            .desk()
            .perform(&Actor::Operator { name: "test" }, case, &Issue::Revoke { reason })
            .await
            .unwrap();
    }

    /// Asks by POST without a nonce, as any client may, and verifies the answer.
    pub(crate) async fn ocsp(&self, serial: &pki::serial::Serial) -> Status {
        let issuer = self.certificate_of("mihon").await;
        self.ocsp_of(&issuer, serial, None).await
    }

    pub(crate) async fn ocsp_of(
        &self,
        issuer: &Certificate,
        serial: &pki::serial::Serial,
        nonce: Option<Nonce>,
    ) -> Status {
        let request = Request::new(vec![IssuerId::of(issuer).cert_id(serial, HashAlgorithm::Sha1)], nonce);
        let answer = post(self.validation(), "/ocsp/mihon", &request.to_der()).await;
        assert_eq!(answer.status, 200);
        collect("ocsp", &answer.body);
        status_in(&answer.body, serial, issuer, self.now())
    }

    /// The path of a GET for this serial.
    pub(crate) async fn get_path(&self, serial: &pki::serial::Serial) -> String {
        use base64::Engine as _;
        let issuer = self.certificate_of("mihon").await;
        let request = Request::new(vec![IssuerId::of(&issuer).cert_id(serial, HashAlgorithm::Sha1)], None);
        format!(
            "/ocsp/mihon/{}",
            base64::engine::general_purpose::STANDARD.encode(request.to_der())
        )
    }

    /// The list that the certificate names, as a relying party fetches it.
    pub(crate) async fn crl_of(&self, certificate: &Certificate) -> (pki::crl::Crl, Answer) {
        let url = &certificate.crl_urls()[0];
        let path = url.strip_prefix(&self.config.validation.url).unwrap();
        let answer = get(self.validation(), path).await;
        assert_eq!(answer.status, 200, "{url}");
        collect("crl", &answer.body);
        (pki::crl::Crl::parse(&answer.body).unwrap(), answer)
    }

    /// Writes what openssl needs to a directory: `ca.pem` (both), `root.pem`, `mihon.pem`.
    pub(crate) async fn write_authorities(&self, directory: &Path) {
        let (root, mihon) = (
            self.certificate_of("root").await.to_pem(),
            self.certificate_of("mihon").await.to_pem(),
        );
        std::fs::write(directory.join("ca.pem"), format!("{root}{mihon}")).unwrap();
        std::fs::write(directory.join("root.pem"), root).unwrap();
        std::fs::write(directory.join("mihon.pem"), mihon).unwrap();
    }
}

/// The configuration of a node at this place, on free ports.
pub(crate) fn configuration(place: &Place, more: &str) -> Config {
    let (portal, validation) = (free_port(), free_port());
    let store = match &place.address {
        StoreAddress::Sqlite(path) => format!("sqlite://{}", path.display()),
        StoreAddress::Postgres(url) => url.clone(),
    };
    let passphrase = place.data.join("passphrase");
    std::fs::write(&passphrase, "correct horse\n").unwrap();
    let text = format!(
        r#"
data_dir = "."
store = {{ url = "{store}" }}
portal = {{ origin = "http://127.0.0.1:{portal}" }}
listen = [
  {{ address = "127.0.0.1:{portal}", serves = ["portal"] }},
  {{ address = "127.0.0.1:{validation}", serves = ["validation", "metrics"] }},
]
keys = {{ passphrase = {{ file = "passphrase" }} }}
mail = {{ server = "127.0.0.1:9" }}
[validation]
url = "http://127.0.0.1:{validation}"
crl_shards = 2
{more}
"#
    );
    Config::parse(&text, Path::new("test.toml"), &place.data).unwrap()
}

pub(crate) fn free_port() -> u16 {
    loop {
        // Below the ports that the system gives to whoever asks for any: no connection takes it before the server does.
        let port = 20_000 + u16::from_be_bytes(Chance::system().octets()) % 12_000;
        if is_ours_alone(port) && std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether no other test that runs now has chosen it too: it may not have been bound there yet. It stays ours until this
/// process ends.
fn is_ours_alone(port: u16) -> bool {
    let place = std::env::temp_dir().join("kagimori-test-ports");
    std::fs::create_dir_all(&place).unwrap();
    let claim = std::fs::File::create(place.join(port.to_string())).unwrap();
    let is_ours = claim.try_lock().is_ok();
    // Closing it would give it up.
    std::mem::forget(claim);
    is_ours
}

async fn create_authorities(config: &Config, clock: &Clock) {
    let store = open(config, &Chance::system()).await.unwrap();
    let registrar = registrar(config, store, clock.clone(), Chance::system()).await.unwrap();
    let now = clock.now().0;
    let policy = "1.3.6.1.4.1.32473.1".parse().unwrap();
    let root = NewAuthority {
        name: Name("root".to_owned()),
        algorithm: Algorithm::P384,
        parent: None,
        subject: AuthorityName::new("見本認証株式会社", "見本ルート認証局").unwrap(),
        policies: Vec::new(),
        validity: Validity::of_days(now, 7_300).unwrap(),
    };
    let root = registrar.create(&Actor::System, root).await.unwrap();
    let mihon = NewAuthority {
        name: Name("mihon".to_owned()),
        algorithm: Algorithm::P256,
        parent: Some(root),
        subject: AuthorityName::new("見本認証株式会社", "見本認証局").unwrap(),
        policies: vec![policy],
        validity: Validity::of_days(now, 3_650).unwrap(),
    };
    registrar.create(&Actor::System, mihon).await.unwrap();
    registrar.desk().store().close().await;
}

pub(crate) fn id_of(authority: &str, certificate: &Certificate) -> CertificateId {
    CertificateId {
        authority: Name(authority.to_owned()),
        serial: Serial::from_octets(certificate.serial().as_bytes()).unwrap(),
    }
}

pub(crate) fn status_in(der: &[u8], serial: &pki::serial::Serial, issuer: &Certificate, at: i64) -> Status {
    match Response::parse(der).unwrap() {
        Response::Basic(basic) => basic.status_of(serial, issuer, at).unwrap(),
        Response::Error(error) => panic!("the answer is {error:?}"),
    }
}

/// The name of the unsigned error in an answer.
pub(crate) fn error_in(der: &[u8]) -> Option<pki::ocsp::ErrorResponse> {
    match Response::parse(der) {
        Ok(Response::Error(error)) => Some(error),
        _ => None,
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn max_age(&self) -> i64 {
        let control = self.header("cache-control").unwrap();
        control
            .split(',')
            .find_map(|part| part.trim().strip_prefix("max-age="))
            .unwrap()
            .parse()
            .unwrap()
    }
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, &head("GET", path, "")).await
}

pub(crate) async fn get_with(address: SocketAddr, path: &str, header: &str) -> Answer {
    exchange(address, &head("GET", path, &format!("{header}\r\n"))).await
}

pub(crate) async fn post(address: SocketAddr, path: &str, body: &[u8]) -> Answer {
    let length = format!(
        "content-type: application/ocsp-request\r\ncontent-length: {}\r\n",
        body.len()
    );
    let mut request = head("POST", path, &length);
    request.extend_from_slice(body);
    exchange(address, &request).await
}

fn head(method: &str, path: &str, more: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n").into_bytes()
}

/// Sends octets and reads until the peer closes. A peer that closes early may reset; what came before counts.
pub(crate) async fn exchange(address: SocketAddr, octets: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut received = Vec::new();
    let talk = async {
        let _ = stream.write_all(octets).await;
        let _ = stream.read_to_end(&mut received).await;
    };
    tokio::time::timeout(Duration::from_secs(20), talk)
        .await
        .expect("an answer within twenty seconds");
    answer_in(&received)
}

pub(crate) fn answer_in(received: &[u8]) -> Answer {
    let end = received
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a whole head");
    let head = std::str::from_utf8(&received[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Answer {
        status,
        headers: headers.collect(),
        body: received[end + 4..].to_vec(),
    }
}

/// Runs a program to its end and gives its exit status and everything it printed.
pub(crate) fn run(program: &str, arguments: &[&str], directory: &Path) -> (i32, String) {
    let done = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let printed = [done.stdout, done.stderr].concat();
    (
        done.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&printed).into_owned(),
    )
}

/// Keeps a DER for the linters that look at everything in the end.
pub(crate) fn collect(kind: &str, der: &[u8]) {
    let Some(root) = std::env::var_os("KAGIMORI_DER_DIR") else {
        return;
    };
    let folder = PathBuf::from(root).join(kind);
    std::fs::create_dir_all(&folder).unwrap();
    let name: String = server::desk::evidence::sha256(der).to_string();
    std::fs::write(folder.join(format!("{name}.der")), der).unwrap();
}
