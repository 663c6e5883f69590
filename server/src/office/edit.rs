//! What an office's administrators may change of its file: texts and policy values, each at its place in the file.
//! Comments and order stay as the operator wrote them.
//!
//! Who is accepted, how cards look, how many persons decide and how faces are compared stay with the operator's file: they
//! protect the office from its own administrators too.

use casework::application::Complaint;
use casework::calendar::When;
use casework::characters;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::{Office, bidding, calendar};

/// A value that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its path in the file, joined with dots: the name in forms.
    pub path: &'static str,
    /// What it may be.
    pub kind: Kind,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of text, of at most so many characters.
    Line(usize),
    /// A text of several lines, of at most so many characters.
    Text(usize),
    /// A whole number between these.
    Number(i64, i64),
    /// The same, or nothing at all.
    MayBeNumber(i64, i64),
    /// An address to link to, or nothing at all.
    MayBeLink,
}

/// Why a value is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// As a field of any form.
    Field(Complaint),
    /// Not a whole number between these.
    Number(i64, i64),
    /// No address that a page may link to.
    Link,
}

/// An office's file as it is being changed.
#[derive(Clone, Debug)]
pub struct Edited(DocumentMut);

impl Place {
    /// Whether the value may stand there.
    pub fn check(&self, value: &str) -> Result<(), Unfit> {
        let text = |most: usize| {
            let forbidden = value.lines().find_map(characters::forbidden);
            if value.trim().is_empty() {
                Err(Unfit::Field(Complaint::Empty))
            } else if let Some(character) = forbidden {
                Err(Unfit::Field(Complaint::Character { character }))
            } else if characters::count(value) > most {
                Err(Unfit::Field(Complaint::TooLong { most }))
            } else {
                Ok(())
            }
        };
        match self.kind {
            Kind::Line(most) => match value.chars().find(|character| character.is_control()) {
                Some(character) => Err(Unfit::Field(Complaint::Character { character })),
                None => text(most),
            },
            Kind::Text(most) => text(most),
            Kind::MayBeNumber(..) | Kind::MayBeLink if value.is_empty() => Ok(()),
            Kind::MayBeLink if bidding::is_link(value) => Ok(()),
            Kind::MayBeLink => Err(Unfit::Link),
            Kind::Number(least, most) | Kind::MayBeNumber(least, most) => match value.parse::<i64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(()),
                _ => Err(Unfit::Number(least, most)),
            },
        }
    }
}

impl Kind {
    /// Something that always fits, and is the same wherever it stands.
    const fn least(self) -> &'static str {
        match self {
            Self::Line(_) | Self::Text(_) => "-",
            Self::Number(..) => "1",
            Self::MayBeNumber(..) | Self::MayBeLink => "",
        }
    }
}

impl Edited {
    /// From the file's text; `None` if it is no TOML.
    pub fn read(document: &str) -> Option<Self> {
        document.parse().ok().map(Self)
    }

    /// What stands at a place, as a form shows it; empty where the file leaves it out.
    pub fn value(&self, place: &Place) -> String {
        let mut item = self.0.as_item();
        for key in place.path.split('.') {
            match item.get(key) {
                Some(inner) => item = inner,
                None => return String::new(),
            }
        }
        match item.as_value() {
            Some(Value::String(text)) => text.value().trim_matches('\n').to_owned(),
            Some(Value::Integer(number)) => number.value().to_string(),
            _ => String::new(),
        }
    }

    /// Puts a checked value there. What did not change keeps its very octets.
    pub fn set(&mut self, place: &Place, value: &str) {
        if self.value(place) == value {
            return;
        }
        let (tables, last) = place
            .path
            .rsplit_once('.')
            .map_or((None, place.path), |(tables, last)| (Some(tables), last));
        let mut item = self.0.as_item_mut();
        for key in tables.into_iter().flat_map(|tables| tables.split('.')) {
            let Some(table) = item.as_table_like_mut() else { return };
            item = table.entry(key).or_insert_with(|| Item::Table(Table::new()));
        }
        let Some(table) = item.as_table_like_mut() else { return };
        let new = match place.kind {
            Kind::MayBeLink if value.is_empty() => {
                table.remove(last);
                return;
            }
            Kind::Line(_) | Kind::MayBeLink => Value::from(value),
            Kind::Text(_) => Value::from(format!("\n{value}\n").trim_start_matches('\n')),
            Kind::Number(..) | Kind::MayBeNumber(..) => {
                let Ok(number) = value.parse::<i64>() else {
                    table.remove(last);
                    return;
                };
                Value::from(number)
            }
        };
        match table.get_mut(last).and_then(Item::as_value_mut) {
            Some(old) => {
                let decor = old.decor().clone();
                *old = new;
                *old.decor_mut() = decor;
            }
            None => {
                table.insert(last, Item::Value(new));
            }
        }
    }

