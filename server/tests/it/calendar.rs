//! Holidays as data of the house, and the open days of an office: the same on both databases, and as an operator imports them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use casework::calendar::{Kind, Listed, NoData, Status, rules};
use casework::identity::Digest;
use casework::time::{Date, Day};
use serde_json::{Value, json};
use server::calendar::{self, shipped};
use server::desk::Actor;
use server::office::{AUTHORITY_EXAMPLE, Office};
use server::store::HolidaysImported;

use crate::house::{House, on_both};
use crate::operator::Desk;

const CABINET: &str = "国民の祝日・休日月日,国民の祝日・休日名称\r\n";

/// Years as the Cabinet Office publishes them.
fn cabinet(years: impl IntoIterator<Item = i32>) -> String {
    let lines = years.into_iter().flat_map(rules::holidays).map(|holiday| {
        let date = holiday.day.date();
        let name = match holiday.kind {
            Kind::National => holiday.name.as_str(),
            Kind::Substitute | Kind::Between => "休日",
        };
        format!("{}/{}/{},{name}\r\n", date.year, date.month, date.day)
    });
    std::iter::once(CABINET.to_owned()).chain(lines).collect()
}

async fn import(house: &House, text: &str) -> HolidaysImported {
    let sheet = calendar::read(text.as_bytes()).unwrap();
    assert_eq!(sheet.bad, []);
    let (done, count) = (Arc::new(AtomicUsize::new(0)), sheet.rows.len());
    let importing = house.desk.import_holidays(
        &Actor::Operator { name: "test" },
        sheet.rows.clone(),
        (Digest([7; 32]), sheet.differences().len()),
        Arc::clone(&done),
    );
    let imported = importing.await.unwrap();
    assert_eq!(done.load(Ordering::Relaxed), count);
    imported
}

async fn known(house: &House) -> Vec<Listed> {
    let holidays = house.store().holidays(1900..=2200).await.unwrap();
    let years: Vec<i32> = holidays.years().map(|(year, _)| year).collect();
    years.iter().flat_map(|year| holidays.of(*year).cloned()).collect()
}

fn day(iso: &str) -> Day {
    Date::from_iso(iso).unwrap().as_day()
}

on_both! {
    async fn what_is_shipped_is_there_from_the_first_start_on(house: House) {
        assert_eq!(known(&house).await, shipped());
        let house = house.restart().await.unwrap();
        assert_eq!(known(&house).await, shipped());
        let office = Office::from_toml(AUTHORITY_EXAMPLE).unwrap();
        let calendar = house.desk.calendar(&office, day("2026-09-18")).await.unwrap();
        assert_eq!(calendar.next_business_day(day("2026-09-18")), Ok(day("2026-09-24")));
        assert_eq!(calendar.is_closed(day("2031-01-06")), Err(NoData { year: 2031 }));
        // What the program itself said of its own years is no act of anybody.
        assert!(house.store().events(HolidaysImported::case()).await.unwrap().is_empty());
    }

    async fn an_operators_years_take_the_place_of_the_shipped_ones_and_no_start_brings_those_back(house: House) {
        let told = import(&house, &cabinet(2027..=2028)).await;
        // 2027 was official and is as it was; 2028 is announced now.
        let counts = |told: HolidaysImported| [told.years, told.changed, told.added, told.removed, told.altered];
        assert_eq!(counts(told), [2, 1, 0, 0, 16]);
        let again = import(&house, &cabinet(2027..=2028)).await;
        assert_eq!(counts(again), [2, 0, 0, 0, 0], "the same file again changes nothing");
        let moved = cabinet([2028]).replace("2028/10/9,", "2028/10/10,");
        assert_eq!(counts(import(&house, &moved).await), [1, 1, 1, 1, 0]);
        assert_eq!(counts(import(&house, &cabinet([1999, 2031])).await)[..2], [2, 2]);
        let house = house.restart().await.unwrap();
        let holidays = house.store().holidays(1999..=2031).await.unwrap();
        assert!(holidays.on(day("2028-10-10")).is_some() && holidays.on(day("2028-10-09")).is_none());
        let official: Vec<i32> = holidays.years().filter(|(_, status)| *status == Status::Official).map(|(year, _)| year).collect();
        assert_eq!(official, [1999, 2025, 2026, 2027, 2028, 2031]);
        let events = house.store().events(HolidaysImported::case()).await.unwrap();
        assert_eq!(events.len(), 3, "what changed nothing is no event");
        for event in &events {
            assert_eq!((event.name.as_str(), event.actor.as_str()), ("holidays_imported", "operator test"));
            assert!(event.document.contains(&"07".repeat(32)), "{}", event.document);
        }
        assert!(events[1].document.contains("\"differences\":\"2\""), "{}", events[1].document);
    }

    async fn a_date_picker_has_the_open_days_of_its_office_and_says_where_the_data_ends(house: House) {
        let text = AUTHORITY_EXAMPLE.replacen("\n[revocation]\n", "\n[calendar]\nyear_end_closed = false\n[[calendar.closed]]\non = \"11-25\"\nname = { ja = \"甲\", en = \"A\" }\n[revocation]\n", 1);
        let office = Office::from_toml(&text).unwrap();
        let applied = day("2026-11-20");
        let choice = house.desk.desired_days(&office, applied).await.unwrap();
        let days: Vec<Day> = choice.days.iter().map(|wished| wished.day()).collect();
        assert_eq!(&days[..3], [day("2026-11-24"), day("2026-11-26"), day("2026-11-27")]);
        assert_eq!((choice.last, days.last().copied()), (applied.plus(60), Some(applied.plus(60))));
        assert!(days.contains(&day("2026-12-30")) && !days.contains(&day("2027-01-01")));
        assert_eq!(choice.unknown, None);
        let late = house.desk.desired_days(&office, day("2030-12-02")).await.unwrap();
        assert_eq!(late.unknown, Some(NoData { year: 2031 }));
        assert_eq!(late.days.last().unwrap().day(), day("2030-12-31"));
    }
}

