//! An exact set of serial numbers in little memory.

/// A serial number as 20 octets, big-endian, zeros in front.
pub(super) type Key = [u8; 20];

/// Which serials were issued. Exact: a filter that errs would say *good* for what never existed (THREATS A34, R6).
///
/// Linear hashing over small sorted buckets: it grows one bucket at a time, so that no insertion ever waits for a
/// rebuild, and needs about 22 octets a serial (DESIGN §5 allows 24).
pub(super) struct Membership {
    buckets: Vec<Vec<Key>>,
    count: usize,
}

impl Membership {
    pub(super) fn new() -> Self {
        Self {
            buckets: vec![Vec::new()],
            count: 0,
        }
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.buckets
            .get(self.bucket_of(key))
            .is_some_and(|bucket| bucket.binary_search(key).is_ok())
    }

    /// Adds a serial; adding it again changes nothing.
    pub(super) fn insert(&mut self, key: Key) {
        let index = self.bucket_of(&key);
        let Some(bucket) = self.buckets.get_mut(index) else {
            return;
        };
        let Err(place) = bucket.binary_search(&key) else { return };
        if bucket.len() == bucket.capacity() {
            bucket.reserve_exact(bucket.len() / 8 + 1);
        }
        bucket.insert(place, key);
        self.count += 1;
        if self.count > self.buckets.len() * FULL {
            self.split();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The octets that the set has asked of the allocator.
    pub(super) fn octets(&self) -> usize {
        let in_buckets: usize = self
            .buckets
            .iter()
            .map(|bucket| bucket.capacity() * size_of::<Key>())
            .sum();
        in_buckets + self.buckets.capacity() * size_of::<Vec<Key>>()
    }

    /// Adds one bucket and moves to it what now belongs there: all of it stood in one other bucket.
    fn split(&mut self) {
        let new = self.buckets.len();
        let old = new - new.next_power_of_two() / if new.is_power_of_two() { 1 } else { 2 };
        if self.buckets.len() == self.buckets.capacity() {
            self.buckets.reserve_exact(self.buckets.len() / 8 + 1);
        }
        self.buckets.push(Vec::new());
        let all = self.buckets.get_mut(old).map(std::mem::take).unwrap_or_default();
        let (moved, kept): (Vec<Key>, Vec<Key>) = all.into_iter().partition(|key| self.bucket_of(key) == new);
        for (index, mut keys) in [(old, kept), (new, moved)] {
            keys.shrink_to_fit();
            if let Some(bucket) = self.buckets.get_mut(index) {
                *bucket = keys;
            }
        }
    }

    fn bucket_of(&self, key: &Key) -> usize {
        let hash = mixed(key);
        let whole = self.buckets.len().next_power_of_two();
        let index = hash & (whole - 1);
        if index < self.buckets.len() {
            index
        } else {
            hash & (whole / 2 - 1)
        }
    }
}

/// Serials of ours are random; imported ones may count up. This spreads both.
fn mixed(key: &Key) -> usize {
    let hash = key.chunks(8).fold(0_u64, |hash, chunk| {
        let part = chunk.iter().fold(0_u64, |part, octet| part << 8 | u64::from(*octet));
        (hash.rotate_left(29) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    (hash >> 20) as usize
}

/// Serials per bucket before the next one is added.
const FULL: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_serials_are_exactly_known_in_at_most_24_octets_each() {
        let mut membership = Membership::new();
        for number in 0..1_000_000_u64 {
            membership.insert(key(number * 2));
        }
        assert_eq!(membership.len(), 1_000_000);
        assert!(membership.octets() <= 24_000_000, "{} octets", membership.octets());
        assert!((0..1_000_000).all(|number| membership.contains(&key(number * 2))));
        assert!(!(0..1_000_000).any(|number| membership.contains(&key(number * 2 + 1))));
    }

    #[test]
    fn adding_twice_changes_nothing_and_counting_serials_spread_too() {
        let mut membership = Membership::new();
        for number in 0..100_000_u32 {
            let mut key = [0; 20];
            key[16..].copy_from_slice(&number.to_be_bytes());
            membership.insert(key);
            membership.insert(key);
        }
        assert_eq!(membership.len(), 100_000);
        assert!(membership.buckets.iter().map(Vec::len).max().unwrap() < 16 * FULL);
    }

    /// A serial as random as a real one, for a number.
    fn key(number: u64) -> Key {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number.to_be_bytes());
        let mut key = [0; 20];
        key.copy_from_slice(&digest.as_ref()[..20]);
        key
    }
}
