//! A house to test in: a store on either database, one authority, one office, a clock that stands where the test wants.

#![allow(dead_code, reason = "the other test program of this crate uses the rest")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use casework::application::{Account, AccountKind, Application, Ground};
use casework::certificate::{Intent, Profile as ProfileKey, Shard};
use casework::evidence::Presented;
use casework::identity::{Authority, CertificateId, Digest, Fingerprint, Serial};
use casework::refund::Purchase;
use casework::revocation::{Case, Subject};
use casework::time::{Date, Instant};
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::name::{AuthorityName, Holder, Organisation};
use pki::profile::{Card as CardContent, Profile, Publication, Validity};
use pki::tbs::{Issuer, Linted, Tbs};
use pki::{ObjectIdentifier, Signer as _};
use server::chance::Chance;
use server::clock::Clock;
use server::desk::certificate::{Command as Issue, Issuance};
use server::desk::evidence::{self, Signature};
use server::desk::revocation::{Command, Revocation};
use server::desk::{Actor, CaseId, Desk, Done, Failure};
use server::office::{AUTHORITY_EXAMPLE, Office};
use server::store::{KeyPurpose, KeyRow, OpenFault, Store, StoreAddress};
use wire::office::Language;

/// A test for each database: `on_sqlite` always, `on_postgres` with the server that `KAGIMORI_TEST_POSTGRES` names. Without
/// it those fail; a run that is not to need PostgreSQL skips `on_postgres` by name.
macro_rules! on_both {
    ($(async fn $name:ident($house:ident: House) $body:block)+) => {
        $(async fn $name($house: House) $body)+

        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::house::House::on_sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::house::House::on_postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both;

/// Everything a test needs.
pub(crate) struct House {
    pub(crate) desk: Desk,
    pub(crate) authority: TestAuthority,
    pub(crate) place: Place,
    ahead: Arc<AtomicI64>,
}

/// A house that is not served.
pub(crate) struct Stopped {
    clock: Clock,
    authority: TestAuthority,
    place: Place,
    ahead: Arc<AtomicI64>,
}

impl Stopped {
    pub(crate) fn address(&self) -> &StoreAddress {
        &self.place.address
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Does something to its files, and serves it again.
    pub(crate) async fn start_after(self, change: impl FnOnce()) -> Result<House, OpenFault> {
        let Self {
            clock,
            authority,
            place,
            ahead,
        } = self;
        change();
        let store = place.open().await?;
        Ok(House {
            desk: Desk::new(store, clock, Chance::system(), vec![office()]),
            authority,
            place,
            ahead,
        })
    }
}

/// Where a house stands; it can be opened again there.
pub(crate) struct Place {
    pub(crate) address: StoreAddress,
    pub(crate) data: PathBuf,
    // Held for its end: the directory is removed then.
    directory: Option<tempfile::TempDir>,
}

/// An authority with its key in hand.
pub(crate) struct TestAuthority {
    pub(crate) name: Authority,
    pub(crate) certificate: Certificate,
    pub(crate) key: SoftwareKey,
}

/// A card of a holder, with its keys in hand.
pub(crate) struct TestCard {
    pub(crate) authentication: Certificate,
    pub(crate) authentication_key: SoftwareKey,
    pub(crate) signature: Certificate,
    pub(crate) signature_key: SoftwareKey,
    pub(crate) subject: Subject,
}

impl House {
    pub(crate) async fn on_sqlite() -> Self {
        Self::at(Place::on_sqlite()).await
    }

    pub(crate) async fn on_postgres() -> Self {
        Self::at(Place::on_postgres().await).await
    }

    /// Builds a new house at a place where none stands.
    pub(crate) async fn at(place: Place) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Clock::shifted(Arc::clone(&ahead));
        ahead.store(noon(2026, 11, 20).0 - clock.now().0, Ordering::Relaxed);
        let store = place.open().await.unwrap();
        let authority = TestAuthority::new(&store).await;
        let desk = Desk::new(store, clock, Chance::system(), vec![office()]);
        Self {
            desk,
            authority,
            place,
            ahead,
        }
    }

    /// Closes the store and opens it again, as a restart does.
    pub(crate) async fn restart(self) -> Result<Self, OpenFault> {
        self.stop().await.start_after(|| ()).await
    }

    /// Closes the store.
    pub(crate) async fn stop(self) -> Stopped {
        let Self {
            desk,
            authority,
            place,
            ahead,
        } = self;
        let clock = desk.clock().clone();
        desk.store().close().await;
        Stopped {
            clock,
            authority,
            place,
            ahead,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.desk.store()
    }

    /// How many seconds the clock is ahead.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> Instant {
        self.desk.clock().now()
    }

    /// Sets the clock.
    pub(crate) fn it_is(&self, at: Instant) {
        self.ahead.fetch_add(at.0 - self.now().0, Ordering::Relaxed);
    }

    /// A certificate for a purse of cards: valid from 2025-11-21 on, to the end of this day.
    pub(crate) async fn card_until(&self, last_day: Date) -> TestCard {
        let now = Instant(noon(2025, 11, 21).0);
        let validity = Validity::between(now.0, last_day.as_day().ends().0).unwrap();
        self.authority
            .card(&self.desk, validity, Some(Purchase { price: 28_000 }))
            .await
    }

    /// A card whose keys are of this kind.
    pub(crate) async fn card_of(&self, algorithm: Algorithm) -> TestCard {
        let validity = Validity::between(noon(2025, 11, 21).0, noon(2027, 12, 31).0).unwrap();
        self.authority.card_of(algorithm, &self.desk, validity, None).await
    }

    /// A card that is valid for a year from now.
    pub(crate) async fn card(&self) -> TestCard {
        self.card_until(Date {
            year: 2027,
            month: 12,
            day: 31,
        })
        .await
    }

    pub(crate) async fn perform(
        &self,
        case: CaseId<Revocation>,
        command: Command,
    ) -> Result<Done<Revocation>, Failure> {
        crate::invariant::told(&self.desk, &HOLDER, case, &command).await
    }

    /// A case at S3, with this card.
    pub(crate) async fn open(&self, card: &TestCard) -> CaseId<Revocation> {
        let case = self.desk.new_case();
        self.perform(case, self.opening(card)).await.unwrap();
        case
    }

    pub(crate) fn opening(&self, card: &TestCard) -> Command {
        let office = office();
        Command::Open {
            office: office.id.clone(),
            language: Language::Ja,
            informed: evidence::informed(
                office.authority().unwrap().revocation.flow.digest(),
                office.authority().unwrap().revocation.terms.digest(),
                self.now(),
            ),
            presented: Presented::verified(card.subject.card, self.now()),
            subject: card.subject.clone(),
        }
    }

    /// A case whose text is out for signature.
    pub(crate) async fn ask(&self, card: &TestCard) -> (CaseId<Revocation>, String) {
        let case = self.open(card).await;
        self.perform(case, Command::Enter(Box::new(application())))
            .await
            .unwrap();
        let done = self
            .perform(case, Command::Ask { language: Language::Ja })
            .await
            .unwrap();
        (case, self.text(case, &done.case).await)
    }

    /// The text that a case waits for.
    pub(crate) async fn text(&self, id: CaseId<Revocation>, case: &Case) -> String {
        let Case::Awaiting { text, .. } = case else {
            panic!("{case:?} waits for nothing")
        };
        self.store().text(id.octets(), *text).await.unwrap().unwrap()
    }

    /// A whole application.
    pub(crate) async fn revoke(&self, card: &TestCard) -> (CaseId<Revocation>, Done<Revocation>) {
        let (case, text) = self.ask(card).await;
        let done = self
            .perform(case, Command::Confirm(card.sign(&text, self.now())))
            .await
            .unwrap();
        (case, done)
    }
}

impl Place {
    pub(crate) fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().to_owned();
        Self {
            address: StoreAddress::Sqlite(data.join("kagimori.db")),
            data,
            directory: Some(directory),
        }
    }

    /// A database of its own on the server that the environment names.
    pub(crate) async fn on_postgres() -> Self {
        use sqlx::Connection as _;
        let url = std::env::var("KAGIMORI_TEST_POSTGRES").expect(
            "KAGIMORI_TEST_POSTGRES names a PostgreSQL server to test on, as postgres://user@host:port/postgres",
        );
        let name = format!("test_{:032x}", u128::from_be_bytes(Chance::system().octets()));
        let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
        let (server, _) = url.rsplit_once('/').unwrap();
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().to_owned();
        Self {
            address: StoreAddress::Postgres(format!("{server}/{name}")),
            data,
            directory: Some(directory),
        }
    }

    /// A place that lasts beyond this process.
    pub(crate) fn lasting(address: StoreAddress, data: &Path) -> Self {
        Self {
            address,
            data: data.to_owned(),
            directory: None,
        }
    }

    pub(crate) async fn open(&self) -> Result<Store, OpenFault> {
        Store::open(&self.address, &self.data, &Chance::system()).await
    }
}

impl TestAuthority {
    async fn new(store: &Store) -> Self {
        Self::named(store, "mihon-issuing").await
    }

    /// Another one beside it, whose cards the office does not take.
    pub(crate) async fn named(store: &Store, name: &str) -> Self {
        let pem = SEALED.get_or_init(|| {
            let key = SoftwareKey::generate(Algorithm::P256).unwrap();
            key.to_encrypted_pem(PASSPHRASE, Chance::system().octets()).unwrap()
        });
        Self::with(store, name, pem).await
    }

    /// One with this key.
    pub(crate) async fn with(store: &Store, name: &str, pem: &str) -> Self {
        let name = Authority(name.to_owned());
        let key = SoftwareKey::from_encrypted_pem(pem, PASSPHRASE).unwrap();
        let subject = AuthorityName::new("見本認証局株式会社", "見本認証局").unwrap();
        let validity = Validity::of_days(noon(2025, 1, 1).0, 7_300).unwrap();
        let serial = pki::serial::Serial::from_random(Chance::system().octets());
        let linted = Tbs::new(
            &Profile::Root { name: subject },
            serial,
            Issuer::Itself,
            key.public_key(),
            validity,
        )
        .unwrap()
        .lint()
        .unwrap();
        let certificate = linted.sign(&key).unwrap().into_certificate();
        store
            .keep_key(KeyRow {
                id: Chance::system().octets(),
                authority: name.clone(),
                purpose: KeyPurpose::Authority,
                algorithm: key.public_key().algorithm().to_string(),
                pem: pem.to_owned(),
                certificate: Some(certificate.der().to_vec()),
                made_at: Instant(validity.not_before()),
            })
            .await
            .unwrap();
        Self { name, certificate, key }
    }

    /// What would be signed for one half of a card.
    pub(crate) fn draft(
        &self,
        profile: &Profile,
        key: &SoftwareKey,
        validity: Validity,
    ) -> (CertificateId, Linted<Tbs>) {
        let serial = pki::serial::Serial::from_random(Chance::system().octets());
        let id = CertificateId {
            authority: self.name.clone(),
            serial: Serial::from_octets(serial.as_bytes()).unwrap(),
        };
        let issuer = Issuer::Authority(&self.certificate);
        (
            id,
            Tbs::new(profile, serial, issuer, key.public_key(), validity)
                .unwrap()
                .lint()
                .unwrap(),
        )
    }

    pub(crate) fn intend(
        &self,
        id: &CertificateId,
        linted: &Linted<Tbs>,
        validity: Validity,
        purchase: Option<Purchase>,
    ) -> Issue {
        Issue::Intend {
            intent: Box::new(Intent {
                certificate: id.clone(),
                tbs: evidence::sha256(linted.to_be_signed()),
                profile: ProfileKey("authority-card".to_owned()),
                shard: Shard(0),
                validity: (Instant(validity.not_before()), Instant(validity.not_after())),
                purchase,
            }),
            octets: linted.to_be_signed().to_vec(),
            issuer_until: Some(Instant(self.certificate.not_after())),
            longest: 6 * 366 * 86_400,
        }
    }

    async fn issue(
        &self,
        desk: &Desk,
        profile: &Profile,
        key: &SoftwareKey,
        validity: Validity,
        purchase: Option<Purchase>,
    ) -> (CertificateId, Certificate) {
        let (id, linted) = self.draft(profile, key, validity);
        let case: CaseId<Issuance> = desk.new_case();
        desk.perform(&Actor::System, case, &self.intend(&id, &linted, validity, purchase))
            .await
            .unwrap();
        let issued = linted.sign(&self.key).unwrap();
        let bind = Issue::Bind {
            signed: evidence::signed(&issued),
            der: issued.certificate().der().to_vec(),
        };
        desk.perform(&Actor::System, case, &bind).await.unwrap();
        (id, issued.into_certificate())
    }

    pub(crate) async fn card(&self, desk: &Desk, validity: Validity, purchase: Option<Purchase>) -> TestCard {
        self.card_of(Algorithm::P256, desk, validity, purchase).await
    }

    /// One whose keys are of this kind.
    pub(crate) async fn card_of(
        &self,
        algorithm: Algorithm,
        desk: &Desk,
        validity: Validity,
        purchase: Option<Purchase>,
    ) -> TestCard {
        let content = card_content();
        let authentication_key = SoftwareKey::generate(algorithm).unwrap();
        let signature_key = SoftwareKey::generate(algorithm).unwrap();
        let profile = Profile::AuthorityAuthentication(content.clone());
        let (login, authentication) = self
            .issue(desk, &profile, &authentication_key, validity, purchase)
            .await;
        let profile = Profile::AuthoritySignature(content);
        let (certificate, signature) = self.issue(desk, &profile, &signature_key, validity, purchase).await;
        let subject = Subject {
            certificate,
            authentication: login,
            card: Fingerprint(signature.fingerprint()),
        };
        TestCard {
            authentication,
            authentication_key,
            signature,
            signature_key,
            subject,
        }
    }
}

impl TestCard {
    /// Signs a text as the agent does.
    pub(crate) fn cms(&self, text: &str, at: Instant) -> Vec<u8> {
        pki::cms::sign(text.as_bytes(), &self.signature, &self.signature_key, at.0).unwrap()
    }

    pub(crate) fn sign(&self, text: &str, at: Instant) -> Signature {
        evidence::possession(self.cms(text, at), text, self.subject.card, at).unwrap()
    }

    pub(crate) fn certificate(&self) -> &CertificateId {
        &self.subject.certificate
    }
}

pub(crate) fn card_content() -> CardContent {
    let holder = Holder::new("髙橋 一郎", "Takahashi Ichiro", Some("1-2-3 Kanda, Chiyoda-ku, Tokyo")).unwrap();
    let organisation = Organisation::new(
        "株式会社テスト工務店",
        "Test Komuten Co., Ltd.",
        "東京都千代田区神田1-2-3",
        Some("7000012050002".parse().unwrap()),
    )
    .unwrap();
    let publication = Publication::new(
        "http://ca.example.jp/crl/mihon-issuing/0.crl",
        Some("http://ca.example.jp/ocsp/mihon-issuing"),
        Some("http://ca.example.jp/ca/mihon-issuing.cer"),
    )
    .unwrap();
    CardContent::new(
        holder,
        organisation,
        publication,
        ObjectIdentifier::new_unwrap("1.2.392.200000.1"),
    )
}

pub(crate) fn office() -> Office {
    Office::from_toml(AUTHORITY_EXAMPLE).unwrap()
}

pub(crate) fn application() -> Application {
    Application {
        ground: Ground::UseStopped,
        detail: Some("人事異動".to_owned()),
        event_day: None,
        applicant: "髙橋 一郎".to_owned(),
        kana: "タカハシ　イチロウ".to_owned(),
        phone: "0312345678".to_owned(),
        mail: "takahashi@example.jp".to_owned(),
        account: Account {
            bank: "みずほ銀行".to_owned(),
            branch: "本店".to_owned(),
            kind: AccountKind::Ordinary,
            number: "1234567".to_owned(),
            holder: "ﾀｶﾊｼ ｲﾁﾛｳ".to_owned(),
        },
        new_issue: None,
    }
}

/// Noon in Japan.
pub(crate) fn noon(year: i32, month: u8, day: u8) -> Instant {
    Date { year, month, day }.as_day().begins().plus_seconds(12 * 3_600)
}

/// A text's digest.
pub(crate) fn digest(text: &str) -> Digest {
    evidence::sha256(text.as_bytes())
}

pub(crate) const PASSPHRASE: &[u8] = b"a passphrase for tests";

/// One key for all authorities of a run: deriving its encryption takes its time by design.
static SEALED: std::sync::OnceLock<String> = std::sync::OnceLock::new();

pub(crate) const HOLDER: Actor<'static> = Actor::Holder { session: [7; 16] };