    /// Closes the office on one more day, which does not stand there yet.
    pub fn close(&mut self, on: When, (ja, en): (&str, &str)) {
        let mut name = InlineTable::new();
        name.insert("ja", Value::from(ja));
        name.insert("en", Value::from(en));
        let mut day = Table::new();
        day.insert("on", Item::Value(Value::from(calendar::written(on))));
        day.insert("name", Item::Value(Value::InlineTable(name)));
        let root = self.0.as_table_mut();
        let calendar = root.entry("calendar").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let Some(calendar) = calendar.as_table_like_mut() else {
            return;
        };
        let closed = calendar
            .entry("closed")
            .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        match closed {
            Item::ArrayOfTables(days) => days.push(day),
            // As the operator wrote it: a list in brackets.
            Item::Value(Value::Array(days)) => days.push(day.into_inline_table()),
            _ => {}
        }
    }

    /// Opens the office on a day of its own again.
    pub fn reopen(&mut self, on: When) {
        let Some(calendar) = self.0.get_mut("calendar").and_then(Item::as_table_like_mut) else {
            return;
        };
        let is_other = |written: Option<&str>| written.and_then(calendar::when) != Some(on);
        match calendar.get_mut("closed") {
            Some(Item::ArrayOfTables(days)) => days.retain(|day| is_other(day.get("on").and_then(Item::as_str))),
            Some(Item::Value(Value::Array(days))) => days.retain(|day| {
                let day = day.as_inline_table();
                is_other(day.and_then(|day| day.get("on")).and_then(Value::as_str))
            }),
            _ => {}
        }
    }

    /// The same file with other values in these places, or other days of its own on which the office is closed, if it differs
    /// from that one nowhere else: what an administrator may have written. Neither comments nor order count.
    pub fn is_within_places_of(&self, other: &Self) -> bool {
        let rest = |edited: &Self| {
            let mut rest = edited.clone();
            for place in self.places() {
                rest.set(place, place.kind.least());
            }
            if let Some(calendar) = rest.0.get_mut("calendar").and_then(Item::as_table_like_mut) {
                calendar.remove("closed");
            }
            Office::from_toml(&rest.document()).ok()
        };
        rest(self).is_some_and(|own| rest(other) == Some(own))
    }

    /// Whether faces are compared as in that file: by the same, from the same score on, as often, and with pictures that the same
    /// have signed.
    pub fn compares_faces_as(&self, other: &Self) -> bool {
        let office = |edited: &Self| Office::from_toml(&edited.document()).ok();
        let faces = |office: &Office| {
            let citizen = office.citizen().ok()?;
            Some((
                citizen.face.clone(),
                citizen.visual_signers.clone(),
                (citizen.attempts, citizen.pause, citizen.counter),
            ))
        };
        let (one, two) = (office(self), office(other));
        one.as_ref().map(faces) == two.as_ref().map(faces)
    }

    /// What can be changed in an office of this kind, in the order of the screen.
    pub fn places(&self) -> &'static [Place] {
        match self.0.get("desk").and_then(Item::as_str) {
            Some("bidding") => &BIDDING,
            Some("terminals") => &TERMINALS,
            Some("citizen") => &CITIZEN,
            _ => &AUTHORITY,
        }
    }

    /// The file.
    pub fn document(&self) -> String {
        self.0.to_string()
    }
}

const AUTHORITY: [Place; 29] = [
    line("name.ja", 60),
    line("name.en", 120),
    line("contact.ja", 200),
    line("contact.en", 400),
    line("sender.name.ja", 60),
    line("sender.name.en", 120),
    number("revocation.last_day_before_expiry", 0, 3_650),
    number("revocation.signature_within_minutes", 1, 1_440),
    may_be("revocation.purchase_price", 0, 10_000_000),
    number("revocation.refund.fee", 0, 10_000_000),
    number("revocation.refund.unit", 1, 1_000_000),
    number("revocation.refund.minimum", 0, 10_000_000),
    may_be("review.claim_minutes", 1, 1_440),
    may_be("review.signature_within_minutes", 1, 1_440),
    may_be("review.enclosed_within_months", 1, 120),
    may_be("officer.invitation_days", 1, 90),
    may_be("officer.dormant_days", 1, 3_650),
    line("revocation.flow.version.ja", 60),
    line("revocation.flow.version.en", 60),
    text("revocation.flow.text.ja"),
    text("revocation.flow.text.en"),
    line("revocation.terms.version.ja", 60),
    line("revocation.terms.version.en", 60),
    text("revocation.terms.text.ja"),
    text("revocation.terms.text.en"),
    line("revocation.paper.version.ja", 60),
    line("revocation.paper.version.en", 60),
    text("revocation.paper.text.ja"),
    text("revocation.paper.text.en"),
];

