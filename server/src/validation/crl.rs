//! The lists that are served, in memory: never an older one in place of a newer (THREATS I6).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use casework::certificate::Shard;
use casework::identity::Authority;
use casework::time::Instant;
use hyper::body::Bytes;
use hyper::header::HeaderValue;

use super::etag;
use crate::metrics::{self, Metrics};

/// A list that is served.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// The CertificateList.
    pub der: Bytes,
    /// CRLNumber
    pub number: i64,
    /// thisUpdate
    pub this_update: Instant,
    /// nextUpdate
    pub next_update: Instant,
    pub(super) etag: HeaderValue,
}

impl List {
    /// `digest` is of the DER.
    pub fn new(der: Bytes, number: i64, this_update: Instant, next_update: Instant, digest: &[u8; 32]) -> Self {
        Self { der, number, this_update, next_update, etag: etag(digest) }
    }
}

/// Names a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Whose.
    pub authority: Authority,
    /// Which part.
    pub shard: Shard,
}

impl Name {
    /// Reads `{ca}/{shard}.crl`.
    pub fn parse(path: &str) -> Option<Self> {
        let (authority, file) = path.split_once('/')?;
        let digits = file.strip_suffix(".crl")?;
        let shard: u32 = digits.parse().ok()?;
        // `+1` and `01` name nothing: a list has one address.
        (shard.to_string() == digits).then(|| Self { authority: Authority(authority.to_owned()), shard: Shard(shard) })
    }
}

/// The lists that are served now.
#[derive(Default)]
pub struct Lists(RwLock<BTreeMap<Name, Arc<List>>>);

impl Lists {
    /// The list of this name.
    pub fn list(&self, name: &Name) -> Option<Arc<List>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Serves a list from now on, unless one of at least its number is served already.
    pub fn put(&self, name: Name, list: List) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if lists.get(&name).is_none_or(|served| served.number < list.number) {
            lists.insert(name, Arc::new(list));
        }
    }

    /// A list of this authority whose nextUpdate has passed.
    pub fn overdue(&self, authority: &Authority, now: Instant) -> Option<Shard> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lists
            .iter()
            .find(|(name, list)| name.authority == *authority && list.next_update < now)
            .map(|(name, _)| name.shard)
    }

    pub(super) fn measure(&self, metrics: &Metrics) {
        for (name, list) in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels = metrics::Crl { authority: name.authority.0.clone(), shard: name.shard.0 };
            metrics.crl_number.get_or_create(&labels).set(list.number);
            metrics.crl_this_update.get_or_create(&labels).set(list.this_update.0);
            metrics.crl_next_update.get_or_create(&labels).set(list.next_update.0);
        }
    }
}
