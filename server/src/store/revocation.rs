//! The case of a 失効申込 as its row's document.

use casework::application::{Account, AccountKind, Application, Ground, NewIssue};
use casework::identity::{Authority, CertificateId, Digest, Fingerprint, Serial};
use casework::refund::Refund;
use casework::revocation::{Case, Opened, Subject};
use casework::time::{Day, Instant};
use serde::{Deserialize, Serialize};

use super::case::{self, Hex, corrupt, new_is_not_stored};
use super::receipt::read_number;
use crate::fault::Fault;

/// State and document of a case, for its row.
pub(crate) fn to_document(case: &Case) -> Result<case::Document, Fault> {
    let document = match case {
        Case::New => return Err(new_is_not_stored()),
        Case::Entering { opened, draft } => Document::Entering {
            opened: opened_row(opened),
            draft: draft.as_deref().map(application_row),
        },
        Case::Reviewing {
            opened,
            application,
            refund,
        } => Document::Reviewing {
            opened: opened_row(opened),
            application: application_row(application),
            refund: refund_row(*refund),
        },
        Case::Awaiting {
            opened,
            application,
            refund,
            text,
            until,
        } => Document::Awaiting {
            opened: opened_row(opened),
            application: application_row(application),
            refund: refund_row(*refund),
            text: Hex::of(&text.0),
            until: until.0,
        },
        Case::Revoked {
            opened,
            application,
            refund,
            text,
            number,
            at,
        } => Document::Revoked {
            opened: opened_row(opened),
            application: application_row(application),
            refund: refund_row(*refund),
            text: Hex::of(&text.0),
            number: number.to_string(),
            at: at.0,
        },
        Case::Abandoned { at } => Document::Abandoned { at: at.0 },
    };
    case::Document::of(state(case), &document)
}

/// The case that a document tells of.
pub(crate) fn from_document(document: &str) -> Result<Case, Fault> {
    Ok(match case::parse(document)? {
        Document::Entering { opened, draft } => Case::Entering {
            opened: opened.read()?,
            draft: draft.map(|draft| draft.read().map(Box::new)).transpose()?,
        },
        Document::Reviewing {
            opened,
            application,
            refund,
        } => Case::Reviewing {
            opened: opened.read()?,
            application: Box::new(application.read()?),
            refund: refund.read(),
        },
        Document::Awaiting {
            opened,
            application,
            refund,
            text,
            until,
        } => Case::Awaiting {
            opened: opened.read()?,
            application: Box::new(application.read()?),
            refund: refund.read(),
            text: Digest(text.octets()?),
            until: Instant(until),
        },
        Document::Revoked {
            opened,
            application,
            refund,
            text,
            number,
            at,
        } => Case::Revoked {
            opened: opened.read()?,
            application: Box::new(application.read()?),
            refund: refund.read(),
            text: Digest(text.octets()?),
            number: read_number(&number)?,
            at: Instant(at),
        },
        Document::Abandoned { at } => Case::Abandoned { at: Instant(at) },
    })
}

