//! What a renewal or a revocation would touch, told before it happens: the offices that know a card and its open bids
//! (R106, R108). Nothing is decided by it.

use casework::identity::{Fingerprint, Serial};
use casework::register::BusinessNumber;
use casework::revocation::Subject;
use casework::time::{Day, Instant};
use std::sync::Arc;

use super::Desk;
use crate::fault::Fault;
use crate::office::Office;
use crate::store::BidRow;

/// An office at which something would be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Which.
    pub office: Arc<Office>,
    /// The card's open bids there, in the order of their days.
    pub bids: Vec<BidRow>,
}

/// What a holder is told before a card is renewed. None of it is a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// W-BID: this bid is opened when the card that signed it has expired.
    Bid(BidRow),
    /// W-EARLY: the card of today would be valid for so many days more.
    Early {
        /// Whole days.
        days: i64,
    },
    /// W-OLDER: the new card ends before the old one.
    Older {
        /// When the new one ends.
        new: Instant,
        /// When the old one ends.
        old: Instant,
    },
}

impl Desk {
    /// The offices at which a card is known, each with its open bids. The company's own bids count at the office that is
    /// named with its number.
    pub async fn touched(
        &self,
        (card, issuer, serial): (Fingerprint, Fingerprint, Serial),
        company: Option<(&str, &BusinessNumber)>,
        now: Instant,
    ) -> Result<Vec<Touched>, Fault> {
        let (store, today) = (self.store(), now.day());
        let mut bids = store.bids_of_card(card, issuer, serial, today).await?;
        if let Some((office, number)) = company {
            for told in store.bids_of_business(office, number, today).await? {
                if !bids.contains(&told) {
                    bids.push(told);
                }
            }
        }
        let known: Vec<String> = bids.iter().map(|(office, _)| office.clone()).collect();
        let offices = self.offices();
        Ok(offices
            .iter()
            .filter(|office| office.bidding().is_ok() && known.contains(&office.id))
            .map(|office| {
                let own = bids.iter().filter(|(at, _)| *at == office.id);
                let mut bids: Vec<BidRow> = own.map(|(_, bid)| bid.clone()).collect();
                bids.sort_by(|one, other| (one.opens_on, &one.id).cmp(&(other.opens_on, &other.id)));
                Touched {
                    office: Arc::clone(office),
                    bids,
                }
            })
            .collect())
    }

    /// The same of a card of an authority of this house, which is to be revoked.
    pub async fn touched_by_revocation(
        &self,
        office: &Office,
        subject: &Subject,
        now: Instant,
    ) -> Result<Vec<Touched>, Fault> {
        let issuers = self.issuers(office).await?;
        let issuer = issuers
            .iter()
            .find(|(authority, _)| *authority == subject.certificate.authority)
            .map(|(_, certificate)| Fingerprint(certificate.fingerprint()));
        match issuer {
            Some(issuer) => {
                let card = (subject.card, issuer, subject.certificate.serial);
                self.touched(card, None, now).await
            }
            None => Ok(Vec::new()),
        }
    }
}

/// What is told before a card that ends at `old` is renewed to one that ends at `new`, where early is longer than so many
/// days. A bid that is opened on the very day on which the card ends is told too: nobody knows at which hour.
pub fn warnings(old: Instant, new: Instant, early_after_days: u16, bids: &[BidRow], now: Instant) -> Vec<Warning> {
    let ends: Day = old.day();
    let mut warnings: Vec<Warning> = bids
        .iter()
        .filter(|bid| bid.opens_on >= ends)
        .cloned()
        .map(Warning::Bid)
        .collect();
    let days = (old.0 - now.0).div_euclid(86_400);
    if days > i64::from(early_after_days) {
        warnings.push(Warning::Early { days });
    }
    if new < old {
        warnings.push(Warning::Older { new, old });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::BidderOf;

    const NOW: Instant = Instant(1_795_132_800);

    fn bid(days: i32) -> BidRow {
        BidRow {
            id: days.to_string(),
            title: "橋梁補修".to_owned(),
            opens_on: NOW.day().plus(days),
            bidder: BidderOf::Card(Fingerprint([1; 32])),
        }
    }

    #[test]
    fn r106_a_bid_that_is_opened_after_the_old_card_is_told() {
        let old = NOW.plus_seconds(20 * 86_400);
        let told = warnings(old, old, 183, &[bid(19), bid(20), bid(21)], NOW);
        assert_eq!(told, [Warning::Bid(bid(20)), Warning::Bid(bid(21))]);
    }

    #[test]
    fn r103_and_r115_an_early_renewal_and_an_older_card_are_told_and_no_more() {
        let day = |days: i64| NOW.plus_seconds(days * 86_400);
        assert_eq!(warnings(day(183), day(400), 183, &[], NOW), []);
        assert_eq!(
            warnings(day(184), day(400), 183, &[], NOW),
            [Warning::Early { days: 184 }]
        );
        // Both end at once, as in the source document's own picture: nothing is said.
        assert_eq!(warnings(day(30), day(30), 183, &[], NOW), []);
        let (new, old) = (day(29), day(30));
        assert_eq!(warnings(old, new, 183, &[], NOW), [Warning::Older { new, old }]);
    }
}
