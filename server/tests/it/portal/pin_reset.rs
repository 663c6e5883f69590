//! What an issuer of citizens' cards tells everybody.

use server::office::CITIZEN_EXAMPLE;
use server::portal::{Portal, Site, router};

use super::browser::{Browser, ORIGIN};
use crate::city::{City, at};
use crate::house::{House, on_both};

on_both! {
    async fn the_page_of_a_city_says_who_what_when_and_where_in_both_languages(house: House) {
        let window = "[[citizen.maintenance]]\nfrom = \"2026-11-21T01:00:00+09:00\"\nuntil = \"2026-11-21T05:00:00+09:00\"\n\
                      says = { ja = \"機器の更新\", en = \"new equipment\" }\n[citizen.flow]\n";
        let text = CITIZEN_EXAMPLE
            .replacen("[citizen.flow]\n", window, 1)
            .replacen("closed = []", "closed = [\"2026-11-19\", \"2026-12-31\"]", 1);
        let city = City::with(house, &text).await;
        let router = router(Portal::new(city.desk.clone(), Site::at(ORIGIN)).unwrap());
        let (mut ja, mut en) = (Browser::new(&router), Browser::in_english(&router));
        let offices = ja.get("/").await.text();
        assert!(offices.contains("href=\"/mihon-city\"") && offices.contains("署名用暗証番号の初期化・再設定"));
        let page = ja.get("/mihon-city").await.text();
        for said in ["STEP 1", "24時間以内", "6:30～23:00", "機器の更新", "2026年12月31日", "無料", "数字4桁の暗証番号は対象外", "/kiosks"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("2026年11月19日"), "what is over is not told");
        let page = en.get("/mihon-city").await.text();
        for said in ["STEP 2", "Within 24 hours", "from 6:30 to 23:00", "new equipment", "municipal counter"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        city.house.it_is(at(21, (5, 0, 0)));
        assert!(!ja.get("/mihon-city").await.text().contains("機器の更新"), "it is over");
        let flow = city.office.citizen().unwrap().flow.digest().to_string();
        let read = ja.get("/mihon-city/pin-reset/flow").await.text();
        assert!(read.contains(&flow) && read.contains("STEP 2 キオスク端末"));
        assert!(en.get("/mihon-city/pin-reset/terms").await.text().contains("In person"));
        assert_eq!(ja.get("/mihon-ca/pin-reset/flow").await.status, 404);
        assert_eq!(ja.get("/mihon-city/revocation").await.status, 404);
    }
}
