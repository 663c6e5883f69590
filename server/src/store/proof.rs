//! How a company proves at the register that it is the one: its registration password, or the code of a letter.
//!
//! Nobody learns more from a refusal than that it was one: an unknown number, a company without a password and a wrong
//! password take the same time and have the same answer (A18). Each try is counted before it is looked at, so that many at
//! once are not cheaper than one after the other.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use casework::register::BusinessNumber;
use casework::time::Instant;

use super::database::{statements, values};
use super::{NewEvent, OfficeChange, RegisterRow, Store, event};
use crate::chance::Chance;
use crate::desk::evidence::sha256;
use crate::fault::{Bug, Fault};

/// What a company shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// 登録用パスワード
    Password(&'a str),
    /// 確認コード, as it was typed from the letter.
    Code(&'a str),
}

/// Whether it is the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proved {
    /// It is; what the register says of it.
    Yes(Box<RegisterRow>),
    /// Number and proof do not belong together, whichever of them is wrong.
    No,
    /// There were too many tries: none is looked at before this.
    Later {
        /// Until when.
        until: Instant,
    },
}

/// The code of a letter. It is told once.
#[derive(Clone, PartialEq, Eq)]
pub struct LetterCode(String);

impl LetterCode {
    /// From random octets: 65 of their bits.
    pub fn from_random(octets: [u8; 16]) -> Self {
        let random = u128::from_be_bytes(octets);
        let digit = |place: u32| {
            let value = usize::try_from((random >> (5 * place)) & 31).unwrap_or_default();
            char::from(ALPHABET.get(value).copied().unwrap_or(b'0'))
        };
        Self((0..DIGITS).map(digit).collect())
    }

    /// As it stands in the letter: in groups that can be read aloud.
    pub fn written(&self) -> String {
        let (one, rest) = self.0.split_at_checked(4).unwrap_or((&self.0, ""));
        let (two, three) = rest.split_at_checked(4).unwrap_or((rest, ""));
        format!("{one}-{two}-{three}")
    }

    /// As somebody typed it: width, case, hyphens and spaces do not matter, nor O for 0 and I or L for 1.
    fn typed(text: &str) -> Option<Self> {
        let digits: String = text
            .chars()
            .map(|typed| casework::characters::half_width(typed).to_ascii_uppercase())
            .filter(|typed| !matches!(typed, ' ' | '-' | 'ー' | '‐' | '−'))
            .map(|typed| match typed {
                'O' => '0',
                'I' | 'L' => '1',
                typed => typed,
            })
            .collect();
        let fits = digits.bytes().all(|octet| ALPHABET.contains(&octet));
        (fits && digits.len() == DIGITS as usize).then_some(Self(digits))
    }

    fn hash(&self) -> [u8; 32] {
        sha256(format!("KAGIMORI letter code 1\0{}", self.0).as_bytes()).0
    }
}

impl std::fmt::Debug for LetterCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LetterCode(..)")
    }
}

impl std::fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Code(_) => "Code(..)",
        })
    }
}

impl Store {
    /// Whether a company proves itself. Counted, and slower with each failure.
    pub async fn prove_business(
        &self,
        office: &str,
        number: &BusinessNumber,
        proof: Proof<'_>,
        now: Instant,
    ) -> Result<Proved, Fault> {
        if let Some(until) = self.count_try(office, number, now).await? {
            return Ok(Proved::Later { until });
        }
        let row = self.entry(office, number).await?;
        let holds = match proof {
            Proof::Password(password) => self.is_password(office, number, password).await?,
            Proof::Code(code) => self.is_code(office, number, code, now).await?,
        };
        match row {
            Some(row) if holds => {
                let code = matches!(proof, Proof::Code(_));
                self.forget_tries(office, number, code, now).await?;
                Ok(Proved::Yes(Box::new(row)))
            }
            _ => Ok(Proved::No),
        }
    }

