//! Status by OCSP answers (RFC 6960 §3.2).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::{Found, Status};
use crate::certificate::Certificate;
use crate::extension::KeyUsage;
use crate::ocsp::{self, BasicResponse, IssuerId};
use crate::oid;
use crate::validation::outcome::Fault;
use crate::validation::path::{Fingerprint, Search};
use crate::validation::work::Exhausted;

/// Whether someone may speak for an issuer.
enum Office {
    /// Until when.
    Held(i64),
    Not(&'static str),
}

impl Search<'_> {
    pub(super) fn by_answers(
        &self,
        certificate: &Certificate,
        above: &[Certificate],
        within: &[Fingerprint],
    ) -> Result<Found, Exhausted> {
        let mut found = Found::default();
        // Of what may still change the latest word counts.
        let mut latest: Option<(i64, Result<i64, Fault>)> = None;
        let Some(issuer) = above.first() else { return Ok(found) };
        let id = IssuerId::of(issuer);
        for answer in self.inputs.answers {
            let serial = certificate.serial();
            let Some(single) = answer
                .singles()
                .iter()
                .find(|single| id.serial_of(&single.id) == Some(serial))
            else {
                continue;
            };
            let until = match self.office(answer, issuer, above, within)? {
                Office::Held(until) => until,
                Office::Not(why) => {
                    found.because(why);
                    continue;
                }
            };
            let at = self.question.at;
            // Without nextUpdate newer information is always there, so the answer is about the moment when it was given.
            let next_update = single.next_update.unwrap_or(single.this_update.saturating_add(MOMENT));
            if at < single.this_update {
                found.because("the OCSP answer is about a later moment");
                continue;
            }
            let word = match single.status {
                // For good: also when the answer is old by now.
                ocsp::Status::Revoked { at, reason } if !single.held => {
                    found.revoked.get_or_insert(Fault::Revoked { at, reason });
                    continue;
                }
                _ if at > next_update => {
                    found.because("the OCSP answer is too old");
                    continue;
                }
                ocsp::Status::Unknown => {
                    found.because("its issuer's responder does not know it");
                    continue;
                }
                ocsp::Status::Revoked { at, .. } => Err(Fault::Held { at }),
                ocsp::Status::Good => Ok(until.min(next_update)),
            };
            if latest.as_ref().is_none_or(|(moment, _)| *moment <= single.this_update) {
                latest = Some((single.this_update, word));
            }
        }
        match latest {
            Some((_, Ok(until))) => found.good_until = Some(until),
            Some((_, Err(held))) => found.held = Some(held),
            None => {}
        }
        Ok(found)
    }

    /// Whether who signed the answer may speak for the issuer, and its signature is good: the issuer itself, or a delegate whose
    /// certificate the issuer signed with the same key (RFC 6960 §4.2.2.2).
    fn office(
        &self,
        answer: &BasicResponse,
        issuer: &Certificate,
        above: &[Certificate],
        within: &[Fingerprint],
    ) -> Result<Office, Exhausted> {
        if answer.names(issuer) {
            self.work.signature()?;
            if answer.is_signed_with(issuer.public_key()) {
                return Ok(Office::Held(i64::MAX));
            }
        }
        let mut why = "the OCSP answer is not signed by its issuer or a delegate of its";
        let given = answer.certificates().iter().chain(self.inputs.intermediates);
        for delegate in given.filter(|delegate| answer.names(delegate) && delegate.issuer().matches(issuer.subject())) {
            if !self.signed(delegate, issuer.public_key())? {
                continue;
            }
            self.work.signature()?;
            if !answer.is_signed_with(delegate.public_key()) {
                continue;
            }
            let signs = delegate.key_usage().is_none_or(|usage| {
                usage.allows(KeyUsage::DIGITAL_SIGNATURE) || usage.allows(KeyUsage::NON_REPUDIATION)
            });
            if !delegate.is_ocsp_responder() || !signs || !delegate.extensions().unprocessed_critical.is_empty() {
                why = "who signed the OCSP answer has no delegation";
                continue;
            }
            if !delegate.is_valid_at(self.question.at) {
                why = "the certificate of who signed the OCSP answer is not valid at this moment";
                continue;
            }
            if delegate.extensions().has(oid::OCSP_NOCHECK) {
                return Ok(Office::Held(delegate.not_after()));
            }
            // THREATS P10: a delegate of unknown status tells nothing.
            match self.status(delegate, above, within)? {
                Status::Good { until } => return Ok(Office::Held(until.min(delegate.not_after()))),
                Status::Revoked { .. } => why = "the certificate of who signed the OCSP answer is revoked",
                Status::Unknown { .. } => why = "the status of who signed the OCSP answer is not known",
            }
        }
        Ok(Office::Not(why))
    }
}

/// Seconds for which an answer without nextUpdate is taken.
const MOMENT: i64 = 600;
