//! Tokens of programs: 256 random bits, told once, kept as their SHA-256 (RFC 6750).
//!
//! A token works for one account, and never for more than that account may do at the moment of each request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::identity::OfficerId;
use casework::time::Instant;
use wire::api::Scope;

use crate::desk::officer::OfficerAccount;
use crate::desk::{Actor, CaseId, Desk};
use crate::fault::Fault;
use crate::portal::session::{hashed, hex};
use crate::store::{TokenRow, scopes_text};

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

impl Desk {
    /// Makes a token, and records it in the account's audit.
    pub async fn make_token(&self, actor: &Actor<'_>, wanted: Wanted) -> Result<Made, Fault> {
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.chance().octets::<32>()));
        let (id, now) = (self.chance().octets(), self.clock().now());
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
        self.store().make_token(row, event, now).await?;
        Ok(Made { secret, id })
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

/// So that a token that leaked is found by whoever scans for it.
const PREFIX: &str = "kagimori_";
/// Days of a token, where nothing is said, and at most.
pub const DAYS: i64 = 90;
/// Nobody's token lives longer than this.
pub const MOST_DAYS: i64 = 366;
