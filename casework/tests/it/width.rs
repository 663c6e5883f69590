//! What was typed in the other width is converted; what cannot be is refused by name.

use casework::application::Complaint;
use casework::characters::{Width, outside_jis_x_0213, width as width_of};
use casework::width;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

#[test]
fn e_width_zen_half_width_is_converted_and_not_refused() {
    for (typed, kept) in [
        ("第一営業部営業第3課", "第一営業部営業第３課"), // the source's own example
        ("ABC-1 (x)", "ＡＢＣ－１　（ｘ）"),
        ("ﾃﾞｽｸ ﾊﾟﾝ", "デスク　パン"),
        ("ｳﾞｧｲｵﾘﾝ｡｢｣､･ｰ", "ヴァイオリン。「」、・ー"),
        ("カ\u{3099}ハ\u{309a}か\u{3099}", "ガパが"), // as a Mac pastes it
        ("カﾞ", "ガ"),
        ("アﾞﾞﾞ", "ア゛゛゛"), // nothing to join with, and nothing lost
        ("　通関 ", "通関"),
        ("\u{fa19}田", "\u{fa19}田"), // A41: no NFC
        ("葛\u{e0100}城", "葛\u{e0100}城"),
        ("~\\'\"`", "～＼＇＂｀"),
    ] {
        assert_eq!(width::full(typed, 20), Ok(kept.to_owned()), "{typed}");
        assert_eq!(width::to_full(typed), kept);
    }
}

#[test]
fn e_char_what_has_no_full_width_is_named() {
    for (typed, character) in [
        ("通関\n太郎", '\n'),
        ("太郎\r\n", '\r'),
        ("\t太郎", '\t'),
        ("太郎\0", '\0'),
        ("太郎\u{85}", '\u{85}'),
        ("太\u{202e}郎", '\u{202e}'),
        ("太\u{200d}郎", '\u{200d}'),
        ("太郎😀", '😀'),
        ("☕", '☕'),
        ("☎\u{fe0f}", '\u{fe0f}'),
        ("é", 'é'),
        ("한", '한'),
        ("\u{e000}", '\u{e000}'),   // 外字
        ("\u{2a6e0}", '\u{2a6e0}'), // assigned to nothing
        ("\u{fa6e}", '\u{fa6e}'),
        ("\u{3a2}", '\u{3a2}'),
        ("a\u{301}", '\u{301}'),
        ("あ\u{309a}", '\u{309a}'),
        ("\u{ffa0}", '\u{ffa0}'),
    ] {
        assert_eq!(
            width::full(typed, 20),
            Err(Complaint::Character { character }),
            "{typed:?}"
        );
    }
}

#[test]
fn e_req_and_e_len_count_what_a_reader_counts() {
    for empty in ["", " ", "　 　"] {
        assert_eq!(width::full(empty, 20), Err(Complaint::Empty));
        assert_eq!(width::katakana(empty, 20), Err(Complaint::Empty));
        assert_eq!(width::telephone(empty), Err(Complaint::Empty));
        assert_eq!(width::mail(empty), Err(Complaint::Empty));
        assert_eq!(width::optional(empty, width::telephone), Ok(None));
    }
    let twenty = "葛\u{e0100}".repeat(20);
    assert_eq!(width::full(&twenty, 20), Ok(twenty.clone()));
    assert_eq!(
        width::full(&format!("{twenty}城"), 20),
        Err(Complaint::TooLong { most: 20 })
    );
    // A mark that is joined takes no place of its own.
    assert_eq!(width::katakana(&"ｶﾞ".repeat(20), 20), Ok("ガ".repeat(20)));
    assert_eq!(
        width::katakana(&"ｶﾞ".repeat(21), 20),
        Err(Complaint::TooLong { most: 20 })
    );
}

