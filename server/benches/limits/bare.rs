//! The raw limit of serving: the same HTTP library, which says the same octets to everyone.

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, LAST_MODIFIED};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use tokio::net::TcpListener;

/// `bare PORT LENGTH`: serves until it is killed.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<usize>().ok());
    let port = u16::try_from(number(2).context("bare PORT LENGTH")?)?;
    let body = Bytes::from(vec![0x30; number(3).context("bare PORT LENGTH")?]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |_: Request<Incoming>| {
                    let body = body.clone();
                    async move { Ok::<_, Infallible>(response(body)) }
                });
                // A connection that the load closes has done its work.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    })
}

/// With the headers that RFC 5019 asks of an OCSP answer, so that both sides write as many octets.
fn response(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "application/ocsp-response"),
        (CACHE_CONTROL, "max-age=300, public, no-transform, must-revalidate"),
        (ETAG, "\"0123456789abcdef0123456789abcdef\""),
        (EXPIRES, "Sat, 21 Nov 2026 12:00:00 GMT"),
        (LAST_MODIFIED, "Sat, 21 Nov 2026 11:00:00 GMT"),
    ] {
        headers.insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}
