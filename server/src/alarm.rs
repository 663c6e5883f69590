//! The server looks at what the doctor looks at, again and again, and tells before it hurts: by metric at once, by mail
//! once when an alarm begins and once when it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use casework::time::Instant;

use crate::config::Config;
use crate::desk::Desk;
use crate::doctor::{self, Finding, State, What};
use crate::fault::Fault;
use crate::metrics::{self, Metrics};
use crate::store::{AlarmRow, OperatorMail};

/// Watches a node and its house.
pub struct Watch {
    config: Config,
    desk: Desk,
    metrics: Metrics,
    node: String,
    /// What was not right in the last round: what is so twice is an alarm, so that a moment is none.
    before: BTreeSet<(What, String)>,
}

impl Watch {
    /// Of this node. `node` names the machine in what is of it alone.
    pub fn new(config: Config, desk: Desk, metrics: Metrics, node: String) -> Self {
        Self {
            config,
            desk,
            metrics,
            node,
            before: BTreeSet::new(),
        }
    }

    /// Looks every few minutes. May be stopped at any moment.
    pub async fn keep_watching(mut self) {
        loop {
            tokio::time::sleep(BETWEEN_ROUNDS).await;
            if let Err(fault) = self.round().await {
                tracing::warn!(%fault, "the alarms could not be written down");
            }
        }
    }

    /// Looks once.
    pub async fn round(&mut self) -> Result<(), Fault> {
        let now = self.desk.clock().now();
        let found = doctor::examine(&self.config, self.desk.store(), now).await;
        self.measure(&found);
        let wrong: BTreeMap<(What, String), &Finding> = found
            .iter()
            .filter(|finding| finding.state != State::Ok)
            .map(|finding| ((finding.what, finding.about.clone()), finding))
            .collect();
        let standing = self.desk.store().alarms().await?;
        for (key, finding) in &wrong {
            if self.before.contains(key) && !standing.iter().any(|alarm| self.is_of(alarm, key)) {
                self.begin(finding, now).await?;
            }
        }
        for alarm in standing {
            let seen_here = alarm.node.is_empty() || alarm.node == self.node;
            if seen_here && !wrong.keys().any(|key| self.is_of(&alarm, key)) {
                self.end(&alarm, now).await?;
            }
        }
        self.before = wrong.into_keys().collect();
        Ok(())
    }

    async fn begin(&self, finding: &Finding, now: Instant) -> Result<(), Fault> {
        let alarm = AlarmRow {
            id: self.desk.chance().octets(),
            what: finding.what.word().to_owned(),
            about: finding.about.clone(),
            node: self.node_of(finding.what),
            state: finding.state.word().to_owned(),
            says: finding.says.clone(),
            began_at: now,
        };
        let subject = format!(
            "[Kagimori] {}: {} {}",
            finding.state.word(),
            finding.what,
            finding.about
        );
        let body = format!(
            "{}: {}\n\n{}.\n\nWhat to do: {}.\n\nNode: {}\n`kagimori doctor` shows everything that was looked at. \
             You are told once more when this has ended.\n",
            finding.what, finding.about, finding.says, finding.next, self.node
        );
        tracing::error!(
            what = finding.what.word(),
            about = finding.about,
            says = finding.says,
            "an alarm begins"
        );
        self.desk.store().begin_alarm(alarm, self.mail(subject, body)).await?;
        Ok(())
    }

    async fn end(&self, alarm: &AlarmRow, now: Instant) -> Result<(), Fault> {
        let subject = format!("[Kagimori] ended: {} {}", alarm.what, alarm.about);
        let body = format!(
            "{}: {}\n\nIt is as it should be again. It was: {}.\n\nNode: {}\n",
            alarm.what, alarm.about, alarm.says, self.node
        );
        tracing::info!(what = alarm.what, about = alarm.about, "an alarm has ended");
        self.desk
            .store()
            .end_alarm(alarm.id, self.mail(subject, body), now)
            .await
    }

    fn mail(&self, subject: String, body: String) -> Option<(OperatorMail, [u8; 16])> {
        let alarms = &self.config.alarms;
        let to = alarms.mail.clone()?;
        let mail = OperatorMail {
            from: alarms.from.clone().unwrap_or_else(|| to.clone()),
            to,
            subject,
            body,
        };
        Some((mail, self.desk.chance().octets()))
    }

    fn is_of(&self, alarm: &AlarmRow, (what, about): &(What, String)) -> bool {
        alarm.what == what.word() && alarm.about == *about && alarm.node == self.node_of(*what)
    }

    /// Disk, clock, files and what lies on them are of one machine; the rest everyone sees alike.
    fn node_of(&self, what: What) -> String {
        match what {
            What::Disk | What::Clock | What::Tls | What::Secrets | What::Seal | What::Unblock | What::Mail => {
                self.node.clone()
            }
            What::List
            | What::Ocsp
            | What::Authority
            | What::Responder
            | What::Issuer
            | What::Calendar
            | What::Outbox
            | What::Card
            | What::Journal => String::new(),
        }
    }

    /// An alarm in the metrics does not wait for a second round.
    fn measure(&self, found: &[Finding]) {
        for what in What::ALL {
            let is_wrong = found
                .iter()
                .any(|finding| finding.what == what && finding.state != State::Ok);
            let label = metrics::Alarm { what: what.word() };
            self.metrics.alarm.get_or_create(&label).set(i64::from(is_wrong));
        }
        for finding in found {
            if let Some((gauge, value)) = finding.measured {
                let label = metrics::About {
                    about: finding.about.clone(),
                };
                match gauge {
                    doctor::Gauge::CertificateEnds => &self.metrics.certificate_not_after,
                    doctor::Gauge::DiskFree => &self.metrics.disk_free_percent,
                    doctor::Gauge::ClockDiffers => &self.metrics.clock_differs_seconds,
                }
                .get_or_create(&label)
                .set(value);
            }
        }
    }
}

/// The name of this machine.
pub fn node_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned())
}

/// A list is due hours before its end, a certificate days; a list of a million entries is fetched each time.
const BETWEEN_ROUNDS: Duration = Duration::from_mins(5);
