//! A text that is read before something is decided, in its parts.

use wire::office::Language;
use wire::pin_reset::Reading;

/// A part of a text: `# ` begins a heading, `- ` an item, an empty line ends a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Heading(String),
    Items(Vec<String>),
    Paragraph(String),
}

/// The parts of a text in one language.
pub(crate) fn parts(reading: &Reading, language: Language) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut continues = false;
    for line in reading.text.in_language(language).lines().map(str::trim) {
        let before = if continues { parts.last_mut() } else { None };
        continues = !line.is_empty();
        match (line.strip_prefix("# "), line.strip_prefix("- "), before) {
            _ if line.is_empty() => {}
            (Some(heading), _, _) => {
                parts.push(Part::Heading(heading.to_owned()));
                continues = false;
            }
            (None, Some(item), Some(Part::Items(items))) => items.push(item.to_owned()),
            (None, Some(item), _) => parts.push(Part::Items(vec![item.to_owned()])),
            (None, None, Some(Part::Paragraph(text))) => {
                if language == Language::En {
                    text.push(' ');
                }
                text.push_str(line);
            }
            (None, None, _) => parts.push(Part::Paragraph(line.to_owned())),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::office::Text;

    #[test]
    fn a_text_has_headings_items_and_paragraphs() {
        let text = "# One\nthe first\nline\n\n- a\n- b\nafter\n\nlast";
        let both = |text: &str| Text {
            ja: text.to_owned(),
            en: text.to_owned(),
        };
        let reading = Reading {
            version: both("1"),
            text: both(text),
            digest: String::new(),
        };
        assert_eq!(
            parts(&reading, Language::En),
            [
                Part::Heading("One".into()),
                Part::Paragraph("the first line".into()),
                Part::Items(vec!["a".into(), "b".into()]),
                Part::Paragraph("after".into()),
                Part::Paragraph("last".into()),
            ]
        );
    }
}
