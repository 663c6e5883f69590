//! 失効届: the form of the paper route, filled in with what was typed, to be signed and sealed by hand (R003).

use casework::application::Ground;
use casework::paper::{Applicant, Document};
use casework::time::Instant;
use wire::office::{Language, Text};

use super::{Fact, Section, Sheet};
use crate::catalogue::Words;
use crate::portal::console::paper::form;

/// What stands on the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of the form's words.
    pub language: Language,
    /// To whom it goes.
    pub office: Text,
    /// Who applies.
    pub applicant: Applicant,
    /// Why.
    pub ground: Ground,
    /// What was typed, by the name of its field; an empty one is left for the pen.
    pub values: Vec<(&'static str, String)>,
    /// When it is printed.
    pub at: Instant,
}

impl Notice {
    /// The form as a sheet.
    pub fn sheet(&self) -> Sheet {
        let words = Words::of(self.language);
        let typed = |names: &[&'static str]| -> Vec<Fact> {
            names
                .iter()
                .map(|name| {
                    let value = self.values.iter().find(|(known, _)| known == name);
                    Fact {
                        label: words.say(&format!("paper-field-{name}")),
                        value: match value {
                            Some((_, value)) if !value.is_empty() => value.clone(),
                            _ => words.say("paper-blank"),
                        },
                    }
                })
                .collect()
        };
        let fact = |key: &str, value: String| Fact {
            label: words.say(key),
            value,
        };
        let mut why = vec![fact("field-reason", form::reason(words, self.ground))];
        why.extend(typed(&["event_date", "detail"]));
        let mut who = vec![fact("paper-applicant", form::applicant(words, self.applicant))];
        who.extend(typed(&["name", "kana", "postal_code", "address", "phone", "mail"]));
        let or = words.say("paper-or");
        let enclosed = self
            .applicant
            .must_enclose(self.ground)
            .iter()
            // The form is this sheet itself.
            .filter(|group| !group.contains(&Document::Notice))
            .map(|group| {
                let names: Vec<String> = group.iter().map(|document| form::document(words, *document)).collect();
                Fact {
                    label: names.join(&or),
                    value: words.say("paper-tick"),
                }
            })
            .collect();
        let section = |key: &str, facts| Section {
            heading: words.say(key),
            facts,
        };
        let office = self.office.in_language(self.language);
        Sheet {
            language: self.language,
            at: self.at,
            title: words.say("paper-notice"),
            head: words.say_with("paper-notice-to", &[("office", office)]),
            head_facts: Vec::new(),
            mark: None,
            sections: vec![
                section("paper-notice-certificate", typed(&["holder", "company", "serial"])),
                section("paper-notice-why", why),
                section("paper-notice-who", who),
                section("paper-notice-enclosed", enclosed),
                section(
                    "paper-notice-sign",
                    vec![
                        fact("paper-notice-day", words.say("paper-blank-day")),
                        fact("paper-notice-name", words.say("paper-blank-seal")),
                    ],
                ),
            ],
            notes: ["paper-notice-both", "paper-notice-send", "paper-time"]
                .map(|key| words.say(key))
                .to_vec(),
        }
    }
}

/// What may be typed, in the order of the form.
pub(crate) const FIELDS: [&str; 11] = [
    "holder",
    "company",
    "serial",
    "event_date",
    "detail",
    "name",
    "kana",
    "postal_code",
    "address",
    "phone",
    "mail",
];
