//! Errands: what a decision queued, done later, at least once, each safe to be done twice (DESIGN, part 3.4).
//!
//! What drains the outbox after a crash is what drains it every second. A list is tried until it is published. A letter
//! ends as failed when the mail server refuses it for good, or nobody took it for five days; the audit of its case and
//! the metric `kagimori_letters_failed` tell the operator.

mod acquisition;
mod bidder;
mod crl;
mod letter;
pub mod mail;
mod office;
mod pin_reset;
mod reissue;
mod user;

use casework::time::Instant;
use std::sync::Arc;
use std::time::Duration;

use crate::authority::crl::Period;
use crate::authority::issue::Registrar;
use crate::desk::acquisition::Acquisition;
use crate::desk::officer::OfficerAccount;
use crate::desk::paper::Paper;
use crate::desk::pin_reset::PinReset;
use crate::desk::registration::Registration;
use crate::desk::reissue::Reissue;
use crate::desk::renewal::Renewal;
use crate::desk::revocation::Revocation;
use crate::desk::user::UserAccount;
use crate::desk::{Actor, CaseId, Desk};
use crate::fault::Fault;
use crate::store::{
    Errand, ErrandRow, NewEvent, Store, acquisition_letter_key, letter_key, officer_letter_key, paper_letter_key,
    pin_reset_letter_key, registration_letter_key, reissue_letter_key, renewal_letter_key, user_letter_key,
};
use mail::{Mail, Mailer, NotSent};
use office::Post;

/// Runs the errands of a node. Several nodes may, at the same time.
pub struct Errands {
    registrar: Registrar,
    period: Period,
    mailer: Arc<dyn Mailer>,
    /// By which leases of this runner are known.
    name: String,
}

/// Why an errand could not be done this time. For the operator; it is tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// The letter of an errand as it was sent, or would be: to the applicant, by mail. `None` for errands of other kinds, and
/// for letters that are printed.
pub(crate) async fn letter_of(desk: &Desk, errand: &ErrandRow) -> Result<Option<(&'static str, Mail)>, Trouble> {
    Ok(match &errand.errand {
        Errand::RevocationLetter(which) => {
            Some((letter_key(*which), letter::of_revocation(desk, errand, *which).await?))
        }
        Errand::PaperLetter(which) => match office::to_applicant(desk, errand, *which).await? {
            Post::Mail(mail) => Some((paper_letter_key(*which), mail)),
            Post::Paper(_) => None,
        },
        Errand::RegistrationLetter(which) => Some((
            registration_letter_key(*which),
            bidder::of_registration(desk, errand, *which).await?,
        )),
        Errand::RenewalLetter(which) => Some((
            renewal_letter_key(*which),
            bidder::of_renewal(desk, errand, *which).await?,
        )),
        Errand::AcquisitionLetter(which) => Some((
            acquisition_letter_key(*which),
            acquisition::to_applicant(desk, errand, *which).await?,
        )),
        Errand::ReissueLetter(which) => Some((
            reissue_letter_key(*which),
            reissue::of_reissue(desk, errand, *which).await?,
        )),
        Errand::PinResetLetter(which) => {
            let mail = pin_reset::to_holder(desk, errand, *which).await?;
            mail.map(|mail| (pin_reset_letter_key(*which), mail))
        }
        Errand::PublishCrl { .. } | Errand::OfficerLetter(_) | Errand::UserLetter(_) | Errand::ToOperator(_) => None,
    })
}

/// How an errand was not done.
enum Undone {
    /// It is tried again.
    ForNow(Trouble),
    /// Trying again would not help.
    ForGood(Trouble),
}

impl Errands {
    /// Lists are published by `registrar`, letters handed to `mailer`.
    pub fn new(registrar: Registrar, period: Period, mailer: Arc<dyn Mailer>) -> Self {
        let octets: [u8; 8] = registrar.desk.chance().octets();
        Self {
            registrar,
            period,
            mailer,
            name: format!("{:016x}", u64::from_be_bytes(octets)),
        }
    }

    /// Runs what is due, again and again. May be stopped at any moment: what was begun is begun again when its lease is
    /// over.
    pub async fn keep_running(self) {
        loop {
            if let Err(fault) = self.run_due().await {
                tracing::error!(%fault, "errands could not be taken");
            }
            tokio::time::sleep(BETWEEN_ROUNDS).await;
        }
    }

