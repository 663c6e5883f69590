use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// Every id of a catalogue with its text, attributes as `id.attribute`, without comments.
fn entries(source: &str) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::new();
    let mut id = String::new();
    let mut within = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        let (name, text) = match line.split_once(" = ") {
            Some((name, text)) if !line.starts_with(' ') => {
                id = name.to_owned();
                (id.clone(), text)
            }
            Some((name, text)) if name.trim().starts_with('.') => (format!("{id}{}", name.trim()), text),
            _ => {
                entries.entry(within.clone()).and_modify(|known: &mut String| {
                    known.push('\n');
                    known.push_str(line);
                });
                continue;
            }
        };
        within.clone_from(&name);
        entries.insert(name, text.to_owned());
    }
    entries
}

#[test]
fn both_catalogues_have_the_same_keys() {
    let keys = |source| entries(source).into_keys().collect::<BTreeSet<_>>();
    let (japanese, english) = (keys(JA), keys(EN));
    assert!(japanese.len() > 100, "the catalogue is read: {}", japanese.len());
    assert_eq!(japanese, english);
}

#[test]
fn every_code_has_its_words_in_both_languages() {
    for language in [Language::Ja, Language::En] {
        let words = Words::of(language);
        for &code in Code::ALL.iter().filter(|code| !Code::OF_THE_OFFICE.contains(code)) {
            let mut arguments = crate::pages::arguments(words, None, None);
            arguments.set("opens", "6:30");
            arguments.set("closes", "23:00");
            let message = words.message(code, &arguments);
            assert_ne!(message.what, code.id(), "{code} says what happened");
            assert_ne!(message.next, code.id(), "{code} says what to do");
            assert!(!message.what.contains(['{', '}']), "{}", message.what);
        }
    }
}

#[test]
fn no_english_text_equals_the_japanese_one_or_holds_japanese() {
    let japanese = entries(JA);
    for (id, english) in entries(EN) {
        // 「OK」 is the button's name in both.
        assert_eq!(Some(&english) == japanese.get(&id), id == "prove-go", "{id}");
        let foreign = english
            .chars()
            .find(|c| matches!(c, '\u{3000}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}'));
        assert_eq!(foreign, None, "{id}: {english}");
    }
    // The control: the same search finds what it looks for.
    assert!(JA.contains('を'));
}

#[test]
fn every_text_that_is_said_is_written() {
    let known = entries(JA);
    let mut said = BTreeSet::new();
    for dir in ["src", "src/pages", "src/app", "src/kiosk", "src/pin_reset", "templates"] {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
        for file in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            let Ok(text) = std::fs::read_to_string(&file) else {
                continue;
            };
            for call in [".say(\"", ".count(\"", ".about(\"", "ReaderLine::Says(\""] {
                for at in text.split(call).skip(1) {
                    said.insert(at.split('"').next().unwrap().to_owned());
                }
            }
            // The two screens hand their texts on before they are said.
            for prefix in ["app-", "kiosk-", "citizen-", "server-"] {
                for at in text.split(&format!("\"{prefix}")).skip(1) {
                    let rest = at.split('"').next().unwrap();
                    // The list of prefixes above is no text.
                    if !rest.is_empty() {
                        said.insert(format!("{prefix}{rest}"));
                    }
                }
            }
        }
    }
    assert!(said.len() > 50, "the sources are read: {}", said.len());
    let missing: Vec<_> = said.iter().filter(|id| !known.contains_key(*id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn numbers_read_well() {
    let english = Words::of(Language::En);
    assert_eq!(english.count("pin-tries", 1), "1 try left");
    assert_eq!(english.count("pin-tries", 10), "10 tries left");
    assert_eq!(Words::of(Language::Ja).count("pin-tries", 10), "残り 10 回");
    assert_eq!(english.rule(None), "6 to 8 half-width digits");
}
