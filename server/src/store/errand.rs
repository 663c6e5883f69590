//! The outbox: errands are queued in the transaction that decides them, and done later, at least once.

use casework::identity::{Authority, CertificateId, Serial};
use casework::revocation::Letter;
use casework::time::{Day, Instant};
use casework::{acquisition, officer, paper, pin_reset, registration, reissue, renewal, user};
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::Store;
use super::alarm::OperatorMail;
use super::case::{self, Hex, corrupt};
use super::database::{Connection, Row, Statement, statements, values};
use super::event::{self, NewEvent};
use crate::fault::Fault;

/// Everything that is done later, of all procedures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// A new list for the shard that holds this certificate.
    PublishCrl {
        /// Which certificate.
        certificate: CertificateId,
    },
    /// A letter of procedure 000 to the applicant.
    RevocationLetter(Letter),
    /// A letter of the paper route to the applicant.
    PaperLetter(paper::Letter),
    /// A letter about a registration, to its contact.
    RegistrationLetter(registration::Letter),
    /// A letter about a renewal, to the registration's contact.
    RenewalLetter(renewal::Letter),
    /// A letter about a terminal's grant, to the applicant.
    AcquisitionLetter(acquisition::Letter),
    /// A letter about a reissue, to 申込担当者.
    ReissueLetter(reissue::Letter),
    /// A letter about a reservation of a new 署名用暗証番号, to its holder.
    PinResetLetter(pin_reset::Letter),
    /// A letter to an officer, about the own account.
    OfficerLetter(officer::Letter),
    /// A letter to a person of an organisation, about the own account.
    UserLetter(UserLetter),
    /// A mail to the operator, as it was written when it was queued.
    ToOperator(Box<OperatorMail>),
}

/// A letter to a person of an organisation.
#[derive(Clone, PartialEq, Eq)]
pub struct UserLetter {
    /// Which one.
    pub letter: user::Letter,
    /// The token of its link, where it has one. It is kept until the letter is sent, and nowhere else.
    pub token: Option<String>,
}

impl std::fmt::Debug for UserLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserLetter")
            .field("letter", &self.letter)
            .finish_non_exhaustive()
    }
}

/// An errand to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewErrand {
    /// Fresh. It names the errand outside too, for example in a letter's Message-ID.
    pub id: [u8; 16],
    /// What is to be done. The same one is never queued twice for a case.
    pub errand: Errand,
}

/// An errand that was taken, for as long as its lease holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrandRow {
    /// Names it, outside too.
    pub id: [u8; 16],
    /// For which case.
    pub case: [u8; 16],
    /// What is to be done.
    pub errand: Errand,
    /// When it was queued.
    pub queued_at: Instant,
    /// How many times it was taken, this time included.
    pub attempts: i64,
}

/// How many errands wait, since when the oldest, and how many were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbox {
    /// So many are not done and will be tried.
    pub waiting: i64,
    /// The oldest of them was queued then.
    pub oldest: Option<Instant>,
    /// So many were given up, ever.
    pub failed: i64,
}

impl Store {
    /// Takes one errand that is due, or whose lease ran out. Two who ask at once never get the same one. Lists go before
    /// letters: a mail server that answers nobody holds no revocation list up.
    pub async fn take_errand(
        &self,
        lease: &str,
        now: Instant,
        leased_for: Duration,
    ) -> Result<Option<ErrandRow>, Fault> {
        let until = now.plus_seconds(i64::try_from(leased_for.as_secs()).unwrap_or(i64::MAX));
        let lease = lease.to_owned();
        match &self.database {
            super::Database::Postgres(_) => {
                let mut connection = self.reader().await?;
                take(&mut connection, TAKE_UNLOCKED, &lease, now, until).await
            }
            // One process writes, through one task; a look before spares it an empty transaction.
            super::Database::Sqlite { .. } => {
                if self.reader().await?.searched(DUE, values![now.0]).await?.is_none() {
                    return Ok(None);
                }
                self.writer
                    .write(move |connection| Box::pin(async move { take(connection, TAKE, &lease, now, until).await }))
                    .await
            }
        }
    }

