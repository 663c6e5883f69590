//! 失効申込 at the desk: the facts, the text to be signed, and what is kept of it.

mod text;

use casework::application::Application;
use casework::evidence::{Informed, Presented};
use casework::identity::Serial;
use casework::revocation::{self, Case, Errand as Later, Event, Facts, Subject, Write as Now};
use casework::time::Instant;
use pki::certificate::Certificate;
use wire::office::Language;

use super::certificate::{about_certificate, names, revoke};
use super::evidence::{Signature, to_be_signed};
use super::text::Mark;
use super::{Actor, Desk, Failure, Place, Procedure, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::{self, Document, Errand, QueueRow, Shelf, Write};
use text::Text;

/// The procedure 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation;

/// What the holder does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The card was shown after the first gate (S3).
    Open {
        /// At which office.
        office: String,
        /// In which language.
        language: Language,
        /// The two texts.
        informed: Informed,
        /// The card.
        presented: Presented,
        /// Its signature certificate.
        subject: Subject,
    },
    /// 「失効申込内容確認へ」 with a checked form (S4 → S5).
    Enter(Box<Application>),
    /// 「修正する」 (S5 → S4).
    Edit,
    /// 「失効申込をする(確定)」 with the box ticked: the text is written, in this language, and goes out for signature.
    /// [`Store::text`](crate::store::Store::text) has it then, under the digest that the case names.
    Ask {
        /// In which it is written, and in which the letters will be.
        language: Language,
    },
    /// The card has signed it. The same signed text again finds the same receipt.
    Confirm(Signature),
    /// 「終了」 before 確定.
    Abandon,
}

/// The authentication certificate of a card. It is revoked together with the signature certificate, which stands for the
/// card on every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// シリアル番号
    pub serial: Serial,
    /// Since when, if it was revoked before and so is not by this application.
    pub revoked_before: Option<Instant>,
}

impl Desk {
    /// The authentication certificate of a card, as it stood before `at`: the moment of acceptance, or now.
    pub async fn authentication(&self, subject: &Subject, at: Instant) -> Result<Authentication, Fault> {
        let status = self.store().status(&subject.authentication).await?;
        Ok(Authentication {
            serial: subject.authentication.serial,
            revoked_before: status.map(|(row, _)| row.revoked_at).filter(|revoked| *revoked < at),
        })
    }
}

impl Procedure for Revocation {
    const NOUN: &'static str = "revocation";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::revocation_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Open { .. } => "open",
            Command::Enter(_) => "enter",
            Command::Edit => "edit",
            Command::Ask { .. } => "ask",
            Command::Confirm(_) => "confirm",
            Command::Abandon => "abandon",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::revocation_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::revocation_document(case)
    }

    /// Giving up twice is giving up.
    fn is_done(case: &Case, command: &Command) -> bool {
        match (case, command) {
            (Case::Revoked { opened, text, .. }, Command::Confirm(signature)) => {
                signature.is_of(*text, opened.subject.card)
            }
            (Case::Abandoned { .. }, Command::Abandon) => true,
            _ => false,
        }
    }

    fn about(case: &Case, command: &Command) -> Vec<(&'static str, String)> {
        let subject = match (case, command) {
            (
                Case::Entering { opened, .. }
                | Case::Reviewing { opened, .. }
                | Case::Awaiting { opened, .. }
                | Case::Revoked { opened, .. },
                _,
            ) => &opened.subject,
            (Case::New | Case::Abandoned { .. }, Command::Open { subject, .. }) => subject,
            (Case::New | Case::Abandoned { .. }, _) => return Vec::new(),
        };
        let mut about = about_certificate(&subject.certificate);
        about.push(("card", subject.card.to_string()));
        about
    }

    async fn propose(
        desk: &Desk,
        _: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        let place = standing.place(match (command, &standing.place) {
            (Command::Open { office, language, .. }, None) => Some((office, *language)),
            (Command::Ask { language }, Some(place)) => Some((&place.office, *language)),
            _ => None,
        })?;
        let office = desk.office_of("a case", &place)?;
        let subject = subject(&standing.case, command);
        let facts = facts(desk, &office, subject).await?;
        let (asked, mut evidence) = match command {
            Command::Open {
                informed,
                presented,
                subject,
                ..
            } => (
                revocation::Command::Open {
                    informed: *informed,
                    presented: *presented,
                    subject: subject.clone(),
                },
                Vec::new(),
            ),
            Command::Enter(application) => (revocation::Command::Enter(application.clone()), Vec::new()),
            Command::Edit => (revocation::Command::Edit, Vec::new()),
            Command::Ask { language } => {
                let kept = to_be_signed(text(desk, &office, &standing.case, *language, now).await?);
                (revocation::Command::Ask { text: kept.digest }, vec![kept])
            }
            Command::Confirm(signature) => {
                let (signed, number) = (signature.possession(), desk.number());
                (revocation::Command::Confirm { signed, number }, vec![signature.kept()])
            }
            Command::Abandon => (revocation::Command::Abandon, Vec::new()),
        };
        let policy = &office.authority().map_err(Fault::from)?.revocation.policy;
        let decision = revocation::decide(&standing.case, &asked, &facts, policy, now).map_err(Failure::Refused)?;
        let (event, details) = tell(&decision.event);
        // Evidence of a decision that is itself a refusal is no evidence of the act.
        if matches!(decision.answer, casework::Answer::Refused(_)) {
            evidence.clear();
        }
        let mut writes: Vec<Write> = decision
            .writes
            .into_iter()
            .map(|write| self::write(desk, write))
            .collect();
        if let Some(row) = queue_row(desk, standing, &place, &decision.next).await? {
            writes.push(Write::Queue(row));
        }
        Ok(Proposal {
            place,
            next: decision.next,
            answer: decision.answer,
            event,
            details,
            writes,
            errands: decision.errands.into_iter().map(errand).collect(),
            evidence,
        })
    }
}

