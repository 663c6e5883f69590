//! Names: what may stand in a certificate, and how it is printed.

use pki::algorithm::Algorithm;
use pki::name::{AuthorityName, CorporateNumber, Holder, NameFault, Organisation};

use crate::authority::authority;
use crate::judge::{Desk, openssl};

#[test]
fn a42_names_are_refused_not_shortened() {
    let holder = |name: &str| Holder::new(name, "Yamada Taro", None).map(|_| ());
    assert_eq!(holder(&"髙".repeat(64)), Ok(()));
    assert_eq!(
        holder(&"髙".repeat(65)),
        Err(NameFault::TooLong {
            field: "name",
            length: 65,
            most: 64
        })
    );
    // A variation selector is a character of its own: 60 kanji, four of them with one, just fit.
    assert_eq!(holder(&("﨑\u{e0101}".repeat(4) + &"山".repeat(56))), Ok(()));
    assert_eq!(holder("長"), Ok(()), "one character is a name");
    for empty in ["", " ", "　　", "\t"] {
        assert!(
            matches!(holder(empty), Err(NameFault::Empty(_) | NameFault::Character { .. })),
            "{empty:?}"
        );
    }
}

#[test]
fn a39_what_is_not_seen_or_turns_the_line_cannot_stand_in_a_name() {
    for character in [
        '\0',
        '\n',
        '\u{7f}',
        '\u{85}',
        '\u{200b}',
        '\u{200d}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{ffff}',
        '\u{e0041}',
    ] {
        let fault = Holder::new(&format!("山{character}田"), "Yamada", None).map(|_| ());
        assert_eq!(
            fault,
            Err(NameFault::Character {
                field: "name",
                character
            })
        );
    }
    // Controls: what looks strange and is right.
    for name in [
        "𠮷野",
        "神\u{fa19}",
        "ｶﾀｶﾅ",
        "か\u{3099}",
        "〆木",
        "々",
        "山田・スミス　Ａ",
        "辻\u{e0100}",
    ] {
        assert!(Holder::new(name, "Yamada", None).is_ok(), "{name}");
    }
}

#[test]
fn romaji_is_latin() {
    for bad in ["山田", "Yamada　Taro", "Yamadа", "Yamāda", "Y\u{0}"] {
        assert!(
            matches!(Holder::new("山田", bad, None), Err(NameFault::NotLatin { .. })),
            "{bad}"
        );
    }
    assert!(Organisation::new("山田工務店", "Yamada & Sons, \"Komuten\" Co., Ltd. <HQ>", "佐賀", None).is_ok());
}

#[test]
fn a_corporate_number_has_thirteen_digits_and_a_right_check_digit() {
    for good in ["7000012050002", "5000012010024", "8700110005901"] {
        assert_eq!(
            good.parse::<CorporateNumber>()
                .map(|number| number.to_string())
                .as_deref(),
            Ok(good)
        );
        for place in 0..13 {
            let mut wrong = good.as_bytes().to_vec();
            wrong[place] = if wrong[place] == b'9' { b'0' } else { wrong[place] + 1 };
            let wrong = String::from_utf8(wrong).unwrap();
            // Modulo 9 a digit 0 and 9 weigh alike; every step of one is found.
            let same = good.as_bytes()[place] == b'9' && place != 0;
            assert_eq!(wrong.parse::<CorporateNumber>().is_ok(), same, "{wrong}");
        }
    }
    for bad in [
        "",
        "700001205000",
        "70000120500021",
        "７０００012050002",
        "700001205000x",
        "-700001205000",
    ] {
        assert_eq!(bad.parse::<CorporateNumber>(), Err(NameFault::CorporateNumber), "{bad}");
    }
}

#[test]
fn openssl_prints_names_as_we_do() {
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let authority = authority(algorithm);
        let card = authority.card(
            &pki::profile::Profile::AuthoritySignature(crate::authority::card_content()),
            authority.responder.public_key(),
        );
        let desk = Desk::new();
        for certificate in [&authority.root, &authority.issuing, &card] {
            let path = desk.file("certificate.pem", certificate.to_pem());
            // RFC 2253 with UTF-8 left as it is; OpenSSL has names for the two that RFC 4514 leaves in dotted form.
            let text = openssl(&[
                "x509",
                "-in",
                &path,
                "-noout",
                "-subject",
                "-nameopt",
                "RFC2253,-esc_msb,utf8,sname",
            ])
            .text;
            let theirs = text
                .trim()
                .trim_start_matches("subject=")
                .replace("street=", "STREET=")
                .replace("organizationIdentifier=", "2.5.4.97=");
            assert_eq!(certificate.subject().to_string(), theirs);
        }
        assert!(
            card.subject().readable().starts_with("Takasaki Yoshiro, "),
            "{}",
            card.subject().readable()
        );
        assert_eq!(card.issuer().common_name(), Some("Kagimori Issuing"));
        assert_eq!(card.issuer().organisation(), Some("鍵守認証局"));
    }
}

#[test]
fn an_authoritys_name_may_be_japanese() {
    assert!(AuthorityName::new("株式会社鍵守", "鍵守発行認証局").is_ok());
    assert!(AuthorityName::new("", "CA").is_err());
}
