//! Which characters a field takes, and how many of them there are for a reader (DOMAIN §3.4, §8.4).
//!
//! Nothing here changes a text that is kept: even NFC destroys 神 (U+FA19), so a text stays as it was sent (A41). The
//! one exception is [`transfer_kana`], which writes an account holder as bank transfers do.

use alloc::string::String;

use unicode_normalization::char::compose;
use unicode_segmentation::UnicodeSegmentation;

/// How many characters a reader counts: an ideograph with its variation selector is one.
pub fn count(text: &str) -> usize {
    text.graphemes(true).count()
}

/// The first character that no field takes: controls (NUL, CR, LF, NEL), bidirectional controls, characters without a
/// picture, private and unassigned-for-ever code points, and a variation selector that follows no ideograph.
///
/// Each of them could make a printed or mailed text differ from the stored one (A36, A39, A40).
pub fn forbidden(text: &str) -> Option<char> {
    let mut before = None;
    for character in text.chars() {
        let selector = matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
        let refused = if selector {
            !before.is_some_and(ideograph)
        } else {
            never_taken(character)
        };
        if refused {
            return Some(character);
        }
        before = Some(character);
    }
    None
}

/// The width in which a character is set in Japanese text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 全角
    Full,
    /// 半角, of which a full-width twin exists.
    Half,
    /// Neither; no full-width field takes it.
    Neither,
}

/// The width of `character`. Variation selectors count as full, as they belong to an ideograph ([`forbidden`]).
pub const fn width(character: char) -> Width {
    match character {
        // Places without a character, and what every machine shows as an emoji, inside the blocks below.
        '\u{3a2}' | '\u{2e9a}' | '\u{2ef4}'..='\u{2eff}' | '\u{2fd6}'..='\u{2fdf}' | '\u{321f}'
        | '\u{25fd}' | '\u{25fe}' | '\u{2614}' | '\u{2615}' | '\u{2648}'..='\u{2653}' => Width::Neither,
        // Symbols of JIS X 0208 outside the blocks below; a Japanese keyboard gives them in full width.
        '§' | '¨' | '°' | '±' | '´' | '¶' | '×' | '÷'
        | '\u{391}'..='\u{3c9}' // Greek
        | '\u{401}'..='\u{451}' // Cyrillic
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{203b}' // dashes, quotation marks, …, ※
        | '\u{2100}'..='\u{22ff}' // ℃, №, Ⅳ, arrows, mathematics
        | '\u{2312}'
        | '\u{2460}'..='\u{24ff}' // ①
        | '\u{2500}'..='\u{266f}' // lines, shapes, ★
        | '\u{2e80}'..='\u{2fdf}' // radicals
        | '\u{3000}'..='\u{3029}' | '\u{3030}'..='\u{303d}' // 　、。々〇「」〜
        | '\u{3041}'..='\u{3096}' | '\u{309b}'..='\u{309f}' // hiragana
        | '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // katakana
        | '\u{3200}'..='\u{33ff}' // ㈱, ㍿, ㎡
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
        | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => Width::Full,
        ' '..='~' | '\u{ff61}'..='\u{ff9f}' => Width::Half,
        _ if ideograph(character) => Width::Full,
        _ => Width::Neither,
    }
}

/// The half-width twin of a full-width letter, digit, sign or space; every other character as it is. For what is compared
/// or looked up, never for what is kept.
pub const fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(character as u32 - 0xfee0) {
            Some(half) => half,
            None => character,
        },
        _ => character,
    }
}

/// A text as a full-width field keeps it: half-width letters, digits, signs, spaces and kana as their full-width twins, a
/// voiced mark joined with its kana, half-width or combining (ﾃﾞｽｸ 3 → デスク　３). Everything else stays as it is; of NFC it
/// is the kana alone.
pub fn widened(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        let mark = match character {
            'ﾞ' | '\u{3099}' => Some('\u{3099}'),
            'ﾟ' | '\u{309a}' => Some('\u{309a}'),
            _ => None,
        };
        if let Some(voiced) = mark.and_then(|mark| compose(written.chars().next_back()?, mark)) {
            written.pop();
            written.push(voiced);
            continue;
        }
        written.push(match character {
            ' ' => '\u{3000}',
            '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
            _ => wide_kana(character).unwrap_or(character),
        });
    }
    written
}

/// The first character that JIS X 0213 does not have: other machines may have no picture of it, so a person is told. It is
/// no reason to refuse, as 髙 is one.
pub fn outside_jis_x_0213(text: &str) -> Option<char> {
    text.chars().find(|character| {
        let selector = matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
        let asked = !selector && !character.is_ascii() && !matches!(character, '\u{ff61}'..='\u{ff9f}');
        asked && !JIS_X_0213.contains(*character)
    })
}

/// Full-width katakana as readings are written: ア to ヺ, ー, ・, and the full-width space.
pub const fn katakana(character: char) -> bool {
    matches!(character, 'ァ'..='ヺ' | 'ー' | '・' | '\u{3000}')
}

