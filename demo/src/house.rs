//! The example house: an authority, an office, and the cards of its holders, made the way an operator makes them.

use crate::cards::{self, APPROVAL, Cards, ENTRY, FOREIGN, Kept, LAST_TRY, LATE, MUTE, READERS, Story, VALID};
use crate::clock::DemoClock;
use crate::officers;
use agent::virtual_card::{Blank, Drawer, Keys, NewCard, Readers, Storage, Tries, VirtualCard};
use anyhow::{Context, Result};
use server::authority::Authority;
use server::authority::issue::Registrar;
use server::chance::Chance;
use server::config::Config;
use server::office::{AUTHORITY_EXAMPLE, Office};
use std::net::SocketAddr;
use std::path::Path;

/// What the house is made with.
pub(crate) struct Plan<'a> {
    /// Where everything is kept.
    pub(crate) data: &'a Path,
    /// The portal's port.
    pub(crate) portal: u16,
    /// The port of OCSP and CRLs.
    pub(crate) validation: u16,
    /// Where mail is taken.
    pub(crate) smtp: SocketAddr,
    /// The time.
    pub(crate) clock: &'a DemoClock,
}

/// The house, ready to be served.
pub(crate) struct House {
    /// The server's configuration.
    pub(crate) config: Config,
    /// The cards in their drawer.
    pub(crate) cards: Cards,
    /// The two readers.
    pub(crate) readers: Readers,
    /// The office's path.
    pub(crate) office: String,
    /// The authority's name in addresses.
    pub(crate) authority: String,
}

impl Plan<'_> {
    /// Opens the house that is in the folder already, or builds it.
    pub(crate) async fn house(&self) -> Result<House> {
        let config = self.config()?;
        let office = Office::from_toml(AUTHORITY_EXAMPLE).context("the example office")?;
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
            store
                .load_office(&office.id, AUTHORITY_EXAMPLE, self.clock.server().now())
                .await?;
            let making = folder.with_extension("making");
            std::fs::create_dir_all(&making).context("no folder for the cards")?;
            self.make_cards(&registrar, &authority, &making).await?;
            registrar.desk().reopen().await??;
            officers::at_work(registrar.desk(), &office.id, &making).await?;
            // Renamed when all are there, so that a house that was left half built is built again.
            std::fs::rename(&making, &folder).context("the folder of the cards cannot take its name")?;
        }
        let (drawer, readers) = Drawer::new(READERS);
        let kept = open_cards(&office, &folder)?;
        store.close().await;
        Ok(House {
            config,
            cards: Cards::new(drawer, kept),
            readers,
            office: office.id,
            authority,
        })
    }

    fn config(&self) -> Result<Config> {
        let Self {
            portal,
            validation,
            smtp,
            ..
        } = self;
        let text = format!(
            r#"data_dir = "server"

[store]
url = "sqlite://server/kagimori.db"

[portal]
origin = "http://127.0.0.1:{portal}"

[validation]
url = "http://127.0.0.1:{validation}"
crl_shards = 1

[[listen]]
address = "127.0.0.1:{portal}"
serves = ["portal"]

[[listen]]
address = "127.0.0.1:{validation}"
serves = ["validation", "metrics"]

[keys]
passphrase = {{ file = "passphrase" }}

[mail]
server = "{smtp}"
"#
        );
        let passphrase = self.data.join("passphrase");
        if !passphrase.exists() {
            let random = u128::from_be_bytes(Chance::system().octets());
            std::fs::write(&passphrase, format!("{random:032x}")).context("the passphrase cannot be written")?;
        }
        let path = self.data.join("kagimori.toml");
        std::fs::write(&path, text).context("the configuration cannot be written")?;
        Ok(Config::read(&path)?)
    }

    async fn make_cards(&self, registrar: &Registrar, authority: &str, folder: &Path) -> Result<()> {
        let ours = registrar.example_authority(authority, "見本認証局").await?;
        let other = registrar.example_authority("betsu", "別の認証局").await?;
        for (story, term) in [
            (VALID, self.bought_a_year_ago()),
            (LATE, self.twenty_days_left()),
            (LAST_TRY, "term = \"2年+30日\"".to_owned()),
        ] {
            let card = make(registrar, &ours, story, &holder(story, &term), folder).await?;
            if story.id == LAST_TRY.id {
                cards::with_one_try(card)?;
            }
        }
        make(
            registrar,
            &other,
            FOREIGN,
            &holder(FOREIGN, "term = \"1年+30日\""),
            folder,
        )
        .await?;
        for story in [MUTE, ENTRY, APPROVAL] {
            make(registrar, &ours, story, &holder(story, "term = \"1年+30日\""), folder).await?;
        }
        Ok(())
    }

    /// Two years and thirty days, of which thirteen months have passed: the refund is worth a look.
    fn bought_a_year_ago(&self) -> String {
        let today = self.clock.server().now().day();
        format!(
            "from = \"{}\"\nuntil = \"{}\"",
            today.plus(-395).date(),
            today.plus(365).date()
        )
    }

    /// From 345 days ago to 20 days from now.
    fn twenty_days_left(&self) -> String {
        let today = self.clock.server().now().day();
        format!(
            "from = \"{}\"\nuntil = \"{}\"",
            today.plus(-345).date(),
            today.plus(20).date()
        )
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
    Ok(blank.load(&[authentication.der(), signature.der()])?)
}

