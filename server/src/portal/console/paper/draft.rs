//! What an officer copies from a paper, as it was typed, until it is complete.

use casework::identity::{Authority, CertificateId, Digest, Serial};
use casework::paper::{Document, Entry, File, Form};
use serde::{Deserialize, Serialize};
use wire::office::Language;

use super::upload::Upload;
use crate::fault::{Bug, Fault};
use crate::portal::session::{hex, unhex};

/// The form as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    authority: String,
    serial: String,
    /// How many commits the case had seen when this was begun: another officer may change it meanwhile.
    pub(super) version: i64,
    pub(super) language: String,
    received: String,
    pub(super) applicant: String,
    pub(super) reason: String,
    reason_detail: String,
    event_date: String,
    name: String,
    kana: String,
    postal_code: String,
    address: String,
    phone: String,
    mail: String,
    /// Each document with its date, and whether it is ticked: a date stays while the tick is gone.
    enclosures: Vec<(String, bool, String)>,
    bank: String,
    branch: String,
    account_type: String,
    account_number: String,
    account_holder: String,
    files: Vec<(String, u32)>,
}

impl Draft {
    /// Nothing is typed yet.
    pub(super) fn new(certificate: &CertificateId, received: String) -> Self {
        Self {
            authority: certificate.authority.0.clone(),
            serial: hex(certificate.serial.octets()),
            language: Language::Ja.tag().to_owned(),
            received,
            ..Self::default()
        }
    }

    /// What was entered before, to be corrected.
    pub(super) fn of(entry: &Entry, language: Language, version: i64) -> Self {
        let day = |day: casework::time::Day| day.date().to_string();
        let account = entry.account.as_deref();
        let said = |of: fn(&casework::application::Account) -> &str| account.map(of).unwrap_or_default().to_owned();
        Self {
            authority: entry.certificate.authority.0.clone(),
            serial: hex(entry.certificate.serial.octets()),
            version,
            language: language.tag().to_owned(),
            received: day(entry.received),
            applicant: entry.applicant.key().to_owned(),
            reason: entry.ground.key().to_owned(),
            reason_detail: entry.detail.clone().unwrap_or_default(),
            event_date: entry.event_day.map(day).unwrap_or_default(),
            name: entry.name.clone(),
            kana: entry.kana.clone(),
            postal_code: entry.postal_code.clone(),
            address: entry.address.clone(),
            phone: entry.phone.clone(),
            mail: entry.mail.clone().unwrap_or_default(),
            enclosures: entry
                .enclosures
                .iter()
                .map(|enclosure| {
                    let issued = enclosure.issued.map(day).unwrap_or_default();
                    (enclosure.document.key().to_owned(), true, issued)
                })
                .collect(),
            bank: said(|account| &account.bank),
            branch: said(|account| &account.branch),
            account_type: said(|account| account.kind.key()),
            account_number: said(|account| &account.number),
            account_holder: said(|account| &account.holder),
            files: entry
                .files
                .iter()
                .map(|file| (hex(&file.digest.0), file.size))
                .collect(),
        }
    }

    /// Takes what was sent, and leaves the files to [`Draft::remove`] and [`Draft::add`].
    pub(super) fn take(&mut self, sent: &Upload) {
        let typed = |name: &str| sent.field(name).to_owned();
        // Spaces around what is no text come from pasting; a text stays as it was typed.
        let trimmed = |name: &str| sent.field(name).trim().to_owned();
        self.language = typed("language");
        self.received = trimmed("received");
        self.applicant = typed("applicant");
        self.reason = typed("reason");
        self.reason_detail = typed("reason_detail");
        self.event_date = trimmed("event_date");
        self.name = typed("name");
        self.kana = typed("kana");
        self.postal_code = trimmed("postal_code");
        self.address = typed("address");
        self.phone = trimmed("phone");
        self.mail = trimmed("mail");
        self.bank = typed("bank");
        self.branch = typed("branch");
        self.account_type = typed("account_type");
        self.account_number = trimmed("account_number");
        self.account_holder = typed("account_holder");
        self.enclosures = Document::ALL
            .into_iter()
            .map(|document| {
                let ticked = sent.all("enclosure").any(|key| key == document.key());
                let issued = trimmed(&format!("issued_{}", document.key()));
                (document.key().to_owned(), ticked, issued)
            })
            .collect();
    }

