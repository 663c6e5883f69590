//! Speaks with the office whose cards they are: conditions, reservations, and what a kiosk does with a card.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use reqwest::header;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Mutex, PoisonError};
use wire::api::SignedText;
use wire::code::Code;
use wire::pin_reset::{
    Announce, Announced, AskReservation, Capture, Conditions, Confirmed, Report, Reservation, ReservationBegun,
    SetCard, Visit,
};

use super::key::KioskKey;
use crate::origin::{NoOrigin, Origin};
use crate::portal::{Lines, PortalFault, read};

/// Where an office is served: `https://host/OFFICE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeAddress {
    origin: Origin,
    office: String,
}

/// Why a text is no address of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOffice {
    /// It has not one path segment after the host.
    #[error("write the office as https://host/OFFICE")]
    Form,
    /// It is neither HTTPS nor on this computer.
    #[error("an office needs https; plain http is taken for this computer only")]
    Plain,
}

impl FromStr for OfficeAddress {
    type Err = NoOffice;

    fn from_str(text: &str) -> Result<Self, NoOffice> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (host, office) = text.rsplit_once('/').ok_or(NoOffice::Form)?;
        let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
        if office.is_empty() || !office.bytes().all(plain) || host.ends_with('/') {
            return Err(NoOffice::Form);
        }
        let origin = host.parse().map_err(|fault| match fault {
            NoOrigin::Form => NoOffice::Form,
            NoOrigin::Plain => NoOffice::Plain,
        })?;
        Ok(Self {
            origin,
            office: office.to_owned(),
        })
    }
}

impl OfficeAddress {
    /// The office's own name.
    pub fn office(&self) -> &str {
        &self.office
    }
}

impl fmt::Display for OfficeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.origin, self.office)
    }
}

/// The office's desk for this procedure.
pub(crate) struct Desk {
    at: OfficeAddress,
    lines: Lines,
    heard: Mutex<Option<Hour>>,
}

/// What the server's clock said, and when it said so by a clock that only goes forward.
#[derive(Clone, Copy)]
struct Hour {
    says: i64,
    at: Instant,
}

/// Whoever has it acts for one reservation. Never printed.
pub(crate) struct ReservationKey(pub(crate) String);

impl Desk {
    pub(crate) fn new(at: OfficeAddress) -> Result<Self, reqwest::Error> {
        Ok(Self {
            at,
            lines: Lines::new()?,
            heard: Mutex::default(),
        })
    }

