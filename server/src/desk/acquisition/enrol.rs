//! From codes, or from a current certificate, and a request to a certificate: two transactions, with the signature between
//! them. A crash between them is met by whoever asks again, and by the node that is kept up.

use casework::acquisition::{Case, Codes as Verdict, Flaw, Issuance as Made};
use casework::certificate::{KeyUse, Reason};
use casework::evidence::Authenticated;
use casework::identity::{CertificateId, Digest, Fingerprint, GrantId, IssuanceId, ReissueId};
use casework::reissue::Due;
use casework::terminal::Terminal;
use casework::time::Instant;
use casework::{Answer, Refusal};
use pki::certificate::Certificate;
use pki::csr::KeyHistory;
use pki::name::{NameFault, TerminalName};
use pki::profile::Validity;

use super::codes::Judged;
use super::propose::{issued, made};
use super::request::{Request, bearer};
use super::{Acquisition, Codes, Command, Recognised, policy, unable};
use crate::authority::enrolment::Answering;
use crate::authority::issue::{Order, Prepared, Registrar, Wanted};
use crate::authority::{Authority, AuthorityFault};
use crate::desk::certificate::{Command as Certify, Issuance};
use crate::desk::evidence::{requested, sha256, signed};
use crate::desk::{Actor, CaseId, Desk, Failure};
use crate::fault::{Bug, Fault};
use crate::office::Office;
use crate::store::TerminalCertificateRow;

/// Who certifies the terminals of an office.
struct Issuer {
    registrar: Registrar,
    authority: Authority,
}

impl Desk {
    /// Opens the right to a new certificate for a terminal whose morning has come: once for each application and terminal,
    /// however often it is asked for.
    pub async fn open_grant(&self, due: &Due) -> Result<GrantId, Failure> {
        let application = self.store().case(due.application().0).await?;
        let application = application.ok_or(Failure::Refused(Refusal::Stale))?;
        let grant = grant_of(due.application(), due.terminal());
        let command = Command::Open {
            office: application.office,
            language: application.language,
            due: *due,
        };
        let case: CaseId<Acquisition> = CaseId::from_octets(grant.0);
        self.perform(&Actor::System, case, &command).await?;
        Ok(grant)
    }

    /// デジタル証明書の取得 for a terminal, by its codes and a PKCS#10 in DER. The same codes with the same key get the same
    /// certificate again.
    pub async fn acquire(
        &self,
        actor: &Actor<'_>,
        office: &Office,
        terminal: Terminal,
        codes: &Codes,
        request: &[u8],
    ) -> Result<Certificate, Failure> {
        let mut recognised = self.recognised(office, codes).await?;
        recognised.terminals.retain(|(other, _)| *other == terminal);
        let request = Request::read(request);
        self.acquire_recognised(Some(actor), office, &recognised, request.as_ref().map_err(|flaw| *flaw))
            .await
    }

    /// The same at a door of the terminals' own, where the codes alone say which terminal it is. `actor` is the terminal
    /// itself where nobody else is named.
    pub async fn acquire_recognised(
        &self,
        actor: Option<&Actor<'_>>,
        office: &Office,
        recognised: &Recognised,
        request: Result<&Request, Flaw>,
    ) -> Result<Certificate, Failure> {
        let mut outcome = Err(Failure::Refused(Refusal::WrongCodes));
        // One, or every one that wrong codes may have been meant for: each of them counts the try.
        for (terminal, judged) in recognised.meant() {
            let own = Actor::Terminal { grant: judged.grant };
            outcome = self
                .acquire_by(actor.unwrap_or(&own), office, terminal, judged, request)
                .await;
            if let Err(Failure::Fault(_)) = outcome {
                return outcome;
            }
        }
        outcome
    }

    /// 更新: another certificate for another key, by the terminal's current one (R303). The same certificate and key get the
    /// same one again.
    pub async fn renew_terminal(
        &self,
        by: Authenticated,
        request: Result<&Request, Flaw>,
    ) -> Result<Certificate, Failure> {
        let row = self.of_terminal(by).await?;
        let office = self.terminals_office(&row)?;
        let issuer = self.issuer(&office).await?;
        let case: CaseId<Acquisition> = CaseId::from_octets(row.grant.0);
        let actor = Actor::Terminal { grant: row.grant };
        let issuance = IssuanceId(self.chance().octets());
        let now = self.clock().now();
        let asked = self.asked(&issuer, row.terminal, request, now).await?;
        let begins = self.look(case).await?.held().map(|held| held.fingerprint) == Some(by.certificate());
        let prepared = match (request, begins) {
            (Ok(request), true) => Some(issuer.prepared(&office, row.terminal, request, now)?),
            _ => None,
        };
        let command = Command::Renew {
            by,
            request: asked,
            issuance,
        };
        self.made_for(&actor, &issuer, (case, &command), issuance, prepared)
            .await
    }