    /// Gives a company the code of a letter, with its line in the audit; the code before is worth nothing from now on.
    /// `false` where no such company is on the list.
    pub async fn give_letter_code(
        &self,
        office: &str,
        number: &BusinessNumber,
        code: &LetterCode,
        (at, expires_at): (Instant, Instant),
        event: NewEvent,
    ) -> Result<bool, Fault> {
        let (office, number, hash) = (office.to_owned(), number.clone(), code.hash());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let values = values![&office, number.as_str(), &hash, at.0, expires_at.0];
                    if connection.execute(GIVE, values).await? == 0 {
                        return Ok(false);
                    }
                    // Who has a fresh letter begins afresh.
                    connection.execute(FORGET, values![&office, number.as_str()]).await?;
                    event::append(connection, &OfficeChange::case(&office), &event, at).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Until when the letter code of a company can be used, if it has one that can.
    pub async fn letter_code_until(
        &self,
        office: &str,
        number: &BusinessNumber,
        now: Instant,
    ) -> Result<Option<Instant>, Fault> {
        let row = self.reader().await?.row(CODE, values![office, number.as_str()]).await?;
        let Some(row) = row else { return Ok(None) };
        let (expires, used): (i64, Option<i64>) = (row.column("expires_at")?, row.column("used_at")?);
        let until = used.map_or(expires, |used| expires.min(used + RESUMED_FOR));
        Ok((now.0 <= until).then_some(Instant(until)))
    }

    /// Whether a company has a registration password.
    pub async fn has_registration_password(&self, office: &str, number: &BusinessNumber) -> Result<bool, Fault> {
        let row = self.reader().await?.row(PHC, values![office, number.as_str()]).await?;
        Ok(row.is_some())
    }

    /// Forgets tries that count no more.
    pub(crate) async fn forget_old_tries(&self, before: Instant) -> Result<(), Fault> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { connection.execute(FORGET_OLD, values![before.0]).await.map(drop) })
            })
            .await
    }

    /// Counts a try, or says until when none is taken.
    async fn count_try(&self, office: &str, number: &BusinessNumber, now: Instant) -> Result<Option<Instant>, Fault> {
        let (office, number) = (office.to_owned(), number.clone());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row = connection.row(TRIES, values![&office, number.as_str()]).await?;
                    let (tries, last) = match row {
                        Some(row) => (row.column("tries")?, row.column("last_at")?),
                        None => (0, 0),
                    };
                    // Another node's clock may be ahead: where there is nothing to wait for, nobody waits.
                    let (wait, last) = (waits(tries), Instant(last));
                    if wait > 0 && now < last.plus_seconds(wait) {
                        return Ok(Some(last.plus_seconds(wait)));
                    }
                    connection
                        .execute(COUNT, values![&office, number.as_str(), now.0])
                        .await?;
                    Ok(None)
                })
            })
            .await
    }

    async fn forget_tries(&self, office: &str, number: &BusinessNumber, code: bool, now: Instant) -> Result<(), Fault> {
        let (office, number) = (office.to_owned(), number.clone());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    connection.execute(FORGET, values![&office, number.as_str()]).await?;
                    if code {
                        connection
                            .execute(USE, values![&office, number.as_str(), now.0])
                            .await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn is_password(&self, office: &str, number: &BusinessNumber, password: &str) -> Result<bool, Fault> {
        let row = self.reader().await?.row(PHC, values![office, number.as_str()]).await?;
        let kept: Option<String> = row.map(|row| row.column("phc")).transpose()?;
        let password = zeroize::Zeroizing::new(password.to_owned());
        let verified = tokio::task::spawn_blocking(move || {
            // The same work for nothing: how long it takes tells nobody who has a password.
            let holds = verifies(kept.as_deref().unwrap_or(NOBODYS), &password);
            kept.is_some() && holds
        });
        verified.await.map_err(|why| Fault::Bug(Bug(why.to_string())))
    }

    async fn is_code(&self, office: &str, number: &BusinessNumber, typed: &str, now: Instant) -> Result<bool, Fault> {
        let row = self.reader().await?.row(CODE, values![office, number.as_str()]).await?;
        let (Some(row), Some(typed)) = (row, LetterCode::typed(typed)) else {
            return Ok(false);
        };
        let (expires, used): (i64, Option<i64>) = (row.column("expires_at")?, row.column("used_at")?);
        let kept: [u8; 32] = row.octets("hash")?;
        // A sitting that was interrupted is resumed with the same letter; a letter that lies about opens nothing later.
        let fresh = now.0 <= used.map_or(expires, |used| expires.min(used + RESUMED_FOR));
        Ok(fresh && aws_lc_rs::constant_time::verify_slices_are_equal(&kept, &typed.hash()).is_ok())
    }
}

/// A registration password as it is kept and as a list may bring it: Argon2id, PHC string.
pub fn registration_password(password: &str, chance: &Chance) -> Result<String, Fault> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|why| Fault::Bug(Bug(why.to_string())))?;
    let salt: [u8; 16] = chance.octets();
    let hash =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|why| Fault::Bug(Bug(why.to_string())))
}

