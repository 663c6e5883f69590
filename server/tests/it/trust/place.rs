//! A web server of somebody else's, on loopback, that serves what a test puts there and counts who asks.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What is at a path.
#[derive(Clone)]
pub(crate) enum Serves {
    /// This.
    Content(Vec<u8>),
    /// This, named by a tag: whoever has it is told so.
    Tagged(Vec<u8>, &'static str),
    /// This, after so long.
    After(Duration, Vec<u8>),
    /// More and more, without an end.
    Endless,
    /// Another address.
    Leads(String),
    /// A status.
    Status(u16),
    /// A responder.
    Responder(Arc<Responder>),
}

/// Answers a request.
type Responder = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

#[derive(Default)]
struct Shelf {
    serves: HashMap<String, Serves>,
    asked: HashMap<String, usize>,
    sent: usize,
}

/// Where it is.
#[derive(Clone)]
pub(crate) struct Place {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
}

impl Place {
    pub(crate) async fn open() -> Self {
        Self::open_at("127.0.0.1:0").await
    }

    pub(crate) async fn open_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let place = Self {
            address: listener.local_addr().unwrap(),
            shelf: Arc::default(),
        };
        let shelf = Arc::clone(&place.shelf);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shelf = Arc::clone(&shelf);
                let service = service_fn(move |request| answer(Arc::clone(&shelf), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        place
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn puts(&self, path: &str, serves: Serves) {
        self.shelf.lock().unwrap().serves.insert(path.to_owned(), serves);
    }

    /// How often it was asked for that.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.shelf.lock().unwrap().asked.get(path).copied().unwrap_or_default()
    }

    /// How often content was sent and not only named.
    pub(crate) fn sent(&self) -> usize {
        self.shelf.lock().unwrap().sent
    }
}

type Body = Either<Full<Bytes>, Endless>;

async fn answer(shelf: Arc<Mutex<Shelf>>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let serves = {
        let mut shelf = shelf.lock().unwrap();
        *shelf.asked.entry(path.clone()).or_default() += 1;
        shelf.serves.get(&path).cloned().unwrap_or(Serves::Status(404))
    };
    let known = request.headers().get("if-none-match").cloned();
    let asked = request.into_body().collect().await.unwrap().to_bytes();
    let response = Response::builder();
    let whole = |content: Vec<u8>| {
        shelf.lock().unwrap().sent += 1;
        Either::Left(Full::from(content))
    };
    Ok(match serves {
        Serves::Content(content) => response.body(whole(content)),
        Serves::Tagged(_, tag) if known.is_some_and(|known| known == tag) => {
            response.status(304).body(Either::Left(Full::default()))
        }
        Serves::Tagged(content, tag) => response.header("etag", tag).body(whole(content)),
        Serves::After(wait, content) => {
            tokio::time::sleep(wait).await;
            response.body(whole(content))
        }
        Serves::Endless => response.body(Either::Right(Endless)),
        Serves::Leads(to) => response
            .status(302)
            .header("location", to)
            .body(Either::Left(Full::default())),
        Serves::Status(status) => response.status(status).body(Either::Left(Full::default())),
        Serves::Responder(responder) => {
            let said = tokio::task::spawn_blocking(move || responder(&asked)).await.unwrap();
            response.body(whole(said))
        }
    }
    .unwrap())
}

/// A stream of zeros.
struct Endless;

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1024])))))
    }
}
