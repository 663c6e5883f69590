//! Faces of nobody: drawn from numbers, for the demo, the tests and the bench.
//!
//! A person is a number, from which come the shape of a head, eyes, brows, nose, mouth, hair, moles and glasses; a variation is
//! another, from which come light, turn, distance, place and noise. The same person under two variations is the pair that a
//! comparison should find alike. No part of a real person's picture is in them, and error rates on them say nothing of people.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

use crate::fault::Bug;

/// The picture on the card of a person: JPEG, small enough for a visual file.
pub fn portrait(person: u64) -> Result<Vec<u8>, Bug> {
    let person = Person::of(person);
    let mut light = Variation::of(0);
    light.even();
    let stage = [Standing {
        person: &person,
        across: 0.0,
        size: 0.31,
    }];
    jpeg(&drawn(PORTRAIT, &stage, &light), 80)
}

/// What a camera sees of these persons, side by side: none is an empty room. JPEG.
pub fn capture(persons: &[u64], variation: u64) -> Result<Vec<u8>, Bug> {
    jpeg(&seen(persons, &Variation::of(variation)), 88)
}

/// What Chromium plays as its camera (`--use-file-for-fake-video-capture=FILE.y4m`): a person who hardly moves.
pub fn video(person: u64) -> Vec<u8> {
    let (width, height) = CAPTURE;
    let mut film = format!("YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n").into_bytes();
    let steady = Variation::of(person ^ FRAMES);
    for frame in 0..FRAMES {
        let mut variation = steady;
        variation.noise = frame;
        film.extend(b"FRAME\n");
        film.extend(planes(&seen(&[person], &variation)));
    }
    film
}

fn seen(persons: &[u64], variation: &Variation) -> RgbImage {
    let people: Vec<Person> = persons.iter().map(|number| Person::of(*number)).collect();
    let count = f32::from(u16::try_from(people.len()).unwrap_or(u16::MAX));
    let size = if people.len() > 1 { 0.36 / count } else { 0.28 };
    let stage: Vec<Standing<'_>> = people
        .iter()
        .zip(0_u16..)
        .map(|(person, place)| Standing {
            person,
            across: (f32::from(place) - (count - 1.0) / 2.0) * 0.9 / count,
            size,
        })
        .collect();
    drawn(CAPTURE, &stage, variation)
}

/// How one person looks. Lengths are in half widths of the head, from its middle; down is positive.
struct Person {
    skin: [f32; 3],
    hair: [f32; 3],
    cloth: [f32; 3],
    lips: [f32; 3],
    height: f32,
    jaw: f32,
    hairline: f32,
    fringe: f32,
    sides: f32,
    eyes: Eyes,
    brows: Brows,
    nose: [f32; 3],
    mouth: Mouth,
    glasses: Option<f32>,
    moles: Vec<[f32; 3]>,
    beard: f32,
    /// Four waves: across, along, where they begin.
    texture: [[f32; 3]; 4],
}

struct Eyes {
    apart: f32,
    down: f32,
    wide: f32,
    open: f32,
    tilt: f32,
    iris: [f32; 3],
}

struct Brows {
    above: f32,
    thick: f32,
    tilt: f32,
    wide: f32,
}

struct Mouth {
    down: f32,
    wide: f32,
    thick: f32,
    curve: f32,
}

