//! Receipts on paper, read back by a foreign judge: poppler (`pdftotext`, `pdffonts`, `pdfinfo`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use casework::identity::Digest;
use casework::number::{CheckCode, Number};
use casework::time::{Date, Instant};
use server::print::revocation::{Print, Receipt};
use server::print::{Fact, Section, Unprinted, bidder, printable};
use tempfile::NamedTempFile;
use wire::office::{Language, Text};

#[test]
fn a39_the_extracted_text_is_the_stored_text() {
    for value in NAMES {
        let pdf = with_value(value).pdf().unwrap();
        let text = flowing(&extracted(&pdf));
        assert!(text.contains(&flowing(value)), "{value} is not in\n{text}");
    }
    // The control: a name that was not printed is not found.
    let text = flowing(&extracted(&with_value("高橋　一郎").pdf().unwrap()));
    assert!(!text.contains("髙"));
}

#[test]
fn every_fact_of_the_receipt_is_on_the_paper_in_both_languages() {
    for (language, both) in [
        (Language::Ja, "認証用と署名用の電子証明書は、両方とも失効しました。"),
        (Language::En, "Both certificates on the IC card have been revoked"),
    ] {
        let receipt = Receipt { language, ..receipt() };
        let text = flowing(&extracted(&receipt.pdf().unwrap()));
        assert!(text.contains(&flowing(both)), "{text}");
        let facts = receipt
            .certificate
            .iter()
            .chain(&receipt.application)
            .chain(&receipt.visible);
        for fact in facts {
            assert!(text.contains(&flowing(&fact.label)), "{}", fact.label);
            assert!(text.contains(&flowing(&fact.value)), "{}", fact.value);
        }
        for value in [
            receipt.office.in_language(language),
            &receipt.number.to_string(),
            &receipt.check_code.to_string(),
            &receipt.text.to_string(),
        ] {
            assert!(text.contains(&flowing(value)), "{value}");
        }
    }
}

#[test]
fn a_bidder_s_receipt_has_every_fact_in_both_languages_and_names_what_no_font_has() {
    let facts = |facts: &[(&str, &str)]| {
        let fact = |(label, value): &(&str, &str)| Fact {
            label: (*label).to_owned(),
            value: (*value).to_owned(),
        };
        facts.iter().map(fact).collect::<Vec<_>>()
    };
    let receipt = bidder::Receipt {
        language: Language::Ja,
        office: receipt().office,
        title: "renewal-print-title",
        applicant: "株式会社テスト工務店".to_owned(),
        number: receipt().number,
        text: Digest([7; 32]),
        result: Section {
            heading: "更新完了".to_owned(),
            facts: facts(&[("受付日時", "2026年12月1日"), ("確認コード", "ABCDEFGH")]),
        },
        content: vec![Section {
            heading: "新規に使用するICカード".to_owned(),
            facts: facts(&[
                ("ICカード取得者氏名", "髙橋　𠮷郎"),
                ("証明書シリアル番号", "246187065731116185158328469941009070494604893767"),
            ]),
        }],
        lead: "これからは新しいICカードをお使いください。".to_owned(),
        printed_at: receipt().printed_at,
        print: Print::Again,
    };
    for (language, title, again) in [
        (Language::Ja, "電子証明書の更新内容", "再印刷"),
        (Language::En, "Content of the certificate renewal", "Printed again"),
    ] {
        let receipt = bidder::Receipt {
            language,
            ..receipt.clone()
        };
        let text = flowing(&extracted(&receipt.pdf().unwrap())).to_lowercase();
        let sections = std::iter::once(&receipt.result).chain(&receipt.content);
        let facts = sections.flat_map(|section| &section.facts);
        let all = facts.flat_map(|fact| [fact.label.clone(), fact.value.clone()]);
        let more = [
            receipt.office.in_language(language).to_owned(),
            receipt.applicant.clone(),
            receipt.number.to_string(),
            receipt.text.to_string(),
            receipt.lead.clone(),
            title.to_owned(),
            again.to_owned(),
        ];
        for part in all.chain(more) {
            assert!(
                text.contains(&flowing(&part).to_lowercase()),
                "{part} is not in\n{text}"
            );
        }
    }
    // A39: a name that cannot be drawn is named, and never left out.
    for wrong in ['\u{e000}', '\u{1f3e2}'] {
        let mut receipt = receipt.clone();
        receipt.applicant.push(wrong);
        assert_eq!(receipt.pdf(), Err(Unprinted::Character { character: wrong }));
    }
}

