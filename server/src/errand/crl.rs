//! Publishing the list on which a revocation has to stand.

use casework::identity::CertificateId;

use super::Trouble;
use crate::authority::crl::Period;
use crate::authority::issue::Registrar;

/// Publishes the shard of this certificate, unless a list that was made after its revocation is published already.
pub(super) async fn publish(registrar: &Registrar, period: Period, certificate: &CertificateId) -> Result<(), Trouble> {
    let store = registrar.desk.store();
    let Some((status, _)) = store.status(certificate).await? else {
        return Err(Trouble(format!("{certificate:?} is not revoked")));
    };
    let last = store.last_crl(&certificate.authority, status.shard).await?;
    // A number that was taken and has no digest was never published.
    if last.is_some_and(|last| last.digest.is_some() && last.sequence >= status.sequence) {
        return Ok(());
    }
    let trouble = |fault: crate::authority::AuthorityFault| Trouble(fault.to_string());
    let authority = registrar
        .keyring
        .authority(store, &certificate.authority.0)
        .await
        .map_err(trouble)?;
    registrar
        .publish(&authority, status.shard, period)
        .await
        .map_err(trouble)
}