#[test]
fn e_kana_hiragana_and_half_width_kana_become_full_width_katakana() {
    for (typed, kept) in [
        ("ツウカン", "ツウカン"),
        ("つうかん", "ツウカン"),
        ("ﾂｳｶﾝ", "ツウカン"),
        ("ﾀﾞﾊﾟ", "ダパ"),
        ("う゛ぁ", "ヴァ"),
        ("ゔゕゖ", "ヴヵヶ"),
        ("か\u{3099}", "ガ"),
        ("ﾜﾞ", "ヷ"),
        ("マリー・アン ﾍﾞｰｶｰ", "マリー・アン　ベーカー"),
        ("ｰ･ァ", "ー・ァ"),
    ] {
        assert_eq!(width::katakana(typed, 20), Ok(kept.to_owned()), "{typed}");
    }
    // A mark on nothing is no kana.
    for wrong in [
        "通関",
        "Tsukan",
        "ツーカン-",
        "ツウカン1",
        "ヽ",
        "ヿ",
        "。",
        "・",
        "ー　ー",
        "ｱ｡",
        "ツ、",
        "ﾔﾞ",
        "だば゛",
    ] {
        assert_eq!(width::katakana(wrong, 20), Err(Complaint::Katakana), "{wrong}");
    }
    assert_eq!(
        width::katakana("ツウ\nカン", 20),
        Err(Complaint::Character { character: '\n' })
    );
}

#[test]
fn e_tel_ten_or_eleven_digits_of_either_width_without_a_hyphen() {
    for (typed, kept) in [
        ("0301234567", "0301234567"),
        ("０３９８７６５４３２", "0398765432"),
        (" 09012345678　", "09012345678"),
    ] {
        assert_eq!(width::telephone(typed), Ok(kept.to_owned()));
    }
    for wrong in [
        "03-0123-4567",
        "０３－０１２３－４５６７",
        "03 0123 4567",
        "030123456",
        "030123456789",
        "3012345678",
        "+81301234567",
        "(03)01234567",
        "０３０１２３４５６A",
        "٠٣٠١٢٣٤٥٦٧",
        "〇三〇一二三四五六七",
    ] {
        assert_eq!(width::telephone(wrong), Err(Complaint::Telephone), "{wrong}");
    }
}

#[test]
fn a40_a_mail_address_is_one_recipient_and_has_no_line_end() {
    for (typed, kept) in [
        ("taro.tsukan@naccs.jp", "taro.tsukan@naccs.jp"),
        ("ｔａｒｏ＠ｎａｃｃｓ．ｊｐ", "taro@naccs.jp"),
        (" Taro@Naccs.jp ", "Taro@Naccs.jp"),
    ] {
        assert_eq!(width::mail(typed), Ok(kept.to_owned()));
    }
    for (typed, character) in [
        ("taro@naccs.jp\r\nBcc: all@naccs.jp", '\r'),
        ("taro@naccs.jp\n", '\n'),
        ("\ntaro@naccs.jp", '\n'),
        ("taro@naccs.jp\u{85}", '\u{85}'),
        ("taro@naccs.jp\u{2028}", '\u{2028}'),
    ] {
        assert_eq!(width::mail(typed), Err(Complaint::Character { character }), "{typed:?}");
    }
    for wrong in [
        "taro",
        "@naccs.jp",
        "taro@",
        "taro@naccs",
        "a@b.jp,c@d.jp",
        "a@b.jp c@d.jp",
        "<a@b.jp>",
        "太郎@naccs.jp",
        "taro@日本.jp",
        ".a@b.jp",
        "a..b@c.jp",
    ] {
        assert_eq!(width::mail(wrong), Err(Complaint::MailForm), "{wrong}");
    }
    let long = format!("{}@{}.jp", "a".repeat(64), "b.".repeat(94) + "c");
    assert_eq!(width::mail(&long), Err(Complaint::TooLong { most: 254 }));
}

