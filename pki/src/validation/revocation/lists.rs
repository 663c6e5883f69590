//! Status by revocation lists (RFC 5280 §6.3.3).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::Found;
use crate::certificate::Certificate;
use crate::extension::KeyUsage;
use crate::extension::path::DistributionPoint;
use crate::key::PublicKey;
use crate::validation::list::{Entry, RevocationList, Weight};
use crate::validation::outcome::{Fault, Outcome};
use crate::validation::path::{Fingerprint, Goal, Search};
use crate::validation::work::Exhausted;

/// A list that may speak of the certificate.
struct Heard<'l> {
    list: &'l RevocationList,
    /// Of which reasons, as bits of ReasonFlags.
    reasons: u16,
    /// Who signed it.
    key: PublicKey,
    /// Until when that one may.
    until: i64,
}

impl Search<'_> {
    pub(super) fn by_lists(
        &self,
        certificate: &Certificate,
        above: &[Certificate],
        within: &[Fingerprint],
    ) -> Result<Found, Exhausted> {
        let mut found = Found::default();
        let mut heard = Vec::new();
        for list in self.inputs.lists {
            let reasons = reasons_told(list, certificate);
            if reasons == 0 {
                continue;
            }
            found.shown = true;
            if let Some(kind) = list.unprocessed() {
                found.because(format!(
                    "the list has a critical extension {kind} that is not processed here"
                ));
            } else if list.this_update() > self.question.at {
                found.because("the list is of a later moment");
            } else if let Some((key, until)) = self.signer(list, above, within)? {
                heard.push(Heard {
                    list,
                    reasons,
                    key,
                    until,
                });
            } else {
                found.because("the list is not signed by one who may sign it");
            }
        }
        let (deltas, complete): (Vec<_>, Vec<_>) = heard.into_iter().partition(|heard| heard.list.is_delta());
        let mut covered = 0;
        let mut until = i64::MAX;
        for base in newest(&complete) {
            let fits = |delta: &&Heard<'_>| delta.completes(base);
            let delta = newest(&deltas)
                .filter(fits)
                .max_by_key(|delta| delta.list.this_update());
            let entry = base.entry(delta, certificate);
            let current = match delta {
                Some(delta) if delta.list.is_current_at(self.question.at) => delta.list.next_update(),
                _ if base.list.is_current_at(self.question.at) => base.list.next_update(),
                _ => None,
            };
            match (entry.map(|entry| (entry, entry.weight())), current) {
                // For good: also when the list is old by now.
                (Some((entry, Weight::Final)), _) => {
                    found.revoked.get_or_insert(Fault::Revoked {
                        at: entry.at,
                        reason: entry.reason(),
                    });
                }
                (Some((entry, Weight::Held)), Some(_)) => {
                    found.held.get_or_insert(Fault::Held { at: entry.at });
                }
                (_, Some(next_update)) => {
                    covered |= base.reasons;
                    let delta_until = delta.map_or(i64::MAX, |delta| delta.until);
                    until = until.min(next_update).min(base.until).min(delta_until);
                }
                (_, None) => found.because("the list is too old"),
            }
        }
        if covered == EVERY_REASON {
            found.good_until = Some(until);
        } else if covered != 0 {
            found.because("the lists do not speak of every reason of revocation");
        } else if !deltas.is_empty() {
            found.because("a delta list says nothing without the complete list on which it stands");
        }
        Ok(found)
    }

    /// The key that signed a list, if it is of one who may, and until when: the issuer on the path, or another certificate of the
    /// list's issuer (another key of the same CA, THREATS P5; the issuer of an indirect list), whose own path must lead to the
    /// same anchor (RFC 5280 §6.3.3 f).
    fn signer(
        &self,
        list: &RevocationList,
        above: &[Certificate],
        within: &[Fingerprint],
    ) -> Result<Option<(PublicKey, i64)>, Exhausted> {
        let Some(anchor) = above.last() else { return Ok(None) };
        let own = above.iter().filter(|own| may_sign_lists(own, list));
        for certificate in own {
            if self.list_signed(list, certificate.public_key())? {
                return Ok(Some((certificate.public_key().clone(), certificate.not_after())));
            }
        }
        let others = self
            .pool()
            .iter()
            .filter(|other| !above.contains(other) && may_sign_lists(other, list));
        let mut others: Vec<_> = others.collect();
        others.sort_by_key(|other| {
            list.key_identifier().is_some() && other.subject_key_identifier() != list.key_identifier()
        });
        for certificate in others {
            if !self.list_signed(list, certificate.public_key())? {
                continue;
            }
            let goal = Goal::Signer { anchor, within };
            if let Outcome::Valid(valid) = self.find(certificate, &goal)? {
                return Ok(Some((certificate.public_key().clone(), valid.until)));
            }
        }
        Ok(None)
    }

    fn list_signed(&self, list: &RevocationList, key: &PublicKey) -> Result<bool, Exhausted> {
        if !list.was_verified_with(key) {
            self.work.signature()?;
        }
        Ok(list.is_signed_with(key))
    }
}

