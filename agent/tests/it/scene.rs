//! A renewal as it is played: a portal, a bench with two readers, a browser, and the way to the swap.

use agent::virtual_card::{TriesLeft, VirtualCard};
use card::piv::Slot;
use pki::certificate::Certificate;

use crate::bench::{Bench, Browser, PIN, Shown, to_pin};
use crate::portal::{CURRENT, Heard, NEW, Portal};

/// The PIN of a new card whose holder chose another one.
pub(crate) const OTHER: &str = "31415926";
/// What the page of the swap says of an empty reader, and not of one with the card before.
pub(crate) const INSERT: &str = "新しいICカードを挿入してください。挿入すると";

/// Where a renewal is played.
pub(crate) struct Scene {
    pub(crate) portal: Portal,
    pub(crate) bench: Bench,
    pub(crate) browser: Browser,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let portal = Portal::open().await;
        let bench = Bench::with(&portal).await;
        let browser = Browser::new(&bench);
        Self { portal, bench, browser }
    }

    /// Logs in with the card in reader 1, whose PIN stays with the agent.
    pub(crate) async fn log_in(&self) {
        let page = to_pin(&self.browser, &self.portal, &self.portal.ask_login("one")).await;
        let back = self.browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
        assert!(back.location.is_some(), "{}", back.html);
    }

    /// The current card, the only one there is, is presented and signs with its PIN; the page of the swap.
    pub(crate) async fn to_swap(&self, id: &str) -> Shown {
        let page = self.browser.arrive(&self.portal, id, CURRENT).await;
        let page = if page.choices().is_empty() {
            self.browser.arrive(&self.portal, id, "name=\"card\"").await
        } else {
            page
        };
        let chosen = page.choices().remove(0);
        let page = self.browser.submit(&page, "/request/card", &[("card", &chosen)]).await;
        let fields: &[(&str, &str)] = if page.html.contains("id=\"pin\"") {
            &[("pin", PIN)]
        } else {
            &[]
        };
        let page = self.browser.submit(&page, "/request/pin", fields).await;
        assert!(page.html.contains(NEW), "{}", page.html);
        page
    }

    /// The card in reader 1 is taken out and this one put in; the page of its signature.
    pub(crate) async fn swap_in(&self, id: &str, new: VirtualCard) -> (VirtualCard, Shown) {
        let old = self.bench.drawer.eject(1).unwrap();
        self.browser.arrive(&self.portal, id, INSERT).await;
        self.bench.drawer.insert(1, new);
        let page = self.browser.arrive(&self.portal, id, "name=\"card\"").await;
        (old, self.ok(&page, 0).await)
    }

    pub(crate) async fn ok(&self, page: &Shown, choice: usize) -> Shown {
        let chosen = page.choices().remove(choice);
        self.browser.submit(page, "/request/card", &[("card", &chosen)]).await
    }

    pub(crate) async fn pin(&self, page: &Shown, pin: &str) -> Shown {
        self.browser.submit(page, "/request/pin", &[("pin", pin)]).await
    }

    pub(crate) fn left(&self) -> TriesLeft {
        self.bench.tries_left(1)
    }
}

pub(crate) fn serial(card: &VirtualCard) -> String {
    let certificate = card.certificate(Slot::Signature).unwrap();
    Certificate::parse(certificate.der()).unwrap().serial().to_string()
}

/// Who signed what, in its order.
pub(crate) fn signed(portal: &Portal) -> Vec<(String, String)> {
    portal
        .heard()
        .into_iter()
        .filter_map(|heard| match heard {
            Heard::Signed { text, by, .. } => Some((text, by)),
            _ => None,
        })
        .collect()
}

pub(crate) fn failed(portal: &Portal) -> usize {
    let heard = portal.heard();
    heard
        .iter()
        .filter(|heard| matches!(heard, Heard::PinFailed(_)))
        .count()
}

pub(crate) fn serial_in(scene: &Scene, reader: u8) -> String {
    scene.bench.drawer.card(reader, |card| serial(card)).unwrap()
}
