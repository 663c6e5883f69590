//! What hangs on the current card, for the holder to see before 更新 (R105, R106, R108, W-BID): where else it is registered,
//! and the open bids that bidding systems told of it or of its company.

use casework::time::Day;

use crate::desk::consequence::Touched;
use crate::office::Office;
use crate::portal::date;
use crate::portal::page::Page;

/// What a renewal leaves as it is, or puts into question.
#[derive(Default)]
pub(super) struct Consequences {
    /// The other offices that know this card: it is renewed at each of them by itself (R108).
    pub(super) elsewhere: Vec<String>,
    pub(super) bids: Vec<Bid>,
}

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

/// In words, for a card that ends on the day `last`. Bids are in the order of their days, wherever they are.
pub(super) fn of(page: &Page, here: &Office, last: Day, touched: &[Touched]) -> Consequences {
    let name = |touched: &Touched| page.text(&touched.office.name).to_owned();
    let others = touched
        .iter()
        .filter(|touched| touched.registered && touched.office.id != here.id);
    let mut bids: Vec<_> = touched
        .iter()
        .flat_map(|touched| touched.bids.iter().map(move |bid| (touched, bid)))
        .collect();
    bids.sort_by_key(|(_, bid)| bid.opens_on);
    Consequences {
        elsewhere: others.map(name).collect(),
        bids: bids
            .into_iter()
            .map(|(touched, bid)| Bid {
                office: name(touched),
                id: bid.id.clone(),
                title: bid.title.clone(),
                opens: date::slashed(bid.opens_on),
                late: bid.opens_on > last,
            })
            .collect(),
    }
}
