//! The words of the house in Japanese and English (Fluent): one catalogue for each language, the same keys in both.
//!
//! Values put into a text are never altered: no isolation marks are added, since a printed name must be the stored one.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::fmt::Write as _;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;
use wire::code::Code;
use wire::office::{Language, Text};

/// The words in one language. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Words {
    language: Language,
    bundle: &'static Bundle,
}

/// What happened and what to do, as sentences for a person (DOMAIN §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its stable id, `None` where a note has none.
    pub code: Code,
    /// What happened.
    pub happened: String,
    /// What to do.
    pub next: String,
}

impl Words {
    /// The words in this language.
    pub fn of(language: Language) -> Self {
        let bundle = match language {
            Language::Ja => &JAPANESE,
            Language::En => &ENGLISH,
        };
        Self {
            language,
            bundle: &**bundle,
        }
    }

    /// Which language this is.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The text under a key.
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The text under a key, with values put in.
    pub fn say_with(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.find(key, None, values).unwrap_or_else(|| missing(key))
    }

    /// The message of a code, with values put in.
    pub fn message(&self, code: Code, values: &[(&str, &str)]) -> Message {
        Message {
            code,
            happened: self.find(code.id(), None, values).unwrap_or_else(|| missing(code.id())),
            next: self
                .find(code.id(), Some("next"), values)
                .unwrap_or_else(|| missing(code.id())),
        }
    }

    fn find(&self, key: &str, attribute: Option<&str>, values: &[(&str, &str)]) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(attribute) => message.get_attribute(attribute)?.value(),
        };
        let arguments: FluentArgs = values.iter().copied().collect();
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&arguments), &mut errors)
            .into_owned();
        for error in errors {
            tracing::error!(key, language = self.language.tag(), %error, "bug: a value of a text is missing");
        }
        Some(text)
    }
}

impl Message {
    /// All of it in one line, the code at the end (DOMAIN §8, style).
    pub fn line(&self, language: Language) -> String {
        let mut line = self.happened.clone();
        if language == Language::En {
            line.push(' ');
        }
        line.push_str(&self.next);
        let code = Words::of(language).say_with("code", &[("code", self.code.id())]);
        let space = if language == Language::En { " " } else { "" };
        // Writing to a string does not fail.
        let _ = write!(line, "{space}{code}");
        line
    }
}

/// The text under a key in both languages.
pub fn both(key: &str) -> Text {
    Text {
        ja: Words::of(Language::Ja).say(key),
        en: Words::of(Language::En).say(key),
    }
}

fn missing(key: &str) -> String {
    tracing::error!(key, "bug: a text is missing");
    format!("⟦{key}⟧")
}

type Bundle = FluentBundle<FluentResource>;

static JAPANESE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Ja, FILES_JA));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::En, FILES_EN));

fn bundle(language: Language, files: &[&str]) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    for file in files {
        // The files are part of the program; a test reads each one and refuses a single error in it.
        let resource = match FluentResource::try_new((*file).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(?errors, "bug: a text is written twice");
        }
    }
    bundle
}

const FILES_JA: &[&str] = &[
    include_str!("../i18n/ja/portal.ftl"),
    include_str!("../i18n/ja/errors.ftl"),
    include_str!("../i18n/ja/letter.ftl"),
    include_str!("../i18n/ja/console.ftl"),
    include_str!("../i18n/ja/bidding.ftl"),
    include_str!("../i18n/ja/renewal.ftl"),
    include_str!("../i18n/ja/held.ftl"),
    include_str!("../i18n/ja/calendar.ftl"),
    include_str!("../i18n/ja/reissue.ftl"),
    include_str!("../i18n/ja/organisation.ftl"),
    include_str!("../i18n/ja/acquisition.ftl"),
    include_str!("../i18n/ja/pin-reset.ftl"),
    include_str!("../i18n/ja/counter.ftl"),
];
const FILES_EN: &[&str] = &[
    include_str!("../i18n/en/portal.ftl"),
    include_str!("../i18n/en/errors.ftl"),
    include_str!("../i18n/en/letter.ftl"),
    include_str!("../i18n/en/console.ftl"),
    include_str!("../i18n/en/bidding.ftl"),
    include_str!("../i18n/en/renewal.ftl"),
    include_str!("../i18n/en/held.ftl"),
    include_str!("../i18n/en/calendar.ftl"),
    include_str!("../i18n/en/reissue.ftl"),
    include_str!("../i18n/en/organisation.ftl"),
    include_str!("../i18n/en/acquisition.ftl"),
    include_str!("../i18n/en/pin-reset.ftl"),
    include_str!("../i18n/en/counter.ftl"),
];

#[cfg(test)]
#[path = "catalogue_test.rs"]
mod tests;
