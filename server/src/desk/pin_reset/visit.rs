//! STEP 2: what a kiosk asks.

use casework::Refusal;
use casework::identity::KioskId;
use casework::pin_reset::{Case, Told, Visit};
use casework::time::Instant;
use wire::office::Language;

use super::heard::{Carried, Heard, exchange, judge};
use super::text::Setting;
use super::{Command, PinReset, announcement, done, not_here, policy};
use crate::desk::evidence::Signature;
use crate::desk::text::Mark;
use crate::desk::{Actor, CaseId, Desk, Failure};
use crate::fault::{Bug, Fault};
use crate::office::Office;

/// A card was set at a kiosk.
pub struct SetCard<'s> {
    /// Which kiosk.
    pub kiosk: KioskId,
    /// Where it stands.
    pub place: &'s str,
    /// The language of what is signed.
    pub language: Language,
    /// What the card tells.
    pub told: Told,
    /// Its receipt.
    pub receipt: Option<[u8; 19]>,
}

/// What is known of a card that was set.
pub enum Visited {
    /// There is a reservation that counts.
    Reserved {
        /// Its case.
        id: CaseId<PinReset>,
        /// Its last instant.
        until: Instant,
        /// What the card is to sign.
        text: String,
        /// Until then.
        signed_until: Instant,
    },
    /// The card has done what an earlier kiosk could not tell.
    Confirmed {
        /// When that was heard.
        at: Instant,
    },
}

/// What the card wants to hear.
pub struct Cryptogram {
    /// What we drew.
    pub host_random: [u8; 16],
    /// Over card, PIN, counter, challenge and random number.
    pub cryptogram: [u8; 16],
    /// The last instant at which it is used.
    pub until: Instant,
}

impl Desk {
    /// A card was set at a kiosk of this office.
    pub async fn set_card(&self, office: &Office, set: &SetCard<'_>) -> Result<Visited, Failure> {
        let card = set.told.card.number;
        if let Some(at) = self.unreported(office, (set.kiosk, set.told), set.receipt).await? {
            return Ok(Visited::Confirmed { at });
        }
        let case = match self.store().cases_of_card(card).await?.reserved {
            Some(case) => Some(case),
            None => self.store().settled_of_card(card).await?,
        };
        // Of a card that has none, a case that never was says so, in the audit too.
        let id = case.map_or_else(|| self.new_case(), CaseId::from_octets);
        let standing = self.standing(id).await?;
        if standing.place.as_ref().is_some_and(|place| place.office != office.id) {
            return Err(Failure::Refused(Refusal::NoReservation));
        }
        if let Some(visited) = self.again(office, id, &standing.case, set).await? {
            return Ok(visited);
        }
        let actor = Actor::Kiosk { id: set.kiosk };
        if let Case::Announced { announcements, .. } = &standing.case
            && announcements
                .last()
                .is_some_and(|last| set.told.counter == last.counter.saturating_add(1))
        {
            let why = casework::pin_reset::Doubt::Receipt;
            let (kiosk, told) = (set.kiosk, set.told);
            let doubt = Command::Doubt { kiosk, told, why };
            done(self.perform(&actor, id, &doubt).await?)?;
        }
        let text = match standing.case.reservation() {
            Some(reservation) => Setting {
                office,
                card,
                number: reservation.number,
                place: set.place,
                at: self.clock().now(),
                mark: Mark::from_random(self.chance().octets()),
            }
            .write(set.language),
            None => String::new(),
        };
        let command = Command::Visit {
            office: office.id.clone(),
            language: set.language,
            kiosk: set.kiosk,
            told: set.told,
            text: text.clone(),
        };
        let case = done(self.perform(&actor, id, &command).await?)?;
        visited(id, &case, text)
    }

    /// The visit that this kiosk began a moment ago: the same request again has the same answer.
    async fn again(
        &self,
        office: &Office,
        id: CaseId<PinReset>,
        case: &Case,
        set: &SetCard<'_>,
    ) -> Result<Option<Visited>, Failure> {
        let (policy, now) = (policy(office)?, self.clock().now());
        let (Some(visit), Some(reservation)) = (visit_of(case), case.reservation()) else {
            return Ok(None);
        };
        let began = visit.until.plus_seconds(-policy.visit);
        let same = visit.kiosk == set.kiosk
            && set.told.card == reservation.card
            && now <= began.plus_seconds(A_REPETITION)
            && now <= reservation.until
            && policy.hours.open(now);
        let counter = case.announcements().last().map(|last| last.counter);
        if !same || counter.is_some_and(|counter| counter != set.told.counter) {
            return Ok(None);
        }
        let text = self.store().text(id.octets(), visit.text).await?;
        let text = text.ok_or_else(|| Fault::Bug(Bug(format!("the text {} is not kept", visit.text))))?;
        visited(id, case, text).map(Some)
    }

