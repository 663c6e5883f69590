//! The form of S4, rule by rule (DOMAIN §3.4, §8.4).

use casework::application::{Account, AccountKind, Application, Complaint, Field, Form, Ground, NewIssue};
use casework::certificate::Reason;
use casework::characters::{count, forbidden, mailable, transfer_kana};
use casework::time::Instant;
use proptest::prelude::*;

use crate::{clock, day};

#[test]
fn a_right_form_becomes_an_application_as_it_was_typed() {
    let now = day(2026, 6, 1);
    assert_eq!(
        check(&form(now)),
        Ok(Application {
            ground: Ground::KeyCompromise,
            detail: None,
            event_day: Some(now.day()),
            applicant: "日本　太郎".into(),
            kana: "ニッポン　タロウ".into(),
            phone: "0312345678".into(),
            mail: "taro@example.jp".into(),
            account: Account {
                bank: "みずほ銀行".into(),
                branch: "本店".into(),
                kind: AccountKind::Ordinary,
                number: "0034567".into(),
                holder: "ﾆﾂﾎﾟﾝﾀﾛｳ".into(),
            },
            new_issue: None,
        })
    );
}

#[test]
fn an_application_fills_its_form_again_and_checks_to_itself() {
    let first = check(&form(NOW)).unwrap();
    assert_eq!(check(&Form::from(&first)), Ok(first));
}

#[test]
fn an_empty_form_is_answered_field_by_field_in_the_order_of_the_screen() {
    let complaints = Form::default().check("", BEGIN, NOW).unwrap_err();
    assert!(complaints.is_sorted_by_key(|(field, _)| *field));
    let fields: Vec<Field> = complaints.iter().map(|(field, _)| *field).collect();
    assert_eq!(
        fields,
        [
            Field::Reason,
            Field::ApplicantName,
            Field::ApplicantKana,
            Field::Phone,
            Field::Mail,
            Field::MailAgain,
            Field::Bank,
            Field::Branch,
            Field::AccountType,
            Field::AccountNumber,
            Field::AccountHolder,
        ]
    );
    assert!(complaints.iter().all(|(_, complaint)| *complaint == Complaint::Empty));
}

#[test]
fn every_reason_is_taken_online_except_those_for_paper() {
    let mut taken = Vec::new();
    for ground in Ground::ALL {
        assert_eq!(Ground::from_key(ground.key()), Some(ground));
        match with(|form| form.reason = ground.key().into()) {
            Ok(application) => taken.push(application.ground),
            Err(complaints) => assert_eq!(complaints, [(Field::Reason, Complaint::PaperOnly)]),
        }
    }
    let paper: Vec<Ground> = Ground::ALL
        .into_iter()
        .filter(|ground| !taken.contains(ground))
        .collect();
    assert_eq!(paper, [Ground::Lost, Ground::Death]);
    assert_eq!(
        with(|form| form.reason = "because".into()),
        Err(vec![(Field::Reason, Complaint::NotOffered)])
    );
}

#[test]
fn reasons_map_to_the_lists_reasons_of_the_table() {
    assert_eq!(
        Ground::ALL.map(Ground::reason),
        [
            Reason::KeyCompromise,
            Reason::AffiliationChanged,
            Reason::AffiliationChanged,
            Reason::CessationOfOperation,
            Reason::CessationOfOperation,
            Reason::KeyCompromise,
            Reason::Superseded,
            Reason::CessationOfOperation,
        ]
    );
}

