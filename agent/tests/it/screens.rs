//! Where app and kiosk are played: an issuer's desk, a reader with a citizen's card, a clock that the test turns, and a browser.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use agent::app::Camera;
use agent::pin_reset::OfficeAddress;
use agent::virtual_card::{Drawer, Readers, Storage, VirtualCard};
use agent::{Agent, Clock, Home, Listeners};
use card::TriesLeft;
use card::jpki::{AuthenticationPin, SignaturePassword};
use card::piv::Slot;
use card::virtual_card::{CitizenDesign, CitizenPersonalisation, Issue, UnblockKeys};
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::{PublicKey, SoftwareKey};
use pki::name::{AuthorityName, Holder, Organisation};
use pki::profile::{Card, Profile, Publication, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use pki::{ObjectIdentifier, Signer as _};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::bench::{BEGIN, Browser, Shown};
use crate::desk::Desk;

pub(crate) const FOUR: &str = "7305";
pub(crate) const OLD: &str = "OLDPASS99";
pub(crate) const NEW: &str = "KAGI2026MORI";
/// The key of every card here that unblocks its signature password.
pub(crate) const UNBLOCK: [u8; 32] = [0x4B; 32];

pub(crate) struct Stand {
    pub(crate) drawer: Drawer,
    readers: Readers,
    pub(crate) desk: Desk,
    pub(crate) browser: Browser,
    pub(crate) home: Home,
    now: Arc<AtomicI64>,
    _end: oneshot::Sender<()>,
    _dir: tempfile::TempDir,
}

enum What {
    App,
    Kiosk,
}

impl Stand {
    pub(crate) async fn app() -> Self {
        Self::new(What::App, true).await
    }

    /// A kiosk that the desk knows.
    pub(crate) async fn kiosk() -> Self {
        Self::new(What::Kiosk, true).await
    }

    pub(crate) async fn kiosk_unenrolled() -> Self {
        Self::new(What::Kiosk, false).await
    }

    async fn new(what: What, enrolled: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path().join("agent"));
        let (drawer, readers) = Drawer::new(2);
        let now = Arc::new(AtomicI64::new(BEGIN));
        let clock = {
            let now = Arc::clone(&now);
            Clock::reading(move || now.load(Ordering::Relaxed))
        };
        let desk = Desk::open(clock.clone()).await;
        desk.book().unblock_key = Some(UNBLOCK);
        if enrolled {
            let enrolled = agent::pin_reset::enrol(&home).unwrap();
            let text = std::fs::read_to_string(enrolled.public_key).unwrap();
            desk.book().kiosk = Some(pki::pem::decode(&text, "PUBLIC KEY").unwrap());
        }
        let listeners = Listeners::bind(0).await.unwrap();
        let base = format!("http://127.0.0.1:{}", listeners.port());
        let agent = Agent {
            dir: home.dir().to_owned(),
            readers: Ok(readers.clone()),
            clock,
        };
        let office: OfficeAddress = desk.address().parse().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let ended = async {
                let _ = ended.await;
            };
            match what {
                What::App => agent::app::serve(agent, office, Camera::Browser, listeners, ended).await,
                What::Kiosk => agent::kiosk::serve(agent, office, listeners, ended).await,
            }
            .unwrap();
        });
        Self {
            drawer,
            readers,
            desk,
            browser: Browser::at(base),
            home,
            now,
            _end: end,
            _dir: dir,
        }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The page, once it is of this stage.
    pub(crate) async fn at(&self, stage: &str) -> Shown {
        self.browser.until("/", &format!("data-stage=\"{stage}\"")).await
    }

    /// Everything that lies in the agent's directory.
    pub(crate) fn kept(&self) -> String {
        let dir = std::fs::read_dir(self.home.dir());
        let files = dir
            .into_iter()
            .flatten()
            .map(|entry| std::fs::read(entry.unwrap().path()));
        files
            .map(|file| String::from_utf8_lossy(&file.unwrap()).into_owned())
            .collect()
    }

    /// Submits a form, and shows the page once card and desk have had their turn.
    pub(crate) async fn does(&self, page: &Shown, action: &str, fields: &[(&str, &str)]) -> Shown {
        let mut page = self.browser.submit(page, action, fields).await;
        for _ in 0..400 {
            if !page.html.contains("data-stage=\"working\"") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            page = self.browser.open("/").await;
        }
        page
    }

    /// The same readers, for a look past the pages.
    pub(crate) fn readers(&self) -> Readers {
        self.readers.clone()
    }

    pub(crate) fn tries(&self, slot: Slot) -> TriesLeft {
        self.drawer.card(1, |card| card.tries_left_of(slot)).unwrap()
    }
}

