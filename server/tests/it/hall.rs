//! Ordering bodies in a house: one that reviews, one that does not, with companies in their registers, bidders with cards
//! and officers.

#![allow(dead_code, reason = "the other test program of this crate uses the rest")]

use casework::evidence::{Presented, ProvedCompany};
use casework::identity::{OfficerId, RegistrationId};
use casework::officer::{Card, Enrolment, Role};
use casework::register::{BusinessNumber, Entry};
use casework::registration::{self, Form, Kind};
use casework::renewal;
use casework::review::Verdict;
use casework::time::{Date, Instant};
use server::chance::Chance;
use server::desk::evidence::{self, BothRead};
use server::desk::officer::{Command as Account, OfficerAccount, invitation_digest};
use server::desk::registration::{Command as Register, Registration};
use server::desk::renewal::{Command, Renewal};
use server::desk::{Actor, CaseId, Desk, Done, Failure, Procedure};
use server::office::{BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, Office};
use server::register::Line;
use server::store::{CardRow, NewEvent, Store};
use wire::office::Language;

use crate::house::{HOLDER, House, TestCard, office};
use crate::office::{CODE, OPERATOR, TestOfficer, account};

/// A house with its ordering bodies.
pub(crate) struct Hall {
    pub(crate) house: House,
    pub(crate) desk: Desk,
    pub(crate) core: Office,
    pub(crate) review: Office,
}

impl Hall {
    pub(crate) fn of(house: House) -> Self {
        Self::reviewing(house, BIDDING_REVIEW_EXAMPLE)
    }

    /// Where two persons approve what is held.
    pub(crate) fn of_two(house: House) -> Self {
        let text = BIDDING_REVIEW_EXAMPLE.replacen("persons = 1", "persons = 2", 1);
        assert_ne!(text, BIDDING_REVIEW_EXAMPLE);
        Self::reviewing(house, &text)
    }

    fn reviewing(house: House, review: &str) -> Self {
        let core = Office::from_toml(BIDDING_CORE_EXAMPLE).unwrap();
        let review = Office::from_toml(review).unwrap();
        let offices = vec![office(), core.clone(), review.clone()];
        let desk = Desk::new(
            house.store().clone(),
            house.desk.clock().clone(),
            Chance::system(),
            offices,
        );
        Self {
            house,
            desk,
            core,
            review,
        }
    }

    /// Another node on the same database, with its own store.
    pub(crate) fn beside(&self, store: Store) -> Desk {
        let offices = vec![office(), self.core.clone(), self.review.clone()];
        Desk::new(store, self.house.desk.clock().clone(), Chance::system(), offices)
    }

    pub(crate) fn store(&self) -> &Store {
        self.house.store()
    }

    pub(crate) fn now(&self) -> Instant {
        self.house.now()
    }

    /// The register of an office has one company, with these names.
    pub(crate) async fn list(&self, office: &Office, name: &str, representative: &str) {
        // With the clock of a house: 2025/04/01 to 2028/03/31.
        let today = self.now().day();
        let entry = Entry {
            number: business(),
            name: name.to_owned(),
            name_kana: "テストコウムテン".to_owned(),
            address: "東京都千代田区神田1-2-3".to_owned(),
            representative: representative.to_owned(),
            delegate: None,
            corporate_number: None,
            valid: (today.plus(-598), today.plus(497)),
        };
        let line = Line { entry, password: None };
        let told = NewEvent {
            procedure: "register",
            name: "imported",
            actor: "test".to_owned(),
            states: (String::new(), String::new()),
            refusal: None,
            details: Vec::new(),
            salt: [1; 16],
        };
        self.store()
            .import_register(
                &office.id,
                vec![line],
                false,
                move |_| told,
                self.now(),
                std::sync::Arc::default(),
            )
            .await
            .unwrap();
    }

    pub(crate) async fn ask<P: Procedure>(
        &self,
        actor: &Actor<'_>,
        case: CaseId<P>,
        command: &P::Command,
    ) -> Result<Done<P>, Failure> {
        crate::invariant::told(&self.desk, actor, case, command).await
    }

