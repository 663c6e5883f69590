//! Project Wycheproof's vectors, good and bad, for each signature algorithm that is verified here.

use std::collections::BTreeMap;

use pki::algorithm::SignatureAlgorithm;
use pki::key::PublicKey;
use wycheproof::{TestResult, ecdsa, eddsa, mldsa_verify, rsa_pkcs1_verify};

/// How many vectors were taken and how many refused, as each should.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    taken: usize,
    refused: usize,
    /// Vectors that an implementation may take or refuse.
    either: usize,
}

impl Score {
    fn judge(&mut self, name: &str, id: usize, wanted: TestResult, taken: bool) {
        match (wanted, taken) {
            (TestResult::Acceptable, _) => self.either += 1,
            (TestResult::Valid, true) => self.taken += 1,
            (TestResult::Invalid, false) => self.refused += 1,
            (wanted, _) => panic!("{name} {id}: wanted {wanted:?}, taken: {taken}"),
        }
    }
}

fn takes(spki: &[u8], algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> bool {
    PublicKey::from_spki_der(spki).is_ok_and(|key| key.verify(algorithm, message, signature).is_ok())
}

#[test]
fn wycheproof_of_ecdsa_is_taken_and_refused_as_it_should_be() {
    use ecdsa::TestName::{EcdsaSecp256r1Sha256, EcdsaSecp384r1Sha256, EcdsaSecp384r1Sha384};
    for (name, algorithm) in [
        (EcdsaSecp256r1Sha256, SignatureAlgorithm::EcdsaSha256),
        (EcdsaSecp384r1Sha256, SignatureAlgorithm::EcdsaSha256),
        (EcdsaSecp384r1Sha384, SignatureAlgorithm::EcdsaSha384),
    ] {
        let mut score = Score::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let taken = takes(&group.der, algorithm, &test.msg, &test.sig);
                score.judge(&format!("{name:?}"), test.tc_id, test.result, taken);
            }
        }
        assert!(score.taken > 100 && score.refused > 100, "{name:?}: {score:?}");
    }
}

#[test]
fn wycheproof_of_rsa_is_taken_and_refused_as_it_should_be() {
    use SignatureAlgorithm::{RsaSha256, RsaSha384, RsaSha512};
    use rsa_pkcs1_verify::TestName as Name;
    for (name, algorithm) in [
        (Name::Rsa2048Sha256, RsaSha256),
        (Name::Rsa2048Sha384, RsaSha384),
        (Name::Rsa2048Sha512, RsaSha512),
        (Name::Rsa3072Sha256, RsaSha256),
        (Name::Rsa3072Sha384, RsaSha384),
        (Name::Rsa3072Sha512, RsaSha512),
        (Name::Rsa4096Sha256, RsaSha256),
        (Name::Rsa4096Sha384, RsaSha384),
        (Name::Rsa4096Sha512, RsaSha512),
    ] {
        let mut score = Score::default();
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let taken = takes(&group.der, algorithm, &test.msg, &test.sig);
                // Keys with an exponent below 65537 are none here (THREATS R2), however good their signatures are.
                let small = group.key.e.len() < 3;
                let wanted = if small { TestResult::Invalid } else { test.result };
                score.judge(&format!("{name:?}"), test.tc_id, wanted, taken);
            }
        }
        assert!(score.taken > 5 && score.refused > 100, "{name:?}: {score:?}");
    }
}

#[test]
fn wycheproof_of_ed25519_is_taken_and_refused_as_it_should_be() {
    let mut score = Score::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        for test in group.tests {
            let taken = takes(&group.der, SignatureAlgorithm::Ed25519, &test.msg, &test.sig);
            score.judge("Ed25519", test.tc_id, test.result, taken);
        }
    }
    assert!(score.taken > 50 && score.refused > 30, "{score:?}");
}

#[test]
fn r10_wycheproof_of_ml_dsa_is_taken_and_refused_as_it_should_be() {
    use mldsa_verify::TestName as Name;
    let sets = [
        (Name::MlDsa44Verify, SignatureAlgorithm::MlDsa44),
        (Name::MlDsa65Verify, SignatureAlgorithm::MlDsa65),
        (Name::MlDsa87Verify, SignatureAlgorithm::MlDsa87),
    ];
    let mut scores = BTreeMap::new();
    for (name, algorithm) in sets {
        let mut score = Score::default();
        for group in mldsa_verify::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                // X.509 signs with an empty context (RFC 9881 §3): a vector of another context is one to refuse.
                let context = test.ctx.as_ref().is_some_and(|context| !context.is_empty());
                let wanted = if context { TestResult::Invalid } else { test.result };
                let taken = takes(&group.der, algorithm, &test.msg, &test.sig);
                score.judge(&format!("{name:?}"), test.tc_id, wanted, taken);
            }
        }
        scores.insert(format!("{name:?}"), score);
    }
    assert!(
        scores.values().all(|score| score.taken > 20 && score.refused > 20),
        "{scores:?}"
    );
}
