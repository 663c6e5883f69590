//! Local binary patterns over a grid (Ahonen, Hadid and Pietikäinen 2006): a comparison without anything that was learnt, so
//! that the demo and the tests need no model. Not for production: docs/face-match.md has its error rates on made pictures.

use super::located::{Face, Sums, f32_of, faces, whole};
use super::picture::Picture;
use super::{NotCompared, only_one, thousandths};

/// How like two faces are, in thousandths.
pub(super) fn compare(card: &Picture, capture: &Picture) -> Result<u16, NotCompared> {
    Ok(likeness(&on_card(card)?, &in_capture(capture)?))
}

/// The face of a card, by each reading of where its eyes are.
fn on_card(card: &Picture) -> Result<Vec<Known>, NotCompared> {
    let face = faces(card.rgb()).into_iter().next().ok_or(NotCompared::CardFace)?;
    let light = Sums::of(&card.luma());
    Ok(face
        .iter()
        .map(|face| Known::of(&Codes::of(&light, *face, 1.0).counts(MARGIN, MARGIN)))
        .collect())
}

/// The one face that was taken, by each reading, a little larger and smaller, and moved a little: where the eyes are is known
/// to a pixel or two, if they are eyes.
fn in_capture(capture: &Picture) -> Result<Vec<Counts>, NotCompared> {
    let face = only_one(faces(capture.rgb()))?;
    let light = Sums::of(&capture.luma());
    let mut all = Vec::new();
    for (face, size) in face.iter().flat_map(|face| SIZES.map(|size| (*face, size))) {
        let codes = Codes::of(&light, face, size);
        for across in (0..=2 * MARGIN).step_by(STEP) {
            for down in (0..=2 * MARGIN).step_by(STEP) {
                all.push(codes.counts(across, down));
            }
        }
    }
    Ok(all)
}

/// The best of all readings counts.
fn likeness(card: &[Known], capture: &[Counts]) -> u16 {
    let pairs = card
        .iter()
        .flat_map(|known| capture.iter().map(|counts| known.distance(counts)));
    thousandths(1.0 - pairs.fold(1.0, f32::min))
}

/// How often each pattern is in each cell.
struct Counts {
    of: Vec<u8>,
    all: u16,
}

/// The same of a face that many are compared with: the patterns that there are.
struct Known {
    of: Vec<(u16, u8)>,
    all: u16,
}

impl Known {
    fn of(counts: &Counts) -> Self {
        Self {
            of: (0..)
                .zip(&counts.of)
                .filter(|(_, count)| **count > 0)
                .map(|(place, count)| (place, *count))
                .collect(),
            all: counts.all,
        }
    }

    /// χ² over all cells, of what there is: 0 for the same, 1 for what has nothing in common. Where both are even, neither
    /// says anything. (a - b)² / (a + b) is a + b - 4ab / (a + b), so only what both have is looked at.
    fn distance(&self, other: &Counts) -> f32 {
        let all = f32::from(self.all) + f32::from(other.all);
        let mut common = 0.0;
        for (place, count) in &self.of {
            let found = other.of[usize::from(*place)];
            if found > 0 {
                let (one, other) = (f32::from(*count), f32::from(found));
                common += one * other / (one + other);
            }
        }
        if all > 0.0 { 1.0 - 4.0 * common / all } else { 1.0 }
    }
}

/// The pattern at each place of a face and of a margin around it.
struct Codes(Vec<u8>);

