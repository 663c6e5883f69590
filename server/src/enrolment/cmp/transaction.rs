//! What must match what between the messages of one transaction, whichever node meets them: the store remembers it.
//!
//! Only a message that was believed is written of. Its row is kept for as long as its clock could pass, and one asker has
//! [`MOST`] at most.

use casework::certificate::Reason;
use casework::identity::{CertificateId, Digest, Fingerprint, GrantId};
use casework::terminal::Terminal;
use pki::certificate::Certificate;
use pki::cmp::{
    Asks, Awaiting, Body as Said, CmpFault, Confirmation, Disposition, Failure as Bit, Granted, Opened, Seen,
    TransactionId,
};

use super::{Enrolment, Heard, No, TOLERANCE, Whose};
use crate::authority::enrolment::Answering;
use crate::desk::{Failure, evidence};
use crate::fault::{Bug, Fault};
use crate::store::{Beginning, HandedOut, TransactionRow, TransactionState};

impl Enrolment {
    /// What is remembered of the transaction of a message.
    pub(super) async fn met(&self, id: &TransactionId) -> Result<Option<TransactionRow>, No> {
        let row = self.desk.store().transaction(id).await;
        Ok(row.map_err(Failure::from)?)
    }

    /// A first message is answered once: by the node that was the first to remember it.
    pub(super) async fn opened(&self, heard: &Heard, met: Option<TransactionRow>) -> Result<Opened, No> {
        let now = self.desk.clock().now();
        let seen = if met.is_some() { Seen::Before } else { Seen::New };
        let opened = Opened::by(&heard.authentic, seen, now.0, TOLERANCE)?;
        let id = opened.transaction().clone();
        let begun = self.desk.store().begin_transaction(id, heard.asker(), now, MOST);
        match begun.await.map_err(Failure::from)? {
            Beginning::First => Ok(opened),
            Beginning::Before => Err(CmpFault::TransactionIdInUse.into()),
            Beginning::TooMany => Err(No::TooMany),
        }
    }

    pub(super) async fn granted(
        &self,
        heard: &Heard,
        opened: &Opened,
        (asks, id): (Asks, i32),
        certificate: Certificate,
        answering: &Answering,
    ) -> Result<Vec<u8>, No> {
        let chain = self.desk.terminals_chain(&heard.office).await?;
        // Only a shared secret makes anchors of what is sent along (RFC 9483 §4.1.1).
        let anchors = match heard.by {
            Whose::Codes(..) if asks == Asks::Initial => chain.last().cloned().into_iter().collect(),
            _ => Vec::new(),
        };
        let nonce = self.nonce();
        if !opened.asks_implicit_confirm() {
            let awaiting = opened.awaiting(nonce.clone(), id, certificate.clone());
            let handed = HandedOut {
                certificate: Fingerprint(certificate.fingerprint()),
                request: id,
                nonce: awaiting.nonce,
                asked_with: awaiting.asked_with,
            };
            let waits = self.desk.store().await_confirmation(awaiting.transaction, handed);
            waits.await.map_err(Failure::from)?;
        }
        let granted = Granted {
            id,
            status: Disposition::accepted(),
            certificate: Some(certificate),
            anchors,
        };
        let body = Said::Response(asks, granted);
        self.reply(heard, (opened, nonce), &body, &chain, answering)
    }

    /// Whether the holder takes what was handed out. Who says the same again is answered the same.
    pub(super) async fn confirmed(
        &self,
        heard: &Heard,
        id: TransactionId,
        met: Option<TransactionRow>,
        answering: &Answering,
    ) -> Result<Vec<u8>, No> {
        let row = met.ok_or(CmpFault::NoSuchTransaction)?;
        if row.asker != heard.asker() {
            return Err(CmpFault::OtherProtection.into());
        }
        let (handed, said) = match row.state {
            TransactionState::Begun => return Err(CmpFault::NoSuchTransaction.into()),
            TransactionState::Waiting(handed) => (handed, None),
            TransactionState::Taken(handed) => (handed, Some(true)),
            TransactionState::Refused(handed) => (handed, Some(false)),
        };
        let store = self.desk.store();
        let held = store.terminal_certificate(handed.certificate).await;
        let held = held.map_err(Failure::from)?.ok_or_else(lost)?;
        let der = store.certificate(&held.certificate).await.map_err(Failure::from)?;
        let der = der.and_then(|row| row.der).ok_or_else(lost)?;
        let awaiting = Awaiting {
            transaction: id,
            nonce: handed.nonce,
            asked_with: handed.asked_with,
            by: heard.authentic.by().clone(),
            request: handed.request,
            certificate: Certificate::parse(&der).map_err(|_| lost())?,
        };
        let now = self.desk.clock().now().0;
        let confirmation = awaiting.confirm(&heard.authentic, now, TOLERANCE)?;
        let is_taken = matches!(confirmation, Confirmation::Taken(_));
        if said.is_some_and(|said| said != is_taken) {
            return Err(CmpFault::Settled.into());
        }
        // Before it is settled: who asks again after a crash in between finds it revoked.
        if !is_taken {
            self.given_up(held.grant, &held.certificate).await?;
        }
        let settled = store.settle_transaction(awaiting.transaction, is_taken).await;
        if !settled.map_err(Failure::from)? {
            return Err(CmpFault::Settled.into());
        }
        let (Confirmation::Taken(opened) | Confirmation::Refused(opened, _)) = confirmation;
        self.reply(heard, (&opened, self.nonce()), &Said::Confirmed, &[], answering)
    }

    /// The holder does not take what was made.
    async fn given_up(&self, grant: GrantId, certificate: &CertificateId) -> Result<(), No> {
        let given_up = self
            .desk
            .give_up_certificate(grant, certificate, Reason::CessationOfOperation);
        match given_up.await {
            // Somebody revoked it before.
            Ok(()) | Err(Failure::Refused(casework::Refusal::AlreadyRevoked { .. })) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}

impl Heard {
    /// Who asks, by what no two have: nobody else confirms.
    fn asker(&self) -> Digest {
        let asker = match &self.by {
            Whose::Codes(recognised, ..) => {
                let terminal = recognised.right().map(|terminal| {
                    let Terminal { division, device, name } = terminal;
                    format!("{} {} {name}", division.key(), device.key())
                });
                format!("codes {} {}", self.office.id, terminal.unwrap_or_default())
            }
            Whose::Terminal(certificate) => format!("certificate {certificate}"),
        };
        evidence::sha256(asker.as_bytes())
    }
}

fn lost() -> Failure {
    Failure::Fault(Fault::from(
        Bug("what a transaction handed out has its rows".to_owned()),
    ))
}

impl No {
    /// As an answer says it.
    pub(super) fn status(&self) -> Disposition {
        match self {
            Self::Cmp(fault) => fault.status(),
            Self::Desk(failure) => super::refusal::status(failure),
            Self::TooMany => {
                let text = "too many transactions in a quarter of an hour; try again later";
                Disposition::rejected(Bit::SystemUnavail, text)
            }
        }
    }
}

/// So long, in seconds, is a transaction remembered. A message may be dated [`TOLERANCE`] ahead and is taken until as long
/// after, which makes twice that; the rest is for nodes whose clocks differ.
pub(in crate::enrolment) const REMEMBERED: i64 = 3 * TOLERANCE;

/// So many transactions are remembered of one terminal's codes, or of one certificate: some 500 octets each.
const MOST: i64 = 30;
