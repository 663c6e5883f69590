//! What every token must do, whatever lies between the program and the card: each function is one sentence and takes a way to connect.
//!
//! A token here is an authority card (ten tries) with [`PIN`](crate::example::PIN), unspent.

use card::{
    CardFault, LastTryConsent, Transport, TriesLeft,
    apdu::{Apdu, Header, Length},
    certificate::{Fingerprint, KeyKind},
    piv::{Piv, Slot},
};

use crate::example::{PIN, PUK, WRONG_PIN, pin, puk};

/// A card that can be connected to again and again.
pub(crate) trait Token {
    fn connect(&self) -> Box<dyn Transport>;

    fn piv(&self) -> Piv {
        Piv::open(self.connect()).expect("a PIV card")
    }
}

pub(crate) fn tells_everything_without_a_pin(token: &dyn Token, kind: KeyKind) {
    let mut piv = token.piv();
    let summary = piv.summary().expect("a summary");
    assert_eq!(summary.tries_left, TriesLeft::Known(10));
    assert_eq!(summary.authentication.key_kind(), kind);
    assert_eq!(summary.signature.key_kind(), kind);
    assert_ne!(summary.authentication.fingerprint(), summary.signature.fingerprint());
    assert_ne!(summary.authentication.public_key(), summary.signature.public_key());
    assert_eq!(piv.identifier().expect("an identifier"), summary.identifier);
    assert_eq!(
        piv.certificate(Slot::Signature).expect("a certificate"),
        summary.signature
    );
}

pub(crate) fn signs_with_both_keys_and_each_certificate_confirms_its_own(token: &dyn Token) {
    for length in [Length::Short, Length::Extended] {
        let mut piv = token.piv().with_length(length);
        let summary = piv.summary().expect("a summary");
        let message = b"registration R, from certificate X to Y";
        let authentication = piv
            .authenticate(&summary.authentication.fingerprint(), &pin(PIN), None, message)
            .expect("a signature by 9A");
        let signature = piv
            .sign_with_signature_key(&summary.signature.fingerprint(), &pin(PIN), None, message)
            .expect("a signature by 9C");
        assert!(summary.authentication.confirms(message, &authentication.bytes));
        assert!(summary.signature.confirms(message, &signature.bytes));
        assert!(
            !summary.signature.confirms(message, &authentication.bytes),
            "the keys differ"
        );
        assert!(!summary.signature.confirms(b"another text", &signature.bytes));
    }
}

/// A05: and the PIN is never sent, so no try is spent even if it is wrong.
pub(crate) fn a_certificate_other_than_the_expected_one_costs_no_try(token: &dyn Token) {
    let mut piv = token.piv();
    let summary = piv.summary().expect("a summary");
    let foreign = Fingerprint::of(b"another card's certificate");
    let wrong = pin(WRONG_PIN);
    assert_eq!(
        piv.sign_with_signature_key(&foreign, &wrong, None, b"text"),
        Err(CardFault::Changed)
    );
    assert_eq!(
        piv.authenticate(&foreign, &wrong, None, b"text"),
        Err(CardFault::Changed)
    );
    assert_eq!(piv.tries_left(), Ok(TriesLeft::Known(10)));
    // The control: with the right certificate the same wrong PIN does cost one.
    let own = summary.signature.fingerprint();
    let refused = piv.sign_with_signature_key(&own, &wrong, None, b"text");
    assert_eq!(
        refused,
        Err(CardFault::PinWrong {
            left: TriesLeft::Known(9)
        })
    );
}

