//! Handing a letter to a mail server.

use casework::time::Instant;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::pin::Pin;
use std::time::{Duration, UNIX_EPOCH};

use crate::config::{self, ConfigFault, MailSecurity};

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Of the errand. The Message-ID is made of it, so that a second delivery is known to be the same mail.
    pub id: [u8; 16],
    /// Display name of the sender.
    pub from_name: String,
    /// Address of the sender.
    pub from: String,
    /// The one recipient.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text, lines that end with LF.
    pub body: String,
    /// When it was queued; the Date of every delivery.
    pub written_at: Instant,
}

/// The mail was not taken, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// It cannot be put into a mail: an address is none.
    #[error("the mail cannot be written: {0}")]
    Unwritten(String),
    /// The server said no, did not answer, or broke off.
    #[error("the mail server did not take it: {0}")]
    Untaken(String),
}

/// What a [`Mailer`] returns.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;

/// Hands mails over.
///
/// `Ok` means that the next server has taken the responsibility for it (RFC 5321 §6.1). On `Err` the same mail is sent
/// again later, with the same Message-ID and Date; it may then arrive twice. Called by several tasks at once. It ends by
/// itself within a bounded time.
pub trait Mailer: Send + Sync {
    /// Sends one mail.
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a>;
}

/// By SMTP to the server of the configuration.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// Why there is no way to send mails.
#[derive(Debug, thiserror::Error)]
pub enum SmtpFault {
    /// TLS cannot be used.
    #[error("mails cannot be sent: {0}")]
    Tls(#[from] lettre::transport::smtp::Error),
    /// The password is not where the configuration says.
    #[error(transparent)]
    Password(#[from] ConfigFault),
}

impl Smtp {
    /// To this server. Nothing is sent before the first mail.
    pub fn new(server: &config::Mail) -> Result<Self, SmtpFault> {
        type Transport = AsyncSmtpTransport<Tokio1Executor>;
        let builder = match server.security {
            MailSecurity::None => Transport::builder_dangerous(&server.host),
            MailSecurity::StartTls => Transport::starttls_relay(&server.host)?,
            MailSecurity::Tls => Transport::relay(&server.host)?,
        };
        let builder = builder.port(server.port).timeout(Some(server.within));
        let builder = match &server.login {
            Some((user, password)) => {
                let password = String::from_utf8_lossy(&password.read()?).into_owned();
                builder.credentials(Credentials::new(user.clone(), password))
            }
            None => builder,
        };
        Ok(Self {
            transport: builder.build(),
        })
    }
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        Box::pin(async move {
            let message = mail.message()?;
            self.transport
                .send(message)
                .await
                .map(drop)
                .map_err(|why| NotSent::Untaken(why.to_string()))
        })
    }
}

impl Mail {
    /// As RFC 5322 wants it, built by a library that writes every header itself (A40).
    pub fn message(&self) -> Result<Message, NotSent> {
        let unwritten = |why: &dyn std::fmt::Display| NotSent::Unwritten(why.to_string());
        let address = |text: &str| text.parse::<Address>().map_err(|why| unwritten(&why));
        // What could begin a line of its own in the head is no name and no subject (A40).
        if [&self.from_name, &self.subject]
            .into_iter()
            .any(|text| text.chars().any(char::is_control))
        {
            return Err(unwritten(&"a control character in its head"));
        }
        let from = address(&self.from)?;
        let id = format!("<{:032x}@{}>", u128::from_be_bytes(self.id), from.domain());
        let seconds = u64::try_from(self.written_at.0).unwrap_or(0);
        Message::builder()
            .message_id(Some(id))
            .date(UNIX_EPOCH + Duration::from_secs(seconds))
            .from(Mailbox::new(Some(self.from_name.clone()), from))
            .to(Mailbox::new(None, address(&self.to)?))
            .subject(self.subject.clone())
            // RFC 3834 §5: nobody's holiday notice is wanted.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(self.body.clone())
            .map_err(|why| unwritten(&why))
    }
}
