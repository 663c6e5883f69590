//! A city that issues citizens' cards: cards with their keys, kiosks, and what an app, a kiosk and a clerk ask of the desk.

use std::sync::Mutex;

use aws_lc_rs::cmac::{self, AES_256};
use casework::evidence::{Comparison, FaceMatched, FaceUnlike};
use casework::identity::{CardNumber, Digest, Fingerprint, KioskId, OfficerId};
use casework::officer::Role;
use casework::pin_reset::{Card, Case, Document, Told};
use casework::time::{Date, Instant};
use server::chance::Chance;
use server::desk::evidence::{Signature, faces_compared, informed, possession};
use server::desk::officer::{Command as Account, OfficerAccount, invitation_digest};
use server::desk::pin_reset::{Carried, Cryptogram, Identified, PinReset, SetCard, Shot, Visited};
use server::desk::{CaseId, Desk, Failure};
use server::office::{CITIZEN_EXAMPLE, Office};
use server::store::{CitizenCardRow, NewEvent, Store};
use server::unblock::KeyVersion;
use wire::office::Language;

use crate::grant::certifying;
use crate::house::{House, TestCard, office};
use crate::office::{CODE, HOLDER, OFFICE_COMPANY, OPERATOR, TestOfficer, account};

/// A house with a city.
pub(crate) struct City {
    pub(crate) house: House,
    pub(crate) asker: Asker,
}

/// An app and a kiosk, as they ask the desk of a city.
pub(crate) struct Asker {
    pub(crate) desk: Desk,
    pub(crate) office: Office,
}

/// A citizen's card: its certificates with their keys, and the chip that sets a password.
pub(crate) struct Citizen {
    pub(crate) card: TestCard,
    pub(crate) number: CardNumber,
    chip: Mutex<Chip>,
}

/// What the unblock application of a card knows.
struct Chip {
    number: CardNumber,
    key: [u8; 32],
    counter: u32,
    challenge: Option<[u8; 16]>,
    receipt: Option<[u8; 19]>,
}

/// A reservation, with the key of the app that made it.
pub(crate) struct Held {
    pub(crate) id: CaseId<PinReset>,
    pub(crate) key: String,
}

impl City {
    pub(crate) async fn of(house: House) -> Self {
        Self::with(house, CITIZEN_EXAMPLE).await
    }

    /// Where the office is this one.
    pub(crate) async fn with(house: House, text: &str) -> Self {
        let city = Office::from_toml(text).unwrap();
        let desk = desk(&house, house.store().clone(), &city);
        desk.unblock().await.unwrap();
        let asker = Asker { desk, office: city };
        Self { house, asker }
    }

    /// The same city on another node, with a store of its own where the database can have two.
    pub(crate) async fn beside(&self) -> Desk {
        let store = match &self.house.place.address {
            server::store::StoreAddress::Sqlite(_) => self.house.store().clone(),
            server::store::StoreAddress::Postgres(_) => {
                let data = self.house.place.data.join("beside");
                std::fs::create_dir_all(&data).unwrap();
                Store::open(&self.house.place.address, &data, &Chance::system())
                    .await
                    .unwrap()
            }
        };
        desk(&self.house, store, &self.office)
    }

    /// Where a clerk at a counter can open a reservation.
    pub(crate) async fn with_counter(house: House) -> Self {
        Self::with(house, &counter_open()).await
    }

    /// An officer of the city, enrolled.
    pub(crate) async fn clerk(&self, person: &str, roles: &[Role]) -> TestOfficer {
        let name = "髙橋 一郎";
        let card = self.house.officers_card(name).await;
        let id: CaseId<OfficerAccount> = self.desk.new_case();
        let invite = Account::Invite {
            office: self.office.id.clone(),
            language: Language::Ja,
            account: Box::new(account(person, name, OFFICE_COMPANY, roles)),
            code: invitation_digest(CODE),
        };
        self.desk.perform(&OPERATOR, id, &invite).await.unwrap();
        let enrol = Account::Enrol(Box::new(self.house.enrolment(name, &card)));
        self.desk.perform(&HOLDER, id, &enrol).await.unwrap();
        TestOfficer {
            id: OfficerId(id.octets()),
            card,
        }
    }

    /// The clerk looks at a document.
    pub(crate) async fn identify(&self, clerk: &TestOfficer, citizen: &Citizen) -> Result<Identified, Failure> {
        let office = (&self.office, Language::Ja);
        let looked = (citizen.number, Document::DrivingLicence);
        self.desk.identify_holder(office, &clerk.actor(), looked).await
    }

    /// The clerk's card signs what is out.
    pub(crate) async fn admit(&self, clerk: &TestOfficer, identified: &Identified) -> Result<Case, Failure> {
        self.admit_at(&self.desk, clerk, identified).await
    }

