//! Refusals of the rules, as a person reads them: one match for each family, no wildcard, so that a new refusal does
//! not build until it has words.

use axum::http::StatusCode;
use casework::Refusal;
use casework::acquisition::Flaw;
use casework::application::Complaint;
use casework::card::Standing;
use wire::code::Code;

use crate::catalogue::{Message, Words};
use crate::portal::date;

/// A refusal's status and code, and its message.
pub(crate) fn refused(words: Words, refusal: &Refusal) -> (StatusCode, Message) {
    let (status, code, values) = match refusal {
        Refusal::NotInformed => (StatusCode::CONFLICT, Code::GateTexts, vec![]),
        Refusal::AnotherCard => (StatusCode::CONFLICT, Code::CardChanged, vec![]),
        Refusal::AnotherText => (StatusCode::CONFLICT, Code::Signature, vec![]),
        Refusal::NeverIssued => (StatusCode::CONFLICT, Code::CertUnknown, vec![]),
        Refusal::NotYetValid { from } => (
            StatusCode::CONFLICT,
            Code::CertNotyet,
            vec![("date", date::day(words, from.day()))],
        ),
        Refusal::Expired { at } => (
            StatusCode::CONFLICT,
            Code::CertExpired,
            vec![("date", date::day(words, at.day()))],
        ),
        Refusal::AlreadyRevoked { at } => (
            StatusCode::CONFLICT,
            Code::CertRevoked,
            vec![("date", date::minute(words, *at))],
        ),
        Refusal::ValidityOutside { until } => (
            StatusCode::CONFLICT,
            Code::CertNotyet,
            vec![("date", date::day(words, until.day()))],
        ),
        Refusal::AlreadyApplied { number } => (StatusCode::CONFLICT, Code::Dup, vec![("number", number.to_string())]),
        Refusal::Late { last } => (
            StatusCode::CONFLICT,
            Code::RevLate,
            vec![("date", date::minute(words, last.ends()))],
        ),
        // No page asks for a certificate.
        Refusal::UsedKey { .. } | Refusal::Stale | Refusal::Lapsed => (StatusCode::CONFLICT, Code::Stale, vec![]),
        Refusal::NotAnOfficer => (StatusCode::FORBIDDEN, Code::Officer, vec![]),
        Refusal::NoRole { role } => (
            StatusCode::FORBIDDEN,
            Code::Role,
            vec![("role", words.say(&format!("role-{}", role.key())))],
        ),
        Refusal::OwnApplication => (StatusCode::FORBIDDEN, Code::Own, vec![]),
        Refusal::OwnAccount => (StatusCode::FORBIDDEN, Code::OwnAccount, vec![]),
        Refusal::SamePerson => (StatusCode::FORBIDDEN, Code::SamePerson, vec![]),
        Refusal::Claimed { until } => (
            StatusCode::CONFLICT,
            Code::Taken,
            vec![("date", date::minute(words, *until))],
        ),
        Refusal::NotClaimed => (StatusCode::CONFLICT, Code::NotTaken, vec![]),
        Refusal::Unproven => (StatusCode::CONFLICT, Code::Unproven, vec![]),
        Refusal::WrongCode => (StatusCode::FORBIDDEN, Code::InviteCode, vec![]),
        Refusal::InvitationLapsed => (StatusCode::CONFLICT, Code::InviteLapsed, vec![]),
        Refusal::CardTaken => (StatusCode::CONFLICT, Code::CardTaken, vec![]),
        Refusal::AnotherHolder => (StatusCode::FORBIDDEN, Code::Holder, vec![]),
        Refusal::LastAdministrator => (StatusCode::CONFLICT, Code::LastAdmin, vec![]),
        Refusal::SameCard => (StatusCode::CONFLICT, Code::CardSame, vec![]),
        Refusal::CardsSwapped => (StatusCode::CONFLICT, Code::CardSwapped, vec![]),
        Refusal::CardRegistered => (StatusCode::CONFLICT, Code::CardRegistered, vec![]),
        Refusal::CardNotRegistered => (StatusCode::CONFLICT, Code::CardNotreg, vec![]),
        Refusal::CardRenewed { since } => (
            StatusCode::CONFLICT,
            Code::CardRenewed,
            vec![("date", date::minute(words, *since))],
        ),
        // Which issuer it is stands beside it, on the card's own rows.
        Refusal::Unaccepted => (
            StatusCode::CONFLICT,
            Code::CertIssuer,
            vec![("issuer", String::new()), ("office", String::new())],
        ),
        Refusal::Broken => (StatusCode::CONFLICT, Code::CertChain, vec![]),
        Refusal::Undetermined => (StatusCode::SERVICE_UNAVAILABLE, Code::CertUnknown, vec![]),
        Refusal::UnfitCard { standing } => (
            StatusCode::CONFLICT,
            Code::ReviewCert,
            vec![("reason", words.say(standing_key(*standing)))],
        ),
        Refusal::CompanyUnproven => (StatusCode::CONFLICT, Code::Prove, vec![]),
        Refusal::Unqualified => (StatusCode::CONFLICT, Code::Qualification, vec![]),
        Refusal::NoReason => (StatusCode::UNPROCESSABLE_ENTITY, Code::Reason, vec![]),
        // Whether an account waits or does not exist is nobody's to know (A55).
        Refusal::WrongLogin | Refusal::LockedOut { .. } => (StatusCode::FORBIDDEN, Code::Login, vec![]),
        Refusal::ContractEnded => (StatusCode::FORBIDDEN, Code::ContractEnded, vec![]),
        Refusal::LinkSpent => (StatusCode::CONFLICT, Code::LinkSpent, vec![]),
        Refusal::LinkSent { until } => (
            StatusCode::CONFLICT,
            Code::LinkSent,
            vec![("date", date::minute(words, *until))],
        ),
        Refusal::LoginTaken => (StatusCode::CONFLICT, Code::LoginTaken, vec![]),
        Refusal::ContractTaken => (StatusCode::CONFLICT, Code::ContractTaken, vec![]),
        Refusal::NotYours => (StatusCode::NOT_FOUND, Code::NotFound, vec![]),
        Refusal::UnderReview => (StatusCode::CONFLICT, Code::Reviewing, vec![]),
        Refusal::DayGone => (StatusCode::CONFLICT, Code::DateGone, vec![]),
        Refusal::NoTerminal => (StatusCode::UNPROCESSABLE_ENTITY, Code::TermNone, vec![]),
        Refusal::NoSuchTerminal { terminal } => (
            StatusCode::CONFLICT,
            Code::TermUnknown,
            vec![("terminal", terminal.name.to_string())],
        ),
        Refusal::TerminalTaken { terminal, number } => (
            StatusCode::CONFLICT,
            Code::TermDup,
            vec![("terminal", terminal.name.to_string()), ("number", number.to_string())],
        ),
        Refusal::WrongCodes => (StatusCode::FORBIDDEN, Code::CodeWrong, vec![]),
        Refusal::CodesBlocked { until } => (
            StatusCode::TOO_MANY_REQUESTS,
            Code::CodeBlocked,
            vec![("date", date::minute(words, *until))],
        ),
        Refusal::GrantOver { at } => (
            StatusCode::CONFLICT,
            Code::CodeOver,
            vec![("date", date::day(words, at.day()))],
        ),
        Refusal::GrantReplaced => (StatusCode::CONFLICT, Code::CodeReplaced, vec![]),
        Refusal::AnotherKey => (StatusCode::CONFLICT, Code::CodeSpent, vec![]),
        Refusal::WrongRequest { flaw } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Code::Csr,
            vec![("reason", words.say(flaw_key(*flaw)))],
        ),
        Refusal::TooEarly { from } => (
            StatusCode::CONFLICT,
            Code::RenewEarly,
            vec![("date", date::day(words, *from))],
        ),
        Refusal::UnknownCard => (StatusCode::CONFLICT, Code::CardType, vec![]),
        Refusal::Maintenance { until } => (
            StatusCode::SERVICE_UNAVAILABLE,
            Code::Closed,
            vec![("date", date::minute(words, *until))],
        ),
        Refusal::KioskClosed { opens, closes } => (
            StatusCode::CONFLICT,
            Code::KioskClosed,
            vec![("opens", date::of_day(*opens)), ("closes", date::of_day(*closes))],
        ),
        Refusal::NoReservation => (StatusCode::CONFLICT, Code::RsvNone, vec![]),
        Refusal::ReservationExpired { at } => (
            StatusCode::CONFLICT,
            Code::RsvExpired,
            vec![("date", date::minute(words, *at))],
        ),
        Refusal::ReservationUsed => (StatusCode::CONFLICT, Code::RsvUsed, vec![]),
        Refusal::AnotherReservedCard => (StatusCode::CONFLICT, Code::RsvOther, vec![]),
        Refusal::AtAnotherKiosk => (StatusCode::CONFLICT, Code::RsvBusy, vec![]),
        Refusal::Halted => (StatusCode::CONFLICT, Code::RsvHalted, vec![]),
        Refusal::FaceUnlike { left } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Code::FaceFail,
            vec![("left", left.to_string())],
        ),
        Refusal::FacePaused { until } => (
            StatusCode::TOO_MANY_REQUESTS,
            Code::FaceWait,
            vec![("date", date::minute(words, *until))],
        ),
        Refusal::TooMany { most } => (StatusCode::CONFLICT, Code::Many, vec![("most", most.to_string())]),
    };
    (status, say(words, code, &values))
}

