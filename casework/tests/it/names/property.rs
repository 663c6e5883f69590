//! What holds for any two names.

use super::by_step;
use casework::names::{Class, Difference, Kind, TABLE, compare};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_name_is_itself(kind in kind(), name in text()) {
        let comparison = compare(kind, &name, &name);
        prop_assert_eq!(comparison.differences, []);
        prop_assert!(matches!(comparison.class, Class::Match | Class::NotComparable));
        // Nothing but a category is no name.
        let mut own = name.trim_end();
        while let (Kind::Company, Some(before)) = (kind, own.strip_suffix("【物品】")) {
            own = before.trim_end();
        }
        let says = own.nfkc().any(char::is_alphanumeric) && !name.contains(['〓', '\u{fffd}']);
        // Of a person's name the part in brackets may be illegible and the rest not.
        if says || kind == Kind::Company || !name.contains(['(', '（', '［', '【', '㈱', '㈲']) {
            prop_assert_eq!(comparison.class == Class::Match, says);
        }
    }

    #[test]
    fn nothing_depends_on_which_side_is_which_but_the_category(kind in kind(), (one, other) in pair()) {
        let there = compare(kind, &one, &other);
        let back = compare(kind, &other, &one);
        if kind == Kind::Person || !(one.contains('】') || other.contains('】')) {
            prop_assert_eq!(there.class, back.class);
        }
    }

    #[test]
    fn the_rule_followed_step_by_step_says_the_same(kind in kind(), (register, card) in pair()) {
        let brackets = |name| by_step::key(kind, name).contains('(');
        // A person's other names have their own test.
        if kind == Kind::Company || !(brackets(&register) || brackets(&card)) {
            prop_assert_eq!(compare(kind, &register, &card).class, by_step::class(kind, &register, &card));
        }
    }

    #[test]
    fn whatever_differs_is_among_the_differences(kind in kind(), (register, card) in pair()) {
        let comparison = compare(kind, &register, &card);
        let (mut listed, mut carried) = (0, 0);
        for Difference { register: one, card: other, variant } in &comparison.differences {
            prop_assert!(listed <= one.at && carried <= other.at, "they ascend");
            prop_assert_eq!(register.get(one.range()), Some(one.text.as_str()));
            prop_assert_eq!(card.get(other.range()), Some(other.text.as_str()));
            prop_assert!(!one.text.is_empty() || !other.text.is_empty());
            prop_assert!(!variant || compare(kind, &one.text, &other.text).class == Class::Variant);
            (listed, carried) = (one.range().end, other.range().end);
        }
        let others = comparison.differences.iter().filter(|difference| !difference.variant).count();
        match comparison.class {
            Class::Match | Class::NotComparable => prop_assert!(comparison.differences.is_empty()),
            Class::Variant => prop_assert!(others == 0 && comparison.variants().count() > 0),
            Class::Mismatch => prop_assert!(others > 0),
        }
    }

    #[test]
    fn no_form_of_unicode_makes_another_name(kind in kind(), name in "[À-ɏ\u{300}-\u{33f}Ͱ-Ͽ\u{1100}-\u{115e}\u{1161}-\u{11ff}Ḁ-\u{1fff}⁰-↏①-⓿ぁ-ゖ\u{3099}\u{309a}ァ-ヿㄱ-ㅣ㈀-㏿一-三가-힣豈-\u{faff}！-\u{ff9f} A-z]{0,8}") {
        let itself = compare(kind, &name, &name).class;
        for form in [name.nfc().collect::<String>(), name.nfd().collect(), name.nfkc().collect(), name.nfkd().collect()] {
            prop_assert_eq!(compare(kind, &name, &form).class, itself, "{:?}", form);
        }
    }

    #[test]
    fn other_characters_are_never_one_name(name in "[一-龠]{1,6}", at in 0..6_usize, other in any::<char>()) {
        // One character is exchanged; alike they are only if the table or NFKC says so.
        let mut letters: Vec<char> = name.chars().collect();
        let at = at % letters.len();
        let before = std::mem::replace(&mut letters[at], other);
        let changed: String = letters.iter().collect();
        let class = compare(Kind::Person, &name, &changed).class;
        let base = |character: char| {
            let base = |folded| TABLE.iter().find(|(variant, _)| *variant == folded).map_or(folded, |(_, base)| *base);
            character.nfkc().map(base).collect::<String>()
        };
        if class <= Class::Variant {
            prop_assert_eq!(base(before), base(other));
        }
    }

    #[test]
    fn variation_selectors_never_matter(kind in kind(), name in "[一-龠髙濵邊]{1,6}", other in "[一-龠高浜辺]{1,6}", selector in prop::char::range('\u{e0100}', '\u{e01ef}')) {
        let varied: String = name.chars().flat_map(|character| [character, selector]).collect();
        prop_assert_eq!(compare(kind, &varied, &name).class, Class::Match);
        prop_assert_eq!(compare(kind, &varied, &other).class, compare(kind, &name, &other).class);
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Company), Just(Kind::Person)]
}

/// What names are made of, and what only looks like it.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..8).prop_map(|pieces| pieces.concat())
}

/// Two texts, in most cases nearly the same.
fn pair() -> impl Strategy<Value = (String, String)> {
    let pieces = || prop::sample::select(PIECES);
    let nearly = (
        prop::collection::vec(pieces(), 1..8),
        prop::collection::vec((any::<prop::sample::Index>(), pieces()), 0..3),
    )
        .prop_map(|(one, changes)| {
            let mut other = one.clone();
            for (at, piece) in changes {
                let at = at.index(other.len());
                other[at] = piece;
            }
            (one.concat(), other.concat())
        });
    prop_oneof![4 => nearly, 1 => (text(), text())]
}

const PIECES: &[&str] = &[
    "株式会社",
    "(株)",
    "（株）",
    "㈱",
    "㍿",
    "㈲",
    "有限会社",
    "(医)",
    "【物品】",
    "［",
    "］",
    "(",
    ")",
    "テスト",
    "ﾃｽﾄ",
    "ガ",
    "ｶﾞ",
    "カ\u{3099}",
    "カ゛",
    "キヤノン",
    "キャノン",
    "ー",
    "－",
    "-",
    "‐",
    "—",
    "一",
    "二",
    "ニ",
    "A",
    "Ａ",
    "a",
    "B C",
    "1",
    "１",
    "①",
    "Ⅳ",
    " ",
    "\u{3000}",
    "・",
    "･",
    "髙",
    "高",
    "﨑",
    "崎",
    "濵",
    "濱",
    "浜",
    "邉",
    "辺",
    "部",
    "斎",
    "斉",
    "齋",
    "\u{fa19}",
    "神",
    "葛\u{e0100}",
    "葛",
    "\u{20bb7}",
    "吉",
    "渡",
    "田",
    "々",
    "佐",
    "ヶ",
    "ケ",
    "\u{200b}",
    "\u{fe0f}",
    "\u{202e}",
    "А",
    "é",
    "e\u{301}",
    "〜",
    "～",
    "〓",
    "\u{fffd}",
    "'",
    "’",
];
