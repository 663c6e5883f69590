//! A service centre whose terminals have grants: applications whose morning has come, keys, and requests of theirs.

#![allow(dead_code, reason = "the other test program of this crate uses the rest")]

use std::path::Path;

use casework::applicant::Applicant;
use casework::identity::{Digest, Fingerprint, GrantId, OfficerId, OrganisationId, PersonNumber, ReissueId};
use casework::number::Number;

use casework::reissue::{self, Cause, Due, Opened, Progress, Step, Submitted, Wish};
use casework::renewal::Approvals;
use casework::review::{Approval, OwnCompany, Persons, Rule};
use casework::terminal::{Device, Division, Terminal, TerminalName};
use casework::time::Instant;
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use server::authority::address::Addresses;
use server::authority::issue::Certifying;
use server::authority::keyring::Keyring;
use server::config::Secret;
use server::desk::acquisition::{Acquisition, Codes};
use server::desk::{CaseId, Desk, Failure};
use server::office::{Office, TERMINALS_EXAMPLE};
use server::store::{CaseRow, Commit, Document, NewEvent, NewTerminal, Store};
use wire::office::Language;

use crate::house::{HOLDER, House, PASSPHRASE, office};

/// A house with a service centre that certifies terminals.
pub(crate) struct Grants {
    pub(crate) house: House,
    pub(crate) desk: Desk,
    pub(crate) office: Office,
}

impl Grants {
    pub(crate) async fn of(house: House) -> Self {
        Self::with(house, TERMINALS_EXAMPLE).await
    }

    /// Where the office is this one.
    pub(crate) async fn with(house: House, text: &str) -> Self {
        let centre = Office::from_toml(text).unwrap();
        let desk = desk(&house, &centre);
        import(&desk, &centre).await;
        Self {
            house,
            desk,
            office: centre,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.house.store()
    }

    /// What the morning knows of a terminal of an application whose day is today.
    pub(crate) fn due(&self, application: u8, terminal: Terminal) -> Due {
        due(&self.desk, application, terminal)
    }

    /// The application itself, as far as anybody asks for it.
    pub(crate) async fn apply(&self, application: u8) {
        apply(&self.desk, &self.office, application).await;
    }

    /// A grant of a new application, and its codes.
    pub(crate) async fn open(&self, application: u8, terminal: Terminal) -> (GrantId, Codes) {
        let grant = open(&self.desk, &self.office, application, terminal).await;
        (grant, self.codes(terminal).await)
    }

    /// The codes that a terminal has now.
    pub(crate) async fn codes(&self, terminal: Terminal) -> Codes {
        let second = self.second(terminal).await;
        Codes::typed(&terminal.first_code(), &second, terminal.third_code())
    }

    pub(crate) async fn second(&self, terminal: Terminal) -> String {
        let second = self.desk.second_code(&self.office.id, terminal).await.unwrap();
        second.unwrap().to_string()
    }

    pub(crate) async fn acquire(
        &self,
        terminal: Terminal,
        codes: &Codes,
        key: &SoftwareKey,
    ) -> Result<Certificate, Failure> {
        let request = CertificateRequest::new(&terminal.first_code(), key).unwrap();
        self.desk
            .acquire(&HOLDER, &self.office, terminal, codes, request.der())
            .await
    }

    pub(crate) async fn case(&self, grant: GrantId) -> casework::acquisition::Case {
        let case: CaseId<Acquisition> = CaseId::from_octets(grant.0);
        self.desk.look(case).await.unwrap()
    }

    /// The letters that were queued since, by their Debug.
    pub(crate) async fn letters(&self) -> Vec<String> {
        let mut letters = Vec::new();
        let minute = std::time::Duration::from_mins(1);
        while let Some(errand) = self
            .store()
            .take_errand("test", self.house.now(), minute)
            .await
            .unwrap()
        {
            self.store().finish_errand(errand.id, self.house.now()).await.unwrap();
            letters.push(format!("{:?}", errand.errand));
        }
        letters.sort();
        letters
    }
}

/// Terminals of one customer: two of one name, and another.
pub(crate) async fn import(desk: &Desk, office: &Office) {
    let list: Vec<NewTerminal> = [
        (Division::Sea, "11110A"),
        (Division::Air, "11110A"),
        (Division::Sea, "11110B"),
    ]
    .into_iter()
    .map(|(division, name)| NewTerminal {
        terminal: terminal_of(division, name),
        organisation: OWNER,
        code: None,
        issued_on: None,
        valid_until: None,
    })
    .collect();
    let event = event(desk, "terminals_imported");
    let now = desk.clock().now();
    desk.store()
        .import_terminals(&office.id, list, event, now)
        .await
        .unwrap();
}

pub(crate) fn due(desk: &Desk, application: u8, terminal: Terminal) -> Due {
    let now = desk.clock().now();
    let case = approved(application, terminal, now);
    let policy = reissue::Policy::reviewed_by(RULE);
    case.due(ReissueId([application; 16]), &policy, now.day().ends())[0]
}

pub(crate) async fn open(desk: &Desk, office: &Office, application: u8, terminal: Terminal) -> GrantId {
    apply(desk, office, application).await;
    desk.open_grant(&due(desk, application, terminal)).await.unwrap()
}

pub(crate) async fn apply(desk: &Desk, office: &Office, application: u8) {
    apply_as(desk, office, application, ("withdrawn", r#""at":0"#)).await;
}

/// An application in this state, with what its document has beside what was sent off.
pub(crate) async fn apply_as(desk: &Desk, office: &Office, application: u8, (state, beside): (&str, &str)) {
    let text = format!(
        r#"{{"state":"{state}",{beside},"submitted":{{"opened":{{"organisation":"{owner}","at":0}},
            "contact":{{"surname":"通関","given":"花子","surname_kana":"ツウカン","given_kana":"ハナコ","department":null,
            "title":null,"phone":"0312345678","fax":null,"mail":"hanako@boeki.example"}},
            "wish":{{"day":20000,"cause":"expired","terminals":[]}},"content":"{content}","number":"{number}","at":0}}}}"#,
        owner = "01".repeat(16),
        content = "00".repeat(32),
        number = number(application),
    );
    let commit = Commit {
        case: CaseRow {
            id: [application; 16],
            procedure: "reissue".to_owned(),
            office: office.id.clone(),
            language: Language::Ja,
            version: 0,
            document: Document {
                state: state.to_owned(),
                text,
            },
        },
        at: desk.clock().now(),
        event: event(desk, "written"),
        writes: Vec::new(),
        errands: Vec::new(),
        evidence: Vec::new(),
    };
    desk.store().commit(vec![commit]).await.unwrap();
}

