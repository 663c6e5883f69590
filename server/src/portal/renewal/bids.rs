//! What hangs on the current card: the open bids that bidding systems told of it or of its company. Nothing is decided by
//! them; the holder sees them before 更新 (R105, R106, W-BID).

use casework::identity::{Fingerprint, Serial};
use casework::register::BusinessNumber;
use casework::time::Day;
use pki::certificate::Certificate;

use crate::fault::Fault;
use crate::office::Office;
use crate::portal::date;
use crate::portal::page::Page;
use crate::portal::visit::{Stop, Visit};
use crate::store::{BidRow, Store};

/// An open bid.
pub(super) struct Bid {
    pub(super) office: String,
    pub(super) id: String,
    pub(super) title: String,
    /// 開札日
    pub(super) opens: String,
    /// It is opened after the current card has ended.
    pub(super) late: bool,
}

/// Those of a card, wherever, and of its company at this office, in the order of their days.
pub(super) async fn of(
    visit: &Visit,
    page: &Page,
    office: &Office,
    (card, last): (Fingerprint, Day),
    business: &BusinessNumber,
) -> Result<Vec<Bid>, Stop> {
    let rows = rows(visit.portal.store(), office, (card, visit.now.day()), business).await;
    let rows = rows.map_err(|fault| visit.fault(&fault))?;
    Ok(rows
        .into_iter()
        .map(|(office, bid)| Bid {
            office: visit
                .portal
                .office(&office)
                .map_or(office, |office| page.text(&office.name).to_owned()),
            id: bid.id,
            title: bid.title,
            opens: date::slashed(bid.opens_on),
            late: bid.opens_on > last,
        })
        .collect())
}

/// The same as they are kept.
pub(crate) async fn rows(
    store: &Store,
    office: &Office,
    (card, today): (Fingerprint, Day),
    business: &BusinessNumber,
) -> Result<Vec<(String, BidRow)>, Fault> {
    let mut rows = store.bids_of_business(&office.id, business, today).await?;
    let kept = store.card(card).await?;
    let serial = kept
        .as_ref()
        .and_then(|row| Certificate::parse(&row.signature_der).ok())
        .and_then(|certificate| Serial::from_octets(certificate.serial().as_bytes()));
    if let (Some(row), Some(serial)) = (kept, serial) {
        for (office, bid) in store.bids_of_card(card, row.issuer, serial, today).await? {
            let told = rows
                .iter()
                .any(|(there, known)| *there == office && known.id == bid.id && known.opens_on == bid.opens_on);
            if !told {
                rows.push((office, bid));
            }
        }
    }
    rows.sort_by_key(|(_, bid)| bid.opens_on);
    Ok(rows)
}