pub(crate) fn nine_wrong_pins_are_forgiven_and_the_tenth_blocks(token: &dyn Token) {
    let mut piv = token.piv();
    for left in (1..10).rev() {
        let refused = piv.verify(&pin(WRONG_PIN), None);
        assert_eq!(
            refused,
            Err(CardFault::PinWrong {
                left: TriesLeft::Known(left)
            })
        );
        assert_eq!(
            token.piv().tries_left(),
            Ok(TriesLeft::Known(left)),
            "also for a new connection"
        );
    }
    // G-P3: the last try is not made without consent, not even with the right PIN.
    assert_eq!(piv.verify(&pin(PIN), None), Err(CardFault::LastTry));
    assert_eq!(piv.tries_left(), Ok(TriesLeft::Known(1)));
    assert_eq!(piv.verify(&pin(PIN), Some(LastTryConsent::given_by_holder())), Ok(()));
    assert_eq!(
        piv.tries_left(),
        Ok(TriesLeft::Known(10)),
        "a right PIN gives all tries back"
    );

    for _ in 1..10 {
        assert!(matches!(
            piv.verify(&pin(WRONG_PIN), None),
            Err(CardFault::PinWrong { .. })
        ));
    }
    let last = piv.verify(&pin(WRONG_PIN), Some(LastTryConsent::given_by_holder()));
    assert_eq!(last, Err(CardFault::PinBlocked));
    assert_eq!(piv.tries_left(), Ok(TriesLeft::Blocked));
    assert_eq!(
        piv.verify(&pin(PIN), Some(LastTryConsent::given_by_holder())),
        Err(CardFault::PinBlocked)
    );

    // And the PUK opens it again.
    assert_eq!(
        piv.unblock(&puk("00000000"), &pin("999999")),
        Err(CardFault::PinWrong {
            left: TriesLeft::Known(9)
        })
    );
    assert_eq!(piv.unblock(&puk(PUK), &pin(PIN)), Ok(()));
    assert_eq!(piv.verify(&pin(PIN), None), Ok(()));
}

pub(crate) fn a_changed_pin_replaces_the_old_one(token: &dyn Token) {
    let mut piv = token.piv();
    let refused = piv.change_pin(&pin(WRONG_PIN), &pin("98765432"), None);
    assert_eq!(
        refused,
        Err(CardFault::PinWrong {
            left: TriesLeft::Known(9)
        })
    );
    assert_eq!(piv.change_pin(&pin(PIN), &pin("98765432"), None), Ok(()));
    assert_eq!(
        piv.verify(&pin(PIN), None),
        Err(CardFault::PinWrong {
            left: TriesLeft::Known(9)
        })
    );
    assert_eq!(piv.verify(&pin("98765432"), None), Ok(()));
    assert_eq!(piv.change_pin(&pin("98765432"), &pin(PIN), None), Ok(()));
}

/// A08: whoever comes after a signature finds no verified PIN.
pub(crate) fn no_verified_pin_is_left_behind(token: &dyn Token) {
    let mut piv = token.piv();
    let fingerprint = piv.summary().expect("a summary").authentication.fingerprint();
    piv.authenticate(&fingerprint, &pin(PIN), None, b"login")
        .expect("a signature");
    assert_eq!(
        piv.tries_left(),
        Ok(TriesLeft::Known(10)),
        "9000 would have meant: verified"
    );

    // The control: within one transaction the card does keep it.
    let mut raw = token.connect();
    raw.begin().expect("a transaction");
    send(&mut *raw, 0xA4, 0x04, 0x00, &[0xA0, 0x00, 0x00, 0x03, 0x08]);
    assert_eq!(send(&mut *raw, 0x20, 0x00, 0x80, b"246813\xFF\xFF"), 0x9000);
    assert_eq!(send(&mut *raw, 0x20, 0x00, 0x80, &[]), 0x9000);
    raw.end(card::transport::CardAfter::Reset).expect("an end");
}

pub(crate) fn send(card: &mut dyn Transport, ins: u8, p1: u8, p2: u8, data: &[u8]) -> u16 {
    let header = Header { cla: 0, ins, p1, p2 };
    let apdu = Apdu::encode(header, data, None, Length::Short).expect("short data");
    card.transmit(&apdu).expect("an answer").status.into()
}
