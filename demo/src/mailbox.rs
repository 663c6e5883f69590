//! The demo's mailbox: a small SMTP receiver on loopback (RFC 5321, the commands that a submitting client sends), so
//! that the product's real sending path runs, and a page that lists what arrived.

use anyhow::{Context, Result};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use mail_parser::MessageParser;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What arrived, in order of arrival.
#[derive(Clone, Default)]
pub(crate) struct Mailbox {
    mails: Arc<Mutex<Vec<Mail>>>,
}

/// One mail as the page and `GET /api/mails` show it.
#[derive(Clone, serde::Serialize)]
struct Mail {
    from: String,
    to: Vec<String>,
    subject: String,
    date: String,
    text: String,
    raw: String,
}

impl Mailbox {
    /// Takes mail on `smtp` until the program ends.
    pub(crate) async fn receive(self, smtp: TcpListener) {
        while let Ok((stream, _)) = smtp.accept().await {
            let mailbox = self.clone();
            tokio::spawn(async move {
                // A client that breaks off has delivered nothing; it will come again.
                let _ = tokio::time::timeout(CONVERSATION, mailbox.converse(stream)).await;
            });
        }
    }

    /// The pages of the mailbox.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/", get(list))
            .route("/mails/{index}", get(one))
            .route(
                "/api/mails",
                get(|State(mailbox): State<Self>| async move { Json(mailbox.all()) }),
            )
            .route("/demo.css", get(crate::style))
            .with_state(self)
    }

    /// One SMTP conversation. A mail is kept before `250` is said, so what the client counts as sent is here.
    async fn converse(&self, mut stream: TcpStream) -> Result<()> {
        let (reader, mut writer) = stream.split();
        let mut reader = BufReader::new(reader.take(LARGEST));
        let (mut from, mut to) = (String::new(), Vec::new());
        writer.write_all(b"220 mailbox.demo ESMTP\r\n").await?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let reply: &[u8] = match verb.as_str() {
                "EHLO" => b"250-mailbox.demo\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
                "HELO" | "NOOP" => b"250 OK\r\n",
                "MAIL" => {
                    address(line).clone_into(&mut from);
                    to.clear();
                    b"250 OK\r\n"
                }
                "RCPT" => {
                    to.push(address(line).to_owned());
                    b"250 OK\r\n"
                }
                "RSET" => {
                    to.clear();
                    b"250 OK\r\n"
                }
                "DATA" if to.is_empty() => b"503 RCPT first\r\n",
                "DATA" => {
                    writer.write_all(b"354 end with a dot on a line of its own\r\n").await?;
                    let raw = data(&mut reader).await?;
                    self.keep(&from, std::mem::take(&mut to), &raw);
                    b"250 kept\r\n"
                }
                "QUIT" => {
                    writer.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => b"502 not known here\r\n",
            };
            writer.write_all(reply).await?;
        }
    }

    fn keep(&self, from: &str, to: Vec<String>, raw: &[u8]) {
        let parsed = MessageParser::default().parse(raw);
        let mail = Mail {
            from: from.to_owned(),
            to,
            subject: parsed
                .as_ref()
                .and_then(|mail| mail.subject())
                .unwrap_or_default()
                .to_owned(),
            date: parsed
                .as_ref()
                .and_then(|mail| mail.date())
                .map(|date| server::clock::Instant(date.to_timestamp()))
                .map(|date| date.to_string())
                .unwrap_or_default(),
            text: parsed
                .as_ref()
                .and_then(|mail| mail.body_text(0))
                .unwrap_or_default()
                .into_owned(),
            raw: String::from_utf8_lossy(raw).into_owned(),
        };
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }

    fn all(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Binds the mailbox's SMTP side to a free port of loopback.
pub(crate) async fn bind() -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .context("no free port for the mailbox on 127.0.0.1")?;
    let address = listener.local_addr().context("the mailbox has no address")?;
    Ok((listener, address))
}

/// The octets between DATA and the lone dot, dots unstuffed (RFC 5321 §4.5.2).
async fn data<R: AsyncBufReadExt + Unpin>(reader: &mut R) -> Result<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        anyhow::ensure!(reader.read_until(b'\n', &mut line).await? > 0, "the client broke off");
        match line.strip_prefix(b".") {
            Some(b"\r\n" | b"\n") => return Ok(raw),
            Some(stuffed) => raw.extend_from_slice(stuffed),
            None => raw.extend_from_slice(&line),
        }
    }
}

/// What stands between the angle brackets of MAIL FROM and RCPT TO.
fn address(line: &str) -> &str {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(address, _)| address)
}

async fn list(State(mailbox): State<Mailbox>) -> Response {
    page(&List { mails: mailbox.all() })
}

async fn one(State(mailbox): State<Mailbox>, Path(index): Path<usize>) -> Response {
    match mailbox.all().get(index) {
        Some(mail) => page(&One { mail: mail.clone() }),
        None => (StatusCode::NOT_FOUND, "このメールはありません。 There is no such mail.").into_response(),
    }
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Template)]
#[template(path = "mails.html")]
struct List {
    mails: Vec<Mail>,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct One {
    mail: Mail,
}

const CONVERSATION: Duration = Duration::from_mins(1);
const LARGEST: u64 = 4 * 1024 * 1024;
