//! A byte relay before PostgreSQL that loses one COMMIT, or its answer.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What becomes of the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Loss {
    /// The connection is cut before it arrives.
    CutBefore,
    /// It takes effect, and the connection is cut before the answer arrives.
    CutAfter,
    /// It does not arrive, and nobody says so; the client's end of the connection reaches the server.
    StallBefore,
    /// It takes effect, the answer does not arrive, and nobody says so.
    StallAfter,
    /// It does not arrive, nor does the client's end of the connection, until [`Relay::deliver`].
    Late,
}

/// Between the product and PostgreSQL.
pub(crate) struct Relay {
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    next: Mutex<Option<Loss>>,
    struck: AtomicBool,
    closing: AtomicBool,
    deliver: Notify,
    delivered: Notify,
}

impl Relay {
    pub(crate) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let state = Arc::clone(&relay.state);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                // Whoever comes while it is closed is hung up on.
                if !state.is_closed() {
                    let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    tokio::spawn(converse(client, server, Arc::clone(&state)));
                }
            }
        });
        relay
    }

    /// Loses the next COMMIT in this way.
    pub(crate) fn lose(&self, loss: Loss) {
        *self.state.next.lock().unwrap() = Some(loss);
    }

    /// From the loss on nobody comes through, nor anything on the connections that there are.
    pub(crate) fn close(&self) {
        self.state.closing.store(true, SeqCst);
    }

    pub(crate) fn open(&self) {
        self.state.closing.store(false, SeqCst);
    }

    /// Whether the COMMIT came that was to be lost, and was.
    pub(crate) fn has_struck(&self) -> bool {
        self.state.struck.load(SeqCst)
    }

    /// Sends the late COMMIT on, and waits for what the server makes of it.
    pub(crate) async fn deliver(&self) {
        self.state.deliver.notify_one();
        self.state.delivered.notified().await;
    }
}

impl State {
    fn is_closed(&self) -> bool {
        self.closing.load(SeqCst) && self.struck.load(SeqCst)
    }
}

async fn converse(client: TcpStream, server: TcpStream, state: Arc<State>) {
    let (mut asks, client) = client.into_split();
    let (answers, mut server) = server.into_split();
    let muted = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(Notify::new());
    let back = tokio::spawn(back(answers, client, Arc::clone(&muted), Arc::clone(&answered)));
    let mut begun = false;
    while let Some(message) = message(&mut asks, begun).await {
        begun = true;
        if state.is_closed() {
            break;
        }
        let loss = if message == COMMIT {
            state.next.lock().unwrap().take()
        } else {
            None
        };
        let Some(loss) = loss else {
            if server.write_all(&message).await.is_err() {
                break;
            }
            continue;
        };
        muted.store(true, SeqCst);
        if matches!(loss, Loss::CutAfter | Loss::StallAfter) {
            server.write_all(&message).await.unwrap();
            answered.notified().await;
        }
        state.struck.store(true, SeqCst);
        if matches!(loss, Loss::StallBefore | Loss::StallAfter | Loss::Late) {
            // Silence, until the client gives up.
            while asks.read_u8().await.is_ok() {}
        }
        if loss == Loss::Late {
            state.deliver.notified().await;
            // The server may have given up, too.
            if server.write_all(&message).await.is_ok() {
                answered.notified().await;
            }
            state.delivered.notify_one();
        }
        break;
    }
    back.abort();
}

/// What the server says goes on to the client until it is muted; then it is only noted.
async fn back(mut answers: OwnedReadHalf, mut client: OwnedWriteHalf, muted: Arc<AtomicBool>, answered: Arc<Notify>) {
    let mut octets = vec![0; 65_536];
    loop {
        let size = answers.read(&mut octets).await.unwrap_or(0);
        if muted.load(SeqCst) {
            answered.notify_one();
        } else if size == 0 || client.write_all(&octets[..size]).await.is_err() {
            return;
        }
        if size == 0 {
            // Muted, the client hears nothing of the server's end either.
            std::future::pending::<()>().await;
        }
    }
}

/// The next message of a client; the first one has no type.
async fn message(asks: &mut OwnedReadHalf, begun: bool) -> Option<Vec<u8>> {
    let mut message = vec![0; if begun { 5 } else { 4 }];
    asks.read_exact(&mut message).await.ok()?;
    let length: [u8; 4] = message[message.len() - 4..].try_into().unwrap();
    let rest = u32::from_be_bytes(length) as usize - 4;
    let head = message.len();
    message.resize(head + rest, 0);
    asks.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}

/// Query, its length, and the statement.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
