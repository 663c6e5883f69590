//! What every page has: its language, the office, the clock, and the small pieces that templates repeat.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use casework::time::Instant;
use std::sync::Arc;
use wire::code::Code;
use wire::office::{Language, Text};

use crate::catalogue::{Message, Words};
use crate::office::{DeskKind, Links, Office};
use crate::portal::{asset, date};

/// The frame of a page.
pub(crate) struct Page {
    pub(crate) words: Words,
    pub(crate) office: Option<Arc<Office>>,
    /// The session's CSRF secret, where there is a session.
    pub(crate) session: Option<String>,
    /// Path of this page, for coming back after the language was switched.
    pub(crate) path: String,
    /// Seconds without a request after which the session ends.
    pub(crate) idle: i64,
    pub(crate) now: Instant,
    /// Who is logged in, at an ordering body.
    pub(crate) bidder: Option<Bidder>,
    /// Who is logged in, at a service centre.
    pub(crate) user: Option<SignedIn>,
}

/// Who is logged in, for whom and since when, as the header tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) company: String,
    /// 事業所
    pub(crate) place: String,
    /// 「YYYY/MM/DD HH:MMからログイン中」
    pub(crate) since: String,
}

/// One step of the way to a page; the page itself has no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crumb {
    pub(crate) name: String,
    pub(crate) path: Option<String>,
}

/// Who is logged in, and with which card, as the header tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bidder {
    pub(crate) company: String,
    /// 証明書シリアル番号, the end of it.
    pub(crate) serial: String,
    /// 証明書有効期限
    pub(crate) until: String,
    /// Whether the login ends when the card leaves its reader.
    pub(crate) watched: bool,
}

/// A line of a list of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
    /// The language of the value where it is not the page's.
    pub(crate) lang: Option<&'static str>,
}

/// A step of the indicator.
pub(crate) struct Step {
    pub(crate) number: u8,
    pub(crate) name: String,
    pub(crate) done: bool,
    pub(crate) current: bool,
}

impl Page {
    pub(crate) fn t(&self, key: &str) -> String {
        self.words.say(key)
    }

    pub(crate) fn t1(&self, key: &str, name: &str, value: &str) -> String {
        self.words.say_with(key, &[(name, value)])
    }

    pub(crate) fn text<'a>(&self, text: &'a Text) -> &'a str {
        text.in_language(self.words.language())
    }

    pub(crate) fn lang(&self) -> &'static str {
        self.words.language().tag()
    }

    pub(crate) fn other_lang(&self) -> &'static str {
        other(self.words.language()).tag()
    }

    /// The office's name, or the product's where the page belongs to none.
    pub(crate) fn house(&self) -> String {
        match &self.office {
            Some(office) => self.text(&office.name).to_owned(),
            None => self.t("house"),
        }
    }

    pub(crate) fn home(&self) -> String {
        match &self.office {
            Some(office) => format!("/{}", office.id),
            None => "/".to_owned(),
        }
    }

    /// Where the procedure of this page begins, with its `/status` and `/stay` below it.
    pub(crate) fn procedure(&self) -> String {
        let noun = match self.office.as_ref().map(|office| &office.desk) {
            Some(DeskKind::Bidding(_)) if self.path.starts_with(&format!("{}/renewal", self.home())) => "renewal",
            Some(DeskKind::Bidding(_)) => "registration",
            Some(DeskKind::Terminals(_) | DeskKind::Citizen(_)) => return self.home(),
            Some(DeskKind::Authority(_)) | None => "revocation",
        };
        format!("{}/{noun}", self.home().trim_end_matches('/'))
    }

    /// Where else a bidder can go, where the office is an ordering body.
    pub(crate) fn links(&self) -> Option<&Links> {
        match &self.office.as_ref()?.desk {
            DeskKind::Bidding(bidding) => Some(&bidding.links),
            DeskKind::Authority(_) | DeskKind::Terminals(_) | DeskKind::Citizen(_) => None,
        }
    }

    /// 請求内容参照, a service outside this house, where a service centre has one.
    pub(crate) fn charges(&self) -> Option<&str> {
        match &self.office.as_ref()?.desk {
            DeskKind::Terminals(terminals) => terminals.services.charges.as_deref(),
            DeskKind::Authority(_) | DeskKind::Bidding(_) | DeskKind::Citizen(_) => None,
        }
    }

    /// Which card it is, as the header tells it.
    pub(crate) fn card_of(&self, bidder: &Bidder) -> String {
        let values = [("serial", bidder.serial.as_str()), ("date", &bidder.until)];
        self.words.say_with("bidder-card", &values)
    }

    /// The same frame, which tells who is logged in.
    pub(crate) fn of(self, bidder: Option<Bidder>) -> Self {
        Self { bidder, ..self }
    }

    /// The same frame, which tells who is logged in at a service centre.
    pub(crate) fn signed_in(self, user: SignedIn) -> Self {
        Self {
            user: Some(user),
            ..self
        }
    }

    /// Whether an application can be followed from here without a login.
    pub(crate) fn has_status(&self) -> bool {
        let other = |office: &Arc<Office>| office.terminals().is_err() && office.citizen().is_err();
        self.office.as_ref().is_none_or(other)
    }

    #[expect(clippy::unused_self, reason = "templates reach what they use through the page")]
    pub(crate) fn asset(&self, name: &str) -> String {
        asset::path(name)
    }

    pub(crate) fn clock(&self) -> String {
        date::clock(self.words, self.now)
    }

    pub(crate) fn clock_machine(&self) -> String {
        date::machine(self.now)
    }

    pub(crate) fn csrf(&self) -> &str {
        self.session.as_deref().unwrap_or_default()
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(crate) fn code(&self, code: &Code) -> String {
        self.words.say_with("code", &[("code", code.id())])
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(crate) fn steps(&self, now: &u8) -> Vec<Step> {
        self.stages("step", now)
    }

    /// The five steps of a procedure, by their texts `{key}-1` to `{key}-5`.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(crate) fn stages(&self, key: &str, now: &u8) -> Vec<Step> {
        (1..=5)
            .map(|number| Step {
                number,
                name: self.t(&format!("{key}-{number}")),
                done: number < *now,
                current: number == *now,
            })
            .collect()
    }

    pub(crate) fn message(&self, code: Code, values: &[(&str, &str)]) -> Message {
        self.words.message(code, values)
    }

    /// A fact in the page's own words.
    pub(crate) fn fact(&self, key: &str, value: impl Into<String>) -> Fact {
        let value = value.into();
        Fact {
            label: self.t(key),
            lang: self.tongue(&value),
            value,
        }
    }

    /// `ja` for Japanese text on an English page, so that it is read aloud as what it is (WCAG 3.1.2).
    pub(crate) fn tongue(&self, value: &str) -> Option<&'static str> {
        let japanese = |character: char| {
            matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
                | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
        };
        (self.words.language() != Language::Ja && value.chars().any(japanese)).then_some("ja")
    }
}

/// The language that the page is not in.
pub(crate) const fn other(language: Language) -> Language {
    match language {
        Language::Ja => Language::En,
        Language::En => Language::Ja,
    }
}

/// Renders a template. It cannot fail on our data; if it does, the person sees a plain 500 and the log says why.
pub(crate) fn render(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "bug: a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
