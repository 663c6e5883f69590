//! `app` and `kiosk`: the two screens of 署名用暗証番号の初期化・再設定.

use agent::pin_reset::OfficeAddress;
use agent::{Agent, Clock, Listeners};
use anyhow::Context as _;
use card::reader::Readers;
use clap::Args;

use super::serve::{interrupted, log};
use super::{State, say};

#[derive(Args)]
#[command(after_help = "Example:\n  kagimori-agent app --server https://ca.example.jp/mihon-city")]
pub(crate) struct App {
    /// The office whose cards they are: https://host/OFFICE, or http on this computer
    #[arg(long, value_name = "URL")]
    server: OfficeAddress,
    /// Port on 127.0.0.1 and ::1
    #[arg(long, default_value_t = agent::app::PORT)]
    port: u16,
    #[command(flatten)]
    state: State,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  kagimori-agent kiosk --server https://ca.example.jp/mihon-city --enrol\n  kagimori-agent kiosk --server https://ca.example.jp/mihon-city"
)]
pub(crate) struct Kiosk {
    /// The office whose cards are served: https://host/OFFICE, or http on this computer
    #[arg(long, value_name = "URL")]
    server: OfficeAddress,
    /// Makes this kiosk's key, where it has none yet, and says what the operator is to be told
    #[arg(long)]
    enrol: bool,
    /// Port on 127.0.0.1 and ::1
    #[arg(long, default_value_t = agent::kiosk::PORT)]
    port: u16,
    #[command(flatten)]
    state: State,
}

impl App {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let (agent, listeners) = begin(self.port, &self.state).await?;
        let camera = agent::app::Camera::Browser;
        agent::app::serve(agent, self.server, camera, listeners, interrupted()).await?;
        Ok(())
    }
}

impl Kiosk {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if self.enrol {
            let enrolled = agent::pin_reset::enrol(&self.state.home()?)?;
            let office = self.server.office();
            say(&format!(
                "public key   {}\nfingerprint  {}\n\nBring the file to the operator of {}, who compares the fingerprint and says:\n  \
                 kagimori kiosk enroll --office {office} --place \"where it stands\" kiosk.pub",
                enrolled.public_key.display(),
                enrolled.fingerprint,
                self.server,
            ));
            return Ok(());
        }
        let (agent, listeners) = begin(self.port, &self.state).await?;
        agent::kiosk::serve(agent, self.server, listeners, interrupted()).await?;
        Ok(())
    }
}

async fn begin(port: u16, state: &State) -> anyhow::Result<(Agent, Listeners)> {
    log();
    let listeners = Listeners::bind(port)
        .await
        .with_context(|| format!("port {port} cannot be used; end the program that runs there, or say --port"))?;
    let agent = Agent {
        dir: state.home()?.dir().to_owned(),
        readers: Readers::pcsc(),
        clock: Clock::system(),
    };
    tracing::info!("serving on http://127.0.0.1:{}/", listeners.port());
    Ok((agent, listeners))
}
