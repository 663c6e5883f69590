//! 書面による失効申込 at the desk: the facts, the texts that officers sign, and what is kept of them.

mod facts;
mod text;

use casework::Refusal;
use casework::characters;
use casework::identity::{Digest, OfficerId};
use casework::number::Number;
use casework::officer::Role;
use casework::paper::{self, Case, Entry, Errand as Later, Event, Write as Now};
use casework::review::{Reason, Verdict};
use casework::time::Instant;
use wire::office::Language;

use super::certificate::{about_certificate, names, revoke};
use super::evidence::{Signature, sha256, to_be_signed};
use super::officer::Acting;
use super::text::{Mark, is_for};
use super::{Actor, CaseId, Desk, Failure, Place, Procedure, Proposal, Standing};
use crate::fault::Fault;
use crate::office::{Office, ReasonUse};
use crate::store::{self, Document, Errand, EvidenceKind, NewEvidence, QueueRow, Shelf, Write};
use facts::{Named, facts, named};
use text::{PaperText, content};

/// The paper route of procedure 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper;

/// What an officer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What the paper says, checked; again for each change.
    Enter {
        /// At which office.
        office: String,
        /// The language of the letters to the applicant.
        language: Language,
        /// What it says.
        entry: Box<Entry>,
        /// The files of the entry that are not kept yet.
        files: Vec<NewFile>,
    },
    /// The text goes out for the entering officer's signature. [`Store::text`](crate::store::Store::text) has it then,
    /// under the digest that the case names.
    Present {
        /// In which it is written.
        language: Language,
    },
    /// The entering officer's card has signed it. The same signed text again finds the same receipt.
    Submit(Signature),
    /// 担当する
    Claim,
    /// 担当を外れる
    Release,
    /// An administrator hands it to another officer.
    Reassign {
        /// To this one.
        to: OfficerId,
    },
    /// 承認, 否認 or 差戻し: the text goes out for signature.
    Ask {
        /// What is to be decided.
        verdict: Verdict,
        /// In which language the text is written.
        language: Language,
    },
    /// The deciding officer's card has signed it. The same signed text again finds the same decision.
    Decide(Signature),
    /// 取下げ
    Withdraw,
}

/// A scanned paper, already made anew from what was sent (A47).
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Of its octets.
    pub digest: Digest,
    /// The octets that are kept.
    pub octets: Vec<u8>,
}

impl Desk {
    /// Notes that an officer has printed a letter that waited for it. Said twice it is noted once.
    pub async fn letter_printed(&self, actor: &Actor<'_>, id: [u8; 16]) -> Result<(), Failure> {
        let letter = self.store().letter(id).await?;
        let letter = letter.ok_or(Failure::Refused(Refusal::Stale))?;
        let acting = self.acting_at(actor, &letter.office).await?;
        let officer = acting.ok_or(Failure::Refused(Refusal::NotAnOfficer))?.officer;
        officer.must(Role::Entry).map_err(Failure::Refused)?;
        let case: CaseId<Paper> = CaseId::from_octets(letter.case);
        let event = self.event_beside(actor, case, "letter_printed", Vec::new()).await?;
        let now = self.clock().now();
        Ok(self.store().print_letter(&letter, officer.id, now, event).await?)
    }
}

impl Procedure for Paper {
    const NOUN: &'static str = "paper";
    type Case = Case;
    type Command = Command;

    fn new_case() -> Case {
        Case::New
    }

