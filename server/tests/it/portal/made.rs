//! Cards and authorities that the house does not have.

use casework::identity::{Authority, Fingerprint};
use casework::revocation::Subject;
use casework::time::Date;
use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use pki::name::{AuthorityName, Holder, Organisation};
use pki::profile::{Card, Profile, Publication, Validity};
use pki::tbs::{Issuer, Tbs};
use pki::{ObjectIdentifier, Signer as _};
use server::chance::Chance;
use server::desk::certificate::{Command, Issuance};
use server::desk::{Actor, CaseId, Desk, evidence};

use crate::house::{TestAuthority, TestCard, noon};

/// An authority with the name of the house's, and a key of its own.
pub(super) fn namesake() -> TestAuthority {
    let key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let name = AuthorityName::new("見本認証局株式会社", "見本認証局").unwrap();
    let validity = Validity::of_days(noon(2025, 1, 1).0, 7_300).unwrap();
    let serial = pki::serial::Serial::from_random(Chance::system().octets());
    let root = Tbs::new(
        &Profile::Root { name },
        serial,
        Issuer::Itself,
        key.public_key(),
        validity,
    )
    .unwrap();
    TestAuthority {
        name: Authority("mihon-issuing".to_owned()),
        certificate: root.lint().unwrap().sign(&key).unwrap().into_certificate(),
        key,
    }
}

/// A card of a holder with this name; on record where there is a desk.
pub(super) async fn card_of(authority: &TestAuthority, desk: Option<&Desk>, name: &str) -> TestCard {
    let publication = Publication::new(
        "http://ca.example.jp/crl/mihon-issuing/0.crl",
        Some("http://ca.example.jp/ocsp/mihon-issuing"),
        Some("http://ca.example.jp/ca/mihon-issuing.cer"),
    );
    let content = Card::new(
        Holder::new(name, "Yoshida", None).unwrap(),
        Organisation::new(
            "株式会社テスト工務店",
            "Test Komuten Co., Ltd.",
            "東京都千代田区神田1-2-3",
            None,
        )
        .unwrap(),
        publication.unwrap(),
        ObjectIdentifier::new_unwrap("1.2.392.200000.1"),
    );
    let until = Date {
        year: 2027,
        month: 12,
        day: 31,
    }
    .as_day()
    .ends();
    let validity = Validity::between(noon(2025, 11, 21).0, until.0).unwrap();
    let issue = async |profile: Profile, key: &SoftwareKey| {
        let (id, linted) = authority.draft(&profile, key, validity);
        let intend = authority.intend(&id, &linted, validity, None);
        let issued = linted.sign(&authority.key).unwrap();
        if let Some(desk) = desk {
            let case: CaseId<Issuance> = desk.new_case();
            desk.perform(&Actor::System, case, &intend).await.unwrap();
            let bind = Command::Bind {
                signed: evidence::signed(&issued),
                der: issued.certificate().der().to_vec(),
            };
            desk.perform(&Actor::System, case, &bind).await.unwrap();
        }
        (id, issued.into_certificate())
    };
    let authentication_key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let signature_key = SoftwareKey::generate(Algorithm::P256).unwrap();
    let (login, authentication) = issue(Profile::AuthorityAuthentication(content.clone()), &authentication_key).await;
    let (certificate, signature) = issue(Profile::AuthoritySignature(content), &signature_key).await;
    let card = Fingerprint(signature.fingerprint());
    TestCard {
        authentication,
        authentication_key,
        signature,
        signature_key,
        subject: Subject {
            certificate,
            authentication: login,
            card,
        },
    }
}
