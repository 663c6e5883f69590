//! `cargo demo`: the whole product on loopback, with an example authority, two ordering bodies, a service
//! centre, an issuer of citizens' cards, their people's cards, a phone, a kiosk, a mailbox and a clock.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a demo talks on its standard streams"
)]

mod bidders;
mod cards;
mod citizens;
mod clock;
mod customers;
mod door;
mod hand;
mod house;
mod mailbox;
mod officers;
mod start;
mod story;
mod terminals;

use agent::{Agent, Listeners};
use anyhow::{Context, Result};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use clap::{Parser, ValueEnum};
use clock::DemoClock;
use house::Plan;
use mailbox::Mailbox;
use server::chance::Chance;
use server::serve::{Roles, Server};
use start::{Places, Start};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Plays the whole product on loopback: server, agent, mailbox and virtual cards. Ctrl-C ends all of it.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  cargo demo\n  cargo demo --data ~/kagimori-demo --clock 2026-12-01T23:50:00+09:00"
)]
struct Arguments {
    /// The portal's port.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The name under which the portal is reached. Browsers make passkeys at a name, and not at an address.
    #[arg(long, value_enum, default_value = "127.0.0.1")]
    host: Host,
    /// Where everything is kept; a temporary folder that goes with the demo, if not given.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Begin anew: removes what an earlier demo left in DIR.
    #[arg(long, requires = "data")]
    reset: bool,
    /// Only write the first citizen's faces there and end: on the card, before a camera, and as the film that Chromium plays as
    /// its camera.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "clock"])]
    faces: Option<PathBuf>,
    /// Begin at this time instead of now: RFC 3339.
    #[arg(long, value_name = "RFC3339")]
    clock: Option<String>,
}

/// The names of this computer.
#[derive(Clone, Copy, ValueEnum)]
enum Host {
    #[value(name = "127.0.0.1")]
    Address,
    Localhost,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(Arguments::parse())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kagimori demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    if let Some(folder) = &arguments.faces {
        return citizens::faces(folder);
    }
    let temporary = tempfile::Builder::new()
        .prefix("kagimori-demo-")
        .tempdir()
        .context("no temporary folder")?;
    let data = arguments.data.as_deref().unwrap_or(temporary.path());
    if arguments.reset {
        reset(data)?;
    }
    std::fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let data = std::fs::canonicalize(data).context("the folder has no name")?;
    let clock = DemoClock::new(arguments.clock.as_deref()).context("--clock")?;

    let (smtp, smtp_address) = mailbox::bind().await?;
    let mailbox_page = listen(MAILBOX).await?;
    let start_page = listen(START).await?;
    let agents = Listeners::bind(AGENT)
        .await
        .with_context(|| format!("port {AGENT} of the agent"))?;
    let phone = Listeners::bind(agent::app::PORT)
        .await
        .context("the port of the reservation app")?;
    let kiosk = Listeners::bind(agent::kiosk::PORT)
        .await
        .context("the port of the kiosk")?;

    let host = match arguments.host {
        Host::Address => "127.0.0.1",
        Host::Localhost => "localhost",
    };
    let portal = format!("http://{host}:{}", arguments.port);
    let plan = Plan {
        data: &data,
        portal: arguments.port,
        origin: &portal,
        validation: VALIDATION,
        enrolment: ENROLMENT,
        smtp: smtp_address,
        clock: &clock,
    };
    let house = Box::pin(plan.house()).await?;
    let agent_home = agent::Home::new(data.join("agent"));
    agent_home.allow(&portal.parse().context("the portal's origin")?)?;
    if agent_home.phrase()?.is_none() {
        agent_home.choose_phrase("青いやかん")?;
    }
    let (keyring, config) = (house.keyring, house.config.clone());
    let running = Server::start_with(keyring, config, Roles::all(), clock.server(), Chance::system()).await?;