    fn state(case: &Case) -> &'static str {
        store::paper_state(case)
    }

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Enter { .. } => "enter",
            Command::Present { .. } => "present",
            Command::Submit(_) => "submit",
            Command::Claim => "claim",
            Command::Release => "release",
            Command::Reassign { .. } => "reassign",
            Command::Ask { .. } => "ask",
            Command::Decide(_) => "decide",
            Command::Withdraw => "withdraw",
        }
    }

    fn read(document: &Document) -> Result<Case, Fault> {
        store::paper_case(&document.text)
    }

    fn write(case: &Case) -> Result<Document, Fault> {
        store::paper_document(case)
    }

    fn is_done(case: &Case, command: &Command) -> bool {
        let approval = match (case, command) {
            (Case::Waiting { review, .. }, Command::Submit(_)) => review.first.as_ref(),
            (
                Case::Revoked { last: by, .. } | Case::Denied { by, .. } | Case::Returned { by, .. },
                Command::Decide(_),
            ) => Some(by),
            _ => None,
        };
        match (approval, command) {
            (Some(approval), Command::Submit(signature) | Command::Decide(signature)) => {
                signature.is_of(approval.text, approval.card)
            }
            _ => false,
        }
    }

    fn about(case: &Case, command: &Command) -> Vec<(&'static str, String)> {
        entry_of(case, command).map_or_else(Vec::new, |entry| about_certificate(&entry.certificate))
    }

    async fn propose(
        desk: &Desk,
        actor: &Actor<'_>,
        standing: &Standing<Self>,
        command: &Command,
        now: Instant,
    ) -> Result<Proposal<Self>, Failure> {
        let place = standing.place(match command {
            Command::Enter { office, language, .. } => Some((office, *language)),
            _ => None,
        })?;
        let office = desk.office_of("a case", &place)?;
        let acting = desk.acting_at(actor, &place.office).await?;
        let named = match entry_of(&standing.case, command) {
            Some(entry) => named(desk, &office, &entry.certificate).await?,
            None => None,
        };
        let facts = facts(desk, &office, standing, command, (acting.as_ref(), named.as_ref())).await?;
        let text = PaperTexts {
            desk,
            office: &office,
            acting: acting.as_ref(),
            named: named.as_ref(),
            now,
        };
        let (asked, evidence) = asked(&text, standing, command).await?;
        let policy = office.paper_policy().map_err(Fault::from)?;
        let decision = paper::decide(&standing.case, &asked, &facts, &policy, now).map_err(Failure::Refused)?;
        let (event, details) = tell(&decision.event);
        let entered_by = match command {
            Command::Enter { .. } | Command::Present { .. } | Command::Submit(_) => {
                facts.officer.as_ref().map(|officer| officer.id)
            }
            _ => desk
                .store()
                .queue_row(standing.id.octets())
                .await?
                .and_then(|row| row.entered_by),
        };
        let queue = queue_row(standing, &place, &decision.next, (named.as_ref(), entered_by), now);
        Ok(Proposal {
            place,
            next: decision.next,
            answer: decision.answer,
            event,
            details,
            writes: decision
                .writes
                .into_iter()
                .filter_map(|write| self::write(desk, write, queue.as_ref()))
                .collect(),
            errands: decision.errands.into_iter().map(errand).collect(),
            evidence,
        })
    }
}

fn entry_of<'a>(case: &'a Case, command: &'a Command) -> Option<&'a Entry> {
    match command {
        Command::Enter { entry, .. } => Some(entry),
        _ => case.entry(),
    }
}

/// What the texts are written from.
struct PaperTexts<'a> {
    desk: &'a Desk,
    office: &'a Office,
    acting: Option<&'a Acting>,
    named: Option<&'a Named>,
    now: Instant,
}

impl PaperTexts<'_> {
    /// `None` where `decide` refuses anyway: nobody acts, or the certificate is unknown.
    fn about<'t>(&'t self, entry: &'t Entry, content: Digest, number: Option<Number>) -> Option<PaperText<'t>> {
        let (acting, named) = (self.acting?, self.named?);
        Some(PaperText {
            office: self.office,
            officer: acting,
            certificate: &named.certificate,
            others: &named.others,
            entry,
            content,
            number,
            mark: Mark::from_random(self.desk.chance().octets()),
            at: self.now,
        })
    }
}

