//! 更新 of 64 companies at once: what each new card signed is verified, both cards are looked at again, the switch and its
//! letter are committed; against the syncs of the same disk in the pauses between.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use casework::evidence::{Presented, ProvedCompany};
use casework::identity::RegistrationId;
use casework::register::{BusinessNumber, Entry};
use casework::registration::{self, Form, Kind};
use casework::renewal;
use pki::certificate::Certificate;
use pki::key::SoftwareKey;
use pki::profile::Profile;
use server::clock::Clock;
use server::desk::card::ShownCard;
use server::desk::evidence;
use server::desk::registration::{Command as Register, Registration};
use server::desk::renewal::{Command, Renewal};
use server::desk::{Actor, CaseId, Desk};
use server::office::Office;
use server::register::Line;
use server::store::CardRow;
use wire::office::Language;

use crate::foreign::Foreign;
use crate::measure::{Bound, Ratio, cpu_of_process};

/// The rate of commits beside that of one sync after the other, and the slowest of a hundred beside one sync.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measured())
}

async fn measured() -> Result<Vec<Ratio>> {
    let clock = Clock::system();
    let folder = tempfile::tempdir()?;
    let issuer = Foreign::issuer(clock.now().0)?;
    let (desk, office) = issuer.desk(folder.path(), &clock).await?;
    let room = Room { issuer, desk, office };
    let mut companies = Vec::new();
    for number in 0..COMPANIES {
        companies.push(room.company(number).await?);
    }
    let mut syncs = Syncs::beside(folder.path())?;
    let (mut took, mut whole, mut spent) = (Vec::new(), Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let mut out = Vec::new();
        for company in &mut companies {
            out.push(room.awaiting(company, round).await?);
        }
        syncs.measure()?;
        let before = cpu_of_process(std::process::id())?;
        let begun = Instant::now();
        let pressed: Vec<_> = out
            .into_iter()
            .map(|confirm| tokio::spawn(confirmed(room.desk.clone(), confirm)))
            .collect();
        for pressed in pressed {
            took.push(pressed.await??);
        }
        whole += begun.elapsed();
        // Threads that waited long enough have ended, with what they had spent.
        spent += cpu_of_process(std::process::id())?.saturating_sub(before);
    }
    syncs.measure()?;
    room.desk.store().close().await;
    took.sort_unstable();
    let slow = took
        .get(took.len() * 99 / 100)
        .context("nothing was measured")?
        .as_secs_f64();
    let (rate, sync) = (count(took.len()) / whole.as_secs_f64(), syncs.one()?);
    let spent = spent.as_secs_f64() / count(took.len());
    Ok(vec![
        Ratio {
            what: "更新 of 64 companies at once on SQLite, from the signature to the commit".into(),
            measured: format!("{rate:.0} commits per second, {:.2} ms of CPU each", spent * 1e3),
            raw: format!(
                "{:.0} writes of 4 KiB and fdatasync per second, one after the other",
                1.0 / sync
            ),
            value: rate * sync,
            bound: Bound::AtLeast(1.0),
        },
        Ratio {
            what: "its p99, in syncs".into(),
            measured: format!("{:.1} ms of {} commits", slow * 1e3, took.len()),
            raw: format!("{:.2} ms for one write of 4 KiB and fdatasync", sync * 1e3),
            value: slow / sync,
            bound: Bound::AtMost(20.0),
        },
    ])
}

/// 「更新」 is pressed and signed.
async fn confirmed(desk: Desk, (case, confirm): (CaseId<Renewal>, Command)) -> Result<Duration> {
    let begun = Instant::now();
    let done = desk
        .perform(&HOLDER, case, &confirm)
        .await
        .map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let took = begun.elapsed();
    ensure!(matches!(done.case, renewal::Case::Renewed { .. }), "{:?}", done.case);
    Ok(took)
}

/// An ordering body that renews at once, and the issuer of its bidders' cards.
struct Room {
    issuer: Foreign,
    desk: Desk,
    office: Office,
}

struct Company {
    registration: RegistrationId,
    card: Card,
}

struct Card {
    shown: ShownCard,
    certificate: Certificate,
    key: SoftwareKey,
}

impl Room {
    async fn card(&self, days: u32) -> Result<Card> {
        let (authentication, _) = self.issuer.half(Profile::AuthorityAuthentication, days)?;
        let (certificate, key) = self.issuer.half(Profile::AuthoritySignature, days)?;
        let shown = self
            .desk
            .card_shown(&self.office, authentication.der(), certificate.der())
            .await;
        Ok(Card {
            shown: shown.map_err(|why| anyhow::anyhow!("{why:?}"))?,
            certificate,
            key,
        })
    }

