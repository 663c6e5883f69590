//! Terminals of a centre's customers: what is applied for, what an examiner decides on it, and the certificates that are
//! acquired.

use casework::identity::{OrganisationId, UserId};
use casework::reissue::{Case, Cause};
use casework::terminal::Terminal;
use casework::time::Day;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use std::convert::Infallible;
use wire::office::Language;

use super::{ExampleCard, ExampleFault, OfficerId, Verdict, parsed};
use crate::desk::acquisition::Codes;
use crate::desk::evidence;
use crate::desk::examine::Examine;
use crate::desk::reissue::{Command, Reissue};
use crate::desk::{Actor, CaseId, Desk};
use crate::fault::{Bug, Fault};

/// An application for a reissue.
pub type Application = CaseId<Reissue>;

/// Who applies.
#[derive(Clone, Copy, Debug)]
pub struct ExampleApplicant<'a> {
    /// At which centre.
    pub office: &'a str,
    /// For which customer, whose contract says who is to be turned to.
    pub organisation: OrganisationId,
    /// As whom.
    pub user: UserId,
}

/// What is applied for: 有効期限切れ, on the first day that can be wished for.
#[derive(Clone, Copy, Debug)]
pub struct Wished<'a> {
    /// 論理端末名
    pub terminals: &'a [&'a str],
    /// The day comes after this one.
    pub after: Day,
}

/// Who examines.
#[derive(Debug)]
pub struct ExampleExaminer<C> {
    /// The account.
    pub officer: OfficerId,
    /// The card.
    pub card: C,
}

/// A certificate with the key that it was acquired for.
pub struct ExampleCertificate {
    certificate: Certificate,
    key: SoftwareKey,
}

impl Desk {
    /// 下書き: everything is entered, and nothing sent off.
    pub async fn example_draft(
        &self,
        by: &ExampleApplicant<'_>,
        wished: Wished<'_>,
    ) -> Result<Application, ExampleFault<Infallible>> {
        let office = self.example_office(by.office)?;
        let choice = self.desired_days(&office, self.clock().now().day()).await?;
        let day = choice.days.into_iter().find(|day| day.day() > wished.after);
        let day = day.ok_or_else(|| {
            ExampleFault::Wrong("no day can be wished for: the holidays of that time are not known".to_owned())
        })?;
        let contract = self.store().organisation(by.organisation).await?;
        let contract = contract.ok_or_else(|| ExampleFault::Wrong("there is no such customer".to_owned()))?;
        let mut terminals = Vec::new();
        for name in wished.terminals {
            terminals.push(self.example_terminal(by.organisation, name).await?);
        }
        let (case, actor) = (self.new_case(), applicant(by));
        let open = Command::Open {
            office: by.office.to_owned(),
            language: Language::Ja,
        };
        let choose = Command::Choose {
            day: day.day(),
            cause: Cause::Expired,
            terminals,
        };
        let enter = Command::Enter(Box::new(contract.contract.contact));
        for command in [open, enter, choose] {
            self.perform(&actor, case, &command).await?;
        }
        Ok(case)
    }

    /// 受付: the same, sent off.
    pub async fn example_application(
        &self,
        by: &ExampleApplicant<'_>,
        wished: Wished<'_>,
    ) -> Result<Application, ExampleFault<Infallible>> {
        let case = self.example_draft(by, wished).await?;
        self.perform(&applicant(by), case, &Command::Apply).await?;
        Ok(case)
    }

    /// 取り下げ
    pub async fn example_withdrawal(
        &self,
        by: &ExampleApplicant<'_>,
        case: Application,
    ) -> Result<(), ExampleFault<Infallible>> {
        self.perform(&applicant(by), case, &Command::Withdraw).await?;
        Ok(())
    }

    /// 審査中: the examiner takes it.
    pub async fn example_claim<C: ExampleCard>(
        &self,
        by: &ExampleExaminer<C>,
        case: Application,
    ) -> Result<(), ExampleFault<C::Fault>> {
        self.perform(&examiner(by), case, &Command::Examine(Examine::Claim))
            .await?;
        Ok(())
    }

