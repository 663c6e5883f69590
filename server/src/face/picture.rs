//! Pictures of faces, decoded within bounds: a card's own (JPEG or JPEG 2000) and one that was just taken (JPEG).
//!
//! A picture lives for one comparison. It is printed nowhere, kept nowhere, and overwritten when it is let go.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used))]

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, GrayImage, ImageBuffer, ImageDecoder, ImageError, Limits, Luma, Pixel, Rgb, RgbImage,
    imageops,
};
use std::fmt;
use std::io::Cursor;
use std::time::Duration;
use tokio::sync::Semaphore;
use zeroize::{Zeroize as _, Zeroizing};

use super::jpeg2000;
use crate::fault::Bug;
use crate::jpeg;

/// A decoded picture: eight bits for red, green and blue, upright, no side longer than [`SIDE`].
pub struct Picture(RgbImage);

/// Where a picture comes from, which says what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The card's visual file: JPEG or JPEG 2000.
    Card,
    /// A camera: JPEG.
    Capture,
}

/// Why a picture is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spoiled {
    /// There is none.
    #[error("the picture has no octets")]
    Empty,
    /// More than [`OCTETS`].
    #[error("the picture has too many octets")]
    Octets,
    /// Another format than its source may have, whatever it was called.
    #[error("the picture is of another kind than is taken")]
    Type,
    /// It ends early, or is not what it says.
    #[error("the picture is damaged")]
    Damaged,
    /// More than [`PIXELS`], or its decoder would need more than [`MEMORY`].
    #[error("the picture has too many pixels")]
    Pixels,
    /// A side shorter than [`SHORTEST`]: no face can be seen.
    #[error("the picture is too small")]
    Small,
    /// It was not decoded within [`WITHIN`].
    #[error("the picture takes too long to be decoded")]
    Slow,
}

impl Picture {
    /// The picture in these octets, decoded away from whoever serves others; [`TURNS`] at a time in the whole process. One
    /// that takes too long keeps its turn until it is done, so that a flood of such pictures has no more than the turns.
    pub async fn of(octets: Zeroizing<Vec<u8>>, source: Source) -> Result<Result<Self, Spoiled>, Bug> {
        // What can be told at once waits for nobody.
        if let Err(spoiled) = checked(&octets, source) {
            return Ok(Err(spoiled));
        }
        let turn = TURN.acquire().await.map_err(|why| Bug(why.to_string()))?;
        let work = tokio::task::spawn_blocking(move || {
            let decoded = Self::decoded(&octets, source);
            drop(turn);
            decoded
        });
        match tokio::time::timeout(WITHIN, work).await {
            Ok(Ok(decoded)) => Ok(decoded),
            // A decoder that gives up by a panic has found something that it cannot read.
            Ok(Err(ended)) if ended.is_panic() => Ok(Err(Spoiled::Damaged)),
            Ok(Err(ended)) => Err(Bug(ended.to_string())),
            Err(_) => Ok(Err(Spoiled::Slow)),
        }
    }

    /// The same on the thread that asks.
    pub fn decoded(octets: &[u8], source: Source) -> Result<Self, Spoiled> {
        let picture = match checked(octets, source)? {
            Format::Jpeg => Self::from_jpeg(octets)?,
            Format::Jpeg2000 => Self(bounded(&jpeg2000::decoded(octets)?)),
        };
        if picture.0.width().min(picture.0.height()) < SHORTEST {
            return Err(Spoiled::Small);
        }
        Ok(picture)
    }

    fn from_jpeg(octets: &[u8]) -> Result<Self, Spoiled> {
        if !jpeg::ends(octets) {
            return Err(Spoiled::Damaged);
        }
        let mut limits = Limits::default();
        limits.max_image_width = Some(LONGEST);
        limits.max_image_height = Some(LONGEST);
        limits.max_alloc = Some(MEMORY);
        let mut decoder = JpegDecoder::new(Cursor::new(octets)).map_err(spoiled)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > PIXELS || decoder.total_bytes() > MEMORY {
            return Err(Spoiled::Pixels);
        }
        decoder.set_limits(limits).map_err(spoiled)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let colours = decoder.color_type();
        let length = usize::try_from(decoder.total_bytes()).map_err(|_| Spoiled::Pixels)?;
        let mut whole = Zeroizing::new(vec![0; length]);
        decoder.read_image(&mut whole).map_err(spoiled)?;
        let small = match colours {
            ColorType::Rgb8 => bounded(&view::<Rgb<u8>>(&whole, width, height)?),
            ColorType::L8 => in_colours(&bounded(&view::<Luma<u8>>(&whole, width, height)?)),
            _ => return Err(Spoiled::Type),
        };
        if orientation == Orientation::NoTransforms {
            return Ok(Self(small));
        }
        let mut turned = DynamicImage::from(small);
        turned.apply_orientation(orientation);
        Ok(Self(turned.into_rgb8()))
    }

