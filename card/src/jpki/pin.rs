//! What a citizen's card is unlocked with: parsed before a card sees it, wiped when dropped, and never printable.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use crate::{
    apdu::CommandSecret,
    pin::{Pin, PinFormat, PinRule, Secret},
};

/// 利用者証明用暗証番号: four digits.
///
/// It cannot be printed, cloned or serialised:
///
/// ```compile_fail,E0277
/// fn printed(pin: card::jpki::AuthenticationPin) -> String { format!("{pin:?}") }
/// ```
/// ```compile_fail,E0277
/// fn displayed(pin: card::jpki::AuthenticationPin) -> String { format!("{pin}") }
/// ```
/// ```compile_fail,E0599
/// fn doubled(pin: &card::jpki::AuthenticationPin) -> card::jpki::AuthenticationPin { pin.clone() }
/// ```
/// ```compile_fail,E0277
/// fn sent(pin: &card::jpki::AuthenticationPin) -> String { serde_json::to_string(pin).unwrap() }
/// ```
///
/// while as such it is:
///
/// ```
/// assert!(card::jpki::AuthenticationPin::parse("1234".to_owned()).is_ok());
/// ```
pub struct AuthenticationPin(Pin);

impl AuthenticationPin {
    /// Takes what the holder typed. The text is wiped, whatever the outcome; a wrong form spends no try (G-P6).
    pub fn parse(text: String) -> Result<Self, PinFormat> {
        Pin::parse(text, &PinRule::JPKI_AUTHENTICATION).map(Self)
    }

    pub(crate) fn secret(&self) -> CommandSecret {
        CommandSecret(self.0.block(PinRule::JPKI_AUTHENTICATION))
    }
}

/// 署名用暗証番号: 6 to 16 of A–Z and 0–9, at least one of each; small letters were made capital ones.
///
/// It cannot be printed, cloned or serialised:
///
/// ```compile_fail,E0277
/// fn printed(password: card::jpki::SignaturePassword) -> String { format!("{password:?}") }
/// ```
/// ```compile_fail,E0277
/// fn displayed(password: card::jpki::SignaturePassword) -> String { format!("{password}") }
/// ```
/// ```compile_fail,E0599
/// fn doubled(password: &card::jpki::SignaturePassword) -> card::jpki::SignaturePassword { password.clone() }
/// ```
/// ```compile_fail,E0277
/// fn sent(password: &card::jpki::SignaturePassword) -> String { serde_json::to_string(password).unwrap() }
/// ```
///
/// while as such it is:
///
/// ```
/// assert!(card::jpki::SignaturePassword::parse("abc123".to_owned()).is_ok());
/// ```
pub struct SignaturePassword(Zeroizing<String>);

impl SignaturePassword {
    /// The fewest characters.
    pub const SHORTEST: usize = 6;
    /// The most characters.
    pub const LONGEST: usize = 16;

    /// Takes what the holder typed. The text is wiped, whatever the outcome; a wrong form spends no try (G-P6).
    ///
    /// The first of these that is so is told: nothing, length, characters, no letter, no digit.
    pub fn parse(text: String) -> Result<Self, PasswordFormat> {
        let mut text = Zeroizing::new(text);
        let length = text.chars().count();
        if length == 0 {
            return Err(PasswordFormat::Empty);
        }
        if length < Self::SHORTEST {
            return Err(PasswordFormat::TooShort);
        }
        if length > Self::LONGEST {
            return Err(PasswordFormat::TooLong);
        }
        if text.chars().any(is_full_width) {
            return Err(PasswordFormat::Width);
        }
        if !PasswordRule::Characters.holds_for(&text) {
            return Err(PasswordFormat::Characters);
        }
        if !PasswordRule::Letter.holds_for(&text) {
            return Err(PasswordFormat::NoLetter);
        }
        if !PasswordRule::Digit.holds_for(&text) {
            return Err(PasswordFormat::NoDigit);
        }
        text.make_ascii_uppercase();
        Ok(Self(text))
    }

    /// Which rules hold for what is typed so far: for a list that ticks while somebody types. Nothing is kept.
    pub fn judge(text: &str) -> [(PasswordRule, bool); 4] {
        PasswordRule::ALL.map(|rule| (rule, rule.holds_for(text)))
    }

    /// Whether the repetition is the same.
    pub fn is(&self, repeated: &Self) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), repeated.0.as_bytes()).is_ok()
    }

    pub(crate) fn secret(&self) -> CommandSecret {
        CommandSecret(Secret::from_slice(self.0.as_bytes()))
    }
}

