//! デジタル証明書の取得 through the real store: from the morning to a certificate, its renewal, and what only time brings.

use casework::Refusal;
use casework::acquisition::{Case, Flaw};
use casework::evidence::Authenticated;
use casework::identity::Fingerprint;
use casework::terminal::Division;
use casework::time::{Date, Instant};
use pki::Signer as _;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use server::backup::{self, Replaced};
use server::chance::Chance;
use server::desk::acquisition::{Codes, Request};
use server::desk::{Desk, Failure};
use server::office::TERMINALS_EXAMPLE;

use crate::grant::{self, Grants, certifying, key, terminal, terminal_of};
use crate::house::{HOLDER, House, Place, noon, on_both};
use crate::invariant::{self, count, tamper};

on_both! {
    async fn r307_a_grant_is_opened_once_for_each_terminal_of_an_application_with_a_code_that_no_row_shows(house: House) {
        let grants = Grants::of(house).await;
        grants.apply(1).await;
        let due = grants.due(1, terminal());
        let (one, other) = tokio::join!(grants.desk.open_grant(&due), grants.desk.open_grant(&due));
        let grant = one.unwrap();
        assert_eq!(other.unwrap(), grant);
        assert_eq!(grants.desk.open_grant(&due).await.unwrap(), grant);
        let opened = grants.store().grants_of(&[1; 16]).await.unwrap();
        assert_eq!(opened, [(terminal(), grant)]);
        let first = grants.second(terminal()).await;
        let row = grants.store().terminal(&grants.office.id, terminal()).await.unwrap().unwrap();
        assert!(!row.code.unwrap().windows(4).any(|part| first.as_bytes().windows(4).any(|code| code == part)));
        let Case::Open { grant: right, .. } = grants.case(grant).await else { panic!() };
        let (until, month) = (right.until.day().date(), Date { year: 2027, month: 1, day: 20 });
        assert_eq!(until, month, "two months, R308");
        let (again, _) = grants.open(2, terminal()).await;
        assert_ne!(again, grant);
        assert_ne!(grants.second(terminal()).await, first, "each grant has a code of its own");
        invariant::hold(&grants.house).await;
    }

    async fn r302_the_codes_and_a_key_get_one_certificate_to_the_same_day_a_year_later(house: House) {
        let grants = Grants::of(house).await;
        let (grant, codes) = grants.open(1, terminal()).await;
        let own = key();
        let certificate = grants.acquire(terminal(), &codes, &own).await.unwrap();
        assert_eq!(certificate.public_key(), own.public_key());
        assert_eq!(certificate.subject().to_string(), "CN=NAC11110A,OU=webNACCS,OU=海上,O=見本認証局株式会社,C=JP");
        let last = Instant(certificate.not_after());
        assert_eq!(last, Date { year: 2027, month: 11, day: 20 }.as_day().ends());
        // The same codes and the same key fetch the same certificate; another key gets nothing.
        assert_eq!(grants.acquire(terminal(), &codes, &own).await.unwrap(), certificate);
        assert_eq!(refused(grants.acquire(terminal(), &codes, &key()).await), Refusal::AnotherKey);
        let all = grants.store().certificates_of_terminal(&grants.office.id, terminal()).await.unwrap();
        assert_eq!(all.len(), 1);
        assert!(matches!(grants.case(grant).await, Case::Acquired { .. }));
        assert_eq!(grants.store().intended_certificates().await.unwrap(), []);
        invariant::hold(&grants.house).await;
    }

    async fn i02_two_keys_at_once_with_the_same_codes_make_one_certificate(house: House) {
        let grants = Grants::of(house).await;
        let (_, codes) = grants.open(1, terminal()).await;
        let (one, other) = (key(), key());
        let (first, second) = tokio::join!(grants.acquire(terminal(), &codes, &one), grants.acquire(terminal(), &codes, &other));
        let (made, refusal) = match (first, second) {
            (Ok(made), Err(Failure::Refused(refusal))) | (Err(Failure::Refused(refusal)), Ok(made)) => (made, refusal),
            both => panic!("{both:?}"),
        };
        assert_eq!(refusal, Refusal::AnotherKey);
        let all = grants.store().certificates_of_terminal(&grants.office.id, terminal()).await.unwrap();
        assert_eq!(all.iter().map(|row| row.fingerprint).collect::<Vec<_>>(), [Fingerprint(made.fingerprint())]);
        assert_eq!(grants.store().intended_certificates().await.unwrap(), []);
        invariant::hold(&grants.house).await;
    }

    async fn s3_8_wrong_codes_are_counted_and_after_five_none_is_looked_at_for_a_while(house: House) {
        let grants = Grants::of(house).await;
        let (_, codes) = grants.open(1, terminal()).await;
        let second = grants.second(terminal()).await;
        let wrong = [
            Codes::typed("NAC11110A", "AAAAAAAAAA", "NACCS"),
            Codes::typed("NAC11110A", &second, "NACCT"),
            Codes::in_two("NAC11110A", &second),
            Codes::typed("NAC11110A", "", "NACCS"),
            Codes::in_two("NAC11110A", ""),
        ];
        for wrong in &wrong {
            assert_eq!(refused(grants.acquire(terminal(), wrong, &key()).await), Refusal::WrongCodes);
        }
        let blocked = refused(grants.acquire(terminal(), &codes, &key()).await);
        let Refusal::CodesBlocked { until } = blocked else { panic!("{blocked:?}") };
        assert_eq!(until.0 - grants.house.now().0, 30 * 60);
        // Another terminal of that name is not blocked by it, and its codes are others.
        let air = terminal_of(Division::Air, "11110A");
        let (_, of_air) = grants.open(2, air).await;
        assert_eq!(refused(grants.acquire(air, &codes, &key()).await), Refusal::WrongCodes);
        grants.acquire(air, &of_air, &key()).await.unwrap();
        grants.house.it_is(until.plus_seconds(1));
        grants.acquire(terminal(), &codes, &key()).await.unwrap();
        invariant::hold(&grants.house).await;
    }

    async fn one_name_in_two_divisions_is_told_apart_by_its_second_code_and_wrong_codes_count_for_both(house: House) {
        let grants = Grants::of(house).await;
        let air = terminal_of(Division::Air, "11110A");
        let (sea_grant, sea_codes) = grants.open(1, terminal()).await;
        let (air_grant, air_codes) = grants.open(2, air).await;
        for (codes, terminal) in [(&sea_codes, terminal()), (&air_codes, air)] {
            let recognised = grants.desk.recognised(&grants.office, codes).await.unwrap();
            assert_eq!(recognised.right(), Some(terminal));
        }
        let wrong = Codes::typed("NAC11110A", "AAAAAAAAAA", "NACCS");
        let recognised = grants.desk.recognised(&grants.office, &wrong).await.unwrap();
        assert_eq!(recognised.right(), None);
        let request = request(&key());
        let outcome = grants.desk.acquire_recognised(None, &grants.office, &recognised, Ok(&request)).await;
        assert_eq!(refused(outcome), Refusal::WrongCodes);
        for grant in [sea_grant, air_grant] {
            let Case::Open { tries, .. } = grants.case(grant).await else { panic!() };
            assert_eq!(tries.wrong, 1);
        }
        let nobody = grants.desk.recognised(&grants.office, &Codes::typed("NAC99999Z", "AAAAAAAAAA", "NACCS")).await.unwrap();
        let outcome = grants.desk.acquire_recognised(None, &grants.office, &nobody, Ok(&request)).await;
        assert_eq!(refused(outcome), Refusal::WrongCodes, "an unknown terminal is told as a wrong code is");
    }

    async fn a32_a33_a_request_that_cannot_be_certified_costs_no_code(house: House) {
        let grants = Grants::of(house).await;
        let (_, codes) = grants.open(1, terminal()).await;
        let (_, other_codes) = grants.open(2, terminal_of(Division::Sea, "11110B")).await;
        let taken = key();
        grants.acquire(terminal_of(Division::Sea, "11110B"), &other_codes, &taken).await.unwrap();
        let mut forged = CertificateRequest::new("NAC11110A", &key()).unwrap().der().to_vec();
        *forged.last_mut().unwrap() ^= 1;
        let another = CertificateRequest::new("NAC11110B", &key()).unwrap();
        let known = CertificateRequest::new("NAC11110A", &taken).unwrap();
        for (flaw, request) in [
            (Flaw::Unreadable, &b"nothing"[..]),
            (Flaw::Signature, &forged),
            (Flaw::Subject, another.der()),
            (Flaw::KnownKey, known.der()),
        ] {
            let outcome = grants.desk.acquire(&HOLDER, &grants.office, terminal(), &codes, request).await;
            assert_eq!(refused(outcome), Refusal::WrongRequest { flaw });
        }
        assert_eq!(grants.store().intended_certificates().await.unwrap(), []);
        grants.acquire(terminal(), &codes, &key()).await.unwrap();
        invariant::hold(&grants.house).await;
    }

    async fn a_certificate_that_works_supersedes_the_one_before_and_two_count_until_then(house: House) {
        let grants = Grants::of(house).await;
        let (_, codes) = grants.open(1, terminal()).await;
        let first = grants.acquire(terminal(), &codes, &key()).await.unwrap();
        grants.desk.installed(shown(&first, &grants)).await.unwrap();
        let (_, codes) = grants.open(2, terminal()).await;
        let second = grants.acquire(terminal(), &codes, &key()).await.unwrap();
        assert_eq!(counting(&grants).await, 2);
        grants.desk.installed(shown(&second, &grants)).await.unwrap();
        grants.desk.installed(shown(&second, &grants)).await.unwrap();
        assert_eq!(counting(&grants).await, 1);
        let row = grants.store().terminal_certificate(Fingerprint(first.fingerprint())).await.unwrap().unwrap();
        assert_eq!(row.revoked, Some(grants.house.now()));
        let letters = grants.letters().await;
        assert!(letters.iter().all(|letter| letter.starts_with("PublishCrl")), "{letters:?}");
        assert_eq!(letters.len(), 1);
        invariant::hold(&grants.house).await;
    }

    async fn r303_a_terminal_renews_in_the_last_28_days_both_ends_included_by_its_own_certificate(house: House) {
        let grants = Grants::of(house).await;
        let (_, codes) = grants.open(1, terminal()).await;
        let first = grants.acquire(terminal(), &codes, &key()).await.unwrap();
        let (own, other) = (key(), key());
        let renew = async |by: &Certificate, key: &SoftwareKey| {
            let request = request(key);
            grants.desk.renew_terminal(shown(by, &grants), Ok(&request)).await
        };
        // The certificate ends with 2027-11-20.
        grants.house.it_is(noon(2027, 10, 22));
        let from = Date { year: 2027, month: 10, day: 23 }.as_day();
        assert_eq!(refused(renew(&first, &own).await), Refusal::TooEarly { from });
        grants.house.it_is(noon(2027, 10, 23));
        let second = renew(&first, &own).await.unwrap();
        assert_eq!(Instant(second.not_after()), Date { year: 2028, month: 10, day: 23 }.as_day().ends());
        assert_eq!(second.subject(), first.subject());
        // The answer was lost: the certificate before fetches it again, and nothing else.
        assert_eq!(renew(&first, &own).await.unwrap(), second);
        assert_eq!(refused(renew(&first, &other).await), Refusal::AnotherKey);
        let early = refused(renew(&second, &other).await);
        assert!(matches!(early, Refusal::TooEarly { .. }), "{early:?}");
        assert_eq!(counting(&grants).await, 2);
        grants.desk.installed(shown(&second, &grants)).await.unwrap();
        assert_eq!(counting(&grants).await, 1);
        grants.house.it_is(Instant(second.not_after()));
        let third = renew(&second, &other).await.unwrap();
        grants.house.it_is(Instant(third.not_after() + 1));
        let late = refused(renew(&third, &key()).await);
        assert_eq!(late, Refusal::Expired { at: Instant(third.not_after()) });
        invariant::hold(&grants.house).await;
    }

    async fn r308_the_holder_is_reminded_at_28_14_7_and_1_days_and_the_terminal_is_suspended_after_two_months(house: House) {
        let grants = Grants::of(house).await;
        let (grant, codes) = grants.open(1, terminal()).await;
        let mut told = Vec::new();
        // The codes are taken until 2027-01-20.
        for day in 0..70 {
            let date = Date { year: 2026, month: 11, day: 20 }.as_day().plus(day);
            grants.house.it_is(date.begins().plus_seconds(9 * 3_600));
            grants.desk.wake_grants().await.unwrap();
            assert_eq!(grants.desk.wake_grants().await.unwrap(), 0, "what was done is done");
            told.extend(grants.letters().await.into_iter().map(|letter| (date.date().day, letter)));
        }
        let expected = [
            (23, "AcquisitionLetter(Unacquired { days: 28 })"),
            (6, "AcquisitionLetter(Unacquired { days: 14 })"),
            (13, "AcquisitionLetter(Unacquired { days: 7 })"),
            (19, "AcquisitionLetter(Unacquired { days: 1 })"),
        ];
        let (last, before) = told.split_last().unwrap();
        assert_eq!(before.iter().map(|(day, letter)| (*day, letter.as_str())).collect::<Vec<_>>(), expected);
        assert!(last.0 == 21 && last.1.starts_with("AcquisitionLetter(Suspended"), "{last:?}");
        assert!(matches!(grants.case(grant).await, Case::Suspended { .. }));
        let row = grants.store().terminal(&grants.office.id, terminal()).await.unwrap().unwrap();
        assert!(row.suspended);
        let over = refused(grants.acquire(terminal(), &codes, &key()).await);
        assert!(matches!(over, Refusal::GrantOver { .. }), "{over:?}");
        let (_, codes) = grants.open(2, terminal()).await;
        grants.acquire(terminal(), &codes, &key()).await.unwrap();
        invariant::hold(&grants.house).await;
    }

    async fn r303_reminders_of_a_certificate_stop_once_it_is_renewed(house: House) {
        let grants = Grants::of(house).await;
        let (_, codes) = grants.open(1, terminal()).await;
        let first = grants.acquire(terminal(), &codes, &key()).await.unwrap();
        let mut told = Vec::new();
        let mut renewed = None;
        for day in 0..40 {
            let date = Date { year: 2027, month: 10, day: 15 }.as_day().plus(day);
            grants.house.it_is(date.begins().plus_seconds(9 * 3_600));
            if date.date() == (Date { year: 2027, month: 11, day: 7 }) {
                let request = request(&key());
                renewed = Some(grants.desk.renew_terminal(shown(&first, &grants), Ok(&request)).await.unwrap());
            }
            grants.desk.wake_grants().await.unwrap();
            told.extend(grants.letters().await);
        }
        assert!(renewed.is_some());
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("Expiring { days: 28") && told[1].contains("Expiring { days: 14"), "{told:?}");
        invariant::hold(&grants.house).await;
    }

    async fn a54_a_backup_carries_the_codes_and_the_key_that_opens_them_and_nothing_in_clear(house: House) {
        let grants = Grants::of(house).await;
        grants.open(1, terminal()).await;
        let second = grants.second(terminal()).await;
        let file = grants.house.place.data.join("one.backup.age");
        let (chance, passphrase) = (Chance::system(), &b"another passphrase"[..]);
        let address = &grants.house.place.address;
        backup::write(address, &file, passphrase, (grants.house.now(), &chance), |_| ()).await.unwrap();
        assert!(!std::fs::read(&file).unwrap().windows(10).any(|part| part == second.as_bytes()));
        let elsewhere = Place::on_sqlite();
        backup::restore(&file, passphrase, &elsewhere.address, Replaced::Never, grants.house.now()).await.unwrap();
        let store = elsewhere.open().await.unwrap();
        let (clock, offices) = (grants.house.desk.clock().clone(), vec![grants.office.clone()]);
        let desk = Desk::new(store, clock, chance, offices).certifying(certifying(&grants.house.place.data));
        assert_eq!(*desk.second_code(&grants.office.id, terminal()).await.unwrap().unwrap(), second);
        std::fs::write(elsewhere.data.join("terminals-passphrase"), "a wrong passphrase").unwrap();
        let wrong = desk.certifying(certifying(&elsewhere.data));
        assert!(wrong.second_code(&grants.office.id, terminal()).await.is_err(), "it opens with the same passphrase alone");
    }

    async fn a54_no_new_key_takes_the_place_of_one_that_has_sealed_codes(house: House) {
        let grants = Grants::of(house).await;
        grants.open(1, terminal()).await;
        let address = &grants.house.place.address;
        let keys = async || count(address, "SELECT COUNT(*) FROM sealing_key").await;
        assert_eq!(keys().await, 1);
        tamper(address, "DELETE FROM sealing_key").await;
        // As after a start: nothing is open.
        let desk = grant::desk(&grants.house, &grants.office);
        let why = desk.seal().await.unwrap_err().to_string();
        assert!(why.contains("terminals have codes that it alone opens"), "{why}");
        assert!(desk.second_code(&grants.office.id, terminal()).await.is_err());
        assert_eq!(keys().await, 0);
        // The control: where no code needs one, the first that is wanted is made.
        tamper(address, "UPDATE terminal SET code = NULL").await;
        desk.seal().await.unwrap();
        assert_eq!(keys().await, 1);
    }

    async fn an_office_may_supersede_at_once_or_after_days(house: House) {
        let text = TERMINALS_EXAMPLE.replacen("former = \"until_installed\"", "former = \"after_days\"\nformer_days = 7", 1);
        let grants = Grants::with(house, &text).await;
        let (_, codes) = grants.open(1, terminal()).await;
        grants.acquire(terminal(), &codes, &key()).await.unwrap();
        let (_, codes) = grants.open(2, terminal()).await;
        grants.acquire(terminal(), &codes, &key()).await.unwrap();
        assert_eq!(counting(&grants).await, 2);
        grants.house.it_is(noon(2026, 11, 27));
        grants.desk.wake_grants().await.unwrap();
        assert_eq!(counting(&grants).await, 2);
        grants.house.it_is(noon(2026, 11, 28));
        grants.desk.wake_grants().await.unwrap();
        assert_eq!(counting(&grants).await, 1);
        invariant::hold(&grants.house).await;
    }
}

fn request(key: &SoftwareKey) -> Request {
    Request::read(CertificateRequest::new("NAC11110A", key).unwrap().der()).unwrap()
}

/// The terminal used the key of this certificate just now.
fn shown(certificate: &Certificate, grants: &Grants) -> Authenticated {
    Authenticated::verified(Fingerprint(certificate.fingerprint()), grants.house.now())
}

/// So many certificates of the terminal count.
async fn counting(grants: &Grants) -> usize {
    let all = grants
        .store()
        .certificates_of_terminal(&grants.office.id, terminal())
        .await
        .unwrap();
    let now = grants.house.now();
    all.iter().filter(|row| row.live(now).is_some()).count()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> Refusal {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}
