//! Serial numbers.

use pki::serial::{NotASerial, Serial};
use proptest::prelude::*;

use crate::judge::octets;

#[test]
fn r1_a_hundred_thousand_serials_have_one_length_and_even_bits() {
    const COUNT: u32 = 100_000;
    let mut ones = [0_u32; 160];
    let mut seen = std::collections::HashSet::new();
    for count in 0..COUNT {
        let serial = Serial::from_random(octets("histogram", u64::from(count)));
        let bytes: [u8; 20] = serial.as_bytes().try_into().expect("every serial has 20 octets");
        assert!(bytes[0] < 0x80, "the sign bit is clear");
        assert!(seen.insert(bytes), "no serial comes twice");
        for (bit, ones) in ones.iter_mut().enumerate() {
            *ones += u32::from(bytes[bit / 8] >> (7 - bit % 8) & 1);
        }
    }
    assert_eq!((ones[0], ones[1]), (0, COUNT), "the two fixed bits");
    // Six standard deviations of a fair coin.
    let allowed = 3.0 * f64::from(COUNT).sqrt();
    for (bit, ones) in ones.iter().enumerate().skip(2) {
        let off = (f64::from(*ones) - f64::from(COUNT) / 2.0).abs();
        assert!(off < allowed, "bit {bit} is set {ones} times");
    }
}

#[test]
fn r1_a_stuck_source_would_show_in_the_histogram() {
    // The negative control of the test above: a source with one stuck bit fails its bound.
    let stuck = (0..1_000).map(|count| {
        let mut bytes = octets("stuck", count);
        bytes[5] |= 1;
        Serial::from_random(bytes)
    });
    let ones = u32::try_from(stuck.filter(|serial| serial.as_bytes()[5] & 1 == 1).count()).unwrap();
    assert!((f64::from(ones) - 500.0).abs() > 3.0 * 1_000_f64.sqrt());
}

#[test]
fn seed_serials_of_48_digits_stay_distinct() {
    // The two samples of 001 differ in the last two digits only.
    let (one, other) = (
        "284930159237840125837409128374650192837465019753",
        "284930159237840125837409128374650192837465019767",
    );
    let (one_read, other_read): (Serial, Serial) = (one.parse().unwrap(), other.parse().unwrap());
    assert_ne!(one_read, other_read);
    assert!(one_read < other_read);
    assert_eq!(
        (one_read.to_string(), other_read.to_string()),
        (one.to_owned(), other.to_owned())
    );
    assert_eq!(one_read.as_bytes().len(), 20);
}

#[test]
fn what_is_no_serial_is_refused() {
    for bad in [
        "",
        "0",
        "000",
        "-1",
        "1a",
        " 1",
        "１",
        &"9".repeat(49),
        &"9".repeat(10_000),
    ] {
        assert_eq!(bad.parse::<Serial>(), Err(NotASerial), "{bad:?}");
    }
    // 2^159 does not fit twenty octets of a positive DER integer; 2^159 − 1 does.
    assert_eq!(
        "730750818665451459101842416358141509827966271488".parse::<Serial>(),
        Err(NotASerial)
    );
    assert!(
        "730750818665451459101842416358141509827966271487"
            .parse::<Serial>()
            .is_ok()
    );
    assert_eq!(Serial::from_bytes(&[0; 20]), Err(NotASerial));
    assert_eq!(Serial::from_bytes(&[]), Err(NotASerial));
    assert_eq!(Serial::from_bytes(&[0x80; 20]), Err(NotASerial));
    assert_eq!(Serial::from_bytes(&[1; 21]), Err(NotASerial));
    assert!(Serial::from_bytes(&[0x80; 19]).is_ok());
}

proptest! {
    #[test]
    fn decimal_comes_back(bytes in prop::collection::vec(any::<u8>(), 1..=20)) {
        if let Ok(serial) = Serial::from_bytes(&bytes) {
            prop_assert_eq!(serial.to_string().parse::<Serial>(), Ok(serial));
            prop_assert_eq!(Serial::from_bytes(serial.as_bytes()), Ok(serial));
        }
    }

    #[test]
    fn order_and_text_are_those_of_the_numbers(one in 1..=u128::MAX, other in 1..=u128::MAX) {
        let serial = |number: u128| Serial::from_bytes(&number.to_be_bytes()).unwrap();
        prop_assert_eq!(serial(one).cmp(&serial(other)), one.cmp(&other));
        prop_assert_eq!(serial(one).to_string(), one.to_string());
        prop_assert_eq!(serial(one).hex().trim_start_matches('0').to_owned(), format!("{one:x}"));
    }
}
