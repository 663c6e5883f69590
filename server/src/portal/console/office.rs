//! 窓口の設定: what the office says and chooses, changed with a preview, and every version that it had.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::identity::Digest;
use casework::officer::Role;
use wire::code::Code;

use super::difference::{Line, difference};
use super::frame::{Frame, Tab};
use super::seat::{Seat, SeatPost};
use super::view;
use crate::catalogue::{Message, Words};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::office::edit::{Edited, Kind, Place, Unfit};
use crate::portal::page::render;
use crate::portal::visit::Stop;
use crate::portal::{date, refusal};
use crate::store::{Clash, NewEvent, OfficeChange, OfficeRow, OfficeVersion};

/// `GET /console/{office}/office`
pub(super) async fn page(seat: Seat) -> Result<Response, Stop> {
    may_look(&seat)?;
    let row = row(&seat).await?;
    let edited = read(&seat, &row.document)?;
    let page = seat.frame(Tab::Office);
    let view = view::OfficePage {
        saved: seat.visit.asked("notice") == Some("saved"),
        version: row.version.to_string(),
        changed: date::minute(page.words, row.changed_at),
        facts: edited
            .places()
            .iter()
            .filter(|place| !matches!(place.kind, Kind::Text(_)))
            .map(|place| {
                let value = edited.value(place);
                let value = if value.is_empty() {
                    page.t("desk-office-default")
                } else {
                    value
                };
                crate::portal::page::Fact {
                    label: label(page.words, place),
                    lang: page.tongue(&value),
                    value,
                }
            })
            .collect(),
        documents: documents(&seat.office, &page),
        compares: seat.office.citizen().is_ok(),
        page,
    };
    Ok(seat.render(&view))
}

/// `GET /console/{office}/office/edit`
pub(super) async fn form(seat: Seat) -> Result<Response, Stop> {
    seat.must(Role::Administration)?;
    let row = row(&seat).await?;
    let edited = read(&seat, &row.document)?;
    let values: Vec<_> = edited.places().iter().map(|place| edited.value(place)).collect();
    Ok(form_page(
        &seat,
        (row.version, edited.places()),
        &values,
        StatusCode::OK,
    ))
}

