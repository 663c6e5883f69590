//! The doors of a terminal's own programs, before the programs that people have: curl and OpenSSL.

use std::path::Path;

use casework::acquisition::Case;
use casework::identity::{Fingerprint, GrantId};
use casework::terminal::{Division, Terminal};
use pki::certificate::Certificate;
use server::config::{Listen, Serves, Tls};
use server::desk::CaseId;
use server::desk::acquisition::Acquisition;
use server::office::{Office, TERMINALS_EXAMPLE};
use server::serve::Roles;

use crate::grant::{self, terminal, terminal_of};
use crate::node::{Node, free_port, on_both_stores, run};

/// A node with a service centre, a listener for its terminals, and a directory for the clients' files.
pub(crate) struct Door {
    pub(crate) node: Node,
    pub(crate) office: Office,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) port: u16,
}

on_both_stores! {
    async fn r19_curl_and_openssl_enrol_by_est_with_the_codes_and_again_with_the_certificate(place: Place) {
        let door = Door::open(place).await;
        let dir = door.dir.path();
        let grant = grant::open(door.desk(), &door.office, 1, terminal()).await;
        let (status, said) = door.curl("cacerts", &[]);
        assert_eq!((status, said.as_str()), (200, "application/pkcs7-mime"));
        openssl(dir, &["base64", "-d", "-in", "body", "-out", "body.p7"]);
        let listed = openssl(dir, &["pkcs7", "-inform", "DER", "-in", "body.p7", "-print_certs"]);
        assert_eq!(listed.matches("BEGIN CERTIFICATE").count(), 2, "the authority and its root: {listed}");

        request(dir, "first", "/CN=NAC11110A");
        let user = format!("NAC11110A:{}-NACCS", door.second(terminal()).await);
        let first = door.enrol("simpleenroll", "first", &["-u", &user]);
        assert_eq!(first.subject().common_name(), Some("NAC11110A"));
        openssl(dir, &["verify", "-purpose", "sslclient", "-CAfile", "root.pem", "-untrusted", "mihon.pem", "first.pem"]);
        // The answer was lost: the same codes and request fetch the same certificate.
        assert_eq!(door.enrol("simpleenroll", "first", &["-u", &user]), first);
        request(dir, "other", "/CN=NAC11110A");
        assert_eq!(door.post("simpleenroll", "other", &["-u", &user]).0, 409, "another key");

        let by_first = ["--cert", "first.pem", "--key", "first.key"];
        assert_eq!(door.installed(&by_first), 200);
        let held = |case: Case| case.held().cloned().unwrap();
        assert!(held(door.case(grant).await).installed.is_some());
        let second = door.enrol("simplereenroll", "other", &by_first);
        assert_ne!(second.public_key(), first.public_key());
        assert_eq!(door.installed(&["--cert", "other.pem", "--key", "other.key"]), 200);
        let row = door.desk().store().terminal_certificate(Fingerprint(first.fingerprint())).await.unwrap().unwrap();
        assert!(row.revoked.is_some(), "what works supersedes what was before");
        request(dir, "third", "/CN=NAC11110A");
        assert_eq!(door.post("simplereenroll", "third", &by_first).0, 409, "and that is spent for another key");
    }

    async fn r19_est_refuses_wrong_codes_unknown_terminals_strangers_and_what_is_no_request(place: Place) {
        let door = Door::open(place).await;
        let dir = door.dir.path();
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        let second = door.second(terminal()).await;
        request(dir, "key", "/CN=NAC11110A");
        for user in ["NAC99999Z:AAAAAAAAAA-NACCS", "NAC11110A:AAAAAAAAAA-NACCS", "NAC11110A:"] {
            assert_eq!(door.post("simpleenroll", "key", &["-u", user]).0, 401, "{user}");
        }
        assert_eq!(door.post("simpleenroll", "key", &[]).0, 401);
        assert!(door.headers().contains("www-authenticate: basic"), "{}", door.headers());
        assert_eq!(door.post("simplereenroll", "key", &[]).0, 403, "no certificate was shown");
        // A stranger's certificate, whose key it has.
        openssl(dir, &["req", "-x509", "-key", "key.key", "-subj", "/CN=NAC11110A", "-days", "10", "-out", "stranger.pem"]);
        let stranger = ["--cert", "stranger.pem", "--key", "key.key"];
        assert_eq!(door.post("simplereenroll", "key", &stranger).0, 403);
        assert_eq!(door.installed(&stranger), 403);
        let user = format!("NAC11110A:{second}-NACCS");
        request(dir, "renamed", "/CN=NAC11110B");
        assert_eq!(door.post("simpleenroll", "renamed", &["-u", &user]).0, 400);
        std::fs::write(dir.join("junk.csr"), "junk").unwrap();
        assert_eq!(door.post("simpleenroll", "junk", &["-u", &user]).0, 400);
        std::fs::write(dir.join("huge.csr"), vec![b'A'; 200_000]).unwrap();
        assert_eq!(door.post("simpleenroll", "huge", &["-u", &user]).0, 413);
        assert_eq!(door.curl("cacerts", &["-X", "POST", "-d", ""]).0, 405);
        assert_eq!(door.curl_at("/.well-known/est/nobody/cacerts", &[]).0, 404);
        assert_eq!(door.curl("serverkeygen", &[]).0, 404);
        // The control: the right codes, after two wrong tries.
        door.enrol("simpleenroll", "key", &["-u", &user]);
        // The door is on its own listener alone.
        let portal = format!("{}/.well-known/est/mihon/cacerts", door.node.config.portal.origin);
        let (_, printed) = run("curl", &["-s", "-o", "body", "-w", "%{http_code}", &portal], dir);
        assert_eq!(printed, "404");
    }

    async fn r19_openssl_cmp_enrols_updates_and_revokes_by_the_codes_and_the_certificate(place: Place) {
        let door = Door::open(place).await;
        let dir = door.dir.path();
        let grant = grant::open(door.desk(), &door.office, 1, terminal()).await;
        let secret = format!("pass:{}-NACCS", door.second(terminal()).await);
        for name in ["first", "second", "third"] {
            openssl(dir, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &format!("{name}.key")]);
        }
        let by_secret = ["-ref", "NAC11110A", "-secret", &secret, "-mac", "hmacWithSHA256"];
        let ir = ["-cmd", "ir", "-newkey", "first.key", "-subject", "/CN=NAC11110A", "-certout", "first.pem", "-cacertsout", "anchors.pem"];
        let said = door.cmp(&[&by_secret[..], &ir].concat());
        assert!(said.1.contains("received 1 enrolled"), "{}", said.1);
        let first = certificate(dir, "first");
        assert_eq!(certificate(dir, "anchors").to_pem(), std::fs::read_to_string(dir.join("root.pem")).unwrap());
        assert!(matches!(door.case(grant).await, Case::Acquired { .. }));
        // cr: the codes are spent for this key, and fetch the same certificate.
        let cr = ["-cmd", "cr", "-newkey", "first.key", "-subject", "/CN=NAC11110A", "-certout", "again.pem", "-implicit_confirm"];
        door.cmp(&[&by_secret[..], &cr].concat());
        assert_eq!(certificate(dir, "again"), first);

        let by_first = ["-cert", "first.pem", "-key", "first.key", "-trusted", "root.pem", "-untrusted", "mihon.pem"];
        let kur = ["-cmd", "kur", "-newkey", "second.key", "-certout", "second.pem"];
        let said = door.cmp(&[&by_first[..], &kur].concat());
        assert!(said.1.contains("received 1 enrolled"), "{}", said.1);
        let second = certificate(dir, "second");
        assert_eq!(second.subject(), first.subject());
        let by_second = ["-cert", "second.pem", "-key", "second.key", "-trusted", "root.pem", "-untrusted", "mihon.pem"];
        let rr = ["-cmd", "rr", "-oldcert", "second.pem", "-revreason", "5"];
        let said = door.cmp(&[&by_second[..], &rr].concat());
        assert!(said.1.contains("revocation accepted"), "{}", said.1);
        let row = door.desk().store().terminal_certificate(Fingerprint(second.fingerprint())).await.unwrap().unwrap();
        assert!(row.revoked.is_some());
        let kur = ["-cmd", "kur", "-newkey", "third.key", "-certout", "third.pem"];
        let said = door.cmp(&[&by_second[..], &kur].concat());
        assert!(said.0 != 0 && said.1.contains("certRevoked"), "{}", said.1);
    }

    async fn r19_openssl_cmp_is_refused_a_wrong_secret_a_replay_and_an_unknown_terminal_in_the_protocols_own_words(place: Place) {
        let door = Door::open(place).await;
        let dir = door.dir.path();
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        grant::open(door.desk(), &door.office, 2, terminal_of(Division::Sea, "11110B")).await;
        let secret = format!("pass:{}-NACCS", door.second(terminal()).await);
        openssl(dir, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.key"]);
        let ir = ["-cmd", "ir", "-newkey", "key.key", "-subject", "/CN=NAC11110A", "-certout", "key.pem", "-mac", "hmacWithSHA256"];
        let trusts = ["-trusted", "root.pem", "-untrusted", "mihon.pem"];
        let ask = |more: &[&str]| door.cmp(&[&ir[..], &trusts, more].concat());
        let refused = |(status, said): (i32, String), word: &str| {
            assert!(status != 0 && said.contains(word), "{word}: {said}");
            assert!(!dir.join("key.pem").exists());
        };
        refused(ask(&["-ref", "NAC11110A", "-secret", "pass:AAAAAAAAAA-NACCS"]), "badMessageCheck");
        refused(ask(&["-ref", "NAC99999Z", "-secret", &secret]), "badMessageCheck");
        refused(ask(&["-ref", "NAC11110B", "-secret", &secret]), "badMessageCheck");
        refused(ask(&["-unprotected_requests"]), "badMessageCheck");
        let another = ["-cmd", "ir", "-newkey", "key.key", "-subject", "/CN=NAC11110B", "-certout", "key.pem", "-mac", "hmacWithSHA256"];
        let renamed = door.cmp(&[&another[..], &trusts, &["-ref", "NAC11110A", "-secret", &secret]].concat());
        refused(renamed, "badCertTemplate");
        // The control, whose first message is kept and sent once more.
        let right = ["-ref", "NAC11110A", "-secret", &secret, "-reqout", "request.der confirm.der"];
        let (status, said) = ask(&right);
        assert!(status == 0 && said.contains("received 1 enrolled"), "{said}");
        let url = format!("https://localhost:{}/.well-known/cmp/mihon", door.port);
        let resolve = format!("localhost:{}:127.0.0.1", door.port);
        let replay = ["-s", "-o", "answer.der", "--cacert", "tls.pem", "--resolve", &resolve, "-H", "content-type: application/pkixcmp",
            "--data-binary", "@request.der", &url];
        assert_eq!(run("curl", &replay, dir).0, 0);
        let answer = pki::cmp::Message::parse(&std::fs::read(dir.join("answer.der")).unwrap()).unwrap();
        let signer = answer.certificates()[0].clone();
        let authentic = answer.verify_signature(&signer).unwrap();
        let body = format!("{:?}", authentic.body().unwrap());
        assert!(body.contains("TransactionIdInUse"), "{body}");
        let codes = Certificate::parse(signer.der()).unwrap();
        assert_eq!(codes.subject().common_name(), Some("mihon CMP"));
    }
}

