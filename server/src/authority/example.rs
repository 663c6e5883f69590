//! An example house: a root, an issuing authority under it, and cards of its holders. The demo and tests are made of it;
//! everything goes the way an operator's commands go.

use std::path::Path;

use casework::certificate::Reason;
use pki::ObjectIdentifier;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::name::AuthorityName;
use pki::profile::Validity;

use super::citizen::{CITIZENS_AUTHENTICATION, CITIZENS_SIGNATURE};
use super::holder::CardOrder;
use super::issue::{CardUse, NewAuthority, Order, Registrar, Wanted, id_of};
use super::order::OrderFault;
use super::{Authority, AuthorityFault, checked_name};
use crate::desk::certificate::{Command, Issuance};
use crate::desk::{Actor, CaseId};

/// An example card could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum ExampleFault {
    /// The authority did not.
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    /// The holder's text is wrong.
    #[error(transparent)]
    Holder(#[from] OrderFault),
    /// The card's request is wrong.
    #[error("the card's request cannot be read: {0}")]
    Request(#[from] pki::csr::RequestFault),
}

impl Registrar {
    /// An issuing authority `name` (P-256, ten years) under a root `name-root` (P-384, twenty years).
    pub async fn example_authority(&self, name: &str, organisation: &str) -> Result<Authority, AuthorityFault> {
        let root = self
            .example(&format!("{name}-root"), organisation, "Root CA", None)
            .await?;
        self.example(name, organisation, "Issuing CA", Some(root)).await
    }

    /// The authorities of citizens' cards, of the signature first: `name-signature` and `name-authentication` (RSA, ten
    /// years) under `name-citizens`, named as the test authorities of the public ones are (DOMAIN §11.3).
    pub async fn example_citizens_authorities(&self, name: &str) -> Result<[Authority; 2], AuthorityFault> {
        let root = self
            .example_citizens(&format!("{name}-citizens"), "JPKI-TEST root", Vec::new(), None)
            .await?;
        let under = async |of: &str, unit: &str, policy| {
            let parent = Some(root.clone());
            self.example_citizens(&format!("{name}-{of}"), unit, vec![policy], parent)
                .await
        };
        let (signature, authentication) = tokio::try_join!(
            under("signature", "JPKI for digital signature", CITIZENS_SIGNATURE),
            under(
                "authentication",
                "JPKI for user authentication",
                CITIZENS_AUTHENTICATION
            ),
        )?;
        Ok([signature, authentication])
    }

    async fn example_citizens(
        &self,
        name: &str,
        unit: &str,
        policies: Vec<ObjectIdentifier>,
        parent: Option<Authority>,
    ) -> Result<Authority, AuthorityFault> {
        let now = self.desk.clock().now().0;
        let years = if parent.is_some() { 10 } else { 20 };
        let new = NewAuthority {
            name: checked_name(name)?,
            algorithm: Algorithm::Rsa2048,
            parent,
            subject: AuthorityName::of_units("JPKI-TEST", &[unit, UNIT])?,
            policies,
            validity: Validity::of_days(now - 2 * 365 * 86_400, years * 365)?,
        };
        self.create(&EXAMPLE, new).await
    }

    /// An authority that is there already.
    pub async fn authority(&self, name: &str) -> Result<Authority, AuthorityFault> {
        self.keyring.authority(self.desk.store(), name).await
    }

    /// The certificates for the two requests of a card, authentication first, for the holder that `holder` tells in the
    /// form of the holder's file.
    pub async fn example_card(
        &self,
        issuer: &Authority,
        requests: [&[u8]; 2],
        holder: &str,
    ) -> Result<[Certificate; 2], ExampleFault> {
        let [authentication, signature] = requests;
        Ok([
            self.example_certificate(issuer, authentication, CardUse::Authentication, holder)
                .await?,
            self.example_certificate(issuer, signature, CardUse::Signature, holder)
                .await?,
        ])
    }

    /// Whether a certificate (DER) of an example authority is revoked by now.
    pub async fn example_is_revoked(&self, authority: &str, certificate: &[u8]) -> Result<bool, AuthorityFault> {
        let certificate = Certificate::parse(certificate)?;
        let id = id_of(&checked_name(authority)?, certificate.serial().as_bytes());
        Ok(self.desk.store().status(&id).await?.is_some())
    }

    /// Revokes a certificate of an example authority, as `kagimori ca revoke` does.
    pub async fn example_revocation(
        &self,
        issuer: &Authority,
        certificate: &Certificate,
    ) -> Result<(), AuthorityFault> {
        let id = id_of(issuer.name(), certificate.serial().as_bytes());
        let row = self.desk.store().certificate(&id).await?;
        let row = row.ok_or_else(|| AuthorityFault::NoCertificate {
            authority: issuer.name().0.clone(),
            serial: certificate.serial().to_string(),
        })?;
        let command = Command::Revoke {
            reason: Reason::CessationOfOperation,
        };
        self.desk
            .perform(&EXAMPLE, CaseId::<Issuance>::from_octets(row.case), &command)
            .await?;
        Ok(())
    }

    async fn example(
        &self,
        name: &str,
        organisation: &str,
        common_name: &str,
        parent: Option<Authority>,
    ) -> Result<Authority, AuthorityFault> {
        let now = self.desk.clock().now().0;
        let (algorithm, years) = if parent.is_some() {
            (Algorithm::P256, 10)
        } else {
            (Algorithm::P384, 20)
        };
        let new = NewAuthority {
            name: checked_name(name)?,
            algorithm,
            parent,
            subject: AuthorityName::new(organisation, common_name)?,
            policies: vec![EXAMPLE_POLICY],
            // Two years old, so that a card near its expiry can be among its first.
            validity: Validity::of_days(now - 2 * 365 * 86_400, years * 365)?,
        };
        self.create(&EXAMPLE, new).await
    }

    async fn example_certificate(
        &self,
        issuer: &Authority,
        request: &[u8],
        purpose: CardUse,
        holder: &str,
    ) -> Result<Certificate, ExampleFault> {
        let request = CertificateRequest::parse(request)?;
        let holder = CardOrder::parse(holder, Path::new("holder"))?;
        let validity = holder
            .term
            .validity(self.desk.clock().now())
            .map_err(AuthorityFault::from)?;
        let purchase = holder.purchase;
        let key = request.public_key().clone();
        let order = Order {
            wanted: Wanted::Card(purpose, Box::new(holder)),
            key,
            validity,
            purchase,
        };
        Ok(self.issue(&EXAMPLE, issuer, &order).await?)
    }
}

/// The most general unit of the public authorities.
const UNIT: &str = "Japan Agency for Local Authority Information Systems";

const EXAMPLE: Actor<'static> = Actor::Operator { name: "example" };

/// Under the enterprise number that IANA keeps for documentation (RFC 5612).
const EXAMPLE_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
