//! Which certificate a paper is about: by its serial number as it is printed, or by the holder's name.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use casework::characters::half_width;
use casework::identity::{Authority, CertificateId, Serial};
use casework::officer::Role;
use casework::time::Instant;
use pki::KeyUsage;
use pki::certificate::Certificate;
use wire::code::Code;

use super::draft::Draft;
use crate::desk::CaseId;
use crate::desk::paper::Paper;
use crate::fault::Fault;
use crate::portal::console::{Frame, Seat, SeatPost, Tab};
use crate::portal::session::{hex, unhex};
use crate::portal::visit::Stop;
use crate::portal::{date, fact};
use crate::store::{DraftKey, DraftRow, KeyPurpose};

#[derive(Template)]
#[template(path = "console/paper-find.html")]
struct Find {
    page: Frame,
    /// What was looked for.
    search: String,
    found: Option<Vec<Found>>,
}

/// A certificate that fits.
struct Found {
    authority: String,
    serial: String,
    shown_serial: String,
    holder: String,
    company: String,
    until: String,
    /// Why it cannot be chosen.
    gone: Option<String>,
}

/// `GET …/paper/new`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Entry)?;
    let view = Find {
        page: seat.frame(Tab::Paper),
        search: String::new(),
        found: None,
    };
    Ok(seat.render(&view))
}

/// Looks for it, or begins with the one that was chosen. A name stands in no address.
pub(super) async fn find(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Entry)?;
    let chosen = post.field("serial");
    if !chosen.is_empty() {
        let id = unhex::<20>(chosen)
            .and_then(|octets| Serial::from_octets(&octets))
            .map(|serial| CertificateId {
                authority: Authority(post.field("authority").to_owned()),
                serial,
            })
            .ok_or_else(|| seat.visit.problem(StatusCode::BAD_REQUEST, Code::Stale, &[]))?;
        return begin(seat, id).await;
    }
    let search = post.field("search").trim();
    let found = found(seat, search).await.map_err(|fault| seat.fault(&fault))?;
    let view = Find {
        page: seat.frame(Tab::Paper),
        search: search.to_owned(),
        found: Some(found),
    };
    Ok(seat.render(&view))
}

async fn begin(seat: &Seat, id: CertificateId) -> Result<Response, Stop> {
    // Only what this office's authorities issued for signing, whatever a form says.
    if !seat.office.accepts(&id.authority) {
        return Err(seat.visit.not_found());
    }
    let known = known(seat, &id).await.map_err(|fault| seat.fault(&fault))?;
    known.filter(signs).ok_or_else(|| seat.visit.not_found())?;
    let case: CaseId<Paper> = seat.visit.portal.desk().new_case();
    let draft = Draft::new(&id, seat.visit.now.day().date().to_string());
    let row = DraftRow {
        key: DraftKey {
            case: case.octets(),
            officer: seat.acting.officer.id,
        },
        office: seat.office.id.clone(),
        document: draft.to_text().map_err(|fault| seat.fault(&fault))?,
        kept_at: seat.visit.now,
    };
    let kept = seat.visit.portal.store().keep_draft(row, Vec::new(), Vec::new()).await;
    kept.map_err(|fault| seat.fault(&fault))?;
    Ok(seat.to(&format!("/paper/{case}")))
}

async fn found(seat: &Seat, search: &str) -> Result<Vec<Found>, Fault> {
    let store = seat.visit.portal.store();
    let mut ids = Vec::new();
    let serials = serials(search);
    if !serials.is_empty() {
        for key in store.keys().await? {
            if key.purpose == KeyPurpose::Authority && seat.office.accepts(&key.authority) {
                ids.extend(serials.iter().map(|serial| CertificateId {
                    authority: key.authority.clone(),
                    serial: *serial,
                }));
            }
        }
    }
    ids.extend(store.certificates_of_holder(search).await?);
    let mut found: Vec<(CertificateId, Certificate)> = Vec::new();
    for id in ids {
        if !seat.office.accepts(&id.authority) {
            continue;
        }
        let Some(certificate) = known(seat, &id).await? else {
            continue;
        };
        let halves = if signs(&certificate) {
            vec![(id, certificate)]
        } else {
            signing_half(seat, &id, &certificate).await?
        };
        for half in halves {
            if found.len() < MOST && !found.iter().any(|(known, _)| *known == half.0) {
                found.push(half);
            }
        }
    }
    let mut views = Vec::new();
    for (id, certificate) in found {
        views.push(view(seat, &id, &certificate).await?);
    }
    Ok(views)
}

