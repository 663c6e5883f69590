//! Which passwords are taken (NIST SP 800-63B-4 §3.1.1.2).
//!
//! Long ones, of any characters, that are neither among the commonest nor made of what anybody would try: no rules of
//! composition, no expiry, no hints. A list of breached passwords of some length would not help here: nearly all of its
//! entries are shorter than the shortest that is taken, and what people do to make them longer (repeat, count on, add a
//! year) is found by [`worth`] whatever the word was.

mod word;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use unicode_normalization::UnicodeNormalization;

use crate::characters;
pub use word::COMMONEST;

/// What an office may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The fewest characters. SP 800-63B-4 wants 15 where a password alone opens the account.
    pub shortest: usize,
}

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// E-PASSWORD-SHORT
    Short {
        /// The fewest characters that are taken.
        least: usize,
    },
    /// E-PASSWORD-LONG
    Long {
        /// The most characters that are taken.
        most: usize,
    },
    /// E-PASSWORD-CHAR: one that no keyboard gives twice.
    Character,
    /// E-PASSWORD-COMMON: made of what anybody would try.
    Common,
}

/// Judges a password that was [`prepared`], for somebody about whom these words are known: the ID, the address, the
/// company.
pub fn judge(password: &str, about: &[&str], policy: &Policy) -> Result<(), Unfit> {
    let length = password.chars().count();
    if length < policy.shortest {
        return Err(Unfit::Short { least: policy.shortest });
    }
    if length > LONGEST {
        return Err(Unfit::Long { most: LONGEST });
    }
    if characters::forbidden(password).is_some() {
        return Err(Unfit::Character);
    }
    if worth(password, about) < LEAST_WORTH {
        return Err(Unfit::Common);
    }
    Ok(())
}

/// A password as it is judged and hashed, however it was typed: what an input method writes wide is the same password.
/// Spaces count as they are (SP 800-63B-4: NFKC, whole, never cut).
pub fn prepared(typed: &str) -> String {
    typed.nfkc().collect()
}

/// How many pieces somebody would have to guess: a word that anybody would try, a row of the keyboard, a count, a year or
/// a repeated character is one piece, what repeats the piece before it is none, and every other character is one.
pub fn worth(password: &str, about: &[&str]) -> usize {
    let letters: Vec<char> = password.chars().flat_map(char::to_lowercase).collect();
    let words: Vec<Vec<char>> = about
        .iter()
        .flat_map(|word| word.split(|character: char| !character.is_alphanumeric()))
        .chain(COMMONEST.lines())
        .map(|word| word.chars().flat_map(char::to_lowercase).collect::<Vec<char>>())
        .filter(|word| word.len() >= SHORTEST_WORD)
        .collect();
    let mut least = vec![usize::MAX; letters.len() + 1];
    if let Some(first) = least.first_mut() {
        *first = 0;
    }
    for from in 0..letters.len() {
        let (Some(so_far), Some(rest)) = (least.get(from).copied(), letters.get(from..)) else {
            continue;
        };
        let mut reach = |length: usize, pieces: usize| {
            if let Some(place) = least.get_mut(from + length) {
                *place = (*place).min(so_far.saturating_add(pieces));
            }
        };
        reach(1, 1);
        for length in 3..=run(rest) {
            reach(length, 1);
        }
        if is_year(rest) {
            reach(4, 1);
        }
        for word in words.iter().filter(|word| begins(rest, word)) {
            reach(word.len(), 1);
        }
        let before = letters.get(..from).unwrap_or_default();
        for length in 2..=before.len().min(rest.len()) {
            if before.ends_with(rest.get(..length).unwrap_or_default()) {
                reach(length, 0);
            }
        }
    }
    least.last().copied().unwrap_or(0)
}

/// How many characters from the first on are one character repeated, a count up or down, or a walk along a row of keys.
fn run(letters: &[char]) -> usize {
    let steps: [fn(char, char) -> bool; 5] = [
        |one, next| one == next,
        |one, next| one.is_ascii_alphanumeric() && u32::from(one) + 1 == u32::from(next),
        |one, next| next.is_ascii_alphanumeric() && u32::from(next) + 1 == u32::from(one),
        |one, next| beside(one, next),
        |one, next| beside(next, one),
    ];
    let along = |step: &fn(char, char) -> bool| {
        let pairs = letters.iter().zip(letters.iter().skip(1));
        1 + pairs.take_while(|(one, next)| step(**one, **next)).count()
    };
    steps.iter().map(along).max().unwrap_or(0)
}

/// Whether `next` is the key to the right of `one`, or the one below it in a column.
fn beside(one: char, next: char) -> bool {
    KEYS.iter().any(|row| {
        let followed = row.chars().zip(row.chars().skip(1));
        followed.into_iter().any(|pair| pair == (one, next))
    })
}

fn is_year(letters: &[char]) -> bool {
    matches!(letters, ['1', '9', decade, year, ..] | ['2', '0', decade, year, ..]
        if decade.is_ascii_digit() && year.is_ascii_digit())
}