    let mailbox = Mailbox::default();
    tokio::spawn(mailbox.clone().receive(smtp));
    let mailbox = axum::serve(mailbox_page, mailbox.router());
    let places = Places {
        portal: format!("{portal}/{}", house.office),
        console: format!("{portal}/console/{}", house.office),
        core: format!("{portal}/{}", house.core),
        review: format!("{portal}/{}", house.review),
        clerk: format!("{portal}/console/{}", house.review),
        centre: format!("{portal}/{}", house.centre),
        examiner: format!("{portal}/console/{}", house.centre),
        draft: format!("{portal}/{}/reissue/{}/confirm", house.centre, house.draft),
        city: format!("{portal}/{}", house.city),
        app: format!("http://127.0.0.1:{}/", agent::app::PORT),
        kiosk: format!("http://127.0.0.1:{}/", agent::kiosk::PORT),
        agent: format!("http://127.0.0.1:{AGENT}/"),
        mailbox: format!("http://127.0.0.1:{MAILBOX}/"),
        validation: format!("http://127.0.0.1:{VALIDATION}"),
        authority: house.authority.clone(),
    };
    tell(&places, &house.cards);
    let address: agent::pin_reset::OfficeAddress = places.city.parse().context("the office's address")?;
    let camera = house.citizens.camera(&clock);
    let start = Arc::new(Start {
        cards: house.cards,
        citizens: house.citizens,
        clock: clock.clone(),
        places,
        registrar: running.registrar().clone(),
    });
    let start = axum::serve(start_page, start::router(start));
    let agent = Agent {
        dir: data.join("agent"),
        readers: Ok(house.readers),
        clock: clock.agent(),
    };
    let (end, ended) = tokio::sync::watch::channel(());
    let ended = move || {
        let mut ended = ended.clone();
        // Also a sender that is gone means the end.
        async move { drop(ended.changed().await) }
    };
    let [on_phone, in_kiosk] = house.machines.agents(&data, &clock);
    let agent = tokio::spawn(agent::serve(agent, agents, ended()));
    let phone = tokio::spawn(agent::app::serve(on_phone, address.clone(), camera, phone, ended()));
    let kiosk = tokio::spawn(agent::kiosk::serve(in_kiosk, address, kiosk, ended()));
    tokio::select! {
        done = mailbox => done.context("the mailbox ended")?,
        done = start => done.context("the start page ended")?,
        done = tokio::signal::ctrl_c() => done.context("Ctrl-C cannot be waited for")?,
    }
    // They may have ended by themselves, and then nobody hears this.
    let _ = end.send(());
    for program in [agent, phone, kiosk] {
        program.await.context("an agent ended")??;
    }
    running.stop().await;
    Ok(())
}

fn tell(places: &Places, cards: &cards::Cards) {
    println!("鍵守 Kagimori demo");
    println!();
    println!("  start here   http://127.0.0.1:{START}/");
    println!("  portal       {}", places.portal);
    println!("  bidders      {}   {}", places.core, places.review);
    println!("  customers    {}", places.centre);
    println!(
        "  officers     {}   {}   {}",
        places.console, places.clerk, places.examiner
    );
    println!("  citizens     {}", places.city);
    println!("  app, kiosk   {}   {}", places.app, places.kiosk);
    println!("  signing app  {}", places.agent);
    println!("  mailbox      {}", places.mailbox);
    println!("  OCSP, CRL    {}", places.validation);
    println!();
    for card in cards.shown() {
        let which = card
            .which
            .map(|[japanese, _]| format!(" {japanese}"))
            .unwrap_or_default();
        println!("  card {:<14} PIN {}   {}{which}", card.id, card.pin, card.holder);
    }
    for citizen in citizens::ALL {
        println!("  card {:<14} PIN {}       {}", citizen.id, citizen.pin, citizen.name);
    }
    println!();
    for person in customers::people() {
        println!(
            "  user {:<14} password {:<24} {}（{} {}）",
            person.login, person.password, person.name, person.company, person.place
        );
    }
    println!();
    println!("Ctrl-C ends all of it.");
}

/// Removes what a demo makes, and nothing else that lies there.
fn reset(data: &Path) -> Result<()> {
    for made in ["server", "cards", "cards.making", "agent", "phone", citizens::KIOSK] {
        let path = data.join(made);
        if path.exists() {
            std::fs::remove_dir_all(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
        }
    }
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("port {port} is taken: is another demo running?"))
}

/// The demo's own style sheet.
async fn style() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("../static/demo.css"),
    )
}

const VALIDATION: u16 = 8081;
const ENROLMENT: u16 = 8443;
const MAILBOX: u16 = 8025;
const START: u16 = 8026;
const AGENT: u16 = 24_817;
