//! What is measured, and how it is printed: each figure as a ratio to a raw limit of the same run.

use anyhow::{Context, Result};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Ratio {
    pub(crate) what: Cow<'static, str>,
    pub(crate) measured: String,
    pub(crate) raw: String,
    pub(crate) value: f64,
    pub(crate) bound: Bound,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(bound) => ratio >= bound,
            Self::AtMost(bound) => ratio <= bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
        }
    }
}

/// A row as one line, to be handed from a process of its own to the table.
pub(crate) fn encode(row: &Ratio) -> Result<String> {
    let (kind, bound) = match row.bound {
        Bound::AtLeast(bound) => ("least", bound),
        Bound::AtMost(bound) => ("most", bound),
    };
    Ok(serde_json::to_string(&(
        row.what.as_ref(),
        &row.measured,
        &row.raw,
        row.value,
        kind,
        bound,
    ))?)
}

/// Back from [`encode`].
pub(crate) fn decode(line: &str) -> Result<Ratio> {
    let (what, measured, raw, ratio, kind, bound): (String, String, String, f64, String, f64) =
        serde_json::from_str(line).context("a part of the bench printed something else")?;
    let bound = if kind == "least" {
        Bound::AtLeast(bound)
    } else {
        Bound::AtMost(bound)
    };
    Ok(Ratio {
        what: what.into(),
        measured,
        raw,
        value: ratio,
        bound,
    })
}

/// The table in Markdown, and whether every bound holds.
pub(crate) fn table(rows: &[Ratio]) -> (String, bool) {
    let mut text = String::from(
        "| what | measured | raw limit, same run | ratio | asked | |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    let mut all = true;
    for row in rows {
        let holds = row.bound.holds(row.value);
        all &= holds;
        let mark = if holds { "holds" } else { "**missed**" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.2} | {} | {mark} |",
            row.what, row.measured, row.raw, row.value, row.bound
        );
    }
    (text, all)
}

/// The machine, as its processor and its kernel name themselves.
pub(crate) fn machine() -> Result<String> {
    let processor = std::fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name").and_then(|rest| rest.split_once(": ")))
        .map_or("unnamed processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().context("the number of cores is unknown")?;
    Ok(format!("{model}, {cores} cores"))
}

/// CPU time of the calling thread, from the scheduler's own count in nanoseconds.
pub(crate) fn cpu_of_this_thread() -> Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("cannot read schedstat")?;
    let spent = text
        .split(' ')
        .next()
        .context("schedstat is empty")?
        .parse()
        .context("schedstat is no number")?;
    Ok(Duration::from_nanos(spent))
}

/// CPU time of all threads of a process.
pub(crate) fn cpu_of_process(process: u32) -> Result<Duration> {
    let mut all = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{process}/task")).context("the process is gone")? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat")).context("cannot read schedstat")?;
        all += Duration::from_nanos(text.split(' ').next().unwrap_or("0").parse().unwrap_or(0));
    }
    Ok(all)
}

/// The most memory this process has held, in octets.
pub(crate) fn peak_memory() -> Result<u64> {
    status_line("/proc/self/status", "VmHWM:")
}

/// The memory another process holds now, in octets.
pub(crate) fn resident(process: u32) -> Result<u64> {
    status_line(&format!("/proc/{process}/status"), "VmRSS:")
}

fn status_line(path: &str, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .with_context(|| format!("{path} has no {name}"))?;
    let kilobytes: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .context("no number of kB")?;
    Ok(kilobytes * 1024)
}
