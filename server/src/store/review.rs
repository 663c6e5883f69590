//! What stands before officers, as rows of the procedures' documents.

use casework::identity::{Digest, Fingerprint, OfficerId, PersonNumber};
use casework::review::{Approval, Asked, Claim, Reason, Review, Verdict};
use casework::time::Instant;
use serde::{Deserialize, Serialize};

use super::case::Hex;
use crate::fault::Fault;

#[derive(Serialize, Deserialize)]
pub(super) struct ReviewRow {
    content: Hex,
    first: Option<ApprovalRow>,
    claim: Option<ClaimRow>,
    since: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ClaimRow {
    by: Hex,
    until: i64,
    asked: Option<AskedRow>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AskedRow {
    verdict: VerdictRow,
    text: Hex,
    until: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VerdictRow {
    Approve,
    Deny(ReasonRow),
    Return(ReasonRow),
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReasonRow {
    key: String,
    remark: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ApprovalRow {
    officer: Hex,
    person: String,
    card: Hex,
    content: Hex,
    text: Hex,
    at: i64,
}

pub(super) fn review_row(review: &Review) -> ReviewRow {
    ReviewRow {
        content: Hex::of(&review.content.0),
        first: review.first.as_ref().map(approval_row),
        claim: review.claim.as_ref().map(|claim| ClaimRow {
            by: Hex::of(&claim.by.0),
            until: claim.until.0,
            asked: claim.asked.as_ref().map(|asked| AskedRow {
                verdict: verdict_row(&asked.verdict),
                text: Hex::of(&asked.text.0),
                until: asked.until.0,
            }),
        }),
        since: review.since.0,
    }
}

pub(super) fn verdict_row(verdict: &Verdict) -> VerdictRow {
    match verdict {
        Verdict::Approve => VerdictRow::Approve,
        Verdict::Deny(reason) => VerdictRow::Deny(reason_row(reason)),
        Verdict::Return(reason) => VerdictRow::Return(reason_row(reason)),
    }
}

pub(super) fn reason_row(reason: &Reason) -> ReasonRow {
    ReasonRow {
        key: reason.key.clone(),
        remark: reason.remark.clone(),
    }
}

pub(super) fn approval_row(approval: &Approval) -> ApprovalRow {
    ApprovalRow {
        officer: Hex::of(&approval.officer.0),
        person: approval.person.0.clone(),
        card: Hex::of(&approval.card.0),
        content: Hex::of(&approval.content.0),
        text: Hex::of(&approval.text.0),
        at: approval.at.0,
    }
}

impl ReviewRow {
    pub(super) fn read(self) -> Result<Review, Fault> {
        Ok(Review {
            content: Digest(self.content.octets()?),
            first: self.first.map(ApprovalRow::read).transpose()?,
            claim: self.claim.map(ClaimRow::read).transpose()?,
            since: Instant(self.since),
        })
    }
}

impl ClaimRow {
    pub(super) fn read(self) -> Result<Claim, Fault> {
        let asked = |asked: AskedRow| {
            Ok::<_, Fault>(Asked {
                verdict: asked.verdict.read(),
                text: Digest(asked.text.octets()?),
                until: Instant(asked.until),
            })
        };
        Ok(Claim {
            by: OfficerId(self.by.octets()?),
            until: Instant(self.until),
            asked: self.asked.map(asked).transpose()?,
        })
    }
}

impl VerdictRow {
    pub(super) fn read(self) -> Verdict {
        match self {
            Self::Approve => Verdict::Approve,
            Self::Deny(reason) => Verdict::Deny(Box::new(reason.read())),
            Self::Return(reason) => Verdict::Return(Box::new(reason.read())),
        }
    }
}

impl ReasonRow {
    pub(super) fn read(self) -> Reason {
        Reason {
            key: self.key,
            remark: self.remark,
        }
    }
}

impl ApprovalRow {
    pub(super) fn read(self) -> Result<Approval, Fault> {
        Ok(Approval {
            officer: OfficerId(self.officer.octets()?),
            person: PersonNumber(self.person),
            card: Fingerprint(self.card.octets()?),
            content: Digest(self.content.octets()?),
            text: Digest(self.text.octets()?),
            at: Instant(self.at),
        })
    }
}
