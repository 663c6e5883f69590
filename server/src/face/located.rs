//! Where faces are in a picture, without anything that was learnt: skin by its colour (Chai and Ngan 1999), as regions of the
//! size and shape of a head in which there are eyes. Enough for the made pictures; not for production.

use image::{GrayImage, Luma, RgbImage, imageops};
use std::cmp::Reverse;

/// A head that stands upright or nearly so, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Face {
    /// The middle between the eyes.
    pub(super) middle: (f32, f32),
    /// From one eye to the other, as a step to the right and down.
    pub(super) eyes: (f32, f32),
}

/// Every face that is found, the largest first; of each where its eyes may be, the likeliest first and at least one.
pub(super) fn faces(picture: &RgbImage) -> Vec<Vec<Face>> {
    let longer = picture.width().max(picture.height());
    let scale = (f32_of(longer) / f32_of(WORK)).max(1.0);
    let small = imageops::thumbnail(
        picture,
        whole(f32_of(picture.width()) / scale).max(1),
        whole(f32_of(picture.height()) / scale).max(1),
    );
    let light = Sums::of(&imageops::grayscale(&small));
    let mut heads = regions(&skin(&small));
    heads.sort_by_key(|head| Reverse(head.area));
    let back = |face: Face| Face {
        middle: ((face.middle.0 + 0.5) * scale, (face.middle.1 + 0.5) * scale),
        eyes: (face.eyes.0 * scale, face.eyes.1 * scale),
    };
    heads
        .iter()
        .map(|head| eyes(&light, head).into_iter().map(back).collect())
        .filter(|readings: &Vec<Face>| !readings.is_empty())
        .collect()
}

/// Pixels of skin.
fn skin(picture: &RgbImage) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b] = picture.get_pixel(x, y).0.map(f32::from);
        let (blue, red) = (
            128.0 - 0.169 * r - 0.331 * g + 0.5 * b,
            128.0 + 0.5 * r - 0.419 * g - 0.081 * b,
        );
        let is_skin = (77.0..=127.0).contains(&blue) && (136.0..=180.0).contains(&red) && r > 60.0 && r > b;
        Luma([if is_skin { 255 } else { 0 }])
    })
}

struct Region {
    left: u32,
    right: u32,
    top: u32,
    area: usize,
    /// Of each row from the top on, the first and the last pixel.
    rows: Vec<(u32, u32)>,
}

/// Regions of skin with the size and shape of a head.
fn regions(mask: &GrayImage) -> Vec<Region> {
    let (width, height) = mask.dimensions();
    let mut seen = GrayImage::new(width, height);
    let mut found = Vec::new();
    for (x, y, pixel) in mask.enumerate_pixels() {
        if pixel.0 == [0] || seen.get_pixel(x, y).0 != [0] {
            continue;
        }
        let mut rows: Vec<Option<(u32, u32)>> = vec![None; height as usize];
        let mut area = 0;
        let mut stack = vec![(x, y)];
        seen.put_pixel(x, y, Luma([1]));
        while let Some((x, y)) = stack.pop() {
            area += 1;
            let row = &mut rows[y as usize];
            *row = Some(row.map_or((x, x), |(first, last)| (first.min(x), last.max(x))));
            for (x, y) in [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)] {
                if x < width && y < height && mask.get_pixel(x, y).0 != [0] && seen.get_pixel(x, y).0 == [0] {
                    seen.put_pixel(x, y, Luma([1]));
                    stack.push((x, y));
                }
            }
        }
        let top = rows.iter().position(Option::is_some).unwrap_or(0);
        let rows: Vec<(u32, u32)> = rows.into_iter().flatten().collect();
        let left = rows.iter().map(|(first, _)| *first).min().unwrap_or(0);
        let right = rows.iter().map(|(_, last)| *last).max().unwrap_or(0);
        let (wide, high) = (right - left + 1, rows.len());
        let full = area * 100 / (wide as usize * high).max(1);
        let is_head = wide * 12 >= width && high * 8 >= height as usize && high * 10 >= wide as usize * 8 && full >= 40;
        if is_head {
            found.push(Region {
                left,
                right,
                top: u32::try_from(top).unwrap_or(0),
                area,
                rows,
            });
        }
    }
    found
}

