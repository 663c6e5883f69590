//! The case of a 書面による失効申込 as its row's document.

use casework::application::{Account, AccountKind, Ground};
use casework::identity::{Authority, CertificateId, Digest, Fingerprint, OfficerId, PersonNumber, Serial};
use casework::paper::{Applicant, Case, Document as Paper, Enclosure, Entry, File};
use casework::refund::Refund;
use casework::review::{Approval, Asked, Claim, Reason, Review, Verdict};
use casework::time::{Day, Instant};
use serde::{Deserialize, Serialize};

use super::case::{self, Hex, corrupt, new_is_not_stored};
use super::receipt::read_number;
use crate::fault::Fault;

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Drafting {
            entry,
            content,
            number,
            asked,
        } => Document::Drafting {
            entry: entry_row(entry),
            content: Hex::of(&content.0),
            number: number.map(|number| number.to_string()),
            asked: asked.map(|(text, until)| (Hex::of(&text.0), until.0)),
        },
        Case::Waiting { entry, number, review } => Document::Waiting {
            entry: entry_row(entry),
            number: number.to_string(),
            review: review_row(review),
        },
        Case::Returned {
            entry,
            number,
            reason,
            by,
        } => Document::Returned {
            entry: entry_row(entry),
            number: number.to_string(),
            reason: reason_row(reason),
            by: approval_row(by),
        },
        Case::Revoked {
            entry,
            number,
            first,
            last,
            refund,
            at,
        } => Document::Revoked {
            entry: entry_row(entry),
            number: number.to_string(),
            first: first.as_ref().map(approval_row),
            last: approval_row(last),
            refund: refund_row(*refund),
            at: at.0,
        },
        Case::Denied {
            entry,
            number,
            reason,
            by,
        } => Document::Denied {
            entry: entry_row(entry),
            number: number.to_string(),
            reason: reason_row(reason),
            by: approval_row(by),
        },
        Case::Withdrawn { number, at } => Document::Withdrawn {
            number: number.map(|number| number.to_string()),
            at: at.0,
        },
    };
    case::Document::of(state(case), &document)
}

