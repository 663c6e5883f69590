//! What only a certification authority has: procedure 000 and its texts.

use casework::refund;
use casework::revocation::Policy;
use serde::Deserialize;

use super::row::Document as DocumentRow;
use super::{Document, OfficeError};

/// What only a certification authority has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Procedure 000.
    pub revocation: Revocation,
    /// So many months old may an enclosed certificate of an office be (R003).
    pub enclosed_within: u8,
}

/// What procedure 000 needs to know of an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Windows and the refund's terms.
    pub policy: Policy,
    /// W1, 手続きの流れ
    pub flow: Document,
    /// W2, 利用規約
    pub terms: Document,
    /// 書面による失効申込手続き (R003)
    pub paper: Document,
    /// What is recorded as paid for a certificate when the issuing order names no price, in yen.
    pub purchase_price: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevocationRow {
    last_day_before_expiry: i32,
    signature_within_minutes: u32,
    refund: RefundRow,
    purchase_price: Option<u32>,
    flow: DocumentRow,
    terms: DocumentRow,
    paper: DocumentRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundRow {
    fee: u32,
    unit: u32,
    minimum: u32,
}

impl RevocationRow {
    pub(super) fn checked(self) -> Result<Revocation, OfficeError> {
        let refuse = |key, why: &str| {
            Err(OfficeError::Value {
                key,
                why: why.to_owned(),
            })
        };
        if !(0..=3_650).contains(&self.last_day_before_expiry) {
            return refuse("revocation.last_day_before_expiry", "wanted: 0 to 3650 days");
        }
        if !(1..=1_440).contains(&self.signature_within_minutes) {
            return refuse("revocation.signature_within_minutes", "wanted: 1 to 1440");
        }
        Ok(Revocation {
            policy: Policy {
                last_day_before_expiry: self.last_day_before_expiry,
                signature_within: i64::from(self.signature_within_minutes) * 60,
                refund: refund::Terms {
                    fee: self.refund.fee,
                    unit: self.refund.unit,
                    minimum: self.refund.minimum,
                },
            },
            flow: self.flow.into(),
            terms: self.terms.into(),
            paper: self.paper.into(),
            purchase_price: self.purchase_price,
        })
    }
}