pub(crate) fn is_at(page: &Shown, stage: &str) -> bool {
    page.html.contains(&format!("data-stage=\"{stage}\""))
}

/// A citizen's card, certified by an authority that exists for this call only.
pub(crate) fn citizens_card() -> VirtualCard {
    let design = CitizenDesign {
        authentication: AuthenticationPin::parse(FOUR.into()).unwrap(),
        signature: SignaturePassword::parse(OLD.into()).unwrap(),
        flaw: None,
    };
    let blank = CitizenPersonalisation::begin(Storage::Memory, &design).unwrap();
    let authority = SoftwareKey::generate(Algorithm::P256).unwrap();
    let name = AuthorityName::new("Example City", "Example Root CA").unwrap();
    let root = issue(
        &Profile::Root { name },
        Issuer::Itself,
        authority.public_key(),
        &authority,
    );
    let card = Card::new(
        Holder::new("見本　花子", "MIHON HANAKO", None).unwrap(),
        Organisation::new("見本市", "MIHON", "東京都千代田区霞が関一丁目１番１号", None).unwrap(),
        Publication::new("http://ca.example.jp/crl/example/0.crl", None, None).unwrap(),
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1"),
    );
    let certificate = |slot, profile| {
        let key = PublicKey::from_spki_der(&blank.public_key(slot).unwrap()).unwrap();
        issue(&profile, Issuer::Authority(&root), &key, &authority)
    };
    let authentication = certificate(Slot::Authentication, Profile::AuthorityAuthentication(card.clone()));
    let signature = certificate(Slot::Signature, Profile::AuthoritySignature(card));
    let visual = visual(blank.number().digits());
    let issue = Issue {
        authentication: authentication.der(),
        authentication_authority: root.der(),
        signature: signature.der(),
        signature_authority: root.der(),
        visual: &visual,
        unblock: UnblockKeys {
            version: 1,
            authentication: Zeroizing::new([0x4C; 32]),
            signature: Zeroizing::new(UNBLOCK),
        },
    };
    blank.load(issue).unwrap()
}

fn issue(profile: &Profile, issuer: Issuer<'_>, key: &PublicKey, signer: &SoftwareKey) -> Certificate {
    let validity = Validity::of_days(BEGIN - 86_400, 900).unwrap();
    let serial = Serial::from_random(agent::chance::octets());
    let tbs = Tbs::new(profile, serial, issuer, key, validity).unwrap();
    tbs.lint().unwrap().sign(signer).unwrap().into_certificate()
}

/// The face of a card, as docs/formats.md writes it; nobody here judges its signature.
pub(crate) fn visual(number: &[u8; 16]) -> Vec<u8> {
    let fields: [(u8, &[u8]); 10] = [
        (0x21, number),
        (0x22, b"19900412"),
        (0x23, b"2"),
        (0x24, b""),
        (0x25, b"name"),
        (0x26, b""),
        (0x27, b"\xFF\xD8 a face \xFF\xD9"),
        (0x28, b"signature"),
        (0x29, b"20310412"),
        (0x2A, b"4827"),
    ];
    let mut content = Vec::new();
    for (tag, value) in fields {
        content.extend([0xDF, tag, u8::try_from(value.len()).unwrap()]);
        content.extend_from_slice(value);
    }
    let mut file = vec![0xFF, 0x20, 0x81, u8::try_from(content.len()).unwrap()];
    file.extend(content);
    if file[3] < 0x80 {
        file.remove(2);
    }
    file
}
