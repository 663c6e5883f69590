//! Letters to bidders as they go: through the outbox, in both languages, to the contact of the registration, once each
//! (DOMAIN §4.5, §5.5).

use std::sync::{Arc, Mutex};

use casework::registration;
use casework::renewal::Case;
use casework::review::{Reason, Verdict};
use server::desk::CaseId;
use server::desk::registration::{Command as Register, Registration};
use server::desk::renewal::{Command, Renewal};
use server::errand::mail::{Mail, Mailer, Sending};
use server::office::{BIDDING_CORE_EXAMPLE, BIDDING_REVIEW_EXAMPLE, Office};
use wire::office::Language;

use crate::errand::{PostOffice, runner};
use crate::hall::{CITY, COMPANY, HOLDER_NAME, Hall};
use crate::house::{HOLDER, House, TestCard, on_both};

const OTHER: &str = "別の会社株式会社";
const REMARK: &str = "代表者の変更届をお出しください。";

/// What every letter to a bidder has, and what none has.
fn proper(mail: &Mail, office: &Office, language: Language, code: &str) {
    assert_eq!(
        (mail.to.as_str(), mail.from.as_str()),
        ("hanako@test.example", office.sender.address.as_str())
    );
    assert_eq!(mail.from_name, office.sender.name.in_language(language));
    let last = office.contact.in_language(language).lines().next().unwrap();
    assert!(mail.body.contains(last), "whom to ask: {}", mail.body);
    assert!(mail.body.contains("http://127.0.0.1:8080/receipt/"), "{}", mail.body);
    assert!(!mail.body.contains(code), "A18: the check code is never in a mail");
    for open in ["{", "}", "⟦", "$"] {
        assert!(
            !mail.body.contains(open) && !mail.subject.contains(open),
            "{}",
            mail.body
        );
    }
    if language == Language::En {
        let japanese = |text: &str| text.chars().any(|letter| ('\u{3040}'..='\u{30ff}').contains(&letter));
        assert!(!japanese(&mail.subject), "{}", mail.subject);
    }
}

fn says(mail: &Mail, subject: &str, parts: &[&str]) {
    assert_eq!(mail.subject, subject);
    for part in parts {
        assert!(mail.body.contains(part), "{part:?} is not in\n{}", mail.body);
    }
}

