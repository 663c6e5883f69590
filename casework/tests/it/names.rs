//! Names are compared as DOMAIN §9 says, and never better than that.

mod by_step;
mod property;

use casework::names::{Certified, Class, Difference, Kind, TABLE, TABLE_VERSION, compare, compare_certified};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

#[test]
fn every_vector_of_the_field_comes_out_as_it_says() {
    let mut rows = 0;
    for row in include_str!("../data/name_vectors.csv").lines().skip(1) {
        let [kind, register, card, class] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row} has not four columns");
        };
        let kind = match kind {
            "company" => Kind::Company,
            "person" => Kind::Person,
            other => panic!("{other} is no kind"),
        };
        let expected = match class {
            "match" => Class::Match,
            "variant" => Class::Variant,
            "mismatch" => Class::Mismatch,
            "not-comparable" => Class::NotComparable,
            other => panic!("{other} is no class"),
        };
        assert_eq!(compare(kind, register, card).class, expected, "{row}");
        rows += 1;
    }
    assert_eq!(rows, 23);
}

#[test]
fn every_row_of_9_4_comes_out_as_it_says() {
    for (kind, register, card, class) in [
        (
            Kind::Company,
            "株式会社テスト工務店",
            "（株）テスト工務店",
            Class::Match,
        ),
        (Kind::Company, "株式会社テスト工務店", "㈱ﾃｽﾄ工務店", Class::Match),
        (Kind::Company, "株式会社Ａ【物品】", "株式会社A", Class::Match),
        (
            Kind::Company,
            "テスト工務店株式会社",
            "株式会社テスト工務店",
            Class::Mismatch,
        ),
        (Kind::Company, "(株)テスト工務店01", "bidca4", Class::Mismatch),
        (Kind::Company, "株式会社ＡＢＣ建設", "株式会社 ABC 建設", Class::Match),
        (
            Kind::Company,
            "スーパー建設(株)",
            "ス\u{ff0d}パ\u{ff0d}建設（株）",
            Class::Match,
        ),
        (Kind::Person, "髙橋\u{3000}一郎", "高橋 一郎", Class::Variant),
        (Kind::Person, "山\u{fa11}花子", "山崎\u{3000}花子", Class::Variant),
        (Kind::Person, "濵田", "濱田", Class::Variant),
        (Kind::Person, "濵田", "浜田", Class::Variant),
        (Kind::Person, "濱田", "浜田", Class::Variant),
        (Kind::Person, "渡邉", "渡辺", Class::Variant),
        (Kind::Person, "渡辺", "渡部", Class::Mismatch),
        (Kind::Person, "斎藤", "斉藤", Class::Mismatch),
        (Kind::Person, "齋藤", "斎藤", Class::Variant),
        (Kind::Person, "\u{fa19}谷", "\u{795e}谷", Class::Match),
        (Kind::Person, "葛\u{e0100}城", "葛城", Class::Match),
        (Kind::Person, "\u{20bb7}田", "吉田", Class::Variant),
        (Kind::Company, "キヤノン㈱", "キャノン株式会社", Class::Mismatch),
        (Kind::Person, "二ツ木", "ニツ木", Class::Mismatch),
    ] {
        assert_eq!(compare(kind, register, card).class, class, "{register} {card}");
        // None of these depends on which side is which, but for the category.
        if !register.ends_with('】') {
            assert_eq!(compare(kind, card, register).class, class, "{card} {register}");
        }
    }
}

#[test]
fn the_table_is_one_to_one_without_chains_and_of_version_1() {
    assert!(
        TABLE.is_sorted_by(|(one, _), (other, _)| one < other),
        "it is searched by halves"
    );
    let variants: BTreeSet<_> = TABLE.iter().map(|(variant, _)| *variant).collect();
    assert_eq!(variants.len(), TABLE.len());
    for (variant, base) in TABLE {
        assert_ne!(variant, base);
        assert!(!variants.contains(base), "{base} is a base and a variant");
        for character in [variant, base] {
            assert!(
                character.nfkc().eq([*character]),
                "{character} does not reach the table"
            );
        }
        // The control of what is never folded: these are.
        let names = (format!("{variant}田"), format!("{base}田"));
        assert_eq!(compare(Kind::Person, &names.0, &names.1).class, Class::Variant);
        assert_eq!(compare(Kind::Company, &names.0, &names.1).class, Class::Variant);
    }
    // Another table is another version: whoever changes one changes the other.
    let digest = TABLE.iter().fold(0_u64, |digest, (variant, base)| {
        digest
            .wrapping_mul(31)
            .wrapping_add(u64::from(*variant))
            .wrapping_mul(31)
            .wrapping_add(u64::from(*base))
    });
    assert_eq!(
        (TABLE_VERSION, TABLE.len(), digest),
        (1, 51, 10_729_018_778_216_882_591)
    );
}

