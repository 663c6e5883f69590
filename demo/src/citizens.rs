//! The card issuer's part of the demo: three citizens, the phone with the reservation app and its camera, and the kiosk.

use crate::clock::DemoClock;
use agent::virtual_card::{
    BlankCitizen, CardFileFault, Drawer, NewCitizen, Readers, Slot, Storage, TriesLeft, UnblockKeys, VirtualCard,
};
use agent::{Agent, Home};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use server::authority::citizen::{CardNumber, NewCard, Person, Personalised};
use server::authority::issue::Registrar;
use server::desk::Actor;
use server::face::made;
use server::office::{CITIZEN_EXAMPLE, Office};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// A citizen, and the matter with the card.
#[derive(Clone, Copy)]
pub(crate) struct Citizen {
    /// The card's name in addresses.
    pub(crate) id: &'static str,
    /// Its holder.
    pub(crate) name: &'static str,
    sex: &'static str,
    /// Date of birth, `YYYY-MM-DD`.
    birth: &'static str,
    /// セキュリティコード
    code: &'static str,
    /// The matter with it.
    ja: &'static str,
    /// The same in English.
    en: &'static str,
    /// 利用者証明用暗証番号
    pub(crate) pin: &'static str,
    /// 署名用暗証番号, as it was before it was forgotten.
    password: &'static str,
    /// Which lock is closed.
    locked: Option<Slot>,
    /// Whose made face it is.
    face: u64,
}

/// Each with another matter.
pub(crate) const ALL: [Citizen; 3] = [
    Citizen {
        id: "forgotten",
        name: "見本 花子",
        sex: "female",
        birth: "1990-04-01",
        code: "4827",
        ja: "署名用の暗証番号（英数字）を忘れました。",
        en: "Has forgotten the signature password.",
        pin: "2718",
        password: "WASURETA01",
        locked: None,
        face: 10,
    },
    Citizen {
        id: "locked",
        name: "例示 太郎",
        sex: "male",
        birth: "1972-11-30",
        code: "1093",
        ja: "署名用の暗証番号を5回間違えて、ロックされています。",
        en: "Has locked the signature password by five wrong entries.",
        pin: "3141",
        password: "MACHIGAI05",
        locked: Some(Slot::Signature),
        face: 6,
    },
    Citizen {
        id: "digits",
        name: "仮名 次郎",
        sex: "male",
        birth: "1985-02-28",
        code: "7350",
        ja: "4桁の暗証番号もロックされています。この手続きでは解除できず、窓口へ案内されます。",
        en: "Has locked the four digits too: the service says to go to the counter.",
        pin: "1618",
        password: "MADOGUCHI1",
        locked: Some(Slot::Authentication),
        face: 4,
    },
];

/// Where a citizen's card can lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// On the phone with the app.
    Phone,
    /// In the kiosk.
    Kiosk,
}

/// The citizens' cards, wherever they are, and who stands before the phone's camera.
pub(crate) struct Citizens {
    phone: Drawer,
    kiosk: Drawer,
    kept: Mutex<Vec<Kept>>,
    before: Arc<AtomicU64>,
}

struct Kept {
    citizen: Citizen,
    card: Option<VirtualCard>,
    place: Option<Place>,
}

/// The readers of the phone and of the kiosk.
pub(crate) struct Machines {
    phone: Readers,
    kiosk: Readers,
}

