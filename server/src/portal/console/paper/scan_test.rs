use super::*;
use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

#[test]
fn a47_what_comes_beside_the_picture_is_gone() {
    for mut sent in [jpeg(), png()] {
        let clean = made_anew(&sent).unwrap();
        sent.extend_from_slice(b"PK\x03\x04evil.jar<script>alert(1)</script>");
        let made = made_anew(&sent).unwrap();
        assert_eq!(made.octets, clean.octets, "the archive behind the end is gone");
        assert!(!holds(&made.octets, b"PK\x03\x04") && !holds(&made.octets, b"<script"));
        assert!(holds(&sent, b"PK\x03\x04"), "it was there");
        assert_eq!(made.digest, sha256(&made.octets));
    }
}

#[test]
fn a47_exif_is_gone_and_was_applied() {
    // Orientation 6: the camera was held on its side. Left half black, right half white.
    let mut tall = RgbImage::from_pixel(64, 32, Rgb([255, 255, 255]));
    for (x, _, pixel) in tall.enumerate_pixels_mut() {
        if x < 32 {
            *pixel = Rgb([0, 0, 0]);
        }
    }
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0GPS 35.6895N";
    let mut sent = written(&DynamicImage::from(tall), ImageFormat::Jpeg).unwrap();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe1], length.as_slice(), exif.as_slice()].concat();
    sent.splice(2..2, segment);
    assert!(holds(&sent, b"GPS 35"));
    let made = made_anew(&sent).unwrap();
    assert!(!holds(&made.octets, b"Exif") && !holds(&made.octets, b"GPS"));
    let seen = image::load_from_memory(&made.octets).unwrap().into_luma8();
    assert_eq!(seen.dimensions(), (32, 64), "turned upright");
    assert!(seen.get_pixel(16, 8).0[0] < 40 && seen.get_pixel(16, 56).0[0] > 215);
}

#[test]
fn a47_text_in_a_png_is_gone() {
    let mut sent = png();
    let text = b"Comment\0<svg onload=alert(1)>";
    let mut chunk = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend_from_slice(b"tEXt");
    chunk.extend_from_slice(text);
    chunk.extend_from_slice(&crc([b"tEXt".as_slice(), text].concat()).to_be_bytes());
    sent.splice(33..33, chunk); // after IHDR
    let made = made_anew(&sent).unwrap();
    assert!(holds(&sent, b"onload") && !holds(&made.octets, b"onload"));
}

#[test]
fn a47_other_kinds_are_refused() {
    for sent in [
        b"%PDF-1.7\n1 0 obj".as_slice(),
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"GIF89a\x01\0\x01\0",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"MZ\x90",
        b"",
        b"\xff\xd8",
        b"RIFF\0\0\0\0WEBP",
    ] {
        assert_eq!(made_anew(sent).err(), Some(Spoiled::Type), "{sent:?}");
    }
}

#[test]
fn a47_a_picture_that_ends_early_is_refused_at_every_length() {
    for sent in [jpeg(), png()] {
        assert!(made_anew(&sent).is_ok());
        for end in (9..sent.len() - 1).step_by(37) {
            assert!(made_anew(&sent[..end]).is_err(), "{end} of {}", sent.len());
        }
    }
}

#[test]
fn a47_a_preview_inside_of_a_segment_is_no_end() {
    let mut sent = jpeg();
    let preview = [0xff, 0xe1, 0, 8, 0xff, 0xd8, 0xff, 0xd9, 0, 0];
    sent.splice(2..2, preview);
    assert!(made_anew(&sent).is_ok());
    sent.truncate(sent.len() / 2);
    assert_eq!(made_anew(&sent).err(), Some(Spoiled::Damaged));
}

#[test]
fn a47_a_bomb_is_refused_before_it_is_unpacked() {
    // 30,000 × 30,000 white pixels say so in the first 33 octets, and are packed into some kilobytes.
    let mut sent = png();
    sent[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    sent[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
    let sum = crc(sent[12..29].to_vec());
    sent[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(made_anew(&sent).err(), Some(Spoiled::Pixels));
    // Sides that are each within bounds, and more pixels than are.
    sent[16..20].copy_from_slice(&15_000_u32.to_be_bytes());
    sent[20..24].copy_from_slice(&15_000_u32.to_be_bytes());
    let sum = crc(sent[12..29].to_vec());
    sent[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(made_anew(&sent).err(), Some(Spoiled::Pixels));
    let long = [jpeg(), vec![0; OCTETS]].concat();
    assert_eq!(made_anew(&long).err(), Some(Spoiled::Octets));
}

#[test]
fn what_is_transparent_is_seen_on_white() {
    let ghost = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0]));
    let sent = written(&DynamicImage::from(ghost), ImageFormat::Png).unwrap();
    let seen = image::load_from_memory(&made_anew(&sent).unwrap().octets).unwrap();
    assert_eq!(seen.into_rgb8().get_pixel(3, 3).0, [255, 255, 255]);
}

#[test]
fn a_grey_scan_stays_grey() {
    let sent = written(
        &DynamicImage::from(GrayImage::from_pixel(8, 8, Luma([7]))),
        ImageFormat::Png,
    )
    .unwrap();
    let made = made_anew(&sent).unwrap();
    assert!(!image::load_from_memory(&made.octets).unwrap().color().has_color());
    assert_eq!((media_type(&made.octets), ending(&made.octets)), ("image/png", "png"));
}

fn picture() -> DynamicImage {
    DynamicImage::from(RgbImage::from_fn(61, 47, |x, y| {
        Rgb([x * 4, y * 5, x * y].map(|shade| shade.to_le_bytes()[0]))
    }))
}

fn jpeg() -> Vec<u8> {
    written(&picture(), ImageFormat::Jpeg).unwrap()
}

fn png() -> Vec<u8> {
    written(&picture(), ImageFormat::Png).unwrap()
}

fn holds(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

/// CRC-32 of PNG chunks (PNG annex D).
fn crc(octets: Vec<u8>) -> u32 {
    !octets.into_iter().fold(u32::MAX, |sum, octet| {
        (0..8).fold(sum ^ u32::from(octet), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}