#[test]
fn the_event_date_is_asked_for_three_reasons_and_lies_between_validity_and_today() {
    for ground in Ground::ALL.into_iter().filter(|ground| ground.online()) {
        let needed = matches!(
            ground,
            Ground::KeyCompromise | Ground::ContentChanged | Ground::LeftOrganisation
        );
        let answer = with(|form| {
            form.reason = ground.key().into();
            form.event_date.clear();
        });
        match answer {
            Ok(application) => assert!(!needed && application.event_day.is_none(), "{ground:?}"),
            Err(complaints) => {
                assert!(needed, "{ground:?}");
                assert_eq!(complaints, [(Field::EventDate, Complaint::Empty)]);
            }
        }
    }
    for (date, complaint) in [
        ("2026-06-01", None),
        ("2026-06-02", Some(Complaint::Future)),
        ("2026-05-01", None),
        ("2026-04-30", Some(Complaint::BeforeValidity)),
        ("2026-02-30", Some(Complaint::NoSuchDate)),
        ("20260501", Some(Complaint::NoSuchDate)),
        ("２０２６-05-01", Some(Complaint::NoSuchDate)),
    ] {
        assert_complaint(Field::EventDate, complaint, |form| form.event_date = date.into());
    }
    // The first day of validity begins in the afternoon; the whole day counts.
    let begin = clock(day(2026, 6, 1), 15, 0, 0);
    assert!(form(NOW).check("日本　太郎", begin, begin.plus_seconds(60)).is_ok());
}

#[test]
fn a41_a_name_is_taken_as_the_certificate_has_it() {
    for name in [
        "𠮷田　太郎",
        "髙橋　一郎",
        "葛\u{e0100}城　花子",
        "神\u{fe00}田　\u{fa19}",
        "丂丅　丌",
        "NIPPON TARO",
        "ﾆｯﾎﾟﾝ ﾀﾛｳ",
        &"龍".repeat(60),
        &"葛\u{e0100}".repeat(60),
    ] {
        let application = form(NOW).check(name, BEGIN, NOW).unwrap();
        assert_eq!(application.applicant.as_bytes(), name.as_bytes());
    }
    assert_eq!(
        form(NOW).check(&"龍".repeat(61), BEGIN, NOW).unwrap_err(),
        [(Field::ApplicantName, Complaint::TooLong { most: 60 })]
    );
}

#[test]
fn an_ideograph_with_its_variation_selector_is_one_character() {
    assert_eq!(count("葛\u{e0100}城"), 2);
    assert_eq!(count("𠮷"), 1);
    assert_complaint(Field::Branch, None, |form| form.branch = "葛\u{e0100}".repeat(40));
    assert_complaint(Field::Branch, Some(Complaint::TooLong { most: 40 }), |form| {
        form.branch = "葛\u{e0100}".repeat(41);
    });
}

#[test]
fn a36_a39_characters_without_a_picture_are_refused_by_name_in_every_text() {
    for character in [
        '\0',
        '\t',
        '\n',
        '\r',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{202e}',
        '\u{2028}',
        '\u{2066}',
        '\u{2069}',
        '\u{3164}',
        '\u{e000}',
        '\u{feff}',
        '\u{fffd}',
        '\u{fffe}',
        '\u{e0041}',
        '\u{f0000}',
        '\u{10ffff}',
        '\u{fe0f}',
        '\u{e0100}',
    ] {
        let complaint = Some(Complaint::Character { character });
        let text = format!("本{character}店");
        // A selector after an ideograph belongs to it; elsewhere it has nothing to select.
        let text = if forbidden(&text).is_none() {
            format!("ほ{character}")
        } else {
            text
        };
        assert_complaint(Field::Bank, complaint, |form| form.bank.clone_from(&text));
        assert_complaint(Field::Branch, complaint, |form| form.branch.clone_from(&text));
        assert_complaint(Field::ApplicantKana, complaint, |form| {
            form.applicant_kana.clone_from(&text);
        });
        assert_complaint(Field::ReasonDetail, complaint, |form| {
            form.reason_detail.clone_from(&text);
        });
        assert_complaint(Field::Phone, complaint, |form| form.phone.clone_from(&text));
        assert_complaint(Field::AccountNumber, complaint, |form| {
            form.account_number.clone_from(&text);
        });
        assert_complaint(Field::AccountHolder, complaint, |form| {
            form.account_holder.clone_from(&text);
        });
        assert_eq!(
            form(NOW).check(&text, BEGIN, NOW).unwrap_err(),
            [(Field::ApplicantName, Complaint::Character { character })]
        );
    }
}

