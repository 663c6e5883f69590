use super::*;
use casework::time::Date;

const HEADER: &str = "契約番号,区分,利用機器区分,論理端末名,認証コード1,認証コード2,認証コード3,発行日,有効期限";

fn sheet(lines: &[&str]) -> Sheet {
    read([&[HEADER], lines].concat().join("\r\n").as_bytes()).unwrap()
}

fn told(lines: &[&str]) -> Vec<String> {
    sheet(lines).bad.iter().map(ToString::to_string).collect()
}

#[test]
fn a_line_is_taken_in_either_width_and_either_language_and_without_what_may_be_missing() {
    let lines = [
        "K-001,海上,webNACCS,11110A,NAC11110A,ABCDE00001,NACCS,2026/4/20,2027/4/20",
        "ｋ－００１,air,ＮＥＴＮＡＣＣＳ,１１１１０ａ,nac11110a,abcde00002,ＮＡＣＣＳ,,",
        " , ,,,,,,,",
        "K-001,海上,netNACCS,11110A,,,,,",
    ];
    let taken = sheet(&lines);
    assert_eq!((taken.bad.as_slice(), taken.lines.len()), (&[][..], 3));
    let [first, second, third] = taken.lines.as_slice() else {
        panic!("{taken:?}")
    };
    assert_eq!((first.line, second.line, third.line), (2, 3, 5));
    assert_eq!(first.contract, second.contract);
    assert_eq!(first.terminal.name, second.terminal.name);
    let ends = Date::from_iso("2027-04-20").unwrap().as_day();
    assert_eq!(first.certificate.map(|(_, until)| until), Some(ends.ends()));
    assert_eq!(second.code.as_ref().map(|code| code.as_str()), Some("ABCDE00002"));
    assert_eq!((third.code.is_none(), third.certificate), (true, None));
    assert_eq!(
        (second.terminal.division, second.terminal.device),
        (Division::Air, Device::NetNaccs)
    );
}

#[test]
fn shift_jis_is_read_as_utf_8_is() {
    let text = format!("{HEADER}\r\nK1,航空,webNACCS,11110A,,ABCDE00001,,,\r\n");
    let (octets, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    let (utf8, cp932) = (read(text.as_bytes()).unwrap(), read(&octets).unwrap());
    assert_eq!((utf8.encoding, cp932.encoding), (Encoding::Utf8, Encoding::ShiftJis));
    assert_eq!(utf8.lines, cp932.lines);
}

#[test]
fn everything_that_is_wrong_is_named_by_line_column_and_reason_at_once() {
    let lines = [
        "-K,陸上,fax,1111,NAC11110B,ABCDE0001,ABC,2026/4/31,2027-13-01",
        "K1,海上,webNACCS,11110A,NAC11110B,,ABC,2026/4/20,",
        "K1,海上,webNACCS,11110A,,,,2026/4/20,2026/4/19",
        "K1,海上,webNACCS,11110A,,,",
        ",,,,,,,2026/4/20,",
    ];
    assert_eq!(
        told(&lines),
        [
            "line 2, 契約番号: wanted: 1 to 20 letters, digits and hyphens",
            "line 2, 区分: wanted: 海上 or 航空",
            "line 2, 利用機器区分: wanted: netNACCS or webNACCS",
            "line 2, 論理端末名: wanted: six letters and digits",
            "line 2, 認証コード2: wanted: ten letters and digits, or nothing",
            "line 2, 発行日: wanted: a day that there is, as 2026-04-01, 2026/4/1 or 20260401",
            "line 2, 有効期限: wanted: a day that there is, as 2026-04-01, 2026/4/1 or 20260401",
            "line 3, 有効期限: a certificate has a first day and a last day, or none of the two",
            "line 3, 認証コード1: wanted: NAC11110A, as the terminal is called, or nothing",
            "line 3, 認証コード3: wanted: NACCS, or nothing",
            "line 4, 有効期限: it ends before it begins",
            "line 4, 論理端末名: the same terminal stands in line 3",
            "line 5: it has 7 values, and the header has 9 columns",
            "line 6, 契約番号: nothing stands there, and something must",
            "line 6, 区分: nothing stands there, and something must",
            "line 6, 利用機器区分: nothing stands there, and something must",
            "line 6, 論理端末名: nothing stands there, and something must",
            "line 6, 有効期限: a certificate has a first day and a last day, or none of the two",
        ]
    );
}

#[test]
fn a54_no_message_and_no_log_repeats_a_code() {
    let good = sheet(&["K1,海上,webNACCS,11110A,,SECRET0001,,,"]);
    assert!(!format!("{good:?}").contains("SECRET"), "{good:?}");
    let bad = sheet(&["K1,海上,webNACCS,11110A,,SECRET-0001,,,"]);
    assert_eq!(bad.bad.len(), 1);
    assert!(!format!("{bad:?} {}", bad.bad[0]).contains("SECRET"), "{bad:?}");
}

#[test]
fn a_file_that_is_no_list_says_what_is_wanted() {
    for (text, says) in [
        ("", "the file is empty"),
        ("契約番号,区分,利用機器区分", "the header has no column 論理端末名"),
        ("契約番号,区分,区分,論理端末名", "the header has the column 区分 twice"),
        (
            "何か,区分",
            "the header has the column \"何か\"; wanted: 契約番号, 区分",
        ),
    ] {
        let no = read(text.as_bytes()).unwrap_err().to_string();
        assert!(no.contains(says), "{text}: {no}");
    }
}
