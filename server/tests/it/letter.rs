//! The three letters of procedure 000, as the mail program will send them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use casework::application::{Ground, NewIssue};
use casework::characters::mailable;
use casework::identity::Serial;
use casework::number::Number;
use casework::refund::{Purchase, Refund, Terms};
use casework::revocation::Letter as Which;
use casework::time::Date;
use lettre::message::{Mailbox, SinglePart};
use lettre::{Address, Message};
use server::desk::revocation::Authentication;
use server::letter::{Letter, Revocation};
use wire::office::{Language, Text};

#[test]
fn the_acceptance_says_number_date_reason_and_serial_and_that_nothing_can_be_taken_back() {
    let letter = facts(Language::Ja).letter(Which::Accepted);
    assert_eq!(letter.subject, "失効申込受付のお知らせ（受付番号 97903828560）");
    for part in [
        "日本　太郎 様",
        "見本認証局",
        "受付番号： 97903828560",
        "受付日時： 2026年12月1日(火) 21:08",
        "失効理由： 企業等の倒産等",
        "シリアル番号（署名用）： 18446744073709551615\nシリアル番号（認証用）： 72340172838076673\n",
        "ICカードに入っている認証用と署名用の電子証明書は、両方とも失効します。",
        "訂正や取消はできません",
        "見本認証局 失効受付窓口\n電話 03-0000-0000\n",
    ] {
        assert!(letter.body.contains(part), "{part} is not in\n{}", letter.body);
    }
}

#[test]
fn the_completion_says_when_and_that_others_may_see_it_later() {
    let letter = facts(Language::En).letter(Which::Revoked);
    assert_eq!(
        letter.subject,
        "Your certificates are revoked (receipt number 97903828560)"
    );
    for part in [
        "Dear 日本　太郎,",
        "Revoked: ",
        "21:08:07",
        "(OCSP)",
        "(CRL)",
        "Example Certification Authority",
        "As you requested, we have revoked the certificates below.",
        "Serial number (signature): 18446744073709551615\nSerial number (authentication): 72340172838076673\n",
        "Both certificates on the IC card have been revoked: the one for authentication and the one for signatures.",
        "If you did not make this application, contact us at once.",
        "Please do not reply; this mailbox is not monitored.",
    ] {
        assert!(letter.body.contains(part), "{part} is not in\n{}", letter.body);
    }
    // The office stands at the foot; an English letter does not introduce itself.
    assert!(!letter.body.contains("This is "));
    assert!(
        facts(Language::Ja)
            .letter(Which::Revoked)
            .body
            .contains("見本認証局でございます。")
    );
}

#[test]
fn what_was_revoked_before_is_not_said_to_be_revoked_by_this_application() {
    let mut facts = facts(Language::Ja);
    let body = |facts: &Revocation| facts.letter(Which::Revoked).body;
    assert!(!body(&facts).contains("失効済み"), "the control");
    facts.authentication.revoked_before = Some(facts.accepted_at.plus_seconds(-86_400));
    let before = "シリアル番号（認証用）： 72340172838076673（2026年11月30日(月) 21:08 に失効済み）\n";
    assert!(body(&facts).contains(before), "{}", body(&facts));
}

#[test]
fn a18_every_letter_links_the_page_of_its_receipt_by_its_address_alone() {
    let address = "\nhttps://ca.example.jp/receipt/97903828560\n";
    for (language, said) in [
        (Language::Ja, "受領書の確認コード"),
        (Language::En, "the check code on your receipt"),
    ] {
        for which in [Which::Accepted, Which::Revoked, Which::Refund] {
            let mut facts = facts(language);
            let body = facts.letter(which).body;
            assert!(body.contains(address) && body.contains(said), "{body}");
            facts.page = None;
            let body = facts.letter(which).body;
            assert!(!body.contains("/receipt/") && !body.contains(said), "{body}");
        }
    }
}

#[test]
fn the_refund_letter_follows_the_estimate() {
    let refund = |refund, new_issue| {
        Revocation {
            refund,
            new_issue,
            ..facts(Language::Ja)
        }
        .letter(Which::Refund)
    };
    let estimate = refund(Refund::Estimate { yen: 18_600 }, None);
    assert!(estimate.subject.starts_with("返金のお知らせ"));
    for part in [
        "ご購入時の料金： 41,900円",
        "手数料： 7,000円",
        "返金額の目安： 18,600円",
        "100円未満",
    ] {
        assert!(estimate.body.contains(part), "{part} is not in\n{}", estimate.body);
    }
    assert!(!estimate.body.contains("充当"));
    assert!(
        refund(Refund::Estimate { yen: 18_600 }, Some(NewIssue::Yes))
            .body
            .contains("充当")
    );
    let none = refund(Refund::None, None);
    assert!(none.subject.starts_with("返金なしのお知らせ"));
    assert!(none.body.contains("1,000円に満たない"));
    assert!(!none.body.contains("返金額の目安"));
    assert!(refund(Refund::Unknown, None).body.contains("確認しています"));
}

