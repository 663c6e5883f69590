//! JPEG 2000 of a card (ISO/IEC 15444-1), decoded by safe Rust after a look at every marker that says how much work it is.
//!
//! The decoder takes what its headers announce: tiles, precincts, code-blocks and layers cost memory before one octet of a
//! picture is read, and a tile may say all that anew. So a picture is taken only if it is what cards hold: eight bits, grey or
//! colours, of a size that a chip has room for, and with nothing said anew in its tiles.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used))]

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
use image::RgbImage;
use zeroize::Zeroizing;

use super::picture::Spoiled;

/// Whether it begins as JPEG 2000 does, in its box or as a bare codestream.
pub(super) fn begins(octets: &[u8]) -> bool {
    octets.starts_with(BOX) || octets.starts_with(CODESTREAM)
}

/// The pixels of such a picture.
pub(super) fn decoded(octets: &[u8]) -> Result<RgbImage, Spoiled> {
    // The decoder is given what was looked at, and nothing that stands around it: a colour profile, a palette.
    let stream = codestream(octets)?;
    let size = looked_at(stream)?;
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        strict: true,
        target_resolution: None,
    };
    let image = Image::new(stream, &settings).map_err(|_| Spoiled::Damaged)?;
    if (image.width(), image.height()) != (size.width, size.height) || image.has_alpha() {
        return Err(Spoiled::Damaged);
    }
    let channels = match image.color_space() {
        ColorSpace::Gray => 1,
        ColorSpace::RGB => 3,
        _ => return Err(Spoiled::Type),
    };
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| Spoiled::Damaged)?;
    let samples = Zeroizing::new(decoded.data_u8());
    let mut pixels = Vec::with_capacity(samples.len() / channels * 3);
    match channels {
        1 => pixels.extend(samples.iter().flat_map(|shade| [*shade; 3])),
        _ => pixels.extend_from_slice(&samples),
    }
    RgbImage::from_raw(size.width, size.height, pixels).ok_or(Spoiled::Damaged)
}

/// What the codestream's first segment says.
#[derive(Clone, Copy)]
struct Size {
    width: u32,
    height: u32,
    tiles: u32,
}

/// The codestream alone: of a file, its one box of that kind (annex I).
fn codestream(octets: &[u8]) -> Result<&[u8], Spoiled> {
    if octets.starts_with(CODESTREAM) {
        return Ok(octets);
    }
    let mut rest = octets;
    for _ in 0..MOST_BOXES {
        let (length, kind) = match rest {
            [a, b, c, d, kind @ ..] => (u32::from_be_bytes([*a, *b, *c, *d]), kind.get(..4)),
            _ => return Err(Spoiled::Damaged),
        };
        let length = match usize::try_from(length) {
            Ok(0) => rest.len(),
            Ok(length @ 8..) => length,
            _ => return Err(Spoiled::Damaged),
        };
        let (own, after) = rest.split_at_checked(length).ok_or(Spoiled::Damaged)?;
        if kind == Some(b"jp2c") {
            return own.get(8..).ok_or(Spoiled::Damaged);
        }
        // Colours that are numbers of a table: no photograph is made so.
        if kind == Some(b"jp2h") && own.windows(4).any(|part| part == b"pclr") {
            return Err(Spoiled::Type);
        }
        rest = after;
    }
    Err(Spoiled::Damaged)
}

/// Reads every header of a codestream (annex A).
fn looked_at(stream: &[u8]) -> Result<Size, Spoiled> {
    let mut rest = Octets(stream.get(2..).ok_or(Spoiled::Damaged)?);
    if rest.marker()? != SIZ {
        return Err(Spoiled::Damaged);
    }
    let size = Size::read(rest.segment()?)?;
    loop {
        match rest.marker()? {
            SOT => break,
            COD => {
                let mut coding = rest.segment()?;
                let own_precincts = coding.octet()?;
                coding.octet()?;
                let layers = coding.short()?;
                coding.octet()?;
                if layers > LAYERS {
                    return Err(Spoiled::Pixels);
                }
                component_coding(own_precincts, coding)?;
            }
            COC => {
                let mut coding = rest.segment()?;
                coding.octet()?;
                let own_precincts = coding.octet()?;
                component_coding(own_precincts, coding)?;
            }
            QCD | QCC | COM | TLM | CRG => {
                rest.segment()?;
            }
            _ => return Err(Spoiled::Type),
        }
    }
    // The marker SOT was read: each tile-part is a header and as many octets as it says, counted from its marker.
    loop {
        let begun = rest.0.len() + 2;
        let mut header = rest.segment()?;
        let tile = header.short()?;
        let length = header.long()?;
        if u32::from(tile) >= size.tiles {
            return Err(Spoiled::Damaged);
        }
        loop {
            match rest.marker()? {
                SOD => break,
                QCD | QCC | COM | PLT => {
                    rest.segment()?;
                }
                _ => return Err(Spoiled::Type),
            }
        }
        let read = begun - rest.0.len();
        let length = usize::try_from(length).map_err(|_| Spoiled::Damaged)?;
        // Nought: the last one, up to the end.
        if length == 0 {
            return if rest.0.ends_with(&EOC.to_be_bytes()) {
                Ok(size)
            } else {
                Err(Spoiled::Damaged)
            };
        }
        rest.skip(length.checked_sub(read).ok_or(Spoiled::Damaged)?)?;
        match rest.marker()? {
            EOC => return Ok(size),
            SOT => {}
            _ => return Err(Spoiled::Damaged),
        }
    }
}