    /// What a card says that was announced to it, whichever of its cases that was.
    async fn unreported(
        &self,
        office: &Office,
        (kiosk, told): (KioskId, Told),
        receipt: Option<[u8; 19]>,
    ) -> Result<Option<Instant>, Failure> {
        let announced = self.store().announced_of_card(told.card.number).await?;
        if announced.is_empty() || receipt.is_none() {
            return Ok(None);
        }
        let unblock = self.unblock().await?;
        let carried = Carried { receipt, answer: None };
        for id in announced.into_iter().map(CaseId::<PinReset>::from_octets) {
            let standing = self.standing(id).await?;
            if standing.place.as_ref().is_none_or(|place| place.office != office.id) {
                continue;
            }
            if let Heard::Done(receipt) = judge(&unblock, &standing.case, told, &carried)?
                && told.counter == receipt.counter().saturating_add(1)
            {
                let command = Command::Report { kiosk, told, receipt };
                return self.used(kiosk, id, &command).await.map(Some);
            }
        }
        Ok(None)
    }

    /// 「設定する」: it is durable before the card is told anything.
    pub async fn announce_pin_reset(
        &self,
        office: &Office,
        id: CaseId<PinReset>,
        (kiosk, told, receipt): (KioskId, Told, Option<[u8; 19]>),
        signature: Signature,
        challenge: [u8; 16],
    ) -> Result<Cryptogram, Failure> {
        // What the card has done since it was set is told first: a card that went on is no card in doubt.
        if self.unreported(office, (kiosk, told), receipt).await?.is_some() {
            return Err(Failure::Refused(Refusal::ReservationUsed));
        }
        let command = Command::Announce {
            kiosk,
            signature: Box::new(signature),
            told,
            challenge,
            host_random: self.chance().octets(),
        };
        let case = done(self.perform(&Actor::Kiosk { id: kiosk }, id, &command).await?)?;
        let announced = announcement(&case, kiosk, challenge);
        let announced = announced.ok_or_else(|| Fault::Bug(Bug("what was announced stands there".to_owned())))?;
        let until = announced.at.plus_seconds(policy(office)?.announced_for);
        // The same challenge again, in its time: the same answer.
        if self.clock().now() > until {
            return Err(Failure::Refused(Refusal::Lapsed));
        }
        let unblock = self.unblock().await?;
        let bug = |why: String| Fault::Bug(Bug(why));
        let exchange = exchange(told.card.number, announced).ok_or_else(|| bug("keys have a version".to_owned()))?;
        Ok(Cryptogram {
            host_random: announced.host_random,
            cryptogram: unblock.answer(&exchange).map_err(|fault| bug(fault.to_string()))?,
            until,
        })
    }

    /// The card says that it is done: however late, and by whichever kiosk. When that was heard.
    pub async fn report_pin_reset(
        &self,
        id: CaseId<PinReset>,
        (kiosk, told): (KioskId, Told),
        carried: &Carried,
    ) -> Result<Instant, Failure> {
        let case = self.look(id).await?;
        if matches!(case, Case::Halted { .. }) {
            return Err(not_here(&case));
        }
        if case.card().is_some_and(|card| card != told.card) {
            return Err(Failure::Refused(Refusal::AnotherReservedCard));
        }
        let unblock = self.unblock().await?;
        let command = match judge(&unblock, &case, told, carried)? {
            Heard::Done(receipt) => Command::Report { kiosk, told, receipt },
            Heard::Doubt(why) if !matches!(case, Case::Used { .. }) => Command::Doubt { kiosk, told, why },
            Heard::Doubt(_) | Heard::Nothing => return Err(not_here(&case)),
        };
        self.used(kiosk, id, &command).await
    }

    async fn used(&self, kiosk: KioskId, id: CaseId<PinReset>, command: &Command) -> Result<Instant, Failure> {
        match done(self.perform(&Actor::Kiosk { id: kiosk }, id, command).await?)? {
            Case::Used { at, .. } => Ok(at),
            case => Err(not_here(&case)),
        }
    }
}

fn visited(id: CaseId<PinReset>, case: &Case, text: String) -> Result<Visited, Failure> {
    let (Some(visit), Some(reservation)) = (visit_of(case), case.reservation()) else {
        return Err(not_here(case));
    };
    Ok(Visited::Reserved {
        id,
        until: reservation.until,
        text,
        signed_until: visit.until,
    })
}

/// Where the card was set last, in a case that goes on there.
pub(crate) fn visit_of(case: &Case) -> Option<Visit> {
    match case {
        Case::Reserved { visit, .. } | Case::Announced { visit, .. } => *visit,
        _ => None,
    }
}

/// For so many seconds a request is taken for one that comes again (RFC 9421 signatures count for as long).
const A_REPETITION: i64 = 60;