const BIDDING: [Place; 21] = [
    line("name.ja", 60),
    line("name.en", 120),
    line("contact.ja", 200),
    line("contact.en", 400),
    line("sender.name.ja", 60),
    line("sender.name.en", 120),
    may_link("bidding.links.contact"),
    may_link("bidding.links.information"),
    may_link("bidding.links.bidding"),
    may_be("bidding.early_after_days", 0, 3_650),
    may_be("bidding.returned_for_days", 1, 365),
    may_be("bidding.signature_within_minutes", 1, 1_440),
    may_be("bidding.letter_code_days", 1, 365),
    may_be("review.claim_minutes", 1, 1_440),
    may_be("review.signature_within_minutes", 1, 1_440),
    may_be("officer.invitation_days", 1, 90),
    may_be("officer.dormant_days", 1, 3_650),
    line("bidding.guide.version.ja", 60),
    line("bidding.guide.version.en", 60),
    text("bidding.guide.text.ja"),
    text("bidding.guide.text.en"),
];

const TERMINALS: [Place; 22] = [
    line("name.ja", 60),
    line("name.en", 120),
    line("contact.ja", 200),
    line("contact.en", 400),
    line("sender.name.ja", 60),
    line("sender.name.en", 120),
    may_link("terminals.services.contract"),
    may_link("terminals.services.settings"),
    may_link("terminals.services.brokers"),
    may_link("terminals.services.charges"),
    may_be("terminals.users.invitation_days", 1, 90),
    may_be("terminals.users.reset_minutes", 5, 1_440),
    may_be("terminals.users.passkeys", 0, 20),
    may_be("terminals.users.dormant_days", 1, 3_650),
    may_be("terminals.password.shortest", 8, 64),
    may_be("terminals.reissue.morning_from_hour", 0, 10),
    may_be("terminals.reissue.most_terminals", 1, 1_000),
    may_be("review.claim_minutes", 1, 1_440),
    may_be("review.signature_within_minutes", 1, 1_440),
    may_be("officer.invitation_days", 1, 90),
    may_be("officer.dormant_days", 1, 3_650),
    may_be("officer.passkeys", 0, 20),
];

/// How faces are compared is none of them, nor how often: a lower score, another service or a pause of a minute lets another
/// person through, and an administrator of the office may be the one who wants that (THREATS, actors).
const CITIZEN: [Place; 22] = [
    line("name.ja", 60),
    line("name.en", 120),
    line("contact.ja", 200),
    line("contact.en", 400),
    line("sender.name.ja", 60),
    line("sender.name.en", 120),
    may_link("citizen.places"),
    may_be("citizen.session_minutes", 5, 120),
    may_be("citizen.warn_minutes", 0, 60),
    may_be("review.claim_minutes", 1, 1_440),
    may_be("review.signature_within_minutes", 1, 1_440),
    may_be("officer.invitation_days", 1, 90),
    may_be("officer.dormant_days", 1, 3_650),
    may_be("officer.passkeys", 0, 20),
    line("citizen.flow.version.ja", 60),
    line("citizen.flow.version.en", 60),
    text("citizen.flow.text.ja"),
    text("citizen.flow.text.en"),
    line("citizen.terms.version.ja", 60),
    line("citizen.terms.version.en", 60),
    text("citizen.terms.text.ja"),
    text("citizen.terms.text.en"),
];

const fn may_link(path: &'static str) -> Place {
    let kind = Kind::MayBeLink;
    Place { path, kind }
}

const fn line(path: &'static str, most: usize) -> Place {
    let kind = Kind::Line(most);
    Place { path, kind }
}

const fn text(path: &'static str) -> Place {
    let kind = Kind::Text(LONGEST_TEXT);
    Place { path, kind }
}

const fn number(path: &'static str, least: i64, most: i64) -> Place {
    let kind = Kind::Number(least, most);
    Place { path, kind }
}

const fn may_be(path: &'static str, least: i64, most: i64) -> Place {
    let kind = Kind::MayBeNumber(least, most);
    Place { path, kind }
}

