//! The addresses that stand in certificates, in one place: what is written at issuance is what is answered.

use casework::certificate::Shard;
use casework::identity::Authority;

/// The addresses of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses(String);

impl Addresses {
    /// `base` is `validation.url` of the configuration.
    pub fn new(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    /// Where the CRL shard is.
    pub fn crl(&self, authority: &Authority, shard: Shard) -> String {
        format!("{}/crl/{}/{}.crl", self.0, authority.0, shard.0)
    }

    /// Where OCSP answers.
    pub fn ocsp(&self, authority: &Authority) -> String {
        format!("{}/ocsp/{}", self.0, authority.0)
    }

    /// Where the authority's certificate is.
    pub fn certificate(&self, authority: &Authority) -> String {
        format!("{}/ca/{}.cer", self.0, authority.0)
    }

    /// The shard that a distribution point names, if it is one of ours.
    pub fn shard_of(&self, authority: &Authority, url: &str) -> Option<Shard> {
        let place = url.strip_prefix(self.crl(authority, Shard(0)).strip_suffix("0.crl")?)?;
        place.strip_suffix(".crl")?.parse().ok().map(Shard)
    }
}