/// The word for a state, in rows and in the audit.
pub(crate) const fn state(case: &Case) -> &'static str {
    match case {
        Case::New => "new",
        Case::Entering { .. } => "entering",
        Case::Reviewing { .. } => "reviewing",
        Case::Awaiting { .. } => "awaiting",
        Case::Revoked { .. } => "revoked",
        Case::Abandoned { .. } => "abandoned",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Document {
    Entering {
        opened: OpenedRow,
        draft: Option<ApplicationRow>,
    },
    Reviewing {
        opened: OpenedRow,
        application: ApplicationRow,
        refund: RefundRow,
    },
    Awaiting {
        opened: OpenedRow,
        application: ApplicationRow,
        refund: RefundRow,
        text: Hex,
        until: i64,
    },
    Revoked {
        opened: OpenedRow,
        application: ApplicationRow,
        refund: RefundRow,
        text: Hex,
        number: String,
        at: i64,
    },
    Abandoned {
        at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct OpenedRow {
    authority: String,
    serial: Hex,
    authentication: Hex,
    card: Hex,
    flow: Hex,
    terms: Hex,
    informed_at: i64,
}

#[derive(Serialize, Deserialize)]
struct ApplicationRow {
    ground: String,
    detail: Option<String>,
    event_day: Option<i32>,
    applicant: String,
    kana: String,
    phone: String,
    mail: String,
    bank: String,
    branch: String,
    account_kind: AccountKindRow,
    account_number: String,
    account_holder: String,
    new_issue: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AccountKindRow {
    Ordinary,
    Current,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RefundRow {
    Estimate { yen: u32 },
    None,
    Unknown,
}

fn opened_row(opened: &Opened) -> OpenedRow {
    let Opened { subject, informed } = opened;
    OpenedRow {
        authority: subject.certificate.authority.0.clone(),
        serial: Hex::of(subject.certificate.serial.octets()),
        authentication: Hex::of(subject.authentication.serial.octets()),
        card: Hex::of(&subject.card.0),
        flow: Hex::of(&informed.flow().0),
        terms: Hex::of(&informed.terms().0),
        informed_at: informed.at().0,
    }
}

impl OpenedRow {
    fn read(self) -> Result<Opened, Fault> {
        // One card has one issuer, which the evidence of the showing has checked.
        let certificate = |serial: Hex| {
            Ok::<_, Fault>(CertificateId {
                authority: Authority(self.authority.clone()),
                serial: Serial::from_octets(&serial.octets::<20>()?).ok_or_else(|| corrupt("serial", "zero"))?,
            })
        };
        Ok(Opened {
            subject: Subject {
                certificate: certificate(self.serial)?,
                authentication: certificate(self.authentication)?,
                card: Fingerprint(self.card.octets()?),
            },
            informed: crate::desk::evidence::informed(
                Digest(self.flow.octets()?),
                Digest(self.terms.octets()?),
                Instant(self.informed_at),
            ),
        })
    }
}

fn application_row(application: &Application) -> ApplicationRow {
    ApplicationRow {
        ground: application.ground.key().to_owned(),
        detail: application.detail.clone(),
        event_day: application.event_day.map(|day| day.0),
        applicant: application.applicant.clone(),
        kana: application.kana.clone(),
        phone: application.phone.clone(),
        mail: application.mail.clone(),
        bank: application.account.bank.clone(),
        branch: application.account.branch.clone(),
        account_kind: match application.account.kind {
            AccountKind::Ordinary => AccountKindRow::Ordinary,
            AccountKind::Current => AccountKindRow::Current,
        },
        account_number: application.account.number.clone(),
        account_holder: application.account.holder.clone(),
        new_issue: application.new_issue.map(|new_issue| match new_issue {
            NewIssue::Yes => true,
            NewIssue::No => false,
        }),
    }
}

impl ApplicationRow {
    fn read(self) -> Result<Application, Fault> {
        Ok(Application {
            ground: Ground::from_key(&self.ground).ok_or_else(|| corrupt("ground", &self.ground))?,
            detail: self.detail,
            event_day: self.event_day.map(Day),
            applicant: self.applicant,
            kana: self.kana,
            phone: self.phone,
            mail: self.mail,
            account: Account {
                bank: self.bank,
                branch: self.branch,
                kind: match self.account_kind {
                    AccountKindRow::Ordinary => AccountKind::Ordinary,
                    AccountKindRow::Current => AccountKind::Current,
                },
                number: self.account_number,
                holder: self.account_holder,
            },
            new_issue: self.new_issue.map(|yes| if yes { NewIssue::Yes } else { NewIssue::No }),
        })
    }
}

const fn refund_row(refund: Refund) -> RefundRow {
    match refund {
        Refund::Estimate { yen } => RefundRow::Estimate { yen },
        Refund::None => RefundRow::None,
        Refund::Unknown => RefundRow::Unknown,
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
