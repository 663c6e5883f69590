//! The service centre at work: an examiner, and two companies with the people who log in for them.

use crate::clock::Past;
use crate::officers::enrolled;
use crate::story::EXAMINER;
use crate::terminals::{self, Year};
use anyhow::{Context, Result};
use serde::Serialize;
use server::desk::Desk;
use server::desk::example::{
    ExampleApplicant, ExampleCustomer, ExampleExaminer, ExampleOfficer, ExampleTerminal, ExampleUser, OrganisationId,
    UserId,
};
use std::path::Path;

/// A company of the demo with its people.
struct Customer {
    contract: ExampleCustomer<'static>,
    users: &'static [ExampleUser<'static>],
}

/// A person as the start page tells of them.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Person {
    /// For whom.
    pub(crate) company: &'static str,
    /// 事業所
    pub(crate) place: &'static str,
    /// Who.
    pub(crate) name: &'static str,
    /// 利用者ID
    pub(crate) login: &'static str,
    /// The password, which only an example tells.
    pub(crate) password: &'static str,
}

/// Enrols the examiner, concludes the contracts and lets their people choose passwords: one company has dealt with the centre
/// for a year, the other one begins today. Says which application is a draft.
pub(crate) async fn at_work(desk: &Desk, office: &str, cards: &Path, past: Past) -> Result<String> {
    past.is(terminals::BEGINS);
    let (officer, card) = enrolled(desk, office, cards, EXAMINER, SHINJI).await?;
    let (organisation, users) = concluded(desk, office, &KAIUN).await?;
    let (user, login) = users.first().context("nobody applies")?;
    let year = Year {
        desk,
        contract: KAIUN.contract.number,
        applicant: ExampleApplicant {
            office,
            organisation,
            user: *user,
        },
        user: login,
        examiner: ExampleExaminer { officer, card },
        past,
        ago: terminals::BEGINS,
    };
    let draft = year.passes().await?;
    concluded(desk, office, &TSUKAN).await?;
    let assigned = desk.example_terminals(office, TSUKAN.contract.number, TERMINALS).await;
    assigned.with_context(|| format!("the terminals of {}", TSUKAN.contract.company))?;
    Ok(draft)
}

async fn concluded(
    desk: &Desk,
    office: &str,
    customer: &Customer,
) -> Result<(OrganisationId, Vec<(UserId, &'static ExampleUser<'static>)>)> {
    let organisation = desk.example_customer(office, &customer.contract).await;
    let organisation = organisation.with_context(|| format!("the contract of {}", customer.contract.company))?;
    let mut users = Vec::new();
    for user in customer.users {
        let made = desk.example_user(office, organisation, user).await;
        users.push((made.with_context(|| format!("the user {}", user.login))?, user));
    }
    Ok((organisation, users))
}

/// Everybody who logs in for a company.
pub(crate) fn people() -> Vec<Person> {
    let of = |customer: &Customer| {
        let (company, place) = (customer.contract.company, customer.contract.place);
        let person = move |user: &ExampleUser<'static>| Person {
            company,
            place,
            name: user.name,
            login: user.login,
            password: user.password,
        };
        customer.users.iter().map(person).collect::<Vec<_>>()
    };
    [TSUKAN, KAIUN].iter().flat_map(of).collect()
}

const TSUKAN: Customer = Customer {
    contract: ExampleCustomer {
        number: "10000001",
        company: "見本通関株式会社",
        place: "東京事業所",
        contact: ["通関", "花子", "ツウカン", "ハナコ"],
        department: "第一通関部 通関課",
        phone: "0312345678",
        mail: "hanako@tsukan.example",
    },
    users: &[
        ExampleUser {
            login: "hanako",
            name: "通関 花子",
            mail: "hanako@tsukan.example",
            password: "nami-7-wo-koete-kaze",
        },
        ExampleUser {
            login: "taro",
            name: "通関 太郎",
            mail: "taro@tsukan.example",
            password: "fune-9-ga-kuru-minato",
        },
    ],
};
const KAIUN: Customer = Customer {
    contract: ExampleCustomer {
        number: "10000002",
        company: "例示海運株式会社",
        place: "横浜支店",
        contact: ["海野", "渚", "ウンノ", "ナギサ"],
        department: "業務課",
        phone: "0451234567",
        mail: "nagisa@kaiun.example",
    },
    users: &[ExampleUser {
        login: "nagisa",
        name: "海野 渚",
        mail: "nagisa@kaiun.example",
        password: "kamome-3-wa-hikuku-tobu",
    }],
};
/// The first company's, each with the certificate that it had before the demo began: lapsed, within its last days, and long
/// valid. The other company's are of [`terminals`].
const TERMINALS: &[ExampleTerminal<'static>] = &[
    ExampleTerminal {
        division: "海上",
        device: "webNACCS",
        name: "11110A",
        issued: 368,
        ends: -3,
    },
    ExampleTerminal {
        division: "海上",
        device: "netNACCS",
        name: "11110B",
        issued: 350,
        ends: 15,
    },
    ExampleTerminal {
        division: "航空",
        device: "webNACCS",
        name: "22220A",
        issued: 60,
        ends: 305,
    },
];
const SHINJI: ExampleOfficer<'static> = ExampleOfficer {
    person: "4001",
    name: "森田 真司",
    company: "見本センター",
    roles: &["entry", "approval", "administration"],
    mail: "shinji@center.example",
};
