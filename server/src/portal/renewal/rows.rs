//! The rows of both cards as the page shows them: what differs is marked, down to the characters and their code points
//! (DOMAIN §4.3, §5.1, §5.6).

use casework::renewal::ReviewPolicy;
use std::ops::Range;

use crate::desk::bidder::CardFace;
use crate::desk::renewal::{Confirmation, Item, rows};
use crate::portal::bidding::beside::{MOST_POINTS, pointed};
use crate::portal::marked::{Piece, marked};
use crate::portal::page::Page;

/// A row of a card.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) value: Vec<Piece>,
    /// The other card says something else.
    pub(super) differs: bool,
    /// The differing characters of names and addresses, with their code points.
    pub(super) points: Option<String>,
    /// 取得者住所, which is personal data.
    pub(super) home: bool,
}

/// A card with its rows.
pub(super) struct Block {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// 現在使用しているICカード and 新規に使用するICカード.
pub(super) fn blocks(page: &Page, review: ReviewPolicy, confirmation: &Confirmation) -> [Block; 2] {
    let Confirmation { old, new, entry, .. } = confirmation;
    let of = |face: &CardFace| rows(review, entry.as_ref(), face, page.words.language());
    let (old, new) = (of(old), of(new));
    let mut blocks = [("old", "renewal-old"), ("new", "renewal-new")].map(|(id, title)| Block {
        id,
        title: page.t(title),
        rows: Vec::new(),
    });
    for (old, new) in old.into_iter().zip(new) {
        let (mut in_old, mut in_new) = differing(&old.value, &new.value);
        let differs = old.value != new.value;
        // Numbers of two certificates differ throughout: that they do is said, and all of it in a colour would hide the names.
        if old.item == Item::Serial && octets(&in_old) * 2 > old.value.len() {
            (in_old, in_new) = (Vec::new(), Vec::new());
        }
        let told = is_name(old.item);
        let home = old.item == Item::HolderAddress;
        let sides = [(old.label, old.value, in_old), (new.label, new.value, in_new)];
        for (block, (label, value, ranges)) in blocks.iter_mut().zip(sides) {
            let points = told.then(|| points(&value, &ranges)).flatten();
            block.rows.push(Row {
                label: label.to_owned(),
                differs,
                value: marked(&value, ranges),
                points,
                home,
            });
        }
    }
    blocks
}

/// Code points are told of names and addresses; a serial number's digits are themselves.
const fn is_name(item: Item) -> bool {
    match item {
        Item::Company
        | Item::Address
        | Item::CardCompany
        | Item::CardCompanyAddress
        | Item::Holder
        | Item::HolderAddress => true,
        Item::Serial | Item::Issuer | Item::ValidUntil => false,
    }
}

/// The parts in which two texts differ. What they begin and end with alike is left out; between, characters are compared one
/// by one where there are as many on both sides.
fn differing(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    if old == new {
        return (Vec::new(), Vec::new());
    }
    let common = |(a, b): &(char, char)| a == b;
    let start: usize = old
        .chars()
        .zip(new.chars())
        .take_while(common)
        .map(|(character, _)| character.len_utf8())
        .sum();
    let (rest_old, rest_new) = (
        old.get(start..).unwrap_or_default(),
        new.get(start..).unwrap_or_default(),
    );
    let end: usize = rest_old
        .chars()
        .rev()
        .zip(rest_new.chars().rev())
        .take_while(common)
        .map(|(character, _)| character.len_utf8())
        .sum();
    let (middle_old, middle_new) = (start..old.len() - end, start..new.len() - end);
    let (text_old, text_new) = (
        old.get(middle_old.clone()).unwrap_or_default(),
        new.get(middle_new.clone()).unwrap_or_default(),
    );
    let pairs = text_old.char_indices().zip(text_new.char_indices());
    let alike = pairs.clone().filter(|((_, one), (_, other))| one == other).count();
    // Where fewer are alike than not, they are so by chance, and it is another text.
    if text_old.chars().count() != text_new.chars().count() || alike * 2 < text_old.chars().count() {
        let some = |range: Range<usize>| if range.is_empty() { Vec::new() } else { vec![range] };
        return (some(middle_old), some(middle_new));
    }
    let mut ranges = (Vec::new(), Vec::new());
    for ((at_old, one), (at_new, other)) in pairs {
        if one != other {
            add(&mut ranges.0, start + at_old, one.len_utf8());
            add(&mut ranges.1, start + at_new, other.len_utf8());
        }
    }
    ranges
}

/// How much of a text these parts are.
fn octets(ranges: &[Range<usize>]) -> usize {
    ranges.iter().map(Range::len).sum()
}

/// Neighbours are one part.
fn add(ranges: &mut Vec<Range<usize>>, at: usize, length: usize) {
    match ranges.last_mut() {
        Some(last) if last.end == at => last.end = at + length,
        _ => ranges.push(at..at + length),
    }
}

fn points(text: &str, ranges: &[Range<usize>]) -> Option<String> {
    let parts: Vec<&str> = ranges.iter().filter_map(|range| text.get(range.clone())).collect();
    let count: usize = parts.iter().map(|part| part.chars().count()).sum();
    (1..=MOST_POINTS)
        .contains(&count)
        .then(|| parts.into_iter().map(pointed).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(text: &'a str, ranges: &[Range<usize>]) -> Vec<&'a str> {
        ranges.iter().map(|range| &text[range.clone()]).collect()
    }

    #[test]
    fn r116_the_differing_characters_alone_are_marked() {
        let (old, new) = ("髙橋 一郎", "高橋 二郎");
        let (in_old, in_new) = differing(old, new);
        assert_eq!(parts(old, &in_old), ["髙", "一"]);
        assert_eq!(parts(new, &in_new), ["高", "二"]);
        assert_eq!(points(old, &in_old).unwrap(), "髙 U+9AD9, 一 U+4E00");
    }

    #[test]
    fn the_two_serial_numbers_of_the_source_document_differ_in_their_last_digits() {
        let old = "246187065731116185158328469941009070494604893753";
        let new = "246187065731116185158328469941009070494604893767";
        let (in_old, in_new) = differing(old, new);
        assert_eq!((parts(old, &in_old), parts(new, &in_new)), (vec!["53"], vec!["67"]));
    }

    #[test]
    fn what_agrees_by_chance_is_no_part_of_its_own() {
        let (old, new) = ("2027/01/03", "2028/12/24");
        let (in_old, in_new) = differing(old, new);
        assert_eq!(
            (parts(old, &in_old), parts(new, &in_new)),
            (vec!["7/01/03"], vec!["8/12/24"])
        );
        let (old, new) = ("614602342530842135186369", "377999126957816047453993");
        let (in_old, _) = differing(old, new);
        assert_eq!(parts(old, &in_old), [old]);
        assert_eq!(octets(&in_old), old.len());
    }

    #[test]
    fn what_only_one_side_has_is_marked_there() {
        for (old, new, in_old, in_new) in [
            ("株式会社A", "株式会社A支店", vec![], vec!["支店"]),
            ("", "A", vec![], vec!["A"]),
            ("ああ", "ああ", vec![], vec![]),
            ("aあb", "aいうb", vec!["あ"], vec!["いう"]),
        ] {
            let ranges = differing(old, new);
            assert_eq!((parts(old, &ranges.0), parts(new, &ranges.1)), (in_old, in_new));
        }
    }
}
