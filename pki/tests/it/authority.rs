//! A whole authority per algorithm: root, issuing CA, responder, cards.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::crl::{Crl, CrlNumber, CrlPlan, Revoked, Scope, TbsCrl};
use pki::key::{PublicKey, SoftwareKey};
use pki::name::{AuthorityName, Holder, Organisation};
use pki::ocsp::Responder;
use pki::profile::{Card, CardTerm, Profile, Publication, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use pki::{ObjectIdentifier, Signer};

use crate::judge::{Desk, keep, now, octets};

pub(crate) const SHARD: &str = "http://crl.example/crl/ca/7.crl";
pub(crate) const ROOT_LIST: &str = "http://crl.example/crl/root/0.crl";
pub(crate) const DAY: i64 = 86_400;

pub(crate) struct Authority {
    pub(crate) root: Certificate,
    pub(crate) root_key: SoftwareKey,
    pub(crate) issuing: Certificate,
    pub(crate) issuing_key: SoftwareKey,
    pub(crate) responder: Certificate,
    pub(crate) responder_key: SoftwareKey,
    /// When all of it was made.
    pub(crate) now: i64,
}

/// The authority of this algorithm; made once.
pub(crate) fn authority(algorithm: Algorithm) -> &'static Authority {
    static MADE: [OnceLock<Authority>; Algorithm::ALL.len()] = [const { OnceLock::new() }; Algorithm::ALL.len()];
    let place = Algorithm::ALL
        .iter()
        .position(|other| *other == algorithm)
        .expect("one of ALL");
    MADE[place].get_or_init(|| Authority::make(algorithm))
}

impl Authority {
    fn make(algorithm: Algorithm) -> Self {
        let now = now() - 60;
        let key = || SoftwareKey::generate(algorithm).expect("a key");
        let (root_key, issuing_key, responder_key) = (key(), key(), key());
        let name = |common_name| AuthorityName::new("鍵守認証局", common_name).expect("a name");
        let root = issue(
            &Profile::Root {
                name: name("Kagimori Root"),
            },
            Issuer::Itself,
            &root_key,
            root_key.public_key(),
            Validity::of_days(now - DAY, 7_300).expect("twenty years"),
        );
        let publication = Publication::new(ROOT_LIST, None, Some("http://crl.example/ca/root.cer")).expect("addresses");
        let issuing = issue(
            &Profile::Issuing {
                name: name("Kagimori Issuing"),
                publication,
                policies: vec![policy()],
            },
            Issuer::Authority(&root),
            &root_key,
            issuing_key.public_key(),
            Validity::of_days(now - DAY, 3_650).expect("ten years"),
        );
        let responder = issue(
            &Profile::OcspResponder {
                name: name("Kagimori OCSP"),
            },
            Issuer::Authority(&issuing),
            &issuing_key,
            responder_key.public_key(),
            Validity::of_days(now - DAY / 2, 30).expect("a month"),
        );
        Self {
            root,
            root_key,
            issuing,
            issuing_key,
            responder,
            responder_key,
            now,
        }
    }

    /// A card's certificate for this key.
    pub(crate) fn card(&self, profile: &Profile, key: &PublicKey) -> Certificate {
        let validity = Validity::of_card(self.now, CardTerm::TwoYears).expect("a term");
        issue(
            profile,
            Issuer::Authority(&self.issuing),
            &self.issuing_key,
            key,
            validity,
        )
    }

    pub(crate) fn plan(&self, number: CrlNumber) -> CrlPlan<'_> {
        CrlPlan {
            issuer: &self.issuing,
            number,
            this_update: self.now,
            next_update: self.now + 7 * DAY,
            distribution_point: Some(SHARD),
            scope: Scope::Users,
        }
    }

    /// The shard with these entries, signed.
    pub(crate) fn list(&self, number: CrlNumber, entries: impl IntoIterator<Item = Revoked>) -> Crl {
        sign_list(&self.plan(number), entries, &self.issuing_key)
    }

    /// The root's empty list of CAs.
    pub(crate) fn root_list(&self) -> Crl {
        let plan = CrlPlan {
            issuer: &self.root,
            distribution_point: None,
            scope: Scope::Authorities,
            ..self.plan(CrlNumber::FIRST)
        };
        sign_list(&plan, [], &self.root_key)
    }

    pub(crate) fn responder(&self) -> Responder<&SoftwareKey> {
        Responder::new(&self.issuing, self.responder.clone(), &self.responder_key).expect("a responder")
    }

    /// root.pem and issuing.pem in `desk`.
    pub(crate) fn files(&self, desk: &Desk) -> (String, String) {
        (
            desk.file("root.pem", self.root.to_pem()),
            desk.file("issuing.pem", self.issuing.to_pem()),
        )
    }
}

/// Builds, lints, signs and keeps.
pub(crate) fn issue(
    profile: &Profile,
    issuer: Issuer<'_>,
    signer: &dyn Signer,
    key: &PublicKey,
    validity: Validity,
) -> Certificate {
    let tbs = Tbs::new(profile, serial(), issuer, key, validity).expect("a profile that fits");
    let certificate = tbs
        .lint()
        .expect("no findings")
        .sign(signer)
        .expect("a signature")
        .into_certificate();
    keep("cert", certificate.der());
    certificate
}

pub(crate) fn sign_list(plan: &CrlPlan<'_>, entries: impl IntoIterator<Item = Revoked>, signer: &dyn Signer) -> Crl {
    let issued = TbsCrl::new(plan, entries)
        .expect("a list")
        .lint()
        .expect("no findings")
        .sign(signer)
        .expect("a signature");
    keep("crl", issued.der());
    Crl::parse(issued.der()).expect("a list that can be read")
}

/// A serial that no other certificate of this run has.
pub(crate) fn serial() -> Serial {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    Serial::from_random(octets("serial", COUNT.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn holder() -> Holder {
    // 𠮷 (beyond the BMP), 髙 (a compatibility form) and 﨑 with a variation selector: none may be normalised away.
    Holder::new(
        "髙\u{fa11}\u{e0101}　𠮷郎",
        "Takasaki Yoshiro",
        Some("1-1 Marunouchi, Chiyoda-ku, Tokyo"),
    )
    .expect("a holder")
}

pub(crate) fn organisation() -> Organisation {
    let number = "7000012050002".parse().expect("the National Tax Agency's own number");
    Organisation::new(
        "株式会社鍵守工務店",
        "Kagimori Construction Co., Ltd.",
        "東京都千代田区霞が関３－１－１",
        Some(number),
    )
    .expect("an organisation")
}

pub(crate) fn card_content() -> Card {
    let publication = Publication::new(
        SHARD,
        Some("http://ocsp.example/ocsp/ca"),
        Some("http://crl.example/ca/ca.cer"),
    );
    Card::new(holder(), organisation(), publication.expect("addresses"), policy())
}

pub(crate) fn policy() -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap("1.2.392.200999.1.1")
}