#[test]
fn characters_of_9_3_that_are_never_folded_are_not() {
    for group in [
        "斉斎",
        "崎埼碕",
        "辺部",
        "沢択",
        "高嵩",
        "一ー－",
        "ニ二",
        "ロ口",
        "ハ八",
        "カ力",
        "ヘへ",
        "島縞",
        "ヤャ",
        "佐々",
        "ツッ",
    ] {
        for one in group.chars() {
            for other in group.chars().filter(|other| *other != one) {
                for kind in [Kind::Company, Kind::Person] {
                    // After an ideograph, so that no dash is a long vowel.
                    let names = (format!("山{one}木"), format!("山{other}木"));
                    assert_eq!(
                        compare(kind, &names.0, &names.1).class,
                        Class::Mismatch,
                        "{one} {other}"
                    );
                }
            }
        }
    }
    for (one, other) in [
        ("キヤノン", "キャノン"),
        ("佐々木", "佐佐木"),
        ("齊藤", "齋藤"),
        ("田邊", "田部"),
    ] {
        assert_eq!(
            compare(Kind::Person, one, other).class,
            Class::Mismatch,
            "{one} {other}"
        );
    }
}

#[test]
fn what_a_keyboard_makes_of_one_name_is_one_name() {
    for (one, other) in [
        ("㈱ﾃｽﾄｶﾞｰﾃﾞﾝ", "株式会社テストガーデン"),
        ("テストカ\u{3099}ーデン㈱", "テストガーデン㍿"),
        ("カ゛ーデン", "ガーデン"),
        ("ハ゜ーク", "パーク"),
        ("スーパ‐", "スーパー"),
        ("スーパ−", "スーパー"),
        ("スーパ—建設", "スーパー建設"),
        ("Ａ－１工業", "A‑1工業"),
        ("Ａー１工業", "A−1工業"),
        ("A〜Z", "Ａ～Ｚ"),
        ("A~Z", "Ａ〜Ｚ"),
        ("アイ･エス・アイ", "アイ·エス•アイ"),
        ("O’Hara", "O'HARA"),
        ("“A”", "\"a\""),
        ("［A］工業", "【A】工業"),
        ("株式会社 A 建 設", "株式会社Ａ建設"),
        ("A\u{3000}\u{3000}B", "a b"),
        ("（ 株 ）テスト", "㈱テスト"),
        ("(有)テスト", "有限会社テスト"),
        ("テスト(同)", "テスト合同会社"),
        ("(特非)テスト", "特定非営利活動法人テスト"),
        ("(社福)テスト", "(福)テスト"),
        ("第Ⅳ工区①", "第IV工区1"),
        ("Éclair", "éclair"),
        ("E\u{301}clair", "éclair"),
        ("テスト\u{200b}工\u{feff}務店", "テスト工務店"),
        ("テスト 【物品】【工事】 ", "テスト"),
        ("テスト㈱【物品】", "テスト株式会社【物品】"),
    ] {
        assert_eq!(compare(Kind::Company, one, other).class, Class::Match, "{one} {other}");
    }
}

#[test]
fn what_makes_another_company_stays_another() {
    for (one, other) in [
        ("株式会社アシスト", "アシスト株式会社"),
        ("株式会社テスト", "有限会社テスト"),
        ("株式会社テスト", "テスト"),
        ("A B株式会社", "AB株式会社"),
        ("テスト(株)札幌", "テスト株式会社札幌"),
        ("スーパー1", "スーパ-1"),
        ("山一建設", "山ー建設"),
        ("ビー", "ビ一"),
        ("テスト", "テスト【物品】"),
        ("テスト工務店", "テスト工務店札幌支店"),
        ("(一社)テスト", "(社)テスト"),
        ("ﾃｽﾄ", "てすと"),
        ("ハ", "バ"),
        ("ハ", "パ"),
        ("Kılıç", "KILIC"),
    ] {
        assert_eq!(
            compare(Kind::Company, one, other).class,
            Class::Mismatch,
            "{one} {other}"
        );
    }
}

