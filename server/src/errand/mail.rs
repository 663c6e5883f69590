//! Handing a letter to a mail server.

use casework::time::Instant;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{self, Data, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Category;
use std::error::Error as _;
use std::fmt;
use std::pin::Pin;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::Mutex;

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

/// The mail was not taken, or it is not known whether it was. Holds no words of the mail server: those often repeat the
/// address, which belongs in no log.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// It cannot be put into a mail: an address is none. It never will be.
    #[error("the mail cannot be written: {0}")]
    Unwritten(String),
    /// The server refused this recipient or this mail for good (RFC 5321 §4.2.1): the same mail would be refused again.
    #[error("the mail server refused it for good: {0}")]
    Refused(Reply),
    /// The server said no for now, or to something else than this mail.
    #[error("the mail server did not take it: {0}")]
    Untaken(Reply),
    /// The server did not answer, or broke off.
    #[error("the mail server cannot be talked to: {0}")]
    Unreachable(String),
}

/// What a mail server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// To what, for example `RCPT TO`.
    pub to: &'static str,
    /// The three digits of RFC 5321 §4.2.
    pub code: u16,
    /// The enhanced code of RFC 3463, for example `5.1.1`, where there was one.
    pub enhanced: Option<[u16; 3]>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some([class, subject, detail]) = self.enhanced {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        write!(f, " to {}", self.to)
    }
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
pub struct Smtp {
    host: String,
    port: u16,
    security: MailSecurity,
    /// `None` where the connection is not protected.
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
    within: Duration,
    hello: ClientId,
    /// The connection of the last mail, while the server keeps it.
    last: Mutex<Option<AsyncSmtpConnection>>,
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
        let login = match &server.login {
            Some((user, password)) => {
                let password = String::from_utf8_lossy(&password.read()?).into_owned();
                Some(Credentials::new(user.clone(), password))
            }
            None => None,
        };
        let tls = match server.security {
            MailSecurity::None => None,
            MailSecurity::StartTls | MailSecurity::Tls => Some(TlsParameters::new(server.host.clone())?),
        };
        Ok(Self {
            host: server.host.clone(),
            port: server.port,
            security: server.security,
            tls,
            login,
            within: server.within,
            hello: ClientId::default(),
            last: Mutex::new(None),
        })
    }

    /// Whether the server takes a connection, with TLS and login as configured. No mail is sent.
    pub async fn reach(&self) -> Result<(), NotSent> {
        let connection = self.connection().await?;
        *self.last.lock().await = Some(connection);
        Ok(())
    }

    /// The connection of the last mail if it still stands, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, NotSent> {
        let last = self.last.lock().await.take();
        if let Some(mut last) = last {
            if last.test_connected().await {
                return Ok(last);
            }
            last.abort().await;
        }
        let (tls_at_once, tls_after) = match self.security {
            MailSecurity::None => (None, None),
            MailSecurity::StartTls => (None, self.tls.clone()),
            MailSecurity::Tls => (self.tls.clone(), None),
        };
        let server = (self.host.as_str(), self.port);
        let connected = AsyncSmtpConnection::connect_tokio1(server, Some(self.within), &self.hello, tls_at_once, None);
        let mut connection = connected.await.map_err(not_this_mail("the connection"))?;
        if let Some(tls) = tls_after {
            let encrypted = connection.starttls(tls, &self.hello).await;
            encrypted.map_err(not_this_mail("STARTTLS"))?;
        }
        if let Some(login) = &self.login {
            let known = connection.auth(DEFAULT_MECHANISMS, login).await;
            known.map_err(not_this_mail("AUTH"))?;
        }
        Ok(connection)
    }
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        Box::pin(async move {
            let message = mail.message()?;
            let mut connection = self.connection().await?;
            match converse(&mut connection, &message).await {
                Ok(()) => *self.last.lock().await = Some(connection),
                Err(not_sent) => {
                    connection.abort().await;
                    return Err(not_sent);
                }
            }
            Ok(())
        })
    }
}

