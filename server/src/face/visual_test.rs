use super::*;
use pki::Signer;
use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use pki::name::AuthorityName;
use pki::profile::{Profile, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use proptest::prelude::*;
use std::sync::LazyLock;

/// What stands in a file.
#[derive(Clone, Copy)]
struct Fields<'a> {
    number: &'a str,
    birth: &'a str,
    sex: &'a str,
    name: &'a [u8],
    picture: &'a [u8],
    expires: &'a str,
    code: &'a str,
}

/// A key with a certificate of its own.
struct Maker {
    key: SoftwareKey,
    certificate: Certificate,
}

impl Maker {
    fn new(name: &str) -> Self {
        Self::of(name, Algorithm::P256)
    }

    fn of(name: &str, algorithm: Algorithm) -> Self {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let profile = Profile::Root {
            name: AuthorityName::new("鍵守市", name).unwrap(),
        };
        let validity = Validity::of_days(NOW - 86_400, 10).unwrap();
        let serial = Serial::from_random([7; 20]);
        let tbs = Tbs::new(&profile, serial, Issuer::Itself, Signer::public_key(&key), validity).unwrap();
        let certificate = tbs.lint().unwrap().sign(&key).unwrap().into_certificate();
        Self { key, certificate }
    }

    /// The file as a chip has it, signed at `at`.
    fn signs_at(&self, fields: &Fields<'_>, at: i64) -> Vec<u8> {
        let mut before = Vec::new();
        for (tag, value) in [
            (HEADER, fields.number.as_bytes()),
            (BIRTH, fields.birth.as_bytes()),
            (SEX, fields.sex.as_bytes()),
            (PUBLIC_KEY, &[]),
            (NAME, fields.name),
            (ADDRESS, &[]),
            (PICTURE, fields.picture),
        ] {
            push(&mut before, [CLASS, tag], value);
        }
        let mut after = Vec::new();
        push(&mut after, [CLASS, EXPIRES], fields.expires.as_bytes());
        push(&mut after, [CLASS, CODE], fields.code.as_bytes());
        let signed = [before.as_slice(), &after].concat();
        let signature = cms::sign(&signed, &self.certificate, &self.key, at).unwrap();
        push(&mut before, [CLASS, SIGNATURE], &signature);
        let mut file = Vec::new();
        push(&mut file, OUTER, &[before, after].concat());
        file
    }

    fn signs(&self, fields: &Fields<'_>) -> Vec<u8> {
        self.signs_at(fields, NOW)
    }

    fn reads(&self, file: &[u8]) -> Result<Visual, Unfit> {
        Visual::read(file, std::slice::from_ref(&self.certificate))
    }
}

static MAKER: LazyLock<Maker> = LazyLock::new(|| Maker::new("Cards"));
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| MAKER.signs(&fields(&FACE)));
static FACE: [u8; 300] = [0xaa; 300];
const NOW: i64 = 1_795_000_000;
const NUMBER: &str = "1234567890123452";

fn fields(picture: &[u8]) -> Fields<'_> {
    Fields {
        number: NUMBER,
        birth: "19800401",
        sex: "2",
        name: &[1; 130],
        picture,
        expires: "20350401",
        code: "0419",
    }
}

#[test]
fn a_file_that_the_offices_signer_signed_gives_number_and_picture() {
    let visual = MAKER.reads(&FILE).unwrap();
    assert_eq!(visual.number, CardNumber::parse(NUMBER).unwrap());
    assert_eq!(*visual.picture, FACE);
    assert_eq!(format!("{visual:?}"), "Visual(..)");
    // As the contract has it, octet by octet.
    assert_eq!(FILE.get(..2), Some([0xff, 0x20].as_slice()));
    assert_eq!(FILE.get(5..8), Some([0xdf, 0x21, 16].as_slice()));
    assert!(FILE.ends_with(b"\xdf\x29\x0820350401\xdf\x2a\x040419"));
}