    /// 承認, 不承認 or 差戻し: taken, and signed with the examiner's card.
    pub async fn example_ruling<C: ExampleCard>(
        &self,
        by: &mut ExampleExaminer<C>,
        case: Application,
        verdict: Verdict,
    ) -> Result<(), ExampleFault<C::Fault>> {
        self.example_claim(by, case).await?;
        let actor = examiner(by);
        let propose = Command::Examine(Examine::Propose {
            verdict,
            language: Language::Ja,
        });
        let proposed = self.perform(&actor, case, &propose).await?;
        let Case::Examining { review, .. } = proposed.case else {
            return Err(ExampleFault::Wrong("nobody examines it".to_owned()));
        };
        let asked = review.claim.and_then(|claim| claim.asked);
        let asked = asked.ok_or_else(|| ExampleFault::Wrong("no text went out for signature".to_owned()))?;
        let text = self.store().text(case.octets(), asked.text).await?;
        let text = text.ok_or_else(|| Fault::Bug(Bug("the text that went out is not kept".to_owned())))?;
        let now = self.clock().now();
        let cms = by.card.sign(&text, now).map_err(ExampleFault::Card)?;
        let [_, signature] = by.card.certificates();
        let card = casework::identity::Fingerprint(parsed(&signature)?.fingerprint());
        let signed = evidence::possession(cms, &text, card, now)?;
        self.perform(&actor, case, &Command::Examine(Examine::Decide(signed)))
            .await?;
        Ok(())
    }

    /// 取得: with the codes as their page shows them, and a key that is made here.
    pub async fn example_acquisition(
        &self,
        by: &ExampleApplicant<'_>,
        name: &str,
    ) -> Result<ExampleCertificate, ExampleFault<Infallible>> {
        let office = self.example_office(by.office)?;
        let terminal = self.example_terminal(by.organisation, name).await?;
        let second = self.second_code(by.office, terminal).await?;
        let second = second.ok_or_else(|| ExampleFault::Wrong(format!("{name} has no 認証コード2")))?;
        let codes = Codes::typed(&terminal.first_code(), &second, terminal.third_code());
        let wrong = |why: String| ExampleFault::Wrong(format!("the key of {name}: {why}"));
        let key = SoftwareKey::generate(Algorithm::P256).map_err(|why| wrong(why.to_string()))?;
        let request = CertificateRequest::new(&terminal.first_code(), &key).map_err(|why| wrong(why.to_string()))?;
        let certificate = self
            .acquire(&applicant(by), &office, terminal, &codes, request.der())
            .await?;
        Ok(ExampleCertificate { certificate, key })
    }

    /// The terminal shows that it works with its certificate.
    pub async fn example_installation(&self, shown: &ExampleCertificate) -> Result<(), ExampleFault<Infallible>> {
        let ExampleCertificate { certificate, key } = shown;
        let message: [u8; 32] = self.chance().octets();
        let signature = key.sign(&message).map_err(|why| ExampleFault::Wrong(why.to_string()))?;
        let by = evidence::by_key(certificate, &message, &signature, self.clock().now())?;
        self.installed(by).await?;
        Ok(())
    }

    async fn example_terminal(
        &self,
        organisation: OrganisationId,
        name: &str,
    ) -> Result<Terminal, ExampleFault<Infallible>> {
        let rows = self.store().terminals_of(organisation).await?;
        let row = rows.iter().find(|row| row.terminal.name.to_string() == name);
        row.map(|row| row.terminal)
            .ok_or_else(|| ExampleFault::Wrong(format!("there is no terminal {name}")))
    }
}

const fn applicant(by: &ExampleApplicant<'_>) -> Actor<'static> {
    Actor::User {
        id: by.user,
        session: by.user.0,
    }
}

const fn examiner<C>(by: &ExampleExaminer<C>) -> Actor<'static> {
    Actor::Officer {
        id: by.officer,
        session: by.officer.0,
    }
}
