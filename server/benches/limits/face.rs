//! What a comparison of two faces costs, by each provider, against decoding the two pictures and nothing else.

use crate::measure::{Bound, Ratio};
use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest;
use server::face::picture::{Picture, Source};
use server::face::{Choice, FaceMatch, Model, NotCompared, Order, Provider, made};
use std::hint::black_box;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// One row for each provider, and what `lbph` gets wrong on made pictures, printed beside them.
pub(crate) fn rows() -> Result<Vec<Ratio>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let pictures = pictures()?;
        let begun = Instant::now();
        for (card, capture) in &pictures {
            black_box(decoded(card, capture)?);
        }
        let raw = milliseconds(begun) / f64::from(PERSONS);
        let dir = tempfile::tempdir()?;
        let mut rows = Vec::new();
        for (name, provider) in [
            ("lbph", Provider::Lbph),
            ("onnx, a model that does nothing", model(dir.path())?),
            ("http, a vendor on this machine that answers at once", vendor().await?),
        ] {
            let faces = FaceMatch::open(&Choice {
                threshold: THRESHOLD,
                provider,
            })?;
            let (mut spent, mut compared) = (0.0, 0);
            for (card, capture) in &pictures {
                let (card, capture) = decoded(card, capture)?;
                let begun = Instant::now();
                match faces.compare(card, capture, "bench").await {
                    Ok(comparison) => drop(black_box(comparison)),
                    // The baseline takes some made rooms for a second face.
                    Err(NotCompared::NoFace | NotCompared::Several) => continue,
                    Err(why) => return Err(why.into()),
                }
                spent += milliseconds(begun);
                compared += 1;
            }
            ensure!(compared * 2 > PERSONS, "{name} compared {compared} of {PERSONS}");
            let each = spent / f64::from(compared);
            rows.push(Ratio {
                what: format!("two faces compared: {name}, ms").into(),
                measured: format!(
                    "{each:.1} ms for a card of 360 × 450 and a capture of 640 × 480, of {compared} of {PERSONS} made persons"
                ),
                raw: format!("{raw:.1} ms to decode both pictures"),
                value: each,
                bound: Bound::AtMost(100.0),
            });
        }
        rates(&pictures).await?;
        Ok(rows)
    })
}

/// How often `lbph` is wrong: every card with every capture. Where it finds no one face, it refuses.
async fn rates(pictures: &[(Vec<u8>, Vec<u8>)]) -> Result<()> {
    let faces = FaceMatch::open(&Choice {
        threshold: THRESHOLD,
        provider: Provider::Lbph,
    })?;
    let (mut refused, mut accepted) = (0, 0);
    for (one, (card, _)) in pictures.iter().enumerate() {
        for (other, (_, capture)) in pictures.iter().enumerate() {
            let (card, capture) = decoded(card, capture)?;
            let alike = faces
                .compare(card, capture, "bench")
                .await
                .is_ok_and(|compared| compared.score >= compared.threshold);
            refused += u32::from(one == other && !alike);
            accepted += u32::from(one != other && alike);
        }
    }
    eprintln!(
        "lbph on made pictures, threshold 0.{THRESHOLD}: {refused} of {PERSONS} of the same person refused (FRR), {accepted} of {} \
         of others accepted (FAR); not for production",
        PERSONS * (PERSONS - 1)
    );
    Ok(())
}

fn pictures() -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    (0..u64::from(PERSONS))
        .map(|person| Ok((made::portrait(person)?, made::capture(&[person], person + 1_000)?)))
        .collect()
}

fn decoded(card: &[u8], capture: &[u8]) -> Result<(Picture, Picture)> {
    Ok((
        Picture::decoded(card, Source::Card)?,
        Picture::decoded(capture, Source::Capture)?,
    ))
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}

/// A model of one step, which puts its samples in a row: what is measured is all around it.
fn model(dir: &std::path::Path) -> Result<Provider> {
    let bytes = |field: u8, value: &[u8]| -> Result<Vec<u8>> {
        // Lengths of up to two octets of seven bits.
        let length = u16::try_from(value.len())?;
        let [low, high] = [length & 0x7f | 0x80, length >> 7].map(u8::try_from);
        Ok([&[field << 3 | 2, low?, high?], value].concat())
    };
    let value = |field: u8, name: &str, shape: &[u8]| -> Result<Vec<u8>> {
        let mut dimensions = Vec::new();
        for side in shape.chunks_exact(2) {
            dimensions.extend(bytes(1, &[&[8], side].concat())?);
        }
        let kind = bytes(1, &[vec![8, 1], bytes(2, &dimensions)?].concat())?;
        bytes(field, &[bytes(1, name.as_bytes())?, bytes(2, &kind)?].concat())
    };
    let node = [bytes(1, b"input")?, bytes(2, b"row")?, bytes(4, b"Flatten")?].concat();
    // 1 × 3 × 112 × 112, and 37,632 in a row are too many: 1 × 3 × 32 × 32 and 3,072.
    let graph = [
        bytes(1, &node)?,
        value(11, "input", &[0x81, 0, 0x83, 0, 0xa0, 0, 0xa0, 0])?,
        value(12, "row", &[0x81, 0, 0x80, 0x18])?,
    ]
    .concat();
    let octets = [vec![8, 8], bytes(8, &[16, 13])?, bytes(7, &graph)?].concat();
    let path = dir.join("row.onnx");
    std::fs::write(&path, &octets).context("the model cannot be written")?;
    Ok(Provider::Onnx {
        embedding: Model {
            path,
            sha256: digest::digest(&digest::SHA256, &octets).as_ref().try_into()?,
            order: Order::Rgb,
            mean: 1_275,
            scale: 1_275,
        },
        detector: None,
    })
}

/// Answers every question as soon as it is whole.
async fn vendor() -> Result<Provider> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut seen = Vec::new();
                let mut part = vec![0; 64 << 10];
                // The question is one object, and nothing in it ends with a brace but itself.
                while !seen.ends_with(b"}") {
                    match stream.read(&mut part).await {
                        Ok(length @ 1..) => seen.extend_from_slice(part.get(..length).unwrap_or_default()),
                        _ => return,
                    }
                }
                let answer = r#"{"faces":{"card":1,"capture":1},"score":0.9,"version":"1"}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
                // Whoever has gone does not want it.
                let _ = stream.write_all(head.as_bytes()).await;
            });
        }
    });
    Ok(Provider::Http {
        url,
        token: None,
        trust: None,
    })
}

const PERSONS: u32 = 40;
const THRESHOLD: u16 = 650;
