//! The operator's own models, computed here by tract, in Rust. No model is part of this program.
//!
//! A model is a program: it is loaded only if its octets hash to what the office's file says, and it is one file, with nothing
//! beside it that the digest would not cover.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used))]

use aws_lc_rs::digest;
use casework::evidence::Comparison;
use image::{RgbImage, imageops};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Cursor, Read as _};
use std::sync::Arc;
use tract_onnx::prelude::{
    DatumExt as _, Framework as _, InferenceModelExt as _, IntoRunnable as _, Tensor, TractResult, TypedRunnableModel,
    tvec,
};
use tract_onnx::tract_hir::infer::Factoid as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::choice::{Model, Order};
use super::located::{self, f32_of, whole};
use super::picture::Picture;
use super::{NotCompared, Unusable, only_one, thousandths};
use crate::fault::Bug;

/// The models of an office, ready to be asked.
pub(super) struct Network {
    embedding: Loaded,
    detector: Option<Loaded>,
    threshold: u16,
    version: String,
}

impl Network {
    pub(super) fn open(embedding: &Model, detector: Option<&Model>, threshold: u16) -> Result<Self, Unusable> {
        let mut version = shortened(embedding);
        if let Some(detector) = detector {
            version = format!("{version}+{}", shortened(detector));
        }
        Ok(Self {
            embedding: Loaded::open(embedding)?,
            detector: detector.map(Loaded::open).transpose()?,
            threshold,
            version,
        })
    }

    /// The cosine between what the model makes of the two faces; what points away from each other is as unlike as can be.
    pub(super) fn compare(&self, card: &Picture, capture: &Picture) -> Result<Comparison, NotCompared> {
        let mut on_card = self.faces(card)?;
        on_card.sort_by(|one, other| other.area().total_cmp(&one.area()));
        let on_card = on_card.first().copied().ok_or(NotCompared::CardFace)?;
        let in_capture = only_one(self.faces(capture)?)?;
        let card = self.numbers(card, on_card)?;
        let capture = self.numbers(capture, in_capture)?;
        Ok(Comparison {
            score: thousandths(cosine(&card, &capture)),
            threshold: self.threshold,
            provider: "onnx".to_owned(),
            version: self.version.clone(),
        })
    }

    fn faces(&self, picture: &Picture) -> Result<Vec<Square>, NotCompared> {
        let Some(detector) = &self.detector else {
            let heads = located::faces(picture.rgb());
            return Ok(heads
                .iter()
                .filter_map(|head| head.first())
                .map(Square::around)
                .collect());
        };
        let whole = Square::of(picture.rgb());
        let outputs = detector.run(picture.rgb(), whole).ok_or_else(failed)?;
        detected(&outputs, whole).ok_or_else(|| Bug("the detector answers in another form".to_owned()).into())
    }

    fn numbers(&self, picture: &Picture, face: Square) -> Result<Zeroizing<Vec<f32>>, NotCompared> {
        let outputs = self.embedding.run(picture.rgb(), face).ok_or_else(failed)?;
        let numbers = outputs.into_iter().next().map(|output| output.values);
        numbers
            .filter(|numbers| (2..=LONGEST).contains(&numbers.len()) && numbers.iter().all(|number| number.is_finite()))
            .ok_or_else(|| Bug("the model for faces answers in another form".to_owned()).into())
    }
}

/// A part of a picture, in its pixels: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Square([f32; 4]);

impl Square {
    fn of(picture: &RgbImage) -> Self {
        Self([0.0, 0.0, f32_of(picture.width()), f32_of(picture.height())])
    }

    /// As most models want it: eyes in the upper half, chin and brow inside.
    fn around(face: &located::Face) -> Self {
        let apart = face.eyes.0.hypot(face.eyes.1);
        let (x, y) = (face.middle.0, face.middle.1 + 0.45 * apart);
        Self([x - 1.3 * apart, y - 1.3 * apart, x + 1.3 * apart, y + 1.3 * apart])
    }

    fn area(self) -> f32 {
        let [left, top, right, bottom] = self.0;
        (right - left).max(0.0) * (bottom - top).max(0.0)
    }

    /// What both cover, of what either covers.
    fn overlap(self, other: Self) -> f32 {
        let ([left, top, right, bottom], [l, t, r, b]) = (self.0, other.0);
        let both = Self([left.max(l), top.max(t), right.min(r), bottom.min(b)]).area();
        both / (self.area() + other.area() - both).max(f32::MIN_POSITIVE)
    }
}

/// A model that can be run.
struct Loaded {
    plan: Arc<TypedRunnableModel>,
    wide: u32,
    high: u32,
    order: Order,
    mean: f32,
    scale: f32,
}

struct Output {
    /// The last of its dimensions.
    last: usize,
    values: Zeroizing<Vec<f32>>,
}

