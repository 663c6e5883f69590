//! A foreign issuer whose cards an ordering body takes, and the list that it gives out.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use anyhow::Result;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::crl::{CrlNumber, CrlPlan, Revoked, Scope, TbsCrl};
use pki::key::SoftwareKey;
use pki::name::{AuthorityName, Holder, Organisation};
use pki::profile::{Card, Profile, Publication, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use pki::{ObjectIdentifier, Signer as _};
use server::chance::Chance;
use server::clock::Clock;
use server::config;
use server::desk::Desk;
use server::metrics::Metrics;
use server::office::{BIDDING_CORE_EXAMPLE, Office};
use server::store::{Store, StoreAddress};
use server::trust::Trust;

/// An issuer with its key in hand; its list of 100,000 entries is given to whoever asks for it, until the bench ends.
pub(crate) struct Foreign {
    certificate: Certificate,
    key: SoftwareKey,
    list: String,
    now: i64,
}

impl Foreign {
    pub(crate) fn issuer(now: i64) -> Result<Self> {
        let key = SoftwareKey::generate(Algorithm::P256)?;
        let name = AuthorityName::new("Example", "Bench Issuing")?;
        let tbs = Tbs::new(
            &Profile::Root { name },
            Serial::from_random([0x41; 20]),
            Issuer::Itself,
            key.public_key(),
            Validity::of_days(now - 86_400, 3_650)?,
        )?;
        let linted = tbs.lint().map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
        let certificate = linted.sign(&key)?.into_certificate();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let list = format!("http://{}/ca.crl", listener.local_addr()?);
        let issuer = Self {
            certificate,
            key,
            list,
            now,
        };
        let octets = issuer.list()?;
        serve(listener, octets);
        Ok(issuer)
    }

    /// One half of a card, valid for so many days.
    pub(crate) fn half(&self, profile: impl FnOnce(Card) -> Profile, days: u32) -> Result<(Certificate, SoftwareKey)> {
        let key = SoftwareKey::generate(Algorithm::P256)?;
        let content = Card::new(
            Holder::new("髙橋 一郎", "Takahashi Ichiro", None)?,
            Organisation::new(
                "株式会社テスト工務店",
                "Test Komuten Co., Ltd.",
                "東京都千代田区神田1-2-3",
                None,
            )?,
            Publication::new(&self.list, None, None)?,
            ObjectIdentifier::new_unwrap("1.2.392.200000.1"),
        );
        let tbs = Tbs::new(
            &profile(content),
            Serial::from_random(Chance::system().octets()),
            Issuer::Authority(&self.certificate),
            key.public_key(),
            Validity::of_days(self.now - 86_400, days)?,
        )?;
        let linted = tbs.lint().map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
        Ok((linted.sign(&self.key)?.into_certificate(), key))
    }

    /// A desk whose only office renews at once and takes these cards.
    pub(crate) async fn desk(&self, folder: &Path, clock: &Clock) -> Result<(Desk, Office)> {
        let text = format!(
            "{BIDDING_CORE_EXAMPLE}\n[[issuer]]\nname = \"Bench\"\ncertificate = '''\n{}'''\n",
            self.certificate.to_pem()
        );
        let office = Office::from_toml(&text)?;
        let address = StoreAddress::Sqlite(folder.join("kagimori.db"));
        let store = Store::open(&address, folder, &Chance::system()).await?;
        let policy = config::Trust {
            private: vec!["127.0.0.1".parse()?],
            ..config::Trust::default()
        };
        let chance = Chance::system();
        let trust = Trust::new(&policy, store.clone(), clock.clone(), chance.clone(), Metrics::new());
        let desk = Desk::new(store, clock.clone(), chance, vec![office.clone()]).trusting(trust);
        Ok((desk, office))
    }

    /// Of as many entries as a busy authority has.
    fn list(&self) -> Result<Vec<u8>> {
        let plan = CrlPlan {
            issuer: &self.certificate,
            number: CrlNumber::FIRST,
            this_update: self.now - 60,
            next_update: self.now + 86_400,
            distribution_point: Some(&self.list),
            scope: Scope::Users,
        };
        let entries = (0..ENTRIES).map(|count| {
            let mut octets = [0x40; 20];
            octets[1..5].copy_from_slice(&count.to_be_bytes());
            Revoked {
                serial: Serial::from_random(octets),
                at: self.now - 3_600,
                reason: None,
                invalidity_date: None,
            }
        });
        let linted = TbsCrl::new(&plan, entries)?
            .lint()
            .map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
        Ok(linted.sign(&self.key)?.der().to_vec())
    }
}

/// Gives the list to whoever asks, until the bench ends.
fn serve(listener: TcpListener, list: Vec<u8>) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 4_096];
            // Whoever asks sends less than that; who asks in vain is measured as a failure.
            let _ = stream.read(&mut head);
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                list.len()
            );
            let _ = stream
                .write_all(answer.as_bytes())
                .and_then(|()| stream.write_all(&list));
        }
    });
}

const ENTRIES: u32 = 100_000;
