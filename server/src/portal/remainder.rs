//! What of a body nobody has read when its answer is ready.
//!
//! An answer that comes before the end of a body is lost: the line is closed, and browsers and proxies that were still
//! sending show a broken connection (RFC 9112 §9.6). Whoever sends a scan after a long pause shall see the login instead.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot::{Sender, channel};

/// Answers, and reads the rest of the body before the answer goes out. The listener's bound on the whole answer holds for
/// this too; what is longer than `most` octets is left unread.
pub(crate) async fn read(request: Request, next: Next, most: usize) -> Response {
    let (parts, body) = request.into_parts();
    let (back, mut returned) = channel();
    let lent = Lent { body, back: Some(back) };
    let response = next.run(Request::from_parts(parts, Body::new(lent))).await;
    if let Ok(mut rest) = returned.try_recv() {
        let mut read = 0;
        while let Some(Ok(frame)) = rest.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > most {
                break;
            }
        }
    }
    response
}

/// A body that comes back from wherever it is dropped.
struct Lent {
    body: Body,
    back: Option<Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            // Nobody waits for it when the answer itself was given up.
            let _ = back.send(std::mem::take(&mut self.body));
        }
    }
}
