//! The issuers of others that offices accept: whether their lists are here, and until when.

use std::collections::BTreeMap;

use casework::identity::Fingerprint;
use casework::time::Instant;
use pki::validation::RevocationList;

use super::{Finding, State, What, seconds, span};
use crate::config::Config;
use crate::desk::offices;
use crate::fault::Fault;
use crate::office::Office;
use crate::store::Store;
use crate::trust::{Fetched, Fetcher, PinnedIssuer};

/// One finding for each list of each issuer, and one for an issuer that has none.
pub(super) async fn examine(config: &Config, store: &Store, now: Instant) -> Result<Vec<Finding>, Fault> {
    let Ok(offices) = offices::read(&store.offices().await?) else {
        // A node does not start on them, and says so.
        return Ok(Vec::new());
    };
    let kept = store.trusted_lists().await?;
    let mut found = Vec::new();
    for (fingerprint, issuer) in issuers(&offices) {
        let fetched = kept.iter().filter(|row| row.issuer == fingerprint).map(|row| &row.url);
        let mut urls: Vec<&String> = issuer.crl.iter().chain(fetched).collect();
        urls.sort();
        urls.dedup();
        if urls.is_empty() {
            found.push(unseen(issuer));
        }
        for url in urls {
            found.push(list(config, store, (fingerprint, issuer), url, now).await?);
        }
    }
    Ok(found)
}

/// Each once, however many offices accept it. One that several offices name differently keeps the addresses of each.
fn issuers(offices: &[Office]) -> BTreeMap<Fingerprint, &PinnedIssuer> {
    let all = offices.iter().flat_map(Office::issuers);
    all.map(|issuer| (Fingerprint(issuer.certificate.fingerprint()), issuer))
        .collect()
}

fn unseen(issuer: &PinnedIssuer) -> Finding {
    let name = issuer.name.as_str();
    if issuer.ocsp.is_empty() {
        let says = "no card of it was seen yet, and its file names no list: the first card waits until one is fetched";
        return Finding::ok(What::Issuer, name, says);
    }
    Finding::ok(
        What::Issuer,
        name,
        "its responder is asked for each card; it names no list",
    )
}

async fn list(
    config: &Config,
    store: &Store,
    (fingerprint, issuer): (Fingerprint, &PinnedIssuer),
    url: &str,
    now: Instant,
) -> Result<Finding, Fault> {
    let about = format!("{} {url}", issuer.name);
    let row = store.trusted_list(fingerprint, url).await?;
    let kept = row.as_ref().and_then(|row| RevocationList::parse(&row.der).ok());
    let end = |list: &RevocationList| {
        let at_most = list.this_update() + seconds(config.trust.at_most);
        list.next_update().unwrap_or(list.this_update()).min(at_most)
    };
    let until = kept.as_ref().map(end);
    // A server that keeps it in stock has asked a moment ago.
    let is_lately = |row: &crate::store::TrustedListRow| {
        (0..=2 * seconds(config.trust.look_again)).contains(&(now.0 - row.fetched_at.0))
    };
    let asked = if row.as_ref().is_some_and(is_lately) {
        Ok(until)
    } else {
        let tag = row.as_ref().and_then(|row| row.tag.as_deref());
        match Fetcher::new(&config.trust).list(url, tag).await {
            Ok(Fetched::Unchanged) => Ok(until),
            Ok(Fetched::Content(octets, _)) => match RevocationList::parse(&octets) {
                Ok(list) if list.is_signed_by(&issuer.certificate) => Ok(Some(end(&list))),
                Ok(_) => Err("the list there is not the issuer's".to_owned()),
                Err(why) => Err(why.to_string()),
            },
            Err(why) => Err(why.to_string()),
        }
    };
    let left = |until: Option<i64>| until.map(|until| until - now.0).filter(|left| *left > 0);
    Ok(match (asked, left(until)) {
        (Ok(there), _) => match left(there) {
            Some(left) => Finding::ok(
                What::Issuer,
                about,
                format!("reached; its list is good for {} more", span(left)),
            ),
            None => Finding::of(
                What::Issuer,
                about,
                State::Failure,
                "reached, but the list there has ended: its cards are refused as undetermined",
                "tell the issuer; the list is taken as soon as a current one is there",
            ),
        },
        (Err(why), Some(left)) => Finding::of(
            What::Issuer,
            about,
            State::Warning,
            format!("not had: {why}; the list kept here is good for {} more", span(left)),
            NEXT,
        ),
        (Err(why), None) => Finding::of(
            What::Issuer,
            about,
            State::Failure,
            format!("not had: {why}; no list is kept, and its cards are refused as undetermined"),
            NEXT,
        ),
    })
}

const NEXT: &str = "see that this machine reaches that address, and if it lies in a network of yours, that `private` under \
                    [trust] names it; `crl` of the [[issuer]] in the office's file names another address";
