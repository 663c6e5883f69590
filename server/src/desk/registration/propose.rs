//! A registration's facts, and its decisions as writes, errands and evidence.

use casework::Answer;
use casework::Refusal;
use casework::card::Standing as Worth;
use casework::identity::RegistrationId;
use casework::register::{BusinessNumber, Entry};
use casework::registration::{self, Case, Errand as Later, Facts, Known, Write as Now};
use casework::review::{Parties, Verdict};
use casework::time::Instant;
use wire::office::Language;

use super::text::{Text, contact_rows};
use super::{Command, Registration, tell};
use crate::desk::bidder::{CardFace, answered, content, face, offered, registration_policy};
use crate::desk::decision::{DecisionText, HELD};
use crate::desk::evidence::to_be_signed;
use crate::desk::officer::Acting;
use crate::desk::renewal::rows;
use crate::desk::text::{Mark, Words};
use crate::desk::{Actor, Desk, Failure, Procedure as _, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::{Errand, NewContact, NewEvidence, NewRegistration, Occupied, QueueRow, Shelf, Write};

/// Everything that was read for a decision.
struct Read {
    facts: Facts,
    acting: Option<Acting>,
    face: Option<CardFace>,
    entry: Option<Entry>,
}

pub(super) async fn propose(
    desk: &Desk,
    actor: &Actor<'_>,
    standing: &Standing<Registration>,
    command: &Command,
    now: Instant,
) -> Result<Proposal<Registration>, Failure> {
    let place = standing.place(match (command, &standing.place) {
        (Command::Open { office, language, .. }, None) => Some((office, *language)),
        (Command::Ask { language }, Some(place)) => Some((&place.office, *language)),
        _ => None,
    })?;
    let office = desk.office_of("a case", &place)?;
    let policy = registration_policy(&office).ok_or(Failure::Refused(Refusal::Stale))?;
    let read = read(desk, &office, actor, standing, command).await?;
    let (asked, mut evidence) = asked(desk, &office, standing, command, &read, now).await?;
    let decision = registration::decide(&standing.case, &asked, &read.facts, &policy, now).map_err(Failure::Refused)?;
    let (event, details) = tell(&decision.event);
    // Evidence of a decision that is itself a refusal is no evidence of the act.
    if matches!(decision.answer, Answer::Refused(_)) {
        evidence.clear();
    }
    let mut writes = Vec::new();
    if let Command::Open { card, .. } = command {
        writes.push(Write::Card((**card).clone()));
    }
    for write in decision.writes {
        writes.push(match write {
            Now::Register {
                business,
                card,
                contact,
                ..
            } => Write::Registration(NewRegistration {
                id: RegistrationId(standing.id.octets()),
                office: office.id.clone(),
                business,
                card,
                contact: *contact,
            }),
            Now::Change {
                registration,
                card,
                contact,
                ..
            } => Write::Contact(NewContact {
                id: registration,
                card,
                contact: *contact,
            }),
            Now::Occupy { card } => {
                let submitted = decision.next.submitted();
                let submitted = submitted.ok_or_else(|| Bug("what is held has a number".to_owned()));
                Write::Occupy(Occupied {
                    office: office.id.clone(),
                    card,
                    number: submitted.map_err(Fault::Bug)?.number,
                })
            }
            Now::Vacate => Write::Vacate,
            Now::Number { number } => desk.receipt(number),
            Now::Queue => Write::Queue(queue_row(desk, &office, standing, &decision.next, &read, now).await?),
        });
    }
    Ok(Proposal {
        place,
        next: decision.next,
        answer: decision.answer,
        event,
        details,
        writes,
        errands: decision
            .errands
            .into_iter()
            .map(|Later::Mail(letter)| Errand::RegistrationLetter(letter))
            .collect(),
        evidence,
    })
}

async fn read(
    desk: &Desk,
    office: &Office,
    actor: &Actor<'_>,
    standing: &Standing<Registration>,
    command: &Command,
) -> Result<Read, Failure> {
    let acting = desk.acting_at(actor, &office.id).await?;
    let hand_to = match command {
        Command::Reassign { to } => desk.acting(*to).await?.filter(|acting| acting.office == office.id),
        _ => None,
    };
    let card = match (standing.case.opened(), command) {
        (None, Command::Open { card, .. }) => Some((**card).clone()),
        (Some(opened), _) => desk.store().card(opened.card).await?,
        (None, _) => None,
    };
    let mut facts = Facts {
        officer: acting.as_ref().map(|acting| acting.officer.clone()),
        hand_to: hand_to.map(|acting| acting.officer),
        parties: Parties::default(),
        first: None,
        card: Known {
            binding: None,
            standing: Worth::Undetermined,
        },
        business: None,
        open: None,
        compared: None,
    };
    let Some(card) = card else {
        // No case that is about a card: the rules refuse whatever is asked of it.
        return Ok(Read {
            facts,
            acting,
            face: None,
            entry: None,
        });
    };
    let registered = desk.store().registration_of_card(&office.id, card.card).await?;
    facts.business = registered.map(|row| row.business);
    let business: Option<&BusinessNumber> = standing.case.business().or(facts.business.as_ref());
    let entry = match business {
        Some(business) => desk.entry(&office.id, business).await?,
        None => None,
    };
    let face = face(&card)?;
    facts.card = desk.card_known(office, &card).await?;
    facts.parties = desk.parties_of(std::slice::from_ref(&face), entry.as_ref()).await?;
    if facts.officer.is_some() {
        let own = desk.program_of(standing.id.octets()).await?;
        facts.parties.persons.extend(own);
    }
    facts.compared = entry.as_ref().map(|entry| face.compared(entry));
    facts.open = desk
        .store()
        .application_about(&office.id, card.card)
        .await?
        .filter(|(case, _)| *case != standing.id.octets())
        .map(|(_, number)| number);
    if let (Case::Held { submitted, review }, Command::Decide(_)) = (&standing.case, command)
        && content(standing.id, submitted.text, submitted.answer.as_deref())? == review.content
    {
        facts.first = desk.first_approval(office, standing.id.octets(), review).await?;
    }
    Ok(Read {
        facts,
        acting,
        face: Some(face),
        entry,
    })
}

/// The command as the rules know it, and what is kept of it.
async fn asked(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Registration>,
    command: &Command,
    read: &Read,
    now: Instant,
) -> Result<(registration::Command, Vec<NewEvidence>), Failure> {
    Ok(match command {
        Command::Open { kind, presented, .. } => {
            let (kind, presented) = (*kind, *presented);
            (registration::Command::Open { kind, presented }, Vec::new())
        }
        Command::Prove(proved) => (registration::Command::Prove(proved.clone()), Vec::new()),
        Command::Enter(contact) => (registration::Command::Enter(contact.clone()), Vec::new()),
        Command::Edit => (registration::Command::Edit, Vec::new()),
        Command::Ask { language } => {
            let kept = to_be_signed(page(desk, office, standing, read, *language, now));
            (registration::Command::Ask { text: kept.digest }, vec![kept])
        }
        Command::Confirm(signature) => {
            let (signed, number) = (signature.possession(), desk.number());
            (
                registration::Command::Confirm { signed, number },
                vec![signature.kept()],
            )
        }
        Command::Abandon => (registration::Command::Abandon, Vec::new()),
        Command::Claim => (registration::Command::Claim, Vec::new()),
        Command::Release => (registration::Command::Release, Vec::new()),
        Command::Reassign { .. } => (registration::Command::Reassign, Vec::new()),
        Command::Propose { verdict, language } => {
            offered(office, verdict)?;
            let kept = to_be_signed(decision(desk, office, standing, (verdict, *language), read, now));
            let (verdict, text) = (verdict.clone(), kept.digest);
            (registration::Command::Propose { verdict, text }, vec![kept])
        }
        Command::Decide(signature) => {
            let signed = signature.possession();
            desk.own_text(standing.id, &signed, read.acting.as_ref()).await?;
            (registration::Command::Decide { signed }, vec![signature.kept()])
        }
        Command::Withdraw { by } => (registration::Command::Withdraw { by: *by }, Vec::new()),
        Command::Answer { by, remark } => {
            let text = standing.case.submitted().map(|submitted| submitted.text);
            let kept = answered(standing.id, text, remark)?;
            let answer = registration::Command::Answer {
                by: *by,
                remark: remark.clone(),
                content: kept.digest,
            };
            (answer, vec![kept])
        }
        Command::Lapse => (registration::Command::Lapse, Vec::new()),
    })
}

/// The page to be signed. A case of which nothing is shown for that has none; the rules refuse it.
fn page(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Registration>,
    read: &Read,
    language: Language,
    now: Instant,
) -> String {
    let case = &standing.case;
    let (Some(opened), Some(business), Some(contact)) = (case.opened(), case.business(), case.entered()) else {
        return String::new();
    };
    let (Some(face), Some(policy)) = (&read.face, registration_policy(office)) else {
        return String::new();
    };
    Text {
        office,
        review: policy.review,
        opened,
        business,
        entry: read.entry.as_ref(),
        face,
        contact,
        mark: Mark::from_random(desk.chance().octets()),
        at: now,
    }
    .written_in(language)
}

/// The text of a decision. A case that is not held has none; the rules refuse it for that.
fn decision(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Registration>,
    (verdict, language): (&Verdict, Language),
    read: &Read,
    now: Instant,
) -> String {
    let (Case::Held { submitted, review }, Some(acting), Some(face), Some(policy)) =
        (&standing.case, &read.acting, &read.face, registration_policy(office))
    else {
        return String::new();
    };
    let words = Words { language };
    let mut about: Vec<(String, String)> = vec![(
        words.of("登録番号", "Registration number").to_owned(),
        submitted.business.to_string(),
    )];
    for row in rows(policy.review, read.entry.as_ref(), face, language) {
        about.push((row.label.to_owned(), row.value));
    }
    about.push(("SHA-256".to_owned(), face.card.to_string()));
    about.extend(contact_rows(&words, &submitted.contact));
    if let Some(answer) = &submitted.answer {
        about.push((words.of("差戻しへの回答", "Answer").to_owned(), answer.clone()));
    }
    DecisionText {
        office,
        officer: acting,
        title: ("利用者登録申請の決定", "Decision on a registration"),
        effect: (
            "承認の時から、このICカードで利用できます。元に戻すことはできません。",
            "From the approval on this IC card can be used. This cannot be undone.",
        ),
        verdicts: HELD,
        about: &about,
        content: review.content,
        number: submitted.number,
        mark: Mark::from_random(desk.chance().octets()),
        at: now,
    }
    .written_in(verdict, language)
}

/// Where officers find it from here on. Nothing of a registration runs out: it comes behind every renewal, by its age.
async fn queue_row(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Registration>,
    next: &Case,
    read: &Read,
    now: Instant,
) -> Result<QueueRow, Fault> {
    let face = read.face.clone();
    let face = face.ok_or_else(|| Fault::Bug(Bug("what was applied for has its card".to_owned())))?;
    let (shelf, since, claim) = match next {
        Case::Held { review, .. } => (Shelf::Waiting, review.since, review.claim.as_ref()),
        Case::Returned { .. } => (Shelf::Drafts, now, None),
        _ => (Shelf::Done, now, None),
    };
    let own = desk.store().certificate_by_fingerprint(face.card).await?;
    let entry = read.entry.as_ref();
    Ok(QueueRow {
        case: standing.id.octets(),
        procedure: Registration::NOUN.to_owned(),
        office: office.id.clone(),
        number: next.submitted().map(|submitted| submitted.number),
        name: entry.map_or_else(|| face.company.clone(), |entry| entry.name.clone()),
        holder: face.holder,
        company: face.company,
        ground: None,
        state: Registration::state(next).to_owned(),
        shelf,
        since,
        due: Instant(i64::MAX),
        entered_by: None,
        claimed_by: claim.map(|claim| claim.by),
        claimed_until: claim.map(|claim| claim.until),
        certificate: own.map(|row| row.certificate),
        version: standing.version + 1,
    })
}