    /// Without the files that were ticked for it.
    pub(super) fn remove<'a>(&mut self, digests: impl Iterator<Item = &'a str>) {
        let gone: Vec<&str> = digests.collect();
        self.files.retain(|(digest, _)| !gone.contains(&digest.as_str()));
    }

    /// With a file more; the same one again stays one. `false` where there are enough.
    pub(super) fn add(&mut self, file: File) -> bool {
        let digest = hex(&file.digest.0);
        if self.files.iter().any(|(known, _)| *known == digest) {
            return true;
        }
        if self.files.len() >= casework::paper::FILES {
            return false;
        }
        self.files.push((digest, file.size));
        true
    }

    /// Which certificate the paper names.
    pub(super) fn certificate(&self) -> Result<CertificateId, Fault> {
        unhex::<20>(&self.serial)
            .and_then(|serial| Serial::from_octets(&serial))
            .map(|serial| CertificateId {
                authority: Authority(self.authority.clone()),
                serial,
            })
            .ok_or_else(|| Fault::Corrupt {
                what: "a draft",
                why: "it names no certificate".to_owned(),
            })
    }

    /// The language of the letters to the applicant.
    pub(super) fn language(&self) -> Language {
        Language::from_tag(&self.language).unwrap_or_default()
    }

    pub(super) fn files(&self) -> Vec<File> {
        self.files
            .iter()
            .filter_map(|(digest, size)| {
                unhex(digest).map(|digest| File {
                    digest: Digest(digest),
                    size: *size,
                })
            })
            .collect()
    }

    /// Whether this document is ticked, and the date beside it.
    pub(super) fn enclosure(&self, document: Document) -> (bool, &str) {
        self.enclosures
            .iter()
            .find(|(key, ..)| key == document.key())
            .map_or((false, ""), |(_, ticked, issued)| (*ticked, issued))
    }

    /// A field as it was typed, by its name in the form.
    pub(super) fn value(&self, name: &str) -> &str {
        match name {
            "received" => &self.received,
            "reason_detail" => &self.reason_detail,
            "event_date" => &self.event_date,
            "name" => &self.name,
            "kana" => &self.kana,
            "postal_code" => &self.postal_code,
            "address" => &self.address,
            "phone" => &self.phone,
            "mail" => &self.mail,
            "bank" => &self.bank,
            "branch" => &self.branch,
            "account_number" => &self.account_number,
            "account_holder" => &self.account_holder,
            _ => "",
        }
    }

    pub(super) fn account_type(&self) -> &str {
        &self.account_type
    }

    /// As the rules read it.
    pub(super) fn form(&self) -> Form {
        let draft = self.clone();
        Form {
            received: draft.received,
            applicant: draft.applicant,
            reason: draft.reason,
            reason_detail: draft.reason_detail,
            event_date: draft.event_date,
            name: draft.name,
            kana: draft.kana,
            postal_code: draft.postal_code,
            address: draft.address,
            phone: draft.phone,
            mail: draft.mail,
            enclosures: draft
                .enclosures
                .into_iter()
                .filter(|(_, ticked, _)| *ticked)
                .map(|(document, _, issued)| (document, issued))
                .collect(),
            bank: draft.bank,
            branch: draft.branch,
            account_type: draft.account_type,
            account_number: draft.account_number,
            account_holder: draft.account_holder,
        }
    }

    pub(super) fn to_text(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|why| Bug(why.to_string()).into())
    }

    pub(super) fn from_text(text: &str) -> Result<Self, Fault> {
        serde_json::from_str(text).map_err(|why| Fault::Corrupt {
            what: "a draft",
            why: why.to_string(),
        })
    }
}
