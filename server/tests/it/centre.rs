//! A service centre in a house: one contract, and the people who log in for it.

#![allow(dead_code, reason = "the other test program of this crate uses the rest")]

use casework::Refusal;
use casework::identity::{OrganisationId, UserId};
use casework::organisation::{Contact, Contract, ContractNumber};
use casework::user::{Account, Attempt, Case, LoginId};
use server::chance::Chance;
use server::desk::organisation::{Command as Ask, Organisation};
use server::desk::user::{Command, LinkToken, UserAccount};
use server::desk::{Actor, CaseId, Desk, Done, Failure};
use server::office::{Office, TERMINALS_EXAMPLE, Terminals};
use server::store::{Store, UserRow};
use wire::office::Language;

use crate::house::{HOLDER, House, office};
use crate::office::OPERATOR;

/// A house with a service centre.
pub(crate) struct Centre {
    pub(crate) house: House,
    pub(crate) desk: Desk,
    pub(crate) office: Office,
}

/// What somebody typed.
pub(crate) const PASSWORD: &str = "しずかな いりえの かもめ 三わ";

impl Centre {
    pub(crate) fn of(house: House) -> Self {
        Self::with(house, ("", ""))
    }

    /// Whose office says something else.
    pub(crate) fn with(house: House, (from, to): (&str, &str)) -> Self {
        assert!(TERMINALS_EXAMPLE.contains(from));
        let centre = Office::from_toml(&TERMINALS_EXAMPLE.replacen(from, to, 1)).unwrap();
        let offices = vec![office(), centre.clone()];
        let desk = Desk::new(
            house.store().clone(),
            house.desk.clock().clone(),
            Chance::system(),
            offices,
        );
        Self {
            house,
            desk: desk.reached_at("https://center.example"),
            office: centre,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.house.store()
    }

    pub(crate) fn terminals(&self) -> &Terminals {
        self.office.terminals().unwrap()
    }

    /// A contract that the operator entered.
    pub(crate) async fn contract(&self, number: &str) -> OrganisationId {
        let case: CaseId<Organisation> = self.desk.new_case();
        let conclude = Ask::Conclude {
            office: self.office.id.clone(),
            language: Language::Ja,
            contract: Box::new(contract(number)),
        };
        self.desk.perform(&OPERATOR, case, &conclude).await.unwrap();
        OrganisationId(case.octets())
    }

    pub(crate) async fn invite(
        &self,
        organisation: OrganisationId,
        login: &str,
    ) -> Result<(UserId, LinkToken), Refusal> {
        let case: CaseId<UserAccount> = self.desk.new_case();
        let token = LinkToken::new(self.desk.chance());
        let invite = Command::Invite {
            office: self.office.id.clone(),
            language: Language::Ja,
            account: Box::new(Account {
                login: LoginId::typed(login).unwrap(),
                organisation,
                name: "通関 太郎".into(),
                mail: "taro@boeki.example".into(),
            }),
            token: token.clone(),
        };
        refused(self.desk.perform(&OPERATOR, case, &invite).await)?;
        Ok((UserId(case.octets()), token))
    }

    /// The person behind the link chooses a password.
    pub(crate) async fn accept(&self, user: UserId, token: LinkToken, password: &str) -> Result<(), Refusal> {
        let password = self
            .desk
            .choose(self.terminals(), password, &[])
            .await
            .unwrap()
            .unwrap();
        refused(self.ask(&HOLDER, user, &Command::Accept { token, password }).await)
    }

    /// Somebody who logs in with [`PASSWORD`].
    pub(crate) async fn person(&self, organisation: OrganisationId, login: &str) -> UserId {
        let (user, token) = self.invite(organisation, login).await.unwrap();
        self.accept(user, token, PASSWORD).await.unwrap();
        user
    }

    /// As the login page does it, for whoever it is.
    pub(crate) async fn log_in(&self, login: &str, password: &str) -> Result<UserId, Refusal> {
        let login = LoginId::typed(login).unwrap();
        let row: Option<UserRow> = self.store().user_of_login(&self.office.id, &login).await.unwrap();
        let typed = self.desk.typed(self.terminals(), row.as_ref(), password).await.unwrap();
        let case: CaseId<UserAccount> = match &row {
            Some(row) => CaseId::from_octets(row.id.0),
            None => self.desk.new_case(),
        };
        let command = Command::LogIn(Attempt::Password(typed));
        refused(self.desk.perform(&HOLDER, case, &command).await)?;
        Ok(UserId(case.octets()))
    }

    pub(crate) async fn ask(
        &self,
        actor: &Actor<'_>,
        user: UserId,
        command: &Command,
    ) -> Result<Done<UserAccount>, Failure> {
        self.desk.perform(actor, CaseId::from_octets(user.0), command).await
    }

    pub(crate) async fn case(&self, user: UserId) -> Case {
        let case: CaseId<UserAccount> = CaseId::from_octets(user.0);
        self.desk.look(case).await.unwrap()
    }
}

/// What became of it, a refusal that counts included.
pub(crate) fn refused(outcome: Result<Done<UserAccount>, Failure>) -> Result<(), Refusal> {
    match outcome {
        Ok(Done {
            answer: casework::Answer::Refused(no),
            ..
        })
        | Err(Failure::Refused(no)) => Err(no),
        Ok(_) => Ok(()),
        Err(fault) => panic!("{fault}"),
    }
}

pub(crate) fn contract(number: &str) -> Contract {
    Contract {
        number: ContractNumber::typed(number).unwrap(),
        company: "見本通関商事株式会社".into(),
        office: "東京事業所".into(),
        contact: Contact {
            surname: "通関".into(),
            given: "太郎".into(),
            surname_kana: "ツウカン".into(),
            given_kana: "タロウ".into(),
            department: Some("第一営業部営業第３課".into()),
            title: Some("課長".into()),
            phone: "0301234567".into(),
            fax: Some("0398765432".into()),
            mail: "taro.tsukan@boeki.example".into(),
        },
    }
}
