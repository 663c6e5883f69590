//! `kagimori-agent virtual-card` with citizens' cards, by its files: what an issuer made, and what is no such thing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use agent::virtual_card::VirtualCard;
use card::TriesLeft;
use card::piv::Slot;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::{PublicKey, SoftwareKey};
use pki::name::{AuthorityName, BirthDate, Citizen, Resident, Sex, SubjectNumber, Substituted};
use pki::profile::{Profile, Publication, Validity};
use pki::serial::Serial;
use pki::tbs::{Issuer, Tbs};
use tempfile::TempDir;

use crate::bench::BEGIN;
use crate::screens::visual;
use crate::shell::said;

const FOUR: &str = "7305";
const PASSWORD: &str = "KAGI2026MORI";

/// A holder's directory, and what lies in it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn does(&self, words: &[&str], secrets: [&str; 2]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kagimori-agent"))
            .arg("virtual-card")
            .args(words)
            .env("KAGIMORI_PIN", secrets[0])
            .env("KAGIMORI_PASSWORD", secrets[1])
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What it says, where it fails; it never says a PIN.
    fn refused(&self, words: &[&str], secrets: [&str; 2]) -> String {
        let output = self.does(words, secrets);
        let said = said(&output);
        assert!(!output.status.success(), "{words:?}: {said}");
        assert!(
            secrets.iter().all(|secret| secret.is_empty() || !said.contains(secret)),
            "{said}"
        );
        said
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.does(words, [FOUR, PASSWORD]);
        let said = said(&output);
        assert!(output.status.success(), "{words:?}: {said}");
        assert!(!said.contains(FOUR) && !said.contains(PASSWORD), "{said}");
        said
    }

    /// A card with this name and its requests, and what an issuer makes for them in a directory of that name.
    fn issued(&self, name: &str) {
        let (state, requests) = (format!("{name}.json"), format!("{name}-csr"));
        self.done(&["new", "--kind", "jpki", "--state", &state, "--csr", &requests]);
        let made = self.path(name);
        std::fs::create_dir(&made).unwrap();
        issue(&self.path(&requests), &made);
    }

    /// `load` of a card with what stands for its issuer's files.
    fn load<'a>(state: &'a str, visual: &'a str, keys: &'a str, certificates: &[&'a str]) -> Vec<&'a str> {
        let words = ["load", "--state", state, "--visual", visual, "--unblock-keys", keys];
        [&words, certificates].concat()
    }

    fn loads_taro(&self) {
        self.done(&Self::load("taro.json", "taro/visual.bin", "taro/unblock.key", &TARO));
    }
}

const TARO: [&str; 3] = ["taro/signature.cer", "taro/authority.pem", "taro/authentication.cer"];

