//! What is sent as a picture and is none, and a provider of comparisons that is down: told, and counted as nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use server::face::made;
use server::office::CITIZEN_EXAMPLE;
use server::serve::Roles;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::api::{Stand, encoded, picture, visual};
use crate::city::Citizen;
use crate::house::{House, Place, TestCard, on_both};
use crate::node::Node;

on_both! {
    async fn r412_a_provider_that_is_down_costs_no_try_and_the_counter_is_named(house: House) {
        let vendor = Vendor::open().await;
        let (stand, signer) = Stand::with_faces(house, &vendor.chosen()).await;
        let citizen = stand.city.citizen("000000000000001").await;
        let app = App::proved(&stand, &citizen, &signer).await;
        for answer in [
            "",
            "\0\0garbage\r\n\r\n",
            "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{",
        ] {
            vendor.says(answer);
            let (status, no) = app.sends(&app.visual, &picture(1)).await;
            assert_eq!((status, &no["code"]), (503, &json!("E-FACE-DOWN")), "{answer}: {no}");
            for (language, counter) in [("ja", "市区町村の窓口"), ("en", "counter of your municipality")] {
                let told = no["detail"][language].as_str().unwrap();
                assert!(told.contains(counter), "{told}");
            }
            assert_eq!(app.left().await, 5, "{answer}");
        }
        // It works again: the same reservation goes on with the same card.
        vendor.says(GOOD);
        let (status, said) = app.sends(&app.visual, &picture(1)).await;
        assert_eq!((status, &said["state"]["state"]), (200, &json!("reserved")), "{said}");
    }

    async fn r412_a_provider_that_is_not_there_costs_no_try(house: House) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let face = format!("provider = \"http\"\nthreshold = 0.8\nurl = \"http://{address}/\"\n");
        let (stand, signer) = Stand::with_faces(house, &face).await;
        let citizen = stand.city.citizen("000000000000001").await;
        let app = App::proved(&stand, &citizen, &signer).await;
        let (status, no) = app.sends(&app.visual, &picture(1)).await;
        assert_eq!((status, &no["code"]), (503, &json!("E-FACE-DOWN")), "{no}");
        assert_eq!(app.left().await, 5);
    }

    async fn r412_what_was_taken_and_is_no_whole_jpeg_is_told_and_counted_as_nothing(house: House) {
        let vendor = Vendor::open().await;
        let (stand, signer) = Stand::with_faces(house, &vendor.chosen()).await;
        let citizen = stand.city.citizen("000000000000001").await;
        let app = App::proved(&stand, &citizen, &signer).await;
        let whole = picture(1);
        let half = whole.get(..whole.len() / 2).unwrap().to_vec();
        let mut too_long = whole.clone();
        too_long.resize(wire::pin_reset::LONGEST_PICTURE + 1, 0);
        for (what, broken) in [
            ("its beginning", whole.get(..3).unwrap().to_vec()),
            ("its half", half),
            ("4,295 million pixels", sized(&whole, 0xFFFF, 0xFFFF)),
            ("no height", sized(&whole, 640, 0)),
            ("a picture of one pixel", sized(&whole, 1, 1)),
            ("JPEG 2000, which only cards have", GREY.to_vec()),
            ("PNG", b"\x89PNG\r\n\x1a\n0000".to_vec()),
            ("more octets than are taken", too_long),
        ] {
            let (status, no) = app.sends(&app.visual, &broken).await;
            assert_eq!((status, &no["code"]), (422, &json!("E-PICTURE")), "{what}: {no}");
            assert_eq!(app.left().await, 5, "{what}");
        }
        let (status, no) = app.sends(&app.visual, &[]).await;
        assert_eq!((status, &no["code"]), (400, &json!("E-MALFORMED")), "nothing at all: {no}");
        // Twenty megabytes are not even read.
        let (status, no) = app.sends(&app.visual, &vec![0xFF; 20 << 20]).await;
        assert_eq!((status, &no["code"]), (413, &json!("E-SIZE")), "{no}");
        assert_eq!(app.left().await, 5);
        assert_eq!(vendor.asked(), 0, "nobody else sees what is no picture");
        let (status, said) = app.sends(&app.visual, &whole).await;
        assert_eq!((status, &said["state"]["state"]), (200, &json!("reserved")), "the control: {said}");
        assert_eq!(vendor.asked(), 1);
    }

    async fn r412_a_broken_face_on_a_card_is_told_and_counted_as_nothing(house: House) {
        let vendor = Vendor::open().await;
        let (stand, signer) = Stand::with_faces(house, &vendor.chosen()).await;
        let citizen = stand.city.citizen("000000000000001").await;
        let app = App::proved(&stand, &citizen, &signer).await;
        let portrait = made::portrait(1).unwrap();
        let half = |whole: &[u8]| whole.get(..whole.len() / 2).unwrap().to_vec();
        let with = |at: usize, new: &[u8]| {
            // SIZ: a codestream's own size, behind its marker.
            let siz = GREY.windows(2).position(|pair| pair == [0xFF, 0x51]).unwrap();
            let mut octets = GREY.to_vec();
            octets[siz + at..siz + at + new.len()].copy_from_slice(new);
            octets
        };
        for (what, broken) in [
            ("nothing", Vec::new()),
            ("no picture", b"no picture".to_vec()),
            ("half a JPEG", half(&portrait)),
            ("a JPEG of 4,295 million pixels", sized(&portrait, 0xFFFF, 0xFFFF)),
            ("half a JPEG 2000", half(GREY)),
            ("a JPEG 2000 of 18 million million million pixels", with(6, &[0xFF; 8])),
            ("a JPEG 2000 without width", with(6, &[0; 4])),
            ("a JPEG 2000 with a tile for each pixel", with(22, &[0, 0, 0, 1, 0, 0, 0, 1])),
            ("the boxes of a JPEG 2000 alone", GREY.get(..80).unwrap().to_vec()),
        ] {
            let visual = visual(&citizen, &signer, stand.city.now(), &broken);
            let (status, no) = app.sends(&visual, &picture(1)).await;
            assert_eq!((status, &no["code"]), (422, &json!("E-VISUAL")), "{what}: {no}");
            assert_eq!(app.left().await, 5, "{what}");
        }
        assert_eq!(vendor.asked(), 0);
        let visual = visual(&citizen, &signer, stand.city.now(), GREY);
        let (status, said) = app.sends(&visual, &picture(1)).await;
        assert_eq!((status, &said["state"]["state"]), (200, &json!("reserved")), "a whole JPEG 2000: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_not_start_with_a_provider_that_it_cannot_use() {
    let mut node = Node::start(Place::on_sqlite()).await;
    let missing = node.place().data.join("face.onnx").display().to_string();
    let model = format!(
        "[citizen.face.embedding]\npath = \"{missing}\"\nsha256 = \"{}\"\n",
        "0".repeat(64)
    );
    for (chosen, starts) in [
        ("provider = \"lbph\"\n".to_owned(), true),
        (format!("provider = \"onnx\"\nthreshold = 0.4\n{model}"), false),
    ] {
        let text = CITIZEN_EXAMPLE
            .replacen("[\"mihon-issuing\"]", "[\"mihon\"]", 1)
            .replacen(
                "[citizen.flow]\n",
                &format!("[citizen.face]\n{chosen}[citizen.flow]\n"),
                1,
            );
        let desk = node.running().desk();
        let now = desk.clock().now();
        desk.store().load_office("mihon-city", &text, now).await.unwrap();
        node.stop().await;
        match node.serve(Roles::all()).await {
            Ok(()) => assert!(starts, "{chosen}"),
            Err(no) => {
                let said = no.to_string();
                assert!(
                    !starts && said.contains("mihon-city") && said.contains(&missing),
                    "{said}"
                );
                assert!(said.contains("kagimori office load"), "{said}");
            }
        }
    }
}

/// A reservation whose card has proved itself, and the file of that card's face.
struct App<'a> {
    stand: &'a Stand,
    id: String,
    key: String,
    visual: Vec<u8>,
}