    /// It is done.
    pub async fn finish_errand(&self, id: [u8; 16], now: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(FINISH, values![&id, now.0]).await.map(drop) })
            })
            .await
    }

    /// It could not be done; again at `due`. `trouble` is for the operator.
    pub async fn postpone_errand(&self, id: [u8; 16], due: Instant, trouble: &str) -> Result<(), Fault> {
        let trouble = trouble.replace('\0', "\u{fffd}");
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection
                        .execute(POSTPONE, values![&id, due.0, &trouble])
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// It will not be done: nobody takes it any more. The event is recorded with it. Once, whoever asks again.
    pub(crate) async fn fail_errand(
        &self,
        id: [u8; 16],
        case: [u8; 16],
        now: Instant,
        trouble: &str,
        event: NewEvent,
    ) -> Result<(), Fault> {
        let trouble = trouble.replace('\0', "\u{fffd}");
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if connection.execute(FAIL, values![&id, now.0, &trouble]).await? == 0 {
                        return Ok(());
                    }
                    event::append(connection, &case, &event, now).await
                })
            })
            .await
    }

    /// What waits, and what was given up.
    pub async fn outbox(&self) -> Result<Outbox, Fault> {
        let mut connection = self.reader().await?;
        let missing = || corrupt("the outbox", "it cannot be counted");
        let waiting = connection.searched(WAITING, values![]).await?.ok_or_else(missing)?;
        let failed = connection.searched(FAILED, values![]).await?.ok_or_else(missing)?;
        Ok(Outbox {
            waiting: waiting.column("waiting")?,
            oldest: waiting.column::<Option<i64>>("oldest")?.map(Instant),
            failed: failed.column("failed")?,
        })
    }
}

pub(crate) async fn queue(
    connection: &mut Connection,
    case: &[u8; 16],
    new: &NewErrand,
    at: Instant,
) -> Result<(), Fault> {
    let mut spent = None;
    let (name, row) = match &new.errand {
        Errand::PublishCrl { certificate } => (
            format!("crl {}", certificate.serial),
            ErrandDocument::Crl {
                authority: certificate.authority.0.clone(),
                serial: Hex::of(certificate.serial.octets()),
            },
        ),
        Errand::RevocationLetter(letter) => {
            let name = letter_key(*letter);
            (
                name.to_owned(),
                ErrandDocument::RevocationLetter {
                    letter: name.to_owned(),
                },
            )
        }
        Errand::PaperLetter(letter) => {
            let name = paper_letter_key(*letter);
            (
                name.to_owned(),
                ErrandDocument::PaperLetter {
                    letter: name.to_owned(),
                },
            )
        }
        Errand::RegistrationLetter(letter) => {
            let name = registration_letter_key(*letter).to_owned();
            // What was given back, answered and given back again is told again.
            let once = match letter {
                registration::Letter::Returned => format!("{name} {:032x}", u128::from_be_bytes(new.id)),
                _ => name.clone(),
            };
            (once, ErrandDocument::RegistrationLetter { letter: name })
        }
        Errand::RenewalLetter(letter) => {
            let name = renewal_letter_key(*letter).to_owned();
            let once = match letter {
                renewal::Letter::Returned => format!("{name} {:032x}", u128::from_be_bytes(new.id)),
                _ => name.clone(),
            };
            (once, ErrandDocument::RenewalLetter { letter: name })
        }
        Errand::AcquisitionLetter(letter) => {
            let name = acquisition_letter_key(*letter).to_owned();
            let (days, last) = match letter {
                acquisition::Letter::Unacquired { days } => (Some(*days), None),
                acquisition::Letter::Expiring { days, last } => (Some(*days), Some(last.0)),
                acquisition::Letter::Suspended { last } => (None, Some(last.0)),
            };
            (
                // One of each certificate and each number of days.
                format!("{name} {} {}", days.unwrap_or_default(), last.unwrap_or_default()),
                ErrandDocument::AcquisitionLetter {
                    letter: name,
                    days,
                    last,
                },
            )
        }
        Errand::ReissueLetter(letter) => {
            let name = reissue_letter_key(*letter).to_owned();
            let once = match letter {
                reissue::Letter::Returned => format!("{name} {:032x}", u128::from_be_bytes(new.id)),
                _ => name.clone(),
            };
            (once, ErrandDocument::ReissueLetter { letter: name })
        }
        Errand::PinResetLetter(letter) => {
            let name = pin_reset_letter_key(*letter).to_owned();
            (name.clone(), ErrandDocument::PinResetLetter { letter: name })
        }
        Errand::OfficerLetter(letter) => {
            let name = officer_letter_key(*letter);
            (
                // An account is blocked, or a passkey added, more than once.
                format!("{name} {:032x}", u128::from_be_bytes(new.id)),
                ErrandDocument::OfficerLetter {
                    letter: name.to_owned(),
                },
            )
        }
        Errand::UserLetter(UserLetter { letter, token }) => {
            let name = user_letter_key(*letter);
            let row = |token| ErrandDocument::UserLetter {
                letter: name.to_owned(),
                token,
            };
            if token.is_some() {
                spent = Some(case::Document::of(name, &row(None))?.text);
            }
            (
                // A password is changed more than once.
                format!("{name} {:032x}", u128::from_be_bytes(new.id)),
                row(token.clone()),
            )
        }
        Errand::ToOperator(mail) => (
            // What begins and ends has two of them.
            format!("operator {:032x}", u128::from_be_bytes(new.id)),
            ErrandDocument::ToOperator {
                from: mail.from.clone(),
                to: mail.to.clone(),
                subject: mail.subject.clone(),
                body: mail.body.clone(),
            },
        ),
    };
    let document = case::Document::of(&name, &row)?;
    connection
        .execute(
            QUEUE,
            values![&new.id, case, &name, &document.text, at.0, spent.as_deref()],
        )
        .await?;
    Ok(())
}

