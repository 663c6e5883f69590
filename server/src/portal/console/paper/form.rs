//! 失効届 as a form: its fields with what was typed, what is wrong with them, and the documents that are needed.

use casework::application::{AccountKind, Complaint, Ground};
use casework::paper::{Applicant, Document, Field};

use super::draft::Draft;
use super::scan::{OCTETS, PIXELS, Spoiled};
use super::upload::TOTAL;
use crate::catalogue::{Message, Words};
use crate::portal::form::{Choice, Need};
use crate::portal::{fact, refusal};
use wire::code::Code;
use wire::office::Language;

/// The form with its complaints.
pub(super) struct FormView {
    pub(super) fields: Vec<FieldView>,
    pub(super) enclosures: Vec<EnclosureView>,
    pub(super) files: Vec<FileView>,
    pub(super) languages: Vec<Choice>,
    /// What is said of files that were sent just now.
    pub(super) spoiled: Vec<Message>,
    pub(super) bounds: String,
}

/// A field.
pub(super) struct FieldView {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) help: Option<String>,
    pub(super) value: String,
    pub(super) need: Need,
    pub(super) error: Option<Message>,
    pub(super) choices: Vec<Choice>,
}

/// A line of the check list.
pub(super) struct EnclosureView {
    pub(super) key: &'static str,
    pub(super) label: String,
    pub(super) ticked: bool,
    /// 発行日, where it counts.
    pub(super) issued: Option<String>,
    pub(super) needed: Needed,
    /// For which applicants and reasons it must be there, and for which it is one of several: `holder/lost …`.
    pub(super) must: String,
    pub(super) any: String,
}

/// Whether a document has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    /// In any case.
    Must,
    /// This one or another.
    Any,
    /// Not for this applicant and this reason, or neither is chosen yet.
    No,
}

/// A file that is kept already.
pub(super) struct FileView {
    pub(super) digest: String,
    pub(super) label: String,
}

impl FormView {
    pub(super) fn new(
        words: Words,
        draft: &Draft,
        complaints: &[(Field, Complaint)],
        spoiled: &[(usize, Spoiled)],
        earliest: &str,
    ) -> Self {
        let fields = FIELDS
            .into_iter()
            .map(|(field, name, need)| {
                let label = words.say(label(name));
                let error = complaints
                    .iter()
                    .find(|(about, _)| *about == field && is_shown_at(field, name))
                    .map(|(_, complaint)| refusal::complained(words, &label, *complaint, earliest));
                FieldView {
                    name,
                    help: help(name).map(|key| words.say(key)),
                    value: draft.value(name).to_owned(),
                    need,
                    error,
                    choices: choices(words, name, draft),
                    label,
                }
            })
            .collect();
        let chosen = chosen(draft);
        Self {
            fields,
            enclosures: Document::ALL
                .into_iter()
                .map(|document| enclosure(words, draft, document, chosen))
                .collect(),
            files: files(words, draft),
            languages: [Language::Ja, Language::En]
                .into_iter()
                .map(|language| Choice {
                    value: language.tag(),
                    label: words.say(match language {
                        Language::Ja => "case-letters-ja",
                        Language::En => "case-letters-en",
                    }),
                    chosen: draft.language() == language,
                    paper: false,
                })
                .collect(),
            spoiled: spoiled.iter().map(|(place, why)| said(words, *place, *why)).collect(),
            bounds: words.say_with(
                "case-files-bounds",
                &[
                    ("most", &casework::paper::FILES.to_string()),
                    ("size", &(OCTETS >> 20).to_string()),
                    ("millions", &(PIXELS / 1_000_000).to_string()),
                    ("total", &(TOTAL >> 20).to_string()),
                ],
            ),
        }
    }

    pub(super) fn wrong(&self) -> bool {
        !self.spoiled.is_empty() || self.fields.iter().any(|field| field.error.is_some())
    }

    pub(super) fn one(&self, name: &str) -> &FieldView {
        // `new` makes one view for each of `FIELDS`, and templates name no other.
        self.fields
            .iter()
            .find(|view| view.name == name)
            .unwrap_or_else(|| unreachable!("every field is there"))
    }
}

impl FieldView {
    /// The ids of what describes the field, for `aria-describedby`: the error first.
    pub(super) fn described(&self) -> Option<String> {
        let error = self.error.as_ref().map(|_| format!("error-{}", self.name));
        let help = self.help.as_ref().map(|_| format!("help-{}", self.name));
        match (error, help) {
            (Some(error), Some(help)) => Some(format!("{error} {help}")),
            (error, help) => error.or(help),
        }
    }
}

/// The documents that this applicant must enclose for this reason; of each group one.
pub(crate) fn needed(applicant: Applicant, ground: Ground, document: Document) -> Option<bool> {
    let groups = applicant.must_enclose(ground);
    let group = groups.iter().find(|group| group.contains(&document))?;
    Some(group.len() == 1)
}

/// A document's name in words.
pub(crate) fn document(words: Words, document: Document) -> String {
    words.say(&format!("case-document-{}", document.key()))
}

/// An applicant's name in words.
pub(crate) fn applicant(words: Words, applicant: Applicant) -> String {
    words.say(&format!("case-applicant-{}", applicant.key()))
}

/// A complaint about several fields stands at the first of them.
const fn is_shown_at(field: Field, name: &str) -> bool {
    match field {
        Field::Account => matches!(name.as_bytes(), b"account"),
        _ => true,
    }
}

fn chosen(draft: &Draft) -> Option<(Applicant, Ground)> {
    Applicant::from_key(&draft.applicant).zip(Ground::from_key(&draft.reason))
}

