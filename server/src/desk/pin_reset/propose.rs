//! A reservation's facts, and its decisions as writes.

use casework::Refusal;
use casework::identity::CardNumber;
use casework::pin_reset::{self, Card, Case, Errand as Later, Event, Facts, Known, Letters, Tries, Write as Now};
use casework::time::Instant;
use pki::KeyUsage;

use super::{Command, PinReset, policy, tell};
use crate::desk::evidence::{sha256, to_be_signed};
use crate::desk::{Actor, CaseId, Desk, Failure, Proposal, Standing};
use crate::fault::Fault;
use crate::office::Office;
use crate::store::{CardPlace, CountedCard, Errand, LettersRow, NewEvidence, PinResetRow, PinResetWrite, Write};

pub(super) async fn propose(
    desk: &Desk,
    actor: &Actor<'_>,
    standing: &Standing<PinReset>,
    command: &Command,
    now: Instant,
) -> Result<Proposal<PinReset>, Failure> {
    let place = standing.place(match command {
        Command::Ask { office, language, .. }
        | Command::Identify { office, language, .. }
        | Command::Visit { office, language, .. } => Some((office, *language)),
        _ => None,
    })?;
    let office = desk.office_of("a reservation", &place)?;
    let number = match (standing.case.card(), command) {
        (Some(card), _) => card.number,
        (None, Command::Ask { card, .. } | Command::Identify { card, .. }) => *card,
        (None, Command::Visit { told, .. }) => told.card.number,
        (None, _) => return Err(Failure::Refused(Refusal::Stale)),
    };
    let mut facts = facts(desk, &office, standing, (command, number)).await?;
    if let Command::Identify { .. } | Command::Admit(_) = command {
        let acting = desk.acting_at(actor, &office.id).await?;
        facts.officer = acting.map(|acting| acting.officer);
    }
    let asked = asked(desk, command);
    let decision = pin_reset::decide(&standing.case, &asked, &facts, &policy(&office)?, now);
    let decision = decision.map_err(Failure::Refused)?;
    let mut writes = begun(standing.id, &office, (command, number), &decision.next);
    for write in &decision.writes {
        match *write {
            Now::Open { card } => writes.push(hold(card, CardPlace::Open)),
            Now::Reserve { card } => {
                writes.push(hold(card, CardPlace::Reserved));
                writes.extend(decision.next.reservation().map(|made| desk.receipt(made.number)));
            }
            Now::Release { .. } => writes.push(Write::PinReset(PinResetWrite::Release {
                until: now.plus_seconds(LETTERS_TAKE),
            })),
            Now::Wake { at } => {
                let until = decision.next.reservation().map_or(now, |reservation| reservation.until);
                writes.push(Write::PinReset(PinResetWrite::Wake {
                    at,
                    until: until.plus_seconds(LETTERS_TAKE),
                }));
            }
            Now::Count { card, from, to } => writes.push(Write::CountCard(CountedCard { number: card, from, to })),
        }
    }
    match &decision.event {
        Event::Announced { .. } => writes.push(Write::PinReset(PinResetWrite::Announced)),
        Event::Used { .. } | Event::Halted { .. } => writes.push(Write::PinReset(PinResetWrite::Settled)),
        _ => {}
    }
    let mut errands = Vec::new();
    for errand in &decision.errands {
        match errand {
            Later::Mail(letter) => errands.push(Errand::PinResetLetter(*letter)),
            // The row is what the watch finds: nothing has to be carried anywhere.
            Later::Alarm { card: _, why } => {
                tracing::error!(case = %standing.id, why = why.key(), "a card answered as no card of ours does");
            }
        }
    }
    let (event, details) = tell(&decision.event);
    Ok(Proposal {
        place,
        next: decision.next,
        answer: decision.answer,
        event,
        details,
        writes,
        errands,
        evidence: kept(command),
    })
}

fn hold(card: Card, place: CardPlace) -> Write {
    Write::PinReset(PinResetWrite::Hold {
        card: card.number,
        place,
    })
}

fn begun(id: CaseId<PinReset>, office: &Office, (command, card): (&Command, CardNumber), next: &Case) -> Vec<Write> {
    let (key, mail) = match command {
        Command::Ask { key, mail, .. } => (Some(key.0), mail.clone()),
        // No app acts for it, and no letter is wanted: the holder has gone home from the counter.
        Command::Identify { .. } => (None, None),
        _ => return Vec::new(),
    };
    // An address of somebody whose card proves nothing in time is forgotten with that.
    let letters = match next {
        Case::Asked { until, .. } => mail.map(|mail| LettersRow {
            mail,
            until: *until,
            next: None,
        }),
        _ => None,
    };
    vec![Write::PinReset(PinResetWrite::Begin(PinResetRow {
        case: id.octets(),
        office: office.id.clone(),
        card,
        key,
        letters,
    }))]
}

