//! Customers of a service centre: a contract, and people who have chosen their passwords through the links that they were
//! sent.

use casework::organisation::{Contract, ContractNumber, Form};
use casework::user::{Account, Attempt, LoginId};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use wire::office::Language;

pub use casework::identity::{OrganisationId, UserId};

use super::{ExampleFault, OPERATOR};
use crate::desk::organisation::{Command as Ask, Organisation};
use crate::desk::user::{Command, LinkToken, UserAccount};
use crate::desk::{Actor, CaseId, Desk};
use crate::terminal;

/// An office of a company that a centre serves.
#[derive(Clone, Copy, Debug)]
pub struct ExampleCustomer<'a> {
    /// 契約番号
    pub number: &'a str,
    /// 会社名
    pub company: &'a str,
    /// 事業所名
    pub place: &'a str,
    /// 申込担当者: 姓, 名 and both in kana.
    pub contact: [&'a str; 4],
    /// 所属部課名
    pub department: &'a str,
    /// 電話番号
    pub phone: &'a str,
    /// E-mailアドレス
    pub mail: &'a str,
}

/// A person who logs in.
#[derive(Clone, Copy, Debug)]
pub struct ExampleUser<'a> {
    /// 利用者ID
    pub login: &'a str,
    /// The person's name.
    pub name: &'a str,
    /// Where its mail goes.
    pub mail: &'a str,
    /// Which only an example tells.
    pub password: &'a str,
}

/// A terminal with the certificate that it had before this house knew it.
#[derive(Clone, Copy, Debug)]
pub struct ExampleTerminal<'a> {
    /// 区分
    pub division: &'a str,
    /// 利用機器区分
    pub device: &'a str,
    /// 論理端末名
    pub name: &'a str,
    /// So many days ago it was issued.
    pub issued: i32,
    /// In so many days it ends; it has ended where this is negative.
    pub ends: i32,
}

impl Desk {
    /// Concludes a contract.
    pub async fn example_customer(
        &self,
        office: &str,
        customer: &ExampleCustomer<'_>,
    ) -> Result<OrganisationId, ExampleFault<Infallible>> {
        let [surname, given, surname_kana, given_kana] = customer.contact.map(str::to_owned);
        let contact = Form {
            surname,
            given,
            surname_kana,
            given_kana,
            department: customer.department.to_owned(),
            title: String::new(),
            phone: customer.phone.to_owned(),
            fax: String::new(),
            mail: customer.mail.to_owned(),
            mail_again: customer.mail.to_owned(),
        };
        let contact = contact
            .check()
            .map_err(|wrong| ExampleFault::Wrong(format!("{wrong:?}")))?;
        let number = ContractNumber::typed(customer.number)
            .ok_or_else(|| ExampleFault::Wrong(format!("no contract number {}", customer.number)))?;
        let case: CaseId<Organisation> = self.new_case();
        let conclude = Ask::Conclude {
            office: office.to_owned(),
            language: Language::Ja,
            contract: Box::new(Contract {
                number,
                company: customer.company.to_owned(),
                office: customer.place.to_owned(),
                contact,
            }),
        };
        self.perform(&OPERATOR, case, &conclude).await?;
        Ok(OrganisationId(case.octets()))
    }

    /// Imports the terminals of a contract, as the operator's file would bring them.
    pub async fn example_terminals(
        &self,
        office: &str,
        contract: &str,
        terminals: &[ExampleTerminal<'_>],
    ) -> Result<(), ExampleFault<Infallible>> {
        let today = self.clock().now().day();
        let mut file = "契約番号,区分,利用機器区分,論理端末名,発行日,有効期限\n".to_owned();
        for one in terminals {
            let ExampleTerminal {
                division, device, name, ..
            } = one;
            let [issued, ends] = [-one.issued, one.ends].map(|days| today.plus(days).date().to_string());
            // Writing to a string does not fail.
            let _ = writeln!(file, "{contract},{division},{device},{name},{issued},{ends}");
        }
        let sheet = terminal::read(file.as_bytes()).map_err(|no| ExampleFault::Wrong(no.to_string()))?;
        let assigned = self.assigned(office, sheet.lines).await?;
        if let Some(bad) = sheet.bad.iter().chain(&assigned.bad).next() {
            return Err(ExampleFault::Wrong(bad.to_string()));
        }
        let (seal, file) = (self.seal().await?, crate::desk::evidence::sha256(file.as_bytes()));
        self.import_terminals(&OPERATOR, office, assigned.lines, (&seal, file), Arc::default())
            .await?;
        Ok(())
    }

    /// Invites a person, who opens the link and chooses the password.
    pub async fn example_user(
        &self,
        office: &str,
        organisation: OrganisationId,
        user: &ExampleUser<'_>,
    ) -> Result<UserId, ExampleFault<Infallible>> {
        let office = self.example_office(office)?;
        let terminals = office
            .terminals()
            .map_err(|not_offered| ExampleFault::Wrong(not_offered.to_string()))?;
        let login = LoginId::typed(user.login).ok_or_else(|| ExampleFault::Wrong(format!("no ID {}", user.login)))?;
        let case: CaseId<UserAccount> = self.new_case();
        let token = LinkToken::new(self.chance());
        let invite = Command::Invite {
            office: office.id.clone(),
            language: Language::Ja,
            account: Box::new(Account {
                login,
                organisation,
                name: user.name.to_owned(),
                mail: user.mail.to_owned(),
            }),
            token: token.clone(),
        };
        self.perform(&OPERATOR, case, &invite).await?;
        let chosen = self
            .choose(terminals, user.password, &[user.login, user.mail, user.name])
            .await?;
        let password =
            chosen.map_err(|unfit| ExampleFault::Wrong(format!("the password of {}: {unfit:?}", user.login)))?;
        let own = Actor::Holder { session: case.octets() };
        self.perform(&own, case, &Command::Accept { token, password }).await?;
        Ok(UserId(case.octets()))
    }
    /// The person logs in.
    pub async fn example_login(&self, office: &str, user: &ExampleUser<'_>) -> Result<(), ExampleFault<Infallible>> {
        let office = self.example_office(office)?;
        let terminals = office
            .terminals()
            .map_err(|not_offered| ExampleFault::Wrong(not_offered.to_string()))?;
        let login = LoginId::typed(user.login).ok_or_else(|| ExampleFault::Wrong(format!("no ID {}", user.login)))?;
        let row = self.store().user_of_login(&office.id, &login).await?;
        let row = row.ok_or_else(|| ExampleFault::Wrong(format!("there is no user {}", user.login)))?;
        let typed = self.typed(terminals, Some(&row), user.password).await?;
        let own = Actor::Holder { session: row.id.0 };
        let case: CaseId<UserAccount> = CaseId::from_octets(row.id.0);
        self.perform(&own, case, &Command::LogIn(Attempt::Password(typed)))
            .await?;
        Ok(())
    }
}
