//! PINs before any card is asked.

use card::{
    Pin, PinFormat, PinRule,
    pin::{Characters, Padding},
};

#[test]
fn a_pin_of_the_wrong_form_is_told_before_any_card_is_asked() {
    for (text, expected) in [
        ("", Some(PinFormat::Empty)),
        ("12345", Some(PinFormat::TooShort { least: 6 })),
        ("123456", None),
        ("12345678", None),
        ("123456789", Some(PinFormat::TooLong { most: 8 })),
        ("12345a", Some(PinFormat::Characters)),
        ("123 456", Some(PinFormat::Characters)),
        ("１２３４５６", Some(PinFormat::Characters)),
        ("123456\n", Some(PinFormat::Characters)),
        ("-12345", Some(PinFormat::Characters)),
    ] {
        assert_eq!(Pin::parse(text.to_owned(), &PinRule::PIV).err(), expected, "{text:?}");
    }
    assert_eq!(
        Pin::parse("1234567".to_owned(), &PinRule::PIV_PUK).err(),
        Some(PinFormat::TooShort { least: 8 })
    );
}

#[test]
fn a_rule_may_permit_letters_and_signs_of_half_width() {
    let rule = PinRule {
        shortest: 4,
        longest: 16,
        characters: Characters::Printable,
        padding: Padding::None,
    };
    assert!(Pin::parse("aB3$".to_owned(), &rule).is_ok());
    assert_eq!(Pin::parse("aB3 $".to_owned(), &rule).err(), Some(PinFormat::Characters));
    assert_eq!(
        Pin::parse("パスワード".to_owned(), &rule).err(),
        Some(PinFormat::Characters)
    );
}
