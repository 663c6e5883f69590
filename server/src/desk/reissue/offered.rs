//! The rows from which an applicant chooses terminals (DOMAIN §6.5).

use casework::identity::OrganisationId;
use casework::number::Number;
use casework::terminal::Terminal;
use casework::time::{Day, Instant};

use super::Reissue;
use crate::desk::{CaseId, Desk};
use crate::fault::Fault;
use crate::store::TerminalRow;

/// A terminal that a customer has. 認証コード1 and 3 are its own ([`Terminal::first_code`], [`Terminal::third_code`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedTerminal {
    /// Which one.
    pub terminal: Terminal,
    /// 発行日 of its latest certificate.
    pub issued_on: Option<Day>,
    /// The last instant of its certificate that counts; `None` where none does.
    pub valid_until: Option<Instant>,
    /// 未取得停止
    pub suspended: bool,
    /// Whether it has an 認証コード2. The code itself is no part of any row.
    pub has_code: bool,
    /// 再発行申込中: the open application that it is in.
    pub open: Option<(CaseId<Reissue>, Number)>,
}

impl Desk {
    /// The terminals that a customer has at an office, in the order of the list.
    pub async fn terminals_offered(
        &self,
        office: &str,
        organisation: OrganisationId,
        now: Instant,
    ) -> Result<Vec<OfferedTerminal>, Fault> {
        let mut offered = Vec::new();
        for row in self.store().terminals_of(organisation).await? {
            // One customer, one centre; a row of another office is nobody's to show here (A17).
            if row.office == office {
                offered.push(self.offered(&row, now).await?);
            }
        }
        Ok(offered)
    }

    async fn offered(&self, row: &TerminalRow, now: Instant) -> Result<OfferedTerminal, Fault> {
        let certificates = self.store().certificates_of_terminal(&row.office, row.terminal).await?;
        let latest = certificates.first();
        let counting = certificates.iter().filter(|one| one.live(now).is_some());
        // What was issued before this house knew the terminal counts as long as nothing was issued here.
        let before = row.valid_until.filter(|until| latest.is_none() && now <= *until);
        let open = self.store().application_for(&row.office, row.terminal).await?;
        Ok(OfferedTerminal {
            terminal: row.terminal,
            issued_on: latest.map(|one| one.since.day()).or(row.issued_on),
            valid_until: counting.map(|one| one.validity.1).max().or(before),
            suspended: row.suspended,
            has_code: row.code.is_some(),
            open: open.map(|(case, number)| (CaseId::from_octets(case), number)),
        })
    }
}

/// A terminal in a line of ours: 「sea webnaccs 11110A」.
pub(super) fn named(terminal: Terminal) -> String {
    format!(
        "{} {} {}",
        terminal.division.key(),
        terminal.device.key(),
        terminal.name
    )
}
