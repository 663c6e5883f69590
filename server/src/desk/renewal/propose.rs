//! A renewal's facts, and its decisions as writes, errands and evidence.

use casework::Answer;
use casework::Refusal;
use casework::card::Standing as Worth;
use casework::number::Number;
use casework::renewal::{self, Case, Errand as Later, Facts, Known, Opened, Write as Now};
use casework::review::Verdict;
use casework::time::Instant;
use wire::office::Language;

use super::text::Text;
use super::{Command, Confirmation, Renewal, rows, tell};
use crate::desk::bidder::{CardFace, answered, content, face, is_remark, offered, renewal_policy};
use crate::desk::decision::{DecisionText, HELD};
use crate::desk::evidence::to_be_signed;
use crate::desk::officer::Acting;
use crate::desk::text::Mark;
use crate::desk::{Actor, Desk, Failure, Procedure as _, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::{CardRow, Errand, NewBinding, NewEvidence, Occupied, QueueRow, RegistrationRow, Shelf, Write};

/// Everything that was read for a decision.
struct Read {
    facts: Facts,
    acting: Option<Acting>,
    registration: Option<RegistrationRow>,
}

pub(super) async fn propose(
    desk: &Desk,
    actor: &Actor<'_>,
    standing: &Standing<Renewal>,
    command: &Command,
    now: Instant,
) -> Result<Proposal<Renewal>, Failure> {
    let place = standing.place(match (command, &standing.place) {
        (Command::Open { office, language, .. }, None) => Some((office, *language)),
        (Command::Ask { language }, Some(place)) => Some((&place.office, *language)),
        _ => None,
    })?;
    let office = desk.office_of("a case", &place)?;
    let policy = renewal_policy(&office).ok_or(Failure::Refused(Refusal::Stale))?;
    let read = read(desk, &office, actor, standing, command).await?;
    let (asked, mut evidence) = asked(desk, &office, standing, command, &read, now).await?;
    let decision = renewal::decide(&standing.case, &asked, &read.facts, &policy, now).map_err(Failure::Refused)?;
    let (event, details) = tell(&decision.event);
    // Evidence of a decision that is itself a refusal is no evidence of the act.
    if matches!(decision.answer, Answer::Refused(_)) {
        evidence.clear();
    }
    let mut writes = Vec::new();
    if let Command::Open { cards, .. } = command {
        writes.extend(cards.iter().cloned().map(Write::Card));
    }
    for write in decision.writes {
        match write {
            Now::Bind {
                registration, from, to, ..
            } => writes.push(Write::Bind(NewBinding {
                id: registration,
                office: office.id.clone(),
                from,
                to,
            })),
            Now::Occupy { cards } => {
                let number = number(&decision.next)?;
                writes.extend(cards.map(|card| {
                    Write::Occupy(Occupied {
                        office: office.id.clone(),
                        card,
                        number,
                    })
                }));
            }
            Now::Vacate => writes.push(Write::Vacate),
            Now::Number { number } => writes.push(desk.receipt(number)),
            Now::Queue => writes.push(Write::Queue(
                queue_row(desk, &office, standing, &decision.next, &read, now).await?,
            )),
        }
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
            .map(|Later::Mail(letter)| Errand::RenewalLetter(letter))
            .collect(),
        evidence,
    })
}

