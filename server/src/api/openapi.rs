//! The description of the API (OpenAPI 3.1), made from the table that makes the router.

use axum::http::{Method, StatusCode};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use wire::api::Scope;
use wire::problem::Problem;

use super::input::Part;
use super::operation::{Door, Operation, Work};

/// The description, as it is served and kept.
pub(super) fn text(operations: &[Operation]) -> String {
    let mut text = format!("{:#}", document(operations));
    text.push('\n');
    text
}

fn document(operations: &[Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let described = described(operation, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(operation.method.as_str().to_lowercase(), described);
        }
    }
    let problem = generator.subschema_for::<Problem>();
    let schemas = Value::Object(generator.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kagimori 鍵守",
            "version": "1",
            "description": ABOUT,
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": "/api/v1" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": scopes() },
                "kiosk": { "type": "apiKey", "in": "header", "name": "Signature", "description": KIOSK },
                "case": { "type": "http", "scheme": "bearer", "description": CASE },
            },
            "responses": {
                "Problem": {
                    "description": "RFC 9457: nothing was done, unless the code is E-NET-UNKNOWN.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": responses(operation, generator),
    });
    let parameters = parameters(operation, generator);
    let Value::Object(fields) = &mut described else {
        return described;
    };
    if !parameters.is_empty() {
        fields.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if operation.takes == Part::Body
        && let Some(schema) = (operation.taken)(generator)
    {
        let content = json!({ "application/json": { "schema": schema } });
        fields.insert(
            "requestBody".to_owned(),
            json!({ "required": true, "content": content }),
        );
    }
    match operation.door {
        Door::Open => {}
        Door::Token(scope) => {
            let said = format!("Scope: `{}`.", scope.key());
            fields.insert("description".to_owned(), Value::from(said));
            fields.insert("security".to_owned(), json!([{ "token": [scope.key()] }]));
        }
        Door::Kiosk => {
            fields.insert("security".to_owned(), json!([{ "kiosk": [] }]));
        }
        Door::CaseKey => {
            fields.insert("security".to_owned(), json!([{ "case": [] }]));
        }
    }
    described
}

fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let mut success = json!({ "description": operation.success.canonical_reason().unwrap_or_default() });
    if !operation.kind.is_empty() {
        let schema = (operation.given)(generator).map_or_else(|| json!({}), Schema::to_value);
        let schema = if schema == json!({}) {
            json!({})
        } else {
            json!({ "schema": schema })
        };
        success["content"] = json!({ operation.kind: schema });
    }
    responses.insert(operation.success.as_u16().to_string(), success);
    for status in refusals(operation) {
        responses.insert(
            status.as_u16().to_string(),
            json!({ "$ref": "#/components/responses/Problem" }),
        );
    }
    Value::Object(responses)
}

/// What else it may answer with.
fn refusals(operation: &Operation) -> Vec<StatusCode> {
    let mut statuses = vec![StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE];
    if operation.path.contains('{') {
        statuses.push(StatusCode::NOT_FOUND);
    }
    if matches!(operation.work, Work::Route(_)) {
        statuses.extend([StatusCode::GONE, StatusCode::UPGRADE_REQUIRED]);
    }
    if !operation.kind.is_empty() {
        statuses.push(StatusCode::NOT_ACCEPTABLE);
    }
    match operation.door {
        Door::Open => {}
        Door::Token(_) => statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]),
        Door::Kiosk | Door::CaseKey => statuses.push(StatusCode::UNAUTHORIZED),
    }
    if operation.writes() {
        statuses.extend([
            StatusCode::FORBIDDEN,
            StatusCode::CONFLICT,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    if operation.takes == Part::Body {
        statuses.push(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    if operation.method == Method::GET && operation.path.ends_with("receipt.pdf") {
        statuses.push(StatusCode::CONFLICT);
    }
    if operation.seen {
        statuses.push(StatusCode::PRECONDITION_REQUIRED);
    }
    if operation.writes() && matches!(operation.door, Door::Token(_)) {
        statuses.push(StatusCode::PRECONDITION_FAILED);
    }
    statuses.extend([StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE]);
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn parameters(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters: Vec<Value> = named(operation.path).map(in_path).collect();
    if operation.takes == Part::Query
        && let Some(schema) = (operation.taken)(generator)
        && let Some(Value::Object(properties)) = schema.get("properties")
    {
        parameters.extend(properties.iter().map(|(name, schema)| in_query(name, schema)));
    }
    if operation.writes() && matches!(operation.door, Door::Token(_)) {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same key with the same request has the same answer for a day.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,128}$" },
        }));
    }
    if operation.seen {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": true,
            "description": "The ETag of what was seen: nothing is done if it has changed since.",
            "schema": { "type": "string", "pattern": "^\"[0-9]{1,18}\"$" },
        }));
    }
    parameters
}

