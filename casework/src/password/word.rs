//! The words that people choose first.

/// The words that lists of breached passwords have at their top, in the world and in Japan, without those that are found
/// by their shape alone (counts, rows of keys, repetitions, years) and without what is added to them. Lower case, one in
/// each line, in the order of their octets.
pub const COMMONEST: &str = include_str!("words.txt");