#[test]
fn a_file_of_another_signer_or_of_none_is_refused() {
    let another = Maker::new("Cards");
    assert_eq!(another.reads(&FILE), Err(Unfit::Signer));
    assert_eq!(Visual::read(&FILE, &[]), Err(Unfit::Signer));
    let both = [another.certificate.clone(), MAKER.certificate.clone()];
    assert!(Visual::read(&FILE, &both).is_ok());
}

#[test]
fn a_file_that_was_signed_outside_the_signers_time_is_refused() {
    for at in [NOW - 2 * 86_400, NOW + 20 * 86_400] {
        let file = MAKER.signs_at(&fields(&FACE), at);
        assert_eq!(MAKER.reads(&file), Err(Unfit::SignerNotValid));
    }
}

#[test]
fn every_octet_of_a_file_counts() {
    let mut file = FILE.clone();
    for place in 0..file.len() {
        for flip in [0x01, 0x80, 0xff] {
            file[place] ^= flip;
            assert!(MAKER.reads(&file).is_err(), "octet {place} flipped by {flip:#x}");
            file[place] ^= flip;
        }
    }
    assert!(MAKER.reads(&file).is_ok(), "the control");
}

#[test]
fn a_file_is_refused_at_every_shorter_length_and_with_anything_behind_it() {
    for length in 0..FILE.len() {
        assert!(MAKER.reads(&FILE[..length]).is_err(), "{length}");
    }
    assert_eq!(
        MAKER.reads(&[FILE.as_slice(), &[0]].concat()),
        Err(Unfit::Shape("something follows it"))
    );
    assert_eq!(MAKER.reads(&vec![0xff; MOST_OCTETS + 1]), Err(Unfit::Octets));
}

#[test]
fn a_signature_over_another_picture_does_not_hold() {
    let (ours, theirs) = (fields(&FACE), [0xab; 300]);
    let (first, second) = (MAKER.signs(&ours), MAKER.signs(&fields(&theirs)));
    let at = first.windows(300).position(|part| part == FACE).unwrap();
    let mut mixed = first.clone();
    mixed[at..at + 300].copy_from_slice(&theirs);
    assert_eq!(MAKER.reads(&mixed), Err(Unfit::Signature(CmsFault::AnotherContent)));
    assert!(
        MAKER.reads(&first).is_ok() && MAKER.reads(&second).is_ok(),
        "the controls"
    );
}

#[test]
fn a_field_of_another_form_is_refused_whoever_signed_it() {
    let long = vec![0; MOST_OCTETS];
    let right = fields(&FACE);
    for (wrong, what) in [
        (
            Fields {
                number: "1234567890123453",
                ..right
            },
            "another check digit",
        ),
        (
            Fields {
                number: "123456789012345",
                ..right
            },
            "fifteen digits",
        ),
        (
            Fields {
                number: "１２３４５",
                ..right
            },
            "wide digits",
        ),
        (
            Fields {
                birth: "1980-4-1",
                ..right
            },
            "a date with signs",
        ),
        (Fields { sex: "", ..right }, "no sex"),
        (Fields { expires: "", ..right }, "no expiry"),
        (Fields { code: "419", ..right }, "three digits"),
        (fields(&[]), "no picture"),
    ] {
        assert!(
            matches!(MAKER.reads(&MAKER.signs(&wrong)), Err(Unfit::Shape(_))),
            "{what}"
        );
    }
    assert_eq!(MAKER.reads(&MAKER.signs(&fields(&long))), Err(Unfit::Octets));
    // The control: no name.
    assert!(MAKER.reads(&MAKER.signs(&Fields { name: &[], ..right })).is_ok());
}

#[test]
fn a_file_may_be_as_long_as_a_card_can_give_out_and_no_longer() {
    let picture = vec![0; MOST_OCTETS];
    // A signature of RSA is as long each time.
    let maker = Maker::of("Cards", Algorithm::Rsa4096);
    let beside = maker.signs(&fields(&picture[..MOST_FACE])).len() - MOST_FACE;
    let longest = maker.signs(&fields(&picture[..MOST_OCTETS - beside]));
    assert_eq!(longest.len(), 32_767);
    assert_eq!(maker.reads(&longest).unwrap().picture.len(), MOST_OCTETS - beside);
    let longer = maker.signs(&fields(&picture[..=MOST_OCTETS - beside]));
    assert_eq!((longer.len(), maker.reads(&longer)), (32_768, Err(Unfit::Octets)));
}

