//! A service centre by OpenSSL alone: it certifies what it is asked to, and its server wants to see what it certified.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::acquisition::{Issued, Test};

use crate::portal::Certifies;

/// Its directory, with an authority and a server's key.
pub(crate) struct Centre {
    dir: PathBuf,
}

/// A server that ends with its test.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Centre {
    pub(crate) fn found(dir: &Path) -> Self {
        let dir = dir.join("centre");
        std::fs::create_dir_all(&dir).unwrap();
        let centre = Self { dir };
        for name in ["authority", "stranger"] {
            let subject = format!("/O=Centre/CN={name}");
            let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
            centre.openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "30",
                "-subj",
                &subject,
                "-keyout",
                &key,
                "-out",
                &certificate,
            ]);
        }
        std::fs::write(
            centre.dir.join("server.ext"),
            "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
        )
        .unwrap();
        std::fs::write(
            centre.dir.join("client.ext"),
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
        )
        .unwrap();
        centre.openssl(&[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=server",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
        ]);
        centre.certify("server.csr", "PEM", "server.ext", "server.der", "authority", "10");
        centre.openssl(&["x509", "-inform", "DER", "-in", "server.der", "-out", "server.pem"]);
        centre
    }

    /// A server at a port of the moment.
    pub(crate) fn serve(&self, options: &[&str]) -> Server {
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-cert",
                "server.pem",
                "-key",
                "server.key",
                "-www",
            ])
            .args(options)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "the server ended");
            if let Some(place) = line.strip_prefix("ACCEPT ") {
                break place.trim().rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        // What it says more goes nowhere, and does not block it.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        Server { child, port }
    }

    /// Certifies requests by an authority of its own, and has them tested at a port.
    pub(crate) fn certifies(self: &Arc<Self>, authority: &'static str, port: Option<u16>, anchored: bool) -> Certifies {
        let centre = Arc::clone(self);
        Arc::new(move |csr: &[u8]| {
            let name = URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, csr).as_ref());
            let (asked, made) = (format!("{name}.csr"), format!("{name}-{authority}.der"));
            // The same request is answered with the same certificate.
            if !centre.dir.join(&made).exists() {
                std::fs::write(centre.dir.join(&asked), csr).unwrap();
                centre.certify(&asked, "DER", "client.ext", &made, authority, "10");
            }
            let anchor = centre.der("authority.pem");
            Issued {
                chain: vec![encoded(&std::fs::read(centre.dir.join(made)).unwrap())],
                test: port.map(|port| Test {
                    address: format!("https://127.0.0.1:{port}/acquired"),
                    anchors: anchored.then(|| encoded(&anchor)).into_iter().collect(),
                }),
            }
        })
    }

    fn certify(&self, csr: &str, form: &str, extensions: &str, out: &str, authority: &str, days: &str) {
        let (ca, key) = (format!("{authority}.pem"), format!("{authority}.key"));
        // OpenSSL checks the proof of possession before it signs.
        self.openssl(&[
            "x509",
            "-req",
            "-inform",
            form,
            "-in",
            csr,
            "-CA",
            &ca,
            "-CAkey",
            &key,
            "-CAcreateserial",
            "-days",
            days,
            "-extfile",
            extensions,
            "-outform",
            "DER",
            "-out",
            out,
        ]);
    }

    fn der(&self, pem: &str) -> Vec<u8> {
        let made = Command::new("openssl")
            .args(["x509", "-in", pem, "-outform", "DER"])
            .current_dir(&self.dir)
            .output()
            .unwrap();
        made.stdout
    }

    fn openssl(&self, arguments: &[&str]) {
        let made = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.dir)
            .output()
            .expect("openssl is installed");
        let complaint = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "openssl {arguments:?}: {complaint}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn encoded(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}
