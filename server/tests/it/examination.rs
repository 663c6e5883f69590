//! A service centre's counter in a house: a customer with terminals who applies, and officers who examine.

#![allow(dead_code, reason = "the other test program of this crate uses the rest")]

use casework::applicant::Applicant;
use casework::evidence::Presented;
use casework::identity::{OfficerId, OrganisationId, UserId};
use casework::officer::{Card, Enrolment, Role};
use casework::reissue::{Case, Cause};
use casework::review::{Reason, Verdict};
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::{Date, Day, Instant};
use server::chance::Chance;
use server::desk::examine::Examine;
use server::desk::officer::{Command as Account, OfficerAccount, invitation_digest};
use server::desk::reissue::{Command, Reissue};
use server::desk::{Actor, CaseId, Desk, Done, Failure};
use server::store::{NewEvent, NewTerminal, Store};
use wire::office::Language;

use crate::centre::{Centre, contract};
use crate::grant;
use crate::house::{HOLDER, House, office};
use crate::invariant;
use crate::office::{CODE, OPERATOR, TestOfficer, account};

/// A centre with one customer who has three terminals.
pub(crate) struct Counter {
    pub(crate) centre: Centre,
    pub(crate) organisation: OrganisationId,
    pub(crate) user: UserId,
}

/// For whom its officers work.
pub(crate) const CENTRE: &str = "見本センター";

impl Counter {
    pub(crate) async fn of(house: House) -> Self {
        Self::at(Centre::of(house)).await
    }

    /// Where two persons decide.
    pub(crate) async fn of_two(house: House) -> Self {
        Self::at(Centre::with(house, ("persons = 1", "persons = 2"))).await
    }

    pub(crate) async fn at(mut centre: Centre) -> Self {
        let data = &centre.house.place.data;
        centre.desk = centre.desk.certifying(grant::certifying(data));
        let organisation = centre.contract("K-001").await;
        let user = centre.person(organisation, "tsukan01").await;
        let counter = Self {
            centre,
            organisation,
            user,
        };
        counter.give(organisation, &["11110A", "11110B", "11110C"]).await;
        counter
    }

    pub(crate) fn store(&self) -> &Store {
        self.centre.store()
    }

    pub(crate) fn house(&self) -> &House {
        &self.centre.house
    }

    /// Another node on the same database, with its own store.
    pub(crate) fn beside(&self, store: Store) -> Desk {
        let offices = vec![office(), self.centre.office.clone()];
        let desk = Desk::new(store, self.house().desk.clock().clone(), Chance::system(), offices);
        desk.certifying(grant::certifying(&self.house().place.data))
    }

    pub(crate) fn now(&self) -> Instant {
        self.house().now()
    }

    /// These terminals are a customer's from now on.
    pub(crate) async fn give(&self, organisation: OrganisationId, names: &[&str]) {
        let listed = |name: &&str| NewTerminal {
            terminal: terminal(name),
            organisation,
            code: None,
            issued_on: Some(day(2025, 11, 21)),
            valid_until: Some(day(2026, 11, 30).ends()),
        };
        let event = NewEvent {
            procedure: "acquisition",
            name: "terminals_imported",
            actor: OPERATOR.to_string(),
            states: ("open".to_owned(), "open".to_owned()),
            refusal: None,
            details: Vec::new(),
            salt: self.centre.desk.chance().octets(),
        };
        let (office, now) = (&self.centre.office.id, self.now());
        let list = names.iter().map(listed).collect();
        self.store().import_terminals(office, list, event, now).await.unwrap();
    }

