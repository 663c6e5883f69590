//! Finding a path from a certificate up to an anchor (RFC 5280 §6.1, RFC 4158), and judging it.
//!
//! A name only says where to look; what connects two certificates is a signature, which is verified before anything else of
//! either is considered. authorityKeyIdentifier decides in which order candidates are tried and nothing more, since a wrong one
//! must not hide a good path (THREATS P5). First one path is followed greedily, which is the answer nearly always. Only if it
//! is not valid all others are looked for: what leads to no anchor is left out beforehand, each step is checked as it is
//! taken, and the steps are counted (P4).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use super::outcome::{Doubt, Fault, Invalid, Lacking, Outcome, Undetermined, ValidPath};
use super::revocation::Status;
use super::work::{Exhausted, Work};
use super::{Anchors, Inputs, Policies, Question, Revocation, Subject, name_constraints, names, policy};
use crate::certificate::Certificate;
use crate::extension::path::allows_purpose;
use crate::key::PublicKey;

/// One question while it is being answered.
pub(super) struct Search<'a> {
    pub(super) question: &'a Question,
    pub(super) inputs: Inputs<'a>,
    /// The anchors, then what may lie between.
    pool: Vec<Certificate>,
    anchors: usize,
    pub(super) work: Work,
    /// Whether a certificate (by its fingerprint) is signed with a key (by its own).
    verified: RefCell<HashMap<(Fingerprint, Fingerprint), bool>>,
}

pub(super) type Fingerprint = [u8; 32];

/// What a path is wanted for.
pub(super) enum Goal<'g> {
    /// The question itself.
    Answer,
    /// One who signs lists for the path that ends at this anchor; `within` are the certificates whose status waits for it.
    Signer {
        anchor: &'g Certificate,
        within: &'g [Fingerprint],
    },
}

impl Goal<'_> {
    /// Whether the path ends where it must.
    fn is_served_by(&self, path: &[Certificate]) -> bool {
        match self {
            Self::Answer => true,
            Self::Signer { anchor, .. } => path.last() == Some(anchor),
        }
    }
}

/// Who issued whom, as far as signatures show it. The leaf stands behind the pool.
struct Graph {
    issuers: Vec<Vec<usize>>,
    /// Steps to the nearest anchor.
    distance: Vec<Option<usize>>,
}

/// The best that was found so far.
#[derive(Default)]
struct Best {
    undetermined: Option<Undetermined>,
    invalid: Option<Invalid>,
}

impl<'a> Search<'a> {
    pub(super) fn new(anchors: &Anchors, inputs: Inputs<'a>, question: &'a Question) -> Self {
        let mut pool = anchors.certificates().to_vec();
        let between = inputs.intermediates.iter().filter(|other| !anchors.contains(other));
        pool.extend(between.cloned());
        Self {
            question,
            inputs,
            pool,
            anchors: anchors.certificates().len(),
            work: Work::of(question.budget),
            verified: RefCell::default(),
        }
    }

    pub(super) fn outcome(&self, leaf: &Certificate) -> Outcome {
        self.find(leaf, &Goal::Answer).unwrap_or_else(|Exhausted| {
            Outcome::Undetermined(Box::new(Undetermined {
                doubt: Doubt::Work,
                path: vec![leaf.clone()],
                lacking: Vec::new(),
            }))
        })
    }

    /// The certificates that were given, anchors and others.
    pub(super) fn pool(&self) -> &[Certificate] {
        &self.pool
    }

    /// The outcome for a leaf. Once per question, and once per foreign signer of a list.
    pub(super) fn find(&self, leaf: &Certificate, goal: &Goal<'_>) -> Result<Outcome, Exhausted> {
        let mut best = Best::default();
        if self.is_anchor(leaf) && goal.is_served_by(std::slice::from_ref(leaf)) {
            return self
                .judged(vec![leaf.clone()], goal, &mut best)
                .map(|outcome| best.or(outcome, leaf));
        }
        let first = self.greedy(leaf)?;
        if let Some(path) = first {
            if let Some(fault) = self.fault_of_leaf(leaf, goal) {
                return Ok(invalid(fault, leaf, path));
            }
            if goal.is_served_by(&path)
                && let Some(valid) = self.judged(path, goal, &mut best)?
            {
                return Ok(valid);
            }
            if best.is_final() {
                return Ok(best.or(None, leaf));
            }
        }
        match self.every(leaf, goal, &mut best) {
            // What is lacking is known, and more use than that the other ways were too many.
            Err(Exhausted) if best.undetermined.is_some() => Ok(best.or(None, leaf)),
            outcome => Ok(best.or(outcome?, leaf)),
        }
    }

