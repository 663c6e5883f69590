//! An application's facts, and its decisions as writes, errands, news and evidence.

use casework::Refusal;
use casework::calendar::DesiredDay;
use casework::identity::{Company, OrganisationId};
use casework::reissue::{self, Case, Errand as Later, Event, Facts, Submitted, Write as Now, morning};
use casework::review::{Parties, Review, Verdict};
use casework::terminal::Terminal;
use casework::time::{Day, Instant};
use wire::office::Language;

use super::content::Content;
use super::text::rows;
use super::{Command, Reissue, reissue_policy, tell};
use crate::desk::bidder::offered as reasons_offered;
use crate::desk::decision::{DecisionText, EXAMINED};
use crate::desk::evidence::to_be_signed;
use crate::desk::examine::{Examine, Examiner, nothing_to_decide};
use crate::desk::text::{Mark, Words};
use crate::desk::user::UserAccount;
use crate::desk::{Actor, CaseId, Desk, Failure, Procedure as _, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::{
    AwaitedMorning, Category, Errand, NewEvidence, NewNews, OccupiedTerminals, OrganisationRow, QueueRow, Shelf, Write,
};

/// Everything that was read for a decision.
struct Read {
    facts: Facts,
    examiner: Examiner,
    organisation: Option<OrganisationRow>,
}

pub(super) async fn propose(
    desk: &Desk,
    actor: &Actor<'_>,
    standing: &Standing<Reissue>,
    command: &Command,
    now: Instant,
) -> Result<Proposal<Reissue>, Failure> {
    let place = standing.place(match (command, &standing.place) {
        (Command::Open { office, language }, None) => Some((office, *language)),
        _ => None,
    })?;
    let office = desk.office_of("a case", &place)?;
    let policy = reissue_policy(&office).ok_or(Failure::Refused(Refusal::Stale))?;
    let read = read(desk, &office, actor, standing, command).await?;
    let (asked, evidence) = asked(desk, &office, standing, command, &read, now).await?;
    let decision = reissue::decide(&standing.case, &asked, &read.facts, &policy, now).map_err(Failure::Refused)?;
    let (event, details) = tell(&decision.event);
    let submitted = decision.next.submitted();
    let missing = || Fault::Bug(Bug("what was not sent off takes nothing".to_owned()));
    let mut writes = Vec::new();
    for write in decision.writes {
        let write = match write {
            Now::Occupy { terminals } => Write::OccupyTerminals(OccupiedTerminals {
                office: office.id.clone(),
                terminals,
                number: submitted.ok_or_else(missing)?.number,
            }),
            Now::Vacate => Write::VacateTerminals,
            Now::Await { day } => Write::AwaitMorning(AwaitedMorning {
                office: office.id.clone(),
                day,
            }),
            Now::Done => Write::MorningDone,
            Now::Number { number } => {
                writes.push(Write::Follow(submitted.ok_or_else(missing)?.opened.organisation));
                desk.receipt(number)
            }
            // Below, of whatever was sent off: an edit that officers do not see is a commit of the case all the same.
            Now::Queue => continue,
        };
        writes.push(write);
    }
    if let Some(submitted) = submitted {
        let organisation = read.organisation.as_ref();
        let due = morning(submitted.wish.day, &policy);
        writes.push(Write::Queue(queue_row(
            &office,
            standing,
            &decision.next,
            (submitted, organisation),
            (due, now),
        )));
        writes.extend(news(desk, submitted, &decision.event).map(Write::News));
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
            .map(|Later::Mail(letter)| Errand::ReissueLetter(letter))
            .collect(),
        evidence,
    })
}

async fn read(
    desk: &Desk,
    office: &Office,
    actor: &Actor<'_>,
    standing: &Standing<Reissue>,
    command: &Command,
) -> Result<Read, Fault> {
    let by = customer(desk, actor, office).await?;
    let owner = standing.case.opened().map(|opened| opened.organisation).or(by);
    let organisation = match owner {
        Some(owner) => desk.store().organisation(owner).await?,
        None => None,
    };
    let step = match command {
        Command::Examine(step) => Some(step),
        _ => None,
    };
    // A row that somebody changed behind the desk's back is not what was approved (A25).
    let before = whole(standing);
    let examiner = desk.examiner((actor, office), standing.id, step, before).await?;
    let mut parties = Parties::default();
    if step.is_some() {
        let company = organisation.as_ref().map(|row| row.contract.company.clone());
        parties.companies.extend(company.map(Company));
        parties = desk.with_program(parties, standing.id).await?;
    }
    let about = concerned(&standing.case, command);
    let mut facts = Facts {
        by,
        officer: examiner.officer(),
        hand_to: examiner.hand_to.clone(),
        parties,
        first: examiner.first,
        known: Vec::with_capacity(about.len()),
        open: Vec::new(),
        granted: Vec::new(),
    };
    for terminal in about {
        if let Some(row) = desk.store().terminal(&office.id, terminal).await? {
            facts.known.push((terminal, row.organisation));
        }
        if let Some((case, number)) = desk.store().application_for(&office.id, terminal).await?
            && case != standing.id.octets()
        {
            facts.open.push((terminal, number));
        }
    }
    if let Command::Grant { .. } = command {
        facts.granted = desk.store().grants_of(&standing.id.octets()).await?;
    }
    Ok(Read {
        facts,
        examiner,
        organisation,
    })
}