async fn read(
    desk: &Desk,
    office: &Office,
    actor: &Actor<'_>,
    standing: &Standing<Renewal>,
    command: &Command,
) -> Result<Read, Failure> {
    let acting = desk.acting_at(actor, &office.id).await?;
    let hand_to = match command {
        Command::Reassign { to } => desk.acting(*to).await?.filter(|acting| acting.office == office.id),
        _ => None,
    };
    let (from, to) = match (standing.case.opened(), command) {
        (None, Command::Open { cards, .. }) => {
            let [from, to] = &**cards;
            (Some(from.clone()), Some(to.clone()))
        }
        (Some(opened), _) => (
            desk.store().card(opened.from).await?,
            desk.store().card(opened.to).await?,
        ),
        (None, _) => (None, None),
    };
    let nothing = Known {
        binding: None,
        standing: Worth::Undetermined,
    };
    let (Some(from), Some(to)) = (from, to) else {
        // No case that is about cards: the rules refuse whatever is asked of it.
        let facts = Facts {
            officer: acting.as_ref().map(|acting| acting.officer.clone()),
            hand_to: None,
            parties: casework::review::Parties::default(),
            first: None,
            from: nothing,
            to: nothing,
            open: None,
            compared: None,
        };
        return Ok(Read {
            facts,
            acting,
            registration: None,
        });
    };
    let registration = desk.store().registration_of_card(&office.id, from.card).await?;
    let entry = match &registration {
        Some(row) => desk.entry(&office.id, &row.business).await?,
        None => None,
    };
    let faces = [face(&from)?, face(&to)?];
    let first = match (&standing.case, command) {
        (Case::Held { submitted, review }, Command::Decide(_))
            if content(standing.id, submitted.text, submitted.answer.as_deref())? == review.content =>
        {
            desk.first_approval(office, standing.id.octets(), review).await?
        }
        _ => None,
    };
    let mut parties = desk.parties_of(&faces, entry.as_ref()).await?;
    if acting.is_some() {
        parties.persons.extend(desk.program_of(standing.id.octets()).await?);
    }
    let facts = Facts {
        officer: acting.as_ref().map(|acting| acting.officer.clone()),
        hand_to: hand_to.map(|acting| acting.officer),
        parties,
        first,
        from: desk.card_known(office, &from).await?,
        to: desk.card_known(office, &to).await?,
        open: open_elsewhere(desk, office, standing, [&from, &to]).await?,
        compared: entry.as_ref().map(|entry| faces[1].compared(entry)),
    };
    Ok(Read {
        facts,
        acting,
        registration,
    })
}

/// Another case's application about one of the cards.
async fn open_elsewhere(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Renewal>,
    cards: [&CardRow; 2],
) -> Result<Option<Number>, Fault> {
    for card in cards {
        match desk.store().application_about(&office.id, card.card).await? {
            Some((case, number)) if case != standing.id.octets() => return Ok(Some(number)),
            _ => {}
        }
    }
    Ok(None)
}

/// The command as the rules know it, and what is kept of it.
async fn asked(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Renewal>,
    command: &Command,
    read: &Read,
    now: Instant,
) -> Result<(renewal::Command, Vec<NewEvidence>), Failure> {
    Ok(match command {
        Command::Open { both, person, .. } => (
            renewal::Command::Open {
                read: *both.read(),
                person: person.clone().filter(|person| is_remark(person)),
            },
            both.kept(),
        ),
        Command::Ask { language } => {
            let text = match standing.case.opened() {
                Some(opened) => page(desk, office, opened, *language, now).await?,
                None => String::new(),
            };
            let kept = to_be_signed(text);
            (renewal::Command::Ask { text: kept.digest }, vec![kept])
        }
        Command::Back => (renewal::Command::Back, Vec::new()),
        Command::Confirm(signature) => {
            let (signed, number) = (signature.possession(), desk.number());
            (renewal::Command::Confirm { signed, number }, vec![signature.kept()])
        }
        Command::Abandon => (renewal::Command::Abandon, Vec::new()),
        Command::Claim => (renewal::Command::Claim, Vec::new()),
        Command::Release => (renewal::Command::Release, Vec::new()),
        Command::Reassign { .. } => (renewal::Command::Reassign, Vec::new()),
        Command::Propose { verdict, language } => {
            offered(office, verdict)?;
            let text = decision(desk, office, standing, (verdict, *language), read, now).await?;
            let kept = to_be_signed(text);
            let (verdict, text) = (verdict.clone(), kept.digest);
            (renewal::Command::Propose { verdict, text }, vec![kept])
        }
        Command::Decide(signature) => {
            let signed = signature.possession();
            desk.own_text(standing.id, &signed, read.acting.as_ref()).await?;
            (renewal::Command::Decide { signed }, vec![signature.kept()])
        }
        Command::Withdraw { by } => (renewal::Command::Withdraw { by: *by }, Vec::new()),
        Command::Answer { by, remark } => {
            let text = standing.case.submitted().map(|submitted| submitted.text);
            let kept = answered(standing.id, text, remark)?;
            let answer = renewal::Command::Answer {
                by: *by,
                remark: remark.clone(),
                content: kept.digest,
            };
            (answer, vec![kept])
        }
        Command::Lapse => (renewal::Command::Lapse, Vec::new()),
    })
}

