use super::*;
use crate::face::made;
use image::codecs::png::PngEncoder;
use proptest::prelude::*;

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        Rgb([x, y, x + y].map(|n| u8::try_from(n % 256).unwrap()))
    });
    let mut octets = Vec::new();
    JpegEncoder::new_with_quality(&mut octets, 90)
        .encode_image(&picture)
        .unwrap();
    octets
}

fn refused(octets: &[u8], source: Source) -> Spoiled {
    match Picture::decoded(octets, source) {
        Ok(_) => panic!("a picture was taken"),
        Err(spoiled) => spoiled,
    }
}

/// The place of the frame header, whose fifth octet begins height and width.
fn frame(octets: &[u8]) -> usize {
    octets.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap()
}

#[test]
fn a_jpeg_of_either_source_is_decoded_as_it_was() {
    let picture = Picture::decoded(&jpeg(200, 120), Source::Capture).unwrap();
    assert_eq!(picture.rgb().dimensions(), (200, 120));
    assert_eq!(picture.luma().dimensions(), (200, 120));
    assert!(Picture::decoded(&made::portrait(1).unwrap(), Source::Card).is_ok());
    assert_eq!(format!("{picture:?}"), "Picture(..)");
}

#[test]
fn a_large_picture_becomes_one_of_1024_pixels() {
    let picture = Picture::decoded(&jpeg(1_600, 400), Source::Capture).unwrap();
    assert_eq!(picture.rgb().dimensions(), (SIDE, 256));
}

#[test]
fn a_grey_jpeg_is_a_picture_too() {
    let mut octets = Vec::new();
    let grey = GrayImage::from_fn(100, 90, |x, _| Luma([u8::try_from(x * 2).unwrap()]));
    JpegEncoder::new(&mut octets).encode_image(&grey).unwrap();
    let picture = Picture::decoded(&octets, Source::Capture).unwrap();
    assert!(picture.rgb().pixels().all(|Rgb([r, g, b])| r == g && g == b));
}

#[test]
fn a_camera_that_was_held_sideways_is_turned() {
    // APP1 with one entry: orientation (0x0112), a short, 6: turned to the right by a quarter.
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let plain = jpeg(200, 120);
    let turned = [&plain[..2], exif.as_slice(), &plain[2..]].concat();
    let picture = Picture::decoded(&turned, Source::Capture).unwrap();
    assert_eq!(picture.rgb().dimensions(), (120, 200));
}

#[test]
fn each_picture_that_cannot_be_taken_is_refused_by_its_reason() {
    let mut png = Vec::new();
    RgbImage::new(200, 200)
        .write_with_encoder(PngEncoder::new(&mut png))
        .unwrap();
    let whole = jpeg(200, 120);
    let mut bomb = whole.clone();
    let at = frame(&bomb);
    bomb[at + 5..at + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let mut nought = whole.clone();
    nought[at + 5..at + 9].copy_from_slice(&[0, 0, 0, 0]);
    for (octets, reason, what) in [
        (vec![], Spoiled::Empty, "nothing"),
        (vec![0xff; 20 << 20], Spoiled::Octets, "20 MB"),
        (
            [&whole[..], &vec![0; OCTETS]].concat(),
            Spoiled::Octets,
            "a picture and 4 MiB",
        ),
        (png, Spoiled::Type, "a PNG that is called a JPEG"),
        (b"GIF89a....".to_vec(), Spoiled::Type, "a GIF"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            Spoiled::Type,
            "a drawing",
        ),
        (vec![0xff, 0xd8, 0xff], Spoiled::Damaged, "a beginning"),
        (
            whole[..whole.len() - 2].to_vec(),
            Spoiled::Damaged,
            "a picture without its end",
        ),
        (whole[..whole.len() / 2].to_vec(), Spoiled::Damaged, "half a picture"),
        (bomb, Spoiled::Pixels, "four thousand million pixels in some kB"),
        (nought, Spoiled::Damaged, "no pixels"),
        (jpeg(40, 200), Spoiled::Small, "a stripe"),
    ] {
        assert_eq!(refused(&octets, Source::Capture), reason, "{what}");
    }
    assert!(Picture::decoded(&whole, Source::Capture).is_ok(), "the control");
}

#[test]
fn a_camera_does_not_send_jpeg_2000() {
    let octets = [0xff, 0x4f, 0xff, 0x51, 0, 0];
    assert_eq!(refused(&octets, Source::Capture), Spoiled::Type);
    assert_eq!(refused(&octets, Source::Card), Spoiled::Damaged);
}

#[test]
fn what_is_sent_on_has_nothing_that_came_beside_the_picture() {
    let plain = jpeg(200, 120);
    let comment = b"\xff\xfe\x00\x12a secret comment";
    let told = [&plain[..2], comment.as_slice(), &plain[2..]].concat();
    let written = Picture::decoded(&told, Source::Capture).unwrap().jpeg().unwrap();
    assert!(!written.windows(6).any(|part| part == b"secret"));
    assert!(Picture::decoded(&written, Source::Capture).is_ok());
}

#[tokio::test]
async fn pictures_are_decoded_away_from_those_who_serve_others() {
    let taken = Picture::of(Zeroizing::new(jpeg(200, 120)), Source::Capture)
        .await
        .unwrap();
    assert!(taken.is_ok());
    let broken = Picture::of(Zeroizing::new(vec![0xff, 0xd8, 0xff, 0xe0]), Source::Capture)
        .await
        .unwrap();
    assert_eq!(broken.err(), Some(Spoiled::Damaged));
    assert_eq!(TURN.available_permits(), TURNS);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_jpeg_that_was_changed_anywhere_makes_no_panic(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)
    ) {
        let mut octets = jpeg(96, 96);
        for (place, octet) in places {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        if let Ok(picture) = Picture::decoded(&octets, Source::Capture) {
            prop_assert!(picture.rgb().width().max(picture.rgb().height()) <= SIDE);
        }
    }
}
