//! The two fonts, and which of them draws a character: BIZ UDGothic, and a part of Noto Sans CJK JP for what it lacks
//! (`server/fonts/README.md`).
//!
//! Characters are set one by one, as Japanese is: no ligature or reordering can make the picture differ from the text
//! (A39). What would need more than that is refused by name.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use casework::characters;
use krilla::text::{Font, GlyphId};
use ttf_parser::Face;
use unicode_segmentation::UnicodeSegmentation as _;

/// The pieces of `text` that are drawn one by one, each with its glyph; `Err` names the first character that cannot be
/// drawn. For an ideograph whose variant neither font has, that is the selector: without it the text can be drawn.
pub(super) fn set(text: &str) -> Result<Vec<Piece>, char> {
    if let Some(character) = characters::forbidden(text) {
        return Err(character);
    }
    let mut pieces = Vec::new();
    for (start, cluster) in text.grapheme_indices(true) {
        let mut characters = cluster.char_indices().peekable();
        while let Some((offset, base)) = characters.next() {
            // A combining mark would need the measures of its base. The half-width ﾞ and ﾟ stand on their own.
            if offset > 0 && !matches!(base, 'ﾞ' | 'ﾟ') {
                return Err(base);
            }
            let selector = characters
                .next_if(|(_, next)| selects(*next))
                .map(|(_, selector)| selector);
            let length = base.len_utf8() + selector.map_or(0, char::len_utf8);
            let drawn = draw(base, selector)?;
            pieces.push(Piece {
                range: start + offset..start + offset + length,
                base,
                drawn,
            });
        }
    }
    Ok(pieces)
}

/// A character of a text and its picture.
pub(super) struct Piece {
    /// The octets of the text that it stands for.
    pub(super) range: Range<usize>,
    /// The character, without its variation selector.
    pub(super) base: char,
    pub(super) drawn: Drawn,
}

/// A glyph of one of the fonts.
#[derive(Clone, Copy)]
pub(super) struct Drawn {
    pub(super) face: FaceId,
    pub(super) glyph: GlyphId,
    /// In units of the font size.
    pub(super) advance: f32,
}

/// One of the fonts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FaceId {
    BizUdGothic,
    NotoSansCjk,
}

impl FaceId {
    /// The font as it goes into a document, where it is subset.
    pub(super) fn embedded(self) -> Font {
        self.loaded().embedded()
    }

    fn loaded(self) -> &'static Loaded {
        match self {
            Self::BizUdGothic => &BIZ_UD_GOTHIC,
            Self::NotoSansCjk => &NOTO_SANS_CJK,
        }
    }
}

fn draw(base: char, selector: Option<char>) -> Result<Drawn, char> {
    [FaceId::BizUdGothic, FaceId::NotoSansCjk]
        .into_iter()
        .find_map(|face| face.loaded().draw(face, base, selector))
        .ok_or_else(|| match selector {
            Some(selector) if draw(base, None).is_ok() => selector,
            _ => base,
        })
}

struct Loaded {
    octets: &'static [u8],
    face: Face<'static>,
    embedded: OnceLock<Font>,
}

impl Loaded {
    fn new(octets: &'static [u8]) -> Self {
        Self {
            octets,
            // The octets are part of the program, and the tests draw with them.
            face: Face::parse(octets, 0).expect("the vendored font reads"),
            embedded: OnceLock::new(),
        }
    }

    /// Made at the first print and not at the first question whether something can be printed: it reads the whole
    /// file, which the question need not hold in memory.
    fn embedded(&self) -> Font {
        let make = || Font::new(self.octets.into(), 0).expect("the vendored font reads");
        self.embedded.get_or_init(make).clone()
    }

    fn draw(&self, face: FaceId, base: char, selector: Option<char>) -> Option<Drawn> {
        let glyph = match selector {
            Some(selector) => self.face.glyph_variation_index(base, selector)?,
            None => self.face.glyph_index(base)?,
        };
        // A glyph without an outline would print as nothing, which only a space may.
        let picture = matches!(base, ' ' | '\u{3000}') || self.face.glyph_bounding_box(glyph).is_some();
        (glyph.0 != 0 && picture).then_some(())?;
        Some(Drawn {
            face,
            glyph: GlyphId::new(glyph.0.into()),
            advance: f32::from(self.face.glyph_hor_advance(glyph)?) / f32::from(self.face.units_per_em()),
        })
    }
}

const fn selects(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

static BIZ_UD_GOTHIC: LazyLock<Loaded> =
    LazyLock::new(|| Loaded::new(include_bytes!("../../fonts/BIZUDGothic-Regular.ttf")));
static NOTO_SANS_CJK: LazyLock<Loaded> =
    LazyLock::new(|| Loaded::new(include_bytes!("../../fonts/NotoSansCJKjp-Rest.otf")));
