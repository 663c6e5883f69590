//! A text with the parts marked in which it differs from the one beside it.

use std::ops::Range;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// It is not so in the other text.
    pub(crate) differs: bool,
}

/// The whole text, unmarked.
pub(crate) fn plain(text: &str) -> Vec<Piece> {
    marked(text, [])
}

/// The text in pieces. The ranges are octets of it, ascending and without overlap, as a comparison gives them; one that is
/// none of its own marks nothing.
pub(crate) fn marked(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |range: Range<usize>, differs| {
        let part = text.get(range).unwrap_or_default();
        if !part.is_empty() {
            pieces.push(Piece {
                text: part.to_owned(),
                differs,
            });
        }
    };
    let mut end = 0;
    for range in ranges {
        if range.start < end || text.get(range.clone()).is_none_or(str::is_empty) {
            continue;
        }
        add(end..range.start, false);
        end = range.end;
        add(range, true);
    }
    add(end..text.len(), false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked_and_no_character_is_lost() {
        let text = "髙橋　次郎";
        let pieces = marked(text, [0..3, 9..12]);
        let said: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(said, text);
        let differing: Vec<_> = pieces
            .iter()
            .filter(|piece| piece.differs)
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(differing, ["髙", "次"]);
    }

    #[test]
    fn a_range_of_another_text_marks_nothing() {
        for range in [1..2, 3..99, 4..4] {
            let pieces = marked("髙橋", [range]);
            assert_eq!(pieces, plain("髙橋"));
        }
        assert!(plain("").is_empty());
    }
}
