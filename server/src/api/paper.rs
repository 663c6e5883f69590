//! 書面による失効申込 by program: entry, claims and decisions. The officer's card signs what is entered and what is decided.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::identity::{Authority, CertificateId, Digest, Fingerprint, Serial};
use casework::paper::{self as rules, Case, Field};
use casework::review::Approval;
use casework::time::{Day, Instant};
use std::sync::Arc;
use wire::api::{Scope, SignedText, ToSign, Wanted};
use wire::code::Code;
use wire::office::Language;
use wire::paper::{Ask, Enclosure, Entered, Entry, Form, Kept, Named, Paper as Told, Reassign, State};
use wire::problem::Complaint;

use super::answer::Given;
use super::call::{Call, officer_id, written};
use super::held::verdict;
use super::input::{Nothing, Sent};
use super::operation::Operation;
use super::problem::{No, both};
use super::revocation::{digest, octets};
use crate::catalogue::Words;
use crate::desk::evidence::{self, Signature};
use crate::desk::paper::{Command, NewFile, Paper};
use crate::desk::{CaseId, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::console::paper::scan::{OCTETS, Scan, Spoiled};
use crate::portal::{date, refusal};

pub(super) fn operations() -> Vec<Operation> {
    let write = |operation: Operation| operation.scope(Scope::CaseWrite);
    vec![
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/papers"),
                (
                    "enterPaper",
                    "What a paper says, with its scans; all complaints at once",
                ),
                enter,
            )
            .succeeds_with(StatusCode::CREATED)
            .up_to(LONGEST_ENTRY),
        ),
        Operation::new(
            (Method::GET, "/offices/{office}/papers/{case}"),
            ("readPaper", "An application on paper, as it stands"),
            read,
        )
        .scope(Scope::CaseRead),
        write(
            Operation::new(
                (Method::PUT, "/offices/{office}/papers/{case}"),
                ("changePaper", "Another entry; a first approval is void with it"),
                change,
            )
            .of_the_seen()
            .up_to(LONGEST_ENTRY),
        ),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/papers/{case}/present"),
                (
                    "presentPaper",
                    "The text of the entry goes out for the entering officer's signature",
                ),
                present,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::POST, "/offices/{office}/papers/{case}/submit"),
            (
                "submitPaper",
                "The entering officer's card has signed it: it waits for a second person",
            ),
            submit,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/papers/{case}/claim"),
            ("claimPaper", "The token's officer takes it"),
            claim,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/papers/{case}/release"),
            ("releasePaper", "The token's officer puts it back"),
            release,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/papers/{case}/reassign"),
            ("reassignPaper", "An administrator hands it to another officer"),
            reassign,
        )),
        write(
            Operation::new(
                (Method::POST, "/offices/{office}/papers/{case}/ask"),
                (
                    "askForDecision",
                    "The text of a decision goes out for the deciding officer's signature",
                ),
                ask,
            )
            .of_the_seen(),
        ),
        write(Operation::new(
            (Method::POST, "/offices/{office}/papers/{case}/decide"),
            ("decidePaper", "The deciding officer's card has signed it"),
            decide,
        )),
        write(Operation::new(
            (Method::POST, "/offices/{office}/papers/{case}/withdraw"),
            ("withdrawPaper", "At the applicant's wish"),
            withdraw,
        )),
    ]
}

/// A case of this office.
struct Here {
    office: Arc<Office>,
    standing: Standing<Paper>,
}

impl Here {
    /// That of another office is not there (A17).
    async fn of(call: &Call) -> Result<Self, No> {
        let (office, id) = (call.office()?, call.id("case")?);
        // The row tells which procedure's it is, and whether there is one.
        let row = call.store().case(id).await?;
        let row = row.filter(|row| row.procedure == "paper" && row.office == office.id);
        row.ok_or_else(No::not_found)?;
        let standing = call.desk().standing(CaseId::from_octets(id)).await?;
        Ok(Self { office, standing })
    }

    async fn perform(self, call: &Call, command: &Command) -> Result<Given<Told>, No> {
        call.is_seen(self.standing.version)?;
        let actor = call.actor()?;
        call.desk().perform(&actor, self.standing.id, command).await?;
        let standing = call.desk().standing(self.standing.id).await?;
        Self { standing, ..self }.told(call).await
    }

    /// The signature of the token's officer over one of these texts: a token alone signs nothing (A24).
    async fn signed(&self, call: &Call, signed: &SignedText, texts: &[Option<Digest>]) -> Result<Signature, No> {
        let card = call.acting()?.officer.card;
        let cms = octets("/cms", &signed.cms)?;
        let mut last = No::stale();
        for text in texts.iter().flatten() {
            let Some(written) = call.store().text(self.standing.id.octets(), *text).await? else {
                continue;
            };
            match evidence::possession(cms.clone(), &written, card, call.now) {
                Ok(signature) => return Ok(signature),
                Err(no) => last = No::unproven(&no, &self.office, ""),
            }
        }
        Err(last)
    }

