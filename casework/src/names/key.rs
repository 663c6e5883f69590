//! K1, the mechanical key of DOMAIN §9.3: differences that it takes away are no differences of the name.
//!
//! Each letter of a key knows the octets it came from.

use super::variant;
use super::{Kind, form};
use alloc::vec::Vec;
use core::iter;
use core::ops::Range;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// A name as it is compared.
pub(super) struct Key(Vec<Letter>);

/// A character of a key.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) character: char,
    /// The octets of the text that was received. Several letters share them where one character was written for them (㈱).
    pub(super) range: Range<usize>,
}

/// Two keys are equal by their characters, wherever those came from.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.characters().eq(other.characters())
    }
}

impl Letter {
    /// K2 of this letter.
    pub(super) fn fold(&self) -> char {
        variant::fold(self.character)
    }

    /// Whether K2 makes no difference between them.
    pub(super) fn is_variant_of(&self, other: &Self) -> bool {
        self.character == other.character || self.fold() == other.fold()
    }
}

impl Key {
    /// The key of `text`.
    pub(super) fn of(kind: Kind, text: &str) -> Self {
        let mut draft = Draft::of(kind, text);
        let (mut start, mut alone) = (0, None);
        for (at, character) in text.char_indices() {
            let plain = plain(character);
            if at == 0 {
                alone = plain;
            } else if plain.is_some() || begins(character) {
                draft.write(start..at, alone);
                (start, alone) = (at, plain);
            } else {
                alone = None;
            }
        }
        draft.write(start..text.len(), alone);
        let mut key = Self(draft.letters);
        key.settle_dashes();
        if kind == Kind::Company {
            key.write_form_in_full();
        }
        key
    }

    pub(super) fn letters(&self) -> &[Letter] {
        &self.0
    }

    fn characters(&self) -> impl DoubleEndedIterator<Item = char> + Clone {
        self.0.iter().map(|letter| letter.character)
    }

    /// Whether it says anything, and whether every reader would see the same in it.
    pub(super) fn is_legible(&self) -> bool {
        legible(self.characters())
    }

    /// Letters of the Latin script and no others.
    pub(super) fn is_latin(&self) -> bool {
        let mut letters = self
            .characters()
            .filter(|character| character.is_alphabetic())
            .peekable();
        letters.peek().is_some() && letters.all(latin)
    }

    /// Whether an ideograph or kana is among its letters.
    pub(super) fn is_japanese(&self) -> bool {
        self.characters().any(japanese)
    }

    /// A person's own name, without the part in brackets, and the other name that this part makes: by itself (通称), or with
    /// what follows it (氏［旧氏］名).
    pub(super) fn parts(&self) -> Option<(Self, Self)> {
        let bracket = |sought| self.characters().position(|character| character == sought);
        let (open, close) = (bracket('(')?, bracket(')')?);
        let (before, inside, after) = (
            self.0.get(..open)?,
            self.0.get(open + 1..close)?,
            self.0.get(close + 1..)?,
        );
        let other = if before.is_empty() {
            inside.to_vec()
        } else {
            [inside, after].concat()
        };
        Some((Self([before, after].concat()), Self(other)))
    }

    /// A dash after katakana is a long vowel, a long vowel within Latin letters is a dash.
    fn settle_dashes(&mut self) {
        let mut before = None;
        let mut letters = self.0.iter_mut().peekable();
        while let Some(letter) = letters.next() {
            let next = letters.peek().map(|next| next.character);
            letter.character = match letter.character {
                '-' if before.is_some_and(katakana) && !next.is_some_and(latin) => 'ー',
                'ー' if before.is_some_and(latin) && next.is_some_and(latin) => '-',
                settled => settled,
            };
            before = Some(letter.character);
        }
    }

    /// (株) is written 株式会社 where the name begins or ends with it. Its place is part of the name: 株式会社X is not X株式会社.
    fn write_form_in_full(&mut self) {
        if let Some(close) = self.0.iter().position(|letter| letter.character == ')') {
            self.expand(0..close + 1);
        }
        if let Some(open) = self.0.iter().rposition(|letter| letter.character == '(') {
            self.expand(open..self.0.len());
        }
    }

    /// Puts the legal form in full where `letters` are its abbreviation in brackets.
    fn expand(&mut self, letters: Range<usize>) {
        if let Some(
            [
                first @ Letter { character: '(', .. },
                word @ ..,
                last @ Letter { character: ')', .. },
            ],
        ) = self.0.get(letters.clone())
            && let Some(full) = form::in_full(word.iter().map(|letter| letter.character))
        {
            let range = first.range.start..last.range.end;
            let full = full.chars().map(|character| Letter {
                character,
                range: range.clone(),
            });
            self.0.splice(letters, full);
        }
    }
}

