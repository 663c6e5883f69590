use super::*;

const HEADER: &str = "登録番号,商号又は名称,フリガナ,所在地,代表者氏名,受任者氏名,委任開始日,委任終了日,法人番号,有効期間開始日,有効期間終了日";
const GOOD: &str =
    "100-1,株式会社A【物品】,カブシキガイシャエー,札幌市中央区1,黒田 一郎,,,,7000012050002,2025-04-01,2027-03-31";

fn sheet(lines: &[&str]) -> Sheet {
    read([&[HEADER], lines].concat().join("\r\n").as_bytes()).unwrap()
}

/// What is wrong in a line that is good but for this.
fn wrong(from: &str, to: &str) -> Vec<(&'static str, Why)> {
    let line = GOOD.replacen(from, to, 1);
    assert_ne!(line, GOOD, "{from}");
    let sheet = sheet(&[&line]);
    assert!(sheet.lines.is_empty() || sheet.bad.is_empty());
    sheet.bad.into_iter().map(|bad| (bad.column, bad.why)).collect()
}

#[test]
fn a_good_line_is_what_it_says() {
    let sheet = sheet(&[
        GOOD,
        "",
        "１００－２,B,,,三,四,2025/4/1,20270331,,2025-04-01,２０２７／３／３１",
        "",
    ]);
    assert_eq!(sheet.bad, []);
    let [one, two] = sheet.lines.as_slice() else {
        panic!("{sheet:?}")
    };
    assert_eq!(
        one.entry.name, "株式会社A【物品】",
        "the category stays for display (R207)"
    );
    assert_eq!(one.entry.corporate_number.as_deref(), Some("7000012050002"));
    assert_eq!(two.entry.number.as_str(), "100-2");
    assert_eq!(two.entry.representative, "三", "a name of one character is a name");
    assert!(two.entry.covering_delegate().is_some());
    assert_eq!(two.entry.valid.1.date().to_string(), "2027-03-31");
}

#[test]
fn both_encodings_say_the_same_and_columns_have_english_names() {
    let text = format!("{HEADER}\n{GOOD}\n").replace("黒田", "髙田");
    let (shift_jis, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    let (utf8, cp932) = (read(text.as_bytes()).unwrap(), read(&shift_jis).unwrap());
    assert_eq!((utf8.encoding, cp932.encoding), (Encoding::Utf8, Encoding::ShiftJis));
    assert_eq!((&utf8.lines, &utf8.bad), (&cp932.lines, &cp932.bad));
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    assert_eq!(read(&marked).unwrap().lines, utf8.lines);
    let english = "number,name,representative,valid_from,valid_until\n1,A,B,2025-04-01,2027-03-31";
    assert_eq!(read(english.as_bytes()).unwrap().lines.len(), 1);
}

#[test]
fn a_wrong_encoding_is_named_and_not_guessed() {
    let text = format!("{HEADER}\n{GOOD}\n{GOOD}\n");
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read(&utf16), Err(NoSheet::Encoding("UTF-16")));
    let (euc, _, _) = encoding_rs::EUC_JP.encode(&text);
    assert!(read(&euc).is_err());
    // One broken octet in a file of UTF-8 is a bad line, and no file of Shift_JIS.
    let mut broken = text.clone().into_bytes();
    let place = text.rfind("札幌").unwrap();
    broken[place] = 0x82;
    let sheet = read(&broken).unwrap();
    assert_eq!(sheet.encoding, Encoding::Utf8);
    assert_eq!((sheet.bad[0].line, &sheet.bad[0].why), (3, &Why::Octets("UTF-8")));
    assert_eq!(sheet.lines.len(), 1);
    assert_eq!(read(b""), Err(NoSheet::Empty));
    assert_eq!(read(b"PK\x03\x04xl/workbook"), Err(NoSheet::Encoding("a workbook")));
}