/// Both certificates (DER), that of their authority (PEM), the face and the keys, as `kagimori card issue` writes them.
fn issue(requests: &Path, made: &Path) {
    let authority = SoftwareKey::generate(Algorithm::P256).unwrap();
    let certify = |profile: &Profile, issuer: Issuer<'_>, key: &PublicKey, validity| {
        let serial = Serial::from_random(agent::chance::octets());
        let tbs = Tbs::new(profile, serial, issuer, key, validity).unwrap();
        tbs.lint().unwrap().sign(&authority).unwrap().into_certificate()
    };
    let ten_years = Validity::of_days(BEGIN, 3_650).unwrap();
    let name = AuthorityName::new("JPKI-TEST", "Example").unwrap();
    let root = certify(
        &Profile::Root { name },
        Issuer::Itself,
        authority.public_key(),
        ten_years,
    );
    let birth = BirthDate::new(1990, 4, 12).unwrap();
    let citizen = Citizen::new(
        Substituted::name("見本　太郎", None).unwrap(),
        Substituted::address("東京都見本区見本一丁目1番1号", None).unwrap(),
        Sex::Male,
        birth,
    );
    let number = || SubjectNumber::from_random(agent::chance::octets());
    let publication = Publication::new("http://ca.example.jp/crl/0.crl", None, None).unwrap();
    let authentication = Profile::CitizenAuthentication {
        number: number(),
        publication: publication.clone(),
    };
    let signature = Profile::CitizenSignature {
        resident: Resident::new("東京都", "見本区", number()).unwrap(),
        citizen: Box::new(citizen),
        publication,
    };
    for (name, profile) in [("authentication", authentication), ("signature", signature)] {
        let text = std::fs::read_to_string(requests.join(format!("{name}.csr"))).unwrap();
        let request = CertificateRequest::from_pem(&text).unwrap();
        let validity = Validity::of_citizen(BEGIN, birth).unwrap();
        let certificate = certify(&profile, Issuer::Authority(&root), request.public_key(), validity);
        std::fs::write(made.join(format!("{name}.cer")), certificate.der()).unwrap();
    }
    std::fs::write(made.join("authority.pem"), root.to_pem()).unwrap();
    let told = std::fs::read_to_string(requests.join("card.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let number: [u8; 16] = told["number"].as_str().unwrap().as_bytes().try_into().unwrap();
    std::fs::write(made.join("visual.bin"), visual(&number)).unwrap();
    let keys = format!("1\n91 {}\n92 {}\n", "4c".repeat(32), "4b".repeat(32));
    std::fs::write(made.join("unblock.key"), keys).unwrap();
}

#[test]
fn a_citizens_card_is_made_certified_and_loaded_once() {
    let desk = Desk::new();
    desk.issued("taro");
    let new = ["new", "--kind", "jpki", "--state", "taro.json", "--csr", "again"];
    let blank = std::fs::read(desk.path("taro.json")).unwrap();
    // What is there is not made once more, neither before it is loaded nor after that.
    assert!(desk.refused(&new, [FOUR, PASSWORD]).contains("there already"));
    assert_eq!(std::fs::read(desk.path("taro.json")).unwrap(), blank);
    desk.loads_taro();
    let card = VirtualCard::open(&desk.path("taro.json")).unwrap();
    for (slot, name) in [(Slot::Authentication, "authentication"), (Slot::Signature, "signature")] {
        let der = std::fs::read(desk.path(&format!("taro/{name}.cer"))).unwrap();
        assert_eq!(card.certificate(slot).unwrap().der(), der, "{name}");
    }
    assert_eq!(card.tries_left_of(Slot::Authentication), TriesLeft::Known(3));
    assert_eq!(card.tries_left_of(Slot::Signature), TriesLeft::Known(5));
    drop(card);
    let loaded = std::fs::read(desk.path("taro.json")).unwrap();
    let again = Desk::load("taro.json", "taro/visual.bin", "taro/unblock.key", &TARO);
    assert!(desk.refused(&again, ["", ""]).contains("has its certificates already"));
    assert!(desk.refused(&new, [FOUR, PASSWORD]).contains("there already"));
    assert_eq!(std::fs::read(desk.path("taro.json")).unwrap(), loaded);
}

#[test]
fn a_citizens_card_is_not_made_with_a_pin_or_a_password_of_another_form() {
    let desk = Desk::new();
    let new = ["new", "--kind", "jpki", "--state", "taro.json", "--csr", "requests"];
    for (pin, password, why) in [
        ("73055", PASSWORD, "four digits"),
        ("73o5", PASSWORD, "four digits"),
        ("", PASSWORD, "four digits"),
        (FOUR, "KAG26", "6 to 16 letters and digits"),
        (FOUR, "KAGIMORIKAGIMORI2", "6 to 16 letters and digits"),
        (FOUR, "KAGIMORI", "6 to 16 letters and digits"),
        (FOUR, "20262026", "6 to 16 letters and digits"),
        (FOUR, "ABC12３", "6 to 16 letters and digits"),
    ] {
        let said = desk.refused(&new, [pin, password]);
        assert!(said.contains(why), "{pin} {password}: {said}");
        assert!(!desk.path("taro.json").exists());
    }
}

#[test]
fn what_is_not_of_this_card_is_not_loaded_and_the_card_goes_on_waiting() {
    let desk = Desk::new();
    desk.issued("taro");
    desk.issued("hanako");
    let blank = std::fs::read(desk.path("taro.json")).unwrap();
    let other = std::fs::read_to_string(desk.path("taro/unblock.key")).unwrap();
    for (name, text) in [
        ("short.key", other.replace("4b4b\n", "4b\n")),
        ("zero.key", other.replacen('1', "0", 1)),
        (
            "one.key",
            other.lines().take(2).fold(String::new(), |all, line| all + line + "\n"),
        ),
        ("more.key", format!("{other}93 00\n")),
        ("no.cer", "no certificate".to_owned()),
        (
            "no.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
        ),
        ("empty.bin", String::new()),
    ] {
        std::fs::write(desk.path(name), text).unwrap();
    }
    let mut cut = std::fs::read(desk.path("taro/visual.bin")).unwrap();
    cut.truncate(40);
    std::fs::write(desk.path("cut.bin"), cut).unwrap();
    let (face, keys) = ("taro/visual.bin", "taro/unblock.key");
    let [signature, authority, authentication] = TARO;
    for (visual, keys, certificates, why) in [
        // Another card's, or none.
        (
            face,
            keys,
            vec![
                "hanako/signature.cer",
                authentication,
                authority,
                "hanako/authority.pem",
            ],
            "Signature key",
        ),
        (
            face,
            keys,
            vec![signature, "hanako/authentication.cer", authority],
            "Authentication key",
        ),
        (face, keys, vec![signature, authority], "Authentication key"),
        // Another authority's, or none.
        (
            face,
            keys,
            vec![signature, authentication, "hanako/authority.pem"],
            "authority that signed",
        ),
        (face, keys, vec![signature, authentication], "authority that signed"),
        (
            face,
            keys,
            vec![signature, authentication, authority, "no.cer"],
            "no.cer is no certificate",
        ),
        (
            face,
            keys,
            vec![signature, authentication, authority, "no.pem"],
            "no.pem is no certificate",
        ),
        (
            face,
            keys,
            vec![signature, authentication, "missing.cer"],
            "missing.cer cannot be read",
        ),
        // Another face, or none.
        ("hanako/visual.bin", keys, TARO.to_vec(), "it is another card's"),
        ("cut.bin", keys, TARO.to_vec(), "face cannot be used"),
        ("empty.bin", keys, TARO.to_vec(), "face cannot be used"),
        ("missing.bin", keys, TARO.to_vec(), "missing.bin cannot be read"),
        // No keys.
        (face, "short.key", TARO.to_vec(), "unblock keys cannot be read"),
        (face, "zero.key", TARO.to_vec(), "unblock keys cannot be read"),
        (face, "one.key", TARO.to_vec(), "unblock keys cannot be read"),
        (face, "more.key", TARO.to_vec(), "unblock keys cannot be read"),
        (face, "missing.key", TARO.to_vec(), "missing.key cannot be read"),
    ] {
        let said = desk.refused(&Desk::load("taro.json", visual, keys, &certificates), ["", ""]);
        assert!(said.contains(why), "{why}: {said}");
        assert!(!said.contains("4b4b4b4b"), "{said}");
        assert_eq!(std::fs::read(desk.path("taro.json")).unwrap(), blank, "{why}");
    }
    // Half of what is wanted.
    for (words, why) in [
        (vec!["--visual", face], "--unblock-keys"),
        (vec!["--unblock-keys", keys], "--visual"),
        (vec![], "say --visual and --unblock-keys"),
    ] {
        let words = [&["load", "--state", "taro.json"], &words[..], &TARO].concat();
        let said = desk.refused(&words, ["", ""]);
        assert!(said.contains(why), "{why}: {said}");
    }
    desk.loads_taro();
}

#[test]
fn a_file_that_is_no_citizens_card_is_said_to_be_none_and_stays_as_it_is() {
    let desk = Desk::new();
    desk.issued("taro");
    let whole = std::fs::read_to_string(desk.path("taro.json")).unwrap();
    let half = whole.get(..whole.len() / 2).unwrap().to_owned();
    let number = serde_json::from_str::<serde_json::Value>(&whole).unwrap()["number"].clone();
    let number = number.as_str().unwrap();
    let last = if number.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last}", number.get(..15).unwrap());
    for (broken, why) in [
        (String::new(), "not a card's JSON"),
        (half, "not a card's JSON"),
        ("{}".to_owned(), "not a card's JSON"),
        (
            whole
                .replacen("\"version\":1", "\"version\":9", 1)
                .replacen("\"version\": 1", "\"version\": 9", 1),
            "of another version",
        ),
        (whole.replace(number, &mistyped), "a card number that does not check"),
    ] {
        assert_ne!(broken, whole, "{why}");
        std::fs::write(desk.path("broken.json"), &broken).unwrap();
        let load = Desk::load("broken.json", "taro/visual.bin", "taro/unblock.key", &TARO);
        let said = desk.refused(&load, ["", ""]);
        assert!(
            said.contains("broken.json takes no certificates") && said.contains(why),
            "{why}: {said}"
        );
        let insert = ["--kind", "jpki", "--state", "broken.json", "--vpcd", "127.0.0.1:9"];
        let said = desk.refused(&insert, [FOUR, PASSWORD]);
        assert!(
            said.contains("broken.json cannot be put into the reader"),
            "{why}: {said}"
        );
        assert_eq!(std::fs::read_to_string(desk.path("broken.json")).unwrap(), broken);
    }
    // One that was made and waits for its certificates has nothing that a reader could show.
    let piv = ["new", "--kind", "piv", "--state", "piv.json", "--csr", "piv"];
    assert!(desk.does(&piv, ["48151623", ""]).status.success());
    let said = desk.refused(
        &Desk::load("piv.json", "taro/visual.bin", "taro/unblock.key", &TARO),
        ["", ""],
    );
    assert!(said.contains("piv.json takes no certificates"), "{said}");
    let said = desk.refused(&["load", "--state", "missing.json", TARO[0]], ["", ""]);
    assert!(said.contains("missing.json takes no certificates"), "{said}");
    desk.loads_taro();
}