    /// In colours.
    pub fn rgb(&self) -> &RgbImage {
        &self.0
    }

    /// In shades of grey.
    pub fn luma(&self) -> GrayImage {
        imageops::grayscale(&self.0)
    }

    /// Written anew, so that nothing goes out that came beside it: where it was taken, with what, a preview.
    pub fn jpeg(&self) -> Result<Zeroizing<Vec<u8>>, Bug> {
        let mut octets = Zeroizing::new(Vec::with_capacity(256 << 10));
        JpegEncoder::new_with_quality(&mut *octets, QUALITY)
            .encode_image(&self.0)
            .map_err(|why| Bug(why.to_string()))?;
        Ok(octets)
    }
}

impl From<RgbImage> for Picture {
    fn from(pixels: RgbImage) -> Self {
        Self(pixels)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        (*self.0).zeroize();
    }
}

/// Nothing of a picture is printed, not even its size.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Picture(..)")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Jpeg,
    Jpeg2000,
}

/// By the first octets; what it was called says nothing.
fn checked(octets: &[u8], source: Source) -> Result<Format, Spoiled> {
    if octets.is_empty() {
        return Err(Spoiled::Empty);
    }
    if octets.len() > OCTETS {
        return Err(Spoiled::Octets);
    }
    match source {
        _ if octets.starts_with(&[0xff, 0xd8, 0xff]) => Ok(Format::Jpeg),
        Source::Card if jpeg2000::begins(octets) => Ok(Format::Jpeg2000),
        Source::Card | Source::Capture => Err(Spoiled::Type),
    }
}

type View<'a, P> = ImageBuffer<P, &'a [u8]>;

fn view<P: Pixel<Subpixel = u8>>(octets: &[u8], width: u32, height: u32) -> Result<View<'_, P>, Spoiled> {
    ImageBuffer::from_raw(width, height, octets).ok_or(Spoiled::Damaged)
}

/// No side longer than [`SIDE`]; what is smaller stays as it is.
fn bounded<P, C>(picture: &ImageBuffer<P, C>) -> ImageBuffer<P, Vec<u8>>
where
    P: Pixel<Subpixel = u8> + 'static,
    C: std::ops::Deref<Target = [u8]>,
{
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    let side = |side: u32| (u64::from(side) * u64::from(SIDE) / u64::from(longer.max(1))).max(1);
    match (u32::try_from(side(width)), u32::try_from(side(height))) {
        (Ok(width), Ok(height)) if longer > SIDE => imageops::thumbnail(picture, width, height),
        _ => ImageBuffer::from_fn(width, height, |x, y| *picture.get_pixel(x, y)),
    }
}

fn in_colours(picture: &GrayImage) -> RgbImage {
    ImageBuffer::from_fn(picture.width(), picture.height(), |x, y| {
        picture.get_pixel(x, y).to_rgb()
    })
}

fn spoiled(error: ImageError) -> Spoiled {
    match error {
        ImageError::Limits(_) => Spoiled::Pixels,
        ImageError::Unsupported(_) => Spoiled::Type,
        ImageError::Decoding(_) | ImageError::Encoding(_) | ImageError::Parameter(_) | ImageError::IoError(_) => {
            Spoiled::Damaged
        }
    }
}

/// Octets of a picture as it is sent.
pub const OCTETS: usize = wire::pin_reset::LONGEST_PICTURE;
/// Pixels of a JPEG: what a phone's camera of twelve million makes.
pub const PIXELS: u64 = 12_600_000;
/// Octets that the decoder of a JPEG may take for its pixels.
pub const MEMORY: u64 = 64 << 20;
/// Pixels of the longer side, as a picture is compared.
pub const SIDE: u32 = 1_024;
/// Pixels of the shorter side at least.
pub const SHORTEST: u32 = 64;
/// For how long a picture may be decoded.
pub const WITHIN: Duration = Duration::from_secs(5);
/// So many pictures are decoded at a time.
pub const TURNS: usize = 2;
/// Pixels of a side of a JPEG before it is made smaller.
const LONGEST: u32 = 8_192;
/// Of a JPEG that goes to a provider.
const QUALITY: u8 = 92;

static TURN: Semaphore = Semaphore::const_new(TURNS);

#[cfg(test)]
#[path = "picture_test.rs"]
mod tests;
