//! A clerk at a counter in the place of the face match: somebody was looked at, and the clerk's card has signed so.

use casework::Refusal;
use casework::identity::CardNumber;
use casework::pin_reset::{Case, Document, Known};
use casework::time::Instant;
use wire::office::Language;

use super::propose::known;
use super::text::Looking;
use super::{Command, PinReset, done};
use crate::desk::evidence::Signature;
use crate::desk::text::Mark;
use crate::desk::{Actor, CaseId, Desk, Failure};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::CardPlace;

/// What is known of a card that lies on the counter.
#[derive(Clone, Debug)]
pub struct AtCounter {
    /// What it is worth.
    pub known: Known,
    /// Its reservation.
    pub reserved: Option<Case>,
    /// In which faces are compared.
    pub open: Option<Case>,
    /// Its last one that came to an end at a kiosk.
    pub settled: Option<Case>,
}

/// A clerk has somebody before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identified {
    /// The case.
    pub id: CaseId<PinReset>,
    /// What the clerk's card is to sign.
    pub text: String,
    /// Until then.
    pub until: Instant,
}

impl Desk {
    /// What is known of a card. `None` where this office has issued no such card.
    pub async fn at_counter(&self, office: &Office, card: CardNumber) -> Result<Option<AtCounter>, Fault> {
        let Some(known) = known(self, office, card).await? else {
            return Ok(None);
        };
        let cases = self.store().cases_of_card(card).await?;
        let settled = self.store().settled_of_card(card).await?;
        Ok(Some(AtCounter {
            known,
            reserved: self.case_of(cases.reserved).await?,
            open: self.case_of(cases.open).await?,
            settled: self.case_of(settled).await?,
        }))
    }

    async fn case_of(&self, case: Option<[u8; 16]>) -> Result<Option<Case>, Fault> {
        match case {
            Some(case) => Ok(Some(self.look(CaseId::<PinReset>::from_octets(case)).await?)),
            None => Ok(None),
        }
    }

    /// The clerk looks at this document: what their card is to sign goes out.
    pub async fn identify_holder(
        &self,
        (office, language): (&Office, Language),
        actor: &Actor<'_>,
        (card, document): (CardNumber, Document),
    ) -> Result<Identified, Failure> {
        // Of nobody who acts here, a case that never was says so, in the audit too.
        let text = match self.acting_at(actor, &office.id).await? {
            Some(officer) => Looking {
                office,
                officer: &officer,
                card,
                document,
                at: self.clock().now(),
                mark: Mark::from_random(self.chance().octets()),
            }
            .write(language),
            None => String::new(),
        };
        let id = self.new_case::<PinReset>();
        let command = Command::Identify {
            office: office.id.clone(),
            language,
            card,
            document,
            text: text.clone(),
        };
        let Case::Identifying { until, .. } = done(self.perform(actor, id, &command).await?)? else {
            return Err(Fault::Bug(Bug("who was asked is asked".to_owned())).into());
        };
        Ok(Identified { id, text, until })
    }

    /// The clerk's card has signed: it reserves, in the place of what the card had reserved before.
    pub async fn admit_holder(
        &self,
        actor: &Actor<'_>,
        id: CaseId<PinReset>,
        signature: Signature,
    ) -> Result<Case, Failure> {
        let card = self.look(id).await?.card().ok_or(Failure::Refused(Refusal::Stale))?;
        let command = Command::Admit(Box::new(signature));
        self.in_place(actor, id, (card.number, CardPlace::Reserved), &command)
            .await
    }
}
