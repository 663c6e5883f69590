//! 書面の申込を入力: an officer copies what a paper says, with pictures of it, and signs that it is so (DOMAIN §3.1, R003).
//!
//! What is typed is kept as it is typed, and becomes a case once it is complete: a mistake, a file that is not taken or a
//! session that ended costs nothing.

mod confirm;
mod draft;
mod find;
pub(crate) mod form;
pub(crate) mod scan;
pub(super) mod upload;

use askama::Template;
use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use casework::Refusal;
use casework::application::Complaint;
use casework::identity::{CertificateId, Digest};
use casework::officer::Role;
use casework::paper::{Case, Field, File};
use casework::time::Instant;
use wire::code::Code;

use self::draft::Draft;
use self::form::{FormView, Needed};
use self::upload::Upload;
use super::case::{self, attachment};
use super::{Frame, Knock, Seat, SeatPost, Tab};
use crate::catalogue::Message;
use crate::desk::paper::{Command, NewFile, Paper};
use crate::desk::{CaseId, Failure, Standing};
use crate::fault::{Bug, Fault};
use crate::portal::Portal;
use crate::portal::date;
use crate::portal::page::{Fact, render};
use crate::portal::session::unhex;
use crate::portal::visit::Stop;
use crate::store::{DraftKey, DraftRow, EvidenceKind};

/// Below `/console/{office}`.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/paper", get(list))
        .route("/paper/new", get(find::page).post(find::find))
        .route(
            "/paper/{case}",
            // The upload has bounds of its own.
            get(page).post(enter).layer(DefaultBodyLimit::disable()),
        )
        .route("/paper/{case}/drop", post(give_up))
        .route("/paper/{case}/scans/{digest}", get(scan_file))
        .route("/paper/{case}/confirm", get(confirm::page).post(confirm::ask))
        .route("/paper/{case}/return", get(confirm::returned))
}

/// What this officer began and did not finish.
#[derive(Template)]
#[template(path = "console/papers.html")]
struct Papers {
    page: Frame,
    drafts: Vec<DraftView>,
}

struct DraftView {
    path: String,
    name: String,
    serial: String,
    kept: String,
}

/// The form.
#[derive(Template)]
#[template(path = "console/paper.html")]
struct FormPage {
    page: Frame,
    case: String,
    certificate: Vec<Fact>,
    form: FormView,
    notice: Option<Message>,
    /// A correction of what was submitted, and what becomes of its first approval.
    correction: Option<String>,
    /// What another officer did meanwhile.
    meanwhile: Option<String>,
    version: i64,
    others: Vec<case::OtherView>,
}

/// `GET …/paper`
async fn list(seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Entry)?;
    let officer = seat.acting.officer.id;
    let rows = seat.visit.portal.store().drafts_of(officer, &seat.office.id).await;
    let page = seat.frame(Tab::Paper);
    let mut drafts = Vec::new();
    for row in rows.map_err(|fault| seat.fault(&fault))? {
        let draft = Draft::from_text(&row.document).map_err(|fault| seat.fault(&fault))?;
        let certificate = draft.certificate().map_err(|fault| seat.fault(&fault))?;
        let name = draft.value("name");
        drafts.push(DraftView {
            path: format!("{}/paper/{}", page.base(), CaseId::<Paper>::from_octets(row.key.case)),
            name: if name.is_empty() {
                page.t("case-draft-unnamed")
            } else {
                name.to_owned()
            },
            serial: certificate.serial.to_string(),
            kept: date::minute(page.words, row.kept_at),
        });
    }
    Ok(seat.render(&Papers { page, drafts }))
}

