//! The agent's words: two Fluent catalogues, one for each language.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;
use wire::card_request::PinRule;
use wire::code::Code;
use wire::office::Language;

/// The words of one language, as a page says them.
#[derive(Clone, Copy)]
pub(crate) struct Words(Language);

/// A message for a person: what happened, what to do, and the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) code: Code,
    /// What happened.
    pub(crate) what: String,
    /// What to do.
    pub(crate) next: String,
}

impl Words {
    pub(crate) fn of(language: Language) -> Self {
        Self(language)
    }

    pub(crate) fn language(self) -> Language {
        self.0
    }

    /// The BCP 47 tag for `lang="…"`.
    pub(crate) fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// The other language: what the switch offers.
    pub(crate) fn other(self) -> Language {
        match self.0 {
            Language::Ja => Language::En,
            Language::En => Language::Ja,
        }
    }

    /// The other language, in its own words.
    pub(crate) fn other_name(self) -> &'static str {
        match self.other() {
            Language::Ja => "日本語",
            Language::En => "English",
        }
    }

    /// What stands between two sentences: Japanese needs nothing after 「。」.
    pub(crate) fn between(self) -> &'static str {
        match self.0 {
            Language::Ja => "",
            Language::En => " ",
        }
    }

    /// A sentence.
    pub(crate) fn say(self, id: &str) -> String {
        self.formatted(id, None, &FluentArgs::new())
    }

    /// A sentence with a number in it.
    pub(crate) fn count(self, id: &str, n: u8) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("n", f64::from(n));
        self.formatted(id, None, &arguments)
    }

    /// A sentence with a text in it.
    pub(crate) fn about(self, id: &str, what: &str) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("what", FluentValue::from(what));
        self.formatted(id, None, &arguments)
    }

    /// How a PIN looks; PIV's own form where the portal says nothing.
    pub(crate) fn rule(self, rule: Option<&PinRule>) -> String {
        let (min, max, digits) = rule.map_or((6, 8, true), |rule| (rule.min, rule.max, rule.digits));
        let mut arguments = FluentArgs::new();
        arguments.set("min", f64::from(min));
        arguments.set("max", f64::from(max));
        let id = match digits {
            true if min == max => "pin-rule-exact",
            true => "pin-rule-digits",
            false => "pin-rule-any",
        };
        self.formatted(id, None, &arguments)
    }

    /// The message of a code.
    pub(crate) fn message(self, code: Code, arguments: &FluentArgs<'_>) -> Message {
        Message {
            code,
            what: self.formatted(code.id(), None, arguments),
            next: self.formatted(code.id(), Some(NEXT), arguments),
        }
    }

    fn formatted(self, id: &str, attribute: Option<&str>, arguments: &FluentArgs<'_>) -> String {
        let bundle = bundle(self.0);
        let found = bundle.get_message(id).and_then(|message| match attribute {
            None => message.value(),
            Some(name) => message.get_attribute(name).map(|found| found.value()),
        });
        let Some(pattern) = found else {
            // A test walks every id that is said; this is what remains for one that was never written.
            tracing::error!(id, "a text is missing");
            return id.to_owned();
        };
        let mut faults = Vec::new();
        let text = bundle.format_pattern(pattern, Some(arguments), &mut faults);
        if !faults.is_empty() {
            tracing::error!(id, "a text lacks an argument");
        }
        text.into_owned()
    }
}

fn bundle(language: Language) -> &'static FluentBundle<FluentResource> {
    match language {
        Language::Ja => &JAPANESE,
        Language::En => &ENGLISH,
    }
}

fn read(source: &str, tag: &str) -> FluentBundle<FluentResource> {
    // Both catalogues are compiled in and read by a test: neither can fail in the field.
    let resource = FluentResource::try_new(source.to_owned())
        .map_err(|(_, faults)| faults)
        .expect("the catalogue is Fluent");
    let tag: LanguageIdentifier = tag.parse().expect("ja and en are language tags");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The isolation marks would be signed, copied and read aloud.
    bundle.set_use_isolating(false);
    bundle
        .add_resource(resource)
        .expect("no id stands twice in a catalogue");
    bundle
}

static JAPANESE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| read(JA, "ja"));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| read(EN, "en"));

const JA: &str = include_str!("../i18n/ja.ftl");
const EN: &str = include_str!("../i18n/en.ftl");
/// The attribute that says what to do.
const NEXT: &str = "next";

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
