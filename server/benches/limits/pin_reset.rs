//! Reservations of 署名用暗証番号の再設定 by 64 apps at once: what is asked and what the card signed, each committed, and the
//! word that the face is like the card's; the comparison itself is a row of its own. Beside them what a reservation cannot do
//! without: one RSA-2048 verification, and a sync.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use casework::evidence::Comparison;
use casework::identity::{CardNumber, Fingerprint};
use casework::pin_reset::Case;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use server::authority::address::Addresses;
use server::authority::citizen::{EXAMPLE, NewCard, Person};
use server::authority::issue::{Certifying, Registrar};
use server::authority::keyring::Keyring;
use server::chance::Chance;
use server::clock::Clock;
use server::config::Secret;
use server::desk::evidence::{faces_compared, informed};
use server::desk::pin_reset::{PinReset, Shot};
use server::desk::{Actor, CaseId, Desk, Failure};
use server::office::{CITIZEN_EXAMPLE, Office};
use server::store::{Store, StoreAddress};
use tokio::task::JoinSet;
use wire::office::Language;

use crate::measure::{Bound, Ratio, cpu_of_process};
use crate::renewal::{Syncs, count};
use crate::signing::per_cpu_second;

/// Reservations for each second of CPU, of all threads.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let folder = tempfile::tempdir()?;
    let (room, cards) = room(folder.path()).await?;
    let room = Arc::new(room);
    let mut syncs = Syncs::beside(folder.path())?;
    let mut spent = Spent::default();
    // The first round finds nothing in any cache.
    for round in 0..=ROUNDS {
        syncs.measure()?;
        let took = a_round(&room, &cards, round).await?;
        if round > 0 {
            spent.add(&took);
        }
    }
    room.desk.store().close().await;
    let key = cards.first().context("a card")?.key.as_ref();
    let message = vec![0x5a; 600];
    let signature = key.sign(&message)?;
    let verifies = per_cpu_second(|| {
        let verified = key
            .public_key()
            .verify(Algorithm::Rsa2048.signature(), black_box(&message), &signature);
        verified.expect("its own signature");
    });
    let reservations = count(ROUNDS * CARDS);
    let rate = reservations / spent.cpu().as_secs_f64();
    let each = |part: Duration| part.as_secs_f64() * 1e3 / reservations;
    let [asked, proved, compared] = spent.parts.map(each);
    Ok(vec![Ratio {
        what: "reservations of a reset by 64 apps at once on SQLite without the match, per CPU-second, beside 1,000"
            .into(),
        measured: format!(
            "{rate:.0} per CPU-second, {:.0} per second; {asked:.2} ms of CPU to ask, {proved:.2} ms to prove, {compared:.2} ms to \
             reserve",
            reservations / spent.whole.as_secs_f64()
        ),
        raw: format!(
            "{verifies:.0} RSA-2048 verifications per CPU-second, {:.0} writes of 4 KiB and fdatasync per second",
            1.0 / syncs.one()?
        ),
        value: rate / 1_000.0,
        bound: Bound::AtLeast(1.0),
    }])
}

/// What some reservations took.
#[derive(Default)]
struct Spent {
    whole: Duration,
    /// Of CPU, of all threads: to ask, to prove, to reserve.
    parts: [Duration; 3],
}

impl Spent {
    fn add(&mut self, other: &Self) {
        self.whole += other.whole;
        for (part, other) in self.parts.iter_mut().zip(other.parts) {
            *part += other;
        }
    }

    fn cpu(&self) -> Duration {
        self.parts.iter().sum()
    }
}

/// The desk of a city.
struct Room {
    desk: Desk,
    office: Office,
}

/// What an app holds to the reader.
struct Card {
    number: CardNumber,
    certificate: Certificate,
    key: Arc<SoftwareKey>,
}

/// Every card reserves once, and gives its reservation up again. What cards and apps do themselves is not counted.
async fn a_round(room: &Arc<Room>, cards: &[Arc<Card>], round: usize) -> Result<Spent> {
    let mut spent = Spent::default();
    let [asking, proving, comparing] = &mut spent.parts;
    let whole = &mut spent.whole;
    let asked = at_once(cards.iter().map(Arc::clone), whole, asking, |card| {
        let room = Arc::clone(room);
        async move {
            let key = format!("{round:016x}{}", card.number);
            let (id, text) = room.ask(&card, &key).await?;
            Ok((card, id, key, text))
        }
    });
    let mut signed = Vec::new();
    for (card, id, key, text) in asked.await? {
        let now = room.desk.clock().now().0;
        let cms = pki::cms::sign(text.as_bytes(), &card.certificate, card.key.as_ref(), now)?;
        signed.push((card, id, key, cms));
    }
    let proved = at_once(signed.into_iter(), whole, proving, |(card, id, key, cms)| {
        let room = Arc::clone(room);
        async move {
            room.prove(&card, id, &key, cms).await?;
            Ok((card, id, key))
        }
    });
    let proved = proved.await?;
    let reserved = at_once(proved.into_iter(), whole, comparing, |(card, id, key)| {
        let room = Arc::clone(room);
        async move {
            room.reserve(&card, id, &key).await?;
            Ok((id, key))
        }
    });
    for (id, key) in reserved.await? {
        done(room.desk.cancel_pin_reset(id, &key).await)?;
    }
    Ok(spent)
}

