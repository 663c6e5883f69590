//! Asking a card: the request is stored for the agent, and the browser is led there (DESIGN, part 4).

use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::time::Instant;
use wire::card_request::{CardRequest, SamePin, Step, Watch};
use wire::office::{Language, Text};

use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::portal::Portal;
use crate::portal::purpose::Purpose;
use crate::portal::session::{Session, hashed, hex};
use crate::store::{CardRequestRow, CardRequestState};

/// What is asked of a card.
pub(crate) struct Ask<'a> {
    pub(crate) office: &'a Office,
    /// The noun of the procedure.
    pub(crate) procedure: &'static str,
    pub(crate) purpose: Purpose,
    /// The case that it belongs to, where there is one already.
    pub(crate) case: Option<[u8; 16]>,
    /// What this is about, as the agent's heading.
    pub(crate) title: Text,
    pub(crate) language: Language,
    /// Whether the PIN of one card may be tried on the card that is swapped in.
    pub(crate) same_pin: SamePin,
    /// Whether the card is watched from then on.
    pub(crate) watch: Option<Watch>,
    pub(crate) steps: Vec<Step>,
    /// The path to which the browser comes back with its one-time code.
    pub(crate) return_to: String,
    /// Until when it may be answered.
    pub(crate) until: Instant,
}

impl Portal {
    /// Asks a card: the request is stored, and earlier ones of the session that are open are given up.
    pub(crate) async fn ask_card(&self, session: &Session, ask: Ask<'_>) -> Result<CardRequestRow, Fault> {
        let now = self.clock().now();
        let (id, nonce) = (self.chance().octets::<16>(), self.chance().octets::<32>());
        let request = CardRequest {
            protocol: wire::PROTOCOL,
            id: URL_SAFE_NO_PAD.encode(id),
            session_mark: hex(&session.row.mark),
            office: ask.office.wire(),
            procedure: ask.procedure.to_owned(),
            title: ask.title,
            language: ask.language,
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            pin: ask.office.card.pin.clone(),
            pin_after: ask.purpose.pin_after(),
            same_pin: ask.same_pin,
            watch: ask.watch,
            steps: ask.steps,
            answered: 0,
            return_to: ask.return_to,
            expires_at: ask.until.0,
        };
        let row = CardRequestRow {
            id,
            session: session.row.token,
            office: ask.office.id.clone(),
            procedure: ask.procedure.to_owned(),
            purpose: ask.purpose.key().to_owned(),
            case: ask.case,
            nonce,
            document: serde_json::to_string(&request).map_err(|why| Bug(why.to_string()))?,
            agent_key: None,
            answered: 0,
            state: CardRequestState::Open,
            outcome: None,
            made_at: now,
            expires_at: ask.until,
        };
        let swaps = request.steps.iter().any(|step| matches!(step, Step::Swap { .. }));
        if session.is_watched(&row.office) {
            self.bear_swap(session.row.token, &row.office, swaps.then_some(ask.until))
                .await?;
        }
        self.store().make_card_request(row.clone()).await?;
        self.gauge().meet(hashed(&row.id));
        Ok(row)
    }

    /// The session's last request at this office, if it may still be answered or brought back.
    pub(crate) async fn card_request_of(
        &self,
        session: &Session,
        office: &Office,
    ) -> Result<Option<CardRequestRow>, Fault> {
        let row = self.store().card_request_of_session(session.row.token).await?;
        let now = self.clock().now();
        Ok(row.filter(|row| row.office == office.id && now <= row.expires_at))
    }

    /// The open request, if there is one, is over: whoever edits or leaves must not be signed for any more.
    pub(crate) async fn withdraw_card_request(&self, session: &Session, office: &Office) -> Result<(), Fault> {
        if let Some(row) = self.card_request_of(session, office).await? {
            let nobody_knows = self.chance().octets();
            let outcome = "withdrawn".to_owned();
            self.store()
                .end_card_request(row.id, CardRequestState::Returned, nobody_knows, outcome)
                .await?;
            self.store().close_card_request(row.id).await?;
        }
        Ok(())
    }

    /// The browser is led to the agent.
    pub(crate) fn lead_to_agent(&self, row: &CardRequestRow) -> Response {
        Redirect::to(&format!("{}/{}", self.site().agent, self.agent_query(row))).into_response()
    }

    /// The link by which a system starts the agent with this request.
    pub(crate) fn agent_link(&self, row: &CardRequestRow) -> String {
        format!("kagimori:{}", self.agent_query(row))
    }

    /// What the agent is told in the address: who asks, and which request.
    fn agent_query(&self, row: &CardRequestRow) -> String {
        let id = URL_SAFE_NO_PAD.encode(row.id);
        let portal: String = self
            .site()
            .origin
            .bytes()
            .map(|octet| match octet {
                octet if octet.is_ascii_alphanumeric() || b"-._".contains(&octet) => char::from(octet).to_string(),
                octet => format!("%{octet:02X}"),
            })
            .collect();
        format!("request?portal={portal}&id={id}")
    }
}