#[test]
fn bank_and_branch_are_full_width() {
    for bank in [
        "三菱ＵＦＪ銀行",
        "ＰａｙＰａｙ銀行",
        "ゆうちょ銀行〇一八支店",
        "み・ず“ほ”―",
        "商工㈱①Ⅳ",
        "々",
    ] {
        assert_complaint(Field::Bank, None, |form| form.bank = bank.into());
    }
    for bank in ["三菱UFJ銀行", "ﾐｽﾞﾎ", "みずほ 銀行"] {
        assert_complaint(Field::Bank, Some(Complaint::FullWidth), |form| form.bank = bank.into());
    }
    for (bank, character) in [("銀行é", 'é'), ("🏦", '🏦'), ("か\u{3099}", '\u{3099}'), ("은행", '은')] {
        assert_complaint(Field::Bank, Some(Complaint::Character { character }), |form| {
            form.bank = bank.into();
        });
    }
    for blank in ["", " ", "\u{3000}\u{3000}"] {
        assert_complaint(Field::Bank, Some(Complaint::Empty), |form| form.bank = blank.into());
    }
}

#[test]
fn readings_are_full_width_katakana() {
    for kana in ["ニッポン　タロウ", "ヴァン・ローイ", "ヵヶヮヰヱヺ", &"ア".repeat(60)] {
        assert_complaint(Field::ApplicantKana, None, |form| form.applicant_kana = kana.into());
    }
    for kana in ["にっぽん", "ﾆｯﾎﾟﾝ", "ニッポン タロウ", "日本", "NIPPON", "ニッポン1"] {
        assert_complaint(Field::ApplicantKana, Some(Complaint::Katakana), |form| {
            form.applicant_kana = kana.into();
        });
    }
    assert_complaint(Field::ApplicantKana, Some(Complaint::TooLong { most: 60 }), |form| {
        form.applicant_kana = "ア".repeat(61);
    });
}

#[test]
fn a_telephone_number_is_ten_or_eleven_half_width_digits() {
    for (phone, complaint) in [
        ("0312345678", None),
        ("09012345678", None),
        ("031234567", Some(Complaint::Telephone)),
        ("090123456789", Some(Complaint::Telephone)),
        ("03-1234-5678", Some(Complaint::Telephone)),
        ("０３１２３４５６７８", Some(Complaint::Telephone)),
        ("+81312345678", Some(Complaint::Telephone)),
        ("", Some(Complaint::Empty)),
    ] {
        assert_complaint(Field::Phone, complaint, |form| form.phone = phone.into());
    }
}

#[test]
fn a40_a_mail_address_is_one_recipient_and_cannot_break_a_header() {
    for address in [
        "taro@example.jp",
        "t.a+r_o@a-b.co.jp",
        "1@2.jp",
        &format!("{}@example.jp", "a".repeat(64)),
    ] {
        assert!(mailable(address), "{address}");
    }
    for address in [
        "taro",
        "@example.jp",
        "taro@",
        "taro@example",
        "a@b@c.jp",
        "a@b.jp,c@d.jp",
        "a@b.jp;c@d.jp",
        "a b@c.jp",
        "taro.@example.jp",
        ".taro@example.jp",
        "ta..ro@example.jp",
        "\"taro\"@example.jp",
        "<taro@example.jp>",
        "taro@-example.jp",
        "taro@example-.jp",
        "taro@example..jp",
        "taro@[192.0.2.1]",
        "taro@192.0.2.1",
        "ｔａｒｏ@example.jp",
        "taro@例え.jp",
        "taro＠example.jp",
        " taro@example.jp",
        "taro(c)@example.jp",
        &format!("{}@example.jp", "a".repeat(65)),
        &format!("a@{}.jp", "b".repeat(64)),
    ] {
        assert!(!mailable(address), "{address}");
        assert_complaint(Field::Mail, Some(Complaint::MailForm), |form| {
            form.mail = address.into();
            form.mail_again = address.into();
        });
    }
    for character in ['\r', '\n', '\u{85}', '\u{2028}', '\0'] {
        let injected = format!("taro@example.jp{character}Bcc: all@example.jp");
        assert_complaint(Field::Mail, Some(Complaint::Character { character }), |form| {
            form.mail.clone_from(&injected);
            form.mail_again.clone_from(&injected);
        });
    }
}