async fn view(seat: &Seat, id: &CertificateId, certificate: &Certificate) -> Result<Found, Fault> {
    let words = seat.visit.words;
    let until = Instant(certificate.not_after());
    let status = seat.visit.portal.store().status(id).await?;
    let gone = match status {
        Some((status, _)) => Some(words.say_with(
            "case-find-revoked",
            &[("time", &date::minute(words, status.revoked_at))],
        )),
        None if seat.visit.now > until => Some(words.say("case-find-expired")),
        None => None,
    };
    let company = certificate.holder().and_then(|holder| holder.organisation);
    Ok(Found {
        authority: id.authority.0.clone(),
        serial: hex(id.serial.octets()),
        shown_serial: id.serial.to_string(),
        holder: fact::applicant(certificate),
        company: company.unwrap_or_default(),
        until: date::day(words, until.day()),
        gone,
    })
}

async fn known(seat: &Seat, id: &CertificateId) -> Result<Option<Certificate>, Fault> {
    let row = seat.visit.portal.store().certificate(id).await?;
    row.and_then(|row| row.der).map(|der| parse(&der)).transpose()
}

/// A paper may name the card's other certificate: both are printed on receipts.
async fn signing_half(
    seat: &Seat,
    id: &CertificateId,
    certificate: &Certificate,
) -> Result<Vec<(CertificateId, Certificate)>, Fault> {
    let store = seat.visit.portal.store();
    let mut halves = Vec::new();
    for (other, der) in store
        .expiring_at(&id.authority, Instant(certificate.not_after()))
        .await?
    {
        let candidate = parse(&der)?;
        if candidate.subject() == certificate.subject() && signs(&candidate) {
            halves.push((other, candidate));
        }
    }
    Ok(halves)
}

fn signs(certificate: &Certificate) -> bool {
    let usage = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION);
    certificate.key_usage().is_some_and(|allowed| allowed.allows(usage))
}

fn parse(der: &[u8]) -> Result<Certificate, Fault> {
    Certificate::parse(der).map_err(|why| Fault::Corrupt {
        what: "a certificate",
        why: why.to_string(),
    })
}

/// What is meant may be decimal, as our papers have it, or hexadecimal, as other programs show it; digits alone may be
/// either.
fn serials(text: &str) -> Vec<Serial> {
    let plain: String = text
        .chars()
        .map(half_width)
        .filter(|character| !character.is_whitespace() && !matches!(character, ':' | '-' | ','))
        .collect();
    let hexadecimal = plain.strip_prefix("0x").or(plain.strip_prefix("0X"));
    let decimal = hexadecimal.is_none().then(|| decimal(&plain)).flatten();
    let hexadecimal = from_hexadecimal(hexadecimal.unwrap_or(&plain));
    let mut serials: Vec<Serial> = [decimal, hexadecimal].into_iter().flatten().collect();
    serials.dedup();
    serials
}

fn decimal(digits: &str) -> Option<Serial> {
    let mut octets = [0_u8; 20];
    if digits.is_empty() {
        return None;
    }
    for digit in digits.bytes() {
        let mut carry = u16::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        for octet in octets.iter_mut().rev() {
            carry += u16::from(*octet) * 10;
            [_, *octet] = carry.to_be_bytes();
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    Serial::from_octets(&octets)
}

fn from_hexadecimal(digits: &str) -> Option<Serial> {
    if digits.is_empty() || digits.len() > 40 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let whole = format!("{:0>40}", digits.to_ascii_lowercase());
    unhex::<20>(&whole).and_then(|octets| Serial::from_octets(&octets))
}

/// Certificates on one page of what was found.
const MOST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_read_as_every_paper_writes_it() {
        let serial = Serial::from_octets(&[0x5c, 0x00, 0xff]).unwrap();
        for text in [
            "6029567",
            "6,029,567",
            " ６０２９５６７",
            "0x5c00ff",
            "5C:00:FF",
            "5c 00 ff",
            "5c-00-ff",
        ] {
            assert!(serials(text).contains(&serial), "{text}");
        }
        assert_eq!(serials("10").len(), 2, "ten, or sixteen");
        let most = "9".repeat(49);
        for text in ["", "髙橋", "0", "-", &most, &"f".repeat(41)] {
            assert!(serials(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_longest_serial_is_read_in_both_ways() {
        let serial = Serial::from_octets(&[0x7f; 20]).unwrap();
        assert_eq!(serials(&serial.to_string()), [serial]);
        assert!(serials(&"7f".repeat(20)).contains(&serial));
    }
}