/// The case that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    let given = |number: Option<String>| number.map(|number| read_number(&number)).transpose();
    Ok(match case::parse(document)? {
        Document::Drafting {
            entry,
            content,
            number,
            asked,
        } => Case::Drafting {
            entry: Box::new(entry.read()?),
            content: Digest(content.octets()?),
            number: given(number)?,
            asked: asked
                .map(|(text, until)| Ok::<_, Fault>((Digest(text.octets()?), Instant(until))))
                .transpose()?,
        },
        Document::Waiting { entry, number, review } => Case::Waiting {
            entry: Box::new(entry.read()?),
            number: read_number(&number)?,
            review: review.read()?,
        },
        Document::Returned {
            entry,
            number,
            reason,
            by,
        } => Case::Returned {
            entry: Box::new(entry.read()?),
            number: read_number(&number)?,
            reason: Box::new(reason.read()),
            by: by.read()?,
        },
        Document::Revoked {
            entry,
            number,
            first,
            last,
            refund,
            at,
        } => Case::Revoked {
            entry: Box::new(entry.read()?),
            number: read_number(&number)?,
            first: first.map(ApprovalRow::read).transpose()?,
            last: last.read()?,
            refund: refund.read(),
            at: Instant(at),
        },
        Document::Denied {
            entry,
            number,
            reason,
            by,
        } => Case::Denied {
            entry: Box::new(entry.read()?),
            number: read_number(&number)?,
            reason: Box::new(reason.read()),
            by: by.read()?,
        },
        Document::Withdrawn { number, at } => Case::Withdrawn {
            number: given(number)?,
            at: Instant(at),
        },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Drafting { .. } => "drafting",
        Case::Waiting { .. } => "waiting",
        Case::Returned { .. } => "returned",
        Case::Revoked { .. } => "revoked",
        Case::Denied { .. } => "denied",
        Case::Withdrawn { .. } => "withdrawn",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Drafting {
        entry: EntryRow,
        content: Hex,
        number: Option<String>,
        asked: Option<(Hex, i64)>,
    },
    Waiting {
        entry: EntryRow,
        number: String,
        review: ReviewRow,
    },
    Returned {
        entry: EntryRow,
        number: String,
        reason: ReasonRow,
        by: ApprovalRow,
    },
    Revoked {
        entry: EntryRow,
        number: String,
        first: Option<ApprovalRow>,
        last: ApprovalRow,
        refund: RefundRow,
        at: i64,
    },
    Denied {
        entry: EntryRow,
        number: String,
        reason: ReasonRow,
        by: ApprovalRow,
    },
    Withdrawn {
        number: Option<String>,
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct EntryRow {
    authority: String,
    serial: Hex,
    received: i32,
    applicant: String,
    ground: String,
    detail: Option<String>,
    event_day: Option<i32>,
    name: String,
    kana: String,
    postal_code: String,
    address: String,
    phone: String,
    mail: Option<String>,
    enclosures: Vec<(String, Option<i32>)>,
    account: Option<AccountRow>,
    files: Vec<(Hex, u32)>,
}

#[derive(Serialize, Deserialize)]
struct AccountRow {
    bank: String,
    branch: String,
    kind: String,
    number: String,
    holder: String,
}

#[derive(Serialize, Deserialize)]
struct ReviewRow {
    content: Hex,
    first: Option<ApprovalRow>,
    claim: Option<ClaimRow>,
    since: i64,
}

#[derive(Serialize, Deserialize)]
struct ClaimRow {
    by: Hex,
    until: i64,
    asked: Option<AskedRow>,
}

#[derive(Serialize, Deserialize)]
struct AskedRow {
    verdict: VerdictRow,
    text: Hex,
    until: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum VerdictRow {
    Approve,
    Deny(ReasonRow),
    Return(ReasonRow),
}

#[derive(Serialize, Deserialize)]
struct ReasonRow {
    key: String,
    remark: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ApprovalRow {
    officer: Hex,
    person: String,
    card: Hex,
    content: Hex,
    text: Hex,
    at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RefundRow {
    Estimate { yen: u32 },
    None,
    Unknown,
}

fn entry_row(entry: &Entry) -> EntryRow {
    let enclosure = |enclosure: &Enclosure| (enclosure.document.key().to_owned(), enclosure.issued.map(|day| day.0));
    EntryRow {
        authority: entry.certificate.authority.0.clone(),
        serial: Hex::of(entry.certificate.serial.octets()),
        received: entry.received.0,
        applicant: entry.applicant.key().to_owned(),
        ground: entry.ground.key().to_owned(),
        detail: entry.detail.clone(),
        event_day: entry.event_day.map(|day| day.0),
        name: entry.name.clone(),
        kana: entry.kana.clone(),
        postal_code: entry.postal_code.clone(),
        address: entry.address.clone(),
        phone: entry.phone.clone(),
        mail: entry.mail.clone(),
        enclosures: entry.enclosures.iter().map(enclosure).collect(),
        account: entry.account.as_deref().map(account_row),
        files: entry
            .files
            .iter()
            .map(|file| (Hex::of(&file.digest.0), file.size))
            .collect(),
    }
}

fn account_row(account: &Account) -> AccountRow {
    AccountRow {
        bank: account.bank.clone(),
        branch: account.branch.clone(),
        kind: account.kind.key().to_owned(),
        number: account.number.clone(),
        holder: account.holder.clone(),
    }
}

fn review_row(review: &Review) -> ReviewRow {
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

fn verdict_row(verdict: &Verdict) -> VerdictRow {
    match verdict {
        Verdict::Approve => VerdictRow::Approve,
        Verdict::Deny(reason) => VerdictRow::Deny(reason_row(reason)),
        Verdict::Return(reason) => VerdictRow::Return(reason_row(reason)),
    }
}

fn reason_row(reason: &Reason) -> ReasonRow {
    ReasonRow {
        key: reason.key.clone(),
        remark: reason.remark.clone(),
    }
}

fn approval_row(approval: &Approval) -> ApprovalRow {
    ApprovalRow {
        officer: Hex::of(&approval.officer.0),
        person: approval.person.0.clone(),
        card: Hex::of(&approval.card.0),
        content: Hex::of(&approval.content.0),
        text: Hex::of(&approval.text.0),
        at: approval.at.0,
    }
}

const fn refund_row(refund: Refund) -> RefundRow {
    match refund {
        Refund::Estimate { yen } => RefundRow::Estimate { yen },
        Refund::None => RefundRow::None,
        Refund::Unknown => RefundRow::Unknown,
    }
}

impl EntryRow {
    fn read(self) -> Result<Entry, Fault> {
        let enclosure = |(document, issued): (String, Option<i32>)| {
            Ok::<_, Fault>(Enclosure {
                document: Paper::from_key(&document).ok_or_else(|| corrupt("enclosure", &document))?,
                issued: issued.map(Day),
            })
        };
        let file = |(digest, size): (Hex, u32)| {
            Ok::<_, Fault>(File {
                digest: Digest(digest.octets()?),
                size,
            })
        };
        Ok(Entry {
            certificate: CertificateId {
                authority: Authority(self.authority),
                serial: Serial::from_octets(&self.serial.octets::<20>()?).ok_or_else(|| corrupt("serial", "zero"))?,
            },
            received: Day(self.received),
            applicant: Applicant::from_key(&self.applicant).ok_or_else(|| corrupt("applicant", &self.applicant))?,
            ground: Ground::from_key(&self.ground).ok_or_else(|| corrupt("ground", &self.ground))?,
            detail: self.detail,
            event_day: self.event_day.map(Day),
            name: self.name,
            kana: self.kana,
            postal_code: self.postal_code,
            address: self.address,
            phone: self.phone,
            mail: self.mail,
            enclosures: self.enclosures.into_iter().map(enclosure).collect::<Result<_, _>>()?,
            account: self.account.map(|account| account.read().map(Box::new)).transpose()?,
            files: self.files.into_iter().map(file).collect::<Result<_, _>>()?,
        })
    }
}

impl AccountRow {
    fn read(self) -> Result<Account, Fault> {
        Ok(Account {
            bank: self.bank,
            branch: self.branch,
            kind: [AccountKind::Ordinary, AccountKind::Current]
                .into_iter()
                .find(|kind| kind.key() == self.kind)
                .ok_or_else(|| corrupt("account", &self.kind))?,
            number: self.number,
            holder: self.holder,
        })
    }
}

impl ReviewRow {
    fn read(self) -> Result<Review, Fault> {
        Ok(Review {
            content: Digest(self.content.octets()?),
            first: self.first.map(ApprovalRow::read).transpose()?,
            claim: self.claim.map(ClaimRow::read).transpose()?,
            since: Instant(self.since),
        })
    }
}

impl ClaimRow {
    fn read(self) -> Result<Claim, Fault> {
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
    fn read(self) -> Verdict {
        match self {
            Self::Approve => Verdict::Approve,
            Self::Deny(reason) => Verdict::Deny(Box::new(reason.read())),
            Self::Return(reason) => Verdict::Return(Box::new(reason.read())),
        }
    }
}

impl ReasonRow {
    fn read(self) -> Reason {
        Reason {
            key: self.key,
            remark: self.remark,
        }
    }
}

impl ApprovalRow {
    fn read(self) -> Result<Approval, Fault> {
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

impl RefundRow {
    const fn read(self) -> Refund {
        match self {
            Self::Estimate { yen } => Refund::Estimate { yen },
            Self::None => Refund::None,
            Self::Unknown => Refund::Unknown,
        }
    }
}
