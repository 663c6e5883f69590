//! Letters of the paper route and to officers: by mail, and on paper where there is no address.

use std::sync::Arc;

use casework::Refusal;
use casework::officer::Role;
use casework::paper::Form;
use casework::review::{Reason, Verdict};
use server::desk::paper::Command;
use server::desk::{Failure, officer};
use server::errand::mail::{Mailer, NotSent, Sending};

use crate::errand::{PostOffice, runner};
use crate::house::{House, on_both};
use crate::office::form;

on_both! {
    async fn an_applicant_and_an_officer_are_told_by_mail(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let jiro = house.officer("1002", "見本 次郎", &[Role::Approval]).await;
        let case = house.submit(&hanako, &house.card().await).await;
        house.decide(&jiro, case, Verdict::Approve).await.unwrap();
        let post = PostOffice::open(0).await;
        let errands = runner(&house, Arc::new(post.mailer())).await;
        errands.run_due().await.unwrap();
        let mails = post.mails.lock().unwrap().clone();
        let to = |address: &str| mails.iter().filter(|mail| mail.contains(&format!("To: {address}"))).count();
        assert_eq!((to("daihyo@example.jp"), to("officer@ca.example")), (2, 4), "two letters, and two for each account");
        assert_eq!(house.store().letters_to_print("mihon-ca").await.unwrap(), []);
        assert_eq!(house.store().outbox().await.unwrap().waiting, 0);
    }

    async fn a_letter_without_an_address_waits_to_be_printed_until_an_officer_did(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let jiro = house.officer("1002", "見本 次郎", &[Role::Approval]).await;
        let by_post = Form { mail: String::new(), ..form() };
        let case = house.desk.new_case();
        house.do_paper(&hanako, case, &house.entering_as(&house.card().await, &by_post)).await.unwrap();
        let text = house.present_again(&hanako, case).await;
        house.do_paper(&hanako, case, &Command::Submit(hanako.card.sign(&text, house.now()))).await.unwrap();
        let reason = Reason { key: "not_entitled".to_owned(), remark: Some("委任状がありません。".to_owned()) };
        house.decide(&jiro, case, Verdict::Deny(Box::new(reason))).await.unwrap();
        let post = PostOffice::open(0).await;
        let errands = runner(&house, Arc::new(post.mailer())).await;
        errands.run_due().await.unwrap();
        let letters = house.store().letters_to_print("mihon-ca").await.unwrap();
        assert_eq!(letters.len(), 2);
        let denied = letters.iter().find(|letter| letter.subject.contains("不受理")).unwrap();
        assert_eq!((denied.name.as_str(), denied.postal_code.as_str()), ("代表　太郎", "1010021"));
        assert_eq!(denied.address, "東京都千代田区外神田1-2-3");
        for said in ["代表　太郎 様", "申込者が失効を申し込める方であることを確認できませんでした。", "委任状がありません。", "ヘルプデスク"] {
            assert!(denied.body.contains(said), "{said} is missing in\n{}", denied.body);
        }
        assert!(!denied.body.contains("送信専用"), "a letter on paper can be answered");
        let receipt = house.store().receipt(case.octets()).await.unwrap().unwrap();
        let code = format!("確認コード： {}", receipt.check_code);
        let told: Vec<_> = letters.iter().filter(|letter| letter.body.contains(&code)).map(|letter| letter.subject.as_str()).collect();
        let received = format!("失効申込（書面）受付のお知らせ（受付番号 {}）", receipt.number);
        assert_eq!(told, [received.as_str()], "the letter of receipt, and no other, tells the check code");
        house.desk.letter_printed(&hanako.actor(), denied.id).await.unwrap();
        house.desk.letter_printed(&hanako.actor(), denied.id).await.unwrap();
        assert_eq!(house.store().letters_to_print("mihon-ca").await.unwrap().len(), 1);
        let printed = house.store().letter(denied.id).await.unwrap().unwrap().printed.unwrap();
        assert_eq!(printed.1, hanako.id);
        let events = house.store().events(case.octets()).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.name == "letter_printed").count(), 1, "noted once");
        let other = letters.iter().find(|letter| letter.id != denied.id).unwrap();
        let refused = house.desk.letter_printed(&jiro.actor(), other.id).await;
        assert_eq!(refused, Err(Failure::Refused(Refusal::NoRole { role: Role::Entry })));
        crate::invariant::hold(&house).await;
    }

    async fn a_mail_that_nobody_takes_goes_by_post(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let case = house.submit(&hanako, &house.card().await).await;
        let errands = runner(&house, Arc::new(Refuses)).await;
        errands.run_due().await.unwrap();
        let letters = house.store().letters_of(case.octets()).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert!(letters[0].body.contains("審査しています"), "{}", letters[0].body);
        let names: Vec<_> = house.store().events(case.octets()).await.unwrap().into_iter().map(|event| event.name).collect();
        assert!(names.contains(&"letter_failed".to_owned()), "{names:?}");
        let told = house.store().events(hanako.id.0).await.unwrap();
        assert!(told.iter().any(|event| event.name == "letter_failed" && event.document.contains("officer_invited")));
    }

    async fn an_account_that_is_invited_again_gets_another_letter(house: House) {
        let hanako = house.officer("1001", "見本 花子", &[Role::Entry]).await;
        let again = crate::office::invitation(
            &crate::office::account("1001", "見本 花子", crate::office::OFFICE_COMPANY, &[Role::Entry]),
            "BCDEF-GHJKL-MNPQR-STUVW",
        );
        house.ask_account(hanako.account(), &crate::office::OPERATOR, &again).await.unwrap();
        let old = officer::Command::Enrol(Box::new(house.enrolment("見本 花子", &hanako.card)));
        let refused = house.ask_account(hanako.account(), &crate::office::HOLDER, &old).await;
        assert_eq!(refused.map(drop), Err(Failure::Refused(Refusal::WrongCode)));
        let post = PostOffice::open(0).await;
        let errands = runner(&house, Arc::new(post.mailer())).await;
        errands.run_due().await.unwrap();
        let mails = post.mails.lock().unwrap().clone();
        assert_eq!(mails.len(), 3, "two invitations and an enrolment");
    }
}

/// Nothing can be sent by it, now or ever.
struct Refuses;

impl Mailer for Refuses {
    fn send<'a>(&'a self, _: &'a server::errand::mail::Mail) -> Sending<'a> {
        Box::pin(async { Err(NotSent::Unwritten("no such address".to_owned())) })
    }
}
