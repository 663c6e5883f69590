//! A card request that was checked: it can be shown faithfully, answered in time, and leads back to its own portal.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::acquisition::Wanted;
use wire::card_request::{CardRequest, PinRule, Step};
use wire::code::Code;

use crate::acquisition;
use crate::origin::Origin;

/// What a portal asks, checked.
pub(crate) struct Asked(CardRequest);

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The portal speaks another version of the exchange.
    Protocol,
    /// Its time is over.
    Expired,
    /// Every step of it is answered already.
    Answered,
    /// It breaks a promise of the exchange; the text says which, for the log.
    Malformed(&'static str),
    /// The text to be signed holds characters that would make the page show something else.
    Unshowable,
}

impl Unfit {
    /// What the person is told.
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Protocol => Code::Update,
            Self::Expired => Code::Timeout,
            Self::Answered => Code::Stale,
            Self::Unshowable => Code::Signature,
            Self::Malformed(_) => Code::Fault,
        }
    }
}

impl Asked {
    /// Checks what came from `portal` for the request `id`.
    pub(crate) fn check(request: CardRequest, id: &str, portal: &Origin, now: i64) -> Result<Self, Unfit> {
        if request.protocol != wire::PROTOCOL {
            return Err(Unfit::Protocol);
        }
        if request.id != id {
            return Err(Unfit::Malformed("another id"));
        }
        if URL_SAFE_NO_PAD.decode(&request.nonce).map_or(0, |nonce| nonce.len()) != 32 {
            return Err(Unfit::Malformed("the nonce is not 32 octets"));
        }
        if request.session_mark.is_empty() {
            return Err(Unfit::Malformed("no session mark"));
        }
        if request.steps.is_empty() || request.steps.len() > MOST_STEPS {
            return Err(Unfit::Malformed("no steps, or too many"));
        }
        if usize::try_from(request.answered).map_or(true, |n| n >= request.steps.len()) {
            return Err(Unfit::Answered);
        }
        if !leads_home(&request.return_to) {
            return Err(Unfit::Malformed("the way back leaves the portal"));
        }
        check_pin(&request.pin)?;
        let answered = usize::try_from(request.answered).unwrap_or(usize::MAX);
        for (n, step) in request.steps.iter().enumerate() {
            check_step(step, n > answered, portal)?;
            let before = n.checked_sub(1).and_then(|n| request.steps.get(n));
            if matches!(step, Step::Install { .. }) && !matches!(before, Some(Step::Acquire { .. })) {
                return Err(Unfit::Malformed("a certificate for no key"));
            }
        }
        if request.expires_at <= now {
            return Err(Unfit::Expired);
        }
        Ok(Self(request))
    }

    /// The step to be answered now; `None` when all are.
    pub(crate) fn step(&self) -> Option<&Step> {
        self.0.steps.get(usize::try_from(self.0.answered).ok()?)
    }

    /// Whether one card takes another one's place in this request.
    pub(crate) fn is_of_two_cards(&self) -> bool {
        self.0.steps.iter().any(|step| matches!(step, Step::Swap { .. }))
    }

    /// Whether the step now is of a card that takes another one's place: at the swap itself, and until the new card is
    /// presented.
    pub(crate) fn is_swap(&self) -> bool {
        let before = self.0.answered.checked_sub(1).and_then(|n| usize::try_from(n).ok());
        matches!(
            (self.step(), before.and_then(|n| self.0.steps.get(n))),
            (Some(Step::Swap { .. }), _) | (Some(Step::Present { .. }), Some(Step::Swap { .. }))
        )
    }

    /// The portal said go, and what it put in the next step's place.
    pub(crate) fn next(&mut self, next: Option<Step>, pin: Option<PinRule>, portal: &Origin) -> Result<(), Unfit> {
        self.0.answered += 1;
        if let Some(pin) = pin {
            check_pin(&pin)?;
            self.0.pin = pin;
        }
        let at = usize::try_from(self.0.answered).unwrap_or(usize::MAX);
        // After the last step only `done` makes sense.
        let place = self.0.steps.get_mut(at).ok_or(Unfit::Answered)?;
        if let Some(next) = next {
            *place = next;
        }
        check_step(place, false, portal)
    }

    /// Where the browser goes back to, always on the portal's own origin.
    pub(crate) fn way_back(&self, portal: &Origin, code: Option<&str>) -> String {
        let path = &self.0.return_to;
        match code {
            None => format!("{portal}{path}"),
            Some(code) => {
                let joint = if path.contains('?') { '&' } else { '?' };
                format!("{portal}{path}{joint}code={}", escaped(code))
            }
        }
    }
}

impl std::ops::Deref for Asked {
    type Target = CardRequest;

    fn deref(&self) -> &CardRequest {
        &self.0
    }
}

/// Whether an id can stand in a path: what base64url knows, and nothing else.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
}

fn check_pin(pin: &PinRule) -> Result<(), Unfit> {
    if pin.min == 0 || pin.min > pin.max || pin.tries == 0 {
        return Err(Unfit::Malformed("a PIN of no length"));
    }
    Ok(())
}

