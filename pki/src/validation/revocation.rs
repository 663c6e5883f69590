//! Whether a certificate was revoked, by lists (RFC 5280 §6.3) and by OCSP answers (RFC 6960).
//!
//! "Revoked" from any source that may speak counts before "good" from another. What may not speak is as if it were not there,
//! but its silence is told.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod answers;
mod lists;

use super::outcome::Fault;
use super::path::{Fingerprint, Search};
use super::work::Exhausted;
use crate::certificate::Certificate;
use crate::oid;

/// What is known of one certificate.
pub(super) enum Status {
    Good {
        /// The last second until which that may be relied upon.
        until: i64,
    },
    Revoked {
        fault: Fault,
    },
    Unknown {
        /// Whether something that was shown is about it.
        shown: bool,
        why: Option<String>,
    },
}

/// What one kind of source knows.
#[derive(Default)]
struct Found {
    revoked: Option<Fault>,
    held: Option<Fault>,
    good_until: Option<i64>,
    shown: bool,
    why: Option<String>,
}

impl Found {
    /// The first reason is kept.
    fn because(&mut self, why: impl Into<String>) {
        self.shown = true;
        self.why.get_or_insert_with(|| why.into());
    }
}

impl Search<'_> {
    /// The status of a certificate; `above` are those above it, its issuer first and the anchor last. `within` are the
    /// certificates whose status waits for this one.
    pub(super) fn status(
        &self,
        certificate: &Certificate,
        above: &[Certificate],
        within: &[Fingerprint],
    ) -> Result<Status, Exhausted> {
        let own = certificate.fingerprint();
        if within.contains(&own) || within.len() >= DEEPEST {
            return Ok(Status::Unknown {
                shown: true,
                why: Some("its status would be told by one whose own status hangs on it".to_owned()),
            });
        }
        let within: Vec<Fingerprint> = within.iter().copied().chain([own]).collect();
        let answers = self.by_answers(certificate, above, &within)?;
        let lists = self.by_lists(certificate, above, &within)?;
        let revoked = answers.revoked.or(lists.revoked).or(answers.held).or(lists.held);
        if let Some(fault) = revoked {
            return Ok(Status::Revoked { fault });
        }
        if let Some(until) = answers.good_until.max(lists.good_until) {
            return Ok(Status::Good { until });
        }
        if has_no_status(certificate) {
            return Ok(Status::Good {
                until: certificate.not_after(),
            });
        }
        Ok(Status::Unknown {
            shown: answers.shown || lists.shown,
            why: answers.why.or(lists.why),
        })
    }
}

/// noRevAvail: its issuer will never tell a status (RFC 9608 §3). Only a holder's certificate can say so, and only one that
/// names no place where a status could be asked for.
fn has_no_status(certificate: &Certificate) -> bool {
    let extensions = certificate.extensions();
    extensions.has(oid::NO_REV_AVAIL)
        && !certificate.is_ca()
        && extensions.distribution_points.is_empty()
        && extensions.delta_urls.is_empty()
        && extensions.ocsp_urls.is_empty()
}

/// A status may hang on the status of the list's signer, that on another signer's, and so on this often.
const DEEPEST: usize = 4;
