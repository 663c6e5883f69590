//! `kagimori init`.

use std::path::Path;
use std::process::ExitCode;

use base64::Engine as _;
use clap::Args;

use super::{CliFault, Operator, file};
use crate::chance::Chance;
use crate::config::{Config, Secret};
use crate::office::{self, Office};

/// What differs from the examples. Each is for a file that is not there yet.
#[derive(Args)]
pub(super) struct Init {
    /// The office's part of its addresses: 1 to 40 characters of a-z, 0-9 and "-"
    #[arg(long, value_name = "ID")]
    office: Option<String>,
    /// The office's name in Japanese, wherever the example office says it
    #[arg(long, value_name = "TEXT")]
    name_ja: Option<String>,
    /// The same in English
    #[arg(long, value_name = "TEXT")]
    name_en: Option<String>,
    /// The portal as browsers see it, for example https://portal.ca.example
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Where everybody asks for the status of a certificate, for example `http://pki.ca.example`
    #[arg(long, value_name = "URL")]
    validation: Option<String>,
    /// The mail server
    #[arg(long, value_name = "HOST:PORT")]
    mail: Option<String>,
}

pub(super) const EXAMPLES: &str = "Examples:
  mkdir house && cd house && kagimori init
  kagimori init --office toyo --name-ja '東洋認証局' --name-en 'Toyo Certification Authority' --mail smtp.ca.example:25
  kagimori init --origin https://portal.ca.example --validation http://pki.ca.example

What is there already stays as it is. At the end it prints the commands that come next.";

impl Init {
    pub(super) async fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let directory = operator
            .config
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let example = operator.config.with_file_name("office.toml");
        // Both are looked at before anything is written.
        let configuration = self.configuration(&operator.config, directory)?;
        let office = self.office(&example)?;
        std::fs::create_dir_all(directory).map_err(|fault| CliFault::file(directory, &fault))?;
        let mut written = Vec::new();
        if let Some(text) = configuration {
            file::write(&operator.config, text.as_bytes())?;
            written.push(operator.config.display().to_string());
        }
        let config = operator.configuration()?;
        if let Secret::File(path) = &config.keys.passphrase {
            let random: [u8; 24] = Chance::system().octets();
            let mut passphrase = base64::engine::general_purpose::STANDARD_NO_PAD.encode(random);
            passphrase.push('\n');
            if file::write_new_secret(path, passphrase.as_bytes())? {
                let shown = path.strip_prefix(".").unwrap_or(path);
                written.push(shown.display().to_string());
            }
        }
        if let Some(text) = office {
            file::write(&example, text.as_bytes())?;
            written.push(example.display().to_string());
        }
        operator.store(&config).await?.close().await;
        let next = next(operator, &example);
        let written_out = if written.is_empty() {
            "everything is there already and stays as it is".to_owned()
        } else {
            format!("wrote {}", written.join(", "))
        };
        let text = format!("{written_out}\nthe database is ready\n\nnext:\n  {}", next.join("\n  "));
        let value = serde_json::json!({ "written": written, "database": "ready", "next": next });
        operator.tell(&text, &value)
    }

    /// The configuration to be written; `None` where there is one.
    fn configuration(&self, path: &Path, directory: &Path) -> Result<Option<String>, CliFault> {
        let wanted = [
            ("--origin", ORIGIN, &self.origin),
            ("--validation", VALIDATION, &self.validation),
            ("--mail", MAIL, &self.mail),
        ];
        if path.exists() {
            let asked = wanted.iter().find(|(_, _, value)| value.is_some());
            return match asked {
                None => Ok(None),
                Some((flag, ..)) => Err(there(flag, path)),
            };
        }
        let mut text = Config::commented().to_owned();
        for (_, line, value) in wanted {
            if let (Some(value), Some((key, _))) = (value, line.split_once(" = ")) {
                text = text.replace(line, &format!("{key} = {}", quoted(value)));
            }
        }
        Config::parse(&text, path, directory)
            .map_err(|fault| CliFault::Usage(format!("nothing was written: {fault}")))?;
        Ok(Some(text))
    }

    /// The office's file to be written; `None` where there is one.
    fn office(&self, path: &Path) -> Result<Option<String>, CliFault> {
        let wanted = [
            ("--office", ID, &self.office),
            ("--name-ja", NAME_JA, &self.name_ja),
            ("--name-en", NAME_EN, &self.name_en),
        ];
        if path.exists() {
            let asked = wanted.iter().find(|(_, _, value)| value.is_some());
            return match asked {
                None => Ok(None),
                Some((flag, ..)) => Err(there(flag, path)),
            };
        }
        let mut text = office::AUTHORITY_EXAMPLE.to_owned();
        for (flag, example, value) in wanted {
            let Some(value) = value else { continue };
            // It comes to stand within texts of several lines too, where no quoting would do.
            if value.trim().is_empty() || value.contains(['"', '\\', '\n', '\r']) {
                return Err(CliFault::Usage(format!(
                    "{flag} wants text in one line without quotation marks"
                )));
            }
            text = text.replace(example, value);
        }
        Office::from_toml(&text).map_err(|fault| CliFault::Usage(format!("nothing was written: {fault}")))?;
        Ok(Some(text))
    }
}

/// The commands that come next, for the office as its file has it now.
fn next(operator: &Operator, office: &Path) -> Vec<String> {
    let read = std::fs::read_to_string(office).ok();
    let office_file = read.and_then(|text| Office::from_toml(&text).ok());
    let (id, issuing) = match &office_file {
        Some(office) => (
            office.id.clone(),
            office.authorities.first().map_or(String::new(), |name| name.0.clone()),
        ),
        None => ("OFFICE".to_owned(), "ISSUING".to_owned()),
    };
    let config = if operator.config == Path::new(CONFIG) {
        String::new()
    } else {
        format!(" --config {}", operator.config.display())
    };
    [
        "ca create --name root --profile root --algorithm p384".to_owned(),
        format!("ca create --name {issuing} --profile issuing --parent root --algorithm p256"),
        format!("office load {}", office.display()),
        format!("mail --office {id} --to YOUR-ADDRESS"),
        format!(
            "officer invite --office {id} --person NUMBER --name NAME --company COMPANY --role administration --mail ADDRESS"
        ),
        "serve".to_owned(),
        "doctor".to_owned(),
    ]
    .into_iter()
    .map(|command| format!("kagimori {command}{config}"))
    .collect()
}

fn there(flag: &str, path: &Path) -> CliFault {
    CliFault::Usage(format!(
        "{flag} is for a new file, and {} is there already: change it there; nothing was written",
        path.display()
    ))
}

/// As a string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The lines of the commented configuration, and the words of the example office, that the flags put something else for.
const ORIGIN: &str = "origin = \"http://127.0.0.1:8080\"";
const VALIDATION: &str = "url = \"http://127.0.0.1:8081\"";
const MAIL: &str = "server = \"127.0.0.1:25\"";
const ID: &str = "mihon-ca";
const NAME_JA: &str = "見本認証局";
const NAME_EN: &str = "Mihon Certification Authority";

/// The configuration's name where none is given.
const CONFIG: &str = "kagimori.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_flags_replace_stands_in_the_examples() {
        for line in [ORIGIN, VALIDATION, MAIL] {
            assert_eq!(Config::commented().matches(line).count(), 1, "{line}");
        }
        for words in [ID, NAME_JA, NAME_EN] {
            assert!(office::AUTHORITY_EXAMPLE.contains(words), "{words}");
        }
    }
}
