//! A transaction of CMP is the house's and not a node's: what one met is a replay at every other and after a restart, and
//! its certificate is confirmed wherever the holder finds the door.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use casework::identity::Fingerprint;
use pki::algorithm::Algorithm;
use pki::certificate::Certificate;
use pki::cmp::{
    Asks, Body, CertificateStatus, Disposition, Failure, MacParameters, Message, Nonce, Outgoing, Party, Protector,
    Request, Secret, TransactionId, Version,
};
use pki::key::SoftwareKey;
use server::chance::Chance;
use server::clock::Clock;
use server::serve::{Roles, Running, Server};
use server::store::StoreAddress;

use crate::enrolment::{Door, listen};
use crate::grant::{self, terminal};
use crate::held::Held;
use crate::house::Place;
use crate::invariant::count;
use crate::node::{configuration, free_port, on_both_stores, run};

on_both_stores! {
    async fn r19_a_certificate_that_waits_survives_a_restart_and_is_confirmed_as_often_as_it_is_said(place: Place) {
        let mut door = Door::open(place).await;
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        let client = Client::of(&door).await;
        let asked = client.asks();
        let granted = client.says(door.port, &asked);
        door.node.stop().await;
        door.node.serve(Roles::all()).await.unwrap();
        assert_eq!(client.says(door.port, &asked).refused(), [Failure::TransactionIdInUse], "a replay after the restart");
        let confirmed = client.confirms(&granted, None);
        let wrong = client.confirms(&Answer { nonce: [9; 16].into(), ..granted.clone() }, None);
        assert_eq!(client.says(door.port, &wrong).refused(), [Failure::BadRecipientNonce], "what it must agree with is kept");
        assert!(client.says(door.port, &confirmed).is_confirmed());
        assert!(client.says(door.port, &confirmed).is_confirmed(), "the answer was lost");
        let not_taken = client.confirms(&granted, Some(Disposition::rejected(Failure::BadCertTemplate, "another name")));
        assert_eq!(client.says(door.port, &not_taken).refused(), [Failure::CertConfirmed]);
        assert!(!is_revoked(&door, granted.certificate()).await, "what was said first counts");
        assert_eq!(client.says(door.port, &asked).refused(), [Failure::TransactionIdInUse], "a replay when it is over");
        // The control: in another transaction the same codes fetch the same certificate, and refuse it.
        let client = client.anew();
        let again = client.says(door.port, &client.asks());
        assert_eq!(again.certificate(), granted.certificate());
        let not_taken = client.confirms(&again, Some(Disposition::rejected(Failure::BadCertTemplate, "another name")));
        for _ in 0..2 {
            assert!(client.says(door.port, &not_taken).is_confirmed());
            assert!(is_revoked(&door, granted.certificate()).await);
        }
        let taken = client.confirms(&again, None);
        assert_eq!(client.says(door.port, &taken).refused(), [Failure::CertConfirmed]);
        let never = client.anew();
        assert_eq!(never.says(door.port, &never.confirms(&again, None)).refused(), [Failure::BadRequest]);
    }

    async fn r19_what_one_node_met_the_other_refuses_as_a_replay_and_hears_confirmed(place: Place) {
        let door = Door::open(place).await;
        let Some(other) = Other::beside(&door).await else {
            // SQLite has one node: its restart is the test before.
            return;
        };
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        let client = Client::of(&door).await;
        let asked = client.asks();
        let granted = client.says(door.port, &asked);
        assert_eq!(client.says(other.port, &asked).refused(), [Failure::TransactionIdInUse]);
        let confirmed = client.confirms(&granted, None);
        for port in [other.port, door.port, other.port] {
            assert!(client.says(port, &confirmed).is_confirmed());
            assert_eq!(client.says(port, &asked).refused(), [Failure::TransactionIdInUse]);
        }
        let client = client.anew();
        let control = client.says(other.port, &client.asks());
        assert_eq!(control.certificate(), granted.certificate(), "another transaction is answered there too");
        other.running.stop().await;
    }

    async fn r19_of_one_transaction_at_two_nodes_at_once_one_is_the_first_of_its_name(place: Place) {
        let door = Door::open(place).await;
        let address = door.node.place().address.clone();
        let other = Other::beside(&door).await;
        let ports = [door.port, other.as_ref().map_or(door.port, |other| other.port)];
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        let mut client = Client::of(&door).await;
        // Both have their keys to answer with.
        for port in ports {
            client = client.anew();
            client.says(port, &client.asks()).certificate();
        }
        for _ in 0..3 {
            client = client.anew();
            let asked = client.asks();
            let mut held = Held::take(&address).await;
            let said = ports.map(|port| {
                let (client, asked) = (client.clone(), asked.clone());
                tokio::task::spawn_blocking(move || client.says(port, &asked))
            });
            held.until_waiting(if other.is_some() { 2 } else { 1 }).await;
            held.end().await;
            let [one, another] = said;
            let answers = [one.await.unwrap(), another.await.unwrap()];
            let granted = answers.iter().filter(|answer| matches!(answer.body, Body::Response(..))).count();
            let refused = answers.iter().filter(|answer| matches!(answer.body, Body::Error(_)));
            assert_eq!(granted, 1);
            refused.for_each(|answer| assert_eq!(answer.refused(), [Failure::TransactionIdInUse]));
        }
        if let Some(other) = other {
            other.running.stop().await;
        }
    }

    async fn r19_a_transaction_is_forgotten_when_no_replay_of_it_could_count_and_not_before(place: Place) {
        let door = Door::open(place).await;
        let address = door.node.place().address.clone();
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        let rows = || count(&address, "SELECT COUNT(*) FROM cmp_transaction");
        let sweep = || async { server::enrolment::sweep(door.desk().store(), door.desk().clock().now()).await.unwrap() };
        // As far ahead as a clock may be.
        let first = Client { time: 290, ..Client::of(&door).await };
        let asked = first.asks();
        first.says(door.port, &asked).certificate();
        door.node.advance(580);
        assert_eq!((sweep().await, rows().await), (0, 1));
        assert_eq!(first.says(door.port, &asked).refused(), [Failure::TransactionIdInUse], "its clock passes still");
        let later = Client { time: 580, ..first.anew() };
        let late = later.asks();
        let waits = later.says(door.port, &late);
        door.node.advance(310);
        assert_eq!((sweep().await, rows().await), (0, 2));
        door.node.advance(40);
        // By the upkeep alone.
        let begun = std::time::Instant::now();
        while rows().await == 2 {
            assert!(begun.elapsed() < Duration::from_mins(1), "the upkeep sweeps no transactions");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(rows().await, 1, "what still counts stays");
        assert_eq!(first.says(door.port, &asked).refused(), [Failure::BadTime]);
        assert_eq!(later.says(door.port, &late).refused(), [Failure::TransactionIdInUse]);
        let confirming = Client { time: 930, ..later };
        assert!(confirming.says(door.port, &confirming.confirms(&waits, None)).is_confirmed());
    }

    async fn r19_only_who_is_believed_is_remembered_and_thirty_times_in_a_quarter_of_an_hour(place: Place) {
        let door = Door::open(place).await;
        let address = door.node.place().address.clone();
        grant::open(door.desk(), &door.office, 1, terminal()).await;
        let rows = || count(&address, "SELECT COUNT(*) FROM cmp_transaction");
        let client = Client::of(&door).await;
        let guesses = Client { secret: "AAAAAAAAAA-NACCS".to_owned(), ..client.anew() };
        assert_eq!(guesses.says(door.port, &guesses.asks()).refused(), [Failure::BadMessageCheck]);
        let body = client.request();
        let stranger = Protector::Signature { signer: &*client.key, certificate: &client.own };
        for (with, bit) in [(Protector::Nothing, Failure::BadMessageCheck), (stranger, Failure::SignerNotTrusted)] {
            let message = client.outgoing(&body, None).protect(with).unwrap();
            assert_eq!(client.says(door.port, &message).refused(), [bit]);
        }
        assert_eq!(rows().await, 0);
        let mut last = client;
        for number in 1..=30 {
            last = last.anew();
            last.says(door.port, &last.asks()).certificate();
            assert_eq!(rows().await, number, "the control: who is believed is remembered");
        }
        let one_more = last.anew();
        assert_eq!(one_more.says(door.port, &one_more.asks()).refused(), [Failure::SystemUnavail]);
        assert_eq!(last.says(door.port, &last.asks()).refused(), [Failure::TransactionIdInUse], "and a replay is one still");
        assert_eq!(rows().await, 30);
        door.node.advance(930);
        while server::enrolment::sweep(door.desk().store(), door.desk().clock().now()).await.unwrap() > 0 {}
        let again = Client { time: 930, ..one_more };
        again.says(door.port, &again.asks()).certificate();
    }
}

/// A terminal's program, by its codes. It has a certificate of its own making, too, whose name is the one that is asked for.
#[derive(Clone)]
struct Client {
    dir: PathBuf,
    secret: String,
    key: Arc<SoftwareKey>,
    own: Certificate,
    transaction: TransactionId,
    /// So many seconds its clock is ahead.
    time: i64,
}

/// What a door answered.
#[derive(Clone)]
struct Answer {
    body: Body,
    nonce: Nonce,
}

/// A second node on the same database.
struct Other {
    running: Running,
    port: u16,
    // Held for its end: its own journal lies there.
    _elsewhere: tempfile::TempDir,
}

impl Client {
    async fn of(door: &Door) -> Self {
        let dir = door.dir.path();
        let key = SoftwareKey::generate(Algorithm::P256).unwrap();
        std::fs::write(dir.join("own.der"), &*key.to_pkcs8().unwrap()).unwrap();
        let sign = "req -x509 -key own.der -keyform DER -days 10 -subj /CN=NAC11110A -out own.pem";
        let (status, said) = run("openssl", &sign.split(' ').collect::<Vec<_>>(), dir);
        assert_eq!(status, 0, "{said}");
        let own = std::fs::read_to_string(dir.join("own.pem")).unwrap();
        Self {
            dir: dir.to_owned(),
            secret: format!("{}-NACCS", door.second(terminal()).await),
            key: Arc::new(key),
            own: Certificate::from_pem(&own).unwrap(),
            transaction: fresh().to_vec().try_into().unwrap(),
            time: 0,
        }
    }

    /// The same in another transaction.
    fn anew(&self) -> Self {
        Self {
            transaction: fresh().to_vec().try_into().unwrap(),
            ..self.clone()
        }
    }

    fn request(&self) -> Body {
        let request = Request::new(self.own.subject(), &*self.key, None).unwrap();
        Body::Request(Asks::Initial, Box::new(request))
    }

    fn asks(&self) -> Vec<u8> {
        self.protected(&self.request(), None)
    }

    fn confirms(&self, granted: &Answer, why_not: Option<Disposition>) -> Vec<u8> {
        let status = CertificateStatus::of(0, granted.certificate(), why_not);
        self.protected(&Body::Confirm(Some(status)), Some(granted.nonce.clone()))
    }

    fn protected(&self, body: &Body, answers: Option<Nonce>) -> Vec<u8> {
        let with = Protector::Secret {
            secret: &Secret::new(self.secret.as_bytes()),
            reference: b"NAC11110A",
            parameters: &MacParameters::new(fresh()),
        };
        self.outgoing(body, answers).protect(with).unwrap()
    }

    fn outgoing<'a>(&self, body: &'a Body, answers: Option<Nonce>) -> Outgoing<'a> {
        Outgoing {
            version: Version::Two,
            sender: Party::of(self.own.subject()),
            recipient: Party::of(self.own.subject()),
            time: Clock::system().now().0 + self.time,
            transaction: self.transaction.clone(),
            sender_nonce: fresh().into(),
            recipient_nonce: answers,
            implicit_confirm: false,
            body,
            certificates: &[],
        }
    }
}