/// The parts of a path that stand for something.
fn named(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| {
        let (_, rest) = part.split_once('{')?;
        rest.split_once('}').map(|(name, _)| name)
    })
}

fn in_path(name: &str) -> Value {
    let (pattern, says) = match name {
        "office" => ("^[a-z0-9-]{1,40}$", "The office."),
        "number" => ("^[0-9]{11}$", "受付番号"),
        "digest" => ("^[0-9a-f]{64}$", "SHA-256 of the file."),
        "officer" => ("^[0-7][0-9a-hjkmnp-tv-z]{25}$", "The account."),
        "token" => ("^[0-7][0-9a-hjkmnp-tv-z]{25}$", "The token."),
        "n" => ("^[0-9]{1,3}$", "Which step, from 0."),
        "id" => ("^[A-Za-z0-9_-]{22}$", "The card request."),
        _ => ("^[0-7][0-9a-hjkmnp-tv-z]{25}$", "The case."),
    };
    json!({
        "name": name, "in": "path", "required": true, "description": says,
        "schema": { "type": "string", "pattern": pattern },
    })
}

/// A field of the query. That it may be left out is said by `required`, not by null.
fn in_query(name: &str, schema: &Value) -> Value {
    let mut schema = schema.clone();
    let says = schema.get("description").cloned().unwrap_or_default();
    if let Value::Object(fields) = &mut schema {
        fields.remove("description");
        if let Some(Value::Array(types)) = fields.get("type") {
            let kind = types.iter().find(|kind| *kind != "null").cloned().unwrap_or_default();
            fields.insert("type".to_owned(), kind);
        }
    }
    json!({ "name": name, "in": "query", "required": false, "description": says, "schema": schema })
}

/// What tokens may be for.
fn scopes() -> String {
    let mut text = "A token of an officer's account. Its scopes:".to_owned();
    for scope in Scope::ALL {
        // Writing to a string does not fail.
        let _ = write!(text, " `{}`", scope.key());
    }
    text
}

const ABOUT: &str = "Everything that a page can do. Binary values are base64url without padding, digests lower-case \
    hexadecimal, ids 26 small letters and digits, serial numbers decimal, times Unix seconds, days YYYY-MM-DD. Errors are RFC 9457 problems with a stable code. What a holder or an \
    officer decides is signed by the card: a token alone decides nothing.";

const CASE: &str = "The key that was answered when this case began, and that opens nothing else.";

const KIOSK: &str = "An enrolled kiosk signs each request (RFC 9421) with its key: `Signature-Input: kagimori=(\"@method\" \
    \"@target-uri\" \"content-digest\");created=…;keyid=\"SHA-256 of its SubjectPublicKeyInfo, hexadecimal\";\
    alg=\"ecdsa-p256-sha256\"`, `Signature: kagimori=:r and s, 64 octets:`, and `Content-Digest: sha-256=:…:` (RFC 9530). It \
    counts for a minute by the server's clock; the same request again has the same answer.";