#[test]
fn e_mail_diff_is_of_what_was_typed_and_not_of_its_width_or_the_spaces_around_it() {
    assert_eq!(width::same_mail("a@b.jp", " ａ@b.jp　"), Ok(()));
    for other in ["A@b.jp", "a@b.jp.", "a@b.j"] {
        assert_eq!(width::same_mail("a@b.jp", other), Err(Complaint::MailsDiffer));
    }
    assert_eq!(width::same_mail("a@b.jp", ""), Err(Complaint::Empty));
    assert_eq!(
        width::same_mail("a@b.jp", "a@b.jp\r\n"),
        Err(Complaint::Character { character: '\r' })
    );
}

#[test]
fn what_jis_x_0213_lacks_is_told_and_taken() {
    for (text, rare) in [
        ("髙田", Some('髙')),
        ("𠮷野", Some('𠮷')),
        ("高﨑濵鷗Ａ－～、㈱　", None),
        ("葛\u{e0100}城", None),
        ("abc ｱ", None),
    ] {
        assert_eq!(outside_jis_x_0213(text), rare, "{text}");
    }
    assert!(width::full("髙田", 20).is_ok());
}

proptest! {
    #[test]
    fn what_is_accepted_is_what_was_typed_in_another_width(text in writing()) {
        if let Ok(kept) = width::full(&text, 40) {
            prop_assert_eq!(folded(&kept), folded(&text));
            prop_assert!(kept.chars().all(|character| width_of(character) == Width::Full));
            prop_assert_eq!(width::full(&kept, 40), Ok(kept));
        }
        if let Ok(kept) = width::katakana(&text, 40) {
            prop_assert_eq!(folded(&kept), as_katakana(&folded(&text)));
            prop_assert_eq!(width::katakana(&kept, 40), Ok(kept));
        }
    }

    #[test]
    fn conversions_are_done_once_and_lose_nothing(text in "\\PC*") {
        for convert in [width::to_full, width::to_katakana, width::to_half] {
            let once = convert(&text);
            prop_assert_eq!(convert(&once), once);
        }
        prop_assert_eq!(folded(&width::to_full(&text)), folded(&text));
        prop_assert_eq!(folded(&width::to_katakana(&text)), as_katakana(&folded(&text)));
        prop_assert_eq!(width::to_half(&text).chars().count(), text.trim_matches([' ', '　']).chars().count());
    }

    #[test]
    fn readings_in_any_kana_are_accepted(reading in "[ァ-ヴー]{1,20}") {
        let hiragana: String = reading
            .chars()
            .map(|kana| if ('ァ'..='ヴ').contains(&kana) { char::from_u32(u32::from(kana) - 0x60).unwrap() } else { kana })
            .collect();
        let narrow: String = reading.nfd().collect();
        for typed in [reading.clone(), hiragana, narrow] {
            if reading.contains(|kana| kana != 'ー') {
                prop_assert_eq!(width::katakana(&typed, 20), Ok(reading.clone()));
            }
        }
    }
}

/// Texts of which many are accepted: both kana, both widths, marks, ideographs.
fn writing() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ぁ-ゖァ-ヺー・ ｱ-ﾝﾞﾟ゛゜\u{3099}\u{309a}　]{0,12}",
        "[ -~！-～一-龠ｦ-ﾟァ-ヺ\u{fa10}-\u{fa20}　]{0,12}",
    ]
}

/// A text with every width taken out of it, and marks apart from their kana.
fn folded(text: &str) -> String {
    let decomposed = text
        .trim_matches([' ', '\u{3000}'])
        .chars()
        .flat_map(|character| match character {
            '゛' | 'ﾞ' => vec!['\u{3099}'],
            '゜' | 'ﾟ' => vec!['\u{309a}'],
            // An ideograph is no width of another one.
            '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1d}' => vec![character],
            _ => character.to_string().nfkd().collect(),
        });
    decomposed.collect()
}

fn as_katakana(text: &str) -> String {
    let katakana = |character| match character {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(character) + 0x60).unwrap(),
        _ => character,
    };
    text.chars().map(katakana).collect()
}
