//! デジタル証明書の取得 of 64 terminals at once: each request is verified, its certificate signed, verified and bound, and both
//! transactions committed; beside the rates of signing, of verifying and of syncing in the same run.

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use casework::applicant::Applicant;
use casework::identity::{Digest, Fingerprint, OfficerId, OrganisationId, PersonNumber, ReissueId};
use casework::number::Number;
use casework::reissue::{self, Cause, Opened, Progress, Step, Submitted, Wish};
use casework::renewal::Approvals;
use casework::review::{Approval, OwnCompany, Persons, Rule};
use casework::terminal::{Device, Division, Terminal, TerminalName};
use pki::Signer as _;
use pki::algorithm::Algorithm;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use pki::name::AuthorityName;
use pki::profile::Validity;
use server::authority::address::Addresses;
use server::authority::issue::{Certifying, NewAuthority};
use server::authority::keyring::Keyring;
use server::chance::Chance;
use server::clock::Clock;
use server::config::Secret;
use server::desk::acquisition::Codes;
use server::desk::{Actor, Desk};
use server::office::{Office, TERMINALS_EXAMPLE};
use server::store::{CaseRow, Commit, Document, NewEvent, NewTerminal, Store, StoreAddress};
use wire::office::Language;

use crate::backup::a_million_of;
use crate::measure::{Bound, Ratio, cpu_of_process};
use crate::signing::per_cpu_second;

/// Certificates for each second of CPU, of all threads.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let folder = tempfile::tempdir()?;
    let passphrase = folder.path().join("passphrase");
    std::fs::write(&passphrase, "a passphrase for the bench")?;
    let address = StoreAddress::Sqlite(folder.path().join("kagimori.db"));
    let store = Store::open(&address, folder.path(), &Chance::system()).await?;
    let office = Arc::new(Office::from_toml(TERMINALS_EXAMPLE)?);
    let certifying = Certifying::new(
        Keyring::new(Secret::File(passphrase)),
        Addresses::new("http://center.example"),
        16,
    );
    let desk =
        Desk::new(store, Clock::system(), Chance::system(), vec![(*office).clone()]).certifying(certifying.clone());
    let certifying_authority = office.authorities.first().context("an authority")?.clone();
    let authority = NewAuthority {
        name: certifying_authority.clone(),
        algorithm: Algorithm::P256,
        parent: None,
        subject: AuthorityName::new("見本センター", "見本センター認証局")?,
        policies: Vec::new(),
        validity: Validity::of_days(desk.clock().now().0, 7_300)?,
    };
    certifying.registrar(&desk).create(&Actor::System, authority).await?;
    let terminals = (0..2 * TERMINALS).map(terminal).collect::<Result<Vec<_>>>()?;
    let codes = granted(&desk, &office, &terminals).await?;
    let mut asked = Vec::new();
    for (terminal, codes) in terminals.iter().zip(codes) {
        let key = SoftwareKey::generate(Algorithm::P256)?;
        let request = CertificateRequest::new(&terminal.first_code(), &key)?;
        asked.push((*terminal, codes, request.der().to_vec()));
    }
    // Keys are opened once.
    desk.terminals_chain(&office)
        .await
        .map_err(|why| anyhow::anyhow!("{why:?}"))?;

    let mut file = File::create(folder.path().join("raw"))?;
    let full = asked.split_off(TERMINALS);
    let empty = acquired(&desk, &office, asked, &mut file).await?;
    let StoreAddress::Sqlite(database) = &address else {
        anyhow::bail!("this bench is of SQLite");
    };
    a_million_of(&certifying_authority.0, database)?;
    let full = acquired(&desk, &office, full, &mut file).await?;
    desk.store().close().await;
    let key = SoftwareKey::generate(Algorithm::P256)?;
    let message = vec![0x5a; 600];
    let signature = key.sign(&message)?;
    let signs = per_cpu_second(|| {
        black_box(key.sign(black_box(&message)).expect("a software key signs"));
    });
    let verifies = per_cpu_second(|| {
        let verified = key
            .public_key()
            .verify(Algorithm::P256.signature(), black_box(&message), &signature);
        verified.expect("its own signature");
    });
    let raw = |measured: &Measured| {
        format!(
            "{signs:.0} P-256 signatures and {verifies:.0} verifications per CPU-second, {:.0} writes of 4 KiB and fdatasync \
             per second",
            count(TERMINALS) / measured.synced.as_secs_f64()
        )
    };
    Ok(vec![
        Ratio {
            what: "デジタル証明書の取得 by CSR of 64 terminals at once on SQLite, in certificates per CPU-second, beside 2,000"
                .into(),
            measured: empty.told(),
            raw: raw(&empty),
            value: empty.rate() / 2_000.0,
            bound: Bound::AtLeast(1.0),
        },
        Ratio {
            what: "the same with a million certificates of that authority in the store, beside none".into(),
            measured: full.told(),
            raw: format!("{}; {}", empty.told(), raw(&full)),
            value: full.rate() / empty.rate(),
            bound: Bound::AtLeast(0.9),
        },
    ])
}

/// What so many certificates took.
struct Measured {
    whole: Duration,
    /// Of CPU, of all threads.
    spent: Duration,
    /// As many writes and syncs.
    synced: Duration,
}

impl Measured {
    fn rate(&self) -> f64 {
        count(TERMINALS) / self.spent.as_secs_f64()
    }

