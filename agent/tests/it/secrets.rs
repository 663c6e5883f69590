//! The PIN is nowhere but in the card (A9).

use std::io::Write;

use agent::virtual_card::Keys;
use wire::card_request::SamePin;

use crate::bench::{Bench, Browser, PIN, card, card_with, to_pin};
use crate::portal::Portal;
use crate::scene::{OTHER, Scene};
use crate::traces::{faces, listen};

#[tokio::test(flavor = "multi_thread")]
async fn a09_no_pin_code_or_cookie_is_logged_at_any_level() {
    let log = listen();
    let portal = Portal::open().await;
    let bench = Bench::with(&portal).await;
    let (card, fingerprint) = card();
    bench.drawer.insert(1, card);
    let browser = Browser::new(&bench);
    let id = portal.ask_login("one");
    let page = to_pin(&browser, &portal, &id).await;
    let page = browser.submit(&page, "/request/pin", &[("pin", "90817263")]).await;
    let page = browser
        .submit(&page, "/request/pin", &[("pin", &format!("{PIN}abc"))])
        .await;
    let back = browser.submit(&page, "/request/pin", &[("pin", PIN)]).await;
    assert!(back.location.is_some());
    let page = browser
        .arrive(&portal, &portal.ask_signature("one", &fingerprint, "文\n"), "id=\"go\"")
        .await;
    browser.submit(&page, "/request/pin", &[]).await;
    // Two cards: the PIN of the one is tried on the other, and then that one's own is typed.
    let scene = Scene { portal, bench, browser };
    let renewal = scene.portal.ask_renewal("one", SamePin::Auto);
    scene.to_swap(&renewal).await;
    let (_, page) = scene.swap_in(&renewal, card_with(Keys::P256, OTHER).0).await;
    let page = scene.browser.submit(&page, "/request/pin", &[("same", "yes")]).await;
    assert!(page.html.contains("PIN番号が異なる"), "{}", page.html);
    assert!(scene.pin(&page, OTHER).await.location.is_some());
    let told = format!("{:?}", scene.portal.heard());
    let Scene { bench, browser, .. } = scene;
    let home = bench.home.dir().to_owned();
    let text = log.text();
    assert!(
        text.contains("/request/pin") && text.len() > 1_000,
        "something was logged: {}",
        text.len()
    );
    for pin in [PIN, OTHER, "90817263"] {
        for face in faces(pin) {
            assert!(!text.contains(&face), "a PIN stands in the log as {face:?}");
            assert!(!told.contains(&face), "a PIN was told to the portal as {face:?}");
        }
    }
    let code = format!("code-of-{id}");
    for secret in [code.as_str(), &browser.cookie_value()] {
        assert!(!text.contains(secret), "{secret} stands in the log");
    }
    for entry in std::fs::read_dir(home).unwrap() {
        let kept = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains(PIN));
    }
    // The control: what is logged on purpose is found by the same search.
    tracing::trace!("{}", faces(PIN)[1]);
    assert!(faces(PIN).iter().any(|face| log.text().contains(face)));
}

#[cfg(target_os = "linux")]
#[test]
fn a09_a_posted_pin_leaves_no_trace_in_the_agents_memory() {
    use std::io::Read as _;
    use std::net::TcpStream;
    use std::process::{Command, Stdio};

    // Made of two halves, so that the search does not find itself in anything but the process.
    let sentinel = format!("{}{}", "7305", "9164");
    let dir = tempfile::tempdir().unwrap();
    // A port of the moment: the agent names no other than the one that it is given.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let agent = Command::new(env!("CARGO_BIN_EXE_kagimori-agent"))
        .args(["serve", "--port", &port.to_string()])
        .env("KAGIMORI_AGENT_DIR", dir.path())
        .env("KAGIMORI_LOG", "trace")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let agent = Program(agent);
    let mut connected = None;
    for _ in 0..100 {
        connected = TcpStream::connect(("127.0.0.1", port)).ok();
        if connected.is_some() {
            break;
        }
        pause();
    }
    let mut line = connected.unwrap();
    let body = format!("visit=x&token=y&pin={sentinel}");
    let control = "a-header-that-stays-while-the-line-is-open";
    write!(
        line,
        "POST /request/pin HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = [0; 64];
    line.read_exact(&mut answer).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 409"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    // The control: a request that has not come to its end lies in the line's buffer, and the same search finds it.
    write!(line, "GET / HTTP/1.1\r\nX-Control: {control}\r\n").unwrap();
    let mut seen = false;
    for _ in 0..20 {
        seen = holds(agent.0.id(), control.as_bytes());
        if seen {
            break;
        }
        pause();
    }
    assert!(seen);
    drop(line);
    let mut left = true;
    for _ in 0..20 {
        left = holds(agent.0.id(), sentinel.as_bytes()) || holds(agent.0.id(), control.as_bytes());
        if !left {
            break;
        }
        pause();
    }
    let found = holds(agent.0.id(), dir.path().to_str().unwrap().as_bytes());
    assert!(found, "the memory was read to the end");
    assert!(!left, "the PIN is still in memory after its connection has ended");
}

/// Whether a process holds these octets anywhere in its memory.
#[cfg(target_os = "linux")]
fn holds(process: u32, wanted: &[u8]) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = std::fs::File::open(format!("/proc/{process}/mem")).unwrap();
    maps.lines()
        .filter(|line| line.split(' ').nth(1).is_some_and(|access| access.starts_with("rw")))
        .any(|line| {
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let (from, to) = (
                u64::from_str_radix(from, 16).unwrap(),
                u64::from_str_radix(to, 16).unwrap(),
            );
            // Page by page, since most of a map was never touched and reads as zeros, or not at all.
            let mut touched = Vec::new();
            let mut page = [0; PAGE];
            let mut at = from;
            while at < to {
                let read = memory.seek(SeekFrom::Start(at)).is_ok() && memory.read_exact(&mut page).is_ok();
                if read && page != [0; PAGE] {
                    touched.extend_from_slice(&page);
                }
                at += PAGE as u64;
            }
            let first = wanted[0];
            touched
                .split(|octet| *octet == first)
                .scan(0, |at, part| {
                    *at += part.len() + 1;
                    Some(*at - 1)
                })
                .any(|at| touched[at..].starts_with(wanted))
        })
}

#[cfg(target_os = "linux")]
const PAGE: usize = 4096;

/// A moment in which another process can go on.
#[cfg(target_os = "linux")]
fn pause() {
    let (never, told) = std::sync::mpsc::channel::<()>();
    told.recv_timeout(std::time::Duration::from_millis(50)).unwrap_err();
    drop(never);
}

/// A program that ends with its test, however that ends.
#[cfg(target_os = "linux")]
struct Program(std::process::Child);

#[cfg(target_os = "linux")]
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