fn event(desk: &Desk, name: &'static str) -> NewEvent {
    NewEvent {
        procedure: "reissue",
        name,
        actor: "system".to_owned(),
        states: ("new".to_owned(), "open".to_owned()),
        refusal: None,
        details: Vec::new(),
        salt: desk.chance().octets(),
    }
}

/// A desk of this house that certifies terminals.
pub(crate) fn desk(house: &House, centre: &Office) -> Desk {
    let (clock, chance) = (house.desk.clock().clone(), house.desk.chance().clone());
    let offices = vec![office(), centre.clone()];
    Desk::new(house.store().clone(), clock, chance, offices)
        .reached_at("https://center.example")
        .certifying(certifying(&house.place.data))
}

/// What it certifies with, by the passphrase of the house.
pub(crate) fn certifying(data: &Path) -> Certifying {
    let file = data.join("terminals-passphrase");
    if !file.exists() {
        std::fs::write(&file, PASSPHRASE).unwrap();
    }
    Certifying::new(
        Keyring::new(Secret::File(file)),
        Addresses::new("http://center.example"),
        4,
    )
}

pub(crate) fn key() -> SoftwareKey {
    SoftwareKey::generate(Algorithm::P256).unwrap()
}

pub(crate) fn terminal() -> Terminal {
    terminal_of(Division::Sea, "11110A")
}

pub(crate) fn terminal_of(division: Division, name: &str) -> Terminal {
    Terminal {
        division,
        device: Device::WebNaccs,
        name: TerminalName::parse(name).unwrap(),
    }
}

pub(crate) fn key_of(certificate: &Certificate, key: &SoftwareKey) -> bool {
    certificate.public_key() == key.public_key()
}

fn number(application: u8) -> Number {
    Number::from_random([application; 8])
}

fn approved(application: u8, terminal: Terminal, now: Instant) -> reissue::Case {
    let contact = Applicant {
        surname: "通関".to_owned(),
        given: "花子".to_owned(),
        surname_kana: "ツウカン".to_owned(),
        given_kana: "ハナコ".to_owned(),
        department: None,
        title: None,
        phone: "0312345678".to_owned(),
        fax: None,
        mail: "hanako@boeki.example".to_owned(),
    };
    let approval = Approval {
        officer: OfficerId([1; 16]),
        person: PersonNumber("1".to_owned()),
        card: Fingerprint([1; 32]),
        content: Digest([1; 32]),
        text: Digest([1; 32]),
        at: now,
    };
    reissue::Case::Approved {
        submitted: Box::new(Submitted {
            opened: Opened {
                organisation: OWNER,
                at: now,
            },
            contact: Box::new(contact),
            wish: Wish {
                day: now.day(),
                cause: Cause::Expired,
                terminals: vec![terminal],
            },
            content: Digest([1; 32]),
            number: number(application),
            at: now,
        }),
        approvals: Box::new(Approvals {
            first: None,
            last: approval,
        }),
        progress: vec![Progress {
            terminal,
            step: Step::Waiting,
        }],
    }
}

const RULE: Rule = Rule {
    persons: Persons::One,
    claim_for: 1_800,
    signature_within: 1_800,
    own_company: OwnCompany::Refused,
};

pub(crate) const OWNER: OrganisationId = OrganisationId([1; 16]);
