//! Tokens of programs: 256 random bits, told once, kept as their SHA-256 (RFC 6750).
//!
//! A token works for one account, and never for more than that account may do at the moment of each request.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::application::Complaint as Wrong;
use casework::characters;
use casework::identity::OfficerId;
use casework::time::Instant;
use wire::api::Scope;
use wire::code::Code;
use wire::office::Language;
use wire::problem::Complaint;
use wire::token::{Made as Told, Make, Token, Tokens};

use super::answer::{Empty, Given};
use super::call::{Call, id_of, written};
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::{No, both};
use crate::catalogue::{Message, Words};
use crate::desk::officer::OfficerAccount;
use crate::desk::{Actor, CaseId, Desk};
use crate::fault::Fault;
use crate::portal::refusal;
use crate::portal::session::{hashed, hex};
use crate::store::{Making, TokenRow, scopes_text};

/// What is wanted of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// For which account.
    pub officer: OfficerId,
    /// At which office that account is.
    pub office: String,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// After this it is worth nothing.
    pub expires_at: Instant,
}

/// A token that was made. It is told once.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    /// The token.
    pub secret: String,
    /// Its mark, by which it is revoked.
    pub id: [u8; 16],
}

/// Why no token was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    /// The account has as many as it may have.
    #[error("the account has {} tokens that hold: revoke one first", MOST_TOKENS)]
    Full,
    /// Another one was made from the same page.
    #[error("a token was made in this way before, and is told once")]
    Before,
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Desk {
    /// Makes a token, and records it in the account's audit.
    pub async fn make_token(&self, actor: &Actor<'_>, wanted: Wanted) -> Result<Made, NotMade> {
        self.make_token_of(actor, wanted, self.chance().octets(), self.chance().octets())
            .await
    }

    /// The same of these random octets: what makes one mark makes one token.
    pub(crate) async fn make_token_of(
        &self,
        actor: &Actor<'_>,
        wanted: Wanted,
        id: [u8; 16],
        random: [u8; 32],
    ) -> Result<Made, NotMade> {
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let now = self.clock().now();
        let mut scopes = wanted.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        let account: CaseId<OfficerAccount> = CaseId::from_octets(wanted.officer.0);
        let details = vec![("token", hex(&id)), ("scopes", scopes_text(&scopes))];
        let event = self.event_beside(actor, account, "token_made", details).await?;
        let row = TokenRow {
            id,
            hash: hashed(secret.as_bytes()),
            officer: wanted.officer,
            office: wanted.office,
            label: wanted.label,
            scopes,
            made_at: now,
            expires_at: wanted.expires_at,
            revoked_at: None,
            used_at: None,
        };
        match self.store().make_token(row, event, now, MOST_TOKENS).await? {
            Making::Kept => Ok(Made { secret, id }),
            Making::Taken => Err(NotMade::Before),
            Making::Full => Err(NotMade::Full),
        }
    }

    /// The tokens of an account, the oldest first.
    pub(crate) async fn tokens_of(&self, office: &str, officer: OfficerId) -> Result<Vec<TokenRow>, Fault> {
        let rows = self.store().tokens(office).await?;
        Ok(rows.into_iter().filter(|row| row.officer == officer).collect())
    }

    /// Revokes a token from its next request on, on every node. `false` where it was revoked before.
    pub async fn revoke_token(&self, actor: &Actor<'_>, token: TokenRow) -> Result<bool, Fault> {
        let account: CaseId<OfficerAccount> = CaseId::from_octets(token.officer.0);
        let details = vec![("token", hex(&token.id))];
        let event = self.event_beside(actor, account, "token_revoked", details).await?;
        self.store().revoke_token(token, event, self.clock().now()).await
    }
}

/// Names itself and not its secret.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Made({})", hex(&self.id))
    }
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::GET, "/offices/{office}/tokens"),
            ("listTokens", "The own tokens of the token's officer"),
            list,
        )
        .scope(Scope::TokenRead),
        Operation::new(
            (Method::POST, "/offices/{office}/tokens"),
            (
                "makeToken",
                "Another token of the same officer, of no more scopes and no longer life; it is told this once",
            ),
            make,
        )
        .scope(Scope::TokenWrite)
        .succeeds_with(StatusCode::CREATED),
        Operation::new(
            (Method::POST, "/offices/{office}/tokens/{token}/revoke"),
            ("revokeToken", "Worth nothing from its next request on"),
            revoke,
        )
        .scope(Scope::TokenWrite)
        .succeeds_with(StatusCode::NO_CONTENT),
    ]
}

