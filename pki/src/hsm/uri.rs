//! The address of a key in an HSM: a PKCS#11 URI (RFC 7512).

use std::fmt;
use std::str::FromStr;

use super::KeyId;

/// A token, by what it tells of itself. What is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenName {
    /// CKA_LABEL of the token: what whoever initialised it called it.
    pub label: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Which model it is.
    pub model: Option<String>,
}

/// A key of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUri {
    /// Which token.
    pub token: TokenName,
    /// CKA_ID of the key.
    pub id: Option<KeyId>,
    /// CKA_LABEL of the key.
    pub object: Option<String>,
}

impl TokenName {
    /// Whether a token that tells this of itself is meant.
    pub fn fits(&self, told: &Self) -> bool {
        let fits = |wanted: &Option<String>, told: &Option<String>| wanted.is_none() || wanted == told;
        fits(&self.label, &told.label)
            && fits(&self.serial, &told.serial)
            && fits(&self.manufacturer, &told.manufacturer)
            && fits(&self.model, &told.model)
    }

    fn attributes(&self) -> [(&'static str, &Option<String>); 4] {
        [
            ("token", &self.label),
            ("serial", &self.serial),
            ("manufacturer", &self.manufacturer),
            ("model", &self.model),
        ]
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pkcs11:")?;
        let told = self
            .attributes()
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)));
        for (place, (name, value)) in told.enumerate() {
            write!(f, "{}{name}=", if place > 0 { ";" } else { "" })?;
            written(f, value.as_bytes())?;
        }
        Ok(())
    }
}

impl fmt::Display for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.token)?;
        // A token is named always: reading asks for it.
        if let Some(id) = &self.id {
            f.write_str(";id=")?;
            id.octets().iter().try_for_each(|octet| write!(f, "%{octet:02X}"))?;
        }
        if let Some(object) = &self.object {
            f.write_str(";object=")?;
            written(f, object.as_bytes())?;
        }
        f.write_str(";type=private")
    }
}

impl FromStr for KeyUri {
    type Err = UriFault;

    fn from_str(text: &str) -> Result<Self, UriFault> {
        let rest = text.strip_prefix("pkcs11:").ok_or(UriFault::NotPkcs11)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        // No module comes from here: an address lies in the database, and a module is code (THREATS B6). No PIN either: an
        // address is shown.
        if let Some((name, _)) = query.split('&').find_map(|attribute| attribute.split_once('=')) {
            return Err(match name {
                "module-path" | "module-name" => UriFault::Module,
                "pin-value" | "pin-source" => UriFault::Pin,
                other => UriFault::Unknown(other.to_owned()),
            });
        }
        let mut uri = Self {
            token: TokenName::default(),
            id: None,
            object: None,
        };
        let mut seen = Vec::new();
        for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = attribute.split_once('=').ok_or(UriFault::NotPkcs11)?;
            if seen.contains(&name) {
                return Err(UriFault::Twice(name.to_owned()));
            }
            seen.push(name);
            let value = read(value)?;
            let text = || String::from_utf8(value.clone()).map_err(|_| UriFault::Text(name.to_owned()));
            match name {
                "token" => uri.token.label = Some(text()?),
                "serial" => uri.token.serial = Some(text()?),
                "manufacturer" => uri.token.manufacturer = Some(text()?),
                "model" => uri.token.model = Some(text()?),
                "object" => uri.object = Some(text()?),
                "id" => uri.id = Some(KeyId::new(&value).ok_or(UriFault::Id)?),
                "type" if value == b"private" => {}
                "type" => return Err(UriFault::Type),
                other => return Err(UriFault::Unknown(other.to_owned())),
            }
        }
        if uri.token.label.is_none() && uri.token.serial.is_none() {
            return Err(UriFault::NoToken);
        }
        Ok(uri)
    }
}

/// What is not unreserved in a URI is written by its number (RFC 3986 §2.1).
fn written(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    for octet in octets {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => write!(f, "{}", char::from(*octet))?,
            _ => write!(f, "%{octet:02X}")?,
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<Vec<u8>, UriFault> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let digit = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err(UriFault::Percent);
        };
        octets.push(u8::try_from(high * 16 + low).map_err(|_| UriFault::Percent)?);
    }
    Ok(octets)
}

/// A PKCS#11 URI was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriFault {
    /// Not `pkcs11:` with attributes `name=value` between semicolons.
    #[error("not a PKCS#11 URI (RFC 7512), as pkcs11:token=kagimori;object=ca")]
    NotPkcs11,
    /// It names no token.
    #[error("the URI names no token: token=… or serial=… is missing")]
    NoToken,
    /// The same attribute stands in it twice.
    #[error("{0} stands in the URI twice")]
    Twice(String),
    /// An attribute that means nothing here.
    #[error("the attribute {0} means nothing here; token, serial, manufacturer, model, object, id and type do")]
    Unknown(String),
    /// A percent sign without two hexadecimal digits.
    #[error("two hexadecimal digits follow each % of a URI")]
    Percent,
    /// Not UTF-8.
    #[error("{0} is not UTF-8")]
    Text(String),
    /// No octet, or more than 64.
    #[error("id has 1 to 64 octets, each written as %XX")]
    Id,
    /// Not a private key.
    #[error("type=private is what is wanted")]
    Type,
    /// It names a module.
    #[error("the module is named by the configuration, and not by the URI")]
    Module,
    /// It holds a PIN, or says where one is.
    #[error("the PIN is found by the configuration, and never by the URI")]
    Pin,
}
