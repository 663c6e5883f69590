//! `kagimori serve` as a process of its own, on the store of a house, and the way to it.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper_util::rt::TokioIo;
use server::office::{AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE};
use server::store::StoreAddress;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;

use crate::hall::Hall;
use crate::house::PASSPHRASE;
use crate::node::{free_port, run};
use crate::portal::browser::ORIGIN;

/// A node that does the portal's work and no errands: what lies in the outbox stays there to be counted.
pub(super) struct Node {
    child: Child,
    /// Hands whatever is asked to the process.
    pub(super) router: Router,
}

impl Node {
    /// Two of them. Their offices are loaded by the operator's command.
    pub(super) async fn pair(hall: &Hall) -> [Self; 2] {
        let place = &hall.house.place;
        let nodes = ["one", "other"].map(|name| {
            let directory = place.data.join(name);
            std::fs::create_dir(&directory).unwrap();
            let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
            std::fs::write(directory.join("passphrase"), PASSPHRASE).unwrap();
            std::fs::write(directory.join("kagimori.toml"), configuration(&place.address, address)).unwrap();
            (directory, address)
        });
        for (number, office) in [AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE]
            .into_iter()
            .enumerate()
        {
            let (directory, _) = &nodes[0];
            let file = format!("{number}.toml");
            std::fs::write(directory.join(&file), office).unwrap();
            let (status, said) = run(KAGIMORI, &["office", "load", &file], directory);
            assert_eq!(status, 0, "{said}");
        }
        let [one, other] = nodes;
        [Self::serve(&one.0, one.1).await, Self::serve(&other.0, other.1).await]
    }

    async fn serve(directory: &Path, address: SocketAddr) -> Self {
        let log = directory.join("serve.log");
        let child = Command::new(KAGIMORI)
            .args(["serve", "--role", "portal"])
            .current_dir(directory)
            .stderr(std::fs::File::create(&log).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let router = Router::new().fallback(move |request| handed_over(address, request));
        let node = Self { child, router };
        let begun = std::time::Instant::now();
        while TcpStream::connect(address).await.is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{}",
                std::fs::read_to_string(&log).unwrap()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        node
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Nothing of it is asked for any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const KAGIMORI: &str = env!("CARGO_BIN_EXE_kagimori");

fn configuration(store: &StoreAddress, address: SocketAddr) -> String {
    let StoreAddress::Postgres(store) = store else {
        panic!("two nodes share a PostgreSQL")
    };
    format!(
        r#"
data_dir = "data"
store = {{ url = "{store}" }}
portal = {{ origin = "{ORIGIN}" }}
listen = [{{ address = "{address}", serves = ["portal"] }}]
keys = {{ passphrase = {{ file = "passphrase" }} }}
mail = {{ server = "127.0.0.1:9" }}
log = {{ filter = "warn" }}
[validation]
url = "http://ca.example.jp"
"#
    )
}

/// Sent to the process over a connection of its own. Who asks too often is told when to come again, and does.
async fn handed_over(address: SocketAddr, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let octets = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    loop {
        let mut request = Request::new(Body::from(octets.clone()));
        request.method_mut().clone_from(&parts.method);
        request.uri_mut().clone_from(&parts.uri);
        request.headers_mut().clone_from(&parts.headers);
        let host = HeaderValue::from_static(ORIGIN.split_at("https://".len()).1);
        request.headers_mut().insert(header::HOST, host);
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let answered = sender.send_request(request).await.unwrap();
        if answered.status() != StatusCode::TOO_MANY_REQUESTS {
            return answered.map(Body::new);
        }
        let seconds = answered.headers()[header::RETRY_AFTER].to_str().unwrap();
        tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap())).await;
    }
}
