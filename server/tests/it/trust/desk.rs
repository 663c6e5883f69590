//! The card of a foreign issuer at the desk of an ordering body.

use std::path::Path;

use casework::card::Standing;
use pki::certificate::Certificate;
use pki::validation::ChainFault;
use server::chance::Chance;
use server::config::Config;
use server::desk::Desk;
use server::desk::evidence::Unproven;
use server::doctor::{self, State, What};
use server::office::{BIDDING_CORE_EXAMPLE, Office};
use wire::code::Code;

use super::foreign::{Foreign, Places};
use super::place::Serves;
use super::{Stand, policy, trust};

/// An ordering body that takes the cards of these issuers, and of our own authority.
fn office(foreign: &[&Foreign]) -> Office {
    Office::from_toml(&document(foreign)).unwrap()
}

fn document(foreign: &[&Foreign]) -> String {
    let issuers: Vec<String> = foreign
        .iter()
        .map(|foreign| {
            format!(
                "\n[[issuer]]\nname = \"Foreign\"\ncertificate = '''\n{}'''\n",
                foreign.pem()
            )
        })
        .collect();
    BIDDING_CORE_EXAMPLE.to_owned() + &issuers.concat()
}

impl Stand {
    fn desk(&self, office: Office) -> Desk {
        let desk = Desk::new(
            self.house.store().clone(),
            self.clock.clone(),
            Chance::system(),
            vec![office],
        );
        desk.trusting(self.trust.clone())
    }

    fn card(&self, path: &str) -> (Certificate, Certificate) {
        let url = self.place.url(path);
        self.foreign.card(
            "Yamada",
            Places {
                crl: Some(&url),
                ocsp: None,
            },
        )
    }
}

