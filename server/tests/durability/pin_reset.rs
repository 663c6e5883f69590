//! A reset from 「同意して進む」 to the card's receipt as it is killed: six transactions, in two of which another case of the card
//! gives up its place. The card is another one's machine and is not killed: what it was told it has done.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use casework::Refusal;
use casework::identity::{Authority, CertificateId, Fingerprint, Serial};
use casework::pin_reset::Case;
use casework::revocation::Subject;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use server::authority::issue::Certifying;
use server::chance::Chance;
use server::clock::Clock;
use server::desk::pin_reset::{Cryptogram, PinReset, Shot, Visited};
use server::desk::{CaseId, Desk, Failure};
use server::office::{CITIZEN_EXAMPLE, Office};
use server::store::{OpenFault, Store, StoreAddress};

use crate::city::{ANOTHER, Asker, Citizen, City, Held, KIOSK};
use crate::disk::Outcome;
use crate::grant;
use crate::house::{House, Place, TestCard, office};
use crate::invariant;
use crate::path::{Child, say};

/// The card, and both cases that it has already.
const FILE: &str = "reset";

/// Whether it is a reset that waits there.
pub(crate) fn waits(data: &Path) -> bool {
    data.join(FILE).exists()
}

/// A card with a reservation, and with another case in which faces are compared.
pub(crate) async fn prepare(house: House) -> House {
    let city = City::of(house).await;
    let citizen = city.issued(city.house.card_of(Algorithm::Rsa2048).await, DIGITS).await;
    let reserved = city.reserve(&citizen).await;
    let open = city.begin(&citizen).await.unwrap();
    city.prove(&citizen, &open).await.unwrap();
    let kept = (
        Kept::of(&citizen.card),
        [reserved, open].map(|held| held.id.to_string()),
    );
    std::fs::write(city.house.place.data.join(FILE), serde_json::to_vec(&kept).unwrap()).unwrap();
    city.house
}

/// What the child does once it may.
pub(crate) async fn begin(
    store: Store,
    keys: Certifying,
    data: &Path,
    ahead: i64,
) -> impl Future<Output = ()> + Send + use<> {
    let asker = asker(&store, Chance::seeded(1), keys, ahead);
    let (citizen, _) = kept(&asker, data).await;
    async move {
        if let Err(failure) = walk(&asker, &citizen).await {
            say(&format!("failed {failure}"));
        }
    }
}

async fn walk(asker: &Asker, citizen: &Citizen) -> Result<(), Failure> {
    let held = asker.begin_with(citizen, KEY.to_owned()).await?;
    say(&format!("acknowledged {}", held.id));
    asker.prove(citizen, &held).await?;
    say("acknowledged proved");
    asker.face(citizen, &held, LIKE).await?;
    say("acknowledged reserved");
    asker.set(citizen, KIOSK).await?;
    say("acknowledged visited");
    let challenge = citizen.draws(CHALLENGE);
    let announced = asker.announce(citizen, (KIOSK, held.id), challenge).await?;
    let word = serde_json::to_string(&(announced.host_random, announced.cryptogram)).unwrap();
    say(&format!("acknowledged {word}"));
    let answer = citizen.resets(&announced).unwrap();
    asker.report(citizen, (KIOSK, held.id), Some(answer)).await?;
    say("acknowledged used");
    Ok(())
}

/// Opens what is left as any start does, and goes on where the app, the kiosk and the card are: each of the three cases has
/// come as far as was told, the password is set once, and the register stands where the card does.
pub(crate) async fn opened(child: &Child, outcome: &Outcome) -> Result<(Vec<String>, Vec<String>), OpenFault> {
    let address: StoreAddress = child.address.parse().unwrap();
    let store = Place::lasting(address.clone(), Path::new(&child.data)).open().await?;
    let asker = asker(&store, Chance::system(), grant::certifying(&child.data), child.ahead);
    let (citizen, [reserved, open]) = kept(&asker, &child.data).await;
    let mut broken = invariant::broken(&store, &address).await;
    let told = &outcome.acknowledged;
    let id = told.first().map(|id| id.parse().unwrap());
    let stands = match id {
        Some(id) => step(&asker.case(id).await),
        None => 0,
    };
    let missing = told.iter().skip(stands).cloned().collect();
    citizen.draws(CHALLENGE);
    let heard = told.get(ANNOUNCED - 1).map(|word| cryptogram(word));
    if let Some(heard) = &heard {
        citizen.resets(heard).unwrap();
    }
    let (counted, gave_up) = (
        asker.counted(&citizen).await,
        [is_replaced(&asker, open).await, is_replaced(&asker, reserved).await],
    );
    if counted != u32::from(stands == USED) || gave_up != [stands >= PROVED, stands >= RESERVED] {
        broken.push(format!(
            "at step {stands} the register counts {counted}, and {gave_up:?} gave up their places"
        ));
    }

    let held = match id {
        Some(id) => Held {
            id,
            key: KEY.to_owned(),
        },
        None => asker.begin_with(&citizen, KEY.to_owned()).await.unwrap(),
    };
    if stands < PROVED {
        asker.prove(&citizen, &held).await.unwrap();
    }
    if stands < USED {
        // The same picture as often as it is sent.
        let shot = Shot::after(KEY, held.id, None).digest();
        for _ in 0..2 {
            asker.shot(&citizen, &held, shot, LIKE).await.unwrap();
        }
    }
    if heard.is_none() {
        let announced = announced(&asker, &citizen, &held).await;
        let answer = citizen.resets(&announced).expect("it is for this challenge");
        asker.report(&citizen, (KIOSK, held.id), Some(answer)).await.unwrap();
    } else if stands < USED {
        // The kiosk is gone, and its card is set at another one.
        let confirmed = asker.set(&citizen, ANOTHER).await.unwrap();
        assert!(matches!(confirmed, Visited::Confirmed { .. }), "its receipt says so");
    }
    let at = asker.report(&citizen, (ANOTHER, held.id), None).await.unwrap();
    let again = asker.report(&citizen, (ANOTHER, held.id), None).await.unwrap();

    let used = asker.set(&citizen, KIOSK).await;
    let once = [
        (held.id, ["asked", "proved", "reserved", "announced", "used"].as_slice()),
        (reserved, &["replaced"]),
        (open, &["replaced"]),
    ];
    for (case, names) in once {
        let times = times(&store, case, names).await;
        if times.iter().any(|times| *times != 1) {
            broken.push(format!("{names:?} happened {times:?} times"));
        }
    }
    let places = invariant::count(&address, "SELECT COUNT(*) FROM reserved_card").await;
    let ends = (asker.counted(&citizen).await, citizen.told().counter, places);
    if ends != (1, 1, 0) || at != again || !matches!(used, Err(Failure::Refused(Refusal::ReservationUsed))) {
        broken.push(format!("register, card and places: {ends:?}; {at:?}, {again:?}"));
    }
    broken.extend(invariant::broken(&store, &address).await);
    store.close().await;
    Ok((missing, broken))
}

