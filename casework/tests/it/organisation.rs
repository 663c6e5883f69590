//! Contracts of organisations with a service centre, and the person the centre turns to.

use casework::Refusal;
use casework::application::Complaint;
use casework::officer::Role;
use casework::organisation::{
    By, Case, Command, Contact, Contract, ContractNumber, Decision, Facts, Field, Form, Write, decide,
};
use casework::time::Instant;

use crate::office::{jiro, kanri};

#[test]
fn a_contract_is_concluded_amended_ended_and_concluded_anew_by_an_administrator() {
    let case = in_force();
    let amended = Contract {
        office: "大阪支店".into(),
        ..contract()
    };
    let decision = step(&case, &Command::Amend(Box::new(amended.clone())), &by_administrator()).unwrap();
    assert_eq!(decision.next.contract(), Some(&amended));
    assert_eq!(decision.writes, [Write::Register, Write::Administers(kanri().id)]);
    let ended = step(&decision.next, &Command::End, &by_administrator()).unwrap().next;
    assert_eq!(ended.contract(), Some(&amended), "what it said is still known");
    let again = step(&ended, &conclude(), &by_administrator()).unwrap().next;
    assert_eq!(again, case);
}

#[test]
fn contracts_are_looked_after_by_administrators_alone() {
    for command in [Command::Amend(Box::new(contract())), Command::End] {
        let refused = |by| step(&in_force(), &command, &facts(by)).unwrap_err();
        let role = Role::Administration;
        assert_eq!(refused(By::Nobody), Refusal::NotAnOfficer);
        assert_eq!(refused(By::Officer(jiro())), Refusal::NoRole { role });
        assert!(step(&in_force(), &command, &facts(By::Operator)).is_ok());
    }
}

#[test]
fn a_number_is_one_contracts() {
    let taken = Facts {
        taken: true,
        ..by_administrator()
    };
    assert_eq!(
        step(&Case::New, &conclude(), &taken).unwrap_err(),
        Refusal::ContractTaken
    );
    for (typed, number) in [
        ("k-001", Some("K-001")),
        (" Ｋ００１ ", Some("K001")),
        ("", None),
        ("-1", None),
        ("契約1", None),
    ] {
        assert_eq!(
            ContractNumber::typed(typed).as_ref().map(ContractNumber::as_str),
            number,
            "{typed:?}"
        );
    }
    assert_eq!(ContractNumber::typed(&"1".repeat(21)), None);
}

#[test]
fn a_contact_is_written_in_the_widths_of_the_form_whatever_was_typed() {
    let form = Form {
        surname: " 通関 ".into(),
        given: "Taro".into(),
        surname_kana: "つうかん".into(),
        given_kana: "ﾀﾛｳ".into(),
        department: "第一営業部営業第3課".into(),
        title: String::new(),
        phone: "０３０１２３４５６７".into(),
        fax: "0398765432".into(),
        mail: "taro.tsukan@naccs.jp".into(),
        mail_again: " taro.tsukan@naccs.jp".into(),
    };
    let contact = form.check().unwrap();
    assert_eq!(contact, self::contact());
    assert_eq!(
        Form::from(&contact).check(),
        Ok(contact),
        "what was written is taken as it is"
    );
}

#[test]
fn every_field_of_a_contact_says_its_own_complaint_and_all_at_once() {
    let form = Form {
        given: "太郎\u{202e}".into(),
        surname_kana: "通関".into(),
        given_kana: "タロウ・".repeat(6),
        department: "課".repeat(41),
        phone: "03-0123-4567".into(),
        fax: "1301234567".into(),
        mail: "taro@naccs".into(),
        mail_again: "hanako@naccs.jp".into(),
        ..Form::default()
    };
    let complaints = form.check().unwrap_err();
    assert_eq!(
        complaints,
        [
            (Field::Surname, Complaint::Empty),
            (Field::Given, Complaint::Character { character: '\u{202e}' }),
            (Field::SurnameKana, Complaint::Katakana),
            (Field::GivenKana, Complaint::TooLong { most: 20 }),
            (Field::Department, Complaint::TooLong { most: 40 }),
            (Field::Phone, Complaint::Telephone),
            (Field::Fax, Complaint::Telephone),
            (Field::Mail, Complaint::MailForm),
            (Field::MailAgain, Complaint::MailsDiffer),
        ]
    );
}

pub(crate) fn cases() -> [(&'static str, Case); 3] {
    let ended = step(&in_force(), &Command::End, &by_administrator()).unwrap().next;
    [("New", Case::New), ("InForce", in_force()), ("Ended", ended)]
}

pub(crate) fn commands() -> [(&'static str, Command); 3] {
    [
        ("Conclude", conclude()),
        ("Amend", Command::Amend(Box::new(contract()))),
        ("End", Command::End),
    ]
}

pub(crate) fn by_administrator() -> Facts {
    facts(By::Officer(kanri()))
}

pub(crate) fn step(case: &Case, command: &Command, facts: &Facts) -> Result<Decision, Refusal> {
    decide(case, command, facts, Instant(1_780_239_600))
}

fn in_force() -> Case {
    step(&Case::New, &conclude(), &by_administrator()).unwrap().next
}

fn conclude() -> Command {
    Command::Conclude(Box::new(contract()))
}

fn contract() -> Contract {
    Contract {
        number: ContractNumber::typed("K-001").unwrap(),
        company: "見本通関商事株式会社".into(),
        office: "東京事業所".into(),
        contact: contact(),
    }
}

fn contact() -> Contact {
    Contact {
        surname: "通関".into(),
        given: "Ｔａｒｏ".into(),
        surname_kana: "ツウカン".into(),
        given_kana: "タロウ".into(),
        department: Some("第一営業部営業第３課".into()),
        title: None,
        phone: "0301234567".into(),
        fax: Some("0398765432".into()),
        mail: "taro.tsukan@naccs.jp".into(),
    }
}

fn facts(by: By) -> Facts {
    Facts { by, taken: false }
}
