use std::fmt::Write as _;

use casework::time::Date;

use super::*;

const CABINET: &str = "国民の祝日・休日月日,国民の祝日・休日名称";

/// Years as the Cabinet Office writes them.
fn cabinet(years: impl IntoIterator<Item = i32>) -> String {
    let mut text = format!("{CABINET}\r\n");
    for holiday in years.into_iter().flat_map(rules::holidays) {
        let date = holiday.day.date();
        let name = match holiday.kind {
            Kind::National => holiday.name.as_str(),
            Kind::Substitute | Kind::Between => REST,
        };
        write!(text, "{}/{}/{},{name}\r\n", date.year, date.month, date.day).unwrap();
    }
    text
}

fn sheet(text: &str) -> Sheet {
    read(text.as_bytes()).unwrap()
}

fn iso(text: &str) -> Day {
    Date::from_iso(text).unwrap().as_day()
}

#[test]
fn what_is_shipped_is_read_without_a_complaint_and_is_what_the_rules_say() {
    let sheet = sheet(SHIPPED);
    assert_eq!((sheet.bad.as_slice(), sheet.rows.len()), (&[][..], 108));
    assert_eq!(sheet.differences(), []);
    assert_eq!(shipped(), sheet.rows);
    assert_eq!(sheet.years(), (2025..=2030).collect());
}

#[test]
fn the_cabinet_offices_file_is_read_in_both_encodings_and_what_it_calls_a_rest_day_is_told_apart() {
    let text = cabinet(2025..=2027);
    let (octets, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    let (utf8, cp932) = (sheet(&text), read(&octets).unwrap());
    assert_eq!((utf8.encoding, cp932.encoding), (Encoding::Utf8, Encoding::ShiftJis));
    assert_eq!((&utf8.rows, utf8.bad.len()), (&cp932.rows, 0));
    let official: Vec<Listed> = shipped()
        .into_iter()
        .filter(|row| year(row.holiday.day) <= 2027)
        .collect();
    assert_eq!(
        utf8.rows, official,
        "kinds and names are those of the shipped data, and all of it is official"
    );
    let on = |day| {
        utf8.rows
            .iter()
            .find(|row| row.holiday.day == iso(day))
            .unwrap()
            .holiday
            .kind
    };
    assert_eq!(on("2026-09-22"), Kind::Between);
    assert_eq!(on("2026-05-06"), Kind::Substitute);
}

#[test]
fn a_day_of_a_law_of_its_own_is_taken_as_the_file_has_it() {
    let text = format!(
        "{CABINET}\n2019/4/29,昭和の日\n2019/4/30,休日\n2019/5/1,休日（祝日扱い）\n2019/5/2,休日\n2019/5/3,憲法記念日\n2019/10/22,休日\n"
    );
    let sheet = sheet(&text);
    let told: Vec<_> = sheet
        .rows
        .iter()
        .map(|row| (row.holiday.name.as_str(), row.holiday.kind))
        .collect();
    assert_eq!(
        told,
        [
            ("昭和の日", Kind::National),
            ("国民の休日", Kind::Between),
            ("休日（祝日扱い）", Kind::National),
            ("国民の休日", Kind::Between),
            ("憲法記念日", Kind::National),
            ("休日", Kind::National),
        ]
    );
    assert_eq!(sheet.differences(), [], "of 2019 these are not the rules");
}

#[test]
fn where_file_and_rules_differ_it_is_said_and_the_file_is_taken() {
    let text = cabinet([2027])
        .replace("2027/3/21,春分の日\r\n2027/3/22,休日", "2027/3/20,春分の日")
        .replace("スポーツの日", "体育の日")
        + "2027/6/1,新しい日\r\n";
    let sheet = sheet(&text);
    assert_eq!(sheet.bad, []);
    let said: Vec<_> = sheet.differences().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "2027-03-20: the file has 春分の日 (祝日), the rules have nothing",
            "2027-03-21: the rules have 春分の日 (祝日), the file has nothing",
            "2027-03-22: the rules have 振替休日, the file has nothing",
            "2027-06-01: the file has 新しい日 (祝日), the rules have nothing",
            "2027-10-11: the file has 体育の日 (祝日), the rules have スポーツの日 (祝日)",
        ]
    );
    assert!(sheet.rows.iter().any(|row| row.holiday.day == iso("2027-06-01")));
}

