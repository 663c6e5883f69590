//! The lists that are served, in memory: never an older one in place of a newer (THREATS I6).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use casework::certificate::Shard;
use casework::identity::Authority;
use casework::time::Instant;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use pki::crl::{Crl, CrlNumber};

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
        Self {
            der,
            number,
            this_update,
            next_update,
            etag: etag(digest),
        }
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
        (shard.to_string() == digits).then(|| Self {
            authority: Authority(authority.to_owned()),
            shard: Shard(shard),
        })
    }
}

/// The lists that are served now. Each lies as a file in the data directory too, which remembers beside the database
/// how far the world has been told (THREATS A28).
pub struct Lists {
    served: RwLock<BTreeMap<Name, Arc<List>>>,
    directory: PathBuf,
}

impl Lists {
    /// Serves nothing yet; `data` is the data directory.
    pub fn new(data: &Path) -> Self {
        Self {
            served: RwLock::default(),
            directory: data.join(DIRECTORY),
        }
    }

    /// The list of this name.
    pub fn list(&self, name: &Name) -> Option<Arc<List>> {
        self.served
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Serves a list from now on, unless one of at least its number is served already. Its file is whole, synced and in
    /// its place before; where that fails the list before stays.
    pub fn put(&self, name: Name, list: List) -> io::Result<()> {
        if self.list(&name).is_some_and(|served| served.number >= list.number) {
            return Ok(());
        }
        let directory = self.directory.join(&name.authority.0);
        std::fs::create_dir_all(&directory)?;
        let beside = directory.join(format!("{}.new", name.shard.0));
        let mut file = File::create(&beside)?;
        file.write_all(&list.der)?;
        file.sync_all()?;
        std::fs::rename(&beside, directory.join(format!("{}.crl", name.shard.0)))?;
        File::open(&directory)?.sync_all()?;
        self.served
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, Arc::new(list));
        Ok(())
    }

    /// A list of this authority whose nextUpdate has passed.
    pub fn overdue(&self, authority: &Authority, now: Instant) -> Option<Shard> {
        let lists = self.served.read().unwrap_or_else(PoisonError::into_inner);
        lists
            .iter()
            .find(|(name, list)| name.authority == *authority && list.next_update < now)
            .map(|(name, _)| name.shard)
    }

    pub(super) fn measure(&self, metrics: &Metrics) {
        for (name, list) in self.served.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels = metrics::Crl {
                authority: name.authority.0.clone(),
                shard: name.shard.0,
            };
            metrics.crl_number.get_or_create(&labels).set(list.number);
            metrics.crl_this_update.get_or_create(&labels).set(list.this_update.0);
            metrics.crl_next_update.get_or_create(&labels).set(list.next_update.0);
        }
    }
}

/// A list that this node has published, found beside the database.
#[derive(Debug)]
pub struct Published {
    /// Which.
    pub name: Name,
    /// Its CRLNumber.
    pub number: i64,
    /// Where it lies.
    pub place: PathBuf,
}

/// The lists that lie in a data directory. What is no list is passed over: a torn file has never been served.
pub fn published(data: &Path) -> io::Result<Vec<Published>> {
    let mut published = Vec::new();
    for authority in entries(&data.join(DIRECTORY))? {
        for place in entries(&authority)? {
            let path = place.iter().rev().take(2).collect::<Vec<_>>();
            let [file, directory] = path.as_slice() else { continue };
            let Some(name) = Name::parse(&format!("{}/{}", directory.display(), file.display())) else {
                continue;
            };
            let number = Crl::parse(&std::fs::read(&place)?)
                .ok()
                .and_then(|list| list.number())
                .and_then(CrlNumber::to_u64);
            if let Some(number) = number.and_then(|number| i64::try_from(number).ok()) {
                published.push(Published { name, number, place });
            }
        }
    }
    Ok(published)
}

fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(fault) if matches!(fault.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

const DIRECTORY: &str = "crl";
