use super::*;
use crate::face::picture::{Picture, Source};
use crate::face::visual;

#[test]
fn a_portrait_has_room_on_a_card_and_is_the_same_each_time() {
    for person in 0..4 {
        let portrait = portrait(person).unwrap();
        assert!(
            portrait.len() < visual::MOST_OCTETS - 8_000,
            "{} octets",
            portrait.len()
        );
        let picture = Picture::decoded(&portrait, Source::Card).unwrap();
        assert_eq!(picture.rgb().dimensions(), PORTRAIT);
    }
    assert_eq!(portrait(7).unwrap(), portrait(7).unwrap());
    assert_ne!(portrait(7).unwrap(), portrait(8).unwrap());
}

#[test]
fn a_capture_differs_with_person_and_variation() {
    let seen = [capture(&[1], 1), capture(&[1], 2), capture(&[2], 1), capture(&[], 1)].map(Result::unwrap);
    for (place, one) in seen.iter().enumerate() {
        assert!(seen[place + 1..].iter().all(|other| other != one));
    }
    assert_eq!(capture(&[1], 1).unwrap(), seen[0]);
}

#[test]
fn a_film_is_what_a_player_of_y4m_expects() {
    let film = video(3);
    let header = b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n";
    assert!(film.starts_with(header));
    let frame = b"FRAME\n".len() + 640 * 480 * 3 / 2;
    assert_eq!(film.len(), header.len() + usize::try_from(FRAMES).unwrap() * frame);
    assert!((0..3).all(|count| film[header.len() + count * frame..].starts_with(b"FRAME\n")));
}
