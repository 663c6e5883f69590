//! Citizens' cards: the register, and the master keys that their unblock keys come from.

use casework::identity::{Authority, CardNumber, CertificateId, Fingerprint, Serial};
use casework::time::Instant;
use server::authority::keyring::Keyring;
use server::backup::{self, Replaced};
use server::chance::Chance;
use server::clock::Clock;
use server::config::Secret;
use server::desk::Desk;
use server::store::{CaseRow, CitizenCardRow, Clash, Commit, CountedCard, Document, Write};
use server::unblock::{Exchange, KeyVersion};
use wire::office::Language;

use crate::city::event;
use crate::grant::certifying;
use crate::house::{House, Place, on_both};
use crate::invariant::{count, tamper};

on_both! {
    async fn a_card_is_registered_once_and_no_other_has_its_number_or_its_certificates(house: House) {
        let desk = desk(&house);
        let one = card(house.now(), 1);
        let store = house.store();
        assert_eq!(store.register_citizen_card(one.clone(), event(&house.desk)).await, Err(Clash::Moved), "no master key is there");
        desk.unblock().await.unwrap();
        store.register_citizen_card(one.clone(), event(&house.desk)).await.unwrap();
        store.register_citizen_card(one.clone(), event(&house.desk)).await.unwrap();
        assert_eq!(count(&house.place.address, "SELECT COUNT(*) FROM citizen_card").await, 1);
        assert_eq!(store.citizen_card(one.number).await.unwrap(), Some(one.clone()));
        assert_eq!(store.citizen_card_of(one.fingerprint).await.unwrap(), Some(one.clone()));
        assert_eq!(store.citizen_card_of(Fingerprint([9; 32])).await.unwrap(), None);
        let two = card(house.now(), 2);
        for other in [
            CitizenCardRow { number: one.number, ..two.clone() },
            CitizenCardRow { fingerprint: one.fingerprint, ..two.clone() },
            CitizenCardRow { authentication: one.authentication.clone(), ..two.clone() },
            CitizenCardRow { signature: one.signature.clone(), ..two.clone() },
            CitizenCardRow { key_version: KeyVersion::new(2).unwrap(), ..two.clone() },
        ] {
            assert_eq!(store.register_citizen_card(other, event(&house.desk)).await, Err(Clash::Moved));
        }
        store.register_citizen_card(two, event(&house.desk)).await.unwrap();
    }

    async fn a11_a_counter_that_moved_meanwhile_takes_its_case_with_it(house: House) {
        desk(&house).unblock().await.unwrap();
        let one = card(house.now(), 1);
        house.store().register_citizen_card(one.clone(), event(&house.desk)).await.unwrap();
        let counted = |from, to| vec![Write::CountCard(CountedCard { number: one.number, from, to })];
        commit(&house, 1, counted(0, 1)).await.unwrap();
        assert_eq!(commit(&house, 2, counted(0, 1)).await, Err(Clash::Moved));
        assert!(house.store().case([2; 16]).await.unwrap().is_none(), "nothing of it is there");
        commit(&house, 2, counted(1, 2)).await.unwrap();
        assert_eq!(house.store().citizen_card(one.number).await.unwrap().unwrap().counter, 2);
    }

    async fn a_master_key_is_made_once_lies_sealed_and_comes_back_with_a_backup(house: House) {
        let desk = desk(&house);
        let one = exchange(KeyVersion::FIRST);
        // Two that want it first have the same one.
        let (first, second) = tokio::join!(async { desk.unblock().await.unwrap() }, async { self::desk(&house).unblock().await.unwrap() });
        let answer = first.answer(&one).unwrap();
        assert_eq!(second.answer(&one).unwrap(), answer);
        let (store, clock, chance) = (house.store(), house.desk.clock(), Chance::system());
        let renewed = keyring(&house.place).renew_unblock(store, clock, &chance).await.unwrap();
        assert_eq!(renewed.issues(), KeyVersion::new(2));
        assert_eq!(renewed.answer(&one).unwrap(), answer, "the one before goes on to count");
        assert_ne!(renewed.answer(&exchange(KeyVersion::new(2).unwrap())).unwrap(), answer);
        // A process that has the first one open hears of the second.
        assert_eq!(desk.unblock().await.unwrap().issues(), KeyVersion::new(2));
        let (file, passphrase) = (house.place.data.join("one.backup.age"), &b"another passphrase"[..]);
        backup::write(&house.place.address, &file, passphrase, (house.now(), &chance), |_| ()).await.unwrap();
        let elsewhere = Place::on_sqlite();
        backup::restore(&file, passphrase, &elsewhere.address, Replaced::Never, house.now()).await.unwrap();
        let store = elsewhere.open().await.unwrap();
        let there = Desk::new(store, Clock::system(), chance, Vec::new()).certifying(certifying(&house.place.data));
        assert_eq!(there.unblock().await.unwrap().answer(&one).unwrap(), answer);
        std::fs::write(elsewhere.data.join("terminals-passphrase"), "a wrong passphrase").unwrap();
        let wrong = there.certifying(certifying(&elsewhere.data));
        assert!(wrong.unblock().await.is_err(), "it opens with the same passphrase alone");
    }

    async fn no_new_master_key_takes_the_place_of_one_under_which_cards_were_issued(house: House) {
        desk(&house).unblock().await.unwrap();
        house.store().register_citizen_card(card(house.now(), 1), event(&house.desk)).await.unwrap();
        let address = &house.place.address;
        let keys = async || count(address, "SELECT COUNT(*) FROM unblock_key").await;
        tamper(address, "DELETE FROM unblock_key").await;
        // As after a start: nothing is open.
        let why = desk(&house).unblock().await.unwrap_err().to_string();
        assert!(why.contains("cards were issued whose unblock keys come from it alone"), "{why}");
        assert_eq!(keys().await, 0);
        // The control: where no card needs one, the first that is wanted is made.
        tamper(address, "DELETE FROM citizen_card").await;
        desk(&house).unblock().await.unwrap();
        assert_eq!(keys().await, 1);
    }
}