async fn shown(
    desk: &Desk,
    office: &Office,
    card: &(Certificate, Certificate),
) -> Result<server::desk::card::ShownCard, Unproven> {
    desk.card_shown(office, card.0.der(), card.1.der()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r113_a_card_is_taken_from_an_issuer_that_is_pinned_by_certificate_and_from_no_namesake() {
    let stand = Stand::new().await;
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    let card = stand.card("/ca.crl");
    let ours = office(&[&stand.foreign]);
    let desk = stand.desk(ours.clone());
    let found = shown(&desk, &ours, &card).await.unwrap();
    assert_eq!(found.card().card.0, card.1.fingerprint());
    assert_eq!(found.card().issuer.0, stand.foreign.pinned().certificate.fingerprint());
    assert!(matches!(found.standing(), Standing::Accepted { until } if until > stand.now()));
    // The same name, another key: its cards are nobody's here, and what they name is not even asked (A35).
    let namesake = Foreign::new("Foreign Issuing");
    let url = stand.place.url("/lure.crl");
    let forged = namesake.card(
        "Yamada",
        Places {
            crl: Some(&url),
            ocsp: Some(&url),
        },
    );
    let refused = shown(&desk, &ours, &forged).await.unwrap_err();
    assert!(matches!(refused, Unproven::Chain(ChainFault::Issuer)), "{refused:?}");
    assert_eq!(refused.code(), Code::CertIssuer);
    assert_eq!(stand.place.asked("/lure.crl"), 0);
    assert_eq!(
        desk.standing_of(&ours, forged.0.der(), forged.1.der()).await.unwrap(),
        Standing::Unaccepted
    );
    // The control: an office that pins that one takes its cards, beside those of the first.
    stand.place.puts(
        "/lure.crl",
        Serves::Content(namesake.list(stand.now().plus_seconds(-60), stand.now().plus_seconds(86_400))),
    );
    let both = office(&[&stand.foreign, &namesake]);
    shown(&desk, &both, &forged).await.unwrap();
    shown(&desk, &both, &card).await.unwrap();
    assert_eq!(stand.place.asked("/lure.crl"), 1);
    // An office that pins neither takes neither; our own cards everywhere.
    let none = office(&[]);
    let refused = shown(&desk, &none, &card).await.unwrap_err();
    assert!(matches!(refused, Unproven::Chain(ChainFault::Issuer)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r114_a_card_with_one_certificate_that_is_revoked_or_undetermined_is_not_taken() {
    let stand = Stand::new().await;
    let ours = office(&[&stand.foreign]);
    let desk = stand.desk(ours.clone());
    let (good, login_gone, signature_gone) = (stand.card("/ca.crl"), stand.card("/ca.crl"), stand.card("/ca.crl"));
    stand.foreign.revokes(&login_gone.0);
    stand.foreign.revokes(&signature_gone.1);
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    for card in [&login_gone, &signature_gone] {
        let refused = shown(&desk, &ours, card).await.unwrap_err();
        assert!(matches!(refused, Unproven::Revoked { .. }), "{refused:?}");
        assert_eq!(refused.code(), Code::CertRevoked);
    }
    // The control.
    shown(&desk, &ours, &good).await.unwrap();
    // One whose list nobody has is neither, and is told so.
    let silent = stand.card("/none.crl");
    let refused = shown(&desk, &ours, &silent).await.unwrap_err();
    assert!(matches!(refused, Unproven::Undetermined(_)), "{refused:?}");
    assert_eq!(refused.code(), Code::CertUnknown);
    let standing = desk.standing_of(&ours, silent.0.der(), silent.1.der()).await.unwrap();
    assert_eq!(standing, Standing::Undetermined);
    // Out of its time.
    stand.advance(366 * 86_400);
    let refused = shown(&desk, &ours, &good).await.unwrap_err();
    assert!(
        matches!(refused, Unproven::Chain(ChainFault::Expired { .. })),
        "{refused:?}"
    );
    stand.advance(-400 * 86_400);
    let refused = shown(&desk, &ours, &good).await.unwrap_err();
    assert!(
        matches!(refused, Unproven::Chain(ChainFault::NotYetValid { .. })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_certificates_of_two_cards_are_no_card_whoever_issued_them() {
    let stand = Stand::new().await;
    let ours = office(&[&stand.foreign]);
    let desk = stand.desk(ours.clone());
    let url = stand.place.url("/ca.crl");
    let places = Places {
        crl: Some(&url),
        ocsp: None,
    };
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    let (yamada, suzuki) = (
        stand.foreign.card("Yamada", places),
        stand.foreign.card("Suzuki", places),
    );
    let mixed = (yamada.0.clone(), suzuki.1.clone());
    // One key for both is no card of two keys.
    let one_key = (
        stand.foreign.certifies("Yamada", "authentication", "holder", places),
        yamada.1.clone(),
    );
    for card in [&mixed, &one_key] {
        let refused = shown(&desk, &ours, card).await.unwrap_err();
        assert!(matches!(refused, Unproven::NotOneCard), "{refused:?}");
    }
    // What is not for signatures does not sign.
    let refused = shown(&desk, &ours, &(yamada.1.clone(), yamada.0.clone()))
        .await
        .unwrap_err();
    assert!(matches!(refused, Unproven::Chain(ChainFault::KeyUsage)), "{refused:?}");
    for card in [&yamada, &suzuki] {
        shown(&desk, &ours, card).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_of_our_own_is_answered_from_the_record_in_the_same_instant() {
    let stand = Stand::new().await;
    let card = stand.house.card().await;
    let ours = office(&[]);
    let desk = Desk::new(
        stand.house.store().clone(),
        stand.house.desk.clock().clone(),
        Chance::system(),
        vec![ours.clone()],
    );
    let pair = (card.authentication.clone(), card.signature.clone());
    let found = shown(&desk, &ours, &pair).await.unwrap();
    assert_eq!(found.card().card, card.subject.card);
    // An office that lists our authority by its certificate is answered from the same record, and nobody is asked.
    let listed = BIDDING_CORE_EXAMPLE.replace("authorities = [\"mihon-issuing\"]", "authorities = []");
    let pem = stand.house.authority.certificate.to_pem();
    let listed = format!("{listed}\n[[issuer]]\nname = \"Ours\"\ncertificate = '''\n{pem}'''\n");
    let listed = Office::from_toml(&listed).unwrap();
    shown(&desk, &listed, &pair).await.unwrap();
    stand.house.revoke(&card).await;
    for office in [&ours, &listed] {
        let refused = shown(&desk, office, &pair).await.unwrap_err();
        assert!(matches!(refused, Unproven::Revoked { .. }), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_fetched_before_anybody_needs_them() {
    let stand = Stand::new().await;
    let ours = office(&[&stand.foreign]);
    let desk = stand.desk(ours.clone());
    let card = stand.card("/ca.crl");
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    stand.trust.stock_up(&desk).await.unwrap();
    assert_eq!(stand.place.asked("/ca.crl"), 0, "nobody has shown a card");
    shown(&desk, &ours, &card).await.unwrap();
    for (minutes, asked) in [(1, 1), (13, 1), (2, 2), (1, 2), (15, 3)] {
        stand.advance(minutes * 60);
        stand.trust.stock_up(&desk).await.unwrap();
        assert_eq!(stand.place.asked("/ca.crl"), asked, "after {minutes} minutes more");
    }
    // Days in which nobody logs in, and a list that is a day old when it is needed: it was renewed behind the scenes.
    for _ in 0..6 {
        stand.advance(86_400);
        stand.place.puts("/ca.crl", Serves::Content(stand.list()));
        stand.trust.stock_up(&desk).await.unwrap();
    }
    let before = stand.place.asked("/ca.crl");
    stand.place.puts("/ca.crl", Serves::Status(503));
    shown(&desk, &ours, &card).await.unwrap();
    assert_eq!(stand.place.asked("/ca.crl"), before, "nobody waited for a network");
    let [supply] = &stand.trust.supplies(&ours)[..] else {
        panic!("one issuer")
    };
    assert!(supply.until.is_some_and(|until| until > stand.now()), "{supply:?}");
    // Another node has it from the store.
    let other = trust(&policy(), stand.house.store(), &stand.clock);
    let node = Desk::new(
        stand.house.store().clone(),
        stand.clock.clone(),
        Chance::system(),
        vec![ours.clone()],
    );
    let node = node.trusting(other.clone());
    other.stock_up(&node).await.unwrap();
    assert_eq!(stand.place.asked("/ca.crl"), before);
    shown(&node, &ours, &card).await.unwrap();
    // What nobody needs is fetched no more after a month, and forgotten after half a year.
    for (days, kept) in [(31, 1), (150, 0)] {
        stand.advance(days * 86_400);
        stand.trust.stock_up(&desk).await.unwrap();
        assert_eq!(stand.place.asked("/ca.crl"), before);
        assert_eq!(stand.house.store().trusted_lists().await.unwrap().len(), kept);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tells_of_each_issuer_whether_it_is_reached_and_until_when_its_list_is_good() {
    let stand = Stand::new().await;
    let store = stand.house.store();
    let url = stand.place.url("/ca.crl");
    let text = document(&[&stand.foreign]) + &format!("crl = [\"{url}\"]\n");
    let ours = Office::from_toml(&text).unwrap();
    store.load_office(&ours.id, &text, stand.now()).await.unwrap();
    let config = Config::parse(Config::commented(), Path::new("kagimori.toml"), stand.foreign.path()).unwrap();
    let config = Config {
        trust: policy(),
        ..config
    };
    let found = || async {
        let all = doctor::examine(&config, store, stand.now()).await;
        let mut all = all.into_iter().filter(|finding| finding.what == What::Issuer);
        let one = all.next().unwrap();
        assert!(
            all.next().is_none() && one.about.contains(&url) && one.about.contains("Foreign"),
            "{one:?}"
        );
        assert_eq!(one.next.is_empty(), one.state == State::Ok, "{one:?}");
        (one.state, one.says)
    };
    let (state, says) = found().await;
    assert_eq!(state, State::Failure, "{says}");
    assert!(
        says.contains("HTTP status 404") && says.contains("undetermined"),
        "{says}"
    );
    stand.place.puts("/ca.crl", Serves::Content(stand.list()));
    let (state, says) = found().await;
    assert_eq!(state, State::Ok, "{says}");
    assert!(says.contains("6 days") || says.contains("7 days"), "{says}");
    // A server keeps it in stock, and the issuer is gone: a warning as long as the list is good, and then a failure.
    stand.trust.stock_up(&stand.desk(ours)).await.unwrap();
    stand.place.puts("/ca.crl", Serves::Status(503));
    assert_eq!(found().await.0, State::Ok, "it was had a moment ago");
    stand.advance(86_400);
    let (state, says) = found().await;
    assert_eq!(state, State::Warning, "{says}");
    assert!(
        says.contains("HTTP status 503") && (says.contains("5 days") || says.contains("6 days")),
        "{says}"
    );
    stand.advance(7 * 86_400);
    assert_eq!(found().await.0, State::Failure);
    stand.place.puts(
        "/ca.crl",
        Serves::Content(
            stand
                .foreign
                .list(stand.now().plus_seconds(-7_200), stand.now().plus_seconds(-3_600)),
        ),
    );
    let (state, says) = found().await;
    assert_eq!(state, State::Failure);
    assert!(says.contains("has ended"), "{says}");
}
