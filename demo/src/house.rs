//! The example house: an authority, two ordering bodies, a service centre, and the cards of their people, made the way an
//! operator makes them.

use crate::bidders;
use crate::cards::{self, Cards, Kept, READERS};
use crate::citizens::{self, Citizens, Machines};
use crate::clock::DemoClock;
use crate::customers;
use crate::door::{self, CERTIFICATE, KEY};
use crate::officers;
use crate::story::{self, EXAMINER, FOREIGN, LAST_TRY, MUTE, SATO_REVOKED, Story};
use crate::terminals;
use agent::Home;
use agent::virtual_card::{Blank, Drawer, Keys, NewCard, Readers, Storage, Tries, VirtualCard};
use anyhow::{Context, Result};
use server::authority::Authority;
use server::authority::issue::Registrar;
use server::authority::keyring::Keyring;
use server::chance::Chance;
use server::config::Config;
use server::office::{
    AUTHORITY_EXAMPLE, BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, CITIZEN_EXAMPLE, Office, TERMINALS_EXAMPLE,
};
use std::net::SocketAddr;
use std::path::Path;

/// What the house is made with.
pub(crate) struct Plan<'a> {
    /// Where everything is kept.
    pub(crate) data: &'a Path,
    /// The portal's port.
    pub(crate) portal: u16,
    /// Where browsers reach it.
    pub(crate) origin: &'a str,
    /// The port of OCSP and CRLs.
    pub(crate) validation: u16,
    /// The port at which terminals get their certificates.
    pub(crate) enrolment: u16,
    /// Where mail is taken.
    pub(crate) smtp: SocketAddr,
    /// The time.
    pub(crate) clock: &'a DemoClock,
}

/// The house, ready to be served.
pub(crate) struct House {
    /// The server's configuration.
    pub(crate) config: Config,
    /// The keys of its authorities, open where the house was just built.
    pub(crate) keyring: Keyring,
    /// The cards in their drawer.
    pub(crate) cards: Cards,
    /// The two readers.
    pub(crate) readers: Readers,
    /// The authority's office, by its path.
    pub(crate) office: String,
    /// The ordering body that renews at once.
    pub(crate) core: String,
    /// The ordering body that reviews.
    pub(crate) review: String,
    /// The service centre.
    pub(crate) centre: String,
    /// The application there that is a draft.
    pub(crate) draft: String,
    /// The issuer of citizens' cards.
    pub(crate) city: String,
    /// The citizens' cards.
    pub(crate) citizens: Citizens,
    /// The readers of the phone and of the kiosk.
    pub(crate) machines: Machines,
    /// The authority's name in addresses.
    pub(crate) authority: String,
}