    pub(crate) async fn admit_at(
        &self,
        desk: &Desk,
        clerk: &TestOfficer,
        identified: &Identified,
    ) -> Result<Case, Failure> {
        let signature = clerk.card.sign(&identified.text, self.now());
        desk.admit_holder(&clerk.actor(), identified.id, signature).await
    }

    /// A card that the city has issued: the one with these fifteen digits.
    pub(crate) async fn citizen(&self, digits: &str) -> Citizen {
        self.issued(self.house.card().await, digits).await
    }

    /// This one, with these fifteen digits.
    pub(crate) async fn issued(&self, card: TestCard, digits: &str) -> Citizen {
        let number = number(digits);
        let row = CitizenCardRow {
            number,
            office: self.office.id.clone(),
            key_version: KeyVersion::FIRST,
            authentication: card.subject.authentication.clone(),
            fingerprint: Fingerprint(card.authentication.fingerprint()),
            signature: card.subject.certificate.clone(),
            counter: 0,
            issued_at: self.now(),
        };
        let registered = self.house.store().register_citizen_card(row, event(&self.desk));
        registered.await.unwrap();
        self.held(card, digits).await
    }
}

impl std::ops::Deref for City {
    type Target = Asker;

    fn deref(&self) -> &Asker {
        &self.asker
    }
}

impl Asker {
    pub(crate) fn now(&self) -> Instant {
        self.desk.clock().now()
    }

    /// A card that was issued, and nothing was ever done with it.
    pub(crate) async fn held(&self, card: TestCard, digits: &str) -> Citizen {
        let number = number(digits);
        let unblock = self.desk.unblock().await.unwrap();
        let [_, (_, key)] = unblock.card_keys(number, KeyVersion::FIRST).unwrap();
        Citizen {
            card,
            number,
            chip: Chip::new(number, *key),
        }
    }

    /// Where the register says that a card's counter stands.
    pub(crate) async fn counted(&self, citizen: &Citizen) -> u32 {
        let row = self.desk.store().citizen_card(citizen.number).await.unwrap();
        row.unwrap().counter
    }

    /// Begins a reservation.
    pub(crate) async fn begin(&self, citizen: &Citizen) -> Result<Held, Failure> {
        self.begin_with(citizen, self.fresh_key()).await
    }

    /// Begins a reservation of which letters in this language go there.
    pub(crate) async fn begin_for(
        &self,
        citizen: &Citizen,
        language: Language,
        mail: Option<&str>,
    ) -> Result<Held, Failure> {
        self.begun(citizen, self.fresh_key(), (language, mail)).await
    }

    /// Begins a reservation by an app with this key.
    pub(crate) async fn begin_with(&self, citizen: &Citizen, key: String) -> Result<Held, Failure> {
        self.begun(citizen, key, (Language::Ja, None)).await
    }