    /// The terminal has shown that it works with its certificate.
    pub async fn installed(&self, by: Authenticated) -> Result<(), Failure> {
        let row = self.of_terminal(by).await?;
        let case: CaseId<Acquisition> = CaseId::from_octets(row.grant.0);
        let actor = Actor::Terminal { grant: row.grant };
        self.perform(&actor, case, &Command::Install { by }).await?;
        Ok(())
    }

    /// A terminal gives up a certificate of its own. It shows one that counts; it may be that very one.
    pub async fn revoke_terminal(
        &self,
        by: Authenticated,
        which: &CertificateId,
        reason: Reason,
    ) -> Result<(), Failure> {
        let row = self.of_terminal(by).await?;
        if let Some(at) = row.revoked {
            return Err(Failure::Refused(Refusal::AlreadyRevoked { at }));
        }
        let now = self.clock().now();
        if now > row.validity.1 {
            return Err(Failure::Refused(Refusal::Expired { at: row.validity.1 }));
        }
        let all = self.store().certificates_of_terminal(&row.office, row.terminal).await?;
        if !all.iter().any(|row| row.certificate == *which) {
            return Err(Failure::Refused(Refusal::NotYours));
        }
        self.give_up_certificate(row.grant, which, reason).await
    }

    /// A certificate that was handed out is not taken by the terminal that asked for it.
    pub(crate) async fn give_up_certificate(
        &self,
        grant: GrantId,
        which: &CertificateId,
        reason: Reason,
    ) -> Result<(), Failure> {
        let row = self.store().certificate(which).await?;
        let row = row.ok_or(Failure::Refused(Refusal::NeverIssued))?;
        let case: CaseId<Issuance> = CaseId::from_octets(row.case);
        let revoke = Certify::Revoke { reason };
        self.perform(&Actor::Terminal { grant }, case, &revoke).await?;
        Ok(())
    }

    /// Under which name a terminal of an office is certified.
    pub async fn terminal_name(&self, office: &Office, terminal: Terminal) -> Result<TerminalName, Failure> {
        let issuer = self.issuer(office).await?;
        issuer.name(terminal).map_err(|fault| unable(fault.into()))
    }

    /// The certificates above those of an office's terminals: the authority's, and its issuers' as far as they are ours.
    pub async fn terminals_chain(&self, office: &Office) -> Result<Vec<Certificate>, Failure> {
        let issuer = self.issuer(office).await?;
        let all = crate::authority::certificates(self.store()).await.map_err(unable)?;
        let mut chain = vec![issuer.authority.certificate().clone()];
        while let Some(top) = chain.last().filter(|top| top.issuer() != top.subject()) {
            let above = all.iter().map(|(_, certificate)| certificate);
            let Some(above) = above.into_iter().find(|above| top.verify_signed_by(above).is_ok()) else {
                break;
            };
            chain.push(above.clone());
        }
        Ok(chain)
    }

    /// Who answers by CMP for the authority of an office's terminals.
    pub(crate) async fn answering(&self, office: &Office) -> Result<Answering, Failure> {
        let Issuer { registrar, authority } = self.issuer(office).await?;
        registrar.answering(authority).await.map_err(unable)
    }

    async fn acquire_by(
        &self,
        actor: &Actor<'_>,
        office: &Office,
        terminal: Terminal,
        judged: Judged,
        request: Result<&Request, Flaw>,
    ) -> Result<Certificate, Failure> {
        let issuer = self.issuer(office).await?;
        let case: CaseId<Acquisition> = CaseId::from_octets(judged.grant.0);
        let issuance = IssuanceId(self.chance().octets());
        let now = self.clock().now();
        let asked = self.asked(&issuer, terminal, request, now).await?;
        let begins = judged.verdict == Verdict::Right && matches!(self.look(case).await?, Case::Open { .. });
        let prepared = match (request, asked, begins) {
            (Ok(request), Ok(_), true) => Some(issuer.prepared(office, terminal, request, now)?),
            _ => None,
        };
        let command = Command::Acquire {
            codes: judged,
            request: asked,
            issuance,
        };
        self.made_for(actor, &issuer, (case, &command), issuance, prepared)
            .await
    }

