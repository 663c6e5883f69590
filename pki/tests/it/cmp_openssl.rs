//! OpenSSL's CMP client at a door of ours.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use pki::certificate::Certificate;
use pki::cmp::CmpFault;
use pki::csr::NotAdmitted;

use crate::cmp_door::{Door, REFERENCE, SECRET};
use crate::judge::{Desk, Verdict, openssl};

/// The door behind HTTP, at a port that the system chooses.
fn open(door: &Arc<Mutex<Door>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let door = Arc::clone(door);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            serve(connection, &door);
        }
    });
    address
}

/// One request for each connection.
fn serve(mut connection: TcpStream, door: &Mutex<Door>) {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = received.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&received[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if received.len() >= head + 4 + length {
                assert!(text.contains("content-type: application/pkixcmp"));
                let (answer, _) = door.lock().unwrap().serve(&received[head + 4..head + 4 + length]);
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    answer.len()
                );
                let _ = connection.write_all(&[head.as_bytes(), &answer].concat());
                return;
            }
        }
        match connection.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
        }
    }
}

/// `openssl cmp` with what all calls have in common.
fn client(address: &str, arguments: &[&str]) -> Verdict {
    let common = [
        "cmp",
        "-config",
        "",
        "-no_proxy",
        "127.0.0.1",
        "-batch",
        "-path",
        "ca",
        "-server",
        address,
    ];
    openssl(&[&common, arguments].concat())
}

fn new_key(desk: &Desk, name: &str) -> String {
    let path = desk.path(name);
    let path = path.to_str().unwrap();
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        path,
    ])
    .accepts("");
    path.to_owned()
}

fn certificate(desk: &Desk, name: &str) -> Certificate {
    Certificate::from_pem(&String::from_utf8(desk.read(name)).unwrap()).unwrap()
}

#[test]
fn r19_openssl_enrols_with_both_codes_confirms_updates_its_key_and_revokes() {
    let door = Arc::new(Mutex::new(Door::new()));
    let address = open(&door);
    let desk = Desk::new();
    let (reference, secret) = codes();
    let by_secret = ["-ref", &reference, "-secret", &secret, "-mac", "hmacWithSHA256"];
    let (key, next) = (new_key(&desk, "key.pem"), new_key(&desk, "next.pem"));
    let path = |name: &str| desk.path(name).to_str().unwrap().to_owned();
    let (first, second, anchors) = (path("first.pem"), path("second.pem"), path("anchors.pem"));

    let ask = [
        "-cmd",
        "ir",
        "-newkey",
        &key,
        "-subject",
        "/C=JP/CN=NAC001",
        "-certout",
        &first,
    ];
    client(&address, &[&by_secret[..], &ask, &["-cacertsout", &anchors]].concat()).accepts("received 1 enrolled");
    let held = certificate(&desk, "first.pem");
    assert_eq!(
        door.lock().unwrap().valid,
        std::slice::from_ref(&held),
        "certConf arrived"
    );
    assert_eq!(certificate(&desk, "anchors.pem"), door.lock().unwrap().ca.certificate);
    openssl(&["verify", "-CAfile", &anchors, &first]).accepts("OK");

    let by_key = ["-cert", &first, "-key", &key, "-trusted", &anchors];
    let ask = ["-cmd", "kur", "-newkey", &next, "-certout", &second];
    client(&address, &[&by_key[..], &ask].concat()).accepts("received 1 enrolled");
    let updated = certificate(&desk, "second.pem");
    assert_eq!(updated.subject(), held.subject());
    assert_ne!(updated.public_key(), held.public_key());

    // Neither another's name nor another's certificate.
    let third = new_key(&desk, "third.pem");
    let out = path("third-certificate.pem");
    let renamed = [
        "-cmd",
        "kur",
        "-newkey",
        &third,
        "-subject",
        "/CN=NAC002",
        "-certout",
        &out,
    ];
    client(&address, &[&by_key[..], &renamed].concat()).refuses("");
    let foreign = ["-cmd", "rr", "-oldcert", &second];
    client(&address, &[&by_key[..], &foreign].concat()).refuses("");
    let faults = std::mem::take(&mut door.lock().unwrap().faults);
    let subject = CmpFault::NotAdmitted(NotAdmitted::Subject);
    assert_eq!(faults, [subject, CmpFault::OtherProtection]);

    let ask = ["-cmd", "rr", "-oldcert", &first, "-revreason", "4"];
    client(&address, &[&by_key[..], &ask].concat()).accepts("revocation accepted");
    let door = door.lock().unwrap();
    assert_eq!((&door.valid[..], &door.revoked[..]), (&[updated][..], &[held][..]));
}