/// What would change, before it does; or the form once more with what is wrong in it.
pub(super) async fn preview(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = row(seat).await?;
    let old = read(seat, &row.document)?;
    let (version, values) = (sent_version(&post, &row)?, typed(&post, old.places()));
    let shown = (version, old.places());
    if post.field("go") == "edit" {
        return Ok(form_page(seat, shown, &values, StatusCode::OK));
    }
    let Some((_, office)) = changed(seat, old.clone(), &values)? else {
        return Ok(form_page(seat, shown, &values, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let page = seat.frame(Tab::Office);
    let view = view::OfficePreview {
        changes: changes(page.words, &old, &values),
        documents: documents(&office, &page)
            .into_iter()
            .zip(documents(&seat.office, &page))
            .filter_map(|(new, old)| (new.hash != old.hash).then_some(new))
            .collect(),
        values: old
            .places()
            .iter()
            .zip(&values)
            .map(|(place, value)| (place.path, value.clone()))
            .collect(),
        version: version.to_string(),
        page,
    };
    Ok(seat.render(&view))
}

/// It is changed, on every node within a second or so, and here at once.
pub(super) async fn save(post: SeatPost) -> Result<Response, Stop> {
    let seat = &post.seat;
    seat.must(Role::Administration)?;
    let row = row(seat).await?;
    let old = read(seat, &row.document)?;
    let (version, values) = (sent_version(&post, &row)?, typed(&post, old.places()));
    let shown = (version, old.places());
    let Some((document, office)) = changed(seat, old, &values)? else {
        return Ok(form_page(seat, shown, &values, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let desk = seat.visit.portal.desk();
    let digest = crate::desk::evidence::sha256(document.as_bytes());
    let change = OfficeChange {
        id: office.id,
        from: version,
        document,
        by: seat.acting.officer.id,
        reason: String::new(),
        event: NewEvent {
            procedure: "office",
            name: "changed",
            actor: seat.actor().to_string(),
            states: ("open".to_owned(), "open".to_owned()),
            refusal: None,
            details: vec![
                ("office", seat.office.id.clone()),
                ("version", (version + 1).to_string()),
                ("document", digest.to_string()),
            ],
            salt: desk.chance().octets(),
        },
    };
    match desk.store().change_office(change, seat.visit.now).await {
        Ok(()) => {}
        Err(Clash::Moved) => return Err(stale(seat)),
        Err(Clash::Fault(fault)) => return Err(seat.fault(&fault)),
        Err(clash) => return Err(seat.fault(&Bug(format!("a change of an office clashed: {clash:?}")).into())),
    }
    let opened = desk.reopen().await.map_err(|fault| seat.fault(&fault))?;
    opened.map_err(|why| seat.fault(&Bug(why.to_string()).into()))?;
    Ok(seat.to("/office?notice=saved"))
}

/// `GET /console/{office}/office/history`
pub(super) async fn history(seat: Seat) -> Result<Response, Stop> {
    may_look(&seat)?;
    let store = seat.visit.portal.store();
    let looked = async {
        let versions = store.office_versions(&seat.office.id, MOST_VERSIONS).await?;
        Ok((versions, store.officers(&seat.office.id).await?))
    };
    let (versions, officers) = looked.await.map_err(|fault: Fault| seat.fault(&fault))?;
    let page = seat.frame(Tab::Office);
    let by = |version: &OfficeVersion| match version.changed_by {
        None => page.t("desk-office-by-operator"),
        Some(id) => officers
            .iter()
            .find(|row| row.id == id)
            .map_or_else(|| page.t("desk-office-by-former"), |row| row.account.name.clone()),
    };
    let rows = versions
        .iter()
        .map(|version| view::VersionLine {
            version: version.version.to_string(),
            changed: date::minute(page.words, version.changed_at),
            by: by(version),
            reason: version.reason.clone(),
        })
        .collect();
    Ok(seat.render(&view::OfficeHistory { page, rows }))
}

/// One version, against the one before it.
pub(super) async fn version(Path((_, version)): Path<(String, String)>, seat: Seat) -> Result<Response, Stop> {
    may_look(&seat)?;
    let store = seat.visit.portal.store();
    let Ok(number) = version.parse::<i64>() else {
        return Err(seat.visit.not_found());
    };
    let looked = async {
        let this = store.office_version(&seat.office.id, number).await?;
        Ok((this, store.office_version(&seat.office.id, number - 1).await?))
    };
    let (this, before) = looked.await.map_err(|fault: Fault| seat.fault(&fault))?;
    let this = this.ok_or_else(|| seat.visit.not_found())?;
    let page = seat.frame(Tab::Office);
    let view = view::OfficeVersionPage {
        title: page.t1("desk-office-version", "version", &number.to_string()),
        changed: date::minute(page.words, this.changed_at),
        first: before.is_none(),
        lines: difference(&before.map(|row| row.document).unwrap_or_default(), &this.document),
        page,
    };
    Ok(seat.render(&view))
}

/// `GET /console/{office}/audit`: where the audit stands, and how it is verified without trust in this page.
pub(super) async fn audit(seat: Seat) -> Result<Response, Stop> {
    may_look(&seat)?;
    let page = seat.frame(Tab::Audit);
    let (head, copy) = match seat.visit.portal.store().signed_head().await {
        Ok(Some(head)) if head.agrees => (Some(head), "desk-audit-agrees"),
        Ok(Some(head)) => (Some(head), "desk-audit-differs"),
        Ok(None) => (None, "desk-audit-none"),
        Err(fault @ Fault::Storage { .. }) => {
            tracing::error!(%fault, "the audit heads outside the database cannot be read");
            (None, "desk-audit-unreadable")
        }
        Err(fault) => return Err(seat.fault(&fault)),
    };
    let head = head.map(|head| view::AuditHead {
        size: head.size,
        root: Digest(head.root).to_string(),
        at: head.at.map(|at| date::second(page.words, at)).unwrap_or_default(),
    });
    Ok(seat.render(&view::Audit { page, head, copy }))
}

/// The file with these values and the office that it makes; `None` if one of them does not fit.
fn changed(seat: &Seat, mut edited: Edited, values: &[String]) -> Result<Option<(String, Office)>, Stop> {
    let places = edited.places();
    if places
        .iter()
        .zip(values)
        .any(|(place, value)| place.check(value).is_err())
    {
        return Ok(None);
    }
    for (place, value) in places.iter().zip(values) {
        edited.set(place, value);
    }
    let document = edited.document();
    let office = Office::from_toml(&document);
    // Each value was checked; what is refused all the same is a rule that this form does not know.
    let office = office.map_err(|why| seat.fault(&Bug(format!("an edited office: {why}")).into()))?;
    Ok(Some((document, office)))
}

fn form_page(
    seat: &Seat,
    (version, places): (i64, &'static [Place]),
    values: &[String],
    status: StatusCode,
) -> Response {
    let page = seat.frame(Tab::Office);
    let fields: Vec<_> = places
        .iter()
        .zip(values)
        .map(|(place, value)| {
            let label = label(page.words, place);
            let error = place.check(value).err().filter(|_| status != StatusCode::OK);
            view::OfficeField {
                id: place.path.replace('.', "-"),
                name: place.path,
                lang: language_of(place),
                area: matches!(place.kind, Kind::Text(_)),
                number: matches!(place.kind, Kind::Number(..) | Kind::MayBeNumber(..)),
                free: matches!(place.kind, Kind::MayBeNumber(..) | Kind::MayBeLink),
                error: error.map(|unfit| complained(page.words, &label, unfit)),
                value: value.clone(),
                label,
            }
        })
        .collect();
    let view = view::OfficeForm {
        wrong: fields.iter().any(|field| field.error.is_some()),
        version: version.to_string(),
        fields,
        page,
    };
    render(status, &view)
}

fn complained(words: Words, label: &str, unfit: Unfit) -> Message {
    match unfit {
        Unfit::Field(complaint) => refusal::complained(words, label, complaint, ""),
        Unfit::Number(least, most) => Message {
            code: Code::Choice,
            happened: words.say_with("desk-office-number", &[("field", label)]),
            next: words.say_with(
                "desk-office-number-next",
                &[("least", &least.to_string()), ("most", &most.to_string())],
            ),
        },
        Unfit::Link => Message {
            code: Code::Choice,
            happened: words.say_with("desk-office-number", &[("field", label)]),
            next: words.say("desk-office-link-next"),
        },
    }
}

fn changes(words: Words, old: &Edited, values: &[String]) -> Vec<view::Change> {
    old.places()
        .iter()
        .zip(values)
        .filter_map(|(place, value)| {
            let before = old.value(place);
            (before != *value).then(|| view::Change {
                label: label(words, place),
                lang: language_of(place),
                lines: difference(&before, value)
                    .into_iter()
                    .filter(|line| !matches!(place.kind, Kind::Text(_)) || !line.is_far())
                    .collect(),
            })
        })
        .collect()
}

/// Its texts, laid out in both languages.
fn documents(office: &Office, page: &Frame) -> Vec<view::OfficeDocument> {
    office
        .documents()
        .into_iter()
        .map(|(name, document)| view::OfficeDocument {
            title: page.t(&format!("document-{name}")),
            hash: document.digest().to_string(),
            document: document.clone(),
        })
        .collect()
}

fn label(words: Words, place: &Place) -> String {
    let (path, language) = match place.path.strip_suffix(".ja") {
        Some(path) => (path, Some("desk-in-ja")),
        None => match place.path.strip_suffix(".en") {
            Some(path) => (path, Some("desk-in-en")),
            None => (place.path, None),
        },
    };
    let name = words.say(&format!("desk-office-{}", path.replace(['.', '_'], "-")));
    match language {
        Some(language) => words.say_with(language, &[("name", &name)]),
        None => name,
    }
}

fn language_of(place: &Place) -> Option<&'static str> {
    match place.path.rsplit('.').next() {
        Some("ja") => Some("ja"),
        Some("en") => Some("en"),
        _ => None,
    }
}

/// The values as they were sent. Browsers send CR LF at each end of a line.
fn typed(post: &SeatPost, places: &[Place]) -> Vec<String> {
    let value = |place: &Place| {
        let value = post.field(place.path).replace("\r\n", "\n");
        match place.kind {
            Kind::Text(_) => value.trim_matches('\n').to_owned(),
            Kind::Line(_) | Kind::Number(..) | Kind::MayBeNumber(..) | Kind::MayBeLink => value.trim().to_owned(),
        }
    };
    places.iter().map(value).collect()
}

/// The version that the form was made from, if it is still the last one.
fn sent_version(post: &SeatPost, row: &OfficeRow) -> Result<i64, Stop> {
    match post.field("version").parse() {
        Ok(version) if version == row.version => Ok(version),
        _ => Err(stale(&post.seat)),
    }
}

fn stale(seat: &Seat) -> Stop {
    seat.visit.problem(StatusCode::CONFLICT, Code::Stale, &[])
}

fn may_look(seat: &Seat) -> Result<(), Stop> {
    if seat.acting.officer.roles.contains(Role::Audit) {
        return Ok(());
    }
    seat.must(Role::Administration)
}

async fn row(seat: &Seat) -> Result<OfficeRow, Stop> {
    let rows = seat.visit.portal.store().offices().await;
    let rows = rows.map_err(|fault| seat.fault(&fault))?;
    rows.into_iter()
        .find(|row| row.id == seat.office.id)
        .ok_or_else(|| seat.visit.not_found())
}

fn read(seat: &Seat, document: &str) -> Result<Edited, Stop> {
    Edited::read(document).ok_or_else(|| {
        seat.fault(&Fault::Corrupt {
            what: "an office",
            why: "it is no TOML".to_owned(),
        })
    })
}

const MOST_VERSIONS: u32 = 200;

/// The lines that a change shows around itself.
impl Line {
    fn is_far(&self) -> bool {
        matches!(self, Self::Same { near: false, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{AUTHORITY_EXAMPLE, BIDDING_REVIEW_EXAMPLE, CITIZEN_EXAMPLE, TERMINALS_EXAMPLE};
    use wire::office::Language;

    #[test]
    fn whatever_can_be_changed_has_a_name_in_both_languages() {
        for example in [
            AUTHORITY_EXAMPLE,
            BIDDING_REVIEW_EXAMPLE,
            TERMINALS_EXAMPLE,
            CITIZEN_EXAMPLE,
        ] {
            for place in Edited::read(example).unwrap().places() {
                for language in [Language::Ja, Language::En] {
                    let name = label(Words::of(language), place);
                    assert!(!name.contains('⟦'), "{name}");
                }
            }
        }
    }
}
