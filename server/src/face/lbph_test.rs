use super::*;
use crate::face::made;
use crate::face::picture::Source;

fn card(person: u64) -> Picture {
    Picture::decoded(&made::portrait(person).unwrap(), Source::Card).unwrap()
}

fn taken(persons: &[u64], variation: u64) -> Picture {
    Picture::decoded(&made::capture(persons, variation).unwrap(), Source::Capture).unwrap()
}

#[test]
fn the_same_picture_is_wholly_alike() {
    assert_eq!(compare(&card(1), &card(1)), Ok(1_000));
}

#[test]
fn made_persons_are_told_apart_at_the_rates_that_the_document_names() {
    let threshold = 650;
    let (mut same, mut others) = (Vec::new(), Vec::new());
    let cards: Vec<Vec<Known>> = (0..PERSONS).map(|person| on_card(&card(person)).unwrap()).collect();
    for person in 0..PERSONS {
        for variation in 1..3 {
            let taken = in_capture(&taken(&[person], person * 31 + variation)).unwrap();
            for (other, card) in (0..).zip(&cards) {
                let score = likeness(card, &taken);
                if other == person { &mut same } else { &mut others }.push(score);
            }
        }
    }
    let refused = same.iter().filter(|score| **score < threshold).count();
    let accepted = others.iter().filter(|score| **score >= threshold).count();
    println!(
        "lbph on made pictures, threshold {threshold}: {refused} of {} of the same person refused (FRR), {accepted} of {} of \
         others accepted (FAR). Not for production.",
        same.len(),
        others.len()
    );
    assert!(refused * 4 <= same.len() && accepted * 20 <= others.len());
}

#[test]
fn no_face_and_several_faces_are_told_apart_from_an_unlike_one() {
    assert_eq!(compare(&card(1), &taken(&[], 3)), Err(NotCompared::NoFace));
    assert_eq!(compare(&card(1), &taken(&[1, 2], 3)), Err(NotCompared::Several));
    assert_eq!(compare(&taken(&[], 3), &taken(&[1], 3)), Err(NotCompared::CardFace));
    assert!(compare(&card(1), &taken(&[1], 3)).is_ok(), "the control");
}

#[test]
fn a_picture_of_one_colour_or_of_noise_has_no_face() {
    for picture in [
        image::RgbImage::from_pixel(200, 200, image::Rgb([220, 180, 150])),
        image::RgbImage::new(64, 1_024),
        image::RgbImage::from_fn(300, 300, |x, y| {
            image::Rgb([x * 7 + y * 13, x * 31 + y, x * y].map(|n| u8::try_from(n % 251).unwrap()))
        }),
    ] {
        assert_eq!(compare(&card(1), &Picture::from(picture)), Err(NotCompared::NoFace));
    }
}

/// As many cards are compared with two captures of each.
const PERSONS: u64 = 8;
