//! デジタル証明書の取得 in the portal: the terminals of a customer, their codes, and the way to the agent and back (DOMAIN §6.6,
//! R302, R308; THREATS A9, A17, A45).

use axum::Router;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::acquisition::Case;
use casework::identity::{OrganisationId, UserId};
use casework::terminal::Division;
use pki::certificate::Certificate;
use pki::csr::CertificateRequest;
use pki::key::SoftwareKey;
use pki::name::DistinguishedName;
use server::desk::CaseId;
use server::desk::organisation::{Command as Ask, Organisation};
use server::desk::user::{Command, UserAccount};
use server::portal::{Portal, Site, router};
use server::store::{NewEvent, NewTerminal};
use wire::acquisition::{Issued, KeyKind, Place, Tested, Wanted};
use wire::card_request::{Answer, CardRequest, Step, Verdict};
use wire::code::Code;
use wire::office::Language;

use super::browser::{Agent, Answered, Browser, ORIGIN};
use crate::centre::{Centre, PASSWORD, contract};
use crate::grant::{Grants, OWNER, key, terminal, terminal_of};
use crate::house::{House, noon, on_both};
use crate::office::OPERATOR;

/// A centre with a customer whose terminals have grants, and a browser in which its person is logged in.
struct Stage {
    grants: Grants,
    user: UserId,
    router: Router,
    browser: Browser,
}

const CENTRE: &str = "/mihon-center";
const LIST: &str = "/mihon-center/acquisition";
const SEA: &str = "/mihon-center/acquisition/sea-webnaccs-11110A";