impl<'a> App<'a> {
    async fn proved(stand: &'a Stand, citizen: &Citizen, signer: &TestCard) -> Self {
        let (id, key) = stand.proved(citizen).await;
        let portrait = made::portrait(1).unwrap();
        let visual = visual(citizen, signer, stand.city.now(), &portrait);
        Self { stand, id, key, visual }
    }

    async fn state(&self) -> Value {
        let path = format!("/reservations/{}", self.id);
        self.stand.get(&path, Some(&self.key)).await.1["state"].clone()
    }

    async fn left(&self) -> u64 {
        self.state().await["left"].as_u64().unwrap()
    }

    async fn sends(&self, visual: &[u8], picture: &[u8]) -> (u16, Value) {
        let shot = self.state().await["shot"].clone();
        let body = json!({ "shot": shot, "visual": encoded(visual), "picture": encoded(picture) });
        let path = format!("/reservations/{}/capture", self.id);
        self.stand.post(&path, Some(&self.key), &body).await
    }
}

/// A service that answers as it is told to.
struct Vendor {
    url: String,
    says: Arc<std::sync::Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Vendor {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let says = Arc::new(std::sync::Mutex::new(GOOD.to_owned()));
        let asked = Arc::new(AtomicUsize::new(0));
        let (words, count) = (Arc::clone(&says), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = words.lock().unwrap().clone();
                whole_question(&mut stream).await;
                // Whoever has read enough closes.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, says, asked }
    }

    fn chosen(&self) -> String {
        format!("provider = \"http\"\nthreshold = 0.8\nurl = \"{}\"\n", self.url)
    }

    fn says(&self, answer: &str) {
        answer.clone_into(&mut self.says.lock().unwrap());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn whole_question(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        let Ok(length @ 1..) = stream.read(&mut part).await else {
            return;
        };
        seen.extend_from_slice(&part[..length]);
        let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&seen[..end]).to_ascii_lowercase();
        let announced = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        if seen.len() >= end + 4 + announced.parse::<usize>().unwrap() {
            return;
        }
    }
}

/// The same JPEG that says of itself that it has this size.
fn sized(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let mut jpeg = jpeg.to_vec();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 68\r\n\r\n\
                    {\"faces\":{\"card\":1,\"capture\":1},\"score\":0.912,\"version\":\"v2.1.0000\"}";

/// A drawn face of 72 × 88 pixels as OpenJPEG 2.5.4 writes it, in grey.
const GREY: &[u8] = include_bytes!("grey.jp2");
