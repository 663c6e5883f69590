//! `kagimori import register` as an operator runs it: the built binary, its files, its words and its exit codes.

use serde_json::{Value, json};
use server::office::{BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE};

use crate::operator::Desk;

const HEADER: &str = "登録番号,商号又は名称,フリガナ,所在地,代表者氏名,受任者氏名,委任開始日,委任終了日,法人番号,有効期間開始日,有効期間終了日";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("shi.toml", BIDDING_REVIEW_EXAMPLE);
    desk.done(&["office", "load", "shi.toml"]);
    desk
}

fn line(number: &str, name: &str) -> String {
    format!("{number},{name},カイシャ,札幌市中央区1,黒田 一郎,,,,,2025-04-01,2027-03-31")
}

fn file(lines: &[String]) -> String {
    let mut text = HEADER.to_owned();
    for line in lines {
        text.push_str("\r\n");
        text.push_str(line);
    }
    text
}

/// What the command said as JSON, with its exit code.
fn import(desk: &Desk, arguments: &[&str]) -> (i32, Value) {
    let (status, said) = desk.kagimori(&[&["import", "register", "--json"], arguments].concat());
    let told = said.lines().last().unwrap_or_default();
    let told = serde_json::from_str(told).or_else(|_| serde_json::from_str(&said));
    (status, told.unwrap_or_else(|_| panic!("{arguments:?}: {said}")))
}

fn counted(told: &Value) -> [i64; 5] {
    ["added", "changed", "same", "missing", "removed"].map(|name| told[name].as_i64().unwrap())
}

#[test]
fn a_list_is_imported_whole_and_the_same_file_again_changes_nothing() {
    let desk = desk();
    desk.write(
        "meibo.csv",
        &file(&[line("100-1", "株式会社A【物品】"), line("100-2", "株式会社B")]),
    );
    let (status, told) = import(&desk, &["meibo.csv"]);
    assert_eq!((status, counted(&told)), (0, [2, 0, 0, 0, 0]));
    assert_eq!(
        (&told["office"], &told["encoding"]),
        (&json!("mihon-shi"), &json!("UTF-8"))
    );
    let (status, told) = import(&desk, &["meibo.csv", "--office", "mihon-shi"]);
    assert_eq!((status, counted(&told)), (0, [0, 0, 2, 0, 0]));
    // What a later file lacks stays, and goes by --replace alone.
    desk.write("later.csv", &file(&[line("１００－２", "株式会社B改")]));
    let (status, told) = import(&desk, &["later.csv"]);
    assert_eq!((status, counted(&told)), (0, [0, 1, 0, 1, 0]), "{told}");
    let said = desk.done(&["import", "register", "later.csv", "--replace"]);
    assert!(said.contains("1 taken off, which the file does not have"), "{said}");
    let (_, told) = import(&desk, &["meibo.csv"]);
    assert_eq!(counted(&told), [1, 1, 0, 0, 0], "{told}");
}

#[test]
fn one_bad_line_is_named_with_line_column_and_reason_and_nothing_is_imported() {
    let desk = desk();
    let bad = [
        line("100-1", "株式会社A"),
        line("100-1", "株式会社B"),
        line("100-3", "株式会社\u{e000}"),
        line("100-4", "=cmd"),
        line("100-5", "株式会社E").replace("2027-03-31", "2027-02-29"),
        line("100-6", "ｶﾌﾞｼｷｶﾞｲｼｬF"),
        format!("{},", line("100-7", "株式会社G")),
    ];
    desk.write("meibo.csv", &file(&bad));
    let (status, told) = import(&desk, &["meibo.csv"]);
    assert_eq!((status, &told["imported"]), (1, &json!(false)));
    let named: Vec<_> = told["bad"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bad| {
            (
                bad["line"].as_i64().unwrap(),
                bad["column"].as_str().unwrap(),
                bad["reason"].as_str().unwrap(),
            )
        })
        .collect();
    let places: Vec<_> = named.iter().map(|(line, column, _)| (*line, *column)).collect();
    let wanted = [
        (3, "登録番号"),
        (4, "商号又は名称"),
        (5, "商号又は名称"),
        (6, "有効期間終了日"),
        (8, ""),
    ];
    assert_eq!(places, wanted, "{named:?}");
    for ((_, _, reason), words) in
        named
            .iter()
            .zip(["in line 2", "U+E000", "formula", "a day that there is", "12 values"])
    {
        assert!(reason.contains(words), "{reason}");
    }
    let (status, said) = desk.kagimori(&["import", "register", "meibo.csv"]);
    assert_eq!(status, 1);
    for words in ["meibo.csv: line 4, 商号又は名称: ", "外字", "nothing was imported"] {
        assert!(said.contains(words), "{said}");
    }
    // All or nothing: of the good lines none is there.
    desk.write(
        "good.csv",
        &file(&[line("100-1", "株式会社A"), line("100-6", "カブシキガイシャF")]),
    );
    let (_, told) = import(&desk, &["good.csv"]);
    assert_eq!(counted(&told), [2, 0, 0, 0, 0]);
}