    async fn told(&self, call: &Call) -> Result<Given<Told>, No> {
        let case = &self.standing.case;
        let (mut to_sign, mut content, mut first, mut claim) = (None, None, None, None);
        let (mut decided, mut reason, mut revoked) = (None, None, None);
        let state = match case {
            Case::New => return Err(No::not_found()),
            Case::Drafting {
                content: said, asked, ..
            } => {
                content = Some(*said);
                to_sign = *asked;
                State::Drafting
            }
            Case::Waiting { review, .. } => {
                content = Some(review.content);
                first.clone_from(&review.first);
                claim = review.standing_claim(call.now);
                to_sign = claim
                    .and_then(|claim| claim.asked.as_ref())
                    .map(|asked| (asked.text, asked.until));
                State::Waiting
            }
            Case::Returned { reason: why, by, .. } => {
                (decided, reason) = (Some(by), Some(why));
                State::Returned
            }
            Case::Revoked {
                first: before,
                last,
                at,
                ..
            } => {
                first.clone_from(before);
                (decided, revoked) = (Some(last), Some(*at));
                State::Revoked
            }
            Case::Denied { reason: why, by, .. } => {
                (decided, reason) = (Some(by), Some(why));
                State::Denied
            }
            Case::Withdrawn { .. } => State::Withdrawn,
        };
        let version = self.standing.version;
        let told = Told {
            id: self.standing.id.to_string(),
            office: self.office.id.clone(),
            state,
            version,
            number: case.number().map(|number| number.to_string()),
            entry: case.entry().map(entered),
            content: content.map(|content| content.to_string()),
            to_sign: self.to_sign(call, to_sign).await?,
            first_by: first.map(|by: Approval| written(by.officer.0)),
            claimed_by: claim.map(|claim| written(claim.by.0)),
            claimed_until: claim.map(|claim| claim.until.0),
            decided_by: decided.map(|by| written(by.officer.0)),
            reason: reason.map(|reason| reason.key.clone()),
            revoked_at: revoked.map(|at| at.0),
        };
        Ok(Given::seen(told, version))
    }

    async fn to_sign(&self, call: &Call, out: Option<(Digest, Instant)>) -> Result<Option<ToSign>, No> {
        let Some((text, until)) = out else { return Ok(None) };
        let written = call.store().text(self.standing.id.octets(), text).await?;
        let written = written.ok_or_else(|| Fault::Bug(Bug(format!("the text {text} is not kept"))))?;
        let Fingerprint(card) = call.acting()?.officer.card;
        Ok(Some(ToSign {
            // Its first line tells the language that it was asked for in.
            language: if written.is_ascii() { Language::En } else { Language::Ja },
            digest: text.to_string(),
            text: written,
            certificate: URL_SAFE_NO_PAD.encode(card),
            until: until.0,
        }))
    }
}

async fn read(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Here::of(&call).await?.told(&call).await
}

async fn enter(call: Call, Sent(entry): Sent<Entry>) -> Result<Given<Told>, No> {
    call.must(&[casework::officer::Role::Entry])?;
    let office = call.office()?;
    let id = CaseId::from_octets(call.draw("paper"));
    let command = entry_of(&call, &office, entry).await?;
    let actor = call.actor()?;
    call.desk().perform::<Paper>(&actor, id, &command).await?;
    let standing = call.desk().standing(id).await?;
    let location = format!("/offices/{}/papers/{id}", office.id);
    let told = Here { office, standing }.told(&call).await?;
    Ok(told.at(location))
}

async fn change(call: Call, Sent(entry): Sent<Entry>) -> Result<Given<Told>, No> {
    call.must(&[casework::officer::Role::Entry])?;
    let here = Here::of(&call).await?;
    call.is_seen(here.standing.version)?;
    let command = entry_of(&call, &here.office, entry).await?;
    here.perform(&call, &command).await
}

async fn present(call: Call, Sent(wanted): Sent<Wanted>) -> Result<Given<Told>, No> {
    let language = wanted.language;
    Here::of(&call)
        .await?
        .perform(&call, &Command::Present { language })
        .await
}

async fn submit(call: Call, Sent(signed): Sent<SignedText>) -> Result<Given<Told>, No> {
    let here = Here::of(&call).await?;
    let texts = match &here.standing.case {
        Case::Drafting { asked, .. } => [asked.map(|(text, _)| text)],
        Case::Waiting { review, .. } => [review.first.as_ref().map(|first| first.text)],
        _ => [None],
    };
    let signature = here.signed(&call, &signed, &texts).await?;
    here.perform(&call, &Command::Submit(signature)).await
}

