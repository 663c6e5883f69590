//! What cards say and are told, as lines of the audit (DOMAIN §2.5). Numbers and fingerprints only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::acquisition::{Place, Tested};
use wire::card_request::{Answer, Verdict};
use wire::code::Code;

use super::noun;
use crate::desk::Client;
use crate::fault::{Bug, Fault};
use crate::portal::Portal;
use crate::portal::session::{hashed, hex};
use crate::store::{CardRequestRow, NewEvent};

impl Portal {
    /// How many tries are left is audited; what was typed never came here (G-P1, DOMAIN §2.5).
    pub(super) async fn note_failed_pin(
        &self,
        row: &CardRequestRow,
        left: Option<u8>,
        client: Client,
    ) -> Result<(), Fault> {
        let mut details = vec![("client", client.to_string())];
        details.extend(left.map(|left| ("left", left.to_string())));
        self.note_of_card(row, "pin_failed", Code::PinWrong, details).await
    }

    /// A card or an answer that was not taken: by its fingerprint, where it showed a certificate (DOMAIN §2.5).
    pub(super) async fn note_refused_card(
        &self,
        row: &CardRequestRow,
        answer: &Answer,
        refused: &Verdict,
        client: Client,
    ) -> Result<(), Fault> {
        let Verdict::Refused { code, .. } = refused else {
            return Ok(());
        };
        let mut details = vec![("client", client.to_string())];
        if let Answer::Presented { signature, .. } = answer
            && let Ok(der) = URL_SAFE_NO_PAD.decode(signature)
        {
            details.push(("certificate", hex(&hashed(&der))));
        }
        self.note_of_card(row, "card_refused", *code, details).await
    }

    /// A certificate is where its key is, and what the agent says of its test. That is the agent's word: what a terminal proves,
    /// it proves with its key (casework: `Authenticated`).
    pub(crate) async fn note_installed(&self, row: &CardRequestRow, place: Place, tested: Tested) -> Result<(), Fault> {
        let place = match place {
            Place::Token => "token",
            Place::Card => "card",
            Place::File => "file",
        };
        let tested = match tested {
            Tested::Passed => "passed",
            Tested::Untested => "untested",
            Tested::NoConnection => "no_connection",
            Tested::ServerUntrusted => "server_untrusted",
            Tested::Clock => "clock",
            Tested::Expired => "expired",
            Tested::Refused => "refused",
            Tested::Server => "server",
            Tested::Key => "key",
        };
        let details = vec![("place", place.to_owned()), ("tested", tested.to_owned())];
        self.line_of_card(row, "brought", None, details).await
    }

    /// A line of the audit about a card request; it changes no state.
    async fn note_of_card(
        &self,
        row: &CardRequestRow,
        name: &'static str,
        refusal: Code,
        details: Vec<(&'static str, String)>,
    ) -> Result<(), Fault> {
        self.line_of_card(row, name, Some(refusal), details).await
    }

    async fn line_of_card(
        &self,
        row: &CardRequestRow,
        name: &'static str,
        refusal: Option<Code>,
        details: Vec<(&'static str, String)>,
    ) -> Result<(), Fault> {
        let event = NewEvent {
            procedure: noun(row).ok_or_else(|| Bug(format!("{:?} is no procedure that asks cards", row.procedure)))?,
            name,
            actor: "agent".to_owned(),
            states: (row.purpose.clone(), row.purpose.clone()),
            refusal: refusal.map(|code| code.id().to_owned()),
            details,
            salt: self.chance().octets(),
        };
        self.store()
            .record(row.case.unwrap_or(row.id), event, self.clock().now())
            .await
    }
}
