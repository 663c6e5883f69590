//! An office at work: officers with cards of their own, and papers that lie before them.

#![allow(dead_code, reason = "the other test program of this crate uses the rest")]

use casework::application::Ground;
use casework::evidence::Presented;
use casework::identity::{Company, Fingerprint, OfficerId, PersonNumber};
use casework::officer::{Account, Card, Enrolment, Role};
use casework::paper::{Applicant, Case, Entry, File, Form};
use casework::review::Verdict;
use casework::revocation::Subject;
use casework::time::Instant;
use pki::ObjectIdentifier;
use pki::algorithm::Algorithm;
use pki::key::SoftwareKey;
use pki::name::{Holder, Organisation};
use pki::profile::{Card as CardContent, Profile, Publication, Validity};
use server::desk::certificate::{Command as Issue, Issuance};
use server::desk::evidence;
use server::desk::officer::{Command as Ask, OfficerAccount, invitation_digest};
use server::desk::paper::{Command, NewFile, Paper};
use server::desk::{Actor, CaseId, Done, Failure};
use server::store::QueueRow;
use wire::office::Language;

use crate::house::{House, TestCard, office};

/// An officer with a card.
pub(crate) struct TestOfficer {
    pub(crate) id: OfficerId,
    pub(crate) card: TestCard,
}

impl TestOfficer {
    pub(crate) fn actor(&self) -> Actor<'static> {
        Actor::Officer {
            id: self.id,
            session: self.id.0,
        }
    }

    pub(crate) fn account(&self) -> CaseId<OfficerAccount> {
        CaseId::from_octets(self.id.0)
    }
}

impl House {
    /// An officer of the office's own company, enrolled.
    pub(crate) async fn officer(&self, person: &str, name: &str, roles: &[Role]) -> TestOfficer {
        self.officer_of(account(person, name, OFFICE_COMPANY, roles)).await
    }

    pub(crate) async fn officer_of(&self, account: Account) -> TestOfficer {
        let card = self.officers_card(&account.name).await;
        let id = self.invite(&account).await;
        let enrol = self.enrolment(&account.name, &card);
        self.ask_account(id, &HOLDER, &Ask::Enrol(Box::new(enrol)))
            .await
            .unwrap();
        TestOfficer {
            id: OfficerId(id.octets()),
            card,
        }
    }

    /// Invited by the operator.
    pub(crate) async fn invite(&self, account: &Account) -> CaseId<OfficerAccount> {
        let id = self.desk.new_case();
        self.ask_account(id, &OPERATOR, &invitation(account, CODE))
            .await
            .unwrap();
        id
    }

    pub(crate) fn enrolment(&self, holder: &str, card: &TestCard) -> Enrolment {
        Enrolment {
            code: invitation_digest(CODE),
            presented: Presented::verified(card.subject.card, self.now()),
            card: Card {
                card: card.subject.card,
                certificate: card.subject.certificate.clone(),
                authentication: card.subject.authentication.clone(),
            },
            holder: holder.to_owned(),
        }
    }

    pub(crate) async fn ask_account(
        &self,
        account: CaseId<OfficerAccount>,
        actor: &Actor<'_>,
        command: &Ask,
    ) -> Result<Done<OfficerAccount>, Failure> {
        crate::invariant::told(&self.desk, actor, account, command).await
    }

    /// A card of a person who works for the office's own company.
    pub(crate) async fn officers_card(&self, name: &str) -> TestCard {
        let holder = Holder::new(name, "Kagi Mori", None).unwrap();
        let organisation = Organisation::new(OFFICE_COMPANY, "Mihon CA Co., Ltd.", "東京都千代田区丸の内1-1-1", None);
        let publication = Publication::new(
            "http://ca.example.jp/crl/mihon-issuing/0.crl",
            Some("http://ca.example.jp/ocsp/mihon-issuing"),
            Some("http://ca.example.jp/ca/mihon-issuing.cer"),
        );
        let policy = ObjectIdentifier::new_unwrap("1.2.392.200000.1");
        let content = CardContent::new(holder, organisation.unwrap(), publication.unwrap(), policy);
        // With the clock of a house: from 2025/11/21, 12:00.
        let since = self.now().day().plus(-364).begins().plus_seconds(12 * 3_600);
        let validity = Validity::of_days(since.0, 730).unwrap();
        let halves = [
            Profile::AuthorityAuthentication(content.clone()),
            Profile::AuthoritySignature(content),
        ];
        let mut issued = Vec::new();
        for profile in &halves {
            let key = SoftwareKey::generate(Algorithm::P256).unwrap();
            let (id, linted) = self.authority.draft(profile, &key, validity);
            let case: CaseId<Issuance> = self.desk.new_case();
            let intend = self.authority.intend(&id, &linted, validity, None);
            self.desk.perform(&Actor::System, case, &intend).await.unwrap();
            let signed = linted.sign(&self.authority.key).unwrap();
            let bind = Issue::Bind {
                signed: evidence::signed(&signed),
                der: signed.certificate().der().to_vec(),
            };
            self.desk.perform(&Actor::System, case, &bind).await.unwrap();
            issued.push((id, signed.into_certificate(), key));
        }
        let (certificate, signature, signature_key) = issued.pop().unwrap();
        let (login, authentication, authentication_key) = issued.pop().unwrap();
        TestCard {
            subject: Subject {
                certificate,
                authentication: login,
                card: Fingerprint(signature.fingerprint()),
            },
            authentication,
            authentication_key,
            signature,
            signature_key,
        }
    }

