//! Comparing distinguished names as RFC 5280 §7.1 says: attribute by attribute, text after the preparation of RFC 4518,
//! so that neither case, spaces nor encoding tell two names apart (THREATS P8).
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;
use unicode_normalization::UnicodeNormalization as _;

use super::{Attribute, DistinguishedName};

/// A name ready to be compared with many.
pub(crate) struct Prepared(Vec<Rdn>);

/// A RelativeDistinguishedName, its attributes in one order whatever their order was.
type Rdn = Vec<(ObjectIdentifier, Result<String, Vec<u8>>)>;

impl Prepared {
    /// Whether this name lies in the subtree below `base`, which is part of it.
    pub(crate) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

impl DistinguishedName {
    /// Whether both name the same (RFC 5280 §7.1). `==` is narrower: the same octets.
    pub fn matches(&self, other: &Self) -> bool {
        self.der == other.der
            || self.attributes.len() == other.attributes.len()
                && self.same_kinds(other)
                && self.prepared().0 == other.prepared().0
    }

    /// Whether the attributes that both have are of the same kinds; cheap, and nearly always enough to tell two names apart.
    fn same_kinds(&self, other: &Self) -> bool {
        let both = || self.attributes.iter().zip(&other.attributes);
        // The attributes of one set may stand in any order.
        both().all(|(own, other)| own.kind == other.kind) || self.has_sets() || other.has_sets()
    }

    fn has_sets(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.joined)
    }

    pub(crate) fn prepared(&self) -> Prepared {
        let mut rdns: Vec<Rdn> = Vec::new();
        for Attribute { kind, value, joined } in &self.attributes {
            let attribute = (*kind, value.as_deref().map(prepare).map_err(Clone::clone));
            match rdns.last_mut() {
                Some(rdn) if *joined => rdn.push(attribute),
                _ => rdns.push(vec![attribute]),
            }
        }
        for rdn in &mut rdns {
            rdn.sort();
        }
        Prepared(rdns)
    }
}

/// The key by which text is compared (RFC 4518 §2): mapped and folded, normalised, spaces that mean nothing left out. What
/// is compared is never what is stored or shown (THREATS A41).
pub(crate) fn prepare(text: &str) -> String {
    let mut mapped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t'..='\r'
            | '\u{85}'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}' => mapped.push(' '),
            // RFC 4518 §2.2: what is not seen is mapped to nothing.
            '\u{ad}'
            | '\u{34f}'
            | '\u{1806}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}' => {}
            control if control.is_control() => {}
            other => mapped.extend(other.to_lowercase()),
        }
    }
    // Normalising may bring capitals back, and folding may leave what is not normal: once more is enough (RFC 3454 §B.2).
    let folded: String = mapped.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    folded
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
