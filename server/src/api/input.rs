//! What an operation takes: nothing, a query, or a JSON document. Whatever it does not know is refused, with its place.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::call::Call;
use super::problem::No;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Nothing,
    Query,
    Body,
}

/// What an operation takes.
pub(super) trait Input: Sized + Send + 'static {
    const PART: Part;

    fn read(call: &Call, octets: &[u8]) -> Result<Self, No>;

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// Nothing but the address.
pub(super) struct Nothing;

/// What the query says.
pub(super) struct Asked<T>(pub(super) T);

/// What the body says.
pub(super) struct Sent<T>(pub(super) T);

impl Input for Nothing {
    const PART: Part = Part::Nothing;

    fn read(call: &Call, _: &[u8]) -> Result<Self, No> {
        match call.query() {
            None | Some("") => Ok(Self),
            Some(_) => Err(No::malformed("", "no query is taken")),
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

impl<T: DeserializeOwned + JsonSchema + Send + 'static> Input for Asked<T> {
    const PART: Part = Part::Query;

    fn read(call: &Call, _: &[u8]) -> Result<Self, No> {
        let pairs = call.query().unwrap_or_default();
        let fields = query::fields::<T>(pairs).map_err(|(pointer, why)| No::malformed(&pointer, &why))?;
        Ok(Self(fields))
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        // One parameter for each field: nothing is named elsewhere.
        let settings =
            schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        Some(settings.into_generator().into_root_schema_for::<T>())
    }
}

impl<T: DeserializeOwned + JsonSchema + Send + 'static> Input for Sent<T> {
    const PART: Part = Part::Body;

    fn read(call: &Call, octets: &[u8]) -> Result<Self, No> {
        Nothing::read(call, &[])?;
        let mut document = serde_json::Deserializer::from_slice(octets);
        let read = serde_path_to_error::deserialize(&mut document).map_err(|fault| {
            let pointer = fault.path().iter().map(step).collect::<String>();
            No::malformed(&pointer, &said(&fault.into_inner()))
        })?;
        document.end().map_err(|fault| No::malformed("", &said(&fault)))?;
        Ok(Self(read))
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

/// A step of a JSON pointer (RFC 6901).
fn step(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } | Segment::Enum { variant: key } => {
            format!("/{}", key.replace('~', "~0").replace('/', "~1"))
        }
        Segment::Unknown => String::new(),
    }
}

/// What is wrong, without what was sent: a value may be anybody's.
fn said(fault: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", fault.line(), fault.column());
    match fault.classify() {
        serde_json::error::Category::Data => {
            let text = fault.to_string();
            let known = [
                "unknown field",
                "missing field",
                "duplicate field",
                "unknown variant",
                "invalid type",
                "invalid value",
                "invalid length",
            ];
            let what = known
                .into_iter()
                .find(|known| text.starts_with(known))
                .unwrap_or("it does not fit");
            let named = text
                .split('`')
                .nth(1)
                .filter(|_| what == "missing field")
                .map(|name| format!(" {name}"));
            format!("{what}{}, {place}", named.unwrap_or_default())
        }
        serde_json::error::Category::Syntax => format!("no JSON, {place}"),
        serde_json::error::Category::Eof | serde_json::error::Category::Io => format!("it ends too early, {place}"),
    }
}

/// Queries, as strictly as bodies: no field twice, none that is not known, percent-encoded UTF-8.
mod query {
    use serde::de::DeserializeOwned;
    use serde_json::{Map, Value};

    pub(super) fn fields<T: DeserializeOwned>(text: &str) -> Result<T, (String, String)> {
        let mut fields = Map::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let read =
                |text: &str| decoded(text).ok_or_else(|| (String::new(), "it is not percent-encoded UTF-8".to_owned()));
            let (name, value) = (read(name)?, read(value)?);
            let pointer = format!("/{name}");
            // A number is one only where it looks like one as it would be written.
            let value = match value.parse::<u32>() {
                Ok(number) if number.to_string() == value && NUMBERS.contains(&name.as_str()) => Value::from(number),
                _ => Value::from(value),
            };
            if fields.insert(name, value).is_some() {
                return Err((pointer, "it stands there twice".to_owned()));
            }
        }
        serde_path_to_error::deserialize(Value::Object(fields)).map_err(|fault| {
            let pointer: String = fault.path().iter().map(super::step).collect();
            (pointer, super::said(fault.inner()).replace(", line 0, column 0", ""))
        })
    }

    fn decoded(text: &str) -> Option<String> {
        let mut octets = Vec::with_capacity(text.len());
        let mut rest = text.bytes();
        while let Some(octet) = rest.next() {
            octets.push(match octet {
                b'+' => b' ',
                b'%' => {
                    let digit = |octet: u8| char::from(octet).to_digit(16);
                    let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                    u8::try_from(high * 16 + low).ok()?
                }
                octet => octet,
            });
        }
        String::from_utf8(octets).ok()
    }

    /// The fields of queries that are numbers.
    const NUMBERS: [&str; 1] = ["limit"];
}
