//! The delegated OCSP responder of each authority: short-lived, renewed long before its end, never revoked (nocheck).

use std::sync::Arc;

use casework::time::Instant;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::name::AuthorityName;
use pki::profile::Validity;
use pki::{Signer as _, ocsp};

use super::issue::{Order, Registrar, Wanted};
use super::keyring::Keyring;
use super::{Authority, AuthorityFault};
use crate::desk::Actor;
use crate::store::{KeyPurpose, KeyRow};

/// A responder that can take office.
pub type Responder = ocsp::Responder<Arc<SoftwareKey>>;

/// Opens a responder's key and puts it into office for its issuer.
pub async fn open(keyring: &Keyring, row: &KeyRow, issuer: &Certificate) -> Result<Option<Responder>, AuthorityFault> {
    let Some(der) = &row.certificate else { return Ok(None) };
    let certificate = Certificate::parse(der)?;
    let key = keyring.key(row).await?;
    match Responder::new(issuer, certificate, key) {
        Ok(responder) => Ok(Some(responder)),
        Err(fault) => {
            tracing::error!(%fault, authority = row.authority.0, "a responder cannot take office");
            Ok(None)
        }
    }
}

impl Registrar {
    /// Gives an authority a responder if it has none, or none that will last. Says whether one was issued.
    pub async fn renew_responder(&self, authority: &Authority) -> Result<bool, AuthorityFault> {
        let now = self.desk.clock().now();
        let keys = self.desk.store().keys().await?;
        let own = || {
            keys.iter()
                .filter(|key| key.purpose == KeyPurpose::Responder && key.authority == *authority.name())
        };
        let end = authority.certificate().not_after();
        let lasting = own()
            .filter_map(|key| key.certificate.as_deref())
            .map(Certificate::parse)
            .any(|certificate| {
                // A responder that ends with its authority cannot last longer.
                certificate.is_ok_and(|certificate| certificate.not_after() >= (now.0 + RENEWED_BEFORE).min(end))
            });
        if lasting || now.0 > end {
            return Ok(false);
        }
        let (id, key) = self
            .new_key(authority.name(), KeyPurpose::Responder, Algorithm::P256)
            .await?;
        let name = AuthorityName::new(ORGANISATION, &format!("{} OCSP", authority.name().0))?;
        let order = Order {
            wanted: Wanted::Responder(name),
            key: key.public_key().clone(),
            validity: Validity::between(now.0, (now.0 + LIVES - 1).min(end))?,
            purchase: None,
        };
        let certificate = self.issue(&Actor::System, authority, &order).await?;
        self.desk.store().certify_key(id, certificate.der().to_vec()).await?;
        for old in own() {
            self.retire(old, now).await?;
        }
        Ok(true)
    }

    async fn retire(&self, key: &KeyRow, now: Instant) -> Result<(), AuthorityFault> {
        Ok(self.desk.store().retire_key(key.id, now).await?)
    }
}

/// Thirty days.
const LIVES: i64 = 30 * 86_400;

/// No answer lives longer than ten days (THREATS R6), so no answer ever outlives its responder.
const RENEWED_BEFORE: i64 = 11 * 86_400;

const ORGANISATION: &str = "Kagimori";
