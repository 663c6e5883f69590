//! 受付: the number that an accepted application is known by, and the code that opens its receipt to others.

use casework::number::{CheckCode, Number};

use super::Desk;
use crate::store::{NewReceipt, Write};

impl Desk {
    /// A fresh 受付番号; one that is taken is drawn again when the commit finds it so.
    pub(super) fn number(&self) -> Number {
        Number::from_random(self.chance().octets())
    }

    /// The receipt of that number, with a fresh check code.
    pub(super) fn receipt(&self, number: Number) -> Write {
        Write::Receipt(NewReceipt {
            number,
            check_code: CheckCode::from_random(self.chance().octets()),
        })
    }
}
