//! What a service centre chooses for デジタル証明書の取得 and its renewal (DOMAIN §6, R302, R303, R308, R310).

use casework::acquisition::{Former, Policy, Validity};
use casework::time::Date;
use serde::Deserialize;

use super::OfficeError;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AcquisitionRow {
    within_months: u16,
    valid_months: u16,
    valid_until: Option<String>,
    tries: u32,
    blocked_minutes: u16,
    former: FormerRow,
    former_days: Option<u16>,
    renewable_days: u16,
    reminders: Vec<u16>,
    reminded_from_hour: u8,
    suspended_after_months: u16,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FormerRow {
    #[default]
    UntilInstalled,
    AtOnce,
    AfterDays,
}

impl Default for AcquisitionRow {
    fn default() -> Self {
        Self {
            within_months: 2,
            valid_months: 12,
            valid_until: None,
            tries: 5,
            blocked_minutes: 30,
            former: FormerRow::UntilInstalled,
            former_days: None,
            renewable_days: 28,
            reminders: vec![28, 14, 7, 1],
            reminded_from_hour: 8,
            suspended_after_months: 2,
        }
    }
}

impl AcquisitionRow {
    pub(super) fn checked(self) -> Result<Policy, OfficeError> {
        for (key, fits, why) in [
            (
                "terminals.acquisition.within_months",
                (1..=12).contains(&self.within_months),
                "wanted: 1 to 12",
            ),
            // A certificate for more than five years is not signed (電子署名法施行規則6条4号).
            (
                "terminals.acquisition.valid_months",
                (1..=59).contains(&self.valid_months),
                "wanted: 1 to 59",
            ),
            (
                "terminals.acquisition.tries",
                (3..=10).contains(&self.tries),
                "wanted: 3 to 10",
            ),
            (
                "terminals.acquisition.blocked_minutes",
                (1..=1_440).contains(&self.blocked_minutes),
                "wanted: 1 to 1440",
            ),
            (
                "terminals.acquisition.renewable_days",
                (1..=90).contains(&self.renewable_days),
                "wanted: 1 to 90",
            ),
            (
                "terminals.acquisition.reminders",
                self.reminders.len() <= 10 && self.reminders.iter().all(|days| (1..=90).contains(days)),
                "wanted: at most ten numbers of days, 1 to 90",
            ),
            (
                "terminals.acquisition.reminded_from_hour",
                self.reminded_from_hour < 24,
                "wanted: 0 to 23",
            ),
            (
                "terminals.acquisition.suspended_after_months",
                (1..=12).contains(&self.suspended_after_months),
                "wanted: 1 to 12",
            ),
        ] {
            if !fits {
                return refuse(key, why);
            }
        }
        let mut reminders = self.reminders;
        reminders.sort_unstable_by(|one, other| other.cmp(one));
        reminders.dedup();
        let validity = match self.valid_until.as_deref().map(Date::from_iso) {
            None => Validity::Months(self.valid_months),
            Some(Some(date)) => Validity::Until(date.as_day()),
            Some(None) => return refuse("terminals.acquisition.valid_until", "wanted: a day as \"2030-10-12\""),
        };
        let former = match (self.former, self.former_days) {
            (FormerRow::UntilInstalled, None) => Former::UntilInstalled,
            (FormerRow::AtOnce, None) => Former::AtOnce,
            (FormerRow::AfterDays, Some(days @ 1..=90)) => Former::AfterDays(days),
            (_, Some(_)) => {
                return refuse(
                    "terminals.acquisition.former_days",
                    "wanted: 1 to 90, with `former = \"after_days\"`",
                );
            }
            (FormerRow::AfterDays, None) => {
                return refuse(
                    "terminals.acquisition.former_days",
                    "wanted with `former = \"after_days\"`",
                );
            }
        };
        Ok(Policy {
            acquired_within_months: self.within_months,
            validity,
            tries: self.tries,
            blocked_for: i64::from(self.blocked_minutes) * 60,
            former,
            renewable_for_days: self.renewable_days,
            reminders,
            reminded_from: u32::from(self.reminded_from_hour) * 3_600,
            suspended_after_months: self.suspended_after_months,
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
    fn an_office_that_says_nothing_has_what_domain_decided_and_so_has_the_example() {
        assert_eq!(AcquisitionRow::default().checked().unwrap(), Policy::default());
        let example = Office::from_toml(TERMINALS_EXAMPLE).unwrap();
        assert_eq!(example.terminals().unwrap().acquisition, Policy::default());
    }

    #[test]
    fn r310_an_office_may_certify_to_one_day_for_all_and_a_value_that_cannot_be_is_refused_by_its_key() {
        let read = |from: &str, to: &str| {
            let text = TERMINALS_EXAMPLE.replacen(from, to, 1);
            assert_ne!(text, TERMINALS_EXAMPLE, "{from}");
            Office::from_toml(&text).map(|office| office.terminals().unwrap().acquisition.clone())
        };
        let until = read("valid_months = 12", "valid_until = \"2030-10-12\"").unwrap();
        let last = Date::from_iso("2030-10-12").unwrap().as_day();
        assert_eq!(until.validity, Validity::Until(last));
        let overlap = read(
            "former = \"until_installed\"",
            "former = \"after_days\"\nformer_days = 7",
        )
        .unwrap();
        assert_eq!(overlap.former, Former::AfterDays(7));
        for (key, from, to) in [
            ("within_months", "within_months = 2", "within_months = 0"),
            ("valid_until", "valid_months = 12", "valid_until = \"2030-02-30\""),
            ("tries", "\ntries = 5", "\ntries = 11"),
            ("reminders", "reminders = [28, 14, 7, 1]", "reminders = [0]"),
            ("former_days", "former = \"until_installed\"", "former = \"after_days\""),
        ] {
            let wrong = read(from, to).unwrap_err().to_string();
            assert!(wrong.contains(&format!("terminals.acquisition.{key}")), "{wrong}");
        }
    }
}
