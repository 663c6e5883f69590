//! `kagimori lint`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pki::lint::{self, Findings, Severity};
use serde_json::json;

use super::file::{self, Content};
use super::{CliFault, Operator};

#[derive(Args)]
pub(super) struct Lint {
    /// Certificates, CRLs and OCSP answers, PEM or DER
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(super) const EXAMPLES: &str = "Examples:
  kagimori lint card.pem mihon-0.crl answer.der
  kagimori lint --json *.cer

Exit status: 0 if no file has an error, 1 otherwise.";

impl Lint {
    pub(super) fn run(self, operator: &Operator) -> Result<ExitCode, CliFault> {
        let (mut text, mut files, mut failed) = (Vec::new(), Vec::new(), false);
        for path in &self.files {
            let (der, labelled) = file::any(path)?;
            let (kind, findings) = linted(&der, labelled);
            failed |= findings.worst() == Some(Severity::Error);
            let name = path.display();
            if findings.is_empty() {
                text.push(format!("{name}: {kind}, clean"));
            }
            for finding in findings.iter() {
                text.push(format!(
                    "{name}: {kind}: {} {}: {}",
                    finding.severity, finding.rule, finding.text
                ));
            }
            let list: Vec<_> = findings
                .iter()
                .map(|finding| json!({ "severity": finding.severity.to_string(), "rule": finding.rule, "text": finding.text }))
                .collect();
            files.push(json!({ "file": name.to_string(), "kind": kind, "findings": list }));
        }
        operator.tell(&text.join("\n"), &json!({ "files": files }))?;
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// By its label; DER by trying, and what nothing reads is a bad certificate.
fn linted(der: &[u8], labelled: Option<Content>) -> (&'static str, Findings) {
    let content = labelled.unwrap_or_else(|| {
        if pki::crl::Crl::parse(der).is_ok() {
            Content::Crl
        } else if pki::ocsp::Response::parse(der).is_ok() {
            Content::Ocsp
        } else {
            Content::Certificate
        }
    });
    match content {
        Content::Crl => ("CRL", lint::crl(der)),
        Content::Ocsp => ("OCSP answer", lint::ocsp_response(der)),
        Content::Certificate | Content::Request => ("certificate", lint::certificate(der)),
    }
}