fn enclosure(words: Words, draft: &Draft, document: Document, chosen: Option<(Applicant, Ground)>) -> EnclosureView {
    let (ticked, issued) = draft.enclosure(document);
    let need = |applicant, ground| needed(applicant, ground, document);
    let listed = |must: bool| {
        let all = Applicant::ALL
            .into_iter()
            .flat_map(|applicant| Ground::ALL.map(|ground| (applicant, ground)));
        all.filter(|(applicant, ground)| need(*applicant, *ground) == Some(must))
            .map(|(applicant, ground)| format!("{}/{}", applicant.key(), ground.key()))
            .collect::<Vec<_>>()
            .join(" ")
    };
    EnclosureView {
        key: document.key(),
        label: self::document(words, document),
        ticked,
        issued: document.dated().then(|| issued.to_owned()),
        needed: match chosen.and_then(|(applicant, ground)| need(applicant, ground)) {
            Some(true) => Needed::Must,
            Some(false) => Needed::Any,
            None => Needed::No,
        },
        must: listed(true),
        any: listed(false),
    }
}

/// The files as a list: which one, and how long it is.
fn files(words: Words, draft: &Draft) -> Vec<FileView> {
    (1..)
        .zip(draft.files())
        .map(|(place, file): (usize, _)| FileView {
            digest: file.digest.to_string(),
            label: named(words, place, file.size),
        })
        .collect()
}

/// How a file is called on screens.
pub(crate) fn named(words: Words, place: usize, size: u32) -> String {
    let kilobytes = fact::grouped(size.div_ceil(1_024));
    words.say_with("case-file", &[("place", &place.to_string()), ("size", &kilobytes)])
}

fn said(words: Words, place: usize, why: Spoiled) -> Message {
    let field = words.say_with("case-file-chosen", &[("place", &place.to_string())]);
    let size = |limit: String| Message {
        happened: words.say_with("case-file-large", &[("field", &field), ("limit", &limit)]),
        next: words.say("case-file-large-next"),
        ..words.message(Code::Size, &[("limit", &limit)])
    };
    match why {
        Spoiled::Type => words.message(Code::FileType, &[("field", &field)]),
        Spoiled::Damaged => words.message(Code::FileDamaged, &[("field", &field)]),
        Spoiled::Octets => size(format!("{} MiB", OCTETS >> 20)),
        Spoiled::Pixels => size(words.say_with("case-file-pixels", &[("millions", &(PIXELS / 1_000_000).to_string())])),
    }
}

fn choices(words: Words, name: &str, draft: &Draft) -> Vec<Choice> {
    let choice = |value: &'static str, label: String, now: &str| Choice {
        value,
        label,
        chosen: value == now,
        paper: false,
    };
    match name {
        "applicant" => Applicant::ALL
            .into_iter()
            .map(|kind| choice(kind.key(), applicant(words, kind), &draft.applicant))
            .collect(),
        "reason" => Ground::ALL
            .into_iter()
            .map(|ground| choice(ground.key(), reason(words, ground), &draft.reason))
            .collect(),
        "account" => AccountKind::ALL
            .into_iter()
            .map(|kind| {
                choice(
                    kind.key(),
                    words.say(&format!("account-{}", kind.key())),
                    draft.account_type(),
                )
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A reason in words.
pub(crate) fn reason(words: Words, ground: Ground) -> String {
    words.say(&format!("reason-{}", ground.key()))
}

fn label(name: &str) -> &'static str {
    match name {
        "received" => "case-field-received",
        "applicant" => "case-field-applicant",
        "reason" => "field-reason",
        "reason_detail" => "field-reason-detail",
        "event_date" => "field-event-date",
        "name" => "field-applicant-name",
        "kana" => "field-applicant-kana",
        "postal_code" => "case-field-postal-code",
        "address" => "case-field-address",
        "phone" => "field-phone",
        "mail" => "field-mail",
        "enclosures" => "case-field-enclosures",
        "account" => "case-field-account",
        "bank" => "field-bank",
        "branch" => "field-branch",
        "account_number" => "field-account-number",
        "account_holder" => "field-account-holder",
        _ => "case-field-files",
    }
}

fn help(name: &str) -> Option<&'static str> {
    Some(match name {
        "received" => "case-help-received",
        "reason_detail" => "help-reason-detail",
        "event_date" => "case-help-event-date",
        "kana" => "case-help-kana",
        "postal_code" => "case-help-postal-code",
        "phone" => "case-help-phone",
        "mail" => "case-help-mail",
        "enclosures" => "case-help-enclosures",
        "account" => "case-help-account",
        "account_number" => "help-account-number",
        "account_holder" => "help-account-holder",
        _ => return None,
    })
}

/// In the order of the screen. The fields of the account are complained about together.
const FIELDS: [(Field, &str, Need); 18] = [
    (Field::Received, "received", Need::Always),
    (Field::Applicant, "applicant", Need::Always),
    (Field::Reason, "reason", Need::Always),
    (Field::ReasonDetail, "reason_detail", Need::Never),
    (Field::EventDate, "event_date", Need::Sometimes),
    (Field::Name, "name", Need::Always),
    (Field::Kana, "kana", Need::Always),
    (Field::PostalCode, "postal_code", Need::Always),
    (Field::Address, "address", Need::Always),
    (Field::Phone, "phone", Need::Always),
    (Field::Mail, "mail", Need::Never),
    (Field::Enclosures, "enclosures", Need::Always),
    (Field::Account, "account", Need::Never),
    (Field::Account, "bank", Need::Never),
    (Field::Account, "branch", Need::Never),
    (Field::Account, "account_number", Need::Never),
    (Field::Account, "account_holder", Need::Never),
    (Field::Files, "files", Need::Always),
];
