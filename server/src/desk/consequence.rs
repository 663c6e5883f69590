//! What a renewal or a revocation would touch, told before it happens: the offices that know a card, and the open bids that
//! bidding systems told of it or of its company (R105, R106, R108). Nothing is decided by it.

use casework::identity::{Fingerprint, Serial};
use casework::revocation::Subject;
use casework::time::Instant;
use pki::certificate::Certificate;
use std::sync::Arc;

use super::Desk;
use crate::fault::Fault;
use crate::office::Office;
use crate::store::{BidRow, CardRow};

/// An office at which something would be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Which.
    pub office: Arc<Office>,
    /// A company is registered there with this card.
    pub registered: bool,
    /// The open bids there of the card and, where it is registered, of its company, in the order of their days.
    pub bids: Vec<BidRow>,
}

impl Desk {
    /// The offices at which a card is registered, or has open bids.
    pub async fn touched(
        &self,
        (card, issuer, serial): (Fingerprint, Fingerprint, Serial),
        now: Instant,
    ) -> Result<Vec<Touched>, Fault> {
        let (store, today) = (self.store(), now.day());
        let mut bids = store.bids_of_card(card, issuer, serial, today).await?;
        let mut registered = Vec::new();
        for (office, binding) in store.offices_of_card(card).await? {
            if binding.until.is_some() {
                continue;
            }
            if let Some(row) = store.registration(binding.registration).await? {
                for told in store.bids_of_business(&office, &row.business, today).await? {
                    let known = bids
                        .iter()
                        .any(|(at, bid)| *at == office && bid.id == told.1.id && bid.opens_on == told.1.opens_on);
                    if !known {
                        bids.push(told);
                    }
                }
            }
            registered.push(office);
        }
        let offices = self.offices();
        let touched = offices.iter().filter(|office| office.bidding().is_ok());
        Ok(touched
            .filter_map(|office| {
                let own = bids.iter().filter(|(at, _)| *at == office.id);
                let mut bids: Vec<BidRow> = own.map(|(_, bid)| bid.clone()).collect();
                bids.sort_by(|one, other| (one.opens_on, &one.id).cmp(&(other.opens_on, &other.id)));
                let registered = registered.contains(&office.id);
                (registered || !bids.is_empty()).then(|| Touched {
                    office: Arc::clone(office),
                    registered,
                    bids,
                })
            })
            .collect())
    }

    /// What the renewal of a card that was read here would touch.
    pub async fn touched_by_renewal(&self, card: &CardRow, now: Instant) -> Result<Vec<Touched>, Fault> {
        let certificate = Certificate::parse(&card.signature_der).ok();
        let serial = certificate.and_then(|certificate| Serial::from_octets(certificate.serial().as_bytes()));
        match serial {
            Some(serial) => self.touched((card.card, card.issuer, serial), now).await,
            None => Ok(Vec::new()),
        }
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
                self.touched((subject.card, issuer, subject.certificate.serial), now)
                    .await
            }
            None => Ok(Vec::new()),
        }
    }
}