/// All of them at once; what that took, and the CPU of all threads.
async fn at_once<T, U, F>(
    all: impl Iterator<Item = T>,
    whole: &mut Duration,
    spent: &mut Duration,
    work: impl Fn(T) -> F,
) -> Result<Vec<U>>
where
    F: Future<Output = Result<U>> + Send + 'static,
    U: Send + 'static,
{
    let works: Vec<_> = all.map(work).collect();
    let before = cpu_of_process(std::process::id())?;
    let begun = Instant::now();
    let outcomes = works.into_iter().collect::<JoinSet<_>>().join_all().await;
    *whole += begun.elapsed();
    *spent += cpu_of_process(std::process::id())?.saturating_sub(before);
    outcomes.into_iter().collect()
}

impl Room {
    /// 「同意して進む」
    async fn ask(&self, card: &Card, key: &str) -> Result<(CaseId<PinReset>, String)> {
        let texts = self.office.citizen()?;
        let read = informed(texts.flow.digest(), texts.terms.digest(), self.desk.clock().now());
        let certificate = Fingerprint(card.certificate.fingerprint());
        let begun = self
            .desk
            .begin_pin_reset(&self.office, Language::Ja, read, (certificate, key, None));
        let begun = done(begun.await)?;
        Ok((begun.id, begun.text))
    }

    /// As the API does it: the case, its text, the signature over it.
    async fn prove(&self, card: &Card, id: CaseId<PinReset>, key: &str, cms: Vec<u8>) -> Result<()> {
        let Case::Asked { card: shown, text, .. } = self.desk.look(id).await? else {
            anyhow::bail!("it was asked")
        };
        let signature = self.desk.possession_of(id, text, shown.authentication, cms).await;
        let signature = signature.map_err(|why| anyhow::anyhow!("{why}"))?;
        let proved = self.desk.prove_pin_reset(id, key, card.number, signature).await;
        ensure!(matches!(done(proved)?, Case::Proved { .. }), "proved");
        Ok(())
    }

    /// Somebody has compared the faces, and they are alike.
    async fn reserve(&self, card: &Card, id: CaseId<PinReset>, key: &str) -> Result<()> {
        let Case::Proved { spent, .. } = self.desk.look(id).await? else {
            anyhow::bail!("it was proved")
        };
        let alike = Comparison {
            score: 900,
            threshold: 600,
            provider: "bench".to_owned(),
            version: "1".to_owned(),
        };
        let compared = faces_compared(card.number, alike, self.desk.clock().now());
        let shot = Shot::after(key, id, spent).digest();
        let reserved = self.desk.compare_face(id, key, shot, compared).await;
        ensure!(matches!(done(reserved)?, Case::Reserved { .. }), "reserved");
        Ok(())
    }
}

/// A city, and the cards that it has issued.
async fn room(folder: &Path) -> Result<(Room, Vec<Arc<Card>>)> {
    let passphrase = folder.join("passphrase");
    std::fs::write(&passphrase, "a passphrase for a bench")?;
    let address = StoreAddress::Sqlite(folder.join("kagimori.db"));
    let store = Store::open(&address, folder, &Chance::system()).await?;
    let keyring = Keyring::new(Secret::File(passphrase));
    let certifying = Certifying::new(keyring, Addresses::new("http://city.example"), 1);
    let office = Office::from_toml(CITIZEN_EXAMPLE)?;
    let desk = Desk::new(store, Clock::system(), Chance::system(), vec![office.clone()]).certifying(certifying.clone());
    let registrar = certifying.registrar(&desk);
    let authorities = registrar.example_citizens_authorities("bench").await?;
    let office = Office {
        authorities: authorities.iter().map(|authority| authority.name().clone()).collect(),
        ..office
    };
    let desk = Desk::new(
        desk.store().clone(),
        Clock::system(),
        Chance::system(),
        vec![office.clone()],
    )
    .certifying(certifying);
    let person = Person::parse(EXAMPLE, Path::new("person.toml"))?;
    let mut cards = Vec::new();
    for number in 0..CARDS {
        cards.push(Arc::new(card(&registrar, &office, &person, number).await?));
    }
    Ok((Room { desk, office }, cards))
}

async fn card(registrar: &Registrar, office: &Office, person: &Person, number: usize) -> Result<Card> {
    let mut numbers = (0..10).filter_map(|last| CardNumber::parse(&format!("{number:015}{last}")));
    let number = numbers.next().context("a card's number")?;
    let keys = [
        SoftwareKey::generate(Algorithm::Rsa2048)?,
        SoftwareKey::generate(Algorithm::Rsa2048)?,
    ];
    let [authentication, signature] = keys.each_ref().map(|key| CertificateRequest::new("card", key));
    let new = NewCard::read(number, authentication?.der(), signature?.der())?;
    let by = Actor::Operator { name: "bench" };
    let made = registrar.citizen_card(&by, office, &new, person, FACE).await?;
    let [key, _] = keys;
    Ok(Card {
        number,
        certificate: made.authentication,
        key: Arc::new(key),
    })
}

fn done<T>(outcome: Result<T, Failure>) -> Result<T> {
    outcome.map_err(|why| anyhow::anyhow!("{why}"))
}

const CARDS: usize = 64;
const ROUNDS: usize = 20;
/// As every JPEG begins.
const FACE: &[u8] = b"\xff\xd8\xff\xe0 a face";