impl Person {
    fn of(number: u64) -> Self {
        let mut dice = Dice(number.wrapping_mul(0xaf25_1af3_b0f0_25b5) ^ 0x5eed_face);
        let dark = dice.between(0.0, 1.0);
        let skin = mixed([236.0, 196.0, 168.0], [176.0, 124.0, 92.0], dark);
        let hairs = [
            [24.0, 22.0, 24.0],
            [52.0, 36.0, 28.0],
            [92.0, 62.0, 40.0],
            [140.0, 138.0, 140.0],
        ];
        let cloths = [
            [52.0, 66.0, 96.0],
            [210.0, 214.0, 220.0],
            [60.0, 92.0, 78.0],
            [40.0, 40.0, 46.0],
        ];
        let irises = [[46.0, 30.0, 22.0], [72.0, 48.0, 30.0], [30.0, 26.0, 28.0]];
        Self {
            skin,
            hair: dice.one_of(&hairs),
            cloth: dice.one_of(&cloths),
            lips: mixed(skin, [176.0, 72.0, 78.0], dice.between(0.35, 0.8)),
            height: dice.between(1.22, 1.5),
            jaw: dice.between(1.9, 3.1),
            hairline: dice.between(-0.98, -0.66),
            fringe: dice.between(-0.5, 0.5),
            sides: dice.between(-0.4, 1.5),
            eyes: Eyes {
                apart: dice.between(0.34, 0.5),
                down: dice.between(-0.22, -0.02),
                wide: dice.between(0.15, 0.23),
                open: dice.between(0.3, 0.62),
                tilt: dice.between(-0.18, 0.18),
                iris: dice.one_of(&irises),
            },
            brows: Brows {
                above: dice.between(0.2, 0.34),
                thick: dice.between(0.03, 0.085),
                tilt: dice.between(-0.2, 0.2),
                wide: dice.between(0.2, 0.3),
            },
            nose: [dice.between(0.3, 0.52), dice.between(0.1, 0.22), dice.between(0.2, 1.0)],
            mouth: Mouth {
                down: dice.between(0.58, 0.8),
                wide: dice.between(0.24, 0.42),
                thick: dice.between(0.045, 0.11),
                curve: dice.between(-0.06, 0.1),
            },
            glasses: (dice.between(0.0, 1.0) < 0.12).then(|| dice.between(2.0, 5.0)),
            moles: (0..dice.below(4))
                .map(|_| {
                    [
                        dice.between(-0.6, 0.6),
                        dice.between(0.05, 0.9),
                        dice.between(0.025, 0.05),
                    ]
                })
                .collect(),
            beard: if dice.between(0.0, 1.0) < 0.2 {
                dice.between(0.15, 0.5)
            } else {
                0.0
            },
            texture: [0; 4].map(|_| {
                [
                    dice.between(-7.5, 7.5),
                    dice.between(-7.5, 7.5),
                    dice.between(0.0, std::f32::consts::TAU),
                ]
            }),
        }
    }

    /// The colour at a place of the head, and how much of it covers what is behind.
    fn at(&self, x: f32, y: f32, soft: f32) -> ([f32; 3], f32) {
        let edge = |inside: f32| smooth(-soft, soft, inside);
        // Neck and shoulders.
        let mut colour = [0.0; 3];
        let mut covers: f32 = 0.0;
        let mut lay = |over: [f32; 3], much: f32| {
            colour = mixed(colour, over, if covers == 0.0 { 1.0 } else { much });
            covers = covers.max(much);
        };
        let shoulder = edge(y - self.height - 0.15 - 0.12 * x * x);
        lay(self.cloth, shoulder * edge(2.3 - x.abs()));
        let behind = edge(1.0 - ellipse(x, y + 0.12, 1.16, self.height * 0.98)) * edge(self.sides - y);
        lay(self.hair, behind);
        lay(
            shade(self.skin, 0.82),
            edge(0.5 - x.abs()) * edge(self.height + 0.28 - y) * edge(y - 0.6),
        );
        let power = if y > 0.0 { self.jaw } else { 2.0 };
        let head = edge((1.0 - super_ellipse(x, y, 1.0, self.height, power)) * 0.7);
        lay(self.skin_at(x, y), head);
        let hairline = self.hairline + self.fringe * x * 0.35 + 0.32 * x * x;
        lay(self.hair, head.max(behind) * edge(hairline - y));
        if head > 0.0 {
            colour = self.features(colour, x, y, soft);
        }
        (colour, covers)
    }

    /// Skin is no flat colour: it is darker to its sides, and uneven in a way of its own.
    fn skin_at(&self, x: f32, y: f32) -> [f32; 3] {
        let mut skin = shade(self.skin, 1.04 - 0.2 * x * x);
        skin = shade(skin, 1.0 + 0.05 * waves(&self.texture, x, y));
        let chin = smooth(0.35, 0.75, y) * (1.0 - smooth(0.1, 0.2, 0.25 - x.abs()) * 0.3);
        mixed(skin, shade(self.hair, 1.2), self.beard * chin)
    }