    /// The server's clock in Unix seconds, as far as it was heard: this computer's own clock has no say (G-T2).
    pub(crate) fn now(&self) -> Option<i64> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map(|hour| {
            let passed = i64::try_from(hour.at.elapsed().as_millis()).unwrap_or(i64::MAX);
            hour.says.saturating_add(passed).div_euclid(1_000)
        })
    }

    pub(crate) async fn conditions(&self) -> Result<Conditions, PortalFault> {
        let request = self.lines.to(&self.at.origin).get(self.address("conditions"));
        let told: Conditions = read(request.timeout(GLANCE)).await?;
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Hour {
            says: told.now_ms,
            at: Instant::now(),
        });
        Ok(told)
    }

    pub(crate) async fn ask(&self, ask: &AskReservation) -> Result<ReservationBegun, PortalFault> {
        let request = self.lines.to(&self.at.origin).post(self.address("reservations"));
        let begun: ReservationBegun = read(request.json(ask)).await?;
        if !crate::asked::is_id(&begun.id) {
            return Err(PortalFault::Unintelligible);
        }
        Ok(begun)
    }

    /// The card's signature. The same one may be sent again.
    pub(crate) async fn prove(
        &self,
        id: &str,
        key: &ReservationKey,
        signed: &SignedText,
    ) -> Result<Reservation, PortalFault> {
        let request = self.of_reservation(&format!("{id}/proof"), key);
        read(request.json(signed)).await
    }

    /// One picture for one shot; comparing takes its time.
    pub(crate) async fn compare(
        &self,
        id: &str,
        key: &ReservationKey,
        capture: &Capture,
    ) -> Result<Reservation, PortalFault> {
        let request = self.of_reservation(&format!("{id}/capture"), key);
        read(request.timeout(COMPARING).json(capture)).await
    }

    pub(crate) async fn reservation(&self, id: &str, key: &ReservationKey) -> Result<Reservation, PortalFault> {
        let address = self.address(&format!("reservations/{id}"));
        let request = self.lines.to(&self.at.origin).get(address).bearer_auth(&key.0);
        read(request.timeout(GLANCE)).await
    }

    pub(crate) async fn cancel(&self, id: &str, key: &ReservationKey) -> Result<Reservation, PortalFault> {
        read(self.of_reservation(&format!("{id}/cancel"), key)).await
    }

    /// A card was set at this kiosk.
    pub(crate) async fn set(&self, key: &KioskKey, set: &SetCard) -> Result<Visit, PortalFault> {
        let visit: Visit = self.signed(key, "visits", set).await?;
        match &visit {
            Visit::Reserved { id, .. } if !crate::asked::is_id(id) => Err(PortalFault::Unintelligible),
            _ => Ok(visit),
        }
    }

    pub(crate) async fn announce(
        &self,
        key: &KioskKey,
        id: &str,
        announce: &Announce,
    ) -> Result<Announced, PortalFault> {
        self.signed(key, &format!("visits/{id}/announce"), announce).await
    }

    pub(crate) async fn report(&self, key: &KioskKey, id: &str, report: &Report) -> Result<Confirmed, PortalFault> {
        self.signed(key, &format!("visits/{id}/report"), report).await
    }

    /// A request that the kiosk signs. Every one of them is idempotent: where the connection broke, the same is said again.
    async fn signed<Sent: Serialize, Got: DeserializeOwned>(
        &self,
        key: &KioskKey,
        path: &str,
        sent: &Sent,
    ) -> Result<Got, PortalFault> {
        let body = serde_json::to_vec(sent).map_err(|_| PortalFault::Unintelligible)?;
        let mut left = REPEATS;
        loop {
            let created = match self.now() {
                Some(now) => now,
                None => self.conditions().await?.now_ms.div_euclid(1_000),
            };
            let address = self.address(path);
            let signed = key.sign("POST", &address, &body, created);
            let request = self
                .lines
                .to(&self.at.origin)
                .post(&address)
                .header(header::CONTENT_TYPE, "application/json")
                .header("content-digest", signed.digest)
                .header("signature-input", signed.input)
                .header("signature", signed.signature)
                .timeout(ONCE)
                .body(body.clone());
            left -= 1;
            match read(request).await {
                // The server's clock may have been set since it was last heard.
                Err(PortalFault::Said(problem)) if problem.code == Code::Kiosk && left == REPEATS - 1 => {
                    self.conditions().await?;
                }
                Err(PortalFault::Broken | PortalFault::Unreachable) if left > 0 => tokio::time::sleep(PAUSE).await,
                told => return told,
            }
        }
    }

    fn of_reservation(&self, path: &str, key: &ReservationKey) -> reqwest::RequestBuilder {
        let address = self.address(&format!("reservations/{path}"));
        self.lines.to(&self.at.origin).post(address).bearer_auth(&key.0)
    }

    fn address(&self, path: &str) -> String {
        format!("{}/api/v1/offices/{}/pin-resets/{path}", self.at.origin, self.at.office)
    }
}

/// A page waits no longer for what it could do without.
const GLANCE: Duration = Duration::from_secs(5);
const COMPARING: Duration = Duration::from_mins(1);
/// Of one attempt of a kiosk; a holder stands before it.
const ONCE: Duration = Duration::from_secs(8);
const REPEATS: u8 = 3;
const PAUSE: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_is_an_origin_and_one_name() {
        for (text, shown) in [
            ("https://ca.example.jp/mihon-city", "https://ca.example.jp/mihon-city"),
            ("https://ca.example.jp:8443/a/", "https://ca.example.jp:8443/a"),
            ("http://127.0.0.1:8080/mihon", "http://127.0.0.1:8080/mihon"),
        ] {
            assert_eq!(text.parse::<OfficeAddress>().unwrap().to_string(), shown);
        }
        assert_eq!("http://ca.example.jp/a".parse::<OfficeAddress>(), Err(NoOffice::Plain));
        for bad in [
            "https://ca.example.jp",
            "https://ca.example.jp/",
            "https://ca.example.jp/a/b",
            "https://ca.example.jp//a",
            "https://ca.example.jp/a?b",
            "https://ca.example.jp/..",
            "mihon",
            "",
        ] {
            assert!(bad.parse::<OfficeAddress>().is_err(), "{bad}");
        }
    }
}
