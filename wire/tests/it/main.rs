//! The promise, read from the outside: the JSON as other programs see it.

use serde_json::json;
use wire::card_request::{
    Answer, CardRequest, PinAfter, PinRule, SamePin, Step, Verdict, Watch, WatchReport, authentication_message,
};
use wire::code::Code;
use wire::office::{Language, Office, OfficeTiles, Text, Tile};

#[test]
fn every_code_is_written_as_its_id_and_no_two_are_the_same() {
    let mut ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    for code in Code::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), json!(code.id()));
        assert_eq!(serde_json::from_value::<Code>(json!(code.id())).unwrap(), *code);
        assert_eq!(code.to_string(), code.id());
    }
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert!(all > 40, "the list of codes lost some: {all}");
}

#[test]
fn a_card_request_reads_as_documented() {
    let written = json!({
        "protocol": 3, "id": "aWQ", "session_mark": "bWFyaw",
        "office": { "id": "mihon-ca", "name": { "ja": "見本認証局", "en": "Mihon Certification Authority" } },
        "procedure": "revocation", "title": { "ja": "失効申込", "en": "Revocation" }, "language": "ja", "nonce": "bm9uY2U",
        "pin": { "min": 6, "max": 8, "digits": true, "tries": 10 }, "pin_after": "kept", "same_pin": "auto", "watch": { "every": 5 },
        "steps": [
            { "kind": "present", "says": { "ja": "挿入", "en": "Insert" } },
            { "kind": "authenticate", "says": { "ja": "確認", "en": "Check" } },
            { "kind": "sign", "says": { "ja": "署名", "en": "Sign" }, "text": "失効申込書\n", "language": "ja", "certificate": "c2hh", "at": 1_795_482_000, "person": false },
            { "kind": "swap", "says": { "ja": "差し替え", "en": "Swap" } },
            { "kind": "sign", "says": { "ja": "署名", "en": "Sign" }, "language": "ja", "at": 1_795_482_000, "person": true }
        ],
        "answered": 0, "return_to": "/mihon-ca/revocation/return", "expires_at": 1_795_483_800
    });
    let read: CardRequest = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(read, request());
    assert_eq!(serde_json::to_value(read).unwrap(), written);
    // What is not asked for is not done.
    let mut bare = written;
    for name in ["same_pin", "watch"] {
        bare.as_object_mut().unwrap().remove(name);
    }
    let read: CardRequest = serde_json::from_value(bare).unwrap();
    assert_eq!((read.same_pin, read.watch), (SamePin::Off, None));
}

#[test]
fn answers_and_verdicts_name_their_kind() {
    for (answer, written) in [
        (
            Answer::Presented {
                authentication: "YQ".into(),
                signature: "cw".into(),
            },
            json!({ "kind": "presented", "authentication": "YQ", "signature": "cw" }),
        ),
        (
            Answer::Authenticated { signature: "cw".into() },
            json!({ "kind": "authenticated", "signature": "cw" }),
        ),
        (
            Answer::Signed {
                cms: "Yw".into(),
                person: None,
            },
            json!({ "kind": "signed", "cms": "Yw" }),
        ),
        (
            Answer::Signed {
                cms: "Yw".into(),
                person: Some("山田".into()),
            },
            json!({ "kind": "signed", "cms": "Yw", "person": "山田" }),
        ),
        (Answer::Swapped, json!({ "kind": "swapped" })),
        (
            Answer::PinFailed { left: Some(9) },
            json!({ "kind": "pin_failed", "left": 9 }),
        ),
    ] {
        assert_eq!(serde_json::to_value(&answer).unwrap(), written);
        assert_eq!(serde_json::from_value::<Answer>(written).unwrap(), answer);
    }
    let refused = Verdict::Refused {
        code: Code::CertIssuer,
        message: text("不可", "No"),
        next: text("別のカードで", "Another card"),
        again: true,
    };
    for (verdict, written) in [
        (Verdict::GO, json!({ "verdict": "go" })),
        (
            Verdict::Go {
                next: Some(Step::Swap {
                    says: text("差し替え", "Swap"),
                }),
                pin: Some(request().pin),
            },
            json!({ "verdict": "go", "next": { "kind": "swap", "says": { "ja": "差し替え", "en": "Swap" } },
                "pin": { "min": 6, "max": 8, "digits": true, "tries": 10 } }),
        ),
        (
            Verdict::Done { code: "Y29kZQ".into() },
            json!({ "verdict": "done", "code": "Y29kZQ" }),
        ),
        (
            refused,
            json!({ "verdict": "refused", "code": "E-CERT-ISSUER", "message": { "ja": "不可", "en": "No" },
                "next": { "ja": "別のカードで", "en": "Another card" }, "again": true }),
        ),
        (Verdict::Noted, json!({ "verdict": "noted" })),
    ] {
        assert_eq!(serde_json::to_value(&verdict).unwrap(), written);
        assert_eq!(serde_json::from_value::<Verdict>(written).unwrap(), verdict);
    }
    for (report, written) in [
        (WatchReport::Present, json!({ "card": "present" })),
        (WatchReport::Gone, json!({ "card": "gone" })),
    ] {
        assert_eq!(serde_json::to_value(report).unwrap(), written);
        assert_eq!(serde_json::from_value::<WatchReport>(written).unwrap(), report);
    }
}

