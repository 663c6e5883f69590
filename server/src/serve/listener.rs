//! One listener: accepts, protects, bounds in number and time, and hands each request to the site.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::patient::Patient;
use super::site::{Answer, Site, Visit};
use crate::config::{Limits, Listen};
use crate::enrolment::Peer;

/// What every connection of a listener needs.
pub(super) struct Listener {
    pub(super) listen: Listen,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) site: Arc<Site>,
    pub(super) limits: Limits,
    /// One permit per connection, shared by all listeners: whoever holds them all knows that every connection ended.
    pub(super) slots: Arc<Semaphore>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Listener {
    /// Accepts until the node stops.
    pub(super) async fn serve(self, socket: TcpListener) {
        let listener = Arc::new(self);
        let mut stopping = listener.stopping.clone();
        loop {
            let accepted = tokio::select! {
                () = stopped(&mut stopping) => return,
                accepted = listener.accept(&socket) => accepted,
            };
            let Some((slot, stream, peer)) = accepted else { continue };
            tokio::spawn(Arc::clone(&listener).converse(slot, stream, peer));
        }
    }

    async fn accept(&self, socket: &TcpListener) -> Option<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
        // Above the limit nobody is accepted: newcomers wait in the system's queue and cost this process nothing.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        match socket.accept().await {
            Ok((stream, peer)) => Some((slot, stream, peer)),
            Err(fault) => {
                // Mostly "too many open files": it passes when connections end.
                tracing::warn!(%fault, address = %self.listen.address, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                None
            }
        }
    }

    /// `_slot` is held until the connection ends.
    async fn converse(self: Arc<Self>, _slot: OwnedSemaphorePermit, stream: TcpStream, peer: SocketAddr) {
        let _counted = Counted::new(&self.site.metrics.connections);
        drop(stream.set_nodelay(true));
        let stream = Patient::new(stream, self.limits.answer_within);
        match &self.tls {
            None => self.speak_http(stream, peer, None).await,
            Some(tls) => match tokio::time::timeout(self.limits.head_within, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let terminal = Peer::of(stream.get_ref().1);
                    self.speak_http(stream, peer, terminal).await;
                }
                Ok(Err(fault)) => tracing::debug!(%fault, "TLS was not agreed on"),
                Err(_) => tracing::debug!("TLS was not agreed on in time"),
            },
        }
    }

    async fn speak_http(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        terminal: Option<Peer>,
    ) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_within)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(|request| self.answer(request, peer, terminal.as_ref())),
            );
        let mut connection = std::pin::pin!(connection);
        let mut stopping = self.stopping.clone();
        let outcome = tokio::select! {
            outcome = connection.as_mut() => outcome,
            () = stopped(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(fault) = outcome {
            // A peer that went away, sent no HTTP or was too slow: its affair.
            tracing::debug!(%fault, "a connection ended early");
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        terminal: Option<&Peer>,
    ) -> Result<Response<Answer>, Infallible> {
        let visit = Visit {
            listen: &self.listen,
            peer,
            terminal,
        };
        Ok(
            match tokio::time::timeout(self.limits.answer_within, self.site.answer(request, visit)).await {
                Ok(response) => response,
                Err(_) => Site::too_slow(),
            },
        )
    }
}

/// Stands for one open connection, to whatever end it comes: a panic counts too.
struct Counted(Gauge);

impl Counted {
    fn new(connections: &Gauge) -> Self {
        connections.inc();
        Self(connections.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Returns when the node stops, or when nobody is left to say so.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

const BREATH: Duration = Duration::from_millis(50);
const MOST_HEADERS: usize = 64;
const LARGEST_HEAD: usize = 32 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_ends_in_a_panic_is_counted_off_too() {
        let connections = Gauge::default();
        let counted = Counted::new(&connections);
        assert_eq!(connections.get(), 1);
        let broken = tokio::spawn(async move {
            let _counted = counted;
            panic!("as a defect below would");
        });
        assert!(broken.await.unwrap_err().is_panic());
        assert_eq!(connections.get(), 0);
    }
}