#[test]
fn partial_takes_the_good_lines_and_never_with_replace() {
    let desk = desk();
    desk.write(
        "first.csv",
        &file(&[line("100-1", "株式会社A"), line("100-2", "株式会社B")]),
    );
    import(&desk, &["first.csv"]);
    let lines = [
        line("100-1", "株式会社A"),
        line("100-2", "＝cmd"),
        line("100-3", "ｶﾌﾞｼｷｶﾞｲｼｬC"),
    ];
    desk.write("meibo.csv", &file(&lines));
    let (status, said) = desk.kagimori(&["import", "register", "meibo.csv", "--partial", "--replace"]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("replaces nothing"), "{said}");
    let (status, told) = import(&desk, &["meibo.csv", "--partial"]);
    assert_eq!((status, counted(&told)), (0, [1, 0, 1, 1, 0]), "{told}");
    assert_eq!(
        (&told["imported"], &told["widened"]),
        (&json!(true), &json!(1)),
        "half-width kana is kept wide"
    );
    assert_eq!(told["bad"][0]["line"], 3);
    let said = desk.done(&["import", "register", "meibo.csv", "--partial"]);
    for words in [
        "left out:",
        "meibo.csv: line 3, 商号又は名称",
        "1 values in half-width kana",
    ] {
        assert!(said.contains(words), "{said}");
    }
    // The control: a list without a bad line may replace.
    desk.write("whole.csv", &file(&[line("100-1", "株式会社A")]));
    let (status, told) = import(&desk, &["whole.csv", "--partial", "--replace"]);
    assert_eq!((status, counted(&told)), (0, [0, 0, 1, 2, 2]), "{told}");
}

#[test]
fn shift_jis_is_read_and_every_other_encoding_is_refused_by_its_name() {
    let desk = desk();
    let text = file(&[line("100-1", "株式会社髙田")]);
    let write = |octets: &[u8]| std::fs::write(desk.place().join("meibo.csv"), octets).unwrap();
    let (octets, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    write(&octets);
    let (status, told) = import(&desk, &["meibo.csv"]);
    assert_eq!((status, &told["encoding"]), (0, &json!("Shift_JIS")));
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let (euc, _, _) = encoding_rs::EUC_JP.encode(&text);
    for (octets, words) in [
        (utf16.as_slice(), "UTF-16"),
        (&euc, "neither UTF-8 nor Shift_JIS"),
        (b"PK\x03\x04xl/workbook".as_slice(), "a workbook"),
        (b"".as_slice(), "empty"),
    ] {
        write(octets);
        let (status, said) = desk.kagimori(&["import", "register", "meibo.csv"]);
        assert_eq!(status, 1, "{said}");
        assert!(said.contains(words) && said.contains("meibo.csv"), "{words}: {said}");
    }
}

#[test]
fn whose_list_it_is_is_said_where_there_is_more_than_one() {
    let desk = desk();
    desk.write("ken.toml", BIDDING_CORE_EXAMPLE);
    desk.done(&["office", "load", "ken.toml"]);
    desk.done(&["office", "load", "office.toml"]);
    desk.write("meibo.csv", &file(&[line("100-1", "株式会社A")]));
    let (status, said) = desk.kagimori(&["import", "register", "meibo.csv"]);
    assert_eq!(status, 64, "{said}");
    assert!(said.contains("--office"), "{said}");
    for office in ["mihon-ca", "nobody"] {
        let (status, said) = desk.kagimori(&["import", "register", "meibo.csv", "--office", office]);
        assert_eq!(status, 1, "{said}");
        assert!(said.contains("there is no ordering body"), "{said}");
    }
    let (status, told) = import(&desk, &["meibo.csv", "--office", "mihon-ken"]);
    assert_eq!((status, counted(&told)), (0, [1, 0, 0, 0, 0]));
    let (status, told) = import(&desk, &["meibo.csv", "--office", "mihon-shi"]);
    assert_eq!(
        (status, counted(&told)),
        (0, [1, 0, 0, 0, 0]),
        "each has a list of its own"
    );
}