/// The command as the rules know it, and what is kept of it.
async fn asked(
    texts: &PaperTexts<'_>,
    standing: &Standing<Paper>,
    command: &Command,
) -> Result<(paper::Command, Vec<NewEvidence>), Failure> {
    Ok(match command {
        Command::Enter { entry, files, .. } => {
            let kept = kept_files(texts.desk, standing.id, entry, files).await?;
            let content = sha256(content(standing.id, entry)?.as_bytes());
            let entry = entry.clone();
            (paper::Command::Enter { entry, content }, kept)
        }
        Command::Present { language } => {
            let text = match &standing.case {
                Case::Drafting {
                    entry, content, number, ..
                } => texts
                    .about(entry, *content, *number)
                    .map(|text| text.entry_in(*language)),
                _ => None,
            };
            let (text, kept) = asked_for(text);
            (paper::Command::Present { text }, kept)
        }
        Command::Submit(signature) => {
            // Whoever presented it signs it: the text names that officer.
            let text = texts
                .desk
                .store()
                .text(standing.id.octets(), signature.possession().text())
                .await?;
            if let (Some(text), Some(acting)) = (text, texts.acting)
                && !is_for(&text, &acting.officer.person)
            {
                return Err(Failure::Refused(Refusal::AnotherText));
            }
            let mut kept = vec![signature.kept()];
            if let Case::Drafting {
                entry, content: said, ..
            } = &standing.case
            {
                let content = content(standing.id, entry)?.into_bytes();
                if sha256(&content) != *said {
                    let why = format!("{} holds another entry than it says", standing.id);
                    return Err(Fault::Corrupt { what: "a case", why }.into());
                }
                kept.push(NewEvidence {
                    kind: EvidenceKind::Content,
                    digest: *said,
                    content,
                });
            }
            let number = texts.desk.number();
            let signed = signature.possession();
            (paper::Command::Submit { signed, number }, kept)
        }
        Command::Claim => (paper::Command::Claim, Vec::new()),
        Command::Release => (paper::Command::Release, Vec::new()),
        Command::Reassign { .. } => (paper::Command::Reassign, Vec::new()),
        Command::Ask { verdict, language } => {
            offered(texts.office, verdict)?;
            if texts.named.is_none() {
                return Err(Failure::Refused(Refusal::NeverIssued));
            }
            let text = match &standing.case {
                Case::Waiting { entry, number, review } => texts
                    .about(entry, review.content, Some(*number))
                    .map(|text| text.decision_in(verdict, *language)),
                _ => None,
            };
            let (text, kept) = asked_for(text);
            let verdict = verdict.clone();
            (paper::Command::Ask { verdict, text }, kept)
        }
        Command::Decide(signature) => {
            let signed = signature.possession();
            (paper::Command::Decide { signed }, vec![signature.kept()])
        }
        Command::Withdraw => (paper::Command::Withdraw, Vec::new()),
    })
}

/// The files that come with an entry; the others that it names are kept already. A file that nobody sent is no file.
async fn kept_files(
    desk: &Desk,
    case: CaseId<Paper>,
    entry: &Entry,
    files: &[NewFile],
) -> Result<Vec<NewEvidence>, Failure> {
    let mut kept = Vec::new();
    for file in &entry.files {
        let sent = files.iter().find(|sent| sent.digest == file.digest);
        let octets = match sent {
            Some(sent) => Some(sent.octets.clone()),
            None => {
                desk.store()
                    .evidence(case.octets(), EvidenceKind::File, file.digest)
                    .await?
            }
        };
        let fits = |octets: &Vec<u8>| sha256(octets) == file.digest && u32::try_from(octets.len()) == Ok(file.size);
        let Some(octets) = octets.filter(fits) else {
            return Err(Failure::Refused(Refusal::Stale));
        };
        if sent.is_some() {
            kept.push(NewEvidence {
                kind: EvidenceKind::File,
                digest: file.digest,
                content: octets,
            });
        }
    }
    Ok(kept)
}

/// A reason is one of the office's, offered for this, with a remark of one line within bounds.
fn offered(office: &Office, verdict: &Verdict) -> Result<(), Failure> {
    let fits = |reason: &Reason, used_for| {
        office.reason(&reason.key, used_for).is_some()
            && reason.remark.as_deref().is_none_or(|remark| {
                characters::count(remark) <= LONGEST_REMARK && characters::forbidden(remark).is_none()
            })
    };
    let offered = match verdict {
        Verdict::Approve => true,
        Verdict::Deny(reason) => fits(reason, ReasonUse::Deny),
        Verdict::Return(reason) => fits(reason, ReasonUse::Return),
    };
    if offered {
        Ok(())
    } else {
        Err(Failure::Refused(Refusal::Stale))
    }
}

