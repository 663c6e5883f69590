//! The two ordering bodies at work: their lists of qualified bidders, companies that are registered, and a renewal that is
//! held until a clerk of the city decides.

use crate::hand::Held;
use crate::officers::enrolled;
use crate::story::{CLERK, KATO_NEW, SATO, SUZUKI, Story, TAKAGI, YAMAMOTO};
use anyhow::{Context, Result, ensure};
use server::desk::example::{ExampleBidder, ExampleOfficer, Outcome, RegistrationId};
use server::desk::{Actor, Desk, evidence};
use std::path::Path;
use std::sync::Arc;

/// Fills both lists, registers the companies, and lets one of them apply for what the clerk has to decide.
pub(crate) async fn at_work(desk: &Desk, [core, review]: [&str; 2], cards: &Path) -> Result<()> {
    import(desk, core, PREFECTURE).await?;
    import(desk, review, CITY).await?;
    enrolled(desk, review, cards, CLERK, NAOMI).await?;
    registered(desk, core, cards, SATO, &TAKESHI).await?;
    let (_, _) = registered(
        desk,
        review,
        cards,
        SATO,
        &ExampleBidder {
            number: "20260001",
            ..TAKESHI
        },
    )
    .await?;
    registered(desk, review, cards, TAKAGI, &HAJIME).await?;
    registered(desk, review, cards, SUZUKI, &KAZUKO).await?;
    let (registration, mut old) = registered(desk, review, cards, YAMAMOTO, &HISASHI).await?;
    let mut new = Held::with(cards, KATO_NEW)?;
    let outcome = desk
        .example_renewal(review, registration, [&mut old, &mut new])
        .await
        .context("the renewal that is held")?;
    ensure!(
        outcome == Outcome::Held,
        "the renewal that a clerk shall decide was not held"
    );
    Ok(())
}

/// A list as the office has it, of companies that are qualified around today, whenever the demo begins.
async fn import(desk: &Desk, office: &str, list: &str) -> Result<()> {
    let sheet = server::register::read(list.as_bytes()).context("the list of qualified bidders")?;
    ensure!(sheet.bad.is_empty(), "the list of qualified bidders: {:?}", sheet.bad);
    let today = desk.clock().now().day();
    let mut lines = sheet.lines;
    for line in &mut lines {
        line.entry.valid = (today.plus(-235), today.plus(860));
    }
    let file = evidence::sha256(list.as_bytes());
    let actor = Actor::Operator { name: "example" };
    desk.import_register(&actor, office, lines, (false, file), Arc::default())
        .await?;
    Ok(())
}

async fn registered(
    desk: &Desk,
    office: &str,
    cards: &Path,
    story: Story,
    bidder: &ExampleBidder<'_>,
) -> Result<(RegistrationId, Held)> {
    let mut hand = Held::with(cards, story)?;
    let (registration, outcome) = desk
        .example_registration(office, bidder, &mut hand)
        .await
        .with_context(|| format!("the registration of {}", story.named()))?;
    ensure!(
        outcome == Outcome::InForce,
        "the registration of {} was held",
        story.named()
    );
    Ok((registration, hand))
}

const PREFECTURE: &str = include_str!("../static/mihon-ken.csv");
const CITY: &str = include_str!("../static/mihon-shi.csv");

const NAOMI: ExampleOfficer<'static> = ExampleOfficer {
    person: "3001",
    name: "小川 直美",
    company: "見本市",
    roles: &["entry", "approval", "administration"],
    mail: "naomi@shi.example",
};
const TAKESHI: ExampleBidder<'static> = ExampleBidder {
    number: "10260001",
    department: "営業部",
    name: "中村　明",
    phone: "0312340001",
    mail: "nyusatsu@kensetsu.example",
};
const HAJIME: ExampleBidder<'static> = ExampleBidder {
    number: "20260002",
    department: "総務課",
    name: "髙木　陽子",
    phone: "0312340002",
    mail: "info@takagi.example",
};
const KAZUKO: ExampleBidder<'static> = ExampleBidder {
    number: "20260003",
    department: "営業課",
    name: "鈴木　和子",
    phone: "0312340003",
    mail: "eigyo@setsubi.example",
};
const HISASHI: ExampleBidder<'static> = ExampleBidder {
    number: "20260004",
    department: "事務所",
    name: "山本　久",
    phone: "0312340004",
    mail: "jimu@zoen.example",
};