    /// A card that ends on this day, of the company that every card of a house is of.
    pub(crate) async fn card_until(&self, year: i32, month: u8, day: u8) -> TestCard {
        self.house.card_until(Date { year, month, day }).await
    }

    pub(crate) async fn row(&self, office: &Office, card: &TestCard) -> CardRow {
        let shown = self
            .desk
            .card_shown(office, card.authentication.der(), card.signature.der())
            .await
            .unwrap();
        CardRow::from(&shown)
    }

    /// A registration that is out for signature.
    pub(crate) async fn registering(&self, office: &Office, card: &TestCard) -> (CaseId<Registration>, String) {
        let case = self.desk.new_case();
        self.ask(&HOLDER, case, &self.opening(office, card, Kind::New).await)
            .await
            .unwrap();
        let proved = ProvedCompany::verified(business(), self.now());
        self.ask(&HOLDER, case, &Register::Prove(proved)).await.unwrap();
        self.filled_in(case).await
    }

    /// The form filled in, and the page out for signature.
    pub(crate) async fn filled_in(&self, case: CaseId<Registration>) -> (CaseId<Registration>, String) {
        let contact = Box::new(form().check().unwrap());
        self.ask(&HOLDER, case, &Register::Enter(contact)).await.unwrap();
        let ask = Register::Ask { language: Language::Ja };
        let done = self.ask(&HOLDER, case, &ask).await.unwrap();
        let registration::Case::Awaiting { text, .. } = done.case else {
            panic!("{:?}", done.case)
        };
        (case, self.store().text(case.octets(), text).await.unwrap().unwrap())
    }

    pub(crate) async fn opening(&self, office: &Office, card: &TestCard, kind: Kind) -> Register {
        Register::Open {
            office: office.id.clone(),
            language: Language::Ja,
            kind,
            presented: Presented::verified(card.subject.card, self.now()),
            card: Box::new(self.row(office, card).await),
        }
    }

    /// The company registered with this card, at once or by approval.
    pub(crate) async fn register(&self, office: &Office, card: &TestCard) -> RegistrationId {
        let (case, text) = self.registering(office, card).await;
        let confirm = Register::Confirm(card.sign(&text, self.now()));
        let done = self.ask(&HOLDER, case, &confirm).await.unwrap();
        assert!(
            matches!(done.case, registration::Case::Registered { .. }),
            "{:?}",
            done.case
        );
        RegistrationId(case.octets())
    }

    /// What two cards sign at the reader.
    pub(crate) async fn both(
        &self,
        office: &Office,
        registration: RegistrationId,
        [old, new]: [&TestCard; 2],
    ) -> BothRead {
        let shown = async |card: &TestCard| {
            self.desk
                .card_shown(office, card.authentication.der(), card.signature.der())
                .await
                .unwrap()
        };
        let (from, to) = (shown(old).await, shown(new).await);
        let now = self.now();
        let one = self.desk.begin_ceremony(office, registration, &from, Language::Ja);
        let other = self.desk.ceremony_continued(office, &one, &to, Language::Ja).unwrap();
        let signatures = [old.cms(&one, now), new.cms(&other, now)];
        evidence::read_both(office, [one, other], signatures, now).unwrap()
    }

    pub(crate) async fn renewing(
        &self,
        office: &Office,
        registration: RegistrationId,
        cards: [&TestCard; 2],
    ) -> Command {
        Command::Open {
            office: office.id.clone(),
            language: Language::Ja,
            both: Box::new(self.both(office, registration, cards).await),
            cards: Box::new([self.row(office, cards[0]).await, self.row(office, cards[1]).await]),
            person: Some("入札　花子".to_owned()),
        }
    }

    /// A renewal whose page is out for the new card's signature.
    pub(crate) async fn asked(
        &self,
        office: &Office,
        registration: RegistrationId,
        cards: [&TestCard; 2],
    ) -> (CaseId<Renewal>, String) {
        let case = self.desk.new_case();
        let open = self.renewing(office, registration, cards).await;
        self.ask(&HOLDER, case, &open).await.unwrap();
        let ask = Command::Ask { language: Language::Ja };
        let done = self.ask(&HOLDER, case, &ask).await.unwrap();
        let renewal::Case::Awaiting { text, .. } = done.case else {
            panic!("{:?}", done.case)
        };
        (case, self.store().text(case.octets(), text).await.unwrap().unwrap())
    }