#[test]
fn the_longest_face_has_room_on_a_card_whoever_signs_it() {
    let mut face = vec![0; MOST_FACE];
    face[..3].copy_from_slice(b"\xff\xd8\xff");
    assert!(fits(&face) && !fits(&[face.as_slice(), &[0]].concat()) && !fits(&face[1..]));
    let printed = Printed {
        number: CardNumber::parse(NUMBER).unwrap(),
        birth: Date::from_iso("1980-04-01").unwrap(),
        sex: "2",
        expires: Date::from_iso("2035-04-01").unwrap(),
        code: Zeroizing::new("0419".to_owned()),
    };
    assert_eq!(*printed.number_b(), "80040120350419");
    // The largest of our own algorithms.
    let largest = Maker::of("Cards", Algorithm::Rsa4096);
    for maker in [&*MAKER, &largest] {
        let file = printed
            .signed(&face, &maker.certificate, &maker.key, Instant(NOW))
            .unwrap();
        assert!(file.len() <= MOST_OCTETS, "{} octets", file.len());
        let read = maker.reads(&file).unwrap();
        assert_eq!((read.number, &*read.picture), (printed.number, &face));
        // As this page's own writer has it, but for the signature.
        let own = maker.signs(&Fields {
            name: &[],
            ..fields(&face)
        });
        let head = file.windows(2).position(|two| two == [CLASS, SIGNATURE]).unwrap();
        assert_eq!(file[5..head], own[5..head]);
    }
}

#[test]
fn a_length_in_more_octets_than_it_needs_is_refused() {
    for (octets, takes) in [
        (vec![0xdf, 0x21, 1, 7], true),
        (vec![0xdf, 0x21, 0x81, 1, 7], false),
        (vec![0xdf, 0x21, 0x82, 0, 1, 7], false),
        (vec![0xdf, 0x21, 0x80, 7, 0, 0], false),
        (vec![0xdf, 0x21, 2, 7], false),
        (vec![0xdf, 0x22, 1, 7], false),
        (vec![0xdf], false),
    ] {
        let mut rest = octets.as_slice();
        assert_eq!(
            taken(&mut rest, [CLASS, HEADER], "DF21").is_ok(),
            takes,
            "{octets:02x?}"
        );
    }
}

fn push(to: &mut Vec<u8>, tag: [u8; 2], value: &[u8]) {
    to.extend(tag);
    let [.., high, low] = value.len().to_be_bytes();
    match value.len() {
        0..=0x7f => to.push(low),
        0x80..=0xff => to.extend([0x81, low]),
        _ => to.extend([0x82, high, low]),
    }
    to.extend(value);
}

proptest! {
    #[test]
    fn nothing_that_is_sent_as_a_file_makes_a_panic(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(MAKER.reads(&octets).is_err());
        let mut led = vec![0xff, 0x20, 0x82, 0x02, 0x00, 0xdf, 0x21];
        led.extend(octets);
        prop_assert!(MAKER.reads(&led).is_err());
    }

    #[test]
    fn a_file_of_which_parts_were_moved_cut_or_doubled_is_refused(
        from in 0_usize..1_400, length in 1_usize..200, to in 0_usize..1_400, keep in any::<bool>(),
    ) {
        let whole = FILE.as_slice();
        let (from, to) = (from % whole.len(), to % whole.len());
        let end = (from + length).min(whole.len());
        let part = whole[from..end].to_vec();
        let mut other = whole.to_vec();
        if !keep {
            other.drain(from..end);
        }
        let to = to.min(other.len());
        other.splice(to..to, part);
        prop_assume!(other != whole);
        prop_assert!(MAKER.reads(&other).is_err());
    }
}
