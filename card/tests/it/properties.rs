//! What holds for all bytes.

use card::{
    apdu::{Apdu, Command, Header, KeyReference, Length, Parsed, Response},
    certificate::{Certificate, KeyKind},
    recorded::RecordedCard,
    tlv,
    virtual_card::VirtualCard,
};
use proptest::prelude::*;

/// Joins the links of a chain as a card does.
fn join(apdus: &[Apdu]) -> (Header, Vec<u8>, Option<u32>) {
    let mut data = Vec::new();
    let (last, links) = apdus.split_last().expect("at least one");
    for link in links {
        let parsed = Parsed::parse(link.bytes()).expect("a link");
        assert!(parsed.header.is_chained());
        assert_eq!((parsed.data.len(), parsed.expected), (255, None));
        data.extend_from_slice(parsed.data);
    }
    let parsed = Parsed::parse(last.bytes()).expect("the last link");
    assert!(!parsed.header.is_chained());
    data.extend_from_slice(parsed.data);
    (parsed.header, data, parsed.expected)
}

proptest! {
    #[test]
    fn a_command_comes_back_through_chaining_and_through_extended_length(
        template in proptest::collection::vec(any::<u8>(), 0..2000),
        algorithm: u8,
    ) {
        let command = Command::GeneralAuthenticate { algorithm, key: KeyReference::Signature, template: template.clone() };
        for length in [Length::Short, Length::Extended] {
            let (header, data, expected) = join(&command.apdus(length));
            prop_assert_eq!(&data, &template);
            let parsed = Parsed { header, data: &data, expected, length };
            match Command::decode(&parsed) {
                Ok(Command::GeneralAuthenticate { algorithm: back, key: KeyReference::Signature, template: same }) => {
                    prop_assert_eq!((back, same), (algorithm, template.clone()));
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    #[test]
    fn an_object_comes_back_through_put_data(tag in 0x5F_C100_u32..0x5F_C180, content in proptest::collection::vec(any::<u8>(), 0..1000)) {
        let command = Command::PutData { object: tag, content: tlv::element(0x53, &content) };
        let (header, data, expected) = join(&command.apdus(Length::Short));
        match Command::decode(&Parsed { header, data: &data, expected, length: Length::Short }) {
            Ok(Command::PutData { object, content: back }) => {
                prop_assert_eq!(object, tag);
                prop_assert_eq!(tlv::find(&back, 0x53).unwrap(), &content[..]);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn an_apdu_is_parsed_as_it_was_encoded(
        header: [u8; 4],
        data in proptest::collection::vec(any::<u8>(), 0..700),
        expected in proptest::option::of(1_u32..=65_536),
    ) {
        let [cla, ins, p1, p2] = header;
        let header = Header { cla, ins, p1, p2 };
        let extended = Apdu::encode(header, &data, expected, Length::Extended).unwrap();
        let parsed = Parsed::parse(extended.bytes()).unwrap();
        prop_assert_eq!((parsed.header, parsed.data, parsed.expected), (header, &data[..], expected));
        let expected = expected.map(|ne| ne.min(256));
        match Apdu::encode(header, &data, expected, Length::Short) {
            Some(short) => {
                let parsed = Parsed::parse(short.bytes()).unwrap();
                prop_assert_eq!((parsed.header, parsed.data, parsed.expected), (header, &data[..], expected));
            }
            None => prop_assert!(data.len() > 255),
        }
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,80}") {
        let _ = Response::parse(&bytes);
        let _ = Apdu::from_bytes(&bytes);
        let _ = Certificate::parse(&bytes);
        let _ = KeyKind::of(&bytes);
        let _ = tlv::elements(&bytes).count();
        let _ = tlv::find(&bytes, 0x53);
        let _ = RecordedCard::parse(&text);
        if let Ok(parsed) = Parsed::parse(&bytes) {
            let _ = Command::decode(&parsed);
        }
    }

    #[test]
    fn a_damaged_certificate_makes_no_parser_panic(at in 0_usize..250, value: u8, cut in 0_usize..250) {
        let mut der = example_certificate();
        let end = cut.min(der.len());
        let at = at % der.len();
        der[at] = value;
        let _ = Certificate::parse(&der);
        let _ = Certificate::parse(&der[..end]);
    }

    #[test]
    fn a_tlv_comes_back_and_its_prefixes_do_not(tag in prop_oneof![Just(0x53_u32), Just(0x7F49), Just(0x5F_C105)], value in proptest::collection::vec(any::<u8>(), 0..400)) {
        let bytes = tlv::element(tag, &value);
        prop_assert_eq!(tlv::find(&bytes, tag), Ok(&value[..]));
        for cut in 1..bytes.len() {
            prop_assert!(tlv::first(&bytes[..cut]).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_card_answers_any_sequence_of_bytes_and_spends_no_try_but_by_verify(
        commands in proptest::collection::vec(command_bytes(), 1..40),
    ) {
        let mut card = shared_card().lock().unwrap();
        card.reset();
        for command in &commands {
            match card.respond(command) {
                card::virtual_card::Answer::Response(bytes) => prop_assert!(bytes.len() >= 2),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        // None of them is a PIN of the right form.
        prop_assert_eq!(card.tries_left(), card::TriesLeft::Known(10));
    }
}

/// Mostly commands that the card knows, with fields that it may not.
fn command_bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = (
        prop_oneof![Just(0x00_u8), Just(0x10), any::<u8>()],
        prop_oneof![
            Just(0x20_u8),
            Just(0x24),
            Just(0x2C),
            Just(0x47),
            Just(0x87),
            Just(0xA4),
            Just(0xC0),
            Just(0xCB),
            Just(0xDB)
        ],
        prop_oneof![Just(0x00_u8), Just(0x3F), Just(0x04), Just(0x11), any::<u8>()],
        prop_oneof![
            Just(0x80_u8),
            Just(0x81),
            Just(0x9A),
            Just(0x9B),
            Just(0x9C),
            Just(0xFF),
            Just(0x00)
        ],
        prop_oneof![
            Just(vec![0xA0, 0x00, 0x00, 0x03, 0x08]),
            Just(vec![0x5C, 0x03, 0x5F, 0xC1, 0x05]),
            Just(vec![0x7C, 0x02, 0x80, 0x00]),
            Just(vec![0x7C, 0x02, 0x81, 0x00]),
            proptest::collection::vec(0x80_u8..=0xFF, 0..255),
        ],
    )
        .prop_map(|(cla, ins, p1, p2, data)| {
            let apdu = Apdu::encode(Header { cla, ins, p1, p2 }, &data, Some(256), Length::Short);
            apdu.expect("short data").bytes().to_vec()
        });
    prop_oneof![4 => known, 1 => proptest::collection::vec(any::<u8>(), 0..20)]
}

fn shared_card() -> &'static std::sync::Mutex<VirtualCard> {
    static CARD: std::sync::OnceLock<std::sync::Mutex<VirtualCard>> = std::sync::OnceLock::new();
    CARD.get_or_init(|| std::sync::Mutex::new(crate::example::card(KeyKind::P256)))
}

fn example_certificate() -> Vec<u8> {
    let card = shared_card().lock().unwrap();
    card.certificate(card::piv::Slot::Signature)
        .expect("a certificate")
        .der()
        .to_vec()
}