#[test]
fn a41_look_alikes_are_other_names_and_what_turns_a_text_is_seen() {
    for (one, other) in [
        ("YAMADA", "Y\u{410}MADA"),
        ("YAMADA", "YΑMADA"),
        ("カトウ", "力トウ"),
        ("エ藤", "工藤"),
        ("山田太郎", "\u{202e}郎太田山"),
        ("山田太郎", "\u{2067}山田太郎"),
        ("は\u{3099}ば", "はば"),
    ] {
        assert_eq!(
            compare(Kind::Person, one, other).class,
            Class::Mismatch,
            "{one} {other}"
        );
    }
    for (one, other) in [
        ("山\u{200d}田", "山田"),
        ("は\u{3099}ば", "ばば"),
        ("\u{ff3a}", "Z"),
        ("神\u{fe00}谷", "\u{fa19}谷"),
        ("Å", "A\u{30a}"),
    ] {
        assert_eq!(compare(Kind::Person, one, other).class, Class::Match, "{one} {other}");
    }
}

#[test]
fn a_name_that_says_nothing_is_not_compared_even_with_itself() {
    // 外字 are drawn anew by every system, and 〓 stands for any character.
    for nothing in [
        "",
        " \u{3000}",
        "\u{e0100}",
        "\u{200b}",
        "－",
        "・",
        "（）",
        "\u{3164}",
        "〓田",
        "\u{e000}田",
        "\u{fffd}田",
        "\u{10ffff}",
    ] {
        for other in [nothing, "田", "株式会社A", ""] {
            for kind in [Kind::Company, Kind::Person] {
                for (register, card) in [(nothing, other), (other, nothing)] {
                    let comparison = compare(kind, register, card);
                    assert_eq!(comparison.class, Class::NotComparable, "{register:?} {card:?}");
                    assert_eq!(comparison.differences, []);
                }
            }
        }
    }
    assert_eq!(compare(Kind::Company, "【物品】", "物品").class, Class::NotComparable);
    assert_eq!(
        compare(Kind::Person, "田", "田").class,
        Class::Match,
        "a name of one character is a name"
    );
}

#[test]
fn latin_letters_alone_are_no_comparison_for_a_person_and_a_mismatch_for_a_company() {
    for japanese in ["山田太郎", "やまだ", "ヤマダ", "\u{20bb7}田"] {
        for latin in ["YAMADA TARO", "Ｙａｍａｄａ", "ARServer4", "José O'Hara-2"] {
            assert_eq!(
                compare(Kind::Person, japanese, latin).class,
                Class::NotComparable,
                "{japanese} {latin}"
            );
            assert_eq!(
                compare(Kind::Person, latin, japanese).class,
                Class::NotComparable,
                "{japanese} {latin}"
            );
            assert_eq!(
                compare(Kind::Company, japanese, latin).class,
                Class::Mismatch,
                "{japanese} {latin}"
            );
        }
        assert_eq!(
            compare(Kind::Person, japanese, "1234").class,
            Class::Mismatch,
            "digits are no name in Latin letters"
        );
    }
    assert_eq!(
        compare(Kind::Person, "YAMADA TARO", "Ｙａｍａｄａ\u{3000}Ｔａｒｏ").class,
        Class::Match
    );
    assert_eq!(
        compare(Kind::Person, "YAMADA TARO", "YAMADA JIRO").class,
        Class::Mismatch
    );
}

#[test]
fn a_part_in_brackets_is_another_name_of_the_same_person() {
    for (one, other, class) in [
        ("山田［鈴木］花子", "山田花子", Class::Match),
        ("山田［鈴木］花子", "鈴木花子", Class::Match),
        ("山田(髙木)花子", "高木花子", Class::Variant),
        ("SMITH JOHN（山田太郎）", "山田\u{3000}太郎", Class::Match),
        ("SMITH JOHN（山田太郎）", "John Smith", Class::NotComparable),
        ("SMITH JOHN（山田太郎）", "Smith John", Class::Match),
        ("山田［鈴木］花子", "山田(鈴木) 花子", Class::Match),
        ("山田［鈴木］花子", "鈴木［山田］花子", Class::Match),
        ("山田［鈴木］花子", "佐藤花子", Class::Mismatch),
        // Two that were both 鈴木花子 once are two.
        ("山田［鈴木］花子", "佐藤［鈴木］花子", Class::Mismatch),
        ("（太郎）山田", "太郎", Class::Match),
        ("山田（太郎", "山田太郎", Class::Mismatch),
        ("山田）太郎（", "山田太郎", Class::Mismatch),
    ] {
        assert_eq!(compare(Kind::Person, one, other).class, class, "{one} {other}");
        assert_eq!(compare(Kind::Person, other, one).class, class, "{other} {one}");
        assert_eq!(
            compare(Kind::Company, "山田［鈴木］花子", "山田花子").class,
            Class::Mismatch
        );
    }
}