    fn features(&self, mut colour: [f32; 3], x: f32, y: f32, soft: f32) -> [f32; 3] {
        let edge = |inside: f32| smooth(-soft, soft, inside);
        let side = x.abs();
        let (eyes, brows, mouth) = (&self.eyes, &self.brows, &self.mouth);
        // Eyes: socket, white, iris, pupil, the line of the lid.
        let (u, v) = (side - eyes.apart, y - eyes.down - (side - eyes.apart) * eyes.tilt);
        let tall = eyes.wide * eyes.open;
        colour = mixed(
            colour,
            shade(self.skin, 0.72),
            0.6 * edge(0.1 - 0.1 * ellipse(u, v, eyes.wide * 1.5, tall * 1.9)),
        );
        let open = edge((1.0 - ellipse(u, v, eyes.wide, tall)) * tall);
        colour = mixed(colour, [238.0, 234.0, 230.0], open);
        let round = eyes.wide * 0.5;
        colour = mixed(
            colour,
            eyes.iris,
            open * edge((1.0 - ellipse(u, v, round, round)) * round),
        );
        let lid = (ellipse(u, v, eyes.wide * 1.06, tall * 1.12) - 1.0).abs() * tall;
        colour = mixed(
            colour,
            shade(self.hair, 0.6),
            edge(0.022 - lid) * if v < 0.02 { 0.9 } else { 0.3 },
        );
        // Brows.
        let arch = eyes.down - brows.above - u * brows.tilt + u * u * 1.4;
        let brow = edge(brows.thick / 2.0 - (y - arch).abs()) * edge(brows.wide - u.abs());
        colour = mixed(colour, shade(self.hair, 0.8), brow * 0.92);
        // Nose: a bridge with a shadow, two nostrils and the line beneath.
        let [long, wide, deep] = self.nose;
        let tip = eyes.down + long;
        let bridge = edge(0.05 - (side - wide * 0.55).abs()) * smooth(eyes.down, tip, y) * edge(tip - y);
        colour = mixed(colour, shade(self.skin, 0.78), bridge * 0.45 * deep);
        let nostril = edge((1.0 - ellipse(side - wide * 0.55, y - tip, wide * 0.38, 0.04)) * 0.04);
        colour = mixed(colour, shade(self.skin, 0.4), nostril);
        let wing =
            edge(0.025 - (ellipse(x, y - tip + 0.06, wide * 1.25, 0.12) - 1.0).abs() * 0.12) * edge(y - tip + 0.07);
        colour = mixed(colour, shade(self.skin, 0.66), wing * 0.8);
        // Mouth: lips and the line between them.
        let bend = mouth.down - mouth.curve * (x / mouth.wide) * (x / mouth.wide);
        let lips = edge((1.0 - ellipse(x, y - bend, mouth.wide, mouth.thick)) * mouth.thick);
        colour = mixed(colour, self.lips, lips);
        let between = edge(0.014 - (y - bend).abs()) * edge(mouth.wide - side);
        colour = mixed(colour, shade(self.lips, 0.5), between);
        for [across, down, size] in &self.moles {
            let mole = edge((1.0 - ellipse(x - across, y - down, *size, *size)) * size);
            colour = mixed(colour, shade(self.skin, 0.42), mole * 0.85);
        }
        if let Some(power) = self.glasses {
            let rim = super_ellipse(u, v, eyes.wide * 1.75, eyes.wide * 1.4, power);
            let frame = edge(0.018 - (rim - 1.0).abs() * eyes.wide)
                .max(edge(0.02 - (y - eyes.down).abs()) * edge(eyes.apart - eyes.wide * 1.7 - side));
            colour = mixed(colour, [36.0, 34.0, 38.0], frame * 0.9);
        }
        colour
    }
}

struct Standing<'a> {
    person: &'a Person,
    /// Of the picture's width, from its middle.
    across: f32,
    /// Half width of the head, of the picture's shorter side.
    size: f32,
}

/// How a picture was taken.
#[derive(Clone, Copy)]
struct Variation {
    turn: f32,
    size: f32,
    across: f32,
    down: f32,
    light: f32,
    from_side: f32,
    warm: f32,
    room: [f32; 3],
    grain: f32,
    noise: u64,
}

impl Variation {
    fn of(number: u64) -> Self {
        let mut dice = Dice(number.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x11_9417);
        let rooms = [
            [150.0, 168.0, 186.0],
            [196.0, 204.0, 206.0],
            [112.0, 128.0, 124.0],
            [84.0, 96.0, 120.0],
        ];
        Self {
            turn: dice.between(-0.1, 0.1),
            size: dice.between(0.86, 1.14),
            across: dice.between(-0.06, 0.06),
            down: dice.between(-0.04, 0.04),
            light: dice.between(0.78, 1.12),
            from_side: dice.between(-0.22, 0.22),
            warm: dice.between(-0.04, 0.06),
            room: dice.one_of(&rooms),
            grain: dice.between(1.0, 7.0),
            noise: dice.next(),
        }
    }

    /// As a photographer for cards takes it.
    fn even(&mut self) {
        (self.turn, self.size, self.across, self.down) = (0.0, 1.0, 0.0, 0.0);
        (self.light, self.from_side, self.warm, self.grain) = (1.0, 0.0, 0.0, 1.0);
        self.room = [206.0, 216.0, 226.0];
    }
}