fn open_cards(office: &Office, folder: &Path) -> Result<Vec<Kept>> {
    [VALID, LATE, LAST_TRY, FOREIGN, MUTE, ENTRY, APPROVAL]
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

/// The holder's file of a card.
fn holder(story: Story, term: &str) -> String {
    let (name, romaji, organisation, organisation_romaji, address, number, price) = match story.id {
        "late" => (
            "山﨑 花子",
            "YAMAZAKI Hanako",
            "有限会社例示建設",
            "Reiji Kensetsu Ltd.",
            "東京都港区赤坂二丁目2番2号",
            None,
            16_500,
        ),
        "last-try" => (
            "𠮷田 次郎",
            "YOSHIDA Jiro",
            "株式会社見本工務店",
            "Mihon Komuten Co., Ltd.",
            "東京都千代田区霞が関一丁目1番1号",
            Some("7000012050002"),
            52_800,
        ),
        "foreign" => (
            "別所 三郎",
            "BESSHO Saburo",
            "別注株式会社",
            "Betchu Co., Ltd.",
            "大阪府大阪市北区中之島三丁目3番3号",
            None,
            28_600,
        ),
        "mute" => (
            "無口 四郎",
            "MUGUCHI Shiro",
            "株式会社見本工務店",
            "Mihon Komuten Co., Ltd.",
            "東京都千代田区霞が関一丁目1番1号",
            Some("7000012050002"),
            28_600,
        ),
        "entry" => (
            "青山 恵",
            "AOYAMA Megumi",
            officers::COMPANY,
            "Mihon Certification Authority",
            "東京都千代田区霞が関一丁目1番1号",
            None,
            28_600,
        ),
        "approval" => (
            "石井 誠",
            "ISHII Makoto",
            officers::COMPANY,
            "Mihon Certification Authority",
            "東京都千代田区霞が関一丁目1番1号",
            None,
            28_600,
        ),
        _ => (
            "髙橋 一郎",
            "TAKAHASHI Ichiro",
            "株式会社見本工務店",
            "Mihon Komuten Co., Ltd.",
            "東京都千代田区霞が関一丁目1番1号",
            Some("7000012050002"),
            28_600,
        ),
    };
    let corporate = number
        .map(|number| format!("corporate_number = \"{number}\"\n"))
        .unwrap_or_default();
    format!(
        "{term}\n\n[holder]\nname = \"{name}\"\nname_romaji = \"{romaji}\"\n\n[organisation]\nname = \"{organisation}\"\n\
         name_romaji = \"{organisation_romaji}\"\naddress = \"{address}\"\n{corporate}\n[purchase]\nprice = {price}\n"
    )
}