/// A citizen's card as the start page shows it and `GET /state` gives it.
#[derive(Clone, Serialize)]
pub(crate) struct Shown {
    /// Its name in addresses.
    pub(crate) id: &'static str,
    /// Whose it is.
    pub(crate) holder: &'static str,
    /// The matter with it.
    pub(crate) ja: &'static str,
    /// The same in English.
    pub(crate) en: &'static str,
    /// 利用者証明用暗証番号
    pub(crate) pin: &'static str,
    /// Tries left of it.
    pub(crate) tries: Option<u8>,
    /// 署名用暗証番号, as it was before.
    pub(crate) password: &'static str,
    /// Tries left of it.
    pub(crate) password_tries: Option<u8>,
    /// 生年月日, eight digits, as it is printed.
    pub(crate) birth: String,
    /// The year of the card's expiry, as it is printed.
    pub(crate) expiry: &'static str,
    /// セキュリティコード, as it is printed.
    pub(crate) code: &'static str,
    /// Where it lies.
    pub(crate) place: Option<Place>,
    /// Whether the holder stands before the camera.
    pub(crate) before_camera: bool,
}

impl Citizen {
    fn person(&self) -> Result<Person> {
        let Self {
            name, sex, birth, code, ..
        } = self;
        let text = format!(
            "name = \"{name}\"\nbirth = \"{birth}\"\nsex = \"{sex}\"\nprefecture = \"東京都\"\nmunicipality = \"見本市\"\n\
             address = \"東京都見本市見本一丁目1番1号\"\nexpires = \"{EXPIRY}-04-01\"\ncode = \"{code}\"\n"
        );
        Ok(Person::parse(&text, Path::new("person.toml"))?)
    }

    /// Its card, which has made its keys: they take a processor some tenths of a second.
    fn blank(&self, folder: &Path) -> Result<BlankCitizen> {
        let storage = Storage::File(folder.join(self.id).with_extension("json"));
        Ok(BlankCitizen::begin(NewCitizen {
            storage,
            pin: self.pin,
            password: self.password,
        })?)
    }

    async fn card(&self, blank: BlankCitizen, registrar: &Registrar, office: &Office) -> Result<Personalised> {
        let requests = blank.requests()?;
        let waiting = NewCard::read(
            CardNumber::parse(&blank.number().to_string()).context("the card's number")?,
            &requests.authentication,
            &requests.signature,
        )?;
        let face = made::portrait(self.face)?;
        let made = registrar
            .citizen_card(&OPERATOR, office, &waiting, &self.person()?, &face)
            .await?;
        let [one, other] = &made.issuers;
        let certificates = [made.authentication.der(), made.signature.der(), one.der(), other.der()];
        let [(_, authentication), (_, signature)] = &made.keys;
        let keys = UnblockKeys {
            version: made.key_version.get(),
            authentication: authentication.clone(),
            signature: signature.clone(),
        };
        let mut card = blank.load(&certificates, &made.visual, keys)?;
        if let Some(lock) = self.locked {
            card.set_tries_left_of(lock, 0)?;
        }
        Ok(made)
    }
}

/// The three cards, which make their keys while the rest of the house is built.
pub(crate) fn begun(folder: &Path) -> Vec<JoinHandle<Result<BlankCitizen>>> {
    ALL.into_iter()
        .map(|citizen| {
            let folder = folder.to_owned();
            tokio::task::spawn_blocking(move || citizen.blank(&folder))
        })
        .collect()
}

/// Makes the office, whose authorities are there, and the three cards, as an operator does; `id` is the office's.
pub(crate) async fn issued(
    registrar: &Registrar,
    id: &str,
    blanks: Vec<JoinHandle<Result<BlankCitizen>>>,
) -> Result<()> {
    let named = format!("authorities = [\"{AUTHORITIES}-signature\", \"{AUTHORITIES}-authentication\", ");
    let text = CITIZEN_EXAMPLE.replacen("authorities = [", &named, 1);
    let office = Office::from_toml(&text)?;
    let mut signer = None;
    for (citizen, blank) in ALL.into_iter().zip(blanks) {
        let blank = blank.await.context("a citizen's card")??;
        let made = citizen.card(blank, registrar, &office).await?;
        signer = Some(made.visual_signer.to_pem());
    }
    let signer = format!("visual_signers = [\"\"\"\n{}\"\"\"]", signer.unwrap_or_default());
    let text = text.replacen("visual_signers = []", &signer, 1) + FACES;
    let desk = registrar.desk();
    desk.store().load_office(id, &text, desk.clock().now()).await?;
    desk.reopen().await??;
    Ok(())
}