/// Whether the word stands at the beginning, in plain letters or in the digits and signs that people put for them.
fn begins(letters: &[char], word: &[char]) -> bool {
    letters.len() >= word.len()
        && letters
            .iter()
            .zip(word)
            .all(|(typed, letter)| typed == letter || stands_for(*typed, *letter))
}

const fn stands_for(typed: char, letter: char) -> bool {
    matches!(
        (typed, letter),
        ('0', 'o')
            | ('1' | '!' | '|', 'i' | 'l')
            | ('3', 'e')
            | ('4' | '@', 'a')
            | ('5' | '$', 's')
            | ('7' | '+', 't')
            | ('8', 'b')
            | ('9', 'g')
    )
}

/// Rows and columns of a Japanese and an American keyboard.
const KEYS: [&str; 8] = [
    "1234567890-^",
    "qwertyuiop@[",
    "asdfghjkl;:]",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "!\"#$%&'()",
    "!@#$%^&*()",
    "1q2w3e4r5t6y7u8i9o0p",
];
const SHORTEST_WORD: usize = 3;
/// More than anybody types, and little enough to be judged at once.
const LONGEST: usize = 128;
/// Pieces below which a password is made of what anybody would try.
const LEAST_WORTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_would_try_is_refused_however_long_it_was_made() {
        for password in [
            "passwordpassword",
            "P@ssw0rdP@ssw0rd",
            "Password2026!!!!!",
            "aaaaaaaaaaaaaaaaaaaa",
            "123456789012345678",
            "qwertyuiopasdfghjkl",
            "1qaz2wsx3edc4rfv",
            "1q2w3e4r5t6y7u8i",
            "abcdefghijklmnopq",
            "zyxwvutsrqponmlk",
            "Tokyo2026Tokyo2026",
            "sakurasakurasakura",
            "iloveyouiloveyou",
            "naccs-2026-naccs-2026",
            "yamada01yamada01yamada01",
            "abab-abab-abab-abab",
            "letmein letmein letmein",
            "パスワードパスワードパスワード",
        ] {
            let about = ["yamada01", "hanako@boeki.example"];
            assert_eq!(
                judge(&prepared(password), &about, &POLICY),
                Err(Unfit::Common),
                "{password}"
            );
        }
    }

    #[test]
    fn what_nobody_would_try_is_taken_whatever_its_characters() {
        for password in [
            "correct horse battery staple",
            "nkq7v-t2xw9-mfr3c",
            "港で朝七時に船を待つ人の声がする",
            "しずかな いりえの かもめ 三わ",
            "🦀 walks sideways home",
            "               x9Kw!mZq7d",
        ] {
            assert_eq!(judge(&prepared(password), &["yamada01"], &POLICY), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_own_id_is_no_password_and_neither_is_the_company() {
        let password = prepared("kaigai-boeki-yamada01!");
        assert_eq!(judge(&password, &[], &POLICY), Ok(()));
        let about = ["yamada01", "taro@kaigai-boeki.example"];
        assert_eq!(judge(&password, &about, &POLICY), Err(Unfit::Common));
    }

    #[test]
    fn a_password_has_as_many_characters_as_the_office_wants_and_no_more_than_can_be_judged() {
        let judged = |password: &str| judge(&prepared(password), &[], &POLICY);
        assert_eq!(judged("x9Kw!mZq7d_r3t"), Err(Unfit::Short { least: 15 }));
        assert_eq!(judged("x9Kw!mZq7d_r3tP"), Ok(()));
        assert_eq!(judge("x9Kw!mZq", &[], &Policy { shortest: 8 }), Ok(()));
        let long: String = "x9Kw!mZq7d_r3tPuE6yGbN".chars().cycle().take(129).collect();
        assert_eq!(judged(&long), Err(Unfit::Long { most: 128 }));
        let long: String = ('a'..='z')
            .cycle()
            .step_by(7)
            .zip('A'..='Z')
            .flat_map(<[char; 2]>::from)
            .take(128)
            .collect();
        assert_eq!(judged(&long), Ok(()), "{long}");
        assert_eq!(judged("x9Kw!mZq7d_r3tP\u{0}"), Err(Unfit::Character));
    }

    #[test]
    fn a_password_that_an_input_method_wrote_wide_is_the_same_password() {
        assert_eq!(prepared("ｘ９Ｋｗ！ｍＺｑ７ｄ　ｒ３ｔＰ"), prepared("x9Kw!mZq7d r3tP"));
        assert_eq!(prepared("ﾊﾟｽﾜｰﾄﾞ"), "パスワード");
        assert_ne!(
            prepared("x9kw!mzq7d r3tp"),
            prepared("x9Kw!mZq7d r3tP"),
            "capitals count"
        );
        assert_ne!(prepared(" x"), prepared("x"), "and so do spaces");
    }

    #[test]
    fn the_list_of_the_commonest_is_in_order_and_has_nothing_twice() {
        let words: Vec<&str> = COMMONEST.lines().collect();
        assert!(words.is_sorted_by(|one, next| one < next), "out of order");
        assert!(
            words
                .iter()
                .all(|word| word.chars().count() >= SHORTEST_WORD && *word == word.to_lowercase())
        );
    }

    const POLICY: Policy = Policy { shortest: 15 };
}