/// One mail transaction (RFC 5321 §3.3), command by command: only the answers to the recipient and to the mail itself
/// speak of this mail.
async fn converse(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), NotSent> {
    let (envelope, content) = (message.envelope(), message.formatted());
    let mut addresses = envelope.to().iter().chain(envelope.from());
    let mut parameters = Vec::new();
    for (wanted, extension, parameter) in [
        (
            addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()),
            Extension::SmtpUtfEight,
            MailParameter::SmtpUtfEight,
        ),
        (
            !content.is_ascii(),
            Extension::EightBitMime,
            MailParameter::Body(MailBodyParameter::EightBitMime),
        ),
    ] {
        if wanted && !connection.server_info().supports_feature(extension) {
            return Err(NotSent::Unreachable(format!("it does not speak {parameter}")));
        }
        if wanted {
            parameters.push(parameter);
        }
    }
    let from = commands::Mail::new(envelope.from().cloned(), parameters);
    connection.command(from).await.map_err(not_this_mail("MAIL FROM"))?;
    for recipient in envelope.to() {
        let to = Rcpt::new(recipient.clone(), Vec::new());
        connection.command(to).await.map_err(this_mail("RCPT TO"))?;
    }
    connection.command(Data).await.map_err(not_this_mail("DATA"))?;
    connection.message(&content).await.map_err(this_mail("the mail"))?;
    Ok(())
}

/// What the operator can put right is tried again, whatever the server says of its permanence.
fn not_this_mail(to: &'static str) -> impl FnOnce(lettre::transport::smtp::Error) -> NotSent {
    move |error| match reply(to, &error) {
        Some(reply) => NotSent::Untaken(reply),
        None => unreachable(&error),
    }
}

/// For good is a 55x. Not so where the enhanced code speaks of the system, of the protocol or of a policy (RFC 3463
/// §3.4, 3.6, 3.8): that a relay is not allowed, or a sender not believed, is no fault of the recipient.
fn this_mail(to: &'static str) -> impl FnOnce(lettre::transport::smtp::Error) -> NotSent {
    move |error| {
        let of_the_mail =
            error.is_permanent() && error.status().is_some_and(|code| code.category == Category::MailSystem);
        match reply(to, &error) {
            Some(reply) if of_the_mail && !matches!(reply.enhanced, Some([_, 3 | 5 | 7, _])) => NotSent::Refused(reply),
            Some(reply) => NotSent::Untaken(reply),
            None => unreachable(&error),
        }
    }
}

/// What is no reply may still repeat the server's words.
fn unreachable(error: &lettre::transport::smtp::Error) -> NotSent {
    NotSent::Unreachable(if error.is_response() {
        "it answered what is no reply of SMTP".to_owned()
    } else {
        error.to_string()
    })
}

/// The answer in an error, if it is one.
fn reply(to: &'static str, error: &lettre::transport::smtp::Error) -> Option<Reply> {
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    Some(Reply {
        to,
        code: error.status()?.into(),
        enhanced: enhanced(&words),
    })
}

/// The code at the beginning of the words: a digit, and two numbers of at most three (RFC 3463 §2).
fn enhanced(words: &str) -> Option<[u16; 3]> {
    let mut parts = words.split_ascii_whitespace().next()?.split('.').map(|part| {
        let digits = matches!(part.len(), 1..=3) && part.bytes().all(|octet| octet.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    let code = [parts.next()??, parts.next()??, parts.next()??];
    (parts.next().is_none() && matches!(code, [2 | 4 | 5, ..])).then_some(code)
}

impl Mail {
    /// As RFC 5322 wants it, built by a library that writes every header itself (A40).
    pub fn message(&self) -> Result<Message, NotSent> {
        let unwritten = |why: &dyn fmt::Display| NotSent::Unwritten(why.to_string());
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