#[test]
fn a_mail_address_has_at_most_254_characters_and_is_typed_twice_alike() {
    let domain = format!("{}.{}.{}.jp", "b".repeat(63), "c".repeat(63), "d".repeat(58));
    let fits = format!("{}@{domain}", "a".repeat(64));
    assert_eq!(fits.len(), 254);
    for (mail, complaint) in [
        (fits.clone(), None),
        (format!("{fits}x"), Some(Complaint::TooLong { most: 254 })),
    ] {
        assert_complaint(Field::Mail, complaint, |form| {
            form.mail.clone_from(&mail);
            form.mail_again.clone_from(&mail);
        });
    }
    for again in ["Taro@example.jp", "taro@example.jp ", "hanako@example.jp"] {
        assert_complaint(Field::MailAgain, Some(Complaint::MailsDiffer), |form| {
            form.mail_again = again.into();
        });
    }
    assert_complaint(Field::MailAgain, Some(Complaint::Empty), |form| form.mail_again.clear());
}

#[test]
fn an_account_number_is_padded_to_seven_digits() {
    for (typed, stored) in [("1", "0000001"), ("0034567", "0034567"), ("1234567", "1234567")] {
        let application = with(|form| form.account_number = typed.into()).unwrap();
        assert_eq!(application.account.number, stored);
    }
    for (typed, complaint) in [
        ("12345678", Complaint::TooLong { most: 7 }),
        ("１２３４５６７", Complaint::HalfWidthDigits),
        ("12-3456", Complaint::HalfWidthDigits),
        ("", Complaint::Empty),
    ] {
        assert_complaint(Field::AccountNumber, Some(complaint), |form| {
            form.account_number = typed.into();
        });
    }
}

#[test]
fn an_account_holder_is_stored_as_transfers_write_it() {
    for (typed, stored) in [
        ("ニッポンタロウ", "ﾆﾂﾎﾟﾝﾀﾛｳ"),
        ("ニツポンタロウ", "ﾆﾂﾎﾟﾝﾀﾛｳ"),
        ("ﾆｯﾎﾟﾝ ﾀﾛｳ", "ﾆﾂﾎﾟﾝ ﾀﾛｳ"),
        ("ガギグ　ヴョー", "ｶﾞｷﾞｸﾞ ｳﾞﾖｰ"),
        ("カ）テストコウムテン", "ｶ)ﾃｽﾄｺｳﾑﾃﾝ"),
        ("カ゛ハ゜", "ｶﾞﾊﾟ"),
        ("ヵヶヮヰヱ", "ｶｹﾜｲｴ"),
    ] {
        let application = with(|form| form.account_holder = typed.into()).unwrap();
        assert_eq!(application.account.holder, stored);
    }
    for typed in [
        "日本太郎",
        "NIPPON",
        "にっぽん",
        "ﾞｱ",
        "ア゛",
        "カ゜",
        "ン゛",
        "ｱﾞ",
        "ヷ",
        "（）",
        "１２３",
    ] {
        assert_complaint(Field::AccountHolder, Some(Complaint::Katakana), |form| {
            form.account_holder = typed.into();
        });
    }
    // A voiced mark takes a place of its own: 24 ガ are 48 characters.
    assert_complaint(Field::AccountHolder, None, |form| form.account_holder = "ガ".repeat(24));
    assert_complaint(Field::AccountHolder, Some(Complaint::TooLong { most: 48 }), |form| {
        form.account_holder = "ガ".repeat(24) + "ア";
    });
}

