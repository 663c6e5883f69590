//! What opens a citizen's card, before any card is asked (DOMAIN §7.4).

use card::{
    PinFormat,
    jpki::{
        AuthenticationPin, CardNumber, PasswordFormat, PasswordRule, PrintedNumber, PrintedNumberFormat,
        SignaturePassword,
    },
};

#[test]
fn a_signature_password_is_judged_in_the_order_of_its_rules() {
    for (text, expected) in [
        ("ABC123", None),
        ("abc123", None),
        ("ABCDEFGH12345678", None),
        ("", Some(PasswordFormat::Empty)),
        ("ABCDEF", Some(PasswordFormat::NoDigit)),
        ("123456", Some(PasswordFormat::NoLetter)),
        ("AB123", Some(PasswordFormat::TooShort)),
        ("ABCDEFGH123456789", Some(PasswordFormat::TooLong)),
        ("ABC12３", Some(PasswordFormat::Width)),
        ("ABC-123", Some(PasswordFormat::Characters)),
        ("ABC 123", Some(PasswordFormat::Characters)),
        ("ABC　123", Some(PasswordFormat::Width)),
        ("ABC12ﾊ", Some(PasswordFormat::Characters)),
        // Length comes first, then width, then the rest.
        ("A３", Some(PasswordFormat::TooShort)),
        ("ABC-12３", Some(PasswordFormat::Width)),
        ("------", Some(PasswordFormat::Characters)),
        // Six characters, not six bytes.
        ("パスワード1", Some(PasswordFormat::Characters)),
        ("ÀBC123", Some(PasswordFormat::Characters)),
    ] {
        assert_eq!(SignaturePassword::parse(text.to_owned()).err(), expected, "{text:?}");
    }
}

#[test]
fn small_letters_are_the_capital_ones() {
    let password = |text: &str| SignaturePassword::parse(text.to_owned()).unwrap();
    assert!(password("abc123").is(&password("ABC123")));
    assert!(!password("abc124").is(&password("ABC123")));
    assert!(!password("abc1234").is(&password("ABC123")));
}

#[test]
fn the_rules_tick_while_somebody_types() {
    let kept = |text: &str| SignaturePassword::judge(text).map(|(_, holds)| holds);
    assert_eq!(
        SignaturePassword::judge("").map(|(rule, _)| rule),
        [
            PasswordRule::Length,
            PasswordRule::Characters,
            PasswordRule::Letter,
            PasswordRule::Digit
        ]
    );
    assert_eq!(kept(""), [false, false, false, false]);
    assert_eq!(kept("A"), [false, true, true, false]);
    assert_eq!(kept("a1"), [false, true, true, true]);
    assert_eq!(kept("ABC12３"), [true, false, true, true]);
    assert_eq!(kept("ABC123"), [true, true, true, true]);
    assert_eq!(kept("ABCDEFGH123456789"), [false, true, true, true]);
    for text in ["ABC123", "ABCDEF", "123456", "AB123", "ABC-123", "ABC12３", ""] {
        let all = kept(text).into_iter().all(|holds| holds);
        assert_eq!(
            all,
            SignaturePassword::parse(text.to_owned()).is_ok(),
            "{text}: list and judgement agree"
        );
    }
}

#[test]
fn an_authentication_pin_is_four_digits() {
    for (text, expected) in [
        ("1234", None),
        ("", Some(PinFormat::Empty)),
        ("123", Some(PinFormat::TooShort { least: 4 })),
        ("12345", Some(PinFormat::TooLong { most: 4 })),
        ("12a4", Some(PinFormat::Characters)),
        ("１２３４", Some(PinFormat::Characters)),
    ] {
        assert_eq!(AuthenticationPin::parse(text.to_owned()).err(), expected, "{text:?}");
    }
}

#[test]
fn a_printed_number_says_which_part_has_not_its_form() {
    let parse = |birth: &str, year: &str, code: &str| {
        PrintedNumber::parse(birth.to_owned(), year.to_owned(), code.to_owned()).err()
    };
    assert_eq!(parse("19900412", "2031", "4827"), None);
    assert_eq!(parse("20000229", "2031", "0000"), None);
    for birth in [
        "",
        "900412",
        "1990041２",
        "19900431",
        "19001301",
        "21000229",
        "00000101",
        "19900400",
    ] {
        assert_eq!(
            parse(birth, "2031", "4827"),
            Some(PrintedNumberFormat::Birth),
            "{birth}"
        );
    }
    assert_eq!(parse("19900412", "31", "4827"), Some(PrintedNumberFormat::ExpiryYear));
    assert_eq!(parse("19900412", "2031", "48275"), Some(PrintedNumberFormat::Code));
    assert_eq!(parse("19900412", "2031", "48a7"), Some(PrintedNumberFormat::Code));
}

#[test]
fn a_card_number_checks_by_its_last_digit() {
    // ISO/IEC 7812-1's own sum, by hand: 4539 1488 0343 6467 is a number that checks.
    assert!(CardNumber::parse(b"4539148803436467").is_some());
    for wrong in [
        &b"4539148803436466"[..],
        b"4539148803436476",
        b"453914880343646",
        b"45391488034364677",
        b"453914880343646A",
    ] {
        assert!(CardNumber::parse(wrong).is_none());
    }
    let made = CardNumber::beginning(*b"453914880343646");
    assert_eq!(CardNumber::parse(made.digits()), Some(made));
    assert_eq!(made.to_string().len(), 16);
}
