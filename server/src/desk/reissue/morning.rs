//! The morning of the desired date (R307): what is due and not done, terminal by terminal.
//!
//! Run now and then, on any node, on several at once. A terminal's grant is opened once for its application, whoever asks,
//! and the application's next state says what was opened: a crash between the two is found by the next run, which opens
//! nothing again and tells the applicant once.

use casework::identity::ReissueId;
use casework::reissue::{Case, Due, Progress, Step, Trouble};
use casework::terminal::Terminal;
use tokio::task::{JoinError, JoinSet};

use super::{Command, Reissue, reissue_policy};
use crate::desk::acquisition::{Acquisition, Command as Acquire, grant_of};
use crate::desk::{Actor, CaseId, Desk, Failure, Place};
use crate::fault::{Bug, Fault};

/// What came to nothing.
type Troubles = Vec<(Terminal, Trouble)>;

impl Desk {
    /// Does what is due by now; says of how many applications something was done. What does not read or cannot be reached
    /// holds up nothing else; it is the fault that is returned at the end.
    pub async fn keep_mornings(&self) -> Result<usize, Fault> {
        let today = self.clock().now().day();
        let (mut done, mut seen, mut last, mut broken) = (0, 0, None, None);
        let mut hear = |outcome: Result<Result<bool, Fault>, JoinError>| match outcome {
            Ok(Ok(changed)) => done += usize::from(changed),
            Ok(Err(fault)) => broken = broken.take().or(Some(fault)),
            Err(why) => broken = broken.take().or_else(|| Some(Fault::Bug(Bug(why.to_string())))),
        };
        let mut work = JoinSet::new();
        while seen < MOST {
            let page = self.store().mornings(today, last).await?;
            let Some((day, case, _)) = page.last() else { break };
            (seen, last) = (seen + page.len(), Some((*day, *case)));
            for (_, case, _) in page {
                if work.len() >= AT_ONCE
                    && let Some(outcome) = work.join_next().await
                {
                    hear(outcome);
                }
                let desk = self.clone();
                work.spawn(async move { Box::pin(desk.keep_morning(CaseId::from_octets(case))).await });
            }
            while let Some(outcome) = work.join_next().await {
                hear(outcome);
            }
        }
        broken.map_or(Ok(done), Err)
    }

    /// So many terminals wait for a grant although their morning has come: what [`Self::keep_mornings`] could not do, or not
    /// yet.
    pub async fn mornings_due(&self) -> Result<usize, Fault> {
        let now = self.clock().now();
        let (mut terminals, mut seen, mut last) = (0, 0, None);
        while seen < MOST {
            let page = self.store().mornings(now.day(), last).await?;
            let Some((day, case, _)) = page.last() else { break };
            (seen, last) = (seen + page.len(), Some((*day, *case)));
            for (_, case, office) in page {
                let id: CaseId<Reissue> = CaseId::from_octets(case);
                let office = self.office(&office);
                let policy = office.as_ref().and_then(|office| reissue_policy(office));
                if let Some(policy) = policy {
                    terminals += self.look(id).await?.due(ReissueId(case), &policy, now).len();
                }
            }
        }
        Ok(terminals)
    }

    /// The morning of one application: whether anything was done.
    async fn keep_morning(&self, id: CaseId<Reissue>) -> Result<bool, Fault> {
        let standing = self.standing(id).await?;
        let (Case::Approved { progress, .. }, Some(place)) = (&standing.case, &standing.place) else {
            return Ok(false);
        };
        let office = self.office_of("a case", place)?;
        let policy = reissue_policy(&office).ok_or_else(|| Fault::Corrupt {
            what: "a case",
            why: format!("the office {:?} reissues nothing", office.id),
        })?;
        let due = standing.case.due(ReissueId(id.octets()), &policy, self.clock().now());
        if due.is_empty() {
            return Ok(false);
        }
        let troubles = self.open_all(place, progress, &due).await?;
        if troubles.len() == due.len() && troubles.iter().all(|trouble| is_known(progress, trouble)) {
            // Nothing has changed, and nobody is told again.
            return Ok(false);
        }
        for (terminal, trouble) in troubles.iter().filter(|trouble| !is_known(progress, trouble)) {
            tracing::error!(case = %id, ?terminal, ?trouble, "a terminal could not be reissued");
        }
        match self.perform(&Actor::System, id, &Command::Grant { troubles }).await {
            Ok(_) => Ok(true),
            // Another node was faster.
            Err(Failure::Refused(_) | Failure::Fault(Fault::Contended)) => Ok(false),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }

    /// Opens a grant for each of them, and says which could not be. What only cannot be reached now is a fault of the run:
    /// the next one does it.
    async fn open_all(&self, place: &Place, progress: &[Progress], due: &[Due]) -> Result<Troubles, Fault> {
        let (mut troubles, mut open) = (Vec::new(), Vec::with_capacity(due.len()));
        for one in due {
            // What is known to be another customer's by now is not asked for again and again, each time with its refusal in
            // the audit.
            let gone = (one.terminal(), Trouble::Gone);
            if is_known(progress, &gone) && !self.is_its_own(place, one).await? {
                troubles.push(gone);
            } else {
                open.push(*one);
            }
        }
        if open.is_empty() || self.open_together(place, &open).await.is_ok() {
            return Ok(troubles);
        }
        // Together they do not go: one by one those that do are done, and the others told.
        for one in &open {
            match self.open_grant(one).await {
                Ok(_) => {}
                Err(Failure::Refused(_)) => troubles.push((one.terminal(), Trouble::Gone)),
                Err(Failure::Fault(fault @ (Fault::Corrupt { .. } | Fault::Bug(_)))) => {
                    tracing::error!(%fault, terminal = ?one.terminal(), "a grant could not be opened");
                    troubles.push((one.terminal(), Trouble::Failed));
                }
                Err(Failure::Fault(fault)) => return Err(fault),
            }
        }
        Ok(troubles)
    }

    /// All of them in one transaction; what was opened before stays.
    async fn open_together(&self, place: &Place, due: &[Due]) -> Result<(), Failure> {
        let open = |due: &Due| Acquire::Open {
            office: place.office.clone(),
            language: place.language,
            due: *due,
        };
        let commands: Vec<_> = due.iter().map(open).collect();
        let grant = |due: &Due| CaseId::from_octets(grant_of(due.application(), due.terminal()).0);
        let all: Vec<_> = due.iter().map(grant).zip(&commands).collect();
        self.perform_all::<Acquisition>(&Actor::System, &all).await.map(drop)
    }

    async fn is_its_own(&self, place: &Place, due: &Due) -> Result<bool, Fault> {
        let row = self.store().terminal(&place.office, due.terminal()).await?;
        Ok(row.is_some_and(|row| row.organisation == due.organisation()))
    }
}

fn is_known(progress: &[Progress], (terminal, trouble): &(Terminal, Trouble)) -> bool {
    progress.iter().any(|one| {
        one.terminal == *terminal && matches!(one.step, Step::Troubled { trouble: known, .. } if known == *trouble)
    })
}

/// So many are looked at in one go; the rest comes with the next.
const MOST: usize = 16_384;
/// So many at a time: what one waits for the disk, another decides, and one transaction commits several.
const AT_ONCE: usize = 16;
