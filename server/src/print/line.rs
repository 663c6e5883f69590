//! Text in lines: broken where Japanese may be broken (JIS X 4051), Latin words and numbers kept whole where they fit.

use krilla::geom::Point;
use krilla::surface::Surface;
use krilla::text::KrillaGlyph;

use super::font::{FaceId, Piece, set};

/// One line, ready to be drawn.
pub(super) struct Line {
    runs: Vec<Run>,
    /// In units of the font size.
    pub(super) width: f32,
}

/// Neighbours in one font.
struct Run {
    face: FaceId,
    text: String,
    glyphs: Vec<KrillaGlyph>,
    width: f32,
}

/// `text` in lines no wider than `width`, in units of the font size. All of its characters are in one of the lines, in
/// order; spaces at the end of a line may hang over it.
pub(super) fn wrap(text: &str, width: f32) -> Result<Vec<Line>, char> {
    let pieces = set(text)?;
    let mut lines = Vec::new();
    let mut rest = pieces.as_slice();
    while !rest.is_empty() {
        // `fill` takes at least one piece.
        let (line, after) = rest.split_at(fill(rest, width));
        lines.push(Line::of(text, line));
        rest = after;
    }
    Ok(lines)
}

/// How many of the pieces go on the line.
fn fill(pieces: &[Piece], width: f32) -> usize {
    let mut used = 0.0;
    let fitting = pieces
        .iter()
        .take_while(|piece| {
            used += piece.drawn.advance;
            used <= width + ROUNDING || piece.base == ' '
        })
        .count();
    if fitting == pieces.len() {
        return fitting;
    }
    (1..=fitting)
        .rev()
        .find(|end| match pieces.get(end - 1..=*end) {
            Some([before, after]) => may_break(before.base, after.base),
            _ => false,
        })
        .unwrap_or(fitting.max(1))
}

fn may_break(before: char, after: char) -> bool {
    let word = |character: char| character.is_ascii_graphic();
    let inseparable = word(before) && word(after);
    !inseparable && !NEVER_FIRST.contains(after) && !NEVER_LAST.contains(before)
}

impl Line {
    fn of(text: &str, pieces: &[Piece]) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for piece in pieces {
            let open = runs.pop_if(|run| run.face == piece.drawn.face);
            let mut run = open.unwrap_or_else(|| Run::new(piece.drawn.face));
            run.push(&text[piece.range.clone()], piece);
            runs.push(run);
        }
        Self {
            width: runs.iter().map(|run| run.width).sum(),
            runs,
        }
    }

    /// Draws the line, its baseline beginning at (`x`, `y`).
    pub(super) fn draw(&self, surface: &mut Surface<'_>, mut x: f32, y: f32, size: f32) {
        for run in &self.runs {
            surface.draw_glyphs(
                Point::from_xy(x, y),
                &run.glyphs,
                run.face.embedded(),
                &run.text,
                size,
                false,
            );
            x += run.width * size;
        }
    }
}

impl Run {
    const fn new(face: FaceId) -> Self {
        Self {
            face,
            text: String::new(),
            glyphs: Vec::new(),
            width: 0.0,
        }
    }

    fn push(&mut self, text: &str, piece: &Piece) {
        let start = self.text.len();
        self.text.push_str(text);
        self.glyphs.push(KrillaGlyph::new(
            piece.drawn.glyph,
            piece.drawn.advance,
            0.0,
            0.0,
            0.0,
            start..self.text.len(),
            None,
        ));
        self.width += piece.drawn.advance;
    }
}

/// Sums of advances in f32.
const ROUNDING: f32 = 0.001;
const NEVER_FIRST: &str = " \u{3000}、。，．・：；？！」』）〕］｝〉》】’”ー～ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎ々ゝゞヽヾﾞﾟｰｧｨｩｪｫｬｭｮｯ｡､｣･";
const NEVER_LAST: &str = "「『（〔［｛〈《【‘“｢";