#[test]
fn the_head_and_the_number_of_the_page_stand_on_every_page() {
    let mut receipt = receipt();
    receipt.application.extend((0..60).map(|row| Fact {
        label: format!("行{row}"),
        value: "値".repeat(70),
    }));
    let pdf = receipt.pdf().unwrap();
    let text = extracted(&pdf);
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() > 2, "{} pages", pages.len());
    for (page, number) in pages.iter().zip(1..) {
        let page = flowing(page);
        for head in [
            "見本認証局",
            "失効申込",
            "日本　太郎",
            &receipt.number.to_string(),
            "2026年12月1日(火)21:08:07",
        ] {
            assert!(page.contains(&flowing(head)), "page {number} has no {head}");
        }
        assert!(page.contains(&format!("{number}/{}ページ", pages.len())));
    }
    for row in 0..60 {
        assert!(text.contains(&format!("行{row}")));
    }
}

#[test]
fn only_the_later_prints_say_that_they_are_later() {
    let again = Receipt {
        print: Print::Again,
        ..receipt()
    };
    assert!(!extracted(&receipt().pdf().unwrap()).contains("再印刷"));
    assert!(extracted(&again.pdf().unwrap()).contains("再印刷"));
}

#[test]
fn both_fonts_are_embedded_as_subsets_with_their_text() {
    let pdf = with_value("𠮷田　髙").pdf().unwrap();
    let fonts = judged("pdffonts", &[], &pdf);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(rows.iter().any(|row| row.contains("BIZUDGothic")), "{fonts}");
    assert!(rows.iter().any(|row| row.contains("NotoSansCJK")), "{fonts}");
    for row in rows {
        // Name, type, encoding, then whether it is embedded, a subset, and mapped to Unicode.
        assert!(row.contains("yes yes yes"), "{fonts}");
    }
    assert!(pdf.len() < 200_000, "{} octets: the fonts are not subset", pdf.len());
    let plain = judged("pdffonts", &[], &with_value("日本　太郎").pdf().unwrap());
    assert!(
        !plain.contains("Noto"),
        "what the first font has is not taken from the second"
    );
}

#[test]
fn the_sheet_is_a4_upright_tagged_and_has_nothing_to_click() {
    let pdf = receipt().pdf().unwrap();
    let about = judged("pdfinfo", &[], &pdf);
    let value = |key: &str| {
        about
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
            .unwrap_or_default()
            .to_owned()
    };
    assert!(value("Page size:").contains("A4"), "{about}");
    assert_eq!(value("Tagged:"), "yes");
    assert_eq!(value("JavaScript:"), "no");
    assert_eq!(value("Form:"), "none");
    assert_eq!(value("Title:"), "失効申込内容");
    let found = |needle: &[u8]| pdf.windows(needle.len()).any(|window| window == needle);
    assert!(found(b"/Page"), "the control");
    assert!(!found(b"/Annot") && !found(b"/URI") && !found(b"/OpenAction"));
}

#[test]
fn the_same_receipt_gives_the_same_octets() {
    assert_eq!(receipt().pdf().unwrap(), receipt().pdf().unwrap());
}

