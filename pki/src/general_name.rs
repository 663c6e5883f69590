//! The names by which a certificate, a constraint or a distribution point speaks of someone (RFC 5280 §4.2.1.6).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;

use crate::decode::{Decoder, Element, Malformed, only};
use crate::encode::{SEQUENCE, context_constructed, context_primitive};
use crate::name::DistinguishedName;

/// A GeneralName, borrowed from the DER it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName<'a> {
    /// rfc822Name
    Mail(&'a str),
    /// dNSName
    Dns(&'a str),
    /// directoryName
    Directory(DistinguishedName),
    /// uniformResourceIdentifier
    Uri(&'a str),
    /// iPAddress; in a constraint, an address and a mask after it.
    Ip(&'a [u8]),
    /// otherName: what kind, and the DER of its value.
    Other(ObjectIdentifier, &'a [u8]),
    /// A form that nothing here understands (x400Address, ediPartyName, registeredID), by its tag.
    Unknown(u8),
}

impl<'a> GeneralName<'a> {
    pub(crate) fn decode(element: Element<'a>) -> Result<Self, Malformed> {
        let what = "general name";
        let text = || match std::str::from_utf8(element.value) {
            Ok(text) if text.is_ascii() => Ok(text),
            _ => Err(Malformed(what)),
        };
        Ok(match element.tag {
            OTHER => {
                let mut fields = element.content();
                let kind = fields.oid(what)?;
                let mut explicit = fields.context(0, what)?.ok_or(Malformed(what))?;
                fields.finish(what)?;
                let value = explicit.any(what)?.whole;
                explicit.finish(what)?;
                Self::Other(kind, value)
            }
            MAIL => Self::Mail(text()?),
            DNS => Self::Dns(text()?),
            DIRECTORY => Self::Directory(DistinguishedName::from_der(element.value)?),
            URI => Self::Uri(text()?),
            IP => Self::Ip(element.value),
            REGISTERED => {
                // Read, so that what cannot be read is refused; nothing here goes by it.
                element.oid(what)?;
                Self::Unknown(REGISTERED)
            }
            X400 | EDI_PARTY => Self::Unknown(element.tag),
            _ => return Err(Malformed(what)),
        })
    }
}

/// `GeneralNames`, checked when it was read and decoded again by each walk over it: a certificate with forty thousand names
/// costs no more memory than its own octets (THREATS P3).
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct GeneralNames(Vec<u8>);

impl GeneralNames {
    /// Reads the whole of a `GeneralNames` with its tag, which is not empty.
    pub(crate) fn from_der(der: &[u8], what: &'static str) -> Result<Self, Malformed> {
        Self::of_content(only(der, SEQUENCE, what)?.value, what)
    }

    /// Reads the content of a `GeneralNames` whose tag was implicit.
    pub(crate) fn of_content(content: &[u8], what: &'static str) -> Result<Self, Malformed> {
        let mut names = Decoder::new(content);
        loop {
            let element = names.any(what)?;
            if element.tag == IP && !matches!(element.value.len(), 4 | 16) {
                return Err(Malformed("internet address"));
            }
            GeneralName::decode(element)?;
            if names.is_empty() {
                return Ok(Self(content.to_vec()));
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = GeneralName<'_>> {
        let mut names = Decoder::new(&self.0);
        // Each was decoded when the names were read.
        std::iter::from_fn(move || GeneralName::decode(names.any("general name").ok()?).ok())
    }

    pub(crate) fn directories(&self) -> impl Iterator<Item = DistinguishedName> {
        self.iter().filter_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        })
    }

    pub(crate) fn uris(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(|name| match name {
            GeneralName::Uri(uri) => Some(uri),
            _ => None,
        })
    }
}

impl std::fmt::Debug for GeneralNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

const OTHER: u8 = context_constructed(0);
const MAIL: u8 = context_primitive(1);
const DNS: u8 = context_primitive(2);
const X400: u8 = context_constructed(3);
const DIRECTORY: u8 = context_constructed(4);
const EDI_PARTY: u8 = context_constructed(5);
const URI: u8 = context_primitive(6);
const IP: u8 = context_primitive(7);
const REGISTERED: u8 = context_primitive(8);
