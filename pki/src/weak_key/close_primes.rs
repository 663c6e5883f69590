//! Fermat's factorisation, a bounded number of rounds of it: what it finds, anyone finds.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use std::cmp::Ordering;

/// Whether Fermat's method factors `modulus` (big-endian, odd) within so many rounds: its two factors are close to each other,
/// as where one prime was searched from the other on (CVE-2022-26320).
///
/// Each round asks whether a² − n is a square b², for a = ⌈√n⌉, ⌈√n⌉ + 1, …; if it is, n = (a − b)(a + b).
pub(super) fn factors_within(rounds: u32, modulus: &[u8]) -> bool {
    let (mut step, rest) = Natural::from_big_endian(modulus).square_below();
    if rest.is_zero() {
        return true;
    }
    // From r² ≤ n to (r + 1)² it is 2r + 1; from there to the next square two more, and so on.
    let mut difference = step.clone();
    difference.subtract(&rest);
    for _ in 0..rounds {
        if difference.is_square() {
            return true;
        }
        step.add(&Natural(vec![2]));
        difference.add(&step);
    }
    false
}

/// A natural number: limbs, the least significant first, the last one not zero.
#[derive(Clone)]
struct Natural(Vec<u64>);

impl Natural {
    fn from_big_endian(octets: &[u8]) -> Self {
        let limbs = octets
            .rchunks(8)
            .map(|chunk| chunk.iter().fold(0, |limb: u64, octet| limb << 8 | u64::from(*octet)));
        Self(limbs.collect()).trimmed()
    }

    /// 2r + 1 and n − r² for the greatest square r² ≤ n: schoolbook, two bits of n for one of r.
    fn square_below(&self) -> (Self, Self) {
        let mut rest = Self(Vec::with_capacity(self.0.len() / 2 + 2));
        // 4r + 1, by which the rest falls where the next bit of r is a one.
        let mut trial = Self(vec![1]);
        for limb in self.0.iter().rev() {
            for pair in (0..u64::BITS).step_by(2).rev() {
                rest.shift_left(2, limb >> pair & 3);
                let is_one = rest.cmp(&trial) != Ordering::Less;
                if is_one {
                    rest.subtract(&trial);
                }
                // From 4r + 1 to 8r + 1, or to 4(2r + 1) + 1.
                trial.shift_left(1, 0);
                trial.set_low(0b111, if is_one { 0b101 } else { 0b001 });
            }
        }
        trial.halve();
        trial.set_low(1, 1);
        (trial, rest)
    }

    /// Squares are rare modulo these: of a hundred other numbers one is taken to its root. Most are told by their last bits.
    fn is_square(&self) -> bool {
        let last = self.0.first().copied().unwrap_or_default();
        if !BINARY.has(last) {
            return false;
        }
        let rest = self.remainder(ODD.iter().map(|squares| squares.modulus).product());
        ODD.iter().all(|squares| squares.has(rest)) && self.square_below().1.is_zero()
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// `divisor` is below 2^32.
    fn remainder(&self, divisor: u64) -> u64 {
        self.0.iter().rev().fold(0, |rest, limb| {
            let upper = (rest << 32 | limb >> 32) % divisor;
            (upper << 32 | limb & 0xffff_ffff) % divisor
        })
    }

    /// Shifts by 1 to 63 bits, and fills with `low`.
    fn shift_left(&mut self, bits: u32, low: u64) {
        let mut carry = low;
        for limb in &mut self.0 {
            let next = *limb >> (u64::BITS - bits);
            *limb = *limb << bits | carry;
            carry = next;
        }
        if carry != 0 {
            self.0.push(carry);
        }
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for limb in self.0.iter_mut().rev() {
            let next = *limb << (u64::BITS - 1);
            *limb = *limb >> 1 | carry;
            carry = next;
        }
        self.trim();
    }

    fn set_low(&mut self, mask: u64, bits: u64) {
        if let Some(limb) = self.0.first_mut() {
            *limb = *limb & !mask | bits;
        }
    }

    fn add(&mut self, other: &Self) {
        let longest = self.0.len().max(other.0.len());
        self.0.resize(longest, 0);
        let mut carry = false;
        for (limb, more) in self
            .0
            .iter_mut()
            .zip(other.0.iter().copied().chain(std::iter::repeat(0)))
        {
            (*limb, carry) = limb.carrying_add(more, carry);
        }
        if carry {
            self.0.push(1);
        }
    }

    /// `other` is not greater.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        for (limb, less) in self
            .0
            .iter_mut()
            .zip(other.0.iter().copied().chain(std::iter::repeat(0)))
        {
            (*limb, borrow) = limb.borrowing_sub(less, borrow);
        }
        self.trim();
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn trimmed(mut self) -> Self {
        self.trim();
        self
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// The squares modulo a number below 128, a bit for each.
struct Squares {
    modulus: u64,
    bits: u128,
}

impl Squares {
    const fn modulo(modulus: u64) -> Self {
        let (mut bits, mut root) = (0, 0);
        while root < modulus {
            bits |= 1 << (root * root % modulus);
            root += 1;
        }
        Self { modulus, bits }
    }

    /// Whether this is a square here.
    const fn has(&self, number: u64) -> bool {
        self.bits >> (number % self.modulus) & 1 == 1
    }
}

/// Of coprime numbers with few squares each. The product of the odd ones is below 2^32.
const BINARY: Squares = Squares::modulo(64);
const ODD: [Squares; 3] = [Squares::modulo(63), Squares::modulo(65), Squares::modulo(11)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_below_every_square_is_zero_and_between_two_it_is_the_distance() {
        for root in [1_u64, 2, 3, 255, 256, 65_535, u64::from(u32::MAX), u64::MAX] {
            let square = u128::from(root) * u128::from(root);
            for (above, is_square) in [(0, true), (1, false), (u128::from(root), false)] {
                let number = Natural::from_big_endian(&(square + above).to_be_bytes());
                let (step, rest) = number.square_below();
                let twice = Natural::from_big_endian(&(u128::from(root) * 2 + 1).to_be_bytes());
                assert_eq!(step.0, twice.0, "{root}");
                assert_eq!(rest.0, Natural::from_big_endian(&above.to_be_bytes()).0, "{root}");
                assert_eq!(number.is_square(), is_square, "{root}² + {above}");
            }
        }
    }

    #[test]
    fn so_many_rounds_are_made_and_no_more() {
        // 10403 = 101 × 103 in the first round; 7 × 1009: a runs from 85 to 508.
        assert!(factors_within(1, &10_403_u32.to_be_bytes()));
        assert!(factors_within(0, &10_201_u32.to_be_bytes()), "101²");
        let far = (7_u32 * 1_009).to_be_bytes();
        assert!(!factors_within(508 - 85, &far));
        assert!(factors_within(508 - 85 + 1, &far));
    }
}
