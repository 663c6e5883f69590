//! Kiosks at the desk: an operator enrols them and revokes them, and the audit tells of both. They are data of the office and
//! no case.

use casework::identity::KioskId;

use super::{Actor, Desk};
use crate::fault::Fault;
use crate::kiosk::id_of;
use crate::store::{Clash, KioskRow, NewEvent};

/// A kiosk is not enrolled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEnrolled {
    /// Not a key that a kiosk makes.
    #[error(
        "this is no public key of a kiosk: wanted is SubjectPublicKeyInfo of P-256, as `kagimori-agent kiosk --enrol` writes it"
    )]
    Key,
    /// It stands elsewhere, works for another office, or was revoked.
    #[error(
        "the kiosk {0} is enrolled elsewhere or was revoked; `kagimori kiosk list` shows it. A kiosk that moves, or comes \
         back, makes a new key"
    )]
    Known(KioskId),
    /// It cannot be known.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Desk {
    /// Enrols the kiosk with this key (SubjectPublicKeyInfo, DER) at a place. The same again changes nothing.
    pub async fn enrol_kiosk(
        &self,
        actor: &Actor<'_>,
        (office, place): (&str, &str),
        public_key: Vec<u8>,
    ) -> Result<KioskRow, NotEnrolled> {
        let id = id_of(&public_key).ok_or(NotEnrolled::Key)?;
        let new = KioskRow {
            id,
            office: office.to_owned(),
            place: place.to_owned(),
            public_key,
            enrolled_at: self.clock().now(),
            enrolled_by: actor.to_string(),
            revoked_at: None,
        };
        let mut event = self.kiosk_event(actor, "enrolled", &new);
        event.states = ("new".to_owned(), "enrolled".to_owned());
        match self.store().enrol_kiosk(new, event).await {
            Ok(row) => Ok(row),
            Err(Clash::Fault(fault)) => Err(fault.into()),
            Err(_) => Err(NotEnrolled::Known(id)),
        }
    }

    /// Revokes a kiosk for good: its next request is refused. `false` where it was revoked before.
    pub async fn revoke_kiosk(&self, actor: &Actor<'_>, kiosk: KioskRow) -> Result<bool, Fault> {
        let mut event = self.kiosk_event(actor, "revoked", &kiosk);
        event.states = ("enrolled".to_owned(), "revoked".to_owned());
        self.store().revoke_kiosk(kiosk, event, self.clock().now()).await
    }

    fn kiosk_event(&self, actor: &Actor<'_>, name: &'static str, kiosk: &KioskRow) -> NewEvent {
        NewEvent {
            procedure: "kiosk",
            name,
            actor: actor.to_string(),
            states: Default::default(),
            refusal: None,
            details: vec![
                ("office", kiosk.office.clone()),
                ("kiosk", kiosk.id.to_string()),
                ("place", kiosk.place.clone()),
            ],
            salt: self.chance().octets(),
        }
    }
}
