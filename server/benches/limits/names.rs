//! Comparing names of a register with names of cards, against reading their characters and nothing else.

use crate::measure::{Bound, Ratio, cpu_of_this_thread};
use anyhow::{Context, Result, ensure};
use casework::names::{Class, Kind, compare};
use std::hint::black_box;

/// Company and holder of as many entries, half of them as the card has them and half not.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let pairs: Vec<Pair> = (0..PAIRS).map(pair).collect();
    let share = |class| pairs.iter().filter(|pair| pair.class == class).count() * 100 / pairs.len();
    let shares = [Class::Match, Class::Variant, Class::Mismatch].map(share);
    for pair in &pairs {
        let class = compare(pair.kind, &pair.register, &pair.card).class;
        ensure!(class == pair.class, "{} and {}: {class:?}", pair.register, pair.card);
    }
    let raw = per_second(&pairs, |pair| {
        let characters = pair.register.chars().chain(pair.card.chars());
        black_box(characters.fold(0_u32, |sum, character| sum.wrapping_add(u32::from(character))));
    })?;
    let compared = per_second(&pairs, |pair| {
        black_box(compare(pair.kind, black_box(&pair.register), black_box(&pair.card)));
    })?;
    Ok(vec![Ratio {
        what: "names of a register and of a card compared, half of them written alike, pairs per CPU-second".into(),
        measured: format!(
            "{compared:.0} pairs per CPU-second, {:.2} of the raw limit; {} % match, {} % variant, {} % mismatch",
            compared / raw,
            shares[0],
            shares[1],
            shares[2]
        ),
        raw: format!("{raw:.0} pairs per CPU-second of which every character is read and nothing else"),
        value: compared,
        bound: Bound::AtLeast(1_000_000.0),
    }])
}

struct Pair {
    kind: Kind,
    register: String,
    card: String,
    class: Class,
}

/// The `count`th pair: by turns a company and a person, five of ten written alike, two in another width, two in other glyphs
/// and one another name.
fn pair(count: usize) -> Pair {
    let kind = if count.is_multiple_of(2) {
        Kind::Company
    } else {
        Kind::Person
    };
    let way = count / 2 % 10;
    let (register, card, class) = match (kind, way) {
        (Kind::Company, 0..5) => (
            company(count, "株式会社", ""),
            company(count, "株式会社", ""),
            Class::Match,
        ),
        (Kind::Company, 5) => (
            company(count, "株式会社", "【物品】"),
            company(count, "㈱", ""),
            Class::Match,
        ),
        (Kind::Company, 6) => (company(count, "(株)", ""), company(count, "（株）", ""), Class::Match),
        (Kind::Company, 7 | 8) => {
            let name = company(count, "株式会社", "");
            (
                name.replace(PLACES[count % PLACES.len()], "髙﨑"),
                name.replace(PLACES[count % PLACES.len()], "高崎"),
                Class::Variant,
            )
        }
        (Kind::Company, _) => (
            company(count, "株式会社", ""),
            company(count + 1, "有限会社", ""),
            Class::Mismatch,
        ),
        (Kind::Person, 0..5) => (person(count, "\u{3000}"), person(count, "\u{3000}"), Class::Match),
        (Kind::Person, 5 | 6) => (person(count, "\u{3000}"), person(count, " "), Class::Match),
        (Kind::Person, 7 | 8) => (
            format!("渡邉{}", person(count, "")),
            format!("渡辺\u{3000}{}", person(count, "")),
            Class::Variant,
        ),
        (Kind::Person, _) => (
            person(count, "\u{3000}"),
            person(count + 1, "\u{3000}"),
            Class::Mismatch,
        ),
    };
    Pair {
        kind,
        register,
        card,
        class,
    }
}

fn company(count: usize, form: &str, category: &str) -> String {
    let (place, trade) = (PLACES[count % PLACES.len()], TRADES[count / 7 % TRADES.len()]);
    format!("{form}{place}{trade}{category}")
}

fn person(count: usize, between: &str) -> String {
    let (family, given) = (FAMILIES[count % FAMILIES.len()], GIVEN[count / 3 % GIVEN.len()]);
    format!("{family}{between}{given}")
}

/// CPU-seconds of this thread over all pairs, several times.
fn per_second(pairs: &[Pair], mut work: impl FnMut(&Pair)) -> Result<f64> {
    let begun = cpu_of_this_thread()?;
    for _ in 0..ROUNDS {
        pairs.iter().for_each(&mut work);
    }
    let spent = cpu_of_this_thread()?.checked_sub(begun).context("time went back")?;
    Ok(f64::from(u32::try_from(ROUNDS * pairs.len())?) / spent.as_secs_f64())
}

const PAIRS: usize = 20_000;
const ROUNDS: usize = 50;
const PLACES: &[&str] = &[
    "札幌中央",
    "北海道",
    "旭川",
    "函館",
    "テスト",
    "ミナト",
    "ＡＢＣ",
    "石狩川",
    "日本",
    "東日本",
];
const TRADES: &[&str] = &[
    "土木建設",
    "工務店",
    "電気工業",
    "エンジニアリング",
    "設備",
    "造園緑化",
    "測量設計コンサルタント",
    "商事",
    "サービス",
    "道路",
];
const FAMILIES: &[&str] = &[
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "山本",
    "中村",
    "小林",
    "長谷川",
    "五十嵐",
];
const GIVEN: &[&str] = &[
    "一郎",
    "花子",
    "太郎",
    "健",
    "美咲",
    "翔太",
    "さくら",
    "大輔",
    "由美子",
    "誠",
];