fn desk(house: &House) -> Desk {
    house.desk.clone().certifying(certifying(&house.place.data))
}

pub(crate) fn keyring(place: &Place) -> Keyring {
    Keyring::new(Secret::File(place.data.join("terminals-passphrase")))
}

fn exchange(key_version: KeyVersion) -> Exchange {
    Exchange {
        card: CardNumber::parse("1234567890123452").unwrap(),
        key_version,
        counter: 0,
        challenge: [1; 16],
        host_random: [2; 16],
    }
}

pub(crate) fn card(now: Instant, count: u8) -> CitizenCardRow {
    let certificate = |authority: &str| CertificateId {
        authority: Authority(authority.to_owned()),
        serial: Serial::from_octets(&[count]).unwrap(),
    };
    CitizenCardRow {
        number: CardNumber::parse(["0000000000000000", "0000000000000018", "0000000000000026"][usize::from(count)])
            .unwrap(),
        office: OFFICE.to_owned(),
        key_version: KeyVersion::FIRST,
        authentication: certificate("user-authentication"),
        fingerprint: Fingerprint([count; 32]),
        signature: certificate("digital-signature"),
        counter: 0,
        issued_at: now,
    }
}

async fn commit(house: &House, case: u8, writes: Vec<Write>) -> Result<(), Clash> {
    let commit = Commit {
        case: CaseRow {
            id: [case; 16],
            procedure: "pin_reset".to_owned(),
            office: OFFICE.to_owned(),
            language: Language::Ja,
            version: 0,
            document: Document {
                state: "used".to_owned(),
                text: "{}".to_owned(),
            },
        },
        at: house.now(),
        event: event(&house.desk),
        writes,
        errands: Vec::new(),
        evidence: Vec::new(),
    };
    house.store().commit(vec![commit]).await
}

const OFFICE: &str = "mihon-city";