/// Writes the first citizen's faces: on the card, before a camera, and the film that Chromium plays as its camera.
pub(crate) fn faces(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let [citizen, ..] = ALL;
    std::fs::write(folder.join("card.jpg"), made::portrait(citizen.face)?)?;
    std::fs::write(
        folder.join("capture.jpg"),
        made::capture(&[citizen.face], seen(citizen.face, 0))?,
    )?;
    std::fs::write(folder.join("camera.y4m"), made::video(citizen.face))?;
    Ok(())
}

/// The kiosk makes its key, and the operator enrols it; the same again changes nothing.
pub(crate) async fn enrolled(registrar: &Registrar, id: &str, home: &Home) -> Result<()> {
    let enrolment = agent::pin_reset::enrol(home)?;
    let key = server::kiosk::public_key(std::fs::read(&enrolment.public_key).context("the kiosk's public key")?);
    registrar
        .desk()
        .enrol_kiosk(&OPERATOR, (id, "見本市役所 1階ロビー"), key)
        .await?;
    Ok(())
}

impl Citizens {
    /// All cards in the drawer; nobody stands before the camera but the first.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Machines)> {
        let (phone, of_phone) = Drawer::new(1);
        let (kiosk, of_kiosk) = Drawer::new(1);
        let kept = ALL.into_iter().map(|citizen| {
            let card = VirtualCard::open(&folder.join(citizen.id).with_extension("json"))?;
            Ok::<_, CardFileFault>(Kept {
                citizen,
                card: Some(card),
                place: None,
            })
        });
        let kept = kept.collect::<Result<Vec<_>, _>>();
        let kept = kept.context("the citizens' cards of an earlier demo; begin anew with --reset")?;
        let citizens = Self {
            phone,
            kiosk,
            kept: Mutex::new(kept),
            before: Arc::new(AtomicU64::new(ALL[0].face)),
        };
        let machines = Machines {
            phone: of_phone,
            kiosk: of_kiosk,
        };
        Ok((citizens, machines))
    }

    /// What the phone's camera sees: whoever stands before it, a little different each time.
    pub(crate) fn camera(&self, clock: &DemoClock) -> agent::app::Camera {
        let (before, clock) = (Arc::clone(&self.before), clock.clone());
        agent::app::Camera::Made(Arc::new(move || {
            let person = before.load(Ordering::Relaxed);
            let moment = u64::try_from(clock.now()).unwrap_or_default();
            // A picture that cannot be made is an empty one, which the page tells as a camera that does not work.
            made::capture(&[person], seen(person, moment)).unwrap_or_default()
        }))
    }

    /// Somebody steps before the phone's camera.
    pub(crate) fn steps_before(&self, id: &str) -> Result<(), &'static str> {
        let citizen = ALL
            .iter()
            .find(|citizen| citizen.id == id)
            .ok_or("there is no such person")?;
        self.before.store(citizen.face, Ordering::Relaxed);
        Ok(())
    }

    /// Lays a card onto the phone or into the kiosk, or takes it away; what was there goes back into the drawer.
    pub(crate) fn lay(&self, id: &str, place: Option<Place>) -> Result<(), &'static str> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept
            .iter()
            .position(|card| card.citizen.id == id)
            .ok_or("there is no such card")?;
        if kept.get(at).and_then(|card| card.place) == place {
            return Ok(());
        }
        for card in kept.iter_mut() {
            if card.citizen.id == id || (place.is_some() && card.place == place) {
                self.take(card);
            }
        }
        if let (Some(card), Some(place)) = (kept.get_mut(at), place)
            && let Some(laid) = card.card.take()
        {
            card.place = Some(place);
            self.drawer(place).insert(1, laid);
        }
        Ok(())
    }

    /// All cards as they are now.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.before.load(Ordering::Relaxed);
        kept.iter().map(|card| self.show(card, before)).collect()
    }

    fn show(&self, kept: &Kept, before: u64) -> Shown {
        let left = |lock: Slot| {
            let tries = match kept.place {
                Some(place) => self.drawer(place).card(1, |card| card.tries_left_of(lock)),
                None => kept.card.as_ref().map(|card| card.tries_left_of(lock)),
            };
            match tries {
                Some(TriesLeft::Known(left)) => Some(left),
                Some(TriesLeft::Blocked) => Some(0),
                Some(TriesLeft::Unknown) | None => None,
            }
        };
        let citizen = kept.citizen;
        Shown {
            id: citizen.id,
            holder: citizen.name,
            ja: citizen.ja,
            en: citizen.en,
            pin: citizen.pin,
            tries: left(Slot::Authentication),
            password: citizen.password,
            password_tries: left(Slot::Signature),
            birth: citizen.birth.replace('-', ""),
            expiry: EXPIRY,
            code: citizen.code,
            place: kept.place,
            before_camera: citizen.face == before,
        }
    }

    fn take(&self, card: &mut Kept) {
        if let Some(place) = card.place.take() {
            card.card = self.drawer(place).eject(1);
        }
    }

    const fn drawer(&self, place: Place) -> &Drawer {
        match place {
            Place::Phone => &self.phone,
            Place::Kiosk => &self.kiosk,
        }
    }
}