/// Whether a PHC string is one of Argon2id whose work is neither nothing nor an attack on this machine.
pub(crate) fn is_registration_password(phc: &str) -> bool {
    let Ok(hash) = PasswordHash::new(phc) else { return false };
    let Ok(params) = Params::try_from(&hash) else {
        return false;
    };
    hash.algorithm.as_str() == "argon2id"
        && hash.hash.is_some()
        && hash.salt.is_some()
        && (8_192..=262_144).contains(&params.m_cost())
        && (1..=10).contains(&params.t_cost())
        && (1..=8).contains(&params.p_cost())
}

fn verifies(phc: &str, password: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Seconds after so many failures before the next try is looked at.
const fn waits(tries: i64) -> i64 {
    match tries {
        ..FREE_TRIES => 0,
        5..=10 => 60 << (tries - FREE_TRIES),
        _ => LONGEST_WAIT,
    }
}

statements! {
    TRIES = "SELECT tries, last_at FROM register_try WHERE office = $1 AND number = $2";
    COUNT = "INSERT INTO register_try (office, number, tries, last_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (office, number) DO UPDATE SET tries = register_try.tries + 1, last_at = excluded.last_at";
    FORGET = "DELETE FROM register_try WHERE office = $1 AND number = $2";
    FORGET_OLD = "DELETE FROM register_try WHERE last_at < $1";
    PHC = "SELECT phc FROM registration_password WHERE office = $1 AND number = $2";
    CODE = "SELECT hash, expires_at, used_at FROM letter_code WHERE office = $1 AND number = $2";
    GIVE = "INSERT INTO letter_code (office, number, hash, made_at, expires_at, used_at)
            SELECT office, number, $3, $4, $5, NULL FROM register_entry
            WHERE office = $1 AND number = $2 AND removed = 0
            ON CONFLICT (office, number) DO UPDATE
            SET hash = excluded.hash, made_at = excluded.made_at, expires_at = excluded.expires_at, used_at = NULL";
    USE = "UPDATE letter_code SET used_at = $3 WHERE office = $1 AND number = $2 AND used_at IS NULL";
}

/// Crockford's 32 digits: none is taken for another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: u32 = 13;
/// Failures before there is anything to wait for.
const FREE_TRIES: i64 = 5;
const LONGEST_WAIT: i64 = 3_600;
/// Seconds for which a used code is still good.
const RESUMED_FOR: i64 = 86_400;
/// RFC 9106, second recommended option: 64 MiB, three passes, four lanes.
const MEMORY: u32 = 65_536;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// Nobody's password, of the same work.
const NOBODYS: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_code_has_sixty_five_bits_and_is_read_as_people_type_it() {
        let code = LetterCode::from_random([0xa5; 16]);
        let written = code.written();
        assert_eq!(written.len(), 15, "{written}");
        let full: String = written
            .chars()
            .filter_map(|half| char::from_u32(u32::from(half) + 0xfee0))
            .collect();
        for typed in [
            written.clone(),
            written.to_lowercase(),
            written.replace('-', " "),
            full,
            format!(" {} ", written.replace('1', "l").replace('0', "o")),
        ] {
            assert_eq!(LetterCode::typed(&typed), Some(code.clone()), "{typed}");
        }
        for wrong in ["", "U", "ABC", "0000-0000-0000U"] {
            assert_eq!(LetterCode::typed(wrong), None, "{wrong}");
        }
        assert_ne!(LetterCode::from_random([0; 16]).0, LetterCode::from_random([1; 16]).0);
        assert_eq!(format!("{code:?}"), "LetterCode(..)");
    }

    #[test]
    fn a_registration_password_is_argon2id_of_bounded_work() {
        let phc = registration_password("さくら-2026", &Chance::seeded(1)).unwrap();
        assert!(
            is_registration_password(&phc) && is_registration_password(NOBODYS),
            "{phc}"
        );
        assert!(verifies(&phc, "さくら-2026") && !verifies(&phc, "さくら-2027"));
        for wrong in [
            "さくら-2026",
            "$2b$12$abcdefghijklmnopqrstuu",
            "$argon2i$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=4194304,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(!is_registration_password(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_wait_grows_with_each_failure_up_to_an_hour() {
        let waited: Vec<i64> = (0..13).map(waits).collect();
        assert_eq!(waited, [0, 0, 0, 0, 0, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    }
}
