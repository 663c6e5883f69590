//! What a request asks for beside its key: read strictly, kept apart from what is issued.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;

use crate::decode::{Decoder, Element, Malformed};
use crate::encode::SEQUENCE;
use crate::extension::Extensions;
use crate::name::read_text;
use crate::oid;

/// The attributes of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// extensionRequest (RFC 2985 §5.4.2).
    pub(super) extensions: Extensions,
    /// challengePassword (RFC 2985 §5.4.1).
    pub(super) challenge_password: Option<String>,
    /// Attributes that nothing here understands: what operating systems say of themselves, mostly.
    pub(super) others: Vec<ObjectIdentifier>,
}

impl Asked {
    /// Reads the `[0]` of a CertificationRequestInfo: each attribute once, of one value where it is one we know.
    pub(super) fn decode(set: Element<'_>) -> Result<Self, Malformed> {
        let what = "attributes of a request";
        let mut asked = Self::default();
        let mut kinds: Vec<ObjectIdentifier> = Vec::new();
        let mut attributes = set.content();
        while !attributes.is_empty() {
            let mut fields = attributes.sequence(what)?;
            let kind = fields.oid(what)?;
            let mut values = fields.set(what)?;
            fields.finish(what)?;
            if kinds.contains(&kind) || kinds.len() == MOST_ATTRIBUTES {
                return Err(Malformed("attribute of a request given twice, or too many of them"));
            }
            kinds.push(kind);
            if kind == oid::EXTENSION_REQUEST {
                asked.extensions = extensions(&mut values)?;
            } else if kind == oid::CHALLENGE_PASSWORD {
                asked.challenge_password = Some(password(&mut values)?);
            } else {
                asked.others.push(kind);
                while !values.is_empty() {
                    values.any(what)?;
                }
            }
            values.finish(what)?;
        }
        Ok(asked)
    }
}

/// OpenSSL writes an empty list where nothing is asked for; in a certificate that would not be DER of `Extensions`.
fn extensions(values: &mut Decoder<'_>) -> Result<Extensions, Malformed> {
    let what = "extensions that a request asks for";
    let mut ahead = *values;
    if ahead.tagged(SEQUENCE, what)?.value.is_empty() {
        *values = ahead;
        return Ok(Extensions::default());
    }
    Extensions::decode(values)
}

fn password(values: &mut Decoder<'_>) -> Result<String, Malformed> {
    let what = "challenge password";
    let text = read_text(values.any(what)?)?.map_err(|_| Malformed(what))?;
    if text.chars().count() > LONGEST_PASSWORD {
        return Err(Malformed(what));
    }
    Ok(text)
}

/// Windows sends four, browsers sent two.
const MOST_ATTRIBUTES: usize = 16;

/// pkcs-9-ub-challengePassword (RFC 2985 §A).
const LONGEST_PASSWORD: usize = 255;