async fn page(
    desk: &Desk,
    office: &Office,
    opened: &Opened,
    language: Language,
    now: Instant,
) -> Result<String, Failure> {
    let Confirmation {
        old,
        new,
        entry,
        warnings,
        ..
    } = desk.confirmation(office, opened).await?;
    let review = renewal_policy(office).ok_or(Failure::Refused(Refusal::Stale))?.review;
    Ok(Text {
        office,
        review,
        opened,
        entry: entry.as_ref(),
        old: &old,
        new: &new,
        warnings: &warnings,
        mark: Mark::from_random(desk.chance().octets()),
        at: now,
    }
    .written_in(language))
}

/// The text of a decision. A case that is not held has none; the rules refuse it for that.
async fn decision(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Renewal>,
    (verdict, language): (&Verdict, Language),
    read: &Read,
    now: Instant,
) -> Result<String, Failure> {
    let (Case::Held { submitted, review }, Some(acting)) = (&standing.case, &read.acting) else {
        return Ok(String::new());
    };
    let confirmation = desk.confirmation(office, &submitted.opened).await?;
    let policy = renewal_policy(office).ok_or(Failure::Refused(Refusal::Stale))?;
    let ja = language == Language::Ja;
    let mut about = Vec::new();
    for (title, face) in [
        (if ja { "旧" } else { "Current" }, &confirmation.old),
        (if ja { "新" } else { "New" }, &confirmation.new),
    ] {
        for row in rows(policy.review, confirmation.entry.as_ref(), face, language) {
            about.push((format!("[{title}] {}", row.label), row.value));
        }
        about.push((format!("[{title}] SHA-256"), face.card.to_string()));
    }
    if let Some(answer) = &submitted.answer {
        about.push((
            (if ja { "差戻しへの回答" } else { "Answer" }).to_owned(),
            answer.clone(),
        ));
    }
    Ok(DecisionText {
        office,
        officer: acting,
        title: ("ICカード更新申請の決定", "Decision on an IC card renewal"),
        effect: (
            "承認の時から、旧ICカードは使用できず、新ICカードを使用できます。元に戻すことはできません。",
            "From the approval on the current IC card cannot be used and the new one can. This cannot be undone.",
        ),
        verdicts: HELD,
        about: &about,
        content: review.content,
        number: submitted.number,
        mark: Mark::from_random(desk.chance().octets()),
        at: now,
    }
    .written_in(verdict, language))
}

/// Where officers find it from here on.
async fn queue_row(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Renewal>,
    next: &Case,
    read: &Read,
    now: Instant,
) -> Result<QueueRow, Fault> {
    let missing = || Fault::Bug(Bug("what was applied for has its cards".to_owned()));
    let opened = next.opened().ok_or_else(missing)?;
    let old: CardFace = desk.card_face(opened.from).await?.ok_or_else(missing)?;
    let new = desk.card_face(opened.to).await?.ok_or_else(missing)?;
    let entry = match &read.registration {
        Some(row) => desk.entry(&office.id, &row.business).await?,
        None => None,
    };
    let (shelf, since, claim) = match next {
        Case::Held { review, .. } => (Shelf::Waiting, review.since, review.claim.as_ref()),
        Case::Returned { .. } => (Shelf::Drafts, now, None),
        _ => (Shelf::Done, now, None),
    };
    let own = desk.store().certificate_by_fingerprint(opened.to).await?;
    Ok(QueueRow {
        case: standing.id.octets(),
        procedure: Renewal::NOUN.to_owned(),
        office: office.id.clone(),
        number: next.submitted().map(|submitted| submitted.number),
        name: entry.map_or_else(|| new.company.clone(), |entry| entry.name),
        holder: new.holder,
        company: new.company,
        ground: None,
        state: Renewal::state(next).to_owned(),
        shelf,
        since,
        due: old.valid.1,
        entered_by: None,
        claimed_by: claim.map(|claim| claim.by),
        claimed_until: claim.map(|claim| claim.until),
        certificate: own.map(|row| row.certificate),
        version: standing.version + 1,
    })
}

fn number(next: &Case) -> Result<Number, Fault> {
    let submitted = next.submitted();
    submitted
        .map(|submitted| submitted.number)
        .ok_or_else(|| Fault::Bug(Bug("what is held has a number".to_owned())))
}