    /// Runs everything that is due now and says how many errands it did.
    pub async fn run_due(&self) -> Result<usize, Fault> {
        let mut done = 0;
        while let Some(errand) = self.store().take_errand(&self.name, self.now(), LEASE).await? {
            let outcome = tokio::time::timeout(LONGEST, self.run(&errand)).await;
            match outcome.unwrap_or_else(|_| Err(Trouble(format!("it took longer than {LONGEST:?}")).into())) {
                Ok(()) => {
                    self.store().finish_errand(errand.id, self.now()).await?;
                    done += 1;
                }
                Err(Undone::ForNow(trouble)) if !is_over(&errand, self.now()) => {
                    tracing::warn!(errand = ?errand.errand, attempts = errand.attempts, %trouble, "an errand has to wait");
                    let due = after(self.now(), errand.attempts);
                    self.store().postpone_errand(errand.id, due, &trouble.0).await?;
                }
                Err(Undone::ForNow(trouble) | Undone::ForGood(trouble)) => self.give_up(&errand, &trouble).await?,
            }
        }
        Ok(done)
    }

    async fn run(&self, errand: &ErrandRow) -> Result<(), Undone> {
        match &errand.errand {
            Errand::PublishCrl { certificate } => Ok(crl::publish(&self.registrar, self.period, certificate).await?),
            Errand::RevocationLetter(which) => {
                let mail = letter::of_revocation(&self.registrar.desk, errand, *which).await?;
                self.send(&mail).await
            }
            Errand::PaperLetter(which) => match office::to_applicant(&self.registrar.desk, errand, *which).await? {
                Post::Mail(mail) => self.send(&mail).await,
                Post::Paper(letter) => Ok(self.store().keep_letter(letter).await.map_err(Trouble::from)?),
            },
            Errand::RegistrationLetter(which) => {
                let mail = bidder::of_registration(&self.registrar.desk, errand, *which).await?;
                self.send(&mail).await
            }
            Errand::RenewalLetter(which) => {
                let mail = bidder::of_renewal(&self.registrar.desk, errand, *which).await?;
                self.send(&mail).await
            }
            Errand::AcquisitionLetter(which) => {
                let mail = acquisition::to_applicant(&self.registrar.desk, errand, *which).await?;
                self.send(&mail).await
            }
            Errand::ReissueLetter(which) => {
                let mail = reissue::of_reissue(&self.registrar.desk, errand, *which).await?;
                self.send(&mail).await
            }
            Errand::PinResetLetter(which) => match pin_reset::to_holder(&self.registrar.desk, errand, *which).await? {
                Some(mail) => self.send(&mail).await,
                None => Ok(()),
            },
            Errand::OfficerLetter(which) => {
                let mail = office::to_officer(&self.registrar.desk, errand, *which).await?;
                self.send(&mail).await
            }
            Errand::UserLetter(which) => {
                let mail = user::to_user(&self.registrar.desk, errand, which).await?;
                self.send(&mail).await
            }
            Errand::ToOperator(mail) => self.send(&letter::to_operator(errand, mail)).await,
        }
    }

    async fn send(&self, mail: &Mail) -> Result<(), Undone> {
        self.mailer.send(mail).await.map_err(|not_sent| {
            let trouble = Trouble(not_sent.to_string());
            match not_sent {
                NotSent::Unwritten(_) | NotSent::Refused(_) => Undone::ForGood(trouble),
                NotSent::Untaken(_) | NotSent::Unreachable(_) => Undone::ForNow(trouble),
            }
        })
    }

