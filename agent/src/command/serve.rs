//! `serve` and `open`.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use agent::origin::Origin;
use agent::{Agent, Clock, Listeners};
use anyhow::Context as _;
use card::reader::Readers;
use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{State, complain};

#[derive(Args)]
#[command(after_help = "Examples:\n  kagimori-agent serve\n  KAGIMORI_LOG=debug kagimori-agent serve --port 24820")]
pub(crate) struct Serve {
    /// Port on 127.0.0.1 and ::1
    #[arg(long, default_value_t = wire::AGENT_PORT)]
    port: u16,
    #[command(flatten)]
    state: State,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  kagimori-agent open\n  kagimori-agent open kagimori:start")]
pub(crate) struct Open {
    /// A kagimori: link; without one the start page is opened
    link: Option<String>,
    #[command(flatten)]
    serve: Serve,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let listeners = self.bind().await?;
        self.on(listeners).await
    }

    async fn bind(&self) -> anyhow::Result<Listeners> {
        Listeners::bind(self.port).await.with_context(|| {
            format!(
                "port {} cannot be used; end the agent that runs there, or say --port",
                self.port
            )
        })
    }

    async fn on(self, listeners: Listeners) -> anyhow::Result<()> {
        log();
        let agent = Agent {
            dir: self.state.home()?.dir().to_owned(),
            readers: Readers::pcsc(),
            clock: Clock::system(),
        };
        tracing::info!("serving on http://127.0.0.1:{}/", listeners.port());
        agent::serve(agent, listeners, interrupted()).await?;
        Ok(())
    }
}

impl Open {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let page = page(self.link.as_deref())?;
        let address = format!("http://127.0.0.1:{}{page}", self.serve.port);
        let door = SocketAddr::from((Ipv4Addr::LOCALHOST, self.serve.port));
        if TcpStream::connect_timeout(&door, Duration::from_secs(1)).is_ok() {
            return agent::platform::open_in_browser(&address)
                .with_context(|| format!("open {address} in your browser"));
        }
        let listeners = self.serve.bind().await?;
        if let Err(cause) = agent::platform::open_in_browser(&address) {
            complain(&format!("{cause}; open {address} in your browser"));
        }
        self.serve.on(listeners).await
    }
}

/// Writes the log to standard error from now on.
pub(super) fn log() {
    let filter = EnvFilter::try_from_env("KAGIMORI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// The page that a link names. Nothing of the link is taken over as it is: it comes from a foreign page.
fn page(link: Option<&str>) -> anyhow::Result<String> {
    let Some(rest) = link.and_then(|link| link.strip_prefix("kagimori:")) else {
        return match link {
            None => Ok("/".into()),
            Some(_) => anyhow::bail!("this is no kagimori: link"),
        };
    };
    let Some(query) = rest.trim_start_matches('/').strip_prefix("request?") else {
        return Ok("/".into());
    };
    let link = reqwest::Url::parse(&format!("http://127.0.0.1/?{query}")).context("the link cannot be read")?;
    let value = |name: &str| {
        link.query_pairs()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    let portal: Origin = value("portal").unwrap_or_default().parse()?;
    let id: String = value("id").unwrap_or_default();
    let id_is_plain = !id.is_empty()
        && id
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet));
    anyhow::ensure!(id_is_plain, "the link names no card request");
    let portal = portal.as_str().replace(':', "%3A").replace('/', "%2F");
    Ok(format!("/request?portal={portal}&id={id}"))
}

pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without a signal to wait for, the agent would end at once: waiting for ever is what a service does.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_link_leads_to_the_agents_own_pages_only() {
        assert_eq!(page(None).unwrap(), "/");
        assert_eq!(page(Some("kagimori:start")).unwrap(), "/");
        assert_eq!(
            page(Some("kagimori://request?portal=https%3A%2F%2Fca.example.jp&id=ab-_1")).unwrap(),
            "/request?portal=https%3A%2F%2Fca.example.jp&id=ab-_1"
        );
        for bad in [
            "https://evil.example/",
            "kagimori:request?portal=http://evil.example&id=a",
            "kagimori:request?portal=https://a.example&id=a%26b",
            "kagimori:request?portal=https://a.example",
        ] {
            assert!(page(Some(bad)).is_err(), "{bad}");
        }
    }
}
