//! Challenges for passkeys: each page that asks one has a challenge of its own, kept in the session and used once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::time::Instant;

use crate::office::Office;
use crate::portal::session::Session;
use crate::portal::visit::{Stop, Visit};

/// The challenge of the session's page: the one that it has, or a fresh one.
pub(super) async fn challenge(
    visit: &Visit,
    session: &Session,
    office: &Office,
    name: &'static str,
) -> Result<String, Stop> {
    if let Some(challenge) = challenge_of(session, office, name, visit.now) {
        return Ok(challenge);
    }
    let challenge = URL_SAFE_NO_PAD.encode(visit.portal.chance().octets::<32>());
    let noted = visit
        .portal
        .note(session, &office.id, name, challenge.clone(), visit.now)
        .await;
    noted.map(|()| challenge).map_err(|fault| visit.fault(&fault))
}

/// The challenge that the session's page has, while it may be answered.
pub(super) fn challenge_of(session: &Session, office: &Office, name: &'static str, now: Instant) -> Option<String> {
    let fact = session.noted(&office.id, name)?;
    (now <= fact.at.plus_seconds(LASTS)).then(|| fact.value.clone())
}

/// Uses a challenge up. `false` if somebody else has: it proves nothing any more.
pub(super) async fn take(visit: &Visit, session: &Session, office: &Office, name: &'static str) -> Result<bool, Stop> {
    let taken = visit
        .portal
        .store()
        .forget(session.row.token, &format!("{}/{name}", office.id))
        .await;
    taken.map_err(|fault| visit.fault(&fault))
}

/// The note of the login page.
pub(super) const CHALLENGE: &str = "passkey";
/// The note of the page on which one is registered.
pub(super) const NEW: &str = "passkey-new";
/// Seconds.
const LASTS: i64 = 600;