impl Machines {
    /// The phone with the app, and the kiosk, as agents of their own with this state and this clock.
    pub(crate) fn agents(self, data: &Path, clock: &DemoClock) -> [Agent; 2] {
        let agent = |name: &str, readers| Agent {
            dir: data.join(name),
            readers: Ok(readers),
            clock: clock.agent(),
        };
        [agent("phone", self.phone), agent(KIOSK, self.kiosk)]
    }
}

/// How a person stands before the camera at a moment.
const fn seen(person: u64, moment: u64) -> u64 {
    person * 31 + 1 + moment % MOMENTS
}

/// So many pictures the camera takes in turn.
const MOMENTS: u64 = 3;
/// The year that is printed as the last one of every card.
const EXPIRY: &str = "2036";
/// What the authorities' names begin with.
pub(crate) const AUTHORITIES: &str = "mihon-jpki";
/// Faces are compared by the baseline that needs no model, which is for examples alone.
const FACES: &str = "\n[citizen.face]\nprovider = \"lbph\"\n";
/// The kiosk's own folder.
pub(crate) const KIOSK: &str = "kiosk";
const OPERATOR: Actor<'static> = Actor::Operator { name: "demo" };

#[cfg(test)]
mod tests {
    use super::*;
    use server::face::picture::{Picture, Source};
    use server::face::{Choice, FaceMatch, Provider};

    #[tokio::test]
    async fn each_citizen_is_known_before_the_camera_at_any_moment_and_nobody_for_another() {
        let baseline = Choice {
            threshold: 650,
            provider: Provider::Lbph,
        };
        let judge = FaceMatch::open(&baseline).unwrap();
        let picture = |octets: &[u8], source| Picture::decoded(octets, source).unwrap();
        let cards = ALL.map(|citizen| made::portrait(citizen.face).unwrap());
        for (own, citizen) in ALL.iter().enumerate() {
            for moment in 0..MOMENTS {
                let taken = made::capture(&[citizen.face], seen(citizen.face, moment)).unwrap();
                for (whose, card) in cards.iter().enumerate() {
                    let pictures = (picture(card, Source::Card), picture(&taken, Source::Capture));
                    let compared = judge.compare(pictures.0, pictures.1, "demo").await.unwrap();
                    let alike = compared.score >= compared.threshold;
                    assert_eq!(
                        alike,
                        whose == own,
                        "{} at {moment} beside {whose}: {compared:?}",
                        citizen.id
                    );
                }
            }
        }
    }
}