#[test]
fn an_office_stands_beside_its_procedures() {
    let tiles = OfficeTiles {
        office: request().office,
        procedures: vec![Tile {
            procedure: "revocation".into(),
            title: text("失効申込", "Revoke a card"),
            path: "/mihon-ca/revocation".into(),
        }],
    };
    let written = serde_json::to_value(&tiles).unwrap();
    assert_eq!(written["id"], "mihon-ca");
    assert_eq!(written["procedures"][0]["path"], "/mihon-ca/revocation");
}

#[test]
fn a02_a_signature_made_for_one_purpose_means_nothing_for_another() {
    let origin = "https://ca.example.jp";
    let certificate = [7; 32];
    let message = authentication_message(origin, &request(), &certificate);
    assert!(message.starts_with(b"KAGIMORI card authentication 1\0"));
    let changes: [fn(&mut CardRequest); 4] = [
        |request| request.office.id.push('x'),
        |request| request.procedure = "renewal".into(),
        |request| request.id.push('x'),
        |request| request.nonce.push('x'),
    ];
    let mut others: Vec<Vec<u8>> = changes
        .iter()
        .map(|change| {
            let mut other = request();
            change(&mut other);
            authentication_message(origin, &other, &certificate)
        })
        .collect();
    others.push(authentication_message(
        "https://ca.example.jp:8443",
        &request(),
        &certificate,
    ));
    others.push(authentication_message(origin, &request(), &[8; 32]));
    // What ends one part must not begin the next: "ab" + "c" is not "a" + "bc".
    let mut shifted = request();
    shifted.id = "aWQb".into();
    shifted.nonce = "m9uY2U".into();
    others.push(authentication_message(origin, &shifted, &certificate));
    assert!(others.iter().all(|other| *other != message));
    assert_eq!(
        authentication_message(origin, &request(), &certificate),
        message,
        "the control: the same is the same"
    );
}

#[test]
fn a_language_is_known_by_its_primary_subtag() {
    assert_eq!(Language::from_tag("ja-JP"), Some(Language::Ja));
    assert_eq!(Language::from_tag("EN"), Some(Language::En));
    assert_eq!(Language::from_tag("de"), None);
    assert_eq!(Language::from_tag(""), None);
}

fn request() -> CardRequest {
    CardRequest {
        protocol: wire::PROTOCOL,
        id: "aWQ".into(),
        session_mark: "bWFyaw".into(),
        office: Office {
            id: "mihon-ca".into(),
            name: text("見本認証局", "Mihon Certification Authority"),
        },
        procedure: "revocation".into(),
        title: text("失効申込", "Revocation"),
        language: Language::Ja,
        nonce: "bm9uY2U".into(),
        pin: PinRule {
            min: 6,
            max: 8,
            digits: true,
            tries: 10,
        },
        pin_after: PinAfter::Kept,
        same_pin: SamePin::Auto,
        watch: Some(Watch { every: 5 }),
        steps: vec![
            Step::Present {
                says: text("挿入", "Insert"),
            },
            Step::Authenticate {
                says: text("確認", "Check"),
            },
            Step::Sign {
                says: text("署名", "Sign"),
                text: Some("失効申込書\n".into()),
                language: Language::Ja,
                certificate: Some("c2hh".into()),
                at: 1_795_482_000,
                person: false,
            },
            Step::Swap {
                says: text("差し替え", "Swap"),
            },
            Step::Sign {
                says: text("署名", "Sign"),
                text: None,
                language: Language::Ja,
                certificate: None,
                at: 1_795_482_000,
                person: true,
            },
        ],
        answered: 0,
        return_to: "/mihon-ca/revocation/return".into(),
        expires_at: 1_795_483_800,
    }
}

fn text(ja: &str, en: &str) -> Text {
    Text {
        ja: ja.into(),
        en: en.into(),
    }
}
