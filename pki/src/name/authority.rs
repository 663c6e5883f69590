//! Names of authorities and of those who answer for them.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use super::{NameFault, UB_COMMON_NAME, UB_ORGANISATION, attribute, country, text};
use crate::encode::Encoder;
use crate::oid;

/// The name of a CA or a responder: C=JP, O, CN; or, where its organisation has no names but of its units, C=JP, O, OU, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityName {
    organisation: String,
    units: Vec<String>,
    common_name: Option<String>,
}

impl AuthorityName {
    /// Either part may be Japanese.
    pub fn new(organisation: &str, common_name: &str) -> Result<Self, NameFault> {
        Ok(Self {
            organisation: text("organisation", organisation, UB_ORGANISATION)?,
            units: Vec::new(),
            common_name: Some(text("common name", common_name, UB_COMMON_NAME)?),
        })
    }

    /// By its units, the most general last, as the authorities of citizens' cards are named (DOMAIN §11.3).
    pub fn of_units<U: AsRef<str>>(organisation: &str, units: &[U]) -> Result<Self, NameFault> {
        if units.is_empty() {
            return Err(NameFault::Empty("unit"));
        }
        let units = units.iter().map(|unit| text("unit", unit.as_ref(), UB_ORGANISATION));
        Ok(Self {
            organisation: text("organisation", organisation, UB_ORGANISATION)?,
            units: units.collect::<Result<_, _>>()?,
            common_name: None,
        })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.sequence(|name| {
            country(name);
            attribute(name, oid::ORGANISATION, &self.organisation);
            for unit in &self.units {
                attribute(name, oid::ORGANISATIONAL_UNIT, unit);
            }
            if let Some(common_name) = &self.common_name {
                attribute(name, oid::COMMON_NAME, common_name);
            }
        });
    }
}