    /// Looks for a valid path among all.
    fn every(&self, leaf: &Certificate, goal: &Goal<'_>, best: &mut Best) -> Result<Option<Outcome>, Exhausted> {
        let graph = self.graph(leaf)?;
        let mut path = vec![self.pool.len()];
        self.extend(leaf, &graph, &mut path, goal, best)
    }

    /// A path by the most promising issuer of each, every certificate looked at once.
    fn greedy(&self, leaf: &Certificate) -> Result<Option<Vec<Certificate>>, Exhausted> {
        let mut seen = vec![false; self.pool.len()];
        let mut path = vec![leaf.clone()];
        let mut untried = vec![self.candidates(leaf)];
        while let Some(candidates) = untried.last_mut() {
            let Some(place) = candidates.pop_front() else {
                untried.pop();
                path.pop();
                continue;
            };
            let (Some(issuer), Some(below)) = (self.pool.get(place), path.last()) else {
                continue;
            };
            if seen.get(place) == Some(&true) || path.len() == LONGEST {
                continue;
            }
            self.work.step()?;
            if !self.signed(below, issuer.public_key())? {
                continue;
            }
            if let Some(seen) = seen.get_mut(place) {
                *seen = true;
            }
            path.push(issuer.clone());
            if place < self.anchors {
                return Ok(Some(path));
            }
            untried.push(self.candidates(issuer));
        }
        Ok(None)
    }

    /// Everything that good signatures connect with the leaf, and how far each is from an anchor.
    fn graph(&self, leaf: &Certificate) -> Result<Graph, Exhausted> {
        let nodes = self.pool.len() + 1;
        let mut issuers = vec![Vec::new(); nodes];
        let mut reached = vec![false; nodes];
        let mut queue = VecDeque::from([self.pool.len()]);
        while let Some(place) = queue.pop_front() {
            let certificate = self.node(place, leaf);
            for candidate in self.candidates(certificate) {
                self.work.step()?;
                let Some(issuer) = self.pool.get(candidate) else {
                    continue;
                };
                if candidate == place || !self.signed(certificate, issuer.public_key())? {
                    continue;
                }
                if let Some(issuers) = issuers.get_mut(place) {
                    issuers.push(candidate);
                }
                if let Some(reached) = reached.get_mut(candidate)
                    && !std::mem::replace(reached, true)
                    && candidate >= self.anchors
                {
                    queue.push_back(candidate);
                }
            }
        }
        let mut distance: Vec<Option<usize>> = (0..nodes).map(|place| (place < self.anchors).then_some(0)).collect();
        // As many rounds as the longest path has steps.
        for round in 1..=LONGEST {
            for (place, issuers) in issuers.iter().enumerate() {
                let near = issuers.iter().any(|issuer| {
                    distance
                        .get(*issuer)
                        .copied()
                        .flatten()
                        .is_some_and(|steps| steps < round)
                });
                if let Some(steps @ None) = distance.get_mut(place)
                    && near
                {
                    *steps = Some(round);
                }
            }
        }
        for of_one in &mut issuers {
            of_one.retain(|issuer| distance.get(*issuer).copied().flatten().is_some());
            // Stable: among equally near ones the order of `candidates` stays.
            of_one.sort_by_key(|issuer| distance.get(*issuer).copied().flatten());
        }
        Ok(Graph { issuers, distance })
    }

