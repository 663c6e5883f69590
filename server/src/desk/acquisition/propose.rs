//! An acquisition's facts, and its decisions as writes and errands.

use casework::Refusal;
use casework::acquisition::{self, Case, Codes, Errand as Later, Facts, Issuance as Made, Issued, Write as Now};
use casework::identity::{Digest, GrantId, IssuanceId};
use casework::terminal::Terminal;
use casework::time::Instant;
use pki::certificate::Certificate;
use pki::reason::ReasonCode;

use super::codes::{fresh, sealed_for};
use super::{Acquisition, Command, policy, tell};
use crate::desk::certificate::Issuance;
use crate::desk::{CaseId, Desk, Failure, Proposal, Standing};
use crate::fault::{Bug, Fault};
use crate::store::{Errand, NewGrant, NewStatus, NewTerminalCertificate, TerminalRow, Write};

pub(super) async fn propose(
    desk: &Desk,
    standing: &Standing<Acquisition>,
    command: &Command,
    now: Instant,
) -> Result<Proposal<Acquisition>, Failure> {
    let place = standing.place(match command {
        Command::Open { office, language, .. } => Some((office, *language)),
        _ => None,
    })?;
    let office = desk.office_of("a grant", &place)?;
    let terminal = match (standing.case.grant(), command) {
        (Some(grant), _) => grant.terminal,
        (None, Command::Open { due, .. }) => due.terminal(),
        (None, _) => return Err(Failure::Refused(Refusal::Stale)),
    };
    let row = desk.store().terminal(&office.id, terminal).await?;
    let facts = facts(desk, &office.id, standing, command, terminal, row.as_ref(), now).await?;
    let asked = asked(command);
    let decision =
        acquisition::decide(&standing.case, &asked, &facts, policy(&office)?, now).map_err(Failure::Refused)?;
    let mut writes = Vec::with_capacity(decision.writes.len());
    for write in decision.writes {
        writes.push(match write {
            Now::Open { terminal, until } => {
                let (grant, row) = decision
                    .next
                    .grant()
                    .zip(row.as_ref())
                    .ok_or_else(|| Bug("what is opened has its terminal".to_owned()))
                    .map_err(Fault::from)?;
                let code = desk.seal().await?.seal(
                    &sealed_for(&office.id, terminal),
                    fresh(desk.chance()).as_bytes(),
                    desk.chance(),
                )?;
                Write::OpenGrant(NewGrant {
                    office: office.id.clone(),
                    terminal,
                    application: grant.application,
                    until,
                    before: row.grant,
                    code,
                })
            }
            Now::Certify {
                terminal,
                certificate,
                fingerprint,
                validity,
            } => Write::CertifyTerminal(NewTerminalCertificate {
                office: office.id.clone(),
                terminal,
                certificate,
                fingerprint,
                validity,
            }),
            Now::Install { certificate, at } => Write::InstallTerminal { certificate, at },
            Now::Supersede { certificate, at } => Write::Revoke(NewStatus {
                certificate,
                reason: Some(ReasonCode::Superseded),
                revoked_at: at,
                invalid_from: None,
            }),
            Now::Suspend { .. } => Write::SuspendTerminal,
            Now::Wake { at } => Write::WakeGrant { at },
        });
    }
    let (event, details) = tell(&decision.event);
    Ok(Proposal {
        place,
        next: decision.next,
        answer: decision.answer,
        event,
        details,
        writes,
        errands: decision
            .errands
            .into_iter()
            .map(|errand| match errand {
                Later::PublishCrl { certificate } => Errand::PublishCrl { certificate },
                Later::Mail(letter) => Errand::AcquisitionLetter(letter),
            })
            .collect(),
        evidence: Vec::new(),
    })
}

async fn facts(
    desk: &Desk,
    office: &str,
    standing: &Standing<Acquisition>,
    command: &Command,
    terminal: Terminal,
    row: Option<&TerminalRow>,
    now: Instant,
) -> Result<Facts, Failure> {
    let own = GrantId(standing.id.octets());
    let certificates = desk.store().certificates_of_terminal(office, terminal).await?;
    let held = standing.case.held().map(|held| &held.certificate);
    let issuance = match (&standing.case, command) {
        (_, Command::Bind { issued: Some(issued) }) => Made::Bound((**issued).clone()),
        (Case::Issuing { making, .. } | Case::Renewing { making, .. }, Command::Bind { .. } | Command::Wake) => {
            made(desk, making.issuance).await?
        }
        _ => Made::Nothing,
    };
    Ok(Facts {
        owner: row.map(|row| row.organisation),
        codes: match command {
            // Those of another grant are not this one's, however right they are there.
            Command::Acquire { codes, .. } if codes.grant == own => Some(codes.verdict),
            Command::Acquire { .. } => Some(Codes::Wrong),
            _ => None,
        },
        latest: row.is_some_and(|row| row.grant == Some(own)),
        live: certificates.iter().filter_map(|row| row.live(now)).collect(),
        revoked: certificates
            .iter()
            .find(|row| Some(&row.certificate) == held)
            .and_then(|row| row.revoked),
        issuance,
    })
}

/// How far a certificate is.
pub(super) async fn made(desk: &Desk, issuance: IssuanceId) -> Result<Made, Fault> {
    use casework::certificate::Case::{Intended, Issued as Signed, New, Revoked};
    let case: CaseId<Issuance> = CaseId::from_octets(issuance.0);
    let intent = match desk.look(case).await? {
        New => return Ok(Made::Nothing),
        Intended { .. } => return Ok(Made::Intended),
        Signed { intent, .. } | Revoked { intent, .. } => intent,
    };
    let row = desk.store().certificate(&intent.certificate).await?;
    let der = row.and_then(|row| row.der);
    let der = der.ok_or_else(|| Bug(format!("{:?} is bound and has no octets", intent.certificate)))?;
    let certificate = Certificate::parse(&der).map_err(|why| Fault::Corrupt {
        what: "a certificate",
        why: why.to_string(),
    })?;
    Ok(Made::Bound(issued(intent.certificate, &certificate)))
}

/// A certificate as the rules know one that was made.
pub(super) fn issued(id: casework::identity::CertificateId, certificate: &Certificate) -> Issued {
    Issued {
        key: Digest(certificate.public_key().fingerprint()),
        certificate: id,
        fingerprint: casework::identity::Fingerprint(certificate.fingerprint()),
        validity: (Instant(certificate.not_before()), Instant(certificate.not_after())),
    }
}

fn asked(command: &Command) -> acquisition::Command {
    match command {
        Command::Open { due, .. } => acquisition::Command::Open { due: *due },
        Command::Acquire { request, issuance, .. } => acquisition::Command::Acquire {
            request: *request,
            issuance: *issuance,
        },
        Command::Bind { .. } => acquisition::Command::Bind,
        Command::Renew { by, request, issuance } => acquisition::Command::Renew {
            by: *by,
            request: *request,
            issuance: *issuance,
        },
        Command::Install { by } => acquisition::Command::Install { by: *by },
        Command::Wake => acquisition::Command::Wake,
    }
}
