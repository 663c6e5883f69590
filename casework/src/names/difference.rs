//! Where two names differ, in the texts as they were received.

use super::key::Letter;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A place at which the two names are not written alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the register has there.
    pub register: Passage,
    /// What the card has there.
    pub card: Passage,
    /// Glyphs of one character; otherwise other characters, or none on one side.
    pub variant: bool,
}

/// A part of a text as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Its first octet in the text.
    pub at: usize,
    /// Its characters, variation selectors too; none where the other text has more.
    pub text: String,
}

impl Passage {
    /// Its octets in the text.
    pub const fn range(&self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    /// Its code points as an officer reads them, `U+9AD9`.
    pub fn code_points(&self) -> String {
        let points: Vec<_> = self
            .text
            .chars()
            .map(|point| format!("U+{:04X}", u32::from(point)))
            .collect();
        points.join(" ")
    }
}

/// The differences of two texts, each given with the letters of its key: ascending and without overlap.
pub(super) fn between(register: (&str, &[Letter]), card: (&str, &[Letter])) -> Vec<Difference> {
    let (listed, carried) = (register.1, card.1);
    let mut places: Vec<Place> = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (at, beside) in aligned(listed, carried).chain([(listed.len(), carried.len())]) {
        if (i, j) != (at, beside) {
            add(&mut places, octets(listed, i..at), octets(carried, j..beside), false);
        }
        if let (Some(one), Some(other)) = (listed.get(at), carried.get(beside))
            && one.character != other.character
        {
            add(&mut places, one.range.clone(), other.range.clone(), true);
        }
        (i, j) = (at + 1, beside + 1);
    }
    let passage = |text: &str, range: Range<usize>| Passage {
        at: range.start,
        text: text.get(range).unwrap_or_default().to_owned(),
    };
    places
        .into_iter()
        .map(|place| Difference {
            register: passage(register.0, place.register),
            card: passage(card.0, place.card),
            variant: place.variant,
        })
        .collect()
}

/// A difference by its octets.
struct Place {
    register: Range<usize>,
    card: Range<usize>,
    variant: bool,
}

/// Letters may have come from one character (㈱): what lies within the octets of the place before is part of it.
fn add(places: &mut Vec<Place>, register: Range<usize>, card: Range<usize>, variant: bool) {
    match places.last_mut() {
        Some(last) if register.start < last.register.end || card.start < last.card.end => {
            last.register.end = last.register.end.max(register.end);
            last.card.end = last.card.end.max(card.end);
            last.variant &= variant;
        }
        _ => places.push(Place {
            register,
            card,
            variant,
        }),
    }
}

/// The octets of some of `letters`; where there are none, the place after the letter before.
fn octets(letters: &[Letter], some: Range<usize>) -> Range<usize> {
    match letters.get(some.clone()) {
        Some([first, .., last]) => first.range.start..last.range.end,
        Some([only]) => only.range.clone(),
        _ => {
            let before = some.start.checked_sub(1).and_then(|at| letters.get(at));
            let place = before.map_or(0, |letter| letter.range.end);
            place..place
        }
    }
}

/// Which letters stand for each other: those of the longest common subsequence by K2, by their places.
fn aligned(listed: &[Letter], carried: &[Letter]) -> impl Iterator<Item = (usize, usize)> {
    let alike = |(one, other): &(&Letter, &Letter)| one.is_variant_of(other);
    let head = listed.iter().zip(carried).take_while(alike).count();
    let (left, right) = (
        listed.get(head..).unwrap_or_default(),
        carried.get(head..).unwrap_or_default(),
    );
    let tail = left.iter().rev().zip(right.iter().rev()).take_while(alike).count();
    let (rows, columns) = (left.len() - tail, right.len() - tail);
    let middle = common(
        &left.iter().take(rows).map(Letter::fold).collect::<Vec<_>>(),
        &right.iter().take(columns).map(Letter::fold).collect::<Vec<_>>(),
    );
    (0..head)
        .map(|at| (at, at))
        .chain(middle.into_iter().map(move |(row, column)| (head + row, head + column)))
        .chain((0..tail).map(move |at| (head + rows + at, head + columns + at)))
}

/// The longest common subsequence, by places. Nothing where it would cost more than a name is worth.
fn common(one: &[char], other: &[char]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    let cells = (one.len() + 1).saturating_mul(width);
    if one.is_empty() || other.is_empty() || cells > MOST_CELLS {
        return Vec::new();
    }
    // How much the rests have in common that begin at a place of each, the rows and columns after the last being nothing.
    let mut longest = alloc::vec![0_u16; cells];
    let mut rows = longest.rchunks_exact_mut(width);
    let mut below: &[u16] = rows.next().unwrap_or_default();
    for (letter, row) in one.iter().rev().zip(rows) {
        let mut right = 0;
        let diagonals = below.iter().skip(1);
        for (((cell, beside), under), diagonal) in row.iter_mut().zip(other).zip(below).zip(diagonals).rev() {
            right = if letter == beside {
                diagonal + 1
            } else {
                right.max(*under)
            };
            *cell = right;
        }
        below = row;
    }
    let rest = |row: usize, column: usize| longest.get(row * width + column);
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while let (Some(letter), Some(beside)) = (one.get(row), other.get(column)) {
        if letter == beside {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if rest(row + 1, column) >= rest(row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// Two names of 255 characters each.
const MOST_CELLS: usize = 1 << 16;