/// A key while its text is read.
struct Draft<'a> {
    kind: Kind,
    text: &'a str,
    letters: Vec<Letter>,
    /// A space that stays if a Latin word follows.
    space: Option<Letter>,
}

impl<'a> Draft<'a> {
    fn of(kind: Kind, text: &'a str) -> Self {
        Self {
            kind,
            text,
            letters: Vec::with_capacity(text.len() / 2),
            space: None,
        }
    }

    /// The characters at `range`, which compose with nothing around them: NFKC, and what looks alike as one. `plain` is their
    /// NFKC where it is known.
    fn write(&mut self, range: Range<usize>, plain: Option<char>) {
        if let Some(character) = plain {
            return self.add(settle(character), range);
        }
        let written = self.text.get(range.clone()).unwrap_or_default();
        let seen = written.chars().filter(|character| !invisible(*character)).map(voiced);
        for character in seen.nfkc() {
            self.add(settle(character), range.clone());
        }
    }

    /// Every space goes; between two Latin words of a company one stays (商業登記).
    fn add(&mut self, character: char, range: Range<usize>) {
        let letter = Letter { character, range };
        let after_word = || self.letters.last().is_some_and(|before| latin(before.character));
        if character == ' ' {
            if self.kind == Kind::Company && self.space.is_none() && after_word() {
                self.space = Some(letter);
            }
            return;
        }
        let space = self.space.take();
        self.letters.extend(space.filter(|_| latin(character)));
        self.letters.push(letter);
    }
}

/// Whether `characters` say anything, and whether every reader would see the same in them: a character of one's own
/// (外字), 〓 and U+FFFD stand for another one that is not there.
pub(super) fn legible(characters: impl Iterator<Item = char>) -> bool {
    let mut says = false;
    for character in characters {
        match character {
            '\u{4e00}'..='\u{9fff}' => says = true,
            '\u{3013}' | '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => return false,
            // A voiced mark is a letter for Unicode; by itself it is none.
            'ﾞ' | 'ﾟ' => {}
            _ => says = says || (character.is_alphanumeric() && !invisible(character)),
        }
    }
    says
}

/// Whether what comes before `character` cannot compose with it (UAX #15 §9.1), so that NFKC may begin here anew.
fn begins(character: char) -> bool {
    if invisible(character) || voiced(character) != character {
        return false;
    }
    let mut first = None;
    decompose_compatible(character, |part| {
        first.get_or_insert(part);
    });
    first.is_none_or(|first| {
        canonical_combining_class(first) == 0 && is_nfkc_quick(iter::once(first)) != IsNormalized::Maybe
    })
}

/// NFKC of a character of which names are mostly made, where it depends on nothing around it. `None` is no statement.
const fn plain(character: char) -> Option<char> {
    match character {
        '\u{4e00}'..='\u{9fff}'
        | ' '..='~'
        | '\u{3001}'..='\u{3011}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fe}' => Some(character),
        '\u{3000}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0),
        _ => None,
    }
}

/// A voiced mark on its own (カ゛) belongs to the kana before it, as the half-width one does.
const fn voiced(character: char) -> char {
    match character {
        '゛' => '\u{3099}',
        '゜' => '\u{309a}',
        _ => character,
    }
}

/// What looks alike as one: steps 3 to 6, each without a look around.
fn settle(character: char) -> char {
    match character {
        '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{30ff}' | 'A'..='Z' | '0'..='9' => character,
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '~' => '〜',
        '\u{b7}' | '•' | '∙' => '・',
        '’' | '‘' | '`' => '\'',
        '“' | '”' => '"',
        '【' | '〔' | '[' => '(',
        '】' | '〕' | ']' => ')',
        _ if character.is_whitespace() => ' ',
        _ if character.is_ascii() => character.to_ascii_uppercase(),
        _ if latin(character) => capital(character),
        _ => character,
    }
}

/// The capital whose small letter this is. ı is no small I and ß no SS: they stay.
fn capital(character: char) -> char {
    let mut capitals = character.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) if capital.to_lowercase().eq(iter::once(character)) => capital,
        _ => character,
    }
}

/// A letter of the Latin script, or a digit.
const fn latin(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' if !matches!(character, '×' | '÷'))
}

const fn katakana(character: char) -> bool {
    matches!(character, '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}')
}

/// An ideograph or a kana.
const fn japanese(character: char) -> bool {
    matches!(
        character,
        '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// What a reader does not see: variation selectors, controls, joiners. What turns the direction of a text is not among them,
/// for it changes what is seen.
const fn invisible(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'..='\u{2064}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
