//! A repeated request at two nodes on one database: one effect, one answer (A14). SQLite has one node.

use casework::officer::Role;
use serde_json::{Value, json};
use server::chance::Chance;
use server::clock::Clock;
use server::config::Serves;
use server::portal::Limits;
use server::serve::{Roles, Running, Server};
use server::store::StoreAddress;

use super::stand::{OFFICE, Officer, Program, Stand, entry};
use crate::held::Held;
use crate::house::Place;
use crate::invariant::{count, tamper};
use crate::node::{Answer, configuration, on_both_stores};

/// Two nodes, and an officer whose program speaks to both.
struct Pair {
    stand: Stand,
    address: StoreAddress,
    officer: Officer,
    programs: [Program; 2],
    second: Option<Running>,
    // Held for its end: the second node's own journal lies there.
    _elsewhere: tempfile::TempDir,
}

impl Pair {
    async fn new(place: Place) -> Self {
        let address = place.address.clone();
        let stand = Stand::at(place, Limits::default()).await;
        let elsewhere = tempfile::tempdir().unwrap();
        let second = match &address {
            StoreAddress::Sqlite(_) => None,
            StoreAddress::Postgres(_) => {
                let config = configuration(&Place::lasting(address.clone(), elsewhere.path()), "");
                let running = Server::start(config, Roles::all(), Clock::system(), Chance::system()).await;
                Some(running.unwrap())
            }
        };
        let officer = stand
            .officer(OFFICE, "1001", "見本 花子", &[Role::Entry, Role::Administration])
            .await;
        let mut programs = [officer.program.clone(), officer.program.clone()];
        if let Some(second) = &second {
            programs[1].address = second.address(Serves::Portal).unwrap();
        }
        Self {
            stand,
            address,
            officer,
            programs,
            second,
            _elsewhere: elsewhere,
        }
    }

    /// The same at both nodes while nobody can commit, so that neither is first by chance.
    async fn at_once(&self, path: &str, key: &str, bodies: [&Value; 2]) -> [Answer; 2] {
        let mut held = Held::take(&self.address).await;
        let sent = [0, 1].map(|node| {
            let (program, path, key, body) = (
                self.programs[node].clone(),
                path.to_owned(),
                key.to_owned(),
                bodies[node].clone(),
            );
            tokio::spawn(async move {
                program
                    .call("POST", &path, &[("idempotency-key", &key)], Some(&body))
                    .await
            })
        });
        held.until_waiting(if self.second.is_some() { 2 } else { 1 }).await;
        held.end().await;
        let [one, other] = sent;
        [one.await.unwrap(), other.await.unwrap()]
    }

    async fn papers(&self) -> i64 {
        count(
            &self.address,
            "SELECT COUNT(*) FROM office_case WHERE procedure = 'paper'",
        )
        .await
    }

    async fn end(mut self) {
        self.stand.node.stop().await;
        if let Some(second) = self.second.take() {
            second.stop().await;
        }
    }
}

on_both_stores! {
    async fn a14_one_key_at_both_nodes_at_once_has_one_effect_and_one_answer(place: Place) {
        let pair = Pair::new(place).await;
        let path = format!("/offices/{OFFICE}/papers");
        let body = entry(&pair.stand.card("鍵守 太郎").await, pair.stand.node.now());
        for round in 1..=3 {
            let [one, other] = pair.at_once(&path, &format!("enter-{round}"), [&body, &body]).await;
            assert_eq!((one.json(201), one.header("location")), (other.json(201), other.header("location")));
            assert_eq!(pair.papers().await, round, "one effect each");
        }
        // What is told once is told alike: the code of an invitation.
        let invite = json!({ "name": "見本 次郎", "person": "1002", "company": "7000012050002", "roles": ["entry"], "mail": "jiro@ca.example", "language": "ja" });
        let [one, other] = pair.at_once(&format!("/offices/{OFFICE}/officers"), "invite", [&invite, &invite]).await;
        assert_eq!(one.json(201)["code"], other.json(201)["code"]);
        let accounts = pair.programs[1].get(&format!("/offices/{OFFICE}/officers")).await.json(200);
        assert_eq!(accounts["officers"].as_array().unwrap().len(), 2);
        for program in &pair.programs {
            program.post(&path, &body).await.json(201);
        }
        assert_eq!(pair.papers().await, 5, "control: without a key each request has its effect");
        pair.end().await;
    }

    async fn a14_after_a_lost_answer_the_other_node_answers_and_does_nothing(place: Place) {
        let pair = Pair::new(place).await;
        let path = format!("/offices/{OFFICE}/papers");
        let body = entry(&pair.stand.card("鍵守 太郎").await, pair.stand.node.now());
        let key = [("idempotency-key", "lost")];
        // Whoever sends it hangs up before it is done.
        let mut held = Held::take(&pair.address).await;
        let (program, sent) = (pair.programs[0].clone(), (path.clone(), body.clone()));
        let hangs_up = tokio::spawn(async move { program.call("POST", &sent.0, &[("idempotency-key", "lost")], Some(&sent.1)).await });
        held.until_waiting(1).await;
        hangs_up.abort();
        held.end().await;
        let first = pair.programs[1].call("POST", &path, &key, Some(&body)).await.json(201);
        let again = pair.programs[0].call("POST", &path, &key, Some(&body)).await.json(201);
        assert_eq!((&again, pair.papers().await), (&first, 1));
        // The node died between the deed and its answer, more than a minute ago: the other one does it again, and finds it.
        tamper(&pair.address, "UPDATE idempotency SET answer = NULL, begun_at = begun_at - 61").await;
        let found = pair.programs[1].call("POST", &path, &key, Some(&body)).await.json(201);
        assert_eq!((&found["id"], pair.papers().await), (&first["id"], 1));
        let without = pair.programs[1].post(&path, &body).await.json(201);
        assert!(without["id"] != first["id"] && pair.papers().await == 2, "control: without the key it is another one");
        pair.end().await;
    }

    async fn a14_another_body_under_the_same_key_is_refused_on_both_nodes(place: Place) {
        let pair = Pair::new(place).await;
        let path = format!("/offices/{OFFICE}/papers");
        let body = entry(&pair.stand.card("鍵守 太郎").await, pair.stand.node.now());
        let mut other = body.clone();
        other["form"]["phone"] = json!("0399999999");
        let answers = pair.at_once(&path, "one-key", [&body, &other]).await;
        let mut told: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        told.sort_unstable();
        assert_eq!((told, pair.papers().await), (vec![201, 422], 1), "the first one has the key");
        let (taken, refused) = if answers[0].status == 201 { (&body, &other) } else { (&other, &body) };
        for program in &pair.programs {
            let key = [("idempotency-key", "one-key")];
            program.call("POST", &path, &key, Some(refused)).await.problem(422, "E-IDEMPOTENCY");
            program.call("POST", &path, &key, Some(taken)).await.json(201);
        }
        assert_eq!(pair.papers().await, 1);
        // A key is its token's: another program's request under it is another request.
        let scopes = super::stand::ALL;
        let colleague = pair.stand.program(OFFICE, pair.officer.id, &scopes, 1).await;
        colleague.call("POST", &path, &[("idempotency-key", "one-key")], Some(&other)).await.json(201);
        assert_eq!(pair.papers().await, 2);
        pair.end().await;
    }
}