    /// Walks on from the last of `path`. `Some` ends the search.
    fn extend(
        &self,
        leaf: &Certificate,
        graph: &Graph,
        path: &mut Vec<usize>,
        goal: &Goal<'_>,
        best: &mut Best,
    ) -> Result<Option<Outcome>, Exhausted> {
        let Some(last) = path.last() else { return Ok(None) };
        let left = LONGEST.saturating_sub(path.len());
        for place in graph.issuers.get(*last).into_iter().flatten().copied() {
            let steps = graph.distance.get(place).copied().flatten();
            let Some(next) = self.pool.get(place) else { continue };
            // RFC 4158 §2.4.1: neither a certificate nor a name with its key comes twice.
            let repeats = |other: &usize| {
                let other = self.node(*other, leaf);
                other.public_key() == next.public_key() && other.subject().matches(next.subject())
            };
            if steps.is_none_or(|steps| steps >= left) || place >= self.anchors && path.iter().any(repeats) {
                continue;
            }
            self.work.step()?;
            let below: Vec<&Certificate> = path.iter().map(|place| self.node(*place, leaf)).collect();
            if let Some(fault) = self.fault_of_issuer(next, &below) {
                let whole = below.into_iter().chain([next]).cloned().collect();
                best.note_invalid(fault, next, whole);
                continue;
            }
            path.push(place);
            let found = if place < self.anchors {
                let whole: Vec<Certificate> = path.iter().map(|place| self.node(*place, leaf).clone()).collect();
                if goal.is_served_by(&whole) {
                    self.judged(whole, goal, best)?
                } else {
                    None
                }
            } else {
                self.extend(leaf, graph, path, goal, best)?
            };
            path.pop();
            if found.is_some() || best.is_final() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Judges a whole path. `Some` is a valid one; anything else is noted.
    fn judged(&self, path: Vec<Certificate>, goal: &Goal<'_>, best: &mut Best) -> Result<Option<Outcome>, Exhausted> {
        if let Some((fault, certificate)) = self.fault_of_path(&path, goal) {
            best.note_invalid(fault, &certificate, path);
            return Ok(None);
        }
        if let Some((fault, certificate)) = name_constraints::fault_of(&path, &self.work)? {
            best.note_invalid(fault, &certificate, path);
            return Ok(None);
        }
        let (wanted, within): (&Policies, &[Fingerprint]) = match goal {
            Goal::Answer => (&self.question.policies, &[]),
            // Under which policies a list is signed is nobody's question.
            Goal::Signer { within, .. } => (&Policies::default(), within),
        };
        let Some(policies) = policy::of_path(&path, wanted, &self.work)? else {
            if let Some(leaf) = path.first().cloned() {
                best.note_invalid(Fault::Policy, &leaf, path);
            }
            return Ok(None);
        };
        let mut until = path.iter().map(Certificate::not_after).min().unwrap_or(i64::MIN);
        let mut lacking = Vec::new();
        // From the anchor down: what a revoked CA says of those below it counts for nothing.
        for place in (0..path.len().saturating_sub(1)).rev() {
            let (Some(certificate), Some(above)) = (path.get(place), path.get(place + 1..)) else {
                continue;
            };
            // One who signed the very list that speaks of him (RFC 5280 §6.3.3 f forbids it not): the list is heard, and what it
            // says of its signer counts. A longer way round is none.
            let speaks_of_itself = place == 0 && within.last() == Some(&certificate.fingerprint());
            if self.question.revocation == Revocation::NotAsked || speaks_of_itself {
                break;
            }
            match self.status(certificate, above, within)? {
                Status::Good { until: known } => until = until.min(known),
                Status::Revoked { fault } => {
                    let certificate = certificate.clone();
                    best.note_invalid(fault, &certificate, path);
                    return Ok(None);
                }
                Status::Unknown { shown, why } => {
                    if shown || self.question.revocation == Revocation::Required {
                        lacking.extend(above.first().map(|issuer| Lacking {
                            certificate: certificate.clone(),
                            issuer: issuer.clone(),
                            why,
                        }));
                    }
                }
            }
        }
        if !lacking.is_empty() {
            // The leaf's own comes first.
            lacking.reverse();
            best.undetermined.get_or_insert(Undetermined {
                doubt: Doubt::Status,
                path,
                lacking,
            });
            return Ok(None);
        }
        Ok(Some(Outcome::Valid(Box::new(ValidPath { path, policies, until }))))
    }

    /// What is wrong with the path apart from revocation.
    fn fault_of_path(&self, path: &[Certificate], goal: &Goal<'_>) -> Option<(Fault, Certificate)> {
        let (leaf, issuers) = path.split_first()?;
        if let Some(fault) = self.fault_of_leaf(leaf, goal) {
            return Some((fault, leaf.clone()));
        }
        let mut below = vec![leaf];
        for issuer in issuers {
            if let Some(fault) = self.fault_of_issuer(issuer, &below) {
                return Some((fault, issuer.clone()));
            }
            below.push(issuer);
        }
        None
    }

    /// What is wrong with the certificate that was asked about, whoever issued it.
    fn fault_of_leaf(&self, leaf: &Certificate, goal: &Goal<'_>) -> Option<Fault> {
        let question = self.question;
        if let Goal::Answer = goal {
            if question.subject == Subject::Holder && leaf.is_ca() {
                return Some(Fault::IsAuthority);
            }
            let usable = |usage: &_| leaf.key_usage().is_some_and(|usages| usages.allows(*usage));
            if !question.usages.is_empty() && !question.usages.iter().any(usable) {
                return Some(Fault::KeyUsage);
            }
            if let Some(purpose) = question.purpose
                && !allows_purpose(leaf.extended_key_usage(), purpose)
            {
                return Some(Fault::Purpose(purpose));
            }
        }
        if let Some(fault) = self.fault_of_content(leaf) {
            return Some(fault);
        }
        match (goal, &question.name) {
            (Goal::Answer, Some(name)) if !names::bears(leaf, name) => Some(Fault::Name(name.to_string())),
            _ => None,
        }
    }

    /// What is wrong with a certificate as the issuer of the last of `below`.
    fn fault_of_issuer(&self, issuer: &Certificate, below: &[&Certificate]) -> Option<Fault> {
        if !issuer.may_issue() {
            return Some(Fault::NotAnAuthority);
        }
        if let Some(fault) = self.fault_of_content(issuer) {
            return Some(fault);
        }
        if let Some(purpose) = self.question.purpose
            && !allows_purpose(issuer.extended_key_usage(), purpose)
        {
            return Some(Fault::Purpose(purpose));
        }
        let most = issuer
            .extensions()
            .basic_constraints
            .and_then(|constraints| constraints.path_length)?;
        let between = below.iter().skip(1).filter(|below| !below.is_self_issued()).count();
        (between > usize::try_from(most).unwrap_or(usize::MAX)).then_some(Fault::PathLength)
    }

    fn fault_of_content(&self, certificate: &Certificate) -> Option<Fault> {
        let at = self.question.at;
        if let Some(kind) = certificate.extensions().unprocessed_critical.first() {
            return Some(Fault::UnprocessedCritical(*kind));
        }
        if at < certificate.not_before() {
            return Some(Fault::NotYetValid {
                not_before: certificate.not_before(),
            });
        }
        (at > certificate.not_after()).then_some(Fault::Expired {
            not_after: certificate.not_after(),
        })
    }

    /// Those whose name may be that of the issuer, the most promising first.
    fn candidates(&self, certificate: &Certificate) -> VecDeque<usize> {
        let wanted = certificate.authority_key_identifier();
        let mut found: Vec<usize> = (0..self.pool.len())
            .filter(|place| {
                self.pool.get(*place).is_some_and(|issuer| {
                    !issuer.subject().is_empty()
                        && issuer.subject().matches(certificate.issuer())
                        && issuer != certificate
                })
            })
            .collect();
        found.sort_by_cached_key(|place| {
            let Some(issuer) = self.pool.get(*place) else {
                return (true, true, true);
            };
            let misfits = wanted.is_some() && issuer.subject_key_identifier() != wanted;
            (misfits, *place >= self.anchors, !issuer.is_valid_at(self.question.at))
        });
        found.into()
    }

    /// Whether a certificate is signed with a key; each pair is tried once.
    pub(super) fn signed(&self, certificate: &Certificate, key: &PublicKey) -> Result<bool, Exhausted> {
        let pair = (certificate.fingerprint(), key.fingerprint());
        if let Some(known) = self.verified.borrow().get(&pair) {
            return Ok(*known);
        }
        // What is remembered costs nothing.
        let good = self.inputs.verified.is_some_and(|verified| verified.knows(pair)) || {
            self.work.signature()?;
            let good = certificate.is_signed_with(key);
            if let Some(verified) = self.inputs.verified.filter(|_| good) {
                verified.remember(pair);
            }
            good
        };
        self.verified.borrow_mut().insert(pair, good);
        Ok(good)
    }

    fn is_anchor(&self, certificate: &Certificate) -> bool {
        self.pool.iter().take(self.anchors).any(|anchor| anchor == certificate)
    }

    fn node<'s>(&'s self, place: usize, leaf: &'s Certificate) -> &'s Certificate {
        self.pool.get(place).unwrap_or(leaf)
    }
}

impl Best {
    fn note_invalid(&mut self, fault: Fault, certificate: &Certificate, path: Vec<Certificate>) {
        self.invalid.get_or_insert(Invalid {
            fault,
            certificate: certificate.clone(),
            path,
        });
    }

    /// Whether no other path can be better: the leaf is revoked by those who issued it.
    fn is_final(&self) -> bool {
        let revoked = |invalid: &Invalid| matches!(invalid.fault, Fault::Revoked { .. }) && invalid.is_of_leaf();
        self.invalid.as_ref().is_some_and(revoked)
    }

    /// The valid outcome, or else the best that was noted. One path that nobody can judge leaves the whole undetermined.
    fn or(self, valid: Option<Outcome>, leaf: &Certificate) -> Outcome {
        if let Some(valid) = valid {
            return valid;
        }
        match (self.undetermined, self.invalid) {
            (Some(undetermined), _) => Outcome::Undetermined(Box::new(undetermined)),
            (None, Some(invalid)) => Outcome::Invalid(Box::new(invalid)),
            (None, None) => invalid(Fault::Issuer, leaf, vec![leaf.clone()]),
        }
    }
}

fn invalid(fault: Fault, certificate: &Certificate, path: Vec<Certificate>) -> Outcome {
    Outcome::Invalid(Box::new(Invalid {
        fault,
        certificate: certificate.clone(),
        path,
    }))
}

/// The most certificates of a path, leaf and anchor included.
const LONGEST: usize = 16;
