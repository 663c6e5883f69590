//! 受付番号 and its check code.

use casework::number::{CheckCode, Number};
use proptest::prelude::*;

#[test]
fn check_digits_known_from_the_literature_are_reproduced() {
    // 572 carries 4 in Damm's own example; leading zeros change nothing.
    assert_eq!(
        Number::parse("00000005724").map(|number| number.to_string()).as_deref(),
        Some("00000005724")
    );
    assert_eq!(Number::parse("00000005720"), None);
}

#[test]
fn a_number_is_read_with_the_spaces_and_hyphens_people_type() {
    let number = Number::from_random([7; 8]);
    let text = number.to_string();
    let (first, rest) = text.split_at(4);
    let (second, third) = rest.split_at(4);
    for typed in [
        text.clone(),
        format!("{first}-{second}-{third}"),
        format!(" {first} {second}\u{3000}{third}"),
        text.bytes()
            .filter_map(|octet| char::from_u32(u32::from(octet) + 0xfee0))
            .collect(),
    ] {
        assert_eq!(Number::parse(&typed), Some(number), "{typed}");
    }
    for wrong in [
        "",
        "0",
        &text[1..],
        &format!("{text}0"),
        &format!("{text}x"),
        &format!("+{}", &text[1..]),
    ] {
        assert_eq!(Number::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_check_code_is_eight_letters_without_look_alikes_and_reads_in_any_case_and_width() {
    let code = CheckCode::from_random([0, 31, 8, 200, 17, 99, 255, 64]);
    let text = code.to_string();
    assert_eq!(text.len(), 8);
    assert!(!text.contains(['0', '1', 'I', 'O']));
    let typed = format!("{}-{}", &text[..4].to_lowercase(), &text[4..]);
    assert!(CheckCode::parse(&typed) == Some(code));
    let wide: String = text
        .bytes()
        .filter_map(|octet| char::from_u32(u32::from(octet) + 0xfee0))
        .collect();
    assert!(CheckCode::parse(&wide) == Some(code));
    for wrong in [&text[1..], &format!("{text}2"), "0000-0000", "ＯＢＣＤ2345"] {
        assert!(CheckCode::parse(wrong).is_none(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn every_single_wrong_digit_and_every_swap_of_neighbours_is_found(octets: [u8; 8]) {
        let number = Number::from_random(octets);
        let text = number.to_string();
        prop_assert_eq!(text.len(), 11);
        prop_assert_eq!(Number::parse(&text), Some(number));
        let digits = text.as_bytes();
        let mut tried = 0;
        for place in 0..11 {
            for wrong in (b'0'..=b'9').filter(|wrong| *wrong != digits[place]) {
                let mut typed = digits.to_vec();
                typed[place] = wrong;
                prop_assert_eq!(Number::parse(core::str::from_utf8(&typed).unwrap()), None);
                tried += 1;
            }
        }
        prop_assert_eq!(tried, 99);
        for place in 0..10 {
            let mut typed = digits.to_vec();
            typed.swap(place, place + 1);
            let read = Number::parse(core::str::from_utf8(&typed).unwrap());
            // Equal neighbours swapped are the same number.
            prop_assert_eq!(read.is_some(), digits[place] == digits[place + 1]);
        }
    }

    #[test]
    fn every_drawn_check_code_reads_back(octets: [u8; 8]) {
        let code = CheckCode::from_random(octets);
        prop_assert!(CheckCode::parse(&code.to_string()) == Some(code));
    }
}