async fn list(call: Call, _: Nothing) -> Result<Given<Tokens>, No> {
    let rows = own(&call).await?;
    let told = |row: TokenRow| Token {
        id: written(row.id),
        label: row.label,
        scopes: row.scopes,
        made_at: row.made_at.0,
        expires_at: row.expires_at.0,
        revoked_at: row.revoked_at.map(|at| at.0),
        used_at: row.used_at.map(|at| at.0),
    };
    Ok(Given::new(Tokens {
        tokens: rows.into_iter().map(told).collect(),
    }))
}

/// A token that leaked makes nothing that is more than itself, nor lasts longer.
async fn make(call: Call, Sent(make): Sent<Make>) -> Result<Given<Told>, No> {
    let caller = call.caller()?;
    let mut complaints = Vec::new();
    if let Err(wrong) = fits(&make.label) {
        let message = |words: Words| refusal::complained(words, &words.say("desk-token-label"), wrong, "");
        complaints.push(complaint("/label", message));
    }
    if make.scopes.is_empty() {
        let message = |words: Words| words.message(Code::Req, &[("field", &words.say("desk-token-scopes"))]);
        complaints.push(complaint("/scopes", message));
    }
    if !complaints.is_empty() {
        return Err(No::complaints(complaints));
    }
    if let Some(more) = make.scopes.iter().find(|scope| !caller.row.scopes.contains(scope)) {
        return Err(No::out_of_scope(*more));
    }
    let days = make.days.unwrap_or(DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(No::malformed("/days", "1 to 366"));
    }
    let expires_at = call.now.plus_seconds(days * DAY).min(caller.row.expires_at);
    let wanted = Wanted {
        officer: caller.acting.officer.id,
        office: caller.acting.office.clone(),
        label: make.label,
        scopes: make.scopes,
        expires_at,
    };
    let drawn = (call.draw("token"), call.draw("secret"));
    let made = call
        .desk()
        .make_token_of(&call.actor()?, wanted, drawn.0, drawn.1)
        .await;
    let made = made.map_err(|not| match not {
        NotMade::Full => FULL.into(),
        NotMade::Before => No::stale(),
        NotMade::Fault(fault) => fault.into(),
    })?;
    Ok(Given::new(Told {
        id: written(made.id),
        token: made.secret,
        expires_at: expires_at.0,
    }))
}

async fn revoke(call: Call, _: Nothing) -> Result<Empty, No> {
    let id = id_of(call.part("token")).ok_or_else(No::not_found)?;
    let row = own(&call).await?.into_iter().find(|row| row.id == id);
    let row = row.ok_or_else(No::not_found)?;
    call.desk().revoke_token(&call.actor()?, row).await?;
    Ok(Empty)
}

/// A colleague's token is not there (A17).
async fn own(call: &Call) -> Result<Vec<TokenRow>, No> {
    let acting = call.acting()?;
    Ok(call.desk().tokens_of(&acting.office, acting.officer.id).await?)
}

fn complaint(pointer: &str, message: impl Fn(Words) -> Message) -> Complaint {
    Complaint {
        pointer: pointer.to_owned(),
        code: message(Words::of(Language::En)).code,
        detail: both(message),
    }
}

/// What a token is called: a line that its owner knows the program by.
pub(crate) fn fits(label: &str) -> Result<(), Wrong> {
    if label.trim().is_empty() {
        Err(Wrong::Empty)
    } else if let Some(character) = characters::forbidden(label) {
        Err(Wrong::Character { character })
    } else if characters::count(label) > LONGEST_LABEL {
        Err(Wrong::TooLong { most: LONGEST_LABEL })
    } else {
        Ok(())
    }
}

/// So that a token that leaked is found by whoever scans for it.
const PREFIX: &str = "kagimori_";
/// Days of a token, where nothing is said, and at most.
pub const DAYS: i64 = 90;
/// Nobody's token lives longer than this.
pub const MOST_DAYS: i64 = 366;
/// Tokens of an account that hold at one time.
pub(crate) const MOST_TOKENS: usize = 20;
/// What is said where there are so many.
pub(crate) const FULL: Refusal = Refusal::TooMany { most: MOST_TOKENS };
/// Characters of what a token is called.
pub(crate) const LONGEST_LABEL: usize = 60;
const DAY: i64 = 86_400;