#[test]
fn everything_that_is_wrong_is_named_with_its_line_and_column() {
    let text = format!(
        "{CABINET}\n2027/1/1,元日\n2027/2/29,閏日\n,成人の日\n2027/1/11,\n2027/1/1,元日\n2027/2/11,=cmd\n2027/2/23,天皇\u{202e}\n2027/3/21\n\
         2027/3/22,{}\n1867/1/1,昔\n",
        "長".repeat(41)
    );
    let sheet = sheet(&text);
    let named: Vec<_> = sheet
        .bad
        .iter()
        .map(|bad| (bad.line, bad.column, bad.why.clone()))
        .collect();
    let (date, name) = ("国民の祝日・休日月日", "国民の祝日・休日名称");
    assert_eq!(
        named,
        [
            (3, date, Why::Day),
            (4, date, Why::Empty),
            (5, name, Why::Empty),
            (6, date, Why::Twice(2)),
            (7, name, Why::Formula('=')),
            (8, name, Why::Character('\u{202e}')),
            (9, "", Why::Width { found: 1, wanted: 2 }),
            (10, name, Why::TooLong),
            (11, date, Why::Day),
        ]
    );
    assert_eq!(sheet.rows.len(), 1);
    assert_eq!(
        sheet.bad[0].to_string(),
        "line 3, 国民の祝日・休日月日: wanted: a day that there is, as 2027/1/1 or 2027-01-01"
    );
    let house = "date,name,kind,status\n2031-01-01,元日,祝日,maybe\n2031-01-13,成人の日,休み,forecast\n2031-02-11,建国記念の日,祝日,forecast\n";
    let house = self::sheet(house);
    let named: Vec<_> = house
        .bad
        .iter()
        .map(|bad| (bad.line, bad.column, bad.why.clone()))
        .collect();
    assert_eq!(named, [(2, "status", Why::Status), (3, "kind", Why::Kind)]);
    assert_eq!(house.rows[0].status, Status::Forecast);
}

#[test]
fn a_year_with_a_bad_line_is_left_out_whole() {
    let bad_of = |from: &str, to: &str| {
        let text = cabinet(2025..=2027);
        assert!(text.contains(from));
        let mut sheet = sheet(&text.replace(from, to));
        let out = sheet.leave_out_bad_years();
        assert!(sheet.years().is_disjoint(&out));
        out.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(bad_of("2026/9/22,休日", "2026/9/22,=cmd"), [2026]);
    // Which year it is of cannot be read: the one that misses a day.
    assert_eq!(bad_of("2027/1/1,元日", "2027/1/0,元日"), [2027]);
    assert_eq!(bad_of("2027/1/1,元日", "2027/1/1,元日\r\nwhat,is this"), [0; 0]);
    let mut old = sheet(&format!("{CABINET}\n1999/1/1,元日\nwhat,is this\n"));
    assert_eq!(
        old.leave_out_bad_years(),
        [1999].into(),
        "nobody knows what 1999 should have"
    );
}

#[test]
fn a_file_that_has_no_holidays_says_why() {
    let no = |octets: &[u8]| read(octets).unwrap_err();
    assert_eq!(no(b""), NoSheet::Empty);
    assert_eq!(no(format!("{CABINET}\r\n").as_bytes()), NoSheet::Empty);
    assert_eq!(no(b"PK\x03\x04xl"), NoSheet::Encoding("a workbook"));
    assert_eq!(no("日付,名称\n".as_bytes()), NoSheet::Header("日付,名称".to_owned()));
    assert!(read(&encoding_rs::EUC_JP.encode(&cabinet([2027])).0).is_err());
    assert_eq!(no(&vec![b' '; MOST_OCTETS + 1]), NoSheet::TooLong);
}
