//! The values of a line, checked one by one.

use casework::characters::{self, half_width};
use casework::time::{Date, Day};

use super::Why;
use super::column::Column;

/// The values of a line, and what was found wrong in them.
pub(super) struct Field<'a> {
    columns: &'a [Column],
    values: &'a [String],
    pub(super) bad: Vec<(Column, Why)>,
    /// How many values were written in half-width kana.
    pub(super) widened: usize,
}

impl<'a> Field<'a> {
    pub(super) fn new(columns: &'a [Column], values: &'a [String]) -> Self {
        Self {
            columns,
            values,
            bad: Vec::new(),
            widened: 0,
        }
    }

    fn value(&self, column: Column) -> &'a str {
        let place = self.columns.iter().position(|known| *known == column);
        // A formula may hide behind a tab or a return; a space is none.
        place
            .and_then(|place| self.values.get(place))
            .map_or("", |value| value.trim_matches([' ', '\u{3000}']))
    }

    /// Whether anything stands there.
    pub(super) fn has(&self, column: Column) -> bool {
        !self.value(column).is_empty()
    }

    /// A text that must be there.
    pub(super) fn must(&mut self, column: Column, most: usize) -> Option<String> {
        if !self.has(column) {
            self.bad.push((column, Why::Empty));
            return None;
        }
        self.may(column, most)
    }

    /// A text that may be there.
    pub(super) fn may(&mut self, column: Column, most: usize) -> Option<String> {
        let value = self.value(column);
        if value.is_empty() {
            return None;
        }
        if let Err(why) = fits(value, most) {
            self.bad.push((column, why));
            return None;
        }
        if !value.chars().any(is_half_width_kana) {
            return Some(value.to_owned());
        }
        self.widened += 1;
        Some(widened(value))
    }

    /// A day, and whether one must be there.
    pub(super) fn day(&mut self, column: Column, must: bool) -> Option<Day> {
        let value = self.value(column);
        if value.is_empty() {
            if must {
                self.bad.push((column, Why::Empty));
            }
            return None;
        }
        self.read(column, Why::Day, day(value))
    }

    /// What was read, or a complaint.
    pub(super) fn read<T>(&mut self, column: Column, why: Why, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.bad.push((column, why));
        }
        read
    }
}

/// A 法人番号 in half-width digits, if its check digit is right.
pub(super) fn corporate_number(text: &str) -> Option<String> {
    let number: String = text.chars().map(half_width).filter(|typed| *typed != '-').collect();
    let digits: Vec<u32> = number.chars().map(|digit| digit.to_digit(10)).collect::<Option<_>>()?;
    let [check, rest @ ..] = digits.as_slice() else {
        return None;
    };
    if rest.len() != 12 {
        return None;
    }
    // From the right, every second digit counts twice (法人番号の指定等に関する省令 2条).
    let sum: u32 = rest
        .iter()
        .rev()
        .zip([1, 2].iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    (9 - sum % 9 == *check).then_some(number)
}

fn fits(value: &str, most: usize) -> Result<(), Why> {
    if let Some(first) = value.chars().next()
        && matches!(half_width(first), '=' | '+' | '-' | '@' | '\t' | '\r')
    {
        return Err(Why::Formula(first));
    }
    match characters::forbidden(value) {
        Some(wrong @ ('\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')) => return Err(Why::Private(wrong)),
        Some(wrong) => return Err(Why::Character(wrong)),
        None => {}
    }
    if value.chars().any(|character| character == '\u{fffd}') {
        return Err(Why::Character('\u{fffd}'));
    }
    if characters::count(value) > most {
        return Err(Why::TooLong(most));
    }
    Ok(())
}

/// `2026-04-01`, `2026/4/1` or `20260401`, in digits of either width.
pub(crate) fn day(text: &str) -> Option<Day> {
    let text: String = text.chars().map(half_width).collect();
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [whole] if whole.len() == 8 => (whole.get(..4)?, whole.get(4..6)?, whole.get(6..)?),
        _ => return None,
    };
    let digits = |text: &str, most: usize| {
        let fits = (1..=most).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
        fits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    Date::from_iso(&format!("{year:04}-{month:02}-{day:02}")).map(Date::as_day)
}

const fn is_half_width_kana(character: char) -> bool {
    matches!(character, '\u{ff61}'..='\u{ff9f}')
}

/// Half-width kana in full width, a voiced mark joined to what it voices; everything else as it is.
fn widened(text: &str) -> String {
    let mut wide = String::new();
    for character in text.chars() {
        let joined = match character {
            'ﾞ' => wide.chars().last().and_then(|before| twin(before, VOICED)),
            'ﾟ' => wide.chars().last().and_then(|before| twin(before, HALF_VOICED)),
            _ => None,
        };
        match joined {
            Some(voiced) => {
                wide.pop();
                wide.push(voiced);
            }
            None => wide.push(twin(character, WIDE).unwrap_or(character)),
        }
    }
    wide
}

fn twin(character: char, (from, to): (&str, &str)) -> Option<char> {
    from.chars()
        .zip(to.chars())
        .find_map(|(one, other)| (one == character).then_some(other))
}

const WIDE: (&str, &str) = (
    "｡｢｣､･ｦｧｨｩｪｫｬｭｮｯｰｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝﾞﾟ",
    "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜",
);
const VOICED: (&str, &str) = (
    "ウカキクケコサシスセソタチツテトハヒフヘホ",
    "ヴガギグゲゴザジズゼゾダヂヅデドバビブベボ",
);
const HALF_VOICED: (&str, &str) = ("ハヒフヘホ", "パピプペポ");