    fn fresh_key(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.desk.chance().octets()))
    }

    async fn begun(
        &self,
        citizen: &Citizen,
        key: String,
        (language, mail): (Language, Option<&str>),
    ) -> Result<Held, Failure> {
        let texts = self.office.citizen().unwrap();
        let read = informed(texts.flow.digest(), texts.terms.digest(), self.now());
        let begun = self
            .desk
            .begin_pin_reset(
                &self.office,
                language,
                read,
                (citizen.fingerprint(), &key, mail.map(str::to_owned)),
            )
            .await?;
        Ok(Held { id: begun.id, key })
    }

    /// The card signs what was asked.
    pub(crate) async fn prove(&self, citizen: &Citizen, held: &Held) -> Result<Case, Failure> {
        let Case::Asked { text, .. } = self.case(held.id).await else {
            panic!("nothing is asked")
        };
        let signature = self.signs(citizen, held.id, text).await;
        self.desk
            .prove_pin_reset(held.id, &held.key, citizen.number, signature)
            .await
    }

    /// A face is compared, and is so like the card's.
    pub(crate) async fn face(&self, citizen: &Citizen, held: &Held, score: u16) -> Result<Case, Failure> {
        let spent = match self.case(held.id).await {
            Case::Proved { spent, .. } => spent,
            _ => None,
        };
        let shot = Shot::after(&held.key, held.id, spent).digest();
        self.shot(citizen, held, shot, score).await
    }

    pub(crate) async fn shot(&self, citizen: &Citizen, held: &Held, shot: Digest, score: u16) -> Result<Case, Failure> {
        let compared = compared(citizen.number, score, self.now());
        self.desk.compare_face(held.id, &held.key, shot, compared).await
    }

    /// A whole STEP 1.
    pub(crate) async fn reserve(&self, citizen: &Citizen) -> Held {
        let held = self.begin(citizen).await.unwrap();
        self.prove(citizen, &held).await.unwrap();
        self.face(citizen, &held, 900).await.unwrap();
        held
    }

    /// A whole STEP 1, of which letters in this language go there.
    pub(crate) async fn reserve_for(&self, citizen: &Citizen, language: Language, mail: &str) -> Held {
        let held = self.begin_for(citizen, language, Some(mail)).await.unwrap();
        self.prove(citizen, &held).await.unwrap();
        self.face(citizen, &held, 900).await.unwrap();
        held
    }

    /// The card is set at a kiosk.
    pub(crate) async fn set(&self, citizen: &Citizen, kiosk: KioskId) -> Result<Visited, Failure> {
        self.set_at(&self.desk, citizen, kiosk).await
    }

    pub(crate) async fn set_at(&self, desk: &Desk, citizen: &Citizen, kiosk: KioskId) -> Result<Visited, Failure> {
        let set = SetCard {
            kiosk,
            place: "テスト店",
            language: Language::Ja,
            told: citizen.told(),
            receipt: citizen.receipt(),
        };
        desk.set_card(&self.office, &set).await
    }

    /// 「設定する」 for this challenge of the card.
    pub(crate) async fn announce(
        &self,
        citizen: &Citizen,
        (kiosk, id): (KioskId, CaseId<PinReset>),
        challenge: [u8; 16],
    ) -> Result<Cryptogram, Failure> {
        let text = self.to_sign(id).await.unwrap();
        self.announce_at(&self.desk, citizen, (kiosk, id, text), challenge)
            .await
    }

    /// What the card is to sign at the kiosk where it was set last, if the case still waits for that.
    pub(crate) async fn to_sign(&self, id: CaseId<PinReset>) -> Option<Digest> {
        match self.case(id).await {
            Case::Reserved { visit, .. } | Case::Announced { visit, .. } => Some(visit?.text),
            _ => None,
        }
    }

    /// The same at this desk, of a visit with this text.
    pub(crate) async fn announce_at(
        &self,
        desk: &Desk,
        citizen: &Citizen,
        (kiosk, id, text): (KioskId, CaseId<PinReset>, Digest),
        challenge: [u8; 16],
    ) -> Result<Cryptogram, Failure> {
        let signature = self.signs(citizen, id, text).await;
        let tells = (kiosk, citizen.told(), citizen.receipt());
        desk.announce_pin_reset(&self.office, id, tells, signature, challenge)
            .await
    }

    /// Set, announced, and written: what the card answers is still to be told.
    pub(crate) async fn written(&self, citizen: &Citizen, kiosk: KioskId) -> (CaseId<PinReset>, [u8; 16]) {
        let id = reserved(self.set(citizen, kiosk).await);
        let challenge = citizen.challenge();
        let cryptogram = self.announce(citizen, (kiosk, id), challenge).await.unwrap();
        (id, citizen.resets(&cryptogram).unwrap())
    }

    /// What the card says now, by this kiosk.
    pub(crate) async fn report(
        &self,
        citizen: &Citizen,
        (kiosk, id): (KioskId, CaseId<PinReset>),
        answer: Option<[u8; 16]>,
    ) -> Result<Instant, Failure> {
        self.report_at(&self.desk, citizen, (kiosk, id), answer).await
    }

    pub(crate) async fn report_at(
        &self,
        desk: &Desk,
        citizen: &Citizen,
        (kiosk, id): (KioskId, CaseId<PinReset>),
        answer: Option<[u8; 16]>,
    ) -> Result<Instant, Failure> {
        let carried = Carried {
            receipt: citizen.receipt(),
            answer,
        };
        desk.report_pin_reset(id, (kiosk, citizen.told()), &carried).await
    }

    pub(crate) async fn case(&self, id: CaseId<PinReset>) -> Case {
        self.desk.look(id).await.unwrap()
    }

    async fn signs(&self, citizen: &Citizen, id: CaseId<PinReset>, text: Digest) -> Signature {
        let text = self.desk.store().text(id.octets(), text).await.unwrap().unwrap();
        let cms = citizen.cms(&text, self.now());
        possession(cms, &text, citizen.fingerprint(), self.now()).unwrap()
    }
}

