//! The Merkle tree of RFC 9162, part 2.1.

use aws_lc_rs::digest;

/// SHA-256.
pub type Hash = [u8; 32];

/// A perfect subtree: the `index`-th one of 2^`level` leaves, from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u32,
    /// From 0.
    pub index: u64,
}

/// The right edge of a tree: the roots of the perfect subtrees of which it consists, as many as its size has bits set.
/// All that is needed to append a leaf, and to know the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// Some neighbouring leaves of a tree, as its proofs cut it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    begin: u64,
    end: u64,
}

/// The hash of a leaf, `MTH({d(0)})`.
pub fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

/// The hash of two subtrees.
pub fn parent(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// SHA-256 over all parts.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut octets = [0; 32];
    octets.copy_from_slice(context.finish().as_ref());
    octets
}

impl Frontier {
    /// As [`Self::octets`] wrote it; `None` if there are not as many as a tree of this size has.
    pub fn read(size: u64, octets: &[u8]) -> Option<Self> {
        let (peaks, rest) = octets.as_chunks::<32>();
        (rest.is_empty() && peaks.len() == size.count_ones() as usize).then(|| Self {
            size,
            peaks: peaks.to_vec(),
        })
    }

    /// The hashes, largest subtree first.
    pub fn octets(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.grow(0, leaf, |_, _| ());
    }

    /// Appends a perfect subtree of 2^`level` leaves and tells `made` every subtree that is complete with it, itself first.
    /// The size is a multiple of 2^`level`.
    pub fn grow(&mut self, level: u32, hash: Hash, mut made: impl FnMut(Node, &Hash)) {
        debug_assert!(
            self.size.trailing_zeros() >= level,
            "a subtree begins at a multiple of its size"
        );
        let mut node = Node {
            level,
            index: self.size >> level,
        };
        let mut hash = hash;
        self.size += 1 << level;
        made(node, &hash);
        while node.index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = parent(&left, &hash);
            node = Node {
                level: node.level + 1,
                index: node.index >> 1,
            };
            made(node, &hash);
        }
        self.peaks.push(hash);
    }

    /// `MTH` of all leaves.
    pub fn root(&self) -> Hash {
        fold(self.peaks.iter().rev().copied()).unwrap_or_else(|| sha256(&[]))
    }
}

impl Span {
    /// The perfect subtrees of which it consists, from left to right.
    pub fn nodes(self) -> impl DoubleEndedIterator<Item = Node> {
        let length = self.end - self.begin;
        (0..u64::BITS)
            .rev()
            .filter(move |level| length >> level & 1 == 1)
            .map(move |level| Node {
                level,
                index: (self.begin + (length >> level >> 1 << 1 << level)) >> level,
            })
    }

    /// Its hash, from those of its subtrees.
    pub fn hash(self, of: impl Fn(Node) -> Option<Hash>) -> Option<Hash> {
        let hashes: Option<Vec<Hash>> = self.nodes().rev().map(of).collect();
        fold(hashes?.into_iter())
    }
}

/// The inclusion proof of leaf `index` in a tree of `size` leaves, from the leaf upwards (RFC 9162 §2.1.3.1).
pub fn inclusion(index: u64, size: u64) -> Vec<Span> {
    let (mut begin, mut end) = (0, size);
    let mut path = Vec::new();
    while end - begin > 1 {
        let middle = begin + (end - begin).next_power_of_two() / 2;
        if index < middle {
            path.push(Span { begin: middle, end });
            end = middle;
        } else {
            path.push(Span { begin, end: middle });
            begin = middle;
        }
    }
    path.reverse();
    path
}