/// Whether a step can be shown. The text of one that lies ahead may still be to come.
fn check_step(step: &Step, ahead: bool, portal: &Origin) -> Result<(), Unfit> {
    match step {
        Step::Present { .. } | Step::Authenticate { .. } | Step::Swap { .. } => {}
        Step::Acquire { wanted, .. } => check_wanted(wanted)?,
        Step::Install { issued: None, .. }
        | Step::Sign {
            text: None,
            certificate: None,
            ..
        } if ahead => {}
        Step::Install { issued, .. } => {
            let issued = issued.as_ref().ok_or(Unfit::Malformed("the certificate never came"))?;
            if !acquisition::is_sound(issued, portal) {
                return Err(Unfit::Malformed("the certificates, or the address of their test"));
            }
        }
        Step::Sign { text, certificate, .. } => {
            let (Some(text), Some(certificate)) = (text, certificate) else {
                return Err(Unfit::Malformed("the text was never written"));
            };
            if fingerprint(certificate).is_none() {
                return Err(Unfit::Malformed("the certificate is no SHA-256"));
            }
            if text.trim().is_empty() || text.len() > LONGEST_TEXT {
                return Err(Unfit::Malformed("nothing to sign, or too much"));
            }
            if text.chars().any(misleads) {
                return Err(Unfit::Unshowable);
            }
        }
    }
    Ok(())
}

/// Whether a key can be made as it is wanted, and the page can say for what.
fn check_wanted(wanted: &Wanted) -> Result<(), Unfit> {
    let is_label = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    if !is_id(&wanted.mark) || wanted.mark.len() < 16 {
        return Err(Unfit::Malformed("the mark is none"));
    }
    if !(1..=32).contains(&wanted.label.len()) || !wanted.label.bytes().all(is_label) {
        return Err(Unfit::Malformed("the label is none"));
    }
    if wanted.keys.is_empty() || wanted.places.is_empty() {
        return Err(Unfit::Malformed("no key, or no place for it"));
    }
    let subject = acquisition::subject(wanted).ok_or(Unfit::Malformed("the subject is no name"))?;
    if subject.to_string().chars().any(misleads) {
        return Err(Unfit::Unshowable);
    }
    Ok(())
}

/// The 32 octets of a certificate's SHA-256.
pub(crate) fn fingerprint(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Characters that turn, hide or break what a person reads (A41), so that the shown text would not be the signed one.
/// Variation selectors stay: names need them.
pub(crate) fn misleads(c: char) -> bool {
    matches!(c,
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{061C}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
        || (c.is_control() && c != '\n')
}

/// Whether a path stays on the origin that it is put behind.
pub(crate) fn leads_home(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 512
        && path
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'\\' && octet != b'#')
}

/// For a query (RFC 3986 §2.3): everything but the unreserved characters is escaped.
pub(crate) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut written, octet| {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            written.push(char::from(octet));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(written, "%{octet:02X}");
        }
        written
    })
}

const MOST_STEPS: usize = 8;
const LONGEST_TEXT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use wire::card_request::{PinAfter, SamePin};
    use wire::office::{Language, Office, Text};

    fn both(text: &str) -> Text {
        Text {
            ja: text.into(),
            en: text.into(),
        }
    }

    fn portal() -> Origin {
        "https://ca.example.jp".parse().unwrap()
    }

    fn request(text: &str) -> CardRequest {
        CardRequest {
            protocol: wire::PROTOCOL,
            id: "abc".into(),
            session_mark: "mark".into(),
            office: Office {
                id: "mihon-ca".into(),
                name: both("office"),
            },
            procedure: "revocation".into(),
            title: both("title"),
            language: Language::Ja,
            nonce: URL_SAFE_NO_PAD.encode([7; 32]),
            pin: PinRule {
                min: 6,
                max: 8,
                digits: true,
                tries: 10,
            },
            pin_after: PinAfter::Kept,
            same_pin: SamePin::Off,
            watch: None,
            steps: vec![Step::Sign {
                says: both("says"),
                text: Some(text.into()),
                language: Language::Ja,
                certificate: Some(URL_SAFE_NO_PAD.encode([1; 32])),
                at: 0,
                person: false,
            }],
            answered: 0,
            return_to: "/mihon-ca/revocation/return".into(),
            expires_at: 100,
        }
    }

    #[test]
    fn a_request_that_keeps_its_promises_is_taken() {
        let asked = Asked::check(request("失効申込書\n葛\u{E0100}城 一郎\n"), "abc", &portal(), 99).unwrap();
        let portal = portal();
        assert_eq!(
            asked.way_back(&portal, Some("a/b&c=é")),
            "https://ca.example.jp/mihon-ca/revocation/return?code=a%2Fb%26c%3D%C3%A9"
        );
    }

    #[test]
    fn a41_a_text_that_would_be_shown_otherwise_is_refused() {
        for text in ["a\u{202E}b", "a\u{200B}b", "a\rb", "a\u{7}b", "a\u{2066}b"] {
            assert_eq!(
                Asked::check(request(text), "abc", &portal(), 0).err(),
                Some(Unfit::Unshowable),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_way_back_never_leaves_the_portal() {
        for path in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "/a b",
            "/a\n",
            "@evil.example",
            ".evil.example",
        ] {
            let mut bad = request("text");
            bad.return_to = path.into();
            assert!(
                matches!(Asked::check(bad, "abc", &portal(), 0), Err(Unfit::Malformed(_))),
                "{path:?}"
            );
        }
    }

    #[test]
    fn an_old_or_late_or_strange_request_is_refused() {
        let mut newer = request("text");
        newer.protocol += 1;
        assert_eq!(Asked::check(newer, "abc", &portal(), 0).err(), Some(Unfit::Protocol));
        assert_eq!(
            Asked::check(request("text"), "abc", &portal(), 100).err(),
            Some(Unfit::Expired)
        );
        assert!(matches!(
            Asked::check(request("text"), "abd", &portal(), 0),
            Err(Unfit::Malformed(_))
        ));
        let mut short = request("text");
        short.nonce = URL_SAFE_NO_PAD.encode([7; 16]);
        assert!(matches!(
            Asked::check(short, "abc", &portal(), 0),
            Err(Unfit::Malformed(_))
        ));
        assert!(!is_id("../claim") && !is_id("") && is_id("Zm9v-_"));
    }
}
