//! The office at work: two officers with their cards, and a paper that one of them has entered and signed.

use crate::hand::{self, Held};
use crate::story::{APPROVAL, AUTHORITY, ENTRY, LATE, Story};
use agent::virtual_card;
use anyhow::{Context, Result};
use server::desk::Desk;
use server::desk::example::{ExampleOfficer, ExamplePaper};
use std::path::Path;

/// Enrols both and lets the first enter the application; the second is whoever tries the demo.
pub(crate) async fn at_work(desk: &Desk, office: &str, cards: &Path) -> Result<()> {
    let (entry, mut hand) = enrolled(desk, office, cards, ENTRY, MEGUMI).await?;
    enrolled(desk, office, cards, APPROVAL, MAKOTO).await?;
    let late = virtual_card::certificate(&hand::open(cards, LATE)?).context("the late card has no certificate")?;
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

/// An officer of this office, enrolled with the card.
pub(crate) async fn enrolled(
    desk: &Desk,
    office: &str,
    cards: &Path,
    story: Story,
    officer: ExampleOfficer<'static>,
) -> Result<(server::desk::example::OfficerId, Held)> {
    let mut hand = Held::with(cards, story)?;
    let id = desk.example_officer(office, &officer, &mut hand).await;
    Ok((id.with_context(|| format!("the officer {}", officer.name))?, hand))
}

const MEGUMI: ExampleOfficer<'static> = ExampleOfficer {
    person: "1001",
    name: "青山 恵",
    company: AUTHORITY.name,
    roles: &["entry", "approval", "administration"],
    mail: "megumi@ca.example",
};
const MAKOTO: ExampleOfficer<'static> = ExampleOfficer {
    person: "1002",
    name: "石井 誠",
    company: AUTHORITY.name,
    roles: &["approval"],
    mail: "makoto@ca.example",
};