impl Loaded {
    fn open(model: &Model) -> Result<Self, Unusable> {
        let wrong = |why: &str| Unusable(format!("{}: {why}", model.path.display()));
        let mut octets = Vec::new();
        File::open(&model.path)
            .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut octets))
            .map_err(|why| wrong(&why.to_string()))?;
        if octets.len() as u64 > LARGEST {
            return Err(wrong("it is larger than 512 MiB"));
        }
        if digest::digest(&digest::SHA256, &octets).as_ref() != model.sha256 {
            return Err(wrong("its SHA-256 is not the one that is written down for it"));
        }
        let (plan, wide, high) =
            planned(&octets).map_err(|why| wrong(&format!("it is no model that can be used here: {why:#}")))?;
        Ok(Self {
            plan,
            wide,
            high,
            order: model.order,
            mean: f32::from(model.mean) / 10.0,
            scale: f32::from(model.scale) / 10.0,
        })
    }

    /// What it makes of a part of a picture. `None`: it could not be run.
    fn run(&self, picture: &RgbImage, Square([left, top, right, bottom]): Square) -> Option<Vec<Output>> {
        let (x, y) = (
            whole(left).min(picture.width() - 1),
            whole(top).min(picture.height() - 1),
        );
        let (width, height) = (
            whole(right).saturating_sub(x).max(1),
            whole(bottom).saturating_sub(y).max(1),
        );
        let part = imageops::crop_imm(picture, x, y, width, height);
        let mut part = imageops::resize(&*part, self.wide, self.high, imageops::FilterType::Triangle);
        let channels = match self.order {
            Order::Rgb => [0, 1, 2],
            Order::Bgr => [2, 1, 0],
        };
        let samples: Zeroizing<Vec<f32>> = Zeroizing::new(
            channels
                .iter()
                .flat_map(|channel| part.pixels().filter_map(|pixel| pixel.0.get(*channel)))
                .map(|sample| (f32::from(*sample) - self.mean) / self.scale)
                .collect(),
        );
        (*part).zeroize();
        let shape = [1, 3, self.high as usize, self.wide as usize];
        let input = Tensor::from_shape(&shape, &samples).ok()?;
        let outputs = self.plan.run(tvec!(input.into())).ok()?;
        outputs
            .iter()
            .map(|output| {
                let view = output.to_plain_array_view::<f32>().ok()?;
                Some(Output {
                    last: view.shape().last().copied().unwrap_or(0),
                    values: Zeroizing::new(view.iter().copied().collect()),
                })
            })
            .collect()
    }
}

/// A model whose one input is a picture of a fixed size, in three colours.
fn planned(octets: &[u8]) -> TractResult<(Arc<TypedRunnableModel>, u32, u32)> {
    let model = tract_onnx::onnx().model_for_read(&mut Cursor::new(octets))?;
    let mut sides = Vec::new();
    for dimension in model.input_fact(0)?.shape.dims() {
        // A batch may have any size; it is one here.
        let side = dimension.concretize().and_then(|side| side.to_i64().ok());
        sides.push(side.and_then(|side| u32::try_from(side).ok()).unwrap_or(1));
    }
    let &[1, 3, high, wide] = sides.as_slice() else {
        anyhow::bail!("wanted: an input of 1 × 3 × height × width");
    };
    if !SIDES.contains(&high) || !SIDES.contains(&wide) {
        anyhow::bail!("wanted: sides of 8 to 1,024 pixels");
    }
    let plan = model
        .with_input_fact(0, f32::fact([1, 3, high as usize, wide as usize]).into())?
        .into_optimized()?
        .into_runnable()?;
    Ok((plan, wide, high))
}

/// Of each of so many places how likely a face is there, and its corners as parts of the picture; the likely ones, each once.
fn detected(outputs: &[Output], picture: Square) -> Option<Vec<Square>> {
    let scores = outputs.iter().find(|output| output.last == 2)?;
    let corners = outputs.iter().find(|output| output.last == 4)?;
    if scores.values.len() / 2 != corners.values.len() / 4 {
        return None;
    }
    let [_, _, width, height] = picture.0;
    let mut likely: Vec<(f32, Square)> = Vec::new();
    for (score, corner) in scores.values.chunks_exact(2).zip(corners.values.chunks_exact(4)) {
        if let ([_, score], [left, top, right, bottom]) = (score, corner)
            && *score >= LIKELY
            && corner.iter().all(|number| number.is_finite())
        {
            let inside = |part: f32, side: f32| part.clamp(0.0, 1.0) * side;
            likely.push((
                *score,
                Square([
                    inside(*left, width),
                    inside(*top, height),
                    inside(*right, width),
                    inside(*bottom, height),
                ]),
            ));
        }
    }
    likely.sort_by(|one, other| other.0.total_cmp(&one.0));
    likely.truncate(MOST_LIKELY);
    let mut found: Vec<Square> = Vec::new();
    for (_, square) in likely {
        if square.area() > 0.0 && found.iter().all(|known| known.overlap(square) < SAME) {
            found.push(square);
        }
    }
    Some(found)
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = (product(one, one) * product(other, other)).sqrt();
    if one.len() == other.len() && lengths > 0.0 {
        product(one, other) / lengths
    } else {
        0.0
    }
}

/// The first octets of its digest name it.
fn shortened(model: &Model) -> String {
    model.sha256.iter().take(8).fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// What it said is not told: it may speak of what it was given.
fn failed() -> NotCompared {
    Bug("a model for faces could not be run".to_owned()).into()
}

/// Octets of a model.
const LARGEST: u64 = 512 << 20;
/// Pixels of a side of what a model is given.
const SIDES: std::ops::RangeInclusive<u32> = 8..=1_024;
/// Numbers that a model makes of a face.
const LONGEST: usize = 4_096;
/// From here on a detector is believed.
const LIKELY: f32 = 0.7;
/// Places that are looked at.
const MOST_LIKELY: usize = 200;
/// Two places of which so much is common are one face.
const SAME: f32 = 0.3;

#[cfg(test)]
#[path = "onnx_test.rs"]
mod tests;
