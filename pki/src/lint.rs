//! Our own lints over certificates, CRLs and OCSP answers: run inside every issuance before the signature, and by
//! `kagimori lint` over anyone's files.

mod certificate;
mod citizen;
mod list;
mod response;

use std::fmt;

pub(crate) use certificate::{content, issuance};
pub(crate) use list::content as list_content;

use crate::certificate::Certificate;
use crate::crl::Crl;
use crate::ocsp::Response;

/// What a lint found, in the order of the structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A stable id, as `C-KU-CA`.
    pub rule: &'static str,
    /// What was found and what it should be.
    pub text: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Notice,
    /// Against good practice; we do not sign it.
    Warning,
    /// Against a standard; we do not sign it.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl Findings {
    /// The findings.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The worst severity; `None` if nothing was found.
    pub fn worst(&self) -> Option<Severity> {
        self.0.iter().map(|finding| finding.severity).max()
    }

    /// Refuses findings that stop a signature.
    pub(crate) fn none_worse_than_notice(self) -> Result<(), Self> {
        if self.worst().is_some_and(|worst| worst > Severity::Notice) {
            Err(self)
        } else {
            Ok(())
        }
    }

    pub(crate) fn unreadable(fault: &dyn fmt::Display) -> Self {
        let mut findings = Self::default();
        findings.error("X-READ", fault.to_string());
        findings
    }

    pub(crate) fn error(&mut self, rule: &'static str, text: impl Into<String>) {
        self.0.push(Finding {
            severity: Severity::Error,
            rule,
            text: text.into(),
        });
    }

    pub(crate) fn warning(&mut self, rule: &'static str, text: impl Into<String>) {
        self.0.push(Finding {
            severity: Severity::Warning,
            rule,
            text: text.into(),
        });
    }

    pub(crate) fn notice(&mut self, rule: &'static str, text: impl Into<String>) {
        self.0.push(Finding {
            severity: Severity::Notice,
            rule,
            text: text.into(),
        });
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, finding) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{} {}: {}", finding.severity, finding.rule, finding.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}

/// Lints the DER of a certificate.
pub fn certificate(der: &[u8]) -> Findings {
    match Certificate::parse(der) {
        Ok(certificate) => content(certificate.content()),
        Err(fault) => Findings::unreadable(&fault),
    }
}

/// Lints the DER of a CRL.
pub fn crl(der: &[u8]) -> Findings {
    match Crl::parse(der) {
        Ok(crl) => list_content(crl.content()),
        Err(fault) => Findings::unreadable(&fault),
    }
}

/// Lints the DER of an OCSP response.
pub fn ocsp_response(der: &[u8]) -> Findings {
    match Response::parse(der) {
        Ok(response) => response::content(&response),
        Err(fault) => Findings::unreadable(&fault),
    }
}
