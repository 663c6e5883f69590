//! Open bids, told by the bidding systems of an ordering body. A system that lies makes wrong notices appear, and nothing
//! else: nobody decides by them.

use axum::http::Method;
use casework::characters;
use casework::identity::{Fingerprint, Serial};
use casework::officer::Role;
use casework::register::BusinessNumber;
use casework::time::{Date, Day};
use wire::api::Scope;
use wire::bid::{Bid, Bidder, Bids, BidsTold};

use super::answer::Given;
use super::call::{Call, lower_hex};
use super::input::Sent;
use super::operation::Operation;
use super::problem::No;
use crate::store::{BidRow, BidderOf};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::PUT, "/offices/{office}/bids"),
            (
                "tellBids",
                "All open bids of one bidding system: those that it told before are gone",
            ),
            tell,
        )
        .scope(Scope::BidWrite)
        .up_to(LONGEST),
    ]
}

async fn tell(call: Call, Sent(sent): Sent<Bids>) -> Result<Given<BidsTold>, No> {
    call.must(&[Role::Administration])?;
    let office = call.office()?;
    office.bidding()?;
    let fits = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    if !(1..=40).contains(&sent.system.len()) || !sent.system.bytes().all(fits) {
        return Err(No::malformed("/system", "1 to 40 small letters, digits and hyphens"));
    }
    if sent.bids.len() > MOST {
        return Err(No::malformed("/bids", "at most 10000 bids"));
    }
    let today = call.now.day();
    let bids: Vec<BidRow> = sent
        .bids
        .into_iter()
        .enumerate()
        .map(|(place, bid)| {
            read(bid, today).map_err(|(field, why)| No::malformed(&format!("/bids/{place}{field}"), why))
        })
        .collect::<Result<_, _>>()?;
    let count = bids.len();
    let details = vec![
        ("office", office.id.clone()),
        ("system", sent.system.clone()),
        ("bids", count.to_string()),
    ];
    let event = call.desk().register_event(&call.actor()?, "bids_told", details);
    let changed = call
        .store()
        .tell_bids(&office.id, &sent.system, bids, event, call.now)
        .await?;
    Ok(Given::new(BidsTold {
        bids: u32::try_from(count).unwrap_or(u32::MAX),
        changed,
    }))
}

/// A bid, or the field that cannot be and why.
fn read(bid: Bid, today: Day) -> Result<BidRow, (&'static str, &'static str)> {
    if !line(&bid.id, 64) {
        return Err(("/id", "1 to 64 characters in one line"));
    }
    if !line(&bid.title, 200) {
        return Err(("/title", "1 to 200 characters in one line"));
    }
    let day = Date::from_iso(&bid.opens_on).map(Date::as_day);
    // What was opened is no open bid, and no bid is open for ten years.
    let day = day.filter(|day| (today.plus(-1)..=today.plus(3_660)).contains(day));
    let opens_on = day.ok_or(("/opens_on", "YYYY-MM-DD, from yesterday to ten years from now"))?;
    let print = |text: &str| lower_hex(text).map(Fingerprint);
    let bidder = match &bid.bidder {
        Bidder::Card(card) => print(card)
            .map(BidderOf::Card)
            .ok_or(("/bidder/card", "64 small hexadecimal digits"))?,
        Bidder::Certificate { issuer, serial } => BidderOf::Serial {
            issuer: print(issuer).ok_or(("/bidder/certificate/issuer", "64 small hexadecimal digits"))?,
            serial: Serial::from_decimal(serial).ok_or(("/bidder/certificate/serial", "a serial number, decimal"))?,
        },
        Bidder::Number(number) => BusinessNumber::parse(number)
            .map(BidderOf::Number)
            .ok_or(("/bidder/number", "1 to 20 letters, digits and hyphens"))?,
    };
    Ok(BidRow {
        id: bid.id,
        title: bid.title,
        opens_on,
        bidder,
    })
}

fn line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && characters::forbidden(text).is_none() && characters::count(text) <= most
}

const MOST: usize = 10_000;
/// Octets of a body: every bid with a long title in three octets each, escaped.
const LONGEST: usize = 16 << 20;
