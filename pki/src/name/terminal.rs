//! What a certificate of a service centre's terminal is about (DOMAIN §11.4).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;

use super::{
    Attribute, DistinguishedName, NameFault, UB_COMMON_NAME, UB_ORGANISATION, attribute, country, latin, text,
};
use crate::encode::Encoder;
use crate::oid;

/// The name of a terminal: C=JP, O, OU=区分, OU=利用機器区分, CN=認証コード1. All of it together is one terminal; no customer and no
/// person stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalName {
    organisation: String,
    units: [String; 2],
    common_name: String,
}

impl TerminalName {
    /// `organisation` is the service centre, as its authority calls it; `units` are 区分 and 利用機器区分, `common_name` is
    /// 認証コード1, in Latin letters.
    pub fn new(organisation: &str, units: [&str; 2], common_name: &str) -> Result<Self, NameFault> {
        let [division, device] = units;
        Ok(Self {
            organisation: text("organisation", organisation, UB_ORGANISATION)?,
            units: [
                text("division", division, UB_ORGANISATION)?,
                text("device", device, UB_ORGANISATION)?,
            ],
            common_name: latin("terminal", common_name, UB_COMMON_NAME)?,
        })
    }

    /// As it stands in the certificate.
    pub fn distinguished(&self) -> DistinguishedName {
        let country = (oid::COUNTRY, "JP");
        written(std::iter::once(country).chain(self.parts()))
    }

    /// CN alone, as people type it where a request has to say a name.
    pub fn short(&self) -> DistinguishedName {
        written(std::iter::once((oid::COMMON_NAME, self.common_name.as_str())))
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.raw(self.distinguished().der());
    }

    fn parts(&self) -> impl Iterator<Item = (ObjectIdentifier, &str)> {
        let units = self.units.iter().map(|unit| (oid::ORGANISATIONAL_UNIT, unit.as_str()));
        std::iter::once((oid::ORGANISATION, self.organisation.as_str()))
            .chain(units)
            .chain(std::iter::once((oid::COMMON_NAME, self.common_name.as_str())))
    }
}

/// A name of these attributes, each in an RDN of its own.
fn written<'a>(parts: impl Iterator<Item = (ObjectIdentifier, &'a str)>) -> DistinguishedName {
    let parts: Vec<(ObjectIdentifier, &str)> = parts.collect();
    let der = Encoder::der(|encoder| {
        encoder.sequence(|name| {
            for (kind, text) in &parts {
                if *kind == oid::COUNTRY {
                    country(name);
                } else {
                    attribute(name, *kind, text);
                }
            }
        });
    });
    let attributes = parts.into_iter().map(|(kind, text)| Attribute {
        kind,
        value: Ok(text.to_owned()),
        joined: false,
    });
    DistinguishedName {
        der,
        attributes: attributes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_a_terminal_reads_back_as_it_is() {
        let name = TerminalName::new("見本センター", ["海上", "webNACCS"], "NAC11110A").unwrap();
        for name in [name.distinguished(), name.short()] {
            assert_eq!(DistinguishedName::from_der(name.der()), Ok(name.clone()));
            assert_eq!(name.common_name(), Some("NAC11110A"));
        }
        assert_eq!(
            name.distinguished().to_string(),
            "CN=NAC11110A,OU=webNACCS,OU=海上,O=見本センター,C=JP"
        );
        let other = TerminalName::new("見本センター", ["航空", "webNACCS"], "NAC11110A").unwrap();
        assert!(!other.distinguished().matches(&name.distinguished()));
        assert!(TerminalName::new("見本センター", ["海上", "webNACCS"], "ＮＡＣ").is_err());
    }
}
