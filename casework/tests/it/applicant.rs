//! 申込担当者

use casework::applicant::{Field, Form};
use casework::application::Complaint;

#[test]
fn the_sources_own_example_is_taken_and_each_field_is_in_its_width() {
    let applicant = form().check().unwrap();
    let name = (applicant.surname.as_str(), applicant.given.as_str());
    let kana = (applicant.surname_kana.as_str(), applicant.given_kana.as_str());
    assert_eq!((name, kana), (("通関", "太郎"), ("ツウカン", "タロウ")));
    assert_eq!(applicant.department.as_deref(), Some("第一営業部営業第３課"));
    assert_eq!(applicant.title.as_deref(), Some("課長"));
    assert_eq!(
        (applicant.phone.as_str(), applicant.fax.as_deref()),
        ("0301234567", Some("0398765432"))
    );
    assert_eq!(applicant.mail, "taro.tsukan@naccs.jp");
    // Going back and forth changes nothing.
    let again = Form::from(&applicant);
    assert_eq!(again.check().as_ref(), Ok(&applicant));
    assert_eq!(Form::from(&again.check().unwrap()), again);
}

#[test]
fn department_title_and_fax_may_be_left_out() {
    let applicant = Form {
        department: " ".to_owned(),
        title: "　".to_owned(),
        fax: String::new(),
        ..form()
    }
    .check()
    .unwrap();
    assert_eq!(
        (applicant.department, applicant.title, applicant.fax),
        (None, None, None)
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_screen() {
    assert_eq!(
        Form::default().check().unwrap_err(),
        [
            Field::Surname,
            Field::Given,
            Field::SurnameKana,
            Field::GivenKana,
            Field::Phone,
            Field::Mail,
            Field::MailAgain
        ]
        .map(|field| (field, Complaint::Empty))
    );
    let wrong = Form {
        surname: "通関😀".into(),
        given: "太".repeat(21),
        surname_kana: "通関".into(),
        given_kana: "タロウ".into(),
        department: "部".repeat(41),
        title: "課\n長".to_owned(),
        phone: "03-0123-4567".to_owned(),
        fax: "12345".to_owned(),
        mail: "taro".to_owned(),
        mail_again: "jiro@naccs.jp".to_owned(),
    };
    assert_eq!(
        wrong.check().unwrap_err(),
        [
            (Field::Surname, Complaint::Character { character: '😀' }),
            (Field::Given, Complaint::TooLong { most: 20 }),
            (Field::SurnameKana, Complaint::Katakana),
            (Field::Department, Complaint::TooLong { most: 40 }),
            (Field::Title, Complaint::Character { character: '\n' }),
            (Field::Phone, Complaint::Telephone),
            (Field::Fax, Complaint::Telephone),
            (Field::Mail, Complaint::MailForm),
            (Field::MailAgain, Complaint::MailsDiffer),
        ]
    );
}

#[test]
fn a_formula_is_a_name_in_full_width_and_runs_nowhere() {
    let applicant = Form {
        surname: "=cmd".into(),
        given: "太郎".into(),
        ..form()
    }
    .check()
    .unwrap();
    assert_eq!(applicant.surname, "＝ｃｍｄ");
}

#[test]
fn a_character_that_other_machines_may_lack_is_told_and_kept() {
    let applicant = Form {
        surname: "髙\u{fa11}".into(),
        given: "太郎".into(),
        ..form()
    }
    .check()
    .unwrap();
    assert_eq!(applicant.rare(), [(Field::Surname, '髙')]);
    assert_eq!(applicant.surname, "髙\u{fa11}");
    assert_eq!(form().check().unwrap().rare(), []);
}

fn form() -> Form {
    Form {
        surname: "通関".into(),
        given: "太郎".into(),
        surname_kana: "つうかん".into(),
        given_kana: "ﾀﾛｳ".into(),
        department: "第一営業部営業第3課".to_owned(),
        title: "課長".to_owned(),
        phone: "0301234567".to_owned(),
        fax: "０３９８７６５４３２".to_owned(),
        mail: "taro.tsukan@naccs.jp".to_owned(),
        mail_again: " taro.tsukan@naccs.jp".to_owned(),
    }
}