#[test]
fn an_example_card_tells_what_is_printed_on_it_and_is_kept() {
    let desk = Desk::new();
    let insert = ["--kind", "jpki", "--state", "example.json", "--vpcd", "127.0.0.1:9"];
    let output = Command::new(env!("CARGO_BIN_EXE_kagimori-agent"))
        .arg("virtual-card")
        .args(insert)
        .env_remove("KAGIMORI_PIN")
        .env_remove("KAGIMORI_PASSWORD")
        .current_dir(desk.0.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = said(&output);
    assert!(told.contains("start pcscd") && !output.status.success(), "{told}");
    for word in [
        "PIN 1234",
        "signature password ABC123",
        "birth 19900412, valid until 20310412, security code 4827",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let made = std::fs::read(desk.path("example.json")).unwrap();
    let card = VirtualCard::open(&desk.path("example.json")).unwrap();
    let signature = Certificate::parse(card.certificate(Slot::Signature).unwrap().der()).unwrap();
    assert_eq!(signature.policies(), ["1.2.392.200149.8.5.1.0.20".parse().unwrap()]);
    drop(card);
    // The same card again, and nothing is told of it: it may have other PINs by now.
    let told = desk.refused(&insert, [FOUR, PASSWORD]);
    assert!(told.contains("start pcscd") && !told.contains("1234"), "{told}");
    assert_eq!(std::fs::read(desk.path("example.json")).unwrap(), made);
}
