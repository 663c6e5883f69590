//! An application as officers see it, piece by piece: which case it is, and what stands on its pages.
//!
//! Every way to a case goes through [`row`]: a case of another office is not here, whatever its id (A17).

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use casework::identity::{CertificateId, Digest, OfficerId};
use casework::paper::{Document, Enclosure, Entry};
use casework::review::Reason;
use casework::time::Instant;
use pki::certificate::Certificate;

use super::Seat;
use super::paper::form;
use super::paper::scan;
use crate::desk::paper::Paper;
use crate::desk::{CaseId, Procedure, Standing};
use crate::fault::{Bug, Fault};
use crate::office::ReasonUse;
use crate::portal::page::{Fact, Page};
use crate::portal::visit::Stop;
use crate::portal::{date, fact};
use crate::store::{EvidenceKind, OfficerRow, QueueRow};

/// Another case about the same certificate.
pub(super) struct OtherView {
    pub(super) path: String,
    pub(super) number: String,
    pub(super) state: String,
    pub(super) since: String,
}

/// A scanned paper.
pub(super) struct FileView {
    pub(super) path: String,
    pub(super) label: String,
    pub(super) digest: String,
}

/// The accounts of the office, by which cases and events name officers.
pub(super) struct Officers(Vec<OfficerRow>);

impl Officers {
    pub(super) async fn of(seat: &Seat) -> Result<Self, Stop> {
        let rows = seat.visit.portal.store().officers(&seat.office.id).await;
        rows.map(Self).map_err(|fault| seat.fault(&fault))
    }

    /// The officer's name; the account's number where it is of another office by now.
    pub(super) fn name(&self, id: OfficerId) -> String {
        self.find(id).map_or_else(
            || CaseId::<Paper>::from_octets(id.0).to_string(),
            |row| row.account.name.clone(),
        )
    }

    pub(super) fn find(&self, id: OfficerId) -> Option<&OfficerRow> {
        self.0.iter().find(|row| row.id == id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &OfficerRow> {
        self.0.iter()
    }
}

/// The row of a case of this office, of any procedure.
pub(super) async fn any_row(seat: &Seat, case: &str) -> Result<QueueRow, Stop> {
    let id: CaseId<Paper> = case.parse().map_err(|_| seat.visit.not_found())?;
    let row = seat.visit.portal.store().queue_row(id.octets()).await;
    row.map_err(|fault| seat.fault(&fault))?
        .filter(|row| row.office == seat.office.id)
        .ok_or_else(|| seat.visit.not_found())
}

/// The row of a case of this office and this procedure.
pub(super) async fn row<P: Procedure>(seat: &Seat, case: &str) -> Result<QueueRow, Stop> {
    let row = any_row(seat, case).await?;
    if row.procedure == P::NOUN {
        Ok(row)
    } else {
        Err(seat.visit.not_found())
    }
}

/// The same, with the case.
pub(super) async fn standing<P: Procedure>(seat: &Seat, case: &str) -> Result<Standing<P>, Stop> {
    let row = row::<P>(seat, case).await?;
    let standing = seat.visit.portal.desk().standing(CaseId::from_octets(row.case)).await;
    standing.map_err(|fault| seat.fault(&fault))
}

/// A text that a case was asked to sign.
pub(super) async fn text(seat: &Seat, case: [u8; 16], digest: Digest) -> Result<String, Stop> {
    let text = seat.visit.portal.store().text(case, digest).await;
    let missing = || Fault::from(Bug(format!("the text {digest} was asked for and is not kept")));
    text.and_then(|text| text.ok_or_else(missing))
        .map_err(|fault| seat.fault(&fault))
}

/// A file of a case.
pub(super) async fn file(seat: &Seat, case: [u8; 16], digest: Digest) -> Result<Option<Vec<u8>>, Stop> {
    let octets = seat
        .visit
        .portal
        .store()
        .evidence(case, EvidenceKind::File, digest)
        .await;
    octets.map_err(|fault| seat.fault(&fault))
}

/// Handed out to be kept, never shown as a page of ours: whatever it is, it runs nowhere (A47).
pub(super) fn attachment(octets: Vec<u8>, digest: Digest) -> Response {
    let short: String = digest.to_string().chars().take(12).collect();
    let name = format!("attachment; filename=\"{short}.{}\"", scan::ending(&octets));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(scan::media_type(&octets)),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ),
        (
            header::CONTENT_DISPOSITION,
            // Letters, digits and a point.
            HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    (headers, octets).into_response()
}

/// A certificate of our record.
pub(super) async fn certificate(seat: &Seat, id: &CertificateId) -> Result<Certificate, Stop> {
    let row = seat.visit.portal.store().certificate(id).await;
    let row = row.map_err(|fault| seat.fault(&fault))?;
    let der = row.and_then(|row| row.der).unwrap_or_default();
    Certificate::parse(&der).map_err(|why| {
        seat.fault(&Fault::Corrupt {
            what: "a certificate",
            why: why.to_string(),
        })
    })
}

/// Both certificates of the card, with how they stand at this moment.
pub(super) async fn certificate_facts(
    seat: &Seat,
    page: &Page,
    id: &CertificateId,
    certificate: &Certificate,
) -> Result<Vec<Fact>, Stop> {
    let fault = |fault: Fault| seat.fault(&fault);
    let desk = seat.visit.portal.desk();
    let holder = certificate.holder();
    let mut facts = vec![page.fact("certificate-holder", fact::applicant(certificate))];
    let mut say = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.push(page.fact(key, value));
        }
    };
    say(
        "certificate-organisation",
        holder.as_ref().and_then(|holder| holder.organisation.clone()),
    );
    say(
        "certificate-corporate-number",
        holder.and_then(|holder| holder.corporate_number),
    );
    let until = date::minute(page.words, Instant(certificate.not_after()));
    say("case-until", Some(until));
    say("certificate-issuer", Some(certificate.issuer().readable()));
    say("certificate-serial-signature", Some(id.serial.to_string()));
    say("case-status-signature", Some(status(seat, page, id).await?));
    for other in desk.other_halves(id).await.map_err(fault)? {
        say("certificate-serial-authentication", Some(other.serial.to_string()));
        say("case-status-authentication", Some(status(seat, page, &other).await?));
    }
    Ok(facts)
}