/// `GET …/paper/{case}`
async fn page(Path((_, case)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    let begun = Begun::open(&seat, &case).await?;
    let complaints = Vec::new();
    begun
        .show(
            &seat,
            StatusCode::OK,
            &Said {
                complaints,
                ..Said::default()
            },
        )
        .await
}

/// Takes what was sent, whole or not, and keeps it; 「確認へ進む」 makes it a case.
async fn enter(
    Path((_, case)): Path<(String, String)>,
    knock: Knock,
    sent: Result<Multipart, MultipartRejection>,
) -> Result<Response, Stop> {
    let upload = match sent {
        Ok(sent) => Upload::read(knock.visit(), sent).await?,
        Err(_) => return Err(knock.visit().problem(StatusCode::BAD_REQUEST, Code::Stale, &[])),
    };
    let seat = knock.open(upload.field("csrf"))?;
    let mut begun = Begun::open(&seat, &case).await?;
    begun.draft.take(&upload);
    // The version of the form on the page, so that whoever was told of a change may go on.
    if let Ok(version) = upload.field("version").parse() {
        begun.draft.version = version;
    }
    begun.draft.remove(upload.all("remove"));
    let go = upload.field("go").to_owned();
    let mut said = Said::default();
    let enough = (
        Field::Files,
        Complaint::TooLong {
            most: casework::paper::FILES,
        },
    );
    if upload.is_too_many() {
        said.complaints = vec![enough];
    }
    let scans = upload.scans().await.map_err(|fault| seat.fault(&fault))?;
    let mut kept = Vec::new();
    for (place, scan) in scans {
        match scan {
            Ok(scan) => {
                let size = u32::try_from(scan.octets.len()).map_err(|why| seat.fault(&Bug(why.to_string()).into()))?;
                let file = File {
                    digest: scan.digest,
                    size,
                };
                if begun.draft.add(file) {
                    kept.push((scan.digest, scan.octets));
                } else {
                    said.complaints = vec![enough];
                }
            }
            Err(why) => said.spoiled.push((place, why)),
        }
    }
    begun.keep(&seat, kept).await?;
    if go != "next" || said.is_something() {
        let status = if said.is_something() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        return begun.show(&seat, status, &said).await;
    }
    begun.finish(&seat).await
}

/// 「この入力をやめる」: what was typed goes. A case that exists already stays as it is.
async fn give_up(Path((_, case)): Path<(String, String)>, post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    let begun = Begun::open(seat, &case).await?;
    let dropped = seat.visit.portal.store().drop_draft(begun.key).await;
    dropped.map_err(|fault| seat.fault(&fault))?;
    Ok(match begun.standing.place {
        Some(_) => seat.to(&format!("/cases/{}", begun.standing.id)),
        None => seat.to("/paper"),
    })
}

/// A picture of the draft, as it will be kept.
async fn scan_file(Path((_, case, digest)): Path<(String, String, String)>, seat: Seat) -> Result<Response, Stop> {
    let begun = Begun::open(&seat, &case).await?;
    let digest = unhex(&digest).map(Digest).ok_or_else(|| seat.visit.not_found())?;
    let octets = begun
        .octets(&seat, digest)
        .await?
        .ok_or_else(|| seat.visit.not_found())?;
    Ok(attachment(octets, digest))
}

/// A draft, with the case that it will become or change.
struct Begun {
    key: DraftKey,
    draft: Draft,
    standing: Standing<Paper>,
}

/// What is said against what was sent.
#[derive(Default)]
struct Said {
    complaints: Vec<(Field, Complaint)>,
    spoiled: Vec<(usize, scan::Spoiled)>,
    notice: Option<Message>,
}

impl Said {
    fn is_something(&self) -> bool {
        !self.complaints.is_empty() || !self.spoiled.is_empty()
    }
}

impl Begun {
    /// This officer's draft, or what the case holds, while it can be corrected. Nobody else's (A17).
    async fn open(seat: &Seat, case: &str) -> Result<Self, Stop> {
        seat.must(Role::Entry)?;
        let id: CaseId<Paper> = case.parse().map_err(|_| seat.visit.not_found())?;
        let fault = |fault: Fault| seat.fault(&fault);
        let store = seat.visit.portal.store();
        let key = DraftKey {
            case: id.octets(),
            officer: seat.acting.officer.id,
        };
        let row = store.draft(key).await.map_err(fault)?;
        let row = row.filter(|row| row.office == seat.office.id);
        let known = store.queue_row(id.octets()).await.map_err(fault)?;
        if row.is_none() || known.is_some() {
            // A case of another office or another procedure is not here.
            case::row::<Paper>(seat, case).await?;
        }
        let standing = seat.visit.portal.desk().standing(id).await.map_err(fault)?;
        let language = standing.place.as_ref().map(|place| place.language).unwrap_or_default();
        let draft = match (&row, &standing.case) {
            (_, Case::Revoked { .. } | Case::Denied { .. } | Case::Withdrawn { .. }) => {
                return Err(seat.to(&format!("/cases/{id}")).into());
            }
            (_, Case::Waiting { review, .. }) if let Some(claim) = review.standing_claim(seat.visit.now) => {
                return Err(seat.visit.refused(&Refusal::Claimed { until: claim.until }));
            }
            (Some(row), _) => Draft::from_text(&row.document).map_err(fault)?,
            (None, Case::Drafting { entry, .. } | Case::Waiting { entry, .. } | Case::Returned { entry, .. }) => {
                Draft::of(entry, language, standing.version)
            }
            (None, Case::New) => return Err(seat.visit.not_found()),
        };
        Ok(Self { key, draft, standing })
    }

    async fn keep(&self, seat: &Seat, scans: Vec<(Digest, Vec<u8>)>) -> Result<(), Stop> {
        let row = DraftRow {
            key: self.key,
            office: seat.office.id.clone(),
            document: self.draft.to_text().map_err(|fault| seat.fault(&fault))?,
            kept_at: seat.visit.now,
        };
        let held = self.draft.files().into_iter().map(|file| file.digest).collect();
        let kept = seat.visit.portal.store().keep_draft(row, scans, held).await;
        kept.map_err(|fault| seat.fault(&fault))
    }

    /// A file of this draft, or one that the case has already.
    async fn octets(&self, seat: &Seat, digest: Digest) -> Result<Option<Vec<u8>>, Stop> {
        let store = seat.visit.portal.store();
        let found = async {
            match store.scan(self.key, digest).await? {
                Some(octets) => Ok(Some(octets)),
                None => store.evidence(self.key.case, EvidenceKind::File, digest).await,
            }
        };
        found.await.map_err(|fault: Fault| seat.fault(&fault))
    }

    /// All of it is checked, and becomes the case.
    async fn finish(self, seat: &Seat) -> Result<Response, Stop> {
        let certificate = self.draft.certificate().map_err(|fault| seat.fault(&fault))?;
        let known = case::certificate(seat, &certificate).await?;
        let not_before = Instant(known.not_before());
        let within = seat.visit.authority()?.enclosed_within;
        let checked = self
            .draft
            .form()
            .check(certificate, self.draft.files(), not_before, within, seat.visit.now);
        let entry = match checked {
            Ok(entry) => Box::new(entry),
            Err(complaints) => {
                let said = Said {
                    complaints,
                    ..Said::default()
                };
                return self.show(seat, StatusCode::UNPROCESSABLE_ENTITY, &said).await;
            }
        };
        if self.standing.version != self.draft.version {
            return self.show(seat, StatusCode::CONFLICT, &Said::default()).await;
        }
        let mut files = Vec::new();
        for file in &entry.files {
            let scan = seat.visit.portal.store().scan(self.key, file.digest).await;
            if let Some(octets) = scan.map_err(|fault| seat.fault(&fault))? {
                files.push(NewFile {
                    digest: file.digest,
                    octets,
                });
            }
        }
        let command = Command::Enter {
            office: seat.office.id.clone(),
            language: self.draft.language(),
            entry,
            files,
        };
        let desk = seat.visit.portal.desk();
        match desk.perform(&seat.actor(), self.standing.id, &command).await {
            Ok(_) => {}
            Err(Failure::Refused(refusal)) => {
                let (status, notice) = crate::portal::refusal::refused(seat.visit.words, &refusal);
                let said = Said {
                    notice: Some(notice),
                    ..Said::default()
                };
                return self.show(seat, status, &said).await;
            }
            Err(failure) => return Err(seat.failed(&failure)),
        }
        let dropped = seat.visit.portal.store().drop_draft(self.key).await;
        dropped.map_err(|fault| seat.fault(&fault))?;
        Ok(seat.to(&format!("/paper/{}/confirm", self.standing.id)))
    }

    async fn show(&self, seat: &Seat, status: StatusCode, said: &Said) -> Result<Response, Stop> {
        let page = seat.frame(Tab::Paper);
        let id: CertificateId = self.draft.certificate().map_err(|fault| seat.fault(&fault))?;
        let known = case::certificate(seat, &id).await?;
        let earliest = date::day(page.words, Instant(known.not_before()).day());
        let stale = self.standing.place.is_some() && self.standing.version != self.draft.version;
        let meanwhile = if stale {
            super::history::last(seat, &page, self.key.case).await?
        } else {
            None
        };
        let correction = match &self.standing.case {
            Case::Waiting { .. } => Some(page.t("case-correction-waiting")),
            Case::Returned { reason, .. } => Some(page.t1(
                "case-correction-returned",
                "reason",
                &case::reason(seat, &page, reason, crate::office::ReasonUse::Return),
            )),
            Case::New | Case::Drafting { .. } | Case::Revoked { .. } | Case::Denied { .. } | Case::Withdrawn { .. } => {
                None
            }
        };
        let view = FormPage {
            case: self.standing.id.to_string(),
            certificate: case::certificate_facts(seat, &page, &id, &known).await?,
            form: FormView::new(page.words, &self.draft, &said.complaints, &said.spoiled, &earliest),
            notice: said.notice.clone(),
            correction,
            meanwhile,
            // Whoever is told of a change here may go on with it.
            version: if self.standing.place.is_some() {
                self.standing.version
            } else {
                0
            },
            others: case::others(seat, &page, &id, self.key.case).await?,
            page,
        };
        Ok(render(status, &view))
    }
}
