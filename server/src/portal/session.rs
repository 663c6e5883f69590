//! The browser's session: a random token in a cookie, its SHA-256 in the store, and what was noted in it.
//!
//! A session ends after so many seconds without a request, and after so many in any case (G-S1, R22). Its token changes
//! when a card has been shown (A45).

use aws_lc_rs::{constant_time, digest};
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::identity::Digest;
use casework::time::Instant;
use std::fmt::Write as _;
use wire::office::Language;

use crate::fault::Fault;
use crate::portal::Portal;
use crate::portal::language;
use crate::store::{SessionFact, SessionRow};

/// A session that is alive.
pub(crate) struct Session {
    pub(crate) row: SessionRow,
    facts: Vec<SessionFact>,
}

/// Who is there.
pub(crate) enum Visitor {
    /// Nobody we know.
    Stranger,
    /// Somebody whose session has ended.
    Late,
    /// Somebody with a session.
    Known(Session),
}

/// A text that was opened in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) version: Digest,
    pub(crate) at: Instant,
}

/// The cookie of a session.
pub(crate) struct Cookie {
    secure: bool,
}

impl Session {
    /// What its forms carry.
    pub(crate) fn csrf(&self) -> String {
        hex(&self.row.csrf)
    }

    /// Whether a form carries it. The time taken says nothing about how much of it was right.
    pub(crate) fn is_own_form(&self, sent: &str) -> bool {
        constant_time::verify_slices_are_equal(self.csrf().as_bytes(), sent.as_bytes()).is_ok()
    }

    /// What was noted under a name for an office.
    pub(crate) fn noted(&self, office: &str, name: &str) -> Option<&SessionFact> {
        let name = fact_name(office, name);
        self.facts.iter().find(|fact| fact.name == name)
    }

    /// In which version a text was opened, and when.
    pub(crate) fn read(&self, office: &str, text: &str) -> Option<Read> {
        let fact = self.noted(office, text)?;
        Some(Read {
            version: Digest(unhex(&fact.value)?),
            at: fact.at,
        })
    }
}

impl Portal {
    /// Who sent this cookie. Being seen keeps a session alive.
    pub(crate) async fn visitor(&self, token: Option<&str>, now: Instant) -> Result<Visitor, Fault> {
        let Some(token) = token else {
            return Ok(Visitor::Stranger);
        };
        let token = hashed(token.as_bytes());
        let Some(row) = self.store().session(token).await? else {
            return Ok(Visitor::Late);
        };
        let site = self.site();
        if now.0 - row.seen_at.0 > site.idle || now.0 - row.began_at.0 > site.longest {
            self.store().end_session(token).await?;
            return Ok(Visitor::Late);
        }
        if now.0 - row.seen_at.0 >= TOUCH_EVERY {
            self.store().touch_session(token, now).await?;
        }
        let facts = self.store().session_facts(token).await?;
        Ok(Visitor::Known(Session { row, facts }))
    }

    /// Begins a session; the header value sets its cookie.
    pub(crate) async fn begin_session(
        &self,
        language: Language,
        now: Instant,
    ) -> Result<(Session, HeaderValue), Fault> {
        let token = self.fresh_token();
        let row = SessionRow {
            token: hashed(token.as_bytes()),
            mark: self.chance().octets(),
            csrf: self.chance().octets(),
            language,
            began_at: now,
            seen_at: now,
        };
        self.store().begin_session(row.clone()).await?;
        let facts = Vec::new();
        Ok((Session { row, facts }, self.cookie().set(&token)))
    }

    /// The session goes on under a new token.
    pub(crate) async fn rotate(&self, session: &Session) -> Result<HeaderValue, Fault> {
        let token = self.fresh_token();
        let csrf = self.chance().octets();
        self.store()
            .rotate_session(session.row.token, hashed(token.as_bytes()), csrf)
            .await?;
        Ok(self.cookie().set(&token))
    }

    /// Notes something for an office.
    pub(crate) async fn note(
        &self,
        session: &Session,
        office: &str,
        name: &str,
        value: String,
        at: Instant,
    ) -> Result<(), Fault> {
        let name = fact_name(office, name);
        self.store()
            .note(session.row.token, SessionFact { name, value, at })
            .await
    }

    /// Takes back what was noted for an office.
    pub(crate) async fn forget(&self, session: &Session, office: &str, name: &str) -> Result<(), Fault> {
        self.store()
            .forget(session.row.token, &fact_name(office, name))
            .await
            .map(drop)
    }

    pub(crate) fn cookie(&self) -> Cookie {
        Cookie {
            secure: self.site().secure(),
        }
    }

    fn fresh_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.chance().octets::<32>())
    }
}

impl Cookie {
    /// With the prefix `__Host-` no other host and no plain connection can set it (RFC 6265bis §4.1.3.2).
    pub(crate) const fn name(&self) -> &'static str {
        if self.secure { "__Host-kagimori" } else { "kagimori" }
    }

    /// `SameSite=Lax`: the browser comes back from the agent by a top-level navigation, and needs it then.
    fn set(&self, token: &str) -> HeaderValue {
        self.written(token, "")
    }

    pub(crate) fn clear(&self) -> HeaderValue {
        self.written("", "; Max-Age=0")
    }

    fn written(&self, value: &str, age: &str) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure}", self.name());
        // base64url and letters of ours only.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    pub(crate) fn read<'a>(&self, headers: &'a axum::http::HeaderMap) -> Option<&'a str> {
        language::cookie(headers, self.name()).filter(|value| !value.is_empty())
    }
}

/// SHA-256, as rows hold what must not be found in them.
pub(crate) fn hashed(octets: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, octets).as_ref());
    hash
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
            // Writing to a string does not fail.
            let _ = write!(text, "{octet:02x}");
            text
        })
}

pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(octets)
}

fn fact_name(office: &str, name: &str) -> String {
    format!("{office}/{name}")
}

/// Seconds: a session that was seen just now is not written again for each picture of its page.
const TOUCH_EVERY: i64 = 10;