#[test]
fn every_letter_is_whole_in_both_languages_and_tells_no_secret() {
    for language in [Language::Ja, Language::En] {
        for letter in letters(&facts(language)) {
            // A key without a text would show in double brackets; a value without one in braces.
            for text in [&letter.subject, &letter.body] {
                assert!(!text.contains(['⟦', '{', '}', '$']), "{text}");
            }
            assert!(letter.body.lines().all(|line| line.len() <= 998));
            assert!(letter.body.ends_with('\n') && !letter.body.contains("\n\n\n") && !letter.body.contains('\r'));
            assert!(letter.body.contains("97903828560"));
        }
    }
    let subjects = |language| letters(&facts(language)).map(|letter| letter.subject);
    for (japanese, english) in subjects(Language::Ja).into_iter().zip(subjects(Language::En)) {
        assert_ne!(japanese, english);
        assert!(english.is_ascii());
    }
}

#[test]
fn a40_no_value_can_write_a_header_or_forge_a_line() {
    let injected = "太郎\r\nBcc: all@example.jp\r\n\r\n別の文\u{85}\u{2028}\u{202e}";
    let mut hostile = facts(Language::Ja);
    hostile.applicant = injected.into();
    hostile.issuer = injected.into();
    hostile.office.ja = injected.into();
    let plain = facts(Language::Ja);
    for (hostile, plain) in letters(&hostile).into_iter().zip(letters(&plain)) {
        assert_eq!(hostile.subject, plain.subject);
        assert_eq!(hostile.body.lines().count(), plain.body.lines().count());
        assert!(!hostile.body.contains(['\r', '\u{85}', '\u{2028}', '\u{202e}']));
        assert!(hostile.body.contains('\u{fffd}'), "what was there is not hidden");
        let (head, _) = sent(&hostile)
            .split_once("\r\n\r\n")
            .map(|(head, body)| (head.to_owned(), body.to_owned()))
            .unwrap();
        assert!(!head.contains("Bcc") && !head.contains("all@"), "{head}");
        assert_eq!(head.matches("Subject:").count(), 1);
        assert_eq!(head.matches("\r\nTo:").count(), 1);
    }
    // The control: what a careless letter would do is found by these very checks.
    assert!(injected.contains("\r\nBcc"));
}

#[test]
fn names_keep_their_variants_in_letters() {
    for name in ["𠮷田　髙", "葛\u{e0100}城", "神\u{fe00}\u{fa19}"] {
        let letter = Revocation {
            applicant: name.into(),
            ..facts(Language::Ja)
        }
        .letter(Which::Accepted);
        assert!(letter.body.starts_with(&format!("{name} 様\n")), "{}", letter.body);
    }
}

#[test]
fn whatever_the_form_takes_as_an_address_the_mail_program_takes_too() {
    for address in [
        "taro@example.jp",
        "t.a+r_o@a-b.co.jp",
        "a!#$%&'*+-/=?^_`{|}~b@example.jp",
        "1@2.jp",
        &format!("{}@example.jp", "a".repeat(64)),
    ] {
        assert!(mailable(address), "{address}");
        assert!(address.parse::<Address>().is_ok(), "{address}");
    }
}

fn letters(facts: &Revocation) -> [Letter; 5] {
    let refund = |refund| {
        Revocation {
            refund,
            ..facts.clone()
        }
        .letter(Which::Refund)
    };
    [
        facts.letter(Which::Accepted),
        facts.letter(Which::Revoked),
        refund(Refund::Estimate { yen: 18_600 }),
        refund(Refund::None),
        refund(Refund::Unknown),
    ]
}

fn sent(letter: &Letter) -> String {
    let mailbox = |address: &str| Mailbox::new(None, address.parse().unwrap());
    let message = Message::builder()
        .from(mailbox("office@example.jp"))
        .to(mailbox("taro@example.jp"))
        .subject(&letter.subject)
        .singlepart(SinglePart::plain(letter.body.clone()))
        .unwrap();
    String::from_utf8(message.formatted()).unwrap()
}

fn facts(language: Language) -> Revocation {
    let text = |ja: &str, en: &str| Text {
        ja: ja.into(),
        en: en.into(),
    };
    Revocation {
        language,
        office: text("見本認証局", "Example Certification Authority"),
        contact: text(
            "見本認証局 失効受付窓口\n電話 03-0000-0000",
            "Example Certification Authority, revocation desk\nTelephone +81 3-0000-0000",
        ),
        applicant: "日本　太郎".into(),
        number: Number::from_random([1, 2, 3, 4, 5, 6, 7, 8]),
        page: Some("https://ca.example.jp/receipt/97903828560".to_owned()),
        accepted_at: Date::new(2026, 12, 1)
            .unwrap()
            .as_day()
            .begins()
            .plus_seconds(21 * 3_600 + 8 * 60 + 7),
        ground: Ground::Bankruptcy,
        issuer: "CN=Example Signature CA G2, C=JP".into(),
        serial: Serial::from_octets(&[0xff; 8]).unwrap(),
        authentication: Authentication {
            serial: Serial::from_octets(&[1; 8]).unwrap(),
            revoked_before: None,
        },
        purchase: Some(Purchase { price: 41_900 }),
        refund: Refund::None,
        terms: Terms {
            fee: 7_000,
            unit: 100,
            minimum: 1_000,
        },
        new_issue: None,
    }
}
