//! Certificate policies along a path (RFC 5280 §6.1.2 to 6.1.5), by the policy graph of RFC 9618.
//!
//! A level of the graph has one node per policy, with the nodes above it from which it follows, and so grows with what the
//! certificates say and not with the number of ways through them (THREATS P7): RFC 5280's tree doubles with each mapping.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::HashMap;

use super::Policies;
use super::work::{Exhausted, Work};
use crate::ObjectIdentifier;
use crate::certificate::Certificate;
use crate::oid::ANY_POLICY;

/// What the policies of a path come to: those under which it is valid, or `None` if it is not valid under an acceptable one.
pub(super) fn of_path(
    path: &[Certificate],
    wanted: &Policies,
    work: &Work,
) -> Result<Option<Vec<ObjectIdentifier>>, Exhausted> {
    let mut graph = Graph::of_any(work);
    let mut left = Left::at_first(path.len(), wanted);
    let (certificates, anchor) = match path.split_last() {
        // An anchor that was asked about itself is a path of one.
        Some((anchor, certificates @ [_, ..])) => (certificates, Some(anchor)),
        _ => (path, None),
    };
    if let Some(anchor) = anchor {
        // What the anchor says of itself holds (THREATS P9); that it says nothing of policies forbids none (RFC 5937 §3).
        if !anchor.policies().is_empty() {
            graph.descend(anchor, true)?;
        }
        left.constrain(anchor);
    }
    for (to_come, certificate) in certificates.iter().enumerate().rev() {
        let is_last = to_come == 0;
        if certificate.policies().is_empty() {
            graph.levels.clear();
        } else {
            let any = left.any > 0 || !is_last && certificate.is_self_issued();
            graph.descend(certificate, any)?;
        }
        if left.explicit == 0 && graph.is_null() {
            return Ok(None);
        }
        if is_last {
            left.explicit = left.explicit.saturating_sub(1);
            if certificate.extensions().policy_constraints.require_explicit == Some(0) {
                left.explicit = 0;
            }
            continue;
        }
        let mappings = &certificate.extensions().policy_mappings;
        // RFC 5280 §6.1.4 (a)
        if mappings
            .iter()
            .any(|(from, to)| *from == ANY_POLICY || *to == ANY_POLICY)
        {
            return Ok(None);
        }
        graph.map(mappings, left.mapping > 0)?;
        if !certificate.is_self_issued() {
            left.pass();
        }
        left.constrain(certificate);
    }
    let constrained = graph.constrained(&wanted.acceptable);
    Ok((left.explicit > 0 || !constrained.is_empty()).then_some(constrained))
}

/// How many certificates may still pass before something is required or forbidden (RFC 5280 §6.1.2 d to f).
struct Left {
    explicit: usize,
    any: usize,
    mapping: usize,
}

impl Left {
    fn at_first(length: usize, wanted: &Policies) -> Self {
        let unless = |inhibited: bool| if inhibited { 0 } else { length + 1 };
        Self {
            explicit: unless(wanted.explicit),
            any: unless(wanted.inhibit_any),
            mapping: unless(wanted.inhibit_mapping),
        }
    }

    /// RFC 5280 §6.1.4 (h)
    fn pass(&mut self) {
        for left in [&mut self.explicit, &mut self.any, &mut self.mapping] {
            *left = left.saturating_sub(1);
        }
    }

    /// RFC 5280 §6.1.4 (i), (j)
    fn constrain(&mut self, certificate: &Certificate) {
        let extensions = certificate.extensions();
        let constraints = extensions.policy_constraints;
        for (left, most) in [
            (&mut self.explicit, constraints.require_explicit),
            (&mut self.mapping, constraints.inhibit_mapping),
            (&mut self.any, extensions.inhibit_any_policy),
        ] {
            if let Some(most) = most {
                *left = usize::try_from(most).map_or(*left, |most| most.min(*left));
            }
        }
    }
}

/// valid_policy_graph; empty is NULL.
struct Graph<'w> {
    levels: Vec<Level>,
    work: &'w Work,
}

/// The nodes of one depth, each policy once.
#[derive(Default)]
struct Level {
    nodes: Vec<Node>,
    places: HashMap<ObjectIdentifier, usize>,
}

struct Node {
    policy: ObjectIdentifier,
    /// expected_policy_set
    expected: Vec<ObjectIdentifier>,
    /// Places in the level above.
    parents: Vec<usize>,
}

impl<'w> Graph<'w> {
    fn of_any(work: &'w Work) -> Self {
        let mut root = Level::default();
        root.add(ANY_POLICY, Vec::new());
        Self {
            levels: vec![root],
            work,
        }
    }

    fn is_null(&self) -> bool {
        self.levels.last().is_none_or(|level| level.nodes.is_empty())
    }

