//! Who signs what the enrolment door answers by CMP: a key beside the authority's own, short-lived, renewed before its end.

use casework::time::Instant;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::cmp::Protector;
use pki::key::SoftwareKey;
use pki::name::AuthorityName;
use pki::profile::Validity;
use std::sync::Arc;

use super::issue::{Order, Registrar, Wanted};
use super::{Authority, AuthorityFault};
use crate::desk::Actor;
use crate::store::KeyPurpose;

/// A key that answers, and for which authority.
#[derive(Clone)]
pub(crate) struct Answering {
    authority: Authority,
    certificate: Certificate,
    key: Arc<SoftwareKey>,
}

impl Answering {
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub(crate) fn protector(&self) -> Protector<'_> {
        Protector::Signature {
            signer: &*self.key,
            certificate: &self.certificate,
        }
    }

    fn lasts(&self, now: Instant) -> bool {
        lasting(&self.certificate, &self.authority, now)
    }
}

impl Registrar {
    /// The key that answers for an authority; a new one where there is none that will last.
    pub(crate) async fn answering(&self, authority: Authority) -> Result<Answering, AuthorityFault> {
        let now = self.desk.clock().now();
        let known = self.keyring.answering(authority.name());
        if let Some(known) = known.filter(|known| known.lasts(now)) {
            return Ok(known);
        }
        let keys = self.desk.store().keys().await?;
        let own = || {
            keys.iter()
                .filter(|key| key.purpose == KeyPurpose::Enrolment && key.authority == *authority.name())
        };
        for row in own() {
            let Some(der) = &row.certificate else { continue };
            let certificate = Certificate::parse(der)?;
            if lasting(&certificate, &authority, now) {
                let key = self.keyring.key(row).await?;
                return Ok(self.remembered(authority, certificate, key));
            }
        }
        let (id, key) = self
            .new_key(authority.name(), KeyPurpose::Enrolment, Algorithm::P256)
            .await?;
        let end = authority.certificate().not_after();
        let order = Order {
            wanted: Wanted::Enrolment(AuthorityName::new(
                ORGANISATION,
                &format!("{} CMP", authority.name().0),
            )?),
            key: key.public_key().clone(),
            validity: Validity::between(now.0, (now.0 + LIVES - 1).min(end))?,
            purchase: None,
        };
        let certificate = self.issue(&Actor::System, &authority, &order).await?;
        self.desk.store().certify_key(id, certificate.der().to_vec()).await?;
        for old in own() {
            self.desk.store().retire_key(old.id, now).await?;
        }
        Ok(self.remembered(authority, certificate, key))
    }

    fn remembered(&self, authority: Authority, certificate: Certificate, key: Arc<SoftwareKey>) -> Answering {
        let answering = Answering {
            authority,
            certificate,
            key,
        };
        self.keyring.remember_answering(answering.clone());
        answering
    }
}

/// A certificate that ends with its authority cannot last longer.
fn lasting(certificate: &Certificate, authority: &Authority, now: Instant) -> bool {
    certificate.not_after() >= (now.0 + RENEWED_BEFORE).min(authority.certificate().not_after())
}

/// Thirty days.
const LIVES: i64 = 30 * 86_400;

const RENEWED_BEFORE: i64 = 10 * 86_400;

const ORGANISATION: &str = "Kagimori";
