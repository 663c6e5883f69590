//! Scanned papers: what is kept is a picture of our own making, never the octets that were sent (A47).
//!
//! A picture is read within bounds and written anew, so that what came beside it is gone: EXIF, text, colour profiles,
//! an archive behind its end. How a camera was held stands in EXIF, and is applied before that goes.

use casework::identity::Digest;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use tokio::sync::Semaphore;

use crate::desk::evidence::sha256;
use crate::fault::Bug;
use crate::jpeg;

/// A paper as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(crate) digest: Digest,
    pub(crate) octets: Vec<u8>,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoiled {
    /// Neither JPEG nor PNG.
    Type,
    /// It ends early, or is not what it says.
    Damaged,
    /// It has more than [`OCTETS`], or they are more than that as it would be kept.
    Octets,
    /// It has more than [`PIXELS`], or would need too much memory.
    Pixels,
}

impl Scan {
    /// The picture in these octets, made anew. One at a time in the whole process: each may need a quarter of a GiB.
    pub(crate) async fn of(sent: Vec<u8>) -> Result<Result<Self, Spoiled>, Bug> {
        let turn = TURN.acquire().await.map_err(|why| Bug(why.to_string()))?;
        let made = tokio::task::spawn_blocking(move || made_anew(&sent)).await;
        drop(turn);
        made.map_err(|why| Bug(why.to_string()))
    }
}

/// `image/jpeg` or `image/png`, by what such a file begins with.
pub(crate) fn media_type(octets: &[u8]) -> &'static str {
    match format(octets) {
        Some(ImageFormat::Jpeg) => "image/jpeg",
        Some(ImageFormat::Png) => "image/png",
        _ => "application/octet-stream",
    }
}

/// The ending of the name under which such a file is handed out.
pub(crate) fn ending(octets: &[u8]) -> &'static str {
    match format(octets) {
        Some(ImageFormat::Jpeg) => "jpg",
        Some(ImageFormat::Png) => "png",
        _ => "bin",
    }
}

fn made_anew(sent: &[u8]) -> Result<Scan, Spoiled> {
    if sent.len() > OCTETS {
        return Err(Spoiled::Octets);
    }
    let format = format(sent).ok_or(Spoiled::Type)?;
    if format == ImageFormat::Jpeg && !jpeg::ends(sent) {
        return Err(Spoiled::Damaged);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(sent), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(spoiled)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(Spoiled::Pixels);
    }
    if decoder.total_bytes() > MEMORY {
        return Err(Spoiled::Pixels);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(spoiled)?;
    picture.apply_orientation(orientation);
    let octets = written(&plain(picture), format).map_err(|_| Spoiled::Damaged)?;
    if octets.len() > KEPT {
        return Err(Spoiled::Octets);
    }
    Ok(Scan {
        digest: sha256(&octets),
        octets,
    })
}

/// Eight bits for each colour, on white paper: what is transparent hides nothing.
fn plain(picture: DynamicImage) -> DynamicImage {
    if picture.color().has_alpha() {
        let mut seen = picture.into_rgba8();
        for pixel in seen.pixels_mut() {
            let [red, green, blue, alpha] = pixel.0;
            let on_white = |colour: u8| {
                let mixed = (u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
                u8::try_from(mixed).unwrap_or(u8::MAX)
            };
            pixel.0 = [on_white(red), on_white(green), on_white(blue), u8::MAX];
        }
        DynamicImage::from(DynamicImage::from(seen).into_rgb8())
    } else if picture.color().has_color() {
        DynamicImage::from(picture.into_rgb8())
    } else {
        DynamicImage::from(picture.into_luma8())
    }
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>, ImageError> {
    let mut octets = Vec::new();
    if format == ImageFormat::Png {
        picture.write_with_encoder(PngEncoder::new_with_quality(
            &mut octets,
            CompressionType::Default,
            FilterType::Adaptive,
        ))?;
    } else {
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut octets, QUALITY))?;
    }
    Ok(octets)
}

fn spoiled(error: ImageError) -> Spoiled {
    match error {
        ImageError::Limits(_) => Spoiled::Pixels,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => Spoiled::Damaged,
    }
}

/// By the first octets; the name and the type that a browser tells say nothing.
fn format(octets: &[u8]) -> Option<ImageFormat> {
    if octets.starts_with(&[0xff, 0xd8, 0xff]) {
        Some(ImageFormat::Jpeg)
    } else if octets.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(ImageFormat::Png)
    } else {
        None
    }
}

/// Octets of a file, as it is sent.
pub(crate) const OCTETS: usize = 8 << 20;
/// Pixels of a file: A4 at 600 dpi has 34.8 million.
pub(crate) const PIXELS: u64 = 36_000_000;
/// Octets of a file as it is kept: written anew it may become longer.
const KEPT: usize = 12 << 20;
/// Pixels of a side.
const SIDE: u32 = 16_000;
/// Octets that the decoder may take.
const MEMORY: u64 = 160 << 20;
/// Of a JPEG: seals and small print stay readable.
const QUALITY: u8 = 90;
static TURN: Semaphore = Semaphore::const_new(1);

#[cfg(test)]
#[path = "scan_test.rs"]
mod tests;