#[test]
fn r19_openssl_is_spared_the_confirmation_where_it_asks_and_enrols_by_pkcs10_and_with_every_kind_of_key() {
    let door = Arc::new(Mutex::new(Door::new()));
    let address = open(&door);
    let desk = Desk::new();
    let (reference, secret) = codes();
    let by_secret = ["-ref", &reference, "-secret", &secret, "-mac", "hmacWithSHA256"];
    let out = desk.path("certificate.pem");
    let out = out.to_str().unwrap();
    let (key, request) = (desk.path("key.pem"), desk.path("request.pem"));
    let (key, request) = (key.to_str().unwrap(), request.to_str().unwrap());
    for (count, options) in [
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ]
    .into_iter()
    .enumerate()
    {
        openssl(&[&["genpkey", "-out", key], options].concat()).accepts("");
        let ask = [
            "-cmd",
            "cr",
            "-newkey",
            key,
            "-subject",
            "/CN=NAC002",
            "-certout",
            out,
            "-implicit_confirm",
        ];
        client(&address, &[&by_secret[..], &ask].concat()).accepts("received 1 enrolled");
        let granted = certificate(&desk, "certificate.pem");
        assert_eq!(door.lock().unwrap().valid.last(), Some(&granted));

        openssl(&["req", "-new", "-key", key, "-subj", "/CN=NAC003", "-out", request]).accepts("");
        let ask = ["-cmd", "p10cr", "-csr", request, "-certout", out];
        client(&address, &[&by_secret[..], &ask].concat()).accepts("received 1 enrolled");
        let granted = certificate(&desk, "certificate.pem");
        assert_eq!(granted.subject().common_name(), Some("NAC003"));
        let door = door.lock().unwrap();
        assert_eq!((door.valid.len(), door.valid.last()), (2 * count + 2, Some(&granted)));
    }
}

#[test]
fn r19_openssl_gets_nothing_with_a_wrong_secret_without_protection_with_sha1_or_without_its_key() {
    let door = Arc::new(Mutex::new(Door::new()));
    let address = open(&door);
    let desk = Desk::new();
    let key = new_key(&desk, "key.pem");
    let (reference, secret) = codes();
    let anchor = desk.file("anchor.pem", door.lock().unwrap().ca.certificate.to_pem());
    let out = desk.path("certificate.pem");
    let ask = [
        "-cmd",
        "ir",
        "-newkey",
        &key,
        "-subject",
        "/CN=NAC001",
        "-certout",
        out.to_str().unwrap(),
    ];
    let sha256 = ["-mac", "hmacWithSHA256", "-trusted", &anchor];
    let refused = |more: &[&str], words: &str, fault: CmpFault| {
        // OpenSSL believes the refusal, since it is signed, and says it.
        client(&address, &[&ask[..], more].concat()).refuses(words);
        assert!(!out.exists());
        let mut door = door.lock().unwrap();
        assert!(door.valid.is_empty());
        assert_eq!(std::mem::take(&mut door.faults), [fault]);
    };
    let wrong = ["-ref", &reference, "-secret", "pass:ABCDE00001-NACCT"];
    refused(&[&wrong[..], &sha256].concat(), "", CmpFault::Mac);
    let other = ["-ref", "NAC11110B", "-secret", &secret];
    refused(&[&other[..], &sha256].concat(), "", CmpFault::Mac);
    let right = ["-ref", &reference, "-secret", &secret];
    let sha1 = ["-mac", "hmac-sha1", "-trusted", &anchor];
    refused(&[&right[..], &sha1].concat(), "", CmpFault::Algorithm);
    let unprotected = ["-unprotected_requests", "-trusted", &anchor];
    refused(&unprotected, "", CmpFault::NoProtection);
    refused(
        &[&right[..], &sha256, &["-popo", "-1"]].concat(),
        "",
        CmpFault::Possession,
    );
    refused(
        &[&right[..], &sha256, &["-popo", "0"]].concat(),
        "",
        CmpFault::Possession,
    );
    // A32: who asks for the rights of an authority.
    let config = desk.file("extensions.cnf", "[authority]\nbasicConstraints = critical,CA:TRUE\n");
    let authority = ["-config", &config, "-section", "", "-reqexts", "authority"];
    refused(
        &[&right[..], &sha256, &authority].concat(),
        "",
        CmpFault::NotAdmitted(NotAdmitted::Authority),
    );
    // The control: the same with nothing wrong.
    client(&address, &[&ask[..], &right, &sha256].concat()).accepts("received 1 enrolled");
}

fn codes() -> (String, String) {
    (
        String::from_utf8(REFERENCE.to_vec()).unwrap(),
        format!("pass:{}", String::from_utf8(SECRET.to_vec()).unwrap()),
    )
}
