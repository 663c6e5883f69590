//! `kagimori init`.

use std::path::Path;
use std::process::ExitCode;

use base64::Engine as _;

use super::{CliFault, Operator, file};
use crate::chance::Chance;
use crate::config::{Config, Secret};
use crate::office;

pub(super) const EXAMPLES: &str = "Example:
  mkdir house && cd house && kagimori init
  kagimori ca create --name root --profile root --algorithm p384 && kagimori ca create --name mihon --profile issuing --parent root --algorithm p256

What is there already stays as it is.";

pub(super) async fn run(operator: &Operator) -> Result<ExitCode, CliFault> {
    let mut written = Vec::new();
    let directory = operator
        .config
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(|fault| CliFault::file(directory, &fault))?;
    if !operator.config.exists() {
        file::write(&operator.config, Config::commented().as_bytes())?;
        written.push(operator.config.display().to_string());
    }
    let config = operator.configuration()?;
    if let Secret::File(path) = &config.keys.passphrase {
        let random: [u8; 24] = Chance::system().octets();
        let mut passphrase = base64::engine::general_purpose::STANDARD_NO_PAD.encode(random);
        passphrase.push('\n');
        if file::write_new_secret(path, passphrase.as_bytes())? {
            written.push(path.display().to_string());
        }
    }
    let example = directory.join("office.toml");
    if !example.exists() {
        file::write(&example, office::AUTHORITY_EXAMPLE.as_bytes())?;
        written.push(example.display().to_string());
    }
    operator.store(&config).await?.close().await;
    let written_out = if written.is_empty() {
        String::new()
    } else {
        format!("wrote {}\n", written.join(", "))
    };
    let text = format!(
        "{written_out}the database is ready\nnext: create the authorities with `kagimori ca create --help`, \
         adapt {} and load it with `kagimori office load`, invite the first officer with `kagimori officer invite --help`, \
         then `kagimori serve`",
        example.display()
    );
    operator.tell(&text, &serde_json::json!({ "written": written, "database": "ready" }))
}