/// For whom somebody acts: the account is active at this moment, and the contract in force at this office.
async fn customer(desk: &Desk, actor: &Actor<'_>, office: &Office) -> Result<Option<OrganisationId>, Fault> {
    let Actor::User { id, .. } = actor else { return Ok(None) };
    let account: CaseId<UserAccount> = CaseId::from_octets(id.0);
    let casework::user::Case::Active { account, .. } = desk.look(account).await? else {
        return Ok(None);
    };
    let organisation = desk.store().organisation(account.organisation).await?;
    let here = organisation.filter(|row| row.in_force && row.office == office.id);
    Ok(here.map(|row| row.id))
}

/// The terminals whose facts a command asks for.
fn concerned(case: &Case, command: &Command) -> Vec<Terminal> {
    match command {
        Command::Choose { terminals, .. } => terminals.clone(),
        Command::Apply | Command::Correct => {
            let wish = case.draft().and_then(|draft| draft.wish);
            wish.map(|wish| wish.terminals).unwrap_or_default()
        }
        Command::Examine(Examine::Propose { .. } | Examine::Decide(_)) => case
            .submitted()
            .map(|submitted| submitted.wish.terminals.clone())
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// What officers have before them, if its digest is still that of what the case holds.
fn whole(standing: &Standing<Reissue>) -> Option<&Review> {
    let (Some(submitted), Some(review)) = (standing.case.submitted(), standing.case.review()) else {
        return None;
    };
    let content = Content::of(standing.id, submitted).kept().digest;
    Some(review).filter(|review| review.content == content)
}

/// The command as the rules know it, and what is kept of it.
async fn asked(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Reissue>,
    command: &Command,
    read: &Read,
    now: Instant,
) -> Result<(reissue::Command, Vec<NewEvidence>), Failure> {
    let opened = standing.case.opened();
    Ok(match command {
        Command::Open { .. } => (reissue::Command::Open, Vec::new()),
        Command::Enter(contact) => (reissue::Command::Enter(contact.clone()), Vec::new()),
        Command::Choose { day, cause, terminals } => {
            owned(standing, read)?;
            let choose = reissue::Command::Choose {
                day: desired(desk, office, *day, now).await?,
                cause: cause.clone(),
                terminals: terminals.clone(),
            };
            (choose, Vec::new())
        }
        Command::Apply => {
            owned(standing, read)?;
            let (opened, draft) = opened.zip(standing.case.draft()).ok_or_else(nothing_to_decide)?;
            let (contact, wish) = draft.contact.zip(draft.wish).ok_or_else(nothing_to_decide)?;
            let day = desired(desk, office, wish.day, now).await?;
            let number = desk.number();
            let kept = Content {
                case: standing.id,
                organisation: opened.organisation,
                number,
                contact: &contact,
                wish: &wish,
            }
            .kept();
            let content = kept.digest;
            (reissue::Command::Apply { day, content, number }, vec![kept])
        }
        Command::Correct => {
            owned(standing, read)?;
            let submitted = standing.case.submitted().ok_or_else(nothing_to_decide)?;
            let draft = standing.case.draft().unwrap_or_else(|| reissue::Draft::of(submitted));
            let (contact, wish) = draft.contact.zip(draft.wish).ok_or_else(nothing_to_decide)?;
            let day = desired(desk, office, wish.day, now).await?;
            let corrected = Submitted {
                contact,
                wish,
                ..submitted.clone()
            };
            let kept = Content::of(standing.id, &corrected).kept();
            let content = kept.digest;
            (reissue::Command::Correct { day, content }, vec![kept])
        }
        Command::Abandon => (reissue::Command::Abandon, Vec::new()),
        Command::Withdraw => (reissue::Command::Withdraw, Vec::new()),
        Command::Examine(Examine::Claim) => (reissue::Command::Claim, Vec::new()),
        Command::Examine(Examine::Release) => (reissue::Command::Release, Vec::new()),
        Command::Examine(Examine::Reassign { .. }) => (reissue::Command::Reassign, Vec::new()),
        Command::Examine(Examine::Propose { verdict, language }) => {
            reasons_offered(office, verdict)?;
            let text = decision(desk, office, standing, (verdict, *language), read, now).await?;
            let kept = to_be_signed(text);
            let (verdict, text) = (verdict.clone(), kept.digest);
            (reissue::Command::Propose { verdict, text }, vec![kept])
        }
        Command::Examine(Examine::Decide(signature)) => {
            let signed = desk.signed_decision(standing.id, signature, &read.examiner).await?;
            (reissue::Command::Decide { signed }, vec![signature.kept()])
        }
        Command::Grant { troubles } => {
            let troubles = troubles.clone();
            (reissue::Command::Grant { troubles }, Vec::new())
        }
    })
}

/// Nobody learns of another customer's application whether its day is gone (A17).
fn owned(standing: &Standing<Reissue>, read: &Read) -> Result<(), Failure> {
    match standing.case.opened() {
        Some(opened) if read.facts.by != Some(opened.organisation) => Err(Failure::Refused(Refusal::NotYours)),
        _ => Ok(()),
    }
}

/// R305, A16, A17: for whoever sends it at this moment. The page says why; here it is chosen anew.
async fn desired(desk: &Desk, office: &Office, day: Day, now: Instant) -> Result<DesiredDay, Failure> {
    let calendar = desk.calendar(office, now.day()).await?;
    let desired = calendar.desired_day(day, now.day());
    desired.map_err(|_| Failure::Refused(Refusal::DayGone))
}

/// The text of a decision. A case that nobody examines has none; the rules refuse it for that.
async fn decision(
    desk: &Desk,
    office: &Office,
    standing: &Standing<Reissue>,
    (verdict, language): (&Verdict, Language),
    read: &Read,
    now: Instant,
) -> Result<String, Failure> {
    let (Case::Examining { submitted, review }, Some(acting)) = (&standing.case, &read.examiner.acting) else {
        return Ok(String::new());
    };
    let offered = desk
        .terminals_offered(&office.id, submitted.opened.organisation, now)
        .await?;
    let about = rows(&Words { language }, read.organisation.as_ref(), submitted, &offered);
    Ok(DecisionText {
        office,
        officer: acting,
        title: (
            "デジタル証明書再発行申込の決定",
            "Decision on a reissue of digital certificates",
        ),
        effect: (
            "再発行希望日の朝に、選択された論理端末の再発行を行います。承認を取り消すことはできません。",
            "On the morning of the desired date the chosen terminals are reissued. The approval cannot be undone.",
        ),
        verdicts: EXAMINED,
        about: &about,
        content: review.content,
        number: submitted.number,
        mark: Mark::from_random(desk.chance().octets()),
        at: now,
    }
    .written_in(verdict, language))
}

/// Where officers find it from here on: by the morning that it is for, and then the oldest first.
fn queue_row(
    office: &Office,
    standing: &Standing<Reissue>,
    next: &Case,
    (submitted, organisation): (&Submitted, Option<&OrganisationRow>),
    (due, now): (Instant, Instant),
) -> QueueRow {
    let (shelf, since, claim) = match next {
        Case::Received { review, .. } | Case::Examining { review, .. } => {
            (Shelf::Waiting, review.since, review.claim.as_ref())
        }
        Case::Returned { by, .. } => (Shelf::Drafts, by.at, None),
        // What the morning could not do stands before officers again until it is done.
        Case::Approved { progress, .. } => match progress.iter().filter_map(|one| troubled(one.step)).min() {
            Some(since) => (Shelf::Waiting, since, None),
            None => (Shelf::Done, now, None),
        },
        _ => (Shelf::Done, now, None),
    };
    let contract = organisation.map(|row| &row.contract);
    let contact = &submitted.contact;
    QueueRow {
        case: standing.id.octets(),
        procedure: Reissue::NOUN.to_owned(),
        office: office.id.clone(),
        number: Some(submitted.number),
        name: format!("{}　{}", contact.surname, contact.given),
        holder: contract.map(|contract| contract.office.clone()).unwrap_or_default(),
        company: contract.map(|contract| contract.company.clone()).unwrap_or_default(),
        ground: None,
        state: Reissue::state(next).to_owned(),
        shelf,
        since,
        due,
        entered_by: None,
        claimed_by: claim.map(|claim| claim.by),
        claimed_until: claim.map(|claim| claim.until),
        certificate: None,
        version: standing.version + 1,
    }
}

const fn troubled(step: reissue::Step) -> Option<Instant> {
    match step {
        reissue::Step::Troubled { since, .. } => Some(since),
        reissue::Step::Waiting | reissue::Step::Opened(_) => None,
    }
}

/// 新着情報 (DOMAIN §6.6).
fn news(desk: &Desk, submitted: &Submitted, event: &Event) -> Option<NewNews> {
    let (category, words) = match event {
        Event::Returned { .. } => (Category::Application, "reissue-returned"),
        Event::Approved { .. } => (Category::Application, "reissue-examined"),
        Event::Denied { .. } => (Category::Application, "reissue-denied"),
        Event::Reissued { .. } => (Category::Certificate, "reissue-done"),
        _ => return None,
    };
    Some(NewNews {
        id: desk.chance().octets(),
        organisation: submitted.opened.organisation,
        category,
        words,
        number: Some(submitted.number),
    })
}
