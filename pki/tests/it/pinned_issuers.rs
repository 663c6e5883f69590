//! Whether a certificate comes from an issuer we accept.

use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::name::AuthorityName;
use pki::profile::{Profile, Validity};
use pki::tbs::Issuer;
use pki::validation::{ChainFault, issued_by};
use pki::{KeyUsage, Signer};

use crate::authority::{Authority, authority, card_content, issue};

const SIGN: KeyUsage = KeyUsage::NON_REPUDIATION;

fn card(authority: &Authority) -> Certificate {
    authority.card(
        &Profile::AuthoritySignature(card_content()),
        authority.responder.public_key(),
    )
}

#[test]
fn a_card_of_a_pinned_issuer_is_accepted_with_or_without_its_root() {
    for algorithm in Algorithm::ALL {
        let authority = authority(algorithm);
        let card = card(authority);
        let both = [authority.root.clone(), authority.issuing.clone()];
        let chain = issued_by(&card, &both, SIGN, authority.now).unwrap();
        assert_eq!(
            chain.certificates(),
            [card.clone(), authority.issuing.clone(), authority.root.clone()]
        );
        let chain = issued_by(&card, &both[1..], SIGN, authority.now).unwrap();
        assert_eq!(
            (chain.issuer(), chain.certificates().len()),
            (Some(&authority.issuing), 2)
        );
        // The root alone did not sign it.
        assert_eq!(
            issued_by(&card, &both[..1], SIGN, authority.now),
            Err(ChainFault::Issuer)
        );
    }
}

#[test]
fn p1_an_issuer_of_the_same_printed_name_is_another_issuer() {
    let (one, other) = (authority(Algorithm::P256), authority(Algorithm::P384));
    assert_eq!(one.issuing.subject().to_string(), other.issuing.subject().to_string());
    let pinned = [other.issuing.clone(), other.root.clone()];
    assert_eq!(issued_by(&card(one), &pinned, SIGN, one.now), Err(ChainFault::Issuer));
    // Control, and two generations of one name side by side: the signature decides.
    let generations = [other.issuing.clone(), one.issuing.clone()];
    assert_eq!(
        issued_by(&card(one), &generations, SIGN, one.now).unwrap().issuer(),
        Some(&one.issuing)
    );
}

#[test]
fn p1_a_forged_card_is_refused_whatever_it_says() {
    let authority = authority(Algorithm::P256);
    let card = card(authority);
    let pinned = [authority.issuing.clone()];
    let mut forged = card.der().to_vec();
    let at = forged
        .windows(8)
        .rposition(|window| window == b"Yoshiro\x31" || window.starts_with(b"Yoshiro"))
        .unwrap();
    forged[at] = b'y';
    let forged = Certificate::parse(&forged).unwrap();
    assert_eq!(forged.serial(), card.serial());
    assert_eq!(
        issued_by(&forged, &pinned, SIGN, authority.now),
        Err(ChainFault::Issuer)
    );
    assert!(
        issued_by(&card, &pinned, SIGN, authority.now).is_ok(),
        "the control must pass"
    );
    // P1: a self-signed certificate that carries the pinned CA's name.
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let name = AuthorityName::new("鍵守認証局", "Kagimori Issuing").unwrap();
    let validity = Validity::of_days(authority.now, 100).unwrap();
    let pretender = issue(
        &Profile::Root { name },
        Issuer::Itself,
        &key,
        key.public_key(),
        validity,
    );
    assert_eq!(pretender.subject(), authority.issuing.subject());
    assert_eq!(
        issued_by(&pretender, &pinned, SIGN, authority.now),
        Err(ChainFault::Issuer)
    );
}

#[test]
fn r12_the_first_and_the_last_second_are_valid_and_their_neighbours_not() {
    let authority = authority(Algorithm::P256);
    let card = card(authority);
    let pinned = [authority.issuing.clone(), authority.root.clone()];
    let at = |at| issued_by(&card, &pinned, SIGN, at).map(|_| ());
    assert_eq!((at(card.not_before()), at(card.not_after())), (Ok(()), Ok(())));
    assert_eq!(
        at(card.not_before() - 1),
        Err(ChainFault::NotYetValid {
            not_before: card.not_before()
        })
    );
    assert_eq!(
        at(card.not_after() + 1),
        Err(ChainFault::Expired {
            not_after: card.not_after()
        })
    );
}

#[test]
fn a_ca_or_a_certificate_for_another_use_is_no_card() {
    let authority = authority(Algorithm::P256);
    let pinned = [authority.root.clone(), authority.issuing.clone()];
    assert_eq!(
        issued_by(&authority.issuing, &pinned, SIGN, authority.now),
        Err(ChainFault::IsAuthority)
    );
    let login = authority.card(
        &Profile::AuthorityAuthentication(card_content()),
        authority.responder.public_key(),
    );
    assert_eq!(
        issued_by(&login, &pinned, SIGN, authority.now),
        Err(ChainFault::KeyUsage)
    );
    assert!(issued_by(&login, &pinned, KeyUsage::DIGITAL_SIGNATURE, authority.now).is_ok());
}
