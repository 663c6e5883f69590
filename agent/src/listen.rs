//! The door: loopback only, own user only, and nobody may stand in it for long.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::platform::{self, Peer};

/// The agent's sockets: 127.0.0.1, and ::1 where the machine has it.
pub struct Listeners {
    four: TcpListener,
    six: Option<TcpListener>,
    port: u16,
}

impl Listeners {
    /// Binds both loopback addresses on one port; 0 takes any free one.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = four.local_addr()?.port();
        let six = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(listener) => Some(listener),
            // Somebody else on ::1 could pass for the agent there: then it does not start at all (A4).
            Err(cause) if cause.kind() == io::ErrorKind::AddrInUse => return Err(cause),
            Err(cause) => {
                tracing::info!(%cause, "this machine has no IPv6 loopback");
                None
            }
        };
        Ok(Self { four, six, port })
    }

    /// The port of both.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Serves until `ended` says so, then lets what is under way finish within a moment.
    pub(crate) async fn serve(self, pages: Router, mut ended: watch::Receiver<bool>) {
        let room = Arc::new(Semaphore::new(MOST));
        let mut open = JoinSet::new();
        loop {
            let arrived = tokio::select! {
                arrived = self.four.accept() => arrived,
                arrived = accept(self.six.as_ref()) => arrived,
                Some(_) = open.join_next(), if !open.is_empty() => continue,
                _ = ended.wait_for(|ended| *ended) => break,
            };
            let Ok((stream, peer)) = arrived else {
                // Out of descriptors, most likely: others must close first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                continue;
            };
            let (pages, ended) = (pages.clone(), ended.clone());
            open.spawn(async move {
                let _place = place;
                serve_one(stream, peer, pages, ended).await;
            });
        }
        let _ = tokio::time::timeout(FINISH, async { while open.join_next().await.is_some() {} }).await;
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

async fn serve_one(stream: TcpStream, peer: SocketAddr, pages: Router, mut ended: watch::Receiver<bool>) {
    if !is_own(&stream, peer).await {
        tracing::warn!("a connection of another user was closed");
        return;
    }
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A peer that breaks HTTP has closed its own connection.
        _ = connection.as_mut() => return,
        _ = ended.wait_for(|ended| *ended) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(FINISH, connection).await;
}

async fn is_own(stream: &TcpStream, peer: SocketAddr) -> bool {
    let Ok(local) = stream.local_addr() else {
        return false;
    };
    let told = tokio::task::spawn_blocking(move || platform::peer(local, peer)).await;
    match told {
        Ok(Ok(peer)) => peer == Peer::OwnUser,
        Ok(Err(cause)) => {
            tracing::error!(%cause, "whose connection it is cannot be told");
            false
        }
        Err(_) => false,
    }
}

/// Connections at one time.
const MOST: usize = 64;
const HEADERS: Duration = Duration::from_secs(10);
const FINISH: Duration = Duration::from_secs(2);
/// Octets of one request's headers; a browser's cookies for the loopback host fit.
const BUFFER: usize = 32 * 1024;