#[test]
fn choices_outside_the_offered_ones_are_refused() {
    for (key, kind) in AccountKind::ALL.map(|kind| (kind.key(), kind)) {
        let application = with(|form| form.account_type = key.into()).unwrap();
        assert_eq!(application.account.kind, kind);
    }
    for (key, wish) in NewIssue::ALL.map(|wish| (wish.key(), wish)) {
        assert_eq!(with(|form| form.new_issue = key.into()).unwrap().new_issue, Some(wish));
    }
    let other = Some(Complaint::NotOffered);
    assert_complaint(Field::AccountType, other, |form| form.account_type = "savings".into());
    assert_complaint(Field::NewIssue, other, |form| form.new_issue = "maybe".into());
}

#[test]
fn a_remark_may_be_missing_and_has_at_most_two_hundred_characters() {
    for (typed, kept) in [("", None), ("　", None), ("A社 ｱｲｳ é 🙂", Some("A社 ｱｲｳ é 🙂"))] {
        assert_eq!(
            with(|form| form.reason_detail = typed.into())
                .unwrap()
                .detail
                .as_deref(),
            kept
        );
    }
    assert_complaint(Field::ReasonDetail, None, |form| form.reason_detail = "鍵".repeat(200));
    assert_complaint(Field::ReasonDetail, Some(Complaint::TooLong { most: 200 }), |form| {
        form.reason_detail = "鍵".repeat(201);
    });
}

proptest! {
    #[test]
    fn whatever_is_typed_is_answered_and_what_is_taken_obeys_the_rules(
        bank in ".{0,50}", holder in "[ァ-ヺｦ-ﾟ゛゜ー（）　]{0,50}", mail in "[a-z.@-]{0,20}", phone in "[0-9０-９-]{8,12}",
    ) {
        let answer = with(|form| {
            form.bank.clone_from(&bank);
            form.account_holder.clone_from(&holder);
            form.mail.clone_from(&mail);
            form.mail_again.clone_from(&mail);
            form.phone.clone_from(&phone);
        });
        if let Ok(Application { account, .. }) = answer {
            prop_assert_eq!(&account.bank, &bank);
            prop_assert!((1..=48).contains(&account.holder.chars().count()));
            prop_assert_eq!(transfer_kana(&account.holder), Ok(account.holder.clone()));
            prop_assert!(mailable(&mail));
        }
    }
}

/// A form without a fault.
pub(crate) fn form(now: Instant) -> Form {
    Form {
        reason: "key_compromise".into(),
        reason_detail: String::new(),
        event_date: now.day().date().to_string(),
        applicant_kana: "ニッポン　タロウ".into(),
        phone: "0312345678".into(),
        mail: "taro@example.jp".into(),
        mail_again: "taro@example.jp".into(),
        bank: "みずほ銀行".into(),
        branch: "本店".into(),
        account_type: "ordinary".into(),
        account_number: "34567".into(),
        account_holder: "ニッポンタロウ".into(),
        new_issue: String::new(),
    }
}

fn check(form: &Form) -> Result<Application, Vec<(Field, Complaint)>> {
    form.check("日本　太郎", BEGIN, NOW)
}

fn with(change: impl FnOnce(&mut Form)) -> Result<Application, Vec<(Field, Complaint)>> {
    let mut changed = form(NOW);
    change(&mut changed);
    check(&changed)
}

#[track_caller]
fn assert_complaint(field: Field, complaint: Option<Complaint>, change: impl FnOnce(&mut Form)) {
    let complaints = with(change).err().unwrap_or_default();
    let found = complaints
        .iter()
        .find(|(at, _)| *at == field)
        .map(|(_, complaint)| *complaint);
    assert_eq!(found, complaint);
}

/// Noon on 1 June 2026 in Japan, and noon on 1 May.
const NOW: Instant = Instant(1_780_282_800);
const BEGIN: Instant = Instant(1_777_604_400);