statements! {
    QUEUE = "INSERT INTO errand (id, case_id, name, document, queued_at, due_at, attempts, spent)
             VALUES ($1, $2, $3, $4, $5, $5, 0, $6) ON CONFLICT (case_id, name) DO NOTHING";
    TAKE = "UPDATE errand SET lease = $1, leased_until = $3, attempts = attempts + 1
            WHERE id = (SELECT id FROM errand
                        WHERE done_at IS NULL AND due_at <= $2 AND (leased_until IS NULL OR leased_until < $2)
                        ORDER BY CASE WHEN name LIKE 'crl %' THEN 0 ELSE 1 END, due_at LIMIT 1)
            RETURNING id, case_id, document, queued_at, attempts";
    DUE = "SELECT id FROM errand
           WHERE done_at IS NULL AND due_at <= $1 AND (leased_until IS NULL OR leased_until < $1) LIMIT 1";
    FINISH = "UPDATE errand SET done_at = $2, lease = NULL, leased_until = NULL, trouble = NULL,
                 document = COALESCE(spent, document) WHERE id = $1";
    POSTPONE = "UPDATE errand SET due_at = $2, trouble = $3, lease = NULL, leased_until = NULL
                WHERE id = $1 AND done_at IS NULL";
    FAIL = "UPDATE errand SET done_at = $2, failed_at = $2, trouble = $3, lease = NULL, leased_until = NULL,
               document = COALESCE(spent, document)
            WHERE id = $1 AND done_at IS NULL";
    FAILED = "SELECT COUNT(*) AS failed FROM errand WHERE failed_at IS NOT NULL";
    WAITING = "SELECT COUNT(*) AS waiting, MIN(queued_at) AS oldest FROM errand WHERE done_at IS NULL";
}