impl Plan<'_> {
    /// Opens the house that is in the folder already, or builds it.
    pub(crate) async fn house(&self) -> Result<House> {
        let config = self.config()?;
        let [office, core, review, centre] = EXAMPLES.map(Office::from_toml);
        let office = office.context("the example office")?;
        let (core, review) = (core.context("the ordering body")?.id, review.context("the other")?.id);
        let centre = centre.context("the service centre")?.id;
        let city = Office::from_toml(CITIZEN_EXAMPLE)
            .context("the issuer of citizens' cards")?
            .id;
        let authority = office
            .authorities
            .first()
            .context("the example office takes no cards")?
            .0
            .clone();
        let chance = Chance::system();
        let store = server::serve::open(&config, &chance).await?;
        let registrar = server::serve::registrar(&config, store.clone(), self.clock.server(), chance).await?;
        let folder = self.data.join("cards");
        if !folder.exists() {
            let past = self.clock.past();
            past.is(terminals::BEGINS);
            for (id, text) in [&office.id, &core, &review, &centre].into_iter().zip(EXAMPLES) {
                store.load_office(id, text, self.clock.server().now()).await?;
            }
            let making = folder.with_extension("making");
            std::fs::create_dir_all(&making).context("no folder for the cards")?;
            let blanks = citizens::begun(&making);
            let (ours, other, _) = tokio::try_join!(
                registrar.example_authority(&authority, story::AUTHORITY.name),
                registrar.example_authority("betsu", "別の認証局"),
                registrar.example_citizens_authorities(citizens::AUTHORITIES),
            )?;
            let issuers = [ours, other];
            self.make_card(&registrar, &issuers, EXAMINER, &making).await?;
            registrar.desk().reopen().await??;
            let draft = customers::at_work(registrar.desk(), &centre, &making, past).await?;
            std::fs::write(making.join(DRAFT), draft).context("the draft cannot be noted")?;
            for story in story::ALL.into_iter().filter(|story| story.id != EXAMINER.id) {
                self.make_card(&registrar, &issuers, story, &making).await?;
            }
            officers::at_work(registrar.desk(), &office.id, &making).await?;
            bidders::at_work(registrar.desk(), [&core, &review], &making).await?;
            citizens::issued(&registrar, &city, blanks).await?;
            // Renamed when all are there, so that a house that was left half built is built again.
            std::fs::rename(&making, &folder).context("the folder of the cards cannot take its name")?;
        }
        let (drawer, readers) = Drawer::new(READERS);
        let kept = open_cards(&office, &folder)?;
        let draft = std::fs::read_to_string(folder.join(DRAFT));
        let draft = draft.context("what an earlier demo left is older than this one; begin anew with --reset")?;
        citizens::enrolled(&registrar, &city, &Home::new(self.data.join(citizens::KIOSK))).await?;
        let (citizens, machines) = Citizens::open(&folder)?;
        store.close().await;
        Ok(House {
            config,
            keyring: registrar.keyring().clone(),
            cards: Cards::new(drawer, kept),
            readers,
            office: office.id,
            core,
            review,
            centre,
            draft,
            city,
            citizens,
            machines,
            authority,
        })
    }

    fn config(&self) -> Result<Config> {
        let Self {
            portal,
            origin,
            validation,
            enrolment,
            smtp,
            ..
        } = self;
        let text = format!(
            r#"data_dir = "server"

[store]
url = "sqlite://server/kagimori.db"

[portal]
origin = "{origin}"

[validation]
url = "http://127.0.0.1:{validation}"
crl_shards = 1

[[listen]]
address = "127.0.0.1:{portal}"
serves = ["portal"]

[[listen]]
address = "127.0.0.1:{validation}"
serves = ["validation", "metrics"]

[[listen]]
address = "127.0.0.1:{enrolment}"
serves = ["enrolment"]
tls = {{ certificate = "{CERTIFICATE}", key = "{KEY}" }}

[keys]
passphrase = {{ file = "passphrase" }}

[mail]
server = "{smtp}"
"#
        );
        door::made(self.data)?;
        let passphrase = self.data.join("passphrase");
        if !passphrase.exists() {
            let random = u128::from_be_bytes(Chance::system().octets());
            std::fs::write(&passphrase, format!("{random:032x}")).context("the passphrase cannot be written")?;
        }
        let path = self.data.join("kagimori.toml");
        std::fs::write(&path, text).context("the configuration cannot be written")?;
        Ok(Config::read(&path)?)
    }

    async fn make_card(
        &self,
        registrar: &Registrar,
        [ours, other]: &[Authority; 2],
        story: Story,
        folder: &Path,
    ) -> Result<()> {
        let issuer = if story.id == FOREIGN.id { other } else { ours };
        let holder = story.order(self.clock.server().now());
        let card = make(registrar, issuer, story, &holder, folder).await?;
        if story.id == LAST_TRY.id {
            cards::with_one_try(card)?;
        }
        Ok(())
    }
}

async fn make(
    registrar: &Registrar,
    issuer: &Authority,
    story: Story,
    holder: &str,
    folder: &Path,
) -> Result<VirtualCard> {
    let blank = Blank::begin(NewCard {
        storage: Storage::File(folder.join(story.id).with_extension("json")),
        tries: Tries::AUTHORITY,
        keys: Keys::P256,
        pin: story.pin,
        puk: "12345678",
    })?;
    let requests = blank.requests()?;
    let [authentication, signature] = registrar
        .example_card(issuer, [&requests.authentication, &requests.signature], holder)
        .await?;
    if story.id == SATO_REVOKED.id {
        registrar.example_revocation(issuer, &signature).await?;
    }
    Ok(blank.load(&[authentication.der(), signature.der()])?)
}

fn open_cards(office: &Office, folder: &Path) -> Result<Vec<Kept>> {
    story::ALL
        .into_iter()
        .map(|story| {
            let card = VirtualCard::open(&folder.join(story.id).with_extension("json"))
                .with_context(|| format!("the card {} of an earlier demo; begin anew with --reset", story.id))?;
            let not_after = agent::virtual_card::not_after(&card).map(server::clock::Instant);
            let authority = office.authority().context("the example office")?;
            let last_day = not_after.map(|end| authority.revocation.policy.last_day(end).date().to_string());
            let card = if story.id == MUTE.id { cards::mute(card) } else { card };
            Ok(Kept {
                story,
                last_day,
                not_after,
                certificate: agent::virtual_card::certificate(&card),
                card: Some(card),
                reader: None,
            })
        })
        .collect()
}

/// The file beside the cards that names the draft.
const DRAFT: &str = "draft";
/// The offices, the authority's first.
const EXAMPLES: [&str; 4] = [
    AUTHORITY_EXAMPLE,
    BIDDING_CORE_EXAMPLE,
    BIDDING_REVIEW_EXAMPLE,
    TERMINALS_EXAMPLE,
];