on_both! {
    async fn r101_a_renewal_without_review_is_told_by_one_mail(house: House) {
        let hall = Hall::of(house);
        let office = hall.core.clone();
        hall.list(&office, COMPANY, "高橋一郎").await;
        let mut old = hall.card_until(2027, 1, 31).await;
        let registration = hall.register(&office, &old).await;
        let outbox = Outbox::of(&hall).await;
        outbox.mails(&hall).await;
        for (language, subject, parts) in [
            (Language::Ja, "ICカード更新完了のお知らせ", ["株式会社テスト工務店 御中", "証明書有効期限： 2028年", "これまでのICカードではログインできません。", "すべてのブラウザを一度終了"]),
            (Language::En, "The renewal of your IC card is complete", ["To 株式会社テスト工務店", "Valid until: ", "Nobody can log in with the previous one.", "Close all browsers"]),
        ] {
            let new = hall.card_until(2028, 1, 31).await;
            let case = renew(&hall, &office, registration, [&old, &new], language).await;
            let mails = outbox.mails(&hall).await;
            let [mail] = mails.as_slice() else { panic!("{mails:?}") };
            proper(mail, &office, language, &check_code(&hall, case).await);
            says(mail, subject, &parts);
            let serial = new.signature.serial().to_string();
            assert!(mail.body.contains(&serial[serial.len() - 8..]) && !mail.body.contains(&serial), "its last eight digits alone");
            // A small note is all that names make here: the glyphs that were taken for the same (DOMAIN §9.3).
            assert!(mail.body.contains("高 U+9AD8") && mail.body.contains("髙 U+9AD9"), "{}", mail.body);
            old = new;
        }
    }

    async fn s5_5_a_match_is_told_once_and_with_the_glyphs_that_were_taken_for_the_same(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        hall.list(&office, COMPANY, "高橋一郎").await;
        let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
        let registration = hall.register(&office, &old).await;
        let outbox = Outbox::of(&hall).await;
        outbox.mails(&hall).await;
        let case = renew(&hall, &office, registration, [&old, &new], Language::Ja).await;
        let mails = outbox.mails(&hall).await;
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        proper(mail, &office, Language::Ja, &check_code(&hall, case).await);
        says(mail, "ICカード更新完了通知", &["同じ文字として扱いました", "高 U+9AD8", "髙 U+9AD9"]);
    }

    async fn s5_5_what_is_held_approved_denied_returned_and_withdrawn_is_told_in_the_language_of_the_page(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        hall.list(&office, COMPANY, HOLDER_NAME).await;
        let mut old = hall.card_until(2027, 1, 31).await;
        let registration = hall.register(&office, &old).await;
        hall.list(&office, OTHER, HOLDER_NAME).await;
        let by = hall.officer(&office, "2001", CITY).await;
        let outbox = Outbox::of(&hall).await;
        outbox.mails(&hall).await;
        for language in [Language::Ja, Language::En] {
            let said = |ja: &'static str, en: &'static str| if language == Language::Ja { ja } else { en };
            let one = async |case: CaseId<Renewal>, subject: &str, parts: &[&str]| {
                let mails = outbox.mails(&hall).await;
                let [mail] = mails.as_slice() else { panic!("{subject}: {mails:?}") };
                proper(mail, &office, language, &check_code(&hall, case).await);
                says(mail, subject, parts);
                assert!(!mail.body.contains(HOLDER_NAME), "not what stands in the fields: {}", mail.body);
            };
            let new = hall.card_until(2028, 1, 31).await;
            let case = renew(&hall, &office, registration, [&old, &new], language).await;
            let differs = said("商号又は名称", "Company name");
            let stays = said("審査が終わるまで、現在のICカードをそのままお使いください。", "Until then keep using the current IC card.");
            let until = said("現在のICカードの有効期限：", "The current IC card is valid until:");
            let subject = said("ICカード更新申請受付（審査中）のお知らせ", "Your IC card renewal was received and is being reviewed");
            one(case, subject, &[differs, stays, until]).await;

            let reason = |key: &str| Box::new(Reason { key: key.to_owned(), remark: Some(REMARK.to_owned()) });
            hall.decide(&by, case, Verdict::Return(reason("register_first"))).await.unwrap();
            let subject = said("ICカード更新申請の差戻しのお知らせ", "Your IC card renewal was given back");
            let answer = said("回答の期限：", "Please answer until:");
            one(case, subject, &[REMARK, answer, words(&office, "register_first", language)]).await;

            let answer = Command::Answer { by: old.subject.card, remark: "提出しました。".to_owned() };
            hall.ask(&HOLDER, case, &answer).await.unwrap();
            assert_eq!(outbox.mails(&hall).await.len(), 0, "an answer is the company's own");
            hall.decide(&by, case, Verdict::Deny(reason("not_the_company"))).await.unwrap();
            let subject = said("ICカード更新申請否認", "Your IC card renewal was denied");
            let cure = said("先に名簿の変更届を提出してください。", "hand in a notice of change first");
            let check = said("申込状況のページでも確認できます。", "tells the reason too");
            one(case, subject, &[REMARK, words(&office, "not_the_company", language), cure, check]).await;

            let case = renew(&hall, &office, registration, [&old, &new], language).await;
            outbox.mails(&hall).await;
            hall.ask(&HOLDER, case, &Command::Withdraw { by: old.subject.card }).await.unwrap();
            let subject = said("ICカード更新申請の取下げのお知らせ", "Your IC card renewal was withdrawn");
            one(case, subject, &[said("現在のICカードをそのままお使いください。", "Keep using the current IC card.")]).await;

            let case = renew(&hall, &office, registration, [&old, &new], language).await;
            outbox.mails(&hall).await;
            hall.decide(&by, case, Verdict::Approve).await.unwrap();
            let mut mails = outbox.mails(&hall).await;
            mails.sort_by_key(|mail| mail.subject.clone());
            let mut subjects = [said("ICカード更新申請承認", "Your IC card renewal was approved"), said("ICカード更新完了通知", "Your IC card was renewed")];
            subjects.sort_unstable();
            assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), subjects, "both, once each");
            assert_ne!(mails[0].id, mails[1].id);
            for mail in &mails {
                proper(mail, &office, language, &check_code(&hall, case).await);
                let browsers = said("すべてのブラウザを一度終了してください。", "Close all browsers before you log in.");
                assert!(mail.body.contains(browsers), "{}", mail.body);
            }
            assert_eq!(outbox.mails(&hall).await.len(), 0);
            old = new;
        }
    }

    async fn a_registration_is_told_in_every_state_and_language(house: House) {
        let hall = Hall::of(house);
        let office = hall.review.clone();
        let by = hall.officer(&office, "2001", CITY).await;
        let outbox = Outbox::of(&hall).await;
        outbox.mails(&hall).await;
        for language in [Language::Ja, Language::En] {
            let said = |ja: &'static str, en: &'static str| if language == Language::Ja { ja } else { en };
            let told = async |case: CaseId<Registration>, parts: &[&str]| -> Vec<String> {
                let mails = outbox.mails(&hall).await;
                for mail in &mails {
                    proper(mail, &office, language, &check_code(&hall, case).await);
                    assert!(!mail.body.contains(HOLDER_NAME), "{}", mail.body);
                }
                let bodies: String = mails.iter().map(|mail| mail.body.as_str()).collect();
                for part in parts {
                    assert!(bodies.contains(part), "{part:?} is not in\n{bodies}");
                }
                let mut subjects: Vec<_> = mails.into_iter().map(|mail| mail.subject).collect();
                subjects.sort();
                subjects
            };
            hall.list(&office, COMPANY, HOLDER_NAME).await;
            let case = register(&hall, &hall.card_until(2028, 1, 31).await, language).await;
            let subject = said("利用者登録完了のお知らせ", "Your registration is complete");
            assert_eq!(told(case, &[COMPANY]).await, [subject]);
            hall.list(&office, OTHER, "別人太郎").await;
            let held = said("利用者登録申請受付（審査中）のお知らせ", "Your registration was received and is being reviewed");
            let apply = async || {
                let card = hall.card_until(2028, 1, 31).await;
                let case = register(&hall, &card, language).await;
                let fields = [said("商号又は名称", "Company name"), said("代表者氏名", "Name of the representative")];
                assert_eq!(told(case, &fields).await, [held]);
                (card, case)
            };
            let (_, case) = apply().await;
            decide(&hall, &by, case, Verdict::Approve).await;
            let mut both = [said("利用者登録申請承認", "Your registration was approved"), subject];
            both.sort_unstable();
            assert_eq!(told(case, &[]).await, both);
            let reason = |key: &str| Box::new(Reason { key: key.to_owned(), remark: Some(REMARK.to_owned()) });
            let (card, case) = apply().await;
            decide(&hall, &by, case, Verdict::Return(reason("contact_us"))).await;
            let returned = said("利用者登録申請の差戻しのお知らせ", "Your registration was given back");
            let limit = said("回答の期限：", "Please answer until:");
            assert_eq!(told(case, &[REMARK, limit, words(&office, "contact_us", language)]).await, [returned]);
            hall.ask(&HOLDER, case, &Register::Withdraw { by: card.subject.card }).await.unwrap();
            let withdrawn = said("利用者登録申請の取下げのお知らせ", "Your registration was withdrawn");
            assert_eq!(told(case, &[]).await, [withdrawn]);
            let (_, case) = apply().await;
            decide(&hall, &by, case, Verdict::Deny(reason("not_the_person"))).await;
            let denied = said("利用者登録申請否認", "Your registration was denied");
            assert_eq!(told(case, &[REMARK, words(&office, "not_the_person", language)]).await, [denied]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_mails_of_an_approval_arrive_by_smtp_also_from_a_server_that_breaks_off() {
    let hall = Hall::of(House::on_sqlite().await);
    let office = hall.review.clone();
    hall.list(&office, COMPANY, HOLDER_NAME).await;
    let (old, new) = (hall.card_until(2027, 1, 31).await, hall.card_until(2028, 1, 31).await);
    let registration = hall.register(&office, &old).await;
    hall.list(&office, OTHER, HOLDER_NAME).await;
    let case = renew(&hall, &office, registration, [&old, &new], Language::Ja).await;
    let by = hall.officer(&office, "2001", CITY).await;
    let before = Outbox::of(&hall).await;
    before.mails(&hall).await;
    hall.decide(&by, case, Verdict::Approve).await.unwrap();
    let post = PostOffice::open(3).await;
    let errands = runner(&hall.house, Arc::new(post.mailer())).await;
    for _ in 0..6 {
        errands.run_due().await.unwrap();
        hall.house.it_is(hall.now().plus_seconds(3_600));
    }
    let mails = post.mails.lock().unwrap().clone();
    let mut ids: Vec<_> = mails
        .iter()
        .filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID")))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2, "two letters, however often each was delivered");
    assert!(mails.iter().all(|mail| mail.contains("To: hanako@test.example")));
    assert_eq!(hall.store().outbox().await.unwrap().waiting, 0);
}

/// The errands of a hall, which keep what they send.
struct Outbox {
    errands: server::errand::Errands,
    keeps: Arc<Keeping>,
}

#[derive(Default)]
struct Keeping(Mutex<Vec<Mail>>);

impl Mailer for Keeping {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(async { Ok(()) })
    }
}

impl Outbox {
    async fn of(hall: &Hall) -> Self {
        for (office, text) in [
            (&hall.core, BIDDING_CORE_EXAMPLE),
            (&hall.review, BIDDING_REVIEW_EXAMPLE),
        ] {
            hall.store().load_office(&office.id, text, hall.now()).await.unwrap();
        }
        let keeps = Arc::new(Keeping::default());
        let errands = runner(&hall.house, Arc::clone(&keeps) as Arc<dyn Mailer>).await;
        Self { errands, keeps }
    }

    /// What goes now.
    async fn mails(&self, hall: &Hall) -> Vec<Mail> {
        let before = self.keeps.0.lock().unwrap().len();
        self.errands.run_due().await.unwrap();
        assert_eq!(
            hall.store().outbox().await.unwrap().waiting,
            0,
            "nothing is left behind"
        );
        self.keeps.0.lock().unwrap().split_off(before)
    }
}

async fn renew(
    hall: &Hall,
    office: &Office,
    registration: casework::identity::RegistrationId,
    cards: [&TestCard; 2],
    language: Language,
) -> CaseId<Renewal> {
    let case = hall.desk.new_case();
    let open = hall.renewing(office, registration, cards).await;
    hall.ask(&HOLDER, case, &open).await.unwrap();
    let done = hall.ask(&HOLDER, case, &Command::Ask { language }).await.unwrap();
    let Case::Awaiting { text, .. } = done.case else {
        panic!("{:?}", done.case)
    };
    let text = hall.store().text(case.octets(), text).await.unwrap().unwrap();
    let confirm = Command::Confirm(cards[1].sign(&text, hall.now()));
    hall.ask(&HOLDER, case, &confirm).await.unwrap();
    case
}

async fn register(hall: &Hall, card: &TestCard, language: Language) -> CaseId<Registration> {
    let (case, _) = hall.registering(&hall.review, card).await;
    hall.ask(&HOLDER, case, &Register::Edit).await.unwrap();
    let contact = Box::new(crate::hall::form().check().unwrap());
    hall.ask(&HOLDER, case, &Register::Enter(contact)).await.unwrap();
    let done = hall.ask(&HOLDER, case, &Register::Ask { language }).await.unwrap();
    let registration::Case::Awaiting { text, .. } = done.case else {
        panic!("{:?}", done.case)
    };
    let text = hall.store().text(case.octets(), text).await.unwrap().unwrap();
    let confirm = Register::Confirm(card.sign(&text, hall.now()));
    hall.ask(&HOLDER, case, &confirm).await.unwrap();
    case
}

async fn decide(hall: &Hall, by: &crate::office::TestOfficer, case: CaseId<Registration>, verdict: Verdict) {
    hall.ask(&by.actor(), case, &Register::Claim).await.unwrap();
    let language = Language::Ja;
    let done = hall
        .ask(&by.actor(), case, &Register::Propose { verdict, language })
        .await;
    let registration::Case::Held { review, .. } = done.unwrap().case else {
        panic!("it is held")
    };
    let asked = review.claim.unwrap().asked.unwrap().text;
    let text = hall.store().text(case.octets(), asked).await.unwrap().unwrap();
    let decide = Register::Decide(by.card.sign(&text, hall.now()));
    hall.ask(&by.actor(), case, &decide).await.unwrap();
}

async fn check_code<P: server::desk::Procedure>(hall: &Hall, case: CaseId<P>) -> String {
    let receipt = hall.store().receipt(case.octets()).await.unwrap().unwrap();
    receipt.check_code.to_string()
}

/// A saved reason as the office words it.
fn words<'a>(office: &'a Office, key: &str, language: Language) -> &'a str {
    let saved = office.review.reasons.iter().find(|reason| reason.key == key).unwrap();
    saved.words.in_language(language)
}