    pub(crate) async fn do_paper(
        &self,
        by: &TestOfficer,
        case: CaseId<Paper>,
        command: &Command,
    ) -> Result<Done<Paper>, Failure> {
        crate::invariant::told(&self.desk, &by.actor(), case, command).await
    }

    /// What the paper about this card says, with one scan.
    pub(crate) fn entering(&self, card: &TestCard) -> Command {
        self.entering_as(card, &form())
    }

    pub(crate) fn entering_as(&self, card: &TestCard, form: &Form) -> Command {
        let entry = self.entry(card, form);
        Command::Enter {
            office: office().id,
            language: Language::Ja,
            entry: Box::new(entry),
            files: vec![scan()],
        }
    }

    pub(crate) fn entry(&self, card: &TestCard, form: &Form) -> Entry {
        let scan = scan();
        let files = vec![File {
            digest: scan.digest,
            size: u32::try_from(scan.octets.len()).unwrap(),
        }];
        let begun = Instant(card.signature.not_before());
        form.check(card.certificate().clone(), files, begun, 3, self.now())
            .unwrap()
    }

    /// Entered, and its text out for the entering officer's signature.
    pub(crate) async fn present(&self, by: &TestOfficer, card: &TestCard) -> (CaseId<Paper>, String) {
        let case = self.desk.new_case();
        self.do_paper(by, case, &self.entering(card)).await.unwrap();
        let text = self.present_again(by, case).await;
        (case, text)
    }

    pub(crate) async fn present_again(&self, by: &TestOfficer, case: CaseId<Paper>) -> String {
        let present = Command::Present { language: Language::Ja };
        let done = self.do_paper(by, case, &present).await.unwrap();
        let Case::Drafting {
            asked: Some((text, _)), ..
        } = done.case
        else {
            panic!("{:?}", done.case)
        };
        self.store().text(case.octets(), text).await.unwrap().unwrap()
    }

    /// Entered, signed, and waiting for its second person.
    pub(crate) async fn submit(&self, by: &TestOfficer, card: &TestCard) -> CaseId<Paper> {
        let (case, text) = self.present(by, card).await;
        let submit = Command::Submit(by.card.sign(&text, self.now()));
        self.do_paper(by, case, &submit).await.unwrap();
        case
    }

    /// Taken, and the decision's text out for signature.
    pub(crate) async fn ask_decision(&self, by: &TestOfficer, case: CaseId<Paper>, verdict: Verdict) -> String {
        self.do_paper(by, case, &Command::Claim).await.unwrap();
        let ask = Command::Ask {
            verdict,
            language: Language::Ja,
        };
        let done = self.do_paper(by, case, &ask).await.unwrap();
        self.asked_text(case, &done.case).await
    }

    pub(crate) async fn asked_text(&self, id: CaseId<Paper>, case: &Case) -> String {
        let Case::Waiting { review, .. } = case else {
            panic!("{case:?}")
        };
        let asked = review.claim.as_ref().and_then(|claim| claim.asked.as_ref()).unwrap();
        self.store().text(id.octets(), asked.text).await.unwrap().unwrap()
    }

    /// Taken and decided.
    pub(crate) async fn decide(
        &self,
        by: &TestOfficer,
        case: CaseId<Paper>,
        verdict: Verdict,
    ) -> Result<Done<Paper>, Failure> {
        let text = self.ask_decision(by, case, verdict).await;
        let decide = Command::Decide(by.card.sign(&text, self.now()));
        self.do_paper(by, case, &decide).await
    }

    pub(crate) async fn queued(&self, case: CaseId<Paper>) -> QueueRow {
        self.store().queue_row(case.octets()).await.unwrap().unwrap()
    }
}

pub(crate) fn invitation(account: &Account, code: &str) -> Ask {
    Ask::Invite {
        office: office().id,
        language: Language::Ja,
        account: Box::new(account.clone()),
        code: invitation_digest(code),
    }
}

pub(crate) fn account(person: &str, name: &str, company: &str, roles: &[Role]) -> Account {
    Account {
        person: PersonNumber(person.to_owned()),
        name: name.to_owned(),
        company: Company(company.to_owned()),
        roles: roles.iter().copied().collect(),
        mail: "officer@ca.example".to_owned(),
    }
}

pub(crate) fn form() -> Form {
    Form {
        received: "2026-11-19".to_owned(),
        applicant: Applicant::Representative.key().to_owned(),
        reason: Ground::Lost.key().to_owned(),
        event_date: "2026-11-17".to_owned(),
        name: "代表　太郎".to_owned(),
        kana: "ダイヒョウ　タロウ".to_owned(),
        postal_code: "101-0021".to_owned(),
        address: "東京都千代田区外神田1-2-3".to_owned(),
        phone: "0312345678".to_owned(),
        mail: "daihyo@example.jp".to_owned(),
        enclosures: vec![
            ("notice".to_owned(), String::new()),
            ("seal_certificate".to_owned(), "2026-11-10".to_owned()),
        ],
        ..Form::default()
    }
}

/// A scan as it is kept.
pub(crate) fn scan() -> NewFile {
    let octets = b"a scan, made anew".to_vec();
    NewFile {
        digest: evidence::sha256(&octets),
        octets,
    }
}

pub(crate) const HOLDER: Actor<'static> = Actor::Holder { session: [7; 16] };
pub(crate) const OPERATOR: Actor<'static> = Actor::Operator { name: "root" };
pub(crate) const CODE: &str = "ABCDE-FGHJK-LMNPQ-RSTUV";
pub(crate) const OFFICE_COMPANY: &str = "見本認証局株式会社";
/// That of the holders' cards in these tests.
pub(crate) const HOLDERS_COMPANY: &str = "7000012050002";
