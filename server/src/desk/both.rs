//! One command and what follows from it in a case of another procedure, in one transaction.

use super::{Actor, CaseId, DECISIONS, Desk, Done, Failure, Procedure};
use crate::fault::Fault;

impl Desk {
    /// As [`Desk::perform`]; and where the first case is one that `goes_on` by then, the second command is done with it, all
    /// of it or nothing.
    pub(crate) async fn perform_both<P: Procedure, Q: Procedure>(
        &self,
        actor: &Actor<'_>,
        first: (CaseId<P>, &P::Command),
        goes_on: impl Fn(&P::Case) -> bool + Send + Sync,
        second: (CaseId<Q>, &Q::Command),
    ) -> Result<(Done<P>, Option<Done<Q>>), Failure> {
        let mut unsettled = None;
        for _ in 0..DECISIONS {
            match self.attempt_both(actor, first, &goes_on, second).await {
                Ok(Some(both)) => return Ok(both),
                Ok(None) => {}
                // As everywhere: what was committed without an answer is settled, and looked at again.
                Err(Failure::Fault(unknown @ Fault::Unknown { .. })) => {
                    self.store.is_ready().await.map_err(|_| unknown.clone())?;
                    unsettled = Some(unknown);
                }
                Err(Failure::Fault(fault)) => return Err(unsettled.unwrap_or(fault).into()),
                Err(refused @ Failure::Refused(_)) => return Err(refused),
            }
        }
        Err(unsettled.unwrap_or(Fault::Contended).into())
    }

    async fn attempt_both<P: Procedure, Q: Procedure>(
        &self,
        actor: &Actor<'_>,
        first: (CaseId<P>, &P::Command),
        goes_on: &(impl Fn(&P::Case) -> bool + Send + Sync),
        second: (CaseId<Q>, &Q::Command),
    ) -> Result<Option<(Done<P>, Option<Done<Q>>)>, Failure> {
        let Some((one, commit)) = self.decided(actor, first.0, first.1).await? else {
            return Ok(None);
        };
        let mut commits: Vec<_> = commit.into_iter().collect();
        let mut other = None;
        if goes_on(&one.case) {
            let Some((done, commit)) = self.decided(actor, second.0, second.1).await? else {
                return Ok(None);
            };
            commits.extend(commit);
            other = Some(done);
        }
        Ok(self.committed(commits).await?.then_some((one, other)))
    }
}
