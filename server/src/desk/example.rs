//! Example offices at work: their officers, a paper that waits for its second person, bidders that are registered, a centre's
//! customers with terminals in every state. The demo is made of it; every signature is the card's own, and everything goes the
//! way it goes at the console and on the pages.

mod bidder;
mod customer;
mod terminal;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Refusal;
use casework::evidence::Presented;
pub use casework::identity::OfficerId;
use casework::identity::{Company, Fingerprint, PersonNumber, Serial};
use casework::officer::{Account, Card, Enrolment, Proof, Role};
use casework::paper::{Case, File, Form};
use casework::time::Instant;
use pki::certificate::Certificate;
use wire::card_request::{CardRequest, PinAfter, SamePin, authentication_message};
use wire::office::{Language, Text};

pub use bidder::{ExampleBidder, Outcome};
pub use casework::identity::RegistrationId;
pub use casework::review::{Reason, Verdict};
pub use casework::time::Day;
pub use customer::{ExampleCustomer, ExampleTerminal, ExampleUser, OrganisationId, UserId};
pub use terminal::{Application, ExampleApplicant, ExampleCertificate, ExampleExaminer, Wished};

use super::evidence::{self, Shown, Unproven, sha256};
use super::officer::{Command as Ask, OfficerAccount, invitation_code, invitation_digest};
use super::paper::{Command, NewFile, Paper};
use super::{Actor, CaseId, Desk, Failure, Procedure as _};
use crate::fault::{Bug, Fault};
use crate::office::Office;

/// An officer to be.
#[derive(Clone, Copy, Debug)]
pub struct ExampleOfficer<'a> {
    /// The staff number.
    pub person: &'a str,
    /// The name, as the card has it.
    pub name: &'a str,
    /// For whom the person works.
    pub company: &'a str,
    /// The roles' keys.
    pub roles: &'a [&'a str],
    /// Where notices go.
    pub mail: &'a str,
}

/// A card in its holder's hand.
pub trait ExampleCard {
    /// Why it did not.
    type Fault: std::error::Error + Send + Sync + 'static;

    /// Both certificates, DER, authentication first.
    fn certificates(&self) -> [Vec<u8>; 2];

    /// The authentication key's signature.
    fn authenticate(&mut self, message: &[u8]) -> Result<Vec<u8>, Self::Fault>;

    /// The signature key's, as detached CMS over the text.
    fn sign(&mut self, text: &str, at: Instant) -> Result<Vec<u8>, Self::Fault>;
}

/// What an application on paper says, and its scan.
#[derive(Clone, Debug)]
pub struct ExamplePaper<'a> {
    /// The signature certificate that it names, DER.
    pub certificate: &'a [u8],
    /// 申込者氏名
    pub name: &'a str,
    /// フリガナ
    pub kana: &'a str,
    /// 住所
    pub address: &'a str,
    /// Where the letters go.
    pub mail: &'a str,
    /// The scanned form, an image as it is kept.
    pub scan: &'a [u8],
}

