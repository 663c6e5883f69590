//! Passkeys of officers and of organisations' people: the challenge of a page, which is kept in the session and used once,
//! and what a browser answered to it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::application::Complaint;
use casework::characters;
use casework::evidence::Asserted;
use casework::time::Instant;

use crate::catalogue::Message;
use crate::desk::evidence;
use crate::desk::officer::NewPasskey;
use crate::office::Office;
use crate::portal::page::Page;
use crate::portal::session::Session;
use crate::portal::visit::{Post, Stop, Visit};
use crate::portal::{date, refusal};
use crate::store::PasskeyRow;
use crate::webauthn::{Asked, Assertion, Registration};

/// A passkey that answered the challenge of a login page.
pub(crate) struct Answered {
    /// Whose it is.
    pub(crate) owner: [u8; 16],
    /// That it answered.
    pub(crate) asserted: Asserted,
    row: PasskeyRow,
    counter: u32,
}

/// A passkey as a list shows it.
pub(crate) struct Line {
    pub(crate) digest: String,
    pub(crate) label: String,
    pub(crate) added: String,
    pub(crate) used: String,
}

/// Why no passkey was made.
pub(crate) enum Unmade {
    /// What is wrong with its name.
    Label(Message),
    /// The page's challenge was used, or is too old.
    Stale,
    /// What the browser sent is none.
    Refused,
}

/// The passkey of the form, if it answered the session's challenge. A challenge is used once, whatever becomes of it.
pub(crate) async fn answered(post: &Post, session: &Session, office: &Office) -> Result<Option<Answered>, Stop> {
    let visit = &post.visit;
    let Some(challenge) = challenge_of(session, office, CHALLENGE, visit.now) else {
        return Ok(None);
    };
    if !take(visit, session, office, CHALLENGE).await? {
        return Ok(None);
    }
    let Some(assertion) = Assertion::read(|name| post.field(name)) else {
        return Ok(None);
    };
    let row = visit.portal.store().passkey(assertion.credential()).await;
    let Some(row) = row.map_err(|fault| visit.fault(&fault))? else {
        return Ok(None);
    };
    let asked = Asked {
        origin: &visit.portal.site().origin,
        challenge: &challenge,
    };
    Ok(match evidence::asserted(&row, &assertion, asked, visit.now) {
        Ok((asserted, counter)) => Some(Answered {
            owner: row.owner,
            asserted,
            row,
            counter,
        }),
        Err(why) => {
            tracing::info!(%why, "a passkey was not taken");
            None
        }
    })
}

impl Answered {
    /// It logged somebody in.
    pub(crate) async fn used(self, visit: &Visit) -> Result<(), Stop> {
        let Self { row, counter, .. } = self;
        if counter != 0 && counter <= row.counter {
            // It is said and not refused: what a copied passkey opens is closed by the account's owner or its administrator.
            tracing::warn!(passkey = %row.digest, "a passkey's counter went back: it may have been copied");
        }
        let used = visit.portal.store().use_passkey(row.credential, counter, visit.now);
        used.await.map_err(|fault| visit.fault(&fault))
    }
}

/// The passkey that the browser has just made for a page of this session.
pub(crate) async fn made<'a>(
    visit: &Visit,
    session: &Session,
    office: &Office,
    field: impl Fn(&'static str) -> &'a str,
) -> Result<Result<NewPasskey, Unmade>, Stop> {
    let label = field("label").trim();
    if let Err(complaint) = fits(label) {
        let name = visit.words.say("desk-passkey-label");
        let message = refusal::complained(visit.words, &name, complaint, "");
        return Ok(Err(Unmade::Label(message)));
    }
    let Some(challenge) = challenge_of(session, office, NEW, visit.now) else {
        return Ok(Err(Unmade::Stale));
    };
    if !take(visit, session, office, NEW).await? {
        return Ok(Err(Unmade::Stale));
    }
    let asked = Asked {
        origin: &visit.portal.site().origin,
        challenge: &challenge,
    };
    let made = Registration::read(&field).map(|registration| registration.verify(asked));
    Ok(match made {
        Some(Ok(credential)) => Ok(NewPasskey {
            credential: credential.id,
            public_key: credential.public_key,
            counter: credential.counter,
            label: label.to_owned(),
        }),
        Some(Err(why)) => {
            tracing::info!(%why, "a passkey was not registered");
            Err(Unmade::Refused)
        }
        None => Err(Unmade::Refused),
    })
}

/// The passkeys of an account for its page.
pub(crate) fn lines(page: &Page, passkeys: &[PasskeyRow]) -> Vec<Line> {
    let line = |row: &PasskeyRow| Line {
        digest: row.digest.to_string(),
        label: row.label.clone(),
        added: date::minute(page.words, row.added_at),
        used: row
            .used_at
            .map_or_else(|| page.t("desk-passkey-unused"), |at| date::minute(page.words, at)),
    };
    passkeys.iter().map(line).collect()
}

/// Their credential ids, as the script takes them: an authenticator that has one of them makes no other.
pub(crate) fn known(passkeys: &[PasskeyRow]) -> String {
    let known: Vec<_> = passkeys
        .iter()
        .map(|row| URL_SAFE_NO_PAD.encode(&row.credential))
        .collect();
    known.join(" ")
}

fn fits(label: &str) -> Result<(), Complaint> {
    if label.is_empty() {
        Err(Complaint::Empty)
    } else if let Some(character) = characters::forbidden(label) {
        Err(Complaint::Character { character })
    } else if characters::count(label) > LONGEST_LABEL {
        Err(Complaint::TooLong { most: LONGEST_LABEL })
    } else {
        Ok(())
    }
}

/// The challenge of the session's page: the one that it has, or a fresh one.
pub(crate) async fn challenge(
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
fn challenge_of(session: &Session, office: &Office, name: &'static str, now: Instant) -> Option<String> {
    let fact = session.noted(&office.id, name)?;
    (now <= fact.at.plus_seconds(LASTS)).then(|| fact.value.clone())
}

/// Uses a challenge up. `false` if somebody else has: it proves nothing any more.
async fn take(visit: &Visit, session: &Session, office: &Office, name: &'static str) -> Result<bool, Stop> {
    let taken = visit
        .portal
        .store()
        .forget(session.row.token, &format!("{}/{name}", office.id))
        .await;
    taken.map_err(|fault| visit.fault(&fault))
}

/// The note of the login page.
pub(crate) const CHALLENGE: &str = "passkey";
/// The note of the page on which one is registered.
pub(crate) const NEW: &str = "passkey-new";
const LONGEST_LABEL: usize = 40;
/// Seconds.
const LASTS: i64 = 600;
