//! STEP 1: what an app asks. Pictures are compared before anything is asked of the desk, and reach neither it nor the store.

use casework::Refusal;
use casework::evidence::{FaceMatched, FaceUnlike, Informed};
use casework::identity::{CardNumber, Digest, Fingerprint};
use casework::pin_reset::Case;
use casework::time::Instant;
use wire::office::Language;

use super::text::Reserving;
use super::{Command, PinReset, done};
use crate::desk::evidence::{Signature, Unproven, possession, sha256};
use crate::desk::text::Mark;
use crate::desk::{Actor, CaseId, Desk, Done, Failure};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::CardPlace;

/// A reservation that was begun.
pub struct BegunReset {
    /// Its case.
    pub id: CaseId<PinReset>,
    /// What the card is to sign.
    pub text: String,
    /// With which certificate.
    pub certificate: Fingerprint,
    /// Until then.
    pub until: Instant,
}

/// The token that a picture comes with: one picture for each. Whoever has the key of the case can make it, and so it is the
/// same however often it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shot(pub [u8; 32]);

impl Shot {
    /// The one that follows the picture that was counted last.
    pub fn after(key: &str, case: CaseId<PinReset>, spent: Option<Digest>) -> Self {
        let spent = spent.map_or([0; 32], |spent| spent.0);
        Self(sha256(&[b"KAGIMORI shot\0", key.as_bytes(), &case.octets(), &spent].concat()).0)
    }

    /// As the case knows it.
    pub fn digest(&self) -> Digest {
        sha256(&self.0)
    }
}

impl Desk {
    /// Both texts were read, and the card with this certificate was read. `key` is that with which the app acts from here on,
    /// and `mail` where letters go from the moment the reservation counts.
    pub async fn begin_pin_reset(
        &self,
        office: &Office,
        language: Language,
        informed: Informed,
        (certificate, key, mail): (Fingerprint, &str, Option<String>),
    ) -> Result<BegunReset, Failure> {
        let card = self.store().citizen_card_of(certificate).await?;
        let card = card.filter(|card| card.office == office.id);
        let card = card.ok_or(Failure::Refused(Refusal::UnknownCard))?.number;
        let now = self.clock().now();
        let text = Reserving {
            office,
            card,
            read: (informed.flow(), informed.terms()),
            at: now,
            mark: Mark::from_random(self.chance().octets()),
        }
        .write(language);
        let id = self.new_case::<PinReset>();
        let command = Command::Ask {
            office: office.id.clone(),
            language,
            card,
            informed,
            text: text.clone(),
            key: sha256(key.as_bytes()),
            mail,
        };
        let Done { case, .. } = self.perform(&app(key), id, &command).await?;
        let Case::Asked { until, .. } = case else {
            return Err(Fault::Bug(Bug("what was asked is asked".to_owned())).into());
        };
        Ok(BegunReset {
            id,
            text,
            certificate,
            until,
        })
    }

    /// What this case's card has signed, if it is this text.
    pub async fn possession_of(
        &self,
        id: CaseId<PinReset>,
        text: Digest,
        card: Fingerprint,
        cms: Vec<u8>,
    ) -> Result<Signature, Unproven> {
        let written = self.store().text(id.octets(), text).await?;
        let written = written.ok_or_else(|| Fault::Bug(Bug(format!("the text {text} is not kept"))))?;
        possession(cms, &written, card, self.clock().now())
    }

    /// The card has signed: faces are compared in this case from here on, and in no other one of the card.
    pub async fn prove_pin_reset(
        &self,
        id: CaseId<PinReset>,
        key: &str,
        card: CardNumber,
        signature: Signature,
    ) -> Result<Case, Failure> {
        let command = Command::Prove {
            signature: Box::new(signature),
            shot: Shot::after(key, id, None).digest(),
        };
        self.in_place(&app(key), id, (card, CardPlace::Open), &command).await
    }

    /// A picture was compared. One that is like the card's reserves, in the place of what the card had reserved before.
    pub async fn compare_face(
        &self,
        id: CaseId<PinReset>,
        key: &str,
        shot: Digest,
        compared: Result<FaceMatched, FaceUnlike>,
    ) -> Result<Case, Failure> {
        let matched = compared.as_ref().ok().map(FaceMatched::card);
        let command = Command::Compare {
            shot,
            compared: Box::new(compared),
            next: Shot::after(key, id, Some(shot)).digest(),
        };
        match matched {
            Some(card) => {
                self.in_place(&app(key), id, (card, CardPlace::Reserved), &command)
                    .await
            }
            None => done(self.perform(&app(key), id, &command).await?),
        }
    }

    /// 「予約を取り消す」
    pub async fn cancel_pin_reset(&self, id: CaseId<PinReset>, key: &str) -> Result<Case, Failure> {
        done(self.perform(&app(key), id, &Command::Cancel).await?)
    }

    /// Does it, and puts this case in the place of the one that the card has there, in one transaction.
    pub(super) async fn in_place(
        &self,
        actor: &Actor<'_>,
        id: CaseId<PinReset>,
        (card, place): (CardNumber, CardPlace),
        command: &Command,
    ) -> Result<Case, Failure> {
        let mut before = self.other(id, card, place).await?;
        for _ in 0..LOOKS {
            let mut commands: Vec<_> = before.map(|other| (other, &Command::Replace)).into_iter().collect();
            commands.push((id, command));
            let failure = match self.perform_all(actor, &commands).await {
                Ok(mut all) => {
                    let last = all.pop();
                    return done(last.ok_or_else(|| Fault::Bug(Bug("one command has one outcome".to_owned())))?);
                }
                Err(failure) => failure,
            };
            // The one whose place it was to take may have come to its end meanwhile, or another one came before.
            let now = self.other(id, card, place).await?;
            if now == before && !matches!(failure, Failure::Fault(Fault::Contended)) {
                return Err(failure);
            }
            before = now;
        }
        Err(Fault::Contended.into())
    }

    async fn other(
        &self,
        id: CaseId<PinReset>,
        card: CardNumber,
        place: CardPlace,
    ) -> Result<Option<CaseId<PinReset>>, Fault> {
        let cases = self.store().cases_of_card(card).await?;
        let there = match place {
            CardPlace::Open => cases.open,
            CardPlace::Reserved => cases.reserved,
        };
        Ok(there.map(CaseId::from_octets).filter(|other| *other != id))
    }
}

/// Whoever has the key of a case.
fn app(key: &str) -> Actor<'static> {
    let [session @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = sha256(key.as_bytes()).0;
    Actor::Holder { session }
}

/// How often the place of a card is looked at.
const LOOKS: usize = 4;