fn run(desk: &Desk, arguments: &[&str]) -> (i32, Value) {
    let (status, said) = desk.kagimori(&[&["import", "holidays", "--json"], arguments].concat());
    (
        status,
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{arguments:?}: {said}")),
    )
}

#[test]
fn the_cabinet_offices_file_is_imported_whole_in_its_own_encoding() {
    let desk = Desk::new();
    let text = cabinet(2026..=2028);
    let (octets, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    std::fs::write(desk.place().join("syukujitsu.csv"), &octets).unwrap();
    let (status, told) = run(&desk, &["syukujitsu.csv"]);
    assert_eq!(status, 0, "{told}");
    for (name, value) in [
        ("imported", json!(true)),
        ("encoding", json!("Shift_JIS")),
        ("first_year", json!(2026)),
        ("last_year", json!(2028)),
        ("changed", json!(1)),
        ("altered", json!(16)),
        ("differences", json!([])),
        ("bad", json!([])),
    ] {
        assert_eq!(told[name], value, "{name}: {told}");
    }
    let said = desk.done(&["import", "holidays", "syukujitsu.csv"]);
    assert!(said.contains("3 years, all of them as they were"), "{said}");
    // A difference from the rules is said, and the file is taken.
    desk.write("moved.csv", &cabinet([2028]).replace("2028/10/9,", "2028/10/10,"));
    let said = desk.done(&["import", "holidays", "moved.csv"]);
    for words in [
        "1 days added, 1 taken off",
        "2028-10-09: the rules have スポーツの日 (祝日), the file has nothing",
        "2028-10-10: the file has スポーツの日 (祝日), the rules have nothing",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let (_, told) = run(&desk, &["moved.csv"]);
    assert_eq!(told["changed"], 0);
}

#[test]
fn one_bad_line_is_named_and_nothing_is_imported_and_partial_leaves_out_its_whole_year() {
    let desk = Desk::new();
    let bad = cabinet(2028..=2029).replace("2029/9/23,", "2029/9/31,");
    desk.write("bad.csv", &bad);
    let (status, told) = run(&desk, &["bad.csv"]);
    assert_eq!((status, &told["imported"]), (1, &json!(false)), "{told}");
    let named = &told["bad"][0];
    assert_eq!(named["column"], "国民の祝日・休日月日");
    assert_eq!(named["line"], 1 + 16 + 15);
    let (status, said) = desk.kagimori(&["import", "holidays", "bad.csv"]);
    assert_eq!(status, 1);
    for words in [
        "bad.csv: line 32, 国民の祝日・休日月日: wanted: a day",
        "nothing was imported",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let (status, told) = run(&desk, &["bad.csv", "--partial"]);
    assert_eq!((status, &told["left_out"]), (0, &json!([2029])), "{told}");
    assert_eq!((&told["first_year"], &told["last_year"]), (&json!(2028), &json!(2028)));
    // Where no year is whole, nothing is taken.
    desk.write("one.csv", &cabinet([2029]).replace("2029/9/23,", "2029/9/31,"));
    let (status, said) = desk.kagimori(&["import", "holidays", "one.csv", "--partial"]);
    assert_eq!(status, 1);
    assert!(said.contains("no year of it is whole"), "{said}");
    desk.write("other.csv", "day,what\n2028-01-01,x\n");
    let (status, said) = desk.kagimori(&["import", "holidays", "other.csv"]);
    assert_eq!(status, 1);
    assert!(
        said.contains("other.csv") && said.contains("国民の祝日・休日月日"),
        "{said}"
    );
}

#[test]
fn the_doctor_says_when_holidays_are_a_forecast_or_are_not_known() {
    let desk = Desk::new();
    let told = |desk: &Desk| {
        let (_, said) = desk.kagimori(&["doctor", "--json"]);
        let told: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        let found = told["findings"].as_array().unwrap().iter();
        let found: Vec<Value> = found.filter(|finding| finding["what"] == "calendar").cloned().collect();
        assert_eq!(found.len(), 1, "{told}");
        found[0].clone()
    };
    let year = server::clock::Clock::system().now().day().date().year;
    let years = || year..=year + 1;
    desk.write("official.csv", &cabinet(years()));
    desk.done(&["import", "holidays", "official.csv"]);
    assert_eq!(told(&desk)["state"], "ok");
    let rows: BTreeSet<Day> = years().flat_map(rules::holidays).map(|holiday| holiday.day).collect();
    let forecast: Vec<String> = rows
        .iter()
        .map(|day| format!("{},何かの日,祝日,forecast", day.date()))
        .collect();
    desk.write(
        "forecast.csv",
        &format!("date,name,kind,status\n{}\n", forecast.join("\n")),
    );
    desk.done(&["import", "holidays", "forecast.csv"]);
    let found = told(&desk);
    assert_eq!(found["state"], "warning", "{found}");
    assert!(found["says"].as_str().unwrap().contains("見込み"), "{found}");
    assert!(
        found["next"].as_str().unwrap().contains("kagimori import holidays"),
        "{found}"
    );
}