async fn claim(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Here::of(&call).await?.perform(&call, &Command::Claim).await
}

async fn release(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Here::of(&call).await?.perform(&call, &Command::Release).await
}

async fn reassign(call: Call, Sent(to): Sent<Reassign>) -> Result<Given<Told>, No> {
    let to = officer_id(&to.to).ok_or_else(|| No::malformed("/to", "it is no account's id"))?;
    Here::of(&call).await?.perform(&call, &Command::Reassign { to }).await
}

async fn ask(call: Call, Sent(ask): Sent<Ask>) -> Result<Given<Told>, No> {
    let (verdict, language) = verdict(ask)?;
    Here::of(&call)
        .await?
        .perform(&call, &Command::Ask { verdict, language })
        .await
}

async fn decide(call: Call, Sent(signed): Sent<SignedText>) -> Result<Given<Told>, No> {
    let here = Here::of(&call).await?;
    let texts = match &here.standing.case {
        Case::Waiting { review, .. } => {
            let asked = review.claim.as_ref().and_then(|claim| claim.asked.as_ref());
            [asked.map(|asked| asked.text)]
        }
        Case::Revoked { last: by, .. } | Case::Denied { by, .. } | Case::Returned { by, .. } => [Some(by.text)],
        _ => [None],
    };
    let signature = here.signed(&call, &signed, &texts).await?;
    here.perform(&call, &Command::Decide(signature)).await
}

async fn withdraw(call: Call, _: Nothing) -> Result<Given<Told>, No> {
    Here::of(&call).await?.perform(&call, &Command::Withdraw).await
}

/// The entry, if nothing is wrong with it: every complaint about fields and scans at once.
async fn entry_of(call: &Call, office: &Office, entry: Entry) -> Result<Command, No> {
    let certificate = named(&entry.certificate)?;
    let record = call.store().certificate(&certificate).await?;
    let issued = record
        .filter(|row| row.der.is_some() && office.accepts(&certificate.authority))
        .ok_or(casework::Refusal::NeverIssued)?;
    let mut complaints = Vec::new();
    let (mut files, mut new) = (Vec::new(), Vec::new());
    for (place, kept) in entry.kept.iter().enumerate() {
        let known =
            digest(&kept.digest).ok_or_else(|| No::malformed(&format!("/kept/{place}/digest"), "it is no digest"))?;
        files.push(rules::File {
            digest: known,
            size: kept.size,
        });
    }
    let too_many = entry.scans.len() > rules::FILES;
    // Each may cost a second: what is more than a paper has is not looked at (A47).
    for (place, scan) in entry.scans.into_iter().take(rules::FILES).enumerate() {
        let pointer = format!("/scans/{place}/content");
        let made = Scan::of(octets(&pointer, &scan.content)?).await.map_err(Fault::Bug)?;
        match made {
            Ok(made) => {
                // Bounded far below four gibioctets.
                let size = u32::try_from(made.octets.len()).unwrap_or(u32::MAX);
                let file = rules::File {
                    digest: made.digest,
                    size,
                };
                if !files.contains(&file) {
                    files.push(file);
                    new.push(NewFile {
                        digest: made.digest,
                        octets: made.octets,
                    });
                }
            }
            Err(spoiled) => complaints.push(spoilt(pointer, place, spoiled)),
        }
    }
    let within = office.authority()?.enclosed_within;
    let checked = form(entry.form).check(certificate, files, issued.not_before, within, call.now);
    let earliest = issued.not_before.day();
    if too_many {
        let wrong = rules::Complaint::TooLong { most: rules::FILES };
        complaints.push(complaint(Field::Files, wrong, earliest));
    }
    if let Err(wrong) = &checked {
        complaints.extend(wrong.iter().map(|(field, wrong)| complaint(*field, *wrong, earliest)));
    }
    match checked {
        Ok(checked) if complaints.is_empty() => Ok(Command::Enter {
            office: office.id.clone(),
            language: entry.language,
            entry: Box::new(checked),
            files: new,
        }),
        _ => Err(No::complaints(complaints)),
    }
}

fn named(certificate: &Named) -> Result<CertificateId, No> {
    let serial = serial(&certificate.serial);
    let of_a_name = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'_' | b'-');
    if !certificate.authority.bytes().all(of_a_name) {
        return Err(No::malformed("/certificate/authority", "it is no authority's name"));
    }
    Ok(CertificateId {
        authority: Authority(certificate.authority.clone()),
        serial: serial.ok_or_else(|| No::malformed("/certificate/serial", "it is no serial number"))?,
    })
}