    /// RFC 9618 §5.3: RFC 5280 §6.1.3 (d).
    fn descend(&mut self, certificate: &Certificate, any_allowed: bool) -> Result<(), Exhausted> {
        let Some(above) = self.levels.last() else { return Ok(()) };
        let mut expecting: HashMap<ObjectIdentifier, Vec<usize>> = HashMap::new();
        for (place, node) in above.nodes.iter().enumerate() {
            for policy in &node.expected {
                self.work.comparison()?;
                expecting.entry(*policy).or_default().push(place);
            }
        }
        let mut level = Level::default();
        for policy in certificate.policies().iter().filter(|policy| **policy != ANY_POLICY) {
            self.work.comparison()?;
            if let Some(parents) = expecting.get(policy) {
                level.add(*policy, parents.clone());
            } else if let Some(any) = above.places.get(&ANY_POLICY) {
                level.add(*policy, vec![*any]);
            }
        }
        if any_allowed && certificate.policies().contains(&ANY_POLICY) {
            let mut carried: Vec<_> = expecting.into_iter().collect();
            carried.sort_unstable();
            for (policy, parents) in carried {
                if !level.places.contains_key(&policy) {
                    level.add(policy, parents);
                }
            }
        }
        self.levels.push(level);
        Ok(())
    }

    /// RFC 9618 §5.4: RFC 5280 §6.1.4 (b).
    fn map(&mut self, mappings: &[(ObjectIdentifier, ObjectIdentifier)], allowed: bool) -> Result<(), Exhausted> {
        let [.., above, level] = self.levels.as_mut_slice() else {
            return Ok(());
        };
        let mut mapped: HashMap<ObjectIdentifier, Vec<ObjectIdentifier>> = HashMap::new();
        for (from, to) in mappings {
            self.work.comparison()?;
            let expected = mapped.entry(*from).or_default();
            if !expected.contains(to) {
                expected.push(*to);
            }
        }
        if !allowed {
            level.remove(|policy| mapped.contains_key(&policy));
            return Ok(());
        }
        let any_above = above.places.get(&ANY_POLICY);
        let mut mapped: Vec<_> = mapped.into_iter().collect();
        mapped.sort_unstable();
        for (from, to) in mapped {
            let place = match (level.places.get(&from), any_above) {
                (Some(place), _) => *place,
                (None, Some(any)) if level.places.contains_key(&ANY_POLICY) => level.add(from, vec![*any]),
                _ => continue,
            };
            if let Some(node) = level.nodes.get_mut(place) {
                node.expected = to;
            }
        }
        Ok(())
    }

    /// user_constrained_policy_set (RFC 9618 §5.5: RFC 5280 §6.1.5 g).
    fn constrained(&self, acceptable: &[ObjectIdentifier]) -> Vec<ObjectIdentifier> {
        let mut found = Vec::new();
        let Some((last, above)) = self.levels.split_last() else {
            return found;
        };
        // What leads to no node of the last level was deleted, as RFC 9618 has it; here it is not visited.
        let mut alive = vec![true; last.nodes.len()];
        let mut level = last;
        for up in above.iter().rev() {
            let mut alive_above = vec![false; up.nodes.len()];
            let living = level.nodes.iter().zip(&alive).filter(|(_, alive)| **alive);
            for (node, _) in living {
                for parent in &node.parents {
                    if let Some(alive) = alive_above.get_mut(*parent) {
                        *alive = true;
                    }
                }
                // Of the authority's own domain are those that follow from anyPolicy alone.
                let from_any = matches!(node.parents.as_slice(), [one] if up.policy(*one) == Some(ANY_POLICY));
                if node.policy != ANY_POLICY && from_any {
                    found.push(node.policy);
                }
            }
            (level, alive) = (up, alive_above);
        }
        let any = last.places.contains_key(&ANY_POLICY);
        if acceptable.is_empty() || acceptable.contains(&ANY_POLICY) {
            found.extend(any.then_some(ANY_POLICY));
        } else {
            found.retain(|policy| acceptable.contains(policy));
            if any {
                found.extend(acceptable);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Level {
    /// Adds a node and gives its place.
    fn add(&mut self, policy: ObjectIdentifier, parents: Vec<usize>) -> usize {
        let place = self.nodes.len();
        self.places.insert(policy, place);
        self.nodes.push(Node {
            policy,
            expected: vec![policy],
            parents,
        });
        place
    }

    fn remove(&mut self, is_gone: impl Fn(ObjectIdentifier) -> bool) {
        self.nodes.retain(|node| !is_gone(node.policy));
        self.places = self
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.policy, place))
            .collect();
    }

    fn policy(&self, place: usize) -> Option<ObjectIdentifier> {
        self.nodes.get(place).map(|node| node.policy)
    }
}
