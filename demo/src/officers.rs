//! The office at work: two officers with their cards, and a paper that one of them has entered and signed.

use crate::cards::{APPROVAL, ENTRY, LATE, Story};
use agent::virtual_card::{self, Drawer, Hand, VirtualCard, VirtualCardFault};
use anyhow::{Context, Result};
use server::clock::Instant;
use server::desk::Desk;
use server::desk::example::{ExampleCard, ExampleOfficer, ExamplePaper};
use std::path::Path;

/// Enrols both and lets the first enter the application; the second is whoever tries the demo.
pub(crate) async fn at_work(desk: &Desk, office: &str, cards: &Path) -> Result<()> {
    let (entry, mut hand) = enrolled(desk, office, cards, ENTRY, MEGUMI).await?;
    enrolled(desk, office, cards, APPROVAL, MAKOTO).await?;
    let late = virtual_card::certificate(&open(cards, LATE)?).context("the late card has no certificate")?;
    let paper = ExamplePaper {
        certificate: &late,
        name: "山﨑 花子",
        kana: "ヤマザキ　ハナコ",
        address: "東京都港区赤坂二丁目2番2号",
        mail: "hanako@example.jp",
        scan: include_bytes!("../static/notice.png"),
    };
    desk.example_paper(office, entry, &mut hand, &paper)
        .await
        .context("the application on paper")
}

async fn enrolled(
    desk: &Desk,
    office: &str,
    cards: &Path,
    story: Story,
    officer: ExampleOfficer<'static>,
) -> Result<(server::desk::example::OfficerId, Held)> {
    let (drawer, readers) = Drawer::new(1);
    drawer.insert(1, open(cards, story)?);
    let mut hand = Held(Hand::at(&readers, story.pin)?);
    let id = desk.example_officer(office, &officer, &mut hand).await;
    Ok((id.with_context(|| format!("the officer {}", officer.name))?, hand))
}

fn open(cards: &Path, story: Story) -> Result<VirtualCard> {
    Ok(VirtualCard::open(&cards.join(story.id).with_extension("json"))?)
}

/// A card in its officer's hand.
struct Held(Hand);

impl ExampleCard for Held {
    type Fault = VirtualCardFault;

    fn certificates(&self) -> [Vec<u8>; 2] {
        self.0.certificates().map(<[u8]>::to_vec)
    }

    fn authenticate(&mut self, message: &[u8]) -> Result<Vec<u8>, VirtualCardFault> {
        self.0.authenticate(message)
    }

    fn sign(&mut self, text: &str, at: Instant) -> Result<Vec<u8>, VirtualCardFault> {
        self.0.sign(text, at.0)
    }
}

const MEGUMI: ExampleOfficer<'static> = ExampleOfficer {
    person: "1001",
    name: "青山 恵",
    company: COMPANY,
    roles: &["entry", "approval", "administration"],
    mail: "megumi@ca.example",
};
const MAKOTO: ExampleOfficer<'static> = ExampleOfficer {
    person: "1002",
    name: "石井 誠",
    company: COMPANY,
    roles: &["approval"],
    mail: "makoto@ca.example",
};

/// For whom both work.
pub(crate) const COMPANY: &str = "見本認証局";