/// The pairs of dark spots in the upper part of a head that lie most as eyes do.
fn eyes(light: &Sums, region: &Region) -> Vec<Face> {
    let wide = f32_of(region.right - region.left + 1);
    let spots = spots(light, region, wide);
    let mut pairs: Vec<(f32, Face)> = Vec::new();
    for (place, one) in spots.iter().enumerate() {
        for other in &spots[place + 1..] {
            let (left, right) = if one.x < other.x { (one, other) } else { (other, one) };
            let step = (right.x - left.x, right.y - left.y);
            let apart = step.0 / wide;
            let middle = (left.x.midpoint(right.x), left.y.midpoint(right.y));
            let off = (middle.0 - f32_of(region.left) - wide / 2.0).abs() / wide;
            if !(0.26..=0.62).contains(&apart) || (step.1 / step.0).abs() > 0.3 || off > 0.16 {
                continue;
            }
            // Both of a pair are alike, and lie to both sides of the middle.
            let merit = left.dark.min(right.dark) - 0.5 * (left.dark - right.dark).abs() - 60.0 * off;
            pairs.push((merit, Face { middle, eyes: step }));
        }
    }
    pairs.sort_by(|one, other| other.0.total_cmp(&one.0));
    pairs.into_iter().map(|(_, face)| face).take(READINGS).collect()
}

struct Spot {
    x: f32,
    y: f32,
    dark: f32,
}

/// Places that are darker than what is around them on all sides, by how much.
fn spots(light: &Sums, region: &Region, wide: f32) -> Vec<Spot> {
    let inner = whole(wide * 0.05).max(1);
    let outer = whole(wide * 0.16).max(2);
    let mut found: Vec<Spot> = Vec::new();
    let from = region.top + whole(wide * 0.12);
    let until = region.top + whole(wide * 0.95);
    for y in from..until.min(light.height) {
        let Some((first, last)) = region.rows.get((y - region.top) as usize) else {
            break;
        };
        for x in *first..=*last {
            let around = [
                (x.saturating_sub(outer), y),
                (x + outer, y),
                (x, y.saturating_sub(outer)),
                (x, y + outer),
            ];
            let own = light.mean(x, y, inner);
            let least = around
                .into_iter()
                .map(|(x, y)| light.mean(x, y, inner))
                .fold(f32::MAX, f32::min);
            let dark = least - own;
            if dark < DARKER {
                continue;
            }
            let (x, y) = (f32_of(x), f32_of(y));
            let near = |spot: &&mut Spot| (spot.x - x).hypot(spot.y - y) < f32_of(outer) * 0.7;
            match found.iter_mut().find(near) {
                Some(spot) if spot.dark < dark => *spot = Spot { x, y, dark },
                Some(_) => {}
                None => found.push(Spot { x, y, dark }),
            }
        }
    }
    found.sort_by(|one, other| other.dark.total_cmp(&one.dark));
    found.truncate(MOST_SPOTS);
    found
}

/// Sums of light from the upper left corner, so that the mean of any part costs the same.
pub(super) struct Sums {
    width: u32,
    height: u32,
    whole: Vec<u32>,
}

impl Sums {
    pub(super) fn of(light: &GrayImage) -> Self {
        let (width, height) = light.dimensions();
        let row = width as usize + 1;
        let mut sums = vec![0; row * (height as usize + 1)];
        for (y, pixels) in light.rows().enumerate() {
            let mut sum = 0;
            for (x, pixel) in pixels.enumerate() {
                sum += u32::from(pixel.0[0]);
                sums[(y + 1) * row + x + 1] = sums[y * row + x + 1] + sum;
            }
        }
        Self {
            width,
            height,
            whole: sums,
        }
    }

    /// The mean of what lies no further than `reach` in either direction; what lies outside does not count.
    pub(super) fn mean(&self, x: u32, y: u32, reach: u32) -> f32 {
        let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
        let (left, top) = (x.saturating_sub(reach), y.saturating_sub(reach));
        let (right, bottom) = ((x + reach + 1).min(self.width), (y + reach + 1).min(self.height));
        let at = |x: u32, y: u32| i64::from(self.whole[y as usize * (self.width as usize + 1) + x as usize]);
        let sum = at(right, bottom) + at(left, top) - at(left, bottom) - at(right, top);
        let count = i64::from((right - left) * (bottom - top));
        f32_of(u32::try_from(sum * 64 / count.max(1)).unwrap_or(0)) / 64.0
    }
}

pub(super) fn f32_of(pixels: u32) -> f32 {
    f32::from(u16::try_from(pixels).unwrap_or(u16::MAX))
}

pub(super) fn whole(length: f32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped before"
    )]
    let whole = length.round().clamp(0.0, 65_535.0) as u32;
    whole
}

/// Pixels of the longer side in which is looked.
const WORK: u32 = 200;
/// So much darker than what is around them are eyes, of 255.
const DARKER: f32 = 12.0;
/// Of the places that may be eyes, so many are looked at.
const MOST_SPOTS: usize = 12;
/// Of the pairs of them, so many are taken for eyes.
const READINGS: usize = 3;
