//! 全角, 全角カナ and 半角 (DOMAIN §6.4): what a person typed in the other width is converted, not refused, and what cannot be
//! is refused by name.
//!
//! A text that was accepted has every character that was typed, in another width at most: half-width letters, digits, signs
//! and kana in full width, hiragana in katakana where a reading is asked for, a voiced mark joined with its kana. Spaces
//! before and behind are none of it. No other normalisation is done (A41).

use alloc::string::String;

use unicode_normalization::char::compose;

use crate::application::{Complaint, check};
use crate::characters::{self, half_width};

/// 全角: at most so many characters as a reader counts them.
pub fn full(text: &str, most: usize) -> Result<String, Complaint> {
    check::full_width(&to_full(text), most)
}

/// 全角カナ: a reading, with at least one kana in it.
pub fn katakana(text: &str, most: usize) -> Result<String, Complaint> {
    let reading = to_katakana(text);
    check::filled(&reading)?;
    if !reading.chars().all(characters::katakana) || !reading.contains(|kana| matches!(kana, 'ァ'..='ヺ')) {
        return Err(Complaint::Katakana);
    }
    check::within(&reading, most)?;
    Ok(reading)
}

/// 半角数字 of a telephone or a fax: 10 or 11, beginning with 0. A hyphen is not taken (E-TEL).
pub fn telephone(text: &str) -> Result<String, Complaint> {
    check::telephone(&to_half(text))
        .and_then(|digits| digits.starts_with('0').then_some(digits).ok_or(Complaint::Telephone))
}

/// 半角英数字 of an E-mail address that can be put on an envelope: one recipient, and no line end, not even at its end (A40).
pub fn mail(text: &str) -> Result<String, Complaint> {
    check::mail(&to_half(text))
}

/// 確認用: the same address once more.
pub fn same_mail(mail: &str, again: &str) -> Result<(), Complaint> {
    let again = to_half(again);
    check::filled(&again)?;
    (to_half(mail) == again).then_some(()).ok_or(Complaint::MailsDiffer)
}

/// A field that may stay empty.
pub fn optional<T>(text: &str, check: impl Fn(&str) -> Result<T, Complaint>) -> Result<Option<T>, Complaint> {
    if trimmed(text).is_empty() {
        Ok(None)
    } else {
        check(text).map(Some)
    }
}

/// In full width. Nothing is refused here, nor lost.
pub fn to_full(text: &str) -> String {
    characters::widened(trimmed(text))
}

/// In full-width katakana: hiragana too, and a voiced mark of any kind joined with its kana. Nothing is refused here.
pub fn to_katakana(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in to_full(text).chars() {
        let kana = match character {
            'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(character) + 0x60).unwrap_or(character),
            _ => character,
        };
        let mark = match kana {
            '゛' | '\u{3099}' => Some('\u{3099}'),
            '゜' | '\u{309a}' => Some('\u{309a}'),
            _ => None,
        };
        match mark.and_then(|mark| compose(written.chars().next_back()?, mark)) {
            Some(voiced) => {
                written.pop();
                written.push(voiced);
            }
            None => written.push(kana),
        }
    }
    written
}

/// In half width: letters, digits, signs and spaces. Kana stays, and is no digit.
pub fn to_half(text: &str) -> String {
    trimmed(text).chars().map(half_width).collect()
}

/// Without the spaces before and behind, of either width. A line end is no space: it is refused, not taken away.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\u{3000}'])
}