/// The example could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExampleFault<C: std::error::Error> {
    /// There is no such office.
    #[error("there is no office {0}")]
    NoOffice(String),
    /// A name, a role or a field is wrong.
    #[error("the example is wrong: {0}")]
    Wrong(String),
    /// The card.
    #[error("the card: {0}")]
    Card(C),
    /// What it answered proves nothing.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// The rules say no.
    #[error("it was refused: {0:?}")]
    Refused(Refusal),
    /// The world.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl<C: std::error::Error> From<Failure> for ExampleFault<C> {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Desk {
    /// Invites an officer and enrols the card, which answers a challenge as it would for the page of the invitation.
    pub async fn example_officer<C: ExampleCard>(
        &self,
        office: &str,
        officer: &ExampleOfficer<'_>,
        card: &mut C,
    ) -> Result<OfficerId, ExampleFault<C::Fault>> {
        let office = self.example_office(office)?;
        let role = |key: &&str| Role::from_key(key).ok_or_else(|| ExampleFault::Wrong(format!("no role {key}")));
        let account = Account {
            person: PersonNumber(officer.person.to_owned()),
            name: officer.name.to_owned(),
            company: Company(officer.company.to_owned()),
            roles: officer
                .roles
                .iter()
                .map(role)
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .collect(),
            mail: officer.mail.to_owned(),
        };
        let code = invitation_digest(&invitation_code(self.chance()));
        let id: CaseId<OfficerAccount> = self.new_case();
        let invite = Ask::Invite {
            office: office.id.clone(),
            language: Language::Ja,
            account: Box::new(account),
            code,
        };
        self.perform(&OPERATOR, id, &invite).await?;
        let (shown, presented) = self
            .example_presented(&office, card, ("職員カードの登録", "Enrolment of an officer's card"))
            .await?;
        let subject = shown.subject();
        let enrolment = Enrolment {
            code,
            presented,
            card: Card {
                card: subject.card,
                certificate: subject.certificate.clone(),
                authentication: subject.authentication.clone(),
            },
            holder: shown
                .signature()
                .holder()
                .and_then(|holder| holder.name)
                .unwrap_or_default(),
        };
        let own = Actor::Holder { session: id.octets() };
        self.perform(&own, id, &Ask::Enrol(Box::new(enrolment))).await?;
        Ok(OfficerId(id.octets()))
    }

    /// The officer logs in with the card.
    pub async fn example_officer_login<C: ExampleCard>(
        &self,
        office: &str,
        officer: OfficerId,
        card: &mut C,
    ) -> Result<(), ExampleFault<C::Fault>> {
        let office = self.example_office(office)?;
        let (_, presented) = self.example_presented(&office, card, ("ログイン", "Log in")).await?;
        let own = Actor::Holder { session: officer.0 };
        let account: CaseId<OfficerAccount> = CaseId::from_octets(officer.0);
        self.perform(&own, account, &Ask::LogIn(Proof::Card(presented))).await?;
        Ok(())
    }

    /// An officer enters an application on paper and signs what was entered; it then waits for its second person.
    pub async fn example_paper<C: ExampleCard>(
        &self,
        office: &str,
        officer: OfficerId,
        card: &mut C,
        paper: &ExamplePaper<'_>,
    ) -> Result<(), ExampleFault<C::Fault>> {
        let office = self.example_office(office)?;
        let actor = Actor::Officer {
            id: officer,
            session: officer.0,
        };
        let id: CaseId<Paper> = self.new_case();
        let file = NewFile {
            digest: sha256(paper.scan),
            octets: paper.scan.to_vec(),
        };
        let enter = Command::Enter {
            office: office.id.clone(),
            language: Language::Ja,
            entry: Box::new(self.example_entry(&office, paper, &file)?),
            files: vec![file],
        };
        self.perform(&actor, id, &enter).await?;
        let present = Command::Present { language: Language::Ja };
        let Case::Drafting {
            asked: Some((digest, _)),
            ..
        } = self.perform(&actor, id, &present).await?.case
        else {
            return Err(ExampleFault::Wrong("no text went out for signature".to_owned()));
        };
        let text = self.store().text(id.octets(), digest).await?;
        let text = text.ok_or_else(|| Fault::Bug(Bug("the text that went out is not kept".to_owned())))?;
        let now = self.clock().now();
        let cms = card.sign(&text, now).map_err(ExampleFault::Card)?;
        let [_, signature] = card.certificates();
        let signer = parsed(&signature)?;
        let signed = evidence::possession(cms, &text, Fingerprint(signer.fingerprint()), now)?;
        self.perform(&actor, id, &Command::Submit(signed)).await?;
        Ok(())
    }

    /// The card answers a challenge, as it would for a page.
    async fn example_presented<C: ExampleCard>(
        &self,
        office: &Office,
        card: &mut C,
        title: (&str, &str),
    ) -> Result<(Shown, Presented), ExampleFault<C::Fault>> {
        let [authentication, signature] = card.certificates();
        let shown = self.shown(office, &authentication, &signature).await?;
        let request = self.challenge(office, OfficerAccount::NOUN, title);
        let message = authentication_message(ORIGIN, &request, &shown.authentication().fingerprint());
        let answer = card.authenticate(&message).map_err(ExampleFault::Card)?;
        let presented = evidence::presented(ORIGIN, &request, &shown, &answer, self.clock().now())?;
        Ok((shown, presented))
    }

    fn example_entry<C: std::error::Error>(
        &self,
        office: &Office,
        paper: &ExamplePaper<'_>,
        file: &NewFile,
    ) -> Result<casework::paper::Entry, ExampleFault<C>> {
        let certificate = parsed(paper.certificate)?;
        let authority = office.authorities.first().cloned();
        let serial = Serial::from_octets(certificate.serial().as_bytes());
        let (Some(authority), Some(serial)) = (authority, serial) else {
            return Err(ExampleFault::Wrong("a certificate of nobody".to_owned()));
        };
        let now = self.clock().now();
        let day = |before: i64| now.plus_seconds(-before * 86_400).day().date().to_string();
        let form = Form {
            received: day(1),
            applicant: "holder".to_owned(),
            reason: "use_stopped".to_owned(),
            name: paper.name.to_owned(),
            kana: paper.kana.to_owned(),
            postal_code: "107-0052".to_owned(),
            address: paper.address.to_owned(),
            phone: "0312345678".to_owned(),
            mail: paper.mail.to_owned(),
            enclosures: vec![
                ("notice".to_owned(), String::new()),
                ("seal_certificate".to_owned(), day(9)),
            ],
            ..Form::default()
        };
        let files = vec![File {
            digest: file.digest,
            size: u32::try_from(file.octets.len()).unwrap_or(u32::MAX),
        }];
        let id = casework::identity::CertificateId { authority, serial };
        let begun = Instant(certificate.not_before());
        form.check(
            id,
            files,
            begun,
            office.authority().map_err(Fault::from)?.enclosed_within,
            now,
        )
        .map_err(|complaints| ExampleFault::Wrong(format!("{complaints:?}")))
    }

    fn example_office<C: std::error::Error>(&self, office: &str) -> Result<std::sync::Arc<Office>, ExampleFault<C>> {
        self.office(office)
            .ok_or_else(|| ExampleFault::NoOffice(office.to_owned()))
    }

    /// What a page of this procedure would ask of the card.
    fn challenge(&self, office: &Office, procedure: &str, (ja, en): (&str, &str)) -> CardRequest {
        let (id, mark, nonce): ([u8; 16], [u8; 16], [u8; 32]) =
            (self.chance().octets(), self.chance().octets(), self.chance().octets());
        CardRequest {
            protocol: wire::PROTOCOL,
            id: URL_SAFE_NO_PAD.encode(id),
            session_mark: URL_SAFE_NO_PAD.encode(mark),
            office: office.wire(),
            procedure: procedure.to_owned(),
            title: Text {
                ja: ja.to_owned(),
                en: en.to_owned(),
            },
            language: Language::Ja,
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            pin: office.card.pin.clone(),
            pin_after: PinAfter::Wiped,
            same_pin: SamePin::Off,
            watch: None,
            steps: Vec::new(),
            answered: 0,
            return_to: "/".to_owned(),
            expires_at: self.clock().now().0,
        }
    }
}

fn parsed<C: std::error::Error>(der: &[u8]) -> Result<Certificate, ExampleFault<C>> {
    Certificate::parse(der).map_err(|why| ExampleFault::Wrong(why.to_string()))
}

const OPERATOR: Actor<'static> = Actor::Operator { name: "example" };

/// No page asks here, so no portal's origin stands in what the card signs.
const ORIGIN: &str = "http://localhost";
