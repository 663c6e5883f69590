use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

/// A drawn face of 72 × 88 pixels as OpenJPEG 2.5.4 writes it, in colours and in grey.
const COLOURS: &str = "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAWAAAAEgAAwcHAAAAAAAPY29scgEAAAAAABAAAAI9an\
    AyY/9P/1EALwAAAAAASAAAAFgAAAAAAAAAAAAAAEgAAABYAAAAAAAAAAAAAwcBAQcBAQcBAf9SAAwAAAABAAMEBAAA/1wAF0JnOGdQZ1BnaFAF\
    UAVQR1fTV9NXYv9kACUAAUNyZWF0ZWQgYnkgT3BlbkpQRUcgdmVyc2lvbiAyLjUuNP+QAAoAAAAAAbIAAf+Tx8aIFABcd0VWXTBg0YOMp5xQ5x\
    Rs5utzb8wC4JqphPRlMp4g4sfKjBQARfPXITNH+IWzh8YBAS1c4XgBBHxYDw+OCk8VO/rZ/q/ex8agFABF0tZ/wG3G1fjpBeymUCPalEpeUWVF\
    zxIISw/IAvzb5fBqZBHOOsPgHh8QyHxCAE5PQmrulrtU/FonEsvo/AzVj+lVsurYGq68rcPhJh8Q+DhgTk9FdQPnhSyBVNlBr55zl4C6RXosHV\
    u6VZD28JamwcdD4DIMUEdd2KSUoQyjVFbQQEX+VOnWWaEw+0hZU0UyVbGQLibHEx5SE4CWnjn2/2qqylyYhdYymkvFC80+pYsIM/ULd3eoXJcC\
    tQx5Z9XCpjp4lp45wi8pgwxvmIXgFBeLxrmrkjo02xHCw12PgWCDLU+gAsU2Q33VRFh4OcUaHbf2PQ73q4mPzkj4qZzLRO9zNkZ0JR6yr67q/q\
    kbLwoDY6jCaFTCsNYj0Yqh8tS07MylTeeG4NQThLRUdZ3knQj1r6HUANS07MylTeeHME5cBFsGG6OhxQDUtO0KsmwTBs4q/9k=";
const GREY: &str = "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAWAAAAEgAAQcHAAAAAAAPY29scgEAAAAAABEAAAD+an\
    AyY/9P/1EAKQAAAAAASAAAAFgAAAAAAAAAAAAAAEgAAABYAAAAAAAAAAAAAQcBAf9SAAwAAAABAAIEBAAB/1wACkBASEhQSEhQ/2QAJQABQ3Jl\
    YXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS40/5AACgAAAAAAhgAB/5PfE2CXruc2PAEdyAqfeh3BbxqfTkpesSR/mEa3iVT2pkpVHlFOlb\
    vLSjmfptX94KE5MOv6PgZzFfXHEx1GEwCWnjnCMkBVcDeX/R9UjDZwwNwo9d8DcdmVApcCtVzDBaKmFYDUtOzMpU3nhuDUE4S0VHWd5J0I9YH/\
    2Q==";