/// How a certificate stands at this moment, in words.
async fn status(seat: &Seat, page: &Page, id: &CertificateId) -> Result<String, Stop> {
    let status = seat.visit.portal.store().status(id).await;
    Ok(match status.map_err(|fault| seat.fault(&fault))? {
        Some((status, _)) => page.t1(
            "case-revoked-since",
            "time",
            &date::second(page.words, status.revoked_at),
        ),
        None => page.t("case-not-revoked"),
    })
}

/// What the paper says.
pub(super) fn entry_facts(page: &Page, entry: &Entry) -> Vec<Fact> {
    let nothing = || page.t("not-entered");
    let mut facts = vec![
        page.fact("case-field-received", date::day(page.words, entry.received)),
        page.fact("case-field-applicant", form::applicant(page.words, entry.applicant)),
        page.fact("field-reason", form::reason(page.words, entry.ground)),
        page.fact("field-reason-detail", entry.detail.clone().unwrap_or_else(nothing)),
        page.fact(
            "field-event-date",
            entry.event_day.map_or_else(nothing, |day| date::day(page.words, day)),
        ),
        page.fact("field-applicant-name", &entry.name),
        page.fact("field-applicant-kana", &entry.kana),
        page.fact("case-field-postal-code", postal_code(&entry.postal_code)),
        page.fact("case-field-address", &entry.address),
        page.fact("field-phone", &entry.phone),
        page.fact(
            "field-mail",
            entry.mail.clone().unwrap_or_else(|| page.t("case-by-post")),
        ),
    ];
    match &entry.account {
        None => facts.push(page.fact("case-field-account", page.t("case-no-refund"))),
        Some(account) => facts.extend([
            page.fact("field-bank", &account.bank),
            page.fact("field-branch", &account.branch),
            page.fact("field-account-type", page.t(&format!("account-{}", account.kind.key()))),
            page.fact("field-account-number", &account.number),
            page.fact("field-account-holder", &account.holder),
        ]),
    }
    facts
}

/// With its hyphen, as on an envelope.
pub(super) fn postal_code(digits: &str) -> String {
    match digits.split_at_checked(3) {
        Some((area, rest)) => format!("{area}-{rest}"),
        None => digits.to_owned(),
    }
}

/// 確認した書類: what is there, and of what is needed what is not.
pub(super) fn enclosure_facts(page: &Page, entry: &Entry) -> Vec<Fact> {
    let fact = |document: Document, value: String| Fact {
        label: form::document(page.words, document),
        lang: None,
        value,
    };
    entry
        .enclosures
        .iter()
        .map(|Enclosure { document, issued }| {
            let value = match issued {
                Some(day) => page.t1("case-enclosed-issued", "date", &date::day(page.words, *day)),
                None => page.t("case-enclosed"),
            };
            fact(*document, value)
        })
        .collect()
}

/// The scanned papers, to be downloaded.
pub(super) fn files(page: &super::Frame, case: [u8; 16], entry: &Entry) -> Vec<FileView> {
    let case = CaseId::<Paper>::from_octets(case);
    (1..)
        .zip(&entry.files)
        .map(|(place, file): (usize, _)| FileView {
            path: format!("{}/cases/{case}/files/{}", page.base(), file.digest),
            label: form::named(page.words, place, file.size),
            digest: file.digest.to_string(),
        })
        .collect()
}

/// The other cases about a certificate.
pub(super) async fn others(
    seat: &Seat,
    page: &super::Frame,
    certificate: &CertificateId,
    but: [u8; 16],
) -> Result<Vec<OtherView>, Stop> {
    let rows = seat.visit.portal.store().queue_of_certificate(certificate).await;
    let rows = rows.map_err(|fault| seat.fault(&fault))?;
    Ok(rows
        .into_iter()
        .filter(|row| row.office == seat.office.id && row.case != but)
        .map(|row| OtherView {
            path: format!("{}/cases/{}", page.base(), CaseId::<Paper>::from_octets(row.case)),
            number: row
                .number
                .map_or_else(|| page.t("case-no-number"), |number| number.to_string()),
            state: state(page, &row),
            since: date::minute(page.words, row.since),
        })
        .collect())
}

/// A case's state in words.
pub(super) fn state(page: &Page, row: &QueueRow) -> String {
    if super::examined::is(row) {
        return super::examined::state(page, row);
    }
    let kind = if super::held::is(row) { "held" } else { "case" };
    page.t(&format!("{kind}-state-{}", row.state))
}

/// A saved reason as the applicant reads it.
pub(super) fn saved_reason(seat: &Seat, page: &Page, reason: &Reason, used_for: ReasonUse) -> String {
    let saved = seat.office.reason(&reason.key, used_for);
    saved.map_or_else(|| reason.key.clone(), |saved| page.text(&saved.words).to_owned())
}

/// The same, with the officer's remark.
pub(super) fn reason(seat: &Seat, page: &Page, reason: &Reason, used_for: ReasonUse) -> String {
    let words = saved_reason(seat, page, reason, used_for);
    match &reason.remark {
        None => words,
        Some(remark) => page
            .words
            .say_with("case-reason-remark", &[("reason", &words), ("remark", remark)]),
    }
}
