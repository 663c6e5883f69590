//! What only a service centre (センター) has: how its customers' people log in, where they ask, and which services they find
//! elsewhere.

mod reissue;

use casework::{acquisition, password, user};
use serde::Deserialize;
use wire::office::Text;

pub use reissue::Reissues;
use reissue::ReissuesRow;

use super::OfficeError;
use super::acquisition::AcquisitionRow;
use super::bidding::is_link;
use super::row::Words;

/// What only a service centre has (source document 003).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminals {
    /// How accounts of organisations' people live.
    pub users: user::Policy,
    /// Which passwords are taken.
    pub password: password::Policy,
    /// What it costs to try one.
    pub work: Work,
    /// デジタル証明書の取得 and its renewal.
    pub acquisition: acquisition::Policy,
    /// How reissues go.
    pub reissue: Reissues,
    /// ヘルプデスク, in the order of the page.
    pub help_desk: Vec<HelpDesk>,
    /// Services that customers find elsewhere.
    pub services: Elsewhere,
}

/// What it costs to hash a password once (Argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Memory, in KiB.
    pub memory: u32,
    /// How many times it is filled.
    pub passes: u32,
}

/// Where customers ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpDesk {
    /// For example 「ヘルプデスク」 or 「九州事務所」.
    pub name: Text,
    /// 電話番号, as it is written.
    pub phone: Option<String>,
    /// 受付時間
    pub hours: Option<Text>,
    /// E-mailアドレス
    pub mail: Option<String>,
}