/// An account holder as transfers write it: half-width katakana, voiced marks on their own, small kana as big ones
/// (ニッポン → ﾆﾂﾎﾟﾝ), with the space and the `( ) . -` of company forms (ｶ)ﾃｽﾄ). `Err` names the first character that
/// has no such form.
pub fn transfer_kana(text: &str) -> Result<String, char> {
    let mut written = String::new();
    for character in text.chars() {
        let (kana, mark) = plain_and_mark(character).ok_or(character)?;
        if matches!(kana, 'ﾞ' | 'ﾟ') && !written.chars().last().is_some_and(|before| voices(before, kana)) {
            return Err(character);
        }
        written.push(kana);
        written.extend(mark);
    }
    Ok(written)
}

/// An e-mail address that can be put on an envelope: one recipient, a dot-atom and a domain name (RFC 5321 §4.1.2,
/// without quoted strings and address literals), half-width.
pub fn mailable(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let atom = |text: &str| !text.is_empty() && text.bytes().all(|octet| ATOM.contains(&octet));
    let label = |text: &str| {
        (1..=63).contains(&text.len())
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
    };
    local.len() <= 64
        && local.split('.').all(atom)
        && domain.contains('.')
        && domain.split('.').all(label)
        && !domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.bytes().all(|octet| octet.is_ascii_digit()))
}

const fn ideograph(character: char) -> bool {
    matches!(
        character,
        '々' | '〆' | '〇'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{fa6d}'
            | '\u{fa70}'..='\u{fad9}'
            // The supplementary ideographs that Unicode 17 has: a place without a character has no picture anywhere.
            | '\u{20000}'..='\u{2a6df}'
            | '\u{2a700}'..='\u{2b81d}'
            | '\u{2b820}'..='\u{2cead}'
            | '\u{2ceb0}'..='\u{2ebe0}'
            | '\u{2ebf0}'..='\u{2ee5d}'
            | '\u{2f800}'..='\u{2fa1d}'
            | '\u{30000}'..='\u{3134a}'
            | '\u{31350}'..='\u{33479}'
    )
}

const fn never_taken(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}' // Hangul fillers have no picture
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' // private use: another picture on every machine (外字)
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{10ffff}'
    ) || (character as u32) & 0xfffe == 0xfffe
}

/// The half-width form of a character and, where it is voiced, its mark.
fn plain_and_mark(character: char) -> Option<(char, Option<char>)> {
    let marked = |full, half, mark| twin(character, full, half).map(|kana| (kana, Some(mark)));
    match character {
        'ｦ' | 'ｱ'..='ﾝ' | 'ｰ' | 'ﾞ' | 'ﾟ' | ' ' | '(' | ')' | '.' | '-' => Some((character, None)),
        _ => twin(character, PLAIN.0, PLAIN.1)
            .map(|kana| (kana, None))
            .or_else(|| marked(VOICED.0, VOICED.1, 'ﾞ'))
            .or_else(|| marked(HALF_VOICED.0, HALF_VOICED.1, 'ﾟ')),
    }
}

/// The full-width twin of a half-width kana or Japanese sign (JIS X 0201 in U+FF61 to U+FF9F).
fn wide_kana(character: char) -> Option<char> {
    let place = u32::from(character).checked_sub(0xff61)?;
    WIDE.chars().nth(usize::try_from(place).ok()?)
}

fn twin(character: char, from: &str, to: &str) -> Option<char> {
    from.chars()
        .zip(to.chars())
        .find_map(|(one, other)| (one == character).then_some(other))
}

/// Whether half-width `kana` takes `mark`.
fn voices(kana: char, mark: char) -> bool {
    match mark {
        'ﾟ' => matches!(kana, 'ﾊ'..='ﾎ'),
        _ => matches!(kana, 'ｳ' | 'ｶ'..='ﾄ' | 'ﾊ'..='ﾎ'),
    }
}

/// RFC 5322 §3.2.3 `atext`.
const ATOM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~";

/// Each character above has its transfer form below it.
const PLAIN: (&str, &str) = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヰヱヲンァィゥェォッャュョヮヵヶｧｨｩｪｫｯｬｭｮー゛゜\u{3000}（）．－",
    "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｲｴｦﾝｱｲｳｴｵﾂﾔﾕﾖﾜｶｹｱｲｳｴｵﾂﾔﾕﾖｰﾞﾟ ().-",
);
const VOICED: (&str, &str) = ("ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ", "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎｳ");
const HALF_VOICED: (&str, &str) = ("パピプペポ", "ﾊﾋﾌﾍﾎ");
/// The full-width twins of U+FF61 to U+FF9F, in order.
const WIDE: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";
/// The full-width characters of JIS X 0213:2004, with the twins by which Windows knows seven of them (～ for 〜).
const JIS_X_0213: &str = include_str!("../data/jis-x-0213.txt");