#[test]
fn a_second_octet_of_shift_jis_is_no_comma_and_no_quotation_mark() {
    // 表 ends in 0x5C, ソ too; 0x7C is the second octet of ポ.
    let text = format!("{HEADER}\n{}\n", GOOD.replace("株式会社A", "\"表ソ能ポ\"\"十\""));
    let text = text.replace("\"表ソ能ポ\"\"十\"【物品】", "\"表ソ能ポ\"\"十【物品】\"");
    let (octets, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    let sheet = read(&octets).unwrap();
    assert_eq!(sheet.bad, []);
    assert_eq!(sheet.lines[0].entry.name, "表ソ能ポ\"十【物品】");
}

#[test]
fn duplicate_keys_are_named_with_the_line_that_has_them_too() {
    let sheet = sheet(&[GOOD, &GOOD.replace("100-1", "１００－１")]);
    assert_eq!(
        sheet.bad,
        [Bad {
            line: 3,
            column: "登録番号",
            why: Why::Twice(2)
        }]
    );
    assert_eq!(
        sheet.bad[0].to_string(),
        "line 3, 登録番号: the same number stands in line 2"
    );
}

#[test]
fn half_width_kana_is_written_wide_and_told() {
    let line = GOOD
        .replace("カブシキガイシャエー", "ｶﾌﾞｼｷｶﾞｲｼｬｴｰ")
        .replace("株式会社A", "ﾊﾟﾝﾃﾞ(株)");
    let sheet = sheet(&[&line]);
    assert_eq!((sheet.widened, sheet.bad.len()), (2, 0));
    assert_eq!(sheet.lines[0].entry.name_kana, "カブシキガイシャエー");
    assert_eq!(sheet.lines[0].entry.name, "パンデ(株)【物品】");
}

#[test]
fn a_gaiji_is_named_with_its_code_point() {
    assert_eq!(wrong("黒田", "\u{e000}田"), [("代表者氏名", Why::Private('\u{e000}'))]);
    let said = Why::Private('\u{e000}').to_string();
    assert!(said.contains("U+E000") && said.contains("外字"), "{said}");
    // F040 of CP932 is the first place for characters of one's own.
    let mut octets = encoding_rs::SHIFT_JIS
        .encode(&format!("{HEADER}\n{GOOD}\n"))
        .0
        .into_owned();
    let kuro = encoding_rs::SHIFT_JIS.encode("黒").0.into_owned();
    let place = octets.windows(2).rposition(|pair| pair == kuro).unwrap();
    octets[place..place + 2].copy_from_slice(&[0xf0, 0x40]);
    let sheet = read(&octets).unwrap();
    assert_eq!(sheet.bad[0].why, Why::Private('\u{e000}'));
}

#[test]
fn a38_what_a_spreadsheet_would_run_is_refused() {
    for first in ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\"\r"] {
        let typed = format!("{first}cmd{}", if first.starts_with('"') { "\"" } else { "" });
        let found = wrong("札幌市中央区1", &typed);
        assert!(
            matches!(found.as_slice(), [("所在地", Why::Formula(_))]),
            "{typed:?}: {found:?}"
        );
    }
}

#[test]
fn what_is_missing_or_no_value_of_its_column_is_named() {
    assert_eq!(wrong("黒田 一郎", ""), [("代表者氏名", Why::Empty)]);
    assert_eq!(wrong("黒田 一郎", "　"), [("代表者氏名", Why::Empty)]);
    assert_eq!(wrong("100-1", "百"), [("登録番号", Why::Number)]);
    assert_eq!(wrong("2025-04-01", "2025-02-29"), [("有効期間開始日", Why::Day)]);
    assert_eq!(wrong("2025-04-01", "R7.4.1"), [("有効期間開始日", Why::Day)]);
    assert_eq!(wrong("2027-03-31", "2024-03-31"), [("有効期間終了日", Why::Order)]);
    assert_eq!(
        wrong("7000012050002", "7000012050003"),
        [("法人番号", Why::CorporateNumber)]
    );
    assert_eq!(wrong("カブシキガイシャ", "株式会社"), [("フリガナ", Why::Kana)]);
    assert_eq!(wrong(",,,,7000", ",受任 者,,,7000"), [("受任者氏名", Why::Delegate)]);
    assert_eq!(
        wrong("札幌市", "札幌\u{202e}市"),
        [("所在地", Why::Character('\u{202e}'))]
    );
    assert_eq!(wrong("札幌市", &"長".repeat(201)), [("所在地", Why::TooLong(200))]);
    assert_eq!(wrong(",2027-03-31", ""), [("", Why::Width { found: 10, wanted: 11 })]);
    assert_eq!(wrong("株式会社A", "株\"式"), [("", Why::Quotes)]);
}

#[test]
fn a_header_that_is_not_known_is_no_list() {
    let header = |text: &str| read(format!("{text}\n").as_bytes()).unwrap_err();
    assert_eq!(
        header(&HEADER.replace("所在地", "電話")),
        NoSheet::Unknown("電話".to_owned())
    );
    assert_eq!(
        header(&HEADER.replace("所在地", "フリガナ")),
        NoSheet::Twice("フリガナ")
    );
    assert_eq!(
        header(&HEADER.replace("代表者氏名,", "")),
        NoSheet::Missing("代表者氏名")
    );
}

#[test]
fn a_password_itself_is_not_taken() {
    let phc = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (value, good) in [
        (format!("\"{phc}\""), true),
        ("himitsu".to_owned(), false),
        (String::new(), true),
    ] {
        let text = format!("{HEADER},登録用パスワード\n{GOOD},{value}\n");
        let sheet = read(text.as_bytes()).unwrap();
        assert_eq!(sheet.bad.is_empty(), good, "{value}");
        assert!(!format!("{sheet:?}").contains("AAAA"), "a hash stands in no log");
    }
}