/// What a card is, instead of accepted.
pub(crate) const fn standing_key(standing: Standing) -> &'static str {
    match standing {
        Standing::NotYetValid { .. } => "standing-not-yet-valid",
        Standing::Expired { .. } => "standing-expired",
        Standing::Revoked { .. } => "standing-revoked",
        Standing::Unaccepted => "standing-unaccepted",
        Standing::Broken => "standing-broken",
        Standing::Accepted { .. } | Standing::Undetermined => "standing-undetermined",
    }
}

/// Why a request for a certificate is not taken.
const fn flaw_key(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Unreadable => "flaw-unreadable",
        Flaw::Signature => "flaw-signature",
        Flaw::WeakKey => "flaw-weak-key",
        Flaw::KnownKey => "flaw-known-key",
        Flaw::Subject => "flaw-subject",
        Flaw::Authority => "flaw-authority",
    }
}

/// A complaint about a field, under the field's label.
pub(crate) fn complained(words: Words, label: &str, complaint: Complaint, earliest: &str) -> Message {
    let mut values = vec![("field", label.to_owned())];
    let code = match complaint {
        Complaint::Empty => Code::Req,
        Complaint::TooLong { most } => {
            values.push(("most", most.to_string()));
            Code::Len
        }
        Complaint::Character { character } => {
            values.push(("character", picture(character)));
            values.push(("codepoint", format!("U+{:04X}", u32::from(character))));
            Code::Char
        }
        Complaint::FullWidth => Code::WidthZen,
        Complaint::HalfWidthDigits => Code::WidthHan,
        Complaint::Katakana => Code::Kana,
        Complaint::Telephone => Code::Tel,
        Complaint::MailForm => Code::MailFormat,
        Complaint::MailsDiffer => Code::MailDiff,
        Complaint::NoSuchDate => Code::DateInvalid,
        Complaint::Future => Code::DateFuture,
        Complaint::BeforeValidity => {
            values.push(("date", earliest.to_owned()));
            Code::DateEarly
        }
        Complaint::NotOffered => Code::Choice,
        Complaint::PaperOnly => Code::Online,
        Complaint::Missing => Code::Enclosed,
        Complaint::TooOld { months } => {
            values.push(("months", months.to_string()));
            Code::Old
        }
    };
    say(words, code, &values)
}

/// A character that can be shown: one that would turn or hide the message around it is named by its code point alone.
fn picture(character: char) -> String {
    let hidden = character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' | '\u{fe00}'..='\u{fe0f}');
    if hidden {
        "\u{fffd}".to_owned()
    } else {
        character.to_string()
    }
}

fn say(words: Words, code: Code, values: &[(&'static str, String)]) -> Message {
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words.message(code, &values)
}