/// Services outside this house; what is not there is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// 契約内容の変更
    pub contract: Option<String>,
    /// システム設定の申込
    pub settings: Option<String>,
    /// 通関士IDの追加
    pub brokers: Option<String>,
    /// 請求金額の参照
    pub charges: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TerminalsRow {
    #[serde(default)]
    users: UsersRow,
    #[serde(default)]
    password: PasswordRow,
    #[serde(default)]
    acquisition: AcquisitionRow,
    #[serde(default)]
    reissue: ReissuesRow,
    #[serde(default)]
    services: ElsewhereRow,
    #[serde(default)]
    help_desk: Vec<HelpDeskRow>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct UsersRow {
    invitation_days: u16,
    reset_minutes: u16,
    reset_every_minutes: u16,
    free_tries: u32,
    first_wait_seconds: u32,
    longest_wait_minutes: u16,
    most_tries: u32,
    passkeys: usize,
    dormant_days: u16,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PasswordRow {
    shortest: usize,
    memory_mib: u32,
    passes: u32,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ElsewhereRow {
    contract: Option<String>,
    settings: Option<String>,
    brokers: Option<String>,
    charges: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelpDeskRow {
    name: Words,
    phone: Option<String>,
    hours: Option<Words>,
    mail: Option<String>,
}

impl Default for UsersRow {
    fn default() -> Self {
        Self {
            invitation_days: 7,
            reset_minutes: 30,
            reset_every_minutes: 5,
            free_tries: 5,
            first_wait_seconds: 60,
            longest_wait_minutes: 60,
            most_tries: 100,
            passkeys: 5,
            dormant_days: 90,
        }
    }
}

impl Default for PasswordRow {
    fn default() -> Self {
        Self {
            shortest: 15,
            memory_mib: 19,
            passes: 2,
        }
    }
}

impl TerminalsRow {
    pub(super) fn checked(self) -> Result<Terminals, OfficeError> {
        let services = self.services;
        if [
            &services.contract,
            &services.settings,
            &services.brokers,
            &services.charges,
        ]
        .into_iter()
        .flatten()
        .any(|address| !is_link(address))
        {
            return refuse(
                "terminals.services",
                "wanted: addresses that begin with https:// or http://",
            );
        }
        Ok(Terminals {
            users: self.users.checked()?,
            work: self.password.work()?,
            password: self.password.checked()?,
            acquisition: self.acquisition.checked()?,
            reissue: self.reissue.checked()?,
            help_desk: self
                .help_desk
                .into_iter()
                .map(HelpDeskRow::checked)
                .collect::<Result<_, _>>()?,
            services: Elsewhere {
                contract: services.contract,
                settings: services.settings,
                brokers: services.brokers,
                charges: services.charges,
            },
        })
    }
}

impl UsersRow {
    fn checked(&self) -> Result<user::Policy, OfficeError> {
        for (key, fits, why) in [
            (
                "terminals.users.invitation_days",
                (1..=90).contains(&self.invitation_days),
                "wanted: 1 to 90",
            ),
            // What lies in a mailbox for long is found by somebody else.
            (
                "terminals.users.reset_minutes",
                (5..=1_440).contains(&self.reset_minutes),
                "wanted: 5 to 1440",
            ),
            (
                "terminals.users.reset_every_minutes",
                (1..=60).contains(&self.reset_every_minutes),
                "wanted: 1 to 60",
            ),
            (
                "terminals.users.free_tries",
                (3..=10).contains(&self.free_tries),
                "wanted: 3 to 10",
            ),
            (
                "terminals.users.first_wait_seconds",
                (1..=3_600).contains(&self.first_wait_seconds),
                "wanted: 1 to 3600",
            ),
            (
                "terminals.users.longest_wait_minutes",
                (1..=1_440).contains(&self.longest_wait_minutes),
                "wanted: 1 to 1440",
            ),
            // SP 800-63B-4 §3.2.2
            (
                "terminals.users.most_tries",
                self.most_tries > self.free_tries && self.most_tries <= 100,
                "wanted: more than `free_tries`, and 100 at most",
            ),
            (
                "terminals.users.passkeys",
                (0..=20).contains(&self.passkeys),
                "wanted: 0 to 20",
            ),
            (
                "terminals.users.dormant_days",
                (1..=3_650).contains(&self.dormant_days),
                "wanted: 1 to 3650",
            ),
        ] {
            if !fits {
                return refuse(key, why);
            }
        }
        Ok(user::Policy {
            invitation_for: i64::from(self.invitation_days) * 86_400,
            reset_for: i64::from(self.reset_minutes) * 60,
            reset_every: i64::from(self.reset_every_minutes) * 60,
            free_tries: self.free_tries,
            first_wait: i64::from(self.first_wait_seconds),
            longest_wait: i64::from(self.longest_wait_minutes) * 60,
            most_tries: self.most_tries,
            passkeys: self.passkeys,
            dormant_after: i64::from(self.dormant_days) * 86_400,
        })
    }
}

impl PasswordRow {
    fn checked(&self) -> Result<password::Policy, OfficeError> {
        // SP 800-63B-4 §3.1.1.2: 15, and 8 where something else is asked for too.
        if !(8..=64).contains(&self.shortest) {
            return refuse("terminals.password.shortest", "wanted: 8 to 64 characters");
        }
        Ok(password::Policy {
            shortest: self.shortest,
        })
    }

    /// Never less than OWASP's Password Storage Cheat Sheet wants of Argon2id: 19 MiB and two passes, on one lane.
    fn work(&self) -> Result<Work, OfficeError> {
        if !(19..=256).contains(&self.memory_mib) {
            return refuse("terminals.password.memory_mib", "wanted: 19 to 256");
        }
        if !(2..=10).contains(&self.passes) {
            return refuse("terminals.password.passes", "wanted: 2 to 10");
        }
        Ok(Work {
            memory: self.memory_mib * 1_024,
            passes: self.passes,
        })
    }
}

impl HelpDeskRow {
    fn checked(self) -> Result<HelpDesk, OfficeError> {
        let one_line = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        if !one_line(&self.name.ja) || !one_line(&self.name.en) {
            return refuse("terminals.help_desk.name", "wanted: one line in each language");
        }
        if self.phone.as_deref().is_some_and(|phone| {
            phone.is_empty()
                || !phone
                    .bytes()
                    .all(|octet| octet.is_ascii_digit() || b"+- ".contains(&octet))
        }) {
            return refuse("terminals.help_desk.phone", "wanted: digits, `-`, `+` and spaces");
        }
        if self
            .mail
            .as_deref()
            .is_some_and(|mail| !casework::characters::mailable(mail))
        {
            return refuse("terminals.help_desk.mail", "wanted: a mail address");
        }
        Ok(HelpDesk {
            name: self.name.into(),
            phone: self.phone,
            hours: self.hours.map(Text::from),
            mail: self.mail,
        })
    }
}

fn refuse<T>(key: &'static str, why: &str) -> Result<T, OfficeError> {
    Err(OfficeError::Value {
        key,
        why: why.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{Office, TERMINALS_EXAMPLE};

    #[test]
    fn the_example_says_what_is_usual_where_nothing_is_said() {
        let said = Office::from_toml(TERMINALS_EXAMPLE).unwrap();
        let terminals = said.terminals().unwrap();
        let usual = UsersRow::default().checked().unwrap();
        assert_eq!((terminals.users, terminals.password.shortest), (usual, 15));
        assert_eq!(terminals.work, PasswordRow::default().work().unwrap());
        assert_eq!(terminals.reissue, ReissuesRow::default().checked().unwrap());
        assert_eq!(terminals.help_desk.len(), 5);
        assert!(terminals.services.charges.is_some());
        assert!(said.offers("organisations") && !said.offers("registration") && !said.offers("revocation"));
    }

    #[test]
    fn a_value_that_cannot_be_is_refused_by_its_key() {
        for (key, from, to) in [
            ("terminals.password.shortest", "shortest = 15", "shortest = 7"),
            ("terminals.password.memory_mib", "memory_mib = 19", "memory_mib = 18"),
            ("terminals.password.passes", "passes = 2", "passes = 1"),
            ("terminals.users.most_tries", "most_tries = 100", "most_tries = 101"),
            (
                "terminals.users.reset_minutes",
                "reset_minutes = 30",
                "reset_minutes = 4",
            ),
            (
                "terminals.reissue.morning_from_hour",
                "morning_from_hour = 6",
                "morning_from_hour = 11",
            ),
            (
                "terminals.reissue.most_terminals",
                "most_terminals = 100",
                "most_terminals = 0",
            ),
            ("terminals.services", "charges = \"https://", "charges = \"javascript:"),
            ("terminals.help_desk.mail", "mail = \"help@", "mail = \"help at "),
            ("desk", "desk = \"terminals\"", "desk = \"bidding\""),
        ] {
            let text = TERMINALS_EXAMPLE.replacen(from, to, 1);
            assert_ne!(text, TERMINALS_EXAMPLE, "{from}");
            let wrong = Office::from_toml(&text).unwrap_err().to_string();
            assert!(wrong.contains(key), "{key}: {wrong}");
        }
    }
}