/// PostgreSQL only: errands that another node is taking are passed over.
pub(crate) const TAKE_UNLOCKED: Statement = Statement(
    "UPDATE errand SET lease = $1, leased_until = $3, attempts = attempts + 1
     WHERE id = (SELECT id FROM errand
                 WHERE done_at IS NULL AND due_at <= $2 AND (leased_until IS NULL OR leased_until < $2)
                 ORDER BY CASE WHEN name LIKE 'crl %' THEN 0 ELSE 1 END, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id, case_id, document, queued_at, attempts",
);

async fn take(
    connection: &mut Connection,
    statement: Statement,
    lease: &str,
    now: Instant,
    until: Instant,
) -> Result<Option<ErrandRow>, Fault> {
    let row = connection.row(statement, values![lease, now.0, until.0]).await?;
    row.as_ref().map(read).transpose()
}

pub(super) fn read(row: &Row) -> Result<ErrandRow, Fault> {
    Ok(ErrandRow {
        id: row.octets("id")?,
        case: row.octets("case_id")?,
        errand: read_errand(&row.column::<String>("document")?)?,
        queued_at: Instant(row.column("queued_at")?),
        attempts: row.column("attempts")?,
    })
}

/// An errand as its row's document.
#[derive(Serialize, Deserialize)]
#[serde(tag = "errand", rename_all = "snake_case")]
enum ErrandDocument {
    Crl {
        authority: String,
        serial: Hex,
    },
    RevocationLetter {
        letter: String,
    },
    PaperLetter {
        letter: String,
    },
    RegistrationLetter {
        letter: String,
    },
    RenewalLetter {
        letter: String,
    },
    AcquisitionLetter {
        letter: String,
        days: Option<u16>,
        last: Option<i32>,
    },
    ReissueLetter {
        letter: String,
    },
    PinResetLetter {
        letter: String,
    },
    OfficerLetter {
        letter: String,
    },
    UserLetter {
        letter: String,
        token: Option<String>,
    },
    ToOperator {
        from: String,
        to: String,
        subject: String,
        body: String,
    },
}

fn read_errand(document: &str) -> Result<Errand, Fault> {
    Ok(match case::parse(document)? {
        ErrandDocument::Crl { authority, serial } => Errand::PublishCrl {
            certificate: CertificateId {
                authority: Authority(authority),
                serial: Serial::from_octets(&serial.octets::<20>()?).ok_or_else(|| corrupt("serial", "zero"))?,
            },
        },
        ErrandDocument::PaperLetter { letter } => Errand::PaperLetter(
            [paper::Letter::Received, paper::Letter::Revoked, paper::Letter::Denied]
                .into_iter()
                .find(|known| paper_letter_key(*known) == letter)
                .ok_or_else(|| corrupt("letter", letter))?,
        ),
        ErrandDocument::RegistrationLetter { letter } => Errand::RegistrationLetter(
            registration::Letter::ALL
                .into_iter()
                .find(|known| registration_letter_key(*known) == letter)
                .ok_or_else(|| corrupt("letter", letter))?,
        ),
        ErrandDocument::RenewalLetter { letter } => Errand::RenewalLetter(
            renewal::Letter::ALL
                .into_iter()
                .find(|known| renewal_letter_key(*known) == letter)
                .ok_or_else(|| corrupt("letter", letter))?,
        ),
        ErrandDocument::AcquisitionLetter { letter, days, last } => {
            let days_said = || days.ok_or_else(|| corrupt("letter", &letter));
            let last_said = || last.map(Day).ok_or_else(|| corrupt("letter", &letter));
            Errand::AcquisitionLetter(match letter.as_str() {
                "unacquired" => acquisition::Letter::Unacquired { days: days_said()? },
                "expiring" => acquisition::Letter::Expiring {
                    days: days_said()?,
                    last: last_said()?,
                },
                "acquisition_suspended" => acquisition::Letter::Suspended { last: last_said()? },
                _ => return Err(corrupt("letter", letter)),
            })
        }
        ErrandDocument::ReissueLetter { letter } => Errand::ReissueLetter(
            reissue::Letter::ALL
                .into_iter()
                .find(|known| reissue_letter_key(*known) == letter)
                .ok_or_else(|| corrupt("letter", letter))?,
        ),
        ErrandDocument::PinResetLetter { letter } => Errand::PinResetLetter(
            pin_reset::Letter::ALL
                .into_iter()
                .find(|known| pin_reset_letter_key(*known) == letter)
                .ok_or_else(|| corrupt("letter", letter))?,
        ),
        ErrandDocument::OfficerLetter { letter } => Errand::OfficerLetter(
            [
                officer::Letter::Invited,
                officer::Letter::Enrolled,
                officer::Letter::PasskeysChanged,
                officer::Letter::RolesChanged,
                officer::Letter::Blocked,
                officer::Letter::Unblocked,
            ]
            .into_iter()
            .find(|known| officer_letter_key(*known) == letter)
            .ok_or_else(|| corrupt("letter", letter))?,
        ),
        ErrandDocument::UserLetter { letter, token } => Errand::UserLetter(UserLetter {
            letter: user::Letter::ALL
                .into_iter()
                .find(|known| user_letter_key(*known) == letter)
                .ok_or_else(|| corrupt("letter", letter))?,
            token,
        }),
        ErrandDocument::ToOperator {
            from,
            to,
            subject,
            body,
        } => Errand::ToOperator(Box::new(OperatorMail {
            from,
            to,
            subject,
            body,
        })),
        ErrandDocument::RevocationLetter { letter } => Errand::RevocationLetter(
            [Letter::Accepted, Letter::Revoked, Letter::Refund]
                .into_iter()
                .find(|known| letter_key(*known) == letter)
                .ok_or_else(|| corrupt("letter", letter))?,
        ),
    })
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn letter_key(letter: Letter) -> &'static str {
    match letter {
        Letter::Accepted => "accepted",
        Letter::Revoked => "revoked",
        Letter::Refund => "refund",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn paper_letter_key(letter: paper::Letter) -> &'static str {
    match letter {
        paper::Letter::Received => "paper_received",
        paper::Letter::Revoked => "paper_revoked",
        paper::Letter::Denied => "paper_denied",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn officer_letter_key(letter: officer::Letter) -> &'static str {
    match letter {
        officer::Letter::Invited => "officer_invited",
        officer::Letter::Enrolled => "officer_enrolled",
        officer::Letter::PasskeysChanged => "officer_passkeys",
        officer::Letter::RolesChanged => "officer_roles",
        officer::Letter::Blocked => "officer_blocked",
        officer::Letter::Unblocked => "officer_unblocked",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn acquisition_letter_key(letter: acquisition::Letter) -> &'static str {
    match letter {
        acquisition::Letter::Unacquired { .. } => "unacquired",
        acquisition::Letter::Expiring { .. } => "expiring",
        acquisition::Letter::Suspended { .. } => "acquisition_suspended",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn user_letter_key(letter: user::Letter) -> &'static str {
    match letter {
        user::Letter::Invited => "user_invited",
        user::Letter::Accepted => "user_accepted",
        user::Letter::PasswordChanged => "user_password",
        user::Letter::Reset => "user_reset",
        user::Letter::LockedOut => "user_locked_out",
        user::Letter::PasskeysChanged => "user_passkeys",
        user::Letter::Corrected => "user_corrected",
        user::Letter::Blocked => "user_blocked",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn registration_letter_key(letter: registration::Letter) -> &'static str {
    match letter {
        registration::Letter::Held => "registration_held",
        registration::Letter::Approved => "registration_approved",
        registration::Letter::Completed => "registration_completed",
        registration::Letter::Denied => "registration_denied",
        registration::Letter::Returned => "registration_returned",
        registration::Letter::Withdrawn => "registration_withdrawn",
        registration::Letter::Lapsed => "registration_lapsed",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn renewal_letter_key(letter: renewal::Letter) -> &'static str {
    match letter {
        renewal::Letter::Held => "renewal_held",
        renewal::Letter::Approved => "renewal_approved",
        renewal::Letter::Completed => "renewal_completed",
        renewal::Letter::Denied => "renewal_denied",
        renewal::Letter::Returned => "renewal_returned",
        renewal::Letter::Withdrawn => "renewal_withdrawn",
        renewal::Letter::Lapsed => "renewal_lapsed",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn reissue_letter_key(letter: reissue::Letter) -> &'static str {
    match letter {
        reissue::Letter::Received => "reissue_received",
        reissue::Letter::Returned => "reissue_returned",
        reissue::Letter::Completed => "reissue_completed",
        reissue::Letter::Denied => "reissue_denied",
        reissue::Letter::Withdrawn => "reissue_withdrawn",
    }
}

/// The letter's word, in rows and in the audit.
pub(crate) const fn pin_reset_letter_key(letter: pin_reset::Letter) -> &'static str {
    match letter {
        pin_reset::Letter::Reserved => "reset_reserved",
        pin_reset::Letter::Ending => "reset_ending",
        pin_reset::Letter::Completed => "reset_completed",
        pin_reset::Letter::Expired => "reset_expired",
    }
}