    fn told(&self) -> String {
        format!(
            "{:.0} certificates per CPU-second, {:.0} per second",
            self.rate(),
            count(TERMINALS) / self.whole.as_secs_f64()
        )
    }
}

/// All of them, 64 at once, with as many syncs between.
async fn acquired(
    desk: &Desk,
    office: &Arc<Office>,
    asked: Vec<(Terminal, Codes, Vec<u8>)>,
    file: &mut File,
) -> Result<Measured> {
    let (mut whole, mut spent, mut synced) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut asked = asked.into_iter().peekable();
    while asked.peek().is_some() {
        let batch: Vec<_> = asked.by_ref().take(AT_ONCE).collect();
        let begun = Instant::now();
        for _ in 0..AT_ONCE {
            file.write_all(&[0x5a; 4_096])?;
            file.sync_data()?;
        }
        synced += begun.elapsed();
        let before = cpu_of_process(std::process::id())?;
        let begun = Instant::now();
        let waiting: Vec<_> = batch
            .into_iter()
            .map(|(terminal, codes, request)| {
                let (desk, office) = (desk.clone(), Arc::clone(office));
                tokio::spawn(async move { desk.acquire(&HOLDER, &office, terminal, &codes, &request).await })
            })
            .collect();
        for waiting in waiting {
            let certificate = waiting.await?.map_err(|why| anyhow::anyhow!("{why:?}"))?;
            ensure!(certificate.crl_urls().len() == 1, "it is one of ours");
        }
        whole += begun.elapsed();
        spent += cpu_of_process(std::process::id())?.saturating_sub(before);
    }
    Ok(Measured { whole, spent, synced })
}

/// The codes of terminals whose morning has come.
async fn granted(desk: &Desk, office: &Office, terminals: &[Terminal]) -> Result<Vec<Codes>> {
    let now = desk.clock().now();
    let owner = OrganisationId([1; 16]);
    let list = terminals
        .iter()
        .map(|terminal| NewTerminal {
            terminal: *terminal,
            organisation: owner,
            code: None,
            issued_on: None,
            valid_until: None,
        })
        .collect();
    let event = |name| NewEvent {
        procedure: "reissue",
        name,
        actor: "system".to_owned(),
        states: (String::new(), String::new()),
        refusal: None,
        details: Vec::new(),
        salt: desk.chance().octets(),
    };
    desk.store()
        .import_terminals(&office.id, list, event("terminals_imported"), now)
        .await?;
    let row = CaseRow {
        id: APPLICATION,
        procedure: "reissue".to_owned(),
        office: office.id.clone(),
        language: Language::Ja,
        version: 0,
        document: Document {
            state: "approved".to_owned(),
            text: "{}".to_owned(),
        },
    };
    let commit = Commit {
        case: row,
        at: now,
        event: event("written"),
        writes: Vec::new(),
        errands: Vec::new(),
        evidence: Vec::new(),
    };
    let committed = desk.store().commit(vec![commit]).await;
    committed.map_err(|clash| anyhow::anyhow!("{clash:?}"))?;
    let approval = Approval {
        officer: OfficerId([1; 16]),
        person: PersonNumber("1".to_owned()),
        card: Fingerprint([1; 32]),
        content: Digest([1; 32]),
        text: Digest([1; 32]),
        at: now,
    };
    let text = || "あ".to_owned();
    let case = reissue::Case::Approved {
        submitted: Box::new(Submitted {
            opened: Opened {
                organisation: owner,
                at: now,
            },
            contact: Box::new(Applicant {
                surname: text(),
                given: text(),
                surname_kana: text(),
                given_kana: text(),
                department: None,
                title: None,
                phone: text(),
                fax: None,
                mail: text(),
            }),
            wish: Wish {
                day: now.day(),
                cause: Cause::Expired,
                terminals: terminals.to_vec(),
            },
            content: Digest([1; 32]),
            number: Number::from_random([1; 8]),
            at: now,
        }),
        approvals: Box::new(Approvals {
            first: None,
            last: approval,
        }),
        progress: terminals
            .iter()
            .map(|terminal| Progress {
                terminal: *terminal,
                step: Step::Waiting,
            })
            .collect(),
    };
    let policy = reissue::Policy::reviewed_by(Rule {
        persons: Persons::One,
        claim_for: 0,
        signature_within: 0,
        own_company: OwnCompany::Refused,
    });
    let mut codes = Vec::new();
    for due in case.due(ReissueId(APPLICATION), &policy, now.day().ends()) {
        let opened = desk.open_grant(&due).await;
        opened.map_err(|why| anyhow::anyhow!("{why:?}"))?;
        let terminal = due.terminal();
        let second = desk.second_code(&office.id, terminal).await?.context("a code")?;
        codes.push(Codes::typed(&terminal.first_code(), &second, terminal.third_code()));
    }
    Ok(codes)
}

fn terminal(number: usize) -> Result<Terminal> {
    Ok(Terminal {
        division: Division::Sea,
        device: Device::WebNaccs,
        name: TerminalName::parse(&format!("{number:06}")).context("a terminal")?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "some thousands")]
fn count(number: usize) -> f64 {
    number as f64
}

const HOLDER: Actor<'static> = Actor::Holder { session: [7; 16] };
const APPLICATION: [u8; 16] = [1; 16];
const AT_ONCE: usize = 64;
const TERMINALS: usize = AT_ONCE * 30;