#[test]
fn a39_what_could_look_other_than_it_is_stored_is_refused_by_name() {
    for character in [
        '\u{202e}', '\u{202d}', '\u{2066}', '\u{200f}', '\u{61c}', '\0', '\r', '\n', '\u{85}', '\u{200b}', '\u{200d}',
        '\u{3099}', '\u{301}', '\u{e000}', '\u{3164}', 'א', 'ع', '🙂', '한', 'ก',
    ] {
        let text = format!("太{character}郎");
        assert_eq!(printable(&text), Err(character), "U+{:04X}", u32::from(character));
        assert_eq!(with_value(&text).pdf(), Err(Unprinted::Character { character }));
    }
}

#[test]
fn a_variant_that_no_font_has_is_refused_by_its_selector_and_a_base_by_itself() {
    assert_eq!(printable("葛\u{e0100}城"), Ok(()));
    assert_eq!(printable("葛\u{e0101}城"), Ok(()));
    assert_eq!(printable("葛\u{e01ee}城"), Err('\u{e01ee}'));
    assert_eq!(printable("\u{e0100}葛"), Err('\u{e0100}'));
}

#[test]
fn every_ideograph_that_japanese_registers_use_can_be_printed() {
    // All of the unified block that existed when the resident registers were built (U+4E00 to U+9FA5).
    let missing: Vec<char> = ('\u{4e00}'..='\u{9fa5}')
        .filter(|c| printable(&c.to_string()).is_err())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    for text in [
        "ｱｲｳｶﾞﾊﾟｰ｡｢｣･",
        "ぁ〜ん、ァ〜ヶー",
        "①②Ⅳⅻ㈱㍿㎡㍻№℡",
        "Aa0!~¥§°±×÷",
        "―‐…‥〜～－−",
        "ＡＢＣ１２３（）",
    ] {
        assert_eq!(printable(text), Ok(()), "{text}");
    }
}

#[test]
fn words_and_numbers_are_not_torn_where_they_fit_and_no_line_begins_with_a_closing_mark() {
    let pdf = with_value(&"発行者、CN=Example Signature Authority。".repeat(8))
        .pdf()
        .unwrap();
    let text = extracted(&pdf);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("発行") || line.contains("Auth"))
        .collect();
    assert!(lines.len() > 3);
    for line in text.lines() {
        assert!(!line.trim_start().starts_with(['、', '。']), "{line}");
        assert!(!line.trim_end().ends_with("Sign"), "{line}");
    }
    assert!(flowing(&text).contains(&flowing(&"発行者、CN=Example Signature Authority。".repeat(8))));
}

/// For the eye too: `KAGIMORI_PRINT` may name a folder in which the documents and their pictures are kept.
#[test]
fn the_receipt_can_be_drawn_by_another_program() {
    let kept = std::env::var_os("KAGIMORI_PRINT").map(PathBuf::from);
    let own = tempfile::tempdir().unwrap();
    let folder = kept.as_deref().unwrap_or_else(|| own.path());
    for language in [Language::Ja, Language::En] {
        let mut receipt = Receipt {
            language,
            print: Print::Again,
            ..receipt()
        };
        receipt.certificate.extend(NAMES.iter().map(|name| Fact {
            label: "氏名の見本".into(),
            value: (*name).to_owned(),
        }));
        let pdf = receipt.pdf().unwrap();
        let name = format!("receipt-{}", language.tag());
        std::fs::write(folder.join(&name).with_extension("pdf"), &pdf).unwrap();
        let picture = folder.join(&name);
        judged("pdftoppm", &["-r", "80", "-png", "-", &picture.to_string_lossy()], &pdf);
        for page in 1..=2 {
            let drawn = std::fs::read(folder.join(format!("{name}-{page}.png"))).unwrap();
            assert!(drawn.len() > 10_000, "page {page} is all but empty");
        }
    }
}

fn with_value(value: &str) -> Receipt {
    let mut receipt = receipt();
    receipt.application.push(Fact {
        label: "見本".into(),
        value: value.to_owned(),
    });
    receipt
}