impl Codes {
    /// The face upright, its eyes at fixed places.
    fn of(light: &Sums, face: Face, size: f32) -> Self {
        let (right, below) = (face.eyes.0 * size, face.eyes.1 * size);
        let unit = f32_of(WIDE) * EYES_APART;
        let covers = right.hypot(below) / unit;
        let (fine, coarse) = (whole(covers * 0.9), whole(covers * 8.0));
        // Two more on each side, for the ring.
        let (width, height) = (ROW + 4, COLUMN + 4);
        let mut shades = Vec::with_capacity((width * height) as usize);
        for y in 0..height {
            for x in 0..width {
                let u = (f32_of(x) - f32_of(width) / 2.0) / unit;
                let v = (f32_of(y) - f32_of(MARGIN + 2) - f32_of(HIGH) * EYES_DOWN) / unit;
                let place = (
                    whole(face.middle.0 + u * right - v * below),
                    whole(face.middle.1 + u * below + v * right),
                );
                let own = light.mean(place.0, place.1, fine);
                let around = light.mean(place.0, place.1, coarse);
                // Evened: only what is darker or brighter than its surroundings counts.
                shades.push(100.0 * (own - around) / (around + 20.0));
            }
        }
        let mut codes = Vec::with_capacity((ROW * COLUMN) as usize);
        for y in 2..height - 2 {
            for x in 2..width - 2 {
                let shade = |x: u32, y: u32| shades[(y * width + x) as usize];
                let own = shade(x, y) + TOLERANCE;
                let code = RING.iter().fold(0_u8, |code, (right, below)| {
                    let other = shade(x.wrapping_add_signed(*right), y.wrapping_add_signed(*below));
                    code << 1 | u8::from(other >= own)
                });
                codes.push(KIND_OF[usize::from(code)]);
            }
        }
        Self(codes)
    }

    /// Of the window that begins so far from the margin's corner.
    fn counts(&self, across: u32, down: u32) -> Counts {
        let mut counts = Counts {
            of: vec![0; CELLS * CELLS * KINDS],
            all: 0,
        };
        for y in 0..HIGH {
            let begins = ((y + down) * ROW + across) as usize;
            let row = y as usize / (HIGH as usize / CELLS) * CELLS * KINDS;
            for (x, kind) in self.0[begins..begins + WIDE as usize].iter().enumerate() {
                if *kind != EVEN {
                    counts.of[row + x / (WIDE as usize / CELLS) * KINDS + usize::from(*kind)] += 1;
                    counts.all += 1;
                }
            }
        }
        counts
    }
}

/// The uniform patterns, with two changes between neighbours at most, each have a place; all others share the last.
static KIND_OF: [u8; 256] = {
    let mut kinds = [58; 256];
    let mut next = 0;
    let mut code = 0_u8;
    loop {
        if (code ^ code.rotate_left(1)).count_ones() <= 2 {
            kinds[code as usize] = next;
            next += 1;
        }
        if code == u8::MAX {
            break;
        }
        code += 1;
    }
    kinds
};

/// Changes with every change of a number below.
pub(super) const VERSION: &str = "1";

/// Eight neighbours at a distance of two, in their order around.
const RING: [(i32, i32); 8] = [(-2, 0), (-1, -1), (0, -2), (1, -1), (2, 0), (1, 1), (0, 2), (-1, 1)];
/// 2 without a change, 7 × 8 with two, and the rest.
const KINDS: usize = 59;
/// The pattern of what has nothing brighter around it.
const EVEN: u8 = 0;
/// So much brighter is brighter (Heikkilä and Pietikäinen 2006): what is even gives no patterns of noise.
const TOLERANCE: f32 = 4.0;
/// A side of the grid; a cell has 8 × 10 places.
const CELLS: usize = 8;
const WIDE: u32 = 64;
const HIGH: u32 = 80;
/// So far the face may lie from where its eyes say.
const MARGIN: u32 = 4;
/// And is tried at every so many places.
const STEP: usize = 4;
const ROW: u32 = WIDE + 2 * MARGIN;
const COLUMN: u32 = HIGH + 2 * MARGIN;
const SIZES: [f32; 3] = [0.95, 1.0, 1.05];
/// From one eye to the other, of the width.
const EYES_APART: f32 = 0.44;
/// Of the height.
const EYES_DOWN: f32 = 0.36;

#[cfg(test)]
#[path = "lbph_test.rs"]
mod tests;
