//! A load of HTTP requests over kept connections to a process of our own on loopback, bounded in count and time.

use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a load saw.
pub(crate) struct Seen {
    pub(crate) answers: u64,
    pub(crate) took: Duration,
    pub(crate) p99: Duration,
}

/// Sends `request` again and again on `connections` connections for `length`, each waiting for its answer. The first
/// answer tells how long they all are; it must begin with `200`.
pub(crate) async fn load(address: SocketAddr, request: &[u8], connections: usize, length: Duration) -> Result<Seen> {
    let octets = answer_length(address, request).await?;
    let begun = Instant::now();
    let mut workers = Vec::new();
    for _ in 0..connections {
        let request = request.to_vec();
        workers.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let mut answer = vec![0; octets];
            let mut latencies = Vec::with_capacity(200_000);
            while begun.elapsed() < length {
                let sent = Instant::now();
                stream.write_all(&request).await?;
                stream.read_exact(&mut answer).await?;
                latencies.push(sent.elapsed());
            }
            Ok::<_, std::io::Error>(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(
            worker
                .await
                .context("a load worker ended")?
                .context("a connection broke")?,
        );
    }
    let took = begun.elapsed();
    latencies.sort_unstable();
    let p99 = latencies
        .get(latencies.len() * 99 / 100)
        .copied()
        .context("no answer came")?;
    Ok(Seen {
        answers: latencies.len() as u64,
        took,
        p99,
    })
}

/// The body of one answer.
pub(crate) async fn once(address: SocketAddr, request: &[u8]) -> Result<Vec<u8>> {
    let (head, octets) = first(address, request).await?;
    Ok(octets[head..].to_vec())
}

async fn answer_length(address: SocketAddr, request: &[u8]) -> Result<usize> {
    Ok(first(address, request).await?.1.len())
}

/// Where the body begins, and all octets.
async fn first(address: SocketAddr, request: &[u8]) -> Result<(usize, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await.context("the child does not listen")?;
    stream.write_all(request).await?;
    let mut answer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer[filled..]))
            .await
            .context("no answer within 5 s")??;
        ensure!(read > 0, "the child closed the connection");
        filled += read;
        let text = String::from_utf8_lossy(&answer[..filled]).to_ascii_lowercase();
        let Some(head) = text.find("\r\n\r\n") else { continue };
        ensure!(
            text.starts_with("http/1.1 200"),
            "the answer is not 200: {}",
            text.lines().next().unwrap_or_default()
        );
        let body: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .context("no content-length")?
            .trim()
            .parse()?;
        if filled >= head + 4 + body {
            answer.truncate(head + 4 + body);
            return Ok((head + 4, answer));
        }
    }
}