impl Citizen {
    /// Of the 利用者証明用 certificate.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.card.authentication.fingerprint())
    }

    /// After the four digits.
    pub(crate) fn cms(&self, text: &str, at: Instant) -> Vec<u8> {
        let (certificate, key) = (&self.card.authentication, &self.card.authentication_key);
        pki::cms::sign(text.as_bytes(), certificate, key, at.0).unwrap()
    }

    pub(crate) fn told(&self) -> Told {
        Told {
            card: Card {
                number: self.number,
                authentication: self.fingerprint(),
            },
            key_version: 1,
            counter: self.chip.lock().unwrap().counter,
        }
    }

    pub(crate) fn receipt(&self) -> Option<[u8; 19]> {
        self.chip.lock().unwrap().receipt
    }

    /// GET CHALLENGE
    pub(crate) fn challenge(&self) -> [u8; 16] {
        self.draws(Chance::system().octets())
    }

    /// The same, where the card draws this.
    pub(crate) fn draws(&self, challenge: [u8; 16]) -> [u8; 16] {
        self.chip.lock().unwrap().challenge = Some(challenge);
        challenge
    }

    /// MUTUAL AUTHENTICATE and RESET RETRY COUNTER: what it answers, where it was the right cryptogram for its challenge.
    pub(crate) fn resets(&self, announced: &Cryptogram) -> Option<[u8; 16]> {
        self.chip.lock().unwrap().resets(announced)
    }

    /// A card of somebody who tampers with it: its receipt is this.
    pub(crate) fn says(&self, receipt: [u8; 19]) {
        self.chip.lock().unwrap().receipt = Some(receipt);
    }

    /// A card of somebody who tampers with it: its counter stands there.
    pub(crate) fn counts(&self, counter: u32) {
        self.chip.lock().unwrap().counter = counter;
    }
}

impl Chip {
    fn new(number: CardNumber, key: [u8; 32]) -> Mutex<Self> {
        Mutex::new(Self {
            number,
            key,
            counter: 0,
            challenge: None,
            receipt: None,
        })
    }

    fn resets(&mut self, announced: &Cryptogram) -> Option<[u8; 16]> {
        let challenge = self.challenge.take()?;
        let [_, counter @ ..] = self.counter.to_be_bytes();
        let said = |domain: u8| {
            let parts = [
                &[domain][..],
                self.number.octets(),
                &[0x82],
                &counter,
                &challenge,
                &announced.host_random,
            ];
            let key = cmac::Key::new(AES_256, &self.key).unwrap();
            let tag: [u8; 16] = cmac::sign(&key, &parts.concat()).unwrap().as_ref().try_into().unwrap();
            tag
        };
        if said(1) != announced.cryptogram {
            return None;
        }
        let receipt = [&counter[..], &said(3)].concat();
        let answer = said(2);
        self.receipt = Some(receipt.try_into().unwrap());
        self.counter += 1;
        Some(answer)
    }
}

fn desk(house: &House, store: Store, city: &Office) -> Desk {
    let offices = vec![office(), city.clone()];
    let desk = Desk::new(store, house.desk.clock().clone(), Chance::system(), offices);
    desk.certifying(certifying(&house.place.data))
}

/// The example, where a clerk at a counter can open a reservation.
pub(crate) fn counter_open() -> String {
    let text = CITIZEN_EXAMPLE.replacen("counter = false", "counter = true", 1);
    assert_ne!(text, CITIZEN_EXAMPLE);
    text
}

/// The card number of these fifteen digits.
fn number(digits: &str) -> CardNumber {
    let mut all = (0..10).filter_map(|last| CardNumber::parse(&format!("{digits}{last}")));
    all.next().unwrap()
}

/// What the audit says of a card that is issued.
pub(crate) fn event(desk: &Desk) -> NewEvent {
    NewEvent {
        procedure: "citizen_card",
        name: "issued",
        actor: "system".to_owned(),
        states: ("new".to_owned(), "issued".to_owned()),
        refusal: None,
        details: Vec::new(),
        salt: desk.chance().octets(),
    }
}

/// As a provider says it: 600 of 1000 are enough.
pub(crate) fn compared(card: CardNumber, score: u16, at: Instant) -> Result<FaceMatched, FaceUnlike> {
    let comparison = Comparison {
        score,
        threshold: 600,
        provider: "test".to_owned(),
        version: "1".to_owned(),
    };
    faces_compared(card, comparison, at)
}

/// The case that a visit is of.
pub(crate) fn reserved(visited: Result<Visited, Failure>) -> CaseId<PinReset> {
    match visited.unwrap() {
        Visited::Reserved { id, .. } => id,
        Visited::Confirmed { at } => panic!("confirmed at {at:?}"),
    }
}

/// A moment in Japan.
pub(crate) fn at(day: u8, (hour, minute, second): (i64, i64, i64)) -> Instant {
    let (year, month) = (2026, 11);
    let begins = Date { year, month, day }.as_day().begins();
    begins.plus_seconds(hour * 3_600 + minute * 60 + second)
}

pub(crate) const KIOSK: KioskId = KioskId([1; 32]);
pub(crate) const ANOTHER: KioskId = KioskId([2; 32]);