fn drawn((width, height): (u32, u32), stage: &[Standing<'_>], variation: &Variation) -> RgbImage {
    let (wide, high) = (length(width), length(height));
    let shorter = wide.min(high);
    let (sin, cos) = variation.turn.sin_cos();
    let mut grain = Dice(variation.noise);
    let mut picture = RgbImage::new(width, height);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (right, down) = (length(x) / wide - 0.5, length(y) / high - 0.5);
        let mut colour = shade(variation.room, 1.05 - 0.25 * down + 0.1 * right);
        for one in stage {
            let unit = shorter * one.size * variation.size;
            let across = (right - one.across - variation.across) * wide / unit;
            let along = (down - variation.down + 0.02) * high / unit;
            let (u, v) = (across * cos + along * sin, along * cos - across * sin);
            if u.abs() > 2.4 || !(-1.7..3.5).contains(&v) {
                continue;
            }
            let (own, covers) = one.person.at(u, v, 1.0 / unit);
            let lit = variation.light * (1.0 + variation.from_side * u.clamp(-1.2, 1.2));
            colour = mixed(colour, shade(own, lit), covers);
        }
        let speck = variation.grain * (grain.between(-1.0, 1.0) + grain.between(-1.0, 1.0));
        let [red, green, blue] = colour;
        *pixel = Rgb([
            octet(red * (1.0 + variation.warm) + speck),
            octet(green + speck),
            octet(blue * (1.0 - variation.warm) + speck),
        ]);
    }
    picture
}

fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, Bug> {
    let mut octets = Vec::new();
    JpegEncoder::new_with_quality(&mut octets, quality)
        .encode_image(picture)
        .map_err(|why| Bug(why.to_string()))?;
    Ok(octets)
}

/// Brightness of each pixel, and the two colour differences of each four (BT.601, video range).
fn planes(picture: &RgbImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let mut planes: Vec<u8> = picture
        .pixels()
        .map(|Rgb([r, g, b])| octet(16.0 + 0.257 * f32::from(*r) + 0.504 * f32::from(*g) + 0.098 * f32::from(*b)))
        .collect();
    for [of_red, of_green, of_blue] in [[-0.148, -0.291, 0.439], [0.439, -0.368, -0.071]] {
        for y in (0..height).step_by(2) {
            for x in (0..width).step_by(2) {
                let Rgb([r, g, b]) = *picture.get_pixel(x, y);
                planes.push(octet(
                    128.0 + of_red * f32::from(r) + of_green * f32::from(g) + of_blue * f32::from(b),
                ));
            }
        }
    }
    planes
}

/// SplitMix64: the same numbers on every machine, for pictures and nothing else.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        let [a, b, ..] = self.next().to_be_bytes();
        low + (high - low) * f32::from(u16::from_be_bytes([a, b])) / f32::from(u16::MAX)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of(&mut self, all: &[[f32; 3]]) -> [f32; 3] {
        let place = usize::try_from(self.next() >> 33).unwrap_or(0) % all.len();
        all[place]
    }
}

fn mixed(below: [f32; 3], above: [f32; 3], much: f32) -> [f32; 3] {
    if much <= 0.0 {
        return below;
    }
    [0, 1, 2].map(|channel| below[channel] + (above[channel] - below[channel]) * much)
}

fn shade(colour: [f32; 3], light: f32) -> [f32; 3] {
    colour.map(|channel| channel * light)
}

fn ellipse(x: f32, y: f32, wide: f32, high: f32) -> f32 {
    ((x / wide).powi(2) + (y / high).powi(2)).sqrt()
}

fn super_ellipse(x: f32, y: f32, wide: f32, high: f32, power: f32) -> f32 {
    ((x / wide).abs().powf(power) + (y / high).abs().powf(power)).powf(1.0 / power)
}

/// 0 below `low`, 1 above `high`, and smooth between them.
fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

/// From -1 to 1.
fn waves(waves: &[[f32; 3]; 4], x: f32, y: f32) -> f32 {
    let sum: f32 = waves
        .iter()
        .map(|[across, along, begins]| (x * across + y * along + begins).sin())
        .sum();
    sum / 4.0
}

fn octet(value: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to an octet before"
    )]
    let octet = value.round().clamp(0.0, 255.0) as u8;
    octet
}

/// Sides and places of pictures are below 2^16.
fn length(pixels: u32) -> f32 {
    f32::from(u16::try_from(pixels).unwrap_or(u16::MAX))
}

const PORTRAIT: (u32, u32) = (360, 450);
const CAPTURE: (u32, u32) = (640, 480);
/// Of a film, before it begins anew.
const FRAMES: u64 = 3;

#[cfg(test)]
#[path = "made_test.rs"]
mod tests;