    /// Nobody is told any more; the case says so.
    async fn give_up(&self, errand: &ErrandRow, trouble: &Trouble) -> Result<(), Fault> {
        let (desk, case) = (&self.registrar.desk, CaseId::from_octets(errand.case));
        let case_named = case.to_string();
        tracing::error!(errand = ?errand.errand, case = case_named, attempts = errand.attempts, %trouble, "a letter failed");
        let mut details = vec![
            ("trouble", trouble.0.clone()),
            ("attempts", errand.attempts.to_string()),
        ];
        match &errand.errand {
            Errand::RevocationLetter(which) => details.push(("letter", letter_key(*which).to_owned())),
            Errand::PaperLetter(which) => details.push(("letter", paper_letter_key(*which).to_owned())),
            Errand::RegistrationLetter(which) => details.push(("letter", registration_letter_key(*which).to_owned())),
            Errand::RenewalLetter(which) => details.push(("letter", renewal_letter_key(*which).to_owned())),
            Errand::AcquisitionLetter(which) => details.push(("letter", acquisition_letter_key(*which).to_owned())),
            Errand::ReissueLetter(which) => details.push(("letter", reissue_letter_key(*which).to_owned())),
            Errand::PinResetLetter(which) => details.push(("letter", pin_reset_letter_key(*which).to_owned())),
            Errand::OfficerLetter(which) => details.push(("letter", officer_letter_key(*which).to_owned())),
            Errand::UserLetter(which) => details.push(("letter", user_letter_key(which.letter).to_owned())),
            Errand::PublishCrl { .. } | Errand::ToOperator(_) => {}
        }
        // It goes by post then.
        if let Errand::PaperLetter(which) = errand.errand {
            match office::to_be_printed(desk, errand, which).await {
                Ok(letter) => self.store().keep_letter(letter).await?,
                Err(trouble) => tracing::error!(case = case_named, %trouble, "a letter could not be written"),
            }
        }
        let event = match &errand.errand {
            // An alarm is no case.
            Errand::ToOperator(_) => NewEvent {
                procedure: "alarm",
                name: "mail_failed",
                actor: Actor::System.to_string(),
                states: (String::new(), String::new()),
                refusal: None,
                details,
                salt: desk.chance().octets(),
            },
            Errand::PaperLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<Paper>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::RegistrationLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<Registration>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::RenewalLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<Renewal>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::AcquisitionLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<Acquisition>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::ReissueLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<Reissue>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::PinResetLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<PinReset>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::OfficerLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<OfficerAccount>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::UserLetter(_) => {
                let case = CaseId::from_octets(errand.case);
                desk.event_beside::<UserAccount>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
            Errand::PublishCrl { .. } | Errand::RevocationLetter(_) => {
                desk.event_beside::<Revocation>(&Actor::System, case, "letter_failed", details)
                    .await?
            }
        };
        self.store()
            .fail_errand(errand.id, errand.case, self.now(), &trouble.0, event)
            .await
    }

    fn store(&self) -> &Store {
        self.registrar.desk.store()
    }

    fn now(&self) -> Instant {
        self.registrar.desk.clock().now()
    }
}

/// Whatever fails below is tried again.
impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

impl From<Trouble> for Undone {
    fn from(trouble: Trouble) -> Self {
        Self::ForNow(trouble)
    }
}

/// A list is never given up: somebody relies on it.
fn is_over(errand: &ErrandRow, now: Instant) -> bool {
    match &errand.errand {
        Errand::PublishCrl { .. } => false,
        Errand::RevocationLetter(_)
        | Errand::PaperLetter(_)
        | Errand::RegistrationLetter(_)
        | Errand::RenewalLetter(_)
        | Errand::AcquisitionLetter(_)
        | Errand::ReissueLetter(_)
        | Errand::PinResetLetter(_)
        | Errand::OfficerLetter(_)
        | Errand::UserLetter(_)
        | Errand::ToOperator(_) => now > errand.queued_at.plus_seconds(LETTER_TRIED),
    }
}

/// Five seconds after the first attempt, twice as long after each further one, at most an hour.
fn after(now: Instant, attempts: i64) -> Instant {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(10);
    now.plus_seconds((5_i64 << doublings).min(3_600))
}

const BETWEEN_ROUNDS: Duration = Duration::from_millis(250);
/// Five days, in seconds: for at least four to five a mail is to be tried (RFC 5321 §4.5.4.1).
const LETTER_TRIED: i64 = 5 * 86_400;
/// An errand that takes longer is given up for this time.
const LONGEST: Duration = Duration::from_mins(1);
/// Longer than [`LONGEST`]: nobody else takes what is still being done.
const LEASE: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests {
    use super::{Instant, after};

    #[test]
    fn the_pause_doubles_up_to_an_hour() {
        let pauses: Vec<_> = [1, 2, 3, 10, 11, 1_000]
            .map(|attempts| after(Instant(0), attempts).0)
            .into();
        assert_eq!(pauses, [5, 10, 20, 2_560, 3_600, 3_600]);
    }
}
