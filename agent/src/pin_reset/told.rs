//! What a page of the app or the kiosk has to tell: the server's own words, or the agent's.

use std::sync::Arc;

use card::CardFault;
use fluent_bundle::FluentArgs;
use wire::card_request::PinRule;
use wire::code::Code;
use wire::problem::Problem;

use crate::calendar::hour;
use crate::cards;
use crate::pages;
use crate::portal::PortalFault;
use crate::words::Words;

/// Something happened that a person is to read.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// The server said no, in its own words.
    Server(Arc<Problem>),
    /// Card or reader.
    Card(CardFault),
    /// One of the agent's own codes.
    Own(Code),
    /// The kiosks work from and to these seconds of the day (R410).
    Closed { opens: u32, closes: u32 },
    /// A sentence without a code.
    Says(&'static str),
    /// A sentence with one.
    Coded(Code, &'static str),
}

/// What a person is doing at the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// STEP 1
    Reserving,
    /// STEP 2
    Resetting,
}

/// What a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) what: String,
    /// What to do; the server says it in the same breath.
    pub(crate) next: String,
    pub(crate) code: Option<&'static str>,
}

impl Notice {
    pub(crate) fn told(&self, words: Words, doing: Doing) -> Told {
        match self {
            Self::Server(problem) => Told {
                // Its last word is the code.
                what: problem.detail.in_language(words.language()).to_owned(),
                next: String::new(),
                code: None,
            },
            Self::Card(fault) => own(cards::code(fault), Some(fault), words),
            Self::Own(Code::Fault) => Told {
                what: words.say(match doing {
                    Doing::Reserving => "citizen-fault-reservation",
                    Doing::Resetting => "citizen-fault-reset",
                }),
                ..own(Code::Fault, None, words)
            },
            Self::Own(code) => own(*code, None, words),
            Self::Closed { opens, closes } => {
                let mut arguments = FluentArgs::new();
                arguments.set("opens", hour(i64::from(*opens)));
                arguments.set("closes", hour(i64::from(*closes)));
                let message = words.message(Code::KioskClosed, &arguments);
                Told {
                    what: message.what,
                    next: message.next,
                    code: Some(Code::KioskClosed.id()),
                }
            }
            Self::Says(key) => Told {
                what: words.say(key),
                next: String::new(),
                code: None,
            },
            Self::Coded(code, key) => Told {
                what: words.say(key),
                next: String::new(),
                code: Some(code.id()),
            },
        }
    }
}

impl From<PortalFault> for Notice {
    fn from(fault: PortalFault) -> Self {
        match fault {
            PortalFault::Said(problem) => Self::Server(Arc::from(problem)),
            PortalFault::Unreachable => Self::Says("server-unreachable"),
            PortalFault::Broken => Self::Says("server-broke"),
            PortalFault::TooLong | PortalFault::Unintelligible => Self::Own(Code::Fault),
        }
    }
}

impl From<CardFault> for Notice {
    fn from(fault: CardFault) -> Self {
        Self::Card(fault)
    }
}

fn own(code: Code, fault: Option<&CardFault>, words: Words) -> Told {
    let arguments: FluentArgs<'_> = pages::arguments(words, fault, Some(&FOUR_DIGITS));
    let message = words.message(code, &arguments);
    Told {
        what: message.what,
        next: match next(code) {
            Some(key) => words.say(key),
            None => message.next,
        },
        code: Some(code.id()),
    }
}

/// What a citizen does, where the message advises the holder of another card.
fn next(code: Code) -> Option<&'static str> {
    match code {
        Code::CardUnreadable => Some("citizen-unreadable"),
        Code::CardType => Some("citizen-type"),
        Code::CardMulti => Some("citizen-multi"),
        Code::WarnPinLast => Some("citizen-last"),
        Code::Fault | Code::Origin | Code::NotFound => Some("citizen-fault"),
        _ => None,
    }
}

/// 利用者証明用暗証番号
pub(crate) const FOUR_DIGITS: PinRule = PinRule {
    min: 4,
    max: 4,
    digits: true,
    tries: 3,
};