fn kept(command: &Command) -> Vec<NewEvidence> {
    match command {
        Command::Ask { text, .. } | Command::Identify { text, .. } | Command::Visit { text, .. } => {
            vec![to_be_signed(text.clone())]
        }
        Command::Prove { signature, .. } | Command::Announce { signature, .. } | Command::Admit(signature) => {
            vec![signature.kept()]
        }
        _ => Vec::new(),
    }
}

async fn facts(
    desk: &Desk,
    office: &Office,
    standing: &Standing<PinReset>,
    (command, number): (&Command, CardNumber),
) -> Result<Facts, Failure> {
    let citizen = office.citizen().map_err(Fault::from)?;
    let card = known(desk, office, number).await?;
    let tries = match standing.case {
        Case::New | Case::Asked { .. } => tries(desk, standing.id, number).await?,
        _ => Tries::default(),
    };
    Ok(Facts {
        card,
        texts: (citizen.flow.digest(), citizen.terms.digest()),
        tries,
        officer: None,
        letters: match command {
            Command::Compare { .. } | Command::Report { .. } | Command::Wake => letters(desk, standing.id).await?,
            _ => Letters::Unwanted,
        },
    })
}

/// The card of this number, if this office has issued it.
pub(super) async fn known(desk: &Desk, office: &Office, number: CardNumber) -> Result<Option<Known>, Fault> {
    let row = desk.store().citizen_card(number).await?;
    let Some(row) = row.filter(|row| row.office == office.id) else {
        return Ok(None);
    };
    let issuers = desk.issuers(office).await?;
    let both = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::NON_REPUDIATION);
    let authentication = desk.standing_of_one(&issuers, &row.authentication, KeyUsage::DIGITAL_SIGNATURE);
    Ok(Some(Known {
        card: Card {
            number: row.number,
            authentication: row.fingerprint,
        },
        authentication: authentication.await?,
        signature: desk.standing_of_one(&issuers, &row.signature, both).await?,
        key_version: row.key_version.get(),
        counter: row.counter,
    }))
}

async fn letters(desk: &Desk, id: CaseId<PinReset>) -> Result<Letters, Fault> {
    let row = desk.store().pin_reset(id.octets()).await?;
    let letters = row.and_then(|row| row.letters);
    Ok(letters.map_or(Letters::Unwanted, |letters| Letters::Wanted { next: letters.next }))
}

/// Those of the case in which faces of this card were compared until now: a new one begins with them.
async fn tries(desk: &Desk, own: CaseId<PinReset>, card: CardNumber) -> Result<Tries, Fault> {
    let open = desk.store().cases_of_card(card).await?.open;
    let Some(open) = open.filter(|open| *open != own.octets()) else {
        return Ok(Tries::default());
    };
    Ok(match desk.look::<PinReset>(CaseId::from_octets(open)).await? {
        Case::Proved { tries, .. } => tries,
        _ => Tries::default(),
    })
}

fn asked(desk: &Desk, command: &Command) -> pin_reset::Command {
    use pin_reset::Command as Asked;
    match command {
        Command::Ask { informed, text, .. } => Asked::Ask {
            informed: *informed,
            text: sha256(text.as_bytes()),
        },
        Command::Prove { signature, shot } => Asked::Prove {
            possession: signature.possession(),
            shot: *shot,
        },
        Command::Compare { shot, compared, next } => Asked::Compare {
            shot: *shot,
            compared: (**compared).clone(),
            next: *next,
            number: desk.number(),
        },
        Command::Identify { document, text, .. } => Asked::Identify {
            document: *document,
            text: sha256(text.as_bytes()),
        },
        Command::Admit(signature) => Asked::Admit {
            possession: signature.possession(),
            number: desk.number(),
        },
        Command::Cancel => Asked::Cancel,
        Command::Replace => Asked::Replace,
        Command::Visit { kiosk, told, text, .. } => Asked::Visit {
            kiosk: *kiosk,
            told: *told,
            text: sha256(text.as_bytes()),
        },
        Command::Announce {
            kiosk,
            signature,
            told,
            challenge,
            host_random,
        } => Asked::Announce {
            kiosk: *kiosk,
            possession: signature.possession(),
            told: *told,
            challenge: *challenge,
            host_random: *host_random,
        },
        Command::Report { kiosk, told, receipt } => Asked::Report {
            kiosk: *kiosk,
            told: *told,
            receipt: *receipt,
        },
        Command::Wake => Asked::Wake,
        Command::Doubt { kiosk, told, why } => Asked::Doubt {
            kiosk: *kiosk,
            told: *told,
            why: *why,
        },
    }
}

/// A week, in seconds: a letter is tried for five days.
const LETTERS_TAKE: i64 = 7 * 86_400;