const LONGEST_TEXT: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::super::{
        AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, CITIZEN_EXAMPLE, TERMINALS_EXAMPLE,
    };
    use super::*;

    fn place(path: &str) -> Place {
        *AUTHORITY
            .iter()
            .chain(&BIDDING)
            .find(|place| place.path == path)
            .unwrap()
    }

    const EXAMPLES: [&str; 5] = [
        AUTHORITY_EXAMPLE,
        BIDDING_CORE_EXAMPLE,
        BIDDING_REVIEW_EXAMPLE,
        TERMINALS_EXAMPLE,
        CITIZEN_EXAMPLE,
    ];

    #[test]
    fn every_place_of_the_examples_is_read_and_fits() {
        for example in EXAMPLES {
            let edited = Edited::read(example).unwrap();
            for place in edited.places() {
                let value = edited.value(place);
                assert_eq!(place.check(&value), Ok(()), "{}: {value:?}", place.path);
                assert!(
                    !value.is_empty() || matches!(place.kind, Kind::MayBeNumber(..)),
                    "{}",
                    place.path
                );
            }
        }
    }

    #[test]
    fn what_did_not_change_keeps_its_octets() {
        for example in EXAMPLES {
            let mut edited = Edited::read(example).unwrap();
            for place in edited.places() {
                let value = edited.value(place);
                edited.set(place, &value);
            }
            assert_eq!(edited.document(), example);
        }
    }

    #[test]
    fn an_ordering_body_has_places_of_its_own_and_its_policy_is_none_of_them() {
        let old = Edited::read(BIDDING_CORE_EXAMPLE).unwrap();
        let mut edited = old.clone();
        edited.set(&place("bidding.links.contact"), "https://www.example.jp/?a=1");
        edited.set(&place("bidding.links.bidding"), "");
        edited.set(&place("bidding.returned_for_days"), "7");
        let office = Office::from_toml(&edited.document()).unwrap();
        let bidding = office.bidding().unwrap();
        assert_eq!(bidding.links.contact.as_deref(), Some("https://www.example.jp/?a=1"));
        assert_eq!((bidding.links.bidding.as_ref(), bidding.returned_for_days), (None, 7));
        assert!(edited.is_within_places_of(&old));
        for (from, to) in [
            ("same_pin = \"auto\"", "same_pin = \"off\""),
            ("review = \"none\"", "review = \"on_mismatch\""),
        ] {
            let other = Edited::read(&BIDDING_CORE_EXAMPLE.replacen(from, to, 1)).unwrap();
            assert!(!other.is_within_places_of(&old), "{from}");
        }
        let other = Edited::read(AUTHORITY_EXAMPLE).unwrap();
        assert!(!other.is_within_places_of(&old));
    }

    #[test]
    fn how_faces_are_compared_is_no_place_and_is_told_apart_from_whatever_else_is_not() {
        let face =
            "[citizen.face]\nprovider = \"http\"\nthreshold = 0.8\nurl = \"https://faces.example/\"\n[citizen.flow]\n";
        let text = CITIZEN_EXAMPLE.replacen("[citizen.flow]\n", face, 1);
        let old = Edited::read(&text).unwrap();
        for (from, to) in [
            ("threshold = 0.8", "threshold = 0.1"),
            ("https://faces.example/", "https://elsewhere.example/"),
            (
                "provider = \"http\"\nthreshold = 0.8\nurl = \"https://faces.example/\"",
                "provider = \"lbph\"",
            ),
            (face, "[citizen.flow]\n"),
            ("attempts = 5", "attempts = 10"),
            ("pause_minutes = 30", "pause_minutes = 1"),
            ("counter = false", "counter = true"),
        ] {
            let other = text.replacen(from, to, 1);
            Office::from_toml(&other).unwrap();
            let other = Edited::read(&other).unwrap();
            assert!(
                !other.compares_faces_as(&old) && !other.is_within_places_of(&old),
                "{from}"
            );
        }
        // The controls: what is not theirs either, and what is.
        let other = Edited::read(&text.replacen("closes = \"23:00\"", "closes = \"24:00\"", 1)).unwrap();
        assert!(other.compares_faces_as(&old) && !other.is_within_places_of(&old));
        let mut own = old.clone();
        own.set(
            CITIZEN
                .iter()
                .find(|place| place.path == "citizen.session_minutes")
                .unwrap(),
            "20",
        );
        assert!(own.compares_faces_as(&old) && own.is_within_places_of(&old));
    }

    #[test]
    fn a_change_is_what_the_office_says_then_and_comments_stay() {
        let mut edited = Edited::read(AUTHORITY_EXAMPLE).unwrap();
        edited.set(&place("contact.ja"), "新しい\"窓口\"");
        edited.set(&place("revocation.refund.fee"), "8000");
        edited.set(&place("revocation.purchase_price"), "30000");
        edited.set(&place("officer.dormant_days"), "45");
        edited.set(&place("revocation.terms.text.ja"), "# 一\n\\u0041 \"\"\" ''' 二");
        let document = edited.document();
        let office = Office::from_toml(&document).unwrap();
        assert_eq!(office.contact.ja, "新しい\"窓口\"");
        let revocation = &office.authority().unwrap().revocation;
        assert_eq!(revocation.policy.refund.fee, 8_000);
        assert_eq!(revocation.purchase_price, Some(30_000));
        assert_eq!(office.officers.policy.dormant_after, 45 * 86_400);
        assert_eq!(revocation.terms.text.ja.trim_end(), "# 一\n\\u0041 \"\"\" ''' 二");
        for comment in AUTHORITY_EXAMPLE
            .lines()
            .filter(|line| line.starts_with("# A") || line.starts_with("# T"))
        {
            assert!(document.contains(comment), "{comment}");
        }
        edited.set(&place("revocation.purchase_price"), "");
        let office = Office::from_toml(&edited.document()).unwrap();
        assert_eq!(office.authority().unwrap().revocation.purchase_price, None);
    }

    #[test]
    fn a_day_is_closed_and_opened_again_and_the_rest_of_the_file_stays() {
        for example in EXAMPLES {
            let old = Edited::read(example).unwrap();
            let mut edited = old.clone();
            let (summer, yearly) = (calendar::when("2026-08-13").unwrap(), calendar::when("06-23").unwrap());
            edited.close(summer, ("夏季\"休業\"", "Summer"));
            edited.close(yearly, ("慰霊の日", "Memorial day"));
            let office = Office::from_toml(&edited.document()).unwrap();
            assert_eq!(office.calendar.closures().own, [summer, yearly]);
            assert_eq!(office.calendar.name_of(summer).unwrap().ja, "夏季\"休業\"");
            assert!(edited.is_within_places_of(&old) && old.is_within_places_of(&edited));
            edited.reopen(summer);
            let office = Office::from_toml(&edited.document()).unwrap();
            assert_eq!(office.calendar.closures().own, [yearly]);
            for line in example.lines() {
                assert!(edited.document().contains(line), "{line}");
            }
            // Whether the year's end is closed is the operator's.
            let other = Edited::read(&format!("{example}\n[calendar]\nyear_end_closed = false\n"));
            assert!(!other.unwrap().is_within_places_of(&old));
        }
        let listed = "calendar = { closed = [{ on = \"08-13\", name = { ja = \"甲\", en = \"A\" } }] }\n";
        let mut edited = Edited::read(&format!("{listed}{AUTHORITY_EXAMPLE}")).unwrap();
        let (one, other) = (calendar::when("08-13").unwrap(), calendar::when("08-14").unwrap());
        edited.close(other, ("乙", "B"));
        let closed = |edited: &Edited| Office::from_toml(&edited.document()).unwrap().calendar.closures().own;
        assert_eq!(closed(&edited), [one, other]);
        edited.reopen(one);
        assert_eq!(closed(&edited), [other]);
    }

    #[test]
    fn what_cannot_stand_there_is_refused() {
        let unfit = |path, value| place(path).check(value).unwrap_err();
        assert_eq!(unfit("name.ja", " "), Unfit::Field(Complaint::Empty));
        assert_eq!(
            unfit("name.ja", "a\nb"),
            Unfit::Field(Complaint::Character { character: '\n' })
        );
        assert_eq!(
            unfit("revocation.flow.text.ja", "a\u{202e}b"),
            Unfit::Field(Complaint::Character { character: '\u{202e}' })
        );
        assert_eq!(unfit("revocation.refund.fee", "1.5"), Unfit::Number(0, 10_000_000));
        assert_eq!(unfit("revocation.refund.unit", "0"), Unfit::Number(1, 1_000_000));
        assert_eq!(place("revocation.purchase_price").check(""), Ok(()));
        assert_eq!(unfit("bidding.links.contact", "javascript:alert(1)"), Unfit::Link);
        assert_eq!(unfit("bidding.links.contact", "https://a/\"b"), Unfit::Link);
    }
}