impl Client {
    /// Sends a message to the door on this port; its answer is believed as a client must.
    fn says(&self, port: u16, message: &[u8]) -> Answer {
        let octets: [u8; 8] = Chance::system().octets();
        let name = format!("{:x}", u64::from_be_bytes(octets));
        let (sent, heard) = (format!("{name}.sent"), format!("{name}.heard"));
        std::fs::write(self.dir.join(&sent), message).unwrap();
        let url = format!("https://localhost:{port}/.well-known/cmp/mihon");
        let (resolve, data) = (format!("localhost:{port}:127.0.0.1"), format!("@{sent}"));
        let kind = "content-type: application/pkixcmp";
        let to = ["-s", "-f", "--cacert", "tls.pem", "--resolve", &resolve, "-H", kind];
        let (status, said) = run(
            "curl",
            &[&to[..], &["-o", &heard, "--data-binary", &data, &url]].concat(),
            &self.dir,
        );
        assert_eq!(status, 0, "{said}");
        let answer = Message::parse(&std::fs::read(self.dir.join(&heard)).unwrap()).unwrap();
        assert_eq!(answer.header().transaction.as_ref(), Some(&self.transaction));
        let by_secret = answer.clone().verify_secret(&Secret::new(self.secret.as_bytes()));
        let authentic = by_secret.or_else(|_| {
            let signer = answer.certificates()[0].clone();
            answer.verify_signature(&signer)
        });
        let authentic = authentic.unwrap();
        Answer {
            body: authentic.body().unwrap(),
            nonce: authentic.header().sender_nonce.clone().unwrap(),
        }
    }
}