impl Heard<'_> {
    /// Whether this is a delta that stands on that complete list (RFC 5280 §5.2.4, 6.3.3 c).
    fn completes(&self, base: &Self) -> bool {
        let numbers = (self.list.base(), base.list.number(), self.list.number());
        let (Some(from), Some(complete), Some(to)) = numbers else {
            return false;
        };
        from <= complete
            && complete < to
            && self.key == base.key
            && self.list.has_scope_of(base.list)
            && self.list.key_identifier() == base.list.key_identifier()
    }

    /// What the complete list and its delta say together. A delta lifts a hold if it says so, and nothing else: neither does its
    /// silence, nor does it lift a revocation for good (THREATS P6).
    fn entry(&self, delta: Option<&Self>, certificate: &Certificate) -> Option<Entry> {
        let of = |heard: &Self| heard.list.entry(certificate.issuer(), &certificate.serial());
        let stands = |entry: &Entry| entry.weight() != Weight::Removed;
        let own = of(self).filter(stands);
        match (own, delta.and_then(of)) {
            (Some(own), _) if own.weight() == Weight::Final => Some(own),
            (_, Some(later)) => Some(later).filter(stands),
            (own, None) => own,
        }
    }

    /// Whether the other one speaks of the same and has a newer word (THREATS P6). Where number and time contradict each other,
    /// neither is newer, and both are heard.
    fn is_superseded_by(&self, other: &Self) -> bool {
        let same = self.key == other.key && self.list.has_scope_of(other.list);
        let times = self.list.this_update().cmp(&other.list.this_update());
        let numbers = match (self.list.number(), other.list.number()) {
            (Some(own), Some(other)) => own.cmp(&other),
            _ => std::cmp::Ordering::Equal,
        };
        same && times.is_le() && numbers.is_le() && (times.is_lt() || numbers.is_lt())
    }
}

/// Those that no other one supersedes.
fn newest<'h, 'l>(heard: &'h [Heard<'l>]) -> impl Iterator<Item = &'h Heard<'l>> {
    heard
        .iter()
        .filter(|one| !heard.iter().any(|other| one.is_superseded_by(other)))
}

/// For which reasons a list may speak of a certificate, by the certificate's distribution points and by its issuer's name
/// (RFC 5280 §6.3.3 b, d); zero: it is about others.
fn reasons_told(list: &RevocationList, certificate: &Certificate) -> u16 {
    let scope = list.scope();
    let of_its_kind = if certificate.is_ca() {
        !scope.users
    } else {
        !scope.authorities
    };
    if !of_its_kind || scope.attributes {
        return 0;
    }
    let own = scope.reasons.unwrap_or(EVERY_REASON) & EVERY_REASON;
    let points = &certificate.extensions().distribution_points;
    let by_points = points
        .iter()
        .filter(|point| is_for(list, point, certificate))
        .fold(0, |told, point| told | point.reasons.unwrap_or(EVERY_REASON));
    let by_name = if is_for_issuer(list, certificate) {
        EVERY_REASON
    } else {
        0
    };
    own & (by_points | by_name)
}

/// Whether the list is the one that a distribution point means.
fn is_for(list: &RevocationList, point: &DistributionPoint, certificate: &Certificate) -> bool {
    let scope = list.scope();
    let by_issuer = match &point.issuer {
        Some(names) => scope.indirect && names.directories().any(|name| name.matches(list.issuer())),
        None => list.issuer().matches(certificate.issuer()),
    };
    let by_name = || match (&scope.point, &point.name, &point.issuer) {
        (None, _, _) => true,
        (Some(own), Some(name), issuer) => {
            // A relative name follows the CRL issuer's, which is the certificate's own issuer unless another is named.
            let above = issuer.as_ref().and_then(|names| names.directories().next());
            own.meets(list.issuer(), name, above.as_ref().unwrap_or(certificate.issuer()))
        }
        (Some(own), None, Some(issuer)) => issuer.directories().any(|name| own.is(list.issuer(), &name)),
        (Some(_), None, None) => false,
    };
    by_issuer && by_name()
}

/// Whether the list is one of the certificate's issuer that no distribution point needs to name.
fn is_for_issuer(list: &RevocationList, certificate: &Certificate) -> bool {
    let named = |point: &crate::extension::path::PointName| point.is(list.issuer(), certificate.issuer());
    list.issuer().matches(certificate.issuer()) && list.scope().point.as_ref().is_none_or(named)
}

/// Whether a certificate is of the list's issuer and its key may sign lists. One that is not a CA must say so.
fn may_sign_lists(certificate: &Certificate, list: &RevocationList) -> bool {
    let usage = certificate.key_usage().map(|usage| usage.allows(KeyUsage::CRL_SIGN));
    usage.unwrap_or(certificate.is_ca()) && certificate.subject().matches(list.issuer())
}

/// Bits 1 to 8 of ReasonFlags; bit 0 is not used.
const EVERY_REASON: u16 = 0x1fe;
