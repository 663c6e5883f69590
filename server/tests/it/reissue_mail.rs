//! Letters to 申込担当者 about a reissue (DOMAIN §6.6): the subjects of the source document, and its last letter in its form.

use casework::number::Number;
use casework::reissue::Letter as Which;
use server::letter::reissue::Reissue;
use wire::office::{Language, Text};

use crate::examination::{day, terminal};
use crate::house::noon;

fn told(language: Language) -> Reissue {
    let text = |ja: &str, en: &str| Text {
        ja: ja.to_owned(),
        en: en.to_owned(),
    };
    Reissue {
        language,
        office: text("見本センター", "Mihon Center"),
        contact: text(
            "見本センター ヘルプデスク\n電話 0120-000-001",
            "Help desk of Mihon Center\nphone 0120-000-001",
        ),
        company: "見本通関商事株式会社".to_owned(),
        place: "東京事業所".to_owned(),
        name: "通関 花子".to_owned(),
        number: Number::from_random([1; 8]),
        received: noon(2026, 11, 20),
        at: noon(2026, 11, 24),
        day: day(2026, 11, 24),
        terminals: vec![terminal("11110A"), terminal("11110B")],
        reason: None,
        page: Some("https://center.example/mihon-center".to_owned()),
    }
}

#[test]
fn a20_the_completion_has_the_form_of_the_source_document() {
    let told = told(Language::Ja);
    let letter = told.letter(Which::Completed);
    assert_eq!(letter.subject, "デジタル証明書再発行申込確認完了のお知らせ");
    let lines: Vec<&str> = letter.body.lines().filter(|line| !line.is_empty()).collect();
    let number = format!("申込受付番号 : {}", told.number);
    assert_eq!(
        lines,
        [
            "見本通関商事株式会社 東京事業所",
            "通関 花子 様",
            "見本センターです。",
            "見本センターのご利用ありがとうございます。",
            "申込内容の確認が完了しました。以下のURLからご確認をお願いします。",
            "ご利用になる端末にデジタル証明書の登録作業を実施してください。",
            "申込受付年月日 : 2026年11月20日(金)",
            number.as_str(),
            "デジタル証明書の登録作業を行う論理端末",
            "海上 webNACCS 11110A",
            "海上 webNACCS 11110B",
            "認証コード2は、このメールには記載していません。ログインした後の「デジタル証明書取得」の画面でご確認ください。",
            "申込内容は、以下のURLからご確認ください。",
            "https://center.example/mihon-center",
            "トップメニュー「申込内容の確認」",
            "<ご利用に当たっての留意事項>",
            "・このメールは自動配信しています。こちらのメールは送信専用のため、直接送信いただいてもお問い合わせにはお答えできませんので、ご了承ください。",
            "お問い合わせ先",
            "見本センター ヘルプデスク",
            "電話 0120-000-001",
        ]
    );
}

#[test]
fn s6_6_every_letter_has_its_own_subject_and_the_application_in_both_languages() {
    let subjects = |language| Which::ALL.map(|which| told(language).letter(which).subject);
    assert_eq!(
        subjects(Language::Ja),
        [
            "デジタル証明書の再発行受付完了",
            "デジタル証明書再発行申込に関する確認事項のお知らせ",
            "デジタル証明書再発行申込確認完了のお知らせ",
            "デジタル証明書再発行申込の不承認のお知らせ",
            "デジタル証明書再発行申込の取り下げのお知らせ",
        ]
    );
    for language in [Language::Ja, Language::En] {
        let told = Reissue {
            reason: Some((
                "申込担当者に関する項目をご確認ください。".to_owned(),
                Some("部課名".to_owned()),
            )),
            ..told(language)
        };
        for which in Which::ALL {
            let letter = told.letter(which);
            for part in [
                &told.number.to_string(),
                "11110B",
                "https://center.example/mihon-center",
            ] {
                assert!(letter.body.contains(part), "{which:?}: {}", letter.body);
            }
            assert!(
                !letter.body.contains('⟦') && !letter.subject.contains('⟦'),
                "{}",
                letter.body
            );
            assert_eq!(
                letter.body.contains("部課名"),
                !matches!(which, Which::Completed),
                "{which:?}"
            );
        }
    }
}

#[test]
fn a40_no_value_writes_a_line_of_its_own() {
    let forged = Reissue {
        company: "株式会社甲\r\nBcc: all@example.jp".to_owned(),
        name: "通関\n花子".to_owned(),
        reason: Some(("理由\r\n\r\n本文".to_owned(), None)),
        ..told(Language::Ja)
    };
    for which in Which::ALL {
        let letter = forged.letter(which);
        assert!(!letter.body.contains('\r') && !letter.subject.contains('\n'));
        assert!(
            !letter
                .body
                .lines()
                .any(|line| line.starts_with("Bcc:") || line == "花子 様" || line == "本文")
        );
    }
}