fn file(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn bare(text: &str) -> Vec<u8> {
    codestream(&file(text)).unwrap().to_vec()
}

/// The same codestream with something else at the place of a marker and so far behind it.
fn with(octets: &[u8], marker: u16, behind: usize, new: &[u8]) -> Vec<u8> {
    let at = octets.windows(2).position(|pair| pair == marker.to_be_bytes()).unwrap() + behind;
    let mut octets = octets.to_vec();
    octets[at..at + new.len()].copy_from_slice(new);
    octets
}

fn refused(octets: &[u8]) -> Spoiled {
    match decoded(octets) {
        Ok(_) => panic!("a picture was taken"),
        Err(spoiled) => spoiled,
    }
}

#[test]
fn a_picture_of_a_card_is_decoded_in_colours_and_in_grey() {
    for (text, skin, eye) in [(COLOURS, [228, 186, 154], [51, 21, 23]), (GREY, [176; 3], [30; 3])] {
        for octets in [file(text), bare(text)] {
            let picture = decoded(&octets).unwrap();
            assert_eq!(picture.dimensions(), (72, 88));
            // As OpenJPEG reads it, to a rounding.
            for (place, wanted) in [((36, 50), skin), ((29, 37), eye)] {
                let found = picture.get_pixel(place.0, place.1).0;
                assert!(
                    found.iter().zip(wanted).all(|(one, other)| one.abs_diff(other) <= 3),
                    "{found:?} for {wanted:?}"
                );
            }
        }
    }
}

#[test]
fn a_header_that_announces_more_work_than_a_cards_picture_is_refused_before_it_is_done() {
    let whole = bare(COLOURS);
    let sides = |width: u32, height: u32| [width.to_be_bytes(), height.to_be_bytes()].concat();
    for (octets, reason, what) in [
        (
            with(&whole, SIZ, 6, &sides(u32::MAX, u32::MAX)),
            Spoiled::Pixels,
            "18 million million million pixels",
        ),
        (
            with(&whole, SIZ, 6, &sides(2_000, 2_000)),
            Spoiled::Pixels,
            "four million pixels",
        ),
        (with(&whole, SIZ, 6, &sides(0, 88)), Spoiled::Damaged, "no width"),
        (
            with(&whole, SIZ, 22, &sides(1, 1)),
            Spoiled::Pixels,
            "a tile for each pixel",
        ),
        (
            with(&whole, SIZ, 22, &sides(0, 0)),
            Spoiled::Damaged,
            "tiles of nothing",
        ),
        (
            with(&whole, SIZ, 14, &sides(8, 8)),
            Spoiled::Type,
            "a picture that begins elsewhere",
        ),
        (with(&whole, SIZ, 38, &[0x40, 0]), Spoiled::Type, "16,384 colours"),
        (with(&whole, SIZ, 40, &[37]), Spoiled::Type, "38 bits"),
        (
            with(&whole, SIZ, 41, &[255]),
            Spoiled::Type,
            "one sample for 255 pixels",
        ),
        (with(&whole, COD, 6, &[0xff, 0xff]), Spoiled::Pixels, "65,535 layers"),
        (with(&whole, COD, 9, &[32]), Spoiled::Pixels, "32 levels"),
        (
            with(&whole, COD, 10, &[0, 0]),
            Spoiled::Pixels,
            "code-blocks of 16 samples",
        ),
        (
            with(&whole, QCD, 0, &[0xff, 0x5f]),
            Spoiled::Type,
            "another order of progression",
        ),
        (
            with(&whole, SOT, 4, &[0xff, 0xff]),
            Spoiled::Damaged,
            "a tile that there is not",
        ),
        (
            with(&whole, SOT, 6, &[0xff; 4]),
            Spoiled::Damaged,
            "a tile-part of four GiB",
        ),
        (
            with(&whole, SOT, 6, &[0, 0, 0, 3]),
            Spoiled::Damaged,
            "a tile-part shorter than its header",
        ),
        (
            with(&whole, SOD, 0, &[0xff, 0x52]),
            Spoiled::Type,
            "a tile that says anew how it is coded",
        ),
        (whole[..whole.len() - 2].to_vec(), Spoiled::Damaged, "no end"),
        (whole[..100].to_vec(), Spoiled::Damaged, "a header alone"),
        (whole[..4].to_vec(), Spoiled::Damaged, "a beginning"),
    ] {
        assert_eq!(refused(&octets), reason, "{what}");
    }
    assert!(decoded(&whole).is_ok(), "the control");
}

#[test]
fn precincts_of_a_few_samples_are_refused() {
    let whole = bare(COLOURS);
    let cod = whole.windows(2).position(|pair| pair == COD.to_be_bytes()).unwrap();
    let (before, rest) = whole.split_at(cod + 2);
    let levels = usize::from(rest[7]);
    let own = |exponents: u8| {
        let length = u16::try_from(12 + levels + 1).unwrap().to_be_bytes();
        let coding = [&length[..], &[rest[2] | 1], &rest[3..12], &vec![exponents; levels + 1]].concat();
        [before, &coding, &rest[12..]].concat()
    };
    assert_eq!(refused(&own(0x00)), Spoiled::Pixels);
    assert_eq!(refused(&own(0x4f)), Spoiled::Pixels);
    assert!(looked_at(&own(0xff)).is_ok(), "the control");
}

#[test]
fn boxes_that_lead_nowhere_are_refused() {
    let whole = file(COLOURS);
    for (octets, what) in [
        (whole[..12].to_vec(), "the first box alone"),
        (
            [&whole[..12], &[0, 0, 0, 0, b'f', b'r', b'e', b'e'][..]].concat(),
            "a box to the end",
        ),
        (
            [&whole[..12], &[0, 0, 0, 8, b'f', b'r', b'e', b'e'].repeat(40)[..]].concat(),
            "empty boxes",
        ),
        (
            [&whole[..12], &[0, 0, 0, 1, b'j', b'p', b'2', b'c'][..]].concat(),
            "a length elsewhere",
        ),
        (
            [&whole[..12], &[0xff, 0xff, 0xff, 0xff, b'j', b'p', b'2', b'c'][..]].concat(),
            "a box of four GiB",
        ),
    ] {
        assert_eq!(refused(&octets), Spoiled::Damaged, "{what}");
    }
    let palette = [
        &whole[..12],
        &[0, 0, 0, 16, b'j', b'p', b'2', b'h', 0, 0, 0, 8, b'p', b'c', b'l', b'r'][..],
    ]
    .concat();
    assert_eq!(refused(&palette), Spoiled::Type);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_picture_of_a_card_that_was_changed_anywhere_makes_no_panic(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        grey in any::<bool>(),
    ) {
        let mut octets = bare(if grey { GREY } else { COLOURS });
        for (place, octet) in places {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        if let Ok(picture) = decoded(&octets) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= PIXELS);
        }
    }
}