impl Door {
    pub(crate) async fn open(place: crate::house::Place) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut node = Node::start(place).await;
        node.write_authorities(dir.path()).await;
        openssl(
            dir.path(),
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "10",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                "tls.key",
                "-out",
                "tls.pem",
            ],
        );
        // A month, and ninety days in which it can be renewed: at once.
        let text = TERMINALS_EXAMPLE
            .replacen("\"mihon-issuing\"", "\"mihon\"", 1)
            .replacen("valid_months = 12", "valid_months = 1", 1)
            .replacen("renewable_days = 28", "renewable_days = 90", 1);
        let office = Office::from_toml(&text).unwrap();
        let now = node.running().desk().clock().now();
        node.running()
            .desk()
            .store()
            .load_office(&office.id, &text, now)
            .await
            .unwrap();
        node.stop().await;
        node.config.listen.push(listen(dir.path(), port));
        node.serve(Roles::all()).await.unwrap();
        grant::import(node.running().desk(), &office).await;
        Self {
            node,
            office,
            dir,
            port,
        }
    }

    pub(crate) fn desk(&self) -> &server::desk::Desk {
        self.node.running().desk()
    }

    pub(crate) async fn second(&self, terminal: Terminal) -> String {
        let second = self.desk().second_code(&self.office.id, terminal).await.unwrap();
        second.unwrap().to_string()
    }

    async fn case(&self, grant: GrantId) -> Case {
        let case: CaseId<Acquisition> = CaseId::from_octets(grant.0);
        self.desk().look(case).await.unwrap()
    }

    /// A request to EST; status and content type. The content is in `body`, the head in `head`.
    fn curl(&self, operation: &str, more: &[&str]) -> (u16, String) {
        self.curl_at(&format!("/.well-known/est/mihon/{operation}"), more)
    }

    fn curl_at(&self, path: &str, more: &[&str]) -> (u16, String) {
        let url = format!("https://localhost:{}{path}", self.port);
        let resolve = format!("localhost:{}:127.0.0.1", self.port);
        let common = [
            "-s",
            "-o",
            "body",
            "-D",
            "head",
            "-w",
            "%{http_code} %{content_type}",
            "--cacert",
            "tls.pem",
            "--resolve",
            &resolve,
            &url,
        ];
        let (status, printed) = run("curl", &[&common[..], more].concat(), self.dir.path());
        assert_eq!(status, 0, "{printed}");
        let (code, kind) = printed.split_once(' ').unwrap();
        (code.parse().unwrap(), kind.to_owned())
    }

    fn headers(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("head"))
            .unwrap()
            .to_lowercase()
    }

    fn post(&self, operation: &str, name: &str, more: &[&str]) -> (u16, String) {
        let data = format!("@{name}.csr");
        let asked = ["-H", "content-type: application/pkcs10", "--data-binary", &data];
        self.curl(operation, &[&asked[..], more].concat())
    }

    /// The certificate that comes of a request, which is then in `name.pem`.
    fn enrol(&self, operation: &str, name: &str, more: &[&str]) -> Certificate {
        let (status, kind) = self.post(operation, name, more);
        let said = || std::fs::read_to_string(self.dir.path().join("body")).unwrap();
        assert_eq!(
            (status, kind.as_str()),
            (200, "application/pkcs7-mime; smime-type=certs-only"),
            "{}",
            said()
        );
        let dir = self.dir.path();
        openssl(dir, &["base64", "-d", "-in", "body", "-out", "body.p7"]);
        let pem = format!("{name}.pem");
        openssl(
            dir,
            &[
                "pkcs7",
                "-inform",
                "DER",
                "-in",
                "body.p7",
                "-print_certs",
                "-out",
                &pem,
            ],
        );
        certificate(dir, name)
    }

    fn installed(&self, by: &[&str]) -> u16 {
        self.curl_at(server::enrolment::INSTALLED, by).0
    }

    fn cmp(&self, arguments: &[&str]) -> (i32, String) {
        let server = format!("localhost:{}", self.port);
        let common = [
            "cmp",
            "-config",
            "",
            "-batch",
            "-no_proxy",
            "localhost",
            "-server",
            &server,
            "-path",
            ".well-known/cmp/mihon",
            "-tls_used",
            "-tls_trusted",
            "tls.pem",
            "-tls_host",
            "localhost",
        ];
        run("openssl", &[&common[..], arguments].concat(), self.dir.path())
    }
}

/// The listener of terminals on this port.
pub(crate) fn listen(dir: &Path, port: u16) -> Listen {
    Listen {
        address: ([127, 0, 0, 1], port).into(),
        serves: vec![Serves::Enrolment],
        tls: Some(Tls {
            certificate: dir.join("tls.pem"),
            key: dir.join("tls.key"),
        }),
        behind: Vec::new(),
    }
}

fn request(dir: &Path, name: &str, subject: &str) {
    let (key, csr) = (format!("{name}.key"), format!("{name}.csr"));
    openssl(
        dir,
        &[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            &key,
            "-subj",
            subject,
            "-out",
            &csr,
        ],
    );
}

fn certificate(dir: &Path, name: &str) -> Certificate {
    let pem = std::fs::read_to_string(dir.join(format!("{name}.pem"))).unwrap();
    Certificate::from_pem(&pem[pem.find("-----BEGIN").unwrap()..]).unwrap()
}

fn openssl(dir: &Path, arguments: &[&str]) -> String {
    let (status, printed) = run("openssl", arguments, dir);
    assert_eq!(status, 0, "openssl {arguments:?}: {printed}");
    printed
}