    /// Does what begins a certificate, or asks for it again, and sees it through to its end.
    async fn made_for(
        &self,
        actor: &Actor<'_>,
        issuer: &Issuer,
        (case, command): (CaseId<Acquisition>, &Command),
        issuance: IssuanceId,
        prepared: Option<Prepared>,
    ) -> Result<Certificate, Failure> {
        let Some(Prepared { id, intend, linted }) = prepared else {
            let done = self.perform(actor, case, command).await?;
            if let Answer::Refused(refusal) = done.answer {
                return Err(Failure::Refused(refusal));
            }
            return self.seen_through(actor, issuer, case).await;
        };
        let made: CaseId<Issuance> = CaseId::from_octets(issuance.0);
        let begun = |case: &Case| case.making().is_some_and(|making| making.issuance == issuance);
        let both = self.perform_both(actor, (case, command), begun, (made, &intend)).await;
        let (done, intended) = both.map_err(known_key)?;
        if let Answer::Refused(refusal) = done.answer {
            return Err(Failure::Refused(refusal));
        }
        if intended.is_none() {
            return self.seen_through(actor, issuer, case).await;
        }
        let certificate = issuer.authority.sign(linted).await.map_err(unable)?;
        let bind = Certify::Bind {
            signed: signed(&certificate),
            der: certificate.certificate().der().to_vec(),
        };
        let certificate = certificate.into_certificate();
        let own = Command::Bind {
            issued: Some(Box::new(issued(id, &certificate))),
        };
        match self.perform_both(actor, (made, &bind), |_| true, (case, &own)).await {
            Ok((_, Some(done))) if done.case.held().is_some_and(|held| is(held.fingerprint, &certificate)) => {
                Ok(certificate)
            }
            // Another one signed the same octets meanwhile, or a later grant was opened: what stands is what counts.
            Ok(_) | Err(Failure::Refused(Refusal::Stale)) => self.seen_through(actor, issuer, case).await,
            Err(failure) => Err(failure),
        }
    }

    /// The certificate of a grant whose codes are spent, or of a renewal that was begun: signed and bound now, where a crash
    /// left it so.
    async fn seen_through(
        &self,
        actor: &Actor<'_>,
        issuer: &Issuer,
        case: CaseId<Acquisition>,
    ) -> Result<Certificate, Failure> {
        for _ in 0..STEPS {
            let standing = self.look(case).await?;
            let making = match &standing {
                Case::Acquired { held, .. } => return Ok(self.certificate_of(&held.certificate).await?),
                Case::Issuing { making, .. } | Case::Renewing { making, .. } => *making,
                Case::Suspended { grant, .. } => {
                    return Err(Failure::Refused(Refusal::GrantOver { at: grant.until }));
                }
                Case::Replaced { .. } => return Err(Failure::Refused(Refusal::GrantReplaced)),
                Case::New | Case::Open { .. } => return Err(Failure::Refused(Refusal::Stale)),
            };
            match made(self, making.issuance).await? {
                Made::Bound(_) => {
                    self.perform(actor, case, &Command::Bind { issued: None }).await?;
                }
                Made::Intended => {
                    let intended: CaseId<Issuance> = CaseId::from_octets(making.issuance.0);
                    if let casework::certificate::Case::Intended { intent } = self.look(intended).await? {
                        let row = self.store().certificate(&intent.certificate).await?;
                        let row = row.ok_or_else(|| Fault::from(Bug("an intent has its row".to_owned())))?;
                        issuer.registrar.resume(&row).await.map_err(unable)?;
                    }
                }
                Made::Nothing => {
                    return Err(Fault::from(Bug("what is being made was intended with it".to_owned())).into());
                }
            }
        }
        Err(Failure::Fault(Fault::Contended))
    }

