use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// Every text of a language as (key, text as written), attributes as `key.attribute`.
fn texts(files: &[&str]) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for file in files {
        FluentResource::try_new((*file).to_owned()).expect("the file reads without an error");
        let mut key = String::new();
        for line in file
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        {
            let (name, text) = line.split_once(" = ").expect("each text stands on one line");
            let name = if let Some(attribute) = name.trim_start().strip_prefix('.') {
                format!("{key}.{attribute}")
            } else {
                key = name.to_owned();
                key.clone()
            };
            assert!(
                texts.insert(name.clone(), text.to_owned()).is_none(),
                "{name} is written twice"
            );
        }
    }
    texts
}

fn values_in(text: &str) -> BTreeSet<&str> {
    text.split("{ $")
        .skip(1)
        .filter_map(|rest| rest.split(' ').next())
        .collect()
}

fn kana_or_kanji(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9f}')
}

/// What stands outside of quotation marks, the Japanese ones included.
fn unquoted(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|character| {
            match character {
                '“' | '「' => depth += 1,
                '”' | '」' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[test]
fn both_languages_have_every_key_with_the_same_values() {
    let (japanese, english) = (texts(FILES_JA), texts(FILES_EN));
    assert!(japanese.len() > 250, "the catalogue is thin: {}", japanese.len());
    assert_eq!(japanese.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
    for (key, text) in &japanese {
        let dates = ["date", "date-time", "date-time-second"];
        if !dates.contains(&key.as_str()) {
            assert_eq!(values_in(text), values_in(&english[key]), "{key}");
        }
    }
}

#[test]
fn no_english_text_is_japanese() {
    let (japanese, english) = (texts(FILES_JA), texts(FILES_EN));
    for (key, text) in english {
        if key == "language-other" {
            assert_eq!(text, "日本語", "a language is named in itself");
            continue;
        }
        assert_ne!(text, japanese[&key], "{key}");
        assert!(!unquoted(&text).chars().any(kana_or_kanji), "{key}: {text}");
    }
    assert!(
        kana_or_kanji('ア') && kana_or_kanji('ｱ') && unquoted("a “ア” b") == "a ” b",
        "the control"
    );
}

#[test]
fn every_code_says_what_happened_and_what_to_do() {
    for language in [Language::Ja, Language::En] {
        let words = Words::of(language);
        for code in Code::ALL {
            let message = words.message(*code, EVERY_VALUE);
            for text in [&message.happened, &message.next] {
                assert!(
                    !text.is_empty() && !text.contains('⟦') && !text.contains("{$"),
                    "{code}: {text}"
                );
            }
            assert!(message.line(language).contains(code.id()));
        }
    }
}

#[test]
fn no_text_lies_unused_under_a_code_that_is_none() {
    let known: BTreeSet<_> = Code::ALL.iter().map(|code| code.id()).collect();
    for key in texts(&[FILES_EN[1]]).keys() {
        let id = key.strip_suffix(".next").unwrap_or(key);
        assert!(known.contains(id), "{id} is no code of wire");
    }
}

#[test]
fn a_key_that_is_missing_is_seen() {
    assert_eq!(Words::of(Language::Ja).say("no-such-key"), "⟦no-such-key⟧");
}

#[test]
fn no_message_about_a_field_names_it_twice() {
    for (language, files) in [(Language::Ja, FILES_JA), (Language::En, FILES_EN)] {
        let texts = texts(files);
        let about: Vec<_> = texts.iter().filter(|(_, text)| text.contains("{ $field }")).collect();
        assert!(about.len() > 8, "the search finds the messages: {}", about.len());
        for (key, text) in about {
            assert!(key.strip_suffix(".next").is_none(), "{key}: {text}");
            let quoted = language == Language::Ja || text.contains("“{ $field }”");
            assert!(quoted, "{key} does not quote the field's label: {text}");
        }
    }
}

#[test]
fn the_menu_the_reasons_and_the_refusal_of_an_issuer_say_what_a_person_can_use() {
    let japanese = Words::of(Language::Ja);
    assert_eq!(
        japanese.say("reason-content_changed"),
        "電子証明書記載事項の変更（氏名・自宅住所ローマ字・商号・本店住所・法人番号）"
    );
    assert_eq!(japanese.say("office-title"), "メニュー");
    let message = japanese.message(Code::CertIssuer, &[("issuer", "ほか"), ("office", "見本認証局")]);
    assert_eq!(message.next, "見本認証局が発行したICカードを挿入してください。");
    let stale = Words::of(Language::En).message(Code::Stale, &[]);
    assert!(stale.next.starts_with("Continue from “Status of the application”"));
}

#[test]
fn a_value_is_put_in_as_it_is() {
    let name = "𠮷田\u{202e}<b>葛\u{e0100}";
    let text = Words::of(Language::Ja).say_with("done-mail", &[("mail", name)]);
    assert!(text.contains(name), "{text}");
}

const EVERY_VALUE: &[(&str, &str)] = &[
    ("role", "承認"),
    ("months", "3"),
    ("scope", "revocation:read"),
    ("why", "number"),
    ("left", "3"),
    ("max", "10"),
    ("rule", "x"),
    ("date", "x"),
    ("issuer", "x"),
    ("office", "x"),
    ("field", "x"),
    ("most", "60"),
    ("least", "8"),
    ("character", "x"),
    ("codepoint", "U+0000"),
    ("number", "0"),
    ("limit", "64 KiB"),
    ("reason", "x"),
    ("old", "x"),
    ("new", "x"),
    ("days", "200"),
    ("terminal", "11110A"),
    ("first", "x"),
    ("year", "2031"),
    ("opens", "6:30"),
    ("closes", "23:00"),
];

#[test]
fn every_text_that_is_asked_for_is_there() {
    let known = texts(FILES_JA);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut asked = BTreeSet::new();
    for folder in ["templates", "src/portal", "src/print"] {
        for file in files_below(&root.join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for call in [".t(\"", ".t1(\"", ".say(\"", ".say_with(\"", ".fact(\"", " both(\""] {
                asked.extend(
                    text.split(call)
                        .skip(1)
                        .map(|rest| rest.split('"').next().unwrap().to_owned()),
                );
            }
        }
    }
    // Where the key is put together, its beginning stands before a brace.
    asked.retain(|key| !key.contains('{') && !key.is_empty());
    assert!(asked.len() > 100, "the search finds what is asked for: {}", asked.len());
    let missing: Vec<_> = asked.iter().filter(|key| !known.contains_key(*key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if matches!(path.extension().and_then(std::ffi::OsStr::to_str), Some("html" | "rs")) {
            files.push(path);
        }
    }
    files
}
