//! Verifying an exported audit against the raw limit of hashing the same octets.

use crate::measure::{Bound, Ratio, cpu_of_this_thread};
use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use casework::time::Instant;
use server::audit::entry::{commitment, committed};
use server::audit::note::Key;
use server::audit::tile::{self, Full, Row, Tiles};
use server::audit::verify::{self, Trust};
use server::chance::Chance;
use server::store::{Content, EventRecord};
use std::hint::black_box;
use std::path::Path;

/// An export of so many events, verified with its documents and without.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let folder = tempfile::tempdir()?;
    let key = Key::open_or_make(&folder.path().join("key"), "bench.example", &Chance::system())?;
    let (bare, whole) = (folder.path().join("bare"), folder.path().join("whole"));
    let mut rows = Vec::new();
    for (out, documents, what) in [
        (&bare, Documents::Without, "audit verified from outside, the log alone"),
        (
            &whole,
            Documents::With,
            "audit verified from outside, with every document",
        ),
    ] {
        let records: Vec<EventRecord> = (1..=EVENTS).map(record).collect();
        write(out, &key, &records, documents)?;
        let trust = Trust {
            keys: vec![key.verifier().clone()],
            kept: Vec::new(),
            now: None,
        };
        let begun = cpu_of_this_thread()?;
        let verdict = verify::log(out, &trust, |_, _| ());
        let verified = per_second(begun)?;
        ensure!(
            verdict.is_sound() && verdict.events == EVENTS.unsigned_abs(),
            "{verdict:?}"
        );
        let begun = cpu_of_this_thread()?;
        for record in &records {
            if let Content::Kept {
                at,
                case,
                salt,
                document,
            } = &record.content
                && documents == Documents::With
            {
                black_box(digest(&SHA256, &committed(salt, record.sequence, *at, case, document)));
            }
            // One leaf and, on average, one inner node.
            black_box(digest(&SHA256, &[&[0], record.commitment.as_slice()].concat()));
            black_box(digest(
                &SHA256,
                &[&[1], record.commitment.as_slice(), &record.commitment].concat(),
            ));
        }
        let raw = per_second(begun)?;
        rows.push(Ratio {
            what: format!("{what}, leaves per CPU-second").into(),
            measured: format!(
                "{verified:.0} leaves per CPU-second, {:.2} of the raw limit",
                verified / raw
            ),
            raw: format!("{raw:.0} leaves per CPU-second hashed and nothing else"),
            value: verified,
            bound: Bound::AtLeast(200_000.0),
        });
    }
    Ok(rows)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Documents {
    With,
    Without,
}

fn per_second(begun: std::time::Duration) -> Result<f64> {
    let spent = cpu_of_this_thread()?.checked_sub(begun).context("time went back")?;
    Ok(f64::from(i32::try_from(EVENTS)?) / spent.as_secs_f64())
}

/// An event as long as those of a revocation are.
fn record(sequence: i64) -> EventRecord {
    let document = format!(
        "{{\"procedure\":\"revocation\",\"event\":\"revoked\",\"actor\":\"holder 07070707070707070707070707070707\",\
         \"before\":\"awaiting\",\"after\":\"revoked\",\"authority\":\"mihon-issuing\",\"serial\":\"{sequence:040x}\",\
         \"card\":\"{sequence:064x}\",\"ground\":\"use-stopped\",\"text\":\"{sequence:064x}\",\"number\":\"12345678903\"}}"
    );
    let (at, case, salt) = (
        Instant(1_795_000_000 + sequence),
        [7; 16],
        sequence.to_be_bytes().repeat(2),
    );
    let salt = std::array::from_fn(|at| salt[at]);
    EventRecord {
        sequence,
        commitment: commitment(&salt, sequence, at, &case, &document),
        content: Content::Kept {
            at,
            case,
            salt,
            document,
        },
    }
}

fn write(out: &Path, key: &Key, records: &[EventRecord], documents: Documents) -> Result<()> {
    let put = |path: std::path::PathBuf, octets: &[u8]| -> Result<()> {
        let path = out.join(path);
        std::fs::create_dir_all(path.parent().context("no folder")?)?;
        Ok(std::fs::write(path, octets)?)
    };
    let (mut tiles, mut full): (Tiles, Vec<Full>) = (Tiles::default(), Vec::new());
    for (number, page) in (0..).zip(records.chunks(usize::try_from(tile::WIDTH)?)) {
        let width = page.len() as u64;
        let mut entries = Vec::new();
        for record in page {
            tiles.push(&record.commitment, |tile| full.push(tile));
            entries.extend_from_slice(&[0, 32]);
            entries.extend_from_slice(&record.commitment);
        }
        put(Row::Entries.path(number, width), &entries)?;
        if documents == Documents::With {
            let lines: Vec<String> = page.iter().map(|record| tile::to_line(record) + "\n").collect();
            put(Row::Documents.path(number, width), lines.concat().as_bytes())?;
        }
    }
    for (level, number, hashes) in full.into_iter().chain(tiles.partial()) {
        put(Row::Hashes(level).path(number, hashes.len() as u64), &hashes.concat())?;
    }
    let checkpoint = key.sign(
        tiles.frontier().size(),
        tiles.frontier().root(),
        vec![tile::history(0, "")],
    );
    put(tile::HEADS.into(), b"")?;
    put(tile::CHECKPOINT.into(), checkpoint.to_string().as_bytes())
}

const EVENTS: i64 = 300_000;