    /// Whether a request can be certified for this terminal.
    async fn asked(
        &self,
        issuer: &Issuer,
        terminal: Terminal,
        request: Result<&Request, Flaw>,
        now: Instant,
    ) -> Result<Result<casework::evidence::Requested, Flaw>, Failure> {
        let request = match request {
            Ok(request) => request,
            Err(flaw) => return Ok(Err(flaw)),
        };
        let name = issuer.name(terminal).map_err(|fault| unable(fault.into()))?;
        let known = self.store().key_use_by(&bearer(&name, request.public_key())).await?;
        let history = match known {
            Some(KeyUse::Compromised) => KeyHistory::Compromised,
            Some(KeyUse::OfAnother) => KeyHistory::AnotherHolder,
            // Of this very terminal: it asks again, and the grant says what for.
            Some(KeyUse::BeingCertified) | None => KeyHistory::New,
        };
        Ok(requested(request, &name, terminal, history, now))
    }

    async fn of_terminal(&self, by: Authenticated) -> Result<TerminalCertificateRow, Failure> {
        let row = self.store().terminal_certificate(by.certificate()).await?;
        row.ok_or(Failure::Refused(Refusal::NotYours))
    }

    fn terminals_office(&self, row: &TerminalCertificateRow) -> Result<std::sync::Arc<Office>, Fault> {
        self.office(&row.office).ok_or_else(|| Fault::Corrupt {
            what: "a terminal's certificate",
            why: format!("no office {:?} here", row.office),
        })
    }

    async fn certificate_of(&self, id: &CertificateId) -> Result<Certificate, Fault> {
        let row = self.store().certificate(id).await?;
        let der = row.and_then(|row| row.der);
        let der = der.ok_or_else(|| Bug(format!("{id:?} is held and has no octets")))?;
        Certificate::parse(&der).map_err(|why| Fault::Corrupt {
            what: "a certificate",
            why: why.to_string(),
        })
    }

    async fn issuer(&self, office: &Office) -> Result<Issuer, Failure> {
        let missing = || Fault::from(Bug("this desk certifies no terminals".to_owned()));
        let certifying = self.certifying.as_ref().ok_or_else(missing)?;
        // The first of an office's authorities is the one that certifies its terminals.
        let name = office.authorities.first().ok_or_else(|| Fault::Corrupt {
            what: "an office",
            why: format!("{} has no authority", office.id),
        })?;
        let authority = certifying.keyring.authority(self.store(), &name.0).await;
        Ok(Issuer {
            registrar: certifying.registrar(self),
            authority: authority.map_err(unable)?,
        })
    }
}

impl Issuer {
    /// What is to be signed for a terminal that asks now.
    fn prepared(
        &self,
        office: &Office,
        terminal: Terminal,
        request: &Request,
        now: Instant,
    ) -> Result<Prepared, Failure> {
        let authority = self.authority.certificate();
        let until = policy(office)?.validity.until(now).0.min(authority.not_after());
        let order = || -> Result<Order, AuthorityFault> {
            Ok(Order {
                wanted: Wanted::Terminal(self.name(terminal)?),
                key: request.public_key().clone(),
                validity: Validity::between(now.0, until)?,
                purchase: None,
            })
        };
        let prepared =
            order().and_then(|order| self.registrar.prepared(self.authority.name(), Some(authority), &order));
        prepared.map_err(unable)
    }

    fn name(&self, terminal: Terminal) -> Result<TerminalName, NameFault> {
        let organisation = self.authority.certificate().subject().organisation();
        let organisation = organisation.unwrap_or(&self.authority.name().0);
        let units = [terminal.division.label(), terminal.device.label()];
        TerminalName::new(organisation, units, &terminal.first_code())
    }
}

/// One application has one grant for each of its terminals, by its very id: whoever opens it again finds it.
pub(in crate::desk) fn grant_of(application: ReissueId, terminal: Terminal) -> GrantId {
    let Terminal { division, device, name } = terminal;
    let named = format!("{} {} {name}", division.key(), device.key());
    let Digest(digest) = sha256(&[b"KAGIMORI grant 1\0", &application.0[..], named.as_bytes()].concat());
    let mut id = [0; 16];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    GrantId(id)
}

/// Nothing was spent: the same codes take another key.
fn known_key(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(Refusal::UsedKey { .. }) => Failure::Refused(Refusal::WrongRequest { flaw: Flaw::KnownKey }),
        other => other,
    }
}

fn is(fingerprint: Fingerprint, certificate: &Certificate) -> bool {
    fingerprint.0 == certificate.fingerprint()
}

/// Signed, bound, and looked at.
const STEPS: usize = 4;