impl Size {
    fn read(mut siz: Octets<'_>) -> Result<Self, Spoiled> {
        siz.short()?;
        let (width, height) = (siz.long()?, siz.long()?);
        let begins = [siz.long()?, siz.long()?];
        let (tile_width, tile_height) = (siz.long()?, siz.long()?);
        let tiles_begin = [siz.long()?, siz.long()?];
        let components = siz.short()?;
        if width == 0 || height == 0 || tile_width == 0 || tile_height == 0 {
            return Err(Spoiled::Damaged);
        }
        if width > LONGEST || height > LONGEST || u64::from(width) * u64::from(height) > PIXELS {
            return Err(Spoiled::Pixels);
        }
        let tiles = width.div_ceil(tile_width) * height.div_ceil(tile_height);
        if tiles > TILES {
            return Err(Spoiled::Pixels);
        }
        if begins != [0, 0] || tiles_begin != [0, 0] || !matches!(components, 1 | 3) {
            return Err(Spoiled::Type);
        }
        for _ in 0..components {
            let (depth, across, down) = (siz.octet()?, siz.octet()?, siz.octet()?);
            if depth != EIGHT_BITS || !(1..=2).contains(&across) || !(1..=2).contains(&down) {
                return Err(Spoiled::Type);
            }
        }
        if !siz.0.is_empty() {
            return Err(Spoiled::Damaged);
        }
        Ok(Self { width, height, tiles })
    }
}

/// The part that COD and COC share (table A.20).
fn component_coding(own_precincts: u8, mut coding: Octets<'_>) -> Result<(), Spoiled> {
    let levels = coding.octet()?;
    // As exponents less two: a code-block has 16 to 1,024 samples a side.
    let (across, down) = (coding.octet()?, coding.octet()?);
    coding.octet()?;
    coding.octet()?;
    if levels > LEVELS || !(2..=8).contains(&across) || !(2..=8).contains(&down) {
        return Err(Spoiled::Pixels);
    }
    if own_precincts & 1 == 1 {
        for _ in 0..=levels {
            let exponents = coding.octet()?;
            if exponents & 0x0f < PRECINCT || exponents >> 4 < PRECINCT {
                return Err(Spoiled::Pixels);
            }
        }
    }
    if coding.0.is_empty() {
        Ok(())
    } else {
        Err(Spoiled::Damaged)
    }
}

/// What is not read yet.
struct Octets<'a>(&'a [u8]);

impl Octets<'_> {
    fn octet(&mut self) -> Result<u8, Spoiled> {
        let (first, rest) = self.0.split_first().ok_or(Spoiled::Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn short(&mut self) -> Result<u16, Spoiled> {
        Ok(u16::from_be_bytes([self.octet()?, self.octet()?]))
    }

    fn long(&mut self) -> Result<u32, Spoiled> {
        Ok(u32::from_be_bytes([
            self.octet()?,
            self.octet()?,
            self.octet()?,
            self.octet()?,
        ]))
    }

    fn marker(&mut self) -> Result<u16, Spoiled> {
        self.short()
    }

    /// What a marker segment holds behind its length.
    fn segment(&mut self) -> Result<Self, Spoiled> {
        let length = usize::from(self.short()?).checked_sub(2).ok_or(Spoiled::Damaged)?;
        let (own, rest) = self.0.split_at_checked(length).ok_or(Spoiled::Damaged)?;
        self.0 = rest;
        Ok(Self(own))
    }

    fn skip(&mut self, length: usize) -> Result<(), Spoiled> {
        self.0 = self.0.get(length..).ok_or(Spoiled::Damaged)?;
        Ok(())
    }
}

const BOX: &[u8] = b"\x00\x00\x00\x0cjP  \r\n\x87\n";
const CODESTREAM: &[u8] = &[0xff, 0x4f, 0xff, 0x51];
const SIZ: u16 = 0xff51;
const COD: u16 = 0xff52;
const COC: u16 = 0xff53;
const TLM: u16 = 0xff55;
const PLT: u16 = 0xff58;
const QCD: u16 = 0xff5c;
const QCC: u16 = 0xff5d;
const CRG: u16 = 0xff63;
const COM: u16 = 0xff64;
const SOT: u16 = 0xff90;
const SOD: u16 = 0xff93;
const EOC: u16 = 0xffd9;

/// Unsigned, less one.
const EIGHT_BITS: u8 = 7;
/// Pixels of a picture on a chip; those of real cards have a third of it.
const PIXELS: u64 = 1_000_000;
/// Pixels of a side.
const LONGEST: u32 = 2_048;
/// Tiles of a picture.
const TILES: u32 = 64;
/// Quality layers.
const LAYERS: u16 = 32;
/// Levels of the wavelet.
const LEVELS: u8 = 8;
/// A precinct has 2 to this many samples a side at least.
const PRECINCT: u8 = 5;
/// Boxes before the codestream.
const MOST_BOXES: usize = 16;

#[cfg(test)]
#[path = "jpeg2000_test.rs"]
mod tests;
