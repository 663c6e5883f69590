//! What an operation gives.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::operation::bare;

/// What an operation gives.
pub(super) trait Output: Send + 'static {
    /// Its media type; empty where there is no body.
    const KIND: &'static str;

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;

    fn response(self, status: StatusCode) -> Response;
}

/// A JSON document.
pub(super) struct Given<T> {
    value: T,
    version: Option<i64>,
    location: Option<String>,
}

/// Nothing but that it was done.
pub(super) struct Empty;

/// A file for keeping: never shown inline.
pub(super) struct File<K: Kind> {
    pub(super) kind: K,
    pub(super) octets: Vec<u8>,
    pub(super) name: String,
}

/// The media type of a file.
pub(super) trait Kind: Send + 'static {
    /// As the description says it.
    const SAID: &'static str;

    /// As it is.
    fn is(&self) -> &'static str;
}

/// `application/pdf`
pub(super) struct Pdf;

/// A scanned paper, as the house made it.
pub(super) struct Scanned(pub(super) &'static str);

impl<T> Given<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            value,
            version: None,
            location: None,
        }
    }

    /// With an ETag.
    pub(super) fn seen(value: T, version: i64) -> Self {
        Self {
            version: Some(version),
            ..Self::new(value)
        }
    }

    /// Below `/api/v1`.
    pub(super) fn at(self, location: String) -> Self {
        Self {
            location: Some(location),
            ..self
        }
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Output for Given<T> {
    const KIND: &'static str = "application/json";

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }

    fn response(self, status: StatusCode) -> Response {
        let mut response = (status, axum::Json(self.value)).into_response();
        let etag = self.version.map(|version| (header::ETAG, etag(version)));
        let location = self.location.map(|path| (header::LOCATION, format!("/api/v1{path}")));
        for (name, value) in etag.into_iter().chain(location) {
            // Both are made of digits, ids and slashes.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl Output for Empty {
    const KIND: &'static str = "";

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }

    fn response(self, status: StatusCode) -> Response {
        bare(status)
    }
}

impl<K: Kind> Output for File<K> {
    const KIND: &'static str = K::SAID;

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }

    fn response(self, status: StatusCode) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.kind.is().to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{}\"", self.name),
            ),
        ];
        (status, headers, self.octets).into_response()
    }
}

impl Kind for Pdf {
    const SAID: &'static str = "application/pdf";

    fn is(&self) -> &'static str {
        Self::SAID
    }
}

impl Kind for Scanned {
    const SAID: &'static str = "image/*";

    fn is(&self) -> &'static str {
        self.0
    }
}

/// A version as an entity tag (RFC 9110 §8.8.3).
pub(super) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}