fn receipt() -> Receipt {
    let fact = |label: &str, value: &str| Fact {
        label: label.into(),
        value: value.into(),
    };
    let at: Instant = Date::new(2026, 12, 1)
        .unwrap()
        .as_day()
        .begins()
        .plus_seconds(21 * 3_600 + 8 * 60 + 7);
    Receipt {
        language: Language::Ja,
        office: Text {
            ja: "見本認証局".into(),
            en: "Example Certification Authority".into(),
        },
        applicant: "日本　太郎".into(),
        number: Number::from_random([1, 2, 3, 4, 5, 6, 7, 8]),
        check_code: CheckCode::from_random([3, 1, 4, 1, 5, 9, 2, 6]),
        accepted_at: at,
        text: Digest([0xab; 32]),
        certificate: vec![
            fact("利用者氏名（漢字）", "日本　太郎"),
            fact("利用者氏名（ローマ字）", "NIPPON TARO"),
            fact("商号・名称（漢字）", "株式会社見本工務店"),
            fact("本店住所（漢字）", "東京都千代田区見本一丁目２番３号"),
            fact("法人番号", "1234567890123"),
            fact(
                "シリアル番号（署名用）",
                "283462374621846298374629384710293847561029384753",
            ),
            fact(
                "シリアル番号（認証用）",
                "283462374621846298374629384710293847561029384767",
            ),
            fact(
                "発行者",
                "CN=Example Signature CA G2, O=Example Certification Authority, C=JP",
            ),
            fact("有効期間", "2025年1月1日(水) 0:00 から 2027年1月30日(土) 23:59 まで"),
        ],
        application: vec![
            fact("失効理由", "利用者の使用停止（名義人の変更・人事異動）"),
            fact(
                "失効理由の補足",
                &"4月1日付の人事異動により、名義人が交代しました。".repeat(8),
            ),
            fact("申込者氏名（フリガナ）", "ニッポン　タロウ"),
            fact("連絡先電話番号", "0312345678"),
            fact("メールアドレス", "taro@example.jp"),
            fact("口座名義（カナ）", "ﾆﾂﾎﾟﾝﾀﾛｳ"),
            fact("返金額の目安", "8,000円（目安）"),
        ],
        visible: vec![fact(
            "OCSP（オンラインの失効確認）",
            "2026年12月1日(火) 21:08 から「失効」と応答します。",
        )],
        printed_at: at.plus_seconds(60),
        print: Print::First,
    }
}

/// Without white space and page ends: a long value is broken into lines, and nothing else may happen to it.
fn flowing(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

fn extracted(pdf: &[u8]) -> String {
    judged("pdftotext", &["-raw", "-enc", "UTF-8", "-", "-"], pdf)
}

/// What a program of poppler-utils says of the document.
fn judged(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pdf).unwrap();
    let mut command = Command::new(program);
    if arguments.is_empty() {
        command.arg(file.path());
    }
    for argument in arguments.iter().scan(true, |first, argument| {
        // The first dash is the document.
        let document = *first && *argument == "-";
        *first &= !document;
        Some((document, argument))
    }) {
        match argument {
            (true, _) => command.arg(file.path()),
            (false, argument) => command.arg(argument),
        };
    }
    let output = command.output().expect("poppler-utils is installed");
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

const NAMES: &[&str] = &[
    "𠮷田　太郎",
    "髙橋　一郎",
    "山﨑　德子",
    "葛\u{e0100}城　花子",
    "葛\u{e0101}飾　次郎",
    "辻\u{e0101}　邉\u{e0107}",
    "神\u{fe00}　\u{fa19}　福",
    "丂丅丌丨丱　仌仡",
    "ﾆｯﾎﾟﾝ ﾀﾛｳ",
    "ヴァン・ローイ　ー",
    "NIPPON TARO",
    "邊濵桒栁彅瀨龖鑫麤驫飝龗",
    "鬱龍讎鱻麤驫靐齉齾爩鱲籲鸜鸞龖龘饢驤顰鬮鬯鼈鼇鼉鼓鼕鼙鼠鼬鼯鼴鼻鼾齅齇齊齋齎齏齒齔齕齗齘齙齚齛齜齝齟齠齡齢齣",
];