    pub(crate) const fn actor(&self) -> Actor<'static> {
        of(self.user)
    }

    pub(crate) async fn ask(
        &self,
        actor: &Actor<'_>,
        case: CaseId<Reissue>,
        command: Command,
    ) -> Result<Done<Reissue>, Failure> {
        invariant::told(&self.centre.desk, actor, case, &command).await
    }

    /// As the applicant.
    pub(crate) async fn apply(&self, case: CaseId<Reissue>, command: Command) -> Result<Done<Reissue>, Failure> {
        self.ask(&self.actor(), case, command).await
    }

    /// A draft with its applicant.
    pub(crate) async fn begun(&self) -> CaseId<Reissue> {
        let case = self.centre.desk.new_case();
        self.apply(case, self.opening()).await.unwrap();
        self.apply(case, Command::Enter(Box::new(applicant()))).await.unwrap();
        case
    }

    pub(crate) fn opening(&self) -> Command {
        Command::Open {
            office: self.centre.office.id.clone(),
            language: Language::Ja,
        }
    }

    /// An application for these terminals on the 24th, sent off.
    pub(crate) async fn applied(&self, names: &[&str]) -> CaseId<Reissue> {
        self.applied_for(day(2026, 11, 24), names).await
    }

    pub(crate) async fn applied_for(&self, on: Day, names: &[&str]) -> CaseId<Reissue> {
        let case = self.begun().await;
        self.apply(case, choose(on, names)).await.unwrap();
        self.apply(case, Command::Apply).await.unwrap();
        case
    }

    /// The same, and approved.
    pub(crate) async fn approved(&self, by: &TestOfficer, names: &[&str]) -> CaseId<Reissue> {
        let case = self.applied(names).await;
        self.decide(by, case, Verdict::Approve).await.unwrap();
        case
    }

    pub(crate) async fn look(&self, case: CaseId<Reissue>) -> Case {
        self.centre.desk.look(case).await.unwrap()
    }

    /// An officer of the centre who approves.
    pub(crate) async fn officer(&self, person: &str, company: &str) -> TestOfficer {
        let name = format!("職員 {person}");
        let card = self.house().officers_card(&name).await;
        let id: CaseId<OfficerAccount> = self.centre.desk.new_case();
        let account = account(person, &name, company, &[Role::Approval, Role::Administration]);
        let invite = Account::Invite {
            office: self.centre.office.id.clone(),
            language: Language::Ja,
            account: Box::new(account),
            code: invitation_digest(CODE),
        };
        self.centre.desk.perform(&OPERATOR, id, &invite).await.unwrap();
        let enrol = Enrolment {
            code: invitation_digest(CODE),
            presented: Presented::verified(card.subject.card, self.now()),
            card: Card {
                card: card.subject.card,
                certificate: card.subject.certificate.clone(),
                authentication: card.subject.authentication.clone(),
            },
            holder: name,
        };
        let enrol = Account::Enrol(Box::new(enrol));
        self.centre.desk.perform(&HOLDER, id, &enrol).await.unwrap();
        TestOfficer {
            id: OfficerId(id.octets()),
            card,
        }
    }

    /// One step of an examination.
    pub(crate) async fn examine(
        &self,
        by: &TestOfficer,
        case: CaseId<Reissue>,
        step: Examine,
    ) -> Result<Done<Reissue>, Failure> {
        self.ask(&by.actor(), case, Command::Examine(step)).await
    }

    /// Taken, and the decision's text out for the officer's signature.
    pub(crate) async fn propose(&self, by: &TestOfficer, case: CaseId<Reissue>, verdict: Verdict) -> String {
        self.examine(by, case, Examine::Claim).await.unwrap();
        let language = Language::Ja;
        let done = self
            .examine(by, case, Examine::Propose { verdict, language })
            .await
            .unwrap();
        let claim = done.case.review().and_then(|review| review.claim.clone()).unwrap();
        let text = claim.asked.unwrap().text;
        self.store().text(case.octets(), text).await.unwrap().unwrap()
    }

    /// Taken and decided.
    pub(crate) async fn decide(
        &self,
        by: &TestOfficer,
        case: CaseId<Reissue>,
        verdict: Verdict,
    ) -> Result<Done<Reissue>, Failure> {
        let text = self.propose(by, case, verdict).await;
        self.examine(by, case, Examine::Decide(by.card.sign(&text, self.now())))
            .await
    }

    /// The letters that a case has queued, each taken and done.
    pub(crate) async fn letters(&self, case: CaseId<Reissue>) -> Vec<String> {
        let minute = std::time::Duration::from_mins(1);
        let mut letters = Vec::new();
        while let Some(errand) = self.store().take_errand("test", self.now(), minute).await.unwrap() {
            self.store().finish_errand(errand.id, self.now()).await.unwrap();
            if errand.case == case.octets() {
                letters.push(format!("{:?}", errand.errand));
            }
        }
        letters.sort();
        letters
    }

    /// What the customer was told, the latest first.
    pub(crate) async fn news(&self) -> Vec<String> {
        let news = self.store().news(self.organisation, 10).await.unwrap();
        news.into_iter().map(|row| row.words).collect()
    }
}

/// As that account.
pub(crate) const fn of(user: UserId) -> Actor<'static> {
    Actor::User {
        id: user,
        session: [9; 16],
    }
}

/// 論理端末, for these terminals and 端末の入れ替え.
pub(crate) fn choose(on: Day, names: &[&str]) -> Command {
    Command::Choose {
        day: on,
        cause: Cause::Exchanged,
        terminals: names.iter().map(|name| terminal(name)).collect(),
    }
}

pub(crate) fn terminal(name: &str) -> Terminal {
    Terminal {
        division: Division::Sea,
        device: Device::WebNaccs,
        name: TerminalName::parse(name).unwrap(),
    }
}

pub(crate) fn day(year: i32, month: u8, day: u8) -> Day {
    Date { year, month, day }.as_day()
}

/// 通関　花子, as the source document has it.
pub(crate) fn applicant() -> Applicant {
    Applicant {
        given: "花子".into(),
        given_kana: "ハナコ".into(),
        mail: "tuukan-hanako@boeki.example".into(),
        ..contract("K-001").contact
    }
}

pub(crate) fn verdict_with(key: &str, verdict: fn(Box<Reason>) -> Verdict) -> Verdict {
    verdict(Box::new(Reason {
        key: key.to_owned(),
        remark: Some("部課名をご確認ください。".to_owned()),
    }))
}