impl Answer {
    fn certificate(&self) -> &Certificate {
        match &self.body {
            Body::Response(Asks::Initial, granted) => granted.certificate.as_ref().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn refused(&self) -> &[Failure] {
        match &self.body {
            Body::Error(error) => &error.status.failures,
            other => panic!("{other:?}"),
        }
    }

    fn is_confirmed(&self) -> bool {
        matches!(self.body, Body::Confirmed)
    }
}

impl Other {
    /// `None` on SQLite, which has one node.
    async fn beside(door: &Door) -> Option<Self> {
        let address = door.node.place().address.clone();
        if let StoreAddress::Sqlite(_) = address {
            return None;
        }
        let (elsewhere, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut config = configuration(&Place::lasting(address, elsewhere.path()), "");
        config.listen.push(listen(door.dir.path(), port));
        let running = Server::start(config, Roles::all(), Clock::system(), Chance::system()).await;
        Some(Self {
            running: running.unwrap(),
            port,
            _elsewhere: elsewhere,
        })
    }
}

async fn is_revoked(door: &Door, certificate: &Certificate) -> bool {
    let fingerprint = Fingerprint(certificate.fingerprint());
    let row = door.desk().store().terminal_certificate(fingerprint).await.unwrap();
    row.unwrap().revoked.is_some()
}

fn fresh() -> [u8; 16] {
    Chance::system().octets()
}