/// One rule of [`SignaturePassword`], as a person reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRule {
    /// 6 to 16 characters.
    Length,
    /// Half-width letters and digits alone.
    Characters,
    /// At least one letter.
    Letter,
    /// At least one digit.
    Digit,
}

impl PasswordRule {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Length, Self::Characters, Self::Letter, Self::Digit];

    fn holds_for(self, text: &str) -> bool {
        match self {
            Self::Length => (SignaturePassword::SHORTEST..=SignaturePassword::LONGEST).contains(&text.chars().count()),
            // Nothing typed keeps no rule yet.
            Self::Characters => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            Self::Letter => text.bytes().any(|byte| byte.is_ascii_alphabetic()),
            Self::Digit => text.bytes().any(|byte| byte.is_ascii_digit()),
        }
    }
}

/// Why what was typed cannot be a signature password. No try was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFormat {
    /// Nothing was typed.
    #[error("no password was entered")]
    Empty,
    /// Fewer than six characters.
    #[error("the password has fewer than 6 characters")]
    TooShort,
    /// More than sixteen characters.
    #[error("the password has more than 16 characters")]
    TooLong,
    /// A full-width character, which is never converted: on a small screen it is taken for the other.
    #[error("the password has a full-width character")]
    Width,
    /// A character that is neither A–Z nor 0–9.
    #[error("the password has a character other than A-Z and 0-9")]
    Characters,
    /// Digits alone.
    #[error("the password has no letter")]
    NoLetter,
    /// Letters alone.
    #[error("the password has no digit")]
    NoDigit,
}

/// 照合番号B: what is printed on the card, and opens its picture.
///
/// It cannot be printed, cloned or serialised:
///
/// ```compile_fail,E0277
/// fn printed(number: card::jpki::PrintedNumber) -> String { format!("{number:?}") }
/// ```
/// ```compile_fail,E0277
/// fn displayed(number: card::jpki::PrintedNumber) -> String { format!("{number}") }
/// ```
/// ```compile_fail,E0599
/// fn doubled(number: &card::jpki::PrintedNumber) -> card::jpki::PrintedNumber { number.clone() }
/// ```
/// ```compile_fail,E0277
/// fn sent(number: &card::jpki::PrintedNumber) -> String { serde_json::to_string(number).unwrap() }
/// ```
///
/// while as such it is:
///
/// ```
/// let number = card::jpki::PrintedNumber::parse("19900412".into(), "2031".into(), "4827".into());
/// assert!(number.is_ok());
/// ```
pub struct PrintedNumber(Zeroizing<Vec<u8>>);

impl PrintedNumber {
    /// Takes what the holder typed: date of birth as YYYYMMDD, the year in which the card expires, and the security code of four
    /// digits. The texts are wiped, whatever the outcome; a wrong form spends no try (G-P6).
    pub fn parse(birth: String, expiry_year: String, code: String) -> Result<Self, PrintedNumberFormat> {
        let [birth, expiry_year, code] = [birth, expiry_year, code].map(Zeroizing::new);
        let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(&birth, 8) || !is_date(&birth) {
            return Err(PrintedNumberFormat::Birth);
        }
        if !digits(&expiry_year, 4) {
            return Err(PrintedNumberFormat::ExpiryYear);
        }
        if !digits(&code, 4) {
            return Err(PrintedNumberFormat::Code);
        }
        let mut number = Zeroizing::new(Vec::with_capacity(PRINTED_NUMBER));
        // The century is not part of the number.
        number.extend(birth.bytes().skip(2));
        number.extend(expiry_year.bytes().chain(code.bytes()));
        Ok(Self(number))
    }

    pub(crate) fn secret(&self) -> CommandSecret {
        CommandSecret(Secret::from_slice(&self.0))
    }
}

/// Which part of the printed number has not its form. No try was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintedNumberFormat {
    /// The date of birth is no date of eight digits.
    #[error("the date of birth is no date of eight digits")]
    Birth,
    /// The year of expiry has not four digits.
    #[error("the year of expiry has not four digits")]
    ExpiryYear,
    /// The security code has not four digits.
    #[error("the security code has not four digits")]
    Code,
}

/// U+FF01–FF5E are the full-width forms of ASCII, U+3000 the space of that width.
fn is_full_width(c: char) -> bool {
    matches!(c, '\u{FF01}'..='\u{FF5E}' | '\u{3000}')
}

/// Whether eight digits are a day of the calendar.
fn is_date(digits: &str) -> bool {
    let part = |from, to| {
        digits
            .get(from..to)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    year > 0 && (1..=last).contains(&day)
}

/// Six digits of the birth, four of the expiry, four of the code.
pub(crate) const PRINTED_NUMBER: usize = 14;
