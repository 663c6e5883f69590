//! Serial numbers stay whole, and a person is one person.

use casework::identity::{Company, PersonNumber, Serial};
use proptest::prelude::*;

#[test]
fn two_serial_numbers_of_48_digits_that_differ_in_the_last_two_stay_two() {
    // As in procedure 001's sample: 158 bits, equal as floating numbers.
    let base = "283462374621846298374629384710293847561029384";
    let (one, other) = (format!("{base}753"), format!("{base}767"));
    assert_eq!(one.len(), 48);
    let (first, second) = (from_decimal(&one), from_decimal(&other));
    assert_ne!(first, second);
    assert!(first < second);
    assert_eq!((first.to_string(), second.to_string()), (one.clone(), other.clone()));
    let (one, other): (f64, f64) = (one.parse().unwrap(), other.parse().unwrap());
    assert!(
        one.to_bits() == other.to_bits(),
        "the control: as doubles they are equal"
    );
}

#[test]
fn the_largest_serial_number_prints_in_full_and_zero_is_none() {
    let largest = Serial::from_octets(&[0xff; 20]).unwrap();
    assert_eq!(largest.to_string(), "1461501637330902918203684832716283019655932542975");
    for none in [&[][..], &[0], &[0; 20], &[1; 21]] {
        assert_eq!(Serial::from_octets(none), None);
    }
    assert!(Serial::from_octets(&[&[0; 5][..], &[1; 20]].concat()).is_some());
}

#[test]
fn a22_a_number_that_was_typed_in_two_ways_is_one_persons() {
    let person = |text: &str| PersonNumber(text.to_owned());
    for typed in ["e-1001", "Ｅ－１００１", " E-1001\u{3000}", "E - 1001"] {
        assert_eq!(person("E-1001"), person(typed), "{typed:?}");
    }
    for another in ["E-1002", "E1001", "E-10011", "", "Ɛ-1001"] {
        assert_ne!(person("E-1001"), person(another), "{another:?}");
    }
    let company = |text: &str| Company(text.to_owned());
    assert_eq!(company("株式会社　テスト工務店"), company("株式会社テスト工務店"));
    assert_eq!(company("７００００１２０５０００２"), company("7000012050002"));
    assert_ne!(company("株式会社髙橋"), company("株式会社高橋"));
}

proptest! {
    #[test]
    fn a_serial_number_survives_its_octets_and_its_decimal(octets in prop::collection::vec(any::<u8>(), 1..=20)) {
        prop_assume!(octets.iter().any(|octet| *octet != 0));
        let serial = Serial::from_octets(&octets).unwrap();
        prop_assert_eq!(Serial::from_octets(serial.octets()), Some(serial));
        prop_assert!(serial.octets().ends_with(&octets));
        prop_assert_eq!(from_decimal(&serial.to_string()), serial);
    }
}

/// Schoolbook multiplication, independent of the printing.
fn from_decimal(digits: &str) -> Serial {
    let mut octets = [0_u8; 20];
    for digit in digits.bytes() {
        let mut carry = u16::from(digit - b'0');
        for octet in octets.iter_mut().rev() {
            carry += u16::from(*octet) * 10;
            *octet = carry.to_be_bytes()[1];
            carry >>= 8;
        }
    }
    Serial::from_octets(&octets).unwrap()
}
