//! What casework decides, asked from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod acquisition;
mod applicant;
mod application;
mod authority;
mod calendar;
mod certificate;
mod identity;
mod names;
mod number;
mod office;
mod officer;
mod organisation;
mod paper;
mod paper_walk;
mod pin_reset;
mod refund;
mod register;
mod registration;
mod reissue;
mod renewal;
mod renewal_review;
mod review;
mod revocation;
mod terminal;
mod time;
mod user;
mod walk;
mod width;

use casework::identity::{Authority, CertificateId, Digest, Fingerprint, Serial};
use casework::time::{Date, Instant};

/// The beginning of a day in Japan.
fn day(year: i32, month: u8, day: u8) -> Instant {
    Date::new(year, month, day).unwrap().as_day().begins()
}

/// A time of day in Japan.
fn clock(date: Instant, hour: i64, minute: i64, second: i64) -> Instant {
    date.plus_seconds(hour * 3_600 + minute * 60 + second)
}

fn certificate() -> CertificateId {
    CertificateId {
        authority: Authority("aosign-g2".into()),
        serial: Serial::from_octets(&[0x5a; 20]).unwrap(),
    }
}

/// The authentication certificate of the same card.
fn login() -> CertificateId {
    CertificateId {
        serial: Serial::from_octets(&[0x5b; 20]).unwrap(),
        ..certificate()
    }
}

const CARD: Fingerprint = Fingerprint([1; 32]);
const ANOTHER_CARD: Fingerprint = Fingerprint([2; 32]);
const FLOW: Digest = Digest([3; 32]);
const TERMS: Digest = Digest([4; 32]);
const TEXT: Digest = Digest([5; 32]);
