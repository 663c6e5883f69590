//! The machine's time, against what was signed before and against somebody else's.

use std::time::Duration;

use casework::time::Instant;
use tokio::net::UdpSocket;

use super::{Finding, Gauge, State, What, seconds, span};
use crate::config::Config;
use crate::fault::Fault;
use crate::store::Store;

pub(super) async fn examine(config: &Config, store: &Store, now: Instant) -> Result<Vec<Finding>, Fault> {
    let mut found = Vec::new();
    let last = store.last_time().await?;
    let behind = last.map_or(0, |last| last.0 - now.0);
    found.push(if behind > seconds(config.alarms.clock) {
        let says = format!("this machine's time is {} before the last signed time", span(behind));
        let next = "set the clock; lists and answers are dated after the last signed time until it is reached";
        Finding::of(What::Clock, "last signed time", State::Failure, says, next)
    } else {
        Finding::ok(
            What::Clock,
            "last signed time",
            "this machine's time is after everything that was signed",
        )
    });
    if let Some(source) = &config.alarms.time_source {
        found.push(match ask(source).await {
            Err(why) => Finding::of(
                What::Clock,
                source,
                State::Warning,
                format!("the time source does not answer: {why}"),
                "look at it, or name another one in [alarms]",
            ),
            Ok(theirs) => {
                // The machine's own, not a demo's: `now` may be shifted, the difference of both is what counts.
                let differs = (now.0 - theirs).abs();
                let says = format!("this machine's time differs by {}", span(differs));
                let finding = if differs > seconds(config.alarms.clock) {
                    let next = "set the clock: windows, lists and answers go by it";
                    Finding::of(What::Clock, source, State::Failure, says, next)
                } else {
                    Finding::ok(What::Clock, source, says)
                };
                finding.measuring(Gauge::ClockDiffers, differs)
            }
        });
    }
    Ok(found)
}

/// Asks an NTP server once (RFC 5905 §14, client mode) and gives Unix seconds.
async fn ask(source: &str) -> Result<i64, String> {
    let asked = async {
        let socket = UdpSocket::bind(("::", 0)).await;
        let socket = match socket {
            Ok(socket) => socket,
            // A machine without IPv6.
            Err(_) => UdpSocket::bind(("0.0.0.0", 0)).await?,
        };
        let address = if source.contains(':') {
            source.to_owned()
        } else {
            format!("{source}:123")
        };
        socket.connect(&address).await?;
        let mut packet = [0; 48];
        // No warning, version 4, client.
        packet[0] = 0x23;
        socket.send(&packet).await?;
        let length = socket.recv(&mut packet).await?;
        Ok::<_, std::io::Error>((length, packet))
    };
    let (length, packet) = tokio::time::timeout(PATIENCE, asked)
        .await
        .map_err(|_| format!("no answer within {PATIENCE:?}"))?
        .map_err(|why| why.to_string())?;
    let (mode, stratum) = (packet[0] & 7, packet[1]);
    if length < 48 || mode != 4 || !(1..=15).contains(&stratum) {
        return Err("it answers that it does not know the time".to_owned());
    }
    let transmitted = u32::from_be_bytes([packet[40], packet[41], packet[42], packet[43]]);
    Ok(unix(transmitted))
}

/// NTP counts from 1900, in eras of 2^32 seconds; the present one ends in 2036, and small numbers are of the next.
fn unix(transmitted: u32) -> i64 {
    let era = if transmitted < 1 << 31 { 1 << 32 } else { 0 };
    i64::from(transmitted) + era - FROM_1900_TO_1970
}

const PATIENCE: Duration = Duration::from_secs(5);
const FROM_1900_TO_1970: i64 = 2_208_988_800;

#[cfg(test)]
mod tests {
    use super::unix;

    #[test]
    fn seconds_of_either_era_are_read() {
        assert_eq!(unix(2_208_988_800), 0);
        assert_eq!(unix(3_989_520_000), 1_780_531_200);
        // 7 February 2036, 06:28:16 UTC.
        assert_eq!(unix(0), 2_085_978_496);
    }
}