/// A text that is not written is one that `decide` does not ask for.
fn asked_for(text: Option<String>) -> (Digest, Vec<NewEvidence>) {
    let kept = to_be_signed(text.unwrap_or_default());
    (kept.digest, vec![kept])
}

/// Where officers find the case from here on.
fn queue_row(
    standing: &Standing<Paper>,
    place: &Place,
    next: &Case,
    (named, entered_by): (Option<&Named>, Option<OfficerId>),
    now: Instant,
) -> Option<QueueRow> {
    let entry = next.entry().or(standing.case.entry())?;
    let (shelf, since, claim) = match next {
        Case::New => return None,
        Case::Drafting { .. } | Case::Returned { .. } => (Shelf::Drafts, now, None),
        Case::Waiting { review, .. } => (Shelf::Waiting, review.since, review.claim.as_ref()),
        Case::Revoked { .. } | Case::Denied { .. } | Case::Withdrawn { .. } => (Shelf::Done, now, None),
    };
    let (holder, company) = names(named.map(|named| &named.certificate));
    Some(QueueRow {
        case: standing.id.octets(),
        procedure: Paper::NOUN.to_owned(),
        office: place.office.clone(),
        number: next.number(),
        name: entry.name.clone(),
        holder,
        company,
        ground: Some(entry.ground.key().to_owned()),
        state: Paper::state(next).to_owned(),
        shelf,
        since,
        due: Instant(0),
        entered_by,
        claimed_by: claim.map(|claim| claim.by),
        claimed_until: claim.map(|claim| claim.until),
        certificate: Some(entry.certificate.clone()),
        version: standing.version + 1,
    })
}

fn tell(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    // Who it was stands in the event's actor.
    match event {
        Event::Entered { by: _, content, ground } => (
            "entered",
            vec![("content", content.to_string()), ("ground", ground.key().to_owned())],
        ),
        Event::Presented { by: _, text } => ("presented", vec![("text", text.to_string())]),
        Event::Submitted {
            by: _,
            content,
            text,
            number,
        } => (
            "submitted",
            vec![
                ("content", content.to_string()),
                ("text", text.to_string()),
                ("number", number.to_string()),
            ],
        ),
        Event::Claimed { by: _ } => ("claimed", Vec::new()),
        Event::Released { by: _ } => ("released", Vec::new()),
        Event::Reassigned { by: _, to } => ("reassigned", vec![("to", super::hex(&to.0))]),
        Event::Asked { by: _, text } => ("asked", vec![("text", text.to_string())]),
        Event::Approved { by: _, text } => ("approved", vec![("text", text.to_string())]),
        Event::Revoked {
            by: _,
            text,
            ground,
            number,
        } => (
            "revoked",
            vec![
                ("ground", ground.key().to_owned()),
                ("text", text.to_string()),
                ("number", number.to_string()),
            ],
        ),
        Event::Denied { by: _, text, reason } => {
            ("denied", vec![("text", text.to_string()), ("reason", reason.clone())])
        }
        Event::Returned { by: _, text, reason } => {
            ("returned", vec![("text", text.to_string()), ("reason", reason.clone())])
        }
        Event::Withdrawn { by: _ } => ("withdrawn", Vec::new()),
    }
}

fn write(desk: &Desk, write: Now, queue: Option<&QueueRow>) -> Option<Write> {
    Some(match write {
        Now::Revoke {
            certificate,
            ground,
            at,
            event_day,
        } => revoke(certificate, ground, at, event_day),
        Now::Number { number } => desk.receipt(number),
        Now::Queue => Write::Queue(queue?.clone()),
    })
}

fn errand(errand: Later) -> Errand {
    match errand {
        Later::PublishCrl { certificate } => Errand::PublishCrl { certificate },
        Later::Write(letter) => Errand::PaperLetter(letter),
    }
}

/// Names the file and shows nothing of it.
impl std::fmt::Debug for NewFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewFile({}, {} octets)", self.digest, self.octets.len())
    }
}

/// Characters of a remark (DOMAIN §5.4).
const LONGEST_REMARK: usize = 400;
