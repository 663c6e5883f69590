//! DOMAIN §9.3 on whole strings, one step after the other: slow, and another reader of the same rule.

use casework::names::{Class, Kind, TABLE};
use unicode_normalization::UnicodeNormalization;

pub(super) fn class(kind: Kind, register: &str, card: &str) -> Class {
    let (mut register, mut card) = (register.trim(), card.trim());
    while let (Kind::Company, Some(open)) = (kind, register.strip_suffix('】').and_then(|_| register.rfind('【'))) {
        if card.ends_with(&register[open..]) {
            card = card[..card.len() - (register.len() - open)].trim();
        }
        register = register[..open].trim();
    }
    single(kind, register, card)
}

fn single(kind: Kind, register: &str, card: &str) -> Class {
    let (one, other) = (key(kind, register), key(kind, card));
    let says = |key: &str| key.chars().any(char::is_alphanumeric) && !key.contains(['〓', '\u{fffd}']);
    let romaji = |key: &str| {
        key.chars().any(char::is_alphabetic)
            && key
                .chars()
                .filter(|c| c.is_alphabetic())
                .all(|c| c.is_ascii() || c == 'É')
    };
    let japanese = |key: &str| key.chars().any(|c| c >= '\u{3005}' && c.is_alphabetic());
    if !says(&one) || !says(&other) {
        Class::NotComparable
    } else if one == other {
        Class::Match
    } else if fold(&one) == fold(&other) {
        Class::Variant
    } else if kind == Kind::Person && ((romaji(&one) && japanese(&other)) || (romaji(&other) && japanese(&one))) {
        Class::NotComparable
    } else {
        Class::Mismatch
    }
}

fn fold(key: &str) -> String {
    TABLE.iter().fold(key.to_owned(), |key, (variant, base)| {
        key.replace(*variant, &base.to_string())
    })
}

pub(super) fn key(kind: Kind, text: &str) -> String {
    let unseen = |c: &char| matches!(c, '\u{200b}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    let seen: String = text.chars().filter(|c| !unseen(c)).collect();
    let composed: String = seen.replace('゛', "\u{3099}").nfkc().collect();
    let unified: String = composed
        .chars()
        .map(|c| match c {
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
            '~' => '〜',
            '·' | '•' | '∙' => '・',
            '’' | '‘' | '`' => '\'',
            '【' | '〔' | '[' => '(',
            '】' | '〕' | ']' => ')',
            'é' => 'É',
            c => c.to_ascii_uppercase(),
        })
        .collect();
    let letters: Vec<char> = unified.chars().collect();
    let roman = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == 'É');
    let mut closed: Vec<char> = Vec::new();
    for (at, c) in letters.iter().enumerate() {
        let next = letters[at..].iter().find(|c| **c != ' ');
        if *c != ' ' {
            closed.push(*c);
        } else if kind == Kind::Company
            && letters[at - usize::from(at > 0)] != ' '
            && roman(closed.last())
            && roman(next)
        {
            closed.push(' ');
        }
    }
    for at in 0..closed.len() {
        let before = at.checked_sub(1).and_then(|at| closed.get(at)).copied();
        let next = closed.get(at + 1).copied();
        if closed[at] == '-' && before.is_some_and(|c| ('ァ'..='ヿ').contains(&c) && c != '・') && !roman(next.as_ref())
        {
            closed[at] = 'ー';
        } else if closed[at] == 'ー' && roman(before.as_ref()) && roman(next.as_ref()) {
            closed[at] = '-';
        }
    }
    let mut key: String = closed.into_iter().collect();
    if kind == Kind::Company {
        for (short, full) in [("(株)", "株式会社"), ("(有)", "有限会社"), ("(医)", "医療法人")] {
            if let Some(rest) = key.strip_prefix(short) {
                key = format!("{full}{rest}");
                break;
            }
        }
        for (short, full) in [("(株)", "株式会社"), ("(有)", "有限会社"), ("(医)", "医療法人")] {
            if let Some(rest) = key.strip_suffix(short) {
                key = format!("{rest}{full}");
                break;
            }
        }
    }
    key
}