    /// 更新, with the new card.
    pub(crate) async fn renew(
        &self,
        office: &Office,
        registration: RegistrationId,
        cards: [&TestCard; 2],
    ) -> (CaseId<Renewal>, Done<Renewal>) {
        let (case, text) = self.asked(office, registration, cards).await;
        let confirm = Command::Confirm(cards[1].sign(&text, self.now()));
        let done = self.ask(&HOLDER, case, &confirm).await.unwrap();
        (case, done)
    }

    /// An officer of an ordering body, enrolled.
    pub(crate) async fn officer(&self, office: &Office, person: &str, company: &str) -> TestOfficer {
        let name = format!("職員 {person}");
        let card = self.house.officers_card(&name).await;
        let id: CaseId<OfficerAccount> = self.desk.new_case();
        let account = account(person, &name, company, &[Role::Approval]);
        let invite = Account::Invite {
            office: office.id.clone(),
            language: Language::Ja,
            account: Box::new(account),
            code: invitation_digest(CODE),
        };
        self.ask(&OPERATOR, id, &invite).await.unwrap();
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
        self.ask(&HOLDER, id, &Account::Enrol(Box::new(enrol))).await.unwrap();
        TestOfficer {
            id: OfficerId(id.octets()),
            card,
        }
    }

    /// Taken, and the decision's text out for the officer's signature.
    pub(crate) async fn propose(&self, by: &TestOfficer, case: CaseId<Renewal>, verdict: Verdict) -> String {
        self.ask(&by.actor(), case, &Command::Claim).await.unwrap();
        let propose = Command::Propose {
            verdict,
            language: Language::Ja,
        };
        let done = self.ask(&by.actor(), case, &propose).await.unwrap();
        self.proposed(case, &done.case).await
    }

    pub(crate) async fn proposed(&self, id: CaseId<Renewal>, case: &renewal::Case) -> String {
        let renewal::Case::Held { review, .. } = case else {
            panic!("{case:?}")
        };
        let asked = review.claim.as_ref().and_then(|claim| claim.asked.as_ref()).unwrap();
        self.store().text(id.octets(), asked.text).await.unwrap().unwrap()
    }

    /// Taken and decided.
    pub(crate) async fn decide(
        &self,
        by: &TestOfficer,
        case: CaseId<Renewal>,
        verdict: Verdict,
    ) -> Result<Done<Renewal>, Failure> {
        let text = self.propose(by, case, verdict).await;
        let decide = Command::Decide(by.card.sign(&text, self.now()));
        self.ask(&by.actor(), case, &decide).await
    }

    /// The letters that a case has queued, as their keys, each taken and done.
    pub(crate) async fn letters(&self, case: [u8; 16]) -> Vec<String> {
        let mut letters = Vec::new();
        while let Some(errand) = self
            .store()
            .take_errand("test", self.now(), std::time::Duration::from_mins(1))
            .await
            .unwrap()
        {
            self.store().finish_errand(errand.id, self.now()).await.unwrap();
            if errand.case == case {
                letters.push(format!("{:?}", errand.errand));
            }
        }
        letters.sort();
        letters
    }
}

pub(crate) fn business() -> BusinessNumber {
    BusinessNumber::parse("1234567").unwrap()
}

pub(crate) fn form() -> Form {
    Form {
        department: "営業部".to_owned(),
        name: "入札　花子".to_owned(),
        phone: "0312345678".to_owned(),
        fax: String::new(),
        mail: "hanako@test.example".to_owned(),
        mail_again: "hanako@test.example".to_owned(),
    }
}

/// What the cards of a house say (`crate::house::card_content`), and what the register of these tests says.
pub(crate) const COMPANY: &str = "株式会社テスト工務店";
pub(crate) const HOLDER_NAME: &str = "髙橋一郎";
pub(crate) const CITY: &str = "見本市";