/// The root to which an inclusion proof leads (RFC 9162 §2.1.3.2); `None` if it has another length than such a proof.
pub fn root_of(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let (mut index, mut last) = (index, size.checked_sub(1).filter(|last| index <= *last)?);
    let mut root = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if index & 1 == 1 || index == last {
            root = parent(sibling, &root);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            root = parent(&root, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

/// From right to left: what is on the right is never the larger one.
fn fold(mut from_right: impl Iterator<Item = Hash>) -> Option<Hash> {
    let last = from_right.next()?;
    Some(from_right.fold(last, |right, left| parent(&left, &right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// RFC 9162 §2.1.1, word for word.
    fn mth(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => sha256(&[&[0], one]),
            more => {
                let (left, right) = more.split_at(split(more.len()));
                sha256(&[&[1], &mth(left), &mth(right)])
            }
        }
    }

    /// RFC 9162 §2.1.3.1, word for word.
    fn path(index: usize, leaves: &[Vec<u8>]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let k = split(leaves.len());
        let (left, right) = leaves.split_at(k);
        if index < k {
            [path(index, left), vec![mth(right)]].concat()
        } else {
            [path(index - k, right), vec![mth(left)]].concat()
        }
    }

    /// The largest power of two that is smaller.
    fn split(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    fn grown(leaves: &[Vec<u8>]) -> (Frontier, BTreeMap<Node, Hash>) {
        let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
        for entry in leaves {
            frontier.grow(0, leaf(entry), |node, hash| {
                assert_eq!(nodes.insert(node, *hash), None, "each subtree is told once");
            });
        }
        (frontier, nodes)
    }

    fn leaves(most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..most)
    }

    proptest! {
        #[test]
        fn the_root_is_that_of_the_rfc_at_every_size(leaves in leaves(80)) {
            let mut frontier = Frontier::default();
            prop_assert_eq!(frontier.root(), mth(&[]));
            for (count, entry) in leaves.iter().enumerate() {
                frontier.push(leaf(entry));
                prop_assert_eq!(frontier.root(), mth(&leaves[..=count]));
                prop_assert_eq!(Frontier::read(frontier.size(), &frontier.octets()), Some(frontier.clone()));
            }
        }

        #[test]
        fn every_inclusion_proof_is_that_of_the_rfc_and_leads_to_the_root(leaves in leaves(70)) {
            let (frontier, nodes) = grown(&leaves);
            let size = leaves.len() as u64;
            for (index, entry) in leaves.iter().enumerate() {
                let hashes: Option<Vec<Hash>> = inclusion(index as u64, size)
                    .into_iter()
                    .map(|span| span.hash(|node| nodes.get(&node).copied()))
                    .collect();
                let hashes = hashes.unwrap();
                prop_assert_eq!(&hashes, &path(index, &leaves));
                prop_assert_eq!(root_of(leaf(entry), index as u64, size, &hashes), Some(frontier.root()));
            }
        }

        #[test]
        fn a_proof_of_another_leaf_place_size_or_length_leads_elsewhere(
            (leaves, index, flip) in leaves(70).prop_flat_map(|leaves| { let n = leaves.len(); (Just(leaves), 0..n, any::<usize>()) })
        ) {
            let (frontier, nodes) = grown(&leaves);
            let size = leaves.len() as u64;
            let hashes: Vec<Hash> = inclusion(index as u64, size)
                .into_iter()
                .map(|span| span.hash(|node| nodes.get(&node).copied()).unwrap())
                .collect();
            let root = Some(frontier.root());
            let (own, at) = (leaf(&leaves[index]), index as u64);
            let other = |leaf, index, size, path: &[Hash]| root_of(leaf, index, size, path) != root;
            prop_assert!(other(leaf(b"another entry, longer than those of this test all are"), at, size, &hashes));
            prop_assert!(other(own, size, size, &hashes));
            prop_assert!(other(own, at, size, &[hashes.clone(), vec![own]].concat()));
            if let Some((_, shorter)) = hashes.split_last() {
                prop_assert!(other(own, at, size, shorter));
                // Two equal leaves side by side prove the same of each other.
                prop_assert!(hashes.first() == Some(&own) || other(own, at ^ 1, size, &hashes));
                let mut changed = hashes.clone();
                let place = flip % changed.len();
                changed[place][flip % 32] ^= 1;
                prop_assert!(other(own, at, size, &changed));
            }
        }

        #[test]
        fn a_frontier_grows_by_subtrees_to_the_same_tree(leaves in leaves(200), level in 0_u32..5) {
            let (whole, nodes) = grown(&leaves);
            let mut frontier = Frontier::default();
            let chunks = leaves.chunks(1 << level);
            for (index, chunk) in chunks.enumerate() {
                match nodes.get(&Node { level, index: index as u64 }) {
                    Some(hash) if chunk.len() == 1 << level => frontier.grow(level, *hash, |_, _| ()),
                    _ => chunk.iter().for_each(|entry| frontier.push(leaf(entry))),
                }
            }
            prop_assert_eq!(frontier, whole);
        }
    }
}