/// Set, and announced twice, as a kiosk asks that has not heard the answer.
async fn announced(asker: &Asker, citizen: &Citizen, held: &Held) -> Cryptogram {
    let visited = asker.set(citizen, KIOSK).await.unwrap();
    assert!(matches!(visited, Visited::Reserved { id, .. } if id == held.id));
    let ask = async || asker.announce(citizen, (KIOSK, held.id), CHALLENGE).await.unwrap();
    let (one, other) = (ask().await, ask().await);
    let words = |word: &Cryptogram| (word.host_random, word.cryptogram);
    assert_eq!(words(&one), words(&other), "one answer to one challenge");
    other
}

/// How many of the six steps are done.
fn step(case: &Case) -> usize {
    match case {
        Case::Asked { .. } => 1,
        Case::Proved { .. } => PROVED,
        Case::Reserved { visit: None, .. } => RESERVED,
        Case::Reserved { visit: Some(_), .. } => RESERVED + 1,
        Case::Announced { .. } => ANNOUNCED,
        Case::Used { .. } => USED,
        case => panic!("nobody asked for this: {case:?}"),
    }
}

async fn is_replaced(asker: &Asker, id: CaseId<PinReset>) -> bool {
    matches!(asker.case(id).await, Case::Replaced { .. })
}

/// How often each of these happened to a case. A refusal has the name of the command, which is another word.
pub(crate) async fn times(store: &Store, case: CaseId<PinReset>, names: &[&str]) -> Vec<usize> {
    let events = store.events(case.octets()).await.unwrap();
    let times = |name: &&str| events.iter().filter(|event| event.name == **name).count();
    names.iter().map(times).collect()
}

/// Whoever asks the desk of a city that stands on this store.
pub(crate) fn asker(store: &Store, chance: Chance, keys: Certifying, ahead: i64) -> Asker {
    let city = Office::from_toml(CITIZEN_EXAMPLE).unwrap();
    let clock = Clock::shifted(Arc::new(AtomicI64::new(ahead)));
    let desk = Desk::new(store.clone(), clock, chance, vec![office(), city.clone()]);
    Asker {
        desk: desk.certifying(keys),
        office: city,
    }
}

/// A card with its keys, for a process after this one. They are of RSA, whose signatures are as long in every run.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Kept([Vec<u8>; 4]);

impl Kept {
    pub(crate) fn of(card: &TestCard) -> Self {
        Self([
            card.authentication.der().to_vec(),
            card.authentication_key.to_pkcs8().unwrap().to_vec(),
            card.signature.der().to_vec(),
            card.signature_key.to_pkcs8().unwrap().to_vec(),
        ])
    }

    pub(crate) fn card(&self) -> TestCard {
        let [authentication, authentication_key, signature, signature_key] = &self.0;
        let [authentication, signature] = [authentication, signature].map(|der| Certificate::parse(der).unwrap());
        let [authentication_key, signature_key] =
            [authentication_key, signature_key].map(|key| SoftwareKey::from_pkcs8(key).unwrap());
        let id = |certificate: &Certificate| CertificateId {
            authority: Authority("mihon-issuing".to_owned()),
            serial: Serial::from_octets(certificate.serial().as_bytes()).unwrap(),
        };
        let subject = Subject {
            certificate: id(&signature),
            authentication: id(&authentication),
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

async fn kept(asker: &Asker, data: &Path) -> (Citizen, [CaseId<PinReset>; 2]) {
    let kept = std::fs::read(data.join(FILE)).unwrap();
    let (card, cases): (Kept, [String; 2]) = serde_json::from_slice(&kept).unwrap();
    let citizen = asker.held(card.card(), DIGITS).await;
    (citizen, cases.map(|id| id.parse().unwrap()))
}

fn cryptogram(word: &str) -> Cryptogram {
    let (host_random, cryptogram) = serde_json::from_str(word).unwrap();
    Cryptogram {
        host_random,
        cryptogram,
        until: casework::time::Instant(0),
    }
}

const DIGITS: &str = "000000000000001";
const KEY: &str = "the key of an app";
const CHALLENGE: [u8; 16] = [0x5a; 16];
const LIKE: u16 = 900;
const PROVED: usize = 2;
const RESERVED: usize = 3;
const ANNOUNCED: usize = 5;
const USED: usize = 6;