fn subject<'a>(case: &'a Case, command: &'a Command) -> Option<&'a Subject> {
    match (case, command) {
        (
            Case::Entering { opened, .. }
            | Case::Reviewing { opened, .. }
            | Case::Awaiting { opened, .. }
            | Case::Revoked { opened, .. },
            _,
        ) => Some(&opened.subject),
        (Case::New | Case::Abandoned { .. }, Command::Open { subject, .. }) => Some(subject),
        (Case::New | Case::Abandoned { .. }, _) => None,
    }
}

/// What the store knows. The validity counts only of what was bound: an intent was not issued.
async fn facts(desk: &Desk, office: &Office, subject: Option<&Subject>) -> Result<Facts, Fault> {
    let revocation = &office.authority()?.revocation;
    let mut facts = Facts {
        flow: revocation.flow.digest(),
        terms: revocation.terms.digest(),
        validity: None,
        revoked: None,
        authentication_revoked: None,
        purchase: None,
    };
    if let Some(Subject {
        certificate,
        authentication,
        ..
    }) = subject
        && let Some(row) = desk.store().certificate(certificate).await?
        && row.der.is_some()
    {
        facts.validity = Some((row.not_before, row.not_after));
        facts.purchase = row.purchase;
        facts.revoked = desk
            .store()
            .status(certificate)
            .await?
            .map(|(row, number)| (row.revoked_at, number));
        let status = desk.store().status(authentication).await?;
        facts.authentication_revoked = status.map(|(row, _)| row.revoked_at);
    }
    Ok(facts)
}

/// The text to be signed. A case that is not being reviewed has none; `decide` refuses it for that.
async fn text(desk: &Desk, office: &Office, case: &Case, language: Language, now: Instant) -> Result<String, Fault> {
    let Case::Reviewing {
        opened,
        application,
        refund,
    } = case
    else {
        return Ok(String::new());
    };
    let certificate = &opened.subject.certificate;
    let missing = || Fault::Bug(Bug(format!("{certificate:?} was shown and is not on record")));
    let row = desk.store().certificate(certificate).await?.ok_or_else(missing)?;
    let certificate = Certificate::parse(&row.der.ok_or_else(missing)?).map_err(|why| Fault::Corrupt {
        what: "a certificate",
        why: why.to_string(),
    })?;
    let authentication = desk.authentication(&opened.subject, now).await?;
    Ok(Text {
        office,
        opened,
        certificate: &certificate,
        authentication: &authentication,
        application,
        refund: *refund,
        terms: &office.authority().map_err(Fault::from)?.revocation.policy.refund,
        mark: Mark::from_random(desk.chance().octets()),
        at: now,
    }
    .written_in(language))
}

/// Officers see an application from its acceptance on: what was not sent off is nobody else's.
async fn queue_row(
    desk: &Desk,
    standing: &Standing<Revocation>,
    place: &Place,
    next: &Case,
) -> Result<Option<QueueRow>, Fault> {
    let Case::Revoked {
        opened,
        application,
        number,
        at,
        ..
    } = next
    else {
        return Ok(None);
    };
    let certificate = &opened.subject.certificate;
    let der = desk.store().certificate(certificate).await?.and_then(|row| row.der);
    let shown = der.and_then(|der| Certificate::parse(&der).ok());
    let (holder, company) = names(shown.as_ref());
    Ok(Some(QueueRow {
        case: standing.id.octets(),
        procedure: Revocation::NOUN.to_owned(),
        office: place.office.clone(),
        number: Some(*number),
        name: application.applicant.clone(),
        holder,
        company,
        ground: Some(application.ground.key().to_owned()),
        state: Revocation::state(next).to_owned(),
        shelf: Shelf::Done,
        since: *at,
        due: Instant(0),
        entered_by: None,
        claimed_by: None,
        claimed_until: None,
        certificate: Some(certificate.clone()),
        version: standing.version + 1,
    }))
}

fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Opened { card: _, flow, terms } => {
            ("opened", vec![("flow", flow.to_string()), ("terms", terms.to_string())])
        }
        Event::Entered { ground } => ("entered", vec![("ground", ground.key().to_owned())]),
        Event::Edited => ("edited", Vec::new()),
        Event::Asked { text } => ("asked", vec![("text", text.to_string())]),
        Event::Revoked {
            card: _,
            ground,
            text,
            number,
        } => (
            "revoked",
            vec![
                ("ground", ground.key().to_owned()),
                ("text", text.to_string()),
                ("number", number.to_string()),
            ],
        ),
        Event::Abandoned { card: _ } => ("abandoned", Vec::new()),
    }
}

fn write(desk: &Desk, write: Now) -> Write {
    match write {
        Now::Revoke {
            certificate,
            ground,
            at,
            event_day,
        } => revoke(certificate, ground, at, event_day),
        Now::Number { number } => desk.receipt(number),
    }
}

fn errand(errand: Later) -> Errand {
    match errand {
        Later::PublishCrl { certificate } => Errand::PublishCrl { certificate },
        Later::Mail(letter) => Errand::RevocationLetter(letter),
    }
}
