//! An operator at work with the built binary.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::node::{free_port, get, run};

/// A directory in which an operator works.
pub(crate) struct Desk {
    directory: tempfile::TempDir,
    pub(crate) validation: u16,
    pub(crate) portal: u16,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self {
            directory: tempfile::tempdir().unwrap(),
            validation: free_port(),
            portal: free_port(),
        };
        desk.done(&["init"]);
        let path = desk.place().join("kagimori.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text
            .replace(":8080\"", &format!(":{}\"", desk.portal))
            .replace(":8081\"", &format!(":{}\"", desk.validation));
        std::fs::write(path, text).unwrap();
        desk
    }

    /// Makes the authorities `root` and `mihon`, and writes the holder `taro.toml`.
    pub(crate) fn founds(&self) {
        for (name, made) in [
            ("root", ["--profile", "root"].as_slice()),
            ("mihon", &["--profile", "issuing", "--parent", "root"]),
        ] {
            self.done(&[&["ca", "create", "--name", name, "--algorithm", "p256"], made].concat());
        }
        self.write("taro.toml", server::authority::holder::EXAMPLE);
    }

    /// Issues a certificate of `mihon` to the holder `taro.toml` for a fresh key.
    pub(crate) fn issues(&self, out: &str) -> Value {
        self.request("card.csr");
        let profile = ["--profile", "authority-card-signature"];
        let asked = ["--csr", "card.csr", "--holder", "taro.toml", "--out", out];
        self.json(&[&["ca", "issue", "--ca", "mihon"][..], &profile, &asked].concat())
    }

    pub(crate) fn place(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.place().join(name), text).unwrap();
    }

    /// A request for a fresh key, made by openssl.
    pub(crate) fn request(&self, name: &str) {
        let arguments = [
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "key.pem",
            "-subj",
            "/CN=card",
            "-out",
            name,
        ];
        assert_eq!(run("openssl", &arguments, self.place()).0, 0);
    }

    pub(crate) fn kagimori(&self, arguments: &[&str]) -> (i32, String) {
        run(env!("CARGO_BIN_EXE_kagimori"), arguments, self.place())
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let (status, said) = self.kagimori(arguments);
        assert_eq!(status, 0, "{arguments:?}: {said}");
        said
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let said = self.done(&[arguments, &["--json"]].concat());
        serde_json::from_str(&said).unwrap_or_else(|fault| panic!("{arguments:?}: {fault}: {said}"))
    }

    pub(crate) async fn serve(&self) -> Served {
        let log = self.place().join("serve.log");
        let child = Command::new(env!("CARGO_BIN_EXE_kagimori"))
            .arg("serve")
            .current_dir(self.place())
            .stderr(std::fs::File::create(&log).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let served = Served { child, log };
        let begun = Instant::now();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], self.validation));
        loop {
            if tokio::net::TcpStream::connect(address).await.is_ok() && get(address, "/readyz").await.status == 200 {
                return served;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{}",
                std::fs::read_to_string(&served.log).unwrap()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A server of this test, ended with it.
pub(crate) struct Served {
    child: Child,
    log: PathBuf,
}

impl Served {
    /// By SIGTERM, in order.
    pub(crate) fn end(mut self) {
        assert_eq!(run("kill", &[&self.child.id().to_string()], Path::new("/")).0, 0);
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(
                    status.success(),
                    "{status}: {}",
                    std::fs::read_to_string(&self.log).unwrap()
                );
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(15), "it does not end");
            run("sleep", &["0.05"], Path::new("/"));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Ended already in the usual case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