    /// A company of the register, registered with a card of its own.
    async fn company(&self, number: usize) -> Result<Company> {
        let number = BusinessNumber::parse(&format!("{number:06}")).context("a registration number")?;
        let today = self.desk.clock().now().day();
        let entry = Entry {
            number: number.clone(),
            name: "株式会社テスト工務店".to_owned(),
            name_kana: "テストコウムテン".to_owned(),
            address: "東京都千代田区神田1-2-3".to_owned(),
            representative: "髙橋一郎".to_owned(),
            delegate: None,
            corporate_number: None,
            valid: (today.plus(-1), today.plus(365)),
        };
        let line = Line { entry, password: None };
        let actor = Actor::Operator { name: "bench" };
        let file = casework::identity::Digest([0; 32]);
        let imported = self
            .desk
            .import_register(
                &actor,
                &self.office.id,
                vec![line],
                (true, file),
                std::sync::Arc::default(),
            )
            .await?;
        ensure!(imported.added == 1, "added");
        let card = self.card(DAYS).await?;
        let case: CaseId<Registration> = self.desk.new_case();
        let now = self.desk.clock().now();
        let open = Register::Open {
            office: self.office.id.clone(),
            language: Language::Ja,
            kind: Kind::New,
            presented: Presented::verified(card.shown.card().card, now),
            card: Box::new(CardRow::from(&card.shown)),
        };
        let form = Form {
            department: "営業部".to_owned(),
            name: "入札　花子".to_owned(),
            phone: "0312345678".to_owned(),
            fax: String::new(),
            mail: "hanako@test.example".to_owned(),
            mail_again: "hanako@test.example".to_owned(),
        };
        let contact = form.check().map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
        let mut done = None;
        for command in [
            open,
            Register::Prove(ProvedCompany::verified(number, now)),
            Register::Enter(Box::new(contact)),
            Register::Ask { language: Language::Ja },
        ] {
            let performed = self.desk.perform(&HOLDER, case, &command).await;
            done = Some(performed.map_err(|why| anyhow::anyhow!("{why:?}"))?);
        }
        let Some(registration::Case::Awaiting { text, .. }) = done.map(|done| done.case) else {
            anyhow::bail!("the page is out for the signature")
        };
        let confirm = Register::Confirm(self.signed(&card, case.octets(), text).await?);
        let done = self.desk.perform(&HOLDER, case, &confirm).await;
        let done = done.map_err(|why| anyhow::anyhow!("{why:?}"))?;
        ensure!(
            matches!(done.case, registration::Case::Registered { .. }),
            "{:?}",
            done.case
        );
        Ok(Company {
            registration: RegistrationId(case.octets()),
            card,
        })
    }

    /// A renewal of it to a card that it has not had, with what the new card signed at 更新.
    async fn awaiting(&self, company: &mut Company, round: u32) -> Result<(CaseId<Renewal>, Command)> {
        let new = self.card(DAYS + 1 + round).await?;
        let old = std::mem::replace(&mut company.card, new);
        let new = &company.card;
        let now = self.desk.clock().now();
        let one = self
            .desk
            .begin_ceremony(&self.office, company.registration, &old.shown, Language::Ja);
        let other = self
            .desk
            .ceremony_continued(&self.office, &one, &new.shown, Language::Ja)
            .context("the ceremony goes on")?;
        let signatures = [old.cms(&one, now.0)?, new.cms(&other, now.0)?];
        let both = evidence::read_both(&self.office, [one, other], signatures, now)?;
        let open = Command::Open {
            office: self.office.id.clone(),
            language: Language::Ja,
            both: Box::new(both),
            cards: Box::new([CardRow::from(&old.shown), CardRow::from(&new.shown)]),
            person: None,
        };
        let case: CaseId<Renewal> = self.desk.new_case();
        let mut done = None;
        for command in [open, Command::Ask { language: Language::Ja }] {
            let performed = self.desk.perform(&HOLDER, case, &command).await;
            done = Some(performed.map_err(|why| anyhow::anyhow!("{why:?}"))?);
        }
        let Some(renewal::Case::Awaiting { text, .. }) = done.map(|done| done.case) else {
            anyhow::bail!("the page is out for the signature")
        };
        Ok((case, Command::Confirm(self.signed(new, case.octets(), text).await?)))
    }

    async fn signed(
        &self,
        card: &Card,
        case: [u8; 16],
        text: casework::identity::Digest,
    ) -> Result<evidence::Signature> {
        let text = self.desk.store().text(case, text).await?.context("the text is kept")?;
        let now = self.desk.clock().now();
        Ok(evidence::possession(
            card.cms(&text, now.0)?,
            &text,
            card.shown.card().card,
            now,
        )?)
    }
}

impl Card {
    fn cms(&self, text: &str, at: i64) -> Result<Vec<u8>> {
        Ok(pki::cms::sign(text.as_bytes(), &self.certificate, &self.key, at)?)
    }
}

/// Writes and syncs of a file beside the store, one after the other.
pub(crate) struct Syncs {
    file: File,
    whole: Duration,
    done: usize,
}

impl Syncs {
    pub(crate) fn beside(folder: &Path) -> Result<Self> {
        Ok(Self {
            file: File::create(folder.join("raw"))?,
            whole: Duration::ZERO,
            done: 0,
        })
    }

    pub(crate) fn measure(&mut self) -> Result<()> {
        let begun = Instant::now();
        for _ in 0..COMPANIES {
            self.file.write_all(&[0x5a; 4_096])?;
            self.file.sync_data()?;
        }
        self.whole += begun.elapsed();
        self.done += COMPANIES;
        Ok(())
    }

    /// Seconds.
    pub(crate) fn one(&self) -> Result<f64> {
        ensure!(self.done > 0, "nothing was measured");
        Ok(self.whole.as_secs_f64() / count(self.done))
    }
}

#[expect(clippy::cast_precision_loss, reason = "some thousands")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

const HOLDER: Actor<'static> = Actor::Holder { session: [7; 16] };
const COMPANIES: usize = 64;
const ROUNDS: u32 = 20;
/// A new card ends later than the one before.
const DAYS: u32 = 365;
