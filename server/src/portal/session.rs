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

use crate::fault::{Bug, Fault};
use crate::portal::Portal;
use crate::portal::language;
use crate::store::{SessionFact, SessionRow};

/// A session that is alive.
pub(crate) struct Session {
    pub(crate) row: SessionRow,
    /// The cookie as the browser has it.
    token: String,
    facts: Vec<SessionFact>,
}

/// Who is there.
pub(crate) enum Visitor {
    /// Nobody we know.
    Stranger,
    /// Somebody whose session has ended.
    Late,
    /// Somebody whose session goes on under another token, and who may not have been told.
    Former(Session),
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

    /// The token that follows this one. It is made of the cookie, which no row holds, and of a secret that was drawn at
    /// the change: neither who only knew the old cookie nor who reads the rows can tell it.
    fn next_token(&self, csrf: &[u8; 32]) -> String {
        let mut octets = Vec::from(*b"KAGIMORI session token 1\0");
        octets.extend_from_slice(csrf);
        octets.extend_from_slice(self.token.as_bytes());
        URL_SAFE_NO_PAD.encode(hashed(&octets))
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
        let (sent, token) = (token.to_owned(), hashed(token.as_bytes()));
        let Some(row) = self.store().session(token).await? else {
            return self.former(sent, now).await;
        };
        if self.is_over(&row, now) {
            self.store().end_session(token).await?;
            return Ok(Visitor::Late);
        }
        if now.0 - row.seen_at.0 >= TOUCH_EVERY {
            self.store().touch_session(token, now).await?;
        }
        let facts = self.store().session_facts(token).await?;
        let token = sent;
        Ok(Visitor::Known(Session { row, token, facts }))
    }

    /// Who sent this session's cookie, as it stands by now: another answer to the same browser may have changed it.
    pub(crate) async fn look_again(&self, session: &Session, now: Instant) -> Result<Visitor, Fault> {
        self.visitor(Some(&session.token), now).await
    }

    /// The session of this cookie, if it is alive, without keeping it alive.
    pub(crate) async fn glimpse(&self, token: &str, now: Instant) -> Result<Option<Session>, Fault> {
        let hash = hashed(token.as_bytes());
        let Some(row) = self.store().session(hash).await? else {
            return Ok(None);
        };
        if self.is_over(&row, now) {
            return Ok(None);
        }
        let facts = self.store().session_facts(hash).await?;
        let token = token.to_owned();
        Ok(Some(Session { row, token, facts }))
    }

    /// What is noted in a session, by the hash of its token, if it is alive: for what is done while its browser is elsewhere.
    pub(crate) async fn alive(
        &self,
        token: [u8; 32],
        now: Instant,
    ) -> Result<Option<(SessionRow, Vec<SessionFact>)>, Fault> {
        let row = self.store().session(token).await?;
        let Some(row) = row.filter(|row| !self.is_over(row, now)) else {
            return Ok(None);
        };
        let facts = self.store().session_facts(token).await?;
        Ok(Some((row, facts)))
    }

    /// Too long without a request, or too long in all.
    fn is_over(&self, row: &SessionRow, now: Instant) -> bool {
        let site = self.site();
        now.0 - row.seen_at.0 > site.idle || now.0 - row.began_at.0 > site.longest
    }

    async fn former(&self, token: String, now: Instant) -> Result<Visitor, Fault> {
        let Some(row) = self.store().session_formerly(hashed(token.as_bytes()), now).await? else {
            return Ok(Visitor::Late);
        };
        let facts = self.store().session_facts(row.token).await?;
        Ok(Visitor::Former(Session { row, token, facts }))
    }

    /// Begins a session; the header value sets its cookie.
    pub(crate) async fn begin_session(&self, now: Instant) -> Result<(Session, HeaderValue), Fault> {
        let token = URL_SAFE_NO_PAD.encode(self.chance().octets::<32>());
        let row = SessionRow {
            token: hashed(token.as_bytes()),
            mark: self.chance().octets(),
            csrf: self.chance().octets(),
            began_at: now,
            seen_at: now,
        };
        self.store().begin_session(row.clone()).await?;
        self.gauge().meet(row.token);
        let facts = Vec::new();
        let cookie = self.cookie().set(&token);
        Ok((Session { row, token, facts }, cookie))
    }

    /// The session goes on under a new token. Whoever asks for the same at the same time, or within a minute because the
    /// answer was lost, is given the same token.
    pub(crate) async fn rotate(&self, session: &Session, now: Instant) -> Result<HeaderValue, Fault> {
        self.rotate_with(session, None, now).await
    }

    /// The session goes on under a new token, with who is logged in at an office noted in it (A45). Both at once: whoever sees
    /// the note has a token that lasts.
    pub(crate) async fn rotate_noting(
        &self,
        session: &Session,
        office: &str,
        (name, value): (&str, String),
        at: Instant,
    ) -> Result<HeaderValue, Fault> {
        let name = fact_name(office, name);
        self.rotate_with(session, Some(SessionFact { name, value, at }), at)
            .await
    }

    async fn rotate_with(
        &self,
        session: &Session,
        noted: Option<SessionFact>,
        now: Instant,
    ) -> Result<HeaderValue, Fault> {
        let csrf = self.chance().octets();
        let token = session.next_token(&csrf);
        let until = now.plus_seconds(FORMER_FOR);
        let rotated = self
            .store()
            .rotate_session(session.row.token, hashed(token.as_bytes()), csrf, until, noted)
            .await?;
        if rotated {
            self.gauge().meet(hashed(token.as_bytes()));
            return Ok(self.cookie().set(&token));
        }
        let row = self
            .store()
            .session_formerly(hashed(session.token.as_bytes()), now)
            .await?;
        let row = row.ok_or_else(|| Bug("a session was changed twice at once".to_owned()))?;
        Ok(self.cookie().set(&session.next_token(&row.csrf)))
    }

    /// The cookie once more that the session got in place of this one.
    pub(crate) fn rotated(&self, session: &Session) -> HeaderValue {
        self.cookie().set(&session.next_token(&session.row.csrf))
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

pub(super) fn fact_name(office: &str, name: &str) -> String {
    format!("{office}/{name}")
}

/// Seconds for which an old token still finds its session on the way back from the agent.
const FORMER_FOR: i64 = 60;
/// Seconds: a session that was seen just now is not written again for each picture of its page.
const TOUCH_EVERY: i64 = 10;