/// A serial number as certificates of the field print it: decimal.
fn serial(text: &str) -> Option<Serial> {
    let mut octets = [0_u8; 20];
    for digit in text.chars() {
        let mut carry = digit.to_digit(10)?;
        for octet in octets.iter_mut().rev() {
            carry += u32::from(*octet) * 10;
            *octet = u8::try_from(carry & 0xff).ok()?;
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    Serial::from_octets(&octets).filter(|serial| serial.to_string() == text)
}

fn form(form: Form) -> rules::Form {
    let enclosure = |enclosure: Enclosure| (enclosure.document, enclosure.issued);
    rules::Form {
        received: form.received,
        applicant: form.applicant,
        reason: form.reason,
        reason_detail: form.reason_detail,
        event_date: form.event_date,
        name: form.name,
        kana: form.kana,
        postal_code: form.postal_code,
        address: form.address,
        phone: form.phone,
        mail: form.mail,
        enclosures: form.enclosures.into_iter().map(enclosure).collect(),
        bank: form.bank,
        branch: form.branch,
        account_type: form.account_type,
        account_number: form.account_number,
        account_holder: form.account_holder,
    }
}

fn entered(entry: &rules::Entry) -> Entered {
    let day = |day: Option<Day>| day.map(|day| day.date().to_string()).unwrap_or_default();
    let account = entry.account.as_deref();
    let said = |part: fn(&casework::application::Account) -> &str| account.map(part).unwrap_or_default().to_owned();
    Entered {
        certificate: Named {
            authority: entry.certificate.authority.0.clone(),
            serial: entry.certificate.serial.to_string(),
        },
        form: Form {
            received: day(Some(entry.received)),
            applicant: entry.applicant.key().to_owned(),
            reason: entry.ground.key().to_owned(),
            reason_detail: entry.detail.clone().unwrap_or_default(),
            event_date: day(entry.event_day),
            name: entry.name.clone(),
            kana: entry.kana.clone(),
            postal_code: entry.postal_code.clone(),
            address: entry.address.clone(),
            phone: entry.phone.clone(),
            mail: entry.mail.clone().unwrap_or_default(),
            enclosures: entry
                .enclosures
                .iter()
                .map(|enclosure| Enclosure {
                    document: enclosure.document.key().to_owned(),
                    issued: day(enclosure.issued),
                })
                .collect(),
            bank: said(|account| &account.bank),
            branch: said(|account| &account.branch),
            account_type: said(|account| account.kind.key()),
            account_number: said(|account| &account.number),
            account_holder: said(|account| &account.holder),
        },
        files: entry
            .files
            .iter()
            .map(|file| Kept {
                digest: file.digest.to_string(),
                size: file.size,
            })
            .collect(),
    }
}

fn complaint(field: Field, wrong: rules::Complaint, earliest: Day) -> Complaint {
    let (pointer, label) = place(field);
    let message = |words: Words| refusal::complained(words, &words.say(label), wrong, &date::day(words, earliest));
    Complaint {
        pointer: pointer.to_owned(),
        code: message(Words::of(Language::En)).code,
        detail: both(message),
    }
}

/// Where a field stands in what is sent, and the key of its label.
const fn place(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Received => ("/form/received", "case-field-received"),
        Field::Applicant => ("/form/applicant", "case-field-applicant"),
        Field::Reason => ("/form/reason", "field-reason"),
        Field::ReasonDetail => ("/form/reason_detail", "field-reason-detail"),
        Field::EventDate => ("/form/event_date", "field-event-date"),
        Field::Name => ("/form/name", "field-applicant-name"),
        Field::Kana => ("/form/kana", "field-applicant-kana"),
        Field::PostalCode => ("/form/postal_code", "case-field-postal-code"),
        Field::Address => ("/form/address", "case-field-address"),
        Field::Phone => ("/form/phone", "field-phone"),
        Field::Mail => ("/form/mail", "field-mail"),
        Field::Enclosures => ("/form/enclosures", "case-field-enclosures"),
        Field::Account => ("/form/bank", "case-field-account"),
        Field::Files => ("/scans", "case-field-files"),
    }
}

fn spoilt(pointer: String, place: usize, spoiled: Spoiled) -> Complaint {
    let limit = format!("{} MiB", OCTETS >> 20);
    let (code, values) = match spoiled {
        Spoiled::Type => (Code::FileType, vec![]),
        Spoiled::Damaged => (Code::FileDamaged, vec![]),
        Spoiled::Octets | Spoiled::Pixels => (Code::Size, vec![("limit", limit.as_str())]),
    };
    let place = (place + 1).to_string();
    Complaint {
        pointer,
        code,
        detail: both(|words| {
            let field = words.say_with("case-file-chosen", &[("place", &place)]);
            let values: Vec<_> = values.iter().copied().chain([("field", field.as_str())]).collect();
            words.message(code, &values)
        }),
    }
}

/// Octets of a body with scans: ten of them, most of them far below their bound, in base64url.
const LONGEST_ENTRY: usize = 15 << 20;