on_both! {
    async fn the_list_has_the_customer_s_terminals_with_two_codes_and_until_when_and_nobody_else_s(house: House) {
        let mut stage = Stage::set(house).await;
        stage.grants.open(9, terminal()).await;
        stage.foreign("22220A").await;
        let page = stage.browser.get(LIST).await;
        for words in ["11110A", "11110B", "NAC11110A", "NACCS", "海上", "航空", "webNACCS", "取得可能", "再発行の申込がありません", "2027/01/20"] {
            page.must_say(words);
        }
        assert!(!page.says("22220A"), "another customer's: {}", page.text());
        let second = stage.second().await;
        assert!(!page.says(&second), "認証コード2 is in no list");
        let page = stage.browser.get(SEA).await;
        for words in ["取得を始める", "別のアカウント", "トークンの中", "パスワードをご自分で決めます", "取得手順書", "うまくいかないとき"] {
            page.must_say(words);
        }
        assert!(!page.says(&second), "認証コード2 is shown on demand alone");
        for other in ["sea-webnaccs-22220A", "sea-webnaccs-99990A", "sea-netnaccs-11110A", "x"] {
            let page = stage.browser.get(&format!("{LIST}/{other}")).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{other}");
            let page = stage.browser.post(&format!("{LIST}/{other}/code"), &[]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{other}");
            let page = stage.browser.post(&format!("{LIST}/{other}/begin"), &[]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{other}");
        }
    }

    async fn a09_the_second_code_is_shown_on_demand_and_that_it_was_is_in_the_audit_and_the_code_is_not(house: House) {
        let mut stage = Stage::set(house).await;
        let (grant, _) = stage.grants.open(9, terminal()).await;
        let second = stage.second().await;
        stage.browser.get(SEA).await;
        let page = stage.browser.post(&format!("{SEA}/code"), &[]).await;
        assert_eq!(page.status, StatusCode::OK);
        page.must_say(&second);
        assert_eq!(page.headers["cache-control"], "no-store");
        let events = stage.grants.store().events(grant.0).await.unwrap();
        let seen = events.iter().filter(|event| event.name == "code_seen").count();
        assert_eq!(seen, 1, "{events:?}");
        let told = format!("{events:?}");
        assert!(!told.contains(&second) && told.contains("sea-webnaccs-11110A"), "{told}");
        // Nothing is shown by an address, nor by a form of somewhere else.
        assert!(!stage.browser.get(SEA).await.says(&second));
        assert_eq!(stage.browser.get(&format!("{SEA}/code")).await.status, StatusCode::METHOD_NOT_ALLOWED);
        let foreign = stage.browser.post_as(&format!("{SEA}/code"), &[("csrf", "x")], &[("origin", ORIGIN)]).await;
        assert_eq!(foreign.status, StatusCode::CONFLICT);
        assert!(!foreign.says(&second));
    }

    async fn r302_a_key_of_the_agent_gets_one_certificate_and_the_page_tells_what_came_of_the_test(house: House) {
        let mut stage = Stage::set(house).await;
        let (grant, _) = stage.grants.open(9, terminal()).await;
        let agent = stage.begin(SEA).await;
        let request = agent.claim().await.unwrap();
        let wanted = wanted(&request);
        assert_eq!((wanted.mark.as_str(), wanted.label.as_str()), (URL_SAFE_NO_PAD.encode(grant.0).as_str(), "NAC11110A"));
        assert_eq!(wanted.keys.first(), Some(&KeyKind::P256));
        assert_eq!(wanted.places, [Place::Token, Place::File]);
        let subject = subject(&wanted);
        assert_eq!(subject.to_string(), "CN=NAC11110A,OU=webNACCS,OU=海上,O=見本認証局株式会社,C=JP");
        let own = key();
        let csr = requested(&subject, &own);
        let issued = certified(agent.answer(0, &csr).await.unwrap());
        let certificate = leaf(&issued);
        assert_eq!(certificate.public_key(), pki::Signer::public_key(&own));
        assert!(issued.chain.len() >= 2 || certificate.issuer() == certificate.subject() || issued.chain.len() == 1);
        // The verdict was lost: the same answer has the same one. Another answer has none.
        assert_eq!(certified(agent.answer(0, &csr).await.unwrap()), issued);
        assert!(agent.answer(0, &requested(&subject, &key())).await.is_err());
        // What is brought is what was issued.
        let wrong = installed(&[7; 32], Tested::Passed);
        assert!(matches!(agent.answer(1, &wrong).await, Ok(Verdict::Refused { code: Code::Stale, .. })));
        let right = installed(&certificate.fingerprint(), Tested::Passed);
        let Verdict::Done { code } = agent.answer(1, &right).await.unwrap() else { panic!("it is done") };
        let back = stage.browser.get(&format!("{LIST}/return?code={code}")).await;
        assert_eq!(back.location(), SEA);
        let page = stage.browser.follow(back).await;
        for words in ["取得済", "接続できることを確認しました", "2027年11月20日", "取得した端末で、登録をやり直す", "ファイル（PKCS#12）"] {
            page.must_say(words);
        }
        // Walked again, it leads to the same page; nobody else walks it.
        assert_eq!(stage.browser.get(&format!("{LIST}/return?code={code}")).await.location(), SEA);
        assert_eq!(stage.browser.get(&format!("{LIST}/return?code=x")).await.status, StatusCode::NOT_FOUND);
        let events = format!("{:?}", stage.grants.store().events(grant.0).await.unwrap());
        assert!(events.contains("brought") && events.contains("passed"), "{events}");
        assert!(events.contains(&format!("user {:032x}", u128::from_be_bytes(stage.user.0))), "{events}");
        // Begun once more, on the same terminal: the same certificate. With another key: none.
        let again = stage.begin(SEA).await;
        again.claim().await.unwrap();
        let same = certified(again.answer(0, &csr).await.unwrap());
        assert_eq!(same.chain, issued.chain);
        let other = stage.begin(SEA).await;
        other.claim().await.unwrap();
        let verdict = other.answer(0, &requested(&subject, &key())).await.unwrap();
        assert!(matches!(verdict, Verdict::Refused { code: Code::CodeSpent, .. }), "{verdict:?}");
        let held = stage.grants.store().certificates_of_terminal("mihon-center", terminal()).await.unwrap();
        assert_eq!(held.len(), 1);
    }

    async fn r302_a_certificate_past_its_last_day_is_told_as_expired(house: House) {
        let stage = Stage::set(house).await;
        let (_, codes) = stage.grants.open(9, terminal()).await;
        stage.grants.acquire(terminal(), &codes, &key()).await.unwrap();
        stage.grants.house.it_is(noon(2027, 11, 20));
        let mut stage = stage.another_browser().await;
        let page = stage.browser.get(LIST).await;
        page.must_say("更新できる期間です");
        assert!(!page.says("有効期限切れ"), "the last day is one on which it counts");
        stage.grants.house.it_is(noon(2027, 11, 21));
        let mut stage = stage.another_browser().await;
        stage.browser.get(LIST).await.must_say("有効期限切れ");
        stage.browser.get(SEA).await.must_say("2027年11月20日(土)でした");
    }

    async fn what_broke_off_goes_on_and_what_was_given_up_or_failed_is_told(house: House) {
        let mut stage = Stage::set(house).await;
        let (grant, _) = stage.grants.open(9, terminal()).await;
        // Given up at the agent.
        let agent = stage.begin(SEA).await;
        let request = agent.claim().await.unwrap();
        let code = agent.cancel().await.code;
        let page = stage.browser.get(&format!("{LIST}/return?code={code}")).await;
        stage.browser.follow(page).await.must_say("取得をやめました");
        // The browser is closed after the certificate was made: another browser, another session, the same key.
        let subject = subject(&wanted(&request));
        let own = key();
        let csr = requested(&subject, &own);
        let agent = stage.begin(SEA).await;
        agent.claim().await.unwrap();
        let first = certified(agent.answer(0, &csr).await.unwrap());
        let mut stage = stage.another_browser().await;
        let agent = stage.begin(SEA).await;
        agent.claim().await.unwrap();
        let issued = certified(agent.answer(0, &csr).await.unwrap());
        assert_eq!(issued.chain, first.chain);
        // The test failed, and the person went back: the page says what is wrong.
        let told = installed(&leaf(&issued).fingerprint(), Tested::Refused);
        let Verdict::Done { code } = agent.answer(1, &told).await.unwrap() else { panic!("it is done") };
        let page = stage.browser.get(&format!("{LIST}/return?code={code}")).await;
        let page = stage.browser.follow(page).await;
        page.must_say("接続を確認できませんでした");
        page.must_say("E-TEST-REFUSED");
        assert!(matches!(stage.grants.case(grant).await, Case::Acquired { .. }));
    }

    async fn a_request_that_cannot_be_certified_spends_nothing_and_is_told_at_the_page_too(house: House) {
        let mut stage = Stage::set(house).await;
        let (grant, _) = stage.grants.open(9, terminal()).await;
        let agent = stage.begin(SEA).await;
        let request = agent.claim().await.unwrap();
        let subject = subject(&wanted(&request));
        let mut broken = CertificateRequest::for_subject(&subject, &key()).unwrap().der().to_vec();
        let end = broken.len() - 1;
        broken[end] ^= 1;
        let others = DistinguishedName::from_der(&named("NAC11110B")).unwrap();
        for (csr, place) in [
            (broken, Place::File),
            (b"no request".to_vec(), Place::File),
            (CertificateRequest::for_subject(&others, &key()).unwrap().der().to_vec(), Place::File),
        ] {
            let answer = Answer::Requested { csr: URL_SAFE_NO_PAD.encode(csr), place };
            let verdict = agent.answer(0, &answer).await.unwrap();
            assert!(matches!(verdict, Verdict::Refused { code: Code::Csr, again: false, .. }), "{verdict:?}");
        }
        let elsewhere = Answer::Requested { csr: "AAAA".to_owned(), place: Place::Card };
        assert!(matches!(agent.answer(0, &elsewhere).await, Ok(Verdict::Refused { code: Code::Stale, .. })));
        // An answer of a card is none to this.
        assert!(agent.answer(0, &Answer::Swapped).await.is_err());
        let code = agent.cancel().await.code;
        let page = stage.browser.get(&format!("{LIST}/return?code={code}")).await;
        stage.browser.follow(page).await.must_say("取得を続けられませんでした");
        assert!(matches!(stage.grants.case(grant).await, Case::Open { .. }), "nothing was spent");
    }

    async fn whoever_was_blocked_or_logged_out_since_gets_no_certificate_and_a_new_grant_ends_the_old_one(house: House) {
        let mut stage = Stage::set(house).await;
        stage.grants.open(9, terminal()).await;
        let agent = stage.begin(SEA).await;
        let request = agent.claim().await.unwrap();
        let subject = subject(&wanted(&request));
        // Another grant is opened while the agent works.
        let (grant, _) = stage.grants.open(10, terminal()).await;
        let verdict = agent.answer(0, &requested(&subject, &key())).await.unwrap();
        assert!(matches!(verdict, Verdict::Refused { code: Code::CodeReplaced, .. }), "{verdict:?}");
        // Logged out.
        let agent = stage.begin(SEA).await;
        agent.claim().await.unwrap();
        stage.browser.get(SEA).await;
        stage.browser.post(&format!("{CENTRE}/sign-out"), &[]).await;
        let outcome = agent.answer(0, &requested(&subject, &key())).await;
        assert!(!matches!(outcome, Ok(Verdict::Go { .. })), "{outcome:?}");
        // Blocked.
        let mut stage = stage.another_browser().await;
        let agent = stage.begin(SEA).await;
        agent.claim().await.unwrap();
        let user: CaseId<UserAccount> = CaseId::from_octets(stage.user.0);
        stage.grants.desk.perform(&OPERATOR, user, &Command::Block).await.unwrap();
        let verdict = agent.answer(0, &requested(&subject, &key())).await.unwrap();
        assert!(matches!(verdict, Verdict::Refused { code: Code::Timeout, .. }), "{verdict:?}");
        assert!(matches!(stage.grants.case(grant).await, Case::Open { .. }));
        assert_ne!(stage.browser.get(LIST).await.status, StatusCode::OK);
    }

    async fn r308_what_was_not_acquired_in_time_has_nothing_to_begin(house: House) {
        let stage = Stage::set(house).await;
        let (grant, _) = stage.grants.open(9, terminal()).await;
        let Case::Open { grant: right, .. } = stage.grants.case(grant).await else { panic!("it is open") };
        stage.grants.house.it_is(right.until.plus_seconds(1));
        let mut stage = stage.another_browser().await;
        let page = stage.browser.get(SEA).await;
        page.must_say("未取得停止");
        assert!(!page.says("id=\"begin\""), "{}", page.text());
        let answered = stage.browser.post(&format!("{SEA}/begin"), &[]).await;
        assert_eq!(answered.location(), SEA);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a17_no_page_of_an_acquisition_is_shown_before_the_login_but_the_guide_is() {
    let stage = Stage::set(House::on_sqlite().await).await;
    let mut stranger = Browser::new(&stage.router);
    for path in [LIST, SEA, &format!("{LIST}/return?code=x")] {
        let answered = stranger.get(path).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{path}");
        assert!(
            answered.location().starts_with("/mihon-center/sign-in"),
            "{}",
            answered.location()
        );
    }
    stranger.get(&format!("{LIST}/guide")).await.must_say("Microsoft Edge");
    let mut english = Browser::in_english(&stage.router);
    for (system, browser) in [
        ("windows", "edge"),
        ("windows", "chrome"),
        ("windows", "firefox"),
        ("macos", "safari"),
        ("macos", "chrome"),
        ("macos", "firefox"),
        ("linux", "chrome"),
        ("linux", "firefox"),
    ] {
        let path = format!("{LIST}/guide/{system}/{browser}");
        for reader in [&mut stranger, &mut english] {
            let page = reader.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(!page.says("⟦") && page.says(".p12"), "{}", page.text());
        }
    }
    assert_eq!(
        stranger.get(&format!("{LIST}/guide/windows/safari")).await.status,
        StatusCode::NOT_FOUND
    );
    // No other kind of office has them.
    assert_eq!(
        stranger.get("/mihon-ca/acquisition/guide").await.status,
        StatusCode::NOT_FOUND
    );
}

impl Stage {
    async fn set(house: House) -> Self {
        let mut grants = Grants::of(house).await;
        let organisation: CaseId<Organisation> = CaseId::from_octets(OWNER.0);
        let conclude = Ask::Conclude {
            office: grants.office.id.clone(),
            language: Language::Ja,
            contract: Box::new(contract("K-001")),
        };
        grants.desk.perform(&OPERATOR, organisation, &conclude).await.unwrap();
        let centre = Centre {
            desk: grants.desk.clone(),
            office: grants.office.clone(),
            house: grants.house,
        };
        let user = centre.person(OWNER, "tsukan01").await;
        grants = Grants {
            desk: centre.desk,
            office: centre.office,
            house: centre.house,
        };
        let router = router(Portal::new(grants.desk.clone(), Site::at(ORIGIN)).unwrap());
        let browser = logged_in(&router).await;
        Self {
            grants,
            user,
            router,
            browser,
        }
    }

    async fn another_browser(self) -> Self {
        let browser = logged_in(&self.router).await;
        Self { browser, ..self }
    }

    async fn second(&self) -> String {
        self.grants.second(terminal()).await
    }

    /// A terminal of another customer.
    async fn foreign(&self, name: &str) {
        let new = NewTerminal {
            terminal: terminal_of(Division::Sea, name),
            organisation: OrganisationId([2; 16]),
            code: None,
            issued_on: None,
            valid_until: None,
        };
        let event = NewEvent {
            procedure: "terminals",
            name: "imported",
            actor: "test".to_owned(),
            states: (String::new(), String::new()),
            refusal: None,
            details: Vec::new(),
            salt: [1; 16],
        };
        let now = self.grants.house.now();
        let imported = self
            .grants
            .store()
            .import_terminals("mihon-center", vec![new], event, now);
        imported.await.unwrap();
    }

    /// From a terminal's page to the agent.
    async fn begin(&mut self, page: &str) -> Agent {
        assert_eq!(self.browser.get(page).await.status, StatusCode::OK);
        let answered = self.browser.post(&format!("{page}/begin"), &[]).await;
        let location = answered.location();
        let (_, id) = location.split_once("&id=").expect(&location);
        assert!(location.starts_with("http://127.0.0.1:24817/request?"), "{location}");
        Agent::new(&self.router, id)
    }
}

async fn logged_in(router: &Router) -> Browser {
    let mut browser = Browser::new(router);
    browser.get(&format!("{CENTRE}/sign-in")).await;
    let fields = [("login", "tsukan01"), ("password", PASSWORD), ("to", "")];
    let answered: Answered = browser.post(&format!("{CENTRE}/sign-in"), &fields).await;
    assert_eq!(answered.location(), CENTRE, "{}", answered.text());
    browser
}

fn wanted(request: &CardRequest) -> Wanted {
    match request.steps.as_slice() {
        [Step::Acquire { wanted, .. }, Step::Install { issued: None, .. }] => wanted.clone(),
        steps => panic!("{steps:?}"),
    }
}

fn subject(wanted: &Wanted) -> DistinguishedName {
    DistinguishedName::from_der(&URL_SAFE_NO_PAD.decode(&wanted.subject).unwrap()).unwrap()
}

fn requested(subject: &DistinguishedName, key: &SoftwareKey) -> Answer {
    let csr = CertificateRequest::for_subject(subject, key).unwrap();
    Answer::Requested {
        csr: URL_SAFE_NO_PAD.encode(csr.der()),
        place: Place::File,
    }
}

fn certified(verdict: Verdict) -> Issued {
    match verdict {
        Verdict::Go {
            next: Some(Step::Install {
                issued: Some(issued), ..
            }),
            ..
        } => issued,
        verdict => panic!("{verdict:?}"),
    }
}

fn leaf(issued: &Issued) -> Certificate {
    Certificate::parse(&URL_SAFE_NO_PAD.decode(&issued.chain[0]).unwrap()).unwrap()
}

fn installed(fingerprint: &[u8; 32], tested: Tested) -> Answer {
    Answer::Installed {
        certificate: URL_SAFE_NO_PAD.encode(fingerprint),
        place: Place::File,
        tested,
    }
}

/// A name of a CN alone.
fn named(common_name: &str) -> Vec<u8> {
    let text = common_name.as_bytes();
    let length = u8::try_from(text.len()).unwrap();
    let mut name = vec![
        0x30,
        length + 11,
        0x31,
        length + 9,
        0x30,
        length + 7,
        0x06,
        0x03,
        0x55,
        0x04,
        0x03,
        0x0c,
        length,
    ];
    name.extend_from_slice(text);
    name
}
