//! What the register and a card say, line by line, in the words of the office's own source document (DOMAIN §4.3, §5.1).

use casework::register::{BusinessNumber, Entry};
use casework::time::Day;

use crate::desk::bidder::CardFace;
use crate::office::Bidding;
use crate::portal::date;
use crate::portal::page::{Fact, Page};

/// The key of a label: offices that review say 商号又は名称 and 所在地 where the others say 企業名称 and 企業住所.
pub(crate) fn label(bidding: &Bidding, key: &str) -> String {
    let differs = [
        "bidder-company",
        "bidder-address",
        "bidder-card-company",
        "bidder-card-address",
    ];
    if bidding.reviews() && differs.contains(&key) {
        format!("{key}-review")
    } else {
        key.to_owned()
    }
}

/// A company as the register has it. A company that stands there no more has its number alone.
pub(crate) fn company(page: &Page, bidding: &Bidding, number: &BusinessNumber, entry: Option<&Entry>) -> Vec<Fact> {
    let mut facts = vec![page.fact("bidder-number", number.to_string())];
    let Some(entry) = entry else {
        return facts;
    };
    facts.push(page.fact(&label(bidding, "bidder-company"), &entry.name));
    facts.push(page.fact(&label(bidding, "bidder-address"), &entry.address));
    facts.push(page.fact("bidder-representative", entry.shown_representative()));
    facts.extend(
        entry
            .corporate_number
            .as_ref()
            .map(|number| page.fact("bidder-corporate-number", number)),
    );
    facts.push(page.fact("bidder-valid", between(page, entry.valid)));
    facts
}

/// A card, in the rows of the confirmation page; what its certificate does not say has no row.
pub(crate) fn card(page: &Page, bidding: &Bidding, card: &CardFace) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |key: &str, value: &str| {
        if !value.is_empty() {
            facts.push(page.fact(&label(bidding, key), value));
        }
    };
    say("bidder-card-company", &card.company);
    say("bidder-card-address", &card.company_address);
    say("bidder-card-holder", &card.holder);
    if !bidding.reviews() {
        say("bidder-card-holder-address", &card.holder_address);
    }
    say("bidder-card-number", &card.corporate_number);
    say("bidder-card-serial", &card.serial);
    say("bidder-card-issuer", &card.issuer);
    say("bidder-card-until", &date::slashed(card.valid.1.day()));
    facts
}

fn between(page: &Page, (first, last): (Day, Day)) -> String {
    let values = [("from", date::slashed(first)), ("to", date::slashed(last))];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    page.words.say_with("certificate-validity-text", &values)
}