#[test]
fn a_name_that_its_issuer_may_have_cut_is_not_compared() {
    let carried = |text, cut_after| Certified {
        text,
        cut_after,
        substitutes: None,
    };
    let class = |register, card| compare_certified(Kind::Company, register, card).class;
    let whole = "株式会社北海道札幌土木建設工業";
    assert_eq!(
        class(whole, carried("株式会社北海道札幌", Some(9))),
        Class::NotComparable
    );
    assert_eq!(class(whole, carried("㈱北海道札幌", Some(6))), Class::NotComparable);
    assert_eq!(
        class("㈱髙橋組", carried("㈱高", Some(2))),
        Class::NotComparable,
        "by K2"
    );
    assert_eq!(
        class(whole, carried("株式会社北海道札幌", Some(10))),
        Class::Mismatch,
        "shorter than the limit"
    );
    assert_eq!(
        class(whole, carried("株式会社北海道旭川", Some(9))),
        Class::Mismatch,
        "no beginning"
    );
    assert_eq!(class(whole, carried("株式会社北海道札幌", None)), Class::Mismatch);
    assert_eq!(
        class("株式会社北海道札幌", carried("株式会社北海道札幌", Some(9))),
        Class::Match
    );
}

#[test]
fn a_substitute_that_the_issuer_names_stands_for_its_variants_alone() {
    let class = |register, text, digits| {
        let card = Certified {
            text,
            cut_after: None,
            substitutes: Some(digits),
        };
        compare_certified(Kind::Person, register, card).class
    };
    assert_eq!(class("髙橋\u{3000}一郎", "高橋\u{3000}一郎", "10000"), Class::Match);
    assert_eq!(
        class("髙橋\u{3000}一郎", "高橋\u{3000}一郎", "00000"),
        Class::Variant,
        "it is the original, says the issuer"
    );
    assert_eq!(
        class("髙橋\u{3000}﨑", "高橋\u{3000}崎", "0001"),
        Class::Variant,
        "one of two is a substitute"
    );
    assert_eq!(class("髙橋", "嵩橋", "10"), Class::Mismatch);
    assert_eq!(class("髙橋", "高橋", ""), Class::Variant);
}

#[test]
fn differences_lead_to_the_octets_and_code_points_that_were_received() {
    let shown = |kind, register, card| -> Vec<(usize, String, usize, String, bool)> {
        let points = |difference: Difference| {
            (
                difference.register.at,
                difference.register.code_points(),
                difference.card.at,
                difference.card.code_points(),
                difference.variant,
            )
        };
        compare(kind, register, card)
            .differences
            .into_iter()
            .map(points)
            .collect()
    };
    let row =
        |at, register: &str, beside, card: &str, variant| (at, register.to_owned(), beside, card.to_owned(), variant);
    assert_eq!(
        shown(Kind::Person, "髙橋\u{3000}一郎", "高橋 一郎"),
        [row(0, "U+9AD9", 0, "U+9AD8", true)]
    );
    assert_eq!(
        shown(Kind::Person, "山 田邊\u{e0101}\u{20bb7}", "山田辺吉"),
        [
            row(7, "U+908A U+E0101", 6, "U+8FBA", true),
            row(14, "U+20BB7", 9, "U+5409", true)
        ]
    );
    assert_eq!(
        shown(Kind::Company, "㈱髙橋組", "高橋組㈱"),
        [
            row(0, "", 0, "U+9AD8 U+6A4B U+7D44", false),
            row(3, "U+9AD9 U+6A4B U+7D44", 12, "", false)
        ]
    );
    assert_eq!(
        shown(Kind::Company, "ﾃｽﾄｶﾞ工務店", "テストカ工務"),
        [
            row(9, "U+FF76 U+FF9E", 9, "U+30AB", false),
            row(21, "U+5E97", 18, "", false)
        ]
    );
    // One character of the text, four letters of the key: marked once.
    assert_eq!(
        shown(Kind::Company, "㈱テスト", "㈲テスト"),
        [row(0, "U+3231", 0, "U+3232", false)]
    );
    assert_eq!(shown(Kind::Company, "㈱ﾃｽﾄ", "（株）テスト"), []);
}

#[test]
fn a_text_without_end_is_compared_in_time() {
    let (one, other) = ("髙\u{3099}(".repeat(100_000), "高)\u{301}".repeat(100_000));
    for kind in [Kind::Company, Kind::Person] {
        assert_eq!(compare(kind, &one, &other).class, Class::Mismatch);
    }
    let marks = format!("山{}", "\u{301}\u{323}".repeat(100_000));
    assert_eq!(compare(Kind::Person, &marks, "山").class, Class::Mismatch);
}
