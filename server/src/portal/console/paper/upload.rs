//! The form of a paper as it arrives: its fields, and the files that were chosen, within bounds.

use axum::extract::Multipart;
use axum::extract::multipart::Field;
use axum::http::StatusCode;
use casework::paper::FILES;
use wire::code::Code;

use super::scan::{OCTETS, Scan, Spoiled};
use crate::fault::Fault;
use crate::portal::visit::{Stop, Visit};

/// What was sent.
pub(super) struct Upload {
    fields: Vec<(String, String)>,
    files: Vec<Vec<u8>>,
    /// Which of the chosen files were too long to be kept, counted from 1.
    long: Vec<usize>,
    /// How many files were chosen.
    chosen: usize,
}

impl Upload {
    /// Reads all of it. What is beyond a file's bound is read and dropped, so that the rest of the form is not lost and the
    /// browser sees the answer; what is beyond every bound ends the connection.
    pub(super) async fn read(visit: &Visit, mut sent: Multipart) -> Result<Self, Stop> {
        let broken = || visit.problem(StatusCode::BAD_REQUEST, Code::Stale, &[]);
        let too_much = || {
            let limit = format!("{} MiB", TOTAL >> 20);
            visit.problem(StatusCode::PAYLOAD_TOO_LARGE, Code::Size, &[("limit", &limit)])
        };
        let mut upload = Self {
            fields: Vec::new(),
            files: Vec::new(),
            long: Vec::new(),
            chosen: 0,
        };
        let (mut seen, mut typed, mut kept) = (0_usize, 0_usize, 0_usize);
        while let Some(mut field) = sent.next_field().await.map_err(|_| broken())? {
            let name = field.name().unwrap_or_default().to_owned();
            if is_file(&field) {
                let most = OCTETS.min(TOTAL.saturating_sub(kept));
                let (octets, long) = within(&mut field, most, &mut seen).await.ok_or_else(too_much)?;
                // A field for files in which none was chosen is sent as an empty one.
                if octets.is_empty() && !long {
                    continue;
                }
                upload.chosen += 1;
                if long {
                    upload.long.push(upload.chosen);
                    upload.files.push(Vec::new());
                } else {
                    kept += octets.len();
                    upload.files.push(octets);
                }
            } else {
                let (octets, long) = within(&mut field, TYPED.saturating_sub(typed), &mut seen)
                    .await
                    .ok_or_else(too_much)?;
                if long {
                    return Err(too_much());
                }
                typed += octets.len();
                let value = String::from_utf8(octets).map_err(|_| broken())?;
                // Lines of a form end with CR LF (WHATWG HTML, 4.10.21).
                upload.fields.push((name, value.replace("\r\n", "\n")));
            }
        }
        Ok(upload)
    }

    /// A field, empty where it was not sent.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value.as_str()))
            .unwrap_or_default()
    }

    /// Every value of a field that may be sent more than once.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter_map(move |(key, value)| (key == name).then_some(value.as_str()))
    }

    /// Whether more were chosen than one paper has. What is more is not looked at: each may cost a second (A47).
    pub(super) fn is_too_many(&self) -> bool {
        self.chosen > FILES
    }

    /// The pictures, made anew, each with its place among the chosen ones, from 1.
    pub(super) async fn scans(self) -> Result<Vec<(usize, Result<Scan, Spoiled>)>, Fault> {
        let mut scans = Vec::with_capacity(FILES);
        for (place, octets) in (1..).zip(self.files).take(FILES) {
            let scan = if self.long.contains(&place) {
                Err(Spoiled::Octets)
            } else {
                Scan::of(octets).await.map_err(Fault::from)?
            };
            scans.push((place, scan));
        }
        Ok(scans)
    }
}

fn is_file(field: &Field<'_>) -> bool {
    field.file_name().is_some()
}

/// What the field holds, if it is that short; and whether it was longer. `None` where all of it together is too much.
async fn within(field: &mut Field<'_>, most: usize, seen: &mut usize) -> Option<(Vec<u8>, bool)> {
    let (mut octets, mut long) = (Vec::new(), false);
    while let Some(chunk) = field.chunk().await.ok()? {
        *seen = seen.saturating_add(chunk.len());
        if *seen > LONGEST {
            return None;
        }
        if long || octets.len() + chunk.len() > most {
            long = true;
            octets = Vec::new();
        } else {
            octets.extend_from_slice(&chunk);
        }
    }
    Some((octets, long))
}

/// Octets of all files that are sent at once.
pub(crate) const TOTAL: usize = 24 << 20;
/// Octets that are read of one sending, taken or not.
pub(crate) const LONGEST: usize = 128 << 20;
/// Octets of everything that was typed.
const TYPED: usize = 256 << 10;
