//! The case of a 書面による失効申込 as its row's document.

use casework::application::{Account, AccountKind, Ground};
use casework::identity::{Authority, CertificateId, Digest, Serial};
use casework::paper::{Applicant, Case, Document as Paper, Enclosure, Entry, File};
use casework::refund::Refund;
use casework::time::{Day, Instant};
use serde::{Deserialize, Serialize};

use super::case::{self, Hex, corrupt, new_is_not_stored};
use super::receipt::read_number;
use super::review::{ApprovalRow, ReasonRow, ReviewRow, approval_row, reason_row, review_row};
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

impl RefundRow {
    const fn read(self) -> Refund {
        match self {
            Self::Estimate { yen } => Refund::Estimate { yen },
            Self::None => Refund::None,
            Self::Unknown => Refund::Unknown,
        }
    }
}
