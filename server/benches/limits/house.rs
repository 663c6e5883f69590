//! A house made by the product's own commands, in a folder that goes with it.

use anyhow::{Context, Result, ensure};
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

pub(crate) struct House {
    folder: tempfile::TempDir,
    pub(crate) portal: SocketAddr,
    pub(crate) validation: SocketAddr,
}

/// A process that is killed when it is let go.
pub(crate) struct Process(Child);

impl House {
    pub(crate) fn build() -> Result<Self> {
        let house = Self {
            folder: tempfile::tempdir()?,
            portal: free()?,
            validation: free()?,
        };
        let (portal, validation) = (house.portal, house.validation);
        std::fs::write(
            house.config(),
            format!(
                "data_dir = \"data\"\n[store]\nurl = \"sqlite://data/kagimori.db\"\n[portal]\norigin = \"http://{portal}\"\n\
                 [validation]\nurl = \"http://{validation}\"\n[[listen]]\naddress = \"{portal}\"\nserves = [\"portal\"]\n\
                 [[listen]]\naddress = \"{validation}\"\nserves = [\"validation\"]\n[keys]\npassphrase = {{ file = \"passphrase\" }}\n\
                 [mail]\nserver = \"127.0.0.1:9\"\n[log]\nfilter = \"warn\"\n"
            ),
        )?;
        house.command(&["init"])?;
        house.command(&[
            "ca",
            "create",
            "--name",
            "root",
            "--profile",
            "root",
            "--algorithm",
            "p384",
        ])?;
        house.command(&[
            "ca",
            "create",
            "--name",
            CA,
            "--profile",
            "issuing",
            "--parent",
            "root",
            "--algorithm",
            "p256",
        ])?;
        std::fs::write(house.folder.path().join("holder.toml"), HOLDER)?;
        Ok(house)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("kagimori.toml")
    }

    /// Its issuing authority's certificate.
    pub(crate) fn issuer(&self) -> Result<Certificate> {
        certificate(&self.command(&["ca", "show", "--ca", CA, "--pem"])?)
    }

    /// A card's certificate, issued by command.
    pub(crate) fn card(&self) -> Result<Certificate> {
        let key = SoftwareKey::generate(Algorithm::P256)?;
        let request = self.folder.path().join("request.der");
        std::fs::write(&request, CertificateRequest::new("bench", &key)?.der())?;
        let (request, holder) = (
            request.display().to_string(),
            self.folder.path().join("holder.toml").display().to_string(),
        );
        certificate(&self.command(&[
            "ca",
            "issue",
            "--ca",
            CA,
            "--profile",
            "authority-card-signature",
            "--csr",
            &request,
            "--holder",
            &holder,
        ])?)
    }

    /// `kagimori serve` on it, ready.
    pub(crate) fn serve(&self) -> Result<Process> {
        let child = Command::new(KAGIMORI)
            .arg("--config")
            .arg(self.config())
            .arg("serve")
            .spawn()
            .context("kagimori serve")?;
        let process = Process(child);
        answers(self.validation)?;
        Ok(process)
    }

    fn command(&self, arguments: &[&str]) -> Result<String> {
        let done = Command::new(KAGIMORI)
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .output()
            .context("kagimori")?;
        ensure!(
            done.status.success(),
            "kagimori {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(String::from_utf8(done.stdout)?)
    }
}

impl Process {
    pub(crate) fn spawn(program: &Path, arguments: &[String]) -> Result<Self> {
        let child = Command::new(program)
            .args(arguments)
            .stdout(std::process::Stdio::null())
            .spawn();
        Ok(Self(
            child.with_context(|| format!("{} does not start", program.display()))?,
        ))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until somebody accepts there, at most twenty seconds.
pub(crate) fn answers(address: SocketAddr) -> Result<Duration> {
    let begun = Instant::now();
    while std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
        ensure!(begun.elapsed() < Duration::from_secs(20), "nobody listens on {address}");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(begun.elapsed())
}

/// A port of loopback that was free a moment ago.
pub(crate) fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

fn certificate(pem: &str) -> Result<Certificate> {
    let (_, der) = der::Document::from_pem(pem).map_err(|fault| anyhow::anyhow!("no PEM: {fault}"))?;
    Ok(Certificate::parse(der.as_bytes())?)
}

pub(crate) const CA: &str = "bench";
pub(crate) const HOLDER: &str = "term = \"1年+30日\"\n[holder]\nname = \"鍵守 太郎\"\nname_romaji = \"KAGIMORI Taro\"\n\
    [organisation]\nname = \"見本建設株式会社\"\nname_romaji = \"Mihon Kensetsu\"\naddress = \"東京都千代田区霞が関一丁目1番1号\"\n\
    [purchase]\nprice = 28600\n";
pub(crate) const KAGIMORI: &str = env!("CARGO_BIN_EXE_kagimori");
